/** Shows that patterns match as PostgreSQL's do and that none can hang the process. */
import { describe, expect, test } from 'vitest';
import { like, similarToRegex } from '../../functions/pattern.js';
import { codePoints, parseRegexFlags, regexOf } from '../../functions/regex.js';

const find = (pattern: string, text: string, flags = ''): string | undefined => {
  const match = regexOf(pattern, parseRegexFlags(flags).flags).find(codePoints(text), 0, () => undefined);
  return match === undefined ? undefined : [...text].slice(match.start, match.end).join('');
};
const groups = (pattern: string, text: string): (string | undefined)[] => {
  const match = regexOf(pattern, parseRegexFlags('').flags).find(codePoints(text), 0, () => undefined);
  const found: (string | undefined)[] = [];
  for (let i = 0; match !== undefined && i < match.groups.length; i += 2) found.push(match.groups[i]! < 0 ? undefined : text.slice(match.groups[i], match.groups[i + 1]));
  return found;
};

test('LIKE', () => {
  expect(like('hello', 'h%o')).toBe(true);
  expect(like('hello', 'h_l%')).toBe(true);
  expect(like('a%b', 'a\\%b')).toBe(true);
  expect(like('axb', 'a\\%b')).toBe(false);
  expect(like('', '%')).toBe(true);
  expect(like('💡x', '_x')).toBe(true);
  expect(() => like('a', 'a\\')).toThrow('LIKE pattern must not end with escape character');
});

describe('regular expressions', () => {
  test('leftmost and longest', () => {
    expect(find('a|ab', 'xabc')).toBe('ab');
    expect(find('a+', 'caaat')).toBe('aaa');
    expect(find('a+?', 'caaat')).toBe('a');
    expect(find('x*', 'aaa')).toBe('');
    expect(find('(foo|foobar)baz', 'foobarbaz')).toBe('foobarbaz');
  });
  test('groups', () => {
    expect(groups('(b[^b]+)(b[^b]+)', 'foobarbequebaz')).toEqual(['bar', 'beque']);
    expect(groups('(a)|(b)', 'b')).toEqual([undefined, 'b']);
  });
  test('classes, escapes, anchors', () => {
    expect(find('[[:digit:]]{2,3}', 'a1234')).toBe('123');
    expect(find('\\mfoo\\M', 'a foo b')).toBe('foo');
    expect(find('^b', 'a\nb', 'n')).toBe('b');
    expect(find('FOO', 'a foo', 'i')).toBe('foo');
    expect(find('[^a-z]', 'abcX')).toBe('X');
    expect(find('foo(?=bar)', 'foobaz foobar')).toBe('foo');
    expect(find('\\u0041', 'xA')).toBe('A');
  });
  test('errors', () => {
    expect(() => find('(a', 'a')).toThrow('invalid regular expression: parentheses () not balanced');
    expect(() => find('a**{', 'a')).not.toThrow(RangeError);
    expect(() => find('*a', 'a')).toThrow('quantifier operand invalid');
    expect(() => find('(a)\\1', 'aa')).toThrow('back-reference');
  });
  test('an exponential pattern is linear', () => {
    expect(find('^(a+)+$', `${'a'.repeat(5000)}b`)).toBeUndefined();
    expect(find('(x?){200}x{200}', 'x'.repeat(200))).toBe('x'.repeat(200));
  });
  test('SIMILAR TO', () => {
    const similar = (text: string, pattern: string): boolean => find(similarToRegex(pattern), text) !== undefined;
    expect(similar('abc', 'a|abc')).toBe(true);
    expect(similar('abc', '%(b|d)%')).toBe(true);
    expect(similar('abc', '(b|c)%')).toBe(false);
  });
});
