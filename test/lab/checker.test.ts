/**
 * The history checker: a corpus of good and bad histories with known verdicts, random small histories against a brute-force checker that tries every
 * serial order, and the cost of a large one.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkHistory } from '../../lab/checker/check.js';
import type { History, HistoryOp, HistoryTransaction } from '../../lab/checker/history.js';

/** `w x1`: wrote version 1 of x; `r x0`: read x as absent; `p x1`: by a predicate; `a x7`: appended 7; `l x7,8`: read the list; `f x`: found x in some version. A leading `!`: aborted. */
function history(...texts: string[]): History {
  return texts.map((text, id): HistoryTransaction => {
    const words = text.replace('!', '').trim().split(/\s+/);
    const ops: HistoryOp[] = [];
    for (let i = 0; i < words.length; i += 2) {
      const key = words[i + 1]![0]!;
      const rest = words[i + 1]!.slice(1);
      if (words[i] === 'f') ops.push({ kind: 'found', key });
      else if (words[i] === 'w') ops.push({ kind: 'write', key, version: Number(rest) });
      else if (words[i] === 'a') ops.push({ kind: 'append', key, value: Number(rest) });
      else if (words[i] === 'l') ops.push({ kind: 'list', key, values: rest === '' ? [] : rest.split(',').map(Number) });
      else ops.push({ kind: 'read', key, version: Number(rest), isPredicate: words[i] === 'p' });
    }
    return { id, session: id, status: text.startsWith('!') ? 'aborted' : 'committed', ops };
  });
}
const kinds = (h: History): string[] => {
  const { cycles, direct } = checkHistory(h);
  return [...new Set([...cycles.map((c) => c.kind as string), ...direct.map((d) => d.kind)])].sort();
};

describe('bad histories', () => {
  test.each<[string, History, string[], string]>([
    ['G0', history('w x1 w y2', 'w x2 w y1'), ['G0'], 'none'],
    ['G1a', history('!w x1', 'r x1'), ['G1a'], 'read uncommitted'],
    ['G1a over a list', history('!a x1', 'l x1'), ['G1a'], 'read uncommitted'],
    ['G1b', history('w x1 w x2', 'r x1'), ['G-single', 'G1b'], 'read uncommitted'],
    ['G1c', history('w x1 r y1', 'w y1 r x1'), ['G1c'], 'read uncommitted'],
    ['lost update', history('w x1', 'r x1 w x2', 'r x1 w x3'), ['G-single', 'lost update'], 'read committed'],
    ['read skew', history('w x1 w y1', 'w x2 w y2', 'r x1 r y2'), ['G-single'], 'read committed'],
    ['a key found of who wrote later', history('w x1 w y1', 'f x r y0'), ['G-single'], 'read committed'],
    ['long fork', history('w x1', 'w y1', 'r x1 r y0', 'r x0 r y1'), ['G-nonadjacent', 'long fork'], 'read committed'],
    ['write skew', history('r x0 r y0 w x1', 'r x0 r y0 w y1'), ['G2-item'], 'snapshot isolation'],
    ['write skew over a predicate', history('p x0 p y0 w x1', 'p x0 p y0 w y1'), ['G2'], 'snapshot isolation'],
    ['write skew over lists', history('l x l y a x1', 'l x l y a y2', 'l x1 l y2'), ['G2-item'], 'snapshot isolation'],
    ['read-only anomaly', history('r x0 r y0 w x1', 'r y0 w y1', 'r x0 r y1'), ['G2-item'], 'snapshot isolation'],
    ['own write unseen', history('w x1 r x0'), ['internal'], 'read uncommitted'],
    ['lists that fork', history('a x1', 'a x2', 'l x1', 'l x2'), ['incompatible order'], 'none'],
    ['a value from nowhere', history('l x9'), ['garbage read'], 'read uncommitted'],
    ['a version twice', history('w x1', 'w x1'), ['duplicate version'], 'none'],
  ])('%s', (_name, h, expected, level) => {
    expect(kinds(h)).toEqual(expect.arrayContaining(expected));
    expect(checkHistory(h).level).toBe(level);
    expect(checkHistory(h).serialOrder).toBeUndefined();
  });
  test('the shortest cycle', () => {
    const { cycles } = checkHistory(history('r x0 w y1', 'r y0 w z1', 'r z0 w x1', 'r a0 w b1', 'r b0 w a1'));
    expect(cycles.map((c) => [c.kind, c.cycle.length])).toEqual([['G2-item', 2]]);
  });
});

