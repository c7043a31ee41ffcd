/**
 * Arithmetic of money: cents in an int8. Factors and divisors may be integers or floats; results are rounded half away from zero
 * as C's rint of a product is, division by an integer truncates.
 *
 * Source: PostgreSQL's cash.c.
 */
import { DbError } from '../base/errors.js';
import { roundHalfEven } from '../base/interval.js';
import { operator } from './define.js';
import { H, divisionByZero } from './emit-helpers.js';
import type { OperatorDef } from './registry.js';

type Int8 = number | bigint;

function outOfRange(): DbError {
  return new DbError('22003', 'money out of range');
}
function checked(value: bigint): Int8 {
  if (BigInt.asIntN(64, value) !== value) throw outOfRange();
  return H.int8(value);
}
function rounded(value: number): Int8 {
  const cents = roundHalfEven(value);
  if (!(Math.abs(cents) < 9223372036854775807)) throw outOfRange();
  return checked(BigInt(cents));
}
function byFloat(money: Int8, divisor: number): Int8 {
  if (divisor === 0) throw divisionByZero();
  return rounded(H.floatDivide(Number(money), divisor));
}
function byInteger(money: Int8, divisor: Int8): Int8 {
  if (Number(divisor) === 0) throw divisionByZero();
  return checked(BigInt(money) / BigInt(divisor));
}
const timesFloat = (money: Int8, factor: number): Int8 => rounded(H.floatMultiply(Number(money), factor));
const timesInteger = (money: Int8, factor: Int8): Int8 => checked(BigInt(money) * BigInt(factor));

const integers = ['int2', 'int4', 'int8'];
const floats = ['float4', 'float8'];

export const moneyOperators = (): readonly OperatorDef[] => [
  operator('+', 'money', 'money', 'money', (a: Int8, b: Int8) => checked(BigInt(a) + BigInt(b)), { commutator: '+', functionName: 'cash_pl' }),
  operator('-', 'money', 'money', 'money', (a: Int8, b: Int8) => checked(BigInt(a) - BigInt(b)), { functionName: 'cash_mi' }),
  operator('/', 'money', 'money', 'float8', (a: Int8, b: Int8) => {
    if (Number(b) === 0) throw divisionByZero();
    return Number(a) / Number(b);
  }, { functionName: 'cash_div_cash' }),
  ...[...integers, ...floats].flatMap((type) => {
    const times = integers.includes(type) ? timesInteger : timesFloat;
    return [
      operator('*', 'money', type, 'money', (money: Int8, factor: number) => times(money, factor), { commutator: '*', functionName: `cash_mul_${type}` }),
      operator('*', type, 'money', 'money', (factor: number, money: Int8) => times(money, factor), { commutator: '*', functionName: `${type}_mul_cash` }),
      operator('/', 'money', type, 'money', integers.includes(type) ? byInteger : byFloat, { functionName: `cash_div_${type}` }),
    ];
  }),
];
