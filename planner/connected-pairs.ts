/**
 * How many joins dynamic programming over connected subsets has to look at (join-order.ts): the pairs of connected subsets that something connects, each once. `near` has for each
 * relation the bits of its neighbours; counting ends past `max`.
 */
export function countPairs(near: readonly number[], max: number): number {
  const n = near.length;
  const isConnected = new Uint8Array(1 << n);
  const reach = new Int32Array(1 << n);
  let pairs = 0;
  for (let mask = 1; mask < 1 << n; mask++) {
    const low = mask & -mask;
    reach[mask] = reach[mask ^ low]! | near[31 - Math.clz32(low)]!;
    if (mask === low) isConnected[mask] = 1;
    for (let sub = (mask - 1) & mask; sub > 0; sub = (sub - 1) & mask) {
      if ((sub & low) === 0 || isConnected[sub] === 0 || isConnected[mask ^ sub] === 0 || (reach[sub]! & (mask ^ sub)) === 0) continue;
      isConnected[mask] = 1;
      if (++pairs > max) return pairs;
    }
  }
  return pairs;
}
