/**
 * SQL values as JSON: what to_json, json_agg, row_to_json and their jsonb twins make of each type. Booleans and numbers stay what they
 * are, dates and times become ISO 8601 texts, arrays arrays, composites objects, JSON itself; everything else is its text.
 *
 * One converter is made per type and call; it writes JSON text or builds a jsonb tree.
 * Source: PostgreSQL's json.c (datum_to_json) and jsonb.c (datum_to_jsonb).
 */
import { formatDate, formatTimestamp, formatZoneOffset } from '../../base/datetime.js';
import { unixSeconds } from '../../base/calendar.js';
import type { Datum, SqlArray, SqlRecord } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { addInt8 } from '../../base/interval.js';
import { quoteJson } from '../../base/json-text.js';
import type { Jsonb, JsonbValue } from '../../base/jsonb.js';
import { formatJsonb, jsonbObject, parseJsonb } from '../../base/jsonb.js';
import { Numeric, parseNumeric } from '../../base/numeric.js';
import type { DateStyle } from '../../base/text-env.js';
import { sessionZone } from '../../base/text-env.js';
import { textWriter } from '../../base/text-io.js';
import type { SqlType, TypeInfo, TypeRegistry } from '../../base/types.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo } from '../../base/types.js';
import type { EvalContext } from '../registry.js';

const iso: DateStyle = { format: 'ISO', order: 'MDY' };

/** A date or timestamp as ISO 8601 has it, undefined for other types. */
function isoText(oid: number, value: Datum, ctx: EvalContext): string | undefined {
  switch (oid) {
    case TypeOid.date:
      return formatDate(value as number, iso);
    case TypeOid.timestamp:
      return formatTimestamp(value as number | bigint, iso).replace(' ', 'T').replace('TBC', ' BC');
    case TypeOid.timestamptz: {
      const timestamp = value as number | bigint;
      if (timestamp === Infinity || timestamp === -Infinity) return formatTimestamp(timestamp, iso);
      const offset = sessionZone(ctx).offsetAt(unixSeconds(timestamp));
      const local = formatTimestamp(addInt8(timestamp, offset * 1_000_000)!, iso).replace(' ', 'T');
      const zone = formatZoneOffset(0 - offset);
      const shown = zone.length === 3 ? `${zone}:00` : zone;
      return local.endsWith(' BC') ? `${local.slice(0, -3)}${shown} BC` : local + shown;
    }
    default:
      return undefined;
  }
}

/** How values of one type become JSON text and jsonb. */
export interface JsonConverter {
  text(value: Datum, ctx: EvalContext): string;
  tree(value: Datum, ctx: EvalContext): JsonbValue;
  /** Text for an object's key. @throws DbError 22023 when the type is no scalar */
  key(value: Datum, ctx: EvalContext): string;
  readonly isStructured: boolean;
}

/** A number's text is JSON unless it is NaN or infinite. */
const isJsonNumber = (text: string): boolean => /^-?\d/.test(text);

function keyError(): DbError {
  return new DbError('22023', 'key value must be scalar, not array, composite, or json');
}

