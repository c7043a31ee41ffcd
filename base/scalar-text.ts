/**
 * The text of scalar types: booleans, integers, floats, strings with a declared length, bytes, bits, UUIDs, money. Each pair accepts
 * and prints exactly what PostgreSQL does, with its error messages.
 *
 * Source: PostgreSQL's boolin, pg_strtoint32, float8in_internal, varchar.c, varlena.c, encode.c, varbit.c, uuid.c, cash.c.
 */
import { DbError } from './errors.js';
import { canonicalInt8 } from './interval.js';

/** 22P02 with PostgreSQL's commonest message. */
export function invalidSyntax(typeName: string, text: string): DbError {
  return new DbError('22P02', `invalid input syntax for type ${typeName}: "${text}"`);
}
/** What C's isspace trims: not the wide range of String.trim. */
export function trimSpace(text: string): string {
  return text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, '');
}

// ------------------------------------------------------------------------------------------------------------------- booleans, numbers

export function parseBool(text: string): boolean {
  const word = trimSpace(text).toLowerCase();
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return true;
    if ('false'.startsWith(word) || 'no'.startsWith(word) || word === 'off' || word === 'of' || word === '0') return false;
  }
  throw invalidSyntax('boolean', text);
}

const integerPattern = /^[ \t\n\r\f\v]*([+-]?\d+)([^]*)$/;
const blankPattern = /^[ \t\n\r\f\v]*$/;

function outOfRange(typeName: string, text: string): DbError {
  return new DbError('22003', `value "${text}" is out of range for type ${typeName}`);
}

/** The value of one to nine digits, -1 for any other text. */
function fewDigits(text: string): number {
  const { length } = text;
  if (length === 0 || length > 9) return -1;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** int2 or int4. Digits out of range are reported before what follows them. */
export function parseInt4(text: string, typeName: 'smallint' | 'integer'): number {
  const plain = fewDigits(text);
  if (plain >= 0 && (plain < 32768 || typeName === 'integer')) return plain;
  const match = integerPattern.exec(text);
  if (match === null) throw invalidSyntax(typeName, text);
  const value = Number(match[1]);
  const limit = typeName === 'integer' ? 2147483648 : 32768;
  if (value > limit || value < -limit) throw outOfRange(typeName, text);
  if (!blankPattern.test(match[2]!)) throw invalidSyntax(typeName, text);
  if (value === limit) throw outOfRange(typeName, text);
  return value + 0;
}
export function parseInt8(text: string): number | bigint {
  const plain = fewDigits(text);
  if (plain >= 0) return plain;
  const match = integerPattern.exec(text);
  if (match === null) throw invalidSyntax('bigint', text);
  const exact = Number.isSafeInteger(Number(match[1])) ? undefined : BigInt(match[1]!.replace(/^\+/, ''));
  if (exact !== undefined && BigInt.asIntN(64, exact) !== exact) throw outOfRange('bigint', text);
  if (!blankPattern.test(match[2]!)) throw invalidSyntax('bigint', text);
  return exact === undefined ? Number(match[1]) + 0 : canonicalInt8(exact);
}
/** An unsigned 32-bit number; like strtoul, negative numbers wrap. */
export function parseOid(text: string, typeName = 'oid'): number {
  const match = integerPattern.exec(text);
  if (match === null || !blankPattern.test(match[2]!)) throw invalidSyntax(typeName, text);
  const value = Number(match[1]);
  if (value > 4294967295 || value < -2147483648) throw outOfRange(typeName, text);
  return value >>> 0;
}

const floatPattern = /^[+-]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/;

/** @throws DbError 22P02, or 22003 on overflow and on underflow to zero */
export function parseFloat8(text: string): number {
  return parseFloating(text, 'double precision');
}
export function parseFloat4(text: string): number {
  return parseFloating(text, 'real');
}
function parseFloating(text: string, typeName: 'double precision' | 'real'): number {
  const plain = fewDigits(text);
  if (plain >= 0) return typeName === 'real' ? Math.fround(plain) : plain;
  const trimmed = trimSpace(text);
  const number = floatPattern.exec(trimmed)?.[0];
  if (number !== undefined) {
    const exact = /x/i.test(number) ? hexFloat(number) : Number(number);
    const value = typeName === 'real' ? Math.fround(exact) : exact;
    if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(number.replace(/e.*/i, '')) && !/x/i.test(number))) {
      throw new DbError('22003', `"${typeName === 'real' ? trimmed : number}" is out of range for type ${typeName}`);
    }
    if (number.length < trimmed.length) throw invalidSyntax(typeName, text);
    return value;
  }
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(trimmed);
  if (special === null) throw invalidSyntax(typeName, text);
  if (special[2]!.toLowerCase() === 'nan') return NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}
