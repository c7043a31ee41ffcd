/**
 * What fits nowhere else: counting NULLs, enums, sizes for humans, names of time zones, times of dates and times, comparisons of
 * the small system types.
 */
import { checkTimestamp, civilOfTimestamp, dayOfWeek, isTimestampInRange, timestampDays, timestampOf, unixSeconds } from '../base/calendar.js';
import { dayAbbreviations, monthAbbreviations, timestampFromZone } from '../base/datetime.js';
import type { Datum } from '../base/datum.js';
import { SqlArray, comparatorOf } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import type { TimeTz } from '../base/interval.js';
import { Interval, addInt8 } from '../base/interval.js';
import { Numeric, parseNumeric } from '../base/numeric.js';
import { sessionZone } from '../base/text-env.js';
import { findTimeZone, timeZoneNames, zoneAbbreviations } from '../base/timezone.js';
import { baseTypeOf, requireSafeLabel, sqlType, typeInfo, type SqlType, type TypeRegistry } from '../base/types.js';
import { operator, scalar, setReturning, specialized, typeOid } from './define.js';
import type { EvalContext, FunctionDef, OperatorDef } from './registry.js';

type Stamp = number | bigint;

// ------------------------------------------------------------------------------------------------------------------- NULLs, enums

/** How many of the arguments, or of the elements of a VARIADIC array, satisfy a test. */
function counting(name: string, wanted: (value: Datum) => boolean): FunctionDef {
  const definition = scalar(name, 'any', 'int4', () => null, { variadic: true, strict: false });
  return specialized(definition, (types, _result, _registry, isVariadicCall) => {
    const count = types.length;
    return {
      ...definition,
      impl: (...given: unknown[]) => {
        const values = given.slice(0, count) as Datum[];
        if (isVariadicCall !== true) return values.filter(wanted).length;
        const array = values[count - 1] as SqlArray | null;
        return array === null ? null : array.elements.filter(wanted).length;
      },
    };
  });
}

/** Functions over the labels of the argument's type; the argument itself may be NULL. */
function overLabels(name: string, args: string, returns: string, pick: (labels: readonly string[], given: readonly Datum[], typeOf: number) => Datum): FunctionDef {
  const definition = scalar(name, args, returns, () => null, { strict: false, volatility: 'stable' });
  return specialized(definition, (types: readonly SqlType[], _result: SqlType, registry: TypeRegistry) => {
    const base = baseTypeOf(types[0]!, registry);
    const info = typeInfo(base.oid, registry);
    const labels = (info.labels ?? []).map((label) => label.label);
    const count = types.length;
    return {
      ...definition,
      impl: (...given: unknown[]) => {
        if (labels.length === 0) throw new DbError('55000', `enum ${typeInfo(base.oid, registry).name} contains no values`);
        const picked = pick(labels, given.slice(0, count) as Datum[], base.oid);
        for (const label of picked instanceof SqlArray ? picked.elements : [picked]) requireSafeLabel(info, label as string);
        return picked;
      },
    };
  });
}

/** Functions that compare two values of one enum by the order of their labels. */
function overTwoLabels(name: string, returns: string, pick: (a: string, b: string, order: number) => Datum): FunctionDef {
  const definition = scalar(name, 'anyenum anyenum', returns, () => null);
  return specialized(definition, (types: readonly SqlType[], _result: SqlType, registry: TypeRegistry) => {
    const compare = comparatorOf(baseTypeOf(types[0]!, registry), registry);
    return { ...definition, impl: (a: unknown, b: unknown) => pick(a as string, b as string, Math.sign(compare(a as Datum, b as Datum))) };
  });
}

function labelRange(labels: readonly string[], [from, to]: readonly Datum[], oid: number): SqlArray {
  const start = from === null || from === undefined ? 0 : labels.indexOf(from as string);
  const end = to === null || to === undefined ? labels.length - 1 : labels.indexOf(to as string);
  return SqlArray.of(oid, labels.slice(start, end + 1));
}

// ------------------------------------------------------------------------------------------------------------------- sizes

const sizeUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** As long as a unit would show more than 10240 (20480 halves), the next one is taken; halves are rounded away from zero. */
function prettySize(value: number | bigint): string {
  let size = BigInt(value);
  const magnitude = (): bigint => (size < 0n ? -size : size);
  let limit = 10n * 1024n;
  let unit = 0;
  if (magnitude() >= limit) {
    // From here on twice the amount is kept, for rounding at the end.
    size /= 512n;
    limit = 20n * 1024n - 1n;
    unit = 1;
    while (unit < sizeUnits.length - 1 && magnitude() >= limit) {
      size /= 1024n;
      unit++;
    }
    size = (size + (size < 0n ? -1n : 1n)) / 2n;
  }
  return `${size} ${sizeUnits[unit]!}`;
}
function prettyNumericSize(value: Numeric): string {
  let size = value;
  const below = (limit: number): boolean => size.abs().compare(Numeric.fromInt(limit)) < 0;
  if (below(10 * 1024)) return `${size.toString()} bytes`;
  let unit = 1;
  size = size.divideTruncated(Numeric.fromInt(512));
  while (unit < sizeUnits.length - 1 && !below(20 * 1024 - 1)) {
    size = size.divideTruncated(Numeric.fromInt(1024));
    unit++;
  }
  const half = size.add(size.sign < 0 ? new Numeric(-1, 0) : Numeric.one).divideTruncated(Numeric.fromInt(2));
  return `${half.toString()} ${sizeUnits[unit]!}`;
}

/** `10 MB`, `1.5gb`, `1e3 kB` in bytes. @throws DbError 22023 */
function sizeBytes(text: string): number | bigint {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^]*?)\s*$/.exec(text);
  if (match === null) throw new DbError('22023', `invalid size: "${text}"`);
  const unitText = match[2]!.toLowerCase();
  const unit = unitText === '' || unitText === 'b' ? 0 : sizeUnits.findIndex((name) => name.toLowerCase() === unitText);
  if (unit < 0) {
    throw new DbError('22023', `invalid size: "${text}"`, { detail: `Invalid size unit: "${match[2]!}".`, hint: 'Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".' });
  }
  const bytes = parseNumeric(match[1]!)!.multiply(Numeric.of(1024n ** BigInt(unit), 0)).toInt8();
  if (bytes === undefined) throw new DbError('22003', 'bigint out of range');
  return bytes;
}

// ------------------------------------------------------------------------------------------------------------------- times

/** The clock as `Mon Nov 23 20:08:11.123456 2026 UTC`. */
function timeOfDay(ctx: EvalContext): string {
  const now = ctx.clockTimestamp();
  const zone = sessionZone(ctx);
  const moment = unixSeconds(now);
  const local = addInt8(now, zone.offsetAt(moment) * 1_000_000)!;
  const t = civilOfTimestamp(local);
  const two = (n: number, width = 2): string => String(n).padStart(width, '0');
  return `${dayAbbreviations[dayOfWeek(timestampDays(local))]!} ${monthAbbreviations[t.month - 1]!} ${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${two(t.micros, 6)} ${t.year} ${zone.abbreviationAt(moment)}`;
}

function* zoneRows(ctx: EvalContext): Generator<readonly Datum[]> {
  const moment = unixSeconds(ctx.transactionTimestamp);
  for (const name of timeZoneNames()) {
    const zone = findTimeZone(name);
    if (zone === undefined) continue;
    const offset = zone.offsetAt(moment);
    const year = new Date(moment * 1000).getUTCFullYear();
    const winter = Math.min(zone.offsetAt(Date.UTC(year, 0, 15) / 1000), zone.offsetAt(Date.UTC(year, 6, 15) / 1000));
    yield [name, zone.abbreviationAt(moment), new Interval(0, 0, offset * 1_000_000), offset > winter];
  }
}

function dateAndTime(date: number, micros: number): Stamp {
  if (!Number.isFinite(date)) return date;
  if (!isTimestampInRange(timestampOf(date, 0))) throw new DbError('22008', 'date out of range for timestamp');
  return checkTimestamp(timestampOf(date, micros));
}

