/**
 * One transaction's own changes. Nothing uncommitted reaches a page: until commit a change is an entry here.
 *
 * Entries are numbers. What an entry says stands in eight words of one growing array, or, where it came as part of a block of rows, follows from
 * that until somebody asks (entry-words.ts); its key and value stand in an append-only run of bytes: nothing is allocated per row, and a set that has been used is used again. The newest entry of a key is found through its tree's run
 * (key-run.ts) when the key came in ascending order, as those of a load do: such keys are neither hashed nor sorted. All others are found
 * through a hash table.
 * Older entries of a key hang behind the newest, because the running statement must not see its own changes (entries with its own
 * command number are skipped, which also settles the Halloween problem) and because a savepoint may bring them back.
 *
 * W1  Entries of a key are chained newest first in the order in which they came, which is that of their numbers.
 * W2  Only the owner of the key's lock has an entry for it (trees declared unique; other trees are guarded by their row's lock).
 * W3  Entries are taken back last first. So emptying the slot of a key's only entry leaves the table as it was before the key came, and
 *     open addressing needs no marks for what was deleted.
 * W4  A key stands in its tree's run exactly when it was greater than all keys of the tree when it came. So no key of the tree is greater
 *     than the last of the run, and by W3 that stays so. A tree most of whose keys came otherwise gives up its run for good: its keys are
 *     put into the table, which is made anew in the order of the entries (W3).
 * W5  Keys that cannot have been touched before, as those of the index entries of a new or untouched row, are but listed as long as nobody has looked for a key of their tree:
 *     neither run nor table has them. What is written with its row (`pushListedPuts`) lies apart, lest it come between rows that follow each other (W6). The first look puts all of them into the table, made anew as in W4, and nothing is listed in that tree any more.
 * W6  Where a short value was added right behind its short key, the two stand as the log writes a put of them (storage/log/commit-writer.ts), and so do those of entries that
 *     followed each other, side by side: they are logged as one copy.
 */
import { VERIFY, assert } from '../../base/assert.js';
import { compareBytes, keyString, putKeyString } from '../../base/bytes.js';
import { mutants } from '../../base/mutants.js';
import type { BTree } from '../../storage/tree/btree.js';
import type { CommitRun } from '../../storage/log/commit-writer.js';
import { NoPlace } from '../../storage/tree/found-place.js';
import { type ByteChunk, ByteRun, offsetOf, tooMuchChanged } from './byte-arena.js';
import { AtCommand, AtFlags, AtHash, AtKey, AtKeyLength, AtPrevious, AtValue, AtValueLength, EntryWords, TreeShift, pieceEnd, wordOf } from './entry-words.js';
import { FoundPlaces, placeWordOf } from './found-places.js';
import { EntryInSlotMax as EntriesMax, entryIn, hashOfBytes, mayBeOf, slotOf } from './key-hash.js';
import { KeyRun } from './key-run.js';
import { KeyFormBytes, PutTag, ValueFormBytes, isShortPut, shortKeyLength } from './put-form.js';
import { PutBlocks } from './put-blocks.js';
import { checkAscent, countLong, keyStartOf } from './row-block.js';
import type { PlacedPuts } from './placed-puts.js';
import type { TreeWrites } from './tree-writes.js';
import { EntriesKept, type WriteMemory } from './write-memory.js';
import type { RowBlock } from '../types.js';

/**
 * Claim: the key is locked to be inserted, nothing written yet. Hold: the row is locked to be changed (see row-lock.ts). Touch: the
 * entry stays but its row changes (see `Transaction.touch`). All are transparent to readers.
 */
export const WriteKind = { Claim: 0, Touch: 1, Put: 2, Delete: 3, Hold: 4 } as const;
export type WriteKind = (typeof WriteKind)[keyof typeof WriteKind];

/** What an entry's flags say beside its kind; above them stands the number of its tree. */
export const WriteFlag = {
  /** The key was locked by making this entry: the lock goes when the entry is undone. */
  Claims: 8,
  /** The lock it took, or the older entry did, is in mode `no key update`, not `update`. */
  Weak: 16,
  /** The lock it took is in the tree's lock map. */
  Mapped: 32,
  /** Another row than the one committed at this key. */
  Fresh: 64,
  ChangesKey: 128,
  /** Not the newest entry of its key. */
  Superseded: 256,
  Extra: 512,
  /** The key stands in its tree's run. */
  InRun: 1024,
  /** Neither there nor in the table (W5). */
  Listed: 2048,
  /** Key and value lie as a put of them is logged (W6). */
  InForm: 4096,
  /** Where in the tree the row was found has been noted. */
  Found: 8192,
  /** An older entry of the key has locked it, perhaps behind many others: a row may be changed over and over. */
  Held: 16384,
} as const;
const KindMask = 7;

