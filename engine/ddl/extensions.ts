/** CREATE EXTENSION and ALTER EXTENSION: what an extension brings becomes records of the catalog, so that the rest of it has to know no extensions. DROP is in drop.ts. */
import { DbError } from '../../base/errors.js';
import { extensionNamed, type Extension } from '../../functions/extensions/extensions.js';
import type { CreateExtension, SetSchema, UpdateExtension } from '../../parser/ast.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { ExtensionRecord, FunctionRecord } from '../catalog/catalog-objects.js';
import { followNames } from '../catalog/stored-names.js';
import { isReading } from '../catalog/view-definition.js';
import type { Ddl } from './ddl.js';
import { namesake, refuseTaken } from './functions.js';
import { creationSchema, schemaByName } from './names.js';

/** @throws DbError 42710 when it is installed, 0A000 when there is none of that name, 22023 for another version, 42723 when one of its functions exists */
export function createExtension(ddl: Ddl, statement: CreateExtension): void {
  const { name } = statement;
  if (ddl.draft.find('extension', 0, name) !== undefined) {
    if (!statement.ifNotExists) throw new DbError('42710', `extension "${name}" already exists`);
    ddl.notice(`extension "${name}" already exists, skipping`, '42710');
    return;
  }
  const extension = extensionNamed(name);
  if (extension === undefined) throw new DbError('0A000', `extension "${name}" is not available`, { detail: 'It is not one of those that pg_available_extensions lists.' });
  if (statement.version !== undefined && statement.version !== extension.version) {
    throw new DbError('22023', `extension "${name}" has no installation script nor update path for version "${statement.version}"`);
  }
  const schema = statement.schema === undefined ? creationSchema(ddl.backend, { catalog: undefined, schema: undefined, name, offset: statement.offset }) : schemaByName(ddl.backend, statement.schema);
  const record: ExtensionRecord = { kind: 'extension', oid: ddl.newOid(), name, version: extension.version, home: schema.oid, comment: extension.comment };
  ddl.draft.put(record);
  for (const definition of extension.functions) putFunction(ddl, record, extension, definition);
}

function putFunction(ddl: Ddl, owner: ExtensionRecord, extension: Extension, definition: FunctionDef): void {
  const parameters = definition.args.map((type, i) => ({ mode: 'in' as const, ...(definition.argNames === undefined ? {} : { name: definition.argNames[i]! }), type }));
  const record: FunctionRecord = {
    kind: 'function', oid: ddl.newOid(), schema: owner.home, name: definition.name, isProcedure: false, parameters, returns: definition.returns, returnsSet: false, volatility: definition.volatility,
    strict: definition.strict, language: 'c', body: definition.name, extension: { oid: owner.oid, name: extension.name }, parallel: 'safe', references: [],
  };
  if (namesake(ddl, record) !== undefined) throw new DbError('42723', `function "${record.name}" already exists with same argument types`);
  ddl.draft.put(record);
}

/** @throws DbError 42704 */
export function extensionByName(ddl: Ddl, name: string): ExtensionRecord {
  const oid = ddl.draft.find('extension', 0, name);
  if (oid === undefined) throw new DbError('42704', `extension "${name}" does not exist`);
  return ddl.draft.get(oid) as ExtensionRecord;
}

/** There is one version of each, so there is nothing to update to. @throws DbError 42704, 22023 */
export function updateExtension(ddl: Ddl, statement: UpdateExtension): void {
  const record = extensionByName(ddl, statement.name);
  if (statement.version !== undefined && statement.version !== record.version) {
    throw new DbError('22023', `extension "${record.name}" has no update path from version "${record.version}" to version "${statement.version}"`);
  }
  ddl.notice(`version "${record.version}" of extension "${record.name}" is already installed`);
}

/** Its functions move with it. @throws DbError 42704, 3F000, 42723 */
export function moveExtension(ddl: Ddl, statement: SetSchema): void {
  const record = extensionByName(ddl, statement.name.name);
  const schema = schemaByName(ddl.backend, statement.schema);
  if (schema.oid === record.home) return;
  const members = membersOf(ddl, record);
  for (const member of members) refuseTaken(ddl, member, schema.oid, member.name);
  followNames(ddl.backend, (view) => members.some((member) => isReading(member.oid)(view)), () => {
    ddl.draft.put({ ...record, home: schema.oid });
    for (const member of members) ddl.draft.put({ ...member, schema: schema.oid });
  });
}

const membersOf = (ddl: Ddl, extension: ExtensionRecord): FunctionRecord[] =>
  [...ddl.draft.all()].filter((record): record is FunctionRecord => record.kind === 'function' && record.extension?.oid === extension.oid);
