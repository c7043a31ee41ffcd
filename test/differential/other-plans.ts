/** A statement run again under plans that its server did not choose, and undone. */
import { SerialiteEngine, type Answer, type Engine } from './engines.js';

/** What is switched off together. */
const switchedOff = [['enable_hashjoin', 'enable_mergejoin'], ['enable_nestloop', 'enable_mergejoin'], ['enable_nestloop', 'enable_hashjoin'], ['enable_hashagg', 'enable_indexscan', 'enable_bitmapscan'], ['enable_seqscan', 'enable_sort'], ['enable_memoize', 'enable_material', 'enable_hashjoin']];
/** Serialite's own: joins that no row asks for any more are run all the same. */
const ownSwitches = [...switchedOff, ['rewrite_rules']];
/** What another run would change for good. */
const leavesTraces = /\b(nextval|setval|random)\b/;

export async function answersOfOtherPlans(engine: Engine, sql: string): Promise<Answer[]> {
  if (engine.status() === 'failed' || leavesTraces.test(sql)) return [];
  const inBlock = engine.status() === 'active';
  const answers: Answer[] = [];
  for (const settings of engine instanceof SerialiteEngine ? ownSwitches : switchedOff) {
    await engine.run(inBlock ? 'savepoint other_plan' : 'begin');
    for (const setting of settings) await engine.run(`set local ${setting} = off`);
    answers.push(await engine.run(sql));
    await engine.run(inBlock ? 'rollback to savepoint other_plan' : 'rollback');
    if (inBlock) await engine.run('release savepoint other_plan');
  }
  return answers;
}
