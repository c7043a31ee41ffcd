/** Foreign keys between columns of different but comparable types: a value of one as the equal value of the other. */
import type { Datum } from '../base/datum.js';
import { comparatorOf, trimBlanks } from '../base/datum.js';
import { Numeric } from '../base/numeric.js';
import type { SqlType, Storage } from '../base/types.js';
import { TypeOid, baseTypeOf, sqlType, typeInfo } from '../base/types.js';
import { resolverFor } from '../functions/catalogue.js';
import type { EvalContext } from '../functions/registry.js';

const integerRange: Partial<Record<Storage, readonly [number | bigint, number | bigint]>> = {
  int2: [-0x8000, 0x7fff],
  int4: [-0x80000000, 0x7fffffff],
  int8: [-(2n ** 63n), 2n ** 63n - 1n],
  oid: [0, 0xffffffff],
};

const isText = (storage: Storage): boolean => storage === 'text' || storage === 'bpchar' || storage === 'char';

const moments: ReadonlySet<number> = new Set([TypeOid.date, TypeOid.timestamp, TypeOid.timestamptz, TypeOid.time, TypeOid.timetz]);

/** The value of type `to` that equals `value` of type `from`; undefined when there is none (out of range, a fraction, a time of day for a date). */
export function convertKeyValue(value: Datum, from: SqlType, to: SqlType, ctx: EvalContext): Datum | undefined {
  if (value === null) return null;
  const { types } = ctx;
  const [own, other] = [baseTypeOf(from, types), baseTypeOf(to, types)];
  if (own.oid !== other.oid && moments.has(own.oid) && moments.has(other.oid)) return convertMoment(value, own.oid, other.oid, ctx);
  const source = typeInfo(own.oid, types).storage;
  const target = typeInfo(other.oid, types).storage;
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

/** Through the cast, as the session's time zone has it, where the cast back gives the same value: they compare so. */
function convertMoment(value: Datum, from: number, to: number, ctx: EvalContext): Datum | undefined {
  const cast = (v: Datum, source: number, target: number): Datum => {
    const path = resolverFor(ctx.types).castPath(source, target, 'assignment');
    return path?.kind === 'cast' && typeof path.cast.method === 'function' ? (path.cast.method as (v: Datum, typmod: number, isExplicit: boolean, ctx: EvalContext) => Datum)(v, -1, false, ctx) : null;
  };
  const converted = cast(value, from, to);
  if (converted === null) return undefined;
  const back = cast(converted, to, from);
  return back !== null && comparatorOf(sqlType(from), ctx.types)(back, value) === 0 ? converted : undefined;
}
