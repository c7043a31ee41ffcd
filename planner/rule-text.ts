/**
 * Bound expressions as PostgreSQL's catalog functions print them (ruleutils.c): what a default, a CHECK constraint or an index expression says when
 * it is asked for again. Beside EXPLAIN's printer (expression-text.ts): nothing has been folded, coercions nobody wrote are shown only where they
 * are an argument, and the pretty form leaves out parentheses that precedence makes needless.
 */
import { unreachable } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { baseTypeOf, sqlType, typeInfo, TypeOid, type SqlType, type TypeRegistry } from '../base/types.js';
import { jsonbSubscript } from '../functions/json/jsonb-subscript.js';
import type { FunctionDef } from '../functions/registry.js';
import type { Expression, Query } from '../parser/ast.js';
import { quoteIdentifier } from '../parser/print-names.js';
import type { BoundExpression, ColumnId } from './expression.js';
import { operatorOf } from './expression-text.js';
import { rowOfRelation } from './expression-tools.js';
import { isCtid } from './system-columns.js';

export interface RulePrinter {
  readonly types: TypeRegistry;
  /** Without parentheses that precedence makes needless. */
  readonly isPretty: boolean;
  readonly column: (id: ColumnId, name: string, indent: number) => string;
  /** Whether a column stands for the call of an aggregate or a window function. */
  readonly isCall?: (id: ColumnId) => boolean;
  readonly typeText: (type: SqlType) => string;
  /** The text is read again: what reading would change is written so that it does not. */
  readonly isKept?: boolean;
  /** The text of a literal that is read anew in each run; without it, as it was written. */
  readonly literalText?: (text: string, type: SqlType) => string;
  /** A value as its type writes it. */
  readonly valueText: (value: Datum, type: SqlType) => string;
  /** The function's name, with its schema where it is needed. */
  readonly functionName: (definition: FunctionDef) => string;
  /** The rows of queries inside the expression; without it they are left out. */
  readonly subquery?: (e: Extract<BoundExpression, { kind: 'subquery' }>, indent: number) => string;
  /** The name of a field of a record. */
  readonly fieldName?: (e: Extract<BoundExpression, { kind: 'field' }>) => string | undefined;
  /** `t.*` for a row that is a relation's. */
  readonly wholeRow?: (e: Extract<BoundExpression, { kind: 'row' }>) => string | undefined;
  /** What was written at an offset in a form of its own that the bound expression has lost. */
  readonly written: WrittenForms;
}

export type WrittenForm = Extract<Expression, { kind: 'sqlValueFunction' | 'case' | 'nullIf' | 'functionCall' }>;

export interface WrittenForms {
  readonly forms: ReadonlyMap<number, WrittenForm>;
  /** The collation that COLLATE gives, by the offset of what it gives it to. */
  readonly collations: ReadonlyMap<number, string>;
  /** Where literals stand that no cast gives a type. */
  readonly literals: ReadonlySet<number>;
}

/** The forms of `e` that binding does not keep, by their offset. */
export function writtenForms(e: Expression | Query): WrittenForms {
  const forms = new Map<number, WrittenForm>();
  const collations = new Map<number, string>();
  const literals = new Set<number>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (typeof node !== 'object' || node === null) return;
    const { kind, offset } = node as Expression;
    const form = node as Expression;
    if (kind === 'sqlValueFunction' || kind === 'nullIf' || (form.kind === 'case' && form.operand !== undefined) || (form.kind === 'functionCall' && form.name.schema === 'pg_catalog')) forms.set(offset, node as WrittenForm);
    else if (kind === 'string' || kind === 'null') literals.add(offset);
    else if (form.kind === 'collate') collations.set(form.operand.offset, form.collation.name);
    if (kind !== 'cast' || form.kind !== 'cast' || form.operand.kind !== 'string') Object.values(node).forEach(walk);
  };
  walk(e);
  return { forms, collations, literals };
}

/** The whole expression; a coercion to the type it is kept as is not shown, unless `withImplicit`. `indent`: blanks before the lines of a CASE. */
export function ruleText(e: BoundExpression, p: RulePrinter, withImplicit = false, indent = 0): string {
  return new Rule(p).show(e, withImplicit, indent);
}

const indentStep = 4;
const textType = sqlType(TypeOid.text);

/** A literal whose value depends on the session is read while the statement runs: by a cast from text at its own place. */
function deferredLiteral(e: BoundExpression): string | undefined {
  return e.kind === 'cast' && e.method === 'io' && e.arg.kind === 'constant' && e.arg.type.oid === TypeOid.text && e.offset === e.arg.offset ? (e.arg.value as string) : undefined;
}

