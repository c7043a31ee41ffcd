/**
 * Functions and operators of json and jsonb. A json document is text and read anew by each call (json-source.ts); a jsonb one is a
 * tree (jsonb-edit.ts). Making JSON of SQL values is json-build.ts's part, making records of JSON json-record.ts's, paths jsonpath's.
 *
 * Source: PostgreSQL's json.c, jsonb.c, jsonfuncs.c and jsonb_op.c for names, NULLs and errors.
 */
import type { Datum, SqlArray, SqlRecord } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { quoteJson } from '../../base/json-text.js';
import type { JsonbValue } from '../../base/jsonb.js';
import { Jsonb, JsonbObject, compareJsonb, formatJsonb, isJsonbArray, jsonbObject } from '../../base/jsonb.js';
import type { SqlType, TypeRegistry } from '../../base/types.js';
import { TypeOid } from '../../base/types.js';
import { aggregate, operator, scalar, setReturning, specialized } from '../define.js';
import type { JsonConverter } from './json-build.js';
import { arrayText, jsonConverter, recordText } from './json-build.js';
import { jsonRecordFunctions } from './json-record.js';
import type { JsonNode } from './json-source.js';
import { followSource, itemAt, memberOf, parseJsonSource, sourceText, stripSourceNulls, wrongKind } from './json-source.js';
import {
  concatenateJsonb, containsJsonb, deleteIndex, deleteKeys, editPath, elementAt, fieldOf, followPath, hasKey, isContainer, jsonbKind, stripNulls,
} from './jsonb-edit.js';
import type { EvalContext, FunctionDef, OperatorDef, ScalarImpl } from '../registry.js';

/** The texts of a path; undefined when one is NULL, which makes the result NULL. */
function pathOf(array: SqlArray): string[] | undefined {
  return array.elements.includes(null) ? undefined : (array.elements as string[]);
}

// ------------------------------------------------------------------------------------------------------------------- parts

const jsonb = (value: JsonbValue | undefined): Jsonb | null => (value === undefined ? null : new Jsonb(value));
/** A part of a document as text: strings bare, null as NULL. */
const jsonbText = (value: JsonbValue | undefined): string | null =>
  value === undefined || value === null ? null : typeof value === 'string' ? value : formatJsonb(value);
const source = (node: JsonNode | undefined): string | null => (node === undefined ? null : node.source);
const text = (node: JsonNode | undefined): string | null => (node === undefined ? null : sourceText(node));

interface Access {
  readonly operator: string;
  readonly functionName: string;
  readonly argument: 'text' | 'int4' | '_text';
  readonly isText: boolean;
  readonly json: ScalarImpl;
  readonly jsonb: ScalarImpl;
}

function followJson(document: string, array: SqlArray): JsonNode | undefined {
  const path = pathOf(array);
  return path === undefined ? undefined : followSource(parseJsonSource(document), path);
}
function followJsonb(document: Jsonb, array: SqlArray): JsonbValue | undefined {
  const path = pathOf(array);
  return path === undefined ? undefined : followPath(document.value, path);
}

/** A document that is a scalar counts as an array of one when it is subscripted; one inside of a document does not. */
const asArray = (value: JsonbValue): JsonbValue => (isContainer(value) ? value : [value]);

