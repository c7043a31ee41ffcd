/**
 * Roots, powers, exponentials and logarithms of numerics. Results have at least 16 significant digits and PostgreSQL's scales, which
 * it derives from estimates of the result's size; the digits come from big-fixed.ts, computed with a margin and then rounded.
 *
 * Source: PostgreSQL's numeric.c (numeric_sqrt, numeric_exp, numeric_ln, log_var, power_var, power_var_int, estimate_ln_dweight).
 */
import { fixedExp, fixedLn, fixedOf } from './big-fixed.js';
import { DbError } from './errors.js';
import { Numeric, NumericDisplayScaleMax, NumericSignificantDigitsMin, NumericWholeDigitsMax, base10000FirstDigit, base10000Weight, bigPow10, numericOverflow } from './numeric.js';

/** Results beyond e^6000 or so are refused as too large, those below e^-6000 are 0. */
const ResultScaleMax = 2000;
const Log10E = 0.434294481903252;

/** Display scale for a result whose first digit stands at 10^weight. */
function resultScale(weight: number, ...scales: readonly number[]): number {
  return Math.min(Math.max(NumericSignificantDigitsMin - weight, ...scales, 0), NumericDisplayScaleMax);
}

/** Bits of a fixed-point number with that many decimals, and a margin. */
function bitsOf(decimals: number): number {
  return Math.ceil(decimals * 3.3219281) + 40;
}
/** A fixed-point number rounded to `scale` decimals. */
function fromFixed(value: bigint, bits: number, scale: number): Numeric {
  const magnitude = (((value < 0n ? -value : value) * bigPow10(scale) * 2n) >> BigInt(bits)) + 1n;
  return Numeric.of(value < 0n ? -(magnitude / 2n) : magnitude / 2n, scale);
}

/** At PostgreSQL's chosen scale, or at `atScale`. @throws DbError 2201F for negative numbers */
export function numericSqrt(value: Numeric, atScale?: number): Numeric {
  if (value.isNaN) return value;
  if (value.sign < 0) throw new DbError('2201F', 'cannot take square root of a negative number');
  if (!value.isFinite) return value;
  // An estimate in groups of four digits, exactly as there.
  const scale = atScale ?? resultScale((base10000Weight(value) + 1) * 2 - 1, value.scale);
  if (value.sign === 0) return new Numeric(0, scale);
  // Integer square root with one digit to spare, then rounding; exact.
  const shifted = value.scaledTo(Math.max(value.scale, 2 * scale + 2)) / (value.scale > 2 * scale + 2 ? bigPow10(value.scale - 2 * scale - 2) : 1n);
  const root = integerSqrt(shifted);
  return Numeric.of((root + 5n) / 10n, scale);
}

/** The largest integer whose square is at most `n`. */
function integerSqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** e^value. @throws DbError 22003 on overflow */
export function numericExp(value: Numeric): Numeric {
  if (!value.isFinite) return value.coefficient === -Infinity ? Numeric.zero : value;
  const estimate = value.toDouble();
  const weight = Math.trunc(Math.min(Math.max(estimate * Log10E, -ResultScaleMax), ResultScaleMax));
  const scale = resultScale(weight, value.scale);
  if (isBeyondExp(estimate)) return new Numeric(0, scale);
  const bits = bitsOf(scale + Math.max(Math.trunc(estimate * Log10E), 0));
  return fromFixed(fixedExp(fixedOf(BigInt(value.coefficient), bigPow10(value.scale), bits), bits), bits, scale);
}
/** Whether e^estimate counts as 0. @throws DbError 22003 when it is too large */
function isBeyondExp(estimate: number): boolean {
  if (Math.abs(estimate) < ResultScaleMax * 3) return false;
  if (estimate > 0) throw numericOverflow();
  return true;
}

/** Decimal weight of the logarithm of a positive number: an estimate that decides result scales. */
function lnWeight(value: Numeric): number {
  if (value.sign <= 0) return 0;
  if (value.compare(pointNine) >= 0 && value.compare(onePointOne) <= 0) {
    // ln(1 + x) is about x.
    const rest = value.subtract(Numeric.one);
    return rest.sign === 0 ? 0 : base10000Weight(rest) * 4 + Math.trunc(Math.log10(base10000FirstDigit(rest)));
  }
  const { head, exponent } = leadingDigits(value, 2);
  return Math.trunc(Math.log10(Math.abs(Math.log(head) + exponent * 2.302585092994046)));
}
const pointNine = new Numeric(9, 1);
const onePointOne = new Numeric(11, 1);

