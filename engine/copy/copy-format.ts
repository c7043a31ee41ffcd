/**
 * COPY's text and CSV formats: lines of fields, as PostgreSQL writes and reads them.
 *
 *   text  fields between delimiters, \N for NULL, backslash escapes; a line `\.` ends the data
 *   CSV   RFC 4180 with PostgreSQL's rule that an unquoted null string is NULL and a quoted one is not
 *
 * All lines end as the first one does: an end of another kind would be part of a value that was not escaped, or quoted, and nobody can tell.
 *
 * `CopyReader` takes input in pieces of any size and gives whole records, so memory is bounded by the longest record. A line without quotes, escapes
 * and carriage returns, as nearly all are, is cut at its delimiters; the others are walked through character by character.
 */
import { DbError } from '../../base/errors.js';
import type { CopyOptions } from './copy-options.js';

const badData = (message: string, hint?: string): DbError => new DbError('22P04', message, { hint });

/** What ends a line. */
export type LineEnd = '\n' | '\r\n' | '\r';

/** A record's end within the input: of its content, of its line end, and how many lines it has. `lineEnd` undefined: it is the end of the input. */
interface RecordEnd {
  readonly contentEnd: number;
  readonly next: number;
  readonly lineCount: number;
  readonly lineEnd: LineEnd | undefined;
  /** Whether the mark that ends the data stands behind the content. */
  readonly isMarked: boolean;
}

/** Where a record stands, and its text as it was given: what errors tell of. */
export interface RecordPlace {
  readonly line: number;
  readonly content: string;
}

/** Splits input into records: `push` and `end` bring input, `next` goes to the next record that is whole. */
export class CopyReader {
  readonly #options: CopyOptions;
  readonly #isCsv: boolean;
  /** What makes a line more than its fields between delimiters, besides a carriage return. */
  readonly #special: string;
  #rest = '';
  #at = 0;
  #lines = 0;
  #isLast = false;
  #isEnded = false;
  #lineEnd: LineEnd | undefined = undefined;
  /** Where the next of each is, from wherever it was last looked for; looked for again once that lies behind. */
  #specialAt = -1;
  #returnAt = -1;
  readonly #fields: string[] = [];
  readonly #quoted: boolean[] = [];
  /** Where the fields of a line that was cut lie in `text`, how many they are; -1: the record's fields are texts already. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  cutCount = -1;
  readonly #delimiterCode: number;
  /** Number of the line the record begins on, from 1. */
  line = 0;
  /** Where in `text` it lies, good until more input comes. */
  contentStart = 0;
  contentEnd = 0;

  readonly #cutsLines: boolean;

  /** `cutsLines` false: every line is walked through, for tests. */
  constructor(options: CopyOptions, cutsLines = true) {
    this.#options = options;
    this.#cutsLines = cutsLines;
    this.#isCsv = options.format === 'csv';
    this.#special = this.#isCsv ? options.quote : '\\';
    this.#delimiterCode = options.delimiter.charCodeAt(0);
  }

  push(chunk: string): void {
    this.#rest = this.#at === this.#rest.length ? chunk : this.#rest.slice(this.#at) + chunk;
    this.#at = 0;
    this.#specialAt = -1;
    this.#returnAt = -1;
    this.cutCount = -1;
  }
  /** Whether all that has been pushed is read. */
  get isEmpty(): boolean {
    return this.#at >= this.#rest.length;
  }
  /** Lines so far. */
  get lineCount(): number {
    return this.#lines;
  }
  /** What ended the first line; undefined: none has been read. */
  get lineEnd(): LineEnd | undefined {
    return this.#lineEnd;
  }
  /** Lines before what is pushed next that somebody else has read. */
  skipLines(count: number, lineEnd: LineEnd): void {
    this.#lines += count;
    if (count > 0) this.#lineEnd = lineEnd;
  }
  /** No more input comes: what is left is a record, too. */
  end(): void {
    this.#isLast = true;
  }
  /** Whether `\.` was met: what follows is not read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get text(): string {
    return this.#rest;
  }
  /** The record as it was given, good until more input comes. */
  get content(): string {
    return this.#rest.slice(this.contentStart, this.contentEnd);
  }
  /** Texts of the record's fields, good until the next record. NULL is decided by the caller, who knows the column. */
  get fields(): readonly string[] {
    if (this.cutCount >= 0) this.#slice();
    return this.#fields;
  }
  /** By field: CSV, whether it was quoted; text, whether it is anything but the null string. */
  get quoted(): readonly boolean[] {
    if (this.cutCount >= 0) this.#slice();
    return this.#quoted;
  }

