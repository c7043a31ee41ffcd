/**
 * Calls: plain functions, aggregates, window functions, set-returning functions, in expressions and in FROM.
 *
 * C1  An aggregate belongs to the innermost level whose columns its arguments read, or to the level it stands in when they read none; there it
 *     becomes a column, and for the levels in between a column of an enclosing row.
 * C2  A call f(x) that no function fits may be a cast, when f names a type, or a field, when x is a row.
 *
 * Source. parse_func.c (ParseFuncOrColumn), parse_agg.c (check_agg_arguments).
 */
import { DbError, notSupported } from '../base/errors.js';
import type { Datum } from '../base/datum.js';
import { baseTypeOf, builtinTypeByName, sqlType, sqlTypeNames, typeInfo, TypeOid, types, type SqlType } from '../base/types.js';
import { functionsNamed, resolverFor } from '../functions/catalogue.js';
import type { FunctionDef } from '../functions/registry.js';
import { isUnsupportedFunction } from '../functions/unsupported.js';
import type { FunctionMatch } from '../functions/resolve.js';
import type { Expression, FunctionCall, FunctionColumn, Grouping } from '../parser/ast.js';
import { quoteIdentifier } from '../parser/print-names.js';
import type { Binder } from './binder-context.js';
import { applyFunction, coerceArgument, noFunction, refuseUndetermined, shownCall } from './binder-operator.js';
import { collationName } from './binder-collation.js';
import { attributesOf, selectField } from './binder-row.js';
import { bindSortKey } from './binder-sort.js';
import { asText, bindTypeName, checkDatabase, coerce, coerceToBoolean, commonType, isUnknown, mustCoerce } from './binder-types.js';
import { bindWindowSpec, defaultFrame } from './binder-window.js';
import { columnsOfAll, sameExpression, someExpression } from './expression-tools.js';
import type { AggregateCall, BoundExpression, SortKey } from './expression.js';
import type { FunctionScanCall, PlanColumn } from './physical-plan.js';
import { figureColumnName, recordReference, type Clause, type QueryLevel } from './scope.js';

// ------------------------------------------------------------------------------------------------------------------- resolution

function candidatesFor(binder: Binder, call: FunctionCall): readonly FunctionDef[] {
  const { schema, name } = call.name;
  if (schema === 'pg_catalog') return functionsNamed(name);
  if (schema !== undefined) return binder.catalog.functions(schema, name);
  const own = binder.catalog.functions(undefined, name);
  const builtin = functionsNamed(name);
  return own.length === 0 ? builtin : [...builtin, ...own];
}

function shownName(call: FunctionCall): string {
  return call.name.schema === undefined || call.name.schema === 'pg_catalog' ? call.name.name : `${call.name.schema}.${call.name.name}`;
}

/** Names of arguments, if there are any. @throws DbError 42601 for one without a name after one with, or two of one name */
function argumentNames({ args }: FunctionCall): readonly (string | undefined)[] | undefined {
  const first = args.findIndex((arg) => arg.name !== undefined);
  if (first === -1) return undefined;
  for (const [i, { name, value }] of args.entries()) {
    if (i > first && name === undefined) throw new DbError('42601', 'positional argument cannot follow named argument', { offset: value.offset });
    if (name !== undefined && args.findIndex((arg) => arg.name === name) !== i) throw new DbError('42601', `argument name "${name}" used more than once`, { offset: value.offset });
  }
  return args.map(({ name }) => name);
}

const matchCaches = new WeakMap<readonly FunctionDef[], Map<string, FunctionMatch | 'none' | 'ambiguous'>>();

