/**
 * One process per database file, without native code. What the kernel can hold for us is released when a process dies, however it
 * dies; so no lock is ever judged by its age, and a holder whose event loop is blocked for an hour still holds it.
 *
 * L1  Within the process: a registry by device and inode, shared even by two copies of this module (hot reload loads it twice).
 * L2  Linux: `flock(2)` through the `flock` command, which locks *our* open file description (it inherits the descriptor) and
 *     exits; the lock stays until our descriptor is closed. 7 ms once per open.
 * L3  Linux without that command: an abstract socket named after device and inode, freed by the kernel at death. It is seen only
 *     within one network namespace, so the lock file of L5 is taken too.
 * L4  macOS: a descriptor opened with O_EXLOCK, the same flock. Windows: a file opened without sharing.
 * L5  Anywhere else: a lock file made with O_EXCL that names its holder (host boot, pid, start time, pid namespace). It is taken
 *     over only when the holder is provably dead: same boot and namespace, and the pid gone or started at another time. Otherwise
 *     the open is refused and names the holder, and a person may remove the file.
 *
 * Tests: test/storage/file-lock.test.ts. Left out: network file systems are not refused by name; L2 works on NFSv4, nothing is
 * promised there.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { DbError } from '../../base/errors.js';
import { nodeCrypto } from '../../base/node-crypto.js';

export interface FileLock {
  release(): void;
}

/** How a lock is taken; chosen by platform, forced by tests. */
export type LockStrategy = 'flock' | 'socket' | 'exlock' | 'share-none' | 'lock-file';

// ---------------------------------------------------------------------------------------------------------------- L1: this process

interface RegistryEntry {
  mode: 'exclusive' | 'shared';
  count: number;
}
const RegistryKey = Symbol.for('serialite.openFiles');
function registry(): Map<string, RegistryEntry> {
  const holder = globalThis as { [RegistryKey]?: Map<string, RegistryEntry> };
  return (holder[RegistryKey] ??= new Map());
}

