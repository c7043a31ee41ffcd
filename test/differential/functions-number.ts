/** Numbers. Functions whose last binary digit depends on the mathematics library are rounded. */
import type { TemplateSet } from './templates.js';

export const numberFunctions: TemplateSet = {
  safe: {
    int2: ['{bool}::int::int2', '-{int2}', '{int2}', 'abs({int2})', '{int2} & {int2}', '{int2} | 1::int2'],
    int4: ['{int2} + {int2} + 0', '-{int4}', 'abs({int4})', 'sign({int4})::int4', 'mod({int4}, {#1..7})', '{int4} % {#1..5}', '{int4} / {#1..6}', '{int4} & {int4}', '{int4} | {#0..9}', '{int4} # {#0..9}', '~{int4}', '{int4} << {#0..3}', '{int4} >> {#0..3}', 'gcd({int4}, {int4})', 'width_bucket({numeric}, 0, 10, {#2..5})', 'scale({numeric})', 'min_scale({numeric})', '{bool}::int4', '{int2}::int4', 'greatest({int4}, {int4}, {#0..9})', 'least({int4}, {int4})', 'num_nulls({any}, {any})', 'num_nonnulls({any}, {any})', 'bit_count({bytea})::int4'],
    int8: ['{int4}::int8', '{int4} + {int8}', '{int8} - {int4}', '{int8} * {#0..9}', '{int8} / {#1..9}', '{int8} % {#1..9}', '-{int8}', 'abs({int8})', '{int8} & {int8}', '{int2}::int8', 'factorial({#0..9})::int8', 'greatest({int8}, {int4})'],
    numeric: [
      '{numeric} + {numeric}', '{numeric} - {numeric}', '{numeric} * {numeric}', '{numeric} / {?3|7.5|0.01|1000}', '{int4}::numeric', '{int8}::numeric', '{int4} + {numeric}', 'round({numeric})', 'round({numeric}, {#-2..4})', 'trunc({numeric}, {#-1..2})', 'ceil({numeric})', 'floor({numeric})', 'abs({numeric})', 'sign({numeric})', 'div({numeric}, {?3|2.5})', 'mod({numeric}, {?3|0.7})', '{numeric} % 2.5',
      '{numeric}::numeric(20,{#0..4})', 'trim_scale({numeric})', 'power({numeric}, {#0..3})', 'sqrt(abs({numeric}))', 'exp({#0..3}::numeric)', 'ln(abs({numeric}) + 1)', 'log(abs({numeric}) + 1)', 'log({?2|10.0}, abs({numeric}) + 1)', '{float8}::numeric', 'greatest({numeric}, {int4})', '{numeric} ^ 2', 'lcm({int4}, {int4})::numeric', 'round(exp({float8} / 1000)::numeric, 8)', 'round(sin({float8})::numeric, 8)', 'round(atan2({float8}, {float8})::numeric, 8)', 'gcd({numeric}, {numeric})', 'extract(epoch from {interval})', 'extract(epoch from {timestamp})',
    ],
    float8: ['{int4}::float8', '{numeric}::float8', '{float8} + {float8}', '{float8} * {float8}', '{float8} - {int4}', '{float8} / {?2|4|0.5}', 'abs({float8})', 'floor({float8})', 'ceil({float8})', 'round({float8})', 'trunc({float8})', 'sign({float8})', '-{float8}', 'sqrt(abs({float8}))', 'cbrt(8::float8)', 'degrees(0)', '{float8}::float4::float8', 'power({float8}, 2)', "'{?NaN|Infinity|-Infinity|-0}'::float8", 'date_part(\'{?hour|month|doy}\', {timestamp})'],
    bool: ['{int4} {?<|<=|=|<>|>|>=} {int4}', '{int8} {?<|=|>=} {int4}', '{numeric} {?<|<=|=|>} {numeric}', '{float8} {?<|=|>=|<>} {float8}', '{int4} between {int4} and {int4}', '{numeric} not between {numeric} and {numeric}', '{int4} between symmetric {int4} and {int4}', '{int4} in ({#0..5}, {#0..9}, {int4})', '{int4} not in ({#0..5}, {#0..9})', '{int2} = {int4}', '{int4} = {numeric}', '{int4} = any ({int4[]})', '{int4} <> all ({int4[]})', '{int4} < any (array[{int4}, {int4}])', '{int4} = some (array[{#0..5}])', '{float8} = {int4}', '{numeric} = {float8}', '{int4}::bool'],
  },
  risky: {
    int2: ['{int4}::int2', '{int8}::int2', '{int2} + {int2}', '{int2} * {int2}', '{int2} / {int2}', '{numeric}::int2'],
    int4: ['{int4} / {int4}', '{int4} % {int4}', '{int4} * {?1000000|100}', '{int8}::int4', '{numeric}::int4', '{float8}::int4', '2147483647 + {int4}', '(-2147483648) / {int4}', 'lcm({int4}, 2147483647)', '{int4} + {int4}', "'{? 42 |4 2|0x1f|1_000|+7|-2147483649|}'::int4", 'width_bucket({numeric}, {numeric}, {numeric}, {int4})'],
    int8: ['{int8} * {int8}', '9223372036854775807 - {int8}', '{int8} / {int4}', '{numeric}::int8', '{float8}::int8', 'abs((-9223372036854775808)::int8 + {int4})'],
    numeric: ['{numeric} / {numeric}', '{numeric}::numeric(3,1)', '{text}::numeric', 'sqrt({numeric})', 'ln({numeric})', 'power({numeric}, {numeric})', 'log({numeric}, {numeric})', 'factorial({int4})', "to_number({text}, '99G999D9')", 'mod({numeric}, {numeric})', "'{?1e-3|1E+5|NaN|Infinity|.5|5.|1.2.3|0b1}'::numeric"],
    float8: ['{float8} / {float8}', '{text}::float8', 'sqrt({float8})', 'ln({float8})', 'exp({float8})::float4::float8', 'power({float8}, {float8})', 'acos({float8})', "'{?1e400|1e-400|infinity|nan|-inf|1e}'::float8"],
  },
};
