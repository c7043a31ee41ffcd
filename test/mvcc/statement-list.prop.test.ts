/** The list of a transaction's statements gives what an array of them gives. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatementList } from '../../mvcc/statement-list.js';

test('statements by number, run again or not', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ which: fc.nat(2), times: fc.integer({ min: 1, max: 5 }) })), (runs) => {
      const infos = ['select', 'insert', 'delete'].map((text) => ({ text }));
      const list = new StatementList();
      const model = runs.flatMap(({ which, times }) => Array.from({ length: times }, () => infos[which]!));
      for (const info of model) list.push(info);
      expect(list.count).toBe(model.length);
      for (let number = 0; number <= model.length + 1; number++) expect(list.at(number)).toBe(model[number - 1]);
    }),
  );
});
