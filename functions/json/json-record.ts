/**
 * JSON objects as records: json_populate_record, json_to_record and their set-returning and jsonb twins. A member goes to the column
 * of its name: composite columns take objects, array columns arrays, json columns anything, others the member's text through
 * their type's input.
 *
 * Source: PostgreSQL's jsonfuncs.c (populate_record and what it calls).
 */
import type { Datum } from '../../base/datum.js';
import { SqlArray, SqlRecord, type RecordShape } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { Jsonb, formatJsonb, parseJsonb } from '../../base/jsonb.js';
import { inputText } from '../../base/text-io.js';
import type { SqlType, TypeRegistry } from '../../base/types.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo } from '../../base/types.js';
import { scalar, setReturning, specialized } from '../define.js';
import { memberOf, parseJsonSource, type JsonNode } from './json-source.js';
import type { EvalContext, FunctionDef } from '../registry.js';

export interface NamedColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** A value as a column's type has it; `base` is what a composite column had. @throws DbError 22P02 and what the type's input raises */
function toColumn(value: JsonNode | undefined, type: SqlType, base: Datum, ctx: EvalContext): Datum {
  const info = typeInfo(type.oid, ctx.types);
  // A domain sees NULL too.
  if (info.kind === 'domain') return ctx.system.call('domain_check', [type.oid, toColumn(value, info.baseType!, base, ctx)]);
  if (value === undefined || value.kind === 'null') return null;
  if (info.storage === 'jsonb') return parseJsonb(value.source);
  if (info.storage === 'json') return value.source;
  if (info.storage === 'array' && value.kind !== 'string') return toArray(value, info.elementOid, type.typmod, ctx);
  if (info.storage === 'record' && info.attributes !== undefined && value.kind !== 'string') {
    if (value.kind !== 'object') throw notAnObject(value);
    const shape = { oid: type.oid, names: info.attributes.map((a) => a.name), types: info.attributes.map((a) => a.type) };
    return toRecord(value, shape, base instanceof SqlRecord ? base : undefined, ctx);
  }
  return inputText(type, value.kind === 'string' ? value.string : value.source, ctx);
}

function notAnObject(value: JsonNode): DbError {
  return new DbError('22023', `cannot call populate_composite on ${value.kind === 'array' ? 'an array' : 'a scalar'}`);
}

function toArray(value: JsonNode, elementOid: number, typmod: number, ctx: EvalContext): SqlArray {
  if (value.kind !== 'array') throw new DbError('22P02', 'expected JSON array');
  const element = sqlType(elementOid, typmod);
  const dims: number[] = [];
  const elements: Datum[] = [];
  const takesJson = ['json', 'jsonb'].includes(typeInfo(elementOid, ctx.types).storage);
  // The first element of each level says how deep the array is.
  for (let level: JsonNode | undefined = value; level?.kind === 'array' && !(takesJson && dims.length > 0); level = level.items[0]) dims.push(level.items.length);
  const walk = (list: readonly JsonNode[], depth: number): void => {
    if (list.length !== dims[depth]) {
      throw new DbError('22P02', 'malformed JSON array', { detail: 'Multidimensional arrays must have sub-arrays with matching dimensions.' });
    }
    for (const item of list) {
      if (depth < dims.length - 1) {
        if (item.kind !== 'array') throw new DbError('22P02', 'expected JSON array');
        walk(item.items, depth + 1);
      } else elements.push(toColumn(item, element, null, ctx));
    }
  };
  walk(value.items, 0);
  return elements.length === 0 ? SqlArray.of(elementOid, []) : new SqlArray(elementOid, dims, dims.map(() => 1), elements);
}

/** Members that are missing keep what `base` has; without a base they are NULL, which a domain may refuse. */
function toRecord(object: JsonNode, shape: RecordShape, base: SqlRecord | undefined, ctx: EvalContext): SqlRecord {
  const values = shape.names.map((name, i) => {
    const member = memberOf(object, name);
    return member === undefined && base !== undefined ? base.values[i]! : toColumn(member, shape.types[i]!, base?.values[i] ?? null, ctx);
  });
  return new SqlRecord(shape, values);
}

/** A document of either type as a tree whose nodes have their own text. */
const treeOf = (document: Datum): JsonNode => parseJsonSource(document instanceof Jsonb ? formatJsonb(document.value) : (document as string));

