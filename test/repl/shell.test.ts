/** The shell over a database in memory, its output collected: statements, sessions that wait, meta-commands, errors, scripts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { open, sqlKeywords, type Database } from '../../engine/index.js';
import { complete } from '../../repl/complete.js';
import { Shell, type ShellOutput } from '../../repl/shell.js';
import { plainStyle } from '../../repl/style.js';
import { syntaxTopics } from '../../repl/syntax-help.js';

let db: Database;
let shell: Shell;
let out: string[];
let folder: string;
let isTerminal: boolean;

beforeEach(async () => {
  db = await open(':memory:');
  out = [];
  isTerminal = false;
  const output: ShellOutput = { write: (text) => void out.push(text), writeError: (text) => void out.push(text), columns: 80, get isTerminal() { return isTerminal; } };
  shell = new Shell(db, output, plainStyle);
  folder = mkdtempSync(join(tmpdir(), 'serialite-repl-'));
});
afterEach(async () => {
  await shell.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a script prints. */
async function said(script: string): Promise<string> {
  out = [];
  await shell.runScript(script);
  return out.join('');
}
/** What the last column of rows only says. */
async function rows(sql: string): Promise<string> {
  shell.settings.quiet = true;
  return said(`\\pset format unaligned\n\\t on\n${sql}\n\\t off\n\\pset format aligned`);
}

