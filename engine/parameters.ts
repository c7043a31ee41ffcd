/**
 * From what the user passes to datums of the parameter types the planner found. A value is first brought into PostgreSQL's text form, unless it
 * is already what the type's datum is, and then read by the type's input function: so everything a type accepts as text it accepts here.
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { inputText } from '../base/text-io.js';
import type { TextEnv } from '../base/text-env.js';
import type { SqlType, TypeRegistry } from '../base/types.js';
import { FirstUserOid, TypeOid, baseTypeOf, typeInfo, typeName } from '../base/types.js';
import type { ParsedStatement } from '../parser/ast.js';
import type { QueryParams } from './api.js';
import { callOfProgram } from './arguments.js';
import type { ValueFormat } from './values.js';

/** @throws DbError 08P01 for a wrong number of parameters, 42P02 for a missing name, 22P02 and others for values that do not fit */
export function bindParameters(given: QueryParams | undefined, parsed: ParsedStatement, types: readonly SqlType[], env: TextEnv, format: ValueFormat): Datum[] {
  const values = positional(given, parsed, types.length);
  return types.map((type, i) => {
    try {
      return toDatum(values[i], type, env, format);
    } catch (error) {
      if (error instanceof DbError && error.fields.detail === undefined) error.fields = { ...error.fields, detail: `Parameter ${parsed.parameterNames[i] === undefined ? `$${i + 1}` : `:${parsed.parameterNames[i]}`}.` };
      throw error;
    }
  });
}

/** How a parameter's commonest values are told from others; Read: a built-in type whose values are read; 0: never. */
const ParameterKind = { Other: 0, Int4: 1, Int8: 2, Float8: 3, Text: 4, Bool: 5, Read: 6 } as const;

/** Parameters of one plan and format: values that are datums already are taken as they are, without a text or a type being looked at. */
export class ParameterBinder {
  readonly #types: readonly SqlType[];
  readonly #kinds: Uint8Array;
  readonly #values: Datum[];

  constructor(parsed: ParsedStatement, types: readonly SqlType[], registry: TypeRegistry, format: ValueFormat) {
    this.#types = types;
    // Parameters by name take the general way.
    this.#kinds = Uint8Array.from(types, (type) => (parsed.parameterNames.length > 0 ? ParameterKind.Other : parameterKind(type, registry, format)));
    this.#values = new Array<Datum>(types.length).fill(null);
    this.#isPlain = this.#kinds.every((kind) => kind !== ParameterKind.Other && kind !== ParameterKind.Read);
  }

  /** Whether what the values are is told by themselves alone. */
  readonly #isPlain: boolean;

  /** Whether `given` are as many values as there are parameters, of which each is a datum of its type or for `bindParameters`. */
  isPlain(given: QueryParams | undefined): given is readonly unknown[] {
    return this.#isPlain && Array.isArray(given) && given.length === this.#kinds.length;
  }

