/**
 * The read-eval loop, free of terminals: text goes in through `feed`, output comes out of `write`. Several sessions live side by side; a statement
 * that waits for another session leaves the prompt free and reports when it finishes.
 *
 * H1  Text is kept until a statement is complete; a meta-command acts at once, also in the middle of a line (`select 1 \gx`).
 * H2  Input for a session that is still busy waits for it; input for another one does not.
 * H3  A script never hangs on its own sessions: a wait that only input still to come could end, when none can come, is cancelled.
 */
import { createInterface } from 'node:readline';
import { DatabaseError, splitStatements, type Database, type OpenConstruct } from '../engine/index.js';
import { Connection, type ShellResult } from './connection.js';
import { showActivity } from './activity.js';
import { renderError, renderNotice } from './errors.js';
import { formatResult } from './format/format.js';
import { runMetaCommand } from './meta-commands.js';
import { interpolate, ShellSettings } from './settings.js';
import type { Style } from './style.js';
import { promptOf } from './prompt.js';
import { recordOutcome, runGuarded } from './variables.js';

export interface ShellOutput {
  write(text: string): void;
  /** Errors and notices. */
  writeError(text: string): void;
  readonly columns: number;
  readonly isTerminal: boolean;
}

/** What is done with the rows of the query in the buffer. */
export type Consumer = (results: readonly ShellResult[], shell: Shell) => Promise<void> | void;

interface Job {
  readonly connection: Connection;
  readonly sql: string;
  done: Promise<void>;
  isDone: boolean;
  hasReportedWait: boolean;
}

/** How often a statement under way is asked whether it waits: at first often, so that the prompt is free at once. */
const waitPollMsMin = 2;
const waitPollMsMax = 50;

/** Statements that say what they did below the rows that they return. */
const changes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

export class Shell {
  readonly database: Database;
  readonly output: ShellOutput;
  readonly style: Style;
  readonly settings = new ShellSettings();
  readonly connections = new Map<string, Connection>();
  #buffer = '';
  /** Where semicolons stand in the buffer that were written `\\;`: they end a statement and send nothing. */
  #joints: number[] = [];
  /** The last statement sent, for `\g` on an empty buffer. */
  lastQuery = '';
  lastError: DatabaseError | undefined;
  /** The last 40001 or 40P01 that any session met. */
  lastConflict: DatabaseError | undefined;
  /** Where query results go; undefined means `output`. Set by `\o`. */
  redirect: ((text: string) => void) | undefined;
  isQuitting = false;
  /** Set by Ctrl-C; ends `\watch` and scripts. */
  isInterrupted = false;
  errorCount = 0;
  /** `\if` nesting: whether each level is active, and whether a branch of it was taken. */
  readonly conditions: { isActive: boolean; wasTaken: boolean }[] = [];
  /** Folder that `\i` and `\ir` resolve against. */
  scriptDirectory: string | undefined;
  /** Asks the user for one line; only on a terminal. */
  readLine: ((prompt: string) => Promise<string>) | undefined;
  /** The next line of the input that statements come from, undefined at its end: rows of COPY FROM STDIN follow the statement. */
  nextLine: (() => Promise<string | undefined>) | undefined;
  /** Called around output of a statement that finishes while the user may be typing. */
  aside: { begin(): void; end(): void } | undefined;
  /** Shows a text page by page until the user has read it, `isAlways` also one that fits the screen; false when it was not shown. Only on a terminal. */
  page: ((text: string, isAlways: boolean) => Promise<boolean>) | undefined;
  /** How long a wait that nothing can end is watched before it is cancelled (a lock_timeout may end it sooner). */
  stuckMs = 3000;
  #wakeSleeper: (() => void) | undefined;
  #current: Connection;
  readonly #jobs = new Set<Job>();

  constructor(database: Database, output: ShellOutput, style: Style, sessionName = 'a') {
    this.database = database;
    this.output = output;
    this.style = style;
    this.#current = this.#open(sessionName);
  }

  /** Statement text not yet complete. */
  get buffer(): string {
    return this.#buffer;
  }
  set buffer(text: string) {
    this.#buffer = text;
    this.#joints = this.#joints.filter((at) => text[at] === ';');
  }

