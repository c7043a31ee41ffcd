/** The value of SET as one text. */
import { unreachable } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { formatInterval, parseInterval } from '../../base/interval-text.js';
import type { Cast, SettingValue } from '../../parser/ast.js';
import type { Backend } from '../backend.js';
import { bindTypeName } from '../ddl/types.js';
import { quoteIdentifier } from '../sql-template.js';

/** Settings whose value is a list keep its items quoted as identifiers. */
const listSettings = new Set(['search_path', 'temp_tablespaces', 'datestyle']);

export function settingText(backend: Backend, name: string, values: readonly SettingValue[]): string {
  const isList = listSettings.has(name.toLowerCase());
  if (values.length > 1 && !isList) throw new DbError('22023', `SET ${name} takes only one argument`);
  return values
    .map((value) => {
      switch (value.kind) {
        case 'number':
          return value.text;
        case 'word':
          return isList && name.toLowerCase() === 'search_path' && value.value !== value.value.toLowerCase() ? quoteIdentifier(value.value) : value.value;
        case 'string':
          return isList && name.toLowerCase() === 'search_path' && values.length >= 1 && !/^[a-z_][a-z0-9_$]*$/.test(value.value) ? quoteIdentifier(value.value) : value.value;
        case 'interval':
          return intervalText(backend, value.cast);
        default:
          return unreachable(value);
      }
    })
    .join(', ');
}

/** What INTERVAL '...' [fields] is, as a literal that says the same without the fields. @throws DbError 22007, 22015 */
function intervalText(backend: Backend, { type, operand }: Cast): string {
  const text = operand.kind === 'string' ? operand.value : '';
  return `INTERVAL '${formatInterval(parseInterval(text, bindTypeName(backend, type).typmod))}'`;
}
