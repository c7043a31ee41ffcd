/**
 * Functions of the user as the planner wants them: a `FunctionDef` over a catalog record, or over a function that the host has registered
 * (host-functions.ts). The implementation finds its session through the statement's context and runs the body there (routine-run.ts).
 *
 * R1  Definitions are made once per record, so plans and matches can be kept by identity; a changed function is another record.
 * R2  A polymorphic function is made concrete once per call site, with the types of the call.
 */
import { SqlRecord, type Datum } from '../../base/datum.js';
import { isPolymorphic, sqlType, typeInfo, TypeOid, type SqlType, type TypeInfo, type TypeRegistry } from '../../base/types.js';
import { assert } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { extensionFunction } from '../../functions/extensions/extensions.js';
import { multirangeConstructors, rangeConstructors } from '../../functions/range.js';
import type { EvalContext, FunctionDef } from '../../functions/registry.js';
import type { FunctionRecord } from '../catalog/catalog-objects.js';
import type { DefinitionSource } from '../catalog/catalog-view.js';
import { StatementContext } from '../eval-context.js';
import { inputParameters, resultOf, type RoutineCall } from './routine-shape.js';
import { bodyOf, runRoutine } from './routine-run.js';
import type { RoutineDef } from '../../planner/catalog.js';
import { parseExpression } from '../../parser/parse.js';

const made = new WeakMap<FunctionRecord, { readonly types: readonly unknown[]; readonly definition: FunctionDef }>();

/** Those of a name in a schema. */
export function userFunctions(source: DefinitionSource, schema: number, name: string): readonly FunctionDef[] {
  return [...source.env.hostFunctions(source.schemaName(schema), name), ...constructorsOf(source, schema, name), ...definitionsOf(source, schema, name, false)];
}

const constructors = new WeakMap<TypeInfo, readonly FunctionDef[]>();

/** Those of the range or multirange type of this name, if it is one: they come and go with it. */
function constructorsOf({ types, reader }: DefinitionSource, schema: number, name: string): readonly FunctionDef[] {
  const oid = reader.find('type', schema, name) ?? reader.rangeOfMultirange(schema, name)?.detail.multirange;
  const info = oid === undefined ? undefined : types.lookup(oid);
  if (info?.kind !== 'range' && info?.kind !== 'multirange') return [];
  let made = constructors.get(info);
  if (made === undefined) {
    const definitions = info.kind === 'range' ? rangeConstructors(info) : multirangeConstructors(info, types.lookup(info.subtypeOid)!);
    constructors.set(info, (made = definitions.map((definition) => ({ ...definition, constructs: info.oid }))));
  }
  return made;
}
export function userProcedures(source: DefinitionSource, schema: number, name: string): readonly FunctionDef[] {
  return definitionsOf(source, schema, name, true);
}
function definitionsOf(source: DefinitionSource, schema: number, name: string, isProcedure: boolean): FunctionDef[] {
  return source.reader.functionsNamed(name).filter((record) => record.isProcedure === isProcedure && record.schema === schema).map((record) => definitionOf(source, record));
}

export function definitionOf(source: DefinitionSource, record: FunctionRecord): FunctionDef {
  // A row type may have got other columns, the schema another name.
  const types = [record.returns, ...record.parameters.map((p) => p.type)].map((oid) => source.types.lookup(oid));
  const known = made.get(record);
  const schema = source.schemaName(record.schema);
  if (known !== undefined && known.definition.schema === schema && known.types.every((type, i) => type === types[i])) return known.definition;
  const definition = makeDefinition(source.types, schema, record);
  made.set(record, { types, definition });
  return definition;
}

const routines = new WeakMap<FunctionRecord, RoutineDef>();

/** The function as the planner looks into it, to make it a part of the statement that calls it. */
export function routineDef(record: FunctionRecord): RoutineDef {
  let routine = routines.get(record);
  if (routine === undefined) {
    routine = {
      name: record.name, isApart: record.securityDefiner === true || (record.settings?.length ?? 0) > 0, cost: record.cost ?? 100,
      parameters: inputParameters(record).map((p) => ({ name: p.name, type: p.type, default: p.default === undefined ? undefined : parseExpression(p.default) })),
      body: () => bodyOf(record).map((cached) => cached.parsed),
    };
    routines.set(record, routine);
  }
  return routine;
}

