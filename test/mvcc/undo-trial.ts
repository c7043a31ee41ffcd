/**
 * Undo records in memory that is used again (mvcc/versions/undo-memory.ts, undo-bytes.ts, undo-heads.ts, vacuum.ts) against lists of plain objects: commits of few and many keys in two trees,
 * values that fit no chunk, snapshots short and long, and so little memory that before-images go before their records do.
 */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { SerialNode } from '../../mvcc/serializable/serial-node.js';
import { SnapshotHolder, SnapshotRegistry } from '../../mvcc/snapshot.js';
import { Absent, ChangeKind, UndoOverlay, type UndoRecord } from '../../mvcc/versions/undo-overlay.js';
import { UndoMemory } from '../../mvcc/versions/undo-memory.js';
import { Vacuum } from '../../mvcc/versions/vacuum.js';
import { ByteChunk } from '../../mvcc/write-set/byte-arena.js';

interface Version {
  readonly record: UndoRecord;
  readonly overlay: UndoOverlay;
  readonly key: string;
  readonly csn: number;
  readonly value: Uint8Array | undefined;
  readonly movedTo: string | undefined;
  readonly node: SerialNode | undefined;
}

/** Neighbours, whose slots are; keys that are each other's front; long ones. */
function drawKey(prng: Prng): string {
  const kind = prng.below(4);
  if (kind === 0) return `\x80\x00\x00${String.fromCharCode(prng.below(8))}`;
  if (kind === 1) return `\x80\xff${String.fromCharCode(prng.below(4), prng.below(256))}`;
  if (kind === 2) return '\xff\x00'.repeat(prng.below(3));
  return String(prng.below(50)).padEnd(60, '.');
}
function drawLength(prng: Prng): number {
  const kind = prng.below(40);
  return kind === 0 ? 20_000 + prng.below(60_000) : kind < 6 ? 100 + prng.below(2000) : prng.below(60);
}

/** @throws where the two differ */
export function undoTrial(seed: number): void {
  const prng = seededPrng(seed);
  const snapshots = new SnapshotRegistry();
  const memory = new UndoMemory();
  const vacuum = new Vacuum(snapshots, memory, 40_000 + prng.below(400_000));
  const trees = [new UndoOverlay(), new UndoOverlay()];
  const cancelled = { cancelSnapshot: (): void => undefined };
  let versions: Version[] = [];
  let held: SnapshotHolder[] = [];
  let csn = 0;
  const asked = trees.map(() => prng.below(2) === 0);

  const commit = (): void => {
    csn++;
    const changed = new Set<string>();
    for (let left = prng.below(prng.below(8) === 0 ? 300 : 4) + 1; left > 0; left--) {
      const tree = prng.below(2);
      const key = drawKey(prng);
      if (changed.has(tree + key)) continue;
      changed.add(tree + key);
      const overlay = trees[tree]!;
      const value = prng.below(5) === 0 ? undefined : Uint8Array.from({ length: drawLength(prng) }, () => prng.below(256));
      const from = new ByteChunk(new ArrayBuffer((value?.length ?? 0) + 3));
      from.u8.set(value ?? [], 3);
      const record = memory.make(overlay, keyBytes(key), key.length, from, 3, value?.length ?? Absent);
      record.csn = csn;
      record.kind = value === undefined ? ChangeKind.Insert : ChangeKind.Update;
      const movedTo = prng.below(10) === 0 ? `${csn}` : undefined;
      const node = prng.below(10) === 0 ? ({ csn } as unknown as SerialNode) : undefined;
      if (movedTo !== undefined) record.movedTo = movedTo;
      if (node !== undefined) record.node = node;
      overlay.push(record);
      vacuum.add(record);
      versions.push({ record, overlay, key, csn, value, movedTo, node });
    }
    vacuum.limit(csn);
  };
  const check = (): void => {
    held = held.filter((holder) => holder.registry !== undefined);
    const horizon = snapshots.least(csn);
    versions = versions.filter((version) => version.csn > horizon || (version.record.csn === version.csn && isKept(version)));
    assert.equal(vacuum.records, versions.length);
    for (const [tree, overlay] of trees.entries()) {
      const own = versions.filter((version) => version.overlay === overlay);
      const keys = [...new Set(own.map(({ key }) => key))].sort();
      assert.deepEqual([...overlay.heads.keys()].sort(), keys);
      assert.equal(overlay.heads.size, keys.length);
      if (asked[tree]) {
        const sorted: string[] = [];
        overlay.order.collect('', undefined, false, Infinity, sorted);
        assert.deepEqual(sorted, keys);
      }
      for (const key of keys) checkChain(overlay, key, own.filter((version) => version.key === key).reverse());
      for (const key of [drawKey(prng), drawKey(prng)]) {
        assert.equal(overlay.heads.has(key), keys.includes(key));
        assert.equal(overlay.heads.getBytes(keyBytes(key), key.length), overlay.heads.get(key));
      }
    }
    assert.equal(vacuum.bytes, versions.reduce((sum, { key, record }) => sum + 160 + key.length + record.payloadBytes, 0));
    assert.equal(vacuum.stubs, versions.filter(({ record }) => record.isStub).length);
  };
  /** Whether one at or below the horizon has not been freed yet: it is in its chain. */
  const isKept = ({ overlay, key, record }: Version): boolean => {
    for (let at = overlay.heads.get(key); at !== undefined; at = at.older) if (at === record) return true;
    return false;
  };
  const checkChain = (overlay: UndoOverlay, key: string, expected: readonly Version[]): void => {
    let record = overlay.heads.get(key);
    assert.equal(overlay.heads.getBytes(keyBytes(key), key.length), record);
    for (const [i, version] of expected.entries()) {
      assert.equal(record, version.record);
      assert.equal(record?.key, key);
      assert.deepEqual([record.csn, record.movedTo, record.node], [version.csn, version.movedTo, version.node]);
      if (record.isStub) {
        const older = expected[i + 1]?.csn ?? 0;
        assert.ok(!snapshots.hasIn(older, version.csn), 'a snapshot needs what a stub has lost');
      } else if (version.value === undefined) assert.ok(record.isAbsent);
      else assert.ok(Buffer.from(record.chunk!.u8.buffer, record.valueOffset, record.length).equals(version.value), `before-image of ${version.csn}`);
      record = record.older;
    }
    assert.equal(record, undefined);
  };

  for (let step = 0; step < 120; step++) {
    const kind = prng.below(10);
    if (kind < 6) commit();
    else if (kind < 8 && held.length < 6) {
      const holder = new SnapshotHolder(cancelled);
      snapshots.add(holder, csn);
      held.push(holder);
    } else if (held.length > 0) snapshots.remove(held.splice(prng.below(held.length), 1)[0]!);
    vacuum.step(csn, prng.below(3) === 0 ? 5 : 64);
    check();
  }
  for (const holder of held) snapshots.remove(holder);
  while (vacuum.step(csn));
  versions = [];
  check();
}
