/** The bounds of a range as bytes are those that it has as text, for every type, order and place of NULLs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Datum } from '../../base/datum.js';
import { KeyLayout } from '../../base/keycode.js';
import { keyRangesOf, putBounds } from '../../executor/key-ranges.js';
import { RangeBounds } from '../../mvcc/reads/range-run.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { IndexRange } from '../../planner/physical-plan.js';
import { typedValues } from '../base/values.js';

/** What a bound compares with, told apart by identity. */
interface Given {
  readonly value: BoundExpression;
  readonly datum: Datum;
}
const columns = typedValues.map(([, type, values]) => fc.record({ type: fc.constant(type), value: fc.option(values, { freq: 12 }), other: fc.option(values, { freq: 12 }), descending: fc.boolean(), nullsFirst: fc.boolean(), nullable: fc.boolean(), isNullTest: fc.integer({ min: 0, max: 6 }).map((n) => n === 0) }));

test('bounds as bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...columns), { minLength: 1, maxLength: 3 }), fc.nat(3), fc.constantFrom('none', 'low', 'high', 'both'), fc.boolean(), fc.boolean(), fc.constantFrom('not null', 'any'), (parts, equalCount, which, lowIn, highIn, nulls) => {
      const layout = new KeyLayout(parts);
      const given: Given[] = [];
      const bound = (datum: Datum): BoundExpression => {
        const value = { kind: 'constant', number: given.length } as unknown as BoundExpression;
        given.push({ value, datum });
        return value;
      };
      const equal = parts.slice(0, Math.min(equalCount, parts.length)).map(({ value, isNullTest }) => ({ value: isNullTest ? ({} as BoundExpression) : bound(value), isNullTest }));
      const next = parts[equal.length];
      const low = next !== undefined && (which === 'low' || which === 'both') ? { value: bound(next.value), inclusive: lowIn } : undefined;
      const high = next !== undefined && (which === 'high' || which === 'both') ? { value: bound(next.other), inclusive: highIn } : undefined;
      const range: IndexRange = { equal, low, high, nulls: low !== undefined || high !== undefined ? 'not null' : nulls, anyOf: undefined };
      const wanted = keyRangesOf(layout, [range], false, (e) => given.find(({ value }) => value === e)!.datum);
      const bounds = new RangeBounds();
      const isThere = putBounds(layout, range, given.map(({ datum }) => datum), bounds);
      expect(isThere ? [bounds.range] : []).toEqual(wanted.map(({ low: from, high: to }) => ({ low: from, high: to })));
    }),
    { numRuns: 3000 },
  );
});
