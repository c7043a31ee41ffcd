/**
 * Writes the lists of docs/sql.md from the catalogue itself, between its markers, so that the document cannot claim what is not there. `npm run docs` rewrites
 * it; sql-doc.test.ts fails when it is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtinTypes, typeName } from '../../base/types.js';
import { allFunctions, allOperators } from '../../functions/catalogue.js';

export const sqlDocPath = join(import.meta.dirname, '../../docs/sql.md');

function lists(): string {
  const lines: string[] = [];
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
  lines.push('### Operators', '');
  for (const [name, overloads] of [...allOperators()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const pairs = [...new Set(overloads.map((op) => `${op.left === undefined ? '' : `${typeName(op.left)} `}· ${typeName(op.right)}`))];
    lines.push(`- \`${name}\`: ${pairs.length > 12 ? `${pairs.length} pairs of types` : pairs.join('; ')}`);
  }
  return lines.join('\n');
}

const begin = '<!-- generated: begin -->';
const end = '<!-- generated: end -->';

/** The document with its generated part brought up to date. */
export function currentSqlDoc(text: string): string {
  const from = text.indexOf(begin) + begin.length;
  return `${text.slice(0, from)}\n\n${lists()}\n\n${text.slice(text.indexOf(end))}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(sqlDocPath, currentSqlDoc(readFileSync(sqlDocPath, 'utf8')));