/** The first groups of four digits as a number `head * 10^exponent`; fewer groups when the value has fewer. */
function leadingDigits(value: Numeric, groups: number): { head: number; exponent: number } {
  const weight = base10000Weight(value);
  const text = String(value.coefficient < 0 ? -value.coefficient : value.coefficient).replace(/0+$/, '');
  const first = value.exponent - weight * 4 + 1;
  const taken = text.length <= first ? 1 : Math.min(groups, 1 + Math.ceil((text.length - first) / 4));
  const width = first + (taken - 1) * 4;
  return { head: Number(text.slice(0, width).padEnd(width, '0')), exponent: (weight - taken + 1) * 4 };
}

function checkLogarithm(value: Numeric): void {
  if (value.sign < 0) throw new DbError('2201E', 'cannot take logarithm of a negative number');
  if (value.sign === 0) throw new DbError('2201E', 'cannot take logarithm of zero');
}

/** @throws DbError 2201E for zero and negative numbers */
export function numericLn(value: Numeric): Numeric {
  if (value.isNaN) return value;
  checkLogarithm(value);
  if (!value.isFinite) return value;
  const scale = resultScale(lnWeight(value), value.scale);
  const bits = bitsOf(scale);
  return fromFixed(naturalLog(value, bits), bits, scale);
}
/** Fixed-point logarithm of a positive number. */
function naturalLog(value: Numeric, bits: number): bigint {
  // Below 1 leading zeros cost precision, which more bits make up for.
  const valueBits = bits + 8 + Math.max(-Math.floor(value.exponent * 3.3219281), 0);
  return fixedLn(fixedOf(BigInt(value.coefficient), bigPow10(value.scale), valueBits), valueBits, bits);
}

/** Logarithm of `value` to `base`. @throws DbError 2201E, 22012 when the base is 1 */
export function numericLog(base: Numeric, value: Numeric): Numeric {
  if (base.isNaN || value.isNaN) return Numeric.NaN;
  checkLogarithm(base);
  checkLogarithm(value);
  if (!base.isFinite) return value.isFinite ? Numeric.zero : Numeric.NaN;
  if (!value.isFinite) return Numeric.Infinity;
  const scale = resultScale(lnWeight(value) - lnWeight(base), base.scale, value.scale);
  if (base.compare(Numeric.one) === 0) throw new DbError('22012', 'division by zero');
  // A base near 1 has a small logarithm, whose relative error counts.
  const bits = bitsOf(scale + Math.max(-2 * lnWeight(base), 0) + Math.max(lnWeight(value), 0) + 10);
  return fromFixed((naturalLog(value, bits) << BigInt(bits)) / naturalLog(base, bits), bits, scale);
}

/** base^exponent. @throws DbError 2201F where it is undefined or complex, 22003 on overflow, 22012 for 0 to a negative integer */
export function numericPower(base: Numeric, exponent: Numeric): Numeric {
  const special = powerSpecial(base, exponent);
  if (special !== undefined) return special;
  if (base.sign === 0 && exponent.sign < 0) throw new DbError('2201F', 'zero raised to a negative power is undefined');
  if (exponent.isInteger) {
    const whole = exponent.trimScale().coefficient;
    if (typeof whole === 'number' && whole >= -2147483648 && whole <= 2147483647) {
      return powerOfInteger(base, whole, Math.min(Math.max(NumericSignificantDigitsMin, base.scale), NumericDisplayScaleMax));
    }
  }
  if (base.sign === 0) return new Numeric(0, NumericSignificantDigitsMin);
  let magnitude = base;
  let isNegative = false;
  if (base.sign < 0) {
    if (!exponent.isInteger) throw new DbError('2201F', 'a negative number raised to a non-integer power yields a complex result');
    isNegative = BigInt(exponent.trimScale().coefficient) % 2n !== 0n;
    magnitude = base.negate();
  }
  const guess = 64 + Math.max(-4 * lnWeight(magnitude), 0);
  const rough = (Number(naturalLog(magnitude, guess) >> BigInt(guess - 60)) / 2 ** 60) * exponent.toDouble();
  if (Math.abs(rough) > ResultScaleMax * 3.01) {
    if (rough > 0) throw numericOverflow();
    return new Numeric(0, NumericDisplayScaleMax);
  }
  const weight = Math.trunc(rough * Log10E);
  const scale = resultScale(weight, magnitude.scale, exponent.scale);
  if (isBeyondExp(rough)) return new Numeric(0, scale);
  const bits = bitsOf(scale + Math.max(weight, 0) + Math.max(exponent.exponent, 0) + 10);
  const product = (naturalLog(magnitude, bits) * BigInt(exponent.coefficient)) / bigPow10(exponent.scale);
  const result = fromFixed(fixedExp(product, bits), bits, scale);
  return isNegative ? result.negate() : result;
}

