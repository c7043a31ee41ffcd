/** Aggregate calls of a wanted kind: FILTER, DISTINCT, ORDER BY, ordered-set and hypothetical ones. Those that depend on the order of their input give one. */
import { comparableKind, condition, expression, reachedKind } from './expressions.js';
import type { Environment, Generator } from './generator.js';
import { bareNames, comparable, exact, literal, minMax, type Kind } from './kinds.js';

export function aggregateCall(g: Generator, kind: Kind, env: Environment): string | undefined {
  const call = plainAggregate(g, kind, env);
  if (call === undefined) return undefined;
  // FILTER belongs to the call itself, not to what is made of its result.
  return !isCall(call) ? call : `${call}${g.c.maybe(0.15, () => ` filter (where ${condition(g, argumentsOf(env), 1)})`)}`;
}

const twice = (text: string, make: (text: string) => string): string => make(text);

function isCall(text: string): boolean {
  return !/^round\(|::\w+$|> \d$/.test(text);
}

/** The environment of an aggregate's argument: the rows before grouping, and no aggregate. */
function argumentsOf(env: Environment): Environment {
  return { columns: env.grouped ?? [], grouped: undefined, windows: undefined, depth: 0, isRisky: false };
}

function plainAggregate(g: Generator, kind: Kind, env: Environment): string | undefined {
  const { c } = g;
  const inner = argumentsOf(env);
  const argument = (wanted: Kind): string => expression(g, wanted, inner, 1);
  const distinct = (): string => c.maybe(0.25, () => 'distinct ');
  /** Over a total order of values that print alike when equal. */
  const ordered = (name: string, wanted: Kind, rest = ''): string => {
    // A literal would have its type only as an argument, and not be the same in the order.
    const value = `(${argument(wanted)})::${bareNames[wanted]}`;
    return `${name}(${distinct()}${value}${rest} order by ${value}${c.pick(['', ' desc', ' desc nulls last', ' nulls first'])})`;
  };
  // array_agg over arrays is not safe: they may be empty, or of different lengths.
  switch (kind) {
    case 'int8':
      return c.pick([
        () => 'count(*)', () => { const wanted = reachedKind(g, inner); return `count(${comparable.includes(wanted) ? distinct() : ''}${argument(wanted)})`; }, () => `sum(${distinct()}${argument('int4')})`, () => `sum(${argument('int2')})`, () => `regr_count(${argument('float8')}, ${argument('float8')})`,
        () => `rank(${literal(c, 'int4')}) within group (order by ${argument('int4')}${c.pick(['', ' desc'])})`, () => `dense_rank(${literal(c, 'int4')}) within group (order by ${argument('int4')})`, () => `max(${argument('int8')})`,
      ])();
    case 'numeric':
      return c.pick([() => `sum(${distinct()}${argument('numeric')})`, () => `avg(${distinct()}${argument('int4')})`, () => `avg(${argument('numeric')})`, () => `sum(${argument('int8')})`, () => `round(variance(${argument('int4')}), 6)`, () => `round(stddev_samp(${argument('numeric')}), 6)`, () => `round(var_pop(${argument('int4')}), 6)`, () => `min(${argument('numeric')})`])();
    case 'float8':
      return c.pick([() => `max(${argument('float8')})`, () => `percentile_cont(${c.pick(['0.5', '0', '1', '0.25'])}) within group (order by ${argument('int4')})`, () => `round(stddev_pop(${argument('int4')}::float8)::numeric, 6)::float8`, () => `round(corr(${argument('int4')}, ${argument('int4')})::numeric, 6)::float8`, () => `cume_dist(${literal(c, 'int4')}) within group (order by ${argument('int4')})`, () => `percent_rank(${literal(c, 'int4')}) within group (order by ${argument('int4')})`, () => `round(regr_slope(${argument('int4')}, ${argument('int4')})::numeric, 6)::float8`, () => `avg(${argument('int4')}::float8)`])();
    case 'int4':
      return c.pick([() => `max(${argument('int4')})`, () => `min(${argument('int4')})`, () => `bit_and(${argument('int4')})`, () => `bit_or(${argument('int4')})`, () => `bit_xor(${argument('int4')})`, () => `percentile_disc(${c.pick(['0.5', '0', '1', '0.9'])}) within group (order by ${argument('int4')})`, () => `mode() within group (order by ${argument('int4')})`, () => `count(*)::int`])();
    case 'bool':
      return c.pick([() => `bool_and(${condition(g, inner, 1)})`, () => `bool_or(${condition(g, inner, 1)})`, () => `every(${condition(g, inner, 0)})`, () => `count(*) > ${c.below(4)}`])();
    case 'text':
      return c.pick([() => ordered('string_agg', 'text', ", '-'"), () => `max(${argument('text')})`, () => `min(${argument('varchar')})`, () => { const wanted = comparableKind(g); return exact.includes(wanted) ? `${ordered(wanted.endsWith('[]') ? 'jsonb_agg' : 'array_agg', wanted)}::text` : `max(${argument('text')})`; }, () => `percentile_disc(0.5) within group (order by ${argument('text')})`, () => `percentile_disc(array[0.25, 0.75]) within group (order by ${argument('int4')})::text`])();
    case 'int4[]':
      return ordered('array_agg', 'int4');
    case 'text[]':
      return ordered('array_agg', 'text');
    case 'jsonb':
      return c.pick([() => ordered('jsonb_agg', 'int4'), () => ordered('jsonb_agg', 'text'), () => `jsonb_object_agg(coalesce(${argument('text')}, 'n'), 1)`])();
    case 'json':
      return c.pick([() => ordered('json_agg', 'int4'), () => ordered('json_agg', 'pair'), () => twice(`coalesce((${argument('text')})::text, 'n')`, (key) => `json_object_agg(${key}, 7 order by ${key})`)])();
    case 'int4multirange':
      return c.pick([() => `range_agg(${argument('int4range')})`, () => `range_agg(${argument('int4multirange')})`, () => `range_intersect_agg(${argument('int4multirange')})`])();
    case 'int4range':
      return `range_intersect_agg(${argument('int4range')})`;
    case 'mood[]':
      return ordered('array_agg', 'mood');
    case 'bytea':
      return twice(`(${argument('bytea')})::bytea`, (value) => `string_agg(${value}, '\\x00'::bytea order by ${value})`);
    case 'interval':
      return `${c.pick(['sum', 'avg'])}(${argument('interval')})`;
    default:
      return minMax.includes(kind) && exact.includes(kind) ? `${c.pick(['min', 'max'])}(${argument(kind)})` : undefined;
  }
}
