/** Tables made by meta-commands, written where results go. */
import type { ShellColumn, ShellResult } from './connection.js';
import { formatResult } from './format/format.js';
import type { Shell } from './shell.js';

/** Used by describe.ts and others: a table, of text where a column is given by its name, and under it `below` instead of the number of rows. */
export function printRows(shell: Shell, title: string | undefined, columns: readonly (string | ShellColumn)[], rows: readonly (readonly (string | null)[])[], below?: string): Promise<void> {
  const result: ShellResult = { command: 'SELECT', rowCount: rows.length, tag: '', title, columns: columns.map((column) => (typeof column === 'string' ? { name: column, isNumeric: false } : column)), rows };
  const { format } = shell.settings;
  return shell.show(formatResult(result, below === undefined ? format : { ...format, footer: false }, shell.output.isTerminal ? shell.output.columns : 0) + (below ?? '\n'));
}
