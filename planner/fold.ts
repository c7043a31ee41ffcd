/**
 * Constant folding of expressions: calls of immutable functions over constants are computed, conditions and CASE with known outcomes
 * disappear. What would raise an error stays, so that it is raised only if it is reached. Used by the rule of that name and by rules that
 * substitute constants.
 */
import { SqlArray, type Datum } from '../base/datum.js';
import { DbError } from '../base/errors.js';
import { plainTextEnv, type TextEnv } from '../base/text-env.js';
import { inputText, outputText } from '../base/text-io.js';
import { TypeOid, types, typeInfo, type SqlType, type TypeRegistry } from '../base/types.js';
import type { EvalContext } from '../functions/registry.js';
import { constant, isTrue, mapChildren, type Constant } from './expression-tools.js';
import type { BoundExpression } from './expression.js';

/** Types whose text is the same in every session, so that a cast through text may be folded. */
const plainTypes = new Set<number>([
  TypeOid.bool, TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.oid, TypeOid.float4, TypeOid.float8, TypeOid.numeric, TypeOid.text, TypeOid.varchar, TypeOid.bpchar, TypeOid.name,
  TypeOid.bytea, TypeOid.uuid, TypeOid.json, TypeOid.jsonb, TypeOid.bit, TypeOid.varbit, TypeOid.char,
]);

function isPlain(type: SqlType, registry: TypeRegistry): boolean {
  if (plainTypes.has(type.oid)) return true;
  const info = typeInfo(type.oid, registry);
  return info.kind === 'enum' || (info.elementOid !== 0 && plainTypes.has(info.elementOid));
}

/** bytea_output and extra_float_digits say how these are printed. */
function printsBySetting(type: SqlType, registry: TypeRegistry): boolean {
  const { elementOid } = typeInfo(type.oid, registry);
  const oid = elementOid === 0 ? type.oid : elementOid;
  return oid === TypeOid.bytea || oid === TypeOid.float4 || oid === TypeOid.float8;
}

/** Context for immutable functions, which by their definition look at nothing in it that changes. */
function contextOf(registry: TypeRegistry, given: EvalContext | undefined): EvalContext {
  return given ?? ({ ...plainTextEnv, types: registry, checkDeadline: () => undefined } as unknown as EvalContext);
}

export class Folder {
  readonly #types: TypeRegistry;
  readonly #context: EvalContext;
  readonly #env: TextEnv;

  constructor(registry: TypeRegistry, context: EvalContext | undefined) {
    this.#types = registry;
    this.#context = contextOf(registry, context);
    this.#env = { ...plainTextEnv, types: registry };
  }

  readonly fold = (e: BoundExpression): BoundExpression => {
    if (e.kind === 'constant' || e.kind === 'column' || e.kind === 'parameter') return e;
    return this.#simplify(mapChildren(e, this.fold));
  };

