/** Expressions: precedence and associativity as in PostgreSQL's table, every special form, and what the forms turn into. */
import { describe, expect, test } from 'vitest';
import { parseExpression, parseTypeName } from '../../parser/parse.js';
import { printTypeName } from '../../parser/print.js';
import { failure, grouping, withoutOffsets } from './helpers.js';

describe('precedence', () => {
  test.each([
    ['a or b and not c = d', '(a or (b and (not (c = d))))'],
    ['not a = b', '(not (a = b))'],
    ['not not a', '(not (not a))'],
    ['a + b * c ^ d', '(a + (b * (c ^ d)))'],
    ['a - b - c', '((a - b) - c)'],
    ['a ^ b ^ c', '((a ^ b) ^ c)'],
    ['-a ^ b', '((- a) ^ b)'],
    ['-a::int', '(- (a :: pg_catalog.int4))'],
    ['-5::int', '(- (5 :: pg_catalog.int4))'],
    ['(-5)::int', '(-5 :: pg_catalog.int4)'],
    ['a || b || c', '((a || b) || c)'],
    ['a || b + c', '(a || (b + c))'],
    ['a < b || c', '(a < (b || c))'],
    ['@ a + b', '(@ (a + b))'],
    ['a * @ b + c', '(a * (@ (b + c)))'],
    ['a = b is null', '((a = b) is null)'],
    ['a is null is not null', '((a is null) is not null)'],
    ['a isnull notnull', '((a is null) is not null)'],
    ['a is not distinct from b + c', '(a is not distinct from (b + c))'],
    ['a is true and b is not unknown', '((a is true) and (b is not unknown))'],
    ['a between b and c and d', '((a between b and c) and d)'],
    ['a not between symmetric b + 1 and c or d', '((a not between (b + 1) and c) or d)'],
    ['a = b between c and d', '(a = (b between c and d))'],
    ['a in (1, 2) = b', '((a in [1 2]) = b)'],
    ['not a in (1)', '(not (a in [1]))'],
    ['a not in (1)', '(a not in [1])'],
    ["a like 'x' || b escape '!' and c", "((a like ('x' || b) escape '!') and c)"],
    ['a not ilike b', '(a not ilike b)'],
    ["a similar to b escape 'c'", "(a similar b escape 'c')"],
    ['a like b = c', '((a like b) = c)'],
    ['a + b = any (c)', '((a + b) = any c)'],
    ['a like any (c)', '(a ~~ any c)'],
    ['a not ilike all (c)', '(a !~~* all c)'],
    ['a = some (c) or b', '((a = any c) or b)'],
    ['a at time zone b || c', '(timezone[b a] || c)'],
    ["a || b collate \"C\"", '(a || (b collate C))'],
    ['-a collate "C"', '((- a) collate C)'],
    ['a operator(pg_catalog.+) b * c', '(a + (b * c))'],
    ['a::int::text', '((a :: pg_catalog.int4) :: text)'],
    ['(a, b) = (c, d)', '(row[a b] = row[c d])'],
    ["(a, b) overlaps (c, interval '1 day')", 'overlaps[a b c (\'1 day\' :: pg_catalog.interval)]'],
    ['a and b and c', '(a and b and c)'],
    ['(a and b) and c', '(a and b and c)'],
    ['a and (b and c)', '(a and (b and c))'],
    ['a or b or c and d', '(a or b or (c and d))'],
  ])('%s', (text, shape) => expect(grouping(text)).toBe(shape));

  test.each([
    ['a < b < c', '<', 13], ['a like b like c', 'like', 16], ['a is distinct from b is null', 'is', 28], ['a = b <> c', '<>', 13], ['a between b and c between d and e', 'between', 25],
  ])('%s does not chain', (text, token, offset) => expect(failure(`select ${text}`)).toBe(`42601 syntax error at or near "${token}" @${offset}`));

  test('the lower bound of BETWEEN is a b_expr', () => {
    expect(grouping('a between b = c and d')).toBe('(a between (b = c) and d)');
    expect(failure('select a between b in (1) and d')).toBe('42601 syntax error at or near "in" @19');
  });
});

