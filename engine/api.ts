/** The shapes of the public API: options, results and what users may replace. */
import type { Clock } from '../base/clock.js';
import type { Prng } from '../base/prng.js';
import type { Scheduler } from '../base/scheduler.js';
import type { Vfs } from '../storage/files/vfs.js';
import type { Notice } from './errors.js';
import type { Sql } from './sql-template.js';

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

/** `number` fails with 22003 for an int8 that a number cannot hold exactly. */
export type Int8Mode = 'number' | 'bigint' | 'string';
export type RowMode = 'object' | 'array';

/** By type oid: from PostgreSQL's text form of a value to what the user gets. */
export type Parsers = Readonly<Record<number, (text: string) => unknown>>;
/** By type oid: from a parameter given by the user to PostgreSQL's text form. */
export type Serializers = Readonly<Record<number, (value: unknown) => string>>;

export interface ValueOptions {
  readonly int8?: Int8Mode | undefined;
  readonly parsers?: Parsers | undefined;
  readonly serializers?: Serializers | undefined;
}

export interface OpenOptions extends ValueOptions {
  /** `full`: a commit is acknowledged when it is synced (default). `relaxed`: when it is written; a power cut may lose the last second. */
  readonly durability?: 'full' | 'relaxed' | undefined;
  /** Bytes for pages of the file in memory, columns made of them, and (a sixteenth, 4 MiB at most) objects made while they are read; default 256 MiB. Memory that a large transaction has taken is kept for the next one up to half as much, and up to 64 MiB. */
  readonly cacheBytes?: number | undefined;
  /** How much of it may hold columns of tables that are scanned, beside their pages; default an eighth; 0: none are kept. */
  readonly columnCacheBytes?: number | undefined;
  readonly readOnly?: boolean | undefined;
  /** Fail with 58P01 instead of creating a missing file. */
  readonly mustExist?: boolean | undefined;
  /** For a new file: a power of two from 512 to 32768; default 8192. */
  readonly pageSizeBytes?: number | undefined;
  /** Default isolation level of all sessions; default `read committed`. */
  readonly isolation?: IsolationLevel | undefined;
  /** Defaults of all sessions by name, as SET would take them: `{ work_mem: '64MB' }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly rowMode?: RowMode | undefined;
  /** A checkpoint begins when the log has grown by this much; default 64 MiB. */
  readonly checkpointWalBytes?: number | undefined;
  /** ... or after this time; default 5 minutes; 0 leaves it to the size alone. */
  readonly checkpointIntervalMs?: number | undefined;
  /** Memory for old row versions before the holder of the oldest snapshot is cancelled; default 256 MiB. */
  readonly versionBytesMax?: number | undefined;
  /** Analyse tables again, in the background, when enough of their rows have changed; default true. */
  readonly autoAnalyze?: boolean | undefined;
  /** Longest stretch of uninterrupted work of one statement before others get their turn; default 10 ms. */
  readonly timeSliceMs?: number | undefined;
  /** Remember where in your source each statement of a transaction was issued, for explanations of conflicts: about 5 microseconds each. Default: a sample, once a conflict has happened. */
  readonly captureStacks?: boolean | undefined;
  /** The world outside, for simulations. */
  readonly vfs?: Vfs | undefined;
  readonly clock?: Clock | undefined;
  readonly prng?: Prng | undefined;
  readonly scheduler?: Scheduler | undefined;
}

/** Parameters: by position for `$1`, by name for `:name`. */
export type QueryParams = readonly unknown[] | Readonly<Record<string, unknown>>;

export interface CallOptions {
  /** Cancels the call: 57014. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the call fails with 57014. */
  readonly timeout?: number | undefined;
}

export interface QueryOptions extends CallOptions, ValueOptions {
  readonly rowMode?: RowMode | undefined;
  /** `text`: every value as PostgreSQL prints it, for shells and protocols; default `js`. */
  readonly values?: 'js' | 'text' | undefined;
  /** Called with each statement's result as soon as it is there; those before an error of a script are had no other way. */
  readonly onResult?: ((result: QueryResult) => void) | undefined;
}

/** A statement as one object, as node-postgres takes it. */
export interface QueryConfig {
  readonly text: string;
  readonly values?: QueryParams | undefined;
  readonly rowMode?: RowMode | undefined;
}

export type QueryInput = string | Sql | QueryConfig;

export interface Field {
  readonly name: string;
  /** Oid of the table and number of the column it comes from, 0 when it is computed. */
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
  /** Bytes of a fixed-length type, -1 otherwise. */
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
  readonly format: 'text';
}

export type Row = Record<string, unknown>;

export interface QueryResult<R = Row> {
  /** First words of PostgreSQL's command tag: SELECT, INSERT, CREATE TABLE, ... */
  readonly command: string;
  readonly rows: R[];
  /** Rows returned or changed; null for commands that have no count. */
  readonly rowCount: number | null;
  readonly fields: readonly Field[];
}

/** What `run` of a synchronous statement gives. */
export interface RunResult {
  readonly command: string;
  readonly rowCount: number | null;
}

export interface TransactionOptions extends CallOptions {
  readonly isolation?: IsolationLevel | undefined;
  readonly readOnly?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
  /** How often the callback is run again after 40001 or 40P01, with growing random pauses; default 0. */
  readonly retry?: number | undefined;
}

export interface SessionOptions extends ValueOptions {
  /** Shown in activity views and explanations of conflicts. */
  readonly name?: string | undefined;
  /** As the option of `open`, for this session. */
  readonly captureStacks?: boolean | undefined;
  readonly rowMode?: RowMode | undefined;
  readonly settings?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface StreamOptions extends QueryOptions {
  /** Rows fetched at a time; default 256. */
  readonly batchRows?: number | undefined;
}

export type NoticeListener = (notice: Notice) => void;

/** `idle`: no transaction; `active`: inside one; `failed`: inside one that only ROLLBACK can end. */
export type TransactionStatus = 'idle' | 'active' | 'failed';
