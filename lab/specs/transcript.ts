/**
 * A transcript in the words of PostgreSQL's isolation tester, so that runs on two databases can be compared line by line. Result tables are
 * aligned as libpq's PQprint does: a column is right-aligned when every value looks like a number, widths are those of the widest cell.
 */
import type { LabError, LabResult } from '../target.js';

/** Lines of one result set, with its row count and the blank line after it. */
export function renderResult(result: LabResult): string[] {
  if (result.columns.length === 0 && result.rows.length === 0) return result.command === 'SELECT' ? renderEmptySelect(result.rowCount ?? 0) : [];
  const cells = result.rows.map((row) => row.map((value) => value ?? ''));
  const widths = result.columns.map((column, i) => Math.max(column.name.length, ...cells.map((row) => row[i]!.length)));
  const isNumeric = result.columns.map((_, i) => cells.every((row) => looksNumeric(row[i]!)));
  const line = (values: readonly string[]): string => values.map((value, i) => (isNumeric[i]! ? value.padStart(widths[i]!) : value.padEnd(widths[i]!))).join('|');
  return [
    line(result.columns.map((column) => column.name)),
    widths.map((width) => '-'.repeat(width)).join('+'),
    ...cells.map(line),
    `(${cells.length} row${cells.length === 1 ? '' : 's'})`,
    '',
  ];
}

function renderEmptySelect(rowCount: number): string[] {
  return ['', `(${rowCount} row${rowCount === 1 ? '' : 's'})`, ''];
}

/** PQprint's test: digits with signs, dots, blanks and exponents; it must end in a digit. An empty cell does not count against it. */
function looksNumeric(value: string): boolean {
  if (value === '') return true;
  if (!/^[0-9.+\-eE ]+$/.test(value)) return false;
  if (/^[eE]/.test(value)) return false;
  return /[0-9]$/.test(value);
}

export function renderError(error: LabError): string {
  return `${error.severity}:  ${error.message}`;
}
