/**
 * Trigonometry in degrees, exact where the true result is: sind(30) is 0.5, tand(45) is 1. Each function scales what the library
 * gives by what it gives at an angle whose result is known, after reducing the argument to the first quadrant.
 *
 * Source: PostgreSQL's float.c (sind_q1 and its kin).
 */
import { DbError } from '../base/errors.js';

const RadiansPerDegree = 0.0174532925199432957692;
const sin30 = Math.sin(30 * RadiansPerDegree);
const oneMinusCos60 = 1 - Math.cos(60 * RadiansPerDegree);
const asinHalf = Math.asin(0.5);
const acosHalf = Math.acos(0.5);
const atanOne = Math.atan(1);

export function inputOutOfRange(): DbError {
  return new DbError('22003', 'input is out of range');
}

const sind0to30 = (x: number): number => Math.sin(x * RadiansPerDegree) / sin30 / 2;
const cosd0to60 = (x: number): number => 1 - (1 - Math.cos(x * RadiansPerDegree)) / oneMinusCos60 / 2;
function sindQ1(x: number): number {
  return x <= 30 ? sind0to30(x) : cosd0to60(90 - x);
}
function cosdQ1(x: number): number {
  return x <= 60 ? cosd0to60(x) : sind0to30(90 - x);
}
const tan45 = sindQ1(45) / cosdQ1(45);
const cot45 = cosdQ1(45) / sindQ1(45);
function asindQ1(x: number): number {
  return x <= 0.5 ? (Math.asin(x) / asinHalf) * 30 : 90 - (Math.acos(x) / acosHalf) * 60;
}
function acosdQ1(x: number): number {
  return x <= 0.5 ? 90 - (Math.asin(x) / asinHalf) * 30 : (Math.acos(x) / acosHalf) * 60;
}

function reduce(x: number): number {
  if (x === Infinity || x === -Infinity) throw inputOutOfRange();
  return x % 360;
}

/** The angle folded into [0, 180] about the horizontal, and on which side of it that was. */
function aboveHorizontal(given: number): { readonly x: number; readonly sign: 1 | -1 } {
  const x = reduce(given);
  const isBelow = x < 0;
  const turn = isBelow ? -x : x;
  return turn > 180 ? { x: 360 - turn, sign: isBelow ? 1 : -1 } : { x: turn, sign: isBelow ? -1 : 1 };
}

export function sind(given: number): number {
  const { x, sign } = aboveHorizontal(given);
  return sign * sindQ1(x > 90 ? 180 - x : x);
}
export function cosd(given: number): number {
  let x = Math.abs(reduce(given));
  let sign = 1;
  if (x > 180) x = 360 - x;
  if (x > 90) {
    x = 180 - x;
    sign = -sign;
  }
  return sign * cosdQ1(x);
}
/** The same folded into [0, 90], where tangent and cotangent have their values but for the sign. */
function firstQuadrant(given: number): { readonly x: number; readonly sign: number } {
  const { x, sign } = aboveHorizontal(given);
  return x > 90 ? { x: 180 - x, sign: -sign } : { x, sign };
}
export function tand(given: number): number {
  const { x, sign } = firstQuadrant(given);
  const result = sign * (sindQ1(x) / cosdQ1(x) / tan45);
  return result === 0 ? 0 : result;
}
export function cotd(given: number): number {
  const { x, sign } = firstQuadrant(given);
  const result = sign * (cosdQ1(x) / sindQ1(x) / cot45);
  return result === 0 ? 0 : result;
}
export function asind(x: number): number {
  if (x < -1 || x > 1) throw inputOutOfRange();
  return x >= 0 ? asindQ1(x) : x < 0 ? -asindQ1(-x) : x;
}
export function acosd(x: number): number {
  if (x < -1 || x > 1) throw inputOutOfRange();
  return x >= 0 ? acosdQ1(x) : x < 0 ? 90 + asindQ1(-x) : x;
}
export const atand = (x: number): number => (Math.atan(x) / atanOne) * 45;
export const atan2d = (y: number, x: number): number => (Math.atan2(y, x) / atanOne) * 45;
