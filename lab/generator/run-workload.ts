/**
 * Runs a workload on a target and records its history. The schedule is drawn from the seed: at each turn one idle session is given its next statement, and
 * the turn ends when that statement has ended or waits, as the target says; so on Serialite a seed is a history. A transaction that fails is rolled
 * back and not tried again.
 *
 * H1  A read's versions are those in its rows; a key the statement covered and did not return was absent (version 0).
 * H2  What a rolled-back savepoint wrote is forgotten; what was read under it was still read.
 * H3  After a power cut a transaction whose COMMIT was not answered is `unknown` until the state found tells (checker/recovery.ts); all others under way
 *     count as aborted. The look at that state is a transaction of the history too.
 */
import type { History, HistoryOp, HistoryTransaction } from '../checker/history.js';
import { judgeRecovery, type FoundState } from '../checker/recovery.js';
import type { LabError, LabResult, LabSession, LabTarget } from '../target.js';
import type { Level } from '../catalogue/anomaly.js';
import { Random } from './random.js';
import { type PlannedOp, type PlannedTransaction, type WorkloadOptions, permuted, planTransaction, presentKeys, setupSql } from './workload.js';

export interface Failure {
  /** Position in the history of the transaction that failed. */
  readonly position: number;
  readonly error: LabError;
  /** How many transactions of the history had ended when it took its snapshot; itself excluded. */
  readonly snapshotPosition: number;
  /** The statement that failed, as planned; undefined for COMMIT. */
  readonly during: PlannedOp | undefined;
}
export interface WorkloadRun {
  readonly options: WorkloadOptions;
  readonly seed: number;
  /** Transaction 0 made the initial state. */
  readonly history: History;
  readonly failures: readonly Failure[];
  /** Broken invariants: orphans, repeated sequence values, errors that should not be. */
  readonly problems: readonly string[];
  /** How often the power was cut. */
  readonly cutCount: number;
}

interface Client {
  readonly number: number;
  readonly session: LabSession;
  plan: PlannedTransaction;
  at: number;
  id: number;
  ops: HistoryOp[];
  savepoints: number[];
  snapshotPosition: number;
  running: Promise<void> | undefined;
  isBegun: boolean;
  /** COMMIT has been sent. */
  isCommitting: boolean;
  /** Its machine has lost power. */
  isDead: boolean;
  /** What nextval gave to the transaction. */
  sequenceValues: string[];
}

/** Where the transactions and the schedule come from. A shrinker makes both as data; a seed draws them. */
export interface ScheduleSource {
  /** What the next transaction will do. */
  plan(): PlannedTransaction;
  /** Which of so many idle sessions goes on: 0 to `count - 1`. */
  pick(count: number): number;
  /** Asked before each turn where the power can be cut and no cut is due: after how many operations on the disk, if at all. */
  cut(): number | undefined;
}

export function seededSchedule(seed: number, options: WorkloadOptions): ScheduleSource {
  const random = new Random(seed);
  // Of its own, so that the schedule up to the cut is the one of targets that cannot be cut.
  const power = new Random(seed ^ 0xc07);
  return { plan: () => planTransaction(random, options), pick: (count) => random.below(count), cut: () => (power.chance(options.cutShare) ? power.below(power.pick([1, 6, 30])) : undefined) };
}
/** A power cut as data: due from this turn (0-based) on, after so many operations on the disk. */
export interface PlannedCut {
  readonly turn: number;
  readonly operations: number;
}
/** Exactly these transactions, interleaved by `picks`; when those are used up, the first idle session goes on. */
export function plannedSchedule(transactions: readonly PlannedTransaction[], picks: readonly number[], cuts: readonly PlannedCut[] = []): ScheduleSource {
  let next = 0;
  let at = 0;
  let turn = 0;
  return {
    plan: () => transactions[next++]!,
    pick: (count) => (picks[at++] ?? 0) % count,
    cut: () => {
      turn++;
      return cuts.find((cut) => cut.turn === turn - 1)?.operations;
    },
  };
}

export async function runWorkload(target: LabTarget, options: WorkloadOptions, level: Level, seed: number, transactionCount: number, source = seededSchedule(seed, options)): Promise<WorkloadRun> {
  const run = new WorkloadRunner(target, options, level, seed, source);
  return run.run(transactionCount);
}

const tolerated = new Set(['40001', '40P01', '23505', '23503', '55P03']);
/** Turns of the event loop; a server needs its deadlock timeout. */
const stuckRoundsMax = 5000;

class WorkloadRunner {
  readonly #target: LabTarget;
  readonly #options: WorkloadOptions;
  readonly #level: Level;
  readonly #seed: number;
  readonly #source: ScheduleSource;
  readonly #history: HistoryTransaction[] = [];
  readonly #failures: Failure[] = [];
  readonly #problems: string[] = [];
  readonly #sequenceValues = new Set<string>();
  #started = 0;
  #values = 0;
  /** A power cut is due. */
  #isCutDue = false;
  #cutCount = 0;

