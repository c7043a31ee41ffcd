/**
 * Backslash commands (and a few of SQLite's dot commands). Each is a row of a table: name, usage, help, action; `\?` prints the table. Those that
 * describe the schema are in describe.ts, copying in copy.ts, explanations of conflicts in explain.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, isAbsolute, resolve } from 'node:path';
import { DatabaseError } from '../engine/index.js';
import { runCopy } from './copy.js';
import { describeCommands } from './describe.js';
import { editBuffer } from './edit.js';
import { renderConflict, renderConflictGraph, renderLocks } from './explain.js';
import { renderError } from './errors.js';
import { fileError } from './files.js';
import { printRows } from './print-rows.js';
import { listOptions, psetNames, setOption, toggled } from './pset.js';
import type { Shell } from './shell.js';
import { crosstab } from './crosstab.js';
import { interpolate, variableAt } from './settings.js';
import { findSyntax, syntaxNames, syntaxText } from './syntax-help.js';
import { isOn, setVariable, unsetVariable } from './variables.js';

export interface MetaCommand {
  readonly names: readonly string[];
  readonly usage: string;
  readonly help: string;
  /** `text` is everything after the name, `args` its words with quotes removed and variables replaced. */
  readonly run: (shell: Shell, args: readonly string[], text: string, name: string) => Promise<void> | void;
  /** Further names, where their letters combine freely. */
  readonly pattern?: RegExp;
  /** Also runs in a branch of `\if` that is not taken. */
  readonly isConditional?: boolean;
}

const say = (shell: Shell, text: string): void => {
  if (!shell.settings.quiet) shell.output.write(`${text}\n`);
};
const resultWriter = (shell: Shell) => shell.redirect ?? ((text: string) => shell.output.write(text));

const general: readonly MetaCommand[] = [
  { names: ['q', 'quit', 'exit'], usage: '\\q', help: 'leave', run: (shell) => { shell.isQuitting = true; } },
  { names: ['?', 'help'], usage: '\\?', help: 'this list', run: (shell) => shell.show(helpText()) },
  {
    names: ['h'], usage: '\\h [NAME]', help: 'the form of a statement, or of all with *; without NAME list them',
    run: (shell, _args, text) => {
      if (text.trim() === '') return shell.show(syntaxNames(shell.output.isTerminal ? shell.output.columns : 80));
      const topics = findSyntax(text);
      if (topics.length > 0) return shell.show(topics.map(syntaxText).join('\n'));
      shell.output.write(`No help for "${text.trim()}". \\h lists what there is; types and functions are listed in docs/sql.md.\n`);
    },
  },
  {
    names: ['session', 'c'], usage: '\\session [NAME]', help: 'switch to session NAME, opening it if need be; without NAME list the sessions',
    run: (shell, [name]) => {
      if (name === undefined) {
        for (const connection of shell.connections.values()) {
          const state = connection.isWaiting ? 'waiting for a lock' : connection.isBusy ? 'running' : connection.status === 'active' ? `in a transaction (${connection.isolation})` : connection.status === 'failed' ? 'in a failed transaction' : 'idle';
          shell.output.write(`${connection === shell.current ? '*' : ' '} ${connection.name}: ${state}\n`);
        }
        return;
      }
      const isNew = !shell.connections.has(name);
      shell.switchTo(name);
      if (isNew) say(shell, `Session "${name}" is open.`);
    },
  },
  { names: ['close'], usage: '\\close NAME', help: 'end session NAME, rolling back what it has open', run: async (shell, [name]) => shell.closeSession(name ?? shell.current.name) },
  { names: ['wait'], usage: '\\wait', help: 'wait until no statement is under way', run: (shell) => shell.settle() },
  { names: ['conninfo'], usage: '\\conninfo', help: 'database and session', run: (shell) => shell.output.write(`Database "${shell.database.path}", session "${shell.current.name}" of ${shell.connections.size}.\n`) },
  { names: ['encoding'], usage: '\\encoding [NAME]', help: 'the encoding, which is UTF8', run: (shell, [name]) => {
    if (name === undefined) shell.output.write('UTF8\n');
    else if (!/^utf-?8$/i.test(name)) throw new DatabaseError('22023', `${name}: invalid encoding name or conversion procedure not found`);
  } },
  { names: ['locks'], usage: '\\locks', help: 'who holds and waits for which lock', run: async (shell) => shell.output.write(await renderLocks(shell)) },
  { names: ['why'], usage: '\\why', help: 'explain the last serialization failure or deadlock of this session', run: (shell) => shell.output.write(renderConflict(shell)) },
  { names: ['graph'], usage: '\\graph', help: 'draw the cycle of the last serialization failure or deadlock', run: (shell) => shell.output.write(renderConflictGraph(shell)) },
  { names: ['errverbose'], usage: '\\errverbose', help: 'the last error with all its fields', run: (shell) => {
    const error = shell.lastError;
    if (error === undefined) return say(shell, 'There is no previous error.');
    shell.output.write(renderError(error, undefined, shell.style, { verbosity: 'verbose', context: 'always' }));
  } },
];

