/**
 * The types the generators speak of, their literals, and what they can do. Values come from small pools, so that joins meet, groups have several
 * rows and conditions are true for some rows and false for others. No literal raises an error.
 */
import type { Choice } from './choice.js';

export const kinds = [
  'bool', 'int2', 'int4', 'int8', 'numeric', 'float8', 'text', 'varchar', 'bpchar', 'date', 'time', 'timestamp', 'timestamptz', 'interval', 'uuid', 'bytea', 'jsonb', 'json', 'int4[]', 'text[]', 'mood', 'int4range', 'bit',
  'float4', 'timetz', 'posint', 'pair', 'daterange', 'numrange', 'int4multirange', 'mood[]',
] as const;
export type Kind = (typeof kinds)[number];

export interface Column {
  /** As an expression: qualified where it must be. */
  readonly sql: string;
  readonly kind: Kind;
}

/** The type as DDL and casts spell it. */
export const typeNames: Readonly<Record<Kind, string>> = {
  bool: 'boolean', int2: 'smallint', int4: 'integer', int8: 'bigint', numeric: 'numeric(12,3)', float8: 'double precision', text: 'text', varchar: 'varchar(20)', bpchar: 'char(6)', date: 'date', time: 'time', timestamp: 'timestamp', timestamptz: 'timestamptz', interval: 'interval',
  uuid: 'uuid', bytea: 'bytea', jsonb: 'jsonb', json: 'json', 'int4[]': 'int[]', 'text[]': 'text[]', mood: 'mood', int4range: 'int4range', bit: 'bit varying(8)',
  float4: 'real', timetz: 'timetz', posint: 'posint', pair: 'pair', daterange: 'daterange', numrange: 'numrange', int4multirange: 'int4multirange', 'mood[]': 'mood[]',
};
/** The same without a length: for casts that must not cut. */
export const bareNames: Readonly<Record<Kind, string>> = { ...typeNames, numeric: 'numeric', varchar: 'varchar', bpchar: 'bpchar', bit: 'varbit' };

/** json has no equality: not for DISTINCT, GROUP BY, set operations, ORDER BY. */
export const comparable: readonly Kind[] = kinds.filter((kind) => kind !== 'json');
/** Kinds whose equal values always print alike: which of several equal ones an answer shows is not for PostgreSQL to say. */
export const exact: readonly Kind[] = ['bool', 'int2', 'int4', 'int8', 'text', 'varchar', 'date', 'time', 'timestamp', 'timestamptz', 'uuid', 'bytea', 'int4[]', 'text[]', 'mood', 'int4range', 'bit', 'timetz', 'posint', 'pair', 'daterange', 'int4multirange', 'mood[]'];
export const minMax: readonly Kind[] = ['int2', 'int4', 'int8', 'numeric', 'float8', 'text', 'date', 'time', 'timestamp', 'timestamptz', 'interval', 'mood', 'int4[]', 'text[]', 'float4', 'timetz', 'posint', 'mood[]'];

