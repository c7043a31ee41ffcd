/**
 * TPC-C: the five transactions as SQL over sessions. Shows that one terminal sees what it sees on PostgreSQL, statement for statement, and leaves the same
 * tables; and that many terminals at once keep the specification's consistency conditions at every isolation level.
 */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tpccRows, type TpccRow, type TpccScale } from '../../bench/macro/tpcc/load.js';
import { consistencyChecks, tpccSchema, tpccTables } from '../../bench/macro/tpcc/schema.js';
import { runTransaction, Terminal, type TpccSession } from '../../bench/macro/tpcc/transactions.js';
import { seededPrng } from '../../base/prng.js';
import { open, type Database } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { startPostgres, type PostgresServer } from '../oracle/postgres-server.js';

const scale: TpccScale = { warehouses: 2, items: 60, customers: 30 };
const seed = Number(process.env['SEED'] ?? '1');

let server: PostgresServer | undefined;
beforeAll(async () => {
  server = await startPostgres();
  if (server === undefined) console.warn('no PostgreSQL: the transactions of TPC-C are not compared with its');
});
afterAll(() => server?.stop());

/** Foreign keys ask for this order. */
const loadOrder = ['warehouse', 'district', 'customer', 'history', 'item', 'stock', 'orders', 'new_order', 'order_line'];

async function load(session: TpccSession): Promise<void> {
  for (const statement of tpccSchema.split(';').filter((text) => text.trim() !== '')) await session.query(statement);
  const literal = (value: string | number | null): string => (value === null ? 'null' : typeof value === 'number' ? String(value) : `'${value}'`);
  for (const table of loadOrder) {
    const rows: TpccRow[] = [...tpccRows(table, scale, seed)];
    for (let i = 0; i < rows.length; i += 200) await session.query(`insert into ${table} values ${rows.slice(i, i + 200).map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`);
  }
}
/** Values as text, so that both engines' mappings to JavaScript do not matter. */
const plain = (shown: unknown): unknown => JSON.parse(JSON.stringify(shown, (_, value: unknown) => (typeof value === 'number' ? String(value) : value))) as unknown;

async function openSerialite(): Promise<{ readonly db: Database; readonly session: TpccSession }> {
  const db = await open('tpcc.db', { vfs: new MemoryVfs() });
  const session = db.connect();
  return { db, session: { query: async (text, params) => (params === undefined ? (await session.exec(text)).at(-1)! : session.query(text, params)) } };
}
async function violations(session: TpccSession): Promise<string[]> {
  const found: string[] = [];
  for (const [name, sql] of Object.entries(consistencyChecks)) if ((await session.query(sql)).rows.length > 0) found.push(name);
  return found;
}

test('one terminal, beside PostgreSQL', async () => {
  const { db, session } = await openSerialite();
  await load(session);
  expect(await violations(session)).toEqual([]);
  let oracle: pg.Client | undefined;
  if (server !== undefined) {
    // Values as Serialite gives them: numerics as texts, integers as numbers, timestamps as UTC.
    oracle = new pg.Client({ connectionString: await server.createDatabase('serialite_tpcc'), types: { getTypeParser: (oid: number) => (text: string): unknown => (oid === 23 ? Number(text) : oid === 1114 ? new Date(`${text.replace(' ', 'T')}Z`) : text) } });
    await oracle.connect();
    await load(oracle);
  }
  const runs = [session, ...(oracle === undefined ? [] : [oracle])].map((s) => {
    const prng = seededPrng(seed + 5);
    return { session: s, prng, terminal: new Terminal(s, scale, prng, 0) };
  });
  for (let i = 0; i < 150; i++) {
    const outcomes = [];
    for (const run of runs) outcomes.push(plain(await runTransaction(run.session, run.terminal, run.prng, 'serializable')));
    if (outcomes.length === 2) expect(outcomes[0]).toEqual(outcomes[1]);
  }
  for (const run of runs) expect(await violations(run.session)).toEqual([]);
  for (const table of tpccTables) {
    const contents = [];
    for (const run of runs) contents.push(await run.session.query(`select md5(string_agg(t::text, '|' order by t::text collate "C")) as sum, count(*)::integer as n from ${table} t`));
    if (contents.length === 2) expect({ table, ...(contents[0]!.rows[0] as object) }).toEqual({ table, ...(contents[1]!.rows[0] as object) });
  }
  await oracle?.end();
  await db.close();
});

for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
  test(`ten terminals at ${isolation} keep the consistency conditions`, async () => {
    const { db, session } = await openSerialite();
    await load(session);
    await Promise.all(
      Array.from({ length: 10 }, async (_, number) => {
        const own = db.connect();
        const terminalSession: TpccSession = { query: (text, params) => own.query(text, params) };
        const prng = seededPrng(seed * 100 + number);
        const terminal = new Terminal(terminalSession, scale, prng, number);
        for (let i = 0; i < 15; i++) await runTransaction(terminalSession, terminal, prng, isolation);
        await own.close();
      }),
    );
    expect(await violations(session)).toEqual([]);
    await db.close();
  });
}
