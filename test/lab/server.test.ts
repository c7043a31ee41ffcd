/**
 * The laboratory against a server: PostgreSQL shows from outside what each level lets happen, nothing is left behind, and what cannot be reached or
 * does not exist is said clearly. The parts that need a server are left out where there is none.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { isAllowed, levels } from '../../lab/catalogue/anomaly.js';
import { catalogue } from '../../lab/catalogue/catalogue.js';
import { runOn } from '../../lab/catalogue/table.js';
import { checkHistory } from '../../lab/checker/check.js';
import { runWorkload } from '../../lab/generator/run-workload.js';
import { workloads } from '../../lab/generator/workload.js';
import { runStepByStep } from '../../lab/catalogue/step-by-step.js';
import { postgresTarget } from '../../lab/targets/postgres.js';
import type { LabTarget } from '../../lab/target.js';
import { startPostgres, type PostgresServer } from '../oracle/postgres-server.js';

let server: PostgresServer | undefined;
let count = 0;
const prefix = `lab_server_test_${process.pid}_`;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());

const target = (): Promise<LabTarget> => postgresTarget(server!.url, { schema: `${prefix}${++count}` });

describe('on PostgreSQL', () => {
  test('write skew at REPEATABLE READ, nothing at SERIALIZABLE, seen from outside alone', async ({ skip }) => {
    if (server === undefined) skip();
    for (const name of ['points', 'list-append']) {
      const options = workloads.find((w) => w.name === name)!;
      const verdicts = [];
      for (const level of ['repeatable read', 'serializable'] as const) {
        const on = await target();
        try {
          const run = await runWorkload(on, options, level, 3, 120);
          expect(run.problems).toEqual([]);
          verdicts.push(checkHistory(run.history));
        } finally {
          await on.close();
        }
      }
      expect([name, verdicts[0]!.level, verdicts[0]!.cycles.map((c) => c.kind)]).toEqual([name, 'snapshot isolation', ['G2-item']]);
      expect([name, verdicts[1]!.level]).toEqual([name, 'serializable']);
    }
  });

  test('anomalies happen where the catalogue says', async ({ skip }) => {
    if (server === undefined) skip();
    for (const anomaly of catalogue.filter((a, i) => a.allowedHereAt !== undefined || i % 5 === 0).filter((a) => a.id !== 'deadlock')) {
      for (const level of levels) {
        const run = await runOn(anomaly, level, target);
        expect([anomaly.id, level, run.happened]).toEqual([anomaly.id, level, isAllowed(anomaly, level, 'postgres')]);
      }
    }
  });

  test('step by step shows the locks of the server', async ({ skip }) => {
    if (server === undefined) skip();
    const on = await target();
    let text = '';
    await runStepByStep(catalogue.find((a) => a.id === 'write-skew')!, 'serializable', on, (piece) => (text += piece));
    await on.close();
    expect(text).toMatch(/t1 holds SIReadLock on relation of doctor/);
  });

  test('no schema is left behind', async ({ skip }) => {
    if (server === undefined) skip();
    const client = new pg.Client({ connectionString: server!.url });
    await client.connect();
    const { rows } = await client.query('select nspname from pg_namespace where starts_with(nspname, $1)', [prefix]);
    await client.end();
    expect(rows).toEqual([]);
  });

  test('a database that is not there, and a failure in the middle of connecting, leave nothing', async ({ skip }) => {
    if (server === undefined) skip();
    await expect(postgresTarget(server!.urlOf('lab_no_such_database'), { schema: 'x' })).rejects.toMatchObject({ code: '08001', message: expect.stringMatching(/does not exist/) as unknown });
    // A schema name that the server refuses: the connection must be closed again.
    const before = await connections();
    await expect(postgresTarget(server!.url, { schema: 'pg_lab' })).rejects.toMatchObject({ code: '42939' });
    await expect.poll(connections).toBe(before);
  });
});

async function connections(): Promise<number> {
  const client = new pg.Client({ connectionString: server!.url, application_name: 'lab count' });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(`select count(*) as n from pg_stat_activity where application_name = 'serialite lab'`);
  await client.end();
  return Number(rows[0]!.n);
}

describe('what cannot be reached', () => {
  test('a port where nobody listens', async () => {
    await expect(postgresTarget('postgres://nobody:secret@127.0.0.1:1/x', { schema: 'x' })).rejects.toMatchObject({ code: '08001', message: expect.stringMatching(/^could not connect to postgres:\/\/nobody:\*\*\*@127\.0\.0\.1:1\/x: /) as unknown });
  });
  test.each(['nonsense', 'mysql://localhost/x', 'postgres://[broken'])('%s is no URL of a server', async (url) => {
    await expect(postgresTarget(url, { schema: 'x' })).rejects.toMatchObject({ code: '08001', message: expect.stringContaining('is no postgres:// URL') as unknown });
  });
});
