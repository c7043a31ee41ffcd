/**
 * Expressions as JavaScript. An expression becomes one JavaScript expression; SQL's NULL is `null`, and tests for it are written only where a NULL
 * can come. Two forms: `value` (three-valued, a datum) and `condition` (two-valued: is it true?), which needs no NULL as a result and so becomes plain
 * `&&`, `||` and comparisons.
 *
 * E1  The source of a subexpression is used once, or it is a variable: what stands twice is put into a temporary first.
 * E2  A form without special code calls the interpreter for that node alone, on values computed here (`X.*`), or on registers (subqueries).
 * E3  Conditions stop at the first operand that decides; `value` of AND, OR, CASE and COALESCE evaluates operands as the interpreter does.
 */
import type { Datum } from '../../base/datum.js';
import { sqlType, typeInfo, TypeOid, type Storage, type TypeRegistry } from '../../base/types.js';
import { isOfOneType } from '../../functions/comparison.js';
import type { FunctionDef } from '../../functions/registry.js';
import type { BoundExpression } from '../../planner/expression.js';
import { columnsOf } from '../../planner/expression-tools.js';
import { isKeptList } from '../element-set.js';
import { isDomain, physicalPlanOf } from '../expression-interpreter.js';
import { readsWorkTable } from '../plan-tools.js';
import { isSimple } from './module.js';
import { ByteConditions } from './byte-conditions.js';
import type { Writer } from './scope.js';
import { Scaled } from './scaled.js';

export interface Source {
  readonly code: string;
  readonly nullable: boolean;
}

type Of<Kind extends BoundExpression['kind']> = Extract<BoundExpression, { kind: Kind }>;

/** Types whose equality is `===` on datums. */
const identityStorages: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'money', 'text', 'char', 'uuid', 'date', 'time', 'timestamp', 'enum', 'bit', 'tid']);

/** IN lists up to this length are compared one by one. */
const InListUnrollMax = 4;

/** A CASE of more is left to the interpreter, which loops: each `:` of a conditional lies within the one before, and V8's parser can follow some thousands. */
const BranchesMax = 1000;

export class ExpressionWriter {
  readonly #w: Writer;
  readonly #types: TypeRegistry;
  readonly #subqueryFunction: ((e: Of<'subquery'>) => string | undefined) | undefined;
  readonly #scaled: Scaled;
  readonly #bytes: ByteConditions;

  /** `subqueryFunction`: of the programs in which subqueries may be functions (subqueries.ts). */
  constructor(writer: Writer, types: TypeRegistry, subqueryFunction?: (e: Of<'subquery'>) => string | undefined) {
    this.#w = writer;
    this.#types = types;
    this.#subqueryFunction = subqueryFunction;
    this.#scaled = new Scaled(writer, this);
    this.#bytes = new ByteConditions(writer, types, (index) => this.#parameter(index));
  }

  storageOf(oid: number): Storage {
    return typeInfo(oid, this.#types).storage;
  }

  /** The source as a variable or literal; `assign` is an expression to be evaluated before, or undefined. */
  #variable(source: Source): { readonly name: string; readonly assign: string | undefined } {
    if (isSimple(source.code)) return { name: source.code, assign: undefined };
    const name = this.#w.temp();
    return { name, assign: `${name} = ${source.code}` };
  }

