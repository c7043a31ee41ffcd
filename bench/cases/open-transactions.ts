/**
 * Transactions of several statements by sixteen clients, with time to think between the statements, as when a program awaits something in the middle of
 * a transaction. An engine with one transaction at a time makes the others queue; one with many interleaves them. All run at the level that gives
 * serializability: SERIALIZABLE with a retry where transactions are concurrent, the queue where they are not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededPrng, type Prng } from '../../base/prng.js';
import type { PeerConnection, PeerDatabase, PeerStatement } from '../peers/peer.js';
import { benchCase, checksumOf, type BenchCase } from './case.js';

const clientCount = 16;
const thinkMs = 1;

export type Statements = Readonly<Record<string, PeerStatement>>;
/** What the statements of a transaction have read so far, for those that follow. */
export type Seen = Record<string, unknown>;
/** One statement of a transaction. */
export type Step = (statements: Statements, seen: Seen) => Promise<void>;

/** READ COMMITTED for those who lock what they are going to change. */
export type Level = 'serializable' | 'read committed';

export interface Workload {
  readonly level: Level;
  readonly create: (db: PeerDatabase) => Promise<void>;
  /** `for update` at the end is left out where an engine has no row locks. */
  readonly statements: Readonly<Record<string, string>>;
  /** Draws the inputs of a transaction, which a retry uses again. */
  readonly transaction: (prng: Prng, client: number) => readonly Step[];
  readonly check: string;
  /** How many transactions a batch has for each client on average: whoever is done takes the next, so that none is idle while others still work. */
  readonly perClient: number;
}

/** Thrown by a step: the transaction is rolled back, and that is its outcome. */
export class RolledBack extends Error {}

/** Whoever comes waits for all who came before. */
class Turn {
  #last: Promise<void> = Promise.resolve();
  async take(): Promise<() => void> {
    const before = this.#last;
    let release = (): void => undefined;
    this.#last = new Promise((resolve) => (release = resolve));
    await before;
    return release;
  }
}

class Client {
  readonly #db: PeerDatabase;
  readonly #connection: PeerConnection;
  readonly #statements: Statements;
  readonly #begin: string;
  readonly #turn: Turn | undefined;

  private constructor(db: PeerDatabase, connection: PeerConnection, statements: Statements, begin: string, turn: Turn | undefined) {
    this.#db = db;
    this.#connection = connection;
    this.#statements = statements;
    this.#begin = begin;
    this.#turn = turn;
  }

  static async open(db: PeerDatabase, workload: Workload, hasRowLocks: boolean, turn: Turn | undefined): Promise<Client> {
    const connection = await db.connect();
    const statements: Record<string, PeerStatement> = {};
    for (const [name, sql] of Object.entries(workload.statements)) statements[name] = await connection.prepare(hasRowLocks ? sql : sql.replace(/ for update$/, ''));
    const begin = hasRowLocks ? `begin isolation level ${workload.level}` : 'begin';
    return new Client(db, connection, statements, begin, turn);
  }

  /** Runs a transaction until it commits, or rolls back as it should. */
  async run(steps: readonly Step[]): Promise<void> {
    for (;;) {
      const release = await this.#turn?.take();
      try {
        await this.#connection.exec(this.#begin);
        const seen: Seen = {};
        for (const [i, step] of steps.entries()) {
          if (i > 0) await sleep(thinkMs);
          await step(this.#statements, seen);
        }
        await this.#connection.exec('commit');
        return;
      } catch (error) {
        await Promise.resolve(this.#connection.exec('rollback')).catch(() => undefined);
        if (error instanceof RolledBack) return;
        if (!this.#db.isRetryable(error)) throw error;
      } finally {
        release?.();
      }
    }
  }
}

export function openTransactions(name: string, workload: Workload): BenchCase {
  return benchCase({
    name: `${name}, ${clientCount} open transactions`, unit: 'transactions/s', target: 5, stretch: 10, needsDurability: true,
    setup: async (db) => {
      await workload.create(db);
      const turn = db.isConcurrent ? undefined : new Turn();
      // The others have one transaction at a time, or neither levels nor row locks.
      const hasRowLocks = /^(Serialite|PostgreSQL|PGlite)/.test(db.version);
      const clients = await Promise.all(Array.from({ length: clientCount }, () => Client.open(db, workload, hasRowLocks, turn)));
      const prng = seededPrng(100);
      return {
        operationsPerBatch: clientCount * workload.perClient,
        batch: async () => {
          let left = clientCount * workload.perClient;
          await Promise.all(clients.map(async (client, i) => {
            while (left-- > 0) await client.run(workload.transaction(prng, i));
          }));
        },
        checksum: () => checksumOf(db, workload.check),
      };
    },
  });
}
