/**
 * What a transaction's write set comes to at its commit: of each key the newest entry alone, and of that whether it differs from the committed state, and how. A row that was
 * inserted and removed again is no change; one that was moved by a change of its key is followed to where it ends up.
 */
import { LeafRef } from '../../storage/tree/cursor.js';
import { mutants } from '../../base/mutants.js';
import { keyBufferOf } from '../reads/key-buffer.js';
import type { WriteMark } from '../serializable/serial-node.js';
import type { Transaction } from '../transaction.js';
import { ChangeKind, changesPresence } from '../versions/undo-overlay.js';
import { sortByKey } from '../write-set/key-sort.js';
import type { TreeWrites } from '../write-set/tree-writes.js';
import { WriteFlag, WriteKind, type WriteSet } from '../write-set/write-set.js';

const noChanges: WriteMark[] = [];
const leaf = new LeafRef();

/** By tree, the newest entry of each key in the order of the keys. Borrowed. */
export function newestInOrder(set: WriteSet): readonly Int32Array[] {
  const lists = set.newestByTree();
  for (let tree = 0; tree < lists.length; tree++) if (!set.trees[tree]!.isInRun) sortByKey(set, lists[tree]!);
  return lists;
}

/** Every key whose committed state will differ, in key order per tree; `lists` are the entries in that order. */
export function finalChanges(transaction: Transaction, lists: readonly Int32Array[] | undefined): WriteMark[] {
  const set = transaction.writes;
  if (set === undefined || lists === undefined) return noChanges;
  const changes: WriteMark[] = [];
  for (let tree = 0; tree < lists.length; tree++) addFinalChanges(transaction, set.trees[tree]!, lists[tree]!, changes);
  return changes;
}
/** Those of some entries of a tree. */
export function addFinalChanges(transaction: Transaction, writes: TreeWrites, entries: Int32Array, changes: WriteMark[]): void {
  const { set } = writes;
  for (let i = 0; i < entries.length; i++) {
    const newest = entries[i]!;
    const entry = set.newestChange(newest);
    const change = entry < 0 ? undefined : finalChange(writes, entry);
    if (change !== undefined) changes.push(change);
    else if (set.kindOf(newest) !== WriteKind.Touch && set.kindOf(newest) !== WriteKind.Hold) registerUnused(transaction, writes, newest);
  }
  leaf.release();
}

export function isChange(kind: WriteKind): boolean {
  return kind === WriteKind.Put || kind === WriteKind.Delete;
}

/** A key that was found free and claimed but gets no version (never inserted, or removed again): that it was free has been observed. */
function registerUnused(transaction: Transaction, { set, tree }: TreeWrites, entry: number): void {
  const { node } = transaction;
  if (node === undefined || node.isSafe || !tree.options.unique) return;
  if (mutants.on && mutants.has('mvcc.unused-claim-forgotten')) return;
  node.readPoint(tree.siread, set.keyOf(entry), set.commandOf(entry), true);
}

function finalChange(writes: TreeWrites, entry: number): WriteMark | undefined {
  const { set } = writes;
  const index = writes.tree.siread;
  const statement = set.commandOf(entry);
  const key = set.keyOf(entry);
  // What is not of this transaction alone is there, for the transaction has it locked: no look into the tree is needed.
  const isThere = !set.has(entry, WriteFlag.Fresh) || (mutants.on && mutants.has('mvcc.insert-taken-for-update'));
  if (isThere) return { index, key, statement, changesPresence: set.kindOf(entry) === WriteKind.Delete };
  const { btree } = writes.tree;
  const kind = kindOfChange(writes, entry, btree !== undefined && btree.seek(keyBufferOf(key), key.length, leaf));
  return kind === undefined ? undefined : { index, key, statement, changesPresence: changesPresence(kind) };
}

/** What the entry does to its key, `isThere` or not in the installed state; undefined: nothing, it was inserted and removed again. */
export function kindOfChange(writes: TreeWrites, entry: number, isThere: boolean): ChangeKind | undefined {
  const { set } = writes;
  const isPut = set.kindOf(entry) === WriteKind.Put;
  if (!isThere) return isPut ? ChangeKind.Insert : undefined;
  if (!isPut) return ChangeKind.Delete;
  return set.has(entry, WriteFlag.Fresh) && !comesBack(writes, entry) ? ChangeKind.Replace : ChangeKind.Update;
}
export function changesKey({ set }: TreeWrites, entry: number, kind: ChangeKind): boolean {
  return kind !== ChangeKind.Update || set.has(entry, WriteFlag.ChangesKey);
}

/** Where the row of a key ends up that the entry has moved, perhaps several times: at the key itself when it came back, undefined when it was deleted in the end. */
function finalPlace(writes: TreeWrites, entry: number, key: string): string | undefined {
  let place = writes.set.extraOf(entry).movedTo;
  for (let i = 0; place !== undefined && place !== key && i < 64; i++) {
    const there = writes.set.newestChange(writes.find(place));
    if (there < 0 || writes.set.kindOf(there) !== WriteKind.Delete) return place;
    place = writes.set.extraOf(there).freshMovedTo;
  }
  return place;
}
function comesBack(writes: TreeWrites, entry: number): boolean {
  const key = writes.set.keyOf(entry);
  return finalPlace(writes, entry, key) === key;
}
/** The other key to which the row has gone, if it has. */
export function placeElsewhere(writes: TreeWrites, entry: number): string | undefined {
  const key = writes.set.keyOf(entry);
  const place = finalPlace(writes, entry, key);
  return place === key ? undefined : place;
}
