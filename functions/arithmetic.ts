/** `+ - * / % ^` and their kin over integers, floats and numerics, with PostgreSQL's overflow and division errors. */
import { DbError } from '../base/errors.js';
import type { Numeric } from '../base/numeric.js';
import { operator, scalar } from './define.js';
import { divisionByZero, H } from './emit-helpers.js';
import type { FunctionDef, OperatorDef } from './registry.js';

type Int8 = number | bigint;

const binary = (template: string) => (args: readonly string[]): string => template.replaceAll('$1', args[0]!).replaceAll('$2', args[1]!);
const unary = (template: string) => (args: readonly string[]): string => template.replaceAll('$1', args[0]!);

/** The integer type a mixed operation has: the wider one. */
const wider = (a: string, b: string): 'int2' | 'int4' | 'int8' => (a === 'int8' || b === 'int8' ? 'int8' : a === 'int4' || b === 'int4' ? 'int4' : 'int2');

function integerOperators(left: string, right: string): OperatorDef[] {
  const type = wider(left, right);
  if (type === 'int8') {
    return [
      operator('+', left, right, type, H.int8Add, { commutator: '+', emit: binary('H.int8Add($1, $2)') }),
      operator('-', left, right, type, H.int8Subtract, { emit: binary('H.int8Subtract($1, $2)') }),
      operator('*', left, right, type, H.int8Multiply, { commutator: '*', emit: binary('H.int8Multiply($1, $2)') }),
      operator('/', left, right, type, H.int8Divide, { emit: binary('H.int8Divide($1, $2)') }),
      ...(left === right ? [operator('%', left, right, type, H.int8Remainder, { emit: binary('H.int8Remainder($1, $2)') })] : []),
    ];
  }
  const check = H[type];
  return [
    operator('+', left, right, type, (a: number, b: number) => check(a + b), { commutator: '+', emit: binary(`H.${type}($1 + $2)`) }),
    operator('-', left, right, type, (a: number, b: number) => check(a - b), { emit: binary(`H.${type}($1 - $2)`) }),
    operator('*', left, right, type, (a: number, b: number) => check(a * b), { commutator: '*', emit: binary(`H.${type}($1 * $2)`) }),
    operator('/', left, right, type, (a: number, b: number) => check(H.divideInt(a, b)), { emit: binary(`H.${type}(H.divideInt($1, $2))`) }),
    ...(left === right ? [operator('%', left, right, type, H.remainderInt, { emit: binary('H.remainderInt($1, $2)') })] : []),
  ];
}

function bitOperators(type: 'int2' | 'int4' | 'int8'): OperatorDef[] {
  if (type === 'int8') {
    const both = (f: (a: bigint, b: bigint) => bigint) => (a: Int8, b: Int8) => H.int8(BigInt.asIntN(64, f(BigInt(a), BigInt(b))));
    return [
      operator('&', type, type, type, both((a, b) => a & b), { commutator: '&' }),
      operator('|', type, type, type, both((a, b) => a | b), { commutator: '|' }),
      operator('#', type, type, type, both((a, b) => a ^ b), { commutator: '#' }),
      operator('~', '', type, type, (a: Int8) => H.int8(~BigInt(a))),
      operator('<<', type, 'int4', type, (a: Int8, n: number) => H.int8(BigInt.asIntN(64, BigInt(a) << BigInt(n & 63)))),
      operator('>>', type, 'int4', type, (a: Int8, n: number) => H.int8(BigInt(a) >> BigInt(n & 63))),
    ];
  }
  const narrow = (n: number): number => (type === 'int2' ? (n << 16) >> 16 : n | 0);
  return [
    operator('&', type, type, type, (a: number, b: number) => a & b, { commutator: '&', emit: binary('($1 & $2)') }),
    operator('|', type, type, type, (a: number, b: number) => a | b, { commutator: '|', emit: binary('($1 | $2)') }),
    operator('#', type, type, type, (a: number, b: number) => a ^ b, { commutator: '#', emit: binary('($1 ^ $2)') }),
    operator('~', '', type, type, (a: number) => ~a, { emit: unary('(~$1)') }),
    operator('<<', type, 'int4', type, (a: number, n: number) => narrow(a << (n & 31))),
    operator('>>', type, 'int4', type, (a: number, n: number) => a >> (n & 31)),
  ];
}

/** float4 with float4 stays float4; any mix is float8. */
function floatOperators(left: string, right: string): OperatorDef[] {
  const isSingle = left === 'float4' && right === 'float4';
  const type = isSingle ? 'float4' : 'float8';
  const single = (value: number, a: number, b: number): number => (isSingle ? H.float4(value, !Number.isFinite(a) || !Number.isFinite(b) || !Number.isFinite(value)) : value);
  const emit = (name: string) => (isSingle ? {} : { emit: binary(`H.${name}($1, $2)`) });
  return [
    operator('+', left, right, type, (a: number, b: number) => single(H.floatAdd(a, b), a, b), { commutator: '+', ...emit('floatAdd') }),
    operator('-', left, right, type, (a: number, b: number) => single(H.floatSubtract(a, b), a, b), emit('floatSubtract')),
    operator('*', left, right, type, (a: number, b: number) => single(H.floatMultiply(a, b), a, b), { commutator: '*', ...emit('floatMultiply') }),
    operator('/', left, right, type, (a: number, b: number) => single(H.floatDivide(a, b), a, b), emit('floatDivide')),
  ];
}

