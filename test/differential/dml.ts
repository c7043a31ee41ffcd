/**
 * INSERT, UPDATE, DELETE and MERGE with all their clauses. Each row is changed by at most one source row, and keys move by whole distances, so that
 * the order in which rows are met does not show.
 */
import { condition, expression } from './expressions.js';
import { isView, type Environment, type Generator, type TableColumn, type TableModel } from './generator.js';
import { literal, value, type Column, type Kind } from './kinds.js';
import { selectQuery } from './select.js';

const envOf = (columns: readonly Column[], depth = 0): Environment => ({ columns, grouped: undefined, windows: undefined, depth, isRisky: false });

/** A statement that changes one table, and which table that is. */
export function change(g: Generator): { sql: string; table: TableModel } {
  const { c } = g;
  g.ctes = [];
  if (c.chance(0.05)) return { sql: ownChanges(g), table: g.tables.find(({ name }) => name === 'child')! };
  const table = c.pick(g.tables.filter((candidate) => !isView(candidate)));
  if (c.chance(0.04)) return { sql: twice(g, table), table };
  const sql = c.weighted([[4, insert], [4, update], [2, remove], [1.5, merge], [1, changeInCte]] as const)(g, table);
  return { sql, table };
}

function columnsOf(table: TableModel, alias: string): Column[] {
  return table.columns.map((column) => ({ sql: `${alias}.${column.name}`, kind: column.kind }));
}

function newValue(g: Generator, column: TableColumn): string {
  const { c } = g;
  if (column.name === 'id') return String(c.chance(0.8) ? c.between(100, 9999) : c.between(0, 25));
  if (c.chance(0.05)) return 'default';
  if (column.isGenerated) return c.chance(0.9) ? 'default' : '1';
  if (c.chance(0.04)) return 'null';
  return c.chance(0.8) ? value(c, column.kind) : literal(c, column.kind);
}

function returning(g: Generator, table: TableModel, alias: string): string {
  const { c } = g;
  return c.maybe(0.4, () => ` returning ${c.pick([() => '*', () => `${alias}.id`, () => `${alias}.*`, () => `${expression(g, 'int4', envOf(columnsOf(table, alias)), 1)} as r, ${alias}.id`])()}`);
}

function insert(g: Generator, table: TableModel): string {
  const { c } = g;
  if (c.chance(0.04) && table.name !== 'child') return `insert into ${table.name} default values`;
  const required = table.columns.filter((column) => column.isRequired && !column.hasDefault);
  const optional = table.columns.filter((column) => !required.includes(column) && !column.isGenerated && column.name !== 'id');
  const targets = [...required, ...c.some(optional, 0, optional.length)];
  if (targets.length === 0) targets.push(table.columns[1]!);
  const list = targets.map((column) => column.name).join(', ');
  const alias = c.chance(0.3) ? 'tgt' : table.name;
  let source: string;
  if (c.chance(0.25)) {
    const query = selectQuery(g, targets.map((column): Kind => column.kind), { outer: [], depth: 1 });
    source = `select ${targets.map((column, i) => (column.name === 'id' ? `(${c.between(1, 9)}00 + row_number() over (order by ${targets.map(({ kind }, n) => (kind === 'json' ? `q.c${n}::text` : `q.c${n}`)).join(', ')}))::int` : `q.c${i}`)).join(', ')} from (${query.sql}) q`;
  } else source = `values ${c.many(1, 3, () => `(${targets.map((column) => newValue(g, column)).join(', ')})`).join(', ')}`;
  const conflict = table.key.length > 0 && targets.some((column) => column.name === 'id') ? c.maybe(0.4, () => onConflict(g, table, alias)) : '';
  return `insert into ${table.name}${alias === 'tgt' ? ' as tgt' : ''} (${list}) ${source}${conflict}${returning(g, table, alias)}`;
}

function onConflict(g: Generator, table: TableModel, alias: string): string {
  const { c } = g;
  if (c.chance(0.4)) return ` on conflict ${c.pick(['', '(id) ', `on constraint ${table.name}_pkey `])}do nothing`;
  const sets = c.some(table.columns.filter((column) => !column.isGenerated && column.name !== 'id'), 1, 2).map((column) => `${column.name} = ${c.pick([`excluded.${column.name}`, 'default', `${alias}.${column.name}`, value(c, column.kind)])}`);
  return ` on conflict (id) do update set ${sets.join(', ')}${c.maybe(0.3, () => ` where ${condition(g, envOf(columnsOf(table, alias)), 1)}`)}`;
}

