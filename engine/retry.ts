/**
 * Pauses between the attempts of a transaction. They grow and are random, because transactions that conflicted and start again in step conflict
 * again (concurrency.md, pitfall 23).
 */
import type { Prng } from '../base/prng.js';

const FirstPauseMsMax = 2;
const PauseMsMax = 200;

/** Uniform in [0, 2 ms * 2^attempt], at most 200 ms: "full jitter". */
export function backoffMs(attempt: number, prng: Prng): number {
  return prng.unit() * Math.min(PauseMsMax, FirstPauseMsMax * 2 ** attempt);
}