const integerTypes = ['int2', 'int4', 'int8'] as const;
const floatTypes = ['float4', 'float8'] as const;

export const arithmeticOperators = (): readonly OperatorDef[] => [
  ...integerTypes.flatMap((left) => integerTypes.flatMap((right) => integerOperators(left, right))),
  ...integerTypes.flatMap(bitOperators),
  ...floatTypes.flatMap((left) => floatTypes.flatMap((right) => floatOperators(left, right))),
  operator('+', 'numeric', 'numeric', 'numeric', (a: Numeric, b: Numeric) => a.add(b), { commutator: '+', emit: binary('$1.add($2)') }),
  operator('-', 'numeric', 'numeric', 'numeric', (a: Numeric, b: Numeric) => a.subtract(b), { emit: binary('$1.subtract($2)') }),
  operator('*', 'numeric', 'numeric', 'numeric', (a: Numeric, b: Numeric) => a.multiply(b), { commutator: '*', emit: binary('$1.multiply($2)') }),
  operator('/', 'numeric', 'numeric', 'numeric', (a: Numeric, b: Numeric) => a.divide(b), { emit: binary('$1.divide($2)') }),
  operator('%', 'numeric', 'numeric', 'numeric', (a: Numeric, b: Numeric) => a.remainder(b), { emit: binary('$1.remainder($2)') }),
  ...integerTypes.map((type) => operator('+', '', type, type, (a: Int8) => a, { emit: unary('$1') })),
  ...floatTypes.map((type) => operator('+', '', type, type, (a: number) => a, { emit: unary('$1') })),
  operator('+', '', 'numeric', 'numeric', (a: Numeric) => a, { emit: unary('$1') }),
  operator('-', '', 'int2', 'int2', (a: number) => H.int2(-a), { emit: unary('H.int2(-$1)') }),
  operator('-', '', 'int4', 'int4', (a: number) => H.int4(-a), { emit: unary('H.int4(-$1)') }),
  operator('-', '', 'int8', 'int8', H.int8Negate, { emit: unary('H.int8Negate($1)') }),
  ...floatTypes.map((type) => operator('-', '', type, type, (a: number) => -a, { emit: unary('(-$1)') })),
  operator('-', '', 'numeric', 'numeric', (a: Numeric) => a.negate(), { emit: unary('$1.negate()') }),
  operator('@', '', 'int2', 'int2', (a: number) => H.int2(Math.abs(a))),
  operator('@', '', 'int4', 'int4', (a: number) => H.int4(Math.abs(a))),
  operator('@', '', 'int8', 'int8', absInt8),
  ...floatTypes.map((type) => operator('@', '', type, type, Math.abs)),
  operator('@', '', 'numeric', 'numeric', (a: Numeric) => a.abs()),
];

function absInt8(a: Int8): Int8 {
  return a < 0 ? H.int8Negate(a) : a;
}

function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
function gcdInt(a: Int8, b: Int8, check: (value: bigint) => Int8): Int8 {
  return check(gcd(BigInt(a), BigInt(b)));
}
function lcmInt(a: Int8, b: Int8, check: (value: bigint) => Int8): Int8 {
  if (a === 0 || b === 0) return 0;
  const x = BigInt(a);
  const product = (x / gcd(x, BigInt(b))) * BigInt(b);
  return check(product < 0n ? -product : product);
}
const toInt4 = (value: bigint): number => {
  if (value > 2147483647n || value < -2147483648n) throw new DbError('22003', 'integer out of range');
  return Number(value);
};

/** Division of numerics toward zero, without a fraction. */
function divNumeric(a: Numeric, b: Numeric): Numeric {
  if (b.sign === 0 && !b.isNaN && !a.isNaN) throw divisionByZero();
  return a.divideTruncated(b);
}

export const arithmeticFunctions = (): readonly FunctionDef[] => [
  scalar('abs', 'int2', 'int2', (a: number) => H.int2(Math.abs(a))),
  scalar('abs', 'int4', 'int4', (a: number) => H.int4(Math.abs(a)), { emit: unary('H.int4(Math.abs($1))') }),
  scalar('abs', 'int8', 'int8', absInt8),
  scalar('abs', 'float4', 'float4', Math.abs),
  scalar('abs', 'float8', 'float8', Math.abs, { emit: unary('Math.abs($1)') }),
  scalar('abs', 'numeric', 'numeric', (a: Numeric) => a.abs()),
  ...(['int2', 'int4'] as const).map((type) => scalar('mod', `${type} ${type}`, type, H.remainderInt, { emit: binary('H.remainderInt($1, $2)') })),
  scalar('mod', 'int8 int8', 'int8', H.int8Remainder, { emit: binary('H.int8Remainder($1, $2)') }),
  scalar('mod', 'numeric numeric', 'numeric', (a: Numeric, b: Numeric) => a.remainder(b)),
  scalar('div', 'numeric numeric', 'numeric', divNumeric),
  scalar('gcd', 'int4 int4', 'int4', (a: number, b: number) => gcdInt(a, b, toInt4)),
  scalar('gcd', 'int8 int8', 'int8', (a: Int8, b: Int8) => gcdInt(a, b, H.int8)),
  scalar('lcm', 'int4 int4', 'int4', (a: number, b: number) => lcmInt(a, b, toInt4)),
  scalar('lcm', 'int8 int8', 'int8', (a: Int8, b: Int8) => lcmInt(a, b, H.int8)),
];
