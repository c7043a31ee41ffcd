/** What the package exports. Everything else under engine/ and below is internal. */
export { open, Database, type DatabaseStatistics } from './database.js';
export { Session, TransactionHandle } from './session.js';
export { Statement, type StatementParams } from './statement.js';
export type { AggregateOptions, FunctionOptions, HostFunction } from './routines/host-functions.js';
export type { DumpOptions } from './copy/dump.js';
export type { TypesOptions } from './catalog/schema-types.js';
export type { RestoreOptions, RestoreResult } from './copy/restore.js';
export { RowStream } from './stream.js';
export { DatabaseError, type DatabaseErrorFields, type Notice, type Severity } from './errors.js';
export type { Conflict, ConflictEdge, ConflictPlace } from './conflict-text.js';
export { sql, Sql, type SqlTag } from './sql-template.js';
export type {
  CallOptions, Field, Int8Mode, IsolationLevel, NoticeListener, OpenOptions, Parsers, QueryConfig, QueryInput, QueryOptions, QueryParams, QueryResult, Row, RowMode, RunResult, Serializers, SessionOptions,
  StreamOptions, TransactionOptions, TransactionStatus, ValueOptions,
} from './api.js';
/** For shells: where statements end in a text that is still growing, and the words of the language. */
export { splitStatements, type OpenConstruct, type Split, type StatementRange } from '../parser/split.js';
export { sqlKeywords } from './keywords.js';
export { highlight, type Span, type SpanKind } from '../parser/highlight.js';
export { isKeywordToQuote } from '../parser/keywords.js';
