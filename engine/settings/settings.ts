/**
 * Run-time settings of one session (SET, SHOW, RESET), with PostgreSQL's transactional semantics.
 *
 * Two maps hold what differs from the database's defaults: `session`, the values that outlive the transaction, and `effective`, what is
 * in force now, which SET LOCAL changes alone. The maps are replaced, never changed, so a savepoint of the settings is a pair of references.
 *
 * G1  Outside a transaction `effective === session`.
 * G2  Rolling back (to a savepoint, or the whole transaction) restores both maps as they were; committing drops what was LOCAL.
 *
 * Source: PostgreSQL's guc.c for names, units, messages and the meaning of SET LOCAL and RESET.
 */
import { DbError } from '../../base/errors.js';
import type { SettingDefinition } from './settings-table.js';
import { settingDefinitions } from './settings-table.js';

type Values = ReadonlyMap<string, string>;

/** Opaque: both maps at one moment. */
export interface SettingsMark {
  readonly session: Values;
  readonly effective: Values;
}

/** Extra checks of a value, given in canonical form; returns the form to keep. @throws DbError 22023 */
export type SettingCheck = (value: string) => string;

/** Settings that every transaction and statement asks for, read once per change. */
export interface HotSettings {
  readonly isolation: 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly: boolean;
  readonly deferrable: boolean;
  readonly strict: boolean;
  readonly observe: boolean;
  readonly asyncCommit: boolean;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly workMemBytes: number;
  readonly statementMemBytes: number;
  readonly maxResultRows: number;
  readonly searchPath: string;
}

export class Settings {
  /** Undefined after a change. */
  #hot: HotSettings | undefined;
  #session: Values;
  #effective: Values;
  #defaults: Values;
  readonly #checks: ReadonlyMap<string, SettingCheck>;
  /** Grows with every change, so that what depends on settings can be cached under it. */
  version = 0;

  /** `defaults` are the database's own: what RESET goes back to. */
  constructor(defaults: ReadonlyMap<string, string>, checks: ReadonlyMap<string, SettingCheck> = new Map()) {
    this.#session = new Map();
    this.#effective = this.#session;
    this.#defaults = defaults;
    this.#checks = checks;
  }

  /** Canonical value (numbers in the setting's own unit), undefined when there is no such setting. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    return this.#effective.get(key) ?? this.#defaults.get(key) ?? settingDefinitions.get(key)?.initial;
  }
  getBoolean(name: string): boolean {
    return this.get(name) === 'on';
  }
  getNumber(name: string): number {
    return Number(this.get(name));
  }

  get hot(): HotSettings {
    return (this.#hot ??= this.#makeHot());
  }
  #makeHot(): HotSettings {
    return {
      isolation: this.get('default_transaction_isolation') as HotSettings['isolation'], readOnly: this.getBoolean('default_transaction_read_only'), deferrable: this.getBoolean('default_transaction_deferrable'),
      strict: this.get('serializable_mode') === 'strict', observe: this.getBoolean('track_dependencies'), asyncCommit: this.get('synchronous_commit') === 'off', lockTimeoutMs: this.getNumber('lock_timeout'), statementTimeoutMs: this.getNumber('statement_timeout'),
      transactionTimeoutMs: this.getNumber('transaction_timeout'), idleTimeoutMs: this.getNumber('idle_in_transaction_session_timeout'), workMemBytes: this.getNumber('work_mem') * 1024, statementMemBytes: this.getNumber('statement_mem') * 1024 || Infinity, maxResultRows: this.getNumber('max_result_rows') || Infinity, searchPath: this.get('search_path')!,
    };
  }

  /** As SHOW prints it: with the largest unit that divides it. @throws DbError 42704 */
  show(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw unrecognized(name);
    const definition = settingDefinitions.get(name.toLowerCase());
    return definition === undefined ? value : displayValue(definition, value);
  }

