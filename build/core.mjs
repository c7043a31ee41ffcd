/**
 * Runs dist/engine/core.cjs, all of the package below its entries, and hands out what it exports (docs/decisions/0035). Where the build has kept what V8 compiled of it, for this
 * version of V8, V8 is given that and compiles only what is missing. Elsewhere the file is required as any other, so that `module.enableCompileCache()` of newer versions of Node serves it.
 *
 * K1  What is kept is used with the very text it was made of, and whole: a checksum over both ends it. V8 itself looks only at its version, its flags and the length of the text.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import zlib from 'node:zlib';

const require = createRequire(import.meta.url);
const path = fileURLToPath(new URL('core.cjs', import.meta.url));
const keptPath = `${path}.${process.versions.v8}-${process.platform}-${process.arch}`;
const checksumLength = 4;
/** With what it has compiled V8 keeps the name that the script had, so it has the same wherever the package lies. Stacks show it. */
const scriptName = 'serialite/dist/engine/core.cjs';

/** Of the text and of what was compiled of it. */
const checksum = (text, compiled) => zlib.crc32(compiled, zlib.crc32(text));

/**
 * A file's bytes in memory that `resize(0)` gives back to the system at once. A Buffer's stays until V8 next collects, and the C library, seeing a block that large freed, takes it for usual
 * from then on and no longer gives back what the threads that compile have used.
 */
function bytesOf(file) {
  const { size } = statSync(file);
  const bytes = Buffer.from(new ArrayBuffer(size, { maxByteLength: size }));
  const fd = openSync(file);
  try {
    let at = 0;
    for (let read = -1; read !== 0; at += read) read = readSync(fd, bytes, at, size - at);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** Of what the build has kept for this V8 and this text, what was compiled; undefined when there is none. Node has had crc32 since 20.15. */
function compiledOf(kept, text) {
  const compiled = kept.subarray(0, -checksumLength);
  return kept.length > checksumLength && kept.readUInt32LE(compiled.length) === checksum(text, compiled) ? compiled : undefined;
}

/**
 * The file as a script, which evaluates to a function of a CommonJS module's parameters (build/core-text.mjs). esbuild writes ASCII, so that its bytes are its characters. V8 keeps the string as long as it has functions
 * to compile, and of this one it makes no second copy: were anything put before or after it, it would.
 */
const scriptOf = (text, cachedData) => new Script(text.latin1Slice(), { filename: scriptName, cachedData });

function run(script) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, dirname(path));
  return module.exports;
}

function load() {
  if (zlib.crc32 === undefined || !existsSync(keptPath)) return require(path);
  const [text, kept] = [bytesOf(path), bytesOf(keptPath)];
  const compiled = compiledOf(kept, text);
  const script = compiled && scriptOf(text, compiled);
  for (const { buffer } of [text, kept]) buffer.resize(0);
  return script === undefined ? require(path) : run(script);
}

/** For the build: runs the file, lets `use` do with its exports what most programs do, and keeps what V8 has compiled by then. */
export async function keepCompiled(use) {
  const text = readFileSync(path);
  const script = scriptOf(text, undefined);
  await use(run(script));
  const compiled = script.createCachedData();
  const end = Buffer.alloc(checksumLength);
  end.writeUInt32LE(checksum(text, compiled));
  writeFileSync(keptPath, Buffer.concat([compiled, end]));
}

export default load();
