/**
 * Rows read from text by generated code (executor/codegen/text-rows.ts), of INSERTs of literals and of COPY, are the rows that the general ways read, which interpreted mode takes;
 * and where one of them fails, both fail alike.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng, type Prng } from '../../base/prng.js';
import type { Session } from '../../engine/index.js';
import { CopyInput } from '../../engine/copy/copy-input.js';
import { DatabaseError, open } from '../../engine/index.js';

interface Column {
  readonly name: string;
  readonly definition: string;
  readonly literals: readonly string[];
  readonly fields: readonly string[];
}
// Of each list the first ones are plain.
const columns: readonly Column[] = [
  { name: 'a', definition: 'int', literals: ['1', '-7', '123456789', '0', '-0', '007', 'null', '2147483647', '-2147483648', '9999999999', '1.0', "'1'"], fields: ['1', '-7', '123456789', '0', '', '-0', '007', '2147483648', '+1', ' 1', 'x'] },
  { name: 'big', definition: 'bigint', literals: ['5', '-1234567890', '123456789012345', 'NULL', '-0', '1234567890123456', '9223372036854775808', '1.'], fields: ['5', '-1234567890', '123456789012345', '', '-0', '1234567890123456', '--1'] },
  { name: 'f', definition: 'float8', literals: ['1', '-2.5', '0.1', '123456789.012345', 'Null', '-0.0', '0.000001', '5.', '1e3', '1234567890.1234567', '.5', '1.2.3'], fields: ['1', '-2.5', '0.1', '123456789.012345', '', '-0', '-0.0', '5.', '1e3', '.5', '1.2.3', 'nan'] },
  { name: 's', definition: 'text', literals: ["'a'", "''", "'it''s one''s own'", "'é😀''x'''", 'null', "'a, (b)'", "'\\n'", "E'\\n'", "'a' 'b'", '7', "'\ud800'", "'a\0b'"], fields: ['a', '', 'é😀', 'it"s', '"quoted, ""twice"""', '""', '"two\nlines"', '"a"b', '\\N', 'a\\tb', '\\.', '\ud800', 'a\0b'] },
  { name: 't', definition: "text not null default 'none'", literals: ["'x'", "'longer than thirty-two characters, isn''t it'", "''", 'null'], fields: ['x', 'longer than thirty-two characters, as few are', '', '"y"'] },
  { name: 'b', definition: 'boolean', literals: ['true', 'FALSE', 'null', 'True', "'t'", 'truer', '1'], fields: ['t', 'f', '', 'true', 'no', '1', 'tr'] },
  { name: 'v', definition: 'varchar', literals: ["'v'", 'null', "'ü'"], fields: ['v', '', 'ü'] },
  { name: 'd', definition: 'varchar(3)', literals: ["'v'", "'four'"], fields: ['v', 'four'] },
  { name: 'm', definition: 'numeric(8, 2)', literals: ['1.25', 'null'], fields: ['1.25', ''] },
];
const isRare = (column: Column): boolean => column.definition.includes('(');

function pick<T>(prng: Prng, list: readonly T[], plain: number): T {
  return list[prng.below(prng.below(25) === 0 ? list.length : Math.min(plain, list.length))]!;
}
function some(prng: Prng): Column[] {
  const chosen = columns.filter((column) => prng.below(isRare(column) ? 12 : 2) === 0);
  return chosen.map((column) => ({ column, order: prng.below(3) === 0 ? prng.below(100) : 0 })).sort((x, y) => x.order - y.order).map(({ column }) => column);
}

async function outcome(session: Session, mode: string, run: () => Promise<unknown>): Promise<unknown> {
  await session.exec(`set execution_mode = ${mode}; begin; insert into r (id) values (700)`);
  let told: unknown;
  try {
    const done = await run();
    const { rows } = await session.query('select r::text as row from r order by id');
    told = { done, rows };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    told = { code: error.code, message: error.message, detail: error.detail, where: error.where, position: error.position };
  }
  await session.exec('rollback');
  return told;
}

async function makeTable(session: Session, prng: Prng): Promise<void> {
  const order = columns.map((column) => ({ column, at: prng.below(1000) })).sort((x, y) => x.at - y.at);
  const at = prng.below(columns.length);
  const definitions = order.map(({ column }) => `${column.name} ${column.definition}`);
  definitions.splice(at, 0, `id ${prng.below(2) === 0 ? 'int' : 'bigint'} primary key`);
  await session.exec(`drop table if exists r; create table r (${definitions.join(', ')}, gone int${prng.below(2) === 0 ? ', c text default null' : ''})`);
  if (prng.below(2) === 0) await session.exec('alter table r drop column gone');
}
function keys(prng: Prng): number[] {
  const count = prng.below(15) === 0 ? 1100 : 4 + prng.below(12);
  const first = prng.below(4) === 0 ? 695 : 701 + prng.below(50);
  const isShuffled = prng.below(5) === 0;
  return Array.from({ length: count }, (_, i) => first + (isShuffled ? (i * 7) % count : i));
}

/** Pieces of the input, as strings or as bytes. */
function cut(prng: Prng, text: string): (string | Uint8Array)[] {
  const isBytes = prng.below(2) === 0;
  const whole = isBytes ? Buffer.from(text) : text;
  if (isBytes && prng.below(30) === 0) (whole as Buffer)[prng.below(whole.length)] = 0xff;
  const chunks: (string | Uint8Array)[] = [];
  for (let at = 0; at < whole.length; ) {
    const length = prng.below(3) === 0 ? 1 + prng.below(5) : 1 + prng.below(whole.length);
    chunks.push(isBytes ? Uint8Array.from((whole as Buffer).subarray(at, at + length)) : text.slice(at, at + length));
    at += length;
  }
  return chunks;
}

