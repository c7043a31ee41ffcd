/**
 * Sets of characters as sorted, disjoint, not touching ranges of code points: `[low, high, low, high, ...]`, both ends included.
 * What regular expressions are made of.
 */

export type CharSet = readonly number[];

const LastCodePoint = 0x10ffff;
export const anyCharacter: CharSet = [0, LastCodePoint];
export const newline: CharSet = [10, 10];

/** Sorts and merges ranges given in any order. */
function charSet(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [low, high] of sorted) {
    if (merged.length > 0 && low <= merged[merged.length - 1]! + 1) merged[merged.length - 1] = Math.max(merged[merged.length - 1]!, high);
    else merged.push(low, high);
  }
  return merged;
}
const pairs = (set: CharSet): [number, number][] => Array.from({ length: set.length / 2 }, (_, i) => [set[2 * i]!, set[2 * i + 1]!]);

export function union(...sets: readonly CharSet[]): CharSet {
  return charSet(sets.flatMap(pairs));
}
export function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (const [low, high] of pairs(set)) {
    if (low > next) rest.push(next, low - 1);
    next = high + 1;
  }
  if (next <= LastCodePoint) rest.push(next, LastCodePoint);
  return rest;
}
export function without(set: CharSet, removed: CharSet): CharSet {
  return complement(union(complement(set), removed));
}

export function contains(set: CharSet, code: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < set[2 * middle]!) high = middle - 1;
    else if (code > set[2 * middle + 1]!) low = middle + 1;
    else return true;
  }
  return false;
}

/** All characters that differ from one in the set by case alone, and those of the set. */
export function ignoringCase(set: CharSet): CharSet {
  const added: [number, number][] = pairs(set);
  for (const [low, high] of pairs(set)) {
    // Everything, or nearly: case adds nothing worth the walk.
    if (high - low > 0x10000) continue;
    for (let code = low; code <= high; code++) {
      const character = String.fromCodePoint(code);
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        if (other === character) continue;
        const otherCode = other.codePointAt(0)!;
        if (String.fromCodePoint(otherCode) === other) added.push([otherCode, otherCode]);
      }
    }
  }
  return charSet(added);
}

/** The characters of the basic plane that a pattern accepts; computed on first use, a few milliseconds each. */
function matching(pattern: RegExp): CharSet {
  const ranges: [number, number][] = [];
  for (let code = 0; code < 0x10000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    if (!pattern.test(String.fromCharCode(code))) continue;
    const last = ranges[ranges.length - 1];
    if (last !== undefined && last[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  return charSet(ranges);
}

const classPatterns: Readonly<Record<string, RegExp>> = {
  alpha: /^[\p{L}\p{M}\p{Nl}]$/u, digit: /^\p{Nd}$/u, alnum: /^[\p{L}\p{M}\p{Nl}\p{Nd}]$/u, upper: /^\p{Lu}$/u, lower: /^\p{Ll}$/u,
  space: /^[\s\x1c-\x1f]$/u, blank: /^[ \t\p{Zs}]$/u, punct: /^[\p{P}\p{S}]$/u, cntrl: /^\p{Cc}$/u, graph: /^[^\s\p{C}]$/u, print: /^[^\p{C}\t\n\v\f\r]$/u,
  xdigit: /^[0-9a-fA-F]$/, word: /^[\p{L}\p{M}\p{Nl}\p{Nd}_]$/u, ascii: /^[\0-\x7f]$/,
};
const classSets = new Map<string, CharSet>();

/** `[:name:]`, undefined when there is no such class. */
export function namedClass(name: string): CharSet | undefined {
  const known = classSets.get(name);
  if (known !== undefined) return known;
  const pattern = classPatterns[name];
  if (pattern === undefined) return undefined;
  // The space class of C has no separators beyond ASCII's control characters and blank.
  const set = name === 'space' ? without(matching(pattern), [0x1c, 0x1f]) : matching(pattern);
  classSets.set(name, set);
  return set;
}
