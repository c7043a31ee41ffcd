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
import type { VersionedTree } from './versioned-tree.js';

/**
 * Claim: the key is locked to be inserted, nothing written yet. Touch: the entry stays but its row changes (see `Transaction.touch`).
 * Both are transparent to readers.
 */
export const WriteKind = { Claim: 0, Touch: 1, Put: 2, Delete: 3 } as const;
export type WriteKind = (typeof WriteKind)[keyof typeof WriteKind];

export class WriteEntry {
  readonly writes: TreeWrites;
  readonly key: string;
  kind: WriteKind;
  /** Command number: statements with a greater one see the entry. */
  readonly command: number;
  /** The key was locked by claiming it: the lock goes when this entry is undone. */
  readonly claims: boolean;
  /** Another row than the one committed at this key. */
  isFresh = false;
  changesKey = false;
  changedColumns: readonly number[] | undefined = undefined;
  /** Where the row that was committed at this key went. */
  movedTo: string | undefined = undefined;
  /** Where a row that this transaction had put here went. */
  freshMovedTo: string | undefined = undefined;
  chunk: ByteChunk | undefined = undefined;
  offset = 0;
  length = 0;
  readonly previous: WriteEntry | undefined;

  constructor(writes: TreeWrites, key: string, kind: WriteKind, command: number, claims: boolean, previous: WriteEntry | undefined) {
    this.writes = writes;
    this.key = key;
    this.kind = kind;
    this.command = command;
    this.claims = claims;
    this.previous = previous;
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
  readonly tree: VersionedTree;
  readonly entries = new Map<string, WriteEntry>();
  readonly order = new KeyOrder(this.entries);

  constructor(tree: VersionedTree) {
    this.tree = tree;
  }

  push(entry: WriteEntry): void {
    if (entry.previous === undefined) this.order.added(entry.key);
    this.entries.set(entry.key, entry);
  }

  /** Takes back the newest entry of its key. */
  undo(entry: WriteEntry): void {
    if (entry.previous !== undefined) this.entries.set(entry.key, entry.previous);
    else {
      this.entries.delete(entry.key);
      this.order.removed();
    }
  }
}
