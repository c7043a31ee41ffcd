/** Shows that docs/sql.md lists what the code holds, and that of PostgreSQL's functions none is unknown to it. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { functionsNamed } from '../../functions/catalogue.js';
import { functionDifferences } from '../../functions/differences.js';
import { isUnsupportedFunction, unsupportedGroups } from '../../functions/unsupported.js';
import { statementLimits } from '../../repl/syntax-help.js';
import { startPostgres } from '../oracle/postgres-server.js';
import { postgresStatements } from './postgres-statements.js';
import { currentSqlDoc, sqlDocPath } from './sql-doc.js';

const server = await startPostgres();
afterAll(() => server?.stop());

test('docs/sql.md is up to date (npm run docs)', async () => {
  const text = readFileSync(sqlDocPath, 'utf8');
  expect(await currentSqlDoc(text)).toBe(text);
});

test('what is said to differ is there, what is said to be missing is not', () => {
  expect(Object.keys(functionDifferences).filter((name) => functionsNamed(name).length === 0)).toEqual([]);
  expect(Object.values(unsupportedGroups()).flat().filter((name) => functionsNamed(name).length > 0)).toEqual([]);
  expect(Object.keys(statementLimits).filter((name) => !postgresStatements.includes(name))).toEqual([]);
});

// Of all functions those that a user has reason to call: no implementation of an operator, a cast, an aggregate, a type or an index, and nothing that takes or gives what only the server can hold.
const callable = `select distinct proname from pg_proc p where pronamespace = 'pg_catalog'::regnamespace and proname !~ '^(binary_upgrade|shell)_'
  and not exists (select from pg_operator where p.oid in (oprcode, oprrest, oprjoin)) and not exists (select from pg_cast where castfunc = p.oid) and not exists (select from pg_amproc where amproc = p.oid)
  and not exists (select from pg_type where p.oid in (typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript))
  and not exists (select from pg_aggregate where p.oid in (aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn))
  and not exists (select from pg_conversion where conproc = p.oid) and not exists (select from pg_language where p.oid in (lanplcallfoid, laninline, lanvalidator)) and not exists (select from pg_am where amhandler = p.oid)
  and not exists (select from pg_ts_parser where p.oid in (prsstart, prstoken, prsend, prsheadline, prslextype)) and not exists (select from pg_ts_template where p.oid in (tmplinit, tmpllexize))
  and not exists (select from pg_proc where prosupport = p.oid) and 'internal'::regtype <> all (proargtypes)
  and prorettype <> all ('{internal,trigger,event_trigger,fdw_handler,index_am_handler,table_am_handler,tsm_handler}'::regtype[])`;

test.skipIf(server === undefined)('every function of PostgreSQL 15 is there, or refused by name', async () => {
  const client = new pg.Client({ connectionString: server!.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ proname: string }>(callable);
    expect(rows.length).toBeGreaterThan(700);
    expect(rows.map(({ proname }) => proname).filter((name) => functionsNamed(name).length === 0 && !isUnsupportedFunction(name))).toEqual([]);
  } finally {
    await client.end();
  }
});
