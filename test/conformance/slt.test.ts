/** The smoke selection of sqllogictest: every record that PostgreSQL 15 passes passes. */
import { describe, expect, test } from 'vitest';
import { open } from '../../engine/index.js';
import { parseSlt, runSlt } from './slt.js';
import { hasSltFiles, readSltFile, sltFileNames } from './slt-files.js';

describe.runIf(hasSltFiles)('sqllogictest, smoke', () => {
  for (const name of hasSltFiles ? sltFileNames(true) : []) {
    test(name, async () => {
      const file = readSltFile(name);
      const db = await open(':memory:');
      const session = db.connect();
      const report = await runSlt(parseSlt(file.text), {
        run: async (sql) => (await session.query(sql, [], { rowMode: 'array', values: 'text' })).rows as unknown as (string | null)[][],
      }, file.except);
      await session.close();
      await db.close();
      expect(report.failures.slice(0, 5)).toEqual([]);
      expect(report.passed).toBeGreaterThan(0);
    });
  }
});
