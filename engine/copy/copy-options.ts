/**
 * The options of COPY: each is read on its own, in the order written, and then they are compared with one another.
 *
 * Source. copy.c (ProcessCopyOptions, defGetCopyHeaderChoice).
 */
import { DbError, notSupported } from '../../base/errors.js';
import type { DefinitionOption } from '../../parser/ast.js';
import type { TableRecord } from '../catalog/catalog-objects.js';

export interface CopyOptions {
  readonly format: 'text' | 'csv';
  readonly delimiter: string;
  readonly null: string;
  readonly header: 'none' | 'yes' | 'match';
  readonly quote: string;
  readonly escape: string;
  /** Column names, or all. */
  readonly forceQuote: readonly string[] | 'all';
  readonly forceNotNull: readonly string[];
  readonly forceNull: readonly string[];
}

type Direction = 'from' | 'to';
interface Given {
  readonly names: Set<string>;
  format: string;
  header: CopyOptions['header'];
  readonly texts: Map<string, string>;
  readonly lists: Map<string, readonly string[] | 'all'>;
}

const isOn = (text: string): boolean | undefined => (['true', 'on', '1'].includes(text) ? true : ['false', 'off', '0'].includes(text) ? false : undefined);

/** @throws DbError 42601, 22023, 0A000 */
export function copyOptions(options: readonly DefinitionOption[], direction: Direction): CopyOptions {
  const given: Given = { names: new Set(), format: 'text', header: 'none', texts: new Map(), lists: new Map() };
  for (const option of options) readOption(given, option, direction);
  const isCsv = given.format === 'csv';
  const delimiter = given.texts.get('delimiter') ?? (isCsv ? ',' : '\t');
  const quote = given.texts.get('quote') ?? '"';
  const list = (name: string): readonly string[] => (given.lists.get(name) ?? []) as readonly string[];
  const found: CopyOptions = {
    format: isCsv ? 'csv' : 'text', delimiter, null: given.texts.get('null') ?? (isCsv ? '' : '\\N'), header: given.header, quote, escape: given.texts.get('escape') ?? quote,
    forceQuote: given.lists.get('force_quote') ?? [], forceNotNull: list('force_not_null'), forceNull: list('force_null'),
  };
  refuseContradictions(given, found, direction);
  if (given.format === 'binary') throw notSupported('COPY format "binary"');
  const encoding = given.texts.get('encoding');
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw notSupported(`COPY encoding "${encoding}"`);
  return found;
}

