/**
 * A commit that nobody looks behind goes into the leaves in runs (P4 in mvcc/commit/commit.ts, storage/tree/leaf-run.ts) and into the log in stretches (mvcc/write-set/put-form.ts), any other one change at
 * a time: both leave the same rows, and the same rows come back from the log of either.
 */
import { strict as check } from 'node:assert';
import fc from 'fast-check';
import { assert } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import type { TreeId } from '../../base/ids.js';
import { realClock } from '../../base/clock.js';
import { seededPrng } from '../../base/prng.js';
import { realScheduler } from '../../base/scheduler.js';
import { RowRef } from '../../mvcc/types.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { Store } from '../../storage/store.js';
import { patchTo, rowBlock } from './row-block.js';

const path = 'dir/rows.db';

interface World {
  readonly vfs: MemoryVfs;
  readonly store: Store;
  readonly manager: TransactionManager;
}
async function open(vfs: MemoryVfs): Promise<World> {
  const env = { clock: realClock, prng: seededPrng(1), scheduler: realScheduler };
  const store = await Store.open({ vfs, path, ...env, durability: 'full', pageSizeBytes: 512, checkpointIntervalMs: 0, walChunkBytes: 1500 });
  return { vfs, store, manager: new TransactionManager(store, env) };
}
/** What a machine finds that is started after a power cut. */
function cut(vfs: MemoryVfs): MemoryVfs {
  const copy = new MemoryVfs();
  for (const name of vfs.list('dir/', '')) {
    const from = vfs.open(`dir/${name}`, 'read');
    const bytes = new Uint8Array(from.size());
    from.read(0, bytes, 0, bytes.length);
    from.close();
    copy.open(`dir/${name}`, 'create').write(0, bytes, 0, bytes.length);
  }
  return copy;
}

export function rowsOf(store: Store, id: TreeId): string[] {
  const all: string[] = [];
  const ref = new LeafRef();
  const btree = store.tree(id);
  btree.seekFirst(ref);
  do {
    for (let i = 0; i < ref.count; i++) {
      const value = ref.isOverflow(i) ? ref.readOverflow(i) : ref.u8.subarray(ref.valueOffset(i), ref.valueOffset(i) + ref.valueLength(i));
      all.push(`${ref.keyAt(i)}=${Buffer.from(value).toString('latin1')}`);
    }
  } while (btree.nextLeaf(ref));
  ref.release();
  return all;
}

/** Stretches of keys that are put, or removed where they are there; after some of them everything since the savepoint is undone. */
export interface Stretch {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly length: number;
  readonly isRemoval: boolean;
  readonly isUndone: boolean;
  /** Each key by a statement of its own, in no order, as rows are changed by their keys. */
  readonly isByKey: boolean;
}
export const stretch = fc.record({
  from: fc.nat(300), count: fc.integer({ min: 1, max: 150 }), step: fc.constantFrom(1, 1, 2, 7),
  length: fc.oneof({ weight: 10, arbitrary: fc.integer({ min: 0, max: 40 }) }, { weight: 2, arbitrary: fc.integer({ min: 126, max: 129 }) }, { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) }),
  isRemoval: fc.boolean(), isUndone: fc.nat(6).map((n) => n === 0), isByKey: fc.nat(3).map((n) => n > 0),
});

/** Most begin alike; sixteen at a time agree in more bytes than are looked at first when keys are sorted. */
const keyOf = (n: number): string => String.fromCharCode(n % 97 === 13 ? 0x7f : 0x80, 0, n >> 4, 0, 0, 0, 0, 0, 0, 0, n & 15) + (n % 5 === 0 ? 'row' : '');

const valueOf = (letter: string, i: number, length: number): string => letter.repeat(i % 3 === 0 ? length : Math.max(0, length - 1));

/** Rows of a stretch as a block, where that can be. */
function insertBlock(tx: Transaction, tree: VersionedTree, { from, count, step, length, isRemoval }: Stretch, letter: string, there: Set<string>): boolean {
  const rows: (readonly [string, string])[] = Array.from({ length: count }, (_, i) => [keyOf(from + i * step), valueOf(letter, i, length)]);
  if (isRemoval || count % 2 === 0 || from + count * step > 400 || rows.some(([key], i) => i > 0 && key < rows[i - 1]![0]) || !tx.insertAbove(tree, rowBlock(rows))) return false;
  for (const [key] of rows) there.add(key);
  return true;
}

const ref = new RowRef();

