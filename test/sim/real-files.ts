/** A directory on the real file system for one test, and store options for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../base/clock.js';
import { realPrng } from '../../base/prng.js';
import { realScheduler } from '../../base/scheduler.js';
import { NodeVfs } from '../../storage/files/node-vfs.js';
import type { StoreOptions } from '../../storage/store.js';

export function makeTestDirectory(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'serialite-test-'));
  return { path: (name) => join(directory, name), remove: () => rmSync(directory, { recursive: true, force: true }) };
}

export function realStore(path: string, options: Partial<StoreOptions> = {}): StoreOptions {
  return { vfs: new NodeVfs(), path, clock: realClock, prng: realPrng, scheduler: realScheduler, cacheBytes: 1 << 20, ...options };
}
