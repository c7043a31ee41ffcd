/** Set-returning functions over numbers and arrays: generate_series, unnest, generate_subscripts. Those of texts, times and JSON stand with their types. */
import type { SqlArray} from '../base/datum.js';
import { type Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { Numeric } from '../base/numeric.js';
import { setReturning } from './define.js';
import { H } from './emit-helpers.js';
import type { EvalContext, FunctionDef } from './registry.js';

type Int8 = number | bigint;
const deadlineEvery = 4096;

const zeroStep = (): DbError => new DbError('22023', 'step size cannot equal zero');

/** Ends quietly when the next value would leave the type, as PostgreSQL does. */
function* integers(start: number, stop: number, step: number, ctx: EvalContext): Generator<Datum> {
  if (step === 0) throw zeroStep();
  let count = 0;
  for (let n = start; step > 0 ? n <= stop : n >= stop; n += step) {
    if ((++count & (deadlineEvery - 1)) === 0) ctx.checkDeadline();
    yield n;
  }
}

function* bigIntegers(start: Int8, stop: Int8, step: Int8, ctx: EvalContext): Generator<Datum> {
  if (step === 0) throw zeroStep();
  if (typeof start === 'number' && typeof stop === 'number' && typeof step === 'number' && Number.isSafeInteger(stop + step)) {
    yield* integers(start, stop, step, ctx);
    return;
  }
  let count = 0;
  for (let n = BigInt(start); BigInt(step) > 0n ? n <= BigInt(stop) : n >= BigInt(stop); n += BigInt(step)) {
    if ((++count & (deadlineEvery - 1)) === 0) ctx.checkDeadline();
    yield H.int8(n);
  }
}

function* numerics(start: Numeric, stop: Numeric, step: Numeric, ctx: EvalContext): Generator<Datum> {
  for (const [value, name] of [[start, 'start'], [stop, 'stop'], [step, 'step size']] as const) {
    if (!value.isFinite) throw new DbError('22023', `${name} value cannot be ${value.isNaN ? 'NaN' : 'infinity'}`.replace('step size value', 'step size'));
  }
  if (step.sign === 0) throw zeroStep();
  let count = 0;
  for (let n = start; step.sign > 0 ? n.compare(stop) <= 0 : n.compare(stop) >= 0; n = n.add(step)) {
    if ((++count & (deadlineEvery - 1)) === 0) ctx.checkDeadline();
    yield n;
  }
}

function* subscripts(array: SqlArray, dimension: number, isReverse: boolean): Generator<Datum> {
  const length = array.dims[dimension - 1];
  if (length === undefined) return;
  const low = array.lowerBounds[dimension - 1]!;
  for (let i = 0; i < length; i++) yield isReverse ? low + length - 1 - i : low + i;
}

export const generateFunctions = (): readonly FunctionDef[] => [
  setReturning('generate_series', 'int4 int4', 'int4', ([a, b], ctx) => integers(a as number, b as number, 1, ctx)),
  setReturning('generate_series', 'int4 int4 int4', 'int4', ([a, b, c], ctx) => integers(a as number, b as number, c as number, ctx)),
  setReturning('generate_series', 'int8 int8', 'int8', ([a, b], ctx) => bigIntegers(a as Int8, b as Int8, 1, ctx)),
  setReturning('generate_series', 'int8 int8 int8', 'int8', ([a, b, c], ctx) => bigIntegers(a as Int8, b as Int8, c as Int8, ctx)),
  setReturning('generate_series', 'numeric numeric', 'numeric', ([a, b], ctx) => numerics(a as Numeric, b as Numeric, Numeric.one, ctx)),
  setReturning('generate_series', 'numeric numeric numeric', 'numeric', ([a, b, c], ctx) => numerics(a as Numeric, b as Numeric, c as Numeric, ctx)),
  setReturning('unnest', 'anyarray', 'anyelement', ([array]) => (array as SqlArray).elements),
  setReturning('generate_subscripts', 'anyarray int4', 'int4', ([array, dimension]) => subscripts(array as SqlArray, dimension as number, false)),
  setReturning('generate_subscripts', 'anyarray int4 bool', 'int4', ([array, dimension, isReverse]) => subscripts(array as SqlArray, dimension as number, isReverse as boolean)),
];
