/**
 * The structural check of one tree: everything that slotted-page.ts, btree.ts, btree-split.ts and overflow.ts promise, read page by page.
 * Problems are reported, not thrown, so that one damaged page does not hide the next; a page that cannot be read is a problem too, and
 * what hangs below it is not visited. One page is pinned at a time.
 *
 * A walk may be made in portions, between which others change the tree: each portion descends again to the key where the last one ended, so it sees one state
 * of the tree. Pages on the way whose range begins before that key were met by an earlier portion; they are looked at again, but not counted again.
 *
 * Checked: header (kind, version, flags, level, ids), P1 and P2 (space accounted for to the byte, cells inside the page and disjoint),
 * S1 (order, prefix, fences), fences equal to the separators above, edges only at the edges, overflow chains (O1), each page reached once.
 */
import { DbError } from '../../base/errors.js';
import type { TreeId } from '../../base/ids.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { checkOverflowPage } from '../pages/overflow.js';
import {
  AtCount,
  AtFlags,
  AtFragmented,
  AtHeapStart,
  AtKind,
  AtLevel,
  AtLink,
  AtLowerLength,
  AtMaxCsn,
  AtOrdinal,
  AtPageId,
  AtPrefixLength,
  AtSlots,
  AtTreeId,
  AtUpperLength,
  AtUpperShared,
  AtVersion,
  HeaderSizeBytes,
  NoPage,
  PageFlag,
  PageFlagMask,
  PageFormatVersion,
  PageKind,
} from '../pages/page.js';
import {
  OverflowBit,
  OverflowPointerLength,
  cellAt,
  cellSizeAt,
  childAt,
  copyKey,
  copyLowerFence,
  copyUpperFence,
  countOf,
  gapBytes,
  hasShortKeys,
  headAt,
  keyHead,
  lengthBytesAt,
  rawValueLengthAt,
  slotAt,
  valueAt,
} from '../pages/slotted-page.js';

export interface TreeProblem {
  readonly pageId: number;
  readonly message: string;
}

export interface TreeCheckHooks {
  /** Called for each problem found. */
  readonly onProblem: (problem: TreeProblem) => void;
  /** Called for each page of the tree, also overflow pages; false when the page was seen before (in this tree or another). */
  readonly onPage: (pageId: number, isOverflow: boolean) => boolean;
  /** Called for each entry in key order; bytes are borrowed. For counting, and for comparing a table with its indexes. */
  readonly onEntry?: ((key: Uint8Array, keyLength: number) => void) | undefined;
}

export interface TreeCheckResult {
  height: number;
  leafCount: number;
  innerCount: number;
  overflowPageCount: number;
  entryCount: number;
  /** Bytes in use in leaves, headers and fences included. */
  leafBytesUsed: number;
  maxCsn: number;
}

/** Walks the whole tree. */
export function checkTree(pool: BufferPool, tree: TreeId, root: number, hooks: TreeCheckHooks): TreeCheckResult {
  const checker = new TreeChecker(pool, tree, hooks);
  checker.check(root, '', Infinity);
  return checker.result;
}

export class TreeChecker {
  readonly #pool: BufferPool;
  readonly #tree: TreeId;
  readonly #hooks: TreeCheckHooks;
  readonly #key: Uint8Array;
  #isDropping = false;
  /** Where this portion began, and what is left of it. */
  #from = '';
  #pagesLeft = 0;
  /** Where the next portion begins, once this one is to end. */
  #next: string | undefined;
  readonly result: TreeCheckResult = { height: 0, leafCount: 0, innerCount: 0, overflowPageCount: 0, entryCount: 0, leafBytesUsed: 0, maxCsn: 0 };

  constructor(pool: BufferPool, tree: TreeId, hooks: TreeCheckHooks) {
    this.#pool = pool;
    this.#tree = tree;
    this.#hooks = hooks;
    this.#key = new Uint8Array(pool.pageSizeBytes * 2);
  }

