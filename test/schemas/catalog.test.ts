/**
 * What the catalog says of a schema is what PostgreSQL 15 says: expressions and views that it keeps, in both of PostgreSQL's forms, and the answers to the
 * queries that psql sends for its `\d` family. Needs a server to compare with, and for the second psql.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { open, type Session } from '../../engine/index.js';
import { startPostgres } from '../oracle/postgres-server.js';
import { hiddenQueries, ObjectNames, objectNamesQuery, translateOids } from './psql.js';

type Rows = (string | null)[][];
interface Answer {
  readonly columns: readonly string[];
  readonly rows: Rows;
}
interface Both {
  readonly url: string;
  here(sql: string): Promise<Answer>;
  there(sql: string): Promise<Answer>;
}

/** The same script in a fresh database of both; undefined without a server. */
async function withBoth(name: string, script: string, run: (both: Both) => Promise<void>): Promise<'done' | 'no server'> {
  const server = await startPostgres();
  if (server === undefined) return 'no server';
  const databaseName = `catalog_${name}_${process.pid}`;
  const url = await server.createDatabase(databaseName);
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => (value: unknown) => value } as never });
  await client.connect();
  const database = await open(':memory:');
  const session = database.connect();
  try {
    await client.query(script);
    await session.exec(script);
    await run({ url, here: (sql) => askHere(session, sql), there: (sql) => askThere(client, sql) });
    return 'done';
  } finally {
    await session.close();
    await database.close();
    await client.end();
    await server.dropDatabase(databaseName);
    server.stop();
  }
}

async function askHere(session: Session, sql: string): Promise<Answer> {
  const result = (await session.exec(sql, { rowMode: 'array', values: 'text' })).at(-1)!;
  return { columns: result.fields.map((field) => field.name), rows: result.rows as unknown as Rows };
}
async function askThere(client: pg.Client, sql: string): Promise<Answer> {
  const result = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' });
  return { columns: result.fields.map((field) => field.name), rows: result.rows };
}

const script = (name: string): string => readFileSync(new URL(`./catalog/${name}.sql`, import.meta.url), 'utf8');

test('defaults, generated columns, checks, index keys and predicates read as over PostgreSQL', async (context) => {
  const outcome = await withBoth('expressions', script('expressions'), async ({ here, there }) => {
    for (const sql of [
      `SELECT a.attname, pg_get_expr(d.adbin, d.adrelid), pg_get_expr(d.adbin, d.adrelid, true) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = 'e'::regclass ORDER BY a.attnum`,
      `SELECT conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true), conkey::text FROM pg_constraint WHERE conrelid = 'e'::regclass ORDER BY oid`,
      `SELECT conname, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint WHERE contypid = 'posint'::regtype ORDER BY oid`,
      `SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), pg_get_indexdef(indexrelid, 0, true), pg_get_expr(indpred, indrelid), pg_get_expr(indexprs, indrelid) FROM pg_index WHERE indrelid = 'e'::regclass ORDER BY 1`,
      `SELECT column_name, column_default, generation_expression FROM information_schema.columns WHERE table_name = 'e' ORDER BY ordinal_position`,
      `SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE constraint_name LIKE 'e\\_%' ORDER BY 1`,
    ]) expect(await here(sql), sql).toEqual(await there(sql));
  });
  if (outcome === 'no server') context.skip();
});

/** Asked of both with equal answers. */
const sameCommands = String.raw`
  \d | \d person | \d+ person | \d shop.* | \d adults | \d ticket | \d+ shop.small | \d person_id_seq | \d person_code_seq | \d person_name | \d+ person_name | \d person_pkey | \d address | \d *.it* | \dt | \dt+
  \dt *.*m | \di | \di+ | \di shop.* | \dv | \dv+ | \dm shop.* | \dm+ *.* | \ds | \dE | \df | \df+ | \df double | \df shop.* | \df+ shop.* | \dfn | \dfa | \df lower | \dn sh* | \dn pg_* | \dT | \dT+ | \dT+ *.*mail | \dT mood | \dD
  \dD+ | \dD shop.* | \dd | \dd *.* | \dp | \z person | \des | \des+ | \dew | \det | \deu | \dc person* | \ddp | \dl | \dO | \dO+ | \dP | \drds | \dRp | \dRs | \dX | \dy | \sf double | \sf+ shop.of`.split(/\s*[|\n]\s*/).filter((command) => command !== '');

