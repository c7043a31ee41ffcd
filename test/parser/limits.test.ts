/** Size and depth: what is too long or too deep fails with 54001 and nothing else, quickly; what is merely long works. */
import { describe, expect, test } from 'vitest';
import { leftSpine, type Binary, type Expression } from '../../parser/ast.js';
import { parse, parseExpression } from '../../parser/parse.js';
import { printExpression, printStatement } from '../../parser/print.js';
import { errorOf, oneOf } from './helpers.js';

const repeated = (before: string, n: number, middle: string, after: string): string => before.repeat(n) + middle + after.repeat(n);

describe('depth', () => {
  test.each<[string, (n: number) => string]>([
    ['parentheses', (n) => `select ${repeated('(', n, '1', ')')}`],
    ['scalar subqueries', (n) => `select ${repeated('(select ', n, '1', ')')}`],
    ['subqueries in FROM', (n) => `select * from ${repeated('(select * from ', n, 't', ') x')}`],
    ['IN', (n) => `select ${repeated('1 in (select ', n, '1', ')')}`],
    ['CASE', (n) => `select ${repeated('case when true then ', n, '1', ' end')}`],
    ['calls', (n) => `select ${repeated('f(', n, '1', ')')}`],
    ['arrays', (n) => `select array${repeated('[', n, '1', ']')}`],
    ['NOT', (n) => `select ${'not '.repeat(n)} true`],
    ['signs', (n) => `select ${'- '.repeat(n)} x`],
    ['prefix operators on the right', (n) => `select ${'@ 1 * '.repeat(n)} 1`],
    ['casts', (n) => `select 1${'::int'.repeat(n)}`],
    ['IS NULL', (n) => `select a${' is null'.repeat(n)}`],
    ['subscripts', (n) => `select a${'[1]'.repeat(n)}`],
    ['fields', (n) => `select (a)${'.b'.repeat(n)}`],
    ['joins on the right', (n) => `select * from ${repeated('a join ', n, 'a', ' on true')}`],
    ['common tables', (n) => repeated('with x as (', n, 'select 1', ') select 1')],
    ['grouping sets', (n) => `select 1 group by ${repeated('grouping sets (', n, 'a', ')')}`],
    ['bare opening parentheses', (n) => '('.repeat(n)],
    ['mixed', (n) => `select ${repeated('not - coalesce(a, (select case when b then ', n, '1', ' end))')}`],
  ])('%s', (_name, sql) => {
    parse(sql(20).replace(/^\(+$/, 'select 1'));
    for (const n of [400, 10_000]) {
      const start = performance.now();
      expect(errorOf(sql(n)).code).toBe('54001');
      expect(performance.now() - start).toBeLessThan(2000);
    }
  });

  test('a deep limit on a shallow stack is 54001 too', () => {
    expect(() => parse(`select ${repeated('(', 50_000, '1', ')')}`, { maxDepth: 100_000 })).toThrow(expect.objectContaining({ code: '54001' }));
    // The parser is as good as new after it.
    expect(parse('select 1')).toHaveLength(1);
  });
});

describe('length', () => {
  test('a statement past 16 MiB', () => {
    const error = errorOf(`select '${'x'.repeat(16 * 1024 * 1024)}'`);
    expect(error.code).toBe('54001');
    expect(errorOf('('.repeat(17 * 1024 * 1024)).code).toBe('54001');
  });
  test('a script may be longer than a statement', () => {
    expect(parse(`select 1;`.repeat(1000), { maxLength: 100 })).toHaveLength(1000);
  });
  test('blanks and comments between statements do not count', () => {
    expect(parse(`/* ${'x'.repeat(1000)} */ select 1`, { maxLength: 100 })).toHaveLength(1);
  });
});

describe('long chains', () => {
  const n = 50_000;
  test('of operators grow to the left and are walked by a loop', () => {
    const tree = parseExpression(`a${' + 1'.repeat(n)}`) as Binary;
    expect(leftSpine<Expression, Binary>(tree, (node): node is Binary => node.kind === 'binary')).toHaveLength(n);
    expect(printExpression(tree)).toHaveLength(1 + 4 * n);
  });
  test('of AND and OR are flat', () => {
    expect(parseExpression(`a = 1${' and a = 1'.repeat(n)}`)).toMatchObject({ kind: 'and', operands: { length: n + 1 } });
    expect(parseExpression(`a = 1${' or b and c'.repeat(n)}`)).toMatchObject({ kind: 'or', operands: { length: n + 1 } });
  });
  test.each([
    ['UNION', `select 1${' union all select 2'.repeat(n)}`],
    ['INTERSECT', `select 1${' intersect select 2'.repeat(n)}`],
    ['joins', `select * from t${' cross join t'.repeat(n)}`],
    ['IN lists', `select 1 in (${'1, '.repeat(n)}1)`],
    ['VALUES', `values ${'(1, 2), '.repeat(n)}(1, 2)`],
    ['targets', `select ${'a, '.repeat(n)}a`],
  ])('%s', (_name, sql) => {
    const query = oneOf('query', sql);
    expect(printStatement(query).length).toBeGreaterThan(n);
  });
});
