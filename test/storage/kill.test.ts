/**
 * Real processes killed with SIGKILL, at random moments of opening, recovery, commits and checkpoints. The acknowledgements are kept by
 * the parent, outside of what dies. 200 kills on one file: never a refused open, never a lost or partial commit.
 */
import { spawn } from 'node:child_process';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { treeId } from '../../base/ids.js';
import { seededPrng } from '../../base/prng.js';
import { Store } from '../../storage/store.js';
import { makeTestDirectory, realStore } from '../sim/real-files.js';
import { readTree } from '../sim/storage-world.js';

const kills = Number(process.env['KILLS'] ?? 200);
let directory: ReturnType<typeof makeTestDirectory>;
beforeEach(() => {
  directory = makeTestDirectory();
});
afterEach(() => {
  directory.remove();
});

interface Life {
  /** What the child found when it opened; -1 when it was killed before. */
  readonly opened: number;
  readonly acked: number;
  readonly errors: string;
}

/** When a child is killed: so long after it was spawned, or as soon as it has opened and acknowledged so many commits, which takes the longer the busier the machine is. */
type Death = { readonly afterMs: number } | { readonly afterCommits: number };

function live(program: string, path: string, seed: number, death: Death): Promise<Life> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, path, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let opened = -1;
    let acked = 0;
    let errors = '';
    let rest = '';
    const kill = (): void => void child.kill('SIGKILL');
    const commitsMax = 'afterCommits' in death ? death.afterCommits : Infinity;
    let commits = 0;
    if ('afterMs' in death) setTimeout(kill, death.afterMs);
    child.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const n = Number(line.slice(2));
        if (line.startsWith('a ')) {
          acked = Math.max(acked, n);
          commits++;
        } else if (line.startsWith('o ')) opened = n;
        if (opened >= 0 && commits >= commitsMax) kill();
      }
    });
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.on('close', () => resolve({ opened, acked, errors: errors.replace(/.*npm warn.*\n/g, '') }));
  });
}

it(`${kills} kills lose nothing`, { timeout: 600_000 }, async () => {
  const path = directory.path('app.db');
  // Bundled once, so that a child starts in the time a plain script does.
  const program = directory.path('child.mjs');
  buildSync({ entryPoints: ['test/sim/kill-child.ts'], outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  const prng = seededPrng(Number(process.env['SIM_SEED'] ?? 1));
  let acked = 0;
  let opens = 0;
  for (let i = 0; i < kills; i++) {
    // Most are killed in their work, some at any moment of starting: creation, recovery.
    const life = await live(program, path, i, i % 4 === 0 ? { afterMs: 30 + prng.below(100) } : { afterCommits: prng.below(40) });
    expect(life.errors).toBe('');
    if (life.opened >= 0) {
      opens++;
      expect(life.opened).toBeGreaterThanOrEqual(acked);
    }
    acked = Math.max(acked, life.acked);
    if (i % 40 === 39) acked = await verify(path, acked);
  }
  expect(opens).toBeGreaterThan(kills / 2);
  expect(await verify(path, acked)).toBeGreaterThan(kills);
});

/** Opens the file here, checks it, and that every commit is whole. */
async function verify(path: string, acked: number): Promise<number> {
  const store = await Store.open(realStore(path));
  const last: number = store.lastCsn;
  expect(last).toBeGreaterThanOrEqual(acked);
  expect(store.check('full').problems).toEqual([]);
  const rows = readTree(store, treeId(1));
  for (let n = Math.max(1, last - 49); n <= last; n++) {
    const values = [0, 1, 2].map((i) => rows.get(`${n % 50}/${i}`)?.trim());
    expect(values, `commit ${n}`).toEqual([String(n), String(n), String(n)]);
  }
  await store.close();
  return last;
}