function register(identity: string, path: string, mode: 'exclusive' | 'shared'): FileLock {
  const entries = registry();
  const entry = entries.get(identity);
  if (entry !== undefined && (entry.mode === 'exclusive' || mode === 'exclusive')) {
    throw new DbError('55006', `database "${path}" is already open in this process`, {
      hint: 'Open it once and share the Database object; each client takes a session from it with connect().',
    });
  }
  if (entry === undefined) entries.set(identity, { mode, count: 1 });
  else entry.count++;
  return {
    release: () => {
      const held = entries.get(identity);
      if (held !== undefined && --held.count === 0) entries.delete(identity);
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------- choosing

function platformStrategies(): LockStrategy[] {
  if (process.platform === 'linux') return ['flock', 'socket', 'lock-file'];
  if (process.platform === 'darwin') return ['exlock', 'lock-file'];
  if (process.platform === 'win32') return ['share-none'];
  return ['lock-file'];
}

/**
 * Locks the open file `fd` at `path` against every other process and every other open in this one.
 * Rejects with 55006 when it is locked, naming the holder where that is known.
 */
export async function acquireFileLock(
  fd: number,
  path: string,
  mode: 'exclusive' | 'shared',
  strategies: readonly LockStrategy[] = platformStrategies(),
): Promise<FileLock> {
  const stat = fs.fstatSync(fd, { bigint: true });
  const identity = `${stat.dev}:${stat.ino}`;
  const registered = register(identity, path, mode);
  try {
    const held = await acquireFromSystem(fd, path, mode, identity, strategies);
    return {
      release: () => {
        for (const lock of held) lock.release();
        registered.release();
      },
    };
  } catch (error) {
    registered.release();
    throw error;
  }
}

async function acquireFromSystem(
  fd: number,
  path: string,
  mode: 'exclusive' | 'shared',
  identity: string,
  strategies: readonly LockStrategy[],
): Promise<FileLock[]> {
  const held: FileLock[] = [];
  try {
    for (const strategy of strategies) {
      const lock = await attemptStrategy(strategy, fd, path, mode, identity);
      if (lock === undefined) continue;
      held.push(lock);
      // The socket is blind to other network namespaces, the others are complete by themselves.
      if (strategy !== 'socket') break;
    }
  } catch (error) {
    for (const lock of held) lock.release();
    throw error;
  }
  return held;
}

/** The lock, or undefined when this way is not available here. */
function attemptStrategy(strategy: LockStrategy, fd: number, path: string, mode: 'exclusive' | 'shared', identity: string): FileLock | undefined | Promise<FileLock | undefined> {
  switch (strategy) {
    case 'flock':
      return lockWithFlock(fd, path, mode);
    case 'socket':
      return lockWithSocket(path, identity);
    case 'exlock':
      return lockWithExlock(path, mode);
    case 'share-none':
      return lockWithoutSharing(path);
    case 'lock-file':
      return lockWithFile(path);
  }
}

function lockedError(path: string, holder: string): DbError {
  return new DbError('55006', `database "${path}" is open in another process`, {
    detail: holder === '' ? undefined : holder,
    hint: 'One process owns a database file. Close it there, or talk to that process.',
  });
}

// ---------------------------------------------------------------------------------------------------------------- L2: flock

/** Exit status of `flock -n` when the lock is held; its other statuses mean that it could not be tried. */
const FlockHeldStatus = 75;

function lockWithFlock(fd: number, path: string, mode: 'exclusive' | 'shared'): FileLock | undefined {
  const result = spawnFlock(fd, mode);
  if (result === 0) return { release: () => undefined };
  if (result === FlockHeldStatus) throw lockedError(path, flockHolder(path));
  return undefined;
}

function spawnFlock(fd: number, mode: 'exclusive' | 'shared'): number {
  try {
    const result = spawnSync('flock', ['-n', mode === 'exclusive' ? '-x' : '-s', '-E', String(FlockHeldStatus), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    return result.error === undefined ? (result.status ?? -1) : -1;
  } catch {
    return -1;
  }
}

/** Who holds the flock, from /proc/locks, as far as it can be told: the lock is ours to name, not to judge. */
function flockHolder(path: string): string {
  try {
    const inode = fs.statSync(path, { bigint: true }).ino;
    for (const line of fs.readFileSync('/proc/locks', 'utf8').split('\n')) {
      const match = /FLOCK\s+\S+\s+\S+\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
      if (match === null || BigInt(match[2]!) !== inode) continue;
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        if (holdsInode(pid, inode)) return `It is held by process ${pid} (${commandOf(pid)}).`;
      }
    }
  } catch {
    // Without /proc the holder has no name.
  }
  return '';
}
function holdsInode(pid: string, inode: bigint): boolean {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return fs.statSync(`/proc/${pid}/fd/${fd}`, { bigint: true }).ino === inode;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim().slice(0, 100);
  } catch {
    return 'unknown';
  }
}

// ---------------------------------------------------------------------------------------------------------------- L3: abstract socket

function lockWithSocket(path: string, identity: string): Promise<FileLock | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(lockedError(path, ''));
      else resolve(undefined);
    });
    server.listen(`\0serialite:${identity}`, () => resolve({ release: () => void server.close() }));
  });
}

// ---------------------------------------------------------------------------------------------------------------- L4: macOS, Windows

/** BSD flags that Node hands on although it does not name them: take a flock while opening, do not wait for it. */
const OpenSharedLock = 0x10;
const OpenExclusiveLock = 0x20;
const OpenNonBlocking = 0x4;
/** libuv on Windows: open with share mode 0. */
const OpenWithoutSharing = 0x10000000;

