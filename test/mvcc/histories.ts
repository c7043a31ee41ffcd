/** Mixes of random histories, and their totals. One seed names one window: `runWindow(seed)`. */
import type { IsolationLevel } from '../../mvcc/types.js';
import type { MvccOptions } from '../../mvcc/transaction-manager.js';
import { Simulator, type WindowOptions, type WindowResult, windowFor } from './simulator.js';
import { type World, openWorld } from './world.js';

export interface Mix {
  readonly name: string;
  readonly levels: readonly IsolationLevel[];
  readonly options: MvccOptions;
  readonly window: Partial<WindowOptions>;
}

const unbounded: MvccOptions = { completeKeptMax: 1e9, incompleteKeptMax: 1e9 };

export const mixes: readonly Mix[] = [
  { name: 'serializable', levels: ['serializable'], options: unbounded, window: {} },
  { name: 'serializable plain', levels: ['serializable'], options: unbounded, window: { isPlain: true, usesTouch: false } },
  { name: 'strict', levels: ['serializable'], options: unbounded, window: { strict: true } },
  { name: 'K=8', levels: ['serializable'], options: { completeKeptMax: 8, incompleteKeptMax: 1e9 }, window: { isExact: false } },
  { name: 'K=1', levels: ['serializable'], options: { completeKeptMax: 1, incompleteKeptMax: 1e9 }, window: { isExact: false } },
  { name: 'merged', levels: ['serializable'], options: { completeKeptMax: 4, incompleteKeptMax: 4 }, window: { isExact: false } },
  { name: 'escalated', levels: ['serializable'], options: { ...unbounded, sireadEntriesMax: 2 }, window: { isExact: false } },
  { name: 'repeatable read', levels: ['repeatable read'], options: {}, window: {} },
  { name: 'read committed', levels: ['read committed'], options: {}, window: {} },
  { name: 'mixed', levels: ['serializable', 'repeatable read', 'read committed'], options: {}, window: { isExact: false } },
];

/** Commits of few rows are large, and installed in slices of one row (mvcc/commit/sliced-commit.ts). */
export const slicedMixes: readonly Mix[] = mixes
  .filter(({ name }) => ['serializable', 'strict', 'merged', 'repeatable read', 'mixed'].includes(name))
  .map((mix, i) => ({ ...mix, name: `${mix.name} in slices`, options: { ...mix.options, slicedRowsMin: 1 + (i % 3), sliceRows: 1 } }));

export interface RunTotals {
  windows: number;
  committed: number;
  byMix: Record<string, Omit<WindowResult, 'violations' | 'hasCycle' | 'hasLostUpdate'> & { windows: number; cycles: number; lostUpdates: number }>;
  violations: string[];
}

/** Windows that share one world, to save opening stores. */
const WindowsPerWorld = 50;

export async function runWindow(seed: number, mix: Mix, world?: World): Promise<WindowResult> {
  const simulator = new Simulator(world ?? (await openWorld(mix.options, seed)), windowFor(seed, mix.levels, mix.window), seed);
  try {
    return await simulator.run();
  } catch (error) {
    simulator.result.violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return simulator.result;
  }
}

export async function runHistories(firstSeed: number, target: number, print: (line: string) => void, only?: string, all: readonly Mix[] = mixes): Promise<RunTotals> {
  const totals: RunTotals = { windows: 0, committed: 0, byMix: {}, violations: [] };
  const worlds = new Map<Mix, World>();
  const chosen = all.filter((mix) => only === undefined || mix.name === only);
  for (let seed = firstSeed; totals.committed < target && totals.violations.length === 0; seed++) {
    const mix = chosen[seed % chosen.length]!;
    let world = worlds.get(mix);
    if (world === undefined || totals.windows % (WindowsPerWorld * chosen.length) < chosen.length) {
      world = await openWorld(mix.options, seed);
      worlds.set(mix, world);
    }
    const result = await runWindow(seed, mix, world);
    const sums = (totals.byMix[mix.name] ??= {
      windows: 0,
      committed: 0,
      certifierFailures: 0,
      writeConflicts: 0,
      needless: 0,
      deadlocks: 0,
      duplicates: 0,
      cycles: 0,
      lostUpdates: 0,
    });
    sums.windows++;
    for (const name of ['committed', 'certifierFailures', 'writeConflicts', 'needless', 'deadlocks', 'duplicates'] as const) sums[name] += result[name];
    if (result.hasCycle) sums.cycles++;
    if (result.hasLostUpdate) sums.lostUpdates++;
    totals.windows++;
    totals.committed += result.committed;
    for (const violation of result.violations) totals.violations.push(`seed ${seed} (${mix.name}): ${violation}`);
    if (result.violations.length > 0) print(totals.violations.join('\n'));
  }
  return totals;
}
