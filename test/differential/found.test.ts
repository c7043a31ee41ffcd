/** What random statements found, made small: each stood in a difference from PostgreSQL 15, whose answer is written here. What takes several statements is in found-in-turn.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SerialiteEngine } from './engines.js';
import { openTables } from './found.js';

let engine: SerialiteEngine;
beforeAll(async () => {
  engine = await openTables();
});
afterAll(() => engine.close());

const rows: readonly (readonly [string, string, readonly (readonly (string | null)[])[]])[] = [
  // The condition went below the outer join: what the lateral side reads stands outside the join, which was then not seen to bind it.
  ['a condition on the padded side of a lateral join that reads a row outside', 'select count(*) from r2 t1, lateral (select from abs(t1.id) d(x) right join r3 on false where 1 = greatest(7, d.x)) s', [['0']]],
  ['encodings of one byte a letter', "select convert_to('Привет', 'win1251'), convert_from('\\x80', 'win1252'), convert_to('Привет', 'alt'), convert_to('x y', 'abc')", [['\\xcff0e8e2e5f2', '€', '\\x8fe0a8a2a5e2', '\\x782079']]],
  // A null test that is known leaves the join as it was, and the condition that had come from above was lost with the unchanged join.
  // The window is not read, so the condition over its partition meets the outer join after those have been simplified: both its columns are there at once, and it was taken for one that pads nothing.
  ['an equality with the padded side under a window that nobody reads', 'select count(*) from (select l.id, r.id as other, count(*) over (partition by r.id) as n from r2 l left join r3 r on r.id = l.id + 1) t where t.id = 3 and t.other = t.id', [['0']]],
  ['the same beside another table', 'select count(*) from r2 x join (select l.id, r.id as other, count(*) over (partition by r.id) as n from r2 l left join r3 r on r.id = l.id + 1) t on 3 = t.id and t.other = t.id', [['0']]],
  ['conditions pushed into a join with a NOT NULL test', 'select count(*) from r2 t6 join r3 t8 on t6.c = t8.e and t8.id is not null where t6.c <> t8.e', [['0']]],
  // The empty grouping set gives a row over no rows: what HAVING says must not be asked below.
  ['HAVING over an empty grouping set', "select id from r2 left join (select 5 as k where false) d on true where exists (select where r2.h like 'a' group by () having 7 > d.k)", []],
  ['HAVING over an empty set among others', "select id from r2 left join (select 5 as k where false) d on true where exists (select where r2.h like 'a' group by grouping sets (()) having 7 > d.k)", []],
  ['a key of grouping sets under NOT', 'select c, c is not distinct from c, not (c is distinct from c) from r2 where id < 2 group by grouping sets ((c, (c is distinct from c)), ()) order by 1', [['1', 't', 't'], [null, null, null]]],
  ['NOT IN over a value that is pulled up', "select count(*) from r2 cross join (select date_trunc('day', timestamp '2024-01-01' + interval '0 days') as c0 from generate_series(1, 2)) d where d.c0 not in (select b::timestamp from r3 where id > 100)", [['12']]],
  ['a row of a named type as a key', "select ((id, 'x')::pair) is not null as c from r2 where id < 3 group by cube (((id, 'x')::pair)) having ((id, 'x')::pair) is not null order by 1", [['t'], ['t']]],
  ['a list that the session decides', "select case when timestamptz '1999-01-01 00:00:00Z' in (timestamptz '2024-02-29 12:30+00', timestamptz '2023-12-31 23:59+02') then 2147483647 + 2 else 1 end, case when timestamptz '1999-01-01 00:00:00Z' not in (timestamptz '2024-02-29 12:30+00', timestamptz '2023-12-31 23:59+02') then 1 else 2147483647 + 2 end", [['1', '1']]],
  // Two bindings of one subquery are the same expression, whatever their columns are numbered.
  ['grouping by a subquery', "select (select max(x) + r2.c % 2 from generate_series(1, 3) x) from r2 group by (select max(x) + r2.c % 2 from generate_series(1, 3) x) having (select max(x) + r2.c % 2 from generate_series(1, 3) x) > 0 order by (select max(x) + r2.c % 2 from generate_series(1, 3) x) desc", [['4'], ['3']]],
  ['DISTINCT ON a subquery', 'select distinct on ((select min(e) from r3 where r3.id > r2.id)) id, (select min(e) from r3 where r3.id > r2.id) from r2 order by (select min(e) from r3 where r3.id > r2.id), id', [['1', '0']]],
  ['DISTINCT and ORDER BY of an argument that becomes another type', "select string_agg(distinct v, ',' order by v desc), regr_count(distinct i, i order by i) from (values ('b'::varchar(3), 1::int2), ('a', 2), ('b', 1)) d(v, i)", [['b,a', '2']]],
  ['numbers as bits', 'select 3::bit(4), 3::int8::bit(8)', [['0011', '00000011']]],
  ['make_interval with some of its arguments', 'select make_interval(0, 9, 0, 24)', [['9 mons 24 days']]],
  // The code that takes a row is there once for each input of an append, and each copy had dictionaries of its own for one table of groups.
  ['groups over UNION ALL', 'select n, count(*) from (select id, 12::numeric n from r2 union all select id, 2 from r2) d group by n order by n', [['2', '6'], ['12', '6']]],
  ['groups over UNION ALL by stored and by computed text', "select h, count(*) from (select h from r2 union all select 'a' || '' from r2 union all select null) d group by h order by h", [['a', '12'], [null, '1']]],
  ['groups over UNION ALL by a column that is NULL in one', 'select c, count(*) from (select id c from r2 where id < 3 union all select null from r2) d group by c order by c', [['1', '1'], ['2', '1'], [null, '6']]],
  ['groups over a full join', 'select a.n::text, count(*) from (select id, c::numeric n from r2) a full join (select id, 7 x from r3) b on a.id = b.id - 3 group by a.n order by a.n', [['0', '1'], ['1', '2'], ['2', '1'], ['3', '1'], ['4', '1'], [null, '14']]],
  // No row of VALUES, no code of its rows: whether the groups' values may be NULL was known from nowhere.
  ['groups over nothing', 'select e, b, percentile_disc(0) within group (order by id) from r3 where id is null group by e, b', []],
  // A condition in a LATERAL that reads what an outer join has padded is not the padded table's own.
  ['a condition of LATERAL on an outer join', 'select t1.id, t2.id from r2 t1 left join r2 t2 on t1.id = t2.c, lateral (select * from r2 t3 where t2.id = t2.c and t3.id = 1) s', [['1', '1'], ['2', '2'], ['3', '3'], ['4', '4']]],
  ['C in a template of numbers, which prints nothing', "select to_char(3.10, 'ABC'), to_char(3, '99c')", [['A', '  3']]],
  // Where PostgreSQL 15 lets an int wrap around, and where it looks.
  ['intervals that wrap around', "select timestamp 'infinity' - interval '-2147483648 mons', (interval '2562047788:00:54.775807')::interval(3), time '24:00' + interval '2562047788:00:54.775807', timestamp '1970-01-01 12:00' - timestamp '294276-12-31 23:59:59.999999'", [['infinity', '-2562047788:00:54.775', '19:59:05.224191', '106741042 days 20:01:49.551617']]],
  ['make_interval wraps around', 'select make_interval(2147483647), make_interval(0, 0, 306783379), make_interval(secs => 9223372036855), make_interval(hours => 2147483647, mins => 2147483647, secs => 9223372036854)', [['-1 years', '-2147483643 days', '-2562047788:00:54.775808', '-378772746:53:55.552']]],
  ['an age to the end of time', "select age(timestamp 'infinity', timestamp '4713-11-24 00:00:00 BC'), age(timestamp 'infinity', timestamp 'infinity')", [['298988 years 1 mon 15 days 04:00:54.775807', '00:00:00']]],
  ['a zone as an interval of more seconds than an int holds', "select timestamp '1970-01-01 12:00' at time zone interval '2562047788:00:54.775807', timestamp '2024-02-29' at time zone interval '1.9'", [['1904-03-06 05:27:38+00', '2024-02-28 23:59:59+00']]],
  // Direct arguments were computed for each row below, not for a group and its keys.
  ['direct arguments see the keys of their grouping set', "select b, percentile_disc(b) within group (order by n), rank(b) within group (order by n) from (values (0.5::float8, 1), (0.5, 3)) d(b, n) group by rollup (b) order by b", [['0.5', '1', '1'], [null, null, '3']]],
  ['direct arguments over no rows of a correlated subquery', 'select id, (select rank(3) within group (order by e) from r3 where r3.e = r2.id * 100), (select regr_count(e, e) from r3 where r3.e = r2.id * 100) from r2 where id < 3 order by id', [['1', '1', '0'], ['2', '1', '0']]],
  // What EXISTS sorts, groups or selects by was computed, and failed.
  ['EXISTS computes neither keys nor select list', 'select exists (select 1 from r2 order by 1 / (c - c)), exists (select distinct 1 / (c - c) from r2), exists (select from r2 group by 1 / (c - c)), exists (select 1 / (c - c) from r2 limit 1), exists (select 1 from r2 limit 0)', [['t', 't', 't', 't', 'f']]],
  ['EXISTS computes neither keys nor select list of each row', 'select count(*) from r2 where exists (select distinct on (1 / (e - e)) 1 from r3 where r3.id = r2.id order by 1 / (e - e))', [['6']]],
  // What a subquery in FROM computes was computed before the join, and failed for rows without a partner.
  ['an expression of a subquery in FROM is computed for joined rows', 'select s.e from (select 1 / (id - 3) e, id from r2) s join r3 on r3.id = s.id and r3.id > 5 union all select 1 / (id - 3) from (select id from r2) s, (select from r3 where id is null) t', [['0']]],
  ['an expression of a subquery in FROM that a lateral side reads', 'select s.e, t.id from (select id + 1 e from r2 where id < 3) s cross join lateral (select id from r3 where r3.id = s.e * 2) t order by 1', [['2', '4'], ['3', '6']]],
  ['projections of projections, and on the kept side of an outer join', 'select u.g, r3.id from (select f * 10 g, f from (select id + 100 f, id from r2 where id < 3) s) u left join r3 on r3.id = u.f - 100 and r3.id > 1 order by 1', [['1010', null], ['1020', '2']]],
  // What planning knows of a subquery that is not pulled up, it does not use around it, nor plan where nothing comes through.
  ['a constant of a grouped subquery fails only with a row', 'select exp(d.c) from (select 1000000::float8 c from r2 where id > 100 group by h) d', []],
  ['a subquery that is not planned', 'select from (select h from r2 group by h offset 99999999999999999999) d where d.h > d.h and 9 in (3, 11)', []],
  ['the last digit of to_timestamp', "select to_timestamp(ln(0.125::float8)) at time zone 'UTC'", [['1969-12-31 23:59:57.920558']]],
  ['a record as text', "select row(1, 'a b', null)::text, (row(1, 2)::text)::char(2)", [['(1,"a b",)', '(1']]],
  ['an array of records in FROM', 'select * from unnest(array[row(1, 2), row(3, 4)]) r(a int, b int)', [['1', '2'], ['3', '4']]],
  ['an aggregate with DISTINCT over a subquery', "select array_agg(distinct (select 1) order by (select 1))::text", [['{1}']]],
  ['OVERLAPS with an end that is not known', "select (timestamp '2023-12-31', interval '0') overlaps (timestamp '2024-03-31', null::interval), (date '2024-01-01', date '2024-01-05') overlaps (date '2024-01-03', null)", [[null, 't']]],
  ['a type without its length', "select pg_typeof('a'::char(4)), pg_typeof(b'1'), pg_typeof(array['a'::char(3)])", [['character', 'bit', 'character[]']]],
  // What is volatile was refused, because the operand stood twice in what NULLIF became.
  ['NULLIF over what is evaluated once', "select nullif(random(), 2) is null, nullif((select min(id) from r2 tablesample system (100)), 1), nullif((select 'a'::varchar), 'b')", [['f', null, 'a']]],
  // The sample's percentage reads the row to the left, and the scan was taken for one that reads nothing.
  ['TABLESAMPLE of each row to the left', 'select r2.id, count(s.id) from r2 left join lateral (select * from r3 tablesample bernoulli (case when r2.id < 3 then 100 else 0 end)) s on true group by r2.id order by r2.id', [['1', '20'], ['2', '20'], ['3', '0'], ['4', '0'], ['5', '0'], ['6', '0']]],
  ['a dotted capital I', "select lower('İ'), upper('ß')", [['i', 'ß']]],
  ['collations of one name', `select max(h collate "C") from r2 where h collate "C" < 'b' and case when h < 'b' then h collate "C" else h end > ''`, [['a']]],
  // A condition without columns was tested once a row, above a join of millions of them, where something had moved it below an outer join's kept side.
  ['a condition without columns decides before anything is read', 'select count(*) from r3 a cross join r3 b cross join r3 c cross join r3 d cross join r3 e cross join r3 f cross join r3 g left join r2 on r2.id = g.id where 5 not in (select id from r2)', [['0']]],
  ['a condition without columns below an outer join', 'select count(*) from r2 left join (select * from r3 where 5 not in (select id from r2)) s on r2.id = s.id', [['6']]],
  ['a condition without columns, correlated', 'select r2.id, (select count(*) from r3 left join r2 x on x.id = r3.id where r2.id > 4) from r2 order by r2.id', [['1', '0'], ['2', '0'], ['3', '0'], ['4', '0'], ['5', '20'], ['6', '20']]],
  // One row WITH TIES is not one row: the join was taken for one that changes nothing, and eliminated.
  ['an outer join to what is limited WITH TIES', 'select count(*) from r2 left join (select 5 c from r3 order by 1 fetch first 1 row with ties) s on true', [['120']]],
  // The side of a RIGHT JOIN that reads what stands further left, and a FULL JOIN that does, cannot be taken apart: XX000, no order of joins was found.
  ['a lateral right join over a row further left', 'select count(*) from (values (1), (2)) d(v) join lateral (select 1 from lateral (select d.v from r2 limit 2) a(v) cross join lateral (select a.v from r2 limit 3) b(v) right join r3 on b.v = r3.id) s on true', [['50']]],
  ['a lateral full join over a row further left', 'select count(*) from (values (1), (2)) d(v) join lateral (select 1 from r3 full join (lateral (select d.v from r2 limit 2) a(v) cross join lateral (select a.v from r2 limit 3) b(v)) on b.v = r3.id) s on true', [['50']]],
  ['several values of one composite type in IN', "select (2, '10')::pair not in ('(3,x)'::pair, row(2, null)::pair), (2, null)::pair in (row(2, null)::pair, row(3, null)::pair), row(2, null)::pair between row(2, null)::pair and row(3, null)::pair, row(2, null)::pair in ('(3,)', '(2,)')", [['t', 't', 't', 't']]],
  ['rows in rows compare as records', 'select ((1, null::text), 2) = ((1, null::text), 2), ((1, null::text), 2) <> ((1, null::text), 2), (1, null::text) = (1, null::text)', [['t', 'f', null]]],
  // It was tested below the row it reads: XX000.
  ['a volatile condition of LATERAL that reads a row to the left', 'select count(*) from r2 a join r2 b on true join lateral (select 1 from r3 where b.c = 1 or random() < 0) s on true', [['240']]],
  ['a constant element that is NULL makes a strict call NULL', "select substring('a' from ('{}'::int[])[0] for width_bucket(0, 0, 10, id - 7)), ('{7,8}'::int[])[2], ('[0:1]={7,8}'::int[])[0], ('{{1,2},{3,4}}'::int[])[2][1], ('{7}'::int[])[null] from r2 where id = 1", [[null, '8', '7', '3', null]]],
  ['of equal ends of ranges the second stays', "select range_merge('[1.50,10]'::numrange, '[1.500,10.0]'::numrange), '[1.50,10]'::numrange * '[1.500,10.0]'::numrange", [['[1.500,10.0]', '[1.50,10]']]],
  ['subscripts of a subscript in parentheses', "select (('{{1,2},{3,4}}'::int[])[1:2])[1:1], ('{{1,2},{3,4}}'::int[])[1:2][1]", [['{{1,2}}', '{{1},{3}}']]],
  // The constant that a column stands for comes down into the subquery, where no condition was left to test: XX000.
  ['EXISTS over a constant of a derived table', 'select count(*) from generate_series(0, 2) join (select true c1) d1 on exists (select where d1.c1)', [['3']]],
  // A null test of a row asks its fields, and those not theirs.
  ['null tests of composite values', "select id, t is not null, p is null, p is not null, row(p) is null, row(p, q) is not null, row(row(null)) is null, not (q is null), q is distinct from null from (values (1, '(,)'::pair, '(1,)'::pair), (2, null, '(1,b)')) t(id, p, q)", [['1', 't', 't', 'f', 'f', 't', 'f', 't', 't'], ['2', 'f', 't', 'f', 't', 'f', 'f', 't', 't']]],
  ['null tests of what a function gives', "select f is null, f is not null, not (f is null) from (select coalesce('(1,)'::pair, null) f) s where not (coalesce(f, '(,)') is null)", [['f', 'f', 't']]],
  ['NULLIF of what is evaluated once', "select nullif((random() * 0)::int, 0), nullif((random() * 0)::int, 7), nullif((random() * 0)::int, null)", [[null, '0', '0']]],
  ['composite values compare as records, written rows field by field', "select row(1, null)::pair = row(1, null)::pair, row(1, null) = row(1, null), t = t, t in (t), row(1, 'a')::pair = (select '(1,a)'::pair), (t.x, t.y) in (select 1, 'a'), (t.x, t.y) in (t) from (values (1, null::text)) t(x, y)", [['t', null, 't', 't', 't', null, 't']]],
  ['NULLIF of a composite value', "select case when true then row(1, 'a')::pair else nullif(row(2, null)::pair, '(,)'::pair) end, pg_typeof(nullif(row(2, null)::pair, null))", [['(1,a)', 'pair']]],
  // Records were compared by the types of the left one; what is stored was not compared at all.
  ['records as they are stored', "select p *= p, p *<> row(1, 'b'::text), row(1.0)::record *= row(1.00), row(1, null::int)::record *= row(1, null::int), row(-1)::record *> row(1), row('b'::text)::record *< row('abc'::text), row(false)::record *< row(true), row(2, 1)::record *>= row(2, 1), record_image_eq(p, p) from (select '(1,a)'::pair p) s", [['t', 't', 'f', 't', 't', 'f', 't', 't', 't']]],
  ['composite values among others in ANY', "select p = any (array['(1,a)'::pair, '(2,b)']) from (select '(2,b)'::pair p) s", [['t']]],
  // PostgreSQL does not try the very end where a possible match one character before it has failed.
  ['back references of a group in another branch', "select 'a' ~ '$()|^\\1', 'ab' ~ '$()|^\\1', 'ab' ~ '$()|\\1', 'abc' ~ '$()|^a\\1', '' ~ '$()|\\1', 'a' ~ '()$|c\\1'", [['f', 't', 'f', 't', 't', 't']]],
  // A column that a derived table shows twice was one, so that to group by one name was to group by both.
  ['a column shown twice is two', 'select d.x, d.y from (select c x, c y from r2 where id < 4) d group by grouping sets ((d.x), (d.y)) order by 1, 2', [['1', null], ['2', null], ['3', null], [null, '1'], [null, '2'], [null, '3']]],
  // A derived table's column over an outer row was left out of the join that the subquery became, and what read it further up found NULL.
  ['a column over an outer row that is read further up', 'select (select count(*) from r2 where id in (select s + 0 from (select r2.c + u.id - u.id as s from r2 u) d)), (select count(*) from r2 where exists (select from (select r2.c * u.c as s from r2 u) d where s = r2.id))', [['4', '4']]],
  // Part of another expression, or of HAVING, a key that is a constant is computed before it is looked up.
  ['keys of grouping sets that are constants', 'select 1 + 1, 1 + 1 + 1, sum(1 + 1) over (), count(*) from r2 group by rollup ((1 + 1)) having (1 + 1) = 2 order by 1', [['2', '3', '4', '6'], [null, '3', '4', '6']]],
  ['a key that is a constant, whatever the columns in it', 'select count(*) from r2 group by cube ((6 = 2 and id > 1)) having false in ((6 = 2 and id > 1), (6 = 2 and id > 1))', [['6'], ['6']]],
  ['functions behind operators', "select int4eq(1, 1), int4pl(1, 2), textcat('a', 'b'), int4um(1), array_eq(array[1], array[1]), numeric_add(1, 2.50), bpchareq('a', 'a '), date_pli('2024-01-01', 2), enum_lt('a'::phase, 'b')", [['t', '3', 'ab', '-1', 't', '3.50', 't', '2024-01-03', 't']]],
  ['arrays of an enum from arrays of text', "select '{a,b}'::text[]::phase[], '{a,b}'::phase[]::text[]", [['{a,b}', '{a,b}']]],
  ['which of two equal ends a range keeps', "select range_merge(numrange(1.5, 2.5), numrange(1.50, 2.50)), numrange(1.5, 2.5) * numrange(1.50, 2.50), '{[1.5,2.5),[1.50,2.500)}'::nummultirange", [['[1.50,2.50)', '[1.5,2.5)', '{[1.50,2.500)}']]],
  ['an OR chain does not take apart what is grouped by', 'select count(*) from r2 group by rollup ((id between symmetric 3 and c)) having (id between symmetric 3 and c) or true order by 1', [['2'], ['4'], ['6']]],
  ['an AND chain does not take apart what is grouped by', 'select count(*) from r2 group by id between 1 and 3 having (id between 1 and 3) and true', [['3']]],
  ['ARRAY of a query of arrays', "select array(select array[id, c] from r2 where id < 3 order by id), array(select '[2:3]={5,6}'::int[]), array(select array[id] from r2 where false)", [['{{1,1},{2,2}}', '[1:1][2:3]={{5,6}}', '{}']]],
  // It was evaluated for every row, before the sort.
  ['what is volatile is evaluated for the sorted rows', "select id, nextval('sq') from r2 order by id desc limit 2", [['6', '1'], ['5', '2']]],
  ['ranges and arrays of dates are known when planning', "select case when '[1999-01-01,2024-01-31]'::daterange = 'empty' then 1 / 0 when '{2024-01-01,null}'::date[] = '{}' then 2 / 0 else 3 end", [['3']]],
  ['a NULL array of values for format', "select format('Hello', variadic null::int[]), concat(variadic null::int[])", [['Hello', null]]],
  ['bounds so far apart that everything is in the last bucket', 'select width_bucket(0, -1e100::float8, 1, 10), width_bucket(1, 1e100::float8, 0, 10)', [['11', '11']]],
  ['aggregates of bit strings', "select bit_and(b), bit_or(b), bit_xor(b) from (values (b'1100'), (b'1010'), (null)) v(b)", [['1000', '1110', '0110']]],
  ['a table named recursive', 'with recursive (n) as (select 1), w as (select 2) select * from recursive, w', [['1', '2']]],
  ['a table named recursive without columns', 'with recursive as (select 1) select * from recursive', [['1']]],
  ['modifiers of a type as strings', "select 1::numeric(3,'1'), '12:00'::timetz('1')", [['1.0', '12:00:00+00']]],
  ['a distance of ROWS that is assigned to bigint', 'select count(*) over (order by id rows 1.5 preceding) from r2 where id < 4', [['1'], ['2'], ['3']]],
  ['subscripts of a document: as #> reads them', `select ('[1,2]'::jsonb)['0'], ('"s"'::jsonb)[0], ('{"0":7}'::jsonb)[0], ('[[1,2],[3]]'::jsonb)['-1'][0], ('[1]'::jsonb)[null], ('[5]'::jsonb)[0::int2]`, [['1', null, '7', '3', null, '5']]],
  // The rows of a set-returning function in GROUP BY were made above the groups: the key was NULL, and every group there as often as there were values.
  ['GROUP BY over a set-returning function', 'select generate_series(1, 2) x, sum(id) from r2 group by 1 order by 1', [['1', '21'], ['2', '21']]],
  ['GROUP BY over a set-returning function of columns', 'select generate_series(1, c) + 1, count(*), sum(c) from r2 group by generate_series(1, c) + 1 order by 1', [['2', '5', '11'], ['3', '3', '9'], ['4', '2', '7'], ['5', '1', '4']]],
  ['set-returning functions below groups and above', 'select unnest(array[1, 1, 2]) u, unnest(array[1, 1, 2]) * 10, generate_series(1, 2), count(*) from r2 group by u order by 1, 3', [['1', '10', '1', '12'], ['1', '10', '2', '12'], ['2', '20', '1', '6'], ['2', '20', '2', '6']]],
  ['DISTINCT and ORDER BY over one set-returning function', 'select distinct generate_series(1, 3) % 2 order by generate_series(1, 3) % 2 desc', [['1'], ['0']]],
  ['EXISTS over GROUP BY of no rows of a set', 'select exists (select from r2 group by generate_series(1, 0))', [['f']]],
  // Compared as records, the column of the subquery had lost the type by which a NOT IN knows that it can be hashed: XX000, no path.
  ['composite values NOT IN and IN a subquery', "select id from r2 t where nullif(row(id, h)::pair, null) not in (select row(e, 'a')::pair from r3) and nullif(row(id, h)::pair, null) in (select '(6,a)'::pair from r3)", [['6']]],
  ['windows over a set-returning function', 'select generate_series(1, 3) g, row_number() over (order by generate_series(1, 3) desc) order by 1', [['1', '3'], ['2', '2'], ['3', '1']]],
  ['windows over what a set-returning function gives', 'select generate_series(1, 2) g, count(*) over (partition by generate_series(1, 3) % 2) order by 1, 2', [['1', '1'], ['1', '2'], ['1', '2'], ['2', '1'], ['2', '2'], ['2', '2']]],
  ['set-returning functions in GREATEST and NULLIF', 'select greatest(generate_series(1, 2), 2), nullif(generate_series(1, 2), 1)', [['2', null], ['2', '2']]],
  ['the columns of a join under an alias', 'select j.* from (r2 a join r2 b using (id, c)) j where j.id = 1', [['1', '1', 'a', 'a']]],
  ['a digit of a template takes a byte of the text', "select to_number('€12', '999999'), to_number('€12', 'L99'), to_number('漢5', 'x9'), to_number('5漢6', '9x9')", [['12', '12', '5', '56']]],
];

const codes: readonly (readonly [string, string])[] = [
  ["select bit_and(b) from (values (b'1100'), (b'10')) v(b)", '22026'],
  ['alter table if exists nosuch rename constraint a to b', ''],
  ['alter table if exists nosuch set schema nosuch', ''],
  ['alter table r2 set schema nosuch', '3F000'],
  ['alter index v0 rename to v0', '42P07'],
  // A frame's distance is looked at over no rows too; a written row's fields are read when one of them is taken; values are bound before any is assigned.
  ['select max(id) over (order by id rows between -1 preceding and current row) from r2 where id < 0', '22013'],
  // Windows are defined when the other clauses have been bound.
  ["select max(id) over (order by nosuch) from r2 order by '{}'", '42601'], ['select max(id) over (order by nosuch) from r2', '42703'], ['select max(id) over w from r2 window w as (order by nosuch) limit true', '42804'], ['select 1 from r2 where max(id) over (order by nosuch) > 1', '42P20'], ['select max(id) over v from r2 order by nosuch', '42704'],
  ["select (('hello'::text, 1)::pair).y", '22P02'],
  ["update r2 u set c = 'x'::text, c = u.u", '42703'],
  ["select convert_to('日', 'win1252')", '22P05'],
  // || of a number and a text is as immutable as the number's output.
  ["create table g1 (a int, b text generated always as (a || ' sec') stored)", ''],
  ["create table g2 (a date, b text generated always as (a || ' sec') stored)", '42P17'],
  // An element is compared with a range's as it is called, domains and all.
  ['select 3::posint <@ int4range(1, 5)', '42883'],
  ["select '{[1,5)}'::int4multirange @> 3::posint", '42883'],
  ["select array(select '{}'::int[] from r2)", '2202E'],
  ['select array(select case id when 1 then array[1] end from r2)', '22004'],
  ["select array(select '{{{{{{1}}}}}}'::int[])", '54000'],
  ["select array_agg(a) from (values ('{{{{{{1}}}}}}'::int[])) v(a)", '54000'],
  ['select 1 from r2 group by (id = 1 or c = 1) having (id = 1 or c = 1) or true', '42803'],
  ['select 1 from r2 group by (id = 1 or c = 1) having true or (id = 1 or c = 1)', ''],
  ['insert into r2 values (1) on conflict (id id) do nothing', '42704'],
  ['insert into r2 values (1) on conflict (id nosuch.int4_ops) do nothing', '3F000'],
  ['insert into r2 values (1) on conflict (id int4_ops) do nothing', ''],
  ['insert into r2 values (1) on conflict (id int8_ops) do nothing', '42P10'],
  ['insert into r2 values (1) on conflict (id collate "C") do nothing', '42P10'],
  ['insert into r2 values (1) on conflict (id collate nosuch) do nothing', '42704'],
  ['insert into r2 values (1) on conflict (id desc) do nothing', '42P10'],
  ['insert into r2 values (1) on conflict (id nulls last) do nothing', '42P10'],
  ['create view vr as select row(1, 2) as x', '42P16'], ['create view vr as with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) search depth first by n set o select * from t', '42P16'],
  ['select * from (select distinct v from (values (1), (2)) d(v) cross join (select 3, sqrt(-1) from r2) e(a, b) where e.b is distinct from 1 and 4 in (e.a)) s', '2201F'],
  ['create index on r2 (h int4_ops)', '42804'],
  ['create index on r2 (h nosuch.text_ops)', '3F000'],
  ['create index on r2 (id int8_ops)', '42804'],
  ['create index on r2 (c int8_ops)', ''],
  ['select * from nosuch union select 1 for update', '0A000'],
  ["select 1::numeric('abc')", '22P02'],
  ["select '1'::timetz(a)", '22P02'],
  ['select 1::numeric(3 + 1)', '42601'],
  ['select * from r2 tablesample system (true)', '42804'],
  ['select * from r2 tablesample system (1) repeatable (now())', '42804'],
  ['select count(*) over (order by id rows true preceding) from r2', '42804'],
  ["select nosuch.t '1'", '3F000'],
  ['insert into r2 values (1) on conflict (c) do update set id = excluded.nosuch', '42703'],
  ['insert into r2 values (1) on conflict (c) do update set id = 1', '42P10'],
  ["select greatest('{1}'::int[], array[true])", '42846'],
  ['select d.x, d.y from (select c x, c y from r2) d group by d.x', '42803'],
  ['select sum(1) over (order by 1 range between following and unbounded following)', '42601'],
  ['select sum(1) over (order by id rows between following following and unbounded following) from (select 1 id, 1 "following") d', '42P10'],
  ['select id from r2 union select id from r3 order by count(*)', '0A000'],
  ['select id from r2 union select id from r3 order by id + 1, nosuch', '42703'],
  ['select id from r2 union select id from r3 order by generate_series(1, 2)', '0A000'],
  ["select (select row(1, 2)) = (select row(1, 'a'::text))", '42804'],
  ["select (select row(1, 2)) < (select row(1, 2, 3))", '42804'],
  ["select (select row(2, 2)) > (select row(1, 2, 3))", ''],
  ["select (select row('{}'::json)) = (select row('{}'::json))", '42883'],
  ["select p in (select row(1, 'a'::varchar)::record) from (select '(1,a)'::pair p) s", '42804'],
  ["select row(1, 2)::record *= row(1, 2::bigint)", '42804'],
  ['select row(1.5)::record *< row(1.25)', '0A000'],
  ['select 1 operator(nosuch.nosuch.+) 2', '0A000'],
  ['select operator(a.b.c.-) 2', '42601'],
  ['select 1 operator(nosuch.=) any (array[1])', '3F000'],
  ['select id from r2 order by id using operator(nosuch.<)', '3F000'],
  ['select id from r2 order by id using operator(public.<)', '42883'],
  ['select (select max(x) from generate_series(1, r2.c) x) from r2 group by (select max(x) from generate_series(1, r2.id) x)', '42803'],
  // A literal that is told apart, sorted or grouped by is text.
  ["select distinct 'a' union select null::uuid", '42804'], ["(select 'a' order by 1) union select null::uuid", '42804'], ["select 'a' group by 1 union select null::uuid", '42804'], ["select 'a' union select null::uuid", '22P02'],
  ['select 1 as a union select 2 order by a, true', '42601'], ["values (1) order by b'1'", '42601'],
  ["select * from unnest(array[row(1, 'a')::pair]) d(x int, y text)", '42601'],
  // INTO stands in the first SELECT of a statement, nowhere else.
  ['select * from (select 1 into f) b', '42601'], ['with w as (select 1 into f) select 1', '42601'], ['create table q as select 1 into f', '42601'], ['select 1 union select 2 into f', '42601'], ['insert into r2 select 1 into f', '42601'],
  // The marks of a cycle have a type before the query is looked at.
  ["with recursive w(x) as (select nosuch union all select x + 1 from w) cycle x set seen to 4 default 'N' using way select 1 from w", '22P02'],
  ["with recursive w(x) as (select nosuch union all select x + 1 from w) cycle x set seen to 4 default true using way select 1 from w", '42804'],
  // A row of VALUES is bound before its length is looked at.
  ["insert into r2 (id, c) values (1, 2), (3 * date '2024-01-01')", '42883'],
  ["values (1, 2), (3 * date '2024-01-01')", '42883'],
  ["values (1), (2, 3), (4 * date '2024-01-01')", '42601'],
  ['select greatest(1, true)', '42804'],
  ["select row(1, 2)::int", '42846'],
  ['select * from v0 tablesample system (1)', '0A000'],
  ["select percentile_disc(0.5) within group (order by 'x')", '42804'],
  ["select lag('x') over ()", '42804'],
  ["select array_length('{1}', 1)", '42804'],
  ['select t1.b()', '3F000'],
  ['select a in (array[1.5], b) from (values (array[1], array[2.5])) v(a, b)', '42883'],
  ['select length(h), exists (select from r3 where r3.id = length(r2.h)) from r2 group by length(h)', '42803'],
  ["select (('{{1,2}}'::int[])[1])[1]", '42804'],
  ['select 1 union select 2 order by 99999999999999', '42601'],
  ["select concat_ws(',', variadic 10)", '42804'],
  ['select concat(variadic 10)', '42804'],
  [`select case 'x' when 'y' then h collate "POSIX" else h collate "C" end from r2`, '42P21'],
  [`select 1 from r2 where h collate "POSIX" < h collate "C"`, '42P21'],
  [`select max(h collate "POSIX") || ('a' collate "C") from r2`, '42P21'],
  [`select nullif(h, h collate "POSIX") from r2 intersect select nullif('%'::text collate "C", 'a')`, '42P21'],
  [`select max(h collate "POSIX") from r2 union all select 'a' collate "C"`, '42P21'],
  [`select first_value(h collate "POSIX") over () from r2 except select 'a' collate "C"`, '42P21'],
  [`(select h collate "POSIX" from r2 union select 'a') union select 'a' collate "C"`, ''],
  [`select count(h collate "POSIX")::text from r2 union select 'a' collate "C"`, ''],
  [`values ('a' collate "C"), ('b' collate "POSIX")`, '42P21'],
  [`with recursive w(x, y) as (select 1, 2 union all select y, x from w) cycle y set seen to true default 'N' using way select seen from w limit 1`, ''],
  [`with recursive w(x, y) as (select 1, 2 union all select y, x from w) cycle y set seen to true default 'Z' using way select 1`, '22P02'],
  [`with recursive w(x, y) as (select 1, 2 union all select y, x from w) cycle y set seen to true default 1 using way select 1`, '42804'],
  ['update r2 u set (c, a) = row(u.id(1))', '3F000'],
  ['update r2 u set (c, a) = row(1)', '42601'],
  ["select null::text::pair >= overlay('null' placing '' from 3)::pair", '22P02'],
  ["select null::pair >= overlay('null' placing '' from 3)::pair", ''],
  ["select repeat(upper(null::posint::text), ('1' || 'x')::int)", '22P02'],
  ["select 1 from r2 where r2. not between 1 and 2", '42601'],
  ['select r2.nulls first from r2', '42601'],
  ["select b'012'", '22P02'],
  ["select x'0g'", '22P02'],
  ["select b'12' from from", '42601'],
  ["select b'12' from nosuch", '42P01'],
  ['create index on v0 (sum(id))', '42803'],
  ['create index on v0 ((nosuch + 1))', '42703'],
  ['create index on v0 (id)', '42809'],
  ['select u.x.u.x from r2 u', '0A000'],
  ['select * from nosuch.public.r2', '0A000'],
  ['with w(a) as (select 1 from nosuch) cycle a set z using p select 1', '42P01'],
  ['with w(a) as (select 1) cycle a set z using p select 1', '42601'],
  ['with recursive w(x, yx) as (select 1, 2 union all select 1, w.y from w) cycle y set seen using way select 1', '42703'],
  ['with recursive w(x, yx) as (select 1, 2 union all select 1, w.yx from w) cycle y set seen using way select 1', '42601'],
  ['declare c cursor for select nosuch from r2', '42703'],
  ['declare c cursor for select id from r2', '25P01'],
  ['alter table r2 alter h type int', '42804'],
  ['alter table r2 alter h type uuid using id::uuid', '42846'],
  ['alter table r2 alter h type varchar', '0A000'],
  ['select (nosuch).* and r2 from r2', '42703'],
  ["insert into r2 (id, c) values (1, 1), (2, 'x', nosuch)", '42703'],
  ["insert into r3 (id, b, e) values (1, now(), 1), (2, 'x', nosuch)", '42703'],
  ["select extract(timezone from 'infinity'::date)", '0A000'],
  ["select 'a'::char(99999999999999999999)", '42601'],
  ["select '1'::bit(99999999999)", '22003'],
  ["select 'a'::text(99999999999)", '42601'],
  ['select * from unnest(array[1], array[2]) d(x y)', '42601'],
  ["select * from nosuch('[]') as d(p nosuch)", '42883'],
  ["select * from jsonb_to_recordset('[]') as d(p nosuch)", '42704'],
  ['select * from r2, lateral (select * from r3 tablesample bernoulli (r2.id * 100)) s', '2202H'],
  ["select make_interval(secs => 'infinity')", '22008'],
  ["select make_interval(secs => 'nan')", '22008'],
  ['select percentile_cont(2) within group (order by id) from r2 where false', '22003'],
  ['select c, percentile_disc(2) within group (order by id) filter (where false) from r2 group by c', '22003'],
  ['select rank(1 / 0) within group (order by id) from r2 where false', '22012'],
  ["select justify_hours(interval '2147483647 days 2562047788:00:54')", '22008'],
  ["select justify_interval(interval '2147483647 mons 30 days')", '22008'],
  ["select date_bin(interval '2147483647 days', timestamp '2001-01-01', timestamp '2000-01-01')", '22008'],
  ["select interval '-2562047788:00:54.775808'", '22007'],
  ['select * from m0 for update', '42809'],
  ["select 'x'::a.b.c", '0A000'], ["select '2'::a.b.c.d", '42601'], ['select nosuch.pg_catalog.abs(1)', '0A000'], ['insert into a.b.c values (1)', '0A000'],
  ['create sequence wide increment 99999999999999999999', '22003'],
  ['merge into nosuch u using s on s.id = u.id when matched then do nothing when matched then do nothing', '42601'],
  ['update r2 u set id = id + 1 from r3 s where s.id = u.id returning u.nosuch', '42703'],
  ['alter table r2 alter h type int', '42804'],
  ['select id from r2 order by id fetch first null rows with ties', '2201W'],
  ['select id from r2 order by id fetch first (null::int) rows with ties', ''],
  ['select generate_series(1, c), count(*) from r2 group by generate_series(1, c) + 1', '42803'],
  ['select generate_series(1, count(*)) from r2 group by 1', '42803'],
  ['select true and generate_series(1, 2) = 1', '42804'], ['select not (generate_series(1, 2) = 1)', '42804'], ['select (generate_series(1, 2) = 1) is true', '42804'], ['select case when generate_series(1, 2) = 1 then 1 end', '42804'], ['select case 1 when generate_series(1, 2) then 1 end', '42804'],
  ['select case generate_series(1, 2) when 1 then 1 end', '0A000'], ['select generate_series(1, 2) between 1 and 2', '42804'], ['select generate_series(1, 2) in (1)', '42804'], ['select generate_series(1, 2) in (1, 2)', ''], ['select coalesce(generate_series(1, 2), 1)', '0A000'],
  ['insert into r2 values (generate_series(1, 2)), (1)', '0A000'],
  ['select j.h from (r2 a join r2 b using (id)) j', '42702'], ['select (j).h from (r2 a join r2 b using (id)) j', '42702'],
  ["with recursive t(n) as (select 'a'::varchar(3) union all select n || 'b' from t where length(n) < 3) select * from t", '42804'],
  ["with recursive t(n) as (select 'a'::varchar(3) union all select 'b' from t where n = 'a') select * from t", '42804'],
  ["with recursive t(n) as (select 'a'::varchar union all select n || 'b'::text from t where length(n) < 3) select * from t", ''],
  ["select to_number('€12', '99')", '22P02'],
  ['alter table m0 add column z int', '42809'], ['alter table m0 alter column id set statistics 10', ''],
  ['create temp table public.z (x int)', '42P16'], ['create index on r2 (c collate "C")', '42804'], ['create index on r2 (nosuch collate "nosuch")', '42703'],
  ['select join.c1 from (select 1 c1) "join"', '42601'],
  ['select 1 from (select 1 c1) "left" group by left.c1', '42601'],
  ['select * from rows from (left.x(1))', '42601'],
];

/** What a definition says first of what is wrong with it, and what is refused when it is written. */
const definitions: readonly (readonly [string, string])[] = [
  ['create view f as select id into q from r2', '0A000'], ['create view f as select nosuch into q from r2', '42703'], ['create view f as select 1 union select 2 into q', '42601'],
  ['create table r2 (x nosuch)', '42704'], ['create table r2 (x int, x int)', '42701'], ['create table r2 (x int, primary key (y))', '42703'], ['create table r2 (x int primary key, y int primary key)', '42P16'], ['create table r2 (x int null not null)', '42601'], ['create table r2 (like nosuch)', '42P01'],
  ['create table r2 (x int default nosuch)', '42P07'], ['create table r2 (x int references nosuch)', '42P07'], ['create table r2 (x int check (nosuch > 1))', '42P07'], ['create table f (x int default nosuch, x int)', '42701'], ['create table if not exists r2 (x nosuch)', ''],
  ['create table r2 as select nosuch', '42703'], ['create table if not exists r2 as select nosuch', '42703'], ['create sequence r2 increment 0', '22023'], ['create sequence if not exists sq increment 0', ''],
  ['comment on column sq.nosuch is null', '42703'], ['comment on column sq.last_value is null', '42809'], ['comment on column r2_pkey.nosuch is null', '42703'], ['comment on column pair.nosuch is null', '42703'], ['comment on column posint.x is null', '42P01'],
  ['analyze sq', ''], ['analyze v0', ''], ['analyze r2_pkey', ''], ['analyze r2 (id, id)', '42701'],
  ['select xmlagg(null)', '0A000'], ["select to_tsvector('a')", '0A000'], ['call abs(1)', '42809'], ['call nosuch(1)', '42883'], ['call r2(1)', '42883'],
  ...['select c, count(*) from r2 group by c', 'select distinct c from r2', 'select r2.id from r2, r3', 'select 1 as a', 'select c from r2 limit 1', 'select c from r2 union select 1', 'with w as (select 1) select c from r2', 'select 1 as x from r2 having true', 'select sum(c) over () from r2', 'select sum(c) from r2',
    'select generate_series(1, c) from r2', 'select c from (select c from r2) s', 'select c + 1 as b from r2', 'select c from r2 tablesample system (10)', 'select id from m0', 'select from r2', 'values (1)'].map((query): readonly [string, string] => [`create view f as ${query} with check option`, '0A000']),
  ['drop function if exists f(nosuch)', ''], ['drop function if exists f(nosuch.type)', ''], ['drop function f(nosuch)', '42704'], ['copy (select 1 into f) to stdout', '0A000'], ['select collation for (1)', '42804'], ['create temp view public.f as select 1', '42P16'], ['create temp sequence public.f', '42P16'], ['create temp table public.f as select 1', '42P16'], ['create schema sf create temp view f as select 1', '42P16'],
  ['create view f with (check_option = cascaded) as select 1', '0A000'], ['create view f with (check_option = local) as select id from r2 with check option', '22023'], ['create recursive view f (a) as select 1 with check option', '0A000'],
];

