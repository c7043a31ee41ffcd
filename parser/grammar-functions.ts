/** CREATE and ALTER of functions and procedures: parameters, options, bodies. */
import type { IToken, TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { SettingGrammar } from './grammar-settings.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** What a function's options have said. */
interface FunctionOptions {
  language: string | undefined;
  body: ast.FunctionBody | undefined;
  volatility: 'immutable' | 'stable' | 'volatile' | undefined;
  nullInput: 'called' | 'strict' | undefined;
  leakproof: boolean | undefined;
  parallel: string | undefined;
  securityDefiner: boolean | undefined;
  isWindow: boolean;
  cost: number | undefined;
  rows: number | undefined;
  settings: ast.SetVariable[];
  support: ast.QualifiedName | undefined;
}

/** What may begin a type besides a plain name, and the modes that may stand between a parameter's name and its type. */
const typeWords: ReadonlySet<TokenType> = new Set([
  kw.int, kw.integer, kw.smallint, kw.bigint, kw.real, kw.float, kw.decimal, kw.dec, kw.numeric, kw.boolean, kw.bit, kw.character, kw.char, kw.varchar,
  kw.national, kw.nchar, kw.time, kw.timestamp, kw.interval, kw.setof, kw.in, kw.out, kw.inout, kw.variadic,
]);

export class FunctionGrammar extends SettingGrammar {
  readonly createFunction = this.RULE('createFunction', (orReplace: boolean, offset: number): ast.CreateFunction => {
    const isProcedure = this.OR([{ ALT: () => (this.CONSUME(kw.function), false) }, { ALT: () => (this.CONSUME(kw.procedure), true) }]);
    const name = this.SUBRULE(this.functionName);
    const parameters = this.SUBRULE(this.functionParameters, { ARGS: [true] });
    let returns: ast.TypeName | undefined;
    let returnsTable: ast.FunctionColumn[] | undefined;
    this.OPTION({
      GATE: () => !isProcedure,
      DEF: () => {
        this.CONSUME(kw.returns);
        this.OR1([
          { ALT: () => { this.CONSUME(kw.table); returnsTable = this.SUBRULE(this.functionColumns); } },
          { ALT: () => { returns = this.SUBRULE(this.typeName, { ARGS: [true] }); } },
        ]);
      },
    });
    const options = emptyFunctionOptions();
    this.MANY(() =>
      this.OR2([
        { ALT: () => this.SUBRULE(this.functionOption, { ARGS: [options] }) },
        { ALT: () => this.SUBRULE(this.functionDefinitionOption, { ARGS: [options] }) },
      ]),
    );
    const body = this.OPTION1(() => this.SUBRULE(this.functionBody));
    return { kind: 'createFunction', isProcedure, name, orReplace, parameters, returns, returnsTable, ...options, body: body ?? options.body, offset };
  });

  /** A function's name: a type_func_name keyword will do when it has no schema. */
  readonly functionName = this.RULE('functionName', (): ast.QualifiedName =>
    this.OR<ast.QualifiedName>([
      {
        ALT: () => {
          const first = this.LA(1);
          const name = this.SUBRULE(this.qualifiedName);
          // A column-name keyword is no function's name, unless it has a schema.
          this.ACTION(() => {
            if (name.schema === undefined && t.belongsTo(first.tokenType, t.ColumnNameKeyword)) this.fail(this.LA(1));
          });
          return name;
        },
      },
      { ALT: () => { const token = this.CONSUME(t.TypeOrFunctionKeyword); return { catalog: undefined, schema: undefined, name: valueOf(token), offset: token.startOffset }; } },
    ]),
  );

  readonly functionParameters = this.RULE('functionParameters', (mayDefault: boolean): ast.FunctionParameter[] => {
    const parameters: ast.FunctionParameter[] = [];
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => parameters.push(this.SUBRULE(this.functionParameter, { ARGS: [mayDefault] })) });
    this.CONSUME(t.RParen);
    return parameters;
  });

  /** [mode] [name] type, or name mode type; then [DEFAULT | = value]. */
  readonly functionParameter = this.RULE('functionParameter', (mayDefault: boolean): ast.FunctionParameter => {
    const offset = this.here();
    let mode = this.OPTION(() => this.SUBRULE(this.parameterMode));
    const name = this.OPTION1({
      GATE: () => this.isParameterName(),
      DEF: () => valueOf(this.CONSUME(t.TypeFunctionName)),
    });
    this.OPTION2({ GATE: () => mode === undefined && name !== undefined, DEF: () => { mode = this.SUBRULE1(this.parameterMode); } });
    const type = this.SUBRULE(this.typeName, { ARGS: [true] });
    const value = this.OPTION3({
      GATE: () => mayDefault,
      DEF: () => {
        this.OR([{ ALT: () => this.CONSUME(kw.default) }, { ALT: () => this.CONSUME(t.Equals) }]);
        return this.SUBRULE(this.expression);
      },
    });
    return { mode, name, type, default: value, offset };
  });

  /** A name is one when a type (or mode) comes after it: `double precision` is a type alone. */
  protected isParameterName(): boolean {
    const second = this.LA(2).tokenType;
    if (t.belongsTo(second, t.TypeFunctionName)) return true;
    return typeWords.has(second);
  }

  readonly parameterMode = this.RULE('parameterMode', (): 'in' | 'out' | 'inout' | 'variadic' =>
    this.OR<'in' | 'out' | 'inout' | 'variadic'>([
      { ALT: () => (this.CONSUME(kw.in), this.has(0, kw.out) ? 'inout' : 'in') },
      { ALT: () => (this.CONSUME1(kw.out), 'out') },
      { ALT: () => (this.CONSUME(kw.inout), 'inout') },
      { ALT: () => (this.CONSUME(kw.variadic), 'variadic') },
    ]),
  );

  /** Options only CREATE takes: AS, LANGUAGE, WINDOW, TRANSFORM. */
  readonly functionDefinitionOption = this.RULE('functionDefinitionOption', (options: FunctionOptions): void => {
    const token = this.LA(1);
    this.OR([
      {
        ALT: () => {
          const offset = this.CONSUME(kw.as).startOffset;
          const text = valueOf(this.CONSUME(t.StringLiteral));
          const symbol = this.OPTION(() => (this.CONSUME(t.Comma), valueOf(this.CONSUME1(t.StringLiteral))));
          this.setOnce(options, 'body', { kind: 'bodyText', text, symbol, offset }, token);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.language);
          const name = this.OR1([{ ALT: () => valueOf(this.CONSUME(t.NonReservedWord)) }, { ALT: () => valueOf(this.CONSUME2(t.StringLiteral)) }]);
          this.setOnce(options, 'language', this.ACTION(() => name.toLowerCase()), token);
        },
      },
      { ALT: () => { this.CONSUME(kw.window); if (!this.RECORDING_PHASE) options.isWindow = true; } },
      {
        ALT: () => {
          this.CONSUME(kw.transform);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => { this.CONSUME(kw.for); this.CONSUME(kw.type); this.SUBRULE(this.typeName); } });
        },
      },
    ]);
  });

  /** A function's option may be given once. */
  protected setOnce<K extends keyof FunctionOptions>(options: FunctionOptions, key: K, value: FunctionOptions[K], token: IToken): void {
    if (this.RECORDING_PHASE) return;
    if (options[key] !== undefined) throw new DbError('42601', 'conflicting or redundant options', { offset: token.startOffset });
    options[key] = value;
  }

  /** Options that ALTER takes too. */
  readonly functionOption = this.RULE('functionOption', (options: FunctionOptions): void => {
    const token = this.LA(1);
    this.OR([
      { ALT: () => { this.CONSUME(kw.called); this.CONSUME(kw.on); this.CONSUME(kw.null); this.CONSUME(kw.input); this.setOnce(options, 'nullInput', 'called', token); } },
      {
        ALT: () => {
          this.CONSUME(kw.returns);
          this.CONSUME1(kw.null);
          this.CONSUME1(kw.on);
          this.CONSUME2(kw.null);
          this.CONSUME1(kw.input);
          this.setOnce(options, 'nullInput', 'strict', token);
        },
      },
      { ALT: () => { this.CONSUME(kw.strict); this.setOnce(options, 'nullInput', 'strict', token); } },
      { ALT: () => { this.CONSUME(kw.immutable); this.setOnce(options, 'volatility', 'immutable', token); } },
      { ALT: () => { this.CONSUME(kw.stable); this.setOnce(options, 'volatility', 'stable', token); } },
      { ALT: () => { this.CONSUME(kw.volatile); this.setOnce(options, 'volatility', 'volatile', token); } },
      { ALT: () => { this.CONSUME(kw.external); this.SUBRULE(this.securityOption, { ARGS: [options] }); } },
      { ALT: () => { this.SUBRULE1(this.securityOption, { ARGS: [options] }); } },
      { ALT: () => { this.CONSUME(kw.leakproof); this.setOnce(options, 'leakproof', true, token); } },
      { ALT: () => { this.CONSUME(kw.not); this.CONSUME1(kw.leakproof); this.setOnce(options, 'leakproof', false, token); } },
      { ALT: () => { this.CONSUME(kw.cost); const text = this.SUBRULE(this.signedNumber); this.setOnce(options, 'cost', Number(text), token); } },
      { ALT: () => { this.CONSUME(kw.rows); const text = this.SUBRULE1(this.signedNumber); this.setOnce(options, 'rows', Number(text), token); } },
      { ALT: () => { this.CONSUME(kw.support); const name = this.SUBRULE(this.qualifiedName); this.setOnce(options, 'support', name, token); } },
      { ALT: () => { this.CONSUME(kw.parallel); const word = valueOf(this.CONSUME(t.ColId)); this.setOnce(options, 'parallel', word, token); } },
      { ALT: () => { const offset = this.CONSUME(kw.set).startOffset; options?.settings?.push(this.SUBRULE(this.settingRest, { ARGS: ['session', true, offset] })); } },
      {
        ALT: () => {
          const offset = this.CONSUME(kw.reset).startOffset;
          const name = this.SUBRULE(this.variableName);
          options?.settings?.push({ kind: 'setVariable', scope: 'session', name, values: undefined, fromCurrent: false, offset });
        },
      },
    ]);
  });

  readonly securityOption = this.RULE('securityOption', (options: FunctionOptions): void => {
    const token = this.CONSUME(kw.security);
    const isDefiner = this.OR([{ ALT: () => (this.CONSUME(kw.definer), true) }, { ALT: () => (this.CONSUME(kw.invoker), false) }]);
    this.setOnce(options, 'securityDefiner', isDefiner, token);
  });

  /** RETURN expression, or BEGIN ATOMIC statement; ... END */
  readonly functionBody = this.RULE('functionBody', (): ast.FunctionBody => {
    const offset = this.here();
    return this.OR<ast.FunctionBody>([
      { ALT: () => ({ kind: 'bodyReturn', expression: this.SUBRULE(this.returnStatement), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.begin);
          this.CONSUME(kw.atomic);
          const statements: ast.Statement[] = [];
          this.MANY({
            GATE: () => !this.nextIs(kw.end),
            DEF: () => {
              this.OPTION(() => {
                statements.push(
                  this.OR1<ast.Statement>([
                    { ALT: () => this.SUBRULE(this.statement) },
                    { ALT: () => { const start = this.here(); return returnAsQuery(this.SUBRULE1(this.returnStatement), start); } },
                  ]),
                );
              });
              this.CONSUME(t.Semicolon);
            },
          });
          this.CONSUME(kw.end);
          return { kind: 'bodyAtomic', statements, offset };
        },
      },
    ]);
  });

  readonly returnStatement = this.RULE('returnStatement', (): ast.Expression => {
    this.CONSUME(kw.return);
    return this.SUBRULE(this.expression);
  });

  readonly alterFunction = this.RULE('alterFunction', (offset: number): ast.Statement => {
    const objectType = this.OR<'function' | 'procedure' | 'routine'>([
      { ALT: () => (this.CONSUME(kw.function), 'function') },
      { ALT: () => (this.CONSUME(kw.procedure), 'procedure') },
      { ALT: () => (this.CONSUME(kw.routine), 'routine') },
    ]);
    const name = this.SUBRULE(this.functionName);
    const args = this.OPTION(() => this.SUBRULE(this.functionParameters, { ARGS: [false] }));
    return this.OR1<ast.Statement>([
      { GATE: () => !this.nextIs(kw.set) || (this.secondIs(kw.schema) && this.LA(3).tokenType !== t.StringLiteral), ALT: () => this.SUBRULE(this.alterObject, { ARGS: [objectType, name, args, offset] }) },
      {
        ALT: () => {
          const options = emptyFunctionOptions();
          this.AT_LEAST_ONE(() => this.SUBRULE(this.functionOption, { ARGS: [options] }));
          this.has(1, kw.restrict);
          const { volatility, nullInput, leakproof, parallel, securityDefiner, cost, rows, settings } = options;
          return { kind: 'alterFunction', isProcedure: objectType === 'procedure', name, args, volatility, nullInput, leakproof, parallel, securityDefiner, cost, rows, settings, offset };
        },
      },
      { ALT: () => { this.OR2([{ ALT: () => this.CONSUME(kw.no) }, { ALT: () => this.CONSUME(kw.depends) }]); this.SUBRULE(this.skipRest); return { kind: 'unsupported', feature: 'ALTER FUNCTION DEPENDS', offset }; } },
    ]);
  });
}

function emptyFunctionOptions(): FunctionOptions {
  return {
    language: undefined, body: undefined, volatility: undefined, nullInput: undefined, leakproof: undefined, parallel: undefined, securityDefiner: undefined,
    isWindow: false, cost: undefined, rows: undefined, settings: [], support: undefined,
  };
}

/** RETURN x in an atomic body is SELECT x. */
function returnAsQuery(expression: ast.Expression, offset: number): ast.Query {
  const body: ast.Select = {
    kind: 'select', isDistinct: false, distinctOn: undefined, targets: [{ expression, alias: undefined, offset }], into: undefined, from: [], where: undefined,
    groupBy: [], groupDistinct: false, having: undefined, windows: [], offset,
  };
  return { kind: 'query', with: undefined, body, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset };
}
