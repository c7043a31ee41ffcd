/**
 * Changes of one transaction, into its write set. Locks have been taken and uniqueness checked before (write-conflict.ts); nothing
 * here can wait or conflict.
 */
import { VERIFY, assert } from '../base/assert.js';
import { claimRow, isWriteLocked } from './row-lock.js';
import type { Transaction } from './transaction.js';
import type { RemoveOptions, UpdateOptions } from './types.js';
import type { VersionedTree } from './versioned-tree.js';
import { TreeWrites, WriteEntry, WriteKind, newestChange } from './write-set.js';

/** Bytes a change costs in the log beside its key and value, at most. */
const LogOverheadBytes = 32;

export function writesOf(transaction: Transaction, tree: VersionedTree): TreeWrites {
  return transaction.writesIn(tree) ?? transaction.addWrites(new TreeWrites(transaction, tree));
}

export function insertEntry(transaction: Transaction, tree: VersionedTree, key: string, value: Uint8Array, offset: number, length: number): void {
  transaction.checkWritable();
  const writes = writesOf(transaction, tree);
  const newest = writes.newest(key);
  let entry: WriteEntry;
  if (newest !== undefined && newest.kind === WriteKind.Claim) {
    assert(newest.command === transaction.statement!.number, 'claim of another statement', newest.command);
    entry = newest;
    entry.kind = WriteKind.Put;
  } else {
    if (VERIFY.on && tree.options.unique && tree.options.unclaimed !== true) assert(isWriteLocked(transaction, tree, key), 'insert of an unclaimed key');
    assert(newest === undefined || newest.kind !== WriteKind.Put, 'insert over an own entry');
    entry = push(transaction, writes, key, WriteKind.Put, newest);
  }
  entry.setFresh();
  const before = newestChange(entry.previous);
  if (before !== undefined) {
    entry.setExtra(undefined, before.movedTo, undefined);
    entry.setChangesKey();
  }
  store(transaction, entry, value, offset, length);
}

export function updateEntry(
  transaction: Transaction,
  tree: VersionedTree,
  key: string,
  value: Uint8Array,
  offset: number,
  length: number,
  options: UpdateOptions | undefined,
): void {
  transaction.checkWritable();
  const writes = writesOf(transaction, tree);
  const newest = writes.entries.get(key);
  if (VERIFY.on && tree.options.unique && tree.options.unclaimed !== true) assert(isWriteLocked(transaction, tree, key), 'update of an unlocked row');
  const before = newestChange(newest);
  assert(before === undefined || before.kind === WriteKind.Put, 'update of a removed entry');
  const entry = push(transaction, writes, key, WriteKind.Put, newest);
  if (before?.isFresh === true) entry.setFresh();
  if (before?.changesKey === true || options?.changesKeyColumns === true) entry.setChangesKey();
  entry.setExtra(unionColumns(before, options?.changedColumns), before?.movedTo, undefined);
  store(transaction, entry, value, offset, length);
}

export function removeEntry(transaction: Transaction, tree: VersionedTree, key: string, options: RemoveOptions | undefined): void {
  transaction.checkWritable();
  const writes = writesOf(transaction, tree);
  const newest = writes.entries.get(key);
  const before = newestChange(newest);
  assert(before === undefined || before.kind === WriteKind.Put, 'removal of a removed entry');
  // An entry of a unique index is guarded by its row's lock in the primary tree; the claim makes others who want the key wait for our end.
  const claims = tree.options.unique && !isWriteLocked(transaction, tree, key);
  if (claims) claimRow(writes, key);
  const entry = push(transaction, writes, key, WriteKind.Delete, newest, claims);
  entry.setChangesKey();
  if (before?.isFresh === true) {
    entry.setFresh();
    entry.setExtra(undefined, before.movedTo, options?.movedTo);
  } else entry.setExtra(undefined, options?.movedTo, undefined);
  transaction.logBytes += LogOverheadBytes + key.length;
  transaction.writeCount++;
}

/** No effect when the entry has a change of its own already, or nobody will ask. */
export function touchEntry(transaction: Transaction, tree: VersionedTree, key: string): void {
  transaction.checkWritable();
  const node = transaction.node;
  if (node === undefined || node.isSafe) return;
  const writes = writesOf(transaction, tree);
  if (writes.entries.has(key)) return;
  push(transaction, writes, key, WriteKind.Touch, undefined);
}

function push(
  transaction: Transaction,
  writes: TreeWrites,
  key: string,
  kind: WriteKind,
  newest: WriteEntry | undefined,
  claims = false,
): WriteEntry {
  const entry = new WriteEntry(writes, key, kind, transaction.statement!.number, claims, newest);
  writes.push(entry);
  transaction.log.push(entry);
  return entry;
}

function store(transaction: Transaction, entry: WriteEntry, value: Uint8Array, offset: number, length: number): void {
  const arena = (transaction.arena ??= transaction.manager.takeArena());
  entry.chunk = arena.append(value, offset, length);
  entry.offset = arena.offset;
  entry.length = length;
  transaction.logBytes += LogOverheadBytes + entry.key.length + length;
  transaction.writeCount++;
}

function unionColumns(before: WriteEntry | undefined, columns: readonly number[] | undefined): readonly number[] | undefined {
  if (before === undefined || columns === undefined) return columns;
  return before.changedColumns === undefined ? undefined : [...new Set([...before.changedColumns, ...columns])];
}
