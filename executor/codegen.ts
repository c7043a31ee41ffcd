/**
 * The one home of `new Function`. What reaches it is assembled from our own templates, integers, and identifiers numbered by us; constants of the
 * statement, names, types and functions arrive as arguments (`Module.constant`). So nothing of the SQL text is ever source.
 */
import { InternalError } from '../base/errors.js';

/** `body` ends in a `return`; it sees `names` as its parameters. */
export function instantiate(names: readonly string[], values: readonly unknown[], body: string, label: number): unknown {
  try {
     
    const make = new Function(...names, `"use strict";\n${body}\n//# sourceURL=serialite-plan-${label}.js`) as (...values: readonly unknown[]) => unknown;
    return make(...values);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InternalError(`generated code does not parse: ${error.message}`);
    throw error;
  }
}

let isAllowed: boolean | undefined;

/** Whether this runtime lets us make functions from source; some embedders forbid it, and then plans are interpreted. */
export function canGenerate(): boolean {
  if (isAllowed === undefined) {
    try {
      isAllowed = instantiate([], [], 'return true;', 0) === true;
    } catch {
      isAllowed = false;
    }
  }
  return isAllowed;
}
