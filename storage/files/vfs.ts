/**
 * The file system, injected. Storage reaches files through these two interfaces only, so a simulation owns every byte and every
 * fault: node-vfs.ts is the real one, memory-vfs.ts serves in-memory databases, test/sim has one that crashes and one that fails.
 *
 * V1  What `write` accepted is readable at once and survives the end of the process; it survives a power cut only after a `sync`
 *     of that file returned without error.
 * V2  A file's existence and name survive a power cut only after `syncDirectory` returned; the order of unsynced changes is open.
 * V3  After a `sync` failed nothing may be assumed about what was written since the last good one: the callers never retry.
 * V4  Reads and writes may be short; `readFull` and `writeFull` loop. A read at the end of the file returns 0.
 * V5  What `writeThrough` accepted survives a power cut when it returns, whatever becomes of other writes; a power cut before that may leave any part of it.
 *
 * Errors. Every failure is a DbError: 53100 for a full disk or quota, 58P01 for a missing file, 42501 for a refused permission,
 * 55006 for a locked file, 53300 for too many open files, and 58030 for the rest; the operation and the path are in the message.
 */
import { DbError } from '../../base/errors.js';

/** Blocks of `File.writeThrough`: no disk's are larger. */
export const ThroughBlockBytes = 4096;

/** An open file. Positions and lengths are in bytes. */
export interface File {
  /** As it was opened; set by the owner when it renames the file. For messages. */
  path: string;
  /** Reads up to `length` bytes at `position` into `bytes` at `offset`; returns how many, 0 at the end of the file. */
  read(position: number, bytes: Uint8Array, offset: number, length: number): number;
  /** Writes up to `length` bytes; returns how many, at least 1. */
  write(position: number, bytes: Uint8Array, offset: number, length: number): number;
  /**
   * Writes the first `length` of `bytes` so that they are durable when it returns, past the cache of the system. Position and length are multiples of
   * `ThroughBlockBytes`, and nothing of the file's length or place on the disk has to change. False, and nothing has been written, where the system cannot.
   */
  writeThrough(position: number, bytes: Uint8Array, length: number): boolean;
  /** Makes what was written durable (`fdatasync`: the data, and as much of the metadata as reading it back needs). */
  sync(): void;
  /** The same without blocking the event loop. Writes made after the call may or may not be included. */
  syncAsync(): Promise<void>;
  size(): number;
  truncate(size: number): void;
  /** Takes the exclusive (or, for read-only use, shared) lock that keeps everyone else out, until `close`. Rejects with 55006. */
  lock(mode: 'exclusive' | 'shared'): Promise<void>;
  /** Whether `path` still leads to this very file, which may have been replaced or removed since it was opened. */
  isAt(path: string): boolean;
  close(): void;
}

export interface Vfs {
  /** Opens a file: 'read' and 'write' want it to exist (58P01), 'create' makes it when it is missing and never cuts it. */
  open(path: string, mode: 'read' | 'write' | 'create'): File;
  exists(path: string): boolean;
  unlink(path: string): void;
  /** Replaces `to` atomically. */
  rename(from: string, to: string): void;
  /** Names (not paths) in the directory that holds `path`, beginning with `prefix`. */
  list(path: string, prefix: string): string[];
  /** Makes creations, removals and renames in the directory that holds `path` durable. */
  syncDirectory(path: string): void;
  /** A file without a name, for spilled rows; `path` says in which directory, where that matters. */
  openTemp(path: string): File;
}

/** Reads exactly `length` bytes unless the file ends before; returns how many were read. */
export function readFull(file: File, position: number, bytes: Uint8Array, offset: number, length: number): number {
  let done = 0;
  while (done < length) {
    const count = file.read(position + done, bytes, offset + done, length - done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Writes all of `length` bytes. @throws DbError as `File.write`, 58030 when a write makes no progress */
export function writeFull(file: File, position: number, bytes: Uint8Array, offset: number, length: number): void {
  let done = 0;
  while (done < length) {
    const count = file.write(position + done, bytes, offset + done, length - done);
    if (count <= 0) throw new DbError('58030', `could not write to file "${file.path}": the system wrote nothing`);
    done += count;
  }
}