function assignments(g: Generator, table: TableModel, env: Environment): string {
  const { c } = g;
  const free = table.columns.filter((column) => !column.isGenerated && column.name !== 'id');
  const chosen = c.some(free, 1, 3);
  if (c.chance(0.06)) return `id = id + ${c.between(1, 5)}0000`;
  if (chosen.length > 1 && c.chance(0.15)) return `(${chosen.map((column) => column.name).join(', ')}) = (${c.chance(0.5) ? 'row' : ''}`.replace(/\((row)?$/, '$1(') + `${chosen.map((column) => expression(g, column.kind, env, 1)).join(', ')})`;
  return chosen.map((column) => {
    if (column.kind === 'int4[]' && c.chance(0.4)) return `${column.name}[${c.between(1, 3)}] = ${expression(g, 'int4', env, 0)}`;
    if (c.chance(0.05)) return `${column.name} = default`;
    return `${column.name} = ${expression(g, column.kind, env, 2)}`;
  }).join(', ');
}

function update(g: Generator, table: TableModel): string {
  const { c } = g;
  const alias = c.chance(0.5) ? 'u' : table.name;
  const own = columnsOf(table, alias);
  const target = `${table.name}${alias === 'u' ? ' u' : ''}`;
  if (c.chance(0.3)) {
    const source = c.pick(g.tables.filter((candidate) => candidate.key.length > 0));
    const both = [...own, ...columnsOf(source, 's')];
    return `update ${target} set ${assignments(g, table, envOf(both))} from ${source.name} s where s.id = ${alias}.id${c.maybe(0.6, () => ` and ${condition(g, envOf(both, 1), 1)}`)}${returning(g, table, alias)}`;
  }
  return `update ${target} set ${assignments(g, table, envOf(own, c.chance(0.2) ? 1 : 0))}${c.maybe(0.85, () => ` where ${condition(g, envOf(own, 1), 1)}`)}${returning(g, table, alias)}`;
}

function remove(g: Generator, table: TableModel): string {
  const { c } = g;
  const alias = c.chance(0.5) ? 'u' : table.name;
  const own = columnsOf(table, alias);
  const target = `${table.name}${alias === 'u' ? ' u' : ''}`;
  // Enough rows must stay for the queries that follow.
  const few = `${alias}.id % ${c.between(4, 7)} = ${c.below(4)}`;
  if (c.chance(0.25)) {
    const source = c.pick(g.tables);
    return `delete from ${target} using ${source.name} s where ${few} and s.id = ${alias}.id and ${condition(g, envOf([...own, ...columnsOf(source, 's')]), 1)}${returning(g, table, alias)}`;
  }
  return `delete from ${target} where ${few} and ${condition(g, envOf(own, 1), 1)}${returning(g, table, alias)}`;
}

function merge(g: Generator, table: TableModel): string {
  const { c } = g;
  const source = c.pick(g.tables.filter((candidate) => candidate.key.length > 0));
  const from = columnsOf(source, 's');
  const both = [...columnsOf(table, 'u'), ...from];
  const required = table.columns.filter((column) => column.isRequired && !column.hasDefault);
  const matched = c.many(0, 2, () => ` when matched${c.maybe(0.6, () => ` and ${condition(g, envOf(both), 1)}`)} then ${c.pick([() => 'do nothing', () => `update set ${assignments(g, table, envOf(both))}`, () => 'delete'])()}`);
  const missing = c.maybe(0.7, () => ` when not matched${c.maybe(0.5, () => ` and ${condition(g, envOf(from), 1)}`)} then ${required.length > 0 ? `insert (${required.map((column) => column.name).join(', ')}) values (${required.map((column) => (column.name === 'id' ? 's.id + 500' : value(c, column.kind))).join(', ')})` : c.pick(['do nothing', 'insert default values'])}`);
  if (matched.length === 0 && missing === '') return `merge into ${table.name} u using ${source.name} s on s.id = u.id when matched then do nothing`;
  return `merge into ${table.name} u using ${source.name} s on s.id = u.id${matched.join('')}${missing}`;
}

/** Rows that one part of a statement changes and another takes up: chains of CTEs, INSERT over RETURNING, conflicts among them. */
function moved(g: Generator, table: TableModel): string {
  const { c } = g;
  const few = `id % ${c.between(4, 7)} = ${c.below(4)}`;
  const column = c.pick(table.columns);
  const shown = c.pick(['*', `id, ${column.name}`, `id, ${column.name} is null as x, ${table.name}`]);
  const first = c.pick([`delete from ${table.name} where ${few} returning ${shown}`, `update ${table.name} set id = id + ${c.between(1, 4)}0000 where ${few} returning ${shown}`, `select ${shown} from ${table.name} where ${few}`]);
  const next = `insert into child (id, a, t) select m.id + ${c.between(1, 9)}000000, count(*), 'moved' from m group by m.id${c.maybe(0.4, () => ` on conflict (id) do ${c.pick(['nothing', "update set t = child.t || excluded.t, a = excluded.a + 1"])}`)} returning ${c.pick(['id, a', '*', 'child', 'g'])}`;
  switch (c.below(4)) {
    case 0:
      return `with m as (${first}) ${next}`;
    case 1:
      return `with m as (${first}), n as (${next}) select (select count(*) from m), (select count(*) from n), (select count(*) from child)`;
    case 2:
      return `with m as materialized (${first}), n as (${next}) update ${table.name === 'child' ? 'r0' : 'child'} u set a = a from m where m.id = u.id and exists (select from n) returning u.id`;
    default:
      return `with m as (${first}), n as (select id % 3 as k, count(*) as n from m group by 1) select n.k, n.n, r.id from n left join ${table.name} r on r.id = n.k`;
  }
}

/** Volatile functions that see what the statement has changed so far, where the order of its rows is given. */
function ownChanges(g: Generator): string {
  const { c } = g;
  const first = c.between(1, 2000) * 1_000_000;
  const seen = (): string => c.pick(['f_size()', `f_total(${first})`, `f_size() + f_total(${first})`, `(select f_size())`, `case when f_size() % 2 = 0 then f_size() else 1 end`]);
  const back = c.maybe(0.6, () => ` returning ${c.pick(['id, a', 'a, f_size()', `f_total(${first})`, '*'])}`);
  const only = `id = (select min(id) from child)`;
  return c.pick([
    () => `insert into child (id, a, t) values ${c.many(1, 4, () => 0).map((_, i) => `(${first + i}, ${seen()}, 'v')`).join(', ')}${back}`,
    () => `insert into child (id, a, t) select ${first} + g, ${seen()}, 'v' from generate_series(1, ${c.between(1, 5)}) g${c.maybe(0.5, () => ` where f_total(${first}) < ${c.between(1, 200)}`)}${back}`,
    () => `insert into child (id, a, t) select ${first} + x, ${seen()}, 'v' from (values (3), (1), (2)) v(x) order by x${c.maybe(0.3, () => ' limit 2')}${back}`,
    () => `insert into child (id, a, t) select ${first}, ${seen()}, 'u' union all select ${first + 1}, ${seen()}, 'u'${back}`,
    () => `insert into child (id, a, t) values (${first}, ${seen()}, 'v'), (1, 0, 'w') on conflict (id) do update set a = ${seen()}${back}`,
    () => `update child set a = ${seen()} where ${only}${c.maybe(0.5, () => ` and ${seen()} > 0`)}${back}`,
    () => `delete from child where id = (select max(id) from child) and ${seen()} > ${c.below(8)}${back}`,
    () => `with m as (insert into child (id, a, t) values (${first}, ${seen()}, 'm')${c.pick(['', ' returning a'])}) select f_total(${first}) >= 0`,
  ])();
}

/** One row that several parts of a statement change: which of them does is defined. */
function twice(g: Generator, table: TableModel): string {
  const { c } = g;
  const free = table.columns.filter((column) => !column.isGenerated && column.name !== 'id');
  const row = `id = ${table.name === 'child' ? 1 : c.between(0, 6)}`;
  const part = (back: string): string => {
    if (free.length === 0 || c.chance(0.15)) return `delete from ${table.name} where ${row}${back}`;
    const column = c.pick(free);
    return `update ${table.name} set ${column.name} = ${value(c, column.kind)} where ${row}${back}`;
  };
  const reads = c.chance(0.3);
  const main = c.pick([() => part(' returning id'), () => `${part('').replace(/ where .*$/, '')} where ${row}${reads ? ' and exists (select from m0)' : ''} returning id`, () => 'select 1', () => `select count(*) from ${table.name}`, () => 'select count(*) from m0']);
  return `with ${c.many(1, 3, () => 0).map((_, i) => `m${i} as (${part(' returning id')})`).join(', ')} ${main()}`;
}

/** A data-modifying CTE; the outer query sees the table as it was. */
function changeInCte(g: Generator, table: TableModel): string {
  const { c } = g;
  if (c.chance(0.5)) return moved(g, table);
  const inner = c.pick([
    `update ${table.name} set id = id where id % 3 = ${c.below(3)} returning id`, `delete from ${table.name} where id % 7 = ${c.below(7)} returning id`,
    `insert into ${table.name} select * from ${table.name} where false returning id`,
  ]);
  return `with m as (${inner}) ${c.pick([`select count(*) from m`, `select count(*) from ${table.name}`, `select m.id, t.id as tid from m left join ${table.name} t on t.id = m.id`, `select max(id) from m where id in (select id from ${table.name})`])}`;
}