/** C's hexadecimal floats, `0x1.8p3`. */
function hexFloat(text: string): number {
  const [, sign, whole, fraction = '', power = '0'] = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i.exec(text)!;
  const magnitude = Number(`0x${whole}${fraction}`) * 2 ** (Number(power) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}

/** Digits and exponent as C's %g lays them out with `precision` significant digits, whose zeros have been cut. */
function layOutFloat(digits: string, exponent: number, isNegative: boolean, precision: number): string {
  const sign = isNegative ? '-' : '';
  if (exponent < -4 || exponent >= precision) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const magnitude = Math.abs(exponent);
    return `${sign}${digits[0]!}${fraction}e${exponent < 0 ? '-' : '+'}${magnitude < 10 ? '0' : ''}${magnitude}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (exponent + 1 >= digits.length) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function formatFloat(value: number, scientific: string, precision: number): string {
  const [mantissa, exponent] = scientific.split('e') as [string, string];
  const digits = mantissa.replace(/^-/, '').replace('.', '').replace(/0+$/, '') || '0';
  return layOutFloat(digits, Number(exponent), value < 0 || Object.is(value, -0), precision);
}

function specialFloat(value: number): string | undefined {
  if (value !== value) return 'NaN';
  if (value === Infinity) return 'Infinity';
  return value === -Infinity ? '-Infinity' : undefined;
}

/**
 * Whether a shorter text of `value` lies exactly between it and its neighbour. It would read back by the rule of the even digit, but
 * PostgreSQL does not count on that. `limit` is from where on neighbours are at least 2 apart; below it such a text is never short.
 */
function isHalfway(text: string, value: number, limit: number): boolean {
  if (Math.abs(value) < limit || Math.abs(value) > 1e40) return false;
  const [mantissa, exponent] = text.split('e') as [string, string];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const zeros = Number(exponent) - fraction.length;
  if (zeros < 0) return false;
  const distance = BigInt(whole + fraction) * 10n ** BigInt(zeros) - BigInt(value);
  const spacing = BigInt(2 ** Math.floor(Math.log2(Math.abs(value)) + 1e-12)) / BigInt(limit / 2);
  return distance !== 0n && 2n * (distance < 0n ? -distance : distance) === spacing;
}
/** `toExponential`, but an exact tie goes to the even digit instead of away from zero. */
function roundTieToEven(value: number, digits: number): string {
  const text = value.toExponential(digits);
  const [mantissa, exponent] = value.toExponential(60).split('e') as [string, string];
  const cut = mantissa.length - 60 + digits;
  const kept = mantissa.slice(0, cut).replace(/\.$/, '');
  const isTie = /^\.?50*$/.test(mantissa.slice(cut));
  return isTie && '02468'.includes(kept[kept.length - 1]!) ? `${kept}e${exponent}` : text;
}
/** V8's shortest text, lengthened where it is a halfway case. */
function shortest(value: number, text: string): string {
  for (let digits = text.indexOf('e') - 1; isHalfway(text, value, 2 ** 53); digits++) text = value.toExponential(digits);
  return text;
}

/** The shortest text that reads back as the same double; with extra_float_digits of 0 or less, 15 + that many digits. */
export function formatFloat8(value: number, extraDigits = 1): string {
  if (value === (value | 0) && value !== 0) return String(value);
  const special = specialFloat(value);
  if (special !== undefined) return special;
  if (extraDigits > 0) return formatFloat(value, shortest(value, value.toExponential()), 15);
  const precision = Math.max(15 + extraDigits, 1);
  return formatFloat(value, value.toExponential(precision - 1), precision);
}
export function formatFloat4(value: number, extraDigits = 1): string {
  const special = specialFloat(value);
  if (special !== undefined) return special;
  if (extraDigits <= 0) {
    const precision = Math.max(6 + extraDigits, 1);
    return formatFloat(value, value.toExponential(precision - 1), precision);
  }
  for (let digits = 0; ; digits++) {
    const text = roundTieToEven(value, digits);
    if (digits >= 9 || (Math.fround(Number(text)) === value && !isHalfway(text, value, 2 ** 24))) return formatFloat(value, text, 6);
  }
}

/** Cents from `$1,234.50`, `(12)`, `-5`, `12-`. Source: cash_in under the C locale. */
export function parseMoney(text: string): number | bigint {
  const match = /^\s*\$?([-(+]?)\s*\$?([\d,]*)(?:\.(\d*))?([\s)$+-]*)$/.exec(text);
  const digits = /^\s*\$?[-(+]?\s*\$?([\d,]*)(?:\.(\d*))?/.exec(text)!;
  const fraction = (digits[2] ?? '').padEnd(3, '0');
  let cents = BigInt(digits[1]!.replaceAll(',', '') + fraction.slice(0, 2));
  if (fraction[2]! >= '5') cents += 1n;
  const isNegative = /^\s*\$?[-(]/.test(text) || (match?.[4] ?? '').includes('-');
  if (isNegative) cents = -cents;
  if (BigInt.asIntN(64, cents) !== cents) throw outOfRange('money', text);
  if (match === null) throw invalidSyntax('money', text);
  return canonicalInt8(cents);
}
export function formatMoney(value: number | bigint): string {
  const digits = String(value < 0 ? -BigInt(value) : value).padStart(3, '0');
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${value < 0 ? '-' : ''}$${whole}.${digits.slice(-2)}`;
}

// ------------------------------------------------------------------------------------------------------------------- strings

/** From so many units on it is worth asking first whether a string is ASCII, 0.1 ns a unit against 3. */
const LongText = 64;
/** Characters (code points) of a string. */
export function characterCount(text: string): number {
  if (text.length >= LongText && Buffer.byteLength(text) === text.length) return text.length;
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) {
      count--;
      i++;
    }
  }
  return count;
}
/** UTF-16 length of the first `count` characters, or of the whole when it has fewer. */
export function characterOffset(text: string, count: number): number {
  if (count >= text.length) return text.length;
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left--) {
    const unit = text.charCodeAt(at);
    at += unit >= 0xd800 && unit < 0xdc00 && at + 1 < text.length ? 2 : 1;
  }
  return at;
}

