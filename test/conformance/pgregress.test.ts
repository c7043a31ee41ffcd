/**
 * A few quick regression scripts in lockstep with PostgreSQL where there is one; the floor of each file is a ratchet: it goes up as more agrees, never down. And the
 * parts of the runner: psql's script as messages, the rule of scope, the comparison.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPostgres, type PostgresServer } from '../oracle/postgres-server.js';
import { comparisonOf, difference, type Outcome } from './pgregress-outcome.js';
import { hasRegressFiles, prepareTemplate, runRegressFile } from './pgregress.js';
import { Scope } from './pgregress-scope.js';
import { psqlSteps } from './psql-steps.js';

/** Differences that may be left in each file. */
const mostDifferences: Readonly<Record<string, number>> = { bit: 0, date: 0, int4: 0, numerology: 0, time: 0, delete: 0, select_distinct: 0, union: 0, jsonpath: 0, jsonb_jsonpath: 0, insert: 0, update: 0, namespace: 0 };

const server: PostgresServer | undefined = hasRegressFiles ? await startPostgres() : undefined;

describe.skipIf(server === undefined)('regression scripts in lockstep', () => {
  const template = `sqlreg_ci_${process.pid}`;
  beforeAll(async () => prepareTemplate(server!, template), 120_000);
  afterAll(async () => {
    await server!.dropDatabase(`${template}_file`);
    await server!.dropDatabase(template);
    server!.stop();
  });

  for (const [name, most] of Object.entries(mostDifferences)) {
    test(name, async () => {
      const report = await runRegressFile(name, server!, template);
      expect(report.passed).toBeGreaterThan(5);
      expect(report.failures.slice(most).map(({ line, reason, sql }) => `${line}: ${reason}: ${sql}`)).toEqual([]);
    });
  }
});

describe('psql scripts as messages', () => {
  const texts = (script: string): string[] => [...psqlSteps(script, { DIR: "/a'b" })].map((step) => step.text);

  test('variables, joined statements, commands', () => {
    expect(texts(String.raw`\getenv dir DIR
      \set file :dir '/x.data'
      \set two 'select 1; select 2'
      copy t from :'file';
      :two;
      select :"dir", :nothing, a[1:n];
      select 3\; select 4; \d t
      select 5 \gexec`)).toEqual(["copy t from '/a''b/x.data'", 'select 1', 'select 2', 'select "/a\'b", :nothing, a[1:n]', 'select 3 ; select 4', '\\d t', 'select 5']);
  });

  test('the data of COPY FROM STDIN', () => {
    const steps = [...psqlSteps('copy t from stdin;\n1\t;\n2\n\\.\nselect 1;', {})];
    expect(steps.map((step) => [step.text, 'copyData' in step ? step.copyData : undefined, step.line])).toEqual([['copy t from stdin', '1\t;\n2\n', 1], ['select 1', undefined, 5]]);
  });
});

describe('the rule of scope', () => {
  test('what names a missing object is out of scope until the object is made or dropped', () => {
    const scope = new Scope();
    expect(scope.judge('create table b (p point)')).toBe('geometric types');
    expect(scope.judge('create view v as select * from a, b')).toBe('names what is out of scope: geometric types');
    expect(scope.judge('select b from v')).toBe('names what is out of scope: geometric types');
    expect(scope.judge('select b, v from a')).toBeUndefined();
    expect(scope.judge('create table b (p int)')).toBeUndefined();
    scope.noteSuccess('create table b (p int)');
    expect(scope.judge('select * from b')).toBeUndefined();
    expect(scope.judge('drop view v')).toBe('names what is out of scope: geometric types');
    expect(scope.judge('select * from v')).toBeUndefined();
  });

  test('a column that was not added', () => {
    const scope = new Scope();
    expect(scope.judge('alter table a add column c xml')).toBe('network, XML and log types');
    expect(scope.judge('select c from a')).toBe('names what is out of scope: network, XML and log types');
    expect(scope.judge('select c from b')).toBeUndefined();
  });
});

describe('the comparison', () => {
  const rows = (...values: readonly (readonly string[])[]): Outcome => ({ error: undefined, results: [{ columns: [{ name: 'a', type: 23 }, { name: 'b', type: 23 }], rows: values }] });

  test('order counts where the statement orders, except among ties', () => {
    const [forth, back] = [rows(['1', '1'], ['1', '2'], ['2', '1']), rows(['2', '1'], ['1', '1'], ['1', '2'])];
    expect(difference(forth, back, comparisonOf('select * from t'))).toBeUndefined();
    expect(difference(forth, back, comparisonOf('select a, b from t order by a'))).toBe('order of rows');
    expect(difference(forth, rows(['1', '2'], ['1', '1'], ['2', '1']), comparisonOf('select a, b from t order by a'))).toBeUndefined();
    expect(difference(forth, back, comparisonOf('select * from (select * from t order by a) s'))).toBeUndefined();
  });

  test('errors by SQLSTATE', () => {
    const error = (code: string): Outcome => ({ error: { code, message: 'no "x"' }, results: [] });
    expect(difference(error('42P01'), error('42P01'), comparisonOf('select 1'))).toBeUndefined();
    expect(difference(error('42P01'), error('42703'), comparisonOf('select 1'))).toBe('42P01 no "…" instead of 42703 no "…"');
    expect(difference(rows(), error('42703'), comparisonOf('select 1'))).toBe('no error instead of 42703 no "…"');
  });
});
