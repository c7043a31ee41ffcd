/** A database that was opened by a relative path stays where it is when the process goes to another directory, and lets one of the same name be that is there. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open } from '../../engine/index.js';

const home = process.cwd();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'serialite-directory-'));
  mkdirSync(join(directory, 'a'));
  mkdirSync(join(directory, 'b'));
});
afterEach(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true });
});

test('segments, syncs and checkpoints stay with the file', async () => {
  process.chdir(join(directory, 'a'));
  const first = await open('app.db');
  await first.exec('create table t (id int primary key, note text)');
  process.chdir(join(directory, 'b'));
  const second = await open('app.db');
  await second.exec('create table u (id int primary key)');
  process.chdir(directory);
  for (let i = 0; i < 4; i++) {
    for (let id = 0; id < 5; id++) await Promise.all([first.query('insert into t values ($1, $2)', [i * 5 + id, 'x']), second.query('insert into u values ($1)', [i * 5 + id])]);
    await first.exec('checkpoint');
    await second.exec('checkpoint');
  }
  const segments = (name: string): string[] => readdirSync(join(directory, name)).filter((file) => !/^app\.db(-wal-\d+)?$/.test(file));
  expect([segments('a'), segments('b'), readdirSync(directory).sort()]).toEqual([[], [], ['a', 'b']]);
  expect(readdirSync(join(directory, 'a')).length).toBeGreaterThan(1);
  expect(first.path).toBe('app.db');
  await first.close();
  await second.close();
  for (const [name, table] of [['a', 't'], ['b', 'u']] as const) {
    const db = await open(join(directory, name, 'app.db'));
    expect((await db.query(`select count(*)::int n from ${table}`)).rows).toEqual([{ n: 20 }]);
    await db.close();
  }
});
