/**
 * `\d NAME`: what a relation is made of, in the tables and under the headings that psql has for each kind: columns of what holds rows, with indexes, constraints and references
 * below, the keys of an index, the numbers of a sequence.
 */
import { DatabaseError } from '../engine/index.js';
import type { ShellColumn } from './connection.js';
import { printRows } from './print-rows.js';
import type { Shell } from './shell.js';

interface Relation {
  readonly oid: string;
  readonly kind: string;
}
interface Description {
  readonly columns: readonly (string | ShellColumn)[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly footers: readonly string[];
}

const headings: Readonly<Record<string, string>> = { r: 'Table', p: 'Table', v: 'View', m: 'Materialized view', i: 'Index', S: 'Sequence', c: 'Composite type' };

/** Each relation that `condition` (on pg_class c, pg_namespace n) is true of. @throws DatabaseError 42P01 */
export async function describeRelations(shell: Shell, pattern: string, condition: string, isPlus: boolean): Promise<void> {
  const found = (await shell.current.run(`select c.oid::text, n.nspname, c.relname, c.relkind, c.relpersistence from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${condition} and c.relkind in ('r','p','v','m','i','S','c') order by 2, 3`)).at(-1)!.rows;
  if (found.length === 0) throw new DatabaseError('42P01', `Did not find any relation named "${pattern}".`);
  for (const [oid, schema, name, kind, persistence] of found) {
    const relation = { oid: oid!, kind: kind! };
    const description = kind === 'S' ? await ofSequence(shell, relation) : kind === 'i' ? await ofIndex(shell, relation, isPlus) : await ofRows(shell, relation, isPlus);
    const heading = headings[kind!]!;
    const title = `${persistence === 'u' ? `Unlogged ${heading.toLowerCase()}` : heading} "${schema}.${name}"`;
    await printRows(shell, title, description.columns, description.rows, `${description.footers.map((line) => `${line}\n`).join('')}\n`);
  }
}

async function ofSequence(shell: Shell, { oid }: Relation): Promise<Description> {
  const result = (await shell.current.run(`select format_type(seqtypid, null) as "Type", seqstart as "Start", seqmin as "Minimum", seqmax as "Maximum", seqincrement as "Increment",
      case when seqcycle then 'yes' else 'no' end as "Cycles?", seqcache as "Cache"
    from pg_catalog.pg_sequence where seqrelid = ${oid}::oid`)).at(-1)!;
  const footers = await shell.current.column(`select case d.deptype when 'i' then 'Sequence for identity column: ' else 'Owned by: ' end || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname)
    from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.refobjid join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.objid = ${oid}::oid and d.objsubid = 0 and d.deptype in ('a', 'i')`);
  return { columns: result.columns, rows: result.rows, footers };
}

/** How values are kept, which says something of PostgreSQL's files alone, and how many are sampled. */
const storage = "case a.attstorage when 'p' then 'plain' when 'm' then 'main' when 'x' then 'extended' when 'e' then 'external' end";
const statisticsTarget = "case when a.attstattarget <> -1 then a.attstattarget::text end";

const optionsOf = (shell: Shell, oid: string): Promise<string[]> => shell.current.column(`select 'Options: ' || array_to_string(reloptions, ', ') from pg_catalog.pg_class where oid = ${oid}::oid and reloptions is not null`);

async function ofIndex(shell: Shell, { oid }: Relation, isPlus: boolean): Promise<Description> {
  const rows = (await shell.current.run(`select a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnum <= i.indnkeyatts then 'yes' else 'no' end, pg_get_indexdef(a.attrelid, a.attnum, true)${isPlus ? `, ${storage}, ${statisticsTarget}` : ''}
    from pg_catalog.pg_attribute a join pg_catalog.pg_index i on i.indexrelid = a.attrelid where a.attrelid = ${oid}::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`)).at(-1)!.rows;
  const footers = await shell.current.column(`select case when i.indisprimary then 'primary key, ' when i.indisunique then 'unique, ' || case when i.indnullsnotdistinct then 'nulls not distinct, ' else '' end else '' end
      || m.amname || ', for table "' || n.nspname || '.' || t.relname || '"' || coalesce(', predicate (' || pg_get_expr(i.indpred, i.indrelid, true) || ')', '')
      || case when i.indisvalid then '' else ', invalid' end || case when con.condeferrable then ', deferrable' else '' end || case when con.condeferred then ', initially deferred' else '' end
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_am m on m.oid = c.relam join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      left join pg_catalog.pg_constraint con on con.conindid = i.indexrelid and con.contype in ('p', 'u')
    where i.indexrelid = ${oid}::oid`);
  return { columns: ['Column', 'Type', 'Key?', 'Definition', ...(isPlus ? ['Storage', 'Stats target'] : [])], rows, footers: isPlus ? [...footers, ...(await optionsOf(shell, oid))] : footers };
}

/** A table, a view or a composite type. */
async function ofRows(shell: Shell, relation: Relation, isPlus: boolean): Promise<Description> {
  const holdsRows = relation.kind === 'r' || relation.kind === 'm' || relation.kind === 'p';
  const rows = (await shell.current.run(`select a.attname, format_type(a.atttypid, a.atttypmod),
      coalesce((select c.collname from pg_catalog.pg_collation c, pg_catalog.pg_type t where c.oid = a.attcollation and t.oid = a.atttypid and a.attcollation <> t.typcollation), ''), case when a.attnotnull then 'not null' else '' end,
      case when a.attidentity = 'a' then 'generated always as identity' when a.attidentity = 'd' then 'generated by default as identity'
        when a.attgenerated = 's' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid, true) || ') stored' else coalesce(pg_get_expr(d.adbin, d.adrelid, true), '') end${isPlus ? `, ${storage}${holdsRows ? `, case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' else '' end, ${statisticsTarget}` : ''}, col_description(a.attrelid, a.attnum)` : ''}
    from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ${relation.oid}::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`)).at(-1)!.rows;
  return { columns: ['Column', 'Type', 'Collation', 'Nullable', 'Default', ...(isPlus ? ['Storage', ...(holdsRows ? ['Compression', 'Stats target'] : []), 'Description'] : [])], rows, footers: await footersOf(shell, relation, isPlus) };
}

async function footersOf(shell: Shell, { oid, kind }: Relation, isPlus: boolean): Promise<string[]> {
  const lines: string[] = [];
  const section = async (title: string, sql: string): Promise<void> => {
    const rows = await shell.current.column(sql);
    if (rows.length > 0) lines.push(`${title}:`, ...rows.map((row) => `    ${row}`));
  };
  const constraints = (title: string, type: string): Promise<void> => section(title, `select '"' || conname || '" ' || pg_get_constraintdef(oid, true) from pg_catalog.pg_constraint where conrelid = ${oid}::oid and contype = '${type}' order by conname`);
  if (kind === 'r' || kind === 'm' || kind === 'p') {
    await section('Indexes', `select '"' || c2.relname || '" ' || case when i.indisprimary then 'PRIMARY KEY, ' when i.indisunique and con.conname is not null then 'UNIQUE CONSTRAINT, ' when i.indisunique then 'UNIQUE, ' else '' end
        || regexp_replace(pg_get_indexdef(i.indexrelid, 0, true), '^.* USING ', '')
      from pg_catalog.pg_index i join pg_catalog.pg_class c2 on c2.oid = i.indexrelid left join pg_catalog.pg_constraint con on con.conindid = i.indexrelid and con.contype in ('p','u')
      where i.indrelid = ${oid}::oid order by i.indisprimary desc, c2.relname`);
    await constraints('Check constraints', 'c');
    await constraints('Foreign-key constraints', 'f');
    await section('Referenced by', `select 'TABLE "' || conrelid::regclass::text || '" CONSTRAINT "' || conname || '" ' || pg_get_constraintdef(oid, true) from pg_catalog.pg_constraint where confrelid = ${oid}::oid and contype = 'f' order by conname`);
  }
  if (kind === 'v' || (kind === 'm' && isPlus)) {
    // Views of the system have none.
    const definition = await shell.current.column(`select text from pg_get_viewdef(${oid}::oid, true) as text where text is not null`);
    if (definition.length > 0) lines.push('View definition:', ...definition);
  }
  if (isPlus && (kind === 'r' || kind === 'm' || kind === 'p')) lines.push(...(await shell.current.column(`select 'Access method: ' || m.amname from pg_catalog.pg_class c join pg_catalog.pg_am m on m.oid = c.relam where c.oid = ${oid}::oid`)));
  if (isPlus) lines.push(...(await optionsOf(shell, oid)));
  return lines;
}
