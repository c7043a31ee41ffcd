/** FROM: tables, derived and lateral queries, functions, VALUES, and joins of every kind between them. */
import { comparableKind, condition, expression } from './expressions.js';
import { isView, type Environment, type Generator, type Relation } from './generator.js';
import { comparable, value, type Column, type Kind } from './kinds.js';
import { selectQuery } from './select.js';
import { functionItem } from './table-functions.js';

export interface FromItem {
  readonly sql: string;
  readonly relation: Relation;
}

export function baseTable(g: Generator): FromItem {
  const { c } = g;
  const table = c.pick(g.tables);
  const alias = g.name('t');
  const columns = table.columns.map((column): Column => ({ sql: `${alias}.${column.name}`, kind: column.kind }));
  const sample = isView(table) ? '' : c.maybe(0.02, () => ` tablesample ${c.pick(['bernoulli (100)', 'system (100)', 'bernoulli (0)', 'system (100) repeatable (1)'])}`);
  return { sql: `${table.name}${c.pick([' ', ' as '])}${alias}${sample}`, relation: { alias, columns, key: table.key.length > 0 ? table.key.map((name) => `${alias}.${name}`) : undefined } };
}

/** An item that may look at `left` when it is LATERAL. */
function item(g: Generator, depth: number, left: readonly Column[]): FromItem {
  const { c } = g;
  const alias = g.name('d');
  const choice = c.below(depth > 0 ? 20 : 12);
  if (choice < 9) return baseTable(g);
  if (choice === 9 && g.ctes.length > 0) {
    const cte = c.pick(g.ctes);
    return { sql: `${cte.name} ${alias}`, relation: { alias, columns: cte.columns.map((column) => ({ sql: `${alias}.${column.name}`, kind: column.kind })), key: undefined } };
  }
  if (choice < 12) return functionItem(g, alias, left);
  if (choice === 12) {
    const columns = c.many(1, 3, () => comparableKind(g));
    const rows = c.many(1, 4, () => `(${columns.map((kind) => value(c, kind)).join(', ')})`);
    return { sql: `(values ${rows.join(', ')}) ${alias}(${columns.map((_, i) => `v${i}`).join(', ')})`, relation: derived(alias, columns, 'v') };
  }
  const columns = c.many(1, 3, () => comparableKind(g));
  const isLateral = left.length > 0 && c.chance(0.4);
  const query = selectQuery(g, columns, { outer: isLateral ? left : [], depth: depth - 1 });
  return { sql: `${isLateral ? 'lateral ' : ''}(${query.sql}) ${alias}(${columns.map((_, i) => `c${i}`).join(', ')})`, relation: derived(alias, columns, 'c') };
}

function derived(alias: string, kinds: readonly Kind[], prefix: string): Relation {
  return { alias, columns: kinds.map((kind, i) => ({ sql: `${alias}.${prefix}${i}`, kind })), key: undefined };
}

export interface FromClause {
  readonly sql: string;
  readonly relations: readonly Relation[];
  readonly columns: readonly Column[];
  readonly key: readonly string[] | undefined;
}

export function fromClause(g: Generator, outer: readonly Column[], depth: number, most: number): FromClause {
  const { c } = g;
  const first = item(g, depth, outer);
  let { sql } = first;
  const relations = [first.relation];
  let hasKey = first.relation.key !== undefined;
  for (let n = c.below(most); n > 0; n--) {
    const left = relations.flatMap((relation) => relation.columns);
    const type = c.weighted([[4, 'join'], [4, 'left join'], [1, 'right join'], [1, 'full join'], [1, 'cross join'], [1, ','], [1, 'using']] as const);
    // A right side of RIGHT or FULL JOIN cannot look left, and after a comma only LATERAL can; it does where it is a function or says so.
    const next = item(g, depth, type === 'right join' || type === 'full join' ? [] : left);
    hasKey &&= next.relation.key !== undefined;
    if (type === 'using' && joinUsing(left, next.relation) !== undefined) {
      const name = joinUsing(left, next.relation)!;
      sql = `${sql} ${c.pick(['join', 'left join'])} ${next.sql} using (${name})`;
    } else if (type === ',' || type === 'cross join' || type === 'using') sql = type === ',' && n === 1 ? `${sql}, ${next.sql}` : `${sql} cross join ${next.sql}`;
    else sql = `${sql} ${type} ${next.sql} on ${joinCondition(g, left, next.relation, type, depth)}`;
    relations.push(next.relation);
  }
  return { sql, relations, columns: relations.flatMap((relation) => relation.columns), key: hasKey ? relations.flatMap((relation) => relation.key ?? []) : undefined };
}

/** A column name that each side has exactly once, of one kind. */
function joinUsing(left: readonly Column[], right: Relation): string | undefined {
  const nameOf = (column: Column): string => column.sql.slice(column.sql.indexOf('.') + 1);
  for (const column of right.columns) {
    const matches = left.filter((other) => nameOf(other) === nameOf(column));
    if (matches.length === 1 && matches[0]!.kind === column.kind && comparable.includes(column.kind)) return nameOf(column);
  }
  return undefined;
}

function joinCondition(g: Generator, left: readonly Column[], right: Relation, type: string, depth: number): string {
  const { c } = g;
  const pairs = right.columns.flatMap((own) => left.filter((other) => other.kind === own.kind && comparable.includes(own.kind)).map((other) => `${other.sql} = ${own.sql}`));
  const env: Environment = { columns: [...left, ...right.columns], grouped: undefined, windows: undefined, depth: c.chance(0.2) ? depth : 0, isRisky: false };
  if (pairs.length === 0) {
    // FULL JOIN wants a mergeable condition.
    if (type === 'full join') return c.pick(['true', 'false', `${expression(g, 'int4', { ...env, columns: left, depth: 0 }, 0)} = ${expression(g, 'int4', { ...env, columns: right.columns, depth: 0 }, 0)}`]);
    return condition(g, env, 1);
  }
  const equality = c.pick(pairs);
  if (type === 'full join') return equality;
  if (c.chance(0.6)) return equality;
  return c.chance(0.7) ? `${equality} and ${condition(g, c.chance(0.5) ? env : { ...env, columns: right.columns }, 1)}` : condition(g, env, 1);
}
