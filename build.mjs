/** `npm run build`: TypeScript to dist, and in the place of parser/chevrotain.js the library's own single-file build (see parser/chevrotain.ts). */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);
execFileSync(process.execPath, [resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
// Its entry is lib/src/api.js.
const library = dirname(dirname(dirname(resolve('chevrotain'))));
copyFileSync(join(library, 'lib/chevrotain.min.mjs'), 'dist/parser/chevrotain.js');
copyFileSync(join(library, 'LICENSE.txt'), 'dist/parser/chevrotain.LICENSE.txt');
