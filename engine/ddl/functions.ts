/**
 * Functions and procedures in SQL: CREATE [OR REPLACE], ALTER, and finding one by its signature. Bodies given as a string are kept as written and read
 * at each planning, so they follow the search path; SQL-standard bodies are kept printed from their trees, and what they read cannot be dropped.
 *
 * Source: PostgreSQL's functioncmds.c and pg_proc.c for the checks and their order.
 */
import { assert } from '../../base/assert.js';
import { DbError, notSupported } from '../../base/errors.js';
import { isAnyCompatibleFamily, isAnyElementFamily, isPolymorphic, sqlType, typeInfo, typeName, TypeOid } from '../../base/types.js';
import type { AlterFunction, CreateFunction, DroppedObject, Expression, FunctionBody, Query, SetVariable } from '../../parser/ast.js';
import { parseQuery } from '../../parser/parse.js';
import { printExpression, printStatement } from '../../parser/print.js';
import { bindStatement } from '../../planner/binder.js';
import type { FunctionRecord, Reference } from '../catalog/catalog-objects.js';
import { inputParameters, outputParameters, resultOf } from '../routines/routine-shape.js';
import { checkBody, requirePlannable } from '../routines/routine-run.js';
import { bindOverRow, storedText } from './expressions.js';
import type { Ddl } from './ddl.js';
import { creationSchema, nameText } from './names.js';
import { settingText } from '../settings/setting-text.js';
import { bindTypeName } from './types.js';

const word = (isProcedure: boolean): string => (isProcedure ? 'procedure' : 'function');

export function createFunction(ddl: Ddl, statement: CreateFunction): void {
  const { backend } = ddl;
  const { isProcedure } = statement;
  const language = statement.language ?? (statement.body !== undefined && statement.body.kind !== 'bodyText' ? 'sql' : undefined);
  if (statement.body === undefined) throw new DbError('42P13', 'no function body specified', { offset: statement.offset });
  if (language === undefined) throw new DbError('42P13', 'no language specified', { offset: statement.offset });
  if (language !== 'sql') throw notSupported(`${isProcedure ? 'CREATE PROCEDURE' : 'CREATE FUNCTION'} in language ${language}`, statement.offset);
  if (statement.isWindow) throw notSupported('WINDOW functions of the user', statement.offset);
  const schema = creationSchema(backend, statement.name);
  const parameters = parametersOf(ddl, statement);
  const { returns, returnsSet } = returnTypeOf(ddl, statement, parameters);
  const standard = statement.body.kind === 'bodyText' ? undefined : statement.body.kind === 'bodyReturn' ? 'return' : 'atomic';
  if (standard !== undefined && parameters.some((p) => isPolymorphic(p.type))) throw new DbError('42P13', 'SQL function with unquoted function body cannot have polymorphic arguments');
  const record: FunctionRecord = {
    kind: 'function', oid: ddl.newOid(), schema: schema.oid, name: statement.name.name, isProcedure, parameters, returns, returnsSet, volatility: statement.volatility ?? 'volatile',
    strict: statement.nullInput === 'strict', language, body: bodyText(statement.body), ...(standard === undefined ? {} : { standard }), ...optionsOf(ddl, statement, returnsSet), references: [],
  };
  const finished = { ...record, references: referencesOf(ddl, record, statement.body) };
  replaceOrCreate(ddl, finished, statement);
  if (backend.settings.get('check_function_bodies') === 'off' && standard === undefined) return;
  const kept = namesake(ddl, record)!;
  if ([...parameters.map((p) => p.type), returns].some(isPolymorphic)) return;
  try {
    checkBody(backend, kept, resultOf(kept, returns, backend.definitions().types));
  } catch (error) {
    if (error instanceof DbError) error.fields = inStatement(ddl, record.name, statement.body, error.fields);
    throw error;
  }
}

/** Positions are of the body; of this statement where the body stands in it as it is. Without one the message says which function it is about. */
function inStatement(ddl: Ddl, name: string, body: FunctionBody, fields: DbError['fields']): DbError['fields'] {
  if (fields.offset === undefined) return { ...fields, where: `SQL function "${name}"` };
  const at = body.kind === 'bodyText' ? ddl.statement.parsed.text.indexOf(body.text, body.offset) : -1;
  return { ...fields, offset: at < 0 ? undefined : at + fields.offset };
}

