/**
 * JSON objects as records: json_populate_record, json_to_record and their set-returning and jsonb twins. A member goes to the column
 * of its name: composite columns take objects, array columns arrays, json columns anything, others the member's text through
 * their type's input.
 *
 * Source: PostgreSQL's jsonfuncs.c (populate_record and what it calls).
 */
import type { Datum } from '../base/datum.js';
import { SqlArray, SqlRecord, type RecordShape } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { JsonbValue } from '../base/jsonb.js';
import { Jsonb, JsonbObject, formatJsonb, isJsonbArray, parseJsonb } from '../base/jsonb.js';
import { inputText } from '../base/text-io.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import { baseTypeOf, sqlType, typeInfo } from '../base/types.js';
import { scalar, setReturning, specialized } from './define.js';
import type { EvalContext, FunctionDef } from './registry.js';

export interface NamedColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** A value as a column's type has it. @throws DbError 22P02 and what the type's input raises */
function toColumn(value: JsonbValue, type: SqlType, ctx: EvalContext): Datum {
  const base = baseTypeOf(type, ctx.types);
  const info = typeInfo(base.oid, ctx.types);
  if (info.storage === 'jsonb') return new Jsonb(value);
  if (info.storage === 'json') return formatJsonb(value);
  if (value === null) return null;
  if (info.storage === 'array' && typeof value !== 'string') return toArray(value, info.elementOid, base.typmod, ctx);
  if (info.storage === 'record' && info.attributes !== undefined && typeof value !== 'string') {
    if (!(value instanceof JsonbObject)) throw notAnObject(value);
    return toRecord(value, { oid: base.oid, names: info.attributes.map((a) => a.name), types: info.attributes.map((a) => a.type) }, undefined, ctx);
  }
  return inputText(type, typeof value === 'string' ? value : formatJsonb(value), ctx);
}

function notAnObject(value: JsonbValue): DbError {
  return new DbError('22023', `cannot call populate_composite on ${isJsonbArray(value) ? 'an array' : 'a scalar'}`);
}

function toArray(value: JsonbValue, elementOid: number, typmod: number, ctx: EvalContext): SqlArray {
  if (!isJsonbArray(value)) throw new DbError('22P02', 'expected JSON array');
  const element = sqlType(elementOid, typmod);
  const dims: number[] = [];
  const elements: Datum[] = [];
  const takesJson = ['json', 'jsonb'].includes(typeInfo(elementOid, ctx.types).storage);
  // The first element of each level says how deep the array is.
  for (let level: JsonbValue = value; isJsonbArray(level) && !(takesJson && dims.length > 0); level = level[0] ?? null) dims.push(level.length);
  const walk = (list: readonly JsonbValue[], depth: number): void => {
    if (list.length !== dims[depth]) {
      throw new DbError('22P02', 'malformed JSON array', { detail: 'Multidimensional arrays must have sub-arrays with matching dimensions.' });
    }
    for (const item of list) {
      if (depth < dims.length - 1) {
        if (!isJsonbArray(item)) throw new DbError('22P02', 'expected JSON array');
        walk(item, depth + 1);
      } else elements.push(toColumn(item, element, ctx));
    }
  };
  walk(value, 0);
  return elements.length === 0 ? SqlArray.of(elementOid, []) : new SqlArray(elementOid, dims, dims.map(() => 1), elements);
}

/** Members that are missing keep what `base` has. */
function toRecord(object: JsonbObject, shape: RecordShape, base: SqlRecord | undefined, ctx: EvalContext): SqlRecord {
  const values = shape.names.map((name, i) => {
    const member = object.get(name);
    return member === undefined ? (base?.values[i] ?? null) : toColumn(member, shape.types[i]!, ctx);
  });
  return new SqlRecord(shape, values);
}

/** A document of either type as a tree. */
const treeOf = (document: Datum): JsonbValue => (document instanceof Jsonb ? document.value : parseJsonb(document as string).value);

function* rowsOf(document: Datum, name: string): Generator<JsonbObject> {
  const tree = treeOf(document);
  if (tree instanceof JsonbObject) throw new DbError('22023', `cannot call ${name} on an object`);
  if (!isJsonbArray(tree)) throw new DbError('22023', `cannot call ${name} on a scalar`);
  for (const element of tree) {
    if (!(element instanceof JsonbObject)) throw new DbError('22023', `argument of ${name} must be an array of objects`);
    yield element;
  }
}

