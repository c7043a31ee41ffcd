/**
 * Rows that come as text, encoded by generated code while it is read: the rows of an INSERT of literals, and lines of COPY. One pass over the text as UTF-8 writes each row where the write set
 * takes it from (a `RowBlock`): no value, no string and no array is made in between.
 *
 * X1  What is read here is read the same by the general ways, which are its twins: LiteralRows with engine/short-ways/literal-insert.ts, and CopyReader with engine/copy/copy.ts. It is only what is plainly a
 *     value of its column: integers and decimals of few digits, booleans, texts, NULL. At anything else, be it wrong or but unusual, the reader stops before the row it is in.
 * X2  Behind the text there is a byte 0, which ends every loop that goes byte by byte.
 *
 * Source. Decimals: Clinger, How to read floating point numbers accurately (1990): a quotient of two integers that are doubles themselves is rounded once.
 */
import { putUtf8, setInt8, utf8LengthMax } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import { putInt8Key } from '../../base/keycode.js';
import { Encoding, NarrowRowMax, putWideEnds, wideEndsBytes } from '../../base/rowcode.js';
import { TypeOid } from '../../base/types.js';
import { KeyFormBytes, PutTag, ValueFormBytes } from '../../mvcc/write-set/put-form.js';
import type { ColumnDef, TableDef } from '../../planner/catalog.js';
import { canGenerate } from '../codegen.js';
import { integerKeyOf, keyCode } from './integer-key.js';
import { Code, Module } from './module.js';

/** How rows stand in the text: in parentheses between commas, as SQL writes literals, or each on a line, its fields between delimiters. */
export type TextForm =
  | { readonly kind: 'literals' }
  /** `special`: in CSV the quote, in the text format the backslash. `hasPlainQuotes`: a quote is escaped by another. */
  | { readonly kind: 'lines'; readonly delimiter: number; readonly special: number; readonly isEmptyNull: boolean; readonly isCsv: boolean; readonly hasPlainQuotes: boolean };

/** Where a reader has stopped: at the end of all there is, because there is no room for another row, or before a row that it does not read (X1). */
export const TextEnd = { Whole: 0, Full: 1, Other: 2 } as const;
export type TextEnd = (typeof TextEnd)[keyof typeof TextEnd];

/** What a reader works on, and leaves. */
export interface TextRun {
  /** The text, which is read from `at` to `end`. */
  source: Uint8Array;
  sourceView: DataView;
  at: number;
  end: number;
  /** Whether each line ends in a carriage return and a line feed, or in a line feed alone. */
  hasReturns: boolean;
  /** Rows are added from `length` on. For each there is room for `RowReader.fixedBytes`, and for all of them for as much as is left of the text. */
  out: Uint8Array;
  outView: DataView;
  length: number;
  /** By row, where its key ends, then where it ends itself; there is room for `countMax` rows. */
  ends: Int32Array;
  count: number;
  countMax: number;
  /** False once a key was not greater than the one that this call has read before. */
  isAscending: boolean;
}

export interface RowReader {
  /** Bytes of a row and its key, but for those that come from the text. */
  readonly fixedBytes: number;
  readonly keyBytes: number;
  readonly read: (run: TextRun) => TextEnd;
  /**
   * A few rows of values of every length and sign that is read here, to be read before any others while `isFresh`. V8 throws away what it has optimized at the first branch that was never taken before:
   * the first key of five digits, in the ten thousandth row, cost as much as 100,000 rows.
   */
  readonly sample: string;
  isFresh: boolean;
}

const Return = 13, LineFeed = 10, Space = 32, Quote = 39, Minus = 45, Dot = 46, Zero = 48, Nine = 57, Backslash = 92;
/** The end of the text comes first, then what ends a field or must not stand in one. */
const endsField = (codes: readonly number[]): Uint8Array => Uint8Array.from({ length: 256 }, (_, code) => (code === 0 || codes.includes(code) ? 1 : 0));

/** A term with a bit of `HighBits` set exactly if one of the four bytes of `word`, an expression, is 0. Source. Mycroft; Warren, Hacker's Delight, 6-1. */
const zeroByteIn = (word: string): string => `(${word} - ${0x01010101} & ~${word})`;
const HighBits = 0x80808080 | 0;

