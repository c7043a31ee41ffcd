/**
 * The trees of tables: made empty, filled by building an index over existing rows, or replaced by a rewrite of all rows. What is built here is
 * private to the transaction until it commits.
 *
 * Building sorts entries as strings of key bytes and hands them to storage's bottom-up build. Rows are read in their newest state, own changes
 * included: the caller's table lock keeps everyone else from changing them.
 */
import { ByteBuffer } from '../../base/byte-buffer.js';
import { assert } from '../../base/assert.js';
import { keyString, putKeyString } from '../../base/bytes.js';
import { sortSliced } from '../../base/sliced-sort.js';
import type { Datum } from '../../base/datum.js';
import { oid as toOid, treeId } from '../../base/ids.js';
import { KeyLayout, encodeKey, putInt8Key } from '../../base/keycode.js';
import { decodeRow, encodeRow } from '../../base/rowcode.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import { IndexAccess, RowIdBytes, tableAccess, type TableAccess } from '../../executor/table-access.js';
import { indexKeyText } from '../../executor/row-errors.js';
import { DbError } from '../../base/errors.js';
import { wholeRange, type DroppedRows, type TreeOptions } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import type { TableDef } from '../../planner/catalog.js';
import type { BulkSource } from '../../storage/tree/btree.js';
import type { IndexRecord, TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { ddlRuntime } from './expressions.js';

/** Rows between two looks at the deadline. */
const RowsPerCheck = 1024;

/** An id for a tree that does not exist yet. */
export function newTree(ddl: Ddl): number {
  return ddl.backend.instance.store.newTreeId();
}

function treeOptions(table: TableRecord, index: IndexRecord | undefined): TreeOptions {
  const names = { tableOid: toOid(table.oid), tableName: table.name };
  return index === undefined ? { unique: true, unclaimed: true, ...names } : { unique: index.isUnique, unclaimed: index.oid !== table.clusteredBy, ...names, indexName: index.name };
}

/** Makes the empty trees of a new (or emptied) table. Trees of clustered primary keys are the table's own. */
export function createTrees(ddl: Ddl, table: TableRecord, indexes: readonly IndexRecord[]): void {
  ddl.tx.createTree(treeId(table.tree), treeOptions(table, indexes.find((index) => index.oid === table.clusteredBy)));
  for (const index of indexes) if (index.oid !== table.clusteredBy) ddl.tx.createTree(treeId(index.tree), treeOptions(table, index));
}

/** A table's rows with their versions. */
export function versionedTree(ddl: Ddl, table: TableRecord): VersionedTree {
  const clustered = ddl.draft.indexesOf(table.oid).find((index) => index.oid === table.clusteredBy);
  return ddl.backend.instance.manager.tree(treeId(table.tree), treeOptions(table, clustered));
}

/** Drops all trees of a table. */
function dropTrees(ddl: Ddl, table: TableRecord, indexes: readonly IndexRecord[], rows: DroppedRows): void {
  for (const index of indexes) if (index.oid !== table.clusteredBy) ddl.tx.dropTree(treeId(index.tree), rows);
  ddl.tx.dropTree(treeId(table.tree), rows);
  ddl.backend.instance.executorEnv.rowIds.forget(treeId(table.tree));
}

export function tableDef(ddl: Ddl, oid: number): TableDef {
  return ddl.backend.definitions().tableDef(oid)!;
}

/** Calls `f` for every row in its newest state. */
export function forEachRow(ddl: Ddl, table: TableDef, f: (row: Datum[], rowKey: string) => void): Promise<void> {
  return forEachBatch(ddl, table, (scan, decode) => {
    for (let i = 0; i < scan.count; i++) f(decode(i), scan.keyAt(i));
  });
}

/** Calls `f` for every batch of rows in their newest state, in the order of their keys; `decode` gives the row at a place of the batch. */
export async function forEachBatch(ddl: Ddl, table: TableDef, f: (batch: { readonly count: number; keyAt(place: number): string }, decode: (place: number) => Datum[]) => void): Promise<void> {
  // Without its indexes: one may be in the making.
  const access = accessOf(ddl, { ...table, indexes: [] }).useLayout();
  const scan = ddl.tx.openLatest(access.tree, wholeRange, 'values');
  const decode = (place: number): Datum[] => decodeRow(table.layout, scan.u8, scan.dv, scan.offsets[place]!);
  const pause = pauses(ddl);
  let untilCheck = RowsPerCheck;
  try {
    while (scan.next()) {
      f(scan, decode);
      untilCheck -= scan.count;
      if (untilCheck > 0) continue;
      untilCheck = RowsPerCheck;
      await pause();
    }
  } finally {
    scan.close();
  }
}

function accessOf(ddl: Ddl, table: TableDef): TableAccess {
  return tableAccess(table, ddl.backend.instance.manager, ddl.backend.definitions().types);
}

/** What gives others their turn when a time slice is over: one turn of the event loop, or the rest that the session's pace asks for. */
export function pauses({ backend, call }: Ddl): () => Promise<void> | undefined {
  const { instance } = backend;
  const { clock, executorEnv } = instance;
  const ctx = backend.context(call.deadlineMs);
  const sliceMs = backend.pace?.sliceMs ?? executorEnv.timeSliceMs;
  const rest = async (): Promise<void> => {
    await (backend.pace?.rest() ?? instance.scheduler.yield());
    await instance.untilCalm();
  };
  let sliceEnd = clock.monotonic() + sliceMs;
  return () => {
    if (clock.monotonic() < sliceEnd) return undefined;
    ctx.checkDeadline();
    return rest().then(() => {
      sliceEnd = clock.monotonic() + sliceMs;
    });
  };
}

/** Entries on their way into a tree: sorted by key, given out in order. */
class EntryList implements BulkSource {
  readonly #keys: string[] = [];
  readonly #values: Uint8Array[] = [];
  /** With how much of a key no other may begin. */
  readonly #ownLengths: number[] = [];
  #order: Uint32Array | undefined;
  #at = -1;
  key: Uint8Array = new Uint8Array(256);
  keyOffset = 0;
  keyLength = 0;
  value: Uint8Array = new Uint8Array(0);
  valueOffset = 0;
  valueLength = 0;

  add(key: string, value: Uint8Array, ownLength = key.length): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#ownLengths.push(ownLength);
  }
  get count(): number {
    return this.#keys.length;
  }
  /** Sorts, pausing for others. @returns the position of the first key that its neighbour is too like, -1 when there is none */
  async sort(pause: () => Promise<void> | undefined): Promise<number> {
    const keys = this.#keys;
    const order = new Uint32Array(keys.length);
    for (let i = 0; i < order.length; i++) order[i] = i;
    await sortSliced(order, (a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0), pause);
    this.#order = order;
    for (let i = 1; i < order.length; i++) if (this.#isTooLike(order[i - 1]!, order[i]!)) return order[i]!;
    return -1;
  }
  #isTooLike(before: number, at: number): boolean {
    const length = this.#ownLengths[at]!;
    return length === this.#ownLengths[before]! && this.#keys[before]!.startsWith(this.#keys[at]!.slice(0, length));
  }
  next(): boolean {
    const order = this.#order!;
    if (++this.#at >= order.length) return false;
    const i = order[this.#at]!;
    const key = this.#keys[i]!;
    if (key.length > this.key.length) this.key = new Uint8Array(key.length * 2);
    putKeyString(this.key, 0, key);
    this.keyLength = key.length;
    this.value = this.#values[i]!;
    this.valueLength = this.value.length;
    return true;
  }
}

async function buildTree(ddl: Ddl, id: number, entries: EntryList, options: TreeOptions): Promise<void> {
  const { store, manager } = ddl.backend.instance;
  if (entries.count === 0) {
    ddl.tx.createTree(treeId(id), options);
    return;
  }
  const built = await store.buildTreeSliced(treeId(id), entries, manager.lastPublished, pauses(ddl));
  await store.prepareAttach(built);
  ddl.tx.attachTree(built, options);
}

/** Fills the tree of a new index from the table's rows. The index is in the draft already. @throws DbError 23505 */
export async function buildIndex(ddl: Ddl, tableOid: number, indexOid: number): Promise<void> {
  const table = tableDef(ddl, tableOid);
  const record = ddl.draft.get(tableOid) as TableRecord;
  const index = ddl.draft.get(indexOid) as IndexRecord;
  const access = keysOf(ddl, table, indexOid);
  const values = indexValues(ddl, table, access);
  const entries = new EntryList();
  const out = new ByteBuffer(256);
  const keyed: (readonly Datum[])[] = [];
  await forEachRow(ddl, table, (row, rowKey) => {
    const key = values(row);
    if (key === undefined) return;
    out.length = 0;
    access.putEntryValue(rowKey, row, out);
    const entryKey = access.entryKey(key, rowKey);
    entries.add(entryKey, out.bytes.slice(0, out.length), entryKey.length - access.sharedEndLength(key, rowKey));
    if (index.isUnique) keyed.push(key);
  });
  const duplicate = await entries.sort(pauses(ddl));
  if (duplicate >= 0) {
    const definition = access.definition;
    throw new DbError('23505', `could not create unique index "${index.name}"`, {
      detail: `Key ${indexKeyText(table, definition, keyed[duplicate]!, ddl.backend.context(Infinity))} is duplicated.`, schema: table.schema, table: table.name, constraint: index.name,
    });
  }
  await buildTree(ddl, index.tree, entries, treeOptions(record, index));
}

/** How keys of an index are made; the tree it will have does not exist yet, and making keys needs none. */
function keysOf(ddl: Ddl, table: TableDef, indexOid: number): IndexAccess {
  const definition = table.indexes.find((candidate) => candidate.oid === indexOid);
  assert(definition !== undefined, 'index missing from its table', indexOid);
  return new IndexAccess(definition, ddl.backend.instance.catalog.recordTree, ddl.backend.definitions().types);
}

/** How row keys are made: encoded cluster columns, or the next row id. */
function rowKeyMaker(table: TableDef): (row: readonly Datum[]) => string {
  const out = new ByteBuffer(64);
  if (table.clusterKey === undefined) {
    let id = 0;
    const bytes = new Uint8Array(RowIdBytes);
    return () => {
      putInt8Key(bytes, 0, ++id);
      return keyString(bytes, 0, RowIdBytes);
    };
  }
  const layout = new KeyLayout(table.clusterKey, table.layout.types);
  const columns = table.clusterKey.map((column) => column.column!);
  return (row) => {
    out.length = 0;
    encodeKey(layout, columns.map((column) => row[column]!), out);
    return keyString(out.bytes, 0, out.length);
  };
}

/** The key values of an index for a row, undefined when its predicate leaves the row out. */
function indexValues(ddl: Ddl, table: TableDef, access: IndexAccess): (row: readonly Datum[]) => readonly Datum[] | undefined {
  const info = ddl.backend.schema.writeInfo(table.oid);
  const expressions = info.indexExpressions.get(access.definition.oid);
  const runtime = ddlRuntime(ddl.backend, info.columnCount);
  return (row) => {
    if (expressions !== undefined) for (const { id, column } of info.newRow) runtime.registers[id] = row[column]!;
    if (expressions?.predicate !== undefined && evaluate(expressions.predicate, runtime) !== true) return undefined;
    if (access.plainColumns !== undefined) return access.plainColumns.map((column) => row[column]!);
    return expressions!.keys.map((key) => evaluate(key, runtime));
  };
}

/**
 * Writes all rows of a table anew into new trees: `change` turns an old row into a new one. The records in the draft are the new ones, already with the ids of new trees;
 * `old` is what they were, whose trees are dropped. `changesValues`: of what was there. @throws DbError 23505
 */
export async function rewriteTable(ddl: Ddl, old: { readonly table: TableRecord; readonly indexes: readonly IndexRecord[]; readonly definition: TableDef }, change: (row: Datum[]) => Datum[], changesValues = false): Promise<void> {
  const oid = old.table.oid;
  const record = ddl.draft.get(oid) as TableRecord;
  const table = tableDef(ddl, oid);
  const indexes = ddl.draft.indexesOf(oid);
  const clustered = indexes.find((index) => index.oid === record.clusteredBy);
  const makeKey = rowKeyMaker(table);
  const rows = new EntryList();
  const out = new ByteBuffer(1024);
  const keyed: Datum[][] = [];
  const keepsKeys = old.definition.clusterKey === undefined && table.clusterKey === undefined;
  const nextRows: { readonly row: Datum[]; readonly rowKey: string }[] = [];
  await forEachRow(ddl, old.definition, (row, rowKey) => {
    const next = change(row);
    const key = keepsKeys ? rowKey : makeKey(next);
    out.length = 0;
    encodeRow(table.layout, next, out);
    rows.add(key, out.bytes.slice(0, out.length));
    nextRows.push({ row: next, rowKey: key });
    if (clustered !== undefined) keyed.push(next);
  });
  const duplicate = await rows.sort(pauses(ddl));
  if (duplicate >= 0) {
    const definition = table.indexes.find((index) => index.isClustered)!;
    const values = definition.columns.map((column) => keyed[duplicate]![column.column!]!);
    throw new DbError('23505', `could not create unique index "${clustered?.name ?? table.name}"`, {
      detail: `Key ${indexKeyText(table, definition, values, ddl.backend.context(Infinity))} is duplicated.`, schema: table.schema, table: table.name, constraint: clustered?.name,
    });
  }
  await buildTree(ddl, record.tree, rows, treeOptions(record, clustered));
  dropTrees(ddl, old.table, old.indexes, changesValues ? 'removed' : versionedTree(ddl, record));
  for (const index of indexes) {
    if (index.oid === record.clusteredBy) continue;
    const indexAccess = keysOf(ddl, table, index.oid);
    const values = indexValues(ddl, table, indexAccess);
    const entries = new EntryList();
    const entryKeys: (readonly Datum[])[] = [];
    for (const { row, rowKey } of nextRows) {
      const key = values(row);
      if (key === undefined) continue;
      out.length = 0;
      indexAccess.putEntryValue(rowKey, row, out);
      const entryKey = indexAccess.entryKey(key, rowKey);
      entries.add(entryKey, out.bytes.slice(0, out.length), entryKey.length - indexAccess.sharedEndLength(key, rowKey));
      entryKeys.push(key);
    }
    const clash = await entries.sort(pauses(ddl));
    if (clash >= 0) {
      throw new DbError('23505', `could not create unique index "${index.name}"`, {
        detail: `Key ${indexKeyText(table, indexAccess.definition, entryKeys[clash]!, ddl.backend.context(Infinity))} is duplicated.`, schema: table.schema, table: table.name, constraint: index.name,
      });
    }
    await buildTree(ddl, index.tree, entries, treeOptions(record, index));
  }
}
