/** Values from and to text outside any statement: stored defaults, statistics. */
import type { Datum } from '../base/datum.js';
import type { TextEnv } from '../base/text-env.js';
import { plainTextEnv } from '../base/text-env.js';
import { inputText, outputText } from '../base/text-io.js';
import type { SqlType, TypeRegistry } from '../base/types.js';

/** Default settings with a database's types: stored text never depends on a session. */
export function staticTextContext(types: TypeRegistry): TextEnv {
  return { ...plainTextEnv, types };
}
export function parseText(text: string, type: SqlType, env: TextEnv): Datum {
  return inputText(type, text, env);
}
export function printText(value: Datum, type: SqlType, types: TypeRegistry): string {
  return outputText(type, value, staticTextContext(types));
}
