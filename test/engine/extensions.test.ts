/** CREATE EXTENSION: functions that come, move and go with it; results that PostgreSQL 15 gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec('create extension pgcrypto; create extension "uuid-ossp"');
});
afterAll(() => db.close());

const value = async (expression: string): Promise<unknown> => Object.values((await db.query(`select ${expression}`)).rows[0]!)[0];
const code = async (sql: string): Promise<string> => db.query(sql).then(() => '', (error: { readonly code: string }) => error.code);

// The right sides are what psql showed.
test.each([
  ["encode(hmac('a', 'b', 'sha256'), 'hex')", 'cb448b440c42ac8ad084fc8a8795c98f5b7802359c305eabd57ecdb20e248896'],
  ["encode(digest('a'::bytea, 'SHA1'), 'hex')", '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
  ["encode(encrypt('abc', 'key', 'aes'), 'hex')", 'db5f149a7caf0cd275ca18c203a212c9'],
  ["encode(encrypt('abcabcabcabcabca', 'key', 'aes-ecb/pad:none'), 'hex')", '85f0819ff28198dc48d7ea06e738fc67'],
  ["encode(encrypt_iv('abc', 'key', 'iv', 'aes'), 'hex')", '426ee67ec601f1ff20e25e98027199bc'],
  ["encode(encrypt('abc', 'key', '3des'), 'hex')", '9af800e9750c84d9'],
  ["convert_from(decrypt_iv(encrypt_iv('abc', 'key', 'iv', 'aes'), 'key', 'iv', 'aes'), 'utf8')", 'abc'],
  ["crypt('pw', '$1$abcdefgh')", '$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc.'],
  ["crypt('a long password over sixteen bytes é', '$1$abcdefgh')", '$1$abcdefgh$6cgZ6SjRMmPX2F1iBogHr/'],
  ["crypt('', '$1$ab$x')", '$1$ab$rn6aQS/o7141mj179E/zA.'],
  ["crypt('pw', '$2a$06$abcdefghijklmnopqrstuu')", '$2a$06$abcdefghijklmnopqrstuuXOw8daVruAKMR3X3ty3bsuEmsp0E2Ba'],
  ["crypt('x', gen_salt('bf', 4)) ~ '^\\$2a\\$04\\$.{53}$' and crypt('x', gen_salt('md5')) ~ '^\\$1\\$.{8}\\$.{22}$'", true],
  ["(select crypt('x', h) = h and crypt('y', h) <> h from (select crypt('x', gen_salt('bf', 4)) as h) s)", true],
  ['length(gen_random_bytes(20))', 20],
  ["uuid_generate_v5(uuid_ns_url(), 'a')", 'e1407479-3136-56c0-9908-bb02fb0339e2'],
  ["uuid_generate_v3(namespace => uuid_ns_dns(), name => 'a')", '4c104dd0-4821-30d5-9ce3-0e7a1f8b7c0d'],
  ["uuid_generate_v1()::text ~ '^.{14}1.{4}[89ab]' and uuid_generate_v4()::text ~ '^.{14}4.{4}[89ab]' and uuid_generate_v1() <> uuid_generate_v1()", true],
])('%s', async (expression, wanted) => expect(await value(expression)).toBe(wanted));

test('a UUID of version 1 tells the time', async () => {
  const text = (await value('uuid_generate_v1()::text')) as string;
  const [low, middle, high] = text.split('-');
  const ticks = BigInt(`0x${high!.slice(1)}${middle!}${low!}`);
  // Hundreds of nanoseconds since 1582-10-15.
  const milliseconds = Number(ticks / 10_000n) - 12_219_292_800_000;
  expect(Math.abs(milliseconds - Date.now())).toBeLessThan(600_000);
});

test.each([
  ["select digest('a', 'zzz')", '22023'], ["select encrypt('a', 'k', 'zz')", '22023'], ["select decrypt('abc', 'key', 'aes')", '39000'], ["select encrypt('abc', 'key', 'aes-cbc/pad:none')", '39000'],
  ["select crypt('pw', '$2a$06$short')", '22023'], ["select crypt('pw', '')", '22023'], ["select crypt('pw', 'ab')", '0A000'], ["select gen_salt('bf', 40)", '22023'], ["select gen_salt('xx')", '22023'],
  ['select gen_random_bytes(0)', '39000'], ['select gen_random_bytes(1025)', '39000'], ["select pgp_sym_encrypt('a', 'b')", '0A000'],
  ['create extension pgcrypto', '42710'], ['create extension if not exists pgcrypto', ''], ['create extension nope', '0A000'], ["alter extension pgcrypto update to '9'", '22023'], ['alter extension pgcrypto update', ''],
  ['drop function digest(text, text)', '2BP01'], ['alter extension nope set schema public', '42704'], ['drop extension nope', '42704'], ['drop extension if exists nope', ''], ['alter extension pgcrypto add table t', '0A000'],
])('%s: %s', async (sql, wanted) => expect(await code(sql)).toBe(wanted));

describe('its life', () => {
  test('what uses its functions follows them to another schema, and goes with them', async () => {
    const own = await open(':memory:');
    try {
      await own.exec(`create extension "uuid-ossp"; create schema s;
        create table t (id uuid default uuid_generate_v5(uuid_nil(), 'a'), check (id <> uuid_nil())); create view v as select uuid_nil() as n; create index on t (uuid_generate_v5(id, 'x'))`);
      await own.exec('alter extension "uuid-ossp" set schema s');
      expect((await own.query('insert into t default values returning id')).rows).toEqual([{ id: (await own.query("select s.uuid_generate_v5(s.uuid_nil(), 'a') as id")).rows[0]!['id'] }]);
      expect((await own.query('select * from v')).rows).toEqual([{ n: '00000000-0000-0000-0000-000000000000' }]);
      await expect(own.query('select uuid_nil()')).rejects.toMatchObject({ code: '42883' });
      await expect(own.query('drop extension "uuid-ossp"')).rejects.toMatchObject({ code: '2BP01' });
      await expect(own.query('drop schema s')).rejects.toMatchObject({ code: '2BP01', detail: expect.stringContaining('extension uuid-ossp depends on schema s') as string });
      await own.exec('drop schema s cascade');
      await expect(own.query('select * from v')).rejects.toMatchObject({ code: '42P01' });
      expect((await own.query('insert into t default values returning id')).rows).toEqual([{ id: null }]);
      expect((await own.query('select extname from pg_extension')).rows).toEqual([]);
      // A function of the user stands in the way.
      await own.exec("create function uuid_nil() returns int language sql as 'select 1'");
      await expect(own.query('create extension "uuid-ossp"')).rejects.toMatchObject({ code: '42723' });
      expect((await own.query('select uuid_nil() as n')).rows).toEqual([{ n: 1 }]);
    } finally {
      await own.close();
    }
  });

  test('a transaction takes it back; a dump makes it again', async () => {
    const [own, copy] = [await open(':memory:'), await open(':memory:')];
    try {
      await own.exec('begin; create extension pgcrypto; rollback');
      await expect(own.query("select digest('a', 'md5')")).rejects.toMatchObject({ code: '42883' });
      await own.exec("create schema ext; create extension pgcrypto with schema ext version '1.3'; create table t (h bytea default ext.digest('a', 'md5'))");
      let text = '';
      await own.dump((piece) => {
        text += piece;
      });
      expect(text).toContain('CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA ext;');
      expect(text).not.toContain('CREATE FUNCTION');
      const { skipped } = await copy.restore([`create extension if not exists plpgsql with schema pg_catalog;\ncomment on extension plpgsql is 'x';\n${text}`]);
      expect(skipped).toEqual({ EXTENSION: 2 });
      expect((await copy.query("insert into t default values returning encode(h, 'hex') as h")).rows).toEqual([{ h: '0cc175b9c0f1b6a831c399e269772661' }]);
      expect((await copy.query("select extversion, extnamespace::regnamespace::text as home, (select count(*)::int from pg_depend where refobjid = e.oid and deptype = 'e') as members from pg_extension e")).rows).toEqual([{ extversion: '1.3', home: 'ext', members: 13 }]);
      expect((await copy.query("select name, installed_version from pg_available_extensions order by 1")).rows).toEqual([{ name: 'pgcrypto', installed_version: '1.3' }, { name: 'uuid-ossp', installed_version: null }]);
    } finally {
      await own.close();
      await copy.close();
    }
  });
});
