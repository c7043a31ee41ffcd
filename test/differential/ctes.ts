/** WITH: plain and materialized queries, recursion with counters and graphs, SEARCH and CYCLE. */
import type { Generator, Query } from './generator.js';
import type { Kind } from './kinds.js';
import { selectQuery } from './select.js';

/** Defines CTEs, which later queries of this statement may name. */
export function withClause(g: Generator, kindsOf: () => Kind[]): string {
  const { c } = g;
  const parts: string[] = [];
  let isRecursive = false;
  for (let n = c.between(1, 2); n > 0; n--) {
    const name = g.name('w');
    if (c.chance(0.6)) {
      const kinds = kindsOf();
      const query = selectQuery(g, kinds, { outer: [], depth: 1 });
      parts.push(`${name}${c.maybe(0.5, () => `(${kinds.map((_, i) => `c${i}`).join(', ')})`)} as ${c.pick(['', 'materialized ', 'not materialized '])}(${query.sql})`);
      g.ctes.push({ name, columns: query.columns });
    } else {
      isRecursive = true;
      const recursion = recursive(g, name);
      parts.push(recursion.sql);
      g.ctes.push({ name, columns: recursion.columns });
    }
  }
  return `with ${isRecursive ? 'recursive ' : ''}${parts.join(', ')} `;
}

function recursive(g: Generator, name: string): Query {
  const { c } = g;
  const union = c.pick(['union', 'union all']);
  switch (c.below(4)) {
    case 0:
      return { sql: `${name}(n, s) as (select 1, 'a'::text ${union} select n + ${c.between(1, 2)}, s || n from ${name} where n < ${c.between(3, 7)})`, columns: [{ name: 'n', kind: 'int4' }, { name: 's', kind: 'text' }] };
    case 1:
      return { sql: `${name}(a, b) as (values (1, 1) ${union} select b, a + b from ${name} where b < ${c.between(5, 60)})`, columns: [{ name: 'a', kind: 'int4' }, { name: 'b', kind: 'int4' }] };
    case 2: {
      // A graph with a cycle: 1 -> 2 -> 3 -> 1, 3 -> 4.
      const edges = '(values (1, 2), (2, 3), (3, 1), (3, 4))';
      const cycle = c.pick([' cycle y set seen using way', " cycle y set seen to 'Y' default 'N' using way", ' cycle x, y set seen using way']);
      const flag: Kind = cycle.includes("'Y'") ? 'text' : 'bool';
      return { sql: `${name}(x, y) as (select * from ${edges} e(x, y) where x = ${c.between(1, 3)} union all select e.x, e.y from ${edges} e(x, y) join ${name} on e.x = ${name}.y)${cycle}`, columns: [{ name: 'x', kind: 'int4' }, { name: 'y', kind: 'int4' }, { name: 'seen', kind: flag }] };
    }
    default: {
      const edges = '(values (1, 2), (1, 3), (2, 4), (3, 5), (3, 6))';
      return { sql: `${name}(x, y) as (select * from ${edges} e(x, y) where x = 1 union all select e.x, e.y from ${edges} e(x, y) join ${name} on e.x = ${name}.y) search ${c.pick(['depth', 'breadth'])} first by ${c.pick(['x', 'y', 'x, y'])} set ord`, columns: [{ name: 'x', kind: 'int4' }, { name: 'y', kind: 'int4' }] };
    }
  }
}