/** What few entries have. */
export interface WriteExtra {
  /** Where the row that was committed at this key went. */
  readonly movedTo: string | undefined;
  /** Where a row that this transaction had put here went. */
  readonly freshMovedTo: string | undefined;
}
const noExtra: WriteExtra = { movedTo: undefined, freshMovedTo: undefined };

const SlotsFirst = 64;
/** How many keys of a tree may be in the table before it gives up its run: so many for each in the run, and so many more. */
const ScatterShare = 4;
const ScatterMin = 32;
/** Of a block of rows so many bytes are copied at once; what does not fit into a chunk any more is lost to it. */
const PieceBytes = 8192;
/** What `#foundPlace` says of a key that belongs into the table. */
const InTable = -1;
/** Odd, so that every slot is reached; what keys with the same front have at their ends stays side by side. */
const SlotStep = 17;

/** The newest entries of a set of one entry in one tree, as most have. */
const firstAlone: readonly Int32Array[] = [new Int32Array(1)];
const nothing = new Int32Array(0);

export class WriteSet {
  readonly trees: TreeWrites[] = [];
  /** Number of entries, and of the next one. */
  count = 0;
  readonly #words: EntryWords;
  /** What came as blocks (N1 in entry-words.ts). */
  readonly blocks: PutBlocks;
  /** What `slotOf` makes of the newest entry of a key; 0: free. At most half of the slots are taken. */
  #table: Int32Array = new Int32Array(SlotsFirst);
  /** Keys in the table. */
  #tableCount = 0;
  /** By tree; they outlive the trees, to be used again. */
  readonly #runs: KeyRun[] = [];
  readonly #bytes: ByteRun;
  readonly #places: FoundPlaces;
  readonly #extras = new Map<number, WriteExtra>();
  readonly #memory: WriteMemory;
  // The key looked up or added last: as a string if it was one, its bytes, and where it is or would be: its place in the run, or its hash and slot.
  #foundKey: string | undefined = undefined;
  #foundBytes: Uint8Array = new Uint8Array(64);
  #foundTree = -1;
  #foundPlace = InTable;
  #foundHash = 0;
  #foundSlot = 0;
  #keyBytes: Uint8Array = this.#foundBytes;
  // The entry whose key was asked for last as a string, and that string.
  #textEntry = -1;
  #text = '';
  /** What `touch` has loaded goes somewhere, lest it not be loaded. */
  #touched = 0;

