/**
 * Type names and coercions. `coerce` answers undefined when there is no way in the context, so that each caller words its own error; a value
 * of unknown type (an untyped literal, a parameter not yet typed) can become anything.
 *
 * K1  The result of `coerce` has exactly the target's oid, and its modifier when the target has one.
 * K2  A coercion to a domain is one to its base type, then the domain's checks as a call (which sees NULL too, for NOT NULL).
 *
 * Source. parse_coerce.c, parse_type.c.
 */
import { SqlArray, type Datum } from '../base/datum.js';
import { DbError, notSupported } from '../base/errors.js';
import { plainTextEnv } from '../base/text-env.js';
import { inputText, outputText } from '../base/text-io.js';
import {
  baseTypeOf, builtinTypeByName, IntervalField, IntervalFullPrecision, IntervalFullRange, intervalTypmod, numericTypmod, sqlType, typeInfo, typeName, TypeOid, types, varcharTypmod,
  type SqlType, type TypeRegistry,
} from '../base/types.js';
import { castBetween, resolverFor } from '../functions/catalogue.js';
import type { CastContext, EvalContext, FunctionDef, ScalarImpl } from '../functions/registry.js';
import { castKey, type CastPath } from '../functions/resolve.js';
import type { Expression, TypeName } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { checkLiteral, readLiteral } from './binder-literal.js';
import { constant, startOf } from './expression-tools.js';
import type { BoundExpression } from './expression.js';

export function isUnknown(e: BoundExpression): boolean {
  return e.type.oid === TypeOid.unknown;
}

// ------------------------------------------------------------------------------------------------------------------- type names

const fieldBits: Readonly<Record<string, number>> = {
  year: IntervalField.Year, month: IntervalField.Month, day: IntervalField.Day, hour: IntervalField.Hour, minute: IntervalField.Minute, second: IntervalField.Second,
};
const fieldOrder = ['year', 'month', 'day', 'hour', 'minute', 'second'];

/** @throws DbError 42704 when there is no such type */
export function bindTypeName(binder: Binder, name: TypeName): SqlType {
  if (name.isSetOf) throw new DbError('42601', 'SETOF is not allowed here', { offset: name.offset });
  if (name.isColumnType) return columnTypeNamed(binder, name);
  const base = lookupType(binder, name);
  const type = sqlType(base.oid, typmodOf(base, name));
  if (name.arrayBounds.length === 0) return type;
  const info = typeInfo(type.oid, binder.types);
  const arrayOid = info.elementOid !== 0 && info.kind === 'array' ? info.oid : info.arrayOid;
  if (arrayOid === 0) throw new DbError('42704', `could not find array type for data type ${typeName(type.oid, binder.types)}`, { offset: name.offset });
  return sqlType(arrayOid, type.typmod);
}

/** The database in front of a name must be this one. `shown` is the whole name. @throws DbError 0A000 */
export function refuseOtherDatabase(current: string | undefined, database: string, shown: string, offset?: number): void {
  if (database !== current) throw new DbError('0A000', `cross-database references are not implemented: ${shown}`, { offset });
}

/** A name of three parts begins with a database, and there is one. @throws DbError 0A000, 42601 */
export function checkDatabase(binder: Binder, parts: readonly string[], offset: number): void {
  if (parts.length > 3) throw new DbError('42601', `improper qualified name (too many dotted names): ${parts.join('.')}`, { offset });
  if (parts.length === 3) refuseOtherDatabase(binder.context?.system.currentDatabase(), parts[0]!, parts.join('.'), offset);
}

function lookupType(binder: Binder, name: TypeName): SqlType {
  const last = name.names[name.names.length - 1]!;
  const schema = name.names[name.names.length - 2];
  checkDatabase(binder, name.names, name.offset);
  if (schema === undefined || schema === 'pg_catalog') {
    const builtin = builtinTypeByName(last);
    if (builtin !== undefined) return sqlType(builtin.oid);
  }
  const found = binder.catalog.typeByName(schema, last);
  if (found !== undefined) return found;
  if (schema !== undefined && !binder.catalog.schemaExists(schema)) throw new DbError('3F000', `schema "${schema}" does not exist`, { offset: name.offset });
  throw new DbError('42704', `type "${name.names.join('.')}" does not exist`, { offset: name.offset });
}