function resolveCall(binder: Binder, call: FunctionCall, args: readonly BoundExpression[]): FunctionMatch | 'none' | 'ambiguous' {
  const candidates = candidatesFor(binder, call);
  const names = argumentNames(call);
  const oids = args.map((arg) => arg.type.oid);
  const resolver = resolverFor(binder.types);
  const find = (): FunctionMatch | 'none' | 'ambiguous' =>
    resolver.resolveFunction(candidates, oids, { isVariadicCall: call.isVariadic, ...(names === undefined ? {} : { argNames: [...names, ...oids.slice(names.length).map(() => undefined)] }) });
  // Only over built-in types does the answer hold for every registry.
  if (names !== undefined || oids.some((oid) => oid >= 16384)) return find();
  let cache = matchCaches.get(candidates);
  if (cache === undefined) matchCaches.set(candidates, (cache = new Map()));
  const key = `${call.isVariadic ? 'v' : ''}${oids.join()}`;
  let found = cache.get(key);
  if (found === undefined) cache.set(key, (found = find()));
  return found;
}

// ------------------------------------------------------------------------------------------------------------------- calls

export function bindFunctionCall(level: QueryLevel, call: FunctionCall): BoundExpression {
  const { binder } = level;
  const marks = markOf(level);
  const args = call.args.map((arg) => binder.hooks.bindExpression(level, arg.value));
  const ordered = call.withinGroup ? call.orderBy.map((item) => binder.hooks.bindExpression(level, item.expression)) : [];
  const given = [...args, ...ordered];
  const { catalog, schema, name } = call.name;
  if (catalog !== undefined) checkDatabase(binder, [catalog, schema!, name], call.offset);
  if (call.isStar && given.length > 0) throw new DbError('42601', 'syntax error', { offset: call.offset });
  const match = resolveCall(binder, call, given);
  if (typeof match === 'string') {
    const other = match === 'none' ? otherMeaning(level, call, args) : undefined;
    if (other !== undefined) return other;
    if (schema !== undefined && match === 'none' && !binder.catalog.schemaExists(schema)) throw new DbError('3F000', `schema "${schema}" does not exist`, { offset: call.offset });
    throw noRoutine(binder, call, match, given);
  }
  const { kind } = match.function;
  if (kind === 'aggregate' && given.length === 0 && !call.isStar) {
    throw new DbError('42809', `${shownName(call)}(*) must be used to call a parameterless aggregate function`, { offset: call.offset });
  }
  if (kind !== 'aggregate') refuseAggregateSyntax(call, kind);
  if (call.over !== undefined) return bindWindowCall(level, call, match, given, marks);
  switch (kind) {
    case 'aggregate':
      return bindAggregate(level, call, match, args, ordered, marks);
    case 'window':
      throw new DbError('42809', `window function ${shownName(call)} requires an OVER clause`, { offset: call.offset });
    case 'set':
      return bindSetCall(level, call, match, given, marks);
    default: {
      const applied = applyFunction(binder, match, given, call.offset);
      const { args: finished, type } = applied;
      const definition = applied.function.schema === 'pg_catalog' ? knownWhenBound(level, applied.function, given) : applied.function;
      return { kind: 'call', type: definition.returns === match.returnType ? type : sqlType(match.returnType), offset: call.offset, function: definition, args: finished, operator: undefined };
    }
  }
}

/** The error of a call that no function fits: a procedure may, or a function that is not here. */
function noRoutine(binder: Binder, call: FunctionCall, why: 'none' | 'ambiguous', given: readonly BoundExpression[]): DbError {
  const { schema, name } = call.name;
  if (why === 'none') {
    const procedures = binder.catalog.procedures?.(schema, name) ?? [];
    const oids = given.map((arg) => arg.type.oid);
    if (procedures.length > 0 && resolverFor(binder.types).resolveFunction(procedures, oids, {}) !== 'none') {
      return new DbError('42809', `${shownCall(binder, shownName(call), given)} is a procedure`, { offset: call.offset, hint: 'To call a procedure, use CALL.' });
    }
    if ((schema === undefined || schema === 'pg_catalog') && isUnsupportedFunction(name)) return notSupported(`function ${name}`, call.offset);
  }
  return noFunction(binder, why, shownName(call), given, call.offset, call.args.map((arg) => arg.name));
}