function parametersOf(ddl: Ddl, statement: CreateFunction): FunctionRecord['parameters'] {
  const { backend } = ddl;
  const isName = new Set<string>();
  let hasDefault = false;
  const parameters = statement.parameters.map((p): FunctionRecord['parameters'][number] => {
    const mode = p.mode ?? 'in';
    if (p.type.isSetOf) throw new DbError('42P13', `${statement.isProcedure ? 'procedures' : 'functions'} cannot accept set arguments`, { offset: p.offset });
    const type = bindTypeName(backend, p.type).oid;
    if (mode === 'variadic' && type !== TypeOid.any && typeInfo(type, backend.definitions().types).elementOid === 0 && !isPolymorphic(type)) throw new DbError('42P13', 'VARIADIC parameter must be an array', { offset: p.offset });
    if (p.name !== undefined && isName.has(p.name)) throw new DbError('42P13', `parameter name "${p.name}" used more than once`, { offset: p.offset });
    if (p.name !== undefined) isName.add(p.name);
    if (p.default !== undefined && mode === 'out') throw new DbError('42P13', 'only input parameters can have default values', { offset: p.offset });
    if (p.default === undefined && hasDefault && mode !== 'out') throw new DbError('42P13', 'input parameters after one with a default value must also have defaults');
    if (mode === 'out' && hasDefault && statement.isProcedure) throw new DbError('42P13', 'procedure OUT parameters cannot appear after one with a default value');
    hasDefault ||= p.default !== undefined;
    const bound = p.default === undefined ? undefined : bindOverRow(backend, undefined, p.default, 'DEFAULT expressions', isPolymorphic(type) ? undefined : sqlType(type), `argument of DEFAULT`);
    return { mode, ...(p.name === undefined ? {} : { name: p.name }), type, ...(bound === undefined ? {} : { default: storedText(backend, p.default!, bound.expression) }) };
  });
  const variadicAt = statement.parameters.findIndex((p) => p.mode === 'variadic');
  if (variadicAt >= 0 && statement.parameters.slice(variadicAt + 1).some((p) => p.mode !== 'out')) throw new DbError('42P13', 'VARIADIC parameter must be the last input parameter', { offset: statement.parameters[variadicAt]!.offset });
  const columns = (statement.returnsTable ?? []).map((c): FunctionRecord['parameters'][number] => {
    if (isName.has(c.name)) throw new DbError('42P13', `parameter name "${c.name}" used more than once`, { offset: c.offset });
    isName.add(c.name);
    return { mode: 'table', name: c.name, type: bindTypeName(backend, c.type).oid };
  });
  return [...parameters, ...columns];
}

function returnTypeOf(ddl: Ddl, statement: CreateFunction, parameters: FunctionRecord['parameters']): { returns: number; returnsSet: boolean } {
  const { returns, returnsSet } = declaredReturn(ddl, statement, parameters);
  for (const type of [returns, ...outputParameters({ parameters }).map((p) => p.type)]) refuseUndetermined(ddl, type, parameters);
  return { returns, returnsSet };
}

/** What a polymorphic result is must follow from an input. @throws DbError 42P13 */
function refuseUndetermined(ddl: Ddl, result: number, parameters: FunctionRecord['parameters']): void {
  if (!isPolymorphic(result)) return;
  const ranges: readonly number[] = isAnyElementFamily(result) ? [TypeOid.anyrange, TypeOid.anymultirange] : [TypeOid.anycompatiblerange, TypeOid.anycompatiblemultirange];
  const family = isAnyElementFamily(result) ? isAnyElementFamily : isAnyCompatibleFamily;
  if (parameters.some((p) => p.mode !== 'out' && p.mode !== 'table' && (ranges.includes(result) ? ranges.includes(p.type) : family(p.type)))) return;
  const { types } = ddl.backend.definitions();
  const accepted = ranges.includes(result)
    ? ranges.map((oid) => typeName(oid, types)).join(' or ')
    : isAnyElementFamily(result)
      ? 'anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange'
      : 'anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange';
  throw new DbError('42P13', 'cannot determine result data type', { detail: `A result of type ${typeName(result, types)} requires at least one input of type ${accepted}.` });
}

function declaredReturn(ddl: Ddl, statement: CreateFunction, parameters: FunctionRecord['parameters']): { returns: number; returnsSet: boolean } {
  const outputs = outputParameters({ parameters });
  const implied = outputs.length === 0 ? undefined : outputs.length === 1 ? outputs[0]!.type : TypeOid.record;
  if (statement.isProcedure) return { returns: implied === undefined ? TypeOid.void : TypeOid.record, returnsSet: false };
  if (statement.returnsTable !== undefined) {
    if (parameters.some((p) => p.mode === 'out' || p.mode === 'inout')) throw new DbError('42P13', 'OUT and INOUT arguments aren\'t allowed in TABLE functions', { offset: statement.offset });
    return { returns: implied ?? TypeOid.record, returnsSet: true };
  }
  if (statement.returns === undefined) {
    if (implied === undefined) throw new DbError('42P13', 'function result type must be specified', { offset: statement.offset });
    return { returns: implied, returnsSet: false };
  }
  const type = bindTypeName(ddl.backend, { ...statement.returns, isSetOf: false }).oid;
  if (implied !== undefined && type !== implied) {
    throw new DbError('42P13', `function result type must be ${typeName(implied, ddl.backend.definitions().types)} because of OUT parameters`, { offset: statement.returns.offset });
  }
  if (type === TypeOid.trigger) throw notSupported('trigger functions', statement.returns.offset);
  return { returns: type, returnsSet: statement.returns.isSetOf };
}

