/** How many leaves or entries a tree has, from a few paths spread over it: the mean over them of the product of the fan-outs. Exact for one or two levels of like pages. */
import type { PageId } from '../../base/ids.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { childAt, countOf } from '../pages/slotted-page.js';

const PathCount = 8;

/** `check`: R1 of btree.ts for one page; it gives its level. */
export function estimateCount(pool: BufferPool, root: PageId, check: (dv: DataView, base: number, parentLevel: number, id: number) => number, countsEntries: boolean): number {
  let sum = 0;
  for (let path = 0; path < PathCount; path++) {
    let place = (path + 0.5) / PathCount;
    let id: number = root;
    let product = 1;
    let level = -1;
    for (;;) {
      const frame = pool.fetch(id);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      level = check(dv, base, level, id);
      const count = countOf(dv, base);
      if (level === 0) {
        if (countsEntries) product *= count;
        break;
      }
      product *= count + 1;
      const child = Math.floor(place * (count + 1));
      place = place * (count + 1) - child;
      id = childAt(dv, base, child);
    }
    sum += product;
  }
  return Math.round(sum / PathCount);
}
