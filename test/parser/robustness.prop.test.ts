/** Whatever the text, parsing it ends in statements or in a DbError, never in anything else; a parse leaves nothing behind for the next. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DbError } from '../../base/errors.js';
import { keywords } from '../../parser/keywords.js';
import { parse, parseTypeName } from '../../parser/parse.js';
import { printStatement } from '../../parser/print.js';
import { withoutOffsets } from './helpers.js';

/** Parses, lets DbErrors pass and checks what it can about the result. */
function survives(sql: string): void {
  let statements;
  try {
    statements = parse(sql, { explainErrors: false });
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    expect(error.code).toMatch(/^(42601|42P02|42P20|54001|22P02|22021|22023|22025|0A000)$/);
    const offset = error.fields.offset;
    if (offset !== undefined) expect(offset >= 0 && offset <= sql.length).toBe(true);
    return;
  }
  for (const { statement, start, end, text } of statements) {
    expect(sql.slice(start, end)).toBe(text);
    expect(statement.offset).toBeGreaterThanOrEqual(0);
  }
}

const token = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...[...keywords.keys()]) },
  { weight: 3, arbitrary: fc.constantFrom('a', '"b"', 't.a', '1', '1.5', "'x'", '$1', ':n', '*', '(', ')', '[', ']', ',', ';', '.', '::', ':=', '=>', ':', '+', '-', '=', '<>', '||', '..', '$$x$$', "E'\\n'", "U&'x'", "b'1'", '{', '--\n') },
  { weight: 3, arbitrary: fc.constantFrom('select', 'from', 'where', 'group by', 'order by', 'insert into t', 'values (1)', 'update t set', 'create table t', 'alter table t', 'join', 'on', 'with', 'as', 'and', 'is null', 'case when', 'end', 'begin atomic') },
);

test('soup of tokens', () => {
  fc.assert(fc.property(fc.array(token, { maxLength: 25 }), (tokens) => survives(tokens.join(' '))), { numRuns: 20_000 });
});

test('any characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), survives), { numRuns: 5000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => survives(Buffer.from(bytes).toString('latin1'))), { numRuns: 5000 });
});

const samples = [
  'with recursive a as (select 1 union all select x + 1 from a where x < 5) select a.x, count(*) filter (where b) over (partition by c order by d rows between 1 preceding and current row) from a join lateral f(a.x) as g (y int) on true where a.x in (1, 2) and not exists (select 1) order by 1 desc nulls last limit 5 for update',
  "insert into t (a, b[1]) values (1, default), (e'x\\n', $1::numeric(3, 2)) on conflict (a) where b do update set (a, b) = (select 1, 2) returning *",
  "create table t (a int primary key, b text collate \"C\" not null default 'x' check (b <> ''), c int references u (x) on delete set null deferrable, unique (a, b) include (c), exclude using gist (a with =))",
  'merge into t using (values (1)) s (a) on t.a = s.a when matched and s.a > 1 then update set a = 1 when not matched then insert (a) values (s.a)',
  "select extract(year from d at time zone 'x'), substring(a from 1 for 2), trim(both from b), (a).b[1:2], array[[1], [2]], case a when 1 then 2 else 3 end, cast(a as interval day to second(3)) from t",
];

test('pieces of statements cut, doubled and moved', () => {
  const edit = fc.tuple(fc.constantFrom(...samples), fc.nat(400), fc.nat(30), fc.nat(400));
  fc.assert(fc.property(edit, ([sql, from, size, to]) => {
    const piece = sql.slice(from, from + size);
    const rest = sql.slice(0, from) + sql.slice(from + size);
    survives(rest);
    survives(rest.slice(0, to) + piece + rest.slice(to));
    survives(sql.slice(0, to) + piece + sql.slice(to));
  }), { numRuns: 4000 });
});

test('what parses prints, and parses again to the same', () => {
  const soup = fc.array(token, { minLength: 1, maxLength: 6 }).map((tokens) => `select ${tokens.join(' ')}`);
  fc.assert(fc.property(soup, (sql) => {
    let statements;
    try {
      statements = parse(sql, { explainErrors: false });
    } catch {
      return;
    }
    for (const { statement } of statements) {
      if (statement.kind !== 'query') continue;
      let printed;
      try {
        printed = printStatement(statement);
      } catch (error) {
        expect((error as DbError).code).toBe('0A000');
        continue;
      }
      expect(withoutOffsets(parse(printed, { explainErrors: false })[0]!.statement)).toEqual(withoutOffsets(statement));
    }
  }), { numRuns: 10_000 });
});

test('an error leaves the parser as it was', () => {
  const before = parse(samples[0]!);
  fc.assert(fc.property(fc.array(token, { maxLength: 15 }), (tokens) => {
    survives(tokens.join(' '));
    expect(parse(samples[0]!)).toEqual(before);
  }), { numRuns: 200 });
});

test('types', () => {
  fc.assert(fc.property(fc.array(token, { maxLength: 6 }), (tokens) => {
    try {
      parseTypeName(tokens.join(' '), { explainErrors: false });
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
    }
  }), { numRuns: 3000 });
});
