/**
 * SQL numeric: exact decimals as PostgreSQL computes, rounds and prints them. A value is `coefficient / 10^scale`, where the scale is
 * the display scale: 1.0 and 1.00 are equal but print differently.
 *
 * N1  The coefficient is a number when it is a safe integer (or NaN, Infinity, -Infinity) and a bigint otherwise; never -0. So small
 *     values, nearly all, compute in doubles, and a result leaves doubles exactly when it would stop being exact.
 * N2  0 <= scale <= 16383, and 0 for NaN and the infinities; at most 131072 digits before the point, or 22003.
 * N3  Result scales are PostgreSQL's: add and subtract the larger, multiply the sum, divide at least 16 significant digits.
 *
 * Roots, powers and logarithms are in numeric-math.ts. Source: PostgreSQL's numeric.c; NaN is largest and equal to itself.
 */
import { assert } from './assert.js';
import { DbError } from './errors.js';
import { numericPrecision, numericScale } from './types.js';

/** Limits of the format and of what functions choose by themselves. */
const NumericScaleMax = 16383;
export const NumericWholeDigitsMax = 131072;
/** The display scale that division, roots and the like never exceed. */
export const NumericDisplayScaleMax = 1000;
/** Significant digits that they give at least. */
export const NumericSignificantDigitsMin = 16;

const MaxSafe = Number.MAX_SAFE_INTEGER;

const bigPowers: bigint[] = [1n];
/** 10^n as a bigint; small powers are kept. */
export function bigPow10(n: number): bigint {
  if (n > 2000) return 10n ** BigInt(n);
  for (let i = bigPowers.length; i <= n; i++) bigPowers.push(bigPowers[i - 1]! * 10n);
  return bigPowers[n]!;
}
/** 10^n as a double, exact for n <= 22. */
const doublePowers = Array.from({ length: 23 }, (_, n) => Number(`1e${n}`));

export function numericOverflow(): DbError {
  return new DbError('22003', 'value overflows numeric format');
}
function divisionByZero(): DbError {
  return new DbError('22012', 'division by zero');
}

/** Quotient rounded half away from zero; both signs of both operands. */
function divideRounded(numerator: bigint, denominator: bigint): bigint {
  let quotient = numerator / denominator;
  const remainder = numerator - quotient * denominator;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  if (twice >= (denominator < 0n ? -denominator : denominator)) quotient += numerator < 0n === denominator < 0n ? 1n : -1n;
  return quotient;
}

export class Numeric {
  readonly coefficient: number | bigint;
  readonly scale: number;

  /** `coefficient` is canonical (N1); use `Numeric.of` when it may not be. */
  constructor(coefficient: number | bigint, scale: number) {
    this.coefficient = coefficient;
    this.scale = scale;
  }

  static readonly NaN = new Numeric(NaN, 0);
  static readonly Infinity = new Numeric(Infinity, 0);
  static readonly NegativeInfinity = new Numeric(-Infinity, 0);
  static readonly zero = new Numeric(0, 0);
  static readonly one = new Numeric(1, 0);

  /** Makes a value of a coefficient in either representation. @throws DbError 22003 past the format's limits */
  static of(coefficient: number | bigint, scale: number): Numeric {
    if (typeof coefficient === 'number') {
      assert(Number.isSafeInteger(coefficient), 'numeric coefficient is not a safe integer', coefficient);
      return new Numeric(coefficient + 0, scale);
    }
    if (coefficient <= MaxSafe && coefficient >= -MaxSafe) return new Numeric(Number(coefficient), scale);
    const value = new Numeric(coefficient, scale);
    // Digits take work to count; a bigint of under 400,000 bits has fewer than 131072 decimal digits.
    if (scale < NumericWholeDigitsMax && coefficient >> 400000n !== 0n && coefficient >> 400000n !== -1n) {
      if (digitCount(coefficient) - scale > NumericWholeDigitsMax) throw numericOverflow();
    }
    return value;
  }
  /** An integer of SQL: int2, int4, int8. */
  static fromInt(value: number | bigint): Numeric {
    return typeof value === 'number' ? new Numeric(value + 0, 0) : Numeric.of(value, 0);
  }
  /** A double, as PostgreSQL converts float8 (15 significant digits) or float4 (6). */
  static fromDouble(value: number, significantDigits = 15): Numeric {
    if (Number.isSafeInteger(value) && Math.abs(value) < doublePowers[significantDigits]!) return new Numeric(value + 0, 0);
    if (!Number.isFinite(value)) return Number.isNaN(value) ? Numeric.NaN : value > 0 ? Numeric.Infinity : Numeric.NegativeInfinity;
    const [digits, exponent] = value.toExponential(significantDigits - 1).split('e') as [string, string];
    const trimmed = digits.replace(/\.?0+$/, '');
    return parseNumeric(`${trimmed}e${exponent}`)!;
  }

