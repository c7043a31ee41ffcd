/**
 * A server that speaks PostgreSQL's protocol, through the `pg` package. Each target works in a schema of its own, dropped at close. Whether a
 * session waits is asked of the server: `pg_isolation_test_session_is_blocked` where it exists, `pg_blocking_pids` otherwise.
 */
import type pgModule from 'pg';
import { DatabaseError } from '../../engine/index.js';
import type { LabError, LabOutcome, LabResult, LabSession, LabTarget } from '../target.js';

type Pg = typeof pgModule;

/** @throws DatabaseError 08001 when the server cannot be reached, 58P01 when the `pg` package is not installed. */
export async function postgresTarget(url: string, options: { readonly schema: string; readonly pollMs?: number }): Promise<LabTarget> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) throw new DatabaseError('08001', `"${redact(url)}" is no postgres:// URL`);
  const pg = await loadPg();
  const control = await connectClient(pg, url);
  try {
    return await openTarget(pg, control, url, options);
  } catch (error) {
    await control.end();
    throw error instanceof DatabaseError ? error : serverError(error);
  }
}

/** What the server refused, as an error of the laboratory: a feature it lacks, a right it does not give. */
function serverError(error: unknown): DatabaseError {
  const { code, message, hint } = toLabError(error);
  return new DatabaseError(code, `the server cannot be worked with: ${message}`, { hint, cause: error });
}

async function openTarget(pg: Pg, control: pgModule.Client, url: string, options: { readonly schema: string; readonly pollMs?: number }): Promise<LabTarget> {
  const schema = options.schema;
  const version = await control.query<{ server_version: string }>('show server_version').catch(() => ({ rows: [{ server_version: '?' }] }));
  await control.query(`create schema "${schema}"`);
  await control.query(`set search_path to "${schema}", public`);
  // CockroachDB and others lack the functions that tell who waits; then there is nothing to decide a schedule by.
  const hasBlockedFunction = (await control.query(`select 1 from pg_proc where proname = 'pg_isolation_test_session_is_blocked'`)).rows.length > 0;
  const sessions = new Set<PostgresSession>();
  const isBlocked = async (pid: number): Promise<boolean> => {
    const others = [...sessions].map((s) => s.pid);
    const result = hasBlockedFunction
      ? await control.query<{ b: boolean }>('select pg_catalog.pg_isolation_test_session_is_blocked($1, $2::int[]) as b', [pid, others])
      : await control.query<{ b: boolean }>('select pg_blocking_pids($1) && $2::int[] as b', [pid, others]);
    return result.rows[0]!.b;
  };
  if (!hasBlockedFunction && (await control.query(`select 1 from pg_proc where proname = 'pg_blocking_pids'`)).rows.length === 0) {
    await control.query(`drop schema "${schema}"`);
    throw new DatabaseError('0A000', 'the server has neither pg_isolation_test_session_is_blocked nor pg_blocking_pids: whether a session waits cannot be asked');
  }
  return {
    name: `PostgreSQL ${version.rows[0]!.server_version.split(' ')[0]}`,
    kind: 'postgres',
    connect: async (label) => {
      const client = await connectClient(pg, url);
      await client.query(`set search_path to "${schema}", public; set datestyle to 'Postgres, MDY'; set timezone to 'PST8PDT'; set intervalstyle to 'postgres_verbose'; set application_name to '${schema}/${label.replaceAll("'", '')}'`);
      const pid = await backendOf(client);
      const session = new PostgresSession(pg, label, client, pid, isBlocked, control, schema, options.pollMs ?? 3, () => sessions.delete(session));
      sessions.add(session);
      return session;
    },
    close: async () => {
      for (const session of [...sessions]) await session.close();
      await control.query(`set client_min_messages to warning`);
      await control.query(`drop schema if exists "${schema}" cascade`);
      await control.end();
    },
  };
}

async function backendOf(client: pgModule.Client): Promise<number> {
  return (await client.query<{ p: number }>('select pg_backend_pid() as p')).rows[0]!.p;
}

async function loadPg(): Promise<Pg> {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    throw new DatabaseError('58P01', 'the "pg" package is needed to reach a server: npm install pg', { cause });
  }
}

