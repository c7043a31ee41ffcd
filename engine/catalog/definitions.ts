/** Definitions of catalog objects as SQL text, in the form of PostgreSQL's ruleutils.c: what `\d` and `pg_get_*def` show. */
import { TypeOid, sqlType, types } from '../../base/types.js';
import type { Expression } from '../../parser/ast.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import { operatorClassOf } from '../../planner/operator-classes.js';
import type { Backend } from '../backend.js';
import { storedText, withSequenceNames } from './stored-text.js';
import type { ForeignKeyRecord, FunctionRecord, IndexColumnRecord, IndexRecord, TableRecord } from './catalog-objects.js';
import { quoteIdentifier as quoteName, quoteLiteral } from '../../parser/print-names.js';
import { typeText } from '../type-text.js';

/** Stored text with sequences by name again, as it was written. */
export function displayExpression(backend: Backend, text: string): string {
  return printExpression(parseExpression(withSequenceNames(backend, text)));
}

/** A column's default, or what a generated one is computed from, as pg_get_expr shows it. */
export function displayDefault(backend: Backend, text: string, column: { readonly type: number; readonly typmod: number }, table?: TableRecord, isPretty = false): string {
  return storedText(backend, text, { columns: table?.columns, type: sqlType(column.type, column.typmod), isPretty });
}

/** A condition over a table's row. */
export function displayCondition(backend: Backend, text: string, table: TableRecord, isPretty = false): string {
  return storedText(backend, text, { columns: table.columns, type: types.bool, isPretty });
}

/** A condition over the value of a domain. */
export function displayDomainCondition(backend: Backend, text: string, domain: { readonly base: number; readonly typmod: number }, isPretty = false): string {
  return storedText(backend, text, { columns: [{ name: 'value', type: domain.base, typmod: domain.typmod }], isDomain: true, type: types.bool, isPretty });
}

/** A COLLATE on top is the key's, not the expression's. */
export function keyExpression(text: string): Expression {
  const whole = parseExpression(text);
  return whole.kind === 'collate' ? whole.operand : whole;
}

/** What reads as a call. */
const plainCalls = new Set<string>(['functionCall', 'coalesce', 'greatest', 'least', 'nullIf', 'sqlValueFunction']);

function indexColumn(backend: Backend, table: TableRecord, column: IndexColumnRecord, isPretty: boolean): string {
  if (column.column !== undefined) return quoteName(table.columns[column.column]!.name);
  const expression = keyExpression(column.expression!);
  const text = storedText(backend, printExpression(expression), { columns: table.columns, isPretty });
  // A plain call needs no parentheses of its own.
  return plainCalls.has(expression.kind) ? text : `(${text})`;
}

function columnWithOrder(backend: Backend, table: TableRecord, column: IndexColumnRecord, isPretty: boolean): string {
  const parts = [indexColumn(backend, table, column, isPretty)];
  const own = column.column === undefined ? undefined : table.columns[column.column]!.collation;
  const written = column.expression === undefined ? undefined : parseExpression(column.expression);
  const collation = column.collation ?? (written?.kind === 'collate' ? written.collation.name : undefined);
  if (collation !== undefined && collation !== own) parts.push(`COLLATE ${quoteName(collation)}`);
  if (column.operatorClass !== undefined && operatorClassOf(column, backend.definitions().types)?.isDefault === false) parts.push(column.operatorClass);
  if (column.descending) parts.push('DESC');
  if (column.nullsFirst !== column.descending) parts.push(column.nullsFirst ? 'NULLS FIRST' : 'NULLS LAST');
  return parts.join(' ');
}

export function indexColumnDefinition(backend: Backend, index: IndexRecord, position: number, isPretty = false): string | null {
  const table = backend.draft.get(index.table) as TableRecord;
  const column = index.columns[position];
  if (column !== undefined) return indexColumn(backend, table, column, isPretty);
  const included = index.include[position - index.columns.length];
  return included === undefined ? null : quoteName(table.columns[included]!.name);
}

