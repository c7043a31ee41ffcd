/** Serialite in this process, over an in-memory database of its own. Waiting is asked of the session, so a schedule is decided without any clock. */
import { DatabaseError, open, type Database, type OpenOptions, type QueryResult, type Session } from '../../engine/index.js';
import type { LabError, LabOutcome, LabResult, LabSession, LabTarget } from '../target.js';

/** @param options passed to `open`; `path` defaults to memory */
export async function serialiteTarget(options: OpenOptions & { readonly path?: string } = {}): Promise<LabTarget> {
  const { path = ':memory:', ...openOptions } = options;
  return targetOver(await open(path, openOptions), true);
}

/** A target over a database that somebody else owns. */
export function targetOver(database: Database, ownsDatabase = false): LabTarget {
  const sessions = new Set<SerialiteSession>();
  return {
    name: 'Serialite',
    kind: 'serialite',
    connect: async (label) => {
      // Statements come from scripts; where in the laboratory they were issued says nothing.
      const session = new SerialiteSession(label, database.connect({ name: label, captureStacks: false }));
      // The settings PostgreSQL's regression tests run under, so that transcripts can be compared.
      await session.run(`set datestyle to 'Postgres, MDY'; set timezone to 'PST8PDT'; set intervalstyle to 'postgres_verbose'`);
      sessions.add(session);
      return session;
    },
    close: async () => {
      for (const session of sessions) await session.close();
      if (ownsDatabase) await database.close();
    },
  };
}

class SerialiteSession implements LabSession {
  readonly label: string;
  readonly session: Session;
  #isClosed = false;

  constructor(label: string, session: Session) {
    this.label = label;
    this.session = session;
  }

  async run(sql: string): Promise<LabOutcome> {
    const results: LabResult[] = [];
    try {
      await this.session.exec(sql, { rowMode: 'array', values: 'text', onResult: (result) => results.push(toLabResult(result)) });
      return { results, error: undefined };
    } catch (error) {
      return { results, error: toLabError(error) };
    }
  }
  isWaiting(): Promise<boolean> {
    return Promise.resolve(this.session.isWaiting);
  }
  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
  onNotice(listener: (severity: string, message: string) => void): void {
    this.session.onNotice((notice) => listener(notice.severity, notice.message));
  }
  cancel(): Promise<void> {
    this.session.cancel();
    return Promise.resolve();
  }
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.session.close();
  }
}

function toLabResult(result: QueryResult): LabResult {
  return {
    command: result.command, rowCount: result.rowCount, rows: result.rows as unknown as (string | null)[][],
    columns: result.fields.map((field) => ({ name: field.name, typeOid: field.dataTypeID })),
  };
}

function toLabError(error: unknown): LabError {
  if (!(error instanceof DatabaseError)) throw error;
  return { code: error.code, message: error.message, severity: error.severity, detail: error.detail, hint: error.hint, position: error.position, conflict: error.conflict };
}
