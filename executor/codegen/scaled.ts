/**
 * Exact decimals in doubles. A numeric(p <= 15, s) column is stored as its coefficient, a double that is an integer; sums, differences and products of
 * such values are computed on the coefficients as long as every result stays within 2^53, where doubles are exact, and otherwise anew by `Numeric`.
 *
 * Z1  The fast result is used only if no step could have rounded. A bound on each value is tracked while code is written: where it cannot reach 2^53
 *     there is no check; otherwise the result is checked when it runs. A product need not be checked when it only enters further products: a
 *     rounded product is beyond 2^53, and so is any product with it, except with 0, which is exact.
 * Z2  NaN fails every check (all checks are written so that NaN does), so it takes the slow way; scaled columns hold no infinities.
 */
import { Numeric } from '../../base/numeric.js';
import { TypeOid } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { ExpressionWriter, Source } from './expressions.js';
import { isSimple } from './module.js';
import type { Writer } from './scope.js';

export const SafeMax = Number.MAX_SAFE_INTEGER;
/** Scales beyond this are left to Numeric, whose display scale rules then matter little to speed. */
const ScaleMax = 15;

/** A coefficient under construction. */
export interface ScaledCode {
  /** The coefficient as a JavaScript expression; NaN allowed. */
  readonly code: string;
  readonly scale: number;
  /** No value is larger in magnitude, NaN apart; Infinity when not known. */
  readonly bound: number;
  /** JavaScript tests that must hold for the result to be exact, beyond the check of the result itself. */
  readonly checks: readonly string[];
  /** JavaScript tests that say an operand is NULL. */
  readonly nulls: readonly string[];
  /** Whether the result itself is certainly exact. */
  readonly exact: boolean;
  readonly isProduct: boolean;
}

type CallExpression = Extract<BoundExpression, { kind: 'call' }>;

export class Scaled {
  readonly #w: Writer;
  readonly #expressions: ExpressionWriter;

  constructor(writer: Writer, expressions: ExpressionWriter) {
    this.#w = writer;
    this.#expressions = expressions;
  }

  /** The call as a datum computed the fast way; undefined when that does not apply. */
  datum(e: CallExpression): Source | undefined {
    if (!isArithmetic(e)) return undefined;
    const scaled = this.coefficient(e);
    if (scaled === undefined) return undefined;
    const slow = this.#slow(e);
    const name = this.#w.temp();
    const test = exactness(scaled, name);
    const fast = `X.newNumeric(${name}, ${scaled.scale})`;
    const result = test === '' ? fast : `(${test} ? ${fast} : ${slow})`;
    const computed = `(${name} = ${scaled.code}, ${result})`;
    return scaled.nulls.length === 0 ? { code: computed, nullable: false } : { code: `(${scaled.nulls.join(' || ')} ? null : ${computed})`, nullable: true };
  }

  /** A comparison of scaled values as a condition; undefined when that does not apply. */
  comparison(e: CallExpression, negated: boolean): string | undefined {
    const js = e.operator === undefined ? undefined : comparisonOperators[e.operator];
    if (js === undefined || e.args.length !== 2 || !isNumeric(e.args[0]!) || !isNumeric(e.args[1]!)) return undefined;
    const left = this.coefficient(e.args[0]!);
    const right = this.coefficient(e.args[1]!);
    if (left === undefined || right === undefined) return undefined;
    if (left.code.startsWith('k') && right.code.startsWith('k')) return undefined;
    const scale = Math.max(left.scale, right.scale);
    const a = rescale(left, scale);
    const b = rescale(right, scale);
    const nulls = [...a.nulls, ...b.nulls].map((test) => `!(${test})`);
    const isDirect = (side: ScaledCode): boolean => side.exact && side.checks.length === 0;
    if (isDirect(a) && isDirect(b) && (e.args[0]!.kind === 'constant' || e.args[1]!.kind === 'constant')) {
      return `(${[...nulls, besideConstant(a.code, negated ? negatedOperator[e.operator!]! : e.operator!, b.code, e.args[0]!.kind === 'constant')].join(' && ')})`;
    }
    const x = this.#w.temp();
    const y = this.#w.temp();
    const tests = [exactness(a, x), exactness(b, y)].filter((test) => test !== '');
    const fast = `${x} ${negated ? comparisonOperators[negatedOperator[e.operator!]!]! : js} ${y}`;
    const slowCall = this.#slowCondition(e, negated);
    const result = tests.length === 0 ? `(${fast})` : `(${tests.join(' && ')} ? ${fast} : ${slowCall})`;
    return `(${[...nulls, `(${x} = ${a.code}, ${y} = ${b.code}, ${result})`].join(' && ')})`;
  }

