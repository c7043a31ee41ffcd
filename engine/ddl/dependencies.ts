/**
 * What depends on what, found by looking through the records: there are few objects that refer to others, and they say so themselves.
 *
 *   view, materialized view -> relations, columns, types     default, check, index expression -> sequences, functions, types
 *   function of an extension -> extension -> its schema
 *   foreign key -> key of the parent       index, row type -> table      sequence -> owning column      column, attribute of a composite type -> its type
 */
import { FirstUserOid } from '../../base/types.js';
import { quoteIdentifier } from '../../parser/print-names.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, CompositeRecord, FunctionRecord, IndexRecord, TableRecord } from '../catalog/catalog-objects.js';
import { kindWord, nameOf } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { pinnedSequences } from './expressions.js';
import { expressionNamesType, queryNamesType } from './named-types.js';

/** Something that goes when its target goes. */
export type Dependent =
  | { readonly kind: 'object'; readonly oid: number; readonly automatic: boolean }
  | { readonly kind: 'foreignKey'; readonly table: number; readonly name: string; readonly automatic: boolean }
  | { readonly kind: 'default'; readonly table: number; readonly column: number; readonly automatic: boolean }
  | { readonly kind: 'column'; readonly table: number; readonly column: number; readonly automatic: boolean }
  | { readonly kind: 'check'; readonly table: number; readonly name: string; readonly automatic: boolean }
  | { readonly kind: 'attribute'; readonly type: number; readonly attribute: number; readonly automatic: boolean };

/** The target of a drop: an object, or one column of a table. */
export interface DropTarget {
  readonly oid: number;
  readonly column?: number | undefined;
}

/** Qualifies a name unless its schema is on the search path, as PostgreSQL's messages do. */
export function displayName(ddl: Ddl, record: CatalogRecord): string {
  if (!('schema' in record)) return nameOf(record);
  const catalog = ddl.backend.catalog();
  if (catalog.path.includes(record.schema)) return record.name;
  const schema = ddl.draft.get(record.schema);
  return schema?.kind === 'schema' ? `${schema.name}.${record.name}` : record.name;
}

export function describe(ddl: Ddl, record: CatalogRecord): string {
  if (record.kind === 'function') return `function ${displayName(ddl, record)}(${record.parameters.filter((p) => p.mode !== 'out').map((p) => ddl.backend.typeName(p.type)).join(',')})`;
  return `${kindWord(record)} ${displayName(ddl, record)}`;
}

export function describeDependent(ddl: Ddl, dependent: Dependent): string {
  switch (dependent.kind) {
    case 'object': {
      const record = ddl.draft.get(dependent.oid)!;
      if (record.kind === 'index' && record.constraint !== undefined) return `constraint ${record.name} on table ${displayName(ddl, ddl.draft.get(record.table)!)}`;
      return describe(ddl, record);
    }
    case 'foreignKey':
    case 'check':
      return `constraint ${dependent.name} on table ${displayName(ddl, ddl.draft.get(dependent.table)!)}`;
    case 'default': {
      const table = ddl.draft.get(dependent.table) as TableRecord;
      return `default value for column ${table.columns[dependent.column]!.name} of table ${displayName(ddl, table)}`;
    }
    case 'column': {
      const table = ddl.draft.get(dependent.table) as TableRecord;
      return `column ${table.columns[dependent.column]!.name} of table ${displayName(ddl, table)}`;
    }
    case 'attribute': {
      const type = ddl.draft.get(dependent.type) as CompositeRecord;
      return `column ${type.detail.attributes[dependent.attribute]!.name} of composite type ${displayName(ddl, type)}`;
    }
  }
}

/** Everything that depends directly on the target. `automatic` ones go silently with it. */
export function dependentsOf(ddl: Ddl, target: DropTarget): Dependent[] {
  const record = ddl.draft.get(target.oid)!;
  const found: Dependent[] = [];
  for (const other of ddl.draft.all()) {
    if (other.oid === target.oid && target.column === undefined) continue;
    collect(ddl, record, target, other, found);
  }
  return found;
}

