/**
 * Result rows as the user sees them. A column name never enters source or a prototype lookup: properties are defined on the fresh object, so
 * that a column named `__proto__` is plain data. Of two columns with one name the later wins, as with node-postgres.
 */
import type { Datum } from '../base/datum.js';
import type { PlanColumn } from '../planner/physical-plan.js';
import type { RowShape } from './execution.js';

export type RowMaker = (values: readonly Datum[]) => unknown;

export function rowMaker(result: readonly PlanColumn[], shape: RowShape): RowMaker {
  const convert = (values: readonly Datum[]): unknown[] =>
    result.map((_, i) => {
      const value = values[i]!;
      const to = shape.convert[i];
      return value === null || to === undefined ? value : to(value);
    });
  if (shape.mode === 'array') return convert;
  const names = result.map((column) => column.name);
  return (values) => Object.fromEntries(convert(values).map((value, i) => [names[i]!, value]));
}