/** `isPretty`: without the schema where the search path finds the table, and no parentheses around the predicate. */
export function indexDefinition(backend: Backend, index: IndexRecord, isPretty = false): string {
  const table = backend.draft.get(index.table) as TableRecord;
  const name = isPretty ? backend.system.qualified(table) : `${quoteName(backend.definitions().schemaName(table.schema))}.${quoteName(table.name)}`;
  const columns = index.columns.map((column) => columnWithOrder(backend, table, column, isPretty)).join(', ');
  const include = index.include.length === 0 ? '' : ` INCLUDE (${index.include.map((c) => quoteName(table.columns[c]!.name)).join(', ')})`;
  const where = index.predicate === undefined ? '' : ` WHERE ${displayCondition(backend, index.predicate, table, isPretty)}`;
  return `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX ${quoteName(index.name)} ON ${name} USING btree (${columns})${include}${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}${withClause(index.options)}${where}`;
}

/** ` WITH (name=value, ...)` as definitions have it: a value that is no name of its own stands in quotes. */
export function withClause(options: Readonly<Record<string, string>> | undefined): string {
  const literal = (value: string): string => (quoteName(value) === value ? value : `'${value.replaceAll("'", "''")}'`);
  const list = Object.entries(options ?? {}).map(([name, value]) => `${quoteName(name)}=${literal(value)}`);
  return list.length === 0 ? '' : ` WITH (${list.join(', ')})`;
}

function deferral(deferrable: 'not deferrable' | 'initially immediate' | 'initially deferred'): string {
  return deferrable === 'not deferrable' ? '' : deferrable === 'initially deferred' ? ' DEFERRABLE INITIALLY DEFERRED' : ' DEFERRABLE';
}

/** `withParameters`: for a statement that makes it; pg_get_constraintdef leaves them out. */
export function keyDefinition(backend: Backend, index: IndexRecord, withParameters = false): string {
  const table = backend.draft.get(index.table) as TableRecord;
  const columns = index.columns.map((column) => quoteName(table.columns[column.column!]!.name)).join(', ');
  const include = index.include.length === 0 ? '' : ` INCLUDE (${index.include.map((c) => quoteName(table.columns[c]!.name)).join(', ')})`;
  return `${index.constraint!.isPrimary ? 'PRIMARY KEY' : `UNIQUE${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}`} (${columns})${include}${withParameters ? withClause(index.options) : ''}${deferral(index.constraint!.deferrable)}`;
}

export function foreignKeyDefinition(backend: Backend, table: TableRecord, key: ForeignKeyRecord): string {
  const parent = backend.draft.get(key.parent) as TableRecord;
  const names = (of: TableRecord, columns: readonly number[]): string => columns.map((c) => quoteName(of.columns[c]!.name)).join(', ');
  const action = (event: string, what: string, columns?: readonly number[]): string => (what === 'no action' ? '' : ` ON ${event} ${what.toUpperCase()}${columns === undefined ? '' : ` (${names(table, columns)})`}`);
  return `FOREIGN KEY (${names(table, key.columns)}) REFERENCES ${backend.system.qualified(parent)}(${names(parent, key.parentColumns)})${key.match === 'full' ? ' MATCH FULL' : ''}${action('UPDATE', key.onUpdate)}${action('DELETE', key.onDelete, key.onDeleteColumns)}${deferral(key.deferrable)}${key.validated ? '' : ' NOT VALID'}`;
}

