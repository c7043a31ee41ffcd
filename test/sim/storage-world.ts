/**
 * A model of what a store must hold, and a generator of commits for it. The model keeps the state after every CSN, so that after a crash
 * the recovered store can be compared with the one prefix of history that its last CSN names.
 */
import type { Lsn, TreeId } from '../../base/ids.js';
import { csn, treeId } from '../../base/ids.js';
import type { Prng } from '../../base/prng.js';
import type { BTree } from '../../storage/tree/btree.js';
import type { BulkSource } from '../../storage/tree/bulk-build.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import type { BuiltTree, Store } from '../../storage/store.js';

/** Trees by id; entries by key, both as latin1 strings. */
export type State = Map<number, Map<string, string>>;

export type Change =
  | { readonly kind: 'put'; readonly tree: number; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly tree: number; readonly key: string }
  | { readonly kind: 'create'; readonly tree: number }
  | { readonly kind: 'drop'; readonly tree: number }
  | { readonly kind: 'build'; readonly tree: number; readonly entries: readonly (readonly [string, string])[] };

export interface WorldOptions {
  /** How many different keys per tree. */
  readonly keyCount: number;
  readonly valueLengthMax: number;
  readonly changesMax: number;
  readonly treeCountMax: number;
  /** Of 100 changes, how many delete, create a tree, drop one, build one. */
  readonly deletes: number;
  readonly creates: number;
  readonly drops: number;
  readonly builds: number;
}

export const defaultWorld: WorldOptions = { keyCount: 24, valueLengthMax: 40, changesMax: 4, treeCountMax: 3, deletes: 25, creates: 4, drops: 3, builds: 0 };

