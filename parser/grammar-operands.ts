/**
 * Operands of expressions: literals, names, calls, what stands in parentheses, CASE, ARRAY, ROW. Each is known by its first token,
 * except that keywords with a syntax of their own (INT, COALESCE, ...) may also be columns: then the second decides (`isName`).
 */
import type { IToken, TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { OperatorGrammar } from './grammar-operators.js';
import { tooDeep } from './lexer.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

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

const noExpressions: ast.Expression[] = [];

export class OperandGrammar extends OperatorGrammar {
  override readonly primary = this.RULE('primary', (): ast.Expression => this.OR(this.primaryAlternatives));

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
  override readonly parenthesized = this.RULE('parenthesized', (): ast.Expression => {
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
              { ALT: () => { result = { kind: 'fieldSelection', operand: result, field: this.SUBRULE(this.fieldName), offset }; } },
              { ALT: () => { this.CONSUME(t.Star); result = { kind: 'fieldStar', operand: result, offset }; } },
            ]);
          },
        },
        {
          ALT: () => {
            const offset = this.here();
            const entry = this.SUBRULE(this.subscript);
            this.ACTION(() => {
              result = withSubscript(base, result, entry, offset);
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

  /** After a dot any word is a name, but NOT before BETWEEN and its kin: there it begins an operator. */
  readonly fieldName = this.RULE('fieldName', (): string => {
    const token = this.CONSUME(t.ColLabel);
    this.ACTION(() => {
      if (token.tokenType === t.NotLa) this.fail(token);
    });
    return valueOf(token);
  });

  /** A column, a function call or a typed literal: whatever begins with a name. */
  readonly nameExpression = this.RULE('nameExpression', (): ast.Expression => {
    const first = this.OR([{ ALT: () => this.CONSUME(t.ColId) }, { ALT: () => this.CONSUME(t.TypeOrFunctionKeyword) }]);
    const offset = first.startOffset;
    const parts = [valueOf(first)];
    let isStar = false;
    this.MANY({
      GATE: () => !isStar && !t.belongsTo(first.tokenType, t.TypeOrFunctionKeyword),
      DEF: () => {
        this.CONSUME(t.Dot);
        this.OR1([
          { ALT: () => parts.push(this.SUBRULE(this.fieldName)) },
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

  override readonly explicitRow = this.RULE('explicitRow', (): ast.Expression => {
    const offset = this.CONSUME(kw.row).startOffset;
    this.CONSUME(t.LParen);
    const elements = this.OPTION(() => this.SUBRULE(this.expressionList)) ?? noExpressions;
    this.CONSUME(t.RParen);
    return { kind: 'row', elements, isExplicit: true, offset };
  });
}

/** `a[1]` and then `[2]` are one node; `(a[1])[2]` is one over another. */
function withSubscript(base: ast.Expression, operand: ast.Expression, entry: ast.SubscriptEntry, offset: number): ast.Expression {
  if (operand.kind === 'subscript' && operand !== base) {
    (operand.subscripts as ast.SubscriptEntry[]).push(entry);
    return operand;
  }
  return { kind: 'subscript', operand, subscripts: [entry], offset };
}

/** A type by name, without array bounds. */
export function typeNamed(names: readonly string[], modifiers: readonly ast.Expression[], offset: number): ast.TypeName {
  return { kind: 'typeName', names, modifiers, intervalFields: undefined, arrayBounds: [], isSetOf: false, isColumnType: false, offset };
}

/** The restrictions of gram.y on WITHIN GROUP. */
function checkWithinGroup(call: ast.FunctionCall, offset: number): void {
  const problem =
    call.orderBy.length > 0 ? 'use multiple ORDER BY clauses' : call.isDistinct ? 'use DISTINCT' : call.isVariadic ? 'use VARIADIC' : undefined;
  if (problem !== undefined) throw new DbError('42601', `cannot ${problem} with WITHIN GROUP`, { offset });
}
