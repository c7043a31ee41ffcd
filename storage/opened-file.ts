/**
 * The main file and what stands on it, before there is a Store: opened under its lock, with page table, buffer pool, directory and checkpointer joined to each
 * other. Creating, recovering and running a store begin from here (store.ts).
 */
import { DbError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { BTree } from './tree/btree.js';
import { BufferPool } from './pages/buffer-pool.js';
import { Checkpointer } from './checkpoint.js';
import { PageTable } from './pages/page-table.js';
import type { StoreOptions } from './store-options.js';
import type { Meta } from './pages/superblock.js';
import { DirectoryTreeId, TreeDirectory } from './tree/tree-directory.js';
import type { File } from './files/vfs.js';

const DefaultCacheBytes = 256 << 20;
/** Of the cache, one part in so many for columns of leaves. */
const ColumnShare = 8;
/**
 * And one part in so many for the objects that whoever reads pages makes, which V8 keeps until it next collects them, so that a process that reads stays within `cacheBytes` and what it takes without
 * any cache. Of large caches this much: V8's young space does not grow with them.
 */
const ObjectShare = 16;
const ObjectBytesMax = 4 << 20;
const OpenTriesMax = 100;

/** What the checkpointer asks of the store, once there is one. */
interface Bindings {
  settle(): void;
  capture(): { readonly lastCsn: number; readonly nextTreeId: number };
  poison(cause: unknown): DbError;
}

/** The file with its table, pool and directory, before and while a Store stands on it. */
export class Opened {
  readonly options: StoreOptions;
  readonly file: File;
  readonly databaseId: Uint8Array;
  readonly cacheBytes: number;
  readonly table: PageTable;
  readonly pool: BufferPool;
  readonly directory: TreeDirectory;
  readonly checkpointer: Checkpointer;
  #bindings: Bindings = {
    settle: () => undefined,
    capture: () => ({ lastCsn: 0, nextTreeId: 1 }),
    poison: (cause) => (cause instanceof DbError ? cause : new DbError('58030', 'could not create the database', { cause })),
  };

  /** `guards`: after an open that was not clean, the older valid metas. */
  constructor(options: StoreOptions, file: File, pageSizeBytes: number, databaseId: Uint8Array, meta: Meta | undefined, guards?: readonly Meta[]) {
    this.options = options;
    this.file = file;
    this.databaseId = databaseId;
    this.table = new PageTable(file, pageSizeBytes);
    this.cacheBytes = options.cacheBytes ?? DefaultCacheBytes;
    const pageBytes = this.cacheBytes - Math.min(Math.floor(this.cacheBytes / ObjectShare), ObjectBytesMax);
    this.pool = new BufferPool(this.table, pageBytes, options.columnCacheBytes ?? Math.floor(this.cacheBytes / ColumnShare));
    if (meta !== undefined) this.table.load(meta);
    if (guards !== undefined) this.table.guard(guards);
    const tree =
      meta === undefined
        ? BTree.create(this.pool, DirectoryTreeId, this.table.allocatePage())
        : BTree.open(this.pool, DirectoryTreeId, meta.directoryRoot as BTree['root']);
    this.directory = new TreeDirectory(this.pool, tree);
    this.checkpointer = new Checkpointer(
      {
        vfs: options.vfs,
        path: options.path,
        file,
        table: this.table,
        pool: this.pool,
        scheduler: options.scheduler,
        clock: options.clock,
        databaseId,
        directoryRoot: tree.root,
        settle: () => this.#bindings.settle(),
        capture: () => this.#bindings.capture(),
        poison: (cause) => this.#bindings.poison(cause),
      },
      meta,
    );
  }

  bind(bindings: Bindings): void {
    this.#bindings = bindings;
  }
}

/**
 * Opens and locks the main file, or a temporary one to be made into it. Between opening and locking someone else may have replaced, made
 * or removed the file, so the name is looked at again under the lock.
 */
export async function openMainFile(options: StoreOptions): Promise<{ readonly file: File; readonly isNew: boolean }> {
  const { vfs, path } = options;
  const lockMode = options.readOnly === true ? 'shared' : 'exclusive';
  for (let tries = 0; tries < OpenTriesMax; tries++) {
    const exists = vfs.exists(path);
    if (!exists && (options.readOnly === true || options.mustExist === true)) throw new DbError('58P01', `database file "${path}" does not exist`);
    const name = exists || (mutants.on && mutants.has('storage.no-temporary-file')) ? path : `${path}.tmp`;
    const file = vfs.open(name, exists ? (options.readOnly === true ? 'read' : 'write') : 'create');
    try {
      await file.lock(lockMode);
    } catch (error) {
      file.close();
      throw error;
    }
    if (file.isAt(name) && (exists || name === path || !vfs.exists(path))) return { file, isNew: !exists };
    file.close();
  }
  throw new DbError('55006', `database "${path}" is being replaced again and again`);
}
