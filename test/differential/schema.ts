/** The tables of a round: a type of every kind somewhere, keys, defaults, checks, references, indexes of every shape, and rows. */
import type { Generator, TableColumn, TableModel } from './generator.js';
import { comparable, kinds, literal, typeNames, value, type Kind } from './kinds.js';

const usual: readonly Kind[] = ['int4', 'text', 'int4', 'numeric', 'int8', 'bool', 'date', 'timestamp', 'text', 'int2'];

/** Statements that make the round's schema; the generator knows its tables afterwards. */
export function schemaScript(g: Generator): string[] {
  const { c } = g;
  const script = ["create type mood as enum ('sad', 'ok', 'happy')", 'create domain posint as int check (value > 0)', 'create type pair as (x int, y text)', 'create domain dpair as pair'];
  for (let t = 0; t < 5; t++) script.push(...newTable(g, `r${t}`));
  const withSimpleKey = (): TableModel | undefined => g.tables.find((table) => table.key.length === 1);
  for (let t = 5; withSimpleKey() === undefined; t++) script.push(...newTable(g, `r${t}`));
  const parent = withSimpleKey()!;
  script.push(`create table child (id serial primary key, parent_id int references ${parent.name} (id) on delete ${c.pick(['cascade', 'set null', 'no action', 'restrict', 'set default'])}${c.maybe(0.4, () => ' deferrable initially deferred')}, a int4 default 3, p posint, t text not null default 'd', g int generated always as (a * 2) stored)`);
  g.tables.push({
    name: 'child', key: ['id'], columns: [
      { name: 'id', kind: 'int4', isRequired: true, hasDefault: false, isGenerated: false }, { name: 'parent_id', kind: 'int4', isRequired: false, hasDefault: false, isGenerated: false },
      { name: 'a', kind: 'int4', isRequired: false, hasDefault: true, isGenerated: false }, { name: 't', kind: 'text', isRequired: true, hasDefault: true, isGenerated: false }, { name: 'g', kind: 'int4', isRequired: false, hasDefault: true, isGenerated: true },
    ],
  });
  // How many numbers a failed statement uses up is nobody's promise: later rows give their own.
  script.push('insert into child (a, t) values (1, \'x\'), (2, \'y\'), (null, \'x\'), (4, \'z\')');
  const first = g.tables[0]!;
  script.push(`create view v0 as select ${first.columns.map((column) => column.name).join(', ')} from ${first.name} where id > 1`);
  g.tables.push({ ...first, name: 'v0', columns: first.columns.map((column) => ({ ...column, isGenerated: true })) });
  script.push('create sequence sq start 5 increment 3', ...functions, ...laterFunctions, ...views(g));
  if (c.chance(0.7)) script.push('analyze');
  return script;
}

/** Functions in SQL: inlined and not, strict, with defaults, names, OUT, VARIADIC and sets; functions-composite.ts and from.ts call them. */
const functions: readonly string[] = [
  "create function f_add(a int, b int default 1) returns int language sql immutable as 'select a + b'",
  "create function f_strict(int, int) returns int language sql immutable strict as 'select coalesce($1, 0) + $2 % 7'",
  "create function f_count(int) returns int language sql stable as 'select count(*)::int from r0 where id < $1'",
  "create function f_least(variadic list int[]) returns int language sql immutable as 'select min(x) from unnest(list) x'",
  "create function f_greet(t text, hello text default 'hi') returns text language sql immutable return hello || ' ' || t",
  "create function f_any(anyelement) returns anyelement language sql immutable as 'select $1'",
  "create function f_even(int) returns bool language sql immutable as 'select $1 % 2 = 0'",
  "create function f_pair(int, text) returns pair language sql immutable as 'select row($1, $2)::pair'",
  "create function f_next(m mood) returns mood language sql immutable as $$ select case m when 'sad' then 'ok'::mood else 'happy' end $$",
  "create function f_mood(t text) returns mood language sql stable as 'select t::mood'",
  "create function f_divide(int, int) returns int language sql immutable as 'select $1 / $2'",
  "create function f_set(n int) returns setof int language sql stable as 'select x * 2 from generate_series(1, n) x'",
  "create function f_rows(k int) returns table (x int, y text) language sql stable as 'select id, id::text from r0 where id <= k order by id'",
  "create function f_out(n int, out a int, out b text) language sql immutable as $$ select n + 1, 'n' || n $$",
];

