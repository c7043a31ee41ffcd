/**
 * The shell's view of one session: runs scripts, gives results as text, and knows what the prompt shows. The only file of the shell that touches
 * the engine's session object.
 */
import type { Database, DatabaseError, Field, Notice, Session } from '../engine/index.js';
import type { PrintableResult } from './format/result.js';

export interface ShellResult extends PrintableResult {
  /** `SELECT`, `INSERT`, `CREATE TABLE`, ... */
  readonly command: string;
  readonly rowCount: number | null;
  /** psql's closing line, for example `INSERT 0 3`. */
  readonly tag: string;
  readonly columns: readonly ShellColumn[];
}

export interface ShellColumn {
  readonly name: string;
  readonly isNumeric: boolean;
  /** Undefined for columns the shell made up. */
  readonly typeOid?: number | undefined;
}

export type TransactionStatus = 'idle' | 'active' | 'failed';

/** Type oids whose values line up on the right. */
const numericOids = new Set([20, 21, 23, 26, 700, 701, 790, 1700]);

export class Connection {
  readonly name: string;
  readonly session: Session;
  #running: Promise<unknown> | undefined;
  #identity: { readonly user: string; readonly database: string; readonly pid: string } | undefined;

  constructor(name: string, database: Database) {
    this.name = name;
    this.session = database.connect({ name, captureStacks: false });
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }
  get isWaiting(): boolean {
    return this.session.isWaiting;
  }
  get status(): TransactionStatus {
    return this.session.transactionStatus;
  }
  /** Short form of the isolation level in force: `rc`, `rr` or `ser`. */
  get isolation(): string {
    return { 'read committed': 'rc', 'repeatable read': 'rr', serializable: 'ser' }[this.session.isolation];
  }
  get lastConflict(): DatabaseError | undefined {
    return this.session.lastConflict;
  }

  /** Who is connected to what, asked once. */
  get identity(): { readonly user: string; readonly database: string; readonly pid: string } {
    if (this.#identity === undefined && !this.isBusy && this.status !== 'failed') {
      const row = this.session.prepare<Record<'user' | 'database' | 'pid', unknown>>('select current_user as user, current_database() as database, pg_backend_pid() as pid').get();
      this.#identity = { user: String(row?.user), database: String(row?.database), pid: String(row?.pid) };
    }
    return this.#identity ?? { user: '', database: '', pid: '' };
  }

  onNotice(listener: (notice: Notice) => void): void {
    this.session.onNotice(listener);
  }

  /** Runs one statement. @throws DatabaseError */
  run(sql: string, params: readonly unknown[] = [], signal?: AbortSignal): Promise<ShellResult[]> {
    return this.#track(this.#run(sql, params, signal));
  }

  /** Busy until `running` settles. */
  async #track<T>(running: Promise<T>): Promise<T> {
    this.#running = running;
    try {
      return await running;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }

  async #run(sql: string, params: readonly unknown[], signal: AbortSignal | undefined): Promise<ShellResult[]> {
    const options = { rowMode: 'array', values: 'text', ...(signal === undefined ? {} : { signal }) } as const;
    const results = params.length > 0 ? [await this.session.query(sql, params, options)] : await this.session.exec(sql, options);
    return results.map((result) => ({
      command: result.command,
      rowCount: result.rowCount,
      tag: tagOf(result.command, result.rowCount),
      title: undefined,
      columns: result.fields.map((field) => ({ name: field.name, isNumeric: numericOids.has(field.dataTypeID), typeOid: field.dataTypeID })),
      rows: result.rows as unknown as (string | null)[][],
    }));
  }

  /** COPY ... FROM STDIN: the text comes from `source`. @throws DatabaseError */
  copyIn(sql: string, source: AsyncIterable<Uint8Array | string>): Promise<ShellResult[]> {
    return this.#track(this.session.copyFrom(sql, source).then(({ rowCount }) => [copyResult(rowCount)]));
  }
  /** COPY ... TO STDOUT. @throws DatabaseError */
  copyOut(sql: string, sink: (chunk: string) => Promise<void> | void): Promise<ShellResult[]> {
    return this.#track(this.session.copyTo(sql, sink).then(({ rowCount }) => [copyResult(rowCount)]));
  }

  /** Columns of a statement's result, which is not run. @throws DatabaseError */
  describe(sql: string): readonly Field[] {
    return this.session.prepare(sql).columns();
  }

  /** Values of the first column, for meta-commands and completion. */
  async column(sql: string, params: readonly unknown[] = []): Promise<string[]> {
    const results = await this.#run(sql, params, undefined);
    return (results.at(-1)?.rows ?? []).map((row) => row[0] ?? '');
  }

  /** Cancels what runs; false when nothing does. */
  cancel(): boolean {
    return this.session.cancel();
  }
  async close(): Promise<void> {
    await this.session.close();
  }
}

const copyResult = (rowCount: number | null): ShellResult => ({ command: 'COPY', rowCount, tag: tagOf('COPY', rowCount), title: undefined, columns: [], rows: [] });

function tagOf(command: string, rowCount: number | null): string {
  if (command === 'INSERT') return `INSERT 0 ${rowCount ?? 0}`;
  if (['UPDATE', 'DELETE', 'MERGE', 'SELECT', 'FETCH', 'MOVE', 'COPY'].includes(command)) return `${command} ${rowCount ?? 0}`;
  return command;
}
