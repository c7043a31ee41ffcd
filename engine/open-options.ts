/**
 * What may be given to `open`, looked at before anything is opened or made. Programs without types misspell options, and one that is forgotten in silence, as `readonly`, costs more than
 * an error.
 */
import type { OpenOptions } from './api.js';
import { misuse } from './errors.js';

type Kind = 'flag' | 'amount' | 'text' | 'object' | readonly string[];

/** What `isolation` and `settings` say is checked as SET would, the page size by the store. */
const kinds: Readonly<Record<keyof OpenOptions, Kind>> = {
  durability: ['full', 'relaxed'], int8: ['number', 'bigint', 'string'], rowMode: ['object', 'array'],
  readOnly: 'flag', mustExist: 'flag', autoAnalyze: 'flag', captureStacks: 'flag',
  cacheBytes: 'amount', columnCacheBytes: 'amount', pageSizeBytes: 'amount', checkpointWalBytes: 'amount', checkpointIntervalMs: 'amount', versionBytesMax: 'amount', timeSliceMs: 'amount',
  isolation: 'text', settings: 'object', parsers: 'object', serializers: 'object', vfs: 'object', clock: 'object', prng: 'object', scheduler: 'object',
};

/** @throws DatabaseError 22023 */
export function checkOpenOptions(options: OpenOptions): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!Object.hasOwn(kinds, name)) throw misuse('22023', `open() has no option "${name}"`, nearOption(name));
    const wanted = wantedInstead(kinds[name as keyof OpenOptions], value);
    if (value !== undefined && wanted !== undefined) throw misuse('22023', `invalid value for the option "${name}" of open(): ${shown(value)}`, `It must be ${wanted}.`);
  }
}

/** Undefined: the value is as it must be. */
function wantedInstead(kind: Kind, value: unknown): string | undefined {
  switch (kind) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'amount':
      return typeof value === 'number' && value >= 0 ? undefined : 'a number, not less than 0';
    case 'text':
      return typeof value === 'string' ? undefined : 'a text';
    case 'object':
      return typeof value === 'object' && value !== null ? undefined : 'an object';
    default:
      return kind.includes(value as string) ? undefined : kind.map((word) => `'${word}'`).join(', ').replace(/, (?=[^,]*$)/, ' or ');
  }
}

function nearOption(name: string): string | undefined {
  const near = Object.keys(kinds).find((option) => option.toLowerCase() === name.toLowerCase());
  return near === undefined ? undefined : `Perhaps you meant "${near}".`;
}

const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : typeof value === 'object' && value !== null ? 'an object' : String(value));
