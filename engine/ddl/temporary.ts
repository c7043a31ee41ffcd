/**
 * Temporary objects: ordinary ones in a schema of the session's own, `pg_temp_<session>`, which is dropped when the session ends, and at the next
 * opening if a crash ended it first.
 */
import { treeId } from '../../base/ids.js';
import { DbError } from '../../base/errors.js';
import type { QualifiedName } from '../../parser/ast.js';
import { CatalogDraft } from '../catalog/catalog-store.js';
import type { CatalogRecord, SchemaRecord, TableRecord } from '../catalog/catalog-objects.js';
import type { Instance } from '../instance.js';
import type { Ddl } from './ddl.js';
import { creationSchema } from './names.js';

const prefix = 'pg_temp_';

/** Whether it is a session's schema of temporary objects. */
export const isTemporarySchema = (record: CatalogRecord | undefined): boolean => record?.kind === 'schema' && record.name.startsWith(prefix);

/** The session's own, made at the first use. */
function temporarySchema(ddl: Ddl): SchemaRecord {
  const { backend, draft } = ddl;
  const name = `${prefix}${backend.id}`;
  let oid = draft.find('schema', 0, name);
  if (oid === undefined) {
    const record: SchemaRecord = { kind: 'schema', oid: ddl.newOid(), name };
    draft.put(record);
    oid = record.oid;
  }
  backend.tempSchema = oid;
  return draft.get(oid) as SchemaRecord;
}

/** The same for what is created under a name. @throws DbError 42P16 where that names another schema */
export function temporarySchemaFor(ddl: Ddl, name: QualifiedName): SchemaRecord {
  if (name.schema !== undefined && name.schema !== 'pg_temp' && creationSchema(ddl.backend, name).oid !== ddl.backend.tempSchema) {
    throw new DbError('42P16', 'cannot create temporary relation in non-temporary schema', { offset: name.offset });
  }
  return temporarySchema(ddl);
}

/** Drops the temporary objects of one schema, or of all sessions of an earlier run, in a transaction of its own. */
export async function dropTemporaryObjects(instance: Instance, schema: number | undefined): Promise<void> {
  const schemas = new Set<number>();
  for (const record of instance.catalog.all()) {
    if (isTemporarySchema(record) && (schema === undefined || record.oid === schema)) schemas.add(record.oid);
  }
  if (schemas.size === 0) return;
  const tx = instance.manager.begin({ isolation: 'read committed', owner: { id: 0, name: 'temporary objects' } });
  const draft = new CatalogDraft(instance.catalog);
  tx.beginStatement({ text: 'drop temporary objects' });
  for (const record of instance.catalog.all()) {
    if (record.kind === 'statistics') {
      const table = instance.catalog.get(record.table);
      if (table?.kind === 'table' && schemas.has(table.schema)) draft.drop(record.oid);
    } else if (schemas.has('schema' in record ? record.schema : record.oid)) {
      draft.drop(record.oid);
      if (record.kind === 'table') tx.dropTree(treeId(record.tree), 'unread');
      else if (record.kind === 'index' && (instance.catalog.get(record.table) as TableRecord).clusteredBy !== record.oid) tx.dropTree(treeId(record.tree), 'unread');
    }
  }
  await draft.flush(tx, 'wait');
  tx.endStatement();
  const { changes } = draft;
  tx.onPublish = (csn) => instance.publishCatalog(changes, csn);
  await tx.commit();
}

