/** Turso, the rewrite of SQLite in Rust, through its synchronous interface; the same settings as better-sqlite3. */
import { Database } from '@tursodatabase/database/compat';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { questionMarks, type Peer, type PeerDatabase, type PeerStatement } from './peer.js';

export const tursoPeer: Peer = {
  name: 'Turso',
  open: (directory) => {
    const path = join(directory, 'turso.db');
    const db = new Database(path);
    db.exec('pragma synchronous = FULL');
    db.exec('pragma cache_size = -262144');
    const version = (db.prepare('select sqlite_version() as v').get() as { v: string }).v;
    const prepare = (sql: string): PeerStatement => {
      const statement = db.prepare(questionMarks(sql));
      return { get: (...p) => statement.get(...p) as unknown, all: (...p) => statement.all(...p) as unknown[], run: (...p) => statement.run(...p) };
    };
    const connection: PeerDatabase = {
      version: `Turso, SQLite ${version}`,
      isConcurrent: false,
      isDurable: true,
      isRetryable: () => false,
      exec: (sql) => db.exec(sql),
      prepare,
      connect: () => connection,
      prepareCopy: undefined,
      close: () => {
        if (db.open) db.close();
      },
      sizeBytes: () => {
        db.prepare('pragma wal_checkpoint(TRUNCATE)').all();
        return statSync(path).size;
      },
    };
    return Promise.resolve(connection);
  },
};
