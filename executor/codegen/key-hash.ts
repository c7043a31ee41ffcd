/** Which of `count` partitions (a power of two) a key belongs to. Independent of the order keys arrive in. */
import type { GroupKey } from '../../base/datum.js';

export function partitionOf(key: GroupKey, count: number): number {
  let hash = 0;
  if (typeof key === 'string') {
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  } else if (typeof key === 'number') {
    // -0 and 0 are one key, as are all NaN.
    hash = Math.imul((key % 4294967296) | 0, 0x9e3779b1) ^ Math.imul(Math.floor(key / 4294967296) | 0, 0x85ebca6b) ^ Math.imul(((key % 1) * 1048576) | 0, 0xc2b2ae35);
  } else if (typeof key === 'bigint') hash = Number(BigInt.asUintN(31, key ^ (key >> 32n)));
  else hash = key === true ? 1 : 2;
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) & (count - 1);
}
