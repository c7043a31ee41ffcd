/** Every script of scripts/, in generated code and in the interpreter. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { GoldenRunner, parseGolden, printGolden } from './golden.js';

const folder = new URL('scripts/', import.meta.url);
const only = process.env['GOLDEN'];
const scripts = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.golden') && (only === undefined || name.includes(only))).sort();
const isUpdate = process.env['UPDATE_GOLDEN'] === '1';
VERIFY.on = true;

describe.each(scripts)('%s', (script) => {
  const path = new URL(script, folder);
  const text = readFileSync(path, 'utf8');
  const blocks = parseGolden(text);
  for (const mode of ['generated', 'interpreted'] as const) {
    test(mode, async () => {
      const outputs = await new GoldenRunner({ mode }).run(blocks);
      const printed = printGolden(blocks, outputs);
      if (isUpdate && mode === 'generated') writeFileSync(path, printed);
      else expect(printed).toBe(isUpdate ? readFileSync(path, 'utf8') : text.endsWith('\n') ? text : `${text}\n`);
    });
  }
});