function columnTypeNamed(binder: Binder, name: TypeName): SqlType {
  const path = name.names;
  const column = path[path.length - 1]!;
  const relation = binder.catalog.relation(path[path.length - 3], path[path.length - 2]!);
  if (relation === undefined) throw new DbError('42P01', `relation "${path.slice(0, -1).join('.')}" does not exist`, { offset: name.offset });
  const found = relation.kind === 'table' || relation.kind === 'view' ? (relation.columns as readonly { name: string; type: SqlType; isDropped?: boolean }[]).find((c) => c.name === column && c.isDropped !== true) : undefined;
  if (found === undefined) throw new DbError('42703', `column "${column}" of relation "${path[path.length - 2]!}" does not exist`, { offset: name.offset });
  return found.type;
}

function modifierNumbers(modifiers: readonly Expression[], name: TypeName): number[] {
  return modifiers.map((modifier) => {
    const text = modifier.kind === 'number' ? modifier.text : modifier.kind === 'string' ? modifier.value : modifier.kind === 'columnRef' && modifier.parts.length === 1 ? modifier.parts[0]! : undefined;
    if (text === undefined) throw new DbError('42601', 'type modifiers must be simple constants or identifiers', { offset: name.offset });
    return inputText(types.int4, text, plainTextEnv) as number;
  });
}

/** Types that have a length, a precision or a scale. */
const modified: ReadonlySet<number> = new Set([TypeOid.varchar, TypeOid.bpchar, TypeOid.bit, TypeOid.varbit, TypeOid.numeric, TypeOid.time, TypeOid.timetz, TypeOid.timestamp, TypeOid.timestamptz, TypeOid.interval]);

function typmodOf(base: SqlType, name: TypeName): number {
  const { offset } = name;
  if (base.oid === TypeOid.interval) {
    const precision = name.modifiers.length === 0 ? IntervalFullPrecision : Math.min(6, modifierNumbers(name.modifiers, name)[0]!);
    if (name.intervalFields === undefined) return name.modifiers.length === 0 ? base.typmod : intervalTypmod(IntervalFullRange, precision);
    const [from, to] = name.intervalFields.split(' to ') as [string, string | undefined];
    let bits = 0;
    for (let i = fieldOrder.indexOf(from); i <= fieldOrder.indexOf(to ?? from); i++) bits |= fieldBits[fieldOrder[i]!]!;
    return intervalTypmod(bits, precision);
  }
  if (name.modifiers.length === 0) return base.typmod;
  if (!modified.has(base.oid)) throw new DbError('42601', `type modifier is not allowed for type "${name.names[name.names.length - 1]!}"`, { offset });
  const numbers = modifierNumbers(name.modifiers, name);
  const [first, second] = numbers as [number, number | undefined];
  const invalid = (message: string): never => {
    throw new DbError('22023', message, { offset });
  };
  switch (base.oid) {
    case TypeOid.varchar:
    case TypeOid.bpchar:
    case TypeOid.bit:
    case TypeOid.varbit: {
      const shown = base.oid === TypeOid.varchar ? 'varchar' : base.oid === TypeOid.bpchar ? 'char' : base.oid === TypeOid.bit ? 'bit' : 'varbit';
      if (numbers.length !== 1) invalid('invalid type modifier');
      if (first < 1) invalid(`length for type ${shown} must be at least 1`);
      const isText = base.oid === TypeOid.varchar || base.oid === TypeOid.bpchar;
      const max = isText ? 10485760 : 83886080;
      if (first > max) invalid(`length for type ${shown} cannot exceed ${max}`);
      return isText ? varcharTypmod(first) : first;
    }
    case TypeOid.numeric:
      if (numbers.length > 2) invalid('invalid NUMERIC type modifier');
      if (first < 1 || first > 1000) invalid(`NUMERIC precision ${first} must be between 1 and 1000`);
      if (second !== undefined && (second < -1000 || second > 1000)) invalid(`NUMERIC scale ${second} must be between -1000 and 1000`);
      return numericTypmod(first, second ?? 0);
    case TypeOid.time:
    case TypeOid.timetz:
    case TypeOid.timestamp:
    case TypeOid.timestamptz:
      if (numbers.length !== 1) invalid('invalid type modifier');
      if (first < 0) invalid(`${typeName(base.oid).replace(/ with.*/, '').toUpperCase()}(${first}) precision must not be negative`);
      return Math.min(first, 6);
    default:
      return base.typmod;
  }
}

