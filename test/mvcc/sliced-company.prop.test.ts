/** A large commit in slices beside open transactions, which go on in the middle of it: sliced-company-trial.ts says who. */
import { strict as check } from 'node:assert';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { slicedCompanyTrial } from './sliced-company-trial.js';
import { closeSliced, createTree, openSliced } from './sliced-world.js';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = Number(process.env['PROP_RUNS'] ?? 25);

test(`a large commit beside open transactions is whole for each of them; seed ${seed}`, async () => {
  for (let run = 0; run < runs; run++) {
    await slicedCompanyTrial(seed + run).catch((error: unknown) => {
      throw new Error(`SEED=${seed + run} PROP_RUNS=1 npx vitest run test/mvcc/sliced-company.prop.test.ts`, { cause: error });
    });
  }
});

test('a large commit waits for those before it that wait for the disk, and is cut into slices all the same', async () => {
  const world = await openSliced(new CrashVfs(), 7, true);
  const { manager, time } = world;
  const tree = createTree(world);
  const insert = (id: number, from: number, count: number): Promise<unknown> => {
    const transaction = manager.begin({ isolation: 'read committed', owner: { id } });
    transaction.beginStatement({ text: 'insert' });
    for (let i = from; i < from + count; i++) {
      const key = String.fromCharCode(i);
      check.equal(transaction.insertFree(tree, keyBytes(key), 1, keyBytes('v'), 0, 1), true);
    }
    transaction.endStatement();
    return transaction.commit();
  };
  const open = manager.begin({ isolation: 'repeatable read', owner: { id: 1 } });
  open.beginStatement({ text: 'look' });
  const first = insert(2, 1, 1);
  expect(manager.pending.length).toBe(1);
  const large = insert(3, 100, 80);
  expect(manager.sliced).toBeUndefined();
  expect(manager.hush).toBeDefined();
  await first;
  while (manager.hush !== undefined) await time.yield();
  expect(manager.sliced).toBeDefined();
  expect(manager.busy).toBe(manager.sliced!.ended);
  await large;
  open.rollback();
  await closeSliced(world);
});
