/**
 * A file system around another one that fails the k-th call of a kind, once or from then on, shortens reads and writes, or runs out of
 * space. After SQLite's I/O error tests: fail call 1, then 2, and so on until the case runs through without meeting its fault.
 */
import { DbError } from '../../base/errors.js';
import type { Prng } from '../../base/prng.js';
import type { File, Vfs } from '../../storage/files/vfs.js';

export type CallKind = 'open' | 'read' | 'write' | 'writeThrough' | 'sync' | 'truncate' | 'unlink' | 'rename' | 'list' | 'syncDirectory' | 'lock';

export interface Fault {
  readonly kind: CallKind;
  /** Which call of that kind, from 1. */
  readonly at: number;
  readonly isForGood: boolean;
  readonly code: '58030' | '53100';
}

export class FaultVfs implements Vfs {
  fault: Fault | undefined = undefined;
  /** Whether the fault has been met. */
  hasFired = false;
  /** Reads and writes move fewer bytes than asked, as the seed chooses. */
  shortPrng: Prng | undefined = undefined;
  readonly calls = new Map<CallKind, number>();
  readonly #inner: Vfs;

  constructor(inner: Vfs) {
    this.#inner = inner;
  }

  call(kind: CallKind, path: string): void {
    const count = (this.calls.get(kind) ?? 0) + 1;
    this.calls.set(kind, count);
    const fault = this.fault;
    if (fault === undefined || fault.kind !== kind || count < fault.at || (count > fault.at && !fault.isForGood)) return;
    this.hasFired = true;
    throw new DbError(fault.code, `could not ${kind} "${path}": simulated`);
  }
  shorten(length: number): number {
    return this.shortPrng === undefined || length < 2 ? length : 1 + this.shortPrng.below(length);
  }

  open(path: string, mode: 'read' | 'write' | 'create'): File {
    this.call('open', path);
    return new FaultFile(this, this.#inner.open(path, mode));
  }
  exists(path: string): boolean {
    return this.#inner.exists(path);
  }
  unlink(path: string): void {
    this.call('unlink', path);
    this.#inner.unlink(path);
  }
  rename(from: string, to: string): void {
    this.call('rename', from);
    this.#inner.rename(from, to);
  }
  list(path: string, prefix: string): string[] {
    this.call('list', path);
    return this.#inner.list(path, prefix);
  }
  syncDirectory(path: string): void {
    this.call('syncDirectory', path);
    this.#inner.syncDirectory(path);
  }
  openTemp(path: string): File {
    this.call('open', path);
    return new FaultFile(this, this.#inner.openTemp(path));
  }
}

class FaultFile implements File {
  readonly #vfs: FaultVfs;
  readonly #inner: File;

  constructor(vfs: FaultVfs, inner: File) {
    this.#vfs = vfs;
    this.#inner = inner;
  }
  get path(): string {
    return this.#inner.path;
  }
  set path(path: string) {
    this.#inner.path = path;
  }
  read(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#vfs.call('read', this.path);
    return this.#inner.read(position, bytes, offset, this.#vfs.shorten(length));
  }
  write(position: number, bytes: Uint8Array, offset: number, length: number): number {
    this.#vfs.call('write', this.path);
    return this.#inner.write(position, bytes, offset, this.#vfs.shorten(length));
  }
  writeThrough(position: number, bytes: Uint8Array, length: number): boolean {
    this.#vfs.call('writeThrough', this.path);
    return this.#inner.writeThrough(position, bytes, length);
  }
  sync(): void {
    this.#vfs.call('sync', this.path);
    this.#inner.sync();
  }
  async syncAsync(): Promise<void> {
    this.#vfs.call('sync', this.path);
    await this.#inner.syncAsync();
  }
  size(): number {
    return this.#inner.size();
  }
  truncate(size: number): void {
    this.#vfs.call('truncate', this.path);
    this.#inner.truncate(size);
  }
  async lock(mode: 'exclusive' | 'shared'): Promise<void> {
    this.#vfs.call('lock', this.path);
    await this.#inner.lock(mode);
  }
  isAt(path: string): boolean {
    return this.#inner.isAt(path);
  }
  close(): void {
    this.#inner.close();
  }
}
