/**
 * Golden scripts: what several sessions do, one line each, with what must come of it below. The main test of SQL.
 *
 *   # A comment explains the block.
 *   a:> begin                                a session is opened by its first use; no prefix: the session without a name
 *   a:> update t set n = 1
 *   b:> update t set n = 2                   waits for a
 *   b:!> select nonsense                     `!`: an error is expected
 *   [tag,header]> insert into t values (1)   tags ask for more output
 *   > select *                               a statement goes on over indented lines
 *       from t
 *   ---
 *   b: (waiting)
 *
 * Output: rows as values between ` | `, NULL as `null`; errors as `error CODE at POSITION: message`; notices in capitals; `(waiting)` when a
 * statement waits for a lock, and its result when it no longer does, after the line that released it. Tags: `tag` the command tag, `header` column
 * names and types, `detail` DETAIL and HINT of errors and notices, `plan` the plan instead of the result, `sort` rows in order of their text.
 * Lines that begin with a backslash speak to the runner: `\reopen`, `\crash` (reopen without closing), `\checkpoint`, `\check`, `\close b`, `\cancel b`, `\sleep 20`.
 *
 * `UPDATE_GOLDEN=1` writes the outputs into the scripts; the diff is read like code.
 */
import { seededPrng } from '../../base/prng.js';
import type { Database, OpenOptions, QueryResult, Session } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';
import { MemoryVfs } from '../../storage/files/memory-vfs.js';
import { readFull, writeFull } from '../../storage/files/vfs.js';

export interface GoldenCommand {
  /** Lines as written, to be written back. */
  readonly source: readonly string[];
  readonly session: string;
  readonly expectsError: boolean;
  readonly tags: ReadonlySet<string>;
  readonly text: string;
}

/** Commands up to a `---`, and the output that follows. */
export interface GoldenBlock {
  /** Comments and blank lines before the first command. */
  readonly before: readonly string[];
  readonly commands: readonly (GoldenCommand | { readonly comment: string })[];
  readonly expected: readonly string[];
}

const commandPattern = /^(?:([a-z][a-z0-9]*):)?(!)?(?:\[([a-z, ]*)\])?> ?(.*)$/;

export function parseGolden(text: string): GoldenBlock[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const blocks: GoldenBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const before: string[] = [];
    while (at < lines.length && (lines[at] === '' || lines[at]!.startsWith('#'))) before.push(lines[at++]!);
    const commands: (GoldenCommand | { comment: string })[] = [];
    while (at < lines.length && lines[at] !== '---') {
      const line = lines[at]!;
      const match = commandPattern.exec(line);
      if (match === null) {
        if (!line.startsWith('#')) throw new Error(`line ${at + 1}: neither a command nor a comment: ${line}`);
        commands.push({ comment: line });
        at++;
        continue;
      }
      const source = [line];
      at++;
      while (at < lines.length && /^\s+\S/.test(lines[at]!)) source.push(lines[at++]!);
      const tags = new Set((match[3] ?? '').split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''));
      commands.push({ source, session: match[1] ?? '', expectsError: match[2] !== undefined, tags, text: [match[4]!, ...source.slice(1)].join('\n') });
    }
    at++;
    const expected: string[] = [];
    while (at < lines.length && lines[at] !== '') expected.push(lines[at++]!);
    blocks.push({ before, commands, expected });
  }
  return blocks;
}

export function printGolden(blocks: readonly GoldenBlock[], outputs: readonly (readonly string[])[]): string {
  const lines: string[] = [];
  blocks.forEach((block, i) => {
    lines.push(...block.before);
    for (const command of block.commands) lines.push(...('comment' in command ? [command.comment] : command.source));
    if (block.commands.length > 0) lines.push('---', ...outputs[i]!);
  });
  return `${lines.join('\n')}\n`;
}

interface Running {
  readonly command: GoldenCommand;
  isSettled: boolean;
  isReported: boolean;
  lines: string[];
}

export interface GoldenOptions {
  readonly mode: 'generated' | 'interpreted';
  readonly open?: OpenOptions;
}

/** Turns of the event loop a statement gets to finish or to begin to wait. */
const TurnsMax = 100_000;

export class GoldenRunner {
  readonly #options: GoldenOptions;
  #vfs = new MemoryVfs();
  #database: Database | undefined;
  readonly #sessions = new Map<string, Session>();
  readonly #running = new Map<string, Running>();
  #output: string[] = [];

  constructor(options: GoldenOptions) {
    this.#options = options;
  }

