/** CREATE INDEX and REINDEX. The table is locked against writers while an index is built; with CONCURRENTLY too, which has nothing to gain here. */
import { DbError, notSupported } from '../../base/errors.js';
import { baseTypeOf, sqlType, TypeOid, typeName } from '../../base/types.js';
import type { CreateIndex, IndexElement, Reindex } from '../../parser/ast.js';
import { namedOperatorClass, requireAccepts } from '../../planner/operator-classes.js';
import { figureColumnName } from '../../planner/scope.js';
import type { IndexColumnRecord, IndexRecord, TableRecord } from '../catalog/catalog-objects.js';
import { checkIndexable } from './constraints.js';
import { checkCollation, isCollatable } from './create-table.js';
import type { Ddl } from './ddl.js';
import { bindOverRow, requireImmutable, storedText } from './expressions.js';
import { chooseRelationName, columnsForName, nameText, notA, schemaByName } from './names.js';
import { checkTablespace, newOptions } from './storage-parameters.js';
import { treeId } from '../../base/ids.js';
import { buildIndex, newTree, rewriteTable, versionedTree } from './table-storage.js';

export async function createIndex(ddl: Ddl, statement: CreateIndex): Promise<void> {
  const { backend, draft } = ddl;
  if (statement.concurrently) backend.block.preventInBlock('CREATE INDEX CONCURRENTLY');
  const found = await ddl.lockRelation(statement.table, 'share');
  if (found.kind !== 'table') {
    // What the expressions themselves say comes first, over the columns of a view too.
    if (found.kind === 'view') {
      const columns = found.columns.map((column) => ({ ...column, notNull: false, isDropped: false }));
      for (const { expression } of statement.elements) if (expression.kind !== 'columnRef') bindOverRow(backend, { name: found.name, columns }, expression, 'index expressions', undefined);
    }
    throw new DbError('42809', `cannot create index on relation "${found.name}"`, { detail: found.kind === 'view' ? 'This operation is not supported for views.' : `This operation is not supported for ${found.kind}es.`.replace('sequencees', 'sequences') });
  }
  ddl.refuseInUse([found], 'CREATE INDEX');
  const method = statement.method ?? 'btree';
  if (method !== 'btree') {
    if (!['hash', 'gin', 'gist', 'brin', 'spgist'].includes(method)) throw new DbError('42704', `access method "${method}" does not exist`);
    if (method !== 'hash') throw notSupported(`access method "${method}"`, statement.offset);
  }
  checkTablespace(statement.tablespace);
  const options = newOptions(statement.options, method === 'hash' ? 'hash' : 'btree');
  const table = draft.get(found.oid) as TableRecord;
  const columns = statement.elements.map((element) => indexColumn(ddl, table, element, method));
  if (columns.length > 32) throw new DbError('54011', 'cannot use more than 32 columns in an index');
  const include = statement.include.map((element) => {
    if (element.expression.kind !== 'columnRef') throw new DbError('0A000', 'expressions are not supported in included columns', { offset: element.offset });
    return plainColumn(table, element.expression.parts.at(-1)!);
  });
  let predicate: string | undefined;
  if (statement.where !== undefined) {
    const bound = bindOverRow(backend, table, statement.where, 'index predicates', 'boolean', 'WHERE');
    requireImmutable(backend, bound.expression, 'functions in index predicate must be marked IMMUTABLE');
    predicate = storedText(backend, statement.where, bound.expression);
  }
  const names = [...statement.elements, ...statement.include].map((element) => elementName(element));
  const name = statement.name ?? chooseRelationName(backend, table.schema, table.name, columnsForName(distinctNames(names)), 'idx');
  if (draft.find('relation', table.schema, name) !== undefined) {
    if (!statement.ifNotExists) throw new DbError('42P07', `relation "${name}" already exists`);
    ddl.notice(`relation "${name}" already exists, skipping`, '42P07');
    return;
  }
  const index: IndexRecord = {
    kind: 'index', oid: ddl.newOid(), schema: table.schema, name, table: table.oid, tree: newTree(ddl), columns, include, isUnique: statement.isUnique,
    nullsNotDistinct: statement.nullsNotDistinct, predicate, options,
  };
  draft.put(index);
  await buildIndex(ddl, table.oid, index.oid);
}

function plainColumn(table: TableRecord, name: string): number {
  const found = table.columns.findIndex((column) => column.name === name && !column.isDropped);
  if (found < 0) throw new DbError('42703', `column "${name}" does not exist`);
  return found;
}

function elementName(element: IndexElement): string {
  const { expression } = element;
  return figureColumnName(expression) ?? 'expr';
}

