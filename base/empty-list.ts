/**
 * An empty array that will hold objects, for loops that add to it. To V8 a new `[]` is an array of small integers until something else is put in, and `push` is compiled for the kinds of
 * arrays that it has met: the first object put into another new `[]` throws that code away ("not a Smi"), after which its function is compiled again, with `push` as a call.
 * An array that has held `undefined` is one of objects from the start.
 */
export function emptyList<T>(): T[] {
  const list: (T | undefined)[] = [undefined];
  list.pop();
  return list as T[];
}
