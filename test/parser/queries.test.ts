/** SELECT and data-modifying statements: every clause arrives in its field, nesting is understood, and what PostgreSQL refuses is refused. */
import { describe, expect, test } from 'vitest';
import type { TableReference } from '../../parser/ast.js';
import { failure, oneOf, select } from './helpers.js';

const query = (sql: string) => oneOf('query', sql);

describe('queries', () => {
  test('all clauses of a SELECT', () => {
    const node = select(`select distinct on (a) a, b.*, c + 1 as total, d label into temp x from t where e group by distinct a, rollup (b, c), grouping sets ((a), (), cube (d)), ()
      having count(*) > 1 window w as (partition by a), v as (w order by b)`);
    expect(node).toMatchObject({
      isDistinct: true, distinctOn: [{}], into: { name: { name: 'x' }, persistence: 'temporary' }, where: { parts: ['e'] }, groupDistinct: true, having: { kind: 'binary' },
      windows: [{ name: 'w' }, { name: 'v', spec: { base: 'w' } }],
    });
    expect(node.targets.map((target) => target.alias)).toEqual([undefined, undefined, 'total', 'label']);
    expect(node.groupBy.map((element) => element.kind)).toEqual(['groupingExpression', 'rollup', 'groupingSets', 'emptyGroupingSet']);
  });

  test('nothing is needed after SELECT', () => expect(select('select from t').targets).toEqual([]));

  test('rows of nothing but literals are read as the rules for expressions read them', () => {
    const row = (sql: string) => {
      const { body } = query(`values ${sql}`);
      return body.kind === 'values' ? body.rows[0]! : [];
    };
    for (const list of ['1', `1, 'a', null`, `1.5e3, true, FALSE, e'\\n', $q$x$q$`, `-1, + 2`, `'a'\n'b'`, `1, (2)`, `null::int, 'x' collate "C"`]) {
      // What is computed after them makes the same literals go through the rules.
      const slow = row(`(${list}, 1 + 1)`).slice(0, -1);
      expect(row(`(${list})`).map((e) => ({ ...e, offset: 0 }))).toEqual(slow.map((e) => ({ ...e, offset: 0 })));
      expect(row(`(${list})`).map((e) => e.offset)).toEqual(slow.map((e) => e.offset));
    }
    expect(failure(`values (1, 'a'`)).toBe('42601 syntax error at end of input @14');
    expect(failure(`values (1, 'a') (2)`)).toMatch(/^42601 .* @16$/);
    expect(failure('values (1,)')).toMatch(/^42601 .* @10$/);
  });

  test('order, limit, offset and locks in any order PostgreSQL takes', () => {
    expect(query('select 1 order by a desc nulls last, b using > limit 3 offset 4 for update of t, s.u nowait for key share skip locked')).toMatchObject({
      orderBy: [{ direction: 'desc', nulls: 'last' }, { using: { operator: '>' } }], limitCount: { text: '3' }, limitOffset: { text: '4' },
      locking: [{ strength: 'update', tables: [{ name: 't' }, { schema: 's' }], waitPolicy: 'nowait' }, { strength: 'key share', waitPolicy: 'skip locked' }],
    });
    expect(query('select 1 for share limit all offset 2 rows')).toMatchObject({ limitCount: undefined, limitOffset: { text: '2' }, locking: [{ strength: 'share' }] });
    expect(query('select 1 order by 1 offset 1 row fetch next (2 + 1) rows with ties')).toMatchObject({ withTies: true, limitCount: { kind: 'binary' } });
    expect(query('select 1 fetch first row only')).toMatchObject({ withTies: false, limitCount: { text: '1' } });
    expect(query('select 1 for no key update')).toMatchObject({ locking: [{ strength: 'no key update' }] });
    expect(query('select 1 for read only').locking).toEqual([]);
  });

  test('set operations: INTERSECT binds tighter, all grow to the left', () => {
    const shape = (node: unknown): string => {
      const body = node as { kind: string; operator: string; all: boolean; left: unknown; right: unknown; targets: { expression: { text: string } }[] };
      return body.kind === 'setOperation' ? `(${shape(body.left)} ${body.operator}${body.all ? ' all' : ''} ${shape(body.right)})` : body.kind === 'select' ? body.targets[0]!.expression.text : body.kind;
    };
    const of = (sql: string): string => shape(query(sql).body);
    expect(of('select 1 union select 2 union all select 3')).toBe('((1 union 2) union all 3)');
    expect(of('select 1 union select 2 intersect select 3 except distinct select 4')).toBe('((1 union (2 intersect 3)) except 4)');
    expect(of('select 1 union (select 2 except select 3)')).toBe('(1 union (2 except 3))');
    expect(of('((select 1) union all select 2)')).toBe('(1 union all 2)');
    expect(of('select 1 union (select 2 limit 1)')).toBe('(1 union query)');
    expect(of('values (1) intersect table t')).toBe('(values intersect *)'.replace('*', 'undefined'));
  });

  test('clauses outside a parenthesis join those inside, but not twice', () => {
    expect(query('(select 1 order by 1) limit 2')).toMatchObject({ body: { kind: 'select' }, orderBy: [{}], limitCount: { text: '2' } });
    expect(failure('(select 1 limit 1) limit 2')).toBe('42601 multiple LIMIT clauses not allowed @19');
    expect(failure('(select 1 order by 1) order by 2')).toBe('42601 multiple ORDER BY clauses not allowed @31');
    expect(failure('with a as (select 1) (with b as (select 2) select 3)')).toBe('42601 multiple WITH clauses not allowed @0');
  });

  test('WITH in all its forms', () => {
    expect(query(`with recursive a (x, y) as materialized (select 1 union all select x from a) search depth first by x set o cycle x, y set c to true default false using p,
      b as not materialized (insert into t values (1) returning *), c as (values (1)) select 1`)).toMatchObject({
      with: {
        isRecursive: true,
        tables: [
          { name: 'a', columns: [{ name: 'x' }, { name: 'y' }], materialized: true, search: { order: 'depth', sequenceColumn: 'o' }, cycle: { markColumn: 'c', markValue: { value: true }, pathColumn: 'p' } },
          { name: 'b', materialized: false, statement: { kind: 'insert' } },
          { name: 'c', materialized: undefined },
        ],
      },
    });
    expect(query('with time as (select 1) select 1')).toMatchObject({ with: { tables: [{ name: 'time' }] } });
  });
});

