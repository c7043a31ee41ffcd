/** A tree built bottom-up beside the others (bulk-build.ts), until a commit attaches it or it is discarded. */
import type { TreeId } from '../base/ids.js';
import type { BTree } from './btree.js';
import type { BuiltTree } from './commit-writer.js';
import type { PrivatePages } from './page-table.js';

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
