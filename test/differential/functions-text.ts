/**
 * Text, bytes and bits. A template's `{kind}` is an expression of that kind, `{#a..b}` a number, `{?x|y}` one of the texts. What `safe` holds never
 * fails for the values of kinds.ts; `risky` may, and stands only where both servers must evaluate it for the same rows.
 */
import type { TemplateSet } from './templates.js';

export const textFunctions: TemplateSet = {
  safe: {
    text: [
      '{text} || {text}', '{text} || {int4}', '{numeric} || {text}', 'upper({text})', 'lower({text})', 'initcap({text})', 'reverse({text})', 'left({text}, {#-3..4})', 'right({text}, {#-3..4})', 'substr({text}, {#-1..4})', 'substring({text} from {#0..3} for {#0..4})',
      "substring({text} from '{?a.*|[a-c]+|(b)(c)?|^.}')", 'trim({text})', "ltrim({text}, '{?a|ab| x}')", "rtrim({text}, '{?c|d l|0}')", "btrim({text}, 'ab')", "trim(both '{?a|x}' from {text})", 'lpad({text}, {#0..8})', "rpad({text}, {#0..8}, '{?x|ab|}')", 'repeat({text}, {#-1..3})',
      "replace({text}, '{?a|b|o}', {text})", "translate({text}, 'abc', '{?xy|xyz|}')", "split_part({text}, '{?,|_| }', {#1..3})", 'concat({text}, {any}, {text})', "concat_ws('{?,|-}', {text}, {text}, {int4})", 'md5({text})', 'quote_ident({text})', 'quote_literal({text})', 'quote_nullable({text})',
      "overlay({text} placing {text} from {#1..3})", "overlay({text} placing 'zz' from {#1..3} for {#0..3})", "regexp_replace({text}, '{?[aeiou]|(.)(.)|b+|\\s}', '{?X|<\\2\\1>|\\&\\&|}')", "regexp_replace({text}, '{?a|.}', '-', '{?g|i|gi}')", 'to_hex({int4})', "format('%s|%I|%L', {text}, coalesce({text}, 'n'), {text})", "format('{?%5s|%-5s|%1$s%1$s|%%}', {text})",
      '{text}::varchar(3)::text', '{varchar}::text', '{bpchar}::text', '{int4}::text', '{int8}::text', '{numeric}::text', '{bool}::text', '{date}::text', '{timestamp}::text', '{interval}::text', '{uuid}::text', '{bytea}::text', '{jsonb}::text', '{int4[]}::text', '{mood}::text', '{int4range}::text', '{bit}::text', '{time}::text',
      "encode({bytea}, '{?hex|base64|escape}')", "coalesce({text}, {text}, 'z')", 'greatest({text}, {text})', 'least({text}, {text}, {text})', 'starts_with({text}, {text})::text', "string_to_array({text}, ',')::text", "regexp_substr({text}, '{?[a-z]+|o.}', 1, {#1..2})", "(regexp_match({text}, '{?(a)(b)?|(\\w+) (\\w+)}'))[{#1..2}]", 'pg_typeof({any})::text',
      "normalize({text}, {?NFC|NFD})", '{text} collate "{?C|POSIX}"', "chr({#65..90}) || {text}", "unistr('\\0061' || 'b')", 'ascii({text})::text',
    ],
    varchar: ['{text}::varchar', '{varchar}', 'upper({varchar})::varchar', '{text}::varchar(4)'],
    bpchar: ['{text}::char(4)', '{bpchar}::char(3)'],
    int4: [
      'length({text})', 'char_length({varchar})', 'octet_length({text})', 'bit_length({text})', 'ascii({text})', 'strpos({text}, {text})', 'position({text} in {text})', 'length({bpchar})', 'length({bytea})', 'length({bit})', 'get_byte({bytea} || \'\\x01\', 0)', "regexp_count({text}, '{?a|[a-z]|.}')",
      "regexp_instr({text}, '{?b|[A-Z]}')", "array_length(string_to_array({text}, ','), 1)", 'octet_length({bytea})', "array_length(regexp_split_to_array({text}, '{?,|\\s+|}'), 1)",
    ],
    bool: [
      "{text} like '{?a%|%b|_b%|%|\\%|%o w%}'", "{text} not like '{?a%|%c}'", "{text} ilike '{?A%|%B%|abc}'", "{text} not ilike 'a%'", "{text} like 'a!%' escape '!'", "{text} similar to '{?(a|b)%¦%[0-9]+¦_{2}¦a(b|c)*}'", "{text} not similar to '{?a%|(x y)}'", "{text} ~ '{?^a¦b$¦[0-9]¦^$¦\\w+ \\w+¦(a|b){2}}'", "{text} ~* '{?^A|B.}'",
      "{text} !~ '{?a|^.b}'", "{text} !~* 'ABC'", "{varchar} like 'a%'", "starts_with({text}, '{?a|f}')", '{text} < {text}', '{text} = {varchar}', '{bpchar} = {bpchar}', '{bpchar} < {text}', '{text} <= {text}', '{text} ~~ {text}', "{text} like any (array['a%', '%b'])", "{text} not like all (array['a%', 'b%'])", "regexp_like({text}, '{?a|B}', '{?i|c}')", '{text} ^@ {text}', '{bytea} < {bytea}', '{bit} = {bit}',
    ],
    bytea: ["decode('{?00ff|6162}', 'hex')", '{bytea} || {bytea}', "convert_to({text}, 'UTF8')", 'substring({bytea} from {#1..2})', "sha256({bytea})", "btrim({bytea}, '\\x00')", "overlay({bytea} placing '\\xaa' from 1)"],
    bit: ['{bit} || {bit}', '~{bit}', '{bit} << {#0..3}', '{bit} >> {#0..3}', "substring({bit} from {#1..3})"],
    'text[]': ["string_to_array({text}, '{?,| |}')", "string_to_array({text}, {?null|','}, 'b')", "regexp_split_to_array({text}, '{?,|[a-z]|\\s}')", "regexp_match({text}, '{?a|(.)(.)|z+}')", 'parse_ident(\'a.b\')'],
  },
  risky: {
    text: ['chr({int4})', "split_part({text}, ',', {int4})", "decode({text}, '{?hex|base64|escape}')::text", "convert_from({bytea}, 'UTF8')", "substring({text} from {int4} for {int4})", "regexp_replace({text}, {text}, 'x')", 'lpad({text}, {int4}, {text})', "format({text}, 1, 2)", "overlay({text} placing 'q' from {int4})", 'left({text}, {int4})', "set_byte({bytea}, {#0..2}, 1)::text", "to_char({numeric}, {text})"],
    int4: ['{text}::int4', '{text}::int2::int4', 'get_byte({bytea}, {#0..2})', 'get_bit({bytea}, {#0..9})::int4', "regexp_count({text}, {text})", '{bit}::int4', 'cast({text} as integer)'],
    bool: ['{text}::bool', "{text} ~ {text}", "{text} similar to {text}", "{text} like 'a' escape {text}"],
    uuid: ['{text}::uuid'],
    bit: ['{bit} & {bit}', '{bit} | {bit}', '{text}::varbit', '{int4}::bit(4)::varbit'],
    mood: ['{text}::mood'],
  },
};
