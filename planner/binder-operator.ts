/**
 * Operators and plain function calls over bound arguments: overload resolution by functions/resolve.ts, coercion of the arguments, and one
 * definition per set of types for functions that adapt to them. Answers are kept per type registry, because the same few operators are asked for
 * again and again.
 */
import { DbError } from '../base/errors.js';
import { sqlType, TypeCache, typeName, TypeOid, type SqlType, type TypeRegistry } from '../base/types.js';
import { functionsNamed, operatorsNamed, resolverFor } from '../functions/catalogue.js';
import type { FunctionDef, OperatorDef } from '../functions/registry.js';
import { castKey, type FunctionMatch, type OperatorMatch } from '../functions/resolve.js';
import type { OperatorName, OperatorSchema } from '../parser/ast.js';
import type { Binder } from './binder-context.js';
import { arrayTypeOf, asGiven, asText, checkDatabase, mustCoerce } from './binder-types.js';
import type { BoundExpression } from './expression.js';

export interface ResolvedOperator {
  readonly operator: OperatorDef;
  readonly function: FunctionDef;
  readonly declared: readonly number[];
  readonly resultType: number;
}

const operatorCaches = new TypeCache(() => new Map<string, Map<number, ResolvedOperator | 'none' | 'ambiguous'>>());

function resolve(binder: Binder, name: string, left: number | undefined, right: number): ResolvedOperator | 'none' | 'ambiguous' {
  const byName = operatorCaches.of(binder.types);
  let byTypes = byName.get(name);
  if (byTypes === undefined) byName.set(name, (byTypes = new Map()));
  const key = castKey(left ?? 0, right);
  let found = byTypes.get(key);
  if (found === undefined) {
    const match: OperatorMatch | 'none' | 'ambiguous' = resolverFor(binder.types).resolveOperator(operatorsNamed(name), left, right);
    found = typeof match === 'string' ? match : { ...match, function: specialize(binder.types, match.operator.function, match.declared.map((oid) => sqlType(oid)), sqlType(match.resultType)) };
    byTypes.set(key, found);
  }
  return found;
}

const specializations = new TypeCache(() => new WeakMap<FunctionDef, Map<string, FunctionDef>>());

/** The definition for these argument types: one object for equal types, so that expressions can be compared. */
function specialize(types: TypeRegistry, definition: FunctionDef, args: readonly SqlType[], result: SqlType, isVariadicCall = false): FunctionDef {
  if (definition.specialize === undefined) return definition;
  const byDefinition = specializations.of(types);
  let byTypes = byDefinition.get(definition);
  if (byTypes === undefined) byDefinition.set(definition, (byTypes = new Map()));
  const key = `${isVariadicCall ? 'v' : ''}${args.map((type) => type.oid).join()}`;
  let made = byTypes.get(key);
  if (made === undefined) byTypes.set(key, (made = definition.specialize(args, result, types, isVariadicCall)));
  return made;
}

/** The operator for these operand types, undefined when there is none. */
export function findOperator(binder: Binder, name: string, left: SqlType, right: SqlType): ResolvedOperator | undefined {
  const found = resolve(binder, name, left.oid, right.oid);
  return typeof found === 'string' ? undefined : found;
}

/** The function of a comparison or other operator. @throws DbError 42883 */
export function operatorFunction(binder: Binder, name: string, left: SqlType, right: SqlType, offset: number): FunctionDef {
  const found = resolve(binder, name, left.oid, right.oid);
  if (typeof found === 'string') throw noOperator(binder, found, name, left.oid, right.oid, offset);
  return found.function;
}

/** `=` over one type: its function, and the type its operands must have. */
export function equalityOver(binder: Binder, type: SqlType, offset: number): { readonly function: FunctionDef; readonly operand: SqlType } {
  const found = resolve(binder, '=', type.oid, type.oid);
  if (typeof found === 'string') throw noOperator(binder, found, '=', type.oid, type.oid, offset);
  const declared = found.declared[0]!;
  // Values of a composite type compare as records, and what is read as one must know its type.
  return { function: found.function, operand: declared === TypeOid.any || declared === TypeOid.record || declared === type.oid ? type : sqlType(declared) };
}

