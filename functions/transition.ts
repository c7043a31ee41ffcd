/**
 * The functions that PostgreSQL's aggregates over float8 and bool are made of, callable on their own: transitions of (N, sum of X, sum of squared
 * distances), as the aggregates of statistics.ts make them, their combination, and the two of bool_and and bool_or.
 */
import { SqlArray } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { TypeOid } from '../base/types.js';
import { scalar } from './define.js';
import { floatOverflow } from './emit-helpers.js';
import type { FunctionDef } from './registry.js';
import { addFloat, addPair } from './statistics.js';

function numbersOf(state: SqlArray, count: number, name: string): number[] {
  if (state.dims.length !== 1 || state.elements.length !== count || state.elements.includes(null)) throw new DbError('XX000', `${name}: expected ${count}-element float8 array`);
  return state.elements as number[];
}
const arrayOf = (values: readonly number[]): SqlArray => SqlArray.of(TypeOid.float8, [...values]);

function accumulate(state: SqlArray, x: number): SqlArray {
  const [count, sum, squares] = numbersOf(state, 3, 'float8_accum') as [number, number, number];
  const after = addFloat({ count, sum, squares }, x);
  return arrayOf([after.count, after.sum, after.squares]);
}

function accumulatePair(state: SqlArray, y: number, x: number): SqlArray {
  const [n, sumX, squaresX, sumY, squaresY, products] = numbersOf(state, 6, 'float8_regr_accum') as [number, number, number, number, number, number];
  const after = addPair({ n, sumX, squaresX, sumY, squaresY, products }, y, x);
  return arrayOf([after.n, after.sumX, after.squaresX, after.sumY, after.squaresY, after.products]);
}

/** Puts two parts of the input together: `sums` says where the sums lie, `products` which pairs of them each sum of products is over. */
function combine(name: string, size: number, sums: readonly number[], products: readonly (readonly [at: number, a: number, b: number])[]): (a: SqlArray, b: SqlArray) => SqlArray {
  return (left, right) => {
    const a = numbersOf(left, size, name);
    const b = numbersOf(right, size, name);
    if (a[0] === 0) return right;
    if (b[0] === 0) return left;
    const count = a[0]! + b[0]!;
    const result = new Array<number>(size).fill(count);
    for (const at of sums) result[at] = a[at]! + b[at]!;
    const apart = (at: number): number => a[at]! / a[0]! - b[at]! / b[0]!;
    for (const [at, x, y] of products) result[at] = a[at]! + b[at]! + (a[0]! * b[0]! * apart(x) * apart(y)) / count;
    // A sum that is infinite although nothing put into it was.
    if (result.some((value) => Math.abs(value) === Infinity) && [...a, ...b].every(Number.isFinite)) throw floatOverflow();
    return arrayOf(result);
  };
}

export const transitionFunctions = (): readonly FunctionDef[] => [
  scalar('float8_accum', '_float8 float8', '_float8', accumulate),
  scalar('float8_combine', '_float8 _float8', '_float8', combine('float8_combine', 3, [1], [[2, 1, 1]])),
  scalar('float8_regr_accum', '_float8 float8 float8', '_float8', accumulatePair),
  scalar('float8_regr_combine', '_float8 _float8', '_float8', combine('float8_regr_combine', 6, [1, 3], [[2, 1, 1], [4, 3, 3], [5, 1, 3]])),
  scalar('booland_statefunc', 'bool bool', 'bool', (a: boolean, b: boolean) => a && b),
  scalar('boolor_statefunc', 'bool bool', 'bool', (a: boolean, b: boolean) => a || b),
];
