/** CREATE TABLE with columns and constraints, CREATE TABLE AS, CREATE INDEX, and the options of sequences. */
import { type IToken } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { ModifyGrammar } from './grammar-modify.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

const noAttributes: ast.ConstraintAttributes = { deferrable: false, initiallyDeferred: false, notValid: false, noInherit: false };

/** Where and how a table is kept: what follows its columns. */
interface TableSuffix {
  readonly accessMethod: string | undefined;
  readonly options: ast.DefinitionOption[];
  readonly onCommit: ast.CreateTable['onCommit'];
  readonly tablespace: string | undefined;
}

/** Deferral and validity as they were written, before they are judged. */
interface WrittenAttributes {
  deferrable: boolean | undefined;
  initiallyDeferred: boolean | undefined;
  notValid: boolean;
  noInherit: boolean;
}

export class TableGrammar extends ModifyGrammar {
  /** From the name on, after CREATE [TEMP] TABLE. */
  readonly createTable = this.RULE('createTable', (persistence: ast.Persistence, offset: number): ast.Statement => {
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.qualifiedName);
    return this.OR<ast.Statement>([
      {
        // `(a, b)` and `(a)` are names of the columns of CREATE TABLE AS: a column's definition has its type.
        GATE: () => !this.nextIs(t.LParenOther) || (t.belongsTo(this.LA(2).tokenType, t.ColId) && (this.LA(3).tokenType === t.Comma || this.LA(3).tokenType === t.RParen)),
        ALT: () => this.SUBRULE(this.createTableAs, { ARGS: [name, persistence, ifNotExists, offset] }),
      },
      { ALT: () => this.SUBRULE(this.tableDefinition, { ARGS: [name, persistence, ifNotExists, offset] }) },
      {
        ALT: () => {
          const unsupported = this.OR1([{ ALT: () => (this.CONSUME(kw.of), 'CREATE TABLE OF type') }, { ALT: () => (this.CONSUME(kw.partition), 'CREATE TABLE PARTITION OF') }]);
          this.SUBRULE(this.skipRest);
          return {
            kind: 'createTable', name, persistence, ifNotExists, elements: [], options: [], onCommit: undefined, accessMethod: undefined, tablespace: undefined, unsupported, offset,
          };
        },
      },
    ]);
  });

  /** All that is left of a statement that is refused anyway. */
  readonly skipRest = this.RULE('skipRest', (): void => {
    this.MANY(() => this.CONSUME(t.AnyToken));
  });

  readonly tableDefinition = this.RULE('tableDefinition', (name: ast.QualifiedName, persistence: ast.Persistence, ifNotExists: boolean, offset: number): ast.CreateTable => {
    const elements: ast.TableElement[] = [];
    let unsupported: string | undefined;
    this.CONSUME(t.LParenOther);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.tableElement)) });
    this.CONSUME(t.RParen);
    this.OPTION(() => {
      this.CONSUME(kw.inherits);
      this.CONSUME1(t.LParen);
      this.SUBRULE(this.qualifiedNames);
      this.CONSUME1(t.RParen);
      unsupported = 'CREATE TABLE INHERITS';
    });
    this.OPTION1(() => {
      this.CONSUME(kw.partition);
      this.CONSUME(kw.by);
      this.CONSUME(t.ColId);
      this.SUBRULE(this.indexElements);
      unsupported = 'CREATE TABLE PARTITION BY';
    });
    const suffix = this.SUBRULE(this.tableSuffix);
    return { kind: 'createTable', name, persistence, ifNotExists, elements, ...suffix, unsupported, offset };
  });

  readonly tableSuffix = this.RULE('tableSuffix', (): TableSuffix => {
    const accessMethod = this.OPTION(() => (this.CONSUME(kw.using), valueOf(this.CONSUME(t.ColId))));
    const options =
      this.OPTION1(() =>
        this.OR([
          { ALT: () => (this.CONSUME(kw.with), this.SUBRULE(this.definitionOptions)) },
          { ALT: () => { this.CONSUME(kw.without); this.CONSUME(kw.oids); return []; } },
        ]),
      ) ?? [];
    const onCommit = this.OPTION2(() => {
      this.CONSUME(kw.on);
      this.CONSUME(kw.commit);
      return this.OR1<'preserve rows' | 'delete rows' | 'drop'>([
        { ALT: () => (this.CONSUME(kw.preserve), this.CONSUME(kw.rows), 'preserve rows') },
        { ALT: () => (this.CONSUME(kw.delete), this.CONSUME1(kw.rows), 'delete rows') },
        { ALT: () => (this.CONSUME(kw.drop), 'drop') },
      ]);
    });
    const tablespace = this.OPTION3(() => this.SUBRULE(this.tablespaceName));
    return { accessMethod, options, onCommit, tablespace };
  });

  readonly tablespaceName = this.RULE('tablespaceName', (): string => {
    this.CONSUME(kw.tablespace);
    return valueOf(this.CONSUME(t.ColId));
  });

  readonly createTableAs = this.RULE('createTableAs', (name: ast.QualifiedName, persistence: ast.Persistence, ifNotExists: boolean, offset: number): ast.CreateTableAs => {
    const columns = this.SUBRULE(this.optionalColumnList);
    const suffix = this.SUBRULE(this.tableSuffix);
    this.CONSUME(kw.as);
    const query = this.OR<ast.Query | ast.Execute>([{ ALT: () => this.SUBRULE(this.query) }, { ALT: () => this.SUBRULE(this.execute) }]);
    return { kind: 'createTableAs', name, persistence, ifNotExists, columns, ...suffix, query, withData: this.SUBRULE(this.withData), offset };
  });

  /** EXECUTE name [(args)] */
  readonly execute = this.RULE('execute', (): ast.Execute => {
    const offset = this.CONSUME(kw.execute).startOffset;
    const name = valueOf(this.CONSUME(t.ColId));
    const args =
      this.OPTION(() => {
        this.CONSUME(t.LParen);
        const list = this.SUBRULE(this.expressionList);
        this.CONSUME(t.RParen);
        return list;
      }) ?? [];
    return { kind: 'execute', name, args, offset };
  });

  /** [WITH [NO] DATA] */
  readonly withData = this.RULE('withData', (): boolean =>
    this.OPTION(() => {
      this.CONSUME(kw.with);
      const isEmpty = this.has(1, kw.no);
      this.CONSUME(kw.data);
      return !isEmpty;
    }) ?? true,
  );

  readonly tableElement = this.RULE('tableElement', (): ast.TableElement =>
    this.OR<ast.TableElement>([
      { GATE: () => this.isTableConstraint(), ALT: () => this.SUBRULE(this.tableConstraint) },
      { ALT: () => this.SUBRULE(this.likeClause) },
      { ALT: () => this.SUBRULE(this.columnDefinition) },
    ]),
  );

  /** EXCLUDE is not reserved, so it may be a column. */
  protected isTableConstraint(): boolean {
    return !this.nextIs(kw.exclude) || this.secondIsParenthesis() || this.secondIs(kw.using);
  }

  readonly likeClause = this.RULE('likeClause', (): ast.LikeClause => {
    const offset = this.CONSUME(kw.like).startOffset;
    const table = this.SUBRULE(this.qualifiedName);
    const options: { including: boolean; feature: ast.LikeFeature }[] = [];
    this.MANY(() => {
      const including = this.OR([{ ALT: () => (this.CONSUME(kw.including), true) }, { ALT: () => (this.CONSUME(kw.excluding), false) }]);
      const feature = this.OR1([
        { ALT: () => this.CONSUME(kw.comments) },
        { ALT: () => this.CONSUME(kw.compression) },
        { ALT: () => this.CONSUME(kw.constraints) },
        { ALT: () => this.CONSUME(kw.defaults) },
        { ALT: () => this.CONSUME(kw.generated) },
        { ALT: () => this.CONSUME(kw.identity) },
        { ALT: () => this.CONSUME(kw.indexes) },
        { ALT: () => this.CONSUME(kw.statistics) },
        { ALT: () => this.CONSUME(kw.storage) },
        { ALT: () => this.CONSUME(kw.all) },
      ]);
      options.push({ including, feature: valueOf(feature) as ast.LikeFeature });
    });
    return { kind: 'likeTable', table, options, offset };
  });

  // ------------------------------------------------------------------------------------------------------------ columns

  readonly columnDefinition = this.RULE('columnDefinition', (): ast.ColumnDefinition => {
    const name = this.CONSUME(t.ColId);
    const type = this.SUBRULE(this.typeName);
    const compression = this.OPTION(() => {
      this.CONSUME(kw.compression);
      return this.OR([{ ALT: () => valueOf(this.CONSUME1(t.ColId)) }, { ALT: () => valueOf(this.CONSUME(kw.default)) }]);
    });
    const { collation, constraints } = this.SUBRULE(this.columnConstraints);
    return { kind: 'columnDefinition', name: valueOf(name), type, collation, compression, constraints, offset: name.startOffset };
  });

  /** The constraints of a column or domain, with COLLATE among them and deferral clauses folded into what they follow. */
  readonly columnConstraints = this.RULE('columnConstraints', (): { collation: ast.QualifiedName | undefined; constraints: ast.ColumnConstraint[] } => {
    let collation: ast.QualifiedName | undefined;
    const constraints: ast.ColumnConstraint[] = [];
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(kw.collate);
            const name = this.SUBRULE(this.qualifiedName);
            this.ACTION(() => {
              if (collation !== undefined) throw new DbError('42601', 'multiple COLLATE clauses not allowed', { offset: token.startOffset });
              collation = name;
            });
          },
        },
        { GATE: () => !this.isDeferral(), ALT: () => { constraints.push(this.SUBRULE(this.columnConstraint)); } },
        {
          ALT: () => {
            const token = this.LA(1);
            const written = emptyAttributes();
            this.SUBRULE(this.constraintAttribute, { ARGS: [written, false] });
            this.ACTION(() => foldDeferral(constraints, written, token));
          },
        },
      ]),
    );
    return { collation, constraints };
  });

  protected isDeferral(): boolean {
    return this.nextIs(kw.deferrable) || this.nextIs(kw.initially) || (this.nextIs(kw.not) && this.secondIs(kw.deferrable));
  }

  readonly columnConstraint = this.RULE('columnConstraint', (): ast.ColumnConstraint => {
    const offset = this.here();
    const name = this.OPTION(() => (this.CONSUME(kw.constraint), valueOf(this.CONSUME(t.ColId))));
    const attributes = noAttributes;
    return this.OR<ast.ColumnConstraint>([
      { ALT: () => (this.CONSUME(kw.not), this.CONSUME(kw.null), { kind: 'notNull', name, attributes, offset }) },
      { ALT: () => (this.CONSUME1(kw.null), { kind: 'nullable', name, attributes, offset }) },
      { ALT: () => (this.CONSUME(kw.default), { kind: 'default', name, attributes, expression: this.SUBRULE(this.expression, { ARGS: [true] }), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.unique);
          const nullsNotDistinct = this.SUBRULE(this.nullsNotDistinct);
          const parameters = this.SUBRULE(this.indexParameters, { ARGS: [false] });
          return { kind: 'unique', name, attributes, nullsNotDistinct, parameters, offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.primary);
          this.CONSUME(kw.key);
          return { kind: 'primaryKey', name, attributes, nullsNotDistinct: false, parameters: this.SUBRULE1(this.indexParameters, { ARGS: [false] }), offset };
        },
      },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.checkClause);
          const noInherit = this.hasBoth(1, kw.no, kw.inherit);
          return { kind: 'check', name, attributes: noInherit ? { ...noAttributes, noInherit } : attributes, expression, offset };
        },
      },
      { ALT: () => ({ kind: 'references', name, attributes, references: this.SUBRULE(this.references), offset }) },
      { ALT: () => this.SUBRULE(this.generatedConstraint, { ARGS: [name, offset] }) },
    ]);
  });

  readonly generatedConstraint = this.RULE('generatedConstraint', (name: string | undefined, offset: number): ast.ColumnConstraint => {
    this.CONSUME(kw.generated);
    const token = this.LA(1);
    const always = this.SUBRULE(this.generatedWhen);
    this.CONSUME(kw.as);
    return this.OR<ast.ColumnConstraint>([
      {
        ALT: () => {
          this.CONSUME(kw.identity);
          const options = this.OPTION(() => this.SUBRULE(this.parenthesizedSequenceOptions)) ?? [];
          return { kind: 'identity', name, attributes: noAttributes, always, options, offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          const expression = this.SUBRULE(this.expression);
          this.CONSUME(t.RParen);
          this.CONSUME(kw.stored);
          this.ACTION(() => {
            if (!always) throw new DbError('42601', 'for a generated column, GENERATED ALWAYS must be specified', { offset: token.startOffset });
          });
          return { kind: 'generated', name, attributes: noAttributes, expression, offset };
        },
      },
    ]);
  });

  /** ALWAYS, or BY DEFAULT. */
  readonly generatedWhen = this.RULE('generatedWhen', (): boolean =>
    this.OR([{ ALT: () => (this.CONSUME(kw.always), true) }, { ALT: () => (this.CONSUME(kw.by), this.CONSUME(kw.default), false) }]),
  );

  readonly checkClause = this.RULE('checkClause', (): ast.Expression => {
    this.CONSUME(kw.check);
    this.CONSUME(t.LParen);
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(t.RParen);
    return expression;
  });

  /** [NULLS [NOT] DISTINCT] */
  readonly nullsNotDistinct = this.RULE('nullsNotDistinct', (): boolean =>
    this.OPTION(() => {
      this.CONSUME(kw.nulls);
      const isNot = this.has(1, kw.not);
      this.CONSUME(kw.distinct);
      return isNot;
    }) ?? false,
  );

  /** [INCLUDE (columns)] [WITH (options)] [USING INDEX TABLESPACE name] */
  readonly indexParameters = this.RULE('indexParameters', (mayInclude: boolean): ast.IndexParameters => {
    const include = this.OPTION({ GATE: () => mayInclude, DEF: () => (this.CONSUME(kw.include), this.SUBRULE(this.columnList)) }) ?? [];
    const options = this.SUBRULE(this.withOptions);
    const tablespace = this.OPTION1(() => {
      this.CONSUME(kw.using);
      this.CONSUME(kw.index);
      return this.SUBRULE(this.tablespaceName);
    });
    return { include, options, tablespace };
  });

  /** REFERENCES table [(columns)] [MATCH ...] [ON DELETE ...] [ON UPDATE ...] */
  readonly references = this.RULE('references', (): ast.References => {
    const offset = this.CONSUME(kw.references).startOffset;
    const table = this.SUBRULE(this.qualifiedName);
    const columns = this.SUBRULE(this.optionalColumnList);
    const match =
      this.OPTION(() => {
        this.CONSUME(kw.match);
        return this.OR<ast.References['match']>([
          { ALT: () => (this.CONSUME(kw.simple), 'simple') },
          { ALT: () => (this.CONSUME(kw.full), 'full') },
          { ALT: () => (this.CONSUME(kw.partial), 'partial') },
        ]);
      }) ?? 'simple';
    let onDelete: ast.ReferentialAction | undefined;
    let onUpdate: ast.ReferentialAction | undefined;
    let onDeleteColumns: ast.Identifier[] = [];
    this.MANY(() => {
      const on = this.CONSUME(kw.on);
      const token = this.LA(1);
      const isDelete = this.OR1([{ ALT: () => (this.CONSUME(kw.delete), true) }, { ALT: () => (this.CONSUME(kw.update), false) }]);
      const { action, columns: only } = this.SUBRULE(this.referentialAction);
      this.ACTION(() => {
        // Each at most once.
        if ((isDelete ? onDelete : onUpdate) !== undefined) this.fail(token);
        if (isDelete) {
          onDelete = action;
          onDeleteColumns = only;
        } else {
          if (only.length > 0) throw new DbError('0A000', `a column list with ${action.toUpperCase()} is only supported for ON DELETE actions`, { offset: on.startOffset });
          onUpdate = action;
        }
      });
    });
    return { table, columns, match, onDelete: onDelete ?? 'no action', onUpdate: onUpdate ?? 'no action', onDeleteColumns, offset };
  });

  readonly referentialAction = this.RULE('referentialAction', (): { action: ast.ReferentialAction; columns: ast.Identifier[] } => {
    let columns: ast.Identifier[] = [];
    const action = this.OR<ast.ReferentialAction>([
      { ALT: () => (this.CONSUME(kw.no), this.CONSUME(kw.action), 'no action') },
      { ALT: () => (this.CONSUME(kw.restrict), 'restrict') },
      { ALT: () => (this.CONSUME(kw.cascade), 'cascade') },
      {
        ALT: () => {
          this.CONSUME(kw.set);
          const set = this.OR1<ast.ReferentialAction>([{ ALT: () => (this.CONSUME(kw.null), 'set null') }, { ALT: () => (this.CONSUME(kw.default), 'set default') }]);
          columns = this.SUBRULE(this.optionalColumnList);
          return set;
        },
      },
    ]);
    return { action, columns };
  });

  // -------------------------------------------------------------------------------------------------- table constraints

  readonly tableConstraint = this.RULE('tableConstraint', (): ast.TableConstraint => {
    const offset = this.here();
    const name = this.OPTION(() => (this.CONSUME(kw.constraint), valueOf(this.CONSUME(t.ColId))));
    return this.OR<ast.TableConstraint>([
      {
        ALT: () => {
          const expression = this.SUBRULE(this.checkClause);
          const attributes = this.SUBRULE(this.constraintAttributes, { ARGS: ['CHECK'] });
          return { kind: 'checkConstraint', name, expression, attributes, offset };
        },
      },
      { ALT: () => this.SUBRULE(this.keyConstraint, { ARGS: [name, offset] }) },
      {
        ALT: () => {
          this.CONSUME(kw.foreign);
          this.CONSUME(kw.key);
          const columns = this.SUBRULE(this.columnList);
          const references = this.SUBRULE(this.references);
          const attributes = this.SUBRULE1(this.constraintAttributes, { ARGS: ['FOREIGN KEY'] });
          return { kind: 'foreignKeyConstraint', name, columns, references, attributes, offset };
        },
      },
      { ALT: () => this.SUBRULE(this.excludeConstraint, { ARGS: [name, offset] }) },
    ]);
  });

  /** PRIMARY KEY or UNIQUE with its columns, or USING INDEX. */
  readonly keyConstraint = this.RULE('keyConstraint', (name: string | undefined, offset: number): ast.TableConstraint => {
    let nullsNotDistinct = false;
    const isPrimary = this.OR([
      { ALT: () => (this.CONSUME(kw.primary), this.CONSUME(kw.key), true) },
      { ALT: () => { this.CONSUME(kw.unique); nullsNotDistinct = this.SUBRULE(this.nullsNotDistinct); return false; } },
    ]);
    let columns: ast.Identifier[] = [];
    let parameters: ast.IndexParameters = { include: [], options: [], tablespace: undefined };
    let usingIndex: string | undefined;
    this.OR1([
      {
        ALT: () => {
          columns = this.SUBRULE(this.columnList);
          parameters = this.SUBRULE(this.indexParameters, { ARGS: [true] });
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.using);
          this.CONSUME(kw.index);
          usingIndex = valueOf(this.CONSUME(t.ColId));
        },
      },
    ]);
    const attributes = this.SUBRULE(this.constraintAttributes, { ARGS: [isPrimary ? 'PRIMARY KEY' : 'UNIQUE'] });
    return { kind: 'keyConstraint', name, isPrimary, columns, nullsNotDistinct, parameters, usingIndex, attributes, offset };
  });

  /** EXCLUDE [USING method] (element WITH operator, ...) [index parameters] [WHERE (predicate)] */
  readonly excludeConstraint = this.RULE('excludeConstraint', (name: string | undefined, offset: number): ast.TableConstraint => {
    this.CONSUME(kw.exclude);
    const method = this.OPTION(() => (this.CONSUME(kw.using), valueOf(this.CONSUME(t.ColId))));
    const elements: { element: ast.IndexElement; operator: ast.OperatorName }[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const element = this.SUBRULE(this.indexElement);
        this.CONSUME(kw.with);
        elements.push({ element, operator: this.SUBRULE(this.operatorName) });
      },
    });
    this.CONSUME(t.RParen);
    const parameters = this.SUBRULE(this.indexParameters, { ARGS: [true] });
    const where = this.OPTION1(() => {
      this.CONSUME(kw.where);
      this.CONSUME1(t.LParen);
      const predicate = this.SUBRULE(this.expression);
      this.CONSUME1(t.RParen);
      return predicate;
    });
    const attributes = this.SUBRULE(this.constraintAttributes, { ARGS: ['EXCLUDE'] });
    return { kind: 'excludeConstraint', name, method, elements, parameters, where, attributes, offset };
  });

  /** What may follow a constraint of a table. `constraint` names its kind, for errors. */
  readonly constraintAttributes = this.RULE('constraintAttributes', (constraint: string): ast.ConstraintAttributes => {
    const written = emptyAttributes();
    const offset = this.here();
    this.MANY(() => this.SUBRULE(this.constraintAttribute, { ARGS: [written, true] }));
    return this.ACTION(() => judgeAttributes(written, constraint, offset));
  });

  /** One of [NOT] DEFERRABLE, INITIALLY DEFERRED | IMMEDIATE and, where `isTable`, NOT VALID, NO INHERIT. */
  readonly constraintAttribute = this.RULE('constraintAttribute', (written: WrittenAttributes, isTable: boolean): void => {
    const token = this.LA(1);
    const set = (field: 'deferrable' | 'initiallyDeferred', value: boolean): void => {
      if (this.RECORDING_PHASE) return;
      if (written[field] !== undefined && written[field] !== value) throw conflictingAttributes(token.startOffset);
      written[field] = value;
      if (written.initiallyDeferred === true && written.deferrable === false) {
        throw new DbError('42601', 'constraint declared INITIALLY DEFERRED must be DEFERRABLE', { offset: token.startOffset });
      }
    };
    this.OR([
      { ALT: () => { this.CONSUME(kw.deferrable); set('deferrable', true); } },
      {
        ALT: () => {
          this.CONSUME(kw.initially);
          const deferred = this.OR1([{ ALT: () => (this.CONSUME(kw.deferred), true) }, { ALT: () => (this.CONSUME(kw.immediate), false) }]);
          set('initiallyDeferred', deferred);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.not);
          this.OR2([
            { ALT: () => { this.CONSUME1(kw.deferrable); set('deferrable', false); } },
            { GATE: () => isTable, ALT: () => { this.CONSUME(kw.valid); if (!this.RECORDING_PHASE) written.notValid = true; } },
          ]);
        },
      },
      {
        GATE: () => isTable,
        ALT: () => {
          this.CONSUME(kw.no);
          this.CONSUME(kw.inherit);
          if (!this.RECORDING_PHASE) written.noInherit = true;
        },
      },
    ]);
  });

  // ------------------------------------------------------------------------------------------------------------ indexes

  /** From INDEX on, after CREATE [UNIQUE]. */
  readonly createIndex = this.RULE('createIndex', (isUnique: boolean, offset: number): ast.CreateIndex => {
    this.CONSUME(kw.index);
    const concurrently = this.has(0, kw.concurrently);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.OPTION1(() => valueOf(this.CONSUME(t.ColId)));
    const on = this.CONSUME(kw.on);
    this.ACTION(() => {
      if (ifNotExists && name === undefined) this.fail(on);
    });
    const { name: table, only } = this.SUBRULE(this.relation);
    const method = this.OPTION2(() => (this.CONSUME(kw.using), valueOf(this.CONSUME1(t.ColId))));
    const elements = this.SUBRULE(this.indexElements);
    const include = this.OPTION3(() => (this.CONSUME(kw.include), this.SUBRULE1(this.indexElements))) ?? [];
    const nullsNotDistinct = this.SUBRULE(this.nullsNotDistinct);
    const options = this.SUBRULE(this.withOptions);
    const tablespace = this.OPTION4(() => this.SUBRULE(this.tablespaceName));
    const where = this.SUBRULE(this.whereClause);
    return { kind: 'createIndex', name, isUnique, concurrently, ifNotExists, table, only, method, elements, include, nullsNotDistinct, options, tablespace, where, offset };
  });

  // ---------------------------------------------------------------------------------------------------------- sequences

  readonly sequenceOptions = this.RULE('sequenceOptions', (): ast.SequenceOption[] => {
    const options: ast.SequenceOption[] = [];
    this.MANY(() => options.push(this.SUBRULE(this.sequenceOption)));
    return options;
  });
  readonly parenthesizedSequenceOptions = this.RULE('parenthesizedSequenceOptions', (): ast.SequenceOption[] => {
    const options: ast.SequenceOption[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE(() => options.push(this.SUBRULE(this.sequenceOption)));
    this.CONSUME(t.RParen);
    return options;
  });

  readonly sequenceOption = this.RULE('sequenceOption', (): ast.SequenceOption => {
    const offset = this.here();
    return this.OR<ast.SequenceOption>([
      {
        ALT: () => {
          this.CONSUME(kw.as);
          const type = this.SUBRULE(this.simpleType);
          return { kind: 'as', type: { kind: 'typeName', ...type, arrayBounds: [], isSetOf: false, isColumnType: false, offset }, offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.cache), { kind: 'cache', value: this.SUBRULE(this.signedNumber), offset }) },
      { ALT: () => (this.CONSUME(kw.cycle), { kind: 'cycle', value: true, offset }) },
      { ALT: () => (this.CONSUME(kw.increment), this.has(0, kw.by), { kind: 'increment', value: this.SUBRULE1(this.signedNumber), offset }) },
      { ALT: () => (this.CONSUME(kw.maxvalue), { kind: 'maxValue', value: this.SUBRULE2(this.signedNumber), offset }) },
      { ALT: () => (this.CONSUME(kw.minvalue), { kind: 'minValue', value: this.SUBRULE3(this.signedNumber), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.no);
          return this.OR1<ast.SequenceOption>([
            { ALT: () => (this.CONSUME1(kw.maxvalue), { kind: 'maxValue', value: undefined, offset }) },
            { ALT: () => (this.CONSUME1(kw.minvalue), { kind: 'minValue', value: undefined, offset }) },
            { ALT: () => (this.CONSUME1(kw.cycle), { kind: 'cycle', value: false, offset }) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.owned);
          this.CONSUME1(kw.by);
          const column = [valueOf(this.CONSUME(t.ColId))];
          this.MANY(() => {
            this.CONSUME(t.Dot);
            column.push(valueOf(this.CONSUME(t.ColLabel)));
          });
          return { kind: 'ownedBy', column: column.length === 1 && column[0] === 'none' ? [] : column, offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.sequence), this.CONSUME(kw.name), { kind: 'sequenceName', name: this.SUBRULE(this.qualifiedName), offset }) },
      { ALT: () => (this.CONSUME(kw.start), this.has(1, kw.with), { kind: 'start', value: this.SUBRULE4(this.signedNumber), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.restart);
          const value = this.OPTION2(() => (this.has(3, kw.with), this.SUBRULE5(this.signedNumber)));
          return { kind: 'restart', value, offset };
        },
      },
    ]);
  });
}

function emptyAttributes(): WrittenAttributes {
  return { deferrable: undefined, initiallyDeferred: undefined, notValid: false, noInherit: false };
}

const conflictingAttributes = (offset: number): DbError => new DbError('42601', 'conflicting constraint properties', { offset });

/** The rules of gram.y (processCASbits) on what may be said about which kind of constraint. */
function judgeAttributes(written: WrittenAttributes, constraint: string, offset: number): ast.ConstraintAttributes {
  const initiallyDeferred = written.initiallyDeferred === true;
  const refuse = (what: string): DbError => new DbError('0A000', `${constraint} constraints cannot be marked ${what}`, { offset });
  const mayDefer = constraint !== 'CHECK';
  if ((written.deferrable === true || initiallyDeferred) && !mayDefer) throw refuse('DEFERRABLE');
  if (written.notValid && constraint !== 'CHECK' && constraint !== 'FOREIGN KEY') throw refuse('NOT VALID');
  if (written.noInherit && constraint !== 'CHECK') throw refuse('NO INHERIT');
  return { deferrable: written.deferrable === true || initiallyDeferred, initiallyDeferred, notValid: written.notValid, noInherit: written.noInherit };
}

/** Attaches a deferral clause to the column constraint before it, as PostgreSQL's transformConstraintAttrs does. */
function foldDeferral(constraints: ast.ColumnConstraint[], written: WrittenAttributes, token: IToken): void {
  const last = constraints[constraints.length - 1];
  const offset = token.startOffset;
  const isDeferrable = last !== undefined && (last.kind === 'primaryKey' || last.kind === 'unique' || last.kind === 'references');
  const clause = written.deferrable === true ? 'DEFERRABLE' : written.deferrable === false ? 'NOT DEFERRABLE' : written.initiallyDeferred === true ? 'INITIALLY DEFERRED' : 'INITIALLY IMMEDIATE';
  if (!isDeferrable) throw new DbError('42601', `misplaced ${clause} clause`, { offset });
  const said = saidOf.get(last) ?? emptyAttributes();
  if (written.deferrable !== undefined) {
    if (said.deferrable !== undefined) throw new DbError('42601', 'multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed', { offset });
    said.deferrable = written.deferrable;
  }
  if (written.initiallyDeferred !== undefined) {
    if (said.initiallyDeferred !== undefined) throw new DbError('42601', 'multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed', { offset });
    said.initiallyDeferred = written.initiallyDeferred;
  }
  if (said.deferrable === false && said.initiallyDeferred === true) throw new DbError('42601', 'constraint declared INITIALLY DEFERRED must be DEFERRABLE', { offset });
  const initiallyDeferred = said.initiallyDeferred === true;
  const folded: ast.ColumnConstraint = { ...last, attributes: { ...last.attributes, deferrable: said.deferrable === true || initiallyDeferred, initiallyDeferred } };
  constraints[constraints.length - 1] = folded;
  saidOf.set(folded, said);
}

/** What has been said about a constraint so far, while its column is being parsed. */
const saidOf = new WeakMap<ast.ColumnConstraint, WrittenAttributes>();
