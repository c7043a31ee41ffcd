/** The command itself, as scripts see it: output, standard error and exit codes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'serialite-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'repl/main.ts', ...(['dump', 'restore', 'types'].includes(args[0]!) ? [] : ['--no-rc']), ...args]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

test('-c over a file in CSV, a foreign file, a stream over the same file that fails in the middle', async () => {
  const file = join(folder, 'a.slt');
  const foreign = join(folder, 'foreign.slt');
  writeFileSync(foreign, 'this is no database\n'.repeat(1000));
  const [fine, refused] = await Promise.all([
    run([file, '--csv', '-c', "create table t (a int, b text); insert into t values (1, 'x,y')", '-c', 'select * from t']),
    run([foreign, '-c', 'select 1']),
  ]);
  expect(fine).toEqual({ code: 0, stdout: 'a,b\n1,"x,y"\n', stderr: '' });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('foreign.slt');
  const failing = await run([file, '--json'], 'select a from t;\nselect nothing;\nselect 2 as b;\n');
  expect(failing).toMatchObject({ code: 1, stdout: '[{"a":1}]\n[{"b":2}]\n' });
  expect(failing.stderr).toContain('ERROR:  42703');
});

test('dump writes what restore reads, over the command line', async () => {
  const file = join(folder, 'dumped.slt');
  await run([file, '-q', '-c', "create table t (a int primary key, b text); insert into t values (1, 'x'), (2, null)"]);
  const whole = await run(['dump', file]);
  expect(whole).toMatchObject({ code: 0, stderr: '' });
  const text = join(folder, 'dump.sql');
  writeFileSync(text, whole.stdout);
  const loaded = await run(['restore', join(folder, 'loaded.slt'), text]);
  expect(loaded).toMatchObject({ code: 0, stderr: '' });
  expect(loaded.stdout).toMatch(/2 rows copied/);
  const [again, part] = await Promise.all([run(['dump', join(folder, 'loaded.slt')]), run([file, '-q', '-c', '.dump t'])]);
  expect(again.stdout).toBe(whole.stdout);
  expect(part.stdout).toContain("INSERT INTO public.t (a, b) VALUES (2, NULL);");
  const unmade = join(folder, 'unmade.slt');
  expect(await run(['restore', unmade, join(folder, 'nothing.sql')])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^ERROR: {2}58P01: .*nothing\.sql: No such file or directory/) as unknown });
  expect(existsSync(unmade)).toBe(false);
});

test('types writes the schema as TypeScript', async () => {
  const file = join(folder, 'typed.slt');
  await run([file, '-c', "create type mood as enum ('sad', 'ok'); create table person (id int generated always as identity primary key, mood mood, n bigint not null)"]);
  const found = await run(['types', file, '--int8', 'string']);
  expect(found).toMatchObject({ code: 0, stderr: '' });
  expect(found.stdout).toContain("export type Mood = 'sad' | 'ok';\n");
  expect(found.stdout).toContain('export interface Person {\n  id: number;\n  mood: Mood | null;\n  n: string;\n}\n');
  expect((await run(['types', file, '--int8', 'no'])).code).not.toBe(0);
  expect((await run(['types', join(folder, 'missing.slt')])).code).toBe(2);
});
