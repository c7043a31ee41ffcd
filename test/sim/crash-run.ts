/**
 * The long run of crash exploration: `npx tsx test/sim/crash-run.ts --images 1000000 [--seed N]`. Alternates the twelve workloads with
 * crashes at every operation, and swarm trials with failed syncs over several incarnations, until so many images have been verified.
 * Prints a line a minute and stops at the first failure, with what replays it.
 */
import { VERIFY } from '../../base/assert.js';
import { crashTrial } from './crash-trial.js';
import { exploreCrashes, workloads } from './explore-crashes.js';

function argument(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

async function main(): Promise<void> {
  VERIFY.on = true;
  const imagesMax = argument('images', 1_000_000);
  let seed = argument('seed', 1);
  let images = 0;
  let failedSyncs = 0;
  let reportedAtMs = performance.now();
  for (; images < imagesMax; seed++) {
    const workload = workloads[seed % workloads.length]!;
    const explored = await exploreCrashes(workload, seed, 2);
    images += explored.images;
    const failures = [explored.failure];
    for (let i = 0; i < 100 && failures[0] === undefined; i++) {
      const trial = await crashTrial(seed * 100 + i);
      images += trial.crashes;
      failedSyncs += trial.failedSyncs;
      if (trial.failure !== undefined) failures.unshift(`crashTrial(${seed * 100 + i}): ${trial.failure}`);
    }
    if (failures[0] !== undefined) {
      console.log(`FAILED after ${images} images: ${failures[0]}\nreplay: npx tsx test/sim/crash-run.ts --images 1 --seed ${seed}`);
      process.exitCode = 1;
      return;
    }
    if (performance.now() - reportedAtMs > 60_000) {
      reportedAtMs = performance.now();
      console.log(`${images} images, ${failedSyncs} failed syncs, seed ${seed}: no failure`);
    }
  }
  console.log(`${images} crash images and ${failedSyncs} failed syncs verified, up to seed ${seed - 1}: no failure`);
}

await main();
