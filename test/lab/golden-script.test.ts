/** Golden scripts on a target: reading them with line and column, waiting, errors, and what a comparison notices. */
import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { parseScript, runScript, sameOutput } from '../../lab/specs/golden-script.js';
import { serialiteTarget } from '../../lab/targets/serialite.js';

async function outputOf(text: string): Promise<string[]> {
  const target = await serialiteTarget();
  try {
    return (await runScript(parseScript('x', text), target)).flat();
  } finally {
    await target.close();
  }
}
const setup = `> create table t (id int primary key, n int)\n> insert into t values (1, 0), (2, 0)\n`;

describe('reading', () => {
  test.each([
    ['select 1', 'x:1:1: neither a command (session:> SQL) nor a comment'],
    ['> select 1', 'x:2:1: expected "---" after the commands, found end of file'],
    ['# one\na:> \\crash\n---', 'x:2:5: "\\crash" speaks to a database in process, and the laboratory has none'],
    ['a:[plan]> select 1\n---', 'x:1:4: unknown tag "plan": tag or sort'],
  ])('%j', (text, message) => expect(() => parseScript('x', text)).toThrow(message));
  test('blocks with titles, indented lines and what is expected', () => {
    const blocks = parseScript('x', '# first\n> select 1,\n    2\n---\n1 | 2\n\n# second\na:!> nonsense\n---\na: error\n');
    expect(blocks.map((block) => [block.title, block.commands.map((c) => [c.session, c.sql, c.expectsError]), block.expected])).toEqual([
      ['first', [['', 'select 1,\n    2', false]], ['1 | 2']], ['second', [['a', 'nonsense', true]], ['a: error']],
    ]);
  });
});

describe('running', () => {
  test('a wait, and the answer after the line that released it', async () => {
    expect(await outputOf(`${setup}a:> begin\na:> update t set n = 1 where id = 1\nb:> update t set n = n + 1 where id = 1 returning n\na:> commit\n---\n`)).toEqual(['b: (waiting)', 'b: 2']);
  });
  test('errors, expected or not, NULL, tags, no rows', async () => {
    expect(await outputOf(`${setup}!> select x\n> select nothing\n!> select null\n[tag]> delete from t\n> select * from t\n---\n`)).toEqual([
      'error 42703: column "x" does not exist', 'ERROR NOT EXPECTED', 'error 42703: column "nothing" does not exist', 'ERROR EXPECTED, BUT IT SUCCEEDED', 'null', 'DELETE 2', '(no rows)',
    ]);
  });
  test('a session that waits for itself to go on is an error that names the line', async () => {
    await expect(outputOf(`${setup}a:> begin\na:> update t set n = 1 where id = 1\nb:> update t set n = 2 where id = 1\nb:> select 1\n---\n`)).rejects.toThrow('line 6: session "b" still waits');
  });
  test('the schedules of the concurrency note come out as they say', async () => {
    for (const name of ['write-skew-and-order', 'row-locks']) {
      const blocks = parseScript(name, readFileSync(`test/golden/scripts/schedules/${name}.golden`, 'utf8'));
      const target = await serialiteTarget();
      const outputs = await runScript(blocks, target);
      await target.close();
      for (const [i, block] of blocks.entries()) expect(sameOutput(outputs[i]!, block.expected), `${block.title}: ${outputs[i]!.join('; ')}`).toBe(true);
    }
  });
});
test('a comparison leaves out positions and nothing else', () => {
  expect(sameOutput(['a: error 42703 at 8: x'], ['a: error 42703: x'])).toBe(true);
  expect(sameOutput(['a: 1'], ['a: 2'])).toBe(false);
  expect(sameOutput(['a: (waiting)', 'a: 1'], ['a: 1'])).toBe(false);
});