  get isNaN(): boolean {
    return this.coefficient !== this.coefficient;
  }
  get isFinite(): boolean {
    return typeof this.coefficient === 'bigint' || Number.isFinite(this.coefficient);
  }
  /** -1, 0 or 1; NaN counts as 1. */
  get sign(): number {
    const c = this.coefficient;
    return c < 0 ? -1 : c === 0 ? 0 : 1;
  }
  get isInteger(): boolean {
    return this.isFinite && (this.scale === 0 || this.trimScale().scale === 0);
  }

  // ------------------------------------------------------------------------------------------------------------ arithmetic

  add(other: Numeric): Numeric {
    const a = this.coefficient;
    const b = other.coefficient;
    if (typeof a === 'number' && typeof b === 'number') {
      if (this.scale === other.scale) {
        const sum = a + b;
        if (sum <= MaxSafe && sum >= -MaxSafe) return new Numeric(sum, this.scale);
        if (!Number.isFinite(sum)) return new Numeric(sum, 0);
      } else {
        if (!Number.isFinite(a) || !Number.isFinite(b)) return new Numeric(a + b, 0);
        const difference = this.scale - other.scale;
        if (difference <= 22 && difference >= -22) {
          const x = difference < 0 ? a * doublePowers[-difference]! : a;
          const y = difference > 0 ? b * doublePowers[difference]! : b;
          const sum = x + y;
          // Each term safe means each exact; then the sum is exact when it is safe.
          if (Math.abs(x) <= MaxSafe && Math.abs(y) <= MaxSafe && Math.abs(sum) <= MaxSafe) return new Numeric(sum, difference < 0 ? other.scale : this.scale);
        }
      }
    }
    if (!this.isFinite) return other.isNaN || this.coefficient === -other.coefficient ? Numeric.NaN : this;
    if (!other.isFinite) return other;
    const scale = Math.max(this.scale, other.scale);
    return Numeric.of(this.scaledTo(scale) + other.scaledTo(scale), scale);
  }

  negate(): Numeric {
    return new Numeric(typeof this.coefficient === 'number' ? 0 - this.coefficient : -this.coefficient, this.scale);
  }
  subtract(other: Numeric): Numeric {
    return this.add(other.negate());
  }
  abs(): Numeric {
    return this.coefficient < 0 ? this.negate() : this;
  }

  multiply(other: Numeric): Numeric {
    const a = this.coefficient;
    const b = other.coefficient;
    const scale = this.scale + other.scale;
    if (typeof a === 'number' && typeof b === 'number') {
      const product = a * b;
      if (product <= MaxSafe && product >= -MaxSafe) {
        // An infinity times zero is NaN and fails the test above; a zero may be -0.
        const value = new Numeric(product + 0, scale);
        return scale > NumericScaleMax ? value.round(NumericScaleMax) : value;
      }
      if (!Number.isFinite(a) || !Number.isFinite(b)) return new Numeric(product, 0);
    } else if (!this.isFinite || !other.isFinite) {
      if (this.isNaN || other.isNaN) return Numeric.NaN;
      return this.sign * other.sign > 0 ? Numeric.Infinity : Numeric.NegativeInfinity;
    }
    const value = Numeric.of(BigInt(a) * BigInt(b), Math.min(scale, Number.MAX_SAFE_INTEGER));
    return scale > NumericScaleMax ? value.round(NumericScaleMax) : value;
  }

