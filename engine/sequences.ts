/**
 * Sequences. Their values are handed out outside transactions: never rolled back, visible to everyone at once. So that a crash cannot hand one
 * out twice, a value is logged before it is used, 32 ahead at a time; after a crash up to 32 are skipped, after a clean close none.
 *
 * The state of each is a row of tree 3: key the state's oid (4 bytes, big-endian), value int64 and a byte `isCalled`. What lies there is the logged
 * state, what is in memory the true one. A sequence that was never used has no row and starts from its record's `initial`.
 *
 * Q1  No value beyond the logged one is ever returned.
 * Q2  A caller must not tell a value to anyone before the log up to `pendingLsn` is durable; the session waits for it when it commits.
 *
 * Source: PostgreSQL's sequence.c (SEQ_LOG_VALS).
 */
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { Csn, Lsn } from '../base/ids.js';
import { csn, lsn, treeId } from '../base/ids.js';
import type { TransactionManager } from '../mvcc/transaction-manager.js';
import { wholeRange } from '../mvcc/types.js';
import type { Store } from '../storage/store.js';
import type { SequenceRecord } from './catalog/catalog-objects.js';
import { CatalogTree } from './catalog/catalog-store.js';

/** Values logged ahead of those handed out. */
const LogAheadCount = 32n;
const noCsn: Csn = csn(0);

interface State {
  last: bigint;
  isCalled: boolean;
  /** What the log says: `last` after a crash. */
  logged: bigint;
  loggedIsCalled: boolean;
}

export class Sequences {
  readonly #store: Store;
  readonly #states = new Map<number, State>();
  #pendingLsn: Lsn = lsn(0);

  constructor(store: Store, manager: TransactionManager) {
    this.#store = store;
    const tx = manager.begin({ isolation: 'read committed', readOnly: true, owner: { id: 0, name: 'sequences' } });
    tx.beginStatement({ text: 'read sequences' });
    const scan = tx.openScan(manager.tree(treeId(CatalogTree.Sequences), { unique: true, indexName: 'sequence' }), wholeRange, { register: false });
    while (scan.next()) {
      for (let i = 0; i < scan.count; i++) {
        const key = scan.keyAt(i);
        const oid = ((key.charCodeAt(0) << 24) | (key.charCodeAt(1) << 16) | (key.charCodeAt(2) << 8) | key.charCodeAt(3)) >>> 0;
        const at = scan.offsets[i]!;
        const last = scan.dv.getBigInt64(at);
        const isCalled = scan.u8[at + 8] === 1;
        this.#states.set(oid, { last, isCalled, logged: last, loggedIsCalled: isCalled });
      }
    }
    scan.close();
    tx.endStatement();
    tx.rollback();
  }

  /** Up to here the log must be durable before values handed out so far may leave the process. */
  get pendingLsn(): Lsn {
    return this.#pendingLsn;
  }

