/**
 * Values replaced where their entries were found one by one (found-place.ts), in whatever order they come: where each is to be written is known before anything of its leaf has been read, so that the
 * processor waits for none of them before it goes on to the next.
 */
import { VERIFY } from '../../base/assert.js';
import { copyByWords } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import type { FoundPuts } from './bulk-build.js';
import type { FoundLeaves } from './found-leaves.js';
import { NoPlace, frameOfPlace, lengthOfSpot, offsetOfSpot, slotOfPlace } from './found-place.js';
import { checkFoundValue, replaceByShorter } from './leaf-run.js';
import { stampLeaf } from '../pages/page-edit.js';

/**
 * Up to an entry whose leaf is not what it was, but for what this has done to it for the same commit, or whose value has become longer. The source then stands at that. `leaves`: those that the commit
 * has changed so.
 */
export function replaceWhereFound(pool: BufferPool, source: FoundPuts, csn: number, leaves: FoundLeaves): void {
  do {
    const { place, spot, value, valueView, valueOffset, valueLength } = source;
    if (place === NoPlace) return;
    const frame = frameOfPlace(place);
    if (!opensLeaf(pool, frame, source.version, csn, leaves)) return;
    const u8 = pool.slabs[frame >>> pool.slabShift]!;
    const dv = pool.views[frame >>> pool.slabShift]!;
    const base = (frame & pool.slabMask) * pool.pageSizeBytes;
    if (VERIFY.on) checkFoundValue(u8, dv, base, source);
    if (valueLength === lengthOfSpot(spot)) copyByWords(u8, dv, base + offsetOfSpot(spot), value, valueView, valueOffset, valueLength);
    else if (!replaceByShorter(u8, dv, base, slotOfPlace(place), source)) return;
  } while (source.next());
}

/** Makes a leaf ready for changes where entries of it were found when it had that version. @returns false when it is not what it was */
function opensLeaf(pool: BufferPool, frame: number, version: number, csn: number, leaves: FoundLeaves): boolean {
  const now = pool.versions[frame]! | 0;
  if (now === version || (mutants.on && mutants.has('storage.found-in-leaf-of-before'))) {
    pool.markDirty(frame);
    leaves.add(frame);
    if (!(mutants.on && mutants.has('storage.found-values-unstamped'))) stampLeaf(pool.viewOf(frame), pool.baseOf(frame), csn);
    return true;
  }
  if (now !== ((version + 1) | 0) || !(leaves.has(frame) || (mutants.on && mutants.has('storage.found-leaf-of-others')))) return false;
  if (!(mutants.on && mutants.has('storage.found-leaf-marked-once'))) pool.markDirtyStill(frame);
  return true;
}
