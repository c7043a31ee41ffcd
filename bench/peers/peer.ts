/**
 * What a benchmark asks of an engine. A call may answer at once or by promise: cases await only what is a promise, so that a synchronous engine
 * does not pay for an event loop it does not use. SQL is written with `$1` and PostgreSQL's types; an adapter translates.
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
  /** Opens or creates a durable database in `directory`: acknowledged means synced. */
  open(directory: string): Promise<PeerDatabase>;
}

export interface PeerDatabase extends PeerConnection {
  readonly version: string;
  /** Whether several connections may have transactions open at once in this process. */
  readonly isConcurrent: boolean;
  connect(): Awaitable<PeerConnection>;
  /** Bytes on disk after a checkpoint. */
  sizeBytes(): Awaitable<number>;
}

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
