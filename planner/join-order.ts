/**
 * Join order and join methods. Up to `exactRelationsMax` relations every connected subset is planned from its best parts (dynamic programming
 * over connected subgraphs, bushy trees included), within a budget of pairs; beyond that, or out of budget, components are merged greedily, the
 * smallest result first. Relations that no predicate connects are joined last, as cross products.
 *
 * O1  A pair is considered only when it is legal under the graph's special joins (join-graph.ts, J2); then at most one of them is applied.
 * O2  Every predicate is applied at the first join that has all its relations: in the join condition of inner joins, above other joins.
 * O3  The row estimate of a set of relations does not depend on how it was joined: it is made once.
 *
 * Source. Selinger et al. 1979; Moerkotte, Neumann 2006 (subsets of connected subgraphs); Fegaras 1998 (greedy operator ordering).
 */
import { assert } from '../base/assert.js';
import { baseTypeOf, typeInfo, type Storage } from '../base/types.js';
import { scanPaths, type JoinClause } from './access-path.js';
import { countPairs } from './connected-pairs.js';
import { conjunctsCost, disabledCost, hashCost } from './cost.js';
import { areOfOneComposite, collectColumns, conjunction, isVolatile } from './expression-tools.js';
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import { buildJoinGraph, classClause, log2, type JoinGraph, type Relation, type SpecialJoin } from './join-graph.js';
import type { LogicalPlan } from './logical-plan.js';
import { addPath, cheapestTotal, isWorthAdding, noOrder, nothingApplied, once, sameOrdered, type OrderKey, type Path, type PlannerContext } from './path.js';
import { cheapestSorted, filtered } from './path-tools.js';
import type { Estimate, JoinType, PhysicalPlan, PlanColumn } from './physical-plan.js';

export const exactRelationsMax = 12;
/** Nine relations that are all connected have 9,330 pairs, which take a second to plan before V8 has compiled the planner; eight have 3,025. */
const exactPairsMax = 6_000;

/** A joined set of relations. */
interface JoinRel {
  readonly rels: bigint;
  readonly rows: number;
  readonly widthBytes: number;
  readonly output: readonly PlanColumn[];
  readonly paths: Path[];
}

/** Paths for a tree of joins and filters. */
export function joinPaths(cx: PlannerContext, root: LogicalPlan, wanted: readonly SortKey[]): readonly Path[] {
  const graph = buildJoinGraph(root, !cx.isDisabled('equivalence-classes'));
  const planner = new JoinPlanner(cx, graph, wanted);
  let paths = planner.run();
  // A column that stood for `true` may have come down into a condition: then nothing is left to test.
  const tested = conjunction(graph.constants);
  if (tested !== undefined) paths = paths.map((path) => gate(path, tested));
  return paths;
}

/** What it saves that groups on the probe side without a partner are not made (codegen/joins.ts). */
function savedByKeys(join: JoinType, probe: Path, build: Path, keys: readonly { readonly left: BoundExpression }[]): number {
  const { groups } = probe;
  if (groups === undefined || (join !== 'inner' && join !== 'right' && join !== 'semi') || build.rows >= probe.rows) return 0;
  return keys.every(({ left }) => left.kind === 'column' && groups.keys.includes(left.id)) ? groups.cost * (1 - build.rows / probe.rows) : 0;
}

/** A condition without columns is tested once, before anything is read. */
function gate(path: Path, condition: BoundExpression): Path {
  return { ...path, build: once((): PhysicalPlan => { const input = path.build(); return { kind: 'filter', output: input.output, estimate: input.estimate, input, condition, isGate: true }; }) };
}

type Legality = { readonly special: SpecialJoin; readonly isSwapped: boolean } | 'inner' | undefined;

class JoinPlanner {
  readonly #cx: PlannerContext;
  readonly #graph: JoinGraph;
  readonly #wanted: readonly SortKey[];
  /** For each relation, the relations something connects it with. */
  readonly #neighbours: bigint[];
  readonly #known = new Map<bigint, JoinRel>();
  /** For columns some join equates, the relations of those joins: orders by them may save a merge join its sort. */
  readonly #joined = new Map<ColumnId, bigint>();
  /** Relations below which paths that read other relations are kept after joining: LATERAL, and right sides of several relations. */
  #parameterizable = 0n;

