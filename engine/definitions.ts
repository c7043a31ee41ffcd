/** Definitions of catalog objects as SQL text, in the form of PostgreSQL's ruleutils.c: what `\d` and `pg_get_*def` show. */
import { TypeOid, formatType, sqlType, typeInfo, typeName } from '../base/types.js';
import type { QualifiedName, Query } from '../parser/ast.js';
import { parseExpression } from '../parser/parse.js';
import { printExpression, printQuery } from '../parser/print.js';
import type { Backend } from './backend.js';
import { parseQuery } from './catalog-view.js';
import type { ForeignKeyRecord, FunctionRecord, IndexColumnRecord, IndexRecord, RelationRecord, TableRecord } from './catalog-objects.js';
import { quoteIdentifier as quoteName, quoteLiteral } from '../parser/print-names.js';

/** Stored text with sequences by name again. */
export function displayExpression(backend: Backend, text: string): string {
  const named = text.replaceAll(/(\d+)::(?:pg_catalog\.)?regclass/g, (whole, oid: string) => {
    const record = backend.draft.get(Number(oid));
    return record?.kind === 'sequence' ? `${quoteLiteral(backend.system.qualified(record))}::regclass` : whole;
  });
  return printExpression(parseExpression(named));
}

/** A column's default as pg_attrdef shows it: a string that its type keeps as it is written is followed by the type, without its modifier. */
export function displayDefault(backend: Backend, text: string, type: number): string {
  const shown = displayExpression(backend, text);
  const { types } = backend.catalog();
  const isKept = type === TypeOid.text || type === TypeOid.varchar || type === TypeOid.bpchar || typeInfo(type, types).kind === 'enum';
  if (!isKept || !/^'(?:[^']|'')*'$/.test(shown)) return shown;
  return `${shown}::${type === TypeOid.bpchar ? 'bpchar' : typeName(type, types)}`;
}

/** Relations that the session's search path finds are named without their schema. */
export function viewDefinition(record: RelationRecord, backend: Backend): string | null {
  const query = record.kind === 'view' ? record.query : record.kind === 'table' ? record.view?.query : undefined;
  if (query === undefined) return null;
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
  return ` ${printQuery(walk(parseQuery(query)) as Query)};`;
}

function indexColumn(backend: Backend, table: TableRecord, column: IndexColumnRecord): string {
  if (column.column !== undefined) return quoteName(table.columns[column.column]!.name);
  const text = displayExpression(backend, column.expression!);
  // A plain call needs no parentheses of its own.
  return parseExpression(column.expression!).kind === 'functionCall' ? text : `(${parenthesized(text)})`;
}

function columnWithOrder(backend: Backend, table: TableRecord, column: IndexColumnRecord): string {
  const parts = [indexColumn(backend, table, column)];
  const own = column.column === undefined ? undefined : table.columns[column.column]!.collation;
  if (column.collation !== undefined && column.collation !== own) parts.push(`COLLATE ${quoteName(column.collation)}`);
  if (column.operatorClass !== undefined && /pattern/.test(column.operatorClass)) parts.push(column.operatorClass);
  if (column.descending) parts.push('DESC');
  if (column.nullsFirst !== column.descending) parts.push(column.nullsFirst ? 'NULLS FIRST' : 'NULLS LAST');
  return parts.join(' ');
}

export function indexColumnDefinition(backend: Backend, index: IndexRecord, position: number): string | null {
  const table = backend.draft.get(index.table) as TableRecord;
  const column = index.columns[position];
  if (column !== undefined) return indexColumn(backend, table, column);
  const included = index.include[position - index.columns.length];
  return included === undefined ? null : quoteName(table.columns[included]!.name);
}

export function indexDefinition(backend: Backend, index: IndexRecord): string {
  const table = backend.draft.get(index.table) as TableRecord;
  const schema = backend.definitions().schemaName(table.schema);
  const columns = index.columns.map((column) => columnWithOrder(backend, table, column)).join(', ');
  const include = index.include.length === 0 ? '' : ` INCLUDE (${index.include.map((c) => quoteName(table.columns[c]!.name)).join(', ')})`;
  const where = index.predicate === undefined ? '' : ` WHERE ${parenthesized(displayExpression(backend, index.predicate))}`;
  return `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX ${quoteName(index.name)} ON ${quoteName(schema)}.${quoteName(table.name)} USING btree (${columns})${include}${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}${where}`;
}

function parenthesized(text: string): string {
  return /^\(.*\)$/s.test(text) ? text : `(${text})`;
}

function deferral(deferrable: 'not deferrable' | 'initially immediate' | 'initially deferred'): string {
  return deferrable === 'not deferrable' ? '' : deferrable === 'initially deferred' ? ' DEFERRABLE INITIALLY DEFERRED' : ' DEFERRABLE';
}

export function keyDefinition(backend: Backend, index: IndexRecord): string {
  const table = backend.draft.get(index.table) as TableRecord;
  const columns = index.columns.map((column) => quoteName(table.columns[column.column!]!.name)).join(', ');
  const include = index.include.length === 0 ? '' : ` INCLUDE (${index.include.map((c) => quoteName(table.columns[c]!.name)).join(', ')})`;
  return `${index.constraint!.isPrimary ? 'PRIMARY KEY' : `UNIQUE${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}`} (${columns})${include}${deferral(index.constraint!.deferrable)}`;
}

