/**
 * SERIALIZABLE: what a transaction is asked before its commit is numbered. Every key that it changes is looked up among the reads of others, who then come before it; after that a cycle
 * through it among the committed is a failure. In one go, or in pieces, between which nobody else runs (P1 of commit.ts).
 */
import type { DbError } from '../../base/errors.js';
import { mutants } from '../../base/mutants.js';
import { serializationError } from '../conflict.js';
import type { Certifier } from '../serializable/certifier.js';
import type { SerialNode, WriteMark } from '../serializable/serial-node.js';
import type { Transaction } from '../transaction.js';
import { WriteFlag, WriteKind, type WriteSet } from '../write-set/write-set.js';

/** Above so many changed keys it is cheaper to settle all recent reads once than to look for readers of each among them. */
const ProbesMax = 64;

/** Whether the transaction is certified at all. */
export function isTracked({ node }: Transaction): boolean {
  return node !== undefined && !node.isSafe && node.snapLow >= 0;
}

/** The node keeps `changes`. @returns why it cannot commit; the caller rolls it back */
export function certify(transaction: Transaction, changes: WriteMark[]): DbError | undefined {
  const { certifier } = transaction.manager;
  const node = transaction.node!;
  beginProbes(transaction, changes);
  probeChanges(node, certifier, changes, 0, changes.length);
  if (transaction.writes !== undefined) probeTouched(node, certifier, transaction.writes, 0, transaction.writes.count);
  return failureOf(transaction);
}

/** The same in pieces of `pieceRows` keys. */
export function* certifyInPieces(transaction: Transaction, changes: WriteMark[], pieceRows: number): Generator<number, DbError | undefined, undefined> {
  const { certifier } = transaction.manager;
  const node = transaction.node!;
  beginProbes(transaction, changes);
  for (let from = 0; from < changes.length; from += pieceRows) {
    const to = Math.min(changes.length, from + pieceRows);
    probeChanges(node, certifier, changes, from, to);
    yield to - from;
  }
  const { count } = transaction.writes!;
  for (let from = 0; from < count; from += pieceRows) {
    const to = Math.min(count, from + pieceRows);
    probeTouched(node, certifier, transaction.writes!, from, to);
    yield to - from;
  }
  return failureOf(transaction);
}

function beginProbes({ manager, node, writeCount }: Transaction, changes: WriteMark[]): void {
  if (writeCount > ProbesMax) manager.certifier.recent.settleAll();
  node!.setWrites(changes);
}
/** Readers of changes [from, to). */
function probeChanges(node: SerialNode, certifier: Certifier, changes: readonly WriteMark[], from: number, to: number): void {
  if (mutants.on && mutants.has('mvcc.no-probe')) return;
  for (let i = from; i < to; i++) {
    const { index, key, changesPresence, statement } = changes[i]!;
    certifier.probe(node, index, key, changesPresence, statement);
  }
}
/** Readers of entries that stay while their rows change, of those of the set in [from, to). */
function probeTouched(node: SerialNode, certifier: Certifier, set: WriteSet, from: number, to: number): void {
  if (mutants.on && mutants.has('mvcc.probe-changed-trees-only')) return;
  for (let entry = from; entry < to; entry++) {
    if (set.kindOf(entry) !== WriteKind.Touch || set.has(entry, WriteFlag.Superseded) || set.newestChange(entry) >= 0) continue;
    const { siread } = set.treeOf(entry).tree;
    const key = set.keyOf(entry);
    const command = set.commandOf(entry);
    node.addWrite(siread, key, command, false);
    certifier.probe(node, siread, key, false, command);
  }
}

function failureOf({ manager, node, id }: Transaction): DbError | undefined {
  const cycle = node!.isObserved ? undefined : manager.certifier.certify(node!);
  if (cycle === undefined) return undefined;
  manager.counters.serializationFailures++;
  return serializationError(cycle, id);
}