const query: readonly MetaCommand[] = [
  { names: ['g'], usage: '\\g [(OPTION=VALUE ...)] [FILE]', help: 'run the query in the buffer, or the last one; send rows to FILE or |command', run: (shell, _args, text) => runFormatted(shell, text, []) },
  { names: ['gx'], usage: '\\gx [(OPTION=VALUE ...)] [FILE]', help: 'as \\g, with expanded output', run: (shell, _args, text) => runFormatted(shell, text, ['expanded=on']) },
  { names: ['gset'], usage: '\\gset [PREFIX]', help: 'store the one row of the result in variables', run: (shell, [prefix]) => shell.runBuffer((results) => {
    const result = results.at(-1);
    if (result === undefined || result.rows.length !== 1) throw new DatabaseError(result === undefined || result.rows.length === 0 ? '02000' : '21000', result === undefined || result.rows.length === 0 ? 'no rows returned for \\gset' : 'more than one row returned for \\gset');
    result.columns.forEach((column, i) => {
      const name = (prefix ?? '') + column.name;
      if (!/^[A-Za-z0-9_\u0080-\uffff]+$/.test(name)) throw new DatabaseError('42602', `invalid variable name: "${name}"`);
      const value = result.rows[0]![i]!;
      if (value === null) shell.settings.variables.delete(name);
      else shell.settings.variables.set(name, value);
    });
  }) },
  { names: ['gexec'], usage: '\\gexec', help: 'run the query, then run each value of its result as a statement', run: async (shell) => {
    const statements: string[] = [];
    await shell.runBuffer((results) => {
      for (const row of results.at(-1)?.rows ?? []) for (const value of row) if (value !== null) statements.push(value);
    });
    for (const statement of statements) {
      if (shell.settings.onErrorStop && shell.errorCount > 0) break;
      await shell.execute(statement);
    }
  } },
  { names: ['gdesc'], usage: '\\gdesc', help: 'columns of the query in the buffer and their types, without running it', run: async (shell) => {
    const sql = shell.buffer.trim() === '' ? shell.lastQuery : shell.buffer.trim();
    shell.buffer = '';
    const described = shell.current.describe(interpolate(sql, shell.settings.variables));
    if (described.length === 0) return say(shell, 'The command has no result, or the result has no columns.');
    const types = await shell.current.column(`select format_type(oid, modifier) from unnest(array[${described.map((column) => column.dataTypeID).join(', ')}]::oid[], array[${described.map((column) => column.dataTypeModifier).join(', ')}]::int[]) with ordinality as t(oid, modifier, n) order by n`);
    await printRows(shell, undefined, ['Column', 'Type'], described.map((column, i) => [column.name, types[i] ?? '']));
  } },
  { names: ['watch'], usage: '\\watch [SECONDS [TIMES]]', help: 'run the query again and again until Ctrl-C', run: async (shell, [seconds, times]) => {
    const sql = shell.buffer.trim() === '' ? shell.lastQuery : shell.buffer.trim();
    shell.buffer = '';
    const errorsBefore = shell.errorCount;
    shell.isInterrupted = false;
    for (let n = 0; (times === undefined || n < Number(times)) && !shell.isInterrupted && shell.errorCount === errorsBefore; n++) {
      if (n > 0) await shell.sleep(Number(seconds ?? 2) * 1000);
      if (!shell.isInterrupted) await shell.execute(sql);
    }
  } },
  { names: ['crosstabview'], usage: '\\crosstabview [ROW [COLUMN [VALUE]]]', help: 'show the result as a grid', run: (shell, args) => shell.runBuffer(async (results) => {
    const result = results.at(-1);
    if (result !== undefined) await shell.print(crosstab(result, args));
  }) },
  { names: ['p', 'print'], usage: '\\p', help: 'show the buffer', run: (shell) => shell.output.write(shell.buffer.trim() === '' ? (shell.lastQuery === '' ? 'Query buffer is empty.\n' : `${shell.lastQuery}\n`) : `${shell.buffer.replace(/\n$/, '')}\n`) },
  { names: ['r', 'reset'], usage: '\\r', help: 'empty the buffer', run: (shell) => { shell.buffer = ''; say(shell, 'Query buffer reset (cleared).'); } },
  { names: ['e', 'edit'], usage: '\\e [FILE]', help: 'edit the buffer or FILE in $EDITOR', run: async (shell, [file]) => editBuffer(shell, file) },
  { names: ['w', 'write'], usage: '\\w FILE', help: 'write the buffer to FILE', run: (shell, [file]) => writeFileSync(required(file, '\\w'), `${shell.buffer.trim() === '' ? shell.lastQuery : shell.buffer}\n`) },
];

