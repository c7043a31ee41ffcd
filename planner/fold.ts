/**
 * What an expression is before the statement runs, as PostgreSQL's planner finds it: immutable functions of constants are computed, a strict function
 * with a NULL argument is NULL, conditions and branches with known outcomes go. Errors count: one that is met while computing is the statement's, even in
 * a branch that no row would reach, and what is dropped unread raises none. So the order in which parts are looked at is PostgreSQL's.
 *
 * F1  A part is folded before it is asked for its value, except behind what has been decided: branches after a true WHEN and the THEN of a false one, arguments of
 *     COALESCE after a constant, operands of AND and OR after the one that decides.
 * F2  A plan outlives the settings it was made under. A value that they say (a timestamptz's text, bytea as text) is *known*: it is computed to meet its errors and
 *     those of what is made of it, and decides what is read further, but the expression stays. The same goes for rows and arrays, whose form others look for.
 * F3  Volatility is that of PostgreSQL's functions, input and output functions of types included, for what it does not compute must not fail here.
 *
 * F4  A function in SQL whose body is an expression becomes it, and an immutable one of constants is computed (routine-body.ts), as one of an extension is. One that reads tables, or is not as
 *     immutable as it says, is not, for a plan is kept longer than PostgreSQL keeps it. For PostgreSQL it decides whether what follows is read: as it cannot be said
 *     here, what follows is left to the run, where it decides too.
 *
 * Source. eval_const_expressions_mutator of clauses.c.
 */
import type { Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { plainTextEnv } from '../base/text-env.js';
import { baseTypeOf, sqlType, TypeOid, types, typeInfo, type SqlType, type TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import { constant, forEachChild, isDomainCheck, mapChildren, mapList, someExpression, type Subquery } from './expression-tools.js';
import type { BoundExpression } from './expression.js';
import type { RoutineBodies } from './routine-body.js';

/** Computes an expression without columns, parameters and subqueries. @throws DbError of class 22 and its like */
export type ConstantEvaluator = (e: BoundExpression, context: EvalContext) => Datum;

type Of<Kind extends BoundExpression['kind']> = Extract<BoundExpression, { kind: Kind }>;

/** Types whose input and output functions are immutable. */
const immutableText = new Set<number>([
  TypeOid.bool, TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.oid, TypeOid.float4, TypeOid.float8, TypeOid.numeric, TypeOid.text, TypeOid.varchar, TypeOid.bpchar, TypeOid.name,
  TypeOid.bytea, TypeOid.uuid, TypeOid.tid, TypeOid.json, TypeOid.jsonb, TypeOid.jsonpath, TypeOid.bit, TypeOid.varbit, TypeOid.char, TypeOid.unknown,
]);
/** Their input looks at the session's zone; their output does not. */
const immutableOutput = new Set<number>([...immutableText, TypeOid.time, TypeOid.timetz]);
/** bytea_output and extra_float_digits say how these are printed, whatever the volatility of their functions. */
const printedBySetting = new Set<number>([TypeOid.bytea, TypeOid.float4, TypeOid.float8]);
const zoned = new Set<number>([TypeOid.timestamptz, TypeOid.timetz]);

/** Whether a cast by a function looks at the session: at its zone, its catalog, or a domain's checks. */
function looksAtSession(from: SqlType, to: SqlType, registry: TypeRegistry): boolean {
  const target = typeInfo(to.oid, registry);
  if (target.kind === 'domain') return true;
  if (target.elementOid !== 0) {
    const source = typeInfo(from.oid, registry).elementOid;
    return source === 0 || (source !== target.elementOid && !isImmutableElement(sqlType(source), sqlType(target.elementOid), registry)) || typeInfo(target.elementOid, registry).kind === 'domain';
  }
  if (from.oid === to.oid) return false;
  if (from.oid === TypeOid.money || to.oid === TypeOid.money || to.oid === TypeOid.regclass) return true;
  return zoned.has(to.oid) ? !zoned.has(from.oid) || to.oid === TypeOid.timetz : from.oid === TypeOid.timestamptz;
}

/** Whether a cast gives the same for ever. */
export function isImmutableCast(from: SqlType, to: SqlType, method: Of<'cast'>['method'], registry: TypeRegistry): boolean {
  if (method === 'io') return immutableOutput.has(from.oid) && immutableText.has(to.oid);
  return method === 'binary' || !looksAtSession(from, to, registry);
}

/** Elements are cast by a function or through text, as the types have it: both must be immutable. */
function isImmutableElement(from: SqlType, to: SqlType, registry: TypeRegistry): boolean {
  const isOfText = immutableOutput.has(from.oid) && immutableText.has(to.oid);
  const isOfTime = [from, to].every(({ oid }) => oid === TypeOid.date || oid === TypeOid.timestamp || oid === TypeOid.time || oid === TypeOid.interval);
  return (isOfText || isOfTime) && !looksAtSession(from, to, registry);
}

/** PostgreSQL computes a constant call by running the function, and looks into the others. */
function inlining<T>(name: string, isConstant: boolean, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof DbError) error.fields = { ...error.fields, where: isConstant ? `SQL function "${name}" statement 1` : [error.fields.where, `SQL function "${name}" during inlining`].filter((line) => line !== undefined).join('\n') };
    throw error;
  }
}

