/** Composite types and whole rows, domains, enums and their arrays, functions in SQL that the round's schema defines, and the smaller types. */
import type { TemplateSet } from './templates.js';

export const compositeFunctions: TemplateSet = {
  safe: {
    pair: ["row({int4}, {text})::pair", '({int4}, {text})::pair', 'f_pair({int4}, {text})', "(array[{pair}, row(9, 'z')::pair])[{#1..3}]", "('(' || {int4} || ',q)')::pair", "jsonb_populate_record(null::pair, '{\"x\": {#0..9}, \"y\": \"j\"}')", "json_populate_record({pair}, '{\"y\": \"k\"}')"],
    posint: ['(abs({int4}) + 1)::posint', 'greatest({posint}, {posint})', 'case when {bool} then {posint} else 3::posint end'],
    mood: ['({mood[]})[{#1..3}]', "(enum_range({mood}, 'happy'))[1]", 'f_next({mood})', "({mood}::text)::mood", 'enum_last({mood})'],
    'mood[]': ['array[{mood}, {mood}]', '{mood[]} || {mood}', 'array_remove({mood[]}, {mood})', "enum_range({mood}, null)", "enum_range(null, {mood})", "array_append({mood[]}, 'ok')", '{mood[]} || {mood[]}', '{mood[]}[1:{#0..2}]'],
    int4: ['({pair}).x', '{posint} + {int4}', '{posint}', 'f_add({int4}, {int4})', 'f_add({int4})', 'f_add(b => {int4}, a => 1)', 'f_count({int4})', 'cardinality({mood[]})', 'array_position({mood[]}, {mood})', '{posint} * {#1..3}', 'f_strict({int4}, {int4})', 'f_least({int4}, {int4}, {#0..9})', 'f_least(variadic array[{int4}, 2])'],
    text: ['({pair}).y', 'f_greet({text})', 'f_greet({text}, {text})', '{pair}::text', '{mood[]}::text', '{timetz}::text', '{float4}::text', '{posint}::text', "array_to_string({mood[]}, '/', 'n')", 'pg_typeof({pair})::text', 'pg_typeof({pair}::dpair)::text', '{pair}::dpair::text', 'row_to_json({pair}::dpair)::text', 'collation for ({text})', 'row({pair}, {int4})::text', 'row({any}, {any}, {any})::text', 'f_any({text})', 'f_any({int4})::text', "format('%s %s', {pair}, {mood[]})", 'to_json({pair})::text', "quote_nullable({mood})", '{pair} || \'\'', "concat({pair}, {any}, {float4})"],
    bool: ['{pair} {?=|<>|<|<=|>} {pair}', '{pair} is {?null|not null|distinct from row(1, \'a\')::pair}', '{mood[]} {?=|<|@>|<@|&&} {mood[]}', '{mood} = any ({mood[]})', '{posint} {?=|<|>=} {int4}', '{timetz} {?<|=|>=} {timetz}', '{float4} {?<|=|<>} {float8}', '{float4} = {numeric}', 'f_even({int4})', "{pair} in (row(1, 'a'), row(2, null))", '({int4}, {text}) is distinct from ({pair})', "{mood} between 'sad' and {mood}", 'row({pair}, 1) = row({pair}, {int4})', '{pair}::dpair {?=|<|<>|>=} {pair}', "{pair}::dpair in ({pair}, '(1,a)')", '{pair} = any (array[{pair}::dpair, {pair}::dpair])', '{pair}::dpair is {?null|not null|distinct from row(1, null)::pair}'],
    jsonb: ['to_jsonb({pair})', 'to_jsonb({mood[]})', "jsonb_build_object('p', {pair}, 'm', {mood})", 'jsonb_build_array({float4}, {posint}, {timetz})'],
    json: ['row_to_json({pair})', 'row_to_json({pair}, true)', 'array_to_json(array[{pair}])'],
    float4: ['{int4}::float4', '{float4} + {float4}', '-{float4}', 'abs({float4})', '{float4} * {?0.5|2}::float4', '{int2}::float4', 'greatest({float4}, {float4})'],
    float8: ['{float4}::float8', '{float4} + {float8}', '{float4} * {float8}'],
    timetz: ["timetz '08:00:00{?+00|-03|+05:30}' + {interval}", "{timetz} at time zone '{?UTC|+04|-05:30}'", '{timetz} - {interval}', '{timestamptz}::timetz', '{timetz}::timetz(0)'],
    time: ['{timetz}::time'],
    numeric: ["extract({?hour|minute|timezone|timezone_hour|epoch} from {timetz})"],
  },
  risky: {
    posint: ['{int4}::posint', '{text}::posint', '({int4} - 5)::posint', "'{?0|-1| 3 |x}'::posint"],
    pair: ["'{?(1,a)¦(1)¦(1,a,b)¦1,a¦(\"1\",\"a\"\"b\")¦(x,y)¦( 4 , b )¦()}'::pair", '{text}::pair', 'row({text}, 1)::pair'],
    'mood[]': ["'{?{sad,nosuch}|{ok, ok}|{sad|{{sad},{ok}}}'::mood[]", 'array[{text}]::mood[]', '{text[]}::mood[]'],
    mood: ['f_mood({text})'],
    int4: ['f_divide({int4}, {int4})', '(f_pair({int4}, {text})).x / {int4}'],
    float4: ['{text}::float4', '{float8}::float4', '{numeric}::float4 * 1e38::float4', '{float4} / {float4}', "'{?1e39|1e-46|NaN|inf|0x1}'::float4"],
    timetz: ['{text}::timetz', "'{?24:00+00|10:00 CET|10:00 America/New_York|25:00+1|10:00+16}'::timetz"],
  },
};
