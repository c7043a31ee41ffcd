/**
 * Operator precedence, apart from the grammar. The grammar reads an expression as a flat sequence of operands and operators; this
 * stack arranges it as PostgreSQL's yacc grammar would: when an operator arrives, pending ones that bind tighter are applied first.
 *
 * P1  Chains of any length take no recursion, here or in the grammar: `a + b + c` grows to the left, AND and OR are n-ary.
 * P2  `a < b < c`, `a LIKE b LIKE c`, `a IS DISTINCT FROM b IS NULL` are syntax errors at the second operator.
 * P3  Each operand's height is known, so that the depth of the tree is bounded (A2 of ast.ts) although nothing recursed.
 *
 * Source. The %left, %right, %nonassoc lines and the %prec marks of gram.y; Dijkstra's shunting-yard algorithm.
 */
import type { Expression, OperatorSchema } from './ast.js';

export const Precedence = {
  Or: 1,
  And: 2,
  Not: 3,
  Is: 4,
  Comparison: 5,
  /** BETWEEN, IN, LIKE, ILIKE, SIMILAR TO and their negations. */
  Like: 6,
  Escape: 7,
  /** Every operator without a level of its own. */
  Other: 8,
  Additive: 9,
  Multiplicative: 10,
  Power: 11,
  AtTimeZone: 12,
  Collate: 13,
  UnaryMinus: 14,
  TypeCast: 15,
} as const;
export type Precedence = (typeof Precedence)[keyof typeof Precedence];

/** Levels on which `a op b op c` is an error. */
const isNonAssociative = (precedence: number): boolean => precedence >= Precedence.Is && precedence <= Precedence.Escape;

/** The precedence of an operator symbol between operands. */
export function precedenceOf(operator: string): Precedence {
  switch (operator) {
    case '+':
    case '-':
      return Precedence.Additive;
    case '*':
    case '/':
    case '%':
      return Precedence.Multiplicative;
    case '^':
      return Precedence.Power;
    case '<':
    case '>':
    case '=':
    case '<=':
    case '>=':
    case '<>':
      return Precedence.Comparison;
    default:
      return Precedence.Other;
  }
}

export type PendingKind = 'unary' | 'not' | 'binary' | 'and' | 'or' | 'distinct' | 'like' | 'between' | 'atTimeZone';

/** An operator that waits for its right operand. One shape for all kinds. */
export interface PendingOperator {
  readonly kind: PendingKind;
  readonly precedence: Precedence;
  readonly offset: number;
  /** Symbol of a unary or binary operator; like, ilike or similar. */
  readonly operator: string;
  readonly schema: OperatorSchema | undefined;
  readonly negated: boolean;
  /** The lower bound of BETWEEN; the pattern of LIKE once ESCAPE has come. */
  readonly first: Expression | undefined;
  readonly symmetric: boolean;
}

/** Operators and operands of one expression that are not combined yet. */
export class OperatorStack {
  readonly #operands: Expression[] = [];
  readonly #heights: number[] = [];
  readonly #pending: PendingOperator[] = [];

  get height(): number {
    return this.#heights[this.#heights.length - 1]!;
  }

  /** How deeply the operators at hand nest to the right. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  pushOperand(operand: Expression, height: number): void {
    this.#operands.push(operand);
    this.#heights.push(height);
  }

  pushOperator(operator: PendingOperator): void {
    this.#pending.push(operator);
  }

  /** Applies what binds tighter than an operator of `precedence` that comes next; false when it may not come here (P2). */
  reduceFor(precedence: Precedence): boolean {
    const pending = this.#pending;
    for (let top = pending[pending.length - 1]; top !== undefined && top.precedence >= precedence; top = pending[pending.length - 1]) {
      if (top.precedence === precedence) {
        if (isNonAssociative(precedence)) return false;
        // The only right-associative levels are those of prefix operators, which never meet an equal infix one.
      }
      this.#apply();
    }
    return true;
  }

  /** Takes the top operand out, to be put back wrapped; with its height. */
  popOperand(): Expression {
    this.#heights.pop();
    return this.#operands.pop()!;
  }

