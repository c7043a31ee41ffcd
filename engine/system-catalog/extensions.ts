/** pg_extension, and the extensions that could be installed. */
import { extensions } from '../../functions/extensions/extensions.js';
import type { Backend } from '../backend.js';
import { OwnerOid } from './relations.js';
import type { VirtualTable } from './virtual-table.js';

const isInstalled = (backend: Backend, name: string): boolean => backend.draft.find('extension', 0, name) !== undefined;

export const extensionTables: readonly VirtualTable[] = [
  {
    oid: 3079, schema: 'pg_catalog', name: 'pg_extension', columns: 'oid:oid extname:name extowner:oid extnamespace:oid extrelocatable:bool extversion:text extconfig:_oid extcondition:_text',
    *rows(backend) {
      for (const record of backend.draft.all()) {
        if (record.kind === 'extension') yield { oid: record.oid, extname: record.name, extowner: OwnerOid, extnamespace: record.home, extrelocatable: true, extversion: record.version };
      }
    },
  },
  {
    oid: 12081, schema: 'pg_catalog', name: 'pg_available_extensions', columns: 'name:name default_version:text installed_version:text comment:text',
    *rows(backend) {
      for (const { name, version, comment } of extensions) yield { name, default_version: version, installed_version: isInstalled(backend, name) ? version : null, comment };
    },
  },
  {
    oid: 12085, schema: 'pg_catalog', name: 'pg_available_extension_versions',
    columns: 'name:name version:text installed:bool superuser:bool trusted:bool relocatable:bool schema:name requires:_name comment:text',
    *rows(backend) {
      for (const { name, version, comment } of extensions) yield { name, version, installed: isInstalled(backend, name), superuser: true, trusted: true, relocatable: true, comment };
    },
  },
];
