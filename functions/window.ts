/** Window functions proper; aggregates over frames are the window operator's business. */
import { DbError } from '../base/errors.js';
import type { Datum } from '../base/datum.js';
import { windowFunction } from './define.js';
import type { FunctionDef, WindowPartition } from './registry.js';

/** lag and lead: the first argument of the row so many before or after as the second says; the third when there is none. */
function shifted(partition: WindowPartition, row: number, direction: 1 | -1): Datum {
  const args = partition.args(row);
  const offset = args.length > 1 ? (args[1] as number | null) : 1;
  if (offset === null) return null;
  const at = row + direction * offset;
  if (at < 0 || at >= partition.rowCount) return args[2] ?? null;
  return partition.args(at)[0]!;
}

const ranks = (partition: WindowPartition): ((row: number) => number) => (row) => partition.peerStart(row) + 1;

function denseRanks(partition: WindowPartition): (row: number) => number {
  const rank = new Int32Array(partition.rowCount);
  for (let row = 0, current = 0; row < partition.rowCount; row++) {
    if (partition.peerStart(row) === row) current++;
    rank[row] = current;
  }
  return (row) => rank[row]!;
}

/** The first buckets are one row larger when the rows do not divide evenly. */
function ntile(partition: WindowPartition): (row: number) => Datum {
  const first = partition.rowCount === 0 ? null : (partition.args(0)[0] as number | null);
  if (first === null) return () => null;
  if (first <= 0) throw new DbError('22014', 'argument of ntile must be greater than zero');
  const size = Math.floor(partition.rowCount / first);
  const larger = partition.rowCount % first;
  return (row) => (row < larger * (size + 1) ? Math.floor(row / (size + 1)) + 1 : larger + Math.floor((row - larger * (size + 1)) / size) + 1);
}

const valueAt = (partition: WindowPartition, row: number, nth: number): Datum => {
  const at = nth < 0 ? undefined : partition.frameRow(row, nth);
  return at === undefined ? null : partition.args(at)[0]!;
};

export const windowFunctions = (): readonly FunctionDef[] => [
  windowFunction('row_number', '', 'int8', () => (row) => row + 1),
  windowFunction('rank', '', 'int8', ranks),
  windowFunction('dense_rank', '', 'int8', denseRanks),
  windowFunction('percent_rank', '', 'float8', (p) => (row) => (p.rowCount <= 1 ? 0 : p.peerStart(row) / (p.rowCount - 1))),
  windowFunction('cume_dist', '', 'float8', (p) => (row) => p.peerEnd(row) / p.rowCount),
  windowFunction('ntile', 'int4', 'int4', ntile),
  windowFunction('lag', 'anyelement', 'anyelement', (p) => (row) => shifted(p, row, -1)),
  windowFunction('lag', 'anyelement int4', 'anyelement', (p) => (row) => shifted(p, row, -1)),
  windowFunction('lag', 'anycompatible int4 anycompatible', 'anycompatible', (p) => (row) => shifted(p, row, -1)),
  windowFunction('lead', 'anyelement', 'anyelement', (p) => (row) => shifted(p, row, 1)),
  windowFunction('lead', 'anyelement int4', 'anyelement', (p) => (row) => shifted(p, row, 1)),
  windowFunction('lead', 'anycompatible int4 anycompatible', 'anycompatible', (p) => (row) => shifted(p, row, 1)),
  windowFunction('first_value', 'anyelement', 'anyelement', (p) => (row) => valueAt(p, row, 0)),
  windowFunction('last_value', 'anyelement', 'anyelement', (p) => (row) => valueAt(p, row, p.frameLength(row) - 1)),
  windowFunction('nth_value', 'anyelement int4', 'anyelement', (p) => (row) => {
    const nth = p.args(row)[1] as number | null;
    if (nth === null) return null;
    if (nth <= 0) throw new DbError('22016', 'argument of nth_value must be greater than zero');
    return valueAt(p, row, nth - 1);
  }),
];
