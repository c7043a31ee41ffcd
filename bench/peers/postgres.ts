/** PostgreSQL 15 over its local socket, durable, with prepared statements by name: a cluster of its own for every run. */
import { execFileSync } from 'node:child_process';
import pg from 'pg';
import { startPostgres } from '../../test/oracle/postgres-server.js';
import { csvChunks, type Peer, type PeerConnection, type PeerDatabase, type PeerStatement } from './peer.js';

export const postgresPeer: Peer = {
  name: 'PostgreSQL',
  open: async () => {
    const server = await startPostgres({ isDurable: true });
    if (server === undefined) throw new Error('PostgreSQL is not installed');
    await server.createDatabase('bench');
    const url = server.socketUrlOf('bench');
    const connect = async (): Promise<PeerConnection> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      let count = 0;
      return {
        exec: (sql) => client.query(sql),
        prepare: (text): PeerStatement => {
          const name = `s${count++}`;
          const run = (values: readonly unknown[]): Promise<pg.QueryResult<object>> => client.query({ name, text, values: [...values] });
          return { get: async (...p) => (await run(p)).rows[0], all: async (...p) => (await run(p)).rows, run: (...p) => run(p) };
        },
        close: () => client.end(),
      };
    };
    const main = await connect();
    const one = async (sql: string): Promise<unknown> => Object.values((await (await main.prepare(sql)).get()) as object)[0];
    const database: PeerDatabase = {
      ...main,
      version: `PostgreSQL ${String(await one('show server_version'))}`,
      isConcurrent: true,
      isDurable: true,
      isRetryable: (error) => ['40001', '40P01'].includes((error as { code?: string }).code ?? ''),
      connect,
      prepareCopy: (table, columns, rows) => {
        const text = [...csvChunks(rows)].join('');
        return () => {
          execFileSync('psql', ['-q', '-d', url, '-c', `copy ${table} (${columns.join(', ')}) from stdin csv`], { input: text, maxBuffer: 1 << 30 });
          return Promise.resolve();
        };
      },
      close: async () => {
        await main.close();
        server.stop();
      },
      sizeBytes: async () => Number(await one(`select sum(pg_total_relation_size(c.oid)) from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace`)),
    };
    return database;
  },
};