async function connectClient(pg: Pg, url: string): Promise<pgModule.Client> {
  let client: pgModule.Client;
  try {
    client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, application_name: 'serialite lab' });
    client.on('error', () => undefined);
    await client.connect();
  } catch (cause) {
    throw new DatabaseError('08001', `could not connect to ${redact(url)}: ${(cause as Error).message || (cause as { code?: string }).code || 'unknown'}`, { cause });
  }
  return client;
}

function redact(url: string): string {
  return url.replace(/(\/\/[^:/@]*):[^@]*@/, '$1:***@');
}

class PostgresSession implements LabSession {
  readonly label: string;
  readonly pid: number;
  readonly #pg: Pg;
  readonly #client: pgModule.Client;
  readonly #isBlocked: (pid: number) => Promise<boolean>;
  readonly #control: pgModule.Client;
  readonly #schema: string;
  readonly #pollMs: number;
  readonly #onClose: () => void;
  #running: Promise<unknown> | undefined;

  constructor(pg: Pg, label: string, client: pgModule.Client, pid: number, isBlocked: (pid: number) => Promise<boolean>, control: pgModule.Client, schema: string, pollMs: number, onClose: () => void) {
    this.#pg = pg;
    this.label = label;
    this.#client = client;
    this.pid = pid;
    this.#isBlocked = isBlocked;
    this.#control = control;
    this.#schema = schema;
    this.#pollMs = pollMs;
    this.#onClose = onClose;
  }

  run(sql: string): Promise<LabOutcome> {
    const running = new Promise<LabOutcome>((resolve) => {
      const results: LabResult[] = [];
      const raw = { getTypeParser: () => (value: string) => value };
      // The results seen so far survive an error only through the row and end events of a query object.
      const query = new this.#pg.Query({ text: sql, rowMode: 'array', types: raw } as unknown as string) as unknown as PgQuery;
      const rows = new Map<PgResult, (string | null)[][]>();
      query.on('row', (row, result) => {
        let list = rows.get(result);
        if (list === undefined) rows.set(result, (list = []));
        // Plans name the schema this run works in; transcripts say public, as the files do.
        list.push(row.map((value) => value?.replaceAll(`${this.#schema}.`, 'public.') ?? null));
      });
      const collect = (): void => {
        const seen = Array.isArray(query._results) ? query._results : query._results === undefined ? [] : [query._results];
        for (const result of seen) {
          if (result.command === null && (result.fields?.length ?? 0) === 0) continue;
          results.push({
            command: result.command ?? 'SELECT',
            rowCount: result.rowCount,
            columns: (result.fields ?? []).map((field) => ({ name: field.name, typeOid: field.dataTypeID })),
            rows: rows.get(result) ?? [],
          });
        }
      };
      query.on('end', () => {
        collect();
        resolve({ results, error: undefined });
      });
      query.on('error', (error) => {
        collect();
        resolve({ results: results.filter((r) => r.command !== 'SELECT' || r.rowCount !== null), error: toLabError(error) });
      });
      this.#client.query(query as unknown as pgModule.Submittable);
    });
    this.#running = running;
    void running.then(() => {
      this.#running = undefined;
    });
    return running;
  }

  async isWaiting(): Promise<boolean> {
    return this.#running !== undefined && (await this.#isBlocked(this.pid));
  }

  async pause(): Promise<void> {
    const running = this.#running;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slept = new Promise((resolve) => {
      timer = setTimeout(resolve, this.#pollMs);
    });
    await (running === undefined ? slept : Promise.race([running, slept]));
    clearTimeout(timer);
  }

  onNotice(listener: (severity: string, message: string) => void): void {
    this.#client.on('notice', (notice) => listener(notice.severity ?? 'NOTICE', notice.message ?? ''));
  }

  async cancel(): Promise<void> {
    if (this.#running === undefined) return;
    await this.#control.query('select pg_cancel_backend($1)', [this.pid]);
    await this.#running;
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.cancel();
    await this.#client.end();
  }
}

interface PgResult {
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[] | undefined;
}

interface PgQuery {
  readonly _results: PgResult | PgResult[] | undefined;
  on(event: 'row', listener: (row: (string | null)[], result: PgResult) => void): void;
  on(event: 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

function toLabError(error: unknown): LabError {
  const e = error as { code?: string; message: string; severity?: string; detail?: string; hint?: string; position?: string };
  return { code: e.code ?? '08006', message: e.message, severity: e.severity ?? 'FATAL', detail: e.detail, hint: e.hint, position: e.position === undefined ? undefined : Number(e.position), conflict: undefined };
}
