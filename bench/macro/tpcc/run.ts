/**
 * TPC-C on Serialite and on PostgreSQL: `npm run tpcc -- --warehouses 1 --terminals 8 --seconds 10 --engines serialite,postgres --isolation serializable`. Serialite runs in
 * this process, PostgreSQL (SERIALITE_POSTGRES_URL, or a cluster of its own) over its socket, both durable; no think time. Prints new orders a minute, latencies and
 * retries, and whether the consistency conditions held before and after.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { seededPrng } from '../../../base/prng.js';
import type * as Engine from '../../../engine/index.js';
import { requirePostgres } from '../../../test/oracle/postgres-server.js';
import { fullScale, tpccRows, type TpccScale } from './load.js';
import { consistencyChecks, tpccSchema } from './schema.js';
import { runTransaction, Terminal, type TransactionName, type TpccSession } from './transactions.js';

const { values } = parseArgs({
  options: {
    warehouses: { type: 'string', default: '1' }, terminals: { type: 'string', default: '8' }, seconds: { type: 'string', default: '10' }, engines: { type: 'string', default: 'serialite,postgres' },
    isolation: { type: 'string', default: 'serializable' }, seed: { type: 'string', default: '1' }, items: { type: 'string' }, customers: { type: 'string' },
  },
});
const full = fullScale(Number(values.warehouses));
const scale: TpccScale = { ...full, ...(values.items === undefined ? {} : { items: Number(values.items) }), ...(values.customers === undefined ? {} : { customers: Number(values.customers) }) };
const terminals = Number(values.terminals);
const seconds = Number(values.seconds);

interface OpenEngine {
  connect(): Promise<TpccSession & { close(): Promise<void> }>;
  close(): Promise<void>;
}

async function openSerialite(directory: string): Promise<OpenEngine> {
  const { open } = (await import('../../../dist/engine/index.js' as string)) as typeof Engine;
  const db = await open(join(directory, 'tpcc.db'));
  return {
    connect: () => {
      const session = db.connect();
      return Promise.resolve({ query: (text: string, params?: unknown[]) => session.query(text, params), close: () => session.close() });
    },
    close: () => db.close(),
  };
}
async function openPostgres(): Promise<OpenEngine> {
  const server = await requirePostgres({ isDurable: true });
  const connectionString = await server.createDatabase('serialite_tpcc_run');
  return {
    connect: async () => {
      const client = new pg.Client({ connectionString });
      await client.connect();
      // Statements are prepared under a name, as Serialite keeps plans by text.
      const names = new Map<string, string>();
      return {
        query: (text: string, params?: unknown[]) => {
          if (params === undefined) return client.query(text);
          let name = names.get(text);
          if (name === undefined) names.set(text, (name = `s${names.size}`));
          return client.query({ name, text, values: params });
        },
        close: () => client.end(),
      };
    },
    close: () => {
      server.stop();
      return Promise.resolve();
    },
  };
}

async function load(session: TpccSession): Promise<void> {
  for (const statement of tpccSchema.split(';').filter((text) => text.trim() !== '')) await session.query(statement);
  for (const table of ['warehouse', 'district', 'customer', 'history', 'item', 'stock', 'orders', 'new_order', 'order_line']) {
    await session.query('begin');
    let rows: string[] = [];
    const flush = async (): Promise<void> => {
      if (rows.length > 0) await session.query(`insert into ${table} values ${rows.join(', ')}`);
      rows = [];
    };
    for (const row of tpccRows(table, scale)) {
      rows.push(`(${row.map((value) => (value === null ? 'null' : typeof value === 'number' ? String(value) : `'${value}'`)).join(', ')})`);
      if (rows.length === 500) await flush();
    }
    await flush();
    await session.query('commit');
  }
  await session.query('analyze');
}

async function check(session: TpccSession, when: string): Promise<boolean> {
  const broken: string[] = [];
  for (const [name, sql] of Object.entries(consistencyChecks)) if ((await session.query(sql)).rows.length > 0) broken.push(name);
  if (broken.length > 0) console.log(`  ${when}: VIOLATED: ${broken.join('; ')}`);
  return broken.length === 0;
}

interface Tally {
  readonly latencies: number[];
  retries: number;
}

async function measure(engine: OpenEngine): Promise<Map<TransactionName, Tally>> {
  const tallies = new Map<TransactionName, Tally>();
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: terminals }, async (_, number) => {
      const session = await engine.connect();
      const prng = seededPrng(Number(values.seed) * 1000 + number);
      const terminal = new Terminal(session, scale, prng, number);
      while (performance.now() < end) {
        const start = performance.now();
        const { name, retries } = await runTransaction(session, terminal, prng, values.isolation);
        let tally = tallies.get(name);
        if (tally === undefined) tallies.set(name, (tally = { latencies: [], retries: 0 }));
        tally.latencies.push(performance.now() - start);
        tally.retries += retries;
      }
      await session.close();
    }),
  );
  return tallies;
}

const openers: Readonly<Record<string, (directory: string) => Promise<OpenEngine>>> = { serialite: openSerialite, postgres: openPostgres };
for (const name of values.engines.split(',')) {
  const opener = openers[name];
  if (opener === undefined) throw new Error(`no engine ${name}; there are ${Object.keys(openers).join(', ')}`);
  const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-tpcc-'));
  try {
    const engine = await opener(directory);
    const session = await engine.connect();
    await load(session);
    const isSound = await check(session, 'after loading');
    const tallies = await measure(engine);
    const stillSound = await check(session, 'after the run');
    console.log(`${name}: ${scale.warehouses} warehouses, ${terminals} terminals, ${values.isolation}, ${seconds} s`);
    console.log(`  new orders a minute: ${Math.round(((tallies.get('new order')?.latencies.length ?? 0) / seconds) * 60)}`);
    for (const [kind, { latencies, retries }] of tallies) {
      latencies.sort((a, b) => a - b);
      const at = (p: number): string => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * p))]!.toFixed(1);
      console.log(`  ${kind}: ${latencies.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${retries} retries`);
    }
    console.log(`  consistency conditions: ${isSound && stillSound ? 'all hold' : 'VIOLATED'}`);
    if (!isSound || !stillSound) process.exitCode = 1;
    await session.close();
    await engine.close();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
process.exit();