const accesses: readonly Access[] = [
  { operator: '->', functionName: 'object_field', argument: 'text', isText: false, json: (d: string, k: string) => source(memberOf(parseJsonSource(d), k)), jsonb: (d: Jsonb, k: string) => jsonb(fieldOf(d.value, k)) },
  { operator: '->>', functionName: 'object_field_text', argument: 'text', isText: true, json: (d: string, k: string) => text(memberOf(parseJsonSource(d), k)), jsonb: (d: Jsonb, k: string) => jsonbText(fieldOf(d.value, k)) },
  { operator: '->', functionName: 'array_element', argument: 'int4', isText: false, json: (d: string, i: number) => source(itemAt(parseJsonSource(d), i)), jsonb: (d: Jsonb, i: number) => jsonb(elementAt(asArray(d.value), i)) },
  { operator: '->>', functionName: 'array_element_text', argument: 'int4', isText: true, json: (d: string, i: number) => text(itemAt(parseJsonSource(d), i)), jsonb: (d: Jsonb, i: number) => jsonbText(elementAt(asArray(d.value), i)) },
  { operator: '#>', functionName: 'extract_path', argument: '_text', isText: false, json: (d: string, p: SqlArray) => source(followJson(d, p)), jsonb: (d: Jsonb, p: SqlArray) => jsonb(followJsonb(d, p)) },
  { operator: '#>>', functionName: 'extract_path_text', argument: '_text', isText: true, json: (d: string, p: SqlArray) => text(followJson(d, p)), jsonb: (d: Jsonb, p: SqlArray) => jsonbText(followJsonb(d, p)) },
];

const accessFunctions = () => accesses.flatMap((access) =>
  (['json', 'jsonb'] as const).map((type) =>
    scalar(`${type}_${access.functionName}`, `${type} ${access.argument}`, access.isText ? 'text' : type, access[type], { variadic: access.argument === '_text' }),
  ),
);
const accessOperators = () => accesses.flatMap((access) =>
  (['json', 'jsonb'] as const).map((type) =>
    operator(access.operator, type, access.argument, access.isText ? 'text' : type, access[type], { functionName: `${type}_${access.functionName}` }),
  ),
);

// ------------------------------------------------------------------------------------------------------------------- members as rows

/** The tree of a json document that must be an array. */
function arrayOf(document: string, name: string): readonly JsonNode[] {
  const node = parseJsonSource(document);
  if (node.kind === 'object') throw wrongKind(`cannot call ${name} on a non-array`);
  if (node.kind !== 'array') throw wrongKind(`cannot call ${name} on a scalar`);
  return node.items;
}
function objectOf(document: string): JsonNode {
  const node = parseJsonSource(document);
  if (node.kind === 'array') throw wrongKind('cannot deconstruct an array as an object');
  if (node.kind !== 'object') throw wrongKind('cannot deconstruct a scalar');
  return node;
}
function jsonbArrayOf(document: Jsonb): readonly JsonbValue[] {
  const { value } = document;
  if (value instanceof JsonbObject) throw wrongKind('cannot extract elements from an object');
  if (!isJsonbArray(value)) throw wrongKind('cannot extract elements from a scalar');
  return value;
}
function jsonbObjectOf(document: Jsonb, name: string): JsonbObject {
  if (!(document.value instanceof JsonbObject)) throw wrongKind(`cannot call ${name} on a non-object`);
  return document.value;
}

const valueColumn = (type: string) => ({ columns: [{ name: 'value', type }] });
const pairColumns = (type: string) => ({ columns: [{ name: 'key', type: 'text' }, { name: 'value', type }] });

