/**
 * The one error type users see. Below the surface errors are `DbError` with 0-based offsets into whatever text was parsed; here they
 * become `DatabaseError` with PostgreSQL's fields, the position 1-based as PostgreSQL reports it. The mapping happens once, at the edge
 * of the public API, so that a stack trace still leads through `cause` to where the error was raised (save for failures of concurrency, which are
 * raised where nobody made a mistake: `expectedError`).
 */
import { inspect } from 'node:util';
import { DbError, InternalError } from '../base/errors.js';
import type { Conflict, TableOfTree } from './conflict-text.js';
import { conflictLater } from './conflict-text.js';

export type Severity = 'ERROR' | 'FATAL' | 'PANIC' | 'WARNING' | 'NOTICE' | 'INFO' | 'LOG' | 'DEBUG';

/** An error of the database: `code` is the SQLSTATE, the rest PostgreSQL's error fields (undefined where they do not apply). */
export class DatabaseError extends Error {
  readonly code: string;
  readonly severity: Severity;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** What was being done when it happened: PostgreSQL's CONTEXT. */
  readonly where: string | undefined;
  /** 1-based position in the statement's text, in characters (UTF-16 units). */
  readonly position: number | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly dataType: string | undefined;
  readonly constraint: string | undefined;
  /** For 40001 and 40P01: the cycle of transactions as data, told when it is first looked at. */
  declare readonly conflict: Conflict | undefined;
  readonly #tellConflict: (() => Conflict | undefined) | undefined;

  constructor(code: string, message: string, fields: DatabaseErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'DatabaseError';
    this.code = code;
    this.severity = fields.severity ?? 'ERROR';
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.where = fields.where;
    this.position = fields.position;
    this.schema = fields.schema;
    this.table = fields.table;
    this.column = fields.column;
    this.dataType = fields.dataType;
    this.constraint = fields.constraint;
    this.#tellConflict = fields.conflict;
    if (fields.conflict === undefined) this.conflict = undefined;
    else Object.defineProperty(this, 'conflict', DatabaseError.#untoldConflict);
  }

  /** Becomes a property like the others when it is read. */
  static readonly #untoldConflict: PropertyDescriptor & ThisType<DatabaseError> = {
    configurable: true,
    enumerable: true,
    get() {
      const value = this.#tellConflict?.();
      Object.defineProperty(this, 'conflict', { configurable: true, enumerable: true, writable: true, value });
      return value;
    },
  };
  /** Whoever prints the error sees its conflict. */
  [inspect.custom](): this {
    void this.conflict;
    return this;
  }

  /** Whether running the whole transaction again may succeed: a serialization failure or a deadlock. */
  get isRetryable(): boolean {
    return this.code === '40001' || this.code === '40P01';
  }
}

export interface DatabaseErrorFields {
  readonly severity?: Severity | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
  readonly position?: number | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  readonly conflict?: (() => Conflict | undefined) | undefined;
  readonly cause?: unknown;
}

/** Something worth saying that is not an error: PostgreSQL's NOTICE, WARNING and INFO messages. */
export interface Notice {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

/**
 * The error a user gets for whatever was thrown below; `tableOf` gives names to the keys of a conflict. Anything but a `DbError` is a bug of
 * ours: XX000.
 */
export function toDatabaseError(error: unknown, tableOf?: TableOfTree): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const inner = error instanceof DbError ? error : stackOverflow(error) ?? engineLimit(error) ?? unexpected(error);
  const f = inner.fields;
  const conflict = f.conflict === undefined ? undefined : conflictLater(f.conflict, tableOf);
  return new DatabaseError(inner.code, inner.message, {
    severity: f.severity,
    detail: f.detail ?? conflict?.()?.summary,
    hint: f.hint,
    where: f.where,
    position: f.offset === undefined || f.offset < 0 ? undefined : f.offset + 1,
    schema: f.schema,
    table: f.table,
    column: f.column,
    dataType: f.dataType,
    constraint: f.constraint,
    conflict,
    cause: error,
  });
}

/** A statement nested more deeply than the JavaScript stack allows. */
function stackOverflow(error: unknown): DbError | undefined {
  if (!(error instanceof RangeError) || !/call stack/i.test(error.message)) return undefined;
  return new DbError('54001', 'stack depth limit exceeded', { hint: 'Simplify the statement, or split it.', cause: error });
}

/** A string, an array or a table that is larger than V8 makes them. */
function engineLimit(error: unknown): DbError | undefined {
  if (!(error instanceof RangeError) || !/^Invalid (string|array|typed array) length|maximum size exceeded|allocation failed/i.test(error.message)) return undefined;
  return new DbError('54000', 'a value is larger than can be kept in memory', { detail: error.message, cause: error });
}

function unexpected(error: unknown): DbError {
  const wrapped = new InternalError(error instanceof Error ? error.message : String(error));
  wrapped.fields = { cause: error };
  return wrapped;
}

/** A mistake in how the library is used, named so that it can be found: PostgreSQL's class 2F/08/25 where one fits. */
export function misuse(code: string, message: string, hint?: string): DatabaseError {
  return new DatabaseError(code, message, { hint });
}
