/** CREATE SCHEMA, with the objects it may bring along. */
import { DbError } from '../../base/errors.js';
import type { CreateSchema, QualifiedName, Statement } from '../../parser/ast.js';
import type { Ddl } from './ddl.js';
import { reservedSchemaName } from './rename.js';

export async function createSchema(ddl: Ddl, statement: CreateSchema, run: (inner: Statement) => Promise<unknown>): Promise<void> {
  const name = statement.name ?? statement.authorization ?? ddl.backend.user;
  if (ddl.draft.find('schema', 0, name) !== undefined) {
    if (!statement.ifNotExists) throw new DbError('42P06', `schema "${name}" already exists`);
    ddl.notice(`schema "${name}" already exists, skipping`, '42P06');
    return;
  }
  if (name.startsWith('pg_')) throw reservedSchemaName(name);
  ddl.draft.put({ kind: 'schema', oid: ddl.newOid(), name });
  for (const element of statement.elements) await run(inSchema(element, name));
}

/** Elements without a schema belong to the new one. */
function inSchema(statement: Statement, schema: string): Statement {
  if (!('name' in statement) || typeof statement.name !== 'object') return statement;
  const name = statement.name as QualifiedName;
  if (name.schema !== undefined && name.schema !== schema) throw new DbError('42P15', `CREATE specifies a schema (${name.schema}) different from the one being created (${schema})`);
  return { ...statement, name: { ...name, schema } } as Statement;
}
