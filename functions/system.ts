/**
 * Functions about the session, the catalog and the server: identity, settings, sequences, definitions as text, privileges, advisory locks. What needs the
 * catalog or the session goes through `ctx.system`, which engine implements; `call` passes the name on.
 */
import { DbError } from '../base/errors.js';
import type { Datum, SqlArray } from '../base/datum.js';
import { FirstUserOid, formatType, sqlType, typeInfo, typeName, TypeOid } from '../base/types.js';
import { scalar, setReturning, specialized, type ScalarOptions } from './define.js';
import type { EvalContext, FunctionDef } from './registry.js';
import { randomUuid } from './uuid.js';

const stable: ScalarOptions = { volatility: 'stable' };
const volatile: ScalarOptions = { volatility: 'volatile' };

/** A function that engine answers under its own name, or `as` another. */
function viaSystem(name: string, args: string, returns: string, options: ScalarOptions = stable, as = name): FunctionDef {
  const count = args.trim() === '' ? 0 : args.trim().split(/\s+/).length;
  return scalar(name, args, returns, (...given: unknown[]) => (given[count] as EvalContext).system.call(as, given.slice(0, count) as Datum[]), options);
}

const identity = (): FunctionDef[] => [
  scalar('version', '', 'text', () => 'PostgreSQL 15.0 (Serialite), pure TypeScript', stable),
  scalar('current_database', '', 'name', (ctx: EvalContext) => ctx.system.currentDatabase(), stable),
  scalar('current_catalog', '', 'name', (ctx: EvalContext) => ctx.system.currentDatabase(), stable),
  scalar('current_schema', '', 'name', (ctx: EvalContext) => ctx.system.currentSchemas(false)[0] ?? null, stable),
  viaSystem('current_schemas', 'bool', '_name'),
  ...['current_user', 'session_user', 'user', 'current_role'].map((name) => scalar(name, '', 'name', (ctx: EvalContext) => ctx.system.currentUser(), stable)),
  scalar('pg_backend_pid', '', 'int4', (ctx: EvalContext) => ctx.system.backendPid(), stable),
  viaSystem('pg_my_temp_schema', '', 'oid'),
  viaSystem('pg_is_other_temp_schema', 'oid', 'bool'),
  scalar('pg_trigger_depth', '', 'int4', () => 0, stable),
  scalar('pg_jit_available', '', 'bool', () => false, volatile),
  ...['oid', 'text'].map((relation) => scalar('row_security_active', relation, 'bool', () => false, stable)),
  ...['name name text', 'name oid text', 'oid name text', 'oid oid text', 'name text', 'oid text'].map((args) => scalar('pg_has_role', args, 'bool', () => true, stable)),
  scalar('txid_current', '', 'int8', (ctx: EvalContext) => ctx.system.transactionId(), stable),
  scalar('pg_current_xact_id', '', 'xid8', (ctx: EvalContext) => ctx.system.transactionId(), stable),
  scalar('pg_is_in_recovery', '', 'bool', () => false, stable),
  scalar('pg_postmaster_start_time', '', 'timestamptz', (ctx: EvalContext) => ctx.system.call('pg_postmaster_start_time', []), stable),
  scalar('inet_server_addr', '', 'text', () => null, stable),
  scalar('inet_server_port', '', 'int4', () => null, stable),
];

