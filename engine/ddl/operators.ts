/** Which types have the order an index needs, and which two types can be compared across a foreign key. */
import { TypeOid, baseTypeOf, sqlType, typeInfo, type Storage, type TypeRegistry } from '../../base/types.js';
import { resolverFor } from '../../functions/catalogue.js';
import { operatorClassOf } from '../../planner/operator-classes.js';

const unordered: ReadonlySet<Storage> = new Set<Storage>(['json', 'jsonpath', 'none']);

const isPolymorphic = (type: number): boolean => ([TypeOid.anyarray, TypeOid.anyenum, TypeOid.anyrange, TypeOid.anymultirange, TypeOid.record] as readonly number[]).includes(type);

/** Whether values of `type` have an order. */
export function isOrdered(type: number, types: TypeRegistry): boolean {
  const info = typeInfo(baseTypeOf(sqlType(type), types).oid, types);
  if (unordered.has(info.storage)) return false;
  return info.storage !== 'array' || info.elementOid === 0 || isOrdered(info.elementOid, types);
}

/**
 * Whether a foreign key's column of type `child` can be compared with the key's column `parent`: by an operator of the family of the key's operator
 * class, or as a value of the key's type, which it becomes implicitly; never by making the key's values another type's.
 *
 * Source. ATAddForeignKeyConstraint.
 */
export function canReference(child: number, parent: { readonly type: number; readonly operatorClass?: string | undefined }, types: TypeRegistry): boolean {
  const [own, key] = [child, parent.type].map((type) => baseTypeOf(sqlType(type), types).oid) as [number, number];
  if (own === key) return true;
  const operatorClass = operatorClassOf(parent, types);
  // A class of all arrays, all enums and the like compares each of these types with itself.
  if (operatorClass === undefined || isPolymorphic(operatorClass.type)) return false;
  const other = operatorClassOf({ type: own }, types);
  if (other?.family === operatorClass.family && other.type === own) return true;
  return resolverFor(types).canCoerce([own], [key], 'implicit');
}
