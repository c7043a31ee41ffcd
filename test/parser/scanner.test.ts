/** Lexing: literals in all their spellings mean what PostgreSQL means by them, operators end where its do, errors are worded alike. */
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../parser/parse.js';
import { failure, select } from './helpers.js';

const literal = (text: string): string => {
  const node = parseExpression(text);
  return node.kind === 'string' ? node.value : node.kind === 'bitString' ? node.bits : node.kind === 'number' ? node.text : `a ${node.kind}`;
};
const column = (text: string): readonly string[] => {
  const node = parseExpression(text);
  if (node.kind !== 'columnRef') throw new Error(`a ${node.kind}`);
  return node.parts;
};

describe('string constants', () => {
  test.each([
    ["''", ''],
    ["'it''s'", "it's"],
    ["'back\\slash'", 'back\\slash'],
    ["'a'\n'b'", 'ab'],
    ["'a' -- comment\n 'b'", 'ab'],
    ["E'a\\nb\\t\\\\\\'c'", "a\nb\t\\'c"],
    ["e'\\x41\\101\\u0041\\U00000041'", 'AAAA'],
    ["E'\\xc3\\xa9'", 'é'],
    ["E'\\ud83d\\ude00'", '😀'],
    ["E'a'\n'\\n'", 'a\n'],
    ["U&'d\\0061t\\+000061'", 'data'],
    ["U&'d!0061t' UESCAPE '!'", 'dat'],
    ["U&'\\\\'", '\\'],
    ["U&'\\d83d\\de00'", '😀'],
    ['$$it\'s$$', "it's"],
    ['$a$ $$ $b$ $a$', ' $$ $b$ '],
    ["B'0101'", '0101'],
    ["x'1fF'", '000111111111'],
    // Refused where the literal is read, after what a syntax error would say.
    ["b'x12'", 'bx12'],
    ["x'0g'", 'x0g'],
  ])('%s', (text, value) => expect(literal(text)).toBe(value));

  test("N'...' is a character(n) constant", () => expect(parseExpression("N'abc'")).toMatchObject({ kind: 'cast', type: { names: ['pg_catalog', 'bpchar'] } }));
  test('two strings on one line are not one', () => expect(failure("select 'a' 'b'")).toBe('42601 syntax error at or near "\'b\'" @11'));
});

describe('numbers', () => {
  test.each([['0'], ['42'], ['1.5'], ['.5'], ['5.'], ['1e10'], ['1.5e-3'], ['12345678901234567890']])('%s', (text) => expect(literal(text)).toBe(text));
  test('a minus belongs to the number', () => expect(literal('-2147483648')).toBe('-2147483648'));
  test('twice is none', () => expect(literal('- - 5')).toBe('5'));
  test('1..2 is not a number', () => expect(failure('select 1..2')).toBe('42601 syntax error at or near ".." @8'));
  test.each([
    ['select 123abc', '42601 trailing junk after numeric literal at or near "123abc" @7'],
    ['select 1_000', '42601 trailing junk after numeric literal at or near "1_000" @7'],
    ['select 0x1F', '42601 trailing junk after numeric literal at or near "0x1F" @7'],
    ['select 1e+x', '42601 trailing junk after numeric literal at or near "1e+" @7'],
    ['select $1a', '42601 trailing junk after parameter at or near "$1a" @7'],
  ])('%s', (sql, message) => expect(failure(sql)).toBe(message));
});

describe('names', () => {
  test('fold to lower case, but for quotes', () => expect(column('Foo."Bar"')).toEqual(['foo', 'Bar']));
  test('doubled quotes', () => expect(column('"a""b"')).toEqual(['a"b']));
  test('only ASCII folds', () => expect(column('ÄÖa')).toEqual(['ÄÖa']));
  test('dollars and digits inside', () => expect(column('a$1_2')).toEqual(['a$1_2']));
  test('U&"..."', () => expect(column('U&"d!0061" UESCAPE \'!\'')).toEqual(['da']));
  test('are cut to 63 bytes between characters', () => {
    expect(column('x'.repeat(70))).toEqual(['x'.repeat(63)]);
    expect(column(`"${'é'.repeat(40)}"`)).toEqual(['é'.repeat(31)]);
  });
});

describe('operators and comments', () => {
  const operator = (text: string): string => {
    const node = parseExpression(text);
    return node.kind === 'binary' ? `${node.operator} ${node.right.kind}` : node.kind;
  };
  test.each([
    ['a=-1', '= number'], ['a@-1', '@- number'], ['a->>b', '->> columnRef'], ['a!=b', '<> columnRef'], ['a*-b', '* unary'], ['a<->b', '<-> columnRef'],
    ['a+/* c */b', '+ columnRef'], ['a+--x\nb', '+ columnRef'], ['a ?| b', '?| columnRef'], ['a %- 1', '%- number'],
  ])('%s', (text, shape) => expect(operator(text)).toBe(shape));
  test('comments nest', () => expect(literal('/* a /* b */ c */ 1')).toBe('1'));
  test('a slash star in a line comment is nothing', () => expect(literal('-- /*\n1')).toBe('1'));
});

