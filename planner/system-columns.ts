/**
 * The columns that a row has without being asked. `tableoid` is a constant. `ctid` is made of the row's key (base/tid.ts), so it stays what it is when the row is changed; a scan gives out
 * row keys only where they are wanted, so a statement that names ctid is bound a second time, then with keys (`RowKeysWanted`). `xmax` tells what INSERT ... ON CONFLICT DO UPDATE
 * did to a returned row: 0 when it was inserted. The others say where in its history a row stands, which rows here do not carry.
 */
import { DbError } from '../base/errors.js';
import { tidOfRowKey } from '../base/tid.js';
import { sqlType, TypeOid, types } from '../base/types.js';
import { scalar } from '../functions/define.js';
import type { FunctionDef } from '../functions/registry.js';
import { constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { recordReference, type QueryLevel, type RangeEntry } from './scope.js';

/** Thrown while binding without row keys; where nothing is bound again it is the error that it says. */
class RowKeysWanted extends DbError {
  constructor(offset: number) {
    super('0A000', 'the system column "ctid" is not supported here', { offset });
  }
}

/** Runs `bind` without row keys, and again with them when it met a ctid. */
export function withRowKeysIfWanted<T>(bind: (givesRowKeys: boolean) => T): T {
  try {
    return bind(false);
  } catch (error) {
    if (!(error instanceof RowKeysWanted)) throw error;
    return bind(true);
  }
}

const names: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']);

const ctidOf = (isRowId: boolean): FunctionDef => scalar('ctid', 'text', 'tid', (key: string) => tidOfRowKey(key, isRowId));
const ctidOfRowId = ctidOf(true);
const ctidOfKey = ctidOf(false);

/** Whether a call is a ctid, for texts. */
export const isCtid = (called: FunctionDef): boolean => called === ctidOfRowId || called === ctidOfKey;

/** @throws DbError 42702 when several tables could be meant, 0A000 for what rows do not carry */
export function systemColumn(level: QueryLevel, entry: RangeEntry | undefined, name: string, offset: number): BoundExpression | undefined {
  if (!names.has(name)) return undefined;
  const tables = entry === undefined ? level.namespace.map((item) => item.entry).filter((candidate) => candidate.table !== undefined) : [entry];
  if (tables.length > 1) throw new DbError('42702', `column reference "${name}" is ambiguous`, { offset });
  const table = tables[0]?.table;
  if (table === undefined) return undefined;
  if (name === 'tableoid') return constant(table.oid, types.oid, offset);
  const { rowKey, updated } = tables[0]!;
  if (name === 'ctid' && table.virtual === undefined) {
    if (rowKey === undefined) throw new RowKeysWanted(offset);
    recordReference(level, level.binder.ownerOf(rowKey)!, rowKey);
    const key: BoundExpression = { kind: 'column', type: types.text, offset, id: rowKey, name };
    return { kind: 'call', type: sqlType(TypeOid.tid), offset, function: table.clusterKey === undefined ? ctidOfRowId : ctidOfKey, args: [key], operator: undefined };
  }
  if (name === 'xmax' && updated !== undefined) return { kind: 'column', type: sqlType(TypeOid.xid), offset, id: updated, name };
  throw new DbError('0A000', `the system column "${name}" is not supported here`, { offset });
}
