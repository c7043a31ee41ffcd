/**
 * pgcrypto 1.3: digests, keyed digests, password hashes, raw encryption, random bytes. The algorithms are the platform's (node:crypto) and bcryptjs's; MD5-crypt is
 * in md5-crypt.ts. Source: contrib/pgcrypto (pgcrypto.c, px.c, px-crypt.c, openssl.c).
 *
 * Missing: the PGP functions and armor; crypt() by DES, plain and extended; ciphers that OpenSSL 3 itself no longer offers (bf, des, cast5).
 */
import { createRequire } from 'node:module';
import type * as Bcrypt from 'bcryptjs';
import { DbError, notSupported } from '../../base/errors.js';
import { nodeCrypto } from '../../base/node-crypto.js';
import { scalar } from '../define.js';
import type { EvalContext } from '../registry.js';
import { randomUuid } from '../uuid.js';
import type { Extension } from './extensions.js';
import { base64Salt, md5Crypt } from './md5-crypt.js';

type Bytes = Uint8Array;
const fresh = (buffer: Buffer): Bytes => new Uint8Array(buffer);
const invalid = (message: string): DbError => new DbError('22023', message);
const failed = (message: string): DbError => new DbError('39000', message);

// ----------------------------------------------------------------------------------------------------------------- digests

/** The platform's name of a digest. @throws DbError 22023 */
function hashName(given: string): string {
  const name = given.toLowerCase();
  if (!nodeCrypto().getHashes().includes(name)) throw invalid(`Cannot use "${given}": No such hash algorithm`);
  return name;
}
const digest = (data: Bytes | string, algorithm: string): Bytes => fresh(nodeCrypto().createHash(hashName(algorithm)).update(data).digest());
const hmac = (data: Bytes | string, key: Bytes | string, algorithm: string): Bytes => fresh(nodeCrypto().createHmac(hashName(algorithm), key).update(data).digest());

// ----------------------------------------------------------------------------------------------------------------- ciphers

interface Cipher {
  readonly mode: 'cbc' | 'ecb';
  readonly isPadded: boolean;
  readonly blockBytes: number;
  readonly keySizes: readonly number[];
  readonly platformName: (keyBytes: number) => string;
}
const families: Readonly<Record<string, Pick<Cipher, 'blockBytes' | 'keySizes'> & { readonly prefix: (keyBytes: number) => string }>> = {
  aes: { blockBytes: 16, keySizes: [16, 24, 32], prefix: (keyBytes) => `aes-${keyBytes * 8}` },
  '3des': { blockBytes: 8, keySizes: [24], prefix: () => 'des-ede3' },
};
const aliases: Readonly<Record<string, string>> = { rijndael: 'aes', 'des3': '3des' };

/** `algorithm[-mode][/pad:padding]`. @throws DbError 22023 */
function cipherOf(given: string): Cipher {
  const unknown = (): DbError => invalid(`Cannot use "${given}": No such cipher algorithm`);
  const parts = /^([a-z0-9]+)(?:-(cbc|ecb))?(?:\/pad:(pkcs|none))?$/.exec(given.toLowerCase());
  const family = parts === null ? undefined : families[aliases[parts[1]!] ?? parts[1]!];
  if (parts === null || family === undefined) throw unknown();
  const mode = (parts[2] ?? 'cbc') as Cipher['mode'];
  return { mode, isPadded: parts[3] !== 'none', blockBytes: family.blockBytes, keySizes: family.keySizes, platformName: (keyBytes) => `${family.prefix(keyBytes)}-${mode}` };
}

/** The first bytes, filled up with zeros. */
function sized(bytes: Bytes, length: number): Bytes {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}

function run(cipher: Cipher, direction: 'encrypt' | 'decrypt', data: Bytes, key: Bytes, iv: Bytes): Bytes {
  const keyBytes = cipher.keySizes.find((size) => key.length <= size) ?? cipher.keySizes.at(-1)!;
  // The electronic code book has no initialization vector; 3DES without one goes by another name.
  const name = cipher.platformName(keyBytes).replace('des-ede3-ecb', 'des-ede3');
  const make = direction === 'encrypt' ? nodeCrypto().createCipheriv : nodeCrypto().createDecipheriv;
  const engine = make(name, sized(key, keyBytes), cipher.mode === 'ecb' ? null : sized(iv, cipher.blockBytes));
  engine.setAutoPadding(cipher.isPadded);
  try {
    return fresh(Buffer.concat([engine.update(data), engine.final()]));
  } catch {
    throw failed(`${direction} error: ${direction === 'encrypt' ? 'Encryption' : 'Decryption'} failed`);
  }
}
const coder = (direction: 'encrypt' | 'decrypt') => (data: Bytes, key: Bytes, algorithm: string): Bytes => run(cipherOf(algorithm), direction, data, key, new Uint8Array(0));
const coderWithIv = (direction: 'encrypt' | 'decrypt') => (data: Bytes, key: Bytes, iv: Bytes, algorithm: string): Bytes => run(cipherOf(algorithm), direction, data, key, iv);

