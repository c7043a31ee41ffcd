/** PGlite: PostgreSQL compiled to WebAssembly, on the file system, with its default durability. */
import { PGlite } from '@electric-sql/pglite';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { csvChunks, type Peer, type PeerDatabase, type PeerStatement } from './peer.js';

export const pglitePeer: Peer = {
  name: 'PGlite',
  open: async (directory) => {
    const path = join(directory, 'pglite');
    const db = await PGlite.create(path);
    const version = (await db.query<{ v: string }>('show server_version')).rows[0];
    const prepare = (sql: string): PeerStatement => ({
      get: async (...p) => (await db.query(sql, [...p])).rows[0],
      all: async (...p) => (await db.query(sql, [...p])).rows,
      run: (...p) => db.query(sql, [...p]),
    });
    const connection: PeerDatabase = {
      version: `PGlite, PostgreSQL ${Object.values(version ?? {}).join('')}`,
      isConcurrent: false,
      isDurable: true,
      isRetryable: () => false,
      exec: (sql) => db.exec(sql),
      prepare,
      connect: () => connection,
      prepareCopy: (table, columns, rows) => {
        const blob = new Blob([...csvChunks(rows)]);
        return async () => void (await db.query(`copy ${table} (${columns.join(', ')}) from '/dev/blob' csv`, [], { blob }));
      },
      close: () => db.close(),
      sizeBytes: async () => {
        await db.exec('checkpoint');
        return Number(execFileSync('du', ['-sb', path]).toString().split('\t')[0]);
      },
    };
    return connection;
  },
};