/** Functions that tell of their argument what only its binding knows. One definition for each answer, so that equal calls are equal expressions. */
function knownWhenBound(level: QueryLevel, definition: FunctionDef, [arg]: readonly BoundExpression[]): FunctionDef {
  switch (definition.name) {
    case 'pg_collation_for': {
      const collation = isUnknown(arg!) ? undefined : collationName(level, arg!);
      return answering(definition, collation === undefined ? null : collation === 'default' ? '"default"' : quoteIdentifier(collation));
    }
    case 'pg_typeof':
      return isUnknown(arg!) ? answering(definition, TypeOid.unknown) : definition;
    default:
      return definition;
  }
}
const answers = new Map<string, FunctionDef>();
function answering(definition: FunctionDef, answer: Datum): FunctionDef {
  const key = `${definition.name} ${String(answer)}`;
  let known = answers.get(key);
  if (known === undefined) answers.set(key, (known = { ...definition, impl: () => answer, emit: undefined }));
  return known;
}

interface Marks {
  readonly windows: number;
  readonly sets: number;
}
const markOf = (level: QueryLevel): Marks => ({ windows: level.windowCalls.length, sets: level.setCalls.length });

/** C2: `int4(x)`, `date('2020-01-01')`, `name(row)`. */
function otherMeaning(level: QueryLevel, call: FunctionCall, args: readonly BoundExpression[]): BoundExpression | undefined {
  const { binder } = level;
  if (args.length !== 1 || call.isStar || call.isDistinct || call.over !== undefined || call.filter !== undefined || call.orderBy.length > 0) return undefined;
  const arg = args[0]!;
  const { name, schema } = call.name;
  const builtin = schema === undefined || schema === 'pg_catalog' ? builtinTypeByName(sqlTypeNames.get(name) ?? name) : undefined;
  const type = builtin === undefined ? binder.catalog.typeByName(schema, name) : sqlType(builtin.oid);
  if (type !== undefined) {
    const cast = coerce(binder, arg, type, 'explicit', call.offset);
    if (cast !== undefined) return cast;
  }
  if (schema === undefined && (arg.kind === 'row' ? arg.names !== undefined : attributesOf(level, arg.type) !== undefined)) {
    const hasField = arg.kind === 'row' ? arg.names!.includes(name) : attributesOf(level, arg.type)!.some((attribute) => attribute.name === name);
    if (hasField) return selectField(level, arg, name, call.offset);
  }
  return undefined;
}

function refuseAggregateSyntax(call: FunctionCall, kind: FunctionDef['kind']): void {
  const name = shownName(call);
  const refuse = (message: string): never => {
    throw new DbError('42809', message, { offset: call.offset });
  };
  if (call.isStar) refuse(`${name}(*) specified, but ${name} is not an aggregate function`);
  if (call.isDistinct) refuse(`DISTINCT specified, but ${name} is not an aggregate function`);
  if (call.withinGroup) refuse(`WITHIN GROUP specified, but ${name} is not an aggregate function`);
  if (call.orderBy.length > 0) refuse(`ORDER BY specified, but ${name} is not an aggregate function`);
  if (call.filter !== undefined) refuse(`FILTER specified, but ${name} is not an aggregate function`);
  if (call.over !== undefined && kind !== 'window') refuse(`OVER specified, but ${name} is not a window function nor an aggregate function`);
}

// ------------------------------------------------------------------------------------------------------------------- aggregates

const aggregateClauses = new Set<Clause>(['SELECT', 'HAVING', 'ORDER BY', 'DISTINCT ON', 'window PARTITION BY', 'window ORDER BY']);

