/**
 * A disk that can lose power, lie after a failed sync, and fill up. Per file it keeps what is durable, what the page cache shows, and the
 * writes in between; directory entries are operations of their own.
 *
 * `powerCut` makes the disk that a machine could find after losing power now: any subset of the unsynced writes and directory operations
 * has reached it, some of them torn (at 512 or 4096 bytes, or after any byte of the new bytes). `kill` is the end of the process only:
 * the page cache stays. A failed sync leaves its writes readable but never to be written (the mirage of Rebello et al. 2020).
 *
 * Assumed of the disk: sectors of 512 bytes do not damage what was in them before, and a successful sync is true.
 */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import type { Prng } from '../../base/prng.js';
import type { File, Vfs } from '../../storage/files/vfs.js';
import { ThroughBlockBytes } from '../../storage/files/vfs.js';

/** The simulated machine stops here. Not a DbError, so that nobody handles it by mistake. */
export class PowerCut extends Error {
  constructor() {
    super('power cut');
  }
}

const ChunkBytes = 2048;

/** File content in immutable chunks, so that a copy of a disk shares them. */
class Content {
  chunks: (Uint8Array | undefined)[] = [];
  size = 0;

  clone(): Content {
    const copy = new Content();
    copy.chunks = this.chunks.slice();
    copy.size = this.size;
    return copy;
  }
  write(position: number, data: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const within = (position + at) % ChunkBytes;
      const index = (position + at - within) / ChunkBytes;
      const count = Math.min(end - at, ChunkBytes - within);
      const chunk = new Uint8Array(ChunkBytes);
      const old = this.chunks[index];
      if (old !== undefined && count < ChunkBytes) chunk.set(old);
      chunk.set(data.subarray(at, at + count), within);
      this.chunks[index] = chunk;
      at += count;
    }
    if (end > start && position + end > this.size) this.size = position + end;
  }
  read(position: number, bytes: Uint8Array, offset: number, length: number): number {
    const end = Math.min(position + length, this.size);
    for (let at = position; at < end; ) {
      const within = at % ChunkBytes;
      const count = Math.min(end - at, ChunkBytes - within);
      const chunk = this.chunks[(at - within) / ChunkBytes];
      if (chunk === undefined) bytes.fill(0, offset + at - position, offset + at - position + count);
      else bytes.set(chunk.subarray(within, within + count), offset + at - position);
      at += count;
    }
    return Math.max(0, end - position);
  }
  truncate(size: number): void {
    if (size < this.size) {
      this.chunks.length = Math.min(this.chunks.length, Math.ceil(size / ChunkBytes));
      const within = size % ChunkBytes;
      const last = this.chunks[(size - within) / ChunkBytes];
      if (within > 0 && last !== undefined) {
        const chunk = last.slice();
        chunk.fill(0, within);
        this.chunks[(size - within) / ChunkBytes] = chunk;
      }
    }
    this.size = size;
  }
}

class Inode {
  /** By number of a block that was written past the cache: what the cache may still have of it. */
  readonly stale = new Map<number, Uint8Array>();
  durable = new Content();
  live = new Content();
  lockMode: 'exclusive' | 'shared' | undefined = undefined;
  lockCount = 0;
}

type Pending =
  | { readonly kind: 'write'; readonly inode: Inode; readonly position: number; readonly data: Uint8Array }
  | { readonly kind: 'truncate'; readonly inode: Inode; readonly size: number }
  | { readonly kind: 'create'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string };

export interface CrashVfsHooks {
  /** Called before every operation that changes the disk; may throw PowerCut. */
  onOperation?: (operation: string) => void;
  /** Whether the next sync fails: its writes are then readable but will never be written. */
  failsSync?: () => boolean;
  /** How long a sync that does not block takes. */
  duringSync?: () => Promise<void>;
}

export class CrashVfs implements Vfs {
  operationCount = 0;
  hooks: CrashVfsHooks = {};
  /** Bytes that all files together may hold; beyond it writes fail with 53100. */
  capacityBytes = Infinity;
  #durableNames = new Map<string, Inode>();
  #names = new Map<string, Inode>();
  #pending: Pending[] = [];
  /** Whether files can be written past the cache. */
  canWriteThrough = true;
  /** What was done to a file after it had been closed; on a real disk it may hit another file, which has got the number of its descriptor. */
  readonly usesOfClosed: string[] = [];
  /** Where the last write went, for faults that aim at something. */
  lastWriteAt = 0;
  /** Files opened before a kill are dead. */
  epoch = 0;

