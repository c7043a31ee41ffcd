/** Which line ends COPY FROM takes: those of the first line, as PostgreSQL does. The outcomes are those of PostgreSQL 15 with the same bytes. */
import { describe, expect, it } from 'vitest';
import { DatabaseError, open } from '../../engine/index.js';

const literal = (what: string): string => `22P04 literal ${what} found in data`;
const unquoted = (what: string): string => `22P04 unquoted ${what} found in data`;
const corrupt = '22P04 end-of-copy marker corrupt';
const unlike = '22P04 end-of-copy marker does not match previous newline style';

const cases: readonly (readonly [format: string, input: string, outcome: string | readonly (readonly string[])[]])[] = [
  ['text', '1\tb\r2\td\r', [['1', 'b'], ['2', 'd']]],
  ['text', '1\tb\r\n2\td\r\n', [['1', 'b'], ['2', 'd']]],
  ['text', '1\tb\r2\td\n', literal('newline')],
  ['text', '1\tb\n2\rd\te\n', literal('carriage return')],
  ['text', '1\tb\n2\td\r\n', literal('carriage return')],
  ['text', '1\tb\r\n2\td\n', literal('newline')],
  ['text', '1\tb\r\n2\td\r3\te\r\n', literal('carriage return')],
  ['text', '1\tb\r2\td\r\n', literal('newline')],
  ['text', '1\tb\\\r\n', [['1', 'b\r']]],
  ['text', '1\tb\n2\td\\.\n', [['1', 'b'], ['2', 'd']]],
  ['text', '1\tb\n\\.\nrest', [['1', 'b']]],
  ['text', '1\tx\\.b\n', corrupt],
  ['text', '1\tb\n\\.x\n', corrupt],
  ['text', '1\tb\n\\.', corrupt],
  ['text', '1\tb\r\n\\.\n', unlike],
  ['text', '1\tb\n\\.\r\n', unlike],
  ['csv', '1,b\r\n2,d\n', unquoted('newline')],
  ['csv', '1,b\n2,d\r\n', unquoted('carriage return')],
  ['csv', '1,b\r2,d\n3,f\r', unquoted('newline')],
  ['csv', '1,"b\r\nx"\n2,d\n', [['1', 'b\r\nx'], ['2', 'd']]],
  ['csv', '1,"b\n"\r\n2,d\r\n', [['1', 'b\n'], ['2', 'd']]],
  ['csv', '1,b\n\\.\r\n', unlike],
  ['csv', '1,b\n\\.\n2,c\n', [['1', 'b']]],
];

describe('line ends of COPY', () => {
  for (const mode of ['generated', 'interpreted']) {
    it(`are all as the first one is, ${mode}`, async () => {
      const db = await open(':memory:', { settings: { execution_mode: mode } });
      await db.exec('create table t (id int primary key, s text)');
      const outcome = async (format: string, chunks: readonly string[]): Promise<unknown> => {
        try {
          await db.connect().copyFrom(`copy t from stdin (format ${format})`, chunks);
        } catch (error) {
          if (error instanceof DatabaseError) return `${error.code} ${error.message}`;
          throw error;
        }
        return (await db.query({ text: 'select id::text, s from t order by id', rowMode: 'array' })).rows;
      };
      for (const [format, input, expected] of cases) {
        for (const chunks of [[input], [...input]]) {
          await db.exec('truncate t');
          expect(await outcome(format, chunks), JSON.stringify([format, chunks])).toEqual(expected);
        }
      }
      await db.close();
    });
  }

  it('are told with the line', async () => {
    const db = await open(':memory:');
    await db.exec('create table t (id int primary key, s text)');
    await expect(db.connect().copyFrom('copy t from stdin', ['1\ta\n2\tb\r3\tc\n'])).rejects.toMatchObject({ where: 'COPY t, line 2', hint: 'Use "\\r" to represent carriage return.' });
    await db.close();
  });

  it('and FORCE_NOT_NULL and FORCE_NULL of one column concern what is not quoted and what is', async () => {
    const db = await open(':memory:');
    await db.exec('create table t (id int primary key, s text)');
    await db.connect().copyFrom('copy t from stdin (format csv, force_not_null (s), force_null (s))', ['1,\n2,""\n']);
    expect((await db.query({ text: 'select id, s from t order by id', rowMode: 'array' })).rows).toEqual([[1, ''], [2, null]]);
    await expect(db.query(`copy t from '/x' (null 'a,b', format csv)`)).rejects.toMatchObject({ code: '0A000' });
    await expect(db.query(`copy t from '/x' (null 'a"b', format csv)`)).rejects.toMatchObject({ code: '0A000' });
    await db.close();
  });
});
