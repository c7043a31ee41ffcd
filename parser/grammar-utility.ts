/** Transactions, settings, prepared statements, cursors, EXPLAIN, maintenance, COPY: what neither queries nor defines. */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { AlterGrammar } from './grammar-alter.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

const flag = (name: string, offset: number): ast.DefinitionOption => ({ namespace: undefined, name, value: undefined, offset });
const option = (name: string, value: ast.OptionValue, offset: number): ast.DefinitionOption => ({ namespace: undefined, name, value, offset });

export class UtilityGrammar extends AlterGrammar {
  // ------------------------------------------------------------------------------------------------------- transactions

  readonly beginStatement = this.RULE('beginStatement', (): ast.Begin => {
    const offset = this.here();
    const isStart = this.OR([
      { ALT: () => (this.CONSUME(kw.begin), this.SUBRULE(this.transactionWord), false) },
      { ALT: () => (this.CONSUME(kw.start), this.CONSUME(kw.transaction), true) },
    ]);
    return { kind: 'begin', isStart, modes: this.SUBRULE(this.transactionModes), offset };
  });

  /** [WORK | TRANSACTION] */
  readonly transactionWord = this.RULE('transactionWord', (): void => {
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(kw.work) }, { ALT: () => this.CONSUME(kw.transaction) }]));
  });

  /** [AND [NO] CHAIN] */
  readonly chainClause = this.RULE('chainClause', (): boolean =>
    this.OPTION(() => {
      this.CONSUME(kw.and);
      const isNo = this.has(1, kw.no);
      this.CONSUME(kw.chain);
      return !isNo;
    }) ?? false,
  );

  /** Modes in any order, with or without commas. */
  readonly transactionModes = this.RULE('transactionModes', (): ast.TransactionModes => {
    let isolation: ast.IsolationLevel | undefined;
    let readOnly: boolean | undefined;
    let deferrable: boolean | undefined;
    let count = 0;
    this.MANY(() => {
      this.OPTION({ GATE: () => count > 0, DEF: () => this.CONSUME(t.Comma) });
      count++;
      this.OR([
        { ALT: () => { this.CONSUME(kw.isolation); this.CONSUME(kw.level); isolation = this.SUBRULE(this.isolationLevel); } },
        { ALT: () => { this.CONSUME(kw.read); readOnly = this.OR1([{ ALT: () => (this.CONSUME(kw.only), true) }, { ALT: () => (this.CONSUME(kw.write), false) }]); } },
        { ALT: () => { this.CONSUME(kw.deferrable); deferrable = true; } },
        { ALT: () => { this.CONSUME(kw.not); this.CONSUME1(kw.deferrable); deferrable = false; } },
      ]);
    });
    return { isolation, readOnly, deferrable };
  });
  /** As above, but at least one. */
  readonly someTransactionModes = this.RULE('someTransactionModes', (): ast.TransactionModes => {
    const token = this.LA(1);
    const modes = this.SUBRULE(this.transactionModes);
    this.ACTION(() => {
      if (this.LA(1) === token) this.fail(token);
    });
    return modes;
  });

  readonly isolationLevel = this.RULE('isolationLevel', (): ast.IsolationLevel =>
    this.OR<ast.IsolationLevel>([
      { ALT: () => (this.CONSUME(kw.serializable), 'serializable') },
      { ALT: () => (this.CONSUME(kw.repeatable), this.CONSUME(kw.read), 'repeatable read') },
      {
        ALT: () => {
          this.CONSUME1(kw.read);
          return this.OR1<ast.IsolationLevel>([
            { ALT: () => (this.CONSUME(kw.committed), 'read committed') },
            { ALT: () => (this.CONSUME(kw.uncommitted), 'read uncommitted') },
          ]);
        },
      },
    ]),
  );

  /** COMMIT, END */
  readonly commitStatement = this.RULE('commitStatement', (): ast.Statement => {
    const token = this.OR([{ ALT: () => this.CONSUME(kw.commit) }, { ALT: () => this.CONSUME(kw.end) }]);
    const offset = token.startOffset;
    return this.OR1<ast.Statement>([
      { GATE: () => token.tokenType === kw.commit, ALT: () => this.SUBRULE(this.preparedTransaction, { ARGS: ['COMMIT PREPARED', offset] }) },
      { ALT: () => (this.SUBRULE(this.transactionWord), { kind: 'commit', chain: this.SUBRULE(this.chainClause), offset }) },
    ]);
  });

  /** PREPARED 'id': two-phase commit, which is not supported. */
  readonly preparedTransaction = this.RULE('preparedTransaction', (feature: string, offset: number): ast.UnsupportedStatement => {
    this.CONSUME(kw.prepared);
    this.CONSUME(t.StringLiteral);
    return { kind: 'unsupported', feature, offset };
  });

  /** ROLLBACK, ABORT, ROLLBACK TO SAVEPOINT */
  readonly rollbackStatement = this.RULE('rollbackStatement', (): ast.Statement => {
    const token = this.OR([{ ALT: () => this.CONSUME(kw.rollback) }, { ALT: () => this.CONSUME(kw.abort) }]);
    const offset = token.startOffset;
    const isRollback = (): boolean => token.tokenType === kw.rollback;
    return this.OR1<ast.Statement>([
      { GATE: isRollback, ALT: () => this.SUBRULE(this.preparedTransaction, { ARGS: ['ROLLBACK PREPARED', offset] }) },
      {
        ALT: () => {
          this.SUBRULE(this.transactionWord);
          return this.OR2<ast.Statement>([
            {
              GATE: isRollback,
              ALT: () => {
                this.CONSUME(kw.to);
                this.OPTION({ GATE: () => t.belongsTo(this.LA(2).tokenType, t.ColId), DEF: () => this.CONSUME(kw.savepoint) });
                return { kind: 'rollbackToSavepoint', name: valueOf(this.CONSUME(t.ColId)), offset };
              },
            },
            { ALT: () => ({ kind: 'rollback', chain: this.SUBRULE(this.chainClause), offset }) },
          ]);
        },
      },
    ]);
  });

  readonly savepointStatement = this.RULE('savepointStatement', (): ast.Statement => {
    const offset = this.here();
    return this.OR<ast.Statement>([
      { ALT: () => (this.CONSUME(kw.savepoint), { kind: 'savepoint', name: valueOf(this.CONSUME(t.ColId)), offset }) },
      {
        ALT: () => {
          this.CONSUME(kw.release);
          this.OPTION({ GATE: () => t.belongsTo(this.LA(2).tokenType, t.ColId), DEF: () => this.CONSUME1(kw.savepoint) });
          return { kind: 'releaseSavepoint', name: valueOf(this.CONSUME1(t.ColId)), offset };
        },
      },
    ]);
  });

  // ------------------------------------------------------------------------------------------------------------ settings

  readonly setStatement = this.RULE('setStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.set).startOffset;
    return this.OR<ast.Statement>([
      { GATE: () => !this.isAssignment(), ALT: () => this.SUBRULE(this.setConstraints, { ARGS: [offset] }) },
      {
        GATE: () => this.secondIs(kw.characteristics),
        ALT: () => {
          this.CONSUME(kw.session);
          this.CONSUME(kw.characteristics);
          this.CONSUME(kw.as);
          this.CONSUME(kw.transaction);
          return { kind: 'setTransaction', scope: 'session', modes: this.SUBRULE(this.someTransactionModes), snapshot: undefined, offset };
        },
      },
      {
        ALT: () => {
          const scope =
            this.OPTION({
              GATE: () => !this.isAssignment() && !(this.nextIs(kw.session) && this.secondIs(kw.authorization)),
              DEF: () => this.OR1<'session' | 'local'>([{ ALT: () => (this.CONSUME(kw.local), 'local') }, { ALT: () => (this.CONSUME1(kw.session), 'session') }]),
            }) ?? 'session';
          return this.OR2<ast.Statement>([
            { GATE: () => !this.isAssignment(), ALT: () => this.SUBRULE(this.setTransaction, { ARGS: [offset] }) },
            { ALT: () => this.SUBRULE(this.settingRest, { ARGS: [scope, false, offset] }) },
          ]);
        },
      },
    ]);
  });

  readonly setTransaction = this.RULE('setTransaction', (offset: number): ast.SetTransaction => {
    this.CONSUME(kw.transaction);
    return this.OR<ast.SetTransaction>([
      {
        ALT: () => {
          this.CONSUME(kw.snapshot);
          const modes = { isolation: undefined, readOnly: undefined, deferrable: undefined };
          return { kind: 'setTransaction', scope: 'transaction', modes, snapshot: valueOf(this.CONSUME(t.StringLiteral)), offset };
        },
      },
      { ALT: () => ({ kind: 'setTransaction', scope: 'transaction', modes: this.SUBRULE(this.someTransactionModes), snapshot: undefined, offset }) },
    ]);
  });

  readonly setConstraints = this.RULE('setConstraints', (offset: number): ast.SetConstraints => {
    this.CONSUME(kw.constraints);
    const names = this.OR<ast.QualifiedName[]>([{ ALT: () => { this.CONSUME(kw.all); return []; } }, { ALT: () => this.SUBRULE(this.qualifiedNames) }]);
    const deferred = this.OR1([{ ALT: () => (this.CONSUME(kw.deferred), true) }, { ALT: () => (this.CONSUME(kw.immediate), false) }]);
    return { kind: 'setConstraints', names, deferred, offset };
  });

  /** A variable to show or reset: ALL is undefined. */
  readonly shownVariable = this.RULE('shownVariable', (): string | undefined =>
    this.OR<string | undefined>([
      { ALT: () => { this.CONSUME(kw.all); return undefined; } },
      { GATE: () => this.secondIs(kw.zone), ALT: () => (this.CONSUME(kw.time), this.CONSUME(kw.zone), 'timezone') },
      { GATE: () => this.secondIs(kw.isolation), ALT: () => (this.CONSUME(kw.transaction), this.CONSUME(kw.isolation), this.CONSUME(kw.level), 'transaction_isolation') },
      { GATE: () => this.secondIs(kw.authorization), ALT: () => (this.CONSUME(kw.session), this.CONSUME(kw.authorization), 'session_authorization') },
      { ALT: () => this.SUBRULE(this.variableName) },
    ]),
  );

  readonly showStatement = this.RULE('showStatement', (): ast.ShowVariable => {
    const offset = this.CONSUME(kw.show).startOffset;
    return { kind: 'showVariable', name: this.SUBRULE(this.shownVariable), offset };
  });
  readonly resetStatement = this.RULE('resetStatement', (): ast.ResetVariable => {
    const offset = this.CONSUME(kw.reset).startOffset;
    return { kind: 'resetVariable', name: this.SUBRULE(this.shownVariable), offset };
  });

  readonly discardStatement = this.RULE('discardStatement', (): ast.Discard => {
    const offset = this.CONSUME(kw.discard).startOffset;
    const target = this.OR<ast.Discard['target']>([
      { ALT: () => (this.CONSUME(kw.all), 'all') },
      { ALT: () => (this.CONSUME(kw.plans), 'plans') },
      { ALT: () => (this.CONSUME(kw.sequences), 'sequences') },
      { ALT: () => (this.CONSUME(kw.temp), 'temporary') },
      { ALT: () => (this.CONSUME(kw.temporary), 'temporary') },
    ]);
    return { kind: 'discard', target, offset };
  });

  // ------------------------------------------------------------------------------------- prepared statements and cursors

  readonly prepareStatement = this.RULE('prepareStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.prepare).startOffset;
    return this.OR<ast.Statement>([
      {
        GATE: () => this.secondIs(t.StringLiteral),
        ALT: () => (this.CONSUME(kw.transaction), this.CONSUME(t.StringLiteral), { kind: 'unsupported', feature: 'PREPARE TRANSACTION', offset }),
      },
      {
        ALT: () => {
          const name = valueOf(this.CONSUME(t.ColId));
          const parameterTypes: ast.TypeName[] = [];
          this.OPTION(() => {
            this.CONSUME(t.LParen);
            this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => parameterTypes.push(this.SUBRULE(this.typeName)) });
            this.CONSUME(t.RParen);
          });
          this.CONSUME(kw.as);
          return { kind: 'prepare', name, parameterTypes, statement: this.SUBRULE(this.preparable), offset };
        },
      },
    ]);
  });

  readonly deallocateStatement = this.RULE('deallocateStatement', (): ast.Deallocate => {
    const offset = this.CONSUME(kw.deallocate).startOffset;
    this.OPTION({ GATE: () => !this.secondIs(t.EndOfInput) && !this.secondIs(t.Semicolon), DEF: () => this.CONSUME(kw.prepare) });
    return { kind: 'deallocate', name: this.SUBRULE(this.nameOrAll), offset };
  });

  readonly nameOrAll = this.RULE('nameOrAll', (): string | undefined =>
    this.OR<string | undefined>([{ ALT: () => { this.CONSUME(kw.all); return undefined; } }, { ALT: () => valueOf(this.CONSUME(t.ColId)) }]),
  );

  readonly declareStatement = this.RULE('declareStatement', (): ast.DeclareCursor => {
    const offset = this.CONSUME(kw.declare).startOffset;
    const name = valueOf(this.CONSUME(t.ColId));
    let binary = false;
    let scroll: boolean | undefined;
    let sensitivity: ast.DeclareCursor['sensitivity'];
    this.MANY(() =>
      this.OR([
        { ALT: () => { this.CONSUME(kw.binary); binary = true; } },
        { ALT: () => { this.CONSUME(kw.scroll); scroll = true; } },
        { ALT: () => { this.CONSUME(kw.no); this.CONSUME1(kw.scroll); scroll = false; } },
        { ALT: () => { this.CONSUME(kw.insensitive); sensitivity = 'insensitive'; } },
        { ALT: () => { this.CONSUME(kw.asensitive); sensitivity = 'asensitive'; } },
      ]),
    );
    this.CONSUME(kw.cursor);
    const hold =
      this.OPTION(() => {
        const isWith = this.OR1([{ ALT: () => (this.CONSUME(kw.with), true) }, { ALT: () => (this.CONSUME(kw.without), false) }]);
        this.CONSUME(kw.hold);
        return isWith;
      }) ?? false;
    this.CONSUME(kw.for);
    return { kind: 'declareCursor', name, binary, scroll, sensitivity, hold, query: this.SUBRULE(this.query), offset };
  });

  readonly fetchStatement = this.RULE('fetchStatement', (): ast.Fetch => {
    const token = this.OR([{ ALT: () => this.CONSUME(kw.fetch) }, { ALT: () => this.CONSUME(kw.move) }]);
    const { direction, count } = this.OPTION({ GATE: () => this.isFetchDirection(), DEF: () => this.SUBRULE(this.fetchDirection) }) ?? nextRow;
    this.OPTION1(() => this.OR1([{ ALT: () => this.CONSUME(kw.from) }, { ALT: () => this.CONSUME(kw.in) }]));
    const cursor = valueOf(this.CONSUME(t.ColId));
    return { kind: 'fetch', isMove: token.tokenType === kw.move, cursor, direction, count, offset: token.startOffset };
  });

  /** The words for directions may also be cursors: then nothing follows them. */
  protected isFetchDirection(): boolean {
    return !this.secondIs(t.EndOfInput) && !this.secondIs(t.Semicolon);
  }

  readonly fetchDirection = this.RULE('fetchDirection', (): { direction: ast.Fetch['direction']; count: number } => {
    type Direction = { direction: ast.Fetch['direction']; count: number };
    return this.OR<Direction>([
      { ALT: () => (this.CONSUME(kw.next), { direction: 'forward', count: 1 }) },
      { ALT: () => (this.CONSUME(kw.prior), { direction: 'backward', count: 1 }) },
      { ALT: () => (this.CONSUME(kw.first), { direction: 'absolute', count: 1 }) },
      { ALT: () => (this.CONSUME(kw.last), { direction: 'absolute', count: -1 }) },
      { ALT: () => (this.CONSUME(kw.absolute), { direction: 'absolute', count: this.SUBRULE1(this.signedInteger) }) },
      { ALT: () => (this.CONSUME(kw.relative), { direction: 'relative', count: this.SUBRULE2(this.signedInteger) }) },
      { ALT: () => ({ direction: 'forward', count: this.SUBRULE3(this.signedInteger) }) },
      { ALT: () => (this.CONSUME1(kw.all), { direction: 'forward', count: Infinity }) },
      { ALT: () => (this.CONSUME(kw.forward), { direction: 'forward', count: this.SUBRULE(this.fetchCountOrAll) }) },
      { ALT: () => (this.CONSUME(kw.backward), { direction: 'backward', count: this.SUBRULE1(this.fetchCountOrAll) }) },
    ]);
  });

  /** [n | ALL] */
  readonly fetchCountOrAll = this.RULE('fetchCountOrAll', (): number => {
    const count = this.OPTION(() => this.OR([{ ALT: () => this.SUBRULE(this.signedInteger) }, { ALT: () => (this.CONSUME(kw.all), Infinity) }]));
    return count ?? 1;
  });

  readonly closeStatement = this.RULE('closeStatement', (): ast.CloseCursor => {
    const offset = this.CONSUME(kw.close).startOffset;
    return { kind: 'closeCursor', name: this.SUBRULE(this.nameOrAll), offset };
  });

  // ------------------------------------------------------------------------------------------------- EXPLAIN, maintenance

  readonly explainStatement = this.RULE('explainStatement', (): ast.Explain => {
    const offset = this.CONSUME(kw.explain).startOffset;
    const options = this.OR<ast.DefinitionOption[]>([
      { ALT: () => this.SUBRULE(this.utilityOptions) },
      {
        ALT: () => {
          const list: ast.DefinitionOption[] = [];
          this.OPTION(() => {
            const token = this.SUBRULE(this.analyzeWord);
            list.push(flag('analyze', token));
          });
          this.OPTION1(() => list.push(flag('verbose', this.CONSUME(kw.verbose).startOffset)));
          return list;
        },
      },
    ]);
    const statement = this.OR1<ast.Explain['statement']>([
      { ALT: () => this.SUBRULE(this.preparable) },
      { ALT: () => this.SUBRULE(this.declareStatement) },
      { ALT: () => this.SUBRULE(this.execute) },
      { ALT: () => this.SUBRULE(this.refreshStatement) },
      {
        ALT: () => {
          const token = this.LA(1);
          const created = this.SUBRULE(this.createStatement);
          return this.ACTION(() => {
            if (created.kind !== 'createTableAs' && created.kind !== 'createMaterializedView') this.fail(token);
            return created;
          });
        },
      },
    ]);
    return { kind: 'explain', options, statement, offset };
  });

  /** ANALYZE or ANALYSE; its offset. */
  readonly analyzeWord = this.RULE('analyzeWord', (): number => this.OR([{ ALT: () => this.CONSUME(kw.analyze) }, { ALT: () => this.CONSUME(kw.analyse) }]).startOffset);

  /** (option, ...), but not a parenthesis that opens a query. */
  readonly utilityOptions = this.RULE('utilityOptions', (): ast.DefinitionOption[] => {
    const options: ast.DefinitionOption[] = [];
    this.CONSUME(t.LParenOther);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const offset = this.here();
        const name = this.OR([
          { ALT: () => valueOf(this.CONSUME(t.NonReservedWord)) },
          { ALT: () => { this.SUBRULE(this.analyzeWord); return 'analyze'; } },
        ]);
        const value = this.OPTION(() => this.SUBRULE(this.optionScalar));
        options.push({ namespace: undefined, name, value, offset });
      },
    });
    this.CONSUME(t.RParen);
    return options;
  });

  readonly maintainedTables = this.RULE('maintainedTables', (): ast.MaintainedTable[] => {
    const tables: ast.MaintainedTable[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.SUBRULE(this.qualifiedName);
        tables.push({ name, columns: this.SUBRULE(this.optionalColumnList) });
      },
    });
    return tables;
  });

  readonly analyzeStatement = this.RULE('analyzeStatement', (): ast.Analyze => {
    const offset = this.SUBRULE(this.analyzeWord);
    const options = this.OR<ast.DefinitionOption[]>([
      { ALT: () => this.SUBRULE(this.utilityOptions) },
      { ALT: () => [flag('verbose', this.CONSUME(kw.verbose).startOffset)] },
      { ALT: () => [] },
    ]);
    return { kind: 'analyze', options, tables: this.OPTION(() => this.SUBRULE(this.maintainedTables)) ?? [], offset };
  });

  readonly vacuumStatement = this.RULE('vacuumStatement', (): ast.Vacuum => {
    const offset = this.CONSUME(kw.vacuum).startOffset;
    const options = this.OR<ast.DefinitionOption[]>([
      { ALT: () => this.SUBRULE(this.utilityOptions) },
      {
        ALT: () => {
          const list: ast.DefinitionOption[] = [];
          this.OPTION(() => list.push(flag('full', this.CONSUME(kw.full).startOffset)));
          this.OPTION1(() => list.push(flag('freeze', this.CONSUME(kw.freeze).startOffset)));
          this.OPTION2(() => list.push(flag('verbose', this.CONSUME(kw.verbose).startOffset)));
          this.OPTION3(() => list.push(flag('analyze', this.SUBRULE(this.analyzeWord))));
          return list;
        },
      },
    ]);
    return { kind: 'vacuum', options, tables: this.OPTION4(() => this.SUBRULE(this.maintainedTables)) ?? [], offset };
  });

  readonly reindexStatement = this.RULE('reindexStatement', (): ast.Reindex => {
    const offset = this.CONSUME(kw.reindex).startOffset;
    const options = this.OPTION(() => this.SUBRULE(this.utilityOptions)) ?? [];
    const target = this.OR<ast.Reindex['target']>([
      { ALT: () => (this.CONSUME(kw.index), 'index') },
      { ALT: () => (this.CONSUME(kw.table), 'table') },
      { ALT: () => (this.CONSUME(kw.schema), 'schema') },
      { ALT: () => (this.CONSUME(kw.database), 'database') },
      { ALT: () => (this.CONSUME(kw.system), 'system') },
    ]);
    const concurrently = this.has(1, kw.concurrently);
    return { kind: 'reindex', options, target, concurrently, name: this.SUBRULE(this.qualifiedName), offset };
  });

  /** CLUSTER [VERBOSE] [table [USING index]], CLUSTER index ON table */
  readonly clusterStatement = this.RULE('clusterStatement', (): ast.Cluster => {
    const offset = this.CONSUME(kw.cluster).startOffset;
    const options = this.OR<ast.DefinitionOption[]>([
      { ALT: () => this.SUBRULE(this.utilityOptions) },
      { ALT: () => [flag('verbose', this.CONSUME(kw.verbose).startOffset)] },
      { ALT: () => [] },
    ]);
    let table: ast.QualifiedName | undefined;
    let index: string | undefined;
    this.OPTION(() => {
      const first = this.SUBRULE(this.qualifiedName);
      table = first;
      this.OPTION1(() =>
        this.OR1([
          { ALT: () => { this.CONSUME(kw.using); index = valueOf(this.CONSUME(t.ColId)); } },
          { ALT: () => { this.CONSUME(kw.on); index = first?.name; table = this.SUBRULE1(this.qualifiedName); } },
        ]),
      );
    });
    return { kind: 'cluster', options, table, index, offset };
  });

  readonly refreshStatement = this.RULE('refreshStatement', (): ast.RefreshMaterializedView => {
    const offset = this.CONSUME(kw.refresh).startOffset;
    this.CONSUME(kw.materialized);
    this.CONSUME(kw.view);
    const concurrently = this.has(0, kw.concurrently);
    const name = this.SUBRULE(this.qualifiedName);
    return { kind: 'refreshMaterializedView', name, concurrently, withData: this.SUBRULE(this.withData), offset };
  });

  readonly relations = this.RULE('relations', (): { name: ast.QualifiedName; only: boolean }[] => {
    const list: { name: ast.QualifiedName; only: boolean }[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.relation)) });
    return list;
  });

  readonly truncateStatement = this.RULE('truncateStatement', (): ast.Truncate => {
    const offset = this.CONSUME(kw.truncate).startOffset;
    this.has(0, kw.table);
    const tables = this.SUBRULE(this.relations);
    const restartIdentity =
      this.OPTION1(() => {
        const isRestart = this.OR([{ ALT: () => (this.CONSUME(kw.restart), true) }, { ALT: () => (this.CONSUME(kw.continue), false) }]);
        this.CONSUME(kw.identity);
        return isRestart;
      }) ?? false;
    return { kind: 'truncate', tables, restartIdentity, behavior: this.SUBRULE(this.dropBehavior), offset };
  });

  readonly lockStatement = this.RULE('lockStatement', (): ast.LockTable => {
    const offset = this.CONSUME(kw.lock).startOffset;
    this.has(0, kw.table);
    const tables = this.SUBRULE(this.relations);
    const mode =
      this.OPTION1(() => {
        this.CONSUME(kw.in);
        const level = this.SUBRULE(this.lockMode);
        this.CONSUME(kw.mode);
        return level;
      }) ?? 'access exclusive';
    return { kind: 'lockTable', tables, mode, nowait: this.has(2, kw.nowait), offset };
  });

  readonly lockMode = this.RULE('lockMode', (): ast.TableLockMode =>
    this.OR<ast.TableLockMode>([
      {
        ALT: () => {
          this.CONSUME(kw.access);
          return this.OR1<ast.TableLockMode>([{ ALT: () => (this.CONSUME(kw.share), 'access share') }, { ALT: () => (this.CONSUME(kw.exclusive), 'access exclusive') }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.row);
          return this.OR2<ast.TableLockMode>([{ ALT: () => (this.CONSUME1(kw.share), 'row share') }, { ALT: () => (this.CONSUME1(kw.exclusive), 'row exclusive') }]);
        },
      },
      {
        ALT: () => {
          this.CONSUME2(kw.share);
          return this.OPTION(() =>
            this.OR3<ast.TableLockMode>([
              { ALT: () => (this.CONSUME(kw.update), this.CONSUME2(kw.exclusive), 'share update exclusive') },
              { ALT: () => (this.CONSUME1(kw.row), this.CONSUME3(kw.exclusive), 'share row exclusive') },
            ]),
          ) ?? 'share';
        },
      },
      { ALT: () => (this.CONSUME4(kw.exclusive), 'exclusive') },
    ]),
  );

  readonly callStatement = this.RULE('callStatement', (): ast.Call => {
    const offset = this.CONSUME(kw.call).startOffset;
    return { kind: 'call', call: this.SUBRULE(this.plainCall), offset };
  });

  // ---------------------------------------------------------------------------------------------------------------- COPY

  readonly copyStatement = this.RULE('copyStatement', (): ast.Copy => {
    const offset = this.CONSUME(kw.copy).startOffset;
    const options: ast.DefinitionOption[] = [];
    this.OPTION(() => options.push(option('format', 'binary', this.CONSUME(kw.binary).startOffset)));
    let table: ast.QualifiedName | undefined;
    let columns: ast.Identifier[] = [];
    let source: ast.PreparableStatement | undefined;
    this.OR([
      {
        ALT: () => {
          table = this.SUBRULE(this.qualifiedName);
          columns = this.SUBRULE(this.optionalColumnList);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          source = this.SUBRULE(this.preparable);
          this.CONSUME(t.RParen);
        },
      },
    ]);
    const direction = this.OR1<'from' | 'to'>([
      { GATE: () => source === undefined, ALT: () => (this.CONSUME(kw.from), 'from') },
      { ALT: () => (this.CONSUME(kw.to), 'to') },
    ]);
    const endpoint = this.SUBRULE(this.copyEndpoint);
    this.OPTION1(() => {
      const start = this.here();
      this.has(6, kw.using);
      this.CONSUME(kw.delimiters);
      options.push(option('delimiter', valueOf(this.CONSUME(t.StringLiteral)), start));
    });
    this.has(2, kw.with);
    this.OR2([
      {
        ALT: () => {
          const list = this.SUBRULE(this.copyOptions);
          this.ACTION(() => options.push(...list));
        },
      },
      { ALT: () => { this.MANY(() => { options.push(this.SUBRULE(this.copyOption)); }); } },
    ]);
    const whereAt = this.here();
    const where = this.SUBRULE(this.whereClause);
    if (where !== undefined && direction === 'to' && !this.RECORDING_PHASE) {
      throw new DbError('42601', 'WHERE clause not allowed with COPY TO', { hint: 'Try the COPY (SELECT ... WHERE ...) TO variant.', offset: whereAt });
    }
    return { kind: 'copy', table, columns, query: source, direction, endpoint, options, where, offset };
  });

  readonly copyEndpoint = this.RULE('copyEndpoint', (): ast.Copy['endpoint'] =>
    this.OR<ast.Copy['endpoint']>([
      { ALT: () => (this.CONSUME(kw.stdin), { kind: 'stdin' }) },
      { ALT: () => (this.CONSUME(kw.stdout), { kind: 'stdout' }) },
      { ALT: () => ({ kind: 'file', name: valueOf(this.CONSUME(t.StringLiteral)) }) },
      { ALT: () => (this.CONSUME(kw.program), { kind: 'program', name: valueOf(this.CONSUME1(t.StringLiteral)) }) },
    ]),
  );

  /** [AS] 'text' */
  readonly copyText = this.RULE('copyText', (): string => {
    this.OPTION(() => this.CONSUME(kw.as));
    return valueOf(this.CONSUME(t.StringLiteral));
  });

  /** One option of the syntax before 9.0, as the option of today that it means. */
  readonly copyOption = this.RULE('copyOption', (): ast.DefinitionOption => {
    const offset = this.here();
    const text = (name: string): ast.DefinitionOption => option(name, this.SUBRULE(this.copyText), offset);
    const names = (): string[] => {
      const list = this.SUBRULE(this.identifiers);
      return this.ACTION(() => list.map((item) => item.name));
    };
    return this.OR<ast.DefinitionOption>([
      { ALT: () => (this.CONSUME(kw.binary), option('format', 'binary', offset)) },
      { ALT: () => (this.CONSUME(kw.freeze), option('freeze', true, offset)) },
      { ALT: () => (this.CONSUME(kw.csv), option('format', 'csv', offset)) },
      { ALT: () => (this.CONSUME(kw.header), option('header', true, offset)) },
      { ALT: () => (this.CONSUME(kw.delimiter), text('delimiter')) },
      { ALT: () => (this.CONSUME(kw.null), text('null')) },
      { ALT: () => (this.CONSUME(kw.quote), text('quote')) },
      { ALT: () => (this.CONSUME(kw.escape), text('escape')) },
      { ALT: () => (this.CONSUME(kw.encoding), option('encoding', valueOf(this.CONSUME1(t.StringLiteral)), offset)) },
      {
        ALT: () => {
          this.CONSUME(kw.force);
          return this.OR1<ast.DefinitionOption>([
            {
              ALT: () => {
                this.CONSUME1(kw.quote);
                return option('force_quote', this.OR2<ast.OptionValue>([{ ALT: () => valueOf(this.CONSUME(t.Star)) }, { ALT: () => names() }]), offset);
              },
            },
            { ALT: () => (this.CONSUME(kw.not), this.CONSUME1(kw.null), option('force_not_null', names(), offset)) },
            { ALT: () => (this.CONSUME2(kw.null), option('force_null', names(), offset)) },
          ]);
        },
      },
    ]);
  });
}

const nextRow: { direction: ast.Fetch['direction']; count: number } = { direction: 'forward', count: 1 };
