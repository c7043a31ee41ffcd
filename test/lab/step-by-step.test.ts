/** Runs shown step by step, and the views they are made from. */
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../lab/catalogue/catalogue.js';
import { isAllowed, levels, type Level } from '../../lab/catalogue/anomaly.js';
import { runStepByStep } from '../../lab/catalogue/step-by-step.js';
import { open } from '../../engine/index.js';
import { serialiteTarget } from '../../lab/targets/serialite.js';

async function shown(id: string, level: Level): Promise<string> {
  const target = await serialiteTarget();
  try {
    let text = '';
    await runStepByStep(catalogue.find((anomaly) => anomaly.id === id)!, level, target, (piece) => (text += piece));
    return text;
  } finally {
    await target.close();
  }
}

describe('write skew at a snapshot', () => {
  test('the cycle is there before the commits, and stays after them', async () => {
    const text = await shown('write-skew', 'repeatable read');
    expect(text).toContain('t2 -rw-> t1  (doctor (name)=(ada))  once t1 commits');
    const last = text.slice(text.lastIndexOf('t2: COMMIT'));
    expect(last).toContain('doctor: (ada, f) (bob, f)');
    expect(last).toContain('doctor.doctor_pkey (name)=(ada): update by t1, commit');
    expect(last).toContain('t1, statement 1: doctor.doctor_pkey all of it');
    expect(last).toContain('CYCLE: t1 -> t2 -> t1');
  });
});
test('waiting is shown with who is waited for', async () => {
  expect(await shown('deadlock', 'read committed')).toMatch(/t1 waits for NoKeyUpdateLock on a row of account, held by t2/);
});
test('read from a later commit: a wr edge', async () => {
  expect(await shown('read-only-anomaly', 'repeatable read')).toMatch(/t1 -wr-> t3/);
});
test('watching changes nothing: anomalies end as without', async () => {
  for (const anomaly of catalogue.filter((_, i) => i % 6 === 1)) {
    for (const level of levels.slice(1)) {
      const target = await serialiteTarget();
      try {
        const run = await runStepByStep(anomaly, level, target, () => undefined);
        expect([anomaly.id, level, run.happened]).toEqual([anomaly.id, level, isAllowed(anomaly, level, 'serialite')]);
      } finally {
        await target.close();
      }
    }
  }
});

test('without track_dependencies a snapshot leaves nothing behind', async () => {
  const db = await open(':memory:');
  await db.exec('create table t (id int primary key); insert into t values (1)');
  const session = db.connect();
  await session.query('begin isolation level repeatable read');
  await session.query('select * from t');
  for (const view of ['pg_stat_serializable', 'pg_stat_reads', 'pg_stat_dependencies']) expect((await db.query(`select * from ${view}`)).rows).toEqual([]);
  await session.query('rollback');
  await session.query('begin isolation level serializable');
  await session.query('select * from t where id = 7');
  expect((await db.query('select relation, index, range, statement from pg_stat_reads')).rows).toEqual([{ relation: 't', index: 't_pkey', range: '(id)=(7)', statement: 1 }]);
  await db.close();
});
