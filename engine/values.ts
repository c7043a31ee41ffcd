/**
 * From datums to what the user gets, by type oid:
 *
 *   int2 int4 oid float8  number             float4  the number with its shortest text       int8  number, or 22003 when it is not a safe integer; bigint or string by option
 *   bool  boolean                            numeric money  string (a number would lose digits)
 *   text varchar char name uuid enum  string bytea  Uint8Array
 *   timestamp timestamptz  Date (timestamp as if it were UTC; infinities as numbers)   date  'YYYY-MM-DD'   time timetz interval  string
 *   json jsonb  parsed                       arrays  nested arrays        named composites  objects       anonymous rows  arrays
 *   ranges, bit strings, everything else  PostgreSQL's text
 *
 * A parser given by the user for an oid gets the text form instead. Text forms depend on the session's settings; converters are compiled into
 * cached statements, so they read the context of the statement that is being stepped (`withOutputContext`). That is safe because a step is synchronous.
 */
import type { Datum } from '../base/datum.js';
import type { SqlArray, SqlRecord } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { formatFloat4 } from '../base/scalar-text.js';
import { outputText } from '../base/text-io.js';
import type { TextEnv } from '../base/text-env.js';
import { plainTextEnv } from '../base/text-env.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo, typeName } from '../base/types.js';
import type { RowShape } from '../executor/execution.js';
import type { Field, Int8Mode, Parsers, RowMode } from './api.js';
import { callOfProgram } from './arguments.js';

export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** How rows are to look. Formats are compared by `formatKey`. */
export interface ValueFormat {
  readonly rowMode: RowMode;
  /** `datum`: as they are, for cursors and other inner uses. */
  readonly values: 'js' | 'text' | 'datum';
  readonly int8: Int8Mode;
  readonly parsers: Parsers | undefined;
  readonly serializers: Readonly<Record<number, (value: unknown) => string>> | undefined;
  /** Equal for formats that convert alike: compiled code is kept under it. */
  readonly key: string;
}

/** A format with its key. */
export function makeFormat(fields: Omit<ValueFormat, 'key'>): ValueFormat {
  const { rowMode, values, int8, parsers, serializers } = fields;
  // Field by field: copies of objects come in several shapes, and every statement asks for the key.
  return { rowMode, values, int8, parsers, serializers, key: formatKey(fields) };
}

/** Keys of formats without parsers, of which there are few: equal ones are one string, and compared at once. */
const plainKeys = new Map<string, string>();

const parserIds = new WeakMap<Parsers, number>();
let parserCount = 0;

function formatKey(format: Omit<ValueFormat, 'key'>): string {
  let id = 0;
  if (format.parsers !== undefined) {
    id = parserIds.get(format.parsers) ?? 0;
    if (id === 0) parserIds.set(format.parsers, (id = ++parserCount));
  }
  const key = `${format.rowMode}:${format.values}:${format.int8}:${id}`;
  if (id > 0) return key;
  const known = plainKeys.get(key);
  if (known === undefined) plainKeys.set(key, key);
  return known ?? key;
}

/** Rows as datums, for cursors, COPY and tables made from queries. */
export const datumFormat: ValueFormat = makeFormat({ rowMode: 'array', values: 'datum', int8: 'number', parsers: undefined, serializers: undefined });

/** The statement whose rows are being made right now. */
let output: TextEnv = plainTextEnv;

export function withOutputContext<T>(context: TextEnv, f: () => T): T {
  const outer = output;
  output = context;
  try {
    return f();
  } finally {
    output = outer;
  }
}

/** The same without a closure. @returns what `leaveOutputContext` needs to put the outer one back */
export function enterOutputContext(context: TextEnv): TextEnv {
  const outer = output;
  output = context;
  return outer;
}
export function leaveOutputContext(outer: TextEnv): void {
  output = outer;
}

type Convert = ((value: Datum) => unknown) | undefined;

