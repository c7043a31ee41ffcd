/** CREATE VIEW. The query is kept as text that later changes of what it reads cannot alter (view-definition.ts, W1). */
import { DbError } from '../../base/errors.js';
import { TypeOid, typeName, sqlType, types as builtin } from '../../base/types.js';
import type { CreateView, Parameter, Query, Select, SelectTarget, TableRef } from '../../parser/ast.js';
import { parseQuery } from '../../parser/parse.js';
import { intoOf, withoutInto } from '../../parser/select-into.js';
import { bindStatement } from '../../planner/binder.js';
import { collationName } from '../../planner/binder-collation.js';
import { BindingRecord } from '../../planner/binding-record.js';
import { problemOfView } from '../../planner/updatable-view.js';
import type { Backend } from '../backend.js';
import type { Reference, ViewRecord } from '../catalog/catalog-objects.js';
import { isReading, keptText, reprintViews } from '../catalog/view-definition.js';
import type { Ddl } from './ddl.js';
import { checkRelationName, creationSchema } from './names.js';
import { newOptions, type StorageOptions } from './storage-parameters.js';
import { temporarySchemaFor } from './temporary.js';
import { refusePseudoType } from './types.js';

export interface AnalyzedQuery {
  readonly columns: readonly { readonly name: string; readonly type: number; readonly typmod: number; readonly collation: string | undefined }[];
  readonly references: readonly Reference[];
  /** The query as it is kept. */
  readonly text: string;
  /** Why it is not a simple view's (updatable-view.ts, V1), where it is not. */
  readonly problem: string | undefined;
}

/** Binds a query to learn its columns and what it refers to. `names` replaces its labels from the left. */
export function analyzeQuery(backend: Backend, query: Query, names: readonly { readonly name: string; readonly offset: number }[]): AnalyzedQuery {
  const references: Reference[] = [];
  const add = (reference: Reference): void => {
    if (!references.some((known) => known.oid === reference.oid && known.column === reference.column)) references.push(reference);
  };
  const record = new BindingRecord();
  const bound = bindStatement(query, backend.catalog(), {
    record, context: backend.context(Infinity), settings: backend.plannerSettings(), dependencies: { relation: (oid) => add({ oid }), column: (oid, name) => addColumn(backend, oid, name, add), routine: (oid) => add({ oid }) },
  });
  if (bound.parameterTypes.length > 0) throw new DbError('42P02', 'there is no parameter $1', { offset: firstParameter(query) });
  const selected = query.body.kind === 'select' ? record.selects.get(query.body) : undefined;
  const items = selected?.items.filter((item) => !item.isJunk) ?? [];
  const columns = bound.result.map((column, i) => {
    const name = names[i]?.name ?? column.name;
    const type = column.type.oid === TypeOid.unknown ? builtin.text : column.type;
    const item = items[i];
    return { name, type: type.oid, typmod: type.typmod, collation: selected === undefined || item === undefined ? undefined : collationName(selected.level, item.expression) };
  });
  const direct = namedRelations(query, backend);
  return { columns, references: references.filter((r) => direct.has(r.oid) || ['function', 'index'].includes(backend.draft.get(r.oid)?.kind ?? '')), text: keptText(backend, query, record, columns.map((column) => column.name)), problem: problemOfView(query, record, ({ name }) => backend.catalog().relation(name.schema, name.name)) };
}

