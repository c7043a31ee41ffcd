/**
 * Binding expressions: each kind of AST expression to its typed form. Calls and operators are binder-call.ts, types and coercions
 * binder-types.ts, subqueries binder-subquery.ts. An untyped literal keeps type `unknown` until a context coerces it, exactly as in PostgreSQL, so
 * `1 + '2'` is an integer and `'2' || x` a text.
 *
 * Source. parse_expr.c.
 */
import { assert, unreachable } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { DbError, notSupported } from '../base/errors.js';
import { parseNumber } from './binder-literal.js';
import { baseTypeOf, isArrayType, sqlType, typeInfo, typeName, TypeOid, types, type SqlType } from '../base/types.js';
import { jsonbSubscript } from '../functions/json/jsonb-subscript.js';
import type { FunctionDef } from '../functions/registry.js';
import { leftSpine, type Binary, type ColumnRef, type Expression, type Subscript, type SubscriptEntry } from '../parser/ast.js';
import { bindFunctionCall, bindGrouping } from './binder-call.js';
import { equalityOver, makeCall, makeOperator, operatorFunction } from './binder-operator.js';
import { attributesOf, compareRows, expandRow, isWrittenRow, selectField, wholeRow } from './binder-row.js';
import { bindSubqueryExpression, bindQuantifiedSubquery } from './binder-subquery.js';
import { ExplicitCollations } from './binder-collation.js';
import { arrayTypeOf, asGiven, asText, bindTypeName, cannotCast, coerce, coerceAll, coerceToBoolean, commonType, isUnknown, mustCoerce, refuseOtherDatabase } from './binder-types.js';
import { columnsOf, conjunction, constant, hasSubquery, isVolatile } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { columnOfRelation, missingColumn, missingRelation, resolveColumn, resolveRelation, type QueryLevel, type ResolvedRelation } from './scope.js';
import { systemColumn, whereThereIsARow } from './system-columns.js';

export function bindExpression(level: QueryLevel, e: Expression): BoundExpression {
  const bound = bindPlain(level, e);
  level.binder.record?.setExpression(e, bound);
  if (level.binder.collated !== undefined) level.binder.collated.collationOf(bound);
  return bound;
}

