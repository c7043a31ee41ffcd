/** Explanations of conflicts: who, in which statement, issued where, over what, and what would avoid it. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open, type Database, type DatabaseError, type Session } from '../../engine/index.js';

let db: Database;
let a: Session;
let b: Session;
beforeEach(async () => {
  db = await open(':memory:', { captureStacks: true });
  await db.exec(`create table doctor (name text primary key, shift int, on_call bool); create index doctor_shift on doctor (shift);
    insert into doctor values ('ada', 1, true), ('bob', 1, true)`);
  a = db.connect({ name: 'a' });
  b = db.connect({ name: 'b' });
});
afterEach(() => db.close());

const failure = async (running: Promise<unknown>): Promise<DatabaseError> => running.then(() => expect.fail('should have failed'), (error: unknown) => error as DatabaseError);
async function countDoctors(session: Session): Promise<void> {
  await session.query('select count(*) from doctor where on_call');
}

async function skew(): Promise<DatabaseError> {
  for (const session of [a, b]) await session.query('begin isolation level serializable');
  for (const session of [a, b]) await countDoctors(session);
  await a.query(`update doctor set on_call = false where name = 'ada'`);
  await b.query(`update doctor set on_call = false where name = 'bob'`);
  await a.query('commit');
  return failure(b.query('commit'));
}

describe('a cycle of serializable transactions', () => {
  test('names the statements and where they were issued', async () => {
    const { conflict } = await skew();
    expect(conflict!.cycle.map((edge) => edge.kind)).toEqual(['rw', 'rw']);
    for (const edge of conflict!.cycle) expect(edge.fromStatement?.site).toMatch(/^countDoctors \(test[/\\]engine[/\\]conflict-text\.test\.ts:\d+:\d+\)$/);
    expect(conflict!.cycle[0]!.toStatement?.site).toMatch(/^skew \(/);
    expect(conflict!.summary).toMatch(/read in statement 1 \(select count\(\*\) from doctor where on_call\), issued at countDoctors \(test/);
  });
  test('advises an index for a walk over the whole table', async () => {
    expect((await skew()).conflict!.advice.join('\n')).toMatch(/walked all of "doctor"[^]*an index/);
  });
  test('advises a row lock where one row was read', async () => {
    for (const session of [a, b]) await session.query('begin isolation level serializable');
    await a.query(`select on_call from doctor where name = 'bob'`);
    await b.query(`select on_call from doctor where name = 'ada'`);
    await a.query(`update doctor set on_call = false where name = 'ada'`);
    await b.query(`update doctor set on_call = false where name = 'bob'`);
    await a.query('commit');
    expect((await failure(b.query('commit'))).conflict!.advice.join('\n')).toMatch(/\(name\)=\((ada|bob)\) of "doctor", with SELECT \.\.\. FOR UPDATE/);
  });
  test('a row that stands for the range where a range was read', async () => {
    await db.exec(`insert into doctor select 'd' || g, 10 + g, false from generate_series(1, 200) g; analyze doctor`);
    for (const session of [a, b]) await session.query('begin isolation level serializable');
    for (const session of [a, b]) await session.query('select count(*) from doctor where shift between 500 and 600');
    await a.query(`insert into doctor values ('x', 550, true)`);
    await b.query(`insert into doctor values ('y', 551, true)`);
    await a.query('commit');
    expect((await failure(b.query('commit'))).conflict!.advice.join('\n')).toMatch(/stands for the range/);
  });
  test('a reader that closes a cycle is advised to be deferrable', async () => {
    const c = db.connect();
    for (const session of [a, b]) await session.query('begin isolation level serializable');
    await b.query('select * from doctor');
    await a.query(`select * from doctor where name = 'bob'`);
    await a.query(`update doctor set shift = 2 where name = 'bob'`);
    await a.query('commit');
    await c.query('begin isolation level serializable');
    await c.query('select 1 from doctor');
    await b.query(`update doctor set shift = 3 where name = 'ada'`);
    await b.query('commit');
    const { conflict } = await failure(c.query('select * from doctor').then(() => c.query('commit')));
    expect(conflict!.advice.join('\n')).toMatch(/READ ONLY DEFERRABLE/);
  });
});

test('a lost race for a row names the winner, its statement and its place', async () => {
  await a.query('begin isolation level repeatable read');
  await a.query('select * from doctor');
  await b.query('begin');
  await b.query(`update doctor set shift = 7 where name = 'ada'`);
  await b.query('commit');
  const { conflict } = await failure(a.query(`update doctor set shift = 8 where name = 'ada'`));
  expect(conflict!.kind).toBe('write');
  expect(conflict!.cycle.map((edge) => edge.kind)).toEqual(['rw', 'ww']);
  expect(conflict!.cycle[0]).toMatchObject({ from: conflict!.victim, toStatement: { number: 1, text: `update doctor set shift = 7 where name = 'ada'` } });
  expect(conflict!.cycle[0]!.toStatement!.site).toContain('conflict-text.test.ts');
  expect(conflict!.summary).toContain('the first to update wins');
  expect(conflict!.advice.join('\n')).toMatch(/Lock the row of "doctor" with SELECT/);
});

test('a deadlock names both statements and advises one order', async () => {
  for (const session of [a, b]) await session.query('begin');
  await a.query(`update doctor set shift = 2 where name = 'ada'`);
  await b.query(`update doctor set shift = 2 where name = 'bob'`);
  const waiting = a.query(`update doctor set shift = 3 where name = 'bob'`).catch((error: unknown) => error as DatabaseError);
  const other = await b.query(`update doctor set shift = 3 where name = 'ada'`).catch((error: unknown) => error as DatabaseError);
  const error = 'conflict' in other ? other : ((await waiting) as DatabaseError);
  expect(error.code).toBe('40P01');
  for (const edge of error.conflict!.cycle) expect(edge.fromStatement!.site).toContain('conflict-text.test.ts');
  expect(error.conflict!.advice.join('\n')).toMatch(/in the same order/);
});

test('unless told otherwise, places are remembered once a conflict has happened', async () => {
  await db.close();
  db = await open(':memory:');
  await db.exec(`create table doctor (name text primary key, shift int, on_call bool); insert into doctor values ('ada', 1, true), ('bob', 1, true)`);
  a = db.connect();
  b = db.connect();
  expect((await skew()).conflict!.cycle[0]!.fromStatement?.site).toBeUndefined();
  expect((await skew()).conflict!.cycle[0]!.fromStatement?.site).toContain('countDoctors');
});

test('with captureStacks false there is no place, and the rest stands', async () => {
  await db.close();
  db = await open(':memory:', { captureStacks: false });
  await db.exec(`create table doctor (name text primary key, shift int, on_call bool); insert into doctor values ('ada', 1, true), ('bob', 1, true)`);
  a = db.connect();
  b = db.connect();
  const { conflict } = await skew();
  expect(conflict!.cycle[0]!.fromStatement).toMatchObject({ number: 1, site: undefined });
});
test('a synchronous statement of a session in a block tells its place and the table', async () => {
  await a.query('begin isolation level repeatable read');
  await a.query('select * from doctor');
  await b.query(`update doctor set shift = 7 where name = 'ada'`);
  const change = a.prepare(`update doctor set shift = 8 where name = 'ada'`);
  let error: DatabaseError | undefined;
  try {
    change.run();
  } catch (caught) {
    error = caught as DatabaseError;
  }
  expect(error?.conflict?.cycle[0]?.place?.table).toBe('doctor');
  expect(error?.conflict?.cycle[0]?.fromStatement?.site).toContain('conflict-text.test.ts');
});

describe('an explanation is told when it is first looked at', () => {
  async function clash(): Promise<DatabaseError> {
    await b.query('begin isolation level repeatable read');
    await countDoctors(b);
    await a.query(`update doctor set shift = 2 where name = 'ada'`);
    return failure(b.query(`update doctor set shift = 3 where name = 'ada'`));
  }
  test('with the names that held when the transaction failed', async () => {
    const error = await clash();
    await b.query('rollback');
    await db.exec('alter table doctor rename column name to who; alter table doctor rename to physician');
    expect(error.conflict!.cycle[0]!.place).toMatchObject({ table: 'doctor', index: 'doctor_pkey', key: '(name)=(ada)' });
  });
  test('the same object every time, and a property like the others', async () => {
    const error = await clash();
    expect(Object.keys(error)).toContain('conflict');
    expect((JSON.parse(JSON.stringify(error)) as DatabaseError).conflict!.victim).toBe(error.conflict!.victim);
    expect(error.conflict).toBe(error.conflict);
    expect(Object.getOwnPropertyDescriptor(error, 'conflict')).toMatchObject({ enumerable: true, writable: true, configurable: true });
  });
  test('whoever prints the error sees it', async () => {
    const [printed, read] = [await clash().finally(() => b.query('rollback')), await clash()];
    const without = (text: string): string => text.replace(/^ +at .*\n/gm, '').replace(/\d+/g, 'n');
    expect(inspect(printed)).toMatch(/conflict: \{\s+kind: 'write'/);
    expect(read.conflict).toBeDefined();
    expect(without(inspect(printed))).toBe(without(inspect(read)));
  });
});
