/**
 * The tree by itself, each case in a process of its own: `npx tsx bench/micro/btree.ts [case ...]`. Pages live in a Map (no file), the pool
 * holds everything, except in the cases named so. Keys are 8 byte integers, values 100 bytes, one million entries unless said. Processor
 * time, so that a busy machine disturbs less.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { seededPrng } from '../../base/prng.js';
import type { PageId } from '../../base/ids.js';
import { treeId } from '../../base/ids.js';
import { BTree } from '../../storage/tree/btree.js';
import { BufferPool } from '../../storage/pages/buffer-pool.js';
import { LeafRef } from '../../storage/tree/cursor.js';
import type { PageIo } from '../../storage/pages/page-io.js';

const entryCount = 1_000_000;

/** Pages in one growing list; writing copies, as a file would. */
class ListPageIo implements PageIo {
  readonly pageSizeBytes = 8192;
  #pages: (Uint8Array | undefined)[] = [];
  #next = 0;
  readPage(id: PageId, bytes: Uint8Array, offset: number): void {
    bytes.set(this.#pages[id]!, offset);
  }
  writePage(id: PageId, bytes: Uint8Array, offset: number): void {
    this.#pages[id] = bytes.slice(offset, offset + 8192);
  }
  writeFrozenPage(id: PageId, bytes: Uint8Array, offset: number): void {
    this.writePage(id, bytes, offset);
  }
  allocatePage(): PageId {
    return this.#next++ as PageId;
  }
  freePage(): void {
    // Never used again here.
  }
}

const value = new Uint8Array(100).fill(7);
const key = new Uint8Array(64);
let keyLength = 8;
const view = new DataView(key.buffer);

function setInt8Key(n: number): void {
  view.setUint32(0, 0x80000000);
  view.setUint32(4, n);
  keyLength = 8;
}
function setTextKey(n: number): void {
  let rest = n;
  for (let i = 15; i >= 8; i--) {
    key[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  for (let i = 0; i < 8; i++) key[i] = 'customer'.charCodeAt(i);
  keyLength = 16;
}

function newTree(cacheBytes = 512 * 1024 * 1024): BTree {
  const io = new ListPageIo();
  const pool = new BufferPool(io, cacheBytes);
  return BTree.create(pool, treeId(1), io.allocatePage());
}
function filled(setKey: (n: number) => void, cacheBytes?: number): BTree {
  const tree = newTree(cacheBytes);
  for (let i = 0; i < entryCount; i++) {
    setKey(i);
    tree.put(key, 0, keyLength, value, 0, 100, 1);
  }
  return tree;
}

/** Runs `body` three times, the last two count; prints the better. */
function measure(name: string, operations: number, body: () => void): void {
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const start = process.cpuUsage().user;
    body();
    const ns = (process.cpuUsage().user - start) * 1000;
    if (round > 0 && ns < best) best = ns;
  }
  print(name, operations, best);
}
function print(name: string, operations: number, ns: number): void {
  console.log(`${name.padEnd(34)} ${(operations / ns * 1e3).toFixed(2).padStart(9)} M/s ${(ns / operations).toFixed(1).padStart(9)} ns each`);
}
/** One timing without warm-up, for what cannot be repeated. */
function once(name: string, operations: number, body: () => void): void {
  const start = process.cpuUsage().user;
  body();
  print(name, operations, (process.cpuUsage().user - start) * 1000);
}

const cases: Record<string, () => void> = {
  'seek int8 random'() {
    const tree = filled(setInt8Key);
    const ref = new LeafRef();
    const prng = seededPrng(1);
    let sum = 0;
    measure('seek int8 random', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        setInt8Key((prng.nextU32() * entryCount) / 4294967296);
        if (tree.seek(key, 8, ref)) sum += ref.valueOffset(ref.slot);
      }
    });
    if (sum === 0) throw new Error('nothing found');
  },
  'seek int8 ascending'() {
    const tree = filled(setInt8Key);
    const ref = new LeafRef();
    let sum = 0;
    measure('seek int8 ascending', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        setInt8Key(i);
        if (tree.seek(key, 8, ref)) sum += ref.valueOffset(ref.slot);
      }
    });
    if (sum === 0) throw new Error('nothing found');
  },
  'seek text random'() {
    const tree = filled(setTextKey);
    const ref = new LeafRef();
    const prng = seededPrng(1);
    let sum = 0;
    measure('seek text random', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        setTextKey(prng.below(entryCount));
        if (tree.seek(key, keyLength, ref)) sum += ref.valueOffset(ref.slot);
      }
    });
    if (sum === 0) throw new Error('nothing found');
  },
  'put ascending'() {
    once('put ascending, cold', entryCount, () => void filled(setInt8Key));
    once('put ascending', entryCount, () => void filled(setInt8Key));
  },
  'put random into 1 M'() {
    const tree = filled(setInt8Key);
    const prng = seededPrng(2);
    once('put random into 1 M', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        view.setUint32(0, 0x80000000 + (prng.nextU32() & 3));
        view.setUint32(4, (prng.nextU32() * entryCount) / 4294967296);
        tree.put(key, 0, 8, value, 0, 100, 1);
      }
    });
  },
  'put random into empty'() {
    const tree = newTree();
    const prng = seededPrng(2);
    once('put random into empty', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        view.setUint32(0, prng.nextU32());
        view.setUint32(4, prng.nextU32());
        tree.put(key, 0, 8, value, 0, 100, 1);
      }
    });
    console.log(`  fill ${(entryCount * 118 / (tree.leafCountEstimate() * 8192)).toFixed(2)}`);
  },
  'replace same size random'() {
    const tree = filled(setInt8Key);
    const prng = seededPrng(2);
    measure('replace same size random', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        setInt8Key((prng.nextU32() * entryCount) / 4294967296);
        tree.put(key, 0, 8, value, 0, 100, 1);
      }
    });
  },
  'delete random all'() {
    const tree = filled(setInt8Key);
    const prng = seededPrng(3);
    const order = new Uint32Array(entryCount).map((_, i) => i);
    for (let i = entryCount - 1; i > 0; i--) {
      const j = prng.below(i + 1);
      const t = order[i]!;
      order[i] = order[j]!;
      order[j] = t;
    }
    once('delete random, all', entryCount, () => {
      for (let i = 0; i < entryCount; i++) {
        setInt8Key(order[i]!);
        tree.delete(key, 0, 8, 1);
      }
    });
    console.log(`  height ${tree.height()}`);
  },
  'bulk build'() {
    for (const name of ['bulk build, cold', 'bulk build']) {
      const tree = newTree();
      let n = 0;
      const source = {
        key: key as Uint8Array, keyOffset: 0, keyLength: 8, value: value as Uint8Array, valueOffset: 0, valueLength: 100,
        next(): boolean {
          setInt8Key(n++);
          return n <= entryCount;
        },
      };
      once(name, entryCount, () => void tree.bulkBuild(source, 1));
    }
  },
  'walk leaves by batch'() {
    const tree = filled(setInt8Key);
    const ref = new LeafRef();
    const offsets = new Int32Array(4096);
    let sum = 0;
    measure('walk leaves by batch', entryCount, () => {
      tree.seekFirst(ref);
      do {
        ref.valueOffsets(offsets, 0, ref.count);
        const dv = ref.dv;
        for (let i = 0, n = ref.count; i < n; i++) sum += dv.getInt32(offsets[i]!, true);
      } while (tree.nextLeaf(ref));
    });
    if (sum === 0) throw new Error('nothing read');
  },
  'range of 100'() {
    const tree = filled(setInt8Key);
    const ref = new LeafRef();
    const prng = seededPrng(4);
    let sum = 0;
    measure('range of 100 (ranges)', 100_000, () => {
      for (let i = 0; i < 100_000; i++) {
        setInt8Key(prng.below(entryCount - 200));
        tree.seekLeafFor(key, 8, ref);
        let left = 100;
        let slot = ref.slot;
        for (;;) {
          for (; slot < ref.count && left > 0; slot++, left--) sum += ref.dv.getInt32(ref.valueOffset(slot), true);
          if (left === 0 || !tree.nextLeaf(ref)) break;
          slot = ref.slot;
        }
      }
    });
    if (sum === 0) throw new Error('nothing read');
  },
  'seek random, pool a tenth'() {
    const tree = filled(setInt8Key, 12 * 1024 * 1024);
    const ref = new LeafRef();
    const prng = seededPrng(1);
    measure('seek random, pool a tenth', entryCount / 4, () => {
      for (let i = 0; i < entryCount / 4; i++) {
        setInt8Key((prng.nextU32() * entryCount) / 4294967296);
        tree.seek(key, 8, ref);
      }
    });
  },
};

const wanted = process.argv.slice(2);
if (wanted.length === 1 && wanted[0]!.startsWith('--only=')) {
  cases[wanted[0]!.slice(7)]!();
} else {
  for (const name of Object.keys(cases)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), `--only=${name}`], { stdio: 'inherit' });
  }
}