/** Assignments to subscripts of a document, and what becomes of it. */
const documents: readonly (readonly [string | null, string, string])[] = [
  [null, "j['a']['b'][2] = '1'", '{"a": {"b": [null, null, 1]}}'], [null, "j[2] = '1'", '[null, null, 1]'], [null, "j['0'][1]['a'] = '1'", '{"0": [null, {"a": 1}]}'], ['{}', "j['k'] = null", '{"k": null}'], ['{}', "j['k'][-3] = '1'", '{"k": [1]}'], ['[]', "j[0]['01'][' 1']['x'] = '1'", '[[null, [null, {"x": 1}]]]'],
  ['{"a": [1, {"b": 2}]}', "j['a'][1]['c']['d'] = '1'", '{"a": [1, {"b": 2, "c": {"d": 1}}]}'], ['{"a": [1, 2]}', "j['a'][-2] = '0', j['a'][3] = j['a'][1]", '{"a": [0, 2, null, 2]}'], ['[[1]]', "j[-1][0] = null", '[[null]]'],
  ['{"a": [1]}', "j['a'][-2] = '1'", '22023'], ['{"a": [1]}', "j['a'][0]['b'] = '1'", '22023'], ['5', "j[0] = '1'", '22023'], ['null', "j['a'] = '1'", '22023'], ['[1]', "j['x'] = '1'", '22P02'], ['[[1]]', "j[0]['x']['y'] = '1'", '22P02'], ['{}', "j[null]['a'] = null", '22004'], ['[]', "j[2147483647] = '1'", '54000'],
  ['[]', "j[1:2] = '1'", '42804'], ['[]', "j[:] = '1'", '42804'], ['[]', "j[true] = '1'", '42804'], ['[]', "j[1.0] = '1'", '42804'], ['[]', 'j[0] = 1', '42804'], ['[]', "j[1] = default", '0A000'],
];

