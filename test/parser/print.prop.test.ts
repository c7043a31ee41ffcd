/** R1 of print.ts: printing and parsing again gives the same tree, for generated expressions and queries; and a few texts worth reading. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Expression, FunctionCall, Query, Select, TableReference, TypeName } from '../../parser/ast.js';
import { parse, parseExpression } from '../../parser/parse.js';
import { printExpression, printStatement } from '../../parser/print.js';
import { oneOf, withoutOffsets } from './helpers.js';

const offset = 0;
const name = fc.constantFrom('a', 'b', 'Mixed', 'select', 'two words', 'quo"te', 'left', 'int', 'values', 'day', 'ä', '_x1', 'between', 'over', 'filter', 'partition', 'rows', 'escape');
const text = fc.oneof(fc.constantFrom('', "it's", 'back\\slash', '%', 'NFC', 'year'), fc.string({ maxLength: 5 }).filter((value) => !value.includes('\0')));
const types: readonly TypeName[] = ['int', 'text', 'numeric(10,2)', 'char(3)', 'varchar', 'timestamp(3) with time zone', 'interval day to second(2)', 'bit varying(4)', 's."T"[]', 'pg_catalog.bpchar', 'float', 'time'].map(
  (type) => {
    const cast = parseExpression(`x::${type}`);
    if (cast.kind !== 'cast') throw new Error(cast.kind);
    return cast.type;
  },
);
const symbols = fc.constantFrom('+', '-', '*', '/', '%', '^', '<', '>', '=', '<=', '>=', '<>', '||', '@>', '->>', '~~', '#', '!~*', '&&');

const none = { isStar: false, isVariadic: false, isDistinct: false, orderBy: [], withinGroup: false, filter: undefined, over: undefined, offset } as const;
const call = (schema: string | undefined, called: string, values: readonly Expression[]): FunctionCall => ({
  kind: 'functionCall', name: { catalog: undefined, schema, name: called, offset }, args: values.map((value) => ({ name: undefined, value, offset })), ...none,
});

/** Expressions as the parser makes them: AND and OR flattened to the left, a minus before a number within the number. */
const { expression, query } = fc.letrec<{ expression: Expression; query: Query; table: TableReference }>((tie) => {
  const operand = tie('expression');
  const list = fc.array(operand, { minLength: 1, maxLength: 3 });
  const negated = fc.boolean();
  const flat = (kind: 'and' | 'or'): fc.Arbitrary<Expression> =>
    fc.array(operand, { minLength: 2, maxLength: 3 }).filter(([first]) => first!.kind !== kind).map((operands) => ({ kind, operands, offset }));
  const rec = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T & { offset: number }> => fc.record(fields).map((value) => ({ ...(value as unknown as T), offset }));
  const leaf: fc.Arbitrary<Expression> = fc.oneof(
    fc.constantFrom('0', '5', '-5', '1.5', '-1e10').map((digits): Expression => ({ kind: 'number', text: digits, offset })),
    text.map((value): Expression => ({ kind: 'string', value, offset })),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((parts): Expression => ({ kind: 'columnRef', parts, offset })),
    fc.constantFrom<Expression>(
      { kind: 'null', offset }, { kind: 'boolean', value: true, offset }, { kind: 'parameter', index: 3, offset }, { kind: 'namedParameter', name: 'p', offset }, { kind: 'defaultValue', offset },
      { kind: 'bitString', bits: '010', offset }, { kind: 'sqlValueFunction', function: 'current_timestamp', precision: 3, offset }, { kind: 'sqlValueFunction', function: 'user', precision: undefined, offset },
      { kind: 'star', qualifier: ['t', 'Mixed'], offset }, call(undefined, 'now', []), { ...call('s', 'count', []), isStar: true },
    ),
  );
  const inner: fc.Arbitrary<Expression> = fc.oneof(
    rec<{ kind: 'binary'; schema: readonly string[] | undefined; operator: string; left: Expression; right: Expression }>({
      kind: fc.constant('binary'), schema: fc.constantFrom(undefined, undefined, ['pg_catalog'], ['db', 'Some schema']), operator: symbols, left: operand, right: operand,
    }),
    fc.tuple(fc.constantFrom('-', '+', '@', '!!', '~'), operand).filter(([symbol, of]) => !(symbol === '-' && of.kind === 'number')).map(([operator, of]): Expression => ({ kind: 'unary', schema: undefined, operator, operand: of, offset })),
    flat('and'),
    flat('or'),
    operand.map((of): Expression => ({ kind: 'not', operand: of, offset })),
    fc.tuple(operand, negated).map(([of, not]): Expression => ({ kind: 'isNull', operand: of, negated: not, offset })),
    fc.tuple(operand, negated, fc.constantFrom('true' as const, 'unknown' as const)).map(([of, not, value]): Expression => ({ kind: 'isBoolean', operand: of, test: value, negated: not, offset })),
    fc.tuple(operand, operand, negated).map(([left, right, not]): Expression => ({ kind: 'isDistinctFrom', left, right, negated: not, offset })),
    fc.tuple(operand, operand, operand, negated, fc.boolean()).map(([of, lower, upper, not, symmetric]): Expression => ({ kind: 'between', operand: of, lower, upper, symmetric, negated: not, offset })),
    fc.tuple(operand, list, negated).map(([of, items, not]): Expression => ({ kind: 'inList', operand: of, items, negated: not, offset })).filter((node) => node.kind !== 'inList' || node.items.length > 1 || node.items[0]!.kind !== 'scalarSubquery'),
    fc.tuple(operand, tie('query'), negated).map(([of, sub, not]): Expression => ({ kind: 'inSubquery', operand: of, query: sub, negated: not, offset })),
    fc.tuple(fc.constantFrom('like' as const, 'ilike' as const, 'similar' as const), operand, operand, fc.option(operand, { nil: undefined }), negated).map(
      ([operator, of, pattern, escape, not]): Expression => ({ kind: 'like', operator, operand: of, pattern, escape, negated: not, offset }),
    ),
    fc.tuple(symbols, operand, operand, fc.constantFrom('any' as const, 'all' as const)).filter(([, , array]) => array.kind !== 'scalarSubquery').map(
      ([operator, of, array, quantifier]): Expression => ({ kind: 'quantified', quantifier, schema: undefined, operator, operand: of, array, offset }),
    ),
    fc.tuple(symbols, operand, tie('query')).map(([operator, of, sub]): Expression => ({ kind: 'quantifiedSubquery', quantifier: 'any', schema: undefined, operator, operand: of, query: sub, offset })),
    tie('query').map((sub): Expression => ({ kind: 'exists', query: sub, offset })),
    tie('query').map((sub): Expression => ({ kind: 'scalarSubquery', query: sub, offset })),
    tie('query').map((sub): Expression => ({ kind: 'arraySubquery', query: sub, offset })),
    fc.tuple(fc.option(operand, { nil: undefined }), operand, operand, fc.option(operand, { nil: undefined })).map(
      ([of, condition, result, otherwise]): Expression => ({ kind: 'case', operand: of, whens: [{ condition, result, offset }], otherwise, offset }),
    ),
    list.map((args): Expression => ({ kind: 'coalesce', args, offset })),
    fc.tuple(operand, operand).map(([left, right]): Expression => ({ kind: 'nullIf', left, right, offset })),
    list.map((args): Expression => ({ kind: 'minMax', operator: 'least', args, offset })),
    list.map((elements): Expression => ({ kind: 'row', elements, isExplicit: true, offset })),
    fc.array(operand, { minLength: 2, maxLength: 3 }).map((elements): Expression => ({ kind: 'row', elements, isExplicit: false, offset })),
    fc.array(operand, { maxLength: 3 }).map((elements): Expression => ({ kind: 'array', elements, offset })),
    fc.tuple(operand, fc.constantFrom(...types)).map(([of, type]): Expression => ({ kind: 'cast', operand: of, type, offset })),
    fc.tuple(operand, name).map(([of, collation]): Expression => ({ kind: 'collate', operand: of, collation: { catalog: undefined, schema: 's', name: collation, offset }, offset })),
    fc.tuple(operand, name).map(([of, field]): Expression => ({ kind: 'fieldSelection', operand: of, field, offset })),
    operand.map((of): Expression => ({ kind: 'fieldStar', operand: of, offset })),
    fc.tuple(operand, operand, fc.option(operand, { nil: undefined }), fc.boolean()).filter(([of]) => of.kind !== 'subscript').map(
      ([of, lower, upper, isSlice]): Expression => ({ kind: 'subscript', operand: of, subscripts: [{ isSlice, lower, upper: isSlice ? upper : undefined }, { isSlice: true, lower: undefined, upper: undefined }], offset }),
    ),
    fc.tuple(fc.constantFrom('timezone', 'extract', 'position', 'substring', 'btrim', 'ltrim', 'rtrim', 'normalize', 'is_normalized', 'overlaps', 'overlay', 'pg_collation_for', 'other'), fc.array(operand, { maxLength: 4 })).map(
      ([called, args]): Expression => call('pg_catalog', called, args),
    ),
    fc.tuple(name, list, fc.boolean(), fc.option(operand, { nil: undefined }), fc.boolean()).map(
      ([called, args, isDistinct, filter, isWindow]): Expression => ({
        ...call(undefined, called, args), isDistinct, filter,
        orderBy: isDistinct ? [{ expression: args[0]!, direction: 'desc', nulls: 'first', using: undefined, offset }] : [],
        over: isWindow ? { reference: undefined, base: undefined, partitionBy: args, orderBy: [], frame: { mode: 'groups', start: { type: 'preceding', distance: args[0], offset }, end: { type: 'current row', distance: undefined, offset }, exclude: 'ties', offset }, offset } : undefined,
      }),
    ),
  );
  const selects: fc.Arbitrary<Select> = fc.tuple(list, fc.array(tie('table'), { maxLength: 2 }), fc.option(operand, { nil: undefined }), fc.option(name, { nil: undefined })).map(([targets, from, where, alias]) => ({
    kind: 'select', isDistinct: false, distinctOn: undefined, targets: targets.map((target) => ({ expression: target, alias, offset })), into: undefined, from, where, groupBy: [], groupDistinct: false, having: undefined, windows: [], offset,
  }));
  const bare = (body: Query['body']): Query => ({ kind: 'query', with: undefined, body, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset });
  return {
    expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, { weight: 3, arbitrary: leaf }, { weight: 2, arbitrary: inner }),
    query: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: selects.map(bare) },
      { weight: 1, arbitrary: fc.tuple(selects, selects, selects, fc.constantFrom('union' as const, 'intersect' as const, 'except' as const), fc.constantFrom('union' as const, 'intersect' as const), fc.boolean(), fc.boolean()).map(([a, b, c, first, second, all, isLeft]): Query => {
        const pair: Query['body'] = isLeft ? { kind: 'setOperation', operator: first, all, left: a, right: b, offset } : { kind: 'setOperation', operator: first, all, left: b, right: c, offset };
        return bare(isLeft ? { kind: 'setOperation', operator: second, all: false, left: pair, right: c, offset } : { kind: 'setOperation', operator: second, all: false, left: a, right: pair, offset });
      }) },
      { weight: 1, arbitrary: fc.tuple(selects, operand, operand).map(([body, sort, limit]): Query => ({
        ...bare(body), orderBy: [{ expression: sort, direction: undefined, nulls: 'last', using: undefined, offset }], limitCount: limit, withTies: true, limitOffset: sort,
        locking: [{ strength: 'key share', tables: [], waitPolicy: 'nowait', offset }],
      })) },
    ),
    table: fc.oneof(
      { depthSize: 'small' },
      name.map((table): TableReference => ({ kind: 'tableRef', name: { catalog: undefined, schema: undefined, name: table, offset }, only: false, alias: { name: table, columns: [], offset }, sample: undefined, offset })),
      fc.tuple(tie('query'), name, fc.boolean()).map(([sub, alias, isLateral]): TableReference => ({ kind: 'subqueryRef', query: sub, isLateral, alias: { name: alias, columns: [{ name: alias, offset }], offset }, offset })),
      fc.tuple(tie('table'), tie('table'), operand, fc.option(name, { nil: undefined })).map(([left, right, on, alias]): TableReference => ({
        kind: 'join', type: 'left', isNatural: false, left, right, on, using: undefined, usingAlias: undefined, alias: alias === undefined ? undefined : { name: alias, columns: [], offset }, offset,
      })),
    ),
  };
});

