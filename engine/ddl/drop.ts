/**
 * DROP of everything. What is to go is found first: the objects named, what goes with them silently (indexes, owned sequences), and what depends
 * on them otherwise, which needs CASCADE. Messages are PostgreSQL's.
 */
import { treeId } from '../../base/ids.js';
import { DbError, notSupported } from '../../base/errors.js';
import { FirstUserOid, TypeOid, baseTypeOf, sqlType, typeInfo } from '../../base/types.js';
import type { Drop, DropBehavior, DroppedObject, ObjectType, QualifiedName } from '../../parser/ast.js';
import type { CatalogRecord, ColumnRecord, CompositeRecord, IndexRecord, RelationRecord, TableRecord } from '../catalog/catalog-objects.js';
import { SchemaOid, kindWord, schemaOf } from '../catalog/catalog-objects.js';
import { isReading, reprintViews, unboundViews } from '../catalog/view-definition.js';
import type { Ddl } from './ddl.js';
import { describe, describeDependent, dependentsOf, displayName, type Dependent, type DropTarget } from './dependencies.js';
import { extensionByName } from './extensions.js';
import { findFunction } from './functions.js';
import { rewriteInto } from './indexes.js';
import { findRelation, isMultirangeOf, nameText } from './names.js';
import { tableDef, versionedTree } from './table-storage.js';
import { refuseWhereKey, unboundParts } from './type-uses.js';

export async function drop(ddl: Ddl, statement: Drop): Promise<void> {
  if (statement.concurrently) {
    if (statement.objects.length > 1) throw new DbError('0A000', 'DROP INDEX CONCURRENTLY does not support dropping multiple objects');
    if (statement.behavior === 'cascade') throw new DbError('0A000', 'DROP INDEX CONCURRENTLY does not support CASCADE');
    ddl.backend.block.preventInBlock('DROP INDEX CONCURRENTLY');
  }
  const targets: DropTarget[] = [];
  for (const object of statement.objects) {
    const found = await resolve(ddl, statement, object);
    if (found !== undefined && !targets.some((t) => t.oid === found)) targets.push({ oid: found });
  }
  if (targets.length > 0) await dropTargets(ddl, targets, statement.behavior);
}

const relationTypes: ReadonlySet<ObjectType> = new Set<ObjectType>(['table', 'view', 'materialized view', 'index', 'sequence']);

