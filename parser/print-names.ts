/** Identifiers, literals and type names as SQL text; what print.ts and messages need of names. */
import type { Expression, QualifiedName, TypeName } from './ast.js';
import { isKeywordToQuote } from './keywords.js';

/** `name` as an identifier that reads back as itself: quoted when it is not plain lower case or is a keyword (as quote_ident). */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !isKeywordToQuote(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `text` as a string literal: E'...' when it has a backslash, as quote_literal. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

export function printPath(parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join('.');
}

export function printQualifiedName(name: QualifiedName): string {
  const own = quoteIdentifier(name.name);
  if (name.schema === undefined) return own;
  const schema = quoteIdentifier(name.schema);
  return name.catalog === undefined ? `${schema}.${own}` : `${quoteIdentifier(name.catalog)}.${schema}.${own}`;
}

/** Types of pg_catalog that SQL has words for, by how they take modifiers: none, one number in front of the rest, any. */
const plainTypes: Readonly<Record<string, string>> = { int2: 'smallint', int4: 'integer', int8: 'bigint', float4: 'real', float8: 'double precision', bool: 'boolean' };
const timeTypes: Readonly<Record<string, readonly [string, string]>> = {
  time: ['time', ''], timetz: ['time', ' with time zone'], timestamp: ['timestamp', ''], timestamptz: ['timestamp', ' with time zone'],
};
const sizedTypes: Readonly<Record<string, string>> = { varchar: 'character varying', varbit: 'bit varying' };
/** Without a size these two mean size 1, so only the sized forms have words. */
const fixedTypes: Readonly<Record<string, string>> = { bpchar: 'character', bit: 'bit' };

/** `expression` prints a modifier. */
export function printTypeNameWith(type: TypeName, expression: (modifier: Expression) => string): string {
  const bounds = type.arrayBounds.map((bound) => (bound === undefined ? '[]' : `[${bound}]`)).join('');
  return `${type.isSetOf ? 'setof ' : ''}${printScalarType(type, expression)}${type.isColumnType ? '%TYPE' : ''}${bounds}`;
}

function printScalarType(type: TypeName, expression: (modifier: Expression) => string): string {
  const { names, modifiers } = type;
  const inParens = modifiers.length === 0 ? '' : `(${modifiers.map(expression).join(', ')})`;
  const [schema, name] = names;
  if (names.length === 2 && schema === 'pg_catalog' && name !== undefined && !type.isColumnType) {
    const isSize = modifiers.length === 1 && /^\d+$/.test(inParens.slice(1, -1));
    const plain = plainTypes[name];
    if (plain !== undefined && modifiers.length === 0) return plain;
    const time = timeTypes[name];
    if (time !== undefined && (modifiers.length === 0 || isSize)) return `${time[0]}${inParens}${time[1]}`;
    const sized = sizedTypes[name];
    if (sized !== undefined && (modifiers.length === 0 || isSize)) return `${sized}${inParens}`;
    const fixed = fixedTypes[name];
    if (fixed !== undefined && isSize) return `${fixed}${inParens}`;
    if (name === 'numeric') return `numeric${inParens}`;
    if (name === 'interval' && (modifiers.length === 0 || isSize)) return printInterval(type, inParens);
  }
  return `${printPath(names)}${inParens}`;
}

/** The precision stands after SECOND when there are fields. */
function printInterval(type: TypeName, precision: string): string {
  return type.intervalFields === undefined ? `interval${precision}` : `interval ${type.intervalFields}${precision}`;
}
