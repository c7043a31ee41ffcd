/**
 * Rows of TPC-H at a scale factor, a function of the seed: cardinalities, keys and distributions as section 4.2.3 of the specification
 * gives them, but with a generator of our own, so the answers are not those of dbgen. Decimals are numbers with two places, dates texts.
 *
 * Departures, for answers that are not empty at small scales: one supplier has complaints and one recommends, however few there are; one order
 * is filled with seven lines of large quantities.
 */
import { seededPrng, type Prng } from '../../../base/prng.js';
import { between, colors, Comments, containerWords, instructions, modes, nations, phone, pick, priorities, regions, scribble, segments, typeWords } from './text.js';

export type TpchRow = readonly (string | number)[];

const dayMs = 86_400_000;
const startDay = Date.UTC(1992, 0, 1) / dayMs;
const endDay = Date.UTC(1998, 11, 31) / dayMs;
/** Lines received by this day may have been returned; lines shipped after it are open. */
const currentDay = Date.UTC(1995, 5, 17) / dayMs;
/** The order with many large lines. */
const fullOrder = 400;

const dateTexts: string[] = [];
function dateText(day: number): string {
  return (dateTexts[day - startDay] ??= new Date(day * dayMs).toISOString().slice(0, 10));
}
const cents = (value: number): number => Math.round(value) / 100;

export class TpchData {
  readonly scale: number;
  readonly #seed: number;
  readonly #comments: Comments;
  readonly supplierCount: number;
  readonly partCount: number;
  readonly customerCount: number;
  readonly orderCount: number;

  constructor(scale: number, seed = 1) {
    this.scale = scale;
    this.#seed = seed;
    this.#comments = new Comments(seed, () => this.#prng('text'));
    const count = (base: number): number => Math.max(10, Math.round(base * scale));
    this.supplierCount = count(10_000);
    this.partCount = count(200_000);
    this.customerCount = count(150_000);
    this.orderCount = count(1_500_000);
  }

