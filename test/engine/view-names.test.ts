/** A view answers the same, whatever what it reads is called and whatever is added to it (W1, W2 of engine/catalog/view-definition.ts). */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';

const setup = `
  create schema inner_schema;
  create type pair as (a int, b int);
  create table t (x int, z int, p pair);
  create table u (x int, w int);
  create function twice(n int) returns int language sql as 'select n * 2';
  insert into t values (1, 2, (3, 4));
  insert into u values (1, 1), (2, 2);
  create view stars as select * from t;
  create view branches as select 0 as x, 0 as z union all select x, z from (select * from t) s;
  create view merged as select * from t full join u using (x);
  create view beside(a, b, c, d, e, f) as select * from u full join t using (x), u again;
  create view naturally as select * from t natural join u;
  create view joined as select j.x, j.z, j.w from (t join u using (x)) j, stars;
  create view siblings as select a.x from (select t.x from t) a, (select t.x from u t) b where exists (select from t where t.z > b.x and w is null) or b.x = 2;
  create view recursive_one as with recursive r(n) as (select x from t union all select n + 1 from r where n < 3) select r.n, twice(n) as d from r;
  create view grouped as select x, count(*) as n, sum(z) filter (where z > 0) over_zero from t group by x having count(*) > 0 order by x;
  create view fields as select (p).a, (p).b + 1 as c from t;
  create view listed as select j.c, j.b from (t join u using (x)) j(a, b, c, d), u;
  create materialized view kept as select * from t left join u using (x);
  create view twice_merged(a, b, c, d, e, f, g, h, i) as select * from t full join u using (x), (t t2 full join u u2 using (x)) full join u u3 using (x);
  create view merged_beside(a, b, c, d, e, f, g, h) as select * from t full join u using (x), u u2 left join t t2 using (x);
  create view merged_under(a, b, c, d, e) as select * from (t left join u using (x)) full join u u3 using (x);
  create view full_pairs(a, b) as select j.x, k.x from (select x from t full join u using (x)) j, (select x from t full join u using (x)) k union all select one.x, two.x from (t full join u using (x)) one, (t full join u using (x)) two;
  create view merged_by_name(a, b, c, d, e, f, g, h, i) as select * from t full join u using (x), t t2 join u v on t2.x = v.x;
  create view over_views as select s.x, m.w from stars s join merged m using (x)`.replace(' and w is null', '');
const views = ['stars', 'branches', 'merged', 'beside', 'naturally', 'joined', 'siblings', 'recursive_one', 'grouped', 'fields', 'listed', 'kept', 'twice_merged', 'full_pairs', 'merged_beside', 'merged_under', 'merged_by_name', 'over_views'];

const changes = [
  'alter table t add column n int', 'alter table u add column n int', 'alter table u drop column n', 'alter table u add column z int default 7', 'alter table u add column p text', 'alter table t rename column x to y', 'alter table u rename column x to xx', 'alter table t rename column y to w',
  'alter table t rename to "T 9"', 'alter table "T 9" set schema inner_schema', 'alter schema inner_schema rename to outer_schema', 'alter table u rename to t',
  'alter type pair rename to couple', 'alter type couple rename attribute a to first', 'alter type couple set schema outer_schema', 'alter function twice(int) rename to doubled', 'alter function doubled(int) set schema outer_schema',
  'alter view stars rename column z to zz', 'alter view stars rename to starry', 'alter view merged set schema outer_schema', "set search_path = pg_catalog",
];

test('renames, moves and added columns change no view', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec(setup);
  const places = new Map(views.map((view) => [view, `public.${view}`]));
  const answers = async (): Promise<Record<string, unknown>> => {
    const all: Record<string, unknown> = {};
    for (const view of views) {
      if (view === 'kept') await session.exec(`refresh materialized view ${places.get(view)!}`);
      all[view] = (await session.query(`select * from ${places.get(view)!}`, undefined, { rowMode: 'array' })).rows;
    }
    return all;
  };
  // A composite value is shown with the names of its fields.
  const withoutNames = (value: unknown): string => JSON.stringify(value).replaceAll('"first":', '"a":');
  const before = withoutNames(await answers());
  for (const change of changes) {
    await session.exec(change);
    if (change.includes('rename to starry')) places.set('stars', 'public.starry');
    if (change.includes('view merged set schema')) places.set('merged', 'outer_schema.merged');
    expect(withoutNames(await answers()), change).toBe(before);
  }
  // And what is shown of them can be made again.
  await session.exec('set search_path = public');
  const definitions = (await session.query<{ name: string; text: string }>("select schemaname || '.' || viewname as name, definition as text from pg_views where schemaname in ('public', 'outer_schema')")).rows;
  expect(definitions.length).toBe(views.length - 1);
  for (const { name, text } of definitions) {
    await session.exec(`begin; create temp view again as ${text}`);
    const [mine, theirs] = [(await session.query('select * from again')).rows, (await session.query(`select * from ${name}`)).rows];
    expect(mine, name).toEqual(theirs);
    await session.exec('rollback');
  }
  await db.close();
});
