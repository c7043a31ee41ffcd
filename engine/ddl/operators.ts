/** Which types have the order an index needs, and which two types can be compared across a foreign key. */
import { baseTypeOf, sqlType, typeInfo, type Storage, type TypeRegistry } from '../../base/types.js';
import { DbError } from '../../base/errors.js';
import { operatorsNamed, resolverFor } from '../../functions/catalogue.js';

const unordered: ReadonlySet<Storage> = new Set<Storage>(['json', 'jsonpath', 'none']);

/** Whether `type` has an order, and, with `other`, whether values of both can be compared by it. */
export function operatorExists(type: number, types: TypeRegistry, other = type): boolean {
  const info = typeInfo(baseTypeOf(sqlType(type), types).oid, types);
  if (unordered.has(info.storage)) return false;
  if (info.storage === 'array' && info.elementOid !== 0 && !operatorExists(info.elementOid, types)) return false;
  if (other === type) return true;
  try {
    const found = resolverFor(types).resolveOperator(operatorsNamed('='), baseTypeOf(sqlType(type), types).oid, baseTypeOf(sqlType(other), types).oid);
    return typeof found !== 'string';
  } catch (error) {
    if (error instanceof DbError) return false;
    throw error;
  }
}
