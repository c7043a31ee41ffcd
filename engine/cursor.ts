/**
 * Portals: statements that are open while others run. DECLARE CURSOR with FETCH, MOVE and CLOSE, and the library's streams.
 *
 * A portal keeps the snapshot of its statement (mvcc's paused statement) and reads on when rows are fetched. A cursor that can go backwards keeps the
 * rows it has passed; one WITH HOLD reads the rest when its transaction commits and then lives without one.
 *
 * A cursor's rows carry the keys of the table rows they are made of as their last columns, which FETCH does not show: WHERE CURRENT OF finds its row by them.
 *
 * P1  Position p is on row p (1-based), 0 before the first, `count + 1` after the last; FETCH moves first and then gives the row.
 * P2  A portal opened in a subtransaction that is undone is gone; one only moved in it stays where it is.
 * P3  One whose FETCH or MOVE has failed gives no more rows, whatever is undone; it can only be closed.
 *
 * Source: PostgreSQL's pquery.c (PortalRunFetch) for every direction.
 */
import { DbError } from '../base/errors.js';
import type { Datum } from '../base/datum.js';
import type { PausedStatement } from '../mvcc/statement.js';
import type { DeclareCursor, Fetch } from '../parser/ast.js';
import type { PlannedStatement } from '../planner/physical-plan.js';
import type { Backend, Call, StatementResult } from './backend.js';
import { hasModifyingWith } from './ddl/views.js';
import type { Started } from './execute.js';
import { changesData, describeStatement, drive, startPlanned } from './execute.js';
import { CachedStatement } from './plan-cache.js';
import type { ResultColumn } from './values.js';
import { convertRows, datumFormat } from './values.js';

export class Portal {
  readonly name: string;
  readonly text: string;
  readonly columns: readonly ResultColumn[];
  /** Tables whose row keys follow the columns in each row. */
  readonly #keySources: PlannedStatement['rowKeySources'];
  /** The row that FETCH has stopped at. */
  #current: readonly Datum[] | undefined;
  readonly isHoldable: boolean;
  readonly isScrollable: boolean;
  readonly sequence: number;
  readonly createdAtMs: number;
  readonly #backend: Backend;
  #started: Started | undefined;
  #paused: PausedStatement | undefined;
  /** Rows read so far (all that were passed, when scrollable). */
  #rows: Datum[][] = [];
  /** Position (P1), and how many rows have been read from the plan. */
  #position = 0;
  #readCount = 0;
  #isAtEnd = false;
  #isClosed = false;
  /** A FETCH has failed: no other will run (P3). */
  #hasFailed = false;
  /** Whether the stream opened a transaction of its own. */
  readonly ownsTransaction: boolean;

  constructor(backend: Backend, started: Started, fields: { name: string; text: string; isHoldable: boolean; isScrollable: boolean; ownsTransaction: boolean }) {
    this.#backend = backend;
    this.#started = started;
    this.name = fields.name;
    this.text = fields.text;
    this.isHoldable = fields.isHoldable;
    this.isScrollable = fields.isScrollable;
    this.ownsTransaction = fields.ownsTransaction;
    const { result, rowKeySources } = started.plan.planned;
    this.#keySources = rowKeySources;
    this.columns = result.slice(0, result.length - rowKeySources.length);
    this.sequence = backend.nextSequence();
    this.createdAtMs = backend.instance.clock.now();
    this.#paused = started.tx.pauseStatement();
  }

