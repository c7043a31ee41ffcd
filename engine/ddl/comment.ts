/** COMMENT ON. */
import { DbError, notSupported } from '../../base/errors.js';
import type { Comment, QualifiedName } from '../../parser/ast.js';
import { kindWord, type IndexRecord, type TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { extensionByName } from './extensions.js';
import { findFunction } from './functions.js';
import { notA, schemaByName } from './names.js';
import { userType } from './rename.js';

export async function comment(ddl: Ddl, statement: Comment): Promise<void> {
  const { draft } = ddl;
  const text = statement.text === '' ? undefined : statement.text;
  switch (statement.objectType) {
    case 'table':
    case 'view':
    case 'materialized view':
    case 'index':
    case 'sequence': {
      const found = await ddl.lockRelation(statement.name, 'share update exclusive');
      if (kindWord(found) !== statement.objectType) throw notA(found, statement.objectType);
      draft.put({ ...found, comment: text });
      return;
    }
    case 'column':
      return commentOnColumn(ddl, statement.name, statement.part!, text, statement.offset);
    case 'constraint': {
      const found = await ddl.lockRelation(statement.name, 'share update exclusive');
      if (found.kind !== 'table') throw notA(found, 'table');
      const index = draft.indexesOf(found.oid).find((candidate) => candidate.constraint !== undefined && candidate.name === statement.part);
      if (index?.constraint !== undefined) {
        draft.put({ ...index, constraint: { ...index.constraint, comment: text } });
        return;
      }
      if (![...found.checks, ...found.foreignKeys].some((c) => c.name === statement.part)) throw new DbError('42704', `constraint "${statement.part!}" for table "${found.name}" does not exist`);
      draft.put({
        ...found, checks: found.checks.map((c) => (c.name === statement.part ? { ...c, comment: text } : c)), foreignKeys: found.foreignKeys.map((k) => (k.name === statement.part ? { ...k, comment: text } : k)),
      });
      return;
    }
    case 'schema':
      draft.put({ ...schemaByName(ddl.backend, statement.name.name, statement.name.offset), comment: text });
      return;
    case 'extension':
      draft.put({ ...extensionByName(ddl, statement.name.name), comment: text });
      return;
    case 'type':
    case 'domain':
      draft.put({ ...userType(ddl, statement.name), comment: text });
      return;
    case 'function':
    case 'procedure':
    case 'routine':
      draft.put({ ...findFunction(ddl, { name: statement.name, args: statement.args }, statement.objectType, false)!, comment: text });
      return;
    case 'database':
      return;
    default:
      throw notSupported(`COMMENT ON ${statement.objectType.toUpperCase()}`, statement.offset);
  }
}

type NamedColumns = readonly { readonly name: string; readonly isDropped?: boolean | undefined }[];
const sequenceColumns: NamedColumns = [{ name: 'last_value' }, { name: 'log_cnt' }, { name: 'is_called' }];

/** A column of a table or view, or an attribute of a composite type; of what else has columns it is first seen whether there is such a one. */
async function commentOnColumn(ddl: Ddl, name: QualifiedName, part: string, comment: string | undefined, offset: number): Promise<void> {
  const { draft } = ddl;
  const change = <T extends { readonly name: string }>(columns: readonly T[]): T[] => columns.map((column) => (column.name === part ? { ...column, comment } : column));
  const require = (columns: NamedColumns, of: string): void => {
    if (!columns.some((column) => column.name === part && column.isDropped !== true)) throw new DbError('42703', `column "${part}" of relation "${of}" does not exist`, { offset });
  };
  const type = ddl.backend.catalog().typeByName(name.schema, name.name);
  const owner = type === undefined ? undefined : draft.ownerOfType(type.oid);
  if (owner?.kind === 'type' && owner.detail.kind === 'composite') {
    require(owner.detail.attributes, owner.name);
    draft.put({ ...owner, detail: { ...owner.detail, attributes: change(owner.detail.attributes) } });
    return;
  }
  const found = await ddl.lockRelation(name, 'share update exclusive');
  require(found.kind === 'sequence' ? sequenceColumns : found.kind === 'index' ? indexColumns(found, draft.get(found.table) as TableRecord) : found.columns, found.name);
  if (found.kind === 'table') draft.put({ ...found, columns: change(found.columns) });
  else if (found.kind === 'view') draft.put({ ...found, columns: change(found.columns) });
  else throw new DbError('42809', `cannot set comment on relation "${found.name}"`, { detail: `This operation is not supported for ${found.kind === 'index' ? 'indexes' : 'sequences'}.` });
}

const indexColumns = ({ columns, include }: IndexRecord, table: TableRecord): NamedColumns =>
  [...columns.map(({ column }) => column), ...include].flatMap((column) => (column === undefined ? [] : [{ name: table.columns[column]!.name }]));
