/**
 * Runs of columns (mvcc/reads/column-run.ts) against a sorted map: rows of two integers and a text over many small leaves, several for the first integer or one; keys asked for near
 * each other and anywhere, own uncommitted changes, commits by others before and between, pauses, and so little memory for columns that they are taken back.
 */
import { strict as assert } from 'node:assert';
import { ByteBuffer } from '../../base/byte-buffer.js';
import { keyString } from '../../base/bytes.js';
import { putInt4Key } from '../../base/keycode.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import { AtColumns, ColumnReader, type ColumnRequest } from '../../base/row-columns.js';
import { decodeColumn, encodeRow, RowLayout } from '../../base/rowcode.js';
import { sqlType, TypeOid } from '../../base/types.js';
import { ColumnRun, rangeOfInteger } from '../../mvcc/reads/column-run.js';
import type { LeafScan } from '../../mvcc/reads/leaf-scan.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { IsolationLevel } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { openWorld, type World } from './world.js';

const layout = new RowLayout(0, [TypeOid.int4, TypeOid.int4, TypeOid.text].map((oid) => ({ type: sqlType(oid), missing: null, isDropped: false })));
const request: ColumnRequest = { reader: new ColumnReader(layout), columns: [0, 1, 2] };

interface Row {
  readonly a: number;
  readonly b: number;
  readonly text: string;
}
/** By key; undefined: changed by the transaction under test, so that others keep off. */
type Model = Map<string, Row | undefined>;

function keyOf(a: number, b: number, isUnique: boolean): string {
  const bytes = new Uint8Array(8);
  putInt4Key(bytes, 0, a);
  putInt4Key(bytes, 4, b);
  return keyString(bytes, 0, isUnique ? 4 : 8);
}

/** As integers 0 and 100 in turn, between which keys of the tree lie: who takes it for a column of keys finds a place for his own. */
const lookalikes = '\0\0\0\0d\0\0\0'.repeat(10);

class Trial {
  readonly prng: Prng;
  readonly world: World;
  readonly tree: VersionedTree;
  readonly run: ColumnRun;
  readonly isUnique: boolean;
  /** First integers are below. */
  readonly end: number;

  constructor(prng: Prng, world: World) {
    this.prng = prng;
    this.world = world;
    this.isUnique = prng.below(3) === 0;
    this.end = prng.below(4) === 0 ? 250 : 30;
    this.tree = world.manager.tree(world.newTree(), { unique: true });
    this.run = new ColumnRun(request, 0, this.isUnique);
  }

  /** Changes random rows and commits, or on behalf of `transaction`; `model` follows. @returns the keys touched */
  change(model: Model, count: number, transaction?: Transaction): Set<string> {
    const { prng, tree, world } = this;
    const touched = new Set<string>();
    const own = transaction ?? world.manager.begin({ isolation: 'read committed', owner: { id: 1000 } });
    own.beginStatement({ text: 'change' });
    for (let i = 0; i < count; i++) {
      const row = { a: prng.below(this.end) - 10, b: this.isUnique ? 0 : prng.below(6), text: 'x'.repeat(prng.below(100)) + prng.below(1000) };
      const key = keyOf(row.a, row.b, this.isUnique);
      const out = new ByteBuffer(16);
      encodeRow(layout, [row.a, row.b, row.text], out);
      if (model.has(key)) {
        if (model.get(key) === undefined) continue;
        void own.lockRow(tree, key, 'update', 'wait');
        if (prng.below(3) === 0) {
          own.remove(tree, key);
          model.delete(key);
          touched.add(key);
          continue;
        }
        own.update(tree, key, out.bytes, 0, out.length);
      } else {
        assert.deepEqual(own.claimKey(tree, key), { kind: 'free' });
        own.insert(tree, key, out.bytes, 0, out.length);
      }
      touched.add(key);
      model.set(key, row);
    }
    own.endStatement();
    if (transaction === undefined) own.commitSync();
    return touched;
  }

  /** The rows of one first integer as a run gives them, or the scan that stands for it. */
  read(transaction: Transaction, a: number, disturb: () => void): Row[] {
    const { prng, run, tree } = this;
    const source: ColumnRun | LeafScan = run.openAt(transaction, tree, a) ? run : transaction.openScan(tree, rangeOfInteger(a), { reverse: false, columns: request });
    if (source === run) assert.equal(run.openAt(transaction, tree, a), false, 'a run is opened twice');
    const rows: Row[] = [];
    while (source.next()) {
      for (let i = 0; i < source.count; i++) {
        const row = rowAt(source, i);
        assert.equal(source.keyAt(i), keyOf(row.a, row.b, this.isUnique));
        assert.equal(decodeColumn(layout, 2, source.u8, source.dv, source.offsetAt(i)), row.text);
        rows.push(row);
        if (prng.below(12) > 0) continue;
        source.suspendAt(i);
        disturb();
        break;
      }
    }
    source.close();
    return rows;
  }

