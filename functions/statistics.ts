/**
 * Statistical aggregates. Over doubles, sums of squares are kept as squared distances from the running mean (Youngs and Cramer
 * 1971), which loses no digits when values are large and close together. Over integers and numerics everything is exact until the
 * last division and root.
 *
 * Source: PostgreSQL's float8_accum, float8_regr_accum and numeric_stddev_internal.
 */
import type { Datum } from '../base/datum.js';
import { Numeric, divisionScale } from '../base/numeric.js';
import { numericSqrt } from '../base/numeric-math.js';
import { aggregate } from './define.js';
import { floatOverflow } from './emit-helpers.js';
import type { FunctionDef } from './registry.js';

const isInfinite = (x: number): boolean => x === Infinity || x === -Infinity;

// ------------------------------------------------------------------------------------------------------------------- one variable

/** What is asked of the squares: divided by the count or one less, and perhaps the root. */
const spreads: readonly [name: string, isSample: boolean, isRoot: boolean][] = [
  ['var_pop', false, false], ['var_samp', true, false], ['variance', true, false], ['stddev_pop', false, true], ['stddev_samp', true, true], ['stddev', true, true],
];

interface FloatState {
  count: number;
  sum: number;
  squares: number;
}

export function addFloat(state: FloatState, value: number): FloatState {
  const oldCount = state.count;
  const oldSum = state.sum;
  state.count++;
  state.sum += value;
  if (oldCount > 0) {
    const distance = value * state.count - state.sum;
    state.squares += (distance * distance) / (state.count * oldCount);
    if (isInfinite(state.sum) || isInfinite(state.squares)) {
      if (!isInfinite(oldSum) && !isInfinite(value)) throw floatOverflow();
      state.squares = NaN;
    }
  } else if (!Number.isFinite(value)) state.squares = NaN;
  return state;
}

const floatSpreads = (): FunctionDef[] => ['float4', 'float8'].flatMap((type) =>
  spreads.map(([name, isSample, isRoot]) =>
    aggregate<FloatState>(
      name, type, 'float8', () => ({ count: 0, sum: 0, squares: 0 }), (state, [value]) => addFloat(state, value as number),
      ({ count, squares }) => {
        if (count < (isSample ? 2 : 1)) return null;
        const variance = squares / (isSample ? count - 1 : count);
        return isRoot ? Math.sqrt(variance) : variance;
      },
    ),
  ),
);

interface ExactState {
  count: number;
  sum: Numeric;
  squares: Numeric;
}

function addExact(state: ExactState, value: Numeric, sign: 1 | -1): ExactState {
  const square = value.multiply(value);
  state.count += sign;
  state.sum = sign === 1 ? state.sum.add(value) : state.sum.subtract(value);
  state.squares = sign === 1 ? state.squares.add(square) : state.squares.subtract(square);
  return state;
}

function exactSpread({ count, sum, squares }: ExactState, isSample: boolean, isRoot: boolean): Datum {
  if (count < (isSample ? 2 : 1)) return null;
  if (!sum.isFinite || !squares.isFinite) return Numeric.NaN;
  const n = Numeric.fromInt(count);
  const scale = sum.scale * 2;
  const numerator = n.multiply(squares).round(scale).subtract(sum.multiply(sum).round(scale));
  if (numerator.sign <= 0) return Numeric.zero;
  const denominator = n.multiply(Numeric.fromInt(isSample ? count - 1 : count));
  const resultScale = divisionScale(numerator, denominator);
  const variance = numerator.divide(denominator, resultScale);
  return isRoot ? numericSqrt(variance, resultScale) : variance;
}

