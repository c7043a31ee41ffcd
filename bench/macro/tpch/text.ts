/** Words and sentences of TPC-H's columns, after 4.2.2 of the specification; the grammar of comments is its own, smaller. */
import type { Prng } from '../../../base/prng.js';

const split = (text: string): readonly string[] => text.split(' ');

export const regions = split('AFRICA AMERICA ASIA EUROPE MIDDLE_EAST').map((name) => name.replace('_', ' '));
/** Name and region. */
export const nations: readonly (readonly [string, number])[] = [
  ['ALGERIA', 0], ['ARGENTINA', 1], ['BRAZIL', 1], ['CANADA', 1], ['EGYPT', 4], ['ETHIOPIA', 0], ['FRANCE', 3], ['GERMANY', 3], ['INDIA', 2], ['INDONESIA', 2],
  ['IRAN', 4], ['IRAQ', 4], ['JAPAN', 2], ['JORDAN', 4], ['KENYA', 0], ['MOROCCO', 0], ['MOZAMBIQUE', 0], ['PERU', 1], ['CHINA', 2], ['ROMANIA', 3],
  ['SAUDI ARABIA', 4], ['VIETNAM', 2], ['RUSSIA', 3], ['UNITED KINGDOM', 3], ['UNITED STATES', 1],
];
export const segments = split('AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD');
export const priorities = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
export const instructions = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];
export const modes = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'];
export const typeWords = [split('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO'), split('ANODIZED BURNISHED PLATED POLISHED BRUSHED'), split('TIN NICKEL BRASS STEEL COPPER')] as const;
export const containerWords = [split('SM LG MED JUMBO WRAP'), split('CASE BOX BAG JAR PKG PACK CAN DRUM')] as const;
export const colors = split(
  'almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim ' +
    'dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic ' +
    'midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke ' +
    'snow spring steel tan thistle tomato turquoise violet wheat white yellow',
);

const nouns = split('packages requests accounts deposits foxes ideas theodolites instructions dependencies excuses platelets asymptotes courts dolphins multipliers sauternes warthogs frets dinos attainments somas patterns');
const verbs = split('sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash promise engage hinder print breach eat grow');
const adjectives = split('furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave stealthy permanent enticing idle busy regular final ironic even bold silent special pending unusual express');
const adverbs = split('sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly thinly closely doggedly daringly bravely stealthily permanently enticingly idly busily regularly finally');
const prepositions = ['about', 'above', 'according to', 'across', 'after', 'against', 'along', 'among', 'around', 'at', 'before', 'behind', 'beside', 'between', 'beyond', 'by', 'despite', 'during'];
const terminators = split('. ; : ? ! --');

export function pick<T>(prng: Prng, list: readonly T[]): T {
  return list[prng.below(list.length)]!;
}
/** An integer of [low, high]. */
export function between(prng: Prng, low: number, high: number): number {
  return low + prng.below(high - low + 1);
}

function sentence(prng: Prng): string {
  const noun = (): string => (prng.below(2) === 0 ? pick(prng, nouns) : `${pick(prng, adjectives)} ${pick(prng, nouns)}`);
  const verb = prng.below(2) === 0 ? pick(prng, verbs) : `${pick(prng, verbs)} ${pick(prng, adverbs)}`;
  const tail = prng.below(2) === 0 ? '' : ` ${pick(prng, prepositions)} the ${noun()}`;
  return `${noun()} ${verb}${tail}${pick(prng, terminators)}`;
}

/** All comments are cut from one long text, as dbgen does. */
const poolLength = 200_000;
const pools = new Map<number, string>();
function pool(seed: number, prng: () => Prng): string {
  let text = pools.get(seed);
  if (text === undefined) {
    const source = prng();
    const sentences: string[] = [];
    for (let length = 0; length < poolLength + 300; ) {
      const next = sentence(source);
      sentences.push(next);
      length += next.length + 1;
    }
    pools.set(seed, (text = sentences.join(' ')));
  }
  return text;
}

export class Comments {
  readonly #text: string;
  constructor(seed: number, prng: () => Prng) {
    this.#text = pool(seed, prng);
  }
  /** A comment of low to high characters; no blanks at its ends, which char(n) would take away. */
  next(prng: Prng, low: number, high: number): string {
    const start = prng.below(poolLength);
    return this.#text.slice(start, start + between(prng, low, high)).trim();
  }
}

const addressCharacters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ';
/** A random string, as addresses are. */
export function scribble(prng: Prng, low: number, high: number): string {
  let text = '';
  for (let left = between(prng, low, high); left > 0; left--) text += addressCharacters[prng.below(addressCharacters.length)]!;
  return text.trim().padEnd(low, 'x');
}

export function phone(prng: Prng, nation: number): string {
  return `${10 + nation}-${between(prng, 100, 999)}-${between(prng, 100, 999)}-${between(prng, 1000, 9999)}`;
}
