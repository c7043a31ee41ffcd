/**
 * `npm run build`: TypeScript to dist, a file of declarations and one of code for each module; in the place of parser/chevrotain.js the library's own single-file build
 * (see parser/chevrotain.ts), and in the place of parser/lookahead-tables.js the tables of the grammar just built, in that of functions/list-keys.js the names
 * that the lists of functions have. Then the modules are joined into a few files, which load
 * in a third of the time (docs/decisions/0034), and are themselves removed; `node build.mjs --modules` keeps them, for profiles by file. What V8 makes of the largest is kept beside it (docs/decisions/0035).
 */
import { isAscii } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { coreBanner, coreFooter } from './build/core-text.mjs';

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
const { catalogueKeys } = await import('./dist/functions/catalogue.js');
writeFileSync('dist/functions/list-keys.js', `export const listKeys = ${JSON.stringify(catalogueKeys())};\n`);

if (!process.argv.includes('--modules')) {
  const exported = Object.keys(await import('./dist/engine/index.js')).join(', ');
  await joinModules();
  for (const name of readdirSync('dist', { recursive: true })) if (name.endsWith('.js') && !name.startsWith('joined')) rmSync(join('dist', name));
  cpSync('dist/joined', 'dist', { recursive: true });
  rmSync('dist/joined', { recursive: true });
  copyFileSync('build/core.mjs', 'dist/engine/core.js');
  writeFileSync('dist/engine/index.js', `import core from './core.js';\nexport const { ${exported} } = core;\n`);
  execFileSync(process.execPath, ['build/code-cache.mjs'], { stdio: 'inherit' });
}

async function joinModules() {
  const options = { outdir: 'dist/joined', bundle: true, packages: 'external', platform: 'node', target: 'node20', logLevel: 'warning' };
  await build({
    ...options, entryPoints: [{ in: 'dist/engine/index.js', out: 'engine/core' }], format: 'cjs', outExtension: { '.js': '.cjs' },
    minifyWhitespace: true, lineLimit: 100, define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: `${coreBanner}const moduleUrl = require('node:url').pathToFileURL(__filename).href;` }, footer: { js: coreFooter },
  });
  if (!isAscii(readFileSync('dist/joined/engine/core.cjs'))) throw new Error('build/core.mjs reads characters as bytes');
  // For bundlers, which follow no path that is put together at run time. They squeeze what they read, so it need not be readable.
  await build({ ...options, entryPoints: [{ in: 'dist/engine/index.js', out: 'engine/bundled' }], format: 'esm', minifyWhitespace: true });
  // By the package's name, so that bundlers take the entry meant for them.
  const engine = { name: 'engine', setup: ({ onResolve }) => onResolve({ filter: /\/engine\/index\.js$/ }, () => ({ path: 'serialite', external: true })) };
  await build({
    ...options, entryPoints: ['lab/index', 'repl/main'].map((entry) => ({ in: `dist/${entry}.js`, out: entry })), format: 'esm', splitting: true, chunkNames: 'lab/[name]-[hash]', plugins: [engine],
  });
}
