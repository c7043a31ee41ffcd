/** What programs without types hand over by mistake is refused with 22023, and what their own functions throw fails the call with 38000; the session goes on in either case. */
import { describe, expect, it } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- it is about values of wrong types */
const mistakes: Readonly<Record<string, (session: Session, db: Database, wrong: any) => unknown>> = {
  'callback of transaction': (_, db, wrong) => db.transaction(wrong),
  'callback of savepoint': (_, db, wrong) => db.transaction((tx) => tx.savepoint(wrong)),
  'a signal': (session, _, wrong) => session.query('select 1', [], { signal: wrong }),
  'a timeout': (session, _, wrong) => session.query('select 1', [], { timeout: wrong === 5 ? '5' : wrong }),
  'a timeout of no number': (session) => session.query('select 1', [], { timeout: NaN }),
  'a parser': (session, _, wrong) => session.query('select 1', [], { parsers: { 23: wrong } }),
  'a serializer of a stream': (session, _, wrong) => session.stream('select $1::int', [1], { serializers: { 23: wrong } }).next(),
  'rows of a batch': (session) => session.stream('select 1', [], { batchRows: 0 }).next(),
  'half a row of a batch': (session) => session.stream('select 1', [], { batchRows: 0.5 }).next(),
  'a listener': (session, _, wrong) => session.onNotice(wrong),
  'options of connect': (_, db, wrong) => db.connect(wrong),
  'a name': (_, db) => db.connect({ name: 5 as any }),
  'a source': (session, _, wrong) => session.copyFrom('copy t from stdin', wrong),
  'a piece of a source': (session, _, wrong) => session.copyFrom('copy t from stdin', [wrong]),
  'a sink': (session, _, wrong) => session.copyTo('copy t to stdout', wrong),
  'a sink of dump': (_, db, wrong) => db.dump(wrong),
  'a source of restore': (_, db, wrong) => db.restore(wrong),
  'a piece of a source of restore': (_, db, wrong) => db.restore([wrong]),
  'the body of a function': (_, db, wrong) => db.createFunction('f', { args: ['int'] }, wrong),
  'options of a function': (_, db, wrong) => db.createFunction('f', wrong, () => 1),
  'the step of an aggregate': (_, db, wrong) => db.createAggregate('f', { init: () => 0, step: wrong }),
  'options of open': (_, __, wrong) => open(':memory:', wrong),
};

describe('arguments of wrong types', () => {
  for (const [what, run] of Object.entries(mistakes)) {
    it(what, () =>
      withDatabase(async (db) => {
        await db.exec('create table t (a int)');
        const session = db.connect();
        for (const wrong of [null, 5, true]) await expect((async () => run(session, db, wrong))(), String(wrong)).rejects.toMatchObject({ code: '22023' });
        expect((await session.query('select count(*)::int as n from t')).rows).toEqual([{ n: 0 }]);
        expect(session.transactionStatus).toBe('idle');
      }));
  }

  it('a statement that is no text', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      for (const wrong of [undefined, null, 5, {}] as any[]) {
        await expect(session.query(wrong)).rejects.toMatchObject({ code: '42601' });
        expect(() => session.prepare(wrong)).toThrow(expect.objectContaining({ code: '42601' }));
        expect(() => db.prepare(wrong)).toThrow(expect.objectContaining({ code: '42601' }));
      }
    }));
});

describe('what is read and written', () => {
  it('may be a text or bytes as a whole', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int, b text)');
      expect((await db.copyFrom('copy t from stdin', '1\tone\n2\ttwo\n')).rowCount).toBe(2);
      expect((await db.copyFrom('copy t from stdin', Buffer.from('3\tthree\n'))).rowCount).toBe(1);
      expect((await db.restore(Buffer.from('insert into t values (4, null);'))).statementCount).toBe(1);
      expect((await db.query('select a from t order by a')).rows.map(({ a }) => a)).toEqual([1, 2, 3, 4]);
    }));

  it('fails with what the program threw as its cause', () =>
    withDatabase(async (db) => {
      await db.exec('create table t (a int)');
      const fault = new Error('no such file');
      const source = (function* (): Generator<string> {
        yield '1\n';
        throw fault;
      })();
      const failed = { code: '38000', message: expect.stringContaining('no such file') as string };
      await expect(db.copyFrom('copy t from stdin', source)).rejects.toMatchObject(failed);
      expect((await db.query('select count(*)::int as n from t')).rows).toEqual([{ n: 0 }]);
      await db.exec('insert into t values (1)');
      const sink = (): never => {
        throw fault;
      };
      await expect(db.copyTo('copy t to stdout', sink)).rejects.toMatchObject(failed);
      await expect(db.dump(sink)).rejects.toMatchObject(failed);
    }));

  it('of a parser, a serializer, a listener and onResult too', () =>
    withDatabase(async (db) => {
      const fault = new Error('no such file');
      const fails = (): never => {
        throw fault;
      };
      const failed = (what: string): object => expect.objectContaining({ code: '38000', message: `${what} failed: no such file` }) as object;
      const session = db.connect();
      await expect(session.query('select 1', [], { parsers: { 23: fails } })).rejects.toEqual(failed('the parser of type integer'));
      await expect(session.query('select $1::int', [1], { serializers: { 23: fails } })).rejects.toEqual(failed('the serializer of type integer'));
      await expect(session.query('select $1::int', [1], { serializers: { 23: (() => undefined) as any } })).rejects.toMatchObject({ code: '42804' });
      await expect(session.exec('select 1', { onResult: fails })).rejects.toEqual(failed('onResult'));
      session.onNotice(fails);
      await expect(session.exec('drop table if exists none')).rejects.toEqual(failed('a listener of notices'));
      expect(session.transactionStatus).toBe('idle');
    }));
});
