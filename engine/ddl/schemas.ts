/** CREATE SCHEMA, with the objects it may bring along. */
import { DbError } from '../../base/errors.js';
import type { CreateSchema, QualifiedName, Statement } from '../../parser/ast.js';
import { quoteIdentifier } from '../../parser/print-names.js';
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
  const { settings } = ddl.backend;
  const before = settings.mark();
  const path = settings.get('search_path')!;
  // What the elements name is looked for in the new schema first.
  settings.set('search_path', `${quoteIdentifier(name)}${path === '' ? '' : `, ${path}`}`, true);
  for (const element of [...statement.elements].sort((a, b) => rank(a) - rank(b))) await run(inSchema(element, name));
  settings.rollbackTo(before);
}

/** Elements are made in an order in which they may name each other, however they are written. */
function rank(element: Statement): number {
  const order = ['createSequence', 'createTable', 'createView', 'createIndex'].indexOf(element.kind);
  return order < 0 ? 4 : order;
}

/** Elements without a schema belong to the new one. */
function inSchema(statement: Statement, schema: string): Statement {
  if (!('name' in statement) || typeof statement.name !== 'object') return statement;
  const name = statement.name as QualifiedName;
  if (name.schema !== undefined && name.schema !== schema) throw new DbError('42P15', `CREATE specifies a schema (${name.schema}) different from the one being created (${schema})`);
  return { ...statement, name: { ...name, schema } } as Statement;
}
