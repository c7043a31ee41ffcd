/** DDL while rows are there, transactions and savepoints, prepared statements, and settings. */
import { condition } from './expressions.js';
import { isView, type Generator, type TableColumn, type TableModel } from './generator.js';
import { kinds, typeNames, value } from './kinds.js';
import { createIndex } from './schema.js';

/** The statement, and what the generator knows when it went well. */
export interface Definition {
  readonly sql: string;
  readonly onSuccess: (() => void) | undefined;
}

export function definition(g: Generator): Definition {
  const { c } = g;
  const table = c.pick(g.tables.filter((candidate) => candidate.name.startsWith('r') && candidate.columns.length > 1));
  const replace = (next: TableModel): (() => void) => () => {
    g.tables[g.tables.indexOf(table)] = next;
  };
  const isViewed = table === g.tables[0];
  const column = c.pick(table.columns.slice(1));
  const other = { ...column };
  switch (c.below(18)) {
    case 0:
    case 1: {
      const kind = c.pick(kinds);
      const name = g.name('n');
      const hasDefault = c.chance(0.6);
      return { sql: `alter table ${table.name} add column ${name} ${typeNames[kind]}${hasDefault ? ` default ${value(c, kind)}${c.maybe(0.4, () => ' not null')}` : ''}`, onSuccess: replace({ ...table, columns: [...table.columns, { name, kind, isRequired: false, hasDefault, isGenerated: false }] }) };
    }
    case 2:
      return { sql: `alter table ${table.name} drop column ${column.name}${c.maybe(0.2, () => ' restrict')}`, onSuccess: table.columns.length > 3 ? replace({ ...table, columns: table.columns.filter((each) => each !== column) }) : replace({ ...table, columns: table.columns.filter((each) => each !== column) }) };
    case 3:
      return { sql: `alter table ${table.name} alter column ${column.name} ${c.pick(['set not null', 'drop not null', 'drop default', `set default ${value(c, column.kind)}`])}`, onSuccess: undefined };
    case 4: {
      const kind = c.pick(column.kind === 'int4' ? (['int8', 'numeric', 'text', 'float8', 'int2'] as const) : column.kind === 'date' ? (['timestamp', 'text'] as const) : (['text', 'varchar', 'int4'] as const));
      return { sql: `alter table ${table.name} alter column ${column.name} type ${typeNames[kind]}${c.maybe(0.5, () => ` using ${column.name}::${typeNames[kind]}`)}`, onSuccess: replace({ ...table, columns: table.columns.map((each) => (each === column ? { ...other, kind } : each)) }) };
    }
    case 5: {
      const name = g.name('m');
      return { sql: `alter table ${table.name} rename column ${column.name} to ${name}`, onSuccess: replace({ ...table, columns: table.columns.map((each) => (each === column ? { ...other, name } : each)) }) };
    }
    case 6:
      return { sql: `alter table ${table.name} add constraint ${g.name('ck')} check (${condition(g, { columns: table.columns.map((each) => ({ sql: each.name, kind: each.kind })), grouped: undefined, windows: undefined, depth: 0, isRisky: false }, 1)})${c.maybe(0.3, () => ' not valid')}`, onSuccess: undefined };
    case 7:
      return { sql: `alter table ${table.name} add ${c.pick([`unique (${column.name})`, `constraint ${g.name('uq')} unique (${column.name}, id)`, `foreign key (id) references ${g.tables[0]!.name} (id) not valid`, `primary key (id)`])}`, onSuccess: undefined };
    case 8:
    case 9:
    case 10:
      return { sql: createIndex(g, table), onSuccess: undefined };
    case 11:
      return { sql: isViewed ? `create or replace view vr as select id from ${table.name}` : `create view ${g.name('vw')} as select * from ${table.name}`, onSuccess: undefined };
    case 12: {
      const name = g.name('ct');
      return { sql: `create ${c.pick(['', 'temp '])}table ${name} as select id, ${column.name} as x from ${table.name}${c.pick(['', ' with no data'])}`, onSuccess: () => { g.tables.push({ name, key: [], columns: [{ name: 'id', kind: 'int4', isRequired: false, hasDefault: false, isGenerated: false }, { name: 'x', kind: column.kind, isRequired: false, hasDefault: false, isGenerated: false }] }); } };
    }
    case 16: {
      const body = `select ${c.pick(['id', `id, ${column.name}`, `distinct id`, 'id, count(*)', `id + 1 as id`, `max(id) over () as m, id`, 'generate_series(1, id) as s', '*'])} from ${table.name}${c.pick(['', '', ' where id > 1', ' group by id', ' limit 5', ` t, ${table.name} u`, ' having true', ' tablesample system (10)'])}`;
      return { sql: `create ${c.pick(['', 'or replace ', 'temp '])}view ${g.name('wv')}${c.maybe(0.2, () => ' with (check_option = local)')} as ${body}${c.pick([' with check option', ' with local check option', '', ' union select 1', ` with cascaded check option`])}`, onSuccess: undefined };
    }
    case 17: {
      const [a, b, x, y] = [0, 1, 2, 3].map(() => c.pick(g.tables.filter((candidate) => candidate.key.length > 0 && candidate.columns.every(({ isGenerated }) => !isGenerated)))) as [TableModel, TableModel, TableModel, TableModel];
      const join = (left: TableModel, right: TableModel, i: number): string => `${left.name} a${i} ${c.pick(['full', 'full', 'left', 'inner'])} join ${right.name} b${i} using (id)`;
      const merged = (...tables: readonly TableModel[]): TableColumn[] => [a.columns[0]!, ...tables.flatMap(({ columns }) => columns.slice(1))];
      const [from, columns] = c.pick<readonly [string, readonly TableColumn[]]>([
        [`${join(a, b, 0)}, ${join(x, y, 1)}`, [...merged(a, b), ...merged(x, y)]], [`${join(a, b, 0)}, ${x.name} c`, [...merged(a, b), ...x.columns]], [`(${join(a, b, 0)}) full join ${x.name} c using (id)`, merged(a, b, x)],
      ]);
      const name = g.name('v9');
      const shown = columns.map((each, i): TableColumn => ({ ...each, name: i === 0 ? 'id' : `c${i}`, isGenerated: true }));
      return { sql: `create view ${name}(${shown.map((each) => each.name).join(', ')}) as select * from ${from}`, onSuccess: () => { if (g.tables.length < 14) g.tables.push({ name, key: [], columns: shown }); } };
    }
    case 13:
      return { sql: c.pick(['drop table if exists nothing_here', 'drop view if exists v1', 'drop index nothing_here', `drop table ${g.tables[0]!.name}`, 'drop type mood', 'drop sequence if exists sq2', `comment on table ${table.name} is 'x'`, `truncate ${table.name}, nothing_here`]), onSuccess: undefined };
    case 14:
      return { sql: c.pick(["select nextval('sq')", "select currval('sq')", `select setval('sq', ${c.between(1, 50)}${c.pick(['', ', false', ', true'])})`, 'select lastval()', 'alter sequence sq increment 2 maxvalue 1000', "alter type mood rename value 'nope' to 'x'", 'alter domain posint set not null', 'select last_value, is_called from sq']), onSuccess: undefined };
    default:
      return { sql: c.pick(['analyze', `analyze ${table.name}`, `create table ${table.name} (x int)`, `create table ${g.name('z')} (x int, x text)`, `create table ${g.name('z')} (x int primary key, y int primary key)`, `create table ${g.name('z')} (x nosuchtype)`, `create unique index on ${table.name} (id)`, `create index on ${table.name} (nosuch)`, `create materialized view ${g.name('mv')} as select count(*) from ${table.name}`, `comment on column pair.${c.pick(['x', 'y', 'z'])} is 'x'`, `comment on column sq.${c.pick(['last_value', 'nosuch'])} is 'x'`, `analyze ${c.pick(['sq', 'v0', 'v1', 'nosuch'])}`, `create table ${table.name} (${c.pick(['x nosuch', 'x int, x int', 'x int, primary key (y)', 'x int default nosuch', 'like nosuch'])})`, `create table ${table.name} as select ${c.pick(['nosuch', '1 as x', '1 / 0 as x'])}`]), onSuccess: undefined };
  }
}

