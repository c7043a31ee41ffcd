/** Statements with a mistake in them: names misspelt, words dropped, doubled and changed, and the classics of wrong SQL. Only SQLSTATEs are compared. */
import { isView, type Generator } from './generator.js';

const classics = [
  'select {c} from {t} group by id + 1', 'select count(*) from {t} where count(*) > 1', 'select sum(count(*)) from {t}', 'select {c} from {t}, {t}', 'select * from {t} a, {t} a', 'select {c} from {t} a, {t} b', 'select 1 from {t} order by 2', 'select 1 from {t} group by 2', 'select * from {t} where {c}', 'select 1 + row(1, 2)',
  'select (select id, id from {t})', 'select (select id from {t})', 'select 1 union select 1, 2', "select 1 union select 'x'", 'select 1 union select true', 'select * from (select 1) where x', 'select nosuch(1)', 'select upper(1, 2)', 'select {t}.nosuch from {t}', 'select nosuch.{c} from {t}', 'select * from nosuch', 'select * from nosuch.{t}',
  'select row_number() from {t}', 'select * from {t} where row_number() over () = 1', 'select rank() over w from {t}', 'select 1 limit -1', 'select 1 offset -2', "select 1 limit 'x'", 'select distinct id from {t} order by {c}', 'select distinct on (id) * from {t} order by {c}, id', 'select id from {t} for update of nosuch', 'select count(*) from {t} for update', 'select id from {t} union select id from {t} for update',
  'select * from {t} join {t} b using (nosuch)', 'select * from {t} natural join (select 1 as id, 2 as id) q', 'select * from {t} a join {t} b on a.id = c.id', 'select * from {t} a, (select a.id) b', 'select * from {t} a full join {t} b on a.id < b.id', 'insert into {t} values (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)', 'insert into {t} (nosuch) values (1)', 'insert into {t} (id, id) values (1, 2)', 'insert into {t} (id) values (1, 2)', 'insert into {t} (id) select 1, 2',
  'update {t} set nosuch = 1', 'update {t} set id = 1, id = 2', 'update {t} set id = sum(id)', 'delete from {t} where nosuch = 1', 'update {t} set id = id from {t}', "insert into {t} (id) values ('x')", 'insert into {t} (id) values (row(1))', 'select cast(1 as nosuch)', "select '1'::int4::date", 'select 1::bool::date', "select date '2024-01-01' + date '2024-01-01'", 'select true + 1', 'select not 1', 'select 1 and true',
  "select 'a' || 1 || null || array[1]", 'select array[1, true]', "select array[1, 'x']", 'select case when 1 then 2 end', "select case when true then 1 else 'x' end", 'select coalesce(1, true)', 'select 1 in (true)', "select 1 in ('x')", 'select (1, 2) = (1, 2, 3)', 'select (1, 2) in (select 1)', 'select 1 = any (1)', 'select 1 = any (select 1, 2)', 'select sum(distinct id) over () from {t}', 'select count(*) filter (where 1) from {t}', 'select upper(\'x\') filter (where true)',
  'select lag(id) from {t}', 'select string_agg(id) from {t}', "select percentile_cont(0.5) from {t}", 'select percentile_cont(2) within group (order by id) from {t}', 'select mode() within group (order by id, id) from {t}', 'with w as (select 1) select * from w, w', 'with w as (select 1), w as (select 2) select 1', 'with w(a, b) as (select 1) select * from w', 'with recursive w as (select 1 union all select count(*) from w) select * from w', 'with recursive w as (select * from w) select * from w',
  'with recursive w(n) as (select 1 union all select n + 1.5 from w) select * from w', 'select generate_series(1, 2) from {t} where generate_series(1, 2) = 1', 'select * from generate_series(1)', 'select * from {t} tablesample nosuch (1)', 'select * from {t} tablesample bernoulli (200)', 'values (1), (1, 2)', 'values (1), (\'x\')', "select 1 as \"\"", 'select \'abc', 'select "abc', 'select /* abc', 'select 1 1', 'select from from {t}', 'selec 1', 'select * form {t}', 'select ((1)', 'select 1 +', 'select 1 where', 'create table', 'select * from {t} order', 'select 0x', 'select 1e', "select e'\\x'", "select e'\\u12'", "select U&'\\00'", "select b'12'", "select x'0g'",
  'select {c} from {t} having count(*) > 1', 'select * from {t} having true', 'select id, count(*) from {t}', 'select max(id) over (rows between 1 following and 1 preceding) from {t}', "select max(id) over (order by {c} range between 'x' preceding and current row) from {t}", 'select max(id) over (range between 1 preceding and current row) from {t}', 'select max(id) over (groups 1 preceding) from {t}', 'select max(id) over (order by id rows between -1 preceding and current row) from {t}', 'select ntile(0) over () from {t}', 'select nth_value(id, 0) over () from {t}', 'select max(id) over w from {t} window w as (), w as ()', 'select max(id) over (w order by id) from {t} window w as (order by {c})',
  'select extract(nosuch from now())', "select date_trunc('nosuch', now())", "select interval '1 nosuch'", "select to_char(1, 2, 3)", "select 'x'::regclass", "select 'nosuch'::regtype", 'select pg_typeof(nosuch)', 'select {t}.* is null from {t} x', 'select x.* from {t} x where {t}.id = 1', 'insert into {t} (id) values (1) on conflict (nosuch) do nothing', 'insert into {t} (id) values (1) on conflict do update set id = 1', 'insert into {t} (id) values (1) on conflict (id) do update set id = excluded.nosuch', 'insert into v0 default values', 'delete from v0 where false returning nosuch', 'truncate v0', 'alter table {t} add column id int', 'alter table {t} drop column nosuch', 'alter table {t} rename column nosuch to x', 'alter table {t} rename column id to {c}', 'alter table nosuch add x int', 'alter table {t} alter {c} type nosuch', 'drop table v0', 'drop view {t}', 'drop table nosuch', 'create view {t} as select 1', 'create table zz as select 1 as a, 2 as a', 'create table zz (a int references nosuch)', 'create table zz (a int references {t} (nosuch))', "create table zz (a int default 'x')", 'create table zz (a int check (nosuch > 1))', 'create table zz (a int check (a))', 'create table zz (a int generated always as (b) stored)', 'create table zz (a int default sum(1))', 'create table zz (a serial[], b int)', 'create index on {t} (sum(id))', 'create index on {t} ((random()))', 'create type mood as enum ()', "create type m2 as enum ('a', 'a')", 'create domain posint as int', 'create sequence sq', 'create sequence s3 increment 0', 'create schema public', 'set nosuch_setting to 1', 'execute nosuch', 'fetch from nosuch', 'close nosuch', 'lock table nosuch', 'comment on column {t}.nosuch is null', 'merge into {t} using {t} s on true when matched then insert values (1)', 'merge into {t} t using {t} s on t.id = s.id when not matched then delete', 'copy nosuch to stdout', 'create view zz as select id into q from {t}', 'create view zz as select nosuch into q from {t}', 'create view zz as select id from {t} limit 1 with check option', 'select p_nothing(1)', "select p_nothing('x', 2)", 'select * from p_nothing(1)', 'call f_add(1, 2)', 'call nosuch(1)', 'call abs(1)', 'select xmlagg(null)', 'create temp view public.zz as select 1', 'drop function if exists f_add(nosuch)', 'drop function f_add(nosuch)', 'select collation for (1)', 'copy (select 1 into q) to stdout', 'select f_size() from {t} group by f_size() having {c}',
];