const files: readonly MetaCommand[] = [
  { names: ['i', 'include', 'ir', 'include_relative'], usage: '\\i FILE', help: 'run the statements of FILE', run: async (shell, [file], _text, name) => includeFile(shell, required(file, '\\i'), name.startsWith('ir') || name.endsWith('relative')) },
  { names: ['o', 'out'], usage: '\\o [FILE]', help: 'send results to FILE, or back to the terminal', run: (shell, [file]) => {
    if (file === undefined) shell.redirect = undefined;
    else {
      writeFileSync(file, '');
      shell.redirect = (text) => writeFileSync(file, text, { flag: 'a' });
    }
  } },
  { names: ['copy'], usage: "\\copy TABLE [(COLUMNS)] | (QUERY) from|to FILE|stdin|stdout|program 'CMD' [OPTIONS]", help: 'copy rows between a table and a file (csv, text, json, jsonl)', run: (shell, _args, text) => runCopy(shell, text) },
  { names: ['echo'], usage: '\\echo [-n] TEXT', help: 'write TEXT', run: (shell, args) => echo(args, (text) => shell.output.write(text)) },
  { names: ['qecho'], usage: '\\qecho TEXT', help: 'write TEXT where results go', run: (shell, args) => echo(args, resultWriter(shell)) },
  { names: ['warn'], usage: '\\warn TEXT', help: 'write TEXT to standard error', run: (shell, args) => echo(args, (text) => shell.output.writeError(text)) },
  { names: ['cd'], usage: '\\cd [FOLDER]', help: 'change the working folder', run: (_shell, [folder]) => process.chdir(folder ?? process.env['HOME'] ?? '/') },
  { names: ['!'], usage: '\\! COMMAND', help: 'run COMMAND in a system shell', run: (_shell, _args, text) => { spawnSync(text.trim() === '' ? process.env['SHELL'] ?? 'sh' : text, { shell: true, stdio: 'inherit' }); } },
];

/** A short command for an option of \pset. */
const shortcut = (names: readonly string[], usage: string, help: string, option: string): MetaCommand => ({ names, usage, help, run: (shell, [value]) => pset(shell, option, value) });

