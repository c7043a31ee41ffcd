/**
 * to_char and to_number: numbers by templates such as `999,990.99`, `FM0000`, `S99D9`, `RN`, `9.99EEEE`. A template is cut into
 * nodes (a pattern or a plain character); a description of the whole (how many digits before and after the point, where signs go)
 * is gathered; then the nodes are walked with the number's digits. The walk follows PostgreSQL's state machine field by field,
 * because the interplay of fill mode, zeros, signs and blanks has no simpler statement that agrees in every corner.
 *
 * The locale is C: `.` and `,`, no currency symbol (a blank).
 * Source: PostgreSQL's formatting.c (NUMDesc_prepare, NUM_processor, NUM_numpart_to_char, NUM_numpart_from_char).
 */
import { DbError } from '../base/errors.js';
import { roundHalfEven } from '../base/interval.js';
import { Numeric, applyNumericTypmod, parseNumeric } from '../base/numeric.js';
import { invalidSyntax } from '../base/scalar-text.js';
import { numericTypmod } from '../base/types.js';

type Key = ',' | '.' | '0' | '9' | 'B' | 'C' | 'D' | 'EEEE' | 'FM' | 'G' | 'L' | 'MI' | 'PL' | 'PR' | 'RN' | 'rn' | 'SG' | 'SP' | 'S' | 'TH' | 'th' | 'V';
type FormatNode = { readonly kind: 'action'; readonly key: Key } | { readonly kind: 'character'; readonly text: string };

/** What a template asks for. `pre` and `post` count digits before and after the point. */
interface NumberShape {
  pre: number;
  post: number;
  multiplier: number;
  zeroStart: number;
  zeroEnd: number;
  signPlace: 'none' | 'before' | 'after';
  signDigits: number;
  isDecimal: boolean;
  isZero: boolean;
  isBlank: boolean;
  isFill: boolean;
  hasSign: boolean;
  isBracket: boolean;
  hasMinus: boolean;
  hasPlus: boolean;
  isRoman: boolean;
  isMultiplied: boolean;
  isScientific: boolean;
}

const keys: readonly [string, Key][] = [
  [',', ','], ['.', '.'], ['0', '0'], ['9', '9'], ['B', 'B'], ['C', 'C'], ['D', 'D'], ['EEEE', 'EEEE'], ['FM', 'FM'], ['G', 'G'], ['L', 'L'], ['MI', 'MI'],
  ['PL', 'PL'], ['PR', 'PR'], ['RN', 'RN'], ['SG', 'SG'], ['SP', 'SP'], ['S', 'S'], ['TH', 'TH'], ['V', 'V'], ['b', 'B'], ['c', 'C'], ['d', 'D'], ['eeee', 'EEEE'],
  ['fm', 'FM'], ['g', 'G'], ['l', 'L'], ['mi', 'MI'], ['pl', 'PL'], ['pr', 'PR'], ['rn', 'rn'], ['sg', 'SG'], ['sp', 'SP'], ['s', 'S'], ['th', 'th'], ['v', 'V'],
];

function templateError(message: string, detail?: string): DbError {
  return new DbError('42601', message, detail === undefined ? {} : { detail });
}

interface NumberTemplate {
  readonly nodes: readonly FormatNode[];
  readonly shape: Readonly<NumberShape>;
}

const templates = new Map<string, NumberTemplate>();

function parseTemplate(text: string): NumberTemplate {
  let template = templates.get(text);
  if (template === undefined) {
    if (templates.size > 200) templates.clear();
    templates.set(text, (template = makeTemplate(text)));
  }
  return template;
}

function makeTemplate(text: string): NumberTemplate {
  const nodes: FormatNode[] = [];
  const shape: NumberShape = {
    pre: 0, post: 0, multiplier: 0, zeroStart: 0, zeroEnd: 0, signPlace: 'none', signDigits: 0, isDecimal: false, isZero: false, isBlank: false,
    isFill: false, hasSign: false, isBracket: false, hasMinus: false, hasPlus: false, isRoman: false, isMultiplied: false, isScientific: false,
  };
  for (let at = 0; at < text.length; ) {
    const key = keys.find(([name]) => text.startsWith(name, at));
    if (key !== undefined) {
      at += key[0].length;
      nodes.push({ kind: 'action', key: key[1] });
      describe(shape, key[1]);
    } else if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++;
        const character = String.fromCodePoint(text.codePointAt(at)!);
        nodes.push({ kind: 'character', text: character });
        at += character.length;
      }
      at++;
    } else {
      if (text[at] === '\\' && text[at + 1] === '"') at++;
      const character = String.fromCodePoint(text.codePointAt(at)!);
      nodes.push({ kind: 'character', text: character });
      at += character.length;
    }
  }
  return { nodes, shape };
}

