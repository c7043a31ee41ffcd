/**
 * Failing calls. Each kind of call fails at its 1st, 2nd, 3rd... occurrence, once and for good, with an I/O error and with a full disk,
 * until the case runs through without meeting the fault. Whatever happens in between: no wrong answer, only DbErrors of the expected
 * classes, and when the file is opened again without faults it holds a prefix of history with everything acknowledged.
 */
import { describe, expect, it } from 'vitest';
import { DbError } from '../../base/errors.js';
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import type { CallKind, Fault } from '../sim/fault-vfs.js';
import { FaultVfs } from '../sim/fault-vfs.js';
import { fullDiskTrial } from '../sim/full-disk-trial.js';
import { SimTime } from '../sim/sim-time.js';
import type { Change } from '../sim/storage-world.js';
import { applyCommit, defaultWorld, difference, readState, World } from '../sim/storage-world.js';

const kinds: readonly CallKind[] = ['open', 'read', 'write', 'writeThrough', 'sync', 'truncate', 'unlink', 'rename', 'list', 'syncDirectory', 'lock'];

function options(vfs: StoreOptions['vfs'], seed: number): StoreOptions {
  const prng = seededPrng(seed);
  const time = new SimTime(prng);
  return { vfs, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 10, walReserveBytes: 1024, checkpointIntervalMs: 0 };
}