const look: readonly MetaCommand[] = [
  shortcut(['x'], '\\x [on|off|auto]', 'one line per column', 'expanded'),
  { names: ['H', 'html'], usage: '\\H', help: 'switch between HTML and aligned', run: (shell) => pset(shell, 'format', shell.settings.format.format === 'html' ? 'aligned' : 'html') },
  { names: ['a'], usage: '\\a', help: 'switch between aligned and unaligned', run: (shell) => pset(shell, 'format', shell.settings.format.format === 'aligned' ? 'unaligned' : 'aligned') },
  shortcut(['t'], '\\t [on|off]', 'rows only', 'tuples_only'),
  shortcut(['C'], '\\C [TEXT]', 'title of tables, none without TEXT', 'title'),
  shortcut(['T'], '\\T [TEXT]', 'attributes of tables in HTML, none without TEXT', 'tableattr'),
  shortcut(['f'], '\\f [TEXT]', 'separator of unaligned output', 'fieldsep'),
  { names: ['pset'], usage: '\\pset [OPTION [VALUE]]', help: `options of output: ${psetNames.join(', ')}`, run: (shell, [name, value]) => pset(shell, name, value) },
  { names: ['mode'], usage: '.mode FORMAT', help: 'output format, as SQLite names them', run: (shell, [mode, table]) => {
    if (mode === 'line') {
      pset(shell, 'format', 'aligned');
      return pset(shell, 'expanded', 'on');
    }
    if (table !== undefined) setOption(shell.settings, 'table', table);
    pset(shell, 'format', { table: 'box', column: 'aligned', list: 'unaligned', tabs: 'tsv' }[mode ?? ''] ?? mode);
  } },
  { names: ['headers'], usage: '.headers on|off', help: 'show column names', run: (shell, [arg]) => shell.settings.patchFormat({ tuplesOnly: !toggled(!shell.settings.format.tuplesOnly, undefined, arg) }) },
  { names: ['timing'], usage: '\\timing [on|off]', help: 'show how long statements take', run: (shell, [arg]) => {
    shell.settings.timing = toggled(shell.settings.timing, '\\timing', arg);
    say(shell, `Timing is ${shell.settings.timing ? 'on' : 'off'}.`);
  } },
];

const variables: readonly MetaCommand[] = [
  { names: ['set'], usage: '\\set [NAME [VALUE...]]', help: 'set a variable; :NAME, :\'NAME\' and :"NAME" stand for it in SQL', run: (shell, [name, ...values]) => {
    if (name === undefined) for (const [key, value] of [...shell.settings.variables].sort()) shell.output.write(`${key} = '${value}'\n`);
    else setVariable(shell.settings, name, values.join(''));
  } },
  { names: ['getenv'], usage: '\\getenv NAME VARIABLE', help: 'set a variable from the environment', run: (shell, [name, variable]) => {
    const value = process.env[required(variable, '\\getenv')];
    if (value !== undefined) setVariable(shell.settings, name!, value);
  } },
  { names: ['setenv'], usage: '\\setenv NAME [VALUE]', help: 'set or remove a variable of the environment', run: (_shell, [name, value]) => {
    if (value === undefined) delete process.env[required(name, '\\setenv')];
    else process.env[name!] = value;
  } },
  { names: ['unset'], usage: '\\unset NAME', help: 'remove a variable', run: (shell, [name]) => unsetVariable(shell.settings, required(name, '\\unset')) },
  { names: ['prompt'], usage: '\\prompt [TEXT] NAME', help: 'ask the user for a variable', run: async (shell, args) => {
    const name = required(args.at(-1), '\\prompt');
    shell.settings.variables.set(name, shell.readLine === undefined ? '' : await shell.readLine(args.length > 1 ? args[0]! : ''));
  } },
  { names: ['if'], usage: '\\if VALUE', help: 'run what follows only if VALUE is true (with \\elif, \\else, \\endif)', isConditional: true, run: (shell, [value]) => {
    const isTrue = shell.isActiveBranch && isTruthy(shell, '\\if', value);
    shell.conditions.push({ isActive: isTrue, wasTaken: isTrue || !shell.isActiveBranch });
  } },
  { names: ['elif'], usage: '\\elif VALUE', help: 'another branch', isConditional: true, run: (shell, [value]) => branch(shell, '\\elif', (c) => !c.wasTaken && isTruthy(shell, '\\elif', value)) },
  { names: ['else'], usage: '\\else', help: 'the last branch', isConditional: true, run: (shell) => branch(shell, '\\else', (c) => !c.wasTaken) },
  { names: ['endif'], usage: '\\endif', help: 'end of the branches', isConditional: true, run: (shell) => { if (shell.conditions.pop() === undefined) throw new DatabaseError('42601', '\\endif: no matching \\if'); } },
];

