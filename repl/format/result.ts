/** What the shell prints: one statement's result as text cells, independent of where it came from. */
export interface PrintableResult {
  readonly columns: readonly { readonly name: string; readonly isNumeric: boolean }[];
  /** NULL is null. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly title: string | undefined;
}

export type OutputFormat = 'aligned' | 'unaligned' | 'wrapped' | 'box' | 'markdown' | 'csv' | 'tsv' | 'json' | 'jsonl' | 'html' | 'insert';

export interface FormatOptions {
  readonly format: OutputFormat;
  /** Rows as "column | value" lines: `on`, `off`, or `auto` when a table is wider than the terminal. */
  readonly expanded: 'on' | 'off' | 'auto';
  readonly nullText: string;
  /** From 0, no lines, to 2, a frame; higher numbers are for HTML. */
  readonly border: number;
  readonly lineStyle: 'ascii' | 'unicode';
  readonly tuplesOnly: boolean;
  readonly footer: boolean;
  /** Above results that have no title of their own. */
  readonly title: string | undefined;
  readonly fieldSeparator: string;
  readonly recordSeparator: string;
  readonly csvSeparator: string;
  /** Digits of numbers in groups of three. */
  readonly numericLocale: boolean;
  /** Of `<table>` in HTML. */
  readonly tableAttributes: string | undefined;
  readonly columnsMax: number;
  readonly tableName: string;
}

export const defaultFormat: FormatOptions = {
  format: 'aligned', expanded: 'off', nullText: '', border: 1, lineStyle: 'ascii', tuplesOnly: false, footer: true, title: undefined, fieldSeparator: '|', recordSeparator: '\n', csvSeparator: ',',
  numericLocale: false, tableAttributes: undefined, columnsMax: 0, tableName: 'table',
};
