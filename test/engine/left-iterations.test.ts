/** Loops over `iterate()` that are left early: what is done then, and that the session has no transaction left over. */
import { expect, it } from 'vitest';
import type { Session } from '../../engine/index.js';
import { withDatabase } from './with-database.js';

/** More and fewer than come at once. */
const rowCounts = [10, 1000];

function leave(session: Session, query: string, after: number): void {
  let count = 0;
  for (const _row of session.prepare(query).iterate()) if (++count === after) break;
}

// Left within its last batch, the statement was neither committed nor undone: the next one of the session became part of its transaction.
it.each(rowCounts)('a query of %i rows leaves nothing open', (rowCount) =>
  withDatabase(async (db) => {
    await db.exec(`create table t (k int primary key); insert into t select generate_series(1, ${rowCount})`);
    const session = db.connect();
    for (const after of [1, rowCount - 1, rowCount]) {
      leave(session, 'select k from t', after);
      expect(session.transactionStatus).toBe('idle');
      await session.query('begin isolation level serializable');
      await session.query('rollback');
    }
  }));

// In a block it was done as far as its rows were read, and outside undone, or left open.
it.each(rowCounts.flatMap((rowCount) => ['', 'begin'].map((begin) => [rowCount, begin] as const)))('a change of %i rows is done to its end (%s)', (rowCount, begin) =>
  withDatabase(async (db) => {
    await db.exec(`create table t (k int primary key); insert into t select generate_series(1, ${rowCount}); create table u (k int primary key)`);
    const session = db.connect();
    for (const after of [1, rowCount - 1, rowCount]) {
      if (begin !== '') await session.query(begin);
      leave(session, 'insert into u select k from t returning k', after);
      if (begin !== '') await session.query('commit');
      expect(session.transactionStatus).toBe('idle');
      expect((await db.query('delete from u')).rowCount).toBe(rowCount);
    }
  }));

it('a change gives all of its rows', () =>
  withDatabase(async (db) => {
    await db.exec('create table t (k int primary key); insert into t select generate_series(1, 1000)');
    const rows = [...db.connect().prepare<{ readonly k: number }>('update t set k = k returning k').iterate()];
    expect(rows.map(({ k }) => k)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  }));