/** The object of a DROP, locked. Undefined, after a notice, for IF EXISTS. */
async function resolve(ddl: Ddl, statement: Drop, object: DroppedObject): Promise<number | undefined> {
  const { objectType, ifExists } = statement;
  const { name } = object;
  if (name.schema !== undefined && !ddl.backend.catalog().schemaExists(name.schema)) {
    if (!ifExists) throw new DbError('3F000', `schema "${name.schema}" does not exist`);
    ddl.notice(`schema "${name.schema}" does not exist, skipping`);
    return undefined;
  }
  if (relationTypes.has(objectType)) return resolveRelation(ddl, objectType, name, ifExists);
  const skip = (what: string): undefined => {
    ddl.notice(`${what} does not exist, skipping`);
    return undefined;
  };
  switch (objectType) {
    case 'schema': {
      const oid = ddl.backend.catalog().schemaOid(name.name);
      if (oid === undefined) {
        if (ifExists) return skip(`schema "${name.name}"`);
        throw new DbError('3F000', `schema "${name.name}" does not exist`);
      }
      if (oid === SchemaOid.pgCatalog || oid === SchemaOid.informationSchema) throw new DbError('2BP01', `cannot drop schema ${name.name} because it is required by the database system`);
      return oid;
    }
    case 'extension':
      if (ifExists && ddl.draft.find('extension', 0, name.name) === undefined) return skip(`extension "${name.name}"`);
      return extensionByName(ddl, name.name).oid;
    case 'type':
    case 'domain': {
      const type = ddl.backend.catalog().typeByName(name.schema, name.name);
      const owner = type === undefined ? undefined : ddl.draft.ownerOfType(type.oid);
      if (owner === undefined) {
        if (ddl.backend.isBuiltinType(name)) throw new DbError('2BP01', `cannot drop type ${name.name} because it is required by the database system`);
        if (ifExists) return skip(`type "${nameText(name)}"`);
        throw new DbError('42704', `type "${nameText(name)}" does not exist`);
      }
      if (owner.kind !== 'type' || isMultirangeOf(owner, type!.oid)) {
        throw new DbError('2BP01', `cannot drop type ${owner.kind === 'type' ? nameText(name) : displayName(ddl, owner)} because ${describe(ddl, owner)} requires it`, { hint: `You can drop ${describe(ddl, owner)} instead.` });
      }
      if (objectType === 'domain' && owner.detail.kind !== 'domain') throw new DbError('42809', `"${name.name}" is not a domain`);
      return owner.oid;
    }
    case 'function':
    case 'procedure':
    case 'routine': {
      try {
        const found = findFunction(ddl, object, objectType, ifExists);
        if (found?.extension === undefined) return found?.oid;
        throw new DbError('2BP01', `cannot drop ${describe(ddl, found)} because extension ${found.extension.name} requires it`, { hint: `You can drop extension ${found.extension.name} instead.` });
      } catch (error) {
        // A type of its arguments that is not there stands for the function.
        const missing = ifExists && error instanceof DbError && (error.code === '42704' || error.code === '3F000') ? /^(.*) does not exist$/.exec(error.message)?.[1] : undefined;
        if (missing === undefined) throw error;
        return skip(missing);
      }
    }
    default:
      throw notSupported(`DROP ${objectType.toUpperCase()}`, statement.offset);
  }
}

async function resolveRelation(ddl: Ddl, objectType: ObjectType, name: QualifiedName, ifExists: boolean): Promise<number | undefined> {
  let found: RelationRecord | undefined;
  const article = objectType === 'index' ? 'an' : 'a';
  if (ddl.backend.catalog().compositeRecord(name.schema, name.name) !== undefined) {
    throw new DbError('42809', `"${name.name}" is not ${article} ${objectType}`, { hint: 'Use DROP TYPE to remove a type.' });
  }
  for (;;) {
    found = findRelation(ddl.backend, name);
    if (found === undefined) break;
    await ddl.lock(found.kind === 'index' ? found.table : found.oid, 'access exclusive');
    if (findRelation(ddl.backend, name)?.oid === found.oid) break;
  }
  if (found === undefined) {
    if (!ifExists) throw new DbError(objectType === 'index' ? '42704' : '42P01', `${objectType} "${nameText(name)}" does not exist`);
    ddl.notice(`${objectType} "${nameText(name)}" does not exist, skipping`);
    return undefined;
  }
  if (kindWord(found) !== objectType) {
    throw new DbError('42809', `"${found.name}" is not ${article} ${objectType}`, { hint: `Use DROP ${kindWord(found).toUpperCase()} to remove ${kindWord(found) === 'index' ? 'an' : 'a'} ${kindWord(found)}.` });
  }
  if (found.kind === 'index' && found.constraint !== undefined) {
    const table = ddl.draft.get(found.table)!;
    throw new DbError('2BP01', `cannot drop index ${displayName(ddl, found)} because constraint ${found.name} on table ${displayName(ddl, table)} requires it`, {
      hint: `You can drop constraint ${found.name} on table ${displayName(ddl, table)} instead.`,
    });
  }
  if (found.kind === 'sequence' && found.owner?.isIdentity === true) {
    const table = ddl.draft.get(found.owner.table) as TableRecord;
    const column = `column ${table.columns[found.owner.column]!.name} of table ${displayName(ddl, table)}`;
    throw new DbError('2BP01', `cannot drop sequence ${displayName(ddl, found)} because ${column} requires it`, { hint: `You can drop ${column} instead.` });
  }
  return found.oid;
}