function noOperator(binder: Binder, why: 'none' | 'ambiguous', name: string, left: number | undefined, right: number, offset: number): DbError {
  const shown = `${left === undefined ? '' : `${typeName(left, binder.types)} `}${name} ${typeName(right, binder.types)}`;
  const plural = left === undefined ? 'argument type. You might need to add an explicit type cast.' : 'argument types. You might need to add explicit type casts.';
  return why === 'none'
    ? new DbError('42883', `operator does not exist: ${shown}`, { offset, hint: `No operator matches the given name and ${plural}` })
    : new DbError('42725', `operator is not unique: ${shown}`, { offset, hint: 'Could not choose a best candidate operator. You might need to add explicit type casts.' });
}

/** The schema of OPERATOR(schema.name). @throws DbError 42601, 0A000, 3F000 */
function operatorSchema(binder: Binder, written: OperatorSchema | undefined, name: string, offset: number): string | undefined {
  if (written === undefined) return undefined;
  checkDatabase(binder, [...written, name], offset);
  const schema = written.at(-1)!;
  if (!binder.catalog.schemaExists(schema)) throw new DbError('3F000', `schema "${schema}" does not exist`, { offset });
  return schema;
}

/** Applies an operator; `left` undefined for a prefix one. @throws DbError 42883, 42725 */
export function makeOperator(binder: Binder, written: OperatorSchema | undefined, name: string, left: BoundExpression | undefined, right: BoundExpression, offset: number): BoundExpression {
  const schema = operatorSchema(binder, written, name, offset);
  const found = schema === undefined || schema === 'pg_catalog' ? resolve(binder, name, left?.type.oid, right.type.oid) : 'none';
  if (typeof found === 'string') throw noOperator(binder, found, schema === undefined ? name : `${schema}.${name}`, left?.type.oid, right.type.oid, offset);
  const given = left === undefined ? [right] : [left, right];
  const args = given.map((arg, i) => coerceArgument(binder, arg, found.declared[i]!));
  return { kind: 'call', type: sqlType(found.resultType), offset, function: found.function, args, operator: name };
}

/** An argument as its parameter's type; `any` and what stayed undetermined take it as it is, untyped literals as text. */
export function coerceArgument(binder: Binder, arg: BoundExpression, declared: number): BoundExpression {
  if (declared === TypeOid.any) return asGiven(binder, arg);
  if (declared === TypeOid.unknown) return asText(binder, arg);
  if (arg.type.oid === declared) return arg.kind === 'row' ? asText(binder, arg) : arg;
  return mustCoerce(binder, arg, sqlType(declared), 'implicit', arg.offset);
}

/** Direction an ordering operator sorts in: `<` ascending, `>` descending. */
export function sortOperatorDirection(binder: Binder, { schema: written, operator: name, offset }: OperatorName, type: SqlType): 'asc' | 'desc' | undefined {
  const schema = operatorSchema(binder, written, name, offset);
  if (schema !== undefined && schema !== 'pg_catalog') throw noOperator(binder, 'none', `${schema}.${name}`, type.oid, type.oid, offset);
  const found = findOperator(binder, name, type, type);
  if (found === undefined) return undefined;
  return found.operator.btree === '<' ? 'asc' : found.operator.btree === '>' ? 'desc' : undefined;
}

// ------------------------------------------------------------------------------------------------------------------- functions

