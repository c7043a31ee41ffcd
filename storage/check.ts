/**
 * The integrity check of a whole file. `quick`: the meta ring, and every page against the checksum that the page table holds. `full`:
 * also every tree (order, fences, levels, prefixes, overflow chains: tree-check.ts), that each allocated page belongs to exactly one
 * tree and each slot to exactly one owner. What rows and indexes mean to each other is checked by the engine, above.
 *
 * A problem is reported and the check goes on, so that one damaged page does not hide another. The check comes back after each portion, and others may
 * change the file before it goes on (`Store.check` never lets them, `Store.checkInSlices` does). What it says of pages stays true then:
 *
 * K1  What is said of one page, or of a page and the one above, comes from one portion, so from one state.
 * K2  Two places in trees claim one page only if they do so in one state: ranges of pages are disjoint, so a page met again after a pause was moved there,
 *     or its fences are wrong, which is reported as such. An overflow page has no range; it is not claimed twice unless it changed its owner meanwhile.
 * K3  A page not met is lost only if it had no owner all the time (it was neither allocated nor freed meanwhile) and the tree that it names does not lead to it now.
 */
import { DbError } from '../base/errors.js';
import { pageId, treeId } from '../base/ids.js';
import { mutants } from '../base/mutants.js';
import { BTree } from './tree/btree.js';
import type { BufferPool } from './pages/buffer-pool.js';
import type { PageTable } from './pages/page-table.js';
import { AtKind, AtTreeId, PageKind } from './pages/page.js';
import { copyLowerFence } from './pages/slotted-page.js';
import { readRing } from './pages/superblock.js';
import type { DirectoryEntry, TreeDirectory } from './tree/tree-directory.js';
import { TreeState } from './tree/tree-directory.js';
import { TreeChecker } from './tree/tree-check.js';
import type { File } from './files/vfs.js';

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

/** Pages between two moments where the check offers to come back: well below a millisecond for checksums, about one for trees. */
const PagesPerPortion = 8;

/** Comes back after each portion; what it is resumed with says whether others have had their turn. */
export type CheckRun = Generator<void, CheckReport, boolean>;

