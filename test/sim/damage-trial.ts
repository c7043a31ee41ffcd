/**
 * Bytes damaged behind the store's back: flipped bits, zeroed or random sectors, a file cut short, two pages swapped, one copied over
 * another, an old version of a page brought back. Opening and reading everything must then give the right answer or XX001 that names a
 * file and an offset; never a wrong answer, another error, or endless work.
 */
import { DbError } from '../../base/errors.js';
import type { Prng } from '../../base/prng.js';
import { seededPrng } from '../../base/prng.js';
import { RingBytes } from '../../storage/pages/superblock.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { CrashVfs } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import type { State } from './storage-world.js';
import { applyCommit, defaultWorld, difference, readState, World } from './storage-world.js';

export interface DamagedDatabase {
  readonly disk: CrashVfs;
  /** The same files at an earlier checkpoint: a source of stale pages. */
  readonly earlier: CrashVfs;
  readonly state: State;
  readonly lastCsn: number;
  readonly trees: ReadonlySet<number>;
}

function options(disk: CrashVfs, prng: Prng, time: SimTime): StoreOptions {
  return { vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 20, walReserveBytes: 32768, walChunkBytes: 1000, checkpointIntervalMs: 0 };
}

/** A database of a few dozen pages: closed, or killed with a log of several batches whose end is sealed. */
export async function makeDatabase(seed: number, isClosed: boolean): Promise<DamagedDatabase> {
  const prng = seededPrng(seed);
  const disk = new CrashVfs();
  const world = new World({ ...defaultWorld, keyCount: 60, valueLengthMax: 400, changesMax: 6 });
  const trees = new Set<number>();
  const time = new SimTime(prng);
  const store = await Store.open(options(disk, prng, time));
  let earlier = disk;
  for (let i = 0; i < 40; i++) {
    const changes = world.generate(prng, () => {
      const id = store.newTreeId();
      trees.add(id);
      return id;
    });
    store.reserveLogSync(4000);
    await applyCommit(store, world.commit(changes), changes);
    if (i === 10 || i === 25) {
      await store.checkpoint();
      if (i === 10) earlier = disk.copy();
    }
  }
  if (isClosed) await store.close();
  else {
    time.advance(100);
    for (let i = 0; i < 50; i++) await time.yield();
    disk.kill();
  }
  return { disk: disk.copy(), earlier, state: world.current, lastCsn: world.lastCsn, trees };
}

/** Damages a copy of the database at a random place and returns what is wrong with the reaction, if anything. */
export async function damageTrial(database: DamagedDatabase, seed: number): Promise<{ readonly failure: string | undefined; readonly wasNoticed: boolean }> {
  const prng = seededPrng(seed);
  const disk = database.disk.copy();
  const what = damage(disk, database.earlier, prng);
  const time = new SimTime(prng);
  let store: Store | undefined;
  try {
    store = await Store.open(options(disk, prng, time));
    if (store.lastCsn !== database.lastCsn) return { failure: `${what}: opened at ${store.lastCsn} instead of ${database.lastCsn}`, wasNoticed: false };
    const wrong = difference(database.state, readState(store, database.trees));
    return { failure: wrong === undefined ? undefined : `${what}: ${wrong}`, wasNoticed: false };
  } catch (error) {
    if (!(error instanceof DbError) || error.code !== 'XX001') return { failure: `${what}: ${String((error as Error).stack)}`, wasNoticed: true };
    const names = /db/.test(error.message) && /offset|not a Serialite|damaged|tree|page/.test(error.message);
    return { failure: names ? undefined : `${what}: says only "${error.message}"`, wasNoticed: true };
  } finally {
    await store?.close().catch(() => undefined);
  }
}

function damage(disk: CrashVfs, earlier: CrashVfs, prng: Prng): string {
  const paths = disk.paths();
  const path = paths[prng.below(paths.length)]!;
  const size = disk.sizeOf(path);
  const position = prng.below(size);
  switch (prng.below(7)) {
    case 0: {
      const byte = disk.readAll(path)[position]!;
      disk.damage(path, position, Uint8Array.of(byte ^ (1 << prng.below(8))));
      return `bit flipped in ${path} at ${position}`;
    }
    case 1: {
      const sector = position - (position % 512);
      disk.damage(path, sector, new Uint8Array(Math.min(512, size - sector)));
      return `sector zeroed in ${path} at ${sector}`;
    }
    case 2: {
      const noise = new Uint8Array(1 + prng.below(40));
      prng.fill(noise);
      disk.damage(path, Math.min(position, size - noise.length), noise);
      return `noise in ${path} at ${position}`;
    }
    case 3:
      disk.cut(path, position);
      return `${path} cut to ${position}`;
    case 4: {
      const pages = Math.floor((disk.sizeOf('db') - RingBytes) / 512);
      const [a, b] = [RingBytes + prng.below(pages) * 512, RingBytes + prng.below(pages) * 512];
      const all = disk.readAll('db');
      disk.damage('db', a, all.slice(b, b + 512));
      if (prng.below(2) === 0) disk.damage('db', b, all.slice(a, a + 512));
      return `pages at ${a} and ${b} swapped or copied`;
    }
    case 5: {
      const pages = Math.floor((Math.min(disk.sizeOf('db'), earlier.sizeOf('db')) - RingBytes) / 512);
      const at = RingBytes + prng.below(pages) * 512;
      disk.damage('db', at, earlier.readAll('db').slice(at, at + 512));
      return `stale page at ${at}`;
    }
    default: {
      const slot = prng.below(8) * 4096;
      disk.damage('db', slot + prng.below(512), Uint8Array.of(prng.below(256)));
      return `meta block at ${slot}`;
    }
  }
}
