/** What the build keeps of V8's work (build/core.mjs): used when it fits, and never when the text or the kept bytes are others (K1). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { coreBanner, coreFooter } from '../../build/core-text.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serialite-core-'));
  cpSync(fileURLToPath(new URL('../../build/core.mjs', import.meta.url)), join(folder, 'core.mjs'));
  writeText('one');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Its function says the word, and whether it was run as a module of Node's own loader. */
function writeText(word: string): void {
  writeFileSync(join(folder, 'core.cjs'), `${coreBanner}exports.say = () => '${word}' + (module.children === undefined ? ' kept' : ' required');\n${coreFooter}`);
}
function node(program: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder, encoding: 'utf8' }).trim();
}
const keep = (): string => node(`import { keepCompiled } from '${folder}/core.mjs'; await keepCompiled((core) => core.say());`);
const say = (): string => node(`import core from '${folder}/core.mjs'; console.log(core.say());`);
const keptPath = (): string => join(folder, readdirSync(folder).find((name) => name.startsWith('core.cjs.'))!);

test('without what a build has kept the file is required', () => {
  expect(say()).toBe('one required');
});

test('with it the file does the same', () => {
  keep();
  expect(say()).toBe('one kept');
});

test('a text of the same length is run as it stands', () => {
  keep();
  writeText('two');
  expect(say()).toBe('two required');
});

test('kept bytes that have changed, or are too few, are not used', () => {
  keep();
  const kept = readFileSync(keptPath());
  for (const at of [0, Math.floor(kept.length / 2), kept.length - 1]) {
    const changed = Buffer.from(kept);
    changed[at]! ^= 0x55;
    writeFileSync(keptPath(), changed);
    expect(say(), `byte ${at}`).toBe('one required');
  }
  for (const length of [0, 4, kept.length - 1]) {
    writeFileSync(keptPath(), kept.subarray(0, length));
    expect(say(), `${length} bytes`).toBe('one required');
  }
});
