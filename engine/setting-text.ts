/** The value of SET as one text. */
import { unreachable } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { SettingValue } from '../parser/ast.js';
import { quoteIdentifier } from './sql-template.js';

/** Settings whose value is a list keep its items quoted as identifiers. */
const listSettings = new Set(['search_path', 'temp_tablespaces', 'datestyle']);

export function settingText(name: string, values: readonly SettingValue[]): string {
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
          return value.cast.operand.kind === 'string' ? value.cast.operand.value : '';
        default:
          return unreachable(value);
      }
    })
    .join(', ');
}
