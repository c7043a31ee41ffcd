/** What a commit does to temporary tables. */
import { treeId } from '../../base/ids.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { Backend } from '../backend.js';
import type { TableRecord } from '../catalog/catalog-objects.js';
import { truncateTables } from './truncate.js';

function onCommitTables(backend: Backend): TableRecord[] {
  const tables: TableRecord[] = [];
  for (const record of backend.draft.all()) {
    if (record.kind === 'table' && record.schema === backend.tempSchema && (record.onCommit === 'delete rows' || record.onCommit === 'drop')) tables.push(record);
  }
  return tables;
}
export function hasOnCommitTables(backend: Backend): boolean {
  return backend.tempSchema !== undefined && onCommitTables(backend).length > 0;
}

/** ON COMMIT DELETE ROWS and ON COMMIT DROP, inside the transaction that commits. */
export async function onCommitTemporary(backend: Backend, tx: Transaction): Promise<void> {
  const tables = onCommitTables(backend);
  if (tables.length === 0) return;
  tx.beginStatement({ text: 'on commit' });
  try {
    for (const table of tables) {
      const indexes = backend.draft.indexesOf(table.oid);
      if (table.onCommit === 'drop') {
        for (const index of indexes) {
          if (index.oid !== table.clusteredBy) tx.dropTree(treeId(index.tree), 'unread');
          backend.draft.drop(index.oid);
        }
        tx.dropTree(treeId(table.tree), 'unread');
        backend.draft.drop(table.oid);
      } else truncateTables(backend, tx, [table]);
    }
    await backend.draft.flush(tx, 'wait');
  } finally {
    tx.endStatement();
  }
}
