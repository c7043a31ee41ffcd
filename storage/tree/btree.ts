/**
 * B+tree: ordered bytes in pages. Entries live in leaves; inner pages hold separators. Every page stores its own fences (slotted-page.ts),
 * so a page alone says which keys it covers: a leaf found by a shortcut proves itself, neighbours are found by seeking a fence, and
 * there are no sibling links to keep right. How the shape changes is in btree-split.ts.
 *
 * Everything is synchronous and there is no latch: one slice sees one state. What a reader keeps across slices is a `LeafRef`, which
 * pins its leaf and notices changes.
 *
 * R1  A descent checks each page: tree id, level = parent's - 1, key inside the fences. A violation is XX001: the bytes came from disk.
 * R2  Each change stamps its leaf: `maxCsn` = the greatest CSN ever put or deleted inside the leaf's fences (T3 for changes of shape).
 * R3  Keys are unique and at most a quarter page; entries above `cellSizeMaxOf` keep their value in overflow pages.
 *
 * The last leaf changed is remembered: keys that arrive in order (a commit's write set, a bulk load) go straight to it.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { setU32 } from '../../base/bytes.js';
import type { PageId, TreeId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { SplitHint } from './btree-split.js';
import { HeightMax, TreePath, isUnderfull, makeRoomInLeaf, rebalance } from './btree-split.js';
import { bulkBuild } from './bulk-build.js';
import type { BulkSource, FoundPuts, FoundRun, RunSource, ValuePlace } from './bulk-build.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import type { LeafRef } from './cursor.js';
import { beginLeafAtEdge } from './edge-leaf.js';
import type { FoundLeaves } from './found-leaves.js';
import { placeOf, spotOf } from './found-place.js';
import { replaceWhereFound } from './found-puts.js';
import { InnerView } from './inner-view.js';
import { appendRun } from './leaf-puts.js';
import { checkFound, removeEntries, removeFound, replaceEntries } from './leaf-run.js';
import { freeOverflow, writeOverflow } from '../pages/overflow.js';
import { AtFlags, AtKind, AtLevel, AtTreeId, NoPage, PageFlag, PageFormatVersion, PageKind, corruptPage, keyLengthMaxOf, keyTooLong } from '../pages/page.js';
import { PageShape, beginPage, insertEntry, removeEntry, replaceInPlace, stampLeaf } from '../pages/page-edit.js';
import {
  AboveFence,
  OverflowBit,
  OverflowPointerLength,
  cellSizeMaxOf,
  cellAt,
  childAt,
  compareKeyAt,
  copyUpperFence,
  countOf,
  entrySizeAt,
  entrySizeIn,
  freeBytes,
  isOutside,
  leafEntrySize,
  lengthAt,
  rawValueLengthAt,
  search,
  valueAt,
  valueInCell,
} from '../pages/slotted-page.js';
import { dropStep } from './tree-drop.js';
import { estimateCount } from './tree-estimate.js';

export type { BulkSource } from './bulk-build.js';

const emptyKey = new Uint8Array(0);
const overflowPointer = new Uint8Array(OverflowPointerLength);
/** Consecutive inserts side by side before a split trusts the pattern. */
const RunLengthMin = 8;
/** A scan that stepped over this share of the pool's frames goes through the pool's ring. */
const ScanShareOfPool = 8;
/** Descents through a page before a view of it is made, or as many as it has children: making it costs about 20 ns for each. */
const ViewAfterMin = 64;

const shape = new PageShape();

export class BTree {
  readonly pool: BufferPool;
  readonly id: TreeId;
  /** Never changes during the life of the tree. */
  readonly root: PageId;
  /** Longest key in bytes: a quarter of the page. */
  readonly keyLengthMax: number;
  readonly #entrySizeMax: number;
  readonly #path = new TreePath();
  /** Result of the last search in a leaf: slot, or ~slot. */
  #found = 0;
  /** The leaf in which `peek`, `has` or `holds` has looked for a key last. */
  #foundFrame = -1;
  /** Where the value is that `peek` has found there (found-place.ts); 0: it was not asked for. */
  #foundSpot = 0;
  /** The leaf that was changed last; proves itself when used. */
  #lastPage: number = NoPage;
  #lastSlot = -1;
  #ascendingRun = 0;
  #descendingRun = 0;
  // The leaf at the right edge as it was last seen; see #isBeyondEdge.
  #edgeFrame = -1;
  #edgePage: number = NoPage;
  #edgeVersion = 0;
  /** Of the root, while it is an inner page that is asked often. */
  #view: InnerView | undefined = undefined;
  /** Descents through an inner page without a view before one is made. */
  #untilView = VERIFY.on ? 1 : ViewAfterMin;
  /** Whether the last key that `has` was asked for lay in that leaf. */
  #isNearLast = false;
  #fenceKey: Uint8Array = emptyKey;
  #lowerKey: Uint8Array = emptyKey;

