/** SELECT of wanted kinds: plain, grouped with grouping sets, distinct, with set operations and limits over total orders. */
import { comparableKind, condition, expression } from './expressions.js';
import { fromClause, type FromClause } from './from.js';
import type { Environment, Generator, Query } from './generator.js';
import { comparable, exact, type Column, type Kind } from './kinds.js';

export interface SelectOptions {
  /** Columns of the queries around. */
  readonly outer: readonly Column[];
  readonly depth: number;
}

/** A query whose columns are named c0, c1, ... */
export function selectQuery(g: Generator, kinds: readonly Kind[], options: SelectOptions): Query {
  const { c } = g;
  const columns = kinds.map((kind, i) => ({ name: `c${i}`, kind }));
  const canCompare = kinds.every((kind) => comparable.includes(kind));
  let sql: string;
  if (canCompare && options.depth > 0 && c.chance(0.12)) sql = setOperation(g, kinds, options);
  else sql = oneSelect(g, kinds, options);
  if (canCompare && kinds.every((kind) => exact.includes(kind)) && c.chance(0.12)) sql = `select * from (${sql}) ${g.name('o')} ${totalOrder(g, kinds.length)} ${limit(g, true)}`;
  return { sql, columns };
}

function setOperation(g: Generator, kinds: readonly Kind[], options: SelectOptions): string {
  const { c } = g;
  const part = (): string => {
    const inner = c.chance(0.2) ? setOperation(g, kinds, { ...options, depth: options.depth - 1 }) : oneSelect(g, kinds, { ...options, depth: options.depth - 1 });
    return `(${inner})`;
  };
  return `${part()} ${c.pick(['union', 'union all', 'intersect', 'except', 'intersect all', 'except all'])} ${part()}`;
}

/** ORDER BY every output column, in some order and direction: rows that tie are equal. */
export function totalOrder(g: Generator, width: number): string {
  const { c } = g;
  const positions = c.some(Array.from({ length: width }, (_, i) => i + 1), width, width);
  return `order by ${positions.map((position) => `${position}${c.pick(['', '', ' asc', ' desc', ' desc nulls last', ' nulls first'])}`).join(', ')}`;
}

export function limit(g: Generator, canTie: boolean): string {
  const { c } = g;
  switch (c.below(canTie ? 7 : 6)) {
    case 0:
    case 1:
      return `limit ${c.between(0, 6)}`;
    case 2:
      return `limit ${c.between(1, 6)} offset ${c.below(4)}`;
    case 3:
      return `offset ${c.below(5)}`;
    case 4:
      return `fetch first ${c.between(1, 4)} rows only`;
    case 5:
      return `offset ${c.below(3)} rows fetch next ${c.between(1, 4)} rows only`;
    default:
      return `fetch first ${c.between(1, 4)} rows with ties`;
  }
}

function oneSelect(g: Generator, kinds: readonly Kind[], options: SelectOptions): string {
  const { c } = g;
  if (c.chance(0.04)) return `select ${kinds.map((kind, i) => `${expression(g, kind, { columns: options.outer, grouped: undefined, windows: undefined, depth: 0, isRisky: false }, 1)} as c${i}`).join(', ')}`;
  const from = fromClause(g, options.outer, options.depth, options.depth > 0 ? 4 : 2);
  const all = [...from.columns, ...options.outer];
  const where = c.maybe(0.6, () => ` where ${c.many(1, 2, () => condition(g, { columns: c.chance(0.3) ? all : from.columns, grouped: undefined, windows: undefined, depth: options.depth, isRisky: false }, 2)).join(' and ')}`);
  if (c.chance(0.22)) return grouped(g, kinds, from, where, options);
  const env: Environment = { columns: all, grouped: undefined, windows: c.chance(0.2) ? { key: from.key } : undefined, depth: options.depth, isRisky: false };
  const items = kinds.map((kind, i) => `${expression(g, kind, env, c.chance(0.5) ? 0 : 2)} as c${i}`);
  const canDistinct = kinds.every((kind) => exact.includes(kind));
  const distinct = canDistinct && env.windows === undefined && c.chance(0.12);
  if (!distinct && from.key !== undefined && c.chance(0.06)) {
    // DISTINCT ON keeps the first of each group in a total order.
    const on = from.columns.filter((column) => exact.includes(column.kind));
    if (on.length > 0) {
      const chosen = c.some(on, 1, 2).map((column) => column.sql);
      return `select distinct on (${chosen.join(', ')}) ${items.join(', ')} from ${from.sql}${where} order by ${[...chosen, ...from.key].join(', ')}`;
    }
  }
  const named = env.windows === undefined ? undefined : nameWindow(g, items);
  if (named !== undefined) return `select ${named.items.join(', ')} from ${from.sql}${where}${named.clause}`;
  const order = c.maybe(!distinct && from.key !== undefined ? 0.08 : 0, () => ` order by ${from.key!.join(', ')} ${limit(g, true)}`);
  return `select ${distinct ? 'distinct ' : ''}${items.join(', ')} from ${from.sql}${where}${order}`;
}

