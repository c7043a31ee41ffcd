/** Statements about transactions, settings, prepared statements and cursors, and utilities. What holds of all nodes: ast.ts. */
import type { Cast, Expression, FunctionCall, Identifier, QualifiedName, TypeName } from './expressions.js';
import type { Delete, Insert, Merge, Query, Update } from './queries.js';
import type { CreateMaterializedView, CreateTableAs, DefinitionOption, RefreshMaterializedView } from './definitions.js';

// --------------------------------------------------------------------------------------------------- transactions and session

export type IsolationLevel = 'serializable' | 'repeatable read' | 'read committed' | 'read uncommitted';

/** undefined: not mentioned. When a mode is given twice the later one stands. */
export interface TransactionModes {
  readonly isolation: IsolationLevel | undefined;
  readonly readOnly: boolean | undefined;
  readonly deferrable: boolean | undefined;
}

export interface Begin {
  readonly kind: 'begin';
  /** START TRANSACTION rather than BEGIN; only the command tag differs. */
  readonly isStart: boolean;
  readonly modes: TransactionModes;
  readonly offset: number;
}

/** COMMIT and END. */
export interface Commit {
  readonly kind: 'commit';
  readonly chain: boolean;
  readonly offset: number;
}

/** ROLLBACK and ABORT. */
export interface Rollback {
  readonly kind: 'rollback';
  readonly chain: boolean;
  readonly offset: number;
}

export interface Savepoint {
  readonly kind: 'savepoint';
  readonly name: string;
  readonly offset: number;
}

export interface ReleaseSavepoint {
  readonly kind: 'releaseSavepoint';
  readonly name: string;
  readonly offset: number;
}

export interface RollbackToSavepoint {
  readonly kind: 'rollbackToSavepoint';
  readonly name: string;
  readonly offset: number;
}

/**
 * SET [LOCAL | SESSION] name = values. TIME ZONE is `timezone`, NAMES `client_encoding`, SCHEMA `search_path`, ROLE `role`,
 * SESSION AUTHORIZATION `session_authorization`, XML OPTION `xmloption`.
 */
export interface SetVariable {
  readonly kind: 'setVariable';
  readonly scope: 'session' | 'local';
  /** Dotted for custom variables. */
  readonly name: string;
  /** undefined: TO DEFAULT. */
  readonly values: readonly SettingValue[] | undefined;
  /** FROM CURRENT, of functions only. */
  readonly fromCurrent: boolean;
  readonly offset: number;
}

/** A number literal (with its sign), a string, a bare word (`on`), or for TIME ZONE an interval. */
export type SettingValue =
  | { readonly kind: 'number'; readonly text: string; readonly offset: number }
  | { readonly kind: 'string'; readonly value: string; readonly offset: number }
  | { readonly kind: 'word'; readonly value: string; readonly offset: number }
  | { readonly kind: 'interval'; readonly cast: Cast; readonly offset: number };

/** RESET name, or RESET ALL (`name` undefined). */
export interface ResetVariable {
  readonly kind: 'resetVariable';
  readonly name: string | undefined;
  readonly offset: number;
}

/** SHOW name, or SHOW ALL (`name` undefined). */
export interface ShowVariable {
  readonly kind: 'showVariable';
  readonly name: string | undefined;
  readonly offset: number;
}

/** SET TRANSACTION, SET TRANSACTION SNAPSHOT, SET SESSION CHARACTERISTICS AS TRANSACTION. */
export interface SetTransaction {
  readonly kind: 'setTransaction';
  readonly scope: 'transaction' | 'session';
  readonly modes: TransactionModes;
  readonly snapshot: string | undefined;
  readonly offset: number;
}

export interface SetConstraints {
  readonly kind: 'setConstraints';
  /** Empty: ALL. */
  readonly names: readonly QualifiedName[];
  readonly deferred: boolean;
  readonly offset: number;
}

export interface Discard {
  readonly kind: 'discard';
  readonly target: 'all' | 'plans' | 'sequences' | 'temporary';
  readonly offset: number;
}

