/** psql's patterns of names: `*`, `?` and the rest of regular expressions outside quotes, folded to lower case there; up to three parts, `database.schema.name`. */
import { DatabaseError } from '../engine/index.js';

/** What a pattern is matched with: expressions of the query it goes into. */
export interface PatternColumns {
  /** Undefined for what lives in no schema. */
  readonly schema: string | undefined;
  /** The name, or several of which one must match. */
  readonly name: string | readonly string[];
  /** Whether the search path finds it: for patterns without a schema. */
  readonly visible?: string | undefined;
  /** Without a pattern objects of the system are left out, unless this is set (`S`). */
  readonly withSystem?: boolean | undefined;
}

/** The parts of a pattern as regular expressions. */
export function patternParts(pattern: string): string[] {
  const parts: string[] = [''];
  let isQuoted = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    let add: string;
    if (c === '"') {
      if (isQuoted && pattern[i + 1] === '"') {
        i++;
        add = '"';
      } else {
        isQuoted = !isQuoted;
        continue;
      }
    } else if (c === '.' && !isQuoted) {
      parts.push('');
      continue;
    } else if (isQuoted) add = c.replace(/[\\^$.|?*+()[\]{}]/, '\\$&');
    else add = c === '*' ? '.*' : c === '?' ? '.' : c === '$' ? '\\$' : c.toLowerCase();
    parts[parts.length - 1] += add;
  }
  return parts;
}

const literal = (regex: string): string => `'^(${regex.replaceAll("'", "''")})$'`;

/**
 * The pattern as a condition. Without one: what the search path finds of the user's own.
 * @throws DatabaseError 0A000 for another database, 42601 for more parts than the object has
 */
export function patternCondition(pattern: string | undefined, columns: PatternColumns, database: string): string {
  const { schema, visible } = columns;
  if (pattern === undefined) {
    const own = schema === undefined || columns.withSystem === true ? [] : [`${schema} not in ('pg_catalog', 'information_schema', 'pg_toast')`];
    return [...own, ...(visible === undefined ? [] : [visible])].join(' and ') || 'true';
  }
  const parts = patternParts(pattern);
  const most = schema === undefined ? 2 : 3;
  if (parts.length > most) throw new DatabaseError('42601', `improper qualified name (too many dotted names): ${pattern}`);
  if (parts.length === most && parts[0] !== database.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')) throw new DatabaseError('0A000', `cross-database references are not implemented: ${pattern}`);
  const names = typeof columns.name === 'string' ? [columns.name] : columns.name;
  const conditions = [`(${names.map((name) => `${name} ~ ${literal(parts.at(-1)!)}`).join(' or ')})`];
  const inSchema = schema === undefined ? undefined : parts.at(-2);
  if (inSchema !== undefined) conditions.push(`${schema!} ~ ${literal(inSchema)}`);
  else if (visible !== undefined) conditions.push(visible);
  return conditions.join(' and ');
}

/** The patterns behind a command: words, with the double quotes that say where case counts and a dot or blank is none. */
export function patternArguments(text: string): string[] {
  return (text.match(/(?:"(?:[^"]|"")*"|[^\s"])+/g) ?? []).map((word) => word.replace(/;$/, '')).filter((word) => word !== '');
}
