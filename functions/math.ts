/**
 * Mathematical functions over doubles and numerics: rounding, roots, powers, logarithms, trigonometry, width_bucket, factorial.
 * Doubles come from the platform's library, so the last digit of a transcendental result may differ from another platform's.
 *
 * Source: PostgreSQL's float.c and numeric.c for domains, errors and result scales.
 */
import type { Datum, SqlArray } from '../base/datum.js';
import { comparatorOf } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { roundHalfEven } from '../base/interval.js';
import { Numeric } from '../base/numeric.js';
import { numericExp, numericLn, numericLog, numericPower, numericSqrt } from '../base/numeric-math.js';
import { baseTypeOf, sqlType } from '../base/types.js';
import { operator, scalar, specialized } from './define.js';
import { acosd, asind, atan2d, atand, cosd, cotd, inputOutOfRange, sind, tand } from './degrees.js';
import { H, floatOverflow, floatUnderflow } from './emit-helpers.js';
import type { FunctionDef, OperatorDef } from './registry.js';

type Int8 = number | bigint;

const isFinite = Number.isFinite;
const call = (name: string) => ({ emit: (args: readonly string[]): string => `Math.${name}(${args[0]})` });

// ------------------------------------------------------------------------------------------------------------------- doubles

/** The result of a library function: an infinity or zero that its argument does not explain is 22003. */
function checked(result: number, isInfinityAllowed: boolean, isZeroAllowed: boolean): number {
  if ((result === Infinity || result === -Infinity) && !isInfinityAllowed) throw floatOverflow();
  if (result === 0 && !isZeroAllowed) throw floatUnderflow();
  return result;
}

function sqrt(x: number): number {
  if (x < 0) throw new DbError('2201F', 'cannot take square root of a negative number');
  return Math.sqrt(x);
}
function exp(x: number): number {
  return checked(Math.exp(x), x === Infinity, x === -Infinity);
}
function logarithm(log: (x: number) => number): (x: number) => number {
  return (x) => {
    if (x === 0) throw new DbError('2201E', 'cannot take logarithm of zero');
    if (x < 0) throw new DbError('2201E', 'cannot take logarithm of a negative number');
    return log(x);
  };
}

function power(x: number, y: number): number {
  if (Number.isNaN(x)) return y === 0 ? 1 : NaN;
  if (Number.isNaN(y)) return x === 1 ? 1 : NaN;
  if (x === 0 && y < 0) throw new DbError('2201F', 'zero raised to a negative power is undefined');
  if (x < 0 && isFinite(y) && Math.floor(y) !== y) {
    throw new DbError('2201F', 'a negative number raised to a non-integer power yields a complex result');
  }
  if (!isFinite(y)) {
    // Unlike JavaScript's, C's pow says 1 for a base of 1 or -1.
    if (Math.abs(x) === 1) return 1;
    return Math.abs(x) > 1 === y > 0 ? Infinity : 0;
  }
  return checked(Math.pow(x, y), !isFinite(x), x === 0 || !isFinite(x));
}