  constructor(cx: PlannerContext, graph: JoinGraph, wanted: readonly SortKey[]) {
    this.#cx = cx;
    this.#graph = graph;
    this.#wanted = wanted;
    this.#neighbours = graph.relations.map(() => 0n);
    const connect = (rels: bigint): void => {
      for (const relation of graph.relations) if ((relation.bit & rels) !== 0n) this.#neighbours[relation.index]! |= rels & ~relation.bit;
    };
    for (const predicate of graph.predicates) connect(predicate.rels);
    for (const special of graph.specials) connect(special.left | special.right);
    for (const c of graph.classes) connect(c.members.reduce((rels, member) => rels | member.rels, 0n));
    for (const relation of graph.relations) {
      if (relation.depends === 0n) continue;
      connect(relation.depends | relation.bit);
      this.#parameterizable = graph.all;
    }
    for (const special of graph.specials) if (special.join !== 'full' && (special.right & (special.right - 1n)) !== 0n) this.#parameterizable |= special.right;
    const equated = (e: BoundExpression, rels: bigint): void => {
      const columns = new Set<ColumnId>();
      if (e.kind === 'column' || e.kind === 'cast' || (e.kind === 'call' && e.operator === '=')) collectColumns(e, columns);
      for (const id of columns) this.#joined.set(id, (this.#joined.get(id) ?? 0n) | rels);
    };
    for (const predicate of graph.predicates) equated(predicate.expression, predicate.rels);
    for (const special of graph.specials) for (const e of special.conditions) equated(e, special.left | special.right);
    for (const c of graph.classes) {
      const rels = c.members.reduce((all, member) => all | member.rels, 0n);
      for (const member of c.members) equated(member.expression, rels);
    }
  }