/** Digits of an integer that is read in place, and of what `decimal` reads. */
const SmallDigits = 9;
/** Room for the constants of a row is kept for each of some hundred rows that may come; longer ones are for the general ways. */
const ConstantBytesMax = 1024;
const DecimalDigits = 15;
const powersOfTen = Float64Array.from({ length: DecimalDigits + 1 }, (_, i) => 10 ** i);

/** Rows of a sample, and kinds of values in it. The first row makes V8 keep what it learns of the others. */
const SampleKinds = 4;
const SampleRows = 3 * SampleKinds;

const Word = { None: 0, Null: 1, True: 2, False: 3 } as const;

function isWord(source: Uint8Array, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if ((source[at + i]! | 32) !== word.charCodeAt(i)) return false;
  return true;
}

/** What generated code reaches under `R`. */
const helpers = {
  putUtf8, setInt8, putInt8Key, putWideEnds,
  /** Where the number ends that `decimal` has read. */
  numberEnd: 0,
  /** Behind spaces and line ends, as the parser knows them. */
  skip(source: Uint8Array, at: number): number {
    while (source[at] === Space || (source[at]! >= 9 && source[at]! <= Return && source[at] !== 11)) at++;
    return at;
  },
  word(source: Uint8Array, at: number): number {
    return isWord(source, at, 'null') ? Word.Null : isWord(source, at, 'true') ? Word.True : isWord(source, at, 'false') ? Word.False : Word.None;
  },
  /** The decimal whose first digit is at `at`; NaN: it has too many digits. */
  decimal(source: Uint8Array, at: number, takesFraction: boolean): number {
    let value = 0;
    let digits = 0;
    let point = -1;
    for (; ; at++) {
      const code = source[at]!;
      if (code >= Zero && code <= Nine) {
        value = value * 10 + (code - Zero);
        digits++;
      } else if (code === Dot && point < 0 && takesFraction && digits > 0) point = digits;
      else break;
    }
    helpers.numberEnd = at;
    if (digits > DecimalDigits) return NaN;
    return point < 0 ? value : value / powersOfTen[digits - point]!;
  },
};

/** What a reader reads: by column of the table the number of its field, -1: it has a constant. */
export interface RowReaderSpec {
  readonly table: TableDef;
  readonly places: readonly number[];
  readonly constants: readonly Datum[];
  readonly form: TextForm;
}

/** What the texts among the constants take at most. */
function constantTextBytes({ places, constants }: RowReaderSpec): number {
  return constants.reduce<number>((sum, value, i) => sum + (places[i]! < 0 && typeof value === 'string' ? utf8LengthMax(value) : 0), 0);
}

/** The reader of rows of a table in a form; undefined: some column, or their order, is none that is read here. */
export function compileRowReader(spec: RowReaderSpec): RowReader | undefined {
  return canGenerate() ? RowReaderSource.of(spec)?.compile() : undefined;
}

/** The reader of lines that was last made of a table, by `key`. */
const lineReaders = new WeakMap<TableDef, { readonly key: string; readonly reader: RowReader | undefined }>();

/**
 * The reader of lines of a table, whose columns without a field are NULL. One COPY after the other gets the same one, which by then runs optimized: a new one does so only after thousands of rows.
 */
export function lineReaderOf(table: TableDef, places: readonly number[], form: TextForm): RowReader | undefined {
  const key = JSON.stringify([places, form]);
  let last = lineReaders.get(table);
  if (last?.key !== key) lineReaders.set(table, (last = { key, reader: compileRowReader({ table, places, constants: places.map(() => null), form }) }));
  return last.reader;
}

const readTypes = new Set<number>([TypeOid.bool, TypeOid.int4, TypeOid.int8, TypeOid.float8, TypeOid.text, TypeOid.varchar]);

class RowReaderSource {
  readonly #spec: RowReaderSpec;
  readonly #columns: readonly ColumnDef[];
  /** By field, the column. */
  readonly #columnOf: readonly number[];
  readonly #keyColumn: number;
  readonly #keyBytes: number;
  readonly #module = new Module();
  readonly #code = new Code(1);
  /** Columns up to here that are not at a fixed place have been written. */
  #variablesDone = 0;

  private constructor(spec: RowReaderSpec, columnOf: readonly number[], keyColumn: number, keyBytes: number) {
    this.#spec = spec;
    this.#columns = spec.table.columns;
    this.#columnOf = columnOf;
    this.#keyColumn = keyColumn;
    this.#keyBytes = keyBytes;
  }