  get current(): Connection {
    return this.#current;
  }

  /** Makes `name` the current session, opening it when there is none of that name. */
  switchTo(name: string): Connection {
    this.#current = this.connections.get(name) ?? this.#open(name);
    return this.#current;
  }
  async closeSession(name: string): Promise<void> {
    const connection = this.connections.get(name);
    if (connection === undefined) throw new DatabaseError('08003', `no session "${name}"`);
    if (this.connections.size === 1) throw new DatabaseError('55006', 'the last session cannot be closed', { hint: 'Use \\q to leave.' });
    if (connection.isBusy) connection.cancel();
    await connection.close();
    this.connections.delete(name);
    if (this.#current === connection) this.#current = this.connections.values().next().value!;
  }

  #open(name: string): Connection {
    const connection = new Connection(name, this.database);
    connection.onNotice((notice) => this.output.writeError(this.#prefix(connection) + renderNotice(notice, this.style)));
    this.connections.set(name, connection);
    return connection;
  }

  /** PROMPT1 or PROMPT2 where it is set, else our own: session, isolation while in a transaction, and psql's marks: `=` ready, `-` more to come, `*` in a transaction, `!` failed, `~` waiting. */
  prompt(): string {
    const { variables } = this.settings;
    if (variables.has('PROMPT1') || variables.has('PROMPT2')) {
      const lineCount = this.buffer === '' ? 0 : this.buffer.split('\n').length - 1;
      const chosen = promptOf({ ...this.#current.identity, status: this.#current.status, isSkipping: !this.isActiveBranch, open: splitStatements(this.buffer).open, lineCount, variables });
      if (chosen !== undefined) return chosen;
    }
    const { name, status, isWaiting, isBusy } = this.#current;
    const mark = isBusy ? (isWaiting ? '~' : '&') : status === 'active' ? '*' : status === 'failed' ? '!' : '';
    const level = status === 'idle' ? '' : `:${this.#current.isolation}`;
    const more = this.buffer.trim() === '' ? '=' : '-';
    return `${this.style.prompt(`${name}${level}`)}${mark}${more}> `;
  }

  get isActiveBranch(): boolean {
    return this.conditions.every((condition) => condition.isActive);
  }

  /** Takes one line of input. Resolves when the line's work is done or waits for another session. */
  async feed(line: string): Promise<void> {
    let rest = line;
    while (!this.isQuitting) {
      const at = this.#metaCommandStart(rest);
      const sql = at < 0 ? rest : rest.slice(0, at);
      if (this.isActiveBranch) {
        this.buffer += this.buffer === '' ? sql.trimStart() : sql;
        // Only a semicolon completes a statement; without one a long statement is not read again for each of its lines.
        if (sql.includes(';')) await this.#runComplete();
      }
      if (at < 0) break;
      if (rest.startsWith('\\;', at)) {
        if (this.isActiveBranch) {
          this.#joints.push(this.buffer.length);
          this.buffer += ';';
        }
        rest = rest.slice(at + 2);
        continue;
      }
      const end = metaCommandEnd(rest, at);
      const command = rest.slice(at, end);
      rest = rest.slice(end);
      try {
        await runMetaCommand(this, command);
      } catch (error) {
        this.reportError(error, undefined);
      }
      if (rest.trim() === '') return;
    }
    if (this.settings.isSingleLine && this.buffer.trim() !== '' && this.isActiveBranch) await this.runBuffer();
    if (this.buffer !== '' && this.isActiveBranch) this.buffer += '\n';
  }

  /** Runs a whole script, then what is left without a semicolon. Stops early at an error when told to. */
  async runScript(text: string): Promise<void> {
    const before = this.buffer;
    this.buffer = '';
    const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
    let next = 0;
    await this.#runLines(() => Promise.resolve(lines[next++]?.replace(/\r$/, '')));
    this.buffer = before;
  }

  /** Reads statements from a stream, a line at a time, so that a large script needs no memory. */
  async runStream(input: NodeJS.ReadableStream): Promise<void> {
    const lines = createInterface({ input, crlfDelay: Infinity });
    const iterator = lines[Symbol.asyncIterator]();
    await this.#runLines(async () => {
      const { value, done } = await iterator.next();
      return done === true ? undefined : value;
    });
    lines.close();
  }

  async #runLines(nextLine: () => Promise<string | undefined>): Promise<void> {
    const before = this.nextLine;
    this.nextLine = nextLine;
    try {
      while (!this.isQuitting && !this.isInterrupted && !(this.settings.onErrorStop && this.errorCount > 0)) {
        const line = await nextLine();
        if (line === undefined) break;
        if (this.settings.echo === 'all') this.output.write(`${line}\n`);
        await this.feed(line);
      }
      await this.finish();
    } finally {
      this.nextLine = before;
    }
  }

  /** The lines up to `\\.` of the input that is being read, for COPY FROM STDIN. Once they have been begun they are data, all of them, also after one that was refused. */
  async *inlineData(): AsyncGenerator<string> {
    let line = await this.nextLine?.();
    const isData = (): boolean => line !== undefined && line !== '\\.';
    try {
      for (; isData(); line = await this.nextLine?.()) yield `${line}\n`;
    } finally {
      while (isData()) line = await this.nextLine?.();
    }
  }

  /** End of a script: runs what is left without a semicolon, as psql does, and waits for everything. */
  async finish(): Promise<void> {
    if (this.buffer.trim() !== '' && !this.isQuitting && !this.isInterrupted && !(this.settings.onErrorStop && this.errorCount > 0)) await this.runBuffer();
    await this.settle();
  }

  /** Waits until no statement is under way. */
  async settle(): Promise<void> {
    for (const job of [...this.#jobs]) await this.#done(job);
  }

  /**
   * Waits for a statement whose end the shell cannot go on without. When every statement under way waits for a lock of a session of this
   * shell that is itself idle in its transaction, nothing can ever release it: the statement is cancelled rather than waited for (H3).
   */
  async #done(job: Job): Promise<void> {
    let stuckSince: number | undefined;
    while (!job.isDone) {
      await pollOrDone(job, waitPollMsMax);
      if (job.isDone || !this.#isStuck()) stuckSince = undefined;
      else {
        stuckSince ??= performance.now();
        if (performance.now() - stuckSince < this.stuckMs) continue;
        this.output.writeError(`${this.style.warning('WARNING:')}  [${job.connection.name}] waits for a lock that no statement under way will release; cancelling it\n`);
        job.connection.cancel();
        stuckSince = undefined;
      }
    }
    await job.done;
  }

  #isStuck(): boolean {
    return this.#jobs.size > 0 && [...this.#jobs].every((job) => job.connection.isWaiting && !job.connection.session.waitsFor.every((id) => this.#isForeign(id)));
  }
  #isForeign(sessionId: number): boolean {
    return [...this.connections.values()].every((connection) => connection.session.id !== sessionId);
  }

  /** Ctrl-C: cancels what the current session runs, ends scripts, `\\watch` and pauses. False when there was nothing to stop. */
  interrupt(): boolean {
    this.isInterrupted = true;
    this.#wakeSleeper?.();
    return this.#current.cancel();
  }

  /** A pause that Ctrl-C ends. */
  async sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeSleeper = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.#wakeSleeper = undefined;
  }

