/**
 * A table as the executor reaches it: its trees, and how its keys are made. One object per `TableDef` and transaction manager, made on first use and
 * kept as long as the definition lives.
 *
 *   primary tree      row key -> row          row key = encoded cluster key, or 8 bytes of row id
 *   secondary index   entry key -> varint length, row key [, INCLUDE columns as a row]
 *                     entry key = encoded columns, followed by the row key unless the index is unique (and not deferrable) and the
 *                     columns alone identify the entry (no NULL among them, or NULLs are not distinct)
 *
 * A1  Two rows of one table have different row keys, and two entries of one index different entry keys.
 * A2  An index entry exists exactly for rows that satisfy the index predicate.
 */
import { assert } from '../base/assert.js';
import { ByteBuffer } from '../base/byte-buffer.js';
import { copyBytes, getVarint, keyString, putKeyString, putVarint, varintEnd } from '../base/bytes.js';
import type { Datum } from '../base/datum.js';
import { encodeKey, encodeKeyColumn, KeyLayout, putInt4Key } from '../base/keycode.js';
import type { RowLayout } from '../base/rowcode.js';
import { encodeRow, isOldRow, upgradeRow } from '../base/rowcode.js';
import type { TypeRegistry } from '../base/types.js';
import type { TransactionManager } from '../mvcc/transaction-manager.js';
import type { RowNormalizer } from '../mvcc/types.js';
import type { VersionedTree } from '../mvcc/versions/versioned-tree.js';
import type { IndexDef, TableDef } from '../planner/catalog.js';

/** Bytes of a hidden row id. */
export const RowIdBytes = 8;

/** Whether all rows have an entry in it, made of columns as they are. */
export function isOfColumns({ predicate, columns }: IndexDef): boolean {
  return predicate === undefined && columns.every(({ column }) => column !== undefined);
}

export class IndexAccess {
  readonly definition: IndexDef;
  readonly layout: KeyLayout;
  readonly tree: VersionedTree;
  /** Positions of the key columns in the row; undefined where an expression must be evaluated. */
  readonly plainColumns: readonly number[] | undefined;

  constructor(definition: IndexDef, tree: VersionedTree, types: TypeRegistry) {
    this.definition = definition;
    this.layout = new KeyLayout(definition.columns, types);
    this.tree = tree;
    const columns = definition.columns.map((column) => column.column);
    this.plainColumns = columns.every((column) => column !== undefined) ? columns : undefined;
  }

  /** Whether entries with these column values carry the row key because the values alone do not identify them. */
  hasRowKeySuffix(values: readonly Datum[]): boolean {
    const { isUnique, nullsNotDistinct } = this.definition;
    return !isUnique || this.isDeferrable || (!nullsNotDistinct && values.includes(null));
  }
  /** A deferrable unique constraint lets rows share a key for a while, so its entries always carry the row key. */
  get isDeferrable(): boolean {
    return this.definition.deferrable !== 'not deferrable';
  }
  /** The start that all entries with these values share, whether or not they carry a row key. */
  keyPrefix(values: readonly Datum[]): string {
    scratch.length = 0;
    encodeKey(this.layout, values, scratch);
    return keyString(scratch.bytes, 0, scratch.length);
  }

  /** The key of the entry for these column values and row key. For the clustered primary key: the row key itself. */
  entryKey(values: readonly Datum[], rowKey: string): string {
    scratch.length = 0;
    encodeKey(this.layout, values, scratch);
    const key = keyString(scratch.bytes, 0, scratch.length);
    return this.definition.isClustered || !this.hasRowKeySuffix(values) ? key : key + rowKey;
  }

  /** Bytes at the end of an entry key by which alone it may not differ from another: of a deferrable constraint, once it has been checked, the row key. */
  sharedEndLength(values: readonly Datum[], rowKey: string): number {
    const { isUnique, nullsNotDistinct } = this.definition;
    return isUnique && this.isDeferrable && (nullsNotDistinct || !values.includes(null)) ? rowKey.length : 0;
  }

