/**
 * What polymorphic types stand for in one call. `anyelement`, `anyarray`, `anyrange` and their kin form one family, in which all must agree exactly: an array is of the element,
 * a range over it. The `anycompatible` ones form another, in which all are brought to one common type.
 *
 * Source: PostgreSQL's parse_coerce.c (check_generic_type_consistency, enforce_generic_type_consistency).
 */
import { baseTypeOf, isAnyCompatibleFamily, isAnyElementFamily, isPolymorphic, sqlType, typeInfo, TypeOid, type TypeRegistry } from '../base/types.js';

export interface PolymorphicBinding {
  /** Argument types with the polymorphic ones replaced; `unknown` where nothing tells. */
  readonly args: readonly number[];
  /** Nothing says what anyelement is: 42804 "could not determine polymorphic type". */
  readonly isUndetermined: boolean;
  resolve(declared: number): number;
}

/** Undefined when the arguments contradict one another, or nothing is known of an enum. `commonType`: of the types given for the second family. */
export function bindPolymorphic(
  types: TypeRegistry,
  commonType: (given: readonly number[]) => number | undefined,
  actual: readonly number[],
  declared: readonly number[],
): PolymorphicBinding | undefined {
  const family = new Families(types);
  for (const [i, target] of declared.entries()) {
    if (isPolymorphic(target) && actual[i] !== TypeOid.unknown && !family.accept(target, actual[i]!)) return undefined;
  }
  // Nothing but an enum will do, and nothing tells which.
  if (family.element === undefined && declared.includes(TypeOid.anyenum)) return undefined;
  if (!family.derive()) return undefined;
  if (declared.some(isAnyCompatibleFamily)) {
    family.common = family.compatible.length === 0 ? TypeOid.text : commonType(family.compatible);
    if (family.common === undefined) return undefined;
  }
  const resolve = (target: number): number => family.concrete(target) ?? TypeOid.unknown;
  return { isUndetermined: declared.some(isAnyElementFamily) && family.element === undefined && family.range === undefined, args: declared.map(resolve), resolve };
}

/** What is known of the two families. */
class Families {
  element: number | undefined;
  array: number | undefined;
  range: number | undefined;
  multirange: number | undefined;
  readonly compatible: number[] = [];
  common: number | undefined;
  readonly #types: TypeRegistry;

  constructor(types: TypeRegistry) {
    this.#types = types;
  }

  /** Takes an argument of type `given` for the polymorphic `target`; false when it does not fit, by itself or beside the ones before. */
  accept(target: number, given: number): boolean {
    const base = baseTypeOf(sqlType(given), this.#types).oid;
    const info = typeInfo(base, this.#types);
    const isArray = info.storage === 'array';
    switch (target) {
      case TypeOid.anyelement:
        return this.#agree('element', given);
      case TypeOid.anynonarray:
        return !isArray && this.#agree('element', given);
      case TypeOid.anyenum:
        return info.kind === 'enum' && this.#agree('element', given);
      case TypeOid.anyarray:
        return isArray && this.#agree('array', base);
      case TypeOid.anyrange:
        return info.kind === 'range' && this.#agree('range', base);
      case TypeOid.anymultirange:
        return info.kind === 'multirange' && this.#agree('multirange', base);
      case TypeOid.anycompatiblearray:
        if (isArray) this.compatible.push(info.elementOid);
        return isArray;
      case TypeOid.anycompatiblenonarray:
        if (!isArray) this.compatible.push(given);
        return !isArray;
      case TypeOid.anycompatible:
        this.compatible.push(given);
        return true;
      default:
        return false;
    }
  }

  #agree(member: 'element' | 'array' | 'range' | 'multirange', oid: number): boolean {
    this[member] ??= oid;
    return this[member] === oid;
  }

  /** Fills in what follows: a multirange tells its range, a range and an array their element. False when they contradict one another. */
  derive(): boolean {
    if (this.multirange !== undefined && !this.#agree('range', typeInfo(this.multirange, this.#types).subtypeOid)) return false;
    if (this.range !== undefined && !this.#agree('element', typeInfo(this.range, this.#types).subtypeOid)) return false;
    // The catalogue's own columns of type anyarray have elements of whatever type.
    if (this.array !== undefined) return this.#agree('element', this.array === TypeOid.anyarray ? TypeOid.anyelement : typeInfo(this.array, this.#types).elementOid);
    return true;
  }

  /** What `target` stands for; itself when it is not polymorphic, undefined when that is not known. */
  concrete(target: number): number | undefined {
    switch (target) {
      case TypeOid.anyelement:
      case TypeOid.anynonarray:
      case TypeOid.anyenum:
        return this.element;
      case TypeOid.anyarray:
        return this.array ?? this.#arrayOf(this.element);
      case TypeOid.anyrange:
        return this.range;
      case TypeOid.anymultirange:
        return this.multirange ?? (this.range === undefined ? undefined : typeInfo(this.range, this.#types).multirangeOid || undefined);
      case TypeOid.anycompatible:
      case TypeOid.anycompatiblenonarray:
        return this.common;
      case TypeOid.anycompatiblearray:
        return this.#arrayOf(this.common);
      default:
        return target;
    }
  }

  #arrayOf(element: number | undefined): number | undefined {
    return element === undefined ? undefined : typeInfo(element, this.#types).arrayOid || undefined;
  }
}
