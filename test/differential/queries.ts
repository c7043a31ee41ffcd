/** Top-level queries, and what may be said of the order of their rows. */
import { withClause } from './ctes.js';
import { anyKind, comparableKind, condition, expression } from './expressions.js';
import { baseTable, fromClause } from './from.js';
import { noEnvironment, type Generator } from './generator.js';
import { comparable, exact, type Kind } from './kinds.js';
import { limit, selectQuery, totalOrder } from './select.js';

/** What a comparison of two answers may rely on. */
export type RowOrder =
  /** Rows are a bag. */
  | { readonly kind: 'bag' }
  /** The values at these columns come in one order; rows that agree in them may change places. */
  | { readonly kind: 'keys'; readonly columns: readonly number[] };

export interface GeneratedQuery {
  readonly sql: string;
  readonly order: RowOrder;
}

export function topQuery(g: Generator): GeneratedQuery {
  const { c } = g;
  g.ctes = [];
  const choice = c.below(20);
  if (choice < 3) return expressionQuery(g);
  if (choice < 5) return c.chance(0.2) ? joinedRows(g) : plainTable(g);
  const needsCompare = c.chance(0.6);
  const kinds = c.many(1, 4, () => (needsCompare ? comparableKind(g) : anyKind(g)));
  const prefix = c.maybe(0.15, () => withClause(g, () => c.many(1, 3, () => comparableKind(g))));
  const query = selectQuery(g, kinds, { outer: [], depth: 2 });
  if (kinds.every((kind) => comparable.includes(kind)) && c.chance(0.35) && isOpen(query.sql)) {
    const isExact = kinds.every((kind) => exact.includes(kind));
    const cut = isExact ? c.maybe(0.5, () => ` ${limit(g, true)}`) : '';
    return { sql: `${prefix}${query.sql} ${totalOrder(g, kinds.length)}${cut}`, order: { kind: 'keys', columns: kinds.map((_, i) => i) } };
  }
  return { sql: `${prefix}${query.sql}`, order: { kind: 'bag' } };
}

/** Whether an ORDER BY may still be put behind. */
function isOpen(sql: string): boolean {
  let depth = 0;
  let outside = '';
  for (const part of sql.split(/([()])/)) {
    if (part === '(') depth++;
    else if (part === ')') depth--;
    else if (depth === 0) outside += part;
  }
  return !/\b(order by|limit|offset|fetch)\b/.test(outside);
}

/** Risky expressions over one row, or over a table without a condition: both servers evaluate every one of them. */
function expressionQuery(g: Generator): GeneratedQuery {
  const { c } = g;
  const kinds: Kind[] = c.many(1, 2, () => anyKind(g));
  if (c.chance(0.5)) return { sql: `select ${kinds.map((kind) => expression(g, kind, { ...noEnvironment, depth: 0, isRisky: true }, c.between(1, 3))).join(', ')}`, order: { kind: 'bag' } };
  const { sql, relation } = baseTable(g);
  const env = { columns: relation.columns, grouped: undefined, windows: undefined, depth: 0, isRisky: true };
  return { sql: `select ${kinds.map((kind) => expression(g, kind, env, c.between(1, 2))).join(', ')} from ${sql}`, order: { kind: 'bag' } };
}

/** One table with its names: stars, whole rows, set-returning functions in the list, row locks. */
function plainTable(g: Generator): GeneratedQuery {
  const { c } = g;
  const { sql, relation } = baseTable(g);
  const env = { columns: relation.columns, grouped: undefined, windows: undefined, depth: 1, isRisky: false };
  const list = c.pick([
    () => '*', () => `${relation.alias}.*, 1 as one`, () => `${relation.alias}`, () => `(${relation.alias}).*`, () => `row_to_json(${relation.alias})`, () => `${relation.columns[0]!.sql}, generate_series(1, ${c.between(1, 3)})`,
    () => `unnest(array[1, 2]), ${relation.columns[0]!.sql}, generate_series(1, 3)`, () => `count(*), count(distinct ${c.pick(relation.columns.filter((column) => comparable.includes(column.kind))).sql})`, () => relation.columns.map((column) => column.sql).join(', '), () => `${expression(g, anyKind(g), env, 2)}, ${expression(g, anyKind(g), env, 1)}`,
    () => `${relation.alias} is null, ${relation.alias} is not null`, () => `jsonb_build_object('row', ${relation.alias})`,
  ])();
  const isAggregate = list.startsWith('count');
  const where = c.maybe(0.6, () => ` where ${condition(g, env, 1)}`);
  const order = isAggregate || relation.key === undefined ? '' : c.maybe(0.5, () => ` order by ${relation.key!.join(', ')}`);
  const lock = isAggregate || /^(v[12]|mv0) /.test(sql) || list.includes('generate_series') || sql.includes('tablesample') ? '' : c.maybe(0.15, () => ` for ${c.pick(['update', 'no key update', 'share', 'key share'])}${c.maybe(0.3, () => ` of ${relation.alias}`)}${c.maybe(0.3, () => c.pick([' nowait', ' skip locked']))}`);
  return { sql: `select ${list} from ${sql}${where}${order}${lock}`, order: { kind: 'bag' } };
}

/** Whole rows of what is joined: where there is one, and where an outer join has none. */
function joinedRows(g: Generator): GeneratedQuery {
  const { c } = g;
  const { sql, relations, columns } = fromClause(g, [], 1, 4);
  const aliases = relations.map((relation) => relation.alias);
  const list = c.chance(0.5) ? aliases.map((alias) => `num_nonnulls(${alias})`) : ['count(*)', ...aliases.map((alias) => `count(${alias})`)];
  const where = c.maybe(0.4, () => ` where ${condition(g, { columns, grouped: undefined, windows: undefined, depth: 0, isRisky: false }, 1)}`);
  return { sql: `select ${list.join(', ')} from ${sql}${where}`, order: { kind: 'bag' } };
}
