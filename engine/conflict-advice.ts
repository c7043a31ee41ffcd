/**
 * What would avoid a conflict: one or a few sentences for the developer, from what the cycle shows. Retrying is always right and is said first; the rest
 * names the lock, the index or the order that would have kept these transactions apart.
 */
import type { ConflictEdge } from './conflict-text.js';

const retry = 'Run the whole transaction again: the others have committed, so it cannot meet the same conflict (transaction(fn, { retry: 5 }) does so).';

export function serializationAdvice(victim: number, cycle: readonly ConflictEdge[]): string[] {
  const advice = [retry];
  const reads = cycle.filter((edge) => edge.kind === 'rw' && edge.place !== undefined);
  const wide = new Set(reads.filter((edge) => edge.place!.range === 'all of it' && /\bwhere\b/i.test(edge.fromStatement?.text ?? '')).map((edge) => edge.place!.table ?? ''));
  for (const table of wide) {
    if (table !== '') advice.push(`A statement walked all of "${table}", so every change of it counts as a change of what was read; an index on the columns of its condition narrows that to the rows it looks for.`);
  }
  const point = reads.find((edge) => edge.place!.key !== undefined && edge.place!.range === edge.place!.key && isSelect(edge));
  if (point !== undefined) {
    advice.push(`Transaction ${point.from} could lock the row it decides on, ${describe(point)}, with SELECT ... FOR UPDATE (or FOR SHARE): then the other one waits instead.`);
  } else if (reads.some((edge) => edge.place!.range !== undefined && edge.place!.range !== 'all of it')) {
    advice.push('Rows that are not there cannot be locked: let both transactions lock one row that stands for the range (the room, the shift, the customer), or state the rule as a UNIQUE or EXCLUDE constraint where it is one.');
  }
  const readers = new Set(cycle.flatMap((edge) => [edge.from, edge.to]));
  const writers = new Set(cycle.flatMap((edge) => (edge.kind === 'rw' ? [edge.to] : edge.kind === 'wr' ? [edge.from] : edge.kind === 'ww' ? [edge.from, edge.to] : [])));
  const onlyReads = [...readers].filter((id) => !writers.has(id));
  if (onlyReads.includes(victim)) advice.push('It only reads as far as this shows: begun as SERIALIZABLE READ ONLY DEFERRABLE it would wait for a snapshot that no failure can touch.');
  return advice;
}

export function writeAdvice(edge: ConflictEdge | undefined): string[] {
  const where = edge?.place?.table === undefined ? 'the row' : `the row of "${edge.place.table}"`;
  return [
    retry,
    `Lock ${where} with SELECT ... FOR UPDATE in the first statement of the transaction, so that its snapshot is taken when the row is its own; or let the change say what it depends on (SET n = n + 1) and run at READ COMMITTED, which waits and goes on from the newest row.`,
  ];
}

export function deadlockAdvice(cycle: readonly ConflictEdge[]): string[] {
  const locks = [...new Set(cycle.map((edge) => edge.lock).filter((lock) => lock !== undefined))];
  return [
    'Run the whole transaction again.',
    `Let all transactions take these locks in the same order${locks.length === 0 ? '' : ` (${locks.join(', then ')})`}: lock the rows first with SELECT ... ORDER BY key FOR UPDATE, or change them in the order of their keys. A lock that will be needed for writing is best taken at once, not after a weaker one.`,
  ];
}

const isSelect = (edge: ConflictEdge): boolean => /^\s*(select|with)\b/i.test(edge.fromStatement?.text ?? '');
const describe = (edge: ConflictEdge): string => `${edge.place!.key ?? ''}${edge.place!.table === undefined ? '' : ` of "${edge.place!.table}"`}`;
