/** The initial population of TPC-C (4.3.3) as a function of a seed; `size` shrinks items, customers and orders for tests. Timestamps are fixed, so two loads are equal. */
import { seededPrng, type Prng } from '../../../base/prng.js';

export interface TpccScale {
  readonly warehouses: number;
  /** 100,000 in the specification. */
  readonly items: number;
  /** Of each district: 3,000 in the specification, with as many orders. */
  readonly customers: number;
}
export const fullScale = (warehouses: number): TpccScale => ({ warehouses, items: 100_000, customers: 3000 });

export const districtCount = 10;
export type TpccRow = readonly (string | number | null)[];

export function between(prng: Prng, low: number, high: number): number {
  return low + prng.below(high - low + 1);
}
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
export function scribble(prng: Prng, low: number, high = low): string {
  let text = '';
  for (let left = between(prng, low, high); left > 0; left--) text += letters[prng.below(letters.length)]!;
  return text;
}
const digits = (prng: Prng, count: number): string => Array.from({ length: count }, () => prng.below(10)).join('');
const syllables = ['BAR', 'OUGHT', 'ABLE', 'PRI', 'PRES', 'ESE', 'ANTI', 'CALLY', 'ATION', 'EING'];
export function lastName(number: number): string {
  return syllables[Math.floor(number / 100) % 10]! + syllables[Math.floor(number / 10) % 10]! + syllables[number % 10]!;
}
/** The skewed distribution of 2.1.6. */
export function skewed(prng: Prng, a: number, low: number, high: number): number {
  return (((between(prng, 0, a) | between(prng, low, high)) + 42) % (high - low + 1)) + low;
}

const loadTime = '2026-01-01 00:00:00';
const address = (prng: Prng): TpccRow => [scribble(prng, 10, 20), scribble(prng, 10, 20), scribble(prng, 10, 20), scribble(prng, 2).toUpperCase(), `${digits(prng, 4)}11111`];
const withOriginal = (prng: Prng): string => (prng.below(10) === 0 ? `${scribble(prng, 10, 20)}ORIGINAL${scribble(prng, 5, 10)}` : scribble(prng, 26, 50));
const tax = (prng: Prng): number => prng.below(2001) / 10_000;

export function* tpccRows(table: string, scale: TpccScale, seed = 1): Generator<TpccRow> {
  const prng = seededPrng(Array.from(table).reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x01000193) >>> 0, seed));
  const { warehouses, items, customers } = scale;
  const districts = function* (): Generator<readonly [number, number]> {
    for (let w = 1; w <= warehouses; w++) for (let d = 1; d <= districtCount; d++) yield [w, d];
  };
  switch (table) {
    case 'warehouse':
      for (let w = 1; w <= warehouses; w++) yield [w, scribble(prng, 6, 10), ...address(prng), tax(prng), 10 * customers * districtCount];
      return;
    case 'district':
      for (const [w, d] of districts()) yield [d, w, scribble(prng, 6, 10), ...address(prng), tax(prng), 10 * customers, customers + 1];
      return;
    case 'customer':
      for (const [w, d] of districts()) {
        for (let c = 1; c <= customers; c++) {
          yield [
            c, d, w, scribble(prng, 8, 16), 'OE', lastName(c <= 1000 ? c - 1 : skewed(prng, 255, 0, 999)), ...address(prng), digits(prng, 16), loadTime, prng.below(10) === 0 ? 'BC' : 'GC', 50_000,
            prng.below(5001) / 10_000, -10, 10, 1, 0, scribble(prng, 300, 500),
          ];
        }
      }
      return;
    case 'history':
      for (const [w, d] of districts()) for (let c = 1; c <= customers; c++) yield [c, d, w, d, w, loadTime, 10, scribble(prng, 12, 24)];
      return;
    case 'item':
      for (let i = 1; i <= items; i++) yield [i, between(prng, 1, 10_000), scribble(prng, 14, 24), between(prng, 100, 10_000) / 100, withOriginal(prng)];
      return;
    case 'stock':
      for (let w = 1; w <= warehouses; w++) {
        for (let i = 1; i <= items; i++) yield [i, w, between(prng, 10, 100), ...Array.from({ length: 10 }, () => scribble(prng, 24)), 0, 0, 0, withOriginal(prng)];
      }
      return;
    case 'orders':
    case 'new_order':
    case 'order_line':
      yield* orderRows(table, scale, seed);
      return;
    default:
      throw new Error(`no table ${table} in TPC-C`);
  }
}

/** Orders, the last third of them new, and their lines: one stream, so that the tables agree. */
function* orderRows(table: 'orders' | 'new_order' | 'order_line', { warehouses, items, customers }: TpccScale, seed: number): Generator<TpccRow> {
  const prng = seededPrng(seed + 77);
  for (let w = 1; w <= warehouses; w++) {
    for (let d = 1; d <= districtCount; d++) {
      const order = Array.from({ length: customers }, (_, i) => i + 1);
      for (let i = order.length - 1; i > 0; i--) {
        const j = prng.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      for (let o = 1; o <= customers; o++) {
        const isNew = o > Math.floor((customers * 7) / 10);
        const lines = between(prng, 5, 15);
        const carrier = between(prng, 1, 10);
        if (table === 'orders') yield [o, d, w, order[o - 1]!, loadTime, isNew ? null : carrier, lines, 1];
        if (table === 'new_order' && isNew) yield [o, d, w];
        for (let number = 1; number <= lines; number++) {
          const item = between(prng, 1, items);
          const amount = between(prng, 1, 999_999) / 100;
          const info = scribble(prng, 24);
          if (table === 'order_line') yield [o, d, w, number, item, w, isNew ? null : loadTime, 5, isNew ? amount : 0, info];
        }
      }
    }
  }
}
