/**
 * Which trees exist: a B+tree itself, with the fixed id 0, whose root page the meta names. It changes only in commits and in the
 * background freeing of dropped trees, and it is captured by checkpoints like any tree, so it needs nothing of its own to be durable.
 *
 *     key: tree id, 4 bytes big-endian       value: state u8, root page id u32
 *
 * D1  A live tree's root page never changes, so an entry is written once and removed once.
 * D2  A dropped tree keeps its entry until its last page is freed; a checkpoint in between captures a smaller but whole tree.
 * D3  A tree being attached has a `Building` entry once its pages are no longer private, so that a crash before its commit finds and
 *     frees them.
 */
import { assert } from '../../base/assert.js';
import { getU32, setU32 } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import type { PageId, TreeId } from '../../base/ids.js';
import { pageId, treeId } from '../../base/ids.js';
import { BTree } from './btree.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { LeafRef } from './cursor.js';

export const DirectoryTreeId = treeId(0);

export const TreeState = { Live: 1, Dropped: 2, Building: 3 } as const;
export type TreeState = (typeof TreeState)[keyof typeof TreeState];

const KeyBytes = 4;
const ValueBytes = 5;

export interface DirectoryEntry {
  readonly id: TreeId;
  readonly state: TreeState;
  readonly root: PageId;
}

export class TreeDirectory {
  readonly #pool: BufferPool;
  readonly #tree: BTree;
  readonly #opened = new Map<TreeId, BTree>();
  readonly #key = new Uint8Array(KeyBytes);
  readonly #value = new Uint8Array(ValueBytes);
  readonly #ref = new LeafRef();

  constructor(pool: BufferPool, tree: BTree) {
    this.#pool = pool;
    this.#tree = tree;
  }

  get root(): PageId {
    return this.#tree.root;
  }
  get tree(): BTree {
    return this.#tree;
  }

  /** The live tree `id`; always the same object. @throws DbError XX001 when there is none */
  get(id: TreeId): BTree {
    const opened = this.#opened.get(id);
    if (opened !== undefined) return opened;
    const entry = this.find(id);
    if (entry?.state !== TreeState.Live) throw new DbError('XX001', `tree ${id} does not exist`);
    const tree = BTree.open(this.#pool, id, entry.root);
    this.#opened.set(id, tree);
    return tree;
  }

  find(id: TreeId): DirectoryEntry | undefined {
    this.#setKey(id);
    try {
      return this.#tree.seek(this.#key, KeyBytes, this.#ref) ? this.#entryAt(this.#ref.slot) : undefined;
    } finally {
      this.#ref.release();
    }
  }

  #entryAt(slot: number): DirectoryEntry {
    const ref = this.#ref;
    const key = new Uint8Array(KeyBytes);
    const length = ref.keyLength(slot);
    if (length === KeyBytes) ref.copyKey(slot, key, 0);
    if (length !== KeyBytes || ref.isOverflow(slot) || ref.valueLength(slot) !== ValueBytes) throw new DbError('XX001', 'the tree directory is damaged');
    const at = ref.valueOffset(slot);
    const state = ref.u8[at]!;
    if (state !== TreeState.Live && state !== TreeState.Dropped && state !== TreeState.Building) throw new DbError('XX001', 'the tree directory is damaged');
    const id = treeId(((key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!) >>> 0);
    return { id, state, root: pageId(getU32(ref.u8, at + 1)) };
  }

  /** Records a tree with the given root, in whatever state it was before. */
  set(id: TreeId, state: TreeState, root: PageId): void {
    this.#setKey(id);
    this.#value[0] = state;
    setU32(this.#value, 1, root);
    this.#tree.put(this.#key, 0, KeyBytes, this.#value, 0, ValueBytes, 0);
    if (state !== TreeState.Live) this.#opened.delete(id);
  }

  /** Puts a tree object that exists already under its id, so that `get` returns it. */
  cache(tree: BTree): void {
    this.#opened.set(tree.id, tree);
  }

  remove(id: TreeId): void {
    this.#setKey(id);
    const wasThere = this.#tree.delete(this.#key, 0, KeyBytes, 0);
    assert(wasThere, 'removed tree is not in the directory', id);
    this.#opened.delete(id);
  }

  /** Every entry, by id. */
  entries(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    const ref = this.#ref;
    this.#tree.seekFirst(ref);
    do for (let slot = 0; slot < ref.count; slot++) entries.push(this.#entryAt(slot));
    while (this.#tree.nextLeaf(ref));
    ref.release();
    return entries;
  }

  #setKey(id: number): void {
    this.#key[0] = id >>> 24;
    this.#key[1] = id >>> 16;
    this.#key[2] = id >>> 8;
    this.#key[3] = id;
  }
}