/** Changes a row as a statement by its key does, where that can be. */
function changeByKey(tx: Transaction, tree: VersionedTree, key: string, value: Uint8Array, isRemoval: boolean): boolean {
  const bytes = keyBytes(key);
  if (isRemoval) return tx.removeByKey(tree, bytes, bytes.length) === true;
  if (tx.findUntouched(tree, bytes, bytes.length, ref) !== true) return false;
  if (value.length === ref.length) tx.patchFound(tree, bytes, bytes.length, ref, patchTo(value));
  else tx.updateFound(tree, bytes, bytes.length, value, 0, value.length);
  return true;
}

/** `isByBlock`: many rows at a time are inserted as a block where that can be. */
export function run(tx: Transaction, tree: VersionedTree, stretches: readonly Stretch[], there: Set<string>, isByBlock: boolean): void {
  stretches.forEach((stretch, number) => {
    const { from, count, step, length, isRemoval, isUndone, isByKey } = stretch;
    const savepoint = tx.savepoint();
    const before = [...there];
    tx.beginStatement({ text: 'stretch' });
    const isDone = isByBlock && insertBlock(tx, tree, stretch, String.fromCharCode(97 + number), there);
    for (let i = isDone ? count : 0; i < count; i++) {
      const n = isByKey ? (i * 53) % count : i;
      const key = keyOf((from + n * step) % 400);
      if (isByKey) {
        tx.endStatement();
        tx.beginStatement({ text: 'key' });
      }
      const value = keyBytes(valueOf(String.fromCharCode(97 + number), n, length));
      if (isByBlock && isByKey && there.has(key) && changeByKey(tx, tree, key, value, isRemoval)) {
        if (isRemoval) there.delete(key);
      } else if (there.has(key)) {
        assert(!(tx.lockRow(tree, key, 'update', 'nowait') instanceof Promise), 'a lock of one transaction alone waits');
        if (isRemoval) tx.remove(tree, key);
        else tx.update(tree, key, value, 0, value.length);
        if (isRemoval) there.delete(key);
      } else if (!isRemoval) {
        assert(!(tx.claimKey(tree, key, { upsert: false, wait: 'nowait' }) instanceof Promise), 'a claim of one transaction alone waits');
        tx.insert(tree, key, value, 0, value.length);
        there.add(key);
      }
    }
    tx.endStatement();
    if (!isUndone) {
      tx.release(savepoint);
      return;
    }
    tx.rollbackTo(savepoint);
    tx.release(savepoint);
    there.clear();
    for (const key of before) there.add(key);
  });
}

const transactions = fc.array(fc.array(stretch, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });

async function inBothWays(changes: readonly (readonly Stretch[])[]): Promise<void> {
  const worlds = [await open(new MemoryVfs()), await open(new MemoryVfs())] as const;
  const found: string[][] = [];
  for (const [number, world] of worlds.entries()) {
    const { manager, store } = world;
    const setup = manager.begin({ isolation: 'read committed', owner: { id: 0 } });
    const tree = setup.createTree(store.newTreeId(), { unique: true });
    setup.commitSync();
    const there = new Set<string>();
    for (const stretches of changes) {
      // Somebody's snapshot makes the second world keep what was before.
      const reader = number === 0 ? undefined : manager.begin({ isolation: 'repeatable read', owner: { id: 9 } });
      reader?.beginStatement({ text: 'look' });
      check.equal(reader?.snapshotCsn, reader === undefined ? undefined : manager.lastPublished);
      reader?.endStatement();
      const tx = manager.begin({ isolation: 'read committed', owner: { id: 1 } });
      run(tx, tree, stretches, there, number === 0);
      tx.commitSync();
      check.equal(manager.statistics().undoRecords > 0, number === 1 && tree.overlay.heads.size > 0);
      reader?.rollback();
      while (manager.step());
    }
    found.push(rowsOf(world.store, tree.id));
    check.equal(found.at(-1)!.length, there.size);
    const again = await open(cut(world.vfs));
    found.push(rowsOf(again.store, tree.id));
    again.manager.close();
    await again.store.close();
    manager.close();
    await store.close();
    check.deepEqual(found.at(-1), found[0]);
    check.deepEqual(found.at(-2), found[0]);
  }
}

/** One by itself, whose failure is all that is asked, is not made smaller. @throws AssertionError */
export async function installRunsTrial(seed: number, numRuns = 1): Promise<void> {
  await fc.assert(fc.asyncProperty(transactions, inBothWays), { seed, numRuns, endOnFailure: numRuns === 1 });
}
