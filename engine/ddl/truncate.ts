/** TRUNCATE: new empty trees in place of the old ones. Old snapshots that look later get 40001 (a new tree is not valid for them). */
import { DbError } from '../../base/errors.js';
import { oid as toOid, treeId } from '../../base/ids.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { Truncate } from '../../parser/ast.js';
import type { Backend } from '../backend.js';
import type { SequenceRecord, TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { notA } from './names.js';
import { restartSequence } from './sequences.js';

export async function truncate(ddl: Ddl, statement: Truncate): Promise<void> {
  const { draft } = ddl;
  const tables = new Map<number, TableRecord>();
  for (const { name } of statement.tables) {
    const found = await ddl.lockRelation(name, 'access exclusive');
    if (found.kind !== 'table' || found.view !== undefined) throw notA(found, 'table');
    tables.set(found.oid, found);
  }
  // Whoever refers to a truncated table must be truncated with it.
  for (const table of tables.values()) {
    for (const child of draft.childrenOf(table.oid)) {
      if (tables.has(child.oid)) continue;
      if (statement.behavior !== 'cascade') {
        throw new DbError('0A000', 'cannot truncate a table referenced in a foreign key constraint', {
          detail: `Table "${child.name}" references "${table.name}".`, hint: `Truncate table "${child.name}" at the same time, or use TRUNCATE ... CASCADE.`,
        });
      }
      await ddl.lock(child.oid, 'access exclusive');
      ddl.notice(`truncate cascades to table "${child.name}"`);
      tables.set(child.oid, draft.get(child.oid) as TableRecord);
    }
  }
  if (statement.restartIdentity) {
    const sequences = [...draft.all()].filter((r): r is SequenceRecord => r.kind === 'sequence' && r.owner !== undefined && tables.has(r.owner.table));
    for (const sequence of sequences) restartSequence(ddl, sequence);
  }
  ddl.refuseInUse([...tables.values()], 'TRUNCATE');
  truncateTables(ddl.backend, ddl.tx, [...tables.values()]);
}

/** Gives tables and their indexes new empty trees. */
export function truncateTables(backend: Backend, tx: Transaction, tables: readonly TableRecord[]): void {
  const { store, executorEnv } = backend.instance;
  for (const table of tables) {
    const indexes = backend.draft.indexesOf(table.oid);
    const tree = store.newTreeId();
    const names = { tableOid: toOid(table.oid), tableName: table.name };
    tx.dropTree(treeId(table.tree), 'removed');
    executorEnv.rowIds.forget(treeId(table.tree));
    executorEnv.tableChanges.of(table.oid).rows += backend.draft.statisticsOf(table.oid)?.rowCount ?? 0;
    const clustered = indexes.find((index) => index.oid === table.clusteredBy);
    tx.createTree(tree, { unique: true, unclaimed: clustered === undefined, ...names, indexName: clustered?.name });
    backend.draft.put({ ...table, tree, layouts: [table.columns.length] });
    for (const index of indexes) {
      if (index.oid === table.clusteredBy) {
        backend.draft.put({ ...index, tree });
        continue;
      }
      tx.dropTree(treeId(index.tree), 'removed');
      const indexTree = store.newTreeId();
      tx.createTree(indexTree, { unique: index.isUnique, unclaimed: true, ...names, indexName: index.name });
      backend.draft.put({ ...index, tree: indexTree });
    }
  }
}