/** Everything that goes with `targets`, those that need CASCADE apart. Order: what depends before what it depends on. */
export async function dropTargets(ddl: Ddl, targets: readonly DropTarget[], behavior: DropBehavior, quiet = false): Promise<void> {
  const steps: { readonly dependent: Dependent; readonly on: string }[] = [];
  const seen = new Set<string>();
  for (const target of targets) seen.add(keyOf(target));
  const queue: DropTarget[] = [...targets];
  const automatic: Dependent[] = [];
  for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
    const record = ddl.draft.get(target.oid)!;
    const on = record.kind === 'index' ? `index ${record.name}` : target.column === undefined ? describeDependent(ddl, { kind: 'object', oid: target.oid, automatic: false }) : describeDependent(ddl, { kind: 'column', table: target.oid, column: target.column, automatic: false });
    for (const dependent of [...schemaMembers(ddl, record), ...dependentsOf(ddl, target)]) {
      const key = keyOf(dependent);
      if (seen.has(key)) continue;
      seen.add(key);
      if (dependent.automatic) automatic.push(dependent);
      else steps.push({ dependent, on });
      if (dependent.kind === 'object') queue.push({ oid: dependent.oid });
      else if (dependent.kind === 'column') queue.push({ oid: dependent.table, column: dependent.column });
    }
  }
  // What goes silently with something named here, or with something that goes with that, is no obstacle.
  const dropped = [...targets, ...steps.flatMap(({ dependent }) => (dependent.kind === 'object' ? [{ oid: dependent.oid }] : []))];
  const obstacles = steps.filter(({ dependent }) => !dropped.some((target) => includes(target, dependent)));
  if (obstacles.length > 0 && behavior === 'restrict') throw stillNeeded(ddl, targets, obstacles);
  if (obstacles.length > 0 && !quiet) sayCascade(ddl, obstacles.map(({ dependent }) => describeDependent(ddl, dependent)));
  for (const target of targets) if (target.column === undefined) ddl.markDropping(target.oid);
  for (const { dependent } of steps) if (dependent.kind === 'object') ddl.markDropping(dependent.oid);
  // First what goes silently: the index of a clustered key can be taken off its table only while the table's columns and their types are there.
  for (const dependent of automatic.reverse()) await remove(ddl, dependent);
  for (const { dependent } of [...steps].reverse()) await remove(ddl, dependent);
  for (const target of targets) {
    if (target.column === undefined) await remove(ddl, { kind: 'object', oid: target.oid, automatic: false });
    else await remove(ddl, { kind: 'column', table: target.oid, column: target.column, automatic: false });
  }
}

function keyOf(d: Dependent | DropTarget): string {
  if (!('kind' in d)) return `o${d.oid}:${d.column ?? ''}`;
  switch (d.kind) {
    case 'object':
      return `o${d.oid}:`;
    case 'attribute':
      return `${d.kind}${d.type}:${d.attribute}`;
    case 'column':
    case 'default':
      return `${d.kind}${d.table}:${d.column}`;
    default:
      return `${d.kind}${d.table}:${d.name}`;
  }
}

/** Whether the dependent is part of what is dropped anyway. */
function includes(target: DropTarget, dependent: Dependent): boolean {
  if (dependent.kind === 'attribute') return dependent.type === target.oid;
  if (dependent.kind === 'object' || dependent.table !== target.oid) return false;
  return target.column === undefined || ('column' in dependent && dependent.column === target.column);
}

/** One dependent, with what depends on it. */
async function dropPart(ddl: Ddl, part: Dependent): Promise<void> {
  if (part.kind === 'object') await dropTargets(ddl, [{ oid: part.oid }], 'cascade');
  else if (part.kind === 'column') await dropTargets(ddl, [{ oid: part.table, column: part.column }], 'cascade');
  else await remove(ddl, part);
}

