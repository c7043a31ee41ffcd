/**
 * Crashes at every operation on the disk. A workload runs once; before each of its operations, and at its end, disks are made as they
 * might be found after a power cut (or a kill) at that moment, with what was known to be acknowledged and assigned. Afterwards each
 * image is opened and must hold exactly the prefix of history its last CSN names, everything acknowledged included, pass the full
 * check, and be the same when opened again; every other image is first crashed once more inside that recovery.
 */
import type { Prng } from '../../base/prng.js';
import { seededPrng } from '../../base/prng.js';
import type { StoreOptions } from '../../storage/store.js';
import { Store } from '../../storage/store.js';
import { logModeOf } from './crash-trial.js';
import { CrashVfs, PowerCut } from './crash-vfs.js';
import { SimTime } from './sim-time.js';
import type { Change } from './storage-world.js';
import { applyCommitUnflushed, buildTrees, defaultWorld, difference, readState, World } from './storage-world.js';

/** What a workload works with. */
export class CrashLab {
  readonly prng: Prng;
  readonly time: SimTime;
  readonly world = new World(defaultWorld);
  readonly options: Partial<StoreOptions>;
  readonly trees = new Set<number>();
  disk = new CrashVfs();
  #store: Store | undefined = undefined;

  constructor(prng: Prng, options: Partial<StoreOptions>) {
    this.prng = prng;
    this.time = new SimTime(prng);
    this.options = options;
  }

  get store(): Store {
    return this.#store!;
  }
  async open(): Promise<Store> {
    this.#store = await Store.open(storeOptions(this.disk, this.prng, this.options));
    return this.#store;
  }
  newTree(): number {
    const id = this.store.newTreeId();
    this.trees.add(id);
    return id;
  }
  /** A commit whose promise is returned, not awaited; acknowledged when it resolves. */
  async commit(changes: readonly Change[]): Promise<void> {
    this.store.reserveLogSync(changes.reduce((sum, c) => sum + (c.kind === 'put' ? c.value.length + 80 : 80), 0));
    const built = buildTrees(this.store, this.world.lastCsn + 1, changes);
    const n = this.world.commit(changes);
    await this.store.flushed(applyCommitUnflushed(this.store, n, changes, built));
    this.world.ackedCsn = Math.max(this.world.ackedCsn, n);
  }
  put(tree: number, key: string, value: string): Change {
    return { kind: 'put', tree, key, value };
  }
  delete(tree: number, key: string): Change {
    return { kind: 'delete', tree, key };
  }
}

export interface Workload {
  readonly name: string;
  readonly options?: Partial<StoreOptions>;
  /** Before the crash points begin. */
  readonly setup?: (lab: CrashLab) => Promise<void>;
  readonly run: (lab: CrashLab) => Promise<void>;
}

function storeOptions(disk: CrashVfs, prng: Prng, options: Partial<StoreOptions>): StoreOptions {
  const time = new SimTime(prng);
  return { vfs: disk, path: 'db', clock: time, prng, scheduler: time, pageSizeBytes: 512, cacheBytes: 512 * 24, walReserveBytes: 1024, checkpointIntervalMs: 0, ...options };
}

interface Image {
  readonly disk: CrashVfs;
  readonly ackedCsn: number;
  readonly lastCsn: number;
  readonly operation: number;
  readonly mayBeAbsent: boolean;
}

export interface ExploreResult {
  readonly operations: number;
  readonly images: number;
  readonly failure: string | undefined;
}

/** Runs `workload` with the given seed and verifies `imagesPerOperation` images for each operation of it. */
export async function exploreCrashes(workload: Workload, seed: number, imagesPerOperation: number): Promise<ExploreResult> {
  const prng = seededPrng(seed);
  const { canWriteThrough, commitsAtOnceMax } = logModeOf(seed);
  const lab = new CrashLab(prng, { commitsAtOnceMax, ...workload.options });
  lab.disk.canWriteThrough = canWriteThrough;
  await workload.setup?.(lab);
  const images: Image[] = [];
  const existedBefore = lab.disk.exists('db');
  const imagePrng = seededPrng(seed ^ 0x5bd1e995);
  const take = (): void => {
    const moment = { ackedCsn: lab.world.ackedCsn, lastCsn: lab.world.lastCsn, operation: lab.disk.operationCount, mayBeAbsent: !existedBefore && lab.world.ackedCsn === 0 };
    for (let i = 0; i < imagesPerOperation; i++) images.push({ disk: imagePrng.below(8) === 0 ? lab.disk.copy() : lab.disk.powerCut(imagePrng), ...moment });
  };
  lab.disk.hooks = { onOperation: take };
  await workload.run(lab);
  take();
  for (const image of images) {
    const failure = await verifyImage(image, lab, imagePrng);
    if (failure !== undefined) return { operations: lab.disk.operationCount, images: images.length, failure: `${workload.name}, seed ${seed}, operation ${image.operation}: ${failure}` };
  }
  return { operations: lab.disk.operationCount, images: images.length, failure: undefined };
}

