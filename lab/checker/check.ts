/**
 * Which anomalies a history shows, and which level it satisfies. Adya's phenomena as cycles:
 *
 *   G0              ww only                          G1c   ww and wr, at least one wr
 *   G-single        exactly one rw                   lost update   one rw and one ww over the same key
 *   G-nonadjacent   several rw, never two in a row   long fork     two writers, two readers, who see them in different orders
 *   G2-item, G2     any rw; G2 when one of them is over a predicate
 *
 * A history is serializable when its graph has no cycle, and then any topological order is an equivalent serial order. Snapshot isolation forbids
 * everything but cycles with two adjacent rw (Cerone, Gotsman 2016), so its test walks the graph with the kind of the last edge as part of the state.
 *
 * Cost: one pass for the graph, one for the components; only components of more than one transaction are searched, breadth-first from each of their rw
 * edges, with a budget; `isComplete` says whether it sufficed.
 */
import { EdgeKind, anyEdge, antidependency, dependency, type Graph } from './graph.js';
import type { History } from './history.js';
import { infer, type DirectAnomaly } from './infer.js';

export type CycleKind = 'G0' | 'G1c' | 'lost update' | 'G-single' | 'long fork' | 'G-nonadjacent' | 'G2-item' | 'G2';
export type HistoryLevel = 'none' | 'read uncommitted' | 'read committed' | 'snapshot isolation' | 'serializable';

export interface CycleStep {
  /** Ids of transactions. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'ww' | 'wr' | 'rw' | 'predicate rw';
  readonly key: string;
}
export interface CycleAnomaly {
  readonly kind: CycleKind;
  /** The shortest one found of its kind. */
  readonly cycle: readonly CycleStep[];
}

export interface CheckResult {
  readonly transactionCount: number;
  readonly edgeCount: number;
  readonly direct: readonly DirectAnomaly[];
  readonly cycles: readonly CycleAnomaly[];
  /** The strongest level whose rules the history keeps. */
  readonly level: HistoryLevel;
  /** Ids of the committed transactions in an equivalent serial order, when there is one. */
  readonly serialOrder: readonly number[] | undefined;
  readonly isComplete: boolean;
}

const searchBudget = 30_000_000;

export function checkHistory(history: History): CheckResult {
  const { graph, keys, direct } = infer(history);
  const whole = graph.components(anyEdge);
  const search = new CycleSearch(graph, whole.component);
  const found = new Map<CycleKind, readonly number[]>();
  if (whole.sizes.some((size) => size > 1)) {
    search.dependencyCycles(found);
    search.antidependencyCycles(found, whole.sizes);
  }
  const cycles = [...found].map(([kind, edges]) => ({
    kind,
    cycle: edges.map((e) => {
      const edge = graph.edge(e);
      return { from: history[edge.from]!.id, to: history[edge.to]!.id, kind: kindName(edge.kind), key: keys[edge.key]! };
    }),
  }));
  return {
    transactionCount: history.length, edgeCount: graph.edgeCount, direct, cycles, level: levelOf(direct, found),
    serialOrder: found.size > 0 || direct.length > 0 ? undefined : serialOrder(history, whole.component), isComplete: search.budget > 0,
  };
}

function kindName(kind: number): CycleStep['kind'] {
  return kind === EdgeKind.ww ? 'ww' : kind === EdgeKind.wr ? 'wr' : kind === EdgeKind.rw ? 'rw' : 'predicate rw';
}

function levelOf(direct: readonly DirectAnomaly[], found: ReadonlyMap<CycleKind, unknown>): HistoryLevel {
  if (found.has('G0') || direct.some((d) => d.kind === 'duplicate version' || d.kind === 'incompatible order')) return 'none';
  if (found.has('G1c') || direct.length > 0) return 'read uncommitted';
  if (found.has('lost update') || found.has('G-single') || found.has('G-nonadjacent') || found.has('long fork')) return 'read committed';
  return found.size > 0 ? 'snapshot isolation' : 'serializable';
}

/** Components are numbered against the edges, so the highest comes first; ties cannot be, each is one transaction. */
function serialOrder(history: History, component: Int32Array): number[] {
  const byComponent = new Int32Array(history.length);
  for (let n = 0; n < history.length; n++) byComponent[component[n]!] = n;
  const order: number[] = [];
  for (let c = history.length - 1; c >= 0; c--) {
    const transaction = history[byComponent[c]!]!;
    if (transaction.status !== 'aborted') order.push(transaction.id);
  }
  return order;
}

class CycleSearch {
  readonly #graph: Graph;
  readonly #component: Int32Array;
  budget = searchBudget;

  constructor(graph: Graph, component: Int32Array) {
    this.#graph = graph;
    this.#component = component;
  }

