/**
 * The floors of how this code is written, read from the sources: who may import whom, no cycles between files, nothing but the injected
 * interfaces for time, chance and files, no unfinished business, files of a readable size.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [], parser: ['base'], functions: ['base'], storage: ['base'], planner: ['parser', 'functions', 'base'], mvcc: ['storage', 'base'],
  executor: ['planner', 'functions', 'mvcc', 'base'], engine: ['executor', 'planner', 'parser', 'functions', 'mvcc', 'storage', 'base'],
};
/** Above the surface: the engine's index only. The shell may also use what knows SQL text without a database. */
const aboveSurface: Readonly<Record<string, readonly RegExp[]>> = {
  repl: [/^engine\/index\.ts$/, /^lab\/cli\.ts$/], lab: [/^engine\/index\.ts$/, /^base\//],
};
const folders = [...Object.keys(allowed), ...Object.keys(aboveSurface)];

interface Source {
  /** Relative to the root. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Modules of this repository it imports, and whether only types. */
  readonly imports: readonly { readonly path: string; readonly isType: boolean }[];
}

function readSources(): Source[] {
  const sources: Source[] = [];
  for (const folder of folders) {
    let names: string[];
    try {
      names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    } catch {
      continue;
    }
    for (const name of names) {
      if (!name.endsWith('.ts')) continue;
      const path = join(folder, name);
      const text = readFileSync(join(root, path), 'utf8');
      const imports = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gm)].map((match) => ({
        path: normalize(join(dirname(path), match[2]!)).replace(/\.js$/, '.ts'), isType: match[1] !== undefined,
      }));
      sources.push({ path, folder, text, imports });
    }
  }
  return sources;
}

/** Files that call one another because what they walk is recursive: plans hold expressions that hold plans. */
const recursive = /^executor\//;

