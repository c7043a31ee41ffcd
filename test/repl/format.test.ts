/** Results as text. The expected tables are psql's own output for the same rows (version 15, `\pset footer on`). */
import { describe, expect, test } from 'vitest';
import { quoteIdentifier } from '../../repl/format/data.js';
import { formatResult } from '../../repl/format/format.js';
import { defaultFormat, type FormatOptions, type PrintableResult } from '../../repl/format/result.js';

const result: PrintableResult = {
  title: undefined,
  columns: [{ name: 'id', isNumeric: true }, { name: 'name', isNumeric: false }, { name: 'Note', isNumeric: false }, { name: 'n', isNumeric: true }],
  rows: [['1', 'one', null, '2.50'], ['20', 'two\nlines', 'x|"y"', '-1']],
};
const of = (options: Partial<FormatOptions>, rows: PrintableResult = result, terminalColumns = 0): string => formatResult(rows, { ...defaultFormat, ...options }, terminalColumns);
const text = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');

describe('as psql prints them', () => {
  test('aligned, with a cell of two lines', () => {
    expect(of({})).toBe(text(' id | name  | Note  |  n   ', '----+-------+-------+------', '  1 | one   |       | 2.50', ' 20 | two  +| x|"y" |   -1', '    | lines |       | ', '(2 rows)'));
  });
  test('without and with all borders', () => {
    expect(of({ border: 0 })).toBe(text('id name  Note   n   ', '-- ----- ----- ----', ' 1 one         2.50', '20 two  +x|"y"   -1', '   lines       ', '(2 rows)'));
    expect(of({ border: 2 })).toBe(text(
      '+----+-------+-------+------+', '| id | name  | Note  |  n   |', '+----+-------+-------+------+', '|  1 | one   |       | 2.50 |', '| 20 | two  +| x|"y" |   -1 |', '|    | lines |       |      |',
      '+----+-------+-------+------+', '(2 rows)',
    ));
  });
  test('expanded', () => {
    expect(of({ expanded: 'on' })).toBe(text('-[ RECORD 1 ]', 'id   | 1', 'name | one', 'Note | ', 'n    | 2.50', '-[ RECORD 2 ]', 'id   | 20', 'name | two  +', '     | lines', 'Note | x|"y"', 'n    | -1'));
    expect(of({ expanded: 'on', tuplesOnly: true }, { ...result, columns: [{ name: 'a', isNumeric: true }], rows: [['1'], ['2']] })).toBe(text('a | 1', '--+--', 'a | 2'));
    expect(of({ expanded: 'auto' }, result, 20)).toContain('RECORD');
    expect(of({ expanded: 'auto' }, result, 80)).not.toContain('RECORD');
  });
  test('expanded, in other formats and frames', () => {
    const two: PrintableResult = { title: 'All', columns: [{ name: 'a', isNumeric: true }, { name: 'bcd', isNumeric: false }], rows: [['1', 'x'], ['22', 'yy\nzz']] };
    expect(of({ expanded: 'on', border: 0 }, two)).toBe(text('All', '* Record 1', 'a   1', 'bcd x', '* Record 2', 'a   22', 'bcd yy+', '    zz'));
    expect(of({ expanded: 'on', border: 2 }, two)).toBe(text('All', '+-[ RECORD 1 ]-+', '| a   | 1  |', '| bcd | x  |', '+-[ RECORD 2 ]-+', '| a   | 22 |', '| bcd | yy+|', '|     | zz |', '+-----+----+'));
    expect(of({ expanded: 'on', border: 2, tuplesOnly: true }, two)).toBe(text('+-----+----+', '| a   | 1  |', '| bcd | x  |', '+-----+----+', '| a   | 22 |', '| bcd | yy+|', '|     | zz |', '+-----+----+'));
    expect(of({ expanded: 'on', lineStyle: 'unicode' }, two)).toBe(text('All', '─[ RECORD 1 ]', 'a   │ 1', 'bcd │ x', '─[ RECORD 2 ]', 'a   │ 22', 'bcd │ yy↵', '    │ zz'));
    expect(of({ expanded: 'on', format: 'unaligned' }, two)).toBe(text('All', '', 'a|1', 'bcd|x', '', 'a|22', 'bcd|yy', 'zz'));
    expect(of({ expanded: 'on', format: 'csv', csvSeparator: ';' }, two)).toBe(text('a;1', 'bcd;x', 'a;22', 'bcd;"yy', 'zz"'));
    expect(of({ expanded: 'on', format: 'html' }, two)).toContain('  <caption>All</caption>\n\n  <tr><td colspan="2" align="center">Record 1</td></tr>\n  <tr valign="top">\n    <th>a</th>\n    <td align="right">1</td>\n  </tr>\n');
  });
  test('titles, lines, separators, groups of digits', () => {
    const one: PrintableResult = { title: undefined, columns: [{ name: 'a', isNumeric: true }, { name: 'bcd', isNumeric: false }], rows: [['-1234567.8912', 'x1234']] };
    expect(of({ title: 'tt', border: 2, numericLocale: true }, one)).toBe(text('            tt', '+-----------------+-------+', '|        a        |  bcd  |', '+-----------------+-------+', '| -1,234,567.8912 | x1234 |', '+-----------------+-------+', '(1 row)'));
    expect(of({ lineStyle: 'unicode' }, one)).toBe(text('       a       │  bcd  ', '───────────────┼───────', ' -1234567.8912 │ x1234', '(1 row)'));
    expect(of({ format: 'unaligned', title: 'tt', recordSeparator: '@', fieldSeparator: ' : ' }, one)).toBe('tt@a : bcd@-1234567.8912 : x1234@(1 row)\n');
    expect(of({ format: 'unaligned', tuplesOnly: true, recordSeparator: '\0', fieldSeparator: '\0' }, one)).toBe('-1234567.8912\0x1234\0');
  });
  test('unaligned and CSV', () => {
    expect(of({ format: 'unaligned' })).toBe(text('id|name|Note|n', '1|one||2.50', '20|two', 'lines|x|"y"|-1', '(2 rows)'));
    expect(of({ format: 'csv' })).toBe(text('id,name,Note,n', '1,one,,2.50', '20,"two', 'lines","x|""y""",-1'));
  });
  test('no rows, no columns', () => {
    expect(of({}, { title: undefined, columns: [{ name: 'a', isNumeric: true }], rows: [] })).toBe(text(' a ', '---', '(0 rows)'));
    expect(of({}, { title: undefined, columns: [], rows: [[]] })).toBe(text('--', '(1 row)'));
    expect(of({ expanded: 'on' }, { ...result, rows: [] })).toBe(text('(0 rows)'));
    expect(of({ tuplesOnly: true }, { ...result, rows: [['7', 'x', null, '0']] })).toBe(text('  7 | x    |      | 0'));
  });
});

