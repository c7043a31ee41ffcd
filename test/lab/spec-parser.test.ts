/** Reading the spec format: blocks, names, markers, and errors with line and column. */
import { describe, expect, test } from 'vitest';
import { allInterleavings, parseSpec } from '../../lab/specs/spec-parser.js';

const head = 'session a step a1 { select 1; } step a2 { select 2; }\nsession "b c" step b1 { select 3; }';

describe('parseSpec', () => {
  test('setups, teardown, sessions and steps', () => {
    const spec = parseSpec('x', `# comment\nsetup { one } setup { two }\nteardown { three }\nsession a setup { four } step s1 { five\nsix } teardown { seven }`);
    expect(spec.setups).toEqual(['one', 'two']);
    expect(spec.teardown).toBe('three');
    expect(spec.setupsAt.map((at) => spec.text.slice(at, at + 3))).toEqual(['one', 'two']);
    expect(spec.text.slice(spec.sessions[0]!.setupAt).startsWith('four')).toBe(true);
    expect(spec.sessions).toEqual([{ name: 'a', setup: 'four', setupAt: spec.text.indexOf('four'), teardown: 'seven', steps: [{ name: 's1', session: 0, sql: 'five\nsix' }] }]);
    expect(spec.permutations).toEqual([]);
  });
  test('quoted names and permutations with markers', () => {
    const spec = parseSpec('x', `${head}\npermutation a1 b1(a2, *) a2(b1 notices 3)`);
    expect(spec.sessions[1]!.name).toBe('b c');
    expect(spec.permutations[0]!.map((p) => [p.step.name, p.blockers])).toEqual([
      ['a1', []],
      ['b1', [{ kind: 'step', step: 'a2' }, { kind: 'once' }]],
      ['a2', [{ kind: 'notices', step: 'b1', count: 3 }]],
    ]);
  });
  test('all interleavings keep each session in order', () => {
    const names = [...allInterleavings(parseSpec('x', head))].map((p) => p.map((s) => s.step.name).join(' '));
    expect(names).toEqual(['a1 a2 b1', 'a1 b1 a2', 'b1 a1 a2']);
  });
  test.each([
    ['session a step s {', 'x:1:18: unterminated { block'],
    ['setup { }', 'x:1:10: expected a session, found end of file'],
    [`${head}\npermutation a1 nope`, 'x:3:16: undefined step "nope" specified in permutation'],
    [`${head}\n  step a1 { }`, 'x:3:8: step "a1" is defined twice'],
    ['session a step s { } %', 'x:1:22: unexpected character "%"'],
    [`${head}\npermutation`, 'x:3:12: expected a step name, found end of file'],
    [`${head}\npermutation a1(b1 notices x)`, 'x:3:27: expected a number of notices, found "x"'],
  ])('%s', (text, message) => {
    expect(() => parseSpec('x', text)).toThrow(message);
  });
});
