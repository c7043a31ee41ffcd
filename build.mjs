/**
 * `npm run build`: TypeScript to dist, a file of declarations and one of code for each module; in the place of parser/chevrotain.js the library's own single-file build
 * (see parser/chevrotain.ts), and in the place of parser/lookahead-tables.js the tables of the grammar just built. Then the modules behind each entry of the package are
 * joined into a few files, which load in a third of the time (docs/decisions/0034), and are themselves removed; `node build.mjs --modules` keeps them, for profiles by file.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const entries = ['engine/index', 'lab/index', 'repl/main'];

const { resolve } = createRequire(import.meta.url);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
// Its entry is lib/src/api.js.
const library = dirname(dirname(dirname(resolve('chevrotain'))));
copyFileSync(join(library, 'lib/chevrotain.min.mjs'), 'dist/parser/chevrotain.js');
copyFileSync(join(library, 'LICENSE.txt'), 'dist/parser/chevrotain.LICENSE.txt');

// A string is read faster than the same as source.
const { SqlGrammar } = await import('./dist/parser/grammar.js');
const tables = JSON.stringify(new SqlGrammar().tables());
writeFileSync('dist/parser/lookahead-tables.js', `export const lookaheadTables = JSON.parse(${JSON.stringify(tables)});\n`);

if (!process.argv.includes('--modules')) {
  await build({
    entryPoints: entries.map((entry) => ({ in: `dist/${entry}.js`, out: entry })),
    outdir: 'dist/joined', bundle: true, splitting: true, packages: 'external', format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning',
    // Where a frame of ours is looked for (engine/call-site.ts).
    chunkNames: 'engine/[name]-[hash]',
  });
  for (const name of readdirSync('dist', { recursive: true })) if (name.endsWith('.js') && !name.startsWith('joined')) rmSync(join('dist', name));
  cpSync('dist/joined', 'dist', { recursive: true });
  rmSync('dist/joined', { recursive: true });
}