function collect(ddl: Ddl, record: CatalogRecord, target: DropTarget, other: CatalogRecord, found: Dependent[]): void {
  const { column } = target;
  // Who uses a row type does not depend on one column of the row.
  const isOfType = (type: number): boolean => column === undefined && isTypeOf(record, type);
  switch (other.kind) {
    case 'view':
      if (refersTo(other.references, target)) found.push({ kind: 'object', oid: other.oid, automatic: false });
      else if (other.columns.some((c) => isOfType(c.type)) || (column === undefined && queryNamesType(ddl.backend, other.query, record))) found.push({ kind: 'object', oid: other.oid, automatic: false });
      return;
    case 'index':
      if (other.table !== record.oid) {
        if (column === undefined && [other.predicate, ...other.columns.map((c) => c.expression)].some((text) => text !== undefined && uses(ddl.backend, text, record))) {
          const table = ddl.draft.get(other.table) as TableRecord;
          found.push({ kind: 'object', oid: other.oid, automatic: columnsOfType(table, record).some((position) => usesColumn(ddl, other, table, position)) });
        }
        return;
      }
      if (column === undefined || usesColumn(ddl, other, record as TableRecord, column)) found.push({ kind: 'object', oid: other.oid, automatic: true });
      return;
    case 'sequence':
      if (other.owner?.table === record.oid && (column === undefined || other.owner.column === column)) found.push({ kind: 'object', oid: other.oid, automatic: true });
      return;
    case 'statistics':
      if (other.table === record.oid && column === undefined) found.push({ kind: 'object', oid: other.oid, automatic: true });
      return;
    case 'table':
      collectOfTable(ddl, record, target, other, found);
      return;
    case 'type':
      if (other.detail.kind === 'domain' && isOfType(other.detail.base)) found.push({ kind: 'object', oid: other.oid, automatic: false });
      else if (other.detail.kind === 'composite') {
        for (const [attribute, a] of other.detail.attributes.entries()) if (a.isDropped !== true && isOfType(a.type)) found.push({ kind: 'attribute', type: other.oid, attribute, automatic: false });
      } else if (other.detail.kind === 'range' && isOfType(other.detail.subtype)) found.push({ kind: 'object', oid: other.oid, automatic: false });
      return;
    case 'function':
      if (record.kind === 'extension') {
        if (other.extension?.oid === record.oid) found.push({ kind: 'object', oid: other.oid, automatic: true });
        return;
      }
      if (other.references.some((r) => r.oid === record.oid) || isOfType(other.returns) || other.parameters.some((p) => isOfType(p.type))) found.push({ kind: 'object', oid: other.oid, automatic: false });
      return;
    case 'schema':
    case 'extension':
      return;
  }
}

function collectOfTable(ddl: Ddl, record: CatalogRecord, target: DropTarget, other: TableRecord, found: Dependent[]): void {
  if (other.view !== undefined && (refersTo(other.view.references, target) || (target.column === undefined && other.oid !== record.oid && queryNamesType(ddl.backend, other.view.query, record)))) {
    found.push({ kind: 'object', oid: other.oid, automatic: false });
    return;
  }
  for (const key of other.foreignKeys) {
    if (record.kind === 'table' && key.parent === record.oid && (target.column === undefined || key.parentColumns.includes(target.column))) {
      // A foreign key of the column's own table goes with it.
      found.push({ kind: 'foreignKey', table: other.oid, name: key.name, automatic: other.oid === record.oid && (target.column === undefined || key.columns.includes(target.column)) });
    } else if (record.kind === 'index' && key.parentIndex === record.oid) found.push({ kind: 'foreignKey', table: other.oid, name: key.name, automatic: false });
    else if (other.oid === record.oid && target.column !== undefined && key.columns.includes(target.column)) found.push({ kind: 'foreignKey', table: other.oid, name: key.name, automatic: true });
  }
  other.columns.forEach((column, position) => {
    if (column.isDropped) return;
    if (record.kind === 'sequence' && column.default !== undefined && pinnedSequences(column.default).includes(record.oid)) found.push({ kind: 'default', table: other.oid, column: position, automatic: false });
    else if (other.oid !== record.oid && target.column === undefined && isTypeOf(record, column.type)) found.push({ kind: 'column', table: other.oid, column: position, automatic: false });
    else if (other.oid !== record.oid && target.column === undefined && column.default !== undefined && uses(ddl.backend, column.default, record)) found.push({ kind: column.generated === 'stored' ? 'column' : 'default', table: other.oid, column: position, automatic: false });
    else if (other.oid === record.oid && target.column !== undefined && position !== target.column && column.generated === 'stored' && mentions(column.default!, (record as TableRecord).columns[target.column]!.name)) {
      found.push({ kind: 'column', table: other.oid, column: position, automatic: false });
    }
  });
  for (const check of other.checks) {
    if (other.oid === record.oid && target.column !== undefined && mentions(check.expression, other.columns[target.column]!.name)) found.push({ kind: 'check', table: other.oid, name: check.name, automatic: true });
    else if (other.oid !== record.oid && target.column === undefined && uses(ddl.backend, check.expression, record)) {
      found.push({ kind: 'check', table: other.oid, name: check.name, automatic: columnsOfType(other, record).some((position) => mentions(check.expression, other.columns[position]!.name)) });
    }
  }
}

