/**
 * `npm run build`: TypeScript to dist; in the place of parser/chevrotain.js the library's own single-file build (see parser/chevrotain.ts), and in the place of
 * parser/lookahead-tables.js the tables of the grammar just built.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);
execFileSync(process.execPath, [resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
// Its entry is lib/src/api.js.
const library = dirname(dirname(dirname(resolve('chevrotain'))));
copyFileSync(join(library, 'lib/chevrotain.min.mjs'), 'dist/parser/chevrotain.js');
copyFileSync(join(library, 'LICENSE.txt'), 'dist/parser/chevrotain.LICENSE.txt');

// A string is read faster than the same as source.
const { SqlGrammar } = await import('./dist/parser/grammar.js');
const tables = JSON.stringify(new SqlGrammar().tables());
writeFileSync('dist/parser/lookahead-tables.js', `export const lookaheadTables = JSON.parse(${JSON.stringify(tables)});\n`);
