/** Errors and notices as psql shows them: severity, SQLSTATE, message, then the line of the statement with a caret under the place. */
import type { DatabaseError, Notice } from '../engine/index.js';
import type { Style } from './style.js';

/** VERBOSITY and SHOW_CONTEXT of psql, whose `default` shows the SQLSTATE too here. */
export interface ErrorForm {
  readonly verbosity: 'default' | 'verbose' | 'terse' | 'sqlstate';
  readonly context: 'never' | 'errors' | 'always';
}
const defaultForm: ErrorForm = { verbosity: 'default', context: 'errors' };

export function renderError(error: DatabaseError, sql: string | undefined, style: Style, { verbosity, context }: ErrorForm = defaultForm): string {
  const severity = style.error(`${error.severity}:`);
  if (verbosity === 'sqlstate') return `${severity}  ${error.code}\n`;
  if (verbosity === 'terse') return `${severity}  ${error.message}${sql !== undefined && error.position !== undefined ? ` at character ${error.position}` : ''}\n`;
  const lines = [`${severity}  ${error.code}: ${error.message}`];
  if (sql !== undefined && error.position !== undefined) lines.push(...caret(sql, error.position - 1));
  if (error.detail !== undefined) lines.push(`DETAIL:  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT:  ${error.hint}`);
  if (error.where !== undefined && context !== 'never') lines.push(`CONTEXT:  ${error.where}`);
  if (verbosity === 'verbose') lines.push(...namedParts(error));
  return `${lines.join('\n')}\n`;
}

/** What the error is about, in the words of psql. */
export function namedParts(error: DatabaseError): string[] {
  const parts = [['SCHEMA NAME', error.schema], ['TABLE NAME', error.table], ['COLUMN NAME', error.column], ['DATATYPE NAME', error.dataType], ['CONSTRAINT NAME', error.constraint]] as const;
  return parts.flatMap(([title, name]) => (name === undefined ? [] : [`${title}:  ${name}`]));
}

export function renderNotice(notice: Notice, style: Style): string {
  const lines = [`${style.warning(`${notice.severity}:`)}  ${notice.message}`];
  if (notice.detail !== undefined) lines.push(`DETAIL:  ${notice.detail}`);
  if (notice.hint !== undefined) lines.push(`HINT:  ${notice.hint}`);
  return `${lines.join('\n')}\n`;
}

const lineWidthMax = 60;
const placeMarginMin = 10;

/** `LINE 2: select nme from t` and a caret; a long line is cut around the place. */
function caret(sql: string, offset: number): string[] {
  const before = sql.slice(0, offset);
  const number = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const end = sql.indexOf('\n', offset);
  const line = sql.slice(start, end < 0 ? sql.length : end).replaceAll('\t', ' ');
  let column = offset - start;
  let shown = line;
  if (line.length > lineWidthMax) {
    // As libpq: the end goes where that is enough, else it goes to some characters behind the place, and the rest at the beginning.
    const isEndEnough = column + placeMarginMin <= lineWidthMax;
    const end = isEndEnough ? lineWidthMax : Math.min(line.length, column + placeMarginMin);
    const from = Math.max(0, end - lineWidthMax);
    shown = `${from > 0 ? '...' : ''}${line.slice(from, end)}${end < line.length ? '...' : ''}`;
    column += (from > 0 ? 3 : 0) - from;
  }
  const label = `LINE ${number}: `;
  return [label + shown, `${' '.repeat(label.length + column)}^`];
}
