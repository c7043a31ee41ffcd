/**
 * WITH (...) and SET (...) of tables, indexes, views and columns. Names and values are checked as PostgreSQL checks them and kept as they were written, for
 * pg_class.reloptions, \d+ and dumps; but for a view's check_option none of them changes what happens here. Those of TOAST tables (`toast.`) are checked too;
 * as there are no such tables, nothing keeps them.
 *
 * Source. PostgreSQL's reloptions.c: the tables of parameters, transformRelOptions, parse_one_reloption.
 */
import { DbError } from '../../base/errors.js';
import { parseFloat8 } from '../../base/scalar-text.js';
import type { DefinitionOption } from '../../parser/ast.js';
import { parseBoolean } from '../settings/settings.js';

export type OptionOwner = 'table' | 'toast' | 'btree' | 'hash' | 'view' | 'column';
export type StorageOptions = Readonly<Record<string, string>>;

interface Parameter {
  readonly owners: readonly OptionOwner[];
  readonly kind: 'boolean' | 'integer' | 'floating point' | 'enum';
  /** Bounds of a number, both allowed. */
  readonly bounds?: readonly [number, number];
  readonly values?: readonly string[];
  /** What the message says of `values`. */
  readonly detail?: string;
}

const Int4Max = 2_147_483_647;
const row: readonly OptionOwner[] = ['table', 'toast'];
const flag = (...owners: OptionOwner[]): Parameter => ({ owners, kind: 'boolean' });
const integer = (owners: readonly OptionOwner[], min: number, max: number): Parameter => ({ owners, kind: 'integer', bounds: [min, max] });
const real = (owners: readonly OptionOwner[], min: number, max: number): Parameter => ({ owners, kind: 'floating point', bounds: [min, max] });

const parameters: Readonly<Record<string, Parameter>> = {
  autovacuum_enabled: flag(...row), vacuum_truncate: flag(...row), user_catalog_table: flag('table'), deduplicate_items: flag('btree'), security_barrier: flag('view'), security_invoker: flag('view'),
  fillfactor: integer(['table', 'btree', 'hash'], 10, 100), toast_tuple_target: integer(['table'], 128, 8160), parallel_workers: integer(['table'], 0, 1024),
  autovacuum_vacuum_threshold: integer(row, 0, Int4Max), autovacuum_vacuum_insert_threshold: integer(row, -1, Int4Max), autovacuum_analyze_threshold: integer(['table'], 0, Int4Max),
  autovacuum_vacuum_cost_limit: integer(row, 1, 10_000), log_autovacuum_min_duration: integer(row, -1, Int4Max),
  autovacuum_freeze_min_age: integer(row, 0, 1_000_000_000), autovacuum_multixact_freeze_min_age: integer(row, 0, 1_000_000_000),
  autovacuum_freeze_max_age: integer(row, 100_000, 2_000_000_000), autovacuum_multixact_freeze_max_age: integer(row, 10_000, 2_000_000_000),
  autovacuum_freeze_table_age: integer(row, 0, 2_000_000_000), autovacuum_multixact_freeze_table_age: integer(row, 0, 2_000_000_000),
  autovacuum_vacuum_cost_delay: real(row, 0, 100), autovacuum_vacuum_scale_factor: real(row, 0, 100), autovacuum_vacuum_insert_scale_factor: real(row, 0, 100),
  autovacuum_analyze_scale_factor: real(['table'], 0, 100), vacuum_cleanup_index_scale_factor: real(['btree'], 0, 1e10),
  n_distinct: real(['column'], -1, Number.MAX_VALUE), n_distinct_inherited: real(['column'], -1, Number.MAX_VALUE),
  vacuum_index_cleanup: { owners: row, kind: 'enum', values: ['auto', 'on', 'off', 'true', 'false', 'yes', 'no', '1', '0'], detail: 'Valid values are "on", "off", and "auto".' },
  check_option: { owners: ['view'], kind: 'enum', values: ['local', 'cascaded'], detail: 'Valid values are "local" and "cascaded".' },
};

const textOf = (option: DefinitionOption): string => String(option.value ?? 'true');

/** TABLESPACE: there is the default one. @throws DbError 42704 for others, 22023 for that of the catalogs */
export function checkTablespace(name: string | undefined): void {
  if (name === 'pg_global') throw new DbError('22023', 'only shared relations can be placed in pg_global tablespace');
  if (name !== undefined && name !== 'pg_default') throw new DbError('42704', `tablespace "${name}" does not exist`);
}

/** WITH (...) of a new object; undefined where nothing is kept. @throws DbError 22023, 0A000 for OIDs */
export function newOptions(given: readonly DefinitionOption[], owner: OptionOwner): StorageOptions | undefined {
  const own = given.filter((option) => !(owner !== 'btree' && owner !== 'hash' && isOids(option)));
  return merged({}, own, owner);
}