describe('what random statements found', () => {
  test.each(documents)('%s with %s', async (old, assignment, expected) => {
    for (const sql of ['create table doc (j jsonb)', `insert into doc values (${old === null ? 'null' : `'${old}'`})`]) expect((await engine.run(sql)).message, sql).toBe('');
    const answer = await engine.run(`update doc set ${assignment} returning j`);
    expect(answer.code ?? answer.rows[0]![0]).toBe(expected);
    await engine.run('drop table doc');
  });
  test.each(rows)('%s', async (_name, sql, expected) => {
    const answer = await engine.run(sql);
    expect(answer.message).toBe('');
    expect(answer.rows).toEqual(expected);
  });
  test.each(codes)('%s: %s', async (sql, code) => {
    expect((await engine.run(sql)).code ?? '').toBe(code);
  });
  test.each(definitions)('%s: %s', async (sql, code) => {
    expect((await engine.run(sql)).code ?? '').toBe(code);
  });
  test('names and types of columns', async () => {
    expect((await engine.run("select case when true then 1 else 2::int8 end, nullif('a'::varchar, 'b'), nullif(1, 2.5)")).names).toEqual(['case', 'nullif', 'nullif']);
    expect((await engine.run("select case when true then 1 else 2::int8 end, nullif('a'::varchar, 'b'), nullif(1, 2.5), 1::posint")).types).toEqual(['20', '25', '1700', '23']);
    expect((await engine.run("select (select 'a' || 'b')::text, (select 1 as x)::text, (select count(*))::text, (select false)")).names).toEqual(['?column?', 'x', 'count', '?column?']);
    expect((await engine.run('select v from v0 v')).types).toEqual(['user']);
    expect((await engine.run('select v.*::text from v0 v')).names).toEqual(['v']);
    expect((await engine.run('show timezone')).rowCount).toBeNull();
  });
});
