/**
 * Bound expressions as SQL text, the way PostgreSQL's EXPLAIN and ruleutils print them: every operator in parentheses, literals with their type
 * unless it is obvious, casts spelled out.
 */
import { allOperators } from '../functions/catalogue.js';
import { unreachable } from '../base/assert.js';
import { SqlArray, type Datum } from '../base/datum.js';
import { plainTextEnv } from '../base/text-env.js';
import { outputText } from '../base/text-io.js';
import { formatType, sqlType, typeInfo, TypeOid, type SqlType, type TypeRegistry } from '../base/types.js';
import { jsonbSubscript } from '../functions/json/jsonb-subscript.js';
import type { BoundExpression, ColumnId, SortKey } from './expression.js';
import { isCtid } from './system-columns.js';

export interface ExpressionPrinter {
  readonly types: TypeRegistry;
  /** How a column is shown. */
  readonly column: (id: ColumnId, name: string) => string;
  /** How a subquery is referred to: `(SubPlan 1)`, `$0`. */
  readonly subquery: (e: Extract<BoundExpression, { kind: 'subquery' }>) => string;
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** An identifier, quoted when it has to be. */
export function quoteIdentifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function literal(value: Datum, type: SqlType, types: TypeRegistry): string {
  const typeText = formatType(type, types);
  if (value === null) return `NULL::${typeText}`;
  const text = outputText(type, value, { ...plainTextEnv, types });
  switch (type.oid) {
    case TypeOid.bool:
      return value === true ? 'true' : 'false';
    case TypeOid.int4:
      return text.startsWith('-') ? `'${text}'::integer` : text;
    case TypeOid.numeric:
      return /^\d+\.\d+$/.test(text) ? (type.typmod === -1 ? text : `${text}::${typeText}`) : `${quote(text)}::${typeText}`;
    case TypeOid.unknown:
      return quote(text);
    default:
      return `${quote(text)}::${typeText}`;
  }
}

/** Lists of constants print as one array literal. */
function listLiteral(list: readonly BoundExpression[], types: TypeRegistry): string | undefined {
  const elements: Datum[] = [];
  for (const item of list) {
    if (item.kind !== 'constant') return undefined;
    elements.push(item.value);
  }
  const element = list[0]!.type;
  const arrayOid = typeInfo(element.oid, types).arrayOid;
  if (arrayOid === 0) return undefined;
  const arrayType = sqlType(arrayOid);
  return `${quote(outputText(arrayType, SqlArray.of(element.oid, elements), { ...plainTextEnv, types }))}::${formatType(arrayType, types)}`;
}

export function expressionText(e: BoundExpression, p: ExpressionPrinter): string {
  const show = (child: BoundExpression): string => expressionText(child, p);
  const list = (children: readonly BoundExpression[]): string => children.map(show).join(', ');
  switch (e.kind) {
    case 'constant':
      return literal(e.value, e.type, p.types);
    case 'parameter':
      return `$${e.index + 1}`;
    case 'column':
      return p.column(e.id, e.name);
    case 'call': {
      if (e.operator !== undefined) {
        if (e.args.length === 1) return `(${e.operator} ${show(e.args[0]!)})`;
        return `(${show(e.args[0]!)} ${e.operator} ${show(e.args[1]!)})`;
      }
      if (isCtid(e.function)) return show(e.args[0]!);
      if (e.function === jsonbSubscript) return `(${show(e.args[0]!)})${e.args.slice(1).map((key) => `[${show(key)}]`).join('')}`;
      return `${quoteIdentifier(e.function.name)}(${list(e.args)})`;
    }
    case 'cast': {
      if (e.arg.type.oid === e.type.oid && e.method === 'binary') return show(e.arg);
      return `(${show(e.arg)})::${formatType(e.type, p.types)}`;
    }
    case 'and':
      return `(${e.args.map(show).join(' AND ')})`;
    case 'or':
      return `(${e.args.map(show).join(' OR ')})`;
    case 'not':
      return `(NOT ${show(e.arg)})`;
    case 'isNull':
      return `(${show(e.arg)} IS ${e.negated ? 'NOT ' : ''}NULL)`;
    case 'isBoolean':
      return `(${show(e.arg)} IS ${e.negated ? 'NOT ' : ''}${e.test.toUpperCase()})`;
    case 'isDistinct':
      return e.negated ? `(NOT (${show(e.left)} IS DISTINCT FROM ${show(e.right)}))` : `(${show(e.left)} IS DISTINCT FROM ${show(e.right)})`;
    case 'case':
      return `CASE ${e.branches.map((branch) => `WHEN ${show(branch.when)} THEN ${show(branch.then)} `).join('')}ELSE ${show(e.otherwise)} END`;
    case 'coalesce':
      return `COALESCE(${list(e.args)})`;
    case 'greatest':
    case 'least':
      return `${e.kind.toUpperCase()}(${list(e.args)})`;
    case 'inList': {
      const operand = listLiteral(e.list, p.types) ?? `ARRAY[${list(e.list)}]`;
      return e.negated ? `(${show(e.arg)} <> ALL (${operand}))` : `(${show(e.arg)} = ANY (${operand}))`;
    }
    case 'quantifiedArray':
      return `(${show(e.arg)} ${operatorOf(e.operator.name)} ${e.quantifier === 'any' ? 'ANY' : 'ALL'} (${show(e.array)}))`;
    case 'array':
      return listLiteral(e.elements, p.types) !== undefined && e.elements.length > 0 ? listLiteral(e.elements, p.types)! : `ARRAY[${list(e.elements)}]`;
    case 'row':
      return `ROW(${list(e.fields)})`;
    case 'field':
      return `(${show(e.arg)}).${fieldName(e.arg, e.index, p.types)}`;
    case 'subscript':
      return `(${show(e.arg)})${e.indices.map((i) => (i.isSlice ? `[${i.lower === undefined ? '' : show(i.lower)}:${i.upper === undefined ? '' : show(i.upper)}]` : `[${show(i.lower!)}]`)).join('')}`;
    case 'rowCompare':
      return `(ROW(${list(e.left)}) ${e.operator} ROW(${list(e.right)}))`;
    case 'subquery':
      return p.subquery(e);
    default:
      return unreachable(e);
  }
}

function fieldName(arg: BoundExpression, index: number, types: TypeRegistry): string {
  const attributes = typeInfo(arg.type.oid, types).attributes;
  return quoteIdentifier(attributes?.[index]?.name ?? `f${index + 1}`);
}

const suffixes: readonly (readonly [RegExp, string])[] = [[/_?eq$/, '='], [/_?ne$/, '<>'], [/_?lt$/, '<'], [/_?le$/, '<='], [/_?gt$/, '>'], [/_?ge$/, '>=']];

let operatorNames: ReadonlyMap<string, string> | undefined;
/** The operator a function stands behind, or the function's own name. */
export function operatorOf(name: string): string {
  operatorNames ??= new Map([...allOperators()].flatMap(([operator, overloads]) => overloads.filter(({ left }) => left !== undefined).map((overload) => [overload.function.name, operator] as const)));
  const known = operatorNames.get(name);
  if (known !== undefined) return known;
  for (const [suffix, operator] of suffixes) if (suffix.test(name)) return operator;
  return name;
}

/** One entry of a Sort Key line. */
export function sortKeyText(key: SortKey, p: ExpressionPrinter): string {
  const text = expressionText(key.expression, p);
  const direction = key.descending ? ' DESC' : '';
  const nulls = key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
  return `${text}${direction}${nulls}`;
}
