/** mvcc/write-set/key-run.ts beside an array: with a list and without one (R1), used again, and what follows each other where nobody has listed it stays without. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyRun } from '../../mvcc/write-set/key-run.js';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('extend' as const), gap: fc.constantFrom(0, 0, 0, 1, 5), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replace' as const), at: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), to: fc.nat(1000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const), from: fc.nat(1000), to: fc.nat(1000) }) },
);

test('a run says what was set', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = new KeyRun();
      let model: number[] = [];
      let next = 7;
      let isConsecutive = true;
      for (const one of steps) {
        if (model.length === 0) isConsecutive = true;
        const place = (n: number): number => n % (model.length + 1);
        switch (one.kind) {
          case 'extend':
            if (one.gap > 0 && model.length > 0) isConsecutive = false;
            next += one.gap;
            if (one.count === 1) run.set(model.length, next);
            else run.extend(next, one.count);
            for (let i = 0; i < one.count; i++) model.push(next++);
            break;
          case 'replace':
            if (place(one.at) === model.length) break;
            run.set(place(one.at), next);
            model[place(one.at)] = next++;
            isConsecutive = false;
            break;
          case 'cut':
            run.count = place(one.to);
            model = model.slice(0, run.count);
            if (model.length > 0 && isConsecutive) next = model.at(-1)! + 1;
            break;
          default: {
            const from = Math.min(place(one.from), place(one.to));
            const to = Math.max(place(one.from), place(one.to));
            expect([...run.list(from, to)]).toEqual(model.slice(from, to));
            if (to - from === model.length) isConsecutive = false;
          }
        }
        expect(run.count).toBe(model.length);
        expect(Array.from(model, (_, i) => run.at(i))).toEqual(model);
        expect(run.at(model.length)).toBe(-1);
        if (model.length > 0) expect(run.isConsecutive).toBe(isConsecutive);
      }
    }),
    { numRuns: 500 },
  );
});