function bodyText(body: FunctionBody): string {
  switch (body.kind) {
    case 'bodyText':
      return body.text;
    case 'bodyReturn':
      return `SELECT ${printExpression(body.expression)}`;
    case 'bodyAtomic':
      return body.statements.map((s) => printStatement(requirePlannable(s))).join(';\n');
  }
}

/** RETURN as the query that it is, with the places of its own text. */
function selectOf(expression: Expression): Query {
  const query = parseQuery('SELECT 1');
  assert(query.body.kind === 'select', 'a select is one');
  return { ...query, body: { ...query.body, targets: [{ ...query.body.targets[0]!, expression }] } };
}

/** What a SQL-standard body reads; others are read when they run. */
function referencesOf(ddl: Ddl, record: FunctionRecord, body: FunctionBody): Reference[] {
  if (body.kind === 'bodyText') return [];
  const statements = body.kind === 'bodyAtomic' ? body.statements : [selectOf(body.expression)];
  const { backend } = ddl;
  const references: Reference[] = [];
  const inputs = inputParameters(record);
  for (const statement of statements) {
    bindStatement(statement, backend.catalog(), {
      settings: backend.plannerSettings(), parameterTypes: inputs.map((p) => sqlType(p.type)), routine: { name: record.name, parameters: inputs.map((p) => p.name) },
      dependencies: {
        relation: (oid) => references.push({ oid }), routine: (oid) => references.push({ oid }),
        column: (oid, name) => {
          const table = backend.draft.get(oid);
          const column = table?.kind === 'table' ? table.columns.findIndex((c) => c.name === name) : -1;
          if (column >= 0) references.push({ oid, column });
        },
      },
    });
  }
  return references.filter((r, i) => references.findIndex((other) => other.oid === r.oid && other.column === r.column) === i);
}

type Options = Pick<FunctionRecord, 'settings' | 'cost' | 'rows' | 'leakproof' | 'parallel' | 'securityDefiner'>;

function optionsOf(ddl: Ddl, statement: CreateFunction | AlterFunction, returnsSet: boolean): Options {
  if (statement.cost !== undefined && !(statement.cost > 0)) throw new DbError('22023', 'COST must be positive');
  if (statement.rows !== undefined && !(statement.rows > 0)) throw new DbError('22023', 'ROWS must be positive');
  if (statement.rows !== undefined && !returnsSet) throw new DbError('22023', 'ROWS is not applicable when function does not return a set');
  if (statement.parallel !== undefined && !['safe', 'restricted', 'unsafe'].includes(statement.parallel)) throw new DbError('42601', 'parameter "parallel" must be SAFE, RESTRICTED, or UNSAFE');
  const settings = statement.settings.length === 0 ? undefined : settingsOf(ddl, statement.settings);
  return defined({ settings, cost: statement.cost, rows: statement.rows, leakproof: statement.leakproof, parallel: statement.parallel, securityDefiner: statement.securityDefiner });
}

const defined = <T extends object>(fields: T): T => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

function settingsOf(ddl: Ddl, list: readonly SetVariable[]): { name: string; value: string }[] {
  const mark = ddl.backend.settings.mark();
  try {
    return list.flatMap((s) => {
      if (s.fromCurrent) return [{ name: s.name, value: ddl.backend.settings.get(s.name) ?? '' }];
      if (s.values === undefined) return [];
      const value = settingText(ddl.backend, s.name, s.values);
      ddl.backend.settings.set(s.name, value, true);
      return [{ name: s.name, value }];
    });
  } finally {
    ddl.backend.settings.rollbackTo(mark);
  }
}

/** @throws DbError 42723 when the schema has a function of that name with these arguments already */
export function refuseTaken(ddl: Ddl, record: FunctionRecord, schema: number, name: string): void {
  if (namesake(ddl, record, schema, name) === undefined) return;
  throw new DbError('42723', `function ${signature(ddl, { ...record, name }, ', ')} already exists in schema "${ddl.backend.definitions().schemaName(schema)}"`);
}

/** The function of that name with the same arguments. */
export function namesake(ddl: Ddl, record: FunctionRecord, schema = record.schema, name = record.name): FunctionRecord | undefined {
  return ddl.draft.functionsNamed(name).find((f) => f.schema === schema && sameInputs(f, record));
}

