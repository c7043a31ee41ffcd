/** CALL: a procedure's statements run one after the other in the calling transaction; its OUT parameters come back as one row. */
import { DbError } from '../base/errors.js';
import { sqlType, typeName } from '../base/types.js';
import type { Datum } from '../base/datum.js';
import type { FunctionMatch, Resolver } from '../functions/resolve.js';
import { functionsNamed, resolverFor } from '../functions/catalogue.js';
import type { FunctionDef } from '../functions/registry.js';
import type { Call as CallStatement } from '../parser/ast.js';
import { coerceArgument } from '../planner/binder-operator.js';
import { rowLevel } from '../planner/binder-table.js';
import { evaluate } from '../executor/expression-interpreter.js';
import type { Backend, Call, StatementResult } from './backend.js';
import type { FunctionRecord } from './catalog/catalog-objects.js';
import { ddlBinder, ddlRuntime } from './ddl/expressions.js';
import type { CachedStatement } from './plan-cache.js';
import { definitionOf } from './routines/routine.js';
import { inputParameters, outputParameters, resultOf } from './routines/routine-shape.js';
import { callRoutine } from './routines/routine-run.js';
import { convertRows, type ResultColumn } from './values.js';

export async function runCall(backend: Backend, cached: CachedStatement, statement: CallStatement, call: Call): Promise<StatementResult> {
  const tx = backend.block.ensureTransaction();
  tx.beginStatement(cached.info);
  try {
    const { record, args } = bindCall(backend, statement);
    const types = inputParameters(record).map((p) => sqlType(p.type));
    const outputs = outputParameters(record);
    const returns = resultOf(record, record.returns, backend.definitions().types);
    const rows = await callRoutine(backend, { record, args: types, returns }, args, call.deadlineMs);
    if (outputs.length === 0) return { command: 'CALL', rows: [], rowCount: null, columns: [] };
    const columns: ResultColumn[] = outputs.map((p, i) => ({ name: p.name ?? `column${i + 1}`, type: sqlType(p.type) }));
    return { command: 'CALL', rows: convertRows(rows, columns, call.format, backend.context(Infinity)), rowCount: null, columns };
  } finally {
    tx.endStatement();
  }
}

/** The procedure meant, and its input arguments; places of OUT parameters are filled with anything. @throws DbError 42883, 42725, 42809 */
function bindCall(backend: Backend, statement: CallStatement): { readonly record: FunctionRecord; readonly args: readonly Datum[] } {
  const { name, args } = statement.call;
  const catalog = backend.catalog();
  const schemas = name.schema === undefined ? catalog.path : [catalog.schemaOid(name.schema) ?? -1];
  const procedures = backend.draft.functionsNamed(name.name).filter((f) => f.isProcedure && schemas.includes(f.schema));
  const binder = ddlBinder(backend);
  const level = rowLevel(binder, undefined, '', [], 'CALL arguments');
  const bound = args.map((arg) => binder.hooks.bindExpression(level, arg.value));
  const candidates = new Map<FunctionDef, FunctionRecord>();
  for (const record of procedures) {
    const definition = definitionOf(backend.definitions(), record);
    // Every parameter has its place in a CALL, OUT ones too.
    const all = record.parameters;
    candidates.set({ ...definition, kind: 'scalar', specialize: undefined, args: all.map((p) => p.type), argNames: all.map((p) => p.name ?? ''), defaultCount: all.filter((p) => p.default !== undefined).length }, record);
  }
  const resolver: Resolver = resolverFor(binder.types);
  const names = args.some((arg) => arg.name !== undefined) ? args.map((arg) => arg.name) : undefined;
  const match: FunctionMatch | 'none' | 'ambiguous' = resolver.resolveFunction([...candidates.keys()], bound.map((e) => e.type.oid), names === undefined ? {} : { argNames: names });
  if (typeof match === 'string') {
    const shown = `${name.name}(${bound.map((e) => typeName(e.type.oid, binder.types)).join(', ')})`;
    const functions = [...(name.schema === undefined || name.schema === 'pg_catalog' ? functionsNamed(name.name) : []), ...catalog.functions(name.schema, name.name)];
    if (match === 'none' && resolver.resolveFunction(functions, bound.map((e) => e.type.oid), {}) !== 'none') throw new DbError('42809', `${shown} is not a procedure`, { offset: statement.call.offset, hint: 'To call a function, use SELECT.' });
    if (match === 'ambiguous') throw new DbError('42725', `procedure ${shown} is not unique`, { offset: statement.call.offset, hint: 'Could not choose a best candidate procedure. You might need to add explicit type casts.' });
    throw new DbError('42883', `procedure ${shown} does not exist`, { offset: statement.call.offset, hint: 'No procedure matches the given name and argument types. You might need to add explicit type casts.' });
  }
  const record = candidates.get(match.function)!;
  const runtime = ddlRuntime(backend, binder.columnCount);
  const values = bound.map((e, i) => evaluate(coerceArgument(binder, e, match.declared[i]!), runtime));
  const byParameter = record.parameters.map((_, position): Datum | undefined => values[match.order === undefined ? position : match.order.indexOf(position)]);
  return { record, args: byParameter.filter((_, i) => record.parameters[i]!.mode !== 'out') as Datum[] };
}
