/** A statement run again under plans that its server did not choose, and undone. */
import type { Answer, Engine } from './engines.js';

/** What is switched off together. */
const switchedOff = [['hashjoin', 'mergejoin'], ['nestloop', 'mergejoin'], ['nestloop', 'hashjoin'], ['hashagg', 'indexscan', 'bitmapscan'], ['seqscan', 'sort'], ['memoize', 'material', 'hashjoin']];
/** What another run would change for good. */
const leavesTraces = /\b(nextval|setval|random)\b/;

export async function answersOfOtherPlans(engine: Engine, sql: string): Promise<Answer[]> {
  if (engine.status() === 'failed' || leavesTraces.test(sql)) return [];
  const inBlock = engine.status() === 'active';
  const answers: Answer[] = [];
  for (const methods of switchedOff) {
    await engine.run(inBlock ? 'savepoint other_plan' : 'begin');
    for (const method of methods) await engine.run(`set local enable_${method} = off`);
    answers.push(await engine.run(sql));
    await engine.run(inBlock ? 'rollback to savepoint other_plan' : 'rollback');
    if (inBlock) await engine.run('release savepoint other_plan');
  }
  return answers;
}
