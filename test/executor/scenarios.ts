/**
 * One scenario per deliberate bug of executor/mutants.ts: what holds without it and fails with it. test/executor/mutants.test.ts runs them as they
 * are and planted; test/mutants/executor.ts reports which killed what.
 */
import assert from 'node:assert/strict';
import { open, type Database, type Session, type Statement } from '../../engine/index.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { lockedParentByCode, lockedParentByKey, missingParent, newerParent, replacedParent } from './newer-parents.js';
import { codeOf, int, op, TestDatabase, type Columns } from './fixture.js';

type Mode = 'interpreted' | 'generated';

/** An account table, and a parent and child. */
async function world(mode: Mode): Promise<TestDatabase> {
  const db = await TestDatabase.open();
  db.options = { ...db.options, mode };
  db.createTable('t', { columns: { id: 'int4', value: 'int4!' }, key: ['id'], checks: [{ name: 't_value_check', expression: (c) => op(c('value'), '>=', int(0)) }] });
  db.createTable('p', { columns: { id: 'int4' }, key: ['id'] });
  db.createTable('c', { columns: { id: 'int4', p: 'int4' }, key: ['id'], indexes: [{ name: 'c_p', columns: ['p'] }], foreignKeys: [{ name: 'c_p_fkey', columns: ['p'], references: 'p', to: ['id'] }] });
  db.insertRows('t', [[1, 10], [2, 20], [3, 30]]);
  db.insertRows('p', [[1], [2]]);
  db.insertRows('c', [[10, 1]]);
  return db;
}
const is = (column: string, value: number) => (c: Columns) => op(c[column]!, '=', int(value));
const plus = (n: number) => (c: Columns) => ({ value: op(c['value']!, '+', int(n)) });

/** Runs two transactions of which the second waits for the first. */
async function waiting(db: TestDatabase, first: (tx: Transaction) => void, second: (tx: Transaction) => Promise<unknown>): Promise<void> {
  const a = db.begin('read committed', 1);
  const b = db.begin('read committed', 2);
  first(a);
  const done = second(b);
  a.commitSync();
  await done;
  b.commitSync();
}

/** A statement that changes a row by its key and a condition, as rows 1 to 5 do not satisfy it, and has run before. */
async function conditional(): Promise<{ readonly db: Database; readonly one: Session; readonly other: Session; readonly update: Statement }> {
  const db = await open(':memory:');
  const [one, other] = [db.connect(), db.connect()];
  await one.exec('create table r (id int primary key, n int); insert into r select i, i from generate_series(1, 9) i');
  const update = one.prepare('update r set n = n + 1 where id = $1 and n > 5');
  await one.exec('begin');
  for (let id = 1; id <= 9; id++) update.run(id);
  await one.exec('commit');
  return { db, one, other, update };
}

/** Rows with two unique columns, and statements that find a row by one of them or change both, and have run before. */
async function twiceUnique(): Promise<{ readonly db: Database; readonly one: Session; readonly other: Session; readonly update: Statement; readonly move: Statement }> {
  const db = await open(':memory:');
  const [one, other] = [db.connect(), db.connect()];
  await one.exec('create table r (id int primary key, u int unique, w int unique, n int); insert into r select i, i, i, i from generate_series(1, 9) i');
  const update = one.prepare('update r set n = n + 1 where u = $1');
  const move = one.prepare('update r set u = $2, w = $3 where id = $1');
  await one.exec('begin');
  for (let i = 1; i <= 9; i++) {
    update.run(i);
    move.run(i, i + 100, i + 100);
  }
  await one.exec('rollback');
  return { db, one, other, update, move };
}

