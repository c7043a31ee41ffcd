/**
 * Exponential and natural logarithm to any precision. A number is a bigint counting units of 2^-bits; the caller chooses `bits`
 * with a margin (about 32) over what it needs and gets an error of a few units.
 *
 * Method. exp: subtract multiples of ln 2, halve the rest some 2 * sqrt(bits) / 3 times, Taylor series, square back. ln: a double as
 * first guess, then Halley's iteration y + 2 (x - e^y) / (x + e^y), which triples the digits each time. ln 2: three series of atanh.
 */

/** x / 10^scale as a fixed-point number. */
export function fixedOf(coefficient: bigint, powerOfTen: bigint, bits: number): bigint {
  return (coefficient << BigInt(bits)) / powerOfTen;
}

function atanhOfInverse(n: bigint, bits: number): bigint {
  let term = (1n << BigInt(bits)) / n;
  const square = n * n;
  let sum = term;
  for (let k = 3n; term !== 0n; k += 2n) {
    term /= square;
    sum += term / k;
  }
  return sum;
}

let ln2Bits = 0;
let ln2Value = 0n;
/** ln 2, computed once for the largest precision asked so far. */
function ln2(bits: number): bigint {
  if (bits > ln2Bits) {
    const wide = bits + 64;
    ln2Value = 18n * atanhOfInverse(26n, wide) - 2n * atanhOfInverse(4801n, wide) + 8n * atanhOfInverse(8749n, wide);
    ln2Bits = wide;
  }
  return ln2Value >> BigInt(ln2Bits - bits);
}

/** e^x. The magnitude of x is at most some thousands; the result may be 0. */
export function fixedExp(x: bigint, bits: number): bigint {
  const halvings = Math.ceil((2 * Math.sqrt(bits)) / 3);
  const wide = bits + halvings + 32;
  const wideLn2 = ln2(wide);
  const wideX = x << BigInt(wide - bits);
  let doublings = wideX / wideLn2;
  if (wideX < 0n) doublings -= 1n;
  const rest = (wideX - doublings * wideLn2) >> BigInt(halvings);
  const one = 1n << BigInt(wide);
  let sum = one + rest;
  let term = rest;
  for (let k = 2n; term !== 0n; k++) {
    term = ((term * rest) >> BigInt(wide)) / k;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) >> BigInt(wide);
  const shift = BigInt(wide - bits) - doublings;
  return shift >= 0n ? sum >> shift : sum << -shift;
}

/** ln x of a positive number, which is `x` units of 2^-xBits; the result has `bits`. */
export function fixedLn(x: bigint, xBits: number, bits: number): bigint {
  const length = x.toString(2).length;
  const wide = bits + 64;
  // x = mantissa * 2^exponent with the mantissa in [1/2, 1).
  const exponent = length - xBits;
  const shift = wide - length;
  const mantissa = shift >= 0 ? x << BigInt(shift) : x >> BigInt(-shift);
  const head = Number(mantissa >> BigInt(wide - 53)) / 2 ** 53;
  let precision = 48;
  let y = BigInt(Math.round(Math.log(head) * 2 ** 52)) << BigInt(wide - 52);
  while (precision < wide) {
    precision = Math.min(precision * 3 - 8, wide);
    const work = Math.min(precision + 32, wide);
    const drop = BigInt(wide - work);
    const e = fixedExp(y >> drop, work);
    const m = mantissa >> drop;
    y += ((2n * (m - e)) << BigInt(work)) / (m + e) << drop;
  }
  return (y + BigInt(exponent) * ln2(wide)) >> 64n;
}
