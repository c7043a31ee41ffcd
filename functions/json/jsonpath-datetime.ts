/** Dates and times as items of a path: what datetime() reads, how two compare and how they are printed. */
import { timestampOf } from '../../base/calendar.js';
import { timestampFromZone, timestampInZone } from '../../base/datetime.js';
import { formatDate, formatTime, formatTimestamp, formatZoneOffset } from '../../base/datetime.js';
import { DbError } from '../../base/errors.js';
import { addInt8 } from '../../base/interval.js';
import type { DateStyle } from '../../base/text-env.js';
import { sessionZone } from '../../base/text-env.js';
import { offsetOfLocal } from '../../base/timezone.js';
import { unixSeconds } from '../../base/calendar.js';
import { parseDatetimeStrictly, type ReadDatetime, type ReadKind } from '../datetime/read-datetime.js';
import type { EvalContext } from '../registry.js';

const iso: DateStyle = { format: 'ISO', order: 'MDY' };

export class PathDatetime {
  readonly read: ReadDatetime;

  constructor(read: ReadDatetime) {
    this.read = read;
  }

  get typeName(): string {
    return typeNames[this.read.kind];
  }

  /** As ISO 8601 has it, in the zone that the text gave. */
  toString(): string {
    const { kind, value, zoneSeconds } = this.read;
    const zone = (): string => {
      const text = formatZoneOffset(zoneSeconds);
      return text.length === 3 ? `${text}:00` : text;
    };
    switch (kind) {
      case 'date':
        return formatDate(value as number, iso);
      case 'time':
        return formatTime(value as number);
      case 'timetz':
        return formatTime(value as number) + zone();
      case 'timestamp':
        return formatTimestamp(value, iso).replace(' ', 'T');
      case 'timestamptz':
        return formatTimestamp(addInt8(value, -zoneSeconds * 1_000_000)!, iso).replace(' ', 'T') + zone();
    }
  }
}

const typeNames: Readonly<Record<ReadKind, string>> = {
  date: 'date', time: 'time without time zone', timetz: 'time with time zone', timestamp: 'timestamp without time zone', timestamptz: 'timestamp with time zone',
};

const times = ['HH24:MI:SS.USTZH:TZM', 'HH24:MI:SS.USTZH', 'HH24:MI:SSTZH:TZM', 'HH24:MI:SSTZH', 'HH24:MI:SS.US', 'HH24:MI:SS'];
/** Tried in this order by datetime() without a template. */
const isoTemplates = ['yyyy-mm-dd', ...times, ...times.flatMap((time) => [`yyyy-mm-dd ${time}`, `yyyy-mm-dd"T"${time}`])];

/** @throws DbError 22007, 22008, 22031 */
export function readPathDatetime(text: string, template: string | undefined): PathDatetime {
  if (template !== undefined) return new PathDatetime(parseDatetimeStrictly(text, template));
  for (const candidate of isoTemplates) {
    try {
      return new PathDatetime(parseDatetimeStrictly(text, candidate));
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
    }
  }
  throw new DbError('22031', `datetime format is not recognized: "${text}"`, { hint: 'Use a datetime template argument to specify the input data format.' });
}

/**
 * Three-way comparison; undefined when the types are not comparable (a time with a date). Comparing what has a zone with what has none needs the session's zone.
 * @throws DbError 0A000 when it does and `ctx` is undefined
 */
export function comparePathDatetimes(a: PathDatetime, b: PathDatetime, ctx: EvalContext | undefined): number | undefined {
  const isTime = (kind: ReadKind): boolean => kind === 'time' || kind === 'timetz';
  const x = a.read;
  const y = b.read;
  if (isTime(x.kind) !== isTime(y.kind)) return undefined;
  const order = (p: number | bigint, q: number | bigint): number => (p < q ? -1 : p > q ? 1 : 0);
  if (isTime(x.kind)) {
    if (x.kind === y.kind) {
      return x.kind === 'time' ? order(x.value, y.value) : order(greenwich(x), greenwich(y)) || order(x.zoneSeconds, y.zoneSeconds);
    }
    const [p, q] = [zonedTime(x, ctx), zonedTime(y, ctx)];
    return order(greenwich(p), greenwich(q)) || order(p.zoneSeconds, q.zoneSeconds);
  }
  const needsZone = (x.kind === 'timestamptz') !== (y.kind === 'timestamptz');
  return order(moment(x, needsZone, ctx), moment(y, needsZone, ctx));
}

const greenwich = (time: ReadDatetime): number => (time.value as number) + time.zoneSeconds * 1_000_000;

function withoutZone(from: string, to: string): DbError {
  return new DbError('0A000', `cannot convert value from ${from} to ${to} without time zone usage`, { hint: 'Use *_tz() function for time zone support.' });
}

/** A time in the session's zone of today. */
function zonedTime(time: ReadDatetime, ctx: EvalContext | undefined): ReadDatetime {
  if (time.kind === 'timetz') return time;
  if (ctx === undefined) throw withoutZone('time', 'timetz');
  const zone = sessionZone(ctx);
  const today = Math.floor(unixSeconds(timestampInZone(ctx.transactionTimestamp, zone)) / 86400);
  const zoneSeconds = 0 - offsetOfLocal(zone, today * 86400 + Math.floor((time.value as number) / 1_000_000));
  return { kind: 'timetz', value: time.value, zoneSeconds };
}

/** A date or timestamp as microseconds. */
function moment(given: ReadDatetime, needsZone: boolean, ctx: EvalContext | undefined): number | bigint {
  const local = given.kind === 'date' ? timestampOf(given.value as number, 0) : given.value;
  if (!needsZone || given.kind === 'timestamptz') return local;
  if (ctx === undefined) throw withoutZone(given.kind, 'timestamptz');
  return timestampFromZone(local, sessionZone(ctx));
}
