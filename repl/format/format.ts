/** Chooses the form of a result. */
import { formatCsv, formatHtml, formatInsert, formatJson, formatUnaligned } from './data.js';
import type { FormatOptions, PrintableResult } from './result.js';
import { formatExpanded, formatMarkdown, formatTable, tableWidth } from './table.js';

/** `terminalColumns` is 0 when output is not a terminal. */
export function formatResult(result: PrintableResult, options: FormatOptions, terminalColumns: number): string {
  switch (options.format) {
    case 'csv':
      return formatCsv(result, options);
    case 'tsv':
      return formatCsv(result, options, '\t');
    case 'json':
      return formatJson(result, false);
    case 'jsonl':
      return formatJson(result, true);
    case 'html':
      return formatHtml(result, options);
    case 'insert':
      return formatInsert(result, options);
    case 'markdown':
      return formatMarkdown(result, options);
    case 'unaligned':
      return formatUnaligned(result, options);
    case 'aligned':
    case 'wrapped':
    case 'box': {
      const width = options.columnsMax > 0 ? options.columnsMax : terminalColumns;
      const isExpanded = options.expanded === 'on' || (options.expanded === 'auto' && width > 0 && tableWidth(result, options) > width);
      return isExpanded ? formatExpanded(result, options) : formatTable(result, options);
    }
  }
}