/** COLLATION FOR: what an explicit COLLATE or a column says, which the planner puts in place of this. */
const collationFor = scalar('pg_collation_for', 'any', 'text', () => '"default"', { strict: false, volatility: 'stable' });
/** The type of the argument, known when the call is bound. */
const typeOf = scalar('pg_typeof', 'any', 'regtype', () => null, { strict: false, volatility: 'stable' });
const reflection = (): FunctionDef[] => [
  specialized(typeOf, (args) => ({ ...typeOf, impl: () => args[0]!.oid })),
  scalar('format_type', 'oid int4', 'text', (oid: number | null, typmod: number | null, ctx: EvalContext) => {
    if (oid === null) return null;
    if (oid === 0) return '-';
    if (ctx.types.lookup(oid) === undefined) return '???';
    // Without a type modifier at all it is the name of the type, and not what a column of it would be declared as. A user's type may need its schema.
    if (typmod === null && oid < FirstUserOid) return typeName(oid, ctx.types);
    return oid < FirstUserOid ? formatType(sqlType(oid, typmod ?? -1), ctx.types) : ctx.system.call('type_text', [oid, typmod ?? -1]);
  }, { strict: false, volatility: 'stable' }),
  specialized(collationFor, (args, _returns, types) => {
    const { category, elementOid } = typeInfo(args[0]!.oid, types);
    if (category !== 'S' && (elementOid === 0 || typeInfo(elementOid, types).category !== 'S') && args[0]!.oid !== TypeOid.unknown) throw new DbError('42804', `collations are not supported by type ${typeName(args[0]!.oid, types)}`);
    return collationFor;
  }),
];

const categories: Readonly<Record<string, readonly [string, string]>> = {
  unreserved: ['U', 'unreserved'], columnName: ['C', 'unreserved (cannot be function or type name)'], typeOrFunction: ['T', 'reserved (can be function or type name)'], reserved: ['R', 'reserved'],
};
/** Of words, one to a line: the word, its category, and whether it can be a label without AS. */
function* keywordRows(ctx: EvalContext): Iterable<readonly Datum[]> {
  for (const line of (ctx.system.call('pg_get_keywords', []) as string).split('\n')) {
    const [word, category, bare] = line.split(' ') as [string, string, string];
    const [code, description] = categories[category]!;
    yield [word, code, bare === 'true', description, bare === 'true' ? 'can be bare label' : 'requires AS'];
  }
}

const settings = (): FunctionDef[] => [
  scalar('current_setting', 'text', 'text', (name: string, ctx: EvalContext) => {
    const value = ctx.setting(name.toLowerCase());
    if (value === undefined) throw new DbError('42704', `unrecognized configuration parameter "${name}"`);
    return value;
  }, stable),
  scalar('current_setting', 'text bool', 'text', (name: string, missingOk: boolean, ctx: EvalContext) => {
    const value = ctx.setting(name.toLowerCase());
    if (value === undefined && !missingOk) throw new DbError('42704', `unrecognized configuration parameter "${name}"`);
    return value ?? null;
  }, stable),
  scalar('set_config', 'text text bool', 'text', (name: string | null, value: string | null, isLocal: boolean | null, ctx: EvalContext) => {
    if (name === null) throw new DbError('22004', 'SET requires parameter name');
    ctx.setSetting(name.toLowerCase(), value ?? '', isLocal === true);
    return ctx.setting(name.toLowerCase()) ?? null;
  }, { strict: false, volatility: 'volatile' }),
];

const sequences = (): FunctionDef[] => [
  scalar('nextval', 'regclass', 'int8', (sequence: number, ctx: EvalContext) => ctx.system.nextval(sequence), volatile),
  scalar('currval', 'regclass', 'int8', (sequence: number, ctx: EvalContext) => ctx.system.currval(sequence), volatile),
  scalar('lastval', '', 'int8', (ctx: EvalContext) => ctx.system.lastval(), volatile),
  scalar('setval', 'regclass int8', 'int8', (sequence: number, value: Datum, ctx: EvalContext) => ctx.system.setval(sequence, value, true), volatile),
  scalar('setval', 'regclass int8 bool', 'int8', (sequence: number, value: Datum, isCalled: boolean, ctx: EvalContext) => ctx.system.setval(sequence, value, isCalled), volatile),
  viaSystem('pg_get_serial_sequence', 'text text', 'text'),
  viaSystem('pg_sequence_last_value', 'regclass', 'int8'),
];

/** `name=value` of each element. */
function* optionRows(options: SqlArray): Iterable<readonly Datum[]> {
  for (const option of options.elements as readonly string[]) {
    const at = option.indexOf('=');
    yield at < 0 ? [option, null] : [option.slice(0, at), option.slice(at + 1)];
  }
}