/** Round half to even, as C's rint. */
function round(x: number): number {
  if (!isFinite(x)) return x;
  const rounded = roundHalfEven(x);
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/** Trigonometric functions refuse infinite angles. */
function ofAngle(f: (x: number) => number): (x: number) => number {
  return (x) => {
    if (x === Infinity || x === -Infinity) throw inputOutOfRange();
    return f(x);
  };
}
/** Inverse ones have a domain. */
function within(low: number, high: number, f: (x: number) => number): (x: number) => number {
  return (x) => {
    if (x < low || x > high) throw inputOutOfRange();
    return f(x);
  };
}

function atanh(x: number): number {
  if (x < -1 || x > 1) throw inputOutOfRange();
  return Math.atanh(x);
}

function finiteResult(f: (x: number) => number): (x: number) => number {
  return (x) => checked(f(x), !isFinite(x), true);
}

// ------------------------------------------------------------------------------------------------------------------- numerics

function factorial(n: Int8): Numeric {
  if (n < 0) throw new DbError('22003', 'factorial of a negative number is undefined');
  if (n > 32177) throw new DbError('22003', 'value overflows numeric format');
  let product = 1n;
  for (let i = 2n; i <= BigInt(n); i++) product *= i;
  return Numeric.of(product, 0);
}

function integers(value: Numeric): bigint {
  return BigInt(value.coefficient);
}
function numericGcd(a: Numeric, b: Numeric): Numeric {
  if (!a.isFinite || !b.isFinite) return Numeric.NaN;
  const scale = Math.max(a.scale, b.scale);
  let x = integers(a.round(scale));
  let y = integers(b.round(scale));
  while (y !== 0n) [x, y] = [y, x % y];
  return Numeric.of(x < 0n ? -x : x, scale);
}
function numericLcm(a: Numeric, b: Numeric): Numeric {
  if (!a.isFinite || !b.isFinite) return Numeric.NaN;
  const scale = Math.max(a.scale, b.scale);
  if (a.sign === 0 || b.sign === 0) return new Numeric(0, scale);
  const x = integers(a.round(scale));
  const y = integers(b.round(scale));
  const divisor = integers(numericGcd(a, b).round(scale));
  const product = (x / divisor) * y;
  return Numeric.of(product < 0n ? -product : product, scale);
}

/** As far as the format reaches either way. */
const decimals = (n: number): number => Math.min(Math.max(n, -131073), 16383);

// ------------------------------------------------------------------------------------------------------------------- width_bucket

function bucketError(what: string): DbError {
  return new DbError('2201G', what);
}

function widthBucketFloat(operand: number, low: number, high: number, count: number): number {
  if (count <= 0) throw bucketError('count must be greater than zero');
  if (Number.isNaN(operand) || Number.isNaN(low) || Number.isNaN(high)) throw bucketError('operand, lower bound, and upper bound cannot be NaN');
  if (!isFinite(low) || !isFinite(high)) throw bucketError('lower and upper bounds must be finite');
  if (low === high) throw bucketError('lower bound cannot equal upper bound');
  const isAscending = low < high;
  if (isAscending ? operand < low : operand > low) return 0;
  if (isAscending ? operand >= high : operand <= high) return H.int4(count + 1);
  const width = isAscending ? high - low : low - high;
  const offset = isAscending ? operand - low : low - operand;
  // The difference of far apart bounds may overflow; halves do not.
  const fraction = isFinite(width) ? offset / width : (isAscending ? operand / 2 - low / 2 : low / 2 - operand / 2) / (isAscending ? high / 2 - low / 2 : low / 2 - high / 2);
  return H.int4(Math.floor(count * fraction) + 1);
}

function widthBucketNumeric(operand: Numeric, low: Numeric, high: Numeric, count: number): number {
  if (count <= 0) throw bucketError('count must be greater than zero');
  if (operand.isNaN || low.isNaN || high.isNaN) throw bucketError('operand, lower bound, and upper bound cannot be NaN');
  if (!low.isFinite || !high.isFinite) throw bucketError('lower and upper bounds must be finite');
  const order = low.compare(high);
  if (order === 0) throw bucketError('lower bound cannot equal upper bound');
  const side = order < 0 ? operand.compare(low) : low.compare(operand);
  if (side < 0) return 0;
  if (order < 0 ? operand.compare(high) >= 0 : operand.compare(high) <= 0) return H.int4(count + 1);
  const offset = order < 0 ? operand.subtract(low) : low.subtract(operand);
  const width = order < 0 ? high.subtract(low) : low.subtract(high);
  return Number(offset.multiply(Numeric.fromInt(count)).divide(width).floor().coefficient) + 1;
}

const bucketInArray = scalar('width_bucket', 'anycompatible anycompatiblearray', 'int4', () => null);
/** How many thresholds, sorted ascending, are at most the operand. */
const widthBucketArray = specialized(bucketInArray, (args, _result, types) => {
  const compare = comparatorOf(baseTypeOf(sqlType(args[0]!.oid), types), types);
  return {
    ...bucketInArray,
    impl: (operand: Datum, thresholds: SqlArray) => {
      if (thresholds.dims.length > 1) throw new DbError('2202E', 'thresholds must be one-dimensional array');
      if (thresholds.elements.includes(null)) throw new DbError('22004', 'thresholds array must not contain NULLs');
      let low = 0;
      let high = thresholds.elements.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(operand, thresholds.elements[middle]!) < 0) high = middle;
        else low = middle + 1;
      }
      return low;
    },
  };
});

// ------------------------------------------------------------------------------------------------------------------- catalogue

