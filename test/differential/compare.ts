/** Whether two answers agree: codes, names, types, counts, and rows as a bag or in the order the query defines. */
import type { Answer } from './engines.js';
import type { RowOrder } from './queries.js';

/** How closely two answers are compared. */
export type Depth = 'all' | 'code';

/** A timeout of the oracle says nothing, and no more does the end of its room for temporary files, which stands for one where it does not look at its clock. */
export const isNoAnswer = (theirs: Answer): boolean => theirs.code === '57014' || theirs.code === '53400';

/** What differs first, in a line; undefined when nothing does. */
export function difference(ours: Answer, theirs: Answer, order: RowOrder, depth: Depth): string | undefined {
  if (ours.code !== theirs.code) return `code ${ours.code ?? 'none'} instead of ${theirs.code ?? 'none'}`;
  if (ours.code !== undefined) return undefined;
  const names = firstDifference(ours.names, theirs.names);
  if (names !== undefined) return `column name ${names}`;
  const types = firstDifference(ours.types, theirs.types);
  if (types !== undefined) return `column type ${types}`;
  if (depth === 'code') return undefined;
  if (ours.rows.length !== theirs.rows.length) return `${ours.rows.length} rows instead of ${theirs.rows.length}`;
  if (ours.rowCount !== theirs.rowCount) return `row count ${ours.rowCount} instead of ${theirs.rowCount}`;
  const bag = firstDifference(ours.rows.map(rowText).sort(), theirs.rows.map(rowText).sort());
  if (bag !== undefined) return `row ${bag}`;
  if (order.kind === 'keys') {
    const keys = (answer: Answer): string[] => answer.rows.map((row) => rowText(order.columns.map((column) => row[column] ?? null)));
    const place = firstDifference(keys(ours), keys(theirs));
    if (place !== undefined) return `order ${place}`;
  }
  return undefined;
}

function rowText(row: readonly (string | null)[]): string {
  return row.map((value) => (value === null ? '∅' : value)).join(' | ');
}

function firstDifference(ours: readonly string[], theirs: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) if (ours[i] !== theirs[i]) return `${i}: ${ours[i] ?? 'none'} instead of ${theirs[i] ?? 'none'}`;
  return undefined;
}