  #simplify(e: BoundExpression): BoundExpression {
    switch (e.kind) {
      case 'call':
        return this.#call(e);
      case 'cast':
        return this.#cast(e);
      case 'and':
      case 'or':
        return this.#connective(e);
      case 'not': {
        const { arg } = e;
        if (arg.kind === 'constant') return constant(arg.value === null ? null : arg.value !== true, types.bool, e.offset);
        if (arg.kind === 'not') return arg.arg;
        if ((arg.kind === 'isNull' && !arg.isRow) || arg.kind === 'isBoolean' || arg.kind === 'isDistinct' || arg.kind === 'inList') return { ...arg, negated: !arg.negated };
        return e;
      }
      case 'isNull':
        if (e.arg.kind === 'constant' && (!e.isRow || e.arg.value === null)) return constant((e.arg.value === null) !== e.negated, types.bool, e.offset);
        return e;
      case 'isBoolean': {
        if (e.arg.kind !== 'constant') return e;
        const value = e.arg.value as boolean | null;
        const holds = e.test === 'unknown' ? value === null : value === (e.test === 'true');
        return constant(holds !== e.negated, types.bool, e.offset);
      }
      case 'isDistinct': {
        const { left, right } = e;
        // IS [NOT] DISTINCT FROM NULL is a null test.
        if (left.kind === 'constant' && left.value === null) return this.#simplify({ kind: 'isNull', type: types.bool, offset: e.offset, arg: right, isRow: false, negated: !e.negated });
        if (right.kind === 'constant' && right.value === null) return this.#simplify({ kind: 'isNull', type: types.bool, offset: e.offset, arg: left, isRow: false, negated: !e.negated });
        return e;
      }
      case 'case':
        return this.#case(e);
      case 'coalesce': {
        const args: BoundExpression[] = [];
        for (const arg of e.args) {
          if (arg.kind === 'constant' && arg.value === null) continue;
          args.push(arg);
          if (arg.kind === 'constant') break;
        }
        if (args.length === 0) return constant(null, e.type, e.offset);
        if (args.length === 1) return args[0]!;
        return args.length === e.args.length ? e : { ...e, args };
      }
      case 'inList': {
        if (e.arg.kind === 'constant' && e.arg.value === null) return constant(null, types.bool, e.offset);
        if (e.list.length > 0 && e.list.every((item) => item.kind === 'constant' && item.value === null)) return constant(null, types.bool, e.offset);
        return e;
      }
      case 'subscript':
        return this.#subscript(e);
      default:
        return e;
    }
  }

  #subscript(e: Extract<BoundExpression, { kind: 'subscript' }>): BoundExpression {
    const { arg, indices } = e;
    if (arg.kind !== 'constant' || (arg.value !== null && !(arg.value instanceof SqlArray))) return e;
    if (arg.value === null) return constant(null, e.type, e.offset);
    const values: Datum[] = [];
    for (const { lower, upper, isSlice } of indices) {
      const index = upper ?? lower;
      if (isSlice || index?.kind !== 'constant') return e;
      values.push(index.value);
    }
    return constant(arg.value.element(values), e.type, e.offset);
  }

  #call(e: Extract<BoundExpression, { kind: 'call' }>): BoundExpression {
    const { function: f } = e;
    if (f.kind !== 'scalar' || f.impl === undefined || f.oid !== undefined || f.volatility !== 'immutable') return e;
    if (f.strict && e.args.some((arg) => arg.kind === 'constant' && arg.value === null)) return constant(null, e.type, e.offset);
    if (!e.args.every((arg) => arg.kind === 'constant')) return e;
    return this.#try(e, () => f.impl!(...e.args.map((arg) => (arg as Constant).value), this.#context));
  }

  #cast(e: Extract<BoundExpression, { kind: 'cast' }>): BoundExpression {
    const { arg, method } = e;
    if (arg.kind !== 'constant') return e;
    if (arg.value === null) return constant(null, e.type, e.offset);
    const { value } = arg;
    if (method === 'binary') return { ...arg, type: e.type };
    if (!isPlain(arg.type, this.#types) || !isPlain(e.type, this.#types)) return e;
    if (method === 'io' && printsBySetting(arg.type, this.#types)) return e;
    if (method === 'io') return this.#try(e, () => inputText(e.type, outputText(arg.type, value, this.#env), this.#env));
    return this.#try(e, () => method(value, e.type.typmod, e.isExplicit, this.#context));
  }

  #try(e: BoundExpression, compute: () => Datum): BoundExpression {
    try {
      return constant(compute(), e.type, e.offset);
    } catch (error) {
      if (error instanceof DbError && error.code !== 'XX000') return e;
      throw error;
    }
  }

  #connective(e: Extract<BoundExpression, { kind: 'and' | 'or' }>): BoundExpression {
    const decisive = e.kind === 'or';
    const args: BoundExpression[] = [];
    let hasNull = false;
    let changed = false;
    for (const arg of e.args) {
      if (arg.kind === 'constant') {
        if (arg.value === decisive) return constant(decisive, types.bool, e.offset);
        changed = true;
        hasNull ||= arg.value === null;
      } else if (arg.kind === e.kind) {
        changed = true;
        args.push(...arg.args);
      } else args.push(arg);
    }
    if (hasNull) args.push(constant(null, types.bool, e.offset));
    if (args.length === 0) return constant(!decisive, types.bool, e.offset);
    if (args.length === 1) return args[0]!;
    return changed && !(hasNull && args.length === e.args.length) ? { ...e, args } : e;
  }

  #case(e: Extract<BoundExpression, { kind: 'case' }>): BoundExpression {
    const branches: { when: BoundExpression; then: BoundExpression }[] = [];
    let { otherwise } = e;
    for (const branch of e.branches) {
      if (branch.when.kind === 'constant' && branch.when.value !== true) continue;
      if (isTrue(branch.when)) {
        otherwise = branch.then;
        break;
      }
      branches.push(branch);
    }
    if (branches.length === 0) return otherwise;
    return branches.length === e.branches.length && otherwise === e.otherwise ? e : { ...e, branches, otherwise };
  }
}