  /** `(a1, a2, result)` */
  #sequence(assigns: readonly (string | undefined)[], result: string): string {
    const before = assigns.filter((assign) => assign !== undefined);
    return before.length === 0 ? result : `(${before.join(', ')}, ${result})`;
  }

  // ------------------------------------------------------------------------------------------------------------ values

  value(e: BoundExpression): Source {
    switch (e.kind) {
      case 'constant':
        return { code: this.#literal(e.value), nullable: e.value === null };
      case 'parameter':
        return { code: this.#parameter(e.index), nullable: true };
      case 'column': {
        const column = this.#w.use(e.id);
        return { code: column.code, nullable: column.nullable };
      }
      case 'call': {
        const computed = this.#scaled.datum(e) ?? this.#bytes.beginning(e);
        return computed ?? this.#call(e.function, e.args.map((arg) => this.value(arg)));
      }
      case 'cast':
        return this.#cast(e);
      case 'and':
      case 'or':
        return this.#andOr(e);
      case 'not': {
        const arg = this.value(e.arg);
        if (!arg.nullable) return { code: `(!${this.#parenthesized(arg.code)})`, nullable: false };
        const { name, assign } = this.#variable(arg);
        return { code: this.#sequence([assign], `(${name} === null ? null : !${name})`), nullable: true };
      }
      case 'case': {
        if (e.branches.length > BranchesMax) return this.interpreted(e);
        const otherwise = this.value(e.otherwise);
        let { nullable } = otherwise;
        let code = '';
        for (const branch of e.branches) {
          const then = this.value(branch.then);
          nullable ||= then.nullable;
          code += `${this.condition(branch.when)} ? ${then.code} : `;
        }
        return { code: `(${code}${otherwise.code})`, nullable };
      }
      case 'coalesce': {
        const args = e.args.map((arg) => this.value(arg));
        const last = args.findIndex((arg) => !arg.nullable);
        const used = last < 0 ? args : args.slice(0, last + 1);
        return { code: `(${used.map((arg) => arg.code).join(' ?? ')})`, nullable: last < 0 };
      }
      case 'greatest':
      case 'least': {
        const args = e.args.map((arg) => this.value(arg));
        return { code: `X.extreme(${this.#w.module.constant(e)}, [${args.map((arg) => arg.code).join(', ')}], C)`, nullable: args.every((arg) => arg.nullable) };
      }
      case 'isNull':
      case 'isBoolean':
      case 'isDistinct':
        return { code: this.condition(e), nullable: false };
      case 'inList':
        return this.#inListValue(e);
      case 'quantifiedArray':
        return { code: `X.quantifiedArray(${this.value(e.arg).code}, ${this.value(e.array).code}, ${this.#w.module.constant(e.operator)}, ${e.quantifier === 'any' ? '"any"' : '"all"'}, C)`, nullable: true };
      case 'array':
        if (isKeptList(e)) return { code: this.#keptArray(e), nullable: false };
        if (!e.isNested) return { code: `X.arrayOf(${typeInfo(e.type.oid, this.#types).elementOid}, [${this.#list(e.elements)}])`, nullable: false };
        return { code: `X.makeArray(${this.#w.module.constant(e.type)}, [${this.#list(e.elements)}], ${e.isNested}, C)`, nullable: false };
      case 'row':
        return { code: `X.makeRecord(${this.#w.module.constant(e)}, [${this.#list(e.fields)}])`, nullable: false };
      case 'field':
        return { code: `X.field(${this.value(e.arg).code}, ${e.index})`, nullable: true };
      case 'rowCompare':
        return { code: `X.rowCompare(${this.#w.module.constant(e)}, [${this.#list(e.left)}], [${this.#list(e.right)}], C)`, nullable: true };
      case 'subquery':
      case 'subscript':
        return this.interpreted(e);
    }
  }

  #list(list: readonly BoundExpression[]): string {
    return list.map((item) => this.value(item).code).join(', ');
  }

  /** Leaves a node to the interpreter: the columns it reads go into the registers first (E2). `rare`: decode them there and then. */
  interpreted(e: BoundExpression, rare = false): Source {
    const stores: string[] = [];
    for (const id of columnsOf(e)) {
      const binding = rare ? this.#w.scope.find(id) : undefined;
      stores.push(`G[${id}] = ${binding?.kind === 'pending' ? binding.code : this.#w.use(id).code}`);
    }
    let call = `X.evaluate(${this.#w.module.constant(e)}, x)`;
    if (e.kind === 'subquery' && e.outer.length === 0 && e.subkind !== 'any' && e.subkind !== 'all' && stores.length === 0 && !readsWorkTable(physicalPlanOf(e))) {
      const kept = `${this.#w.cell()}[0]`;
      const name = this.#subqueryFunction?.(e);
      if (name !== undefined) call = `${name}(x, o)`;
      return { code: `(${kept} === undefined ? ${kept} = ${call} : ${kept})`, nullable: e.subkind !== 'exists' && e.subkind !== 'array' };
    }
    return { code: stores.length === 0 ? call : `(${stores.join(', ')}, ${call})`, nullable: !(e.kind === 'subquery' && e.subkind === 'exists') };
  }

  #literal(value: Datum): string {
    if (value === null) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0)) return value < 0 ? `(${value})` : `${value}`;
    return this.#w.module.constant(value);
  }

  #parameter(index: number): string {
    return this.#w.once(`p${index}`, `P[${index}] ?? null`);
  }

  #parenthesized(code: string): string {
    return isSimple(code) || /^\([^()]*\)$/.test(code) ? code : `(${code})`;
  }

  /** A function over sources: strict ones answer NULL when an argument is. All arguments are evaluated first. */
  #call(definition: FunctionDef, args: readonly Source[]): Source {
    const variables = args.map((arg) => this.#variable(arg));
    const names = variables.map((variable) => variable.name);
    const result = this.#apply(definition, names);
    const nullable = args.map((arg, i) => (arg.nullable ? names[i]! : undefined)).filter((name) => name !== undefined);
    const assigns = variables.map((variable) => variable.assign);
    if (!definition.strict) return { code: this.#sequence(assigns, result), nullable: true };
    if (nullable.length === 0) return { code: this.#sequence(assigns, result), nullable: !isTotal(definition) };
    return { code: this.#sequence(assigns, `(${nullable.map((name) => `${name} === null`).join(' || ')} ? null : ${result})`), nullable: true };
  }

  #apply(definition: FunctionDef, names: readonly string[]): string {
    if (definition.emit !== undefined && names.length === definition.args.length) return definition.emit(names);
    const padding = Array.from({ length: Math.max(0, definition.args.length - names.length) }, () => 'undefined');
    return `${this.#w.module.constant(definition.impl)}(${[...names, ...padding, 'C'].join(', ')})`;
  }

  #cast(e: Of<'cast'>): Source {
    if (e.method === 'binary') return this.value(e.arg);
    const inline = this.#numericCast(e);
    if (inline !== undefined) return inline;
    const arg = this.value(e.arg);
    const { name, assign } = this.#variable(arg);
    const result =
      e.method === 'io'
        ? `X.castThroughText(${this.#w.module.constant(e)}, ${name}, C)`
        : `${this.#w.module.constant(e.method)}(${name}, ${e.type.typmod}, ${e.isExplicit}, C)`;
    // A literal that only the session's settings can read, a timestamptz for one, is read once in a run.
    if (e.arg.kind === 'constant' && e.arg.value !== null) return { code: `(${this.#w.cell()}[0] ??= ${result})`, nullable: true };
    return { code: this.#sequence([assign], arg.nullable && !isDomain(e.type, { types: this.#types }) ? `(${name} === null ? null : ${result})` : result), nullable: true };
  }

  /** Casts between numbers that change nothing, or next to nothing, about the datum. */
  #numericCast(e: Of<'cast'>): Source | undefined {
    if (e.type.typmod !== -1) return undefined;
    const from = this.storageOf(e.arg.type.oid);
    const to = this.storageOf(e.type.oid);
    const isSmall = from === 'int2' || from === 'int4';
    if ((isSmall && (to === 'int4' || to === 'int8' || to === 'float8')) || (from === 'float4' && to === 'float8')) {
      return from === 'int4' && to === 'int4' ? undefined : this.value(e.arg);
    }
    return undefined;
  }

  #andOr(e: Of<'and' | 'or'>): Source {
    const decisive = e.kind === 'and' ? 'false' : 'true';
    const args = e.args.map((arg) => this.value(arg));
    if (args.every((arg) => !arg.nullable)) return { code: `(${args.map((arg) => arg.code).join(e.kind === 'and' ? ' && ' : ' || ')})`, nullable: false };
    const names = args.map((arg) => (isSimple(arg.code) ? arg.code : this.#w.temp()));
    const tests = args.map((arg, i) => (names[i] === arg.code ? `${names[i]} === ${decisive}` : `(${names[i]} = ${arg.code}) === ${decisive}`));
    const unknown = args.map((arg, i) => (arg.nullable ? `${names[i]} === null` : undefined)).filter((test) => test !== undefined);
    return { code: `(${tests.join(' || ')} ? ${decisive} : ${unknown.join(' || ')} ? null : ${decisive === 'false'})`, nullable: true };
  }

  #inListValue(e: Of<'inList'>): Source {
    const arg = this.value(e.arg);
    const lookup = this.#inListLookup(e);
    if (lookup !== undefined) {
      const { name, assign } = this.#variable(arg);
      const found = lookup(name);
      const result = e.negated ? `!${found}` : found;
      return { code: this.#sequence([assign], arg.nullable ? `(${name} === null ? null : ${result})` : result), nullable: arg.nullable };
    }
    if (isKeptList(e)) return { code: `X.inArray(${arg.code}, ${this.#keptArray(e)}, ${this.#w.module.constant(e)}, C)`, nullable: true };
    return { code: `X.inList(${arg.code}, [${this.#list(e.list)}], ${this.#w.module.constant(e.equals)}, ${e.negated}, C)`, nullable: true };
  }

  #keptArray(e: Of<'inList' | 'array'>): string {
    return `(${this.#w.cell()}[0] ??= X.keptArray(${this.#w.module.constant(e)}, x))`;
  }

  /** Membership in a list of constants without NULL, of a type whose equality is `===`. */
  #inListLookup(e: Of<'inList'>): ((name: string) => string) | undefined {
    if (!identityStorages.has(this.storageOf(e.arg.type.oid)) || e.list.length === 0 || !isOfOneType(e.equals)) return undefined;
    const values: Datum[] = [];
    for (const item of e.list) {
      if (item.kind !== 'constant' || item.value === null || !identityStorages.has(this.storageOf(item.type.oid))) return undefined;
      values.push(item.value);
    }
    if (values.length <= InListUnrollMax) return (name) => `(${values.map((value) => `${name} === ${this.#literal(value)}`).join(' || ')})`;
    const set = this.#w.module.constant(new Set(values));
    return (name) => `${set}.has(${name})`;
  }

  // ------------------------------------------------------------------------------------------------------------ conditions

  /** A JavaScript boolean: whether `e` is true. */
  condition(e: BoundExpression): string {
    switch (e.kind) {
      case 'and':
        return `(${e.args.map((arg) => this.condition(arg)).join(' && ')})`;
      case 'or':
        return `(${e.args.map((arg) => this.condition(arg)).join(' || ')})`;
      case 'not':
        return this.#isFalse(e.arg);
      case 'isNull': {
        const arg = this.value(e.arg);
        if (e.isRow) return `X.isRowNull(${arg.code}, ${e.negated})`;
        // Computed even where the answer is known: it may fail.
        if (!arg.nullable) return mayFail(e.arg) ? `(${arg.code}, ${e.negated})` : String(e.negated);
        return `(${arg.code} ${e.negated ? '!==' : '==='} null)`;
      }
      case 'isBoolean': {
        const wanted = e.test === 'unknown' ? 'null' : e.test;
        return `(${this.value(e.arg).code} ${e.negated ? '!==' : '==='} ${wanted})`;
      }
      case 'isDistinct':
        return this.#isDistinct(e);
      case 'call':
        return this.#comparison(e, false) ?? this.#isValue(this.value(e), 'true');
      case 'inList':
        return this.#bytes.condition(e, false) ?? this.#isValue(this.value(e), 'true');
      default:
        return this.#isValue(this.value(e), 'true');
    }
  }

  #isValue(source: Source, wanted: 'true' | 'false'): string {
    if (source.nullable) return `(${source.code} === ${wanted})`;
    return wanted === 'true' ? this.#parenthesized(source.code) : `!${this.#parenthesized(source.code)}`;
  }

  /** Whether `e` is false (not NULL). */
  #isFalse(e: BoundExpression): string {
    switch (e.kind) {
      case 'and':
        return `(${e.args.map((arg) => this.#isFalse(arg)).join(' || ')})`;
      case 'or':
        return `(${e.args.map((arg) => this.#isFalse(arg)).join(' && ')})`;
      case 'not':
        return this.condition(e.arg);
      case 'call':
        return this.#comparison(e, true) ?? this.#isValue(this.value(e), 'false');
      case 'inList':
        return this.#bytes.condition(e, true) ?? this.#isValue(this.value(e), 'false');
      default:
        return this.#isValue(this.value(e), 'false');
    }
  }

  /** A strict boolean call as a condition: no NULL is made only to be tested again. */
  #comparison(e: Of<'call'>, negated: boolean): string | undefined {
    const bytes = this.#bytes.condition(e, negated);
    if (bytes !== undefined) return bytes;
    const scaled = this.#scaled.comparison(e, negated);
    if (scaled !== undefined) return scaled;
    const { function: definition } = e;
    if (!definition.strict || definition.returns !== TypeOid.bool || !isTotal(definition)) return undefined;
    const args = e.args.map((arg) => this.value(arg));
    const variables = args.map((arg) => this.#variable(arg));
    const names = variables.map((variable) => variable.name);
    const tests = args.map((arg, i) => (arg.nullable ? `${names[i]} !== null` : undefined)).filter((test) => test !== undefined);
    const result = this.#apply(definition, names);
    const whole = [...tests, negated ? `!${this.#parenthesized(result)}` : result].join(' && ');
    return `(${this.#sequence(variables.map((variable) => variable.assign), whole)})`;
  }

  #isDistinct(e: Of<'isDistinct'>): string {
    const left = this.value(e.left);
    const right = this.value(e.right);
    const storage = this.storageOf(e.left.type.oid);
    if (storage === this.storageOf(e.right.type.oid) && identityStorages.has(storage)) return `(${left.code} ${e.negated ? '===' : '!=='} ${right.code})`;
    return `X.isDistinct(${this.#w.module.constant(e.equals)}, ${left.code}, ${right.code}, C) === ${!e.negated}`;
  }
}

/** Whether computing it does more than to read what is there. */
export const mayFail = (e: BoundExpression): boolean => e.kind !== 'column' && e.kind !== 'constant' && e.kind !== 'parameter';

/** Functions that never answer NULL to arguments that are not: those the generator has templates for. Others may. */
function isTotal(definition: FunctionDef): boolean {
  return definition.emit !== undefined;
}

/** The boolean type, for conditions made here. */
export const booleanType = sqlType(TypeOid.bool);
