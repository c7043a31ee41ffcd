/** Shows that docs/sql.md lists what the catalogue holds. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { currentSqlDoc, sqlDocPath } from './sql-doc.js';

test('docs/sql.md is up to date (npm run docs)', () => {
  const text = readFileSync(sqlDocPath, 'utf8');
  expect(currentSqlDoc(text)).toBe(text);
});
