/** SELECT ... INTO over set operations, of which a chain may be as long as the text. */
import { expect, test } from 'vitest';
import type { Query } from '../../parser/ast.js';
import { parse } from '../../parser/parse.js';
import { intoOf, withoutInto } from '../../parser/select-into.js';

const queryOf = (text: string): Query => parse(text)[0]!.statement as Query;

test('the clause of the first SELECT is found and left out, at the end of a long chain too', () => {
  const chain = ' union all select 1'.repeat(20_000);
  for (const text of ['select 1 into t', '(select 1 into t)', 'select 1 into t union select 2', '(select 1 into t order by 1) except select 2', `select 1 into t${chain}`]) {
    const query = queryOf(text);
    expect(intoOf(query)?.name.name, text.slice(0, 60)).toBe('t');
    expect(intoOf(withoutInto(query)), text.slice(0, 60)).toBeUndefined();
  }
  expect(intoOf(queryOf('select 1 union select 2 into t'))).toBeUndefined();
});