function bindAggregate(level: QueryLevel, call: FunctionCall, match: FunctionMatch, args: readonly BoundExpression[], ordered: readonly BoundExpression[], marks: Marks): BoundExpression {
  const { binder } = level;
  const name = shownName(call);
  const { orderedSet } = match.function.aggregate!;
  if (orderedSet !== undefined && !call.withinGroup) throw new DbError('42809', `WITHIN GROUP is required for ordered-set aggregate ${name}`, { offset: call.offset });
  if (orderedSet === undefined && call.withinGroup) throw new DbError('42809', `${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`, { offset: call.offset });
  if (call.isDistinct && call.withinGroup) throw new DbError('42601', 'cannot use DISTINCT with WITHIN GROUP', { offset: call.offset });
  if (level.windowCalls.length > marks.windows) throw new DbError('42803', 'aggregate function calls cannot contain window function calls', { offset: call.offset });
  if (level.setCalls.length > marks.sets) {
    throw new DbError('0A000', 'aggregate function calls cannot contain set-returning function calls', {
      offset: level.setCalls[marks.sets]!.offset,
      hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
    });
  }
  const filter = call.filter === undefined ? undefined : bindFilter(level, call.filter);
  const typed = finishAggregateArgs(binder, match, args, ordered, call);
  const orderBy: SortKey[] = call.withinGroup
    ? call.orderBy.map((item, i) => bindSortKey(level, item, typed.args[i]!))
    : call.orderBy.map((item) => {
        // Two subqueries are never the same expression once they are bound: as they are written they are.
        const same = call.isDistinct ? call.args.findIndex((arg) => arg.value.kind !== 'columnRef' && writtenAlike(arg.value, item.expression)) : -1;
        if (same >= 0) return bindSortKey(level, item, typed.args[same]!);
        const bound = binder.hooks.bindExpression(level, item.expression);
        // An argument that was cast to the parameter's type is ordered by as it is computed.
        const plain = call.isDistinct ? args.findIndex((arg) => sameExpression(arg, bound)) : -1;
        return bindSortKey(level, item, typed.args[plain] ?? asText(binder, bound));
      });
  if (call.isDistinct) {
    const stray = orderBy.find((key) => !typed.args.some((arg) => sameExpression(arg, key.expression)));
    if (stray !== undefined) throw new DbError('42P10', 'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list', { offset: stray.expression.offset });
    for (const arg of typed.args) bindSortKey(level, { expression: call, direction: undefined, nulls: undefined, using: undefined, offset: call.offset }, arg);
  }
  const inner = [...typed.args, ...orderBy.map((key) => key.expression), ...(filter === undefined ? [] : [filter])];
  const owner = ownerOf(level, [...inner, ...typed.direct]);
  for (const e of [...inner, ...typed.direct]) refuseNested(owner, e);
  if (!aggregateClauses.has(owner.clause)) throw new DbError('42803', `aggregate functions are not allowed in ${clauseName(owner.clause)}`, { offset: call.offset });
  const base: AggregateCall = {
    id: -1, type: typed.type, function: inOrder(typed.function, orderBy), args: typed.args, isDistinct: call.isDistinct, orderBy, filter, directArgs: typed.direct,
  };
  // One computation for calls that are the same.
  const same = owner.aggregates.find((known) => sameAggregate(known, base));
  const id = same?.id ?? binder.newAggregateId(owner);
  if (same === undefined) owner.aggregates.push({ ...base, id });
  owner.firstAggregateOffset ??= call.offset;
  recordReference(level, owner, id);
  return shownAs(binder, { kind: 'column', type: typed.type, offset: call.offset, id, name: match.function.name }, typed.args);
}

/** The column that stands for a call has the explicit collation of what the call was given. */
const shownAs = ({ collated }: Binder, column: BoundExpression, args: readonly BoundExpression[]): BoundExpression => collated?.carry(column, args) ?? column;

/** A hypothetical-set aggregate has to know which way its keys sort. */
function inOrder(definition: FunctionDef, orderBy: readonly SortKey[]): FunctionDef {
  const withOrder = definition.aggregate?.withOrder;
  return withOrder === undefined ? definition : { ...definition, aggregate: withOrder(orderBy) };
}