  /** Each table has a stream of its own, so that one can be made without the others. */
  #prng(name: string): Prng {
    let hash = this.#seed;
    for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
    return seededPrng(hash);
  }

  rows(table: string): Iterable<TpchRow> {
    switch (table) {
      case 'region':
        return this.#regions();
      case 'nation':
        return this.#nations();
      case 'supplier':
        return this.#suppliers();
      case 'part':
        return this.#parts();
      case 'partsupp':
        return this.#partSuppliers();
      case 'customer':
        return this.#customers();
      case 'orders':
        return this.#orders();
      case 'lineitem':
        return this.#lines();
      default:
        throw new Error(`no table ${table} in TPC-H`);
    }
  }

  *#regions(): Generator<TpchRow> {
    const prng = this.#prng('region');
    for (let i = 0; i < regions.length; i++) yield [i, regions[i]!, this.#comments.next(prng, 31, 115)];
  }
  *#nations(): Generator<TpchRow> {
    const prng = this.#prng('nation');
    for (let i = 0; i < nations.length; i++) yield [i, nations[i]![0], nations[i]![1], this.#comments.next(prng, 31, 114)];
  }

  *#suppliers(): Generator<TpchRow> {
    const prng = this.#prng('supplier');
    for (let key = 1; key <= this.supplierCount; key++) {
      const nation = prng.below(25);
      let comment = this.#comments.next(prng, 25, 100);
      const fate = prng.below(10_000);
      if (fate < 5 || key === 4) comment = `${comment.slice(0, 30)} Customer Complaints`;
      else if (fate < 10 || key === 5) comment = `${comment.slice(0, 30)} Customer Recommends`;
      yield [key, numbered('Supplier', key), scribble(prng, 10, 40), nation, phone(prng, nation), cents(between(prng, -99_999, 999_999)), comment];
    }
  }

  *#parts(): Generator<TpchRow> {
    const prng = this.#prng('part');
    for (let key = 1; key <= this.partCount; key++) {
      const words = new Set<string>();
      while (words.size < 5) words.add(pick(prng, colors));
      const maker = between(prng, 1, 5);
      const type = typeWords.map((list) => pick(prng, list)).join(' ');
      yield [
        key, [...words].join(' '), `Manufacturer#${maker}`, `Brand#${maker}${between(prng, 1, 5)}`, type, between(prng, 1, 50), containerWords.map((list) => pick(prng, list)).join(' '),
        cents(retailCents(key)), this.#comments.next(prng, 5, 22),
      ];
    }
  }

  /** The i-th of the four suppliers of a part. */
  #supplierOf(part: number, i: number): number {
    const s = this.supplierCount;
    return ((part + i * (Math.floor(s / 4) + Math.floor((part - 1) / s))) % s) + 1;
  }
  *#partSuppliers(): Generator<TpchRow> {
    const prng = this.#prng('partsupp');
    for (let part = 1; part <= this.partCount; part++) {
      const seen = new Set<number>();
      for (let i = 0; i < 4; i++) {
        let supplier = this.#supplierOf(part, i);
        while (seen.has(supplier)) supplier = (supplier % this.supplierCount) + 1;
        seen.add(supplier);
        yield [part, supplier, between(prng, 1, 9999), cents(between(prng, 100, 100_000)), this.#comments.next(prng, 49, 198)];
      }
    }
  }

  *#customers(): Generator<TpchRow> {
    const prng = this.#prng('customer');
    for (let key = 1; key <= this.customerCount; key++) {
      const nation = prng.below(25);
      yield [
        key, numbered('Customer', key), scribble(prng, 10, 40), nation, phone(prng, nation), cents(between(prng, -99_999, 999_999)), pick(prng, segments), this.#comments.next(prng, 29, 116),
      ];
    }
  }

  *#orders(): Generator<TpchRow> {
    for (const [order] of this.#ordersWithLines()) yield order;
  }
  *#lines(): Generator<TpchRow> {
    for (const [, lines] of this.#ordersWithLines()) yield* lines;
  }

  *#ordersWithLines(): Generator<readonly [TpchRow, readonly TpchRow[]]> {
    const prng = this.#prng('orders');
    const clerks = Math.max(1, Math.round(1000 * this.scale));
    for (let i = 1; i <= this.orderCount; i++) {
      // Of 32 keys the first eight are used.
      const key = (i >> 3) * 32 + (i & 7);
      // A third of the customers has no orders.
      let customer = between(prng, 1, this.customerCount);
      while (customer % 3 === 0) customer = between(prng, 1, this.customerCount);
      const day = between(prng, startDay, endDay - 151);
      const lines: TpchRow[] = [];
      let total = 0;
      let open = 0;
      const count = i === fullOrder ? 7 : between(prng, 1, 7);
      for (let number = 1; number <= count; number++) {
        const line = this.#line(prng, key, number, day, i === fullOrder ? 44 : 1);
        total += Math.round(((line[5] as number) * 100 * (100 + Math.round((line[7] as number) * 100)) * (100 - Math.round((line[6] as number) * 100))) / 10_000);
        if (line[9] === 'O') open++;
        lines.push(line);
      }
      const status = open === 0 ? 'F' : open === count ? 'O' : 'P';
      const order = [key, customer, status, cents(total), dateText(day), pick(prng, priorities), numbered('Clerk', between(prng, 1, clerks)), 0, this.#comments.next(prng, 19, 78)];
      yield [order, lines];
    }
  }

  #line(prng: Prng, order: number, number: number, day: number, quantityMin: number): TpchRow {
    const part = between(prng, 1, this.partCount);
    const supplier = this.#supplierOf(part, prng.below(4));
    const quantity = between(prng, quantityMin, 50);
    const ship = day + between(prng, 1, 121);
    const commit = day + between(prng, 30, 90);
    const receipt = ship + between(prng, 1, 30);
    const flag = receipt <= currentDay ? (prng.below(2) === 0 ? 'R' : 'A') : 'N';
    return [
      order, part, supplier, number, quantity, cents(quantity * retailCents(part)), cents(between(prng, 0, 10)), cents(between(prng, 0, 8)), flag, ship > currentDay ? 'O' : 'F',
      dateText(ship), dateText(commit), dateText(receipt), pick(prng, instructions), pick(prng, modes), this.#comments.next(prng, 10, 43),
    ];
  }
}

const numbered = (word: string, key: number): string => `${word}#${String(key).padStart(9, '0')}`;
const retailCents = (part: number): number => 90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000);