const rowFunctions = (): FunctionDef[] => [
  setReturning('json_array_elements', 'json', 'json', ([d]) => arrayOf(d as string, 'json_array_elements').map((node) => [node.source]), valueColumn('json')),
  setReturning('json_array_elements_text', 'json', 'text', ([d]) => arrayOf(d as string, 'json_array_elements_text').map((node) => [sourceText(node)]), valueColumn('text')),
  setReturning('jsonb_array_elements', 'jsonb', 'jsonb', ([d]) => jsonbArrayOf(d as Jsonb).map((value) => [new Jsonb(value)]), valueColumn('jsonb')),
  setReturning('jsonb_array_elements_text', 'jsonb', 'text', ([d]) => jsonbArrayOf(d as Jsonb).map((value) => [jsonbText(value)]), valueColumn('text')),
  setReturning('json_each', 'json', 'record', ([d]) => {
    const node = objectOf(d as string);
    return node.keys.map((key, i) => [key, node.items[i]!.source]);
  }, pairColumns('json')),
  setReturning('json_each_text', 'json', 'record', ([d]) => {
    const node = objectOf(d as string);
    return node.keys.map((key, i) => [key, sourceText(node.items[i]!)]);
  }, pairColumns('text')),
  setReturning('jsonb_each', 'jsonb', 'record', ([d]) => {
    const object = jsonbObjectOf(d as Jsonb, 'jsonb_each');
    return object.keys.map((key, i) => [key, new Jsonb(object.values[i]!)]);
  }, pairColumns('jsonb')),
  setReturning('jsonb_each_text', 'jsonb', 'record', ([d]) => {
    const object = jsonbObjectOf(d as Jsonb, 'jsonb_each_text');
    return object.keys.map((key, i) => [key, jsonbText(object.values[i]!)]);
  }, pairColumns('text')),
  setReturning('json_object_keys', 'json', 'text', ([d]) => {
    const node = parseJsonSource(d as string);
    if (node.kind !== 'object') throw wrongKind(`cannot call json_object_keys on ${node.kind === 'array' ? 'an array' : 'a scalar'}`);
    return node.keys;
  }),
  setReturning('jsonb_object_keys', 'jsonb', 'text', ([d]) => {
    const { value } = d as Jsonb;
    if (!(value instanceof JsonbObject)) throw wrongKind(`cannot call jsonb_object_keys on ${isJsonbArray(value) ? 'an array' : 'a scalar'}`);
    return value.keys;
  }),
];

// ------------------------------------------------------------------------------------------------------------------- questions and edits

const lengthError = (kind: string): DbError => wrongKind(`cannot get array length of a ${kind === 'object' ? 'non-array' : 'scalar'}`);

/** Indented by four blanks a level. */
function pretty(value: JsonbValue, indent = ''): string {
  if (!isContainer(value)) return formatJsonb(value);
  const inner = `${indent}    `;
  if (isJsonbArray(value)) return value.length === 0 ? `[\n${indent}]` : `[\n${value.map((element) => inner + pretty(element, inner)).join(',\n')}\n${indent}]`;
  const members = value.keys.map((key, i) => `${inner}${quoteJson(key)}: ${pretty(value.values[i]!, inner)}`);
  return members.length === 0 ? `{\n${indent}}` : `{\n${members.join(',\n')}\n${indent}}`;
}

const steps = (path: SqlArray): readonly (string | null)[] => {
  if (path.dims.length > 1) throw new DbError('2202E', 'wrong number of array subscripts');
  return path.elements as readonly (string | null)[];
};

function setLax(document: Jsonb | null, path: SqlArray | null, value: Jsonb | null, createsMissing: boolean | null | undefined, treatment: string | null | undefined): Datum {
  if (document === null || path === null || createsMissing === null) return null;
  const how = treatment === undefined ? 'use_json_null' : treatment;
  if (how === null) throw new DbError('22023', 'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"');
  const set = (to: JsonbValue): Jsonb => new Jsonb(editPath(document.value, steps(path), { kind: 'set', value: to, createsMissing: createsMissing !== false }));
  if (value !== null) return set(value.value);
  switch (how) {
    case 'raise_exception':
      throw new DbError('22004', 'JSON value must not be null', {
        detail: 'Exception was raised because null_value_treatment is "raise_exception".',
        hint: 'To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.',
      });
    case 'use_json_null':
      return set(null);
    case 'delete_key':
      return new Jsonb(editPath(document.value, steps(path), { kind: 'delete' }));
    case 'return_target':
      return document;
    default:
      throw new DbError('22023', 'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"');
  }
}