const groups: readonly (readonly [string, readonly MetaCommand[]])[] = [
  ['General', general], ['Query buffer', query], ['Input and output', files], ['Schema', describeCommands], ['Formatting', look], ['Variables and conditions', variables],
];
const byName = new Map<string, MetaCommand>(groups.flatMap(([, commands]) => commands.flatMap((command) => command.names.map((name) => [name, command] as const))));

/** psql's commands for what there is not here. */
const refused: ReadonlyMap<string, string> = new Map([
  ['password', 'there are no passwords'], ['s', 'the history is not kept by the shell'], ['copyright', 'the terms are those of LICENSE'], ...['lo_export', 'lo_import', 'lo_list', 'lo_unlink', 'dl'].map((name) => [name, 'there are no large objects'] as const),
  ...['des', 'det', 'deu', 'dew'].map((name) => [name, 'there are no foreign tables'] as const), ...['dF', 'dFd', 'dFp', 'dFt'].map((name) => [name, 'there is no text search'] as const), ...['dRp', 'dRs'].map((name) => [name, 'there is no replication'] as const),
  ...['dP', 'dPi', 'dPt', 'dPn'].map((name) => [name, 'there are no partitions'] as const), ['db', 'there are no tablespaces'], ['dc', 'there are no conversions'], ['ddp', 'there are no default privileges'], ['drds', 'there are no settings of roles'],
  ['dX', 'there are no extended statistics'], ['dy', 'there are no event triggers'], ...['dAc', 'dAf', 'dAo', 'dAp'].map((name) => [name, 'pg_opclass and its like have them'] as const), ['restrict', 'there is no restricted mode'], ['unrestrict', 'there is no restricted mode'],
]);

/** All names, for completion. */
export const metaCommandNames: readonly string[] = [...byName.keys()];

function helpText(): string {
  const lines: string[] = [];
  for (const [title, commands] of groups) {
    lines.push(title);
    for (const command of commands) lines.push(`  ${command.usage.padEnd(30)} ${command.help}`);
    lines.push('');
  }
  return `${lines.join('\n')}`;
}

/** Runs one command, text from its backslash (or dot) on. @throws DatabaseError 42601 for an unknown one */
export async function runMetaCommand(shell: Shell, text: string): Promise<void> {
  const body = text.replace(/\\\\$/, '').slice(1);
  const match = /^(![^\s]?|\?|[A-Za-z_]+[+S]*|[^\s\w]*)([\s\S]*)$/.exec(body)!;
  const isBang = body.startsWith('!');
  const written = isBang ? '!' : match[1]!;
  const rest = isBang ? body.slice(1) : match[2]!;
  const modifiers = /[+S]*$/.exec(written)![0];
  const name = byName.has(written) ? written : written.slice(0, written.length - modifiers.length);
  const command = byName.get(name) ?? groups.flatMap(([, commands]) => commands).find(({ pattern }) => pattern?.test(name));
  if (command === undefined) {
    if (!shell.isActiveBranch) return;
    const reason = refused.get(name) ?? refused.get(written);
    if (reason !== undefined) throw new DatabaseError('0A000', `\\${name} is not supported: ${reason}`);
    const near = metaCommandNames.filter((candidate) => candidate.startsWith(name[0] ?? '')).slice(0, 6);
    throw new DatabaseError('42601', `invalid command \\${written}`, { hint: near.length > 0 ? `Did you mean one of ${near.map((n) => `\\${n}`).join(', ')}? \\? lists all.` : 'Try \\? for help.' });
  }
  if (!shell.isActiveBranch && command.isConditional !== true) return;
  await command.run(shell, splitArguments(rest, shell), rest, written);
}

