/** COPY's reader: lines cut at their delimiters give what walking through every character gives, however the input comes in pieces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DbError } from '../../base/errors.js';
import { CopyReader, copyLine } from '../../engine/copy/copy-format.js';
import type { CopyOptions } from '../../engine/copy/copy-options.js';

const csv: CopyOptions = { format: 'csv', delimiter: ',', null: '', header: 'none', quote: '"', escape: '"', forceQuote: [], forceNotNull: [], forceNull: [] };
const optionsOf = fc.constantFrom<CopyOptions>(csv, { ...csv, delimiter: ';', quote: "'", escape: '\\', null: 'n' }, { ...csv, format: 'text', delimiter: '\t', null: '\\N' }, { ...csv, format: 'text', delimiter: '|', null: 'n' });

const piece = fc.constantFrom('a', 'n', 'bc', ',', ';', '|', '\t', '"', "'", '\\', '\\.', '\\N', '\n', '\n', '\r', '\r\n', ' ', 'é', '\\.\n', '"x\ny"');
const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

function read(reader: CopyReader, pieces: readonly string[]): unknown {
  const records: unknown[] = [];
  const drain = (): void => {
    while (reader.next()) records.push({ line: reader.line, fields: [...reader.fields], quoted: [...reader.quoted] });
  };
  try {
    for (const input of pieces) {
      reader.push(input);
      drain();
    }
    reader.end();
    drain();
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return { records, error: error.message, line: reader.line };
  }
  return { records, isEnded: reader.isEnded };
}

test('cut lines are as walked lines, in any pieces', () => {
  fc.assert(fc.property(optionsOf, text, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 5 }), (options, input, cuts) => {
    const whole = read(new CopyReader(options, false), [input]);
    expect(read(new CopyReader(options), [input])).toEqual(whole);
    const bounds = [0, ...cuts.filter((cut) => cut < input.length).sort((a, b) => a - b), input.length];
    const pieces = bounds.slice(1).map((end, i) => input.slice(bounds[i], end));
    expect(read(new CopyReader(options), pieces)).toEqual(read(new CopyReader(options, false), pieces));
  }), { numRuns: 3000 });
});

test('what is written is read again', () => {
  fc.assert(fc.property(optionsOf, fc.array(fc.array(text, { minLength: 2, maxLength: 2 }), { maxLength: 5 }), (options, rows) => {
    const output = rows.map((row) => copyLine(options, row, [false, false])).join('');
    const found = read(new CopyReader(options), [output]) as { records: { fields: string[] }[] };
    expect(found.records.map(({ fields }) => fields)).toEqual(rows);
  }), { numRuns: 500 });
});