  /** Runs the statement in the buffer (or the last one) and hands its results to `consumer` instead of printing them. */
  async runBuffer(consumer?: Consumer): Promise<void> {
    const sql = this.buffer.trim() === '' ? this.lastQuery : this.buffer.trim();
    this.buffer = '';
    if (sql !== '') await this.execute(sql, consumer);
  }

  async #runComplete(): Promise<void> {
    const text = this.buffer;
    const { statements, restStart } = splitStatements(text);
    const sent: string[] = [];
    // What `\;` ends is sent with what follows.
    let start: number | undefined;
    for (const statement of statements) {
      start ??= statement.start;
      const semicolon = text.indexOf(';', statement.end);
      if (this.#joints.includes(semicolon)) continue;
      sent.push(text.slice(start, semicolon + 1));
      start = undefined;
    }
    const restFrom = start ?? restStart;
    const joints = this.#joints.filter((at) => at >= restFrom).map((at) => at - restFrom);
    this.buffer = text.slice(restFrom).trim() === '' ? '' : text.slice(restFrom);
    this.#joints = joints;
    for (const sql of sent) {
      if (this.isInterrupted || (this.settings.onErrorStop && this.errorCount > 0)) return;
      await this.execute(sql);
    }
  }

  /** Runs one statement on the current session and prints what it gives. Returns early when it waits for another session. */
  async execute(sql: string, consumer?: Consumer): Promise<void> {
    const connection = this.#current;
    for (const job of [...this.#jobs]) {
      if (job.connection !== connection) continue;
      // On a terminal nobody could type the COMMIT that ends the wait while the prompt is gone.
      if (this.aside !== undefined && connection.isWaiting) {
        return this.reportError(new DatabaseError('55000', `session "${connection.name}" still waits for a lock`, { hint: 'Use another session (\\session NAME), \\wait for it, or cancel its statement with Ctrl-C.' }), undefined);
      }
      await this.#done(job);
    }
    this.lastQuery = sql;
    const text = interpolate(sql, this.settings.variables);
    if (this.settings.echo === 'queries') this.output.write(`${text}\n`);
    const started = performance.now();
    const activity = showActivity(this.output, firstLine(sql), () => (connection.isWaiting ? '(waits for a lock)' : ''));
    const report = async (results: readonly ShellResult[]): Promise<void> => {
      if (job.hasReportedWait) this.output.write(`${this.style.dim(`[${connection.name}] finished: ${firstLine(sql)}`)}\n`);
      if (consumer !== undefined) await consumer(results, this);
      else for (const result of this.settings.showsAllResults ? results : results.slice(-1)) await this.print(result, connection, !job.hasReportedWait);
      if (this.settings.timing) this.output.write(`Time: ${formatDuration(performance.now() - started)}\n`);
    };
    const run = async (): Promise<void> => {
      let results: readonly ShellResult[] | undefined;
      let failure: unknown;
      try {
        results = await runGuarded(connection, this.settings, this.output.isTerminal, text, () => this.#send(connection, text));
      } catch (error) {
        failure = error;
      }
      activity.stop();
      if (job.hasReportedWait) this.aside?.begin();
      recordOutcome(this.settings, results, results === undefined ? asDatabaseError(failure) : undefined);
      try {
        if (results === undefined) this.reportError(failure, text, job.hasReportedWait ? connection : undefined);
        else await report(results);
      } catch (error) {
        // The statement went well; what was to be done with its rows did not.
        this.reportError(error, undefined);
      } finally {
        this.#jobs.delete(job);
        job.isDone = true;
        if (job.hasReportedWait) this.aside?.end();
      }
    };
    const job: Job = { connection, sql, done: Promise.resolve(), isDone: false, hasReportedWait: false };
    this.#jobs.add(job);
    job.done = run();
    await this.#doneOrWaiting(job);
    activity.stop();
  }

  /** COPY with STDIN or STDOUT reads the lines that follow and writes where results go; everything else is the session's. */
  #send(connection: Connection, text: string): Promise<ShellResult[]> {
    if (/^copy\b[\s\S]*\bfrom\s+stdin\b/i.test(text)) return connection.copyIn(text, this.inlineData());
    if (/^copy\b[\s\S]*\bto\s+stdout\b/i.test(text)) return this.#copyOut(connection, text);
    return connection.run(text);
  }

  /** Nothing is said where the rows have gone. */
  async #copyOut(connection: Connection, text: string): Promise<ShellResult[]> {
    const results = await connection.copyOut(text, this.redirect ?? ((chunk) => this.output.write(chunk)));
    return results.map((result) => ({ ...result, tag: '' }));
  }

