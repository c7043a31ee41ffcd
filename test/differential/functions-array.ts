/** Arrays, ranges, enums, rows, and what stands between kinds. */
import type { TemplateSet } from './templates.js';

export const arrayFunctions: TemplateSet = {
  safe: {
    'int4[]': ['array[{int4}, {int4}]', 'array[1, 2, {int4}] || {int4}', '{int4} || array[{int4}]', 'array_append(array[1, 2], {int4})', 'array_prepend({int4}, array[{int4}])', 'array_cat(array[{int4}], {?array[1,2]|null})', "array_replace({int4[]}, 1, {int4})", "array_positions(array[1, 2, 1, {int4}], {int4})", '{int4[]}[{#1..2}:{#1..3}]', "(array[1, 2, 3, {int4}])[{#0..2}:]", 'array_fill({int4}, array[{#0..3}])', 'array(select x from generate_series(1, {#0..4}) x order by 1)', "trim_array(array[1, 2, 3], {#0..3})", "string_to_array('1,2,{#0..9}', ',')::int[]", "array_remove(array[1, 2, {int4}], {int4})"],
    'text[]': ['array[{text}, {text}]', 'array[{text}] || {text}', "array_append(array['a', {text}], {text})", "array_remove(array['a', {text}], {text})", '{int4[]}::text[]', 'array[{varchar}, {text}]', "array(select v from unnest({text[]}) v order by v)"],
    int4: ['cardinality({int4[]})', 'array_length({int4[]}, {#1..2})', 'array_upper({text[]}, 1)', 'array_lower({int4[]}, 1)', 'array_ndims({int4[]})', "array_position(array[1, 2, {int4}], {int4})", '{int4[]}[{#0..3}]', '(array[{int4}, {int4}])[{#1..2}]', 'lower({int4range})', 'upper({int4range})', '({int4[]})[1]'],
    text: ["array_to_string({int4[]}, '{?,|}'{?|, '*'})", "array_to_string({text[]}, '-', 'N')", '{text[]}[{#1..2}]', 'array_dims({int4[]})', "enum_last(null::mood)::text", "(array['p', {text}])[{#1..3}]"],
    bool: ['{int4[]} = {int4[]}', '{int4[]} < {int4[]}', '{int4[]} @> {int4[]}', '{int4[]} <@ {int4[]}', '{int4[]} && {int4[]}', '{text[]} @> array[{text}]', '{text} = any ({text[]})', '{text} <> all ({text[]})', '{int4range} @> {int4}', '{int4range} @> {int4range}', '{int4range} && {int4range}', '{int4range} -|- {int4range}', '{int4range} << {int4range}', '{int4range} = {int4range}', 'isempty({int4range})', 'lower_inc({int4range})', 'upper_inf({int4range})', '{mood} {?<|=|>=} {mood}', "{mood} in ('sad', 'ok')", '({int4}, {text}) = ({int4}, {text})', '({int4}, {int4}) {?<|<=|>} ({int4}, {int4})', 'row({int4}, {text}) is not null', 'row({int4}, null) is null', '({int4}, {int4}) in ((1, 2), ({int4}, 3))', 'row({int4}, {text}) is distinct from row({int4}, {text})', '{uuid} {?<|=} {uuid}', '({int4}, {int4}) not in ((0, 1), (2, {int4}))'],
    mood: ["enum_first({mood})", 'greatest({mood}, {mood})'],
    int4range: ['{int4range} * {int4range}', 'int4range({#0..3}, {#3..9}, \'{?[]¦()¦[)}\')', 'range_merge({int4range}, {int4range})'],
    uuid: ["md5({text})::uuid"],
  },
  risky: {
    'int4[]': ['{int4[]} || {int4[]}', '{int4[]} || {int4}', 'array_fill(1, array[{int4}])', "'{?{1,2|{{1},{2,3}}|{1,x}|[0:1]={5,6}|{}|{ 1 , 2 }}'::int[]", 'array_append({int4[]}, {int4})', 'array_remove({int4[]}, {int4})', '{text[]}::int[]'],
    'text[]': ['{text[]} || {text}', 'array_append({text[]}, {text})', 'array_remove({text[]}, {text})', "'{?{a,\"b}|{a b,c}|{\"a\\\"b\"}|{,}|{nULL}}'::text[]"],
    int4: ['array_position({int4[]}, {int4})'],
    int4range: ['int4range({int4}, {int4})', '{int4range} + {int4range}', '{int4range} - {int4range}', "'{?[3,1]¦[1,2¦empty¦(1,1]¦[,]}'::int4range"],
    mood: ["'{?sad|Sad|}'::mood"],
  },
};
