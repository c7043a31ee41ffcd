/**
 * An independent checker of histories: builds the whole dependency graph (Adya's DSG) of the committed transactions from what each
 * one saw and wrote, and looks for cycles. It shares no code or idea with the certifier: no snapshots are compared, nothing is
 * forgotten, every version of every item is known.
 *
 * An *item* is one thing that has versions: an entry of a tree, or the mere existence of one. A predicate read is a read of every
 * item of its range, absent ones too. Versions of an item are ordered by the commit numbers of their writers, which is the order
 * in which they were installed.
 */

/** What a transaction saw: of `item` the version current as of commit `asOf`, whose value must be `value` (undefined: absent; null: not known). */
export interface Observation {
  readonly item: string;
  readonly asOf: number;
  readonly value: string | undefined | null;
  /** A check of the newest state (uniqueness, foreign keys), which snapshot isolation does not order. */
  readonly isHidden?: boolean;
}

/** One committed transaction. */
export interface HistoryTransaction {
  readonly id: number;
  readonly csn: number;
  /** Snapshot for levels that have one for the whole transaction, else undefined. */
  readonly snapshot: number | undefined;
  readonly observations: readonly Observation[];
  /** Final value per item written, undefined for a deletion. */
  readonly writes: ReadonlyMap<string, string | undefined>;
}

interface Version {
  readonly csn: number;
  readonly writer: number;
  readonly value: string | undefined;
}

export type EdgeKind = 'wr' | 'ww' | 'rw';

export class FullGraph {
  readonly transactions: readonly HistoryTransaction[];
  readonly #versions = new Map<string, Version[]>();
  /** Per transaction index: successors with the kinds of edges that lead there. */
  readonly edges: Map<number, Set<EdgeKind>>[];
  readonly wrongReads: string[] = [];

  /** `initial`: the state before the history, item -> value. */
  constructor(transactions: readonly HistoryTransaction[], initial: ReadonlyMap<string, string>) {
    this.transactions = transactions;
    this.edges = transactions.map(() => new Map());
    const byCsn = transactions.map((_, i) => i).sort((a, b) => transactions[a]!.csn - transactions[b]!.csn);
    for (const i of byCsn) {
      const { csn, writes } = transactions[i]!;
      for (const [item, value] of writes) {
        const versions = this.#versionsOf(item, initial);
        const previous = versions[versions.length - 1]!;
        if (previous.writer >= 0) this.#add(previous.writer, i, 'ww');
        versions.push({ csn, writer: i, value });
      }
    }
    transactions.forEach((transaction, i) => {
      for (const { item, asOf, value } of transaction.observations) {
        const versions = this.#versionsOf(item, initial);
        let at = versions.length - 1;
        while (versions[at]!.csn > asOf) at--;
        const version = versions[at]!;
        if (value !== null && version.value !== value) {
          this.wrongReads.push(`transaction ${transaction.id} saw ${item} = ${value ?? 'absent'} as of ${asOf}, it was ${version.value ?? 'absent'}`);
        }
        if (version.writer >= 0) this.#add(version.writer, i, 'wr');
        const next = versions[at + 1];
        if (next !== undefined) this.#add(i, next.writer, 'rw');
      }
    });
  }

  #versionsOf(item: string, initial: ReadonlyMap<string, string>): Version[] {
    let versions = this.#versions.get(item);
    if (versions === undefined) {
      versions = [{ csn: -1, writer: -1, value: initial.get(item) }];
      this.#versions.set(item, versions);
    }
    return versions;
  }

  #add(from: number, to: number, kind: EdgeKind): void {
    if (from === to) return;
    const kinds = this.edges[from]!.get(to);
    if (kinds === undefined) this.edges[from]!.set(to, new Set([kind]));
    else kinds.add(kind);
  }

  /** Adds "committed before the other's snapshot": the graph of strict serializability. */
  addRealTime(): void {
    this.transactions.forEach((later, j) => {
      this.transactions.forEach((earlier, i) => {
        if (later.snapshot !== undefined && earlier.csn <= later.snapshot) this.#add(i, j, 'wr');
      });
    });
  }

  /** Ids of a cycle over edges of the given kinds, or undefined. */
  cycle(kinds: readonly EdgeKind[] = ['wr', 'ww', 'rw']): number[] | undefined {
    const state = new Uint8Array(this.transactions.length);
    const path: number[] = [];
    const search = (node: number): number[] | undefined => {
      state[node] = 1;
      path.push(node);
      for (const [next, has] of this.edges[node]!) {
        if (!kinds.some((kind) => has.has(kind))) continue;
        if (state[next] === 1) return path.slice(path.indexOf(next)).map((i) => this.transactions[i]!.id);
        if (state[next] === 0) {
          const found = search(next);
          if (found !== undefined) return found;
        }
      }
      state[node] = 2;
      path.pop();
      return undefined;
    };
    for (let i = 0; i < this.transactions.length; i++) {
      const found = state[i] === 0 ? search(i) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A cycle with exactly one anti-dependency (G-single: read skew, lost update), which snapshot isolation forbids. */
  cycleWithOneAntiDependency(): [number, number] | undefined {
    for (let from = 0; from < this.transactions.length; from++) {
      for (const [to, kinds] of this.edges[from]!) {
        if (kinds.has('rw') && this.#reaches(to, from)) return [this.transactions[from]!.id, this.transactions[to]!.id];
      }
    }
    return undefined;
  }

  #reaches(from: number, target: number): boolean {
    const seen = new Set([from]);
    const stack = [from];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node === target) return true;
      for (const [next, kinds] of this.edges[node]!) {
        if (seen.has(next) || !(kinds.has('wr') || kinds.has('ww'))) continue;
        seen.add(next);
        stack.push(next);
      }
    }
    return false;
  }

  /** Two concurrent writers of one item, which first-updater-wins forbids; only among transactions with a snapshot. */
  concurrentWriters(): string | undefined {
    for (const [item, versions] of this.#versions) {
      for (let i = 1; i < versions.length; i++) {
        const { writer, csn } = versions[i]!;
        const snapshot = this.transactions[writer]!.snapshot;
        const before = versions[i - 1]!;
        if (snapshot !== undefined && before.csn > snapshot) return `${item}: commits ${before.csn} and ${csn} with snapshot ${snapshot}`;
      }
    }
    return undefined;
  }
}
