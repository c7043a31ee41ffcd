/** Domains, composite types and the elements of arrays, and which columns use them. */
import { baseTypeOf, sqlType, typeInfo, type SqlType } from '../../../base/types.js';
import type { Backend } from '../../backend.js';
import type { TypeRecord } from '../../catalog/catalog-objects.js';
import { displayDefault } from '../../catalog/definitions.js';
import type { VirtualRow, VirtualTable } from '../virtual-table.js';
import { collationColumns, columnsOfRelations, domainRefusesNull, plainTypeColumns, schemaOf, typeColumns, yesNo } from './parts.js';

/** How the standard describes a type, between its name and where it comes from. */
export const described = 'character_maximum_length:int4 character_octet_length:int4 character_set_catalog:name character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name collation_name:name numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4 interval_type:varchar interval_precision:int4';

function* userTypes<K extends TypeRecord['detail']['kind']>(backend: Backend, kind: K): Iterable<{ readonly record: TypeRecord; readonly schema: string; readonly detail: Extract<TypeRecord['detail'], { kind: K }> }> {
  for (const record of backend.draft.all()) if (record.kind === 'type' && record.detail.kind === kind) yield { record, schema: schemaOf(backend, record), detail: record.detail as Extract<TypeRecord['detail'], { kind: K }> };
}

function* domainRows(backend: Backend): Iterable<VirtualRow> {
  const domain_catalog = backend.system.currentDatabase();
  for (const { record, schema, detail } of userTypes(backend, 'domain')) {
    const type = sqlType(detail.base, detail.typmod);
    yield { ...plainTypeColumns(backend, type), domain_catalog, domain_schema: schema, domain_name: record.name, domain_default: detail.default === undefined ? null : displayDefault(backend, detail.default, { type: detail.base, typmod: detail.typmod }), ...collationColumns(backend, record.oid, detail.collation), dtd_identifier: '1' };
  }
}

function* attributeRows(backend: Backend): Iterable<VirtualRow> {
  const udt_catalog = backend.system.currentDatabase();
  for (const { record, schema, detail } of userTypes(backend, 'composite')) {
    for (const [i, attribute] of detail.attributes.entries()) {
      if (attribute.isDropped === true) continue;
      const { udt_catalog: attribute_udt_catalog, domain_catalog: _catalog, domain_schema, domain_name, udt_schema, udt_name, data_type, ...type } = typeColumns(backend, sqlType(attribute.type, attribute.typmod));
      // Unlike a column's, an attribute's domain is its type.
      const attribute_udt_schema = domain_schema ?? udt_schema;
      const attribute_udt_name = domain_name ?? udt_name;
      yield { ...type, data_type: domain_name === null ? data_type : 'USER-DEFINED', udt_catalog, udt_schema: schema, udt_name: record.name, attribute_name: attribute.name, ordinal_position: i + 1, is_nullable: yesNo(!domainRefusesNull(backend, attribute.type)), attribute_udt_catalog, attribute_udt_schema, attribute_udt_name, dtd_identifier: String(i + 1), is_derived_reference_attribute: 'NO' };
    }
  }
}

/** What has a type that may be an array, and how the standard finds its description. */
function* typedObjects(backend: Backend): Iterable<{ readonly schema: string; readonly name: string; readonly object: string; readonly identifier: string; readonly type: SqlType }> {
  for (const { relation, column, position } of columnsOfRelations(backend)) yield { schema: schemaOf(backend, relation), name: relation.name, object: 'TABLE', identifier: String(position + 1), type: sqlType(column.type, column.typmod) };
  for (const { record, schema, detail } of userTypes(backend, 'composite')) {
    for (const [i, a] of detail.attributes.entries()) if (a.isDropped !== true) yield { schema, name: record.name, object: 'USER-DEFINED TYPE', identifier: String(i + 1), type: sqlType(a.type, a.typmod) };
  }
  for (const { record, schema, detail } of userTypes(backend, 'domain')) yield { schema, name: record.name, object: 'DOMAIN', identifier: '1', type: sqlType(detail.base, detail.typmod) };
  for (const routine of backend.draft.all()) {
    if (routine.kind !== 'function') continue;
    const schema = schemaOf(backend, routine);
    const name = `${routine.name}_${routine.oid}`;
    for (const [i, parameter] of routine.parameters.entries()) yield { schema, name, object: 'ROUTINE', identifier: String(i + 1), type: sqlType(parameter.type) };
    yield { schema, name, object: 'ROUTINE', identifier: '0', type: sqlType(routine.returns) };
  }
}

