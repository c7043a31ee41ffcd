/**
 * The run-time settings there are: PostgreSQL's names with its defaults, ranges and units where they mean something here, plus our own.
 * Names that clients and tools send on connecting are present even where only one value makes sense; giving such a setting any other
 * value is an error, never silently ignored.
 */

export type SettingUnit = 'ms' | 's' | 'min' | 'kB' | '8kB' | 'B' | undefined;

export interface SettingDefinition {
  readonly name: string;
  readonly type: 'bool' | 'integer' | 'real' | 'string' | 'enum';
  /** In `unit`, as canonical text. */
  readonly initial: string;
  readonly unit: SettingUnit;
  readonly min: number;
  readonly max: number;
  readonly values: readonly string[];
  /** `internal` cannot be set at all; `transaction` belongs to one transaction and is rolled back with it in any case. */
  readonly context: 'user' | 'internal' | 'transaction';
  readonly category: string;
  readonly description: string;
}

type Rest = Partial<Pick<SettingDefinition, 'unit' | 'min' | 'max' | 'values' | 'context'>>;

const table: SettingDefinition[] = [];
function add(category: string, name: string, type: SettingDefinition['type'], initial: string, description: string, rest: Rest = {}): void {
  table.push({ name, type, initial, description, category, unit: undefined, min: -Infinity, max: Infinity, values: [], context: 'user', ...rest });
}

