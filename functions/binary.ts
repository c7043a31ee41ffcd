/**
 * Functions and operators over bytes and bit strings: parts, padding bits, encodings, digests, conversions. Positions count from 1
 * in substring and position, from 0 in get_byte and get_bit. Bit 0 of a byte is its least significant, of a bit string its first.
 *
 * Source: PostgreSQL's varlena.c (bytea), varbit.c, encode.c, cryptohashfuncs.c.
 */
import { DbError } from '../base/errors.js';
import { nodeCrypto } from '../base/node-crypto.js';
import { checkText, decodeHex, encodeHex, parseBytea } from '../base/scalar-text.js';
import { operator, scalar } from './define.js';
import { likeEscape } from './pattern/like.js';
import type { FunctionDef, OperatorDef } from './registry.js';

type Bytes = Uint8Array;
type Int8 = number | bigint;

const view = (bytes: Bytes): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const fresh = (buffer: Uint8Array): Bytes => new Uint8Array(buffer);

// ------------------------------------------------------------------------------------------------------------------- parts

/** SQL's substring over anything that slices. */
function part<T extends Bytes | string>(value: T, start: number, length?: number): T {
  if (length !== undefined && length < 0) throw new DbError('22011', 'negative substring length not allowed');
  const end = length === undefined ? value.length : Math.max(start - 1 + length, 0);
  return value.slice(Math.max(start - 1, 0), end) as T;
}
function overlayRange(start: number, length: number): { from: number; to: number } {
  if (start <= 0) throw new DbError('22011', 'negative substring length not allowed');
  if (start + length > 2147483647) throw new DbError('22003', 'integer out of range');
  return { from: start - 1, to: Math.max(start - 1 + length, 0) };
}
function overlayBytes(bytes: Bytes, replacement: Bytes, start: number, length = replacement.length): Bytes {
  const { from, to } = overlayRange(start, length);
  return fresh(Buffer.concat([bytes.slice(0, from), replacement, bytes.slice(to)]));
}
function overlayBits(bits: string, replacement: string, start: number, length = replacement.length): string {
  const { from, to } = overlayRange(start, length);
  return bits.slice(0, from) + replacement + bits.slice(to);
}

function trimBytes(bytes: Bytes, set: Bytes, side: 'left' | 'right' | 'both'): Bytes {
  let start = 0;
  let end = bytes.length;
  if (side !== 'right') while (start < end && set.includes(bytes[start]!)) start++;
  if (side !== 'left') while (end > start && set.includes(bytes[end - 1]!)) end--;
  return bytes.slice(start, end);
}

