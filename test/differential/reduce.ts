/**
 * Makes a statement smaller while it still shows its difference: stretches of words, whole parentheses first, are left out or replaced by what they
 * hold or by a literal. Each try is rolled back, so that the state of both servers stays.
 */
import { difference, isNoAnswer } from './compare.js';
import type { Engine } from './engines.js';
import type { Difference } from './round.js';

const words = (sql: string): string[] => sql.match(/'(?:[^']|'')*'|"[^"]*"|[\w.]+|::|\|\||<>|<=|>=|->>?|#>>?|@>|<@|&&|[^\w\s]/g) ?? [];
const text = (list: readonly string[]): string => list.join(' ').replace(/ :: /g, '::').replace(/\( /g, '(').replace(/ \)/g, ')').replace(/ ,/g, ',').replace(/(\b(?!from|in|and|or|as|not|on|by|select|exists|where|values|any|all|union|except|intersect|over|lateral|when|then|else|using)\w+) \(/g, '$1(');

/** The kind of a difference: it must stay the same while the statement shrinks. */
const kindOf = (what: string): string => (what.startsWith('code') ? what : what.split(' ')[0]!);

export async function reduce(found: Difference, ours: Engine, theirs: Engine, triesMax = 2000): Promise<string> {
  if (/^\s*(begin|commit|rollback|savepoint|release|start|set|abort|prepare|deallocate|execute)/.test(found.sql)) return found.sql;
  const wanted = kindOf(found.what);
  let tries = 0;
  if (ours.status() === 'failed' || theirs.status() === 'failed' || ours.status() !== theirs.status()) for (const engine of [ours, theirs]) await engine.run('rollback');
  const isIdle = ours.status() === 'idle';
  const shows = async (sql: string): Promise<boolean> => {
    tries++;
    for (const engine of [ours, theirs]) await engine.run(isIdle ? 'begin' : 'savepoint reducing');
    const [a, b] = [await ours.run(sql), await theirs.run(sql)];
    for (const engine of [ours, theirs]) await engine.run(isIdle ? 'rollback' : 'rollback to savepoint reducing');
    const what = isNoAnswer(b) ? undefined : difference(a, b, { kind: 'bag' }, found.depth);
    return what !== undefined && kindOf(what) === wanted;
  };
  let best = words(found.sql);
  if (!(await shows(text(best)))) return found.sql;
  for (let changed = true; changed && tries < triesMax;) {
    changed = false;
    for (const candidate of candidates(best)) {
      if (tries >= triesMax) break;
      if (candidate.length >= best.length || !(await shows(text(candidate)))) continue;
      best = candidate;
      changed = true;
      break;
    }
  }
  for (const engine of isIdle ? [ours, theirs] : []) await engine.run('rollback');
  return text(best);
}

function* candidates(list: readonly string[]): Generator<string[]> {
  const without = (from: number, end: number, by: readonly string[] = []): string[] => [...list.slice(0, from), ...by, ...list.slice(end)];
  const closing = list.map((word, from) => {
    if (word !== '(') return -1;
    let depth = 0;
    for (let at = from; at < list.length; at++) if (list[at] === '(') depth++; else if (list[at] === ')' && --depth === 0) return at + 1;
    return -1;
  });
  for (let from = 0; from < list.length; from++) {
    const end = closing[from]!;
    if (end < 0) continue;
    for (const before of [0, 1, 2, 3]) for (const after of [0, 1, 2]) if (from >= before) yield without(from - before, end + after);
    yield without(from, end, list.slice(from + 1, end - 1));
    for (const literal of ['1', "'a'", 'null', 'true']) yield without(from, end, [literal]);
    if (from > 0) for (const literal of ['1', "'a'", 'null', 'true']) yield without(from - 1, end, [literal]);
  }
  for (let size = Math.floor(list.length / 2); size >= 1; size = size > 8 ? Math.floor(size / 2) : size - 1) {
    for (let from = 0; from + size <= list.length; from++) if (balanced(list, from, from + size)) yield without(from, from + size);
  }
}

function balanced(list: readonly string[], from: number, end: number): boolean {
  let depth = 0;
  for (let at = from; at < end; at++) {
    if (list[at] === '(') depth++;
    if (list[at] === ')' && --depth < 0) return false;
  }
  return depth === 0;
}
