/** sql.js: SQLite compiled to WebAssembly, in memory only, so nothing is durable. */
import initSqlJs from 'sql.js';
import type { Peer, PeerDatabase, PeerStatement } from './peer.js';
import { questionMarks } from './peer.js';

type Value = number | string | null;

export const sqljsPeer: Peer = {
  name: 'sql.js',
  open: async () => {
    const library = await initSqlJs();
    const db = new library.Database();
    const version = String(db.exec('select sqlite_version() as v')[0]!.values[0]![0]);
    const prepare = (sql: string): PeerStatement => {
      const statement = db.prepare(questionMarks(sql));
      return {
        get: (...p) => {
          statement.bind(p as Value[]);
          const row = statement.step() ? statement.getAsObject() : undefined;
          statement.reset();
          return row;
        },
        all: (...p) => {
          statement.bind(p as Value[]);
          const rows: unknown[] = [];
          while (statement.step()) rows.push(statement.getAsObject());
          statement.reset();
          return rows;
        },
        run: (...p) => statement.run(p as Value[]),
      };
    };
    const connection: PeerDatabase = {
      version: `sql.js, SQLite ${version}`,
      isConcurrent: false,
      isDurable: false,
      isRetryable: () => false,
      exec: (sql) => db.exec(sql),
      prepare,
      connect: () => connection,
      prepareCopy: undefined,
      close: () => db.close(),
      // Exporting closes prepared statements: last of all.
      sizeBytes: () => db.export().length,
    };
    return connection;
  },
};
