/**
 * Type names. Those of the SQL standard are keywords with a syntax of their own and arrive as the types of pg_catalog that they
 * mean (A3 of ast.ts); all others are names.
 */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { GrammarBase } from './grammar-base.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** A type without its array part. */
interface SimpleType {
  readonly names: readonly string[];
  readonly modifiers: readonly ast.Expression[];
  readonly intervalFields: ast.IntervalFields | undefined;
}

const builtIn = (name: string, modifiers: readonly ast.Expression[] = []): SimpleType => ({ names: ['pg_catalog', name], modifiers, intervalFields: undefined });
const one = (offset: number): ast.Expression[] => [{ kind: 'number', text: '1', offset }];
const noModifiers: ast.Expression[] = [];

export class TypeGrammar extends GrammarBase {
  /** `(a, b)` after a type. */
  readonly typeModifiers = this.RULE('typeModifiers', (): ast.Expression[] => {
    const modifiers: ast.Expression[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => modifiers.push(this.SUBRULE(this.expression)) });
    this.CONSUME(t.RParen);
    return modifiers;
  });
  readonly optionalTypeModifiers = this.RULE('optionalTypeModifiers', (): ast.Expression[] => this.OPTION(() => this.SUBRULE(this.typeModifiers)) ?? noModifiers);

  /** `(n)`, of time types and the like, where only an integer may stand. */
  readonly precision = this.RULE('precision', (): ast.Expression[] => {
    const digits = this.OPTION(() => {
      this.CONSUME(t.LParen);
      const token = this.CONSUME(t.Integer);
      this.CONSUME(t.RParen);
      this.ACTION(() => this.int4(token));
      return token;
    });
    return digits === undefined ? noModifiers : [{ kind: 'number', text: valueOf(digits), offset: digits.startOffset }];
  });

  /** INT, NUMERIC(10, 2), FLOAT(24), DOUBLE PRECISION, BOOLEAN. */
  readonly numericType = this.RULE('numericType', (): SimpleType =>
    this.OR<SimpleType>([
      { ALT: () => (this.CONSUME(kw.int), builtIn('int4')) },
      { ALT: () => (this.CONSUME(kw.integer), builtIn('int4')) },
      { ALT: () => (this.CONSUME(kw.smallint), builtIn('int2')) },
      { ALT: () => (this.CONSUME(kw.bigint), builtIn('int8')) },
      { ALT: () => (this.CONSUME(kw.real), builtIn('float4')) },
      { ALT: () => (this.CONSUME(kw.boolean), builtIn('bool')) },
      { ALT: () => (this.CONSUME(kw.double), this.CONSUME(kw.precision), builtIn('float8')) },
      {
        ALT: () => {
          this.CONSUME(kw.float);
          const digits = this.SUBRULE(this.precision);
          return this.ACTION(() => floatType(digits[0]));
        },
      },
      {
        ALT: () => {
          this.OR1([{ ALT: () => this.CONSUME(kw.numeric) }, { ALT: () => this.CONSUME(kw.decimal) }, { ALT: () => this.CONSUME(kw.dec) }]);
          return builtIn('numeric', this.SUBRULE(this.optionalTypeModifiers));
        },
      },
    ]),
  );

  /** BIT [VARYING] [(n)]. A length left out is 1 for a column's type and for casts, but unlimited for a literal. */
  readonly bitType = this.RULE('bitType', (isLiteral?: boolean): SimpleType => {
    const word = this.CONSUME(kw.bit);
    const isVarying = this.has(0, kw.varying);
    const modifiers = this.SUBRULE(this.optionalTypeModifiers);
    if (isVarying) return builtIn('varbit', modifiers);
    return builtIn('bit', modifiers.length === 0 && isLiteral !== true ? one(word.startOffset) : modifiers);
  });

  /** CHARACTER, CHAR, VARCHAR, NATIONAL CHARACTER, NCHAR, each with [VARYING] [(n)]. */
  readonly characterType = this.RULE('characterType', (isLiteral?: boolean): SimpleType => {
    const offset = this.here();
    const isVarying = this.OR<boolean>([
      { ALT: () => (this.CONSUME(kw.varchar), true) },
      { ALT: () => (this.CONSUME(kw.character), this.has(0, kw.varying)) },
      { ALT: () => (this.CONSUME(kw.char), this.has(1, kw.varying)) },
      { ALT: () => (this.CONSUME(kw.nchar), this.has(2, kw.varying)) },
      {
        ALT: () => {
          this.CONSUME(kw.national);
          this.OR1([{ ALT: () => this.CONSUME1(kw.character) }, { ALT: () => this.CONSUME1(kw.char) }]);
          return this.has(3, kw.varying);
        },
      },
    ]);
    const modifiers = this.SUBRULE(this.precision);
    if (isVarying) return builtIn('varchar', modifiers);
    return builtIn('bpchar', modifiers.length === 0 && isLiteral !== true ? one(offset) : modifiers);
  });

  /** TIME, TIMESTAMP [(n)] [WITH | WITHOUT TIME ZONE]. */
  readonly dateTimeType = this.RULE('dateTimeType', (): SimpleType => {
    const name = this.OR([{ ALT: () => (this.CONSUME(kw.timestamp), 'timestamp') }, { ALT: () => (this.CONSUME(kw.time), 'time') }]);
    const modifiers = this.SUBRULE(this.precision);
    const hasZone = this.OPTION(() => {
      const isWith = this.OR1([{ ALT: () => (this.CONSUME(t.WithLa), true) }, { ALT: () => (this.CONSUME(kw.without), false) }]);
      this.CONSUME1(kw.time);
      this.CONSUME(kw.zone);
      return isWith;
    });
    return builtIn(hasZone === true ? `${name}tz` : name, modifiers);
  });

  /** Fields after INTERVAL, and the precision of seconds. */
  readonly intervalFields = this.RULE('intervalFields', (): { fields: ast.IntervalFields | undefined; precision: ast.Expression[] } => {
    let precision = noModifiers;
    const second = (): 'second' => {
      this.CONSUME(kw.second);
      precision = this.SUBRULE(this.precision);
      return 'second';
    };
    const fields = this.OPTION(() =>
      this.OR<ast.IntervalFields>([
        {
          ALT: () => {
            this.CONSUME(kw.year);
            return this.OPTION1(() => (this.CONSUME(kw.to), this.CONSUME(kw.month), 'year to month' as const)) ?? 'year';
          },
        },
        { ALT: () => (this.CONSUME1(kw.month), 'month') },
        {
          ALT: () => {
            this.CONSUME(kw.day);
            return this.OPTION2(() => {
              this.CONSUME1(kw.to);
              return this.OR1<ast.IntervalFields>([
                { ALT: () => (this.CONSUME(kw.hour), 'day to hour') },
                { ALT: () => (this.CONSUME(kw.minute), 'day to minute') },
                { ALT: () => (second(), 'day to second') },
              ]);
            }) ?? 'day';
          },
        },
        {
          ALT: () => {
            this.CONSUME1(kw.hour);
            return this.OPTION3(() => {
              this.CONSUME2(kw.to);
              return this.OR2<ast.IntervalFields>([{ ALT: () => (this.CONSUME1(kw.minute), 'hour to minute') }, { ALT: () => (second(), 'hour to second') }]);
            }) ?? 'hour';
          },
        },
        {
          ALT: () => {
            this.CONSUME2(kw.minute);
            return this.OPTION4(() => (this.CONSUME3(kw.to), second(), 'minute to second' as const)) ?? 'minute';
          },
        },
        { ALT: () => second() },
      ]),
    );
    return { fields, precision };
  });

  /** INTERVAL [fields] or INTERVAL (n). */
  readonly intervalType = this.RULE('intervalType', (): SimpleType => {
    this.CONSUME(kw.interval);
    return this.OR<SimpleType>([
      {
        GATE: () => this.LA(1).tokenType === t.LParenOther,
        ALT: () => builtIn('interval', this.SUBRULE(this.precision)),
      },
      {
        ALT: () => {
          const { fields, precision } = this.SUBRULE(this.intervalFields);
          return { names: ['pg_catalog', 'interval'], modifiers: precision, intervalFields: fields };
        },
      },
    ]);
  });

  /** A type by name: `text`, `public.color`, `decimal_like(3)`. */
  readonly namedType = this.RULE('namedType', (): SimpleType => {
    const names = [valueOf(this.CONSUME(t.TypeFunctionName))];
    this.MANY({
      // `t.a%TYPE` has its dots too; the percent sign is the caller's.
      DEF: () => {
        this.CONSUME(t.Dot);
        names.push(valueOf(this.CONSUME(t.ColLabel)));
      },
    });
    const modifiers = this.SUBRULE(this.optionalTypeModifiers);
    return { names, modifiers, intervalFields: undefined };
  });

  readonly simpleType = this.RULE('simpleType', (): SimpleType =>
    this.OR<SimpleType>([
      { GATE: () => !this.nextIs(kw.double) || !this.secondIs(kw.precision), ALT: () => this.SUBRULE(this.namedType) },
      { ALT: () => this.SUBRULE(this.numericType) },
      { ALT: () => this.SUBRULE(this.characterType) },
      { ALT: () => this.SUBRULE(this.dateTimeType) },
      { ALT: () => this.SUBRULE(this.intervalType) },
      { ALT: () => this.SUBRULE(this.bitType) },
    ]),
  );

  /** Any type: `[SETOF] type [array bounds]`. `allowColumnType`: `table.column%TYPE` too. */
  readonly typeName = this.RULE('typeName', (allowColumnType?: boolean): ast.TypeName => {
    const offset = this.here();
    const isSetOf = this.has(0, kw.setof);
    const simple = this.SUBRULE(this.simpleType);
    const isColumnType =
      this.OPTION1({
        GATE: () => allowColumnType === true && simple.names.length > 1,
        DEF: () => {
          this.CONSUME(t.Percent);
          this.CONSUME(kw.type);
          return true;
        },
      }) !== undefined;
    const arrayBounds = this.SUBRULE(this.arrayBounds);
    return { kind: 'typeName', names: simple.names, modifiers: simple.modifiers, intervalFields: simple.intervalFields, arrayBounds, isSetOf, isColumnType, offset };
  });

  /** `[]`, `[3][4]`, `ARRAY`, `ARRAY [3]`. */
  readonly arrayBounds = this.RULE('arrayBounds', (): (number | undefined)[] => {
    const bounds: (number | undefined)[] = [];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.array);
          const bound = this.OPTION(() => {
            this.CONSUME(t.LBracket);
            const digits = this.CONSUME(t.Integer);
            this.CONSUME(t.RBracket);
            return this.ACTION(() => this.int4(digits));
          });
          bounds.push(bound);
        },
      },
      {
        ALT: () => {
          this.MANY(() => {
            this.CONSUME1(t.LBracket);
            const bound = this.OPTION1(() => {
              const digits = this.CONSUME1(t.Integer);
              return this.ACTION(() => this.int4(digits));
            });
            this.CONSUME1(t.RBracket);
            bounds.push(bound);
          });
        },
      },
    ]);
    return bounds;
  });
}

/** FLOAT(p) is float4 up to 24 binary digits, else float8. */
function floatType(precision: ast.Expression | undefined): SimpleType {
  if (precision === undefined || precision.kind !== 'number') return builtIn('float8');
  const digits = Number(precision.text);
  if (digits < 1) throw new DbError('22023', 'precision for type float must be at least 1 bit', { offset: precision.offset });
  if (digits > 53) throw new DbError('22023', 'precision for type float must be less than 54 bits', { offset: precision.offset });
  return builtIn(digits <= 24 ? 'float4' : 'float8');
}