/** Volatile ones, which see what their caller has changed, functions of composite sets, and a procedure; dml.ts, table-functions.ts and mistakes.ts call them. */
const laterFunctions: readonly string[] = [
  "create function f_size() returns int language sql volatile as 'select count(*)::int from child'",
  "create function f_total(k int) returns int language sql volatile as 'select coalesce(sum(a), 0)::int % 100000 from child where id >= k'",
  "create function f_dset(n int) returns setof dpair language sql stable as $$ select row(x, 'd' || x)::pair from generate_series(1, n) x $$",
  "create function f_pset(n int) returns setof pair language sql immutable as $$ select row(x, 'p')::pair from generate_series(1, n) x $$",
  "create procedure p_nothing(int) language sql as 'select 1'",
];

/** Views that are more than a table's columns: a join, groups, one that may be written to, and a materialized one. */
function views(g: Generator): string[] {
  const [first, second] = g.tables;
  const script = [
    `create view v1 as select l.id, r.id as other, count(*) over (partition by r.id) as n from ${first!.name} l left join ${second!.name} r on r.id = l.id + 1`,
    `create view v2 as select id % 4 as id, count(*) as n, max(id) as top from ${second!.name} group by id % 4`,
    `create materialized view mv0 as select id, id % 3 as k, 'm' || id as t from ${second!.name}`,
  ];
  const columnsOf = (...columns: readonly (readonly [string, Kind])[]): TableColumn[] => columns.map(([name, kind]) => ({ name, kind, isRequired: false, hasDefault: false, isGenerated: true }));
  g.tables.push({ name: 'v1', key: [], columns: columnsOf(['id', 'int4'], ['other', 'int4'], ['n', 'int8']) });
  g.tables.push({ name: 'v2', key: ['id'], columns: columnsOf(['id', 'int4'], ['n', 'int8'], ['top', 'int4']) });
  g.tables.push({ name: 'mv0', key: [], columns: columnsOf(['id', 'int4'], ['k', 'int4'], ['t', 'text']) });
  return script;
}

export function newTable(g: Generator, name: string): string[] {
  const { c } = g;
  const columns: TableColumn[] = [{ name: 'id', kind: 'int4', isRequired: true, hasDefault: false, isGenerated: false }];
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'h'];
  for (const column of names.slice(0, c.between(3, 7))) columns.push({ name: column, kind: c.chance(0.65) ? c.pick(usual) : c.pick(kinds), isRequired: c.chance(0.15), hasDefault: c.chance(0.15), isGenerated: false });
  const hasKey = c.chance(0.85);
  const definitions = columns.map((column, i) => {
    if (i === 0) return `id int${hasKey ? ' primary key' : ' not null'}`;
    const check = c.maybe(0.1, () => (column.kind === 'int4' ? ` check (${column.name} < 1000)` : ''));
    return `${column.name} ${typeNames[column.kind]}${column.hasDefault ? ` default ${value(c, column.kind)}` : ''}${column.isRequired ? ' not null' : ''}${check}`;
  });
  const script = [`create table ${name} (${definitions.join(', ')})`];
  const table: TableModel = { name, columns, key: hasKey ? ['id'] : [] };
  g.tables.push(table);
  const rows = Array.from({ length: c.between(4, 24) }, (_, i) => `(${columns.map((column, n) => (n === 0 ? String(i) : column.isRequired ? value(c, column.kind) : c.chance(0.18) ? 'null' : literal(c, column.kind))).join(', ')})`);
  script.push(`insert into ${name} values ${rows.join(', ')}`);
  for (let n = c.below(4); n > 0; n--) script.push(createIndex(g, table));
  return script;
}

export function createIndex(g: Generator, table: TableModel): string {
  const { c } = g;
  const usable = table.columns.filter((column) => comparable.includes(column.kind));
  const part = (column: TableColumn): string => {
    const target = column.kind === 'text' && c.chance(0.2) ? `lower(${column.name})` : column.kind === 'int4' && c.chance(0.1) ? `(${column.name} + 1)` : column.name;
    return `${target}${c.pick(['', '', ' desc', ' nulls first', ' desc nulls last'])}`;
  };
  const columns = c.some(usable, 1, 3);
  const includes = c.maybe(0.2, () => ` include (${c.pick(table.columns).name})`);
  const where = c.maybe(0.15, () => ` where ${c.pick(usable).name} is not null`);
  return `create index ${g.name(`${table.name}_i`)} on ${table.name} (${columns.map(part).join(', ')})${includes}${where}`;
}
