/** What `\set` and `\pset` hold: variables for interpolation and how results look. */
import type { ErrorForm } from './errors.js';
import { defaultFormat, type FormatOptions } from './format/result.js';

/** psql's special variables with their defaults; variables.ts has what they change. */
const specialVariables: readonly (readonly [string, string])[] = [
  ['AUTOCOMMIT', 'on'], ['ECHO', 'none'], ['ECHO_HIDDEN', 'off'], ['ENCODING', 'UTF8'], ['FETCH_COUNT', '0'], ['LAST_ERROR_MESSAGE', ''], ['LAST_ERROR_SQLSTATE', '00000'], ['ON_ERROR_ROLLBACK', 'off'], ['ON_ERROR_STOP', 'off'],
  ['QUIET', 'off'], ['SHOW_ALL_RESULTS', 'on'], ['SHOW_CONTEXT', 'errors'], ['SINGLELINE', 'off'], ['SINGLESTEP', 'off'], ['VERBOSITY', 'default'],
];

/** What is written as it is read: lines, statements as they are sent, or failed statements. */
export type Echo = 'none' | 'all' | 'queries' | 'errors';

export class ShellSettings {
  errorForm: ErrorForm = { verbosity: 'default', context: 'errors' };
  /** Of several statements sent together: all results, or the last. */
  showsAllResults = true;
  /** A line ends a statement. */
  isSingleLine = false;
  format: FormatOptions = defaultFormat;
  timing = false;
  quiet = false;
  /** Whether results longer than the screen, or all, are shown page by page; on a terminal only. */
  pager: 'on' | 'off' | 'always' = 'on';
  /** Stop a script at the first error. */
  onErrorStop = false;
  /** Whether a failed statement in a transaction is taken back alone: always, or on a terminal. */
  onErrorRollback: 'on' | 'off' | 'interactive' = 'off';
  /** Off: a statement outside a transaction begins one. */
  autocommit = true;
  echo: Echo = 'none';
  readonly variables = new Map<string, string>(specialVariables);

  patchFormat(patch: Partial<FormatOptions>): void {
    this.format = { ...this.format, ...patch };
  }
}

const reference = /:(?:'([A-Za-z0-9_]+)'|"([A-Za-z0-9_]+)"|\{\?([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/y;

/** What `:name`, `:'name'`, `:"name"` (a literal, an identifier) or `:{?name}` (whether it is set) at `at` stands for, and how long it is; undefined where none does. */
export function variableAt(text: string, at: number, variables: ReadonlyMap<string, string>): { readonly value: string; readonly length: number } | undefined {
  reference.lastIndex = at;
  const match = reference.exec(text);
  if (match === null) return undefined;
  const [{ length }, literal, identifier, asked, plain] = match;
  if (asked !== undefined) return { value: variables.has(asked) ? 'TRUE' : 'FALSE', length };
  const value = variables.get((literal ?? identifier ?? plain)!);
  if (value === undefined) return undefined;
  return { value: literal !== undefined ? `'${value.replaceAll("'", "''")}'` : identifier !== undefined ? `"${value.replaceAll('"', '""')}"` : value, length };
}

/** Puts variables into SQL, outside strings, comments and quoted names. A colon that belongs to `::` or names no variable stays. */
export function interpolate(sql: string, variables: ReadonlyMap<string, string>): string {
  if (!sql.includes(':')) return sql;
  let text = '';
  let at = 0;
  const skipTo = (end: number): void => {
    text += sql.slice(at, end);
    at = end;
  };
  while (at < sql.length) {
    const c = sql[at]!;
    if (c === "'" || c === '"') {
      const end = sql.indexOf(c, at + 1);
      skipTo(end < 0 ? sql.length : end + 1);
    } else if (c === '-' && sql[at + 1] === '-') {
      const end = sql.indexOf('\n', at);
      skipTo(end < 0 ? sql.length : end);
    } else if (c === '/' && sql[at + 1] === '*') {
      const end = sql.indexOf('*/', at + 2);
      skipTo(end < 0 ? sql.length : end + 2);
    } else if (c === '$') {
      const tag = /^\$([A-Za-z_][A-Za-z0-9_]*)?\$/.exec(sql.slice(at))?.[0];
      const end = tag === undefined ? at + 1 : sql.indexOf(tag, at + tag.length);
      skipTo(tag === undefined ? end : end < 0 ? sql.length : end + tag.length);
    } else if (c === ':' && sql[at + 1] === ':') {
      skipTo(at + 2);
    } else if (c === ':') {
      const found = variableAt(sql, at, variables);
      if (found === undefined) {
        skipTo(at + 1);
        continue;
      }
      text += found.value;
      at += found.length;
    } else skipTo(at + 1);
  }
  return text;
}
