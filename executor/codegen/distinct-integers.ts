/** Different integers met, for count(DISTINCT ...): a few in an array, more of them in a set. */
const FewMax = 8;

export class DistinctIntegers {
  #few: number[] | undefined = [];
  #many: Set<number> | undefined = undefined;

  add(value: number): void {
    const few = this.#few;
    if (few === undefined) this.#many!.add(value);
    else if (!few.includes(value)) {
      few.push(value);
      if (few.length > FewMax) {
        this.#many = new Set(few);
        this.#few = undefined;
      }
    }
  }
  get count(): number {
    return this.#few === undefined ? this.#many!.size : this.#few.length;
  }
}