describe('good histories', () => {
  test.each<[string, History]>([
    ['empty', []],
    ['serial', history('w x1', 'r x1 w x2', 'r x2 w y1', 'r y1 r x2')],
    ['an anti-dependency alone', history('r x0 r y0', 'w x1', 'r x1 w y1')],
    ['a key found in whatever version', history('w x1', 'r x1 w x2 w y1', 'f x r y0')],
    ['lists', history('a x1', 'l x1 a x2', 'l x1,2', 'l x')],
    ['appends nobody read', history('a x1', 'a x2', 'l x')],
    ['aborted writers leave no trace', history('!w x1 w y1', 'r x0 r y0 w x1', '!r x9')],
    ['commit order against serial order', history('r x0 w y1', 'w x1', 'r y1 r x0')],
  ])('%s', (_name, h) => {
    const result = checkHistory(h);
    expect(result.level).toBe('serializable');
    if (result.serialOrder !== undefined) expect(replays(h, result.serialOrder)).toBe(true);
  });
});

/** Whether the transactions, one after the other in this order, read exactly what they read. */
function replays(h: History, order: readonly number[]): boolean {
  const state = new Map<string, number>();
  const lists = new Map<string, number[]>();
  for (const id of order) {
    for (const op of h.find((t) => t.id === id)!.ops) {
      if (op.kind === 'write' && (state.get(op.key) ?? 0) + 1 !== op.version) return false;
      if (op.kind === 'write') state.set(op.key, op.version);
      if (op.kind === 'read' && (state.get(op.key) ?? 0) !== op.version) return false;
      if (op.kind === 'append') lists.set(op.key, [...(lists.get(op.key) ?? []), op.value]);
      if (op.kind === 'list' && (lists.get(op.key) ?? []).join() !== op.values.join()) return false;
    }
  }
  return true;
}
function bruteForce(h: History): boolean {
  const ids = h.filter((t) => t.status !== 'aborted').map((t) => t.id);
  const search = (chosen: number[]): boolean => (chosen.length === ids.length ? replays(h, chosen) : ids.some((id) => !chosen.includes(id) && search([...chosen, id])));
  return search([]);
}

/**
 * Runs two to five transactions, interleaved, over a store that reads either the newest versions or a snapshot from the start of the transaction, with writes
 * at the end: histories as a weak database makes them.
 */
const weakHistory = fc.record({
  programs: fc.array(fc.array(fc.record({ write: fc.boolean(), key: fc.constantFrom('x', 'y', 'z') }), { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 }),
  schedule: fc.array(fc.nat(4), { minLength: 10, maxLength: 25 }),
  useSnapshots: fc.boolean(),
}).map(({ programs, schedule, useSnapshots }): History => {
  const committed = new Map<string, number>();
  const done: HistoryTransaction[] = [];
  const running = programs.map((program, id) => ({ id, program, at: 0, snapshot: undefined as Map<string, number> | undefined, reads: [] as HistoryOp[], writes: new Set<string>(), isDone: false }));
  const step = (t: (typeof running)[number]): void => {
    if (t.isDone) return;
    t.snapshot ??= new Map(committed);
    const op = t.program[t.at++];
    if (op !== undefined) {
      if (op.write) t.writes.add(op.key);
      else if (!t.writes.has(op.key)) t.reads.push({ kind: 'read', key: op.key, version: (useSnapshots ? t.snapshot : committed).get(op.key) ?? 0 });
      return;
    }
    t.isDone = true;
    const writes = [...t.writes].map((key): HistoryOp => {
      committed.set(key, (committed.get(key) ?? 0) + 1);
      return { kind: 'write', key, version: committed.get(key)! };
    });
    done.push({ id: t.id, session: t.id, status: 'committed', ops: [...t.reads, ...writes] });
  };
  for (const n of schedule) step(running[n % running.length]!);
  for (const t of running) while (!t.isDone) step(t);
  return done;
});

test('agrees with brute force on random small histories, both ways', () => {
  let good = 0;
  let bad = 0;
  fc.assert(fc.property(weakHistory, (h) => {
    const result = checkHistory(h);
    const isSerializable = bruteForce(h);
    if (isSerializable) good++;
    else bad++;
    expect(result.direct).toEqual([]);
    expect(result.level === 'serializable').toBe(isSerializable);
    if (isSerializable) expect(replays(h, result.serialOrder!)).toBe(true);
    for (const { cycle } of result.cycles) for (const [i, s] of cycle.entries()) expect(cycle[(i + 1) % cycle.length]!.from).toBe(s.to);
  }), { numRuns: 2000 });
  expect(good).toBeGreaterThan(200);
  expect(bad).toBeGreaterThan(200);
});

test('100,000 transactions in a few seconds', () => {
  const versions = new Map<number, number>();
  let seed = 7;
  const draw = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
  const h: HistoryTransaction[] = [];
  for (let id = 0; id < 100_000; id++) {
    const ops: HistoryOp[] = [];
    for (let i = 0; i < 3; i++) {
      const key = draw(2000);
      const version = versions.get(key) ?? 0;
      ops.push({ kind: 'read', key: String(key), version });
      if (i === 0) {
        versions.set(key, version + 1);
        ops.push({ kind: 'write', key: String(key), version: version + 1 });
      }
    }
    h.push({ id, session: id % 16, status: 'committed', ops });
  }
  const started = performance.now();
  expect(checkHistory(h).level).toBe('serializable');
  expect(performance.now() - started).toBeLessThan(6000);
});
