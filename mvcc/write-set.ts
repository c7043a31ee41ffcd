/**
 * One transaction's own changes. Nothing uncommitted reaches a page: until commit a change is an entry here.
 *
 * Per tree a map from key to the newest entry; older entries of the same key hang behind it, because the running statement must not
 * see its own changes (entries with its own command number are skipped, which also settles the Halloween problem) and because a
 * savepoint may bring them back. The bytes lie in an append-only arena.
 *
 * W1  Entries of a key are chained newest first by the order of the transaction's log.
 * W2  Only the owner of the key's lock has an entry for it (trees declared unique; other trees are guarded by their row's lock).
 */
import { mutants } from '../base/mutants.js';
import type { ByteChunk } from './byte-arena.js';
import { KeyOrder } from './key-order.js';
import type { Transaction } from './transaction.js';
import type { VersionedTree } from './versioned-tree.js';

/**
 * Claim: the key is locked to be inserted, nothing written yet. Touch: the entry stays but its row changes (see `Transaction.touch`).
 * Both are transparent to readers.
 */
export const WriteKind = { Claim: 0, Touch: 1, Put: 2, Delete: 3 } as const;
export type WriteKind = (typeof WriteKind)[keyof typeof WriteKind];

/** What few entries have; shared by entries, never changed. */
export interface WriteExtra {
  readonly changedColumns: readonly number[] | undefined;
  /** Where the row that was committed at this key went. */
  readonly movedTo: string | undefined;
  /** Where a row that this transaction had put here went. */
  readonly freshMovedTo: string | undefined;
}

const FlagClaims = 8;
const FlagFresh = 16;
const FlagChangesKey = 32;

/** There is one per row written, so it is kept small: kind and flags share a word, what is rare lies elsewhere. */
export class WriteEntry {
  readonly writes: TreeWrites;
  readonly key: string;
  flags: number;
  /** Command number: statements with a greater one see the entry. */
  readonly command: number;
  extra: WriteExtra | undefined = undefined;
  chunk: ByteChunk | undefined = undefined;
  offset = 0;
  length = 0;
  readonly previous: WriteEntry | undefined;

  constructor(writes: TreeWrites, key: string, kind: WriteKind, command: number, claims: boolean, previous: WriteEntry | undefined) {
    this.writes = writes;
    this.key = key;
    this.flags = kind | (claims ? FlagClaims : 0);
    this.command = command;
    this.previous = previous;
  }

  get kind(): WriteKind {
    return (this.flags & 7) as WriteKind;
  }
  set kind(kind: WriteKind) {
    this.flags = (this.flags & ~7) | kind;
  }
  /** The key was locked by claiming it: the lock goes when this entry is undone. */
  get claims(): boolean {
    return (this.flags & FlagClaims) !== 0;
  }
  /** Another row than the one committed at this key. */
  get isFresh(): boolean {
    return (this.flags & FlagFresh) !== 0;
  }
  get changesKey(): boolean {
    return (this.flags & FlagChangesKey) !== 0;
  }
  setFresh(): void {
    this.flags |= FlagFresh;
  }
  setChangesKey(): void {
    this.flags |= FlagChangesKey;
  }
  get changedColumns(): readonly number[] | undefined {
    return this.extra?.changedColumns;
  }
  get movedTo(): string | undefined {
    return this.extra?.movedTo;
  }
  get freshMovedTo(): string | undefined {
    return this.extra?.freshMovedTo;
  }
  setExtra(changedColumns: readonly number[] | undefined, movedTo: string | undefined, freshMovedTo: string | undefined): void {
    if (changedColumns !== undefined || movedTo !== undefined || freshMovedTo !== undefined) this.extra = { changedColumns, movedTo, freshMovedTo };
  }
}

/** The newest real change of a chain made by a command before `commandEnd`. */
export function changeBefore(newest: WriteEntry | undefined, commandEnd: number): WriteEntry | undefined {
  if (mutants.on && mutants.has('mvcc.own-changes-at-once')) commandEnd = Infinity;
  let entry = newest;
  while (entry !== undefined && (entry.command >= commandEnd || entry.kind === WriteKind.Claim || entry.kind === WriteKind.Touch)) entry = entry.previous;
  return entry;
}

/** The newest real change of a chain. */
export function newestChange(newest: WriteEntry | undefined): WriteEntry | undefined {
  return changeBefore(newest, Infinity);
}

export class TreeWrites {
  readonly transaction: Transaction;
  readonly tree: VersionedTree;
  readonly entries = new Map<string, WriteEntry>();
  readonly order = new KeyOrder(this.entries);
  /** The claim last made, while it is the newest entry of its key: the insert that follows need not look it up. */
  claimed: WriteEntry | undefined = undefined;

  /** Claims entered in the tree's lock map, until there are so many that further ones are not; see row-lock.ts. */
  claimCount = 0;
  isBulk = false;

  constructor(transaction: Transaction, tree: VersionedTree) {
    this.transaction = transaction;
    this.tree = tree;
  }

  /** The newest entry of a key. */
  newest(key: string): WriteEntry | undefined {
    const { claimed } = this;
    return claimed !== undefined && claimed.key === key ? claimed : this.entries.get(key);
  }

  push(entry: WriteEntry): void {
    this.claimed = entry.kind === WriteKind.Claim ? entry : undefined;
    if (entry.previous === undefined) this.order.added(entry.key);
    this.entries.set(entry.key, entry);
  }

  /** Takes back the newest entry of its key. */
  undo(entry: WriteEntry): void {
    this.claimed = undefined;
    if (entry.previous !== undefined) this.entries.set(entry.key, entry.previous);
    else {
      this.entries.delete(entry.key);
      this.order.removed();
    }
  }
}
