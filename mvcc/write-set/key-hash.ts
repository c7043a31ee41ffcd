/** A hash of 32 bits of a key of a tree, the same for its text as for its bytes. Keys that differ in their last byte alone lie in neighbouring slots. */

/** The last four bits of the key choose among sixteen neighbouring slots, what is before them which sixteen. */
function mixed(hash: number, last: number): number {
  hash = Math.imul(hash ^ (last >>> 4), 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 13;
  return (hash & ~15) | (((hash >>> 28) ^ last) & 15);
}

export function hashOfKey(tree: number, key: string): number {
  let hash = Math.imul(tree + 1, 0x9e3779b1);
  const last = key.length - 1;
  for (let i = 0; i < last; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return mixed(hash, last < 0 ? 0 : key.charCodeAt(last));
}

export function hashOfBytes(tree: number, key: Uint8Array, length: number): number {
  let hash = Math.imul(tree + 1, 0x9e3779b1);
  const last = length - 1;
  for (let i = 0; i < last; i++) hash = Math.imul(hash ^ key[i]!, 0x01000193);
  return mixed(hash, last < 0 ? 0 : key[last]!);
}

/** The same, while the key is copied to `to` at `offset`. */
export function hashWhileCopying(tree: number, key: Uint8Array, length: number, to: Uint8Array, offset: number): number {
  if (length === 0) return hashOfBytes(tree, key, 0);
  let hash = Math.imul(tree + 1, 0x9e3779b1);
  const last = length - 1;
  for (let i = 0; i < last; i++) {
    const byte = key[i]!;
    to[offset + i] = byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  const byte = key[last]!;
  to[offset + last] = byte;
  return mixed(hash, byte);
}

/** Entries are numbered below this. */
export const EntryInSlotMax = 2 ** 27;
const TagMask = ~(2 * EntryInSlotMax - 1);

/**
 * What stands in a slot of a hash table of entries: the entry's number plus one, and above it bits of the key's hash, which tell nearly all other keys without a look at their entries,
 * each of which would be another place in memory. 0 for -1, no entry.
 */
export function slotOf(hash: number, entry: number): number {
  return entry < 0 ? 0 : (hash & TagMask) | (entry + 1);
}
export function entryIn(held: number): number {
  return (held & ~TagMask) - 1;
}
/** Whether the entry in a slot that is not 0 may be one of a key with that hash. */
export function mayBeOf(held: number, hash: number): boolean {
  return ((held ^ hash) & TagMask) === 0;
}
