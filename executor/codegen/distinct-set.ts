/**
 * DISTINCT by hashing, streaming: a row goes on when its key is met for the first time. When the set outgrows the budget it is *frozen*, and the input is
 * read again once per partition of the remaining keys; each pass lets through keys of its partition that are not in the frozen set.
 *
 * Generated code asks a table of key codes first (`keys`, int-table.ts), which needs no string for a key of several columns; while there is room new keys go there,
 * and to the set only once that table is the frozen part.
 */
import type { Dictionary } from '../../base/byte-dictionary.js';
import type { GroupKey } from '../../base/datum.js';
import type { Runtime } from '../runtime.js';
import { keyBytes } from '../spill/memory.js';
import { IntTable } from './int-table.js';
import { partitionOf } from './key-hash.js';

const PartitionCount = 16;

export class DistinctSet {
  readonly #runtime: Runtime;
  readonly #canRepeat: boolean;
  #current = new Set<GroupKey>();
  #frozen: Set<GroupKey> | undefined;
  #bytes = 0;
  #pass = 0;
  /** Key codes met, where the caller has such. */
  readonly keys: IntTable;
  readonly #dictionaries: readonly Dictionary[];

  /** `canRepeat`: reading the input again gives the same rows. `arity`: codes of a key in `keys`; `dictionaries`: where they come from. */
  constructor(runtime: Runtime, canRepeat: boolean, arity = 1, dictionaries: readonly Dictionary[] = []) {
    this.#runtime = runtime;
    this.#canRepeat = canRepeat;
    this.keys = new IntTable(arity);
    this.#dictionaries = dictionaries;
  }

  /** Whether a key that `keys` does not have may be added there; otherwise `admit` says what becomes of it, and the dictionaries take nothing new. */
  hasRoom(): boolean {
    if (this.#frozen !== undefined) return false;
    let { bytes } = this.keys;
    for (const dictionary of this.#dictionaries) bytes += dictionary.bytes;
    if (bytes <= this.#runtime.env.workMemBytes || !this.#canRepeat) return true;
    for (const dictionary of this.#dictionaries) dictionary.isFrozen = true;
    this.#frozen = new Set();
    return false;
  }

  /** Whether the row with this key goes on now. */
  admit(key: GroupKey): boolean {
    if (this.#frozen !== undefined && (this.#frozen.has(key) || partitionOf(key, PartitionCount) !== this.#pass)) return false;
    const { size } = this.#current;
    this.#current.add(key);
    if (this.#current.size === size) return false;
    this.#bytes += keyBytes(key);
    if (this.#frozen === undefined && this.#bytes > this.#runtime.env.workMemBytes && this.#canRepeat) {
      this.#frozen = this.#current;
      this.#current = new Set();
    }
    return true;
  }
  /** After the input has been read: whether to read it again. */
  again(): boolean {
    if (this.#frozen === undefined || ++this.#pass === PartitionCount) return false;
    this.#current = new Set();
    this.#runtime.ctx.checkDeadline();
    return true;
  }
}
