/**
 * The row of RETURNING by generated code, for a statement that changes one row without an execution (direct-modify.ts): from the row as it is stored, or from the datums of one that is inserted.
 *
 * What it computes is what evaluating RETURNING over the registers gives, which modify.ts does; tests compare the two.
 */
import type { Datum } from '../../base/datum.js';
import { rowHelpers } from '../../base/rowcode.js';
import type { TypeRegistry } from '../../base/types.js';
import type { RowRef } from '../../mvcc/types.js';
import type { PlanColumn } from '../../planner/physical-plan.js';
import { canGenerate } from '../codegen.js';
import type { RowShape } from '../execution.js';
import type { ModifyPlan } from '../modify.js';
import type { RowMaker } from '../row-shape.js';
import type { Runtime } from '../runtime.js';
import { ExpressionWriter } from './expressions.js';
import { helpers, isPlainSource, rowSource, writePrelude } from './generated-plans.js';
import { Code, Module } from './module.js';
import { bindStored } from './scans.js';
import { Writer } from './scope.js';

/** Values of the result, of a row as `Given` has it. */
export type ReturningCode<Given> = (x: Runtime, given: Given) => readonly Datum[];

const stored = { u8: 'u8', dv: 'dv', offset: 'row' };

/** Of a row that is stored: after an UPDATE, before a DELETE. Undefined where it takes more than the row and the parameters. */
export function compileStoredReturning(plan: ModifyPlan, result: readonly PlanColumn[], types: TypeRegistry): ReturningCode<Pick<RowRef, 'u8' | 'dv' | 'offset'>> | undefined {
  return compile(plan, result, types, (w) => {
    w.line('const u8 = given.u8, dv = given.dv, row = given.offset;');
    bindStored(w, plan.table, plan.table.layout, plan.newRow, stored);
  });
}
/** Of a row by column. */
export function compileDatumsReturning(plan: ModifyPlan, result: readonly PlanColumn[], types: TypeRegistry): ReturningCode<readonly Datum[]> | undefined {
  return compile(plan, result, types, (w) => {
    for (const { id, column } of plan.newRow) w.scope.bind(id, { kind: 'pending', code: `given[${column}]`, nullable: !plan.table.columns[column]!.notNull, stored: undefined });
  });
}

function compile<Given>({ newRow, returning, returnedKey }: ModifyPlan, result: readonly PlanColumn[], types: TypeRegistry, bind: (w: Writer) => void): ReturningCode<Given> | undefined {
  if (returning === undefined || returnedKey !== undefined || !canGenerate()) return undefined;
  const module = new Module();
  const w = new Writer(module, new Code(1), new Code(1));
  const e = new ExpressionWriter(w, types);
  bind(w);
  w.ownColumns = new Set(newRow.map(({ id }) => id));
  for (const { id, expression } of returning) {
    const { code, nullable } = e.value(expression);
    w.define(id, code, nullable);
  }
  w.line(`return [${result.map(({ id }) => w.use(id).code).join(', ')}];`);
  return isPlainSource(w) ? (module.finish({ ...helpers, R: rowHelpers }, `return function (x, given) {\n${writePrelude(w)}\n};`).value as ReturningCode<Given>) : undefined;
}

/** `rowMaker` by generated code. */
export function compileRowMaker(result: readonly PlanColumn[], shape: RowShape): RowMaker {
  const module = new Module();
  const values = result.map((_, i) => ({ code: `v[${i}]`, nullable: true }));
  return module.finish({}, `return function (v) {\n  return ${rowSource(module, values, { shape, names: result.map(({ name }) => name) })};\n};`).value as RowMaker;
}
