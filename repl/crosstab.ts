/** `\crosstabview`: one column gives the rows of a grid, one its columns, one the values. */
import { DatabaseError } from '../engine/index.js';
import type { ShellResult } from './connection.js';

/** `args`: row, column and value by name or 1-based number; by default the first, the second and, of three, the one left. */
export function crosstab(result: ShellResult, args: readonly string[]): ShellResult {
  if (result.columns.length < 3) throw new DatabaseError('42601', '\\crosstabview: query must return at least three columns');
  const columnAt = (arg: string | undefined, fallback: number): number => {
    if (arg === undefined) return fallback;
    const isNumber = /^\d+$/.test(arg);
    const index = isNumber ? Number(arg) - 1 : result.columns.findIndex((column) => column.name === arg);
    if (isNumber && (index < 0 || index >= result.columns.length)) throw new DatabaseError('42703', `\\crosstabview: column number ${arg} is out of range 1..${result.columns.length}`);
    if (index < 0) throw new DatabaseError('42703', `\\crosstabview: column name not found: "${arg}"`);
    return index;
  };
  const row = columnAt(args[0], 0);
  const column = columnAt(args[1], 1);
  if (row === column) throw new DatabaseError('42601', '\\crosstabview: vertical and horizontal headers must be different columns');
  if (args[2] === undefined && result.columns.length > 3) throw new DatabaseError('42601', '\\crosstabview: data column must be specified when query returns more than three columns');
  const value = columnAt(args[2], [0, 1, 2].find((i) => i !== row && i !== column) ?? 2);
  const heads = [...new Set(result.rows.map((r) => r[column] ?? ''))];
  const grid = new Map<string, Map<string, string | null>>();
  for (const r of result.rows) {
    const key = r[row] ?? '';
    let cells = grid.get(key);
    if (cells === undefined) grid.set(key, (cells = new Map()));
    const head = r[column] ?? '';
    if (cells.has(head)) throw new DatabaseError('21000', `\\crosstabview: query result contains multiple data values for row "${key}", column "${head}"`);
    cells.set(head, r[value]!);
  }
  return {
    ...result,
    columns: [result.columns[row]!, ...heads.map((name) => ({ name, isNumeric: result.columns[value]!.isNumeric }))],
    rows: [...grid].map(([key, cells]) => [key, ...heads.map((head) => cells.get(head) ?? '')]),
  };
}
