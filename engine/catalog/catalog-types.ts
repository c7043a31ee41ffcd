/**
 * The user's types as `TypeRegistry` wants them: enums, domains, composites, ranges, the row types of tables and views, and arrays of all
 * of these. What is answered follows the reader at once, so layouts may keep the registry for as long as they live.
 */
import type { SqlType, TypeInfo, TypeRegistry } from '../../base/types.js';
import { FirstUserOid, builtinTypes, sqlType, typeInfo } from '../../base/types.js';
import type { CatalogRecord, SchemaRecord, TypeRecord } from './catalog-objects.js';
import type { CatalogReader } from './catalog-store.js';

export class CatalogTypes implements TypeRegistry {
  readonly #reader: CatalogReader;
  /** By record, then by type oid; a changed record is another object. */
  readonly #infos = new WeakMap<CatalogRecord, Map<number, TypeInfo>>();

  constructor(reader: CatalogReader) {
    this.#reader = reader;
  }

  get version(): number {
    return this.#reader.version;
  }

  lookup(oid: number): TypeInfo | undefined {
    if (oid < FirstUserOid) return builtinTypes.lookup(oid);
    const owner = this.#reader.ownerOfType(oid);
    if (owner === undefined) return undefined;
    let infos = this.#infos.get(owner);
    if (infos === undefined) this.#infos.set(owner, (infos = new Map()));
    let info = infos.get(oid);
    if (info === undefined) {
      info = this.#make(owner, oid);
      infos.set(oid, info);
    }
    return info;
  }

  #make(owner: CatalogRecord, oid: number): TypeInfo {
    const schema = this.#schemaName('schema' in owner ? owner.schema : 0);
    const empty = { isPreferred: false, arrayOid: 0, elementOid: 0, baseType: undefined, labels: undefined, attributes: undefined, subtypeOid: 0, multirangeOid: 0 };
    const arrayOf = (name: string, element: number): TypeInfo => ({
      ...empty, oid, name: `_${name}`, schema, kind: 'array', category: 'A', storage: 'array', length: -1, elementOid: element,
    });
    if (owner.kind === 'table' || owner.kind === 'view') {
      if (oid === owner.rowArrayType) return arrayOf(owner.name, owner.rowType);
      return {
        ...empty, oid, name: owner.name, schema, kind: 'composite', category: 'C', storage: 'record', length: -1, arrayOid: owner.rowArrayType,
        ...attributesOf(owner.columns),
      };
    }
    const record = owner as TypeRecord;
    if (oid === record.arrayType) return arrayOf(record.name, record.oid);
    const { detail } = record;
    const shared = { ...empty, oid, name: record.name, schema, arrayOid: record.arrayType };
    switch (detail.kind) {
      case 'enum':
        return { ...shared, kind: 'enum', category: 'E', storage: 'enum', length: 4, labels: [...detail.labels].sort((a, b) => a.order - b.order), newLabels: this.#reader.newLabels };
      case 'domain': {
        const base = typeInfo(detail.base, this);
        return { ...shared, kind: 'domain', category: base.category, storage: base.storage, length: base.length, elementOid: base.elementOid, baseType: sqlType(detail.base, detail.typmod) };
      }
      case 'composite':
        return {
          ...shared, kind: 'composite', category: 'C', storage: 'record', length: -1,
          ...attributesOf(detail.attributes),
        };
      case 'range':
        if (oid === detail.multirange) {
          return { ...shared, name: detail.multirangeName, kind: 'multirange', category: 'R', storage: 'multirange', length: -1, arrayOid: detail.multirangeArray, subtypeOid: record.oid };
        }
        if (oid === detail.multirangeArray) return arrayOf(detail.multirangeName, detail.multirange);
        return { ...shared, kind: 'range', category: 'R', storage: 'range', length: -1, subtypeOid: detail.subtype, multirangeOid: detail.multirange };
    }
  }

  #schemaName(oid: number): string {
    return (this.#reader.get(oid) as SchemaRecord | undefined)?.name ?? '';
  }

  /** A user's type by name in one schema. Row types of tables count, and the multiranges of ranges. */
  byName(schema: number, name: string): SqlType | undefined {
    const type = this.#reader.find('type', schema, name);
    if (type !== undefined) return sqlType(type);
    const multirange = this.#reader.rangeOfMultirange(schema, name);
    if (multirange !== undefined) return sqlType(multirange.detail.multirange);
    const relation = this.#reader.find('relation', schema, name);
    const record = relation === undefined ? undefined : this.#reader.get(relation);
    if (record?.kind === 'table' || record?.kind === 'view') return sqlType(record.rowType);
    const array = name.startsWith('_') ? this.byName(schema, name.slice(1)) : undefined;
    if (array === undefined) return undefined;
    const arrayOid = typeInfo(array.oid, this).arrayOid;
    return arrayOid === 0 ? undefined : sqlType(arrayOid);
  }
}

/** The attributes that are there, and where each stands among those that ever were. */
function attributesOf(all: readonly { readonly name: string; readonly type: number; readonly typmod: number; readonly isDropped?: boolean | undefined }[]): Pick<TypeInfo, 'attributes' | 'attributePlaces'> {
  const places = all.flatMap((attribute, i) => (attribute.isDropped === true ? [] : [i]));
  return { attributes: places.map((i) => ({ name: all[i]!.name, type: sqlType(all[i]!.type, all[i]!.typmod) })), attributePlaces: places.length === all.length ? undefined : places };
}