const sameInputs = (a: FunctionRecord, b: FunctionRecord): boolean => sameTypes(inputParameters(a).map((p) => p.type), inputParameters(b).map((p) => p.type));

function signature(ddl: Ddl, record: FunctionRecord, separator = ','): string {
  return `${record.name}(${inputParameters(record).map((p) => typeName(p.type, ddl.backend.definitions().types)).join(separator)})`;
}

function replaceOrCreate(ddl: Ddl, record: FunctionRecord, statement: CreateFunction): void {
  const { draft } = ddl;
  const existing = namesake(ddl, record);
  if (existing === undefined) {
    draft.put(record);
    return;
  }
  if (!statement.orReplace) throw new DbError('42723', `${word(existing.isProcedure)} "${record.name}" already exists with same argument types`);
  if (existing.isProcedure !== record.isProcedure) throw new DbError('42809', 'cannot change routine kind', { detail: `"${record.name}" is a ${word(existing.isProcedure)}.` });
  const hint = `Use DROP ${word(record.isProcedure).toUpperCase()} ${signature(ddl, existing)} first.`;
  if (existing.returns !== record.returns || existing.returnsSet !== record.returnsSet) throw new DbError('42P13', 'cannot change return type of existing function', { hint });
  const before = outputParameters(existing);
  const after = outputParameters(record);
  if (record.returns === TypeOid.record && (before.length !== after.length || before.some((p, i) => p.type !== after[i]!.type || (p.name ?? '') !== (after[i]!.name ?? '')))) {
    throw new DbError('42P13', 'cannot change return type of existing function', { detail: 'Row type defined by OUT parameters is different.', hint });
  }
  inputParameters(existing).forEach((p, i) => {
    if (p.name !== undefined && p.name !== inputParameters(record)[i]!.name) throw new DbError('42P13', `cannot change name of input parameter "${p.name}"`, { hint });
    if (p.default !== undefined && inputParameters(record)[i]!.default === undefined) throw new DbError('42P13', 'cannot remove parameter defaults from existing function', { hint });
  });
  draft.put({ ...record, oid: existing.oid, comment: existing.comment, extension: existing.extension });
}

export function alterFunction(ddl: Ddl, statement: AlterFunction): void {
  const found = findFunction(ddl, { name: statement.name, args: statement.args }, statement.isProcedure ? 'procedure' : 'function', false)!;
  const options = optionsOf(ddl, statement, found.returnsSet);
  const resets = new Set(statement.settings.map((s) => s.name));
  const settings = statement.settings.length === 0 ? found.settings : [...(found.settings ?? []).filter((s) => !resets.has(s.name) && !resets.has('all')), ...(options.settings ?? [])];
  ddl.draft.put({
    ...found, ...options, ...(settings === undefined ? {} : { settings }), volatility: statement.volatility ?? found.volatility,
    strict: statement.nullInput === undefined ? found.strict : statement.nullInput === 'strict',
  });
}

/** A function by name and, when given, argument types. @throws DbError 42883, 42725 */
export function findFunction(ddl: Ddl, object: DroppedObject, kind: 'function' | 'procedure' | 'routine', ifExists: boolean): FunctionRecord | undefined {
  const catalog = ddl.backend.catalog();
  const schemas = object.name.schema === undefined ? catalog.path : [catalog.schemaOid(object.name.schema) ?? -1];
  const named = ddl.draft.functionsNamed(object.name.name).filter((f) => schemas.includes(f.schema) && (kind === 'routine' || f.isProcedure === (kind === 'procedure')));
  const wanted = object.args?.filter((p) => p.mode !== 'out').map((p) => bindTypeName(ddl.backend, p.type).oid);
  const matches = wanted === undefined ? named : named.filter((f) => sameTypes(inputParameters(f).map((p) => p.type), wanted));
  if (matches.length > 1) throw new DbError('42725', `${kind} name "${nameText(object.name)}" is not unique`, { hint: `Specify the argument list to select the ${kind} unambiguously.` });
  if (matches.length === 1) return matches[0];
  const shown = wanted === undefined ? nameText(object.name) : `${nameText(object.name)}(${wanted.map((oid) => typeName(oid, catalog.types)).join(', ')})`;
  if (!ifExists) throw new DbError('42883', wanted === undefined ? `could not find a ${kind} named "${shown}"` : `${kind} ${shown} does not exist`);
  ddl.notice(`${kind} ${wanted === undefined ? `${shown}()` : shown.replaceAll(', ', ',')} does not exist, skipping`);
  return undefined;
}

const sameTypes = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((type, i) => type === b[i]);
