/** Completion while typing: meta-commands after a backslash, relations, settings or files where one is expected, columns of the relations already named, functions and keywords otherwise. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sqlKeywords } from '../engine/index.js';
import { metaCommandNames } from './meta-commands.js';
import type { Shell } from './shell.js';

/** What may follow `line`'s last word, and that word: as node:readline wants it. */
export async function complete(shell: Shell, line: string): Promise<[string[], string]> {
  const text = shell.buffer + line;
  if (/^\s*\\\w*$/.test(line)) {
    const word = line.trim();
    return [metaCommandNames.map((name) => `\\${name}`).filter((name) => name.startsWith(word)), word];
  }
  const file = /^\s*\\(?:i|ir|include|o|out|w|write|e|cd|copy\s.*\b(?:from|to))\s+'?([^\s']*)$/i.exec(line);
  if (file !== null) return [fileNames(file[1]!), file[1]!];
  const word = /[\w."]*$/.exec(line)![0];
  const before = text.slice(0, text.length - word.length);
  const candidates = new Set<string>();
  if (/\\(?:session|c|close)\s+$/.test(before)) for (const name of shell.connections.keys()) candidates.add(name);
  else if (/\\d\w*\+?\s+$/.test(before) || /\b(?:from|join|into|update|table|truncate|analyze|references|copy|view|on)\s+$/i.test(before)) for (const name of await relationNames(shell)) candidates.add(name);
  else if (/(?:^|;)\s*(?:set|show|reset)\s+(?:local\s+|session\s+)?$/i.test(before)) for (const name of await query(shell, 'select name from pg_catalog.pg_settings')) candidates.add(name);
  else if (/\\(?:set|unset|echo)\s+$/.test(before)) for (const name of shell.settings.variables.keys()) candidates.add(name);
  else {
    for (const name of await columnNames(shell, text)) candidates.add(name);
    // All keywords at once would tell nobody anything.
    if (word !== '') for (const keyword of sqlKeywords) candidates.add(matchCase(keyword, word));
    if (word.length >= 2) for (const name of [...(await relationNames(shell)), ...(await functionNames(shell, word))]) candidates.add(name);
  }
  return [[...candidates].filter((name) => name.toLowerCase().startsWith(word.toLowerCase())).sort(), word];
}

/** Keywords follow the case of what was typed. */
const matchCase = (keyword: string, word: string): string => (word !== '' && word === word.toUpperCase() ? keyword.toUpperCase() : keyword.toLowerCase());

/** Completion reads the catalog in a session of its own, so it never waits for or fails with the user's transaction. */
async function query(shell: Shell, sql: string, params: readonly unknown[] = []): Promise<string[]> {
  const session = shell.database.connect();
  try {
    return (await session.query<Record<string, string>>(sql, params)).rows.map((row) => Object.values(row)[0]!);
  } catch {
    return [];
  } finally {
    await session.close();
  }
}

const relationNames = (shell: Shell): Promise<string[]> => query(shell, `select quote_ident(c.relname) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r','v','m','S') and n.nspname not in ('pg_catalog','information_schema')`);

/** With a parenthesis, since a call is what follows. */
const functionNames = (shell: Shell, word: string): Promise<string[]> =>
  query(shell, `select distinct quote_ident(p.proname) || '(' from pg_catalog.pg_proc p where starts_with(p.proname, $1) and pg_catalog.pg_function_is_visible(p.oid)`, [word.toLowerCase()]);

/** Files that begin with what is typed; folders end in a slash. */
function fileNames(typed: string): string[] {
  const folder = typed.endsWith('/') ? typed : dirname(typed);
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => `${typed.includes('/') ? join(folder, entry.name) : entry.name}${entry.isDirectory() ? '/' : ''}`).filter((name) => name.startsWith(typed)).sort();
  } catch {
    return [];
  }
}

async function columnNames(shell: Shell, text: string): Promise<string[]> {
  const tables = [...text.matchAll(/\b(?:from|join|update|into|table)\s+(?:only\s+)?([\w."]+)/gi)].map((match) => match[1]!.replaceAll('"', '').split('.').at(-1)!.toLowerCase());
  if (tables.length === 0) return [];
  return query(shell, `select distinct quote_ident(a.attname) from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid where c.relname = any($1) and a.attnum > 0 and not a.attisdropped`, [tables]);
}
