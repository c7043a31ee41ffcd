/** Views over the running database: sessions, locks, settings, prepared statements, cursors; and catalogs of the cluster, which has one member. */
import { SqlArray } from '../../base/datum.js';
import { TypeOid } from '../../base/types.js';
import type { Backend } from '../backend.js';
import type { TableRecord } from '../catalog/catalog-objects.js';
import { toTimestamp } from '../eval-context.js';
import { displayValue } from '../settings/settings.js';
import { OwnerOid, relations } from './relations.js';
import type { VirtualRow, VirtualTable } from './virtual-table.js';

const DatabaseOid = 5;

function stateOf(backend: Backend): string {
  if (backend.isRunning) return 'active';
  return backend.block.state === 'failed' ? 'idle in transaction (aborted)' : backend.block.state === 'idle' ? 'idle' : 'idle in transaction';
}

function* activityRows(backend: Backend): Iterable<VirtualRow> {
  for (const other of backend.instance.backends.values()) {
    yield {
      datid: DatabaseOid, datname: backend.system.currentDatabase(), pid: other.id, usesysid: OwnerOid, usename: other.user, application_name: other.settings.get('application_name') || (other.name ?? ''),
      backend_start: toTimestamp(other.startedAtMs), xact_start: other.block.state === 'idle' ? null : other.block.startedAt, query_start: other.currentText === '' ? null : toTimestamp(other.currentStartedAtMs),
      wait_event_type: other.isWaiting ? 'Lock' : other.isRunning ? null : 'Client', wait_event: other.isWaiting ? 'transactionid' : other.isRunning ? null : 'ClientRead', state: stateOf(other), query: other.currentText, backend_type: 'client backend',
    };
  }
}

const lockModes: Readonly<Record<string, string>> = {
  'access share': 'AccessShareLock', 'row share': 'RowShareLock', 'row exclusive': 'RowExclusiveLock', 'share update exclusive': 'ShareUpdateExclusiveLock', share: 'ShareLock', 'share row exclusive': 'ShareRowExclusiveLock',
  exclusive: 'ExclusiveLock', 'access exclusive': 'AccessExclusiveLock', 'key share': 'ForKeyShare', 'no key update': 'ForNoKeyUpdate', update: 'ForUpdate',
};

/** One row a lock held or waited for. Beside PostgreSQL's columns: the object in words, and who is waited for. */
function* lockRows(backend: Backend): Iterable<VirtualRow> {
  const trees = new Map<number, TableRecord>();
  for (const record of relations(backend)) if (record.kind === 'table') trees.set(record.tree, record);
  const byName = new Map<string, number>();
  for (const lock of backend.instance.manager.locks()) {
    const table = lock.tree === undefined ? undefined : trees.get(lock.tree);
    const relation = lock.kind === 'table' ? Number(/\d+/.exec(lock.object ?? '')?.[0] ?? 0) : (table?.oid ?? byName.get(lock.object ?? '') ?? null);
    yield {
      locktype: lock.kind === 'table' ? 'relation' : lock.kind === 'row' ? 'tuple' : lock.kind, database: DatabaseOid, relation: relation === 0 ? null : relation, virtualtransaction: `${lock.session}/${lock.transaction ?? 0}`, pid: lock.session,
      mode: lockModes[lock.mode] ?? lock.mode, granted: lock.granted, fastpath: false, object: lock.object ?? table?.name ?? null, blockers: SqlArray.of(TypeOid.int4, [...lock.blockers]),
    };
  }
}

function* settingRows(backend: Backend): Iterable<VirtualRow> {
  for (const { definition, reset } of backend.settings.all()) {
    const value = backend.settings.get(definition.name)!;
    yield {
      name: definition.name, setting: definition.context === 'transaction' ? backend.showSetting(definition.name)! : value, unit: definition.unit ?? null, category: definition.category, short_desc: definition.description,
      context: definition.context === 'internal' ? 'internal' : 'user', vartype: definition.type, source: value === reset ? 'default' : 'session', min_val: Number.isFinite(definition.min) ? String(definition.min) : null, max_val: Number.isFinite(definition.max) ? String(definition.max) : null,
      enumvals: definition.values.length === 0 ? null : SqlArray.of(TypeOid.text, [...definition.values]), boot_val: definition.initial, reset_val: displayValue({ ...definition, unit: undefined }, reset), pending_restart: false,
    };
  }
}

/** Scans and changes are not counted: those columns are NULL. The tables of the user alone have statistics, so both views show the same. */
function statisticsOfTables(oid: number, name: string): VirtualTable {
  return {
    oid, schema: 'pg_catalog', name,
    columns: `relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 n_mod_since_analyze:int8
      n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 analyze_count:int8 autoanalyze_count:int8`,
    *rows(backend) {
      for (const record of relations(backend)) if (record.kind === 'table') yield { relid: record.oid, schemaname: backend.definitions().schemaName(record.schema), relname: record.name, n_live_tup: backend.draft.statisticsOf(record.oid)?.rowCount ?? 0, n_dead_tup: 0 };
    },
  };
}

function statisticsOfIndexes(oid: number, name: string): VirtualTable {
  return {
    oid, schema: 'pg_catalog', name, columns: 'relid:oid indexrelid:oid schemaname:name relname:name indexrelname:name idx_scan:int8 idx_tup_read:int8 idx_tup_fetch:int8',
    *rows(backend) {
      for (const record of relations(backend)) {
        if (record.kind === 'index') yield { relid: record.table, indexrelid: record.oid, schemaname: backend.definitions().schemaName(record.schema), relname: (backend.draft.get(record.table) as TableRecord).name, indexrelname: record.name };
      }
    },
  };
}