const doubles: [string, (x: number) => number, ({ emit: (args: readonly string[]) => string } | undefined)?][] = [
  ['ceil', Math.ceil, call('ceil')], ['ceiling', Math.ceil, call('ceil')], ['floor', Math.floor, call('floor')], ['round', round],
  ['trunc', Math.trunc, call('trunc')], ['sign', (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)], ['sqrt', sqrt], ['dsqrt', sqrt],
  ['cbrt', Math.cbrt, call('cbrt')], ['exp', exp], ['ln', logarithm(Math.log)], ['log', logarithm(Math.log10)], ['log10', logarithm(Math.log10)],
  ['degrees', finiteResult((x) => x / 0.0174532925199432957692)], ['radians', (x) => x * 0.0174532925199432957692],
  ['sin', ofAngle(Math.sin)], ['cos', ofAngle(Math.cos)], ['tan', ofAngle(Math.tan)], ['cot', ofAngle((x) => 1 / Math.tan(x))],
  ['asin', within(-1, 1, Math.asin)], ['acos', within(-1, 1, Math.acos)], ['atan', Math.atan],
  ['sind', sind], ['cosd', cosd], ['tand', tand], ['cotd', cotd], ['asind', asind], ['acosd', acosd], ['atand', atand],
  ['sinh', Math.sinh], ['cosh', Math.cosh], ['tanh', Math.tanh], ['asinh', Math.asinh], ['acosh', within(1, Infinity, Math.acosh)], ['atanh', atanh],
];

export const mathFunctions = (): readonly FunctionDef[] => [
  ...doubles.map(([name, f, options]) => scalar(name, 'float8', 'float8', f, options ?? {})),
  scalar('pi', '', 'float8', () => Math.PI),
  scalar('atan2', 'float8 float8', 'float8', Math.atan2),
  scalar('atan2d', 'float8 float8', 'float8', atan2d),
  ...['power', 'pow', 'dpow'].map((name) => scalar(name, 'float8 float8', 'float8', power)),
  ...['ceil', 'ceiling'].map((name) => scalar(name, 'numeric', 'numeric', (x: Numeric) => x.ceil())),
  scalar('floor', 'numeric', 'numeric', (x: Numeric) => x.floor()),
  scalar('round', 'numeric', 'numeric', (x: Numeric) => x.round(0)),
  scalar('round', 'numeric int4', 'numeric', (x: Numeric, n: number) => x.round(decimals(n))),
  scalar('trunc', 'numeric', 'numeric', (x: Numeric) => x.truncate(0)),
  scalar('trunc', 'numeric int4', 'numeric', (x: Numeric, n: number) => x.truncate(decimals(n))),
  scalar('sign', 'numeric', 'numeric', (x: Numeric) => (x.isNaN ? x : Numeric.fromInt(x.sign))),
  scalar('sqrt', 'numeric', 'numeric', (x: Numeric) => numericSqrt(x)),
  scalar('exp', 'numeric', 'numeric', numericExp),
  scalar('ln', 'numeric', 'numeric', numericLn),
  ...['log', 'log10'].map((name) => scalar(name, 'numeric', 'numeric', (x: Numeric) => numericLog(Numeric.fromInt(10), x))),
  scalar('log', 'numeric numeric', 'numeric', numericLog),
  ...['power', 'pow'].map((name) => scalar(name, 'numeric numeric', 'numeric', numericPower)),
  scalar('factorial', 'int8', 'numeric', factorial),
  scalar('gcd', 'numeric numeric', 'numeric', numericGcd),
  scalar('lcm', 'numeric numeric', 'numeric', numericLcm),
  scalar('scale', 'numeric', 'int4', (x: Numeric) => (x.isFinite ? x.scale : null)),
  scalar('min_scale', 'numeric', 'int4', (x: Numeric) => (x.isFinite ? x.trimScale().scale : null)),
  scalar('trim_scale', 'numeric', 'numeric', (x: Numeric) => x.trimScale()),
  scalar('numeric_inc', 'numeric', 'numeric', (x: Numeric) => x.add(Numeric.one)),
  scalar('width_bucket', 'float8 float8 float8 int4', 'int4', widthBucketFloat),
  scalar('width_bucket', 'numeric numeric numeric int4', 'int4', widthBucketNumeric),
  widthBucketArray,
];

export const mathOperators = (): readonly OperatorDef[] => [
  operator('^', 'float8', 'float8', 'float8', power, { functionName: 'dpow' }),
  operator('^', 'numeric', 'numeric', 'numeric', numericPower, { functionName: 'numeric_power' }),
  operator('|/', '', 'float8', 'float8', sqrt, { functionName: 'dsqrt' }),
  operator('||/', '', 'float8', 'float8', Math.cbrt, { functionName: 'dcbrt' }),
];
