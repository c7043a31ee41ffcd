/** Formats for programs: CSV (RFC 4180, as COPY writes it), TSV, JSON, JSON lines, HTML, INSERT statements, psql's unaligned. */
import { isKeywordToQuote } from '../../engine/index.js';
import type { FormatOptions, PrintableResult } from './result.js';

export function formatCsv(result: PrintableResult, options: FormatOptions, separator: ',' | '\t' = ','): string {
  const field = (value: string | null): string => {
    if (value === null) return options.nullText;
    const mustQuote = value === '' || value.includes(separator) || value.includes('"') || value.includes('\n') || value.includes('\r') || value === options.nullText;
    return mustQuote ? `"${value.replaceAll('"', '""')}"` : value;
  };
  const lines = result.rows.map((row) => row.map(field).join(separator));
  if (!options.tuplesOnly) lines.unshift(result.columns.map((column) => field(column.name)).join(separator));
  return lines.map((line) => `${line}\n`).join('');
}

export function formatUnaligned(result: PrintableResult, options: FormatOptions): string {
  const lines = result.rows.map((row) => row.map((value) => value ?? options.nullText).join(options.fieldSeparator));
  if (!options.tuplesOnly) {
    lines.unshift(result.columns.map((column) => column.name).join(options.fieldSeparator));
    if (options.footer) lines.push(`(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** Values that are JSON already (numbers, booleans are told by the caller through `isNumeric`) stay as they are; everything else is a string. */
export function formatJson(result: PrintableResult, isLines: boolean): string {
  const objects = result.rows.map((row) => `{${result.columns.map((column, i) => `${JSON.stringify(column.name)}:${jsonValue(row[i]!, column.isNumeric)}`).join(',')}}`);
  if (isLines) return objects.map((text) => `${text}\n`).join('');
  return objects.length === 0 ? '[]\n' : `[${objects.join(',\n ')}]\n`;
}

/** NaN, infinities and numbers JSON cannot spell become strings. */
function jsonValue(value: string | null, isNumeric: boolean): string {
  if (value === null) return 'null';
  if (isNumeric && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return value;
  return JSON.stringify(value);
}

export function formatHtml(result: PrintableResult, options: FormatOptions): string {
  const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\n', '<br />\n');
  const lines = ['<table border="1">'];
  if (!options.tuplesOnly) lines.push('  <tr>', ...result.columns.map((column) => `    <th align="center">${escape(column.name)}</th>`), '  </tr>');
  for (const row of result.rows) {
    lines.push('  <tr valign="top">', ...row.map((value, i) => `    <td align="${result.columns[i]!.isNumeric ? 'right' : 'left'}">${value === null || value === '' ? escape(value === null ? options.nullText : '') || '&nbsp; ' : escape(value)}</td>`), '  </tr>');
  }
  lines.push('</table>');
  if (options.footer && !options.tuplesOnly) lines.push(`<p>(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})<br />`, '</p>');
  return `${lines.join('\n')}\n`;
}

/** One INSERT per row; text is quoted as a standard string literal. */
export function formatInsert(result: PrintableResult, options: FormatOptions): string {
  const columns = result.columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const literal = (value: string | null, isNumeric: boolean): string => {
    if (value === null) return 'NULL';
    if (isNumeric && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return value;
    return `'${value.replaceAll("'", "''")}'`;
  };
  return result.rows.map((row) => `INSERT INTO ${quoteIdentifier(options.tableName)} (${columns}) VALUES (${row.map((value, i) => literal(value, result.columns[i]!.isNumeric)).join(', ')});\n`).join('');
}

/** As quote_ident: only where it must be. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !isKeywordToQuote(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