describe('parse(print(tree)) = tree', () => {
  test('expressions', () => {
    fc.assert(fc.property(expression, (tree) => {
      expect(withoutOffsets(parseExpression(printExpression(tree), { explainErrors: false }))).toEqual(withoutOffsets(tree));
    }), { numRuns: 2000 });
  });
  test('queries', () => {
    fc.assert(fc.property(query, (tree) => {
      expect(withoutOffsets(parse(printStatement(tree), { explainErrors: false })[0]!.statement)).toEqual(withoutOffsets(tree));
    }), { numRuns: 1000 });
  });
});

describe('texts', () => {
  test.each([
    ['((a + (b * c)))', 'a + b * c'],
    ['(a + b) * c', '(a + b) * c'],
    ['a - (b - c)', 'a - (b - c)'],
    ['not (a and b)', 'NOT (a AND b)'],
    ['(a = b) = c', '(a = b) = c'],
    ['(-5)::int', '(-5)::integer'],
    ["date '2000-01-01'", "'2000-01-01'::date"],
    ["extract(year from d)", 'EXTRACT(year FROM d)'],
    ["d at time zone 'UTC'", "d AT TIME ZONE 'UTC'"],
    ['"User".id', '"User".id'],
    ["E'a\\\\b'", "E'a\\\\b'"],
    ['a between (b and c) and d', 'a BETWEEN (b AND c) AND d'],
    ['sum(distinct a) filter (where b) over (order by c)', 'sum(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c)'],
  ])('%s', (source, printed) => expect(printExpression(parseExpression(source))).toBe(printed));

  test('a query', () => {
    const sql = 'WITH a (x) AS MATERIALIZED (SELECT 1) SELECT DISTINCT t.x AS y FROM (a JOIN b USING (x)) AS t LEFT JOIN LATERAL f(1) WITH ORDINALITY AS g ON true WHERE t.x > 1 GROUP BY t.x HAVING count(*) > 1 ORDER BY 1 DESC NULLS LAST LIMIT 2 OFFSET 3 FOR UPDATE OF t SKIP LOCKED';
    expect(printStatement(oneOf('query', sql))).toBe(sql);
  });
});
