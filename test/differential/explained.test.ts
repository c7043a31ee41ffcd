/** What the explanations explain, and what they must leave to be looked at: a rule that is broad hides mistakes. */
import { describe, expect, test } from 'vitest';
import type { Answer } from './engines.js';
import { explain } from './explained.js';

const fails = (code: string, message = ''): Answer => ({ code, message, command: '', rowCount: null, names: [], types: [], rows: [] });
const gives = (...rows: (string | null)[][]): Answer => ({ code: undefined, message: '', command: 'SELECT', rowCount: rows.length, names: [], types: [], rows });
const nameOf = (sql: string, ours: Answer, theirs: Answer, ...otherPlans: readonly Answer[]): Promise<string | undefined> => explain({ sql, ours, theirs, inBlock: false, otherPlans: () => Promise.resolve(otherPlans) });

const several = 'several expressions fail: which error is met first';
const severalRows = 'several rows fail, each in its own way: the first one met decides the code';

describe('explained', () => {
  test.each<readonly [string, string, Answer, Answer]>([
    [several, "select a / b, c::int from t0", fails('22012'), fails('22P02')],
    [several, "select a / b, c::posint from t0", fails('22012'), fails('23514', 'value for domain posint violates check constraint "posint_check"')],
    [several, "select 1 / 0, 'x'::text::int", fails('22P02'), fails('22012')],
    [several, 'select t0.t::time from t0', fails('22007', 'invalid input syntax for type time: "m4"'), fails('22008', 'date/time field value out of range: "m0"')],
    [severalRows, 'insert into t0 values (1, 2), (null, 3)', fails('23505'), fails('23502')],
    [severalRows, 'with m as (update t0 set a = 1 / b returning id) select 1', fails('22012'), fails('23505')],
    ['a result of more than max_result_rows rows', 'select 1 from t0, t1, t2', fails('54000', 'result has more than 5000000 rows'), gives()],
    ['a statement that would keep more than statement_mem', 'select array_agg(a.s) from t0 a, t0 b, t0 c', fails('53200', 'out of memory'), gives()],
    [':name is a parameter', 'select a from t0 where b = :c', fails('42P02'), fails('42601')],
    [':name is a parameter', "select '0.1'and:float4", fails('22P02'), fails('42601', 'syntax error at or near ":"')],
    ['an UPDATE moves keys over one another: in which order rows are changed is not defined', 'update r4 set id = id + 50000 where r4.e = r4.e', fails('23505', 'duplicate key value violates unique constraint "r4_pkey"'), gives()],
    ['a row that is a key of grouping sets is NULL in a set without it; PostgreSQL 15 tests the fields it is made of', "select 1 from r4 t8 group by cube (((t8.id, '%')::pair)) having ((t8.id, '%')::pair) is not null", gives(['1']), gives(['1'], ['1'])],
    ['a key of more than 2048 bytes, which PostgreSQL compresses', 'insert into r0 (id, b) select 1, q.c1 from q', fails('54000', 'index row size 3761 exceeds maximum 2048'), gives()],
    ['a FULL JOIN may have any condition', 'select 1 from t0 full join t1 on t0.a < t1.a', gives(), fails('0A000', 'FULL JOIN is only supported with merge-joinable or hash-joinable join conditions')],
    ['the condition of a MERGE is a boolean', 'merge into r4 u using v2 s on s.id * u.id when matched then delete', fails('42804', 'argument of JOIN/ON must be type boolean, not type integer'), fails('21000')],
    ['which of several equal values that print differently stands for a group', 'select i from t0 intersect all select i from t1', gives(['1 mon'], ['1 day']), gives(['24:00:00'], ['30 days'])],
    ['grouping sets: a key that planning makes a constant', 'select 1 from r0 t group by rollup (t.b, t.a, coalesce(7, t.id)) having t.b <> coalesce(7, t.id)', gives(), gives(['1'])],
    ['grouping sets: a key that is a cast between texts, which PostgreSQL 15 loses in what is computed from it', "select t.a::varchar || 'x' from r0 t group by cube ((t.a::varchar))", gives(['ax'], [null]), gives(['ax'], ['ax'])],
    ['grouping sets: two keys that are one column of a table below, which PostgreSQL 15 takes for one another in what is computed from them', 'select array[d1.c0] from (select t.a as c0, t.a as c1 from r0 t) d1(c0, c1) group by rollup (d1.c1, d1.c0)', gives(['{NULL}']), gives(['{x}'])],
    ['an EXISTS with aggregates, grouping sets, windows, set operations or OFFSET: whether its select list is computed', 'select exists (select 1 / t.a from r0 t group by cube (t.a))', gives(['t']), fails('22012')],
    ['TABLESAMPLE (NULL) of a table that need not be read', 'select 1 from r0 t0, r1 t1 tablesample system (null)', fails('2202H', 'TABLESAMPLE parameter cannot be null'), gives()],
    ['the last digit of power, exp and the like', 'select power(acos(t0.a), 7) from r0 t0', gives(['1.0000000000000044']), gives(['1.000000000000002'])],
    ["PostgreSQL 15 takes = ANY of an empty array for strict: padded rows that IS NOT NULL, IS FALSE or NOT would keep are lost", "select 1 from t0 full join t1 on false where (t0.a = any (('{}'::text[]))) is not null", gives(['1'], ['1']), gives(['1'])],
    ['which of several equal values that print differently stands for a group', "select 'x'::char(6) intersect select 'x'::char(3)", gives(['x     ']), gives(['x  '])],
  ])('%s: %s', async (name, sql, ours, theirs) => {
    expect(await nameOf(sql, ours, theirs)).toBe(name);
  });
  test('a value that fails under another plan of the side that had no error', async () => {
    const name = 'a value that fails in a row that no result needs: whether it is computed is up to the plan';
    const sql = 'select 1 / t.a from t0 t join t1 on false';
    expect(await nameOf(sql, fails('22012'), gives(), gives(), fails('22012'))).toBe(name);
    expect(await nameOf(sql, gives(), fails('22012'), fails('22012'))).toBe(name);
    expect(await nameOf(sql, fails('22012'), gives(), gives(), fails('22003'))).toBeUndefined();
    expect(await nameOf(sql, fails('42703'), gives(), fails('42703'))).toBeUndefined();
    expect(await nameOf('delete from t0 where 1 / a = 1', fails('22012'), gives(), fails('22012'))).toBeUndefined();
  });
});

