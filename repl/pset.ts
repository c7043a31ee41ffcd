/** The options of `\pset`: what each is set by, what it says of itself, and how the list of all shows it. */
import { DatabaseError } from '../engine/index.js';
import { quoteIdentifier } from './format/data.js';
import type { FormatOptions, OutputFormat } from './format/result.js';
import type { ShellSettings } from './settings.js';
import { isOn } from './variables.js';

interface PsetOption {
  /** `value` undefined: toggles, or leaves what has no opposite. @throws DatabaseError 22023 */
  readonly set: (settings: ShellSettings, value: string | undefined) => void;
  readonly say: (settings: ShellSettings) => string;
  /** In the list of all. */
  readonly show: (settings: ShellSettings) => string;
}

const formats: readonly OutputFormat[] = ['aligned', 'unaligned', 'wrapped', 'box', 'markdown', 'csv', 'tsv', 'json', 'jsonl', 'html', 'insert'];

const invalid = (message: string): DatabaseError => new DatabaseError('22023', message);
const onOff = (value: boolean): string => (value ? 'on' : 'off');
const quoted = (text: string): string => `'${text.replaceAll('\n', '\\n').replaceAll("'", "\\'")}'`;
export const toggled = (current: boolean, name: string | undefined, value: string | undefined): boolean => (value === undefined ? !current : isOn(name, value));

type Key<T> = { [K in keyof FormatOptions]: FormatOptions[K] extends T ? (T extends FormatOptions[K] ? K : never) : never }[keyof FormatOptions];

const flag = (key: Key<boolean>, name: string, title: string): PsetOption => ({
  set: (settings, value) => settings.patchFormat({ [key]: toggled(settings.format[key], name, value) }),
  say: ({ format }) => `${title} is ${onOff(format[key])}.`,
  show: ({ format }) => onOff(format[key]),
});

/** Without a value it is left as it is. */
const separator = (key: 'fieldSeparator' | 'recordSeparator', title: string): PsetOption => ({
  set: (settings, value) => {
    if (value !== undefined) settings.patchFormat({ [key]: value });
  },
  say: ({ format }) => `${title} separator is ${format[key] === '\0' ? 'zero byte' : key === 'recordSeparator' && format[key] === '\n' ? '<newline>' : `"${format[key]}"`}.`,
  show: ({ format }) => quoted(format[key] === '\0' ? '' : format[key]),
});
const zeroByte = (key: 'fieldSeparator' | 'recordSeparator', title: string): PsetOption => ({
  set: (settings) => settings.patchFormat({ [key]: '\0' }),
  say: separator(key, title).say,
  show: ({ format }) => onOff(format[key] === '\0'),
});

/** A text that may be taken away. */
const text = (key: 'title' | 'tableAttributes', said: string, unset: string): PsetOption => ({
  set: (settings, value) => settings.patchFormat({ [key]: value === '' ? undefined : value }),
  say: ({ format }) => (format[key] === undefined ? unset : `${said} "${format[key]}".`),
  show: ({ format }) => (format[key] === undefined ? '' : quoted(format[key])),
});

/** At least 0; what is no number is 0, as C reads it. */
const numberOf = (value: string): number => Math.max(0, Number.parseInt(value, 10) || 0);

/** Lines of tables are single ones. */
const unicodeLine = (part: string): PsetOption => ({
  set: (_settings, value) => {
    if (value !== undefined && value !== 'single') throw invalid(`\\pset: allowed Unicode ${part} line styles are single`);
  },
  say: () => `Unicode ${part} line style is "single".`,
  show: () => 'single',
});

