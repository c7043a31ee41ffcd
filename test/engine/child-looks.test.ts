/**
 * Parents that are removed or changed, with an index of the children and without: with one it is seen at once that a key has none (executor/child-looks.ts), without one the queued check walks
 * through the table of the children, and both give the same answers.
 */
import { describe, expect, test } from 'vitest';
import { DatabaseError, open, type Database, type Session } from '../../engine/index.js';
import { Random } from '../../lab/generator/random.js';

const tables = `create table p (a int, b int, u int unique, primary key (a, b)); create table c (id int primary key, b int, a int, foreign key (a, b) references p (a, b) @1);
  create table d (id int primary key, u int references p (u) @2); create table s (id int primary key, up int references s @3);`;
const actions = ['', 'on delete cascade', 'on delete set null on update cascade', 'on update cascade deferrable initially deferred', 'on delete restrict', 'on delete set default'];

function draw(random: Random): string {
  const k = (): number => random.between(1, 3);
  const pair = (): string => `a = ${k()} and b = ${k()}`;
  return random.pick([
    () => `insert into p values (${k()}, ${k()}, ${k()}) on conflict do nothing`,
    () => `insert into c values (${k()}, ${k()}, ${k()}) on conflict (id) do nothing`,
    () => `insert into d values (${k()}, ${k()}) on conflict (id) do nothing`,
    () => `insert into s values (${k()}, ${random.pick(['null', String(k())])}) on conflict (id) do nothing`,
    () => `delete from p where ${pair()}`,
    () => `delete from p where a = ${k()}`,
    () => `delete from p where ${pair()} and u > 1`,
    () => `update p set a = ${k()} where ${pair()}`,
    () => `update p set u = ${k()} where ${pair()}`,
    () => `update p set u = u % 3 + 1 where a = ${k()}`,
    () => `delete from c where a = ${k()}`,
    () => `delete from d where u = ${k()}`,
    () => `update c set b = ${k()} where id = ${k()}`,
    () => `with gone as (delete from c where a = ${k()} returning 1) delete from p where ${pair()} returning a`,
    () => `with come as (insert into c values (${k()}, ${k()}, ${k()}) on conflict do nothing returning 1) delete from p where ${pair()}`,
    () => `delete from s where id = ${k()}`,
    () => `delete from s where id >= ${k()}`,
    () => `update s set id = ${k() + 3} where id = ${k()}`,
    () => `merge into p using (values (${k()}, ${k()})) v(x, y) on p.a = v.x and p.b = v.y when matched then delete`,
    () => 'savepoint s', () => 'rollback to s', () => 'commit; begin', () => 'rollback; begin',
  ])();
}

async function answer(session: Session, sql: string): Promise<string> {
  try {
    const results = await session.exec(sql, { rowMode: 'array' });
    return JSON.stringify(results.map(({ rowCount, rows }) => [rowCount, [...rows].map((row) => JSON.stringify(row)).sort()]));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return `${error.code} ${error.message} ${error.detail ?? ''}`;
  }
}

async function story(statements: readonly string[], schema: string, level: string): Promise<string[]> {
  const database = await open(':memory:');
  try {
    await database.exec(schema);
    const session = database.connect();
    await session.exec(`set default_transaction_isolation = '${level}'; begin; savepoint s`);
    const said: string[] = [];
    for (const sql of statements) {
      if (session.transactionStatus === 'idle') await session.exec('begin; savepoint s');
      // The transaction goes on, and lanes with it.
      said.push(`${sql}: ${await answer(session, sql)}`);
      if (session.transactionStatus === 'failed' && (await answer(session, 'rollback to s')).startsWith('3B001')) await session.exec('rollback');
    }
    await answer(session, 'commit');
    for (const table of ['p', 'c', 'd', 's']) said.push(await answer(session, `table ${table}`));
    return said;
  } finally {
    await database.close();
  }
}

test('what a removed parent comes to does not depend on an index of the children', async () => {
  const seeds = Number(process.env['SEEDS'] ?? 60);
  for (let seed = 0; seed < seeds; seed++) {
    const random = new Random(seed);
    const statements = Array.from({ length: 60 }, () => draw(random));
    const schema = tables.replace(/@\d/g, () => random.pick(actions));
    const level = random.pick(['read committed', 'repeatable read', 'serializable']);
    const walked = await story(statements, schema, level);
    const looked = await story(statements, `${schema} create index on c (b, a, id); create index on d (u); create index on s (up)`, level);
    expect(looked, `seed ${seed}`).toEqual(walked);
  }
}, 120_000);

describe('children that come at the same time', () => {
  async function withFamily(body: (database: Database, one: Session, other: Session) => Promise<void>): Promise<void> {
    const database = await open(':memory:');
    try {
      await database.exec('create table p (id int primary key); create table c (id int primary key, p int references p); create index on c (p); insert into p select generate_series(1, 20)');
      const [one, other] = [database.connect(), database.connect()];
      const [remove, add] = ['delete from p where id = $1', 'insert into c values ($1, $1)'];
      for (let id = 18; id <= 20; id++) {
        await one.query(remove, [id]);
        await other.query(add, [id - 3]);
      }
      await body(database, one, other);
    } finally {
      await database.close();
    }
  }
  const waited = async (session: Session): Promise<void> => {
    while (!session.isWaiting) await new Promise((resolve) => setImmediate(resolve));
  };
  const end = (run: Promise<unknown>): Promise<string> => run.then(() => 'done', (error: DatabaseError) => error.code);

  for (const level of ['read committed', 'repeatable read', 'serializable']) {
    test(`a child waits for who has removed its parent, and finds none: ${level}`, () =>
      withFamily(async (_, one, other) => {
        for (const [ending, found] of [['rollback', 'done'], ['commit', level === 'read committed' ? '23503' : '40001']] as const) {
          await one.exec(`begin isolation level ${level}`);
          await other.exec(`begin isolation level ${level}; select 1 from p where id = 2`);
          await one.query('delete from p where id = $1', [1]);
          const adding = end(other.query('insert into c values ($1, $1)', [1]));
          await waited(other);
          await one.exec(ending);
          expect(await adding).toBe(found);
          await other.exec('rollback');
        }
      }));

    test(`who removes a parent waits for a child of it, and finds it: ${level}`, () =>
      withFamily(async (database, one, other) => {
        for (const [ending, found] of [['rollback', 'done'], ['commit', '23503']] as const) {
          await one.exec(`begin isolation level ${level}; select 1 from p where id = 2`);
          await other.exec(`begin isolation level ${level}`);
          await other.query('insert into c values ($1, $1)', [1]);
          const removing = end(one.query('delete from p where id = $1', [1]));
          await waited(one);
          await other.exec(ending);
          expect(await removing).toBe(found);
          await one.exec('rollback');
        }
        expect((await database.query('select count(*)::int as n from c where p = 1')).rows).toEqual([{ n: 1 }]);
      }));
  }
});
