/** Views as pg_get_viewdef shows them: bound again, so that tables, columns and types are named as they are now, and printed from what was bound. */
import { DbError } from '../base/errors.js';
import { outputText } from '../base/text-io.js';
import { FirstUserOid, formatType } from '../base/types.js';
import type { QualifiedName, Query } from '../parser/ast.js';
import { printQuery } from '../parser/print.js';
import { quoteIdentifier } from '../parser/print-names.js';
import { newBinder } from '../planner/binder.js';
import { BindingRecord } from '../planner/binding-record.js';
import { writtenForms } from '../planner/rule-text.js';
import { viewText } from '../planner/view-text.js';
import type { Backend } from './backend.js';
import { parseQuery } from './catalog-view.js';
import type { RelationRecord } from './catalog-objects.js';
import { typeText } from './definitions.js';
import { isRoutineVisible } from './routine-names.js';
import { withSequenceNames } from './stored-text.js';

/** null for what is no view. A view that no longer binds, which nothing here lets happen, is shown as it was written. */
export function viewDefinition(record: RelationRecord, backend: Backend, isPretty = false): string | null {
  const text = queryOf(record);
  if (text === undefined) return null;
  try {
    return printed(backend, parseQuery(withSequenceNames(backend, text)), record.kind === 'view' || record.kind === 'table' ? record.columns.map((column) => column.name) : [], isPretty);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return writtenDefinition(record, backend);
  }
}

const queryOf = (record: RelationRecord): string | undefined => (record.kind === 'view' ? record.query : record.kind === 'table' ? record.view?.query : undefined);

function printed(backend: Backend, query: Query, columns: readonly string[], isPretty: boolean): string {
  const record = new BindingRecord();
  const catalog = backend.catalog();
  const binder = newBinder(catalog, { record, context: backend.context(Infinity) });
  binder.hooks.bindQuery(binder, undefined, undefined, query, { keepUnknown: false, locking: undefined });
  return viewText(query, record, columns, {
    types: binder.types, isPretty, written: writtenForms(query),
    typeText: (type) => (type.oid < FirstUserOid ? formatType(type, binder.types) : typeText(backend, type)),
    valueText: (value, type) => outputText(type, value, backend.context(Infinity)),
    functionName: ({ oid, schema, name }) =>
      schema === 'pg_catalog' || (oid !== undefined && isRoutineVisible(backend, oid) !== false) ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    relationName: (schema, name) => {
      const found = catalog.relationRecord(undefined, name);
      const isVisible = found === undefined ? catalog.relation(undefined, name) !== undefined : found === catalog.relationRecord(schema, name);
      return isVisible ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
    },
  });
}

/** The query as it was written, with schemas where they are needed. */
export function writtenDefinition(record: RelationRecord, backend: Backend): string | null {
  const text = queryOf(record);
  if (text === undefined) return null;
  const catalog = backend.catalog();
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
    const name = copy['name'] as QualifiedName;
    if (copy['kind'] !== 'tableRef' || name.schema === undefined) return copy;
    const found = catalog.relationRecord(undefined, name.name);
    return found !== undefined && found === catalog.relationRecord(name.schema, name.name) ? { ...copy, name: { ...name, schema: undefined } } : copy;
  };
  return ` ${printQuery(walk(parseQuery(text)) as Query)};`;
}