/** NaN and infinities, as POSIX defines pow. */
function powerSpecial(base: Numeric, exponent: Numeric): Numeric | undefined {
  if (base.isFinite && exponent.isFinite) return undefined;
  if (base.isNaN) return exponent.sign === 0 && !exponent.isNaN ? Numeric.one : Numeric.NaN;
  if (exponent.isNaN) return base.compare(Numeric.one) === 0 ? Numeric.one : Numeric.NaN;
  if (base.sign < 0 && exponent.isFinite && !exponent.isInteger) {
    throw new DbError('2201F', 'a negative number raised to a non-integer power yields a complex result');
  }
  if (base.sign === 0 && exponent.sign < 0) throw new DbError('2201F', 'zero raised to a negative power is undefined');
  if (base.compare(Numeric.one) === 0) return Numeric.one;
  if (exponent.sign === 0) return Numeric.one;
  if (base.sign === 0) return Numeric.zero;
  if (!exponent.isFinite) {
    if (base.compare(new Numeric(-1, 0)) === 0) return Numeric.one;
    const grows = base.abs().compare(Numeric.one) > 0;
    return grows === exponent.sign > 0 ? Numeric.Infinity : Numeric.zero;
  }
  if (exponent.sign < 0) return Numeric.zero;
  if (base.sign > 0) return Numeric.Infinity;
  return BigInt(exponent.trimScale().coefficient) % 2n !== 0n ? Numeric.NegativeInfinity : Numeric.Infinity;
}

function powerOfInteger(base: Numeric, exponent: number, scale: number): Numeric {
  if (exponent === 0) return new Numeric(1, 0).round(scale);
  if (exponent === 1) return base.round(scale);
  if (exponent === -1) return Numeric.one.divide(base, scale);
  if (exponent === 2) return base.multiply(base).round(scale);
  if (base.sign === 0) return new Numeric(0, scale);
  const { head, exponent: shift } = leadingDigits(base, 4);
  const estimate = exponent * (Math.log10(head) + shift);
  if (estimate > NumericWholeDigitsMax + 1) throw numericOverflow();
  if (estimate + 1 < -scale || estimate + 1 < -NumericDisplayScaleMax) return new Numeric(0, scale);
  const digits = 1 + scale + Math.max(Math.trunc(estimate), 0) + Math.ceil(Math.log2(Math.abs(exponent))) + 20;
  const { mantissa, power } = powerOfDigits(BigInt(base.coefficient), -base.scale, Math.abs(exponent), digits);
  if (exponent < 0) return power >= 0 ? Numeric.one.divide(Numeric.of(mantissa * bigPow10(power), 0), scale) : quotientAt(bigPow10(-power), mantissa, scale);
  return power >= 0 ? Numeric.of(mantissa * bigPow10(power), 0).round(scale) : quotientAt(mantissa, bigPow10(-power), scale);
}

/** numerator / denominator rounded to `scale`. */
function quotientAt(numerator: bigint, denominator: bigint, scale: number): Numeric {
  const twice = (numerator * bigPow10(scale) * 2n) / denominator;
  return Numeric.of((twice + (twice < 0n ? -1n : 1n)) / 2n, scale);
}

/** (mantissa * 10^power)^exponent by squaring, cut to about `digits` significant digits on the way. */
function powerOfDigits(mantissa: bigint, power: number, exponent: number, digits: number): { mantissa: bigint; power: number } {
  let result = 1n;
  let resultPower = 0;
  const excess = (n: bigint): number => Math.max(Math.floor(n.toString(16).length * 1.2041) - digits - 2, 0);
  for (let left = exponent; ; ) {
    if (left % 2 === 1) {
      result *= mantissa;
      resultPower += power;
      const drop = excess(result);
      if (drop > 0) result /= bigPow10(drop);
      resultPower += drop;
    }
    left = Math.floor(left / 2);
    if (left === 0) return { mantissa: result, power: resultPower };
    mantissa *= mantissa;
    power *= 2;
    const drop = excess(mantissa);
    if (drop > 0) mantissa /= bigPow10(drop);
    power += drop;
  }
}
