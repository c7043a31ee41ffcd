/**
 * One round: a new schema on both servers, then statements of every sort in lockstep. A statement is a function of seed, round and its number, and of
 * what the generator knows of the schema, so a round run again up to a statement is the same.
 */
import { difference, type Depth, isNoAnswer } from './compare.js';
import { control, definition, session } from './ddl.js';
import { change } from './dml.js';
import type { Answer, Engine } from './engines.js';
import { explain } from './explained.js';
import { Generator } from './generator.js';
import { mistake } from './mistakes.js';
import { answersOfOtherPlans } from './other-plans.js';
import { topQuery, type RowOrder } from './queries.js';
import { schemaScript } from './schema.js';

export interface Difference {
  readonly seed: number;
  readonly round: number;
  readonly statement: number;
  readonly sql: string;
  readonly what: string;
  readonly ours: Answer;
  readonly theirs: Answer;
  readonly order: RowOrder;
  readonly depth: Depth;
}

export interface RoundReport {
  readonly statements: number;
  readonly failed: number;
  readonly explained: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

interface Planned {
  readonly sql: string;
  readonly order: RowOrder;
  readonly depth: Depth;
  readonly onSuccess: (() => void) | undefined;
  /** Whether it may change what later statements see. */
  readonly mayChange: boolean;
  /** A query that shows what a change left. */
  readonly check: string | undefined;
}

const bag: RowOrder = { kind: 'bag' };

export type Sort = 'query' | 'change' | 'definition' | 'control' | 'session' | 'mistake';
const weights: readonly (readonly [number, Sort])[] = [[60, 'query'], [14, 'change'], [4, 'definition'], [5, 'control'], [4, 'session'], [13, 'mistake']];

export async function runRound(ours: Engine, theirs: Engine, options: { readonly seed: number; readonly round: number; readonly statements: number; readonly onDifference?: (difference: Difference) => Promise<void>; readonly sorts?: ReadonlySet<Sort> | undefined; readonly passesLimits?: boolean }): Promise<RoundReport> {
  const { seed, round } = options;
  const base = (seed * 1_000_003 + round * 7919) >>> 0;
  const g = new Generator(base, []);
  const explained = new Map<string, number>();
  const differences: Difference[] = [];
  let failed = 0;
  let count = 0;
  const lockstep = async (planned: Planned, statement: number): Promise<boolean> => {
    const inBlock = ours.status() !== 'idle';
    const [a, b] = [await ours.run(planned.sql), await theirs.run(planned.sql)];
    count++;
    if (b.code !== undefined) failed++;
    const state = ours.status() === theirs.status() || (a.code === undefined) !== (b.code === undefined) ? undefined : `transaction ${ours.status()} instead of ${theirs.status()}`;
    // Where ours is slow on purpose, or keeps what others need not, it says nothing either that it passes a limit.
    const saysNothing = isNoAnswer(b) || (options.passesLimits === true && (a.code === '57014' || a.code === '53200'));
    const what = saysNothing ? undefined : (difference(a, b, planned.order, planned.depth) ?? state);
    if (what !== undefined) {
      const reason = await explain({ sql: planned.sql, ours: a, theirs: b, inBlock, otherPlans: () => answersOfOtherPlans(a.code === undefined ? ours : theirs, planned.sql) });
      if (reason !== undefined) explained.set(reason, (explained.get(reason) ?? 0) + 1);
      else {
        const found: Difference = { seed, round, statement, sql: planned.sql, what, ours: a, theirs: b, order: planned.order, depth: planned.depth };
        differences.push(found);
        await options.onDifference?.(found);
      }
    }
    if (a.code === undefined && b.code === undefined) planned.onSuccess?.();
    return ours.status() === theirs.status() && (a.code === undefined) === (b.code === undefined);
  };
  for (const [i, sql] of schemaScript(g).entries()) if (!(await lockstep({ sql, order: bag, depth: 'all', onSuccess: undefined, mayChange: true, check: undefined }, -i - 1))) return { statements: count, failed, explained, differences };
  for (let statement = 0; statement < options.statements; statement++) {
    // The seed is mixed, so that neighbours have nothing in common.
    const own = new Generator(Math.imul(base ^ Math.imul(statement + 1, 0x9e3779b1), 0x85ebca6b) >>> 0, g.tables);
    const planned = plan(own, ours.status(), statement, options.sorts);
    let agrees = await lockstep(planned, statement);
    if (agrees && planned.check !== undefined && ours.status() !== 'failed') agrees = await lockstep({ sql: planned.check, order: bag, depth: 'all', onSuccess: undefined, mayChange: true, check: undefined }, statement);
    // After a difference in state nothing that follows can be compared.
    if (!agrees && (planned.mayChange || ours.status() !== 'idle' || theirs.status() !== 'idle')) break;
    if (differences.some((found) => found.sql === planned.check)) break;
  }
  return { statements: count, failed, explained, differences };
}

function plan(g: Generator, status: 'idle' | 'active' | 'failed', statement: number, sorts: ReadonlySet<Sort> | undefined): Planned {
  const { c } = g;
  const simple = (sql: string): Planned => ({ sql, order: bag, depth: 'all', onSuccess: undefined, mayChange: true, check: undefined });
  if (status === 'failed' && c.chance(0.8)) return simple(control(g, status));
  if (status === 'active' && statement % 12 === 0) return simple(c.pick(['commit', 'rollback']));
  const sort = c.weighted(sorts === undefined ? weights : weights.filter(([, name]) => sorts.has(name)));
  // A name's number must not repeat within a round.
  const fresh = new Generator(c.below(0x7fffffff), g.tables);
  switch (sort) {
    case 'query': {
      const query = topQuery(fresh);
      return { ...simple(query.sql), order: query.order, mayChange: false };
    }
    case 'change': {
      const { sql, table } = change(fresh);
      return { ...simple(sql), check: /^(select|prepare)/.test(sql) ? undefined : `select * from ${table.name}` };
    }
    case 'definition': {
      // A view is read back from the text that is kept of it.
      if (c.chance(0.15)) return { ...simple(`create view qv${statement} as ${topQuery(fresh).sql}`), check: `select * from qv${statement}` };
      const { sql, onSuccess } = definition(new NamedGenerator(c.below(0x7fffffff), g.tables, statement));
      return { ...simple(sql), onSuccess };
    }
    case 'control':
      return simple(control(fresh, status));
    case 'session':
      return simple(session(fresh));
    case 'mistake': {
      const sql = mistake(fresh, c.chance(0.8) ? topQuery(fresh).sql : change(fresh).sql);
      return { ...simple(sql), depth: 'code' };
    }
  }
}

/** Names of lasting objects carry the statement's number. */
class NamedGenerator extends Generator {
  readonly #statement: number;
  constructor(seed: number, tables: Generator['tables'], statement: number) {
    super(seed, tables);
    this.#statement = statement;
  }
  override name(prefix: string): string {
    return `${super.name(prefix)}_${this.#statement}`;
  }
}
