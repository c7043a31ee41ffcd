/**
 * The catalogue's definitions, in lists. A list is made as a whole, when a key in it is first looked up: a program that compares an integer with a parameter has some sixty of the two thousand definitions
 * in memory. Which keys a list has is known without making it where the build has noted them (list-keys.ts), otherwise by making all lists.
 *
 * L1  Definitions of one key come in the order of their lists, and within a list in its own, whether they are looked up one by one or all are listed.
 * L2  A definition is made once: who looks it up twice has the same object.
 */

/** For each list, its keys between blanks (` abs mod div `). A key that has blanks itself may be found where it is not; the list is then made, and has none of it. */
export type ListKeys = readonly string[];

export class DefinitionLists<T> {
  readonly #makers: readonly (() => readonly T[])[];
  readonly #keyOf: (definition: T) => string;
  readonly #keys: ListKeys | undefined;
  readonly #made: (readonly T[] | undefined)[];
  readonly #found = new Map<string, readonly T[]>();

  constructor(makers: readonly (() => readonly T[])[], keyOf: (definition: T) => string, keys: ListKeys | undefined) {
    this.#makers = makers;
    this.#keyOf = keyOf;
    this.#keys = keys;
    this.#made = makers.map(() => undefined);
  }

  #list(index: number): readonly T[] {
    return (this.#made[index] ??= this.#makers[index]!());
  }

  /** The definitions of a key, empty when there are none. */
  get(key: string): readonly T[] {
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const between = ` ${key} `;
    const found = this.#makers.flatMap((_, i) => (this.#keys === undefined || this.#keys[i]!.includes(between) ? this.#list(i).filter((definition) => this.#keyOf(definition) === key) : []));
    // Keys that are not there are as many as users can think of.
    if (found.length > 0) this.#found.set(key, found);
    return found;
  }

  /** All definitions, in the order of their lists. */
  *all(): Iterable<T> {
    for (let i = 0; i < this.#makers.length; i++) yield* this.#list(i);
  }

  /** All definitions by their keys, these in the order in which they first occur. */
  byKey(): ReadonlyMap<string, readonly T[]> {
    const map = new Map<string, T[]>();
    for (const definition of this.all()) {
      const key = this.#keyOf(definition);
      const known = map.get(key);
      if (known === undefined) map.set(key, [definition]);
      else known.push(definition);
    }
    return map;
  }

  /** What the build notes. */
  keys(): ListKeys {
    return this.#makers.map((_, i) => ` ${[...new Set(this.#list(i).map(this.#keyOf))].join(' ')} `);
  }
}