function tooLong(typeName: string): DbError {
  return new DbError('22001', `value too long for type ${typeName}`);
}

/** varchar(length): excess blanks are cut, other excess is an error, or cut too in an explicit cast. */
export function applyVarcharLength(text: string, length: number, isExplicit: boolean): string {
  if (length < 0 || text.length <= length) return text;
  const kept = characterOffset(text, length);
  if (kept === text.length) return text;
  if (!isExplicit && /[^ ]/.test(text.slice(kept))) throw tooLong(`character varying(${length})`);
  return text.slice(0, kept);
}
/** char(length): padded with blanks to its length. */
export function applyBpcharLength(text: string, length: number, isExplicit: boolean): string {
  if (length < 0) return text;
  const count = characterCount(text);
  if (count === length) return text;
  if (count < length) return text + ' '.repeat(length - count);
  const kept = characterOffset(text, length);
  if (!isExplicit && /[^ ]/.test(text.slice(kept))) throw tooLong(`character(${length})`);
  return text.slice(0, kept);
}
/** Names hold at most 63 bytes; longer ones are cut between characters. */
export function truncateName(text: string): string {
  if (text.length * 3 <= 63 || Buffer.byteLength(text) <= 63) return text;
  let end = Math.min(text.length, 63);
  while (Buffer.byteLength(text.slice(0, end)) > 63) end--;
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last < 0xdc00) end--;
  return text.slice(0, end);
}
/** Text holds no NUL character; keycode.ts relies on it. @throws DbError 22021 */
export function checkText(text: string): string {
  if (text.includes('\0')) throw new DbError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  return text;
}

