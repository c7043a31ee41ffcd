/** The tree check sees every kind of damage, and no damage makes it throw, hang or read outside the page. */
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { BTree } from '../../storage/tree/btree.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import { AtCount, AtFlags, AtFragmented, AtHeapStart, AtKind, AtLevel, AtLink, AtMaxCsn, AtPageId, AtPrefixLength, AtSlots, AtTreeId, AtUpperLength, AtUpperShared, AtVersion, PageKind } from '../../storage/pages/page.js';
import { checkTree } from '../../storage/tree/tree-check.js';
import { MapPageIo } from './map-page-io.js';

/** A tree of three levels with some overflow values, written out; and a function that checks what the pages say. */
function sample(): { io: MapPageIo; root: number; check(): string[]; leaf: number; inner: number; overflow: number } {
  const io = new MapPageIo();
  const pool = new BufferPool(io, 400 * 512);
  const tree = BTree.create(pool, treeId(3), io.allocatePage());
  for (let i = 0; i < 900; i++) {
    const key = keyBytes(String.fromCharCode(0x80, 0, 0, i >> 8, i & 255, i % 7));
    const value = new Uint8Array(i % 300 === 7 ? 1200 : i % 40);
    tree.put(key, 0, key.length, value, 0, value.length, 3);
  }
  for (let i = 0; i < 900; i += 3) {
    const key = keyBytes(String.fromCharCode(0x80, 0, 0, i >> 8, i & 255, i % 7));
    tree.delete(key, 0, key.length, 3);
  }
  io.beginFreeze();
  pool.freezeDirty();
  while (pool.writeFrozen(100) > 0);
  pool.thaw();
  io.endFreeze();
  const kind = (wanted: number, level: number): number => [...io.pages].filter(([id, page]) => page[AtKind] === wanted && page[AtLevel] === level && id !== tree.root)[1]![0];
  return {
    io,
    root: tree.root,
    leaf: kind(PageKind.Leaf, 0),
    inner: kind(PageKind.Inner, 1),
    overflow: kind(PageKind.Overflow, 0),
    check(): string[] {
      const problems: string[] = [];
      const seen = new Set<number>();
      checkTree(new BufferPool(io, 30 * 512), treeId(3), tree.root, {
        onProblem: (problem) => problems.push(problem.message),
        onPage: (page) => !seen.has(page) && seen.add(page) !== undefined,
      });
      return problems;
    },
  };
}

test('a sound tree has no problems', () => {
  expect(sample().check()).toEqual([]);
});

test('every header field matters', () => {
  const { io, check, leaf, inner, overflow } = sample();
  const damage: [string, number, number, (page: DataView) => void][] = [
    ['kind', leaf, 0, (p) => p.setUint8(AtKind, PageKind.Inner)],
    ['kind', overflow, 0, (p) => p.setUint8(AtKind, PageKind.Leaf)],
    ['version', leaf, 0, (p) => p.setUint8(AtVersion, 9)],
    ['flags', leaf, 0, (p) => p.setUint8(AtFlags, 64)],
    ['left edge', leaf, 0, (p) => p.setUint8(AtFlags, 1)],
    ['short keys', leaf, 0, (p) => p.setUint8(AtFlags, p.getUint8(AtFlags) ^ 16)],
    ['short keys', inner, 0, (p) => p.setUint8(AtFlags, p.getUint8(AtFlags) | 16)],
    ['level', inner, 0, (p) => p.setUint8(AtLevel, 2)],
    ['page id', leaf, 0, (p) => p.setUint32(AtPageId, 12345, true)],
    ['tree id', inner, 0, (p) => p.setUint32(AtTreeId, 12345, true)],
    ['count', leaf, 0, (p) => p.setUint16(AtCount, p.getUint16(AtCount, true) - 1, true)],
    ['count', inner, 0, (p) => p.setUint16(AtCount, 60000, true)],
    ['prefix length', leaf, 0, (p) => p.setUint16(AtPrefixLength, p.getUint16(AtPrefixLength, true) - 1, true)],
    ['prefix length', leaf, 0, (p) => p.setUint16(AtPrefixLength, 500, true)],
    ['heap start', leaf, 0, (p) => p.setUint16(AtHeapStart, p.getUint16(AtHeapStart, true) + 1, true)],
    ['fragments', leaf, 0, (p) => p.setUint16(AtFragmented, p.getUint16(AtFragmented, true) + 1, true)],
    ['slots', leaf, 0, (p) => p.setUint16(AtSlots, p.getUint16(AtSlots, true) + 8, true)],
    ['upper length', leaf, 0, (p) => p.setUint16(AtUpperLength, 0, true)],
    ['upper shared', leaf, 0, (p) => p.setUint16(AtUpperShared, 499, true)],
    ['stamp', leaf, 0, (p) => p.setFloat64(AtMaxCsn, -1, true)],
    ['leftmost child', inner, 0, (p) => p.setUint32(AtLink, leaf, true)],
    ['next page', overflow, 0, (p) => p.setUint32(AtLink, overflow, true)],
  ];
  for (const [what, page, , change] of damage) {
    const sound = io.pages.get(page)!;
    const copy = sound.slice();
    change(new DataView(copy.buffer));
    io.pages.set(page, copy);
    expect([what, check().length > 0]).toEqual([what, true]);
    io.pages.set(page, sound);
  }
  expect(check()).toEqual([]);
});

test('a missing page is reported, and the rest is still checked', () => {
  const { io, check, leaf } = sample();
  const wrong = io.pages.get(leaf)!.slice();
  wrong.fill(0);
  io.pages.set(leaf, wrong);
  expect(check().length).toBe(1);
});

test('random damage never makes a check or a read throw anything but XX001', () => {
  const { io, root, check } = sample();
  const prng = seededPrng(11);
  const pages = [...io.pages.keys()];
  let noticed = 0;
  for (let trial = 0; trial < 1500; trial++) {
    const id = pages[prng.below(pages.length)]!;
    const sound = io.pages.get(id)!;
    const copy = sound.slice();
    for (let n = prng.below(3); n >= 0; n--) copy[prng.below(2) === 0 ? prng.below(64) : prng.below(512)] = prng.below(256);
    io.pages.set(id, copy);
    if (check().length > 0) noticed++;
    const tree = BTree.open(new BufferPool(io, 16 * 512), treeId(3), root as never);
    const ref = new LeafRef();
    try {
      let leaves = 0;
      tree.seekFirst(ref);
      do {
        for (let i = 0; i < Math.min(ref.count, 100); i++) {
          ref.keyAt(i);
          if (ref.isOverflow(i) && ref.valueLength(i) < 10_000) ref.readOverflow(i);
        }
      } while (++leaves < 1000 && tree.nextLeaf(ref));
    } catch (error) {
      if (!(error instanceof DbError && error.code === 'XX001') && !(error instanceof RangeError)) throw error;
    }
    ref.release();
    io.pages.set(id, sound);
  }
  expect(noticed).toBeGreaterThan(600);
  expect(check()).toEqual([]);
});
