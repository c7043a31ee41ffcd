/** Functions and aggregates in JavaScript registered by the host: values in and out, sets, errors, plans that follow a change. */
import { describe, expect, test } from 'vitest';
import type { Database } from '../../engine/index.js';
import { DatabaseError } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

const failure = async (promise: Promise<unknown>): Promise<DatabaseError> => promise.then(() => expect.fail('no error'), (error: unknown) => error as DatabaseError);
const rowsOf = async (db: Database, text: string): Promise<unknown[]> => (await db.query(text, [], { rowMode: 'array' })).rows;

describe('scalar functions', () => {
  test('take and give values as query does', () =>
    withDatabase(async (db) => {
      db.createFunction('shout', { args: ['text'], returns: 'text', volatility: 'immutable', strict: true }, (s: string) => `${s.toUpperCase()}!`);
      db.createFunction('later', { args: ['timestamptz', 'int4'], returns: 'timestamptz' }, (at: Date, days: number) => new Date(at.getTime() + days * 86_400_000));
      db.createFunction('kind', { args: ['int4[]', 'jsonb', 'numeric', 'bytea'], returns: 'json' }, (...args: unknown[]) => args.map((a) => (a === null ? 'null' : Array.isArray(a) ? 'array' : a instanceof Uint8Array ? 'bytes' : typeof a)));
      expect(await rowsOf(db, "select shout('a'), shout(null), later('2024-01-01 00:00Z', 1) = '2024-01-02 00:00Z', kind('{1}', '{\"a\":1}', 1.5, '\\x00')")).toEqual([['A!', null, true, ['array', 'object', 'string', 'bytes']]]);
    }));

  test('are found by their argument types, replaced and taken back; plans follow', () =>
    withDatabase(async (db) => {
      db.createFunction('f', { args: ['int4'], returns: 'text' }, () => 'int');
      db.createFunction('f', { args: ['text'], returns: 'text' }, () => 'text');
      expect(await rowsOf(db, "select f(1), f('a')")).toEqual([['int', 'text']]);
      db.createFunction('f', { args: ['int4'], returns: 'text' }, () => 'new');
      expect(await rowsOf(db, "select f(1), f('a')")).toEqual([['new', 'text']]);
      expect(db.removeFunction('f')).toBe(true);
      expect((await failure(db.query('select f(1)'))).code).toBe('42883');
    }));

  test('serve views, checks and indexes', () =>
    withDatabase(async (db) => {
      db.createFunction('digits', { args: ['text'], returns: 'text', volatility: 'immutable', strict: true }, (s: string) => s.replaceAll(/\D/g, ''));
      await db.exec("create table p (phone text check (digits(phone) <> '')); create index on p (digits(phone)); insert into p values ('1-23'), ('45')");
      expect(await rowsOf(db, "select phone from p where digits(phone) = '123'")).toEqual([['1-23']]);
      expect((await failure(db.query("insert into p values ('none')"))).code).toBe('23514');
    }));

  test('what they throw fails the statement', () =>
    withDatabase(async (db) => {
      const cause = new Error('oh');
      db.createFunction('bad', {}, () => {
        throw cause;
      });
      db.createFunction('own', {}, () => {
        throw new DatabaseError('P0042', 'mine');
      });
      db.createFunction('slow', {}, async () => Promise.resolve('x'));
      db.createFunction('wrong', { returns: 'int4' }, () => 'x');
      expect(await failure(db.query('select bad()'))).toMatchObject({ code: '38000', message: 'function bad failed: oh' });
      expect((await failure(db.query('select own()'))).code).toBe('P0042');
      expect((await failure(db.query('select slow()'))).code).toBe('39000');
      expect((await failure(db.query('select wrong()'))).code).toBe('22P02');
      expect(() => db.createFunction('x', { args: ['nope'] }, () => 1)).toThrow('type "nope" does not exist');
    }));
});

test('set-returning functions give values or rows', () =>
  withDatabase(async (db) => {
    db.createFunction('countdown', { args: ['int4'], returns: 'int4', set: true }, function* (n: number) {
      for (let i = n; i > 0; i--) yield i;
    });
    db.createFunction('files', { args: ['text'], columns: { name: 'text', size: 'int8' }, set: true }, (dir: string) => [{ name: `${dir}/a`, size: 1 }, [`${dir}/b`, 2]]);
    expect(await rowsOf(db, 'select * from countdown(3) where countdown < 3')).toEqual([[2], [1]]);
    expect(await rowsOf(db, "select f.size, f.name from files('x') f order by size desc")).toEqual([[2, 'x/b'], [1, 'x/a']]);
  }));

test('aggregates group, filter and run over windows', () =>
  withDatabase(async (db) => {
    db.createAggregate<string[]>('longest', { args: ['text'], returns: 'text', strict: true, init: () => [''], step: (state, s) => ((s as string).length > state[0]!.length ? [s as string] : state), final: (state) => state[0] });
    await db.exec("create table w (g int, s text); insert into w values (1, 'a'), (1, 'bbb'), (2, 'cc'), (2, null)");
    expect(await rowsOf(db, 'select g, longest(s), longest(s) filter (where s < \'b\') from w group by g order by g')).toEqual([[1, 'bbb', 'a'], [2, 'cc', '']]);
    expect(await rowsOf(db, 'select longest(s) over (order by g) from w order by g')).toEqual([['bbb'], ['bbb'], ['bbb'], ['bbb']]);
  }));