function clauseName(clause: Clause): string {
  return clause.startsWith('window ') ? (clause === 'window definitions' || clause === 'window PARTITION BY' || clause === 'window ORDER BY' ? 'window definitions' : clause) : clause;
}

function sameAggregate(a: AggregateCall, b: AggregateCall): boolean {
  if (a.function !== b.function || a.isDistinct !== b.isDistinct || a.args.length !== b.args.length || a.orderBy.length !== b.orderBy.length || a.directArgs.length !== b.directArgs.length) return false;
  return (
    a.args.every((arg, i) => sameExpression(arg, b.args[i]!)) &&
    a.directArgs.every((arg, i) => sameExpression(arg, b.directArgs[i]!)) &&
    a.orderBy.every((key, i) => key.descending === b.orderBy[i]!.descending && key.nullsFirst === b.orderBy[i]!.nullsFirst && sameExpression(key.expression, b.orderBy[i]!.expression)) &&
    (a.filter === undefined || b.filter === undefined ? a.filter === b.filter : sameExpression(a.filter, b.filter)) &&
    ![...a.args, ...a.directArgs].some((arg) => someExpression(arg, (e) => e.kind === 'call' && e.function.volatility === 'volatile'))
  );
}

/** Direct and aggregated arguments with their final types. */
function finishAggregateArgs(
  binder: Binder,
  match: FunctionMatch,
  args: readonly BoundExpression[],
  ordered: readonly BoundExpression[],
  call: FunctionCall,
): { function: FunctionDef; args: readonly BoundExpression[]; direct: readonly BoundExpression[]; type: SqlType } {
  if (ordered.length === 0) {
    const applied = applyFunction(binder, match, args, call.offset);
    return { function: applied.function, args: applied.args, direct: [], type: applied.type };
  }
  let all = [...args, ...ordered];
  if (match.function.aggregate!.orderedSet === 'hypothetical') {
    if (args.length !== ordered.length) {
      throw noFunction(binder, 'none', shownName(call), all, call.offset, undefined, `To use the hypothetical-set aggregate ${match.function.name}, the number of hypothetical direct arguments (here ${args.length}) must match the number of ordering columns (here ${ordered.length}).`);
    }
    // The hypothetical row is compared with the sorted ones, so the two are made of one type. Source. unify_hypothetical_args of parse_func.c.
    const shared = args.map((e, i) => commonType(binder, [ordered[i]!, e], 'WITHIN GROUP'));
    const sorts = ordered.map((e, i) => mustCoerce(binder, e, sqlType(shared[i]!.oid), 'implicit', e.offset));
    const directs = args.map((e, i) => mustCoerce(binder, e, sqlType(shared[i]!.oid), 'implicit', e.offset));
    all = [...directs, ...sorts];
    const type = sqlType(match.returnType);
    const definition = match.function.specialize?.(all.map((e) => e.type), type, binder.types) ?? match.function;
    return { function: definition, args: sorts, direct: directs, type };
  }
  refuseUndetermined(match, call.offset);
  const coerced = all.map((arg, i) => coerceArgument(binder, arg, match.declared[i]!));
  const type = sqlType(match.returnType);
  const definition = match.function.specialize?.(coerced.map((e) => e.type), type, binder.types) ?? match.function;
  return { function: definition, args: coerced.slice(args.length), direct: coerced.slice(0, args.length), type };
}

function bindFilter(level: QueryLevel, filter: Expression): BoundExpression {
  const before = level.clause;
  level.clause = 'FILTER';
  const condition = coerceToBoolean(level.binder, level.binder.hooks.bindExpression(level, filter), 'FILTER');
  level.clause = before;
  return condition;
}

