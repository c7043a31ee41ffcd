/** `\d` and its family, over pg_catalog: what exists. What one relation is made of is shown by describe-relation.ts; patterns are in pattern.ts. */
import { DatabaseError } from '../engine/index.js';
import { describeRelations } from './describe-relation.js';
import type { MetaCommand } from './meta-commands.js';
import { editText } from './edit.js';
import { patternArguments, patternCondition, type PatternColumns } from './pattern.js';
import { printRows } from './print-rows.js';
import type { Shell } from './shell.js';

const condition = (shell: Shell, pattern: string | undefined, columns: PatternColumns): string => patternCondition(pattern, columns, shell.database.name);
/** Whether `+` or `S` was written behind a command's letters. */
const has = (written: string | undefined, modifier: '+' | 'S'): boolean => written !== undefined && /[+S]*$/.exec(written)![0].includes(modifier);

const relation = (written?: string): PatternColumns => ({ schema: 'n.nspname', name: 'c.relname', visible: 'pg_table_is_visible(c.oid)', withSystem: has(written, 'S') });

/** As psql: what is not there is an empty table. */
async function list(shell: Shell, title: string, sql: string): Promise<void> {
  const result = (await shell.current.run(sql)).at(-1)!;
  await printRows(shell, title, result.columns.map((column) => column.name), result.rows);
}

const kinds: Readonly<Record<string, string>> = { t: "'r','p'", i: "'i'", v: "'v'", m: "'m'", s: "'S'", E: "'f'" };

async function relations(shell: Shell, letters: string, pattern: string | undefined, written?: string): Promise<void> {
  const wanted = letters === '' ? `'r','p','v','m','S'` : [...letters].map((letter) => kinds[letter]!).join(',');
  const isPlus = has(written, '+');
  const result = (await shell.current.run(`
    select n.nspname as "Schema", c.relname as "Name",
      case c.relkind when 'r' then 'table' when 'v' then 'view' when 'm' then 'materialized view' when 'i' then 'index' when 'S' then 'sequence' else 'table' end as "Type", pg_get_userbyid(c.relowner) as "Owner"
      ${letters.includes('i') ? `, (select t.relname from pg_catalog.pg_index i join pg_catalog.pg_class t on t.oid = i.indrelid where i.indexrelid = c.oid) as "Table"` : ''}
      ${isPlus ? `, case c.relpersistence when 't' then 'temporary' when 'u' then 'unlogged' else 'permanent' end as "Persistence"` : ''}
      ${isPlus && (letters === '' || /[tmi]/.test(letters)) ? ', (select am.amname from pg_catalog.pg_am am where am.oid = c.relam) as "Access method"' : ''}
      ${isPlus ? `, pg_size_pretty(pg_table_size(c.oid)) as "Size", obj_description(c.oid, 'pg_class') as "Description"` : ''}
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in (${wanted}) and ${condition(shell, pattern, relation(written))} order by 1, 2`)).at(-1)!;
  if (result.rows.length === 0) shell.output.writeError(pattern === undefined ? 'Did not find any relations.\n' : `Did not find any relation named "${pattern}".\n`);
  else await printRows(shell, 'List of relations', result.columns.map((column) => column.name), result.rows);
}

const objects = (names: readonly string[], usage: string, help: string, title: string, sql: (pattern: string | undefined, shell: Shell, written: string, args: readonly string[]) => string): MetaCommand => ({
  names, usage, help, run: (shell, _args, text, written) => list(shell, title, sql(patternArguments(text)[0], shell, written, patternArguments(text))),
});

/** Types that a pattern stands for in \do and \dC: as format_type writes them, or by their own name. */
const ofType = (shell: Shell, pattern: string | undefined, type: string): string =>
  pattern === undefined ? 'true' : condition(shell, pattern, { schema: undefined, name: [`format_type(${type}, null)`, `(select ft.typname from pg_catalog.pg_type ft where ft.oid = ${type})`] });

const functionKinds: Readonly<Record<string, string>> = { a: "p.prokind = 'a'", n: "p.prokind = 'f'", p: "p.prokind = 'p'", t: "p.prorettype = 'trigger'::regtype", w: "p.prokind = 'w'" };

