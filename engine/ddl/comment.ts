/** COMMENT ON. */
import { DbError, notSupported } from '../../base/errors.js';
import type { Comment } from '../../parser/ast.js';
import { kindWord } from '../catalog-objects.js';
import type { Ddl } from './ddl.js';
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
    case 'column': {
      const found = await ddl.lockRelation(statement.name, 'share update exclusive');
      if (found.kind !== 'table' && found.kind !== 'view') throw new DbError('42809', `"${found.name}" is not a table, view, composite type, or foreign table`);
      const has = (found.columns as readonly { readonly name: string; readonly isDropped?: boolean }[]).some((column) => column.name === statement.part && column.isDropped !== true);
      if (!has) throw new DbError('42703', `column "${statement.part!}" of relation "${found.name}" does not exist`, { offset: statement.offset });
      if (found.kind === 'table') draft.put({ ...found, columns: found.columns.map((column) => (column.name === statement.part ? { ...column, comment: text } : column)) });
      else draft.put({ ...found, columns: found.columns.map((column) => (column.name === statement.part ? { ...column, comment: text } : column)) });
      return;
    }
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
