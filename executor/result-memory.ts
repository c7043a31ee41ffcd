/**
 * The result of a call, which is on the heap as a whole until the call has it. It is looked at when a time slice is over, so that a result that is there sooner, and the batches
 * that a cursor or a stream takes, cost nothing; and of many rows a few are measured for all.
 */
import { Keeper } from './kept-memory.js';
import type { Runtime } from './runtime.js';

const MeasuredMax = 64;
/** Values within values: documents as the user gets them. */
const DepthMax = 16;

export class ResultMemory {
  readonly #kept: Keeper;
  #counted = 0;

  constructor(runtime: Runtime) {
    this.#kept = new Keeper(runtime.memory);
  }
  /** Counts the rows that have come since the last look. @throws DbError 53200 */
  look(rows: readonly unknown[]): void {
    const count = rows.length - this.#counted;
    if (count === 0) return;
    const stride = Math.ceil(count / MeasuredMax);
    let measured = 0;
    let bytes = 0;
    for (let i = this.#counted; i < rows.length; i += stride) {
      bytes += valueBytes(rows[i], DepthMax);
      measured++;
    }
    this.#counted = rows.length;
    this.#kept.add(Math.ceil((bytes * count) / measured));
  }
  /** The rows are the caller's now. */
  taken(): void {
    this.#counted = 0;
    this.#kept.clear();
  }
}

/** Of a row or a value in it, as the user gets it: strings, numbers, arrays, objects. */
function valueBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return 32 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  if (ArrayBuffer.isView(value)) return 96 + value.byteLength;
  let bytes = 48;
  if (depth === 0) return bytes;
  for (const part of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) bytes += valueBytes(part, depth - 1);
  return bytes;
}
