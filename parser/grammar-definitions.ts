/** CREATE, ALTER and DROP of everything but tables and indexes: views, sequences, schemas, types, domains, functions; comments. */
import type { IToken, TokenType } from 'chevrotain';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { TableGrammar, wordsFrom } from './grammar-tables.js';
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

/** First words of the kinds of object this product does not have. */
const unsupportedKinds: readonly TokenType[] = [
  kw.access, kw.aggregate, kw.assertion, kw.cast, kw.collation, kw.conversion, kw.database, kw.default, kw.event, kw.extension, kw.foreign, kw.group, kw.language,
  kw.large, kw.operator, kw.owned, kw.policy, kw.procedural, kw.publication, kw.role, kw.rule, kw.server, kw.statistics, kw.subscription, kw.system, kw.tablespace,
  kw.text, kw.transform, kw.trigger, kw.trusted, kw.user,
];
/** Kinds whose second word belongs to the name of the feature. */
const twoWordKinds: ReadonlySet<TokenType> = new Set([kw.access, kw.default, kw.event, kw.foreign, kw.large, kw.procedural, kw.text, kw.trusted]);

export class DefinitionGrammar extends TableGrammar {
  // ------------------------------------------------------------------------------------------------------------- CREATE

  readonly createStatement = this.RULE('createStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.create).startOffset;
    const orReplace = this.hasBoth(0, kw.or, kw.replace);
    // OR REPLACE goes with few of them.
    const plain = (): boolean => !orReplace || this.RECORDING_PHASE;
    return this.OR<ast.Statement>([
      { GATE: plain, ALT: () => (this.CONSUME(kw.table), this.SUBRULE(this.createTable, { ARGS: ['permanent', offset] })) },
      {
        ALT: () => {
          const persistence = this.SUBRULE(this.persistence);
          return this.SUBRULE(this.createPersistent, { ARGS: [persistence, orReplace, offset] });
        },
      },
      { GATE: plain, ALT: () => (this.CONSUME(kw.unique), this.SUBRULE(this.createIndex, { ARGS: [true, offset] })) },
      { GATE: plain, ALT: () => this.SUBRULE1(this.createIndex, { ARGS: [false, offset] }) },
      { ALT: () => this.SUBRULE(this.createView, { ARGS: ['permanent', orReplace, offset] }) },
      { GATE: plain, ALT: () => this.SUBRULE(this.createMaterializedView, { ARGS: ['permanent', offset] }) },
      { GATE: plain, ALT: () => this.SUBRULE(this.createSequence, { ARGS: ['permanent', offset] }) },
      { GATE: plain, ALT: () => this.SUBRULE(this.createSchema, { ARGS: [offset] }) },
      { GATE: plain, ALT: () => this.SUBRULE(this.createDomain, { ARGS: [offset] }) },
      { GATE: plain, ALT: () => this.SUBRULE(this.createType, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.createFunction, { ARGS: [orReplace, offset] }) },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['CREATE', offset] }) },
      {
        // CREATE CONSTRAINT TRIGGER
        ALT: () => {
          this.CONSUME(kw.constraint);
          this.CONSUME(kw.trigger);
          this.SUBRULE(this.skipRest);
          return { kind: 'unsupported', feature: 'CREATE TRIGGER', offset };
        },
      },
    ]);
  });

  /** What may be temporary or unlogged. */
  readonly createPersistent = this.RULE('createPersistent', (persistence: ast.Persistence, orReplace: boolean, offset: number): ast.Statement =>
    this.OR<ast.Statement>([
      { GATE: () => !orReplace, ALT: () => (this.CONSUME(kw.table), this.SUBRULE(this.createTable, { ARGS: [persistence, offset] })) },
      { GATE: () => persistence !== 'unlogged', ALT: () => this.SUBRULE(this.createView, { ARGS: [persistence, orReplace, offset] }) },
      { GATE: () => !orReplace, ALT: () => this.SUBRULE(this.createSequence, { ARGS: [persistence, offset] }) },
      { GATE: () => !orReplace && persistence === 'unlogged', ALT: () => this.SUBRULE(this.createMaterializedView, { ARGS: [persistence, offset] }) },
    ]),
  );

  /** An object of a kind the product does not have; the statement is skipped. */
  readonly unsupportedObject = this.RULE('unsupportedObject', (verb: string, offset: number): ast.UnsupportedStatement => {
    const token = this.OR(unsupportedKinds.map((word) => ({ ALT: () => this.CONSUME(word) })));
    const kind = this.ACTION(() => (twoWordKinds.has(token.tokenType) || (token.tokenType === kw.user && this.nextIs(kw.mapping)) ? wordsFrom(token, this.LA(1)) : valueOf(token).toUpperCase()));
    this.SUBRULE(this.skipRest);
    return { kind: 'unsupported', feature: `${verb} ${kind}`, offset };
  });

  /** Text of the query just parsed, which began at `start`. */
  protected textFrom(start: number): string {
    return this.RECORDING_PHASE ? '' : this.source.slice(start, (this.LA(0).endOffset ?? start - 1) + 1);
  }

  readonly createView = this.RULE('createView', (persistence: ast.Persistence, orReplace: boolean, offset: number): ast.CreateView => {
    const recursive = this.LA(1);
    const isRecursive = this.has(0, kw.recursive);
    this.CONSUME(kw.view);
    const name = this.SUBRULE(this.qualifiedName);
    const columns = this.SUBRULE(this.optionalColumnList);
    this.ACTION(() => {
      if (isRecursive && columns.length === 0) this.fail(this.LA(1));
    });
    const options = this.SUBRULE(this.withOptions);
    this.CONSUME(kw.as);
    const start = this.here();
    const body = this.SUBRULE(this.query);
    const queryText = this.textFrom(start);
    const checkOption = this.OPTION1(() => {
      this.CONSUME(kw.with);
      const kind = this.OPTION2(() => this.OR<'local' | 'cascaded'>([{ ALT: () => (this.CONSUME(kw.local), 'local') }, { ALT: () => (this.CONSUME(kw.cascaded), 'cascaded') }]));
      this.CONSUME(kw.check);
      this.CONSUME(kw.option);
      return kind ?? 'cascaded';
    });
    if (isRecursive && checkOption !== undefined && !this.RECORDING_PHASE) {
      throw new DbError('0A000', 'WITH CHECK OPTION not supported on recursive views', { offset: recursive.startOffset });
    }
    return { kind: 'createView', name, orReplace, persistence, isRecursive, columns, options, query: body, queryText, checkOption, offset };
  });

  readonly createMaterializedView = this.RULE('createMaterializedView', (persistence: ast.Persistence, offset: number): ast.CreateMaterializedView => {
    this.CONSUME(kw.materialized);
    this.CONSUME(kw.view);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.qualifiedName);
    const columns = this.SUBRULE(this.optionalColumnList);
    const accessMethod = this.OPTION(() => (this.CONSUME(kw.using), valueOf(this.CONSUME(t.ColId))));
    const options = this.SUBRULE(this.withOptions);
    const tablespace = this.OPTION1(() => this.SUBRULE(this.tablespaceName));
    this.CONSUME(kw.as);
    const start = this.here();
    const body = this.SUBRULE(this.query);
    const queryText = this.textFrom(start);
    const withData = this.SUBRULE(this.withData);
    return { kind: 'createMaterializedView', name, ifNotExists, persistence, columns, options, accessMethod, tablespace, query: body, queryText, withData, offset };
  });

  readonly createSequence = this.RULE('createSequence', (persistence: ast.Persistence, offset: number): ast.CreateSequence => {
    this.CONSUME(kw.sequence);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.qualifiedName);
    return { kind: 'createSequence', name, persistence, ifNotExists, options: this.SUBRULE(this.sequenceOptions), offset };
  });

  readonly createSchema = this.RULE('createSchema', (offset: number): ast.CreateSchema => {
    this.CONSUME(kw.schema);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    let name: string | undefined;
    let authorization: string | undefined;
    this.OR([
      {
        ALT: () => {
          this.CONSUME(kw.authorization);
          authorization = this.SUBRULE(this.role);
        },
      },
      {
        ALT: () => {
          name = valueOf(this.CONSUME(t.ColId));
          authorization = this.OPTION(() => (this.CONSUME1(kw.authorization), this.SUBRULE1(this.role)));
        },
      },
    ]);
    const elements: ast.Statement[] = [];
    this.MANY(() => {
      if (ifNotExists && !this.RECORDING_PHASE) throw new DbError('0A000', 'CREATE SCHEMA IF NOT EXISTS cannot include schema elements', { offset: this.here() });
      elements.push(this.OR1<ast.Statement>([{ ALT: () => this.SUBRULE(this.createStatement) }, { ALT: () => this.SUBRULE(this.grantStatement) }]));
    });
    return { kind: 'createSchema', name, authorization, ifNotExists, elements, offset };
  });

  readonly grantStatement = this.RULE('grantStatement', (): ast.UnsupportedStatement => {
    const token = this.OR([{ ALT: () => this.CONSUME(kw.grant) }, { ALT: () => this.CONSUME(kw.revoke) }]);
    this.SUBRULE(this.skipRest);
    return { kind: 'unsupported', feature: this.ACTION(() => valueOf(token).toUpperCase()), offset: token.startOffset };
  });

  readonly createDomain = this.RULE('createDomain', (offset: number): ast.CreateDomain => {
    this.CONSUME(kw.domain);
    const name = this.SUBRULE(this.qualifiedName);
    this.has(0, kw.as);
    const type = this.SUBRULE(this.typeName);
    const { collation, constraints } = this.SUBRULE(this.columnConstraints);
    return { kind: 'createDomain', name, type, collation, constraints, offset };
  });

  /** CREATE TYPE name AS ENUM, AS (columns), AS RANGE; a base type or a shell is not supported. */
  readonly createType = this.RULE('createType', (offset: number): ast.Statement => {
    this.CONSUME(kw.type);
    const name = this.SUBRULE(this.qualifiedName);
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(kw.as);
          return this.OR1<ast.Statement>([
            {
              ALT: () => {
                this.CONSUME(kw.enum);
                const labels: string[] = [];
                this.CONSUME(t.LParen);
                this.MANY_SEP({ SEP: t.Comma, DEF: () => labels.push(valueOf(this.CONSUME(t.StringLiteral))) });
                this.CONSUME(t.RParen);
                return { kind: 'createEnum', name, labels, offset };
              },
            },
            { ALT: () => (this.CONSUME(kw.range), { kind: 'createRangeType', name, options: this.SUBRULE(this.definitionOptions), offset }) },
            {
              ALT: () => {
                const attributes: ast.FunctionColumn[] = [];
                this.CONSUME1(t.LParen);
                this.MANY_SEP1({ SEP: t.Comma, DEF: () => attributes.push(this.SUBRULE(this.functionColumn)) });
                this.CONSUME1(t.RParen);
                return { kind: 'createCompositeType', name, attributes, offset };
              },
            },
          ]);
        },
      },
      {
        ALT: () => {
          this.OPTION(() => this.SUBRULE1(this.definitionOptions));
          return { kind: 'unsupported', feature: 'CREATE TYPE of a base type', offset };
        },
      },
    ]);
  });

  // ---------------------------------------------------------------------------------------------------------- functions

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

  // -------------------------------------------------------------------------------------------------------------- ALTER

  readonly alterStatement = this.RULE('alterStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.alter).startOffset;
    return this.OR<ast.Statement>([
      { ALT: () => (this.CONSUME(kw.table), this.SUBRULE(this.alterRelation, { ARGS: ['table', offset] })) },
      { ALT: () => (this.CONSUME(kw.index), this.SUBRULE1(this.alterRelation, { ARGS: ['index', offset] })) },
      { ALT: () => (this.CONSUME(kw.sequence), this.SUBRULE2(this.alterRelation, { ARGS: ['sequence', offset] })) },
      { ALT: () => (this.CONSUME(kw.view), this.SUBRULE3(this.alterRelation, { ARGS: ['view', offset] })) },
      { ALT: () => (this.CONSUME(kw.materialized), this.CONSUME1(kw.view), this.SUBRULE4(this.alterRelation, { ARGS: ['materialized view', offset] })) },
      { ALT: () => this.SUBRULE(this.alterType, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterDomain, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterSchema, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterFunction, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['ALTER', offset] }) },
    ]);
  });

  /** RENAME TO, SET SCHEMA, OWNER TO: what any object takes. */
  readonly alterObject = this.RULE('alterObject', (objectType: ast.ObjectType, name: ast.QualifiedName, args: ast.FunctionParameter[] | undefined, offset: number): ast.Statement =>
    this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(kw.rename);
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME(t.ColId));
          return { kind: 'rename', objectType, name, containerType: undefined, part: undefined, newName, args, ifExists: false, behavior: 'restrict', offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.set), this.CONSUME(kw.schema), { kind: 'setSchema', objectType, name, args, schema: valueOf(this.CONSUME1(t.ColId)), ifExists: false, offset }) },
      { ALT: () => (this.CONSUME(kw.owner), this.CONSUME1(kw.to), { kind: 'alterOwner', objectType, name, args, role: this.SUBRULE(this.role), offset }) },
    ]),
  );

  readonly alterSchema = this.RULE('alterSchema', (offset: number): ast.Statement => {
    this.CONSUME(kw.schema);
    const { name, offset: start } = this.SUBRULE(this.identifier);
    return this.SUBRULE(this.alterObject, { ARGS: ['schema', { catalog: undefined, schema: undefined, name, offset: start }, undefined, offset] });
  });

  readonly alterType = this.RULE('alterType', (offset: number): ast.Statement => {
    this.CONSUME(kw.type);
    const name = this.SUBRULE(this.qualifiedName);
    return this.OR<ast.Statement>([
      { GATE: () => this.nextIs(kw.add) && this.secondIs(kw.value), ALT: () => this.SUBRULE(this.addEnumValue, { ARGS: [name, offset] }) },
      { GATE: () => this.nextIs(kw.rename) && !this.secondIs(kw.to), ALT: () => this.SUBRULE(this.renameTypePart, { ARGS: [name, offset] }) },
      { GATE: () => !this.nextIs(kw.set) || this.secondIs(kw.schema), ALT: () => this.SUBRULE(this.alterObject, { ARGS: ['type', name, undefined, offset] }) },
      {
        ALT: () => {
          const actions: ast.AlterCompositeType['actions'][number][] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => actions.push(this.SUBRULE(this.attributeAction)) });
          return { kind: 'alterCompositeType', name, actions, offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.set), this.SUBRULE(this.definitionOptions), { kind: 'unsupported', feature: 'ALTER TYPE SET', offset }) },
    ]);
  });

  readonly addEnumValue = this.RULE('addEnumValue', (name: ast.QualifiedName, offset: number): ast.AlterEnumAddValue => {
    this.CONSUME(kw.add);
    this.CONSUME(kw.value);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const value = valueOf(this.CONSUME(t.StringLiteral));
    let placement: 'before' | 'after' | undefined;
    const neighbour = this.OPTION(() => {
      placement = this.OR<'before' | 'after'>([{ ALT: () => (this.CONSUME(kw.before), 'before') }, { ALT: () => (this.CONSUME(kw.after), 'after') }]);
      return valueOf(this.CONSUME1(t.StringLiteral));
    });
    return { kind: 'alterEnumAddValue', name, value, ifNotExists, neighbour, placement, offset };
  });

  /** RENAME VALUE 'a' TO 'b', RENAME ATTRIBUTE a TO b */
  readonly renameTypePart = this.RULE('renameTypePart', (name: ast.QualifiedName, offset: number): ast.Rename => {
    this.CONSUME(kw.rename);
    return this.OR<ast.Rename>([
      {
        ALT: () => {
          this.CONSUME(kw.value);
          const part = valueOf(this.CONSUME(t.StringLiteral));
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME1(t.StringLiteral));
          return { kind: 'rename', objectType: 'enum value', name, containerType: 'type', part, newName, args: undefined, ifExists: false, behavior: 'restrict', offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.attribute);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME1(kw.to);
          const newName = valueOf(this.CONSUME1(t.ColId));
          const behavior = this.SUBRULE(this.dropBehavior);
          return { kind: 'rename', objectType: 'attribute', name, containerType: 'type', part, newName, args: undefined, ifExists: false, behavior, offset };
        },
      },
    ]);
  });

  readonly attributeAction = this.RULE('attributeAction', (): ast.AlterCompositeType['actions'][number] => {
    const offset = this.here();
    return this.OR<ast.AlterCompositeType['actions'][number]>([
      {
        ALT: () => {
          this.CONSUME(kw.add);
          this.CONSUME(kw.attribute);
          const attribute = this.SUBRULE(this.functionColumn);
          return { kind: 'addAttribute', attribute, behavior: this.SUBRULE(this.dropBehavior), offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.drop);
          this.CONSUME1(kw.attribute);
          const ifExists = this.SUBRULE(this.ifExists);
          const attribute = valueOf(this.CONSUME(t.ColId));
          return { kind: 'dropAttribute', attribute, ifExists, behavior: this.SUBRULE1(this.dropBehavior), offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.alter);
          this.CONSUME2(kw.attribute);
          const attribute = valueOf(this.CONSUME1(t.ColId));
          this.hasBoth(0, kw.set, kw.data);
          this.CONSUME(kw.type);
          const type = this.SUBRULE(this.typeName);
          const collation = this.SUBRULE(this.optionalCollation);
          return { kind: 'alterAttribute', attribute, type, collation, behavior: this.SUBRULE2(this.dropBehavior), offset };
        },
      },
    ]);
  });

  readonly alterDomain = this.RULE('alterDomain', (offset: number): ast.Statement => {
    this.CONSUME(kw.domain);
    const name = this.SUBRULE(this.qualifiedName);
    const start = this.here();
    const alter = (action: ast.AlterDomain['action']): ast.AlterDomain => ({ kind: 'alterDomain', name, action, offset });
    return this.OR<ast.Statement>([
      {
        GATE: () => this.secondIs(kw.constraint),
        ALT: () => {
          this.CONSUME(kw.rename);
          this.CONSUME(kw.constraint);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME1(t.ColId));
          return { kind: 'rename', objectType: 'domain constraint', name, containerType: 'domain', part, newName, args: undefined, ifExists: false, behavior: 'restrict', offset };
        },
      },
      { GATE: () => !this.nextIs(kw.set) || this.secondIs(kw.schema), ALT: () => this.SUBRULE(this.alterObject, { ARGS: ['domain', name, undefined, offset] }) },
      {
        ALT: () => {
          this.CONSUME(kw.set);
          return this.OR1<ast.Statement>([
            { ALT: () => (this.CONSUME(kw.default), alter({ kind: 'setDefault', expression: this.SUBRULE(this.expression), offset: start })) },
            { ALT: () => (this.CONSUME(kw.not), this.CONSUME(kw.null), alter({ kind: 'setNotNull', notNull: true, offset: start })) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.drop);
          return this.OR2<ast.Statement>([
            { ALT: () => (this.CONSUME1(kw.default), alter({ kind: 'setDefault', expression: undefined, offset: start })) },
            { ALT: () => (this.CONSUME1(kw.not), this.CONSUME1(kw.null), alter({ kind: 'setNotNull', notNull: false, offset: start })) },
            {
              ALT: () => {
                this.CONSUME1(kw.constraint);
                const ifExists = this.SUBRULE(this.ifExists);
                const constraint = valueOf(this.CONSUME2(t.ColId));
                return alter({ kind: 'dropDomainConstraint', name: constraint, ifExists, behavior: this.SUBRULE(this.dropBehavior), offset: start });
              },
            },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.add);
          const constraint = this.SUBRULE(this.columnConstraint);
          const notValid = this.option(3, () => (this.CONSUME2(kw.not), this.CONSUME(kw.valid), true)) ?? false;
          return this.ACTION(() => {
            const attributes = { ...constraint.attributes, notValid };
            return alter({ kind: 'addDomainConstraint', constraint: { ...constraint, attributes }, offset: start });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.validate);
          this.CONSUME2(kw.constraint);
          return alter({ kind: 'validateDomainConstraint', name: valueOf(this.CONSUME3(t.ColId)), offset: start });
        },
      },
    ]);
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

  // --------------------------------------------------------------------------------------------------- DROP and COMMENT

  /** The kinds of objects that are named by schema and name, and that exist here. */
  readonly objectKind = this.RULE('objectKind', (): ast.ObjectType =>
    this.OR<ast.ObjectType>([
      { ALT: () => (this.CONSUME(kw.table), 'table') },
      { ALT: () => (this.CONSUME(kw.view), 'view') },
      { ALT: () => (this.CONSUME(kw.materialized), this.CONSUME1(kw.view), 'materialized view') },
      { ALT: () => (this.CONSUME(kw.index), 'index') },
      { ALT: () => (this.CONSUME(kw.sequence), 'sequence') },
      { ALT: () => (this.CONSUME(kw.schema), 'schema') },
      { ALT: () => (this.CONSUME(kw.type), 'type') },
      { ALT: () => (this.CONSUME(kw.domain), 'domain') },
    ]),
  );
  readonly routineKind = this.RULE('routineKind', (): 'function' | 'procedure' | 'routine' =>
    this.OR<'function' | 'procedure' | 'routine'>([
      { ALT: () => (this.CONSUME(kw.function), 'function') },
      { ALT: () => (this.CONSUME(kw.procedure), 'procedure') },
      { ALT: () => (this.CONSUME(kw.routine), 'routine') },
    ]),
  );

  readonly dropStatement = this.RULE('dropStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.drop).startOffset;
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.objectKind);
          const concurrently = this.OPTION({ GATE: () => objectType === 'index', DEF: () => this.CONSUME(kw.concurrently) }) !== undefined;
          const ifExists = this.SUBRULE(this.ifExists);
          const names = this.SUBRULE(this.qualifiedNames);
          const behavior = this.SUBRULE(this.dropBehavior);
          return this.ACTION((): ast.Drop => ({ kind: 'drop', objectType, objects: names.map((name) => ({ name, args: undefined })), ifExists, concurrently, behavior, offset }));
        },
      },
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.routineKind);
          const ifExists = this.SUBRULE1(this.ifExists);
          const objects: ast.DroppedObject[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => objects.push(this.SUBRULE(this.functionReference)) });
          return { kind: 'drop', objectType, objects, ifExists, concurrently: false, behavior: this.SUBRULE1(this.dropBehavior), offset };
        },
      },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['DROP', offset] }) },
    ]);
  });

  /** name [(argument types)] */
  readonly functionReference = this.RULE('functionReference', (): ast.DroppedObject => {
    const name = this.SUBRULE(this.functionName);
    const args = this.OPTION(() => this.SUBRULE(this.functionParameters, { ARGS: [false] }));
    return { name, args };
  });

  readonly commentStatement = this.RULE('commentStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.comment).startOffset;
    this.CONSUME(kw.on);
    type Target = Pick<ast.Comment, 'objectType' | 'name' | 'part' | 'args'>;
    let complete: (() => Target) | undefined;
    const unsupported = this.OR<ast.UnsupportedStatement | undefined>([
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.objectKind);
          const name = this.SUBRULE(this.qualifiedName);
          complete = () => ({ objectType, name, part: undefined, args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.column);
          const start = this.here();
          const path = this.SUBRULE(this.columnPath);
          complete = () => ({ objectType: 'column', ...columnOf(path, start), args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.constraint);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME1(kw.on);
          const isDomain = this.OPTION({ GATE: () => t.belongsTo(this.LA(2).tokenType, t.ColId), DEF: () => this.CONSUME(kw.domain) }) !== undefined;
          const name = this.SUBRULE1(this.qualifiedName);
          complete = () => ({ objectType: isDomain ? 'domain constraint' : 'constraint', name, part, args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.routineKind);
          const { name, args } = this.SUBRULE(this.functionReference);
          complete = () => ({ objectType, name, part: undefined, args });
          return undefined;
        },
      },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['COMMENT ON', offset] }) },
    ]);
    // An unsupported object has taken the rest of the statement already.
    const text = this.OPTION1(() => {
      this.CONSUME(kw.is);
      return this.OR1<{ value: string | undefined }>([
        { ALT: () => ({ value: valueOf(this.CONSUME(t.StringLiteral)) }) },
        { ALT: () => { this.CONSUME(kw.null); return { value: undefined }; } },
      ]);
    });
    return this.ACTION((): ast.Statement => {
      if (complete === undefined) return unsupported!;
      if (text === undefined) this.fail(this.LA(1));
      return { kind: 'comment', ...complete(), text: text.value, offset };
    });
  });

  /** table.column, schema.table.column, in parts. */
  readonly columnPath = this.RULE('columnPath', (): string[] => {
    const parts = [valueOf(this.CONSUME(t.ColId))];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      parts.push(valueOf(this.CONSUME(t.ColLabel)));
    });
    return parts;
  });

  // ------------------------------------------------------------------------------------------------------------ settings

  /** name, name.part */
  readonly variableName = this.RULE('variableName', (): string => {
    let name = valueOf(this.CONSUME(t.ColId));
    this.MANY(() => {
      this.CONSUME(t.Dot);
      name += `.${valueOf(this.CONSUME1(t.ColId))}`;
    });
    return name;
  });

  /** What follows SET [LOCAL | SESSION], other than transaction modes. */
  readonly settingRest = this.RULE('settingRest', (scope: 'session' | 'local', mayBeCurrent: boolean, offset: number): ast.SetVariable => {
    const make = (name: string, values: readonly ast.SettingValue[] | undefined, fromCurrent = false): ast.SetVariable => ({ kind: 'setVariable', scope, name, values, fromCurrent, offset });
    const text = (): ast.SettingValue => {
      const token = this.CONSUME(t.StringLiteral);
      return { kind: 'string', value: valueOf(token), offset: token.startOffset };
    };
    return this.OR<ast.SetVariable>([
      { GATE: () => this.secondIs(kw.zone), ALT: () => (this.CONSUME(kw.time), this.CONSUME(kw.zone), make('timezone', this.SUBRULE(this.timeZoneValue))) },
      { GATE: () => this.secondIs(t.StringLiteral), ALT: () => (this.CONSUME(kw.schema), make('search_path', [text()])) },
      { GATE: () => this.secondIs(t.StringLiteral), ALT: () => (this.CONSUME(kw.catalog), make('catalog', [text()])) },
      {
        GATE: () => !this.isAssignment(),
        ALT: () => {
          this.CONSUME(kw.names);
          const values = this.OPTION(() =>
            this.OR1<ast.SettingValue[] | undefined>([{ ALT: () => [text()] }, { ALT: () => { this.CONSUME(kw.default); return undefined; } }]),
          );
          return make('client_encoding', values);
        },
      },
      { GATE: () => !this.isAssignment(), ALT: () => (this.CONSUME(kw.role), make('role', [this.SUBRULE(this.wordOrString)])) },
      {
        GATE: () => this.secondIs(kw.authorization),
        ALT: () => {
          this.CONSUME(kw.session);
          this.CONSUME(kw.authorization);
          const values = this.OR2<ast.SettingValue[] | undefined>([{ ALT: () => [this.SUBRULE1(this.wordOrString)] }, { ALT: () => { this.CONSUME1(kw.default); return undefined; } }]);
          return make('session_authorization', values);
        },
      },
      {
        GATE: () => this.secondIs(kw.option),
        ALT: () => {
          this.CONSUME(kw.xml);
          this.CONSUME(kw.option);
          const token = this.OR3([{ ALT: () => this.CONSUME(kw.document) }, { ALT: () => this.CONSUME(kw.content) }]);
          return make('xmloption', [{ kind: 'word', value: valueOf(token), offset: token.startOffset }]);
        },
      },
      {
        ALT: () => {
          const name = this.SUBRULE(this.variableName);
          return this.OR4<ast.SetVariable>([
            { GATE: () => mayBeCurrent, ALT: () => (this.CONSUME(kw.from), this.CONSUME(kw.current), make(name, undefined, true)) },
            {
              ALT: () => {
                this.OR5([{ ALT: () => this.CONSUME(kw.to) }, { ALT: () => this.CONSUME(t.Equals) }]);
                const values = this.OR6<ast.SettingValue[] | undefined>([
                  { ALT: () => { this.CONSUME2(kw.default); return undefined; } },
                  {
                    ALT: () => {
                      const list: ast.SettingValue[] = [];
                      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.settingValue)) });
                      return list;
                    },
                  },
                ]);
                return make(name, values);
              },
            },
          ]);
        },
      },
    ]);
  });

  /** Whether the next word is a variable that is being assigned to, whatever else it might begin. */
  protected isAssignment(): boolean {
    return this.secondIs(kw.to) || this.secondIs(t.Equals) || this.secondIs(t.Dot);
  }

  readonly wordOrString = this.RULE('wordOrString', (): ast.SettingValue =>
    this.OR<ast.SettingValue>([
      { ALT: () => { const token = this.CONSUME(t.NonReservedWord); return { kind: 'word', value: valueOf(token), offset: token.startOffset }; } },
      { ALT: () => { const token = this.CONSUME(t.StringLiteral); return { kind: 'string', value: valueOf(token), offset: token.startOffset }; } },
    ]),
  );

  /** A word (TRUE, FALSE and ON are words here), a string or a number. */
  readonly settingValue = this.RULE('settingValue', (): ast.SettingValue => {
    const offset = this.here();
    return this.OR<ast.SettingValue>([
      { ALT: () => this.SUBRULE(this.wordOrString) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.true)), offset }) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.false)), offset }) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.on)), offset }) },
      { ALT: () => ({ kind: 'number', text: this.SUBRULE(this.signedNumber), offset }) },
    ]);
  });

  /** Of SET TIME ZONE; undefined for DEFAULT and LOCAL. */
  readonly timeZoneValue = this.RULE('timeZoneValue', (): ast.SettingValue[] | undefined => {
    const offset = this.here();
    return this.OR<ast.SettingValue[] | undefined>([
      { ALT: () => { this.CONSUME(kw.default); return undefined; } },
      { ALT: () => { this.CONSUME(kw.local); return undefined; } },
      { ALT: () => [{ kind: 'string', value: valueOf(this.CONSUME(t.StringLiteral)), offset }] },
      { ALT: () => [{ kind: 'word', value: valueOf(this.CONSUME(t.Identifier)), offset }] },
      { ALT: () => [{ kind: 'number', text: this.SUBRULE(this.signedNumber), offset }] },
      {
        GATE: () => this.nextIs(kw.interval),
        ALT: () => {
          const cast = this.SUBRULE(this.typedLiteral);
          return this.ACTION((): ast.SettingValue[] => [{ kind: 'interval', cast: cast as ast.Cast, offset }]);
        },
      },
    ]);
  });
}

/** What may begin a type besides a plain name, and the modes that may stand between a parameter's name and its type. */
const typeWords: ReadonlySet<TokenType> = new Set([
  kw.int, kw.integer, kw.smallint, kw.bigint, kw.real, kw.float, kw.decimal, kw.dec, kw.numeric, kw.boolean, kw.bit, kw.character, kw.char, kw.varchar,
  kw.national, kw.nchar, kw.time, kw.timestamp, kw.interval, kw.setof, kw.in, kw.out, kw.inout, kw.variadic,
]);

/** The table and the column of a path. */
function columnOf(parts: readonly string[], offset: number): { name: ast.QualifiedName; part: string } {
  const n = parts.length;
  if (n < 2) throw new DbError('42601', 'column name must be qualified', { offset });
  if (n > 4) throw new DbError('42601', `improper qualified name (too many dotted names): ${parts.join('.')}`, { offset });
  return { name: { catalog: n > 3 ? parts[n - 4] : undefined, schema: n > 2 ? parts[n - 3] : undefined, name: parts[n - 2]!, offset }, part: parts[n - 1]! };
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