const questions = (): FunctionDef[] => [
  scalar('json_typeof', 'json', 'text', (d: string) => parseJsonSource(d).kind),
  scalar('jsonb_typeof', 'jsonb', 'text', (d: Jsonb) => jsonbKind(d.value)),
  scalar('json_array_length', 'json', 'int4', (d: string) => {
    const node = parseJsonSource(d);
    if (node.kind !== 'array') throw lengthError(node.kind);
    return node.items.length;
  }),
  scalar('jsonb_array_length', 'jsonb', 'int4', (d: Jsonb) => {
    if (!isJsonbArray(d.value)) throw lengthError(jsonbKind(d.value));
    return d.value.length;
  }),
  scalar('json_strip_nulls', 'json', 'json', (d: string) => stripSourceNulls(parseJsonSource(d))),
  scalar('jsonb_strip_nulls', 'jsonb', 'jsonb', (d: Jsonb) => new Jsonb(stripNulls(d.value))),
  scalar('jsonb_pretty', 'jsonb', 'text', (d: Jsonb) => pretty(d.value)),
  scalar('jsonb_set', 'jsonb _text jsonb bool', 'jsonb', (d: Jsonb, path: SqlArray, value: Jsonb, createsMissing: boolean | undefined) =>
    new Jsonb(editPath(d.value, steps(path), { kind: 'set', value: value.value, createsMissing: createsMissing !== false })), { defaultCount: 1, names: ['jsonb_in', 'path', 'replacement', 'create_if_missing'] }),
  scalar('jsonb_set_lax', 'jsonb _text jsonb bool text', 'jsonb', setLax, { strict: false, defaultCount: 2, names: ['jsonb_in', 'path', 'replacement', 'create_if_missing', 'null_value_treatment'] }),
  scalar('jsonb_insert', 'jsonb _text jsonb bool', 'jsonb', (d: Jsonb, path: SqlArray, value: Jsonb, isAfter: boolean | undefined) =>
    new Jsonb(editPath(d.value, steps(path), { kind: 'insert', value: value.value, isAfter: isAfter === true })), { defaultCount: 1, names: ['jsonb_in', 'path', 'replacement', 'insert_after'] }),
  scalar('jsonb_delete_path', 'jsonb _text', 'jsonb', deletePath),
  scalar('jsonb_delete', 'jsonb text', 'jsonb', (d: Jsonb, key: string) => new Jsonb(deleteKeys(d.value, [key]))),
  scalar('jsonb_delete', 'jsonb int4', 'jsonb', (d: Jsonb, index: number) => new Jsonb(deleteIndex(d.value, index))),
  scalar('jsonb_delete', 'jsonb _text', 'jsonb', (d: Jsonb, keys: SqlArray) => new Jsonb(deleteKeys(d.value, steps(keys))), { variadic: true }),
  scalar('jsonb_concat', 'jsonb jsonb', 'jsonb', (a: Jsonb, b: Jsonb) => new Jsonb(concatenateJsonb(a.value, b.value))),
  scalar('jsonb_contains', 'jsonb jsonb', 'bool', (a: Jsonb, b: Jsonb) => containsJsonb(a.value, b.value)),
  scalar('jsonb_contained', 'jsonb jsonb', 'bool', (a: Jsonb, b: Jsonb) => containsJsonb(b.value, a.value)),
  scalar('jsonb_exists', 'jsonb text', 'bool', (d: Jsonb, key: string) => hasKey(d.value, key)),
  scalar('jsonb_exists_any', 'jsonb _text', 'bool', existsAny),
  scalar('jsonb_exists_all', 'jsonb _text', 'bool', existsAll),
  scalar('jsonb_cmp', 'jsonb jsonb', 'int4', (a: Jsonb, b: Jsonb) => Math.sign(compareJsonb(a, b))),
];

function deletePath(document: Jsonb, path: SqlArray): Jsonb {
  return new Jsonb(editPath(document.value, steps(path), { kind: 'delete' }));
}
function existsAny(document: Jsonb, keys: SqlArray): boolean {
  return keys.elements.some((key) => key !== null && hasKey(document.value, key as string));
}
function existsAll(document: Jsonb, keys: SqlArray): boolean {
  return keys.elements.every((key) => key === null || hasKey(document.value, key as string));
}

// ------------------------------------------------------------------------------------------------------------------- construction

type Builder = (converters: readonly JsonConverter[], values: readonly Datum[], ctx: EvalContext) => Datum;

