/**
 * Short puts that are sorted in buckets (mvcc/write-set/put-buckets.ts, key-sort.ts) one bucket after the other, as a commit does: all of them come, in the order of their keys. Keys begin with
 * heads of which some are those of most keys, the least or the greatest of all perhaps, so that buckets are empty, or hold nearly everything.
 */
import { strict as check } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { type Prng, seededPrng } from '../../base/prng.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { offsetOf } from '../../mvcc/write-set/byte-arena.js';
import { compareKeys } from '../../mvcc/write-set/key-order.js';
import { KeySort } from '../../mvcc/write-set/key-sort.js';
import { PutBuckets } from '../../mvcc/write-set/put-buckets.js';
import { shortKeyLength } from '../../mvcc/write-set/put-form.js';
import { TreeWrites } from '../../mvcc/write-set/tree-writes.js';
import { WriteMemory } from '../../mvcc/write-set/write-memory.js';
import { WriteKind, WriteSet } from '../../mvcc/write-set/write-set.js';

const headOf = (prng: Prng): string => String.fromCharCode(0x80, prng.below(3), prng.below(256), prng.below(256));

/** Distinct, in no order. */
function keysOf(prng: Prng): string[] {
  const common = Array.from({ length: 1 + prng.below(3) }, () => headOf(prng));
  if (prng.below(2) === 0) common.push('\x80\0\0\0');
  if (prng.below(3) === 0) common.push('\x80\xff\xff\xff');
  const rareOneOf = 2 + prng.below(30);
  return Array.from({ length: 130 + prng.below(1500) }, (_, i) => {
    const head = prng.below(rareOneOf) === 0 ? headOf(prng) : common[prng.below(common.length)]!;
    return head + '\0'.repeat(prng.below(2) * 6) + String.fromCharCode(prng.below(256), i >> 8, i & 255);
  });
}

const buckets = new PutBuckets();
const sort = new KeySort();

/** The buckets' sizes depend on VERIFY. */
export function putBucketsTrial(seed: number): void {
  const prng = seededPrng(seed);
  const keys = keysOf(prng);
  const set = new WriteSet(new WriteMemory(4 << 20));
  const writes = new TreeWrites(set, {} as Transaction, {} as VersionedTree);
  for (const key of keys) set.setValue(set.push(writes.number, key, WriteKind.Put, 0, 1), keyBytes(key), 0, prng.below(4));
  buckets.fill(set, Int32Array.from(keys, (_, entry) => entry));
  const found: string[] = [];
  for (let bucket = 0; bucket < buckets.bucketCount; bucket++) {
    const count = buckets.open(bucket);
    sort.sortPuts(buckets, buckets.addresses, count);
    for (let from = 0; from < count; ) {
      const to = sort.settle(from, from + 64);
      for (; from < to; from++) {
        const address = sort.addressAt(from);
        const { u8 } = buckets.chunkAt(address);
        const start = offsetOf(address);
        found.push(Buffer.from(u8.subarray(start, start + shortKeyLength(u8, start))).toString('latin1'));
      }
    }
  }
  sort.end();
  buckets.end();
  check.deepEqual(found, keys.sort(compareKeys));
}