  // -------------------------------------------------------------------------------------------------------------- Vfs

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    let inode = this.#names.get(path);
    if (inode === undefined) {
      if (mode !== 'create') throw new DbError('58P01', `file "${path}" does not exist`);
      this.#operate('create');
      inode = new Inode();
      this.#names.set(path, inode);
      this.#pending.push({ kind: 'create', path, inode });
    }
    return new CrashFile(this, inode, path);
  }
  exists(path: string): boolean {
    return this.#names.has(path);
  }
  unlink(path: string): void {
    if (!this.#names.has(path)) throw new DbError('58P01', `file "${path}" does not exist`);
    this.#operate('unlink');
    this.#names.delete(path);
    this.#pending.push({ kind: 'unlink', path });
  }
  rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw new DbError('58P01', `file "${from}" does not exist`);
    this.#operate('rename');
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#pending.push({ kind: 'rename', from, to });
  }
  list(path: string, prefix: string): string[] {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    return [...this.#names.keys()].filter((name) => name.startsWith(directory + prefix)).map((name) => name.slice(directory.length));
  }
  syncDirectory(_path: string): void {
    this.#operate('syncDirectory');
    if (this.hooks.failsSync?.() === true) throw new DbError('58030', 'could not sync the directory: simulated');
    const rest: Pending[] = [];
    for (const pending of this.#pending) {
      if (pending.kind === 'write' || pending.kind === 'truncate') rest.push(pending);
      else applyName(this.#durableNames, pending);
    }
    this.#pending = rest;
  }
  openTemp(path: string): File {
    return new CrashFile(this, new Inode(), path);
  }

  // -------------------------------------------------------------------------------------------------------------- for CrashFile

  #operate(operation: string): void {
    this.operationCount++;
    this.hooks.onOperation?.(operation);
  }
  isAt(path: string, inode: Inode): boolean {
    return this.#names.get(path) === inode;
  }
  write(inode: Inode, position: number, data: Uint8Array): void {
    this.#operate('write');
    const growth = position + data.length - inode.live.size;
    if (growth > 0 && this.usedBytes() + growth > this.capacityBytes) throw new DbError('53100', 'no space left on device: simulated');
    this.lastWriteAt = position;
    const write = inode.stale.size === 0 ? { position, data } : completed(inode, position, data);
    inode.live.write(write.position, write.data, 0, write.data.length);
    this.#pending.push({ kind: 'write', inode, ...write });
  }
  /** While it is under way the write is pending like any other: a power cut may keep, tear or lose it. */
  writeThrough(inode: Inode, position: number, data: Uint8Array): void {
    assert(position % ThroughBlockBytes === 0 && data.length % ThroughBlockBytes === 0, 'not whole blocks', position, data.length);
    const isCovered = position + data.length <= inode.durable.size;
    // What the cache has of these blocks goes to the disk before.
    this.#settle((pending) => pending.inode === inode && pending.kind === 'write' && pending.position < position + data.length && pending.position + pending.data.length > position);
    const before = new Map<number, Uint8Array>();
    for (let at = position; at < position + data.length; at += ThroughBlockBytes) {
      const old = new Uint8Array(ThroughBlockBytes);
      inode.live.read(at, old, 0, ThroughBlockBytes);
      before.set(at / ThroughBlockBytes, inode.stale.get(at / ThroughBlockBytes) ?? old);
    }
    this.write(inode, position, data);
    for (const [block, old] of before) inode.stale.set(block, old);
    const write = this.#pending.at(-1)!;
    this.#operate('writeThrough');
    const fails = this.hooks.failsSync?.() === true;
    // Where the file durably has no space for it, nothing is promised.
    if (!fails && isCovered) this.#settle((pending) => pending === write);
    // It may have reached the disk in part, and the cache does not know of it.
    if (fails) throw new DbError('58030', 'could not write: simulated');
  }
  /** Makes some of what is pending durable. */
  #settle(isMeant: (pending: Extract<Pending, { readonly inode: Inode; readonly kind: 'write' | 'truncate' }>) => boolean): void {
    this.#pending = this.#pending.filter((pending) => {
      if ((pending.kind !== 'write' && pending.kind !== 'truncate') || !isMeant(pending)) return true;
      applyContent(pending.inode.durable, pending);
      return false;
    });
  }
  truncate(inode: Inode, size: number): void {
    if (inode.live.size === size) return;
    this.#operate('truncate');
    inode.live.truncate(size);
    this.#pending.push({ kind: 'truncate', inode, size });
  }
  /** Makes durable what was pending when the sync began; `before` is that list's length at the time, or all. */
  sync(inode: Inode, started: ReadonlySet<Pending> | undefined): void {
    this.#operate('sync');
    const fails = this.hooks.failsSync?.() === true;
    const rest: Pending[] = [];
    for (const pending of this.#pending) {
      const isOurs = (pending.kind === 'write' || pending.kind === 'truncate') && pending.inode === inode && (started === undefined || started.has(pending));
      if (!isOurs) rest.push(pending);
      else if (!fails) applyContent(inode.durable, pending);
    }
    this.#pending = rest;
    if (fails) throw new DbError('58030', 'could not sync: simulated');
  }
  pendingOf(inode: Inode): Set<Pending> {
    return new Set(this.#pending.filter((p) => (p.kind === 'write' || p.kind === 'truncate') && p.inode === inode));
  }
  usedBytes(): number {
    let used = 0;
    for (const inode of this.#names.values()) used += inode.live.size;
    return used;
  }

  // -------------------------------------------------------------------------------------------------------------- the end of a run

  /** The process is gone, the machine is not: files it had open are dead, its locks are free, the page cache stays. */
  kill(): void {
    this.epoch++;
    this.hooks = {};
    for (const inode of this.#names.values()) {
      inode.lockMode = undefined;
      inode.lockCount = 0;
    }
  }

  /** A disk as it may be found after power is lost now. This one is not changed. */
  powerCut(prng: Prng, tornShare = 0.15): CrashVfs {
    const image = new CrashVfs();
    image.canWriteThrough = this.canWriteThrough;
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      let copy = copies.get(inode);
      if (copy === undefined) {
        copy = new Inode();
        copy.durable = inode.durable.clone();
        copies.set(inode, copy);
      }
      return copy;
    };
    for (const [path, inode] of this.#durableNames) image.#durableNames.set(path, copyOf(inode));
    const keep = prng.below(8) === 0 ? 1 : prng.unit();
    for (const pending of this.#pending) {
      const isKept = prng.unit() < keep;
      if (pending.kind === 'write') {
        const isTorn = prng.unit() < (isKept ? tornShare : tornShare * 0.7);
        if (isTorn) tear(copyOf(pending.inode).durable, pending.position, pending.data, prng);
        else if (isKept) applyContent(copyOf(pending.inode).durable, pending);
      } else if (isKept) {
        if (pending.kind === 'truncate') applyContent(copyOf(pending.inode).durable, pending);
        else if (pending.kind === 'create') image.#durableNames.set(pending.path, copyOf(pending.inode));
        else applyName(image.#durableNames, pending);
      }
    }
    for (const [path, inode] of image.#durableNames) {
      inode.live = inode.durable.clone();
      image.#names.set(path, inode);
    }
    return image;
  }

  /** An independent disk with the same content, all of it durable. */
  copy(): CrashVfs {
    const image = new CrashVfs();
    image.canWriteThrough = this.canWriteThrough;
    for (const [path, inode] of this.#names) {
      const copy = new Inode();
      copy.durable = inode.live.clone();
      copy.live = inode.live.clone();
      image.#names.set(path, copy);
      image.#durableNames.set(path, copy);
    }
    return image;
  }

  // -------------------------------------------------------------------------------------------------------------- damage

  paths(): string[] {
    return [...this.#names.keys()];
  }
  sizeOf(path: string): number {
    return this.#names.get(path)?.live.size ?? 0;
  }
  /** Changes bytes of a file behind everyone's back. */
  damage(path: string, position: number, data: Uint8Array): void {
    const inode = this.#names.get(path)!;
    for (const content of [inode.live, inode.durable]) content.write(position, data, 0, data.length);
  }
  cut(path: string, size: number): void {
    const inode = this.#names.get(path)!;
    for (const content of [inode.live, inode.durable]) content.truncate(size);
  }
  readAll(path: string): Uint8Array {
    const content = this.#names.get(path)!.live;
    const bytes = new Uint8Array(content.size);
    content.read(0, bytes, 0, content.size);
    return bytes;
  }
}

/** A write through the cache: blocks that it covers in part are completed with what the cache has of them. */
function completed(inode: Inode, position: number, data: Uint8Array): { readonly position: number; readonly data: Uint8Array } {
  const end = position + data.length;
  const [firstBlock, lastBlock] = [Math.floor(position / ThroughBlockBytes), Math.floor((end - 1) / ThroughBlockBytes)];
  const front = inode.stale.get(firstBlock)?.subarray(0, position - firstBlock * ThroughBlockBytes) ?? noBytes;
  const back = inode.stale.get(lastBlock)?.subarray(end - lastBlock * ThroughBlockBytes) ?? noBytes;
  for (let block = firstBlock; block <= lastBlock; block++) inode.stale.delete(block);
  if (front.length === 0 && back.length === 0) return { position, data };
  return { position: position - front.length, data: Buffer.concat([front, data, back]) };
}
const noBytes = new Uint8Array(0);

function applyName(names: Map<string, Inode>, pending: Pending): void {
  if (pending.kind === 'create') names.set(pending.path, pending.inode);
  else if (pending.kind === 'unlink') names.delete(pending.path);
  else if (pending.kind === 'rename') {
    const inode = names.get(pending.from);
    if (inode === undefined) return;
    names.delete(pending.from);
    names.set(pending.to, inode);
  }
}

function applyContent(content: Content, pending: Pending): void {
  if (pending.kind === 'write') content.write(pending.position, pending.data, 0, pending.data.length);
  else if (pending.kind === 'truncate') content.truncate(pending.size);
}

/** Writes a part of `data`: some sectors, some 4 KiB blocks, or its first bytes. */
function tear(content: Content, position: number, data: Uint8Array, prng: Prng): void {
  const mode = prng.below(3);
  if (mode === 2) {
    content.write(position, data, 0, Math.floor(data.length * Math.pow(prng.unit(), 4)));
    return;
  }
  const unit = mode === 0 ? 512 : 4096;
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + unit - ((position + at) % unit));
    if (prng.below(2) === 0) content.write(position, data, at, end);
    at = end;
  }
}

class CrashFile implements File {
  path: string;
  readonly #vfs: CrashVfs;
  readonly #inode: Inode;
  readonly #epoch: number;
  #holdsLock = false;
  #isClosed = false;

  constructor(vfs: CrashVfs, inode: Inode, path: string) {
    this.#vfs = vfs;
    this.#inode = inode;
    this.path = path;
    this.#epoch = vfs.epoch;
  }
  #assertAlive(): void {
    if (this.#vfs.epoch !== this.#epoch) throw new PowerCut();
    if (!this.#isClosed) return;
    this.#vfs.usesOfClosed.push(this.path);
    assert(false, 'a closed file is used', this.path);
  }
  read(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#assertAlive();
    return this.#inode.live.read(position, bytes, offset, length);
  }
  write(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#assertAlive();
    this.#vfs.write(this.#inode, position, bytes.slice(offset, offset + length));
    return length;
  }
  writeThrough(position: number, bytes: Uint8Array, length: number): boolean {
    this.#assertAlive();
    if (!this.#vfs.canWriteThrough) return false;
    this.#vfs.writeThrough(this.#inode, position, bytes.slice(0, length));
    return true;
  }
  sync(): void {
    this.#assertAlive();
    this.#vfs.sync(this.#inode, undefined);
  }
  async syncAsync(): Promise<void> {
    this.#assertAlive();
    const started = this.#vfs.pendingOf(this.#inode);
    await Promise.resolve();
    await Promise.resolve();
    // No turn more than before where nobody asks: kept seeds replay by the turn.
    const { duringSync } = this.#vfs.hooks;
    if (duringSync !== undefined) await duringSync();
    if (this.#vfs.epoch !== this.#epoch) throw new PowerCut();
    // The disk is done before the caller hears of it, and other code runs in between.
    let failure: unknown;
    try {
      this.#vfs.sync(this.#inode, started);
    } catch (error) {
      failure = error;
    }
    for (let hops = this.#vfs.operationCount % 8; hops > 0; hops--) await Promise.resolve();
    if (failure !== undefined) throw failure;
  }
  size(): number {
    return this.#inode.live.size;
  }
  truncate(size: number): void {
    this.#assertAlive();
    this.#vfs.truncate(this.#inode, size);
  }
  lock(mode: 'exclusive' | 'shared'): Promise<void> {
    const inode = this.#inode;
    if (inode.lockMode === 'exclusive' || (inode.lockMode === 'shared' && mode === 'exclusive')) {
      return Promise.reject(new DbError('55006', `database "${this.path}" is already open in this process`));
    }
    inode.lockMode = mode;
    inode.lockCount++;
    this.#holdsLock = true;
    return Promise.resolve();
  }
  isAt(path: string): boolean {
    return this.#vfs.isAt(path, this.#inode);
  }
  close(): void {
    this.#isClosed = true;
    if (!this.#holdsLock || this.#vfs.epoch !== this.#epoch) return;
    this.#holdsLock = false;
    if (--this.#inode.lockCount === 0) this.#inode.lockMode = undefined;
  }
}
