/** Tables, views, columns, constraints and sequences. */
import { TypeOid, sqlType, typeName } from '../../../base/types.js';
import type { Backend } from '../../backend.js';
import type { ForeignKeyRecord, IndexRecord, TableRecord } from '../../catalog/catalog-objects.js';
import { displayCondition, displayDefault } from '../../catalog/definitions.js';
import { isUpdatableView, updatableColumns, viewDefinition } from '../../catalog/view-definition.js';
import { checkedColumns, isSystemView, relations } from '../relations.js';
import { collationColumns, constraints, domainRefusesNull, schemaOf, typeColumns, yesNo } from './parts.js';
import type { VirtualRow, VirtualTable } from '../virtual-table.js';

function* tableRows(backend: Backend): Iterable<VirtualRow> {
  const table_catalog = backend.system.currentDatabase();
  for (const table of backend.instance.system.tables()) yield { table_catalog, table_schema: table.schema, table_name: table.name, table_type: isSystemView(table) ? 'VIEW' : 'BASE TABLE', is_insertable_into: 'NO', is_typed: 'NO' };
  for (const record of relations(backend)) {
    if (record.kind !== 'view' && (record.kind !== 'table' || record.view !== undefined)) continue;
    const isTemporary = record.persistence === 'temporary';
    yield { table_catalog, table_schema: schemaOf(backend, record), table_name: record.name, table_type: record.kind === 'view' ? 'VIEW' : isTemporary ? 'LOCAL TEMPORARY' : 'BASE TABLE', is_insertable_into: yesNo(record.kind === 'table' || isUpdatableView(backend, record)), is_typed: 'NO', commit_action: isTemporary ? 'PRESERVE' : null };
  }
}

function* columnRows(backend: Backend): Iterable<VirtualRow> {
  const table_catalog = backend.system.currentDatabase();
  for (const table of backend.instance.system.tables()) {
    for (const column of table.columns) yield { table_catalog, table_schema: table.schema, table_name: table.name, column_name: column.name, ordinal_position: column.index + 1, is_nullable: 'YES', ...typeColumns(backend, column.type), ...collationColumns(backend, column.type.oid, undefined), is_identity: 'NO', is_generated: 'NEVER', is_updatable: 'NO', is_self_referencing: 'NO', identity_cycle: 'NO', dtd_identifier: String(column.index + 1) };
  }
  for (const record of relations(backend)) {
    if (record.kind === 'view') {
      const updatable = updatableColumns(backend, record);
      for (const [i, column] of record.columns.entries()) yield { table_catalog, table_schema: schemaOf(backend, record), table_name: record.name, column_name: column.name, ordinal_position: i + 1, is_nullable: yesNo(!domainRefusesNull(backend, column.type)), ...typeColumns(backend, sqlType(column.type, column.typmod)), ...collationColumns(backend, column.type, undefined), is_identity: 'NO', is_generated: 'NEVER', is_updatable: yesNo(updatable.has(i)), is_self_referencing: 'NO', identity_cycle: 'NO', dtd_identifier: String(i + 1) };
    }
    if (record.kind !== 'table' || record.view !== undefined) continue;
    for (const [i, column] of record.columns.entries()) {
      if (column.isDropped) continue;
      const identity = column.generated === 'identity always' ? 'ALWAYS' : column.generated === 'identity by default' ? 'BY DEFAULT' : null;
      const sequence = identity === null || column.sequence === undefined ? undefined : backend.draft.get(column.sequence);
      const text = column.default === undefined ? null : displayDefault(backend, column.default, column, record);
      yield {
        table_catalog, table_schema: schemaOf(backend, record), table_name: record.name, column_name: column.name, ordinal_position: i + 1, column_default: column.generated === 'stored' ? null : text, is_nullable: yesNo(!column.notNull && !domainRefusesNull(backend, column.type)),
        ...typeColumns(backend, sqlType(column.type, column.typmod)), ...collationColumns(backend, column.type, column.collation), is_self_referencing: 'NO', is_identity: yesNo(identity !== null), identity_generation: identity,
        ...(sequence?.kind === 'sequence' ? { identity_start: sequence.start, identity_increment: sequence.increment, identity_maximum: sequence.maxValue, identity_minimum: sequence.minValue } : {}), identity_cycle: yesNo(sequence?.kind === 'sequence' && sequence.cycle),
        is_generated: column.generated === 'stored' ? 'ALWAYS' : 'NEVER', generation_expression: column.generated === 'stored' ? text : null, is_updatable: 'YES', dtd_identifier: String(i + 1),
      };
    }
  }
}

