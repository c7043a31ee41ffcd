/**
 * What programs without types may hand over by mistake, looked at where it comes in, so that they learn what was wrong with it and not what came of it later. And what a program's own functions throw
 * while they are called: it fails the call with 38000 and the error as its cause, for it is no mistake of ours (see H2 of routines/host-functions.ts).
 */
import { DbError } from '../base/errors.js';
import type { QueryOptions } from './api.js';
import { DatabaseError, misuse } from './errors.js';

/** @throws DatabaseError 22023 */
export function requireFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw misuse('22023', `${what} must be a function`);
}

/** @throws DatabaseError 22023 */
export function requireObject(what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw misuse('22023', `${what} must be an object`);
}

/** What cancels a call, and what is told of it. @throws DatabaseError 22023 */
export function checkCallOptions({ signal, timeout, onResult }: QueryOptions): void {
  if (signal !== undefined && !isSignal(signal)) throw misuse('22023', 'the option signal must be an AbortSignal');
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) throw misuse('22023', 'the option timeout must be a number of milliseconds, not less than 0');
  if (onResult !== undefined && (onResult as unknown) !== null) requireFunction('the option onResult', onResult);
}
/** Those of other realms and of libraries will do. */
function isSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function';
}

/** How values are given and taken; null is as good as nothing. @throws DatabaseError 22023 */
export function checkValueOptions({ rowMode, values, int8, parsers, serializers }: QueryOptions): void {
  requireOneOf('rowMode', rowMode, ['object', 'array']);
  requireOneOf('values', values, ['js', 'text']);
  requireOneOf('int8', int8, ['number', 'bigint', 'string']);
  for (const [name, functions] of [['parsers', parsers], ['serializers', serializers]] as const) {
    if (functions === undefined || (functions as unknown) === null) continue;
    requireObject(`the option ${name}`, functions);
    for (const [oid, one] of Object.entries<unknown>(functions)) if (one !== undefined) requireFunction(`the option ${name}, for the type of oid ${oid},`, one);
  }
}
function requireOneOf(name: string, value: string | null | undefined, words: readonly string[]): void {
  if (value !== undefined && value !== null && !words.includes(value)) throw misuse('22023', `the option ${name} must be one of ${words.map((word) => `'${word}'`).join(', ')}`);
}

/** What is given to be read, a piece at a time; a text or bytes are one piece. */
export type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | Uint8Array | string;

/** The pieces of what is to be read. @throws DatabaseError 22023 at once, or for a piece that is neither text nor bytes, DbError 38000 when the source fails */
export function chunksOf(source: Chunks): AsyncIterable<Uint8Array | string> {
  const pieces = typeof source === 'string' || source instanceof Uint8Array ? [source] : source;
  const isIterable = typeof pieces === 'object' && (pieces as unknown) !== null && (Symbol.asyncIterator in pieces || Symbol.iterator in pieces);
  if (!isIterable) throw misuse('22023', 'what is to be read must be a text, a Uint8Array, or an iterable of them, as a stream is');
  return checkedChunks(pieces);
}
async function* checkedChunks(pieces: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<Uint8Array | string> {
  try {
    for await (const piece of pieces) {
      if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) throw misuse('22023', `what is read must come as texts or as Uint8Arrays, not as ${piece === null ? 'null' : `a value of type ${typeof piece}`}`);
      yield piece;
    }
  } catch (error) {
    throw ofProgram('the source of what is read', error);
  }
}

/** Who takes what is written. @throws DatabaseError 22023 at once; the sink: DbError 38000 when it fails */
export function sinkOf(sink: (chunk: string) => Promise<void> | void): (chunk: string) => Promise<void> {
  requireFunction('what takes the text that is written', sink);
  return async (chunk) => {
    try {
      await sink(chunk);
    } catch (error) {
      throw ofProgram('what takes the text that is written', error);
    }
  };
}

/** What the program's function gives for a value. @throws DbError 38000 when it fails */
export function callOfProgram<A, R>(what: string, f: (value: A) => R, value: A): R {
  try {
    return f(value);
  } catch (error) {
    throw ofProgram(what, error);
  }
}

/** The error of a call of the program's own `what`, which threw that: one of ours as it is. */
export function ofProgram(what: string, error: unknown): Error {
  if (error instanceof DatabaseError || error instanceof DbError) return error;
  return new DbError('38000', `${what} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