async function verifyImage(image: Image, lab: CrashLab, prng: Prng): Promise<string | undefined> {
  let disk = image.disk;
  if (!disk.exists('db')) return image.mayBeAbsent ? undefined : 'the database is gone';
  if (prng.below(2) === 0) disk = await crashDuringOpen(disk, lab, prng);
  const first = await openAndVerify(disk, image, lab, prng);
  if (typeof first === 'string') return first;
  disk.kill();
  const second = await openAndVerify(disk, { ...image, ackedCsn: first.lastCsn, lastCsn: first.lastCsn }, lab, prng);
  return typeof second === 'string' ? `second open: ${second}` : undefined;
}

/** Opens with a crash at a random operation of the recovery. */
async function crashDuringOpen(disk: CrashVfs, lab: CrashLab, prng: Prng): Promise<CrashVfs> {
  const crashAt = disk.operationCount + 1 + prng.below(12);
  let hasCrashed = false;
  disk.hooks = {
    onOperation: () => {
      if (disk.operationCount < crashAt) return;
      hasCrashed = true;
      throw new PowerCut();
    },
  };
  try {
    await Store.open(storeOptions(disk, prng, lab.options));
  } catch (error) {
    if (!hasCrashed) throw error;
  }
  const after = disk.powerCut(prng);
  disk.kill();
  return after;
}

async function openAndVerify(disk: CrashVfs, image: Image, lab: CrashLab, prng: Prng): Promise<{ readonly lastCsn: number } | string> {
  let store: Store;
  try {
    store = await Store.open(storeOptions(disk, prng, lab.options));
  } catch (error) {
    return `does not open: ${String(error)} ${String((error as { fields?: { detail?: string } }).fields?.detail)}`;
  }
  const n = store.lastCsn;
  if (n < image.ackedCsn) return `lost: recovered ${n}, acknowledged ${image.ackedCsn}`;
  if (n > image.lastCsn) return `phantom: recovered ${n}, assigned ${image.lastCsn}`;
  const wrong = difference(lab.world.stateAt(n)!, readState(store, lab.trees));
  if (wrong !== undefined) return `wrong state at ${n}: ${wrong}`;
  const report = store.check('full');
  if (report.problems.length > 0) return report.problems.map((p) => `${p.object}: ${p.message}`).join('; ');
  return { lastCsn: n };
}

// ---------------------------------------------------------------------------------------------------------------- workloads

const key = (n: number): string => `key${String(n).padStart(5, '0')}`;

async function oneTree(lab: CrashLab, rows: number, valueLength = 30): Promise<number> {
  await lab.open();
  const tree = lab.newTree();
  await lab.commit([{ kind: 'create', tree }]);
  for (let i = 0; i < rows; i += 20) {
    await lab.commit(Array.from({ length: Math.min(20, rows - i) }, (_, j) => lab.put(tree, key(i + j), `v${i + j}`.padEnd(valueLength, '.'))));
  }
  return tree;
}
const firstTree = (lab: CrashLab): number => [...lab.trees][0]!;

