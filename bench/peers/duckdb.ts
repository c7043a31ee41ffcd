/** DuckDB on one thread, with its default durability (its log is synced at commit). */
import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, PeerConnection, PeerDatabase, PeerStatement } from './peer.js';

export const duckdbPeer: Peer = {
  name: 'DuckDB',
  open: async (directory) => {
    const path = join(directory, 'duck.db');
    const instance = await DuckDBInstance.create(path, { threads: '1', memory_limit: '1GB' });
    const over = (connection: DuckDBConnection): PeerConnection => ({
      exec: (sql) => connection.run(sql),
      prepare: async (sql): Promise<PeerStatement> => {
        const statement = await connection.prepare(sql);
        const rows = async (p: readonly unknown[]): Promise<readonly unknown[]> => {
          statement.bind(p as DuckDBValue[]);
          return (await statement.runAndReadAll()).getRowObjectsJS();
        };
        return {
          get: async (...p) => (await rows(p))[0],
          all: (...p) => rows(p),
          run: (...p) => {
            statement.bind(p as DuckDBValue[]);
            return statement.run();
          },
        };
      },
      close: () => connection.closeSync(),
    });
    const main = await instance.connect();
    const version = (await main.runAndReadAll('select version() as v')).getRowObjectsJS()[0]!['v'];
    const database: PeerDatabase = {
      ...over(main),
      version: `DuckDB ${String(version)}, one thread`,
      isConcurrent: true,
      isDurable: true,
      isRetryable: (error) => /conflict/i.test((error as Error).message),
      connect: async () => over(await instance.connect()),
      prepareCopy: (table, columns, rows) => async () => {
        const appender = await main.createAppender(table);
        for (const row of rows) {
          for (let i = 0; i < columns.length; i++) {
            const value = row[i]!;
            if (typeof value === 'string') appender.appendVarchar(value);
            else if (Number.isInteger(value)) appender.appendInteger(value);
            else appender.appendDouble(value);
          }
          appender.endRow();
        }
        appender.closeSync();
      },
      close: () => main.closeSync(),
      sizeBytes: async () => {
        await main.run('checkpoint');
        return statSync(path).size + (existsSync(`${path}.wal`) ? statSync(`${path}.wal`).size : 0);
      },
    };
    return database;
  },
};
