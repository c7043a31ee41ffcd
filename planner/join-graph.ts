/**
 * The join graph: a tree of joins and filters taken apart into relations, predicates and the joins that cannot be moved freely.
 *
 * J1  A relation is anything that is not a join or a filter. Inner joins leave only their predicates behind.
 * J2  An outer, semi or anti join keeps its right side together (`right`: all relations there) and needs on its left the relations its condition
 *     reads, and all of any outer join whose nullable side it reads (`left`). Within these bounds it may be applied early or late, for
 *     (A ⟕ B) ⋈ C = (A ⋈ C) ⟕ B when the inner condition does not read B.
 * J3  A predicate over a nullable side is applied only above its outer join.
 * J4  Equalities of plain columns from inner joins and filters, none of which an outer join below pads, form classes: any two members in two relations make a join clause, one per
 *     class and join, so nothing is counted twice; a constant member becomes a condition on every other.
 *
 * Source. PostgreSQL's deconstruct_jointree and equivalence classes; Moerkotte, Fender, Eich 2013 for what a conflict is.
 */
import { TypeOid } from '../base/types.js';
import type { FunctionDef } from '../functions/registry.js';
import { collectColumns, collectProduced, columnsOf, conjunctsOf, freeColumns, isVolatile } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { LogicalPlan } from './logical-plan.js';

export interface Relation {
  readonly index: number;
  readonly bit: bigint;
  readonly plan: LogicalPlan;
  /** Conditions over this relation alone. */
  readonly local: BoundExpression[];
  /** Relations whose row it reads (LATERAL). */
  depends: bigint;
}

export interface SpecialJoin {
  readonly join: 'left' | 'full' | 'semi' | 'anti';
  /** Relations that must be on the left side, and those that must make up the right side. */
  left: bigint;
  readonly right: bigint;
  /** All relations of the left side as written; a full join needs exactly these. */
  readonly wholeLeft: bigint;
  readonly conditions: readonly BoundExpression[];
  readonly nullAware: boolean;
}

export interface Predicate {
  readonly expression: BoundExpression;
  /** Relations that must be there, nullable sides completed (J3). */
  readonly rels: bigint;
}

export interface EquivalenceClass {
  readonly equals: FunctionDef;
  readonly members: { readonly expression: BoundExpression; readonly rels: bigint }[];
  /** A member without columns: each other member is compared with it where it stands. */
  constant: BoundExpression | undefined;
}

export interface JoinGraph {
  readonly relations: readonly Relation[];
  readonly specials: readonly SpecialJoin[];
  readonly predicates: readonly Predicate[];
  readonly classes: readonly EquivalenceClass[];
  /** Conditions that read no relation at all. */
  readonly constants: readonly BoundExpression[];
  readonly all: bigint;
}

export function buildJoinGraph(root: LogicalPlan, useClasses: boolean): JoinGraph {
  const collector = new Collector(root);
  const all = collector.collect(root, true, 0n);
  const { relations, specials, pending } = collector;
  setDepends(collector);
  for (const special of specials) if (special.join !== 'full') special.left = neededLeft(special, collector);
  widenOverOuterJoins(specials);
  return { relations, specials, all, ...placePredicates(collector, pending, useClasses) };
}

/** A condition as it is met: `scope` is what stands below it, `outer` what stands to its left, which LATERAL reads; of one that `isInner` every row of the result holds it. */
interface Pending {
  readonly expression: BoundExpression;
  readonly scope: bigint;
  readonly outer: bigint;
  readonly isInner: boolean;
}

type JoinOrFilter = Extract<LogicalPlan, { kind: 'join' | 'filter' }>;

/** J1: takes the tree apart. */
class Collector {
  readonly relations: Relation[] = [];
  readonly specials: SpecialJoin[] = [];
  readonly pending: Pending[] = [];
  readonly #relationOf = new Map<ColumnId, Relation>();
  readonly #root: LogicalPlan;
  /** All columns made within the graph, once they are asked for. */
  #produced: Set<ColumnId> | undefined;