  /** Runs the blocks one after the other. @returns the output of each */
  async run(blocks: readonly GoldenBlock[]): Promise<string[][]> {
    await this.#open();
    const outputs: string[][] = [];
    try {
      for (const block of blocks) {
        this.#output = [];
        for (const command of block.commands) if (!('comment' in command)) await this.#command(command);
        outputs.push(this.#output);
      }
    } finally {
      for (const session of this.#sessions.values()) session.cancel();
      await this.#database?.close();
    }
    return outputs;
  }

  async #open(): Promise<void> {
    this.#database = await open('golden.slt', {
      vfs: this.#vfs, prng: seededPrng(1), ...this.#options.open, settings: { execution_mode: this.#options.mode, TimeZone: 'UTC', ...this.#options.open?.settings },
    });
  }

  #session(name: string): Session {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      session = this.#database!.connect({ name });
      session.onNotice((notice) => {
        const running = this.#running.get(name);
        const lines = [`${notice.severity} ${notice.code}: ${notice.message}`];
        if (running?.command.tags.has('detail') === true) {
          if (notice.detail !== undefined) lines.push(...notice.detail.split('\n').map((line) => `  DETAIL: ${line}`));
          if (notice.hint !== undefined) lines.push(`  HINT: ${notice.hint}`);
        }
        if (running === undefined) this.#emit(name, lines);
        else running.lines.push(...lines);
      });
      this.#sessions.set(name, session);
    }
    return session;
  }

  #emit(session: string, lines: readonly string[]): void {
    for (const line of lines) this.#output.push(session === '' ? line : `${session}: ${line}`);
  }

  async #command(command: GoldenCommand): Promise<void> {
    if (command.text.startsWith('\\')) return this.#control(command);
    const session = this.#session(command.session);
    if (this.#running.get(command.session)?.isSettled === false) throw new Error(`session ${command.session} is still waiting: ${command.text}`);
    const running: Running = { command, isSettled: false, isReported: false, lines: [] };
    this.#running.set(command.session, running);
    const text = command.tags.has('plan') ? `explain (costs off) ${command.text}` : command.text;
    void session.exec(text, { rowMode: 'array', values: 'text' }).then(
      (results) => {
        if (command.expectsError) running.lines.push('ERROR EXPECTED, BUT IT SUCCEEDED');
        for (const result of results) running.lines.push(...resultLines(result, command.tags));
        running.isSettled = true;
      },
      (error: unknown) => {
        running.lines.push(...errorLines(error, command));
        running.isSettled = true;
      },
    );
    await this.#settle();
    this.#report(command.session);
  }

  /** Lets everything go on until every statement has finished or waits for another session. */
  async #settle(): Promise<void> {
    let quiet = 0;
    for (let turn = 0; turn < TurnsMax; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const isQuiet = [...this.#running].every(([name, running]) => running.isSettled || this.#sessions.get(name)?.isWaiting === true);
      quiet = isQuiet ? quiet + 1 : 0;
      if (quiet >= 3) return;
    }
    throw new Error('a statement neither finishes nor waits for another session');
  }

  /** Output of the session that was just told something, then of those that were released. */
  #report(first: string): void {
    const names = [first, ...[...this.#running.keys()].filter((name) => name !== first).sort()];
    for (const name of names) {
      const running = this.#running.get(name);
      if (running === undefined) continue;
      if (running.isSettled) {
        this.#emit(name, running.lines);
        this.#running.delete(name);
      } else if (!running.isReported) {
        running.isReported = true;
        this.#emit(name, [...running.lines, '(waiting)']);
        running.lines = [];
      }
    }
  }

  async #control(command: GoldenCommand): Promise<void> {
    const [word, argument] = command.text.slice(1).split(/\s+/) as [string, string | undefined];
    const database = this.#database!;
    switch (word) {
      case 'reopen':
        this.#sessions.clear();
        await database.close();
        await this.#open();
        return;
      case 'crash':
        this.#sessions.clear();
        this.#vfs = copyFiles(this.#vfs);
        await this.#open();
        return;
      case 'checkpoint':
        await database.checkpoint();
        return;
      case 'check': {
        const report = await database.check('full');
        this.#emit(command.session, report.problems.length === 0 ? ['check: clean'] : report.problems.map((p) => `check: ${p.object}: ${p.message}`));
        return;
      }
      case 'close': {
        const name = argument ?? '';
        const session = this.#sessions.get(name);
        this.#sessions.delete(name);
        this.#running.delete(name);
        session?.cancel();
        await session?.close();
        break;
      }
      case 'cancel':
        this.#session(argument ?? '').cancel();
        break;
      case 'sleep':
        await new Promise((resolve) => setTimeout(resolve, Number(argument)));
        break;
      default:
        throw new Error(`unknown command \\${word}`);
    }
    await this.#settle();
    this.#report(argument ?? '');
  }
}

/** The files as they are now: what a process that is killed leaves behind. */
function copyFiles(from: MemoryVfs): MemoryVfs {
  const to = new MemoryVfs();
  for (const name of from.list('golden.slt', '')) {
    const source = from.open(name, 'read');
    const bytes = new Uint8Array(source.size());
    readFull(source, 0, bytes, 0, bytes.length);
    source.close();
    const target = to.open(name, 'create');
    writeFull(target, 0, bytes, 0, bytes.length);
    target.close();
  }
  return to;
}

function resultLines(result: QueryResult, tags: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  if (result.fields.length > 0) {
    if (tags.has('header')) lines.push(result.fields.map((field) => `${field.name}:${field.dataTypeID}`).join(' | '));
    const rows = (result.rows as unknown as (string | null)[][]).map((row) => row.map((value) => value ?? 'null').join(' | '));
    if (tags.has('sort')) rows.sort();
    lines.push(...(rows.length === 0 ? ['(no rows)'] : rows.flatMap((row) => row.split('\n'))));
  }
  if (tags.has('tag')) lines.push(result.rowCount === null ? result.command : `${result.command} ${result.rowCount}`);
  return lines;
}

function errorLines(error: unknown, command: GoldenCommand): string[] {
  if (!(error instanceof DatabaseError)) return [`NOT A DATABASE ERROR: ${String(error)}`];
  const at = error.position === undefined ? '' : ` at ${error.position}`;
  const lines = [`error ${error.code}${at}: ${error.message}`];
  if (!command.expectsError) lines.unshift('ERROR NOT EXPECTED');
  if (error.code === 'XX000') lines.push(`  ${(error.cause as Error | undefined)?.stack ?? ''}`);
  if (command.tags.has('detail')) {
    if (error.detail !== undefined) lines.push(...error.detail.split('\n').map((line) => `  DETAIL: ${line}`));
    if (error.hint !== undefined) lines.push(`  HINT: ${error.hint}`);
  }
  return lines;
}