function bindPlain(level: QueryLevel, e: Expression): BoundExpression {
  switch (e.kind) {
    case 'number':
      return parseNumber(e.text, e.offset);
    case 'string':
      return { kind: 'constant', type: types.unknown, offset: e.offset, value: e.value };
    case 'bitString':
      return coerce(level.binder, { kind: 'constant', type: types.unknown, offset: e.offset, value: e.bits }, types.bit, 'explicit', e.offset)!;
    case 'boolean':
      return constant(e.value, types.bool, e.offset);
    case 'null':
      return constant(null, types.unknown, e.offset);
    case 'parameter':
      if (e.index < 1) throw new DbError('42P02', `there is no parameter $${e.index}`, { offset: e.offset });
      return level.binder.parameter(e.index - 1, e.offset);
    case 'namedParameter': {
      const index = level.binder.parameterIndex(e.name);
      if (index === undefined) throw new DbError('42P02', `there is no parameter :${e.name}`, { offset: e.offset });
      return level.binder.parameter(index, e.offset);
    }
    case 'columnRef':
      return bindColumnRef(level, e);
    case 'star':
      return bindRowStar(level, e);
    case 'fieldStar':
      bindExpression(level, e.operand);
      throw new DbError('0A000', 'row expansion via "*" is not supported here', { offset: e.offset });
    case 'fieldSelection':
      return bindFieldSelection(level, e);
    case 'subscript':
      return bindSubscript(level, e);
    case 'unary':
      return makeOperator(level.binder, e.schema, e.operator, undefined, bindExpression(level, e.operand), e.offset);
    case 'binary':
      return bindBinaryChain(level, e);
    case 'and':
    case 'or': {
      const args: BoundExpression[] = [];
      for (const [i, operand] of e.operands.entries()) {
        const arg = bindOperand(level, operand, e.kind === 'and' ? 'AND' : 'OR');
        // Only what is written so, and first, becomes part of the chain: GROUP BY is compared with the rest as it stands. Source. makeAndExpr.
        if (i === 0 && operand.kind === e.kind && arg.kind === e.kind) args.push(...arg.args);
        else args.push(arg);
      }
      return { kind: e.kind, type: types.bool, offset: e.offset, args };
    }
    case 'not':
      return { kind: 'not', type: types.bool, offset: e.offset, arg: bindOperand(level, e.operand, 'NOT') };
    case 'isNull':
      return bindIsNull(level, bindExpression(level, e.operand), e.negated, e.offset);
    case 'isBoolean': {
      const arg = bindOperand(level, e.operand, `IS ${e.negated ? 'NOT ' : ''}${e.test.toUpperCase()}`);
      return { kind: 'isBoolean', type: types.bool, offset: e.offset, arg, test: e.test, negated: e.negated };
    }
    case 'isDistinctFrom':
      return makeDistinct(level, bindExpression(level, e.left), bindExpression(level, e.right), e.negated, e.offset);
    case 'between':
      return bindBetween(level, e);
    case 'inList':
      return bindInList(level, e.operand, e.items, e.negated, e.offset);
    case 'like':
      return bindLike(level, e);
    case 'quantified':
      return bindQuantifiedArray(level, e);
    case 'inSubquery':
    case 'quantifiedSubquery':
      return bindQuantifiedSubquery(level, e);
    case 'exists':
    case 'scalarSubquery':
    case 'arraySubquery':
      return bindSubqueryExpression(level, e);
    case 'case':
      return bindCase(level, e);
    case 'coalesce': {
      const before = level.setCalls.length;
      const args = e.args.map((arg) => bindExpression(level, arg));
      refuseSetCalls(level, before, 'COALESCE');
      const type = commonType(level.binder, args, 'COALESCE');
      return { kind: 'coalesce', type, offset: e.offset, args: coerceAll(level.binder, args, type) };
    }
    case 'nullIf':
      return bindNullIf(level, e);
    case 'minMax': {
      const what = e.operator === 'greatest' ? 'GREATEST' : 'LEAST';
      const args = e.args.map((arg) => bindExpression(level, arg));
      const type = commonType(level.binder, args, what);
      return { kind: e.operator, type, offset: e.offset, args: coerceAll(level.binder, args, type), lessThan: operatorFunction(level.binder, '<', type, type, e.offset) };
    }
    case 'row': {
      const fields = e.elements.flatMap((element) => bindRowElement(level, element));
      return { kind: 'row', type: types.record, offset: e.offset, fields };
    }
    case 'array':
      return bindArray(level, e.elements, undefined, e.offset);
    case 'cast':
      return bindCast(level, e);
    case 'collate': {
      const arg = asText(level.binder, bindExpression(level, e.operand));
      if (typeInfo(arg.type.oid, level.binder.types).category !== 'S') {
        throw new DbError('42804', `collations are not supported by type ${typeName(arg.type.oid, level.binder.types)}`, { offset: e.offset });
      }
      checkCollation(e.collation.name, e.collation.offset);
      return (level.binder.collated ??= new ExplicitCollations(level.binder.types)).mark(arg, e.collation.name, e.offset);
    }
    case 'functionCall':
      return bindFunctionCall(level, e);
    case 'grouping':
      return bindGrouping(level, e);
    case 'sqlValueFunction':
      return bindSqlValueFunction(level, e.function, e.precision, e.offset);
    case 'defaultValue':
      throw new DbError('42601', 'DEFAULT is not allowed in this context', { offset: e.offset });
    case 'unsupportedExpression':
      throw notSupported(e.feature, e.offset);
    default:
      return unreachable(e);
  }
}

/** The boolean that a construct asks for: one, and not a set. */
function bindOperand(level: QueryLevel, operand: Expression, what: string): BoundExpression {
  const before = level.setCalls.length;
  const arg = coerceToBoolean(level.binder, bindExpression(level, operand), what);
  refuseSet(level, before, what, operand.offset);
  return arg;
}

function refuseSet(level: QueryLevel, before: number, what: string, offset: number): void {
  if (level.setCalls.length > before) throw new DbError('42804', `argument of ${what} must not return a set`, { offset });
}

function refuseSetCalls(level: QueryLevel, before: number, what: string): void {
  const call = level.setCalls[before];
  if (call === undefined) return;
  throw new DbError('0A000', `set-returning functions are not allowed in ${what}`, { offset: call.offset, hint: 'You might be able to move the set-returning function into a LATERAL FROM item.' });
}

/** Collations that order by code point, which is the only order there is. */
export function checkCollation(name: string, offset: number): void {
  if (['default', 'C', 'POSIX', 'ucs_basic', 'C.UTF-8', 'C.utf8'].includes(name)) return;
  throw new DbError('42704', `collation "${name}" for encoding "UTF8" does not exist`, { offset });
}

