/**
 * ALTER ... RENAME and SET SCHEMA. Records refer to one another by oid, so a rename is a change of one record; what else has to follow is text that
 * names the thing: checks, defaults, index expressions of the table, and the queries of views.
 */
import { DbError, notSupported } from '../../base/errors.js';
import { FirstUserOid } from '../../base/types.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression, printQuery } from '../../parser/print.js';
import type { Expression, Query, Rename, SetSchema } from '../../parser/ast.js';
import type { CatalogRecord, IndexRecord, SchemaRecord, StatisticsRecord, TableRecord, TypeRecord, ViewRecord } from '../catalog-objects.js';
import { kindWord } from '../catalog-objects.js';
import { parseQuery } from '../catalog-view.js';
import type { Ddl } from './ddl.js';
import { mapExpression } from './expressions.js';
import { findFunction } from './functions.js';
import { checkRelationName, columnIndex, nameText, schemaByName } from './names.js';

export async function rename(ddl: Ddl, statement: Rename): Promise<void> {
  switch (statement.objectType) {
    case 'table':
    case 'view':
    case 'materialized view':
    case 'index':
    case 'sequence':
      return renameRelation(ddl, statement);
    case 'column':
      return renameColumn(ddl, statement);
    case 'constraint':
      return renameConstraint(ddl, statement);
    case 'schema': {
      const schema = schemaByName(ddl.backend, statement.name.name);
      if (schema.oid < FirstUserOid && schema.name !== 'public') throw new DbError('42501', `permission denied for schema ${schema.name}`);
      if (ddl.draft.find('schema', 0, statement.newName) !== undefined) throw new DbError('42P06', `schema "${statement.newName}" already exists`);
      if (statement.newName.startsWith('pg_')) throw reservedSchemaName(statement.newName);
      renameSchemaInViews(ddl, schema.name, statement.newName);
      ddl.draft.put({ ...schema, name: statement.newName });
      return;
    }
    case 'type':
    case 'domain': {
      const type = userType(ddl, statement.name);
      if (ddl.draft.find('type', type.schema, statement.newName) !== undefined) throw new DbError('42710', `type "${statement.newName}" already exists`);
      ddl.draft.put({ ...type, name: statement.newName });
      return;
    }
    case 'enum value': {
      const type = userType(ddl, statement.name);
      if (type.detail.kind !== 'enum') throw new DbError('42809', `${type.name} is not an enum`);
      if (!type.detail.labels.some((label) => label.label === statement.part)) throw new DbError('22023', `"${statement.part!}" is not an existing enum label`);
      if (type.detail.labels.some((label) => label.label === statement.newName)) throw new DbError('42710', `enum label "${statement.newName}" already exists`);
      ddl.draft.put({ ...type, detail: { ...type.detail, labels: type.detail.labels.map((label) => (label.label === statement.part ? { ...label, label: statement.newName } : label)) } });
      return;
    }
    case 'attribute': {
      const type = userType(ddl, statement.name);
      if (type.detail.kind !== 'composite') throw new DbError('42809', `"${type.name}" is not a composite type`);
      const { attributes } = type.detail;
      if (!attributes.some((a) => a.name === statement.part && a.isDropped !== true)) throw new DbError('42703', `column "${statement.part!}" does not exist`);
      if (attributes.some((a) => a.name === statement.newName && a.isDropped !== true)) throw new DbError('42701', `column "${statement.newName}" of relation "${type.name}" already exists`);
      ddl.draft.put({ ...type, detail: { ...type.detail, attributes: attributes.map((a) => (a.name === statement.part ? { ...a, name: statement.newName } : a)) } });
      return;
    }
    case 'domain constraint': {
      const type = userType(ddl, statement.name);
      if (type.detail.kind !== 'domain' || !type.detail.checks.some((c) => c.name === statement.part)) throw new DbError('42704', `constraint "${statement.part!}" for domain ${type.name} does not exist`);
      ddl.draft.put({ ...type, detail: { ...type.detail, checks: type.detail.checks.map((c) => (c.name === statement.part ? { ...c, name: statement.newName } : c)) } });
      return;
    }
    case 'function':
    case 'procedure':
    case 'routine': {
      const found = findFunction(ddl, { name: statement.name, args: statement.args }, statement.objectType, false)!;
      ddl.draft.put({ ...found, name: statement.newName });
      return;
    }
    default:
      throw notSupported(`ALTER ${statement.objectType.toUpperCase()} RENAME`, statement.offset);
  }
}