function functionsQuery(pattern: string | undefined, shell: Shell, written: string, args: readonly string[]): string {
  const wanted = [...written.slice(2).replaceAll(/[+S]/g, '')].map((letter) => functionKinds[letter] ?? 'true');
  const types = args.slice(1).map((type, i) => ` and ${ofType(shell, type, `p.proargtypes[${i}]`)}`).join('');
  return `select n.nspname as "Schema", p.proname as "Name", pg_get_function_result(p.oid) as "Result data type", pg_get_function_arguments(p.oid) as "Argument data types",
      case p.prokind when 'a' then 'agg' when 'w' then 'window' when 'p' then 'proc' else 'func' end as "Type"${has(written, '+') ? `,
      case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as "Volatility", case p.proparallel when 'r' then 'restricted' when 's' then 'safe' else 'unsafe' end as "Parallel", pg_get_userbyid(p.proowner) as "Owner",
      case when p.prosecdef then 'definer' else 'invoker' end as "Security", array_to_string(p.proacl, E'\\n') as "Access privileges", l.lanname as "Language", coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as "Source code", obj_description(p.oid, 'pg_proc') as "Description"` : ''}
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace left join pg_catalog.pg_language l on l.oid = p.prolang
    where ${wanted.length === 0 ? 'true' : `(${wanted.join(' or ')})`} and ${condition(shell, pattern, { schema: 'n.nspname', name: 'p.proname', visible: 'pg_function_is_visible(p.oid)', withSystem: has(written, 'S') })}${types} order by 1, 2, 4`;
}

const aggregatesQuery = (pattern: string | undefined, shell: Shell, written: string): string => `select n.nspname as "Schema", p.proname as "Name", pg_get_function_result(p.oid) as "Result data type", case when p.pronargs = 0 then '*' else pg_get_function_arguments(p.oid) end as "Argument data types",
      obj_description(p.oid, 'pg_proc') as "Description" from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where p.prokind = 'a' and ${condition(shell, pattern, { schema: 'n.nspname', name: 'p.proname', visible: 'pg_function_is_visible(p.oid)', withSystem: has(written, 'S') })} order by 1, 2, 4`;

/** CREATE OR REPLACE VIEW with its options, as \\sv shows it. @throws DatabaseError 42P01, 42809 */
async function viewText(shell: Shell, name: string | undefined, command: string): Promise<string> {
  if (name === undefined) throw new DatabaseError('42601', `${command}: missing required argument`);
  const [row] = (await shell.current.run(`select quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind, pg_get_viewdef(c.oid, true), array_to_string(array_remove(array_remove(c.reloptions, 'check_option=local'), 'check_option=cascaded'), ', '),
      case when 'check_option=local' = any(c.reloptions) then 'LOCAL' when 'check_option=cascaded' = any(c.reloptions) then 'CASCADED' end
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = ${quoteString(name)}::regclass`)).at(-1)!.rows;
  const [qualified, kind, definition, options, check] = row!;
  if (kind !== 'v') throw new DatabaseError('42809', `"${qualified!}" is not a view`);
  const list = options === null || options === '' ? '' : `\n WITH (${options!.split(', ').map((option) => option.replace(/=(.*)$/, (_, value: string) => (/^(?:on|off)$/.test(value) ? `=${value}` : `='${value}'`))).join(', ')})`;
  return `CREATE OR REPLACE VIEW ${qualified!}${list} AS\n${definition!.replace(/\s*;?\s*$/, '')}${check === null ? '' : `\n WITH ${check!} CHECK OPTION`}\n`;
}

/** Of a function by name, or by name and argument types. @throws DatabaseError 42883 */
async function functionText(shell: Shell, name: string | undefined, command: string): Promise<string> {
  if (name === undefined) throw new DatabaseError('42601', `${command}: missing required argument`);
  return (await shell.current.column(`select pg_get_functiondef(${quoteString(name)}::${name.includes('(') ? 'regprocedure' : 'regproc'})`))[0]!;
}
const quoteString = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Lines of a body are counted from the one it begins on. */
function numbered(text: string): string {
  let count = 0;
  return text.trimEnd().split('\n').map((line) => (count > 0 || /^(?:AS |BEGIN|RETURN )/.test(line) ? `${String(++count).padEnd(8)}${line}` : `${' '.repeat(8)}${line}`)).join('\n');
}

