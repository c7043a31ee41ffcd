/** Statements that a program's functions, parsers, serializers and parameters give while a statement of the same session is running never run within it. */
import { describe, expect, it } from 'vitest';
import type { Database, Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

const busy = expect.objectContaining({ code: '55000' }) as object;

async function withRows(body: (db: Database, session: Session) => Promise<void> | void): Promise<void> {
  await withDatabase(async (db) => {
    await db.exec('create table t (id int primary key, v int); insert into t select i, 0 from generate_series(1, 5) i; create table log (n int primary key)');
    await body(db, db.connect());
  });
}
const logged = (db: Database): unknown[] => db.prepare('select n from log').all();

/** Each three times: the short ways begin with the second. */
function thrice(run: () => void): void {
  for (let i = 0; i < 3; i++) run();
}

describe('a synchronous statement within another', () => {
  it('of a function is refused, and nothing of either is left', () =>
    withRows((db, session) => {
      const insert = session.prepare('insert into log values ($1)');
      let next = 0;
      db.createFunction('note', { args: ['int'], returns: 'int' }, (id: number) => {
        if (id > 2) insert.run(next++);
        return id;
      });
      const update = session.prepare('update t set v = note(id)');
      thrice(() => expect(() => update.run()).toThrow(busy));
      expect(logged(db)).toEqual([]);
      expect(db.prepare('select sum(v)::int as sum from t').get()).toEqual({ sum: 0 });
      insert.run(1);
      expect(logged(db)).toEqual([{ n: 1 }]);
    }));

  it('of a parser is refused, within a block and without', () =>
    withRows(async (db, session) => {
      const insert = session.prepare('insert into log values ($1)');
      let next = 0;
      const write = (text: string): number => {
        insert.run(next++);
        return Number(text);
      };
      const plain = session.prepare('select v from t where id >= $1');
      thrice(() => expect(plain.all(1)).toHaveLength(5));
      const select = session.prepare('select v from t where id >= $1', { parsers: { 23: write } });
      thrice(() => expect(() => select.all(1)).toThrow(busy));
      for (let i = 0; i < 3; i++) {
        await session.exec('begin');
        expect(() => select.all(1)).toThrow(busy);
        expect(session.transactionStatus).toBe('failed');
        await session.exec('rollback');
      }
      expect(logged(db)).toEqual([]);
    }));

  it('of a parameter or a serializer is refused', () =>
    withRows((db, session) => {
      const insert = session.prepare('insert into log values ($1)');
      const update = session.prepare('update t set v = $1 where id = $2', {
        serializers: {
          23: (value) => {
            insert.run(1);
            return String(value);
          },
        },
      });
      thrice(() => expect(() => update.run(1, 2)).toThrow(busy));
      const jsonOf = { toJSON: () => insert.run(2) };
      thrice(() => expect(() => session.prepare('select $1::text').get(jsonOf)).toThrow(expect.objectContaining({ code: '42804' })));
      expect(logged(db)).toEqual([]);
    }));
});

it('an asynchronous statement that a function gives runs when the synchronous one is over', () =>
  withRows(async (db, session) => {
    for (const text of ['commit', 'insert into log values (1)', 'rollback']) await session.query(text).catch(() => undefined);
    await session.exec('delete from log');
    const given: Promise<unknown>[] = [];
    db.createFunction('give', { args: ['int'], returns: 'int' }, (id: number) => {
      given.push(session.query('commit'), session.query('insert into log values (1)'));
      return id;
    });
    await session.exec('begin');
    const update = session.prepare('update t set v = give(id) where id = 1');
    expect(update.run()).toEqual({ command: 'UPDATE', rowCount: 1 });
    expect(session.transactionStatus).toBe('active');
    await Promise.all(given);
    expect(session.transactionStatus).toBe('idle');
    expect(logged(db)).toEqual([{ n: 1 }]);
    expect(db.prepare('select v from t where id = 1').get()).toEqual({ v: 1 });
  }));

it('parameters without a JSON text are refused', () =>
  withRows((_, session) => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const value of [circular, { toJSON: () => undefined }]) expect(() => session.prepare('select $1::jsonb').get([value])).toThrow(expect.objectContaining({ code: '42804' }));
  }));