  /** Whether all rows have an entry, made of columns as they are, whose key ends with the row key. */
  get isPlain(): boolean {
    return this.isOfColumns && (!this.definition.isUnique || this.isDeferrable);
  }
  get isOfColumns(): boolean {
    return isOfColumns(this.definition);
  }
  /** The key of the only entry with the values that `row` has in its columns, none of which is NULL; for a unique index of columns. */
  putUniqueKey(row: readonly Datum[], key: ByteBuffer): void {
    this.#putColumns(row, key);
  }
  /** Key and value of a row's entry, in place of what the buffers hold; for an index that is plain. */
  putPlainEntry(row: readonly Datum[], rowKey: ByteBuffer, key: ByteBuffer, value: ByteBuffer): void {
    this.#putColumns(row, key);
    this.#putRowKey(row, rowKey, key, value);
  }
  /** The same for an index of columns. @returns whether no other row may have the key */
  putColumnsEntry(row: readonly Datum[], rowKey: ByteBuffer, key: ByteBuffer, value: ByteBuffer): boolean {
    const hasNull = this.#putColumns(row, key);
    const { isUnique, nullsNotDistinct } = this.definition;
    const isAlone = isUnique && !this.isDeferrable && (nullsNotDistinct || !hasNull);
    this.#putRowKey(row, rowKey, isAlone ? undefined : key, value);
    return isAlone;
  }
  /** @returns whether there is a NULL among them */
  #putColumns(row: readonly Datum[], key: ByteBuffer): boolean {
    const columns = this.plainColumns!;
    let hasNull = false;
    key.length = 0;
    for (let i = 0; i < columns.length; i++) {
      const value = row[columns[i]!]!;
      if (value === null) hasNull = true;
      encodeKeyColumn(this.layout, i, value, key);
    }
    return hasNull;
  }
  /** Appends it to `key`, if it is given, and makes the value of it. */
  #putRowKey(row: readonly Datum[], rowKey: ByteBuffer, key: ByteBuffer | undefined, value: ByteBuffer): void {
    if (key !== undefined) {
      key.reserve(rowKey.length);
      key.length = copyBytes(key.bytes, key.length, rowKey.bytes, 0, rowKey.length);
    }
    value.length = 0;
    value.reserve(rowKey.length + 8);
    value.length = copyBytes(value.bytes, putVarint(value.bytes, 0, rowKey.length), rowKey.bytes, 0, rowKey.length);
    this.#putIncluded(row, value);
  }

  /** Appends the value of an entry: row key and INCLUDE columns of `row`. */
  putEntryValue(rowKey: string, row: readonly Datum[], out: ByteBuffer): void {
    out.reserve(rowKey.length + 8);
    out.length = putVarint(out.bytes, out.length, rowKey.length);
    out.length = putKeyString(out.bytes, out.length, rowKey);
    this.#putIncluded(row, out);
  }
  #putIncluded(row: readonly Datum[], out: ByteBuffer): void {
    const { include } = this.definition;
    if (include !== undefined) encodeRow(include.layout, include.columns.map((column) => row[column]!), out);
  }
}

/** Where the row key lies in the entry value at `offset`: its start (the length is the varint before it). */
export function entryRowKeyStart(u8: Uint8Array, offset: number): number {
  return varintEnd(u8, offset);
}
export function entryRowKey(u8: Uint8Array, offset: number): string {
  const start = varintEnd(u8, offset);
  return keyString(u8, start, start + getVarint(u8, offset));
}
/** Copies it to the start of `buffer` and returns its length. */
export function copyRowKey(u8: Uint8Array, offset: number, buffer: ByteBuffer): number {
  const length = getVarint(u8, offset);
  const start = varintEnd(u8, offset);
  buffer.length = 0;
  buffer.reserve(length);
  const { bytes } = buffer;
  for (let i = 0; i < length; i++) bytes[i] = u8[start + i]!;
  return length;
}
/** Where the INCLUDE row begins. */
export function entryIncludeStart(u8: Uint8Array, offset: number): number {
  return varintEnd(u8, offset) + getVarint(u8, offset);
}

const scratch = new ByteBuffer(256);

export class TableAccess {
  readonly table: TableDef;
  readonly tree: VersionedTree;
  /** How the row key is encoded; undefined for a hidden row id. */
  readonly keyLayout: KeyLayout | undefined;
  readonly keyColumns: readonly number[];
  readonly #manager: TransactionManager;
  readonly #types: TypeRegistry;
  #indexes: readonly IndexAccess[] | undefined;
  #secondary: readonly IndexAccess[] | undefined;
  #unique: readonly IndexAccess[] | undefined;
  #hasPlainIndexes: boolean | undefined;
  #hasColumnIndexes: boolean | undefined;
  #normalizer: RowNormalizer | undefined;

