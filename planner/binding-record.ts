/**
 * What binding learnt about the parts of a query, by the node of its text: kept for a printer of definitions (view-text.ts), which walks the text and asks
 * what its names mean. Expressions are as they were before grouping lifted them, over the columns of FROM.
 */
import type { Expression, FunctionRef, Select, TableReference, Values } from '../parser/ast.js';
import type { SelectItem } from './binder-sort.js';
import type { BoundExpression } from './expression.js';
import type { FunctionScanCall } from './physical-plan.js';
import type { PendingSetCall, PendingWindowCall, QueryLevel, RangeEntry } from './scope.js';

export interface SelectRecord {
  readonly select: Select;
  readonly level: QueryLevel;
  readonly items: readonly SelectItem[];
  readonly windowCalls: readonly PendingWindowCall[];
  readonly setCalls: readonly PendingSetCall[];
}

export class BindingRecord {
  readonly expressions = new Map<Expression, BoundExpression>();
  /** What stands twice in what it became, as the operand of BETWEEN, is bound twice: the first time. */
  readonly earlier: (readonly [Expression, BoundExpression])[] = [];
  setExpression(e: Expression, bound: BoundExpression): void {
    const before = this.expressions.get(e);
    if (before !== undefined) this.earlier.push([e, before]);
    this.expressions.set(e, bound);
  }
  /** Entries of ORDER BY, GROUP BY and DISTINCT ON: their position among the select's items. */
  readonly items = new Map<Expression, number>();
  readonly selects = new Map<Select, SelectRecord>();
  /** Selects that stand for others of the text, with targets at their end that the text does not have (binder-search.ts). */
  readonly rewritten = new Map<Select, { readonly select: Select; readonly added: number }>();
  setSelect(record: SelectRecord): void {
    const written = this.rewritten.get(record.select);
    if (written === undefined) this.selects.set(record.select, record);
    else this.selects.set(written.select, { ...record, select: written.select, items: record.items.filter((item) => !item.isJunk).slice(0, -written.added) });
  }
  readonly values = new Map<Values, readonly (readonly BoundExpression[])[]>();
  /** The entry that an item of FROM adds to the scope; for a join, the one of its alias. */
  readonly entries = new Map<TableReference, RangeEntry>();
  /** Functions in FROM that return sets; of others the expression is known. */
  readonly tableFunctions = new Map<FunctionRef, readonly (Pick<FunctionScanCall, 'function' | 'args'> | undefined)[]>();
  /** Fields of values of type record, where the query tells their names. */
  readonly fields = new Map<BoundExpression, string>();
  /** Literals that took their type from the other side of a set operation. */
  readonly typed = new Map<BoundExpression, BoundExpression>();
}