/** Arguments put where the chosen definition wants them, VARIADIC ones packed, and the definition adapted. */
export function applyFunction(binder: Binder, match: FunctionMatch, given: readonly BoundExpression[], offset: number): { readonly function: FunctionDef; readonly args: readonly BoundExpression[]; readonly type: SqlType } {
  if (match.function.oid !== undefined) binder.useRoutine(match.function.oid);
  refuseUndetermined(match, offset);
  const coerced = given.map((arg, i) => coerceArgument(binder, arg, match.declared[i]!));
  let args: readonly BoundExpression[] = coerced;
  let definition = match.function;
  if (match.expandedFrom >= 0 && definition.args[match.expandedFrom] !== TypeOid.any) {
    const elements = coerced.slice(match.expandedFrom);
    const element = sqlType(elements[0]?.type.oid ?? match.declared[match.expandedFrom] ?? TypeOid.text);
    const type = arrayTypeOf(binder, element);
    if (type === undefined) throw new DbError('42704', `could not find array type for data type ${typeName(element.oid, binder.types)}`, { offset });
    args = [...coerced.slice(0, match.expandedFrom), { kind: 'array', type, offset, elements, isNested: false }];
  }
  const type = sqlType(match.returnType);
  definition = specialize(binder.types, definition, args.map((arg) => arg.type), type, definition.variadic && match.expandedFrom < 0);
  if (match.order !== undefined) definition = reordered(definition, match.order);
  return { function: definition, args, type };
}

/** @throws DbError 42804 when only untyped arguments stand for anyelement */
export function refuseUndetermined(match: FunctionMatch, offset: number): void {
  if (match.isUndetermined) throw new DbError('42804', 'could not determine polymorphic type because input has type unknown', { offset });
}

const reorderings = new WeakMap<FunctionDef, Map<string, FunctionDef>>();

/** The same function called with arguments in another order, what is left out being undefined to the implementation. */
function reordered(definition: FunctionDef, order: readonly number[]): FunctionDef {
  if (order.every((position, i) => position === i)) return definition;
  let byOrder = reorderings.get(definition);
  if (byOrder === undefined) reorderings.set(definition, (byOrder = new Map()));
  const key = order.join();
  let made = byOrder.get(key);
  if (made === undefined) {
    const { impl, set } = definition;
    const place = (values: readonly unknown[]): unknown[] => {
      const placed = new Array<unknown>(definition.args.length).fill(undefined);
      order.forEach((position, i) => (placed[position] = values[i]));
      return placed;
    };
    made = {
      ...definition,
      order,
      args: order.map((position) => definition.args[position]!),
      emit: undefined,
      impl: impl === undefined ? undefined : (...values: unknown[]) => impl(...place(values), values[order.length]),
      set: set === undefined ? undefined : (values, ctx) => set(place(values) as never, ctx),
    };
    byOrder.set(key, made);
  }
  return made;
}

/** A call of a built-in scalar function by name. @throws DbError 42883 */
export function makeCall(binder: Binder, name: string, given: readonly BoundExpression[], offset: number): BoundExpression {
  const match = resolverFor(binder.types).resolveFunction(functionsNamed(name), given.map((arg) => arg.type.oid));
  if (typeof match === 'string') throw noFunction(binder, match, name, given, offset);
  const { function: definition, args, type } = applyFunction(binder, match, given, offset);
  return { kind: 'call', type, offset, function: definition, args, operator: undefined };
}

/** `f(integer, b => text)`. */
export function shownCall(binder: Binder, name: string, given: readonly BoundExpression[], names?: readonly (string | undefined)[]): string {
  return `${name}(${given.map((arg, i) => `${names?.[i] === undefined ? '' : `${names[i]} => `}${typeName(arg.type.oid, binder.types)}`).join(', ')})`;
}

export function noFunction(binder: Binder, why: 'none' | 'ambiguous', name: string, given: readonly BoundExpression[], offset: number, names?: readonly (string | undefined)[], hint = 'No function matches the given name and argument types. You might need to add explicit type casts.'): DbError {
  const shown = shownCall(binder, name, given, names);
  return why === 'none'
    ? new DbError('42883', `function ${shown} does not exist`, { offset, hint })
    : new DbError('42725', `function ${shown} is not unique`, { offset, hint: 'Could not choose a best candidate function. You might need to add explicit type casts.' });
}
