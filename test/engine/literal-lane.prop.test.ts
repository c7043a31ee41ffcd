/**
 * INSERTs of rows of literals that follow each other within a block (engine/short-ways/literal-lane.ts) beside the same by the longer way: both say the same, fail the same, and leave the same rows. In
 * between come other heads and widths, literals that are not read in one pass, keys that are there, commits, savepoints, failures, settings, schema changes, and another session's locks and rows.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DatabaseError, open } from '../../engine/index.js';
import { LiteralLane } from '../../engine/short-ways/literal-lane.js';

type Op =
  | { readonly kind: 'insert'; readonly head: string; readonly key: number; readonly count: number; readonly odd: string | undefined; readonly repeat: number; readonly byQuery: boolean }
  | { readonly kind: 'control'; readonly text: string }
  | { readonly kind: 'other'; readonly text: string };

const pad = ' '.repeat(200);
const heads = [`insert into t (id, note) values${pad}`, `insert into t (id, note) values${pad}`, `insert into u (id, note) values${pad}`, `insert into t values${pad}`, `insert into i (id, note) values${pad}`];
/** Instead of the second row, `#` its key. */
const oddRows = ["(#, 'a''b')", '(#, null)', '(#)', "(#, 'x', 1)", "('#', 'x')", "(#, E'x')", '(# + 0, null)', '(null, null)', '(1#000000000, null)', "(#, 'x');", "(3, 'there')", '(#, default)'];

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const), head: fc.constantFrom(...heads), key: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(60) }), count: fc.constantFrom(2, 5, 40),
      odd: fc.option(fc.constantFrom(...oddRows), { freq: 2, nil: undefined }), repeat: fc.constantFrom(2, 5, 9), byQuery: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'begin', 'begin isolation level repeatable read', 'begin isolation level serializable', 'commit', 'rollback', 'savepoint s', 'savepoint s', 'rollback to s', 'release s', 'select 1/0',
      'set transaction read only', "set local search_path = 'elsewhere'", 'reset search_path', 'set execution_mode = interpreted', 'reset execution_mode', 'set idle_in_transaction_session_timeout = 100000',
      'create table if not exists v (a int)', 'drop table if exists v', 'alter table t add column if not exists extra int', 'alter table u add column if not exists extra int default 5', 'delete from t where id > 100', 'update t set id = -id where id = 5',
    ).map((text) => ({ kind: 'control' as const, text })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'begin; lock table t in access exclusive mode', 'begin; lock table t in share mode nowait', 'commit', 'rollback', 'create table if not exists w (a int)', 'insert into t values (1000000, null)', 'delete from t where id = 1000000',
      'begin; insert into u values (7, null)', 'create index if not exists t_note on t (note)', 'drop index if exists t_note', 'truncate u',
    ).map((text) => ({ kind: 'other' as const, text })),
  },
);

async function outcome(run: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await run());
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return JSON.stringify([error.code, error.message, error.detail, error.position]);
  }
}

/** What the sessions of one database say. */
async function play(ops: readonly Op[], hasLanes: boolean): Promise<string[]> {
  const db = await open(':memory:');
  const said: string[] = [];
  const { isOpen } = LiteralLane.prototype;
  if (!hasLanes) LiteralLane.prototype.isOpen = () => false;
  try {
    await db.exec('create table t (id int primary key, note text); create table u (id int primary key, note text); create table i (id int primary key, note text); create index i_note on i (note); insert into t values (3, null), (30, null)');
    const [session, other] = [db.connect(), db.connect()];
    for (const one of [session, other]) await one.exec("set lock_timeout = '1ms'");
    // However long it takes, no call waits for a turn of the event loop.
    session.backend.instance.turn.over = () => undefined;
    let next = 100;
    for (const [number, one] of ops.entries()) {
      // Most of them within a block.
      if (one.kind === 'insert' && session.transactionStatus !== 'active' && number % 4 !== 0) await session.exec(number % 3 === 0 ? 'rollback; begin; savepoint s' : 'rollback; begin');
      if (one.kind !== 'insert') {
        said.push(await outcome(async () => (await (one.kind === 'control' ? session : other).exec(one.text)).map((result) => result.command)));
        said.push(session.transactionStatus);
        continue;
      }
      for (let i = 0; i < one.repeat; i++) {
        const first = one.key < 0 ? next : one.key + i;
        next += one.count;
        const rows = Array.from({ length: one.count }, (_, row) => (row === 1 && one.odd !== undefined ? one.odd.replace('#', String(first + 1)) : `(${first + row}, 'row é ${first + row}')`));
        const text = `${one.head}${rows.join(', ')}`;
        // A call with options of its own comes to the lane when it is its turn.
        const options = i % 3 === 2 ? {} : undefined;
        said.push(await outcome(async () => (one.byQuery ? [await session.query(text, undefined, options)] : await session.exec(text, options))));
        said.push(session.transactionStatus);
      }
    }
    said.push(await outcome(async () => (await session.exec('commit')).map((result) => result.command)));
    await other.exec('rollback');
    for (const table of ['t', 'u', 'i']) said.push(JSON.stringify((await db.query(`select * from ${table} order by id`)).rows));
    said.push(JSON.stringify((await db.query('select id from i where note > $1 order by note, id', ['row'])).rows));
  } finally {
    LiteralLane.prototype.isOpen = isOpen;
    await db.close();
  }
  return said;
}

test('with a lane and without', async () => {
  let runs = 0;
  const { run } = LiteralLane.prototype;
  LiteralLane.prototype.run = function counted(text) {
    const result = run.call(this, text);
    if (result !== undefined) runs++;
    return result;
  };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 40, size: 'max' }), async (ops) => {
        // A block to begin with, for most of them.
        const all: readonly Op[] = [{ kind: 'control', text: 'begin' }, ...ops];
        expect(await play(all, true)).toEqual(await play(all, false));
      }),
      { numRuns: Number(process.env['PROP_RUNS'] ?? 40) },
    );
  } finally {
    LiteralLane.prototype.run = run;
  }
  expect(runs).toBeGreaterThan(100);
});

test('those that have waited for their turn take it as well', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec('create table t (id int primary key, note text); begin');
  const text = (from: number): string => `${heads[0]!}${[0, 1, 2, 3].map((i) => `(${from + i}, null)`).join(', ')}`;
  const { run } = LiteralLane.prototype;
  let runs = 0;
  LiteralLane.prototype.run = function counted(one) {
    runs++;
    return run.call(this, one);
  };
  try {
    const results = await Promise.all([0, 4, 8, 12, 16].map((from) => session.exec(text(from))));
    expect(results).toEqual(results.map(() => [{ command: 'INSERT', rows: [], rowCount: 4, fields: [] }]));
  } finally {
    LiteralLane.prototype.run = run;
  }
  expect(runs).toBeGreaterThan(2);
  expect((await session.query('select count(*) as n from t')).rows).toEqual([{ n: 20 }]);
  await db.close();
});

test('the running statement of the session is the one that runs', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec('create table t (id int primary key, note text); begin');
  const text = (from: number): string => `${heads[0]!}${[0, 1, 2, 3].map((i) => `(${from + i}, null)`).join(', ')}`;
  for (let i = 0; i < 5; i++) expect((await session.exec(text(i * 4)))[0]).toEqual({ command: 'INSERT', rows: [], rowCount: 4, fields: [] });
  expect((await db.query(`select query from pg_stat_activity where pid = ${session.id}`)).rows).toEqual([{ query: text(16) }]);
  await db.close();
});