describe('operands', () => {
  const kind = (text: string): string => parseExpression(text).kind;
  test.each([
    ['null', 'null'], ['true', 'boolean'], ['a.b.c', 'columnRef'], ['a.*', 'star'], ['(a).b', 'fieldSelection'], ['(a.b).*', 'fieldStar'], ['a[1][2:3]', 'subscript'],
    ['$1.f', 'fieldSelection'], ['(select 1)', 'scalarSubquery'], ['((select 1))', 'scalarSubquery'], ['((select 1) + 1)', 'binary'], ['(select x).f', 'fieldSelection'],
    ['exists (select 1)', 'exists'], ['array(select 1)', 'arraySubquery'], ['array[1, 2]', 'array'], ['array[]', 'array'], ['row()', 'row'], ['row(1)', 'row'], ['(1, 2)', 'row'],
    ['case a when 1 then 2 else 3 end', 'case'], ['coalesce(a, b)', 'coalesce'], ['nullif(a, b)', 'nullIf'], ['greatest(a)', 'minMax'], ['cast(a as int)', 'cast'],
    ["date '2000-01-01'", 'cast'], ["interval '1' day", 'cast'], ["numeric(3) '1'", 'cast'], ["my.type '1'", 'cast'], ["f(1) 'x'", 'cast'], ['current_date', 'sqlValueFunction'],
    ['current_timestamp(3)', 'sqlValueFunction'], ['user', 'sqlValueFunction'], ['grouping(a, b)', 'grouping'], ['default', 'defaultValue'],
    ['a in (select 1)', 'inSubquery'], ['a in ((select 1))', 'inSubquery'], ['a in ((select 1), 2)', 'inList'], ['a = any (select 1)', 'quantifiedSubquery'], ['a = any ((select 1))', 'quantifiedSubquery'],
    ['((a))', 'columnRef'], ['current_schema()', 'functionCall'], ["xmlelement(name a, 'x')", 'unsupportedExpression'], ['a is document', 'unsupportedExpression'],
    ['int', 'columnRef'], ['coalesce', 'columnRef'], ['(values (1))', 'scalarSubquery'], ['(values)', 'columnRef'], ['(table t)', 'scalarSubquery'],
  ])('%s is a %s', (text, expected) => expect(kind(text)).toBe(expected));

  test('arrays nest without the word', () => {
    expect(withoutOffsets(parseExpression('array[[1], [2]]'))).toEqual(withoutOffsets(parseExpression('array[array[1], array[2]]')));
  });

  test.each([
    ["extract(year from d)", "extract['year' d]"],
    ["extract('epoch' from d)", "extract['epoch' d]"],
    ['position(a in b)', 'position[b a]'],
    ['overlay(a placing b from 1 for 2)', 'overlay[a b 1 2]'],
    ['substring(a from 2)', 'substring[a 2]'],
    ['substring(a from 2 for 3)', 'substring[a 2 3]'],
    ['substring(a for 3)', 'substring[a 1 (3 :: pg_catalog.int4)]'],
    ['substring(a for 3 from 2)', 'substring[a 2 3]'],
    ["substring(a similar 'x' escape '#')", "substring[a 'x' '#']"],
    ['substring(a, 2, 3)', 'substring[a 2 3]'],
    ['trim(a)', 'btrim[a]'],
    ["trim(leading 'x' from a)", "ltrim[a 'x']"],
    ['trim(trailing from a)', 'rtrim[a]'],
    ["trim('x' from a)", "btrim[a 'x']"],
    ['normalize(a, nfkc)', "normalize[a 'NFKC']"],
    ['a is nfc normalized', "is_normalized[a 'NFC']"],
    ['a is not normalized', '(not is_normalized[a])'],
    ['collation for (a)', 'pg_collation_for[a]'],
  ])('%s', (text, shape) => expect(grouping(text)).toBe(shape));

  test('calls keep all that is said in them', () => {
    expect(parseExpression('s.f(distinct a, b order by c desc nulls last) filter (where d) over (w partition by e order by f rows between 1 preceding and unbounded following exclude ties)')).toMatchObject({
      kind: 'functionCall', name: { schema: 's', name: 'f' }, isDistinct: true, args: [{}, {}], orderBy: [{ direction: 'desc', nulls: 'last' }], filter: { kind: 'columnRef' },
      over: { base: 'w', partitionBy: [{}], orderBy: [{}], frame: { mode: 'rows', start: { type: 'preceding' }, end: { type: 'unbounded following' }, exclude: 'ties' } },
    });
    expect(parseExpression('f(a, b => 1, c := 2)')).toMatchObject({ args: [{ name: undefined }, { name: 'b' }, { name: 'c' }] });
    expect(parseExpression('f(a, variadic b)')).toMatchObject({ isVariadic: true });
    expect(parseExpression('count(*) over w')).toMatchObject({ isStar: true, over: { reference: 'w' } });
    expect(parseExpression('percentile_cont(0.5) within group (order by a)')).toMatchObject({ withinGroup: true, orderBy: [{}] });
  });

  test.each([
    ['select f(a order by b) within group (order by c)', '42601 cannot use multiple ORDER BY clauses with WITHIN GROUP @23'],
    ['select (1, 2, 3) overlaps (4, 5)', '42601 wrong number of parameters on left side of OVERLAPS expression @7'],
    ['select int(1)', '42601 syntax error at or near "(" @10'],
    ['select 1 + *', '42601 syntax error at or near "*" @11'],
    ['select f(variadic a, b)', '42601 syntax error at or near "," @19'],
    ['select a[]', '42601 syntax error at or near "]" @9'],
    ['select exists (a)', '42601 syntax error at or near "a" @15'],
    ['select f(x)[1]', '42601 syntax error at or near "[" @11'],
  ])('%s', (sql, message) => expect(failure(sql)).toBe(message));
});