  constructor(memory: WriteMemory) {
    this.#memory = memory;
    this.#bytes = new ByteRun(memory);
    this.blocks = new PutBlocks(this.#bytes);
    this.#words = new EntryWords(memory, this.blocks);
    this.#places = new FoundPlaces(memory);
  }

  /** Gives back what memory it has borrowed and forgets everything. False when it has grown so large that it is better thrown away. */
  reset(): boolean {
    const isLarge = this.#words.capacity > EntriesKept;
    this.#words.reset();
    this.blocks.reset();
    this.#bytes.reset();
    this.#places.reset();
    if (isLarge) {
      this.#memory.giveTable(this.#table);
      return false;
    }
    if (this.#tableCount > 0) this.#table.fill(0);
    while (this.trees.length > 0) this.trees.pop();
    this.count = 0;
    this.#tableCount = 0;
    if (this.#extras.size > 0) this.#extras.clear();
    this.#foundKey = undefined;
    this.#textEntry = -1;
    return true;
  }

  // ------------------------------------------------------------------------------------------------------------ finding

  /** The newest entry of a tree's key, or -1. */
  find(tree: number, key: string): number {
    if (this.#foundKey === key && this.#foundTree === tree) {
      const place = this.#foundPlace;
      return place === InTable ? entryIn(this.#table[this.#foundSlot]!) : this.trees[tree]!.run.at(place);
    }
    if (key.length > this.#keyBytes.length) this.#keyBytes = new Uint8Array(key.length * 2);
    putKeyString(this.#keyBytes, 0, key);
    const entry = this.#locate(tree, this.#keyBytes, key.length);
    this.#foundKey = key;
    return entry;
  }

  /** The same for a key that is no string yet. */
  findBytes(tree: number, key: Uint8Array, keyLength: number): number {
    this.#foundKey = undefined;
    return this.#locate(tree, key, keyLength);
  }

  #locate(tree: number, key: Uint8Array, keyLength: number): number {
    const writes = this.trees[tree]!;
    if (!writes.isAsked) this.#beginAsking(writes);
    const { run, isScattered } = writes;
    this.#foundBytes = key;
    this.#foundTree = tree;
    if (!isScattered) {
      const { count } = run;
      const order = count === 0 ? -1 : this.#compare(run.at(count - 1), key, 0, keyLength);
      if (order < 0) {
        this.#foundPlace = count;
        return -1;
      }
      const place = order === 0 ? count - 1 : this.#placeInRun(run, key, 0, keyLength);
      if (place >= 0) {
        this.#foundPlace = place;
        return run.at(place);
      }
    }
    const hash = hashOfBytes(tree, key, keyLength);
    const table = this.#table;
    const mask = table.length - 1;
    let slot = hash & mask;
    let held = table[slot]!;
    while (held !== 0 && (!mayBeOf(held, hash) || !this.#isOf(entryIn(held), hash, tree, key, keyLength))) {
      slot = (slot + SlotStep) & mask;
      held = table[slot]!;
    }
    this.#foundPlace = InTable;
    this.#foundHash = hash;
    this.#foundSlot = slot;
    return entryIn(held);
  }

  #isOf(entry: number, hash: number, tree: number, key: Uint8Array, length: number): boolean {
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    if (words[at + AtHash] !== hash || words[at + AtKeyLength] !== length || words[at + AtFlags]! >>> TreeShift !== tree) return false;
    const { u8 } = this.#bytes.chunkOf(words[at + AtKey]!);
    const offset = offsetOf(words[at + AtKey]!);
    let i = 0;
    while (i < length && u8[offset + i] === key[i]) i++;
    return i === length;
  }

  /** Negative, 0 or positive as the key of an entry is less than, is, or is greater than the one given. */
  #compare(entry: number, key: Uint8Array, start: number, end: number): number {
    // That of the last row of a load is asked for with each block, which is no reason to write its words.
    if (entry === this.blocks.entryEnd - 1 && this.#words.isImplied(entry)) {
      const address = this.blocks.lastKey;
      const { u8 } = this.#bytes.chunkOf(address);
      const offset = offsetOf(address);
      return compareBytes(u8, offset, offset + shortKeyLength(u8, offset), key, start, end);
    }
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    const address = words[at + AtKey]!;
    const offset = offsetOf(address);
    return compareBytes(this.#bytes.chunkOf(address).u8, offset, offset + words[at + AtKeyLength]!, key, start, end);
  }

  /** Where in the run the key is, or -1. */
  #placeInRun(run: KeyRun, key: Uint8Array, start: number, end: number): number {
    let low = 0;
    let high = run.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(run.at(middle), key, start, end);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  // ------------------------------------------------------------------------------------------------------------ adding and taking back

  /** A new entry, which becomes the newest of its key. @throws DbError 54000 */
  push(tree: number, key: string, kind: WriteKind, flags: number, command: number): number {
    const previous = this.find(tree, key);
    return this.#push(tree, key.length, previous, kind, flags, command);
  }

  /** The same for the key that `findBytes` has just not found. */
  pushUnfound(tree: number, key: Uint8Array, keyLength: number, kind: WriteKind, flags: number, command: number): number {
    assert(this.#foundBytes === key && this.#foundTree === tree && this.#foundKey === undefined, 'another key was looked up', tree);
    return this.#push(tree, keyLength, -1, kind, flags, command);
  }

  /** The same for the key of which `findBytes` has just found the newest entry. */
  pushOver(tree: number, keyLength: number, newest: number, kind: WriteKind, flags: number, command: number): number {
    assert(this.#foundTree === tree && this.#foundKey === undefined && !this.has(newest, WriteFlag.Superseded), 'another key was looked up', tree);
    return this.#push(tree, keyLength, newest, kind, flags, command);
  }

  /** Whether the next key that cannot have been touched may be listed. */
  canList(tree: number): boolean {
    return !this.trees[tree]!.isAsked;
  }
  /** A new entry of a key that is not among those of the tree; nobody has asked for one there. */
  pushListed(tree: number, key: Uint8Array, keyLength: number, kind: WriteKind, flags: number, command: number): number {
    return this.#list(this.trees[tree]!, flags | kind, command, this.#bytes.appendKey(key, keyLength), keyLength, 0, 0);
  }
  #list(writes: TreeWrites, flags: number, command: number, key: number, keyLength: number, value: number, valueLength: number): number {
    const entry = this.count;
    if (entry === this.#words.capacity) this.#grow();
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    words[at + AtHash] = 0;
    words[at + AtKey] = key;
    words[at + AtKeyLength] = keyLength;
    words[at + AtFlags] = (writes.number << TreeShift) | flags | WriteFlag.Listed;
    words[at + AtCommand] = command;
    words[at + AtPrevious] = -1;
    words[at + AtValue] = value;
    words[at + AtValueLength] = valueLength;
    this.count = entry + 1;
    writes.listedCount++;
    writes.added(entry);
    return entry;
  }
  /** Where short puts of at most so many bytes may be written side by side, from `used` on, for `pushListedPuts`. */
  roomForListed(lengthMax: number): ByteChunk {
    return this.#bytes.roomApart(lengthMax);
  }
  /** New entries, as `pushListed` makes them, of the puts that have been written there up to `end`, one of each tree. @throws DbError 54000 */
  pushListedPuts(trees: readonly TreeWrites[], end: number, kind: WriteKind, flags: number, command: number): void {
    if (trees.length > EntriesMax - this.count) throw tooMuchChanged();
    const start = this.#bytes.takeApart(end);
    const { u8 } = this.#bytes.chunkOf(start);
    let at = offsetOf(start);
    const chunk = start - at;
    for (let i = 0; i < trees.length; i++) {
      const key = at + KeyFormBytes;
      const keyLength = shortKeyLength(u8, key);
      const value = key + keyLength + ValueFormBytes;
      const entry = this.#list(trees[i]!, flags | WriteFlag.InForm | kind, command, chunk + key, keyLength, chunk + value, u8[value - ValueFormBytes]!);
      if (VERIFY.on) this.#checkForm(entry);
      at = value + u8[value - ValueFormBytes]!;
    }
    if (VERIFY.on) assert(at === end, 'puts do not end where they were said to', at, end);
  }
  /** Somebody looks for a key of the tree for the first time. */
  #beginAsking(writes: TreeWrites): void {
    writes.isAsked = true;
    const { listedCount } = writes;
    if (listedCount === 0 || (mutants.on && mutants.has('mvcc.listed-never-found'))) return;
    writes.isScattered = true;
    writes.listedCount = 0;
    this.#intoTable(writes, WriteFlag.Listed, listedCount);
    if (VERIFY.on) this.#checkDistinct(writes);
  }
  #checkDistinct(writes: TreeWrites): void {
    const keys = new Set(writes.keys());
    assert(keys.size === writes.size, 'a key was listed twice', keys.size, writes.size);
  }

  /** Whether the key is greater than all of the tree, so that it and those above it may be added by `pushBlock`. */
  isAbove(tree: number, key: Uint8Array, keyLength: number): boolean {
    return this.findBytes(tree, key, keyLength) < 0 && this.#foundPlace !== InTable;
  }
  /** New entries of the puts of a block, of whose keys `isAbove` has just said so: bytes are copied many rows at a time. @returns how many of them are not short @throws DbError 54000 */
  pushBlock(tree: number, block: RowBlock, flags: number, command: number): number {
    const { count } = block;
    const first = this.count;
    if (count > EntriesMax - first) throw tooMuchChanged();
    if (VERIFY.on) checkAscent(block);
    const longCount = countLong(block);
    const writes = this.trees[tree]!;
    this.#pushRows(block, longCount === 0, (tree << TreeShift) | flags | WriteFlag.InRun | WriteKind.Put, command);
    this.count = first + count;
    writes.run.extend(first, count);
    writes.addedAll(first, count);
    return longCount;
  }
  #pushRows({ bytes, ends, count }: RowBlock, isShort: boolean, flags: number, command: number): void {
    const first = this.count;
    let start = 0;
    for (let from = 0; from < count; ) {
      let to = from + 1;
      while (to < count && ends[to * 2 + 1]! - start <= PieceBytes) to++;
      const length = ends[to * 2 - 1]! - start;
      const address = this.#bytes.appendMany(bytes, start, length, to - from);
      if (isShort) this.blocks.add(first + from, first + to, address, address - start + keyStartOf(ends, to - 1), flags | WriteFlag.InForm, command);
      else this.#pushLong(first, ends, from, to, address - start, flags, command);
      start = ends[to * 2 - 1]!;
      from = to;
    }
    if (isShort) this.#words.growByBlocks(first, first + count);
  }
  /** Writes what rows [from, to) of a block say, of which some are not short; `address` is where the block would begin. */
  #pushLong(first: number, ends: Int32Array, from: number, to: number, address: number, flags: number, command: number): void {
    while (first + to > this.#words.capacity) this.#grow();
    for (let i = from; i < to; i++) {
      const words = this.#words.of(first + i);
      const at = wordOf(first + i);
      const keyStart = keyStartOf(ends, i);
      const keyLength = ends[i * 2]! - keyStart;
      const rowStart = ends[i * 2]! + ValueFormBytes;
      const rowLength = ends[i * 2 + 1]! - rowStart;
      words[at + AtHash] = 0;
      words[at + AtKey] = address + keyStart;
      words[at + AtKeyLength] = keyLength;
      words[at + AtFlags] = isShortPut(keyLength, rowLength) ? flags | WriteFlag.InForm : flags;
      words[at + AtCommand] = command;
      words[at + AtPrevious] = -1;
      words[at + AtValue] = address + rowStart;
      words[at + AtValueLength] = rowLength;
    }
  }
  /** Whether what the entry says follows from its block alone. */
  isImplied(entry: number): boolean {
    return this.#words.isImplied(entry);
  }
  /** Where the next stretch of entries [from, end) begins, of those of one block after the other or of others. */
  impliedEnd(from: number, end: number): number {
    return this.#words.impliedEnd(from, end);
  }
  /** The same in a list of entries. */
  stretchEnd(entries: Int32Array, from: number): number {
    return this.#words.stretchEnd(entries, from);
  }
  /** Where a put of at most so many bytes may be written, from `used` on, for `pushNext`. */
  roomFor(lengthMax: number): ByteChunk {
    return this.#bytes.roomFor(lengthMax);
  }
  /** A new entry of the short put that has been written there, up to `end`, and whose key `findBytes` has just not found. @throws DbError 54000 */
  pushNext(writes: TreeWrites, keyLength: number, end: number, kind: WriteKind, flags: number, command: number): number {
    assert(this.#foundTree === writes.number && this.#foundKey === undefined, 'another key was looked up', writes.number);
    const entry = this.count;
    if (entry === this.#words.capacity) this.#grow();
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    const key = this.#bytes.take(end) + KeyFormBytes;
    const value = key + keyLength + ValueFormBytes;
    const place = this.#foundPlace;
    words[at + AtHash] = this.#foundHash;
    words[at + AtKey] = key;
    words[at + AtKeyLength] = keyLength;
    words[at + AtFlags] = (writes.number << TreeShift) | (place === InTable ? flags : flags | WriteFlag.InRun) | WriteFlag.InForm | kind;
    words[at + AtCommand] = command;
    words[at + AtPrevious] = -1;
    words[at + AtValue] = value;
    words[at + AtValueLength] = end - offsetOf(value);
    this.count = entry + 1;
    writes.added(entry);
    if (place === InTable) this.#intoSlot(writes, entry);
    else writes.run.set(place, entry);
    if (VERIFY.on) this.#checkNext(writes.run, entry);
    return entry;
  }
  #checkNext(run: KeyRun, entry: number): void {
    this.#checkForm(entry);
    if (run.count < 2 || run.at(run.count - 1) !== entry) return;
    const key = this.keyOffset(entry);
    assert(this.#compare(run.at(run.count - 2), this.keyChunk(entry).u8, key, key + this.keyLength(entry)) < 0, 'a key is not above the others', entry);
  }
  #checkForm(entry: number): void {
    const { u8 } = this.keyChunk(entry);
    const key = this.keyOffset(entry);
    const keyEnd = key + this.keyLength(entry);
    assert(isShortPut(keyEnd - key, this.valueLength(entry)) && u8[key - 2] === PutTag && u8[key - 1] === keyEnd - key && u8[keyEnd] === this.valueLength(entry), 'a put is not in its form', entry);
  }

  #push(tree: number, keyLength: number, previous: number, kind: WriteKind, flags: number, command: number): number {
    const entry = this.count;
    if (entry === this.#words.capacity) this.#grow();
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    const place = this.#foundPlace;
    const writes = this.trees[tree]!;
    if (previous < 0) words[at + AtKey] = this.#bytes.appendKey(this.#foundBytes, keyLength);
    else {
      words[at + AtKey] = this.#words.of(previous)[wordOf(previous) + AtKey]!;
      this.set(previous, WriteFlag.Superseded);
      if ((flags & WriteFlag.Claims) === 0 && this.has(previous, WriteFlag.Claims | WriteFlag.Held)) flags |= this.has(previous, WriteFlag.Weak) ? WriteFlag.Held | WriteFlag.Weak : WriteFlag.Held;
    }
    words[at + AtHash] = this.#foundHash;
    words[at + AtKeyLength] = keyLength;
    words[at + AtFlags] = (tree << TreeShift) | (place === InTable ? flags : flags | WriteFlag.InRun) | kind;
    words[at + AtCommand] = command;
    words[at + AtPrevious] = previous;
    // Some place: what has no value shows one of no length there.
    words[at + AtValue] = 0;
    words[at + AtValueLength] = 0;
    this.count = entry + 1;
    if (previous < 0) writes.added(entry);
    if (place !== InTable) writes.run.set(place, entry);
    else {
      if (previous < 0) this.#intoSlot(writes, entry);
      else this.#table[this.#foundSlot] = slotOf(this.#foundHash, entry);
    }
    return entry;
  }
  /** Enters the first entry of a key where the table has room for it. */
  #intoSlot(writes: TreeWrites, entry: number): void {
    this.#table[this.#foundSlot] = slotOf(this.#foundHash, entry);
    if (++this.#tableCount * 2 > this.#table.length) this.#rehash(this.#table.length * 2);
    if (!writes.isScattered && writes.size - writes.run.count > writes.run.count * ScatterShare + ScatterMin) this.#scatter(writes);
  }

  /** Puts the keys of a tree's run into the table. */
  #scatter(writes: TreeWrites): void {
    const { count } = writes.run;
    writes.run.count = 0;
    writes.isScattered = true;
    this.#intoTable(writes, WriteFlag.InRun, count);
  }
  /** Makes the table anew with the `count` keys of a tree whose entries have the flag, which they lose. */
  #intoTable(writes: TreeWrites, flag: number, count: number): void {
    for (let entry = 0; entry < this.count; entry++) {
      const words = this.#words.of(entry);
      const at = wordOf(entry);
      const flags = words[at + AtFlags]!;
      if ((flags & flag) === 0 || flags >>> TreeShift !== writes.number) continue;
      const offset = offsetOf(words[at + AtKey]!);
      words[at + AtFlags] = flags & ~flag;
      words[at + AtHash] = hashOfBytes(writes.number, this.keyChunk(entry).u8.subarray(offset), words[at + AtKeyLength]!);
    }
    this.#tableCount += count;
    let length = this.#table.length;
    while (this.#tableCount * 2 > length) length *= 2;
    this.#rehash(length);
  }

  /** Takes back the last entry. */
  pop(): void {
    const entry = --this.count;
    this.#textEntry = -1;
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    const previous = words[at + AtPrevious]!;
    const writes = this.treeOf(entry);
    if ((words[at + AtFlags]! & WriteFlag.InRun) !== 0) this.#popFromRun(writes.run, entry, previous);
    else if ((words[at + AtFlags]! & WriteFlag.Listed) !== 0) writes.listedCount--;
    else {
      const mask = this.#table.length - 1;
      const hash = words[at + AtHash]!;
      let slot = hash & mask;
      while (entryIn(this.#table[slot]!) !== entry) slot = (slot + SlotStep) & mask;
      this.#table[slot] = slotOf(mutants.on && mutants.has('mvcc.undo-mixes-hash-bits') ? ~hash : hash, previous);
      if (previous < 0) this.#tableCount--;
    }
    if ((words[at + AtFlags]! & WriteFlag.Extra) !== 0) this.#extras.delete(entry);
    this.#foundKey = undefined;
    if (previous >= 0) {
      if (!(mutants.on && mutants.has('mvcc.undo-loses-older'))) this.#words.of(previous)[wordOf(previous) + AtFlags]! &= ~WriteFlag.Superseded;
    } else writes.removed();
  }

  #popFromRun(run: KeyRun, entry: number, previous: number): void {
    const offset = this.keyOffset(entry);
    const last = run.count - 1;
    const place = run.at(last) === entry ? last : this.#placeInRun(run, this.keyChunk(entry).u8, offset, offset + this.keyLength(entry));
    assert(run.at(place) === entry, 'an entry is not where its run has it', entry, place);
    if (previous >= 0) {
      if (!(mutants.on && mutants.has('mvcc.undo-loses-older'))) run.set(place, previous);
    } else {
      assert(place === last, 'the run does not end with its newest key', place, last);
      run.count = last;
    }
  }

  #grow(): void {
    if (this.count === EntriesMax) throw tooMuchChanged();
    this.#words.grow();
  }

  #rehash(length: number): void {
    const table = this.#memory.takeTable(length);
    const mask = table.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      const words = this.#words.of(entry);
      const at = wordOf(entry);
      if ((words[at + AtFlags]! & (WriteFlag.InRun | WriteFlag.Listed)) !== 0) continue;
      const hash = words[at + AtHash]!;
      const occupant = slotOf(hash, words[at + AtPrevious]!);
      let slot = hash & mask;
      while (table[slot] !== occupant) slot = (slot + SlotStep) & mask;
      table[slot] = slotOf(hash, entry);
    }
    this.#table = table;
    this.#foundKey = undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ one entry

  treeOf(entry: number): TreeWrites {
    return this.trees[this.#words.of(entry)[wordOf(entry) + AtFlags]! >>> TreeShift]!;
  }
  kindOf(entry: number): WriteKind {
    return (this.#words.of(entry)[wordOf(entry) + AtFlags]! & KindMask) as WriteKind;
  }
  has(entry: number, flag: number): boolean {
    return (this.#words.of(entry)[wordOf(entry) + AtFlags]! & flag) !== 0;
  }
  set(entry: number, flag: number): void {
    this.#words.of(entry)[wordOf(entry) + AtFlags]! |= flag;
  }
  setKind(entry: number, kind: WriteKind): void {
    const words = this.#words.of(entry);
    const at = wordOf(entry) + AtFlags;
    words[at] = (words[at]! & ~KindMask) | kind;
  }
  commandOf(entry: number): number {
    return this.#words.of(entry)[wordOf(entry) + AtCommand]!;
  }
  /** The entry of the same key before this one, or -1. */
  previousOf(entry: number): number {
    return this.#words.of(entry)[wordOf(entry) + AtPrevious]!;
  }

  keyOf(entry: number): string {
    if (entry === this.#textEntry) return this.#text;
    const text = this.#makeKey(entry);
    this.noteKey(entry, text);
    return text;
  }
  /** What `keyOf` would say, by whoever knows it. */
  noteKey(entry: number, key: string): void {
    this.#textEntry = entry;
    this.#text = key;
  }
  #makeKey(entry: number): string {
    const offset = this.keyOffset(entry);
    return keyString(this.keyChunk(entry).u8, offset, offset + this.keyLength(entry));
  }
  /** Where its key lies: in the chunk, from the offset on. */
  keyChunk(entry: number): ByteChunk {
    return this.#bytes.chunkOf(this.#words.of(entry)[wordOf(entry) + AtKey]!);
  }
  keyOffset(entry: number): number {
    return offsetOf(this.#words.of(entry)[wordOf(entry) + AtKey]!);
  }
  keyAddress(entry: number): number {
    return this.#words.of(entry)[wordOf(entry) + AtKey]!;
  }
  chunkAt(address: number): ByteChunk {
    return this.#bytes.chunkOf(address);
  }
  keyLength(entry: number): number {
    return this.#words.of(entry)[wordOf(entry) + AtKeyLength]!;
  }

  valueChunk(entry: number): ByteChunk {
    return this.#bytes.chunkOf(this.#words.of(entry)[wordOf(entry) + AtValue]!);
  }
  valueOffset(entry: number): number {
    return offsetOf(this.#words.of(entry)[wordOf(entry) + AtValue]!);
  }
  valueLength(entry: number): number {
    return this.#words.of(entry)[wordOf(entry) + AtValueLength]!;
  }
  /** Copies the value of a put, which has none yet. */
  setValue(entry: number, value: Uint8Array, offset: number, length: number): void {
    const words = this.#words.of(entry);
    const at = wordOf(entry);
    if (VERIFY.on) assert((words[at + AtFlags]! & WriteFlag.InForm) === 0 && words[at + AtValueLength] === 0, 'a put gets another value', entry);
    if (this.#bytes.endsWith(words[at + AtKey]!, words[at + AtKeyLength]!, length)) {
      words[at + AtValue] = this.#bytes.appendBehind(value, offset, length);
      words[at + AtFlags]! |= WriteFlag.InForm;
    } else {
      words[at + AtValue] = this.#bytes.append(value, offset, length);
      if (mutants.on && mutants.has('mvcc.form-of-former-value')) words[at + AtFlags]! |= WriteFlag.InForm;
    }
    words[at + AtValueLength] = length;
  }

  /** Loads what entries [from, to) of a list say and the bytes of their keys, ahead of `show`. */
  touch(entries: Int32Array, from: number, to: number): void {
    let sum = 0;
    for (let i = from; i < to; i++) {
      const address = this.#words.of(entries[i]!)[wordOf(entries[i]!) + AtKey]!;
      sum += this.#bytes.chunkOf(address).u8[offsetOf(address)]!;
    }
    this.#touched = sum;
  }
  /** All places at once. */
  show(entry: number, at: CommitRun): void {
    const words = this.#words.of(entry);
    const word = wordOf(entry);
    const key = words[word + AtKey]!;
    const value = words[word + AtValue]!;
    const { u8 } = this.#bytes.chunkOf(key);
    const chunk = this.#bytes.chunkOf(value);
    // Mostly they are those of the entry before: what is stored in an object is told to the collector.
    if (at.key !== u8) at.key = u8;
    if (at.value !== chunk.u8) {
      at.value = chunk.u8;
      at.valueView = chunk.dv;
    }
    at.keyOffset = offsetOf(key);
    at.putOffset = (words[word + AtFlags]! & WriteFlag.InForm) === 0 ? -1 : at.keyOffset - KeyFormBytes;
    at.keyLength = words[word + AtKeyLength]!;
    at.valueOffset = offsetOf(value);
    at.valueLength = words[word + AtValueLength]!;
  }

  /** Notes where in the tree the row of a change, which has the flag for it, has just been found. */
  noteFound(entry: number, tree: BTree): void {
    tree.tellFound(this.#places.roomFor(entry), placeWordOf(entry));
  }
  /** A further change of a row is where the change before it was. */
  inheritFound(entry: number, before: number): void {
    if (!this.has(before, WriteFlag.Found)) return;
    const words = this.#places.roomFor(entry);
    const at = placeWordOf(entry);
    words[at] = this.foundPlace(before);
    words[at + 1] = this.foundVersion(before);
    words[at + 2] = this.foundSpot(before);
    this.set(entry, WriteFlag.Found);
  }
  /** Where the row of an entry with the flag was found; `NoPlace`: the tree did not say. */
  foundPlace(entry: number): number {
    return this.#places.of(entry)[placeWordOf(entry)]!;
  }
  foundVersion(entry: number): number {
    return this.#places.of(entry)[placeWordOf(entry) + 1]!;
  }
  foundSpot(entry: number): number {
    return this.#places.of(entry)[placeWordOf(entry) + 2]!;
  }
  /** A put and where its row was found; `at.place` is `NoPlace` where it is something else. */
  showFound(entry: number, at: PlacedPuts): void {
    const words = this.#words.of(entry);
    const word = wordOf(entry);
    const isFound = (words[word + AtFlags]! & (KindMask | WriteFlag.Found)) === (WriteKind.Put | WriteFlag.Found);
    at.place = isFound ? this.foundPlace(entry) : NoPlace;
    if (!isFound) return;
    at.version = this.foundVersion(entry);
    at.spot = this.foundSpot(entry);
    const key = words[word + AtKey]!;
    const value = words[word + AtValue]!;
    const { u8 } = this.#bytes.chunkOf(key);
    const chunk = this.#bytes.chunkOf(value);
    if (at.key !== u8) at.key = u8;
    if (at.value !== chunk.u8) {
      at.value = chunk.u8;
      at.valueView = chunk.dv;
    }
    at.keyOffset = offsetOf(key);
    at.keyLength = words[word + AtKeyLength]!;
    at.valueOffset = offsetOf(value);
    at.valueLength = words[word + AtValueLength]!;
  }
  /** The place of a change of `kind`; `NoPlace` also when the entry is something else. */
  placeOfChange(entry: number, kind: WriteKind): number {
    const flags = this.#words.of(entry)[wordOf(entry) + AtFlags]!;
    return (flags & (KindMask | WriteFlag.Found)) === (kind | WriteFlag.Found) ? this.foundPlace(entry) : NoPlace;
  }

  extraOf(entry: number): WriteExtra {
    return this.has(entry, WriteFlag.Extra) ? this.#extras.get(entry)! : noExtra;
  }
  setExtra(entry: number, movedTo: string | undefined, freshMovedTo: string | undefined): void {
    if (movedTo === undefined && freshMovedTo === undefined) return;
    this.#extras.set(entry, { movedTo, freshMovedTo });
    this.set(entry, WriteFlag.Extra);
  }

  /** The newest real change of a chain made by a command before `commandEnd`, or -1. */
  changeBefore(newest: number, commandEnd: number): number {
    if (mutants.on && mutants.has('mvcc.own-changes-at-once')) commandEnd = Infinity;
    for (let entry = newest; entry >= 0; entry = this.previousOf(entry)) {
      const kind = this.kindOf(entry);
      if ((kind === WriteKind.Put || kind === WriteKind.Delete) && this.commandOf(entry) < commandEnd) return entry;
    }
    return -1;
  }
  /** The newest real change of a chain, or -1. */
  newestChange(newest: number): number {
    return this.changeBefore(newest, Infinity);
  }

  // ------------------------------------------------------------------------------------------------------------ all of them

  /**
   * By tree, the newest entry of each key; where all keys stand in the tree's run in their order, otherwise in that of the entries. Borrowed. Where such a run has no list and at least `unlistedMin`
   * entries, none is made of it.
   */
  newestByTree(unlistedMin = Infinity): readonly Int32Array[] {
    const { trees } = this;
    if (this.count === 1 && trees.length === 1) return firstAlone;
    const lists: Int32Array[] = [];
    const counts: number[] = [];
    let isListed = true;
    for (let tree = 0; tree < trees.length; tree++) {
      const { run, size, isInRun } = trees[tree]!;
      const list = !isInRun ? new Int32Array(size) : size >= unlistedMin && run.isConsecutive ? nothing : run.list(0, size);
      lists.push(list);
      counts.push(isInRun ? list.length : 0);
      if (!isInRun) isListed = false;
    }
    if (isListed) return lists;
    const isDone = trees.map(({ isInRun }) => isInRun);
    for (let from = 0; from < this.count; from = pieceEnd(from)) this.#listNewest(from, Math.min(pieceEnd(from), this.count), lists, counts, isDone);
    for (let tree = 0; tree < trees.length; tree++) assert(lists[tree]!.length === counts[tree], 'keys of a write set miscounted', tree, counts[tree]!);
    return lists;
  }

  /** Lists those of entries [from, end), which are of one piece, that are the newest of a key of a tree that is not done. */
  #listNewest(from: number, end: number, lists: readonly Int32Array[], counts: number[], isDone: readonly boolean[]): void {
    const words = this.#words.of(from);
    for (let entry = from; entry < end; entry++) {
      const flags = words[wordOf(entry) + AtFlags]!;
      const tree = flags >>> TreeShift;
      if ((flags & WriteFlag.Superseded) === 0 && !isDone[tree]!) lists[tree]![counts[tree]!++] = entry;
    }
  }

  /** The run of a tree that is about to be added. */
  takeRun(tree: number): KeyRun {
    const run = (this.#runs[tree] ??= new KeyRun());
    run.count = 0;
    return run;
  }
}
