/**
 * `serialite [file]`: the shell, on a terminal or for scripts. Exit codes: 0 fine, 1 a statement failed, 2 the database could not be opened, 3 a script
 * stopped at an error (ON_ERROR_STOP or --stop-on-error).
 */
import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { DatabaseError, open, type Database } from '../engine/index.js';
import { labCommand } from '../lab/cli.js';
import { renderError } from './errors.js';
import { fileError } from './files.js';
import { Shell, type ShellOutput } from './shell.js';
import { makeStyle } from './style.js';
import { runTerminal } from './terminal.js';
import { setVariable } from './variables.js';

interface ShellOptions {
  readonly command: readonly string[];
  readonly file: readonly string[];
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly format?: string;
  readonly set: readonly string[];
  readonly tuplesOnly?: boolean;
  readonly quiet?: boolean;
  readonly stopOnError?: boolean;
  readonly readOnly?: boolean;
  readonly relaxed?: boolean;
  readonly cache?: string;
  readonly isolation?: string;
  readonly rc: boolean;
}

const collect = (value: string, list: readonly string[]): string[] => [...list, value];

const program = new Command('serialite')
  .description('Embedded SQL database with concurrent, isolated transactions: the shell')
  .version(packageVersion(), '-V, --version')
  .enablePositionalOptions();

program
  .command('shell', { isDefault: true })
  .description('open FILE (or a database in memory) in the shell')
  .argument('[file]', 'database file, created when missing', ':memory:')
  .option('-c, --command <sql>', 'run SQL or one backslash command and leave; may be given several times', collect, [])
  .option('-f, --file <script>', 'run a script and leave; - is standard input', collect, [])
  .option('--csv', 'results as CSV')
  .option('--json', 'results as JSON')
  .option('--format <name>', 'aligned, box, markdown, csv, tsv, json, jsonl, html, insert, unaligned')
  .option('-v, --set <name=value>', 'set a variable', collect, [])
  .option('-t, --tuples-only', 'rows only')
  .option('-q, --quiet', 'no messages, only results')
  .option('-s, --stop-on-error', 'stop a script at its first error')
  .option('--read-only', 'open the file without writing to it')
  .option('--relaxed', 'acknowledge commits before they are synced')
  .option('--cache <MiB>', 'memory for pages')
  .addOption(new Option('--isolation <level>', 'default level of all sessions').choices(['read committed', 'repeatable read', 'serializable']))
  .option('--no-rc', 'do not read ~/.serialiterc')
  .action(runShell);

program
  .command('check')
  .description('verify a database file and say what is wrong with it')
  .argument('<file>')
  .option('--quick', 'checksums only')
  .action(async (file: string, options: { readonly quick?: boolean }) => {
    const database = await openOrExit(file, { mustExist: true, readOnly: true });
    const report = await database.check(options.quick === true ? 'quick' : 'full');
    for (const problem of report.problems) process.stdout.write(`${problem.object}: ${problem.message}\n`);
    process.stdout.write(`${report.pageCount} pages, ${report.treeCount} trees, ${report.entryCount} entries: ${report.problems.length === 0 ? 'no problem found' : `${report.problems.length} problems`}\n`);
    await database.close();
    process.exitCode = report.problems.length === 0 ? 0 : 1;
  });

program
  .command('dump')
  .description('write a database as SQL that psql and restore load')
  .argument('<file>')
  .option('-o, --output <path>', 'write to a file instead of standard output')
  .option('--inserts', 'rows as INSERT statements instead of COPY')
  .option('--schema-only', 'definitions without rows')
  .option('--data-only', 'rows without definitions')
  .option('-t, --table <name>', 'only this table or view; may be given several times', collect, [])
  .action(runDump);

program
  .command('restore')
  .description('load what dump or pg_dump (plain, with COPY or INSERT) has written')
  .argument('<file>', 'database file, created when missing')
  .argument('[dump]', 'the text; - is standard input', '-')
  .option('--single-transaction', 'all or nothing')
  .option('--keep-going', 'report errors and go on')
  .action(runRestore);

program
  .command('types')
  .description('write the schema as TypeScript: rows, inserts and updates of tables, rows of views, enums')
  .argument('<file>')
  .option('-o, --output <path>', 'write to a file instead of standard output')
  .option('-s, --schema <name>', 'only this schema; may be given several times', collect, [])
  .option('--int8 <how>', 'how the program reads bigint: number, bigint or string', 'number')
  .action(runTypes);

program.addCommand(labCommand());

await program.parseAsync();