/** The type of a literal that nothing has typed is text. */
const settled = (type: SqlType): SqlType => (type.oid === TypeOid.unknown ? { oid: TypeOid.text, typmod: -1 } : type);

/** A function over values of any type, whose converters are made when the call is bound. A VARIADIC array counts as its elements. */
function building(name: string, args: string, returns: string, isStrict: boolean, build: Builder): FunctionDef {
  const isVariadic = args === 'any';
  const definition = scalar(name, args, returns, () => null, { strict: isStrict, volatility: 'stable', variadic: isVariadic });
  return specialized(definition, (types: readonly SqlType[], _result: SqlType, registry: TypeRegistry, isVariadicCall?: boolean) => {
    const converters = types.map((type) => jsonConverter(settled(type), registry));
    const count = types.length;
    return {
      ...definition,
      impl: (...given: unknown[]) => {
        const ctx = given[count] as EvalContext;
        if (isVariadic && isVariadicCall === true) {
          const array = given[0] as SqlArray | null;
          if (array === null) return null;
          const element = jsonConverter({ oid: array.elementType, typmod: -1 }, registry);
          return build(array.elements.map(() => element), array.elements, ctx);
        }
        return build(converters, given.slice(0, count) as Datum[], ctx);
      },
    };
  });
}

function checkPairs(values: readonly Datum[], name: string): void {
  if (values.length % 2 !== 0) {
    throw new DbError('22023', 'argument list must have even number of elements', { hint: `The arguments of ${name}() must consist of alternating keys and values.` });
  }
}
const valueText = (converter: JsonConverter, value: Datum, ctx: EvalContext): string => (value === null ? 'null' : converter.text(value, ctx));
const valueTree = (converter: JsonConverter, value: Datum, ctx: EvalContext): JsonbValue => (value === null ? null : converter.tree(value, ctx));

const buildObjectText: Builder = (converters, values, ctx) => {
  checkPairs(values, 'json_build_object');
  const members: string[] = [];
  for (let i = 0; i < values.length; i += 2) {
    if (values[i] === null) throw new DbError('22023', `argument ${i + 1} cannot be null`, { hint: 'Object keys should be text.' });
    members.push(`${quoteJson(converters[i]!.key(values[i]!, ctx))} : ${valueText(converters[i + 1]!, values[i + 1]!, ctx)}`);
  }
  return `{${members.join(', ')}}`;
};
const buildObjectTree: Builder = (converters, values, ctx) => {
  checkPairs(values, 'jsonb_build_object');
  const keys: string[] = [];
  const members: JsonbValue[] = [];
  for (let i = 0; i < values.length; i += 2) {
    if (values[i] === null) throw new DbError('22023', `argument ${i + 1}: key must not be null`);
    keys.push(converters[i]!.key(values[i]!, ctx));
    members.push(valueTree(converters[i + 1]!, values[i + 1]!, ctx));
  }
  return new Jsonb(jsonbObject(keys, members));
};

/** Keys and values of json_object: one array of pairs, or two arrays. */
function objectPairs(first: SqlArray, second: SqlArray | undefined): [string, string | null][] {
  const wrong = (): DbError => new DbError('2202E', 'wrong number of array subscripts');
  let pairs: [Datum, Datum][];
  if (second !== undefined) {
    if (first.dims.length > 1 || first.dims.length !== second.dims.length) throw wrong();
    if (first.elements.length !== second.elements.length) throw new DbError('2202E', 'mismatched array dimensions');
    pairs = first.elements.map((key, i) => [key, second.elements[i]!]);
  } else {
    if (first.dims.length > 2) throw wrong();
    if (first.dims.length === 2 && first.dims[1] !== 2) throw new DbError('2202E', 'array must have two columns');
    if (first.elements.length % 2 !== 0) throw new DbError('2202E', 'array must have even number of elements');
    pairs = Array.from({ length: first.elements.length / 2 }, (_, i) => [first.elements[2 * i]!, first.elements[2 * i + 1]!]);
  }
  return pairs.map(([key, value]) => {
    if (key === null) throw new DbError('22004', 'null value not allowed for object key');
    return [key as string, value as string | null];
  });
}
const objectText = (pairs: readonly [string, string | null][]): string =>
  `{${pairs.map(([key, value]) => `${quoteJson(key)} : ${value === null ? 'null' : quoteJson(value)}`).join(', ')}}`;