/** Opens, commits, evicts, checkpoints, closes, twice over. Returns the errors it met; each ends one life of the store. */
async function workload(vfs: FaultVfs, world: World, trees: Set<number>): Promise<DbError[]> {
  const errors: DbError[] = [];
  for (let life = 0; life < 2; life++) {
    let store: Store | undefined;
    try {
      store = await Store.open(options(vfs, life + 1));
      world.truncateTo(store.lastCsn);
      await work(store, world, trees, errors);
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      errors.push(error);
    }
    try {
      await store?.close();
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

async function work(store: Store, world: World, trees: Set<number>, errors: DbError[]): Promise<void> {
  const prng = seededPrng(7);
  for (let step = 0; step < 25; step++) {
    const changes: Change[] = world.generate(prng, () => {
      const id = store.newTreeId();
      trees.add(id);
      return id;
    });
    try {
      store.reserveLogSync(2000);
    } catch (error) {
      // A full disk refuses the commit before it has taken effect; the session goes on.
      if (!(error instanceof DbError) || error.code !== '53100') throw error;
      errors.push(error);
      continue;
    }
    const n = world.commit(changes);
    await applyCommit(store, n, changes);
    world.ackedCsn = n;
    if (step % 8 !== 7) continue;
    try {
      await store.checkpoint();
    } catch (error) {
      if (!(error instanceof DbError) || error.code !== '53100') throw error;
      errors.push(error);
    }
  }
}

async function runWithFault(fault: Fault | undefined): Promise<{ readonly hasFired: boolean; readonly errors: DbError[] }> {
  const disk = new CrashVfs();
  const vfs = new FaultVfs(disk);
  vfs.fault = fault;
  const world = new World({ ...defaultWorld, valueLengthMax: 80 });
  const trees = new Set<number>();
  const errors = await workload(vfs, world, trees);
  disk.kill();
  if (disk.exists('db')) {
    const store = await Store.open(options(disk, 3));
    expect(store.lastCsn).toBeGreaterThanOrEqual(world.ackedCsn);
    const expected = world.stateAt(store.lastCsn);
    expect(expected).toBeDefined();
    expect(difference(expected!, readState(store, trees))).toBeUndefined();
    expect(store.check('full').problems).toEqual([]);
    await store.close();
    expect(disk.paths()).toEqual(['db']);
  } else {
    expect(world.ackedCsn).toBe(0);
  }
  return { hasFired: vfs.hasFired, errors };
}

describe('every call fails once and for good:', () => {
  for (const kind of kinds) {
    for (const isForGood of [false, true]) {
      it(`${kind} ${isForGood ? 'for good' : 'once'}`, async () => {
        let at = 1;
        for (; ; at++) {
          const { hasFired, errors } = await runWithFault({ kind, at, isForGood, code: '58030' });
          if (!hasFired) break;
          for (const error of errors) expect(error.code, `${kind} ${at}: ${error.message}`).toBe('58030');
          // One failed read is read again; every other fault must have been noticed.
          if (kind !== 'read') expect(errors.length, `${kind} ${at}`).toBeGreaterThan(0);
          if (at > 60) at += 10;
        }
        expect(at).toBeGreaterThan(1);
      });
    }
  }
});

describe('a full disk', () => {
  it('at any write, once: at most the commit or the checkpoint at hand fails', async () => {
    for (let at = 1; ; at += at > 60 ? 7 : 1) {
      const { hasFired, errors } = await runWithFault({ kind: 'write', at, isForGood: false, code: '53100' });
      if (!hasFired) break;
      for (const error of errors) expect(['53100', '58030']).toContain(error.code);
    }
  });

  it('refuses commits, answers reads, keeps the log, and works again when there is space', async () => {
    const disk = new CrashVfs();
    const store = await Store.open({ ...options(disk, 1), cacheBytes: 1 << 20 });
    const tree = store.newTreeId();
    const put = async (n: number, key: string): Promise<void> => {
      await store.reserveLog(200);
      const writer = store.beginCommit(csn(n));
      const target = store.hasTree(tree) ? store.tree(tree) : writer.createTree(tree);
      writer.put(target, Buffer.from(key), 0, key.length, Buffer.alloc(100), 0, 100);
      await store.flushed(writer.finish());
    };
    for (let n = 1; n <= 50; n++) await put(n, `k${n}`);
    disk.capacityBytes = disk.usedBytes() + 600;
    let n = 50;
    const failure = await (async () => {
      for (;;) await put(++n, `k${n}`);
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: '53100' });
    expect(store.poisoned).toBeUndefined();
    await expect(store.checkpoint()).rejects.toMatchObject({ code: '53100' });
    expect(store.stats().checkpointFailureCount).toBeLessThanOrEqual(1);
    expect(readState(store, [tree]).get(tree)!.size).toBe(n - 1);
    disk.capacityBytes = Infinity;
    await put(n, 'again');
    await store.checkpoint();
    expect(store.check('full').problems).toEqual([]);
    // The log has room for one more, the pages have none: close leaves the log behind.
    store.reserveLogSync(200);
    disk.capacityBytes = disk.usedBytes();
    await put(n + 1, 'k1');
    await store.close();
    disk.capacityBytes = Infinity;
    const again = await Store.open(options(disk, 2));
    expect(again.lastCsn).toBe(n + 1);
    expect(readState(again, [treeId(tree)]).get(tree)!.size).toBe(n);
    await again.close();
  });

  it('does not shut down a database whose pages do not fit into its cache', async () => {
    expect(await fullDiskTrial(1)).toBeUndefined();
  });
});

describe('short reads and writes', () => {
  it('change nothing', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const disk = new CrashVfs();
      const vfs = new FaultVfs(disk);
      vfs.shortPrng = seededPrng(seed);
      const world = new World({ ...defaultWorld, valueLengthMax: 300 });
      const trees = new Set<number>();
      expect(await workload(vfs, world, trees)).toEqual([]);
      const store = await Store.open(options(vfs, 3));
      expect(store.lastCsn).toBe(world.lastCsn);
      expect(difference(world.current, readState(store, trees))).toBeUndefined();
      await store.close();
    }
  });
});

describe('determinism', () => {
  it('one seed, one sequence of calls', async () => {
    const run = async (): Promise<unknown> => {
      const vfs = new FaultVfs(new CrashVfs());
      await workload(vfs, new World(defaultWorld), new Set());
      return [...vfs.calls];
    };
    expect(await run()).toEqual(await run());
  });
});
