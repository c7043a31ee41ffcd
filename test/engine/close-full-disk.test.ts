/** A database on a full disk is closed all the same: its file can be opened again, and what was acknowledged is there. Sequences may skip values then, as after a crash. */
import { expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { CrashVfs } from '../sim/crash-vfs.js';

test('a database with sequences is closed on a full disk', async () => {
  const disk = new CrashVfs();
  const db = await open('full.db', { vfs: disk, pageSizeBytes: 512, checkpointIntervalMs: 0 });
  const sequences = Array.from({ length: 60 }, (_, i) => `q${i}`);
  await db.exec(`create table t (id int primary key, s text); ${sequences.map((name) => `create sequence ${name}`).join('; ')}`);
  for (const name of sequences) await db.query(`select nextval('${name}')`);
  disk.capacityBytes = disk.usedBytes() + 10_000;
  const fill = async (from: number, text: string): Promise<number> => {
    for (let id = from; ; id++) {
      try {
        await db.query('insert into t values ($1, $2)', [id, text]);
      } catch (error) {
        expect(error).toMatchObject({ code: '53100' });
        return id;
      }
    }
  };
  const count = await fill(await fill(0, 'x'.repeat(300)), 'y');
  await db.close();
  disk.capacityBytes = Infinity;
  const again = await open('full.db', { vfs: disk });
  expect((await again.query('select count(*) as n from t')).rows).toEqual([{ n: count }]);
  for (const name of sequences) expect(Number((await again.query<{ n: number }>(`select nextval('${name}') as n`)).rows[0]!.n)).toBeGreaterThan(1);
  await again.close();
});
