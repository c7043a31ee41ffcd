/**
 * The one home of `new Function`. What reaches it is assembled from our own templates, integers, and identifiers numbered by us; constants of the
 * statement, names, types and functions arrive as arguments (`Module.constant`). So nothing of the SQL text is ever source, with one exception: names of result
 * columns that are nothing but letters, digits and a few harmless characters (`propertySource`, docs/decisions/0023).
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

const harmless = /^[A-Za-z0-9_ ?$]{1,63}$/;

/**
 * How an object literal names a property. Written out in quotes where no character of the name could end them, because V8 makes the object at once then; with
 * a computed name each property is a call of the runtime, about 80 ns. `constant` gives the name by which source reaches a value. `__proto__` written out
 * would not be a property.
 */
export function propertySource(name: string, constant: (value: unknown) => string): string {
  return harmless.test(name) && name !== '__proto__' ? `"${name}"` : `[${constant(name)}]`;
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
