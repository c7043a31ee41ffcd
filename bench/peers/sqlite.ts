/** better-sqlite3: WAL mode, synchronous=FULL, so that an acknowledged commit is on disk as with Serialite's default. */
import Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { questionMarks, type Peer, type PeerDatabase, type PeerStatement } from './peer.js';

export const sqlitePeer: Peer = {
  name: 'better-sqlite3',
  open: (directory) => {
    const path = join(directory, 'sqlite.db');
    const db = new Database(path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('cache_size = -262144');
    const version = (db.prepare('select sqlite_version() as v').get() as { v: string }).v;
    const prepare = (sql: string): PeerStatement => {
      const statement = db.prepare(questionMarks(sql));
      return { get: (...p) => statement.get(...p), all: (...p) => statement.all(...p), run: (...p) => statement.run(...p) };
    };
    const connection: PeerDatabase = {
      version: `SQLite ${version}`,
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
        db.pragma('wal_checkpoint(TRUNCATE)');
        return statSync(path).size;
      },
    };
    return Promise.resolve(connection);
  },
};
