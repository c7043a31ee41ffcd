/** to_char, to_number, to_date and to_timestamp with templates: the catalogue's lines; format-number.ts, format-datetime.ts and read-datetime.ts do the work. */
import type { Interval } from '../base/interval.js';
import type { Numeric } from '../base/numeric.js';
import { scalar } from './define.js';
import { formatIntervalBy, formatTimestampBy, formatTimestampTzBy } from './datetime/format-datetime.js';
import { parseDateBy, parseTimestampBy } from './datetime/read-datetime.js';
import { formatFloat, formatInteger, formatNumeric, parseNumber } from './format-number.js';
import type { FunctionDef } from './registry.js';

const stable = { volatility: 'stable' } as const;

export const formatFunctions = (): readonly FunctionDef[] => [
  scalar('to_char', 'timestamp text', 'text', (value: number | bigint, format: string) => formatTimestampBy(value, format), stable),
  scalar('to_char', 'timestamptz text', 'text', formatTimestampTzBy, stable),
  scalar('to_char', 'interval text', 'text', (value: Interval, format: string) => formatIntervalBy(value, format), stable),
  scalar('to_char', 'numeric text', 'text', (value: Numeric, format: string) => formatNumeric(value, format), stable),
  scalar('to_char', 'int4 text', 'text', (value: number, format: string) => formatInteger(value, format, false), stable),
  scalar('to_char', 'int8 text', 'text', (value: number | bigint, format: string) => formatInteger(value, format, true), stable),
  scalar('to_char', 'float4 text', 'text', (value: number, format: string) => formatFloat(value, format, 6), stable),
  scalar('to_char', 'float8 text', 'text', (value: number, format: string) => formatFloat(value, format, 15), stable),
  scalar('to_number', 'text text', 'numeric', (text: string, format: string) => parseNumber(text, format), stable),
  scalar('to_date', 'text text', 'date', (text: string, format: string) => parseDateBy(text, format), stable),
  scalar('to_timestamp', 'text text', 'timestamptz', parseTimestampBy, stable),
];
