/** The two servers in lockstep: one statement to each, answers as text in one shape. */
import pg from 'pg';
import { open, type Database, type DatabaseError, type Session } from '../../engine/index.js';

export interface Answer {
  readonly code: string | undefined;
  readonly message: string;
  readonly command: string;
  readonly rowCount: number | null;
  readonly names: readonly string[];
  /** Type names, where oids are the server's own. */
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface Engine {
  run(sql: string): Promise<Answer>;
  status(): 'idle' | 'active' | 'failed';
  close(): Promise<void>;
}

const firstUserOid = 16384;
const failure = (error: unknown): Answer => {
  const { code, message } = error as { code?: string; message: string };
  return { code: code ?? 'XX000', message, command: '', rowCount: null, names: [], types: [], rows: [] };
};

/** Serialite in memory. */
export class SerialiteEngine implements Engine {
  readonly #db: Database;
  readonly session: Session;

  private constructor(db: Database) {
    this.#db = db;
    this.session = db.connect();
  }
  static async open(settings: Readonly<Record<string, string>> = {}): Promise<SerialiteEngine> {
    return new SerialiteEngine(await open(':memory:', { timeSliceMs: 1000, settings: { temp_file_limit: '256MB', max_result_rows: '5000000', ...settings } }));
  }
  async run(sql: string): Promise<Answer> {
    try {
      const result = await this.session.query(sql, undefined, { rowMode: 'array', values: 'text', timeout: 60_000 });
      return { code: undefined, message: '', command: result.command, rowCount: result.rowCount, names: result.fields.map((field) => field.name), types: result.fields.map((field) => typeName(field.dataTypeID)), rows: result.rows as unknown as (string | null)[][] };
    } catch (error) {
      const { cause } = error as DatabaseError;
      const answer = failure(error);
      return answer.code!.startsWith('XX') && cause instanceof Error ? { ...answer, message: cause.stack ?? cause.message } : answer;
    }
  }
  status(): 'idle' | 'active' | 'failed' {
    return this.session.transactionStatus;
  }
  async close(): Promise<void> {
    await this.session.close();
    await this.#db.close();
  }
}

const typeName = (oid: number): string => (oid >= firstUserOid ? 'user' : String(oid));
const identity = (text: string): string => text;

/** PostgreSQL: a database of the run's own, emptied between rounds. Its bounds are the connection's, which RESET ALL leaves. */
export class PostgresEngine implements Engine {
  readonly #client: pg.Client;
  #status: 'idle' | 'active' | 'failed' = 'idle';
  #onReady: (() => void) | undefined;

  private constructor(client: pg.Client) {
    this.#client = client;
    (client as unknown as { connection: { on(event: string, listener: (message: { status: string }) => void): void } }).connection.on('readyForQuery', ({ status }) => {
      this.#status = status === 'T' ? 'active' : status === 'E' ? 'failed' : 'idle';
      this.#onReady?.();
    });
    client.on('error', () => this.#onReady?.());
  }
  static async connect(url: string): Promise<PostgresEngine> {
    const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC -c statement_timeout=10s -c temp_file_limit=256MB -c client_min_messages=error', types: { getTypeParser: () => identity } as unknown as pg.CustomTypesConfig });
    await client.connect();
    return new PostgresEngine(client);
  }
  async reset(): Promise<void> {
    if (this.#status !== 'idle') await this.#client.query('rollback');
    await this.#client.query('discard all');
    await this.#client.query("drop schema public cascade; create schema public");
  }
  /** An error is told before the state of the transaction is: the answer waits for both. */
  async run(sql: string): Promise<Answer> {
    const ready = new Promise<void>((resolve) => {
      this.#onReady = resolve;
    });
    const answer = await this.#run(sql);
    await ready;
    return answer;
  }
  async #run(sql: string): Promise<Answer> {
    try {
      const answer = (await this.#client.query({ text: sql, rowMode: 'array' })) as unknown as pg.QueryArrayResult<(string | null)[]>;
      const result = Array.isArray(answer) ? (answer as pg.QueryArrayResult<(string | null)[]>[]).at(-1)! : answer;
      return { code: undefined, message: '', command: result.command, rowCount: result.rowCount, names: result.fields.map((field) => field.name), types: result.fields.map((field) => typeName(field.dataTypeID)), rows: result.rows };
    } catch (error) {
      return failure(error);
    }
  }
  status(): 'idle' | 'active' | 'failed' {
    return this.#status;
  }
  async close(): Promise<void> {
    await this.#client.end();
  }
}