export function jsonConverter(type: SqlType, types: TypeRegistry): JsonConverter {
  const base = baseTypeOf(type, types);
  const info = typeInfo(base.oid, types);
  let madeFor: EvalContext | undefined;
  let written: ((value: Datum) => string) | undefined;
  const plain = (value: Datum, ctx: EvalContext): string => {
    if (madeFor !== ctx || written === undefined) {
      madeFor = ctx;
      written = textWriter(base, ctx);
    }
    return written(value);
  };
  switch (info.storage) {
    case 'bool':
      return { text: (value) => String(value), tree: (value) => value as boolean, key: (value) => String(value), isStructured: false };
    case 'int2':
    case 'int4':
    case 'int8':
    case 'float4':
    case 'float8':
    case 'numeric':
      return {
        text: (value, ctx) => {
          const text = plain(value, ctx);
          return isJsonNumber(text) ? text : quoteJson(text);
        },
        tree: (value, ctx) => {
          if (typeof value === 'number' && Number.isSafeInteger(value)) return new Numeric(value + 0, 0);
          const text = plain(value, ctx);
          return isJsonNumber(text) ? parseNumeric(text)! : text;
        },
        key: plain, isStructured: false,
      };
    case 'date':
    case 'timestamp': {
      const text = (value: Datum, ctx: EvalContext): string => isoText(base.oid, value, ctx)!;
      return { text: (value, ctx) => quoteJson(text(value, ctx)), tree: text, key: text, isStructured: false };
    }
    case 'json':
      return { text: (value) => value as string, tree: (value) => parseJsonb(value as string).value, key: () => { throw keyError(); }, isStructured: false };
    case 'jsonb':
      return {
        text: (value) => formatJsonb((value as Jsonb).value), tree: (value) => (value as Jsonb).value, key: () => { throw keyError(); }, isStructured: false,
      };
    case 'array':
      return arrayConverter(info, types);
    case 'record':
      return recordConverter(types);
    default:
      return { text: (value, ctx) => quoteJson(plain(value, ctx)), tree: plain, key: plain, isStructured: false };
  }
}

function arrayConverter(info: TypeInfo, types: TypeRegistry): JsonConverter {
  const fixed = info.elementOid === 0 ? undefined : jsonConverter(sqlType(info.elementOid), types);
  const converterOf = (array: SqlArray): JsonConverter => fixed ?? jsonConverter(sqlType(array.elementType), types);
  return {
    text: (value, ctx) => arrayText(value as SqlArray, converterOf(value as SqlArray), ctx, ','),
    tree: (value, ctx) => {
      const array = value as SqlArray;
      const element = converterOf(array);
      const level = (depth: number, from: number, count: number): JsonbValue[] => {
        const size = count / array.dims[depth]!;
        return Array.from({ length: array.dims[depth]! }, (_, i) => {
          if (depth < array.dims.length - 1) return level(depth + 1, from + i * size, size);
          const item = array.elements[from + i]!;
          return item === null ? null : element.tree(item, ctx);
        });
      };
      return array.dims.length === 0 ? [] : level(0, 0, array.elements.length);
    },
    key: () => { throw keyError(); }, isStructured: true,
  };
}

/** `separator` stands between the members of the outermost dimension. */
export function arrayText(array: SqlArray, element: JsonConverter, ctx: EvalContext, separator: string): string {
  if (array.dims.length === 0) return '[]';
  let at = 0;
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < array.dims[depth]!; i++) {
      if (depth < array.dims.length - 1) parts.push(level(depth + 1));
      else {
        const item = array.elements[at++]!;
        parts.push(item === null ? 'null' : element.text(item, ctx));
      }
    }
    return `[${parts.join(depth === 0 ? separator : ',')}]`;
  };
  return level(0);
}

function recordConverter(types: TypeRegistry): JsonConverter {
  let shape: unknown;
  let converters: JsonConverter[] = [];
  const fit = (record: SqlRecord): void => {
    if (record.shape === shape) return;
    shape = record.shape;
    converters = record.shape.types.map((type) => jsonConverter(type, types));
  };
  return {
    text: (value, ctx) => recordText(value as SqlRecord, types, ctx, ','),
    tree: (value, ctx) => {
      const record = value as SqlRecord;
      fit(record);
      return jsonbObject(record.shape.names, record.values.map((field, i) => (field === null ? null : converters[i]!.tree(field, ctx))));
    },
    key: () => { throw keyError(); }, isStructured: true,
  };
}

export function recordText(record: SqlRecord, types: TypeRegistry, ctx: EvalContext, separator: string): string {
  const parts = record.values.map((field, i) => {
    const text = field === null ? 'null' : jsonConverter(record.shape.types[i]!, types).text(field, ctx);
    return `${quoteJson(record.shape.names[i]!)}:${text}`;
  });
  return `{${parts.join(separator)}}`;
}
