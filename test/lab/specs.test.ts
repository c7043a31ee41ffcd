/**
 * PostgreSQL's isolation specs on Serialite: every permutation of every spec that lies beside the repository agrees with PostgreSQL's transcript, is
 * serializable where PostgreSQL aborted needlessly, or needs a feature that is refused with 0A000 and listed here. Specs with many permutations
 * run a sample; `npm run specs` runs them all. Without the folder the small specs written below still run.
 */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mutants } from '../../base/mutants.js';
import { readSpecFolder } from '../../lab/specs/files.js';
import { serialOrder } from '../../lab/specs/judge.js';
import { runSpec, type SpecFiles, type SpecReport } from '../../lab/specs/spec-suite.js';
import { serialiteTarget } from '../../lab/targets/serialite.js';

const folder = '../shared/data/isolation';
const permutationMax = 8;

/** Why some permutations cannot run yet. */
const unsupported: Readonly<Record<string, RegExp>> = {
  'merge-update': /PARTITION BY/,
  'ri-trigger': /CREATE (FUNCTION|TRIGGER)/,
};
const accepted = new Set(['equal', 'equal but for row order', 'equal but for plans', 'no needless abort', 'expected of another version']);

describe.skipIf(!existsSync(folder))("PostgreSQL's specs", () => {
  const all = existsSync(folder) ? readSpecFolder(folder, []) : [];
  test.each(all.map((files) => [files.name, files] as const))('%s', async (name, files) => {
    const report = await runSpec(files, () => serialiteTarget(), serialOrder, { permutationMax });
    for (const permutation of report.permutations) {
      if (permutation.verdict === 'unsupported') expect(permutation.note, name).toMatch(unsupported[name] ?? /^$/);
      else expect(accepted.has(permutation.verdict), `${permutation.names.join(' ')}: ${permutation.verdict}: ${permutation.note}`).toBe(true);
    }
  });
});

const skew: SpecFiles = {
  name: 'skew',
  spec: `
    setup { create table duty (who text primary key, active boolean); insert into duty values ('ada', true), ('bob', true); }
    teardown { drop table duty; }
    session s1
    setup { begin isolation level serializable; }
    step r1 { select count(*) from duty where active; }
    step w1 { update duty set active = false where who = 'ada'; }
    step c1 { commit; }
    session s2
    setup { begin isolation level serializable; }
    step r2 { select count(*) from duty where active; }
    step w2 { update duty set active = false where who = 'bob'; }
    step c2 { commit; }
    permutation r1 r2 w1 w2 c1 c2
    permutation r1 w1 c1 r2 w2 c2
    permutation w1 r2 c1 w2 c2 r1`,
  expected: [
    `starting permutation: r1 r2 w1 w2 c1 c2
step r1: select count(*) from duty where active;
count
-----
    2
(1 row)

step r2: select count(*) from duty where active;
count
-----
    2
(1 row)

step w1: update duty set active = false where who = 'ada';
step w2: update duty set active = false where who = 'bob';
step c1: commit;
step c2: commit;
ERROR:  could not serialize access due to read/write dependencies among transactions

starting permutation: r1 w1 c1 r2 w2 c2
step r1: select count(*) from duty where active;
count
-----
    2
(1 row)

step w1: update duty set active = false where who = 'ada';
step c1: commit;
step r2: select count(*) from duty where active;
count
-----
    1
(1 row)

step w2: update duty set active = false where who = 'bob';
step c2: commit;`,
  ],
};
const waiting: SpecFiles = {
  name: 'waiting',
  spec: `
    setup { create table t (id int primary key, n int); insert into t values (1, 0); }
    teardown { drop table t; }
    session a
    setup { begin; }
    step a1 { update t set n = n + 1 where id = 1; }
    step a2 { commit; }
    session b
    setup { begin; }
    step b1 { update t set n = n + 10 where id = 1 returning n; }
    step b2 { rollback; }
    permutation a1 b1 a2 b2
    permutation a1 b1(a2) a2 b2`,
  expected: [
    `starting permutation: a1 b1 a2 b2
step a1: update t set n = n + 1 where id = 1;
step b1: update t set n = n + 10 where id = 1 returning n; <waiting ...>
step a2: commit;
step b1: <... completed>
 n
--
11
(1 row)

step b2: rollback;

starting permutation: a1 b1 a2 b2
step a1: update t set n = n + 1 where id = 1;
step b1: update t set n = n + 10 where id = 1 returning n; <waiting ...>
step a2: commit;
step b1: <... completed>
 n
--
11
(1 row)

step b2: rollback;`,
  ],
};

const verdicts = (report: SpecReport): string[] => report.permutations.map((permutation) => permutation.verdict);