  dependencyCycles(found: Map<CycleKind, readonly number[]>): void {
    for (const [kind, mask] of [['G0', EdgeKind.ww], ['G1c', dependency]] as const) {
      const { component, sizes } = this.#graph.components(mask);
      let best: readonly number[] | undefined;
      for (let e = 0; e < this.#graph.edgeCount && this.budget > 0; e++) {
        const from = this.#graph.from(e);
        if ((this.#graph.kind(e) & mask) === 0 || component[from] !== component[this.#graph.to(e)] || sizes[component[from]!]! < 2) continue;
        if (kind === 'G1c' && this.#graph.kind(e) !== EdgeKind.wr) continue;
        const path = this.#path(this.#graph.to(e), from, mask, component);
        if (path !== undefined && (best === undefined || path.length + 1 < best.length)) best = [e, ...path];
        if (best?.length === 2) break;
      }
      if (best !== undefined) found.set(kind, best);
    }
  }

  antidependencyCycles(found: Map<CycleKind, readonly number[]>, sizes: readonly number[]): void {
    const keep = (kind: CycleKind, cycle: readonly number[]): void => {
      const known = found.get(kind);
      if (known === undefined || cycle.length < known.length) found.set(kind, cycle);
    };
    for (let e = 0; e < this.#graph.edgeCount && this.budget > 0; e++) {
      if ((this.#graph.kind(e) & antidependency) === 0) continue;
      const from = this.#graph.from(e);
      const to = this.#graph.to(e);
      if (this.#component[from] !== this.#component[to] || sizes[this.#component[from]!]! < 2) continue;
      const single = this.#path(to, from, dependency, this.#component);
      if (single !== undefined) {
        const cycle = [e, ...single];
        keep('G-single', cycle);
        const last = single.at(-1)!;
        if (single.length === 1 && this.#graph.kind(last) === EdgeKind.ww && this.#graph.edge(last).key === this.#graph.edge(e).key) keep('lost update', cycle);
        continue;
      }
      const apart = this.#pathApart(e);
      if (apart !== undefined) {
        keep('G-nonadjacent', apart);
        if (apart.length === 4 && apart.filter((step) => this.#graph.kind(step) === EdgeKind.wr).length === 2) keep('long fork', apart);
        continue;
      }
      const any = this.#path(to, from, anyEdge, this.#component);
      if (any === undefined) continue;
      const cycle = [e, ...any];
      keep(cycle.some((step) => this.#graph.kind(step) === EdgeKind.predicateRw) ? 'G2' : 'G2-item', cycle);
    }
  }

  /** Shortest path over edges in `mask` that stays in the component of `start`. */
  #path(start: number, goal: number, mask: number, component: Int32Array): number[] | undefined {
    const cameBy = new Map<number, number>([[start, -1]]);
    let frontier = [start];
    while (frontier.length > 0) {
      const next: number[] = [];
      for (const node of frontier) {
        let isThere = false;
        this.#graph.forEachOut(node, mask, (e) => {
          this.budget--;
          const to = this.#graph.to(e);
          if (isThere || component[to] !== component[start] || cameBy.has(to)) return;
          cameBy.set(to, e);
          next.push(to);
          if (to === goal) isThere = true;
        });
        if (isThere) {
          const path: number[] = [];
          for (let at = goal; at !== start; at = this.#graph.from(path[0]!)) path.unshift(cameBy.get(at)!);
          return path;
        }
      }
      if (this.budget <= 0) return undefined;
      frontier = next;
    }
    return undefined;
  }

  /** Shortest closed walk through the rw edge `first` in which no two rw edges meet. State: node, and whether an rw edge led to it. */
  #pathApart(first: number): number[] | undefined {
    const goal = this.#graph.from(first);
    const start = this.#graph.to(first) * 2 + 1;
    const cameBy = new Map<number, readonly [state: number, edge: number]>([[start, [-1, -1]]]);
    let frontier = [start];
    while (frontier.length > 0 && this.budget > 0) {
      const next: number[] = [];
      for (const state of frontier) {
        const cameByRw = state % 2 === 1;
        let end: number | undefined;
        this.#graph.forEachOut(state >> 1, cameByRw ? dependency : anyEdge, (e) => {
          this.budget--;
          const to = this.#graph.to(e);
          if (end !== undefined || this.#component[to] !== this.#component[goal]) return;
          const isRw = (this.#graph.kind(e) & antidependency) !== 0;
          const reached = to * 2 + (isRw ? 1 : 0);
          if (cameBy.has(reached)) return;
          cameBy.set(reached, [state, e]);
          if (to === goal && !isRw) end = reached;
          next.push(reached);
        });
        if (end !== undefined) {
          const path: number[] = [];
          for (let at = end; at !== start; at = cameBy.get(at)![0]) path.unshift(cameBy.get(at)![1]);
          return [first, ...path];
        }
      }
      frontier = next;
    }
    return undefined;
  }
}

/** `T4 -rw(x)-> T7 -wr(y)-> T4`. */
export function describeCycle(cycle: readonly CycleStep[]): string {
  return cycle.map((step) => `T${step.from} -${step.kind}(${step.key})-> `).join('') + `T${cycle[0]!.from}`;
}
