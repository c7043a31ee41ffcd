/** Chooses the form of a result. */
import { formatCsv, formatCsvVertical, formatHtml, formatHtmlVertical, formatInsert, formatJson, formatUnaligned, formatUnalignedVertical } from './data.js';
import type { FormatOptions, PrintableResult } from './result.js';
import { formatExpanded, formatMarkdown, formatTable, tableWidth } from './table.js';

/** `terminalColumns` is 0 when output is not a terminal. */
export function formatResult(given: PrintableResult, options: FormatOptions, terminalColumns: number): string {
  const result = options.numericLocale ? withGroups(titled(given, options)) : titled(given, options);
  const isVertical = options.expanded === 'on';
  switch (options.format) {
    case 'csv':
      return isVertical ? formatCsvVertical(result, options) : formatCsv(result, options, options.csvSeparator);
    case 'tsv':
      return formatCsv(result, options, '\t');
    case 'json':
      return formatJson(result, false);
    case 'jsonl':
      return formatJson(result, true);
    case 'html':
      return isVertical ? formatHtmlVertical(result, options) : formatHtml(result, options);
    case 'insert':
      return formatInsert(result, options);
    case 'markdown':
      return formatMarkdown(result, options);
    case 'unaligned':
      return isVertical ? formatUnalignedVertical(result, options) : formatUnaligned(result, options);
    case 'aligned':
    case 'wrapped':
    case 'box': {
      const width = options.columnsMax > 0 ? options.columnsMax : terminalColumns;
      const isExpanded = isVertical || (options.expanded === 'auto' && width > 0 && tableWidth(result, options) > width);
      return isExpanded ? formatExpanded(result, options) : formatTable(result, options);
    }
  }
}

const titled = (result: PrintableResult, { title }: FormatOptions): PrintableResult => (result.title === undefined && title !== undefined ? { ...result, title } : result);

/** Numbers with a comma before every third digit, as psql writes them in a locale that has no sign of its own for that. */
function withGroups(result: PrintableResult): PrintableResult {
  const grouped = (value: string): string => value.replace(/^([+-]?)(\d+)(?=$|[.eE])/, (_, sign: string, digits: string) => sign + digits.replace(/\B(?=(?:\d{3})+$)/g, ','));
  return { ...result, rows: result.rows.map((row) => row.map((value, i) => (value !== null && result.columns[i]!.isNumeric ? grouped(value) : value))) };
}
