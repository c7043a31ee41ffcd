/** Expressions of a wanted kind over an environment: columns, literals, templates, conditionals, subqueries, aggregates and window functions. */
import { aggregateCall } from './aggregates.js';
import type { Environment, Generator } from './generator.js';
import { bareNames, comparable, kinds, literal, minMax, type Kind } from './kinds.js';
import { existsQuery, listQuery, scalarQuery } from './subqueries.js';
import { fill, riskyTemplates, safeTemplates } from './templates.js';
import { windowCall } from './windows.js';

const commonKinds: readonly Kind[] = ['int4', 'int4', 'int4', 'text', 'text', 'numeric', 'int8', 'bool', 'date', 'timestamp'];

export function anyKind(g: Generator): Kind {
  return g.c.chance(0.6) ? g.c.pick(commonKinds) : g.c.pick(kinds);
}
export function comparableKind(g: Generator): Kind {
  return g.c.chance(0.6) ? g.c.pick(commonKinds) : g.c.pick(comparable);
}

/** The kind of one of the columns in reach, or any. */
export function reachedKind(g: Generator, env: Environment): Kind {
  return env.columns.length > 0 && g.c.chance(0.7) ? g.c.pick(env.columns).kind : anyKind(g);
}

export function expression(g: Generator, kind: Kind, env: Environment, size: number): string {
  const { c } = g;
  const columns = env.columns.filter((column) => column.kind === kind);
  if (size <= 0) {
    if (columns.length > 0 && c.chance(0.8)) return c.pick(columns).sql;
    return literal(c, kind);
  }
  if (columns.length > 0 && c.chance(0.35)) return c.pick(columns).sql;
  if (c.chance(0.08)) return literal(c, kind);
  if (env.grouped !== undefined && c.chance(0.35)) {
    const call = aggregateCall(g, kind, env);
    if (call !== undefined) return call;
  }
  if (env.windows !== undefined && c.chance(0.25)) {
    const call = windowCall(g, kind, env);
    if (call !== undefined) return call;
  }
  if (c.chance(0.2)) return conditional(g, kind, env, size - 1);
  if (env.depth > 0 && c.chance(0.07)) return scalarQuery(g, kind, env);
  if (kind === 'bool' && c.chance(0.4)) return `(${condition(g, env, size)})`;
  const template = pickTemplate(g, kind, env);
  if (template === undefined) return columns.length > 0 ? c.pick(columns).sql : literal(c, kind);
  return fillTemplate(g, template, env, size - 1);
}

function pickTemplate(g: Generator, kind: Kind, env: Environment): string | undefined {
  const risky = riskyTemplates[kind];
  if (env.isRisky && risky.length > 0 && g.c.chance(0.35)) return g.c.pick(risky);
  const safe = safeTemplates[kind];
  return safe.length === 0 ? undefined : g.c.pick(safe);
}

function fillTemplate(g: Generator, template: string, env: Environment, size: number): string {
  const text = fill(
    template,
    (alternatives) => g.c.pick(alternatives),
    (first, last) => String(g.c.between(first, last)),
    (kind) => operand(g, kind === 'any' ? reachedKind(g, env) : kind, env, size),
  );
  return `(${text})`;
}

/** What a template's hole takes: an expression that binds tighter than any operator, a typed null where it is one. */
function operand(g: Generator, kind: Kind, env: Environment, size: number): string {
  const text = expression(g, kind, env, size);
  const typed = kind === 'text' && text.startsWith("'") ? `${text}::text` : text;
  return /^[\w.]+$|^\(.*\)$/.test(typed) ? typed : `(${typed})`;
}

function conditional(g: Generator, kind: Kind, env: Environment, size: number): string {
  const { c } = g;
  const one = (): string => expression(g, kind, env, size);
  switch (c.below(7)) {
    case 0:
      return `case when ${condition(g, env, size)} then ${one()} else ${one()} end`;
    case 1:
      return `case when ${condition(g, env, size)} then ${one()} when ${condition(g, env, size)} then ${one()} end`;
    case 2: {
      const operandKind = comparable.includes(kind) ? kind : 'int4';
      return `case ${expression(g, operandKind, env, size - 1)} when ${expression(g, operandKind, env, 0)} then ${one()} else ${one()} end`;
    }
    case 3:
    case 4:
      return `coalesce(${one()}, ${one()})`;
    case 5:
      return kind === 'json' ? `coalesce(${one()}, ${one()})` : `nullif(${one()}, ${one()})`;
    default:
      return minMax.includes(kind) ? `${c.pick(['greatest', 'least'])}(${one()}, ${one()})` : `(${one()})::${bareNames[kind]}`;
  }
}

const comparisons = ['=', '=', '=', '<>', '<', '<=', '>', '>='];

/** A condition: true for some rows, false for some, unknown for some. */
export function condition(g: Generator, env: Environment, size: number): string {
  const { c } = g;
  if (size > 0 && c.chance(0.35)) {
    switch (c.below(4)) {
      case 0:
        return `(${condition(g, env, size - 1)} and ${condition(g, env, size - 1)})`;
      case 1:
        return `(${condition(g, env, size - 1)} or ${condition(g, env, size - 1)})`;
      case 2:
        return `not (${condition(g, env, size - 1)})`;
      default:
        return `(${condition(g, env, size - 1)}) is ${c.maybe(0.3, () => 'not ')}${c.pick(['true', 'false', 'unknown'])}`;
    }
  }
  if (env.depth > 0 && c.chance(0.18)) return subqueryCondition(g, env, size);
  const reached = reachedKind(g, env);
  const kind = comparable.includes(reached) ? reached : 'int4';
  const left = expression(g, kind, env, size - 1);
  switch (c.below(10)) {
    case 0:
      return `${left} is ${c.maybe(0.5, () => 'not ')}null`;
    case 1:
      return `${left} is ${c.maybe(0.5, () => 'not ')}distinct from ${expression(g, kind, env, 0)}`;
    case 2:
      return `${left} ${c.maybe(0.3, () => 'not ')}in (${c.many(1, 4, () => expression(g, kind, env, c.chance(0.8) ? -1 : 0)).join(', ')})`;
    case 3:
      return kind === 'jsonb' || kind === 'bool' ? `${left} is not null` : `${left} ${c.maybe(0.2, () => 'not ')}between ${literal(c, kind)} and ${expression(g, kind, env, 0)}`;
    case 4:
    case 5:
      return expression(g, 'bool', { ...env, depth: 0 }, size - 1);
    default:
      return `${left} ${c.pick(comparisons)} ${expression(g, kind, env, size - 1)}`;
  }
}

function subqueryCondition(g: Generator, env: Environment, size: number): string {
  const { c } = g;
  const kind = comparableKind(g);
  const left = expression(g, kind, { ...env, depth: 0 }, Math.min(size - 1, 1));
  switch (c.below(6)) {
    case 0:
    case 1:
      return `${c.maybe(0.4, () => 'not ')}exists (${existsQuery(g, env)})`;
    case 2:
    case 3:
      return `${left} ${c.maybe(0.4, () => 'not ')}in (${listQuery(g, [kind], env)})`;
    case 4:
      return `${left} ${c.pick(comparisons)} ${c.pick(['any', 'some', 'all'])} (${listQuery(g, [kind], env)})`;
    default: {
      const second = comparableKind(g);
      return `(${left}, ${expression(g, second, { ...env, depth: 0 }, 0)}) ${c.maybe(0.4, () => 'not ')}in (${listQuery(g, [kind, second], env)})`;
    }
  }
}
