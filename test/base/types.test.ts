/** The type table is consistent and types print as PostgreSQL's format_type prints them. */
import { expect, test } from 'vitest';
import {
  IntervalField, IntervalFullPrecision, IntervalFullRange, builtinTypeByName, builtinTypes, formatType, intervalPrecision, intervalTypmod, numericPrecision, numericScale,
  numericTypmod, sqlType, typeInfo, typeName, types, varcharTypmod,
} from '../../base/types.js';

test('arrays and elements are inverse', () => {
  for (const info of builtinTypes.all()) {
    if (info.arrayOid !== 0) expect(typeInfo(info.arrayOid).elementOid).toBe(info.oid);
    if (info.elementOid !== 0) expect(info.storage).toBe('array');
    expect(builtinTypeByName(info.name)).toBe(info);
  }
  expect(typeInfo(25)).toMatchObject({ name: 'text', category: 'S', isPreferred: true, arrayOid: 1009 });
  expect(() => typeInfo(99999)).toThrow('no type with this oid');
});

test('types print as their declarations', () => {
  const printed = (oid: number, typmod = -1): string => formatType(sqlType(oid, typmod));
  expect(printed(1042)).toBe('bpchar');
  expect(typeName(1042)).toBe('character');
  expect(printed(18)).toBe('"char"');
  expect(printed(1560)).toBe('"bit"');
  expect(printed(1560, 5)).toBe('bit(5)');
  expect(printed(1043, varcharTypmod(10))).toBe('character varying(10)');
  expect(printed(1015, varcharTypmod(10))).toBe('character varying(10)[]');
  expect(printed(1700, numericTypmod(10, 2))).toBe('numeric(10,2)');
  expect(printed(1700, numericTypmod(3, -5))).toBe('numeric(3,-5)');
  expect(printed(1083, 3)).toBe('time(3) without time zone');
  expect(printed(1184, 0)).toBe('timestamp(0) with time zone');
  expect(printed(1186, intervalTypmod(IntervalFullRange, 3))).toBe('interval(3)');
  const dayToSecond = IntervalField.Day | IntervalField.Hour | IntervalField.Minute | IntervalField.Second;
  expect(printed(1186, intervalTypmod(dayToSecond, 2))).toBe('interval day to second(2)');
  expect(printed(1186, intervalTypmod(IntervalField.Year, IntervalFullPrecision))).toBe('interval year');
  expect([printed(30), printed(705), printed(2249), printed(2276), printed(0), printed(99999)]).toEqual(['oidvector', 'unknown', 'record', '"any"', '-', '???']);
});

test('typmods carry their numbers', () => {
  expect(numericTypmod(10, 2)).toBe(655366);
  for (const [p, s] of [[1, 0], [1000, 1000], [1000, -1000], [5, 7], [3, -2]] as const) {
    expect([numericPrecision(numericTypmod(p, s)), numericScale(numericTypmod(p, s))]).toEqual([p, s]);
  }
  expect(intervalPrecision(-1)).toBe(6);
  expect(sqlType(23)).toBe(types.int4);
});
