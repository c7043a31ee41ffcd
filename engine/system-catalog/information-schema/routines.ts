/** Functions and procedures of the user. PostgreSQL lists its own too. */
import { sqlType, typeInfo, typeName } from '../../../base/types.js';
import type { Backend } from '../../backend.js';
import type { FunctionRecord } from '../../catalog/catalog-objects.js';
import { displayDefault } from '../../catalog/definitions.js';
import type { VirtualRow, VirtualTable } from '../virtual-table.js';
import { schemaOf } from './parts.js';
import { described } from './types.js';

function* routines(backend: Backend): Iterable<{ readonly routine: FunctionRecord; readonly name: VirtualRow }> {
  const specific_catalog = backend.system.currentDatabase();
  for (const routine of backend.draft.all()) {
    if (routine.kind === 'function') yield { routine, name: { specific_catalog, specific_schema: schemaOf(backend, routine), specific_name: `${routine.name}_${routine.oid}` } };
  }
}

/** A type by name: no lengths, for those of parameters are not kept. */
function typeOf(backend: Backend, oid: number, prefix = ''): VirtualRow {
  const { types } = backend.definitions();
  const info = typeInfo(oid, types);
  return { data_type: info.kind === 'array' ? 'ARRAY' : info.schema === 'pg_catalog' ? typeName(sqlType(oid).oid, types) : 'USER-DEFINED', [`${prefix}udt_catalog`]: backend.system.currentDatabase(), [`${prefix}udt_schema`]: info.schema, [`${prefix}udt_name`]: info.name };
}

function* routineRows(backend: Backend): Iterable<VirtualRow> {
  for (const { routine, name } of routines(backend)) {
    const isSql = routine.language === 'sql';
    yield {
      ...name, routine_catalog: name.specific_catalog, routine_schema: name.specific_schema, routine_name: routine.name, routine_type: routine.isProcedure ? 'PROCEDURE' : 'FUNCTION', ...(routine.isProcedure ? {} : { ...typeOf(backend, routine.returns, 'type_'), dtd_identifier: '0' }),
      routine_body: isSql ? 'SQL' : 'EXTERNAL', routine_definition: routine.standard === undefined ? routine.body : null, external_language: routine.language.toUpperCase(), parameter_style: 'GENERAL',
      is_deterministic: routine.volatility === 'immutable' ? 'YES' : 'NO', sql_data_access: 'MODIFIES', is_null_call: routine.isProcedure ? null : routine.strict ? 'YES' : 'NO', schema_level_routine: 'YES', max_dynamic_result_sets: 0,
      security_type: routine.securityDefiner === true ? 'DEFINER' : 'INVOKER', as_locator: 'NO', is_udt_dependent: 'NO',
    };
  }
}

function* parameterRows(backend: Backend): Iterable<VirtualRow> {
  for (const { routine, name } of routines(backend)) {
    for (const [i, parameter] of routine.parameters.entries()) {
      yield {
        ...name, ordinal_position: i + 1, parameter_mode: parameter.mode === 'inout' ? 'INOUT' : parameter.mode === 'out' || parameter.mode === 'table' ? 'OUT' : 'IN', is_result: 'NO', as_locator: 'NO', parameter_name: parameter.name ?? null,
        ...typeOf(backend, parameter.type), dtd_identifier: String(i + 1), parameter_default: parameter.default === undefined ? null : displayDefault(backend, parameter.default, { type: parameter.type, typmod: -1 }),
      };
    }
  }
}

export const routineViews: readonly VirtualTable[] = [
  {
    oid: 13230, schema: 'information_schema', name: 'routines', rows: routineRows,
    columns: `specific_catalog:name specific_schema:name specific_name:name routine_catalog:name routine_schema:name routine_name:name routine_type:varchar module_catalog:name module_schema:name module_name:name udt_catalog:name udt_schema:name udt_name:name data_type:varchar ${described}
      type_udt_catalog:name type_udt_schema:name type_udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name routine_body:varchar routine_definition:varchar external_name:varchar external_language:varchar parameter_style:varchar
      is_deterministic:yes_or_no sql_data_access:varchar is_null_call:yes_or_no sql_path:varchar schema_level_routine:yes_or_no max_dynamic_result_sets:int4 is_user_defined_cast:yes_or_no is_implicitly_invocable:yes_or_no security_type:varchar to_sql_specific_catalog:name to_sql_specific_schema:name
      to_sql_specific_name:name as_locator:yes_or_no created:timestamptz last_altered:timestamptz new_savepoint_level:yes_or_no is_udt_dependent:yes_or_no result_cast_from_data_type:varchar result_cast_as_locator:yes_or_no result_cast_char_max_length:int4 result_cast_char_octet_length:int4 result_cast_char_set_catalog:name result_cast_char_set_schema:name result_cast_char_set_name:name result_cast_collation_catalog:name result_cast_collation_schema:name result_cast_collation_name:name result_cast_numeric_precision:int4 result_cast_numeric_precision_radix:int4 result_cast_numeric_scale:int4 result_cast_datetime_precision:int4 result_cast_interval_type:varchar result_cast_interval_precision:int4 result_cast_type_udt_catalog:name result_cast_type_udt_schema:name result_cast_type_udt_name:name result_cast_scope_catalog:name result_cast_scope_schema:name result_cast_scope_name:name result_cast_maximum_cardinality:int4 result_cast_dtd_identifier:name`,
  },
  {
    oid: 13231, schema: 'information_schema', name: 'parameters', rows: parameterRows,
    columns: `specific_catalog:name specific_schema:name specific_name:name ordinal_position:int4 parameter_mode:varchar is_result:yes_or_no as_locator:yes_or_no parameter_name:name data_type:varchar ${described}
      udt_catalog:name udt_schema:name udt_name:name scope_catalog:name scope_schema:name scope_name:name maximum_cardinality:int4 dtd_identifier:name parameter_default:varchar`,
  },
];