  constructor(root: LogicalPlan) {
    this.#root = root;
  }

  relsOf(columns: Iterable<ColumnId>): bigint {
    let rels = 0n;
    for (const id of columns) rels |= this.#relationOf.get(id)?.bit ?? 0n;
    return rels;
  }

  /** Adds the relations of `plan` and returns them. Chains of joins are left-deep and may be long: right sides recurse, the left side loops. */
  collect(plan: LogicalPlan, isInner: boolean, outer: bigint): bigint {
    const chain: JoinOrFilter[] = [];
    let node = plan;
    while (node.kind === 'filter' || (node.kind === 'join' && node.join !== 'right' && node.join !== 'full')) {
      chain.push(node);
      node = node.kind === 'filter' ? node.input : node.left;
    }
    let rels = this.#collectLowest(node, isInner, outer);
    for (const above of chain.reverse()) {
      if (above.kind === 'filter') this.#addPending(above.condition, rels, outer, isInner);
      else if (above.join === 'inner') {
        rels |= this.collect(above.right, isInner, outer | rels);
        this.#addPending(above.condition, rels, outer, isInner);
      } else {
        const right = this.#collectWhole(above.right, outer);
        this.#addSpecial(above.join as SpecialJoin['join'], rels, right, above);
        rels |= right;
      }
    }
    return rels;
  }

  /** Where a chain ends: a relation, a full join, or a right join, which is a left join with its sides exchanged. */
  #collectLowest(node: LogicalPlan, isInner: boolean, outer: bigint): bigint {
    if (node.kind !== 'join') return this.#add(node);
    if (node.join === 'right') {
      const left = this.collect(node.right, isInner, outer);
      const right = this.#collectWhole(node.left, outer);
      this.#addSpecial('left', left, right, node);
      return left | right;
    }
    if (this.#readsGraph(node)) return this.#add(node);
    const left = this.collect(node.left, false, outer);
    const right = this.collect(node.right, false, outer);
    this.#addSpecial('full', left, right, node);
    return left | right;
  }

  /** The nullable side of a join. One that reads rows of the other side, or of anything else here, is kept whole: its conditions are not the join's. */
  #collectWhole(side: LogicalPlan, outer: bigint): bigint {
    return this.#readsGraph(side) ? this.#add(side) : this.collect(side, false, outer);
  }

  #add(plan: LogicalPlan): bigint {
    const relation: Relation = { index: this.relations.length, bit: 1n << BigInt(this.relations.length), plan, local: [], depends: 0n };
    this.relations.push(relation);
    for (const column of plan.output) this.#relationOf.set(column.id, relation);
    return relation.bit;
  }

  #addSpecial(join: SpecialJoin['join'], left: bigint, right: bigint, { condition, nullAware }: Extract<LogicalPlan, { kind: 'join' }>): void {
    this.specials.push({ join, left, right, wholeLeft: left, conditions: conjunctsOf(condition), nullAware });
  }

  #addPending(condition: JoinOrFilter['condition'], scope: bigint, outer: bigint, isInner: boolean): void {
    for (const expression of conjunctsOf(condition)) this.pending.push({ expression, scope, outer, isInner });
  }

  #readsGraph(plan: LogicalPlan): boolean {
    if (readsNothing(plan) || plan.kind === 'values') return false;
    const free = freeColumns(plan);
    if (free.size === 0) return false;
    if (this.#produced === undefined) collectProduced(this.#root, (this.#produced = new Set()));
    for (const id of free) if (this.#produced.has(id)) return true;
    return false;
  }
}

/** LATERAL: which relations a relation's plan reads. */
function setDepends(graph: Collector): void {
  if (graph.relations.length === 1) return;
  for (const relation of graph.relations) if (!readsNothing(relation.plan)) relation.depends = graph.relsOf(freeColumns(relation.plan));
}