const definitions = (): FunctionDef[] => [
  viaSystem('pg_get_viewdef', 'oid', 'text'),
  viaSystem('pg_get_viewdef', 'oid bool', 'text'),
  viaSystem('pg_get_viewdef', 'oid int4', 'text'),
  viaSystem('pg_get_viewdef', 'text', 'text'),
  viaSystem('pg_get_viewdef', 'text bool', 'text'),
  viaSystem('pg_get_indexdef', 'oid', 'text'),
  viaSystem('pg_get_indexdef', 'oid int4 bool', 'text'),
  viaSystem('pg_get_constraintdef', 'oid', 'text'),
  viaSystem('pg_get_constraintdef', 'oid bool', 'text'),
  viaSystem('pg_get_expr', 'text oid', 'text'),
  viaSystem('pg_get_expr', 'text oid bool', 'text'),
  viaSystem('pg_get_functiondef', 'oid', 'text'),
  viaSystem('pg_get_function_arguments', 'oid', 'text'),
  viaSystem('pg_get_function_identity_arguments', 'oid', 'text'),
  viaSystem('pg_get_function_result', 'oid', 'text'),
  viaSystem('pg_get_function_sqlbody', 'oid', 'text'),
  viaSystem('pg_get_triggerdef', 'oid', 'text'),
  viaSystem('pg_get_triggerdef', 'oid bool', 'text'),
  viaSystem('pg_get_ruledef', 'oid', 'text'),
  viaSystem('pg_get_ruledef', 'oid bool', 'text'),
  viaSystem('pg_get_statisticsobjdef_columns', 'oid', 'text'),
  viaSystem('pg_tablespace_location', 'oid', 'text'),
  // No table here has partitions.
  setReturning('pg_partition_ancestors', 'regclass', 'regclass', () => [], stable),
  setReturning('pg_partition_tree', 'regclass', 'record', () => [], { ...stable, columns: [{ name: 'relid', type: 'regclass' }, { name: 'parentrelid', type: 'regclass' }, { name: 'isleaf', type: 'bool' }, { name: 'level', type: 'int4' }] }),
  setReturning('pg_get_keywords', '', 'record', (_args, ctx) => keywordRows(ctx), {
    ...stable, columns: [{ name: 'word', type: 'text' }, { name: 'catcode', type: 'char' }, { name: 'barelabel', type: 'bool' }, { name: 'catdesc', type: 'text' }, { name: 'baredesc', type: 'text' }],
  }),
  setReturning('pg_options_to_table', '_text', 'record', ([options]) => optionRows(options as SqlArray), { ...stable, columns: [{ name: 'option_name', type: 'text' }, { name: 'option_value', type: 'text' }] }),
  viaSystem('pg_get_partkeydef', 'oid', 'text'),
  viaSystem('pg_get_userbyid', 'oid', 'name'),
  viaSystem('obj_description', 'oid name', 'text'),
  viaSystem('obj_description', 'oid', 'text'),
  viaSystem('col_description', 'oid int4', 'text'),
  viaSystem('shobj_description', 'oid name', 'text'),
  ...['to_regclass:regclass', 'to_regtype:regtype', 'to_regproc:regproc', 'to_regnamespace:regnamespace', 'to_regrole:regrole', 'to_regprocedure:regprocedure', 'to_regoper:regoper', 'to_regoperator:regoperator', 'to_regcollation:regcollation'].map((entry) => {
    const [name, type] = entry.split(':');
    return viaSystem(name!, 'text', type!);
  }),
  ...['pg_table_is_visible', 'pg_type_is_visible', 'pg_function_is_visible', 'pg_operator_is_visible', 'pg_opclass_is_visible', 'pg_opfamily_is_visible', 'pg_collation_is_visible', 'pg_conversion_is_visible', 'pg_statistics_obj_is_visible', 'pg_ts_config_is_visible', 'pg_ts_dict_is_visible', 'pg_ts_parser_is_visible', 'pg_ts_template_is_visible'].map((name) => viaSystem(name, 'oid', 'bool')),
  viaSystem('pg_encoding_to_char', 'int4', 'name'),
  scalar('pg_char_to_encoding', 'name', 'int4', (name: string) => (/^utf-?8$/i.test(name) ? 6 : -1), stable),
  viaSystem('getdatabaseencoding', '', 'name'),
  viaSystem('pg_client_encoding', '', 'name'),
  viaSystem('pg_relation_is_publishable', 'regclass', 'bool'),
  viaSystem('pg_index_column_has_property', 'regclass int4 text', 'bool'),
  viaSystem('pg_describe_object', 'oid oid int4', 'text'),
];