const exactSpreads = (): FunctionDef[] => ['int2', 'int4', 'int8', 'numeric'].flatMap((type) => {
  const numeric = (value: Datum): Numeric => (type === 'numeric' ? (value as Numeric) : Numeric.fromInt(value as number | bigint));
  return spreads.map(([name, isSample, isRoot]) =>
    aggregate<ExactState>(
      name, type, 'numeric', () => ({ count: 0, sum: Numeric.zero, squares: Numeric.zero }), (state, [value]) => addExact(state, numeric(value!), 1),
      (state) => exactSpread(state, isSample, isRoot),
      // Rows with NaN or infinities cannot be taken out again, and a scale once reached stays; integers have neither trouble.
      type === 'numeric' ? {} : { inverse: (state, [value]) => addExact(state as ExactState, numeric(value!), -1) },
    ),
  );
});

// ------------------------------------------------------------------------------------------------------------------- two variables

interface PairState {
  n: number;
  sumX: number;
  squaresX: number;
  sumY: number;
  squaresY: number;
  products: number;
}

/** The dependent variable comes first. */
export function addPair(state: PairState, y: number, x: number): PairState {
  const { n: oldN, sumX: oldX, sumY: oldY } = state;
  state.n++;
  state.sumX += x;
  state.sumY += y;
  if (oldN > 0) {
    const distanceX = x * state.n - state.sumX;
    const distanceY = y * state.n - state.sumY;
    const scale = 1 / (state.n * oldN);
    state.squaresX += distanceX * distanceX * scale;
    state.squaresY += distanceY * distanceY * scale;
    state.products += distanceX * distanceY * scale;
    const isFiniteX = !isInfinite(oldX) && !isInfinite(x);
    const isFiniteY = !isInfinite(oldY) && !isInfinite(y);
    if (
      ((isInfinite(state.sumX) || isInfinite(state.squaresX)) && isFiniteX) ||
      ((isInfinite(state.sumY) || isInfinite(state.squaresY)) && isFiniteY) ||
      (isInfinite(state.products) && isFiniteX && isFiniteY)
    ) throw floatOverflow();
    if (isInfinite(state.squaresX)) state.squaresX = NaN;
    if (isInfinite(state.squaresY)) state.squaresY = NaN;
    if (isInfinite(state.products)) state.products = NaN;
  } else {
    if (!Number.isFinite(x)) state.squaresX = state.products = NaN;
    if (!Number.isFinite(y)) state.squaresY = state.products = NaN;
  }
  return state;
}

const pairResults: Readonly<Record<string, (s: PairState) => number | null>> = {
  regr_sxx: (s) => s.squaresX,
  regr_syy: (s) => s.squaresY,
  regr_sxy: (s) => s.products,
  regr_avgx: (s) => s.sumX / s.n,
  regr_avgy: (s) => s.sumY / s.n,
  covar_pop: (s) => s.products / s.n,
  covar_samp: (s) => (s.n < 2 ? null : s.products / (s.n - 1)),
  corr: (s) => (s.squaresX === 0 || s.squaresY === 0 ? null : s.products / Math.sqrt(s.squaresX * s.squaresY)),
  regr_r2: (s) => (s.squaresX === 0 ? null : s.squaresY === 0 ? 1 : (s.products * s.products) / (s.squaresX * s.squaresY)),
  regr_slope: (s) => (s.squaresX === 0 ? null : s.products / s.squaresX),
  regr_intercept: (s) => (s.squaresX === 0 ? null : (s.sumY - (s.sumX * s.products) / s.squaresX) / s.n),
};

const newPair = (): PairState => ({ n: 0, sumX: 0, squaresX: 0, sumY: 0, squaresY: 0, products: 0 });

const pairs = (): FunctionDef[] => [
  ...Object.entries(pairResults).map(([name, result]) =>
    aggregate<PairState>(name, 'float8 float8', 'float8', newPair, (state, [y, x]) => addPair(state, y as number, x as number), (state) => (state.n === 0 ? null : result(state))),
  ),
  aggregate<number>('regr_count', 'float8 float8', 'int8', () => 0, (n) => n + 1, (n) => n, { inverse: (n) => (n as number) - 1 }),
];

export const statisticsFunctions = (): readonly FunctionDef[] => [...floatSpreads(), ...exactSpreads(), ...pairs()];