  /** Checks the part of the tree from the key `from` (latin1) on, about `pageCount` pages of it. @returns where to go on, undefined at the end */
  check(root: number, from: string, pageCount: number): string | undefined {
    this.#from = from;
    this.#pagesLeft = pageCount;
    this.#next = undefined;
    let level: number;
    try {
      const frame = this.#pool.fetch(root);
      this.#isDropping = (this.#pool.bytesOf(frame)[this.#pool.baseOf(frame) + AtFlags]! & PageFlag.Dropping) !== 0;
      level = this.#pool.bytesOf(frame)[this.#pool.baseOf(frame) + AtLevel]!;
    } catch (error) {
      this.#unreadable(root, error);
      return undefined;
    }
    this.result.height = level + 1;
    if (level >= 32) this.#report(root, `level ${level} is impossible`);
    else this.#checkNode(root, level, '', undefined);
    return this.#next;
  }

  #report(pageId: number, message: string): void {
    this.#hooks.onProblem({ pageId, message: `tree ${this.#tree}, page ${pageId}: ${message}` });
  }
  #unreadable(pageId: number, error: unknown): void {
    if (!(error instanceof DbError)) throw error;
    this.#report(pageId, error.message);
  }

  /** `lower` and `upper` are what the pages above say the fences are, as latin1; '' and undefined at the edges. */
  #checkNode(pageId: number, level: number, lower: string, upper: string | undefined): void {
    const pool = this.#pool;
    this.#pagesLeft--;
    const isNew = lower >= this.#from;
    if (isNew && !this.#hooks.onPage(pageId, false)) {
      this.#report(pageId, 'the page is used twice');
      return;
    }
    let frame: number;
    try {
      frame = pool.fetchForScan(pageId);
    } catch (error) {
      this.#unreadable(pageId, error);
      return;
    }
    const children: number[] = [];
    const separators: string[] = [];
    const chains: number[] = [];
    pool.pin(frame);
    try {
      const u8 = pool.bytesOf(frame);
      const dv = pool.viewOf(frame);
      const base = pool.baseOf(frame);
      if (!this.#checkHeader(u8, dv, base, pageId, level)) return;
      if (!this.#checkSpace(u8, dv, base, pageId)) return;
      this.#checkFences(u8, dv, base, pageId, lower, upper);
      this.#checkKeys(u8, dv, base, pageId, lower, upper, level === 0 ? undefined : separators);
      if (level > 0) {
        const count = countOf(dv, base);
        if (isNew) this.result.innerCount++;
        for (let i = 0; i <= count; i++) children.push(childAt(dv, base, i));
      } else {
        this.#checkLeaf(u8, dv, base, pageId, isNew, chains);
      }
    } finally {
      pool.unpin(frame);
    }
    this.#pagesLeft -= chains.length / 2;
    for (let i = 0; i < chains.length; i += 2) this.#checkChain(pageId, chains[i]!, chains[i + 1]!);
    for (let i = 0; i < children.length; i++) {
      const end = separators[i];
      if (end !== undefined && end <= this.#from && this.#from !== '') continue;
      this.#checkNode(children[i]!, level - 1, i === 0 ? lower : separators[i - 1]!, end ?? upper);
      if (this.#next !== undefined) return;
      if (this.#pagesLeft > 0 || end === undefined) continue;
      this.#next = end;
      return;
    }
  }

  /** What only leaves have. Collects the overflow chains, each as a length and a first page. */
  #checkLeaf(u8: Uint8Array, dv: DataView, base: number, pageId: number, isNew: boolean, chains: number[]): void {
    const pool = this.#pool;
    const count = countOf(dv, base);
    const first = isNew ? 0 : this.#firstFrom(u8, dv, base, count);
    const { result } = this;
    result.entryCount += count - first;
    if (isNew) {
      result.leafCount++;
      result.leafBytesUsed += pool.pageSizeBytes - gapBytes(dv, base) - dv.getUint16(base + AtFragmented, true);
    }
    const maxCsn = dv.getFloat64(base + AtMaxCsn, true);
    if (!(maxCsn >= 0)) this.#report(pageId, 'the leaf stamp is not a number');
    else if (maxCsn > result.maxCsn) result.maxCsn = maxCsn;
    for (let i = first; i < count; i++) {
      if ((rawValueLengthAt(u8, dv, base, i) & OverflowBit) === 0) continue;
      if ((u8[base + AtFlags]! & PageFlag.HasOverflow) === 0) this.#report(pageId, 'an overflow value, but not the flag for it');
      const pointer = valueAt(u8, dv, base, i);
      chains.push(dv.getUint32(pointer, true), dv.getUint32(pointer + 4, true));
    }
  }

  /** The first entry of the leaf that no earlier portion has seen. */
  #firstFrom(u8: Uint8Array, dv: DataView, base: number, count: number): number {
    let i = 0;
    while (i < count && latin1(this.#key, copyKey(u8, dv, base, i, this.#key, 0)) < this.#from) i++;
    return i;
  }

  #checkHeader(u8: Uint8Array, dv: DataView, base: number, pageId: number, level: number): boolean {
    let isSound = true;
    const demand = (holds: boolean, message: string): void => {
      if (holds) return;
      this.#report(pageId, message);
      isSound = false;
    };
    demand(u8[base + AtKind] === (level === 0 ? PageKind.Leaf : PageKind.Inner), `kind ${u8[base + AtKind]} at level ${level}`);
    demand(u8[base + AtVersion] === PageFormatVersion, `unknown format version ${u8[base + AtVersion]}`);
    demand((u8[base + AtFlags]! & ~PageFlagMask) === 0, `unknown flags ${u8[base + AtFlags]}`);
    demand(u8[base + AtLevel] === level, `level ${u8[base + AtLevel]} instead of ${level}`);
    demand(dv.getUint32(base + AtPageId, true) === pageId, `says it is page ${dv.getUint32(base + AtPageId, true)}`);
    demand(dv.getUint32(base + AtTreeId, true) === this.#tree, `says it belongs to tree ${dv.getUint32(base + AtTreeId, true)}`);
    return isSound;
  }

  /** P1, P2: fences, slots, gap, cells and fragments fill the page exactly and do not overlap. */
  #checkSpace(u8: Uint8Array, dv: DataView, base: number, pageId: number): boolean {
    const size = this.#pool.pageSizeBytes;
    const count = dv.getUint16(base + AtCount, true);
    const heap = dv.getUint16(base + AtHeapStart, true);
    const isLeaf = u8[base + AtKind] === PageKind.Leaf;
    const slots = dv.getUint16(base + AtSlots, true);
    const isRightEdge = (u8[base + AtFlags]! & PageFlag.RightEdge) !== 0;
    if (slots !== HeaderSizeBytes + dv.getUint16(base + AtLowerLength, true) + (isRightEdge ? 0 : dv.getUint16(base + AtUpperLength, true))) {
      this.#report(pageId, `slots at ${slots} do not follow the fences`);
      return false;
    }
    if (!isLeaf && hasShortKeys(dv, base)) {
      this.#report(pageId, 'an inner page with short keys');
      return false;
    }
    if (slotAt(dv, base, count) - base > heap || heap > size) {
      this.#report(pageId, `${count} slots do not fit below the heap at ${heap}`);
      return false;
    }
    const regions: [number, number][] = [];
    if (dv.getUint16(base + AtPrefixLength, true) > dv.getUint16(base + AtLowerLength, true)) {
      this.#report(pageId, 'the prefix is longer than the lower fence');
      return false;
    }
    if (dv.getUint16(base + AtUpperShared, true) > dv.getUint16(base + AtLowerLength, true)) {
      this.#report(pageId, 'the upper fence shares more than the lower fence has');
      return false;
    }
    for (let i = 0; i < count; i++) {
      const cell = cellAt(dv, base, i) - base;
      if (cell < heap || cell + (isLeaf ? 1 : 4) > size) {
        this.#report(pageId, `cell ${i} lies outside the heap`);
        return false;
      }
      if (isLeaf && cell + lengthBytesAt(u8, base + cell) > size) {
        this.#report(pageId, `the length in cell ${i} goes beyond the page`);
        return false;
      }
      const raw = isLeaf ? rawValueLengthAt(u8, dv, base, i) : 0;
      if ((raw & OverflowBit) !== 0 && (raw & ~OverflowBit) !== OverflowPointerLength) this.#report(pageId, `overflow pointer ${i} has the wrong length`);
      regions.push([cell, cellSizeAt(u8, dv, base, i)]);
    }
    regions.sort((a, b) => a[0] - b[0]);
    let used = 0;
    let end = heap;
    for (const [at, length] of regions) {
      if (length > 0 && (at < end || at + length > size)) {
        this.#report(pageId, `bytes at ${at} belong to two cells or none`);
        return false;
      }
      if (length > 0) end = at + length;
      used += length;
    }
    const fragmented = dv.getUint16(base + AtFragmented, true);
    if (used + fragmented !== size - heap) this.#report(pageId, `${size - heap} bytes of heap, but ${used} in cells and ${fragmented} in fragments`);
    return true;
  }

  #checkFences(u8: Uint8Array, dv: DataView, base: number, pageId: number, lower: string, upper: string | undefined): void {
    const flags = u8[base + AtFlags]!;
    if (((flags & PageFlag.LeftEdge) !== 0) !== (lower === '')) this.#report(pageId, 'the flag for the left edge is wrong');
    if (latin1(this.#key, copyLowerFence(u8, dv, base, this.#key)) !== lower) this.#report(pageId, 'the lower fence differs from the separator above');
    if (this.#isDropping && upper === undefined) return;
    if (((flags & PageFlag.RightEdge) !== 0) !== (upper === undefined)) this.#report(pageId, 'the flag for the right edge is wrong');
    const length = copyUpperFence(u8, dv, base, this.#key);
    if ((length < 0 ? undefined : latin1(this.#key, length)) !== upper) this.#report(pageId, 'the upper fence differs from the separator above');
  }

  /** S1. Collects the keys of an inner page. */
  #checkKeys(u8: Uint8Array, dv: DataView, base: number, pageId: number, lower: string, upper: string | undefined, separators: string[] | undefined): void {
    const count = countOf(dv, base);
    const prefixLength = dv.getUint16(base + AtPrefixLength, true);
    let previous: string | undefined;
    for (let i = 0; i < count; i++) {
      const length = copyKey(u8, dv, base, i, this.#key, 0);
      const key = latin1(this.#key, length);
      if (previous !== undefined && key <= previous) this.#report(pageId, `key ${i} is not greater than the one before`);
      if (key < lower || (separators !== undefined && key === lower)) this.#report(pageId, `key ${i} is below the lower fence`);
      if (upper !== undefined && key >= upper) this.#report(pageId, `key ${i} is not below the upper fence`);
      if (keyHead(this.#key, prefixLength, length) !== headAt(dv, base, i)) this.#report(pageId, `head ${i} has bytes beyond its key`);
      if (separators !== undefined) separators.push(key);
      else if (key >= this.#from) this.#hooks.onEntry?.(this.#key, length);
      previous = key;
    }
  }

  #checkChain(leaf: number, length: number, first: number): void {
    const pool = this.#pool;
    let page = first;
    let rest = length;
    try {
      for (let ordinal = 0; page !== NoPage; ordinal++) {
        if (!this.#hooks.onPage(page, true)) {
          this.#report(leaf, `overflow page ${page} is used twice`);
          return;
        }
        this.result.overflowPageCount++;
        const frame = pool.fetchForScan(page);
        checkOverflowPage(pool, frame, this.#tree, page);
        const dv = pool.viewOf(frame);
        const base = pool.baseOf(frame);
        const bytes = dv.getUint16(base + AtCount, true);
        rest -= bytes;
        const next = dv.getUint32(base + AtLink, true);
        if (dv.getUint32(base + AtOrdinal, true) !== ordinal && !this.#isDropping) this.#report(page, 'is out of order in its overflow chain');
        if (next !== NoPage && bytes !== pool.pageSizeBytes - HeaderSizeBytes) this.#report(page, 'is not full although its overflow chain goes on');
        page = next;
      }
    } catch (error) {
      this.#unreadable(page, error);
      return;
    }
    if (rest !== 0 && !this.#isDropping) this.#report(leaf, `the overflow chain from ${first} holds ${length - rest} bytes instead of ${length}`);
  }
}

function latin1(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
}
