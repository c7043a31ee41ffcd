/** Subqueries in expressions, correlated more often than not. */
import { condition, expression, reachedKind } from './expressions.js';
import { baseTable } from './from.js';
import type { Environment, Generator, Relation } from './generator.js';
import { comparable, exact, minMax, type Kind } from './kinds.js';
import { selectQuery } from './select.js';

/** An environment for a subquery's conditions over its own relation and the columns around it. */
function inside(relation: Relation, env: Environment, withOuter: boolean): Environment {
  return { columns: withOuter ? [...relation.columns, ...env.columns] : relation.columns, grouped: undefined, windows: undefined, depth: env.depth - 1, isRisky: false };
}

/** ` where ...` with an equality to the outside most of the time. */
function where(g: Generator, relation: Relation, env: Environment): string {
  const { c } = g;
  const conditions: string[] = [];
  const pairs = env.columns.flatMap((outer) => relation.columns.filter((own) => own.kind === outer.kind && comparable.includes(own.kind)).map((own) => `${own.sql} ${c.chance(0.85) ? '=' : c.pick(['<', '>=', '<>'])} ${outer.sql}`));
  if (pairs.length > 0 && c.chance(0.7)) conditions.push(c.pick(pairs));
  if (c.chance(0.5)) conditions.push(condition(g, inside(relation, env, c.chance(0.3)), 1));
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

/** One value: an aggregate over a table, or the first of a total order. */
export function scalarQuery(g: Generator, kind: Kind, env: Environment): string {
  const { c } = g;
  const { sql, relation } = baseTable(g);
  const own = inside(relation, env, false);
  if (c.chance(0.6) && minMax.includes(kind) && exact.includes(kind)) return `(select ${c.pick(['min', 'max'])}(${expression(g, kind, { ...own, depth: 0 }, 1)}) from ${sql}${where(g, relation, env)})`;
  if (kind === 'int8' && c.chance(0.6)) return `(select count(${c.pick(['*', relation.columns[0]!.sql])}) from ${sql}${where(g, relation, env)})`;
  if (kind === 'bool') return `(select ${c.pick(['bool_and', 'bool_or'])}(${condition(g, { ...own, depth: 0 }, 1)}) from ${sql}${where(g, relation, env)})`;
  const value = expression(g, kind, { ...own, depth: 0 }, 1);
  if (relation.key !== undefined && relation.key.length > 0) return `(select ${value} from ${sql}${where(g, relation, env)} order by ${relation.key.join(', ')}${c.pick(['', ' desc'])} limit 1)`;
  return `(select ${value} from ${sql} where false)`;
}

export function existsQuery(g: Generator, env: Environment): string {
  const { c } = g;
  if (c.chance(0.2)) return selectQuery(g, [reachedKind(g, env)], { outer: env.columns, depth: env.depth - 1 }).sql;
  const { sql, relation } = baseTable(g);
  return `select ${c.pick(['1', '*', 'null'])} from ${sql}${where(g, relation, env)}`;
}

/** A subquery of the given columns: for IN, ANY and ALL. */
export function listQuery(g: Generator, kinds: readonly Kind[], env: Environment): string {
  const { c } = g;
  if (c.chance(0.15)) return selectQuery(g, kinds, { outer: [], depth: env.depth - 1 }).sql;
  if (c.chance(0.1)) return `values ${c.many(1, 3, () => `(${kinds.map((kind) => expression(g, kind, { ...env, columns: [], grouped: undefined, windows: undefined, depth: 0 }, 0)).join(', ')})`).join(', ')}`;
  const { sql, relation } = baseTable(g);
  const own: Environment = { ...inside(relation, env, false), depth: 0 };
  return `select ${kinds.map((kind) => expression(g, kind, own, c.chance(0.6) ? 0 : 1)).join(', ')} from ${sql}${where(g, relation, env)}`;
}
