/**
 * The integrity check of a whole file. `quick`: the meta ring, and every page against the checksum that the page table holds. `full`:
 * also every tree (order, fences, levels, prefixes, overflow chains: tree-check.ts), that each allocated page belongs to exactly one
 * tree and each slot to exactly one owner. What rows and indexes mean to each other is checked by the engine, above.
 *
 * A problem is reported and the check goes on, so that one damaged page does not hide another.
 */
import { DbError } from '../base/errors.js';
import type { BTree } from './btree.js';
import type { BufferPool } from './buffer-pool.js';
import type { PageTable } from './page-table.js';
import { readRing } from './superblock.js';
import type { DirectoryEntry, TreeDirectory } from './tree-directory.js';
import { TreeState } from './tree-directory.js';
import { checkTree } from './tree-check.js';
import type { File } from './vfs.js';

export interface CheckProblem {
  readonly object: 'meta' | 'page' | 'tree' | 'slot' | 'directory';
  readonly message: string;
}
export interface CheckReport {
  readonly level: 'quick' | 'full';
  readonly pageCount: number;
  readonly treeCount: number;
  readonly entryCount: number;
  readonly problems: readonly CheckProblem[];
}

export interface CheckedParts {
  readonly file: File;
  readonly table: PageTable;
  readonly pool: BufferPool;
  readonly directory: TreeDirectory;
}

export function checkStore(level: 'quick' | 'full', parts: CheckedParts): CheckReport {
  const problems: CheckProblem[] = [];
  attempt(problems, 'meta', () => readRing(parts.file));
  attempt(problems, 'slot', () => parts.table.verify());
  parts.table.checkPages((message) => problems.push({ object: 'page', message }));
  const counts = level === 'full' ? checkTrees(parts, problems) : { treeCount: 0, entryCount: 0 };
  return { level, pageCount: parts.table.pageCount, ...counts, problems };
}

function attempt(problems: CheckProblem[], object: CheckProblem['object'], run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    problems.push({ object, message: error.message });
  }
}

/** Walks the directory's tree and every tree in it; then every allocated page must have been met once. */
function checkTrees(parts: CheckedParts, problems: CheckProblem[]): { treeCount: number; entryCount: number } {
  const unmet = parts.table.allocatedIds();
  let treeCount = 0;
  let entryCount = 0;
  const walk = (id: BTree['id'], root: number): number => {
    const result = checkTree(parts.pool, id, root, {
      onProblem: (problem) => problems.push({ object: 'tree', message: problem.message }),
      onPage: (page) => unmet.delete(page),
    });
    return result.entryCount;
  };
  walk(parts.directory.tree.id, parts.directory.root);
  let entries: DirectoryEntry[] = [];
  attempt(problems, 'directory', () => (entries = parts.directory.entries()));
  for (const entry of entries) {
    const count = walk(entry.id, entry.root);
    // Dropped trees are not part of the database any more, only their pages still are.
    if (entry.state !== TreeState.Live) continue;
    treeCount++;
    entryCount += count;
  }
  if (unmet.size > 0) {
    const some = [...unmet].slice(0, 10).join(', ');
    problems.push({ object: 'page', message: `${unmet.size} pages are in use but belong to no tree: ${some}` });
  }
  return { treeCount, entryCount };
}
