/**
 * Puts a CTE's query where it is read, so that conditions reach into it: when it is read once, or when NOT MATERIALIZED asks for it (then
 * each reader gets a copy with column ids of its own). A CTE stays a CTE when it changes data, takes locks, is recursive, calls a volatile function
 * or is MATERIALIZED. One that reads an enclosing row must be inlined whatever it says, for a CTE runs once in a statement.
 *
 * A CTE that nobody reads is dropped, unless it changes data; where only the dropped read it, after constants have been folded.
 */
import { notSupported } from '../../base/errors.js';
import { copyPlan } from '../copy-plan.js';
import { forEachPlanExpression, logicalPlanOf, mapAllExpressions, mapChildren, planIsVolatile } from '../expression-tools.js';
import type { BoundExpression } from '../expression.js';
import { mapPlanBottomUp, planInputs, type LogicalCte, type LogicalPlan, type LogicalStatement } from '../logical-plan.js';
import type { Rule, RuleContext } from '../optimize.js';

export const inlineCtes: Rule = {
  name: 'inline-ctes',
  isRequired: true,
  apply(statement, cx) {
    if (statement.ctes.length === 0) return statement;
    const { inlined, ctes } = decide(statement, cx);
    if (ctes.length === statement.ctes.length) return statement;
    const substitution = new Substitution(inlined, cx);
    return { ...statement, plan: substitution.in(statement.plan), ctes: ctes.map((cte) => ({ ...cte, plan: substitution.in(cte.plan) })) };
  },
};

/** What becomes of each CTE: put where it is read, or kept; others are dropped. */
function decide(statement: LogicalStatement, cx: RuleContext): { readonly inlined: ReadonlyMap<number, LogicalCte>; readonly ctes: readonly LogicalCte[] } {
  const inlined = new Map<number, LogicalCte>();
  const reads = new ReadCounts(statement, inlined);
  const { ctes } = statement;
  const before = new Map(ctes.map((cte) => [cte, reads.of(cte)]));
  const kept: LogicalCte[] = [];
  // From the last to the first: dropping a reader may leave a CTE with a single reader, and copying one with more.
  for (const cte of ctes.toReversed()) {
    const readers = reads.of(cte);
    if (readers === 0) {
      // One whose readers are gone is planned as if they were there, and what fails in that is an error, where it would not have become part of theirs.
      const whole = before.get(cte)!;
      if (!cte.isModifying && (whole === 0 || shouldInline(cte, whole, cx))) reads.add(cte, -1);
      else kept.push(cte);
    } else if (shouldInline(cte, readers, cx)) {
      reads.add(cte, readers - 1);
      inlined.set(cte.number, cte);
    } else kept.push(cte);
  }
  return { inlined, ctes: kept.reverse() };
}

/** CTEs that were kept for what planning finds in them. */
export const dropUnreadCtes: Rule = {
  name: 'drop-unread-ctes',
  isRequired: true,
  apply(statement) {
    const reads = new ReadCounts(statement, new Map());
    const kept = statement.ctes.toReversed().filter((cte) => {
      const isKept = cte.isModifying || reads.of(cte) > 0;
      if (!isKept) reads.add(cte, -1);
      return isKept;
    });
    return kept.length === statement.ctes.length ? statement : { ...statement, ctes: kept.reverse() };
  },
};

/** How often each CTE is read, by the statement and by other CTEs; every plan is walked once. */
class ReadCounts {
  readonly #total = new Map<number, number>();
  readonly #ofCte = new Map<number, ReadonlyMap<number, number>>();
  readonly #inlined: ReadonlyMap<number, LogicalCte>;

