/** Finds spec files with the transcripts they may give: `specs/NAME.spec`, `expected/NAME.out`, `expected/NAME_1.out` and so on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError } from '../../engine/index.js';
import type { SpecFiles } from './spec-suite.js';

/** @throws DatabaseError 58P01 when there is no folder of specs */
export function readSpecFolder(folder: string, only: readonly string[] = []): SpecFiles[] {
  const specs = join(folder, 'specs');
  if (!existsSync(specs)) throw new DatabaseError('58P01', `no folder "${specs}"`);
  const expectedFolder = join(folder, 'expected');
  const expectedNames = existsSync(expectedFolder) ? readdirSync(expectedFolder) : [];
  return readdirSync(specs)
    .filter((file) => file.endsWith('.spec'))
    .map((file) => file.slice(0, -'.spec'.length))
    .filter((name) => only.length === 0 || only.includes(name))
    .sort()
    .map((name) => ({
      name,
      spec: readFileSync(join(specs, `${name}.spec`), 'utf8'),
      expected: expectedNames.filter((file) => file === `${name}.out` || (file.startsWith(`${name}_`) && /^_\d+\.out$/.test(file.slice(name.length)))).map((file) => readFileSync(join(expectedFolder, file), 'utf8')),
    }));
}
