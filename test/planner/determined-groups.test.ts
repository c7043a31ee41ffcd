/** Which grouping columns the others determine. That rows are grouped by the rest as by all is shown in test/executor/conditions.test.ts. */
import { expect, test } from 'vitest';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { physicalInputs } from '../../planner/physical-tools.js';
import { FixtureCatalog, plan } from './fixture.js';

const catalog = new FixtureCatalog().define(`
  create table nation (n_key int primary key, n_name text not null);
  create table customer (c_key int primary key, c_nation int not null, c_name text not null, c_code int unique);
  create table item (i_order int not null, i_line int not null, i_text text, i_customer int not null, primary key (i_order, i_line));
  create table label (l_text text primary key, l_n int not null)`);

function aggregateOf(node: PhysicalPlan): Extract<PhysicalPlan, { kind: 'aggregate' }> | undefined {
  if (node.kind === 'aggregate') return node;
  return physicalInputs(node).map(aggregateOf).find((found) => found !== undefined);
}
function determined(sql: string): string {
  const { groupBy, determined: ids, output } = aggregateOf(plan(catalog, sql).plan)!;
  return groupBy.flatMap(({ id }) => (ids.has(id) ? [output.find((column) => column.id === id)?.name ?? '?'] : [])).sort().join(' ');
}

const cases: readonly (readonly [sql: string, expected: string])[] = [
  ['select c_key, c_name from customer group by c_key, c_name', 'c_name'],
  ['select c_name, c_nation from customer group by c_name, c_nation', ''],
  ['select i_order, i_text from item group by i_order, i_text', ''],
  ['select i_order, i_line, i_text from item group by i_order, i_line, i_text', 'i_text'],
  // What is equal determines each other, and with it what that determines.
  ['select c_key, c_name, n_name from customer, nation where c_nation = n_key group by c_key, c_name, n_name', 'c_name n_name'],
  ['select i_customer, c_key, c_name from item join customer on i_customer = c_key group by i_customer, c_key, c_name', 'c_key c_name'],
  ['select i_customer, c_name from item left join customer on i_customer = c_key group by i_customer, c_name', ''],
  // Rows of NULLs have the NULL key that no row of the table has.
  ['select c_key, c_name from item left join customer on i_customer = c_key and i_line > 3 group by c_key, c_name', 'c_name'],
  ['select c_nation, n_name, c_key from customer right join nation on c_nation = n_key group by c_nation, n_name, c_key', 'c_nation'],
  ['select n_key, n_name, c_key from customer full join nation on c_nation = n_key group by n_key, n_name, c_key', 'n_name'],
  ['select c_key, n_name from item left join (customer join nation on c_nation = n_key) on i_customer = c_key group by c_key, n_name', ''],
  // A key that may be NULL has any number of rows with NULL.
  ['select c_code, c_name from customer group by c_code, c_name', ''],
  // Texts may be equal and not the same.
  ['select l_text, l_n from label group by l_text, l_n', ''],
  ['select c_key, c_name || c_nation as x from customer group by c_key, c_name || c_nation', ''],
  ['select c_key, c_name from customer group by rollup (c_key, c_name)', ''],
  ['select c_key, c_name from (select * from customer limit 5) c group by c_key, c_name', 'c_name'],
];
for (const [sql, expected] of cases) test(sql, () => expect(determined(sql)).toBe(expected));