  /** SET [LOCAL]. @throws DbError 42704, 22023, 55P02 */
  set(name: string, value: string, isLocal: boolean): void {
    const key = name.toLowerCase();
    const definition = settingDefinitions.get(key);
    if (definition === undefined && !/^[^.]+(\.[^.]+)+$/.test(key)) throw unrecognized(name);
    if (definition?.context === 'internal') throw new DbError('55P02', `parameter "${definition.name}" cannot be changed`);
    let canonical = definition === undefined ? value : parseValue(definition, value);
    canonical = this.#checks.get(key)?.(canonical) ?? canonical;
    this.#effective = withValue(this.#effective, key, canonical);
    if (!isLocal) this.#session = withValue(this.#session, key, canonical);
    this.#changed();
  }

  /** RESET name, SET name TO DEFAULT. @throws DbError 42704, 55P02 */
  reset(name: string, isLocal = false): void {
    const key = name.toLowerCase();
    const definition = settingDefinitions.get(key);
    if (definition === undefined && this.get(name) === undefined && !key.includes('.')) throw unrecognized(name);
    if (definition?.context === 'internal') throw new DbError('55P02', `parameter "${definition.name}" cannot be changed`);
    this.#effective = withValue(this.#effective, key, definition === undefined ? '' : undefined);
    if (!isLocal) this.#session = withValue(this.#session, key, definition === undefined ? '' : undefined);
    this.#changed();
  }

  /** RESET ALL; what belongs to the transaction stays. */
  resetAll(): void {
    const keep = (values: Values): Values => new Map([...values].filter(([key]) => settingDefinitions.get(key)?.context === 'transaction'));
    this.#effective = keep(this.#effective);
    this.#session = keep(this.#session);
    this.#changed();
  }

