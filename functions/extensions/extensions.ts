/**
 * The extensions that CREATE EXTENSION can install: their functions are written here, and installing one makes a catalog record for each (engine/ddl/extensions.ts),
 * so that they are found, printed, depended on and dropped like any function. A record names its function by library and symbol, which stay when it is renamed.
 *
 * Each does what the PostgreSQL 15 extension of the same name and version does; what of it is missing is refused by name (functions/unsupported.ts).
 */
import type { FunctionDef } from '../registry.js';
import { pgcrypto } from './pgcrypto.js';
import { uuidOssp } from './uuid-ossp.js';

export interface Extension {
  readonly name: string;
  readonly version: string;
  readonly comment: string;
  /** Scalar functions; their schema is decided by CREATE EXTENSION. */
  readonly functions: readonly FunctionDef[];
}

export const extensions: readonly Extension[] = [pgcrypto, uuidOssp];

export const extensionNamed = (name: string): Extension | undefined => extensions.find((extension) => extension.name === name);

/** The function behind a catalog record; undefined when this version has none of that name and those argument types. */
export function extensionFunction(library: string, symbol: string, args: readonly number[]): FunctionDef | undefined {
  return extensionNamed(library)?.functions.find((f) => f.name === symbol && f.args.length === args.length && f.args.every((type, i) => type === args[i]));
}