// ------------------------------------------------------------------------------------------------------------------- columns

function bindColumnRef(level: QueryLevel, e: ColumnRef): BoundExpression {
  const { parts, offset } = e;
  if (parts.length === 1) {
    const name = parts[0]!;
    const found = resolveColumn(level, name, offset);
    if (found !== undefined) return columnExpression(level, found.column, offset);
    // A relation's name alone is its whole row.
    const relation = resolveRelation(level, undefined, name, offset);
    if (relation !== undefined) return rowValue(level, relation, offset);
    const system = systemColumn(level, undefined, name, offset);
    if (system !== undefined) return system;
    const parameter = routineParameter(level, name, offset);
    if (parameter !== undefined) return parameter;
    throw missingColumn(level, undefined, name, offset);
  }
  const [relationSchema, relationName, field] = parts.length === 2 ? [undefined, parts[0]!, parts[1]!] : [parts[parts.length - 3], parts[parts.length - 2]!, parts[parts.length - 1]!];
  if (parts.length > 4) throw new DbError('42601', `improper qualified name (too many dotted names): ${parts.join('.')}`, { offset });
  if (parts.length === 4) refuseOtherDatabase(level.binder.context?.system.currentDatabase(), parts[0]!, parts.join('.'), offset);
  const relation = resolveRelation(level, relationSchema, relationName, offset);
  if (relation === undefined) {
    const { routine } = level.binder;
    if (routine !== undefined && relationSchema === undefined) {
      const named = routine.name === relationName ? routineParameter(level, field, offset) : undefined;
      if (named !== undefined) return named;
      const row = routineParameter(level, relationName, offset);
      if (row !== undefined) return selectField(level, row, field, offset);
    }
    throw missingRelation(level, relationName, offset);
  }
  const column = columnOfRelation(level, relation, field, offset);
  if (column === undefined) {
    const system = systemColumn(level, relation, field, offset);
    if (system !== undefined) return system;
    throw missingColumn(level, relationName, field, offset);
  }
  return columnExpression(level, column, offset);
}

/** In the body of a SQL function: a parameter by its name. */
function routineParameter(level: QueryLevel, name: string, offset: number): BoundExpression | undefined {
  const index = level.binder.routine?.parameters.indexOf(name) ?? -1;
  return index < 0 ? undefined : level.binder.parameter(index, offset);
}

function columnExpression(level: QueryLevel, column: { id: number; name: string; type: SqlType }, offset: number): BoundExpression {
  level.binder.useColumn(column.id);
  return { kind: 'column', type: column.type, offset, id: column.id, name: column.name };
}

/** `t.*` where a value is wanted, as in count(t.*): the whole row. */
function bindRowStar(level: QueryLevel, e: Extract<Expression, { kind: 'star' }>): BoundExpression {
  const name = e.qualifier[e.qualifier.length - 1];
  if (name === undefined) throw new DbError('42601', 'row expansion via "*" is not supported here', { offset: e.offset });
  const relation = resolveRelation(level, e.qualifier[e.qualifier.length - 2], name, e.offset);
  if (relation === undefined) throw missingRelation(level, name, e.offset);
  return rowValue(level, relation, e.offset);
}

/** A relation's row as one value: NULL where an outer join has no row of it. */
function rowValue(level: QueryLevel, relation: ResolvedRelation, offset: number): BoundExpression {
  const whole = wholeRow(level, relation, offset);
  const row = whole.kind === 'row' ? whereThereIsARow(level, relation, whole) : whole;
  const { functionType } = relation.entry;
  // What came as a value of a domain is one: its checks have been made.
  return functionType === undefined || functionType.oid === row.type.oid ? row : { kind: 'cast', type: functionType, offset, arg: row, method: 'binary', isExplicit: false };
}
function bindRowElement(level: QueryLevel, e: Expression): BoundExpression[] {
  if (e.kind === 'star' && e.qualifier.length > 0) {
    const name = e.qualifier[e.qualifier.length - 1]!;
    const relation = resolveRelation(level, e.qualifier[e.qualifier.length - 2], name, e.offset);
    if (relation === undefined) throw missingRelation(level, name, e.offset);
    const row = wholeRow(level, relation, e.offset);
    return row.kind === 'row' ? [...row.fields] : [row];
  }
  if (e.kind === 'fieldStar') return expandRow(level, bindExpression(level, e.operand), e.offset).map((field) => field.expression);
  return [bindExpression(level, e)];
}

// ------------------------------------------------------------------------------------------------------------------- comparisons

