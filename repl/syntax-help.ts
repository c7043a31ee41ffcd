/** `\h`: the form of each statement, as this parser reads it. Words in capitals are keywords (the test compares them with the parser's), [ ] may be left out, { | } is a choice, ... repeats. */
export interface SyntaxTopic {
  readonly command: string;
  readonly does: string;
  readonly forms: readonly string[];
}

const topic = (command: string, does: string, ...forms: readonly string[]): SyntaxTopic => ({ command, does, forms });

const column = `    column type [ NOT NULL ] [ DEFAULT value ] [ PRIMARY KEY | UNIQUE ] [ CHECK ( condition ) ] [ REFERENCES table [ ( column ) ] ]
        [ GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY [ ( options ) ] | GENERATED ALWAYS AS ( expression ) STORED ] [ COLLATE collation ]`;
const constraint = `    [ CONSTRAINT name ] { PRIMARY KEY ( columns ) | UNIQUE [ NULLS NOT DISTINCT ] ( columns ) | CHECK ( condition )
        | FOREIGN KEY ( columns ) REFERENCES table [ ( columns ) ] [ MATCH FULL ] [ ON DELETE action ] [ ON UPDATE action ] } [ DEFERRABLE [ INITIALLY DEFERRED ] ] [ NOT VALID ]`;
const movement = '[ NEXT | PRIOR | FIRST | LAST | ABSOLUTE number | RELATIVE number | number | ALL | FORWARD [ number | ALL ] | BACKWARD [ number | ALL ] ] [ FROM | IN ] cursor';
const renamed = 'RENAME TO name | SET SCHEMA schema';

