/**
 * Computes what is known before the statement runs (fold.ts), constants that derived tables select included. A condition that cannot be true makes its plan empty;
 * one that is true goes.
 *
 * An error met on the way is the statement's error, wherever it stands, but for what PostgreSQL drops before it folds: columns that no one reads of a derived
 * table or a CTE, and target lists of EXISTS; and for what it prepares only when a row comes: checks, generated columns, keys of indexes. So an expression
 * that fails is left as it is, and when the whole statement has been folded the expressions that are read are searched for it.
 */
import type { DbError } from '../../base/errors.js';
import { columnsOf, forEachChild, isNeverTrue, logicalPlanOf, mapPlanExpressions, substitute, substituteInPlan, type Subquery } from '../expression-tools.js';
import type { BoundExpression, ColumnId } from '../expression.js';
import { Folder } from '../fold.js';
import { planInputs, withInputs, type LogicalModify, type LogicalPlan, type LogicalStatement } from '../logical-plan.js';
import { RoutineBodies } from '../routine-body.js';
import type { Rule } from '../optimize.js';
import { pruned } from './prune-empty.js';
import { isPlain } from './pull-projections.js';

export const foldConstants: Rule = {
  name: 'fold-constants',
  isRequired: false,
  apply(statement, cx) {
    return pruned(new PlanFolder((inSubquery) => new Folder(cx.binder.types, cx.context, cx.evaluate, new RoutineBodies(cx.binder), inSubquery)).statement(statement));
  },
};

type Constants = ReadonlyMap<ColumnId, BoundExpression>;
const noConstants: Constants = new Map();

class PlanFolder {
  readonly #folder: Folder;
  /** Expressions that could not be folded, as they stand in their plans. */
  readonly #failed = new Map<BoundExpression, DbError>();
  readonly #constants = new WeakMap<LogicalPlan, Constants>();