  /** The quotient at PostgreSQL's chosen scale, or at `scale`. @throws DbError 22012 when `other` is zero */
  divide(other: Numeric, scale?: number): Numeric {
    const special = this.#divideSpecial(other);
    if (special !== undefined) return special;
    const resultScale = scale ?? divisionScale(this, other);
    const shift = resultScale + other.scale - this.scale;
    const a = BigInt(this.coefficient);
    const b = BigInt(other.coefficient);
    return Numeric.of(shift >= 0 ? divideRounded(a * bigPow10(shift), b) : divideRounded(a, b * bigPow10(-shift)), resultScale);
  }

  #divideSpecial(other: Numeric): Numeric | undefined {
    if (this.isNaN || other.isNaN) return Numeric.NaN;
    if (!this.isFinite) {
      if (!other.isFinite) return Numeric.NaN;
      if (other.sign === 0) throw divisionByZero();
      return this.sign === other.sign ? Numeric.Infinity : Numeric.NegativeInfinity;
    }
    if (!other.isFinite) return Numeric.zero;
    if (other.sign === 0) throw divisionByZero();
    return undefined;
  }

  /** The quotient truncated towards zero, scale 0. */
  divideTruncated(other: Numeric): Numeric {
    const special = this.#divideSpecial(other);
    if (special !== undefined) return special;
    const scale = Math.max(this.scale, other.scale);
    return Numeric.of(this.scaledTo(scale) / other.scaledTo(scale), 0);
  }

  /** The remainder of truncated division; it has the sign of `this`. */
  remainder(other: Numeric): Numeric {
    if (this.isNaN || other.isNaN) return Numeric.NaN;
    if (!this.isFinite) {
      if (other.sign === 0) throw divisionByZero();
      return Numeric.NaN;
    }
    if (!other.isFinite) return this;
    if (other.sign === 0) throw divisionByZero();
    const a = this.coefficient;
    const b = other.coefficient;
    if (this.scale === other.scale && typeof a === 'number' && typeof b === 'number') return new Numeric((a % b) + 0, this.scale);
    const scale = Math.max(this.scale, other.scale);
    return Numeric.of(this.scaledTo(scale) % other.scaledTo(scale), scale);
  }

  // ------------------------------------------------------------------------------------------------------------ comparison

  /** Total order: -Infinity, numbers, Infinity, NaN. Negative, 0 or positive. */
  compare(other: Numeric): number {
    const a = this.coefficient;
    const b = other.coefficient;
    if (typeof a === 'number' && typeof b === 'number') {
      if (this.scale === other.scale) return a < b ? -1 : a > b ? 1 : a === b ? 0 : compareNaN(a, b);
      if (!Number.isFinite(a) || !Number.isFinite(b)) return a < b ? -1 : a > b ? 1 : a === b ? 0 : compareNaN(a, b);
      const difference = this.scale - other.scale;
      if (difference <= 22 && difference >= -22) {
        const x = difference < 0 ? a * doublePowers[-difference]! : a;
        const y = difference > 0 ? b * doublePowers[difference]! : b;
        if (Math.abs(x) <= MaxSafe && Math.abs(y) <= MaxSafe) return x < y ? -1 : x > y ? 1 : 0;
      }
    } else {
      if (typeof a === 'number' && !Number.isFinite(a)) return a < 0 ? -1 : 1;
      if (typeof b === 'number' && !Number.isFinite(b)) return b < 0 ? 1 : -1;
    }
    const scale = Math.max(this.scale, other.scale);
    const x = this.scaledTo(scale);
    const y = other.scaledTo(scale);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  equals(other: Numeric): boolean {
    return this.compare(other) === 0;
  }

  /**
   * Equal for equal values whatever their scale, and different for different ones: a double where 15 digits suffice (decimals of so
   * few digits never share a double), else a string.
   */
  groupKey(): number | string {
    const c = this.coefficient;
    if (typeof c === 'number' && c <= 1e15 && c >= -1e15 && this.scale <= 22) return c / doublePowers[this.scale]!;
    if (!this.isFinite) return c as number;
    const { coefficient, scale } = this.trimScale();
    if (typeof coefficient === 'number' && coefficient <= 1e15 && coefficient >= -1e15 && scale <= 22) return coefficient / doublePowers[scale]!;
    return `${coefficient}e${scale}`;
  }

  // ------------------------------------------------------------------------------------------------------------ scale

  /** The coefficient this value has at `scale`, which must not lose digits. Finite values only. */
  scaledTo(scale: number): bigint {
    const c = BigInt(this.coefficient);
    return scale === this.scale ? c : c * bigPow10(scale - this.scale);
  }

  /** Rounds half away from zero to `scale` decimals; a negative scale rounds before the point. The display scale becomes max(scale, 0). */
  round(scale: number): Numeric {
    return this.#rescale(scale, true);
  }
  /** Truncates towards zero, likewise. */
  truncate(scale: number): Numeric {
    return this.#rescale(scale, false);
  }
  #rescale(scale: number, isRounded: boolean): Numeric {
    const c = this.coefficient;
    if (!this.isFinite || scale === this.scale) return this;
    const dropped = this.scale - scale;
    if (dropped < 0) {
      if (typeof c === 'number' && dropped >= -22) {
        const shifted = c * doublePowers[-dropped]!;
        if (Math.abs(shifted) <= MaxSafe) return new Numeric(shifted, scale);
      }
      return Numeric.of(this.scaledTo(scale), scale);
    }
    if (typeof c === 'number' && dropped <= 15 && scale >= 0) {
      const unit = doublePowers[dropped]!;
      const rest = c % unit;
      let quotient = (c - rest) / unit;
      if (isRounded && Math.abs(rest) * 2 >= unit) quotient += c < 0 ? -1 : 1;
      return new Numeric(quotient + 0, scale);
    }
    const unit = bigPow10(dropped);
    const quotient = isRounded ? divideRounded(BigInt(c), unit) : BigInt(c) / unit;
    return scale >= 0 ? Numeric.of(quotient, scale) : Numeric.of(quotient * bigPow10(-scale), 0);
  }

  floor(): Numeric {
    const whole = this.truncate(0);
    return this.sign < 0 && whole.compare(this) !== 0 ? whole.add(new Numeric(-1, 0)) : whole;
  }
  ceil(): Numeric {
    const whole = this.truncate(0);
    return this.sign > 0 && this.isFinite && whole.compare(this) !== 0 ? whole.add(Numeric.one) : whole;
  }

  /** The same value at its least scale. */
  trimScale(): Numeric {
    if (this.scale === 0 || !this.isFinite) return this;
    if (this.coefficient === 0) return Numeric.zero;
    let { coefficient, scale } = this;
    if (typeof coefficient === 'bigint') {
      const digits = coefficient.toString();
      let zeros = 0;
      while (zeros < scale && digits.charCodeAt(digits.length - 1 - zeros) === 48) zeros++;
      return zeros === 0 ? this : Numeric.of(coefficient / bigPow10(zeros), scale - zeros);
    }
    while (scale > 0 && coefficient % 10 === 0) {
      coefficient /= 10;
      scale--;
    }
    return scale === this.scale ? this : new Numeric(coefficient, scale);
  }

  /** Position of the first significant digit: the e of d.ddd * 10^e; 0 for zero. */
  get exponent(): number {
    return this.coefficient === 0 ? 0 : digitCount(this.coefficient) - 1 - this.scale;
  }

  // ------------------------------------------------------------------------------------------------------------ conversion

  /** Rounded to an integer: a canonical int8, or undefined when out of its range or not finite. */
  toInt8(): number | bigint | undefined {
    if (!this.isFinite) return undefined;
    const { coefficient } = this.round(0);
    if (typeof coefficient === 'number') return coefficient;
    return BigInt.asIntN(64, coefficient) === coefficient ? coefficient : undefined;
  }

  toDouble(): number {
    const c = this.coefficient;
    if (typeof c === 'number') {
      if (this.scale === 0) return c;
      if (this.scale <= 22) return c / doublePowers[this.scale]!;
      return c === 0 ? 0 : Number(`${c}e-${this.scale}`);
    }
    return this.scale === 0 ? Number(c) : Number(`${c}e-${this.scale}`);
  }

  toString(): string {
    const { coefficient: c, scale } = this;
    if (scale === 0) return String(c);
    const digits = String(c < 0 ? -c : c).padStart(scale + 1, '0');
    const point = digits.length - scale;
    return `${c < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
  toJSON(): string {
    return this.toString();
  }
}

function compareNaN(a: number, b: number): number {
  return a !== a ? (b !== b ? 0 : 1) : -1;
}

/** Decimal digits of an integer, at least 1. */
function digitCount(coefficient: number | bigint): number {
  const text = String(coefficient);
  return text.charCodeAt(0) === 45 ? text.length - 1 : text.length;
}

/** `select_div_scale`: enough decimals for 16 significant digits, counted in PostgreSQL's groups of four digits. */
export function divisionScale(a: Numeric, b: Numeric): number {
  let weight = base10000Weight(a) - base10000Weight(b);
  if (base10000FirstDigit(a) <= base10000FirstDigit(b)) weight--;
  return Math.min(Math.max(NumericSignificantDigitsMin - weight * 4, a.scale, b.scale, 0), NumericDisplayScaleMax);
}
/** The power of 10000 of the first non-zero group of four digits. */
export function base10000Weight(value: Numeric): number {
  return Math.floor(value.exponent / 4);
}
export function base10000FirstDigit(value: Numeric): number {
  if (value.coefficient === 0) return 0;
  const exponent = value.exponent;
  const digitsTaken = exponent - Math.floor(exponent / 4) * 4 + 1;
  const text = String(value.coefficient < 0 ? -value.coefficient : value.coefficient);
  return Number(text.slice(0, digitsTaken).padEnd(digitsTaken, '0'));
}

// ---------------------------------------------------------------------------------------------------------------- text

const numericPattern = /^[ \t\n\r\f\v]*(?:([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?|(nan)|([+-]?)(inf(?:inity)?))[ \t\n\r\f\v]*$/i;

/** Parses what PostgreSQL's numeric_in accepts. @returns undefined on bad syntax @throws DbError 22003 when out of the format's range */
export function parseNumeric(text: string): Numeric | undefined {
  const match = numericPattern.exec(text);
  if (match === null) return undefined;
  if (match[6] !== undefined) return Numeric.NaN;
  if (match[8] !== undefined) return match[7] === '-' ? Numeric.NegativeInfinity : Numeric.Infinity;
  const fraction = match[3] ?? match[4] ?? '';
  const digits = (match[2] ?? '') + fraction;
  const exponent = match[5] === undefined ? 0 : Number(match[5]);
  let scale = fraction.length - exponent;
  if (Math.abs(exponent) >= 1073741823) throw numericOverflow();
  const isNegative = match[1] === '-';
  if (digits.length <= 15 && scale >= 0) {
    if (scale > NumericScaleMax) throw numericOverflow();
    const coefficient = Number(digits);
    return new Numeric(isNegative ? 0 - coefficient : coefficient, scale);
  }
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return new Numeric(0, Math.max(scale, 0));
  if (significant.length - scale > NumericWholeDigitsMax || scale > NumericScaleMax) throw numericOverflow();
  let coefficient = BigInt(significant);
  if (scale < 0) {
    coefficient *= bigPow10(-scale);
    scale = 0;
  }
  return Numeric.of(isNegative ? -coefficient : coefficient, scale);
}

/** Applies numeric(precision, scale). @throws DbError 22003 'numeric field overflow' with the field's bound in DETAIL */
export function applyNumericTypmod(value: Numeric, typmod: number): Numeric {
  if (typmod < 4) return value;
  const precision = numericPrecision(typmod);
  const scale = numericScale(typmod);
  const field = `A field with precision ${precision}, scale ${scale}`;
  if (!value.isFinite) {
    if (value.isNaN) return value;
    throw new DbError('22003', 'numeric field overflow', { detail: `${field} cannot hold an infinite value.` });
  }
  const rounded = value.round(scale);
  const wholeDigits = precision - scale;
  if (rounded.sign !== 0 && rounded.exponent >= wholeDigits) {
    const bound = wholeDigits === 0 ? '1' : `10^${wholeDigits}`;
    throw new DbError('22003', 'numeric field overflow', { detail: `${field} must round to an absolute value less than ${bound}.` });
  }
  return rounded;
}