export const activityTables: readonly VirtualTable[] = [
  {
    oid: 12100, schema: 'pg_catalog', name: 'pg_stat_activity', rows: activityRows,
    columns: `datid:oid datname:name pid:int4 leader_pid:int4 usesysid:oid usename:name application_name:text client_addr:text client_hostname:text client_port:int4 backend_start:timestamptz xact_start:timestamptz
      query_start:timestamptz state_change:timestamptz wait_event_type:text wait_event:text state:text backend_xid:xid backend_xmin:xid query_id:int8 query:text backend_type:text`,
  },
  {
    oid: 12101, schema: 'pg_catalog', name: 'pg_locks', rows: lockRows,
    columns: `locktype:text database:oid relation:oid page:int4 tuple:int2 virtualxid:text transactionid:xid classid:oid objid:oid objsubid:int2 virtualtransaction:text pid:int4 mode:text granted:bool fastpath:bool waitstart:timestamptz
      object:text blockers:_int4`,
  },
  {
    oid: 12102, schema: 'pg_catalog', name: 'pg_settings', rows: settingRows,
    columns: `name:text setting:text unit:text category:text short_desc:text extra_desc:text context:text vartype:text source:text min_val:text max_val:text enumvals:_text boot_val:text reset_val:text sourcefile:text sourceline:int4 pending_restart:bool`,
  },
  {
    oid: 12103, schema: 'pg_catalog', name: 'pg_prepared_statements', columns: 'name:text statement:text prepare_time:timestamptz parameter_types:_regtype from_sql:bool generic_plans:int8 custom_plans:int8',
    *rows(backend) {
      for (const p of backend.prepared.values()) yield { name: p.name, statement: p.text, prepare_time: toTimestamp(p.preparedAtMs), parameter_types: SqlArray.of(TypeOid.regtype, [...p.parameterTypes]), from_sql: true, generic_plans: 0, custom_plans: 0 };
    },
  },
  {
    oid: 12104, schema: 'pg_catalog', name: 'pg_cursors', columns: 'name:text statement:text is_holdable:bool is_binary:bool is_scrollable:bool creation_time:timestamptz',
    *rows(backend) {
      for (const p of backend.portals.all()) yield { name: p.name, statement: p.text, is_holdable: p.isHoldable, is_binary: false, is_scrollable: p.isScrollable, creation_time: toTimestamp(p.createdAtMs) };
    },
  },
  {
    oid: 1262, schema: 'pg_catalog', name: 'pg_database', columns: 'oid:oid datname:name datdba:oid encoding:int4 datlocprovider:char datistemplate:bool datallowconn:bool datconnlimit:int4 datfrozenxid:xid datminmxid:xid dattablespace:oid datcollate:text datctype:text daticulocale:text datcollversion:text datacl:_text',
    *rows(backend) {
      yield { oid: DatabaseOid, datname: backend.system.currentDatabase(), datdba: OwnerOid, encoding: 6, datlocprovider: 'c', datistemplate: false, datallowconn: true, datconnlimit: -1, datfrozenxid: 0, datminmxid: 0, dattablespace: 1663, datcollate: 'C', datctype: 'C' };
    },
  },
  {
    oid: 12105, schema: 'pg_catalog', name: 'pg_roles', columns: 'rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz rolbypassrls:bool rolconfig:_text oid:oid',
    *rows(backend) {
      yield { rolname: backend.user, rolsuper: true, rolinherit: true, rolcreaterole: true, rolcreatedb: true, rolcanlogin: true, rolreplication: true, rolconnlimit: -1, rolpassword: '********', rolbypassrls: true, oid: OwnerOid };
    },
  },
  {
    oid: 1260, schema: 'pg_catalog', name: 'pg_authid', columns: 'oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolbypassrls:bool rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz',
    *rows(backend) {
      yield { oid: OwnerOid, rolname: backend.user, rolsuper: true, rolinherit: true, rolcreaterole: true, rolcreatedb: true, rolcanlogin: true, rolreplication: true, rolbypassrls: true, rolconnlimit: -1 };
    },
  },
  {
    oid: 12106, schema: 'pg_catalog', name: 'pg_user', columns: 'usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text valuntil:timestamptz useconfig:_text',
    *rows(backend) {
      yield { usename: backend.user, usesysid: OwnerOid, usecreatedb: true, usesuper: true, userepl: true, usebypassrls: true, passwd: '********' };
    },
  },
  {
    oid: 1213, schema: 'pg_catalog', name: 'pg_tablespace', columns: 'oid:oid spcname:name spcowner:oid spcacl:_text spcoptions:_text',
    *rows() {
      yield { oid: 1663, spcname: 'pg_default', spcowner: OwnerOid };
    },
  },
  statisticsOfTables(12107, 'pg_stat_user_tables'),
  statisticsOfTables(12114, 'pg_stat_all_tables'),
  statisticsOfIndexes(12115, 'pg_stat_user_indexes'),
  statisticsOfIndexes(12116, 'pg_stat_all_indexes'),
  {
    oid: 12108, schema: 'pg_catalog', name: 'pg_timezone_names', columns: 'name:text abbrev:text utc_offset:interval is_dst:bool',
    *rows() {
      for (const name of Intl.supportedValuesOf('timeZone')) yield { name };
    },
  },
];
