/**
 * COPY into a table with nothing but its key keeps rows back and inserts them together (CopyWriter.#kept); in interpreted mode each is inserted by itself. Both must give
 * the same rows, or the same error of the same line.
 */
import { describe, expect, it } from 'vitest';
import { seededPrng } from '../../base/prng.js';
import type { Session } from '../../engine/index.js';
import { DatabaseError, open } from '../../engine/index.js';

async function outcome(session: Session, mode: string, chunks: readonly string[]): Promise<unknown> {
  await session.exec(`set execution_mode = ${mode}; begin`);
  let told: unknown;
  try {
    await session.exec("insert into t values (7, 'there', 7), (700, 'there', 7)");
    const { rowCount } = await session.copyFrom('copy t (id, s, n) from stdin csv', chunks);
    const { rows } = await session.query('select t::text as row from t order by id');
    told = { rowCount, rows };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    told = { code: error.code, message: error.message, detail: error.detail, where: error.where };
  }
  await session.exec('rollback');
  return told;
}

describe('COPY of rows that are kept back', () => {
  it('does what it does row by row', async () => {
    const db = await open(':memory:');
    const session = db.connect();
    await session.exec('create table t (id int primary key, s text, n int not null default 3, z text default $$z$$)');
    const prng = seededPrng(19);
    const codes = new Set<string>();
    for (let trial = 0; trial < 120; trial++) {
      const count = prng.below(10) === 0 ? 1300 : 1 + prng.below(40);
      const first = prng.below(4) === 0 ? prng.below(10) : 8 + prng.below(800);
      const isShuffled = prng.below(4) === 0;
      const lines = Array.from({ length: count }, (_, i) => `${first + (isShuffled ? (i * 7) % count : i)},text ${i},${i}`);
      const at = prng.below(count);
      if (prng.below(3) === 0) lines[at] = [`${first},again,1`, `${first + count},no number,`, 'x,y,1', '1,2', `${first + at},"open,1`][prng.below(5)]!;
      const text = lines.map((line) => `${line}\n`).join('');
      const cut = prng.below(text.length);
      const chunks = [text.slice(0, cut), text.slice(cut)];
      const together = await outcome(session, 'generated', chunks);
      expect(together, JSON.stringify(chunks)).toEqual(await outcome(session, 'interpreted', chunks));
      if ('code' in (together as object)) codes.add((together as { code: string }).code);
    }
    expect([...codes].sort()).toEqual(['22P02', '22P04', '23502', '23505']);
    await db.close();
  });

  it('waits for a key that another transaction holds, and says which line it was', async () => {
    const db = await open(':memory:');
    const [one, other] = [db.connect(), db.connect()];
    await one.exec('create table t (id int primary key)');
    await other.exec('begin; insert into t values (3)');
    const copying = one.copyFrom('copy t from stdin', ['1\n2\n3\n4\n']).then(() => undefined, (error: unknown) => error as DatabaseError);
    await other.exec('commit');
    expect([(await copying)?.code, (await copying)?.where]).toEqual(['23505', 'COPY t, line 3: "3"']);
    expect((await one.query('select count(*)::int as n from t')).rows).toEqual([{ n: 1 }]);
    await db.close();
  });
});