export function reservedSchemaName(name: string): DbError {
  return new DbError('42939', `unacceptable schema name "${name}"`, { detail: 'The prefix "pg_" is reserved for system schemas.' });
}

export function userType(ddl: Ddl, name: { readonly schema: string | undefined; readonly name: string; readonly offset: number; readonly catalog: string | undefined }): TypeRecord {
  const type = ddl.backend.catalog().typeByName(name.schema, name.name);
  const owner = type === undefined ? undefined : ddl.draft.ownerOfType(type.oid);
  if (owner === undefined) throw new DbError('42704', `type "${nameText(name)}" does not exist`);
  if (owner.kind !== 'type') throw new DbError('42809', `${name.name} is a table's row type`, { hint: 'Use ALTER TABLE instead.' });
  return owner;
}

async function renameRelation(ddl: Ddl, statement: Rename): Promise<void> {
  const found = await ddl.lockNamed(statement.name, 'access exclusive');
  if (found === undefined) {
    if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`);
    ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
    return;
  }
  const word = kindWord(found);
  // ALTER TABLE serves every kind, as in PostgreSQL, and so does ALTER INDEX here.
  if (statement.objectType !== 'table' && statement.objectType !== 'index' && word !== statement.objectType) throw new DbError('42809', `"${found.name}" is not ${/^[aeiou]/.test(statement.objectType) ? 'an' : 'a'} ${statement.objectType}`);
  checkRelationName(ddl.backend, found.schema, statement.newName);
  if (found.kind === 'table' || found.kind === 'view') renameInViews(ddl, found.oid, found.name, statement.newName);
  ddl.draft.put({ ...found, name: statement.newName });
}

async function renameColumn(ddl: Ddl, statement: Rename): Promise<void> {
  const found = await ddl.lockNamed(statement.name, 'access exclusive');
  if (found === undefined) {
    if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`);
    ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
    return;
  }
  const from = statement.part!;
  const to = statement.newName;
  if (found.kind === 'view') {
    const position = found.columns.findIndex((column) => column.name === from);
    if (position < 0) throw new DbError('42703', `column "${from}" does not exist`);
    if (found.columns.some((column) => column.name === to)) throw new DbError('42701', `column "${to}" of relation "${found.name}" already exists`);
    renameColumnInViews(ddl, found.oid, position, from, to);
    ddl.draft.put({ ...found, columns: found.columns.map((column, i) => (i === position ? { ...column, name: to } : column)) });
    return;
  }
  if (found.kind !== 'table') throw new DbError('42809', `cannot rename columns of relation "${found.name}"`);
  const position = columnIndex(found, from);
  if (position < 0) throw new DbError('42703', `column "${from}" does not exist`);
  if (columnIndex(found, to) >= 0) throw new DbError('42701', `column "${to}" of relation "${found.name}" already exists`);
  renameColumnInViews(ddl, found.oid, position, from, to);
  ddl.draft.put({
    ...found,
    columns: found.columns.map((column, i) => ({
      ...column, name: i === position ? to : column.name,
      default: column.generated === 'stored' && column.default !== undefined ? renameInText(column.default, found.name, from, to) : column.default,
    })),
    checks: found.checks.map((check) => ({ ...check, expression: renameInText(check.expression, found.name, from, to) })),
  });
  for (const index of ddl.draft.indexesOf(found.oid)) {
    const next: IndexRecord = {
      ...index, predicate: index.predicate === undefined ? undefined : renameInText(index.predicate, found.name, from, to),
      columns: index.columns.map((column) => (column.expression === undefined ? column : { ...column, expression: renameInText(column.expression, found.name, from, to) })),
    };
    if (JSON.stringify(next) !== JSON.stringify(index)) ddl.draft.put(next);
  }
}

