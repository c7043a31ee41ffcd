/** Views over concurrency control: counters with the escalations of every bound, tracked transactions, what they read, versions, dependencies. */
import type { MvccStatistics } from '../../mvcc/transaction-manager.js';
import { dependencyViews, readViews, trackedViews, versionViews } from '../../mvcc/serializable/dependency-views.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import type { Backend } from '../backend.js';
import { placeOf } from '../conflict-text.js';
import type { VirtualRow, VirtualTable } from './virtual-table.js';

const counters: Readonly<Record<keyof MvccStatistics, string>> = {
  begun: 'transactions begun', committed: 'transactions committed', rolledBack: 'transactions rolled back', writeConflicts: '40001 because a row had changed since the snapshot',
  serializationFailures: '40001 because of a cycle', deadlocks: '40P01', strictCycles: 'commits that the quick test could not clear', exactCycles: 'commits that the exact test refused',
  nodesVisited: 'transactions looked at by both tests', nodesKept: 'committed serializable transactions remembered', nodesMerged: 'escalation: transactions merged into summaries under long snapshots',
  forcedDrops: 'escalation: transactions forgotten to keep the bound', safeSnapshots: 'read-only transactions that needed no tracking', sireadEntries: 'keys and ranges remembered as read', sireadBytes: 'memory they take',
  sireadEscalations: 'escalation: ranges merged with their neighbours', undoRecords: 'old versions kept', undoBytes: 'memory they take', undoStubs: 'escalation: old versions without their content',
  snapshotsCancelled: 'escalation: snapshots cancelled for memory (53200)',
};

/** A column for people: catalog trees have no table, and are left out. */
function place(backend: Backend, tree: VersionedTree, key: string | undefined, low: string | undefined, high: string | undefined): VirtualRow | undefined {
  const { tableOid, tableName, indexName } = tree.options;
  if (tableOid === undefined || tableName === undefined) return undefined;
  const table = backend.definitions().tableDef(tableOid);
  if (table === undefined) return undefined;
  const shown = placeOf({ tree: tree.id, tableOid, table: tableName, index: indexName, key, low, high }, () => table);
  return { relation: shown.table ?? null, index: shown.index ?? null, key: shown.key ?? null, range: shown.range ?? null };
}

export const concurrencyTables: readonly VirtualTable[] = [
  {
    oid: 12109, schema: 'pg_catalog', name: 'pg_stat_concurrency', columns: 'name:text value:int8 meaning:text',
    *rows(backend) {
      const statistics = backend.instance.manager.statistics();
      for (const [name, meaning] of Object.entries(counters)) yield { name: name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value: statistics[name as keyof MvccStatistics], meaning };
    },
  },
  {
    oid: 12110, schema: 'pg_catalog', name: 'pg_stat_serializable', columns: 'transaction:int8 pid:int4 session:text state:text snapshot:int8 csn:int8 read_only:bool',
    *rows(backend) {
      for (const { transaction, session, state, snapshot, csn, readOnly } of trackedViews(backend.instance.manager)) {
        yield { transaction, pid: session ?? null, session: (session === undefined ? undefined : backend.instance.backends.get(session)?.name) ?? null, state, snapshot: snapshot < 0 ? null : snapshot, csn: csn ?? null, read_only: readOnly };
      }
    },
  },
  {
    oid: 12111, schema: 'pg_catalog', name: 'pg_stat_reads', columns: 'transaction:int8 relation:text index:text range:text statement:int4 existence_only:bool',
    *rows(backend) {
      for (const { transaction, tree, low, high, statement, existenceOnly } of readViews(backend.instance.manager)) {
        const where = place(backend, tree, undefined, low, high);
        if (where !== undefined) yield { transaction, relation: where['relation'], index: where['index'], range: where['range'], statement, existence_only: existenceOnly };
      }
    },
  },
  {
    oid: 12112, schema: 'pg_catalog', name: 'pg_stat_versions', columns: 'relation:text index:text key:text kind:text csn:int8 transaction:int8',
    *rows(backend) {
      for (const { tree, key, kind, csn, transaction } of versionViews(backend.instance.manager)) {
        const where = place(backend, tree, key, undefined, undefined);
        if (where !== undefined) yield { relation: where['relation'], index: where['index'], key: where['key'], kind, csn: csn ?? null, transaction: transaction ?? null };
      }
    },
  },
  {
    oid: 12113, schema: 'pg_catalog', name: 'pg_stat_dependencies', columns: 'from_transaction:int8 to_transaction:int8 kind:text relation:text index:text key:text range:text certain:bool',
    *rows(backend) {
      for (const { from, to, kind, tree, key, low, high, certain } of dependencyViews(backend.instance.manager)) {
        const where = tree === undefined ? {} : (place(backend, tree, key, low, high) ?? {});
        yield { ...where, from_transaction: from, to_transaction: to, kind, certain };
      }
    },
  },
];