const objectTree = (pairs: readonly [string, string | null][]): Jsonb => new Jsonb(jsonbObject(pairs.map(([key]) => key), pairs.map(([, value]) => value)));

/** row_to_json and array_to_json, with a line break between members on demand. */
const structured = (): FunctionDef[] => [
  ...['record', 'record bool'].map((args) =>
    scalar('row_to_json', args, 'json', (record: SqlRecord, second: boolean | EvalContext, third?: EvalContext) => {
      const ctx = third ?? (second as EvalContext);
      return recordText(record, ctx.types, ctx, second === true ? ',\n ' : ',');
    }, { volatility: 'stable' }),
  ),
  ...['anyarray', 'anyarray bool'].map((args) =>
    scalar('array_to_json', args, 'json', (array: SqlArray, second: boolean | EvalContext, third?: EvalContext) => {
      const ctx = third ?? (second as EvalContext);
      return arrayText(array, jsonConverter({ oid: array.elementType, typmod: -1 }, ctx.types), ctx, second === true ? ',\n ' : ',');
    }, { volatility: 'stable' }),
  ),
];

const construction = (): FunctionDef[] => [
  building('to_json', 'anyelement', 'json', true, ([converter], [value], ctx) => converter!.text(value!, ctx)),
  building('to_jsonb', 'anyelement', 'jsonb', true, ([converter], [value], ctx) => new Jsonb(converter!.tree(value!, ctx))),
  scalar('json_build_array', '', 'json', () => '[]', { volatility: 'stable' }),
  scalar('jsonb_build_array', '', 'jsonb', () => new Jsonb([]), { volatility: 'stable' }),
  scalar('json_build_object', '', 'json', () => '{}', { volatility: 'stable' }),
  scalar('jsonb_build_object', '', 'jsonb', () => new Jsonb(jsonbObject([], [])), { volatility: 'stable' }),
  building('json_build_array', 'any', 'json', false, (converters, values, ctx) => `[${values.map((value, i) => valueText(converters[i]!, value, ctx)).join(', ')}]`),
  building('jsonb_build_array', 'any', 'jsonb', false, (converters, values, ctx) => new Jsonb(values.map((value, i) => valueTree(converters[i]!, value, ctx)))),
  building('json_build_object', 'any', 'json', false, buildObjectText),
  building('jsonb_build_object', 'any', 'jsonb', false, buildObjectTree),
  scalar('json_object', '_text', 'json', (pairs: SqlArray) => objectText(objectPairs(pairs, undefined))),
  scalar('json_object', '_text _text', 'json', (keys: SqlArray, values: SqlArray) => objectText(objectPairs(keys, values))),
  scalar('jsonb_object', '_text', 'jsonb', (pairs: SqlArray) => objectTree(objectPairs(pairs, undefined))),
  scalar('jsonb_object', '_text _text', 'jsonb', (keys: SqlArray, values: SqlArray) => objectTree(objectPairs(keys, values))),
  ...structured(),
];

// ------------------------------------------------------------------------------------------------------------------- aggregates

/** json_agg and its kin: like `building`, over the rows of a group. */
function gathering<State>(name: string, args: string, returns: string, init: () => State, step: (state: State, converters: readonly JsonConverter[], values: readonly Datum[], ctx: EvalContext) => State, final: (state: State) => Datum): FunctionDef {
  const definition = aggregate<State>(name, args, returns, init, (state) => state, final, { strict: false, keepsArguments: true });
  return specialized(definition, (types, _result, registry) => {
    const converters = types.map((type) => jsonConverter(settled(type), registry));
    return { ...definition, aggregate: { ...definition.aggregate!, step: (state, values, ctx) => step(state as State, converters, values, ctx) } };
  });
}

