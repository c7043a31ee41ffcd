/**
 * `npm run bench:statements`: what a statement costs above and below, in microseconds of processor time a row, each case in a process of its own, and the
 * memory of an idle session. In memory, so that no disk is in the figures. Options: --rows 100000 --rounds 5 --case NAME.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type * as Engine from '../../engine/index.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' }, case: { type: 'string' } } });
const rows = Number(values.rows);
const sessionCount = 20_000;

type Run = (db: Engine.Database) => Promise<void>;
const table = 'create table t (id int primary key, name text not null, branch int not null, balance int not null)';
const row = (id: number): readonly [number, string, number, number] => [id, `item ${id}`, id % 1000, id % 7919];

async function prepared(db: Engine.Database, text: string, params: (id: number) => readonly unknown[]): Promise<void> {
  const session = db.connect();
  await session.exec('begin');
  const statement = session.prepare(text);
  for (let id = 1; id <= rows; id++) statement.run(...params(id));
  await session.exec('commit');
  await session.close();
}
const fill: Run = (db) => prepared(db, 'insert into t values ($1, $2, $3, $4)', row);

/** By name: what is there before, and what is measured. */
const cases: Readonly<Record<string, { readonly before: Run | undefined; readonly run: Run }>> = {
  'prepared insert': { before: undefined, run: fill },
  'multi-row insert, literals': {
    before: undefined,
    run: async (db) => {
      const session = db.connect();
      await session.exec('begin');
      for (let id = 1; id <= rows; id += 500) {
        const list = Array.from({ length: Math.min(500, rows - id + 1) }, (_, i) => row(id + i)).map(([a, b, c, d]) => `(${a}, '${b}', ${c}, ${d})`);
        await session.exec(`insert into t values ${list.join(', ')}`);
      }
      await session.exec('commit');
      await session.close();
    },
  },
  'COPY from CSV': {
    before: undefined,
    run: async (db) => {
      const lines = function* (): Generator<string> {
        for (let id = 1; id <= rows; id += 1000) yield Array.from({ length: Math.min(1000, rows - id + 1) }, (_, i) => `${row(id + i).join(',')}\n`).join('');
      };
      await db.copyFrom('copy t from stdin csv', lines());
    },
  },
  'update by key': { before: fill, run: (db) => prepared(db, 'update t set balance = balance + 1 where id = $1', (id) => [id]) },
  'delete by key': { before: fill, run: (db) => prepared(db, 'delete from t where id = $1', (id) => [id]) },
  'point read by key': { before: fill, run: (db) => prepared(db, 'select name, balance from t where id = $1', (id) => [id]) },
};

async function measure(name: string): Promise<number> {
  const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
  const { before, run } = cases[name]!;
  const times: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const db = await open(':memory:', { autoAnalyze: false });
    await db.exec(table);
    await before?.(db);
    const start = process.cpuUsage();
    await run(db);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / rows);
    await db.close();
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

/** Bytes of heap of a session that has run a statement and is idle. */
async function sessionBytes(): Promise<number> {
  const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
  const db = await open(':memory:');
  const heap = (): number => {
    globalThis.gc!();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  const sessions = Array.from({ length: sessionCount }, () => db.connect());
  for (const session of sessions) await session.query('select 1');
  const bytes = (heap() - before) / sessionCount;
  await db.close();
  return bytes;
}

if (values.case === 'session') console.log(`${((await sessionBytes()) / 1024).toFixed(1)} KiB an idle session, ${sessionCount} of them open`);
else if (values.case !== undefined) console.log(`${values.case.padEnd(32)}${(await measure(values.case)).toFixed(2).padStart(8)} us`);
else for (const name of [...Object.keys(cases), 'session']) spawnSync(process.execPath, ['--expose-gc', ...process.execArgv, process.argv[1]!, ...process.argv.slice(2), '--case', name], { stdio: 'inherit' });
