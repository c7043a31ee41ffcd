/**
 * Domains at run time: NOT NULL and CHECK as one function over a value, made once per definition. The planner calls it wherever a value becomes one
 * of the domain; COPY calls it for what it reads.
 */
import { assert } from '../../base/assert.js';
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { compareText } from '../../base/text-order.js';
import { sqlType } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import { Runtime } from '../../executor/runtime.js';
import type { ScalarImpl } from '../../functions/registry.js';
import { parseExpression } from '../../parser/parse.js';
import { newBinder } from '../../planner/binder.js';
import { rowLevel } from '../../planner/binder-table.js';
import { coerceToBoolean } from '../../planner/binder-types.js';
import type { DomainRecord } from './catalog-objects.js';
import type { DefinitionSource, SessionCatalog } from './catalog-view.js';
import { StatementContext } from '../eval-context.js';
import { makeRequest } from '../execute.js';

/** What was made for a domain, as long as those below it are the same. */
const made = new WeakMap<DomainRecord, { readonly chain: readonly DomainRecord[]; readonly check: ScalarImpl }>();

/** `(value, typmod, isExplicit, ctx)`; undefined when the type is no domain, or one that takes every value. */
export function domainCheck(source: DefinitionSource, catalog: () => SessionCatalog, oid: number): ScalarImpl | undefined {
  const chain = domainChain(source, oid);
  if (!chain.some(({ detail }) => detail.notNull || detail.checks.length > 0)) return undefined;
  const known = made.get(chain[0]!);
  if (known !== undefined && known.chain.length === chain.length && chain.every((record, i) => known.chain[i] === record)) return known.check;
  const check = makeCheck(catalog(), chain);
  made.set(chain[0]!, { chain, check });
  return check;
}

/** The domain and those it is over, the outermost first. */
function domainChain(source: DefinitionSource, oid: number): DomainRecord[] {
  const chain: DomainRecord[] = [];
  for (let at = oid; ; ) {
    const record = source.reader.ownerOfType(at);
    if (record?.kind !== 'type' || record.detail.kind !== 'domain' || record.oid !== at) return chain;
    chain.push(record as DomainRecord);
    at = record.detail.base;
  }
}

/** Constraints are tested from the innermost domain outwards, those of each by name, NOT NULL first, and told of the outermost. */
function makeCheck(catalog: SessionCatalog, chain: readonly DomainRecord[]): ScalarImpl {
  const { name } = chain[0]!;
  const isNotNull = chain.some(({ detail }) => detail.notNull);
  const binder = newBinder(catalog, {});
  const checks = [...chain].reverse().flatMap(({ detail }) => {
    const value = { id: binder.newId(), name: 'value', type: sqlType(detail.base, detail.typmod), column: 0 };
    const level = rowLevel(binder, undefined, '', [value], 'check constraints');
    return [...detail.checks].sort((a, b) => compareText(a.name, b.name)).map((check) => ({ value: value.id, name: check.name, expression: coerceToBoolean(binder, binder.hooks.bindExpression(level, parseExpression(check.expression)), 'CHECK') }));
  });
  return (...args: readonly unknown[]) => {
    const datum = args[0] as Datum;
    const context = args.at(-1);
    if (datum === null && isNotNull) throw new DbError('23502', `domain ${name} does not allow null values`, { dataType: name });
    if (checks.length === 0) return datum;
    assert(context instanceof StatementContext, 'a domain is checked outside a session');
    const { backend } = context;
    const runtime = new Runtime(makeRequest(backend, backend.block.ensureTransaction(), [], context, true), binder.columnCount, undefined);
    for (const check of checks) {
      runtime.registers[check.value] = datum;
      if (evaluate(check.expression, runtime) === false) throw new DbError('23514', `value for domain ${name} violates check constraint "${check.name}"`, { dataType: name, constraint: check.name });
    }
    return datum;
  };
}