function readOption(given: Given, option: DefinitionOption, direction: Direction): void {
  const { name, value, offset } = option;
  const isKnown = ['format', 'freeze', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote', 'force_not_null', 'force_null', 'encoding'].includes(name);
  if (!isKnown) throw new DbError('42601', `option "${name}" not recognized`, { offset });
  if (given.names.has(name)) throw new DbError('42601', 'conflicting or redundant options', { offset });
  given.names.add(name);
  switch (name) {
    case 'format':
      given.format = textOf(option);
      if (!['text', 'csv', 'binary'].includes(given.format)) throw new DbError('22023', `COPY format "${given.format}" not recognized`, { offset });
      return;
    case 'freeze':
      if (value !== undefined && isOn(String(value).toLowerCase()) === undefined) throw new DbError('42601', 'freeze requires a Boolean value');
      return;
    case 'header':
      given.header = headerOf(option, direction);
      return;
    case 'force_quote':
    case 'force_not_null':
    case 'force_null':
      if (!Array.isArray(value) && (value !== '*' || name !== 'force_quote')) throw new DbError('22023', `argument to option "${name}" must be a list of column names`, { offset });
      given.lists.set(name, value === '*' ? 'all' : (value as readonly string[]));
      return;
    default:
      given.texts.set(name, textOf(option));
  }
}

function textOf({ name, value }: DefinitionOption): string {
  if (value === undefined) throw new DbError('42601', `${name} requires a parameter`);
  return String(value);
}

function headerOf({ value }: DefinitionOption, direction: Direction): CopyOptions['header'] {
  const text = value === undefined ? 'true' : String(value).toLowerCase();
  if (text === 'match' && direction === 'to') throw new DbError('0A000', 'cannot use "match" with HEADER in COPY TO');
  if (text === 'match') return 'match';
  const isYes = isOn(text);
  if (isYes === undefined) throw new DbError('42601', 'header requires a Boolean value or "match"');
  return isYes ? 'yes' : 'none';
}

const isOneByte = (text: string): boolean => Buffer.byteLength(text) === 1;

function refuseContradictions(given: Given, { delimiter, null: nullText, header, quote, escape }: CopyOptions, direction: Direction): void {
  const isCsv = given.format === 'csv';
  const isBinary = given.format === 'binary';
  for (const name of ['delimiter', 'null']) if (isBinary && given.names.has(name)) throw new DbError('42601', `cannot specify ${name.toUpperCase()} in BINARY mode`);
  if (!isOneByte(delimiter)) throw new DbError('0A000', 'COPY delimiter must be a single one-byte character');
  if (/[\r\n]/.test(delimiter)) throw new DbError('22023', 'COPY delimiter cannot be newline or carriage return');
  if (/[\r\n]/.test(nullText)) throw new DbError('22023', 'COPY null representation cannot use newline or carriage return');
  if (!isCsv && !isBinary && 'abcdefghijklmnopqrstuvwxyz0123456789.\\'.includes(delimiter)) throw new DbError('22023', `COPY delimiter cannot be "${delimiter}"`);
  if (isBinary && header !== 'none') throw new DbError('0A000', 'cannot specify HEADER in BINARY mode');
  for (const name of ['quote', 'escape', 'force_quote', 'force_not_null', 'force_null']) {
    if (!isCsv && given.names.has(name)) throw new DbError('0A000', `COPY ${name.replaceAll('_', ' ')} available only in CSV mode`);
  }
  if (isCsv && !isOneByte(quote)) throw new DbError('0A000', 'COPY quote must be a single one-byte character');
  if (isCsv && delimiter === quote) throw new DbError('22023', 'COPY delimiter and quote must be different');
  if (isCsv && !isOneByte(escape)) throw new DbError('0A000', 'COPY escape must be a single one-byte character');
  if (given.names.has('force_quote') && direction === 'from') throw new DbError('0A000', 'COPY force quote only available using COPY TO');
  for (const name of ['force_not_null', 'force_null']) if (given.names.has(name) && direction === 'to') throw new DbError('0A000', `COPY ${name.replaceAll('_', ' ')} only available using COPY FROM`);
  if (nullText.includes(delimiter)) throw new DbError('0A000', 'COPY delimiter must not appear in the NULL specification');
  if (isCsv && nullText.includes(quote)) throw new DbError('0A000', 'CSV quote character must not appear in the NULL specification');
}

/** Which of `columns`, those that are copied, an option names. @throws DbError 42703, 42701, 42P10 */
export function namedColumns(option: 'FORCE_QUOTE' | 'FORCE_NOT_NULL' | 'FORCE_NULL', names: readonly string[], columns: readonly string[], relation: TableRecord | undefined): number[] {
  const all = relation?.columns.filter((column) => !column.isDropped).map((column) => column.name) ?? columns;
  const missing = names.find((name) => !all.includes(name));
  if (missing !== undefined) throw new DbError('42703', relation === undefined ? `column "${missing}" does not exist` : `column "${missing}" of relation "${relation.name}" does not exist`);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new DbError('42701', `column "${twice}" specified more than once`);
  return names.map((name) => {
    const position = columns.indexOf(name);
    if (position === -1) throw new DbError('42P10', `${option} column "${name}" not referenced by COPY`);
    return position;
  });
}