export const scenarios: Readonly<Record<string, (mode: Mode) => Promise<void>>> = {
  'executor.limit-registers-less': async (mode) => {
    const db = await world(mode);
    // Both read rows 1 and 2; each changes one of them. Row 2 is where the scan stopped.
    const a = db.begin('serializable', 1);
    const b = db.begin('serializable', 2);
    for (const tx of [a, b]) assert.deepEqual(db.run(tx, db.limit(db.scan('t').plan, 2)), [[1, 10], [2, 20]]);
    const change = (tx: Transaction, id: number): unknown => {
      const { plan, key } = db.indexScan('t', 't_pkey', [{ equal: [{ value: int(id), isNullTest: false }] }], { isPoint: true, withKey: true });
      return db.run(tx, { ...db.update('t', plus(1)), input: plan, rowKey: key, assignments: [{ column: 1, value: int(99) }], recheck: undefined });
    };
    change(a, 1);
    change(b, 2);
    assert.equal(codeOf(() => {
      a.commitSync();
      b.commitSync();
    }), '40001');
    await db.close();
  },
  'executor.restart-keeps-rows': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table a (id int primary key); create table b (id int primary key, v int); insert into a values (1), (2); insert into b values (1, 1), (2, 2)');
      const [holder, reader] = [db.connect(), db.connect()];
      await holder.exec('begin; update b set v = 3 where id = 2');
      const reading = reader.query('select id, (select v from b where b.id = a.id for update) as v from a order by id');
      while (!reader.isWaiting) await new Promise((resolve) => setImmediate(resolve));
      await holder.exec('commit');
      assert.deepEqual((await reading).rows, [{ id: 1, v: 1 }, { id: 2, v: 3 }]);
    } finally {
      await db.close();
    }
  },
  'executor.skip-recheck': async (mode) => {
    const db = await world(mode);
    await waiting(db, (tx) => db.run(tx, db.update('t', plus(10))), (tx) => db.runAsync(tx, db.delete('t', is('value', 20))));
    assert.deepEqual(db.rowsOf('t'), [[1, 20], [2, 30], [3, 40]]);
    await db.close();
  },
  'executor.update-from-snapshot': async (mode) => {
    const db = await world(mode);
    await waiting(db, (tx) => db.run(tx, db.update('t', plus(5), is('id', 1))), (tx) => db.runAsync(tx, db.update('t', plus(100), is('id', 1))));
    assert.deepEqual(db.rowsOf('t')[0], [1, 115]);
    await db.close();
  },
  'executor.skip-unique': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.insertRows('t', [[1, 1]])), '23505');
    await db.close();
  },
  'executor.skip-not-null': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.insertRows('t', [[9, null]])), '23502');
    await db.close();
  },
  'executor.skip-check': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.insertRows('t', [[9, -1]])), '23514');
    await db.close();
  },
  'executor.rows-left-to-be-run': async () => {
    const db = await open(':memory:');
    try {
      const session = db.connect();
      await session.exec('create table r (id int primary key, s text); create index on r (s)');
      const insert = (id: number, s: string): Promise<unknown> => session.exec(`insert into r (id, s) values${' '.repeat(200)}(${id}, 'a'), (${id + 1}, 'b'), (${id + 2}, 'c'), (${id + 3}, '${s}')`);
      for (let id = 0; id < 12; id += 4) await insert(id, 'd');
      await assert.rejects(insert(100, 'x'.repeat(20_000)), { code: '54000' });
    } finally {
      await db.close();
    }
  },
  'executor.sought-entry-unread': async () => {
    const { db, one, other, update } = await twiceUnique();
    try {
      await one.exec('begin isolation level serializable');
      await other.exec('begin isolation level serializable; select n from r where id = 2');
      assert.equal(update.run(50).rowCount, 0);
      await one.exec('update r set n = 0 where id = 2');
      await other.exec('insert into r values (50, 50, 50, 50); commit');
      await assert.rejects(one.exec('commit'), { code: '40001' });
    } finally {
      await db.close();
    }
  },
  'executor.tried-change-stays': async () => {
    const { db, one, move } = await twiceUnique();
    try {
      await one.exec('begin; savepoint s');
      assert.throws(() => move.run(1, 50, 2), /"r_w_key"/);
      await one.exec('rollback to s');
      assert.equal(move.run(1, 50, 51).rowCount, 1);
      await one.exec('commit');
      assert.deepEqual((await one.query('select id from r where u = 50 and w = 51')).rows, [{ id: 1 }]);
    } finally {
      await db.close();
    }
  },
  'executor.changed-key-weakly-locked': async () => {
    const { db, one, other, move } = await twiceUnique();
    try {
      await one.exec('begin');
      move.run(1, 50, 51);
      await assert.rejects(other.exec('select from r where id = 1 for key share nowait'), { code: '55P03' });
      move.run(2, 2, 2);
      await other.exec('select from r where id = 2 for key share nowait');
      await one.exec('commit');
    } finally {
      await db.close();
    }
  },
  'executor.unsatisfied-row-unread': async () => {
    const { db, one, other, update } = await conditional();
    try {
      await one.exec('begin isolation level serializable');
      await other.exec('begin isolation level serializable; select n from r where id = 2');
      assert.equal(update.run(1).rowCount, 0);
      await one.exec('update r set n = 0 where id = 2');
      await other.exec('update r set n = 500 where id = 1; commit');
      await assert.rejects(one.exec('commit'), { code: '40001' });
    } finally {
      await db.close();
    }
  },
  'executor.unsatisfied-row-refused': async () => {
    const { db, one, other, update } = await conditional();
    try {
      await one.exec('begin isolation level repeatable read; select n from r');
      await other.exec('update r set n = 500 where id = 1');
      assert.doesNotThrow(() => update.run(1));
      await one.exec('commit');
    } finally {
      await db.close();
    }
  },
  'executor.moved-entry-stays': async () => {
    const db = await open(':memory:');
    try {
      const session = db.connect();
      await session.exec('create table r (id int primary key, n int); create index on r (n); insert into r select i, i from generate_series(1, 200) i');
      const update = session.prepare('update r set n = n + $2 where id = $1');
      await session.exec('begin');
      for (let id = 1; id <= 9; id++) update.run(id, 1000);
      await session.exec('commit; set enable_seqscan = off');
      assert.deepEqual(session.prepare('select n from r where n < 11 or n > 1008 order by n').all().map((row) => row['n']), [10, 1009]);
      assert.deepEqual(session.prepare('select n from r where n < 11').all().map((row) => row['n']), [10]);
    } finally {
      await db.close();
    }
  },
  'executor.skip-child-check': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.insertRows('c', [[11, 7]])), '23503');
    await db.close();
  },
  'executor.skip-parent-check': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.exec(db.delete('p', is('id', 1)))), '23503');
    await db.close();
  },
  'executor.children-unseen': async (mode) => {
    const db = await world(mode);
    assert.equal(codeOf(() => db.exec(db.delete('p', is('id', 1)))), '23503');
    await db.close();
  },
  'executor.no-children-unread': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table p (id int primary key, n int); create table c (id int primary key, p int references p); create index on c (p); insert into p select i, 0 from generate_series(1, 9) i');
      const [one, other] = [db.connect(), db.connect()];
      const remove = one.prepare('delete from p where id = $1');
      for (let id = 1; id <= 6; id++) {
        // The removed child comes before the removed parent, and who has read the row of the other before both.
        await db.exec(`insert into c values (${id}, ${id})`);
        await one.exec('begin isolation level serializable; select n from p where id = 9');
        await other.exec(`begin isolation level serializable; update p set n = n + 1 where id = 9; delete from c where p = ${id}; commit`);
        const removing = (async () => {
          remove.run(id);
          await one.exec('commit');
        })();
        await assert.rejects(removing, { code: '40001' });
        await one.exec('rollback');
        remove.run(id);
      }
    } finally {
      await db.close();
    }
  },
  'executor.left-out-row-keeps-claims': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table u (id int primary key, n int unique); insert into u values (2, 2)');
      const [first, second] = [db.connect(), db.connect()];
      await first.exec('begin; insert into u values (3, 2) on conflict do nothing');
      await second.exec('set lock_timeout to 1; insert into u values (3, 5)').catch((error: unknown) => assert.fail(String(error)));
      await first.exec('commit');
    } finally {
      await db.close();
    }
  },
  'executor.actions-deferred': async () => {
    const db = await open(':memory:');
    try {
      await db.exec('create table p (id int primary key); create table c (id int primary key, p int references p on delete set null deferrable initially deferred); insert into p values (1); insert into c values (1, 1)');
      await db.exec('begin; delete from p; insert into p values (1); insert into c values (2, 1); commit');
      assert.deepEqual((await db.query('select * from c order by id')).rows, [{ id: 1, p: null }, { id: 2, p: 1 }]);
    } finally {
      await db.close();
    }
  },
  'executor.leaving-child-refuses': () => goneParent('references p', 'delete from c', []),
  'executor.moved-child-left': () => goneParent('references p on delete cascade', 'update c set id = 7', []),
  'executor.no-key-share': lockedParentByCode,
  'executor.parents-unheld': lockedParentByKey,
  'executor.tried-row-stays': async () => {
    const db = await open(':memory:');
    try {
      const session = db.connect();
      await session.exec("create table r (id int primary key, s text unique, n int); create index on r (n); insert into r values (1, 'a', 1)");
      for (const text of ["insert into r values (2, 'a', 2) on conflict do nothing", "insert into r values (3, 'b', 3), (4, 'a', 4) on conflict (s) do update set n = 9"]) await session.exec(text);
      await assert.rejects(session.query("insert into r values (5, 'c', 5), (6, 'a', 6)"), { code: '23505', constraint: 'r_s_key' });
      for (const order of ['id', 'n', 's']) assert.deepEqual((await session.query(`select id, s, n from r order by ${order}`)).rows.map(({ id }) => id).sort(), [1, 3]);
      assert.deepEqual((await db.check('full')).problems, []);
    } finally {
      await db.close();
    }
  },
  'executor.made-row-forgotten': async () => {
    const db = await open(':memory:');
    try {
      const [session, other] = [db.connect(), db.connect()];
      await session.exec('create table r (id serial primary key, n int unique)');
      const insert = session.prepare('insert into r (n) values ($1)');
      insert.run(1);
      for (const isInLane of [false, true]) {
        await session.exec('begin; savepoint s');
        for (let n = 2; n < (isInLane ? 6 : 2); n++) insert.run(n);
        const before = (await session.query('select last_value::int as n from r_id_seq')).rows[0]!['n'] as number;
        await other.exec('begin; insert into r values (100, 50)');
        assert.throws(() => insert.run(50), { code: '55P03' });
        await session.exec('rollback to s');
        assert.deepEqual((await session.query('select last_value::int as n from r_id_seq')).rows, [{ n: before + 1 }]);
        await session.exec('rollback');
        await other.exec('rollback');
      }
    } finally {
      await db.close();
    }
  },
  'executor.newer-parent-seen': newerParent,
  'executor.replaced-parent-missing': replacedParent,
  'executor.missing-parent-unread': missingParent,
};

/** A parent goes while another transaction has changed its only child, and waits for that one's commit. */
async function goneParent(references: string, change: string, children: readonly unknown[]): Promise<void> {
  const db = await open(':memory:');
  try {
    await db.exec(`create table p (id int primary key); create table c (id int primary key, p int ${references}); insert into p values (1); insert into c values (1, 1)`);
    const [a, b] = [db.connect(), db.connect()];
    await a.exec(`begin; ${change}`);
    const removal = b.query('delete from p').then(({ rowCount }) => rowCount, (error: unknown) => error);
    for (let turn = 0; turn < 100 && !b.isWaiting; turn++) await new Promise((resolve) => setImmediate(resolve));
    await a.query('commit');
    assert.equal(await removal, 1);
    assert.deepEqual((await db.query('select * from c')).rows, children);
  } finally {
    await db.close();
  }
}
