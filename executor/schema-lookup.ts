/**
 * Tables by oid, for foreign keys: the plan of a statement names its own table, but the other side of a foreign key and the far end
 * of a cascade are found while it runs. Expressions of those tables (defaults for SET DEFAULT, index expressions, checks) come bound.
 */
import type { Oid } from '../base/ids.js';
import type { TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import type { IndexExpressions, ScanColumn } from '../planner/physical-plan.js';

/** What is needed to write a row of a table outside a planned ModifyTable. Bound once per catalog version, by the engine through the planner. */
export interface TableWriteInfo {
  readonly table: TableDef;
  readonly newRow: readonly ScanColumn[];
  readonly checks: readonly { readonly name: string; readonly expression: BoundExpression; readonly isViewOption: boolean }[];
  readonly generated: readonly { readonly column: number; readonly value: BoundExpression }[];
  readonly indexExpressions: ReadonlyMap<Oid, IndexExpressions>;
  /** Default of each column by position, undefined for NULL. */
  readonly defaults: readonly (BoundExpression | undefined)[];
  /** Exclusive upper bound of the column ids used above. */
  readonly columnCount: number;
}

export interface SchemaLookup {
  /** @throws InternalError when there is no such table: a foreign key cannot outlive its tables */
  writeInfo(table: Oid): TableWriteInfo;
  /** Undefined where it has been dropped. */
  findTable(table: Oid): TableDef | undefined;
}