/** What Prisma and the drivers of other languages ask about types and columns. */
test('types are told apart, columns described, keys of indexes classed as over PostgreSQL', async (context) => {
  const outcome = await withBoth('types', script('objects'), async ({ here, there }) => {
    for (const sql of [
      `SELECT t.typname, t.typtype, t.typcategory, t.typrelid::regclass::text, t.typelem::regtype::text, t.typarray::regtype::text, t.typinput::text, t.typreceive::text, t.typnotnull, t.typbasetype::regtype::text, t.typtypmod, t.typcollation, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typdefault
       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname IN ('public', 'shop') ORDER BY n.nspname, t.typname`,
      `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attlen, a.attbyval, a.attalign, a.attstorage, a.attcollation, a.attndims, a.atthasdef, a.attidentity, a.attgenerated
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'shop') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
      `SELECT i.indexrelid::regclass::text, k.i, o.opcname, o.opcdefault, f.opfname, i.indcollation[k.i] FROM pg_index i CROSS JOIN LATERAL (SELECT generate_subscripts(i.indclass, 1) AS i) k JOIN pg_opclass o ON o.oid = i.indclass[k.i] JOIN pg_opfamily f ON f.oid = o.opcfamily WHERE i.indexrelid >= 16384 AND i.indrelid::regclass::text !~ 'pg_' ORDER BY 1, 2`,
      `SELECT table_name, column_name, data_type, datetime_precision, numeric_precision, numeric_scale, character_maximum_length, domain_name, udt_schema, udt_name, is_identity, is_nullable FROM information_schema.columns WHERE table_schema IN ('public', 'shop') ORDER BY table_name, ordinal_position`,
      `SELECT constraint_name, table_name, column_name FROM information_schema.constraint_column_usage WHERE table_schema IN ('public', 'shop') ORDER BY 1, 2, 3`,
    ]) expect(await here(sql), sql).toEqual(await there(sql));
  });
  if (outcome === 'no server') context.skip();
});

/** Beside the objects, what no other query of this file looks at: parameters of every mode, arrays of domains, a view over a join. */
const describedOnly = "create function takes(a numeric, inout b text[], variadic c int[] default '{1}') language sql as $$ select b $$; create procedure does(x int) language sql as $$ select 1 $$; create view over_adults as select name, code from person join shop.item on person.id = item.owner; create type pairs as (a positive[], b shop.email, c mood[]); create table uses (p positive, q shop.email[], r address)";

test('information_schema describes types, routines, uses and grants as over PostgreSQL', async (context) => {
  const outcome = await withBoth('information', `${script('objects')};${describedOnly}`, async ({ here, there }) => {
    for (const sql of [
      String.raw`select domain_schema, domain_name, data_type, character_maximum_length, character_octet_length, collation_schema, collation_name, numeric_precision, domain_default, udt_schema, udt_name, dtd_identifier from information_schema.domains where domain_schema in ('public', 'shop') order by 1, 2`,
      String.raw`select constraint_schema, constraint_name, domain_schema, domain_name, is_deferrable, initially_deferred from information_schema.domain_constraints where domain_schema in ('public', 'shop') order by 1, 2, 4`,
      String.raw`select udt_schema, udt_name, domain_schema, domain_name from information_schema.domain_udt_usage where domain_schema in ('public', 'shop') order by 3, 4`,
      String.raw`select udt_schema, udt_name, attribute_name, ordinal_position, is_nullable, data_type, character_maximum_length, numeric_precision, attribute_udt_schema, attribute_udt_name, dtd_identifier from information_schema.attributes where udt_schema in ('public', 'shop') order by 1, 2, 4`,
      String.raw`select object_schema, regexp_replace(object_name, '\d+$', ''), object_type, collection_type_identifier, data_type, udt_schema, udt_name, dtd_identifier from information_schema.element_types where object_schema in ('public', 'shop') order by 1, 2, 3, 4`,
      String.raw`select user_defined_type_schema, user_defined_type_name, user_defined_type_category, is_instantiable from information_schema.user_defined_types where user_defined_type_schema in ('public', 'shop') order by 1, 2`,
      String.raw`select domain_schema, domain_name, table_schema, table_name, column_name from information_schema.column_domain_usage where table_schema in ('public', 'shop') order by 3, 4, 5`,
      String.raw`select udt_schema, udt_name, table_schema, table_name, column_name from information_schema.column_udt_usage where table_schema in ('public', 'shop') order by 3, 4, 5`,
      String.raw`select routine_schema, routine_name, routine_type, type_udt_schema, type_udt_name, data_type, dtd_identifier, routine_body, routine_definition, external_language, parameter_style, is_deterministic, sql_data_access, is_null_call, schema_level_routine, max_dynamic_result_sets, security_type, as_locator, is_udt_dependent, character_maximum_length from information_schema.routines where routine_schema in ('public', 'shop') order by 1, 2`,
      String.raw`select regexp_replace(specific_name, '\d+$', ''), ordinal_position, parameter_mode, is_result, as_locator, parameter_name, data_type, udt_schema, udt_name, dtd_identifier, parameter_default, numeric_precision from information_schema.parameters where specific_schema in ('public', 'shop') order by 1, 2`,
      String.raw`select view_schema, view_name, table_schema, table_name from information_schema.view_table_usage where view_schema in ('public', 'shop') order by 1, 2, 3, 4`,
      String.raw`select view_schema, view_name, table_schema, table_name, column_name from information_schema.view_column_usage where view_schema in ('public', 'shop') order by 1, 2, 3, 4, 5`,
      String.raw`select table_schema, table_name, constraint_schema, constraint_name from information_schema.constraint_table_usage where constraint_schema in ('public', 'shop') order by 1, 2, 3, 4`,
      String.raw`select table_schema, table_name, privilege_type, is_grantable, with_hierarchy from information_schema.table_privileges where table_schema in ('shop') order by 1, 2, 3`,
      String.raw`select count(*) from information_schema.column_privileges where table_schema in ('public', 'shop')`,
      String.raw`select count(*) from information_schema.role_table_grants where table_schema in ('public', 'shop')`,
    ]) expect(await here(sql), sql).toEqual(await there(sql));
  });
  if (outcome === 'no server') context.skip();
});

/** How information_schema describes a type. */
const standardTypeColumns = 'data_type, character_maximum_length, character_octet_length, collation_schema, collation_name, numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, interval_type';
function columnsOf(view: 'columns' | 'attributes' | 'domains'): string {
  if (view === 'columns') return `table_name, column_name, is_nullable, ${standardTypeColumns}, domain_name, udt_schema, udt_name, identity_cycle, is_updatable`;
  return view === 'attributes' ? `udt_name, attribute_name, is_nullable, ${standardTypeColumns}, attribute_udt_name` : `domain_name, ${standardTypeColumns}, udt_schema, udt_name`;
}
/** Types with lengths, fields and collations, domains over domains, views with columns that can be assigned to and others. */
const described = `create domain short as varchar(3) not null; create domain shorter as short; create table described (a short, b shorter, c bit(3), d varbit(5), e interval year to month, f interval day to second(3), g name, h text collate "C", i name[], j bit, k interval(0), id int generated always as identity (cycle));
  create view over_described as select a, c || b'1' as more, d from described; create view over_view as select more, d as x, d as y from over_described where d is not null; create view counted as select count(*) from described; create type deep as (a short, b bit(3), c interval hour to minute)`;

test('information_schema describes columns, attributes and domains as over PostgreSQL', async (context) => {
  const outcome = await withBoth('columns', `${script('objects')};${described}`, async ({ here, there }) => {
    for (const sql of [
      `select ${columnsOf('columns')} from information_schema.columns where table_schema in ('public', 'shop') order by table_name, ordinal_position`,
      `select ${columnsOf('attributes')} from information_schema.attributes where udt_schema in ('public', 'shop') order by udt_name, ordinal_position`,
      `select ${columnsOf('domains')} from information_schema.domains where domain_schema in ('public', 'shop') order by domain_name`,
      `select table_name, is_updatable, is_insertable_into from information_schema.views where table_schema in ('public', 'shop') order by 1`,
      `select column_name, data_type, character_maximum_length, character_octet_length from information_schema.columns where table_schema = 'information_schema' and table_name = 'columns' order by ordinal_position`,
    ]) expect(await here(sql), sql).toEqual(await there(sql));
  });
  if (outcome === 'no server') context.skip();
});

const definitionsOfViews = "select relname, pg_get_viewdef(oid), pg_get_viewdef(oid, true) from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace order by relname";

test('views read as over PostgreSQL', async (context) => {
  const outcome = await withBoth('views', script('views'), async ({ here, there }) => {
    const theirs = await there(definitionsOfViews);
    expect(theirs.rows.length).toBeGreaterThanOrEqual(100);
    expect((await here(definitionsOfViews)).rows).toEqual(theirs.rows);
  });
  if (outcome === 'no server') context.skip();
});

/** Literals get their casts written and names that nobody saw: after that a text is stable, here as in PostgreSQL. */
test('a view made from the text of a view that was made from text has that text', async () => {
  const db = await open(':memory:');
  const session = db.connect();
  await session.exec(script('views'));
  const textOf = async (query: string): Promise<Rows[number]> => {
    await session.exec(`begin; create view again as ${query}`);
    const [texts] = (await askHere(session, "select pg_get_viewdef('again'), pg_get_viewdef('again', true)")).rows;
    await session.exec('rollback');
    return texts!;
  };
  for (const [name, plain, pretty] of (await askHere(session, definitionsOfViews)).rows) {
    const second = await textOf(plain!);
    expect(await textOf(pretty!), name!).toEqual(second);
    for (const text of second) expect(await textOf(text!), name!).toEqual(second);
  }
  await db.close();
});

/** Columns about sizes on disk are each database's own matter. */
const withoutSizes = ({ columns, rows }: Answer): Answer => ({ columns, rows: rows.map((row) => row.map((cell, i) => (columns[i] === 'Size' ? null : cell))) });

test('the queries of psql answer as over PostgreSQL', async (context) => {
  let asked = 0;
  const outcome = await withBoth('psql', script('objects'), async ({ url, here, there }) => {
    const queries = hiddenQueries(url, sameCommands);
    if (queries === undefined) return;
    const namesThere = new ObjectNames((await there(objectNamesQuery)).rows);
    const namesHere = new ObjectNames((await here(objectNamesQuery)).rows);
    for (const { command, sql } of queries) {
      const expected = withoutSizes(await there(sql));
      const found = withoutSizes(await here(translateOids(sql, namesThere, namesHere)));
      expect({ ...found, rows: namesHere.named(found.rows) }, `${command}\n${sql}`).toEqual({ ...expected, rows: namesThere.named(expected.rows) });
      asked++;
    }
  });
  if (outcome === 'no server' || asked === 0) context.skip();
  expect(asked).toBeGreaterThan(150);
});