const intMax = 2147483647;
const client = 'Client Connection Defaults / Statement Behavior';
add(client, 'search_path', 'string', '"$user", public', 'Schemas that are looked through for names without a schema.');
add(client, 'default_transaction_isolation', 'enum', 'read committed', 'Isolation level of new transactions.', { values: ['serializable', 'repeatable read', 'read committed', 'read uncommitted'] });
add(client, 'default_transaction_read_only', 'bool', 'off', 'Whether new transactions are read-only.');
add(client, 'default_transaction_deferrable', 'bool', 'off', 'Whether new serializable read-only transactions wait for a safe snapshot.');
add(client, 'transaction_isolation', 'enum', 'read committed', 'Isolation level of the current transaction.', { values: ['serializable', 'repeatable read', 'read committed', 'read uncommitted'], context: 'transaction' });
add(client, 'transaction_read_only', 'bool', 'off', 'Whether the current transaction is read-only.', { context: 'transaction' });
add(client, 'transaction_deferrable', 'bool', 'off', 'Whether the current transaction waits for a safe snapshot.', { context: 'transaction' });
add(client, 'track_dependencies', 'bool', 'off', 'Whether repeatable read transactions are tracked as serializable ones are, without failing, for pg_stat_dependencies.');
add(client, 'serializable_mode', 'enum', 'exact', 'Whether serializable transactions also keep the order of real time.', { values: ['exact', 'strict'] });
add(client, 'statement_timeout', 'integer', '0', 'Longest time a statement may take.', { unit: 'ms', min: 0, max: intMax });
add(client, 'lock_timeout', 'integer', '0', 'Longest time a statement may wait for one lock.', { unit: 'ms', min: 0, max: intMax });
add(client, 'idle_in_transaction_session_timeout', 'integer', '0', 'Longest time a session may sit idle inside a transaction.', { unit: 'ms', min: 0, max: intMax });
add(client, 'transaction_timeout', 'integer', '0', 'Longest time a transaction may take.', { unit: 'ms', min: 0, max: intMax });
add(client, 'idle_session_timeout', 'integer', '0', 'Longest time a session may sit idle outside a transaction.', { unit: 'ms', min: 0, max: intMax });
add(client, 'bytea_output', 'enum', 'hex', 'Output format of bytea.', { values: ['escape', 'hex'] });
add(client, 'check_function_bodies', 'bool', 'on', 'Whether bodies of functions are checked when they are created.');
add(client, 'default_table_access_method', 'string', 'btree', 'Access method of new tables.', { context: 'internal' });
add(client, 'default_tablespace', 'string', '', 'Tablespace of new objects.');
add(client, 'temp_tablespaces', 'string', '', 'Tablespaces of temporary objects.');
add(client, 'row_security', 'bool', 'on', 'Whether row security is applied.');
add(client, 'session_replication_role', 'enum', 'origin', 'How triggers behave.', { values: ['origin', 'replica', 'local'] });
add(client, 'client_min_messages', 'enum', 'notice', 'Least severe message that is sent to the client.', { values: ['debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'debug', 'log', 'info', 'notice', 'warning', 'error'] });
add(client, 'xmloption', 'enum', 'content', 'How XML is parsed.', { values: ['content', 'document'] });
add(client, 'synchronous_commit', 'enum', 'on', 'Whether a commit waits until its log record is durable.', { values: ['local', 'remote_write', 'remote_apply', 'on', 'off'] });
add(client, 'plan_cache_mode', 'enum', 'auto', 'Whether prepared statements are planned anew for their parameters.', { values: ['auto', 'force_generic_plan', 'force_custom_plan'] });
add(client, 'default_statistics_target', 'integer', '100', 'How fine the statistics of ANALYZE are.', { min: 1, max: 10000 });

const locale = 'Client Connection Defaults / Locale and Formatting';
add(locale, 'TimeZone', 'string', 'UTC', 'Time zone of timestamps with time zone.');
add(locale, 'DateStyle', 'string', 'ISO, MDY', 'Format of dates, and the order in ambiguous input.');
add(locale, 'IntervalStyle', 'enum', 'postgres', 'Format of intervals.', { values: ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'] });
add(locale, 'timezone_abbreviations', 'string', 'Default', 'Set of time zone abbreviations.', { context: 'internal' });
add(locale, 'extra_float_digits', 'integer', '1', 'Digits of floating-point output.', { min: -15, max: 3 });
add(locale, 'client_encoding', 'string', 'UTF8', 'Encoding of the client.');
add(locale, 'lc_messages', 'string', 'C', 'Language of messages.');
add(locale, 'lc_monetary', 'string', 'C', 'Locale of money.');
add(locale, 'lc_numeric', 'string', 'C', 'Locale of numbers.');
add(locale, 'lc_time', 'string', 'C', 'Locale of dates.');
add(locale, 'lc_collate', 'string', 'C', 'Collation of the database.', { context: 'internal' });
add(locale, 'lc_ctype', 'string', 'C', 'Character classes of the database.', { context: 'internal' });
add(locale, 'default_text_search_config', 'string', 'pg_catalog.simple', 'Default of text search.');

const compatibility = 'Version and Platform Compatibility';
add(compatibility, 'standard_conforming_strings', 'bool', 'on', 'Backslashes in ordinary strings are literal.');
add(compatibility, 'escape_string_warning', 'bool', 'on', 'Warn about backslashes in ordinary strings.');
add(compatibility, 'backslash_quote', 'enum', 'safe_encoding', 'Whether \\\' is allowed in strings.', { values: ['safe_encoding', 'on', 'off'] });
add(compatibility, 'array_nulls', 'bool', 'on', 'Whether NULL in array input is a null element.');
add(compatibility, 'transform_null_equals', 'bool', 'off', 'Treats expr = NULL as expr IS NULL.');
add(compatibility, 'quote_all_identifiers', 'bool', 'off', 'Quote every identifier when printing SQL.');
add(compatibility, 'lo_compat_privileges', 'bool', 'off', 'Old privileges of large objects.');
add(compatibility, 'default_with_oids', 'bool', 'off', 'Always off.');

const resources = 'Resource Usage / Memory';
add(resources, 'work_mem', 'integer', '16384', 'Memory one sort or hash may use before it goes to a temporary file.', { unit: 'kB', min: 64, max: intMax });
add(resources, 'statement_mem', 'integer', '1048576', 'Memory a statement may take for rows that do not go to a temporary file; 0 without limit.', { unit: 'kB', min: 0, max: intMax });
add(resources, 'max_result_rows', 'integer', '10000000', 'Rows that a call may return at once; 0 without limit. Cursors and streams have none.', { min: 0, max: intMax });
add(resources, 'temp_file_limit', 'integer', '-1', 'What the temporary files of a session may take together; -1 without limit.', { unit: 'kB', min: -1, max: intMax });
add(resources, 'maintenance_work_mem', 'integer', '65536', 'Memory of index builds.', { unit: 'kB', min: 1024, max: intMax });
add(resources, 'hash_mem_multiplier', 'real', '2', 'Hashes may use work_mem times this.', { min: 1, max: 1000 });
add(resources, 'temp_buffers', 'integer', '1024', 'Memory of temporary tables.', { unit: '8kB', min: 100, max: intMax });
add(resources, 'shared_buffers', 'integer', '32768', 'Size of the buffer pool.', { unit: '8kB', min: 16, max: intMax, context: 'internal' });

const planning = 'Query Tuning / Planner Method Configuration';
for (const method of ['seqscan', 'indexscan', 'indexonlyscan', 'bitmapscan', 'tidscan', 'sort', 'incremental_sort', 'hashagg', 'material', 'memoize', 'nestloop', 'mergejoin', 'hashjoin', 'gathermerge', 'parallel_append', 'parallel_hash', 'async_append']) {
  add(planning, `enable_${method}`, 'bool', 'on', `Whether the planner may use ${method.replaceAll('_', ' ')}.`);
}
for (const method of ['partition_pruning', 'partitionwise_join', 'partitionwise_aggregate']) add(planning, `enable_${method}`, 'bool', method === 'partition_pruning' ? 'on' : 'off', 'Partitioned tables.');

const costs = 'Query Tuning / Planner Cost Constants';
add(costs, 'seq_page_cost', 'real', '1', 'Cost of reading the next page.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'random_page_cost', 'real', '1.1', 'Cost of reading any page.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'cpu_tuple_cost', 'real', '0.01', 'Cost of handling a row.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'cpu_index_tuple_cost', 'real', '0.005', 'Cost of handling an index entry.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'cpu_operator_cost', 'real', '0.0025', 'Cost of an operator or function.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'effective_cache_size', 'integer', '524288', 'What is assumed to be cached.', { unit: '8kB', min: 1, max: intMax });
add(costs, 'jit', 'bool', 'off', 'Statements are always compiled; this switch is PostgreSQL\'s.');
add(costs, 'max_parallel_workers_per_gather', 'integer', '0', 'One thread runs everything.', { min: 0, max: 1024 });
add(costs, 'parallel_setup_cost', 'real', '1000', 'One thread runs everything.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'parallel_tuple_cost', 'real', '0.1', 'One thread runs everything.', { min: 0, max: Number.MAX_VALUE });
add(costs, 'min_parallel_table_scan_size', 'integer', '1024', 'One thread runs everything.', { unit: '8kB', min: 0, max: intMax });
add(costs, 'min_parallel_index_scan_size', 'integer', '64', 'One thread runs everything.', { unit: '8kB', min: 0, max: intMax });
add(costs, 'parallel_leader_participation', 'bool', 'on', 'One thread runs everything.');
add(costs, 'debug_parallel_query', 'enum', 'off', 'One thread runs everything.', { values: ['off', 'on', 'regress'] });
add(costs, 'force_parallel_mode', 'enum', 'off', 'One thread runs everything.', { values: ['off', 'on', 'regress'] });
add('Query Tuning / Other Planner Options', 'join_collapse_limit', 'integer', '8', 'FROM items beyond which explicit joins keep their order.', { min: 1, max: intMax });
add('Query Tuning / Other Planner Options', 'from_collapse_limit', 'integer', '8', 'FROM items beyond which subqueries stay apart.', { min: 1, max: intMax });
add('Query Tuning / Other Planner Options', 'cursor_tuple_fraction', 'real', '0.1', 'Fraction of a cursor\'s rows that is assumed to be read.', { min: 0, max: 1 });
add('Query Tuning / Other Planner Options', 'constraint_exclusion', 'enum', 'partition', 'Use of constraints in planning.', { values: ['partition', 'on', 'off'] });
add('Query Tuning / Genetic Query Optimizer', 'geqo', 'bool', 'on', 'Genetic query optimizer.');
add('Query Tuning / Genetic Query Optimizer', 'geqo_threshold', 'integer', '12', 'FROM items from which it is used.', { min: 2, max: intMax });

const developer = 'Developer Options';
add(developer, 'execution_mode', 'enum', 'generated', 'Whether statements run as generated code or in the interpreter.', { values: ['generated', 'interpreted'] });
add(developer, 'leaf_columns', 'bool', 'on', 'Whether generated scans of whole tables read columns kept beside the leaves, or rows.');
add(developer, 'rewrite_rules', 'bool', 'on', 'Whether the planner rewrites statements by the rules that it could do without.');
add(developer, 'application_name', 'string', '', 'Name of the application in activity views.');
add(developer, 'debug_print_plan', 'bool', 'off', 'PostgreSQL\'s debugging output.');
add('Reporting and Logging / What to Log', 'log_statement', 'enum', 'none', 'Statements that are logged.', { values: ['none', 'ddl', 'mod', 'all'] });
add('Reporting and Logging / What to Log', 'log_min_duration_statement', 'integer', '-1', 'Statements that take longer are logged.', { unit: 'ms', min: -1, max: intMax });
add('Reporting and Logging / What to Log', 'log_duration', 'bool', 'off', 'Whether durations are logged.');
add('Reporting and Logging / When to Log', 'log_min_messages', 'enum', 'warning', 'Least severe message that is logged.', { values: ['debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'debug', 'info', 'notice', 'warning', 'error', 'log', 'fatal', 'panic'] });
add('Statistics / Cumulative Query and Index Statistics', 'track_activities', 'bool', 'on', 'Whether running statements are shown.');
add('Statistics / Cumulative Query and Index Statistics', 'track_counts', 'bool', 'on', 'Whether activity is counted.');
add('Statistics / Cumulative Query and Index Statistics', 'track_io_timing', 'bool', 'off', 'Whether I/O is timed.');
add('Lock Management', 'deadlock_timeout', 'integer', '1000', 'Deadlocks are found at once; this is PostgreSQL\'s delay.', { unit: 'ms', min: 1, max: intMax });

const preset = 'Preset Options';
add(preset, 'server_version', 'string', '15.18', 'PostgreSQL version whose behaviour this follows.', { context: 'internal' });
add(preset, 'server_version_num', 'integer', '150018', 'The same as a number.', { context: 'internal' });
add(preset, 'server_encoding', 'string', 'UTF8', 'Encoding of the database.', { context: 'internal' });
add(preset, 'integer_datetimes', 'bool', 'on', 'Timestamps are integers.', { context: 'internal' });
add(preset, 'block_size', 'integer', '8192', 'Size of a page.', { context: 'internal' });
add(preset, 'max_identifier_length', 'integer', '63', 'Longest identifier in bytes.', { unit: 'B', context: 'internal' });
add(preset, 'max_index_keys', 'integer', '32', 'Most columns of an index.', { context: 'internal' });
add(preset, 'max_function_args', 'integer', '100', 'Most arguments of a function.', { context: 'internal' });
add(preset, 'in_hot_standby', 'bool', 'off', 'Whether this is a standby.', { context: 'internal' });
add(preset, 'is_superuser', 'bool', 'on', 'Whether the role is a superuser.', { context: 'internal' });
add(preset, 'session_authorization', 'string', 'postgres', 'Role of the session.');
add(preset, 'role', 'string', 'none', 'Current role.');
add(preset, 'max_connections', 'integer', '100', 'Sessions are not limited; this is PostgreSQL\'s default.', { context: 'internal' });
add(preset, 'wal_level', 'enum', 'replica', 'What the log holds.', { values: ['minimal', 'replica', 'logical'], context: 'internal' });
add(preset, 'fsync', 'bool', 'on', 'Whether commits are synced.', { context: 'internal' });
add(preset, 'full_page_writes', 'bool', 'on', 'Checkpoints never overwrite a page.', { context: 'internal' });
add(preset, 'max_wal_size', 'integer', '1024', 'Size of the log at which commits are refused.', { context: 'internal' });
add(preset, 'password_encryption', 'enum', 'scram-sha-256', 'How passwords are kept.', { values: ['md5', 'scram-sha-256'] });
add(preset, 'autovacuum', 'bool', 'on', 'Versions are collected in the background.', { context: 'internal' });
add(preset, 'vacuum_cost_delay', 'real', '0', 'Vacuum never sleeps.', { unit: 'ms', min: 0, max: 100 });

/** By lower-case name. */
export const settingDefinitions: ReadonlyMap<string, SettingDefinition> = new Map(table.map((d) => [d.name.toLowerCase(), d]));