const encoder = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export class World {
  readonly options: WorldOptions;
  /** `history[n]` is the state after commit n + firstCsn; states are shared structures, never changed. */
  #states = new Map<number, State>([[0, new Map()]]);
  current: State = new Map();
  lastCsn = 0;
  ackedCsn = 0;
  #nextValue = 0;

  constructor(options: WorldOptions) {
    this.options = options;
  }

  /** A random commit for the current state. `newTree` hands out ids. */
  generate(prng: Prng, newTree: () => number): Change[] {
    const changes: Change[] = [];
    const trees = new Set(this.current.keys());
    const count = 1 + prng.below(this.options.changesMax);
    for (let i = 0; i < count; i++) changes.push(this.#generateOne(prng, trees, newTree));
    return changes;
  }

  #generateOne(prng: Prng, trees: Set<number>, newTree: () => number): Change {
    const options = this.options;
    const dice = prng.below(100);
    if (trees.size === 0 || (dice < options.creates && trees.size < options.treeCountMax)) {
      const tree = newTree();
      trees.add(tree);
      return { kind: 'create', tree };
    }
    if (dice >= 100 - options.builds && trees.size < options.treeCountMax) return this.#generateBuild(prng, trees, newTree());
    const tree = [...trees][prng.below(trees.size)]!;
    if (dice < options.creates + options.drops && trees.size > 1) {
      trees.delete(tree);
      return { kind: 'drop', tree };
    }
    const key = this.#key(prng);
    if (dice < options.creates + options.drops + options.deletes) return { kind: 'delete', tree, key };
    return { kind: 'put', tree, key, value: this.#value(prng) };
  }

  #generateBuild(prng: Prng, trees: Set<number>, tree: number): Change {
    trees.add(tree);
    const keys = new Set<string>();
    for (let i = prng.below(this.options.keyCount * 2); i > 0; i--) keys.add(this.#key(prng));
    return { kind: 'build', tree, entries: [...keys].sort().map((key) => [key, this.#value(prng)] as const) };
  }

  #key(prng: Prng): string {
    const n = prng.below(this.options.keyCount);
    return `k${String(n).padStart(4, '0')}`;
  }
  #value(prng: Prng): string {
    const length = prng.below(this.options.valueLengthMax + 1);
    return `${++this.#nextValue}:`.padEnd(length, String.fromCharCode(97 + (this.#nextValue % 26)));
  }

  /** The model's part of a commit; the next one is `lastCsn + 1`. */
  commit(changes: readonly Change[]): number {
    const next: State = new Map(this.current);
    const copied = new Set<number>();
    const treeOf = (id: number): Map<string, string> => {
      if (!copied.has(id)) next.set(id, new Map(next.get(id)));
      copied.add(id);
      return next.get(id)!;
    };
    for (const change of changes) {
      if (change.kind === 'create') treeOf(change.tree);
      else if (change.kind === 'drop') next.delete(change.tree);
      else if (change.kind === 'put') treeOf(change.tree).set(change.key, change.value);
      else if (change.kind === 'delete') treeOf(change.tree).delete(change.key);
      else for (const [key, value] of change.entries) treeOf(change.tree).set(key, value);
      if (change.kind === 'build') treeOf(change.tree);
    }
    this.current = next;
    this.#states.set(++this.lastCsn, next);
    return this.lastCsn;
  }

  stateAt(n: number): State | undefined {
    return this.#states.get(n);
  }

  /** After recovery: history ends at `n`, which is now durable. */
  truncateTo(n: number): void {
    this.current = this.#states.get(n)!;
    this.#states = new Map([[n, this.current]]);
    this.lastCsn = n;
    this.ackedCsn = n;
  }
}

/** Applies a commit to a store; resolves when it is durable. */
export function applyCommit(store: Store, n: number, changes: readonly Change[]): Promise<void> {
  return store.flushed(applyCommitUnflushed(store, n, changes, buildTrees(store, n, changes)));
}

/** The trees that a commit will attach, built but private: what comes before the slice of the commit and may fail without harm. */
export function buildTrees(store: Store, n: number, changes: readonly Change[]): ReadonlyMap<number, BuiltTree> {
  return new Map(changes.filter((c) => c.kind === 'build').map((c) => [c.tree, buildFrom(store, c.tree, c.entries, n)]));
}

/** One commit in eight looks for its keys before it changes them: a look at a leaf changes what a crash finds, so most go without. Undefined: this one does not, or the disk has failed, which the writer is to find out. */
function soughtBefore(n: number, tree: BTree, key: Uint8Array, ref: LeafRef): boolean | undefined {
  if (n % 8 !== 0) return undefined;
  try {
    return tree.seek(key, key.length, ref);
  } catch {
    return undefined;
  }
}

export function applyCommitUnflushed(store: Store, n: number, changes: readonly Change[], built: ReadonlyMap<number, BuiltTree>): Lsn {
  const writer = store.beginCommit(csn(n));
  const sought = new LeafRef();
  for (const change of changes) {
    switch (change.kind) {
      case 'put': {
        const key = encoder(change.key);
        const value = encoder(change.value);
        const tree = store.tree(treeId(change.tree));
        const isThere = soughtBefore(n, tree, key, sought);
        if (isThere === undefined) writer.put(tree, key, 0, key.length, value, 0, value.length);
        else {
          // The value in the middle of a larger array, so that its offset counts.
          const padded = new Uint8Array(value.length + 6);
          padded.set(value, 3);
          writer.putSought(tree, sought, isThere, key, key.length, padded, 3, value.length);
        }
        break;
      }
      case 'delete': {
        const key = encoder(change.key);
        const tree = store.tree(treeId(change.tree));
        const isThere = soughtBefore(n, tree, key, sought);
        if (isThere === undefined) writer.delete(tree, key, 0, key.length);
        else if (isThere) writer.deleteSought(tree, sought, key, key.length);
        sought.release();
        break;
      }
      case 'create':
        writer.createTree(treeId(change.tree));
        break;
      case 'drop':
        writer.dropTree(treeId(change.tree));
        break;
      case 'build':
        writer.attachTree(built.get(change.tree)!);
        break;
    }
  }
  return writer.finish();
}

export function buildFrom(store: Store, tree: number, entries: readonly (readonly [string, string])[], n: number): ReturnType<Store['buildTree']> {
  return store.buildTree(treeId(tree), entriesOf(entries), csn(n));
}

export function entriesOf(entries: readonly (readonly [string, string])[]): BulkSource {
  let at = -1;
  const empty = new Uint8Array(0);
  const source: BulkSource = {
    key: empty,
    keyOffset: 0,
    keyLength: 0,
    value: empty,
    valueOffset: 0,
    valueLength: 0,
    next(): boolean {
      const entry = entries[++at];
      if (entry === undefined) return false;
      source.key = encoder(entry[0]);
      source.keyLength = source.key.length;
      source.value = encoder(entry[1]);
      source.valueLength = source.value.length;
      return true;
    },
  };
  return source;
}

const ref = new LeafRef();

/** Everything in the trees `ids` of a store. */
export function readState(store: Store, ids: Iterable<number>): State {
  const state: State = new Map();
  for (const id of ids) {
    if (!store.hasTree(treeId(id))) continue;
    state.set(id, readTree(store, treeId(id)));
  }
  return state;
}

export function readTree(store: Store, id: TreeId): Map<string, string> {
  const entries = new Map<string, string>();
  const tree = store.tree(id);
  tree.seekFirst(ref);
  try {
    do {
      for (let slot = 0; slot < ref.count; slot++) {
        const value = ref.isOverflow(slot)
          ? Buffer.from(ref.readOverflow(slot)).toString('latin1')
          : Buffer.from(ref.u8.buffer, ref.u8.byteOffset + ref.valueOffset(slot), ref.valueLength(slot)).toString('latin1');
        entries.set(ref.keyAt(slot), value);
      }
    } while (tree.nextLeaf(ref));
  } finally {
    ref.release();
  }
  return entries;
}

/** The first difference between two states, or undefined. */
export function difference(expected: State, actual: State): string | undefined {
  for (const id of new Set([...expected.keys(), ...actual.keys()])) {
    const want = expected.get(id);
    const have = actual.get(id);
    if (want === undefined) return `tree ${id} should not exist`;
    if (have === undefined) return `tree ${id} is missing`;
    for (const key of new Set([...want.keys(), ...have.keys()])) {
      if (want.get(key) !== have.get(key)) return `tree ${id} key ${key}: expected ${want.get(key)}, found ${have.get(key)}`;
    }
    if ([...have.keys()].join() !== [...have.keys()].sort().join()) return `tree ${id} is out of order`;
  }
  return undefined;
}