/** Folds `a + b - c ...` without recursing down its left side, which may be thousands long. */
function bindBinaryChain(level: QueryLevel, root: Binary): BoundExpression {
  const links = leftSpine<Expression, Binary>(root, (node): node is Binary => node.kind === 'binary');
  let left = bindExpression(level, links[0]!.left);
  for (const link of links) left = bindBinary(level, link, left);
  return left;
}

function bindBinary(level: QueryLevel, e: Binary, left: BoundExpression): BoundExpression {
  const isWritten = e.operator !== 'overlaps' && e.left.kind === 'row' && left.kind === 'row';
  // (a, b) = (SELECT ...): the row of the subquery, field by field.
  if (isWritten && e.right.kind === 'scalarSubquery') {
    const right = bindSubqueryExpression(level, e.right, { width: left.fields.length, mismatch: (given) => new DbError('42601', `subquery has too ${given} columns`, { offset: e.offset }) });
    const fields = expandRow(level, right, e.offset).map((field) => field.expression);
    return compareRows(level, e.operator, left.fields, fields, e.offset);
  }
  const right = bindExpression(level, e.right);
  // Only rows that are written as such: values of composite types compare as records, to which NULLs are equal.
  if (isWritten && e.right.kind === 'row' && right.kind === 'row') return compareRows(level, e.operator, left.fields, right.fields, e.offset);
  if (e.operator === 'overlaps' && left.kind === 'row' && right.kind === 'row') {
    return makeCall(level.binder, 'overlaps', [...left.fields, ...right.fields], e.offset);
  }
  return makeOperator(level.binder, e.schema, e.operator, left, right, e.offset);
}

function bindIsNull(level: QueryLevel, operand: BoundExpression, negated: boolean, offset: number): BoundExpression {
  // One of a named type stays whole, for GROUP BY may have it as a key.
  if (operand.kind === 'row' && operand.fields.length > 0 && operand.type.oid === TypeOid.record) {
    // A row IS NULL when every field is, and IS NOT NULL when none is: the two are not opposites.
    const args = operand.fields.map((field): BoundExpression => ({ kind: 'isNull', type: types.bool, offset, arg: asGiven(level.binder, field), isRow: false, negated }));
    return conjunction(args)!;
  }
  const attributes = attributesOf(level, operand.type);
  if ((operand.kind === 'column' || operand.kind === 'case' || operand.kind === 'field') && attributes !== undefined && attributes.length > 0) {
    // A composite value is NULL when all its fields are, and NOT NULL when none of them is.
    const args = attributes.map((attribute, index): BoundExpression => ({ kind: 'isNull', type: types.bool, offset, arg: { kind: 'field', type: attribute.type, offset, arg: operand, index }, isRow: false, negated }));
    return conjunction(args)!;
  }
  return { kind: 'isNull', type: types.bool, offset, arg: asGiven(level.binder, operand), isRow: attributes !== undefined || operand.type.oid === TypeOid.record, negated };
}

function makeDistinct(level: QueryLevel, left: BoundExpression, right: BoundExpression, negated: boolean, offset: number): BoundExpression {
  if (left.kind === 'row' && right.kind === 'row') {
    if (left.fields.length !== right.fields.length) throw new DbError('42601', 'unequal number of entries in row expressions', { offset });
    const args = left.fields.map((field, i) => makeDistinct(level, field, right.fields[i]!, negated, offset));
    if (args.length === 0) return constant(negated, types.bool, offset);
    return args.length === 1 ? args[0]! : { kind: negated ? 'and' : 'or', type: types.bool, offset, args };
  }
  // An untyped NULL on one side makes it a null test, of a row too: one whose fields are NULL is distinct from NULL.
  const isUntypedNull = (e: BoundExpression): boolean => e.kind === 'constant' && e.value === null && isUnknown(e);
  const test = (arg: BoundExpression): BoundExpression => ({ kind: 'isNull', type: types.bool, offset, arg: asText(level.binder, arg), isRow: false, negated: !negated });
  if (isUntypedNull(right)) return test(left);
  if (isUntypedNull(left)) return test(right);
  const comparison = makeOperator(level.binder, undefined, '=', left, right, offset);
  if (comparison.kind !== 'call') throw new DbError('42804', 'IS DISTINCT FROM requires = operator to yield boolean', { offset });
  return { kind: 'isDistinct', type: types.bool, offset, left: comparison.args[0]!, right: comparison.args[1]!, equals: comparison.function, negated };
}

