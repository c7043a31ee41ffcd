/** Foreign keys between columns of different but comparable types: a value of one as the equal value of the other. */
import type { Datum } from '../base/datum.js';
import { trimBlanks } from '../base/datum.js';
import { Numeric } from '../base/numeric.js';
import type { SqlType, Storage, TypeRegistry } from '../base/types.js';
import { baseTypeOf, typeInfo } from '../base/types.js';

const integerRange: Partial<Record<Storage, readonly [number | bigint, number | bigint]>> = {
  int2: [-0x8000, 0x7fff],
  int4: [-0x80000000, 0x7fffffff],
  int8: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0, 0xffffffff],
};

const isText = (storage: Storage): boolean => storage === 'text' || storage === 'bpchar' || storage === 'char';

/** The value of type `to` that equals `value` of type `from`; undefined when there is none (out of range, a fraction). */
export function convertKeyValue(value: Datum, from: SqlType, to: SqlType, types: TypeRegistry): Datum | undefined {
  if (value === null) return null;
  const source = typeInfo(baseTypeOf(from, types).oid, types).storage;
  const target = typeInfo(baseTypeOf(to, types).oid, types).storage;
  if (source === target) return value;
  const range = integerRange[target];
  if (range !== undefined) {
    const whole = toInteger(value);
    return whole !== undefined && whole >= range[0] && whole <= range[1] ? whole : undefined;
  }
  if (target === 'numeric') return value instanceof Numeric ? value : typeof value === 'number' && !Number.isInteger(value) ? Numeric.fromDouble(value, 17) : Numeric.fromInt(value as number | bigint);
  if (target === 'float8' || target === 'float4') return value instanceof Numeric ? Number(value.toString()) : Number(value);
  if (isText(source) && isText(target)) return source === 'bpchar' ? trimBlanks(value as string) : value;
  return value;
}

function toInteger(value: Datum): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? value + 0 : undefined;
  if (!(value instanceof Numeric) || !value.isInteger) return undefined;
  const { coefficient, scale } = value.trimScale();
  return scale === 0 ? coefficient : undefined;
}
