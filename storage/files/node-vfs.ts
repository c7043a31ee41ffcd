/**
 * The real file system through Node's `fs`: the one file, with file-lock.ts, that touches it.
 *
 * `fdatasync` flushes the data and what is needed to read it back; on macOS libuv issues F_FULLFSYNC for it, on Windows
 * FlushFileBuffers. Directories are synced on POSIX and skipped on Windows; a directory whose file system has no such operation
 * (EINVAL, ENOTSUP) is tolerated, any other failure is not.
 *
 * `writeThrough` is a write with O_DIRECT and O_DSYNC, on Linux alone: elsewhere those flags are missing or promise less than `fdatasync`. The buffer's place
 * in memory must be aligned as the device wants it, which reads find out: the first offset in a buffer of ours at which one is not refused. Where none
 * is, or the file system knows no such flags (EINVAL), the file is written and synced.
 *
 * `syncAsync` works on a descriptor of its own: Linux reports a writeback error once per open file description, so an error that an
 * asynchronous sync has seen must not be one that a synchronous sync no longer sees (`man 2 fsync`; PostgreSQL's findings of 2018).
 */
import * as fs from 'node:fs';
import * as nodePath from 'node:path';
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { nodeCrypto } from '../../base/node-crypto.js';
import { acquireFileLock } from './file-lock.js';
import type { FileLock } from './file-lock.js';
import type { File, Vfs } from './vfs.js';
import { ThroughBlockBytes } from './vfs.js';

/** The buffer that writes go through, shared by all files; what is longer goes in pieces. */
const ThroughBufferBytes = 1 << 16;
let throughBuffer: Uint8Array | undefined;

/** Database files are readable and writable by their owner only. */
const FileMode = 0o600;

export class NodeVfs implements Vfs {
  open(path: string, mode: 'read' | 'write' | 'create'): File {
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
    const flags = mode === 'read' ? O_RDONLY : mode === 'write' ? O_RDWR : O_RDWR | O_CREAT;
    const fd = attempt('open', path, () => fs.openSync(path, flags, FileMode));
    try {
      const stat = attempt('stat', path, () => fs.fstatSync(fd));
      if (!stat.isFile()) throw new DbError('42809', `"${path}" is not a regular file`);
      return new NodeFile(fd, path);
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }
  exists(path: string): boolean {
    return fs.existsSync(path);
  }
  unlink(path: string): void {
    attempt('remove', path, () => fs.unlinkSync(path));
  }
  rename(from: string, to: string): void {
    attempt('rename', from, () => fs.renameSync(from, to));
  }
  list(path: string, prefix: string): string[] {
    const directory = nodePath.dirname(path);
    return attempt('list directory', directory, () => fs.readdirSync(directory)).filter((name) => name.startsWith(prefix));
  }
  syncDirectory(path: string): void {
    if (process.platform === 'win32') return;
    const directory = nodePath.dirname(path);
    attempt('sync directory', directory, () => {
      const fd = fs.openSync(directory, fs.constants.O_RDONLY);
      try {
        fs.fsyncSync(fd);
      } catch (error) {
        const code = errorCode(error);
        if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
      } finally {
        fs.closeSync(fd);
      }
    });
  }
  openTemp(path: string): File {
    const name = `${path}-tmp-${nodeCrypto().randomBytes(8).toString('hex')}`;
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const fd = attempt('create', name, () => fs.openSync(name, O_RDWR | O_CREAT | O_EXCL, FileMode));
    // Windows cannot remove an open file; there it goes when it is closed.
    if (process.platform === 'win32') return new NodeFile(fd, name, true);
    attempt('remove', name, () => fs.unlinkSync(name));
    return new NodeFile(fd, name);
  }
}

class NodeFile implements File {
  path: string;
  readonly #fd: number;
  readonly #unlinkOnClose: boolean;
  #syncFd = -1;
  /** For `writeThrough`; -1: not opened yet, -2: not to be had. */
  #throughFd = -1;
  #lock: FileLock | undefined = undefined;
  #syncsInFlight = 0;
  #isClosed = false;

  constructor(fd: number, path: string, unlinkOnClose = false) {
    this.#fd = fd;
    this.path = path;
    this.#unlinkOnClose = unlinkOnClose;
  }