  get isExhausted(): boolean {
    return this.#isAtEnd && this.#position > this.#readCount;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Reads up to `count` more rows from the plan. */
  async #read(count: number, deadlineMs: number): Promise<Datum[][]> {
    const started = this.#started;
    if (started === undefined || this.#isAtEnd || count <= 0) return [];
    started.tx.resumeStatement(this.#paused!);
    this.#paused = undefined;
    try {
      this.#isAtEnd = await drive(this.#backend, started, count, deadlineMs);
    } catch (error) {
      this.close();
      started.tx.endStatement();
      throw error;
    }
    const rows = started.execution.takeRows() as Datum[][];
    this.#paused = started.tx.pauseStatement();
    this.#readCount += rows.length;
    return rows;
  }

  /** FETCH and MOVE. @throws DbError 55000 backwards in a cursor that cannot, and after a failure (P3) */
  async fetch({ direction, count, isMove }: Fetch, call: Pick<Call, 'deadlineMs'>): Promise<Datum[][]> {
    if (this.#hasFailed) throw new DbError('55000', `portal "${this.name}" cannot be run`);
    let rows: Datum[][];
    try {
      const isRewind = isMove && direction === 'backward' && count === Infinity && this.#position === 0;
      rows = isRewind ? [] : isMove && count === 0 && direction !== 'absolute' ? this.#present() : await this.#move(direction, count, call);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    const isOnRow = this.#position >= 1 && this.#position <= this.#readCount;
    this.#current = !isOnRow ? undefined : this.isScrollable || this.isMaterialized ? this.#rows[this.#position - 1] : isMove && count === 0 ? this.#current : (rows.at(-1) ?? this.#current);
    return this.#keySources.length === 0 ? rows : rows.map((row) => row.slice(0, this.columns.length));
  }

  /** The key of the row of `table` that the cursor is on. @throws DbError 24000 */
  currentKey(table: { readonly oid: number; readonly name: string }): string {
    if (this.isHoldable && this.isMaterialized) throw new DbError('24000', `cursor "${this.name}" is held from a previous transaction`);
    const isLocking = this.#keySources.some((source) => source.isLocked);
    const isCandidate = (source: PlannedStatement['rowKeySources'][number]): boolean => source.table.oid === table.oid && source.isLocked === isLocking;
    const at = this.#keySources.findIndex(isCandidate);
    if (isLocking && at < 0) throw new DbError('24000', `cursor "${this.name}" does not have a FOR UPDATE/SHARE reference to table "${table.name}"`);
    if (isLocking && this.#keySources.filter(isCandidate).length > 1) throw new DbError('24000', `cursor "${this.name}" has multiple FOR UPDATE/SHARE references to table "${table.name}"`);
    if (at < 0 || (!isLocking && this.#keySources.length > 1)) throw new DbError('24000', `cursor "${this.name}" is not a simply updatable scan of table "${table.name}"`);
    if (this.#current === undefined) throw new DbError('24000', `cursor "${this.name}" is not positioned on a row`);
    return this.#current[this.columns.length + at] as string;
  }

  async #move(direction: Fetch['direction'], count: number, call: Pick<Call, 'deadlineMs'>): Promise<Datum[][]> {
    switch (direction) {
      case 'forward':
        return count < 0 ? this.#backward(-count) : count === 0 ? this.#again() : this.#forward(count, call.deadlineMs);
      case 'backward':
        if (count === 0) this.#requireScroll();
        return count < 0 ? this.#forward(-count, call.deadlineMs) : count === 0 ? this.#again() : this.#backward(count);
      case 'absolute':
        return this.#absolute(count, call.deadlineMs);
      case 'relative':
        return count === 0 ? this.#again() : count > 0 ? lastOf(await this.#forward(count, call.deadlineMs), count) : lastOf(this.#backward(-count), -count);
    }
  }

  async #forward(count: number, deadlineMs: number): Promise<Datum[][]> {
    const end = this.#position + count;
    if (!this.isScrollable && !this.isMaterialized) {
      const rows = await this.#read(count, deadlineMs);
      this.#position += rows.length + (rows.length < count ? 1 : 0);
      return rows;
    }
    if (end > this.#readCount && !this.#isAtEnd) this.#rows.push(...(await this.#read(end - this.#readCount, deadlineMs)));
    const rows = this.#rows.slice(this.#position, Math.min(end, this.#readCount));
    this.#position = Math.min(end, this.#readCount + 1);
    return rows;
  }
  #backward(count: number): Datum[][] {
    this.#requireScroll();
    const rows: Datum[][] = [];
    let at = this.#position;
    while (rows.length < count && at > 1) rows.push(this.#rows[--at - 1]!);
    this.#position = rows.length < count ? 0 : at;
    return rows;
  }
  /** ABSOLUTE 0, and MOVE BACKWARD ALL: back to the start, which any cursor may that never left it. */
  #rewind(): void {
    if (this.#position > 0) this.#requireScroll();
    this.#position = 0;
  }
  /** MOVE 0 counts the row that the cursor is on; it need not be read again. */
  #present(): Datum[][] {
    return this.#position < 1 || this.#position > this.#readCount ? [] : [[]];
  }
  /** FETCH 0: the present row again. */
  #again(): Datum[][] {
    if (this.#present().length === 0) return [];
    this.#requireScroll();
    return [this.#rows[this.#position - 1]!];
  }
  async #absolute(count: number, deadlineMs: number): Promise<Datum[][]> {
    if (count > 0) {
      const distance = count - this.#position;
      if (distance > 0) return lastOf(await this.#forward(distance, deadlineMs), distance);
      this.#requireScroll();
      this.#position = count;
      return this.#again();
    }
    if (count === 0) {
      this.#rewind();
      return [];
    }
    this.#requireScroll();
    await this.#forward(Infinity, deadlineMs);
    const target = this.#readCount + 1 + count;
    this.#position = Math.max(0, target);
    return this.#again();
  }
  #requireScroll(): void {
    if (!this.isScrollable) throw new DbError('55000', 'cursor can only scan forward', { hint: 'Declare it with SCROLL option to enable backward scan.' });
  }

  /** The next rows of a stream, as the user gets them. */
  async fetchStream(count: number, call: Call): Promise<unknown[]> {
    const rows = await this.#forward(count, call.deadlineMs);
    return convertRows(rows, this.columns, call.format, this.#backend.context(Infinity));
  }

  /** Reads the rest: WITH HOLD for the time after the transaction, and what changes data to its end before any row is given. */
  async materialize(deadlineMs = Infinity): Promise<void> {
    const before = this.#readCount;
    const rows = await this.#read(Infinity, deadlineMs);
    // One that cannot go backwards has not kept what it has passed.
    if (!this.isScrollable) this.#rows = new Array<Datum[]>(before).fill([]);
    for (const row of rows) this.#rows.push(row);
    this.#finish();
  }
  get changesData(): boolean {
    return this.#started !== undefined && changesData(this.#started.plan.planned);
  }
  /** Whether the plan is still open and reads the table. */
  reads(table: number): boolean {
    return this.#started?.plan.planned.relations.some((relation) => relation.table.oid === table) === true;
  }
  get isMaterialized(): boolean {
    return this.#started === undefined;
  }
  #finish(): void {
    const started = this.#started;
    this.#started = undefined;
    if (started === undefined) return;
    started.execution.close();
    if (this.#paused !== undefined) started.tx.endPaused(this.#paused);
    this.#paused = undefined;
  }
  close(): void {
    this.#isClosed = true;
    this.#finish();
  }
}

/** Of a move by `count` rows only the last counts, and only if it got there. */
function lastOf(rows: Datum[][], count: number): Datum[][] {
  return rows.length < count ? [] : rows.slice(-1);
}

export class Portals {
  readonly #backend: Backend;
  readonly #portals = new Map<string, Portal>();
  /** Without it there are none: asked at every commit, which the size of a map would make dearer. */
  #mayHaveAny = false;
  #streamCount = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  all(): Iterable<Portal> {
    return this.#portals.values();
  }
  get(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal === undefined) throw new DbError('34000', `cursor "${name}" does not exist`);
    return portal;
  }

  async declare(statement: DeclareCursor, cached: CachedStatement, call: Call): Promise<void> {
    const { name } = statement;
    // The statement's own text keeps its positions; only the query in it is planned. What is wrong with it comes before all else.
    const query = new CachedStatement({ ...cached.parsed, statement: statement.query }, true);
    describeStatement(this.#backend, query, []);
    if (hasModifyingWith(statement.query)) throw new DbError('0A000', 'DECLARE CURSOR must not contain data-modifying statements in WITH');
    if (!statement.hold) this.#backend.block.requireTransactionBlock('DECLARE CURSOR');
    if (this.#portals.has(name)) throw new DbError('42P03', `cursor "${name}" already exists`);
    if (statement.hold && statement.query.locking.length > 0) throw new DbError('0A000', `DECLARE CURSOR WITH HOLD ... FOR ${lockName(statement)} is not supported`, { detail: 'Holdable cursors must be READ ONLY.' });
    if (statement.scroll === true && statement.query.locking.length > 0) throw new DbError('0A000', `DECLARE SCROLL CURSOR ... FOR ${lockName(statement)} is not supported`, { detail: 'Scrollable cursors must be READ ONLY.' });
    const started = await startPlanned(this.#backend, query, { ...call, format: datumFormat });
    const isScrollable = statement.scroll ?? (statement.hold || statement.query.locking.length === 0);
    const portal = new Portal(this.#backend, started, { name, text: cached.parsed.text, isHoldable: statement.hold, isScrollable, ownsTransaction: false });
    this.#add(portal);
    if (statement.hold && !this.#backend.block.isInBlock) await portal.materialize();
  }

  async fetch(statement: Fetch, call: Call): Promise<StatementResult> {
    const portal = this.get(statement.cursor);
    const rows = await portal.fetch(statement, call);
    if (statement.isMove) return { command: 'MOVE', rows: [], rowCount: rows.length, columns: [] };
    return { command: 'FETCH', rows: convertRows(rows, portal.columns, call.format, this.#backend.context(Infinity)), rowCount: rows.length, columns: portal.columns };
  }

  close(name: string | undefined): void {
    if (name === undefined) return this.closeAll();
    this.get(name).close();
    this.#portals.delete(name);
  }
  closeAll(): void {
    for (const portal of this.#portals.values()) portal.close();
    this.#portals.clear();
  }
  /** A (sub)transaction is undone (P2). */
  closeSince(sequence: number): void {
    for (const [name, portal] of this.#portals) {
      if (portal.sequence < sequence || (portal.isHoldable && portal.isMaterialized && !portal.isClosed)) continue;
      portal.close();
      this.#portals.delete(name);
    }
  }
  #add(portal: Portal): void {
    this.#portals.set(portal.name, portal);
    this.#mayHaveAny = true;
  }
  get hasHoldable(): boolean {
    if (!this.#mayHaveAny) return false;
    this.#mayHaveAny = this.#portals.size > 0;
    for (const portal of this.#portals.values()) if (portal.isHoldable && !portal.isMaterialized) return true;
    return false;
  }
  /** @throws DbError 55006 when a cursor of this session reads one of the tables */
  refuseOpenOn(tables: readonly { readonly oid: number; readonly name: string }[], command: string): void {
    for (const portal of this.#portals.values()) {
      const used = tables.find((table) => portal.reads(table.oid));
      if (used !== undefined) throw new DbError('55006', `cannot ${command} "${used.name}" because it is being used by active queries in this session`);
    }
  }
  get isEmpty(): boolean {
    return this.#portals.size === 0;
  }
  /** Before the commit: cursors WITH HOLD read the rest, the others end. */
  async materializeHoldable(): Promise<void> {
    for (const portal of this.#portals.values()) if (portal.isHoldable && !portal.isMaterialized) await portal.materialize();
  }
  endOfTransaction(_committed: boolean): void {
    this.closeSince(0);
  }

  // ------------------------------------------------------------------------------------------------------------ streams

  /**
   * Opens a stream; outside a transaction block it starts a transaction of its own. One that changes data has done so then, whoever may leave its rows (PostgreSQL's PORTAL_ONE_RETURNING).
   * Whoever opens it says so where it fails (`failStream`).
   */
  async openStream(cached: CachedStatement, call: Call): Promise<Portal> {
    const { block } = this.#backend;
    const ownsTransaction = block.state === 'idle';
    block.startStatement(ownsTransaction);
    const started = await startPlanned(this.#backend, cached, { ...call, format: datumFormat });
    const name = `<stream ${++this.#streamCount}>`;
    const portal = new Portal(this.#backend, started, { name, text: cached.parsed.text, isHoldable: false, isScrollable: false, ownsTransaction });
    this.#add(portal);
    if (portal.changesData) await portal.materialize(call.deadlineMs);
    return portal;
  }
  async closeStream(portal: Portal): Promise<void> {
    this.#endStream(portal);
    if (portal.ownsTransaction) await this.#backend.block.finishScript();
  }
  /** Of a stream that could not be opened or read: its own transaction is undone, the block that it is in has failed. */
  failStream(portal: Portal | undefined): void {
    if (portal !== undefined) this.#endStream(portal);
    this.#backend.block.fail();
  }
  #endStream(portal: Portal): void {
    portal.close();
    this.#portals.delete(portal.name);
  }
}

function lockName(statement: DeclareCursor): string {
  return statement.query.locking[0]!.strength.toUpperCase();
}
