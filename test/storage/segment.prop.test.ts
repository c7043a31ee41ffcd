/** Both ways from a segment to the disk: whatever goes which way, the file holds the bytes one after the other, and what was written through survives. */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import { NodeVfs } from '../../storage/files/node-vfs.js';
import { Segment } from '../../storage/log/segment.js';
import { readFull, ThroughBlockBytes, type File } from '../../storage/files/vfs.js';
import { SegmentHeaderBytes } from '../../storage/log/wal-record.js';
import { CrashVfs } from '../sim/crash-vfs.js';

const zeros = new Uint8Array(1 << 14);
const batch = fc.record({ length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 3000, max: 20_000 })), isThrough: fc.boolean(), isSynced: fc.boolean() });

function segmentOf(file: File): Segment {
  const segment = new Segment(1, file, 0, 0, SegmentHeaderBytes, 0);
  segment.extend(SegmentHeaderBytes + (1 << 17), zeros);
  file.sync();
  segment.durableEnd = segment.reservedEnd;
  return segment;
}

/** Writes the batches, through where they are meant to and fit. @returns what was written, and how much of it is durable */
function writeAll(segment: Segment, batches: readonly { readonly length: number; readonly isThrough: boolean; readonly isSynced: boolean }[]): { readonly all: Uint8Array; readonly durable: number; readonly throughCount: number } {
  const all = new Uint8Array(batches.reduce((sum, { length }) => sum + length, 0));
  for (let i = 0; i < all.length; i++) all[i] = 1 + ((i * 7919) % 255);
  let [lsn, durable, throughCount] = [0, 0, 0];
  for (const { length, isThrough, isSynced } of batches) {
    const bytes = all.slice(lsn, lsn + length);
    if (isThrough && durable === lsn && segment.fitsThrough(lsn, length) && segment.writeThrough(lsn, bytes, length)) {
      throughCount++;
      durable = lsn + length;
    } else {
      segment.write(lsn, bytes, length);
      if (isSynced) {
        segment.file.sync();
        durable = lsn + length;
      }
    }
    lsn += length;
  }
  return { all, durable, throughCount };
}

function contentOf(file: File, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readFull(file, SegmentHeaderBytes, bytes, 0, length);
  return bytes;
}

test('what is written through or not lies one after the other, and the durable part of it survives a power cut', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 20 }), fc.integer(), (batches, seed) => {
      const disk = new CrashVfs();
      const file = disk.open('log', 'create');
      disk.syncDirectory('log');
      const { all, durable } = writeAll(segmentOf(file), batches);
      expect(contentOf(file, all.length).equals(all)).toBe(true);
      const after = disk.powerCut(seededPrng(seed)).open('log', 'read');
      expect(contentOf(after, durable).equals(all.subarray(0, durable))).toBe(true);
    }),
  );
});

test('the same on the real file system, which may refuse to be written past its cache', () => {
  const directory = mkdtempSync(join(tmpdir(), 'serialite-segment-'));
  try {
    const file = new NodeVfs().open(join(directory, 'log'), 'create');
    const batches = fc.sample(batch, { numRuns: 40, seed: 3 }).map((one) => ({ ...one, length: Math.min(one.length, 4000) }));
    const { all } = writeAll(segmentOf(file), batches);
    expect(contentOf(file, all.length).equals(all)).toBe(true);
    file.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a write past the cache that the system refuses as such has written nothing, and the usual way stays', () => {
  const directory = mkdtempSync(join(tmpdir(), 'serialite-segment-'));
  try {
    const file = new NodeVfs().open(join(directory, 'log'), 'create');
    const segment = segmentOf(file);
    // No whole blocks: EINVAL where the disk has blocks. A file system in memory may take them.
    const isTaken = file.writeThrough(SegmentHeaderBytes + 1, zeros, 100);
    if (!isTaken) expect(file.writeThrough(SegmentHeaderBytes, zeros, ThroughBlockBytes)).toBe(false);
    segment.write(0, Buffer.from('abc'), 3);
    expect(contentOf(file, 3).toString()).toBe('abc');
    file.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('what ends beyond the durable zeros, or is long, is not written through', () => {
  const segment = segmentOf(new CrashVfs().open('log', 'create'));
  segment.durableEnd = SegmentHeaderBytes + ThroughBlockBytes;
  expect([segment.fitsThrough(0, ThroughBlockBytes), segment.fitsThrough(0, ThroughBlockBytes + 1)]).toEqual([true, false]);
  segment.durableEnd = segment.reservedEnd = 1 << 20;
  expect([segment.fitsThrough(0, 1 << 17), segment.fitsThrough(0, (1 << 17) + 1)]).toEqual([true, false]);
});

test('where bytes have come by another way, nothing is written through', () => {
  const segment = segmentOf(new CrashVfs().open('log', 'create'));
  segment.write(100, zeros, 10);
  expect(segment.fitsThrough(110, 10)).toBe(false);
});