/** A schema's contents depend on it. */
function schemaMembers(ddl: Ddl, record: CatalogRecord): Dependent[] {
  if (record.kind !== 'schema') return [];
  const members: Dependent[] = [];
  for (const other of ddl.draft.all()) {
    // What came with an extension goes with it.
    if (other.kind === 'function' && other.extension !== undefined) continue;
    if ((other.kind === 'extension' ? other.home : schemaOf(other)) !== record.oid) continue;
    members.push({ kind: 'object', oid: other.oid, automatic: other.kind === 'index' || (other.kind === 'sequence' && other.owner !== undefined) });
  }
  return members;
}

function stillNeeded(ddl: Ddl, targets: readonly DropTarget[], obstacles: readonly { readonly dependent: Dependent; readonly on: string }[]): DbError {
  const only = targets.length === 1 ? targets[0]! : undefined;
  const what = only === undefined ? 'desired object(s)' : only.column === undefined ? describeDependent(ddl, { kind: 'object', oid: only.oid, automatic: false }) : describeDependent(ddl, { kind: 'column', table: only.oid, column: only.column, automatic: false });
  return new DbError('2BP01', `cannot drop ${what} because other objects depend on ${only === undefined ? 'them' : 'it'}`, {
    detail: obstacles.map(({ dependent, on }) => `${describeDependent(ddl, dependent)} depends on ${on}`).join('\n'),
    hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
  });
}

function sayCascade(ddl: Ddl, names: readonly string[]): void {
  if (names.length === 1) ddl.notice(`drop cascades to ${names[0]!}`);
  else ddl.notice(`drop cascades to ${names.length} other objects`, '00000', names.map((name) => `drop cascades to ${name}`).join('\n'));
}

async function remove(ddl: Ddl, dependent: Dependent): Promise<void> {
  const { draft } = ddl;
  switch (dependent.kind) {
    case 'object': {
      const record = draft.get(dependent.oid);
      if (record !== undefined) await removeObject(ddl, record);
      return;
    }
    case 'foreignKey': {
      const table = draft.get(dependent.table) as TableRecord | undefined;
      if (table === undefined) return;
      await ddl.lock(table.oid, 'access exclusive');
      draft.put({ ...table, foreignKeys: table.foreignKeys.filter((key) => key.name !== dependent.name) });
      return;
    }
    case 'check': {
      const table = draft.get(dependent.table) as TableRecord | undefined;
      if (table !== undefined) draft.put({ ...table, checks: table.checks.filter((check) => check.name !== dependent.name) });
      return;
    }
    case 'default': {
      const table = draft.get(dependent.table) as TableRecord | undefined;
      if (table === undefined) return;
      await ddl.lock(table.oid, 'access exclusive');
      draft.put({ ...table, columns: table.columns.map((column, i) => (i === dependent.column ? { ...column, default: undefined, sequence: undefined } : column)) });
      return;
    }
    case 'column': {
      const table = draft.get(dependent.table) as TableRecord | undefined;
      if (table === undefined) return;
      await ddl.lock(table.oid, 'access exclusive');
      const columns = table.columns.map((column, i) => (i === dependent.column ? { ...column, ...keptShape(ddl, column), isDropped: true, notNull: false, default: undefined, generated: undefined, sequence: undefined, name: `........pg.dropped.${i + 1}........` } : column));
      reprintViews(ddl.backend, isReading(table.oid), () => draft.put({ ...table, columns }));
      return;
    }
    case 'attribute': {
      const type = draft.get(dependent.type) as CompositeRecord | undefined;
      if (type !== undefined) await dropAttribute(ddl, type, dependent.attribute, 'cascade');
      return;
    }
  }
}

/**
 * An attribute of a composite type goes, and under CASCADE the views, checks, indexes and generated columns that read it. Values keep its place (base/value-code.ts).
 * @throws DbError 2BP01 when something reads it, 0A000 when an index has values of the type
 */