function* rowsOf(document: Datum, name: string): Generator<JsonNode> {
  const tree = treeOf(document);
  if (tree.kind === 'object') throw new DbError('22023', `cannot call ${name} on an object`);
  if (tree.kind !== 'array') throw new DbError('22023', `cannot call ${name} on a scalar`);
  for (const element of tree.items) {
    if (element.kind !== 'object') throw new DbError('22023', `argument of ${name} must be an array of objects`);
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
    const isRow = ['record', 'none'].includes(typeInfo(baseTypeOf(args[0]!, types).oid, types).storage);
    const shape = shapeOf(args[0]!, types) ?? (base instanceof SqlRecord ? base.shape : undefined);
    if (shape !== undefined) return shape;
    if (!isRow) throw new DbError('42804', `first argument of ${name} must be a row type`);
    throw new DbError('0A000', `could not determine row type for result of ${name}`, {
      hint: 'Provide a non-null record argument, or call the function in the FROM clause using a column definition list.',
    });
  };
  /** The result as a domain over the row type has it. */
  const checked = (record: SqlRecord, type: SqlType, ctx: EvalContext): Datum =>
    (typeInfo(type.oid, ctx.types).kind === 'domain' ? ctx.system.call('domain_check', [type.oid, record]) : record);
  const rowsInto = function* (to: RecordShape, base: SqlRecord | undefined, document: Datum, name: string, ctx: EvalContext): Generator<SqlRecord> {
    for (const object of rowsOf(document, name)) yield toRecord(object, to, base, ctx);
  };
  const objectOf = (document: Datum, name: string): JsonNode => {
    const tree = treeOf(document);
    if (tree.kind !== 'object') throw new DbError('22023', `cannot call ${name} on ${tree.kind === 'array' ? 'an array' : 'a scalar'}`);
    return tree;
  };
  /** In FROM with a column list, which the given record must fit. */
  const withColumns = (definition: FunctionDef) => (columns: readonly NamedColumn[]): FunctionDef => {
    const shape: RecordShape = { oid: TypeOid.record, names: columns.map((c) => c.name), types: columns.map((c) => c.type) };
    return {
      ...definition,
      kind: 'set',
      columns: columns.map((column) => ({ name: column.name, type: column.type.oid })),
      *set([base, document]: readonly Datum[], ctx: EvalContext): Generator<readonly Datum[]> {
        if (document === null || document === undefined) return;
        const given = base as SqlRecord | null;
        if (given !== null && (given.values.length !== columns.length || given.shape.types.some((type, i) => type.oid !== columns[i]!.type.oid))) {
          throw new DbError('42804', 'function return row and query-specified return row do not match');
        }
        const objects = definition.kind === 'set' ? rowsOf(document, definition.name) : [objectOf(document, definition.name)];
        for (const object of objects) yield toRecord(object, shape, given ?? undefined, ctx).values;
      },
    };
  };
  return [
    specialized({ ...one, withColumns: withColumns(one) }, (args, _result, types) => {
      const shape = shapeFor(one.name, args, types);
      return {
        ...one,
        withColumns: withColumns(one),
        impl: (base: SqlRecord | null, document: Datum, ...rest: unknown[]) => {
          if (document === null) return base;
          const ctx = rest[rest.length - 1] as EvalContext;
          const to = shape(base);
          return checked(toRecord(objectOf(document, one.name), to, base ?? undefined, ctx), args[0]!, ctx);
        },
      };
    }),
    specialized({ ...many, withColumns: withColumns(many) }, (args, _result, types) => {
      const shape = shapeFor(many.name, args, types);
      const columns = shapeOf(args[0]!, types);
      return {
        ...many,
        withColumns: withColumns(many),
        columns: columns?.names.map((name, i) => ({ name, type: columns.types[i]!.oid })),
        *set([base, document]: readonly Datum[], ctx: EvalContext): Generator<Datum | readonly Datum[]> {
          if (document === null || document === undefined) return;
          const given = base as SqlRecord | null;
          for (const record of rowsInto(shape(given), given ?? undefined, document, many.name, ctx)) {
            const row = checked(record, args[0]!, ctx) as SqlRecord;
            yield columns === undefined ? row : row.values;
          }
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
            if (tree.kind !== 'object') throw new DbError('22023', `cannot call ${name} on ${tree.kind === 'array' ? 'an array' : 'a scalar'}`);
            yield toRecord(tree, shape, undefined, ctx).values;
          },
        };
      },
    };
  });
}

export const jsonRecordFunctions = (): readonly FunctionDef[] => [...populating('json'), ...populating('jsonb'), ...defining('json'), ...defining('jsonb')];
