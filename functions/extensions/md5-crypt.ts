/**
 * MD5-crypt, `$1$salt$digest`: a thousand rounds of MD5 over password and salt. Source: Poul-Henning Kamp's crypt() of FreeBSD, 1994, as contrib/pgcrypto
 * (crypt-md5.c) has it. Long broken as a way to keep passwords; here to check those that were made with it.
 */
import { nodeCrypto } from '../../base/node-crypto.js';

const magic = '$1$';
const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const Rounds = 1000;
const SaltLengthMax = 8;

/** The low `count` sixes of bits of `value`, lowest first. */
function letters(value: number, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += alphabet[(value >>> (6 * i)) & 63]!;
  return text;
}

const md5 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = nodeCrypto().createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Eight letters of six random bytes. */
export const base64Salt = (bytes: Uint8Array): string => letters(bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16), 4) + letters(bytes[3]! | (bytes[4]! << 8) | (bytes[5]! << 16), 4);

/** `setting` begins with `$1$`; its salt ends at the next `$` or after eight letters. */
export function md5Crypt(password: string, setting: string): string {
  const key = Buffer.from(password, 'utf8');
  const salt = Buffer.from(setting.slice(magic.length), 'utf8').subarray(0, SaltLengthMax).toString('latin1').split('$')[0]!;
  const saltBytes = Buffer.from(salt, 'latin1');
  const inner = md5(key, saltBytes, key);
  const parts: Uint8Array[] = [key, Buffer.from(magic), saltBytes];
  for (let left = key.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(left, 16)));
  // One byte for each bit of the length: a zero, or the first of the password.
  for (let bits = key.length; bits > 0; bits >>>= 1) parts.push((bits & 1) === 1 ? Buffer.of(0) : key.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < Rounds; round++) {
    const isOdd = (round & 1) === 1;
    digest = md5(isOdd ? key : digest, round % 3 === 0 ? '' : saltBytes, round % 7 === 0 ? '' : key, isOdd ? digest : key);
  }
  const triple = (a: number, b: number, c: number): string => letters((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4);
  return `${magic}${salt}$${triple(0, 6, 12)}${triple(1, 7, 13)}${triple(2, 8, 14)}${triple(3, 9, 15)}${triple(4, 10, 5)}${letters(digest[11]!, 2)}`;
}