  /** The part of an order that somebody above may use, its keys those of their classes. */
  #usefulOrder(given: readonly OrderKey[], rels: bigint): readonly OrderKey[] {
    if (given.length === 0) return given;
    const order = given.map((key) => this.#ofClass(key));
    const isWanted = order[0]!.expressions.some((e) => this.#wanted.some((key) => sameOrdered(key.expression, e)));
    if (isWanted) return order;
    let length = 0;
    while (length < order.length && order[length]!.expressions.some((e) => e.kind === 'column' && ((this.#joined.get(e.id) ?? 0n) & ~rels) !== 0n)) length++;
    return length === order.length ? order : order.slice(0, length);
  }

  readonly #classKeys = new Map<number, OrderKey>();
  /**
   * Rows that are sorted by one member of a class are sorted by each other that has been joined, and those that have not been are asked for by nobody. So all orders by members are one,
   * and a path for each is not kept.
   */
  #ofClass(key: OrderKey): OrderKey {
    let at = Infinity;
    for (const e of key.expressions) at = Math.min(at, this.#classOf(e));
    if (at === Infinity) return key;
    const name = at * 8 + (key.descending ? 4 : 0) + (key.nullsFirst ? 2 : 0) + (key.notNull ? 1 : 0);
    let made = this.#classKeys.get(name);
    if (made === undefined) this.#classKeys.set(name, (made = { ...key, expressions: this.#graph.classes[at]!.members.map((member) => member.expression) }));
    return made;
  }

  readonly #classOfExpression = new Map<BoundExpression, number>();
  /** Number of the first class that the expression is a member of, Infinity for none. Candidates by the hundred are ordered by a few expressions. */
  #classOf(e: BoundExpression): number {
    let at = this.#classOfExpression.get(e);
    if (at === undefined) {
      at = this.#graph.classes.findIndex((c) => c.constant === undefined && c.members.some((member) => sameOrdered(member.expression, e)));
      if (at < 0) at = Infinity;
      this.#classOfExpression.set(e, at);
    }
    return at;
  }

  run(): readonly Path[] {
    const { relations } = this.#graph;
    const rels = relations.map((relation) => this.#leaf(relation));
    for (const rel of rels) this.#known.set(rel.rels, rel);
    if (rels.length === 1) return rels[0]!.paths;
    const components = this.#components(rels);
    const joined: JoinRel[] = [];
    for (const component of components) joined.push(...(component.length > exactRelationsMax || !this.#exact(component, joined) ? this.#greedy(component) : []));
    const final = joined.length === 1 ? joined[0]! : this.#greedy(joined)[0]!;
    assert(final.rels === this.#graph.all, 'join order did not join all relations', relations.length);
    return final.paths;
  }

  /** Relations grouped by what connects them. */
  #components(rels: readonly JoinRel[]): JoinRel[][] {
    const left = new Set(rels);
    const found: JoinRel[][] = [];
    for (const rel of rels) {
      if (!left.delete(rel)) continue;
      let reached = rel.rels | this.#neighbours[log2(rel.rels)]!;
      const group = [rel];
      for (let grown = true; grown; ) {
        grown = false;
        for (const other of left) {
          if ((other.rels & reached) === 0n) continue;
          left.delete(other);
          group.push(other);
          reached |= other.rels | this.#neighbours[log2(other.rels)]!;
          grown = true;
        }
      }
      found.push(group);
    }
    return found;
  }

  // ----------------------------------------------------------------------------------------------------------- leaves

  #leaf(relation: Relation): JoinRel {
    const cx = this.#cx;
    const { plan, local } = relation;
    let paths: Path[] = [];
    if (plan.kind === 'scan') {
      for (const path of scanPaths(cx, plan, local, this.#clausesFor(relation))) addPath(paths, path);
    } else {
      for (const path of cx.lower(plan, this.#wanted)) addPath(paths, filtered(cx, path, local));
    }
    if (relation.depends !== 0n) paths = paths.map((path) => ({ ...path, requires: path.requires | relation.depends }));
    const plainRows = paths.filter((path) => path.requires === relation.depends).map((path) => path.rows);
    if (!this.#graph.specials.some((special) => special.join === 'full')) paths = paths.map((path) => withOrder(path, this.#usefulOrder(path.order, relation.bit))).reduce((kept: Path[], path) => (addPath(kept, path), kept), []);
    const rows = plainRows.length === 0 ? paths[0]!.rows : Math.max(...plainRows);
    return { rels: relation.bit, rows, widthBytes: cx.estimator.widthOf(plan.output), output: plan.output, paths };
  }

  /** Join clauses that an index of the relation might use, with the relations they need. */
  #clausesFor(relation: Relation): JoinClause[] {
    if (this.#graph.relations.length === 1) return [];
    const clauses: JoinClause[] = [];
    const add = (expression: BoundExpression, rels: bigint): void => {
      if ((rels & relation.bit) !== 0n && rels !== relation.bit) clauses.push({ expression, rels: rels & ~relation.bit });
    };
    for (const predicate of this.#graph.predicates) {
      // A predicate over a nullable side is not tested below its outer join.
      if (!this.#graph.specials.some((s) => s.join !== 'semi' && s.join !== 'anti' && (s.right & relation.bit) !== 0n && (predicate.rels & ~s.right) !== 0n)) add(predicate.expression, predicate.rels);
    }
    for (const special of this.#graph.specials) {
      if (special.join === 'full') continue;
      if ((special.right & relation.bit) === 0n) {
        if (special.join === 'semi') for (const e of special.conditions) add(e, this.#relsOf(e));
        continue;
      }
      for (const e of special.conditions) add(e, this.#relsOf(e));
    }
    for (const c of this.#graph.classes) {
      if (c.constant !== undefined) continue;
      for (const own of c.members) {
        if (own.rels !== relation.bit) continue;
        for (const other of c.members) if (other.rels !== relation.bit) add(this.#clause(c, own, other), own.rels | other.rels);
      }
    }
    return clauses;
  }

  readonly #clauses = new Map<BoundExpression, Map<BoundExpression, BoundExpression>>();
  /** One object per pair of members, so that what an index has applied can be told. */
  #clause(c: JoinGraph['classes'][number], a: { readonly expression: BoundExpression; readonly rels: bigint }, b: { readonly expression: BoundExpression; readonly rels: bigint }): BoundExpression {
    const [left, right] = a.rels < b.rels ? [a.expression, b.expression] : [b.expression, a.expression];
    let ofLeft = this.#clauses.get(left);
    if (ofLeft === undefined) this.#clauses.set(left, (ofLeft = new Map()));
    let made = ofLeft.get(right);
    if (made === undefined) ofLeft.set(right, (made = classClause(c, left, right)));
    return made;
  }

  readonly #relsByExpression = new Map<BoundExpression, bigint>();
  #owner: Map<ColumnId, bigint> | undefined;
  #relsOf(e: BoundExpression): bigint {
    let rels = this.#relsByExpression.get(e);
    if (rels === undefined) {
      if (this.#owner === undefined) {
        this.#owner = new Map();
        for (const relation of this.#graph.relations) for (const column of relation.plan.output) this.#owner.set(column.id, relation.bit);
      }
      rels = 0n;
      const columns = new Set<ColumnId>();
      collectColumns(e, columns);
      for (const id of columns) rels |= this.#owner.get(id) ?? 0n;
      this.#relsByExpression.set(e, rels);
    }
    return rels;
  }

  // ----------------------------------------------------------------------------------------------------------- enumeration

  /** Plans all connected subsets of a component; false when there are too many pairs (then nothing of it is used). */
  #exact(component: readonly JoinRel[], into: JoinRel[]): boolean {
    const n = component.length;
    if (n === 1) {
      into.push(component[0]!);
      return true;
    }
    // Small integers for subsets of the component; rels are only made for pairs worth looking at.
    const near = component.map((rel) => component.reduce((mask, other, i) => ((this.#neighbours[log2(rel.rels)]! & other.rels) !== 0n ? mask | (1 << i) : mask), 0));
    // Where no special join forbids any, the pairs are counted before one is planned.
    if (this.#graph.specials.length === 0 && 3 ** n / 2 > exactPairsMax && countPairs(near, exactPairsMax) > exactPairsMax) return false;
    const table: (JoinRel | undefined)[] = new Array<JoinRel | undefined>(1 << n).fill(undefined);
    const reach = new Int32Array(1 << n);
    component.forEach((rel, i) => {
      table[1 << i] = rel;
      reach[1 << i] = near[i]!;
    });
    let pairs = 0;
    for (let mask = 1; mask < 1 << n; mask++) {
      if ((mask & (mask - 1)) === 0) continue;
      const low = mask & -mask;
      reach[mask] = reach[mask ^ low]! | near[31 - Math.clz32(low)]!;
      let target: JoinRel | undefined;
      for (let sub = (mask - 1) & mask; sub > 0; sub = (sub - 1) & mask) {
        const rest = mask ^ sub;
        // Each unordered pair once: the half with the lowest bit comes first.
        if ((sub & low) === 0) continue;
        const a = table[sub];
        const b = table[rest];
        if (a === undefined || b === undefined || (reach[sub]! & rest) === 0) continue;
        if (++pairs > exactPairsMax) return false;
        const legality = this.#legality(a, b);
        if (legality === undefined) continue;
        target = this.#join(a, b, legality, target);
      }
      table[mask] = target;
    }
    const whole = table[(1 << n) - 1];
    if (whole === undefined) return false;
    into.push(whole);
    return true;
  }

  /** Merges until one is left, or until no legal pair is left (a component whose LATERAL needs another one). */
  #greedy(start: readonly JoinRel[]): JoinRel[] {
    const parts = [...start];
    const scores = new Map<JoinRel, Map<JoinRel, { readonly rows: number; readonly legality: NonNullable<Legality> } | undefined>>();
    const reachOf = (rel: JoinRel): bigint => {
      let reach = 0n;
      for (const relation of this.#graph.relations) if ((relation.bit & rel.rels) !== 0n) reach |= this.#neighbours[relation.index]!;
      return reach;
    };
    const reaches = new Map(parts.map((part) => [part, reachOf(part)]));
    const score = (a: JoinRel, b: JoinRel): { readonly rows: number; readonly legality: NonNullable<Legality> } | undefined => {
      let ofA = scores.get(a);
      if (ofA === undefined) scores.set(a, (ofA = new Map()));
      if (ofA.has(b)) return ofA.get(b);
      const legality = this.#legality(a, b);
      const found = legality === undefined ? undefined : { rows: this.#joinRows(a, b, legality), legality };
      ofA.set(b, found);
      return found;
    };
    while (parts.length > 1) {
      let best: { a: number; b: number; rows: number; legality: NonNullable<Legality> } | undefined;
      for (const needsEdge of [true, false]) {
        for (let a = 0; a < parts.length; a++) {
          for (let b = a + 1; b < parts.length; b++) {
            if (needsEdge && (reaches.get(parts[a]!)! & parts[b]!.rels) === 0n) continue;
            const found = score(parts[a]!, parts[b]!);
            if (found !== undefined && (best === undefined || found.rows < best.rows)) best = { a, b, ...found };
          }
        }
        if (best !== undefined) break;
      }
      if (best === undefined) break;
      const merged = this.#join(parts[best.a]!, parts[best.b]!, best.legality, undefined);
      parts.splice(best.b, 1);
      parts.splice(best.a, 1, merged);
      reaches.set(merged, reachOf(merged));
    }
    return parts;
  }

  /** O1. */
  #legality(a: JoinRel, b: JoinRel): Legality {
    let applied: { special: SpecialJoin; isSwapped: boolean } | undefined;
    const both = a.rels | b.rels;
    for (const special of this.#graph.specials) {
      const { left, right } = special;
      if ((right & both) === 0n) {
        // The right side is not here; but the left side of a full join may not be joined with anything else first.
        if (special.join === 'full' && (left & both) !== 0n && (both & ~left) !== 0n) return undefined;
        continue;
      }
      const isDoneIn = (rels: bigint): boolean => (rels & right) === right && (rels & left) === left;
      if (isDoneIn(a.rels) || isDoneIn(b.rels)) continue;
      if ((both & ~right) === 0n) continue;
      if (special.join === 'full') {
        if ((both & ~left) === 0n) continue;
        if (a.rels === left && b.rels === right) applied = { special, isSwapped: false };
        else if (b.rels === left && a.rels === right) applied = { special, isSwapped: true };
        else return undefined;
        continue;
      }
      if (b.rels === right && (a.rels & left) === left) {
        if (applied !== undefined) return undefined;
        applied = { special, isSwapped: false };
      } else if (a.rels === right && (b.rels & left) === left) {
        if (applied !== undefined) return undefined;
        applied = { special, isSwapped: true };
      } else return undefined;
    }
    // LATERAL: one side may read the other, not both each other; what it reads elsewhere must come later from the left.
    const needsOf = (rel: JoinRel): bigint => rel.paths.reduce((needs, path) => needs & path.requires, -1n);
    const aNeeds = needsOf(a);
    const bNeeds = needsOf(b);
    if ((aNeeds & b.rels) !== 0n && (bNeeds & a.rels) !== 0n) return undefined;
    if (applied !== undefined) {
      const [left, right] = applied.isSwapped ? [b, a] : [a, b];
      if ((needsOf(left) & right.rels) !== 0n) return undefined;
      if (applied.special.join === 'full' && needsOf(right) !== 0n) return undefined;
      return applied;
    }
    return 'inner';
  }

  // ----------------------------------------------------------------------------------------------------------- one join

  /** Predicates first complete here (O2), and one clause per class that spans the sides. */
  #predicatesAt(a: JoinRel, b: JoinRel): BoundExpression[] {
    const both = a.rels | b.rels;
    const found: BoundExpression[] = [];
    for (const { expression, rels } of this.#graph.predicates) {
      if ((rels & ~both) === 0n && (rels & ~a.rels) !== 0n && (rels & ~b.rels) !== 0n) found.push(expression);
    }
    for (const c of this.#graph.classes) {
      if (c.constant !== undefined) continue;
      const left = c.members.find((member) => (member.rels & a.rels) !== 0n);
      const right = c.members.find((member) => (member.rels & b.rels) !== 0n);
      if (left !== undefined && right !== undefined) found.push(this.#clause(c, left, right));
    }
    return found;
  }

  #joinRows(a: JoinRel, b: JoinRel, legality: NonNullable<Legality>): number {
    const known = this.#known.get(a.rels | b.rels);
    if (known !== undefined) return known.rows;
    const predicates = this.#predicatesAt(a, b);
    if (legality === 'inner') return Math.max(1, a.rows * b.rows * this.#joinSelectivity(predicates, a, b));
    const [left, right] = legality.isSwapped ? [b, a] : [a, b];
    const { special } = legality;
    const above = this.#cx.estimator.selectivityOf(predicates);
    const matches = left.rows * right.rows * this.#joinSelectivity(special.conditions, left, right);
    switch (special.join) {
      case 'left':
        return Math.max(1, Math.max(matches, left.rows) * above);
      case 'full':
        return Math.max(1, Math.max(matches, left.rows, right.rows) * above);
      default: {
        let fraction = 1;
        for (const e of special.conditions) {
          const sides = this.#sides(e, left, right);
          fraction = Math.min(fraction, sides === undefined ? Math.min(1, this.#cx.estimator.selectivity(e) * right.rows) : this.#cx.estimator.semiFraction(sides.left, sides.right, left.rows, right.rows));
        }
        return Math.max(1, left.rows * (special.join === 'semi' ? fraction : Math.max(0.05, 1 - fraction)) * above);
      }
    }
  }

  #joinSelectivity(clauses: readonly BoundExpression[], a: JoinRel, b: JoinRel): number {
    let selectivity = 1;
    for (const e of clauses) {
      const sides = this.#sides(e, a, b);
      selectivity *= sides === undefined ? this.#cx.estimator.selectivity(e) : this.#cx.estimator.joinEquality(sides.left, sides.right, a.rows, b.rows);
    }
    return selectivity;
  }

  /** The sides of an equality between a and b, undefined when `e` is not one. */
  #sides(e: BoundExpression, a: JoinRel, b: JoinRel): { readonly left: BoundExpression; readonly right: BoundExpression } | undefined {
    if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) return undefined;
    const [x, y] = e.args as [BoundExpression, BoundExpression];
    const xRels = this.#relsOf(x);
    const yRels = this.#relsOf(y);
    if (xRels === 0n || yRels === 0n || isVolatile(e)) return undefined;
    if ((xRels & ~a.rels) === 0n && (yRels & ~b.rels) === 0n) return { left: x, right: y };
    if ((xRels & ~b.rels) === 0n && (yRels & ~a.rels) === 0n) return { left: y, right: x };
    return undefined;
  }

  #join(a: JoinRel, b: JoinRel, legality: NonNullable<Legality>, into: JoinRel | undefined): JoinRel {
    const rels = a.rels | b.rels;
    let target = into ?? this.#known.get(rels);
    if (target === undefined) {
      const semi = legality !== 'inner' && (legality.special.join === 'semi' || legality.special.join === 'anti');
      const left = legality !== 'inner' && legality.isSwapped ? b : a;
      const right = left === a ? b : a;
      const output = semi ? left.output : [...left.output, ...right.output];
      target = { rels, rows: this.#joinRows(a, b, legality), widthBytes: semi ? left.widthBytes : a.widthBytes + b.widthBytes, output, paths: [] };
      this.#known.set(rels, target);
    }
    const predicates = this.#predicatesAt(a, b);
    if (legality === 'inner') {
      this.#methods(target, 'inner', a, b, predicates, [], false);
      this.#methods(target, 'inner', b, a, predicates, [], false);
    } else {
      const [left, right] = legality.isSwapped ? [b, a] : [a, b];
      const { special } = legality;
      this.#methods(target, special.join, left, right, special.conditions, predicates, special.nullAware);
      // A left join may as well build on its left side and probe with the right one.
      if (special.join === 'left') this.#methods(target, 'right', right, left, special.conditions, predicates, false);
      if (special.join === 'semi') this.#uniqueInner(target, left, right, special.conditions, predicates);
    }
    assert(target.paths.length > 0, 'no path joins two relations');
    return target;
  }

  /** Adds the paths of all methods that join `a` (outer) with `b` (inner). */
  #methods(target: JoinRel, join: JoinType, a: JoinRel, b: JoinRel, conditions: readonly BoundExpression[], above: readonly BoundExpression[], nullAware: boolean): void {
    const { enabled } = this.#cx;
    const keys: { left: BoundExpression; right: BoundExpression; clause: BoundExpression }[] = [];
    for (const clause of conditions) {
      const sides = this.#sides(clause, a, b);
      if (sides !== undefined && this.#isHashable(sides.left, sides.right)) keys.push({ ...sides, clause });
    }
    const residual = conditions.filter((e) => !keys.some((key) => key.clause === e));
    const outer = standalone(a.paths, b.rels);
    if (outer.length === 0) return;
    const plainInner = standalone(b.paths, a.rels);
    if (keys.length > 0 && plainInner.length > 0) this.#hashJoins(target, join, outer, plainInner, keys, residual, above, nullAware);
    if (nullAware) return;
    if (keys.length > 0 && plainInner.length > 0 && enabled.mergeJoin && !this.#cx.isDisabled('merge-join')) this.#mergeJoins(target, join, outer, plainInner, keys, residual, above);
    if (join === 'right') return;
    if (join === 'full') {
      if (keys.length === 0) this.#nestedLoops(target, join, outer, plainInner, conditions, above);
      return;
    }
    this.#nestedLoops(target, join, outer, b.paths, conditions, above);
  }

  #isHashable(left: BoundExpression, right: BoundExpression): boolean {
    const registry = this.#cx.binder.types;
    const storageOf = (e: BoundExpression): Storage => typeInfo(baseTypeOf(e.type, registry).oid, registry).storage;
    const a = storageOf(left);
    const b = storageOf(right);
    if (a !== b) return integers.has(a) && integers.has(b);
    if (a === 'record') return areOfOneComposite(left, right);
    return a !== 'array' && a !== 'range' && a !== 'multirange' ? a !== 'none' : left.type.oid === right.type.oid;
  }

  /** `order` is the useful part of it. */
  #finish(target: JoinRel, path: Pick<Path, 'startup' | 'total' | 'order' | 'requires'> & { readonly fixed: () => Path['fixed']; readonly build: (estimate: Estimate) => PhysicalPlan }, above: readonly BoundExpression[]): void {
    // Reading other relations is for the right side of a loop; such a join is worth keeping only where nothing else will do.
    if (path.requires !== 0n && (target.rels & ~this.#parameterizable) !== 0n) return;
    const { costs } = this.#cx;
    const { rows, widthBytes } = target;
    const total = path.total + rows * costs.tuple + (above.length === 0 ? 0 : rows * conjunctsCost(above, costs));
    const { startup, order, requires } = path;
    if (!isWorthAdding(target.paths, { rows, total, startup, order, requires })) return;
    const estimate: Estimate = { rows: Math.round(rows), startupCost: startup, totalCost: total, widthBytes: Math.round(widthBytes) };
    addPath(target.paths, {
      rows, widthBytes, startup, total, order, fixed: path.fixed(), requires, applied: nothingApplied,
      build: once((): PhysicalPlan => {
        const plan = path.build(estimate);
        const condition = conjunction(above);
        return condition === undefined ? plan : { kind: 'filter', output: plan.output, estimate, input: plan, condition };
      }),
    });
  }

  #hashJoins(
    target: JoinRel, join: JoinType, outer: readonly Path[], inner: readonly Path[],
    keys: readonly { left: BoundExpression; right: BoundExpression }[], residual: readonly BoundExpression[], above: readonly BoundExpression[], nullAware: boolean,
  ): void {
    const { costs, enabled } = this.#cx;
    const build = cheapestTotal(inner);
    const penalty = enabled.hashJoin ? 0 : disabledCost;
    const condition = conjunction(residual);
    const tested = conjunctsCost(residual, costs);
    for (const probe of candidatesOf(outer)) {
      const requires = probe.requires | build.requires;
      const hash = hashCost(build.rows, build.widthBytes, probe.rows, keys.length, costs);
      const saved = savedByKeys(join, probe, build, keys);
      const startup = probe.startup - saved + build.total + hash.build + penalty;
      const matched = Math.max(target.rows, 1);
      const total = probe.total - saved + build.total + hash.build + hash.probe + matched * tested + penalty;
      // Probing keeps the outer order, unless unmatched build rows come at the end.
      const order = join === 'right' || join === 'full' ? noOrder : this.#usefulOrder(probe.order, target.rels);
      this.#finish(target, {
        startup, total, order, fixed: () => join === 'inner' ? [...probe.fixed, ...build.fixed] : join === 'right' || join === 'full' ? [] : probe.fixed, requires,
        build: (estimate) => {
          const left = probe.build();
          const right = build.build();
          return {
            kind: 'hashJoin', output: outputOf(join, left, right), estimate, join, left, right, leftKeys: keys.map((key) => key.left), rightKeys: keys.map((key) => key.right),
            residual: condition, nullAware,
          };
        },
      }, above);
    }
  }

  #mergeJoins(
    target: JoinRel, join: JoinType, outer: readonly Path[], inner: readonly Path[],
    keys: readonly { left: BoundExpression; right: BoundExpression }[], residual: readonly BoundExpression[], above: readonly BoundExpression[],
  ): void {
    // Orders that one side has already are worth following; sorting both sides is the fallback, kept when its order is wanted.
    const mergeable = keys.filter((key) => key.left.type.oid === key.right.type.oid);
    if (mergeable.length !== keys.length) return;
    const cx = this.#cx;
    const sortKeys = (list: readonly BoundExpression[]): SortKey[] => list.map((expression) => ({ expression, descending: false, nullsFirst: false, collation: undefined }));
    const isHashless = !cx.enabled.hashJoin;
    const arrangements: (typeof keys)[] = [keys];
    for (const path of [...outer, ...inner]) {
      const arranged = arrange(keys, path.order);
      if (arranged !== undefined && !arrangements.some((known) => known.every((key, i) => key === arranged[i]))) arrangements.push(arranged);
    }
    for (const arranged of arrangements) {
      if (!isHashless && arranged === keys && !outer.some((path) => path.order.length > 0) && !inner.some((path) => path.order.length > 0)) continue;
      const leftKeys = sortKeys(arranged.map((key) => key.left));
      const rightKeys = sortKeys(arranged.map((key) => key.right));
      const left = cheapestSorted(cx, outer, leftKeys);
      const right = cheapestSorted(cx, inner, rightKeys);
      const total = left.total + right.total + (left.rows + right.rows) * (cx.costs.operator * keys.length + cx.costs.apart) + target.rows * conjunctsCost(residual, cx.costs) + (cx.enabled.mergeJoin ? 0 : disabledCost);
      const both: OrderKey[] = leftKeys.map((key, i) => ({
        expressions: join === 'inner' ? [key.expression, rightKeys[i]!.expression] : [key.expression], descending: false, nullsFirst: false, notNull: join === 'inner',
      }));
      this.#finish(target, {
        startup: left.startup + right.startup, total, order: join === 'full' || join === 'right' ? noOrder : this.#usefulOrder(both, target.rels), fixed: () => [], requires: left.requires | right.requires,
        build: (estimate) => {
          const l = left.build();
          const r = right.build();
          return { kind: 'mergeJoin', output: outputOf(join, l, r), estimate, join, left: l, right: r, leftKeys, rightKeys, residual: conjunction(residual) };
        },
      }, above);
    }
  }

  #nestedLoops(target: JoinRel, join: JoinType, outer: readonly Path[], inner: readonly Path[], conditions: readonly BoundExpression[], above: readonly BoundExpression[]): void {
    const cx = this.#cx;
    const { costs, enabled } = cx;
    const penalty = enabled.nestedLoop ? 0 : disabledCost;
    const outerRels = target.rels;
    const conditionsCost = conjunctsCost(conditions, costs);
    for (const left of candidatesOf(outer)) {
      const order = join === 'full' ? noOrder : this.#usefulOrder(left.order, target.rels);
      for (const right of inner) {
        const isLateral = (right.requires & outerRels) !== 0n;
        const requires = left.requires | (right.requires & ~outerRels);
        if (requires !== 0n && (outerRels & ~this.#parameterizable) !== 0n) continue;
        const rest = right.applied.size === 0 ? conditions : conditions.filter((e) => !right.applied.has(e));
        // An index scan that used a clause of a predicate still to be applied above has applied it.
        const stillAbove = right.applied.size === 0 ? above : above.filter((e) => !right.applied.has(e));
        const loops = Math.max(1, left.rows);
        // A semi or anti join stops at the first match.
        const share = join === 'semi' || join === 'anti' ? 0.5 : 1;
        let innerCost: number;
        let isMaterialized = false;
        if (isLateral) innerCost = loops * (right.startup + (right.total - right.startup) * share);
        else {
          const rescan = right.rows * costs.operator * 0.5;
          const again = right.total + Math.max(0, loops - 1) * rescan + right.rows * costs.operator;
          const naive = loops * right.total;
          isMaterialized = enabled.material && loops > 1 && again < naive;
          innerCost = isMaterialized ? again : naive;
        }
        const compared = loops * right.rows * share * (rest === conditions ? conditionsCost : conjunctsCost(rest, costs));
        const startup = left.startup + right.startup + penalty;
        const total = left.total + innerCost + compared + penalty;
        this.#finish(target, {
          startup, total, order, fixed: () => join === 'inner' ? [...left.fixed, ...(isLateral ? [] : right.fixed)] : left.fixed, requires,
          build: (estimate) => {
            const l = left.build();
            const built = right.build();
            const r: PhysicalPlan = isMaterialized && built.kind !== 'values' && built.kind !== 'materialize' ? { kind: 'materialize', output: built.output, estimate: built.estimate, input: built } : built;
            return { kind: 'nestedLoop', output: outputOf(join, l, r), estimate, join, left: l, right: r, condition: conjunction(rest), isLateral };
          },
        }, stillAbove);
      }
    }
  }

  /** A semi join as an inner join from the distinct right side: pays when that drives an index of a large left side. */
  #uniqueInner(target: JoinRel, left: JoinRel, right: JoinRel, conditions: readonly BoundExpression[], above: readonly BoundExpression[]): void {
    const cx = this.#cx;
    if (cx.isDisabled('unique-inner') || conditions.length === 0) return;
    const on: BoundExpression[] = [];
    for (const e of conditions) {
      const sides = this.#sides(e, left, right);
      if (sides === undefined || sides.left.type.oid !== sides.right.type.oid) return;
      on.push(sides.right);
    }
    const driven = left.paths.filter((path) => (path.requires & right.rels) !== 0n);
    if (driven.length === 0) return;
    const source = cheapestTotal(standalone(right.paths, left.rels));
    const rows = cx.estimator.groups(on, source.rows);
    const total = source.total + source.rows * cx.costs.operator * (on.length + 1);
    const unique: Path = {
      ...source, rows, startup: total, total, order: [], applied: nothingApplied,
      build: once((): PhysicalPlan => {
        const input = source.build();
        const estimate = { rows: Math.round(rows), startupCost: total, totalCost: total, widthBytes: input.estimate.widthBytes };
        return { kind: 'distinct', output: input.output, estimate, input, on, strategy: 'hash' };
      }),
    };
    this.#nestedLoops(target, 'inner', [unique], driven, conditions, above);
  }
}

/** Paths that need no other relation's row; failing that (LATERAL), those that need none of `rels`. */
function standalone(paths: readonly Path[], rels: bigint): readonly Path[] {
  const free = paths.filter((path) => path.requires === 0n);
  return free.length > 0 ? free : paths.filter((path) => (path.requires & rels) === 0n);
}

function withOrder(path: Path, order: readonly OrderKey[]): Path {
  return order === path.order ? path : { ...path, order };
}

const integers = new Set<Storage>(['int2', 'int4', 'int8']);

const outputOf = (join: JoinType, left: PhysicalPlan, right: PhysicalPlan): readonly PlanColumn[] => (join === 'semi' || join === 'anti' ? left.output : [...left.output, ...right.output]);

/** The cheapest path and those whose order might be worth keeping. */
function candidatesOf(paths: readonly Path[]): readonly Path[] {
  return paths.length <= 3 ? paths : [...new Set([cheapestTotal(paths), ...paths.filter((path) => path.order.length > 0)])].slice(0, 4);
}

/** The keys in the order a path is sorted by, when it is sorted ascending by all of them first. */
function arrange<T extends { readonly left: BoundExpression; readonly right: BoundExpression }>(keys: readonly T[], order: readonly OrderKey[]): T[] | undefined {
  if (order.length < keys.length) return undefined;
  const arranged: T[] = [];
  for (let i = 0; i < keys.length; i++) {
    const key = order[i]!;
    if (key.descending || (key.nullsFirst && !key.notNull)) return undefined;
    const match = keys.find((candidate) => key.expressions.includes(candidate.left) || key.expressions.includes(candidate.right) || key.expressions.some((e) => e.kind === 'column' && ((candidate.left.kind === 'column' && candidate.left.id === e.id) || (candidate.right.kind === 'column' && candidate.right.id === e.id))));
    if (match === undefined || arranged.includes(match)) return undefined;
    arranged.push(match);
  }
  return arranged;
}
