/** What only a terminal sees: colours of the line being typed, and the pager. */
import { expect, test } from 'vitest';
import { colourLine } from '../../repl/colours.js';
import { isLong, pagerCommand, runPager } from '../../repl/pager.js';
import { plainStyle, type Style } from '../../repl/style.js';

const tagged = (tag: string) => (text: string): string => `<${tag}>${text}</${tag}>`;
const style: Style = { ...plainStyle, prompt: tagged('p'), keyword: tagged('k'), string: tagged('s'), quotedName: tagged('q'), number: tagged('n'), parameter: tagged('$'), comment: tagged('c') };

test('lexemes have their colours, and nothing of the line is lost', () => {
  expect(colourLine('', `select x, 'it''s', 1.5e3, $1 as "A" -- done`, style)).toBe(`<k>select</k> x, <s>'it''s'</s>, <n>1.5e3</n>, <$>$1</$> <k>as</k> <q>"A"</q> <c>-- done</c>`);
  expect(colourLine('', '  \\dt+ public.*', style)).toBe('<p>  \\dt+</p> public.*');
});

test('what is open from the lines above goes on', () => {
  expect(colourLine("select 'a\n", "b' from t", style)).toBe("<s>b'</s> <k>from</k> t");
  expect(colourLine('select /* a\n', 'b', style)).toBe('<c>b</c>');
  expect(colourLine('select $x$\n', '$x', style)).toBe('<s>$x</s>');
});

test('the pager: who it is, when it is needed, what happens when it is missing or left early', async () => {
  expect(pagerCommand({})).toBe('less');
  expect(pagerCommand({ PAGER: 'more' })).toBe('more');
  expect(pagerCommand({ PAGER: 'more', PSQL_PAGER: '' })).toBeUndefined();
  expect([isLong('a\n'.repeat(19), 20), isLong('a\n'.repeat(20), 20)]).toEqual([false, true]);
  expect(await runPager('cat > /dev/null', 'text')).toBe(true);
  expect(await runPager('true', 'x'.repeat(1 << 20))).toBe(true);
  expect(await runPager('a-program-that-is-not-there 2> /dev/null', 'text')).toBe(false);
});
