/**
 * Prepared INSERTs run again and again in a block are written by generated code from what the caller gives, and their index entries with them (executor/codegen/parameter-put.ts and
 * entry-put.ts, `insertGiven` in mvcc/writing.ts); in interpreted mode they go the general way. Both leave the same rows and entries, and what is wrong is wrong alike.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng, type Prng } from '../../base/prng.js';
import type { Session } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

const values: Readonly<Record<string, readonly unknown[]>> = {
  int: [1, -7, 2147483647, null, -0, undefined, 2147483648, 1.5, '12', 'x', true, 5n, NaN],
  bigint: [1, -1234567890123, null, -0, 9007199254740991, 9007199254740993n, '9223372036854775807', 1.5, 1e300],
  float8: [1, -2.5, null, -0, Infinity, NaN, '1e3', 'x'],
  text: ['a', 'owner-é😀', null, '', 'x'.repeat(127), 'y'.repeat(200), 'ü'.repeat(60), 'nul\0', 'ü\0', '\ud800', 7, new Date(0)],
  boolean: [true, false, null, 't', 1],
};
const types = Object.keys(values);

function pick(prng: Prng, list: readonly unknown[]): unknown {
  return list[prng.below(prng.below(20) === 0 ? list.length : 2)];
}

/** Each row in its own statement, some of them between savepoints; the errors, and what is left. */
async function outcome(session: Session, mode: string, sql: string, rows: readonly (readonly unknown[])[], indexes: readonly string[], other: Session, isObserved: boolean): Promise<unknown> {
  await session.exec(`set execution_mode = ${mode}`);
  await session.exec('delete from r');
  await session.exec(`begin isolation level ${isObserved ? 'serializable' : 'read committed'}`);
  const statement = session.prepare(sql);
  const told: unknown[] = [];
  for (const [i, row] of rows.entries()) {
    if (i % 25 === 24) await session.exec('savepoint a');
    if (i === 30 && isObserved) await other.exec('insert into r (id) values (5000)').catch(() => undefined);
    try {
      told.push(statement.run(...row));
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      told.push({ i, code: error.code, message: error.message, detail: error.detail });
      await session.exec(i < 24 ? 'rollback; begin' : 'rollback to a');
    }
    if (i % 40 === 39) told.push((await session.query('select count(*)::int as n, max(id)::int as last from r')).rows);
  }
  await session.exec('commit');
  told.push((await session.query('select r::text as row from r order by id')).rows);
  for (const columns of indexes) {
    await session.exec('set enable_seqscan = off');
    for (const shown of [`${columns}, id`, 'r::text as row']) told.push((await session.query(`select ${shown} from r order by ${columns}, id`)).rows);
    await session.exec('reset enable_seqscan');
  }
  return told;
}

describe('rows of parameters written where they stay', () => {
  it('are those of the general way', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    const other = db.connect();
    const prng = seededPrng(53);
    let failed = 0;
    for (let trial = 0; trial < 60; trial++) {
      const columns = Array.from({ length: prng.below(6) }, (_, i) => ({ name: `c${i}`, type: types[prng.below(types.length)]!, isNotNull: prng.below(4) === 0 }));
      const definitions = columns.map(({ name, type, isNotNull }) => `${name} ${type}${isNotNull && prng.below(3) === 0 ? ' not null' : ''}`);
      definitions.splice(prng.below(definitions.length + 1), 0, `id ${['int', 'bigint'][prng.below(2)]!} primary key`);
      await session.exec(`drop table if exists r; create table r (${definitions.join(', ')})`);
      const names = ['id', ...columns.map(({ name }) => name)];
      const order = names.map((name) => ({ name, at: prng.below(100) })).sort((x, y) => x.at - y.at).map(({ name }) => name);
      const sql = `insert into r (${order.join(', ')}) values (${order.map((_, i) => `$${i + 1}`).join(', ')})`;
      const isShuffled = prng.below(5) === 0;
      const rows = Array.from({ length: 60 }, (_, i) => {
        const id = prng.below(60) === 0 ? i : isShuffled ? ((i * 7) % 60) * 2 : i * 2;
        return order.map((name) => (name === 'id' ? id : pick(prng, values[columns.find((column) => column.name === name)!.type]!)));
      });
      const indexes = prng.below(2) === 0 ? [] : Array.from({ length: 1 + prng.below(3) }, () => names.filter(() => prng.below(3) === 0).join(', ')).filter((list) => list !== '');
      for (const list of indexes) await session.exec(`create index on r (${list}${['', ' nulls first', ' desc'][prng.below(20) % 3]!})`);
      const isObserved = prng.below(4) === 0;
      const written = await outcome(session, 'generated', sql, rows, indexes, other, isObserved);
      expect(written, JSON.stringify([definitions, indexes, sql, isObserved])).toEqual(await outcome(session, 'interpreted', sql, rows, indexes, other, isObserved));
      if (JSON.stringify(written).includes('"code"')) failed++;
    }
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(55);
    await db.close();
  });
});