class Rule {
  readonly #p: RulePrinter;
  constructor(p: RulePrinter) {
    this.#p = p;
  }

  /** `withImplicit`: coercions that nobody wrote are shown too. */
  show(e: BoundExpression, withImplicit: boolean, indent: number): string {
    const collation = this.#collationOf(e);
    const text = this.#show(e, withImplicit, indent);
    if (collation === undefined) return text;
    return this.#p.isPretty ? `${text} COLLATE ${quoteIdentifier(collation)}` : `(${text} COLLATE ${quoteIdentifier(collation)})`;
  }
  #collationOf(e: BoundExpression): string | undefined {
    return e.kind === 'column' || e.kind === 'call' || e.kind === 'constant' || (e.kind === 'cast' && e.isExplicit) ? this.#p.written.collations.get(e.offset) : undefined;
  }

  /** Conditions of which those that test all fields of one composite value are the test of it that was written. */
  #wholeTests(args: readonly BoundExpression[]): BoundExpression[] {
    const found: BoundExpression[] = [];
    for (let i = 0; i < args.length; i++) {
      const first = args[i]!;
      const value = first.kind === 'isNull' && first.arg.kind === 'field' ? first.arg.arg : undefined;
      const count = value === undefined ? 0 : (typeInfo(baseTypeOf(value.type, this.#p.types).oid, this.#p.types).attributes?.length ?? 0);
      const tests = args.slice(i, i + count);
      const isWhole = count > 1 && tests.length === count && tests.every((test, n) => test.kind === 'isNull' && test.arg.kind === 'field' && test.arg.arg === value && test.arg.index === n);
      found.push(isWhole ? { ...(first as Extract<BoundExpression, { kind: 'isNull' }>), arg: value! } : first);
      if (isWhole) i += count - 1;
    }
    return found;
  }

  #subscripted(arg: BoundExpression, subscripts: readonly string[], indent: number): string {
    const text = this.show(arg, true, indent);
    const isName = arg.kind === 'field' || (arg.kind === 'column' && this.#p.isCall?.(arg.id) !== true);
    return `${isName ? text : `(${text})`}${subscripts.map((subscript) => `[${subscript}]`).join('')}`;
  }

  /** What a field is taken of. The parentheses tell a column from a table. */
  #ofRecord(arg: BoundExpression, indent: number): string {
    const text = this.show(arg, true, indent);
    return arg.kind === 'subscript' || arg.kind === 'field' ? text : `(${text})`;
  }

  #show(e: BoundExpression, withImplicit: boolean, indent: number): string {
    const list = (children: readonly BoundExpression[]): string => children.map((child) => this.show(child, true, indent)).join(', ');
    const inner = (child: BoundExpression, implicit = true): string => this.#inParens(child, e, implicit, indent);
    const wrap = (text: string): string => (this.#p.isPretty ? text : `(${text})`);
    const literal = deferredLiteral(e);
    if (literal !== undefined) return `${this.#constant(this.#p.literalText?.(literal, e.type) ?? literal, textType, false)}::${this.#p.typeText(e.type)}`;
    if (e.kind === 'call' && e.function.name === 'domain_check') return withImplicit ? `${this.#p.isPretty ? inner(e.args[0]!, false) : `(${inner(e.args[0]!, false)})`}::${this.#p.typeText(e.type)}` : inner(e.args[0]!, false);
    if (e.kind === 'cast' && !e.isExplicit && (!withImplicit || e.type.oid === TypeOid.record)) return inner(e.arg, false);
    const written = this.#p.written.forms.get(e.offset);
    if (written?.kind === 'sqlValueFunction' && (e.kind === 'call' || (e.kind === 'cast' && e.isExplicit))) return `${written.function.toUpperCase()}${written.precision === undefined ? '' : `(${written.precision})`}`;
    switch (e.kind) {
      case 'constant':
        return this.#constant(e.value, e.type, true);
      case 'parameter':
        return `$${e.index + 1}`;
      case 'column':
        return this.#p.column(e.id, e.name, indent);
      case 'call':
        if (written?.kind === 'nullIf') return `NULLIF(${list(e.args.map(asGiven))})`;
        if (isCtid(e.function)) return inner(e.args[0]!);
        if (e.function === jsonbSubscript) return this.#subscripted(e.args[0]!, e.args.slice(1).map((key) => this.show(key, false, indent)), indent);
        if (e.operator === undefined) return (written?.kind === 'functionCall' ? this.#special(e, inner) : undefined) ?? `${this.#p.functionName(e.function)}(${this.#arguments(e.function, e.args, indent)})`;
        return wrap(e.args.length === 1 ? `${e.operator} ${inner(e.args[0]!)}` : `${inner(e.args[0]!)} ${e.operator} ${inner(e.args[1]!)}`);
      case 'cast':
        return this.#cast(e, inner);
      case 'and': {
        const args = this.#wholeTests(e.args);
        return args.length === 1 ? this.#show(args[0]!, withImplicit, indent) : wrap(args.map((arg) => inner(arg, false)).join(' AND '));
      }
      case 'or':
        return wrap(e.args.map((arg) => inner(arg, false)).join(' OR '));
      case 'not':
        return wrap(`NOT ${inner(e.arg, false)}`);
      case 'isNull':
        return wrap(`${inner(e.arg)} IS ${e.negated ? 'NOT ' : ''}NULL`);
      case 'isBoolean':
        return wrap(`${inner(e.arg, false)} IS ${e.negated ? 'NOT ' : ''}${e.test.toUpperCase()}`);
      case 'isDistinct': {
        const text = `${inner(e.left)} IS DISTINCT FROM ${inner(e.right)}`;
        return e.negated ? wrap(`NOT ${this.#p.isPretty ? text : `(${text})`}`) : wrap(text);
      }
      case 'case':
        if (rowOfRelation(e) !== undefined) return this.show(e.otherwise, withImplicit, indent);
        return written?.kind === 'nullIf' ? `NULLIF(${list(callOf(e.branches[0]!.when).args.map(asGiven))})` : this.#case(e, written?.kind === 'case', indent);
      case 'coalesce':
      case 'greatest':
      case 'least':
        return `${e.kind.toUpperCase()}(${list(e.args)})`;
      case 'inList':
        if (e.list.length === 1) return wrap(`${inner(e.arg)} ${e.negated ? '<>' : '='} ${inner(e.list[0]!)}`);
        // A cast of the list would go to each of its members.
        if (this.#p.isKept === true && e.arg.kind === 'cast' && isVarcharList(e)) return wrap(`${inner(e.arg.arg)}${e.negated ? ' NOT' : ''} IN (${e.list.map((item) => this.#constant(item.kind === 'constant' ? item.value : null, textType, false)).join(', ')})`);
        // An array of arrays is one with more dimensions, whose elements would be compared.
        if (typeInfo(e.arg.type.oid, this.#p.types).elementOid !== 0) return wrap(e.list.map((item) => wrap(`${inner(e.arg)} ${e.negated ? '<>' : '='} ${inner(item)}`)).join(e.negated ? ' AND ' : ' OR '));
        return wrap(`${inner(e.arg)} ${e.negated ? '<> ALL' : '= ANY'} (${this.#list(e, list(e.list))})`);
      case 'quantifiedArray':
        // A subquery that gives an array needs its cast, or it would be one whose rows are compared.
        return wrap(`${inner(e.arg)} ${operatorOf(e.operator.name)} ${e.quantifier.toUpperCase()} (${e.array.kind === 'subquery' ? `${inner(e.array)}::${this.#p.typeText(e.array.type)}` : inner(e.array)})`);
      case 'array':
        return e.elements.length === 0 ? `ARRAY[]::${this.#p.typeText(e.type)}` : `ARRAY[${list(e.elements)}]`;
      case 'row':
        return this.#p.wholeRow?.(e) ?? `ROW(${list(e.fields)})${e.type.oid === TypeOid.record ? '' : `::${this.#p.typeText(e.type)}`}`;
      case 'field':
        return `${this.#ofRecord(e.arg, indent)}.${quoteIdentifier(typeInfo(e.arg.type.oid, this.#p.types).attributes?.[e.index]?.name ?? this.#p.fieldName?.(e) ?? `f${e.index + 1}`)}`;
      case 'subscript':
        return this.#subscripted(e.arg, e.indices.map((i) => (i.isSlice ? `${i.lower === undefined ? '' : this.show(i.lower, false, indent)}:${i.upper === undefined ? '' : this.show(i.upper, false, indent)}` : this.show(i.lower!, false, indent))), indent);
      case 'rowCompare':
        return `(ROW(${list(e.left)}) ${e.operator} ROW(${list(e.right)}))`;
      case 'subquery':
        return this.#p.subquery?.(e, indent) ?? '(SELECT ...)';
      default:
        return unreachable(e);
    }
  }

  /** What a call passes: a literal to a parameter of any type has none, and packed VARIADIC arguments are one array. */
  #arguments({ args: declared, variadic, order, argNames }: FunctionDef, args: readonly BoundExpression[], indent: number): string {
    // From the first that does not stand in its own place on, arguments are shown with their names.
    const named = order?.findIndex((position, i) => position !== i) ?? -1;
    return args
      .map((arg, i) => {
        if (named >= 0 && i >= named) return `${quoteIdentifier(argNames![order![i]!]!)} => ${this.show(arg, true, indent)}`;
        const type = declared[Math.min(i, declared.length - 1)];
        if (type === TypeOid.any && arg.kind === 'constant' && this.#p.written.literals.has(arg.offset)) return arg.value === null ? 'NULL::unknown' : this.#constant(arg.value, textType, false);
        const text = this.show(arg, true, indent);
        return variadic && i === args.length - 1 && type !== TypeOid.any ? `VARIADIC ${text}` : text;
      })
      .join(', ');
  }

  /** Functions with a syntax of their own, where that was used. */
  #special(e: Extract<BoundExpression, { kind: 'call' }>, inner: (child: BoundExpression) => string): string | undefined {
    const [first, second, third, fourth] = e.args;
    const show = (child: BoundExpression): string => this.show(child, true, 0);
    switch (e.function.name) {
      case 'extract':
        return first!.kind === 'constant' ? `EXTRACT(${String(first!.value)} FROM ${show(second!)})` : undefined;
      case 'timezone':
        return `(${inner(second!)} AT TIME ZONE ${inner(first!)})`;
      case 'position':
        return `POSITION((${show(second!)}) IN (${show(first!)}))`;
      case 'substring':
        return `SUBSTRING(${show(first!)} FROM ${show(second!)}${third === undefined ? '' : ` FOR ${show(third)}`})`;
      case 'overlay':
        return `OVERLAY(${show(first!)} PLACING ${show(second!)} FROM ${show(third!)}${fourth === undefined ? '' : ` FOR ${show(fourth)}`})`;
      case 'pg_collation_for':
        return `COLLATION FOR (${show(first!)})`;
      case 'btrim':
      case 'ltrim':
      case 'rtrim':
        return `TRIM(${{ btrim: 'BOTH', ltrim: 'LEADING', rtrim: 'TRAILING' }[e.function.name]} ${second === undefined ? '' : `${show(second)} `}FROM ${show(first!)})`;
      default:
        return undefined;
    }
  }

  /** The list of `x IN (...)`; where a varchar is compared as text its literals are varchars that become text together. */
  #list(e: Extract<BoundExpression, { kind: 'inList' }>, shown: string): string {
    if (!isVarcharList(e)) return `ARRAY[${shown}]`;
    const varchars = e.list.map((item) => this.#constant(item.kind === 'constant' ? item.value : null, sqlType(TypeOid.varchar), true)).join(', ');
    return `${this.#p.isPretty ? `ARRAY[${varchars}]` : `(ARRAY[${varchars}])`}::text[]`;
  }

  /** A length coercion of a literal of the type is one cast, and so are a coercion and the length coercion above it. */
  #cast(e: Extract<BoundExpression, { kind: 'cast' }>, inner: (child: BoundExpression, implicit?: boolean) => string): string {
    let { arg } = e;
    while (arg.kind === 'cast' && arg.type.oid === e.type.oid && arg.type.typmod === -1 && e.type.typmod !== -1) arg = arg.arg;
    const suffix = `::${this.#p.typeText(e.type)}`;
    if (arg.kind === 'constant' && (arg.value === null || arg.type.oid === e.type.oid || arg.type.oid === TypeOid.unknown)) return `${this.#constant(arg.value, arg.type, false)}${suffix}`;
    const text = inner(arg, false);
    return `${this.#p.isPretty ? text : `(${text})`}${suffix}`;
  }

  #case(e: Extract<BoundExpression, { kind: 'case' }>, hasOperand: boolean, indent: number): string {
    const deeper = indent + indentStep;
    const line = (level: number): string => `\n${' '.repeat(level)}`;
    const show = (child: BoundExpression): string => this.show(child, false, deeper + indentStep);
    const operand = hasOperand ? ` ${this.show(callOf(e.branches[0]!.when).args[0]!, true, deeper)}` : '';
    const whens = e.branches.map(({ when, then }) => `${line(deeper)}WHEN ${show(hasOperand ? callOf(when).args[1]! : when)} THEN ${show(then)}`);
    return `${line(indent)}CASE${operand}${whens.join('')}${line(deeper)}ELSE ${show(e.otherwise)}${line(indent)}END`;
  }

  #constant(value: Datum, type: SqlType, withType: boolean): string {
    const label = withType ? `::${this.#p.typeText(type)}` : '';
    if (value === null) return `NULL${label}`;
    const text = this.#p.valueText(value, type);
    const quoted = `'${text.replaceAll("'", "''")}'`;
    switch (type.oid) {
      case TypeOid.bool:
        return value === true ? 'true' : 'false';
      case TypeOid.int4:
        return text.startsWith('-') ? `${quoted}${label}` : text;
      case TypeOid.numeric:
        return !/^\d+\.\d*$/.test(text) ? `${quoted}${label}` : type.typmod === -1 ? text : `${text}${label}`;
      case TypeOid.unknown:
        return quoted;
      default:
        return `${quoted}${label}`;
    }
  }

  /** Like ruleutils' get_rule_expr_paren: only the pretty form decides; the other has its parentheses everywhere. */
  #inParens(operand: BoundExpression, parent: BoundExpression, withImplicit: boolean, indent: number): string {
    const tests = operand.kind === 'and' ? this.#wholeTests(operand.args) : [];
    const child = tests.length === 1 ? tests[0]! : operand;
    const text = this.show(child, withImplicit, indent);
    return !this.#p.isPretty || (isSimple(child, parent) && this.#collationOf(child) === undefined) ? text : `(${text})`;
  }
}

/** Whether a varchar is compared with literals, as text. */
function isVarcharList({ arg, list }: Extract<BoundExpression, { kind: 'inList' }>): boolean {
  return arg.kind === 'cast' && !arg.isExplicit && arg.method === 'binary' && arg.arg.type.oid === TypeOid.varchar && list.every((item) => item.kind === 'constant');
}

/** An operand of NULLIF: composite values are compared as records and are given back as what they were. */
const asGiven = (e: BoundExpression): BoundExpression => (e.kind === 'cast' && !e.isExplicit && e.type.oid === TypeOid.record ? e.arg : e);

/** The comparison inside what is written as CASE x WHEN y or NULLIF(x, y). */
function callOf(e: BoundExpression): { readonly args: readonly BoundExpression[] } {
  return e.kind === 'call' ? e : { args: [e, e] };
}

/** Constructs whose arguments stand between delimiters of their own. */
const delimited = new Set<BoundExpression['kind']>(['array', 'row', 'coalesce', 'greatest', 'least', 'case', 'subscript']);

/** Whether the child reads the same without parentheses, as far as PostgreSQL looks. */
function isSimple(e: BoundExpression, parent: BoundExpression): boolean {
  switch (e.kind) {
    case 'cast':
      return typeof e.method === 'function' || isSimple(e.arg, e);
    case 'and':
    case 'not':
      return parent.kind === 'and' || parent.kind === 'or' || isDelimiting(parent);
    case 'or':
      return parent.kind === 'or' || isDelimiting(parent);
    case 'call': {
      if (e.operator === undefined) return true;
      if (parent.kind === 'call' && parent.operator !== undefined) return bindsTighter(e, parent);
      return isBelow(parent);
    }
    case 'isNull':
    case 'isBoolean':
    case 'isDistinct':
    case 'subquery':
      return isBelow(parent);
    case 'inList':
      return e.list.length === 1 && isBelow(parent);
    case 'quantifiedArray':
    case 'rowCompare':
      return false;
    case 'field':
      return parent.kind !== 'field';
    default:
      return true;
  }
}

const isDelimiting = (parent: BoundExpression): boolean => delimited.has(parent.kind) || (parent.kind === 'call' && parent.operator === undefined && parent.function.name !== 'timezone' && parent.function.name !== 'extract');
const isBelow = (parent: BoundExpression): boolean => parent.kind === 'and' || parent.kind === 'or' || parent.kind === 'not' || isDelimiting(parent);

/** Only + and -, and *, / and % above them, are known. */
function bindsTighter(e: Extract<BoundExpression, { kind: 'call' }>, parent: Extract<BoundExpression, { kind: 'call' }>): boolean {
  const rank = (call: Extract<BoundExpression, { kind: 'call' }>): number => (call.args.length !== 2 ? 0 : '+-'.includes(call.operator!) ? 1 : '*/%'.includes(call.operator!) ? 2 : 0);
  const own = rank(e);
  const outer = rank(parent);
  if (own === 0 || outer === 0) return false;
  return own > outer || (own === outer && parent.args[0] === e);
}
