/** Shows T1 to T3 of base/text-io.ts: what is written is read again as the same value, whatever the settings, modifiers are applied as values are read, and no text has a NUL. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparatorOf, type Datum } from '../../base/datum.js';
import { Interval } from '../../base/interval.js';
import { plainTextEnv, type TextEnv } from '../../base/text-env.js';
import { inputText, outputText } from '../../base/text-io.js';
import { numericTypmod, sqlType, typeInfo, TypeOid, varcharTypmod } from '../../base/types.js';
import { typedValues } from './values.js';

const envOf = (settings: Readonly<Record<string, string>>): TextEnv => ({ ...plainTextEnv, setting: (name) => settings[name] });
const settings: readonly Readonly<Record<string, string>>[] = [
  {}, { datestyle: 'SQL, DMY', intervalstyle: 'iso_8601', bytea_output: 'escape' }, { datestyle: 'Postgres, MDY', intervalstyle: 'postgres_verbose' }, { datestyle: 'German, DMY', intervalstyle: 'sql_standard' },
];
const tooFar = (value: Datum): boolean => typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value) && value < -200_000_000_000_000_000);

describe.each(typedValues)('%s', (_name, type, values) => {
  const isMoment = typeInfo(type.oid).storage === 'timestamp';
  // Not every 64 bits are a moment.
  const wanted = isMoment ? values.filter((value) => !tooFar(value)) : values;
  test.each(settings)('is read as it was written, with %o', (given) => {
    const env = envOf(given);
    const compare = comparatorOf(type);
    fc.assert(fc.property(wanted, (value) => {
      const text = outputText(type, value, env);
      const again = inputText(type, text, env);
      expect(compare(again, value), text).toBe(0);
      expect(outputText(type, again, env)).toBe(text);
    }), { numRuns: 100 });
  });
});

const read = (oid: number, typmod: number, text: string): Datum | string => {
  try {
    return inputText(sqlType(oid, typmod), text, plainTextEnv);
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
};

test('modifiers: what is too long is an error, blanks and digits behind it are not', () => {
  expect(read(TypeOid.varchar, varcharTypmod(3), 'abc  ')).toBe('abc');
  expect(read(TypeOid.varchar, varcharTypmod(3), 'abcd')).toBe('22001');
  expect(read(TypeOid.bpchar, varcharTypmod(3), 'a')).toBe('a  ');
  expect(String(read(TypeOid.numeric, numericTypmod(5, 2), '123.456'))).toBe('123.46');
  expect(read(TypeOid.numeric, numericTypmod(5, 2), '1234.5')).toBe('22003');
  expect(read(TypeOid.bit, 3, '10')).toBe('22026');
  expect(read(TypeOid.varbit, 3, '1010')).toBe('22001');
  expect(read(TypeOid.time, 0, '12:00:00.6')).toBe(43_201_000_000);
});
test('intervals keep their three parts', () => {
  const parts = fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -40, max: 40 }), fc.integer({ min: -100_000_000, max: 100_000_000 })).map(([m, d, u]) => new Interval(m, d, u));
  for (const given of settings) {
    const env = envOf(given);
    fc.assert(fc.property(parts, (value) => {
      expect(inputText(sqlType(TypeOid.interval), outputText(sqlType(TypeOid.interval), value, env), env)).toEqual(value);
    }));
  }
});
test('no text has a NUL', () => {
  for (const oid of [TypeOid.text, TypeOid.varchar, TypeOid.bpchar, TypeOid.json]) expect(read(oid, -1, oid === TypeOid.json ? '"\0"' : 'a\0b')).toBe('22021');
});
