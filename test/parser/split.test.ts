/** Splitting scripts, from whole texts and from texts that grow line by line; spans for syntax colours. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { highlight } from '../../parser/highlight.js';
import { splitStatements } from '../../parser/split.js';
import { parse } from '../../parser/parse.js';

const texts = (text: string): string[] => splitStatements(text).statements.map(({ start, end }) => text.slice(start, end));

describe('splitStatements', () => {
  test('at semicolons that end something', () => {
    expect(texts(`select 1; ; -- a;b\n select ';', ";", $$;$$, $x$ $$;$x$ /* ; */ ;insert into t values (1)`)).toEqual(['select 1', `select ';', ";", $$;$$, $x$ $$;$x$`]);
    expect(texts('create rule r as on insert to t do (select 1; select 2); select 3;')).toEqual(['create rule r as on insert to t do (select 1; select 2)', 'select 3']);
    expect(texts('create function f() returns int begin atomic select case when a then 1 end; select 2; end; select 3;')).toHaveLength(2);
    expect(texts("select E'\\';'; select 'a'\n'b;';")).toHaveLength(2);
    expect(texts('select a[b:c]; select :x;')).toEqual(['select a[b:c]', 'select :x']);
    expect(texts('begin; select 1; end;')).toHaveLength(3);
  });

  test.each([
    ['', 'none'], ['select 1;', 'none'], ['select 1; -- x', 'none'], ['select 1', 'statement'], ["select 'a", 'string'], ['select "a', 'quotedName'], ['select $x$ a', 'dollarString'],
    ['select /* a', 'comment'], ['/* a', 'comment'], ['select (1;', 'parenthesis'], ['create function f() begin atomic select 1;', 'atomicBody'], [') ;', 'none'],
  ])('%s leaves open: %s', (text, open) => expect(splitStatements(text).open).toBe(open));

  test('a text that grows gives what the whole gives', () => {
    const piece = fc.constantFrom('select 1', ';', '\n', "'a;\n'", '$$', ' ', '(', ')', '--x\n', '/*', '*/', 'begin atomic', 'end', 'case', '"', "E'\\'", '[', ']', ':a', 'x');
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const whole = pieces.join(' ');
      let buffer = '';
      const seen: string[] = [];
      for (const line of whole.split(/(?<=\n)/)) {
        buffer += line;
        const { statements, restStart, openStart } = splitStatements(buffer);
        expect(openStart).toBeGreaterThanOrEqual(restStart);
        for (const { start, end } of statements) seen.push(buffer.slice(start, end));
        buffer = buffer.slice(restStart);
      }
      expect(seen).toEqual(texts(whole));
    }));
  });

  test('agrees with the parser about where statements are', () => {
    const script = "select 1; /* x */ create function f() returns int begin atomic select 1; end ;; insert into t values (';') ; select (1)";
    expect(parse(script).map((statement) => statement.text)).toEqual(texts(`${script};`));
    for (const { start, end, text } of parse(script)) expect(script.slice(start, end)).toBe(text);
  });
});

describe('highlight', () => {
  test('kinds', () => {
    const text = `Select "a", b, 'x', 1.5, $1, :n -- c\n+ { U&'d' 'open`;
    expect(highlight(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`)).toEqual([
      'keyword Select', 'quotedName "a"', 'punctuation ,', 'name b', 'punctuation ,', "string 'x'", 'punctuation ,', 'number 1.5', 'punctuation ,', 'parameter $1', 'punctuation ,', 'parameter :n',
      'comment -- c', 'operator +', 'error {', "string U&'d'", "string 'open",
    ]);
    expect(highlight(text).at(-1)!.isOpen).toBe(true);
  });
  test('any text is covered in order, without overlap', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      let end = 0;
      for (const span of highlight(text)) {
        expect(text.slice(end, span.start)).toMatch(/^[ \t\n\r\f]*$/);
        expect(span.end).toBeGreaterThan(span.start);
        end = span.end;
      }
      expect(text.slice(end)).toMatch(/^[ \t\n\r\f]*$/);
    }));
  });
});