function makeDefinition(types: TypeRegistry, schema: string, record: FunctionRecord): FunctionDef {
  const inputs = inputParameters(record);
  const args = inputs.map((p) => p.type);
  const isGeneric = [...args, record.returns].some(isPolymorphic);
  const call: RoutineCall = { record, args: args.map((oid) => sqlType(oid)), returns: resultOf(record, record.returns, types) };
  const definition: FunctionDef = {
    kind: record.returnsSet ? 'set' : 'scalar', name: record.name, schema, oid: record.oid, args, argNames: inputs.some((p) => p.name !== undefined) ? inputs.map((p) => p.name ?? '') : undefined,
    variadic: inputs.at(-1)?.mode === 'variadic', defaultCount: inputs.filter((p) => p.default !== undefined).length, returns: record.returns, volatility: record.volatility, strict: record.strict,
    impl: undefined, emit: undefined, aggregate: undefined, window: undefined, set: undefined, columns: undefined, specialize: undefined,
  };
  if (record.language === 'c') return ofExtension(definition, record);
  if (!isGeneric) return withBody(definition, call);
  return {
    ...definition,
    specialize: (given, result, registry) => {
      const resolve = (oid: number): number => concreteType(oid, args, given, registry);
      return withBody({ ...definition, args: given.map((type) => type.oid), returns: result.oid }, { record, args: given, returns: resultOf(record, result.oid, registry, resolve) });
    },
  };
}

/** The function of an extension, which has no body to run. @throws DbError 42883 when it was made by a version that had more of them */
function ofExtension(definition: FunctionDef, record: FunctionRecord): FunctionDef {
  const { name: library } = record.extension!;
  const found = extensionFunction(library, record.body, definition.args);
  if (found === undefined) throw new DbError('42883', `could not find function "${record.body}" in file "$libdir/${library}"`);
  return { ...definition, impl: found.impl, isOfExtension: true };
}

/** What a polymorphic OUT parameter is, given the types of the call. */
function concreteType(oid: number, declared: readonly number[], given: readonly SqlType[], types: TypeRegistry): number {
  if (!isPolymorphic(oid)) return oid;
  for (let i = 0; i < declared.length; i++) {
    const type = given[i];
    if (type === undefined || !isPolymorphic(declared[i]!)) continue;
    const info = typeInfo(type.oid, types);
    const element = info.elementOid === 0 ? type.oid : info.elementOid;
    const wantsArray = oid === TypeOid.anyarray || oid === TypeOid.anycompatiblearray;
    return wantsArray ? typeInfo(element, types).arrayOid : element;
  }
  return oid;
}

function withBody(definition: FunctionDef, call: RoutineCall): FunctionDef {
  const { returns } = call;
  const count = call.args.length;
  const session = (ctx: EvalContext): StatementContext => {
    assert(ctx instanceof StatementContext, 'a function of the user runs outside a session');
    return ctx;
  };
  const { columns } = returns;
  const isRow = returns.kind === 'row' && columns !== undefined;
  const shape = isRow ? { oid: returns.type.oid, names: columns.map((c) => c.name), types: columns.map((c) => c.type) } : undefined;
  const set = (args: readonly Datum[], ctx: EvalContext): Iterable<Datum | readonly Datum[]> => {
    const rows = runRoutine(session(ctx), call, args);
    return columns === undefined ? rows.map((row) => row[0] ?? null) : rows;
  };
  if (returns.isSet) {
    const own = columns === undefined ? undefined : columns.map((c) => ({ name: c.name, type: c.type.oid }));
    const withColumns: FunctionDef['withColumns'] =
      returns.kind !== 'row' || columns !== undefined ? undefined : (wanted) => withBody(definition, { ...call, returns: { ...returns, columns: wanted } });
    return { ...definition, set, columns: own, withColumns };
  }
  const impl = (...given: unknown[]): Datum => {
    const ctx = given[count] as EvalContext;
    const row = runRoutine(session(ctx), call, given.slice(0, count) as Datum[])[0];
    if (row === undefined || returns.kind === 'void') return null;
    return shape === undefined ? (row[0] ?? null) : new SqlRecord(shape, row);
  };
  if (returns.kind !== 'row') return { ...definition, impl };
  // In FROM it gives exactly one row.
  const one = (args: readonly Datum[], ctx: EvalContext): Iterable<readonly Datum[]> => {
    const row = runRoutine(session(ctx), call, args)[0];
    return [row ?? (columns ?? []).map(() => null)];
  };
  return {
    ...definition, impl, set: one, columns: columns?.map((c) => ({ name: c.name, type: c.type.oid })),
    withColumns: columns === undefined ? (wanted) => withBody(definition, { ...call, returns: { ...returns, columns: wanted } }) : undefined,
  };
}
