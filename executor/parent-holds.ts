/**
 * Foreign keys of new rows whose parents are held as the rows are written: nothing is left to be checked at the end of the statement then. Only where the parent is found by its clustered key
 * with the values as they are, and nobody else has to do with it; everywhere else a check is queued, and its twin `ConstraintChecks` makes it.
 *
 * H1  Where `hold` says yes, each parent is there for this transaction and stays to its end; at SERIALIZABLE that it is there has been read.
 * H2  Where it says no, nothing is known. Some parents may be held.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import type { Datum } from '../base/datum.js';
import { encodeKeyColumn } from '../base/keycode.js';
import { mutants } from '../base/mutants.js';
import type { ForeignKeyDef, TableDef } from '../planner/catalog.js';
import type { Runtime } from './runtime.js';
import type { TableAccess } from './table-access.js';

interface Parent {
  readonly access: TableAccess;
  /** Of the child, by column of the parent's key. */
  readonly columns: readonly number[];
  readonly isFull: boolean;
}
const keyOut = new ByteBuffer(64);

export class ParentHolds {
  readonly #runtime: Runtime;
  /** By foreign key of the table; undefined where one is not for this. */
  readonly #parents: readonly (Parent | undefined)[];

  constructor(table: TableDef, runtime: Runtime) {
    this.#runtime = runtime;
    this.#parents = table.foreignKeys.map((key) => parentOf(key, table, runtime));
  }

  /** Of a new row, all of them. @throws DbError 25006, 40001 */
  hold(row: readonly Datum[]): boolean {
    for (let i = 0; i < this.#parents.length; i++) if (!this.holdOne(i, row)) return false;
    return true;
  }
  /** By the foreign key of that number. @throws as `hold` */
  holdOne(number: number, row: readonly Datum[]): boolean {
    const parent = this.#parents[number];
    if (parent === undefined) return false;
    const { access, columns, isFull } = parent;
    const layout = access.keyLayout!;
    keyOut.length = 0;
    for (let i = 0; i < columns.length; i++) {
      const value = row[columns[i]!]!;
      if (value === null) return !isFull;
      encodeKeyColumn(layout, i, value, keyOut);
    }
    if (mutants.on && mutants.has('executor.parents-unheld')) return true;
    return this.#runtime.tx.holdKey(access.tree, keyOut.bytes, keyOut.length);
  }
}

function parentOf(key: ForeignKeyDef, table: TableDef, runtime: Runtime): Parent | undefined {
  // A row of the table itself may come, or go, later in the statement.
  if (key.deferrable !== 'not deferrable' || key.parent === table.oid) return undefined;
  const parent = runtime.request.schema.writeInfo(key.parent).table;
  const columns = columnsOf(key, table, parent);
  return columns === undefined ? undefined : { access: runtime.access(parent), columns, isFull: key.match !== 'simple' };
}
/** By column of the parent's clustered key the column of the child that refers to it; undefined where that is not what it refers to, or in another type. */
function columnsOf(key: ForeignKeyDef, child: TableDef, parent: TableDef): number[] | undefined {
  const index = parent.indexes.find(({ oid }) => oid === key.parentIndex);
  if (index?.isClustered !== true) return undefined;
  const columns: number[] = [];
  for (const { column } of index.columns) {
    const at = key.parentColumns.indexOf(column!);
    if (child.columns[key.childColumns[at]!]!.type.oid !== parent.columns[column!]!.type.oid) return undefined;
    columns.push(key.childColumns[at]!);
  }
  return columns;
}
