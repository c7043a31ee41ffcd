/**
 * One query, many plans, one answer: random queries are planned with every rule, without one rule, without any, and with join and scan methods switched
 * off, and each plan runs on the executor. A different bag of rows, or a plan the validator refuses, is a bug. PLANNER_QUERIES raises the number,
 * PLANNER_SEED starts elsewhere; a failure prints the query and what was switched off.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { builtinTypes } from '../../base/types.js';
import { DbError } from '../../base/errors.js';
import { seededPrng } from '../../base/prng.js';
import type { PreparableStatement } from '../../parser/ast.js';
import { parse } from '../../parser/parse.js';
import type { Catalog, RelationDef, TableDef } from '../../planner/catalog.js';
import { planStatement } from '../../planner/plan-statement.js';
import { ruleList } from '../../planner/rules/rule-list.js';
import { TestDatabase } from '../executor/fixture.js';
import { QueryGenerator, randomTables } from './random-query.js';

const queryCount = Number(process.env['PLANNER_QUERIES'] ?? 120);
const seed = Number(process.env['PLANNER_SEED'] ?? 1);

/** What can be switched off besides the rules of the list: choices of access-path.ts, join-order.ts and physical-planner.ts. */
const physicalRules = ['index-order', 'or-ranges', 'equivalence-classes', 'merge-join', 'unique-inner', 'incremental-sort', 'redundant-sort', 'top-n', 'eliminate-joins', 'left-join-to-anti'];
const methods = ['enable_hashjoin', 'enable_mergejoin', 'enable_nestloop', 'enable_indexscan', 'enable_seqscan', 'enable_hashagg', 'enable_material'];
const allRules = [...ruleList.map((rule) => rule.name), ...physicalRules];

let db: TestDatabase;
let catalog: Catalog;

beforeAll(async () => {
  db = await TestDatabase.open();
  db.createTable('r1', { columns: { id: 'int4', a: 'int4', b: 'int4', s: 'text' }, key: ['id'], indexes: [{ name: 'r1_a', columns: ['a'] }] });
  db.createTable('r2', { columns: { id: 'int4', a: 'int4', b: 'int4!', s: 'text' }, key: ['id'], indexes: [{ name: 'r2_ab', columns: ['a', 'b'], descending: true }, { name: 'r2_s', columns: ['s'] }] });
  db.createTable('r3', { columns: { id: 'int4', a: 'int4', b: 'int4', s: 'text!' }, key: ['id'], indexes: [{ name: 'r3_sid', columns: ['s', 'id'], unique: true }] });
  db.createTable('r4', { columns: { id: 'int4', a: 'int4', b: 'int4', s: 'text' }, indexes: [{ name: 'r4_b', columns: ['b'], include: ['a'] }] });
  const tables = new Map<string, TableDef>([...db.tables].map(([name, table]) => [name, table.definition]));
  catalog = {
    version: 1, searchPath: ['public'], types: builtinTypes, relation: (_schema, name): RelationDef | undefined => tables.get(name),
    tableByOid: (oid) => [...tables.values()].find((table) => table.oid === oid), schemaExists: () => true, functions: () => [], typeByName: () => undefined, relationNames: () => [...tables.keys()],
  };
  const prng = seededPrng(4);
  const value = (limit: number, nulls: number): string => (prng.unit() < nulls ? 'null' : String(prng.below(limit)));
  randomTables.forEach((table, t) => {
    const rows = Array.from({ length: 12 + t * 4 }, (_, i) => `(${i}, ${value(8, 0.2)}, ${value(5, table === 'r2' ? 0 : 0.2)}, ${[table === 'r3' ? "'z'" : 'null', "'x'", "'y'", "'xy'", "'abc'"][prng.below(5)]!})`);
    run(`insert into ${table} values ${rows.join(', ')}`, new Set(), new Map());
  });
});
afterAll(async () => {
  await db.close();
});

/** The bag of rows as text, or the error's code. */
function run(sql: string, disabledRules: ReadonlySet<string>, settings: ReadonlyMap<string, string>): string {
  const statement = parse(sql)[0]!.statement as PreparableStatement;
  try {
    VERIFY.on = true;
    const planned = planStatement(statement, { catalog, disabledRules, settings });
    VERIFY.on = false;
    const tx = db.begin();
    try {
      const rows = db.run(tx, planned.plan, [], planned) as (readonly unknown[])[];
      tx.commitSync();
      return rows.map((row) => row.map(String).join('|')).sort().join('\n');
    } catch (error) {
      tx.rollback();
      throw error;
    }
  } catch (error) {
    VERIFY.on = false;
    if (error instanceof DbError && !error.code.startsWith('XX')) return `error ${error.code}`;
    throw new Error(`${sql}\nwithout ${[...disabledRules].join(', ')} ${[...settings.keys()].join(', ')}`, { cause: error });
  }
}

test(`${queryCount} random queries give one answer under all plans`, () => {
  let answered = 0;
  for (let i = 0; i < queryCount; i++) {
    const sql = new QueryGenerator(seed * 1_000_003 + i).query();
    const expected = run(sql, new Set(), new Map());
    if (!expected.startsWith('error') && expected !== '') answered++;
    const prng = seededPrng(i);
    const variants: [ReadonlySet<string>, ReadonlyMap<string, string>][] = [
      [new Set(allRules), new Map()],
      [new Set([allRules[i % allRules.length]!]), new Map()],
      [new Set(allRules.filter(() => prng.unit() < 0.3)), new Map(methods.filter(() => prng.unit() < 0.3).map((name) => [name, 'off']))],
    ];
    for (const [rules, settings] of variants) {
      expect(run(sql, rules, settings), `${sql}\nwithout ${[...rules].join(', ')}; off: ${[...settings.keys()].join(', ')}`).toBe(expected);
    }
  }
  // The generator must not fall back to empty answers.
  expect(answered).toBeGreaterThan(queryCount / 3);
});
