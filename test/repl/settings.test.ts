/** Variables in SQL, prompts made of them, and the grammar of \copy. */
import { describe, expect, test } from 'vitest';
import { parseCopy } from '../../repl/copy.js';
import { promptOf, type PromptState } from '../../repl/prompt.js';
import { listOptions, setOption } from '../../repl/pset.js';
import { interpolate, ShellSettings } from '../../repl/settings.js';
import { setVariable, unsetVariable } from '../../repl/variables.js';

describe('interpolation', () => {
  const variables = new Map([['t', 'people'], ['n', "O'Hara"], ['q', 'a"b'], ['1', 'one']]);
  const cases: readonly (readonly [string, string])[] = [
    ['select * from :t', 'select * from people'],
    ["select :'n', :\"q\"", "select 'O''Hara', \"a\"\"b\""],
    ["select ':t', \":t\", $$:t$$, $x$:t$x$", "select ':t', \":t\", $$:t$$, $x$:t$x$"],
    ['select 1 -- :t\n, :t', 'select 1 -- :t\n, people'],
    ['select /* :t */ :t', 'select /* :t */ people'],
    ['select x::t, a[1:2], :unknown', 'select x::t, a[1:2], :unknown'],
    ["select ':t", "select ':t"],
    ['select $1, :1', 'select $1, one'],
  ];
  test.each(cases)('%s', (sql, expected) => expect(interpolate(sql, variables)).toBe(expected));
});

describe('prompts', () => {
  const state = (first: string, second: string | undefined, given: Partial<PromptState> = {}): PromptState => ({
    user: 'ada', database: 'ledger', pid: '17', status: 'idle', isSkipping: false, open: 'none', lineCount: 0, variables: new Map([['PROMPT1', first], ...(second === undefined ? [] : [['PROMPT2', second] as const]), ['v', 'x y']]), ...given,
  });
  test.each([
    ['%/%R%x%# ', {}, 'ledger=# '], ['%/%R%x%# ', { status: 'active' }, 'ledger=*# '], ['%/%R%x%# ', { status: 'failed' }, 'ledger=!# '], ['%R', { isSkipping: true }, '@'], ['%n@%M:%> %p %~|%m', {}, 'ada@[local]: 17 ledger|[local]'], ['%~', { user: 'ledger' }, '~'],
    ['%[%033[1m%]%:v:%%%q%', {}, '\u001b[1mx y%q'], ['%:nosuch:<%`echo a b`>%l', {}, '<a b>1'], ['%0612', {}, '12'],
  ] as const)('%s', (template, given, expected) => expect(promptOf(state(template, undefined, given))).toBe(expected));
  test('the second says what is open, and stands below the first', () => {
    for (const [open, mark] of [['statement', '-'], ['string', "'"], ['quotedName', '"'], ['dollarString', '$'], ['comment', '*'], ['parenthesis', '(']] as const) expect(promptOf(state('%/%R%# ', '%R%l%w|', { open, lineCount: 2 }))).toBe(`${mark}3         |`);
    expect(promptOf(state('%/', undefined, { open: 'statement' }))).toBeUndefined();
  });
});

describe('parseCopy', () => {
  test('tables, columns, queries, programs', () => {
    expect(parseCopy(" people from 'a b.csv' csv header;")).toMatchObject({ target: 'people', direction: 'from', file: 'a b.csv', isProgram: false, options: 'csv header', json: undefined });
    expect(parseCopy(' "P" (id, "N x") from stdin')).toMatchObject({ target: '"P" (id, "N x")', file: 'stdin', options: '' });
    expect(parseCopy(" (select 1 as a, (2) as b) to program 'cat -n' csv")).toMatchObject({ target: '(select 1 as a, (2) as b)', direction: 'to', file: 'cat -n', isProgram: true });
    expect(parseCopy(" s.t to 'it''s.csv' with (format csv)")).toMatchObject({ target: 's.t', file: "it's.csv", options: 'with (format csv)' });
  });
  test('the form follows the name of the file, or is said', () => {
    expect(parseCopy(' t from x.json').json).toBe('json');
    expect(parseCopy(' t from x.ndjson').json).toBe('jsonl');
    expect(parseCopy(' t from x.txt format jsonl').json).toBe('jsonl');
    expect(parseCopy(' t from x.csv').json).toBeUndefined();
  });
  test('anything else is 42601', () => {
    for (const text of ['', ' t', ' t into x', ' from x']) expect(() => parseCopy(text)).toThrow(expect.objectContaining({ code: '42601' }) as Error);
  });
});