/** Words separated by blanks. Within a word quotes keep blanks, variables are replaced and backquotes run a command. */
export function splitArguments(text: string, shell: Shell): string[] {
  const args: string[] = [];
  const part = /'((?:[^'\\]|\\.|'')*)'|"([^"]*)"|`([^`]*)`|[^\s:'"`]+|\S/y;
  for (let at = afterBlanks(text, 0); at < text.length; at = afterBlanks(text, at)) {
    let word = '';
    let isBare = true;
    while (at < text.length && !isBlank(text[at]!)) {
      const variable = variableAt(text, at, shell.settings.variables);
      part.lastIndex = at;
      const match = part.exec(text)!;
      at += variable?.length ?? match[0].length;
      isBare = variable === undefined && match[1] === undefined && match[2] === undefined && match[3] === undefined;
      if (variable !== undefined) word += variable.value;
      else if (match[1] !== undefined) word += match[1].replaceAll("''", "'").replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
      else if (match[2] !== undefined) word += match[2];
      else if (match[3] !== undefined) word += spawnSync(match[3], { shell: true, encoding: 'utf8' }).stdout.replace(/\n$/, '');
      else word += match[0];
    }
    args.push(isBare ? word.replace(/;$/, '') : word);
  }
  return args;
}
const isBlank = (c: string): boolean => /\s/.test(c);
function afterBlanks(text: string, at: number): number {
  while (at < text.length && isBlank(text[at]!)) at++;
  return at;
}

function required(value: string | undefined, command: string): string {
  if (value === undefined) throw new DatabaseError('42601', `${command}: missing required argument`);
  return value;
}

function echo(args: readonly string[], write: (text: string) => void): void {
  const isBare = args[0] === '-n';
  write(args.slice(isBare ? 1 : 0).join(' ') + (isBare ? '' : '\n'));
}

/** What is neither true nor false is told and false. */
function isTruthy(shell: Shell, command: string, value: string | undefined): boolean {
  try {
    return value !== undefined && value !== '' && isOn(`${command} expression`, value);
  } catch (error) {
    shell.reportError(error, undefined);
    return false;
  }
}

function branch(shell: Shell, name: string, take: (condition: { wasTaken: boolean }) => boolean): void {
  const condition = shell.conditions.at(-1);
  if (condition === undefined) throw new DatabaseError('42601', `${name}: no matching \\if`);
  condition.isActive = false;
  const isTaken = shell.conditions.slice(0, -1).every((outer) => outer.isActive) && take(condition);
  condition.isActive = isTaken;
  condition.wasTaken = condition.wasTaken || isTaken;
}

function pset(shell: Shell, name: string | undefined, value: string | undefined): void {
  if (name === undefined) shell.output.write(listOptions(shell.settings));
  else say(shell, setOption(shell.settings, name, value));
}

/** `text`: what follows \\g: options of \\pset in parentheses for this query alone, and where its rows go. */
async function runFormatted(shell: Shell, text: string, options: readonly string[]): Promise<void> {
  const { given, target } = /^\s*(?:\((?<given>[^)]*)\))?(?<target>.*)$/s.exec(text)!.groups!;
  const { format, quiet } = shell.settings;
  try {
    shell.settings.quiet = true;
    for (const option of [...options, ...splitArguments(given ?? '', shell)]) {
      const [name, ...value] = option.split('=');
      pset(shell, name, value.length === 0 ? undefined : value.join('='));
    }
    shell.settings.quiet = quiet;
    await withRedirect(shell, target!.trim(), () => shell.runBuffer());
  } finally {
    shell.settings.quiet = quiet;
    shell.settings.format = format;
  }
}

async function withRedirect(shell: Shell, target: string, run: () => Promise<void>): Promise<void> {
  if (target === '') return run();
  const before = shell.redirect;
  const chunks: string[] = [];
  shell.redirect = (text) => chunks.push(text);
  try {
    await run();
  } finally {
    shell.redirect = before;
  }
  if (target.startsWith('|')) spawnSync(target.slice(1), { shell: true, input: chunks.join(''), stdio: ['pipe', 'inherit', 'inherit'] });
  else writeFileSync(target, chunks.join(''));
}

async function includeFile(shell: Shell, file: string, isRelative: boolean): Promise<void> {
  const path = isAbsolute(file) ? file : resolve(isRelative && shell.scriptDirectory !== undefined ? shell.scriptDirectory : '.', file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(file, cause);
  }
  const before = shell.scriptDirectory;
  shell.scriptDirectory = dirname(path);
  try {
    await shell.runScript(text);
  } finally {
    shell.scriptDirectory = before;
  }
}