describe('FROM', () => {
  const from = (text: string): TableReference => select(`select * from ${text}`).from[0]!;
  test.each([
    ['t', { kind: 'tableRef', name: { name: 't' }, only: false, alias: undefined }],
    ['s.t * as x (a, b)', { kind: 'tableRef', name: { schema: 's' }, alias: { name: 'x', columns: [{ name: 'a' }, { name: 'b' }] } }],
    ['only (t) x', { kind: 'tableRef', only: true, alias: { name: 'x' } }],
    ['t tablesample bernoulli (10) repeatable (5)', { kind: 'tableRef', sample: { method: { name: 'bernoulli' }, repeatable: { text: '5' } } }],
    ['(select 1) x', { kind: 'subqueryRef', isLateral: false }],
    ['lateral (values (1)) as x (a)', { kind: 'subqueryRef', isLateral: true }],
    ['f(1) x', { kind: 'functionRef', isLateral: false, alias: { name: 'x' } }],
    ['lateral s.f(1) with ordinality as x (a, n)', { kind: 'functionRef', isLateral: true, withOrdinality: true }],
    ['f() as x (a int, b text collate "C")', { kind: 'functionRef', alias: { name: 'x', columns: [] }, functions: [{ columnDefinitions: [{ name: 'a' }, { name: 'b', collation: { name: 'C' } }] }] }],
    ['f() as (a int)', { kind: 'functionRef', alias: undefined, functions: [{ columnDefinitions: [{ name: 'a' }] }] }],
    ['rows from (f(1), g() as (a int)) with ordinality x', { kind: 'functionRef', isRowsFrom: true, withOrdinality: true, functions: [{}, { columnDefinitions: [{}] }] }],
    ['current_date', { kind: 'functionRef', functions: [{ call: { kind: 'sqlValueFunction' } }] }],
    ['coalesce(1, 2) x', { kind: 'functionRef', functions: [{ call: { kind: 'coalesce' } }] }],
    ['a join b on c', { kind: 'join', type: 'inner', on: { kind: 'columnRef' } }],
    ['a left outer join b using (c, d) as u', { kind: 'join', type: 'left', using: [{ name: 'c' }, { name: 'd' }], usingAlias: { name: 'u' } }],
    ['a natural full join b', { kind: 'join', type: 'full', isNatural: true }],
    ['a cross join b right join c on d', { kind: 'join', type: 'right', left: { kind: 'join', type: 'cross' } }],
    ['a join b join c on d on e', { kind: 'join', left: { name: { name: 'a' } }, right: { kind: 'join' } }],
    ['(a join b on c) as x', { kind: 'join', alias: { name: 'x' } }],
    ['((a cross join b))', { kind: 'join', alias: undefined }],
    ['((select 1) x cross join y)', { kind: 'join', left: { kind: 'subqueryRef' } }],
    ['((select 1) union select 2) x', { kind: 'subqueryRef' }],
  ])('%s', (text, shape) => expect(from(text)).toMatchObject(shape));

  test.each([
    ['select * from (select 1)', '42601 subquery in FROM must have an alias @14'],
    ['select * from (values (1))', '42601 VALUES in FROM must have an alias @14'],
    ['select * from (t)', '42601 syntax error at or near ")" @16'],
    ['select * from a join b', '42601 syntax error at end of input @22'],
    ['select * from lateral t', '42601 syntax error at end of input @23'],
    ['select 1 limit 1, 2', '42601 LIMIT #,# syntax is not supported @9'],
    ['select distinct from t', '42601 syntax error at or near "from" @16'],
    ['select 1 fetch first 1 row with ties', '42601 WITH TIES cannot be specified without ORDER BY clause @9'],
    ['select sum(a) over (order by a rows between unbounded following and current row) from t', '42P20 frame start cannot be UNBOUNDED FOLLOWING @44'],
    ['select sum(a) over (order by a rows 1 following) from t', '42P20 frame starting from following row cannot end with current row @36'],
  ])('%s', (sql, message) => expect(failure(sql)).toBe(message));
});

