/**
 * Windows: OVER (...) and the WINDOW clause. A definition is bound once, when a call first uses it, over the columns of the select's input;
 * binder-select.ts groups the calls of one select by what they partition and order by.
 *
 * Source. parse_clause.c (transformWindowDefinitions, transformFrameOffset).
 */
import { DbError } from '../base/errors.js';
import { baseTypeOf, typeName, types } from '../base/types.js';
import { inRangeOf } from '../functions/in-range.js';
import type { Expression, WindowFrame as AstFrame, WindowSpec } from '../parser/ast.js';
import { findOperator } from './binder-operator.js';
import { bindSortKey } from './binder-sort.js';
import { asText, coerce, coerceToSpecific, isUnknown, mustCoerce } from './binder-types.js';
import type { BoundExpression, FrameBound, SortKey, WindowFrame } from './expression.js';
import type { BoundWindow, Clause, QueryLevel } from './scope.js';

export const defaultFrame: WindowFrame = {
  mode: 'range',
  start: { kind: 'unbounded preceding', value: undefined },
  end: { kind: 'current row', value: undefined },
  exclude: 'no others',
  inRange: undefined,
};

/** Binds the named definitions of a select, in order, so that an unused one is checked too. */
export function bindNamedWindows(level: QueryLevel): void {
  if (level.windowError !== undefined) throw level.windowError;
  level.namedWindows.forEach(({ name, spec }, i) => {
    if (level.namedWindows.findIndex((other) => other.name === name) < i) throw new DbError('42P20', `window "${name}" is already defined`, { offset: spec.offset });
    namedWindow(level, name);
  });
}

/** A named definition; it, and those before it, are bound when a call asks first. */
function namedWindow(level: QueryLevel, name: string): BoundWindow | undefined {
  const last = level.namedWindows.findIndex((window) => window.name === name);
  while (level.windows.size <= last) {
    const next = level.namedWindows.find((window) => !level.windows.has(window.name));
    if (next === undefined) break;
    level.windows.set(next.name, { ...bindDefinition(level, next.spec, true), name: next.name });
  }
  return level.windows.get(name);
}

/** The window of a call. What is wrong with its definition is told when the other clauses have been bound, as in PostgreSQL. */
export function bindWindowSpec(level: QueryLevel, spec: WindowSpec): BoundWindow {
  if (spec.reference !== undefined && !level.namedWindows.some(({ name }) => name === spec.reference)) throw new DbError('42704', `window "${spec.reference}" does not exist`, { offset: spec.offset });
  try {
    return spec.reference === undefined ? bindDefinition(level, spec, false) : namedWindow(level, spec.reference)!;
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    level.windowError ??= error;
    return { name: undefined, partitionBy: [], orderBy: [], frame: undefined, offset: spec.offset };
  }
}

/** `isNamed`: one of the WINDOW clause, which may build on those before it alone. */
function bindDefinition(level: QueryLevel, spec: WindowSpec, isNamed: boolean): BoundWindow {
  let base: BoundWindow | undefined;
  if (spec.base !== undefined) {
    base = isNamed ? level.windows.get(spec.base) : namedWindow(level, spec.base);
    if (base === undefined) throw new DbError('42704', `window "${spec.base}" does not exist`, { offset: spec.offset });
    if (spec.partitionBy.length > 0) throw new DbError('42P20', `cannot override PARTITION BY clause of window "${spec.base}"`, { offset: spec.offset });
    if (spec.orderBy.length > 0 && base.orderBy.length > 0) throw new DbError('42P20', `cannot override ORDER BY clause of window "${spec.base}"`, { offset: spec.offset });
    if (base.frame !== undefined) {
      throw new DbError('42P20', `cannot copy window "${spec.base}" because it has a frame clause`, {
        offset: spec.offset,
        hint: spec.orderBy.length === 0 && spec.frame === undefined ? 'Omit the parentheses in this OVER clause.' : undefined,
      });
    }
  }
  const partitionBy = base?.partitionBy ?? withClause(level, 'window PARTITION BY', () => spec.partitionBy.map((e) => asText(level.binder, level.binder.hooks.bindExpression(level, e))));
  for (const e of partitionBy) requireOrdering(level, e);
  const orderBy = spec.orderBy.length === 0 ? (base?.orderBy ?? []) : withClause(level, 'window ORDER BY', () => spec.orderBy.map((item) => bindSortKey(level, item, asText(level.binder, level.binder.hooks.bindExpression(level, item.expression)))));
  const frame = spec.frame === undefined ? undefined : bindFrame(level, spec.frame, orderBy, spec.offset);
  return { name: undefined, partitionBy, orderBy, frame, offset: spec.offset };
}

