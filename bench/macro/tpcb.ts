/**
 * `npm run bench:tpcb`: pgbench's TPC-B-like transaction with eight clients, durable: Serialite in process against pgbench on a PostgreSQL of its own, on
 * the same disk, in interleaved rounds. Options: --scale N (10), --seconds S (10), --clients N (8), --rounds N (3).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededPrng } from '../../base/prng.js';
import { requirePostgres } from '../../test/oracle/postgres-server.js';
import { load } from '../cases/accounts.js';
import type { PeerDatabase } from '../peers/peer.js';
import { serialitePeer } from '../peers/serialite.js';

const { values } = parseArgs({ options: { scale: { type: 'string', default: '10' }, seconds: { type: 'string', default: '10' }, clients: { type: 'string', default: '8' }, rounds: { type: 'string', default: '3' } } });
const scale = Number(values.scale);
const seconds = Number(values.seconds);
const clientCount = Number(values.clients);

async function create(db: PeerDatabase): Promise<void> {
  await db.exec('create table pgbench_branches (bid int primary key, bbalance int, filler char(88))');
  await db.exec('create table pgbench_tellers (tid int primary key, bid int, tbalance int, filler char(84))');
  await db.exec('create table pgbench_accounts (aid int primary key, bid int, abalance int, filler char(84))');
  await db.exec('create table pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))');
  await load(db, 'pgbench_branches', ['bid', 'bbalance'], Array.from({ length: scale }, (_, i) => [i + 1, 0]));
  await load(db, 'pgbench_tellers', ['tid', 'bid', 'tbalance'], Array.from({ length: scale * 10 }, (_, i) => [i + 1, Math.floor(i / 10) + 1, 0]));
  const filler = ' '.repeat(84);
  const rows = Array.from({ length: scale * 100_000 }, (_, i) => [i + 1, Math.floor(i / 100_000) + 1, 0, filler]);
  await db.prepareCopy!('pgbench_accounts', ['aid', 'bid', 'abalance', 'filler'], rows)();
}

/** Transactions a second. */
async function ours(db: PeerDatabase): Promise<number> {
  const clients = await Promise.all(Array.from({ length: clientCount }, async (_, i) => {
    const connection = await db.connect();
    const prepare = (sql: string): ReturnType<typeof connection.prepare> => connection.prepare(sql);
    return {
      connection, prng: seededPrng(i + 1),
      account: await prepare('update pgbench_accounts set abalance = abalance + $1 where aid = $2'), read: await prepare('select abalance from pgbench_accounts where aid = $1'),
      teller: await prepare('update pgbench_tellers set tbalance = tbalance + $1 where tid = $2'), branch: await prepare('update pgbench_branches set bbalance = bbalance + $1 where bid = $2'),
      history: await prepare('insert into pgbench_history (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)'),
    };
  }));
  const end = performance.now() + seconds * 1000;
  let done = 0;
  await Promise.all(clients.map(async ({ connection, prng, account, read, teller, branch, history }) => {
    while (performance.now() < end) {
      const [aid, bid, tid, delta] = [1 + prng.below(scale * 100_000), 1 + prng.below(scale), 1 + prng.below(scale * 10), prng.below(10_001) - 5000];
      await connection.exec('begin');
      await account.run(delta, aid);
      await read.get(aid);
      await teller.run(delta, tid);
      await branch.run(delta, bid);
      await history.run(tid, bid, aid, delta);
      await connection.exec('commit');
      done++;
    }
  }));
  for (const { connection } of clients) await connection.close();
  const sums = await Promise.all(['pgbench_accounts', 'pgbench_tellers', 'pgbench_branches'].map(async (table, i) => {
    const row = (await (await db.prepare(`select sum(${['a', 't', 'b'][i]}balance) as s from ${table}`)).get()) as { s: unknown };
    return String(row.s);
  }));
  if (new Set(sums).size !== 1) throw new Error(`the balances do not agree: ${sums.join(', ')}`);
  return done / seconds;
}

const server = await requirePostgres({ isDurable: true });
const directory = mkdtempSync(join(tmpdir(), 'serialite-tpcb-'));
try {
  await server.createDatabase('bench');
  const url = server.socketUrlOf('bench');
  execFileSync('pgbench', ['-i', '-q', '-s', String(scale), url], { stdio: 'ignore' });
  const db = await serialitePeer.open(directory);
  await create(db);
  console.log(`| round | Serialite, ${clientCount} clients in process | pgbench, ${clientCount} clients over the socket, prepared | ratio |\n|---|---|---|---|`);
  for (let round = 1; round <= Number(values.rounds); round++) {
    const mine = await ours(db);
    const output = execFileSync('pgbench', ['-n', '-M', 'prepared', '-c', String(clientCount), '-j', '2', '-T', String(seconds), url], { encoding: 'utf8' });
    const theirs = Number(/tps = ([\d.]+)/.exec(output)![1]);
    console.log(`| ${round} | ${mine.toFixed(0)} tps | ${theirs.toFixed(0)} tps | ${(mine / theirs).toFixed(2)}x |`);
  }
  await db.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
  server.stop();
}
process.exit(0);
