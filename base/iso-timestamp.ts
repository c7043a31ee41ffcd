/**
 * Timestamps as programs write them, `2024-05-06T07:08:09.012Z`, `2024-05-06 07:08:09+00` or without a zone, read without being taken apart into words. What is not quite of that form is for
 * datetime-parse.ts, which reads these too and is the twin of this.
 */
import { daysInMonth, daysOfCivil, timestampOf } from './calendar.js';

const Zero = 48;
const SecondsEnd = 19;

/** Microseconds since 2000-01-01 UTC; undefined: another form, or no such time. `isZoned`: the zone must be there, and is UTC. */
export function isoTimestamp(text: string, isZoned: boolean): number | bigint | undefined {
  const { length } = text;
  if (length < SecondsEnd || length > 32) return undefined;
  const between = text.charCodeAt(10);
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || (between !== 84 && between !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // What is no digit makes NaN, which is nowhere.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59) || day > daysInMonth(year, month)) return undefined;
  let at = SecondsEnd;
  let micros = 0;
  if (at < length && text.charCodeAt(at) === 46) {
    let unit = 100_000;
    for (at++; at < length && unit >= 1; at++) {
      const digit = text.charCodeAt(at) - Zero;
      if (digit < 0 || digit > 9) break;
      micros += digit * unit;
      unit = Math.trunc(unit / 10);
    }
    if (unit === 100_000) return undefined;
  }
  if (at < length ? !isUtc(text, at) : isZoned) return undefined;
  return timestampOf(daysOfCivil(year, month, day), ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros);
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - Zero;
  const ones = text.charCodeAt(at + 1) - Zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
/** Whether that is all that is there from `at` on. */
function isUtc(text: string, at: number): boolean {
  switch (text.length - at) {
    case 1:
      return text.charCodeAt(at) === 90;
    case 3:
      return text.endsWith('+00');
    case 6:
      return text.endsWith('+00:00');
    default:
      return false;
  }
}