/** J2: what a join needs on its left by itself. Without a condition on the left any relation there will do; all of them keep the written order. */
function neededLeft(special: SpecialJoin, graph: Collector): bigint {
  const read = new Set<ColumnId>();
  for (const e of special.conditions) collectColumns(e, read);
  let needed = graph.relsOf(read);
  for (const relation of graph.relations) if ((relation.bit & special.right) !== 0n) needed |= relation.depends;
  needed &= ~special.right;
  return needed === 0n ? special.wholeLeft : needed;
}

/** J2: a join that reads the nullable side of an outer join on its left needs all of that join. */
function widenOverOuterJoins(specials: readonly SpecialJoin[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const special of specials) {
      for (const lower of specials) {
        if (lower === special || (special.left & nullableOf(lower)) === 0n || (special.wholeLeft & lower.right) !== lower.right) continue;
        const wider = special.left | lower.left | lower.right;
        changed ||= wider !== special.left;
        special.left = wider;
      }
    }
  }
}

/** Relations whose rows the join may pad with nulls. */
function nullableOf({ join, left, right }: SpecialJoin): bigint {
  if (join === 'semi' || join === 'anti') return 0n;
  return join === 'full' ? left | right : right;
}

/** Whether the join pads one of `rels`. Only an outer join below the predicate binds it, as it is written: what a lateral side reads may stand outside. */
function pads(special: SpecialJoin, rels: bigint, scope: bigint): boolean {
  const written = special.wholeLeft | special.right;
  return (rels & nullableOf(special)) !== 0n && (scope & written) === written;
}

/** J3: `rels` with all of the outer joins below that pad one of them. */
function completed(specials: readonly SpecialJoin[], rels: bigint, scope: bigint): bigint {
  for (let changed = true; changed; ) {
    changed = false;
    for (const special of specials) {
      if (!pads(special, rels, scope)) continue;
      const wider = rels | special.left | special.right;
      changed ||= wider !== rels;
      rels = wider;
    }
  }
  return rels;
}

/** J3, J4: where each condition is applied. */
function placePredicates(graph: Collector, pending: readonly Pending[], useClasses: boolean): Pick<JoinGraph, 'predicates' | 'constants' | 'classes'> {
  const { relations, specials } = graph;
  const relsOf = (columns: Iterable<ColumnId>): bigint => graph.relsOf(columns);
  const predicates: Predicate[] = [];
  const constants: BoundExpression[] = [];
  const classes: EquivalenceClass[] = [];
  for (const { expression, scope, outer, isInner } of pending) {
    const own = relsOf(columnsOf(expression));
    // What LATERAL reads to its left has come through the outer joins there.
    const below = (own & ~scope) === 0n ? scope : scope | outer;
    const rels = completed(specials, own, below);
    // On the side that every join keeps, a condition that reads no relation decides about the whole result.
    if (rels === 0n && isInner && !isVolatile(expression)) {
      constants.push(expression);
      continue;
    }
    if (useClasses && isInner && rels !== 0n && !specials.some((special) => pads(special, own, below)) && addToClass(classes, expression, relsOf)) continue;
    // What reads no relation here, or may differ from row to row by itself, waits for all that stood below it, and for what LATERAL reads to the left.
    const needed = rels === 0n || isVolatile(expression) ? scope | rels : rels;
    if ((needed & (needed - 1n)) === 0n) relations[log2(needed)]!.local.push(expression);
    else predicates.push({ expression, rels: needed });
  }
  return { predicates, constants, classes: finishClasses(classes, relations) };
}

/** A scan reads columns of others only in the arguments of TABLESAMPLE. */
const readsNothing = (plan: LogicalPlan): boolean => (plan.kind === 'scan' && plan.sample === undefined) || plan.kind === 'cteScan';

export function log2(bit: bigint): number {
  let n = 0;
  while (bit > 1n) {
    bit >>= 1n;
    n++;
  }
  return n;
}