/** C1. */
function ownerOf(level: QueryLevel, list: readonly BoundExpression[]): QueryLevel {
  let owner: QueryLevel | undefined;
  for (const id of columnsOfAll(list)) {
    const candidate = level.binder.ownerOf(id) ?? level.binder.aggregateOwner(id);
    if (candidate !== undefined && isEnclosing(candidate, level) && (owner === undefined || candidate.depth > owner.depth)) owner = candidate;
  }
  return owner ?? level;
}

function isEnclosing(candidate: QueryLevel, level: QueryLevel): boolean {
  for (let at: QueryLevel | undefined = level; at !== undefined; at = at.parent) if (at === candidate) return true;
  return false;
}

function refuseNested(owner: QueryLevel, e: BoundExpression): void {
  const inside = [...columnsOfAll([e])].find((id) => owner.binder.aggregateOwner(id) === owner);
  if (inside !== undefined) throw new DbError('42803', 'aggregate function calls cannot be nested', { offset: e.offset });
}

export function bindGrouping(level: QueryLevel, e: Grouping): BoundExpression {
  const { binder } = level;
  const args = e.args.map((arg) => binder.hooks.bindExpression(level, arg));
  if (args.length >= 32) throw new DbError('54023', 'GROUPING must have fewer than 32 arguments', { offset: e.offset });
  const owner = ownerOf(level, args);
  if (!aggregateClauses.has(owner.clause)) throw new DbError('42803', `grouping operations are not allowed in ${clauseName(owner.clause)}`, { offset: e.offset });
  const id = binder.newAggregateId(owner);
  owner.groupingCalls.push({ id, args, type: types.int4, offset: e.offset });
  recordReference(level, owner, id);
  return { kind: 'column', type: types.int4, offset: e.offset, id, name: 'grouping' };
}

// ------------------------------------------------------------------------------------------------------------------- windows

const windowClauses = new Set<Clause>(['SELECT', 'ORDER BY', 'DISTINCT ON']);

function bindWindowCall(level: QueryLevel, call: FunctionCall, match: FunctionMatch, given: readonly BoundExpression[], marks: Marks): BoundExpression {
  const { binder } = level;
  const name = shownName(call);
  if (!windowClauses.has(level.clause)) throw new DbError('42P20', `window functions are not allowed in ${clauseName(level.clause)}`, { offset: call.offset });
  if (call.isDistinct) throw new DbError('0A000', 'DISTINCT is not implemented for window functions', { offset: call.offset });
  if (call.withinGroup) throw new DbError('0A000', `OVER is not supported for ordered-set aggregate ${name}`, { offset: call.offset });
  if (call.orderBy.length > 0) throw new DbError('0A000', 'aggregate ORDER BY is not implemented for window functions', { offset: call.offset });
  if (call.filter !== undefined && match.function.kind === 'window') throw new DbError('0A000', 'FILTER is not implemented for non-aggregate window functions', { offset: call.offset });
  if (level.windowCalls.length > marks.windows) throw new DbError('42P20', 'window function calls cannot be nested', { offset: call.offset });
  if (level.setCalls.length > marks.sets) {
    throw new DbError('0A000', 'window function calls cannot contain set-returning function calls', {
      offset: level.setCalls[marks.sets]!.offset,
      hint: 'You might be able to move the set-returning function into a LATERAL FROM item.',
    });
  }
  const filter = call.filter === undefined ? undefined : bindFilter(level, call.filter);
  const applied = applyFunction(binder, match, given, call.offset);
  const window = bindWindowSpec(level, call.over!);
  const id = binder.newId();
  level.windowCalls.push({
    call: { id, type: applied.type, function: applied.function, args: applied.args, filter, frame: window.frame ?? defaultFrame },
    partitionBy: window.partitionBy,
    orderBy: window.orderBy,
  });
  return shownAs(binder, { kind: 'column', type: applied.type, offset: call.offset, id, name: match.function.name }, applied.args);
}

// ------------------------------------------------------------------------------------------------------------------- sets