const functionTemplate = 'CREATE FUNCTION ( )\n RETURNS \n LANGUAGE sql\nAS $function$\n\n$function$\n';

const routines: readonly MetaCommand[] = [
  objects(['df', 'dfa', 'dfn', 'dfp', 'dft', 'dfw'], '\\df[anptw][S+] [PATTERN [TYPE ...]]', 'list functions: aggregates, normal ones, procedures, window functions', 'List of functions', functionsQuery),
  objects(['da'], '\\da[S] [PATTERN]', 'list aggregates', 'List of aggregate functions', aggregatesQuery),
  { names: ['sf'], usage: '\\sf[+] NAME', help: 'definition of a function', run: async (shell, args, text, written) => {
    const definition = await functionText(shell, text.trim() === '' ? args[0] : text.trim().replace(/;$/, ''), '\\sf');
    await shell.show(`${has(written, '+') ? numbered(definition) : definition.trimEnd()}\n`);
  } },
  { names: ['ef'], usage: '\\ef [NAME]', help: 'edit a function; what is left without a semicolon waits for one', run: async (shell, _args, text) => editText(shell, text.trim() === '' ? functionTemplate : await functionText(shell, text.trim().replace(/;$/, ''), '\\ef')) },
  { names: ['ev'], usage: '\\ev NAME', help: 'edit a view', run: async (shell, [name]) => editText(shell, await viewText(shell, name, '\\ev')) },
  { names: ['sv'], usage: '\\sv[+] NAME', help: 'definition of a view', run: async (shell, [name], _text, written) => {
    const definition = await viewText(shell, name, '\\sv');
    await shell.show(has(written, '+') ? `${definition.trimEnd().split('\n').map((line, i) => String(i + 1).padEnd(8) + line).join('\n')}\n` : definition);
  } },
];

