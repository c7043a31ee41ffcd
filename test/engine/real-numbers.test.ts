/** Numbers of the type real: what they are to JavaScript, and which numerics are none, nor double precision. */
import { describe, expect, it } from 'vitest';
import { open } from '../../engine/index.js';

describe('real', () => {
  it('is the number that PostgreSQL prints, as node-postgres has it', async () => {
    const db = await open(':memory:');
    const numbers = [0.1, -0.3, 16777216, 3.4028235e38, 1e-45, 1e-40, -0, NaN, Infinity, -Infinity, 123456.79];
    await db.exec('create table t (id int primary key, r real, a real[])');
    const insert = db.prepare('insert into t values ($1, $2, $3)');
    numbers.forEach((number, i) => insert.run([i, number, [number, null]]));
    expect((await db.query('select r, a from t order by id')).rows).toEqual(numbers.map((number) => ({ r: number, a: [number, null] })));
    expect(db.prepare('select r from t where r = $1').all([0.1])).toEqual([{ r: 0.1 }]);
    expect((await db.query('select r::float8 as d from t where id = 0')).rows).toEqual([{ d: Math.fround(0.1) }]);
    await db.close();
  });

  it('and double precision have nothing for a numeric that is too small or too large', async () => {
    const db = await open(':memory:');
    const failing: readonly (readonly [string, string])[] = [
      ['1e-50::real', '"0.00000000000000000000000000000000000000000000000001" is out of range for type real'],
      ['1e39::real', '"1000000000000000000000000000000000000000" is out of range for type real'],
      ['1e-400::float8', `"0.${'0'.repeat(399)}1" is out of range for type double precision`],
      ['1e-400 + 1::float8', `"0.${'0'.repeat(399)}1" is out of range for type double precision`],
      [`'1e-400'::jsonb::float8`, `"0.${'0'.repeat(399)}1" is out of range for type double precision`],
      ['2.4e-324::float8', `"0.${'0'.repeat(323)}24" is out of range for type double precision`],
    ];
    for (const [expression, message] of failing) await expect(db.query(`select ${expression}`), expression).rejects.toMatchObject({ code: '22003', message });
    expect((await db.query("select 5e-324::float8 as a, 1e-45::real as b, 0.00::real as c, 'NaN'::numeric::real as d, '-Infinity'::numeric::float8 as e")).rows).toEqual([{ a: 5e-324, b: 1e-45, c: 0, d: NaN, e: -Infinity }]);
    await db.close();
  });
});