export function arrayTypeOf(binder: Binder, element: SqlType): SqlType | undefined {
  const info = typeInfo(element.oid, binder.types);
  if (info.kind === 'array') return element;
  return info.arrayOid === 0 ? undefined : sqlType(info.arrayOid, element.typmod);
}

// ------------------------------------------------------------------------------------------------------------------- coercion

/** `e` as a value of `target`, undefined when `context` does not allow it. @throws DbError 22P02 and its kin for a literal that cannot be read */
export function coerce(binder: Binder, e: BoundExpression, target: SqlType, context: CastContext, offset: number): BoundExpression | undefined {
  const source = e.type;
  if (source.oid === target.oid) return applyTypmod(binder, e, target, context);
  if (target.oid === TypeOid.any || target.oid === TypeOid.unknown) return e;
  const info = typeInfo(target.oid, binder.types);
  if (info.storage === 'none' && info.kind === 'base') throw notSupported(`type ${typeName(target.oid, binder.types)}`, offset);
  if (info.kind === 'domain') return coerceToDomain(binder, e, target, baseTypeOf(target, binder.types), context, offset);
  if (source.oid === TypeOid.unknown) {
    // A modifier is applied by a cast after reading; but only its fields say what INTERVAL '1' YEAR means.
    const readAs = target.oid === TypeOid.interval ? target : sqlType(target.oid);
    return applyTypmod(binder, coerceUnknown(binder, e, readAs, offset), target, context);
  }
  if (info.kind === 'array' && typeInfo(info.elementOid, binder.types).kind === 'domain') return coerceToDomainArray(binder, e, target, info.elementOid, context, offset);
  if (e.kind === 'row' && info.attributes !== undefined) return coerceRow(binder, e, target, context, offset);
  const path = resolverFor(binder.types).castPath(source.oid, target.oid, context);
  if (path === undefined) {
    if (info.attributes !== undefined && source.oid === TypeOid.record && context === 'explicit') return { kind: 'cast', type: target, offset, arg: e, method: 'binary', isExplicit: true };
    if (target.oid === TypeOid.record && typeInfo(baseTypeOf(source, binder.types).oid, binder.types).attributes !== undefined) return { kind: 'cast', type: target, offset, arg: e, method: 'binary', isExplicit: false };
    return undefined;
  }
  const isExplicit = context === 'explicit';
  if (path.kind === 'relabel') return applyTypmod(binder, { kind: 'cast', type: sqlType(target.oid, sameModifier(source, target) ? source.typmod : -1), offset, arg: e, method: 'binary', isExplicit }, target, context);
  const method = path.kind === 'io' ? 'io' : path.kind === 'cast' ? path.cast.method : arrayMethod(path, source.oid, target.oid, binder.types);
  // The cast itself reads how many bits are wanted: a number is cut from the left, a bit string from the right. Text is read whole and cut after.
  const casted: BoundExpression = { kind: 'cast', type: target.oid === TypeOid.bit && method !== 'io' ? target : sqlType(target.oid), offset, arg: e, method, isExplicit };
  return applyTypmod(binder, casted, target, context);
}

/** varchar(n) relabelled as text keeps nothing; two spellings of one storage with the same modifier need no length check. */
function sameModifier(source: SqlType, target: SqlType): boolean {
  return source.typmod !== -1 && source.typmod === target.typmod && (target.oid === TypeOid.varchar || target.oid === TypeOid.bpchar) && (source.oid === TypeOid.varchar || source.oid === TypeOid.bpchar);
}

