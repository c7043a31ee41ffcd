/**
 * The names in expressions that the catalog keeps (views have theirs in view-definition.ts).
 *
 * N1  Functions and types of the user stand there with their schemas, so that a text means the same under every search path.
 * N2  What renames or moves one of them, or a schema, ties the names to their oids before and prints them again after: texts follow.
 */
import { DbError } from '../../base/errors.js';
import { FirstUserOid } from '../../base/types.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { Expression, TypeName } from '../../parser/ast.js';
import { mapExpression } from '../../parser/map-expression.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import { someExpression } from '../../planner/expression-tools.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { Backend } from '../backend.js';
import type { TableRecord, ViewRecord } from './catalog-objects.js';
import { functionName } from '../routines/routine-names.js';
import { mapStoredExpressions } from './stored-expressions.js';
import { bindStored, type StoredOver } from './stored-text.js';
import { reprintViews } from './view-definition.js';

type Print = () => string;

/** Ties the names of functions and types to what they are bound to now; what is given prints the expression with the names they have then. */
export function tieNames(backend: Backend, expression: Expression, bound: BoundExpression): Print {
  const functions = new Map<number, FunctionDef>();
  someExpression(bound, (e) => {
    if (e.kind === 'call' && e.function.schema !== 'pg_catalog') functions.set(e.offset, e.function);
    return false;
  });
  const types = new Map<string, number>();
  const noteType = (schema: string | undefined, name: string): void => {
    const type = backend.catalog().typeByName(schema, name);
    if (type !== undefined && type.oid >= FirstUserOid) types.set(nameKey(schema, name), type.oid);
  };
  mapExpression(expression, (e) => {
    const type = typeNameOf(e);
    if (type !== undefined) noteType(type.names.at(-2), type.names.at(-1)!);
    // A cast may be written as a call.
    else if (e.kind === 'functionCall' && !functions.has(e.offset)) noteType(e.name.schema, e.name.name);
    return e;
  });
  const typeNamed = (schema: string | undefined, name: string): { readonly schema: string; readonly name: string } | undefined => {
    const oid = types.get(nameKey(schema, name));
    return oid === undefined ? undefined : backend.definitions().types.lookup(oid);
  };
  return () =>
    printExpression(
      mapExpression(expression, (e) => {
        const type = typeNameOf(e);
        if (type !== undefined) {
          const now = typeNamed(type.names.at(-2), type.names.at(-1)!);
          return now === undefined ? e : { ...e, names: [now.schema, now.name] };
        }
        if (e.kind !== 'functionCall') return e;
        const definition = functions.get(e.offset);
        const now = definition === undefined ? typeNamed(e.name.schema, e.name.name) : functionName(backend, definition);
        return now === undefined ? e : { ...e, name: { ...e.name, schema: now.schema, name: now.name } };
      }),
    );
}

const nameKey = (schema: string | undefined, name: string): string => `${schema ?? ''}\0${name}`;
/** The names of types, which a walk over an expression meets among its nodes. */
const typeNameOf = (node: Expression | TypeName): TypeName | undefined => (node.kind === 'typeName' ? node : undefined);

/** Makes a change of names, and lets all kept expressions and the views concerned follow it (N2; W2 of view-definition.ts). */
export function followNames(backend: Backend, concerns: (record: ViewRecord | TableRecord) => boolean, change: () => void): void {
  const tied: { readonly oid: number; readonly prints: ReadonlyMap<string, Print> }[] = [];
  for (const record of backend.draft.all()) {
    const prints = new Map<string, Print>();
    mapStoredExpressions(backend, record, (text, over) => {
      const print = tieStored(backend, text, over);
      if (print !== undefined) prints.set(text, print);
      return text;
    });
    if (prints.size > 0) tied.push({ oid: record.oid, prints });
  }
  reprintViews(backend, concerns, change);
  for (const { oid, prints } of tied) {
    const record = backend.draft.get(oid);
    if (record === undefined) continue;
    const next = mapStoredExpressions(backend, record, (text) => prints.get(text)?.() ?? text);
    if (next !== record) backend.draft.put(next);
  }
}

/** undefined for a text that no longer binds, which nothing here lets happen. */
function tieStored(backend: Backend, text: string, over: StoredOver): Print | undefined {
  try {
    const expression = parseExpression(text);
    return tieNames(backend, expression, bindStored(backend, expression, over).typed);
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}
