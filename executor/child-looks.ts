/**
 * Keys of a parent that are removed or changed and to which no child refers: nothing is left to be checked at the end of the statement then. Only where an index says so of the children's columns
 * with the values as they are; everywhere else, and where there is a child, a check is queued, and its twin `ConstraintChecks` makes it. The counterpart of parent-holds.ts.
 *
 * L1  Where a look says yes, the newest state, own changes included, has no child of the key. Whoever has one in flight holds the parent's row KEY SHARE, and its lock UPDATE, taken before or
 *     in the same slice, keeps others from it to the end of the transaction; what the transaction itself adds later is asked for its own parent. So there will be none.
 * L2  At SERIALIZABLE that is recorded by `note`, as the check would record it, once the row has been found and changed.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import type { Datum } from '../base/datum.js';
import { encodeKeyColumn, type KeyLayout } from '../base/keycode.js';
import { mutants } from '../base/mutants.js';
import { rangeOfPrefix } from '../mvcc/reads/entry-run.js';
import type { VersionedTree } from '../mvcc/versions/versioned-tree.js';
import type { ForeignKeyDef, TableDef } from '../planner/catalog.js';
import type { Runtime } from './runtime.js';
import type { IndexAccess, TableAccess } from './table-access.js';

interface Look {
  readonly tree: VersionedTree;
  readonly layout: KeyLayout;
  /** Of the parent, by leading column of the index. */
  readonly columns: readonly number[];
}
const prefixOut = new ByteBuffer(64);

export class ChildLooks {
  readonly #runtime: Runtime;
  /** By foreign key that refers to the table; undefined where one is not for this. */
  readonly #looks: readonly (Look | undefined)[];

  constructor(table: TableDef, runtime: Runtime) {
    this.#runtime = runtime;
    this.#looks = table.referencedBy.map((key) => lookOf(key, table, runtime));
  }

  /** Whether all of them are for this, by these columns of the parent alone. */
  isByColumns(columns: readonly number[]): boolean {
    return this.#looks.every((look) => look?.columns.every((column) => columns.includes(column)) === true);
  }
  /** Of a row, by all foreign keys. Nothing is recorded. */
  areNone(row: readonly Datum[]): boolean {
    for (let i = 0; i < this.#looks.length; i++) if (!this.isNone(i, row)) return false;
    return true;
  }
  noteAll(row: readonly Datum[]): void {
    for (let i = 0; i < this.#looks.length; i++) this.note(i, row);
  }

  /** By the foreign key of that number, to a key of which nothing is NULL. Nothing is recorded. */
  isNone(number: number, row: readonly Datum[]): boolean {
    const look = this.#looks[number];
    if (look === undefined) return false;
    putPrefix(look, row);
    return this.#runtime.tx.isEmptyLatest(look.tree, prefixOut.bytes, prefixOut.length) || (mutants.on && mutants.has('executor.children-unseen'));
  }
  /** L2. @throws DbError 40001 */
  note(number: number, row: readonly Datum[]): void {
    const { tx } = this.#runtime;
    if (tx.node === undefined || (mutants.on && mutants.has('executor.no-children-unread'))) return;
    const look = this.#looks[number]!;
    putPrefix(look, row);
    tx.probeLatest(look.tree, rangeOfPrefix(prefixOut.bytes, prefixOut.length));
  }
}

function putPrefix({ layout, columns }: Look, row: readonly Datum[]): void {
  prefixOut.length = 0;
  for (let i = 0; i < columns.length; i++) encodeKeyColumn(layout, i, row[columns[i]!]!, prefixOut);
}

function lookOf(key: ForeignKeyDef, parent: TableDef, runtime: Runtime): Look | undefined {
  const child = key.child === parent.oid ? parent : runtime.request.schema.writeInfo(key.child).table;
  if (key.childColumns.some((column, i) => child.columns[column]!.type.oid !== parent.columns[key.parentColumns[i]!]!.type.oid)) return undefined;
  const index = childIndex(runtime.access(child), key);
  return index === undefined ? undefined : { tree: index.tree, layout: index.layout, columns: byIndexColumn(index, key, key.parentColumns) };
}

/** An index of the child table that begins with the columns of the foreign key, in any order, and has all rows. */
export function childIndex(access: TableAccess, key: ForeignKeyDef): IndexAccess | undefined {
  return access.indexes.find(({ definition }) => {
    if (definition.predicate !== undefined || definition.columns.length < key.childColumns.length) return false;
    const leading = definition.columns.slice(0, key.childColumns.length).map((column) => column.column);
    return key.childColumns.every((column) => leading.includes(column));
  });
}
/** What there is of each column of the foreign key, in the order of such an index. */
export function byIndexColumn<T>({ definition }: IndexAccess, key: ForeignKeyDef, ofColumns: readonly T[]): T[] {
  return definition.columns.slice(0, key.childColumns.length).map(({ column }) => ofColumns[key.childColumns.indexOf(column!)]!);
}
