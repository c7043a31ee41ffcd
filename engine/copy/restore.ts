/**
 * Loads SQL text as `dump`, `pg_dump` and `pg_dump --inserts` write it: statements one after the other, with the rows of COPY ... FROM stdin between
 * them up to `\.`. Lines are taken as they come, so a text of any length needs the memory of its longest statement.
 *
 * What speaks of things that a database of one user and one file has not (owners, privileges, tablespaces, extensions that there are not here) is
 * passed over and counted; everything else must succeed.
 */
import { DbError } from '../../base/errors.js';
import { extensions } from '../../functions/extensions/extensions.js';
import { splitStatements } from '../../parser/split.js';
import { toDatabaseError, type DatabaseError } from '../errors.js';
import type { Session } from '../session.js';

export interface RestoreOptions {
  /** All or nothing: one transaction around everything. Default false: each statement commits, and the first error stops. */
  readonly singleTransaction?: boolean | undefined;
  /** Called for statements that failed; then the restore goes on instead of stopping. */
  readonly onError?: ((error: DatabaseError, statement: string) => void) | undefined;
}

export interface RestoreResult {
  readonly statementCount: number;
  /** Rows of COPY. */
  readonly rowCount: number;
  /** Statements passed over, by their first words. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Statements without a meaning here, and how the result calls them. */
const passedOver: readonly { readonly pattern: RegExp; readonly name: string }[] = [
  { pattern: /^alter\s+(?:[a-z]+\s+){1,3}.*\bowner\s+to\b/is, name: 'ALTER ... OWNER TO' },
  { pattern: /^(?:grant|revoke)\b/i, name: 'GRANT, REVOKE' },
  { pattern: /^alter\s+default\s+privileges\b/i, name: 'ALTER DEFAULT PRIVILEGES' },
  { pattern: new RegExp(`^(?:create|alter|comment\\s+on|drop)\\s+extension\\s+(?:if\\s+(?:not\\s+)?exists\\s+)?(?!if\\s|"?(?:${extensions.map(({ name }) => name).join('|')})\\b)`, 'i'), name: 'EXTENSION' },
  { pattern: /^set\s+(?:session\s+)?(?:default_tablespace|default_table_access_method|row_security|xmloption|default_with_oids|transaction_timeout|idle_in_transaction_session_timeout|lock_timeout)\b/i, name: 'SET' },
  { pattern: /^alter\s+table\b.*\bcluster\s+on\b/is, name: 'CLUSTER ON' },
  { pattern: /^alter\s+table\b.*\breplica\s+identity\b/is, name: 'REPLICA IDENTITY' },
];

const copyIn = /^copy\b.*\bfrom\s+stdin\b/is;

export async function restore(session: Session, source: AsyncIterable<Uint8Array | string>, options: RestoreOptions): Promise<RestoreResult> {
  const run = new Restore(session, source, options);
  if (options.singleTransaction === true) await session.query('begin');
  try {
    await run.all();
    if (options.singleTransaction === true) await session.query('commit');
  } catch (error) {
    if (options.singleTransaction === true) await session.exec('rollback').catch(() => undefined);
    throw error;
  }
  return run.result();
}

class Restore {
  readonly #session: Session;
  readonly #options: RestoreOptions;
  readonly #lines: AsyncGenerator<string>;
  readonly #skipped: Record<string, number> = {};
  #statementCount = 0;
  #rowCount = 0;

  constructor(session: Session, source: AsyncIterable<Uint8Array | string>, options: RestoreOptions) {
    this.#session = session;
    this.#options = options;
    this.#lines = linesOf(source);
  }

  result(): RestoreResult {
    return { statementCount: this.#statementCount, rowCount: this.#rowCount, skipped: this.#skipped };
  }

  async all(): Promise<void> {
    let text = '';
    let isWithin = false;
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      const line = next.value;
      if (!isWithin && line.startsWith('\\')) {
        this.#metaCommand(line);
        continue;
      }
      text += line;
      // Only a line with a semicolon can end a statement; only then is it worth looking.
      if (!line.includes(';')) {
        isWithin ||= !/^\s*(?:--.*)?\s*$/.test(line);
        continue;
      }
      const split = splitStatements(text);
      for (const { start, end } of split.statements) await this.#statement(text.slice(start, end));
      text = text.slice(split.restStart);
      isWithin = split.open !== 'none';
    }
    const split = splitStatements(text);
    if (split.open !== 'none') await this.#statement(text.slice(split.openStart).trimEnd());
  }

  #skip(name: string): void {
    this.#skipped[name] = (this.#skipped[name] ?? 0) + 1;
  }

  #metaCommand(line: string): void {
    const word = /^\\(\S*)/.exec(line)![1]!;
    if (word === 'restrict' || word === 'unrestrict' || word === '.' || word === 'encoding') return;
    if (word === 'connect' || word === 'c') return this.#skip('\\connect');
    throw toDatabaseError(new DbError('0A000', `\\${word} in a text to restore is not supported`));
  }

  async #statement(text: string): Promise<void> {
    const known = passedOver.find(({ pattern }) => pattern.test(text));
    if (known !== undefined) return this.#skip(known.name);
    this.#statementCount++;
    try {
      if (copyIn.test(text)) {
        const { rowCount } = await this.#session.copyFrom(text, this.#copyLines());
        this.#rowCount += rowCount ?? 0;
      } else await this.#session.exec(text);
    } catch (error) {
      const failed = toDatabaseError(error);
      if (this.#options.onError === undefined) throw failed;
      this.#options.onError(failed, text);
    }
  }

  /** The data of a COPY: up to a line `\.`, some lines at a time. */
  async *#copyLines(): AsyncGenerator<string> {
    let piece = '';
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      const line = next.value;
      if (line.startsWith('\\.') && line.trimEnd() === '\\.') break;
      piece += line;
      if (piece.length >= 65536) {
        yield piece;
        piece = '';
      }
    }
    if (piece !== '') yield piece;
  }
}

/** Lines with their ends. */
async function* linesOf(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of source) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      yield rest.slice(start, end + 1);
      start = end + 1;
    }
    rest = rest.slice(start);
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
