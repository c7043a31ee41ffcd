/**
 * Physical plans: how to compute. A tree of operators over column ids (expression.ts). Each operator says which columns it produces in
 * `output`; a parent may read only those of its children (and, inside a correlated subplan or the right side of a nested loop, the
 * outer columns). Estimates are for EXPLAIN and for sizing, never for correctness.
 *
 * P1  Every ColumnId is produced by exactly one operator of the statement.
 * P2  Only ModifyTable and LockRows may wait for other transactions, and they stand at the top of the plan (or of a data-modifying CTE). A LockRows
 *     that reads an outer row stands inside a subplan or on the right of a lateral nested loop; the executor starts over after its waits.
 * P3  A scan under ModifyTable/LockRows produces the row key (`rowKey`) from which the row is found again after a wait.
 */
import type { Oid } from '../base/ids.js';
import type { SqlType } from '../base/types.js';
import type { FunctionDef } from '../functions/registry.js';
import type { IndexDef, TableDef } from './catalog.js';
import type { AggregateCall, BoundExpression, ColumnId, SortKey, WindowCall } from './expression.js';

export interface PlanColumn {
  readonly id: ColumnId;
  readonly name: string;
  readonly type: SqlType;
}

export interface Estimate {
  readonly rows: number;
  readonly startupCost: number;
  readonly totalCost: number;
  readonly widthBytes: number;
}

interface Node {
  readonly output: readonly PlanColumn[];
  readonly estimate: Estimate;
}

/** Where a scan reads one stored column: position `column` of the table's row. */
export interface ScanColumn extends PlanColumn {
  readonly column: number;
}

/**
 * One contiguous piece of an index: equality on a prefix of its columns, then at most one range on the next one. Values are expressions over
 * parameters and outer columns only, already of the index column's type. A NULL among them (except with `isNullTest`) selects nothing.
 */
