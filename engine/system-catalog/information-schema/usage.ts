/** Who uses what, and who may do what: there is one user, who may do everything. */
import type { Backend } from '../../backend.js';
import type { Reference, TableRecord } from '../../catalog/catalog-objects.js';
import { relations } from '../relations.js';
import type { VirtualRow, VirtualTable } from '../virtual-table.js';
import { columnsOfRelations, constraints, schemaOf } from './parts.js';

/** What views read: relations, and single columns of them. */
function* readByViews(backend: Backend): Iterable<{ readonly view: VirtualRow; readonly table: VirtualRow; readonly read: { readonly columns: readonly { readonly name: string }[] }; readonly reference: Reference }> {
  const catalog = backend.system.currentDatabase();
  for (const record of relations(backend)) {
    if (record.kind !== 'view') continue;
    for (const reference of record.references) {
      const read = backend.draft.get(reference.oid);
      if (read?.kind !== 'table' && read?.kind !== 'view') continue;
      yield { view: { view_catalog: catalog, view_schema: schemaOf(backend, record), view_name: record.name }, table: { table_catalog: catalog, table_schema: schemaOf(backend, read), table_name: read.name }, read, reference };
    }
  }
}

function* distinct(rows: Iterable<VirtualRow>): Iterable<VirtualRow> {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = JSON.stringify(Object.values(row));
    if (!seen.has(key)) yield row;
    seen.add(key);
  }
}

/** Tables and views with the privileges that their owner has. */
function* tableGrants(backend: Backend): Iterable<VirtualRow> {
  const table_catalog = backend.system.currentDatabase();
  for (const record of relations(backend)) {
    if (record.kind !== 'view' && (record.kind !== 'table' || record.view !== undefined)) continue;
    for (const privilege_type of ['INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) {
      yield { grantor: backend.user, grantee: backend.user, table_catalog, table_schema: schemaOf(backend, record), table_name: record.name, privilege_type, is_grantable: 'YES', with_hierarchy: privilege_type === 'SELECT' ? 'YES' : 'NO' };
    }
  }
}
function* columnGrants(backend: Backend): Iterable<VirtualRow> {
  const table_catalog = backend.system.currentDatabase();
  for (const { relation, column } of columnsOfRelations(backend)) {
    for (const privilege_type of ['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) yield { grantor: backend.user, grantee: backend.user, table_catalog, table_schema: schemaOf(backend, relation), table_name: relation.name, column_name: column.name, privilege_type, is_grantable: 'YES' };
  }
}

const tableGrantColumns = 'grantor:name grantee:name table_catalog:name table_schema:name table_name:name privilege_type:varchar is_grantable:yes_or_no with_hierarchy:yes_or_no';
const columnGrantColumns = 'grantor:name grantee:name table_catalog:name table_schema:name table_name:name column_name:name privilege_type:varchar is_grantable:yes_or_no';

export const usageViews: readonly VirtualTable[] = [
  {
    oid: 13240, schema: 'information_schema', name: 'view_table_usage', columns: 'view_catalog:name view_schema:name view_name:name table_catalog:name table_schema:name table_name:name',
    *rows(backend) {
      yield* distinct([...readByViews(backend)].map(({ view, table }) => ({ ...view, ...table })));
    },
  },
  {
    oid: 13241, schema: 'information_schema', name: 'view_column_usage', columns: 'view_catalog:name view_schema:name view_name:name table_catalog:name table_schema:name table_name:name column_name:name',
    *rows(backend) {
      yield* distinct([...readByViews(backend)].flatMap(({ view, table, read, reference }) => (reference.column === undefined ? [] : [{ ...view, ...table, column_name: read.columns[reference.column]!.name }])));
    },
  },
  {
    oid: 13242, schema: 'information_schema', name: 'constraint_table_usage', columns: 'table_catalog:name table_schema:name table_name:name constraint_catalog:name constraint_schema:name constraint_name:name',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const c of constraints(backend)) {
        if (c.type === 'CHECK') continue;
        const of = c.key === undefined ? c.table : (backend.draft.get(c.key.parent) as TableRecord);
        yield { table_catalog: catalog, table_schema: schemaOf(backend, of), table_name: of.name, constraint_catalog: catalog, constraint_schema: schemaOf(backend, c.table), constraint_name: c.name };
      }
    },
  },
  { oid: 13243, schema: 'information_schema', name: 'table_privileges', columns: tableGrantColumns, rows: tableGrants },
  { oid: 13244, schema: 'information_schema', name: 'role_table_grants', columns: tableGrantColumns, rows: tableGrants },
  { oid: 13245, schema: 'information_schema', name: 'column_privileges', columns: columnGrantColumns, rows: columnGrants },
  { oid: 13246, schema: 'information_schema', name: 'role_column_grants', columns: columnGrantColumns, rows: columnGrants },
  {
    oid: 13247, schema: 'information_schema', name: 'enabled_roles', columns: 'role_name:name',
    *rows(backend) {
      yield { role_name: backend.user };
    },
  },
  {
    oid: 13248, schema: 'information_schema', name: 'character_sets', columns: 'character_set_catalog:name character_set_schema:name character_set_name:name character_repertoire:name form_of_use:name default_collate_catalog:name default_collate_schema:name default_collate_name:name',
    *rows(backend) {
      yield { character_set_name: 'UTF8', character_repertoire: 'UCS', form_of_use: 'UTF8', default_collate_catalog: backend.system.currentDatabase(), default_collate_schema: 'pg_catalog', default_collate_name: 'C' };
    },
  },
];
