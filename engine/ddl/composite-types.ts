/**
 * CREATE TYPE ... AS and ALTER TYPE of composite types. An attribute is added or dropped without a look at the values that are there: a value says how many attributes it was stored
 * with, those that came later are NULL in it, and a dropped one keeps its place (base/value-code.ts).
 */
import { DbError, notSupported } from '../../base/errors.js';
import { typeInfo, typeName } from '../../base/types.js';
import type { AlterCompositeType, CreateCompositeType, FunctionColumn } from '../../parser/ast.js';
import type { CompositeRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { dropAttribute } from './drop.js';
import { userType } from './rename.js';
import { refuseWhereKey, refuseWhereStored, refuseWithin } from './type-uses.js';
import { bindTypeName } from './types.js';
import { newType } from './user-types.js';

type Attributes = CompositeRecord['detail']['attributes'];

function attribute(ddl: Ddl, column: FunctionColumn): { readonly name: string; readonly type: number; readonly typmod: number } {
  const type = bindTypeName(ddl.backend, column.type);
  if (typeInfo(type.oid, ddl.backend.catalog().types).storage === 'none') throw notSupported(`type ${typeName(type.oid, ddl.backend.catalog().types)}`, column.offset);
  return { name: column.name, type: type.oid, typmod: type.typmod };
}

export function createComposite(ddl: Ddl, statement: CreateCompositeType): void {
  const base = newType(ddl, statement.name);
  const attributes = statement.attributes.map((a) => attribute(ddl, a));
  attributes.forEach(({ name }, i) => {
    if (attributes.findIndex((a) => a.name === name) !== i) throw new DbError('42701', `attribute "${name}" specified more than once`);
  });
  ddl.draft.put({ ...base, detail: { kind: 'composite', attributes } });
}

/** @throws DbError 0A000 for another type of an attribute where values are stored, 2BP01 for a dropped one that something reads, 42P16 */
export async function alterComposite(ddl: Ddl, statement: AlterCompositeType): Promise<void> {
  const type = userType(ddl, statement.name);
  if (type.detail.kind !== 'composite') throw new DbError('42809', `"${type.name}" is not a composite type`, { offset: statement.name.offset });
  for (const action of statement.actions) {
    const now = ddl.draft.get(type.oid) as CompositeRecord;
    const { attributes } = now.detail;
    const put = (changed: Attributes): void => ddl.draft.put({ ...now, detail: { kind: 'composite', attributes: changed } });
    const place = (name: string): number => attributes.findIndex((a) => a.name === name && a.isDropped !== true);
    switch (action.kind) {
      case 'addAttribute':
        if (place(action.attribute.name) >= 0) throw new DbError('42701', `column "${action.attribute.name}" of relation "${type.name}" already exists`);
        refuseWhereKey(ddl, type.oid, `type "${type.name}"`);
        refuseWithin(ddl, type.oid, bindTypeName(ddl.backend, action.attribute.type).oid, type.name);
        put([...attributes, attribute(ddl, action.attribute)]);
        break;
      case 'dropAttribute': {
        const at = place(action.attribute);
        if (at < 0) {
          if (!action.ifExists) throw new DbError('42703', `column "${action.attribute}" of relation "${type.name}" does not exist`);
          ddl.notice(`column "${action.attribute}" of relation "${type.name}" does not exist, skipping`);
          break;
        }
        await dropAttribute(ddl, now, at, action.behavior);
        break;
      }
      case 'alterAttribute': {
        const at = place(action.attribute);
        if (at < 0) throw new DbError('42703', `column "${action.attribute}" of relation "${type.name}" does not exist`);
        refuseWhereStored(ddl, type.oid, type.name);
        const next = bindTypeName(ddl.backend, action.type);
        refuseWithin(ddl, type.oid, next.oid, type.name);
        put(attributes.map((a, i) => (i === at ? { ...a, type: next.oid, typmod: next.typmod } : a)));
        break;
      }
    }
  }
}
