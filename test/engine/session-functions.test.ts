/** Functions whose answer or wait is the session's own: random() from its seed on as in PostgreSQL 15, the schema of its temporary objects, sleeps of any length. */
import { expect, test } from 'vitest';
import type { Database, Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

const row = async (session: Database | Session, sql: string): Promise<unknown> => (await session.query(sql, [], { rowMode: 'array' })).rows[0];

test('random() from a seed on is what PostgreSQL 15 printed', () =>
  withDatabase(async (db) => {
    const session = db.connect();
    await session.query('select setseed(0.5)');
    expect(await row(session, 'select random(), random()')).toEqual([0.9851677175347999, 0.825301858027981]);
    await session.query('select setseed(-0.25)');
    expect(await row(session, 'select random()')).toEqual([0.5553213340039351]);
    expect(await row(session, 'select setseed(1), random(), setseed(0), random()')).toEqual(['', 0.3978842227698167, '', 0.8702553105818676]);
    for (const seed of ['1.5', "'nan'"]) await expect(session.query(`select setseed(${seed})`)).rejects.toMatchObject({ code: '22023' });
  }));

test('a seed stays with its session', () =>
  withDatabase(async (db) => {
    const [one, other] = [db.connect(), db.connect()];
    await one.query('select setseed(0.5)');
    expect(await row(other, 'select random()')).not.toEqual([0.9851677175347999]);
    expect(await row(one, 'select random()')).toEqual([0.9851677175347999]);
    // A call on the database borrows one that others borrow after it.
    await expect(db.query('select setseed(0.5)')).rejects.toMatchObject({ name: 'DatabaseError', message: expect.stringContaining('state of a session') as string });
    expect(await row(db, 'select random()')).not.toEqual([0.9851677175347999]);
  }));

test('each session knows its own schema of temporary objects from those of others', () =>
  withDatabase(async (db) => {
    const [one, other] = [db.connect(), db.connect()];
    expect(await row(one, 'select pg_my_temp_schema(), pg_is_other_temp_schema(pg_my_temp_schema())')).toEqual([0, false]);
    await one.query('create temp table t (a int)');
    const [[own]] = (await one.query("select relnamespace from pg_class where relname = 't'", [], { rowMode: 'array' })).rows as unknown as [[number]];
    expect(await row(one, 'select pg_my_temp_schema(), pg_is_other_temp_schema(pg_my_temp_schema()), pg_is_other_temp_schema(2200)')).toEqual([own, false, false]);
    expect(await row(other, `select pg_my_temp_schema(), pg_is_other_temp_schema(${own})`)).toEqual([0, true]);
  }));

test('what sleeps longer than a timer can be set sleeps all the same', () =>
  withDatabase(async (db) => {
    const session = db.connect();
    await session.query("set statement_timeout = '40ms'");
    for (const call of ["pg_sleep('infinity')", 'pg_sleep(3000000)', "pg_sleep_for('100 days')", "pg_sleep_until('infinity')"]) {
      await expect(session.query(`select ${call}`), call).rejects.toMatchObject({ code: '57014' });
    }
    for (const call of ["pg_sleep('-infinity')", "pg_sleep('nan')", "pg_sleep_until('-infinity')", "pg_sleep_for('-100 days')"]) expect(await row(session, `select ${call}`), call).toEqual(['']);
  }));