function bindBetween(level: QueryLevel, e: Extract<Expression, { kind: 'between' }>): BoundExpression {
  const compare = (operator: string, written: Expression): BoundExpression => {
    const operand = bindExpression(level, e.operand);
    const bound = bindExpression(level, written);
    if (e.operand.kind === 'row' && written.kind === 'row' && operand.kind === 'row' && bound.kind === 'row') return compareRows(level, operator, operand.fields, bound.fields, e.offset);
    return coerceToBoolean(level.binder, makeOperator(level.binder, undefined, operator, operand, bound, e.offset), operator);
  };
  const before = level.setCalls.length;
  const range = (lower: Expression, upper: Expression): BoundExpression => {
    const from = compare(e.negated ? '<' : '>=', lower);
    const to = compare(e.negated ? '>' : '<=', upper);
    refuseSet(level, before, e.negated ? 'OR' : 'AND', e.offset);
    return { kind: e.negated ? 'or' : 'and', type: types.bool, offset: e.offset, args: [from, to] };
  };
  if (!e.symmetric) return range(e.lower, e.upper);
  return { kind: e.negated ? 'and' : 'or', type: types.bool, offset: e.offset, args: [range(e.lower, e.upper), range(e.upper, e.lower)] };
}

/** `(e).field`; a field that a row of FROM does not have is a missing column. */
function bindFieldSelection(level: QueryLevel, e: Extract<Expression, { kind: 'fieldSelection' }>): BoundExpression {
  const { operand, field, offset } = e;
  const arg = bindExpression(level, operand);
  const relation = operand.kind === 'columnRef' ? operand.parts.at(-1) : operand.kind === 'star' ? operand.qualifier.at(-1) : undefined;
  if (relation !== undefined && arg.kind === 'row' && arg.names?.includes(field) === false) throw new DbError('42703', `column ${relation}.${field} does not exist`, { offset: operand.offset });
  return selectField(level, arg, field, offset);
}

function bindInList(level: QueryLevel, operand: Expression, items: readonly Expression[], negated: boolean, offset: number): BoundExpression {
  const { binder } = level;
  const before = level.setCalls.length;
  const arg = bindExpression(level, operand);
  const list = items.map((item) => bindExpression(level, item));
  if (list.length === 1) refuseSet(level, before, 'IN', offset);
  if ((arg.kind === 'row' || list.some((item) => item.kind === 'row')) && !isListOfComposites(level, arg, list)) {
    const args = list.map((item, i) => {
      const fresh = i === 0 || !hasSubquery(arg) ? arg : bindExpression(level, operand);
      if (fresh.kind !== 'row' || item.kind !== 'row' || !isWrittenRow(operand) || !isWrittenRow(items[i]!)) return makeOperator(binder, undefined, negated ? '<>' : '=', fresh, item, offset);
      return compareRows(level, negated ? '<>' : '=', fresh.fields, item.fields, offset);
    });
    return args.length === 1 ? args[0]! : { kind: negated ? 'and' : 'or', type: types.bool, offset, args };
  }
  if (list.length === 1) return makeOperator(binder, undefined, negated ? '<>' : '=', arg, list[0]!, offset);
  const type = commonType(binder, [arg, ...list], undefined);
  // Composite values beside a column are compared one by one, as records, unless several of them are an array.
  const isApart = type !== undefined && attributesOf(level, type) !== undefined && list.some((item) => readsRow(level, item)) && list.filter((item) => !readsRow(level, item)).length < 2;
  // Arrays have no array type over them, so each is compared as it stands.
  if (type !== undefined && !isApart && (!isArrayType(type.oid, binder.types) || list.every((item) => item.type.oid === type.oid || isUnknown(item)) && arg.type.oid === type.oid)) {
    const equality = equalityOver(binder, type, offset);
    const [left, ...rest] = coerceAll(binder, [arg, ...list], equality.operand);
    return { kind: 'inList', type: types.bool, offset, arg: left!, list: rest, equals: equality.function, negated };
  }
  const args = list.map((item, i) => {
    const fresh = i === 0 || !hasSubquery(arg) ? arg : bindExpression(level, operand);
    return coerceToBoolean(binder, makeOperator(binder, undefined, negated ? '<>' : '=', fresh, item, offset), 'IN');
  });
  return { kind: negated ? 'and' : 'or', type: types.bool, offset, args };
}

