/** Ranges and multiranges of numbers and dates. */
import type { TemplateSet } from './templates.js';

const bounds = "'{?[]¦()¦[)¦(]}'";

export const rangeFunctions: TemplateSet = {
  safe: {
    int4range: ['range_merge({int4multirange})', 'int4range(least({int4}, {int4}, 3), 3)', "({int4range}::text)::int4range"],
    daterange: ['{daterange} * {daterange}', `daterange(least({date}, date '2024-03-01'), '2024-03-01', ${bounds})`, 'range_merge({daterange}, {daterange})', 'daterange({date}, null)', "daterange(null, {date}, '[]')"],
    numrange: ['{numrange} * {numrange}', `numrange(least({numeric}, 5), 5, ${bounds})`, 'range_merge({numrange}, {numrange})', "numrange({numeric}, null, '(]')"],
    int4multirange: ['{int4multirange} + {int4multirange}', '{int4multirange} - {int4multirange}', '{int4multirange} * {int4multirange}', '{int4range}::int4multirange', 'multirange({int4range})', '{int4multirange} - int4multirange({int4range})'],
    bool: [
      '{int4multirange} @> {int4}', '{int4multirange} @> {int4range}', '{int4range} <@ {int4multirange}', '{int4multirange} {?&&¦@>¦<@¦=¦<¦-|-¦<<¦&<¦&>} {int4multirange}', 'isempty({int4multirange})', '{int4range} {?<<¦>>¦&<¦&>¦<@¦<¦>=¦-|-} {int4range}', '{daterange} @> {date}', '{daterange} {?&&|@>|<@|<<|=|<} {daterange}', '{date} <@ {daterange}', '{numrange} @> {numeric}', '{numrange} {?&&|@>|<<|&<|=|>} {numrange}',
      '{?lower_inc|upper_inc|lower_inf|upper_inf|isempty}({?{int4range}|{daterange}|{numrange}|{int4multirange}})', '{int4range} @> null::int4', '{int4multirange} << {int4range}', '{int4} <@ {int4range}',
    ],
    int4: ['{?lower|upper}({int4multirange})', 'upper({daterange}) - lower({daterange})'],
    date: ['{?lower|upper}({daterange})'],
    numeric: ['{?lower|upper}({numrange})'],
    text: ['{?{daterange}|{numrange}|{int4multirange}|{int4range}}::text', "array(select r from unnest({int4multirange}) r order by r)::text"],
    jsonb: ['to_jsonb({?{daterange}|{int4multirange}})'],
  },
  risky: {
    daterange: ['daterange({date}, {date})', '{daterange} + {daterange}', '{daterange} - {daterange}', "'{?[2024-01-01,2023-01-01]¦[2024-02-30,]¦[today¦empty¦( , )¦[epoch,infinity]}'::daterange"],
    numrange: ['numrange({numeric}, {numeric})', '{numrange} + {numrange}', '{numrange} - {numrange}', "'{?[1,NaN]¦(2,2)¦[2,2]¦[1;2]¦ [1.0,2.50) }'::numrange", "numrange(1, 2, '{?[[¦x¦]}')"],
    int4multirange: ["'{?{[1,2],[2,5]}¦{empty}¦{[3,1]}¦{[1,2]¦{,}¦ { [1,2) , (4,5) } }'::int4multirange", '{text}::int4multirange', 'int4multirange(int4range({int4}, {int4}))', 'int4multirange({int4range}, {int4range})'],
  },
};