const setClauses = new Set<Clause>(['SELECT', 'ORDER BY', 'GROUP BY', 'DISTINCT ON', 'window PARTITION BY', 'window ORDER BY', 'functions in FROM']);

function bindSetCall(level: QueryLevel, call: FunctionCall, match: FunctionMatch, given: readonly BoundExpression[], marks: Marks): BoundExpression {
  const { binder } = level;
  if (!setClauses.has(level.clause) && !level.admitsSets) throw new DbError('0A000', `set-returning functions are not allowed in ${clauseName(level.clause)}`, { offset: call.offset });
  if (level.clause === 'functions in FROM') refuseNestedSets(level, marks);
  const applied = applyFunction(binder, match, given, call.offset);
  const inner = level.setCalls.slice(marks.sets);
  const height = 1 + Math.max(0, ...inner.map((nested) => nested.height));
  const id = binder.newId();
  const { columns } = applied.function;
  const isRow = typeInfo(applied.type.oid, binder.types).attributes !== undefined;
  const type = columns !== undefined && columns.length > 1 && !isRow ? types.record : applied.type;
  if (columns !== undefined && columns.length > 1) binder.setRecordShape(id, columns.map((column) => ({ name: column.name, type: sqlType(column.type) })));
  level.setCalls.push({ id, function: applied.function, args: applied.args, type, name: call.name.name, height, offset: call.offset });
  return { kind: 'column', type, offset: call.offset, id, name: call.name.name };
}

/** In FROM: what is called with the sets bound since `marks` is known by now, or has been refused. */
function refuseNestedSets(level: QueryLevel, marks: Marks): void {
  if (level.setCalls.length > marks.sets) throw new DbError('0A000', 'set-returning functions must appear at top level of FROM', { offset: level.setCalls.at(-1)!.offset });
}

export type TableFunctionItem =
  | { readonly kind: 'set'; readonly name: string; readonly call: FunctionScanCall; readonly isScalar: boolean; readonly rowType?: SqlType | undefined }
  | { readonly kind: 'scalar'; readonly name: string; readonly columns: readonly { readonly name: string; readonly expression: BoundExpression }[]; readonly isScalar: boolean; readonly rowType?: SqlType | undefined };

/** A function in FROM: its rows, or for one that returns a single value an expression. */
export function bindTableFunction(level: QueryLevel, e: Expression, written: readonly FunctionColumn[] | undefined): TableFunctionItem {
  const { binder } = level;
  const name = e.kind === 'functionCall' ? e.name.name : (figureColumnName(e) ?? '?column?');
  const marks = markOf(level);
  if (e.kind === 'functionCall') {
    if (e.over !== undefined) throw new DbError('42P20', 'window functions are not allowed in functions in FROM', { offset: e.offset });
    const args = e.args.map((arg) => binder.hooks.bindExpression(level, arg.value));
    const match = resolveCall(binder, e, args);
    // A function of the user that returns one row is called once for it, not once a field.
    if (typeof match !== 'string' && (match.function.kind === 'set' || (match.function.kind === 'scalar' && match.function.set !== undefined))) {
      refuseAggregateSyntax(e, 'set');
      refuseNestedSets(level, marks);
      return setItem(binder, name, applyFunction(binder, match, args, e.offset), written, e.offset);
    }
    if (typeof match === 'string' && written !== undefined) throw noRoutine(binder, e, match, args);
  }
  if (written !== undefined) {
    const fitted = e.kind === 'functionCall' ? fittedScalar(level, e, written) : undefined;
    if (fitted === undefined) throw new DbError('42601', 'a column definition list is only allowed for functions returning "record"', { offset: e.offset });
    return fitted;
  }
  const expression = asText(binder, binder.hooks.bindExpression(level, e));
  refuseNestedSets(level, marks);
  if (isUnknown(expression)) throw notSupported('a value of unknown type in FROM', e.offset);
  const attributes = attributesOf(level, expression.type) ?? (expression.type.oid === TypeOid.record ? binder.recordShape(expression) : undefined);
  if (attributes !== undefined) {
    const columns = attributes.map((attribute, index) => ({ name: attribute.name, expression: { kind: 'field', type: attribute.type, offset: e.offset, arg: expression, index } as BoundExpression }));
    return { kind: 'scalar', name, columns, isScalar: false, rowType: expression.type };
  }
  return { kind: 'scalar', name, columns: [{ name, expression }], isScalar: true };
}

