/**
 * `*=`, `*<`, ... over records: what is compared is how PostgreSQL stores the fields, not what they mean, so that 1.0 and 1.00 differ. Two values of one type have
 * the same image exactly when they have the same text; which image comes first is known for numbers of the machine and for strings of bytes.
 *
 * Source. record_image_eq and record_image_cmp of rowtypes.c. Left out: the order of images of other types (0A000).
 */
import { compareBytes } from '../base/bytes.js';
import { compareFields, type Datum, type SqlRecord } from '../base/datum.js';
import { notSupported } from '../base/errors.js';
import { outputText } from '../base/text-io.js';
import { typeInfo, typeName, type SqlType } from '../base/types.js';
import { operator } from './define.js';
import type { EvalContext, OperatorDef } from './registry.js';

const utf8 = new TextEncoder();
const bits = new DataView(new ArrayBuffer(8));

/** A value that fits a machine word as that word, without a sign. Undefined: it is stored otherwise. */
function wordOf(storage: string, value: Datum): bigint | undefined {
  switch (storage) {
    case 'bool':
      return value === true ? 1n : 0n;
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
    case 'money':
    case 'time':
      return BigInt.asUintN(64, BigInt(value as number | bigint));
    case 'date':
    case 'timestamp':
      if (value === Infinity) return storage === 'date' ? 0x7fffffffn : 0x7fffffffffffffffn;
      if (value === -Infinity) return BigInt.asUintN(64, storage === 'date' ? -0x80000000n : -0x8000000000000000n);
      return BigInt.asUintN(64, BigInt(value as number | bigint));
    case 'float4':
      bits.setFloat32(0, value as number);
      return BigInt.asUintN(64, BigInt(bits.getInt32(0)));
    case 'float8':
      bits.setFloat64(0, value as number);
      return bits.getBigUint64(0);
    default:
      return undefined;
  }
}

function bytesOf(storage: string, value: Datum): Uint8Array | undefined {
  if (storage === 'bytea') return value as Uint8Array;
  return storage === 'text' || storage === 'bpchar' || storage === 'json' || storage === 'uuid' || storage === 'char' ? utf8.encode(value as string) : undefined;
}

function compareImages(x: Datum, y: Datum, type: SqlType, ctx: EvalContext, needsOrder: boolean): number {
  const { storage } = typeInfo(type.oid, ctx.types);
  const [a, b] = [wordOf(storage, x), wordOf(storage, y)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = [bytesOf(storage, x), bytesOf(storage, y)];
  if (left !== undefined && right !== undefined) return compareBytes(left, 0, left.length, right, 0, right.length);
  if (outputText(type, x, ctx) === outputText(type, y, ctx)) return 0;
  if (needsOrder) throw notSupported(`the order of images of type ${typeName(type.oid, ctx.types)}`);
  return 1;
}

const comparison = (name: string, commutator: string, negator: string, needsOrder: boolean, holds: (order: number) => boolean): OperatorDef =>
  operator(name, 'record', 'record', 'bool', (a: SqlRecord, b: SqlRecord, ctx: EvalContext) => holds(compareFields(a, b, ctx.types, (x, y, type) => compareImages(x, y, type, ctx, needsOrder))), { commutator, negator });

export const recordImageOperators = (): readonly OperatorDef[] => [
  comparison('*=', '*=', '*<>', false, (order) => order === 0),
  comparison('*<>', '*<>', '*=', false, (order) => order !== 0),
  comparison('*<', '*>', '*>=', true, (order) => order < 0),
  comparison('*<=', '*>=', '*>', true, (order) => order <= 0),
  comparison('*>', '*<', '*<=', true, (order) => order > 0),
  comparison('*>=', '*<=', '*<', true, (order) => order >= 0),
];
