/**
 * Rows in a temporary file: written one after the other, read back in the same order. A row is a u32 length and, per value, a byte that says whether it is
 * NULL and otherwise the value as value-code.ts writes it, with its length.
 */
import { ByteBuffer } from '../../base/byte-buffer.js';
import { getU32, setU32 } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import type { SqlType, Storage, TypeRegistry } from '../../base/types.js';
import { baseTypeOf, typeInfo } from '../../base/types.js';
import { getValue, putValue } from '../../base/value-code.js';
import type { SpillFile } from '../execution.js';

/** Bytes gathered before they are written, and read at a time. */
const BlockBytes = 16 << 10;

export interface TupleFormat {
  readonly types: readonly SqlType[];
  readonly storages: readonly Storage[];
  readonly registry: TypeRegistry;
}

export function tupleFormat(types: readonly SqlType[], registry: TypeRegistry): TupleFormat {
  const bases = types.map((type) => baseTypeOf(type, registry));
  return { types: bases, storages: bases.map((type) => typeInfo(type.oid, registry).storage), registry };
}

/** Part of a file that holds rows: chunks of whole rows, in order. */
export interface TupleRun {
  readonly chunks: { readonly offset: number; readonly length: number }[];
  rowCount: number;
  bytes: number;
}

export class TupleRunWriter {
  readonly run: TupleRun = { chunks: [], rowCount: 0, bytes: 0 };
  readonly #file: SpillFile;
  readonly #format: TupleFormat;
  readonly #blockBytes: number;
  readonly #buffer = new ByteBuffer(1024);

  constructor(file: SpillFile, format: TupleFormat, blockBytes = BlockBytes) {
    this.#file = file;
    this.#format = format;
    this.#blockBytes = blockBytes;
  }
  write(tuple: readonly Datum[]): void {
    const out = this.#buffer;
    const start = out.length;
    out.reserve(4);
    out.length += 4;
    const { types, storages, registry } = this.#format;
    for (let i = 0; i < types.length; i++) {
      const value = tuple[i]!;
      out.reserve(5);
      if (value === null) {
        out.bytes[out.length++] = 0;
        continue;
      }
      out.bytes[out.length++] = 1;
      out.length += 4;
      const at = out.length;
      putValue(storages[i]!, types[i]!, value, out, registry);
      setU32(out.bytes, at - 4, out.length - at);
    }
    setU32(out.bytes, start, out.length - start - 4);
    this.run.rowCount++;
    if (out.length >= this.#blockBytes) this.flush();
  }
  /** Writes what is gathered; called once after the last row at the latest. */
  flush(): void {
    const out = this.#buffer;
    if (out.length === 0) return;
    const offset = this.#file.append(out.bytes, 0, out.length);
    this.run.chunks.push({ offset, length: out.length });
    this.run.bytes += out.length;
    out.length = 0;
  }
}

export class TupleRunReader {
  readonly #file: SpillFile;
  readonly #format: TupleFormat;
  readonly #run: TupleRun;
  #chunk = 0;
  #bytes = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(file: SpillFile, format: TupleFormat, run: TupleRun) {
    this.#file = file;
    this.#format = format;
    this.#run = run;
  }
  next(): Datum[] | undefined {
    if (this.#at === this.#end && !this.#nextChunk()) return undefined;
    const bytes = this.#bytes;
    let at = this.#at + 4;
    this.#at = at + getU32(bytes, this.#at);
    const { types, storages, registry } = this.#format;
    const tuple: Datum[] = [];
    for (let i = 0; i < types.length; i++) {
      if (bytes[at++] === 0) {
        tuple.push(null);
        continue;
      }
      const length = getU32(bytes, at);
      at += 4;
      tuple.push(getValue(storages[i]!, types[i]!, bytes, at, at + length, registry));
      at += length;
    }
    return tuple;
  }
  #nextChunk(): boolean {
    const chunk = this.#run.chunks[this.#chunk++];
    if (chunk === undefined) return false;
    if (this.#bytes.length < chunk.length) this.#bytes = new Uint8Array(chunk.length);
    this.#file.read(chunk.offset, this.#bytes, 0, chunk.length);
    this.#at = 0;
    this.#end = chunk.length;
    return true;
  }
}
