/** Syntax errors: PostgreSQL's words and position, what was expected in DETAIL, a misspelt keyword in HINT; and the grammar decides on one token. */
import { describe, expect, test } from 'vitest';
import { parse, parseExpression } from '../../parser/parse.js';
import { SqlGrammar } from '../../parser/grammar.js';
import { errorOf, failure } from './helpers.js';

describe('message and position', () => {
  test.each([
    ['selct 1', '42601 syntax error at or near "selct" @0'],
    ['select a from 1', '42601 syntax error at or near "1" @14'],
    ['select (1', '42601 syntax error at end of input @9'],
    ['select 1;; select (2; select 3', '42601 syntax error at or near ";" @20'],
    ['select 1; select from from t', '42601 syntax error at or near "from" @22'],
    ['select 1 where;', '42601 syntax error at or near ";" @14'],
    ['create table t (a int', '42601 syntax error at end of input @21'],
    ['select 1 -- comment\n from', '42601 syntax error at end of input @25'],
    ['(costs off) select 1', '42601 syntax error at or near "costs" @1'],
    ['update t set a = where b', '42601 syntax error at or near "where" @17'],
    ['select * from t where f3 is', '42601 syntax error at end of input @27'],
    ['select 1 = any', '42601 syntax error at end of input @14'],
    ['insert into t values (1', '42601 syntax error at end of input @23'],
  ])('%s', (sql, message) => expect(failure(sql)).toBe(message));

  test('an error in a later statement hides no earlier one', () => {
    expect(failure("select 1; selec 2; select 'x")).toBe('42601 syntax error at or near "selec" @10');
  });
  test('an expression is one expression', () => {
    expect(() => parseExpression('1; 2')).toThrow('syntax error at or near ";"');
    expect(() => parseExpression('1 2')).toThrow('syntax error at or near "2"');
    expect(() => parseExpression('')).toThrow('syntax error at end of input');
    expect(() => parseExpression('1;')).toThrow('syntax error at or near ";"');
  });
});

describe('what was expected', () => {
  test.each([
    ['select * from t where', 'Expected an expression.'],
    ['create table t (a int', 'Expected ")", ",", COMPRESSION, GENERATED, ARRAY, CHECK, COLLATE, CONSTRAINT or one of 8 others.'],
    ['insert into t', 'Expected "(", ".", SELECT, AS, VALUES, OVERRIDING, DEFAULT, TABLE or one other.'],
    ['drop', undefined],
    ['begin isolation', 'Expected LEVEL.'],
    ['begin isolation level', 'Expected READ, REPEATABLE or SERIALIZABLE.'],
    ['fetch absolute from c', 'Expected the end of the statement or a number.'],
    ['comment on table t is 5', 'Expected a string or NULL.'],
    ['select 1 group', 'Expected BY.'],
    ['select (1', 'Expected ")", "," or an operator.'],
  ])('%s', (sql, detail) => {
    const found = errorOf(sql).fields.detail;
    if (detail === undefined) expect(found).toMatch(/^Expected .* or one of \d+ others\.$/);
    else expect(found).toBe(detail);
  });

  test('a long statement costs no long search', () => {
    const sql = `select ${'a + '.repeat(30_000)} from`;
    const start = performance.now();
    expect(errorOf(sql).fields.detail).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('it can be left out', () => {
    expect(() => parse('select * from t where', { explainErrors: false })).toThrow(expect.objectContaining({ fields: { offset: 21, detail: undefined, hint: undefined } }));
  });
});

test.each([
  ['selct 1', 'Perhaps you meant "SELECT".'],
  ['select * form t', 'Perhaps you meant "FROM".'],
  ['select a frm t', 'Perhaps you meant "FROM" instead of "frm".'],
  ['select a from t wher a = 1', 'Perhaps you meant "WHERE" instead of "wher".'],
  ['select a from t gruop by a', 'Perhaps you meant "GROUP" instead of "gruop".'],
  ['create tabel t (a int)', 'Perhaps you meant "TABLE".'],
  ['insert inot t values (1)', 'Perhaps you meant "INTO".'],
  ['delete frm t', 'Perhaps you meant "FROM".'],
  ['select a b c from t', undefined],
])('%s: %s', (sql, hint) => expect(errorOf(sql).fields.hint).toBe(hint));

test('one token decides everything in the grammar', () => {
  expect(new SqlGrammar().check()).toEqual([]);
});