function parentConstraint(backend: Backend, key: ForeignKeyRecord): IndexRecord {
  return backend.draft.get(key.parentIndex) as IndexRecord;
}

export const tableViews: readonly VirtualTable[] = [
  {
    oid: 13200, schema: 'information_schema', name: 'tables', rows: tableRows,
    columns: 'table_catalog:name table_schema:name table_name:name table_type:varchar self_referencing_column_name:name reference_generation:varchar user_defined_type_catalog:name user_defined_type_schema:name user_defined_type_name:name is_insertable_into:yes_or_no is_typed:yes_or_no commit_action:varchar',
  },
  {
    oid: 13201, schema: 'information_schema', name: 'columns', rows: columnRows,
    columns: `table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 column_default:varchar is_nullable:yes_or_no data_type:varchar character_maximum_length:int4 character_octet_length:int4
      numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 datetime_precision:int4 interval_type:varchar interval_precision:int4 character_set_catalog:name character_set_schema:name character_set_name:name
      collation_catalog:name collation_schema:name collation_name:name domain_catalog:name domain_schema:name domain_name:name udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name
      maximum_cardinality:int4 dtd_identifier:name is_self_referencing:yes_or_no is_identity:yes_or_no identity_generation:varchar identity_start:varchar identity_increment:varchar identity_maximum:varchar identity_minimum:varchar
      identity_cycle:yes_or_no is_generated:varchar generation_expression:varchar is_updatable:yes_or_no`,
  },
  {
    oid: 13202, schema: 'information_schema', name: 'schemata', columns: 'catalog_name:name schema_name:name schema_owner:name default_character_set_catalog:name default_character_set_schema:name default_character_set_name:name sql_path:varchar',
    *rows(backend) {
      for (const record of backend.draft.all()) if (record.kind === 'schema') yield { catalog_name: backend.system.currentDatabase(), schema_name: record.name, schema_owner: backend.user };
    },
  },
  {
    oid: 13203, schema: 'information_schema', name: 'views', columns: 'table_catalog:name table_schema:name table_name:name view_definition:varchar check_option:varchar is_updatable:yes_or_no is_insertable_into:yes_or_no is_trigger_updatable:yes_or_no is_trigger_deletable:yes_or_no is_trigger_insertable_into:yes_or_no',
    *rows(backend) {
      for (const record of relations(backend)) {
        if (record.kind !== 'view') continue;
        const isUpdatable = yesNo(isUpdatableView(backend, record));
        yield { table_catalog: backend.system.currentDatabase(), table_schema: schemaOf(backend, record), table_name: record.name, view_definition: viewDefinition(record, backend), check_option: record.checkOption.toUpperCase(), is_updatable: isUpdatable, is_insertable_into: isUpdatable, is_trigger_updatable: 'NO', is_trigger_deletable: 'NO', is_trigger_insertable_into: 'NO' };
      }
    },
  },
  {
    oid: 13204, schema: 'information_schema', name: 'table_constraints', columns: 'constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name constraint_type:varchar is_deferrable:yes_or_no initially_deferred:yes_or_no enforced:yes_or_no nulls_distinct:yes_or_no',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const c of constraints(backend)) {
        const schema = schemaOf(backend, c.table);
        yield { constraint_catalog: catalog, constraint_schema: schema, constraint_name: c.name, table_catalog: catalog, table_schema: schema, table_name: c.table.name, constraint_type: c.type, is_deferrable: yesNo(c.deferrable !== 'not deferrable'), initially_deferred: yesNo(c.deferrable === 'initially deferred'), enforced: 'YES' };
      }
    },
  },
  {
    oid: 13205, schema: 'information_schema', name: 'key_column_usage', columns: 'constraint_catalog:name constraint_schema:name constraint_name:name table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 position_in_unique_constraint:int4',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const c of constraints(backend)) {
        if (c.type === 'CHECK') continue;
        const schema = schemaOf(backend, c.table);
        const parent = c.key === undefined ? undefined : parentConstraint(backend, c.key);
        for (const [i, column] of c.columns.entries()) {
          yield { constraint_catalog: catalog, constraint_schema: schema, constraint_name: c.name, table_catalog: catalog, table_schema: schema, table_name: c.table.name, column_name: c.table.columns[column]!.name, ordinal_position: i + 1, position_in_unique_constraint: parent === undefined ? null : parent.columns.findIndex((p) => p.column === c.key!.parentColumns[i]) + 1 };
        }
      }
    },
  },
  {
    oid: 13206, schema: 'information_schema', name: 'referential_constraints', columns: 'constraint_catalog:name constraint_schema:name constraint_name:name unique_constraint_catalog:name unique_constraint_schema:name unique_constraint_name:name match_option:varchar update_rule:varchar delete_rule:varchar',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const c of constraints(backend)) {
        if (c.key === undefined) continue;
        const parent = parentConstraint(backend, c.key);
        yield { constraint_catalog: catalog, constraint_schema: schemaOf(backend, c.table), constraint_name: c.name, unique_constraint_catalog: catalog, unique_constraint_schema: schemaOf(backend, parent), unique_constraint_name: parent.name, match_option: c.key.match === 'full' ? 'FULL' : 'NONE', update_rule: c.key.onUpdate.toUpperCase(), delete_rule: c.key.onDelete.toUpperCase() };
      }
    },
  },
  {
    oid: 13207, schema: 'information_schema', name: 'constraint_column_usage', columns: 'table_catalog:name table_schema:name table_name:name column_name:name constraint_catalog:name constraint_schema:name constraint_name:name',
    *rows(backend) {
      const catalog = backend.system.currentDatabase();
      for (const c of constraints(backend)) {
        const of = c.key === undefined ? c.table : (backend.draft.get(c.key.parent) as TableRecord);
        const columns = c.check === undefined ? (c.key?.parentColumns ?? c.columns) : checkedColumns(c.table, c.check.expression);
        for (const column of columns) yield { table_catalog: catalog, table_schema: schemaOf(backend, of), table_name: of.name, column_name: of.columns[column]!.name, constraint_catalog: catalog, constraint_schema: schemaOf(backend, c.table), constraint_name: c.name };
      }
    },
  },
  {
    oid: 13208, schema: 'information_schema', name: 'check_constraints', columns: 'constraint_catalog:name constraint_schema:name constraint_name:name check_clause:varchar',
    *rows(backend) {
      for (const { table, name, type, check, notNull } of constraints(backend)) {
        if (type !== 'CHECK') continue;
        const check_clause = check === undefined ? `${notNull!} IS NOT NULL` : `(${displayCondition(backend, check.expression, table)})`;
        yield { constraint_catalog: backend.system.currentDatabase(), constraint_schema: schemaOf(backend, table), constraint_name: name, check_clause };
      }
    },
  },
  {
    oid: 13209, schema: 'information_schema', name: 'sequences', columns: 'sequence_catalog:name sequence_schema:name sequence_name:name data_type:varchar numeric_precision:int4 numeric_precision_radix:int4 numeric_scale:int4 start_value:varchar minimum_value:varchar maximum_value:varchar increment:varchar cycle_option:yes_or_no',
    *rows(backend) {
      for (const s of relations(backend)) {
        if (s.kind !== 'sequence' || s.owner?.isIdentity === true) continue;
        yield { sequence_catalog: backend.system.currentDatabase(), sequence_schema: schemaOf(backend, s), sequence_name: s.name, data_type: typeName(s.type), numeric_precision: s.type === TypeOid.int2 ? 16 : s.type === TypeOid.int4 ? 32 : 64, numeric_precision_radix: 2, numeric_scale: 0, start_value: s.start, minimum_value: s.minValue, maximum_value: s.maxValue, increment: s.increment, cycle_option: yesNo(s.cycle) };
      }
    },
  },
  {
    oid: 13210, schema: 'information_schema', name: 'information_schema_catalog_name', columns: 'catalog_name:name',
    *rows(backend) {
      yield { catalog_name: backend.system.currentDatabase() };
    },
  },
];