  /** `inlined`: those that are part of what reads them, where what they read counts. */
  constructor(statement: LogicalStatement, inlined: ReadonlyMap<number, LogicalCte>) {
    this.#inlined = inlined;
    countReads(statement.plan, this.#total);
    for (const cte of statement.ctes) {
      const reads = new Map<number, number>();
      countReads(cte.plan, reads);
      this.#ofCte.set(cte.number, reads);
      this.add(cte, 1);
    }
  }
  /** What a CTE reads of itself does not count. */
  of({ number }: LogicalCte): number {
    return (this.#total.get(number) ?? 0) - (this.#ofCte.get(number)!.get(number) ?? 0);
  }
  /** What `cte` reads is read `times` more often. */
  add(cte: LogicalCte, times: number): void {
    if (times === 0) return;
    for (const [number, count] of this.#ofCte.get(cte.number)!) {
      const inner = this.#inlined.get(number);
      if (inner === undefined) this.#total.set(number, (this.#total.get(number) ?? 0) + count * times);
      else this.add(inner, count * times);
    }
  }
}

function countReads(plan: LogicalPlan, counts: Map<number, number>): void {
  if (plan.kind === 'cteScan') counts.set(plan.cte, (counts.get(plan.cte) ?? 0) + 1);
  const visit = (e: BoundExpression): BoundExpression =>
    mapChildren(e, visit, (query) => {
      countReads(logicalPlanOf(query), counts);
      return query;
    });
  forEachPlanExpression(plan, visit);
  for (const input of planInputs(plan)) countReads(input, counts);
}

function shouldInline(cte: LogicalCte, readers: number, cx: RuleContext): boolean {
  if (cte.isCorrelated) {
    if (cte.isRecursive && readers > 1) throw notSupported('a recursive WITH query that reads an outer row and is read more than once');
    return true;
  }
  if (cx.isDisabled('inline-ctes') || cte.isModifying || cte.isRecursive || cte.mayWait || cte.materialized === true) return false;
  if (readers > 1 && cte.materialized !== false) return false;
  return !planIsVolatile(cte.plan);
}

type CteScan = Extract<LogicalPlan, { readonly kind: 'cteScan' | 'workTableScan' }>;

/** Every scan of an inlined CTE becomes its query, in which the same is done, under a projection that gives the scan's ids. */
class Substitution {
  readonly #inlined: ReadonlyMap<number, LogicalCte>;
  readonly #cx: RuleContext;
  readonly #used = new Set<LogicalCte>();

  constructor(inlined: ReadonlyMap<number, LogicalCte>, cx: RuleContext) {
    this.#inlined = inlined;
    this.#cx = cx;
  }
  in(plan: LogicalPlan): LogicalPlan {
    return mapPlanBottomUp(mapAllExpressions(plan, this.#inExpression), (node) => {
      if (node.kind !== 'cteScan') return node;
      const cte = this.#inlined.get(node.cte);
      return cte === undefined ? node : this.#queryOf(node, cte);
    });
  }
  readonly #inExpression = (e: BoundExpression): BoundExpression =>
    mapChildren(e, this.#inExpression, (query) => {
      const inner = this.in(logicalPlanOf(query));
      return inner === query.plan ? query : { ...query, plan: inner };
    });

  #queryOf(scan: CteScan, cte: LogicalCte): LogicalPlan {
    const { plan, columns } = this.#next(cte);
    const computed = scan.columns.map(({ id, position }) => {
      const column = columns[position]!;
      return { id, expression: { kind: 'column', type: column.type, offset: -1, id: column.id, name: column.name } as BoundExpression };
    });
    return { kind: 'project', output: scan.output, input: this.in(plan), computed };
  }
  /** The first reader has the CTE's own columns, each other one a copy. */
  #next(cte: LogicalCte): LogicalCte {
    if (this.#used.has(cte)) return copyCte(cte, this.#cx);
    this.#used.add(cte);
    return cte;
  }
}

function copyCte(cte: LogicalCte, cx: RuleContext): LogicalCte {
  const { plan, idOf } = copyPlan(cte.plan, cx.binder);
  return { ...cte, plan, columns: cte.columns.map((column) => ({ ...column, id: idOf(column.id) })) };
}