function coerceUnknown(binder: Binder, e: BoundExpression, target: SqlType, offset: number): BoundExpression {
  if (e.kind === 'parameter') return binder.resolveParameter(e, target);
  if (e.kind === 'constant') {
    if (e.value === null) return { ...e, type: target };
    const value = readLiteral(e.value as string, target, binder.types, e.offset);
    if (value !== undefined) return { ...e, type: target, value };
    if (binder.context !== undefined) checkLiteral(e.value as string, target, binder.context, e.offset);
    return { kind: 'cast', type: target, offset: e.offset, arg: { ...e, type: types.text }, method: 'io', isExplicit: true, isLiteral: true };
  }
  return { kind: 'cast', type: target, offset, arg: e, method: 'io', isExplicit: false };
}

function coerceToDomain(binder: Binder, e: BoundExpression, target: SqlType, base: SqlType, context: CastContext, offset: number): BoundExpression | undefined {
  const value = coerce(binder, e, base, context, offset);
  if (value === undefined) return undefined;
  const check = binder.catalog.domainCheck?.(target.oid);
  if (check === undefined) return { kind: 'cast', type: target, offset, arg: value, method: 'binary', isExplicit: context === 'explicit' };
  return { kind: 'call', type: target, offset, function: domainFunction(check, base, target), args: [value], operator: undefined };
}

/** An array whose elements are of a domain: one of its base type, each element of which is then checked. */
function coerceToDomainArray(binder: Binder, e: BoundExpression, target: SqlType, domain: number, context: CastContext, offset: number): BoundExpression | undefined {
  const base = baseTypeOf(sqlType(domain), binder.types);
  const baseArray = typeInfo(base.oid, binder.types).kind === 'array' ? undefined : arrayTypeOf(binder, base);
  if (baseArray === undefined) return undefined;
  const value = coerce(binder, e, baseArray, context, offset);
  if (value === undefined) return undefined;
  const check = elementwiseTo(domain, (element: Datum, _typmod: number, _isExplicit: boolean, ctx: EvalContext) => ctx.system.call('domain_check', [domain, element]), true);
  return { kind: 'cast', type: target, offset, arg: value, method: check, isExplicit: context === 'explicit' };
}

const domainFunctions = new WeakMap<ScalarImpl, FunctionDef>();

function domainFunction(check: ScalarImpl, base: SqlType, target: SqlType): FunctionDef {
  let found = domainFunctions.get(check);
  if (found === undefined) {
    found = {
      kind: 'scalar', name: 'domain_check', schema: 'pg_catalog', args: [base.oid], argNames: undefined, variadic: false, defaultCount: 0, returns: target.oid, volatility: 'stable', strict: false,
      impl: (value: Datum, ctx: EvalContext) => check(value, -1, false, ctx), emit: undefined, aggregate: undefined, window: undefined, set: undefined, columns: undefined, specialize: undefined,
    };
    domainFunctions.set(check, found);
  }
  return found;
}

function coerceRow(binder: Binder, e: Extract<BoundExpression, { kind: 'row' }>, target: SqlType, context: CastContext, offset: number): BoundExpression | undefined {
  const attributes = typeInfo(target.oid, binder.types).attributes!;
  if (attributes.length !== e.fields.length) {
    throw new DbError('42846', `cannot cast type ${typeName(e.type.oid, binder.types)} to ${typeName(target.oid, binder.types)}`, {
      offset,
      detail: attributes.length > e.fields.length ? 'Input has too few columns.' : 'Input has too many columns.',
    });
  }
  const fields = e.fields.map((field, i) => {
    const coerced = coerce(binder, field, attributes[i]!.type, context, offset);
    if (coerced === undefined) {
      throw new DbError('42846', `cannot cast type ${typeName(e.type.oid, binder.types)} to ${typeName(target.oid, binder.types)}`, {
        offset,
        detail: `Cannot cast type ${typeName(field.type.oid, binder.types)} to ${typeName(attributes[i]!.type.oid, binder.types)} in column ${i + 1}.`,
      });
    }
    return coerced;
  });
  return { ...e, type: target, fields, names: attributes.map((attribute) => attribute.name) };
}

// --------------------------------------------------------------------------------------------------------- modifiers and arrays

