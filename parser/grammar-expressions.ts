/**
 * Expressions. `expression` reads operands and operators in a flat loop and leaves their order to precedence.ts; an operand is a
 * literal, a name, a call, something in parentheses or a form with keywords of its own, decided by its first token.
 *
 * PostgreSQL has two kinds of expression: a_expr, everything, and b_expr, without AND, OR, NOT, IN, LIKE, BETWEEN, IS NULL and other
 * words, for places where such a word would be ambiguous (the lower bound of BETWEEN, a column's DEFAULT). Here that is the
 * parameter `isRestricted`.
 *
 * A word like LIKE may also be an output label (`SELECT 1 like`). PostgreSQL's LALR tables find out from the token after; we look at
 * it in `isInfixWord`.
 */
import type { IToken, TokenType } from 'chevrotain';
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

/** What may follow a type keyword that begins a typed literal (`int '5'`); before anything else the keyword is a column's name. */
const continuesTypedLiteral: ReadonlySet<TokenType> = new Set([
  t.StringLiteral, t.LParenOther, t.LParenQuery, kw.varying, kw.character, kw.char, t.WithLa, kw.without,
]);

/** Type keywords that may also be columns. */
const typeKeywords: ReadonlySet<TokenType> = new Set([
  kw.int, kw.integer, kw.smallint, kw.bigint, kw.real, kw.float, kw.decimal, kw.dec, kw.numeric, kw.boolean, kw.bit, kw.character, kw.char, kw.varchar,
  kw.national, kw.nchar, kw.time, kw.timestamp, kw.interval,
]);

/** Keywords that may be columns, but before a parenthesis begin a call with a syntax of its own. */
const callKeywords: ReadonlySet<TokenType> = new Set([
  kw.coalesce, kw.exists, kw.extract, kw.greatest, kw.grouping, kw.least, kw.normalize, kw.nullif, kw.overlay, kw.position, kw.row, kw.substring, kw.treat, kw.trim,
  kw.xmlconcat, kw.xmlelement, kw.xmlexists, kw.xmlforest, kw.xmlparse, kw.xmlpi, kw.xmlroot, kw.xmlserialize,
]);

const pending = (
  kind: PendingKind, precedence: Precedence, offset: number, operator = '', schema: string | undefined = undefined, negated = false,
  first: ast.Expression | undefined = undefined, symmetric = false,
): PendingOperator => ({ kind, precedence, offset, operator, schema, negated, first, symmetric });

/** Builds the node of a suffix operator (IS NULL, ::, IN (...)) around its operand. */
type Suffix = (operand: ast.Expression) => ast.Expression;

const noExpressions: ast.Expression[] = [];

export class ExpressionGrammar extends TypeGrammar {
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
        operand = this.SUBRULE(this.operation, { ARGS: [isRestricted === true] });
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

