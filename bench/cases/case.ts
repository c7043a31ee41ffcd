/** What a workload is, and how one statement is repeated over any engine. */
import { isPromise, type PeerDatabase, type PeerStatement } from '../peers/peer.js';

export interface BenchCase {
  readonly name: string;
  /** What is counted. */
  readonly unit: string;
  /** The ratio to the best of better-sqlite3, sql.js, Turso and PGlite that we aim at, and the one we hope for. */
  readonly target: number | undefined;
  readonly stretch: number | undefined;
  /** One batch is long enough to be timed once; otherwise benny samples it. */
  readonly isLong: boolean;
  readonly needsDurability: boolean;
  /** Smaller figures are better (bytes). */
  readonly isSize: boolean;
  /** `scale` shrinks the data for engines that would take minutes; rates stay comparable, and favour the engine with less data. */
  readonly setup: (db: PeerDatabase, scale: number) => Promise<BenchRun>;
}

export interface BenchRun {
  readonly operationsPerBatch: number;
  readonly batch: () => void | Promise<void>;
  /** Makes everything as it was before a batch, so that it can be run again. Not measured. */
  readonly restore?: () => void | Promise<void>;
  /** A short text that every engine must give the same, taken after `batch` where that changes what is asked. */
  readonly checksum: () => Promise<string>;
  /** For sizes: the figure itself instead of a rate. */
  readonly figure?: () => Promise<number>;
}

export function benchCase(fields: Pick<BenchCase, 'name' | 'unit' | 'setup'> & Partial<BenchCase>): BenchCase {
  return { target: undefined, stretch: undefined, isLong: false, needsDurability: false, isSize: false, ...fields };
}

/** A batch that repeats one statement with parameters; it becomes asynchronous only when the engine does. */
export function repeat(statement: PeerStatement, method: 'get' | 'all' | 'run', count: number, params: () => readonly unknown[]): () => void | Promise<void> {
  async function rest(first: Promise<unknown>, left: number): Promise<void> {
    await first;
    for (let i = 0; i < left; i++) await statement[method](...params());
  }
  return () => {
    for (let i = 0; i < count; i++) {
      const result = statement[method](...params());
      if (isPromise(result)) return rest(result, count - i - 1);
    }
  };
}

/** Rows as text, numbers rounded so that engines that add in another order agree. */
export async function checksumOf(db: PeerDatabase, sql: string): Promise<string> {
  const rows = await (await db.prepare(sql)).all();
  return rows.map((row) => Object.values(row as object).map(rounded).join(',')).join(';');
}

function rounded(value: unknown): unknown {
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? Math.round(number * 1000) / 1000 : value;
}
