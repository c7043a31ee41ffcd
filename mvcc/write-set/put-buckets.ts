/**
 * Short puts of a write set, in no order, copied into buckets by their keys: what is in one bucket is less than what is in the next, and a bucket is so small that the processor's
 * caches hold it while it is sorted. So puts are read in the order in which they lie in the set and written side by side, a few hundred places at a time; sorted in one, each
 * would be another page of memory to be found.
 *
 * P1  All keys begin with the same bytes, the front. It is guessed from some of them; a key that begins otherwise shortens it, and everything begins anew: out of its
 *     order it would still be put, but into another leaf than those around it, by a descent of its own.
 * P2  Buckets are divided by the four bytes behind the front, at bounds taken from some of the keys: a bad choice makes large buckets, which take longer, and nothing worse.
 */
import { VERIFY } from '../../base/assert.js';
import { commonPrefixLength, copyByWords } from '../../base/bytes.js';
import { ByteChunk, ChunkBytesMax, offsetOf } from './byte-arena.js';
import { type KeyMemory, wordAt } from './key-sort.js';
import { KeyFormBytes, copyShortPut, isShortPut, shortKeyLength, shortPutLength, shortPutLengthMax } from './put-form.js';
import { WriteFlag, type WriteSet } from './write-set.js';

/** Puts of a bucket, about: with what sorting them takes they fill half of a second-level cache. */
const BucketCount = 4096;
const VerifiedBucketCount = 64;
/** Each is written at a place of its own, and the processor finds so many pages quickly. */
const BucketsMax = 256;
/** Keys that are looked at to choose the bounds, for each bucket. */
const SamplesPerBucket = 8;
/** A bucket takes memory in blocks of this many bytes, sixteen of them a chunk. */
const BlockBytes = ChunkBytesMax >>> 4;
const NoBlock = -1;
const Distributed = -1;
/** Addresses have 31 bits: more entries than this might take more memory. */
export const BucketsCountMax = 1 << 22;

/** Whether an entry is a put that is short enough. */
export function isShortEntry(set: WriteSet, entry: number): boolean {
  return set.has(entry, WriteFlag.InForm) || isShortPut(set.keyLength(entry), set.valueLength(entry));
}

export class PutBuckets implements KeyMemory {
  bucketCount = 0;
  /** What `open` has found: the puts of a bucket by the addresses of their keys. */
  addresses = new Uint32Array(0);
  readonly #chunks: ByteChunk[] = [];
  #blockCount = 0;
  /** By block: where its puts end, and the block before of the same bucket. */
  #ends: Int32Array = new Int32Array(64);
  #previous: Int32Array = new Int32Array(64);
  /** By bucket: its last block, where the next put goes, and how many there are. */
  readonly #lastBlock = new Int32Array(BucketsMax);
  readonly #next = new Int32Array(BucketsMax);
  readonly #counts = new Int32Array(BucketsMax);
  /** The least heads of the buckets, but for the first; heads are halved, so that their differences are integers of 32 bits. */
  readonly #bounds = new Int32Array(BucketsMax);

  chunkAt(address: number): ByteChunk {
    return this.#chunks[address >>> 16]!;
  }

  /** Copies the puts of entries, which are short. */
  fill(set: WriteSet, entries: Int32Array): void {
    this.bucketCount = 1;
    const countMax = VERIFY.on ? VerifiedBucketCount : BucketCount;
    while (this.bucketCount < BucketsMax && this.bucketCount * countMax < entries.length) this.bucketCount *= 2;
    const samples = samplesOf(entries, this.bucketCount * SamplesPerBucket);
    const first = entries[0]!;
    let front = set.keyLength(first);
    for (const entry of samples) front = Math.min(front, sharedLength(set, first, entry));
    do {
      this.#chooseBounds(set, samples, front);
      front = this.#distribute(set, entries, front);
    } while (front !== Distributed);
  }
  /** Makes bucket `bucket` the one at hand. @returns how many puts are in it */
  open(bucket: number): number {
    const count = this.#counts[bucket]!;
    if (this.addresses.length < count) this.addresses = new Uint32Array(Math.max(count, this.addresses.length * 2));
    this.#ends[this.#lastBlock[bucket]!] = this.#next[bucket]!;
    let found = count;
    // The last block first: puts stay in the order in which they came, which may be that of their keys.
    for (let block = this.#lastBlock[bucket]!; block !== NoBlock; block = this.#previous[block]!) found = this.#openBlock(block, found);
    return count;
  }
  /** Lets go of the memory. */
  end(): void {
    this.#chunks.length = 0;
    this.addresses = new Uint32Array(0);
    if (this.#ends.length > BucketsMax) {
      this.#ends = new Int32Array(64);
      this.#previous = new Int32Array(64);
    }
  }

  /** Addresses of the puts of a block, which end at place `to` of those of the bucket. @returns where they begin */
  #openBlock(block: number, to: number): number {
    const start = block * BlockBytes;
    const { u8 } = this.chunkAt(start);
    const length = this.#ends[block]! - start;
    const first = offsetOf(start) + KeyFormBytes;
    const last = first + length;
    let count = 0;
    for (let key = first; key < last; count++) key += KeyFormBytes + shortPutLength(u8, key, shortKeyLength(u8, key));
    let place = to - count;
    for (let key = first; key < last; key += KeyFormBytes + shortPutLength(u8, key, shortKeyLength(u8, key))) this.addresses[place++] = start + key - offsetOf(start);
    return to - count;
  }

