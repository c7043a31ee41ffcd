/** One process per file: every way of locking, races of starters, holders that die, holders that are merely slow. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, linkSync, openSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileLock, LockStrategy } from '../../storage/files/file-lock.js';
import { acquireFileLock, isProvablyDead } from '../../storage/files/file-lock.js';
import { Store } from '../../storage/store.js';
import { makeTestDirectory, realStore } from '../sim/real-files.js';

let directory: ReturnType<typeof makeTestDirectory>;
let path: string;
beforeEach(() => {
  directory = makeTestDirectory();
  path = directory.path('app.db');
  writeFileSync(path, 'x');
});
afterEach(() => {
  directory.remove();
});

/** A process that takes the lock, says so, and then blocks its event loop, as a program in long synchronous work does. */
const holderSource = (file: string, strategy: LockStrategy): string => `
  import { openSync, writeSync } from 'node:fs';
  import { acquireFileLock } from ${JSON.stringify(new URL('../../storage/files/file-lock.ts', import.meta.url).pathname)};
  acquireFileLock(openSync(${JSON.stringify(file)}, 'r+'), ${JSON.stringify(file)}, 'exclusive', ['${strategy}']).then(
    () => { writeSync(1, 'locked'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000); },
    (error) => { writeSync(1, error.code); process.exit(0); });
`;
function spawnHolder(file: string, strategy: LockStrategy): { readonly said: Promise<string>; readonly kill: () => Promise<void> } {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', holderSource(file, strategy)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const said = new Promise<string>((resolve) => child.stdout.on('data', (data: Buffer) => resolve(data.toString())));
  return { said, kill: () => (child.kill('SIGKILL'), closed) };
}

/** The lock on a descriptor of its own; released by closing that, as a store does. */
async function take(strategy: LockStrategy, mode: 'exclusive' | 'shared' = 'exclusive', file = path): Promise<FileLock> {
  const fd = openSync(file, 'r+');
  try {
    const lock = await acquireFileLock(fd, file, mode, [strategy]);
    return { release: () => (lock.release(), closeSync(fd)) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

describe.runIf(process.platform === 'linux').each(['flock', 'socket', 'lock-file'] as const)('%s', (strategy) => {
  it('keeps a second process out while the first lives, however busy it is, and lets it in when it is killed', async () => {
    const holder = spawnHolder(path, strategy);
    expect(await holder.said).toBe('locked');
    await expect(take(strategy)).rejects.toMatchObject({ code: '55006', message: expect.stringContaining('another process') as string });
    const second = spawnHolder(path, strategy);
    expect(await second.said).toBe('55006');
    await second.kill();
    await holder.kill();
    const lock = await take(strategy);
    lock.release();
    (await take(strategy)).release();
  });
});

describe('in one process', () => {
  it('the same file under any name is refused, other files are not', async () => {
    symlinkSync(path, directory.path('symlink.db'));
    linkSync(path, directory.path('hardlink.db'));
    writeFileSync(directory.path('other.db'), 'y');
    const lock = await take('lock-file');
    for (const name of ['app.db', 'symlink.db', 'hardlink.db']) {
      await expect(take('lock-file', 'exclusive', directory.path(name))).rejects.toMatchObject({ code: '55006', message: expect.stringContaining('in this process') as string });
    }
    (await take('lock-file', 'exclusive', directory.path('other.db'))).release();
    lock.release();
    expect(existsSync(`${path}-lock`)).toBe(false);
  });

  it('a second copy of the module, as hot reload makes one, sees the same registry', async () => {
    const lock = await take('flock');
    const copy = (await import(/* @vite-ignore */ `../../storage/files/file-lock.js?copy=${1}`)) as { acquireFileLock: typeof acquireFileLock };
    await expect(copy.acquireFileLock(openSync(path, 'r+'), path, 'exclusive')).rejects.toMatchObject({ code: '55006' });
    lock.release();
  });

  it('readers share, writers do not', async () => {
    const first = await take('flock', 'shared');
    const second = await take('flock', 'shared');
    await expect(take('flock', 'exclusive')).rejects.toMatchObject({ code: '55006' });
    first.release();
    await expect(take('flock', 'exclusive')).rejects.toMatchObject({ code: '55006' });
    second.release();
  });
});

describe('a lock file', () => {
  const holderOf = (): Record<string, unknown> => JSON.parse(readFileSync(`${path}-lock`, 'utf8')) as Record<string, unknown>;

  it('is taken over only from the provably dead', async () => {
    const lock = await take('lock-file');
    const own = holderOf() as unknown as Parameters<typeof isProvablyDead>[0];
    lock.release();
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    expect(isProvablyDead(own)).toBe(false);
    // The pid is used again by a process that started later.
    expect(isProvablyDead({ ...own, startTime: '1' })).toBe(true);
    expect(isProvablyDead({ ...own, pid: dead })).toBe(true);
    // Another boot or another namespace may be another machine on a shared disk: not provable.
    expect(isProvablyDead({ ...own, pid: dead, bootId: 'elsewhere' })).toBe(false);
    expect(isProvablyDead({ ...own, pid: dead, pidNamespace: 'pid:[1]' })).toBe(false);

    writeFileSync(`${path}-lock`, JSON.stringify({ ...own, pid: dead }));
    (await take('lock-file')).release();
    for (const content of [JSON.stringify({ ...own, bootId: 'elsewhere' }), 'not json', '{}', '']) {
      writeFileSync(`${path}-lock`, content);
      await expect(take('lock-file')).rejects.toMatchObject({ code: '55006', fields: { detail: expect.stringContaining('remove the file by hand') as string } });
    }
  });

  it('that is stale goes to exactly one of many starters', { timeout: 60_000 }, async () => {
    const lock = await take('lock-file');
    const own = holderOf();
    lock.release();
    const dead = spawnSync(process.execPath, ['-e', '0']).pid;
    writeFileSync(`${path}-lock`, JSON.stringify({ ...own, pid: dead }));
    const starters = Array.from({ length: 6 }, () => spawnHolder(path, 'lock-file'));
    const said = await Promise.all(starters.map((starter) => starter.said));
    expect(said.filter((word) => word === 'locked')).toHaveLength(1);
    await Promise.all(starters.map((starter) => starter.kill()));
  });
});

describe('a store', () => {
  it('locks the file it opened, not one that has taken its name meanwhile', async () => {
    const database = directory.path('store.db');
    await (await Store.open(realStore(database))).close();
    const fd = openSync(database, 'r+');
    const lock = await acquireFileLock(fd, database, 'exclusive');
    await expect(Store.open(realStore(database))).rejects.toMatchObject({ code: '55006' });
    // The locked file moves away and another takes its place: that one is free.
    renameSync(database, directory.path('moved.db'));
    const store = await Store.open(realStore(database));
    await store.close();
    lock.release();
    closeSync(fd);
  });

  it('is made by exactly one of many that start on a missing file', async () => {
    const database = directory.path('new.db');
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => Store.open(realStore(database))));
    const stores = opened.filter((result) => result.status === 'fulfilled');
    expect(stores).toHaveLength(1);
    for (const result of opened) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: '55006' });
    await stores[0]!.value.close();
  });
});