  /** Reads the next record into `fields`, `quoted` and `line`; false: there is none before more input comes. @throws DbError 22P04, 22021 of line `line` */
  next(): boolean {
    if (this.#isEnded || this.#at >= this.#rest.length) return false;
    this.line = this.#lines + 1;
    this.contentStart = this.#at;
    const lineEnd = this.#plainLineEnd();
    if (lineEnd !== undefined) {
      const start = this.#at;
      const contentEnd = this.#returnAt < lineEnd ? lineEnd - 1 : lineEnd;
      this.contentEnd = contentEnd;
      this.#at = lineEnd + 1;
      this.#lines++;
      const isMarked = this.#isCsv && contentEnd === start + 2 && this.#rest.startsWith('\\.', start);
      this.#noteLineEnd(contentEnd < lineEnd ? '\r\n' : '\n', isMarked);
      if (isMarked) return this.#finish();
      this.#cut(start, contentEnd);
      return true;
    }
    const end = this.#isCsv ? this.#csvRecordEnd(this.#at, this.#isLast) : this.#textLineEnd(this.#at, this.#isLast);
    if (end === undefined) return false;
    this.contentEnd = end.contentEnd;
    const raw = this.content;
    this.#lines += end.lineCount;
    this.#at = end.next;
    if (end.lineEnd !== undefined) this.#noteLineEnd(end.lineEnd, end.isMarked);
    if (end.isMarked) this.#finish();
    if (end.isMarked && (this.#isCsv || raw === '')) return false;
    this.#fields.length = 0;
    this.#quoted.length = 0;
    this.cutCount = -1;
    if (this.#isCsv) this.#csvFields(raw);
    else this.#textFields(raw);
    return true;
  }
  #finish(): false {
    this.#isEnded = true;
    return false;
  }

  /** @throws DbError 22P04 when the first line ended otherwise */
  #noteLineEnd(lineEnd: LineEnd, isMarked: boolean): void {
    const first = (this.#lineEnd ??= lineEnd);
    if (first === lineEnd) return;
    if (isMarked) throw badData('end-of-copy marker does not match previous newline style');
    const what = lineEnd === '\n' || first === '\r' ? 'newline' : 'carriage return';
    throw this.#isCsv
      ? badData(`unquoted ${what} found in data`, `Use quoted CSV field to represent ${what}.`)
      : badData(`literal ${what} found in data`, `Use "${what === 'newline' ? '\\n' : '\\r'}" to represent ${what}.`);
  }

  /** The line feed that ends a line in which every character stands for itself, a carriage return before it apart; undefined: another line, or not whole. */
  #plainLineEnd(): number | undefined {
    if (!this.#cutsLines) return undefined;
    const text = this.#rest;
    const at = this.#at;
    const end = text.indexOf('\n', at);
    if (end === -1) return undefined;
    if (this.#specialAt < at) this.#specialAt = indexOrEnd(text, this.#special, at);
    if (this.#returnAt < at) this.#returnAt = indexOrEnd(text, '\r', at);
    return this.#specialAt < end || this.#returnAt < end - 1 ? undefined : end;
  }
  #cut(start: number, contentEnd: number): void {
    const text = this.#rest;
    const code = this.#delimiterCode;
    const { starts, ends } = this;
    let count = 0;
    starts[0] = start;
    for (let at = start; at < contentEnd; at++) {
      if (text.charCodeAt(at) !== code) continue;
      ends[count++] = at;
      starts[count] = at + 1;
    }
    ends[count] = contentEnd;
    this.cutCount = count + 1;
  }
  /** Makes texts of the fields of a line that was cut. */
  #slice(): void {
    const count = this.cutCount;
    const fields = this.#fields;
    const quoted = this.#quoted;
    for (let i = 0; i < count; i++) {
      const field = this.#rest.slice(this.starts[i], this.ends[i]);
      fields[i] = field;
      quoted[i] = !this.#isCsv && field !== this.#options.null;
    }
    fields.length = count;
    quoted.length = count;
    this.cutCount = -1;
  }
  #add(text: string, isQuoted: boolean): void {
    this.#fields.push(text);
    this.#quoted.push(isQuoted);
  }

  #textLineEnd(start: number, isEnd: boolean): RecordEnd | undefined {
    const text = this.#rest;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 92 && text[at + 1] === '.') {
        const end = endAt(text, at + 2, isEnd);
        if (end === undefined) return undefined;
        if (end.lineEnd === undefined) throw badData('end-of-copy marker corrupt');
        return { ...end, contentEnd: at, lineCount: 1, isMarked: true };
      }
      if (code === 92) at++;
      else if (code === 10 || code === 13) {
        const end = endAt(text, at, isEnd);
        return end === undefined ? undefined : { ...end, contentEnd: at, lineCount: 1, isMarked: false };
      }
    }
    return isEnd ? { contentEnd: text.length, next: text.length, lineCount: 1, lineEnd: undefined, isMarked: false } : undefined;
  }

  #textFields(raw: string): void {
    const { delimiter } = this.#options;
    let start = 0;
    for (let at = 0; at <= raw.length; at++) {
      if (at < raw.length && raw[at] === '\\') at++;
      else if (at === raw.length || raw[at] === delimiter) {
        const source = raw.slice(start, at);
        // The null string is compared before escapes are undone.
        if (source === this.#options.null) this.#add(source, false);
        else this.#add(source.includes('\\') ? unescapeText(source) : source, true);
        start = at + 1;
      }
    }
    if (start <= raw.length && raw.endsWith('\\') && this.#fields.length === 0) this.#add(unescapeText(raw), true);
  }

  #csvRecordEnd(start: number, isEnd: boolean): RecordEnd | undefined {
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
      else if (char === '\n' || char === '\r') {
        const end = endAt(text, at, isEnd);
        return end === undefined ? undefined : { ...end, contentEnd: at, lineCount, isMarked: at === start + 2 && text.startsWith('\\.', start) };
      }
    }
    if (!isEnd) return undefined;
    if (inQuotes) throw badData('unterminated CSV quoted field');
    return { contentEnd: text.length, next: text.length, lineCount, lineEnd: undefined, isMarked: false };
  }

  #csvFields(raw: string): void {
    const { quote, escape, delimiter } = this.#options;
    let text = '';
    let isQuoted = false;
    let inQuotes = false;
    for (let at = 0; at <= raw.length; at++) {
      const char = raw[at];
      if (char === undefined) {
        if (inQuotes) throw badData('unterminated CSV quoted field');
        this.#add(text, isQuoted);
      } else if (inQuotes) {
        if (char === escape && at + 1 < raw.length && (raw[at + 1] === quote || raw[at + 1] === escape)) text += raw[++at]!;
        else if (char === quote) inQuotes = false;
        else text += char;
      } else if (char === quote) {
        inQuotes = true;
        isQuoted = true;
      } else if (char === delimiter) {
        this.#add(text, isQuoted);
        text = '';
        isQuoted = false;
      } else text += char;
    }
  }
}

/** The line end at `at`, undefined `lineEnd`: there is none; undefined: more input must come first. */
function endAt(text: string, at: number, isEnd: boolean): Pick<RecordEnd, 'next' | 'lineEnd'> | undefined {
  const code = text.charCodeAt(at);
  if (at + (code === 13 ? 1 : 0) >= text.length && !isEnd) return undefined;
  if (code === 10) return { next: at + 1, lineEnd: '\n' };
  if (code !== 13) return { next: at, lineEnd: undefined };
  return text.charCodeAt(at + 1) === 10 ? { next: at + 2, lineEnd: '\r\n' } : { next: at + 1, lineEnd: '\r' };
}

function indexOrEnd(text: string, wanted: string, start: number): number {
  const at = text.indexOf(wanted, start);
  return at === -1 ? text.length : at;
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