  static of(spec: RowReaderSpec): RowReaderSource | undefined {
    const { table, places, constants } = spec;
    const { columns, layout } = table;
    const key = integerKeyOf(table);
    if (key === undefined || places[key.column.index]! < 0) return undefined;
    const columnOf: number[] = [];
    let lastVariable = -1;
    for (let i = 0; i < columns.length; i++) {
      const place = places[i]!;
      if (place < 0) {
        if (constants[i] === null ? columns[i]!.notNull && !columns[i]!.isDropped : layout.encodings[i] === Encoding.Other) return undefined;
        continue;
      }
      const { type, isDropped } = columns[i]!;
      if (isDropped || !readTypes.has(type.oid) || type.typmod !== -1 || columnOf[place] !== undefined) return undefined;
      if (layout.variableNumbers[i]! >= 0 && place < lastVariable) return undefined;
      if (layout.variableNumbers[i]! >= 0) lastVariable = place;
      columnOf[place] = i;
    }
    for (let place = 0; place < columnOf.length; place++) if (columnOf[place] === undefined) return undefined;
    if (constantTextBytes(spec) > ConstantBytesMax) return undefined;
    return new RowReaderSource(spec, columnOf, key.column.index, key.bytes);
  }

  get #layout() {
    return this.#spec.table.layout;
  }
  get #headBytes(): number {
    return this.#layout.endsOffset + this.#layout.variableCount;
  }
  /** Of a row from where it begins. */
  get #rowOffset(): number {
    return KeyFormBytes + this.#keyBytes + ValueFormBytes;
  }

  compile(): RowReader {
    const code = this.#code;
    if (this.#isLines) code.line('const hasReturns = s.hasReturns;');
    code.line('const src = s.source, view = s.sourceView, end = s.end, out = s.out, dv = s.outView, ends = s.ends, max = s.countMax;');
    code.line('let p = s.at, to = s.length, n = s.count, done = p, how = 2, c = 0, x = 0, w = 0, last = 0, isFirst = true, isAscending = s.isAscending;');
    code.block('rows: for (;;)', () => {
      if (this.#isLines) code.line('if (p >= end) { how = 0; break; }');
      code.line('if (n === max) { how = 1; break; }');
      code.line(`const r = to + ${this.#rowOffset};`);
      code.line(`let q = r + ${this.#headBytes};`);
      this.#begin();
      for (let field = 0; field < this.#columnOf.length; field++) this.#field(field);
      this.#constantsUpTo(this.#columns.length);
      this.#finish();
      this.#goOn();
    });
    code.line('s.at = done; s.length = to; s.count = n; s.isAscending = isAscending;');
    code.line('return how;');
    const read = this.#module.finish({ R: helpers }, `return function (s) {\n${code.toString()}\n};`).value as RowReader['read'];
    const fixedBytes = this.#rowOffset + this.#headBytes + wideEndsBytes(this.#layout.variableCount) + constantTextBytes(this.#spec);
    return { fixedBytes, keyBytes: this.#keyBytes, read, sample: this.#sample(), isFresh: true };
  }

  #sample(): string {
    const { form } = this.#spec;
    const rows = Array.from({ length: SampleRows }, (_, row) => this.#columnOf.map((column) => this.#sampleOf(column, row % SampleKinds)));
    return form.kind === 'literals' ? rows.map((row) => `(${row.join(', ')})`).join(', ') : rows.map((row) => `${row.join(String.fromCharCode(form.delimiter))}\n`).join('');
  }
  #sampleOf(column: number, kind: number): string {
    const { type, notNull } = this.#columns[column]!;
    const { form } = this.#spec;
    if (kind === SampleKinds - 1 && !notNull && (form.kind === 'literals' || form.isEmptyNull)) return form.kind === 'literals' ? 'null' : '';
    switch (type.oid) {
      case TypeOid.bool:
        return (form.kind === 'literals' ? ['true', 'false'] : ['t', 'f'])[kind % 2]!;
      case TypeOid.text:
      case TypeOid.varchar:
        return this.#sampleText(kind);
      default:
        return (type.oid === TypeOid.float8 ? ['7', '-12.5', '123456', '12345678'] : ['7', '-12345', '123456', '12345678'])[kind]!;
    }
  }
  #sampleText(kind: number): string {
    const { form } = this.#spec;
    if (form.kind === 'literals') return ["'a'", "'several words'", "'it''s'", "''"][kind]!;
    const quote = String.fromCharCode(form.special);
    return form.isCsv && form.hasPlainQuotes && kind % 2 === 1 ? `${quote}several ${quote}${quote}words${quote}` : ['a', 'several words', 'some', 'abc'][kind]!;
  }

  get #isLines(): boolean {
    return this.#spec.form.kind === 'lines';
  }
  #isConstant(column: number): boolean {
    return this.#spec.places[column]! < 0;
  }

  /** What no row says otherwise: the head, and constants at fixed places. */
  #begin(): void {
    const code = this.#code;
    const { constants } = this.#spec;
    const layout = this.#layout;
    for (let byte = 0; byte < layout.headBytes; byte++) {
      const first = byte === 0 ? layout.firstByte : 0;
      const bits = constants.reduce<number>((sum, value, i) => (layout.nullByteOf(i) === byte && this.#isConstant(i) && value === null ? sum | layout.nullMaskOf(i) : sum), first);
      code.line(`let head${byte} = ${bits};`);
    }
    for (let i = 0; i < this.#columns.length; i++) if (this.#isConstant(i) && this.#layout.fixedOffsets[i]! >= 0) this.#putFixed(i, constants[i] === null ? 'null' : this.#module.constant(constants[i]));
    if (this.#spec.form.kind === 'literals') this.#expect(40, 'p = R.skip(src, p);');
    // A line that is no row but an end.
    else if (this.#spec.form.isCsv) code.line(`if (src[p] === ${Backslash}) break rows;`);
  }
  /** Writes the value named at the column's fixed place, zeros for the name `null`. */
  #putFixed(column: number, value: string): void {
    const code = this.#code;
    const layout = this.#layout;
    const at = `r + ${layout.fixedOffsets[column]!}`;
    const isNull = value === 'null';
    switch (layout.encodings[column]!) {
      case Encoding.Int4:
        code.line(`dv.setInt32(${at}, ${isNull ? 0 : value}, true);`);
        return;
      case Encoding.Float8:
        code.line(`dv.setFloat64(${at}, ${isNull ? 0 : value}, true);`);
        return;
      case Encoding.Bool:
        code.line(`out[${at}] = ${isNull ? 0 : `${value} ? 1 : 0`};`);
        return;
      default:
        if (!isNull) code.line(`R.setInt8(out, ${at}, ${value});`);
        else for (let i = 0, width = this.#fixedWidth(column); i < width; i++) code.line(`out[${at} + ${i}] = 0;`);
    }
  }
  #fixedWidth(column: number): number {
    const { fixedOffsets, endsOffset } = this.#layout;
    const next = fixedOffsets.find((offset, i) => i > column && offset >= 0) ?? endsOffset;
    return next - fixedOffsets[column]!;
  }
  /** Constants that are not at fixed places, of columns before `end`. */
  #constantsUpTo(end: number): void {
    const code = this.#code;
    for (; this.#variablesDone < end; this.#variablesDone++) {
      const i = this.#variablesDone;
      if (!this.#isConstant(i) || this.#layout.variableNumbers[i]! < 0) continue;
      const value = this.#spec.constants[i]!;
      if (value !== null) code.line(`q = R.putUtf8(out, q, ${this.#module.constant(value)});`);
      this.#endVariable(i);
    }
  }
  #endVariable(column: number): void {
    this.#code.line(`const e${this.#layout.variableNumbers[column]!} = q - r;`);
  }

  /** The field, and what follows it. */
  #field(field: number): void {
    const code = this.#code;
    const column = this.#columnOf[field]!;
    const isVariable = this.#layout.variableNumbers[column]! >= 0;
    if (isVariable) this.#constantsUpTo(column);
    const { form } = this.#spec;
    const isLast = field === this.#columnOf.length - 1;
    if (form.kind === 'literals') {
      code.line('c = src[p];');
      this.#skip();
      this.#valueOrNull(column);
      code.line('c = src[p];');
      this.#skip();
      code.line(`if (c !== ${isLast ? 41 : 44}) break rows;`);
      code.line('p++;');
    } else {
      code.line('c = src[p];');
      this.#valueOrNull(column);
      if (isLast) code.line(`c = src[p]; if (hasReturns) { if (c !== ${Return}) break rows; c = src[++p]; } if (c !== ${LineFeed}) break rows;`);
      else code.line(`if (src[p] !== ${form.delimiter}) break rows;`);
      code.line('p++;');
    }
    if (isVariable) {
      this.#endVariable(column);
      this.#variablesDone = column + 1;
    }
  }
  /** To what comes behind spaces, mostly none or one. */
  #skip(): void {
    this.#code.line(`if (c === ${Space}) c = src[++p];`);
    this.#code.line(`if (c <= ${Space}) { p = R.skip(src, p); c = src[p]; }`);
  }
  #expect(code: number, before: string): void {
    this.#code.line(`${before} if (src[p] !== ${code}) break rows;`);
    this.#code.line('p++;');
  }

  /** The value that begins with `c` at `p`, or NULL; `p` is behind it then. */
  #valueOrNull(column: number): void {
    const code = this.#code;
    const { form } = this.#spec;
    const setNull = (): void => {
      code.line(`head${this.#layout.nullByteOf(column)} |= ${this.#layout.nullMaskOf(column)};`);
      if (this.#layout.fixedOffsets[column]! >= 0) this.#putFixed(column, 'null');
    };
    const isNull = form.kind === 'literals' ? `(c | 32) === 110 && R.word(src, p) === ${Word.Null}` : `${form.isEmptyNull} && (c === ${form.delimiter} || c === ${LineFeed} || c === ${Return})`;
    if (this.#columns[column]!.notNull) {
      code.line(`if (${isNull}) break rows;`);
      this.#value(column);
      return;
    }
    code.block(`if (${isNull})`, () => {
      if (form.kind === 'literals') code.line('p += 4;');
      setNull();
    });
    code.block('else', () => this.#value(column));
  }
  #value(column: number): void {
    switch (this.#columns[column]!.type.oid) {
      case TypeOid.bool:
        this.#bool(column);
        return;
      case TypeOid.text:
      case TypeOid.varchar:
        this.#text();
        return;
      default:
        this.#number(column);
    }
  }

  #bool(column: number): void {
    const code = this.#code;
    if (this.#isLines) {
      code.line('if (c !== 116 && c !== 102) break rows;');
      code.line('x = c === 116 ? 1 : 0; p++;');
    } else {
      code.line('x = R.word(src, p);');
      code.line(`if (x < ${Word.True}) break rows;`);
      code.line(`p += x === ${Word.True} ? 4 : 5; x = x === ${Word.True} ? 1 : 0;`);
    }
    this.#putFixed(column, 'x');
  }

  #text(): void {
    const code = this.#code;
    const { form } = this.#spec;
    if (form.kind === 'lines') {
      if (form.isCsv && form.hasPlainQuotes) this.#quotedText(form.special);
      const codes = [form.delimiter, form.special, LineFeed, Return];
      const ends = this.#module.constant(endsField(codes));
      this.#copyWords(codes);
      code.line(`while (${ends}[c] === 0) { out[q++] = c; c = src[++p]; }`);
      return;
    }
    code.line(`if (c !== ${Quote}) break rows;`);
    this.#textTo(Quote);
  }
  /** A field of CSV between quotes; what comes behind it is no more of it. */
  #quotedText(quote: number): void {
    const code = this.#code;
    code.block(`if (c === ${quote})`, () => {
      this.#textTo(quote);
      code.line('c = 0;');
    });
  }
  /** The text behind the quote at `p` up to the next one; two of them are one of the text. */
  #textTo(quote: number): void {
    const code = this.#code;
    // Who counts lines counts rows.
    const isPlain = this.#isLines ? ` && c !== ${LineFeed} && c !== ${Return}` : '';
    code.block('for (;;)', () => {
      code.line('p++;');
      this.#copyWords(this.#isLines ? [quote, LineFeed, Return] : [quote]);
      code.line(`while (c !== ${quote} && c !== 0${isPlain}) { out[q++] = c; c = src[++p]; }`);
      code.line(`if (c !== ${quote}) break rows;`);
      code.line(`if (src[++p] !== ${quote}) break;`);
      code.line(`out[q++] = ${quote};`);
    });
  }
  /** Copies text from `p` on, four bytes at a time, as long as none of them is 0 or one of `codes`; then sets `c`. What is left of it, a byte or two mostly, is copied one by one. */
  #copyWords(codes: readonly number[]): void {
    const code = this.#code;
    const isEnd = [zeroByteIn('w'), ...codes.map((one) => zeroByteIn(`(w ^ ${Math.imul(one, 0x01010101)})`))].join(' | ');
    code.block('while (p + 4 <= end)', () => {
      code.line('w = view.getInt32(p, true);');
      code.line(`if (((${isEnd}) & ${HighBits}) !== 0) break;`);
      code.line('dv.setInt32(q, w, true); p += 4; q += 4;');
    });
    code.line('c = src[p];');
  }

  #number(column: number): void {
    const code = this.#code;
    const { oid } = this.#columns[column]!.type;
    code.block('', () => {
      code.line(`const isNegative = c === ${Minus};`);
      code.line('if (isNegative) c = src[++p];');
      code.line('const first = p;');
      code.line(`x = c - ${Zero};`);
      code.line('if (x < 0 || x > 9) break rows;');
      code.line('p++;');
      this.#fourDigits();
      code.line(`for (c = src[p] - ${Zero}; c >= 0 && c <= 9; c = src[++p] - ${Zero}) x = (Math.imul(x, 10) + c) | 0;`);
      if (oid === TypeOid.int4) code.line(`if (p - first > ${SmallDigits}) break rows;`);
      else {
        const isFloat = oid === TypeOid.float8;
        code.block(`if (p - first > ${SmallDigits}${isFloat ? ` || c === ${Dot - Zero}` : ''})`, () => {
          code.line(`x = R.decimal(src, first, ${isFloat}); p = R.numberEnd;`);
          code.line('if (x !== x) break rows;');
        });
      }
      // Where there is a negative zero at all, a literal of it is none.
      if (this.#isLines) code.line('if (isNegative && x === 0) break rows;');
      code.line('if (isNegative && x !== 0) x = -x;');
    });
    this.#putFixed(column, 'x');
    if (column === this.#keyColumn) this.#putKey();
  }
  /**
   * Adds the next four digits to `x`, if there are four. First of all bytes at once, whether each is at most 9, then pairs of digits in the lowest and the third byte.
   * Source. Lemire, Quickly parsing eight digits (2018).
   */
  #fourDigits(): void {
    const code = this.#code;
    code.block('if (p + 4 <= end)', () => {
      code.line(`w = view.getInt32(p, true) ^ ${Zero * 0x01010101};`);
      code.block(`if (((w | w + ${0x06060606}) & ${0xf0f0f0f0 | 0}) === 0)`, () => {
        code.line('w = Math.imul(w, 10) + (w >>> 8) | 0;');
        code.line('x = Math.imul(x, 10000) + (w & 255) * 100 + (w >>> 16 & 255) | 0;');
        code.line('p += 4;');
      });
    });
  }
  #putKey(): void {
    const code = this.#code;
    code.line(keyCode(this.#keyBytes, 'out', 'dv', `to + ${KeyFormBytes}`, 'x'));
    code.line('if (isFirst) isFirst = false; else if (x <= last) isAscending = false;');
    code.line('last = x;');
  }

  /** The head of the row, and of its put (mvcc/write-set/put-form.ts). */
  #finish(): void {
    const code = this.#code;
    this.#ends();
    code.line(`out[to] = ${PutTag}; out[to + 1] = ${this.#keyBytes}; out[r - 1] = q - r;`);
    for (let byte = 0; byte < this.#layout.headBytes; byte++) code.line(`out[r + ${byte}] = head${byte};`);
    code.line(`ends[n * 2] = to + ${KeyFormBytes + this.#keyBytes}; ends[n * 2 + 1] = q;`);
    code.line('to = q; n++; done = p;');
  }
  #ends(): void {
    const code = this.#code;
    const { endsOffset, variableCount } = this.#layout;
    if (variableCount === 0) return;
    const numbers = Array.from({ length: variableCount }, (_, number) => number);
    code.line(`if (q - r <= ${NarrowRowMax}) { ${numbers.map((number) => `out[r + ${endsOffset + number}] = e${number};`).join(' ')} }`);
    code.line(`else q = R.putWideEnds(out, r, q, ${endsOffset}, [${numbers.map((number) => `e${number}`).join(', ')}], ${variableCount});`);
  }
  /** To the next row. */
  #goOn(): void {
    if (this.#isLines) return;
    const code = this.#code;
    code.line('c = src[p];');
    this.#skip();
    code.line('if (c === 44) { p++; done = p; continue; }');
    code.line('if (c === 59) p = R.skip(src, p + 1);');
    code.line('if (p === end) how = 0;');
    code.line('break;');
  }
}