  /** Whether ESCAPE would belong to a pending LIKE. */
  get awaitsEscape(): boolean {
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const operator = this.#pending[i]!;
      if (operator.precedence > Precedence.Escape) continue;
      return operator.kind === 'like' && operator.first === undefined;
    }
    return false;
  }

  /** ESCAPE has come: the pattern is complete, its escape follows as the pending operator's right operand. */
  startEscape(): void {
    this.reduceFor(Precedence.Escape);
    const like = this.#pending.pop()!;
    const patternHeight = this.height;
    const pattern = this.popOperand();
    this.#heights[this.#heights.length - 1] = Math.max(this.height, patternHeight);
    this.#pending.push({ ...like, first: pattern });
  }

  /** Combines everything; afterwards `height` is that of the result. */
  finish(): Expression {
    while (this.#pending.length > 0) this.#apply();
    return this.#operands[0]!;
  }

  #apply(): void {
    const operator = this.#pending.pop()!;
    const { offset } = operator;
    const rightHeight = this.#heights.pop()!;
    const right = this.#operands.pop()!;
    switch (operator.kind) {
      case 'unary': {
        // A minus belongs to the number, so that -2147483648 is an int4.
        const isNegation = operator.operator === '-' && operator.schema === undefined && right.kind === 'number';
        if (isNegation) this.pushOperand({ kind: 'number', text: negated(right.text), offset }, rightHeight);
        else this.pushOperand({ kind: 'unary', schema: operator.schema, operator: operator.operator, operand: right, offset }, rightHeight + 1);
        return;
      }
      case 'not':
        this.pushOperand({ kind: 'not', operand: right, offset }, rightHeight + 1);
        return;
    }
    const leftHeight = this.#heights.pop()!;
    const left = this.#operands.pop()!;
    // The left chain does not count (A2), whatever hangs off it does.
    const height = Math.max(leftHeight, rightHeight + 1);
    switch (operator.kind) {
      case 'binary':
        this.pushOperand({ kind: 'binary', schema: operator.schema, operator: operator.operator, left, right, offset }, height);
        return;
      case 'and':
      case 'or':
        if (left.kind === operator.kind) {
          // The node is this stack's own or one whose parentheses are gone: nobody else holds it.
          (left.operands as Expression[]).push(right);
          this.pushOperand(left, height);
        } else {
          this.pushOperand({ kind: operator.kind, operands: [left, right], offset }, Math.max(leftHeight, rightHeight) + 1);
        }
        return;
      case 'distinct':
        this.pushOperand({ kind: 'isDistinctFrom', left, right, negated: operator.negated, offset }, Math.max(leftHeight, rightHeight) + 1);
        return;
      case 'between':
        this.pushOperand(
          { kind: 'between', operand: left, lower: operator.first!, upper: right, symmetric: operator.symmetric, negated: operator.negated, offset },
          Math.max(leftHeight, rightHeight) + 1,
        );
        return;
      case 'like': {
        const pattern = operator.first ?? right;
        const escape = operator.first === undefined ? undefined : right;
        this.pushOperand(
          { kind: 'like', operator: operator.operator as 'like', operand: left, pattern, escape, negated: operator.negated, offset },
          Math.max(leftHeight, rightHeight) + 1,
        );
        return;
      }
      case 'atTimeZone':
        this.pushOperand(sqlFunction('timezone', [right, left], offset), Math.max(leftHeight, rightHeight) + 1);
    }
  }
}

function negated(text: string): string {
  return text.startsWith('-') ? text.slice(1) : `-${text}`;
}

/** A call of a built-in function that SQL gives a syntax of its own (A3). */
export function sqlFunction(name: string, args: readonly Expression[], offset: number): Expression {
  return {
    kind: 'functionCall',
    name: { catalog: undefined, schema: 'pg_catalog', name, offset },
    args: args.map((value) => ({ name: undefined, value, offset: value.offset })),
    isStar: false,
    isVariadic: false,
    isDistinct: false,
    orderBy: [],
    withinGroup: false,
    filter: undefined,
    over: undefined,
    offset,
  };
}