  /** The slow way, on registers: the interpreter evaluates the node. */
  #slow(e: BoundExpression): string {
    return this.#expressions.interpreted(e, true).code;
  }
  #slowCondition(e: BoundExpression, negated: boolean): string {
    return `${this.#slow(e)} === ${negated ? 'false' : 'true'}`;
  }

  /** The coefficient of a numeric expression over scaled columns, constants and integers. */
  coefficient(e: BoundExpression): ScaledCode | undefined {
    switch (e.kind) {
      case 'constant': {
        if (!(e.value instanceof Numeric) || typeof e.value.coefficient !== 'number' || !e.value.isFinite || e.value.scale > ScaleMax) return undefined;
        const { coefficient, scale } = e.value;
        const code = Math.abs(coefficient) < 2 ** 31 ? (coefficient < 0 ? `(${coefficient})` : `${coefficient}`) : this.#w.module.constant(coefficient);
        return { code, scale, bound: Math.abs(coefficient), checks: [], nulls: [], exact: true, isProduct: false };
      }
      case 'column':
        return this.#column(e.id);
      case 'cast': {
        if (e.type.typmod !== -1 || !isNumeric(e)) return undefined;
        const from = e.arg.type.oid;
        if (from !== TypeOid.int2 && from !== TypeOid.int4) return undefined;
        const arg = this.#expressions.value(e.arg);
        if (!isSimple(arg.code)) return undefined;
        return { code: arg.code, scale: 0, bound: 2147483648, checks: [], nulls: arg.nullable ? [`${arg.code} === null`] : [], exact: true, isProduct: false };
      }
      case 'call':
        return isArithmetic(e) ? this.#arithmetic(e) : undefined;
      default:
        return undefined;
    }
  }

  #column(id: number): ScaledCode | undefined {
    const binding = this.#w.scope.find(id);
    if (binding?.stored?.source.scaled === undefined) return undefined;
    const { source, row, rename } = binding.stored;
    const { scale, coefficient } = source.scaled!;
    return {
      code: rename(coefficient(row)), scale, bound: 1e15, checks: [], exact: true, isProduct: false,
      nulls: binding.nullable ? [`(${rename(source.isNull(row))})`] : [],
    };
  }

  #arithmetic(e: CallExpression): ScaledCode | undefined {
    const left = this.coefficient(e.args[0]!);
    const right = left === undefined ? undefined : this.coefficient(e.args[1]!);
    if (left === undefined || right === undefined) return undefined;
    const nulls = [...left.nulls, ...right.nulls];
    if (e.operator === '*') {
      const scale = left.scale + right.scale;
      if (scale > ScaleMax) return undefined;
      const bound = left.bound * right.bound;
      return { code: `(${left.code} * ${right.code})`, scale, bound, checks: [...left.checks, ...right.checks], nulls, exact: bound <= SafeMax, isProduct: true };
    }
    const scale = Math.max(left.scale, right.scale);
    const a = this.#settled(rescale(left, scale));
    const b = this.#settled(rescale(right, scale));
    const bound = a.bound + b.bound;
    return { code: `(${a.code} ${e.operator} ${b.code})`, scale, bound, checks: [...a.checks, ...b.checks], nulls, exact: bound <= SafeMax, isProduct: false };
  }

  /** An operand of a sum: if it may have been rounded it is put into a variable and checked. */
  #settled(operand: ScaledCode): ScaledCode {
    if (operand.exact) return operand;
    const name = this.#w.temp();
    return { ...operand, code: `(${name} = ${operand.code})`, checks: [...operand.checks, `${name} <= ${SafeMax} && ${name} >= -${SafeMax}`], bound: SafeMax, exact: true };
  }
}

/** The tests under which the value in `name` is exact and not NaN, joined by &&; empty when it cannot be otherwise. */
export function exactness(scaled: ScaledCode, name: string): string {
  return [...scaled.checks, `${name} <= ${SafeMax} && ${name} >= -${SafeMax}`].join(' && ');
}

function rescale(operand: ScaledCode, scale: number): ScaledCode {
  if (operand.scale === scale) return operand;
  const factor = 10 ** (scale - operand.scale);
  const bound = operand.bound * factor;
  return { ...operand, code: `(${operand.code} * ${factor})`, scale, bound, exact: operand.exact && bound <= SafeMax };
}

const comparisonOperators: Readonly<Record<string, string>> = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };
const negatedOperator: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' };

/** A comparison with a constant, which is no NaN. What stands beside it may be: that is greater than all numbers, and in JavaScript neither less nor greater (Z2). */
function besideConstant(left: string, operator: string, right: string, isConstantLeft: boolean): string {
  const isNaNWanted = isConstantLeft ? operator === '<' || operator === '<=' : operator === '>' || operator === '>=';
  return isNaNWanted ? `!(${left} ${comparisonOperators[negatedOperator[operator]!]!} ${right})` : `${left} ${comparisonOperators[operator]!} ${right}`;
}

const isNumeric = (e: BoundExpression): boolean => e.type.oid === TypeOid.numeric;

function isArithmetic(e: CallExpression): boolean {
  return (e.operator === '+' || e.operator === '-' || e.operator === '*') && e.args.length === 2 && isNumeric(e) && isNumeric(e.args[0]!) && isNumeric(e.args[1]!);
}