// ------------------------------------------------------------------------------------------- prepared statements and cursors

export type PreparableStatement = Query | Insert | Update | Delete | Merge;

export interface Prepare {
  readonly kind: 'prepare';
  readonly name: string;
  readonly parameterTypes: readonly TypeName[];
  readonly statement: PreparableStatement;
  readonly offset: number;
}

export interface Execute {
  readonly kind: 'execute';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly offset: number;
}

export interface Deallocate {
  readonly kind: 'deallocate';
  /** undefined: ALL. */
  readonly name: string | undefined;
  readonly offset: number;
}

export interface DeclareCursor {
  readonly kind: 'declareCursor';
  readonly name: string;
  readonly binary: boolean;
  readonly scroll: boolean | undefined;
  readonly sensitivity: 'insensitive' | 'asensitive' | undefined;
  readonly hold: boolean;
  readonly query: Query;
  readonly offset: number;
}

/** FETCH and MOVE. NEXT is forward 1, PRIOR backward 1, FIRST absolute 1, LAST absolute -1; ALL is `count` Infinity. */
export interface Fetch {
  readonly kind: 'fetch';
  readonly isMove: boolean;
  readonly cursor: string;
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative';
  readonly count: number;
  readonly offset: number;
}

export interface CloseCursor {
  readonly kind: 'closeCursor';
  /** undefined: ALL. */
  readonly name: string | undefined;
  readonly offset: number;
}

// ------------------------------------------------------------------------------------------------------------------ utilities

export interface Explain {
  readonly kind: 'explain';
  /** ANALYZE and VERBOSE of the old syntax arrive as options. */
  readonly options: readonly DefinitionOption[];
  readonly statement: PreparableStatement | CreateTableAs | CreateMaterializedView | RefreshMaterializedView | DeclareCursor | Execute;
  readonly offset: number;
}

export interface MaintainedTable {
  readonly name: QualifiedName;
  readonly columns: readonly Identifier[];
}

/** ANALYZE [options] [table [(columns)], ...]. */
export interface Analyze {
  readonly kind: 'analyze';
  readonly options: readonly DefinitionOption[];
  readonly tables: readonly MaintainedTable[];
  readonly offset: number;
}

/** FULL, FREEZE, VERBOSE, ANALYZE of the old syntax arrive as options. */
export interface Vacuum {
  readonly kind: 'vacuum';
  readonly options: readonly DefinitionOption[];
  readonly tables: readonly MaintainedTable[];
  readonly offset: number;
}

export interface Reindex {
  readonly kind: 'reindex';
  readonly options: readonly DefinitionOption[];
  readonly target: 'index' | 'table' | 'schema' | 'database' | 'system';
  readonly concurrently: boolean;
  readonly name: QualifiedName;
  readonly offset: number;
}

export interface Cluster {
  readonly kind: 'cluster';
  readonly options: readonly DefinitionOption[];
  readonly table: QualifiedName | undefined;
  readonly index: string | undefined;
  readonly offset: number;
}

export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly offset: number;
}

export interface Copy {
  readonly kind: 'copy';
  readonly table: QualifiedName | undefined;
  readonly columns: readonly Identifier[];
  /** COPY (query) TO; exactly one of `table` and `query` is present. */
  readonly query: PreparableStatement | undefined;
  readonly direction: 'from' | 'to';
  /** A file name, or the standard stream. */
  readonly endpoint: { readonly kind: 'stdin' | 'stdout' } | { readonly kind: 'file' | 'program'; readonly name: string };
  /** The options of the old syntax arrive in today's form: CSV HEADER is format 'csv', header true. */
  readonly options: readonly DefinitionOption[];
  readonly where: Expression | undefined;
  readonly offset: number;
}

export interface Call {
  readonly kind: 'call';
  readonly call: FunctionCall;
  readonly offset: number;
}

/** Recognised by its first words and skipped to its end: the engine raises 0A000 for `feature` ("CREATE TRIGGER"). */
export interface UnsupportedStatement {
  readonly kind: 'unsupported';
  readonly feature: string;
  readonly offset: number;
}