/** Applies varchar(n), numeric(p, s), timestamp(p), ...: a cast of the type to itself. */
function applyTypmod(binder: Binder, e: BoundExpression, target: SqlType, context: CastContext): BoundExpression {
  if (target.typmod === -1 || e.type.typmod === target.typmod) return e;
  const isExplicit = context === 'explicit';
  const direct = castBetween(target.oid, target.oid);
  if (direct !== undefined) {
    if (e.kind === 'constant' && e.value === null) return { ...e, type: target };
    return { kind: 'cast', type: target, offset: e.offset, arg: e, method: direct.method, isExplicit };
  }
  const element = typeInfo(target.oid, binder.types).elementOid;
  const ofElement = element === 0 ? undefined : castBetween(element, element);
  if (ofElement === undefined || ofElement.method === 'binary' || ofElement.method === 'io') return { ...e, type: target };
  return { kind: 'cast', type: target, offset: e.offset, arg: e, method: elementwise(element, ofElement.method), isExplicit };
}

const elementwiseMethods = new Map<ScalarImpl, ScalarImpl>();

/** An element coercion applied to every element of an array. */
function elementwise(elementOid: number, method: ScalarImpl): ScalarImpl {
  let made = elementwiseMethods.get(method);
  if (made === undefined) {
    made = (value: SqlArray, typmod: number, isExplicit: boolean, ctx: EvalContext): Datum =>
      new SqlArray(elementOid, value.dims, value.lowerBounds, value.elements.map((element) => (element === null ? null : method(element, typmod, isExplicit, ctx))));
    elementwiseMethods.set(method, made);
  }
  return made;
}

const ioMethods = new Map<number, ScalarImpl>();

/** A cast through text as a function. */
function ioMethod(source: SqlType, target: SqlType): ScalarImpl {
  const key = castKey(source.oid, target.oid);
  let made = ioMethods.get(key);
  if (made === undefined) ioMethods.set(key, (made = (value: Datum, _typmod: number, _isExplicit: boolean, ctx: EvalContext) => inputText(target, outputText(source, value, ctx), ctx)));
  return made;
}

const arrayMethods = new Map<string, ScalarImpl>();

function arrayMethod(path: Extract<CastPath, { kind: 'array' }>, source: number, target: number, registry: TypeRegistry): ScalarImpl {
  const from = typeInfo(source, registry).elementOid;
  const to = typeInfo(target, registry).elementOid;
  // What an array of a user's type holds is for each database to say.
  const key = `${source} ${target} ${from} ${to}`;
  let made = arrayMethods.get(key);
  if (made === undefined) {
    const { element } = path;
    const method = element.kind === 'cast' && typeof element.cast.method === 'function' ? element.cast.method : element.kind === 'array' ? arrayMethod(element, from, to, registry) : ioMethod(sqlType(from), sqlType(to));
    made = elementwiseTo(to, method);
    arrayMethods.set(key, made);
  }
  return made;
}

function elementwiseTo(elementOid: number, method: ScalarImpl, takesNull = false): ScalarImpl {
  return (value: SqlArray, typmod: number, isExplicit: boolean, ctx: EvalContext): Datum =>
    new SqlArray(elementOid, value.dims, value.lowerBounds, value.elements.map((element) => (element === null && !takesNull ? null : method(element, typmod, isExplicit, ctx))));
}

// ------------------------------------------------------------------------------------------------------------------- convenience

/** 42846 for an explicit cast that does not exist. */
export function cannotCast(binder: Binder, source: SqlType, target: SqlType, offset: number): DbError {
  return new DbError('42846', `cannot cast type ${typeName(source.oid, binder.types)} to ${typeName(target.oid, binder.types)}`, { offset });
}

export function mustCoerce(binder: Binder, e: BoundExpression, target: SqlType, context: CastContext, offset: number): BoundExpression {
  const coerced = coerce(binder, e, target, context, offset);
  if (coerced === undefined) throw cannotCast(binder, e.type, target, offset);
  return coerced;
}