/** Turns non-NULL datums of a type into user values; undefined leaves them as they are. */
export function converterOf(type: SqlType, format: ValueFormat, types: TypeRegistry): Convert {
  const asText = (value: Datum): string => outputText(type, value, output);
  if (format.values === 'datum') return undefined;
  if (format.values === 'text') return asText;
  const parser = format.parsers?.[type.oid];
  if (parser !== undefined) {
    const what = `the parser of type ${typeName(type.oid, types)}`;
    return (value) => callOfProgram(what, parser, outputText(type, value, output));
  }
  const base = baseTypeOf(type, types);
  if (base.oid !== type.oid && format.parsers?.[base.oid] !== undefined) return converterOf(base, format, types);
  const info = typeInfo(base.oid, types);
  switch (info.storage) {
    case 'bool':
    case 'int2':
    case 'int4':
    case 'float8':
    case 'text':
    case 'bpchar':
    case 'char':
    case 'bit':
    case 'uuid':
    case 'enum':
    case 'jsonpath':
      return undefined;
    case 'oid':
      // regclass and its kin print as names.
      return base.oid === TypeOid.oid || base.oid === 28 || base.oid === 29 ? undefined : asText;
    case 'float4':
      // 0.1, not the double nearest to the real nearest to it.
      return (value) => Number(formatFloat4(value as number));
    case 'int8':
      return int8Converter(format.int8);
    case 'bytea':
      return (value) => Uint8Array.from(value as Uint8Array);
    case 'json':
      return (value) => JSON.parse(value as string) as unknown;
    case 'jsonb':
      return (value) => JSON.parse(outputText(base, value, output)) as unknown;
    case 'timestamp':
      return timestampToDate;
    case 'date':
      return dateText(base);
    case 'array':
      return base.oid === TypeOid.int2vector || base.oid === TypeOid.oidvector ? asText : arrayConverter(format, types);
    case 'record':
      return (value) => recordToUser(value as SqlRecord, format, types);
    default:
      return asText;
  }
}

function int8Converter(mode: Int8Mode): Convert {
  switch (mode) {
    case 'bigint':
      return (value) => BigInt(value as number | bigint);
    case 'string':
      return (value) => String(value as number | bigint);
    case 'number':
      return (value) => {
        if (typeof value === 'bigint') {
          throw new DbError('22003', `value ${value} of type bigint is not a safe integer`, { hint: "Open the database or run the query with { int8: 'bigint' } or { int8: 'string' }." });
        }
        return value;
      };
  }
}

/** Milliseconds between 1970-01-01 and 2000-01-01. */
const EpochOffsetMs = 946_684_800_000;

function timestampToDate(value: Datum): unknown {
  if (value === Infinity || value === -Infinity) return value;
  const micros = value as number | bigint;
  const ms = typeof micros === 'bigint' ? Number(micros / 1000n) : Math.floor(micros / 1000);
  return new Date(ms + EpochOffsetMs);
}

/** ISO whatever DateStyle says: a program reads it. */
function dateText(type: SqlType): Convert {
  return (value) => outputText(type, value, plainTextEnv);
}

function arrayConverter(format: ValueFormat, types: TypeRegistry): Convert {
  return (value) => {
    const array = value as SqlArray;
    const convert = converterOf(sqlType(array.elementType), format, types);
    let at = 0;
    const build = (dimension: number): unknown[] => {
      const items: unknown[] = [];
      for (let i = 0; i < array.dims[dimension]!; i++) {
        if (dimension < array.dims.length - 1) items.push(build(dimension + 1));
        else {
          const element = array.elements[at++]!;
          items.push(element === null || convert === undefined ? element : convert(element));
        }
      }
      return items;
    };
    return array.dims.length === 0 ? [] : build(0);
  };
}

function recordToUser(record: SqlRecord, format: ValueFormat, types: TypeRegistry): unknown {
  const values = record.values.map((value, i) => {
    if (value === null) return null;
    const convert = converterOf(record.shape.types[i]!, format, types);
    return convert === undefined ? value : convert(value);
  });
  if (record.shape.oid === TypeOid.record) return values;
  return Object.fromEntries(record.shape.names.map((name, i) => [name, values[i]]));
}

export function rowShape(columns: readonly ResultColumn[], format: ValueFormat, types: TypeRegistry): RowShape {
  return { mode: format.rowMode, convert: columns.map((column) => converterOf(column.type, format, types)) };
}

/** Rows made outside the executor (SHOW, EXPLAIN, EXECUTE, FETCH), in the format asked for. */
export function convertRows(rows: readonly (readonly Datum[])[], columns: readonly ResultColumn[], format: ValueFormat, context: TextEnv): unknown[] {
  const { convert, mode } = rowShape(columns, format, context.types);
  return withOutputContext(context, () =>
    rows.map((row) => {
      const values = row.map((value, i) => (value === null || convert[i] === undefined ? value : convert[i](value)));
      if (mode === 'array') return values;
      const object: Record<string, unknown> = {};
      columns.forEach((column, i) => (object[column.name] = values[i]));
      return object;
    }),
  );
}

export function fieldsOf(columns: readonly ResultColumn[], types: TypeRegistry): Field[] {
  // A domain's values are described as those of its base type.
  return columns.map(({ name, type }) => ({ name, type: baseTypeOf(type, types) })).map(({ name, type }) => ({
    name, tableID: 0, columnID: 0, dataTypeID: type.oid, dataTypeSize: typeInfo(type.oid, types).length, dataTypeModifier: type.typmod, format: 'text',
  }));
}
