/** UUIDs from bytes. Source: RFC 4122. */
import type { EvalContext } from './registry.js';

/** The text of 16 bytes, which get the version and the variant of RFC 4122. */
export function uuidOfBytes(bytes: Uint8Array, version: number): string {
  bytes[6] = (bytes[6]! & 15) | (version << 4);
  bytes[8] = (bytes[8]! & 63) | 128;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Version 4. */
export function randomUuid(ctx: EvalContext): string {
  const bytes = new Uint8Array(16);
  ctx.prng.fill(bytes);
  return uuidOfBytes(bytes, 4);
}
