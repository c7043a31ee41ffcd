/**
 * Domains at run time: NOT NULL and CHECK as one function over a value, made once per definition. The planner calls it wherever a value becomes one
 * of the domain; COPY calls it for what it reads.
 */
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { sqlType } from '../base/types.js';
import { evaluate } from '../executor/expression-interpreter.js';
import { Runtime } from '../executor/runtime.js';
import type { ScalarImpl } from '../functions/registry.js';
import { parseExpression } from '../parser/parse.js';
import { newBinder } from '../planner/binder.js';
import { rowLevel } from '../planner/binder-table.js';
import { coerceToBoolean } from '../planner/binder-types.js';
import type { CatalogRecord, TypeRecord } from './catalog-objects.js';
import { SessionCatalog, type DefinitionSource } from './catalog-view.js';
import { StatementContext } from './eval-context.js';
import { makeRequest } from './execute.js';

const made = new WeakMap<CatalogRecord, ScalarImpl>();

/** `(value, typmod, isExplicit, ctx)`; undefined when the type is no domain. */
export function domainCheck(source: DefinitionSource, oid: number): ScalarImpl | undefined {
  const record = source.reader.ownerOfType(oid);
  if (record?.kind !== 'type' || record.detail.kind !== 'domain' || record.oid !== oid) return undefined;
  let check = made.get(record);
  if (check === undefined) made.set(record, (check = makeCheck(source, record)));
  return check;
}

function makeCheck(source: DefinitionSource, record: TypeRecord): ScalarImpl {
  const { detail, name } = record;
  assert(detail.kind === 'domain', 'no domain', record.oid);
  const inner = domainCheck(source, detail.base);
  const binder = newBinder(new SessionCatalog(source, ['public'], undefined), {});
  const value = { id: binder.newId(), name: 'value', type: sqlType(detail.base, detail.typmod), column: 0 };
  const level = rowLevel(binder, undefined, '', [value], 'check constraints');
  const checks = detail.checks.map((check) => ({ name: check.name, expression: coerceToBoolean(binder, binder.hooks.bindExpression(level, parseExpression(check.expression)), 'CHECK') }));
  return (...args: readonly unknown[]) => {
    const datum = args[0] as Datum;
    const context = args.at(-1);
    inner?.(...args);
    if (datum === null && detail.notNull) throw new DbError('23502', `domain ${name} does not allow null values`, { dataType: name });
    if (checks.length === 0) return datum;
    assert(context instanceof StatementContext, 'a domain is checked outside a session');
    const { backend } = context;
    const runtime = new Runtime(makeRequest(backend, backend.block.ensureTransaction(), [], context, true), binder.columnCount, undefined);
    runtime.registers[value.id] = datum;
    for (const check of checks) {
      if (evaluate(check.expression, runtime) === false) throw new DbError('23514', `value for domain ${name} violates check constraint "${check.name}"`, { dataType: name, constraint: check.name });
    }
    return datum;
  };
}