  #state(record: SequenceRecord): State {
    let state = this.#states.get(record.state);
    if (state === undefined) {
      const last = BigInt(record.initial);
      state = { last, isCalled: record.initialIsCalled, logged: last, loggedIsCalled: record.initialIsCalled };
      this.#states.set(record.state, state);
    }
    return state;
  }

  /** What a look at the sequence shows, without advancing it. */
  peek(record: SequenceRecord): { readonly last: bigint; readonly isCalled: boolean } {
    return this.#states.get(record.state) ?? { last: BigInt(record.initial), isCalled: record.initialIsCalled };
  }

  /** @throws DbError 2200H when it is used up, 25006 in a database open for reading only */
  nextval(record: SequenceRecord): bigint {
    if (this.#store.readOnly) throw new DbError('25006', 'cannot execute nextval() in a read-only transaction');
    const state = this.#state(record);
    const { increment } = stepsOf(record);
    const next = state.isCalled ? advance(record, state.last) : state.last;
    const hasWrapped = increment > 0n ? next < state.last : next > state.last;
    state.last = next;
    state.isCalled = true;
    const isLogged = !hasWrapped && state.loggedIsCalled && (increment > 0n ? state.logged >= next : state.logged <= next);
    if (!isLogged) this.#log(record.state, state, logTarget(record, next, increment), true);
    return next;
  }

  /** @throws DbError 22003 out of the sequence's bounds */
  setval(record: SequenceRecord, value: bigint, isCalled: boolean): void {
    if (this.#store.readOnly) throw new DbError('25006', 'cannot execute setval() in a read-only transaction');
    if (value < BigInt(record.minValue) || value > BigInt(record.maxValue)) {
      throw new DbError('22003', `setval: value ${value} is out of bounds for sequence "${record.name}" (${record.minValue}..${record.maxValue})`);
    }
    const state = this.#state(record);
    state.last = value;
    state.isCalled = isCalled;
    this.#log(record.state, state, value, isCalled);
  }

  #log(oid: number, state: State, value: bigint, isCalled: boolean): void {
    const key = Uint8Array.of(oid >>> 24, oid >>> 16, oid >>> 8, oid);
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setBigInt64(0, value);
    bytes[8] = isCalled ? 1 : 0;
    this.#store.reserveLogSync(64);
    const writer = this.#store.beginCommit(noCsn);
    writer.put(this.#store.tree(treeId(CatalogTree.Sequences)), key, 0, 4, bytes, 0, 9);
    this.#pendingLsn = writer.finish();
    state.logged = value;
    state.loggedIsCalled = isCalled;
  }

  /** Forgets states nothing refers to any more (dropped or restarted sequences), from the tree too. */
  sweep(isUsed: (state: number) => boolean): void {
    const unused = [...this.#states.keys()].filter((oid) => !isUsed(oid));
    if (unused.length === 0 || this.#store.readOnly || this.#store.poisoned !== undefined) return;
    this.#store.reserveLogSync(64 * unused.length);
    const writer = this.#store.beginCommit(noCsn);
    const tree = this.#store.tree(treeId(CatalogTree.Sequences));
    for (const oid of unused) {
      writer.delete(tree, Uint8Array.of(oid >>> 24, oid >>> 16, oid >>> 8, oid), 0, 4);
      this.#states.delete(oid);
    }
    writer.finish();
  }

  /** Before a clean close: logs the true states, so that nothing is skipped; without room for that, values are, as after a crash. */
  settle(): void {
    if (this.#store.readOnly || this.#store.poisoned !== undefined) return;
    try {
      for (const [oid, state] of this.#states) {
        if (state.last !== state.logged || state.isCalled !== state.loggedIsCalled) this.#log(oid, state, state.last, state.isCalled);
      }
    } catch (error) {
      if (!(error instanceof DbError && error.code === '53100')) throw error;
    }
  }
}

/** What a record, which has them as texts, says of its values. */
interface Steps {
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
}
const steps = new WeakMap<SequenceRecord, Steps>();
function stepsOf(record: SequenceRecord): Steps {
  let own = steps.get(record);
  if (own === undefined) steps.set(record, (own = { increment: BigInt(record.increment), min: BigInt(record.minValue), max: BigInt(record.maxValue) }));
  return own;
}

function advance(record: SequenceRecord, last: bigint): bigint {
  const { increment, min, max } = stepsOf(record);
  const next = last + increment;
  assert(increment !== 0n, 'sequence with increment 0');
  if (increment > 0n && next > max) {
    if (record.cycle) return min;
    throw new DbError('2200H', `nextval: reached maximum value of sequence "${record.name}" (${max})`);
  }
  if (increment < 0n && next < min) {
    if (record.cycle) return max;
    throw new DbError('2200H', `nextval: reached minimum value of sequence "${record.name}" (${min})`);
  }
  return next;
}

/** How far to log: 32 values on, within the bounds. */
function logTarget(record: SequenceRecord, next: bigint, increment: bigint): bigint {
  const target = next + increment * LogAheadCount;
  if (increment > 0n) return target > BigInt(record.maxValue) ? BigInt(record.maxValue) : target;
  return target < BigInt(record.minValue) ? BigInt(record.minValue) : target;
}

/** The datum of an int8: a number when it is safe, otherwise a bigint. */
export function int8Datum(value: bigint): Datum {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
