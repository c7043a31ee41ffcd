/** Shows that patterns match as PostgreSQL's do and that none can hang the process. */
import { describe, expect, test } from 'vitest';
import type { Datum } from '../../base/datum.js';
import { plainTextEnv } from '../../base/text-env.js';
import { functionsNamed, operatorsNamed } from '../../functions/catalogue.js';

const ctx = { ...plainTextEnv, checkDeadline: () => undefined };
const text = 25;
const holds = (name: string, left: string, right: string): Datum => operatorsNamed(name).find((op) => op.left === text && op.right === text)!.function.impl!(left, right, ctx);
const call = (name: string, ...args: string[]): Datum => functionsNamed(name).find((f) => f.args.length === args.length && f.args.every((oid) => oid === text))!.impl!(...args, ctx);
const find = (pattern: string, subject: string): Datum => call('substring', subject, pattern);

test('LIKE', () => {
  expect(holds('~~', 'hello', 'h%o')).toBe(true);
  expect(holds('~~', 'hello', 'h_l%')).toBe(true);
  expect(holds('~~', 'a%b', 'a\\%b')).toBe(true);
  expect(holds('~~', 'axb', 'a\\%b')).toBe(false);
  expect(holds('~~', '', '%')).toBe(true);
  expect(holds('~~', '\u{1f4a1}x', '_x')).toBe(true);
  expect(holds('~~*', 'HeLLo', 'h%O')).toBe(true);
  expect(() => holds('~~', 'ab', 'a\\')).toThrow('LIKE pattern must not end with escape character');
});

describe('regular expressions', () => {
  test('leftmost and longest', () => {
    expect(find('a|ab', 'xabc')).toBe('ab');
    expect(find('a+', 'caaat')).toBe('aaa');
    expect(find('a+?', 'caaat')).toBe('a');
    expect(find('x*', 'aaa')).toBe('');
    expect(find('(?:foo|foobar)baz', 'foobarbaz')).toBe('foobarbaz');
  });
  test('classes, escapes, anchors', () => {
    expect(find('[[:digit:]]{2,3}', 'a1234')).toBe('123');
    expect(find('\\mfoo\\M', 'a foo b')).toBe('foo');
    expect(find('(?n)^b', 'a\nb')).toBe('b');
    expect(find('(?i)FOO', 'a foo')).toBe('foo');
    expect(find('[^a-z]', 'abcX')).toBe('X');
    expect(find('foo(?=bar)', 'foobaz foobar')).toBe('foo');
    expect(find('\\u0041', 'xA')).toBe('A');
  });
  test('errors', () => {
    expect(() => find('(a', 'a')).toThrow('invalid regular expression: parentheses () not balanced');
    expect(() => find('*a', 'a')).toThrow('quantifier operand invalid');
  });
  test('an exponential pattern is linear', () => {
    expect(holds('~', `${'a'.repeat(5000)}b`, '^(a+)+$')).toBe(false);
    expect(find('(?:x?){200}x{200}', 'x'.repeat(200))).toBe('x'.repeat(200));
  });
});
