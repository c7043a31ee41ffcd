/** Errors and notices as psql shows them: severity, SQLSTATE, message, then the line of the statement with a caret under the place. */
import type { DatabaseError, Notice } from '../engine/index.js';
import type { Style } from './style.js';

export function renderError(error: DatabaseError, sql: string | undefined, style: Style): string {
  const lines = [`${style.error(`${error.severity}:`)}  ${error.code}: ${error.message}`];
  if (sql !== undefined && error.position !== undefined) lines.push(...caret(sql, error.position - 1));
  if (error.detail !== undefined) lines.push(`DETAIL:  ${error.detail}`);
  if (error.hint !== undefined) lines.push(`HINT:  ${error.hint}`);
  if (error.where !== undefined) lines.push(`CONTEXT:  ${error.where}`);
  return `${lines.join('\n')}\n`;
}

export function renderNotice(notice: Notice, style: Style): string {
  const lines = [`${style.warning(`${notice.severity}:`)}  ${notice.message}`];
  if (notice.detail !== undefined) lines.push(`DETAIL:  ${notice.detail}`);
  if (notice.hint !== undefined) lines.push(`HINT:  ${notice.hint}`);
  return `${lines.join('\n')}\n`;
}

const lineWidthMax = 60;

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
    const from = Math.max(0, Math.min(column - lineWidthMax / 2, line.length - lineWidthMax));
    shown = `${from > 0 ? '...' : ''}${line.slice(from, from + lineWidthMax)}${from + lineWidthMax < line.length ? '...' : ''}`;
    column += (from > 0 ? 3 : 0) - from;
  }
  const label = `LINE ${number}: `;
  return [label + shown, `${' '.repeat(label.length + column)}^`];
}
