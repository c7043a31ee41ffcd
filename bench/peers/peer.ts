/**
 * What a benchmark asks of an engine. A call may answer at once or by promise: cases await only what is a promise, so that a synchronous engine
 * does not pay for an event loop it does not use. SQL is written with `$1`, each parameter once and in order, and PostgreSQL's types; an adapter translates.
 */
export type Awaitable<T> = T | Promise<T>;

export interface PeerStatement {
  get(...params: readonly unknown[]): Awaitable<unknown>;
  all(...params: readonly unknown[]): Awaitable<readonly unknown[]>;
  run(...params: readonly unknown[]): Awaitable<unknown>;
}

export interface PeerConnection {
  exec(sql: string): Awaitable<unknown>;
  prepare(sql: string): Awaitable<PeerStatement>;
  close(): Awaitable<void>;
}

export interface Peer {
  readonly name: string;
  /** Opens or creates a database in `directory`; where the engine can, acknowledged means synced. */
  open(directory: string): Promise<PeerDatabase>;
}

export interface PeerDatabase extends PeerConnection {
  readonly version: string;
  /** Whether several connections may have transactions open at once in this process. */
  readonly isConcurrent: boolean;
  /** Whether acknowledged means synced. Cases about durable commits leave out engines that cannot. */
  readonly isDurable: boolean;
  /** Whether a conflict between transactions asks for a retry. */
  isRetryable(error: unknown): boolean;
  connect(): Awaitable<PeerConnection>;
  /**
   * Makes ready what the engine's bulk path reads, as CSV, of rows of a table; the function returned loads them. Undefined where the engine has no such path and a multi-row INSERT is
   * the way.
   */
  readonly prepareCopy: ((table: string, columns: readonly string[], rows: readonly (readonly (string | number)[])[]) => () => Promise<void>) | undefined;
  /** Bytes on disk after a checkpoint. */
  sizeBytes(): Awaitable<number>;
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Positional parameters as SQLite writes them. */
export function questionMarks(sql: string): string {
  return sql.replace(/\$\d+/g, '?');
}

/** Rows as lines of CSV in chunks of about 64 KiB, each in one piece as read from a file; no value of the benchmarks needs quotes. */
export function* csvChunks(rows: Iterable<readonly (string | number)[]>): Generator<string> {
  let lines: string[] = [];
  let length = 0;
  for (const row of rows) {
    const line = `${row.join(',')}\n`;
    lines.push(line);
    length += line.length;
    if (length <= 65_536) continue;
    yield lines.join('');
    lines = [];
    length = 0;
  }
  if (length > 0) yield lines.join('');
}