  constructor(target: LabTarget, options: WorkloadOptions, level: Level, seed: number, source: ScheduleSource) {
    this.#target = target;
    this.#options = options;
    this.#level = level;
    this.#seed = seed;
    this.#source = source;
  }

  async run(transactionCount: number): Promise<WorkloadRun> {
    const control = await this.#target.connect('control');
    const made = await control.run(setupSql(this.#seed, this.#options));
    await control.close();
    if (made.error !== undefined) this.#problems.push(`setup: ${made.error.message}`);
    const initial = presentKeys(this.#seed, this.#options).map((k): HistoryOp => ({ kind: 'write', key: regKey(k), version: 1 }));
    this.#history.push({ id: 0, session: 0, status: 'committed', ops: initial });
    const clients: Client[] = [];
    for (let number = 1; number <= this.#options.sessionCount; number++) clients.push(await this.#newClient(number));
    let stuckRounds = 0;
    for (;;) {
      if (this.#isCut) await this.#recover(clients);
      const idle = clients.filter((client) => client.running === undefined && (client.isBegun || this.#started < transactionCount));
      if (idle.length === 0) {
        const busy = clients.filter((client) => client.running !== undefined);
        if (busy.length === 0) break;
        await busy[0]!.session.pause();
        if (++stuckRounds > stuckRoundsMax) await this.#breakUp(busy);
        continue;
      }
      stuckRounds = 0;
      this.#mayCut();
      if (this.#isCut) continue;
      const client = idle[this.#source.pick(idle.length)]!;
      client.running = this.#step(client).catch((error: unknown) => {
        if (!this.#isLost(client)) throw error;
      }).finally(() => (client.running = undefined));
      // With a power cut due, others go on while a commit is on its way to the disk.
      if (!(this.#isCutDue && client.isCommitting)) await this.#untilIdleOrWaiting(client);
    }
    if (this.#target.machine !== undefined) {
      // All that was acknowledged is there after a last cut.
      this.#target.machine.cutAfter(0);
      await this.#recover(clients);
    }
    await this.#checkInvariants();
    for (const client of clients) await client.session.close();
    return { options: this.#options, seed: this.#seed, history: this.#history, failures: this.#failures, problems: this.#problems, cutCount: this.#cutCount };
  }

  /** Everybody has waited for long: a deadlock that the database does not see. */
  async #breakUp(busy: readonly Client[]): Promise<void> {
    for (const client of busy) if (!(await client.session.isWaiting())) return;
    this.#problems.push(`sessions ${busy.map((client) => client.number).join(', ')} wait for each other for ever`);
    for (const client of busy) await client.session.cancel();
  }

  // ------------------------------------------------------------------------------------------------------------- power cuts

  get #isCut(): boolean {
    return this.#target.machine?.isCut === true;
  }
  /** Whether what happens to this client's statement is of no interest any more: the machine it ran on is off. */
  #isLost(client: Client): boolean {
    return client.isDead || this.#isCut;
  }
  #mayCut(): void {
    if (this.#target.machine === undefined || this.#isCutDue) return;
    const operations = this.#source.cut();
    if (operations === undefined) return;
    this.#isCutDue = true;
    this.#target.machine.cutAfter(operations);
  }

  /** The power was cut. Whoever was at work is gone; what the disk holds is compared with what was acknowledged, and all connect anew (H3). */
  async #recover(clients: Client[]): Promise<void> {
    this.#isCutDue = false;
    this.#cutCount++;
    for (const client of clients) {
      client.isDead = true;
      if (!client.isBegun) continue;
      for (const value of client.sequenceValues) this.#sequenceValues.delete(value);
      this.#history.push({ id: client.id, session: client.number, status: client.isCommitting ? 'unknown' : 'aborted', ops: client.ops });
    }
    await this.#target.machine!.reopen();
    const session = await this.#target.connect('recovered');
    const { problems, history } = judgeRecovery(this.#history, await readState(session), -this.#cutCount);
    await session.close();
    this.#problems.push(...problems);
    this.#history.splice(0, this.#history.length, ...history);
    for (const [i, client] of clients.entries()) clients[i] = await this.#newClient(client.number);
  }

  async #newClient(number: number): Promise<Client> {
    const session = await this.#target.connect(`s${number}`);
    return {
      number, session, plan: { readOnly: false, ops: [], rollsBack: false }, at: -1, id: 0, ops: [], savepoints: [], snapshotPosition: 0, running: undefined,
      isBegun: false, isCommitting: false, isDead: false, sequenceValues: [],
    };
  }

  // ------------------------------------------------------------------------------------------------------------- turns

  async #untilIdleOrWaiting(client: Client): Promise<void> {
    while (client.running !== undefined && !this.#isCut) {
      await client.session.pause();
      if (client.running === undefined || (await client.session.isWaiting())) break;
    }
    // Those whose wait has just ended record their answer before anything else begins.
    await client.session.pause();
  }

  async #step(client: Client): Promise<void> {
    if (!client.isBegun) {
      client.plan = this.#source.plan();
      client.id = ++this.#started;
      client.at = 0;
      client.ops = [];
      client.savepoints = [];
      client.sequenceValues = [];
      client.snapshotPosition = -1;
      client.isCommitting = false;
      client.isBegun = true;
      await client.session.run(`begin isolation level ${this.#level}${client.plan.readOnly ? ' read only' : ''}`);
      return;
    }
    const op = client.plan.ops[client.at++];
    // A savepoint takes no snapshot.
    if (client.snapshotPosition < 0 && op?.kind !== 'savepoint' && op?.kind !== 'rollback to') client.snapshotPosition = this.#history.length;
    if (op === undefined) return this.#end(client);
    const value = ++this.#values;
    const outcome = await client.session.run(sqlOf(op, this.#options, value, client.id));
    if (this.#isLost(client)) return;
    if (outcome.error !== undefined) {
      this.#fail(client, outcome.error, op);
      await client.session.run('rollback');
      return;
    }
    this.#record(client, op, value, outcome.results);
  }

  async #end(client: Client): Promise<void> {
    const ended = client.plan.rollsBack ? 'aborted' : 'committed';
    client.isCommitting = !client.plan.rollsBack;
    const outcome = await client.session.run(client.plan.rollsBack ? 'rollback' : 'commit');
    if (this.#isLost(client)) return;
    if (outcome.error !== undefined) {
      this.#fail(client, outcome.error, undefined);
      return;
    }
    client.isBegun = false;
    this.#history.push({ id: client.id, session: client.number, status: ended, ops: client.ops });
  }

  #fail(client: Client, error: LabError, during: PlannedOp | undefined): void {
    if (!tolerated.has(error.code)) this.#problems.push(`${error.code}: ${error.message}${during === undefined ? '' : ` in ${during.kind}`}`);
    this.#failures.push({ position: this.#history.length, error, snapshotPosition: client.snapshotPosition, during });
    this.#history.push({ id: client.id, session: client.number, status: 'aborted', ops: client.ops });
    client.isBegun = false;
  }

  #record(client: Client, op: PlannedOp, value: number, results: readonly LabResult[]): void {
    const rows = results.filter((result) => result.columns.length > 0).flatMap((result) => result.rows);
    switch (op.kind) {
      case 'savepoint':
        client.savepoints.push(client.ops.length);
        break;
      case 'rollback to': {
        const mark = client.savepoints.pop()!;
        client.ops = [...client.ops.slice(0, mark), ...client.ops.slice(mark).filter((o) => (o.kind === 'read' || o.kind === 'found' || o.kind === 'list') && !this.#readsOwn(client.ops, o, mark))];
        break;
      }
      case 'append':
        client.ops.push({ kind: 'append', key: listKey(op.low), value });
        break;
      case 'list': {
        const text = rows[0]?.[0];
        client.ops.push({ kind: 'list', key: listKey(op.low), values: text === undefined || text === null || text === '' ? [] : text.split(',').map(Number) });
        break;
      }
      case 'child':
        client.ops.push({ kind: 'found', key: regKey(op.low) }, { kind: 'write', key: childKey(value), version: 1 });
        break;
      case 'sequence': {
        const id = rows[0]![0]!;
        if (this.#sequenceValues.has(id)) this.#problems.push(`nextval gave ${id} twice`);
        this.#sequenceValues.add(id);
        client.sequenceValues.push(id);
        break;
      }
      case 'update':
      case 'upsert':
      case 'insert':
      case 'update range': {
        // An update has read what it changed, and found its other keys absent.
        const written = new Map(rows.map(([k, ver]) => [Number(k), Number(ver)]));
        for (const k of op.kind === 'update range' ? keysOf(op) : [op.low]) {
          const version = written.get(k);
          if (op.kind === 'insert' && version === undefined) client.ops.push({ kind: 'found', key: regKey(k) });
          else client.ops.push({ kind: 'read', key: regKey(k), version: version === undefined ? 0 : version - 1, isPredicate: op.kind === 'update range' });
        }
        for (const [k, version] of written) client.ops.push({ kind: 'write', key: regKey(k), version });
        break;
      }
      default: {
        const found = new Map(rows.map(([k, ver]) => [Number(k), Number(ver)]));
        for (const k of coveredKeys(op, this.#options, rows)) client.ops.push({ kind: 'read', key: regKey(k), version: found.get(k) ?? 0, isPredicate: op.kind !== 'read' && op.kind !== 'read for update' });
      }
    }
  }

  /** A read that saw a write which the rollback to a savepoint has undone says nothing about others. */
  #readsOwn(ops: readonly HistoryOp[], read: HistoryOp, mark: number): boolean {
    const at = ops.indexOf(read);
    return ops.some((o, i) => i >= mark && i < at && (o.kind === 'write' || o.kind === 'append') && o.key === read.key);
  }

  async #checkInvariants(): Promise<void> {
    const control = await this.#target.connect('control');
    const orphans = await control.run('select c.id from child c left join reg r on r.k = c.k where r.k is null');
    const count = orphans.results[0]?.rows.length ?? 0;
    if (count > 0) this.#problems.push(`${count} rows of child without parent`);
    const skewed = await control.run('select k from reg group by k having count(*) > 1');
    if ((skewed.results[0]?.rows.length ?? 0) > 0) this.#problems.push('a primary key is there twice');
    await control.close();
  }
}

/** What a reader of everything sees, by the keys of histories. */
async function readState(session: LabSession): Promise<FoundState> {
  const rows = async (text: string): Promise<readonly (readonly (string | null)[])[]> => (await session.run(text)).results[0]?.rows ?? [];
  const versions = new Map<string, number>();
  for (const [k, ver] of await rows('select k, ver from reg')) versions.set(regKey(Number(k)), Number(ver));
  for (const [id] of await rows('select id from child')) versions.set(childKey(Number(id)), 1);
  const lists = new Map<string, readonly number[]>();
  for (const [k, v] of await rows('select k, v from lists')) lists.set(listKey(Number(k)), v!.split(',').map(Number));
  return { versions, lists };
}

export const regKey = (k: number): string => `reg ${k}`;
const childKey = (id: number): string => `child ${id}`;
const listKey = (k: number): string => `list ${k}`;
function keysOf(op: PlannedOp): number[] {
  return Array.from({ length: op.high - op.low + 1 }, (_, i) => op.low + i);
}

/** The keys whose presence or absence the rows of a read decide. */
export function coveredKeys(op: PlannedOp, options: WorkloadOptions, rows: readonly (readonly (string | null)[])[]): number[] {
  switch (op.kind) {
    case 'range':
      return keysOf(op);
    case 'index range':
      return Array.from({ length: options.keyCount }, (_, k) => k).filter((k) => permuted(k, options.keyCount) >= op.low && permuted(k, options.keyCount) <= op.high);
    case 'first':
    case 'cursor': {
      // Up to the last row given out, or to the end when there were fewer than asked for.
      const wanted = op.kind === 'first' ? 1 : 3;
      const last = rows.length < wanted ? options.keyCount - 1 : Number(rows.at(-1)![0]);
      return keysOf({ ...op, high: last });
    }
    default:
      return [op.low];
  }
}

function sqlOf(op: PlannedOp, options: WorkloadOptions, value: number, transaction: number): string {
  const k = op.low;
  switch (op.kind) {
    case 'read':
      return `select k, ver from reg where k = ${k}`;
    case 'read for update':
      return `select k, ver from reg where k = ${k} for update`;
    case 'range':
      return `select k, ver from reg where k between ${op.low} and ${op.high}`;
    case 'index range':
      return `select k, ver from reg where b between ${op.low} and ${op.high}`;
    case 'first':
      return `select k, ver from reg where k >= ${k} order by k limit 1`;
    case 'cursor':
      return `declare c${value} cursor for select k, ver from reg where k >= ${k} order by k; fetch 2 from c${value}; fetch 1 from c${value}; close c${value}`;
    case 'update':
      return `update reg set ver = ver + 1 where k = ${k} returning k, ver`;
    case 'update range':
      return `update reg set ver = ver + 1 where k between ${op.low} and ${op.high} returning k, ver`;
    case 'upsert':
      return `insert into reg values (${k}, ${permuted(k, options.keyCount)}, 1) on conflict (k) do update set ver = reg.ver + 1 returning k, ver`;
    case 'insert':
      return `insert into reg values (${k}, ${permuted(k, options.keyCount)}, 1) on conflict do nothing returning k, ver`;
    case 'append':
      return `insert into lists values (${k}, '${value}') on conflict (k) do update set v = lists.v || ',${value}'`;
    case 'list':
      return `select v from lists where k = ${k}`;
    case 'child':
      return `insert into child values (${value}, ${k})`;
    case 'savepoint':
      return `savepoint s`;
    case 'rollback to':
      return `rollback to savepoint s; release savepoint s`;
    case 'sequence':
      return `select nextval('ids'), ${transaction}`;
  }
}
