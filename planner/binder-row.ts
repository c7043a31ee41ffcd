/**
 * Rows as values: whole rows of a relation, their fields, and comparisons of row constructors. `=` and `<>` become a conjunction and a
 * disjunction of comparisons of fields; the orderings compare field by field until two differ.
 *
 * Source. parse_expr.c (make_row_comparison_op), parse_func.c (ParseComplexProjection).
 */
import { DbError } from '../base/errors.js';
import { baseTypeOf, typeInfo, typeName, TypeOid, types, type SqlType } from '../base/types.js';
import type { Expression } from '../parser/ast.js';
import { makeOperator } from './binder-operator.js';
import { coerceToBoolean } from './binder-types.js';
import { rowOfRelation, startOf } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { columnOfRelation, recordReference, type QueryLevel, type ResolvedRelation } from './scope.js';

export function wholeRow(level: QueryLevel, relation: ResolvedRelation, offset: number): BoundExpression {
  const { entry } = relation;
  if (entry.isScalarFunction && entry.columns.length >= 1) {
    const column = columnOfRelation(level, relation, entry.columns[0]!.name, offset)!;
    return { kind: 'column', type: column.type, offset, id: column.id, name: column.name };
  }
  const fields = entry.columns.map((column): BoundExpression => {
    // By place: two columns of a join under one alias may have one name.
    recordReference(level, relation.level, column.id);
    return { kind: 'column', type: column.type, offset, id: column.id, name: column.name };
  });
  const { functionType } = entry;
  const rowType = functionType !== undefined ? baseTypeOf(functionType, level.binder.types) : entry.rowType === undefined ? undefined : level.binder.catalog.typeByName(entry.rowType.schema, entry.rowType.name);
  return { kind: 'row', type: rowType ?? types.record, offset, fields, names: entry.columns.map((column) => column.name) };
}

/** A row constructor, also under a cast to its type; the row of a table is a record, to which NULLs are equal. */
export function isWrittenRow(e: Expression): boolean {
  return e.kind === 'row' || (e.kind === 'cast' && isWrittenRow(e.operand));
}

export function attributesOf(level: QueryLevel, type: SqlType): readonly { readonly name: string; readonly type: SqlType }[] | undefined {
  const info = typeInfo(type.oid, level.binder.types);
  return info.baseType !== undefined ? attributesOf(level, info.baseType) : info.attributes;
}

/** A row that an outer join has none of has NULLs for its columns too. */
export function selectField(level: QueryLevel, operand: BoundExpression, name: string, offset: number): BoundExpression {
  const arg = rowOfRelation(operand) ?? operand;
  const attributes =
    arg.kind === 'row'
      ? arg.fields.map((field, i) => ({ name: arg.names?.[i] ?? `f${i + 1}`, type: field.type }))
      : (attributesOf(level, arg.type) ?? level.binder.recordShape(arg));
  if (attributes === undefined) {
    const type = typeName(arg.type.oid, level.binder.types);
    if (arg.type.oid === TypeOid.record) throw new DbError('42703', `could not identify column "${name}" in record data type`, { offset: startOf(arg) });
    throw new DbError('42809', `column notation .${name} applied to type ${type}, which is not a composite type`, { offset: startOf(arg) });
  }
  const index = attributes.findIndex((attribute) => attribute.name === name);
  if (index === -1) {
    if (arg.type.oid === TypeOid.record) throw new DbError('42703', `could not identify column "${name}" in record data type`, { offset: startOf(arg) });
    throw new DbError('42703', `column "${name}" not found in data type ${typeName(arg.type.oid, level.binder.types)}`, { offset: startOf(arg) });
  }
  // A row of a join under an alias may have two columns of one name.
  if (arg.kind === 'row' && attributes.some((attribute, i) => i > index && attribute.name === name)) throw new DbError('42702', `column reference "${name}" is ambiguous`, { offset });
  // The other fields of a written row are read when it is made, and may fail there.
  if (arg.kind === 'row' && arg.fields.every((field) => field.kind === 'column' || field.kind === 'constant')) return taken(level, arg.fields[index]!);
  const field: BoundExpression = { kind: 'field', type: attributes[index]!.type, offset, arg, index };
  level.binder.record?.fields.set(field, name);
  return field;
}

