/**
 * The expressions that the catalog keeps (defaults, CHECK constraints, generated columns, index keys and predicates) as PostgreSQL shows them:
 * bound over what they belong to and printed again, so that types, casts and sequences are named as they are now. A text that no longer binds, which
 * nothing here lets happen, is shown as it was written.
 */
import { DbError } from '../../base/errors.js';
import { outputText } from '../../base/text-io.js';
import { FirstUserOid, formatType, sqlType, type SqlType } from '../../base/types.js';
import type { Expression } from '../../parser/ast.js';
import { mapExpression } from '../../parser/map-expression.js';
import { parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import { quoteIdentifier, quoteLiteral } from '../../parser/print-names.js';
import { rowLevel } from '../../planner/binder-table.js';
import { asText, coerce } from '../../planner/binder-types.js';
import type { Binder } from '../../planner/binder-context.js';
import { newBinder } from '../../planner/binder.js';
import { someExpression } from '../../planner/expression-tools.js';
import type { BoundExpression } from '../../planner/expression.js';
import { ruleText, writtenForms } from '../../planner/rule-text.js';
import type { Backend } from '../backend.js';
import type { ColumnRecord } from './catalog-objects.js';
import type { SessionCatalog } from './catalog-view.js';
import { isRoutineVisible } from '../routines/routine-names.js';
import { typeText } from '../type-text.js';

export interface StoredOver {
  /** Name of the table whose columns they are. */
  readonly table?: string | undefined;
  /** Columns that it may read; of a domain, the one called `value`. */
  readonly columns?: readonly (Pick<ColumnRecord, 'name' | 'type' | 'typmod'> & { readonly isDropped?: boolean })[] | undefined;
  readonly isDomain?: boolean;
  /** What it is kept as: a coercion to it is not shown. */
  readonly type?: SqlType | undefined;
  readonly isPretty?: boolean;
}

/** Stored text with sequences by name again. */
export function withSequenceNames(backend: Backend, text: string): string {
  return text.replaceAll(/(\d+)::(?:pg_catalog\.)?regclass/g, (whole, oid: string) => {
    const record = backend.draft.get(Number(oid));
    return record?.kind === 'sequence' ? `${quoteLiteral(backend.system.qualified(record))}::regclass` : whole;
  });
}

/** Answers by what they depend on, for as long as the catalog and the search path stay: a scan of a catalog asks for all of them again. */
const known = new WeakMap<SessionCatalog, Map<string, string>>();
const settingsShown = ['datestyle', 'intervalstyle', 'timezone', 'bytea_output', 'extra_float_digits'];

/** The expression as SQL text. */
export function storedText(backend: Backend, text: string, over: StoredOver = {}): string {
  const catalog = backend.catalog();
  const context = backend.context(Infinity);
  const key = JSON.stringify([text, over.columns?.map((column) => [column.name, column.type, column.typmod, column.isDropped]), over.isDomain, over.type, over.isPretty, settingsShown.map((name) => context.setting(name))]);
  let answers = known.get(catalog);
  if (answers === undefined) known.set(catalog, (answers = new Map()));
  let answer = answers.get(key);
  if (answer === undefined) answers.set(key, (answer = printStored(backend, text, over)));
  return answer;
}

/** The expression bound over what it belongs to, as the type it is kept as. */
export function bindStored(backend: Backend, expression: Expression, over: StoredOver): { readonly binder: Binder; readonly typed: BoundExpression } {
  const binder = newBinder(backend.catalog(), {});
  const row = (over.columns ?? []).flatMap((column, index) => (column.isDropped === true ? [] : [{ id: binder.newId(), name: column.name, type: sqlType(column.type, column.typmod), column: index }]));
  const bound = binder.hooks.bindExpression(rowLevel(binder, undefined, over.table ?? '', row, 'check constraints'), expression);
  return { binder, typed: over.type === undefined ? asText(binder, bound) : (coerce(binder, bound, over.type, 'assignment', expression.offset) ?? bound) };
}

/** The text with another label in place of one of an enum, wherever a literal of the enum has it. */
export function withLabel(backend: Backend, text: string, over: StoredOver, type: number, from: string, to: string): string {
  if (!text.includes(from.replaceAll("'", "''"))) return text;
  const expression = parseExpression(text);
  const places = new Set<number>();
  someExpression(bindStored(backend, expression, over).typed, (e) => {
    if (e.kind === 'constant' && e.type.oid === type && e.value === from) places.add(e.offset);
    return false;
  });
  return places.size === 0 ? text : printExpression(mapExpression(expression, (e) => (e.kind === 'string' && places.has(e.offset) ? { ...e, value: to } : e)));
}

function printStored(backend: Backend, text: string, over: StoredOver): string {
  const expression = parseExpression(withSequenceNames(backend, text));
  try {
    const { binder, typed } = bindStored(backend, expression, over);
    return ruleText(typed, {
      types: binder.types, isPretty: over.isPretty === true, column: (_id, name) => (over.isDomain === true ? 'VALUE' : quoteIdentifier(name)),
      // A cast names bpchar, where a list of types says character.
      typeText: (type) => (type.oid < FirstUserOid ? formatType(type, binder.types) : typeText(backend, type)),
      valueText: (value, type) => outputText(type, value, backend.context(Infinity)), written: writtenForms(expression),
      functionName: ({ oid, schema, name }) => {
        return schema === 'pg_catalog' || (oid !== undefined && isRoutineVisible(backend, oid) !== false) ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
      },
    });
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    return printExpression(expression);
  }
}
