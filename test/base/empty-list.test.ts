/** An empty list is an empty array, and V8 knows that it holds objects. */
import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { emptyList } from '../../base/empty-list.js';

setFlagsFromString('--allow-natives-syntax');
const isOfSmallIntegers = new Function('list', 'return %HasSmiElements(list);') as (list: unknown[]) => boolean;

describe('an empty list', () => {
  it('is an empty array of its own', () => {
    const list = emptyList<{ readonly n: number }>();
    expect(list).toEqual([]);
    list.push({ n: 1 });
    expect(list).toEqual([{ n: 1 }]);
    expect(emptyList()).toEqual([]);
  });

  it('is not one of small integers to V8, as a literal is', () => {
    expect(isOfSmallIntegers([])).toBe(true);
    expect(isOfSmallIntegers(emptyList())).toBe(false);
  });
});