describe('for programs', () => {
  test('JSON keeps numbers as they were written', () => {
    expect(JSON.parse(of({ format: 'json' }))).toEqual([{ id: 1, name: 'one', Note: null, n: 2.5 }, { id: 20, name: 'two\nlines', Note: 'x|"y"', n: -1 }]);
    expect(of({ format: 'jsonl' }).split('\n')[0]).toBe('{"id":1,"name":"one","Note":null,"n":2.50}');
    expect(of({ format: 'jsonl' }, { title: undefined, columns: [{ name: 'x', isNumeric: true }], rows: [['NaN'], ['12345678901234567890']] })).toBe(text('{"x":"NaN"}', '{"x":12345678901234567890}'));
    expect(of({ format: 'json' }, { ...result, rows: [] })).toBe('[]\n');
  });
  test('INSERT, Markdown, HTML', () => {
    expect(of({ format: 'insert', tableName: 'T' })).toBe(`INSERT INTO "T" (id, name, "Note", n) VALUES (1, 'one', NULL, 2.50);\nINSERT INTO "T" (id, name, "Note", n) VALUES (20, 'two\nlines', 'x|"y"', -1);\n`);
    expect(of({ format: 'markdown' })).toBe(text('| id | name | Note | n |', '|---:|---|---|---:|', '| 1 | one |  | 2.50 |', '| 20 | two<br>lines | x\\|"y" | -1 |'));
    expect(of({ format: 'html' })).toContain('<td align="left">two<br />\nlines</td>');
  });
  test('identifiers are quoted where they must be', () => {
    expect(['name', 'table', 'Mixed', 'a"b', '1a', 'select'].map(quoteIdentifier)).toEqual(['name', '"table"', '"Mixed"', '"a""b"', '"1a"', '"select"']);
  });
});

test('wide characters take two columns; control characters cannot drive the terminal', () => {
  expect(of({}, { title: undefined, columns: [{ name: 'w', isNumeric: false }, { name: 'x', isNumeric: false }], rows: [['日本', 'a'], ['\u001b[31m', 'b']] })).toBe(text('    w    | x ', '---------+---', ' 日本    | a', ' \\x1B[31m | b', '(2 rows)').replace('    w    ', '    w     ').replace('---------+', '----------+').replace('日本   ', '日本    '));
});
