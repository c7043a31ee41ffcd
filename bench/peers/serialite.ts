/** Serialite as it is published: the compiled package, full durability. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type * as Engine from '../../engine/index.js';
import { csvChunks, type Peer, type PeerConnection, type PeerDatabase, type PeerStatement } from './peer.js';

export const serialitePeer: Peer = {
  name: 'Serialite',
  open: async (directory) => {
    const { open } = (await import('../../dist/engine/index.js' as string)) as typeof Engine;
    const path = join(directory, 'serialite.slt');
    const db = await open(path, { cacheBytes: 256 * 1048576 });
    const main = db.connect();
    const over = (session: Engine.Session, isShared: boolean): PeerConnection => ({
      exec: (sql) => session.exec(sql),
      prepare: (sql): PeerStatement => {
        const statement = session.prepare(sql);
        // Several clients wait for their commits side by side; a single one uses the synchronous face, as better-sqlite3's users do.
        if (isShared) return { get: async (...p) => (await session.query(sql, p)).rows[0], all: async (...p) => (await session.query(sql, p)).rows, run: (...p) => session.query(sql, p) };
        return { get: (...p) => statement.get(...p), all: (...p) => statement.all(...p), run: (...p) => statement.run(...p) };
      },
      close: () => session.close(),
    });
    const database: PeerDatabase = {
      ...over(main, false),
      version: 'Serialite',
      isConcurrent: true,
      isDurable: true,
      isRetryable: (error) => (error as { isRetryable?: boolean }).isRetryable === true,
      prepareCopy: (table, columns, rows) => {
        const chunks = [...csvChunks(rows)];
        return async () => void (await main.copyFrom(`copy ${table} (${columns.join(', ')}) from stdin csv`, chunks));
      },
      connect: () => over(db.connect(), true),
      close: async () => {
        await main.close();
        await db.close();
      },
      sizeBytes: async () => {
        await db.exec('checkpoint');
        return statSync(path).size;
      },
    };
    return database;
  },
};