function checkIndex(index: Int8, length: number): number {
  if (index < 0 || index >= length) throw new DbError('2202E', `index ${index} out of valid range, 0..${length - 1}`);
  return Number(index);
}
function checkBit(bit: number): number {
  if (bit !== 0 && bit !== 1) throw new DbError('22023', 'new bit must be 0 or 1');
  return bit;
}
function getByte(bytes: Bytes, index: number): number {
  return bytes[checkIndex(index, bytes.length)]!;
}
function setByte(bytes: Bytes, index: number, value: number): Bytes {
  const at = checkIndex(index, bytes.length);
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
function getBit(bytes: Bytes, index: Int8): number {
  const at = checkIndex(index, bytes.length * 8);
  return (bytes[at >> 3]! >> (at & 7)) & 1;
}
function setBit(bytes: Bytes, index: Int8, bit: number): Bytes {
  const at = checkIndex(index, bytes.length * 8);
  const copy = bytes.slice();
  const mask = 1 << (at & 7);
  copy[at >> 3] = checkBit(bit) === 1 ? copy[at >> 3]! | mask : copy[at >> 3]! & ~mask;
  return copy;
}
function checkBitIndex(index: number, length: number): number {
  if (index < 0 || index >= length) throw new DbError('2202E', `bit index ${index} out of valid range (0..${length - 1})`);
  return index;
}
function setBitOf(bits: string, index: number, bit: number): string {
  const at = checkBitIndex(index, bits.length);
  return bits.slice(0, at) + String(checkBit(bit)) + bits.slice(at + 1);
}
function countBits(bytes: Bytes): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

// ------------------------------------------------------------------------------------------------------------------- encodings

/** Lines of 76 characters, as MIME has them. */
function toBase64(bytes: Bytes): string {
  return view(bytes).toString('base64').replace(/(.{76})(?=.)/g, '$1\n');
}
function fromBase64(text: string): Bytes {
  const symbols: string[] = [];
  let padding = 0;
  for (const c of text) {
    if (c === ' ' || c === '\t' || c === '\n' || c === '\r') continue;
    if (c === '=') {
      if (padding === 0 && symbols.length % 4 < 2) throw new DbError('22023', 'unexpected "=" while decoding base64 sequence');
      padding++;
    } else if (/[A-Za-z0-9+/]/.test(c)) {
      if (padding > 0 && (symbols.length + padding) % 4 !== 0) throw new DbError('22023', 'unexpected "=" while decoding base64 sequence');
      symbols.push(c);
    } else throw new DbError('22023', `invalid symbol "${c}" found while decoding base64 sequence`);
  }
  if ((symbols.length + padding) % 4 !== 0) {
    throw new DbError('22023', 'invalid base64 end sequence', { hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.' });
  }
  return fresh(Buffer.from(symbols.join(''), 'base64'));
}

/** Zero bytes, those of the upper half and backslashes as octal escapes. */
function escapeBytes(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) text += byte === 0 || byte > 127 ? `\\${byte.toString(8).padStart(3, '0')}` : byte === 92 ? '\\\\' : String.fromCharCode(byte);
  return text;
}

function encode(bytes: Bytes, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return encodeHex(bytes);
    case 'base64':
      return toBase64(bytes);
    case 'escape':
      return escapeBytes(bytes);
    default:
      throw new DbError('22023', `unrecognized encoding: "${format}"`);
  }
}
function decode(text: string, format: string): Bytes {
  switch (format.toLowerCase()) {
    case 'hex':
      return decodeHex(text);
    case 'base64':
      return fromBase64(text);
    case 'escape':
      // A leading \x is no sign of hexadecimal here.
      return text.startsWith('\\x') ? invalidBytes() : parseBytea(text);
    default:
      throw new DbError('22023', `unrecognized encoding: "${format}"`);
  }
}
function invalidBytes(): never {
  throw new DbError('22P02', 'invalid input syntax for type bytea');
}

const digest = (algorithm: string) => (bytes: Bytes): Bytes => fresh(nodeCrypto().createHash(algorithm).update(bytes).digest());
const md5 = (data: Bytes | string): string => nodeCrypto().createHash('md5').update(data).digest('hex');

type Encoding = 'utf8' | 'latin1' | 'ascii' | SingleByte;
/** An encoding of one byte a letter, ASCII in its lower half, by the name that PostgreSQL shows and the one the platform's decoder knows. */
interface SingleByte {
  readonly shown: string;
  readonly label: string;
}
const single = (shown: string, label: string): SingleByte => ({ shown, label });

/** The encodings that texts can be converted from and to, by their names without punctuation. Source. pg_encname_tbl of encnames.c. */
const encodings: Readonly<Record<string, Encoding>> = {
  utf8: 'utf8', unicode: 'utf8', sqlascii: 'ascii', latin1: 'latin1', iso88591: 'latin1',
  latin2: single('LATIN2', 'iso-8859-2'), iso88592: single('LATIN2', 'iso-8859-2'), latin9: single('LATIN9', 'iso-8859-15'), iso885915: single('LATIN9', 'iso-8859-15'), iso88595: single('ISO_8859_5', 'iso-8859-5'),
  koi8r: single('KOI8R', 'koi8-r'), koi8: single('KOI8R', 'koi8-r'), alt: single('WIN866', 'ibm866'), win866: single('WIN866', 'ibm866'), windows866: single('WIN866', 'ibm866'),
  win: single('WIN1251', 'windows-1251'), abc: single('WIN1258', 'windows-1258'), tcvn: single('WIN1258', 'windows-1258'), vscii: single('WIN1258', 'windows-1258'),
  ...Object.fromEntries(['1250', '1251', '1252', '1253', '1254', '1255', '1256', '1257', '1258'].flatMap((page) => ['win', 'windows'].map((prefix) => [`${prefix}${page}`, single(`WIN${page}`, `windows-${page}`)]))),
};
function encodingOf(name: string, side: 'source ' | 'destination ' | ''): Encoding {
  const encoding = encodings[name.toLowerCase().replace(/[^a-z0-9]/g, '')];
  if (encoding === undefined) throw new DbError('22023', `invalid ${side}encoding name "${name}"`);
  return encoding;
}

/** The platform reads windows-1252 as Latin 1; these are its letters from 0x80 on. */
const windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const lettersOf = new Map<string, readonly string[]>();

/** The letters of the upper half; '' where there is none, for which the platform has a control character or the sign of replacement. */
function upperHalf({ label }: SingleByte): readonly string[] {
  let letters = lettersOf.get(label);
  if (letters === undefined) {
    letters = Array.from({ length: 128 }, (_, i) => {
      const letter = label === 'windows-1252' && i < 32 ? windows1252[i]! : new TextDecoder(label).decode(Uint8Array.of(128 + i));
      return letter === '\ufffd' || (!label.startsWith('iso') && /[\u0080-\u009f]/.test(letter)) ? '' : letter;
    });
    lettersOf.set(label, letters);
  }
  return letters;
}
const hex = (bytes: Iterable<number>): string => Array.from(bytes, (b) => `0x${b.toString(16).padStart(2, '0')}`).join(' ');
const noEquivalent = (bytes: Iterable<number>, from: string, to: string): DbError => new DbError('22P05', `character with byte sequence ${hex(bytes)} in encoding "${from}" has no equivalent in encoding "${to}"`);

function decodeText(bytes: Bytes, name: string, side: 'source ' | '' = 'source '): string {
  const encoding = encodingOf(name, side);
  if (encoding === 'latin1') return checkText(view(bytes).toString('latin1'));
  if (typeof encoding === 'object') {
    const upper = upperHalf(encoding);
    return checkText(Array.from(bytes, (byte) => {
      const letter = byte < 128 ? String.fromCharCode(byte) : upper[byte - 128]!;
      if (letter === '') throw noEquivalent([byte], encoding.shown, 'UTF8');
      return letter;
    }).join(''));
  }
  try {
    return checkText(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof DbError) throw error;
    throw new DbError('22021', `invalid byte sequence for encoding "UTF8": ${firstBadByte(bytes)}`);
  }
}
/** The first sequence that is no UTF-8, as PostgreSQL prints it. */
function firstBadByte(bytes: Bytes): string {
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]!;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const sequence = bytes.slice(i, i + length);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(sequence);
    } catch {
      return hex(sequence);
    }
    i += length;
  }
  return '';
}
function encodeText(text: string, name: string): Bytes {
  const encoding = encodingOf(name, 'destination ');
  if (typeof encoding === 'object') {
    const upper = upperHalf(encoding);
    return fresh(Buffer.from(Array.from(text, (c) => {
      const code = c.codePointAt(0)!;
      const byte = code < 128 ? code : upper.indexOf(c) + 128;
      if (byte < 128 && code >= 128) throw noEquivalent(Buffer.from(c), 'UTF8', encoding.shown);
      return byte;
    })));
  }
  if (encoding !== 'latin1') return fresh(Buffer.from(text, 'utf8'));
  for (const c of text) if (c.codePointAt(0)! > 0xff) throw noEquivalent(Buffer.from(c), 'UTF8', 'LATIN1');
  return fresh(Buffer.from(text, 'latin1'));
}