  constructor(table: TableDef, manager: TransactionManager, types: TypeRegistry) {
    this.table = table;
    const names = { tableOid: table.oid, tableName: table.name };
    this.tree = manager.tree(table.tree, { unique: true, unclaimed: table.clusterKey === undefined, ...names });
    this.keyLayout = table.clusterKey === undefined ? undefined : new KeyLayout(table.clusterKey, types);
    this.keyColumns = (table.clusterKey ?? []).map((column) => {
      assert(column.column !== undefined, 'expression in a clustered primary key');
      return column.column;
    });
    this.#manager = manager;
    this.#types = types;
  }

  /** Including the clustered primary key. Made when first asked for: while an index is being built its tree does not exist. */
  get indexes(): readonly IndexAccess[] {
    return (this.#indexes ??= this.table.indexes.map((index) => {
      const names = { tableOid: this.table.oid, tableName: this.table.name, indexName: index.name };
      const tree = index.isClustered ? this.tree : this.#manager.tree(index.tree, { unique: index.isUnique, unclaimed: true, ...names });
      return new IndexAccess(index, tree, this.#types);
    }));
  }
  /** All but the clustered primary key, which needs no entries of its own. */
  get secondary(): readonly IndexAccess[] {
    return (this.#secondary ??= this.indexes.filter((index) => !index.definition.isClustered));
  }

  /** The unique ones, in the order in which they were made: PostgreSQL asks them for a row's keys in that order. */
  get unique(): readonly IndexAccess[] {
    return (this.#unique ??= this.indexes.filter((index) => index.definition.isUnique).sort((a, b) => a.definition.oid - b.definition.oid));
  }

  /** Whether `isOfColumns` holds of all of them. */
  get hasColumnIndexes(): boolean {
    return (this.#hasColumnIndexes ??= this.secondary.every((index) => index.isOfColumns));
  }
  /** Whether `isPlain` holds of all of them. */
  get hasPlainIndexes(): boolean {
    return (this.#hasPlainIndexes ??= this.secondary.every((index) => index.isPlain));
  }

  /**
   * Makes this definition's row layout the one that scans of the tree show. Only one layout of a table is in use at a time, because changing it takes
   * an exclusive lock; the tree's options are ours to set.
   */
  useLayout(): this {
    const { layout } = this.table;
    this.tree.normalize = layout.older.size === 0 ? undefined : (this.#normalizer ??= layoutNormalizer(layout));
    return this;
  }

  index(definition: IndexDef): IndexAccess {
    const found = this.indexes.find((index) => index.definition.oid === definition.oid);
    assert(found !== undefined, 'index of another table', definition.oid);
    return found;
  }

  /** The row key of a row with these values in a clustered table. */
  rowKeyOf(row: readonly Datum[]): string {
    this.putRowKey(row, scratch);
    return keyString(scratch.bytes, 0, scratch.length);
  }
  /** The same as bytes, which replace what was in `into`. */
  putRowKey(row: readonly Datum[], into: ByteBuffer): void {
    const { keyLayout, keyColumns } = this;
    assert(keyLayout !== undefined, 'row key of a table without clustered primary key');
    if (keyLayout.integerBytes === 4) {
      putInt4Key(into.bytes, 0, row[keyColumns[0]!] as number);
      into.length = 4;
      return;
    }
    into.length = 0;
    for (let i = 0; i < keyColumns.length; i++) encodeKeyColumn(keyLayout, i, row[keyColumns[i]!]!, into);
  }
}

function layoutNormalizer(layout: RowLayout): RowNormalizer {
  const out = new ByteBuffer(256);
  return {
    isOld: (u8, offset) => isOldRow(layout, u8, offset),
    upgrade: (u8, offset) => {
      out.length = 0;
      upgradeRow(layout, u8, new DataView(u8.buffer, u8.byteOffset, u8.byteLength), offset, out);
      return out.toBytes();
    },
  };
}

const accesses = new WeakMap<TransactionManager, WeakMap<TableDef, TableAccess>>();

export function tableAccess(table: TableDef, manager: TransactionManager, types: TypeRegistry): TableAccess {
  let ofManager = accesses.get(manager);
  if (ofManager === undefined) accesses.set(manager, (ofManager = new WeakMap()));
  let access = ofManager.get(table);
  if (access === undefined) ofManager.set(table, (access = new TableAccess(table, manager, types)));
  return access;
}
