/**
 * Rows that are read again and again, as often as somebody asks: the inner side of a nested loop, a CTE. The first stay in memory, the rest goes to a
 * temporary file in chunks, of which one at a time is decoded, so that what they take is bounded and a pass in order decodes each chunk once.
 *
 * K1  Row i is the i-th pushed, wherever it lies. Pushing and reading may take turns: a CTE is computed as far as it is read.
 *
 * Source. PostgreSQL's tuplestore.c.
 */
import type { Datum } from '../../base/datum.js';
import type { SqlType } from '../../base/types.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { tupleBytes } from './memory.js';
import { tupleFormat, TupleRunReader, TupleRunWriter, type TupleFormat } from './tuple-file.js';

/** How many times work memory they may take: a row read back costs ten times one in memory, and is read once for every row outside. */
const KeptFactor = 8;
const keptBytesMax = (runtime: Runtime): number => KeptFactor * runtime.env.workMemBytes;

interface Chunk {
  /** The number of its first row. */
  readonly first: number;
  readonly rows: Datum[][];
}

export class KeptRows {
  readonly #runtime: Runtime;
  readonly #types: readonly SqlType[];
  readonly #rows: Datum[][] = [];
  #bytes = 0;
  #length = 0;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #writer: TupleRunWriter | undefined;
  /** The first row of each chunk in the file. */
  readonly #firsts: number[] = [];
  #chunk: Chunk | undefined;

  readonly #bytesMax: number;

  constructor(runtime: Runtime, types: readonly SqlType[], bytesMax = keptBytesMax(runtime)) {
    this.#runtime = runtime;
    this.#types = types;
    this.#bytesMax = bytesMax;
  }
  get length(): number {
    return this.#length;
  }

  push(tuple: Datum[]): void {
    this.#length++;
    if (this.#writer !== undefined) {
      this.#write(tuple);
      return;
    }
    this.#rows.push(tuple);
    this.#bytes += tupleBytes(tuple);
    if (this.#bytes <= this.#bytesMax) return;
    const { ctx, env } = this.#runtime;
    this.#file = this.#runtime.own(env.openSpill());
    this.#format = tupleFormat(this.#types, ctx.types);
    this.#writer = new TupleRunWriter(this.#file, this.#format, Math.max(256, Math.min(16 << 10, Math.floor(env.workMemBytes / 8))));
    this.#firsts.push(this.#length);
  }
  #write(tuple: readonly Datum[]): void {
    const { run } = this.#writer!;
    const before = run.chunks.length;
    this.#writer!.write(tuple);
    if (run.chunks.length > before) this.#firsts.push(this.#length);
  }

  /** Undefined past the last row pushed. */
  row(i: number): Datum[] | undefined {
    if (i < this.#rows.length) return this.#rows[i];
    if (i >= this.#length) return undefined;
    const { first, rows } = this.#chunkOf(i);
    return rows[i - first];
  }
  /** Some rows from the i-th on; none past the last. */
  from(i: number): readonly Datum[][] {
    if (i < this.#rows.length) return this.#rows.slice(i);
    if (i >= this.#length) return [];
    const { first, rows } = this.#chunkOf(i);
    return rows.slice(i - first);
  }
  #chunkOf(i: number): Chunk {
    const chunk = this.#chunk;
    if (chunk !== undefined && i >= chunk.first && i < chunk.first + chunk.rows.length) return chunk;
    const { run } = this.#writer!;
    // What is not yet written becomes a chunk of its own, perhaps a short one.
    if (i >= this.#firsts.at(-1)!) {
      this.#writer!.flush();
      this.#firsts.push(this.#length);
    }
    let low = 0;
    let high = run.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#firsts[middle]! <= i) low = middle;
      else high = middle - 1;
    }
    const reader = new TupleRunReader(this.#file!, this.#format!, { chunks: [run.chunks[low]!], rowCount: 0, bytes: 0 });
    const rows: Datum[][] = [];
    for (let tuple = reader.next(); tuple !== undefined; tuple = reader.next()) rows.push(tuple);
    return (this.#chunk = { first: this.#firsts[low]!, rows });
  }

  close(): void {
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
    this.#writer = undefined;
    this.#chunk = undefined;
    this.#rows.length = 0;
    this.#length = 0;
  }
}

/** `[next, matched, ...columns]`, as in a hash join's table. */
type JoinRow = [JoinRow | null, boolean, ...Datum[]];

/** The same for generated nested loops, which follow links: `for (let row = first(); row !== null; row = row[0] ?? after())`. Rows in the file are linked when they are read. */
export class KeptChain {
  readonly #runtime: Runtime;
  readonly #types: readonly SqlType[];
  readonly #rows: JoinRow[] = [];
  #bytes = 0;
  /** What does not fit. */
  #more: KeptRows | undefined;
  /** By row of `#more`, whether it has met a partner, for right and full joins. */
  #met = new Uint8Array(0);
  /** The rows of `#more` that are linked now, and the number of the first. */
  #linked: readonly JoinRow[] = [];
  #at = 0;

  constructor(runtime: Runtime, types: readonly SqlType[]) {
    this.#runtime = runtime;
    this.#types = types;
  }
  /** All rows are pushed before the first is read. */
  push(row: JoinRow): void {
    if (this.#more !== undefined) {
      this.#more.push(row.slice(2) as Datum[]);
      return;
    }
    const last = this.#rows.at(-1);
    if (last !== undefined) last[0] = row;
    this.#rows.push(row);
    this.#bytes += tupleBytes(row as Datum[]);
    if (this.#bytes > keptBytesMax(this.#runtime)) this.#more = new KeptRows(this.#runtime, this.#types, 0);
  }
  first(): JoinRow | undefined {
    if (this.#more !== undefined) this.#leave();
    this.#linked = [];
    this.#at = 0;
    return this.#rows[0];
  }
  /** The row after the last of those linked. */
  after(): JoinRow | null {
    if (this.#more === undefined) return null;
    this.#leave();
    this.#at += this.#linked.length;
    const linked = this.#more.from(this.#at).map((tuple, i): JoinRow => [null, this.#met[this.#at + i] === 1, ...tuple]);
    for (let i = 1; i < linked.length; i++) linked[i - 1]![0] = linked[i]!;
    this.#linked = linked;
    return linked[0] ?? null;
  }
  #leave(): void {
    if (this.#met.length < this.#more!.length) this.#met = new Uint8Array(this.#more!.length);
    this.#linked.forEach((row, i) => {
      if (row[1]) this.#met[this.#at + i] = 1;
    });
  }
  close(): void {
    this.#more?.close();
  }
}