describe('types', () => {
  test.each([
    ['int', 'integer'], ['INT', 'integer'], ['smallint', 'smallint'], ['bigint', 'bigint'], ['float', 'double precision'], ['float(24)', 'real'], ['float(25)', 'double precision'], ['double precision', 'double precision'],
    ['numeric', 'numeric'], ['decimal(10,2)', 'numeric(10, 2)'], ['bool', 'bool'], ['boolean', 'boolean'], ['char', 'character(1)'], ['character varying(20)', 'character varying(20)'], ['varchar', 'character varying'],
    ['national character varying (3)', 'character varying(3)'], ['bit', 'bit(1)'], ['bit varying(5)', 'bit varying(5)'], ['timestamp', 'timestamp'], ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
    ['time without time zone', 'time'], ['time with time zone', 'time with time zone'], ['interval', 'interval'], ['interval(3)', 'interval(3)'], ['interval day to second(3)', 'interval day to second(3)'],
    ['text[]', 'text[]'], ['int[3][]', 'integer[3][]'], ['int array[4]', 'integer[4]'], ['my.type(1, 2)', 'my.type(1, 2)'], ['"My Type"', '"My Type"'], ['setof text', 'setof text'], ['"char"', '"char"'], ['pg_catalog.bpchar', 'pg_catalog.bpchar'],
  ])('%s is %s', (text, printed) => expect(printTypeName(parseTypeName(text))).toBe(printed));
  test('limits of float', () => {
    expect(() => parseTypeName('float(0)')).toThrow('precision for type float must be at least 1 bit');
    expect(() => parseTypeName('float(54)')).toThrow('precision for type float must be less than 54 bits');
  });
});

test('positions are where PostgreSQL points', () => {
  const at = (text: string): number => parseExpression(text).offset;
  expect([at('a + b'), at('a and b'), at('  f(x)'), at('a::int'), at('a is null'), at('a in (1)'), at('- x'), at('(a)'), at('row(1)')]).toEqual([2, 2, 2, 1, 2, 2, 0, 1, 0]);
});
