/** `\d` and its family: what each lists of one schema, patterns of one, two and three parts on every kind of object, functions shown and edited. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { open, type Database } from '../../engine/index.js';
import { Shell } from '../../repl/shell.js';
import { plainStyle } from '../../repl/style.js';

let db: Database;
let shell: Shell;
let out: string[] = [];

beforeAll(async () => {
  db = await open(':memory:');
  shell = new Shell(db, { write: (text) => void out.push(text), writeError: (text) => void out.push(text), columns: 0, isTerminal: false }, plainStyle);
  await shell.runScript(readFileSync(new URL('../schemas/catalog/objects.sql', import.meta.url), 'utf8'));
  await shell.runScript('\\pset format unaligned\n\\t on');
});
afterAll(async () => {
  await shell.close();
  await db.close();
});
const editor = process.env['SERIALITE_EDITOR'];
afterEach(() => {
  if (editor === undefined) delete process.env['SERIALITE_EDITOR'];
  else process.env['SERIALITE_EDITOR'] = editor;
});

async function said(script: string): Promise<string[]> {
  out = [];
  await shell.runScript(script);
  return out.join('').trimEnd().split('\n');
}

test('a view of the system is shown without the definition that it does not have', async () => {
  expect(await said('\\d adults')).toContain('View definition:');
  expect(await said('\\d pg_tables')).not.toContain('View definition:');
});

test('without a pattern they list what the search path finds', async () => {
  expect(await said('\\dt')).toEqual(['public|person|table|postgres']);
  expect(await said('\\dt+')).toEqual([expect.stringMatching(/^public\|person\|table\|postgres\|permanent\|heap\|\d+ (?:bytes|kB)\|people$/)]);
  expect(await said('\\dtv')).toEqual(['public|adults|view|postgres', 'public|checked|view|postgres', 'public|person|table|postgres']);
  expect(await said('set search_path = shop; \\dt')).toEqual(['SET', 'shop|cart|table|postgres', 'shop|item|table|postgres']);
  expect(await said('reset search_path; \\dm')).toEqual(['RESET', 'Did not find any relations.']);
  expect(await said('\\dD')).toEqual(['public|positive|integer||not null|1|CHECK (VALUE > 0)']);
  expect(await said('\\dT+')).toEqual(['public|address|address|tuple||postgres||', 'public|mood|mood|4|sad', 'ok', 'happy|postgres||how one feels', 'public|positive|positive|4||postgres||']);
  expect(await said('\\df')).toEqual(['public|double|integer|x integer|func']);
  expect(await said('\\dn+')).toEqual(['public|postgres||standard public schema', 'shop|postgres||what is sold']);
  expect(await said('\\dL sql')).toEqual([expect.stringMatching(/^sql\|postgres\|t\|/)]);
  expect(await said('\\dx')).toEqual(['']);
  expect((await said('\\dp'))[0]).toBe('public|adults|view|');
  expect(await said('\\du')).toEqual(['postgres|Superuser, Create role, Create DB']);
});

test('patterns: stars, quotes, a schema, a database', async () => {
  expect(await said('\\dt *.it*')).toEqual(['shop|item|table|postgres']);
  expect(await said('\\dt PERSON')).toEqual(['public|person|table|postgres']);
  expect(await said('\\dt "PERSON"')).toEqual(['Did not find any relation named ""PERSON"".']);
  expect(await said('\\dt memory.shop.i*')).toEqual(['shop|item|table|postgres']);
  expect(await said('\\dt other.shop.item')).toEqual(['ERROR:  0A000: cross-database references are not implemented: other.shop.item']);
  expect(await said('\\dt a.b.c.d')).toEqual(['ERROR:  42601: improper qualified name (too many dotted names): a.b.c.d']);
  expect(await said('\\dT *.*mail')).toEqual(['shop|shop.email|']);
  expect(await said('\\dD shop.*')).toEqual(['shop|email|character varying(80)|C|||CHECK (VALUE::text ~~ \'%@%\'::text)']);
  expect(await said('\\df shop.*')).toEqual(['shop|of|SETOF record|o integer DEFAULT 1, OUT n bigint, OUT m text|func']);
  expect(await said('\\df memory.shop.of')).toHaveLength(1);
  expect(await said('\\dn sh?p')).toEqual(['shop|postgres']);
  expect(await said('\\dn memory.shop')).toEqual(['shop|postgres']);
  expect(await said('\\dn a.b.c')).toEqual(['ERROR:  42601: improper qualified name (too many dotted names): a.b.c']);
  expect(await said('\\dd')).toEqual(['']);
  expect(await said('\\dd shop.*')).toEqual(['shop|price_ok|table constraint|sane prices']);
  expect(await said('\\dfw dense*')).toEqual(['pg_catalog|dense_rank|bigint||window']);
});

test('operators and casts by type', async () => {
  expect(await said('\\do % int8 int8')).toEqual(['pg_catalog|%|bigint|bigint|bigint']);
  expect(await said('\\do - int4')).toEqual(['pg_catalog|-||integer|integer']);
  expect(await said('\\dC uuid')).toEqual(['']);
  expect(await said('\\dC jsonb')).toContain('jsonb|integer|(function)|no');
});

test('a composite type, a default, a check and a comment in \\d+', async () => {
  expect(await said('\\d address')).toEqual(['street|text|||', 'Zip Code|character varying(10)|||']);
  const person = await said('\\d+ person');
  expect(person).toContain("name|character varying(40)||not null|'nobody'::character varying|extended|||as it is called");
  expect(person).toContain("note|jsonb|||'{\"a\": 1}'::jsonb|extended|||");
  expect(person).toContain('    "person_pay_check" CHECK (pay >= 0::numeric)');
  expect(person).toContain('    "person_name" btree (lower(name::text), age DESC NULLS LAST) WHERE flag');
});

test('\\sf shows a function, \\ef and \\ev edit', async () => {
  expect(await said('\\sf double')).toEqual(['CREATE OR REPLACE FUNCTION public.double(x integer)', ' RETURNS integer', ' LANGUAGE sql', ' IMMUTABLE STRICT', 'AS $function$SELECT x * 2$function$']);
  expect(await said('\\sf+ double(int)')).toEqual(expect.arrayContaining(['         LANGUAGE sql', '1       AS $function$SELECT x * 2$function$']));
  expect(await said('\\sf nothing')).toEqual(['ERROR:  42883: function "nothing" does not exist']);
  expect(await said('\\sf')).toEqual(['ERROR:  42601: \\sf: missing required argument']);
  process.env['SERIALITE_EDITOR'] = 'sed -i s/2/3/';
  expect(await said('\\ef double\n;\nselect double(5);')).toEqual(['CREATE FUNCTION', '15']);
  process.env['SERIALITE_EDITOR'] = "sed -i 's/18/21/'";
  expect(await said('\\ev adults\n;\n\\sv adults')).toEqual(['CREATE VIEW', 'CREATE OR REPLACE VIEW public.adults AS', ' SELECT person.id,', '    person.name', '   FROM person', '  WHERE person.age::integer >= 21']);
  expect(await said('\\sv person')).toEqual(['ERROR:  42809: "public.person" is not a view']);
  process.env['SERIALITE_EDITOR'] = 'true';
  expect(await said('\\ef double\n;')).toEqual(['']);
  process.env['SERIALITE_EDITOR'] = 'false';
  expect(await said('\\ef double')).toEqual(['ERROR:  58000: could not run the editor "false"']);
});

test('storage parameters, functions by the types of their arguments, aggregates', async () => {
  await said("create table packed (a int) with (fillfactor = 70); create view guarded with (security_barrier, check_option = local) as select id from person;");
  expect(await said('\\d+ packed')).toEqual(expect.arrayContaining(['Access method: heap', 'Options: fillfactor=70']));
  expect(await said('\\sv guarded')).toEqual(['CREATE OR REPLACE VIEW public.guarded', " WITH (security_barrier='true') AS", ' SELECT person.id', '   FROM person', ' WITH LOCAL CHECK OPTION']);
  await said('drop view guarded; drop table packed;');
  expect(await said('\\df abs int4')).toEqual(['pg_catalog|abs|integer|integer|func']);
  expect(await said('\\df double text')).toEqual(['']);
  expect((await said('\\da sum'))[0]).toMatch(/^pg_catalog\|sum\|/);
  expect(await said('\\dA')).toContain('btree|Index');
});

test('what there is not here is refused by its reason', async () => {
  for (const command of ['password', 'lo_import f', 'des', 'dFd', 'dRp+', 'dX', 's']) expect((await said(`\\${command}`))[0]).toMatch(/^ERROR: {2}0A000: \\[a-zA-Z_]+ is not supported: /);
});
