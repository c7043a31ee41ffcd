/**
 * Sorting many items without keeping the event loop from others: runs of `RunLength` are sorted at once and then merged, with a pause offered between
 * portions. Stable, like Array.prototype.sort.
 */

/** Items sorted or merged between two pauses: a few milliseconds with a comparison of strings. */
const RunLength = 8192;

/** Sorts the positions in `order` by `compare`. `pause` is called between portions and awaited when it returns a promise. */
export async function sortSliced(order: Uint32Array, compare: (a: number, b: number) => number, pause: () => Promise<void> | undefined): Promise<void> {
  const n = order.length;
  for (let low = 0; low < n; low += RunLength) {
    order.subarray(low, Math.min(n, low + RunLength)).sort(compare);
    await pause();
  }
  let from: Uint32Array = order;
  let into: Uint32Array = new Uint32Array(n > RunLength ? n : 0);
  for (let width = RunLength; width < n; width *= 2) {
    for (let low = 0; low < n; low += 2 * width) await merge(from, into, low, Math.min(n, low + width), Math.min(n, low + 2 * width), compare, pause);
    [from, into] = [into, from];
  }
  if (from !== order) order.set(from);
}

/** Merges [low, middle) and [middle, high) of `from` into `into`. */
async function merge(
  from: Uint32Array, into: Uint32Array, low: number, middle: number, high: number, compare: (a: number, b: number) => number, pause: () => Promise<void> | undefined,
): Promise<void> {
  let left = low;
  let right = middle;
  for (let at = low; at < high; ) {
    const end = Math.min(high, at + RunLength);
    for (; at < end; at++) {
      const takesLeft = left < middle && (right >= high || compare(from[left]!, from[right]!) <= 0);
      into[at] = takesLeft ? from[left++]! : from[right++]!;
    }
    await pause();
  }
}
