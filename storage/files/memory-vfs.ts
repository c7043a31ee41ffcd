/**
 * Files in memory: the ground under in-memory databases, where only evicted pages and spilled rows land, and under quick tests.
 * Nothing survives the object, so syncing does nothing. Content lives in chunks, so that a growing file is never copied.
 */
import { DbError } from '../../base/errors.js';
import type { File, Vfs } from './vfs.js';

const ChunkBytes = 65536;

/** What a name leads to; lives on while it is open, as an inode does. */
class MemoryInode {
  readonly chunks: (Uint8Array | undefined)[] = [];
  size = 0;
  lockMode: 'exclusive' | 'shared' | undefined = undefined;
  lockCount = 0;
}

export class MemoryVfs implements Vfs {
  readonly #names = new Map<string, MemoryInode>();

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    let inode = this.#names.get(path);
    if (inode === undefined) {
      if (mode !== 'create') throw new DbError('58P01', `file "${path}" does not exist`);
      inode = new MemoryInode();
      this.#names.set(path, inode);
    }
    return new MemoryFile(this.#names, inode, path);
  }
  exists(path: string): boolean {
    return this.#names.has(path);
  }
  unlink(path: string): void {
    if (!this.#names.delete(path)) throw new DbError('58P01', `file "${path}" does not exist`);
  }
  rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw new DbError('58P01', `file "${from}" does not exist`);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }
  list(path: string, prefix: string): string[] {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    const names: string[] = [];
    for (const name of this.#names.keys()) {
      if (name.startsWith(directory + prefix) && !name.slice(directory.length).includes('/')) names.push(name.slice(directory.length));
    }
    return names;
  }
  syncDirectory(_path: string): void {
    // Nothing outlives this object.
  }
  openTemp(path: string): File {
    return new MemoryFile(this.#names, new MemoryInode(), path);
  }
}

class MemoryFile implements File {
  path: string;
  readonly #names: ReadonlyMap<string, MemoryInode>;
  readonly #inode: MemoryInode;
  #holdsLock = false;

  constructor(names: ReadonlyMap<string, MemoryInode>, inode: MemoryInode, path: string) {
    this.#names = names;
    this.#inode = inode;
    this.path = path;
  }

  read(position: number, bytes: Uint8Array, offset: number, length: number): number {
    const inode = this.#inode;
    const end = Math.min(position + length, inode.size);
    for (let at = position; at < end; ) {
      const within = at % ChunkBytes;
      const count = Math.min(end - at, ChunkBytes - within);
      const chunk = inode.chunks[(at - within) / ChunkBytes];
      if (chunk === undefined) bytes.fill(0, offset + at - position, offset + at - position + count);
      else bytes.set(chunk.subarray(within, within + count), offset + at - position);
      at += count;
    }
    return Math.max(0, end - position);
  }

  write(position: number, bytes: Uint8Array, offset: number, length: number): number {
    const inode = this.#inode;
    const end = position + length;
    for (let at = position; at < end; ) {
      const within = at % ChunkBytes;
      const count = Math.min(end - at, ChunkBytes - within);
      const index = (at - within) / ChunkBytes;
      const chunk = (inode.chunks[index] ??= new Uint8Array(ChunkBytes));
      chunk.set(bytes.subarray(offset + at - position, offset + at - position + count), within);
      at += count;
    }
    if (end > inode.size) inode.size = end;
    return length;
  }

  writeThrough(position: number, bytes: Uint8Array, length: number): boolean {
    this.write(position, bytes, 0, length);
    return true;
  }
  sync(): void {
    // Nothing outlives this object.
  }
  syncAsync(): Promise<void> {
    return Promise.resolve();
  }
  size(): number {
    return this.#inode.size;
  }
  truncate(size: number): void {
    const inode = this.#inode;
    if (size < inode.size) {
      inode.chunks.length = Math.min(inode.chunks.length, Math.ceil(size / ChunkBytes));
      const within = size % ChunkBytes;
      if (within > 0) inode.chunks[(size - within) / ChunkBytes]?.fill(0, within);
    }
    inode.size = size;
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
    return this.#names.get(path) === this.#inode;
  }
  close(): void {
    if (!this.#holdsLock) return;
    this.#holdsLock = false;
    if (--this.#inode.lockCount === 0) this.#inode.lockMode = undefined;
  }
}
