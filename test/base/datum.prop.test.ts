/** Shows D1 to D3 of base/datum.ts: comparators are total orders, group keys are equal for equal values alone, and what is equal like a number is `===`. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparatorOf, type Datum, groupKeyOf, joinGroupKeys, SqlArray, type SqlMultirange, type SqlRange, trimBlanks } from '../../base/datum.js';
import { makeMultirange, makeRange } from '../../base/range.js';
import { sqlType, typeInfo, TypeOid, type SqlType } from '../../base/types.js';
import { typedValues } from './values.js';

const bound = fc.option(fc.integer({ min: -3, max: 3 }));
const ranges = fc.tuple(bound, bound, fc.boolean(), fc.boolean()).map(([a, b, hasLower, hasUpper]): SqlRange => {
  const [lower, upper] = a !== null && b !== null && a > b ? [b, a] : [a, b];
  return makeRange(TypeOid.int4range, lower, upper, hasLower, hasUpper);
});
const multiranges = fc.array(ranges, { maxLength: 3 }).map((list): SqlMultirange => makeMultirange(TypeOid.int4multirange, list));
const all: readonly (readonly [string, SqlType, fc.Arbitrary<NonNullable<Datum>>])[] = [
  ...typedValues, ['float8 about zero', sqlType(TypeOid.float8), fc.constantFrom(-0, 0, NaN, -1, 1)], ['int4range', sqlType(TypeOid.int4range), ranges], ['int4multirange', sqlType(TypeOid.int4multirange), multiranges],
];
/** Storages whose values are JavaScript's own. */
const likeNumbers = new Set(['bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'date', 'time', 'timestamp']);

describe.each(all)('%s', (_name, type, values) => {
  const compare = comparatorOf(type);
  test('is totally ordered', () => {
    fc.assert(fc.property(values, values, values, (a, b, c) => {
      expect(compare(a, a)).toBe(0);
      expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) + 0);
      const [x, y, z] = [a, b, c].sort(compare);
      expect(compare(x!, y!)).toBeLessThanOrEqual(0);
      expect(compare(y!, z!)).toBeLessThanOrEqual(0);
      expect(compare(x!, z!)).toBeLessThanOrEqual(0);
    }), { numRuns: 200 });
  });
  test('has one group key for equal values, and another for others', () => {
    const keyOf = groupKeyOf(type);
    fc.assert(fc.property(values, values, (a, b) => {
      const isEqual = compare(a, b) === 0;
      expect(new Map([[keyOf(a), 0]]).has(keyOf(b))).toBe(isEqual);
      expect(joinGroupKeys([keyOf(a), 'x']) === joinGroupKeys([keyOf(b), 'x'])).toBe(isEqual);
      if (likeNumbers.has(typeInfo(type.oid).storage)) expect(a === b || (a !== a && b !== b)).toBe(isEqual);
    }), { numRuns: 200 });
  });
});

test('NaN is the greatest float and numeric order is that of values', () => {
  expect([NaN, Infinity, 0, -Infinity].sort(comparatorOf(sqlType(TypeOid.float8)))).toEqual([-Infinity, 0, Infinity, NaN]);
});
test('text is in the order of code points, not of UTF-16 units; blanks at the end of a bpchar do not count', () => {
  const compare = comparatorOf(sqlType(TypeOid.text));
  expect(compare('\u{1f600}', '\uffff')).toBeGreaterThan(0);
  expect(compare('a', 'a ')).toBeLessThan(0);
  expect(comparatorOf(sqlType(TypeOid.bpchar))('a', 'a ')).toBe(0);
  expect(trimBlanks('a  ')).toBe('a');
});
test('a NULL in an array is greater than any element, and a longer array than its beginning', () => {
  const array = (...elements: (number | null)[]): SqlArray => SqlArray.of(TypeOid.int4, elements);
  const sorted = [array(1, null), array(2), array(1, 2), array(1), array(), array(null)].sort(comparatorOf(sqlType(TypeOid.int4Array)));
  expect(sorted.map(({ elements }) => elements)).toEqual([[], [1], [1, 2], [1, null], [2], [null]]);
});
test('joined keys do not run into each other', () => {
  const key = fc.constantFrom('', 's', 'ss', 's1:', 's0:', 'n1;', '1', '-', 't', 1, 11, true, null);
  fc.assert(fc.property(fc.array(key, { maxLength: 3 }), fc.array(key, { maxLength: 3 }), (a, b) => {
    expect(joinGroupKeys(a) === joinGroupKeys(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
  }), { numRuns: 2000 });
});