export const syntaxTopics: readonly SyntaxTopic[] = [
  topic('ALTER DOMAIN', 'changes a domain', 'ALTER DOMAIN name { SET DEFAULT value | DROP DEFAULT | SET NOT NULL | DROP NOT NULL | ADD [ CONSTRAINT name ] CHECK ( condition ) [ NOT VALID ]\n    | DROP CONSTRAINT name | VALIDATE CONSTRAINT name | RENAME CONSTRAINT name TO name | ' + renamed + ' }'),
  topic('ALTER FUNCTION', 'changes a function', `ALTER FUNCTION name [ ( types ) ] { IMMUTABLE | STABLE | VOLATILE | STRICT | ${renamed} }`),
  topic('ALTER INDEX', 'changes an index', 'ALTER INDEX [ IF EXISTS ] name RENAME TO name'),
  topic('ALTER SCHEMA', 'renames a schema', 'ALTER SCHEMA name RENAME TO name'),
  topic('ALTER SEQUENCE', 'changes a sequence', `ALTER SEQUENCE [ IF EXISTS ] name { [ AS type ] [ INCREMENT number ] [ MINVALUE number ] [ MAXVALUE number ] [ START number ] [ RESTART [ number ] ] [ CACHE number ] [ CYCLE ] [ OWNED BY table.column ] | ${renamed} }`),
  topic('ALTER TABLE', 'changes a table', `ALTER TABLE [ IF EXISTS ] name action, ...
where action is
    ADD [ COLUMN ] [ IF NOT EXISTS ] column type ... | DROP [ COLUMN ] [ IF EXISTS ] column [ CASCADE ]
    | ALTER [ COLUMN ] column { TYPE type [ USING expression ] | SET DEFAULT value | DROP DEFAULT | SET NOT NULL | DROP NOT NULL | SET STATISTICS number
        | ADD GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY | DROP IDENTITY | DROP EXPRESSION }
    | ADD constraint | DROP CONSTRAINT [ IF EXISTS ] name [ CASCADE ] | VALIDATE CONSTRAINT name | ALTER CONSTRAINT name DEFERRABLE`,
    `ALTER TABLE [ IF EXISTS ] name { RENAME [ COLUMN ] column TO name | RENAME CONSTRAINT name TO name | ${renamed} }`),
  topic('ALTER TYPE', 'changes an enum or a composite type', `ALTER TYPE name { ADD VALUE [ IF NOT EXISTS ] 'label' [ { BEFORE | AFTER } 'label' ] | RENAME VALUE 'label' TO 'label'
    | ADD ATTRIBUTE name type | DROP ATTRIBUTE [ IF EXISTS ] name [ CASCADE ] | ALTER ATTRIBUTE name TYPE type | RENAME ATTRIBUTE name TO name | ${renamed} }`),
  topic('ALTER VIEW', 'changes a view', `ALTER VIEW [ IF EXISTS ] name { ALTER column SET DEFAULT value | SET ( option ) | RESET ( option ) | RENAME COLUMN column TO name | ${renamed} }`),
  topic('ANALYZE', 'gathers statistics for the planner', 'ANALYZE [ VERBOSE ] [ table [ ( columns ) ], ... ]'),
  topic('BEGIN', 'starts a transaction', 'BEGIN [ WORK | TRANSACTION ] [ ISOLATION LEVEL { SERIALIZABLE | REPEATABLE READ | READ COMMITTED } ] [ READ WRITE | READ ONLY ] [ DEFERRABLE ]', 'START TRANSACTION ...'),
  topic('CALL', 'runs a procedure', 'CALL name ( arguments )'),
  topic('CHECKPOINT', 'writes what has changed from the log into the file', 'CHECKPOINT'),
  topic('CLOSE', 'closes a cursor', 'CLOSE { name | ALL }'),
  topic('COMMENT', 'describes an object', "COMMENT ON { TABLE | VIEW | MATERIALIZED VIEW | INDEX | SEQUENCE | COLUMN | SCHEMA | TYPE | DOMAIN | FUNCTION | PROCEDURE } name IS { 'text' | NULL }", "COMMENT ON CONSTRAINT name ON table IS { 'text' | NULL }"),
  topic('COMMIT', 'ends a transaction and keeps what it did', 'COMMIT [ WORK | TRANSACTION ] [ AND [ NO ] CHAIN ]', 'END ...'),
  topic('COPY', 'moves rows between a table and a stream', 'COPY table [ ( columns ) ] FROM STDIN [ [ WITH ] ( options ) ] [ WHERE condition ]', "COPY { table [ ( columns ) ] | ( query ) } TO STDOUT [ [ WITH ] ( options ) ]\nwhere options are\n    format { text | csv }, delimiter 'c', null 'text', header, quote 'c', escape 'c', force_quote { ( columns ) | * }, force_not_null ( columns ), force_null ( columns )"),
  topic('CREATE DOMAIN', 'makes a type with conditions', 'CREATE DOMAIN name [ AS ] type [ COLLATE collation ] [ DEFAULT value ] [ NOT NULL ] [ [ CONSTRAINT name ] CHECK ( condition ) ] ...'),
  topic('CREATE FUNCTION', 'makes a function in SQL', "CREATE [ OR REPLACE ] FUNCTION name ( [ [ IN | OUT | INOUT | VARIADIC ] [ name ] type [ DEFAULT value ], ... ] ) [ RETURNS { [ SETOF ] type | TABLE ( name type, ... ) } ]\n    LANGUAGE SQL [ IMMUTABLE | STABLE | VOLATILE ] [ STRICT ] { AS 'statements' | RETURN expression | BEGIN ATOMIC statement; ... END }"),
  topic('CREATE INDEX', 'makes an index', 'CREATE [ UNIQUE ] INDEX [ CONCURRENTLY ] [ [ IF NOT EXISTS ] name ] ON table ( { column | ( expression ) } [ COLLATE collation ] [ ASC | DESC ] [ NULLS { FIRST | LAST } ], ... )\n    [ INCLUDE ( columns ) ] [ NULLS [ NOT ] DISTINCT ] [ WHERE condition ]'),
  topic('CREATE MATERIALIZED VIEW', 'keeps the result of a query', 'CREATE MATERIALIZED VIEW [ IF NOT EXISTS ] name [ ( columns ) ] AS query [ WITH [ NO ] DATA ]'),
  topic('CREATE PROCEDURE', 'makes a procedure in SQL', "CREATE [ OR REPLACE ] PROCEDURE name ( [ parameters ] ) LANGUAGE SQL { AS 'statements' | BEGIN ATOMIC statement; ... END }"),
  topic('CREATE SCHEMA', 'makes a schema', 'CREATE SCHEMA [ IF NOT EXISTS ] name'),
  topic('CREATE SEQUENCE', 'makes a sequence', 'CREATE [ TEMPORARY ] SEQUENCE [ IF NOT EXISTS ] name [ AS type ] [ INCREMENT [ BY ] number ] [ MINVALUE number | NO MINVALUE ] [ MAXVALUE number | NO MAXVALUE ]\n    [ START [ WITH ] number ] [ CACHE number ] [ [ NO ] CYCLE ] [ OWNED BY { table.column | NONE } ]'),
  topic('CREATE TABLE', 'makes a table', `CREATE [ TEMPORARY | UNLOGGED ] TABLE [ IF NOT EXISTS ] name (\n${column},\n${constraint},\n    LIKE table [ { INCLUDING | EXCLUDING } { ALL | DEFAULTS | CONSTRAINTS | INDEXES | IDENTITY | GENERATED | COMMENTS } ]\n) [ ON COMMIT { PRESERVE ROWS | DELETE ROWS | DROP } ]`),
  topic('CREATE TABLE AS', 'makes a table of the result of a query', 'CREATE [ TEMPORARY | UNLOGGED ] TABLE [ IF NOT EXISTS ] name [ ( columns ) ] AS { query | EXECUTE name } [ WITH [ NO ] DATA ]'),
  topic('CREATE TYPE', 'makes an enum, a composite type or a range', "CREATE TYPE name AS ENUM ( 'label', ... )", 'CREATE TYPE name AS ( attribute type, ... )', 'CREATE TYPE name AS RANGE ( subtype = type )'),
  topic('CREATE VIEW', 'makes a view', 'CREATE [ OR REPLACE ] [ TEMPORARY ] [ RECURSIVE ] VIEW name [ ( columns ) ] AS query [ WITH [ CASCADED | LOCAL ] CHECK OPTION ]'),
  topic('DEALLOCATE', 'forgets a prepared statement', 'DEALLOCATE [ PREPARE ] { name | ALL }'),
  topic('DECLARE', 'opens a cursor', 'DECLARE name [ BINARY ] [ INSENSITIVE ] [ [ NO ] SCROLL ] CURSOR [ { WITH | WITHOUT } HOLD ] FOR query'),
  topic('DELETE', 'removes rows', '[ WITH queries ] DELETE FROM table [ [ AS ] alias ] [ USING from_item, ... ] [ WHERE condition | WHERE CURRENT OF cursor ] [ RETURNING { * | expression [ AS name ], ... } ]'),
  topic('DISCARD', 'forgets what a session has made', 'DISCARD { ALL | PLANS | SEQUENCES | TEMP }'),
  topic('DROP', 'removes objects', 'DROP { TABLE | VIEW | MATERIALIZED VIEW | INDEX | SEQUENCE | SCHEMA | TYPE | DOMAIN | FUNCTION | PROCEDURE } [ IF EXISTS ] name, ... [ CASCADE | RESTRICT ]'),
  topic('EXECUTE', 'runs a prepared statement', 'EXECUTE name [ ( arguments ) ]'),
  topic('EXPLAIN', 'shows the plan of a statement', 'EXPLAIN [ ANALYZE ] [ VERBOSE ] statement', 'EXPLAIN ( option, ... ) statement\nwhere option is\n    { analyze | verbose | costs | buffers | timing | summary | settings } [ on | off ] | format { text | json | yaml | xml }'),
  topic('FETCH', 'reads rows of a cursor', `FETCH ${movement}`),
  topic('INSERT', 'adds rows', '[ WITH queries ] INSERT INTO table [ AS alias ] [ ( columns ) ] [ OVERRIDING { SYSTEM | USER } VALUE ] { DEFAULT VALUES | VALUES ( { expression | DEFAULT }, ... ), ... | query }\n    [ ON CONFLICT [ ( columns ) [ WHERE condition ] | ON CONSTRAINT name ] { DO NOTHING | DO UPDATE SET column = expression, ... [ WHERE condition ] } ] [ RETURNING { * | expression [ AS name ], ... } ]'),
  topic('LOCK', 'locks a table', 'LOCK [ TABLE ] name, ... [ IN { ACCESS SHARE | ROW SHARE | ROW EXCLUSIVE | SHARE UPDATE EXCLUSIVE | SHARE | SHARE ROW EXCLUSIVE | EXCLUSIVE | ACCESS EXCLUSIVE } MODE ] [ NOWAIT ]'),
  topic('MERGE', 'adds, changes or removes rows by others', '[ WITH queries ] MERGE INTO table [ [ AS ] alias ] USING from_item ON condition\n    { WHEN MATCHED [ AND condition ] THEN { UPDATE SET column = expression, ... | DELETE | DO NOTHING } | WHEN NOT MATCHED [ AND condition ] THEN { INSERT [ ( columns ) ] { VALUES ( expressions ) | DEFAULT VALUES } | DO NOTHING } } ...'),
  topic('MOVE', 'moves a cursor without reading', `MOVE ${movement}`),
  topic('PREPARE', 'keeps a statement to run again', 'PREPARE name [ ( types ) ] AS statement'),
  topic('REFRESH MATERIALIZED VIEW', 'computes a materialized view again', 'REFRESH MATERIALIZED VIEW [ CONCURRENTLY ] name [ WITH [ NO ] DATA ]'),
  topic('REINDEX', 'builds indexes again', 'REINDEX { INDEX | TABLE | SCHEMA | DATABASE } [ CONCURRENTLY ] name'),
  topic('RELEASE SAVEPOINT', 'forgets a savepoint', 'RELEASE [ SAVEPOINT ] name'),
  topic('RESET', 'gives a setting its default', 'RESET { setting | ALL }'),
  topic('ROLLBACK', 'ends a transaction and undoes it', 'ROLLBACK [ WORK | TRANSACTION ] [ AND [ NO ] CHAIN ]', 'ABORT ...'),
  topic('ROLLBACK TO SAVEPOINT', 'undoes what was done since a savepoint', 'ROLLBACK [ WORK | TRANSACTION ] TO [ SAVEPOINT ] name'),
  topic('SAVEPOINT', 'marks a point to return to', 'SAVEPOINT name'),
  topic('SELECT', 'reads rows', `[ WITH [ RECURSIVE ] name [ ( columns ) ] AS [ [ NOT ] MATERIALIZED ] ( statement ) [ SEARCH { DEPTH | BREADTH } FIRST BY columns SET column ] [ CYCLE columns SET column USING column ], ... ]
SELECT [ ALL | DISTINCT [ ON ( expressions ) ] ] { * | expression [ [ AS ] name ] }, ...
    [ FROM from_item, ... ] [ WHERE condition ] [ GROUP BY [ DISTINCT ] { expression | ROLLUP ( ... ) | CUBE ( ... ) | GROUPING SETS ( ... ) }, ... ] [ HAVING condition ]
    [ WINDOW name AS ( window ), ... ] [ { UNION | INTERSECT | EXCEPT } [ ALL ] select ] [ ORDER BY expression [ ASC | DESC | USING operator ] [ NULLS { FIRST | LAST } ], ... ]
    [ LIMIT { number | ALL } ] [ OFFSET number ] [ FETCH { FIRST | NEXT } [ number ] { ROW | ROWS } { ONLY | WITH TIES } ]
    [ FOR { UPDATE | NO KEY UPDATE | SHARE | KEY SHARE } [ OF tables ] [ NOWAIT | SKIP LOCKED ] ]
where from_item is
    [ ONLY ] table [ [ AS ] alias [ ( columns ) ] ] [ TABLESAMPLE { bernoulli | system } ( percent ) [ REPEATABLE ( seed ) ] ] | [ LATERAL ] ( select ) alias
    | [ LATERAL ] function ( arguments ) [ WITH ORDINALITY ] [ alias ] | [ LATERAL ] ROWS FROM ( function ( arguments ), ... ) [ WITH ORDINALITY ] [ alias ]
    | from_item [ INNER | LEFT | RIGHT | FULL | CROSS | NATURAL ] JOIN from_item [ ON condition | USING ( columns ) ]`, 'TABLE name', 'VALUES ( expressions ), ...'),
  topic('SELECT INTO', 'makes a table of the result of a query', 'SELECT expressions INTO [ TEMPORARY | UNLOGGED ] [ TABLE ] name FROM ...'),
  topic('SET', 'changes a setting', 'SET [ SESSION | LOCAL ] setting { TO | = } { value | DEFAULT }', 'SET [ SESSION | LOCAL ] TIME ZONE { value | LOCAL | DEFAULT }'),
  topic('SET CONSTRAINTS', 'says when deferrable constraints are checked', 'SET CONSTRAINTS { ALL | names } { DEFERRED | IMMEDIATE }'),
  topic('SET TRANSACTION', 'says how a transaction works', 'SET TRANSACTION [ ISOLATION LEVEL level ] [ READ WRITE | READ ONLY ] [ DEFERRABLE ]', 'SET SESSION CHARACTERISTICS AS TRANSACTION ...'),
  topic('SHOW', 'shows a setting', 'SHOW { setting | ALL }'),
  topic('TRUNCATE', 'empties tables', 'TRUNCATE [ TABLE ] name, ... [ RESTART IDENTITY | CONTINUE IDENTITY ] [ CASCADE | RESTRICT ]'),
  topic('UPDATE', 'changes rows', '[ WITH queries ] UPDATE table [ [ AS ] alias ] SET { column = { expression | DEFAULT } | ( columns ) = { ROW ( expressions ) | ( select ) } }, ... [ FROM from_item, ... ]\n    [ WHERE condition | WHERE CURRENT OF cursor ] [ RETURNING { * | expression [ AS name ], ... } ]'),
  topic('VACUUM', 'collects old versions now', 'VACUUM [ ( ANALYZE ) ] [ table, ... ]'),
  topic('WITH', 'names queries for a statement', 'WITH [ RECURSIVE ] name [ ( columns ) ] AS [ [ NOT ] MATERIALIZED ] ( { select | insert | update | delete } ), ... statement'),
];