/** Transaction control that fits the state. */
export function control(g: Generator, status: 'idle' | 'active' | 'failed'): string {
  const { c } = g;
  if (status === 'failed') return c.pick(['rollback', 'rollback to savepoint s1', 'commit', 'select 1', 'rollback to s2']);
  if (status === 'active') return c.pick(['commit', 'commit', 'rollback', 'savepoint s1', 'savepoint s1', 'savepoint s2', 'rollback to s1', 'release s1', 'release savepoint s2', 'begin', 'set constraints all immediate', 'set constraints all deferred', 'commit and chain', 'rollback and chain']);
  return c.pick(['begin', 'begin', 'begin isolation level repeatable read', 'start transaction isolation level serializable', 'begin read only', 'commit', 'rollback', 'savepoint s1', 'release s1', 'set constraints all deferred']);
}

/** Prepared statements, cursors and settings. Without a word about it a cursor goes back where its plan can: over a view that is each server's own affair. */
export function session(g: Generator): string {
  const { c } = g;
  const table = c.pick(g.tables);
  return c.pick([
    () => `prepare p${c.below(3)} as select * from ${table.name} where id = $1`, () => `prepare p${c.below(3)}(int, text) as select $1 + 1, $2 || 'x'`, () => `execute p${c.below(3)}(${c.pick(['1', '2, \'a\'', '', "'x'"])})`, () => `deallocate p${c.below(3)}`, () => `prepare p${c.below(3)} as select id into ${c.pick(['temp ', ''])}pi${c.below(3)} from ${table.name} where id < $1`, () => 'deallocate all',
    () => `declare cu${c.below(2)} ${c.pick([isView(table) ? 'scroll ' : '', 'scroll ', 'no scroll '])}cursor ${c.pick(['', 'with hold '])}for select id from ${table.name} order by id`, () => `fetch ${c.pick(['', 'next ', '2 ', 'all ', 'prior ', 'first ', 'last ', 'absolute 2 ', 'relative -1 ', 'backward 1 ', 'forward 3 ', '0 '])}from cu${c.below(2)}`, () => `move ${c.pick(['1', 'all', 'backward all', 'absolute 3'])} in cu${c.below(2)}`, () => `close cu${c.below(2)}`,
    () => `set ${c.pick(["timezone = 'Europe/Berlin'", "timezone = 'UTC'", "datestyle = 'SQL, DMY'", "datestyle = 'ISO, MDY'", "intervalstyle = 'iso_8601'", "intervalstyle = 'postgres'", 'extra_float_digits = 0', 'extra_float_digits = 1', "bytea_output = 'escape'", "bytea_output = 'hex'", "timezone = 'No/Where'", 'nosuch.thing = 3', 'nosuchthing = 3', "search_path = public", 'enable_hashjoin = off', 'enable_hashjoin = on'])}`,
    () => `show ${c.pick(['timezone', 'datestyle', 'intervalstyle', 'extra_float_digits', 'bytea_output', 'nosuch', 'search_path', 'transaction_isolation'])}`, () => 'reset all', () => "set local timezone = 'Asia/Tokyo'",
  ])();
}
