/**
 * PostgreSQL's own opinion on a text's syntax. In an aborted transaction the server parses a statement and then refuses to run it, so 25P02
 * means "parsed" and nothing is ever executed; only statements that end a transaction are, which does no harm.
 */
import pg from 'pg';
import { startPostgres } from '../oracle/postgres-server.js';

export interface SyntaxVerdict {
  readonly accepted: boolean;
  readonly code: string;
  readonly message: string;
  /** 0-based, in characters. */
  readonly offset: number | undefined;
}

export class PostgresOracle {
  readonly #client: pg.Client;
  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** undefined when there is no server. */
  static async connect(): Promise<PostgresOracle | undefined> {
    const server = await startPostgres();
    if (server === undefined) return undefined;
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const oracle = new PostgresOracle(client);
    await oracle.#abort();
    return oracle;
  }

  async #abort(): Promise<void> {
    await this.#client.query('begin');
    await this.#client.query('select 1/0').catch(() => undefined);
  }

  async judge(sql: string): Promise<SyntaxVerdict> {
    try {
      await this.#client.query(sql);
      await this.#client.query('rollback').catch(() => undefined);
      await this.#abort();
      return { accepted: true, code: '00000', message: '', offset: undefined };
    } catch (error) {
      const { code, message, position } = error as { code?: string; message: string; position?: string };
      // 3B001 comes of running ROLLBACK TO, which was parsed before.
      return { accepted: code === '25P02' || code === '3B001', code: code ?? '', message, offset: position === undefined ? undefined : Number(position) - 1 };
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}
