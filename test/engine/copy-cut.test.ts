/**
 * COPY reads fields of plain lines from their characters (CopyWriter.#readCut). The same lines with one field in quotes, or with an escape, are read field by field as texts;
 * both must give the same rows, or the same error.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import type { Session } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

const table = 'create table t (mark text, a int, b bigint, e float8, s text, n numeric(6, 2), k int2, g int generated always as (a * 2) stored, z int default 5, primary key (mark))';
const columns = ['a', 'b', 'e', 's', 'n', 'k'];
const fields: readonly (readonly string[])[] = [
  ['0', '-0', '7', '007', '-12', '+3', ' 4', '123456789', '1234567890', '2147483648', '-', '', '1.0', 'x', '-1x'],
  ['0', '-0', '-5', '123456789012345', '1234567890123456', '9223372036854775807', '9223372036854775808', '', '--1'],
  ['0', '-0', '-0.0', '12', '-7', '1e3', '.5', 'nan', 'Infinity', '123456789012345678', '999999999999999', '', 'e', '0x1'],
  ['', 'word', 'πéx', '12', "it's", ' padded ', 'NULL', '-'],
  ['', '1', '-1.005', '99999.5', '1234567', '.'],
  ['', '1', '-32768', '32768', '-0'],
];

async function outcome(session: Session, format: string, lines: readonly string[]): Promise<unknown> {
  try {
    await session.copyFrom(`copy t (mark, ${columns.join(', ')}) from stdin ${format}`, [lines.map((line) => `${line}\n`).join('')]);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return { code: error.code, message: error.message, detail: error.detail };
  }
  const { rows } = await session.query('select t::text as row from t order by mark');
  await session.exec('delete from t');
  return rows;
}

describe('COPY of plain lines', () => {
  it('reads what it reads of lines that are walked through', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    await session.exec(table);
    const prng = seededPrng(17);
    let failed = 0;
    for (let trial = 0; trial < 300; trial++) {
      const isCsv = prng.below(2) === 0;
      const format = isCsv ? (prng.below(6) === 0 ? "csv null 'NULL'" : 'csv') : prng.below(6) === 0 ? "(null '')" : '';
      const rows = Array.from({ length: 1 + prng.below(4) }, (_, i) => [`m${i}`, ...fields.map((list) => list[prng.below(prng.below(3) === 0 ? list.length : 3)]!)]);
      if (prng.below(20) === 0) rows[0]!.push('more');
      const delimiter = isCsv ? ',' : '\t';
      const plain = await outcome(session, format, rows.map((row) => row.join(delimiter)));
      const walked = await outcome(session, format, rows.map(([mark, ...rest]) => [isCsv ? `"${mark}"` : `\\m${mark!.slice(1)}`, ...rest].join(delimiter)));
      expect(plain, JSON.stringify([format, rows])).toEqual(walked);
      if (!Array.isArray(plain)) failed++;
    }
    expect(failed).toBeGreaterThan(30);
    expect(failed).toBeLessThan(270);
    await db.close();
  });
});