// ------------------------------------------------------------------------------------------------------------------- catalogue

const bitwise = (name: string, apply: (a: string, b: string) => string) => (a: string, b: string): string => {
  if (a.length !== b.length) throw new DbError('22026', `cannot ${name} bit strings of different sizes`);
  let result = '';
  for (let i = 0; i < a.length; i++) result += apply(a[i]!, b[i]!);
  return result;
};
const and = bitwise('AND', (a, b) => (a === '1' && b === '1' ? '1' : '0'));
const or = bitwise('OR', (a, b) => (a === '1' || b === '1' ? '1' : '0'));
const xor = bitwise('XOR', (a, b) => (a !== b ? '1' : '0'));
/** For the aggregates of these names. */
export const bitwiseOperations = { bit_and: and, bit_or: or, bit_xor: xor } as const;
const not = (bits: string): string => bits.replace(/[01]/g, (bit) => (bit === '1' ? '0' : '1'));
/** Shifts keep the length. */
function shiftLeft(bits: string, count: number): string {
  if (count < 0) return shiftRight(bits, -count);
  return count >= bits.length ? '0'.repeat(bits.length) : bits.slice(count) + '0'.repeat(count);
}
function shiftRight(bits: string, count: number): string {
  if (count < 0) return shiftLeft(bits, -count);
  return count >= bits.length ? '0'.repeat(bits.length) : '0'.repeat(count) + bits.slice(0, bits.length - count);
}

const byteLength = (bytes: Bytes): number => bytes.length;

