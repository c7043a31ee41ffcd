/**
 * Goes through consecutive entries of blocks (put-blocks.ts) for a run (put-run.ts), from put to put and without their words. A run is gone through twice, leaf by leaf: by the tree,
 * and then, back where that began, by the log. So the two places that it will be sent to are kept, that which the log has come to and that which the tree has, and where the stretch
 * ended that the tree has left last: the log need not go through the puts between them.
 */
import { assert } from '../../base/assert.js';
import { mutants } from '../../base/mutants.js';
import type { CommitRun } from '../../storage/log/commit-writer.js';
import { offsetOf } from './byte-arena.js';
import type { PutBlocks } from './put-blocks.js';

/** A run whose puts all stand as the log has them. */
export interface FormRun extends CommitRun {
  /** Shows the put that begins there in `value`. */
  showPut(start: number): void;
}

/** Where the run stood when so many were `left`: in which stretch, and where the put before ends, which is where the present one begins if there is one. */
class Place {
  left = -1;
  stretch = 0;
  at = 0;
}

export class BlockWalk {
  readonly #run: FormRun;
  #blocks: PutBlocks | undefined = undefined;
  /** Behind the last entry. */
  #end = 0;
  #stretch = 0;
  /** While more are left the next put stands right behind the present one. */
  besideLeft = 0;
  readonly #reached = new Place();
  readonly #passed = new Place();
  /** How many were left where the stretch before this one ended, and where that was. */
  #leftBehind = -1;
  #leftAt = 0;

  constructor(run: FormRun) {
    this.#run = run;
  }

  /** Entries from `first` up to `end`; the run shows the first. */
  begin(blocks: PutBlocks, first: number, end: number): void {
    this.#blocks = blocks;
    this.#end = end;
    this.#reached.left = -1;
    this.#passed.left = -1;
    this.#leftBehind = -1;
    this.#seek(end - first);
  }
  end(): void {
    this.#blocks = undefined;
  }

  /** To where the run shows the entry from which on `left` are left; where none is, to the last. */
  goTo(left: number): void {
    if (left === 0) {
      this.#seek(1);
      this.#run.left = 0;
      return;
    }
    if (left > this.#run.left) this.#note(this.#reached);
    if (left === this.#passed.left) this.#return(this.#passed);
    else if (left === this.#reached.left) this.#return(this.#reached);
    else this.#seek(left);
  }
  #note(place: Place): void {
    const { left, putOffset, valueOffset, valueLength } = this.#run;
    place.left = left;
    place.stretch = this.#stretch;
    place.at = left > 0 ? putOffset : valueOffset + valueLength;
  }
  #return({ left, stretch, at }: Place): void {
    this.#run.left = left;
    this.#enter(stretch);
    this.#run.showPut(at);
  }
  #seek(left: number): void {
    const blocks = this.#blocks!;
    const entry = this.#end - left;
    const stretch = blocks.find(entry);
    const first = blocks.firstOf(stretch);
    assert(first <= entry, 'an entry of no block', entry, first);
    const run = this.#run;
    run.left = left;
    this.#enter(stretch);
    run.showPut(offsetOf(blocks.addressOf(stretch)));
    for (let at = first; at < entry; at++) run.showPut(run.valueOffset + run.valueLength);
  }
  #enter(stretch: number): void {
    const blocks = this.#blocks!;
    const run = this.#run;
    const { u8, dv } = blocks.bytes.chunkOf(blocks.addressOf(stretch));
    this.#stretch = stretch;
    this.besideLeft = Math.max(0, this.#end - blocks.entryEndOf(stretch));
    // Mostly they are those of the stretch before: what is stored in an object is told to the collector.
    if (run.value === u8 && run.key === u8) return;
    run.key = u8;
    run.value = u8;
    run.valueView = dv;
  }

  /** Shows the first put of the next stretch; the run has gone on from the last of this one. */
  nextStretch(): void {
    const run = this.#run;
    this.#leftBehind = run.left;
    this.#leftAt = run.valueOffset + run.valueLength;
    this.#enter(this.#stretch + 1);
    run.showPut(offsetOf(this.#blocks!.addressOf(this.#stretch)));
  }

  /** How many are left behind the puts of this stretch while more than `after` are. */
  leftBehind(after: number): number {
    return Math.max(after, this.besideLeft);
  }
  /** Where in this stretch the puts end behind which `left` are left; -1: that has not been noted. */
  endBefore(left: number): number {
    if (left === this.#leftBehind && left === this.besideLeft) return this.#leftAt;
    const { left: reached, at } = this.#reached;
    return left === reached && (left > this.besideLeft || left === 0 || (mutants.on && mutants.has('mvcc.put-of-other-stretch'))) ? at : -1;
  }
  /** The log has come to where the run stands. */
  notePassed(): void {
    this.#note(this.#passed);
  }
}
