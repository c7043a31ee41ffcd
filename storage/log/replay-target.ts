/** What recovery applies the log to: the trees of an opened file. */
import { DbError } from '../../base/errors.js';
import { treeId } from '../../base/ids.js';
import { BTree } from '../tree/btree.js';
import type { Opened } from '../opened-file.js';
import type { DirectoryEntry } from '../tree/tree-directory.js';
import { TreeState } from '../tree/tree-directory.js';

export class ReplayToTrees {
  readonly #opened: Opened;
  #csn = 0;
  nextTreeId: number;

  constructor(opened: Opened, nextTreeId: number) {
    this.#opened = opened;
    this.nextTreeId = nextTreeId;
  }
  beginCommit(csn: number): void {
    this.#csn = csn;
  }
  put(tree: number, b: Uint8Array, keyOffset: number, keyLength: number, valueOffset: number, valueLength: number): void {
    this.#opened.directory.get(treeId(tree)).put(b, keyOffset, keyLength, b, valueOffset, valueLength, this.#csn);
  }
  delete(tree: number, b: Uint8Array, keyOffset: number, keyLength: number): void {
    this.#opened.directory.get(treeId(tree)).delete(b, keyOffset, keyLength, this.#csn);
  }
  createTree(id: number): void {
    const { directory, pool, table } = this.#opened;
    const tree = BTree.create(pool, treeId(id), table.allocatePage());
    directory.set(tree.id, TreeState.Live, tree.root);
    directory.cache(tree);
    this.nextTreeId = Math.max(this.nextTreeId, id + 1);
  }
  dropTree(id: number): void {
    const entry = this.#find(id);
    this.#opened.directory.set(entry.id, TreeState.Dropped, entry.root);
  }
  attachTree(id: number): void {
    const entry = this.#find(id);
    this.#opened.directory.set(entry.id, TreeState.Live, entry.root);
    this.nextTreeId = Math.max(this.nextTreeId, id + 1);
  }
  #find(id: number): DirectoryEntry {
    const entry = this.#opened.directory.find(treeId(id));
    if (entry === undefined) throw new DbError('XX001', `the log refers to tree ${id}, which does not exist`);
    return entry;
  }
}