describe('statements', () => {
  test('several on a line, one on several lines, one without a semicolon', async () => {
    expect(await said("create table t (a int); insert into t\nvalues (1),\n(2); select a from t order by a")).toBe('CREATE TABLE\nINSERT 0 2\n a \n---\n 1\n 2\n(2 rows)\n\n');
    expect(await said("insert into t values (3) returning a;")).toBe(' a \n---\n 3\n(1 row)\n\nINSERT 0 1\n');
    expect(await said('create table made as select 1 as n; create procedure twice(inout x int) language sql as $$ select x * 2 $$; call twice(4)')).toBe('SELECT 1\nCREATE PROCEDURE\n x \n---\n 8\n(1 row)\n\n');
    expect(await said('select from made')).toBe('--\n(1 row)\n\n');
  });
  test('a semicolon or backslash in a string, a name, a comment ends nothing', async () => {
    expect(await rows("select 'a;\\b' as \"x;y\", $$;\\q$$ -- ; \\q\n/* ; \\q */;")).toBe('a;\\b|;\\q\n');
  });
  test('errors have SQLSTATE, line and caret; long lines are cut around the place', async () => {
    expect(await said('select 1,\n  nothing from pg_class;')).toBe('ERROR:  42703: column "nothing" does not exist\nLINE 2:   nothing from pg_class;\n          ^\n');
    const long = await said(`select ${'1, '.repeat(100)}nothing, ${'1, '.repeat(100)}2;`);
    const [, line, caret] = long.split('\n');
    expect(line).toMatch(/^LINE 1: \.\.\..*nothing.*\.\.\.$/);
    expect(line!.slice(caret!.indexOf('^'))).toMatch(/^nothing/);
    expect(await said('selec 1;')).toContain('Perhaps you meant "SELECT"');
    expect(shell.errorCount).toBe(3);
  });
  test('a statement in the middle of a bounded sort by what is not selected', async () => {
    expect(await rows("select x from (values (1, 'a'), (2, 'b'), (3, 'c')) v(n, x) order by n desc limit 2;")).toBe('c\nb\n');
  });
  test('COPY takes its rows from the script and gives them to the output', async () => {
    expect(await said('create table c (a int, b text);\ncopy c from stdin csv;\n1,x\n2,"y;z"\n\\.\ncopy c to stdout csv;')).toBe('CREATE TABLE\nCOPY 2\n1,x\n2,y;z\n');
    expect(await said('\\copy c (a) to stdout')).toBe('1\n2\n');
    expect(await said("copy (insert into c values (7)) to stdout; select count(*) from c where a = 7 \\g (tuples_only=on)")).toBe('ERROR:  0A000: COPY query must have a RETURNING clause\n     0\n\n');
    // Rows after one that is refused are no statements.
    expect(await said('copy c from stdin;\n3\tq\nx\ty\ndrop table c;\n\\.\nselect count(*) from c;')).toBe('ERROR:  22P02: invalid input syntax for type integer: "x"\nCONTEXT:  COPY c, line 2, column a: "x"\n count \n-------\n     2\n(1 row)\n\n');
  });
  test('what \\\\; ends is sent with what follows, as one', async () => {
    expect(await said('\\t\nselect 1 \\; select 2 \\; select 3;\nselect 4\n\\;\nselect 5;')).toBe('Tuples only is on.\n' + [1, 2, 3, 4, 5].map((n) => `${String(n).padStart(9)}\n\n`).join(''));
    expect(await said('create table j (a int) \\; insert into j values (1) \\; select 1/0;\nselect a from j;')).toContain('42P01');
    expect(await said('\\set SHOW_ALL_RESULTS off\nselect 1 \\; select 2;\n\\set SHOW_ALL_RESULTS on\nselect 6 \\;\n\\r\nselect 7;')).toBe('        2\n\nQuery buffer reset (cleared).\n        7\n\n');
  });
  test('VERBOSITY and SHOW_CONTEXT', async () => {
    await said("create function inv(x int) returns int language sql as 'select 1 / x limit 1';");
    expect(await said('\\set VERBOSITY terse\nselect nothing;\n\\set VERBOSITY sqlstate\nselect nothing;\n\\set VERBOSITY nosuch\n\\unset VERBOSITY\n\\set SHOW_CONTEXT never\nselect inv(0);\n\\unset SHOW_CONTEXT\nselect inv(0);'))
      .toBe('ERROR:  column "nothing" does not exist at character 8\nERROR:  42703\nERROR:  22023\nERROR:  22012: division by zero\nERROR:  22012: division by zero\nCONTEXT:  SQL function "inv" statement 1\n');
  });
  test('ON_ERROR_STOP ends a script, also what has no semicolon', async () => {
    expect(await said('\\set ON_ERROR_STOP on\nselect 1/0;\nselect 2;\nselect 3')).toBe('ERROR:  22012: division by zero\n');
  });
  test('AUTOCOMMIT off begins a transaction, ON_ERROR_ROLLBACK takes back the failed statement alone', async () => {
    expect(await said('create table t (a int);\n\\set AUTOCOMMIT off\n\\set ON_ERROR_ROLLBACK on\ninsert into t values (1);\nselect 1/0;\ninsert into t values (2);\ncommit;\n\\set AUTOCOMMIT on\n\\t\nselect a from t;'))
      .toBe('CREATE TABLE\nINSERT 0 1\nERROR:  22012: division by zero\nINSERT 0 1\nCOMMIT\nTuples only is on.\n 1\n 2\n\n');
    expect(await said("begin; savepoint serialite_shell; insert into t values (3); rollback;")).toBe('BEGIN\nSAVEPOINT\nINSERT 0 1\nROLLBACK\n');
  });
  test('variables say how the last statement went; ECHO repeats statements; a wrong value is refused', async () => {
    expect(await said("select 1 as a, 2 as b union select 3, 4 \\gset x_\nselect 1/0;\n\\echo :ERROR :SQLSTATE :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE\nselect 1 \\g /dev/null\n\\echo :ERROR :SQLSTATE :ROW_COUNT"))
      .toBe('ERROR:  21000: more than one row returned for \\gset\nERROR:  22012: division by zero\ntrue 22012 22012 division by zero\nfalse 00000 1\n');
    expect(await said('\\set ECHO queries\nbegin\n;\n\\set ECHO errors\nselect 1/0;\n\\set ECHO loud\n\\unset ECHO\nrollback;')).toBe(
      "begin\n;\nBEGIN\nERROR:  22012: division by zero\nSTATEMENT:  select 1/0;\nERROR:  22023: unrecognized value \"loud\" for \"ECHO\"\nHINT:  Available values are: none, all, queries, errors.\nROLLBACK\n");
  });
  test('long results go to the pager unless it is off, and are written when it does not take them', async () => {
    const paged: string[] = [];
    shell.page = (text, isAlways) => {
      const isTaken = isAlways || text.length > 100;
      if (isTaken) paged.push(text);
      return Promise.resolve(isTaken);
    };
    expect(await said('\\t\nselect 1;')).toBe('Tuples only is on.\n        1\n\n');
    expect(await said("select repeat('x', 200);")).toBe('');
    expect(await said("\\pset pager off\nselect repeat('x', 200);\n\\pset pager always\nselect 2;\n\\pset pager on")).toBe(`Pager usage is off.\n ${'x'.repeat(200)}\n\nPager is always used.\nPager is used for long output.\n`);
    expect(paged).toEqual([` ${'x'.repeat(200)}\n\n`, '        2\n\n']);
  });
  test('a stream of lines', async () => {
    const input = new PassThrough();
    input.end("\\t on\nselect\n'streamed';\nselect 'end'");
    await shell.runStream(input);
    expect(out.join('')).toBe('Tuples only is on.\n streamed\n\n end\n\n');
  });
});

