/** Functions of the user. They are found and dropped here; making them is refused until the language stands. */
import { DbError, notSupported } from '../../base/errors.js';
import { typeName } from '../../base/types.js';
import type { AlterFunction, CreateFunction, DroppedObject } from '../../parser/ast.js';
import type { FunctionRecord } from '../catalog-objects.js';
import type { Ddl } from './ddl.js';
import { nameText } from './names.js';
import { bindTypeName } from './types.js';

export function createFunction(_ddl: Ddl, statement: CreateFunction): void {
  throw notSupported(statement.isProcedure ? 'CREATE PROCEDURE' : 'CREATE FUNCTION', statement.offset);
}
export function alterFunction(_ddl: Ddl, statement: AlterFunction): void {
  throw notSupported(statement.isProcedure ? 'ALTER PROCEDURE' : 'ALTER FUNCTION', statement.offset);
}

/** A function by name and, when given, argument types. @throws DbError 42883, 42725 */
export function findFunction(ddl: Ddl, object: DroppedObject, kind: 'function' | 'procedure' | 'routine', ifExists: boolean): FunctionRecord | undefined {
  const catalog = ddl.backend.catalog();
  const schemas = object.name.schema === undefined ? catalog.path : [catalog.schemaOid(object.name.schema) ?? -1];
  const named = ddl.draft.functionsNamed(object.name.name).filter((f) => schemas.includes(f.schema) && (kind === 'routine' || f.isProcedure === (kind === 'procedure')));
  const wanted = object.args?.filter((p) => p.mode !== 'out').map((p) => bindTypeName(ddl.backend, p.type).oid);
  const matches = wanted === undefined ? named : named.filter((f) => sameTypes(f.parameters.filter((p) => p.mode !== 'out' && p.mode !== 'table').map((p) => p.type), wanted));
  if (matches.length > 1) throw new DbError('42725', `${kind} name "${nameText(object.name)}" is not unique`, { hint: `Specify the argument list to select the ${kind} unambiguously.` });
  if (matches.length === 1) return matches[0];
  const shown = wanted === undefined ? nameText(object.name) : `${nameText(object.name)}(${wanted.map((oid) => typeName(oid, catalog.types)).join(', ')})`;
  if (!ifExists) throw new DbError('42883', wanted === undefined ? `could not find a ${kind} named "${shown}"` : `${kind} ${shown} does not exist`, { offset: object.name.offset });
  ddl.notice(`${kind} ${shown} does not exist, skipping`);
  return undefined;
}

const sameTypes = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((type, i) => type === b[i]);
