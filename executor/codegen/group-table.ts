/**
 * Groups of a hash aggregate. While there is room a new key makes a group; once the budget is used, rows of keys that have no group yet are put into
 * temporary files by partition of their key, and each partition is aggregated by itself after the groups in memory have been given out. A partition that is
 * still too large is divided again, by other bits of the hash, so memory is bounded whatever the data (but for one group alone).
 */
import type { Dictionary } from '../../base/byte-dictionary.js';
import type { Datum, GroupKey } from '../../base/datum.js';
import type { SqlType } from '../../base/types.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { SpillFile } from '../execution.js';
import type { Runtime } from '../runtime.js';
import { tupleFormat, TupleRunReader, TupleRunWriter, type TupleFormat, type TupleRun } from '../spill/tuple-file.js';
import { IntTable } from './int-table.js';
import { partitionOf } from './key-hash.js';

const PartitionCount = 16;
const PartitionBits = 4;
/** Depth at which dividing stops: 16^5 partitions. */
const DepthMax = 5;

interface PendingRun {
  readonly run: TupleRun;
  readonly depth: number;
}

export class GroupTable<Group> {
  readonly #runtime: Runtime;
  readonly #plan: PhysicalPlan;
  readonly #types: readonly SqlType[];
  readonly #groupBytes: number;
  /** Key codes to numbers of groups. */
  readonly keys: IntTable;
  /** By number from 1. */
  groups: (Group | undefined)[] = [undefined];
  readonly #dictionaries: readonly Dictionary[];
  #bytes = 0;
  #depth = 0;
  #isFull = false;
  #file: SpillFile | undefined;
  #format: TupleFormat | undefined;
  #writers: TupleRunWriter[] | undefined;
  readonly #pending: PendingRun[] = [];
  #reader: TupleRunReader | undefined;

  /** `types` of the rows that `spool` gets; `groupBytes`: a guess of the size of a group; `arity`: codes of a key; `dictionaries`: where they come from. */
  constructor(runtime: Runtime, plan: PhysicalPlan, types: readonly SqlType[], groupBytes: number, arity: number, dictionaries: readonly Dictionary[]) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#types = types;
    this.#groupBytes = groupBytes;
    this.keys = new IntTable(arity);
    this.#dictionaries = dictionaries;
  }

  /** Whether a new key still gets a group; otherwise its row must be spooled, and the dictionaries take nothing new either. */
  hasRoom(): boolean {
    const { workMemBytes } = this.#runtime.env;
    if (this.#depth < DepthMax && this.keys.count > 0 && (this.#isFull || this.#bytes > workMemBytes || this.#bytes + this.#dictionaryBytes() > workMemBytes)) {
      if (!this.#isFull) for (const dictionary of this.#dictionaries) dictionary.isFrozen = true;
      this.#isFull = true;
      return false;
    }
    this.#bytes += this.#groupBytes;
    return true;
  }
  #dictionaryBytes(): number {
    let bytes = this.keys.bytes;
    for (const dictionary of this.#dictionaries) bytes += dictionary.bytes;
    return bytes;
  }

  /** Puts a row aside. */
  spool(key: GroupKey, tuple: readonly Datum[]): void {
    if (this.#writers === undefined) {
      this.#file ??= this.#runtime.own(this.#runtime.env.openSpill());
      this.#format ??= tupleFormat(this.#types, this.#runtime.ctx.types);
      const blockBytes = Math.max(256, Math.min(16 << 10, Math.floor(this.#runtime.env.workMemBytes / PartitionCount)));
      this.#writers = Array.from({ length: PartitionCount }, () => new TupleRunWriter(this.#file!, this.#format!, blockBytes));
    }
    this.#writers[this.#partition(key)]!.write(tuple);
  }
  #partition(key: GroupKey): number {
    return partitionOf(key, 2 ** (PartitionBits * (this.#depth + 1))) >>> (PartitionBits * this.#depth);
  }

  /** After the groups in memory were given out: makes room and begins with the next rows put aside. False when there are none. */
  nextPartition(): boolean {
    if (this.#writers !== undefined) {
      const counts = this.#runtime.counts(this.#plan);
      for (const writer of this.#writers) {
        writer.flush();
        if (counts !== undefined) counts.spilledBytes += writer.run.bytes;
        if (writer.run.rowCount > 0) this.#pending.push({ run: writer.run, depth: this.#depth + 1 });
      }
      this.#writers = undefined;
    }
    this.#clear();
    const next = this.#pending.pop();
    if (next === undefined) {
      this.close();
      return false;
    }
    this.#depth = next.depth;
    this.#reader = new TupleRunReader(this.#file!, this.#format!, next.run);
    this.#runtime.ctx.checkDeadline();
    return true;
  }
  read(): Datum[] | undefined {
    return this.#reader!.next();
  }

  #clear(): void {
    this.keys.clear();
    this.groups = [undefined];
    for (const dictionary of this.#dictionaries) dictionary.clear();
    this.#bytes = 0;
    this.#isFull = false;
  }
  close(): void {
    this.#clear();
    if (this.#file !== undefined) this.#runtime.release(this.#file);
    this.#file = undefined;
  }
}