export function foreignKeyDefinition(backend: Backend, table: TableRecord, key: ForeignKeyRecord): string {
  const parent = backend.draft.get(key.parent) as TableRecord;
  const names = (of: TableRecord, columns: readonly number[]): string => columns.map((c) => quoteName(of.columns[c]!.name)).join(', ');
  const action = (event: string, what: string, columns?: readonly number[]): string => (what === 'no action' ? '' : ` ON ${event} ${what.toUpperCase()}${columns === undefined ? '' : ` (${names(table, columns)})`}`);
  return `FOREIGN KEY (${names(table, key.columns)}) REFERENCES ${backend.system.qualified(parent)}(${names(parent, key.parentColumns)})${key.match === 'full' ? ' MATCH FULL' : ''}${action('UPDATE', key.onUpdate)}${action('DELETE', key.onDelete, key.onDeleteColumns)}${deferral(key.deferrable)}${key.validated ? '' : ' NOT VALID'}`;
}

/** By the constraint's own oid. */
export function constraintDefinition(backend: Backend, oid: number): string | undefined {
  for (const record of backend.draft.all()) {
    if (record.kind === 'index' && record.constraint?.oid === oid) return keyDefinition(backend, record);
    if (record.kind === 'type' && record.detail.kind === 'domain') {
      const check = record.detail.checks.find((candidate) => candidate.oid === oid);
      if (check !== undefined) return `CHECK (${parenthesized(displayExpression(backend, check.expression))})${check.validated ? '' : ' NOT VALID'}`;
    }
    if (record.kind !== 'table') continue;
    const check = record.checks.find((candidate) => candidate.oid === oid);
    if (check !== undefined) return checkDefinition(backend, check.expression, check.validated, check.noInherit === true);
    const key = record.foreignKeys.find((candidate) => candidate.oid === oid);
    if (key !== undefined) return foreignKeyDefinition(backend, record, key);
  }
  return undefined;
}

export function checkDefinition(backend: Backend, expression: string, validated: boolean, noInherit: boolean): string {
  return `CHECK (${parenthesized(displayExpression(backend, expression))})${noInherit ? ' NO INHERIT' : ''}${validated ? '' : ' NOT VALID'}`;
}

// ---------------------------------------------------------------------------------------------------------------- functions

function findFunction(backend: Backend, oid: number): FunctionRecord | undefined {
  const record = backend.draft.get(oid);
  return record?.kind === 'function' ? record : undefined;
}
const typeText = (backend: Backend, oid: number): string => formatType(sqlType(oid), backend.definitions().types);

export function functionArguments(backend: Backend, oid: number): string | undefined {
  const record = findFunction(backend, oid);
  if (record === undefined) return undefined;
  return record.parameters
    .filter((p) => p.mode !== 'table')
    .map((p) => [p.mode === 'in' ? '' : p.mode.toUpperCase(), p.name === undefined ? '' : quoteName(p.name), typeText(backend, p.type), p.default === undefined ? '' : `DEFAULT ${displayExpression(backend, p.default)}`].filter((part) => part !== '').join(' '))
    .join(', ');
}
export function functionResult(backend: Backend, oid: number): string | undefined {
  const record = findFunction(backend, oid);
  if (record === undefined || record.isProcedure) return undefined;
  const table = record.parameters.filter((p) => p.mode === 'table');
  if (table.length > 0) return `TABLE(${table.map((p) => `${quoteName(p.name ?? '')} ${typeText(backend, p.type)}`).join(', ')})`;
  return `${record.returnsSet ? 'SETOF ' : ''}${record.returns === TypeOid.void ? 'void' : typeText(backend, record.returns)}`;
}
export function functionDefinition(backend: Backend, oid: number): string | undefined {
  const record = findFunction(backend, oid);
  if (record === undefined) return undefined;
  const schema = backend.definitions().schemaName(record.schema);
  const kind = record.isProcedure ? 'PROCEDURE' : 'FUNCTION';
  const returns = record.isProcedure ? '' : ` RETURNS ${functionResult(backend, oid)!}\n`;
  const traits = functionTraits(record);
  const settings = functionSettings(record).map((setting) => ` ${setting}\n`).join('');
  return `CREATE OR REPLACE ${kind} ${quoteName(schema)}.${quoteName(record.name)}(${functionArguments(backend, oid)!})\n${returns} LANGUAGE ${record.language}\n${traits.length === 0 ? '' : ` ${traits.join(' ')}\n`}${settings}${functionBody(record)}\n`;
}

/** What stands between LANGUAGE and the settings, where it is not the default. */
export function functionTraits(record: FunctionRecord): string[] {
  return [
    record.volatility === 'volatile' ? '' : record.volatility.toUpperCase(), record.parallel === undefined || record.parallel === 'unsafe' ? '' : `PARALLEL ${record.parallel.toUpperCase()}`, record.strict ? 'STRICT' : '',
    record.securityDefiner === true ? 'SECURITY DEFINER' : '', record.leakproof === true ? 'LEAKPROOF' : '', record.cost === undefined ? '' : `COST ${record.cost}`, record.rows === undefined ? '' : `ROWS ${record.rows}`,
  ].filter((trait) => trait !== '');
}
/** Its SET clauses. */
export function functionSettings(record: FunctionRecord): string[] {
  return (record.settings ?? []).map((s) => `SET ${quoteName(s.name)} TO ${s.name === 'search_path' ? s.value || "''" : quoteLiteral(s.value)}`);
}

/** AS with dollar quotes that the body does not hold, RETURN, or BEGIN ATOMIC. */
export function functionBody(record: FunctionRecord): string {
  if (record.standard === 'return') return `RETURN ${record.body.slice('SELECT '.length)}`;
  if (record.standard === 'atomic') return `BEGIN ATOMIC\n${record.body.split('\n').map((line) => ` ${line}`).join('\n')}${record.body === '' ? '' : ';\n'}END`;
  const word = record.isProcedure ? 'procedure' : 'function';
  let tag = `$${word}$`;
  for (let i = 1; record.body.includes(tag); i++) tag = `$${word}${i}$`;
  return `AS ${tag}${record.body}${tag}`;
}