test('PROMPT1 and PROMPT2', async () => {
  await said("\\set PROMPT1 '%n@%/%R%x%# '");
  expect(shell.prompt()).toMatch(/^\w+@[\w:]+=# $/);
  await said('begin;');
  expect(shell.prompt()).toMatch(/^\w+@[\w:]+=\*# $/);
  await shell.feed("select 'a");
  expect(shell.prompt()).toBe('a:rc*-> ');
  await shell.feed("';");
  await said('rollback;');
  await said("\\set PROMPT2 '%R%l '");
  await shell.feed('select (');
  expect(shell.prompt()).toBe('(2 ');
  await shell.feed('1);');
  await said('\\unset PROMPT1');
  expect(shell.prompt()).toBe('a=> ');
});

describe('sessions', () => {
  const setup = "create table acc (name text primary key, bal int); insert into acc values ('x', 50), ('y', 50);";

  test('a statement that waits leaves the prompt free and reports when it finishes', async () => {
    await said(setup);
    expect(await said("begin; update acc set bal = 1 where name = 'x';")).toBe('BEGIN\nUPDATE 1\n');
    expect(shell.prompt()).toBe('a:rc*=> ');
    out = [];
    await shell.feed('\\session b');
    await shell.feed("update acc set bal = bal + 1 where name = 'x';");
    expect(out.join('')).toContain('[b] waits for another session');
    expect(shell.prompt()).toBe('b~=> ');
    out = [];
    await shell.feed('\\locks');
    expect(out.join('')).toMatch(/a: holds NoKeyUpdateLock on a row of acc\n[^]*b: waits for NoKeyUpdateLock on a row of acc, held by a\n/);
    await shell.feed('\\session a');
    out = [];
    await shell.feed('commit;');
    await shell.settle();
    expect(out.join('')).toContain("[b] finished: update acc set bal = bal + 1 where name = 'x';\n[b] UPDATE 1\n");
    expect(await rows("select bal from acc where name = 'x';")).toBe('2\n');
  });
  test('a script whose sessions wait for each other for ever is told so and goes on', async () => {
    await said(setup);
    shell.stuckMs = 50;
    const text = await said("begin; update acc set bal = 1;\n\\session b\nupdate acc set bal = 2;\nselect 'after';");
    expect(text).toContain('waits for a lock that no statement under way will release');
    expect(text).toContain('57014');
    expect(text).toContain('after');
  });
  test('write skew: \\why tells the cycle with its statements, \\graph draws it', async () => {
    await said(setup);
    const text = await said(`begin isolation level serializable; select sum(bal) from acc;
\\session b
begin isolation level serializable; select sum(bal) from acc; update acc set bal = -30 where name = 'y';
\\session a
update acc set bal = -30 where name = 'x'; commit;
\\session b
commit;`);
    expect(text).toContain('ERROR:  40001:');
    const why = await said('\\why');
    expect(why).toContain('select sum(bal) from acc');
    expect(why).toContain("update acc set bal = -30 where name = 'x'");
    expect(await said('\\graph')).toMatch(/\(failed\)[^]*rw: read what it replaced[^]*back to/);
    expect(await said('\\session a\n\\why'), 'also from another session').toContain('40001');
  });
  test('deadlock: reported in the session that fails, explained by \\why', async () => {
    await said(setup);
    const text = await said(`begin; update acc set bal = 1 where name = 'x';
\\session b
begin; update acc set bal = 2 where name = 'y'; update acc set bal = 2 where name = 'x';
\\session a
update acc set bal = 1 where name = 'y';
\\wait`);
    expect(text).toContain('40P01');
    expect(await said('\\why')).toContain('deadlock detected');
    expect(await said('\\graph')).toContain('waits: waits for it');
  });
  test('\\session lists, \\close ends; the last one stays', async () => {
    expect(await said('\\session b\nbegin;\n\\session')).toBe('Session "b" is open.\nBEGIN\n  a: idle\n* b: in a transaction (rc)\n');
    expect(await said('\\close b\n\\session\n\\close')).toMatch(/^\* a: idle\nERROR: {2}55006/);
  });
  test('a conflict where there was none', async () => {
    expect(await said('\\why')).toBe('No serialization failure or deadlock so far.\n');
    expect(await said('\\locks')).toBe('No locks.\n');
  });
});

describe('meta-commands', () => {
  const schema = `create table t (id int primary key, name text unique, n numeric(10,2) default 1.5 check (n > 0));
create table u (id int generated always as identity primary key, t_id int not null references t on delete cascade);
create index u_t on u (t_id) where t_id > 0; create view v as select id from t; create type mood as enum ('sad', 'ok');`;

  test('\\d describes a table with indexes, checks and keys both ways', async () => {
    await said(schema);
    const t = await said('\\d t');
    expect(t).toContain('Table "public.t"');
    expect(t).toContain('n      | numeric(10,2) |           |          | 1.5');
    expect(t).toContain('    "t_pkey" PRIMARY KEY, btree (id)\n    "t_name_key" UNIQUE CONSTRAINT, btree (name)');
    expect(t).toContain('"t_n_check" CHECK');
    expect(t).toContain('TABLE "u" CONSTRAINT "u_t_id_fkey" FOREIGN KEY (t_id) REFERENCES t(id) ON DELETE CASCADE');
    expect(await said('\\d u')).toContain('"u_t" btree (t_id) WHERE t_id > 0');
    expect(await said('\\d v')).toContain('View definition:\n SELECT');
    const index = await said('\\d u_t');
    expect(index).toContain('Column |  Type   | Key? | Definition');
    expect(index).toContain('t_id   | integer | yes  | t_id');
    expect(index).toContain('btree, for table "public.u", predicate (t_id > 0)\n');
    expect(await said('\\d t_pkey')).toContain('primary key, btree, for table "public.t"\n');
    const sequence = await said('\\d u_id_seq');
    expect(sequence).toContain(' integer |     1 |       1 | 2147483647 |         1 | no      |     1\n');
    expect(sequence).toContain('Sequence for identity column: public.u.id\n');
    expect(await said('\\d nope')).toContain('42P01');
  });
  test('lists', async () => {
    await said(schema);
    expect(await said('.tables')).toBe('t  u  v\n');
    for (const [command, ...names] of [['\\d', 't', 'u', 'v', 'u_id_seq'], ['\\dt', 't', 'u'], ['\\dt t*', 't'], ['\\di', 't_pkey', 'u_t'], ['\\dv', 'v'], ['\\ds', 'u_id_seq'], ['\\dn', 'public'], ['\\dT', 'mood'], ['\\df abs', 'abs']] as const) {
      const text = await said(command);
      for (const name of names) expect(text, `${command}: ${name}`).toMatch(new RegExp(`\\b${name}\\b`));
    }
    expect(await said('\\dt u')).not.toMatch(/\bt\b \| table/);
    expect(await said('\\df')).toContain('(0 rows)\n');
  });
  test('\\gset, \\gexec, \\gx, \\gdesc, \\crosstabview', async () => {
    expect(await said("select 7 as m, null as gone \\gset p_\n\\echo :p_m")).toBe('7\n');
    expect(await said("select 1 where false \\gset\n")).toContain('no rows returned');
    expect(await said("select 'create table g' || n || ' ()' from generate_series(1, 2) n \\gexec")).toBe('CREATE TABLE\nCREATE TABLE\n');
    expect(await said('select 1 as a, 2 as b \\gx')).toBe('-[ RECORD 1 ]\na | 1\nb | 2\n\n');
    expect(await said('begin \\gdesc')).toBe('The command has no result, or the result has no columns.\n');
    expect(await said("select 1 / 0 as a, 'x'::varchar(3) as b \\gdesc")).toContain(' b      | character varying(3)\n');
    expect(await said("select 1 / 0 as a, 'x'::text as b \\gdesc")).toBe(' Column |  Type   \n--------+---------\n a      | integer\n b      | text\n(2 rows)\n\n');
    expect(await said("select * from (values ('r', 'c1', 1), ('r', 'c2', 2)) v \\crosstabview")).toBe(' column1 | c1 | c2 \n---------+----+----\n r       |  1 |  2\n(1 row)\n\n');
    expect(await said('select 1 \\crosstabview\nselect 2 as ok')).toContain(' ok \n');
    for (const [args, why] of [['', 'data column must be specified'], ['1 1', 'must be different columns'], ['1 2 9', 'column number 9 is out of range 1..4'], ['1 2 x', 'column name not found: "x"']] as const) {
      expect(await said(`select 1 as a, 2 as b, 3 as c, 4 as d \\crosstabview ${args}`)).toContain(why);
    }
    expect(await said('select 1 as "a?" \\gset')).toBe('ERROR:  42602: invalid variable name: "a?"\n');
  });
  test('options of one query, words put together, and commands one after the other on a line', async () => {
    expect(await said("select 1 as a, 'x,y' as b \\g (format=csv)\nselect 2 as c \\g (tuples_only=on format=unaligned) \\echo then\nselect 3 as d \\gx (null=none)\nselect 4 as e;")).toBe('a,b\n1,"x,y"\n2\nthen\n-[ RECORD 1 ]\nd | 3\n\n e \n---\n 4\n(1 row)\n\n');
    expect(await said("select 5 as n, 'it''s' as s \\gset v_ \\echo :v_n :'v_s' x:v_n'a b':v_n :{?v_n} :{?none} :none \\echo 'c\\\\d' \\\\ select :{?v_n} as q, :{?none} as r;")).toBe("5 'it''s' x5a b5 TRUE FALSE :none\nc\\d\n q | r \n---+---\n t | f\n(1 row)\n\n");
    expect(await said('\\if nonsense \\echo 1 \\elif on \\echo 2 \\endif')).toBe('ERROR:  22023: unrecognized value "nonsense" for "\\if expression": Boolean expected\n2\n');
    expect(await said('\\encoding \\encoding latin1')).toBe('UTF8\nERROR:  22023: latin1: invalid encoding name or conversion procedure not found\n');
    expect(await said("select e'a\\tb' as t;")).toBe('     t     \n-----------\n a       b\n(1 row)\n\n');
  });
  test('\\if with its branches, nested', async () => {
    expect(await rows("\\set yes 1\n\\if :yes\nselect 'a';\n\\if false\nselect 'b';\n\\elif true\nselect 'c';\n\\else\nselect 'd';\n\\endif\n\\else\nselect 'e';\n\\bogus\n\\endif")).toBe('a\nc\n');
    expect(await said('\\endif')).toContain('no matching \\if');
  });
  test('\\x, \\timing, \\pset, \\a, \\t', async () => {
    expect(await said('\\x\n\\x\n\\timing on\n\\timing off\n\\pset null (nil)\n\\pset format bogus')).toMatch(/^Expanded display is on\.\nExpanded display is off\.\nTiming is on\.\nTiming is off\.\nNull display is "\(nil\)"\.\nERROR: {2}22023/);
    expect(await said('select null as x;')).toContain(' (nil)\n');
    expect(await said('\\timing on\nselect 1;')).toMatch(/Time: [\d.]+ ms/);
  });
  test('\\i with variables, \\o, \\copy out and in as CSV, JSON and lines', async () => {
    writeFileSync(join(folder, 'inner.sql'), "select 'inner' as who;\n");
    writeFileSync(join(folder, 'outer.sql'), '\\ir inner.sql\n');
    expect(await said(`\\i '${folder}/outer.sql'\n\\i '${folder}/none.sql'`)).toMatch(/ inner\n[^]*58P01/);
    await said(`\\o '${folder}/o.txt'\nselect 42 as x;\n\\o`);
    expect(readFileSync(join(folder, 'o.txt'), 'utf8')).toBe(' x  \n----\n 42\n(1 row)\n\n');
    await said('create table c (id int, "Name" text, j jsonb);\ninsert into c values (1, \'a,"b\', \'{"x": [1]}\'), (2, null, null);');
    for (const name of ['c.csv', 'c.json', 'c.jsonl']) {
      expect(await said(`\\copy c to '${folder}/${name}'\ntruncate c;\n\\copy c from '${folder}/${name}'`), name).toBe('COPY 2\nTRUNCATE TABLE\nCOPY 2\n');
      expect(await rows('select * from c order by id;')).toBe('1|a,"b|{"x": [1]}\n2||\n');
      shell.settings.quiet = false;
    }
    expect(await said(`\\copy c from '${folder}/none.csv'`)).toContain('58P01');
    writeFileSync(join(folder, 'bad.json'), '[{"id": 1}, ');
    expect(await said(`\\copy c from '${folder}/bad.json'`)).toContain('22P02');
    expect(await rows('select count(*) from c;')).toBe('2\n');
  });
  test('unknown ones are 42601 with what is near; \\errverbose repeats the last error', async () => {
    expect(await said('\\tinming')).toMatch(/42601: invalid command \\tinming\nHINT: .*\\timing/);
    await said('create table p (a int primary key); insert into p values (1); insert into p values (1);');
    expect(await said('\\errverbose')).toMatch(/23505[^]*TABLE NAME: {2}p\n[^]*CONSTRAINT NAME: {2}p_pkey/);
  });
});

describe('on a terminal', () => {
  test('completion: meta-commands, relations, columns, keywords', async () => {
    await said('create table people (id int, fullname text);');
    expect((await complete(shell, '\\tim'))[0]).toEqual(['\\timing']);
    expect((await complete(shell, 'select * from peo'))[0]).toEqual(['people']);
    expect((await complete(shell, 'select * from people where full'))[0]).toContain('fullname');
    expect((await complete(shell, 'SEL'))[0]).toContain('SELECT');
    expect((await complete(shell, 'select * from people where '))[0]).toEqual(['fullname', 'id']);
  });
  test('a long statement shows that it runs, and Ctrl-C ends it', async () => {
    isTerminal = true;
    const running = shell.feed('select pg_sleep(30);');
    for (let i = 0; i < 100 && !out.join('').includes('pg_sleep'); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(out.join('')).toMatch(/\d\.\d s select pg_sleep\(30\)/);
    expect(shell.interrupt()).toBe(true);
    await running;
    expect(out.join('')).toContain('57014');
  });
  test('a pause of \\watch ends at Ctrl-C', async () => {
    const watching = shell.feed('select 1 \\watch 30');
    await new Promise((resolve) => setTimeout(resolve, 100));
    shell.interrupt();
    await watching;
    expect(out.join('').match(/1 row/g)).toHaveLength(1);
  });
});

describe('help about statements', () => {
  test('the names, one statement, several, none', async () => {
    expect(await said('\\h\n')).toMatch(/^ {2}ALTER DOMAIN {2,}\w[^]* SELECT\b/);
    expect(await said('\\h select\n')).toMatch(/^Command: {5}SELECT\nDescription: reads rows\nSyntax:\n\[ WITH /);
    expect(await said('\\h create table\n')).not.toContain('CREATE TABLE AS');
    expect((await said('\\h create\n')).match(/^Command:/gm)!.length).toBeGreaterThan(8);
    expect(await said('\\h drop table\n')).toContain('Command:     DROP\n');
    expect(await said('\\h frobnicate\n')).toContain('No help for "frobnicate".');
  });

  test('words in capitals are words of the parser, and every name begins a statement', async () => {
    const known = new Set<string>(sqlKeywords);
    for (const { command, forms } of syntaxTopics) {
      const words = forms.join(' ').replaceAll(/'[^']*'/g, '').match(/\b[A-Z_]{2,}\b/g) ?? [];
      expect([command, words.filter((word) => !known.has(word.toLowerCase()))]).toEqual([command, []]);
      const error = (await db.exec(`${command} )`).catch((e: unknown) => e)) as { code: string; message: string };
      expect([command, error.code, error.message.includes(`"${command.split(' ')[0]!.toLowerCase()}"`)]).toEqual([command, '42601', false]);
    }
  });
});
