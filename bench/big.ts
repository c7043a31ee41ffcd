/**
 * `npm run big`: a database of many rows with a small pool. Prints how long it takes to open, how many point reads a second it serves with a 64 MiB pool, and
 * how much memory the process holds. Options: --rows N (default 10 million), --cache MiB (default 64), --keep FOLDER.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as Engine from '../engine/index.js';
import { seededPrng } from '../base/prng.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' }, cache: { type: 'string', default: '64' }, read: { type: 'string' }, build: { type: 'string' } } });
const { open } = (await import('../dist/engine/index.js' as string)) as typeof Engine;
const rowCount = Number(values.rows);
const cacheBytes = Number(values.cache) * 1048576;

if (values.build !== undefined) await build(values.build);
else if (values.read !== undefined) await read(values.read);
else {
  const folder = mkdtempSync(join(tmpdir(), 'serialite-big-'));
  try {
    const path = join(folder, 'big.slt');
    for (const step of ['--build', '--read']) {
      const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1]!, step, path, '--rows', values.rows, '--cache', values.cache], { stdio: 'inherit' });
      if (child.status !== 0) process.exit(child.status ?? 1);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(path: string): Promise<void> {
  const db = await open(path, { cacheBytes });
  await db.exec('create table item (id int primary key, name text not null, price float8 not null)');
  const started = performance.now();
  const session = db.connect();
  await session.copyFrom('copy item from stdin csv', rows());
  console.log(`built ${rowCount} rows in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await session.close();
  await db.close();
  console.log(`file: ${(statSync(path).size / 1048576).toFixed(0)} MiB, ${(statSync(path).size / rowCount).toFixed(1)} bytes a row`);
}

function* rows(): Generator<string> {
  let chunk = '';
  for (let id = 1; id <= rowCount; id++) {
    chunk += `${id},item ${id},${(id % 9973) / 7}\n`;
    if (chunk.length > 65536) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}

async function read(path: string): Promise<void> {
  const bareBytes = process.memoryUsage.rss();
  const before = performance.now();
  const db = await open(path, { cacheBytes });
  const first = (await db.query<{ id: number }>('select id from item where id = $1', [rowCount])).rows[0]!;
  console.log(`opened and read row ${first.id} in ${(performance.now() - before).toFixed(0)} ms`);
  const statement = db.prepare('select id, name, price from item where id = $1');
  const prng = seededPrng(3);
  const count = 300_000;
  const started = performance.now();
  for (let i = 0; i < count; i++) statement.get(1 + prng.below(rowCount));
  console.log(`${((count / (performance.now() - started)) * 1000).toFixed(0)} random point reads a second with a pool of ${values.cache} MiB`);
  console.log(`resident memory: ${mebibytes(process.memoryUsage.rss())} MiB, of which ${mebibytes(bareBytes)} before opening (Node, our code, the loader of TypeScript)`);
  await db.close();
}

function mebibytes(bytes: number): string {
  return (bytes / 1048576).toFixed(0);
}