export function coerceAll(binder: Binder, list: readonly BoundExpression[], target: SqlType): BoundExpression[] {
  return list.map((e) => (e.type.oid === target.oid && target.typmod === -1 ? e : mustCoerce(binder, e, target, 'implicit', e.offset)));
}

/** An untyped literal or parameter becomes text; anything else stays. */
export function asText(binder: Binder, e: BoundExpression): BoundExpression {
  if (e.kind === 'row' && e.fields.some((field) => isUnknown(field) || field.kind === 'row')) return { ...e, fields: e.fields.map((field) => asGiven(binder, field)) };
  return isUnknown(e) ? coerceUnknown(binder, e, types.text, e.offset) : e;
}

/** An untyped literal becomes text where every type will do; a parameter has its type from elsewhere, or from nowhere (`finishParameters`). */
export function asGiven(binder: Binder, e: BoundExpression): BoundExpression {
  if (e.kind !== 'parameter' || !isUnknown(e)) return asText(binder, e);
  binder.leaveOpen(e);
  return e;
}

/** `what` is how the message calls the place: WHERE, AND, JOIN/ON, LIMIT, ... @throws DbError 42804. Source. coerce_to_specific_type. */
export function coerceToSpecific(binder: Binder, e: BoundExpression, type: SqlType, what: string): BoundExpression {
  if (e.type.oid === type.oid) return e;
  const coerced = coerce(binder, e, type, 'assignment', e.offset);
  if (coerced === undefined) throw new DbError('42804', `argument of ${what} must be type ${typeName(type.oid, binder.types)}, not type ${typeName(e.type.oid, binder.types)}`, { offset: startOf(e) });
  return coerced;
}

export function coerceToBoolean(binder: Binder, e: BoundExpression, what: string): BoundExpression {
  if (e.kind === 'constant' && e.value === null && isUnknown(e)) return constant(null, types.bool, e.offset);
  return coerceToSpecific(binder, e, types.bool, what);
}

/** The type several expressions share. With `what` undefined the answer may be undefined, otherwise a mismatch is an error. */
export function commonType(binder: Binder, list: readonly BoundExpression[], what: string): SqlType;
export function commonType(binder: Binder, list: readonly BoundExpression[], what: undefined): SqlType | undefined;
export function commonType(binder: Binder, list: readonly BoundExpression[], what: string | undefined): SqlType | undefined {
  const first = list[0]!.type;
  if (first.oid !== TypeOid.unknown) {
    let isUniform = true;
    let typmod = first.typmod;
    for (let i = 1; i < list.length; i++) {
      const { type } = list[i]!;
      if (type.oid !== first.oid) {
        isUniform = false;
        break;
      }
      if (type.typmod !== typmod) typmod = -1;
    }
    if (isUniform) return sqlType(first.oid, typmod);
  }
  const resolver = resolverFor(binder.types);
  const oids: number[] = [];
  const seen = new Set<number>();
  for (const e of list) {
    if (seen.has(e.type.oid)) continue;
    seen.add(e.type.oid);
    oids.push(e.type.oid);
  }
  const common = resolver.commonType(oids);
  if (common !== undefined) return sqlType(common);
  if (what === undefined) return undefined;
  // Name the pair that does not fit: the type gathered so far and the first one that cannot join it.
  let gathered: number | undefined;
  for (const e of list) {
    if (e.type.oid === TypeOid.unknown) continue;
    const next = gathered === undefined ? e.type.oid : resolver.commonType([gathered, e.type.oid]);
    if (next === undefined) {
      // Within a category PostgreSQL settles on one type first and fails at the conversion.
      if (typeInfo(gathered!, binder.types).category === typeInfo(e.type.oid, binder.types).category) {
        throw new DbError('42846', `${what} could not convert type ${typeName(e.type.oid, binder.types)} to ${typeName(gathered!, binder.types)}`, { offset: startOf(e) });
      }
      throw new DbError('42804', `${what} types ${typeName(gathered!, binder.types)} and ${typeName(e.type.oid, binder.types)} cannot be matched`, { offset: startOf(e) });
    }
    gathered = next;
  }
  throw new DbError('42804', `${what} types cannot be matched`, { offset: list[0]!.offset });
}
