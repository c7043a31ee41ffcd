/**
 * Random histories: a window of some dozens of transactions over a table of a few keys, interleaved by a seeded scheduler at every
 * `await`, with commits that become durable whenever the scheduler says so. Every decision of the engine is then held against the
 * full dependency graph:
 *
 * - every value seen is the one its snapshot (or the newest state) had, predicate reads and absent keys included;
 * - SERIALIZABLE: no cycle among the committed; and at every 40001 of the certifier, the graph with the victim in it has a cycle;
 * - REPEATABLE READ: no cycle with fewer than two anti-dependencies, no concurrent writers of one item;
 * - all levels: indexes agree with the table, nobody waits for nothing, everything is released in the end.
 */
import { VERIFY } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { oid } from '../../base/ids.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { SerializationConflict } from '../../mvcc/conflict.js';
import type { IsolationLevel, SessionOwner } from '../../mvcc/types.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { RowRef, wholeRange } from '../../mvcc/types.js';
import { checkInvariants } from '../../mvcc/verify.js';
import { latin1 } from './client.js';
import { FullGraph, type HistoryTransaction } from './full-graph.js';
import { Operations } from './operations.js';
import { Recorder, type Table, decodeRow, encodeRow, item, padding } from './recorder.js';
import { patchTo } from './row-block.js';
import type { World } from './world.js';

export interface WindowOptions {
  readonly levels: readonly IsolationLevel[];
  readonly strict: boolean;
  /** With bounds off every certifier failure must be confirmed by the graph; with bounds on needless ones are only counted. */
  readonly isExact: boolean;
  readonly sessions: number;
  readonly transactions: number;
  readonly keys: number;
  readonly attrs: number;
  readonly codes: number;
  readonly operationsMax: number;
  /** Commits become durable at once. */
  readonly isImmediate: boolean;
  readonly usesTouch: boolean;
  /** Only reads and updates by key: the densest certifier workload. */
  readonly isPlain: boolean;
  readonly allowDeferrable: boolean;
  /** Bytes added to every row: 512-byte pages hold 20 rows of 0, three of 100, none of 200. */
  readonly paddingBytes: number;
  /** Sessions rest between transactions, and whoever is alone then flushes the log itself. */
  readonly hasLoneCommits: boolean;
}

export interface WindowResult {
  committed: number;
  certifierFailures: number;
  writeConflicts: number;
  needless: number;
  deadlocks: number;
  duplicates: number;
  /** A cycle among the committed (an anomaly), allowed or not. */
  hasCycle: boolean;
  hasLostUpdate: boolean;
  readonly violations: string[];
}

/** Draws a window's shape from its seed. */
export function windowFor(seed: number, levels: readonly IsolationLevel[], o: Partial<WindowOptions> = {}): WindowOptions {
  const prng = seededPrng(seed ^ 0x5bd1e995);
  return {
    levels,
    strict: false,
    isExact: true,
    sessions: 2 + prng.below(6),
    transactions: 25 + prng.below(30),
    keys: 3 + prng.below(9),
    attrs: 1 + prng.below(3),
    codes: prng.below(4),
    operationsMax: 1 + prng.below(5),
    isImmediate: prng.below(3) === 0,
    usesTouch: prng.below(3) === 0,
    isPlain: prng.below(3) === 0,
    allowDeferrable: prng.below(4) === 0,
    paddingBytes: [0, 0, 60, 100, 200][prng.below(5)]!,
    hasLoneCommits: prng.below(3) === 0,
    ...o,
  };
}

function describe(transaction: HistoryTransaction): string {
  const seen = transaction.observations.map((o) => `${o.item}@${o.asOf}=${o.value ?? 'absent'}${o.isHidden === true ? ' (newest)' : ''}`);
  const written = [...transaction.writes].map(([name, value]) => `${name}=${value ?? 'deleted'}`);
  return `  ${transaction.id}: snapshot ${transaction.snapshot ?? 'none'}, csn ${transaction.csn}, saw [${seen.join(', ')}], wrote [${written.join(', ')}]`;
}