/** What statements of PostgreSQL have that these have not; docs/sql.md lists them. */
export const statementLimits: Readonly<Record<string, string>> = {
  'ALTER TABLE': 'no partitions, inheritance, triggers or policies', 'CREATE EXTENSION': 'pgcrypto without PGP and DES, and uuid-ossp', 'CREATE FUNCTION': 'in SQL; those in JavaScript are registered by the program', 'CREATE INDEX': 'B-trees, also for USING hash',
  'CREATE PROCEDURE': 'in SQL', 'CREATE TABLE': 'no partitions, inheritance or EXCLUDE', 'CREATE TYPE': 'enums, composites and ranges; no base types', 'SET ROLE': 'there is one user', 'SET SESSION AUTHORIZATION': 'there is one user',
};

/** Statements whose names begin with the words given; all for `*`. */
export function findSyntax(words: string): readonly SyntaxTopic[] {
  const wanted = words.trim().toUpperCase().replaceAll(/\s+/g, ' ').replace(/;$/, '');
  if (wanted === '*') return syntaxTopics;
  const exact = syntaxTopics.filter(({ command }) => command === wanted);
  return exact.length > 0 ? exact : syntaxTopics.filter(({ command }) => command.startsWith(wanted) || wanted.startsWith(`${command} `));
}

export function syntaxText({ command, does, forms }: SyntaxTopic): string {
  const limit = statementLimits[command];
  return `Command:     ${command}\nDescription: ${does}\nSyntax:\n${forms.join('\n\n')}\n${limit === undefined ? '' : `\nLimits:      ${limit}\n`}`;
}

/** The names in columns. */
export function syntaxNames(columns: number): string {
  const width = Math.max(...syntaxTopics.map(({ command }) => command.length)) + 2;
  const across = Math.max(1, Math.floor((columns - 2) / width));
  const rows = Math.ceil(syntaxTopics.length / across);
  const line = (row: number): string => Array.from({ length: across }, (_, i) => syntaxTopics[i * rows + row]?.command.padEnd(width) ?? '').join('').trimEnd();
  return `${Array.from({ length: rows }, (_, row) => `  ${line(row)}`).join('\n')}\n`;
}