/** As the index's columns are called: a name that is there already gets a number. Source. ChooseIndexColumnNames. */
function distinctNames(names: readonly string[]): string[] {
  const taken: string[] = [];
  for (const base of names) {
    let name = base;
    for (let i = 1; taken.includes(name); i++) name = `${base}${i}`;
    taken.push(name);
  }
  return taken;
}

function indexColumn(ddl: Ddl, table: TableRecord, element: IndexElement, method: string): IndexColumnRecord {
  const { expression } = element;
  const { types } = ddl.backend.catalog();
  const descending = element.direction === 'desc';
  const order = { descending, nullsFirst: element.nulls === undefined ? descending : element.nulls === 'first' };
  const collationFor = (type: number): string | undefined => {
    if (element.collation === undefined) return undefined;
    if (!isCollatable(sqlType(baseTypeOf(sqlType(type), types).oid))) throw new DbError('42804', `collations are not supported by type ${typeName(type, types)}`, { offset: element.collation.offset });
    return checkCollation(element.collation.name, element.collation.offset);
  };
  const classed = (type: number): Pick<IndexColumnRecord, 'operatorClass' | 'descending' | 'nullsFirst'> => {
    if (element.operatorClass === undefined) {
      checkIndexable(ddl, type);
      return order;
    }
    const operatorClass = namedOperatorClass(ddl.backend.catalog(), element.operatorClass, method);
    requireAccepts(operatorClass, type, types);
    return { operatorClass: operatorClass.name, ...order };
  };
  if (expression.kind === 'columnRef' && expression.parts.length === 1) {
    const column = plainColumn(table, expression.parts[0]!);
    const { type, typmod } = table.columns[column]!;
    const collation = collationFor(type);
    return { ...classed(type), collation: collation ?? table.columns[column]!.collation, column, type, typmod };
  }
  const bound = bindOverRow(ddl.backend, table, expression, 'index expressions', undefined);
  requireImmutable(ddl.backend, bound.expression, 'functions in index expression must be marked IMMUTABLE');
  const type = bound.expression.type.oid === TypeOid.unknown ? TypeOid.text : bound.expression.type.oid;
  const collation = collationFor(type);
  return { ...classed(type), collation, expression: storedText(ddl.backend, expression, bound.expression), type, typmod: bound.expression.type.typmod };
}

/** Builds indexes anew from the rows. */
export async function reindex(ddl: Ddl, statement: Reindex): Promise<void> {
  const { draft, backend } = ddl;
  if (statement.concurrently) backend.block.preventInBlock('REINDEX CONCURRENTLY');
  if (statement.target === 'database' || statement.target === 'system' || statement.target === 'schema') {
    backend.block.preventInBlock(`REINDEX ${statement.target.toUpperCase()}`);
    const schema = statement.target === 'schema' ? schemaByName(backend, statement.name.name).oid : undefined;
    for (const record of [...draft.all()]) if (record.kind === 'table' && (schema === undefined || record.schema === schema)) await reindexTable(ddl, record.oid, undefined);
    return;
  }
  const found = await ddl.lockRelation(statement.name, statement.target === 'index' ? 'access exclusive' : 'share');
  if (statement.target === 'index') {
    if (found.kind !== 'index') throw notA(found, 'index');
    await reindexTable(ddl, found.table, found.oid);
    return;
  }
  if (found.kind !== 'table') throw new DbError('42809', `"${nameText(statement.name)}" is not a table or materialized view`, { offset: statement.name.offset });
  await reindexTable(ddl, found.oid, undefined);
}

async function reindexTable(ddl: Ddl, table: number, only: number | undefined): Promise<void> {
  await ddl.lock(table, 'access exclusive');
  const record = ddl.draft.get(table) as TableRecord;
  for (const index of ddl.draft.indexesOf(table)) {
    // A clustered primary key is the table itself: there is nothing to build it from.
    if ((only !== undefined && index.oid !== only) || index.oid === record.clusteredBy) continue;
    ddl.tx.dropTree(treeId(index.tree), versionedTree(ddl, record));
    ddl.draft.put({ ...index, tree: newTree(ddl) });
    await buildIndex(ddl, table, index.oid);
  }
}

/** Rewrites a table into new trees, with its records as they are in the draft but for the tree ids. */
export async function rewriteInto(ddl: Ddl, oid: number, old: Parameters<typeof rewriteTable>[1], change: Parameters<typeof rewriteTable>[2], changesValues = false): Promise<void> {
  const record = ddl.draft.get(oid) as TableRecord;
  const tree = newTree(ddl);
  ddl.draft.put({ ...record, tree, layouts: [record.columns.length] });
  for (const index of ddl.draft.indexesOf(oid)) ddl.draft.put({ ...index, tree: index.oid === record.clusteredBy ? tree : newTree(ddl) });
  await rewriteTable(ddl, old, change, changesValues);
}