  #chooseBounds(set: WriteSet, samples: Int32Array, front: number): void {
    const heads = samples.map((entry) => headOf(set.keyChunk(entry).u8, set.keyOffset(entry), set.keyLength(entry), front)).sort();
    for (let bucket = 1; bucket < this.bucketCount; bucket++) this.#bounds[bucket] = heads[Math.floor((bucket * heads.length) / this.bucketCount)]!;
  }
  /** @returns `Distributed`, or how long the front is when it is shorter than was thought */
  #distribute(set: WriteSet, entries: Int32Array, front: number): number {
    this.#blockCount = 0;
    for (let bucket = 0; bucket < this.bucketCount; bucket++) this.#begin(bucket);
    const { u8: frontBytes } = set.keyChunk(entries[0]!);
    const frontStart = set.keyOffset(entries[0]!);
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      const address = set.keyAddress(entry);
      const chunk = set.chunkAt(address);
      const { u8 } = chunk;
      const key = offsetOf(address);
      const isInForm = set.has(entry, WriteFlag.InForm);
      const keyLength = isInForm ? shortKeyLength(u8, key) : set.keyLength(entry);
      let shared = 0;
      while (shared < front && shared < keyLength && u8[key + shared] === frontBytes[frontStart + shared]) shared++;
      if (shared < front) return shared;
      const bucket = this.#bucketOf(headOf(u8, key, keyLength, front));
      const at = this.#placeIn(bucket);
      const to = this.chunkAt(at);
      const start = offsetOf(at);
      const end = isInForm
        ? copyByWords(to.u8, to.dv, start, u8, chunk.dv, key - KeyFormBytes, KeyFormBytes + shortPutLength(u8, key, keyLength))
        : copyShortPut(to.u8, start, u8, key, keyLength, set.valueChunk(entry).u8, set.valueOffset(entry), set.valueLength(entry));
      this.#next[bucket] = at + end - start;
      this.#counts[bucket]!++;
    }
    return Distributed;
  }
  /** The last bucket whose least head is not greater. */
  #bucketOf(head: number): number {
    const bounds = this.#bounds;
    let bucket = 0;
    // Without a branch, which would be guessed wrong every other time: the shift makes all ones where the bound is not greater, else zero.
    for (let step = this.bucketCount >>> 1; step > 0; step >>>= 1) bucket += step & ((bounds[bucket + step]! - head - 1) >> 31);
    return bucket;
  }

  /** Where the next put of the bucket goes. */
  #placeIn(bucket: number): number {
    const at = this.#next[bucket]!;
    if (at + shortPutLengthMax <= (this.#lastBlock[bucket]! + 1) * BlockBytes) return at;
    this.#ends[this.#lastBlock[bucket]!] = at;
    return this.#addBlock(bucket, this.#lastBlock[bucket]!);
  }
  #begin(bucket: number): void {
    this.#counts[bucket] = 0;
    this.#addBlock(bucket, NoBlock);
  }
  #addBlock(bucket: number, previous: number): number {
    const block = this.#blockCount++;
    if (block === this.#ends.length) {
      this.#ends = enlarged(this.#ends);
      this.#previous = enlarged(this.#previous);
    }
    const at = block * BlockBytes;
    if (at >>> 16 === this.#chunks.length) this.#chunks.push(new ByteChunk(new ArrayBuffer(ChunkBytesMax)));
    this.#previous[block] = previous;
    this.#lastBlock[bucket] = block;
    this.#next[bucket] = at;
    return at;
  }
}

function enlarged(numbers: Int32Array): Int32Array {
  const longer = new Int32Array(numbers.length * 2);
  longer.set(numbers);
  return longer;
}
/** Half of the four bytes behind the front. */
function headOf(u8: Uint8Array, key: number, keyLength: number, front: number): number {
  return wordAt(u8, key + front, keyLength - front) >>> 1;
}
function samplesOf(entries: Int32Array, count: number): Int32Array {
  const step = Math.max(1, entries.length / count);
  const samples = new Int32Array(Math.min(count, entries.length));
  for (let i = 0; i < samples.length; i++) samples[i] = entries[Math.floor(i * step)]!;
  return samples;
}
function sharedLength(set: WriteSet, a: number, b: number): number {
  const aStart = set.keyOffset(a);
  const bStart = set.keyOffset(b);
  return commonPrefixLength(set.keyChunk(a).u8, aStart, aStart + set.keyLength(a), set.keyChunk(b).u8, bStart, bStart + set.keyLength(b));
}
