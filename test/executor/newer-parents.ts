/**
 * Foreign keys at SERIALIZABLE where parents and children have come or gone since the snapshot: what each scenario says holds, and fails with the deliberate bug of its name
 * (executor/mutants.ts).
 */
import assert from 'node:assert/strict';
import { open, type Session } from '../../engine/index.js';

/** Parents 1 and 2 with codes 10 and 20, no children, by key (which may be held at once) and by code (which may not); `taker` has taken its snapshot. */
async function withSnapshot(body: (taker: Session, other: Session) => Promise<void>): Promise<void> {
  const db = await open(':memory:');
  try {
    await db.exec(`create table parent (id int primary key, code int unique); insert into parent values (1, 10), (2, 20); create table mark (id int primary key, n int); insert into mark values (1, 0), (2, 0);
      create table child_p (id int primary key, p int references parent on delete cascade); create table child_code (id int primary key, code int references parent (code))`);
    const [taker, other] = [db.connect(), db.connect()];
    await taker.exec('begin isolation level serializable; select n from mark where id = 1');
    await body(taker, other);
  } finally {
    await db.close();
  }
}
const serializable = (statements: string): string => `begin isolation level serializable; ${statements}; commit`;
/** Fails with 23503, and the transaction goes on. */
async function refused(session: Session, text: string): Promise<void> {
  await session.exec('savepoint s');
  await assert.rejects(session.query(text), { code: '23503' });
  await session.exec('rollback to s');
}

/** A parent that is newer than the snapshot is not there, and that alone has been read: no circle. */
export async function newerParent(): Promise<void> {
  for (const columns of ['p', 'code']) {
    await withSnapshot(async (taker, other) => {
      await other.exec(serializable('insert into parent values (3, 3)'));
      await refused(taker, `insert into child_${columns} (id, ${columns}) values (1, 3)`);
      await taker.exec('update mark set n = 1 where id = 2; commit');
    });
    // The transaction is before that of the parent; what that has read of it would come after.
    await withSnapshot(async (taker, other) => {
      await other.exec(serializable('select n from mark where id = 2; insert into parent values (3, 3)'));
      await refused(taker, `insert into child_${columns} (id, ${columns}) values (1, 3)`);
      await assert.rejects(taker.exec('update mark set n = 1 where id = 2; commit'), { code: '40001' });
    });
  }
}

/** Of two parents with one key, one after the other, the first updater has won. */
export async function replacedParent(): Promise<void> {
  await withSnapshot(async (taker, other) => {
    await other.exec('delete from parent where id = 2; insert into parent values (3, 20)');
    await assert.rejects(taker.query('insert into child_code (id, code) values (1, 20)'), { code: '40001', message: /concurrent/ });
  });
}

/** A parent that is not there in the newest state has been looked for: who brings it comes after, who took it away came before. */
export async function missingParent(): Promise<void> {
  for (const [columns, value] of [['p', 2], ['code', 20]] as const) {
    const insert = `insert into child_${columns} (id, ${columns}) values (1, ${value})`;
    await withSnapshot(async (taker, other) => {
      await other.exec(serializable(`delete from parent where id = 2`));
      await refused(taker, insert);
      await taker.exec('commit');
    });
    await withSnapshot(async (taker, other) => {
      await other.exec(serializable('delete from parent where id = 2; update mark set n = 1 where id = 1'));
      await taker.exec('savepoint s');
      // The circle is told at once, or at the end.
      const codes: unknown[] = [];
      for (const text of [insert, 'rollback to s', 'insert into mark values (3, 0)', 'commit']) await taker.exec(text).catch((error: { code?: string }) => codes.push(error.code));
      assert.ok(codes.includes('40001'), codes.join());
    });
    await withSnapshot(async (taker, other) => {
      await other.exec(`begin isolation level serializable; select n from mark where id = 2`);
      await taker.exec('update mark set n = 1 where id = 2');
      await refused(taker, insert.replace(String(value), '30'));
      await other.exec('insert into parent values (30, 30)');
      await taker.exec('commit');
      await assert.rejects(other.exec('commit'), { code: '40001' });
    });
  }
}

/** A parent that was there for a child that is rolled back has been read: who takes it away comes after. */
export async function heldParent(): Promise<void> {
  for (const [columns, value] of [['p', 2], ['code', 20]] as const) {
    await withSnapshot(async (taker, other) => {
      await other.exec('begin isolation level serializable; select n from mark where id = 2');
      await taker.exec(`savepoint s; insert into child_${columns} (id, ${columns}) values (1, ${value}); rollback to s; update mark set n = 1 where id = 2`);
      await other.exec('delete from parent where id = 2');
      await taker.exec('commit');
      await assert.rejects(other.exec('commit'), { code: '40001' });
    });
  }
}

/** The parent of a child on its way stays: whoever removes it waits, and finds the child. */
async function lockedParent(column: 'p' | 'code', value: number): Promise<void> {
  await withSnapshot(async (taker, other) => {
    await taker.exec('rollback; begin');
    await taker.exec(`insert into child_${column} (id, ${column}) values (1, ${value})`);
    await other.exec("set lock_timeout = '5ms'");
    await assert.rejects(other.exec('delete from parent where id = 2'), { code: '55P03' });
    await taker.exec('commit');
    if (column === 'code') await assert.rejects(other.exec('delete from parent where id = 2'), { code: '23503' });
  });
}
export const lockedParentByKey = (): Promise<void> => lockedParent('p', 2);
export const lockedParentByCode = (): Promise<void> => lockedParent('code', 20);
