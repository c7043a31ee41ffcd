/**
 * COPY's text and CSV formats: lines of fields, as PostgreSQL writes and reads them.
 *
 *   text  fields between delimiters, \N for NULL, backslash escapes; a line `\.` ends the data
 *   CSV   RFC 4180 with PostgreSQL's rule that an unquoted null string is NULL and a quoted one is not
 *
 * `CopyReader` takes input in pieces of any size and gives whole records, so memory is bounded by the longest record.
 */
import { DbError, notSupported } from '../base/errors.js';
import type { DefinitionOption, OptionValue } from '../parser/ast.js';

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

const asText = (value: OptionValue): string => (typeof value === 'string' ? value : value === undefined ? 'true' : String(value));

/** @throws DbError 42601, 22023, 0A000 as ProcessCopyOptions */
export function copyOptions(options: readonly DefinitionOption[], direction: 'from' | 'to'): CopyOptions {
  const given = new Map<string, DefinitionOption>();
  for (const option of options) {
    if (given.has(option.name)) throw new DbError('42601', 'conflicting or redundant options', { offset: option.offset });
    given.set(option.name, option);
  }
  const text = (name: string): string | undefined => {
    const option = given.get(name);
    return option === undefined ? undefined : asText(option.value);
  };
  const known = new Set(['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'force_quote', 'force_not_null', 'force_null', 'encoding', 'freeze', 'default']);
  for (const { name, offset } of options) if (!known.has(name)) throw new DbError('42601', `option "${name}" not recognized`, { offset });
  const format = text('format') ?? 'text';
  if (format === 'binary') throw notSupported('COPY format "binary"');
  if (format !== 'text' && format !== 'csv') throw new DbError('22023', `COPY format "${format}" not recognized`, { offset: given.get('format')?.offset });
  const isCsv = format === 'csv';
  const delimiter = text('delimiter') ?? (isCsv ? ',' : '\t');
  const nullText = text('null') ?? (isCsv ? '' : '\\N');
  const headerText = (text('header') ?? 'off').toLowerCase();
  const header = headerText === 'match' ? 'match' : ['true', 'on', '1'].includes(headerText) ? 'yes' : 'none';
  if (header === 'match' && direction === 'to') throw new DbError('0A000', 'cannot use "match" with HEADER in COPY TO');
  const quote = text('quote') ?? '"';
  const escape = text('escape') ?? quote;
  if (delimiter.length !== 1) throw new DbError('0A000', 'COPY delimiter must be a single one-byte character');
  if (/[\r\n]/.test(delimiter)) throw new DbError('22023', 'COPY delimiter cannot be newline or carriage return');
  if (/[\r\n]/.test(nullText)) throw new DbError('22023', 'COPY null representation cannot use newline or carriage return');
  if (!isCsv && 'abcdefghijklmnopqrstuvwxyz0123456789.\\'.includes(delimiter)) throw new DbError('22023', `COPY delimiter cannot be "${delimiter}"`);
  if (nullText.includes(delimiter)) throw new DbError('22023', 'COPY delimiter must not appear in the NULL specification');
  for (const name of ['quote', 'escape', 'force_quote', 'force_not_null', 'force_null']) {
    if (!isCsv && given.has(name)) throw new DbError('0A000', `COPY ${name.startsWith('force') ? name.replaceAll('_', ' ').replace('force', 'force') : name} available only in CSV mode`);
  }
  if (isCsv && quote.length !== 1) throw new DbError('0A000', 'COPY quote must be a single one-byte character');
  if (isCsv && delimiter === quote) throw new DbError('22023', 'COPY delimiter and quote must be different');
  if (isCsv && escape.length !== 1) throw new DbError('0A000', 'COPY escape must be a single one-byte character');
  if (isCsv && nullText.includes(quote)) throw new DbError('22023', 'CSV quote character must not appear in the NULL specification');
  const list = (name: string): readonly string[] => {
    const value = given.get(name)?.value;
    return Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' && value !== '*' ? [value] : [];
  };
  if (given.has('force_quote') && direction === 'from') throw new DbError('0A000', 'COPY force quote only available using COPY TO');
  for (const name of ['force_not_null', 'force_null']) if (given.has(name) && direction === 'to') throw new DbError('0A000', `COPY ${name.replaceAll('_', ' ')} only available using COPY FROM`);
  const encoding = text('encoding');
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw notSupported(`COPY encoding "${encoding}"`);
  const forceQuote = given.get('force_quote')?.value === '*' ? 'all' : list('force_quote');
  return { format, delimiter, null: nullText, header, quote, escape, forceQuote, forceNotNull: list('force_not_null'), forceNull: list('force_null') };
}

/** A field: its text, and for CSV whether it was quoted. NULL is decided by the caller, who knows the column. */
export interface CopyField {
  readonly text: string;
  readonly isQuoted: boolean;
}

export interface CopyRecord {
  readonly fields: readonly CopyField[];
  /** Number of the line it begins on, from 1. */
  readonly line: number;
}

const badData = (message: string, line: number): DbError => new DbError('22P04', message, { detail: `Line ${line}.` });

/** Splits input into records. */
export class CopyReader {
  readonly #options: CopyOptions;
  #rest = '';
  #line = 1;
  #isEnded = false;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  /** Records that `chunk` completes. */
  *push(chunk: string): Iterable<CopyRecord> {
    this.#rest += chunk;
    yield* this.#drain(false);
  }
  /** The record that the end of the input completes, if there is one. */
  *end(): Iterable<CopyRecord> {
    yield* this.#drain(true);
  }
  /** Whether `\.` was met: what follows is not read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  *#drain(isEnd: boolean): Iterable<CopyRecord> {
    let at = 0;
    while (!this.#isEnded && at < this.#rest.length) {
      const end = this.#options.format === 'csv' ? this.#csvRecordEnd(at, isEnd) : this.#textLineEnd(at, isEnd);
      if (end === undefined) break;
      const raw = this.#rest.slice(at, end.contentEnd);
      const line = this.#line;
      this.#line += end.lineCount;
      at = end.next;
      if (raw === '\\.' ) {
        this.#isEnded = true;
        break;
      }
      yield { line, fields: this.#options.format === 'csv' ? this.#csvFields(raw, line) : this.#textFields(raw) };
    }
    this.#rest = this.#rest.slice(at);
  }

  #textLineEnd(start: number, isEnd: boolean): { readonly contentEnd: number; readonly next: number; readonly lineCount: number } | undefined {
    const text = this.#rest;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 92) at++;
      else if (code === 10) return { contentEnd: at, next: at + 1, lineCount: 1 };
      else if (code === 13) {
        if (at + 1 === text.length && !isEnd) return undefined;
        return { contentEnd: at, next: at + (text.charCodeAt(at + 1) === 10 ? 2 : 1), lineCount: 1 };
      }
    }
    return isEnd ? { contentEnd: text.length, next: text.length, lineCount: 1 } : undefined;
  }

  #textFields(raw: string): CopyField[] {
    const { delimiter } = this.#options;
    const fields: CopyField[] = [];
    let start = 0;
    for (let at = 0; at <= raw.length; at++) {
      if (at < raw.length && raw[at] === '\\') at++;
      else if (at === raw.length || raw[at] === delimiter) {
        const source = raw.slice(start, at);
        // The null string is compared before escapes are undone.
        fields.push(source === this.#options.null ? { text: source, isQuoted: false } : { text: source.includes('\\') ? unescapeText(source) : source, isQuoted: true });
        start = at + 1;
      }
    }
    if (start <= raw.length && raw.endsWith('\\') && fields.length === 0) fields.push({ text: unescapeText(raw), isQuoted: true });
    return fields;
  }

  #csvRecordEnd(start: number, isEnd: boolean): { readonly contentEnd: number; readonly next: number; readonly lineCount: number } | undefined {
    const { quote, escape } = this.#options;
    const text = this.#rest;
    let inQuotes = false;
    let lineCount = 1;
    for (let at = start; at < text.length; at++) {
      const char = text[at]!;
      if (inQuotes) {
        if (char === escape && at + 1 < text.length && (text[at + 1] === quote || text[at + 1] === escape)) at++;
        else if (char === escape && at + 1 === text.length && escape !== quote && !isEnd) return undefined;
        else if (char === quote) {
          if (at + 1 === text.length && escape === quote && !isEnd) return undefined;
          inQuotes = false;
        } else if (char === '\n') lineCount++;
      } else if (char === quote) inQuotes = true;
      else if (char === '\n') return { contentEnd: at, next: at + 1, lineCount };
      else if (char === '\r') {
        if (at + 1 === text.length && !isEnd) return undefined;
        return { contentEnd: at, next: at + (text[at + 1] === '\n' ? 2 : 1), lineCount };
      }
    }
    if (!isEnd) return undefined;
    if (inQuotes) throw badData('unterminated CSV quoted field', this.#line);
    return { contentEnd: text.length, next: text.length, lineCount };
  }

  #csvFields(raw: string, line: number): CopyField[] {
    const { quote, escape, delimiter } = this.#options;
    const fields: CopyField[] = [];
    let text = '';
    let isQuoted = false;
    let inQuotes = false;
    for (let at = 0; at <= raw.length; at++) {
      const char = raw[at];
      if (char === undefined) {
        if (inQuotes) throw badData('unterminated CSV quoted field', line);
        fields.push({ text, isQuoted });
      } else if (inQuotes) {
        if (char === escape && at + 1 < raw.length && (raw[at + 1] === quote || raw[at + 1] === escape)) text += raw[++at]!;
        else if (char === quote) inQuotes = false;
        else text += char;
      } else if (char === quote) {
        inQuotes = true;
        isQuoted = true;
      } else if (char === delimiter) {
        fields.push({ text, isQuoted });
        text = '';
        isQuoted = false;
      } else text += char;
    }
    return fields;
  }
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** Undoes backslash escapes; octal and hexadecimal ones are bytes of UTF-8. */
function unescapeText(source: string): string {
  if (!/\\[0-7x]/.test(source)) return source.replaceAll(/\\(.?)/gs, (_whole, char: string) => escapes[char] ?? char);
  const bytes: number[] = [];
  const pattern = /\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})|\\(.?)|([^\\]+)/gs;
  for (const [, hex, octal, char, plain] of source.matchAll(pattern)) {
    if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(parseInt(octal, 8) & 255);
    else bytes.push(...Buffer.from(char === undefined ? plain! : (escapes[char] ?? char), 'utf8'));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    throw new DbError('22021', 'invalid byte sequence for encoding "UTF8"');
  }
}

const textEscapes = new Map([['\b', '\\b'], ['\f', '\\f'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['\v', '\\v'], ['\\', '\\\\']]);

/** One line of output, with its line end. `forced` says for each field whether CSV must quote it. */
export function copyLine(options: CopyOptions, fields: readonly (string | null)[], forced: readonly boolean[]): string {
  const { delimiter } = options;
  if (options.format === 'text') {
    const special = new RegExp(`[\\b\\f\\n\\r\\t\\v\\\\${delimiter.replaceAll(/[\\\]^-]/g, '\\$&')}]`, 'g');
    return `${fields.map((field) => (field === null ? options.null : field.replaceAll(special, (char) => textEscapes.get(char) ?? `\\${char}`))).join(delimiter)}\n`;
  }
  const { quote, escape } = options;
  const only = fields.length === 1;
  const quoted = (field: string): string => `${quote}${[...field].map((char) => (char === quote || char === escape ? escape + char : char)).join('')}${quote}`;
  const cells = fields.map((field, i) => {
    if (field === null) return options.null;
    const needs = forced[i] === true || field === options.null || field.includes(delimiter) || field.includes(quote) || /[\r\n]/.test(field) || (only && field === '\\.');
    return needs ? quoted(field) : field;
  });
  return `${cells.join(delimiter)}\n`;
}