export function newTable(world: World, o: WindowOptions): Table {
  const { manager } = world;
  return {
    P: manager.tree(world.newTree(), { unique: true, tableName: 'p' }),
    S: manager.tree(world.newTree(), { unique: false, tableName: 'p', indexName: 's' }),
    U: manager.tree(world.newTree(), { unique: true, tableName: 'p', indexName: 'u' }),
    keys: 'abcdefghijklmnop'.slice(0, o.keys).split(''),
    attrs: 'stuv'.slice(0, o.attrs).split(''),
    codes: 'wxyz'.slice(0, o.codes).split(''),
  };
}

interface SessionState {
  readonly owner: SessionOwner;
  readonly prng: Prng;
  /** Set while the session stands at a gate of the scheduler. */
  resume: (() => void) | undefined;
  transaction: Transaction | undefined;
  isCommitting: boolean;
  isYielding: boolean;
  isDone: boolean;
}

const MicrotasksMax = 5000;

export class Simulator {
  readonly #world: World;
  readonly #options: WindowOptions;
  readonly #table: Table;
  readonly #prng: Prng;
  readonly #sessions: SessionState[] = [];
  readonly #history: HistoryTransaction[] = [];
  readonly #initial = new Map<string, string>();
  readonly #installed = new Map<string, string>();
  /** Those that have not been numbered yet, or found to need no number. */
  readonly #committing = new Map<Transaction, Recorder>();
  #started = 0;
  #steps = 0;
  #singleCount = 0;
  #sliceCount = 0;
  readonly result: WindowResult = {
    committed: 0,
    certifierFailures: 0,
    writeConflicts: 0,
    needless: 0,
    deadlocks: 0,
    duplicates: 0,
    hasCycle: false,
    hasLostUpdate: false,
    violations: [],
  };

  constructor(world: World, options: WindowOptions, seed: number) {
    this.#world = world;
    this.#options = options;
    this.#prng = seededPrng(seed);
    this.#table = newTable(world, options);
    padding.text = '_'.repeat(options.paddingBytes);
  }

