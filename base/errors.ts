/**
 * Errors. `DbError` is what a user can provoke: it has a SQLSTATE and PostgreSQL's error fields. `InternalError` is our own bug
 * (XX000) and is never expected. SQLSTATE classes and who raises them: docs/architecture.md.
 */

/** What may accompany an error; offsets are 0-based UTF-16 positions in the statement's source text. */
export interface DbErrorFields {
  readonly severity?: 'ERROR' | 'FATAL' | 'PANIC' | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** What was being done when it happened: PostgreSQL's CONTEXT. */
  readonly where?: string | undefined;
  /** 0-based offset into the SQL text of the place the error is about. The public surface reports it 1-based, as PostgreSQL does. */
  readonly offset?: number | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  /** For 40001 and 40P01: the cycle as data (see mvcc/conflict.ts). */
  readonly conflict?: unknown;
  readonly cause?: unknown;
}

/** An error with a five-character SQLSTATE in `code`. The message names the thing, as PostgreSQL words it. */
export class DbError extends Error {
  readonly code: string;
  fields: DbErrorFields;

  constructor(code: string, message: string, fields: DbErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'DbError';
    this.code = code;
    this.fields = fields;
  }

  /** The same error with a source position, unless it already has one. */
  at(offset: number | undefined): this {
    if (offset !== undefined && this.fields.offset === undefined) this.fields = { ...this.fields, offset };
    return this;
  }
}

/**
 * An error that is nobody's mistake but an outcome to be expected, as a failure of concurrency. It has no stack of its own, which would cost more than all the rest of it (10 us) and
 * lead into our own code: that of the error made of it at the public surface says which call has failed.
 */
export function expectedError(code: string, message: string, fields: DbErrorFields): DbError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new DbError(code, message, fields);
  Error.stackTraceLimit = limit;
  return error;
}

/** A bug of ours, SQLSTATE XX000. */
export class InternalError extends DbError {
  constructor(message: string) {
    super('XX000', `internal error: ${message}`);
    this.name = 'InternalError';
  }
}

/** 0A000: `feature` is named in the message, as in "MERGE is not supported". */
export function notSupported(feature: string, offset?: number): DbError {
  return new DbError('0A000', `${feature} is not supported`, { offset });
}
