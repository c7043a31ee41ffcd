/**
 * Reads an index range by range. An entry leads to its row by the row key, unless the index alone has all that is wanted. SERIALIZABLE registers the
 * interval of the index that was walked and the point of each row fetched: a change of the row that leaves the entry alone is then noticed too.
 */
import { getVarint, keyBytes } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import { decodeKey } from '../../base/keycode.js';
import { decodeColumn } from '../../base/rowcode.js';
import { InternalError } from '../../base/errors.js';
import { RowRef, type KeyRange } from '../../mvcc/types.js';
import type { IndexDef } from '../../planner/catalog.js';
import { evaluate } from '../expression-interpreter.js';
import { keyRangesOf } from '../key-ranges.js';
import type { Operator, Runtime } from '../runtime.js';
import type { IndexAccess, TableAccess } from '../table-access.js';
import { entryIncludeStart, entryRowKey, entryRowKeyStart } from '../table-access.js';
import type { PlanOf } from './plan-of.js';
import { ScanPosition } from './seq-scan.js';

export class IndexScanOperator implements Operator {
  readonly #plan: PlanOf<'indexScan'>;
  readonly #runtime: Runtime;
  readonly #access: TableAccess;
  readonly #index: IndexAccess;
  readonly #row = new RowRef();
  #key = new Uint8Array(64);
  #ranges: KeyRange[] = [];
  #rangeAt = 0;
  #position: ScanPosition | undefined;

  constructor(plan: PlanOf<'indexScan'>, runtime: Runtime) {
    this.#plan = plan;
    this.#runtime = runtime;
    this.#access = runtime.access(plan.table);
    this.#index = this.#access.index(plan.index);
  }
  open(): void {
    this.close();
    this.#ranges = keyRangesOf(this.#index.layout, this.#plan.ranges, this.#plan.reverse, (e) => evaluate(e, this.#runtime));
    this.#rangeAt = 0;
  }
  next(): boolean {
    const { filter } = this.#plan;
    for (;;) {
      if (this.#position === undefined) {
        const range = this.#ranges[this.#rangeAt++];
        if (range === undefined) return false;
        this.#position = new ScanPosition(this.#runtime.tx.openScan(this.#index.tree, range, { reverse: this.#plan.reverse }), this.#runtime);
      }
      if (!this.#position.advance()) {
        this.#position = undefined;
        continue;
      }
      this.#publish(this.#position);
      if (filter === undefined || evaluate(filter, this.#runtime) === true) return true;
    }
  }
  #publish(position: ScanPosition): void {
    const { scan, at } = position;
    const { table, index, columns, indexOnly, rowKey } = this.#plan;
    const { registers } = this.#runtime;
    const offset = scan.offsets[at]!;
    if (index.isClustered) {
      for (const { id, column } of columns) registers[id] = decodeColumn(table.layout, column, scan.u8, scan.dv, offset);
      if (rowKey !== undefined) registers[rowKey] = scan.keyAt(at);
      return;
    }
    if (rowKey !== undefined) registers[rowKey] = entryRowKey(scan.u8, offset);
    if (indexOnly) {
      const values = decodeEntry(this.#index, scan.keyAt(at), scan.u8, scan.dv, offset);
      for (const { id, column } of columns) registers[id] = values(column);
      return;
    }
    const length = getVarint(scan.u8, offset);
    const start = entryRowKeyStart(scan.u8, offset);
    if (this.#key.length < length) this.#key = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) this.#key[i] = scan.u8[start + i]!;
    if (!this.#runtime.tx.get(this.#access.tree, this.#key, length, this.#row)) throw new InternalError('index entry without row');
    const row = this.#row;
    for (const { id, column } of columns) registers[id] = decodeColumn(table.layout, column, row.u8, row.dv, row.offset);
  }
  close(): void {
    this.#position?.close();
    this.#position = undefined;
    this.#rangeAt = this.#ranges.length;
  }
}

/** Columns of an index entry by their position in the table: from the key where it is lossless, else from INCLUDE. */
export function decodeEntry(index: IndexAccess, key: string, u8: Uint8Array, dv: DataView, offset: number): (column: number) => Datum {
  const { columns } = index.definition;
  const keyValues = decodeKey(index.layout, keyBytes(key), 0);
  return (column) => {
    const at = columns.findIndex((candidate, i) => candidate.column === column && keyValues[i] !== undefined);
    return at >= 0 ? keyValues[at]! : includedColumn(index.definition, column, u8, dv, offset);
  };
}

/** A column that the entry at `offset` has beside its key. */
export function includedColumn({ include }: IndexDef, column: number, u8: Uint8Array, dv: DataView, offset: number): Datum {
  const included = include?.columns.indexOf(column) ?? -1;
  if (include === undefined || included < 0) throw new InternalError('column not in index');
  return decodeColumn(include.layout, included, u8, dv, entryIncludeStart(u8, offset));
}
