/**
 * CREATE VIEW. The query is kept as text, printed from its tree with every relation schema-qualified and every `*` left as it was expanded: the
 * columns that the view has are fixed when it is made.
 */
import { DbError } from '../../base/errors.js';
import { TypeOid, typeName, sqlType, types as builtin } from '../../base/types.js';
import type { CreateView, DefinitionOption, Expression, Parameter, Query, Select, SelectTarget, TableRef } from '../../parser/ast.js';
import { printQuery } from '../../parser/print.js';
import { bindStatement } from '../../planner/binder.js';
import type { Backend } from '../backend.js';
import type { Reference, ViewRecord } from '../catalog-objects.js';
import type { Ddl } from './ddl.js';
import { checkRelationName, creationSchema } from './names.js';
import { temporarySchema } from './temporary.js';

export interface AnalyzedQuery {
  readonly columns: readonly { readonly name: string; readonly type: number; readonly typmod: number }[];
  readonly references: readonly Reference[];
  /** The query as it is kept. */
  readonly text: string;
}

/** Binds a query to learn its columns and what it refers to. `names` replaces its labels from the left. @throws DbError 42601, 42P16, 42701 */
export function analyzeQuery(backend: Backend, query: Query, names: readonly { readonly name: string; readonly offset: number }[]): AnalyzedQuery {
  const references: Reference[] = [];
  const add = (reference: Reference): void => {
    if (!references.some((known) => known.oid === reference.oid && known.column === reference.column)) references.push(reference);
  };
  const bound = bindStatement(query, backend.catalog(), {
    settings: backend.plannerSettings(), dependencies: { relation: (oid) => add({ oid }), column: (oid, name) => addColumn(backend, oid, name, add), routine: (oid) => add({ oid }) },
  });
  if (bound.parameterTypes.length > 0) throw new DbError('42P02', 'there is no parameter $1', { offset: firstParameter(query) });
  if (names.length > bound.result.length) throw new DbError('42601', 'CREATE VIEW specifies more column names than columns', { offset: names[bound.result.length]!.offset });
  const columns = bound.result.map((column, i) => {
    const name = names[i]?.name ?? column.name;
    const type = column.type.oid === TypeOid.unknown ? builtin.text : column.type;
    return { name, type: type.oid, typmod: type.typmod };
  });
  columns.forEach(({ name }, i) => {
    if (columns.findIndex((column) => column.name === name) !== i) throw new DbError('42701', `column "${name}" specified more than once`);
  });
  const direct = namedRelations(query, backend);
  return { columns, references: references.filter((r) => direct.has(r.oid) || backend.draft.get(r.oid)?.kind === 'function'), text: printQuery(qualified(freezeStars(query, bound.result.map((column) => column.name), backend), backend)) };
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

/** Every relation by its schema: what a view reads does not depend on the search path of who reads the view. */
function qualified(query: Query, backend: Backend): Query {
  const catalog = backend.catalog();
  const ctes = new Set<string>();
  const collect = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(collect);
    if (typeof node !== 'object' || node === null) return;
    if ('materialized' in node && 'name' in node && typeof node.name === 'string') ctes.add(node.name);
    Object.values(node).forEach(collect);
  };
  collect(query);
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
    if (copy['kind'] !== 'tableRef') return copy;
    const name = copy['name'] as TableRef['name'];
    if (name.schema !== undefined || ctes.has(name.name)) return copy;
    const record = catalog.relationRecord(undefined, name.name);
    if (record === undefined) return copy;
    return { ...copy, name: { ...name, schema: record.schema === backend.tempSchema ? 'pg_temp' : backend.definitions().schemaName(record.schema) } };
  };
  return walk(query) as Query;
}

function addColumn(backend: Backend, oid: number, name: string, add: (reference: Reference) => void): void {
  const record = backend.draft.get(oid);
  if (record?.kind !== 'table' && record?.kind !== 'view') return;
  const column = (record.columns as readonly { readonly name: string }[]).findIndex((candidate) => candidate.name === name);
  if (column >= 0) add({ oid, column });
}

/** `SELECT *` becomes the list of columns there are now, so that later columns of the tables do not appear in the view. */
function freezeStars(query: Query, labels: readonly string[], backend: Backend): Query {
  const { body } = query;
  if (body.kind !== 'select' || !body.targets.some((t) => t.expression.kind === 'star')) return query;
  const expanded = expandTargets(body, labels, backend);
  return expanded === undefined ? query : { ...query, body: { ...body, targets: expanded } };
}