function firstParameter(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if ('kind' in node && node.kind === 'parameter') return (node as Parameter).offset;
  for (const value of Object.values(node)) {
    const found = firstParameter(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Relations that the text of a query names itself, not those its views read. */
function namedRelations(query: Query, backend: Backend): Set<number> {
  const found = new Set<number>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (typeof node !== 'object' || node === null) return;
    if ('kind' in node && node.kind === 'tableRef') {
      const { name } = node as TableRef;
      const record = backend.catalog().relationRecord(name.schema, name.name);
      if (record !== undefined) found.add(record.oid);
    }
    Object.values(node).forEach(walk);
  };
  walk(query);
  return found;
}

function addColumn(backend: Backend, oid: number, name: string, add: (reference: Reference) => void): void {
  const record = backend.draft.get(oid);
  if (record?.kind !== 'table' && record?.kind !== 'view') return;
  const column = (record.columns as readonly { readonly name: string }[]).findIndex((candidate) => candidate.name === name);
  if (column >= 0) add({ oid, column });
}

/** CREATE RECURSIVE VIEW v (a, b) AS ...: `WITH RECURSIVE v (a, b) AS (...) SELECT a, b FROM v`. */
function recursiveQuery({ name: { name }, columns, query, offset }: CreateView): Query {
  const select: Select = {
    kind: 'select', isDistinct: false, distinctOn: undefined, targets: columns.map((column): SelectTarget => ({ expression: { kind: 'columnRef', parts: [column.name], offset: column.offset }, alias: undefined, offset: column.offset })), into: undefined,
    from: [{ kind: 'tableRef', name: { catalog: undefined, schema: undefined, name, offset }, only: false, alias: undefined, sample: undefined, offset }], where: undefined, groupBy: [], groupDistinct: false, having: undefined, windows: [], offset,
  };
  const table = { name, columns, materialized: undefined, statement: query, search: undefined, cycle: undefined, offset };
  return { kind: 'query', with: { isRecursive: true, tables: [table], offset }, body: select, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset };
}

/** Whether a query that has been analysed has a data-modifying WITH: only its own may be one. */
export function hasModifyingWith(query: Query): boolean {
  return query.with?.tables.some((table) => table.statement.kind !== 'query') === true;
}

export async function createView(ddl: Ddl, statement: CreateView): Promise<void> {
  const { backend, draft } = ddl;
  const query = statement.isRecursive ? recursiveQuery(statement) : withoutInto(statement.query);
  const analyzed = analyzeQuery(backend, query, statement.columns);
  if (!statement.isRecursive && intoOf(statement.query) !== undefined) throw new DbError('0A000', 'views must not contain SELECT INTO');
  if (hasModifyingWith(query)) throw new DbError('0A000', 'views must not contain data-modifying statements in WITH');
  if (statement.checkOption !== undefined || statement.options.some((option) => option.name === 'check_option')) checkUpdatable(analyzed.problem);
  const tooMany = statement.columns[analyzed.columns.length];
  if (tooMany !== undefined) throw new DbError('42601', 'CREATE VIEW specifies more column names than columns', { offset: tooMany.offset });
  const readsTemporary = analyzed.references.some((r) => {
    const record = draft.get(r.oid);
    return record !== undefined && 'schema' in record && record.schema === backend.tempSchema;
  });
  const isTemporary = statement.persistence === 'temporary' || statement.name.schema === 'pg_temp' || readsTemporary;
  if (readsTemporary && statement.persistence !== 'temporary') ddl.notice(`view "${statement.name.name}" will be a temporary view`);
  const schema = isTemporary ? temporarySchemaFor(ddl, statement.name) : creationSchema(backend, statement.name);
  const options = newOptions(statement.options, 'view');
  const checkOption = statement.checkOption ?? checkOptionOf(options);
  if (statement.checkOption !== undefined && options?.['check_option'] !== undefined) throw new DbError('22023', 'parameter "check_option" specified more than once');
  const columns = analyzed.columns.map(({ name, type, typmod }) => ({ name, type, typmod }));
  const existing = draft.find('relation', schema.oid, statement.name.name);
  if (existing !== undefined && statement.orReplace) {
    const old = draft.get(existing)!;
    if (old.kind !== 'view') throw new DbError('42809', `"${statement.name.name}" is not a view`, { offset: statement.name.offset });
    await ddl.lock(old.oid, 'access exclusive');
    checkReplacement(backend, old, analyzed);
    refuseTwice(columns, (name) => `column "${name}" of relation "${old.name}" already exists`);
    reprintViews(backend, isReading(old.oid), () => draft.put({ ...old, columns: columns.map((column, i) => ({ ...column, default: old.columns[i]?.default, comment: old.columns[i]?.comment })), query: analyzed.text, references: analyzed.references, checkOption, options }));
    return;
  }
  refuseTwice(columns, (name) => `column "${name}" specified more than once`);
  for (const { name, type } of columns) refusePseudoType(name, type, backend.catalog().types);
  checkRelationName(backend, schema.oid, statement.name.name);
  draft.put({
    kind: 'view', oid: ddl.newOid(), schema: schema.oid, name: statement.name.name, rowType: ddl.newOid(), rowArrayType: ddl.newOid(), columns, query: analyzed.text,
    checkOption, persistence: isTemporary ? 'temporary' : 'permanent', references: analyzed.references, options,
  });
}

export function checkOptionOf(options: StorageOptions | undefined): ViewRecord['checkOption'] {
  const value = options?.['check_option'];
  return value === 'local' || value === 'cascaded' ? value : 'none';
}

/** @throws DbError 0A000 for a check option on a view that cannot be written to */
export function checkUpdatable(problem: string | undefined): void {
  if (problem !== undefined) throw new DbError('0A000', 'WITH CHECK OPTION is supported only on automatically updatable views', { hint: problem });
}

/** @throws DbError 42701 */
function refuseTwice(columns: readonly { readonly name: string }[], message: (name: string) => string): void {
  columns.forEach(({ name }, i) => {
    if (columns.findIndex((column) => column.name === name) !== i) throw new DbError('42701', message(name));
  });
}

/** OR REPLACE may only add columns at the end. @throws DbError 42P16 */
function checkReplacement(backend: Backend, old: ViewRecord, next: AnalyzedQuery): void {
  if (next.columns.length < old.columns.length) throw new DbError('42P16', 'cannot drop columns from view');
  const before = analyzeQuery(backend, parseQuery(old.query), []).columns;
  old.columns.forEach((column, i) => {
    const now = next.columns[i]!;
    if (now.name !== column.name) throw new DbError('42P16', `cannot change name of view column "${column.name}" to "${now.name}"`, { hint: 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.' });
    if (now.type !== column.type || now.typmod !== column.typmod) {
      const { types } = backend.catalog();
      throw new DbError('42P16', `cannot change data type of view column "${column.name}" from ${typeName(sqlType(column.type).oid, types)} to ${typeName(now.type, types)}`);
    }
    const collation = before[i]?.collation;
    if (now.collation !== collation) throw new DbError('42P16', `cannot change collation of view column "${column.name}" from "${collation ?? 'default'}" to "${now.collation ?? 'default'}"`);
  });
}