  private constructor(pool: BufferPool, id: TreeId, root: PageId) {
    this.pool = pool;
    this.id = id;
    this.root = root;
    this.keyLengthMax = keyLengthMaxOf(pool.pageSizeBytes);
    this.#entrySizeMax = cellSizeMaxOf(pool.pageSizeBytes);
  }

  /** Makes `root` (a page id fresh from PageIo.allocatePage) an empty leaf. */
  static create(pool: BufferPool, id: TreeId, root: PageId): BTree {
    const frame = pool.adopt(root);
    shape.kind = PageKind.Leaf;
    shape.level = 0;
    shape.pageId = root;
    shape.treeId = id;
    shape.flags = PageFlag.LeftEdge | PageFlag.RightEdge;
    shape.maxCsn = 0;
    shape.link = 0;
    shape.clearPrefix();
    beginPage(pool.bytesOf(frame), pool.viewOf(frame), pool.baseOf(frame), pool.pageSizeBytes, shape);
    pool.unpin(frame);
    return new BTree(pool, id, root);
  }

  /** A tree whose root page exists; nothing is read yet. */
  static open(pool: BufferPool, id: TreeId, root: PageId): BTree {
    return new BTree(pool, id, root);
  }

  // ------------------------------------------------------------------------------------------------------------------ descending

  /**
   * The leaf that covers the key, not pinned; `#found` is the search result in it and `#path` the way. @throws DbError XX001
   * `isScan`: the leaf, if it must be read, goes into the pool's scan ring.
   */
  #descend(key: Uint8Array, start: number, end: number, isScan: boolean): number {
    const pool = this.pool;
    const path = this.#path;
    let id: number = this.root;
    let depth = 0;
    let level = -1;
    let frame = -1;
    let view = this.#view;
    let above: InnerView | undefined = undefined;
    while (view?.isCurrent(pool) === true) {
      const child = view.find(key, start, end);
      if (VERIFY.on && child >= 0) this.#checkView(view, child, key, start, end);
      if (child < 0) break;
      pool.touch(view.frame);
      path.pages[depth] = id;
      path.children[depth++] = child;
      level = view.level;
      id = view.ids[child]!;
      frame = view.frameOf(pool, child, isScan);
      above = view;
      view = view.views[child];
    }
    const isUnseen = level !== 1 && view?.isCurrent(pool) !== true;
    const seen = depth;
    if (frame < 0) frame = pool.fetch(id);
    for (;;) {
      const u8 = pool.slabs[frame >>> pool.slabShift]!;
      const dv = pool.views[frame >>> pool.slabShift]!;
      const base = (frame & pool.slabMask) * pool.pageSizeBytes;
      level = this.#checkPage(dv, base, level, id);
      const found = search(u8, dv, base, key, start, end);
      if (isOutside(found)) throw corruptPage('a key outside the fences', id, this.id);
      path.pages[depth] = id;
      if (level === 0) {
        path.depth = depth;
        this.#found = found;
        if (isUnseen && depth > seen && --this.#untilView <= 0) this.#makeView(seen, above);
        return frame;
      }
      const child = found >= 0 ? found + 1 : ~found;
      path.children[depth++] = child;
      id = childAt(dv, base, child);
      frame = isScan && level === 1 ? pool.fetchForScan(id) : pool.fetch(id);
    }
  }

  /** Whether the way from the root to the leaf that covers the key goes by the page. @throws DbError XX001 */
  passes(key: Uint8Array, start: number, end: number, page: number): boolean {
    this.#descend(key, start, end, true);
    return this.#path.pages.slice(0, this.#path.depth + 1).includes(page);
  }

  /** A view (inner-view.ts) of the inner page at `depth` of the last descent, which went by way of the view `above` it. */
  #makeView(depth: number, above: InnerView | undefined): void {
    const { pool } = this;
    const frame = pool.find(this.#path.pages[depth]!);
    const view = frame < 0 ? undefined : InnerView.read(pool, frame);
    this.#untilView = VERIFY.on ? 1 : Math.max(ViewAfterMin, view?.ids.length ?? 0);
    if (view === undefined) return;
    if (above === undefined) this.#view = view;
    else above.views[this.#path.children[depth - 1]!] = view;
  }
  #checkView(view: InnerView, child: number, key: Uint8Array, start: number, end: number): void {
    const { pool } = this;
    const found = search(pool.bytesOf(view.frame), pool.viewOf(view.frame), pool.baseOf(view.frame), key, start, end);
    view.check(pool, child, found >= 0 ? found + 1 : ~found);
  }

