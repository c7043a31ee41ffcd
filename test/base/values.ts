/** Values of each kind of type, often equal and often at the ends of what there is, for the property tests of this folder. */
import fc from 'fast-check';
import { type Datum, SqlArray } from '../../base/datum.js';
import { Interval, TimeTz } from '../../base/interval.js';
import { parseJsonb } from '../../base/jsonb.js';
import { Numeric } from '../../base/numeric.js';
import { sqlType, TypeOid, type SqlType } from '../../base/types.js';

const int8 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((v) => (v >= -9007199254740991n && v <= 9007199254740991n ? Number(v) : v));
const small = fc.integer({ min: -5, max: 5 });
export const text = fc.string({ unit: 'grapheme', maxLength: 8 }).map((s) => s.replaceAll('\0', ''));
const numeric = fc.oneof(
  fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 20 })).map(([c, s]) => Numeric.of(c, s)),
  fc.tuple(small, fc.integer({ min: 0, max: 3 })).map(([c, s]) => Numeric.of(c, s)),
  fc.constantFrom(Numeric.NaN, Numeric.Infinity, Numeric.NegativeInfinity),
);
export const typedValues: readonly [string, SqlType, fc.Arbitrary<NonNullable<Datum>>][] = [
  ['bool', sqlType(TypeOid.bool), fc.boolean()],
  ['int2', sqlType(TypeOid.int2), fc.integer({ min: -32768, max: 32767 })],
  ['int4', sqlType(TypeOid.int4), fc.oneof(small, fc.integer())],
  ['int8', sqlType(TypeOid.int8), fc.oneof(small, int8)],
  ['oid', sqlType(TypeOid.oid), fc.nat()],
  ['float8', sqlType(TypeOid.float8), fc.oneof(fc.double(), fc.constantFrom(0, NaN, Infinity, -Infinity))],
  ['float4', sqlType(TypeOid.float4), fc.float()],
  ['numeric', sqlType(TypeOid.numeric), numeric],
  ['text', sqlType(TypeOid.text), text],
  ['bpchar', sqlType(TypeOid.bpchar), fc.constantFrom('a', 'a ', 'ab', 'ab  ', '', ' ', 'b')],
  ['bytea', sqlType(TypeOid.bytea), fc.uint8Array({ maxLength: 6, max: 3 })],
  ['uuid', sqlType(TypeOid.uuid), fc.uuid()],
  ['date', sqlType(TypeOid.date), fc.oneof(fc.integer({ min: -2000000, max: 2000000 }), fc.constantFrom(Infinity, -Infinity))],
  ['timestamp', sqlType(TypeOid.timestamp), fc.oneof(int8.filter((v) => v !== (1n << 63n) - 1n && v !== -(1n << 63n)), fc.constantFrom(Infinity, -Infinity))],
  ['time', sqlType(TypeOid.time), fc.integer({ min: 0, max: 86400000000 })],
  ['timetz', sqlType(TypeOid.timetz), fc.tuple(fc.constantFrom(0, 3600000000), fc.constantFrom(-3600, 0, 3600)).map(([m, z]) => new TimeTz(m, z))],
  ['interval', sqlType(TypeOid.interval), fc.tuple(small, small, fc.integer()).map(([m, d, u]) => new Interval(m, d, u))],
  ['jsonb', sqlType(TypeOid.jsonb), fc.json({ maxDepth: 2 }).map((t) => parseJsonb(t.replaceAll('\\u0000', ' ')))],
  ['int4[]', sqlType(TypeOid.int4Array), fc.array(fc.option(small), { maxLength: 3 }).map((e) => SqlArray.of(TypeOid.int4, e))],
];