export const binaryFunctions = (): readonly FunctionDef[] => [
  scalar('length', 'bytea', 'int4', byteLength),
  scalar('length', 'bytea name', 'int4', (bytes: Bytes, encoding: string) => Array.from(decodeText(bytes, encoding, '')).length, { volatility: 'stable' }),
  scalar('length', 'bit', 'int4', (bits: string) => bits.length),
  scalar('octet_length', 'bytea', 'int4', byteLength),
  scalar('octet_length', 'bit', 'int4', (bits: string) => Math.ceil(bits.length / 8)),
  scalar('bit_length', 'bytea', 'int4', (bytes: Bytes) => bytes.length * 8),
  scalar('bit_length', 'bit', 'int4', (bits: string) => bits.length),
  scalar('bit_count', 'bytea', 'int8', countBits),
  scalar('bit_count', 'bit', 'int8', (bits: string) => bits.replaceAll('0', '').length),
  ...['substr', 'substring'].flatMap((name) => [
    scalar(name, 'bytea int4', 'bytea', (bytes: Bytes, start: number) => part(bytes, start)),
    scalar(name, 'bytea int4 int4', 'bytea', (bytes: Bytes, start: number, length: number) => part(bytes, start, length)),
  ]),
  scalar('substring', 'bit int4', 'bit', (bits: string, start: number) => part(bits, start)),
  scalar('substring', 'bit int4 int4', 'bit', (bits: string, start: number, length: number) => part(bits, start, length)),
  scalar('overlay', 'bytea bytea int4 int4', 'bytea', (bytes: Bytes, replacement: Bytes, start: number, length: number) => overlayBytes(bytes, replacement, start, length)),
  scalar('overlay', 'bytea bytea int4', 'bytea', (bytes: Bytes, replacement: Bytes, start: number) => overlayBytes(bytes, replacement, start)),
  scalar('overlay', 'bit bit int4 int4', 'bit', (bits: string, replacement: string, start: number, length: number) => overlayBits(bits, replacement, start, length)),
  scalar('overlay', 'bit bit int4', 'bit', (bits: string, replacement: string, start: number) => overlayBits(bits, replacement, start)),
  scalar('position', 'bytea bytea', 'int4', (bytes: Bytes, wanted: Bytes) => view(bytes).indexOf(wanted) + 1),
  scalar('position', 'bit bit', 'int4', (bits: string, wanted: string) => (wanted === '' ? (bits === '' ? 0 : 1) : bits.indexOf(wanted) + 1)),
  ...(['btrim', 'ltrim', 'rtrim'] as const).map((name) =>
    scalar(name, 'bytea bytea', 'bytea', (bytes: Bytes, set: Bytes) => trimBytes(bytes, set, name === 'btrim' ? 'both' : name === 'ltrim' ? 'left' : 'right')),
  ),
  scalar('get_byte', 'bytea int4', 'int4', getByte),
  scalar('set_byte', 'bytea int4 int4', 'bytea', setByte),
  scalar('get_bit', 'bytea int8', 'int4', getBit),
  scalar('set_bit', 'bytea int8 int4', 'bytea', setBit),
  scalar('get_bit', 'bit int4', 'int4', (bits: string, index: number) => Number(bits[checkBitIndex(index, bits.length)])),
  scalar('set_bit', 'bit int4 int4', 'bit', setBitOf),
  scalar('encode', 'bytea text', 'text', encode),
  scalar('decode', 'text text', 'bytea', decode),
  scalar('md5', 'text', 'text', md5),
  scalar('md5', 'bytea', 'text', md5),
  ...['sha224', 'sha256', 'sha384', 'sha512'].map((name) => scalar(name, 'bytea', 'bytea', digest(name))),
  scalar('convert_from', 'bytea name', 'text', (bytes: Bytes, encoding: string) => decodeText(bytes, encoding), { volatility: 'stable' }),
  scalar('convert_to', 'text name', 'bytea', encodeText, { volatility: 'stable' }),
  scalar('convert', 'bytea name name', 'bytea', (bytes: Bytes, from: string, to: string) => {
    encodingOf(from, 'source ');
    encodingOf(to, 'destination ');
    return encodeText(decodeText(bytes, from), to);
  }),
  scalar('like_escape', 'bytea bytea', 'bytea', (pattern: Bytes, escape: Bytes) => fresh(Buffer.from(likeEscape(view(pattern).toString('latin1'), view(escape).toString('latin1')), 'latin1'))),
];

export const binaryOperators = (): readonly OperatorDef[] => [
  operator('||', 'bytea', 'bytea', 'bytea', (a: Bytes, b: Bytes) => fresh(Buffer.concat([a, b])), { functionName: 'byteacat' }),
  operator('||', 'varbit', 'varbit', 'varbit', (a: string, b: string) => a + b, { functionName: 'bitcat' }),
  operator('&', 'bit', 'bit', 'bit', and, { commutator: '&', functionName: 'bitand' }),
  operator('|', 'bit', 'bit', 'bit', or, { commutator: '|', functionName: 'bitor' }),
  operator('#', 'bit', 'bit', 'bit', xor, { commutator: '#', functionName: 'bitxor' }),
  operator('~', '', 'bit', 'bit', not, { functionName: 'bitnot' }),
  operator('<<', 'bit', 'int4', 'bit', shiftLeft, { functionName: 'bitshiftleft' }),
  operator('>>', 'bit', 'int4', 'bit', shiftRight, { functionName: 'bitshiftright' }),
];

/** 32 bytes, as text, that stand for a text of any length: two texts with one digest are not known. */
export const textDigest = (text: string): string => nodeCrypto().createHash('sha256').update(text).digest('base64');
