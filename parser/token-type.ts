/**
 * Types of tokens. Some are categories: they stand for every type that was made as belonging to them, directly or through another category. Types are
 * numbered from 1, so that tables by type have an entry, at 0, that no token ever asks for.
 */
export class TokenType {
  static #count = 0;
  readonly name: string;
  readonly index: number;
  /** The types that are this one: itself, and those that belong to it. */
  readonly members: number[];
  /** By number, of those that belong to it: empty, and no memory, where none does. */
  readonly #isMember: boolean[];
  readonly #categories: ReadonlySet<TokenType>;

  constructor(name: string, categories: readonly TokenType[] = []) {
    this.name = name;
    this.index = ++TokenType.#count;
    this.members = [this.index];
    this.#isMember = [];
    this.#categories = new Set(categories.flatMap((category) => [category, ...category.#categories]));
    for (const category of this.#categories) {
      category.members.push(this.index);
      category.#isMember[this.index] = true;
    }
  }

  /** Whether a token of type number `index` may stand where this type is asked for. */
  includes(index: number): boolean {
    return index === this.index || this.#isMember[index] === true;
  }
}