/** A field taken out of a row. A row as a whole is its relation's; who takes a column out of it reads that column. */
function taken(level: QueryLevel, field: BoundExpression): BoundExpression {
  if (field.kind === 'column') level.binder.useColumn(field.id);
  return field;
}

/** Fields of `(row).*` as separate expressions with their names, for select lists and row constructors. */
export function expandRow(level: QueryLevel, operand: BoundExpression, offset: number): { name: string; expression: BoundExpression }[] {
  const arg = rowOfRelation(operand) ?? operand;
  if (arg.kind === 'row') return arg.fields.map((expression, i) => ({ name: arg.names?.[i] ?? `f${i + 1}`, expression: taken(level, expression) }));
  const attributes = attributesOf(level, arg.type) ?? level.binder.recordShape(arg);
  if (attributes === undefined) {
    if (arg.type.oid === TypeOid.record) throw new DbError('42809', 'record type has not been registered', { offset });
    throw new DbError('42809', `type ${typeName(arg.type.oid, level.binder.types)} is not composite`, { offset });
  }
  return attributes.map(({ name, type }, index) => {
    const expression: BoundExpression = { kind: 'field', type, offset, arg, index };
    level.binder.record?.fields.set(expression, name);
    return { name, expression };
  });
}

export function compareRows(level: QueryLevel, operator: string, left: readonly BoundExpression[], right: readonly BoundExpression[], offset: number): BoundExpression {
  if (left.length !== right.length) throw new DbError('42601', 'unequal number of entries in row expressions', { offset });
  if (left.length === 0) throw new DbError('0A000', 'cannot compare rows of zero length', { offset });
  const { binder } = level;
  if (operator === '=' || operator === '<>') {
    const args = left.map((field, i) => coerceToBoolean(binder, makeOperator(binder, undefined, operator, field, right[i]!, offset), operator));
    if (args.length === 1) return args[0]!;
    return { kind: operator === '=' ? 'and' : 'or', type: types.bool, offset, args };
  }
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    const calls = left.map((field, i) => {
      const call = makeOperator(binder, undefined, operator, field, right[i]!, offset);
      if (call.type.oid !== TypeOid.bool) throw new DbError('42804', `row comparison operator must yield type boolean, not type ${typeName(call.type.oid, binder.types)}`, { offset });
      return call;
    });
    if (calls.length === 1) return calls[0]!;
    throw new DbError('0A000', `could not determine interpretation of row comparison operator ${operator}`, {
      offset,
      hint: 'Row comparison operators must be associated with btree operator families.',
    });
  }
  if (left.length === 1) return makeOperator(binder, undefined, operator, left[0]!, right[0]!, offset);
  const lefts: BoundExpression[] = [];
  const rights: BoundExpression[] = [];
  const lessThan = [];
  const equals = [];
  for (let i = 0; i < left.length; i++) {
    const less = makeOperator(binder, undefined, '<', left[i]!, right[i]!, offset);
    const equal = less.kind === 'call' ? makeOperator(binder, undefined, '=', less.args[0]!, less.args[1]!, offset) : less;
    if (less.kind !== 'call' || equal.kind !== 'call') throw new DbError('0A000', `could not determine interpretation of row comparison operator ${operator}`, { offset });
    lefts.push(less.args[0]!);
    rights.push(less.args[1]!);
    lessThan.push(less.function);
    equals.push(equal.function);
  }
  return { kind: 'rowCompare', type: types.bool, offset, left: lefts, right: rights, operator, lessThan, equals };
}