  constructor(makeFolder: (inSubquery: (query: Subquery) => Subquery) => Folder) {
    this.#folder = makeFolder((query) => {
      const plan = this.#fold(logicalPlanOf(query));
      return plan === query.plan ? query : { ...query, plan };
    });
  }

  statement(statement: LogicalStatement): LogicalStatement {
    const ctes = statement.ctes.map((cte) => ({ ...cte, plan: this.#fold(cte.plan) }));
    const plan = this.#fold(statement.plan);
    if (this.#failed.size > 0) {
      for (const cte of ctes) this.#require(cte.plan, new Set(cte.columns.map((column) => column.id)));
      this.#require(plan, new Set(statement.result.map((column) => column.id)));
    }
    const isSame = plan === statement.plan && ctes.every((cte, i) => cte.plan === statement.ctes[i]!.plan);
    return isSame ? statement : { ...statement, ctes, plan };
  }

  readonly #expression = (e: BoundExpression): BoundExpression => this.#folder.tryFold(e, (error) => this.#failed.set(e, error));

  #fold(plan: LogicalPlan): LogicalPlan {
    const over = plan.kind === 'join' && plan.isLateral ? this.#lateral(plan) : withInputs(plan, planInputs(plan).map((input) => this.#fold(input)));
    const constants = readsConstants(over) ? this.#constantsUnder(over) : noConstants;
    return mapPlanExpressions(over, (e) => this.#expression(substitute(e, constants)));
  }

  /** What the right side reads of the left is known to it. */
  #lateral(plan: Extract<LogicalPlan, { kind: 'join' }>): LogicalPlan {
    const left = this.#fold(plan.left);
    return withInputs(plan, [left, this.#fold(substituteInPlan(plan.right, this.#constantsOf(left)))]);
  }

  #constantsUnder(plan: LogicalPlan): Constants {
    const inputs = planInputs(plan);
    if (plan.kind !== 'join' || plan.join === 'semi' || plan.join === 'anti') return inputs.length === 0 ? noConstants : this.#constantsOf(inputs[0]!);
    const left = plan.join === 'right' || plan.join === 'full' ? noConstants : this.#constantsOf(plan.left);
    const right = plan.join === 'left' || plan.join === 'full' ? noConstants : this.#constantsOf(plan.right);
    return right.size === 0 ? left : new Map([...left, ...right]);
  }

  /** Columns that are constants in every row, or would be if they could be computed: then the error is met where they are read. What is grouped, sorted or cut off is not looked into, as PostgreSQL does not pull it up. */
  #constantsOf(plan: LogicalPlan): Constants {
    if (plan.kind !== 'project' && plan.kind !== 'filter' && plan.kind !== 'join' && plan.kind !== 'values') return noConstants;
    const known = this.#constants.get(plan);
    if (known !== undefined) return known;
    const found = new Map(this.#constantsUnder(plan));
    if (plan.kind === 'project' && isPlain(plan.input)) for (const { id, expression } of plan.computed) if (expression.kind === 'constant' || (this.#failed.has(expression) && columnsOf(expression).size === 0)) found.set(id, expression);
    if (plan.kind === 'values' && plan.rows.length === 1) for (const [i, e] of plan.rows[0]!.entries()) if (e.kind === 'constant') found.set(plan.output[i]!.id, e);
    this.#constants.set(plan, found);
    return found;
  }

  // ------------------------------------------------------------------------------------------------------------------- what fails

  /** @throws DbError of the first failed expression that is read when the columns `needed` of the plan are */
  #require(plan: LogicalPlan, needed: ReadonlySet<ColumnId>): void {
    const under = new Set(needed);
    const read = (e: BoundExpression | undefined): void => {
      if (e === undefined) return;
      this.#requireExpression(e);
      for (const id of columnsOf(e)) under.add(id);
    };
    switch (plan.kind) {
      case 'project':
        for (const { id, expression } of plan.computed) if (needed.has(id)) read(expression);
        break;
      case 'values':
        for (const row of plan.rows) for (const [i, e] of row.entries()) if (plan.rows.length > 1 || needed.has(plan.output[i]!.id)) read(e);
        break;
      case 'aggregate':
        mapPlanExpressions({ ...plan, calls: plan.calls.filter((call) => needed.has(call.id)) }, reading(read));
        break;
      case 'window':
        mapPlanExpressions({ ...plan, calls: plan.calls.filter((call) => needed.has(call.id)) }, reading(read));
        break;
      case 'limit':
        this.#require(plan.input, plan.input.kind === 'append' ? allColumns(plan.input) : under);
        read(plan.limit);
        read(plan.offset);
        return;
      case 'filter':
        read(plan.condition);
        if (isNeverTrue(plan.condition) && hidesSubquery(plan)) return;
        break;
      case 'append':
        for (const [i, input] of plan.inputs.entries()) this.#require(input, new Set(plan.inputColumns[i]!.filter((_, at) => isPulledUp(input) || needed.has(plan.output[at]!.id))));
        return;
      case 'sort':
        for (const key of plan.keys) read(key.expression);
        this.#require(plan.input, plan.input.kind === 'append' ? allColumns(plan.input) : under);
        return;
      case 'setOperation':
        this.#require(plan.left, new Set(plan.leftColumns));
        this.#require(plan.right, new Set(plan.rightColumns));
        return;
      case 'recursiveUnion':
        this.#require(plan.seed, new Set(plan.seedColumns));
        this.#require(plan.term, new Set(plan.termColumns));
        return;
      case 'modify':
        requireOfModify(plan, read);
        break;
      default:
        mapPlanExpressions(plan, reading(read));
    }
    for (const input of planInputs(plan)) this.#require(input, under);
  }

  #requireExpression(e: BoundExpression): void {
    const error = this.#failed.get(e);
    if (error !== undefined) throw error;
    if (e.kind === 'subquery') this.#require(logicalPlanOf(e), new Set(e.subkind === 'exists' ? [] : e.columns));
    forEachChild(e, (child) => this.#requireExpression(child));
  }
}

const reading = (read: (e: BoundExpression) => void) => (e: BoundExpression): BoundExpression => {
  read(e);
  return e;
};

/** Whether a filter that lets nothing through reads a subquery that is not pulled up: nothing below it is planned then. HAVING becomes WHERE when it is constant, but not over several sets of keys. */
function hidesSubquery({ input, isHaving }: Extract<LogicalPlan, { kind: 'filter' }>): boolean {
  if (isHaving === true && input.kind === 'aggregate') return (input.groupBy.length === 0 || input.groupingSets === undefined) && isSubquery(input.input);
  return isSubquery(input);
}
const isSubquery = (input: LogicalPlan): boolean => !isPlain(input.kind === 'project' ? input.input : input);

/** Checks, generated columns and keys of indexes are prepared when the first row comes. */
function requireOfModify(plan: LogicalModify, read: (e: BoundExpression | undefined) => void): void {
  for (const value of plan.insertValues ?? []) read(value);
  for (const { value } of plan.assignments) read(value);
  for (const { value } of plan.onConflict?.assignments ?? []) read(value);
  read(plan.onConflict?.where);
  for (const action of plan.mergeActions) {
    read(action.condition);
    for (const value of action.insertValues ?? []) read(value);
    for (const { value } of action.assignments) read(value);
  }
  for (const { expression } of plan.returning ?? []) read(expression);
}

/** Nodes whose expressions take constants for columns. Keys of sorts and groups keep their columns, by which they are known. */
function readsConstants(plan: LogicalPlan): boolean {
  return plan.kind === 'filter' || plan.kind === 'project' || plan.kind === 'join' || plan.kind === 'projectSet' || plan.kind === 'modify';
}

/** Whether a branch of UNION ALL is its select list over one relation or none: its expressions then become those of the query around it, read or not. Source. is_safe_append_member. */
function isPulledUp(branch: LogicalPlan): boolean {
  if (branch.kind === 'project') return isPulledUp(branch.input);
  return planInputs(branch).length === 0;
}

/** UNION ALL is flattened into the query around it, unless it is sorted or cut off itself: then all of it is computed. */
const allColumns = (plan: LogicalPlan): ReadonlySet<ColumnId> => new Set(plan.output.map((column) => column.id));
