/**
 * Deliberate bugs that tests must catch. A mechanism consults `mutants` at a coarse place and misbehaves when its mutant is
 * planted; `npm run mutants` plants each in turn and shows which test kills it. In production `on` is false and nothing is planted.
 */

export interface MutantDescription {
  /** `<folder>.<kebab-case>`, for example `storage.ack-before-fsync`. */
  readonly name: string;
  /** What is wrong when it is planted, and what should notice. */
  readonly breaks: string;
}

class Mutants {
  on = false;
  #planted = new Set<string>();

  has(name: string): boolean {
    return this.#planted.has(name);
  }
  plant(name: string): void {
    this.#planted.add(name);
    this.on = true;
  }
  clear(): void {
    this.#planted.clear();
    this.on = false;
  }
}

export const mutants = new Mutants();
