/** Engines that TPC-H is run on: each is loaded with the same rows and answers a query with rows as arrays. Serialite is the compiled package, as published. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import type * as Engine from '../../../engine/index.js';
import type { TpchData } from './generate.js';
import { copyLines, forSqlite } from './queries.js';
import { tpchTables } from './schema.js';

export interface TpchEngine {
  readonly version: string;
  /** Prepares a query once; what it gives runs it and returns all rows as objects or arrays, as the engine does it best. */
  prepare(sql: string): Promise<() => unknown[] | Promise<unknown[]>>;
  /** Rows as arrays, for comparing. */
  answer(sql: string): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

export const tpchEngines: Readonly<Record<string, (data: TpchData, directory: string) => Promise<TpchEngine>>> = {
  serialite: openSerialite,
  'better-sqlite3': openSqlite,
  duckdb: openDuckdb,
};

async function openSerialite(data: TpchData, directory: string): Promise<TpchEngine> {
  const { open } = (await import('../../../dist/engine/index.js' as string)) as typeof Engine;
  const db = await open(join(directory, 'serialite.db'), { cacheBytes: 1 << 29, settings: { work_mem: '256MB' } });
  const session = db.connect();
  for (const { name, ddl } of tpchTables) {
    await session.exec(ddl);
    await session.copyFrom(`copy ${name} from stdin`, copyLines(data.rows(name)));
  }
  await session.exec('analyze');
  await session.exec('checkpoint');
  return {
    version: 'Serialite',
    prepare: (sql) => {
      const statement = session.prepare(sql);
      return Promise.resolve(() => statement.all() as unknown[]);
    },
    answer: async (sql) => (await session.query(sql, undefined, { rowMode: 'array' })).rows as unknown as unknown[][],
    close: async () => {
      await session.close();
      await db.close();
    },
  };
}

async function openSqlite(data: TpchData, directory: string): Promise<TpchEngine> {
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(directory, 'sqlite.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('cache_size = -524288');
  for (const { name, ddl, columns } of tpchTables) {
    // Dates are texts and decimals doubles: what SQLite has.
    db.exec(ddl.replace(/numeric\(15,2\)/g, 'real').replace(/ date /g, ' text '));
    const insert = db.prepare(`insert into ${name} values (${columns.map(() => '?').join(', ')})`);
    db.transaction(() => {
      for (const row of data.rows(name)) insert.run(row);
    })();
  }
  db.exec('analyze');
  db.pragma('wal_checkpoint(TRUNCATE)');
  return {
    version: `SQLite ${(db.prepare('select sqlite_version() as v').get() as { v: string }).v}`,
    prepare: (sql) => {
      const statement = db.prepare(forSqlite(sql));
      return Promise.resolve(() => statement.all());
    },
    answer: (sql) => Promise.resolve(db.prepare(forSqlite(sql)).raw().all() as unknown[][]),
    close: () => {
      db.close();
      return Promise.resolve();
    },
  };
}

async function openDuckdb(data: TpchData, directory: string): Promise<TpchEngine> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(join(directory, 'duck.db'), { threads: '1' });
  const connection = await instance.connect();
  for (const { name, ddl } of tpchTables) {
    await connection.run(ddl);
    const path = join(directory, `${name}.csv`);
    const file = createWriteStream(path);
    for (const chunk of copyLines(data.rows(name))) if (!file.write(chunk)) await once(file, 'drain');
    file.end();
    await once(file, 'finish');
    await connection.run(`copy ${name} from '${path}' (delimiter '\t', header false, quote '')`);
  }
  await connection.run('analyze');
  await connection.run('checkpoint');
  const version = (await connection.runAndReadAll('select version()')).getRows()[0]![0];
  return {
    version: `DuckDB ${String(version)}, one thread`,
    prepare: async (sql) => {
      const statement = await connection.prepare(sql);
      return async () => (await statement.runAndReadAll()).getRowObjectsJS();
    },
    answer: async (sql) => (await connection.runAndReadAll(sql)).getRowsJS() as unknown[][],
    close: () => {
      connection.closeSync();
      return Promise.resolve();
    },
  };
}
