/** json and jsonb: operators, subscripts, builders, jsonpath. */
import type { TemplateSet } from './templates.js';

export const jsonFunctions: TemplateSet = {
  safe: {
    jsonb: [
      "{jsonb} -> '{?a|b|c|zz}'", '{jsonb} -> {#-2..2}', "{jsonb} #> '{?{a}|{b,0}|{c,d}|{}}'", "{jsonb}['{?a|b}']", 'to_jsonb({any})', "jsonb_build_object('k', {any}, 'n', {int4})", 'jsonb_build_array({any}, {text}, null)', 'jsonb_strip_nulls({jsonb})', "'{?{\"x\":1}|[5]}'::jsonb || {jsonb}", '{json}::jsonb', 'to_jsonb({int4[]})', "'{?{}|[1,2]|\"s\"|1e3}'::jsonb", "jsonb_object('{a,b}'::text[], '{1,2}'::text[])", "jsonb_set_lax('{\"a\":1}', '{a}', {jsonb})",
    ],
    json: ["{json} -> '{?a|b}'", '{json} -> {#0..2}', 'to_json({any})', "json_build_object('k', {int4}, 'v', {text})", 'json_build_array({int4}, {text})', 'row_to_json(row({int4}, {text}))', 'array_to_json({int4[]})', '{jsonb}::json', "json_object('{?{a,1}|{}}'::text[])", 'json_strip_nulls({json})'],
    text: ["{jsonb} ->> '{?a|b|c|e}'", '{jsonb} ->> {#-1..2}', "{jsonb} #>> '{?{a}|{b,1}|{c,d}}'", 'jsonb_typeof({jsonb})', 'json_typeof({json})', 'jsonb_pretty({jsonb})', "{json} ->> '{?a|b}'", '{json}::text', "jsonb_extract_path_text({jsonb}, 'c', 'd')"],
    bool: ["{jsonb} ? '{?a|b|text|two}'", "{jsonb} ?| array['a', 'zz']", "{jsonb} ?& array['a', 'b']", "{jsonb} @> '{?{\"a\": 1}|[1]|{}|{\"c\": {}}|\"text\"}'", '{jsonb} <@ {jsonb}', '{jsonb} = {jsonb}', '{jsonb} < {jsonb}', '{jsonb} is null'],
    int4: ["jsonb_array_length(case when jsonb_typeof({jsonb}) = 'array' then '[1,2]'::jsonb else '[]' end)"],
    'text[]': ["array(select jsonb_object_keys('{\"p\":1,\"q\":2}'))"],
  },
  risky: {
    jsonb: ["{jsonb} - '{?a|b}'", '{jsonb} - {#-1..2}', "{jsonb} #- '{?{a}|{b,0}}'", "jsonb_set({jsonb}, '{?{a}|{b,1}|{zz}|{b,-9}}', '{?9|\"n\"|null}'{?|, false})", "jsonb_insert({jsonb}, '{?{b,0}|{a}|{q}}', '7'{?|, true})", '{text}::jsonb', '{jsonb} || {jsonb}', "'{?{\"a\":}|[1,]|tru|{\"a\":1,\"a\":2}|\"\\u00e4\"|\"\\u0000\"|01|1.|[[]]}'::jsonb"],
    json: ['{text}::json', "json_object('{?{a,1,b}|{{a,1},{b,2}}|{a,NULL}}'::text[])"],
    int4: ['jsonb_array_length({jsonb})', 'json_array_length({json})', '{jsonb}::int4', '({jsonb} -> \'a\')::int4'],
    numeric: ['{jsonb}::numeric'],
    bool: ['{jsonb}::bool'],
  },
};
