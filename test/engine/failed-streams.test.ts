/** Streams that fail, are cancelled while they run or before the call for more rows has begun, that are left, or whose transaction ends: what is done, and that the session goes on. */
import { expect, it } from 'vitest';
import type { Database, QueryOptions, Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

const RowCount = 1000;

function withRows(use: (session: Session, db: Database) => Promise<void>): Promise<void> {
  return withDatabase(async (db) => {
    await db.exec(`create table t (k int primary key); insert into t select generate_series(1, ${RowCount})`);
    await use(db.connect(), db);
  });
}

/** Reads until it fails; `each` is called for every row. @returns the code */
async function failure(session: Session, query: string, options: QueryOptions, each: (count: number) => void): Promise<unknown> {
  let count = 0;
  try {
    for await (const _row of session.stream(query, [], options)) each(++count);
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return undefined;
}

interface Case {
  readonly name: string;
  readonly query: string;
  readonly options?: QueryOptions;
  readonly cancelsAt?: number;
  readonly code: string;
}

const cases: readonly Case[] = [
  { name: 'an error in the first batch', query: 'select 1 / (k - 1) from t order by k', code: '22012' },
  { name: 'an error in a later batch', query: 'select 1 / (k - 600) from t order by k', code: '22012' },
  { name: 'a change that fails when some of its rows have been given', query: 'insert into t select 2000 + k + 1 / (500 - k) / 2 from t returning k', code: '22012' },
  { name: 'a value that its parser refuses', query: 'select k from t order by k', options: { parsers: { 23: refuse600 } }, code: '38000' },
  { name: 'a deadline', query: 'select count(*) from t a, t b, t c', options: { timeout: 5 }, code: '57014' },
  { name: 'a cancel between two batches', query: 'select k from t', cancelsAt: 300, code: '57014' },
];
function refuse600(text: string): string {
  if (text === '600') throw new Error('refused');
  return text;
}

async function run(session: Session, { query, options, cancelsAt }: Case): Promise<unknown> {
  const controller = new AbortController();
  return failure(session, query, cancelsAt === undefined ? (options ?? {}) : { signal: controller.signal }, (count) => {
    if (count === cancelsAt) controller.abort();
  });
}

// The statement stayed begun: the next one of the session was XX000, and until then its transaction kept its snapshot and its locks.
it.each(cases)('$name ends a transaction of its own', (one) =>
  withRows(async (session, db) => {
    const { rolledBack } = db.stats().transactions;
    expect(await run(session, one)).toBe(one.code);
    expect(session.transactionStatus).toBe('idle');
    expect(db.stats().transactions.rolledBack).toBe(rolledBack + 1);
    expect((await session.query('select count(*)::int from t')).rows).toEqual([{ count: RowCount }]);
    await session.query('insert into t values (0)');
    expect((await db.query('select count(*)::int from t')).rows).toEqual([{ count: RowCount + 1 }]);
  }));

it.each(cases)('$name fails the block, of which a savepoint brings back what was before', (one) =>
  withRows(async (session, db) => {
    await session.exec('begin; insert into t values (-1); savepoint a; insert into t values (-2)');
    expect(await run(session, one)).toBe(one.code);
    expect(session.transactionStatus).toBe('failed');
    await expect(session.query('select 1')).rejects.toMatchObject({ code: '25P02' });
    await session.exec('rollback to a; insert into t values (-3); commit');
    expect((await db.query('select k from t where k < 0 order by k')).rows).toEqual([{ k: -3 }, { k: -1 }]);
  }));

it('a stream that is left after a cancel ends well', () =>
  withRows(async (session) => {
    const controller = new AbortController();
    for await (const _row of session.stream('select k from t', [], { signal: controller.signal })) {
      controller.abort();
      break;
    }
    await session.query('insert into t values (0)');
    expect(session.transactionStatus).toBe('idle');
  }));

// Half of the rows had been inserted, and were committed.
it.each(['', 'begin'])('a change is done to its end, however few of its rows are read (%s)', (begin) =>
  withRows(async (session, db) => {
    if (begin !== '') await session.query(begin);
    for await (const _row of session.stream('insert into t select k + 5000 from t returning k', [], { batchRows: 10 })) break;
    if (begin !== '') await session.query('commit');
    expect((await db.query('select count(*)::int from t')).rows).toEqual([{ count: 2 * RowCount }]);
  }));

it('a change gives all of its rows, as many at a time as are asked for', () =>
  withRows(async (session) => {
    for (const batchRows of [1, 7, RowCount, RowCount + 1]) {
      const keys: unknown[] = [];
      for await (const row of session.stream<{ readonly k: number }>('update t set k = k returning k', [], { batchRows })) keys.push(row.k);
      expect(keys.length).toBe(RowCount);
    }
  }));

// It asked for more rows for ever.
it.each([
  ['rollback to a', 'savepoint a', 'rollback'],
  ['commit', '', ''],
  ['rollback', '', ''],
])('a stream whose transaction or savepoint is gone is 34000 (%s)', (end, before, after) =>
  withRows(async (session) => {
    await session.exec(`begin; ${before}`);
    for (const query of ['select k from t', 'update t set k = k returning k']) {
      const stream = session.stream(query, [], { batchRows: 10 });
      await stream.next();
      await session.query(end);
      await expect((async () => { for await (const _row of stream); })()).rejects.toMatchObject({ code: '34000' });
      if (end !== 'rollback to a') await session.exec('begin');
    }
    await session.query('insert into t values (0)');
    await session.exec(after === '' ? 'commit' : after);
  }));