describe('parameters', () => {
  test('positional', () => expect(parseExpression('$12')).toMatchObject({ kind: 'parameter', index: 12 }));
  test('named', () => expect(parseExpression(':first_name')).toMatchObject({ kind: 'namedParameter', name: 'first_name' }));
  test('a colon in brackets is the slice’s', () => expect(parseExpression('a[x:y]')).toMatchObject({ kind: 'subscript', subscripts: [{ isSlice: true }] }));
  test('a parenthesis in brackets frees it', () => expect(parseExpression('a[(:x)]')).toMatchObject({ subscripts: [{ isSlice: false, lower: { kind: 'namedParameter' } }] }));
  test('a cast is not a parameter', () => expect(parseExpression('a::text')).toMatchObject({ kind: 'cast' }));
  test('out of range', () => expect(failure('select $0')).toBe('42P02 there is no parameter $0 @7'));
});

describe('lexical errors are PostgreSQL’s', () => {
  test.each([
    ["select 'abc", '42601 unterminated quoted string at or near "\'abc" @7'],
    ["select E'abc", '42601 unterminated quoted string at or near "E\'abc" @7'],
    ['select "abc', '42601 unterminated quoted identifier at or near ""abc" @7'],
    ['select $$abc', '42601 unterminated dollar-quoted string at or near "$$abc" @7'],
    ['select /* abc', '42601 unterminated /* comment at or near "/* abc" @7'],
    ["select b'01", '42601 unterminated bit string literal at or near "b\'01" @7'],
    ["select x'01", '42601 unterminated hexadecimal string literal at or near "x\'01" @7'],
    ['select ""', '42601 zero-length delimited identifier at or near """" @7'],
    ['select {', '42601 syntax error at or near "{" @7'],
    ['select $', '42601 syntax error at or near "$" @7'],
    ["select E'\\u12'", '22025 invalid Unicode escape @9'],
    ["select E'\\xff'", '22021 invalid byte sequence for encoding "UTF8": 0xff'],
    ["select E'\\0'", '22021 invalid byte sequence for encoding "UTF8": 0x00'],
    ["SELECT E'wrong: \\udb99xy'", '42601 invalid Unicode surrogate pair at or near "x" @22'],
    ["SELECT U&'wrong: \\db99'", '42601 invalid Unicode surrogate pair @22'],
    ["SELECT E'wrong: \\U002FFFFF'", '42601 invalid Unicode escape value at or near "\\U002FFFFF" @16'],
    ["select U&'\\00'", '42601 invalid Unicode escape @10'],
    ["select U&'a' uescape 'a'", '42601 invalid Unicode escape character at or near "\'a\'" @21'],
    ["select U&'a' uescape x", '42601 UESCAPE must be followed by a simple string literal at or near "x" @21'],
    ['select U&""', '42601 zero-length delimited identifier at or near "U&""" @7'],
    [`select a ${'+'.repeat(20)}${'~'.repeat(50)} b`, '42601 operator too long @9'],
  ])('%s', (sql, message) => expect(failure(sql)).toBe(message));

  test('a long text is quoted in part', () => expect(failure(`select '${'x'.repeat(1000)}`).length).toBeLessThan(300));
});

test('keywords as labels and names, as PostgreSQL allows', () => {
  expect(select('select 1 date, 2 value, 3 as select, 4 "from", 5 like, 6 is, 7 not').targets.map((target) => target.alias)).toEqual(['date', 'value', 'select', 'from', 'like', 'is', 'not']);
  expect(column('values')).toEqual(['values']);
  expect(column('int')).toEqual(['int']);
  expect(column('t.select')).toEqual(['t', 'select']);
  expect(failure('select 1 year')).toBe('42601 syntax error at or near "year" @9');
  expect(failure('select left')).toBe('42601 syntax error at end of input @11');
});

test('an array constructor takes named parameters', () => {
  expect(parseExpression('array[:a, :b]')).toMatchObject({ elements: [{ kind: 'namedParameter' }, { kind: 'namedParameter' }] });
  expect(parseExpression('array[[:a], [x[:b]]]')).toMatchObject({ elements: [{ elements: [{ kind: 'namedParameter' }] }, { elements: [{ kind: 'subscript', subscripts: [{ isSlice: true }] }] }] });
});
