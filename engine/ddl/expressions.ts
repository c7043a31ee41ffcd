/**
 * Expressions of DDL: checked when they are declared, kept as text. What they name is checked by binding them once; constants that name a sequence
 * become its oid (`nextval(16390::pg_catalog.regclass)`), so that renaming the sequence changes nothing.
 */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import type { SqlType } from '../../base/types.js';
import { sqlType, typeName } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import { Runtime } from '../../executor/runtime.js';
import type { Expression } from '../../parser/ast.js';
import { mapExpression } from '../../parser/map-expression.js';
import type { Binder, DependencySink } from '../../planner/binder-context.js';
import { settledLiteral } from '../../planner/binder-literal.js';
import { newBinder } from '../../planner/binder.js';
import { rowLevel } from '../../planner/binder-table.js';
import { coerce, coerceToBoolean } from '../../planner/binder-types.js';
import { isDomainCheck, someExpression } from '../../planner/expression-tools.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { ScanColumn } from '../../planner/physical-plan.js';
import { isMutable } from '../../planner/routine-facts.js';
import type { Clause } from '../../planner/scope.js';
import type { Backend, Call } from '../backend.js';
import type { ColumnRecord, TableRecord } from '../catalog/catalog-objects.js';
import { NeutralContext } from '../eval-context.js';
import { makeRequest } from '../execute.js';
import { tieNames } from '../catalog/stored-names.js';

/** A binder over the session's catalog as it is now. */
export function ddlBinder(backend: Backend, dependencies?: DependencySink): Binder {
  return newBinder(backend.catalog(), { settings: backend.plannerSettings(), context: backend.context(Infinity), ...(dependencies === undefined ? {} : { dependencies }) });
}

/** A runtime for expressions outside plans. */
export function ddlRuntime(backend: Backend, columnCount: number): Runtime {
  const tx = backend.block.ensureTransaction();
  return new Runtime(makeRequest(backend, tx, [], backend.context(Infinity), true), columnCount, undefined);
}

/** Values of expressions without columns, of the types wanted; for EXECUTE and CALL. @throws DbError 42804 */
export function evaluateExpressions(backend: Backend, expressions: readonly Expression[], wanted: readonly SqlType[], _call: Call): Datum[] {
  const binder = ddlBinder(backend);
  const level = rowLevel(binder, undefined, '', [], 'EXECUTE parameters');
  const bound = expressions.map((e, i) => {
    const plain = binder.hooks.bindExpression(level, e);
    const typed = coerce(binder, plain, wanted[i]!, 'assignment', e.offset);
    if (typed === undefined) {
      throw new DbError('42804', `parameter $${i + 1} of type ${typeName(plain.type.oid, binder.types)} cannot be coerced to the expected type ${typeName(wanted[i]!.oid, binder.types)}`, {
        offset: e.offset, hint: 'You will need to rewrite or cast the expression.',
      });
    }
    return typed;
  });
  const runtime = ddlRuntime(backend, binder.columnCount);
  return bound.map((e) => evaluate(e, runtime));
}

/** The columns of a table as an expression over one of its rows sees them. */
function rowColumns(binder: Binder, columns: readonly ColumnRecord[]): ScanColumn[] {
  const scan: ScanColumn[] = [];
  columns.forEach((column, index) => {
    if (!column.isDropped) scan.push({ id: binder.newId(), name: column.name, type: sqlType(column.type, column.typmod), column: index });
  });
  return scan;
}

export interface BoundOverRow {
  readonly expression: BoundExpression;
  readonly row: readonly ScanColumn[];
  readonly binder: Binder;
  /** Positions of the columns it reads. */
  readonly columns: readonly number[];
}

const clauseWords: Partial<Record<Clause, string>> = {
  'check constraints': 'check constraint', 'DEFAULT expressions': 'DEFAULT expression', 'index expressions': 'index expression', 'index predicates': 'index predicate',
  'column generation expressions': 'column generation expression', 'transform expressions': 'transform expression', 'COPY FROM WHERE conditions': 'COPY FROM WHERE condition',
};
const subqueryKinds = new Set(['scalarSubquery', 'exists', 'inSubquery', 'quantifiedSubquery', 'arraySubquery']);

/** What may not stand in a clause at all. @throws DbError 0A000 */
function refuseForbidden(e: Expression, clause: Clause): void {
  const word = clauseWords[clause];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (typeof node !== 'object' || node === null) return;
    if ('kind' in node) {
      const { kind, offset } = node as Expression;
      if (subqueryKinds.has(kind) && word !== undefined) throw new DbError('0A000', `cannot use subquery in ${word}`, { offset });
      if (kind === 'columnRef' && clause === 'DEFAULT expressions') throw new DbError('0A000', 'cannot use column reference in DEFAULT expression', { offset });
    }
    Object.values(node).forEach(walk);
  };
  walk(e);
}