  /** Until the statement is done or waits for a session of this shell. */
  async #doneOrWaiting(job: Job): Promise<void> {
    for (let ms = waitPollMsMin; !job.isDone; ms = Math.min(ms * 1.5, waitPollMsMax)) {
      await pollOrDone(job, ms);
      if (!job.isDone && job.connection.isWaiting && this.connections.size > 1) {
        job.hasReportedWait = true;
        this.output.write(`${this.style.dim(`[${job.connection.name}] waits for another session; the prompt is free (\\locks shows who holds what)`)}\n`);
        return;
      }
    }
    await job.done;
  }

  /** Writes a result where results go: page by page if it is long, the user wants it and does not type meanwhile (`mayPage`). */
  async show(text: string, mayPage = true): Promise<void> {
    const { pager } = this.settings;
    if (this.redirect !== undefined) this.redirect(text);
    else if (!mayPage || pager === 'off' || (await this.page?.(text, pager === 'always')) !== true) this.output.write(text);
  }

  async print(result: ShellResult, connection: Connection = this.#current, mayPage = true): Promise<void> {
    // CREATE TABLE AS says SELECT too, with a count of rows that it does not give back.
    const isQuery = result.columns.length > 0 || (result.command === 'SELECT' && result.rows.length > 0);
    if (isQuery) await this.show(`${formatResult(result, this.settings.format, this.output.isTerminal ? this.output.columns : 0)}${isSpaced(this.settings.format.format) ? '\n' : ''}`, mayPage);
    if ((!isQuery || changes.has(result.command)) && !this.settings.quiet && result.tag !== '') {
      this.output.write(`${this.#prefix(connection)}${result.tag}\n`);
    }
  }

  reportError(error: unknown, sql: string | undefined, connection?: Connection): void {
    this.errorCount++;
    const known = asDatabaseError(error);
    this.lastError = known;
    if (known.conflict !== undefined) this.lastConflict = known;
    this.output.writeError((connection === undefined ? '' : this.#prefix(connection)) + renderError(known, sql, this.style, this.settings.errorForm));
    if (sql !== undefined && this.settings.echo === 'errors') this.output.writeError(`STATEMENT:  ${sql}\n`);
  }

  /** Sessions other than the current one say who they are. */
  #prefix(connection: Connection): string {
    return this.connections.size > 1 && connection !== this.#current ? `[${connection.name}] ` : '';
  }

  async close(): Promise<void> {
    for (const connection of this.connections.values()) if (connection.isBusy) connection.cancel();
    await this.settle();
    for (const connection of this.connections.values()) await connection.close();
  }

  /** Where a backslash begins a meta-command in `text`, given what the buffer already holds; -1 when nowhere. */
  #metaCommandStart(text: string): number {
    if (this.buffer.trim() === '' && text.startsWith('.') && /^\.[a-z]/.test(text)) return 0;
    for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 1)) {
      // Inside a string, a quoted name or a comment a backslash is data: then the text up to here does not end outside of them. A comment to the
      // end of its line is never open; what gives it away is that a quote opens no string in it.
      const before = `${this.buffer}${text.slice(0, at)}`;
      if (isOutside.has(splitStatements(before).open) && splitStatements(`${before}'`).open === 'string') return at;
    }
    return -1;
  }
}