  /** What was asked for is registered as read, whatever is there, and nothing else. */
  checkRegistered({ node }: Transaction, asked: ReadonlySet<number>, own: ReadonlySet<number>, seed: number): void {
    const reads = node?.reads.get(this.tree.siread);
    if (node === undefined) return;
    for (let a = -12; a < this.end; a++) {
      if (own.has(a)) continue;
      for (const b of [0, 3, 9]) assert.equal(reads?.hitBy(keyOf(a, b, this.isUnique), false) !== undefined, asked.has(a), `seed ${seed}: ${a}, ${b} is registered, or is not`);
    }
  }

  /** Reads columns of as many frames, of which the tree has none, as it takes until all memory for columns has been given to them. */
  crowd(): void {
    const { pool } = this.tree.btree!;
    const columns = pool.columns!;
    const out = new ByteBuffer(16);
    encodeRow(layout, [0, 100, lookalikes], out);
    const rows = { u8: out.bytes, dv: new DataView(out.bytes.buffer), offsets: new Int32Array(4), count: 4 };
    const { takenBack } = columns;
    for (let frame = pool.frameCount - 1; columns.takenBack < takenBack + 4 && frame > pool.frameCount / 2; frame--) columns.read(frame, ++this.#crowdVersion, 0, request, rows);
  }
  #crowdVersion = 0;
}

function rowAt({ memory: { i32, u8 }, record, first }: ColumnRun | LeafScan, i: number): Row {
  const at = (column: number): number => i32[record + AtColumns + 2 * column]! + first + i;
  return { a: i32[at(0)]!, b: i32[at(1)]!, text: Buffer.from(u8.subarray(i32[at(2)], i32[at(2) + 1])).toString('latin1') };
}

const rowsOf = (model: Model, a: number): Row[] => [...model].filter(([, row]) => row?.a === a).sort(([x], [y]) => (x < y ? -1 : 1)).map(([, row]) => row!);

/** Throws when a run shows something else than its transaction's snapshot. */
export async function columnRunTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const world = await openWorld({}, seed, 140_000);
  const trial = new Trial(prng, world);
  const model: Model = new Map();
  trial.change(model, trial.end * (1 + prng.below(4)));
  const isCrowded = prng.below(4) === 0;
  for (let round = 0; round < 5; round++) {
    const isolation = (['read committed', 'repeatable read', 'serializable'] as const satisfies readonly IsolationLevel[])[prng.below(3)]!;
    const transaction = world.manager.begin({ isolation, owner: { id: 1 } });
    transaction.beginStatement({ text: 'first' });
    void transaction.snapshotCsn;
    transaction.endStatement();
    const seen: Model = new Map(model);
    const others: Model = new Map(model);
    if (prng.below(3) === 0) for (const key of trial.change(seen, prng.below(20), transaction)) others.set(key, undefined);
    const disturb = (): void => {
      trial.change(others, 1 + prng.below(4));
      if (prng.below(3) === 0) world.manager.step();
    };
    transaction.beginStatement({ text: 'runs' });
    void transaction.snapshotCsn;
    const calm = prng.below(40);
    const asked = new Set<number>();
    const own = new Set<number>();
    for (let i = 0, a = 0; i < 2 * trial.end; i++) {
      a = prng.below(6) === 0 ? prng.below(trial.end + 4) - 12 : a + prng.below(3);
      assert.deepEqual(trial.read(transaction, a, disturb), rowsOf(seen, a), `seed ${seed} round ${round} run ${i} of ${a}`);
      // Of its own row it has read nothing else.
      const isOwn = trial.isUnique && others.has(keyOf(a, 0, true)) && others.get(keyOf(a, 0, true)) === undefined;
      (isOwn ? own : asked).add(a);
      if (prng.below(1 + calm) === 0) disturb();
      if (isCrowded && prng.below(30) === 0) trial.crowd();
    }
    transaction.endStatement();
    trial.checkRegistered(transaction, asked, own, seed);
    transaction.rollback();
    for (const key of [...model.keys()]) if (!others.has(key)) model.delete(key);
    for (const [key, row] of others) if (row !== undefined) model.set(key, row);
  }
  assert.equal(trial.tree.btree!.pool.columns!.standing, 0, `seed ${seed}: somebody still stands on columns`);
}
