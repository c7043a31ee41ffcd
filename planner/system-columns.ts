/**
 * The columns that a row has without being asked. `tableoid` is a constant where there is a row. `ctid` is made of the row's key (base/tid.ts), so it stays what it is when the row is
 * changed; a scan gives out row keys only where they are wanted, so a statement that names ctid is bound a second time, then with keys (`RowKeysWanted`). `xmax` tells what INSERT ... ON
 * CONFLICT DO UPDATE did to a returned row: 0 when it was inserted. The others say where in its history a row stands, which rows here do not carry.
 *
 * Row keys also tell a row whose columns are all NULL from one that an outer join has padded (`whereThereIsARow`); items of FROM that have no keys give out a constant for it.
 */
import { DbError } from '../base/errors.js';
import { tidOfRowKey } from '../base/tid.js';
import { sqlType, TypeOid, types } from '../base/types.js';
import { scalar } from '../functions/define.js';
import type { FunctionDef } from '../functions/registry.js';
import { columnRef, constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import { recordReference, type QueryLevel, type ResolvedRelation } from './scope.js';

/** Thrown while binding without row keys; where nothing is bound again it is the error that it says. */
class RowKeysWanted extends DbError {
  constructor(what: string, offset: number) {
    super('0A000', `${what} is not supported here`, { offset });
  }
}

/** Runs `bind` without row keys, and again with them when it met what needs them. */
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
export function systemColumn(level: QueryLevel, relation: ResolvedRelation | undefined, name: string, offset: number): BoundExpression | undefined {
  if (!names.has(name)) return undefined;
  const tables = relation === undefined ? level.namespace.map((item) => item.entry).filter((candidate) => candidate.table !== undefined) : [relation.entry];
  if (tables.length > 1) throw new DbError('42702', `column reference "${name}" is ambiguous`, { offset });
  const [entry] = tables;
  if (entry?.table === undefined) return undefined;
  const { table, rowKey, updated } = entry;
  if (name === 'tableoid') return whereThereIsARow(level, relation ?? { entry, level }, constant(table.oid, types.oid, offset));
  if (name === 'ctid' && table.virtual === undefined) {
    if (rowKey === undefined) throw new RowKeysWanted('the system column "ctid"', offset);
    recordReference(level, level.binder.ownerOf(rowKey)!, rowKey);
    const key: BoundExpression = { kind: 'column', type: types.text, offset, id: rowKey, name };
    return { kind: 'call', type: sqlType(TypeOid.tid), offset, function: table.clusterKey === undefined ? ctidOfRowId : ctidOfKey, args: [key], operator: undefined };
  }
  if (name === 'xmax' && updated !== undefined) return { kind: 'column', type: sqlType(TypeOid.xid), offset, id: updated, name };
  throw new DbError('0A000', `the system column "${name}" is not supported here`, { offset });
}

/** `value`, which is not NULL where `relation` has a row, and NULL where an outer join has padded it. */
export function whereThereIsARow(level: QueryLevel, relation: ResolvedRelation, value: BoundExpression): BoundExpression {
  const witness = relation.level.hasOuterJoin ? witnessOf(level, relation, value.offset) : undefined;
  if (witness === undefined) return value;
  const { type, offset } = value;
  const missing: BoundExpression = { kind: 'isNull', type: types.bool, offset, arg: witness, isRow: false, negated: false };
  return { kind: 'case', type, offset, branches: [{ when: missing, then: constant(null, type, offset) }], otherwise: value };
}

/** A column that is NULL in no row of `relation`; undefined where no join pads it: a join under an alias, whose row is made of what it has joined, and what a statement changes. */
function witnessOf(level: QueryLevel, { entry, level: owner }: ResolvedRelation, offset: number): BoundExpression | undefined {
  if (entry.isJoin) return undefined;
  const stored = entry.table?.columns.filter((column) => !column.isDropped);
  const witness = entry.columns.find((_, i) => stored?.[i]?.notNull === true) ?? entry.rowWitness;
  if (witness !== undefined) {
    recordReference(level, owner, witness.id);
    return columnRef(witness === entry.rowWitness ? { ...witness, name: '*' } : witness, offset);
  }
  if (!level.binder.givesRowKeys) throw new RowKeysWanted(`the whole row of "${entry.alias}"`, offset);
  return undefined;
}