function stripBinary(e: BoundExpression): BoundExpression {
  while (e.kind === 'cast' && e.method === 'binary') e = e.arg;
  return e;
}

const memberKey = (e: BoundExpression): number | undefined => {
  const plain = stripBinary(e);
  return plain.kind === 'column' ? plain.id : undefined;
};

/** Adds `a = b` over columns (or a column and a value) of one type to the classes; false when it is something else. */
function addToClass(classes: EquivalenceClass[], e: BoundExpression, relsOf: (ids: Iterable<ColumnId>) => bigint): boolean {
  if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) return false;
  const [a, b] = e.args as [BoundExpression, BoundExpression];
  // Transitivity needs one `=` over one type; float's and record's are left alone out of caution about what equal means.
  if (a.type.oid !== b.type.oid || a.type.oid === TypeOid.record) return false;
  const isMember = (x: BoundExpression): boolean => memberKey(x) !== undefined && relsOf(columnsOf(x)) !== 0n;
  const isValue = (x: BoundExpression): boolean => (x.kind === 'constant' && x.value !== null) || x.kind === 'parameter';
  if (!(isMember(a) || isValue(a)) || !(isMember(b) || isValue(b)) || (isValue(a) && isValue(b))) return false;
  const has = (c: EquivalenceClass, x: BoundExpression): boolean => c.equals === e.function && c.members.some((m) => memberKey(m.expression) === memberKey(x));
  const ofA = isMember(a) ? classes.find((c) => has(c, a)) : undefined;
  const ofB = isMember(b) ? classes.find((c) => has(c, b)) : undefined;
  const value = isValue(a) ? a : isValue(b) ? b : undefined;
  if (value !== undefined) {
    const column = value === a ? b : a;
    const known = ofA ?? ofB;
    // A second constant for one class is a contradiction or a repetition: keep it as a condition of its own.
    if (known?.constant !== undefined) return false;
    if (known !== undefined) known.constant = value;
    else classes.push({ equals: e.function, members: [{ expression: column, rels: relsOf(columnsOf(column)) }], constant: value });
    return true;
  }
  const target = ofA ?? ofB;
  if (target === undefined) {
    classes.push({ equals: e.function, members: [a, b].map((expression) => ({ expression, rels: relsOf(columnsOf(expression)) })), constant: undefined });
    return true;
  }
  if (ofA !== undefined && ofB !== undefined && ofA !== ofB) {
    if (ofA.constant !== undefined && ofB.constant !== undefined) return false;
    ofA.members.push(...ofB.members);
    ofA.constant ??= ofB.constant;
    classes.splice(classes.indexOf(ofB), 1);
    return true;
  }
  for (const x of [a, b]) if (!has(target, x)) target.members.push({ expression: x, rels: relsOf(columnsOf(x)) });
  return true;
}

/** `left = right` with a class's function. */
export function classClause(c: EquivalenceClass, left: BoundExpression, right: BoundExpression): BoundExpression {
  return { kind: 'call', type: { oid: TypeOid.bool, typmod: -1 }, offset: -1, function: c.equals, args: [left, right], operator: '=' };
}

/** Turns what a class says about single relations into local conditions; classes that then join nothing are dropped. */
function finishClasses(classes: readonly EquivalenceClass[], relations: readonly Relation[]): EquivalenceClass[] {
  const kept: EquivalenceClass[] = [];
  for (const c of classes) {
    if (c.constant !== undefined) {
      for (const member of c.members) relations[log2(member.rels)]!.local.push(classClause(c, member.expression, c.constant));
      // For connectivity only: every member has the constant, so joining needs no clause.
      kept.push(c);
      continue;
    }
    const byRelation = new Map<bigint, BoundExpression>();
    for (const member of c.members) {
      const first = byRelation.get(member.rels);
      if (first === undefined) byRelation.set(member.rels, member.expression);
      else relations[log2(member.rels)]!.local.push(classClause(c, first, member.expression));
    }
    if (byRelation.size > 1) kept.push(c);
  }
  return kept;
}