/** Whether two expressions are written alike, but for where they stand. */
function writtenAlike(a: Expression, b: Expression): boolean {
  const written = (e: Expression): string => JSON.stringify(e, (key, value: unknown) => (key === 'offset' ? undefined : typeof value === 'bigint' ? String(value) : value));
  return a.kind === b.kind && written(a) === written(b);
}

/** A function of one record, in FROM with a column list that says what the record is; undefined when it returns anything else. */
function fittedScalar(level: QueryLevel, e: FunctionCall, written: readonly FunctionColumn[]): TableFunctionItem | undefined {
  const { binder } = level;
  const args = e.args.map((arg) => binder.hooks.bindExpression(level, arg.value));
  const match = resolveCall(binder, e, args);
  if (typeof match === 'string') return undefined;
  const applied = applyFunction(binder, match, args, e.offset);
  if (applied.type.oid !== TypeOid.record) return undefined;
  const definitions = definedColumns(binder, written);
  const fitted = applied.function.withColumns?.(definitions);
  if (fitted === undefined) return undefined;
  const columns = definitions.map((column) => binder.newColumn(column.name, column.type));
  return { kind: 'set', name: e.name.name, call: { function: fitted, args: applied.args, columns }, isScalar: false };
}

/** The columns of a definition list: their types are looked at when the function is known to take them. */
function definedColumns(binder: Binder, written: readonly FunctionColumn[]): { readonly name: string; readonly type: SqlType }[] {
  return written.map((column) => ({ name: column.name, type: bindTypeName(binder, column.type) }));
}

function setItem(
  binder: Binder,
  name: string,
  applied: { readonly function: FunctionDef; readonly args: readonly BoundExpression[]; readonly type: SqlType },
  written: readonly FunctionColumn[] | undefined,
  offset: number,
): TableFunctionItem {
  const { function: definition, args, type } = applied;
  const made = (columns: readonly { name: string; type: SqlType }[]): PlanColumn[] => columns.map((column) => binder.newColumn(column.name, column.type));
  const item = (columns: readonly PlanColumn[], isScalar: boolean): TableFunctionItem => ({ kind: 'set', name, call: { function: definition, args, columns }, isScalar });
  const { attributes } = typeInfo(baseTypeOf(type, binder.types).oid, binder.types);
  const rowType = attributes === undefined ? undefined : type;
  if (definition.columns !== undefined) {
    if (written !== undefined) throw new DbError('42601', 'a column definition list is redundant for a function with OUT parameters', { offset });
    return { ...item(made(definition.columns.map((column) => ({ name: column.name, type: sqlType(column.type) }))), definition.columns.length === 1 && rowType === undefined), rowType };
  }
  if (attributes !== undefined) {
    if (written !== undefined) throw new DbError('42601', 'a column definition list is redundant for a function returning a named composite type', { offset });
    return { ...item(made(attributes), false), rowType };
  }
  if (type.oid === TypeOid.record) {
    if (written === undefined) throw new DbError('42601', 'a column definition list is required for functions returning "record"', { offset });
    const definitions = definedColumns(binder, written);
    const fitted = definition.withColumns?.(definitions) ?? definition;
    return { kind: 'set', name, call: { function: fitted, args, columns: made(definitions) }, isScalar: false };
  }
  if (written !== undefined) throw new DbError('42601', 'a column definition list is only allowed for functions returning "record"', { offset });
  return item(made([{ name, type }]), true);
}
