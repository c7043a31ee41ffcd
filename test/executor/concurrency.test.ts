/**
 * Shows what statements do when others change rows under them: re-evaluation after a wait at READ COMMITTED, first updater wins above it, unique keys, upserts
 * and foreign keys in flight, SKIP LOCKED, and how far a stopped scan has read. Expectations are PostgreSQL's, measured.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../mvcc/transaction.js';
import type { Datum } from '../../base/datum.js';
import { codeOf, codeOfAsync, int, op, TestDatabase, text } from './fixture.js';

describe.each(['interpreted', 'generated'] as const)('%s', (mode) => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await TestDatabase.open();
    db.options = { ...db.options, mode };
    db.createTable('t', { columns: { id: 'int4', value: 'int4' }, key: ['id'], indexes: [{ name: 't_value', columns: ['value'] }] });
    db.insertRows('t', [[1, 10], [2, 20], [3, 30]]);
  });
  afterEach(async () => {
    await db.close();
  });
  const byValue = (value: number) => (c: Readonly<Record<string, ReturnType<typeof int>>>) => op(c['value']!, '=', int(value));
  const byId = (id: number) => (c: Readonly<Record<string, ReturnType<typeof int>>>) => op(c['id']!, '=', int(id));
  const addTo = (n: number) => (c: Readonly<Record<string, ReturnType<typeof int>>>) => ({ value: op(c['value']!, '+', int(n)) });
  /** Starts something that must wait, does `meanwhile`, and gives the outcome. */
  async function blocked<T>(tx: Transaction, waiting: Promise<T>, meanwhile: () => void): Promise<T> {
    await Promise.resolve();
    expect(tx.isWaiting).toBe(true);
    meanwhile();
    return waiting;
  }

  describe('READ COMMITTED', () => {
    test('a row that no longer matches is left alone', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('t', addTo(10)));
      const deleted = await blocked(b, db.runAsync(b, db.delete('t', byValue(20))), () => a.commitSync());
      expect(deleted.rowCount).toBe(0);
      b.commitSync();
      expect(db.rowsOf('t')).toEqual([[1, 20], [2, 30], [3, 40]]);
    });
    test('the new row is made from the newest version', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('t', addTo(5), byId(1)));
      await blocked(b, db.runAsync(b, db.update('t', addTo(100), byId(1))), () => a.commitSync());
      b.commitSync();
      expect(db.rowsOf('t')).toContainEqual([1, 115]);
    });
    test('a rollback lets the waiter go on as if nothing had been', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('t', addTo(5)));
      const updated = await blocked(b, db.runAsync(b, db.update('t', addTo(100), byValue(20))), () => a.rollback());
      expect(updated.rowCount).toBe(1);
      b.commitSync();
      expect(db.rowsOf('t')).toContainEqual([2, 120]);
    });
    test('a changed primary key is followed', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      const c = db.begin('read committed', 3);
      db.run(a, db.update('t', () => ({ id: int(5) }), byId(1)));
      const byVal = db.runAsync(b, db.update('t', addTo(1), byValue(10)));
      const byKey = db.runAsync(c, db.update('t', addTo(1), byId(1)));
      const first = await blocked(b, byVal, () => a.commitSync());
      b.commitSync();
      expect(first.rowCount).toBe(1);
      expect((await byKey).rowCount).toBe(0);
      c.commitSync();
      expect(db.rowsOf('t')).toContainEqual([5, 11]);
    });
    test('a row deleted and inserted again is another row', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.delete('t', byId(1)));
      db.run(a, db.insert('t', [[1, 10]]));
      const updated = await blocked(b, db.runAsync(b, db.update('t', addTo(1), byId(1))), () => a.commitSync());
      expect(updated.rowCount).toBe(0);
      b.rollback();
    });
    test('SELECT FOR UPDATE gives the newest version; SKIP LOCKED and NOWAIT do not wait', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('t', addTo(1), byId(1)));
      expect(codeOf(() => db.run(b, db.lockRows('t', 'update', undefined, 'nowait')))).toBe('55P03');
      expect(db.run(b, db.limit(db.lockRows('t', 'update', undefined, 'skip locked'), 1))).toEqual([[2, 20]]);
      const c = db.begin('read committed', 3);
      // LIMIT 1 locked one row only.
      expect(db.run(c, db.lockRows('t', 'update', undefined, 'skip locked'))).toEqual([[3, 30]]);
      c.rollback();
      const locked = await blocked(b, db.runAsync(b, db.lockRows('t', 'update', byId(1))), () => a.commitSync());
      expect(locked.rows).toEqual([[1, 11]]);
      b.rollback();
    });
    test('a synchronous caller is refused instead of waiting', () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('t', addTo(1), byId(1)));
      db.run(a, db.delete('t', byId(3)));
      expect(codeOf(() => db.run(b, db.update('t', addTo(1), byId(1))))).toBe('55P03');
      expect(codeOf(() => db.run(b, db.insert('t', [[9, 1], [3, 1]])))).toBe('55P03');
      // The key of a row that is only being updated is taken however that ends.
      expect(codeOf(() => db.run(b, db.insert('t', [[1, 1]])))).toBe('23505');
      a.rollback();
      b.rollback();
    });
  });

  describe('unique keys in flight', () => {
    test('the second waits; 23505 when the first commits, in when it rolls back', async () => {
      for (const commits of [true, false]) {
        const id = commits ? 50 : 51;
        const a = db.begin();
        const b = db.begin('read committed', 2);
        db.run(a, db.insert('t', [[id, 1]]));
        const outcome = await blocked(b, codeOfAsync(db.runAsync(b, db.insert('t', [[id, 2]]))), () => {
          if (commits) a.commitSync();
          else a.rollback();
        });
        expect(outcome).toBe(commits ? '23505' : 'ok');
        if (commits) b.rollback();
        else b.commitSync();
      }
      expect(db.rowsOf('t')).toContainEqual([51, 2]);
    });
    test('an upsert acts on the row committed while it waited', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      const upsert = (value: number): ReturnType<typeof db.upsert> => db.upsert('t', ['t_pkey'], [[7, value]], (e, x) => ({ value: op(e['value']!, '+', x['value']!) }));
      db.run(a, upsert(30));
      await blocked(b, db.runAsync(b, upsert(31)), () => a.commitSync());
      b.commitSync();
      expect(db.rowsOf('t')).toContainEqual([7, 61]);
    });
  });

  describe('foreign keys in flight', () => {
    beforeEach(() => {
      db.createTable('p', { columns: { id: 'int4', note: 'text' }, key: ['id'] });
      db.createTable('c', { columns: { id: 'int4', p: 'int4' }, key: ['id'], indexes: [{ name: 'c_p', columns: ['p'] }], foreignKeys: [{ name: 'c_p_fkey', columns: ['p'], references: 'p', to: ['id'] }] });
      db.insertRows('p', [[1, 'x'], [2, 'y']]);
    });
    const child = (id: number, parent: number): ReturnType<typeof db.insert> => db.insert('c', [[id, parent]]);
    const deleteParent = (id: number): ReturnType<typeof db.delete> => db.delete('p', byId(id));

    test('a parent waits for the children being added to it', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, child(10, 1));
      expect(await blocked(b, codeOfAsync(db.runAsync(b, deleteParent(1))), () => a.commitSync())).toBe('23503');
      b.rollback();
      expect(db.rowsOf('p')).toHaveLength(2);
    });
    test('a child waits for its parent being removed', async () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, deleteParent(2));
      expect(await blocked(b, codeOfAsync(db.runAsync(b, child(10, 2))), () => a.commitSync())).toBe('23503');
      b.rollback();
    });
    test('an update of other columns of the parent is in nobody\'s way', () => {
      const a = db.begin();
      const b = db.begin('read committed', 2);
      db.run(a, db.update('p', () => ({ note: text('z') }), byId(1)));
      db.run(b, child(10, 1));
      b.commitSync();
      a.commitSync();
      expect(db.rowsOf('c')).toEqual([[10, 1]]);
    });
  });

  /** An update that reads no more than the row it changes. */
  const updateByKey = (tx: Transaction, id: number): unknown => {
    const { plan, key } = db.indexScan('t', 't_pkey', [{ equal: [{ value: int(id), isNullTest: false }] }], { isPoint: true, withKey: true });
    return db.run(tx, { ...db.update('t', addTo(1), byId(id)), input: plan, rowKey: key, assignments: [{ column: 1, value: int(99) }], recheck: undefined });
  };

  describe('above READ COMMITTED', () => {
    test('first updater wins', async () => {
      for (const level of ['repeatable read', 'serializable'] as const) {
        const a = db.begin(level);
        const b = db.begin(level, 2);
        db.rowsOf('t', a);
        db.rowsOf('t', b);
        db.run(a, db.update('t', addTo(1), byId(1)));
        expect(await blocked(b, codeOfAsync(db.runAsync(b, db.update('t', addTo(1), byId(1)))), () => a.commitSync())).toBe('40001');
        b.rollback();
      }
    });
    test('write skew is refused; disjoint reads and writes are not', () => {
      const skew = (read: (tx: Transaction) => unknown): string => {
        const a = db.begin('serializable');
        const b = db.begin('serializable', 2);
        read(a);
        read(b);
        updateByKey(a, 1);
        updateByKey(b, 2);
        return codeOf(() => {
          a.commitSync();
          b.commitSync();
        });
      };
      expect(skew((tx) => db.rowsOf('t', tx))).toBe('40001');
      expect(skew((tx) => db.run(tx, db.indexScan('t', 't_pkey', [{ equal: [{ value: int(3), isNullTest: false }] }], { isPoint: true }).plan))).toBe('ok');
    });
    test('a row fetched through an index counts as read, also when its entry does not change', () => {
      db.createTable('u', { columns: { id: 'int4', k: 'int4', v: 'int4' }, key: ['id'], indexes: [{ name: 'u_k', columns: ['k'] }] });
      db.insertRows('u', [[1, 1, 0], [2, 2, 0]]);
      const read = (tx: Transaction, k: number): unknown => db.run(tx, db.indexScan('u', 'u_k', [{ equal: [{ value: int(k), isNullTest: false }] }]).plan);
      const write = (tx: Transaction, id: number): unknown => db.run(tx, db.update('u', (c) => ({ v: op(c['v']!, '+', int(1)) }), byId(id)));
      const a = db.begin('serializable');
      const b = db.begin('serializable', 2);
      read(a, 1);
      read(b, 2);
      write(a, 2);
      write(b, 1);
      expect(codeOf(() => {
        a.commitSync();
        b.commitSync();
      })).toBe('40001');
    });

    describe('LIMIT', () => {
      /** Two transactions read the first rows of `t` up to a limit, then each writes one row: a cycle exists if each read what the other wrote. */
      const crossed = (limit: number, firstWrite: (tx: Transaction) => unknown, secondWrite: (tx: Transaction) => unknown): string => {
        const a = db.begin('serializable');
        const b = db.begin('serializable', 2);
        const read = (tx: Transaction): unknown => db.run(tx, db.limit(db.scan('t').plan, limit));
        read(a);
        read(b);
        firstWrite(a);
        secondWrite(b);
        return codeOf(() => {
          a.commitSync();
          b.commitSync();
        });
      };
      const insert = (id: number) => (tx: Transaction): unknown => db.run(tx, db.insert('t', [[id, 0] as Datum[]]));
      const update = (id: number) => (tx: Transaction): unknown => updateByKey(tx, id);
      test('a row within the limit counts as read, the last one included', () => {
        expect(crossed(2, update(1), update(2))).toBe('40001');
      });
      test('what lies beyond does not', () => {
        expect(crossed(2, insert(7), insert(8))).toBe('ok');
      });
      test('nothing is read for LIMIT 0', () => {
        expect(crossed(0, update(1), update(2))).toBe('ok');
      });
    });
  });
});