/** A column's name in an expression over its own table. */
function renameInText(text: string, table: string, from: string, to: string): string {
  return printExpression(mapExpression(parseExpression(text), (e) => (isRefTo(e, [table], from) ? { ...e, parts: [...e.parts.slice(0, -1), to] } : e)));
}
function isRefTo(e: Expression, aliases: readonly string[], column: string): e is Extract<Expression, { kind: 'columnRef' }> {
  return e.kind === 'columnRef' && e.parts.at(-1) === column && (e.parts.length === 1 || aliases.includes(e.parts.at(-2)!));
}

// ---------------------------------------------------------------------------------------------------------------- views

function* viewsOn(ddl: Ddl, relation: number): Iterable<{ readonly record: ViewRecord | TableRecord; readonly query: string; put(query: string): void }> {
  for (const record of [...ddl.draft.all()]) {
    if (record.kind === 'view' && record.references.some((r) => r.oid === relation)) yield { record, query: record.query, put: (query) => ddl.draft.put({ ...record, query }) };
    if (record.kind === 'table' && record.view?.references.some((r) => r.oid === relation) === true) {
      const { view } = record;
      yield { record, query: view.query, put: (query) => ddl.draft.put({ ...record, view: { ...view, query } }) };
    }
  }
}

/** Queries of views name the table anew and keep calling it by its old name, which their columns are qualified with. */
function renameInViews(ddl: Ddl, relation: number, from: string, to: string): void {
  for (const view of viewsOn(ddl, relation)) {
    view.put(
      rewriteQuery(view.query, (node) => {
        if (node['kind'] !== 'tableRef') return node;
        const name = node['name'] as { readonly name: string };
        if (name.name !== from) return node;
        return { ...node, name: { ...name, name: to }, alias: node['alias'] ?? { name: from, columns: [], offset: -1 } };
      }),
    );
  }
}
/** Queries of views name the table by its new schema. */
function moveInViews(ddl: Ddl, relation: number, name: string, from: string, to: string): void {
  for (const view of viewsOn(ddl, relation)) {
    view.put(
      rewriteQuery(view.query, (node) => {
        const named = node['name'] as { readonly name: string; readonly schema?: string } | undefined;
        return node['kind'] === 'tableRef' && named?.name === name && named.schema === from ? { ...node, name: { ...named, schema: to } } : node;
      }),
    );
  }
}
function renameSchemaInViews(ddl: Ddl, from: string, to: string): void {
  for (const record of [...ddl.draft.all()]) {
    const before = record.kind === 'view' ? record.query : record.kind === 'table' ? record.view?.query : undefined;
    if (before === undefined) continue;
    const query = rewriteQuery(before, (node) => {
      const name = node['name'] as { readonly schema?: string } | undefined;
      return typeof name === 'object' && name.schema === from ? { ...node, name: { ...name, schema: to } } : node;
    });
    if (query === before) continue;
    if (record.kind === 'view') ddl.draft.put({ ...record, query });
    else if (record.kind === 'table' && record.view !== undefined) ddl.draft.put({ ...record, view: { ...record.view, query } });
  }
}