export function* checkStore(level: 'quick' | 'full', parts: CheckedParts): CheckRun {
  const problems: CheckProblem[] = [];
  attempt(problems, 'meta', () => readRing(parts.file));
  attempt(problems, 'slot', () => parts.table.verify());
  for (let id = 0; id < parts.table.pageIdEnd; id += PagesPerPortion) {
    parts.table.checkPages(id, PagesPerPortion, (message) => problems.push({ object: 'page', message }));
    yield;
  }
  // Of a table with damaged pages of its own nobody knows which pages are in use.
  const { isComplete } = parts.table;
  const counts = level === 'full' && isComplete ? yield* checkTrees(parts, problems) : { treeCount: 0, entryCount: 0 };
  return { level, pageCount: isComplete ? parts.table.pageCount : parts.table.pageIdEnd, ...counts, problems };
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
function* checkTrees(parts: CheckedParts, problems: CheckProblem[]): Generator<void, { treeCount: number; entryCount: number }, boolean> {
  const owners = new OwnerCheck(parts);
  try {
    const { directory } = parts;
    yield* checkTreeInPortions(parts, problems, owners, directory.tree.id, () => directory.root);
    let treeCount = 0;
    let entryCount = 0;
    let entries: DirectoryEntry[] = [];
    attempt(problems, 'directory', () => (entries = directory.entries()));
    for (const { id, state } of entries) {
      const count = yield* checkTreeInPortions(parts, problems, owners, id, () => findEntry(directory, id)?.root);
      // Dropped trees are not part of the database any more, only their pages still are.
      if (state !== TreeState.Live) continue;
      treeCount++;
      entryCount += count;
    }
    const lost = owners.lost();
    if (lost.length > 0) problems.push({ object: 'page', message: `${lost.length} pages are in use but belong to no tree: ${lost.slice(0, 10).join(', ')}` });
    return { treeCount, entryCount };
  } finally {
    owners.end();
  }
}

/** `root` is asked before each portion; undefined when the tree is gone. @returns the number of entries met */
function* checkTreeInPortions(parts: CheckedParts, problems: CheckProblem[], owners: OwnerCheck, id: BTree['id'], root: () => number | undefined): Generator<void, number, boolean> {
  // Inner pages are looked at in more than one portion.
  const told = new Set<string>();
  const checker = new TreeChecker(parts.pool, id, {
    onProblem: ({ message }) => {
      if (!told.has(message)) problems.push({ object: 'tree', message });
      told.add(message);
    },
    onPage: (page, isOverflow) => owners.claim(page, isOverflow),
  });
  for (let from: string | undefined = ''; from !== undefined; ) {
    const page = root();
    if (page === undefined) break;
    from = checker.check(page, from, PagesPerPortion);
    if (yield) owners.paused();
  }
  return checker.result.entryCount;
}

/** The entry of a tree; undefined when there is none, or when the directory is damaged, which the walk through it has reported. */
function findEntry(directory: TreeDirectory, id: BTree['id']): DirectoryEntry | undefined {
  try {
    return directory.find(id);
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

/** What `OwnerCheck` knows of a page: no owner when the check began, one not met yet; greater numbers are the round in which it was met. */
const Unowned = 0;
const Unmet = 1;

/** Which page belongs to whom (K2, K3). */
class OwnerCheck {
  readonly #parts: CheckedParts;
  /** Pages whose owner has changed since the check began. */
  readonly #changed: Set<number>;
  readonly #states: Uint32Array;
  /** Goes up whenever others have had their turn: what was met in one round was met in one state. */
  #round = Unmet + 1;

  constructor(parts: CheckedParts) {
    this.#parts = parts;
    this.#states = new Uint32Array(parts.table.pageIdEnd);
    for (const id of parts.table.allocatedIds()) this.#states[id] = Unmet;
    this.#changed = parts.table.watchOwners();
  }
  end(): void {
    this.#parts.table.unwatchOwners(this.#changed);
  }
  paused(): void {
    this.#round++;
  }

  /** Called for a page met in a tree. False when it is met a second time, or is nobody's. */
  claim(page: number, isOverflow: boolean): boolean {
    const was = this.#states[page] ?? Unowned;
    const round = this.#round;
    if (page < this.#states.length) this.#states[page] = round;
    if (was === Unmet) return true;
    if (this.#changed.has(page) && !(mutants.on && mutants.has('storage.check-forgets-changes'))) return was !== round;
    const isSameState = was === round || (mutants.on && mutants.has('storage.check-forgets-pauses') && was !== Unmet);
    return was !== Unowned && !isSameState && !isOverflow;
  }
  lost(): number[] {
    const pages: number[] = [];
    for (const [page, state] of this.#states.entries()) if (state === Unmet && !this.#changed.has(page) && !this.#isReachable(page)) pages.push(page);
    return pages;
  }

  /** Whether the tree that the page names leads to it: it has been moved behind the walk. False for what cannot be read. */
  #isReachable(page: number): boolean {
    const { pool, directory } = this.#parts;
    try {
      const frame = pool.fetch(pageId(page));
      const u8 = pool.bytesOf(frame);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      if (!isTreePage(u8[base + AtKind]!)) return false;
      const fence = new Uint8Array(pool.pageSizeBytes);
      const fenceLength = copyLowerFence(u8, dv, base, fence);
      const id = treeId(dv.getUint32(base + AtTreeId, true));
      const root = id === directory.tree.id ? directory.root : directory.find(id)?.root;
      return root !== undefined && BTree.open(pool, id, root).passes(fence, 0, fenceLength, page);
    } catch (error) {
      if (error instanceof DbError) return false;
      throw error;
    }
  }
}

const isTreePage = (kind: number): boolean => kind === PageKind.Leaf || kind === PageKind.Inner;
