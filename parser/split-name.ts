/** Names in values: what to_regclass, nextval and their like are given. */
import { DbError } from '../base/errors.js';

/** `schema.name` or `name`, quoted parts allowed. @throws DbError 42602 */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([^."\s][^."]*?))\s*(\.|$)/gy;
  let end = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    parts.push(match[1] === undefined ? match[2]!.toLowerCase() : match[1].replaceAll('""', '"'));
    end = pattern.lastIndex;
    if (match[3] === '') break;
  }
  if (parts.length === 0 || end !== text.length) throw new DbError('42602', 'invalid name syntax');
  return parts;
}