/** In views over the relation: the column's references change; a label that came from the name stays by an alias. */
function renameColumnInViews(ddl: Ddl, relation: number, position: number, from: string, to: string): void {
  const target = ddl.draft.get(relation) as TableRecord | ViewRecord;
  for (const view of viewsOn(ddl, relation)) {
    if (!referencesColumn(view.record, relation, position)) continue;
    const aliases = [target.name, ...aliasesOf(view.query, target.name)];
    view.put(
      rewriteQuery(view.query, (node) => {
        if (Array.isArray(node['targets'])) {
          // Where a target shows the column under its own name, the label must stay.
          const targets = (node['targets'] as { expression: Expression; alias: string | undefined }[]).map((t) => (t.alias === undefined && isRefTo(t.expression, aliases, to) ? { ...t, alias: from } : t));
          return { ...node, targets };
        }
        return isRefTo(node as unknown as Expression, aliases, from) ? { ...node, parts: [...(node['parts'] as string[]).slice(0, -1), to] } : node;
      }),
    );
  }
}
function referencesColumn(record: ViewRecord | TableRecord, relation: number, position: number): boolean {
  const references = record.kind === 'view' ? record.references : (record.view?.references ?? []);
  return references.some((r) => r.oid === relation && (r.column === position || r.column === undefined));
}
function aliasesOf(query: string, table: string): string[] {
  const found: string[] = [];
  rewriteQuery(query, (node) => {
    if (node['kind'] === 'tableRef' && (node['name'] as { name: string }).name === table) {
      const alias = node['alias'] as { name: string } | undefined;
      if (alias !== undefined) found.push(alias.name);
    }
    return node;
  });
  return found;
}

type Node = Readonly<Record<string, unknown>>;
function rewriteQuery(query: string, change: (node: Node) => Node): string {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return change(Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)])));
  };
  return printQuery(walk(parseQuery(query)) as Query);
}

// ---------------------------------------------------------------------------------------------------------------- constraints, schemas

async function renameConstraint(ddl: Ddl, statement: Rename): Promise<void> {
  const found = await ddl.lockNamed(statement.name, 'access exclusive');
  if (found === undefined) {
    if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`);
    ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
    return;
  }
  if (found.kind !== 'table') throw new DbError('42809', `"${found.name}" is not a table`);
  const from = statement.part!;
  const to = statement.newName;
  const index = ddl.draft.indexesOf(found.oid).find((candidate) => candidate.constraint !== undefined && candidate.name === from);
  if (index !== undefined) {
    checkRelationName(ddl.backend, index.schema, to);
    ddl.draft.put({ ...index, name: to });
    return;
  }
  const exists = [...found.checks, ...found.foreignKeys].some((c) => c.name === from);
  if (!exists) throw new DbError('42704', `constraint "${from}" for table "${found.name}" does not exist`);
  if ([...found.checks, ...found.foreignKeys].some((c) => c.name === to)) throw new DbError('42710', `constraint "${to}" for relation "${found.name}" already exists`);
  ddl.draft.put({
    ...found, checks: found.checks.map((c) => (c.name === from ? { ...c, name: to } : c)), foreignKeys: found.foreignKeys.map((k) => (k.name === from ? { ...k, name: to } : k)),
  });
}

export async function setSchema(ddl: Ddl, statement: SetSchema): Promise<void> {
  // The new schema is looked for when there is something to move.
  const newSchema = (): SchemaRecord => schemaByName(ddl.backend, statement.schema);
  const { objectType } = statement;
  let moved: Exclude<CatalogRecord, SchemaRecord | StatisticsRecord>;
  if (objectType === 'type' || objectType === 'domain') moved = userType(ddl, statement.name);
  else if (objectType === 'function' || objectType === 'procedure' || objectType === 'routine') moved = findFunction(ddl, { name: statement.name, args: statement.args }, objectType, false)!;
  else {
    const found = await ddl.lockNamed(statement.name, 'access exclusive');
    if (found === undefined) {
      if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`);
      ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
      return;
    }
    checkRelationName(ddl.backend, newSchema().oid, found.name);
    moved = found;
  }
  const schema = newSchema();
  ddl.draft.put({ ...moved, schema: schema.oid });
  if (moved.kind === 'table' || moved.kind === 'view') moveInViews(ddl, moved.oid, moved.name, ddl.backend.definitions().schemaName(moved.schema), statement.schema);
  if (moved.kind !== 'table') return;
  for (const index of ddl.draft.indexesOf(moved.oid)) ddl.draft.put({ ...index, schema: schema.oid });
  for (const other of [...ddl.draft.all()]) if (other.kind === 'sequence' && other.owner?.table === moved.oid) ddl.draft.put({ ...other, schema: schema.oid });
}