/** Commands whose text is taken as it is, to the end of the line. */
const takesLine = /^(?:\\(?:!|(?:copy|h|help|ef|ev|sf|sv)\b|(?:o|w|g|gx)\s*\|)|\.)/;
const wordsOf = /(?:'(?:[^'\\]|\\.|'')*'|"[^"]*"|`[^`]*`|[^\\])*/y;

/** A meta-command runs to the end of the line, to `\\\\`, or to the backslash outside of quotes that begins the next one. */
function metaCommandEnd(text: string, at: number): number {
  if (takesLine.test(text.slice(at))) return text.length;
  wordsOf.lastIndex = at + 1;
  wordsOf.exec(text);
  const end = wordsOf.lastIndex;
  return text.startsWith('\\\\', end) ? end + 2 : end;
}

/** What may be open where a meta-command begins. */
const isOutside: ReadonlySet<OpenConstruct> = new Set<OpenConstruct>(['none', 'statement', 'parenthesis']);

const asDatabaseError = (error: unknown): DatabaseError => (error instanceof DatabaseError ? error : new DatabaseError('XX000', error instanceof Error ? error.message : String(error)));

const isSpaced = (format: string): boolean => format === 'aligned' || format === 'box' || format === 'wrapped';

/** Until the statement is done, but no longer than `ms`. */
async function pollOrDone(job: Job, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([job.done, tick]);
  clearTimeout(timer);
}

function firstLine(sql: string): string {
  const line = sql.split('\n')[0]!;
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}

export function formatDuration(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(3)} ms` : `${ms.toFixed(3)} ms (${(ms / 1000).toFixed(1)} s)`;
}