/** Binds an expression over the columns of a table (or none). `wanted` undefined: any type. */
export function bindOverRow(backend: Backend, table: Pick<TableRecord, 'name' | 'columns'> | undefined, e: Expression, clause: Clause, wanted: SqlType | 'boolean' | undefined, what = ''): BoundOverRow {
  const binder = ddlBinder(backend);
  const row = table === undefined ? [] : rowColumns(binder, table.columns);
  const level = rowLevel(binder, undefined, table?.name ?? '', row, clause);
  refuseForbidden(e, clause);
  const plain = binder.hooks.bindExpression(level, e);
  let expression = plain;
  if (wanted === 'boolean') expression = coerceToBoolean(binder, plain, what);
  else if (wanted !== undefined) {
    const typed = coerce(binder, plain, wanted, 'assignment', e.offset);
    if (typed === undefined) {
      throw new DbError('42804', `${what} is of type ${typeName(wanted.oid, binder.types)} but ${clause === 'column generation expressions' ? 'generation' : 'default'} expression is of type ${typeName(plain.type.oid, binder.types)}`, {
        offset: e.offset, hint: 'You will need to rewrite or cast the expression.',
      });
    }
    expression = typed;
  }
  const ids = new Map(row.map((column) => [column.id, column.column]));
  const columns = new Set<number>();
  someExpression(expression, (node) => {
    if (node.kind === 'column' && ids.has(node.id)) columns.add(ids.get(node.id)!);
    return false;
  });
  return { expression, row, binder, columns: [...columns].sort((a, b) => a - b) };
}

/** Where in its text it names a column that it reads. */
export function placeOf({ expression, row }: BoundOverRow, column: number): number {
  const id = row.find((candidate) => candidate.column === column)?.id;
  let offset = -1;
  someExpression(expression, (node) => {
    if (node.kind === 'column' && node.id === id) offset = node.offset;
    return offset >= 0;
  });
  return offset;
}

/** Whether evaluating it twice may give two results: its functions are not all immutable. What a domain checks does not count, as in PostgreSQL. */
export function leastVolatility(e: BoundExpression): 'immutable' | 'stable' | 'volatile' {
  let found: 'immutable' | 'stable' | 'volatile' = 'immutable';
  someExpression(e, (node) => {
    const volatility = node.kind === 'call' && !isDomainCheck(node) ? node.function.volatility : 'immutable';
    if (volatility === 'volatile' || (volatility === 'stable' && found === 'immutable')) found = volatility;
    return false;
  });
  return found;
}

/** @throws DbError 42P17 for what must give the same answer for ever */
export function requireImmutable(backend: Backend, e: BoundExpression, message: string): void {
  if (isMutable(e, backend.catalog().types)) throw new DbError('42P17', message);
}

/** Text of an expression for the catalog: sequences by oid, moments as they are meant now, functions and types of the user with their schemas (stored-names.ts). `bound`: what it was bound as. */
export function storedText(backend: Backend, e: Expression, bound: BoundExpression): string {
  return tieNames(backend, pinSequences(backend, pinMoments(backend, e, bound)), bound)();
}

/** 'now', or a time without its zone, would mean something else in another session. */
function pinMoments(backend: Backend, e: Expression, bound: BoundExpression): Expression {
  const { types } = backend.definitions();
  const texts = new Map<number, string>();
  someExpression(bound, (node) => {
    if (node.kind === 'cast' && node.isLiteral === true && node.arg.kind === 'constant') texts.set(node.offset, settledLiteral(node.arg.value as string, node.type, backend.context(Infinity), new NeutralContext(backend, types)));
    return false;
  });
  return texts.size === 0 ? e : mapExpression(e, (node) => (node.kind === 'string' && texts.has(node.offset) ? { ...node, value: texts.get(node.offset)! } : node));
}

const sequenceFunctions = new Set(['nextval', 'currval', 'setval']);

/** `nextval('name')` with a sequence that exists becomes a call with its oid. */
function pinSequences(backend: Backend, e: Expression): Expression {
  return mapExpression(e, (node) => {
    if (node.kind !== 'functionCall' || !sequenceFunctions.has(node.name.name) || node.args.length === 0) return node;
    const first = node.args[0]!;
    const literal = first.value.kind === 'string' ? first.value : first.value.kind === 'cast' && first.value.operand.kind === 'string' && first.value.type.names.at(-1) === 'regclass' ? first.value.operand : undefined;
    if (literal === undefined) return node;
    const oid = backend.system.relationOid(literal.value);
    const record = oid === undefined ? undefined : backend.draft.get(oid);
    if (record?.kind !== 'sequence') return node;
    return { ...node, args: [{ ...first, value: regclassLiteral(record.oid) }, ...node.args.slice(1)] };
  });
}

/** `oid::pg_catalog.regclass`. */
function regclassLiteral(oid: number): Expression {
  return {
    kind: 'cast', offset: -1, operand: { kind: 'number', text: String(oid), offset: -1 },
    type: { kind: 'typeName', names: ['pg_catalog', 'regclass'], modifiers: [], intervalFields: undefined, arrayBounds: [], isSetOf: false, isColumnType: false, offset: -1 },
  };
}

/** The default of a serial column. */
export function nextvalText(sequence: number): string {
  return `nextval(${sequence}::pg_catalog.regclass)`;
}

/** Oids of sequences pinned in stored text. */
export function pinnedSequences(text: string): number[] {
  return [...text.matchAll(/\b(\d+)::(?:pg_catalog\.)?regclass\b/g)].map((match) => Number(match[1]));
}

