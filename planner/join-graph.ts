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
  const relations: Relation[] = [];
  const specials: SpecialJoin[] = [];
  const relationOf = new Map<ColumnId, Relation>();
  const pending: { expression: BoundExpression; scope: bigint; outer: bigint; isInner: boolean }[] = [];

  const relsOf = (columns: Iterable<ColumnId>): bigint => {
    let rels = 0n;
    for (const id of columns) rels |= relationOf.get(id)?.bit ?? 0n;
    return rels;
  };

  let inGraph: Set<ColumnId> | undefined;
  const readsGraph = (plan: LogicalPlan): boolean => {
    if (readsNothing(plan) || plan.kind === 'values') return false;
    const free = freeColumns(plan);
    if (free.size === 0) return false;
    if (inGraph === undefined) collectProduced(root, (inGraph = new Set()));
    for (const id of free) if (inGraph.has(id)) return true;
    return false;
  };

  /** Adds the relations of `plan` and returns them; `isInner`: conditions here filter the final result directly; `outer`: what stands to the left, which LATERAL reads. */
  const collect = (plan: LogicalPlan, isInner: boolean, outer: bigint): bigint => {
    // Chains of joins are left-deep and may be long; the right sides recurse, the left side loops.
    let rels = 0n;
    let node = plan;
    const add = (leaf: LogicalPlan): bigint => {
      const relation: Relation = { index: relations.length, bit: 1n << BigInt(relations.length), plan: leaf, local: [], depends: 0n };
      relations.push(relation);
      for (const column of leaf.output) relationOf.set(column.id, relation);
      return relation.bit;
    };
    const down: { node: Extract<LogicalPlan, { kind: 'join' | 'filter' }> }[] = [];
    while (node.kind === 'filter' || (node.kind === 'join' && node.join !== 'right' && node.join !== 'full')) {
      down.push({ node });
      node = node.kind === 'filter' ? node.input : node.left;
    }
    if (node.kind === 'join' && node.join === 'full' && readsGraph(node)) rels = add(node);
    else if (node.kind === 'join') {
      const flipped = node.join === 'right';
      const left = collect(flipped ? node.right : node.left, isInner && flipped, outer);
      const right = flipped && readsGraph(node.left) ? add(node.left) : collect(flipped ? node.left : node.right, false, outer);
      specials.push({ join: flipped ? 'left' : 'full', left, right, wholeLeft: left, conditions: conjunctsOf(node.condition), nullAware: false });
      rels = left | right;
    } else rels = add(node);
    for (let i = down.length - 1; i >= 0; i--) {
      const { node: above } = down[i]!;
      if (above.kind === 'filter') {
        const scope = rels;
        for (const expression of conjunctsOf(above.condition)) pending.push({ expression, scope, outer, isInner });
        continue;
      }
      if (above.join === 'inner') {
        rels |= collect(above.right, isInner, outer | rels);
        const scope = rels;
        for (const expression of conjunctsOf(above.condition)) pending.push({ expression, scope, outer, isInner });
      } else {
        const left = rels;
        // A right side that reads rows of the left, or of anything else here, is kept whole: its conditions are not the join's.
        const right = readsGraph(above.right) ? add(above.right) : collect(above.right, false, outer);
        specials.push({ join: above.join as SpecialJoin['join'], left, right, wholeLeft: left, conditions: conjunctsOf(above.condition), nullAware: above.nullAware });
        rels |= right;
      }
    }
    return rels;
  };
  const all = collect(root, true, 0n);

  // LATERAL: which relations a relation's plan reads.
  for (const relation of relations) {
    if (relations.length === 1 || readsNothing(relation.plan)) continue;
    relation.depends = relsOf(freeColumns(relation.plan));
  }

  // J2: what each special join needs on its left.
  for (const special of specials) {
    if (special.join === 'full') continue;
    const read = new Set<ColumnId>();
    for (const e of special.conditions) collectColumns(e, read);
    let needed = relsOf(read);
    for (const relation of relations) if ((relation.bit & special.right) !== 0n) needed |= relation.depends;
    needed &= ~special.right;
    // Without a condition on the left any left relation will do; the first keeps the written order.
    special.left = needed === 0n ? special.wholeLeft : needed;
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const special of specials) {
      for (const lower of specials) {
        if (lower === special || lower.join === 'semi' || lower.join === 'anti') continue;
        const nullable = lower.join === 'full' ? lower.left | lower.right : lower.right;
        if ((special.left & nullable) === 0n || (special.wholeLeft & lower.right) !== lower.right) continue;
        const wider = special.left | lower.left | lower.right;
        if (wider !== special.left) {
          special.left = wider;
          changed = true;
        }
      }
    }
  }

  // J3, J4: place predicates.
  // Only outer joins below the predicate bind it, as they are written: what a lateral side reads may stand outside.
  const pads = (special: SpecialJoin, rels: bigint, scope: bigint): boolean => {
    if (special.join === 'semi' || special.join === 'anti') return false;
    const nullable = special.join === 'full' ? special.left | special.right : special.right;
    const written = special.wholeLeft | special.right;
    return (rels & nullable) !== 0n && (scope & written) === written;
  };
  const complete = (rels: bigint, scope: bigint): bigint => {
    for (let changed = true; changed; ) {
      changed = false;
      for (const special of specials) {
        if (!pads(special, rels, scope)) continue;
        const wider = rels | special.left | special.right;
        if (wider !== rels) {
          rels = wider;
          changed = true;
        }
      }
    }
    return rels;
  };
  const predicates: Predicate[] = [];
  const constants: BoundExpression[] = [];
  const classes: EquivalenceClass[] = [];
  for (const { expression, scope, outer, isInner } of pending) {
    const own = relsOf(columnsOf(expression));
    // What LATERAL reads to its left has come through the outer joins there.
    const below = (own & ~scope) === 0n ? scope : scope | outer;
    const rels = complete(own, below);
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
  const kept = finishClasses(classes, relations);
  return { relations, specials, predicates, classes: kept, constants, all };
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
