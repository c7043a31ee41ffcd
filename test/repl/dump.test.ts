/**
 * Dump and restore: a text made here loads here again and in PostgreSQL with the same answers to the same queries, in both forms of rows; what
 * pg_dump writes (of pgbench's tables and of the schema of dump-schema.sql) loads here with PostgreSQL's answers.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { startPostgres, type PostgresServer } from '../oracle/postgres-server.js';

const schema = readFileSync(new URL('dump-schema.sql', import.meta.url), 'utf8');

/** What must be the same on every side. */
const queries: readonly string[] = [
  'select * from shop."Customer" order by id', 'select * from shop.orders order by id', 'select * from plain order by a', 'select * from shop.totals order by name', 'select * from shop.above order by name',
  'select * from shop.frozen order by name', 'select * from shop.customers(1)', "select shop.slug('A B')", 'select count(*) from shop.empty', "select nextval('shop.numbers'), nextval('shop.orders_id_seq')",
  `insert into shop."Customer" (name, email) values ('New', 'n@x') returning id, slug, mood, tags`,
  "select obj_description('shop.\"Customer\"'::regclass), col_description('shop.\"Customer\"'::regclass, 4)",
  "select column_name, data_type, is_nullable, is_identity, is_generated from information_schema.columns where table_schema = 'shop' order by table_name, ordinal_position",
  "select conname, contype, condeferrable, condeferred from pg_constraint where connamespace = 'shop'::regnamespace order by conname",
  "select indexdef from pg_indexes where schemaname = 'shop' order by indexdef",
  "select relname, (select array_agg(o order by o) from unnest(reloptions) o) from pg_class where relnamespace = 'shop'::regnamespace and reloptions is not null order by relname",
  "select attname, attoptions from pg_attribute where attrelid = 'shop.parameters'::regclass and attnum > 0 order by attnum",
  "select attname, attstattarget from pg_attribute where attrelid = 'plain'::regclass and attnum > 0 order by attnum",
  "select typname, typtype from pg_type where typnamespace = 'shop'::regnamespace order by typname",
];

async function dumpOf(db: Database, data: 'copy' | 'inserts'): Promise<string> {
  let text = '';
  await db.dump((chunk) => void (text += chunk), { data });
  return text;
}
async function answersHere(db: Database, list: readonly string[] = queries): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const query of list) answers.push((await db.query(query, [], { rowMode: 'array', values: 'text' })).rows);
  return answers;
}
async function answersThere(url: string, list: readonly string[] = queries): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig });
  await client.connect();
  try {
    const answers: unknown[] = [];
    for (const text of list) answers.push((await client.query({ text, rowMode: 'array' })).rows);
    return answers;
  } finally {
    await client.end();
  }
}
async function withDatabase<T>(body: (db: Database) => Promise<T>): Promise<T> {
  const db = await open(':memory:', { settings: { timezone: 'UTC' } });
  try {
    return await body(db);
  } finally {
    await db.close();
  }
}

describe('here', () => {
  test.each(['copy', 'inserts'] as const)('a dump with %s loads again, and dumps the same', (data) =>
    withDatabase(async (db) => {
      await db.exec(schema);
      const text = await dumpOf(db, data);
      await withDatabase(async (copy) => {
        await copy.restore([text]);
        expect(await dumpOf(copy, data)).toBe(text);
        expect(await answersHere(copy)).toEqual(await answersHere(db));
      });
    }));

  test('the schema public under another name is made again, and may have its name back', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int); insert into t values (7); alter schema public rename to old');
      const text = await dumpOf(db, 'copy');
      await withDatabase(async (copy) => {
        await copy.restore([text]);
        expect(await dumpOf(copy, 'copy')).toBe(text);
        expect((await copy.query('select * from old.t')).rows).toEqual([{ a: 7 }]);
      });
      await db.exec('alter schema old rename to public');
      expect((await db.query('select * from public.t')).rows).toEqual([{ a: 7 }]);
    }));

  test('a dump in pieces of any size is read alike; a failure says where, or leaves nothing behind', () =>
    withDatabase(async (db) => {
      const text = "create table t (a int, b text);\nCOPY t (a, b) FROM stdin;\n1\tx;y\n2\t\\N\n\\.\n\ninsert into t values (3, ';\n\\.');\nalter table t owner to someone;\n";
      const pieces = Array.from({ length: Math.ceil(text.length / 3) }, (_, i) => text.slice(i * 3, i * 3 + 3));
      expect(await db.restore(pieces)).toEqual({ statementCount: 3, rowCount: 2, skipped: { 'ALTER ... OWNER TO': 1 } });
      expect((await db.query('select * from t order by a', [], { rowMode: 'array' })).rows).toEqual([[1, 'x;y'], [2, null], [3, ';\n\\.']]);
      await expect(db.restore(['create table u (a int); insert into nope values (1);'], { singleTransaction: true })).rejects.toMatchObject({ code: '42P01' });
      await expect(db.query('select * from u')).rejects.toMatchObject({ code: '42P01' });
    }));
});

const server: PostgresServer | undefined = await startPostgres();

describe.skipIf(server === undefined)('PostgreSQL', () => {
  let url = '';
  beforeAll(async () => {
    url = await server!.createDatabase('serialite_dump');
  });
  afterAll(async () => {
    await server!.dropDatabase('serialite_dump');
    server!.stop();
  });
  const psql = (text: string): string => execFileSync('psql', ['-v', 'ON_ERROR_STOP=1', '-q', url], { input: `set timezone = 'UTC'; ${text}`, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] });
  const reset = async (): Promise<void> => {
    url = await server!.createDatabase('serialite_dump');
    const client = new pg.Client(url);
    await client.connect();
    await client.query("alter database serialite_dump set timezone = 'UTC'");
    await client.end();
  };

  test.each(['copy', 'inserts'] as const)('psql loads a dump with %s: the same answers', (data) =>
    withDatabase(async (db) => {
      await reset();
      await db.exec(schema);
      psql(await dumpOf(db, data));
      expect(await answersThere(url)).toEqual(await answersHere(db));
    }));

  test.each([[], ['--inserts']])('a pg_dump %s loads here: the same answers', async (...options) => {
    await reset();
    psql(schema);
    const text = execFileSync('pg_dump', [...options, url], { encoding: 'utf8' });
    await withDatabase(async (db) => {
      await db.restore([text]);
      expect(await answersHere(db)).toEqual(await answersThere(url));
    });
  });

  test('a pg_dump of pgbench loads here', async () => {
    await reset();
    execFileSync('pgbench', ['-i', '-q', '--foreign-keys', url], { stdio: 'ignore' });
    const text = execFileSync('pg_dump', [url], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const list = ['select count(*), sum(aid), min(filler) from pgbench_accounts', 'select * from pgbench_branches', 'select * from pgbench_tellers order by tid', 'select count(*) from pgbench_history'];
    await withDatabase(async (db) => {
      await db.restore([text]);
      expect(await answersHere(db, list)).toEqual(await answersThere(url, list));
    });
  });
});
