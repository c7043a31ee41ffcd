/**
 * `npm run big`: a database of many rows with a small pool. Prints how long it takes to open, how many point reads a second it serves with a 64 MiB pool, and
 * how much memory the process holds (big-read.mjs, in a process of its own). Options: --rows N (default 10 million), --cache MiB (default 64), --repeat N (times the file is opened and read, default 1).
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type * as Engine from '../engine/index.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' }, cache: { type: 'string', default: '64' }, repeat: { type: 'string', default: '1' } } });
const rowCount = Number(values.rows);

const folder = mkdtempSync(join(tmpdir(), 'serialite-big-'));
try {
  const path = join(folder, 'big.slt');
  await build(path);
  const reader = fileURLToPath(new URL('big-read.mjs', import.meta.url));
  for (let i = 0; i < Number(values.repeat); i++) {
    const child = spawnSync(process.execPath, [reader, path, values.rows, values.cache], { stdio: 'inherit' });
    if (child.status !== 0) process.exit(child.status ?? 1);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function build(path: string): Promise<void> {
  const { open } = (await import('../dist/engine/index.js' as string)) as typeof Engine;
  const db = await open(path, { cacheBytes: Number(values.cache) * 1048576 });
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
