/** The signature of a function of the user: which parameters go in and out, and what a call gives. */
import { baseTypeOf, sqlType, typeInfo, TypeOid, type SqlType, type TypeRegistry } from '../../base/types.js';
import type { FunctionRecord } from '../catalog/catalog-objects.js';

/** What a call of a function needs to know of it beside its record: the types of this call, polymorphic ones replaced. */
export interface RoutineCall {
  readonly record: FunctionRecord;
  readonly args: readonly SqlType[];
  readonly returns: RoutineResult;
}

/** What a function gives: nothing, one value, or a row with these columns; in sets or not. */
export interface RoutineResult {
  readonly kind: 'void' | 'value' | 'row';
  readonly type: SqlType;
  readonly isSet: boolean;
  /** `row`: undefined when only the call's column definition list knows them. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[] | undefined;
}

type Parametrized = Pick<FunctionRecord, 'parameters'>;
export const inputParameters = (record: Parametrized): FunctionRecord['parameters'] => record.parameters.filter((p) => p.mode !== 'out' && p.mode !== 'table');
export const outputParameters = (record: Parametrized): FunctionRecord['parameters'] => record.parameters.filter((p) => p.mode === 'out' || p.mode === 'inout' || p.mode === 'table');

export function resultOf(record: FunctionRecord, returns: number, types: TypeRegistry, resolve: (oid: number) => number = (oid) => oid): RoutineResult {
  const type = sqlType(returns);
  const base = { type, isSet: record.returnsSet };
  if (returns === TypeOid.void) return { ...base, kind: 'void', columns: undefined };
  const outputs = outputParameters(record);
  if (returns === TypeOid.record) {
    return { ...base, kind: 'row', columns: outputs.length === 0 ? undefined : outputs.map((p, i) => ({ name: p.name ?? `column${i + 1}`, type: sqlType(resolve(p.type)) })) };
  }
  const { attributes, kind } = typeInfo(returns, types);
  if (kind === 'composite' && attributes !== undefined) return { ...base, kind: 'row', columns: attributes };
  const isRow = typeInfo(baseTypeOf(type, types).oid, types).kind === 'composite';
  if (record.returnsSet && outputs.length === 1 && !isRow) return { ...base, kind: 'value', columns: [{ name: outputs[0]!.name ?? record.name, type }] };
  return { ...base, kind: 'value', columns: undefined };
}