const rest: readonly MetaCommand[] = [
  objects(['dn'], '\\dn[+] [PATTERN]', 'list schemas', 'List of schemas', (pattern, shell, written) => `select n.nspname as "Name", pg_get_userbyid(n.nspowner) as "Owner"${has(written, '+') ? `, array_to_string(n.nspacl, E'\\n') as "Access privileges", obj_description(n.oid, 'pg_namespace') as "Description"` : ''} from pg_catalog.pg_namespace n
    where ${pattern === undefined && !has(written, 'S') ? `nspname !~ '^pg_' and nspname <> 'information_schema'` : condition(shell, pattern, { schema: undefined, name: 'n.nspname' })} order by 1`),
  objects(['dT'], '\\dT[+] [PATTERN]', 'list types', 'List of data types', (pattern, shell, written) => `select n.nspname as "Schema", format_type(t.oid, null) as "Name",${has(written, '+') ? `
      t.typname as "Internal name", case when t.typrelid <> 0 then 'tuple' when t.typlen < 0 then 'var' else t.typlen::text end as "Size",
      (select string_agg(e.enumlabel, E'\\n' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid) as "Elements", pg_get_userbyid(t.typowner) as "Owner", array_to_string(t.typacl, E'\\n') as "Access privileges",` : ''} obj_description(t.oid, 'pg_type') as "Description"
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace where (t.typrelid = 0 or (select c.relkind = 'c' from pg_catalog.pg_class c where c.oid = t.typrelid))
      and not exists (select from pg_catalog.pg_type el where el.oid = t.typelem and el.typarray = t.oid)
      and ${condition(shell, pattern, { schema: 'n.nspname', name: ['t.typname', 'format_type(t.oid, null)'], visible: 'pg_type_is_visible(t.oid)', withSystem: has(written, 'S') })} order by 1, 2`),
  objects(['dD'], '\\dD[+] [PATTERN]', 'list domains', 'List of domains', (pattern, shell, written) => `select n.nspname as "Schema", t.typname as "Name", format_type(t.typbasetype, t.typtypmod) as "Type",
      (select c.collname from pg_catalog.pg_collation c, pg_catalog.pg_type b where c.oid = t.typcollation and b.oid = t.typbasetype and t.typcollation <> b.typcollation) as "Collation",
      case when t.typnotnull then 'not null' end as "Nullable", t.typdefault as "Default",
      (select string_agg(pg_get_constraintdef(r.oid, true), ' ' order by r.conname) from pg_catalog.pg_constraint r where r.contypid = t.oid) as "Check"${has(written, '+') ? ', array_to_string(t.typacl, chr(10)) as "Access privileges", obj_description(t.oid, \'pg_type\') as "Description"' : ''}
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace where t.typtype = 'd' and ${condition(shell, pattern, { schema: 'n.nspname', name: 't.typname', visible: 'pg_type_is_visible(t.oid)', withSystem: has(written, 'S') })} order by 1, 2`),
  objects(['dd'], '\\dd [PATTERN]', 'comments that no other command shows', 'Object descriptions', (pattern, shell, written) => `select n.nspname as "Schema", r.conname as "Name", case when r.contypid <> 0 then 'domain constraint' else 'table constraint' end as "Object", d.description as "Description"
    from pg_catalog.pg_constraint r join pg_catalog.pg_description d on d.objoid = r.oid and d.classoid = 'pg_constraint'::regclass left join pg_catalog.pg_class c on c.oid = r.conrelid left join pg_catalog.pg_type t on t.oid = r.contypid join pg_catalog.pg_namespace n on n.oid = coalesce(c.relnamespace, t.typnamespace)
    where ${condition(shell, pattern, { schema: 'n.nspname', name: 'r.conname', visible: 'coalesce(pg_table_is_visible(c.oid), pg_type_is_visible(t.oid))', withSystem: has(written, 'S') })} order by 1, 2`),
  objects(['do'], '\\do [PATTERN [TYPE [TYPE]]]', 'list operators', 'List of operators', (pattern, shell, written, args) => `select n.nspname as "Schema", o.oprname as "Name", case when o.oprkind = 'l' then null else format_type(o.oprleft, null) end as "Left arg type", format_type(o.oprright, null) as "Right arg type", format_type(o.oprresult, null) as "Result type"
    from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    where ${condition(shell, pattern === undefined ? undefined : operatorPattern(pattern), { schema: 'n.nspname', name: 'o.oprname', visible: 'pg_operator_is_visible(o.oid)', withSystem: has(written, 'S') })}
      and ${args.length === 2 ? `o.oprkind = 'l' and ${ofType(shell, args[1], 'o.oprright')}` : `${ofType(shell, args[1], 'o.oprleft')} and ${ofType(shell, args[2], 'o.oprright')}`} order by 1, 2, 3, 4`),
  objects(['dC'], '\\dC [PATTERN]', 'list casts', 'List of casts', (pattern, shell) => `select format_type(castsource, null) as "Source type", format_type(casttarget, null) as "Target type", case castmethod when 'b' then '(binary coercible)' when 'i' then '(with inout)' else '(function)' end as "Function",
      case castcontext when 'i' then 'yes' when 'a' then 'in assignment' else 'no' end as "Implicit?" from pg_catalog.pg_cast where ${ofType(shell, pattern, 'castsource')} or ${ofType(shell, pattern, 'casttarget')} order by 1, 2`),
  objects(['dL'], '\\dL [PATTERN]', 'list languages', 'List of languages', (pattern, shell) => `select l.lanname as "Name", pg_get_userbyid(l.lanowner) as "Owner", case when l.lanpltrusted then 't' else 'f' end as "Trusted", obj_description(l.oid, 'pg_language') as "Description" from pg_catalog.pg_language l where ${pattern === undefined ? 'l.lanplcallfoid <> 0 and ' : ''}${condition(shell, pattern, { schema: undefined, name: 'l.lanname' })} order by 1`),
  objects(['dx'], '\\dx [PATTERN]', 'list installed extensions', 'List of installed extensions', (pattern, shell) => `select e.extname as "Name", e.extversion as "Version", n.nspname as "Schema", obj_description(e.oid, 'pg_extension') as "Description" from pg_catalog.pg_extension e left join pg_catalog.pg_namespace n on n.oid = e.extnamespace where ${condition(shell, pattern, { schema: undefined, name: 'e.extname' })} order by 1`),
  objects(['dconfig'], '\\dconfig [PATTERN]', 'list settings, without PATTERN those that are not at their default', 'List of configuration parameters', (pattern, shell) => `select s.name as "Parameter", current_setting(s.name) as "Value" from pg_catalog.pg_settings s
    where ${pattern === undefined ? "s.source <> 'default' and s.setting is distinct from s.boot_val" : condition(shell, pattern, { schema: undefined, name: 'lower(s.name)' })} order by 1`),
  objects(['dO'], '\\dO[S] [PATTERN]', 'list collations', 'List of collations', (pattern, shell, written) => `select n.nspname as "Schema", c.collname as "Name", c.collcollate as "Collate", c.collctype as "Ctype" from pg_catalog.pg_collation c join pg_catalog.pg_namespace n on n.oid = c.collnamespace
    where ${condition(shell, pattern, { schema: 'n.nspname', name: 'c.collname', visible: 'pg_collation_is_visible(c.oid)', withSystem: has(written, 'S') })} order by 1, 2`),
  objects(['dA'], '\\dA [PATTERN]', 'list access methods', 'List of access methods', (pattern, shell) => `select amname as "Name", case amtype when 'i' then 'Index' when 't' then 'Table' end as "Type" from pg_catalog.pg_am where ${condition(shell, pattern, { schema: undefined, name: 'amname' })} order by 1`),
  objects(['dp', 'z'], '\\dp [PATTERN]', 'access privileges: there is one user, who may do everything', 'Access privileges', (pattern, shell, written) => `select n.nspname as "Schema", c.relname as "Name", case c.relkind when 'r' then 'table' when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' end as "Type", array_to_string(c.relacl, E'\\n') as "Access privileges"
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r','v','m','S') and ${condition(shell, pattern, relation(written))} order by 1, 2`),
  objects(['du', 'dg'], '\\du [PATTERN]', 'list roles', 'List of roles', (pattern, shell) => `select r.rolname as "Role name", concat_ws(', ', case when r.rolsuper then 'Superuser' end, case when r.rolcreaterole then 'Create role' end, case when r.rolcreatedb then 'Create DB' end) as "Attributes" from pg_catalog.pg_roles r where ${condition(shell, pattern, { schema: undefined, name: 'r.rolname' })} order by 1`),
];

/** In names of operators nothing but a star alone, and a dot after a schema, is a pattern. */
const operatorPattern = (pattern: string): string => (pattern === '*' ? pattern : pattern.replace(/^(?:([a-zA-Z_*?]+)\.)?(.*)$/s, (_, schema: string | undefined, name: string) => `${schema === undefined ? '' : `${schema}.`}"${name}"`));

const schemaCommands: readonly MetaCommand[] = [
  { names: ['d'], usage: '\\d[S+] [PATTERN]', help: 'relations, or what one is made of', run: (shell, _args, text, written) => {
    const [pattern] = patternArguments(text);
    return pattern === undefined ? relations(shell, '', undefined, written) : describeRelations(shell, pattern, condition(shell, pattern, relation(written)), has(written, '+'));
  } },
  { names: [...Object.keys(kinds)].map((letter) => `d${letter}`), pattern: new RegExp(`^d[${Object.keys(kinds).join('')}]+$`), usage: '\\d[tivmsE][S+] [PATTERN]', help: 'list tables, indexes, views, materialized views, sequences', run: (shell, _args, text, written) => relations(shell, written.slice(1).replaceAll(/[S+]/g, ''), patternArguments(text)[0], written) },
  ...rest, ...routines,
  { names: ['l', 'list', 'databases'], usage: '\\l', help: 'the open database', run: (shell) => printRows(shell, 'List of databases', ['Name', 'File'], [[shell.database.name, shell.database.path]]) },
  { names: ['dump'], usage: '.dump [TABLE]...', help: 'the database, or some tables, as SQL', run: async (shell, names) => shell.database.dump((chunk) => shell.output.write(chunk), { data: 'inserts', ...(names.length === 0 ? {} : { tables: names }) }) },
  { names: ['tables'], usage: '.tables [PATTERN]', help: 'names of tables and views', run: async (shell, [pattern]) => shell.output.write(`${(await shell.current.column(`select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r','v','m') and ${condition(shell, pattern, relation())} order by 1`)).join('  ')}\n`) },
  { names: ['indexes'], usage: '.indexes', help: 'names of indexes', run: (shell, [pattern]) => relations(shell, 'i', pattern) },
];

export const describeCommands: readonly MetaCommand[] = schemaCommands;
