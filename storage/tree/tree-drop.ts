/**
 * Dropping a tree a portion of its pages at a time, from the right: the last leaf goes with its overflow chains, then each page above that has lost
 * its last child.
 *
 * D1  Between steps the tree is one that only `dropStep` may touch, also after a crash: its root says `Dropping`.
 */
import type { PageId, TreeId } from '../../base/ids.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import type { TreePath } from './btree-split.js';
import { freeOverflow } from '../pages/overflow.js';
import { AtFlags, NoPage, PageFlag, PageKind } from '../pages/page.js';
import { PageShape, beginPage, removeEntry } from '../pages/page-edit.js';
import { OverflowBit, childAt, countOf, rawValueLengthAt, valueAt } from '../pages/slotted-page.js';

const shape = new PageShape();

/** The header of a page is checked (R1 in btree.ts). @returns its level */
type CheckPage = (dv: DataView, base: number, parentLevel: number, id: number) => number;

/**
 * Frees up to about `pageCountMax` pages from the right; true when the tree is an empty root leaf, and the caller frees the root. `path` is
 * overwritten.
 */
export function dropStep(pool: BufferPool, tree: TreeId, root: PageId, path: TreePath, checkPage: CheckPage, pageCountMax: number): boolean {
  let budget = pageCountMax;
  const rootFrame = pool.fetch(root);
  if ((pool.bytesOf(rootFrame)[pool.baseOf(rootFrame) + AtFlags]! & PageFlag.Dropping) === 0) {
    pool.markDirty(rootFrame);
    pool.bytesOf(rootFrame)[pool.baseOf(rootFrame) + AtFlags]! |= PageFlag.Dropping;
  }
  while (budget > 0) {
    const frame = descendToLast(pool, root, path, checkPage);
    budget = dropOverflow(pool, tree, frame, budget);
    if (budget <= 0) return false;
    for (let depth = path.depth; ; depth--) {
      if (depth === 0) {
        resetRoot(pool, root);
        return true;
      }
      const parent = pool.fetch(path.pages[depth - 1]!);
      pool.pin(parent);
      try {
        const dv = pool.viewOf(parent);
        const base = pool.baseOf(parent);
        pool.markDirty(parent);
        pool.freePage(path.pages[depth]!);
        budget--;
        const count = countOf(dv, base);
        if (count > 0) {
          removeEntry(pool.bytesOf(parent), dv, base, count - 1);
          break;
        }
      } finally {
        pool.unpin(parent);
      }
    }
  }
  return false;
}

/** @returns the frame of the last leaf; `path` is the way to it */
function descendToLast(pool: BufferPool, root: PageId, path: TreePath, checkPage: CheckPage): number {
  let level = -1;
  for (let depth = 0, id: number = root; ; depth++) {
    const frame = pool.fetch(id);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    level = checkPage(dv, base, level, id);
    path.pages[depth] = id;
    path.depth = depth;
    if (level === 0) return frame;
    id = childAt(dv, base, countOf(dv, base));
  }
}

/** Frees the overflow chains of a leaf, last entry first, as far as the budget goes. @returns what is left of it */
function dropOverflow(pool: BufferPool, tree: TreeId, frame: number, budget: number): number {
  const u8 = pool.bytesOf(frame);
  const dv = pool.viewOf(frame);
  const base = pool.baseOf(frame);
  if ((u8[base + AtFlags]! & PageFlag.HasOverflow) === 0) return budget;
  pool.pin(frame);
  try {
    pool.markDirty(frame);
    for (let i = countOf(dv, base) - 1; i >= 0 && budget > 0; i--) {
      if ((rawValueLengthAt(u8, dv, base, i) & OverflowBit) !== 0) {
        const pointer = valueAt(u8, dv, base, i);
        let page = dv.getUint32(pointer + 4, true);
        while (page !== NoPage && budget > 0) {
          page = freeOverflow(pool, tree, page, 1);
          budget--;
        }
        // What is left of the chain hangs on the entry until the next step.
        dv.setUint32(pointer + 4, page, true);
        if (page !== NoPage) break;
      }
      removeEntry(u8, dv, base, i);
    }
    return budget;
  } finally {
    pool.unpin(frame);
  }
}

function resetRoot(pool: BufferPool, root: PageId): void {
  const frame = pool.fetch(root);
  pool.markDirty(frame);
  shape.readFrom(pool.bytesOf(frame), pool.viewOf(frame), pool.baseOf(frame));
  shape.kind = PageKind.Leaf;
  shape.level = 0;
  shape.flags = PageFlag.LeftEdge | PageFlag.RightEdge;
  shape.link = 0;
  shape.clearPrefix();
  beginPage(pool.bytesOf(frame), pool.viewOf(frame), pool.baseOf(frame), pool.pageSizeBytes, shape);
}
