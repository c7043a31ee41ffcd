/** Timestamps of the form that programs write are read as all others are: the same text behind a space is not of that form. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTimestamp, parseTimestampTz } from '../../base/datetime.js';
import { DbError } from '../../base/errors.js';
import { isoTimestamp } from '../../base/iso-timestamp.js';
import { plainTextEnv, type TextEnv } from '../../base/text-env.js';

const tokyo: TextEnv = { ...plainTextEnv, timeZone: 'Asia/Tokyo', setting: (name) => (name === 'datestyle' ? 'SQL, DMY' : undefined) };
const two = (max: number): fc.Arbitrary<string> => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const texts = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, '0')), fc.constantFrom('2024', '1900', '20x4', '12024')), two(13), two(32), fc.constantFrom('T', ' ', 't'), two(25), two(61), two(61),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[.][0-9]{0,8}$/)), fc.constantFrom('', 'Z', '+00', '+00:00', '+09', '-00', ' UTC', 'z', ' BC'),
  )
  .map(([year, month, day, between, hour, minute, second, fraction, zone]) => `${year}-${month}-${day}${between}${hour}:${minute}:${second}${fraction}${zone}`);
const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return error.code;
  }
};

test('as all others are', () => {
  let count = 0;
  fc.assert(
    fc.property(texts, fc.constantFrom(-1, 0, 3), (text, precision) => {
      for (const env of [plainTextEnv, tokyo]) for (const parse of [parseTimestamp, parseTimestampTz]) expect(outcome(() => parse(text, precision, env)), text).toEqual(outcome(() => parse(` ${text}`, precision, env)));
      if (isoTimestamp(text, false) !== undefined) count++;
    }),
    { numRuns: 5000 },
  );
  expect(count).toBeGreaterThan(500);
});