const options: Readonly<Record<string, PsetOption>> = {
  border: {
    set: (settings, value) => {
      if (value !== undefined) settings.patchFormat({ border: numberOf(value) });
    },
    say: ({ format }) => `Border style is ${format.border}.`, show: ({ format }) => String(format.border),
  },
  columns: {
    set: (settings, value) => {
      if (value !== undefined) settings.patchFormat({ columnsMax: numberOf(value) });
    },
    say: ({ format }) => (format.columnsMax === 0 ? 'Target width is unset.' : `Target width is ${format.columnsMax}.`), show: ({ format }) => String(format.columnsMax),
  },
  csv_fieldsep: {
    set: (settings, value) => {
      if (value === undefined) return;
      if (Buffer.byteLength(value) !== 1) throw invalid('\\pset: csv_fieldsep must be a single one-byte character');
      if (/["\n\r]/.test(value)) throw invalid('\\pset: csv_fieldsep cannot be a double quote, a newline, or a carriage return');
      settings.patchFormat({ csvSeparator: value });
    },
    say: ({ format }) => `Field separator for CSV is "${format.csvSeparator}".`, show: ({ format }) => quoted(format.csvSeparator),
  },
  expanded: {
    set: (settings, value) => {
      if (value !== undefined && value !== 'auto' && !/^(?:1|0|t|true|f|false|on|off|y|yes|n|no)$/i.test(value)) throw new DatabaseError('22023', `unrecognized value "${value}" for "expanded"`, { hint: 'Available values are: on, off, auto.' });
      settings.patchFormat({ expanded: value === 'auto' ? 'auto' : toggled(settings.format.expanded !== 'off', 'expanded', value) ? 'on' : 'off' });
    },
    say: ({ format }) => (format.expanded === 'auto' ? 'Expanded display is used automatically.' : `Expanded display is ${format.expanded}.`), show: ({ format }) => format.expanded,
  },
  fieldsep: separator('fieldSeparator', 'Field'),
  fieldsep_zero: zeroByte('fieldSeparator', 'Field'),
  footer: flag('footer', 'footer', 'Default footer'),
  format: {
    set: (settings, value) => {
      if (value === undefined) return;
      const chosen = formats.find((candidate) => candidate === value) ?? formats.find((candidate) => candidate.startsWith(value));
      if (chosen === undefined) throw invalid(`\\pset: allowed formats are ${formats.join(', ')}`);
      settings.patchFormat({ format: chosen });
    },
    say: ({ format }) => `Output format is ${format.format}.`, show: ({ format }) => format.format,
  },
  linestyle: {
    set: (settings, value) => {
      if (value === undefined) return;
      const chosen = (['ascii', 'unicode'] as const).find((candidate) => value !== '' && candidate.startsWith(value.toLowerCase()));
      if (chosen === undefined) throw invalid('\\pset: allowed line styles are ascii, unicode');
      settings.patchFormat({ lineStyle: chosen });
    },
    say: ({ format }) => `Line style is ${format.lineStyle}.`, show: ({ format }) => format.lineStyle,
  },
  null: {
    set: (settings, value) => {
      if (value !== undefined) settings.patchFormat({ nullText: value });
    },
    say: ({ format }) => `Null display is "${format.nullText}".`, show: ({ format }) => quoted(format.nullText),
  },
  numericlocale: flag('numericLocale', 'numericlocale', 'Locale-adjusted numeric output'),
  pager: {
    set: (settings, value) => {
      settings.pager = value === 'always' ? 'always' : toggled(settings.pager !== 'off', 'pager', value) ? 'on' : 'off';
    },
    say: ({ pager }) => (pager === 'always' ? 'Pager is always used.' : pager === 'on' ? 'Pager is used for long output.' : 'Pager usage is off.'), show: ({ pager }) => (pager === 'always' ? '2' : pager === 'on' ? '1' : '0'),
  },
  recordsep: separator('recordSeparator', 'Record'),
  recordsep_zero: zeroByte('recordSeparator', 'Record'),
  table: {
    set: (settings, value) => settings.patchFormat({ tableName: value ?? 'table' }),
    say: ({ format }) => `Table name is ${quoteIdentifier(format.tableName)}.`, show: ({ format }) => quoted(format.tableName),
  },
  tableattr: text('tableAttributes', 'Table attributes are', 'Table attributes unset.'),
  title: text('title', 'Title is', 'Title is unset.'),
  tuples_only: flag('tuplesOnly', 'tuples_only', 'Tuples only'),
  unicode_border_linestyle: unicodeLine('border'),
  unicode_column_linestyle: unicodeLine('column'),
  unicode_header_linestyle: unicodeLine('header'),
};
const shortNames: Readonly<Record<string, string>> = { x: 'expanded', vertical: 'expanded', t: 'tuples_only', T: 'tableattr', C: 'title' };

export const psetNames: readonly string[] = Object.keys(options);

/** Sets an option and gives what is to be said of it. @throws DatabaseError 22023 */
export function setOption(settings: ShellSettings, name: string, value: string | undefined): string {
  const own = shortNames[name] ?? name;
  const option = Object.hasOwn(options, own) ? options[own] : undefined;
  if (option === undefined) throw invalid(`\\pset: unknown option: ${name}`);
  option.set(settings, value);
  return option.say(settings);
}

export const listOptions = (settings: ShellSettings): string => Object.entries(options).map(([name, option]) => `${name.padEnd(24)} ${option.show(settings)}\n`).join('');
