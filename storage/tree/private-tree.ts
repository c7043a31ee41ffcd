/** A tree built bottom-up beside the others (bulk-build.ts), until a commit attaches it or it is discarded. */
import type { TreeId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import { BTree, type BulkSource } from './btree.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { BulkBuilder } from './bulk-build.js';
import type { BuiltTree } from '../log/commit-writer.js';
import type { PageTable, PrivatePages } from '../pages/page-table.js';
import { ChangeOverheadBytes } from '../log/wal-record.js';

/** Pages of a discarded tree that are freed at a time. */
const DropPagesPerStep = 64;

export class PrivateTree implements BuiltTree {
  readonly id: TreeId;
  readonly tree: BTree;
  readonly entryCount: number;
  readonly pages: PrivatePages;
  logBytes: number;
  /** Whether a checkpoint holds its pages. */
  isDurable = false;
  isEnded = false;
  readonly #discard: (built: PrivateTree) => void;

  constructor(tree: BTree, entryCount: number, pages: PrivatePages, logBytes: number, discard: (built: PrivateTree) => void) {
    this.id = tree.id;
    this.tree = tree;
    this.entryCount = entryCount;
    this.pages = pages;
    this.logBytes = logBytes;
    this.#discard = discard;
  }
  discard(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#discard(this);
  }
}

/**
 * Such a tree in the making, a portion of its entries at a time. Between portions commits, checkpoints and evictions may happen, and the file may be
 * closed: its pages are private, so none of them concerns the others.
 */
export class PrivateBuild {
  readonly #pool: BufferPool;
  readonly #table: PageTable;
  readonly #pages: PrivatePages = new Set();
  readonly #tree: BTree;
  readonly #builder: BulkBuilder;

  constructor(pool: BufferPool, table: PageTable, id: TreeId, csn: number) {
    this.#pool = pool;
    this.#table = table;
    const made = table.collectPrivate(this.#pages, () => {
      const tree = BTree.create(pool, id, table.allocatePage());
      return { tree, builder: new BulkBuilder(tree, csn) };
    });
    this.#tree = made.tree;
    this.#builder = made.builder;
  }

  /** Appends up to `entryCountMax` entries; true when there are no more. @throws as `BulkBuilder.step` */
  step(source: BulkSource, entryCountMax: number): boolean {
    const append = (): boolean => this.#builder.step(source, entryCountMax);
    if (mutants.on && mutants.has('storage.later-slices-public') && this.#builder.entryCount > 0) return append();
    return this.#table.collectPrivate(this.#pages, append);
  }

  /** The tree with what has been appended. */
  finish(discard: (built: PrivateTree) => void): PrivateTree {
    this.#builder.close();
    const { entryCount, entryBytes } = this.#builder;
    return new PrivateTree(this.#tree, entryCount, this.#pages, entryBytes + entryCount * ChangeOverheadBytes, discard);
  }
}

/** Frees the pages of a built tree that no checkpoint holds. */
export function freeTree(pool: BufferPool, tree: BTree): void {
  while (!tree.dropStep(DropPagesPerStep));
  pool.freePage(tree.root);
}
