/**
 * Blocks of rows inserted in one step where that is for it to decide (insertAbove in mvcc/writing.ts), or each written into the write set where it is, with its index entry (insertGiven, insertNewEntries),
 * beside the same rows inserted one by one: all leave the same.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { wholeRange } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { entriesSource, putSource, rowBlock } from './row-block.js';
import { latin1 } from './client.js';
import { openWorld } from './world.js';

interface Block {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  readonly isUndone: boolean;
}
const block = fc.record({
  from: fc.oneof(fc.nat(60), fc.integer({ min: 300, max: 360 })), count: fc.integer({ min: 1, max: 60 }), step: fc.constantFrom(1, 1, 5), isUndone: fc.nat(5).map((n) => n === 0),
});

const keyOf = (n: number): string => String.fromCharCode(0x80, 0, n >> 8, n & 255);

type Way = 'block' | 'next' | 'each';

function insertEach(tx: Transaction, tree: VersionedTree, index: VersionedTree, rows: readonly (readonly [string, string])[], way: Way, onNext: () => void): boolean {
  const mark = tx.savepoint();
  const entries = entriesSource([index]);
  const isDone = rows.every(([key, value]) => {
    const isNext = way === 'next' && tx.insertGiven(tree, putSource, entries, [key, value]);
    if (isNext) onNext();
    else if (!tx.insertFree(tree, keyBytes(key), key.length, keyBytes(value), 0, value.length)) return false;
    else insertEntry(tx, index, key, value);
    return true;
  });
  if (!isDone) tx.rollbackTo(mark);
  tx.release(mark);
  return isDone;
}

function insertEntry(tx: Transaction, index: VersionedTree, key: string, value: string): void {
  tx.insertNew(index, keyBytes(key), key.length, keyBytes(value), 0, value.length);
}

/** What an INSERT of many rows does; each transaction's blocks begin above those before it, or do not. @returns what went in, how often in one step, and the write sets and logs' sizes */
async function run(transactions: readonly (readonly Block[])[], way: Way): Promise<{ readonly told: readonly unknown[]; readonly stepCount: number }> {
  const world = await openWorld();
  const { manager } = world;
  const tree = manager.tree(world.newTree(), { unique: true, tableName: 't' });
  const index = manager.tree(world.newTree(), { unique: false, unclaimed: true, tableName: 't' });
  const told: unknown[] = [];
  let stepCount = 0;
  transactions.forEach((blocks, number) => {
    const tx = manager.begin({ isolation: 'read committed', owner: { id: 1 } });
    for (const { from, count, step, isUndone } of blocks) {
      const savepoint = tx.savepoint();
      tx.beginStatement({ text: 'insert' });
      const rows = Array.from({ length: count }, (_, i) => [keyOf(number * 100 + from + i * step), `row ${number} ${i}`.repeat(1 + (i % 3))] as const);
      const isAtOnce = way === 'block' && tx.insertAbove(tree, rowBlock(rows));
      if (isAtOnce) stepCount++;
      const entries = entriesSource([index]);
      if (isAtOnce) for (const [key, value] of rows) if (!tx.insertNewEntries(entries, [key, value])) insertEntry(tx, index, key, value);
      told.push(isAtOnce || insertEach(tx, tree, index, rows, way, () => stepCount++), tx.writeCount, tx.logBytes);
      tx.endStatement();
      if (isUndone) tx.rollbackTo(savepoint);
      tx.release(savepoint);
    }
    for (const writes of [tx.writesIn(index), tx.writesIn(tree)]) told.push(writes?.keys().sort() ?? []);
    const writes = tx.writesIn(tree);
    if (writes !== undefined) told.push(Array.from(writes.newest(), (entry) => [writes.set.kindOf(entry), writes.set.commandOf(entry), writes.set.previousOf(entry) < 0]));
    tx.commitSync();
  });
  const reader = manager.begin({ isolation: 'read committed', owner: { id: 2 } });
  reader.beginStatement({ text: 'read' });
  for (const one of [tree, index]) {
    const scan = reader.openLatest(one, wholeRange, 'values');
    const found: string[] = [];
    while (scan.next()) for (let i = 0; i < scan.count; i++) found.push(scan.keyAt(i), latin1(scan.u8, scan.offsets[i]!, scan.lengthAt(i)));
    told.push(found);
  }
  reader.rollback();
  return { told, stepCount };
}

test('in one step, one by one and each in its place', async () => {
  let stepCount = 0;
  let nextCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(block, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }), async (transactions) => {
      const { told } = await run(transactions, 'each');
      const atOnce = await run(transactions, 'block');
      stepCount += atOnce.stepCount;
      expect(atOnce.told).toEqual(told);
      const next = await run(transactions, 'next');
      nextCount += next.stepCount;
      expect(next.told).toEqual(told);
    }),
    { numRuns: 60 },
  );
  expect(stepCount).toBeGreaterThan(20);
  expect(nextCount).toBeGreaterThan(400);
});