/** By the constraint's own oid. */
export function constraintDefinition(backend: Backend, oid: number, isPretty = false): string | undefined {
  for (const record of backend.draft.all()) {
    if (record.kind === 'index' && record.constraint?.oid === oid) return keyDefinition(backend, record);
    if (record.kind === 'type' && record.detail.kind === 'domain') {
      const check = record.detail.checks.find((candidate) => candidate.oid === oid);
      if (check !== undefined) return checkDefinition(displayDomainCondition(backend, check.expression, record.detail, isPretty), check.validated, false);
    }
    if (record.kind !== 'table') continue;
    const check = record.checks.find((candidate) => candidate.oid === oid);
    if (check !== undefined) return checkDefinition(displayCondition(backend, check.expression, record, isPretty), check.validated, check.noInherit === true);
    const key = record.foreignKeys.find((candidate) => candidate.oid === oid);
    if (key !== undefined) return foreignKeyDefinition(backend, record, key);
  }
  return undefined;
}

/** `shown` is the condition as it is displayed. */
export function checkDefinition(shown: string, validated: boolean, noInherit: boolean): string {
  return `CHECK (${shown})${noInherit ? ' NO INHERIT' : ''}${validated ? '' : ' NOT VALID'}`;
}

// ---------------------------------------------------------------------------------------------------------------- functions

function findFunction(backend: Backend, oid: number): FunctionRecord | undefined {
  const record = backend.draft.get(oid);
  return record?.kind === 'function' ? record : undefined;
}
/** `withDefaults: false` is what identifies it: the parameters a call or a DROP names. */
export function functionArguments(backend: Backend, oid: number, withDefaults = true): string | undefined {
  const record = findFunction(backend, oid);
  if (record === undefined) return builtinArguments(backend, oid);
  return record.parameters
    .filter((p) => p.mode !== 'table')
    .map((p) => [p.mode === 'in' ? '' : p.mode.toUpperCase(), p.name === undefined ? '' : quoteName(p.name), typeText(backend, sqlType(p.type)), p.default === undefined || !withDefaults ? '' : `DEFAULT ${storedText(backend, p.default, { type: sqlType(p.type) })}`].filter((part) => part !== '').join(' '))
    .join(', ');
}
function builtinArguments(backend: Backend, oid: number): string | undefined {
  const builtin = backend.instance.system.builtin(oid);
  return builtin?.args.map((type, i) => `${builtin.variadic && i === builtin.args.length - 1 ? 'VARIADIC ' : ''}${builtin.argNames?.[i] === undefined ? '' : `${quoteName(builtin.argNames[i])} `}${typeText(backend, sqlType(type))}`).join(', ');
}
export function functionResult(backend: Backend, oid: number): string | undefined {
  const record = findFunction(backend, oid);
  if (record === undefined) {
    const builtin = backend.instance.system.builtin(oid);
    return builtin === undefined ? undefined : `${builtin.kind === 'set' ? 'SETOF ' : ''}${typeText(backend, sqlType(builtin.returns))}`;
  }
  if (record.isProcedure) return undefined;
  const table = record.parameters.filter((p) => p.mode === 'table');
  if (table.length > 0) return `TABLE(${table.map((p) => `${quoteName(p.name ?? '')} ${typeText(backend, sqlType(p.type))}`).join(', ')})`;
  return `${record.returnsSet ? 'SETOF ' : ''}${record.returns === TypeOid.void ? 'void' : typeText(backend, sqlType(record.returns))}`;
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

/** AS with dollar quotes that the body does not hold, RETURN, BEGIN ATOMIC, or library and name. */
export function functionBody(record: FunctionRecord): string {
  if (record.language === 'c') return `AS ${quoteLiteral(`$libdir/${record.extension!.name}`)}, ${quoteLiteral(record.body)}`;
  if (record.standard === 'return') return `RETURN ${record.body.slice('SELECT '.length)}`;
  if (record.standard === 'atomic') return `BEGIN ATOMIC\n${record.body.split('\n').map((line) => ` ${line}`).join('\n')}${record.body === '' ? '' : ';\n'}END`;
  const word = record.isProcedure ? 'procedure' : 'function';
  let tag = `$${word}$`;
  for (let i = 1; record.body.includes(tag); i++) tag = `$${word}${i}$`;
  return `AS ${tag}${record.body}${tag}`;
}
