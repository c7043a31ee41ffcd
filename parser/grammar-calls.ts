/**
 * Functions that SQL gives a syntax of their own: COALESCE, CAST, EXTRACT(x FROM y), CURRENT_DATE, ... Those that are ordinary functions
 * underneath become calls of them (A3 of ast.ts).
 */
import type { TokenType } from './chevrotain.js';
import type * as ast from './ast.js';
import { OperandGrammar, typeNamed } from './grammar-operands.js';
import { sqlFunction } from './precedence.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

export class CallGrammar extends OperandGrammar {
  /** Functions that are keywords. */
  override readonly keywordFunction = this.RULE('keywordFunction', (): ast.Expression => this.OR(this.keywordFunctionAlternatives));

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
            const int4: ast.TypeName = typeNamed(['pg_catalog', 'int4'], [], token.startOffset);
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
