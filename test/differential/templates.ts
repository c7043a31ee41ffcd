/** Expression templates by the kind they give: the areas together. */
import { arrayFunctions } from './functions-array.js';
import { compositeFunctions } from './functions-composite.js';
import { jsonFunctions } from './functions-json.js';
import { jsonPathFunctions } from './functions-jsonpath.js';
import { numberFunctions } from './functions-number.js';
import { rangeFunctions } from './functions-range.js';
import { textFunctions } from './functions-text.js';
import { timeFunctions } from './functions-time.js';
import { kinds, type Kind } from './kinds.js';

export type TemplatesByKind = Partial<Record<Kind, readonly string[]>>;
export interface TemplateSet {
  readonly safe: TemplatesByKind;
  readonly risky: TemplatesByKind;
}

const areas = [textFunctions, numberFunctions, timeFunctions, jsonFunctions, jsonPathFunctions, arrayFunctions, rangeFunctions, compositeFunctions];
const together = (of: (set: TemplateSet) => TemplatesByKind): Readonly<Record<Kind, readonly string[]>> =>
  Object.fromEntries(kinds.map((kind) => [kind, areas.flatMap((set) => of(set)[kind] ?? [])])) as unknown as Readonly<Record<Kind, readonly string[]>>;

export const safeTemplates = together((set) => set.safe);
export const riskyTemplates = together((set) => set.risky);

/** Fills a template: `{?x|y}` (or `{?x¦y}`, when a bar is meant), `{#a..b}`, and `{kind}` by `expression`. Alternatives may hold braces in pairs; a lone one ends them. */
export function fill(template: string, choose: (alternatives: readonly string[]) => string, number: (first: number, last: number) => string, expression: (kind: Kind | 'any') => string): string {
  let out = '';
  for (let at = 0; at < template.length; at++) {
    if (template[at] !== '{') {
      out += template[at];
      continue;
    }
    const end = closing(template, at);
    const inside = template.slice(at + 1, end);
    const range = /^#(-?\d+)\.\.(-?\d+)$/.exec(inside);
    if (inside.startsWith('?')) out += fill(choose(inside.slice(1).split(inside.includes('¦') ? '¦' : '|')), choose, number, expression);
    else if (range !== null) out += number(Number(range[1]), Number(range[2]));
    else if (inside === 'any' || (kinds as readonly string[]).includes(inside)) out += expression(inside as Kind | 'any');
    else {
      out += '{';
      continue;
    }
    at = end;
  }
  return out;
}

function closing(template: string, from: number): number {
  let depth = 0;
  for (let at = from; at < template.length; at++) {
    if (template[at] === '{') depth++;
    else if (template[at] === '}' && --depth === 0) return at;
  }
  return template.length;
}
