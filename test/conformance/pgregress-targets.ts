/** The two servers that regression statements are run on, seen alike: one message of SQL in, its outcome out. */
import pg from 'pg';
import { DatabaseError, type Database, type Field, type QueryResult, type Session } from '../../engine/index.js';
import type { Outcome, ResultRows } from './pgregress-outcome.js';

export interface Target {
  run(text: string, copyData: string | undefined): Promise<Outcome>;
  close(): Promise<void>;
}

const StatementTimeoutMs = 30_000;

/** As pg_regress sets up its sessions. */
const sessionSettings = ["set timezone = 'PST8PDT'", "set datestyle = 'Postgres, MDY'", "set intervalstyle = 'postgres_verbose'"];

export class SerialiteTarget implements Target {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async connect(db: Database): Promise<SerialiteTarget> {
    const session = db.connect();
    for (const setting of sessionSettings) await session.exec(setting);
    return new SerialiteTarget(session);
  }

  get transactionStatus(): string {
    return this.#session.transactionStatus;
  }

  async run(text: string, copyData: string | undefined): Promise<Outcome> {
    const results: ResultRows[] = [];
    const onResult = (result: QueryResult): void => void results.push(rowsOf(result.fields, result.rows as unknown as (string | null)[][]));
    const options = { rowMode: 'array', values: 'text', timeout: StatementTimeoutMs, onResult } as const;
    try {
      if (copyData !== undefined) await this.#session.copyFrom(text, [copyData], options);
      else if (/^copy\b[^]*\bto\s+stdout\b/i.test(text)) {
        let out = '';
        await this.#session.copyTo(text, (chunk) => void (out += chunk), options);
        results[results.length - 1] = copyLines(out);
      } else await this.#session.exec(text, options);
      return { error: undefined, results };
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return { error: { code: error.code, message: error.message }, results };
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

export class PostgresTarget implements Target {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<PostgresTarget> {
    const identity = (text: string): string => text;
    const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => identity } as unknown as pg.CustomTypesConfig, statement_timeout: StatementTimeoutMs });
    client.on('error', () => undefined);
    await client.connect();
    for (const setting of sessionSettings) await client.query(setting);
    return new PostgresTarget(client);
  }

  async run(text: string, copyData: string | undefined): Promise<Outcome> {
    const query = new pg.Query<unknown[]>({ text, rowMode: 'array' } as unknown as pg.QueryConfig) as unknown as CopyingQuery;
    let out: string | undefined;
    query.handleCopyInResponse = (connection) => {
      connection.sendCopyFromChunk(Buffer.from(copyData ?? ''));
      connection.endCopyFrom();
    };
    query.handleCopyData = (message) => void (out = (out ?? '') + message.chunk.toString());
    const settled = new Promise<Outcome>((resolve) => {
      query.callback = (error, result) => resolve(error === null || error === undefined ? { error: undefined, results: resultsOf(result!) } : { error: { code: (error as pg.DatabaseError).code ?? '', message: error.message }, results: [] });
    });
    this.#client.query(query as unknown as pg.Submittable);
    const outcome = await settled;
    return out === undefined || outcome.error !== undefined ? outcome : { error: undefined, results: [copyLines(out)] };
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** What pg's own query object lets a user replace, though its types do not say so. */
interface CopyingQuery {
  callback: (error: Error | null | undefined, result: pg.QueryArrayResult | pg.QueryArrayResult[] | undefined) => void;
  handleCopyInResponse: (connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) => void;
  handleCopyData: (message: { readonly chunk: Buffer }) => void;
}

function resultsOf(given: pg.QueryArrayResult | pg.QueryArrayResult[]): ResultRows[] {
  return (Array.isArray(given) ? given : [given]).map((one) => rowsOf(one.fields, one.rows as (string | null)[][]));
}

function rowsOf(fields: readonly Pick<Field, 'name' | 'dataTypeID'>[], rows: readonly (readonly (string | null)[])[]): ResultRows {
  return { columns: fields.map((field) => ({ name: field.name, type: field.dataTypeID })), rows };
}

function copyLines(text: string): ResultRows {
  return { columns: [], rows: text.split('\n').map((line) => [line]) };
}
