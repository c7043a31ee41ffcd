/**
 * The child that kill.test.ts kills: opens a store and commits for ever, telling its parent on standard output which commits were
 * acknowledged ("a <csn>") and, at the start, what it found ("o <csn>"). Each commit writes its CSN under three keys of a ring, so that a
 * part of one would be seen. Arguments: path, seed.
 */
import { writeSync } from 'node:fs';
import { csn, treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { realStore } from './real-files.js';

const path = process.argv[2]!;
const prng = seededPrng(Number(process.argv[3]));
const say = (line: string): void => void writeSync(1, `${line}\n`);

async function main(): Promise<void> {
  const store = await Store.open(realStore(path, { cacheBytes: 1 << 17, walReserveBytes: 1 << 16, checkpointWalBytes: 1 << 15, checkpointIntervalMs: 1000 }));
  say(`o ${store.lastCsn}`);
  let next: number = store.lastCsn;
  const id = treeId(1);
  const commit = async (): Promise<void> => {
    await store.reserveLog(4000);
    const n = ++next;
    const writer = store.beginCommit(csn(n));
    const tree = store.hasTree(id) ? store.tree(id) : writer.createTree(store.newTreeId());
    const value = Buffer.from(String(n).padEnd(10 + prng.below(1000), ' '));
    for (let i = 0; i < 3; i++) {
      const key = Buffer.from(`${n % 50}/${i}`);
      writer.put(tree, key, 0, key.length, value, 0, value.length);
    }
    await store.flushed(writer.finish());
    say(`a ${n}`);
  };
  // One client makes lone commits, several make groups.
  const clients = 1 + prng.below(6);
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (;;) {
        await commit();
        if (prng.below(200) === 0) await store.checkpoint();
      }
    }),
  );
}

await main();