// --------------------------------------------------------------------------------------------------------------- passwords

/** Loaded when somebody asks for it: whoever opens a database should not wait for it. */
const bcrypt = (): typeof Bcrypt => createRequire(import.meta.url)('bcryptjs') as typeof Bcrypt;

/** @throws DbError 22023 for a salt that is none, 0A000 for one of DES */
function crypt(password: string, salt: string): string {
  if (salt.startsWith('$2a$')) {
    if (!/^\$2a\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{22}/.test(salt)) throw invalid('invalid salt');
    return bcrypt().hashSync(password, salt.slice(0, 29));
  }
  if (salt.startsWith('$2x$')) throw notSupported('crypt by $2x$');
  if (salt.startsWith('$1$')) return md5Crypt(password, salt);
  if (salt.length < 2) throw invalid('invalid salt');
  throw notSupported(salt.startsWith('_') ? 'crypt by extended DES' : 'crypt by DES');
}

const bcryptRounds = { default: 6, min: 4, max: 31 };

function genSalt(algorithm: string, rounds: number | EvalContext, ctx?: EvalContext): string {
  const given = typeof rounds === 'number' ? rounds : 0;
  const { prng } = ctx ?? (rounds as EvalContext);
  switch (algorithm.toLowerCase()) {
    case 'bf': {
      const count = given === 0 ? bcryptRounds.default : given;
      if (count < bcryptRounds.min || count > bcryptRounds.max) throw invalid('gen_salt: Incorrect number of rounds');
      const bytes = new Uint8Array(16);
      prng.fill(bytes);
      return `$2a$${String(count).padStart(2, '0')}$${bcrypt().encodeBase64(bytes, bytes.length)}`;
    }
    case 'md5': {
      if (given !== 0 && given !== 1000) throw invalid('gen_salt: Incorrect number of rounds');
      const bytes = new Uint8Array(6);
      prng.fill(bytes);
      return `$1$${base64Salt(bytes)}`;
    }
    case 'des':
    case 'xdes':
      throw notSupported(`gen_salt('${algorithm}')`);
    default:
      throw invalid('gen_salt: Unknown salt algorithm');
  }
}

const RandomBytesMax = 1024;
function randomBytes(count: number, ctx: EvalContext): Bytes {
  if (count < 1 || count > RandomBytesMax) throw new DbError('39000', 'Length not in range');
  const bytes = new Uint8Array(count);
  ctx.prng.fill(bytes);
  return bytes;
}

const volatile = { volatility: 'volatile' } as const;

export const pgcrypto: Extension = {
  name: 'pgcrypto', version: '1.3', comment: 'cryptographic functions',
  functions: [
    scalar('digest', 'text text', 'bytea', digest),
    scalar('digest', 'bytea text', 'bytea', digest),
    scalar('hmac', 'text text text', 'bytea', hmac),
    scalar('hmac', 'bytea bytea text', 'bytea', hmac),
    scalar('crypt', 'text text', 'text', crypt),
    scalar('gen_salt', 'text', 'text', genSalt, volatile),
    scalar('gen_salt', 'text int4', 'text', genSalt, volatile),
    scalar('encrypt', 'bytea bytea text', 'bytea', coder('encrypt')),
    scalar('decrypt', 'bytea bytea text', 'bytea', coder('decrypt')),
    scalar('encrypt_iv', 'bytea bytea bytea text', 'bytea', coderWithIv('encrypt')),
    scalar('decrypt_iv', 'bytea bytea bytea text', 'bytea', coderWithIv('decrypt')),
    scalar('gen_random_bytes', 'int4', 'bytea', randomBytes, volatile),
    scalar('gen_random_uuid', '', 'uuid', randomUuid, { ...volatile, strict: false }),
  ],
};
