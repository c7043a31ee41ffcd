/**
 * The dependency graph of a history in flat arrays: nodes are positions of transactions, edges carry their kind. Strongly connected components by
 * Tarjan's algorithm with a stack of its own, so that a million transactions neither recurse nor allocate per node.
 */

export const EdgeKind = { ww: 1, wr: 2, rw: 4, predicateRw: 8 } as const;
export type EdgeMask = number;
export const anyEdge: EdgeMask = 15;
export const dependency: EdgeMask = EdgeKind.ww | EdgeKind.wr;
export const antidependency: EdgeMask = EdgeKind.rw | EdgeKind.predicateRw;

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  /** Number of the key, for explanations. */
  readonly key: number;
}

export class Graph {
  readonly nodeCount: number;
  edgeCount = 0;
  #from = new Int32Array(1024);
  #to = new Int32Array(1024);
  #kind = new Uint8Array(1024);
  #key = new Int32Array(1024);
  /** Out-edges by node: `#order[#first[n] .. #first[n + 1])`. */
  #first = new Int32Array(0);
  #order = new Int32Array(0);

  constructor(nodeCount: number) {
    this.nodeCount = nodeCount;
  }

  add(from: number, to: number, kind: number, key: number): void {
    if (from === to || from < 0 || to < 0) return;
    if (this.edgeCount === this.#from.length) {
      this.#from = grown(this.#from, new Int32Array(this.edgeCount * 2));
      this.#to = grown(this.#to, new Int32Array(this.edgeCount * 2));
      this.#kind = grown(this.#kind, new Uint8Array(this.edgeCount * 2));
      this.#key = grown(this.#key, new Int32Array(this.edgeCount * 2));
    }
    const e = this.edgeCount++;
    this.#from[e] = from;
    this.#to[e] = to;
    this.#kind[e] = kind;
    this.#key[e] = key;
  }

  /** Call once after the last `add`. */
  seal(): void {
    const first = new Int32Array(this.nodeCount + 1);
    for (let e = 0; e < this.edgeCount; e++) first[this.#from[e]! + 1]!++;
    for (let n = 0; n < this.nodeCount; n++) first[n + 1]! += first[n]!;
    const at = first.slice();
    const order = new Int32Array(this.edgeCount);
    for (let e = 0; e < this.edgeCount; e++) order[at[this.#from[e]!]!++] = e;
    this.#first = first;
    this.#order = order;
  }

  edge(e: number): Edge {
    return { from: this.#from[e]!, to: this.#to[e]!, kind: this.#kind[e]!, key: this.#key[e]! };
  }
  to(e: number): number {
    return this.#to[e]!;
  }
  from(e: number): number {
    return this.#from[e]!;
  }
  kind(e: number): number {
    return this.#kind[e]!;
  }

  /** Calls `visit` with each out-edge of `node` whose kind is in `mask`. */
  forEachOut(node: number, mask: EdgeMask, visit: (e: number) => void): void {
    for (let i = this.#first[node]!; i < this.#first[node + 1]!; i++) {
      const e = this.#order[i]!;
      if ((this.#kind[e]! & mask) !== 0) visit(e);
    }
  }

  /**
   * Components over the edges in `mask`. `component[n]` numbers them so that every edge between two components leads to the lower number; `sizes` by
   * component. Linear.
   */
  components(mask: EdgeMask): { readonly component: Int32Array; readonly sizes: readonly number[] } {
    const n = this.nodeCount;
    const index = new Int32Array(n).fill(-1);
    const low = new Int32Array(n);
    const component = new Int32Array(n).fill(-1);
    const stack = new Int32Array(n);
    const path = new Int32Array(n);
    const next = new Int32Array(n);
    const sizes: number[] = [];
    let stackLength = 0;
    let counter = 0;
    for (let root = 0; root < n; root++) {
      if (index[root] !== -1) continue;
      let depth = 0;
      path[0] = root;
      index[root] = low[root] = counter++;
      next[root] = this.#first[root]!;
      stack[stackLength++] = root;
      while (depth >= 0) {
        const v = path[depth]!;
        if (next[v]! < this.#first[v + 1]!) {
          const e = this.#order[next[v]!++]!;
          if ((this.#kind[e]! & mask) === 0) continue;
          const w = this.#to[e]!;
          if (index[w] === -1) {
            index[w] = low[w] = counter++;
            next[w] = this.#first[w]!;
            stack[stackLength++] = w;
            path[++depth] = w;
          } else if (component[w] === -1 && index[w]! < low[v]!) low[v] = index[w]!;
          continue;
        }
        if (low[v] === index[v]) {
          let size = 0;
          for (let w = -1; w !== v; size++) {
            w = stack[--stackLength]!;
            component[w] = sizes.length;
          }
          sizes.push(size);
        }
        depth--;
        if (depth >= 0 && low[v]! < low[path[depth]!]!) low[path[depth]!] = low[v]!;
      }
    }
    return { component, sizes };
  }
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