const sources = readSources();
const folderOf = (path: string): string => path.split('/')[0]!;
/** The text without comments and string contents, for looking for identifiers. */
const codeOf = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`\\])\/\/.*$/gm, '$1');

test('sources were found', () => {
  expect(sources.length).toBeGreaterThan(100);
});

describe('imports', () => {
  test('go only where a folder may look', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { path } of source.imports) {
        const target = folderOf(path);
        if (target === source.folder) continue;
        const above = aboveSurface[source.folder];
        const ok = above === undefined ? allowed[source.folder]!.includes(target) : above.some((pattern) => pattern.test(path));
        if (!ok) wrong.push(`${source.path} imports ${path}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('the planner sees only the syntax tree and the printer of the parser', () => {
    const seen = new Set(sources.filter((s) => s.folder === 'planner').flatMap((s) => s.imports.map((i) => i.path).filter((path) => path.startsWith('parser/'))));
    expect([...seen].filter((path) => !/^parser\/(ast|print|print-names|parse|keywords)\.ts$/.test(path))).toEqual([]);
  });

  test('make no circles between folders', () => {
    for (const [folder, targets] of Object.entries(allowed)) for (const target of targets) expect(allowed[target]).not.toContain(folder);
  });

  test('make no circles between files of the lower folders', () => {
    const graph = new Map(sources.filter((s) => !recursive.test(s.path)).map((s) => [s.path, s.imports.filter((i) => !i.isType && hasValues(s, i.path)).map((i) => i.path)]));
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, trail: string[]): void => {
      const at = trail.indexOf(path);
      if (at >= 0) {
        circles.push([...trail.slice(at), path].join(' -> '));
        return;
      }
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  test('outside modules are few', () => {
    const known = new Set(Object.keys((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }).dependencies));
    expect(known.size).toBeLessThan(8);
    const wrong: string[] = [];
    for (const source of sources) {
      for (const match of source.text.matchAll(/^import\s[^'";]*?from\s+'([^.'][^']*)'/gm)) {
        const name = match[1]!;
        if (name.startsWith('node:') || known.has(name) || (source.folder === 'lab' && name === 'pg')) continue;
        wrong.push(`${source.path} imports ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Whether an import statement brings in anything but types. */
function hasValues(source: Source, path: string): boolean {
  const specifier = relative(dirname(source.path), path).replace(/\.ts$/, '.js');
  const pattern = new RegExp(`^(?:import|export)\\s+(?!type\\s)([^'";]*?)\\sfrom\\s+'(?:\\./)?${specifier.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}'`, 'gm');
  for (const match of source.text.matchAll(pattern)) {
    const names = match[1]!.replaceAll(/[{}\s]+/g, ' ').split(',').map((name) => name.trim()).filter((name) => name !== '');
    if (names.some((name) => !name.startsWith('type '))) return true;
  }
  return false;
}

describe('below the surface', () => {
  const below = sources.filter((s) => ['base', 'parser', 'functions', 'planner', 'executor', 'mvcc', 'storage', 'engine'].includes(s.folder));
  /** The only files that touch the real thing. */
  const real: Readonly<Record<string, RegExp>> = {
    'Date.now()': /^$/, 'new Date()': /^$/, 'Math.random': /^$/, setTimeout: /^(base\/scheduler|storage\/files\/file-lock)\.ts$/, setImmediate: /^base\/scheduler\.ts$/, setInterval: /^$/,
    'performance.': /^base\/clock\.ts$/, 'node:fs': /^storage\/files\/(node-vfs|file-lock)\.ts$/, 'node:child_process': /^storage\/files\/file-lock\.ts$/, 'node:net': /^storage\/files\/file-lock\.ts$/, 'node:crypto': /^base\/node-crypto\.ts$/, nodeCrypto: /^(base\/(node-crypto|prng)|functions\/.*|storage\/files\/(node-vfs|file-lock))\.ts$/, 'process.env': /^$/,
  };
  test.each(Object.entries(real))('%s stands where it may', (word, where) => {
    const wrong = below.filter((s) => !where.test(s.path) && codeOf(s.text).includes(word)).map((s) => s.path);
    expect(wrong).toEqual([]);
  });

  test('code is generated in one place', () => {
    expect(below.filter((s) => /new Function\b|\beval\(/.test(codeOf(s.text)) && !/^executor\/codegen(\/[a-z-]+)?\.ts$/.test(s.path)).map((s) => s.path)).toEqual([]);
  });
});

describe('every file', () => {
  test('opens with what it is', () => {
    expect(sources.filter((s) => !/^(#![^\n]*\n)?\/\*\*/.test(s.text)).map((s) => s.path)).toEqual([]);
  });
  test('is finished', () => {
    const wrong = sources.filter((s) => /\b(TODO|FIXME|XXX|HACK)\b(?!\d)/.test(s.text.replaceAll(/XX[0-9X]{3}/g, '')) || /not implemented(?! yet in PostgreSQL)/i.test(codeOf(s.text).replaceAll(/'[^']*not implemented[^']*'/g, '').replaceAll(/`[^`]*not implemented[^`]*`/g, ''))).map((s) => s.path);
    expect(wrong).toEqual([]);
  });
  test('has no any', () => {
    const wrong = sources.filter((s) => /(:|<|\|)\s*any\b(?![\w'":(])/.test(codeOf(s.text).replaceAll(/'[^']*'|`[^`]*`/g, '').replaceAll(/\.\.\.\w+: any\[\]/g, ''))).map((s) => s.path);
    // Implementations of SQL functions narrow their own parameters.
    expect(wrong.filter((path) => path !== 'functions/registry.ts' && path !== 'base/types.ts')).toEqual([]);
  });
  test('can be read in one sitting', () => {
    const long = sources.map((s) => ({ path: s.path, lines: s.text.split('\n').length })).filter((s) => s.lines > 800 && !/^(parser\/ast|parser\/keywords)\.ts$/.test(s.path)).map((s) => `${s.path}: ${s.lines}`);
    expect(long).toEqual([]);
  });
  test('names no machine', () => {
    const wrong = sources.filter((s) => /\/home\/|\/work\/|\/tmp\/|registry\.npmjs/.test(s.text)).map((s) => s.path);
    expect(wrong).toEqual([]);
  });
});

test('only the two faces re-export, and the file that stands for a library', () => {
  const allowed = ['engine/index.ts', 'lab/index.ts', 'parser/chevrotain.ts'];
  const wrong = sources.filter((s) => /^export\s+(\*|\{[^}]*\})\s+from\s/m.test(s.text) && !allowed.includes(s.path)).map((s) => s.path);
  expect(wrong).toEqual([]);
});
