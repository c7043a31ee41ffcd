/**
 * What turning text into values and back may depend on: settings, time zone, the transaction's time, the catalog's types. The
 * evaluation context of a running statement is one; `plainTextEnv` is one with default settings, for tools and tests.
 */
import type { Datum } from './datum.js';
import type { TypeRegistry } from './types.js';
import { builtinTypes } from './types.js';
import type { TimeZone } from './timezone.js';
import { findTimeZone } from './timezone.js';
import { DbError } from './errors.js';

export interface TextEnv {
  /** Microseconds since 2000-01-01 UTC of 'now'. */
  readonly transactionTimestamp: number | bigint;
  readonly timeZone: string;
  readonly types: TypeRegistry;
  setting(name: string): string | undefined;
  /** `call('regclassin', ['pg_class'])` and the like, for types whose text is a name in the catalog. */
  readonly system: { call(name: string, args: readonly Datum[]): Datum };
}

export const plainTextEnv: TextEnv = {
  transactionTimestamp: 0,
  timeZone: 'UTC',
  types: builtinTypes,
  setting: () => undefined,
  system: {
    call: () => {
      throw new DbError('0A000', 'no catalog is open');
    },
  },
};

export interface DateStyle {
  readonly format: 'ISO' | 'SQL' | 'Postgres' | 'German';
  readonly order: 'MDY' | 'DMY' | 'YMD';
}

const defaultDateStyle: DateStyle = { format: 'ISO', order: 'MDY' };
const dateStyles = new Map<string, DateStyle>([['ISO, MDY', defaultDateStyle]]);

/** The DateStyle setting in its normal form, such as `ISO, MDY`. */
export function dateStyleOf(env: TextEnv): DateStyle {
  const setting = env.setting('datestyle');
  if (setting === undefined) return defaultDateStyle;
  let style = dateStyles.get(setting);
  if (style === undefined) {
    const [format, order] = setting.split(', ');
    style = { format: (format ?? 'ISO') as DateStyle['format'], order: (order ?? 'MDY') as DateStyle['order'] };
    dateStyles.set(setting, style);
  }
  return style;
}

/** The session's zone; engine has validated the setting, so an unknown name means UTC. */
export function sessionZone(env: TextEnv): TimeZone {
  return findTimeZone(env.timeZone) ?? findTimeZone('UTC')!;
}