const sizes = (): FunctionDef[] => [
  ...['pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size'].map((name) => viaSystem(name, 'regclass', 'int8', volatile)),
  viaSystem('pg_relation_size', 'regclass text', 'int8', volatile),
  viaSystem('pg_database_size', 'name', 'int8', volatile),
  viaSystem('pg_tablespace_size', 'oid', 'int8', volatile),
  viaSystem('pg_relation_filenode', 'regclass', 'oid'),
];

/** There is one user, who may do everything; the object must exist all the same. */
const privileges = (): FunctionDef[] => ['table', 'column', 'schema', 'database', 'sequence', 'function', 'type', 'any_column', 'language', 'tablespace'].flatMap((kind) => {
  const name = `has_${kind}_privilege`;
  const extra = kind === 'column' ? ' text' : '';
  return ['text', 'oid'].flatMap((object) => [viaSystem(name, `${object}${extra} text`, 'bool'), viaSystem(name, `name ${object}${extra} text`, 'bool')]);
});

/** Waiting ones are made to wait by engine, which undoes the statement, waits, and runs it again. */
const advisory = (): FunctionDef[] => ['pg_advisory_lock', 'pg_advisory_lock_shared', 'pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared'].flatMap((name) => [
  viaSystem(name, 'int8', 'void', volatile), viaSystem(name, 'int4 int4', 'void', volatile),
]).concat(
  ['pg_try_advisory_lock', 'pg_try_advisory_lock_shared', 'pg_try_advisory_xact_lock', 'pg_try_advisory_xact_lock_shared', 'pg_advisory_unlock', 'pg_advisory_unlock_shared'].flatMap((name) => [
    viaSystem(name, 'int8', 'bool', volatile), viaSystem(name, 'int4 int4', 'bool', volatile),
  ]),
  [viaSystem('pg_advisory_unlock_all', '', 'void', volatile)],
);

const activity = (): FunctionDef[] => [
  viaSystem('pg_blocking_pids', 'int4', '_int4', volatile),
  viaSystem('pg_isolation_test_session_is_blocked', 'int4 _int4', 'bool', volatile),
  viaSystem('pg_cancel_backend', 'int4', 'bool', volatile),
  viaSystem('pg_terminate_backend', 'int4', 'bool', volatile),
  viaSystem('pg_sleep', 'float8', 'void', volatile),
  viaSystem('pg_sleep_for', 'interval', 'void', volatile),
  viaSystem('pg_sleep_until', 'timestamptz', 'void', volatile),
];

export const systemFunctions = (): readonly FunctionDef[] => [
  ...identity(), ...reflection(), ...settings(), ...sequences(), ...definitions(), ...sizes(), ...privileges(), ...advisory(), ...activity(),
  scalar('pg_column_size', 'any', 'int4', (value: Datum) => (typeof value === 'string' ? Buffer.byteLength(value) + 1 : 8), stable),
  scalar('random', '', 'float8', (ctx: EvalContext) => ctx.system.random(), volatile),
  viaSystem('setseed', 'float8', 'void', volatile),
  scalar('gen_random_uuid', '', 'uuid', randomUuid, volatile),
];
