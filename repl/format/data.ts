/** Formats for programs: CSV (RFC 4180, as COPY writes it), TSV, JSON, JSON lines, HTML, INSERT statements, psql's unaligned. */
import { isKeywordToQuote } from '../../engine/index.js';
import type { FormatOptions, PrintableResult } from './result.js';

export function formatCsv(result: PrintableResult, options: FormatOptions, separator: string): string {
  const field = csvField(options, separator);
  const lines = result.rows.map((row) => row.map(field).join(separator));
  if (!options.tuplesOnly) lines.unshift(result.columns.map((column) => field(column.name)).join(separator));
  return lines.map((line) => `${line}\n`).join('');
}

/** A line for each value, with the name of its column before it. */
export function formatCsvVertical(result: PrintableResult, options: FormatOptions): string {
  const field = csvField(options, options.csvSeparator);
  return result.rows.flatMap((row) => row.map((value, i) => `${field(result.columns[i]!.name)}${options.csvSeparator}${field(value)}\n`)).join('');
}

const csvField = (options: FormatOptions, separator: string) => (value: string | null): string => {
  if (value === null) return options.nullText;
  const mustQuote = value === '' || value.includes(separator) || value.includes('"') || value.includes('\n') || value.includes('\r') || value === options.nullText;
  return mustQuote ? `"${value.replaceAll('"', '""')}"` : value;
};

/** Records end with the separator, but for the last, which ends with a line unless all end with a zero byte. */
const joined = (records: readonly string[], { recordSeparator }: FormatOptions): string => (records.length === 0 ? '' : records.join(recordSeparator) + (recordSeparator === '\0' ? '\0' : '\n'));

export function formatUnaligned(result: PrintableResult, options: FormatOptions): string {
  const records = result.rows.map((row) => row.map((value) => value ?? options.nullText).join(options.fieldSeparator));
  if (!options.tuplesOnly) {
    records.unshift(result.columns.map((column) => column.name).join(options.fieldSeparator));
    if (result.title !== undefined) records.unshift(result.title);
    if (options.footer) records.push(`(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})`);
  }
  return joined(records, options);
}

export function formatUnalignedVertical(result: PrintableResult, options: FormatOptions): string {
  const { recordSeparator, fieldSeparator, nullText } = options;
  const records = result.rows.map((row) => row.map((value, i) => `${result.columns[i]!.name}${fieldSeparator}${value ?? nullText}`).join(recordSeparator));
  if (!options.tuplesOnly && result.title !== undefined) records.unshift(result.title);
  // Between records one is empty.
  return records.length === 0 ? '' : joined([records.join(recordSeparator + recordSeparator)], options);
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

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\n', '<br />\n');

function htmlHead(result: PrintableResult, options: FormatOptions): string[] {
  const head = [`<table border="${options.border}"${options.tableAttributes === undefined ? '' : ` ${options.tableAttributes}`}>`];
  if (!options.tuplesOnly && result.title !== undefined) head.push(`  <caption>${escapeHtml(result.title)}</caption>`);
  return head;
}

function htmlCell(value: string | null, isNumeric: boolean, options: FormatOptions): string {
  const text = value ?? options.nullText;
  return `    <td align="${isNumeric ? 'right' : 'left'}">${/^\s*$/.test(text) ? '&nbsp; ' : escapeHtml(text)}</td>`;
}

export function formatHtml(result: PrintableResult, options: FormatOptions): string {
  const lines = htmlHead(result, options);
  if (!options.tuplesOnly) lines.push('  <tr>', ...result.columns.map((column) => `    <th align="center">${escapeHtml(column.name)}</th>`), '  </tr>');
  for (const row of result.rows) lines.push('  <tr valign="top">', ...row.map((value, i) => htmlCell(value, result.columns[i]!.isNumeric, options)), '  </tr>');
  lines.push('</table>');
  if (options.footer && !options.tuplesOnly) lines.push(`<p>(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})<br />`, '</p>');
  else lines.push('');
  return `${lines.join('\n')}\n`;
}

export function formatHtmlVertical(result: PrintableResult, options: FormatOptions): string {
  const lines = htmlHead(result, options);
  result.rows.forEach((row, r) => {
    lines.push('', options.tuplesOnly ? '  <tr><td colspan="2">&nbsp;</td></tr>' : `  <tr><td colspan="2" align="center">Record ${r + 1}</td></tr>`);
    row.forEach((value, i) => lines.push('  <tr valign="top">', `    <th>${escapeHtml(result.columns[i]!.name)}</th>`, htmlCell(value, result.columns[i]!.isNumeric, options), '  </tr>'));
  });
  return `${[...lines, '</table>', ''].join('\n')}\n`;
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
