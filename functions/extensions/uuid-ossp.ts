/**
 * uuid-ossp 1.1: UUIDs of versions 1 (time and node), 3 and 5 (name in a namespace), 4 (random). Source: RFC 4122.
 *
 * A version 1 value needs a node and a clock sequence: there is no network card to ask here, so the node is random with its multicast bit set, as RFC 4122 4.5
 * wants it. It and the sequence are drawn for every value, which therefore differ even where the clock stands still.
 */
import { nodeCrypto } from '../../base/node-crypto.js';
import { scalar } from '../define.js';
import type { EvalContext, FunctionDef } from '../registry.js';
import { randomUuid, uuidOfBytes } from '../uuid.js';
import type { Extension } from './extensions.js';

/** Hundreds of nanoseconds from the start of the Gregorian calendar to 2000-01-01. */
const TicksTo2000 = 131_659_776_000_000_000n;

function timeUuid(ctx: EvalContext): string {
  const bytes = new Uint8Array(16);
  ctx.prng.fill(bytes);
  const ticks = BigInt(ctx.clockTimestamp()) * 10n + TicksTo2000;
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(ticks & 0xffff_ffffn));
  view.setUint16(4, Number((ticks >> 32n) & 0xffffn));
  view.setUint16(6, Number((ticks >> 48n) & 0x0fffn));
  bytes[10]! |= 1;
  return uuidOfBytes(bytes, 1);
}

const nameUuid = (algorithm: 'md5' | 'sha1', version: number) => (namespace: string, name: string): string => {
  const digest = nodeCrypto().createHash(algorithm).update(Buffer.from(namespace.replaceAll('-', ''), 'hex')).update(name, 'utf8').digest();
  return uuidOfBytes(new Uint8Array(digest.subarray(0, 16)), version);
};

const constant = (name: string, value: string): FunctionDef => scalar(name, '', 'uuid', () => value);
const ofTheRfc = (name: string, digit: string): FunctionDef => constant(`uuid_ns_${name}`, `6ba7b81${digit}-9dad-11d1-80b4-00c04fd430c8`);
const named = { names: ['namespace', 'name'] };
const volatile = { volatility: 'volatile' } as const;

export const uuidOssp: Extension = {
  name: 'uuid-ossp', version: '1.1', comment: 'generate universally unique identifiers (UUIDs)',
  functions: [
    constant('uuid_nil', '00000000-0000-0000-0000-000000000000'),
    ofTheRfc('dns', '0'), ofTheRfc('url', '1'), ofTheRfc('oid', '2'), ofTheRfc('x500', '4'),
    scalar('uuid_generate_v1', '', 'uuid', timeUuid, volatile),
    scalar('uuid_generate_v1mc', '', 'uuid', timeUuid, volatile),
    scalar('uuid_generate_v3', 'uuid text', 'uuid', nameUuid('md5', 3), named),
    scalar('uuid_generate_v4', '', 'uuid', randomUuid, volatile),
    scalar('uuid_generate_v5', 'uuid text', 'uuid', nameUuid('sha1', 5), named),
  ],
};