describe('INSERT', () => {
  test('sources', () => {
    expect(oneOf('insert', 'insert into t default values').source).toBeUndefined();
    expect(oneOf('insert', 'insert into t as x (a, b[1], c.d) overriding system value values (1, default) returning *, a as z')).toMatchObject({
      alias: { name: 'x' }, columns: [{ name: 'a', path: [] }, { path: [{ kind: 'subscript' }] }, { path: [{ kind: 'field', name: 'd' }] }], overriding: 'system',
      source: { body: { kind: 'values' } }, returning: [{}, { alias: 'z' }],
    });
    expect(oneOf('insert', 'insert into t (select 1)')).toMatchObject({ columns: [], source: { body: { kind: 'select' } } });
    expect(oneOf('insert', 'with a as (select 1) insert into t (a) with b as (select 2) select * from b')).toMatchObject({ with: {}, source: { with: {} } });
  });
  test('ON CONFLICT', () => {
    expect(oneOf('insert', 'insert into t values (1) on conflict do nothing').onConflict).toMatchObject({ target: undefined, update: undefined });
    expect(oneOf('insert', 'insert into t values (1) on conflict (a, lower(b) collate "C" text_ops, (c + 1)) where d do update set a = excluded.a, (b, c) = row(1, 2), d = default where t.a > 1').onConflict).toMatchObject({
      target: { kind: 'conflictColumns', elements: [{ expression: { parts: ['a'] } }, { collation: { name: 'C' }, operatorClass: { name: 'text_ops' } }, { expression: { kind: 'binary' } }], where: {} },
      update: { assignments: [{ kind: 'assignment' }, { kind: 'multiAssignment', source: { kind: 'row' } }, { value: { kind: 'defaultValue' } }], where: {} },
    });
    expect(oneOf('insert', 'insert into t values (1) on conflict on constraint c do nothing').onConflict?.target).toMatchObject({ kind: 'conflictConstraint', name: 'c' });
  });
});

test('UPDATE', () => {
  expect(oneOf('update', 'update only s.t as x set a = a + 1, (b, c) = (select 1, 2), d[1] = 3 from u join v on w where x.a = 1 returning a')).toMatchObject({
    table: { schema: 's' }, only: true, alias: { name: 'x' }, assignments: [{}, { source: { kind: 'scalarSubquery' } }, { target: { path: [{}] } }], from: [{ kind: 'join' }], returning: [{}],
  });
  expect(oneOf('update', 'update t set a = 1 where current of c').where).toMatchObject({ kind: 'currentOf', cursor: 'c' });
  expect(oneOf('update', 'update t set set = 1').assignments).toMatchObject([{ target: { name: 'set' } }]);
});

test('DELETE', () => {
  expect(oneOf('delete', 'with x as (select 1) delete from t * d using u, v where d.a = u.a returning *')).toMatchObject({ with: {}, alias: { name: 'd' }, using: [{}, {}], where: {}, returning: [{}] });
});

test('MERGE', () => {
  const node = oneOf('merge', `merge into t as x using (select 1) s on x.a = s.a when matched and s.b then update set a = 1 when matched then delete
    when not matched and c then insert (a) overriding user value values (1) when not matched then insert default values when matched then do nothing`);
  expect(node.whens.map((when) => when.action.kind)).toEqual(['mergeUpdate', 'mergeDelete', 'mergeInsert', 'mergeInsert', 'mergeNothing']);
  expect(failure('merge into t using s on a when not matched then delete')).toBe('42601 syntax error at or near "delete" @48');
});
