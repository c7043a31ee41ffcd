/**
 * The queries of views as text: as pg_get_viewdef shows them, and as the catalog keeps them. Both are printed from what the query was bound to.
 *
 * W1  A kept text means the same for every session and after every change: stars are written out, columns named with their relations, relations, types and
 *     functions with their schemas, and values do not depend on settings.
 * W2  What renames or moves something that views refer to binds their queries before and prints them again after (`bindViews`): names are those of the
 *     catalog when they are printed.
 */
import { DbError } from '../../base/errors.js';
import { outputText } from '../../base/text-io.js';
import { FirstUserOid, formatType, sqlType, type SqlType } from '../../base/types.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { Query, Select } from '../../parser/ast.js';
import { parseQuery } from '../../parser/parse.js';
import { quoteIdentifier } from '../../parser/print-names.js';
import { BindingRecord } from '../../planner/binding-record.js';
import { settledLiteral } from '../../planner/binder-literal.js';
import { newBinder } from '../../planner/binder.js';
import type { RelationDef } from '../../planner/catalog.js';
import { writtenForms } from '../../planner/rule-text.js';
import type { RangeEntry } from '../../planner/scope.js';
import type { RelationNames } from '../../planner/view-names.js';
import { viewText } from '../../planner/view-text.js';
import { withRowKeysIfWanted } from '../../planner/system-columns.js';
import { problemOfView } from '../../planner/updatable-view.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, RelationRecord, TableRecord, ViewRecord } from './catalog-objects.js';
import { NeutralContext } from '../eval-context.js';
import { functionName, isRoutineVisible } from '../routines/routine-names.js';
import { withSequenceNames } from './stored-text.js';
import { isTypeHidden, typeText } from '../type-text.js';

/** null for what is no view. */
export function viewDefinition(record: RelationRecord, backend: Backend, isPretty = false): string | null {
  const text = queryOf(record);
  if (text === undefined) return null;
  const bound = tryBind(backend, withSequenceNames(backend, text));
  if (bound === undefined) return ` ${text};`;
  const columns = record.kind === 'view' || record.kind === 'table' ? record.columns.map((column) => column.name) : [];
  const context = backend.context(Infinity);
  return viewText(bound.query, bound.record, columns, {
    types: context.types, isPretty, written: writtenForms(bound.query),
    typeText: (type) => (type.oid < FirstUserOid ? formatType(type, context.types) : typeText(backend, type)),
    valueText: (value, type) => outputText(type, value, context),
    functionName: (definition) => functionText(backend, definition, false),
    relation: (entry) => namesOf(backend, entry, false),
  });
}

/** The text that the catalog keeps of a query (W1), once it is bound. `columns`: those of the view. */
export function keptText(backend: Backend, query: Query, record: BindingRecord, columns: readonly string[], label?: RenamedLabel): string {
  const { types } = backend.definitions();
  const qualifiedType = (type: SqlType): string => {
    const info = types.lookup(type.oid);
    if (info === undefined || type.oid < FirstUserOid) return formatType(type, types);
    if (info.kind === 'array' && info.elementOid !== 0) return `${qualifiedType(sqlType(info.elementOid, type.typmod))}[]`;
    return `${quoteIdentifier(info.schema)}.${quoteIdentifier(info.name)}`;
  };
  const context = new NeutralContext(backend, types);
  return viewText(query, record, columns, {
    types, isPretty: false, isKept: true, written: writtenForms(query), typeText: qualifiedType,
    literalText: (text, type) => settledLiteral(text, type, backend.context(Infinity), context),
    valueText: (value, type) => (type.oid === label?.type && value === label.from ? label.to : outputText(type, value, context)),
    functionName: (definition) => functionText(backend, definition, true),
    relation: (entry) => namesOf(backend, entry, true),
  }).replace(/;$/, '');
}

/** An enum's label that is called otherwise than when the query was bound. */
export interface RenamedLabel {
  readonly type: number;
  readonly from: string;
  readonly to: string;
}

const queryOf = (record: CatalogRecord): string | undefined => (record.kind === 'view' ? record.query : record.kind === 'table' ? record.view?.query : undefined);

interface BoundView {
  readonly query: Query;
  readonly record: BindingRecord;
}

function bindView(backend: Backend, query: Query): BoundView {
  return withRowKeysIfWanted((givesRowKeys) => {
    const record = new BindingRecord();
    const binder = newBinder(backend.catalog(), { record, context: backend.context(Infinity) }, givesRowKeys);
    binder.hooks.bindQuery(binder, undefined, undefined, query, { keepUnknown: false, locking: undefined });
    return { query, record };
  });
}

