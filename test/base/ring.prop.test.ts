/** A ring gives what an array does to which is pushed and of which is shifted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring } from '../../base/ring.js';

test('pushes and shifts in any order, over growing and beginning anew', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ pushed: fc.oneof({ weight: 8, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(5000) }), shifted: fc.oneof({ weight: 8, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(10_000) }) }), { maxLength: 12 }), (steps) => {
      const ring = new Ring<{ readonly n: number }>();
      const model: { readonly n: number }[] = [];
      let n = 0;
      for (const { pushed, shifted } of steps) {
        for (let i = 0; i < pushed; i++) {
          const item = { n: n++ };
          ring.push(item);
          model.push(item);
        }
        for (let i = 0; i < shifted; i++) if (ring.shift() !== model.shift()) throw new Error(`another item than the ${i}th`);
        expect(ring.length).toBe(model.length);
        expect(ring.first).toBe(model[0]);
        expect([...ring]).toEqual(model);
        if (model.length > 0) expect(ring.at(model.length >> 1)).toBe(model[model.length >> 1]);
      }
      expect(() => ring.at(ring.length)).toThrow('past the end of a ring');
    }),
    { numRuns: 200 },
  );
});
