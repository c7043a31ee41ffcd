/** The options of COPY, and what PostgreSQL 15 says of those that cannot be. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';

let db: Database;
beforeAll(async () => {
  db = await open(':memory:');
  await db.exec('create table r (id int, name text)');
});
afterAll(() => db.close());

/** What is good so far is refused for want of a stream. */
const noStream = 'needs a stream to write to';
test.each([
  ['r to stdout (format binary, header)', '0A000', 'cannot specify HEADER in BINARY mode'], ["r to stdout (format binary, delimiter ',')", '42601', 'cannot specify DELIMITER in BINARY mode'], ["r from stdin (format binary, null ',')", '42601', 'cannot specify NULL in BINARY mode'],
  ["r to stdout (format binary, quote ',')", '0A000', 'COPY quote available only in CSV mode'], ['r to stdout (format binary)', '0A000', 'COPY format "binary" is not supported'], ['r to stdout (format)', '42601', 'format requires a parameter'],
  ['r to stdout (header maybe)', '42601', 'header requires a Boolean value or "match"'], ['r to stdout (header 2)', '42601', 'header requires a Boolean value or "match"'], ['r to stdout (header 1)', '0A000', noStream], ['r to stdout (header ON)', '0A000', noStream],
  ['r to stdout (header match)', '0A000', 'cannot use "match" with HEADER in COPY TO'], ['r to stdout (freeze maybe)', '42601', 'freeze requires a Boolean value'], ['r to stdout (freeze)', '0A000', noStream], ["r from stdin (default 'x')", '42601', 'option "default" not recognized'],
  ['r to stdout (header, header)', '42601', 'conflicting or redundant options'], ["r to stdout (format csv, delimiter 'é')", '0A000', 'COPY delimiter must be a single one-byte character'], ["r to stdout (format csv, null 'a,b')", '0A000', 'COPY delimiter must not appear in the NULL specification'],
  ["r to stdout (format csv, null 'a\"b')", '0A000', 'CSV quote character must not appear in the NULL specification'], ["r to stdout (null 'a\"b', quote '\"')", '0A000', 'COPY quote available only in CSV mode'], ["r to stdout (format csv, quote '')", '0A000', 'COPY quote must be a single one-byte character'],
  ['r to stdout (format csv, force_quote id)', '22023', 'argument to option "force_quote" must be a list of column names'], ['r from stdin (format csv, force_null *)', '22023', 'argument to option "force_null" must be a list of column names'], ['r to stdout (format csv, force_quote *)', '0A000', noStream],
  ['r to stdout (format csv, force_quote (nosuch))', '42703', 'column "nosuch" of relation "r" does not exist'], ['r to stdout (format csv, force_quote (id, id))', '42701', 'column "id" specified more than once'], ['r (id) to stdout (format csv, force_quote (name))', '42P10', 'FORCE_QUOTE column "name" not referenced by COPY'],
  ['(select 1 as a) to stdout (format csv, force_quote (b))', '42703', 'column "b" does not exist'], ['r (id) from stdin (format csv, force_null (name))', '42P10', 'FORCE_NULL column "name" not referenced by COPY'], ['r (id) from stdin (format csv, force_not_null (id, id))', '42701', 'column "id" specified more than once'],
  // The relation is looked for before the options are.
  ['nosuch to stdout (nosuch)', '42P01', 'relation "nosuch" does not exist'], ['(select nosuch) to stdout (nosuch)', '42601', 'option "nosuch" not recognized'], ['(select nosuch) to stdout', '42703', 'column "nosuch" does not exist'],
])('copy %s', async (what, code, message) => {
  await expect(db.exec(`copy ${what}`)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});