export async function dropAttribute(ddl: Ddl, type: CompositeRecord, at: number, behavior: DropBehavior): Promise<void> {
  refuseWhereKey(ddl, type.oid, `type "${type.name}"`);
  const { attributes } = type.detail;
  const gone = { name: `........pg.dropped.${at + 1}........`, type: TypeOid.text, typmod: -1, isDropped: true };
  ddl.draft.put({ ...type, detail: { kind: 'composite', attributes: attributes.map((a, i) => (i === at ? gone : a)) } });
  const readers = unboundViews(ddl.backend);
  const others = unboundParts(ddl, type.oid);
  if (readers.length === 0 && others.length === 0) return;
  if (behavior === 'cascade') {
    for (const part of others) await dropPart(ddl, part);
    return dropTargets(ddl, readers.map(({ oid }) => ({ oid })), 'cascade');
  }
  const column = `column ${attributes[at]!.name} of composite type ${displayName(ddl, type)}`;
  const shown = (view: (typeof readers)[number]): string => `${view.kind === 'view' ? 'view' : 'materialized view'} ${displayName(ddl, view)}`;
  const details = readers.map((view) => {
    const below = readers.find((other) => isReading(other.oid)(view));
    return `${shown(view)} depends on ${below === undefined ? column : shown(below)}`;
  });
  for (const part of others) details.push(`${describeDependent(ddl, part)} depends on ${column}`);
  throw new DbError('2BP01', `cannot drop ${column} because other objects depend on it`, {
    detail: details.join('\n'),
    hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
  });
}

/**
 * A dropped column keeps its place in rows that are there, though its type may be dropped too: it takes a built-in type of the same shape.
 */
function keptShape(ddl: Ddl, column: ColumnRecord): Pick<ColumnRecord, 'type' | 'typmod'> {
  const { types } = ddl.backend.definitions();
  const base = baseTypeOf(sqlType(column.type, column.typmod), types);
  if (base.oid < FirstUserOid) return { type: base.oid, typmod: base.typmod };
  return { type: typeInfo(base.oid, types).storage === 'enum' ? TypeOid.oid : TypeOid.text, typmod: -1 };
}

async function removeObject(ddl: Ddl, record: CatalogRecord): Promise<void> {
  const { draft, tx } = ddl;
  if (record.kind === 'table' || record.kind === 'view' || record.kind === 'sequence') await ddl.lock(record.oid, 'access exclusive');
  if (record.kind === 'table') {
    ddl.refuseInUse([record], 'DROP TABLE');
    tx.dropTree(treeId(record.tree), 'removed');
    const { executorEnv } = ddl.backend.instance;
    executorEnv.rowIds.forget(treeId(record.tree));
    executorEnv.tableChanges.forget(record.oid);
  }
  if (record.kind === 'index') {
    const table = draft.get(record.table) as TableRecord | undefined;
    if (table !== undefined) await ddl.lock(table.oid, 'access exclusive');
    if (table?.clusteredBy === record.oid) await uncluster(ddl, table, record);
    else tx.dropTree(treeId(record.tree), table === undefined || ddl.isDropping(table.oid) ? 'removed' : versionedTree(ddl, table));
  }
  draft.drop(record.oid);
}

/** A clustered primary key goes but its table stays: rows move to a tree by hidden row ids. */
async function uncluster(ddl: Ddl, table: TableRecord, index: IndexRecord): Promise<void> {
  if (ddl.isDropping(table.oid)) return;
  const old = { table, indexes: ddl.draft.indexesOf(table.oid), definition: tableDef(ddl, table.oid) };
  ddl.draft.drop(index.oid);
  ddl.draft.put({ ...table, clusteredBy: undefined });
  await rewriteInto(ddl, table.oid, old, (row) => row);
}