function* elementRows(backend: Backend): Iterable<VirtualRow> {
  const { types } = backend.definitions();
  const object_catalog = backend.system.currentDatabase();
  for (const { schema, name, object, identifier, type } of typedObjects(backend)) {
    const base = typeInfo(baseTypeOf(type, types).oid, types);
    if (base.kind !== 'array') continue;
    const element = typeInfo(base.elementOid, types);
    const isBuiltin = element.schema === 'pg_catalog';
    yield { object_catalog, object_schema: schema, object_name: name, object_type: object, collection_type_identifier: identifier, data_type: isBuiltin ? typeColumns(backend, sqlType(base.elementOid)).data_type : 'USER-DEFINED', udt_catalog: object_catalog, udt_schema: element.schema, udt_name: element.name, dtd_identifier: `a${identifier}` };
  }
}

export const typeViews: readonly VirtualTable[] = [
  { oid: 13220, schema: 'information_schema', name: 'domains', rows: domainRows, columns: `domain_catalog:name domain_schema:name domain_name:name data_type:varchar ${described} domain_default:varchar udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name` },
  {
    oid: 13221, schema: 'information_schema', name: 'domain_constraints', columns: 'constraint_catalog:name constraint_schema:name constraint_name:name domain_catalog:name domain_schema:name domain_name:name is_deferrable:yes_or_no initially_deferred:yes_or_no',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const { record, schema, detail } of userTypes(backend, 'domain')) {
        for (const check of detail.checks) yield { constraint_catalog: catalog, constraint_schema: schema, constraint_name: check.name, domain_catalog: catalog, domain_schema: schema, domain_name: record.name, is_deferrable: 'NO', initially_deferred: 'NO' };
      }
    },
  },
  {
    oid: 13222, schema: 'information_schema', name: 'domain_udt_usage', columns: 'udt_catalog:name udt_schema:name udt_name:name domain_catalog:name domain_schema:name domain_name:name',
    rows: domainRows,
  },
  { oid: 13223, schema: 'information_schema', name: 'attributes', rows: attributeRows, columns: `udt_catalog:name udt_schema:name udt_name:name attribute_name:name ordinal_position:int4 attribute_default:varchar is_nullable:yes_or_no data_type:varchar ${described} attribute_udt_catalog:name attribute_udt_schema:name attribute_udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name is_derived_reference_attribute:yes_or_no` },
  { oid: 13224, schema: 'information_schema', name: 'element_types', rows: elementRows, columns: `object_catalog:name object_schema:name object_name:name object_type:varchar collection_type_identifier:name data_type:varchar ${described} domain_default:varchar udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name` },
  {
    oid: 13225, schema: 'information_schema', name: 'user_defined_types', columns: `user_defined_type_catalog:name user_defined_type_schema:name user_defined_type_name:name user_defined_type_category:varchar is_instantiable:yes_or_no is_final:yes_or_no ordering_form:varchar ordering_category:varchar ordering_routine_catalog:name ordering_routine_schema:name ordering_routine_name:name reference_type:varchar data_type:varchar ${described} source_dtd_identifier:name ref_dtd_identifier:name`,
    *rows(backend) {
      for (const { record, schema } of userTypes(backend, 'composite')) yield { user_defined_type_catalog: backend.system.currentDatabase(), user_defined_type_schema: schema, user_defined_type_name: record.name, user_defined_type_category: 'STRUCTURED', is_instantiable: 'YES' };
    },
  },
  {
    oid: 13226, schema: 'information_schema', name: 'column_domain_usage', columns: 'domain_catalog:name domain_schema:name domain_name:name table_catalog:name table_schema:name table_name:name column_name:name',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const { relation, column } of columnsOfRelations(backend)) {
        const info = typeInfo(column.type, backend.definitions().types);
        if (info.kind === 'domain') yield { domain_catalog: catalog, domain_schema: info.schema, domain_name: info.name, table_catalog: catalog, table_schema: schemaOf(backend, relation), table_name: relation.name, column_name: column.name };
      }
    },
  },
  {
    oid: 13227, schema: 'information_schema', name: 'column_udt_usage', columns: 'udt_catalog:name udt_schema:name udt_name:name table_catalog:name table_schema:name table_name:name column_name:name',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      const { types } = backend.definitions();
      for (const { relation, column } of columnsOfRelations(backend)) {
        const info = typeInfo(column.type, types);
        const used = info.kind === 'domain' ? typeInfo(info.baseType!.oid, types) : info;
        yield { udt_catalog: catalog, udt_schema: used.schema, udt_name: used.name, table_catalog: catalog, table_schema: schemaOf(backend, relation), table_name: relation.name, column_name: column.name };
      }
    },
  },
];
