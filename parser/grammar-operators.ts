/**
 * Operators. `expression` reads operands and operators in a flat loop and leaves their order to precedence.ts.
 *
 * PostgreSQL has two kinds of expression: a_expr, everything, and b_expr, without AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL and other
 * words, for places where such a word would be ambiguous (the lower bound of BETWEEN, a column's DEFAULT). Here that is the
 * parameter `isRestricted`.
 *
 * A word like LIKE may also be an output label (`SELECT 1 like`). PostgreSQL's LALR tables find out from the token after; we look at
 * it in `isInfix`.
 */
import type { IToken, TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { TypeGrammar } from './grammar-types.js';
import { tooDeep } from './lexer.js';
import { OperatorStack, Precedence, precedenceOf, sqlFunction, type PendingKind, type PendingOperator } from './precedence.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** After an infix word, these show that it was a label instead: no operand begins with them. */
const endsTarget: ReadonlySet<TokenType> = new Set([
  t.EndOfInput, t.Comma, t.RParen, t.RBracket, t.Semicolon, kw.from, kw.into, kw.where, kw.group, kw.having, kw.window, kw.union, kw.intersect, kw.except,
  kw.order, kw.limit, kw.offset, kw.fetch, kw.for, kw.returning,
]);

/** Infix words that may also be labels. */
const infixLabels: ReadonlySet<TokenType> = new Set([
  kw.and, kw.or, kw.is, kw.between, kw.in, kw.like, kw.ilike, kw.similar, kw.at, kw.collate, kw.escape, kw.operator, t.NotLa,
]);

const pending = (
  kind: PendingKind, precedence: Precedence, offset: number, operator = '', schema: ast.OperatorSchema | undefined = undefined, negated = false,
  first: ast.Expression | undefined = undefined, symmetric = false,
): PendingOperator => ({ kind, precedence, offset, operator, schema, negated, first, symmetric });

/** Builds the node of a suffix operator (IS NULL, ::, IN (...)) around its operand. */
type Suffix = (operand: ast.Expression) => ast.Expression;

export class OperatorGrammar extends TypeGrammar {
  /** The stack of the expression being parsed, while it has operators. */
  #stack: OperatorStack | undefined = undefined;
  /** Set just before an expression that an output label may follow. */
  protected labelFollows = false;

  override readonly expression = this.RULE('expression', (isRestricted?: boolean): ast.Expression => {
    const mayBeLabelled = this.labelFollows;
    this.labelFollows = false;
    const outerStack = this.#stack;
    const outerHeight = this.height;
    this.#stack = undefined;
    this.enter();
    let operand = this.SUBRULE(this.prefixed);
    // Most expressions end here, without a stack.
    this.MANY({
      GATE: () => this.isInfix(isRestricted === true, mayBeLabelled),
      DEF: () => {
        let stack = this.#stack;
        if (stack === undefined) this.#stack = stack = new OperatorStack();
        stack.pushOperand(operand, this.height + 1);
        // Infix operators are followed by another operand, suffix ones are not: then the stack's top is the operand.
        operand = this.SUBRULE(this.operation);
      },
    });
    const result = this.ACTION(() => this.finishExpression(operand));
    this.leave();
    this.#stack = outerStack;
    if (outerHeight > this.height) this.height = outerHeight;
    return result;
  });

  /** Applies pending operators to the last operand, and leaves the expression's height in `height`. */
  protected finishExpression(operand: ast.Expression): ast.Expression {
    const stack = this.#stack;
    if (stack === undefined) {
      this.height++;
      return operand;
    }
    stack.pushOperand(operand, this.height + 1);
    const result = stack.finish();
    this.height = stack.height;
    if (this.height + this.depth > this.maxDepth) throw tooDeep(this.maxDepth, result.offset);
    return result;
  }

  /** Whether an operator comes next that belongs to this expression. */
  protected isInfix(isRestricted: boolean, mayBeLabelled: boolean): boolean {
    const type = this.LA(1).tokenType;
    if (isRestricted) return this.isInfixRestricted(type);
    if (!infixLabels.has(type)) return true;
    if (mayBeLabelled && endsTarget.has(this.LA(2).tokenType)) return false;
    if (type === kw.similar) return this.secondIs(kw.to);
    if (type === kw.at) return !mayBeLabelled || this.secondIs(kw.time);
    if (type === kw.operator) return !mayBeLabelled || this.secondIsParenthesis();
    if (type === kw.escape) return this.#stack?.awaitsEscape ?? false;
    return true;
  }

  /** In b_expr: symbols, ::, IS [NOT] DISTINCT FROM, IS [NOT] DOCUMENT. */
  protected isInfixRestricted(type: TokenType): boolean {
    if (type === kw.is) {
      const next = this.LA(this.secondIs(kw.not) ? 3 : 2).tokenType;
      return next === kw.distinct || next === kw.document;
    }
    if (type === kw.operator) return this.secondIsParenthesis();
    return type === t.TypeCast || t.belongsTo(type, t.AnyOperator);
  }

  /** An operand with the prefix operators before it: they wait on the stack. */
  readonly prefixed = this.RULE('prefixed', (): ast.Expression => {
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(t.PrefixOperator);
            const isSign = token.tokenType === t.Minus || token.tokenType === t.Plus;
            this.prefix('unary', isSign ? Precedence.UnaryMinus : Precedence.Other, token, valueOf(token));
          },
        },
        { ALT: () => this.prefix('not', Precedence.Not, this.CONSUME(kw.not), 'not') },
        {
          GATE: () => this.secondIsParenthesis(),
          ALT: () => {
            const token = this.LA(1);
            const { schema, operator } = this.SUBRULE(this.qualifiedOperator);
            this.prefix('unary', Precedence.Other, token, operator, schema);
          },
        },
      ]);
    });
    this.height = 0;
    return this.SUBRULE(this.primary);
  });

  protected prefix(kind: 'unary' | 'not', precedence: Precedence, token: IToken, operator: string, schema?: ast.OperatorSchema): void {
    if (this.RECORDING_PHASE) return;
    const stack = (this.#stack ??= new OperatorStack());
    stack.pushOperator(pending(kind, precedence, token.startOffset, operator, schema));
    if (stack.pendingCount + this.depth > this.maxDepth) throw tooDeep(this.maxDepth, token.startOffset);
  }

  /** OPERATOR(schema.symbol) */
  readonly qualifiedOperator = this.RULE('qualifiedOperator', (): ast.OperatorName => {
    const offset = this.CONSUME(kw.operator).startOffset;
    const schema: string[] = [];
    this.CONSUME(t.LParen);
    this.MANY(() => {
      schema.push(valueOf(this.CONSUME(t.ColId)));
      this.CONSUME(t.Dot);
    });
    const operator = valueOf(this.CONSUME(t.AnyOperator));
    this.CONSUME(t.RParen);
    return { schema: schema.length === 0 ? undefined : schema, operator, offset };
  });

  // -------------------------------------------------------------------------------------------------------- operators

  /** Makes room for an infix or suffix operator at `token`. */
  protected reduceFor(precedence: Precedence, token: IToken): void {
    if (!this.RECORDING_PHASE && !this.#stack!.reduceFor(precedence)) this.fail(token);
  }

  /** Reduces for and pushes an infix operator. */
  protected infix(operator: PendingOperator, token: IToken): void {
    if (this.RECORDING_PHASE) return;
    const stack = this.#stack!;
    if (!stack.reduceFor(operator.precedence)) this.fail(token);
    stack.pushOperator(operator);
    if (stack.pendingCount + this.depth > this.maxDepth) throw tooDeep(this.maxDepth, token.startOffset);
  }

  /** The operand that a suffix operator gets, wrapped; `height` becomes the result's, less the one that the caller adds. */
  protected wrap(suffix: Suffix): ast.Expression {
    if (this.RECORDING_PHASE) return { kind: 'null', offset: 0 };
    const stack = this.#stack!;
    const inner = Math.max(stack.height, this.height);
    const result = suffix(stack.popOperand());
    this.height = inner;
    if (inner + this.depth > this.maxDepth) throw tooDeep(this.maxDepth, result.offset);
    return result;
  }

  /** One operator after an operand. Returns the operand that follows it or, for a suffix operator, what it makes of the one before. */
  readonly operation = this.RULE('operation', (): ast.Expression =>
    this.OR<ast.Expression>([
      { ALT: () => this.SUBRULE(this.symbolOperation) },
      { ALT: () => this.SUBRULE(this.castOperation) },
      {
        ALT: () => {
          const token = this.CONSUME(kw.and);
          this.infix(pending('and', Precedence.And, token.startOffset), token);
          return this.SUBRULE(this.prefixed);
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(kw.or);
          this.infix(pending('or', Precedence.Or, token.startOffset), token);
          return this.SUBRULE1(this.prefixed);
        },
      },
      { ALT: () => this.SUBRULE(this.isOperation) },
      { ALT: () => this.SUBRULE(this.nullOperation) },
      { ALT: () => this.SUBRULE(this.patternOperation) },
      {
        ALT: () => {
          this.CONSUME(kw.escape);
          this.ACTION(() => this.#stack!.startEscape());
          return this.SUBRULE2(this.prefixed);
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(kw.at);
          this.CONSUME(kw.time);
          this.CONSUME(kw.zone);
          this.infix(pending('atTimeZone', Precedence.AtTimeZone, token.startOffset), token);
          return this.SUBRULE3(this.prefixed);
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(kw.collate);
          this.reduceFor(Precedence.Collate, token);
          const collation = this.SUBRULE(this.qualifiedName);
          this.height = 0;
          return this.wrap((operand) => ({ kind: 'collate', operand, collation, offset: token.startOffset }));
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(kw.overlaps);
          const right = this.OR1<ast.Expression>([{ ALT: () => this.SUBRULE(this.explicitRow) }, { ALT: () => this.SUBRULE(this.parenthesized) }]);
          return this.wrap((left) => {
            if (this.RECORDING_PHASE) return left;
            if (left.kind !== 'row' || right.kind !== 'row') this.fail(token);
            for (const [side, row] of [['left', left], ['right', right]] as const) {
              if (row.elements.length !== 2) throw new DbError('42601', `wrong number of parameters on ${side} side of OVERLAPS expression`, { offset: row.offset });
            }
            return sqlFunction('overlaps', [...left.elements, ...right.elements], token.startOffset);
          });
        },
      },
    ]),
  );

  /** A symbol, or OPERATOR(...), before an operand or before ANY, SOME, ALL. */
  readonly symbolOperation = this.RULE('symbolOperation', (): ast.Expression => {
    const token = this.LA(1);
    let schema: ast.OperatorSchema | undefined;
    let operator = '';
    let precedence: Precedence = Precedence.Other;
    this.OR([
      {
        ALT: () => {
          operator = valueOf(this.CONSUME(t.AnyOperator));
          precedence = precedenceOf(operator);
        },
      },
      { ALT: () => ({ schema, operator } = this.SUBRULE(this.qualifiedOperator)) },
    ]);
    this.reduceFor(precedence, token);
    return this.OR1<ast.Expression>([
      {
        ALT: () => {
          this.infix(pending('binary', precedence, token.startOffset, operator, schema), token);
          return this.SUBRULE(this.prefixed);
        },
      },
      {
        ALT: () => {
          return this.SUBRULE(this.quantified, { ARGS: [operator, schema, token.startOffset] });
        },
      },
    ]);
  });

  /** ANY (...), SOME (...), ALL (...) after an operator. */
  readonly quantified = this.RULE('quantified', (operator: string, schema: ast.OperatorSchema | undefined, offset: number): ast.Expression => {
    const quantifier = this.OR<'any' | 'all'>([
      { ALT: () => (this.CONSUME(kw.any), 'any') },
      { ALT: () => (this.CONSUME(kw.some), 'any') },
      { ALT: () => (this.CONSUME(kw.all), 'all') },
    ]);
    this.height = 0;
    const suffix = this.OR1<Suffix>([
      {
        ALT: () => {
          const query = this.SUBRULE(this.parenthesizedQuery);
          return (operand) => ({ kind: 'quantifiedSubquery', quantifier, schema, operator, operand, query, offset });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LParenOther);
          const array = this.SUBRULE(this.expression);
          this.CONSUME(t.RParen);
          return (operand) => ({ kind: 'quantified', quantifier, schema, operator, operand, array, offset });
        },
      },
    ]);
    return this.wrap(suffix);
  });

  readonly castOperation = this.RULE('castOperation', (): ast.Expression => {
    const token = this.CONSUME(t.TypeCast);
    this.reduceFor(Precedence.TypeCast, token);
    const type = this.SUBRULE(this.typeName);
    this.height = 0;
    return this.wrap((operand) => ({ kind: 'cast', operand, type, offset: token.startOffset }));
  });

  /** IS [NOT] NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM x, [form] NORMALIZED, DOCUMENT. */
  readonly isOperation = this.RULE('isOperation', (): ast.Expression => {
    const token = this.CONSUME(kw.is);
    const offset = token.startOffset;
    this.reduceFor(Precedence.Is, token);
    const negated = this.has(0, kw.not);
    const test = (value: 'true' | 'false' | 'unknown'): ast.Expression => {
      this.height = 0;
      return this.wrap((operand) => ({ kind: 'isBoolean', operand, test: value, negated, offset }));
    };
    return this.OR<ast.Expression>([
      {
        ALT: () => {
          this.CONSUME(kw.null);
          this.height = 0;
          return this.wrap((operand) => ({ kind: 'isNull', operand, negated, offset }));
        },
      },
      { ALT: () => (this.CONSUME(kw.true), test('true')) },
      { ALT: () => (this.CONSUME(kw.false), test('false')) },
      { ALT: () => (this.CONSUME(kw.unknown), test('unknown')) },
      {
        ALT: () => {
          this.CONSUME(kw.distinct);
          this.CONSUME(kw.from);
          if (!this.RECORDING_PHASE) this.#stack!.pushOperator(pending('distinct', Precedence.Is, offset, '', undefined, negated));
          return this.SUBRULE(this.prefixed);
        },
      },
      {
        ALT: () => {
          const form = this.OPTION1(() => this.SUBRULE(this.normalForm));
          this.CONSUME(kw.normalized);
          this.height = 0;
          return this.wrap((operand) => {
            const args: ast.Expression[] = form === undefined ? [operand] : [operand, { kind: 'string', value: form, offset }];
            const call = sqlFunction('is_normalized', args, offset);
            return negated ? { kind: 'not', operand: call, offset } : call;
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.document);
          this.height = 0;
          return this.wrap(() => ({ kind: 'unsupportedExpression', feature: 'IS DOCUMENT', offset }));
        },
      },
    ]);
  });

  readonly normalForm = this.RULE('normalForm', (): string => {
    const token = this.OR([
      { ALT: () => this.CONSUME(kw.nfc) },
      { ALT: () => this.CONSUME(kw.nfd) },
      { ALT: () => this.CONSUME(kw.nfkc) },
      { ALT: () => this.CONSUME(kw.nfkd) },
    ]);
    return this.ACTION(() => valueOf(token).toUpperCase());
  });

  /** ISNULL, NOTNULL. */
  readonly nullOperation = this.RULE('nullOperation', (): ast.Expression => {
    const token = this.OR([{ ALT: () => this.CONSUME(kw.isnull) }, { ALT: () => this.CONSUME(kw.notnull) }]);
    this.reduceFor(Precedence.Is, token);
    this.height = 0;
    return this.wrap((operand) => ({ kind: 'isNull', operand, negated: token.tokenType === kw.notnull, offset: token.startOffset }));
  });

  /** [NOT] BETWEEN, IN, LIKE, ILIKE, SIMILAR TO. */
  readonly patternOperation = this.RULE('patternOperation', (): ast.Expression => {
    const token = this.LA(1);
    const offset = token.startOffset;
    const negated = this.has(0, t.NotLa);
    this.reduceFor(Precedence.Like, token);
    const like = (operator: string): void => {
      if (!this.RECORDING_PHASE) this.#stack!.pushOperator(pending('like', Precedence.Like, offset, operator, undefined, negated));
    };
    return this.OR<ast.Expression>([
      {
        ALT: () => {
          this.CONSUME(kw.between);
          const symmetric =
            this.OPTION1(() => this.OR1([{ ALT: () => (this.CONSUME(kw.symmetric), true) }, { ALT: () => (this.CONSUME(kw.asymmetric), false) }])) ?? false;
          this.height = 0;
          const lower = this.SUBRULE(this.expression, { ARGS: [true] });
          this.CONSUME(kw.and);
          if (!this.RECORDING_PHASE) {
            // The lower bound's height counts as its left operand's.
            const stack = this.#stack!;
            const height = Math.max(stack.height, this.height);
            stack.pushOperand(stack.popOperand(), height);
            stack.pushOperator(pending('between', Precedence.Like, offset, '', undefined, negated, lower, symmetric));
          }
          return this.SUBRULE(this.prefixed);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.in);
          this.height = 0;
          const suffix = this.OR2<Suffix>([
            {
              ALT: () => {
                const query = this.SUBRULE(this.parenthesizedQuery);
                return (operand) => ({ kind: 'inSubquery', operand, query, negated, offset });
              },
            },
            {
              ALT: () => {
                this.CONSUME(t.LParenOther);
                const items = this.SUBRULE(this.expressionList);
                this.CONSUME(t.RParen);
                return (operand) => ({ kind: 'inList', operand, items, negated, offset });
              },
            },
          ]);
          return this.wrap(suffix);
        },
      },
      {
        ALT: () => {
          const isInsensitive = this.OR3([{ ALT: () => (this.CONSUME(kw.like), false) }, { ALT: () => (this.CONSUME(kw.ilike), true) }]);
          return this.OR4<ast.Expression>([
            {
              ALT: () => {
                like(isInsensitive ? 'ilike' : 'like');
                return this.SUBRULE1(this.prefixed);
              },
            },
            { ALT: () => this.SUBRULE(this.quantified, { ARGS: [`${negated ? '!' : ''}~~${isInsensitive ? '*' : ''}`, undefined, offset] }) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.similar);
          this.CONSUME(kw.to);
          like('similar');
          return this.SUBRULE2(this.prefixed);
        },
      },
    ]);
  });

  /** `a, b, c` */
  readonly expressionList = this.RULE('expressionList', (): ast.Expression[] => {
    const list: ast.Expression[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    return list;
  });
}
