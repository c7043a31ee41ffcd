/** Memory that write sets share: write-memory-trial.ts says what takes part. `SEED` starts elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { ChunkBytesMax } from '../../mvcc/write-set/byte-arena.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { writeMemoryTrial } from './write-memory-trial.js';

describe('WriteMemory', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });

  it('serves one set at a time', () => {
    const first = Number(process.env['SEED'] ?? 1);
    for (let seed = first; seed < first + 30; seed++) writeMemoryTrial(seed);
  });

  it('keeps so much and no more, and the same again', () => {
    const memory = new WriteMemory(1 << 20);
    const pieces = Array.from({ length: 40 }, () => memory.take());
    const kept = pieces.filter(({ u8 }) => u8.buffer instanceof SharedArrayBuffer);
    expect(kept).toHaveLength((1 << 20) / ChunkBytesMax);
    for (const piece of pieces) memory.give(piece);
    const again = Array.from({ length: 40 }, () => memory.take());
    expect(new Set(again.filter((piece) => pieces.includes(piece)))).toEqual(new Set(kept));
  });

  it('overwrites what is given back', () => {
    const memory = new WriteMemory(1 << 20);
    const piece = memory.take();
    memory.give(piece);
    expect(piece.u8.every((byte) => byte === 0xa5)).toBe(true);
    expect(() => memory.give(piece)).toThrow('given back twice');
  });
});
