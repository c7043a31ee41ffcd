/** information_schema: the standard's views. Types are text where the standard has domains over it. */
import { emptyTable, type VirtualTable } from '../virtual-table.js';
import { routineViews } from './routines.js';
import { tableViews } from './tables.js';
import { typeViews } from './types.js';
import { usageViews } from './usage.js';

/** Views of what does not exist here. */
const emptyViews: readonly (readonly [oid: number, name: string, columns: string])[] = [
  [13270, 'triggers', 'trigger_catalog:name trigger_schema:name trigger_name:name event_manipulation:varchar event_object_catalog:name event_object_schema:name event_object_table:name action_order:int4 action_condition:varchar action_statement:varchar action_orientation:varchar action_timing:varchar action_reference_old_table:name action_reference_new_table:name action_reference_old_row:name action_reference_new_row:name created:timestamptz'],
  [13271, 'triggered_update_columns', 'trigger_catalog:name trigger_schema:name trigger_name:name event_object_catalog:name event_object_schema:name event_object_table:name event_object_column:name'],
  [13272, 'administrable_role_authorizations', 'grantee:name role_name:name is_grantable:yes_or_no'],
  [13273, 'applicable_roles', 'grantee:name role_name:name is_grantable:yes_or_no'],
  [13274, 'transforms', 'udt_catalog:name udt_schema:name udt_name:name specific_catalog:name specific_schema:name specific_name:name group_name:name transform_type:varchar'],
  [13275, 'column_options', 'table_catalog:name table_schema:name table_name:name column_name:name option_name:name option_value:varchar'],
  [13276, 'foreign_data_wrappers', 'foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name authorization_identifier:name library_name:varchar foreign_data_wrapper_language:varchar'],
  [13277, 'foreign_data_wrapper_options', 'foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name option_name:name option_value:varchar'],
  [13278, 'foreign_servers', 'foreign_server_catalog:name foreign_server_name:name foreign_data_wrapper_catalog:name foreign_data_wrapper_name:name foreign_server_type:varchar foreign_server_version:varchar authorization_identifier:name'],
  [13279, 'foreign_server_options', 'foreign_server_catalog:name foreign_server_name:name option_name:name option_value:varchar'],
  [13280, 'foreign_tables', 'foreign_table_catalog:name foreign_table_schema:name foreign_table_name:name foreign_server_catalog:name foreign_server_name:name'],
  [13281, 'foreign_table_options', 'foreign_table_catalog:name foreign_table_schema:name foreign_table_name:name option_name:name option_value:varchar'],
  [13282, 'user_mappings', 'authorization_identifier:name foreign_server_catalog:name foreign_server_name:name'],
  [13283, 'user_mapping_options', 'authorization_identifier:name foreign_server_catalog:name foreign_server_name:name option_name:name option_value:varchar'],
];

export const informationSchema: readonly VirtualTable[] = [
  ...tableViews, ...typeViews, ...routineViews, ...usageViews, ...emptyViews.map((view) => emptyTable('information_schema', view)),
];