/** The select list with stars written out as qualified columns, when every FROM item can be named; otherwise undefined. */
function expandTargets(select: Select, _labels: readonly string[], backend: Backend): SelectTarget[] | undefined {
  const sources: { readonly alias: string; readonly columns: readonly string[] }[] = [];
  for (const item of select.from) {
    if (item.kind !== 'tableRef') return undefined;
    const relation = backend.catalog().relation(item.name.schema, item.name.name);
    if (relation === undefined || (relation.kind !== 'table' && relation.kind !== 'view')) return undefined;
    const all = relation.kind === 'table' ? relation.columns.filter((c) => !c.isDropped).map((c) => c.name) : relation.columns.map((c) => c.name);
    sources.push({ alias: item.alias?.name ?? item.name.name, columns: all.map((name, i) => item.alias?.columns[i]?.name ?? name) });
  }
  return select.targets.flatMap((target): SelectTarget[] => {
    const { expression } = target;
    if (expression.kind !== 'star') return [target];
    const wanted = expression.qualifier.length === 0 ? sources : sources.filter((s) => s.alias === expression.qualifier.at(-1));
    return wanted.flatMap((source) => source.columns.map((name): SelectTarget => ({ expression: columnOf(source.alias, name), alias: undefined, offset: target.offset })));
  });
}
function columnOf(alias: string, name: string): Expression {
  return { kind: 'columnRef', parts: [alias, name], offset: -1 };
}

export async function createView(ddl: Ddl, statement: CreateView): Promise<void> {
  const { backend, draft } = ddl;
  const query = statement.query;
  const analyzed = analyzeQuery(backend, query, statement.columns);
  const readsTemporary = analyzed.references.some((r) => {
    const record = draft.get(r.oid);
    return record !== undefined && 'schema' in record && record.schema === backend.tempSchema;
  });
  const isTemporary = statement.persistence === 'temporary' || readsTemporary;
  if (readsTemporary && statement.persistence !== 'temporary') ddl.notice(`view "${statement.name.name}" will be a temporary view`);
  const schema = isTemporary ? await temporarySchema(ddl) : creationSchema(backend, statement.name);
  const options = viewOptions(statement.options);
  const checkOption = statement.checkOption ?? checkOptionOf(options);
  const existing = draft.find('relation', schema.oid, statement.name.name);
  if (existing !== undefined && statement.orReplace) {
    const old = draft.get(existing)!;
    if (old.kind !== 'view') throw new DbError('42809', `"${statement.name.name}" is not a view`, { offset: statement.name.offset });
    await ddl.lock(old.oid, 'access exclusive');
    checkReplacement(backend, old, analyzed);
    draft.put({ ...old, columns: analyzed.columns.map((column, i) => ({ ...column, default: old.columns[i]?.default, comment: old.columns[i]?.comment })), query: analyzed.text, references: analyzed.references, checkOption, options });
    return;
  }
  checkRelationName(backend, schema.oid, statement.name.name);
  draft.put({
    kind: 'view', oid: ddl.newOid(), schema: schema.oid, name: statement.name.name, rowType: ddl.newOid(), rowArrayType: ddl.newOid(), columns: analyzed.columns, query: analyzed.text,
    checkOption, persistence: isTemporary ? 'temporary' : 'permanent', references: analyzed.references, options,
  });
}

/** WITH (...) and SET (...) of a view. @throws DbError 22023 */
export function viewOptions(given: readonly DefinitionOption[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (const option of given) {
    const value = String(option.value ?? 'true');
    if (option.name === 'check_option') {
      if (value !== 'local' && value !== 'cascaded') throw new DbError('22023', `invalid value for enum option "check_option": ${value}`, { detail: 'Valid values are "local" and "cascaded".' });
    } else if (option.name === 'security_barrier' || option.name === 'security_invoker') {
      if (!/^(t|tr|tru|true|f|fa|fal|fals|false|on|off|of|y|ye|yes|n|no|1|0)$/i.test(value)) throw new DbError('22023', `invalid value for boolean option "${option.name}": ${value}`);
    } else throw new DbError('22023', `unrecognized parameter "${option.name}"`);
    options[option.name] = value;
  }
  return options;
}
export function checkOptionOf(options: Readonly<Record<string, string>>): ViewRecord['checkOption'] {
  const value = options['check_option'];
  return value === 'local' || value === 'cascaded' ? value : 'none';
}

/** OR REPLACE may only add columns at the end. @throws DbError 42P16 */
function checkReplacement(backend: Backend, old: ViewRecord, next: AnalyzedQuery): void {
  if (next.columns.length < old.columns.length) throw new DbError('42P16', 'cannot drop columns from view');
  old.columns.forEach((column, i) => {
    const now = next.columns[i]!;
    if (now.name !== column.name) throw new DbError('42P16', `cannot change name of view column "${column.name}" to "${now.name}"`, { hint: 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.' });
    if (now.type !== column.type || now.typmod !== column.typmod) {
      const { types } = backend.catalog();
      throw new DbError('42P16', `cannot change data type of view column "${column.name}" from ${typeName(sqlType(column.type).oid, types)} to ${typeName(now.type, types)}`);
    }
  });
}
