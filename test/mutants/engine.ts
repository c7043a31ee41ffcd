/** Deliberate bugs of engine/ and the scenario that notices each, over an open database. A trial is one run of the scenario. */
import assert, { AssertionError } from 'node:assert/strict';
import { mutants } from '../../base/mutants.js';
import { DatabaseError, open } from '../../engine/index.js';
import { engineMutantList } from '../../engine/mutants.js';

export interface EngineMutant {
  readonly name: string;
  run(seed: number, trialsMax: number): Promise<{ readonly killedAtTrial: number | undefined; readonly by: string }>;
}

/** What holds without the mutant of that name and fails with it. */
export const engineScenarios: Readonly<Record<string, () => Promise<void>>> = {
  'engine.start-over-keeps-changes': async () => {
    const db = await open(':memory:');
    try {
      await db.exec(`create table acct (id int primary key, n int); insert into acct values (1, 0), (2, 0);
        create function bump_both() returns bigint language sql as 'update acct set n = n + 1 where id = 1; update acct set n = n + 1 where id = 2; select sum(n) from acct'`);
      const [holder, caller] = [db.connect(), db.connect()];
      await holder.exec('begin; update acct set n = 10 where id = 2');
      const calling = caller.query('select bump_both() as sum');
      while (!caller.isWaiting) await new Promise((resolve) => setImmediate(resolve));
      await holder.exec('commit');
      assert.deepEqual((await calling).rows, [{ sum: 12 }]);
      assert.deepEqual((await db.query('select id, n from acct order by id')).rows, [{ id: 1, n: 1 }, { id: 2, n: 11 }]);
    } finally {
      await db.close();
    }
  },
};

export const engineMutants: readonly EngineMutant[] = engineMutantList.map(({ name }) => ({
  name,
  async run(_seed, trialsMax) {
    const by = `test/mutants/engine: ${name}`;
    const scenario = engineScenarios[name];
    if (scenario === undefined) return { killedAtTrial: undefined, by };
    // Nothing in it is random.
    for (let trial = 1; trial <= Math.min(trialsMax, 2); trial++) {
      mutants.plant(name);
      try {
        await scenario();
      } catch (error) {
        if (error instanceof AssertionError || error instanceof DatabaseError) return { killedAtTrial: trial, by };
        throw error;
      } finally {
        mutants.clear();
      }
    }
    return { killedAtTrial: undefined, by };
  },
}));
