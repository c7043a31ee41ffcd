/** Tables whose rows are found by one integer: the commonest, whose keys generated code writes without asking what they are. */
import type { ColumnDef, TableDef } from '../../planner/catalog.js';
import { TypeOid } from '../../base/types.js';

export interface IntegerKey {
  readonly column: ColumnDef;
  readonly bytes: 4 | 8;
}

/** The only column of the clustered key, if it is an ascending int4 or int8 that is never NULL. */
export function integerKeyOf({ columns, clusterKey }: TableDef): IntegerKey | undefined {
  const [first, second] = clusterKey ?? [];
  if (first === undefined || second !== undefined || first.descending) return undefined;
  const column = columns[first.column ?? -1];
  const bytes = column?.type.oid === TypeOid.int4 ? 4 : column?.type.oid === TypeOid.int8 ? 8 : undefined;
  return bytes === undefined || !column!.notNull ? undefined : { column: column!, bytes };
}

/** Writes a key of so many bytes; `R.putInt8Key` is that of base/keycode.ts. `bytes` and `view` name the same memory. */
export function keyCode(length: number, bytes: string, view: string, at: string, value: string): string {
  return length === 4 ? `${view}.setInt32(${at}, ${value} ^ 0x80000000);` : `R.putInt8Key(${bytes}, ${at}, ${value});`;
}
