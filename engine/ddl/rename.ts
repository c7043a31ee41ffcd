/**
 * ALTER ... RENAME and SET SCHEMA. Records refer to one another by oid, so a rename is a change of one record; what else has to follow is text that
 * names the thing: checks, defaults, index expressions of the table, and the queries of views.
 */
import { DbError, notSupported } from '../../base/errors.js';
import { FirstUserOid } from '../../base/types.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import type { Expression, Rename, SetSchema } from '../../parser/ast.js';
import { mapExpression } from '../../parser/map-expression.js';
import type { FunctionRecord, IndexRecord, RelationRecord, SchemaRecord, TableRecord, TypeRecord } from '../catalog/catalog-objects.js';
import { SchemaOid, kindWord } from '../catalog/catalog-objects.js';
import { mapStoredExpressions } from '../catalog/stored-expressions.js';
import { followNames } from '../catalog/stored-names.js';
import { withLabel } from '../catalog/stored-text.js';
import { isReading, reprintViews } from '../catalog/view-definition.js';
import type { Ddl } from './ddl.js';
import { moveExtension } from './extensions.js';
import { findFunction, refuseTaken } from './functions.js';
import { checkRelationName, columnIndex, isMultirangeOf, nameText, schemaByName } from './names.js';

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
      if (schema.oid < FirstUserOid && schema.oid !== SchemaOid.public) throw new DbError('42501', `permission denied for schema ${schema.name}`);
      if (ddl.draft.find('schema', 0, statement.newName) !== undefined) throw new DbError('42P06', `schema "${statement.newName}" already exists`);
      if (statement.newName.startsWith('pg_')) throw reservedSchemaName(statement.newName);
      followNames(ddl.backend, allViews, () => ddl.draft.put({ ...schema, name: statement.newName }));
      return;
    }
    case 'type':
    case 'domain': {
      const type = userType(ddl, statement.name);
      if (ddl.draft.find('type', type.schema, statement.newName) !== undefined || ddl.draft.rangeOfMultirange(type.schema, statement.newName) !== undefined) throw new DbError('42710', `type "${statement.newName}" already exists`);
      followNames(ddl.backend, allViews, () => ddl.draft.put({ ...type, name: statement.newName }));
      return;
    }
    case 'enum value': {
      const type = userType(ddl, statement.name);
      if (type.detail.kind !== 'enum') throw new DbError('42809', `${type.name} is not an enum`);
      if (!type.detail.labels.some((label) => label.label === statement.part)) throw new DbError('22023', `"${statement.part!}" is not an existing enum label`);
      if (type.detail.labels.some((label) => label.label === statement.newName)) throw new DbError('42710', `enum label "${statement.newName}" already exists`);
      return renameLabel(ddl, type, type.detail, statement.part!, statement.newName);
    }
    case 'attribute': {
      const type = userType(ddl, statement.name);
      if (type.detail.kind !== 'composite') throw new DbError('42809', `"${type.name}" is not a composite type`);
      const { attributes } = type.detail;
      if (!attributes.some((a) => a.name === statement.part && a.isDropped !== true)) throw new DbError('42703', `column "${statement.part!}" does not exist`);
      if (attributes.some((a) => a.name === statement.newName && a.isDropped !== true)) throw new DbError('42701', `column "${statement.newName}" of relation "${type.name}" already exists`);
      const { detail } = type;
      reprintViews(ddl.backend, allViews, () => ddl.draft.put({ ...type, detail: { ...detail, attributes: attributes.map((a) => (a.name === statement.part ? { ...a, name: statement.newName } : a)) } }));
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
      refuseTaken(ddl, found, found.schema, statement.newName);
      followNames(ddl.backend, isReading(found.oid), () => ddl.draft.put({ ...found, name: statement.newName }));
      return;
    }
    default:
      throw notSupported(`ALTER ${statement.objectType.toUpperCase()} RENAME`, statement.offset);
  }
}

/** Texts that the catalog keeps have labels as literals. */
function renameLabel(ddl: Ddl, type: TypeRecord, detail: Extract<TypeRecord['detail'], { kind: 'enum' }>, from: string, to: string): void {
  const { backend, draft } = ddl;
  const changed = [...draft.all()].map((record) => mapStoredExpressions(backend, record, (text, over) => withLabel(backend, text, over, type.oid, from, to)));
  reprintViews(
    backend, allViews,
    () => {
      for (const record of changed) if (record !== draft.get(record.oid)) draft.put(record);
      draft.put({ ...type, detail: { ...detail, labels: detail.labels.map((label) => (label.label === from ? { ...label, label: to } : label)) } });
    },
    { type: type.oid, from, to },
  );
}

export function reservedSchemaName(name: string): DbError {
  return new DbError('42939', `unacceptable schema name "${name}"`, { detail: 'The prefix "pg_" is reserved for system schemas.' });
}

export function userType(ddl: Ddl, name: { readonly schema: string | undefined; readonly name: string; readonly offset: number; readonly catalog: string | undefined }): TypeRecord {
  const type = ddl.backend.catalog().typeByName(name.schema, name.name);
  const owner = type === undefined ? undefined : ddl.draft.ownerOfType(type.oid);
  if (owner === undefined) throw new DbError('42704', `type "${nameText(name)}" does not exist`);
  if (owner.kind !== 'type') throw new DbError('42809', `${name.name} is a table's row type`, { hint: 'Use ALTER TABLE instead.' });
  if (isMultirangeOf(owner, type!.oid)) throw notSupported('altering a multirange type', name.offset);
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
  followNames(ddl.backend, isReading(found.oid), () => ddl.draft.put({ ...found, name: statement.newName }));
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
    const columns = found.columns.map((column, i) => (i === position ? { ...column, name: to } : column));
    reprintViews(ddl.backend, (record) => record.oid === found.oid || isReading(found.oid)(record), () => ddl.draft.put({ ...found, columns }));
    return;
  }
  if (found.kind !== 'table') throw new DbError('42809', `cannot rename columns of relation "${found.name}"`);
  const position = columnIndex(found, from);
  if (position < 0) throw new DbError('42703', `column "${from}" does not exist`);
  if (columnIndex(found, to) >= 0) throw new DbError('42701', `column "${to}" of relation "${found.name}" already exists`);
  const renamed: TableRecord = {
    ...found,
    columns: found.columns.map((column, i) => ({
      ...column, name: i === position ? to : column.name,
      default: column.generated === 'stored' && column.default !== undefined ? renameInText(column.default, found.name, from, to) : column.default,
    })),
    checks: found.checks.map((check) => ({ ...check, expression: renameInText(check.expression, found.name, from, to) })),
  };
  reprintViews(ddl.backend, (record) => record.oid === found.oid || isReading(found.oid)(record), () => ddl.draft.put(renamed));
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

/** Types and schemas are not among the references of views. */
const allViews = (): boolean => true;

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
  if (objectType === 'extension') return moveExtension(ddl, statement);
  let moved: TypeRecord | FunctionRecord | RelationRecord;
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
  if (schema.oid === moved.schema) return;
  if (moved.kind === 'function') refuseTaken(ddl, moved, schema.oid, moved.name);
  followNames(ddl.backend, moved.kind === 'type' ? allViews : isReading(moved.oid), () => ddl.draft.put({ ...moved, schema: schema.oid }));
  if (moved.kind !== 'table') return;
  for (const index of ddl.draft.indexesOf(moved.oid)) ddl.draft.put({ ...index, schema: schema.oid });
  for (const other of [...ddl.draft.all()]) if (other.kind === 'sequence' && other.owner?.table === moved.oid) ddl.draft.put({ ...other, schema: schema.oid });
}
