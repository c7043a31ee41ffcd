/** Tables for people: psql's aligned and expanded forms, boxes and Markdown. Widths are terminal columns, so wide and combining characters line up. */
import stringWidth from 'string-width';
import type { FormatOptions, PrintableResult } from './result.js';

interface Style {
  readonly horizontal: string;
  readonly vertical: string;
  /** Behind what goes on in the next line. */
  readonly goesOn: string;
  readonly top: Rule;
  readonly middle: Rule;
  readonly bottom: Rule;
}
type Rule = readonly [left: string, joint: string, right: string];

const ascii: Style = { horizontal: '-', vertical: '|', goesOn: '+', top: ['+', '+', '+'], middle: ['+', '+', '+'], bottom: ['+', '+', '+'] };
const unicode: Style = { horizontal: '─', vertical: '│', goesOn: '↵', top: ['┌', '┬', '┐'], middle: ['├', '┼', '┤'], bottom: ['└', '┴', '┘'] };
const box: Style = { ...unicode, goesOn: '+' };

const styleOf = (options: FormatOptions): Style => (options.format === 'box' ? box : options.lineStyle === 'unicode' ? unicode : ascii);
/** 0, 1 or 2. */
const borderOf = (options: FormatOptions): number => (options.format === 'box' ? 2 : Math.min(options.border, 2));

/** psql's default table, byte for byte: names centred, numbers to the right, lines of a cell that goes on marked with `+`. */
export function formatTable(result: PrintableResult, options: FormatOptions): string {
  const style = styleOf(options);
  const border = borderOf(options);
  const margin = border === 0 ? '' : ' ';
  const vertical = border === 0 ? '' : style.vertical;
  const cells = result.rows.map((row) => row.map((value) => cellLines(value, options)));
  const headers = result.columns.map((column) => column.name.split('\n'));
  const widths = result.columns.map((_, i) => maxOf(headers[i]!.map(widthOf), cells.map((row) => maxOf(row[i]!.map(widthOf)))));
  const lines: string[] = [];
  const rule = ([left, joint, right]: Rule): string => {
    const inner = widths.map((width) => style.horizontal.repeat(width + (border === 0 ? 0 : 2))).join(border === 0 ? ' ' : joint);
    return border === 2 ? left + inner + right : result.columns.length === 0 ? '--' : inner;
  };
  const printLine = (parts: readonly string[]): void => {
    const text = parts.join(vertical);
    lines.push(border === 2 ? vertical + text + vertical : text);
  };
  const printHeader = (): void => {
    const height = maxOf([1], headers.map((header) => header.length));
    for (let line = 0; line < height; line++) printLine(headers.map((header, i) => `${margin}${centre(header[line] ?? '', widths[i]!)}${line < header.length - 1 ? style.goesOn : ' '}`));
  };
  // The last cell of a line without a frame ends where its text does, unless it goes on below.
  const printRow = (row: readonly (readonly string[])[]): void => {
    const height = maxOf([1], row.map((cell) => cell.length));
    for (let line = 0; line < height; line++) {
      printLine(row.map((cell, i) => {
        const text = cell[line] ?? '';
        const isLast = i === row.length - 1 && border !== 2;
        const goesOn = line < cell.length - 1;
        if (isLast && line >= cell.length) return margin;
        const aligned = result.columns[i]!.isNumeric ? padStart(text, widths[i]!) : isLast && !goesOn ? text : padEnd(text, widths[i]!);
        return margin + aligned + (goesOn ? style.goesOn : isLast ? '' : ' ');
      }));
    }
  };
  const width = widths.reduce((sum, each) => sum + each, 0) + [widths.length, Math.max(0, widths.length * 3 - 1), widths.length * 3 + 1][border]!;
  if (result.title !== undefined && !options.tuplesOnly) lines.push(centre(result.title, width).trimEnd());
  if (border === 2) lines.push(rule(style.top));
  if (!options.tuplesOnly) {
    if (result.columns.length > 0) printHeader();
    lines.push(rule(style.middle));
  }
  if (result.columns.length > 0) for (const row of cells) printRow(row);
  if (border === 2) lines.push(rule(style.bottom));
  if (options.footer && !options.tuplesOnly) lines.push(rowCountText(result.rows.length));
  return `${lines.join('\n')}\n`;
}

/** One line per column, records separated by a heading: psql's `\x`. */
export function formatExpanded(result: PrintableResult, options: FormatOptions): string {
  if (result.rows.length === 0) return options.tuplesOnly ? '' : `${rowCountText(0)}\n`;
  const style = styleOf(options);
  const border = borderOf(options);
  const nameWidth = maxOf(result.columns.map((column) => maxOf(column.name.split('\n').map(widthOf))));
  const valueWidth = maxOf(result.rows.flatMap((row) => row.flatMap((value) => cellLines(value, options).map(widthOf))));
  const lines: string[] = [];
  if (result.title !== undefined && !options.tuplesOnly) lines.push(result.title);
  result.rows.forEach((row, r) => {
    const edges = r === 0 ? style.top : style.middle;
    if (!options.tuplesOnly) lines.push(recordRule(style, border, edges, r + 1, nameWidth, valueWidth));
    else if (r > 0 || border === 2) lines.push(recordRule(style, border, edges, undefined, nameWidth, valueWidth));
    row.forEach((value, i) => {
      const names = result.columns[i]!.name.split('\n');
      const texts = cellLines(value, options);
      for (let line = 0; line < Math.max(names.length, texts.length); line++) {
        const goesOn = line < texts.length - 1;
        const text = texts[line] ?? '';
        const name = `${padEnd(names[line] ?? '', nameWidth)}${line < names.length - 1 ? style.goesOn : ' '}`;
        const cell = goesOn || border === 2 ? padEnd(text, valueWidth) + (goesOn ? style.goesOn : ' ') : text;
        lines.push(border === 0 ? name + cell : `${border === 2 ? `${style.vertical} ` : ''}${name}${style.vertical} ${cell}${border === 2 ? style.vertical : ''}`);
      }
    });
  });
  if (border === 2) lines.push(recordRule(style, border, style.bottom, undefined, nameWidth, valueWidth));
  return `${lines.join('\n')}\n`;
}

/** The line above a record, with its number where it has one. Source. print_aligned_vertical_line of psql's print.c. */
function recordRule({ horizontal }: Style, border: number, [left, joint, right]: Rule, record: number | undefined, nameWidth: number, valueWidth: number): string {
  if (border === 0) return padEnd(record === undefined ? '' : `* Record ${record}`, nameWidth + valueWidth);
  const heading = record === undefined ? '' : `[ RECORD ${record} ]`;
  // How much of what follows it the heading covers.
  let covered = heading.length + (border === 2 ? 0 : 1);
  let text = (border === 2 ? left : '') + horizontal + heading;
  text += horizontal.repeat(Math.max(0, nameWidth - covered));
  covered -= nameWidth;
  for (const piece of [horizontal, joint, horizontal]) if (covered-- <= 0) text += piece;
  return text + horizontal.repeat(Math.max(0, valueWidth - Math.max(0, covered))) + (border === 2 ? horizontal + right : '');
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
