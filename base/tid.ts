/**
 * Row addresses, the type tid. In memory and on disk one is a text that compares as the address does: twelve hexadecimal digits, eight of the block and four of the offset; or, for the
 * address of a row in a table clustered by its primary key, `k` and the digits of its key. Shown and read as `(block,offset)`; that of a key has a block beyond
 * PostgreSQL's, the number whose digits are a 1 and the key's.
 */
import { DbError } from './errors.js';

const blockMax = 0xffffffffn;
const offsetMax = 0xffff;

const invalid = (text: string): DbError => new DbError('22P02', `invalid input syntax for type tid: "${text}"`);

/** @throws DbError 22P02 */
export function parseTid(text: string): string {
  const match = /^\(\s*([+-]?\d+),\s*\+?(\d+)\)$/.exec(text);
  if (match === null) throw invalid(text);
  // As PostgreSQL reads a block: what is negative counts from the end.
  let block = BigInt(match[1]!.replace('+', ''));
  if (block < 0n && block >= -0x80000000n) block += blockMax + 1n;
  const offset = Number(match[2]);
  if (block < 0n || offset > offsetMax) throw invalid(text);
  if (block <= blockMax) return digits(block, 8) + digits(BigInt(offset), 4);
  const key = block.toString(16);
  if (offset !== 0 || !key.startsWith('1') || key.length % 2 === 0) throw invalid(text);
  return `k${key.slice(1)}`;
}

export function formatTid(tid: string): string {
  if (tid.startsWith('k')) return `(${BigInt(`0x1${tid.slice(1)}`)},0)`;
  return `(${Number.parseInt(tid.slice(0, 8), 16)},${Number.parseInt(tid.slice(8), 16)})`;
}

/** The address of the row with a key (latin1, a byte a character): of a table with hidden row ids, eight bytes with the sign's bit turned, or of one clustered by its primary key. */
export function tidOfRowKey(key: string, isRowId: boolean): string {
  const hex = Buffer.from(key, 'latin1').toString('hex');
  return isRowId ? hex.slice(-12) : `k${hex}`;
}

const digits = (n: bigint, width: number): string => n.toString(16).padStart(width, '0');