/** undefined for a text that no longer binds, which nothing here lets happen: one such view is no reason to show none. */
function tryBind(backend: Backend, text: string): BoundView | undefined {
  try {
    return bindView(backend, parseQuery(text));
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

/** Whether rows of the view can be inserted, changed and deleted: where those of what it reads can. Source. pg_relation_is_updatable. */
export const isUpdatableView = (backend: Backend, view: ViewRecord): boolean => updatableColumns(backend, view).size > 0;

/** Positions of the view's columns that can be assigned to; none where the view cannot be written to. Source. pg_column_is_updatable. */
export function updatableColumns(backend: Backend, view: ViewRecord): ReadonlySet<number> {
  const found = new Set<number>();
  const bound = tryBind(backend, withSequenceNames(backend, view.query));
  if (bound === undefined) return found;
  let read: RelationDef | undefined;
  const problem = problemOfView(bound.query, bound.record, ({ name }) => (read = backend.catalog().relation(name.schema, name.name)));
  if (problem !== undefined || read === undefined) return found;
  if (read.kind !== 'view' && (read.kind !== 'table' || read.virtual !== undefined)) return found;
  const readable = read.kind === 'view' ? updatableColumns(backend, backend.draft.get(read.oid) as ViewRecord) : undefined;
  const { level, items } = bound.record.selects.get(bound.query.body as Select)!;
  const { columns } = level.entries[0]!;
  for (const [i, { expression }] of items.filter(({ isJunk }) => !isJunk).entries()) {
    const position = expression.kind === 'column' ? columns.findIndex((column) => column.id === expression.id) : -1;
    if (position >= 0 && (readable === undefined || readable.has(position))) found.add(i);
  }
  return found;
}

function functionText(backend: Backend, definition: FunctionDef, isQualified: boolean): string {
  const { oid, constructs } = definition;
  if (definition.schema === 'pg_catalog') return quoteIdentifier(definition.name);
  const { schema, name } = functionName(backend, definition);
  const own = quoteIdentifier(name);
  const isVisible = constructs === undefined ? oid !== undefined && isRoutineVisible(backend, oid) !== false : !isTypeHidden(backend, constructs);
  return isQualified || !isVisible ? `${quoteIdentifier(schema)}.${own}` : own;
}

/** What the catalog calls a relation of FROM now. */
function namesOf(backend: Backend, entry: RangeEntry, isQualified: boolean): RelationNames | undefined {
  if (entry.relation === undefined) return undefined;
  const record = backend.draft.get(entry.relation);
  const isRelation = record?.kind === 'table' || record?.kind === 'view' || record?.kind === 'sequence';
  const name = isRelation ? record.name : entry.relationName!;
  const schema = isRelation ? (record.schema === backend.tempSchema ? 'pg_temp' : backend.definitions().schemaName(record.schema)) : (entry.table?.schema ?? entry.rowType?.schema ?? 'pg_catalog');
  const found = isQualified ? undefined : backend.catalog().relationRecord(undefined, name);
  const isVisible = !isQualified && (isRelation ? found?.oid === record.oid : found === undefined && backend.catalog().relation(undefined, name) !== undefined);
  let columns: readonly (string | undefined)[] = entry.columns.map((column) => column.name);
  let added: readonly string[] = [];
  if (record?.kind === 'view') {
    columns = record.columns.slice(0, entry.columns.length).map((column) => column.name);
    added = record.columns.slice(entry.columns.length).map((column) => column.name);
  } else if (record?.kind === 'table' && entry.table !== undefined) {
    const { columns: bound } = entry.table;
    columns = bound.filter((column) => !column.isDropped).map(({ index }) => (record.columns[index]!.isDropped ? undefined : record.columns[index]!.name));
    added = record.columns.slice(bound.length).map((column) => column.name);
  }
  return { text: isVisible ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`, name, columns, added };
}

/** Binds the queries of the views it concerns, before a change of names, and gives what prints them again after it (W2). */
export function bindViews(backend: Backend, concerns: (record: ViewRecord | TableRecord) => boolean, label?: RenamedLabel): () => void {
  const bound: { readonly oid: number; readonly view: BoundView }[] = [];
  for (const record of backend.draft.all()) {
    const text = queryOf(record);
    if (text !== undefined && (record.kind === 'view' || record.kind === 'table') && concerns(record)) bound.push({ oid: record.oid, view: bindView(backend, parseQuery(text)) });
  }
  return () => {
    for (const { oid, view } of bound) {
      const record = backend.draft.get(oid);
      if (record?.kind !== 'view' && record?.kind !== 'table') continue;
      const query = keptText(backend, view.query, view.record, record.columns.map((column) => column.name), label);
      if (record.kind === 'view') backend.draft.put({ ...record, query });
      else if (record.view !== undefined) backend.draft.put({ ...record, view: { ...record.view, query } });
    }
  };
}

/** Views, materialized ones too, whose query names what is no longer there. */
export function unboundViews(backend: Backend): (ViewRecord | TableRecord)[] {
  const found: (ViewRecord | TableRecord)[] = [];
  for (const record of backend.draft.all()) {
    const text = queryOf(record);
    if (text !== undefined && (record.kind === 'view' || record.kind === 'table') && tryBind(backend, text) === undefined) found.push(record);
  }
  return found;
}

/** The same around one change. */
export function reprintViews(backend: Backend, concerns: (record: ViewRecord | TableRecord) => boolean, change: () => void, label?: RenamedLabel): void {
  const printAgain = bindViews(backend, concerns, label);
  change();
  printAgain();
}

/** Views, materialized ones too, that read the relation or function. */
export const isReading = (oid: number) => (record: ViewRecord | TableRecord): boolean => (record.kind === 'view' ? record.references : (record.view?.references ?? [])).some((reference) => reference.oid === oid);
