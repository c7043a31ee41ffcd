/**
 * Golden scripts on any target: what several sessions do, one line each, with what must come of it below.
 *
 *   # A comment explains the block.
 *   a:> begin isolation level serializable      a session is opened by its first use; no prefix: the session without a name
 *   a:> update t set n = 1
 *   b:> update t set n = 2                      waits for a
 *   b:!> select nonsense                        `!`: an error is expected
 *   [tag,sort]> insert into t values (1)        tags: `tag` the command tag, `sort` rows in order of their text
 *   > select *                                  a statement goes on over indented lines
 *       from t
 *   ---
 *   b: (waiting)
 *
 * Rows are values between ` | `, NULL is `null`; an error is `error CODE: message`; `(waiting)` stands where a statement waits for another session,
 * and its result where it no longer does, after the line that released it. Waiting is asked of the target, so the words are the same everywhere.
 */
import { DatabaseError } from '../../engine/index.js';
import type { LabOutcome, LabSession, LabTarget } from '../target.js';

export interface ScriptCommand {
  readonly session: string;
  readonly expectsError: boolean;
  readonly tags: ReadonlySet<string>;
  readonly sql: string;
  readonly line: number;
}
export interface ScriptBlock {
  readonly title: string;
  readonly commands: readonly ScriptCommand[];
  readonly expected: readonly string[];
}

const commandPattern = /^(?:([a-z][a-z0-9]*):)?(!)?(?:\[([a-z, ]*)\])?> ?(.*)$/;
const knownTags = new Set(['tag', 'sort']);

/** @throws DatabaseError 42601 with file, line and column */
export function parseScript(name: string, text: string): ScriptBlock[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const blocks: ScriptBlock[] = [];
  const fail = (line: number, column: number, message: string): DatabaseError => new DatabaseError('42601', `${name}:${line + 1}:${column}: ${message}`);
  for (let at = 0; at < lines.length; ) {
    const titles: string[] = [];
    const commands: ScriptCommand[] = [];
    for (; at < lines.length && lines[at] !== '---'; ) {
      const line = lines[at]!;
      if (line === '' || line.startsWith('#')) {
        if (line !== '' && commands.length === 0) titles.push(line.slice(1).trim());
        at++;
        continue;
      }
      const match = commandPattern.exec(line);
      if (match === null) throw fail(at, 1, 'neither a command (session:> SQL) nor a comment');
      if (match[4]!.startsWith('\\')) throw fail(at, line.indexOf('\\') + 1, `"${match[4]!.split(' ')[0]!}" speaks to a database in process, and the laboratory has none`);
      const tags = new Set((match[3] ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''));
      for (const tag of tags) if (!knownTags.has(tag)) throw fail(at, line.indexOf(tag) + 1, `unknown tag "${tag}": tag or sort`);
      const first = at++;
      const sql = [match[4]!];
      while (at < lines.length && /^\s+\S/.test(lines[at]!)) sql.push(lines[at++]!);
      commands.push({ session: match[1] ?? '', expectsError: match[2] !== undefined, tags, sql: sql.join('\n'), line: first + 1 });
    }
    if (commands.length > 0 && at >= lines.length) throw fail(lines.length, 1, 'expected "---" after the commands, found end of file');
    at++;
    const expected: string[] = [];
    while (at < lines.length && lines[at] !== '') expected.push(lines[at++]!);
    if (commands.length > 0) blocks.push({ title: titles.join(' '), commands, expected });
  }
  return blocks;
}

/** Turns of the event loop, or polls of a server, that a session which still waits is given before its next statement. */
const freePolls = 3000;

interface Running {
  readonly command: ScriptCommand;
  outcome: LabOutcome | undefined;
  isReported: boolean;
}

/** Runs the blocks one after the other over the same sessions. @returns the output of each */
export async function runScript(blocks: readonly ScriptBlock[], target: LabTarget): Promise<string[][]> {
  const run = new ScriptRun(target);
  try {
    const outputs: string[][] = [];
    for (const block of blocks) outputs.push(await run.block(block));
    return outputs;
  } finally {
    await run.close();
  }
}

