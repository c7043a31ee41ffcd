/** What a transaction has changed in one tree: the view of its write set (write-set.ts) that the rest of mvcc works with. */
import { tooMuchChanged } from './byte-arena.js';
import { TreesMax } from './entry-words.js';
import { KeyOrder } from './key-order.js';
import type { KeyRun } from './key-run.js';
import type { Transaction } from '../transaction.js';
import type { VersionedTree } from '../versions/versioned-tree.js';
import type { WriteKind, WriteSet } from './write-set.js';

/** To KeyOrder it is the set of the keys with an entry. */
export class TreeWrites {
  readonly set: WriteSet;
  readonly transaction: Transaction;
  readonly tree: VersionedTree;
  /** Its place in `set.trees`. */
  readonly number: number;
  /** Keys that came in ascending order. */
  readonly run: KeyRun;
  /** Whether the run has been given up. */
  isScattered = false;
  /** Whether somebody has looked for a key, and how many keys are but listed (W5). */
  isAsked = false;
  listedCount = 0;
  /** Number of keys. */
  size = 0;
  /** Locks entered in the tree's lock map, and whether further ones are not; see row-lock.ts. */
  mappedCount = 0;
  isBulk = false;
  #order: KeyOrder | undefined = undefined;

  constructor(set: WriteSet, transaction: Transaction, tree: VersionedTree) {
    this.set = set;
    this.transaction = transaction;
    this.tree = tree;
    this.number = set.trees.length;
    if (this.number === TreesMax) throw tooMuchChanged();
    this.run = set.takeRun(this.number);
    set.trees.push(this);
  }

  /** The newest entry of a key, or -1. */
  find(key: string): number {
    return this.set.find(this.number, key);
  }
  has(key: string): boolean {
    return this.set.find(this.number, key) >= 0;
  }
  /** Whether the key was put or deleted, not only claimed. */
  hasChange(key: string): boolean {
    const newest = this.find(key);
    return newest >= 0 && this.set.newestChange(newest) >= 0;
  }
  /** Adds an entry of the running statement. */
  push(key: string, kind: WriteKind, flags: number): number {
    return this.set.push(this.number, key, kind, flags, this.transaction.statement!.number);
  }
  keys(): string[] {
    return Array.from(this.newest(), (entry) => this.set.keyOf(entry));
  }
  /** Whether all keys came in ascending order. */
  get isInRun(): boolean {
    return this.size === this.run.count;
  }
  /** The newest entry of each key, as `WriteSet.newestByTree` has them. */
  newest(): Int32Array {
    return this.set.newestByTree()[this.number]!;
  }
  get order(): KeyOrder {
    return (this.#order ??= new KeyOrder(this));
  }

  // For the set alone.
  added(entry: number): void {
    this.size++;
    if (this.#order !== undefined) this.#order.added(this.set.keyOf(entry));
  }
  /** Those of consecutive numbers. */
  addedAll(first: number, count: number): void {
    this.size += count;
    if (this.#order !== undefined) for (let i = 0; i < count; i++) this.#order.added(this.set.keyOf(first + i));
  }
  removed(): void {
    this.size--;
    this.#order?.removed();
  }
}
