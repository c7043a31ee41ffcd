/** The engines that benchmarks run on. */
import type { Peer } from './peers/peer.js';

export interface Engine {
  readonly name: string;
  /** Share of the rows of the long cases that it is given: the whole would take minutes. */
  readonly longScale: number;
  /** Whether our ratio is taken against it: embedded engines for transactions. */
  readonly isRival: boolean;
  readonly load: () => Promise<Peer>;
}

export const engines: readonly Engine[] = [
  { name: 'serialite', longScale: 1, isRival: false, load: async () => (await import('./peers/serialite.js')).serialitePeer },
  { name: 'better-sqlite3', longScale: 1, isRival: true, load: async () => (await import('./peers/sqlite.js')).sqlitePeer },
  { name: 'sql.js', longScale: 1, isRival: true, load: async () => (await import('./peers/sqljs.js')).sqljsPeer },
  { name: 'turso', longScale: 0.2, isRival: true, load: async () => (await import('./peers/turso.js')).tursoPeer },
  { name: 'pglite', longScale: 0.05, isRival: true, load: async () => (await import('./peers/pglite.js')).pglitePeer },
  { name: 'duckdb', longScale: 0.05, isRival: false, load: async () => (await import('./peers/duckdb.js')).duckdbPeer },
  { name: 'postgres', longScale: 0.1, isRival: false, load: async () => (await import('./peers/postgres.js')).postgresPeer },
];
