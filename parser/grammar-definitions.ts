/** CREATE, ALTER, DROP and COMMENT for everything but tables, indexes and functions: views, sequences, schemas, types, domains. */
import type { TokenType } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { wordsFrom } from './grammar-alter-table.js';
import { FunctionGrammar } from './grammar-functions.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** First words of the kinds of object this product does not have. */
const unsupportedKinds: readonly TokenType[] = [
  kw.access, kw.aggregate, kw.assertion, kw.cast, kw.collation, kw.conversion, kw.database, kw.default, kw.event, kw.foreign, kw.group, kw.language,
  kw.large, kw.operator, kw.owned, kw.policy, kw.procedural, kw.publication, kw.role, kw.rule, kw.server, kw.statistics, kw.subscription, kw.system, kw.tablespace,
  kw.text, kw.transform, kw.trigger, kw.trusted, kw.user,
];
/** Kinds whose second word belongs to the name of the feature. */
const twoWordKinds: ReadonlySet<TokenType> = new Set([kw.access, kw.default, kw.event, kw.foreign, kw.large, kw.procedural, kw.text, kw.trusted]);

export class DefinitionGrammar extends FunctionGrammar {
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
      { GATE: plain, ALT: () => this.SUBRULE(this.createExtension, { ARGS: [offset] }) },
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

  readonly createExtension = this.RULE('createExtension', (offset: number): ast.CreateExtension => {
    this.CONSUME(kw.extension);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = valueOf(this.CONSUME(t.ColId));
    this.has(0, kw.with);
    let schema: string | undefined;
    let version: string | undefined;
    this.MANY(() =>
      this.OR([
        { ALT: () => (this.CONSUME(kw.schema), (schema = valueOf(this.CONSUME1(t.ColId)))) },
        { ALT: () => (this.CONSUME(kw.version), (version = this.SUBRULE(this.extensionVersion))) },
        { ALT: () => this.CONSUME(kw.cascade) },
      ]),
    );
    return { kind: 'createExtension', name, schema, version, ifNotExists, offset };
  });
  readonly extensionVersion = this.RULE('extensionVersion', (): string => valueOf(this.OR([{ ALT: () => this.CONSUME(t.StringLiteral) }, { ALT: () => this.CONSUME(t.ColId) }])));

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
}