function refersTo(references: readonly { readonly oid: number; readonly column?: number | undefined }[], target: DropTarget): boolean {
  return references.some((r) => r.oid === target.oid && (target.column === undefined || r.column === target.column));
}

/** Whether `type` is the record's own type, or an array of it. */
function isTypeOf(record: CatalogRecord, type: number): boolean {
  if (type < FirstUserOid) return false;
  switch (record.kind) {
    case 'type':
      return type === record.oid || type === record.arrayType || (record.detail.kind === 'range' && (type === record.detail.multirange || type === record.detail.multirangeArray));
    case 'table':
    case 'view':
      return type === record.rowType || type === record.rowArrayType;
    default:
      return false;
  }
}

/** The columns that go with a type: what reads them goes silently with them. */
function columnsOfType(table: TableRecord, record: CatalogRecord): number[] {
  return table.columns.flatMap((column, position) => (!column.isDropped && isTypeOf(record, column.type) ? [position] : []));
}

function usesColumn(_ddl: Ddl, index: IndexRecord, table: TableRecord, column: number): boolean {
  const { name } = table.columns[column]!;
  return index.columns.some((c) => c.column === column || (c.expression !== undefined && mentions(c.expression, name))) || index.include.includes(column) || (index.predicate !== undefined && mentions(index.predicate, name));
}

/** Whether stored text names a column. Stored text is printed by us, so an identifier appears exactly in one of these two forms. */
export function mentions(text: string, name: string): boolean {
  const plain = /^[a-z_][a-z0-9_$]*$/.test(name);
  const pattern = plain ? new RegExp(`(?<![\\w$"'.])${name}(?![\\w$"(])|"${name}"`) : undefined;
  const stripped = text.replaceAll(/'(?:[^']|'')*'/g, "''");
  return pattern === undefined ? stripped.includes(`"${name.replaceAll('"', '""')}"`) : pattern.test(stripped);
}
/** Whether a stored expression calls the function, or names the type. */
function uses(backend: Backend, text: string, record: CatalogRecord): boolean {
  return record.kind === 'function' ? callsFunction(backend, text, record) : expressionNamesType(backend, text, record);
}

/** Whether stored text, which names schemas (stored-names.ts), calls a function; one without a schema, as earlier versions kept them, stands for any. */
export function callsFunction(backend: Backend, text: string, { schema, name }: FunctionRecord): boolean {
  const own = quoteIdentifier(backend.definitions().schemaName(schema));
  const escaped = quoteIdentifier(name).replaceAll(/[^\w]/g, '\\$&');
  return [...text.matchAll(new RegExp(`(?:("(?:[^"]|"")+"|[\\w$]+)\\.)?(?<![\\w$"])${escaped}\\s*\\(`, 'g'))].some((match) => match[1] === undefined || match[1] === own);
}
