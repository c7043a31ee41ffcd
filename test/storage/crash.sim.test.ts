/**
 * The store under power cuts, kills and failed syncs: nothing acknowledged is lost, nothing partial is seen, every image opens and passes
 * the full check, also when recovery itself is cut short. About 20,000 images; a million with `npx tsx test/sim/crash-run.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { crashTrial, syncedLog } from '../sim/crash-trial.js';
import { exploreCrashes, workloads } from '../sim/explore-crashes.js';

const seedBase = Number(process.env['SIM_SEED'] ?? 1);
let images = 0;

beforeAll(() => {
  VERIFY.on = true;
});
afterAll(() => {
  VERIFY.on = false;
});

describe('crashes at every operation of', () => {
  for (const workload of workloads) {
    it(workload.name, { timeout: 180_000 }, async () => {
      let count = 0;
      for (let seed = seedBase; count < 1000; seed++) {
        const result = await exploreCrashes(workload, seed, 4);
        expect(result.failure).toBeUndefined();
        count += result.images;
      }
      images += count;
    });
  }
});

describe('seven lives: crashes and failed syncs over many incarnations', () => {
  for (let part = 0; part < 4; part++) {
    it(`part ${part + 1}`, { timeout: 180_000 }, async () => {
      for (let seed = seedBase + part * 500; seed < seedBase + (part + 1) * 500; seed++) {
        const result = await crashTrial(seed);
        expect(result.failure, `replay: crashTrial(${seed})`).toBeUndefined();
        images += result.crashes + result.failedSyncs;
      }
    });
  }

  // A background sync had failed, its promise had not said so yet, and a blocking sync reported success for bytes the kernel had dropped.
  it('seed 1298: a blocking sync beside a failing one', async () => {
    expect((await crashTrial(1298, { log: syncedLog })).failure).toBeUndefined();
  });

  // A segment's header promised a length of the file whose zeros were not durable yet: a power cut then looked like a cut file.
  it.each([149, 1682])('seed %i: a segment lengthened while its log rotates', async (seed) => {
    expect((await crashTrial(seed, { log: syncedLog })).failure).toBeUndefined();
  });

  // A blocking sync of the log's own loop had failed; one microtask later, before the loop heard of it, a flush synced again with success.
  it.each([10002213, 20003016])('seed %i: a flush right after a failed sync', async (seed) => {
    expect((await crashTrial(seed, { log: syncedLog })).failure).toBeUndefined();
  });

  // A flush had noted the length of the log while a sync that was to write its last zeros was about to fail.
  it('seed 10028630: a flush beside a failing sync of new space', async () => {
    expect((await crashTrial(10028630, { log: syncedLog })).failure).toBeUndefined();
  });

  it('20,000 images in all', () => {
    expect(images).toBeGreaterThan(20_000);
  });
});
