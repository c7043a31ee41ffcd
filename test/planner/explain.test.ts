/**
 * EXPLAIN of one query per rule of the planner: what each rule is for, shown as the plan it makes, and what it needs before it applies.
 * Every query is run with the rule's plan and with as many choices as possible switched off, and must give the same rows.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;
beforeAll(async () => {
  db = await open(':memory:', { autoAnalyze: false });
  session = db.connect();
  await session.exec(`create table a (id int primary key, k int not null, v text, b_id int);
    create table b (id int primary key, g int, name text not null);
    create index a_k on a (k); create index a_bk on a (b_id, k); create index a_half on a (v) where k < 500;
    insert into b select g, g % 10, 'n' || g from generate_series(1, 500) g;
    insert into a select g, g % 1000, 'v' || g, 1 + g % 500 from generate_series(1, 20000) g; analyze`);
});
afterAll(() => db.close());

const switches = ['rewrite_rules', 'enable_indexscan', 'enable_indexonlyscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_hashagg', 'enable_incremental_sort'];

async function planOf(text: string): Promise<string> {
  const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`);
  const usual = (await session.query({ text, rowMode: 'array' })).rows;
  for (const name of switches) await session.exec(`set ${name} = off`);
  const plain = (await session.query({ text, rowMode: 'array' })).rows;
  for (const name of switches) await session.exec(`reset ${name}`);
  const sorted = (list: readonly unknown[]): readonly string[] => list.map((row) => JSON.stringify(row)).sort();
  if (/\blimit\b/.test(text) && !/order by/.test(text)) expect(usual.length).toBe(plain.length);
  else expect(sorted(usual)).toEqual(sorted(plain));
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const cases: readonly (readonly [what: string, ...queries: readonly string[]])[] = [
  ['inline-ctes: conditions reach into a CTE read once; MATERIALIZED keeps it', 'with x as (select * from a) select * from x where id = 4', 'with x as materialized (select * from a) select * from x where id = 4'],
  ['fold-constants: what is constant is computed when planning', 'select id from a where k = 2 + 3 and 1 < 2', 'select id from a where 1 > 2'],
  ['prune-empty: an outer join that becomes an inner one of nothing is nothing, and so is what stands over it', 'select * from a left join b on false where b.g = 1', 'select * from a left join (select * from b where 1 > 2) b on a.b_id = b.id where b.g > 1 order by a.id',
    'select * from a where b_id in (select id from b where 1 > 2)', 'select count(*) from a full join b on false where a.id = 1 and b.id = 1'],
  ['simplify-conditions: what all alternatives demand is demanded once', 'select id from a where (k = 5 and v = \'v5\') or (k = 5 and b_id = 6)'],
  ['or-to-in-list: equalities of one column are one list of ranges', 'select * from a where k = 1 or k = 7', 'select * from a where k in (1, 5, 9) and b_id > 3'],
  ['pull-projections: what a subquery in FROM computes is known around it, though another column of it holds a subquery', "select a.id from a, (select length(current_setting('server_version')) as h, array(select 1) as s from b) d where a.id = d.h"],
  ['unnest-subqueries: IN and EXISTS are semi joins, NOT EXISTS and NOT IN anti joins', 'select id from a where b_id in (select id from b where g = 3)', 'select * from a where exists (select 1 from b where b.id = a.b_id and b.g > 2) and k < 100',
    'select id from a where not exists (select 1 from b where b.id = a.b_id)', 'select id from b where id not in (select k from a where k > 100)'],
  ['unnest-subqueries: a correlated aggregate is a join with its groups', 'select a.id, (select count(*) from b where b.g = a.k) from a'],
  ['simplify-outer-joins: a condition that padding cannot meet makes the join an inner one', 'select * from a left join b on a.b_id = b.id where b.g = 3', 'select * from a full join b on a.b_id = b.id where a.k = 3'],
  ['prune-columns: a LEFT JOIN that adds nothing is not made; one under IS NULL is an anti join', 'select a.id, a.v from a left join b on a.b_id = b.id', 'select a.id from a left join b on a.b_id = b.id where b.id is null'],
  ['push-predicates: through UNION ALL, grouping and windows', 'select * from (select id, k from a union all select id, g from b) x where k = 3', 'select * from (select b_id, count(*) from a group by b_id) x where b_id = 3',
    'select * from (select b_id, k, sum(k) over (partition by b_id order by id) from a) x where b_id = 3'],
  ['min-max-by-index: the ends of an index', 'select min(k), max(k) from a', 'select max(k) from a where b_id = 7'],
  ['redundant-distinct: distinct by a key is nothing to do', 'select distinct id, v from a'],
  ['push-limit: into the branches of UNION ALL', 'select * from (select id from a union all select id from b) x limit 3'],
  ['index-only scans, ranges and partial indexes', 'select k from a where k between 3 and 9', 'select b_id, k from a where b_id = 3 and k > 100', 'select id from a where v = \'v77\' and k < 300', 'select id from a where v = \'v77\' and k < 700'],
  ['order and groups through indexes, the primary key behind an index included', 'select * from a order by b_id, k limit 10', 'select * from a where k = 5 order by id limit 3', 'select * from a where k = 5 order by id desc', 'select b_id, count(*) from a group by b_id', 'select distinct b_id from a order by b_id'],
  ['incremental sort and top-N', 'select * from a order by b_id, v limit 10', 'select * from a order by v limit 5'],
  ['join methods: nested loop over an index, hash, merge', 'select * from b join a on a.b_id = b.id where b.g = 3 and b.id < 100', 'select b.name, a.v from a join b on a.b_id = b.id', 'select count(*) from a x join a y on x.id = y.id'],
  ['subqueries that do not depend on the row run once', 'select * from a where k = (select max(g) from b)', 'select id, (select count(*) from b) from a where id < 3'],
];

test('one query per rule', async () => {
  let text = '';
  for (const [what, ...queries] of cases) {
    text += `# ${what}\n\n`;
    for (const query of queries) text += `${query}\n${(await planOf(query)).replace(/^/gm, '    ')}\n\n`;
  }
  await expect(text).toMatchFileSnapshot('explain.golden');
});

test('sixty joined tables are planned by the bounded search', async () => {
  await session.exec(Array.from({ length: 60 }, (_, i) => `create table j${i} (id int primary key, next int)`).join(';'));
  const from = Array.from({ length: 60 }, (_, i) => `j${i}`).join(', ');
  const where = Array.from({ length: 59 }, (_, i) => `j${i}.next = j${i + 1}.id`).join(' and ');
  expect((await session.query(`explain select count(*) from ${from} where ${where}`)).rows.length).toBeGreaterThan(60);
});

test('of a table that had a row or none when it was analyzed a range is read by its index, and no other index as a whole', async () => {
  for (const rows of [0, 1]) {
    await session.exec(`create table tiny (k int primary key, u int unique, v int); insert into tiny select g, g, g from generate_series(1, ${rows}) g; analyze tiny`);
    expect(await planOf('select * from tiny where k between 3 and 4 order by k')).toBe('Index Scan using tiny_pkey on tiny\n  Index Cond: ((k >= 3) AND (k <= 4))');
    expect(await planOf('select * from tiny where u between 3 and 4')).toBe('Index Scan using tiny_u_key on tiny\n  Index Cond: ((u >= 3) AND (u <= 4))');
    expect(await planOf('select * from tiny where v = 3')).toBe('Seq Scan on tiny\n  Filter: (v = 3)');
    await session.exec('drop table tiny');
  }
});