function withClause<T>(level: QueryLevel, clause: Clause, f: () => T): T {
  const before = level.clause;
  level.clause = clause;
  try {
    return f();
  } finally {
    level.clause = before;
  }
}

function requireOrdering(level: QueryLevel, e: BoundExpression): void {
  if (findOperator(level.binder, '=', e.type, e.type) === undefined) {
    throw new DbError('42883', `could not identify an equality operator for type ${typeName(e.type.oid, level.binder.types)}`, { offset: e.offset });
  }
}

function bindFrame(level: QueryLevel, frame: AstFrame, orderBy: readonly SortKey[], windowOffset: number): WindowFrame {
  const { start, end } = frame;
  const refuse = (message: string, offset: number): never => {
    throw new DbError('42P20', message, { offset });
  };
  if (start.type === 'unbounded following') refuse('frame start cannot be UNBOUNDED FOLLOWING', start.offset);
  if (end.type === 'unbounded preceding') refuse('frame end cannot be UNBOUNDED PRECEDING', end.offset);
  if (start.type === 'current row' && end.type === 'preceding') refuse('frame starting from current row cannot have preceding rows', end.offset);
  if (start.type === 'following' && end.type === 'preceding') refuse('frame starting from following row cannot have preceding rows', end.offset);
  if (start.type === 'following' && end.type === 'current row') refuse('frame starting from following row cannot end with current row', end.offset);
  const hasOffset = start.distance !== undefined || end.distance !== undefined;
  if (frame.mode === 'groups' && orderBy.length === 0) refuse('GROUPS mode requires an ORDER BY clause', windowOffset);
  if (frame.mode !== 'range' || !hasOffset) {
    const clause: Clause = frame.mode === 'rows' ? 'window ROWS' : 'window GROUPS';
    const bound = (b: AstFrame['start']): FrameBound => ({
      kind: b.type,
      value: b.distance === undefined ? undefined : coerceToSpecific(level.binder, bindDistance(level, b.distance, clause), types.int8, frame.mode.toUpperCase()),
    });
    return { mode: frame.mode, start: bound(start), end: bound(end), exclude: frame.exclude, inRange: undefined };
  }
  if (orderBy.length !== 1) refuse('RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column', windowOffset);
  const sortType = orderBy[0]!.expression.type;
  const inRange = inRangeOf(baseTypeOf(sortType, level.binder.types).oid);
  const bind = (b: AstFrame['start']): BoundExpression | undefined => {
    if (b.distance === undefined) return undefined;
    const value = bindDistance(level, b.distance, 'window RANGE');
    if (inRange === undefined) {
      throw new DbError('0A000', `RANGE with offset PRECEDING/FOLLOWING is not supported for column type ${typeName(sortType.oid, level.binder.types)}`, { offset: b.offset });
    }
    if (inRange.offsets.includes(value.type.oid)) return value;
    const offsetType = { oid: inRange.offsets[0]!, typmod: -1 };
    const coerced = isUnknown(value) ? mustCoerce(level.binder, value, offsetType, 'implicit', b.offset) : coerce(level.binder, value, offsetType, 'implicit', b.offset);
    if (coerced === undefined) {
      throw new DbError('0A000', `RANGE with offset PRECEDING/FOLLOWING is not supported for column type ${typeName(sortType.oid, level.binder.types)} and offset type ${typeName(value.type.oid, level.binder.types)}`, {
        offset: b.offset,
        hint: 'Cast the offset value to an appropriate type.',
      });
    }
    return coerced;
  };
  return { mode: 'range', start: { kind: start.type, value: bind(start) }, end: { kind: end.type, value: bind(end) }, exclude: frame.exclude, inRange };
}

function bindDistance(level: QueryLevel, e: Expression, clause: Clause): BoundExpression {
  const value = withClause(level, clause, () => level.binder.hooks.bindExpression(level, e));
  // Columns of the select itself would make the frame vary by row.
  level.checkVariableFree(value, clause);
  return value;
}