/** A mistaken statement; `base` is a good one to spoil. */
export function mistake(g: Generator, base: string): string {
  const { c } = g;
  if (c.chance(0.5)) {
    // A view that cannot be written to is a mistake more, and which is met first is no one's to say.
    const table = c.pick(g.tables.filter((candidate) => !isView(candidate) || candidate.name === 'v0'));
    return c.pick(classics).replaceAll('{t}', table.name).replaceAll('{c}', c.pick(table.columns).name);
  }
  return spoil(g, base);
}

function spoil(g: Generator, base: string): string {
  const { c } = g;
  const words = base.match(/'(?:[^']|'')*'|\w+|\s+|[^\w\s]/g) ?? [];
  const places = words.flatMap((word, i) => (/\s/.test(word) ? [] : [i]));
  const at = c.pick(places);
  switch (c.below(7)) {
    case 0:
      words[at] = '';
      break;
    case 1:
      words[at] = `${words[at]} ${words[at]}`;
      break;
    case 2:
      [words[at], words[c.pick(places)]] = [words[c.pick(places)]!, words[at]!];
      break;
    case 3:
    case 4: {
      const names = places.filter((place) => /^[a-z]\w*$/.test(words[place]!));
      if (names.length > 0) words[c.pick(names)] += 'x';
      break;
    }
    case 5:
      words[at] = c.pick(['1', "'x'", 'null', 'true', '(', ')', ',', 'select', 'from', '.', '*', 'and', 'array[1]', 'row(1, 2)', 'count(*)', "'2024-01-01'::date"]);
      break;
    default: {
      const literals = places.filter((place) => /^(\d+|'.*')$/s.test(words[place]!));
      if (literals.length > 0) words[c.pick(literals)] = c.pick(["'abc'", '1.5', 'true', 'null', "'{}'", '99999999999999999999']);
    }
  }
  return words.join('');
}
