/** Loops over batches as functions of their own: which code becomes one, what it gets and gives back, and that runs of one plan within each other do not meet. */
import { describe, expect, test } from 'vitest';
import { declaredNames, extractParts } from '../../executor/codegen/part-functions.js';
import { Code, Module } from '../../executor/codegen/module.js';
import { Writer } from '../../executor/codegen/scope.js';
import { open } from '../../engine/index.js';

/** Source of a function in which `part` is a batch, and of the functions made of it. */
function written(part: (w: Writer) => void): { readonly body: string; readonly functions: string } {
  const module = new Module();
  const w = new Writer(module, new Code(), new Code());
  w.line('const s1 = o.scan, h1 = new Map();');
  w.line('let sum = 0, left = 3;');
  w.block('while (s1.next())', () => w.batch(() => part(w)));
  extractParts(w, ['x', 'o']);
  return { body: w.code.toString(), functions: module.prelude.toString() };
}

describe('batches', () => {
  test('names that are read are parameters, those that are assigned come back', () => {
    const { body, functions } = written((w) => {
      const temp = w.temp();
      w.line(`for (let i = 0, n = s1.count; i < n; i++) { const v = s1.at(i, left); sum += (${temp} = v.sum, ${temp}); h1.set("left", [v, i]); }`);
    });
    expect(body).toContain('batch_1(s1, left, sum, h1);');
    expect(body).toContain('sum = z_2.sum;');
    expect(body).not.toContain('left =  z_2');
    expect(functions).toContain('function batch_1(s1, left, sum, h1)');
    expect(functions).toContain('let t_0;');
    expect(functions).toContain('z_2.sum = sum;');
  });
  test('code that gives way, returns or leaves an outer loop stays where it is', () => {
    for (const line of ['yield 1;', 'return;', 'break L1;']) expect(written((w) => w.line(line))).toEqual({ body: expect.stringContaining(line) as string, functions: '' });
    expect(written((w) => w.line('L1: for (;;) { break L1; }')).functions).toContain('break L1;');
  });
  test('within a batch that stays, an inner one becomes a function; within one that becomes a function it goes along', () => {
    const nested = (tail: string): string =>
      written((w) => {
        w.block('for (const a of s1)', () => w.batch(() => w.line('h1.set(a, sum);')));
        w.line(tail);
      }).functions;
    expect(nested('yield 1;').match(/function/g)).toHaveLength(1);
    expect(nested('yield 1;')).toContain('(h1, a, sum)');
    expect(nested('sum++;').match(/function/g)).toHaveLength(1);
    expect(nested('sum++;')).toContain('for (const a of s1)');
  });
  test('names of properties are no names of variables', () => {
    const module = new Module();
    const w = new Writer(module, new Code(), new Code());
    w.block('if (x)', () => w.line('const v0 = 1;'));
    w.batch(() => w.line('o.groups.push({ v0: o.value, n: x ? o.v0 : 0 });'));
    extractParts(w, ['x', 'o']);
    expect(module.prelude.toString()).toContain('(o, x)');
  });
  test('a pipeline that gives way becomes a generator, its inner ones each another', () => {
    const module = new Module();
    const w = new Writer(module, new Code(), new Code());
    w.line('let n = 0;');
    w.pipeline(() => {
      w.line('const h1 = new Map();');
      w.pipeline(() => w.line('while (o.next()) { h1.set(n++, (a) => { return a; }); if (o.tick()) yield 1; }'));
      w.pipeline(() => w.line('o.push(h1);'));
      w.line('if (h1.size > 0) yield 0;');
    });
    w.pipeline(() => w.line('if (n > 0) { yield 1; return; }'));
    extractParts(w, ['x', 'o']);
    expect(module.prelude.toString().match(/function\*/g)).toHaveLength(2);
    expect(module.prelude.toString()).toMatch(/yield\* pipeline_\d+\(o, h1, n\);\n *n = z_\d+\.n;\n/);
    expect(w.code.toString()).toMatch(/yield\* pipeline_\d+\(o, n\);\n *n = z_\d+\.n;\n/);
    expect(w.code.toString()).toContain('return;');
  });
  test('a loop that gives way becomes a generator that hands on what it assigns round by round', () => {
    const module = new Module();
    const w = new Writer(module, new Code(), new Code());
    w.line('let sum = 0;');
    w.pipeline(() => w.loop('while (o.next())', () => {
      w.batch(() => w.line('sum += o.count;'));
      w.line('if (o.tick()) yield 1;');
    }));
    w.loop('while (o.next())', () => w.line('if (sum++ > 9) { yield 0; return; }'));
    extractParts(w, ['x', 'o']);
    const functions = module.prelude.toString();
    expect(functions).toMatch(/function\* loop_\d+\(o, sum\) \{\n *while \(o\.next\(\)\) \{\n(?:.*\n){3} *(z_\d+)\.sum = sum;\n *\}\n\}/);
    expect(functions).toMatch(/function\* pipeline_\d+\(sum, o\) \{\n *(z_\d+)\.sum = sum;\n *yield\* loop_\d+\(o, sum\);\n *sum = \1\.sum;/);
    expect(functions).not.toContain('return;');
    expect(w.code.toString()).toContain('return;');
  });
  test('declarations', () => {
    expect([...declaredNames('const a = f(x, [b, c]), d = "e, f";\nfor (let i = 0, n; (n = g()) !== 0;) {\n  for (const r of list) use(r, q);\n}\nlet m;')]).toEqual(['a', 'd', 'i', 'n', 'r', 'm']);
  });
});

test('a plan that runs again while it runs', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec(`
    create table t (x int primary key, y int not null);
    insert into t select i, i % 5 from generate_series(1, 6) i`);
  await session.exec(`create function total(n int) returns bigint language sql volatile as 'select case when n <= 0 then 0 else 1 end'`);
  await session.exec(`create or replace function total(n int) returns bigint language sql volatile as
    'select case when n <= 0 then 0::bigint else (select sum(y + total(n - 1) * (x % 2))::bigint + min(x) from t) end'`);
  const total = (n: number): number => (n <= 0 ? 0 : [1, 2, 3, 4, 5, 6].reduce((sum, x) => sum + (x % 5) + total(n - 1) * (x % 2), 0) + 1);
  for (const n of [0, 1, 2, 4]) expect(Number((await session.query('select total($1) as r', [n])).rows[0]!['r'])).toBe(total(n));
  await db.close();
});

test('what a loop assigns outlives its pauses, and runs of one plan do not meet in them', async () => {
  const db = await open(':memory:', { timeSliceMs: 0 });
  await db.exec(`
    create table t (x int primary key, y int not null);
    insert into t select i, i % 5 from generate_series(1, 20000) i`);
  const [first, second] = [db.connect(), db.connect()];
  const text = 'select count(*), sum(x), min(y), max(x) from t where x % $1 = 0 limit 1';
  const expected = (n: number): Record<string, number> => ({ count: Math.floor(20000 / n), sum: (n * Math.floor(20000 / n) * (Math.floor(20000 / n) + 1)) / 2, min: 0, max: n * Math.floor(20000 / n) });
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all([first.query(text, [2]), second.query(text, [3])]);
    expect(results.map(({ rows: [row] }) => Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)])))).toEqual([expected(2), expected(3)]);
  }
  await db.close();
});