export const miscFunctions = (): readonly FunctionDef[] => [
  counting('num_nulls', (value) => value === null),
  counting('num_nonnulls', (value) => value !== null),
  overLabels('enum_first', 'anyenum', 'anyenum', (labels) => labels[0]!),
  overLabels('enum_last', 'anyenum', 'anyenum', (labels) => labels[labels.length - 1]!),
  overLabels('enum_range', 'anyenum', 'anyarray', (labels, _given, oid) => SqlArray.of(oid, labels)),
  overLabels('enum_range', 'anyenum anyenum', 'anyarray', labelRange),
  overTwoLabels('enum_larger', 'anyenum', (a, b, order) => (order > 0 ? a : b)),
  overTwoLabels('enum_smaller', 'anyenum', (a, b, order) => (order < 0 ? a : b)),
  overTwoLabels('enum_cmp', 'int4', (_a, _b, order) => order),
  scalar('pg_size_pretty', 'int8', 'text', prettySize),
  scalar('pg_size_pretty', 'numeric', 'text', prettyNumericSize),
  scalar('pg_size_bytes', 'text', 'int8', sizeBytes),
  scalar('timeofday', '', 'text', timeOfDay, { volatility: 'volatile' }),
  scalar('timestamp', 'date time', 'timestamp', dateAndTime),
  scalar('timestamptz', 'date time', 'timestamptz', (date: number, time: number, ctx: EvalContext) => timestampFromZone(dateAndTime(date, time), sessionZone(ctx)), { volatility: 'stable' }),
  scalar('timestamptz', 'date timetz', 'timestamptz', (date: number, time: TimeTz) => dateAndTime(date, time.micros + time.zoneSeconds * 1_000_000)),
  scalar('oidvectortypes', 'oidvector', 'text', (array: SqlArray, ctx: EvalContext) => array.elements.map((oid) => ctx.types.lookup(oid as number)?.name ?? '???').join(', '), { volatility: 'stable' }),
  setReturning('pg_timezone_names', '', 'record', (_args, ctx) => zoneRows(ctx), {
    volatility: 'stable', columns: [{ name: 'name', type: 'text' }, { name: 'abbrev', type: 'text' }, { name: 'utc_offset', type: 'interval' }, { name: 'is_dst', type: 'bool' }],
  }),
  setReturning('pg_timezone_abbrevs', '', 'record', () => Array.from(zoneAbbreviations(), ([name, { offset, isSummer }]) => [name.toUpperCase(), new Interval(0, 0, offset * 1_000_000), isSummer]), {
    volatility: 'stable', columns: [{ name: 'abbrev', type: 'text' }, { name: 'utc_offset', type: 'interval' }, { name: 'is_dst', type: 'bool' }],
  }),
];

/** Comparisons of types that only the system catalogs have. */
const six = ['<', '<=', '=', '<>', '>=', '>'] as const;
const holds: Readonly<Record<(typeof six)[number], (order: number) => boolean>> = {
  '<': (o) => o < 0, '<=': (o) => o <= 0, '=': (o) => o === 0, '<>': (o) => o !== 0, '>=': (o) => o >= 0, '>': (o) => o > 0,
};
const commutators: Readonly<Record<(typeof six)[number], string>> = { '<': '>', '<=': '>=', '=': '=', '<>': '<>', '>=': '<=', '>': '<' };
const negators: Readonly<Record<(typeof six)[number], string>> = { '<': '>=', '<=': '>', '=': '<>', '<>': '=', '>=': '<', '>': '<=' };

function comparison(name: (typeof six)[number], left: string, right: string): OperatorDef {
  const compare = comparatorOf(sqlType(typeOid(left)));
  return operator(name, left, right, 'bool', (a: Datum, b: Datum) => holds[name](compare(a, b)), {
    commutator: commutators[name], negator: negators[name], ...(name === '<>' ? {} : { btree: name }),
  });
}

export const miscOperators = (): readonly OperatorDef[] => [
  ...['tid', 'xid8'].flatMap((type) => six.map((name) => comparison(name, type, type))),
  ...(['=', '<>'] as const).flatMap((name) => [comparison(name, 'xid', 'xid'), comparison(name, 'xid', 'int4')]),
  comparison('=', 'cid', 'cid'),
];