describe('options of \\pset', () => {
  test.each([
    ['title', 'x y', 'Title is "x y".'], ['title', undefined, 'Title is unset.'], ['border', '2', 'Border style is 2.'], ['border', undefined, 'Border style is 2.'], ['expanded', undefined, 'Expanded display is on.'],
    ['expanded', 'auto', 'Expanded display is used automatically.'], ['x', undefined, 'Expanded display is off.'], ['footer', undefined, 'Default footer is off.'], ['fieldsep', ' : ', 'Field separator is " : ".'], ['fieldsep_zero', undefined, 'Field separator is zero byte.'],
    ['recordsep', undefined, 'Record separator is <newline>.'], ['csv_fieldsep', ';', 'Field separator for CSV is ";".'], ['linestyle', 'u', 'Line style is unicode.'], ['null', '-', 'Null display is "-".'], ['numericlocale', 'on', 'Locale-adjusted numeric output is on.'],
    ['columns', '40', 'Target width is 40.'], ['columns', '0', 'Target width is unset.'], ['pager', 'always', 'Pager is always used.'], ['tableattr', 'class=x', 'Table attributes are "class=x".'], ['tuples_only', undefined, 'Tuples only is on.'], ['format', 'una', 'Output format is unaligned.'],
  ] as const)('%s %s', (name, value, message) => {
    for (const [before, given] of [['border', '2'], ['expanded', name === 'x' ? 'on' : 'off']] as const) if (name !== before) setOption(settings, before, given);
    expect(setOption(settings, name, value)).toBe(message);
  });
  const settings = new ShellSettings();
  test('what is wrong is 22023', () => {
    for (const [name, value] of [['nosuch', undefined], ['linestyle', 'old'], ['format', 'latex'], ['footer', 'maybe'], ['expanded', 'maybe'], ['csv_fieldsep', 'ab'], ['csv_fieldsep', '"'], ['unicode_border_linestyle', 'double']] as const) {
      expect(() => setOption(settings, name, value)).toThrow(expect.objectContaining({ code: '22023' }) as Error);
    }
  });
  test('the list of all', () => expect(listOptions(new ShellSettings())).toMatch(/^border {19}1\ncolumns {18}0\ncsv_fieldsep {13}','\nexpanded {17}off\n[^]*recordsep {16}'\\n'\n/));
});

test('special variables have values from the beginning, take what they know, and go back when they are unset', () => {
  const settings = new ShellSettings();
  const { variables } = settings;
  expect(interpolate(':AUTOCOMMIT :VERBOSITY :ON_ERROR_STOP', variables)).toBe('on default off');
  setVariable(settings, 'ON_ERROR_STOP', '');
  expect([settings.onErrorStop, variables.get('ON_ERROR_STOP')]).toEqual([true, 'on']);
  unsetVariable(settings, 'AUTOCOMMIT');
  expect([settings.autocommit, variables.get('AUTOCOMMIT')]).toEqual([false, 'off']);
  for (const [name, value, code] of [['ECHO', 'loud', '22023'], ['FETCH_COUNT', 'x', '22023'], ['SINGLESTEP', 'on', '0A000'], ['a?', 'x', '42602']] as const) {
    expect(() => setVariable(settings, name, value)).toThrow(expect.objectContaining({ code }) as Error);
  }
});
