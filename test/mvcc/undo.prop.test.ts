/** Undo records and their memory against plain lists (undo-trial.ts), and the table of the newest of each key growing and shrinking. */
import { strict as assert } from 'node:assert';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import { Absent, UndoOverlay, type UndoRecord } from '../../mvcc/versions/undo-overlay.js';
import { UndoMemory } from '../../mvcc/versions/undo-memory.js';
import { ByteChunk } from '../../mvcc/write-set/byte-arena.js';
import { undoTrial } from './undo-trial.js';

test('undo records, their chains, keys and bytes are those of plain lists whatever comes and goes', () => {
  for (let seed = 1; seed <= 20; seed++) undoTrial(seed);
});

test('ten thousand keys come, and go but for a few, twice', () => {
  const memory = new UndoMemory();
  const overlay = new UndoOverlay();
  const nothing = new ByteChunk(new ArrayBuffer(1));
  let kept: UndoRecord[] = [];
  let csn = 0;
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10_000; i++) {
      const key = `${round}-${(i * 7919) % 10_000}`;
      const record = memory.make(overlay, keyBytes(key), key.length, nothing, 0, Absent);
      record.csn = ++csn;
      overlay.push(record);
      kept.push(record);
    }
    expect(overlay.heads.size).toBe(kept.length);
    while (kept.length > 3) {
      const gone = kept.splice(0, Math.ceil(kept.length / 2));
      for (const record of gone) {
        const { key } = record;
        assert(overlay.heads.get(key) === record);
        overlay.removeOldest(record);
        memory.free(record);
        assert(overlay.heads.get(key) === undefined);
      }
      for (const record of kept) assert(overlay.heads.get(record.key) === record);
    }
  }
  for (const record of kept) overlay.removeOldest(record);
  kept = [];
  expect([overlay.heads.size, [...overlay.heads]]).toEqual([0, []]);
});
