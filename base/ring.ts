/**
 * A queue in a ring of places that grows and is kept: putting in and taking out makes nothing, and what has been taken out is not referred to any more.
 */
import { assert } from './assert.js';

const CapacityMin = 16;
/** A ring that was larger than this begins anew when it is empty. */
const CapacityKept = 4096;

export class Ring<T> implements Iterable<T> {
  #places = emptyPlaces<T>(CapacityMin);
  #first = 0;
  length = 0;

  get first(): T | undefined {
    return this.#places[this.#first];
  }
  /** The one with `index` before it. */
  at(index: number): T {
    assert(index < this.length, 'past the end of a ring', index, this.length);
    return this.#places[this.#placeOf(index)]!;
  }
  #placeOf(index: number): number {
    return (this.#first + index) & (this.#places.length - 1);
  }

  push(item: T): void {
    if (this.length === this.#places.length) this.#grow();
    this.#places[this.#placeOf(this.length++)] = item;
  }
  #grow(): void {
    const items = [...this];
    this.#beginAnew(this.length * 2);
    for (let i = 0; i < items.length; i++) this.#places[i] = items[i];
  }
  #beginAnew(capacity: number): void {
    this.#places = emptyPlaces<T>(capacity);
    this.#first = 0;
  }

  /** Takes out the first. */
  shift(): T | undefined {
    const item = this.#places[this.#first];
    if (item === undefined) return undefined;
    this.#places[this.#first] = undefined;
    this.#first = this.#placeOf(1);
    if (--this.length === 0 && this.#places.length > CapacityKept) this.#beginAnew(CapacityMin);
    return item;
  }

  /** In order; it must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
}

function emptyPlaces<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}
