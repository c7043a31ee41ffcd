/**
 * The catalog queries that psql sends for its `\d` family, taken from psql itself at run time (`psql -E`) and asked of both databases.
 *
 * Q1  Oids of user objects differ between databases: a literal that is one in PostgreSQL is replaced by the oid of the object of that name here,
 *     and oids in answers are compared as the names they stand for.
 */
import { spawnSync } from 'node:child_process';

/** Names of user objects by oid, as `kind schema.name`, over any catalog. */
export const objectNamesQuery = `
  SELECT c.oid, 'relation ' || n.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384
  UNION ALL SELECT t.oid, 'type ' || n.nspname || '.' || t.typname FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid >= 16384 AND t.typtype <> 'c'
  UNION ALL SELECT p.oid, 'function ' || n.nspname || '.' || p.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid >= 16384
  UNION ALL SELECT c.oid, 'constraint ' || c.conname FROM pg_catalog.pg_constraint c WHERE c.oid >= 16384
  UNION ALL SELECT oid, 'schema ' || nspname FROM pg_catalog.pg_namespace WHERE oid >= 16384 OR nspname = 'public'`;

export class ObjectNames {
  readonly #nameOf = new Map<string, string>();
  readonly #oidOf = new Map<string, string>();

  constructor(rows: readonly (readonly (string | null)[])[]) {
    for (const [oid, name] of rows) {
      this.#nameOf.set(oid!, name!);
      this.#oidOf.set(name!, oid!);
    }
  }
  nameOf(oid: string): string | undefined {
    return this.#nameOf.get(oid);
  }
  oidOf(name: string): string | undefined {
    return this.#oidOf.get(name);
  }
  /** Cells that are an oid become the name of the object. */
  named(rows: readonly (readonly (string | null)[])[]): (string | null)[][] {
    return rows.map((row) => row.map((cell) => (cell === null ? null : (this.#nameOf.get(cell) ?? cell))));
  }
}

/** The queries that psql sends to the server at `url` for `commands`, in order, each with the command it belongs to. undefined without psql. */
export function hiddenQueries(url: string, commands: readonly string[]): { readonly command: string; readonly sql: string }[] | undefined {
  const script = commands.map((command) => `\\echo @@@${command.slice(1).replaceAll(' ', '~')}\n${command}\n`).join('');
  const done = spawnSync('psql', ['-X', '-E', '-q', url], { input: script, encoding: 'utf8', env: { ...process.env, PAGER: '' }, maxBuffer: 1 << 26 });
  if (done.error !== undefined) return undefined;
  const found: { command: string; sql: string }[] = [];
  for (const part of done.stdout.split('@@@').slice(1)) {
    const command = `\\${part.slice(0, part.indexOf('\n')).replaceAll('~', ' ')}`;
    for (const [, sql] of part.matchAll(/\*{8,} QUERY \*{8,}\n([\s\S]*?)\n\*{20,}/g)) found.push({ command, sql: sql!.trim() });
  }
  return found;
}

/** `sql`, written for the database of `there`, as it reads for the database of `here`. */
export function translateOids(sql: string, there: ObjectNames, here: ObjectNames): string {
  return sql.replaceAll(/'(\d+)'|\b(\d{5,})\b/g, (whole, quoted: string | undefined, bare: string | undefined) => {
    const name = there.nameOf((quoted ?? bare)!);
    const oid = name === undefined ? undefined : here.oidOf(name);
    return oid === undefined ? whole : quoted === undefined ? oid : `'${oid}'`;
  });
}