describe('rows read from text', () => {
  it('of literals are those of the parser', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    const prng = seededPrng(41);
    let failed = 0;
    for (let trial = 0; trial < 500; trial++) {
      if (trial % 10 === 0) await makeTable(session, prng);
      const chosen = some(prng);
      const rows = keys(prng).map((key) => [String(key), ...chosen.map(({ literals }) => pick(prng, literals, 4))]);
      const space = [' ', '', '\n ', '\t'][prng.below(4)]!;
      const end = ['', ';', ' ; ', '; select 1', ', ('][prng.below(prng.below(4) === 0 ? 5 : 2)]!;
      const sql = `insert into r (${['id', ...chosen.map(({ name }) => name)].join(', ')}) values${' '.repeat(200)}${rows.map((row) => `(${space}${row.join(`${space},`)}${space})`).join(`,${space}`)}${end}`;
      const run = async (): Promise<unknown> => (await session.exec(sql)).map(({ command, rowCount }) => ({ command, rowCount }));
      const read = await outcome(session, 'generated', run);
      expect(read, sql.slice(0, 2000)).toEqual(await outcome(session, 'interpreted', run));
      if ('code' in (read as object)) failed++;
    }
    expect(failed).toBeGreaterThan(100);
    expect(failed).toBeLessThan(400);
    await db.close();
  });

  it('have the same texts wherever in a word something stands that ends or interrupts one', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    const texts = Array.from({ length: 14 }, (_, length) => Array.from({ length: length + 1 }, (_, at) => `${'é'.repeat(length & 1)}${'x'.repeat(at)}'"\n,`.slice(0, at + 4) + 'y'.repeat(length - at))).flat();
    const quoted = (text: string, quote: string): string => quote + text.replaceAll(quote, quote + quote) + quote;
    await session.exec('create table w (id int primary key, s text)');
    await session.exec(`insert into w (id, s) values ${texts.map((text, id) => `(${id}, ${quoted(text, "'")})`).join(', ')}`);
    const plain = texts.map((text) => text.replace(/['",\n]+/, ''));
    const lines = [...texts.map((text) => quoted(text, '"')), ...plain].map((field, i) => `${texts.length + i},${field}\n`);
    await session.copyFrom('copy w (id, s) from stdin csv', [lines.join('')]);
    const { rows } = await session.query('select s from w order by id');
    expect(rows.map(({ s }) => s)).toEqual([...texts, ...texts, ...plain.map((text) => text || null)]);
    await db.close();
  });

  it('have the same numbers, of any length, wherever in a word something stands that is no digit', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    await session.exec('create table r (id int primary key, a int, big bigint, f float8)');
    const all = '9081726354';
    const whole = Array.from({ length: 40 }, (_, i) => `${i % 3 === 1 ? '-' : ''}${all.repeat(2).slice(i % 10, (i % 10) + 1 + (i >> 2))}`);
    const odd = ['/', ':', '@', 'p', '.', ' ', '\u00b3'].flatMap((other) => Array.from({ length: 9 }, (_, at) => all.slice(0, at) + other + all.slice(at, 8)));
    const run = async (number: string): Promise<void> => {
      for (const column of ['a', 'big', 'f']) {
        const rows = [[701, 1], [702, number], [703, number]].map((row) => row.join(', '));
        const insert = async (): Promise<unknown> => (await session.exec(`insert into r (id, ${column}) values (${rows.join('), (')})`)).map(({ rowCount }) => rowCount);
        expect(await outcome(session, 'generated', insert), number).toEqual(await outcome(session, 'interpreted', insert));
        const copy = async (): Promise<unknown> => (await session.copyFrom(`copy r (id, ${column}) from stdin csv`, [rows.join('\n').replaceAll(', ', ',')])).rowCount;
        expect(await outcome(session, 'generated', copy), number).toEqual(await outcome(session, 'interpreted', copy));
      }
    };
    for (const number of [...whole, ...odd]) await run(number);
    await db.close();
  });

  it('are given as text without loss where they are not read', () => {
    const prng = seededPrng(47);
    for (let trial = 0; trial < 2000; trial++) {
      const parts = ['a', 'é', '😀', '\n', '\r\n', '\ufeff', 'longer than the first piece '.repeat(12), '\ud83d', '\ude00'];
      const text = Array.from({ length: 1 + prng.below(30) }, () => parts[prng.below(parts.length)]!).join('');
      const chunks = cut(prng, text);
      const input = new CopyInput();
      let read = '';
      try {
        for (const chunk of chunks) {
          input.push(chunk);
          for (let piece = input.nextPiece(); piece !== undefined; piece = input.nextPiece()) read += piece;
        }
        read += input.lastPiece();
      } catch (error) {
        read = (error as DatabaseError).message;
      }
      let expected = Buffer.from(text).toString();
      try {
        if (typeof chunks[0] !== 'string') expected = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks as Uint8Array[]));
      } catch {
        expected = 'invalid byte sequence for encoding "UTF8"';
      }
      expect(read, JSON.stringify(chunks)).toBe(expected);
    }
  });

  it('of COPY are those read field by field', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    const prng = seededPrng(43);
    const codes = new Set<string>();
    let failed = 0;
    for (let trial = 0; trial < 700; trial++) {
      if (trial % 10 === 0) await makeTable(session, prng);
      const chosen = some(prng);
      const isCsv = prng.below(3) > 0;
      const options = isCsv ? ['csv', 'csv', 'csv', "csv delimiter ';'", "csv quote ''''", "csv null 'NULL'", 'csv header', "csv escape '\\'", "csv delimiter '1'"] : ['', '', "(null '')", "(delimiter '|')"];
      const option = options[prng.below(options.length)]!;
      const delimiter = /delimiter '(.)'/.exec(option)?.[1] ?? (isCsv ? ',' : '\t');
      const names = ['id', ...chosen.map(({ name }) => name)];
      const rows = keys(prng).map((key) => [String(key), ...chosen.map(({ fields }) => pick(prng, fields, 3))]);
      if (prng.below(12) === 0) rows[prng.below(rows.length)]!.push('more');
      if (option.includes('header')) rows.unshift(names);
      const lineEnd = ['\n', '\n', '\r\n', '\r'][prng.below(4)]!;
      const mark = prng.below(8) === 0 ? '\ufeff' : '';
      const text = mark + rows.map((row) => row.join(delimiter) + (prng.below(60) === 0 ? '\r' : '')).join(lineEnd) + (prng.below(3) === 0 ? '' : lineEnd);
      const chunks = cut(prng, text);
      const run = async (): Promise<unknown> => (await session.copyFrom(`copy r (${names.join(', ')}) from stdin ${option}`, chunks)).rowCount;
      const read = await outcome(session, 'generated', run);
      expect(read, JSON.stringify([option, lineEnd, chunks]).slice(0, 2000)).toEqual(await outcome(session, 'interpreted', run));
      if (!('code' in (read as object))) continue;
      failed++;
      codes.add((read as { code: string }).code);
    }
    expect(failed).toBeGreaterThan(100);
    expect(failed).toBeLessThan(600);
    expect([...codes].sort()).toEqual(expect.arrayContaining(['22021', '22P02', '22P04', '23505']));
    await db.close();
  });
});