function lockWithExlock(path: string, mode: 'exclusive' | 'shared'): FileLock {
  try {
    const flag = mode === 'exclusive' ? OpenExclusiveLock : OpenSharedLock;
    const lockFd = fs.openSync(path, fs.constants.O_RDONLY | flag | OpenNonBlocking);
    return { release: () => fs.closeSync(lockFd) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') throw lockedError(path, '');
    throw error;
  }
}

async function lockWithoutSharing(path: string): Promise<FileLock> {
  const lockPath = `${path}-lock`;
  // A virus scanner may hold a file for a moment: try for about a second before believing that it is locked.
  for (let tries = 0; ; tries++) {
    try {
      const lockFd = fs.openSync(lockPath, fs.constants.O_RDWR | fs.constants.O_CREAT | OpenWithoutSharing, 0o600);
      return { release: () => fs.closeSync(lockFd) };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EBUSY' && code !== 'EPERM' && code !== 'EACCES') throw error;
      if (tries === 20) throw lockedError(path, '');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------- L5: lock file

interface Holder {
  readonly pid: number;
  readonly bootId: string;
  readonly startTime: string;
  readonly pidNamespace: string;
  readonly nonce: string;
}

/** A dead holder may have died while taking over from a dead holder, and so on; but not often. */
const TakeoverDepthMax = 8;

function lockWithFile(path: string, lockPath = `${path}-lock`, depth = 0): FileLock {
  const own: Holder = { pid: process.pid, bootId: bootId(), startTime: startTimeOf(process.pid), pidNamespace: pidNamespace(), nonce: nodeCrypto().randomBytes(16).toString('hex') };
  const content = JSON.stringify(own);
  const owned: FileLock = { release: () => releaseLockFile(lockPath, content) };
  // Each turn either takes the free name, finds a live holder, or takes over from a dead one; only a change under our eyes goes round again.
  for (let tries = 0; tries < 10; tries++) {
    try {
      writeExclusive(lockPath, content);
      return owned;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (takeOver(path, lockPath, content, depth)) return owned;
  }
  throw lockedError(path, '');
}

/**
 * Replaces the lock file of a provably dead holder by ours; false when it changed meanwhile. Two starters may both find it dead, so the
 * right to replace exactly this one is a lock of its own, named after its nonce: whoever has it looks again before replacing, and whoever
 * comes later finds another holder. @throws DbError 55006 when the holder, or who is taking over, may be alive
 */
function takeOver(path: string, lockPath: string, content: string, depth: number): boolean {
  const found = readLockFile(lockPath);
  if (found === undefined) return false;
  const holder = parseHolder(found);
  if (holder === undefined || depth >= TakeoverDepthMax || !isProvablyDead(holder)) {
    const who = holder === undefined ? `The lock file "${lockPath}" cannot be read.` : `Process ${holder.pid} holds "${lockPath}".`;
    throw lockedError(path, `${who} If that process is certainly gone, remove the file by hand.`);
  }
  const right = lockWithFile(path, `${lockPath}-after-${holder.nonce}`, depth + 1);
  try {
    if (readLockFile(lockPath) !== found) return false;
    const ownPath = `${lockPath}-${nodeCrypto().randomBytes(8).toString('hex')}`;
    fs.writeFileSync(ownPath, content, { flag: 'wx', mode: 0o600 });
    fs.renameSync(ownPath, lockPath);
    return true;
  } finally {
    right.release();
  }
}

function readLockFile(lockPath: string): string | undefined {
  try {
    return fs.readFileSync(lockPath, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the whole lock file appear at once: a reader never sees half of it, and two makers cannot both succeed. */
function writeExclusive(lockPath: string, content: string): void {
  const ownPath = `${lockPath}-${nodeCrypto().randomBytes(8).toString('hex')}`;
  fs.writeFileSync(ownPath, content, { flag: 'wx', mode: 0o600 });
  try {
    fs.linkSync(ownPath, lockPath);
  } finally {
    fs.unlinkSync(ownPath);
  }
}

function releaseLockFile(lockPath: string, content: string): void {
  try {
    if (fs.readFileSync(lockPath, 'utf8') === content) fs.unlinkSync(lockPath);
  } catch {
    // Someone removed it by hand.
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value = JSON.parse(content) as Partial<Holder> | null;
    if (value === null || typeof value.pid !== 'number' || typeof value.bootId !== 'string') return undefined;
    if (typeof value.startTime !== 'string' || typeof value.pidNamespace !== 'string' || typeof value.nonce !== 'string' || !/^[0-9a-f]{32}$/.test(value.nonce)) return undefined;
    return value as Holder;
  } catch {
    return undefined;
  }
}

export function isProvablyDead(holder: Holder): boolean {
  const boot = bootId();
  if (boot === '' || holder.bootId === '') return false;
  // After a reboot of the same machine nothing that ran before it runs; but another boot id may also mean another host on a
  // shared disk, which cannot be told apart, so it proves nothing.
  if (holder.bootId !== boot || holder.pidNamespace !== pidNamespace()) return false;
  const startTime = startTimeOf(holder.pid);
  if (startTime !== '') return startTime !== holder.startTime;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function bootId(): string {
  return readOrEmpty('/proc/sys/kernel/random/boot_id').trim();
}
function pidNamespace(): string {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
/** Start time in clock ticks since boot, field 22 of /proc/<pid>/stat; '' when there is no such process or no /proc. */
function startTimeOf(pid: number): string {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The command name in parentheses may hold spaces and parentheses: count from after the last one.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
function readOrEmpty(path: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