const pools: Partial<Record<Kind, readonly string[]>> = {
  bool: ['true', 'false'],
  numeric: ['0', '1', '1.5', '-2.25', '10.00', '0.333', '7', '100.125', '3.10'],
  float8: ["'0'::float8", "'1.5'::float8", "'-2.25'::float8", "'8'::float8", "'1000'::float8", "'0.125'::float8"],
  text: ["''", "'a'", "'b'", "'ab'", "'Abc'", "'x y'", "'€漢 5'", "'foo_bar'", "'10'", "'null'", "'%'", "'a,b,c'", "'hello world'", "'ABC'", "'  pad '", "'1.5e2'"],
  date: ["date '2024-02-29'", "date '2023-12-31'", "date '1999-01-01'", "date '2024-03-01'", "date '2000-06-15'"],
  time: ["time '00:00:00'", "time '12:34:56.789'", "time '23:59:59'", "time '08:00'"],
  timestamp: ["timestamp '2024-02-29 12:30:45.5'", "timestamp '2023-12-31 23:59:59'", "timestamp '1999-01-01 00:00:00'", "timestamp '2024-03-31 02:30:00'"],
  timestamptz: ["timestamptz '2024-02-29 12:30:45.5+00'", "timestamptz '2023-12-31 23:59:59+02'", "timestamptz '1999-01-01 00:00:00Z'", "timestamptz '2024-03-31 01:30:00 Europe/Berlin'"],
  interval: ["interval '1 day'", "interval '2 hours 30 minutes'", "interval '1 year 2 mons'", "interval '-3 days'", "interval '0'", "interval '1 mon -1 day 00:00:01.5'"],
  uuid: ["uuid '00000000-0000-0000-0000-000000000001'", "uuid 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  bytea: ["'\\x'::bytea", "'\\x00ff'::bytea", "'\\x616263'::bytea"],
  jsonb: ['{"a": 1, "b": [1, 2, null], "c": {"d": "x"}}', '[1, "two", null, true, {"k": 3}]', '"text"', '12.50', 'null', '{}', '[]', '{"a": "1", "e": false}', '{"b": [3, 1], "a": 1.0}'].map((text) => `'${text}'::jsonb`),
  json: ['{"a":1,"b":[1,2,null]}', '[1,"two",null]', '{"a":"x", "a":2}', '"s"', 'null'].map((text) => `'${text}'::json`),
  'int4[]': ["'{}'::int[]", "'{1,2,3}'::int[]", "'{3,NULL,1}'::int[]", "array[1, 2, 2, 5]", "'{{1,2},{3,4}}'::int[]", "array[7]"],
  'text[]': ["'{}'::text[]", "'{a,b}'::text[]", "'{NULL,\"x y\",\"\"}'::text[]", "array['ab', 'Abc']"],
  mood: ["'sad'::mood", "'ok'::mood", "'happy'::mood"],
  int4range: ["int4range(1, 5)", "'[2,8]'::int4range", "'empty'::int4range", "'(,4)'::int4range", "'[6,)'::int4range"],
  float4: ["'0'::float4", "'1.5'::float4", "'-2.25'::float4", "'0.1'::float4", "'1e10'::float4"],
  timetz: ["timetz '00:00:00+00'", "timetz '12:34:56.789+02'", "timetz '10:34:56.789+00'", "timetz '23:59:59-05:30'"],
  posint: ['1::posint', '2::posint', '7::posint', '999::posint'],
  pair: ["row(1, 'a')::pair", "row(2, null)::pair", "row(null, 'b')::pair", `'(3,"x y")'::pair`, "'(,)'::pair", "row(1, 'b')::pair"],
  daterange: ["daterange('2024-01-01', '2024-03-01')", "'[1999-01-01,2024-01-31]'::daterange", "'empty'::daterange", "'(,2023-12-31)'::daterange", "'[2024-02-29,)'::daterange"],
  numrange: ['numrange(0, 1.5)', "'[1.50,10]'::numrange", "'empty'::numrange", "'(,7)'::numrange", "'(2.25,)'::numrange"],
  int4multirange: ["'{}'::int4multirange", "'{[1,3),[5,8)}'::int4multirange", "int4multirange(int4range(2, 6))", "'{(,2),[4,)}'::int4multirange"],
  'mood[]': ["'{}'::mood[]", "'{sad,happy}'::mood[]", "array['ok'::mood, null]", "enum_range(null::mood)"],
  bit: ["b'101'::varbit", "b''::varbit", "b'0011'::varbit", "b'11110000'::varbit"],
};

/** A value that is never null. */
export function value(c: Choice, kind: Kind): string {
  switch (kind) {
    case 'int2':
      return `${c.between(-3, 12)}::int2`;
    case 'int4':
      return String(c.between(0, 12)) ;
    case 'int8':
      return c.chance(0.7) ? `${c.between(0, 12)}::int8` : c.pick(['10000000000', '-5000000000', '4294967296']);
    case 'varchar':
      return `${c.pick(pools.text!.filter((text) => text.length < 20))}::varchar`;
    case 'bpchar':
      return `${c.pick(["'a'", "'ab'", "'Abc'", "'x y'"])}::char(6)`;
    default:
      return c.pick(pools[kind]!);
  }
}

export function literal(c: Choice, kind: Kind): string {
  if (c.chance(0.06)) return `null::${bareNames[kind]}`;
  return value(c, kind);
}