function shapeOf(type: SqlType, types: TypeRegistry): RecordShape | undefined {
  const base = baseTypeOf(type, types);
  const { attributes } = typeInfo(base.oid, types);
  return attributes === undefined ? undefined : { oid: base.oid, names: attributes.map((a) => a.name), types: attributes.map((a) => a.type) };
}

function populating(prefix: 'json' | 'jsonb'): FunctionDef[] {
  const one = scalar(`${prefix}_populate_record`, prefix === 'json' ? 'anyelement json bool' : 'anyelement jsonb', 'anyelement', () => null, { strict: false, volatility: 'stable', defaultCount: prefix === 'json' ? 1 : 0 });
  const many = setReturning(`${prefix}_populate_recordset`, prefix === 'json' ? 'anyelement json bool' : 'anyelement jsonb', 'anyelement', () => [], { strict: false, volatility: 'stable', defaultCount: prefix === 'json' ? 1 : 0 });
  const shapeFor = (name: string, args: readonly SqlType[], types: TypeRegistry) => (base: SqlRecord | null): RecordShape => {
    const shape = shapeOf(args[0]!, types) ?? (base instanceof SqlRecord ? base.shape : undefined);
    if (shape === undefined) {
      throw new DbError('42804', `first argument of ${name} must be a row type`);
    }
    return shape;
  };
  return [
    specialized(one, (args, _result, types) => {
      const shape = shapeFor(one.name, args, types);
      return {
        ...one,
        impl: (base: SqlRecord | null, document: Datum, ...rest: unknown[]) => {
          if (document === null) return base;
          const to = shape(base);
          const tree = treeOf(document);
          if (!(tree instanceof JsonbObject)) throw new DbError('22023', `cannot call ${one.name} on ${isJsonbArray(tree) ? 'an array' : 'a scalar'}`);
          return toRecord(tree, to, base ?? undefined, rest[rest.length - 1] as EvalContext);
        },
      };
    }),
    specialized(many, (args, _result, types) => {
      const shape = shapeFor(many.name, args, types);
      const columns = shapeOf(args[0]!, types);
      return {
        ...many,
        columns: columns?.names.map((name, i) => ({ name, type: columns.types[i]!.oid })),
        *set([base, document]: readonly Datum[], ctx: EvalContext): Generator<readonly Datum[]> {
          if (document === null || document === undefined) return;
          const given = base as SqlRecord | null;
          const to = shape(given);
          for (const object of rowsOf(document, many.name)) yield toRecord(object, to, given ?? undefined, ctx).values;
        },
      };
    }),
  ];
}

/** `json_to_record(...) AS t(a int, b text)`: the column list of the call says what to make. */
function defining(prefix: 'json' | 'jsonb'): FunctionDef[] {
  return [`${prefix}_to_record`, `${prefix}_to_recordset`].map((name) => {
    const definition = setReturning(name, prefix, 'record', () => {
      throw new DbError('42601', 'a column definition list is required for functions returning "record"');
    }, { volatility: 'stable' });
    return {
      ...definition,
      withColumns: (columns: readonly NamedColumn[]): FunctionDef => {
        const shape: RecordShape = { oid: definition.returns, names: columns.map((c) => c.name), types: columns.map((c) => c.type) };
        return {
          ...definition,
          columns: columns.map((column) => ({ name: column.name, type: column.type.oid })),
          *set([document]: readonly Datum[], ctx: EvalContext): Generator<readonly Datum[]> {
            if (name.endsWith('recordset')) {
              for (const object of rowsOf(document!, name)) yield toRecord(object, shape, undefined, ctx).values;
              return;
            }
            const tree = treeOf(document!);
            if (!(tree instanceof JsonbObject)) throw new DbError('22023', `cannot call ${name} on ${isJsonbArray(tree) ? 'an array' : 'a scalar'}`);
            yield toRecord(tree, shape, undefined, ctx).values;
          },
        };
      },
    };
  });
}

export const jsonRecordFunctions: readonly FunctionDef[] = [...populating('json'), ...populating('jsonb'), ...defining('json'), ...defining('jsonb')];
