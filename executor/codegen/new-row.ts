/**
 * The row of an INSERT made by generated code: its values computed from the parameters, generated columns from these, and what must hold of it looked at. What it makes is what evaluating
 * `insertValues`, `TableWriter.completeRow` and `checkRow` one after the other make; tests compare the two.
 */
import type { Datum } from '../../base/datum.js';
import type { TypeRegistry } from '../../base/types.js';
import { canGenerate } from '../codegen.js';
import type { ModifyPlan } from '../modify.js';
import type { Runtime } from '../runtime.js';
import { ExpressionWriter, type Source } from './expressions.js';
import { helpers, writePrelude } from './generated-plans.js';
import { Code, Module } from './module.js';
import { Writer } from './scope.js';

/** Fills `row` under the parameters of `x`; false: `checkRow` will have something to say against it. @throws DbError of an expression */
export type RowMaking = (x: Runtime, row: Datum[]) => boolean;

/** For expressions that keep to V1 of direct-insert.ts. */
export function compileNewRow({ table, insertValues, generated, newRow, checks }: ModifyPlan, types: TypeRegistry): RowMaking | undefined {
  if (!canGenerate()) return undefined;
  const w = new Writer(new Module(), new Code(1), new Code(1));
  const e = new ExpressionWriter(w, types);
  w.ownColumns = new Set(newRow.map(({ id }) => id));
  const nullable: boolean[] = [];
  const assign = (column: number, { code, nullable: mayBeNull }: Source): void => {
    w.line(`v${column} = ${code};`);
    nullable[column] = mayBeNull;
    for (const { id, column: of } of newRow) if (of === column) w.scope.bind(id, { kind: 'value', code: `v${column}`, nullable: mayBeNull, stored: undefined });
  };
  insertValues!.forEach((value, i) => {
    w.line(`let v${i};`);
    assign(i, e.value(value));
  });
  for (const { column, value } of generated) assign(column, e.value(value));
  insertValues!.forEach((_value, i) => w.line(`row[${i}] = v${i};`));
  for (const { index, notNull, isDropped } of table.columns) if (notNull && !isDropped && nullable[index]!) w.line(`if (v${index} === null) return false;`);
  for (const { expression } of checks) w.line(`if (${e.value(expression).code} === false) return false;`);
  w.line('return true;');
  return w.module.finish(helpers, `return function (x, row) {\n${writePrelude(w)}\n};`).value as RowMaking;
}
