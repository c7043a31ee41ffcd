/**
 * Runs golden scripts on a PostgreSQL server and shows where its answers differ from the ones written in the scripts. By command, not in CI:
 *
 *   npx tsx test/golden/compare-postgres.ts [words of script names]
 *
 * Blocks with commands for the runner (backslash) or plans are left out.
 */
import { readFileSync, readdirSync } from 'node:fs';
import pg from 'pg';
import { requirePostgres } from '../oracle/postgres-server.js';
import type { GoldenBlock, GoldenCommand } from './golden.js';
import { parseGolden } from './golden.js';

const server = await requirePostgres();
const identity = (text: string): string => text;
const types = { getTypeParser: () => identity } as unknown as pg.CustomTypesConfig;

interface Running {
  readonly command: GoldenCommand;
  isSettled: boolean;
  isReported: boolean;
  lines: string[];
}

class Runner {
  readonly #sessions = new Map<string, { readonly client: pg.Client; readonly pid: number }>();
  readonly #running = new Map<string, Running>();
  readonly #monitor: pg.Client;
  readonly #database: string;
  #output: string[] = [];

  constructor(monitor: pg.Client, database: string) {
    this.#monitor = monitor;
    this.#database = database;
  }

  async run(blocks: readonly GoldenBlock[]): Promise<string[][]> {
    const outputs: string[][] = [];
    for (const block of blocks) {
      this.#output = [];
      for (const command of block.commands) if (!('comment' in command)) await this.#command(command);
      outputs.push(this.#output);
    }
    for (const { client } of this.#sessions.values()) await client.end();
    return outputs;
  }

  async #session(name: string): Promise<{ readonly client: pg.Client; readonly pid: number }> {
    let session = this.#sessions.get(name);
    if (session === undefined) {
      const client = new pg.Client({ connectionString: server.urlOf(this.#database), types });
      await client.connect();
      client.on('notice', (notice) => {
        const lines = [`${notice.severity ?? ''} ${notice.code ?? ''}: ${notice.message}`];
        const running = this.#running.get(name);
        if (running?.command.tags.has('detail') === true) {
          if (notice.detail !== undefined) lines.push(...notice.detail.split('\n').map((line: string) => `  DETAIL: ${line}`));
          if (notice.hint !== undefined) lines.push(`  HINT: ${notice.hint}`);
        }
        if (running === undefined) this.#emit(name, lines);
        else running.lines.push(...lines);
      });
      client.on('error', () => {});
      const { rows } = await client.query('select pg_backend_pid() as pid');
      await client.query("set timezone = 'UTC'");
      session = { client, pid: Number((rows[0] as { pid: string }).pid) };
      this.#sessions.set(name, session);
    }
    return session;
  }
  #emit(session: string, lines: readonly string[]): void {
    for (const line of lines) this.#output.push(session === '' ? line : `${session}: ${line}`);
  }

  async #command(command: GoldenCommand): Promise<void> {
    if (command.text.startsWith('\\')) {
      const [word, argument] = command.text.slice(1).split(' ');
      if (word === 'sleep') await new Promise((resolve) => setTimeout(resolve, Number(argument)));
      if (word === 'cancel') await this.#monitor.query('select pg_cancel_backend($1)', [this.#sessions.get(argument ?? '')!.pid]);
      await this.#settle();
      this.#report(argument ?? '');
      return;
    }
    const { client } = await this.#session(command.session);
    const running: Running = { command, isSettled: false, isReported: false, lines: [] };
    this.#running.set(command.session, running);
    void client.query({ text: command.text, rowMode: 'array' }).then(
      (result) => {
        for (const one of (Array.isArray(result) ? result : [result]) as pg.QueryArrayResult[]) running.lines.push(...resultLines(one, command.tags));
        running.isSettled = true;
      },
      (error: pg.DatabaseError) => {
        running.lines.push(`error ${error.code ?? ''}${error.position === undefined ? '' : ` at ${error.position}`}: ${error.message}`);
        if (command.tags.has('detail')) {
          if (error.detail !== undefined) running.lines.push(...error.detail.split('\n').map((line) => `  DETAIL: ${line}`));
          if (error.hint !== undefined) running.lines.push(`  HINT: ${error.hint}`);
        }
        running.isSettled = true;
      },
    );
    await this.#settle();
    this.#report(command.session);
  }

  #report(first: string): void {
    const names = [first, ...[...this.#running.keys()].filter((name) => name !== first).sort()];
    for (const name of names) {
      const other = this.#running.get(name);
      if (other === undefined) continue;
      if (other.isSettled) {
        this.#emit(name, other.lines);
        this.#running.delete(name);
      } else if (!other.isReported) {
        other.isReported = true;
        this.#emit(name, [...other.lines, '(waiting)']);
        other.lines = [];
      }
    }
  }

  async #settle(): Promise<void> {
    const giveUpAt = Date.now() + 5000;
    for (let quiet = 0; quiet < 2 && Date.now() < giveUpAt; ) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      let isQuiet = true;
      for (const [name, running] of this.#running) {
        if (running.isSettled) continue;
        const { rows } = await this.#monitor.query('select cardinality(pg_blocking_pids($1) || pg_safe_snapshot_blocking_pids($1)) as n', [this.#sessions.get(name)!.pid]);
        if (Number((rows[0] as { n: number }).n) === 0) isQuiet = false;
      }
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }
}

function resultLines(result: pg.QueryArrayResult, tags: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  if (result.fields.length > 0) {
    if (tags.has('header')) lines.push(result.fields.map((field) => `${field.name}:${field.dataTypeID}`).join(' | '));
    const rows = (result.rows as (string | null)[][]).map((row) => row.map((value) => value ?? 'null').join(' | '));
    if (tags.has('sort')) rows.sort();
    lines.push(...(rows.length === 0 ? ['(no rows)'] : rows.flatMap((row) => row.split('\n'))));
  }
  if (tags.has('tag')) lines.push(result.rowCount === null ? result.command : `${result.command} ${result.rowCount}`);
  return lines;
}

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const folder = new URL('scripts/', import.meta.url);
  const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.golden') && (words.length === 0 || words.some((word) => name.includes(word)))).sort();
  const monitor = new pg.Client({ connectionString: server.url });
  await monitor.connect();
  let differences = 0;
  for (const script of scripts) {
    const blocks = parseGolden(readFileSync(new URL(script, folder), 'utf8'));
    const database = `golden_${process.pid}`;
    await monitor.query(`create database ${database} template template0 lc_collate 'C' lc_ctype 'C' encoding 'UTF8'`);
    const outputs = await new Runner(monitor, database).run(blocks);
    await monitor.query(`drop database ${database} with (force)`);
    blocks.forEach((block, i) => {
      if (block.commands.some((command) => !('comment' in command) && (/^\\(?!sleep|cancel)/.test(command.text) || command.tags.has('plan')))) return;
      // The driver shows the first word of a command tag only.
      const shown = outputs[i]!.map((line, j) => (line !== '' && block.expected[j]?.startsWith(`${line} `) === true && /^[A-Z]+$/.test(line) ? block.expected[j]! : line));
      if (shown.join('\n') === block.expected.join('\n')) return;
      differences++;
      console.log(`\n== ${script}`);
      for (const command of block.commands) console.log('comment' in command ? command.comment : command.source.join('\n'));
      const expected = new Set(block.expected);
      const actual = new Set(outputs[i]!);
      for (const line of block.expected) console.log(`${actual.has(line) ? ' ' : '-'} ${line}`);
      console.log('  ---- PostgreSQL');
      for (const line of outputs[i]!) console.log(`${expected.has(line) ? ' ' : '+'} ${line}`);
    });
  }
  await monitor.end();
  console.log(`${differences} blocks differ`);
}

await main();
server.stop();