  protected prefix(kind: 'unary' | 'not', precedence: Precedence, token: IToken, operator: string, schema?: string): void {
    if (this.RECORDING_PHASE) return;
    const stack = (this.#stack ??= new OperatorStack());
    stack.pushOperator(pending(kind, precedence, token.startOffset, operator, schema));
    if (stack.pendingCount + this.depth > this.maxDepth) throw tooDeep(this.maxDepth, token.startOffset);
  }

  /** OPERATOR(schema.symbol) */
  readonly qualifiedOperator = this.RULE('qualifiedOperator', (): ast.OperatorName => {
    const offset = this.CONSUME(kw.operator).startOffset;
    let schema: string | undefined;
    this.CONSUME(t.LParen);
    this.MANY(() => {
      schema = valueOf(this.CONSUME(t.ColId));
      this.CONSUME(t.Dot);
    });
    const operator = valueOf(this.CONSUME(t.AnyOperator));
    this.CONSUME(t.RParen);
    return { schema, operator, offset };
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
  readonly operation = this.RULE('operation', (isRestricted: boolean): ast.Expression =>
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
    let schema: string | undefined;
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
  readonly quantified = this.RULE('quantified', (operator: string, schema: string | undefined, offset: number): ast.Expression => {
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

  // --------------------------------------------------------------------------------------------------------- operands

  readonly primary = this.RULE('primary', (): ast.Expression => this.OR(this.primaryAlternatives));

  /** Built once: a list of this length costs more to make than to choose from. */
  protected readonly primaryAlternatives: { GATE?: () => boolean; ALT: () => ast.Expression }[] = [
    {
      ALT: () => {
        const token = this.CONSUME(t.Integer);
        return { kind: 'number', text: valueOf(token), offset: token.startOffset };
      },
    },
    {
      ALT: () => {
        const token = this.CONSUME(t.Decimal);
        return { kind: 'number', text: valueOf(token), offset: token.startOffset };
      },
    },
    {
      ALT: () => {
        const token = this.CONSUME(t.StringLiteral);
        return { kind: 'string', value: valueOf(token), offset: token.startOffset };
      },
    },
    { GATE: () => this.isName(), ALT: () => this.SUBRULE(this.nameExpression) },
    { ALT: () => this.SUBRULE(this.parameter) },
    { ALT: () => this.SUBRULE(this.subquery) },
    { ALT: () => this.SUBRULE(this.parenthesized) },
    { ALT: () => ({ kind: 'null', offset: this.CONSUME(kw.null).startOffset }) },
    { ALT: () => ({ kind: 'boolean', value: true, offset: this.CONSUME(kw.true).startOffset }) },
    { ALT: () => ({ kind: 'boolean', value: false, offset: this.CONSUME(kw.false).startOffset }) },
    { ALT: () => this.SUBRULE(this.caseExpression) },
    { ALT: () => this.SUBRULE(this.typedLiteral) },
    { ALT: () => this.SUBRULE(this.keywordFunction) },
    { ALT: () => this.SUBRULE(this.arrayExpression) },
    { ALT: () => this.SUBRULE(this.explicitRow) },
    {
      ALT: () => {
        const offset = this.CONSUME(kw.exists).startOffset;
        return { kind: 'exists', query: this.SUBRULE(this.requiredParenthesizedQuery), offset };
      },
    },
    {
      ALT: () => {
        const offset = this.CONSUME(kw.grouping).startOffset;
        this.CONSUME(t.LParen);
        const args = this.SUBRULE(this.expressionList);
        this.CONSUME(t.RParen);
        return { kind: 'grouping', args, offset };
      },
    },
    {
      ALT: () => {
        const token = this.CONSUME(t.BitString);
        return { kind: 'bitString', bits: valueOf(token), offset: token.startOffset };
      },
    },
    { ALT: () => ({ kind: 'defaultValue', offset: this.CONSUME(kw.default).startOffset }) },
    {
      ALT: () => {
        const offset = this.CONSUME(kw.unique).startOffset;
        this.SUBRULE(this.requiredParenthesizedQuery);
        return { kind: 'unsupportedExpression', feature: 'UNIQUE predicate', offset };
      },
    },
  ];

  /** Whether the next token, which may be a name, is one here: keywords with call or type syntax are names unless that follows. */
  protected isName(): boolean {
    const type = this.LA(1).tokenType;
    if (type === t.Identifier) return true;
    if (type === kw.double) return !this.secondIs(kw.precision);
    if (type === kw.current_schema) return this.secondIsParenthesis();
    if (type === kw.collation) return !this.secondIs(kw.for);
    if (typeKeywords.has(type)) return !continuesTypedLiteral.has(this.LA(2).tokenType);
    return !callKeywords.has(type) || !this.secondIsParenthesis();
  }

  /** The same in FROM, where types have no syntax of their own. */
  protected isTableName(): boolean {
    return typeKeywords.has(this.LA(1).tokenType) || this.isName();
  }

  readonly parameter = this.RULE('parameter', (): ast.Expression => {
    const base = this.OR<ast.Expression>([
      {
        ALT: () => {
          const token = this.CONSUME(t.Parameter);
          return { kind: 'parameter', index: Number(valueOf(token)), offset: token.startOffset };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.NamedParameter);
          return { kind: 'namedParameter', name: valueOf(token), offset: token.startOffset };
        },
      },
    ]);
    return this.SUBRULE(this.indirection, { ARGS: [base] });
  });

  /** (SELECT ...), perhaps with a field or subscript of its value. */
  readonly subquery = this.RULE('subquery', (): ast.Expression => {
    const offset = this.here();
    const query = this.SUBRULE(this.parenthesizedQuery);
    return this.SUBRULE(this.indirection, { ARGS: [{ kind: 'scalarSubquery', query, offset }] });
  });

  /** (a), (a).field, (a)[1], or the row (a, b). */
  readonly parenthesized = this.RULE('parenthesized', (): ast.Expression => {
    const offset = this.CONSUME(t.LParenOther).startOffset;
    const elements = this.SUBRULE(this.expressionList);
    this.CONSUME(t.RParen);
    return this.OR<ast.Expression>([
      {
        GATE: () => elements.length === 1,
        ALT: () => this.SUBRULE(this.indirection, { ARGS: [elements[0]!] }),
      },
      { ALT: () => ({ kind: 'row', elements, isExplicit: false, offset }) },
    ]);
  });

  /** `.field`, `.*`, `[index]`, `[a:b]` after an operand that is not a plain name. */
  readonly indirection = this.RULE('indirection', (base: ast.Expression): ast.Expression => {
    let result = base;
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            const offset = this.CONSUME(t.Dot).startOffset;
            this.OR1([
              { ALT: () => { result = { kind: 'fieldSelection', operand: result, field: valueOf(this.CONSUME(t.ColLabel)), offset }; } },
              { ALT: () => { this.CONSUME(t.Star); result = { kind: 'fieldStar', operand: result, offset }; } },
            ]);
          },
        },
        {
          ALT: () => {
            const offset = this.here();
            const entry = this.SUBRULE(this.subscript);
            this.ACTION(() => {
              result = withSubscript(result, entry, offset);
            });
          },
        },
      ]);
      if (++this.height + this.depth > this.maxDepth && !this.RECORDING_PHASE) throw tooDeep(this.maxDepth, base.offset);
    });
    return result;
  });

  /** `[index]`, `[lower:upper]` with either bound missing. */
  readonly subscript = this.RULE('subscript', (): ast.SubscriptEntry => {
    this.CONSUME(t.LBracket);
    const lower = this.OPTION(() => this.SUBRULE(this.expression));
    const slice = this.OPTION1(() => {
      this.CONSUME(t.Colon);
      return { upper: this.OPTION2(() => this.SUBRULE1(this.expression)) };
    });
    const close = this.CONSUME(t.RBracket);
    this.ACTION(() => {
      if (lower === undefined && slice === undefined) this.fail(close);
    });
    return { isSlice: slice !== undefined, lower, upper: slice?.upper };
  });

  /** A column, a function call or a typed literal: whatever begins with a name. */
  readonly nameExpression = this.RULE('nameExpression', (): ast.Expression => {
    const first = this.OR([{ ALT: () => this.CONSUME(t.ColId) }, { ALT: () => this.CONSUME(t.TypeOrFunctionKeyword) }]);
    const offset = first.startOffset;
    const parts = [valueOf(first)];
    let isStar = false;
    this.MANY({
      GATE: () => !isStar,
      DEF: () => {
        this.CONSUME(t.Dot);
        this.OR1([
          { ALT: () => parts.push(valueOf(this.CONSUME(t.ColLabel))) },
          { ALT: () => { this.CONSUME(t.Star); isStar = true; } },
        ]);
      },
    });
    if (isStar && !this.RECORDING_PHASE) return { kind: 'star', qualifier: parts, offset };
    return this.OR2<ast.Expression>([
      { ALT: () => this.SUBRULE(this.functionCall, { ARGS: [parts, first] }) },
      {
        ALT: () => {
          const token = this.CONSUME(t.StringLiteral);
          if (!this.RECORDING_PHASE && parts.length === 1 && t.belongsTo(first.tokenType, t.ColumnNameKeyword)) this.fail(token);
          const operand: ast.StringLiteral = { kind: 'string', value: valueOf(token), offset: token.startOffset };
          return { kind: 'cast', operand, type: typeNamed(parts, noExpressions, offset), offset };
        },
      },
      {
        GATE: () => this.LA(1).tokenType === t.LBracket && !t.belongsTo(first.tokenType, t.TypeOrFunctionKeyword),
        ALT: () => this.SUBRULE(this.indirection, { ARGS: [{ kind: 'columnRef', parts, offset }] }),
      },
      {
        ALT: () => {
          // A keyword that may only be a function's name needs its parentheses.
          if (!this.RECORDING_PHASE && parts.length === 1 && t.belongsTo(first.tokenType, t.TypeOrFunctionKeyword)) this.fail(this.LA(1));
          return { kind: 'columnRef', parts, offset };
        },
      },
    ]);
  });

  /** From the parenthesis on: arguments, and what may follow a call. Also `type(n) 'text'`. */
  readonly functionCall = this.RULE('functionCall', (parts: readonly string[], first: IToken): ast.Expression => {
    const call = this.SUBRULE(this.callArguments, { ARGS: [parts, first] });
    return this.OR<ast.Expression>([
      {
        ALT: () => {
          const token = this.CONSUME(t.StringLiteral);
          const operand: ast.StringLiteral = { kind: 'string', value: valueOf(token), offset: token.startOffset };
          return this.ACTION((): ast.Expression => {
            if (call.isStar || call.isDistinct || call.isVariadic || call.orderBy.length > 0 || call.args.length === 0) this.fail(token);
            if (call.args.some((argument) => argument.name !== undefined)) this.fail(token);
            return { kind: 'cast', operand, type: typeNamed(parts, call.args.map((argument) => argument.value), call.offset), offset: call.offset };
          });
        },
      },
      { ALT: () => this.SUBRULE(this.callSuffix, { ARGS: [call] }) },
    ]);
  });

  /** The call's parentheses. A function's name has at most a schema and a catalog. */
  readonly callArguments = this.RULE('callArguments', (parts: readonly string[], first: IToken): ast.FunctionCall => {
    const open = this.CONSUME(t.LParen);
    // A column-name keyword is no function's name, unless it has a schema.
    if (!this.RECORDING_PHASE && (parts.length > 3 || (parts.length === 1 && t.belongsTo(first.tokenType, t.ColumnNameKeyword)))) this.fail(open);
    const offset = first?.startOffset;
    const args: ast.FunctionArgument[] = [];
    let isStar = false;
    let isDistinct = false;
    let isVariadic = false;
    let orderBy: ast.SortItem[] = [];
    this.OPTION(() =>
      this.OR([
        { ALT: () => { this.CONSUME(t.Star); isStar = true; } },
        {
          ALT: () => {
            this.OPTION1(() => this.OR1([{ ALT: () => { this.CONSUME(kw.distinct); isDistinct = true; } }, { ALT: () => { this.CONSUME(kw.all); } }]));
            this.AT_LEAST_ONE_SEP({
              SEP: t.Comma,
              DEF: () => {
                if (isVariadic && !this.RECORDING_PHASE) this.fail(this.LA(0));
                isVariadic = this.has(2, kw.variadic);
                args.push(this.SUBRULE(this.functionArgument));
              },
            });
            orderBy = this.SUBRULE(this.sortClause);
          },
        },
      ]),
    );
    this.CONSUME(t.RParen);
    return this.ACTION((): ast.FunctionCall => {
      const name: ast.QualifiedName = { catalog: parts.length > 2 ? parts[0] : undefined, schema: parts.length > 1 ? parts[parts.length - 2] : undefined, name: parts[parts.length - 1]!, offset };
      return { kind: 'functionCall', name, args, isStar, isVariadic, isDistinct, orderBy, withinGroup: false, filter: undefined, over: undefined, offset };
    });
  });

  readonly functionArgument = this.RULE('functionArgument', (): ast.FunctionArgument => {
    const offset = this.here();
    const name = this.OPTION({
      GATE: () => this.secondIs(t.Arrow) || this.secondIs(t.ColonEquals),
      DEF: () => {
        const token = this.CONSUME(t.TypeFunctionName);
        this.OR([{ ALT: () => this.CONSUME(t.Arrow) }, { ALT: () => this.CONSUME(t.ColonEquals) }]);
        return valueOf(token);
      },
    });
    return { name, value: this.SUBRULE(this.expression), offset };
  });

  /** WITHIN GROUP (...), FILTER (...), OVER ... */
  readonly callSuffix = this.RULE('callSuffix', (call: ast.FunctionCall): ast.FunctionCall => {
    const withinGroup = this.OPTION(() => {
      const token = this.CONSUME(kw.within);
      this.CONSUME(kw.group);
      this.CONSUME(t.LParen);
      const orderBy = this.SUBRULE(this.sortClause);
      this.CONSUME(t.RParen);
      this.ACTION(() => {
        if (orderBy.length === 0) this.fail(this.LA(0));
        checkWithinGroup(call, token.startOffset);
      });
      return orderBy;
    });
    const filter = this.OPTION1({
      GATE: () => this.secondIsParenthesis(),
      DEF: () => {
        this.CONSUME(kw.filter);
        this.CONSUME1(t.LParen);
        this.CONSUME(kw.where);
        const condition = this.SUBRULE(this.expression);
        this.CONSUME1(t.RParen);
        return condition;
      },
    });
    const over = this.OPTION2(() => {
      const offset = this.CONSUME(kw.over).startOffset;
      return this.OR<ast.WindowSpec>([
        { ALT: () => ({ reference: valueOf(this.CONSUME(t.ColId)), base: undefined, partitionBy: [], orderBy: [], frame: undefined, offset }) },
        { ALT: () => this.SUBRULE(this.windowSpec) },
      ]);
    });
    if (withinGroup === undefined && filter === undefined && over === undefined) return call;
    return { ...call, orderBy: withinGroup ?? call.orderBy, withinGroup: withinGroup !== undefined, filter, over };
  });

  /** `int '5'`, `timestamp with time zone '...'`, `interval '1' day`: literals of types that are keywords. */
  readonly typedLiteral = this.RULE('typedLiteral', (): ast.Expression => {
    const offset = this.here();
    let operand: ast.StringLiteral | undefined;
    const text = (): void => {
      const token = this.CONSUME(t.StringLiteral);
      operand = { kind: 'string', value: valueOf(token), offset: token.startOffset };
    };
    const type = this.OR([
      { ALT: () => { const type = this.SUBRULE(this.numericType); text(); return type; } },
      { ALT: () => { const type = this.SUBRULE(this.characterType, { ARGS: [true] }); text(); return type; } },
      { ALT: () => { const type = this.SUBRULE(this.dateTimeType); text(); return type; } },
      { ALT: () => { const type = this.SUBRULE(this.bitType, { ARGS: [true] }); text(); return type; } },
      {
        ALT: () => {
          this.CONSUME(kw.interval);
          let modifiers = this.SUBRULE(this.precision);
          text();
          let fields: ast.IntervalFields | undefined;
          this.OPTION({
            GATE: () => modifiers.length === 0,
            DEF: () => ({ fields, precision: modifiers } = this.SUBRULE(this.intervalFields)),
          });
          return { names: ['pg_catalog', 'interval'], modifiers, intervalFields: fields };
        },
      },
    ]);
    const typeName: ast.TypeName = { kind: 'typeName', names: type.names, modifiers: type.modifiers, intervalFields: type.intervalFields, arrayBounds: [], isSetOf: false, isColumnType: false, offset };
    return { kind: 'cast', operand: operand!, type: typeName, offset };
  });

  readonly caseExpression = this.RULE('caseExpression', (): ast.Expression => {
    const offset = this.CONSUME(kw.case).startOffset;
    const operand = this.OPTION(() => this.SUBRULE(this.expression));
    const whens: ast.CaseWhen[] = [];
    this.AT_LEAST_ONE(() => {
      const token = this.CONSUME(kw.when);
      const condition = this.SUBRULE1(this.expression);
      this.CONSUME(kw.then);
      whens.push({ condition, result: this.SUBRULE2(this.expression), offset: token.startOffset });
    });
    const otherwise = this.OPTION1(() => {
      this.CONSUME(kw.else);
      return this.SUBRULE3(this.expression);
    });
    this.CONSUME(kw.end);
    return { kind: 'case', operand, whens, otherwise, offset };
  });

  /** ARRAY[...], ARRAY(SELECT ...). */
  readonly arrayExpression = this.RULE('arrayExpression', (): ast.Expression => {
    const offset = this.CONSUME(kw.array).startOffset;
    return this.OR<ast.Expression>([
      {
        ALT: () => {
          const query = this.SUBRULE(this.requiredParenthesizedQuery);
          return { kind: 'arraySubquery', query, offset };
        },
      },
      { ALT: () => this.SUBRULE(this.arrayElements, { ARGS: [offset] }) },
    ]);
  });

  /** `[a, b]` or `[[a], [b]]`. */
  readonly arrayElements = this.RULE('arrayElements', (offset: number): ast.ArrayConstructor => {
    let elements: ast.Expression[] = noExpressions;
    this.enter();
    this.CONSUME(t.LBracket);
    this.OPTION(() =>
      this.OR([
        { ALT: () => { elements = this.SUBRULE(this.expressionList); } },
        {
          ALT: () => {
            const rows: ast.Expression[] = [];
            this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => rows.push(this.SUBRULE(this.arrayElements, { ARGS: [this.here()] })) });
            elements = rows;
          },
        },
      ]),
    );
    this.CONSUME(t.RBracket);
    this.leave();
    this.height++;
    return { kind: 'array', elements, offset };
  });

  readonly explicitRow = this.RULE('explicitRow', (): ast.Expression => {
    const offset = this.CONSUME(kw.row).startOffset;
    this.CONSUME(t.LParen);
    const elements = this.OPTION(() => this.SUBRULE(this.expressionList)) ?? noExpressions;
    this.CONSUME(t.RParen);
    return { kind: 'row', elements, isExplicit: true, offset };
  });

  // ------------------------------------------------------------------------------------ calls with a syntax of their own

  /** Functions that are keywords. */
  readonly keywordFunction = this.RULE('keywordFunction', (): ast.Expression => this.OR(this.keywordFunctionAlternatives));

  /** `name(` ... `)` around what `inside` reads. */
  protected special(word: TokenType, inside: (offset: number) => ast.Expression): { ALT: () => ast.Expression } {
    return {
      ALT: () => {
        const offset = this.CONSUME(word).startOffset;
        this.CONSUME(t.LParen);
        const result = inside(offset);
        this.CONSUME(t.RParen);
        return result;
      },
    };
  }
  protected valueFunction(word: TokenType, name: ast.SqlValueFunction['function'], index?: number): { ALT: () => ast.Expression } {
    return {
      ALT: () => {
        const offset = this.CONSUME(word).startOffset;
        const precision =
          index === undefined
            ? undefined
            : this.option(index, () => {
                this.CONSUME(t.LParen);
                const digits = this.CONSUME(t.Integer);
                this.CONSUME(t.RParen);
                return this.ACTION(() => this.int4(digits));
              });
        return { kind: 'sqlValueFunction', function: name, precision, offset };
      },
    };
  }
  protected xmlFunction(word: TokenType): { ALT: () => ast.Expression } {
    return {
      ALT: () => {
        const token = this.CONSUME(word);
        this.SUBRULE(this.balancedParentheses);
        return { kind: 'unsupportedExpression', feature: this.ACTION(() => valueOf(token).toUpperCase()), offset: token.startOffset };
      },
    };
  }

  /** A parenthesis and all within, unread. */
  readonly balancedParentheses = this.RULE('balancedParentheses', (): void => {
    this.CONSUME(t.LParen);
    this.MANY(() => this.OR([{ ALT: () => this.SUBRULE(this.balancedParentheses) }, { ALT: () => this.CONSUME(t.AnyWithin) }]));
    this.CONSUME(t.RParen);
  });

  protected readonly keywordFunctionAlternatives: { ALT: () => ast.Expression }[] = [
    this.special(kw.coalesce, (offset) => ({ kind: 'coalesce', args: this.SUBRULE(this.expressionList), offset })),
    this.special(kw.greatest, (offset) => ({ kind: 'minMax', operator: 'greatest', args: this.SUBRULE(this.expressionList), offset })),
    this.special(kw.least, (offset) => ({ kind: 'minMax', operator: 'least', args: this.SUBRULE(this.expressionList), offset })),
    this.special(kw.nullif, (offset) => {
      const left = this.SUBRULE(this.expression);
      this.CONSUME(t.Comma);
      return { kind: 'nullIf', left, right: this.SUBRULE(this.expression), offset };
    }),
    this.special(kw.cast, (offset) => {
      const operand = this.SUBRULE(this.expression);
      this.CONSUME(kw.as);
      return { kind: 'cast', operand, type: this.SUBRULE(this.typeName), offset };
    }),
    this.special(kw.treat, (offset) => {
      this.SUBRULE(this.expression);
      this.CONSUME(kw.as);
      this.SUBRULE(this.typeName);
      return { kind: 'unsupportedExpression', feature: 'TREAT', offset };
    }),
    this.special(kw.extract, (offset) => {
      const field = this.SUBRULE(this.extractField);
      this.CONSUME(kw.from);
      return sqlFunction('extract', [field, this.SUBRULE(this.expression)], offset);
    }),
    this.special(kw.normalize, (offset) => {
      const args = [this.SUBRULE(this.expression)];
      this.option(20, () => {
        this.CONSUME(t.Comma);
        const form = this.LA(1).startOffset;
        args.push({ kind: 'string', value: this.SUBRULE(this.normalForm), offset: form });
      });
      return sqlFunction('normalize', args, offset);
    }),
    this.special(kw.position, (offset) => {
      const part = this.SUBRULE(this.expression, { ARGS: [true] });
      this.CONSUME(kw.in);
      return sqlFunction('position', [this.SUBRULE(this.expression, { ARGS: [true] }), part], offset);
    }),
    this.special(kw.overlay, (offset) => this.SUBRULE(this.overlayArguments, { ARGS: [offset] })),
    this.special(kw.substring, (offset) => this.SUBRULE(this.substringArguments, { ARGS: [offset] })),
    this.special(kw.trim, (offset) => this.SUBRULE(this.trimArguments, { ARGS: [offset] })),
    {
      ALT: () => {
        const offset = this.CONSUME(kw.collation).startOffset;
        this.CONSUME(kw.for);
        this.CONSUME(t.LParen);
        const operand = this.SUBRULE(this.expression);
        this.CONSUME(t.RParen);
        return sqlFunction('pg_collation_for', [operand], offset);
      },
    },
    this.valueFunction(kw.current_date, 'current_date'),
    this.valueFunction(kw.current_time, 'current_time', 21),
    this.valueFunction(kw.current_timestamp, 'current_timestamp', 22),
    this.valueFunction(kw.localtime, 'localtime', 23),
    this.valueFunction(kw.localtimestamp, 'localtimestamp', 24),
    this.valueFunction(kw.current_role, 'current_role'),
    this.valueFunction(kw.current_user, 'current_user'),
    this.valueFunction(kw.session_user, 'session_user'),
    this.valueFunction(kw.user, 'user'),
    this.valueFunction(kw.current_catalog, 'current_catalog'),
    this.valueFunction(kw.current_schema, 'current_schema'),
    ...[kw.xmlconcat, kw.xmlelement, kw.xmlexists, kw.xmlforest, kw.xmlparse, kw.xmlpi, kw.xmlroot, kw.xmlserialize].map((word) => this.xmlFunction(word)),
  ];

  /** The field of EXTRACT, a word or a string, as a string. */
  readonly extractField = this.RULE('extractField', (): ast.Expression => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.StringLiteral) },
      { ALT: () => this.CONSUME(kw.year) },
      { ALT: () => this.CONSUME(kw.month) },
      { ALT: () => this.CONSUME(kw.day) },
      { ALT: () => this.CONSUME(kw.hour) },
      { ALT: () => this.CONSUME(kw.minute) },
      { ALT: () => this.CONSUME(kw.second) },
    ]);
    return { kind: 'string', value: valueOf(token), offset: token.startOffset };
  });

  /** OVERLAY(a PLACING b FROM c [FOR d]), or plain arguments. */
  readonly overlayArguments = this.RULE('overlayArguments', (offset: number): ast.Expression => {
    const args = [this.SUBRULE(this.expression)];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.placing);
          args.push(this.SUBRULE1(this.expression));
          this.CONSUME(kw.from);
          args.push(this.SUBRULE2(this.expression));
          this.OPTION(() => {
            this.CONSUME(kw.for);
            args.push(this.SUBRULE3(this.expression));
          });
        },
      },
      { ALT: () => this.SUBRULE(this.furtherArguments, { ARGS: [args] }) },
    ]);
    // With commas it is an ordinary call, which search_path resolves.
    return sqlFunction('overlay', args, offset);
  });

  /** SUBSTRING(a [FROM b] [FOR c]), SUBSTRING(a SIMILAR b ESCAPE c), or plain arguments. */
  readonly substringArguments = this.RULE('substringArguments', (offset: number): ast.Expression => {
    const args = [this.SUBRULE(this.expression)];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.from);
          args.push(this.SUBRULE1(this.expression));
          this.OPTION(() => {
            this.CONSUME(kw.for);
            args.push(this.SUBRULE2(this.expression));
          });
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME1(kw.for);
          const size = this.SUBRULE3(this.expression);
          const from = this.OPTION1(() => {
            this.CONSUME1(kw.from);
            return this.SUBRULE4(this.expression);
          });
          // Without FROM the length must be an integer, as PostgreSQL insists by a cast.
          if (from === undefined) {
            const int4: ast.TypeName = typeNamed(['pg_catalog', 'int4'], noExpressions, token.startOffset);
            args.push({ kind: 'number', text: '1', offset: token.startOffset }, { kind: 'cast', operand: size, type: int4, offset: token.startOffset });
          } else {
            args.push(from, size);
          }
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.similar);
          args.push(this.SUBRULE5(this.expression));
          this.CONSUME(kw.escape);
          args.push(this.SUBRULE6(this.expression));
        },
      },
      { ALT: () => this.SUBRULE(this.furtherArguments, { ARGS: [args] }) },
    ]);
    return sqlFunction('substring', args, offset);
  });

  readonly furtherArguments = this.RULE('furtherArguments', (args: ast.Expression[]): void => {
    this.MANY(() => {
      this.CONSUME(t.Comma);
      const argument = this.SUBRULE(this.expression);
      this.ACTION(() => args.push(argument));
    });
  });

  /** TRIM([BOTH | LEADING | TRAILING] [characters] FROM text), or plain arguments. */
  readonly trimArguments = this.RULE('trimArguments', (offset: number): ast.Expression => {
    const name =
      this.OPTION(() =>
        this.OR([
          { ALT: () => (this.CONSUME(kw.both), 'btrim') },
          { ALT: () => (this.CONSUME(kw.leading), 'ltrim') },
          { ALT: () => (this.CONSUME(kw.trailing), 'rtrim') },
        ]),
      ) ?? 'btrim';
    const args = this.OR1<ast.Expression[]>([
      {
        ALT: () => {
          this.CONSUME(kw.from);
          return this.SUBRULE(this.expressionList);
        },
      },
      {
        ALT: () => {
          const first = this.SUBRULE(this.expression);
          return this.OR2<ast.Expression[]>([
            {
              ALT: () => {
                this.CONSUME1(kw.from);
                const rest = this.SUBRULE1(this.expressionList);
                return this.ACTION(() => [...rest, first]);
              },
            },
            {
              ALT: () => {
                const list = [first];
                this.SUBRULE(this.furtherArguments, { ARGS: [list] });
                return list;
              },
            },
          ]);
        },
      },
    ]);
    return sqlFunction(name, this.RECORDING_PHASE ? [] : args, offset);
  });
}

/** `a[1]` and then `[2]` are one node. */
function withSubscript(base: ast.Expression, entry: ast.SubscriptEntry, offset: number): ast.Expression {
  if (base.kind === 'subscript') {
    (base.subscripts as ast.SubscriptEntry[]).push(entry);
    return base;
  }
  return { kind: 'subscript', operand: base, subscripts: [entry], offset };
}

function typeNamed(names: readonly string[], modifiers: readonly ast.Expression[], offset: number): ast.TypeName {
  return { kind: 'typeName', names, modifiers, intervalFields: undefined, arrayBounds: [], isSetOf: false, isColumnType: false, offset };
}

/** The restrictions of gram.y on WITHIN GROUP. */
function checkWithinGroup(call: ast.FunctionCall, offset: number): void {
  const problem =
    call.orderBy.length > 0 ? 'use multiple ORDER BY clauses' : call.isDistinct ? 'use DISTINCT' : call.isVariadic ? 'use VARIADIC' : undefined;
  if (problem !== undefined) throw new DbError('42601', `cannot ${problem} with WITHIN GROUP`, { offset });
}
