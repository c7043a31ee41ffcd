/** Values from and to text outside any statement: stored defaults, statistics. */
import type { Datum } from '../base/datum.js';
import type { TextEnv } from '../base/text-env.js';
import { plainTextEnv } from '../base/text-env.js';
import { inputText, outputText } from '../base/text-io.js';
import type { SqlType, TypeRegistry } from '../base/types.js';

const system: TextEnv['system'] = {
  call: (name, args) => {
    switch (name) {
      case 'domain_check':
        return args[1]!;
      case 'jsonpathin':
        return args[0]!;
      default:
        return name.startsWith('reg') && name.endsWith('out') ? String(args[0]) : plainTextEnv.system.call(name, args);
    }
  },
};

/**
 * Default settings with a database's types: stored text never depends on a session, nor on names and checks that may change: objects are written
 * as their numbers, a domain's value has been checked, and a path stands in its normal form.
 */
export function staticTextContext(types: TypeRegistry): TextEnv {
  return { ...plainTextEnv, types, system };
}
export function parseText(text: string, type: SqlType, env: TextEnv): Datum {
  return inputText(type, text, env);
}
export function printText(value: Datum, type: SqlType, types: TypeRegistry): string {
  return outputText(type, value, staticTextContext(types));
}