  async run(): Promise<WindowResult> {
    const { store } = this.#world;
    store.isImmediate = true;
    store.syncMsAverage = Infinity;
    await this.#fill();
    store.isImmediate = this.#options.isImmediate;
    if (this.#options.hasLoneCommits) store.syncMsAverage = 0;
    const unwatch = this.#watchCommits();
    for (let i = 0; i < this.#options.sessions; i++) this.#startSession(i);
    await this.#settle();
    for (;;) {
      const ready = this.#sessions.filter((session) => session.resume !== undefined);
      const mayFlush = store.hasUnflushed;
      if (ready.length === 0 && !mayFlush) {
        if (this.#sessions.every((session) => session.isDone)) break;
        this.#world.time.turn();
        const before = this.#sessions.filter((session) => session.isYielding).length;
        await this.#settle();
        if (before === 0 && this.#sessions.every((session) => session.resume === undefined) && !store.hasUnflushed) {
          if (this.#sessions.every((session) => session.isDone)) break;
          this.result.violations.push('everybody waits: ' + JSON.stringify(this.#world.manager.locks().filter((lock) => !lock.granted)));
          break;
        }
        continue;
      }
      if (this.#committing.size === 0 || this.#prng.below(8) === 0) this.#world.time.turn();
      if (mayFlush && (ready.length === 0 || this.#prng.below(4) === 0)) store.flush(1 + this.#prng.below(3));
      else {
        const session = ready[this.#prng.below(ready.length)]!;
        const resume = session.resume!;
        session.resume = undefined;
        resume();
      }
      await this.#settle();
      if (VERIFY.on && ++this.#steps % 8 === 0 && this.#world.manager.sliced === undefined) checkInvariants(this.#world.manager);
      if (this.result.violations.length > 0) break;
    }
    await this.#endCommit();
    unwatch();
    await this.#end();
    return this.result;
  }

  /** Takes note of a commit in the slice in which all of it has been installed. */
  #watchCommits(): () => void {
    const { manager } = this.#world;
    const endActive = manager.endActive.bind(manager);
    manager.endActive = (transaction, lifecycle) => {
      endActive(transaction, lifecycle);
      const recorder = this.#committing.get(transaction);
      if (recorder === undefined || lifecycle === 'aborted') return;
      this.#committing.delete(transaction);
      const isNumbered = lifecycle === 'precommitted' || transaction.node?.csnHigh === manager.lastAssigned;
      this.#install(recorder, isNumbered ? manager.lastAssigned : manager.lastAssigned + 0.5);
    };
    return () => void (manager.endActive = endActive);
  }
  /** Lets a commit that is in slices come to its end. */
  async #endCommit(): Promise<void> {
    while (this.#world.manager.sliced !== undefined) {
      this.#world.time.turn();
      await null;
    }
  }

  /** Lets microtasks run until every session stands at a gate, waits for another, or is done. */
  async #settle(): Promise<void> {
    for (let i = 0; i < MicrotasksMax; i++) {
      if (this.#sessions.every((s) => s.isDone || s.resume !== undefined || s.isCommitting || s.isYielding || s.transaction?.isWaiting === true)) {
        // One more round: a promise may have settled without its continuation having run.
        await null;
        if (this.#sessions.every((s) => s.isDone || s.resume !== undefined || s.isCommitting || s.isYielding || s.transaction?.isWaiting === true)) return;
      }
      await null;
    }
    this.result.violations.push('the microtask queue never empties');
  }

  async #fill(): Promise<void> {
    const { manager } = this.#world;
    const transaction = manager.begin({ isolation: 'read committed', owner: { id: 0 } });
    const recorder = new Recorder(transaction);
    const operations = new Operations(transaction, this.#table, recorder, this.#prng, false, () => Promise.resolve());
    transaction.beginStatement({ text: 'fill' });
    const codes = [...this.#table.codes];
    for (const pk of this.#table.keys) {
      if (this.#prng.below(2) === 0) continue;
      const code = this.#prng.below(2) === 0 ? (codes.pop() ?? '-') : '-';
      await operations.insert(pk, this.#table.attrs[this.#prng.below(this.#table.attrs.length)]!, code, 'error');
    }
    transaction.endStatement();
    const committing = transaction.commit();
    await this.#endCommit();
    const { csn } = await committing;
    for (const [name, value] of recorder.finish(csn, this.#installed).writes) {
      this.#initial.set(name, value!);
      this.#installed.set(name, value!);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ sessions

  #startSession(number: number): void {
    const session: SessionState = {
      owner: { id: number + 1 },
      prng: seededPrng(this.#prng.nextU32()),
      resume: undefined,
      transaction: undefined,
      isCommitting: false,
      isYielding: false,
      isDone: false,
    };
    this.#sessions.push(session);
    void this.#session(session).then(
      () => (session.isDone = true),
      (error: unknown) => {
        session.isDone = true;
        this.result.violations.push(`session ${number}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      },
    );
  }

  async #session(session: SessionState): Promise<void> {
    const pause = (): Promise<void> => new Promise((resolve) => (session.resume = resolve));
    await pause();
    while (this.#started < this.#options.transactions) {
      this.#started++;
      // Neither a draw nor a pause for it: old seeds mean what they meant.
      if (this.#options.levels.includes('serializable')) this.#readSlice();
      await this.#transaction(session, pause);
      while (this.#options.hasLoneCommits && session.prng.below(3) !== 0) await pause();
    }
  }

  async #transaction(session: SessionState, pause: () => Promise<void>): Promise<void> {
    const o = this.#options;
    const { prng } = session;
    const isolation = o.levels[prng.below(o.levels.length)]!;
    const readOnly = prng.below(4) === 0;
    // No draw for it: old seeds mean what they meant.
    if (isolation !== 'serializable' && this.#started % 4 === 0 && (await this.#single(session, pause))) return;
    const transaction = this.#world.manager.begin({ isolation, readOnly, owner: session.owner, strict: o.strict, asyncCommit: prng.below(6) === 0 });
    session.transaction = transaction;
    const recorder = new Recorder(transaction);
    const operations = new Operations(transaction, this.#table, recorder, prng, o.usesTouch, pause);
    const isSlow = prng.below(7) === 0;
    try {
      if (readOnly && isolation === 'serializable' && o.allowDeferrable && prng.below(3) === 0) {
        session.isYielding = true;
        await transaction.awaitSafeSnapshot();
        session.isYielding = false;
      }
      const count = 1 + prng.below(o.operationsMax);
      for (let i = 0; i < count; i++) {
        await pause();
        while (isSlow && prng.below(5) !== 0) await pause();
        if (!(await this.#statement(operations, readOnly, pause))) return;
      }
      await pause();
      if (prng.below(12) === 0) {
        transaction.rollback();
        return;
      }
      await this.#commit(session, recorder);
    } finally {
      session.isYielding = false;
      this.result.violations.push(...recorder.complaints.map((complaint) => `transaction ${transaction.id}: ${complaint}`));
      if (transaction.lifecycle === 'active') transaction.rollback();
      session.transaction = undefined;
    }
  }

  /** An update by key that is a transaction of its own (single-commit.ts). False: it takes a transaction, and nothing has happened. */
  async #single(session: SessionState, pause: () => Promise<void>): Promise<boolean> {
    const { manager } = this.#world;
    await pause();
    const { singles } = manager;
    const pk = this.#table.keys[session.prng.below(this.#table.keys.length)]!;
    const key = keyBytes(pk);
    const found = new RowRef();
    const isAtOnce = this.#singleCount % 3 === 2;
    if (!singles.begin(session.owner, { text: 'single' }, oid(1), isAtOnce)) return false;
    const { lastPublished } = manager;
    const isThere = singles.findUntouched(this.#table.P, key, key.length, found);
    const before = isThere === true ? latin1(found.u8, found.offset, found.length) : '';
    const after = encodeRow({ ...decodeRow(before), tag: `s${++this.#singleCount}` });
    if (isThere === true && after.length === found.length) singles.patchFound(this.#table.P, key, key.length, found, patchTo(keyBytes(after)));
    else if (isThere === true) singles.updateFound(this.#table.P, key, key.length, keyBytes(after), 0, after.length);
    singles.end();
    const made = singles.take();
    if (made === undefined) return isThere === false;
    const name = item.P(pk);
    this.#history.push({ id: made.id, csn: made.csn, snapshot: lastPublished, observations: [{ item: name, asOf: lastPublished, value: before }], writes: new Map([[name, after]]) });
    this.#installed.set(name, after);
    session.isCommitting = true;
    if (isAtOnce) singles.commitSync(made);
    else await new Promise<number>((resolve, reject) => singles.follow(made, { committed: resolve, failed: reject }));
    session.isCommitting = false;
    this.result.committed++;
    return true;
  }

  /** A serializable query of all rows that is a transaction of its own within one slice, where it may be one. */
  #readSlice(): void {
    const { manager } = this.#world;
    const reader = manager.beginSlice([], true, { text: 'slice' });
    if (reader === undefined) return;
    const snapshot = manager.lastPublished;
    const row = new RowRef();
    const observations = this.#table.keys.map((pk) => {
      const isThere = reader.get(this.#table.P, keyBytes(pk), pk.length, row);
      return { item: item.P(pk), asOf: snapshot, value: isThere ? latin1(row.u8, row.offset, row.length) : undefined };
    });
    reader.endSlice();
    this.#history.push({ id: -++this.#sliceCount, csn: manager.lastAssigned + 0.5, snapshot, observations, writes: new Map() });
  }

  /** One statement with its implicit savepoint, sometimes several under an explicit one that is rolled back. False: the transaction is over. */
  async #statement(operations: Operations, readOnly: boolean, pause: () => Promise<void>): Promise<boolean> {
    const { transaction, recorder, prng } = operations;
    const isExplicit = !readOnly && prng.below(6) === 0;
    const savepoint = transaction.savepoint();
    const own = new Map(recorder.own);
    let failed = false;
    for (let i = 0; i < (isExplicit ? 1 + prng.below(2) : 1) && !failed; i++) {
      if (i > 0) await pause();
      try {
        transaction.beginStatement({ text: 'statement' });
        await this.#operation(operations, readOnly);
        transaction.endStatement();
      } catch (error) {
        if (!(error instanceof DbError)) throw error;
        this.#note(recorder, error);
        if (transaction.mustAbort !== undefined || error.code === '40P01' || (error.code === '40001' && prng.below(4) !== 0)) {
          transaction.rollback();
          return false;
        }
        if (transaction.statement !== undefined) transaction.endStatement();
        failed = true;
      }
    }
    if (failed || (isExplicit && prng.below(3) !== 0)) {
      transaction.rollbackTo(savepoint);
      recorder.own = own;
    } else transaction.release(savepoint);
    return true;
  }

  async #operation(operations: Operations, readOnly: boolean): Promise<void> {
    const { prng } = operations;
    const table = this.#table;
    const pick = (from: readonly string[]): string => from[prng.below(from.length)]!;
    const key = (): string => pick(table.keys);
    const attr = (): string => pick(table.attrs);
    const code = (): string => (table.codes.length === 0 || prng.below(3) === 0 ? '-' : pick(table.codes));
    const change = (): { attr: string; code: string } => ({ attr: attr(), code: code() });
    const choice = readOnly || prng.below(5) < 2 ? prng.below(6) : 6 + prng.below(this.#options.isPlain ? 3 : 14);
    switch (choice) {
      case 0:
      case 1:
        operations.readPoint(key());
        return;
      case 2:
      case 3: {
        const [a, b] = [key(), key()];
        const limit = prng.below(3) === 0 ? prng.below(3) : 99;
        await operations.readRange(a < b ? a : b, a < b ? b : a, prng.below(2) === 0, limit, prng.below(4) === 0);
        return;
      }
      case 4:
        await operations.readByAttr(attr(), prng.below(3) === 0 ? 1 : 99, prng.below(4) === 0, prng.below(4) === 0);
        return;
      case 5:
        if (table.codes.length > 0) operations.readByCode(pick(table.codes));
        return;
      case 6:
      case 7:
      case 8:
        await operations.update(key(), change, false, prng.below(8) === 0 ? (prng.below(2) === 0 ? 'nowait' : 'skip locked') : 'wait');
        return;
      case 9:
        await operations.update(key(), change, table.codes.length > 0, 'wait');
        return;
      case 10:
      case 11:
        await operations.insert(key(), attr(), code(), 'error');
        return;
      case 12:
        await operations.insert(key(), attr(), '-', 'nothing');
        return;
      case 13:
        await operations.insert(key(), attr(), '-', 'update');
        return;
      case 14:
      case 15:
        await operations.delete(key());
        return;
      case 16:
        await operations.move(key(), key());
        return;
      case 17:
        await operations.lockOnly(key(), (['key share', 'share', 'no key update', 'update'] as const)[prng.below(4)]!, 'wait');
        return;
      case 18:
        operations.probeAttr(attr());
        return;
      default:
        await operations.checkParent(key());
    }
  }

  async #commit(session: SessionState, recorder: Recorder): Promise<void> {
    const { transaction } = recorder;
    session.isCommitting = true;
    this.#committing.set(transaction, recorder);
    try {
      // Some commit without waiting for others, which leaves no before-images where nobody could ask for them.
      const promise = this.#prng.below(8) === 0 ? transaction.commitSync() : transaction.commit();
      if (transaction.lifecycle === 'active') session.isYielding = true;
      await promise;
      if (this.#committing.has(transaction)) this.result.violations.push(`transaction ${transaction.id} has committed unseen`);
      this.result.committed++;
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      this.#note(recorder, error);
    } finally {
      this.#committing.delete(transaction);
      session.isCommitting = false;
    }
  }

  #install(recorder: Recorder, csn: number): void {
    const finished = recorder.finish(csn, this.#installed);
    this.#history.push(finished);
    for (const [name, value] of finished.writes) {
      if (value === undefined) this.#installed.delete(name);
      else this.#installed.set(name, value);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ judging

  #note(recorder: Recorder, error: DbError): void {
    const { result } = this;
    if (error.code === '40P01') result.deadlocks++;
    else if (error.code === '23505') result.duplicates++;
    else if (error.code === '40001' && (error.fields.conflict as { kind: string }).kind === 'serialization') {
      result.certifierFailures++;
      const isAtCommit = recorder.transaction.mustAbort === undefined;
      const victim = recorder.finish(this.#world.manager.lastAssigned + 1, this.#installed);
      const graph = new FullGraph([...this.#history, isAtCommit ? victim : { ...victim, writes: new Map() }], this.#initial);
      if (this.#options.strict) graph.addRealTime();
      if (graph.cycle() === undefined) {
        result.needless++;
        if (this.#options.isExact) {
          const { cycle } = error.fields.conflict as SerializationConflict;
          const lines = [...this.#history, victim].filter((t) => cycle.some((edge) => edge.from === t.id)).map(describe);
          result.violations.push(`needless 40001 of transaction ${recorder.transaction.id}: ${error.fields.detail ?? ''}\n${lines.join('\n')}`);
        }
      }
    } else if (error.code === '40001') result.writeConflicts++;
    else if (error.code !== '55P03' && error.code !== '25006') result.violations.push(`unexpected ${error.code}: ${error.message}`);
  }

  async #end(): Promise<void> {
    const { manager, store } = this.#world;
    const { result } = this;
    store.flushSync();
    for (const session of this.#sessions) if (session.transaction?.lifecycle === 'active') session.transaction.rollback();
    await this.#settle();
    const graph = new FullGraph(this.#history, this.#initial);
    result.violations.push(...graph.wrongReads.slice(0, 3));
    if (this.#options.strict) graph.addRealTime();
    const cycle = graph.cycle();
    result.hasCycle = cycle !== undefined;
    result.hasLostUpdate = graph.cycleWithOneAntiDependency() !== undefined;
    const { levels } = this.#options;
    if (levels.every((level) => level === 'serializable') && cycle !== undefined) {
      const lines = this.#history.filter((transaction) => cycle.includes(transaction.id)).map(describe);
      result.violations.push(`cycle ${cycle.join(' -> ')}\n${lines.join('\n')}`);
    }
    if (!levels.includes('read committed')) {
      const visible = this.#history.map((t) => ({ ...t, observations: t.observations.filter((observation) => observation.isHidden !== true) }));
      const single = new FullGraph(visible, this.#initial).cycleWithOneAntiDependency();
      if (single !== undefined) result.violations.push(`one anti-dependency closes a cycle: ${single.join(' -> ')}`);
      const writers = graph.concurrentWriters();
      if (writers !== undefined) result.violations.push(`concurrent writers: ${writers}`);
      if (graph.cycle(['wr', 'ww']) !== undefined) result.violations.push('cycle of dependencies alone');
    }
    this.#checkState();
    if (VERIFY.on) checkInvariants(manager);
    manager.step();
    const statistics = manager.statistics();
    if (statistics.undoRecords !== 0) result.violations.push(`${statistics.undoRecords} undo records are left`);
    if (statistics.sireadEntries !== 0) result.violations.push(`${statistics.sireadEntries} SIREAD entries are left`);
    if (manager.locks().length !== 0) result.violations.push('locks are left: ' + JSON.stringify(manager.locks()));
    if (manager.active.size !== 0) result.violations.push('transactions are left');
  }

  /** The final state is what the history says, and the indexes agree with the table. */
  #checkState(): void {
    const { manager } = this.#world;
    const { violations } = this.result;
    const owner = { id: 99 };
    const transaction = manager.begin({ isolation: 'read committed', owner, readOnly: true });
    transaction.beginStatement({ text: 'check' });
    const state = new Map<string, string>();
    const read = (tree: Table['P'], nameOf: (key: string) => string): void => {
      const scan = transaction.openScan(tree, wholeRange);
      while (scan.next()) {
        for (let i = 0; i < scan.count; i++) {
          const start = scan.offsets[i]!;
          state.set(nameOf(scan.keyAt(i)), Buffer.from(scan.u8.subarray(start, start + scan.lengthAt(i))).toString('latin1'));
        }
      }
    };
    read(this.#table.P, item.P);
    const fromTable = new Map<string, string>();
    for (const text of state.values()) {
      const row = decodeRow(text);
      fromTable.set(item.S(row.attr + row.pk), row.pk);
      if (row.code !== '-') fromTable.set(item.U(row.code), row.pk);
    }
    const primary = new Set(state.keys());
    read(this.#table.S, item.S);
    read(this.#table.U, item.U);
    for (const [name, value] of state) {
      if (!primary.has(name) && fromTable.get(name) !== value) violations.push(`index entry ${name} = ${value}, the table says ${fromTable.get(name) ?? 'none'}`);
      if (this.#installed.get(name) !== value) violations.push(`${name} is ${value}, the history says ${this.#installed.get(name) ?? 'absent'}`);
    }
    for (const name of fromTable.keys()) if (!state.has(name)) violations.push(`index entry ${name} is missing`);
    for (const name of this.#installed.keys()) if (!name.endsWith('#') && !state.has(name)) violations.push(`${name} is missing`);
    transaction.endStatement();
    transaction.rollback();
  }
}