export const workloads: readonly Workload[] = [
  {
    name: 'insert',
    setup: async (lab) => void (await oneTree(lab, 20)),
    run: async (lab) => {
      for (let i = 0; i < 30; i++) await lab.commit([lab.put(firstTree(lab), key(lab.prng.below(1000)), `new${i}`)]);
    },
  },
  {
    name: 'update',
    setup: async (lab) => void (await oneTree(lab, 40)),
    run: async (lab) => {
      for (let round = 0; round < 10; round++) {
        await Promise.all(Array.from({ length: 4 }, (_, i) => lab.commit([lab.put(firstTree(lab), key(lab.prng.below(40)), `r${round}.${i}`.padEnd(lab.prng.below(60), '-'))])));
      }
      await lab.store.checkpoint();
    },
  },
  {
    name: 'delete',
    setup: async (lab) => void (await oneTree(lab, 100)),
    run: async (lab) => {
      for (let i = 0; i < 100; i += 5) await lab.commit(Array.from({ length: 5 }, (_, j) => lab.delete(firstTree(lab), key((i + j) * 37 % 100))));
      await lab.store.checkpoint();
    },
  },
  {
    name: 'create and drop trees',
    setup: async (lab) => void (await oneTree(lab, 10)),
    run: async (lab) => {
      for (let i = 0; i < 6; i++) {
        const tree = lab.newTree();
        await lab.commit([{ kind: 'create', tree }, ...Array.from({ length: 30 }, (_, j) => lab.put(tree, key(j), 'x'.repeat(20)))]);
        const built = lab.newTree();
        await lab.commit([{ kind: 'build', tree: built, entries: Array.from({ length: 20 }, (_, j) => [key(j), 'y'.repeat(20)] as const) }]);
        if (i % 2 === 0) await lab.commit([{ kind: 'drop', tree }, lab.put(firstTree(lab), key(i), 'dropped')]);
        if (i % 3 === 0) await lab.store.checkpoint();
      }
    },
  },
  {
    name: 'split and merge',
    setup: async (lab) => void (await oneTree(lab, 5)),
    run: async (lab) => {
      const tree = firstTree(lab);
      for (let i = 0; i < 150; i += 15) await lab.commit(Array.from({ length: 15 }, (_, j) => lab.put(tree, key((i + j) * 61 % 150), 'x'.repeat(25))));
      await lab.store.checkpoint();
      for (let i = 0; i < 150; i += 15) await lab.commit(Array.from({ length: 15 }, (_, j) => lab.delete(tree, key(i + j))));
      await lab.store.checkpoint();
    },
  },
  {
    name: 'overflow values',
    setup: async (lab) => void (await oneTree(lab, 10)),
    run: async (lab) => {
      for (let i = 0; i < 12; i++) {
        await lab.commit([lab.put(firstTree(lab), key(i % 4), `${i}`.repeat(200 + lab.prng.below(1500))), lab.put(firstTree(lab), key(100 + i), 'small')]);
        if (i % 5 === 4) await lab.store.checkpoint();
      }
    },
  },
  {
    name: 'large transaction',
    options: { walChunkBytes: 400 },
    setup: async (lab) => void (await oneTree(lab, 10)),
    run: async (lab) => {
      for (let round = 0; round < 4; round++) {
        await lab.commit(Array.from({ length: 40 }, (_, i) => lab.put(firstTree(lab), key(i * 3), `${round}`.padEnd(40, '#'))));
        await lab.commit([lab.put(firstTree(lab), key(round), 'single')]);
      }
    },
  },
  {
    name: 'checkpoint under load',
    setup: async (lab) => void (await oneTree(lab, 80)),
    run: async (lab) => {
      for (let round = 0; round < 4; round++) {
        const checkpoint = lab.store.checkpoint();
        for (let i = 0; i < 8; i++) {
          await lab.commit([lab.put(firstTree(lab), key(lab.prng.below(80)), `c${round}.${i}`.padEnd(30, '+'))]);
          if (i === 4) await lab.time.yield();
        }
        await checkpoint;
      }
    },
  },
  {
    name: 'eviction',
    options: { cacheBytes: 512 * 10 },
    setup: async (lab) => void (await oneTree(lab, 200)),
    run: async (lab) => {
      for (let i = 0; i < 25; i++) await lab.commit([0, 1, 2].map(() => lab.put(firstTree(lab), key(lab.prng.below(200)), `e${i}`.padEnd(lab.prng.below(50), '='))));
      await lab.store.checkpoint();
    },
  },
  {
    name: 'recovery',
    setup: async (lab) => {
      await oneTree(lab, 60);
      await lab.store.checkpoint();
      for (let i = 0; i < 20; i++) await lab.commit([lab.put(firstTree(lab), key(i * 2), 'after')]);
      lab.disk.kill();
    },
    run: async (lab) => {
      await lab.open();
      await lab.commit([lab.put(firstTree(lab), key(1), 'after recovery')]);
    },
  },
  {
    name: 'creation',
    run: async (lab) => {
      await lab.open();
      const tree = lab.newTree();
      await lab.commit([{ kind: 'create', tree }, lab.put(tree, 'a', '1')]);
    },
  },
  {
    name: 'close',
    setup: async (lab) => void (await oneTree(lab, 60)),
    run: async (lab) => {
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 5; i++) await lab.commit([lab.put(firstTree(lab), key(i), `close${round}`)]);
        await lab.store.close();
        await lab.open();
      }
      await lab.store.close();
    },
  },
];
