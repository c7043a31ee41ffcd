/**
 * The catalog: its records in two ordinary trees, and in memory as maps.
 *
 * Tree 1 holds every record (catalog-objects.ts) as JSON under its oid, tree 2 every name under (namespace, schema, name) with the oid as
 * value; both are written through the transaction that changes the schema, so DDL commits, rolls back and is logged like rows. Tree 3 belongs
 * to sequences.ts. Reading goes to memory: the committed records live in maps that change when a commit is published, and a transaction with
 * DDL has a *draft*, its own changes laid over them.
 *
 * C1  A session sees the newest committed catalog with its own draft, whatever its snapshot: definitions are guarded by table locks, and a
 *     transaction with an older snapshot is stopped by `changedAt`, or does without the index, by `indexedAt` (concurrency.md section 10).
 * C2  `CatalogReader.version` is equal at two moments only if nothing the reader answers has changed between them.
 * C3  The name tree is written with claims, so a second creator of a name waits for the first and then fails.
 * C4  Committed maps change in the same synchronous slice in which the commit is published, before its locks are released.
 *
 * Oids count up from 16384; the next one is beyond everything found at opening.
 */
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { treeId } from '../../base/ids.js';
import { mutants } from '../../base/mutants.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { wholeRange } from '../../mvcc/types.js';
import type { Store } from '../../storage/store.js';
import { FirstUserOid } from '../../base/types.js';
import type { CatalogRecord, FunctionRecord, IndexRecord, NameSpace, RangeRecord, SchemaRecord, StatisticsRecord, TableRecord } from './catalog-objects.js';
import { SchemaOid, decodeRecord, encodeRecord, kindWord, nameOf, nameSpaceOf, schemaOf } from './catalog-objects.js';

export const CatalogTree = { Records: 1, Names: 2, Sequences: 3 } as const;

/** What both the committed catalog and a draft answer. */
export interface CatalogReader {
  readonly version: number;
  get(oid: number): CatalogRecord | undefined;
  /** The oid of a name, undefined when there is none. `schema` is 0 for schemas themselves. */
  find(space: NameSpace, schema: number, name: string): number | undefined;
  /** The range type whose multirange type has this name. */
  rangeOfMultirange(schema: number, name: string): RangeRecord | undefined;
  all(): Iterable<CatalogRecord>;
  indexesOf(table: number): readonly IndexRecord[];
  /** Tables with a foreign key to `table`. */
  childrenOf(table: number): readonly TableRecord[];
  statisticsOf(table: number): StatisticsRecord | undefined;
  functionsNamed(name: string): readonly FunctionRecord[];
  /** The record whose type, row type or array type this is. */
  ownerOfType(type: number): CatalogRecord | undefined;
  /** Ids of the enum labels that this transaction has added; one set for all transactions of a session. */
  readonly newLabels?: ReadonlySet<number>;
}

/** Changes by oid; undefined for a dropped object. */
export type CatalogChanges = ReadonlyMap<number, CatalogRecord | undefined>;
const noChanges: CatalogChanges = new Map();

const nameKey = (space: NameSpace, schema: number, name: string): string => `${space}\0${schema}\0${name}`;

/** Secondary access paths over a set of records, kept up to date record by record. */
class RecordIndex {
  readonly records = new Map<number, CatalogRecord>();
  readonly #names = new Map<string, number>();
  readonly #indexes = new Map<number, Set<number>>();
  readonly #children = new Map<number, Set<number>>();
  readonly #statistics = new Map<number, number>();
  readonly #functions = new Map<string, Set<number>>();
  /** Range types by the names of their multiranges. */
  readonly #multiranges = new Map<string, number>();
  readonly #typeOwners = new Map<number, number>();