const nullKey = (): DbError => new DbError('22023', 'field name must not be null');

const aggregates = (): FunctionDef[] => [
  gathering<string[] | null>('json_agg', 'anyelement', 'json', () => null, (state, [converter], [value], ctx) => {
    const list = state ?? [];
    // Arrays and records begin on a line of their own.
    const lead = list.length > 0 && value !== null && converter!.isStructured ? '\n ' : '';
    list.push(lead + valueText(converter!, value!, ctx));
    return list;
  }, (state) => (state === null ? null : `[${state.join(', ')}]`)),
  gathering<JsonbValue[] | null>('jsonb_agg', 'anyelement', 'jsonb', () => null, (state, [converter], [value], ctx) => {
    const list = state ?? [];
    list.push(valueTree(converter!, value!, ctx));
    return list;
  }, (state) => (state === null ? null : new Jsonb(state))),
  gathering<string[] | null>('json_object_agg', 'any any', 'json', () => null, (state, converters, [key, value], ctx) => {
    const list = state ?? [];
    if (key === null) throw nullKey();
    list.push(`${quoteJson(converters[0]!.key(key!, ctx))} : ${valueText(converters[1]!, value!, ctx)}`);
    return list;
  }, (state) => (state === null ? null : `{ ${state.join(', ')} }`)),
  gathering<[string, JsonbValue][] | null>('jsonb_object_agg', 'any any', 'jsonb', () => null, (state, converters, [key, value], ctx) => {
    const list = state ?? [];
    if (key === null) throw nullKey();
    list.push([converters[0]!.key(key!, ctx), valueTree(converters[1]!, value!, ctx)]);
    return list;
  }, (state) => (state === null ? null : new Jsonb(jsonbObject(state.map(([key]) => key), state.map(([, value]) => value))))),
];

// ------------------------------------------------------------------------------------------------------------------- catalogue

export const jsonFunctions = (): readonly FunctionDef[] => [...accessFunctions(), ...rowFunctions(), ...questions(), ...construction(), ...aggregates(), ...jsonRecordFunctions()];

export const jsonOperators = (): readonly OperatorDef[] => [
  ...accessOperators(),
  operator('@>', 'jsonb', 'jsonb', 'bool', (a: Jsonb, b: Jsonb) => containsJsonb(a.value, b.value), { commutator: '<@', functionName: 'jsonb_contains' }),
  operator('<@', 'jsonb', 'jsonb', 'bool', (a: Jsonb, b: Jsonb) => containsJsonb(b.value, a.value), { commutator: '@>', functionName: 'jsonb_contained' }),
  operator('?', 'jsonb', 'text', 'bool', (d: Jsonb, key: string) => hasKey(d.value, key), { functionName: 'jsonb_exists' }),
  operator('?|', 'jsonb', '_text', 'bool', existsAny, { functionName: 'jsonb_exists_any' }),
  operator('?&', 'jsonb', '_text', 'bool', existsAll, { functionName: 'jsonb_exists_all' }),
  operator('||', 'jsonb', 'jsonb', 'jsonb', (a: Jsonb, b: Jsonb) => new Jsonb(concatenateJsonb(a.value, b.value)), { functionName: 'jsonb_concat' }),
  operator('-', 'jsonb', 'text', 'jsonb', (d: Jsonb, key: string) => new Jsonb(deleteKeys(d.value, [key])), { functionName: 'jsonb_delete' }),
  operator('-', 'jsonb', 'int4', 'jsonb', (d: Jsonb, index: number) => new Jsonb(deleteIndex(d.value, index)), { functionName: 'jsonb_delete' }),
  operator('-', 'jsonb', '_text', 'jsonb', (d: Jsonb, keys: SqlArray) => new Jsonb(deleteKeys(d.value, steps(keys))), { functionName: 'jsonb_delete' }),
  operator('#-', 'jsonb', '_text', 'jsonb', deletePath, { functionName: 'jsonb_delete_path' }),
];
