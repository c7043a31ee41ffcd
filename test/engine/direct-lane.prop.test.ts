/**
 * Statements of one row that are run again and again within a block (engine/short-ways/direct-lane.ts) beside the same run through a statement prepared anew each time, which has no lane: both say the
 * same, fail the same, and leave the same rows. In between come commits, aborts, savepoints, failures, settings, schema changes, and another session with its rows and locks.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DatabaseError, open, type Session } from '../../engine/index.js';
import { DirectLane } from '../../engine/short-ways/direct-lane.js';

const texts = {
  insert: 'insert into t (id, n, note, tag) values ($1, $2, $3, $1 % 5)',
  tagged: 'insert into t (id, n, note, tag) values ($1, $2, $3, $4)',
  update: 'update t set n = n + $2 where id = $1',
  note: 'update t set note = $2 where id = $1',
  retag: 'update t set tag = coalesce(tag, 0) + $2 % 3 where id = $1 and n > 4',
  delete: 'delete from t where id = $1',
  took: 'delete from t where id = $1 returning *',
  gave: 'update t set n = n - $2 where id = $1 returning id, 1000 / n as q',
  made: "insert into t (id, n, note) values ($1, $2, $3) returning id, note || '!' as r",
} as const;
type Verb = keyof typeof texts;

type Op =
  | { readonly kind: 'run'; readonly verb: Verb; readonly key: number; readonly value: number; readonly odd: boolean; readonly count: number }
  | { readonly kind: 'control'; readonly text: string }
  | { readonly kind: 'read'; readonly key: number }
  | { readonly kind: 'other'; readonly text: string };

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant('run' as const), verb: fc.constantFrom<Verb>('insert', 'tagged', 'tagged', 'update', 'note', 'retag', 'delete', 'took', 'gave', 'made'), key: fc.nat(30), value: fc.integer({ min: -3, max: 2_000_000_000 }),
      odd: fc.nat(25).map((n) => n === 0), count: fc.constantFrom(1, 4, 12),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      'begin', 'begin', 'begin isolation level repeatable read', 'begin isolation level serializable', 'commit', 'rollback', 'savepoint s', 'savepoint s', 'rollback to s', 'release s', 'select 1/0',
      'set transaction read only', "set local search_path = 'elsewhere'", 'reset search_path', 'set idle_in_transaction_session_timeout = 100000', 'create table if not exists u (a int)', 'drop table if exists u', 'alter table t add column if not exists extra int',
    ).map((text) => ({ kind: 'control' as const, text })),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), key: fc.nat(30) }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'begin; lock table t in access exclusive mode', 'begin; lock table t in share mode nowait', 'commit', 'rollback', 'create table if not exists v (a int)', 'drop table if exists v', 'update t set n = 7 where id = 5', 'delete from t where id = 6', 'insert into t values (7, 1)',
      'begin; update t set n = 8 where id < 12', 'create index if not exists t_n on t (n)', 'truncate t',
    ).map((text) => ({ kind: 'other' as const, text })),
  },
);

const codeOf = (error: unknown): string => {
  if (error instanceof DatabaseError) return error.code;
  throw error;
};
async function outcome(run: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await run());
  } catch (error) {
    return codeOf(error);
  }
}

/** What the sessions of one database say. */
async function play(ops: readonly Op[], hasLanes: boolean): Promise<string[]> {
  const db = await open(':memory:');
  const said: string[] = [];
  try {
    await db.exec("create table t (id int primary key, n int not null, note text, tag int check (tag < 9)); create index t_tag on t (tag); insert into t select i, i, 'row ' || i from generate_series(0, 20) i");
    const [session, other] = [db.connect(), db.connect()];
    const prepare = (verb: Verb): ReturnType<Session['prepare']> => session.prepare(texts[verb]);
    const kept = { insert: prepare('insert'), tagged: prepare('tagged'), update: prepare('update'), note: prepare('note'), retag: prepare('retag'), delete: prepare('delete'), took: prepare('took'), gave: prepare('gave'), made: prepare('made') };
    const run = (verb: Verb, params: readonly unknown[]): string => {
      try {
        const statement = hasLanes ? kept[verb] : prepare(verb);
        return JSON.stringify(texts[verb].includes('returning') ? statement.all(...params) : statement.run(...params));
      } catch (error) {
        return codeOf(error);
      }
    };
    for (const one of [session, other]) await one.exec("set lock_timeout = '1ms'; set enable_seqscan = off");
    for (const [number, one] of ops.entries()) {
      // Most of them within a block.
      if (one.kind === 'run' && session.transactionStatus !== 'active' && number % 4 !== 0) await session.exec(number % 3 === 0 ? 'rollback; begin; savepoint s' : 'rollback; begin');
      switch (one.kind) {
        case 'run':
          for (let i = 0; i < one.count; i++) {
            const key = (one.verb === 'insert' || one.verb === 'made' || one.verb === 'tagged') && one.key > 1 ? 100 + number * 12 + i : (one.key + i) % 31;
            const value = one.verb === 'note' ? `v${one.value}` : one.value;
            // What no lane can bind, or what the table refuses.
            const params = one.odd && i === 1 ? [String(key), null] : [key, value];
            said.push(run(one.verb, one.verb === 'delete' || one.verb === 'took' ? params.slice(0, 1) : one.verb === 'insert' || one.verb === 'made' ? [...params, 'new'] : one.verb === 'tagged' ? [...params, 'new', key % 3] : params));
          }
          break;
        case 'control':
          said.push(await outcome(async () => (await session.exec(one.text)).map((result) => result.command)));
          break;
        case 'read':
          said.push(await outcome(() => Promise.resolve([session.prepare('select n, note from t where id = $1').get(one.key), session.prepare('select id from t where tag = $1 order by id').all(one.key % 3)])));
          break;
        case 'other':
          said.push(await outcome(async () => (await other.exec(one.text)).map((result) => result.command)));
      }
      said.push(session.transactionStatus);
    }
    said.push(await outcome(async () => (await session.exec('commit')).map((result) => result.command)));
    await other.exec('rollback');
    said.push(JSON.stringify((await db.query('select * from t order by id')).rows));
  } finally {
    await db.close();
  }
  return said;
}

test('with a lane and without', async () => {
  let runs = 0;
  const { run } = DirectLane.prototype;
  DirectLane.prototype.run = function counted(given) {
    const result = run.call(this, given);
    if (result !== undefined) runs++;
    return result;
  };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 60, size: 'max' }), async (ops) => {
        // A block to begin with, for most of them.
        const all: readonly Op[] = [{ kind: 'control', text: 'begin' }, ...ops];
        expect(await play(all, true)).toEqual(await play(all, false));
      }),
      { numRuns: Number(process.env['PROP_RUNS'] ?? 40) },
    );
  } finally {
    DirectLane.prototype.run = run;
  }
  expect(runs).toBeGreaterThan(500);
});