  #changed(): void {
    this.version++;
    this.#hot = undefined;
  }

  /** Whether the session has changed nothing. */
  get isPristine(): boolean {
    return this.#session.size === 0 && this.#effective.size === 0;
  }

  mark(): SettingsMark {
    return { session: this.#session, effective: this.#effective };
  }
  rollbackTo(mark: SettingsMark): void {
    if (mark.effective !== this.#effective || mark.session !== this.#session) this.#changed();
    this.#session = mark.session;
    this.#effective = mark.effective;
  }
  /** The transaction has committed: what was LOCAL is gone, and so are its own characteristics. */
  commit(): void {
    if (this.#effective !== this.#session) this.#changed();
    this.#effective = this.#session;
  }

  /** Every setting with its value as shown, for SHOW ALL and pg_settings, by name. */
  *all(): Iterable<{ readonly definition: SettingDefinition; readonly value: string; readonly reset: string }> {
    const sorted = [...settingDefinitions.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, definition] of sorted) {
      yield { definition, value: this.get(key)!, reset: this.#defaults.get(key) ?? definition.initial };
    }
  }
}

function withValue(values: Values, key: string, value: string | undefined): Values {
  const next = new Map(values);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

function unrecognized(name: string): DbError {
  return new DbError('42704', `unrecognized configuration parameter "${name}"`);
}

/** Checks a value of a defined setting and returns its canonical text. @throws DbError 22023 */
function parseValue(definition: SettingDefinition, text: string): string {
  const { name } = definition;
  switch (definition.type) {
    case 'bool': {
      const value = parseBoolean(text);
      if (value === undefined) throw new DbError('22023', `parameter "${name}" requires a Boolean value`);
      return value ? 'on' : 'off';
    }
    case 'enum': {
      const value = definition.values.find((v) => v === text.toLowerCase()) ?? enumBoolean(definition, text);
      if (value === undefined) {
        throw new DbError('22023', `invalid value for parameter "${name}": "${text}"`, { hint: `Available values: ${definition.values.join(', ')}.` });
      }
      return value;
    }
    case 'integer':
    case 'real':
      return parseNumber(definition, text);
    case 'string':
      return text;
  }
}

/** Prefixes of true, false, yes, no, and on, off, 1, 0. */
export function parseBoolean(text: string): boolean | undefined {
  const t = text.trim().toLowerCase();
  if (t.length === 0) return undefined;
  if ('true'.startsWith(t) || 'yes'.startsWith(t) || t === 'on' || t === '1') return true;
  if ('false'.startsWith(t) || 'no'.startsWith(t) || t === '0' || (t.length >= 2 && 'off'.startsWith(t))) return false;
  return undefined;
}

/** An enum that has on and off takes every spelling of a Boolean. */
function enumBoolean(definition: SettingDefinition, text: string): string | undefined {
  if (!definition.values.includes('on')) return undefined;
  const value = parseBoolean(text);
  return value === undefined ? undefined : value ? 'on' : 'off';
}

/** How much of the base unit each written unit is. */
const timeUnits: readonly (readonly [string, number])[] = [['us', 0.001], ['ms', 1], ['s', 1000], ['min', 60_000], ['h', 3_600_000], ['d', 86_400_000]];
const memoryUnits: readonly (readonly [string, number])[] = [['B', 1], ['kB', 1024], ['MB', 1024 ** 2], ['GB', 1024 ** 3], ['TB', 1024 ** 4]];

function unitTable(definition: SettingDefinition): { readonly units: readonly (readonly [string, number])[]; readonly own: number } | undefined {
  switch (definition.unit) {
    case undefined:
      return undefined;
    case 'ms': return { units: timeUnits, own: 1 };
    case 's': return { units: timeUnits, own: 1000 };
    case 'min': return { units: timeUnits, own: 60_000 };
    case 'B': return { units: memoryUnits, own: 1 };
    case 'kB': return { units: memoryUnits, own: 1024 };
    case '8kB': return { units: memoryUnits, own: 8192 };
  }
}

function parseNumber(definition: SettingDefinition, text: string): string {
  const { name, min, max } = definition;
  const match = /^\s*([-+]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?))\s*([a-z]*)\s*$/i.exec(text);
  const invalid = (hint?: string): DbError => new DbError('22023', `invalid value for parameter "${name}": "${text}"`, { hint });
  if (match === null) throw invalid();
  let value = Number(match[1]);
  const unit = match[2]!;
  if (unit !== '') {
    const table = unitTable(definition);
    const factor = table?.units.find(([u]) => u === unit)?.[1];
    if (table === undefined || factor === undefined) {
      const names = table?.units.map(([u]) => `"${u}"`) ?? [];
      throw invalid(names.length === 0 ? undefined : `Valid units for this parameter are ${names.slice(0, -1).join(', ')}, and ${names.at(-1)!}.`);
    }
    value = (value * factor) / table.own;
  }
  if (definition.type === 'integer') value = roundHalfEven(value);
  if (!(value >= min && value <= max)) {
    const shown = definition.unit === undefined ? '' : ` ${definition.unit}`;
    throw new DbError('22023', `${value}${shown} is outside the valid range for parameter "${name}" (${min} .. ${max})`);
  }
  return String(value);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** A canonical value with the largest unit that divides it: 4096 kB is 4MB. Zero and special negative values have no unit. */
export function displayValue(definition: SettingDefinition, canonical: string): string {
  const table = unitTable(definition);
  const value = Number(canonical);
  if (table === undefined || !(value > 0)) return canonical;
  const total = value * table.own;
  let best = `${canonical}${definition.unit!}`;
  for (const [unit, factor] of table.units) {
    if (factor >= 1 && total % factor === 0) best = `${total / factor}${unit}`;
  }
  return best;
}

/**
 * The schemas of a `search_path` value, in order, with "$user" left out (there is no schema of that name by default). Names are folded
 * unless quoted.
 */
export function splitSearchPath(value: string): string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)/gy;
  for (let match = pattern.exec(value); match !== null && match[0] !== ''; match = pattern.exec(value)) {
    const name = match[1] === undefined ? match[2]!.toLowerCase() : match[1].replaceAll('""', '"');
    if (name !== '') names.push(name);
  }
  return names;
}