// ------------------------------------------------------------------------------------------------------------------- bytes, bits, UUIDs

/** Pairs of hexadecimal digits, with white space between them allowed. @throws DbError 22023 */
export function decodeHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let length = 0;
  let high = -1;
  for (const c of text) {
    if (c === ' ' || c === '\n' || c === '\t' || c === '\r') {
      if (high >= 0) throw new DbError('22023', `invalid hexadecimal digit: "${c}"`);
      continue;
    }
    const digit = '0123456789abcdef'.indexOf(c.toLowerCase());
    if (digit < 0) throw new DbError('22023', `invalid hexadecimal digit: "${c}"`);
    if (high < 0) high = digit;
    else {
      bytes[length++] = high * 16 + digit;
      high = -1;
    }
  }
  if (high >= 0) throw new DbError('22023', 'invalid hexadecimal data: odd number of digits');
  return bytes.slice(0, length);
}
export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

export function parseBytea(text: string): Uint8Array {
  if (text.startsWith('\\x')) return decodeHex(text.slice(2));
  if (!text.includes('\\')) return new Uint8Array(Buffer.from(text, 'utf8'));
  const source = Buffer.from(text, 'utf8');
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== 92) bytes[length++] = source[i]!;
    else if (source[i + 1] === 92) {
      bytes[length++] = 92;
      i++;
    } else {
      const octal = /^[0-3][0-7][0-7]/.exec(source.toString('latin1', i + 1, i + 4));
      if (octal === null) throw new DbError('22P02', 'invalid input syntax for type bytea');
      bytes[length++] = parseInt(octal[0], 8);
      i += 3;
    }
  }
  return bytes.slice(0, length);
}
export function formatBytea(bytes: Uint8Array, style: 'hex' | 'escape' = 'hex'): string {
  if (style === 'hex') return `\\x${encodeHex(bytes)}`;
  let text = '';
  for (const byte of bytes) {
    if (byte === 92) text += '\\\\';
    else if (byte < 32 || byte > 126) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

/** A string of 0 and 1, from binary or, after x, hexadecimal digits. */
export function parseBits(text: string): string {
  if (/^[xX]/.test(text)) {
    let bits = '';
    for (const c of text.slice(1)) {
      if (!/[0-9a-fA-F]/.test(c)) throw new DbError('22P02', `"${c}" is not a valid hexadecimal digit`);
      bits += parseInt(c, 16).toString(2).padStart(4, '0');
    }
    return bits;
  }
  const bits = text.replace(/^[bB]/, '');
  for (const c of bits) if (c !== '0' && c !== '1') throw new DbError('22P02', `"${c}" is not a valid binary digit`);
  return bits;
}
/** bit(length): must match, or in an explicit cast is cut or filled with zeros at the right. */
export function applyBitLength(bits: string, length: number, isExplicit: boolean): string {
  if (length < 0 || bits.length === length) return bits;
  if (!isExplicit) throw new DbError('22026', `bit string length ${bits.length} does not match type bit(${length})`);
  return bits.length > length ? bits.slice(0, length) : bits.padEnd(length, '0');
}
export function applyVarbitLength(bits: string, length: number, isExplicit: boolean): string {
  if (length < 0 || bits.length <= length) return bits;
  if (!isExplicit) throw new DbError('22001', `bit string too long for type bit varying(${length})`);
  return bits.slice(0, length);
}

/** Any spelling of a UUID (braces, hyphens after any group of four digits) as lower case with hyphens. */
export function parseUuid(text: string): string {
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)) return text;
  const match = /^(\{?)((?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4})(\}?)$/.exec(text);
  if (match === null || (match[1] === '{') !== (match[3] === '}')) throw invalidSyntax('uuid', text);
  const digits = match[2]!.replaceAll('-', '').toLowerCase();
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
}
