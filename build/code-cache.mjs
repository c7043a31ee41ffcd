/**
 * `node build/code-cache.mjs`, the last step of the build: keeps beside dist/engine/core.cjs what V8 compiles of it for a program that opens a file, makes a table and runs statements of the
 * usual kinds, for the version of V8 that runs this. A function that is never called here is compiled where it is first called, as always. To run it under another version of Node adds the file for that one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCompiled } from '../dist/engine/core.js';

const folder = mkdtempSync(join(tmpdir(), 'serialite-build-'));
try {
  await keepCompiled(use);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function use({ open }) {
  const path = join(folder, 'file.slt');
  const created = await open(path);
  await created.exec('create table item (id int primary key, name text not null, price numeric, made timestamptz default now()); create index on item (name)');
  await created.query("insert into item values (1, 'one', 1.5), (2, 'two', 2.5)");
  await created.close();

  const db = await open(path);
  await db.query('select id from item where id = $1', [1]);
  const insert = db.prepare('insert into item (id, name) values ($1, $2)');
  for (let id = 3; id < 20; id++) await insert.run([id, `item ${id}`]);
  await db.query('insert into item (id, name) select id + 100, name from item where id > $1 on conflict (id) do update set name = excluded.name returning id', [10]);
  await db.query('select id, price from item where name = $1', ['one']);
  // Makes all lists of the catalogue, each of which a program may need first.
  await db.query('select (select count(*) from pg_proc), (select count(*) from pg_cast)');
  await db.query('select * from item where id between $1 and $2 order by id desc limit 3', [1, 9]);
  await db.query('select count(*), max(i.price) from item i join item j using (id) where i.name > $1 group by j.made order by 2 limit 10', ['a']);
  await db.query("with few as (select * from item where name like 'item 1%') select f.id, sum(f.id) over (order by f.id) from few f left join item i on i.id = f.id + 1 where exists (select from item e where e.id = f.id)");
  const session = db.connect();
  const [update, remove] = [session.prepare('update item set price = price + 1 where id = $1'), session.prepare('delete from item where id = $1')];
  await session.query('begin');
  for (let id = 4; id < 8; id++) await update.run([id]);
  for (let id = 8; id < 12; id++) await remove.run([id]);
  await session.query('commit');
  await session.close();
  await db.query('insert into item (id, name) values (1, $1)', ['again']).catch(() => {});
  await db.close();
}