/** Whether it is of a row of the query itself; those of queries around it are as good as constants here. Source. contain_vars_of_level, as transformAExprIn asks it. */
function readsRow(level: QueryLevel, e: BoundExpression): boolean {
  const isOuter = (id: ColumnId): boolean => {
    for (let at = level.parent; at !== undefined; at = at.parent) if (at.entries.some(({ columns }) => columns.some((column) => column.id === id))) return true;
    return false;
  };
  return [...columnsOf(e)].some((id) => !isOuter(id));
}

/** Several values of one named composite type that read no column are an array of it, whose elements compare as records. */
function isListOfComposites(level: QueryLevel, arg: BoundExpression, list: readonly BoundExpression[]): boolean {
  if (list.length < 2 || list.some((item) => readsRow(level, item))) return false;
  const type = commonType(level.binder, [arg, ...list], undefined);
  return type !== undefined && type.oid !== TypeOid.record;
}

function bindLike(level: QueryLevel, e: Extract<Expression, { kind: 'like' }>): BoundExpression {
  const { binder } = level;
  const operand = bindExpression(level, e.operand);
  let pattern = bindExpression(level, e.pattern);
  const escape = e.escape === undefined ? undefined : bindExpression(level, e.escape);
  if (e.operator === 'similar') {
    pattern = makeCall(binder, 'similar_to_escape', escape === undefined ? [pattern] : [pattern, escape], e.offset);
    return makeOperator(binder, undefined, e.negated ? '!~' : '~', operand, pattern, e.offset);
  }
  if (escape !== undefined) pattern = makeCall(binder, 'like_escape', [pattern, escape], e.offset);
  const name = e.operator === 'like' ? '~~' : '~~*';
  return makeOperator(binder, undefined, e.negated ? `!${name}` : name, operand, pattern, e.offset);
}

function bindQuantifiedArray(level: QueryLevel, e: Extract<Expression, { kind: 'quantified' }>): BoundExpression {
  const { binder } = level;
  let arg = bindExpression(level, e.operand);
  let array = bindExpression(level, e.array);
  if (isUnknown(array)) {
    // An untyped array takes the left side's type; when that is untyped too, text.
    arg = asText(binder, arg);
    const type = arrayTypeOf(binder, arg.type);
    if (type === undefined) throw new DbError('42809', 'op ANY/ALL (array) requires array on right side', { offset: e.offset });
    array = mustCoerce(binder, array, type, 'implicit', e.offset);
  }
  const info = typeInfo(array.type.oid, binder.types);
  if (info.elementOid === 0) throw new DbError('42809', 'op ANY/ALL (array) requires array on right side', { offset: e.offset });
  const element: BoundExpression = { kind: 'parameter', type: sqlType(info.elementOid), offset: e.offset, index: -1 };
  const comparison = makeOperator(binder, e.schema, e.operator, arg, element, e.offset);
  if (comparison.kind !== 'call' || comparison.type.oid !== TypeOid.bool) {
    throw new DbError('42809', 'op ANY/ALL (array) requires operator to yield boolean', { offset: e.offset });
  }
  const wanted = comparison.args[1]!.type;
  // Composite values are records as they are.
  if (wanted.oid !== info.elementOid && wanted.oid !== TypeOid.record) array = mustCoerce(binder, array, arrayTypeOf(binder, wanted)!, 'implicit', e.offset);
  return { kind: 'quantifiedArray', type: types.bool, offset: e.offset, arg: comparison.args[0]!, array, operator: comparison.function, quantifier: e.quantifier };
}

// ------------------------------------------------------------------------------------------------------------------- conditionals

function bindCase(level: QueryLevel, e: Extract<Expression, { kind: 'case' }>): BoundExpression {
  const { binder } = level;
  const before = level.setCalls.length;
  let operand = e.operand === undefined ? undefined : asText(binder, bindExpression(level, e.operand));
  const whens = e.whens.map((branch, i) => {
    if (e.operand === undefined || operand === undefined) return bindOperand(level, branch.condition, 'CASE/WHEN');
    if (i > 0 && hasSubquery(operand)) operand = asText(binder, bindExpression(level, e.operand));
    const outside = level.setCalls.length;
    const when = coerceToBoolean(binder, makeOperator(binder, undefined, '=', operand, bindExpression(level, branch.condition), branch.offset), 'CASE/WHEN');
    refuseSet(level, outside, 'CASE/WHEN', branch.offset);
    return when;
  });
  const results = e.whens.map((branch) => bindExpression(level, branch.result));
  const otherwise = e.otherwise === undefined ? constant(null, types.unknown, e.offset) : bindExpression(level, e.otherwise);
  refuseSetCalls(level, before, 'CASE');
  // As in PostgreSQL the ELSE branch is looked at first when the common type is chosen.
  const type = commonType(binder, [otherwise, ...results], 'CASE');
  const [last, ...thens] = coerceAll(binder, [otherwise, ...results], type);
  return { kind: 'case', type, offset: e.offset, branches: whens.map((when, i) => ({ when, then: thens[i]! })), otherwise: last! };
}

