/**
 * Rows of literals and lines of COPY that are inserted as they were read, into tables with indexes (`EncodedRows` with executor/codegen/entry-put.ts): in interpreted mode they go the general
 * way. Both leave the same rows and entries, within the transaction and after it, and what is wrong is wrong alike.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng, type Prng } from '../../base/prng.js';
import type { Database, Session } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';
import { EncodedRows } from '../../executor/encoded-rows.js';

const literals: Readonly<Record<string, readonly string[]>> = {
  int: ['1', '-7', 'null', '0', '123456789', '2147483647'],
  bigint: ['5', '-1234567890', 'null', '123456789012345', '-9223372036854775808', '9007199254740993'],
  float8: ['1', '-2.5', 'null', '0.1', '-0.0', '1e300'],
  text: ["'a'", "'owner é😀'", 'null', "''", `'${'x'.repeat(127)}'`, `'${'y'.repeat(200)}'`, `'${'ü'.repeat(150)}'`, `'${'long '.repeat(5000)}'`],
  boolean: ['true', 'false', 'null'],
  varchar: ["'v'", 'null'],
  'numeric(8, 2)': ['1.25', 'null'],
};
const types = Object.keys(literals);

interface Step {
  readonly kind: 'literals' | 'copy' | 'exec';
  readonly text: string;
  readonly lines: string;
}

function pick(prng: Prng, list: readonly string[]): string {
  return list[prng.below(prng.below(12) === 0 ? list.length : Math.min(3, list.length))]!;
}
function rowsOf(prng: Prng, columns: readonly string[], first: number): string[][] {
  const count = prng.below(10) === 0 ? 600 : 4 + prng.below(10);
  const isShuffled = prng.below(4) === 0;
  return Array.from({ length: count }, (_, i) => [String(first + (isShuffled ? (i * 7) % count : i)), ...columns.map((type) => pick(prng, literals[type]!).replaceAll('long ', count > 100 ? 'l' : 'long '))]);
}
const unquoted = (value: string): string => (value === 'null' ? '' : value === "''" ? '""' : value.replace(/^'(.*)'$/s, '$1'));

function stepsOf(prng: Prng, names: readonly string[], columns: readonly string[], indexes: readonly string[]): Step[] {
  let next = 1000;
  return Array.from({ length: 12 }, (): Step => {
    const kind = prng.below(10);
    if (kind < 4) {
      // Some of them meet keys that are there.
      const rows = rowsOf(prng, columns, prng.below(8) === 0 ? prng.below(next) : next);
      next += 1000;
      if (kind < 2) return { kind: 'copy', text: `copy r (${names.join(', ')}) from stdin csv`, lines: rows.map((row) => `${row.map(unquoted).join(',')}\n`).join('') };
      return { kind: 'literals', text: `insert into r (${names.join(', ')}) values${' '.repeat(200)}${rows.map((row) => `(${row.join(', ')})`).join(', ')}`, lines: '' };
    }
    const list = indexes[prng.below(indexes.length)]!;
    const others = [
      `select ${list}, id from r order by ${list}, id limit 20`, `select r::text from r where (${list}) = (select ${list} from r order by id desc limit 1) order by id`, 'savepoint a', 'savepoint a', 'rollback to a', 'release a',
      'commit; begin', 'commit; begin isolation level serializable', 'rollback; begin', `delete from r where id % 5 = ${prng.below(5)}`, `update r set id = -id where id in (1001, 2001, 3001)`, `update r set ${names.at(-1)!} = null where id % 7 = 1`,
      'commit; alter table r add column more int default 7; begin', 'commit; truncate r; begin',
    ];
    return { kind: 'exec', text: others[prng.below(others.length)]!, lines: '' };
  });
}

async function rowsIn(session: Session, indexes: readonly string[]): Promise<unknown> {
  const told: unknown[] = [(await session.query('select r::text as row from r order by id')).rows];
  await session.exec('set enable_seqscan = off');
  for (const list of indexes) for (const shown of [`${list}, id`, 'r::text as row']) told.push((await session.query(`select ${shown} from r order by ${list}, id`)).rows);
  await session.exec('reset enable_seqscan');
  return told;
}

async function play(db: Database, mode: string, steps: readonly Step[], indexes: readonly string[]): Promise<unknown[]> {
  const session = db.connect();
  await session.exec(`set execution_mode = ${mode}; begin`);
  const told: unknown[] = [];
  for (const [i, { kind, text, lines }] of steps.entries()) {
    try {
      if (session.transactionStatus === 'failed') await session.exec('rollback; begin');
      if (kind === 'copy') told.push((await session.copyFrom(text, [lines.slice(0, lines.length >> 1), lines.slice(lines.length >> 1)])).rowCount);
      else told.push((await session.exec(text)).map(({ command, rowCount, rows }) => ({ command, rowCount, rows })));
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      told.push({ i, code: error.code, message: error.message, detail: error.detail, where: error.where, position: error.position });
    }
  }
  await session.exec('commit');
  told.push(await rowsIn(session, indexes));
  await session.close();
  return told;
}

describe('rows read from text into tables with indexes', () => {
  it('are those of the general way', async () => {
    const prng = seededPrng(59);
    let failed = 0;
    let insertCount = 0;
    const { insert } = EncodedRows.prototype;
    EncodedRows.prototype.insert = function counted(request) {
      const count = insert.call(this, request);
      if (count !== undefined) insertCount++;
      return count;
    };
    try {
      for (let trial = 0; trial < 50; trial++) {
        const columns = Array.from({ length: 1 + prng.below(5) }, () => types[prng.below(prng.below(6) === 0 ? types.length : 5)]!);
        const names = columns.map((_, i) => `c${i}`);
        const all = ['id', ...names];
        const indexes = Array.from({ length: 1 + prng.below(3) }, () => all.filter(() => prng.below(3) === 0).join(', ')).filter((list) => list !== '');
        if (indexes.length === 0) indexes.push('c0');
        const key = ['int', 'bigint'][prng.below(2)]!;
        const last = prng.below(3) === 0 ? ' not null' : '';
        const made = [
          `create table r (id ${key} primary key, ${names.map((name, i) => `${name} ${columns[i]!}${i === 0 && i < names.length - 1 ? last : ''}`).join(', ')})`,
          ...indexes.map((list, i) => `create ${prng.below(25) === 0 ? 'unique ' : ''}index r${i} on r (${list}${['', '', '', ' nulls first', ' desc'][prng.below(5)]!})${prng.below(12) === 0 ? ' where id % 2 = 0' : ''}`),
        ].join('; ');
        const steps = stepsOf(prng, all, columns, indexes);
        const told: unknown[][] = [];
        for (const mode of ['generated', 'interpreted']) {
          const db = await open(':memory:', { int8: 'string' });
          await db.exec(made);
          // The plan of a statement has run before.
          told.push(await play(db, mode, [...steps.filter(({ kind }) => kind === 'literals').slice(0, 1), { kind: 'exec', text: 'rollback; begin', lines: '' }, ...steps], indexes));
          await db.close();
        }
        expect(told[0], JSON.stringify([made, steps]).slice(0, 3000)).toEqual(told[1]);
        if (JSON.stringify(told[0]).includes('"code"')) failed++;
      }
    } finally {
      EncodedRows.prototype.insert = insert;
    }
    expect(insertCount).toBeGreaterThan(80);
    expect(failed).toBeGreaterThan(10);
    expect(failed).toBeLessThan(48);
  }, 300_000);
});