  /** R1 for the header. `parentLevel` is -1 at the root. @returns the page's level */
  #checkPage(dv: DataView, base: number, parentLevel: number, id: number): number {
    // Kind, version, flags and level in one load.
    const word = dv.getUint32(base + AtKind, true);
    const level = word >>> 24;
    if (dv.getUint32(base + AtTreeId, true) !== this.id) throw corruptPage('a page of another tree', id, this.id);
    if (parentLevel >= 0 ? level !== parentLevel - 1 : level >= HeightMax) throw corruptPage('a page of the wrong level', id, this.id);
    if ((word & 0xff) !== (level === 0 ? PageKind.Leaf : PageKind.Inner)) throw corruptPage('a page of the wrong kind', id, this.id);
    if (((word >>> 8) & 0xff) !== PageFormatVersion) throw corruptPage('a page of an unknown format version', id, this.id);
    return level;
  }

  /** The leaf that covers the keys just below `key`; `#found` is the number of its entries < key. */
  #descendBefore(key: Uint8Array, start: number, end: number, isScan: boolean): number {
    const pool = this.pool;
    let id: number = this.root;
    let level = -1;
    for (;;) {
      const frame = isScan && level === 1 ? pool.fetchForScan(id) : pool.fetch(id);
      const u8 = pool.bytesOf(frame);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      level = this.#checkPage(dv, base, level, id);
      const found = search(u8, dv, base, key, start, end);
      let below = found >= 0 ? found : ~found;
      if (isOutside(found)) {
        // Right at the upper fence is where the way to the keys below it leads.
        if (found !== AboveFence || !this.#isUpperFence(u8, dv, base, key, start, end)) throw corruptPage('a key outside the fences', id, this.id);
        below = countOf(dv, base);
      }
      if (level === 0) {
        this.#found = below;
        return frame;
      }
      id = childAt(dv, base, below);
    }
  }

  #isUpperFence(u8: Uint8Array, dv: DataView, base: number, key: Uint8Array, start: number, end: number): boolean {
    const fence = this.#fenceBuffer();
    if (copyUpperFence(u8, dv, base, fence) !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (fence[i] !== key[start + i]) return false;
    return true;
  }
  #fenceBuffer(): Uint8Array {
    if (this.#fenceKey.length === 0) this.#fenceKey = new Uint8Array(this.pool.pageSizeBytes);
    return this.#fenceKey;
  }

  /** The leaf changed last if it covers the key (then `#found` is the result), otherwise -1. */
  #lastLeafFor(key: Uint8Array, start: number, end: number): number {
    if (this.#lastPage === NoPage) return -1;
    const pool = this.pool;
    const frame = pool.find(this.#lastPage);
    if (frame < 0) return -1;
    const u8 = pool.slabs[frame >>> pool.slabShift]!;
    const dv = pool.views[frame >>> pool.slabShift]!;
    const base = (frame & pool.slabMask) * pool.pageSizeBytes;
    // The page may have been freed and given to somebody else meanwhile.
    if (u8[base + AtKind] !== PageKind.Leaf || dv.getUint32(base + AtTreeId, true) !== this.id) return -1;
    const found = search(u8, dv, base, key, start, end);
    if (isOutside(found)) return -1;
    this.#found = found;
    return frame;
  }

  /** The leaf that covers the key, `#found` the result of the search in it; the way to it is not kept. */
  #leafFor(key: Uint8Array, start: number, end: number): number {
    const frame = this.#lastLeafFor(key, start, end);
    return frame < 0 ? this.#descend(key, start, end, false) : frame;
  }

  /**
   * Whether the key is greater than every key of the tree, as one comparison with the last entry tells while the leaf at the right edge is
   * what it was. Then `#edgeFrame` is its frame, and `#found` the place behind that entry. False also when that is not known.
   */
  #isBeyondEdge(key: Uint8Array, start: number, end: number): boolean {
    const frame = this.#edgeFrame;
    const { pool } = this;
    if (frame < 0 || pool.pageIds[frame] !== this.#edgePage) return false;
    if (pool.versions[frame] !== this.#edgeVersion && !(mutants.on && mutants.has('storage.edge-of-before'))) return false;
    const dv = pool.views[frame >>> pool.slabShift]!;
    const base = (frame & pool.slabMask) * pool.pageSizeBytes;
    const u8 = pool.slabs[frame >>> pool.slabShift]!;
    const count = countOf(dv, base);
    if (count === 0 ? (u8[base + AtFlags]! & PageFlag.LeftEdge) === 0 : compareKeyAt(u8, dv, base, count - 1, key, start, end) >= 0) return false;
    this.#found = ~count;
    return true;
  }
  /** A key has been looked for or put at the end of this leaf. */
  #noteEdge(frame: number, u8: Uint8Array, base: number): void {
    if ((u8[base + AtFlags]! & PageFlag.RightEdge) === 0) return;
    this.#edgeFrame = frame;
    this.#edgePage = this.pool.pageIds[frame]!;
    this.#edgeVersion = this.pool.versions[frame]!;
  }

  // ------------------------------------------------------------------------------------------------------------------ reading

  /** Point lookup: true, and `ref.slot` is the entry; false, and `ref` holds the leaf where it would be, `ref.slot` the place. */
  seek(key: Uint8Array, keyLength: number, ref: LeafRef): boolean {
    const frame = this.#descend(key, 0, keyLength, false);
    const found = this.#found;
    ref.stepCount = 0;
    ref.hold(this, this.pool, frame, found >= 0 ? found : ~found, false);
    return found >= 0;
  }
  /**
   * `seek` for whoever needs the value at once: `into` says where it lies until anything else is asked of the tree or its pool, for nothing is pinned. @returns whether
   * the key is there; undefined: its value lies in overflow pages, which takes a `seek`
   */
  peek(key: Uint8Array, keyLength: number, into: ValuePlace): boolean | undefined {
    const { pool } = this;
    const frame = this.#descend(key, 0, keyLength, false);
    const slot = this.#found;
    if (slot < 0) return false;
    const dv = pool.views[frame >>> pool.slabShift]!;
    const base = (frame & pool.slabMask) * pool.pageSizeBytes;
    const u8 = pool.slabs[frame >>> pool.slabShift]!;
    const cell = cellAt(dv, base, slot);
    const length = lengthAt(u8, cell);
    const isLong = (length & OverflowBit) !== 0;
    this.#foundFrame = isLong ? -1 : frame;
    if (isLong) return undefined;
    const offset = valueInCell(u8, dv, base, slot, cell);
    this.#foundSpot = spotOf(offset - base, length);
    into.u8 = u8;
    into.dv = dv;
    into.offset = offset;
    into.length = length;
    return true;
  }
  /** Whether the key is there. Cheaper than `seek`, and cheapest when keys come in order at the place changed last or behind all others. */
  has(key: Uint8Array, keyLength: number): boolean {
    if (this.#isBeyondEdge(key, 0, keyLength)) return false;
    if (this.holds(key, keyLength)) return true;
    const { pool } = this;
    const frame = this.#foundFrame;
    if (~this.#found === countOf(pool.viewOf(frame), pool.baseOf(frame))) this.#noteEdge(frame, pool.bytesOf(frame), pool.baseOf(frame));
    return false;
  }
  /** The same for a key that is expected to be there: whether it lies behind all others is not asked first. */
  holds(key: Uint8Array, keyLength: number): boolean {
    const near = this.#isNearLast ? this.#lastLeafFor(key, 0, keyLength) : -1;
    const frame = near < 0 ? this.#descend(key, 0, keyLength, false) : near;
    this.#foundFrame = frame;
    this.#foundSpot = 0;
    this.#isNearLast = this.pool.pageIds[frame] === this.#lastPage;
    return this.#found >= 0;
  }
  /**
   * Notes in three words where `peek`, `has` or `holds` has just found a key (found-place.ts): the place, `NoPlace` when it is not known, the version of its frame, and where the value is, if `peek`
   * has found it. While the frame has that version the entry is there (`putFound`, `deleteFound`).
   */
  tellFound(words: Int32Array, at: number): void {
    const frame = this.#foundFrame;
    assert(this.#found >= 0, 'a place that was not found', this.#found);
    words[at] = placeOf(frame, this.#found);
    if (frame < 0) return;
    words[at + 1] = this.pool.versions[frame]!;
    words[at + 2] = this.#foundSpot;
  }
  /** Whether the leaf is what it was when `tellFound` was asked. */
  #isAsFound({ frame, version }: FoundRun): boolean {
    return (this.pool.versions[frame]! | 0) === version || (mutants.on && mutants.has('storage.found-in-leaf-of-before'));
  }
  /** Whether the key is greater than every key of the tree. */
  isBeyond(key: Uint8Array, keyLength: number): boolean {
    if (this.#isBeyondEdge(key, 0, keyLength)) return true;
    const { pool } = this;
    const frame = this.#descend(key, 0, keyLength, false);
    if (this.#found >= 0 || ~this.#found !== countOf(pool.viewOf(frame), pool.baseOf(frame))) return false;
    this.#noteEdge(frame, pool.bytesOf(frame), pool.baseOf(frame));
    return this.#isBeyondEdge(key, 0, keyLength);
  }
  /** The first leaf, slot 0. */
  seekFirst(ref: LeafRef): void {
    this.seekLeafFor(emptyKey, 0, ref);
  }
  /** The leaf that covers `key`; `slot` = first entry >= key, maybe `count`. */
  seekLeafFor(key: Uint8Array, keyLength: number, ref: LeafRef): void {
    const frame = this.#descend(key, 0, keyLength, false);
    ref.stepCount = 0;
    ref.hold(this, this.pool, frame, this.#found >= 0 ? this.#found : ~this.#found, true);
    this.#noteParent(ref);
  }
  /**
   * The leaf that covers `key`, slot 0, where inner pages are read by their views all the way and what is asked of the leaf is kept with its columns (C4 of cursor.ts): no page
   * is touched. False, and the ref unmoved, where that is not so.
   */
  seekByColumns(key: Uint8Array, keyLength: number, ref: LeafRef): boolean {
    const { pool } = this;
    for (let view = this.#view; view?.isCurrent(pool) === true; ) {
      const child = view.find(key, 0, keyLength);
      if (VERIFY.on && child >= 0) this.#checkView(view, child, key, 0, keyLength);
      if (child < 0) return false;
      pool.touch(view.frame);
      const frame = view.frameOf(pool, child, false);
      if (view.level === 1) {
        if (!ref.holdByColumns(this, pool, frame)) return false;
        ref.stepCount = 0;
        ref.noteParent(view.frame, pool.versions[view.frame]!, child);
        return true;
      }
      view = view.views[child]!;
    }
    return false;
  }
  /** For the next step: the last descent's place in the page above the leaf. */
  #noteParent(ref: LeafRef): void {
    const { depth, pages, children } = this.#path;
    if (depth === 0) return;
    const frame = this.pool.find(pages[depth - 1]!);
    if (frame >= 0) ref.noteParent(frame, this.pool.versions[frame]!, children[depth - 1]!);
  }
  /** The leaf that covers the keys just below `key`; `slot` = number of its entries < key. For backward scans. */
  seekLeafBefore(key: Uint8Array, keyLength: number, ref: LeafRef): void {
    const frame = this.#descendBefore(key, 0, keyLength, false);
    ref.stepCount = 0;
    ref.hold(this, this.pool, frame, this.#found, true);
  }
  /** The last leaf; `slot` = count. */
  seekLast(ref: LeafRef): void {
    const pool = this.pool;
    let id: number = this.root;
    let level = -1;
    for (;;) {
      const frame = pool.fetch(id);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      level = this.#checkPage(dv, base, level, id);
      if (level === 0) {
        ref.stepCount = 0;
        ref.hold(this, pool, frame, countOf(dv, base), true);
        return;
      }
      id = childAt(dv, base, countOf(dv, base));
    }
  }

  /** To the leaf at the upper fence, slot 0; false (and the ref unmoved) at the last leaf. */
  nextLeaf(ref: LeafRef): boolean {
    assert(ref.tree === this, 'the ref holds no leaf of this tree', this.id);
    const isLong = this.#isLongScan(ref);
    if (this.#nextSibling(ref, isLong)) return true;
    const fence = this.#fenceBuffer();
    const length = ref.copyUpperFence(fence);
    if (length < 0) return false;
    const frame = this.#descend(fence, 0, length, isLong);
    ref.hold(this, this.pool, frame, this.#found >= 0 ? this.#found : ~this.#found, true);
    this.#noteParent(ref);
    return true;
  }
  /**
   * While the page above is what it was when the ref was positioned, no leaf below it was split, merged or freed, so the next one is its next child; no descent is
   * needed. False when that is not so, or the next leaf is another page's child.
   */
  #nextSibling(ref: LeafRef, isLong: boolean): boolean {
    const pool = this.pool;
    const parent = ref.parentFrame;
    if (parent < 0 || (pool.versions[parent] !== ref.parentVersion && !(mutants.on && mutants.has('storage.step-below-changed-parent')))) return false;
    const dv = pool.viewOf(parent);
    const base = pool.baseOf(parent);
    const child = ref.childIndex + 1;
    if (child > countOf(dv, base)) return false;
    const version = ref.parentVersion;
    const id = childAt(dv, base, child);
    const frame = pool.fetchNear(id, ref.frame + 1, isLong);
    if (!ref.holdByColumns(this, pool, frame)) {
      this.#checkPage(pool.viewOf(frame), pool.baseOf(frame), 1, id);
      ref.hold(this, pool, frame, 0, true);
    }
    ref.noteParent(parent, version, child);
    return true;
  }
  /** To the leaf below the lower fence, slot = count; false at the first leaf. */
  previousLeaf(ref: LeafRef): boolean {
    assert(ref.tree === this, 'the ref holds no leaf of this tree', this.id);
    if (this.#lowerKey.length === 0) this.#lowerKey = new Uint8Array(this.keyLengthMax);
    const fence = this.#lowerKey;
    const length = ref.copyLowerFence(fence);
    if (length === 0) return false;
    const frame = this.#descendBefore(fence, 0, length, this.#isLongScan(ref));
    ref.hold(this, this.pool, frame, this.#found, true);
    return true;
  }
  #isLongScan(ref: LeafRef): boolean {
    return ++ref.stepCount * ScanShareOfPool > this.pool.frameCount;
  }

  // ------------------------------------------------------------------------------------------------------------------ changing

  /**
   * Inserts or replaces. Stamps the leaf with `csn` when greater. Key and value are borrowed for the call and must not lie in the pool.
   * @throws DbError 54000 when the key is too long; 53100, 53200, 58030, and then the tree is valid and the entry as before
   */
  put(key: Uint8Array, keyOffset: number, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number, csn: number): void {
    if (keyLength > this.keyLengthMax) throw keyTooLong(keyLength, this.keyLengthMax);
    if (leafEntrySize(keyLength, valueLength) <= this.#entrySizeMax) {
      this.#put(key, keyOffset, keyOffset + keyLength, value, valueOffset, valueLength, 0, csn);
      return;
    }
    const first = writeOverflow(this.pool, this.id, value, valueOffset, valueLength);
    setU32(overflowPointer, 0, valueLength);
    setU32(overflowPointer, 4, first);
    try {
      this.#put(key, keyOffset, keyOffset + keyLength, overflowPointer, 0, OverflowPointerLength, OverflowBit, csn);
    } catch (error) {
      freeOverflow(this.pool, this.id, first, Infinity);
      throw error;
    }
  }

  /**
   * The same for the next entries of a source whose keys strictly ascend: as many as fit behind the last key of the tree, or as replace entries of one leaf, otherwise
   * one. The source then stands at the next.
   */
  putSome(source: RunSource, csn: number): void {
    const { pool } = this;
    const { key, keyOffset, keyLength, value, valueOffset, valueLength } = source;
    const end = keyOffset + keyLength;
    let frame: number;
    if (this.#isBeyondEdge(key, keyOffset, end)) {
      frame = this.#edgeFrame;
      if (countOf(pool.viewOf(frame), pool.baseOf(frame)) > 0 && (this.#appendAtEdge(frame, source, csn, pool) || this.#appendBehindEdge(frame, source, csn, pool))) return;
    } else {
      frame = this.#leafFor(key, keyOffset, end);
      if (this.#found >= 0 && this.#replaceSome(frame, source, csn, pool)) return;
    }
    if (leafEntrySize(keyLength, valueLength) > this.#entrySizeMax || keyLength > this.keyLengthMax) this.put(key, keyOffset, keyLength, value, valueOffset, valueLength, csn);
    else this.#putAt(frame, key, keyOffset, end, value, valueOffset, valueLength, 0, csn);
    source.next();
  }
  /** Over entries of the leaf in which the first was found. @returns false when that one takes a `put` */
  #replaceSome(frame: number, source: RunSource, csn: number, pool: BufferPool): boolean {
    pool.markDirty(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    if (replaceEntries(pool.bytesOf(frame), dv, base, source, this.#found, this.#entrySizeMax) === 0) return false;
    this.#lastPage = pool.pageIds[frame]!;
    if (!(mutants.on && mutants.has('storage.run-of-values-unstamped'))) stampLeaf(dv, base, csn);
    return true;
  }
  /** Replaces entries where they were found, up to one that takes a `put` (found-puts.ts). The source then stands at that. */
  putFound(source: FoundPuts, csn: number, leaves: FoundLeaves): void {
    replaceWhereFound(this.pool, source, csn, leaves);
  }
  /** Into a new leaf behind the one at the right edge, which is full. @returns false when it takes a `put` */
  #appendBehindEdge(full: number, source: RunSource, csn: number, pool: BufferPool): boolean {
    const frame = beginLeafAtEdge(pool, this.root, full, source, this.#entrySizeMax, (dv, base, parentLevel, id) => this.#checkPage(dv, base, parentLevel, id));
    if (frame < 0) return false;
    const isAppended = this.#appendAtEdge(frame, source, csn, pool);
    assert(isAppended, 'no room in an empty leaf', full, frame);
    return true;
  }
  /** Into the leaf at the right edge, which has entries or the prefix for them, what fits. @returns false when nothing did: it takes a `put` */
  #appendAtEdge(frame: number, source: RunSource, csn: number, pool: BufferPool): boolean {
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    pool.markDirty(frame);
    const u8 = pool.bytesOf(frame);
    const count = appendRun(u8, dv, base, source, this.#entrySizeMax);
    if (count === 0) return false;
    const page = pool.pageIds[frame]!;
    this.#ascendingRun = (page === this.#lastPage ? this.#ascendingRun : 0) + count;
    this.#descendingRun = 0;
    this.#lastPage = page;
    this.#lastSlot = countOf(dv, base) - 1;
    if (!(mutants.on && mutants.has('storage.run-unstamped'))) stampLeaf(dv, base, csn);
    this.#noteEdge(frame, u8, base);
    return true;
  }

  #put(key: Uint8Array, start: number, end: number, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number, csn: number): void {
    this.#putAt(this.#isBeyondEdge(key, start, end) ? this.#edgeFrame : this.#leafFor(key, start, end), key, start, end, value, valueStart, valueLength, overflowBit, csn);
  }
  /** The same where the key was just looked for, in `leaf`. */
  #putAt(leaf: number, key: Uint8Array, start: number, end: number, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number, csn: number): void {
    const pool = this.pool;
    for (let frame = leaf; ; ) {
      pool.markDirty(frame);
      const u8 = pool.slabs[frame >>> pool.slabShift]!;
      const dv = pool.views[frame >>> pool.slabShift]!;
      const base = (frame & pool.slabMask) * pool.pageSizeBytes;
      const page = pool.pageIds[frame]!;
      const found = this.#found;
      if (found < 0) {
        const slot = ~found;
        if (insertEntry(u8, dv, base, pool.pageSizeBytes, slot, key, start, end, value, valueStart, valueLength, overflowBit)) {
          if (page !== this.#lastPage) {
            this.#lastPage = page;
            this.#ascendingRun = 0;
            this.#descendingRun = 0;
          } else if (slot === this.#lastSlot + 1) {
            this.#ascendingRun++;
            this.#descendingRun = 0;
          } else {
            this.#ascendingRun = 0;
            this.#descendingRun = slot === this.#lastSlot ? this.#descendingRun + 1 : 0;
          }
          this.#lastSlot = slot;
          stampLeaf(dv, base, csn);
          if (slot + 1 === countOf(dv, base)) this.#noteEdge(frame, u8, base);
          return;
        }
      } else if (this.#replace(u8, dv, base, found, key, start, end, value, valueStart, valueLength, overflowBit, csn)) {
        this.#lastPage = page;
        return;
      }
      this.makeRoom(key, start, end, leafEntrySize(end - start, valueLength));
      frame = this.#descend(key, start, end, false);
    }
  }

  /** `put` where `seek` has just looked for the key with `ref`, `isThere` being its answer: without another descent. Lets go of the leaf. @throws as `put` */
  putSought(ref: LeafRef, isThere: boolean, key: Uint8Array, keyLength: number, value: Uint8Array, valueOffset: number, valueLength: number, csn: number): void {
    const { frame, slot } = ref;
    assert(ref.tree === this && ref.isCurrent(), 'the leaf has changed since it was sought', frame);
    ref.release();
    if (keyLength > this.keyLengthMax || leafEntrySize(keyLength, valueLength) > this.#entrySizeMax) {
      this.put(key, 0, keyLength, value, valueOffset, valueLength, csn);
      return;
    }
    this.#found = isThere ? slot : ~slot;
    this.#putAt(frame, key, 0, keyLength, value, valueOffset, valueLength, 0, csn);
  }
  /** `delete` of the entry that `seek` has just found, likewise. */
  deleteSought(ref: LeafRef, key: Uint8Array, keyLength: number, csn: number): void {
    const { frame, slot } = ref;
    assert(ref.tree === this && ref.isCurrent(), 'the leaf has changed since it was sought', frame);
    ref.release();
    this.#found = slot;
    this.#deleteAt(frame, key, 0, keyLength, csn);
  }

  /** Replaces the value of entry `slot`; false, nothing changed, when the leaf has no room for the longer one. */
  #replace(u8: Uint8Array, dv: DataView, base: number, slot: number, key: Uint8Array, start: number, end: number, value: Uint8Array, valueStart: number, valueLength: number, overflowBit: number, csn: number): boolean {
    let oldOverflow = NoPage;
    if ((rawValueLengthAt(u8, dv, base, slot) & OverflowBit) !== 0) oldOverflow = dv.getUint32(valueAt(u8, dv, base, slot) + 4, true);
    if (!replaceInPlace(u8, dv, base, slot, value, valueStart, valueLength, overflowBit)) {
      const oldSize = entrySizeAt(u8, dv, base, slot);
      if (countOf(dv, base) > 1 && freeBytes(dv, base) + oldSize < entrySizeIn(u8, dv, base, end - start, valueLength | overflowBit)) return false;
      removeEntry(u8, dv, base, slot);
      const isInserted = insertEntry(u8, dv, base, this.pool.pageSizeBytes, slot, key, start, end, value, valueStart, valueLength, overflowBit);
      assert(isInserted, 'no room for the replaced entry', oldSize, valueLength);
    }
    stampLeaf(dv, base, csn);
    // Last, for it may evict this very leaf.
    if (oldOverflow !== NoPage && !(mutants.on && mutants.has('storage.overflow-chain-leaked'))) freeOverflow(this.pool, this.id, oldOverflow, Infinity);
    return true;
  }

  /** One step towards room for a key that did not fit in its leaf; descend again after it. For `put` and the bulk builder. */
  makeRoom(key: Uint8Array, start: number, end: number, size: number): void {
    // The leaf was found by a shortcut perhaps; a split needs the way to it.
    this.#descend(key, start, end, false);
    const isLast = this.#path.pages[this.#path.depth] === this.#lastPage;
    const hint: SplitHint = {
      found: this.#found,
      size,
      isAscending: isLast && this.#ascendingRun >= RunLengthMin && this.#found === ~(this.#lastSlot + 1),
      isDescending: isLast && this.#descendingRun >= RunLengthMin && this.#found === ~this.#lastSlot,
    };
    makeRoomInLeaf(this.pool, this.id, this.#path, key, start, end, hint);
  }

  /** Deletes; false when absent (then nothing is stamped). @throws as `put` */
  delete(key: Uint8Array, keyOffset: number, keyLength: number, csn: number): boolean {
    const end = keyOffset + keyLength;
    const frame = this.#leafFor(key, keyOffset, end);
    if (this.#found < 0) return false;
    this.#deleteAt(frame, key, keyOffset, end, csn);
    return true;
  }
  #deleteAt(frame: number, key: Uint8Array, start: number, end: number, csn: number): void {
    const pool = this.pool;
    const slot = this.#found;
    pool.markDirty(frame);
    const u8 = pool.bytesOf(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    let overflow = NoPage;
    if ((rawValueLengthAt(u8, dv, base, slot) & OverflowBit) !== 0) overflow = dv.getUint32(valueAt(u8, dv, base, slot) + 4, true);
    removeEntry(u8, dv, base, slot);
    stampLeaf(dv, base, csn);
    this.#removedFrom(frame, dv, base, overflow, key, start, end);
  }
  /** What follows when a leaf, that of the key, has got fewer entries. */
  #removedFrom(frame: number, dv: DataView, base: number, overflow: number, key: Uint8Array, start: number, end: number): void {
    const { pool } = this;
    this.#lastPage = pool.pageIds[frame]!;
    this.#lastSlot = -1;
    this.#ascendingRun = 0;
    this.#descendingRun = 0;
    const isThin = isUnderfull(dv, base, pool.pageSizeBytes);
    if (overflow !== NoPage) freeOverflow(pool, this.id, overflow, Infinity);
    if (isThin && this.#lastPage !== this.root) {
      this.#descend(key, start, end, false);
      rebalance(pool, this.#path, this.#path.depth);
    }
  }

  /**
   * Deletes the next entries of a source whose keys strictly ascend: as many as are in one leaf, or none when the present one is absent. The source then stands at
   * the next. @returns how many were there @throws as `put`
   */
  deleteSome(source: RunSource, csn: number): number {
    const { pool } = this;
    const { key, keyOffset, keyLength } = source;
    const end = keyOffset + keyLength;
    const frame = this.#leafFor(key, keyOffset, end);
    if (this.#found < 0) {
      source.next();
      return 0;
    }
    pool.markDirty(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    const count = removeEntries(pool.bytesOf(frame), dv, base, source, this.#found);
    if (count === 0) {
      this.#deleteAt(frame, key, keyOffset, end, csn);
      source.next();
      return 1;
    }
    if (!(mutants.on && mutants.has('storage.run-of-removals-unstamped'))) stampLeaf(dv, base, csn);
    this.#removedFrom(frame, dv, base, NoPage, key, keyOffset, end);
    return count;
  }

  /** `deleteSome` until the run ends, whose entries were found in one leaf: while that is what it was, none of them is looked for. All of them must be there. */
  deleteFound(run: FoundRun, csn: number): void {
    if (this.#isAsFound(run)) this.#removeFound(run, csn);
    while (run.left > 0) {
      const count = this.deleteSome(run, csn);
      assert(count > 0, 'an entry that was found is gone', run.frame);
    }
  }
  #removeFound(run: FoundRun, csn: number): void {
    const { pool } = this;
    const { frame } = run;
    pool.markDirty(frame);
    const u8 = pool.bytesOf(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    if (VERIFY.on) checkFound(u8, dv, base, run.slots[run.place]!, run);
    const count = removeFound(u8, dv, base, run);
    if (count === 0) return;
    if (!(mutants.on && mutants.has('storage.found-removals-unstamped'))) stampLeaf(dv, base, csn);
    this.#removedFrom(frame, dv, base, NoPage, run.key, run.keyOffset, run.keyOffset + run.keyLength);
    run.goTo(run.left - count);
  }

  /** Fills this empty tree from entries in ascending order. @returns their number. @throws InternalError when they do not strictly ascend */
  bulkBuild(source: BulkSource, csn: number): number {
    return bulkBuild(this, source, csn);
  }

  /**
   * Frees up to about `pageCountMax` pages from the right; true when the tree is an empty root leaf, and the caller frees the root. Between
   * steps the tree is one that only `dropStep` may touch, also after a crash.
   */
  dropStep(pageCountMax: number): boolean {
    this.#lastPage = NoPage;
    this.#edgeFrame = -1;
    return dropStep(this.pool, this.id, this.root, this.#path, (dv, base, parentLevel, id) => this.#checkPage(dv, base, parentLevel, id), pageCountMax);
  }

  // ------------------------------------------------------------------------------------------------------------------ figures

  /** Number of levels, 1 for a lone root leaf. */
  height(): number {
    const frame = this.pool.fetch(this.root);
    return this.pool.bytesOf(frame)[this.pool.baseOf(frame) + AtLevel]! + 1;
  }
  /** Of a few paths (tree-estimate.ts). */
  leafCountEstimate(): number {
    return this.#estimate(false);
  }
  entryCountEstimate(): number {
    return this.#estimate(true);
  }
  #estimate(countsEntries: boolean): number {
    return estimateCount(this.pool, this.root, (dv, base, parentLevel, id) => this.#checkPage(dv, base, parentLevel, id), countsEntries);
  }
}