  /**
   * The datums of `given`, in an array that the next call uses again; undefined when some value needs `bindParameters`, which is this function's twin
   * for all values, as do those that depend on the time (`env` has none), or are wrong.
   */
  bind(given: QueryParams | undefined, env: TextEnv): readonly Datum[] | undefined {
    const kinds = this.#kinds;
    const values = this.#values;
    if (given === undefined) return kinds.length === 0 ? values : undefined;
    if (!Array.isArray(given) || given.length !== kinds.length) return undefined;
    for (let i = 0; i < kinds.length; i++) {
      const value: unknown = given[i];
      if (value === null || value === undefined) {
        if (kinds[i]! === ParameterKind.Other) return undefined;
        values[i] = null;
        continue;
      }
      switch (kinds[i]!) {
        case ParameterKind.Int4:
          if (typeof value !== 'number' || (value | 0) !== value) return undefined;
          values[i] = value | 0;
          break;
        case ParameterKind.Int8:
          if (!Number.isSafeInteger(value)) return undefined;
          values[i] = (value as number) + 0;
          break;
        case ParameterKind.Float8:
          if (typeof value !== 'number') return undefined;
          values[i] = value;
          break;
        case ParameterKind.Text:
          if (typeof value !== 'string' || value.includes('\0')) return undefined;
          values[i] = value;
          break;
        case ParameterKind.Bool:
          if (typeof value !== 'boolean') return undefined;
          values[i] = value;
          break;
        case ParameterKind.Read: {
          const datum = readDatum(value, this.#types[i]!, env);
          if (datum === undefined) return undefined;
          values[i] = datum;
          break;
        }
        default:
          return undefined;
      }
    }
    return values;
  }
}

/** Of a value that runs no code of the program as it is read. */
function readDatum(value: unknown, type: SqlType, env: TextEnv): Datum | undefined {
  if (typeof value === 'object' && !(value instanceof Date) && !(value instanceof Uint8Array)) return undefined;
  try {
    return toDatum(value, type, env, undefined);
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

function parameterKind(type: SqlType, registry: TypeRegistry, format: ValueFormat): number {
  if (format.serializers?.[type.oid] !== undefined || type.oid >= FirstUserOid) return ParameterKind.Other;
  if (type.typmod !== -1) return ParameterKind.Read;
  if (type.oid === TypeOid.text) return ParameterKind.Text;
  switch (typeInfo(type.oid, registry).storage) {
    case 'int4':
      return ParameterKind.Int4;
    case 'int8':
      return ParameterKind.Int8;
    case 'float8':
      return ParameterKind.Float8;
    case 'bool':
      return ParameterKind.Bool;
    default:
      return ParameterKind.Read;
  }
}

function positional(given: QueryParams | undefined, parsed: ParsedStatement, count: number): readonly unknown[] {
  const { parameterNames } = parsed;
  if (parameterNames.length > 0) {
    if (given === undefined || Array.isArray(given)) throw new DbError('42P02', `the statement has the parameter :${parameterNames[0]!}, so its parameters must be given by name, as an object`);
    const named = given as Readonly<Record<string, unknown>>;
    return parameterNames.map((name) => {
      if (!Object.hasOwn(named, name)) throw new DbError('42P02', `no value was given for parameter :${name}`);
      return named[name];
    });
  }
  if (given !== undefined && !Array.isArray(given)) {
    if (count === 0 && Object.keys(given).length === 0) return [];
    throw new DbError('42P02', 'parameters were given by name, but the statement has none like :name');
  }
  const list = (given ?? []) as readonly unknown[];
  if (list.length !== count) throw new DbError('08P01', `the statement requires ${count} parameter${count === 1 ? '' : 's'}, but ${list.length} ${list.length === 1 ? 'was' : 'were'} given`);
  return list;
}

/** @throws DbError 38000 when the serializer fails, 42804 when it gives no text */
function serialized(serializer: (value: unknown) => unknown, value: unknown, type: string): string {
  const text = callOfProgram(`the serializer of type ${type}`, serializer, value);
  if (typeof text !== 'string') throw new DbError('42804', `the serializer of type ${type} must give a text, not ${text === null ? 'null' : `a value of type ${typeof text}`}`);
  return text;
}

/** One value. `undefined` counts as NULL, as in node-postgres. */
export function toDatum(value: unknown, type: SqlType, env: TextEnv, format: Pick<ValueFormat, 'serializers'> | undefined): Datum {
  if (value === null || value === undefined) return null;
  const serializer = format?.serializers?.[type.oid];
  if (serializer !== undefined) return inputText(type, serialized(serializer, value, typeName(type.oid, env.types)), env);
  const base = baseTypeOf(type, env.types);
  const { storage } = typeInfo(base.oid, env.types);
  if (base.oid === type.oid && type.typmod === -1) {
    // The commonest cases need no text.
    if (typeof value === 'number') {
      if (storage === 'int4' && (value | 0) === value) return value | 0;
      if (storage === 'float8') return value;
      if (storage === 'int8' && Number.isSafeInteger(value)) return value + 0;
    } else if (typeof value === 'string') {
      if (type.oid === TypeOid.text && !value.includes('\0')) return value;
    } else if (typeof value === 'boolean' && storage === 'bool') return value;
  }
  if (value instanceof Uint8Array) {
    if (storage === 'bytea') return Uint8Array.from(value);
    throw new DbError('42804', `a Uint8Array was given for a parameter of type ${typeName(type.oid, env.types)}`);
  }
  return inputText(type, textOf(value, type, env), env);
}

function textOf(value: unknown, type: SqlType, env: TextEnv): string {
  const base = baseTypeOf(type, env.types);
  const info = typeInfo(base.oid, env.types);
  if (info.storage === 'json' || info.storage === 'jsonb') return typeof value === 'string' ? value : toJson(value);
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      break;
    default:
      throw new DbError('42804', `a ${typeof value} cannot be a parameter`);
  }
  if (value instanceof Date) return dateText(value, info.storage);
  if (Array.isArray(value)) return arrayText(value, info.elementOid === 0 ? type : { oid: info.elementOid, typmod: -1 }, env);
  return toJson(value);
}

/** @throws DbError 42804 for what has no JSON, as an object that contains itself */
function toJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? Number(inner) : inner)) as string | undefined;
  } catch (error) {
    throw new DbError('42804', `an object cannot be a parameter: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (text === undefined) throw new DbError('42804', 'an object without a JSON text cannot be a parameter');
  return text;
}

/** As UTC: `timestamp` takes the UTC fields, as it gives them back. */
function dateText(date: Date, storage: string): string {
  const ms = date.getTime();
  if (Number.isNaN(ms)) throw new DbError('22007', 'an invalid Date was given as a parameter');
  const year = date.getUTCFullYear();
  const iso = date.toISOString();
  const rest = iso.slice(iso.indexOf('T') - 6);
  const text = `${String(Math.abs(year > 0 ? year : 1 - year)).padStart(4, '0')}${rest.slice(0, -1)}`.replace('T', ' ');
  const era = year > 0 ? '' : ' BC';
  return storage === 'date' ? `${text.slice(0, text.indexOf(' '))}${era}` : `${text}+00${era}`;
}

/** PostgreSQL's array literal; nested arrays are further dimensions. */
function arrayText(values: readonly unknown[], element: SqlType, env: TextEnv): string {
  const items = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    if (Array.isArray(value)) return arrayText(value, element, env);
    const text = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : textOf(value, element, env);
    return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  });
  return `{${items.join(',')}}`;
}