/** The first window of a select list under a name, or as a copy of one. */
function nameWindow(g: Generator, items: readonly string[]): { readonly items: readonly string[]; readonly clause: string } | undefined {
  const { c } = g;
  const at = items.findIndex((item) => item.includes(' over ('));
  if (at < 0 || c.chance(0.5)) return undefined;
  const item = items[at]!;
  const open = item.indexOf(' over (') + 6;
  let end = open;
  for (let depth = 0; end < item.length; end++) if (item[end] === '(') depth++; else if (item[end] === ')' && --depth === 0) break;
  const whole = item.slice(open + 1, end);
  const name = g.name('win');
  const frame = /\b(rows|range|groups) (between|unbounded|current|\d|interval)/.exec(whole);
  const isCopied = frame !== null && c.chance(0.5);
  const [defined, used] = isCopied ? [whole.slice(0, frame.index), `(${name} ${whole.slice(frame.index)})`] : [whole, frame === null && c.chance(0.3) ? `(${name})` : name];
  return { items: items.map((other, i) => (i === at ? `${item.slice(0, open)}${used}${item.slice(end + 1)}` : other)), clause: ` window ${name} as (${defined})` };
}

function grouped(g: Generator, kinds: readonly Kind[], from: FromClause, where: string, options: SelectOptions): string {
  const { c } = g;
  const inner: Environment = { columns: from.columns, grouped: undefined, windows: undefined, depth: 0, isRisky: false };
  const groupable = from.columns.filter((column) => exact.includes(column.kind));
  const keys: Column[] = c.some(groupable, 0, 3);
  if (c.chance(0.25)) {
    const kind = comparableKind(g);
    const text = expression(g, kind, inner, 1);
    // A bare constant would be a position; a group must show one of its values only where equal ones look alike.
    if (exact.includes(kind) && text.includes('.') && from.columns.some((column) => text.includes(column.sql))) keys.push({ sql: text, kind });
  }
  const env: Environment = { columns: [...keys, ...options.outer.slice(0, 1)], grouped: from.columns, windows: c.chance(0.1) ? { key: undefined } : undefined, depth: options.depth > 0 && c.chance(0.3) ? 1 : 0, isRisky: false };
  const items = kinds.map((kind, i) => `${c.chance(0.05) && keys.length > 0 && kind === 'int4' ? `grouping(${c.pick(keys).sql})` : expression(g, kind, env, 1)} as c${i}`);
  const having = c.maybe(0.25, () => ` having ${condition(g, { ...env, windows: undefined }, 1)}`);
  const group = keys.length === 0 ? c.pick(['', ' group by ()']) : ` group by ${groupingSets(g, keys.map((key) => key.sql))}`;
  return `select ${items.join(', ')} from ${from.sql}${where}${group}${having}`;
}

function groupingSets(g: Generator, keys: readonly string[]): string {
  const { c } = g;
  const list = keys.join(', ');
  switch (c.below(9)) {
    case 0:
      return `rollup (${list})`;
    case 1:
      return `cube (${list})`;
    case 2:
      return `grouping sets ((${list}), ${c.pick(['()', keys[0]!, `(${keys[0]})`])})`;
    case 3:
      return keys.length > 1 ? `${keys[0]}, rollup (${keys.slice(1).join(', ')})` : `distinct ${list}, ${list}`;
    case 4:
      return `grouping sets (rollup (${list}), ())`;
    default:
      return list;
  }
}
