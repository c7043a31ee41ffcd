/**
 * Window functions with every frame. What depends on the order among peers (row_number, ROWS frames, first_value) gets the row's key as the last
 * order; where there is no key, only what treats peers alike is used.
 */
import { condition, expression } from './expressions.js';
import type { Environment, Generator } from './generator.js';
import { comparable, type Kind } from './kinds.js';

export function windowCall(g: Generator, kind: Kind, env: Environment): string | undefined {
  const { c } = g;
  const inner: Environment = { ...env, windows: undefined, depth: 0 };
  const argument = (wanted: Kind): string => expression(g, wanted, inner, 1);
  const key = env.windows?.key;
  const total = key !== undefined && c.chance(0.75);
  const ranked = total ? ['row_number()', 'rank()', 'dense_rank()'] : ['rank()', 'dense_rank()'];
  const filter = (): string => c.maybe(0.15, () => ` filter (where ${condition(g, inner, 0)})`);
  switch (kind) {
    case 'int8':
      if (c.chance(0.4)) return `${c.pick(ranked)} over ${window(g, inner, total ? key : undefined, false, true)}`;
      return `${c.pick([() => 'count(*)', () => `count(${argument('text')})`, () => `sum(${argument('int4')})`])()}${filter()} over ${window(g, inner, total ? key : undefined, true, false)}`;
    case 'numeric':
      return `${c.pick(['sum', 'avg', 'max'])}(${argument('numeric')})${filter()} over ${window(g, inner, total ? key : undefined, true, false)}`;
    case 'float8':
      return `${c.pick(['percent_rank()', 'cume_dist()'])} over ${window(g, inner, total ? key : undefined, false, true)}`;
    case 'int4':
      if (total && c.chance(0.5)) return `${c.pick([() => `ntile(${c.between(1, 4)})`, () => `lag(${argument('int4')})`, () => `lead(${argument('int4')}, ${c.between(0, 3)}, ${c.below(5)})`])()} over ${window(g, inner, key, false, true)}`;
      if (total) return `${c.pick([() => `first_value(${argument('int4')})`, () => `last_value(${argument('int4')})`, () => `nth_value(${argument('int4')}, ${c.between(1, 3)})`])()} over ${window(g, inner, key, true, true)}`;
      return `${c.pick(['max', 'min'])}(${argument('int4')}) over ${window(g, inner, undefined, true, false)}`;
    case 'text':
    case 'date':
      if (total) return `${c.pick(['lag', 'lead', 'first_value', 'last_value'])}(${argument(kind)}) over ${window(g, inner, key, false, true)}`;
      return `max(${argument(kind)}) over ${window(g, inner, undefined, true, false)}`;
    case 'bool':
      return `bool_or(${argument('bool')}) over ${window(g, inner, total ? key : undefined, true, false)}`;
    case 'int4[]':
      return total ? `array_agg(${argument('int4')}) over ${window(g, inner, key, true, true)}` : undefined;
    default:
      return undefined;
  }
}

/** The parenthesised window. `key` makes its order total; `hasFrame` asks for one where it may stand, `isOrdered` for an ORDER BY in any case. */
function window(g: Generator, env: Environment, key: readonly string[] | undefined, hasFrame: boolean, isOrdered: boolean): string {
  const { c } = g;
  const kinds = env.columns.filter((column) => comparable.includes(column.kind));
  const partition = kinds.length > 0 && c.chance(0.5) ? `partition by ${c.some(kinds, 1, 2).map((column) => column.sql).join(', ')}` : '';
  const rangeColumn = env.columns.filter((column) => ['int4', 'int8', 'numeric', 'date', 'timestamp', 'float8'].includes(column.kind));
  const frameKind = hasFrame && c.chance(0.6) ? c.pick(key !== undefined ? ['rows', 'range', 'groups'] : ['range', 'groups']) : undefined;
  if (frameKind === 'range' && rangeColumn.length > 0 && key === undefined && c.chance(0.6)) {
    const column = c.pick(rangeColumn);
    const step = ['date', 'timestamp'].includes(column.kind) ? () => `interval '${c.pick(['1 day', '1 month', '10 years'])}'` : () => `${c.below(5)}`;
    const order = `order by ${column.sql}${c.pick(['', ' desc', ' nulls first', ' desc nulls last'])}`;
    return `(${[partition, order, frame(c.pick(['range']), g, step)].filter((part) => part !== '').join(' ')})`;
  }
  const orders = kinds.length === 0 ? [] : c.some(kinds, isOrdered && key === undefined ? 1 : 0, 2).map((column) => `${column.sql}${c.pick(['', '', ' desc', ' nulls first', ' desc nulls last'])}`);
  const all = key === undefined ? orders : [...orders, ...key];
  const order = all.length > 0 && (isOrdered || key !== undefined || c.chance(0.7)) ? `order by ${all.join(', ')}` : '';
  const step = frameKind === 'range' ? undefined : (): string => String(c.below(4));
  const clause = frameKind === undefined || (frameKind === 'groups' && order === '') ? '' : frame(frameKind, g, step);
  return `(${[partition, order, clause].filter((part) => part !== '').join(' ')})`;
}

/** A frame whose start is not after its end by kind; `step` undefined leaves out offsets. */
function frame(mode: string, g: Generator, step: (() => string) | undefined): string {
  const { c } = g;
  const bounds = ['unbounded preceding', ...(step === undefined ? [] : [`${step()} preceding`]), 'current row', ...(step === undefined ? [] : [`${step()} following`]), 'unbounded following'];
  const last = bounds.length - 1;
  const start = c.below(last);
  const exclusion = c.maybe(0.25, () => ` exclude ${c.pick(mode === 'rows' ? ['current row', 'group', 'ties', 'no others'] : ['group', 'no others'])}`);
  if (c.chance(0.2) && bounds[start] !== undefined && !bounds[start].endsWith('following')) return `${mode} ${bounds[start]}${exclusion}`;
  const end = c.between(Math.max(start, 1), last);
  return `${mode} between ${bounds[start]} and ${bounds[end]}${exclusion}`;
}