describe('the suite judges', () => {
  test('transcripts that agree', async () => {
    expect(verdicts(await runSpec(skew, () => serialiteTarget(), serialOrder)).slice(0, 2)).toEqual(['equal', 'equal']);
    expect(verdicts(await runSpec(waiting, () => serialiteTarget(), undefined))).toEqual(['equal', 'equal']);
  });
  test('a permutation without an expected transcript differs', async () => {
    expect(verdicts(await runSpec(skew, () => serialiteTarget(), serialOrder))[2]).toBe('differs');
  });
  test('one wrong value in the expected transcript is noticed', async () => {
    const wrong = { ...waiting, expected: [waiting.expected[0]!.replaceAll('11\n', '10\n')] };
    expect(verdicts(await runSpec(wrong, () => serialiteTarget(), serialOrder))).toEqual(['differs', 'differs']);
  });
  test('a wait that is not reported is noticed', async () => {
    const wrong = { ...waiting, expected: [waiting.expected[0]!.replaceAll(' <waiting ...>', '')] };
    expect(verdicts(await runSpec(wrong, () => serialiteTarget(), serialOrder))).toEqual(['differs', 'differs']);
  });
  test('a database that lets write skew through is no "needless abort"', async () => {
    const snapshotOnly = { ...skew, spec: skew.spec.replaceAll('serializable', 'repeatable read') };
    expect(verdicts(await runSpec(snapshotOnly, () => serialiteTarget(), serialOrder))[0]).toBe('differs');
  });
  test('a step that only a later step of its own session could release is cancelled, not waited for', async () => {
    const stuck = { ...waiting, spec: waiting.spec.replace('permutation a1 b1 a2 b2', 'permutation a1 b1 b2 a2') };
    const [report] = (await runSpec(stuck, () => serialiteTarget(), undefined)).permutations;
    expect(report!.lines).toContain('isolationtester: canceling step b1');
    expect(report!.lines.at(-1)).toBe('step a2: commit;');
  });
});

describe('a setup that fails is named with line and column', () => {
  const report = async (setup: string, sessionSetup = 'begin;'): Promise<{ verdict: string; note: string }> => {
    const spec = `setup\n{\n  ${setup}\n}\nteardown { drop table if exists t; }\nsession a\nsetup { ${sessionSetup} }\nstep s1 { select 1; }\nstep s2 { commit; }\npermutation s1 s2`;
    const { permutations } = await runSpec({ name: 'broken', spec, expected: [] }, () => serialiteTarget(), undefined);
    return { verdict: permutations[0]!.verdict, note: permutations[0]!.note };
  };
  test('an unknown table in the second statement', async () => {
    expect(await report('create table t (id int);\n  insert into tt values (1);')).toEqual({ verdict: 'setup failed', note: 'broken:4:15: setup failed: ERROR:  relation "tt" does not exist' });
  });
  test('a syntax error', async () => {
    expect(await report('create table t (id int);\n  insrt into t values (1);')).toMatchObject({ verdict: 'setup failed', note: expect.stringMatching(/^broken:4:3: setup failed: ERROR: {2}syntax error/) as string });
  });
  test('an error without a position is that of its statement', async () => {
    expect(await report('create table t (id int primary key);\n  insert into t values (1);\n  insert into t values (1);')).toMatchObject({ note: expect.stringMatching(/^broken:5:3: setup failed: ERROR: {2}duplicate key/) as string });
  });
  test("a session's setup", async () => {
    expect(await report('create table t (id int);', 'begin; select nope from t;')).toEqual({ verdict: 'setup failed', note: 'broken:7:23: setup of session a failed: ERROR:  column "nope" does not exist' });
  });
  test('a feature that is refused is named, with its place, and the rest of the setup runs', async () => {
    const spec = { ...waiting, name: 'refused', spec: waiting.spec.replace('insert into t', 'create trigger g before insert on t execute function f(); insert into t') };
    const [permutation] = (await runSpec({ ...spec, expected: [] }, () => serialiteTarget(), undefined)).permutations;
    expect(permutation).toMatchObject({ verdict: 'unsupported', note: 'refused:2:57: CREATE TRIGGER is not supported' });
    expect(permutation!.lines.at(-1)).toBe('step b2: rollback;');
  });
});

describe('planted bugs make specs fail', () => {
  const conflict = { ...waiting, spec: waiting.spec.replaceAll('{ begin; }', '{ begin isolation level repeatable read; }'), expected: [waiting.expected[0]!.replaceAll(' n\n--\n11\n(1 row)\n', 'ERROR:  could not serialize access due to concurrent update').replaceAll('update\n\nstep', 'update\nstep')] };
  test('the specs agree without them', async () => {
    expect(verdicts(await runSpec(conflict, () => serialiteTarget(), serialOrder))).toEqual(['equal', 'equal']);
  });
  test.each([
    ['mvcc.no-first-updater-wins', conflict],
    ['mvcc.no-probe', skew],
  ] as const)('%s', async (mutant, files) => {
    mutants.plant(mutant);
    try {
      const report = await runSpec(files, () => serialiteTarget(), serialOrder);
      expect(verdicts(report)[0]).toBe('differs');
    } finally {
      mutants.clear();
    }
  });
});
