/**
 * One database against itself. Variants run the rounds of the differential generator in lockstep: generated code beside the interpreter, indexes
 * beside none, join and scan methods beside others. Partitions ask one engine alone: the rows of a FROM clause are those for which a condition is
 * true, false and unknown (TLP), and as many are selected as a CASE counts (NoREC). Rules of the planner are switched off together here, one by one in
 * test/planner/metamorphic.prop.test.ts.
 *
 * Source. Rigger, Su 2020 (Finding Bugs in Database Systems via Query Partitioning; NoREC).
 */
import { condition } from './expressions.js';
import { SerialiteEngine, type Answer, type Engine } from './engines.js';
import { fromClause } from './from.js';
import { Generator } from './generator.js';
import { runRound, type Difference } from './round.js';
import { schemaScript } from './schema.js';

export interface Variant {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly hasIndexes: boolean;
}

export const variants: readonly Variant[] = [
  { name: 'interpreted', settings: { execution_mode: 'interpreted' }, hasIndexes: true },
  { name: 'without columns of leaves', settings: { leaf_columns: 'off' }, hasIndexes: true },
  { name: 'without indexes', settings: {}, hasIndexes: false },
  { name: 'without rewriting', settings: { rewrite_rules: 'off' }, hasIndexes: true },
  { name: 'without hash joins', settings: { enable_hashjoin: 'off', enable_hashagg: 'off' }, hasIndexes: true },
  { name: 'without nested loops', settings: { enable_nestloop: 'off', enable_material: 'off' }, hasIndexes: true },
  { name: 'without scans of whole tables', settings: { enable_seqscan: 'off', enable_mergejoin: 'off' }, hasIndexes: true },
  { name: 'interpreted, in little memory, without indexes', settings: { execution_mode: 'interpreted', work_mem: '64', statement_mem: '512MB' }, hasIndexes: false },
];

const nothing: Answer = { code: undefined, message: '', command: 'CREATE', rowCount: null, names: [], types: [], rows: [] };

/** Passes over CREATE INDEX. */
class WithoutIndexes implements Engine {
  readonly #engine: Engine;
  constructor(engine: Engine) {
    this.#engine = engine;
  }
  run(sql: string): Promise<Answer> {
    return /^create index r/.test(sql) ? Promise.resolve(nothing) : this.#engine.run(sql);
  }
  status(): 'idle' | 'active' | 'failed' {
    return this.#engine.status();
  }
  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** A round on the usual engine and a variant. */
export async function runVariant(variant: Variant, seed: number, round: number, statements: number): Promise<{ readonly statements: number; readonly differences: readonly Difference[] }> {
  const ours = await SerialiteEngine.open();
  const other = await SerialiteEngine.open(variant.settings);
  try {
    return await runRound(variant.hasIndexes ? other : new WithoutIndexes(other), ours, { seed, round, statements, sorts: new Set(['query', 'change']), passesLimits: true });
  } finally {
    await ours.close();
    await other.close();
  }
}

/** TLP and NoREC over a round's schema: what went wrong, with its queries. */
export async function runPartitions(seed: number, round: number, queries: number): Promise<{ readonly queries: number; readonly wrong: readonly string[] }> {
  const engine = await SerialiteEngine.open();
  const base = (seed * 1_000_003 + round * 7919) >>> 0;
  const g = new Generator(base, []);
  const wrong: string[] = [];
  let count = 0;
  try {
    for (const sql of schemaScript(g)) await engine.run(sql);
    for (let i = 0; count < queries; i++) {
      const own = new Generator(Math.imul(base ^ Math.imul(i + 1, 0x9e3779b1), 0x85ebca6b) >>> 0, g.tables);
      const from = fromClause(own, [], 1, 4);
      const list = from.columns.map((column) => column.sql).join(', ');
      const p = condition(own, { columns: from.columns, grouped: undefined, windows: undefined, depth: 1, isRisky: false }, 2);
      const rowsOf = async (where: string): Promise<string[] | undefined> => {
        count++;
        const answer = await engine.run(`select ${list} from ${from.sql}${where}`);
        return answer.code === undefined ? answer.rows.map((row) => JSON.stringify(row)) : undefined;
      };
      const all = await rowsOf('');
      const parts = [await rowsOf(` where ${p}`), await rowsOf(` where not (${p})`), await rowsOf(` where (${p}) is null`)];
      if (all === undefined || parts.some((part) => part === undefined)) continue;
      if (parts.flatMap((part) => part!).sort().join('\n') !== all.sort().join('\n')) wrong.push(`TLP: from ${from.sql} where ${p}`);
      count++;
      const counted = await engine.run(`select sum(case when ${p} then 1 else 0 end) from ${from.sql}`);
      if (counted.code === undefined && Number(counted.rows[0]![0] ?? 0) !== parts[0]!.length) wrong.push(`NoREC: from ${from.sql} where ${p}`);
    }
  } finally {
    await engine.close();
  }
  return { queries: count, wrong };
}