export interface IndexRange {
  readonly equal: readonly { readonly value: BoundExpression; readonly isNullTest: boolean }[];
  readonly low: { readonly value: BoundExpression; readonly inclusive: boolean } | undefined;
  readonly high: { readonly value: BoundExpression; readonly inclusive: boolean } | undefined;
  /** The range on the next column also excludes or demands NULLs: 'not null' for comparisons, 'any' when there is no bound. */
  readonly nulls: 'not null' | 'any';
  /** Instead of one value: equality on column `equal.length` with each element of this array (IN lists, = ANY). */
  readonly anyOf: BoundExpression | undefined;
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';

export type PhysicalPlan =
  | (Node & { readonly kind: 'result'; readonly condition: BoundExpression | undefined })
  | (Node & {
      readonly kind: 'seqScan';
      readonly table: TableDef;
      readonly alias: string;
      readonly columns: readonly ScanColumn[];
      readonly filter: BoundExpression | undefined;
      readonly reverse: boolean;
      /** Produces the row key as a latin1 string under this id, for DML, row locks and WHERE CURRENT OF. */
      readonly rowKey: ColumnId | undefined;
      readonly sample: { readonly method: 'bernoulli' | 'system'; readonly percent: BoundExpression; readonly seed: BoundExpression | undefined } | undefined;
    })
  | (Node & {
      readonly kind: 'indexScan';
      readonly table: TableDef;
      readonly alias: string;
      readonly index: IndexDef;
      /** Disjoint and in index order; more than one for IN lists and OR. */
      readonly ranges: readonly IndexRange[];
      readonly reverse: boolean;
      readonly columns: readonly ScanColumn[];
      /** All of `columns` come from the index entry; the row is not fetched. */
      readonly indexOnly: boolean;
      readonly filter: BoundExpression | undefined;
      readonly rowKey: ColumnId | undefined;
      /** The whole key of a unique index by equality: at most one row. */
      readonly isPoint: boolean;
      /** The index's keys over `columns` where some are expressions; for EXPLAIN only. */
      readonly keys?: readonly BoundExpression[] | undefined;
    })
  | (Node & { readonly kind: 'virtualScan'; readonly table: TableDef; readonly alias: string; readonly columns: readonly ScanColumn[]; readonly filter: BoundExpression | undefined })
  | (Node & { readonly kind: 'values'; readonly rows: readonly (readonly BoundExpression[])[] })
  /** Set-returning functions in FROM, side by side (ROWS FROM), padded with NULLs. */
  | (Node & { readonly kind: 'functionScan'; readonly alias: string; readonly calls: readonly FunctionScanCall[]; readonly ordinality: ColumnId | undefined; readonly filter: BoundExpression | undefined })
  | (Node & { readonly kind: 'cteScan'; readonly cte: number; readonly name: string; readonly columns: readonly { readonly id: ColumnId; readonly position: number }[]; readonly filter: BoundExpression | undefined })
  | (Node & { readonly kind: 'workTableScan'; readonly cte: number; readonly name: string; readonly columns: readonly { readonly id: ColumnId; readonly position: number }[]; readonly filter: BoundExpression | undefined })
  /** `isGate`: the condition reads no row of the input, and is tested before the input is opened. */
  | (Node & { readonly kind: 'filter'; readonly input: PhysicalPlan; readonly condition: BoundExpression; readonly isGate?: true })
  /** Adds computed columns; passes through the input columns that are in `output`. */
  | (Node & { readonly kind: 'project'; readonly input: PhysicalPlan; readonly computed: readonly { readonly id: ColumnId; readonly expression: BoundExpression }[] })
  /** Set-returning functions in the select list, in lockstep. */
  | (Node & { readonly kind: 'projectSet'; readonly input: PhysicalPlan; readonly calls: readonly { readonly id: ColumnId; readonly function: FunctionDef; readonly args: readonly BoundExpression[] }[] })
  /** The right side may read columns of the left (index nested loop, LATERAL) when `isLateral`; otherwise it is materialized when worthwhile. */
  | (Node & { readonly kind: 'nestedLoop'; readonly join: JoinType; readonly left: PhysicalPlan; readonly right: PhysicalPlan; readonly condition: BoundExpression | undefined; readonly isLateral: boolean })
  /** Builds on the right, probes with the left. `nullAware` anti joins serve NOT IN. */
  | (Node & { readonly kind: 'hashJoin'; readonly join: JoinType; readonly left: PhysicalPlan; readonly right: PhysicalPlan; readonly leftKeys: readonly BoundExpression[]; readonly rightKeys: readonly BoundExpression[]; readonly residual: BoundExpression | undefined; readonly nullAware: boolean })
  /** Both inputs are sorted by their keys. */
  | (Node & { readonly kind: 'mergeJoin'; readonly join: JoinType; readonly left: PhysicalPlan; readonly right: PhysicalPlan; readonly leftKeys: readonly SortKey[]; readonly rightKeys: readonly SortKey[]; readonly residual: BoundExpression | undefined })
  /** `presorted`: that many leading keys are already in order (incremental sort). `limit`: top-N when bounded. */
  | (Node & { readonly kind: 'sort'; readonly input: PhysicalPlan; readonly keys: readonly SortKey[]; readonly presorted: number; readonly limit: BoundExpression | undefined; readonly limitOffset: BoundExpression | undefined })
  | (Node & { readonly kind: 'limit'; readonly input: PhysicalPlan; readonly limit: BoundExpression | undefined; readonly offset: BoundExpression | undefined; readonly withTies: readonly SortKey[] | undefined })
  /** DISTINCT by hashing, or by comparing neighbours when the input is sorted; `on` for DISTINCT ON (sorted only). */
  | (Node & { readonly kind: 'distinct'; readonly input: PhysicalPlan; readonly on: readonly BoundExpression[]; readonly strategy: 'hash' | 'sorted' })
  /** `groupingSets` undefined means one set of all `groupBy`. 'sorted' needs input ordered by the grouping columns. 'plain': no GROUP BY, one row. */
  | (Node & {
      readonly kind: 'aggregate';
      readonly input: PhysicalPlan;
      readonly groupBy: readonly { readonly id: ColumnId; readonly expression: BoundExpression }[];
      readonly groupingSets: readonly (readonly number[])[] | undefined;
      /** GROUPING(...) results: id and the positions in `groupBy` it asks about. */
      readonly groupingCalls: readonly { readonly id: ColumnId; readonly positions: readonly number[] }[];
      readonly calls: readonly AggregateCall[];
      readonly strategy: 'plain' | 'hash' | 'sorted';
      /** Results of `groupBy` that the other ones determine: rows that agree in those are of one group. */
      readonly determined: ReadonlySet<ColumnId>;
    })
  /** Input sorted by partition then order. All calls share both; frames may differ. */
  | (Node & { readonly kind: 'window'; readonly input: PhysicalPlan; readonly partitionBy: readonly BoundExpression[]; readonly orderBy: readonly SortKey[]; readonly calls: readonly WindowCall[] })
  /** Column i of each input becomes output column i. */
  | (Node & { readonly kind: 'append'; readonly inputs: readonly PhysicalPlan[]; readonly inputColumns: readonly (readonly ColumnId[])[] })
  | (Node & { readonly kind: 'setOperation'; readonly operation: 'intersect' | 'except'; readonly all: boolean; readonly left: PhysicalPlan; readonly right: PhysicalPlan; readonly leftColumns: readonly ColumnId[]; readonly rightColumns: readonly ColumnId[] })
  /** WITH RECURSIVE: `term` reads the work table `cte`. */
  | (Node & { readonly kind: 'recursiveUnion'; readonly cte: number; readonly all: boolean; readonly seed: PhysicalPlan; readonly term: PhysicalPlan; readonly seedColumns: readonly ColumnId[]; readonly termColumns: readonly ColumnId[] })
  | (Node & { readonly kind: 'materialize'; readonly input: PhysicalPlan })
  | (Node & { readonly kind: 'lockRows'; readonly input: PhysicalPlan; readonly targets: readonly LockTarget[] })
  | (Node & ModifyTable);

export interface FunctionScanCall {
  readonly function: FunctionDef;
  readonly args: readonly BoundExpression[];
  readonly columns: readonly PlanColumn[];
}

export interface LockTarget {
  readonly table: TableDef;
  readonly alias: string;
  readonly strength: 'key share' | 'share' | 'no key update' | 'update';
  readonly wait: 'wait' | 'nowait' | 'skip locked';
  readonly rowKey: ColumnId;
  /** As written its table stands on the nullable side of an outer join (rules/refuse-nullable-locks.ts). */
  readonly isNullable: boolean;
  readonly recheck: Recheck;
}

/**
 * What READ COMMITTED needs when a locked row turns out to have changed: `columns` are re-read from the newest row, all other columns keep the
 * values first joined, `condition` (the whole WHERE and join condition) is evaluated again, then `computed` columns above it.
 */
export interface Recheck {
  readonly columns: readonly ScanColumn[];
  readonly condition: BoundExpression | undefined;
  /** Expressions computed between scan and this operator, in dependency order. */
  readonly computed: readonly { readonly id: ColumnId; readonly expression: BoundExpression }[];
}

export interface ModifyTable {
  readonly kind: 'modify';
  readonly operation: 'insert' | 'update' | 'delete' | 'merge';
  readonly table: TableDef;
  readonly alias: string;
  readonly input: PhysicalPlan;
  /** insert: for every table column (by position) the input column or expression that gives its value, defaults and generated ones included. */
  readonly insertValues: readonly BoundExpression[] | undefined;
  /** update/delete: the row's key, and columns of the old row that are read. */
  readonly rowKey: ColumnId | undefined;
  /** update: assignments by column position, in the order given, with generated columns after what they depend on. */
  readonly assignments: readonly { readonly column: number; readonly value: BoundExpression }[];
  readonly recheck: Recheck | undefined;
  readonly onConflict: OnConflict | undefined;
  readonly mergeActions: readonly MergeAction[];
  /** CHECK constraints (with view check options) and generated columns over the new row, whose columns have the ids of `newRow`. */
  readonly newRow: readonly ScanColumn[];
  readonly checks: readonly { readonly name: string; readonly expression: BoundExpression; readonly isViewOption: boolean }[];
  /** Generated columns over `newRow`, computed before the checks. */
  readonly generated: readonly { readonly column: number; readonly value: BoundExpression }[];
  /** Key expressions of expression indexes and predicates of partial ones, over `newRow`, by index oid. */
  readonly indexExpressions: ReadonlyMap<Oid, IndexExpressions>;
  /** RETURNING over `newRow` (delete: the old row) and input columns; empty output means none. */
  readonly returning: readonly { readonly id: ColumnId; readonly expression: BoundExpression }[] | undefined;
  /** Is told the key of each returned row, where RETURNING of INSERT and UPDATE names its ctid. */
  readonly returnedKey: ColumnId | undefined;
}

export interface IndexExpressions {
  /** One per index column; plain columns are column expressions too. */
  readonly keys: readonly BoundExpression[];
  readonly predicate: BoundExpression | undefined;
}

export interface OnConflict {
  /** Arbiter indexes; empty means any unique index (DO NOTHING only). */
  readonly arbiters: readonly Oid[];
  readonly action: 'nothing' | 'update';
  /** Is told of each returned row: the transaction's number when it was updated, 0 when it was inserted. */
  readonly updated: ColumnId | undefined;
  /** The existing row's columns (bound under the table's name) and the proposed ones (EXCLUDED). */
  readonly existing: readonly ScanColumn[];
  readonly excluded: readonly ScanColumn[];
  readonly assignments: readonly { readonly column: number; readonly value: BoundExpression }[];
  readonly where: BoundExpression | undefined;
}

export interface MergeAction {
  readonly matched: boolean;
  readonly condition: BoundExpression | undefined;
  readonly action: 'insert' | 'update' | 'delete' | 'nothing';
  readonly insertValues: readonly BoundExpression[] | undefined;
  readonly assignments: readonly { readonly column: number; readonly value: BoundExpression }[];
}

/** A statement ready to run: CTEs in dependency order (each run at most once, data-modifying ones always), then the main plan. */
export interface PlannedStatement {
  readonly ctes: readonly PlannedCte[];
  readonly plan: PhysicalPlan;
  /** What the user sees, in order: the plan's columns by id, with labels. Empty for DML without RETURNING. */
  readonly result: readonly PlanColumn[];
  /** A cursor's: the tables whose row keys are the last columns of `result`. */
  readonly rowKeySources: readonly { readonly table: TableDef; readonly isLocked: boolean }[];
  readonly parameterTypes: readonly SqlType[];
  /** Catalog version it was planned under, and relations it reads or writes (for table locks and invalidation). */
  readonly catalogVersion: number;
  readonly relations: readonly { readonly table: TableDef; readonly access: 'read' | 'lock rows' | 'write' }[];
  readonly columnCount: number;
  /** No volatile function and no data change: may run in a READ ONLY transaction. */
  readonly isReadOnly: boolean;
}

export interface PlannedCte {
  readonly number: number;
  readonly name: string;
  readonly plan: PhysicalPlan;
  readonly columns: readonly ColumnId[];
  readonly isModifying: boolean;
  /** Changes data or takes row locks: it runs, to its end, before the main plan starts. */
  readonly mayWait: boolean;
}
