/**
 * The slice of a large commit in pieces, for sliced-commit.ts: certified, numbered, installed and logged, all but the end of its record. Its twin is `precommit` of commit.ts.
 */
import type { Csn } from '../../base/ids.js';
import type { WriteMark } from '../serializable/serial-node.js';
import type { Transaction } from '../transaction.js';
import type { MvccCommitWriter } from '../transaction-manager.js';
import { certifyInPieces, isTracked } from './certify.js';
import { addFinalChanges, newestInOrder } from './final-changes.js';
import { seenPieces } from './install.js';

/** Everything is in the trees, and in the log but for the end of the record. */
export interface InstalledCommit {
  readonly csn: Csn;
  readonly writer: MvccCommitWriter;
}
/** Yields after each piece how many keys it had. Throws a DbError: 40001 before it is numbered, when nothing has happened yet; 58030 later, and the store is poisoned. */
export type CommitPieces = Generator<number, InstalledCommit, undefined>;

/** `keepsVersions`: others may ask for what was there before (P4 of commit.ts). */
export function* commitPieces(transaction: Transaction, keepsVersions: boolean, pieceRows: number): CommitPieces {
  const { manager, node } = transaction;
  const set = transaction.writes!;
  const isCertified = isTracked(transaction);
  let entries: readonly Int32Array[] | undefined;
  if (isCertified) {
    entries = newestInOrder(set);
    const changes: WriteMark[] = [];
    for (let tree = 0; tree < entries.length; tree++) {
      const list = entries[tree]!;
      for (let from = 0; from < list.length; from += pieceRows) {
        const piece = list.subarray(from, from + pieceRows);
        addFinalChanges(transaction, set.trees[tree]!, piece, changes);
        yield piece.length;
      }
    }
    const failure = yield* certifyInPieces(transaction, changes, pieceRows);
    if (failure !== undefined) throw failure;
  }
  const csn = manager.assignCsn();
  if (isCertified) manager.certifier.commit(node!, csn);
  const writer = manager.store.beginCommit(csn);
  try {
    // In the order of the set, where no other is needed: a sort takes as long as many pieces.
    yield* keepsVersions ? seenPieces(transaction, csn, writer, entries ?? set.newestByTree(), pieceRows) : manager.unseen.pieces(writer, set, entries);
  } catch (error) {
    throw writer.fail(error);
  }
  return { csn, writer };
}
