/** Functions in FROM: series, arrays, documents, patterns, ROWS FROM, and the round's own functions in SQL. */
import type { FromItem } from './from.js';
import type { Generator } from './generator.js';
import type { Column, Kind } from './kinds.js';

/** A call that may look at `left`. What has no order of its own is numbered only where both servers give the same one. */
export function functionItem(g: Generator, alias: string, left: readonly Column[]): FromItem {
  const { c } = g;
  const columnOf = (kind: Kind, otherwise: string): string => {
    const columns = left.filter((column) => column.kind === kind);
    return columns.length > 0 && c.chance(0.7) ? c.pick(columns).sql : otherwise;
  };
  const columns = (...list: readonly (readonly [string, Kind])[]): Column[] => list.map(([name, kind]) => ({ sql: `${alias}.${name}`, kind }));
  const one = (sql: string, kind: Kind, isKey = false): FromItem => ({ sql: `${sql} ${alias}(x)`, relation: { alias, columns: columns(['x', kind]), key: isKey ? [`${alias}.x`] : undefined } });
  const numbered = (sql: string, kind: Kind): FromItem => ({ sql: `${sql} with ordinality ${alias}(x, n)`, relation: { alias, columns: columns(['x', kind], ['n', 'int8']), key: [`${alias}.n`] } });
  const many = (sql: string, ...list: readonly (readonly [string, Kind])[]): FromItem => ({ sql, relation: { alias, columns: columns(...list), key: undefined } });
  const document = columnOf('jsonb', `'{"a": 1, "b": [1, {"k": 2}], "c": null}'::jsonb`);
  const int = (): string => columnOf('int4', String(c.between(1, 4)));
  return c.pick<() => FromItem>([
    () => one(`generate_series(${c.below(3)}, ${c.between(2, 6)})`, 'int4', true),
    () => one(`generate_series(${int()} % 5, 6, ${c.pick(['1', '2', '3'])})`, 'int4', true),
    () => one(`generate_series(date '2024-01-01', '2024-03-01', interval '${c.pick(['1 month', '20 days'])}')`, 'timestamptz', true),
    () => one(`generate_series(timestamp '2024-01-31', '2024-06-01', '1 month')`, 'timestamp', true),
    () => one(`generate_series(${c.pick(['0.5', '1'])}::numeric, 2.5, ${c.pick(['0.5', '0.75'])})`, 'numeric'),
    () => numbered(`unnest(${columnOf('int4[]', 'array[3, null, 1]')})`, 'int4'),
    () => numbered(`unnest(${columnOf('text[]', "'{a,NULL,b c}'::text[]")})`, 'text'),
    () => numbered(`unnest(${columnOf('mood[]', "array['ok'::mood, 'sad']")})`, 'mood'),
    () => numbered(`unnest(${columnOf('int4multirange', "'{[1,3),[5,8)}'::int4multirange")})`, 'int4range'),
    () => many(`unnest(array[row(1, 'a')::pair, null, ${columnOf('pair', "row(2, 'b')::pair")}]) ${alias}(x, y)`, ['x', 'int4'], ['y', 'text']),
    () => many(`unnest(array[1, 2, 3], array['x', 'y']) ${alias}(x, y)`, ['x', 'int4'], ['y', 'text']),
    () => numbered(`regexp_split_to_table(${columnOf('text', "'a,b'")}, '${c.pick([',', '', ' '])}')`, 'text'),
    () => numbered(`string_to_table(${columnOf('text', "'a,b,,c'")}, ${c.pick(["','", "''", 'null'])}${c.pick(['', ", 'a'"])})`, 'text'),
    () => numbered(`regexp_matches(${columnOf('text', "'foo_bar bar'")}, '${c.pick(['(.)(a|o)', '[a-c]', '^'])}', '${c.pick(['g', '', 'gi'])}')`, 'text[]'),
    () => numbered(`jsonb_array_elements(jsonb_build_array(1, ${document}))`, 'jsonb'),
    () => numbered(`json_array_elements_text('[1, "x", null, {"y": [2]}]')`, 'text'),
    () => numbered(`jsonb_path_query(${document}, '${c.pick(['$.*', '$[*]', '$.b[*]', '$.b[*] ? (@ > 0)', '$.**'])}')`, 'jsonb'),
    () => many(`jsonb_each(case jsonb_typeof(${document}) when 'object' then ${document} else '{"z": [1]}' end) ${alias}(k, v)`, ['k', 'text'], ['v', 'jsonb']),
    () => many(`json_each_text('{"p": 1, "q": "two", "r": null}') ${alias}(k, v)`, ['k', 'text'], ['v', 'text']),
    () => one(`jsonb_object_keys('{"p": 1, "qq": 2, "a": 3}')`, 'text'),
    () => one(`generate_subscripts(${columnOf('int4[]', "'[2:4]={1,2,3}'::int[]")}, 1${c.pick(['', ', true'])})`, 'int4', true),
    () => many(`jsonb_to_recordset('[{"p": 1, "q": "a"}, {"p": null}, {"q": "b", "r": 2}]') as ${alias}(p int, q text)`, ['p', 'int4'], ['q', 'text']),
    () => many(`json_to_record('{"p": 1, "q": [1, 2], "r": {"x": 7, "y": "w"}}') as ${alias}(p numeric, q int[], r pair)`, ['p', 'numeric'], ['q', 'int4[]'], ['r', 'pair']),
    () => many(`jsonb_populate_recordset(null::pair, '[{"x": 1, "y": "j"}, {"y": "k"}, {}]') ${alias}`, ['x', 'int4'], ['y', 'text']),
    () => many(`rows from (generate_series(1, ${c.between(1, 3)}), unnest(array['a', 'b'])) ${alias}(x, y)`, ['x', 'int4'], ['y', 'text']),
    () => many(`rows from (f_set(${c.between(0, 3)}), json_to_record('{"p": 1}') as (p int)) with ordinality ${alias}(x, y, n)`, ['x', 'int4'], ['y', 'int4'], ['n', 'int8']),
    () => one(`f_set(${int()} % 6)`, 'int4', true),
    () => many(`f_rows(${int()} % 20) ${alias}`, ['x', 'int4'], ['y', 'text']),
    () => many(`f_out(${int()}) ${alias}`, ['a', 'int4'], ['b', 'text']),
    () => many(`f_pair(${int()}, ${columnOf('text', "'p'")}) ${alias}`, ['x', 'int4'], ['y', 'text']),
    () => many(`f_dset(${c.between(0, 3)}) ${alias}`, ['x', 'int4'], ['y', 'text']),
    () => many(`f_pset(${int()} % 4) ${alias}(x, z)`, ['x', 'int4'], ['z', 'text']),
    () => one(`f_add(${int()}, ${c.below(4)})`, 'int4', true),
  ])();
}