  put(record: CatalogRecord): void {
    this.remove(record.oid);
    this.records.set(record.oid, record);
    const space = nameSpaceOf(record);
    if (space !== undefined) this.#names.set(nameKey(space, schemaOf(record), nameOf(record)), record.oid);
    if (isRange(record)) this.#multiranges.set(multirangeKey(record), record.oid);
    for (const type of typesOf(record)) this.#typeOwners.set(type, record.oid);
    if (record.kind === 'index') addTo(this.#indexes, record.table, record.oid);
    else if (record.kind === 'statistics') this.#statistics.set(record.table, record.oid);
    else if (record.kind === 'function') addTo(this.#functions, record.name, record.oid);
    else if (record.kind === 'table') for (const key of record.foreignKeys) addTo(this.#children, key.parent, record.oid);
  }
  remove(oid: number): void {
    const record = this.records.get(oid);
    if (record === undefined) return;
    this.records.delete(oid);
    const space = nameSpaceOf(record);
    if (space !== undefined) {
      const key = nameKey(space, schemaOf(record), nameOf(record));
      if (this.#names.get(key) === oid) this.#names.delete(key);
    }
    if (isRange(record) && this.#multiranges.get(multirangeKey(record)) === oid) this.#multiranges.delete(multirangeKey(record));
    for (const type of typesOf(record)) this.#typeOwners.delete(type);
    if (record.kind === 'index') this.#indexes.get(record.table)?.delete(oid);
    else if (record.kind === 'statistics') this.#statistics.delete(record.table);
    else if (record.kind === 'function') this.#functions.get(record.name)?.delete(oid);
    else if (record.kind === 'table') for (const key of record.foreignKeys) this.#children.get(key.parent)?.delete(oid);
  }
  find(space: NameSpace, schema: number, name: string): number | undefined {
    return this.#names.get(nameKey(space, schema, name));
  }
  rangeOfMultirange(schema: number, name: string): RangeRecord | undefined {
    const oid = this.#multiranges.get(nameKey('type', schema, name));
    return oid === undefined ? undefined : (this.records.get(oid) as RangeRecord);
  }
  indexesOf(table: number): Iterable<number> {
    return this.#indexes.get(table) ?? [];
  }
  childrenOf(table: number): Iterable<number> {
    return this.#children.get(table) ?? [];
  }
  statisticsOf(table: number): number | undefined {
    return this.#statistics.get(table);
  }
  functionsNamed(name: string): Iterable<number> {
    return this.#functions.get(name) ?? [];
  }
  ownerOfType(type: number): number | undefined {
    return this.#typeOwners.get(type);
  }
}

const isRange = (record: CatalogRecord): record is RangeRecord => record.kind === 'type' && record.detail.kind === 'range';
const multirangeKey = (record: RangeRecord): string => nameKey('type', record.schema, record.detail.multirangeName);

/** Oids in pg_type that belong to a record. */
function typesOf(record: CatalogRecord): number[] {
  if (record.kind === 'table' || record.kind === 'view') return [record.rowType, record.rowArrayType];
  if (record.kind !== 'type') return [];
  const { detail } = record;
  return detail.kind === 'range' ? [record.oid, record.arrayType, detail.multirange, detail.multirangeArray] : [record.oid, record.arrayType];
}

function addTo(map: Map<number, Set<number>>, key: number, value: number): void;
function addTo(map: Map<string, Set<number>>, key: string, value: number): void;
function addTo<K>(map: Map<K, Set<number>>, key: K, value: number): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

/** The schemas there are before anyone creates one. */
const builtinSchemas: readonly SchemaRecord[] = [
  { kind: 'schema', oid: SchemaOid.pgCatalog, name: 'pg_catalog', comment: 'system catalog schema' },
  { kind: 'schema', oid: SchemaOid.informationSchema, name: 'information_schema' },
  { kind: 'schema', oid: SchemaOid.pgToast, name: 'pg_toast', comment: 'reserved schema for TOAST tables' },
];
const publicSchema: SchemaRecord = { kind: 'schema', oid: SchemaOid.public, name: 'public', comment: 'standard public schema' };

export class CatalogStore implements CatalogReader {
  readonly #recordTree: VersionedTree;
  readonly #nameTree: VersionedTree;
  readonly #index = new RecordIndex();
  readonly #changedAt = new Map<number, number>();
  readonly #indexedAt = new Map<number, number>();
  /** No `changedAt` or `indexedAt` is greater. */
  lastChangedAt = 0;
  #nextOid: number = FirstUserOid;
  #version = 1;
  #versionCounter = 1;

  private constructor(recordTree: VersionedTree, nameTree: VersionedTree) {
    this.#recordTree = recordTree;
    this.#nameTree = nameTree;
    for (const schema of builtinSchemas) this.#index.put(schema);
  }

  /** Creates the catalog's trees in a new database, reads the records of an existing one. */
  static async open(store: Store, manager: TransactionManager): Promise<CatalogStore> {
    const owner = { id: 0, name: 'catalog' };
    const options = (indexName: string) => ({ unique: true, tableName: 'catalog', indexName });
    const isNew = !store.hasTree(treeId(CatalogTree.Records));
    const tx = manager.begin({ isolation: 'read committed', readOnly: !isNew, owner });
    tx.beginStatement({ text: 'open the catalog' });
    if (isNew) {
      for (const id of Object.values(CatalogTree)) {
        const fresh = store.newTreeId();
        assert(fresh === id, 'first tree ids are the catalog\'s', fresh, id);
      }
      const records = tx.createTree(treeId(CatalogTree.Records), options('record'));
      const names = tx.createTree(treeId(CatalogTree.Names), options('name'));
      tx.createTree(treeId(CatalogTree.Sequences), options('sequence'));
      const catalog = new CatalogStore(records, names);
      const draft = new CatalogDraft(catalog);
      draft.put(publicSchema);
      await draft.flush(tx, 'wait');
      tx.endStatement();
      await tx.commit();
      catalog.apply(draft.changes, 0);
      return catalog;
    }
    const catalog = new CatalogStore(
      manager.tree(treeId(CatalogTree.Records), options('record')),
      manager.tree(treeId(CatalogTree.Names), options('name')),
    );
    const scan = tx.openScan(catalog.#recordTree, wholeRange, { register: false });
    while (scan.next()) {
      for (let i = 0; i < scan.count; i++) {
        const start = scan.offsets[i]!;
        catalog.#load(decodeRecord(scan.u8.slice(start, start + scan.lengthAt(i))));
      }
    }
    scan.close();
    tx.endStatement();
    tx.rollback();
    return catalog;
  }

  #load(record: CatalogRecord): void {
    this.#index.put(record);
    for (const oid of oidsOf(record)) if (oid >= this.#nextOid) this.#nextOid = oid + 1;
  }

  get version(): number {
    return this.#version;
  }
  /** A version number never used before, for drafts. */
  newVersion(): number {
    return ++this.#versionCounter;
  }
  newOid(): number {
    return this.#nextOid++;
  }
  get(oid: number): CatalogRecord | undefined {
    return this.#index.records.get(oid);
  }
  find(space: NameSpace, schema: number, name: string): number | undefined {
    return this.#index.find(space, schema, name);
  }
  rangeOfMultirange(schema: number, name: string): RangeRecord | undefined {
    return this.#index.rangeOfMultirange(schema, name);
  }
  all(): Iterable<CatalogRecord> {
    return this.#index.records.values();
  }
  indexesOf(table: number): readonly IndexRecord[] {
    return this.#resolve<IndexRecord>(this.#index.indexesOf(table));
  }
  childrenOf(table: number): readonly TableRecord[] {
    return this.#resolve<TableRecord>(this.#index.childrenOf(table));
  }
  statisticsOf(table: number): StatisticsRecord | undefined {
    const oid = this.#index.statisticsOf(table);
    return oid === undefined ? undefined : (this.get(oid) as StatisticsRecord);
  }
  functionsNamed(name: string): readonly FunctionRecord[] {
    return this.#resolve<FunctionRecord>(this.#index.functionsNamed(name));
  }
  ownerOfType(type: number): CatalogRecord | undefined {
    const oid = this.#index.ownerOfType(type);
    return oid === undefined ? undefined : this.get(oid);
  }
  #resolve<T extends CatalogRecord>(oids: Iterable<number>): T[] {
    return [...oids].map((oid) => this.#index.records.get(oid) as T);
  }
  get recordTree(): VersionedTree {
    return this.#recordTree;
  }
  get nameTree(): VersionedTree {
    return this.#nameTree;
  }

  /** CSN of the last change of an object's definition since opening, 0 for none. A new index leaves its table's definition as it was, and so do comments. */
  changedAt(oid: number): number {
    return this.#changedAt.get(oid) ?? 0;
  }
  /** CSN of the last index made or changed on a table since opening, 0 for none. */
  indexedAt(table: number): number {
    return this.#indexedAt.get(table) ?? 0;
  }

  /** Functions of the host have changed: they are no records, but plans depend on them (C2). */
  functionsChanged(): void {
    this.#version = this.newVersion();
  }

  /** A commit with these changes is published (C4). */
  apply(changes: CatalogChanges, csn: number): void {
    if (changes.size === 0) return;
    for (const [oid, record] of changes) {
      const before = this.#index.records.get(oid);
      if (record === undefined) this.#index.remove(oid);
      else this.#index.put(record);
      if (before !== undefined && record !== undefined && isSameDefinition(before, record)) continue;
      this.#changedAt.set(oid, csn);
      if (!(mutants.on && mutants.has('engine.last-definition-forgotten'))) this.lastChangedAt = csn;
      if (record?.kind === 'index') this.#indexedAt.set(record.table, csn);
    }
    this.#version = this.newVersion();
  }
}

/** Whether two records of an object differ in nothing but what is said about it: comments and statistics targets. */
function isSameDefinition(a: CatalogRecord, b: CatalogRecord): boolean {
  const definitionOf = (record: CatalogRecord): string => JSON.stringify(record, (name, value: unknown) => (name === 'comment' || name === 'statisticsTarget' ? undefined : value));
  return definitionOf(a) === definitionOf(b);
}

/** Every oid a record uses up. */
function oidsOf(record: CatalogRecord): number[] {
  switch (record.kind) {
    case 'table':
      return [record.oid, record.rowType, record.rowArrayType, ...record.checks.map((c) => c.oid), ...record.foreignKeys.map((k) => k.oid)];
    case 'view':
      return [record.oid, record.rowType, record.rowArrayType];
    case 'index':
      return record.constraint === undefined ? [record.oid] : [record.oid, record.constraint.oid];
    case 'sequence':
      return [record.oid, record.state];
    case 'type':
      return [
        record.oid, record.arrayType,
        ...(record.detail.kind === 'range' ? [record.detail.multirange, record.detail.multirangeArray] : []),
        ...(record.detail.kind === 'domain' ? record.detail.checks.map((c) => c.oid) : []),
        ...(record.detail.kind === 'enum' ? record.detail.labels.map((l) => l.id) : []),
      ];
    default:
      return [record.oid];
  }
}

/** Opaque: a draft at one moment, for savepoints. */
export interface DraftMark {
  readonly changes: CatalogChanges;
  readonly flushed: CatalogChanges;
}

/** The catalog as a transaction with DDL sees it, and what it has changed so far. */
export class CatalogDraft implements CatalogReader {
  readonly store: CatalogStore;
  /** Replaced, never changed. */
  #changes: CatalogChanges = noChanges;
  /** The part of `#changes` that has been written to the trees. */
  #flushed: CatalogChanges = noChanges;
  #overlay: RecordIndex | undefined;
  readonly newLabels = new Set<number>();
  #versionOf: { committed: number; changes: CatalogChanges; version: number } | undefined;

  constructor(store: CatalogStore) {
    this.store = store;
  }

  get changes(): CatalogChanges {
    return this.#changes;
  }
  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  put(record: CatalogRecord): void {
    const next = new Map(this.#changes);
    next.set(record.oid, record);
    this.#replace(next);
  }
  drop(oid: number): void {
    const next = new Map(this.#changes);
    next.set(oid, undefined);
    this.#replace(next);
  }
  #replace(changes: CatalogChanges): void {
    this.#changes = changes;
    this.#overlay = undefined;
  }
  mark(): DraftMark {
    return { changes: this.#changes, flushed: this.#flushed };
  }
  rollbackTo(mark: DraftMark): void {
    this.#replace(mark.changes);
    this.#flushed = mark.flushed;
  }
  clear(): void {
    this.newLabels.clear();
    this.#replace(noChanges);
    this.#flushed = noChanges;
  }

  get version(): number {
    if (this.#changes.size === 0) return this.store.version;
    const known = this.#versionOf;
    if (known !== undefined && known.committed === this.store.version && known.changes === this.#changes) return known.version;
    const version = this.store.newVersion();
    this.#versionOf = { committed: this.store.version, changes: this.#changes, version };
    return version;
  }

  get(oid: number): CatalogRecord | undefined {
    return this.#changes.has(oid) ? this.#changes.get(oid) : this.store.get(oid);
  }
  find(space: NameSpace, schema: number, name: string): number | undefined {
    const own = this.#own().find(space, schema, name);
    if (own !== undefined) return own;
    const oid = this.store.find(space, schema, name);
    // A change of the same object without that name (dropped or renamed) hides the committed name.
    return oid === undefined || this.#changes.has(oid) ? undefined : oid;
  }
  rangeOfMultirange(schema: number, name: string): RangeRecord | undefined {
    const own = this.#own().rangeOfMultirange(schema, name);
    if (own !== undefined) return own;
    const committed = this.store.rangeOfMultirange(schema, name);
    return committed === undefined || this.#changes.has(committed.oid) ? undefined : committed;
  }
  *all(): Iterable<CatalogRecord> {
    for (const record of this.store.all()) if (!this.#changes.has(record.oid)) yield record;
    for (const record of this.#changes.values()) if (record !== undefined) yield record;
  }
  indexesOf(table: number): readonly IndexRecord[] {
    return this.#merge(this.store.indexesOf(table), this.#own().indexesOf(table));
  }
  childrenOf(table: number): readonly TableRecord[] {
    return this.#merge(this.store.childrenOf(table), this.#own().childrenOf(table));
  }
  statisticsOf(table: number): StatisticsRecord | undefined {
    const own = this.#own().statisticsOf(table);
    if (own !== undefined) return this.#changes.get(own) as StatisticsRecord;
    const committed = this.store.statisticsOf(table);
    return committed === undefined || this.#changes.has(committed.oid) ? undefined : committed;
  }
  functionsNamed(name: string): readonly FunctionRecord[] {
    return this.#merge(this.store.functionsNamed(name), this.#own().functionsNamed(name));
  }
  ownerOfType(type: number): CatalogRecord | undefined {
    const own = this.#own().ownerOfType(type);
    if (own !== undefined) return this.#changes.get(own);
    const committed = this.store.ownerOfType(type);
    return committed === undefined || this.#changes.has(committed.oid) ? undefined : committed;
  }
  #own(): RecordIndex {
    if (this.#overlay === undefined) {
      this.#overlay = new RecordIndex();
      for (const record of this.#changes.values()) if (record !== undefined) this.#overlay.put(record);
    }
    return this.#overlay;
  }
  #merge<T extends CatalogRecord>(committed: readonly T[], own: Iterable<number>): T[] {
    const kept = committed.filter((record) => !this.#changes.has(record.oid));
    for (const oid of own) kept.push(this.#changes.get(oid) as T);
    return kept;
  }

  /**
   * Writes what has changed since the last flush to the trees, names that go first, so that names may be exchanged.
   * @throws DbError 23505 for a name someone else has just created, 40001 as any write
   */
  async flush(tx: Transaction, wait: 'wait' | 'nowait'): Promise<void> {
    const changed = [...this.#changes].filter(([oid, record]) => this.#persisted(oid) !== record);
    for (const [oid, record] of changed) {
      const old = this.#persisted(oid);
      if (old !== undefined && nameBytes(old) !== (record === undefined ? undefined : nameBytes(record))) await this.#removeName(tx, old, wait);
    }
    for (const [oid, record] of changed) {
      const old = this.#persisted(oid);
      const key = recordKey(oid);
      if (old === undefined) {
        if (record === undefined) continue;
        await tx.claimKey(this.store.recordTree, key, { wait });
      } else await tx.lockRow(this.store.recordTree, key, 'update', wait, { view: 'latest' });
      if (record === undefined) {
        tx.remove(this.store.recordTree, key);
        continue;
      }
      if (old === undefined || nameBytes(old) !== nameBytes(record)) await this.#claimName(tx, record, wait);
      const bytes = encodeRecord(record);
      if (old === undefined) tx.insert(this.store.recordTree, key, bytes, 0, bytes.length);
      else tx.update(this.store.recordTree, key, bytes, 0, bytes.length);
    }
    this.#flushed = this.#changes;
  }
  #persisted(oid: number): CatalogRecord | undefined {
    return this.#flushed.has(oid) ? this.#flushed.get(oid) : this.store.get(oid);
  }
  async #removeName(tx: Transaction, record: CatalogRecord, wait: 'wait' | 'nowait'): Promise<void> {
    const key = nameBytes(record);
    if (key === undefined) return;
    await tx.lockRow(this.store.nameTree, key, 'update', wait, { view: 'latest' });
    tx.remove(this.store.nameTree, key);
  }
  async #claimName(tx: Transaction, record: CatalogRecord, wait: 'wait' | 'nowait'): Promise<void> {
    const key = nameBytes(record);
    if (key === undefined) return;
    const claim = await tx.claimKey(this.store.nameTree, key, { wait });
    if (claim.kind === 'exists') {
      const { index, columns } = uniqueNames[nameSpaceOf(record)!];
      const values = columns.includes(',') ? `${nameOf(record)}, ${schemaOf(record)}` : nameOf(record);
      throw new DbError('23505', `duplicate key value violates unique constraint "${index}"`, {
        detail: `Key (${columns})=(${values}) already exists.`, hint: `Another transaction has created a ${kindWord(record)} of this name.`,
      });
    }
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, record.oid);
    tx.insert(this.store.nameTree, key, value, 0, 4);
  }
}

/** Oid as four big-endian bytes, so that records lie in order of oid. */
function recordKey(oid: number): string {
  return String.fromCharCode(oid >>> 24, (oid >>> 16) & 255, (oid >>> 8) & 255, oid & 255);
}

/** How PostgreSQL calls the index that keeps the names of a space apart. */
const uniqueNames: Readonly<Record<NameSpace, { readonly index: string; readonly columns: string }>> = {
  schema: { index: 'pg_namespace_nspname_index', columns: 'nspname' },
  extension: { index: 'pg_extension_name_index', columns: 'extname' },
  relation: { index: 'pg_class_relname_nsp_index', columns: 'relname, relnamespace' },
  type: { index: 'pg_type_typname_nsp_index', columns: 'typname, typnamespace' },
};
const spaceTags: Readonly<Record<NameSpace, string>> = { schema: '\x01', relation: '\x02', type: '\x03', extension: '\x04' };

/** Key in the name tree, undefined for what has no unique name. */
function nameBytes(record: CatalogRecord): string | undefined {
  const space = nameSpaceOf(record);
  if (space === undefined) return undefined;
  return spaceTags[space] + recordKey(schemaOf(record)) + Buffer.from(nameOf(record), 'utf8').toString('latin1');
}
