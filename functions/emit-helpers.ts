/**
 * What generated source reaches as `H`: the checked arithmetic that `emit` templates call. Every function here is also the implementation in the
 * catalogue, so generated code and interpreter cannot differ. Integers are numbers; int8 is canonical (a bigint only beyond 2^53).
 */
import { trimBlanks } from '../base/datum.js';
import { compareText } from '../base/text-order.js';
import { DbError } from '../base/errors.js';
import { addInt8, multiplyInt8, negateInt8, subtractInt8 } from '../base/interval.js';
import type { Numeric } from '../base/numeric.js';

type Int8 = number | bigint;

const outOfRange = (type: string): DbError => new DbError('22003', `${type} out of range`);
export const divisionByZero = (): DbError => new DbError('22012', 'division by zero');
export const floatOverflow = (): DbError => new DbError('22003', 'value out of range: overflow');
export const floatUnderflow = (): DbError => new DbError('22003', 'value out of range: underflow');

const Int8Max = 9223372036854775807n;
const Int8Min = -9223372036854775808n;

/** The result of int2 arithmetic, never -0. */
function int2(value: number): number {
  if (value < -32768 || value > 32767) throw outOfRange('smallint');
  return value | 0;
}
/** The result of int4 arithmetic, never -0. The value is an integer of at most 2^62 in magnitude. */
function int4(value: number): number {
  if (value < -2147483648 || value > 2147483647) throw outOfRange('integer');
  return value | 0;
}
function int8(value: bigint): Int8 {
  if (value < Int8Min || value > Int8Max) throw outOfRange('bigint');
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}
function divideInt(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return Math.trunc(a / b);
}
function remainderInt(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return a % b | 0;
}
function int8Add(a: Int8, b: Int8): Int8 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (sum <= 9007199254740991 && sum >= -9007199254740991) return sum;
  }
  const sum = addInt8(a, b);
  if (sum === undefined) throw outOfRange('bigint');
  return sum;
}
function int8Subtract(a: Int8, b: Int8): Int8 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (difference <= 9007199254740991 && difference >= -9007199254740991) return difference;
  }
  const difference = subtractInt8(a, b);
  if (difference === undefined) throw outOfRange('bigint');
  return difference;
}
function int8Multiply(a: Int8, b: Int8): Int8 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (product <= 9007199254740991 && product >= -9007199254740991) return product + 0;
  }
  const product = multiplyInt8(a, b);
  if (product === undefined) throw outOfRange('bigint');
  return product;
}
function int8Divide(a: Int8, b: Int8): Int8 {
  if (b === 0) throw divisionByZero();
  // a - a % b is a multiple of b, so the quotient is exact even where a / b would round.
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return int8(BigInt(a) / BigInt(b));
}
function int8Remainder(a: Int8, b: Int8): Int8 {
  if (b === 0) throw divisionByZero();
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return int8(BigInt(a) % BigInt(b));
}
function int8Negate(a: Int8): Int8 {
  const negated = negateInt8(a);
  if (negated === undefined) throw outOfRange('bigint');
  return negated;
}

function floatAdd(a: number, b: number): number {
  const sum = a + b;
  if ((sum === Infinity || sum === -Infinity) && Number.isFinite(a) && Number.isFinite(b)) throw floatOverflow();
  return sum;
}
function floatSubtract(a: number, b: number): number {
  return floatAdd(a, -b);
}
function floatMultiply(a: number, b: number): number {
  const product = a * b;
  if ((product === Infinity || product === -Infinity) && Number.isFinite(a) && Number.isFinite(b)) throw floatOverflow();
  if (product === 0 && a !== 0 && b !== 0) throw floatUnderflow();
  return product;
}
function floatDivide(a: number, b: number): number {
  if (b === 0 && a === a) throw divisionByZero();
  const quotient = a / b;
  if ((quotient === Infinity || quotient === -Infinity) && Number.isFinite(a)) throw floatOverflow();
  if (quotient === 0 && a !== 0 && Number.isFinite(b)) throw floatUnderflow();
  return quotient;
}
/** The result of float4 arithmetic done in doubles. */
function float4(value: number, isExpectedInfinite: boolean): number {
  const rounded = Math.fround(value);
  if ((rounded === Infinity || rounded === -Infinity) && !isExpectedInfinite) throw floatOverflow();
  if (rounded === 0 && value !== 0) throw floatUnderflow();
  return rounded;
}
/** PostgreSQL's order of floats as -1, 0, 1: NaN equals itself and is largest. */
function compareFloat(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return a === a ? -1 : b === b ? 1 : 0;
}
function compareNumeric(a: Numeric, b: Numeric): number {
  return a.compare(b);
}

/** Trailing blanks do not count. */
function compareBpchar(a: string, b: string): number {
  return a === b ? 0 : compareText(trimBlanks(a), trimBlanks(b));
}
export const H = {
  int2, int4, int8, divideInt, remainderInt, int8Add, int8Subtract, int8Multiply, int8Divide, int8Remainder, int8Negate,
  floatAdd, floatSubtract, floatMultiply, floatDivide, float4, compareFloat, compareNumeric, compareText, compareBpchar, outOfRange,
} as const;
