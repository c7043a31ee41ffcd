/** transaction(): commit, rollback, retries, savepoints, and every way to use it wrongly. */
import { describe, expect, test } from 'vitest';
import type { Database, TransactionHandle } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

async function withDatabase(body: (db: Database) => Promise<void>): Promise<void> {
  const db = await open(':memory:');
  try {
    await db.exec('create table t (id int primary key, v int); insert into t values (1, 10), (2, 20)');
    await body(db);
  } finally {
    await db.close();
  }
}
const code = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'none', (error: unknown) => (error instanceof DatabaseError ? error.code : String(error)));
const total = async (db: Database): Promise<unknown> => (await db.query('select sum(v) as s from t')).rows[0]!['s'];

describe('transaction', () => {
  test('commits what the callback did and gives what it returned', () =>
    withDatabase(async (db) => {
      const result = await db.transaction(async (tx) => {
        await tx.query('update t set v = v + 1');
        return (await tx.query('select count(*) as n from t')).rows[0]!['n'];
      });
      expect(result).toBe(2);
      expect(await total(db)).toBe(32);
    }));

  test('rolls back when the callback throws, and passes the error on', () =>
    withDatabase(async (db) => {
      const mine = new Error('mine');
      await expect(db.transaction(async (tx) => {
        await tx.query('delete from t');
        throw mine;
      })).rejects.toBe(mine);
      expect(await total(db)).toBe(30);
    }));

  test('takes its modes', () =>
    withDatabase(async (db) => {
      await db.transaction(async (tx) => {
        expect(tx.isolation).toBe('serializable');
        expect(await code(tx.query('delete from t'))).toBe('25006');
        await tx.exec('rollback; begin');
      }, { isolation: 'serializable', readOnly: true });
    }));

  test('an error that the callback swallowed fails the commit', () =>
    withDatabase(async (db) => {
      expect(await code(db.transaction(async (tx) => {
        await tx.query('update t set v = 0');
        await code(tx.query('select 1/0'));
      }))).toBe('25P02');
      expect(await total(db)).toBe(30);
    }));

  test('savepoints undo their part', () =>
    withDatabase(async (db) => {
      await db.transaction(async (tx) => {
        await tx.query('update t set v = 11 where id = 1');
        expect(await code(tx.savepoint(async (inner) => {
          await inner.query('update t set v = 99 where id = 2');
          await inner.query('select 1/0');
        }))).toBe('22012');
        await tx.savepoint((inner) => inner.query('update t set v = 22 where id = 2'));
      });
      expect(await total(db)).toBe(33);
    }));

  test('starts over after a conflict as often as it is told', () =>
    withDatabase(async (db) => {
      let attempts = 0;
      const increment = async (tx: TransactionHandle): Promise<void> => {
        attempts++;
        const { rows } = await tx.query('select v from t where id = 1');
        await tx.query('update t set v = $1 where id = 1', [(rows[0]!['v'] as number) + 1]);
      };
      await Promise.all(Array.from({ length: 8 }, () => db.transaction(increment, { isolation: 'serializable', retry: 50 })));
      expect((await db.query('select v from t where id = 1')).rows).toEqual([{ v: 18 }]);
      expect(attempts).toBeGreaterThan(8);
    }));

  test('gives up without retries', () =>
    withDatabase(async (db) => {
      const other = db.connect();
      expect(await code(db.transaction(async (tx) => {
        await tx.query('select * from t');
        await other.query('update t set v = 0 where id = 1');
        await tx.query('update t set v = 1 where id = 1');
      }, { isolation: 'repeatable read' }))).toBe('40001');
    }));
});

describe('misuse', () => {
  test('a handle does nothing after its end', () =>
    withDatabase(async (db) => {
      let leaked: TransactionHandle | undefined;
      await db.transaction((tx) => {
        leaked = tx;
        return Promise.resolve();
      });
      expect(leaked!.isOpen).toBe(false);
      expect(await code(leaked!.query('select 1'))).toBe('25000');
      expect(await code(leaked!.exec('select 1'))).toBe('25000');
      expect(() => leaked!.stream('select 1')).toThrow(/ended/);
    }));

  test('the database handle that would wait for the transaction around it fails instead of hanging', () =>
    withDatabase(async (db) => {
      let inner: unknown;
      await db.transaction(async (tx) => {
        await tx.query('update t set v = 1 where id = 1');
        inner = await db.query('update t set v = 2 where id = 1').catch((error: unknown) => error);
      });
      expect(inner).toBeInstanceOf(DatabaseError);
      expect((inner as DatabaseError).code).toBe('55P03');
      expect((inner as DatabaseError).hint).toMatch(/handle/);
      expect((await db.query('select v from t where id = 1')).rows).toEqual([{ v: 1 }]);
    }));

  test('... also through a third session', () =>
    withDatabase(async (db) => {
      const third = db.connect();
      await third.query('begin');
      await third.query('update t set v = 5 where id = 2');
      let inner: unknown;
      let blocked: Promise<unknown> | undefined;
      await db.transaction(async (tx) => {
        await tx.query('update t set v = 1 where id = 1');
        const own = db.query('update t set v = 2 where id = 2').catch((error: unknown) => error);
        blocked = third.query('update t set v = 6 where id = 1');
        inner = await own;
      });
      expect((inner as DatabaseError).code).toBe('55P03');
      await blocked;
      await third.query('commit');
    }));

  test('reading through the database handle inside a transaction is fine', () =>
    withDatabase(async (db) => {
      await db.transaction(async (tx) => {
        await tx.query('update t set v = 1 where id = 1');
        expect((await db.query('select v from t where id = 1')).rows).toEqual([{ v: 10 }]);
      });
    }));

  test('the session of a running transaction is its handle\'s alone', () =>
    withDatabase(async (db) => {
      const session = db.connect();
      await session.transaction(async (tx) => {
        expect(await code(session.query('select 1'))).toBe('25001');
        expect(await code(session.transaction(() => 1))).toBe('25001');
        expect((await tx.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      });
      expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      await session.query('begin');
      expect(await code(session.transaction(() => 1))).toBe('25001');
      await session.query('rollback');
    }));

  test('closing the database inside a transaction is refused', () =>
    withDatabase(async (db) => {
      await db.transaction(async () => expect(await code(db.close())).toBe('25001'));
    }));
});
