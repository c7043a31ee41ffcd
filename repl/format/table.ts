/** Tables for people: psql's aligned and expanded forms, boxes and Markdown. Widths are terminal columns, so wide and combining characters line up. */
import stringWidth from 'string-width';
import type { FormatOptions, PrintableResult } from './result.js';

interface Style {
  readonly horizontal: string;
  readonly vertical: string;
  /** Before a cell's text. */
  readonly margin: string;
  /** How much a rule is longer than its column is wide. */
  readonly rulePadding: number;
  readonly top: readonly [string, string, string] | undefined;
  readonly middle: readonly [string, string, string];
  readonly bottom: readonly [string, string, string] | undefined;
  readonly isFramed: boolean;
}

const ascii = (border: 0 | 1 | 2): Style => ({
  horizontal: '-', vertical: border === 0 ? '' : '|', margin: border === 0 ? '' : ' ', rulePadding: border === 0 ? 0 : 2, isFramed: border === 2,
  top: border === 2 ? ['+', '+', '+'] : undefined, middle: border === 0 ? [' ', ' ', ' '] : ['+', '+', '+'], bottom: border === 2 ? ['+', '+', '+'] : undefined,
});
const box: Style = { horizontal: '─', vertical: '│', margin: ' ', rulePadding: 2, isFramed: true, top: ['┌', '┬', '┐'], middle: ['├', '┼', '┤'], bottom: ['└', '┴', '┘'] };

/** psql's default table, byte for byte: names centred, numbers to the right, lines of a cell that goes on marked with `+`. */
export function formatTable(result: PrintableResult, options: FormatOptions): string {
  const style = options.format === 'box' ? box : ascii(options.border);
  const cells = result.rows.map((row) => row.map((value) => cellLines(value, options)));
  const headers = result.columns.map((column) => column.name.split('\n'));
  const widths = result.columns.map((_, i) => maxOf(headers[i]!.map(widthOf), cells.map((row) => maxOf(row[i]!.map(widthOf)))));
  const lines: string[] = [];
  const rule = (edges: readonly [string, string, string]): string => {
    const inner = widths.map((width) => style.horizontal.repeat(width + style.rulePadding)).join(edges[1]);
    return style.isFramed ? edges[0] + inner + edges[2] : result.columns.length === 0 ? '--' : inner;
  };
  const printLine = (parts: readonly string[]): void => {
    const text = parts.join(style.vertical);
    lines.push(style.isFramed ? style.vertical + text + style.vertical : text);
  };
  const printHeader = (): void => {
    const height = maxOf([1], headers.map((header) => header.length));
    for (let line = 0; line < height; line++) printLine(headers.map((header, i) => `${style.margin}${centre(header[line] ?? '', widths[i]!)}${line < header.length - 1 ? '+' : ' '}`));
  };
  // The last cell of a line without a frame ends where its text does, unless it goes on below.
  const printRow = (row: readonly (readonly string[])[]): void => {
    const height = maxOf([1], row.map((cell) => cell.length));
    for (let line = 0; line < height; line++) {
      printLine(row.map((cell, i) => {
        const text = cell[line] ?? '';
        const isLast = i === row.length - 1 && !style.isFramed;
        const goesOn = line < cell.length - 1;
        if (isLast && line >= cell.length) return style.margin;
        const aligned = result.columns[i]!.isNumeric ? padStart(text, widths[i]!) : isLast && !goesOn ? text : padEnd(text, widths[i]!);
        return style.margin + aligned + (goesOn ? '+' : isLast ? '' : ' ');
      }));
    }
  };
  if (result.title !== undefined && !options.tuplesOnly) lines.push(centre(result.title, widths.reduce((a, b) => a + b + 3, -1)).trimEnd());
  if (style.top !== undefined) lines.push(rule(style.top));
  if (!options.tuplesOnly) {
    if (result.columns.length > 0) printHeader();
    lines.push(rule(style.middle));
  }
  if (result.columns.length > 0) for (const row of cells) printRow(row);
  if (style.bottom !== undefined) lines.push(rule(style.bottom));
  if (options.footer && !options.tuplesOnly) lines.push(rowCountText(result.rows.length));
  return `${lines.join('\n')}\n`;
}

/** One line per column, records separated by a heading: psql's `\x`. */
export function formatExpanded(result: PrintableResult, options: FormatOptions): string {
  if (result.rows.length === 0) return options.tuplesOnly ? '' : `${rowCountText(0)}\n`;
  const nameWidth = maxOf(result.columns.map((column) => widthOf(column.name)));
  const valueWidth = maxOf(result.rows.flatMap((row) => row.flatMap((value) => cellLines(value, options).map(widthOf))));
  const lines: string[] = [];
  result.rows.forEach((row, r) => {
    const heading = `-[ RECORD ${r + 1} ]`;
    const total = nameWidth + 3 + valueWidth;
    if (!options.tuplesOnly) lines.push(heading + (heading.length < nameWidth + 1 ? `${'-'.repeat(nameWidth + 1 - heading.length)}+${'-'.repeat(valueWidth + 1)}` : '-'.repeat(Math.max(0, total - heading.length))));
    else if (r > 0) lines.push(`${'-'.repeat(nameWidth + 1)}+${'-'.repeat(valueWidth + 1)}`);
    row.forEach((value, i) => {
      const texts = cellLines(value, options);
      texts.forEach((text, line) => lines.push(`${padEnd(line === 0 ? result.columns[i]!.name : '', nameWidth)} | ${line < texts.length - 1 ? `${padEnd(text, valueWidth)}+` : text}`));
    });
  });
  return `${lines.join('\n')}\n`;
}

export function formatMarkdown(result: PrintableResult, options: FormatOptions): string {
  const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', '<br>');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `${[
    row(result.columns.map((column) => escape(column.name))),
    `|${result.columns.map((column) => (column.isNumeric ? '---:' : '---')).join('|')}|`,
    ...result.rows.map((cells) => row(cells.map((value) => escape(value ?? options.nullText)))),
  ].join('\n')}\n`;
}

/** Terminal columns the aligned table needs. */
export function tableWidth(result: PrintableResult, options: FormatOptions): number {
  const widths = result.columns.map((column, i) => maxOf([widthOf(column.name)], result.rows.map((row) => maxOf(cellLines(row[i]!, options).map(widthOf)))));
  return widths.reduce((sum, width) => sum + width + 3, -1);
}

/** A value's lines with control characters made visible, so that data cannot drive the terminal. */
function cellLines(value: string | null, options: FormatOptions): string[] {
  if (value === null) return [options.nullText];
  const visible = value.replaceAll('\r', '\\r').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
  return visible.split('\n').map(withTabsExpanded);
}

/** Tabs reach to the next eighth column, as they do on a terminal. */
function withTabsExpanded(line: string): string {
  const [first, ...rest] = line.split('\t');
  return rest.reduce((text, part) => text + ' '.repeat(8 - (widthOf(text) % 8)) + part, first!);
}

const rowCountText = (count: number): string => `(${count} row${count === 1 ? '' : 's'})`;

function maxOf(...lists: readonly (readonly number[])[]): number {
  let max = 0;
  for (const list of lists) for (const n of list) if (n > max) max = n;
  return max;
}
/** Terminal columns of one line. */
function widthOf(text: string): number {
  return stringWidth(text);
}
const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text))) + text;
function centre(text: string, width: number): string {
  const space = Math.max(0, width - widthOf(text));
  return ' '.repeat(space >> 1) + text + ' '.repeat(space - (space >> 1));
}