describe('not explained', () => {
  test.each<readonly [string, string, Answer, Answer]>([
    ['grouping sets whose key may be the column', 'select 1 from r0 t group by rollup (coalesce((t.a + 1), 7), t.b)', gives(['1', null]), gives(['1', '2'])],
    ['intervals that are not equal', 'select distinct i from t0', gives(['1 mon']), gives(['31 days'])],
    ['several digits of one power', 'select power(t0.a, 7) from r0 t0', gives(['1.0000000000000044']), gives(['1.000000000000002'])],
    ['an EXISTS whose select list is left out in PostgreSQL too', 'select exists (select 1 / t.a from r0 t order by 1)', gives(['t']), fails('22012')],
    ['TABLESAMPLE (NULL) of the only table', 'select 1 from r1 t1 tablesample system (null)', fails('2202H', 'TABLESAMPLE parameter cannot be null'), gives()],
    ['grouping sets whose keys are functions of columns', 'select 1 from t0 group by rollup (abs(t0.a), t0.b)', gives(['1', null]), gives(['1', '2'])],
    ['a condition of a join that is no boolean', 'select 1 from r4 u join v2 s on s.id * u.id', fails('42804', 'argument of JOIN/ON must be type boolean, not type integer'), gives()],
    ['an error of theirs where there is none of ours', 'select case when a is null then 1 / b end from t0 where c in (1, null)', gives(), fails('22012')],
    ['an error of ours where there is none of theirs', 'select case when a is null then 1 / b end from t0', fails('22012'), gives()],
    ['an error of theirs over no rows', 'select a / b from t0 join t1 on false', gives(), fails('22012')],
    ['an error of theirs in a change of no rows', 'update t0 set a = 1 / b where false', { ...gives(), rowCount: 0 }, fails('22012')],
    ['two errors of one expression over no table', "select 1 / ('x'::text::int)", fails('22012'), fails('22P02')],
    ['two errors where one thing can fail', "select a / 2 from t0", fails('22012'), fails('22003')],
    ['two errors, one of them of analysis', 'select a / b, c::int from t0', fails('22012'), fails('42804')],
    ['two errors of one row', 'insert into t0 (a, b) values (1, null)', fails('23505'), fails('23502')],
    ['a generated column that is given a value, and a row that fails', 'insert into t0 (a, b) values (1, 2), (3, 4)', fails('23505'), fails('428C9')],
    ['two errors of a query with WITH', 'with m as (select 1) select * from m', fails('23505'), fails('23502')],
    ['a colon in a text', "select 'a:b' from", fails('42703'), fails('42601')],
    ['a number that is another', 'select max(a) from t0', gives(['1.0']), gives(['1.1'])],
    ['a digit that is not the last', 'select power(a, 2) from t0', gives(['1.0000000001']), gives(['1.0000000002'])],
    ['another number of rows', 'select distinct a from t0', gives(['1.0']), gives(['1.0'], ['1.00'])],
    ['what is not supported, said of another feature', 'select 1', fails('0A000', 'TRUNCATE is not supported'), gives()],
    ['what is supported in PostgreSQL alone, said by PostgreSQL', 'select 1', gives(), fails('0A000', 'FULL JOIN is only supported with merge-joinable or hash-joinable join conditions')],
    ['= ANY of an array that is not empty over padded rows', "select 1 from t0 full join t1 on false where (t0.a = any ('{a}'::text[])) is not null", gives(['1'], ['1']), gives(['1'])],
    ['= ANY of an empty array over no outer join', "select 1 from t0 join t1 on true where (t0.a = any ('{}'::text[])) is not null", gives(['1'], ['1']), gives(['1'])],
    ['two errors over one value', 'select t0.t::time from t0', fails('22007', 'invalid input syntax for type time: "m0"'), fails('22008', 'date/time field value out of range: "m0"')],
    ['grouping sets beside a cast', "select t.a, 'b'::varchar from r0 t group by cube (t.a)", gives(['1', 'b']), gives(['2', 'b'])],
    ['grouping sets whose keys are two columns', 'select array[d1.c0] from (select t.a as c0, t.b as c1 from r0 t) d1(c0, c1) group by rollup (d1.c1, d1.c0)', gives(['{NULL}']), gives(['{x}'])],
    ['grouping sets whose keys are columns alone', 'select a, b from t0 group by rollup (t0.a, t0.b)', gives(['1', null]), gives(['1', '2'])],
    ['texts that differ in blanks at their ends', "select 'x' intersect select a from t0", gives(['x ']), gives(['x'])],
  ])('%s: %s', async (_, sql, ours, theirs) => {
    expect(await nameOf(sql, ours, theirs)).toBeUndefined();
  });
});