  /** The number of a closed descriptor may be another file's by now. */
  #assertOpen(): void {
    assert(!this.#isClosed, 'a closed file is used', this.path);
  }
  read(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#assertOpen();
    try {
      return fs.readSync(this.#fd, bytes, offset, length, position);
    } catch (error) {
      throw translate(error, 'read', this.path);
    }
  }
  write(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#assertOpen();
    try {
      return fs.writeSync(this.#fd, bytes, offset, length, position);
    } catch (error) {
      throw translate(error, 'write', this.path);
    }
  }
  writeThrough(position: number, bytes: Uint8Array, length: number): boolean {
    this.#assertOpen();
    if (this.#throughFd === -1) this.#throughFd = openThrough(this.path);
    if (this.#throughFd < 0) return false;
    const buffer = throughBuffer!;
    for (let at = 0; at < length; ) {
      const count = Math.min(buffer.length, length - at);
      buffer.set(bytes.subarray(at, at + count), 0);
      try {
        if (fs.writeSync(this.#throughFd, buffer, 0, count, position + at) !== count) throw new DbError('58030', `could not write to file "${this.path}": the system wrote a part`);
      } catch (error) {
        if (at === 0 && errorCode(error) === 'EINVAL') return this.#endThrough();
        throw error instanceof DbError ? error : translate(error, 'write', this.path);
      }
      at += count;
    }
    return true;
  }
  /** Reads past the cache may work where such writes do not; nothing has been written. */
  #endThrough(): false {
    fs.closeSync(this.#throughFd);
    this.#throughFd = -2;
    return false;
  }
  sync(): void {
    this.#assertOpen();
    attempt('sync', this.path, () => fs.fdatasyncSync(this.#fd));
  }
  syncAsync(): Promise<void> {
    this.#assertOpen();
    if (this.#syncFd < 0) this.#syncFd = attempt('open', this.path, () => fs.openSync(this.path, fs.constants.O_RDWR));
    this.#syncsInFlight++;
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#syncFd, (error) => {
        this.#syncsInFlight--;
        if (this.#isClosed && this.#syncsInFlight === 0) fs.closeSync(this.#syncFd);
        if (error === null) resolve();
        else reject(translate(error, 'sync', this.path));
      });
    });
  }
  size(): number {
    return attempt('stat', this.path, () => fs.fstatSync(this.#fd).size);
  }
  truncate(size: number): void {
    this.#assertOpen();
    attempt('truncate', this.path, () => fs.ftruncateSync(this.#fd, size));
  }
  async lock(mode: 'exclusive' | 'shared'): Promise<void> {
    this.#lock = await acquireFileLock(this.#fd, this.path, mode);
  }
  isAt(path: string): boolean {
    const own = attempt('stat', this.path, () => fs.fstatSync(this.#fd, { bigint: true }));
    try {
      const other = fs.statSync(path, { bigint: true });
      return own.dev === other.dev && own.ino === other.ino;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw translate(error, 'stat', path);
    }
  }
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lock?.release();
    fs.closeSync(this.#fd);
    if (this.#throughFd >= 0) fs.closeSync(this.#throughFd);
    if (this.#syncFd >= 0 && this.#syncsInFlight === 0) fs.closeSync(this.#syncFd);
    if (this.#unlinkOnClose) fs.rmSync(this.path, { force: true });
  }
}

/** A descriptor for writes past the cache, once it has been seen to work with the shared buffer; otherwise -2. */
function openThrough(path: string): number {
  const { O_RDWR, O_DIRECT, O_DSYNC } = fs.constants;
  if (process.platform !== 'linux' || O_DIRECT === undefined || O_DSYNC === undefined) return -2;
  let fd = -1;
  try {
    fd = fs.openSync(path, O_RDWR | O_DIRECT | O_DSYNC);
    if (throughBuffer !== undefined) {
      fs.readSync(fd, throughBuffer, 0, ThroughBlockBytes, 0);
      return fd;
    }
    const memory = new Uint8Array(ThroughBufferBytes + ThroughBlockBytes);
    for (let offset = 0; offset < ThroughBlockBytes; offset += 8) {
      const buffer = memory.subarray(offset, offset + ThroughBufferBytes);
      if (!isReadable(fd, buffer)) continue;
      throughBuffer = buffer;
      return fd;
    }
  } catch {
    // A file system without such writes, or whatever else: the usual way will tell.
  }
  if (fd >= 0) fs.closeSync(fd);
  return -2;
}
function isReadable(fd: number, buffer: Uint8Array): boolean {
  try {
    fs.readSync(fd, buffer, 0, ThroughBlockBytes, 0);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EINVAL') return false;
    throw error;
  }
}

function attempt<T>(action: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DbError) throw error;
    throw translate(error, action, path);
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The system's error as ours: the class says what the caller may do (see vfs.ts). */
function translate(error: unknown, action: string, path: string): DbError {
  const code = errorCode(error) ?? 'unknown error';
  const sqlState = SqlStateOf[code] ?? '58030';
  return new DbError(sqlState, `could not ${action} "${path}": ${Explanations[code] ?? code}`, { cause: error });
}
const SqlStateOf: Readonly<Record<string, string | undefined>> = {
  ENOSPC: '53100',
  EDQUOT: '53100',
  ENOENT: '58P01',
  ENOTDIR: '58P01',
  EACCES: '42501',
  EPERM: '42501',
  EROFS: '25006',
  EISDIR: '42809',
  EMFILE: '53300',
  ENFILE: '53300',
};
const Explanations: Readonly<Record<string, string | undefined>> = {
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in the system',
  EIO: 'input/output error',
};
