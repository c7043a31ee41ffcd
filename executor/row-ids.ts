/**
 * Hidden row ids: the row keys of tables without a clustered primary key. Eight bytes, big-endian, ascending, never given twice.
 *
 * A counter per tree lives in memory and starts one past the last key of the tree. That is enough: every insert into the tree of this
 * process took its id from the counter, so nothing uncommitted lies beyond it, and nothing uncommitted survives the process.
 */
import type { ByteBuffer } from '../base/byte-buffer.js';
import { keyBytes, keyString } from '../base/bytes.js';
import type { TreeId } from '../base/ids.js';
import { putInt8Key } from '../base/keycode.js';
import type { Transaction } from '../mvcc/transaction.js';
import { wholeRange } from '../mvcc/types.js';
import type { VersionedTree } from '../mvcc/versions/versioned-tree.js';
import { RowIdBytes } from './table-access.js';

export class RowIds {
  readonly #next = new Map<TreeId, number>();
  readonly #bytes = new Uint8Array(RowIdBytes);

  /** A fresh row key for the tree. */
  next(tree: VersionedTree, tx: Transaction): string {
    putInt8Key(this.#bytes, 0, this.#take(tree, tx));
    return keyString(this.#bytes, 0, RowIdBytes);
  }
  /** The same as bytes, which replace what was in `into`. */
  putNext(tree: VersionedTree, tx: Transaction, into: ByteBuffer): void {
    putInt8Key(into.bytes, 0, this.#take(tree, tx));
    into.length = RowIdBytes;
  }
  #take(tree: VersionedTree, tx: Transaction): number {
    const id = this.#next.get(tree.id) ?? RowIds.#lastId(tree, tx) + 1;
    this.#next.set(tree.id, id + 1);
    return id;
  }
  /** Whether the next one is known without a look at the tree. */
  isKnown({ id }: VersionedTree): boolean {
    return this.#next.has(id);
  }

  /** Forgets a tree (dropped, or filled by a rewrite). */
  forget(tree: TreeId): void {
    this.#next.delete(tree);
  }

  static #lastId(tree: VersionedTree, tx: Transaction): number {
    const scan = tx.openScan(tree, wholeRange, { reverse: true, view: 'latest', register: false });
    try {
      return scan.next() ? rowIdOf(scan.keyAt(0)) : 0;
    } finally {
      scan.close();
    }
  }
}

/** The number in a row key made here. */
function rowIdOf(key: string): number {
  const bytes = keyBytes(key);
  let id = bytes[0]! ^ 0x80;
  for (let i = 1; i < RowIdBytes; i++) id = id * 256 + bytes[i]!;
  return id;
}
