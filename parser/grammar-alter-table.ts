/** ALTER TABLE, and ALTER of indexes, views and sequences, which PostgreSQL treats alike. */
import type { IToken } from './chevrotain.js';
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { TableGrammar } from './grammar-tables.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** What SET may say about an identity column. */
const identityChangeWords = new Set([
  kw.generated, kw.as, kw.cache, kw.cycle, kw.increment, kw.maxvalue, kw.minvalue, kw.no, kw.owned, kw.sequence, kw.start, kw.restart,
]);

export class AlterTableGrammar extends TableGrammar {
  /** From [IF EXISTS] on, after ALTER and the kind of object. */
  readonly alterRelation = this.RULE('alterRelation', (objectType: ast.AlterTable['objectType'], offset: number): ast.Statement => {
    const ifExists = this.SUBRULE(this.ifExists);
    const { name, only } = this.SUBRULE(this.relation);
    return this.OR<ast.Statement>([
      { ALT: () => this.SUBRULE(this.renameRelation, { ARGS: [objectType, name, ifExists, offset] }) },
      {
        GATE: () => this.secondIs(kw.schema),
        ALT: () => {
          this.CONSUME(kw.set);
          this.CONSUME(kw.schema);
          return { kind: 'setSchema', objectType, name, args: undefined, schema: valueOf(this.CONSUME(t.ColId)), ifExists, offset };
        },
      },
      {
        GATE: () => objectType === 'sequence' && !this.nextIs(kw.set),
        ALT: () => {
          const options: ast.SequenceOption[] = [];
          this.AT_LEAST_ONE(() => options.push(this.SUBRULE(this.sequenceOption)));
          return { kind: 'alterSequence', name, ifExists, options, offset };
        },
      },
      {
        ALT: () => {
          const actions: ast.AlterTableAction[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => actions.push(this.SUBRULE(this.alterTableAction)) });
          return { kind: 'alterTable', objectType, name, ifExists, only, actions, offset };
        },
      },
    ]);
  });

  /** RENAME TO n, RENAME [COLUMN] a TO b, RENAME CONSTRAINT a TO b */
  readonly renameRelation = this.RULE('renameRelation', (objectType: ast.AlterTable['objectType'], name: ast.QualifiedName, ifExists: boolean, offset: number): ast.Rename => {
    this.CONSUME(kw.rename);
    const make = (what: ast.Rename['objectType'], part: string | undefined, newName: string): ast.Rename => ({
      kind: 'rename', objectType: what, name, containerType: part === undefined ? undefined : objectType, part, newName, args: undefined, ifExists, behavior: 'restrict', offset,
    });
    return this.OR<ast.Rename>([
      { ALT: () => (this.CONSUME(kw.to), make(objectType, undefined, valueOf(this.CONSUME(t.ColId)))) },
      {
        GATE: () => objectType === 'table',
        ALT: () => {
          this.CONSUME(kw.constraint);
          const part = valueOf(this.CONSUME1(t.ColId));
          this.CONSUME1(kw.to);
          return make('constraint', part, valueOf(this.CONSUME2(t.ColId)));
        },
      },
      {
        GATE: () => objectType !== 'index' && objectType !== 'sequence',
        ALT: () => {
          this.has(0, kw.column);
          const part = valueOf(this.CONSUME3(t.ColId));
          this.CONSUME2(kw.to);
          return make('column', part, valueOf(this.CONSUME4(t.ColId)));
        },
      },
    ]);
  });

  readonly alterTableAction = this.RULE('alterTableAction', (): ast.AlterTableAction => {
    const offset = this.here();
    return this.OR<ast.AlterTableAction>([
      { ALT: () => this.SUBRULE(this.addAction) },
      { ALT: () => this.SUBRULE(this.alterAction) },
      { ALT: () => this.SUBRULE(this.dropAction) },
      { ALT: () => this.SUBRULE(this.setAction) },
      {
        GATE: () => !this.secondIs(kw.row),
        ALT: () => (this.CONSUME(kw.validate), this.CONSUME(kw.constraint), { kind: 'validateConstraint', name: valueOf(this.CONSUME(t.ColId)), offset }),
      },
      { ALT: () => (this.CONSUME(kw.reset), { kind: 'setOptions', options: this.SUBRULE(this.definitionOptions), reset: true, offset }) },
      { ALT: () => (this.CONSUME(kw.cluster), this.CONSUME(kw.on), { kind: 'clusterOn', index: valueOf(this.CONSUME1(t.ColId)), offset }) },
      { ALT: () => (this.CONSUME(kw.owner), this.CONSUME(kw.to), { kind: 'ownerTo', role: this.SUBRULE(this.role), offset }) },
      { ALT: () => this.SUBRULE(this.unsupportedAction) },
    ]);
  });

  /** Triggers, rules, row security, inheritance, partitions, replication. */
  readonly unsupportedAction = this.RULE('unsupportedAction', (): ast.AlterTableAction => {
    const token = this.OR([
      { ALT: () => this.CONSUME(kw.enable) },
      { ALT: () => this.CONSUME(kw.disable) },
      { ALT: () => this.CONSUME(kw.inherit) },
      { ALT: () => this.CONSUME(kw.no) },
      { ALT: () => this.CONSUME(kw.of) },
      { ALT: () => this.CONSUME(kw.not) },
      { ALT: () => this.CONSUME(kw.replica) },
      { ALT: () => this.CONSUME(kw.force) },
      { ALT: () => this.CONSUME(kw.options) },
      { ALT: () => this.CONSUME(kw.attach) },
      { ALT: () => this.CONSUME(kw.detach) },
      { ALT: () => this.CONSUME(kw.depends) },
    ]);
    const feature = this.ACTION(() => `ALTER TABLE ${wordsFrom(token, this.LA(1))}`);
    this.SUBRULE(this.skipRest);
    return { kind: 'unsupportedAction', feature, offset: token.startOffset };
  });

  readonly addAction = this.RULE('addAction', (): ast.AlterTableAction => {
    const offset = this.CONSUME(kw.add).startOffset;
    return this.OR<ast.AlterTableAction>([
      { GATE: () => this.isTableConstraint(), ALT: () => ({ kind: 'addConstraint', constraint: this.SUBRULE(this.tableConstraint), offset }) },
      {
        ALT: () => {
          this.has(0, kw.column);
          const ifNotExists = this.SUBRULE(this.ifNotExists);
          return { kind: 'addColumn', column: this.SUBRULE(this.columnDefinition), ifNotExists, offset };
        },
      },
    ]);
  });

  readonly dropAction = this.RULE('dropAction', (): ast.AlterTableAction => {
    const offset = this.CONSUME(kw.drop).startOffset;
    return this.OR<ast.AlterTableAction>([
      {
        ALT: () => {
          this.CONSUME(kw.constraint);
          const ifExists = this.SUBRULE(this.ifExists);
          const name = valueOf(this.CONSUME(t.ColId));
          return { kind: 'dropConstraint', name, ifExists, behavior: this.SUBRULE(this.dropBehavior), offset };
        },
      },
      {
        ALT: () => {
          this.has(0, kw.column);
          const ifExists = this.SUBRULE1(this.ifExists);
          const column = valueOf(this.CONSUME1(t.ColId));
          return { kind: 'dropColumn', column, ifExists, behavior: this.SUBRULE1(this.dropBehavior), offset };
        },
      },
    ]);
  });

  /** SET (options), SET LOGGED, SET TABLESPACE, ... */
  readonly setAction = this.RULE('setAction', (): ast.AlterTableAction => {
    const offset = this.CONSUME(kw.set).startOffset;
    return this.OR<ast.AlterTableAction>([
      { ALT: () => ({ kind: 'setOptions', options: this.SUBRULE(this.definitionOptions), reset: false, offset }) },
      { ALT: () => (this.CONSUME(kw.logged), { kind: 'setLogged', logged: true, offset }) },
      { ALT: () => (this.CONSUME(kw.unlogged), { kind: 'setLogged', logged: false, offset }) },
      { ALT: () => ({ kind: 'setTablespace', tablespace: this.SUBRULE(this.tablespaceName), offset }) },
      { ALT: () => (this.CONSUME(kw.access), this.CONSUME(kw.method), this.CONSUME(t.ColId), { kind: 'unsupportedAction', feature: 'ALTER TABLE SET ACCESS METHOD', offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.without);
          return this.OR1<ast.AlterTableAction>([
            { ALT: () => (this.CONSUME(kw.cluster), { kind: 'clusterOn', index: undefined, offset }) },
            { ALT: () => (this.CONSUME(kw.oids), { kind: 'setOptions', options: [], reset: false, offset }) },
          ]);
        },
      },
    ]);
  });

  readonly alterAction = this.RULE('alterAction', (): ast.AlterTableAction => {
    const offset = this.CONSUME(kw.alter).startOffset;
    return this.OR<ast.AlterTableAction>([
      {
        ALT: () => {
          this.CONSUME(kw.constraint);
          const name = valueOf(this.CONSUME(t.ColId));
          return { kind: 'alterConstraint', name, attributes: this.SUBRULE(this.constraintAttributes, { ARGS: ['FOREIGN KEY'] }), offset };
        },
      },
      {
        ALT: () => {
          this.has(0, kw.column);
          return this.OR1<ast.AlterTableAction>([
            { ALT: () => this.SUBRULE(this.alterColumn, { ARGS: [offset] }) },
            {
              ALT: () => {
                const column = this.CONSUME(t.Integer);
                this.ACTION(() => {
                  const number = this.int4(column);
                  if (number < 1 || number > 32767) throw new DbError('22023', 'column number must be in range from 1 to 32767', { offset: column.startOffset });
                });
                this.CONSUME(kw.set);
                this.CONSUME(kw.statistics);
                return { kind: 'setColumnStatistics', column: Number(valueOf(column)), target: this.SUBRULE(this.signedInteger), offset };
              },
            },
          ]);
        },
      },
    ]);
  });

  readonly alterColumn = this.RULE('alterColumn', (offset: number): ast.AlterTableAction => {
    const column = valueOf(this.CONSUME(t.ColId));
    return this.OR<ast.AlterTableAction>([
      { GATE: () => this.isIdentityChange(), ALT: () => this.SUBRULE(this.identityChanges, { ARGS: [column, offset] }) },
      { ALT: () => this.SUBRULE(this.setColumn, { ARGS: [column, offset] }) },
      {
        ALT: () => {
          this.CONSUME(kw.drop);
          return this.OR1<ast.AlterTableAction>([
            { ALT: () => (this.CONSUME(kw.default), { kind: 'setColumnDefault', column, expression: undefined, offset }) },
            { ALT: () => (this.CONSUME(kw.not), this.CONSUME(kw.null), { kind: 'setColumnNotNull', column, notNull: false, offset }) },
            { ALT: () => (this.CONSUME(kw.expression), { kind: 'dropColumnExpression', column, ifExists: this.SUBRULE(this.ifExists), offset }) },
            { ALT: () => (this.CONSUME(kw.identity), { kind: 'dropColumnIdentity', column, ifExists: this.SUBRULE1(this.ifExists), offset }) },
          ]);
        },
      },
      { ALT: () => this.SUBRULE(this.columnType, { ARGS: [column, offset] }) },
      { ALT: () => (this.CONSUME(kw.reset), { kind: 'setColumnOptions', column, options: this.SUBRULE(this.definitionOptions), reset: true, offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.add);
          this.CONSUME(kw.generated);
          const always = this.SUBRULE(this.generatedWhen);
          this.CONSUME(kw.as);
          this.CONSUME1(kw.identity);
          const options = this.OPTION(() => this.SUBRULE(this.parenthesizedSequenceOptions)) ?? [];
          return { kind: 'addColumnIdentity', column, always, options, offset };
        },
      },
    ]);
  });

  readonly setColumn = this.RULE('setColumn', (column: string, offset: number): ast.AlterTableAction => {
    this.CONSUME(kw.set);
    return this.OR<ast.AlterTableAction>([
      { ALT: () => (this.CONSUME(kw.default), { kind: 'setColumnDefault', column, expression: this.SUBRULE(this.expression), offset }) },
      { ALT: () => (this.CONSUME(kw.not), this.CONSUME(kw.null), { kind: 'setColumnNotNull', column, notNull: true, offset }) },
      { ALT: () => (this.CONSUME(kw.statistics), { kind: 'setColumnStatistics', column, target: this.SUBRULE(this.signedInteger), offset }) },
      { ALT: () => (this.CONSUME(kw.storage), { kind: 'setColumnStorage', column, storage: valueOf(this.CONSUME(t.ColId)), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.compression);
          const compression = this.OR1([{ ALT: () => valueOf(this.CONSUME1(t.ColId)) }, { ALT: () => valueOf(this.CONSUME1(kw.default)) }]);
          return { kind: 'setColumnCompression', column, compression, offset };
        },
      },
      { ALT: () => ({ kind: 'setColumnOptions', column, options: this.SUBRULE(this.definitionOptions), reset: false, offset }) },
      { ALT: () => (this.CONSUME(kw.data), this.SUBRULE(this.columnType, { ARGS: [column, offset] })) },
    ]);
  });

  /** TYPE t [COLLATE c] [USING expression] */
  readonly columnType = this.RULE('columnType', (column: string, offset: number): ast.AlterTableAction => {
    this.CONSUME(kw.type);
    const type = this.SUBRULE(this.typeName);
    const collation = this.SUBRULE(this.optionalCollation);
    const using = this.OPTION(() => (this.CONSUME(kw.using), this.SUBRULE(this.expression)));
    return { kind: 'alterColumnType', column, type, collation, using, offset };
  });

  protected isIdentityChange(): boolean {
    if (this.nextIs(kw.restart)) return true;
    return this.nextIs(kw.set) && identityChangeWords.has(this.LA(2).tokenType);
  }

  /** SET GENERATED ..., SET sequence option, RESTART, in any number. */
  readonly identityChanges = this.RULE('identityChanges', (column: string, offset: number): ast.AlterTableAction => {
    let always: boolean | undefined;
    const options: ast.SequenceOption[] = [];
    this.AT_LEAST_ONE(() => {
      const start = this.here();
      this.OR([
        {
          ALT: () => {
            this.CONSUME(kw.restart);
            const value = this.OPTION(() => (this.has(1, kw.with), this.SUBRULE(this.signedNumber)));
            options.push({ kind: 'restart', value, offset: start });
          },
        },
        {
          ALT: () => {
            this.CONSUME(kw.set);
            this.OR1([
              { ALT: () => { this.CONSUME(kw.generated); always = this.SUBRULE(this.generatedWhen); } },
              { ALT: () => { options.push(this.SUBRULE(this.sequenceOption)); } },
            ]);
          },
        },
      ]);
    });
    return { kind: 'setColumnIdentity', column, always, options, offset };
  });
}

/** Two words of a feature's name: `ENABLE ROW`, `NO INHERIT`. */
export function wordsFrom(first: IToken, second: IToken): string {
  const next = t.belongsTo(second.tokenType, t.ColLabel) && second.tokenType !== t.Identifier ? ` ${valueOf(second)}` : '';
  return `${valueOf(first)}${next}`.toUpperCase();
}