class ScriptRun {
  readonly #target: LabTarget;
  readonly #sessions = new Map<string, LabSession>();
  readonly #running = new Map<string, Running>();
  #output: string[] = [];

  constructor(target: LabTarget) {
    this.#target = target;
  }

  async block(block: ScriptBlock): Promise<string[]> {
    this.#output = [];
    for (const command of block.commands) await this.#command(command);
    return this.#output;
  }

  async #command(command: ScriptCommand): Promise<void> {
    await this.#untilFree(command);
    const session = await this.#session(command.session);
    const running: Running = { command, outcome: undefined, isReported: false };
    this.#running.set(command.session, running);
    void session.run(command.sql).then((outcome) => (running.outcome = outcome));
    await this.#settle();
    this.#report(command.session);
  }

  /** The session may be in a deadlock that a server notices only after a while. */
  async #untilFree(command: ScriptCommand): Promise<void> {
    for (let polls = 0; this.#running.has(command.session); polls++) {
      if (polls > freePolls) throw new DatabaseError('55000', `line ${command.line}: session "${command.session}" still waits and cannot run another statement`);
      await this.#sessions.get(command.session)!.pause();
      if (this.#running.get(command.session)?.outcome === undefined) continue;
      await this.#settle();
      this.#report(command.session);
    }
  }

  async #session(name: string): Promise<LabSession> {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      session = await this.#target.connect(name === '' ? 'main' : name);
      session.onNotice((severity, message) => this.#emit(name, [`${severity}: ${message}`]));
      this.#sessions.set(name, session);
    }
    return session;
  }

  /** Until every statement has ended or waits for another session, seen twice: what a release sets going needs a moment to begin. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      let isQuiet = true;
      for (const [name, running] of this.#running) {
        if (running.outcome !== undefined) continue;
        const session = this.#sessions.get(name)!;
        await session.pause();
        if (running.outcome === undefined && !(await session.isWaiting())) isQuiet = false;
      }
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }

  /** Output of the session that was just told something, then of those that were released. */
  #report(first: string): void {
    for (const name of [first, ...[...this.#running.keys()].filter((other) => other !== first).sort()]) {
      const running = this.#running.get(name);
      if (running === undefined) continue;
      if (running.outcome !== undefined) {
        this.#emit(name, outcomeLines(running.outcome, running.command));
        this.#running.delete(name);
      } else if (!running.isReported) {
        running.isReported = true;
        this.#emit(name, ['(waiting)']);
      }
    }
  }

  #emit(session: string, lines: readonly string[]): void {
    for (const line of lines) this.#output.push(session === '' ? line : `${session}: ${line}`);
  }

  async close(): Promise<void> {
    for (const [name] of this.#running) await this.#sessions.get(name)!.cancel();
    for (const session of this.#sessions.values()) await session.close();
  }
}

function outcomeLines({ results, error }: LabOutcome, { tags, expectsError }: ScriptCommand): string[] {
  const lines: string[] = [];
  for (const result of results) {
    if (result.columns.length > 0) {
      const rows = result.rows.map((row) => row.map((value) => value ?? 'null').join(' | '));
      if (tags.has('sort')) rows.sort();
      lines.push(...(rows.length === 0 ? ['(no rows)'] : rows.flatMap((row) => row.split('\n'))));
    }
    if (tags.has('tag')) lines.push(result.rowCount === null ? result.command : `${result.command} ${result.rowCount}`);
  }
  if (error === undefined) return expectsError ? ['ERROR EXPECTED, BUT IT SUCCEEDED', ...lines] : lines;
  return [...lines, ...(expectsError ? [] : ['ERROR NOT EXPECTED']), `error ${error.code}: ${error.message}`];
}

/** Positions of errors are left out of a comparison: they are no matter of isolation. */
export function sameOutput(a: readonly string[], b: readonly string[]): boolean {
  const plain = (line: string): string => line.replace(/^((?:[a-z0-9]+: )?error [0-9A-Z]{5}) at \d+:/, '$1:');
  return a.length === b.length && a.every((line, i) => plain(line) === plain(b[i]!));
}
