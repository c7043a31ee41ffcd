/**
 * A transaction that is one change of one row, made and committed within one slice: a statement of its own by a whole key (engine/short-ways/quick-commit.ts). Nothing can come
 * between its first look and its number, so it needs no registered snapshot, no write set and no transaction object: the change is installed and logged where it
 * was looked for. Its twin is a `Transaction` that takes the same steps (writing.ts) and commits (commit.ts).
 *
 * C1  It is made only where nobody has anything to do with the row and nobody stands against writing the table: whatever would have to wait, to be refused or to be
 *     certified (SERIALIZABLE) is left to a `Transaction`.
 * C2  Until it is published it holds table and row as every pending commit does, without a word. Whoever asks for either in a mode that conflicts, or for all that
 *     is going on, gives it a name first: an ordinary transaction with those two locks, which go with its publication.
 * C3  The before-image of an unpublished change says whose it is (`UndoRecord.single`). One without before-image is published in its own slice (P4 of commit.ts).
 */
import { assert } from '../../base/assert.js';
import { keyString } from '../../base/bytes.js';
import { type Csn, type Lsn, type Oid, type TxnId, txnId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import { type CommitListener, type PendingCommit, flushAndPublish, followUp, isAlone, isSeen } from './commit.js';
import { fillFromLeaf } from '../reads/reading.js';
import { RowGrant, nameHold } from '../locks/row-lock.js';
import { patchApart } from '../write-set/row-patch.js';
import { StatementList } from '../statement-list.js';
import { Transaction } from '../transaction.js';
import type { TransactionManager } from '../transaction-manager.js';
import type { RowChanges, RowPatch, SessionOwner, StatementInfo } from '../types.js';
import { RowRef } from '../types.js';
import { ChangeKind, type UndoRecord } from '../versions/undo-overlay.js';
import type { VersionedTree } from '../versions/versioned-tree.js';

const RowExclusive = 2;
/** Durable at once only where nothing waits for the disk. */
const lsnMax = Number.MAX_SAFE_INTEGER as Lsn;

/** One that has its number. */
export class SingleCommit implements PendingCommit {
  readonly csn: Csn;
  readonly id: TxnId;
  readonly table: Oid;
  /** Until it ends. */
  record: UndoRecord | undefined;
  /** The name (C2). */
  transaction: Transaction | undefined = undefined;
  lsn = 0 as Lsn;
  readonly asyncCommit = false;
  listener: CommitListener | undefined = undefined;
  readonly install = undefined;
  readonly #manager: TransactionManager;
  #owner: SessionOwner | undefined;
  readonly #info: StatementInfo;
  readonly #tree: VersionedTree;

  constructor(manager: TransactionManager, csn: Csn, owner: SessionOwner, info: StatementInfo, table: Oid, tree: VersionedTree, record: UndoRecord | undefined) {
    this.csn = csn;
    this.id = txnId(manager.newTransactionId());
    this.table = table;
    this.record = record;
    this.#manager = manager;
    this.#owner = owner;
    this.#info = info;
    this.#tree = tree;
    if (record === undefined) return;
    record.transactionId = this.id;
    record.info = info;
    record.statement = 1;
    record.single = this;
  }

  /** C2 */
  name(): void {
    if (this.transaction !== undefined || this.record === undefined) return;
    const { record } = this;
    const manager = this.#manager;
    const transaction = new Transaction(manager, this.id, { isolation: 'read committed', owner: this.#owner! }, undefined);
    transaction.statements = StatementList.of(this.#info);
    transaction.statementCount = 1;
    transaction.writeCount = 1;
    transaction.lifecycle = 'precommitted';
    this.transaction = transaction;
    manager.active.add(transaction);
    manager.lockTable.grantTable(transaction, this.table, RowExclusive);
    nameHold(transaction, this.#tree, record.key, record.changesKey);
    transaction.logItem(new RowGrant(this.#tree, record.key));
  }
  /** It is published, or nobody knows what becomes of it. */
  end(): void {
    if (this.record !== undefined) this.record.single = undefined;
    this.record = undefined;
    this.#owner = undefined;
    this.transaction = undefined;
    this.listener = undefined;
  }
}

/** Makes them, one at a time: from `begin` to `end` and what follows without an await. */
export class SingleCommits implements RowChanges {
  readonly #manager: TransactionManager;
  readonly #ownRow = new RowRef();
  #row = this.#ownRow;
  #owner: SessionOwner | undefined = undefined;
  #info: StatementInfo | undefined = undefined;
  #table = 0 as Oid;
  #made: SingleCommit | undefined = undefined;
  /** Whether it is made durable before anybody else runs. */
  #isAtOnce = false;

  constructor(manager: TransactionManager) {
    this.#manager = manager;
  }

  /**
   * Whether one may be tried in the table: C1 but for the row. `isAtOnce`: it will be made durable by `commitSync`. @throws DbError 58030 when the store is poisoned
   */
  begin(owner: SessionOwner, info: StatementInfo, table: Oid, isAtOnce: boolean): boolean {
    assert(this.#owner === undefined, 'a single commit within another', owner.id);
    const manager = this.#manager;
    if (!(mutants.on && mutants.has('mvcc.single-within-commit'))) manager.settle();
    if (manager.poisoned !== undefined) throw manager.poisoned;
    if (!manager.lockTable.isWritable(manager.reader, table) || manager.store.isLogFull) return false;
    this.#owner = owner;
    this.#info = info;
    this.#table = table;
    this.#isAtOnce = isAtOnce;
    return true;
  }

  /** Whether there is such a row, which `updateFound` or `removeFound` may change: `into` has it; undefined: a `Transaction` is to be asked. */
  findUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    if (!this.#isUntouched(tree, key, keyLength)) return undefined;
    this.#row = into;
    if (!tree.btree!.seek(key, keyLength, into.leaf)) return false;
    fillFromLeaf(tree, into);
    return true;
  }
  updateFound(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, _offset: number, length: number): void {
    this.#commit(tree, ChangeKind.Update, key, keyLength, value, length);
  }
  patchFound(tree: VersionedTree, key: Uint8Array, keyLength: number, row: RowRef, patch: RowPatch): boolean {
    const changed = patchApart(row, patch);
    if (changed === undefined) return false;
    this.updateFound(tree, key, keyLength, changed.bytes, 0, changed.length);
    return true;
  }
  findToRemove(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    return this.findUntouched(tree, key, keyLength, into);
  }
  removeFound(tree: VersionedTree, key: Uint8Array, keyLength: number): void {
    this.#commit(tree, ChangeKind.Delete, key, keyLength, key, 0);
  }
  /** Nothing has been noted of it. */
  leaveFound(): void {}
  removeByKey(tree: VersionedTree, key: Uint8Array, keyLength: number): boolean | undefined {
    if (!this.#isUntouched(tree, key, keyLength)) return undefined;
    if (!tree.btree!.seek(key, keyLength, this.#row.leaf)) return false;
    this.removeFound(tree, key, keyLength);
    return true;
  }
  insertFree(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, _offset: number, length: number): boolean {
    if (keyLength > this.#manager.keyLengthMax || !this.#isUntouched(tree, key, keyLength)) return false;
    if (tree.btree!.seek(key, keyLength, this.#row.leaf)) return false;
    this.#commit(tree, ChangeKind.Insert, key, keyLength, value, length);
    return true;
  }

  findToInsert(tree: VersionedTree, key: Uint8Array, keyLength: number, into: RowRef): boolean | undefined {
    return keyLength > this.#manager.keyLengthMax ? undefined : this.findUntouched(tree, key, keyLength, into);
  }
  insertSought(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, _offset: number, length: number): void {
    this.#commit(tree, ChangeKind.Insert, key, keyLength, value, length);
  }
  /** Nobody else has had the key either. */
  insertUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number, value: Uint8Array, offset: number, length: number): boolean {
    return this.insertFree(tree, key, keyLength, value, offset, length);
  }

  /** C1 for the row. */
  #isUntouched(tree: VersionedTree, key: Uint8Array, keyLength: number): boolean {
    const { lastPublished } = this.#manager;
    const { locks, overlay, bulkWrites } = tree;
    if (tree.btree === undefined || tree.isDropped || tree.validFrom > lastPublished) return false;
    if (locks.size > 0 && locks.has(keyString(key, 0, keyLength)) && !(mutants.on && mutants.has('mvcc.single-despite-locks'))) return false;
    const newest = overlay.heads.getBytes(key, keyLength);
    if (newest !== undefined && newest.csn > lastPublished && !(mutants.on && mutants.has('mvcc.single-over-unpublished'))) return false;
    for (let i = 0; i < bulkWrites.length; i++) {
      const other = bulkWrites[i]!;
      if (other.set.findBytes(other.number, key, keyLength) >= 0 && !(mutants.on && mutants.has('mvcc.single-despite-writers'))) return false;
    }
    return true;
  }

  /** Installs and logs the change of the row that was looked for. @throws DbError 53100, and nothing has happened; whatever else poisons the store */
  #commit(tree: VersionedTree, kind: ChangeKind, key: Uint8Array, keyLength: number, value: Uint8Array, length: number): void {
    const manager = this.#manager;
    const { store } = manager;
    store.reserveLogSync(keyLength + length + 96);
    // Others that have lately been committing may join in the turn that the log gives them; who is alone needs none of it.
    this.#isAtOnce ||= !manager.company.mayJoin(this.#owner!) && isAlone(manager, 0, 1);
    const keepsVersions = !(this.#isAtOnce || store.isFlushed(lsnMax)) || isSeen(manager, 0);
    manager.settleOtherScans(undefined);
    const csn = manager.assignCsn();
    const record = keepsVersions ? this.#recordOf(tree, kind, key, keyLength, csn) : undefined;
    const single = new SingleCommit(manager, csn, this.#owner!, this.#info!, this.#table, tree, record);
    const writer = store.beginCommit(csn);
    const { leaf } = this.#row;
    if (kind === ChangeKind.Delete) writer.deleteSought(tree.btree!, leaf, key, keyLength);
    else writer.putSought(tree.btree!, leaf, kind === ChangeKind.Update, key, keyLength, value, 0, length);
    single.lsn = writer.finish();
    if (record !== undefined) {
      tree.overlay.push(record);
      manager.vacuum.add(record);
      manager.vacuum.limit(manager.lastPublished);
    }
    manager.enqueue(single);
    this.#made = single;
  }

  /** With the before-image of the row at `leaf.slot`. */
  #recordOf(tree: VersionedTree, kind: ChangeKind, key: Uint8Array, keyLength: number, csn: Csn): UndoRecord {
    const record = this.#manager.undo.keep(tree.overlay, key, keyLength, this.#row.leaf, kind !== ChangeKind.Insert);
    record.csn = csn;
    record.kind = kind;
    record.changesKey = kind !== ChangeKind.Update;
    return record;
  }

  /** Ends the one that has been tried. */
  end(): void {
    this.#row.leaf.release();
    this.#row = this.#ownRow;
    this.#owner = undefined;
  }
  /** What was made, to be followed in the same slice. */
  take(): SingleCommit | undefined {
    const made = this.#made;
    this.#made = undefined;
    return made;
  }
  /** `listener` is told when it is published, perhaps at once. */
  follow(made: SingleCommit, listener: CommitListener): void {
    made.listener = listener;
    followUp(this.#manager, made, this.#isAtOnce);
  }
  /** Makes it durable and publishes it. @throws DbError 58030: nobody knows whether it survives */
  commitSync(made: SingleCommit): void {
    flushAndPublish(this.#manager, made);
  }
}
