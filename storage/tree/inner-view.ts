/**
 * An inner page as typed arrays: its separators as the four bytes by which they differ first, its children as page ids and the frames they were last seen in. What a
 * descent asks of an inner page is answered from consecutive numbers, without the page being looked up, checked or touched. The views of a tree hang together as its
 * inner pages do; one is made when its page has been asked often enough to pay for it.
 *
 * V1  A view is that of one frame in one version (B5 of buffer-pool.ts). Whatever changes the page, moves it or frees it makes the view void, and it is never corrected.
 * V2  It answers for keys between its first and its last separator whose four bytes are none of a separator's. All others are asked of the page, which also checks
 *     its fences (R1 of btree.ts); under VERIFY both are asked.
 * V3  A child's frame is a guess, right when the frame holds the child: while the parent stands as it was, none of its children can have been freed.
 *
 * The page's own `search` is the simple form. Source for looking near a guess: interpolation search, Perl, Itai, Avni 1978.
 */
import { assert } from '../../base/assert.js';
import { commonPrefixLength } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { BufferPool } from '../pages/buffer-pool.js';
import { AtLevel, PageSizeBytesMax } from '../pages/page.js';
import { childAt, copyKey, countOf, keyHead } from '../pages/slotted-page.js';

const keyA = new Uint8Array(PageSizeBytesMax);
const keyB = new Uint8Array(PageSizeBytesMax);
/** Fewer separators are found as fast in the page. */
const CountMin = 3;

export class InnerView {
  readonly level: number;
  readonly ids: Uint32Array;
  /** V3; -1: not known. */
  readonly frames: Int32Array;
  /** Of the children, where they are inner pages. */
  readonly views: (InnerView | undefined)[];
  readonly frame: number;
  readonly #version: number;
  readonly #shared: Uint8Array;
  readonly #heads: Uint32Array;
  /** Separators per unit of their four bytes, for the guess. */
  readonly #density: number;

  private constructor(pool: BufferPool, frame: number, count: number) {
    const u8 = pool.bytesOf(frame);
    const dv = pool.viewOf(frame);
    const base = pool.baseOf(frame);
    this.level = u8[base + AtLevel]!;
    this.frame = frame;
    this.#version = pool.versions[frame]!;
    const first = copyKey(u8, dv, base, 0, keyA, 0);
    const last = copyKey(u8, dv, base, count - 1, keyB, 0);
    // Keys ascend, so what the first and the last share all share.
    this.#shared = keyA.slice(0, commonPrefixLength(keyA, 0, first, keyB, 0, last));
    this.#heads = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#heads[i] = keyHead(keyA, this.#shared.length, copyKey(u8, dv, base, i, keyA, 0));
    this.ids = new Uint32Array(count + 1);
    for (let i = 0; i <= count; i++) this.ids[i] = childAt(dv, base, i);
    this.frames = new Int32Array(count + 1).fill(-1);
    this.views = this.level > 1 ? new Array<InnerView | undefined>(count + 1).fill(undefined) : [];
    const width = this.#heads[count - 1]! - this.#heads[0]!;
    this.#density = width === 0 ? 0 : (count - 1) / width;
  }

  /** The view of the inner page in `frame`, undefined when it has too few separators. */
  static read(pool: BufferPool, frame: number): InnerView | undefined {
    const count = countOf(pool.viewOf(frame), pool.baseOf(frame));
    return count < CountMin ? undefined : new InnerView(pool, frame, count);
  }

  isCurrent(pool: BufferPool): boolean {
    return pool.versions[this.frame] === this.#version || (mutants.on && mutants.has('storage.view-of-before'));
  }

  /** The child that covers the key; -1: ask the page (V2). */
  find(key: Uint8Array, start: number, end: number): number {
    const shared = this.#shared;
    const from = start + shared.length;
    if (from > end) return -1;
    for (let i = 0; i < shared.length; i++) if (key[start + i] !== shared[i]) return -1;
    const heads = this.#heads;
    const head = keyHead(key, from, end);
    const first = heads[0]!;
    // Always: heads[low] < head <= heads[high].
    let low = 0;
    let high = heads.length - 1;
    if (head <= first || head >= heads[high]!) return -1;
    // At the guess, from there in steps that double, and by halves once the steps have overshot. One loop for both directions: a branch that is seldom taken is not
    // compiled, and taking it later throws away all the code that this has become part of.
    let at = 1 + Math.floor((head - first) * this.#density);
    for (let step = 1; high - low > 1; step *= 2) {
      if (at <= low || at >= high) at = (low + high) >>> 1;
      if (heads[at]! < head) {
        low = at;
        at += step;
      } else {
        high = at;
        at -= step;
      }
    }
    return heads[high] === head ? -1 : high;
  }

  /** The frame of a child; fetched where the guess is wrong. @throws DbError 53200, XX001, 58030 */
  frameOf(pool: BufferPool, child: number, isScan: boolean): number {
    const id = this.ids[child]!;
    let frame = this.frames[child]!;
    if (frame >= 0 && pool.pageIds[frame] === id) {
      pool.touch(frame);
      return frame;
    }
    frame = isScan && this.level === 1 ? pool.fetchForScan(id) : pool.fetch(id);
    this.frames[child] = frame;
    return frame;
  }

  /** For VERIFY: what the page says. */
  check(pool: BufferPool, child: number, wanted: number): void {
    assert(child === wanted, 'a view of an inner page says otherwise than the page', child, wanted);
    assert(this.ids[child] === childAt(pool.viewOf(this.frame), pool.baseOf(this.frame), child), 'a view of an inner page has another child', child);
  }
}