function bindNullIf(level: QueryLevel, e: Extract<Expression, { kind: 'nullIf' }>): BoundExpression {
  const { binder } = level;
  const left = bindExpression(level, e.left);
  const right = bindExpression(level, e.right);
  const when = makeOperator(binder, undefined, '=', left, right, e.offset);
  if (when.kind !== 'call') throw new DbError('42804', 'NULLIF requires = operator to yield boolean', { offset: e.offset });
  // The result is the left operand as the comparison took it: of varchar, text. Comparing records does not make a composite value one.
  const taken = when.args[0]!;
  const then = taken.type.oid === TypeOid.record ? left : taken;
  // What must be evaluated once, or is dear, goes into a call.
  const shown = (e: BoundExpression): BoundExpression => binder.collated?.carry(e, [left, right]) ?? e;
  if (isVolatile(left) || hasSubquery(left)) return shown({ kind: 'call', type: then.type, offset: e.offset, function: nullIfFunction(when.function), args: when.args, operator: undefined });
  return shown({ kind: 'case', type: then.type, offset: e.offset, branches: [{ when, then: constant(null, then.type, e.offset) }], otherwise: then });
}

const nullIfFunctions = new WeakMap<FunctionDef, FunctionDef>();

/** NULLIF as a function, over the equality of its operands. */
function nullIfFunction(equals: FunctionDef): FunctionDef {
  let made = nullIfFunctions.get(equals);
  if (made === undefined) {
    const { impl } = equals;
    assert(impl !== undefined, 'equality without an implementation', equals.name);
    made = { ...equals, name: 'nullif', returns: equals.args[0]!, strict: false, emit: undefined, impl: (left: Datum, right: Datum, ctx: unknown) => (left !== null && right !== null && impl(left, right, ctx) === true ? null : left) };
    nullIfFunctions.set(equals, made);
  }
  return made;
}

// ---------------------------------------------------------------------------------------------------------- arrays, casts, others