/** What is kept after SET (...). Those that are set stand last, as in PostgreSQL. @throws DbError 22023 */
export function withOptions(kept: StorageOptions | undefined, given: readonly DefinitionOption[], owner: OptionOwner): StorageOptions | undefined {
  return merged(without(kept, given), given, owner);
}

/** What is kept after RESET (...), which says nothing of names that it does not find. @throws DbError 42601 */
export function withoutOptions(kept: StorageOptions | undefined, given: readonly DefinitionOption[]): StorageOptions | undefined {
  if (given.some((option) => option.value !== undefined)) throw new DbError('42601', 'RESET must not include values for parameters');
  return orNone(without(kept, given));
}

function without(kept: StorageOptions | undefined, given: readonly DefinitionOption[]): StorageOptions {
  return Object.fromEntries(Object.entries(kept ?? {}).filter(([name]) => !given.some((option) => option.namespace === undefined && option.name === name)));
}
const orNone = (options: StorageOptions): StorageOptions | undefined => (Object.keys(options).length === 0 ? undefined : options);

function merged(kept: StorageOptions, given: readonly DefinitionOption[], owner: OptionOwner): StorageOptions | undefined {
  const foreign = given.find((option) => option.namespace !== undefined && (option.namespace !== 'toast' || owner === 'btree' || owner === 'hash' || owner === 'column'));
  if (foreign !== undefined) throw new DbError('22023', `unrecognized parameter namespace "${foreign.namespace!}"`);
  const own = given.filter((option) => option.namespace === undefined);
  checkAll(own, owner);
  if (owner === 'table') checkAll(given.filter((option) => option.namespace === 'toast'), 'toast');
  return orNone({ ...kept, ...Object.fromEntries(own.map((option) => [option.name, textOf(option)])) });
}

/** @throws DbError 22023 */
function checkAll(given: readonly DefinitionOption[], owner: OptionOwner): void {
  given.forEach((option, i) => {
    const parameter = Object.hasOwn(parameters, option.name) ? parameters[option.name] : undefined;
    if (parameter?.owners.includes(owner) !== true) throw new DbError('22023', `unrecognized parameter "${option.name}"`);
    if (given.findIndex(({ name }) => name === option.name) !== i) throw new DbError('22023', `parameter "${option.name}" specified more than once`);
    checkValue(option.name, parameter, textOf(option));
  });
}

/** @throws DbError 22023 */
function checkValue(name: string, { kind, bounds, values, detail }: Parameter, text: string): void {
  const invalid = (extra: { readonly detail?: string | undefined } = {}): DbError => new DbError('22023', `invalid value for ${kind} option "${name}": ${text}`, extra);
  if (kind === 'boolean') {
    if (parseBoolean(text) === undefined) throw invalid();
  } else if (kind === 'enum') {
    if (!values!.includes(text.toLowerCase())) throw invalid({ detail });
  } else {
    const value = numberOf(text, kind === 'integer');
    if (value === undefined) throw invalid();
    const [min, max] = bounds!;
    const bound = (limit: number): string => (kind === 'integer' ? String(limit) : fixed(limit));
    if (value < min || value > max) throw new DbError('22023', `value ${text} out of bounds for option "${name}"`, { detail: `Valid values are between "${bound(min)}" and "${bound(max)}".` });
  }
}

/** As C's %f prints it, digit by digit also where JavaScript would go over to an exponent. */
const fixed = (value: number): string => (Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`);

/** Whole numbers may be written in octal and hexadecimal, and fractions of them are rounded, as by PostgreSQL's parse_int. */
function numberOf(text: string, isWhole: boolean): number | undefined {
  const trimmed = text.trim();
  const coded = isWhole ? /^([+-]?)(?:0x([0-9a-f]+)|0([0-7]+))$/i.exec(trimmed) : null;
  if (coded !== null) return (coded[1] === '-' ? -1 : 1) * (coded[2] !== undefined ? Number.parseInt(coded[2], 16) : Number.parseInt(coded[3]!, 8));
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed)) return undefined;
  const value = parseFloat8(trimmed);
  if (!isWhole) return value;
  const rounded = Math.round(value);
  const whole = Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
  return whole < -Int4Max - 1 || whole > Int4Max ? undefined : whole;
}

/** `oids`, which old dumps still write: false means nothing. @throws DbError 0A000 when it is true, 42601 when it is neither */
function isOids(option: DefinitionOption): boolean {
  if (option.namespace !== undefined || option.name !== 'oids') return false;
  const isOn = parseBoolean(textOf(option));
  if (isOn === undefined) throw new DbError('42601', 'oids requires a Boolean value');
  if (isOn) throw new DbError('0A000', 'tables declared WITH OIDS are not supported');
  return true;
}