async function runShell(file: string, options: ShellOptions): Promise<void> {
  // `serialite ... | head` ends the reader first: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const isScript = options.command.length > 0 || options.file.length > 0 || !process.stdin.isTTY;
  const output: ShellOutput = {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    get columns() {
      return process.stdout.columns ?? 0;
    },
    isTerminal: process.stdout.isTTY === true,
  };
  const database = await openOrExit(file, {
    readOnly: options.readOnly === true,
    ...(options.relaxed === true ? { durability: 'relaxed' as const } : {}),
    ...(options.cache === undefined ? {} : { cacheBytes: Number(options.cache) * 1048576 }),
    ...(options.isolation === undefined ? {} : { isolation: options.isolation as 'serializable' }),
  });
  const hasColor = output.isTerminal && process.env['NO_COLOR'] === undefined;
  const shell = new Shell(database, output, makeStyle(hasColor));
  shell.settings.quiet = options.quiet === true || options.csv === true || options.json === true || options.format !== undefined;
  shell.settings.onErrorStop = options.stopOnError === true;
  const format = options.csv === true ? 'csv' : options.json === true ? 'json' : options.format;
  for (const assignment of options.set) {
    const at = assignment.indexOf('=');
    setVariable(shell.settings, at < 0 ? assignment : assignment.slice(0, at), at < 0 ? '' : assignment.slice(at + 1));
  }
  const rcFile = process.env['SERIALITERC'] ?? join(homedir(), '.serialiterc');
  if (options.rc && existsSync(rcFile)) await shell.runScript(readFileSync(rcFile, 'utf8'));
  if (format !== undefined) await shell.feed(`\\pset format ${format}`);
  if (options.tuplesOnly === true) shell.settings.patchFormat({ tuplesOnly: true });

  if (!isScript) {
    output.write(`serialite ${packageVersion()}, ${file === ':memory:' ? 'a database in memory that ends with this shell' : file}. \\? for help, \\q to leave.\n`);
    await runTerminal(shell);
  } else {
    for (const command of options.command) await shell.runScript(command);
    for (const script of options.file) {
      if (script !== '-') shell.scriptDirectory = dirname(script);
      await shell.runScript(readScript(script));
    }
    if (options.command.length === 0 && options.file.length === 0) await shell.runStream(process.stdin);
  }
  await shell.close();
  await database.close();
  if (isScript && shell.errorCount > 0) process.exitCode = shell.settings.onErrorStop ? 3 : 1;
}

interface DumpCommand {
  readonly output?: string;
  readonly inserts?: boolean;
  readonly schemaOnly?: boolean;
  readonly dataOnly?: boolean;
  readonly table: readonly string[];
}

async function runDump(file: string, options: DumpCommand): Promise<void> {
  const database = await openOrExit(file, { mustExist: true, readOnly: true });
  const out = options.output === undefined ? process.stdout : createWriteStream(options.output);
  const sink = (chunk: string): Promise<void> | void => {
    if (!out.write(chunk)) return new Promise((resolve) => out.once('drain', resolve));
    return undefined;
  };
  try {
    const data = options.schemaOnly === true ? 'none' : options.inserts === true ? 'inserts' : 'copy';
    await database.dump(sink, { data, definitions: options.dataOnly !== true, ...(options.table.length === 0 ? {} : { tables: options.table }) });
  } catch (error) {
    process.stderr.write(error instanceof DatabaseError ? renderError(error, undefined, makeStyle(false)) : `${String(error)}\n`);
    process.exitCode = 1;
  }
  if (options.output !== undefined) await new Promise<void>((resolve) => out.end(() => resolve()));
  await database.close();
}

async function runRestore(file: string, source: string, options: { readonly singleTransaction?: boolean; readonly keepGoing?: boolean }): Promise<void> {
  const style = makeStyle(false);
  // Opened before the database is made: a dump that is not there leaves no empty file behind.
  const input = source === '-' ? process.stdin : await openFile(source).then(
    (dump) => dump.createReadStream(),
    (cause: unknown) => {
      process.stderr.write(renderError(fileError(source, cause), undefined, style));
      process.exit(2);
    },
  );
  const database = await openOrExit(file, {});
  let errorCount = 0;
  const report = (error: DatabaseError, statement: string): void => {
    errorCount++;
    process.stderr.write(renderError(error, statement, style));
  };
  try {
    const result = await database.restore(input, { singleTransaction: options.singleTransaction, ...(options.keepGoing === true ? { onError: report } : {}) });
    const skipped = Object.entries(result.skipped).map(([name, count]) => `${count} ${name}`);
    process.stdout.write(`${result.statementCount} statements, ${result.rowCount} rows copied${skipped.length === 0 ? '' : `; passed over: ${skipped.join(', ')}`}${errorCount === 0 ? '' : `; ${errorCount} failed`}\n`);
  } catch (error) {
    process.stderr.write(error instanceof DatabaseError ? renderError(error, undefined, style) : `${(error as Error).message}\n`);
    errorCount++;
  }
  await database.close();
  process.exitCode = errorCount === 0 ? 0 : 1;
}

async function runTypes(file: string, options: { readonly output?: string; readonly schema: readonly string[]; readonly int8: string }): Promise<void> {
  if (!['number', 'bigint', 'string'].includes(options.int8)) program.error('--int8 is number, bigint or string');
  const database = await openOrExit(file, { mustExist: true, readOnly: true });
  const text = await database.types({ int8: options.int8 as 'number', ...(options.schema.length === 0 ? {} : { schemas: options.schema }) });
  await database.close();
  if (options.output === undefined) process.stdout.write(text);
  else writeFileSync(options.output, text);
}

function readScript(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    process.stderr.write(`${fileError(path, error).message}\n`);
    process.exit(2);
  }
}

async function openOrExit(file: string, options: Parameters<typeof open>[1]): Promise<Database> {
  try {
    return await open(file, options);
  } catch (error) {
    process.stderr.write(error instanceof DatabaseError ? renderError(error, undefined, makeStyle(false)) : `${String(error)}\n`);
    process.exit(2);
  }
}

function packageVersion(): string {
  for (const path of ['../../package.json', '../package.json']) {
    const url = new URL(path, import.meta.url);
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
  }
  return '0.0.0';
}
