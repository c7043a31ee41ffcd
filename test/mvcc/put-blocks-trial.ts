/**
 * Entries that came as blocks of rows (mvcc/write-set/put-blocks.ts) beside the rows themselves: more than a piece of memory has words for, with single ones between them, taken back last
 * first, asked for here and there. Then everything that each entry says, and, of those whose words nobody has asked for, what a commit's run shows the tree and hands to the log.
 */
import { strict as check } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { PutRun } from '../../mvcc/write-set/put-run.js';
import { TreeWrites } from '../../mvcc/write-set/tree-writes.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { WriteFlag, WriteKind, WriteSet } from '../../mvcc/write-set/write-set.js';
import { rowBlock } from './row-block.js';

interface Row {
  readonly key: string;
  readonly value: string;
  readonly command: number;
}

const keyOf = (n: number): string => String.fromCharCode(0x80, n >> 16, (n >> 8) & 255, n & 255);
const latin1 = (u8: Uint8Array, start: number, end: number): string => Buffer.from(u8.buffer, u8.byteOffset).toString('latin1', start, end);
/** Of a block; in one of four some are not short. */
const lengthsOf = [[0], [9, 30], [60, 127, 1], [30, 128]] as const;
/** Puts that the tree takes at a time, and bytes that a record of the log has room for. */
const leafMax = 300;
const recordBytesMax = 6000;

class Load {
  readonly set = new WriteSet(new WriteMemory(4 << 20));
  readonly writes = new TreeWrites(this.set, {} as Transaction, {} as VersionedTree);
  readonly rows: Row[] = [];
  #next = 0;
  #command = 0;

  #row(length: number): Row {
    const key = keyOf(this.#next++);
    return { key, value: String.fromCharCode(33 + (this.#next % 90)).repeat(length), command: this.#command };
  }
  block(count: number, lengths: readonly number[]): void {
    this.#command++;
    const rows = Array.from({ length: count }, (_, i) => this.#row(lengths[i % lengths.length]!));
    check(this.set.isAbove(0, keyBytes(rows[0]!.key), 4), 'an ascending key is not above the others');
    this.set.pushBlock(0, rowBlock(rows.map(({ key, value }) => [key, value])), WriteFlag.Fresh, this.#command);
    this.rows.push(...rows);
  }
  single(length: number): void {
    this.#command++;
    const row = this.#row(length);
    this.set.setValue(this.set.push(0, row.key, WriteKind.Put, WriteFlag.Fresh, this.#command), keyBytes(row.value), 0, length);
    this.rows.push(row);
  }
  takeBack(count: number): void {
    for (let i = 0; i < count; i++) this.set.pop();
    this.rows.length -= count;
    // Their keys may come again.
    this.#next -= count;
  }
  checkEntry(entry: number): void {
    const { set } = this;
    const { key, value, command } = this.rows[entry]!;
    const start = set.valueOffset(entry);
    check.deepEqual([set.keyOf(entry), latin1(set.valueChunk(entry).u8, start, start + set.valueLength(entry)), set.commandOf(entry)], [key, value, command]);
    check.deepEqual([set.kindOf(entry), set.has(entry, WriteFlag.Fresh), set.previousOf(entry), set.treeOf(entry)], [WriteKind.Put, true, -1, this.writes]);
    check.equal(this.writes.find(key), entry);
  }
  /** What the log has of entries [from, to). */
  logOf(from: number, to: number): string {
    const block = rowBlock(this.rows.slice(from, to).map(({ key, value }) => [key, value]));
    return latin1(block.bytes, 0, block.bytes.length);
  }
}

const run = new PutRun();

/** As a commit does: a leaf's worth of puts, then back to log them, a record's worth at a time. */
function checkRun(load: Load, first: number, end: number, prng: Prng): void {
  run.begin(load.set, false);
  run.addBlocks(load.set.blocks, first, end);
  run.start();
  let logged = '';
  while (run.left > 0) {
    const before = run.left;
    for (let count = 1 + prng.below(leafMax); count > 0 && run.left > 0; count--) {
      const { key, value } = load.rows[end - run.left]!;
      check.deepEqual([latin1(run.key, run.keyOffset, run.keyOffset + run.keyLength), latin1(run.value, run.valueOffset, run.valueOffset + run.valueLength)], [key, value]);
      run.next();
    }
    const after = run.left;
    run.goTo(before);
    while (run.left > after) {
      const { value, putOffset } = run;
      logged += latin1(value, putOffset, run.passStretch(after, prng.below(recordBytesMax)));
    }
  }
  run.end();
  check(logged === load.logOf(first, end), 'the log has other puts');
}

/** @throws AssertionError */
export function putBlocksTrial(seed: number): void {
  const prng = seededPrng(seed);
  const load = new Load();
  for (let step = 2 + prng.below(9); step > 0; step--) {
    const { length } = load.rows;
    switch (prng.below(6)) {
      case 0:
        for (let count = prng.below(30); count > 0; count--) load.single([0, 40, 127, 128, 5000][prng.below(5)]!);
        break;
      case 1:
        load.takeBack(prng.below(Math.min(length, 3000) + 1));
        break;
      case 2:
        if (length > 0) load.checkEntry(prng.below(length));
        break;
      default:
        for (let count = 1 + prng.below(4), size = 1 + prng.below([5, 600, 2500][prng.below(3)]!), lengths = lengthsOf[prng.below(4)]!; count > 0; count--) load.block(size, lengths);
    }
  }
  const { set, rows } = load;
  if (rows.length === 0) return;
  const entries = load.writes.newest();
  check.equal(entries.length, rows.length);
  for (let from = 0; from < entries.length; ) {
    const to = set.stretchEnd(entries, from);
    if (set.isImplied(from)) checkRun(load, from, to, prng);
    from = to;
  }
  for (let entry = 0; entry < rows.length; entry++) load.checkEntry(entry);
}
