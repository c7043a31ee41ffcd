/** One engine and one case in a process of its own, measured by benny; prints one line of JSON. Run by run.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import benny from 'benny';
import { cases } from './cases.js';
import type { Peer } from './peers/peer.js';

const loaders: Readonly<Record<string, () => Promise<Peer>>> = {
  serialite: async () => (await import('./peers/serialite.js')).serialitePeer,
  'better-sqlite3': async () => (await import('./peers/sqlite.js')).sqlitePeer,
  pglite: async () => (await import('./peers/pglite.js')).pglitePeer,
};

const [engine = '', caseName = '', seconds = '1'] = process.argv.slice(2);
const bench = cases.find((c) => c.name === caseName);
const load = loaders[engine];
if (bench === undefined || load === undefined) throw new Error(`no case "${caseName}" or engine "${engine}"`);
const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-bench-'));
try {
  const peer = await load();
  const db = await peer.open(directory);
  const run = await bench.setup(db);
  const checksum = await run.checksum();
  const log = console.log;
  console.log = () => undefined;
  // benny first calls a case without waiting for it, to learn whether it is asynchronous; batches must not overlap.
  let tail: Promise<void> = Promise.resolve();
  const summary = await benny.suite(
    caseName,
    benny.add(engine, () => (tail = tail.then(run.batch)), { minSamples: 5, maxTime: Number(seconds) }),
    benny.cycle(() => ''),
  );
  console.log = log;
  const result = summary.results[0]!;
  console.log(JSON.stringify({ rate: run.operationsPerBatch / result.details.median, margin: result.margin, checksum, version: db.version, rss: process.memoryUsage.rss() }));
  await db.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
