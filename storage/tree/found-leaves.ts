/** The leaves that a commit has changed where entries of them were found (found-puts.ts), by frame. One for all commits of a store, for one at a time. */

const FramesFirst = 1024;

export class FoundLeaves {
  /** By frame, the number of the commit that was the last to change its page so. */
  #commits = new Uint32Array(FramesFirst);
  #commit = 0;

  /** Another commit begins. */
  begin(): void {
    this.#commit = (this.#commit + 1) >>> 0;
    if (this.#commit > 0) return;
    this.#commits.fill(0);
    this.#commit = 1;
  }
  has(frame: number): boolean {
    return this.#commits[frame] === this.#commit;
  }
  add(frame: number): void {
    if (frame >= this.#commits.length) this.#growFor(frame);
    this.#commits[frame] = this.#commit;
  }
  #growFor(frame: number): void {
    let length = this.#commits.length;
    while (length <= frame) length *= 2;
    const commits = new Uint32Array(length);
    commits.set(this.#commits);
    this.#commits = commits;
  }
}
