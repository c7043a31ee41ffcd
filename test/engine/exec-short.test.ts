/** A text of one statement given to `exec` goes the short way once it has run, and gives what the general way gives: its twin is `exec` with options. */
import { expect, test } from 'vitest';
import { DatabaseError, type QueryOptions, type QueryResult, type Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

const texts: readonly string[] = [
  'begin isolation level serializable', 'begin', 'select 1 as one', 'insert into t values (1, 2)', 'savepoint s', 'update t set v = 3 where id = 1', 'rollback to savepoint s',
  'release savepoint s', 'commit', 'commit', 'select * from t order by id', 'begin', 'select 1 / 0', 'select 1 as one', 'commit', 'rollback', 'delete from t where id = 1',
  'start transaction read only', 'insert into t values (4, 4)', 'rollback', 'commit and chain', 'begin', 'commit and chain', 'rollback and chain', 'rollback', 'select $1::int', 'release savepoint s',
  'insert into t values (7, 7)', 'insert into t values (7, 8)', 'select * from t order by id', 'begin transaction isolation level repeatable read', 'lock table t', 'abort', ';', 'select 1; select 2',
];

interface Told {
  readonly text: string;
  readonly outcome: readonly QueryResult[] | Pick<DatabaseError, 'code' | 'message' | 'detail' | 'hint' | 'position'>;
  readonly notices: readonly string[];
  readonly status: string;
  readonly isolation: string;
}

async function told(session: Session, text: string, options: QueryOptions | undefined): Promise<Told> {
  const notices: string[] = [];
  const stop = session.onNotice((notice) => notices.push(notice.message));
  const outcome = await session.exec(text, options).catch((error: unknown) => {
    if (!(error instanceof DatabaseError)) throw error;
    const { code, message, detail, hint, position } = error;
    return { code, message, detail, hint, position };
  });
  stop();
  return { text, outcome, notices, status: session.transactionStatus, isolation: session.isolation };
}

async function story(options: QueryOptions | undefined): Promise<Told[]> {
  return withDatabase(async (db) => {
    await db.exec('create table t (id int primary key, v int)');
    const all: Told[] = [];
    // In the second round every text has run before.
    for (let round = 0; round < 2; round++) {
      const session = db.connect();
      for (const text of texts) all.push(await told(session, text, options));
      await session.close();
      await db.exec('delete from t');
    }
    return all;
  });
}

test('results, errors, notices and the state of the transaction are the same both ways', async () => {
  expect(await story(undefined)).toEqual(await story({}));
});

test('texts given at the same time run in the order in which they were given', async () => {
  await withDatabase(async (db) => {
    await db.exec('create table t (id int primary key, v int)');
    const session = db.connect();
    for (let round = 0; round < 3; round++) {
      const given = ['begin', 'insert into t values (1, 1)', 'rollback', 'select count(*)::int as n from t', 'begin', 'commit'].map((text) => session.exec(text));
      const results = await Promise.all(given);
      expect(results.map(([result]) => result!.command)).toEqual(['BEGIN', 'INSERT', 'ROLLBACK', 'SELECT', 'BEGIN', 'COMMIT']);
      expect(results[3]![0]!.rows).toEqual([{ n: 0 }]);
    }
  });
});

test('a session that is closed refuses', async () => {
  await withDatabase(async (db) => {
    const session = db.connect();
    await session.exec('begin');
    await session.exec('rollback');
    await session.close();
    await expect(session.exec('begin')).rejects.toMatchObject({ code: '08003' });
  });
});
