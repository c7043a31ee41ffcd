/**
 * TPC-H: the 22 queries in PostgreSQL's syntax on generated data. Shows that generated code, the interpreter, the same queries with little memory, and PostgreSQL (where
 * there is one) give the same answers. The larger run beside other engines is `npm run tpch`.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TpchData, type TpchRow } from '../../bench/macro/tpch/generate.js';
import { canonicalAnswer, copyLines, tpchQueries } from '../../bench/macro/tpch/queries.js';
import { tpchTables } from '../../bench/macro/tpch/schema.js';
import type { Database, Session } from '../../engine/index.js';
import { open } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { startPostgres, type PostgresServer } from '../oracle/postgres-server.js';

const scale = Number(process.env['TPCH_SCALE'] ?? '0.002');
const data = new TpchData(scale);
const queries = tpchQueries(scale);
/** Too rare at this scale to be sure of rows. */
const mayBeEmpty = new Set([2, 11, 20, 21]);

let db: Database;
let session: Session;
let server: PostgresServer | undefined;
let oracle: pg.Client | undefined;

beforeAll(async () => {
  db = await open('tpch.db', { vfs: new MemoryVfs() });
  session = db.connect();
  for (const { name, ddl } of tpchTables) {
    await session.exec(ddl);
    await session.copyFrom(`copy ${name} from stdin`, copyLines(data.rows(name)));
  }
  await session.exec('analyze');
  server = await startPostgres();
  if (server === undefined) console.warn('no PostgreSQL: the answers of TPC-H are not compared with its');
  else {
    oracle = new pg.Client({ connectionString: await server.createDatabase('serialite_tpch') });
    await oracle.connect();
    for (const { name, ddl } of tpchTables) {
      await oracle.query(ddl);
      for (const rows of portions(data.rows(name), 500)) await oracle.query(`insert into ${name} values ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`);
    }
    await oracle.query('analyze');
  }
});
afterAll(async () => {
  await session.close();
  await db.close();
  await oracle?.end();
  server?.stop();
});

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
function* portions(rows: Iterable<TpchRow>, size: number): Generator<TpchRow[]> {
  let portion: TpchRow[] = [];
  for (const row of rows) {
    portion.push(row);
    if (portion.length === size) {
      yield portion;
      portion = [];
    }
  }
  if (portion.length > 0) yield portion;
}

async function answer(sql: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
  for (const [name, value] of Object.entries(settings)) await session.exec(`set ${name} = '${value}'`);
  try {
    const { rows } = await session.query(sql, [], { rowMode: 'array', values: 'text' });
    return canonicalAnswer(rows as unknown as unknown[][]);
  } finally {
    for (const name of Object.keys(settings)) await session.exec(`reset ${name}`);
  }
}

for (const [i, sql] of queries.entries()) {
  test(`query ${i + 1}`, async () => {
    const generated = await answer(sql);
    if (!mayBeEmpty.has(i + 1)) expect(generated).not.toBe('');
    expect(await answer(sql, { execution_mode: 'interpreted' })).toBe(generated);
    expect(await answer(sql, { work_mem: '64kB' })).toBe(generated);
    if (oracle !== undefined) {
      const { rows } = await oracle.query<unknown[]>({ text: sql, rowMode: 'array', types: { getTypeParser: () => (text: string) => text } });
      expect(canonicalAnswer(rows)).toBe(generated);
    }
  });
}

test('every query is generated code throughout', async () => {
  for (const [i, sql] of queries.entries()) {
    const plan = (await session.query(`explain (verbose, costs off) ${sql}`)).rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(`${i + 1}: ${plan}`).not.toContain('Execution: interpreted');
  }
  // What is not is said.
  const recursive = 'with recursive n (i) as (select 1 union all select i + 1 from n where i < 3) select * from n';
  expect((await session.query(`explain (verbose) ${recursive}`)).rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Execution: interpreted');
});
