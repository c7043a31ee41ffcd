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
  readonly border: 0 | 1 | 2;
  readonly tuplesOnly: boolean;
  readonly footer: boolean;
  readonly fieldSeparator: string;
  readonly columnsMax: number;
  readonly tableName: string;
}

export const defaultFormat: FormatOptions = {
  format: 'aligned', expanded: 'off', nullText: '', border: 1, tuplesOnly: false, footer: true, fieldSeparator: '|', columnsMax: 0, tableName: 'table',
};
