/**
 * Writes the lists of docs/sql.md from the code itself, between its markers, so that the document cannot claim what is not there: statements by running them, types,
 * functions and operators from the catalogue, what is missing from the table that refuses it. `npm run docs` rewrites it; sql-doc.test.ts fails when it is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinTypes, typeName } from '../../base/types.js';
import { DatabaseError, open, type Database } from '../../engine/index.js';
import { allFunctions, allOperators } from '../../functions/catalogue.js';
import { extensions } from '../../functions/extensions/extensions.js';
import { functionDifferences } from '../../functions/differences.js';
import { unsupportedGroups } from '../../functions/unsupported.js';
import { statementLimits } from '../../repl/syntax-help.js';
import { postgresStatements, statementSamples } from './postgres-statements.js';

export const sqlDocPath = join(import.meta.dirname, '../../docs/sql.md');

/** Whether a statement of PostgreSQL is there: refused by its name, or else read beyond its name. @throws TypeError when its name is not understood */
async function isStatement(db: Database, name: string): Promise<boolean> {
  const sample = statementSamples[name] ?? `${name} x`;
  try {
    await db.query(sample);
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.code === '0A000' && / is not supported$/.test(error.message)) return false;
    if (error.code === '42601' && (error.position ?? sample.length) <= name.length) throw new TypeError(`${name} is neither there nor refused: ${error.message}`);
    return true;
  }
}

async function statements(): Promise<string[]> {
  const db = await open(':memory:');
  const [yes, differs, no]: [string[], string[], string[]] = [[], [], []];
  try {
    for (const name of postgresStatements) {
      const limit = statementLimits[name];
      if (!(await isStatement(db, name))) no.push(name);
      else if (limit === undefined) yes.push(name);
      else differs.push(`${name} (${limit})`);
    }
  } finally {
    await db.close();
  }
  return ['### Statements', '', `Yes: ${yes.join(', ')}.`, '', `Differs: ${differs.join(', ')}.`, '', `No (0A000): ${no.join(', ')}.`, ''];
}

async function lists(): Promise<string> {
  const lines = await statements();
  const types = [...builtinTypes.all()].filter((type) => type.kind !== 'pseudo' && type.kind !== 'array');
  lines.push('### Types', '', `Yes: ${types.filter((type) => type.storage !== 'none').map((type) => typeName(type.oid)).sort().join(', ')}, and arrays of each.`, '');
  lines.push(`No (0A000): ${types.filter((type) => type.storage === 'none').map((type) => typeName(type.oid)).sort().join(', ')}.`, '');
  const byKind = new Map<string, string[]>();
  for (const [name, overloads] of allFunctions()) {
    for (const kind of new Set(overloads.map((f) => f.kind))) {
      const names = byKind.get(kind) ?? [];
      names.push(name);
      byKind.set(kind, names);
    }
  }
  const titles = { scalar: 'Functions', aggregate: 'Aggregates', window: 'Window functions', set: 'Set-returning functions' } as const;
  for (const kind of ['scalar', 'aggregate', 'window', 'set'] as const) {
    const names = (byKind.get(kind) ?? []).sort();
    lines.push(`### ${titles[kind]} (${names.length} names)`, '', `${names.map((name) => `\`${name}\``).join(', ')}.`, '');
  }
  lines.push('### Functions of extensions', '', ...extensions.map((e) => `- \`${e.name}\` ${e.version}: ${[...new Set(e.functions.map((f) => `\`${f.name}\``))].join(', ')}.`), '');
  const differences = new Map<string, string[]>();
  for (const [name, how] of Object.entries(functionDifferences)) differences.set(how, [...(differences.get(how) ?? []), `\`${name}\``]);
  lines.push('### Functions that differ', '', ...[...differences].map(([how, names]) => `- ${names.join(', ')}: ${how}`), '');
  lines.push('### Functions that there are not (0A000)', '', ...Object.entries(unsupportedGroups()).map(([group, names]) => `- ${group}: ${names.map((name) => `\`${name}\``).join(', ')}.`), '');
  lines.push('### Operators', '');
  for (const [name, overloads] of [...allOperators()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const pairs = [...new Set(overloads.map((op) => `${op.left === undefined ? '' : `${typeName(op.left)} `}· ${typeName(op.right)}`))];
    lines.push(`- \`${name}\`: ${pairs.length > 12 ? `${pairs.length} pairs of types` : pairs.join('; ')}`);
  }
  lines.push('', 'No (0A000, for their operands): those of the types that there are not.');
  return lines.join('\n');
}

const begin = '<!-- generated: begin -->';
const end = '<!-- generated: end -->';

/** The document with its generated part brought up to date. */
export async function currentSqlDoc(text: string): Promise<string> {
  const from = text.indexOf(begin) + begin.length;
  return `${text.slice(0, from)}\n\n${await lists()}\n\n${text.slice(text.indexOf(end))}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(sqlDocPath, await currentSqlDoc(readFileSync(sqlDocPath, 'utf8')));