function bindArray(level: QueryLevel, elements: readonly Expression[], target: SqlType | undefined, offset: number): BoundExpression {
  const { binder } = level;
  const elementTarget = target === undefined ? undefined : sqlType(typeInfo(target.oid, binder.types).elementOid, target.typmod);
  const bound = elements.map((element) => (element.kind === 'array' ? bindArray(level, element.elements, target, element.offset) : bindExpression(level, element)));
  if (bound.length === 0) {
    if (target === undefined) {
      throw new DbError('42P18', 'cannot determine type of empty array', { offset, hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].' });
    }
    return { kind: 'array', type: target, offset, elements: [], isNested: false };
  }
  const isNested = bound.some((element) => !isUnknown(element) && isArrayType(element.type.oid, binder.types) && (elements.some((e) => e.kind === 'array') || typeInfo(element.type.oid, binder.types).kind === 'array'));
  if (isNested) {
    const type = target ?? commonType(binder, bound, 'ARRAY');
    return { kind: 'array', type, offset, elements: target === undefined ? coerceAll(binder, bound, type) : bound.map((element) => mustCoerce(binder, element, type, 'explicit', offset)), isNested };
  }
  if (elementTarget !== undefined && target !== undefined) {
    const coerced = bound.map((element) => {
      const to = coerce(binder, element, elementTarget, 'explicit', element.offset);
      if (to === undefined) throw cannotCast(binder, element.type, elementTarget, element.offset);
      return to;
    });
    return { kind: 'array', type: target, offset, elements: coerced, isNested: false };
  }
  const type = commonType(binder, bound, 'ARRAY');
  const arrayType = arrayTypeOf(binder, type);
  if (arrayType === undefined) throw new DbError('42704', `could not find array type for data type ${typeName(type.oid, binder.types)}`, { offset });
  return { kind: 'array', type: arrayType, offset, elements: coerceAll(binder, bound, type), isNested: false };
}

function bindCast(level: QueryLevel, e: Extract<Expression, { kind: 'cast' }>): BoundExpression {
  const { binder } = level;
  const type = bindTypeName(binder, e.type);
  // The elements become those of the array type itself; a domain over it is checked then.
  const arg = e.operand.kind === 'array' && isArrayType(type.oid, binder.types) ? bindArray(level, e.operand.elements, baseTypeOf(type, binder.types), e.operand.offset) : bindExpression(level, e.operand);
  const cast = coerce(binder, arg, type, 'explicit', e.offset);
  if (cast === undefined) throw cannotCast(binder, arg.type, type, e.offset);
  return cast;
}

/** A subscript of a jsonb document: an int4 or a text. */
export function bindJsonbKey(level: QueryLevel, subscript: SubscriptEntry, offset: number): BoundExpression {
  const { binder } = level;
  if (subscript.isSlice || subscript.lower === undefined) throw new DbError('42804', 'jsonb subscript does not support slices', { offset });
  const key = bindExpression(level, subscript.lower);
  if (isUnknown(key)) return asText(binder, key);
  if (key.type.oid === TypeOid.int4 || key.type.oid === TypeOid.text) return key;
  const coerced = coerce(binder, key, types.int4, 'implicit', key.offset) ?? coerce(binder, key, types.text, 'implicit', key.offset);
  if (coerced === undefined) {
    throw new DbError('42804', `subscript type ${typeName(key.type.oid, binder.types)} is not supported`, { offset: key.offset, hint: 'jsonb subscript must be coercible to either integer or text.' });
  }
  return coerced;
}

function bindSubscript(level: QueryLevel, e: Subscript): BoundExpression {
  const { binder } = level;
  const arg = bindExpression(level, e.operand);
  const info = typeInfo(arg.type.oid, binder.types);
  const container = info.baseType === undefined ? info : typeInfo(info.baseType.oid, binder.types);
  if (container.storage === 'jsonb') {
    return { kind: 'call', type: types.jsonb, offset: e.offset, function: jsonbSubscript, args: [arg, ...e.subscripts.map((subscript) => bindJsonbKey(level, subscript, e.offset))], operator: undefined };
  }
  if (container.elementOid === 0) {
    throw new DbError('42804', `cannot subscript type ${typeName(arg.type.oid, binder.types)} because it does not support subscripting`, { offset: e.offset });
  }
  if (e.subscripts.length > 6) throw new DbError('54000', `number of array dimensions (${e.subscripts.length}) exceeds the maximum allowed (6)`, { offset: e.offset });
  const index = (bound: Expression | undefined): BoundExpression | undefined => {
    if (bound === undefined) return undefined;
    const value = bindExpression(level, bound);
    const coerced = coerce(binder, value, types.int4, 'assignment', value.offset);
    if (coerced === undefined) throw new DbError('42804', 'array subscript must have type integer', { offset: value.offset });
    return coerced;
  };
  const isSlice = e.subscripts.some((subscript) => subscript.isSlice);
  const indices = e.subscripts.map((subscript) => {
    // In a slice a lone index n means 1:n.
    if (isSlice && !subscript.isSlice) return { lower: constant(1, types.int4), upper: index(subscript.lower), isSlice: true };
    return { lower: index(subscript.lower), upper: index(subscript.upper), isSlice: subscript.isSlice };
  });
  return { kind: 'subscript', type: isSlice ? sqlType(container.oid) : sqlType(container.elementOid, arg.type.typmod), offset: e.offset, arg, indices };
}

function bindSqlValueFunction(level: QueryLevel, name: Extract<Expression, { kind: 'sqlValueFunction' }>['function'], precision: number | undefined, offset: number): BoundExpression {
  const { binder } = level;
  const now = (type: SqlType): BoundExpression => {
    const call = makeCall(binder, 'now', [], offset);
    return mustCoerce(binder, call, precision === undefined ? type : sqlType(type.oid, Math.min(precision, 6)), 'explicit', offset);
  };
  switch (name) {
    case 'current_timestamp':
      return now(types.timestamptz);
    case 'current_date':
      return now(types.date);
    case 'current_time':
      return now(types.timetz);
    case 'localtimestamp':
      return now(types.timestamp);
    case 'localtime':
      return now(types.time);
    case 'current_catalog':
      return makeCall(binder, 'current_database', [], offset);
    case 'current_schema':
      return makeCall(binder, 'current_schema', [], offset);
    case 'session_user':
      return makeCall(binder, 'session_user', [], offset);
    case 'current_role':
    case 'current_user':
    case 'user':
      return makeCall(binder, 'current_user', [], offset);
    default:
      return unreachable(name);
  }
}