/** Takes one pattern into the description. @throws DbError 42601 on patterns that exclude one another */
function describe(shape: NumberShape, key: Key): void {
  if (shape.isScientific && key !== 'EEEE') throw templateError('"EEEE" must be the last pattern used');
  switch (key) {
    case '9':
      if (shape.isBracket) throw templateError('"9" must be ahead of "PR"');
      if (shape.isMultiplied) shape.multiplier++;
      else if (shape.isDecimal) shape.post++;
      else shape.pre++;
      return;
    case '0':
      if (shape.isBracket) throw templateError('"0" must be ahead of "PR"');
      if (!shape.isZero && !shape.isDecimal) {
        shape.isZero = true;
        shape.zeroStart = shape.pre + 1;
      }
      if (shape.isDecimal) shape.post++;
      else shape.pre++;
      shape.zeroEnd = shape.pre + shape.post;
      return;
    case 'B':
      if (shape.pre === 0 && shape.post === 0 && !shape.isZero) shape.isBlank = true;
      return;
    case 'D':
    case '.':
      if (shape.isDecimal) throw templateError('multiple decimal points');
      if (shape.isMultiplied) throw templateError('cannot use "V" and decimal point together');
      shape.isDecimal = true;
      return;
    case 'FM':
      shape.isFill = true;
      return;
    case 'S':
      if (shape.hasSign) throw templateError('cannot use "S" twice');
      if (shape.hasPlus || shape.hasMinus || shape.isBracket) throw templateError('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      if (!shape.isDecimal) {
        shape.signPlace = 'before';
        shape.signDigits = shape.pre;
        shape.hasSign = true;
      } else if (shape.signPlace === 'none') {
        shape.signPlace = 'after';
        shape.hasSign = true;
      }
      return;
    case 'MI':
    case 'PL':
    case 'SG':
      if (shape.hasSign) throw templateError(`cannot use "S" and "${key}" together`);
      if (key !== 'PL') shape.hasMinus = true;
      if (key !== 'MI') shape.hasPlus = true;
      return;
    case 'PR':
      if (shape.hasSign || shape.hasPlus || shape.hasMinus) throw templateError('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      shape.isBracket = true;
      return;
    case 'RN':
    case 'rn':
      shape.isRoman = true;
      return;
    case 'V':
      if (shape.isDecimal) throw templateError('cannot use "V" and decimal point together');
      shape.isMultiplied = true;
      return;
    case 'EEEE':
      if (shape.isScientific) throw templateError('cannot use "EEEE" twice');
      if (shape.isBlank || shape.isFill || shape.hasSign || shape.isBracket || shape.hasMinus || shape.hasPlus || shape.isRoman || shape.isMultiplied) {
        throw templateError('"EEEE" is incompatible with other formats', '"EEEE" may only be used together with digit and decimal point patterns.');
      }
      shape.isScientific = true;
  }
}

// ------------------------------------------------------------------------------------------------------------------- to_char

/** The ordinal ending of a number. */
export function ordinalSuffix(digits: string, isUpper: boolean): string {
  const last = digits[digits.length - 1]!;
  if (!/\d/.test(last)) throw new DbError('22P02', `"${digits}" is not a number`);
  const isTeen = digits.length > 1 && digits[digits.length - 2] === '1';
  const suffix = isTeen ? 'th' : last === '1' ? 'st' : last === '2' ? 'nd' : last === '3' ? 'rd' : 'th';
  return isUpper ? suffix.toUpperCase() : suffix;
}

function romanNumeral(value: number): string {
  if (!(value >= 1 && value <= 3999)) return '#'.repeat(15);
  const steps: readonly [number, string][] = [
    [1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'], [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I'],
  ];
  let rest = value;
  let text = '';
  for (const [unit, letters] of steps) {
    while (rest >= unit) {
      text += letters;
      rest -= unit;
    }
  }
  return text;
}

/** Walks a template and writes a number whose digits are known. */
class NumberWriter {
  readonly #shape: NumberShape;
  readonly #number: string;
  readonly #sign: '+' | '-';
  readonly #blanks: number;
  /** Index of the last digit that fill mode keeps, -1 when all are kept. */
  #lastRelevant = -1;
  #isSignWritten: boolean;
  #count: number;
  #isInNumber = false;
  #current = 0;
  #at = 0;
  #out = '';
  #cutAt: number | undefined;

  constructor(shape: NumberShape, number: string, sign: '+' | '-', blanks: number) {
    this.#shape = { ...shape };
    this.#number = number;
    this.#sign = sign;
    this.#blanks = blanks;
    const s = this.#shape;
    if (s.zeroStart > 0) s.zeroStart--;
    if (s.isRoman) {
      const { isFill } = s;
      Object.assign(s, { signPlace: 'none', signDigits: 0, post: 0, pre: 0, isDecimal: false, isZero: false, hasSign: false, isBracket: false, hasMinus: false, hasPlus: false, isFill });
      this.#blanks = 0;
    }
    if (s.hasPlus || s.hasMinus) this.#isSignWritten = !(s.hasPlus && !s.hasMinus);
    else {
      if (sign !== '-' && s.isFill) s.isBracket = false;
      this.#isSignWritten = sign === '+' && s.isFill && !s.hasSign;
      if (s.signPlace === 'before' && s.pre === s.signDigits) s.signPlace = 'after';
    }
    this.#count = s.post + s.pre - 1;
    if (s.isFill && s.isDecimal) {
      const point = number.indexOf('.');
      if (point >= 0) {
        this.#lastRelevant = point;
        for (let i = point + 1; i < number.length; i++) if (number[i] !== '0') this.#lastRelevant = i;
        // Digits asked for with 0 are kept.
        if (s.zeroEnd > this.#blanks) this.#lastRelevant = Math.max(this.#lastRelevant, Math.min(number.length - 1, s.zeroEnd - this.#blanks));
      }
    }
    if (!this.#isSignWritten && this.#blanks === 0) this.#count++;
  }

  get #endsInPoint(): boolean {
    return this.#lastRelevant >= 0 && this.#number[this.#lastRelevant] === '.';
  }
  /** A lone zero before the point is shown as a blank. */
  get #isBlankZero(): boolean {
    return !this.#shape.isZero && this.#at === 0 && this.#number[0] === '0' && this.#shape.post !== 0;
  }

  write(nodes: readonly FormatNode[]): string {
    const s = this.#shape;
    for (const node of nodes) {
      if (node.kind === 'character') {
        this.#out += node.text;
        continue;
      }
      switch (node.key) {
        case '9':
        case '0':
        case '.':
        case 'D':
          this.#digit(node.key);
          break;
        case ',':
        case 'G':
          if (this.#isInNumber) this.#out += ',';
          else if (!s.isFill) this.#out += ' ';
          break;
        case 'L':
          this.#out += ' ';
          break;
        case 'RN':
        case 'rn': {
          const numeral = node.key === 'RN' ? this.#number : this.#number.toLowerCase();
          this.#out += s.isFill ? numeral : numeral.padStart(15);
          break;
        }
        case 'TH':
        case 'th':
          if (!s.isRoman && this.#number[0] !== '#' && this.#sign !== '-' && !s.isDecimal) this.#out += ordinalSuffix(this.#number, node.key === 'TH');
          break;
        case 'MI':
          if (this.#sign === '-') this.#out += '-';
          else if (!s.isFill) this.#out += ' ';
          break;
        case 'PL':
          if (this.#sign === '+') this.#out += '+';
          else if (!s.isFill) this.#out += ' ';
          break;
        case 'SG':
          this.#out += this.#sign;
      }
    }
    return this.#cutAt === undefined ? this.#out : this.#out.slice(0, this.#cutAt);
  }

  #writeSign(): void {
    const s = this.#shape;
    if (s.hasSign) {
      if (s.signPlace !== 'before') return;
      this.#out += this.#sign;
    } else if (s.isBracket) this.#out += this.#sign === '+' ? ' ' : '<';
    else if (this.#sign === '-') this.#out += '-';
    else if (!s.isFill) this.#out += ' ';
    this.#isSignWritten = true;
  }

  #digit(key: '9' | '0' | '.' | 'D'): void {
    const s = this.#shape;
    if (s.isRoman) return;
    this.#isInNumber = false;
    const reachesNumber = this.#current >= this.#blanks || (s.isZero && s.zeroStart === this.#current);
    if (!this.#isSignWritten && reachesNumber && (!this.#isBlankZero || this.#endsInPoint)) this.#writeSign();
    if (this.#current < this.#blanks && (s.zeroStart > this.#current || !s.isZero)) {
      if (!s.isFill) this.#out += ' ';
    } else if (s.isZero && this.#current < this.#blanks && s.zeroStart <= this.#current) {
      this.#out += '0';
      this.#isInNumber = true;
    } else {
      const c = this.#number[this.#at];
      if (c === '.') {
        if (!this.#endsInPoint || s.isFill) this.#out += '.';
      } else if (this.#lastRelevant >= 0 && this.#at > this.#lastRelevant && key !== '0') {
        // A trailing zero that fill mode drops.
      } else if (this.#isBlankZero) {
        if (!s.isFill) this.#out += ' ';
        else if (this.#endsInPoint) this.#out += '0';
      } else if (c !== undefined) {
        this.#out += c;
        this.#isInNumber = true;
      } else {
        // More digits were asked for than a double has: what follows is lost, as it is there.
        this.#cutAt ??= this.#out.length;
        this.#isInNumber = true;
      }
      if (this.#at < this.#number.length) this.#at++;
    }
    let end = this.#count + (this.#blanks > 0 ? 1 : 0) + (s.isDecimal ? 1 : 0);
    if (this.#lastRelevant >= 0 && this.#lastRelevant === this.#at) end = this.#current;
    if (this.#current + 1 === end) {
      if (this.#isSignWritten && s.isBracket) this.#out += this.#sign === '+' ? ' ' : '>';
      else if (s.hasSign && s.signPlace === 'after') this.#out += this.#sign;
    }
    this.#current++;
  }
}

/** `digits` without sign; more whole digits than the template has room for become number signs. */
function fitAndWrite(template: NumberTemplate, shape: NumberShape, digits: string, isNegative: boolean): string {
  const point = digits.indexOf('.');
  const wholeLength = point < 0 ? digits.length : point;
  const number = wholeLength > shape.pre ? `${'#'.repeat(shape.pre)}.${'#'.repeat(shape.post)}` : digits;
  return new NumberWriter(shape, number, isNegative ? '-' : '+', Math.max(shape.pre - wholeLength, 0)).write(template.nodes);
}

const overflowScientific = (shape: NumberShape): string => ` ${'#'.repeat(shape.pre)}.${'#'.repeat(shape.post + 4)}`;

/** C's `%+.ne` with a blank for the plus sign. */
function scientific(value: number, post: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(Math.min(post, 100)).split('e') as [string, string];
  const digits = exponent.slice(1).padStart(2, '0');
  return `${value < 0 || Object.is(value, -0) ? '-' : ' '}${mantissa}e${exponent[0]!}${digits}`;
}

function scientificNumeric(value: Numeric, post: number): string {
  const magnitude = value.abs();
  let exponent = magnitude.sign === 0 ? 0 : magnitude.exponent;
  let rounded = magnitude.multiply(powerOfTen(-exponent)).round(post);
  if (rounded.compare(Numeric.fromInt(10)) >= 0) {
    exponent++;
    rounded = magnitude.multiply(powerOfTen(-exponent)).round(post);
  }
  return `${value.sign < 0 ? '-' : ' '}${rounded.toString()}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}
function powerOfTen(n: number): Numeric {
  return n >= 0 ? Numeric.of(10n ** BigInt(n), 0) : new Numeric(1, -n);
}

export function formatNumeric(value: Numeric, format: string): string {
  if (format === '') return '';
  const template = parseTemplate(format);
  const shape = { ...template.shape };
  if (shape.isRoman) {
    if (!value.isFinite) throw new DbError('0A000', `cannot convert ${value.isNaN ? 'NaN' : 'infinity'} to integer`);
    return new NumberWriter(shape, romanNumeral(toInt4(value.round(0).coefficient)), '+', 0).write(template.nodes);
  }
  if (shape.isScientific) return value.isFinite ? scientificNumeric(value, shape.post) : overflowScientific(shape);
  let shown = value;
  if (shape.isMultiplied) {
    shown = value.multiply(powerOfTen(shape.multiplier));
    shape.pre += shape.multiplier;
  }
  const text = shown.round(shape.post).toString();
  const isNegative = text.startsWith('-');
  return fitAndWrite(template, shape, isNegative ? text.slice(1) : text, isNegative);
}

function toInt4(value: number | bigint): number {
  if (value > 2147483647 || value < -2147483648) throw new DbError('22003', 'integer out of range');
  return Number(value);
}

export function formatInteger(value: number | bigint, format: string, isInt8: boolean): string {
  if (format === '') return '';
  const template = parseTemplate(format);
  const shape = { ...template.shape };
  if (shape.isRoman) return new NumberWriter(shape, romanNumeral(toInt4(value)), '+', 0).write(template.nodes);
  if (shape.isScientific) return scientificNumeric(Numeric.fromInt(value), shape.post);
  let shown = BigInt(value);
  if (shape.isMultiplied) {
    shown *= 10n ** BigInt(shape.multiplier);
    shape.pre += shape.multiplier;
    if (isInt8 && BigInt.asIntN(64, shown) !== shown) throw new DbError('22003', 'bigint out of range');
  }
  const digits = `${shown < 0n ? -shown : shown}${shape.post > 0 ? `.${'0'.repeat(shape.post)}` : ''}`;
  return fitAndWrite(template, shape, digits, shown < 0n);
}

/** Doubles show no more than `significantDigits` digits: 15, or 6 for float4. */
export function formatFloat(value: number, format: string, significantDigits: number): string {
  if (format === '') return '';
  const template = parseTemplate(format);
  const shape = { ...template.shape };
  if (shape.isRoman) return new NumberWriter(shape, romanNumeral(roundHalfEven(value)), '+', 0).write(template.nodes);
  if (shape.isScientific) return Number.isFinite(value) ? scientific(value, shape.post) : overflowScientific(shape);
  let shown = value;
  if (shape.isMultiplied) {
    shown = value * 10 ** shape.multiplier;
    shape.pre += shape.multiplier;
  }
  const whole = fixed(Math.abs(shown), 0).length;
  if (whole >= significantDigits) shape.post = 0;
  else if (whole + shape.post > significantDigits) shape.post = significantDigits - whole;
  const text = fixed(shown, shape.post);
  const isNegative = text.startsWith('-');
  return fitAndWrite(template, shape, isNegative ? text.slice(1) : text, isNegative);
}
/** C's `%.nf`: ties of the exact binary value go to even. */
function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  // toFixed stops at 1e21 and rounds ties up; exact arithmetic decides both.
  if (magnitude >= 1e21) return sign + BigInt(magnitude).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  const text = magnitude.toFixed(Math.min(digits, 100));
  const exact = magnitude.toFixed(Math.min(digits + 30, 100));
  const cut = digits === 0 ? exact.indexOf('.') : exact.indexOf('.') + 1 + digits;
  const rest = exact.slice(cut).replace('.', '');
  if (/^50*$/.test(rest) && /[02468]$/.test(exact.slice(0, cut))) return sign + exact.slice(0, cut);
  return sign + text;
}

// ------------------------------------------------------------------------------------------------------------------- to_number

/** How many bytes a character takes that begins with one: 1 inside of a character too. */
const charBytes = (first: number): number => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1);

/** Walks a template and gathers the digits and the sign of a text. A digit's place takes one byte of the text, as in PostgreSQL, whatever the character. */
class NumberReader {
  readonly #shape: Readonly<NumberShape>;
  readonly #input: string;
  #at = 0;
  #sign: ' ' | '+' | '-' = ' ';
  #digits = '';
  #wholeRead = 0;
  #fractionRead = 0;
  #hasPoint = false;

  constructor(shape: Readonly<NumberShape>, input: string) {
    this.#shape = shape;
    this.#input = Buffer.from(input).toString('latin1');
  }

  read(nodes: readonly FormatNode[]): { text: string; fractionRead: number } {
    const input = this.#input;
    for (const node of nodes) {
      if (this.#at >= input.length) break;
      if (node.kind === 'character') {
        this.#at += charBytes(input.charCodeAt(this.#at));
        continue;
      }
      const c = input[this.#at];
      switch (node.key) {
        case '9':
        case '0':
        case '.':
        case 'D':
          this.#digit(node.key);
          this.#at++;
          break;
        case ',':
        case 'G':
          if (c === ',') this.#at++;
          break;
        case 'L':
          this.#skip(1);
          break;
        case 'TH':
        case 'th':
          if (!(this.#shape.isRoman || this.#sign === '-' || this.#shape.isDecimal)) this.#skip(2);
          break;
        case 'MI':
        case 'PL':
        case 'SG':
          if ((c === '-' && node.key !== 'PL') || (c === '+' && node.key !== 'MI')) {
            this.#sign = c;
            this.#at++;
          } else this.#skip(1);
      }
    }
    const digits = this.#digits.endsWith('.') ? this.#digits.slice(0, -1) : this.#digits;
    return { text: this.#sign + digits, fractionRead: this.#fractionRead };
  }

  /** Passes over characters that are no part of a number. */
  #skip(count: number): void {
    for (let i = 0; i < count && this.#at < this.#input.length; i++) {
      if ('0123456789.,+-'.includes(this.#input[this.#at]!)) return;
      this.#at += charBytes(this.#input.charCodeAt(this.#at));
    }
  }

  #digit(key: '9' | '0' | '.' | 'D'): void {
    const s = this.#shape;
    const input = this.#input;
    if (input[this.#at] === ' ') this.#at++;
    if (this.#at >= input.length) return;
    const isDigitKey = key === '0' || key === '9';
    if (this.#sign === ' ' && isDigitKey && this.#wholeRead + this.#fractionRead === 0) {
      const c = input[this.#at]!;
      if (s.hasSign && s.signPlace === 'before') {
        if (c === '-' || c === '+') {
          this.#sign = c;
          this.#at++;
        }
      } else if (c === '-' || (s.isBracket && c === '<')) {
        this.#sign = '-';
        this.#at++;
      } else if (c === '+') {
        this.#sign = '+';
        this.#at++;
      }
    }
    if (this.#at >= input.length) return;
    let isRead = false;
    const c = input[this.#at]!;
    if (/\d/.test(c)) {
      if (this.#hasPoint && this.#fractionRead === s.post) return;
      this.#digits += c;
      if (this.#hasPoint) this.#fractionRead++;
      else this.#wholeRead++;
      isRead = true;
    } else if (s.isDecimal && !this.#hasPoint && c === '.') {
      this.#digits += '.';
      this.#hasPoint = true;
      isRead = true;
    }
    if (this.#sign !== ' ' || this.#wholeRead + this.#fractionRead === 0) return;
    const next = input[this.#at + 1];
    if (s.hasSign && isRead && next !== undefined && !/\d/.test(next)) {
      if (next === '-' || next === '+') {
        this.#sign = next;
        this.#at++;
      }
    } else if (!isRead && !s.hasSign && (s.hasPlus || s.hasMinus) && (c === '-' || c === '+')) this.#sign = c;
  }
}

/** @throws DbError 22P02 when the text holds no number, 22003 when it does not fit the template */
export function parseNumber(text: string, format: string): Numeric | null {
  if (format === '') return null;
  const template = parseTemplate(format);
  const { shape } = template;
  if (shape.isScientific) throw new DbError('0A000', '"EEEE" not supported for input');
  if (shape.isRoman) throw new DbError('0A000', '"RN" not supported for input');
  const { text: digits, fractionRead } = new NumberReader(shape, text).read(template.nodes);
  const value = parseNumeric(digits);
  if (value === undefined) throw invalidSyntax('numeric', digits);
  const fitted = applyNumericTypmod(value, numericTypmod(shape.pre + shape.multiplier + fractionRead, fractionRead));
  return shape.isMultiplied ? fitted.multiply(new Numeric(1, 0).divide(powerOfTen(shape.multiplier), 16)) : fitted;
}
