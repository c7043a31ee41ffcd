/**
 * Tables that are computed when they are read: the system catalogs and the views over session state. A definition lists columns as `name:type` and
 * yields rows as objects; a column that a row leaves out is NULL. What they show is the catalog as the reading session sees it.
 */
import { oid as toOid, treeId } from '../../base/ids.js';
import { RowLayout } from '../../base/rowcode.js';
import { TypeOid, builtinTypeByName, sqlType, varcharTypmod, type SqlType } from '../../base/types.js';
import { assert } from '../../base/assert.js';
import type { Datum } from '../../base/datum.js';
import type { ColumnDef, TableDef } from '../../planner/catalog.js';
import type { Backend } from '../backend.js';
import { StatementContext } from '../eval-context.js';

export type VirtualRow = Readonly<Record<string, Datum | undefined>>;

export interface VirtualTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `name:type`, blank-separated. */
  readonly columns: string;
  readonly rows: (backend: Backend) => Iterable<VirtualRow>;
}

/** A table of what does not exist here: tools join it, and find nothing. */
export const emptyTable = (schema: string, [oid, name, columns]: readonly [oid: number, name: string, columns: string]): VirtualTable => ({ oid, schema, name, columns, rows: () => [] });

/** `yes_or_no`, a domain of the standard, is the type that it is over. */
function columnType(name: string): SqlType {
  if (name === 'yes_or_no') return sqlType(TypeOid.varchar, varcharTypmod(3));
  const type = builtinTypeByName(name);
  assert(type !== undefined, 'type of a system table', name);
  return sqlType(type.oid);
}

const noLayout = new RowLayout(0, []);

/** What the planner sees of a virtual table. */
export function virtualTableDef(table: VirtualTable): TableDef {
  const columns = table.columns.trim().split(/\s+/).map((entry, index): ColumnDef => {
    const [name, typeName] = entry.split(':') as [string, string];
    return { name, index, type: columnType(typeName), collation: undefined, notNull: false, defaultExpression: undefined, generated: undefined, sequence: undefined, isDropped: false };
  });
  const names = columns.map((column) => column.name);
  return {
    kind: 'table', oid: toOid(table.oid), schema: table.schema, name: table.name, columns, tree: treeId(0), layout: noLayout, clusterKey: undefined, indexes: [], checks: [],
    foreignKeys: [], referencedBy: [], isTemporary: false, isMaterializedView: false, statistics: undefined,
    virtual: function* (context) {
      assert(context instanceof StatementContext, 'system table read outside a session');
      for (const row of table.rows(context.backend)) yield names.map((name) => row[name] ?? null);
    },
  };
}