export class Folder {
  readonly #types: TypeRegistry;
  readonly #context: EvalContext;
  readonly #evaluate: ConstantEvaluator | undefined;
  readonly #routines: RoutineBodies | undefined;
  readonly #inSubquery: (query: Subquery) => Subquery;
  /** F2: what is known and stays. */
  readonly #known = new WeakMap<BoundExpression, { readonly value: Datum }>();
  /** F4. */
  readonly #left = new WeakSet<BoundExpression>();

  /** Without `given` nothing that a session says is known, without `routines` functions in SQL stay calls. `inSubquery` folds the plan of a subquery that is reached. */
  constructor(registry: TypeRegistry, given: EvalContext | undefined, evaluate: ConstantEvaluator | undefined, routines: RoutineBodies | undefined, inSubquery: (query: Subquery) => Subquery = (query) => query) {
    this.#routines = routines;
    this.#types = registry;
    // Immutable functions by their definition look at nothing in it that changes.
    this.#context = given ?? ({ ...plainTextEnv, types: registry, checkDeadline: () => undefined } as unknown as EvalContext);
    this.#evaluate = evaluate;
    this.#inSubquery = inSubquery;
    this.#hasSession = given !== undefined;
  }
  readonly #hasSession: boolean;

  /** @throws DbError that PostgreSQL's planner raises */
  readonly fold = (e: BoundExpression): BoundExpression => {
    switch (e.kind) {
      case 'constant':
      case 'column':
      case 'parameter':
        return e;
      case 'and':
      case 'or':
        return this.#leaving(this.#connective(e));
      case 'case':
        return this.#leaving(this.#case(e));
      case 'coalesce':
        return this.#leaving(this.#coalesce(e));
      case 'inList':
        return this.#leaving(this.#inList(e));
      case 'subquery':
        return mapChildren(e, this.fold, this.#inSubquery);
      default:
        return this.#simplify(mapChildren(e, this.fold));
    }
  };

  /** The error of `e` goes to `onError`, and it stays as it is. */
  tryFold(e: BoundExpression, onError: (error: DbError) => void): BoundExpression {
    try {
      return this.fold(e);
    } catch (error) {
      if (!(error instanceof DbError) || error.code === 'XX000') throw error;
      onError(error);
      return e;
    }
  }

  #simplify(e: BoundExpression): BoundExpression {
    switch (e.kind) {
      case 'call':
        return this.#call(e);
      case 'cast':
        return this.#cast(e);
      case 'not':
        return this.#not(e);
      case 'isNull':
        return this.#isNull(e);
      case 'isBoolean':
        return this.#isSettled(e.arg) ? this.#compute(e) : e;
      case 'isDistinct':
        return this.#isDistinct(e);
      case 'greatest':
      case 'least':
        return e.args.every(this.#isSettled) && e.lessThan.volatility === 'immutable' ? this.#compute(e) : e;
      case 'quantifiedArray':
        return this.#isSettled(e.arg) && this.#isSettled(e.array) && e.operator.volatility === 'immutable' ? this.#compute(e) : e;
      case 'array':
        return e.elements.every(this.#isSettled) ? this.#keep(e) : e;
      case 'row':
        return e.fields.every(this.#isSettled) ? this.#keep(e) : e;
      case 'field':
        // The other fields are not read.
        if (e.arg.kind === 'row' && e.arg.fields[e.index]?.type.oid === e.type.oid) return e.arg.fields[e.index]!;
        return this.#isSettled(e.arg) ? this.#compute(e) : e;
      case 'subscript':
        return this.#isSettled(e.arg) && e.indices.every(({ lower, upper }) => (lower === undefined || this.#isSettled(lower)) && (upper === undefined || this.#isSettled(upper))) ? this.#compute(e) : e;
      default:
        return e;
    }
  }

  // ------------------------------------------------------------------------------------------------------------------- what is known

  readonly #isKnown = (e: BoundExpression): boolean => e.kind === 'constant' || this.#known.has(e);
  readonly #isSettled = (e: BoundExpression): boolean => this.#isKnown(e) || this.#left.has(e);

  #valueOf(e: BoundExpression): Datum | undefined {
    return e.kind === 'constant' ? e.value : this.#known.get(e)?.value;
  }

  /** The value of an expression whose parts are known: as a constant, if no setting has a part in it. */
  #compute(e: BoundExpression): BoundExpression {
    if (this.#evaluate === undefined || this.#isLeft(e)) return e;
    const value = this.#evaluate(e, this.#context);
    if (someExpression(e, this.#isOfSession)) return this.#keep(e, value);
    return constant(value, e.type, e.offset);
  }

  /** Remembers the value and leaves the expression. */
  #keep(e: BoundExpression, computed?: Datum): BoundExpression {
    if (this.#evaluate === undefined || this.#isLeft(e)) return e;
    this.#known.set(e, { value: computed === undefined ? this.#evaluate(e, this.#context) : computed });
    return e;
  }

  /** F4. */
  #isLeft(e: BoundExpression): boolean {
    let isLeft = false;
    forEachChild(e, (child) => {
      isLeft ||= this.#left.has(child);
    });
    if (isLeft) this.#left.add(e);
    return isLeft;
  }

  #leaving(e: BoundExpression): BoundExpression {
    if (e.kind !== 'constant') this.#isLeft(e);
    return e;
  }

  readonly #isOfSession = (e: BoundExpression): boolean => e.kind === 'cast' && (e.isLiteral === true || (e.method === 'io' && printedBySetting.has(e.arg.type.oid)));

  // ------------------------------------------------------------------------------------------------------------------- by kind

  #call(e: Of<'call'>): BoundExpression {
    const { function: f } = e;
    if (f.kind !== 'scalar') return e;
    if (f.strict && e.args.some((arg) => arg.kind === 'constant' && arg.value === null)) return constant(null, e.type, e.offset);
    // What a domain checks PostgreSQL does not know when it plans, NULL or not.
    const absent = f.strict ? e.args.find((arg) => this.#known.get(arg)?.value === null && !someExpression(arg, isDomainCheck)) : undefined;
    if (absent !== undefined) return this.#absent(e, absent);
    if (f.oid !== undefined) return this.#routine(e);
    if (f.impl === undefined || f.volatility !== 'immutable' || e.type.oid === TypeOid.record || !e.args.every(this.#isSettled)) return e;
    return this.#compute(e);
  }

  /** F4. */
  #routine(e: Of<'call'>): BoundExpression {
    const args = this.#routines?.argumentsOf(e.function, e.args, this.fold);
    const isConstant = e.function.volatility === 'immutable' && e.type.oid !== TypeOid.record && (args ?? e.args).every(this.#isSettled);
    const inlined = args === undefined ? undefined : inlining(e.function.name, isConstant, () => this.#routines!.inline(e, args, this.fold));
    if (inlined !== undefined) return inlined;
    if (!isConstant) return e;
    if (args === undefined && e.function.isOfExtension === true) return this.#compute(e);
    if (args !== undefined && this.#hasSession && this.#routines!.isPure(e)) return this.#compute(e);
    this.#left.add(e);
    return e;
  }

  /** NULL in this session by one of its arguments, which the run asks first: the others are not read. */
  #absent(e: Of<'call'>, arg: BoundExpression): BoundExpression {
    const when: BoundExpression = { kind: 'isNull', type: types.bool, offset: e.offset, arg, isRow: false, negated: false };
    return this.#keep({ kind: 'case', type: e.type, offset: e.offset, branches: [{ when, then: constant(null, e.type, e.offset) }], otherwise: e }, null);
  }

  #cast(e: Of<'cast'>): BoundExpression {
    const { arg, method } = e;
    if (!this.#isSettled(arg)) return e;
    // PostgreSQL has read it when it planned.
    if (e.isLiteral === true) return this.#hasSession ? this.#keep(e) : e;
    // What reads a record gives one of any type, and PostgreSQL computes none such when it plans.
    if (method === 'io' && typeInfo(baseTypeOf(e.type, this.#types).oid, this.#types).kind === 'composite') return e;
    if (arg.kind === 'constant' && arg.value === null && typeInfo(e.type.oid, this.#types).kind !== 'domain') return constant(null, e.type, e.offset);
    if (method === 'binary') return arg.kind === 'constant' ? { ...arg, type: e.type } : this.#keep(e);
    const from = baseTypeOf(arg.type, this.#types);
    if (!isImmutableCast(from, e.type, method, this.#types)) return e;
    if (method !== 'io') return this.#compute(e);
    return this.#hasSession || !printedBySetting.has(from.oid) ? this.#compute(e) : e;
  }

  #not(e: Of<'not'>): BoundExpression {
    const { arg } = e;
    if (this.#isSettled(arg)) return this.#compute(e);
    if (arg.kind === 'not') return arg.arg;
    if ((arg.kind === 'isNull' && !arg.isRow) || arg.kind === 'isBoolean' || arg.kind === 'isDistinct' || arg.kind === 'inList') return { ...arg, negated: !arg.negated };
    return e;
  }

  #isNull(e: Of<'isNull'>): BoundExpression {
    const { arg } = e;
    if (!e.isRow) return this.#isSettled(arg) ? this.#compute(e) : e;
    if (arg.kind === 'constant' && arg.value === null) return this.#compute(e);
    if (arg.kind !== 'row') return e;
    // Field by field; no one asks further what is in them.
    const tests: BoundExpression[] = [];
    for (const field of arg.fields) {
      if (!this.#isKnown(field)) tests.push({ ...e, arg: field, isRow: false });
      else if ((this.#valueOf(field) === null) === e.negated) return constant(false, types.bool, e.offset);
    }
    if (tests.length === 0) return constant(true, types.bool, e.offset);
    return tests.length === 1 ? tests[0]! : { kind: 'and', type: types.bool, offset: e.offset, args: tests };
  }

  #isDistinct(e: Of<'isDistinct'>): BoundExpression {
    const { left, right } = e;
    if (this.#isSettled(left) && this.#isSettled(right)) return e.equals.volatility === 'immutable' ? this.#compute(e) : e;
    // IS [NOT] DISTINCT FROM NULL is a null test.
    if (left.kind === 'constant' && left.value === null) return { kind: 'isNull', type: types.bool, offset: e.offset, arg: right, isRow: false, negated: !e.negated };
    if (right.kind === 'constant' && right.value === null) return { kind: 'isNull', type: types.bool, offset: e.offset, arg: left, isRow: false, negated: !e.negated };
    return e;
  }

  /** AND and OR: F1 operand by operand. A known operand that decides only for this session stops the reading, drops nothing and is asked first. */
  #connective(e: Of<'and' | 'or'>): BoundExpression {
    const decisive = e.kind === 'or';
    const args: BoundExpression[] = [];
    let hasNull = false;
    let isDecided = false;
    let isKnown = false;
    for (const operand of e.args) {
      const arg: BoundExpression = isDecided ? operand : this.fold(operand);
      if (arg.kind === 'constant') {
        if (arg.value === decisive && !isDecided) return constant(decisive, types.bool, e.offset);
        if (isDecided) args.push(arg);
        else hasNull ||= arg.value === null;
        continue;
      }
      const decides: boolean = !isDecided && this.#isKnown(arg) && this.#valueOf(arg) === decisive;
      isKnown ||= decides;
      isDecided ||= decides || this.#left.has(arg);
      if (decides) args.unshift(arg);
      else if (arg.kind === e.kind) args.push(...arg.args);
      else args.push(arg);
    }
    if (hasNull) args.push(constant(null, types.bool, e.offset));
    if (args.length === 0) return constant(!decisive, types.bool, e.offset);
    if (args.length === 1) return args[0]!;
    const folded: BoundExpression = sameList(args, e.args) ? e : { ...e, args };
    if (isKnown) return this.#keep(folded, decisive);
    return args.every(this.#isKnown) ? this.#keep(folded) : folded;
  }

  #case(e: Of<'case'>): BoundExpression {
    const branches: { when: BoundExpression; then: BoundExpression }[] = [];
    let isDecided = false;
    for (const branch of e.branches) {
      if (isDecided) {
        branches.push(branch);
        continue;
      }
      const when = this.fold(branch.when);
      const isSettled = this.#isSettled(when);
      const holds = isSettled && this.#valueOf(when) === true;
      if (when.kind === 'constant' && !holds) continue;
      const then = isSettled && !holds ? branch.then : this.fold(branch.then);
      if (when.kind === 'constant') return branches.length === 0 ? then : { ...e, branches, otherwise: then };
      isDecided = holds || this.#left.has(when);
      branches.push(when === branch.when && then === branch.then ? branch : { when, then });
    }
    const otherwise = isDecided ? e.otherwise : this.fold(e.otherwise);
    if (branches.length === 0) return otherwise;
    const folded: BoundExpression = otherwise === e.otherwise && sameList(branches, e.branches) ? e : { ...e, branches, otherwise };
    // What this session says of the conditions says which branch it is.
    const taken = branches.find(({ when }) => !this.#isKnown(when) || this.#valueOf(when) === true);
    const result = taken === undefined ? otherwise : taken.then;
    const isKnown = (taken === undefined || this.#isKnown(taken.when)) && this.#isKnown(result);
    return isKnown ? this.#keep(folded, this.#valueOf(result)) : folded;
  }

  #coalesce(e: Of<'coalesce'>): BoundExpression {
    const args: BoundExpression[] = [];
    let isDecided = false;
    for (const operand of e.args) {
      const arg: BoundExpression = isDecided ? operand : this.fold(operand);
      if (!isDecided && arg.kind === 'constant' && arg.value === null) continue;
      args.push(arg);
      if (!isDecided && arg.kind === 'constant') break;
      isDecided ||= this.#left.has(arg) || (this.#isKnown(arg) && this.#valueOf(arg) !== null);
    }
    if (args.length === 0) return constant(null, e.type, e.offset);
    if (args.length === 1) return args[0]!;
    const folded: BoundExpression = sameList(args, e.args) ? e : { ...e, args };
    const first = args.find((arg) => !this.#isKnown(arg) || this.#valueOf(arg) !== null) ?? args[args.length - 1]!;
    return this.#isKnown(first) ? this.#keep(folded, this.#valueOf(first)) : folded;
  }

  /**
   * Two and more items without columns are one array to PostgreSQL, compared when all of it and the left side are known; each other item is an
   * equality of its own, joined with OR (NOT IN: AND). Source. transformAExprIn of parse_expr.c.
   */
  #inList(e: Of<'inList'>): BoundExpression {
    if (e.equals.volatility !== 'immutable') return mapChildren(e, this.fold);
    const arg = this.fold(e.arg);
    if (this.#left.has(arg)) return { ...e, arg };
    const isPlain = (item: BoundExpression): boolean => !someExpression(item, (x) => x.kind === 'column');
    const isArray = e.list.filter(isPlain).length > 1 && e.list[0]!.type.oid !== TypeOid.record;
    const groups = isArray ? [e.list.filter(isPlain), ...e.list.filter((item) => !isPlain(item)).map((item) => [item])] : e.list.map((item) => [item]);
    const list: BoundExpression[] = [];
    let hasNull = false;
    let isDecided = false;
    // What this session makes of it, as long as it is known.
    let isKnown = true;
    let found: Datum = false;
    for (const group of groups) {
      const items = isDecided ? group : mapList(group, this.fold);
      if (!isDecided && this.#isSettled(arg) && items.every(this.#isSettled)) {
        const compared = this.#compute({ ...e, arg, list: items, negated: false });
        const value = this.#valueOf(compared);
        isDecided = value === true || this.#left.has(compared);
        isKnown &&= this.#isKnown(compared);
        if (value === true || (value === null && found === false)) found = value;
        if (compared.kind === 'constant' && value === true) return constant(!e.negated, types.bool, e.offset);
        if (compared.kind === 'constant') {
          hasNull ||= value === null;
          continue;
        }
      } else if (!isDecided && items.length === 1 && [arg, items[0]!].some((side) => side.kind === 'constant' && side.value === null)) {
        hasNull = true;
        if (found === false) found = null;
        continue;
      } else isKnown &&= isDecided && found === true;
      list.push(...items);
    }
    if (list.length === 0) return constant(hasNull ? null : e.negated, types.bool, e.offset);
    if (hasNull) list.push(constant(null, e.list[0]!.type, e.offset));
    const folded: BoundExpression = arg === e.arg && sameList(list, e.list) ? e : { ...e, arg, list };
    return isKnown ? this.#keep(folded, found === null ? null : found !== e.negated) : folded;
  }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
