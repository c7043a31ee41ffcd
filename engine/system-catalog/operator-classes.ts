/** pg_opclass and pg_opfamily: tools ask which class an index column has. */
import { operatorClasses } from '../../planner/operator-classes.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import type { VirtualTable } from './virtual-table.js';

const BtreeMethod = 403;
const owner = { namespace: SchemaOid.pgCatalog, role: 10 };

export const operatorClassTables: readonly VirtualTable[] = [
  {
    oid: 2616, schema: 'pg_catalog', name: 'pg_opclass', columns: 'oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid',
    *rows() {
      for (const { oid, name, type, family, isDefault } of operatorClasses) yield { oid, opcmethod: BtreeMethod, opcname: name, opcnamespace: owner.namespace, opcowner: owner.role, opcfamily: family, opcintype: type, opcdefault: isDefault, opckeytype: name === 'name_ops' ? 2275 : 0 };
    },
  },
  {
    oid: 2753, schema: 'pg_catalog', name: 'pg_opfamily', columns: 'oid:oid opfmethod:oid opfname:name opfnamespace:oid opfowner:oid',
    *rows() {
      for (const [oid, opfname] of new Map(operatorClasses.map((entry) => [entry.family, entry.familyName]))) yield { oid, opfmethod: BtreeMethod, opfname, opfnamespace: owner.namespace, opfowner: owner.role };
    },
  },
];
