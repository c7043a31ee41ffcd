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
  /** Loads rows of a table by the engine's bulk path; undefined where it has none and a multi-row INSERT is the way. */
  readonly copy: ((table: string, columns: readonly string[], rows: Iterable<readonly (string | number)[]>) => Promise<void>) | undefined;
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

/** Rows as lines of CSV in chunks of about 64 KiB; no value of the benchmarks needs quotes. */
export function* csvChunks(rows: Iterable<readonly (string | number)[]>): Generator<string> {
  let chunk = '';
  for (const row of rows) {
    chunk += `${row.join(',')}\n`;
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}
