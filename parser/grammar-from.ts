/** FROM: tables, subqueries, functions, joins, samples and their aliases; and window definitions, which share their place between queries and calls. */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { CallGrammar } from './grammar-calls.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

export class FromGrammar extends CallGrammar {
  readonly fromClause = this.RULE('fromClause', (): ast.TableReference[] => {
    this.CONSUME(kw.from);
    return this.SUBRULE(this.tableReferences);
  });

  readonly tableReferences = this.RULE('tableReferences', (): ast.TableReference[] => {
    const references: ast.TableReference[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => references.push(this.SUBRULE(this.tableReference)) });
    return references;
  });

  /** A table with the joins that follow it, grown to the left. */
  readonly tableReference = this.RULE('tableReference', (): ast.TableReference => {
    let left = this.SUBRULE(this.tablePrimary);
    this.MANY(() => {
      const joined = this.SUBRULE(this.joinStep, { ARGS: [left] });
      left = joined;
    });
    return left;
  });

  readonly joinStep = this.RULE('joinStep', (left: ast.TableReference): ast.Join => {
    const offset = this.here();
    const make = (type: ast.Join['type'], isNatural: boolean, right: ast.TableReference, qual: JoinQual | undefined): ast.Join => ({
      kind: 'join', type, isNatural, left, right, on: qual?.on, using: qual?.using, usingAlias: qual?.usingAlias, alias: undefined, offset,
    });
    return this.OR<ast.Join>([
      {
        ALT: () => {
          this.CONSUME(kw.cross);
          this.CONSUME(kw.join);
          return make('cross', false, this.SUBRULE(this.tablePrimary), undefined);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.natural);
          const type = this.SUBRULE(this.joinType);
          return make(type, true, this.SUBRULE1(this.tablePrimary), undefined);
        },
      },
      {
        ALT: () => {
          const type = this.SUBRULE1(this.joinType);
          // `a JOIN b JOIN c ON x ON y`: joins before our own condition belong to the right side.
          this.enter();
          const right = this.SUBRULE(this.tableReference);
          this.leave();
          return make(type, false, right, this.SUBRULE(this.joinQual));
        },
      },
    ]);
  });

  /** [INNER] JOIN, LEFT | RIGHT | FULL [OUTER] JOIN */
  readonly joinType = this.RULE('joinType', (): ast.Join['type'] => {
    const type = this.OR<ast.Join['type']>([
      { ALT: () => (this.CONSUME(kw.inner), 'inner') },
      { ALT: () => (this.CONSUME(kw.left), this.has(0, kw.outer), 'left') },
      { ALT: () => (this.CONSUME(kw.right), this.has(1, kw.outer), 'right') },
      { ALT: () => (this.CONSUME(kw.full), this.has(2, kw.outer), 'full') },
      { ALT: () => 'inner' },
    ]);
    this.CONSUME(kw.join);
    return type;
  });

  readonly joinQual = this.RULE('joinQual', (): JoinQual =>
    this.OR<JoinQual>([
      { ALT: () => (this.CONSUME(kw.on), { on: this.SUBRULE(this.expression), using: undefined, usingAlias: undefined }) },
      {
        ALT: () => {
          this.CONSUME(kw.using);
          const using = this.SUBRULE(this.columnList);
          const usingAlias = this.OPTION(() => (this.CONSUME(kw.as), this.SUBRULE(this.identifier)));
          return { on: undefined, using, usingAlias };
        },
      },
    ]),
  );

  readonly tablePrimary = this.RULE('tablePrimary', (): ast.TableReference => {
    const offset = this.here();
    const isLateral = this.has(0, kw.lateral);
    return this.OR<ast.TableReference>([
      {
        ALT: () => {
          const at = this.here();
          const query = this.SUBRULE(this.parenthesizedQuery);
          const alias = this.OPTION1(() => this.SUBRULE(this.tableAlias));
          if (alias === undefined && !this.RECORDING_PHASE) {
            const [what, example] = query.body.kind === 'values' ? ['VALUES', 'VALUES'] : ['subquery', 'SELECT'];
            throw new DbError('42601', `${what} in FROM must have an alias`, { hint: `For example, FROM (${example} ...) [AS] foo.`, offset: at });
          }
          return { kind: 'subqueryRef', query, isLateral, alias, offset };
        },
      },
      { GATE: () => !isLateral, ALT: () => this.SUBRULE(this.parenthesizedJoin) },
      { GATE: () => !isLateral, ALT: () => this.SUBRULE(this.onlyTable) },
      { GATE: () => this.secondIs(kw.from), ALT: () => this.SUBRULE(this.rowsFrom, { ARGS: [isLateral, offset] }) },
      {
        GATE: () => this.secondIsParenthesis(),
        ALT: () => {
          this.CONSUME(kw.xmltable);
          this.SUBRULE(this.balancedParentheses);
          this.OPTION2(() => this.SUBRULE1(this.tableAlias));
          return { kind: 'unsupportedTable', feature: 'XMLTABLE', offset };
        },
      },
      { GATE: () => this.isTableName(), ALT: () => this.SUBRULE(this.tableOrFunction, { ARGS: [isLateral, offset] }) },
      { ALT: () => this.SUBRULE(this.keywordFunctionTable, { ARGS: [isLateral, offset] }) },
    ]);
  });

  /** (a JOIN b ...) [AS alias] */
  readonly parenthesizedJoin = this.RULE('parenthesizedJoin', (): ast.TableReference => {
    this.CONSUME(t.LParenOther);
    this.enter();
    const inner = this.SUBRULE(this.tableReference);
    this.leave();
    const close = this.CONSUME(t.RParen);
    const alias = this.OPTION(() => this.SUBRULE(this.tableAlias));
    return this.ACTION((): ast.TableReference => {
      if (inner.kind !== 'join' || inner.alias !== undefined) this.fail(close);
      return alias === undefined ? inner : { ...inner, alias };
    });
  });

  /** ONLY t, ONLY (t) */
  readonly onlyTable = this.RULE('onlyTable', (): ast.TableRef => {
    const offset = this.here();
    const name = this.SUBRULE(this.onlyRelation);
    const alias = this.OPTION(() => this.SUBRULE(this.tableAlias));
    const sample = this.OPTION1(() => this.SUBRULE(this.tableSample));
    return { kind: 'tableRef', name, only: true, alias, sample, offset };
  });

  readonly onlyRelation = this.RULE('onlyRelation', (): ast.QualifiedName => {
    this.CONSUME(kw.only);
    return this.OR([
      { ALT: () => this.SUBRULE(this.qualifiedName) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          const name = this.SUBRULE1(this.qualifiedName);
          this.CONSUME(t.RParen);
          return name;
        },
      },
    ]);
  });

  /** A table where no alias may follow: `t`, `t *`, `ONLY t`. */
  readonly relation = this.RULE('relation', (): { name: ast.QualifiedName; only: boolean } =>
    this.OR([
      { ALT: () => ({ name: this.SUBRULE(this.onlyRelation), only: true }) },
      {
        ALT: () => {
          const name = this.SUBRULE(this.qualifiedName);
          this.has(0, t.Star);
          return { name, only: false };
        },
      },
    ]),
  );

  /** t [*] [AS alias] [TABLESAMPLE ...], or f(...) [WITH ORDINALITY] [AS alias ...] */
  readonly tableOrFunction = this.RULE('tableOrFunction', (isLateral: boolean, offset: number): ast.TableReference => {
    const first = this.OR([{ ALT: () => this.CONSUME(t.ColId) }, { ALT: () => this.CONSUME(t.TypeOrFunctionKeyword) }]);
    const parts = [valueOf(first)];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      parts.push(valueOf(this.CONSUME(t.ColLabel)));
    });
    return this.OR1<ast.TableReference>([
      {
        ALT: () => {
          const call = this.SUBRULE(this.callArguments, { ARGS: [parts, first] });
          return this.SUBRULE(this.functionTable, { ARGS: [call, isLateral, offset] });
        },
      },
      {
        ALT: () => {
          this.ACTION(() => {
            if (isLateral || parts.length > 3 || t.belongsTo(first.tokenType, t.TypeOrFunctionKeyword)) this.fail(this.LA(1));
          });
          this.has(0, t.Star);
          const alias = this.OPTION1(() => this.SUBRULE(this.tableAlias));
          const sample = this.OPTION2(() => this.SUBRULE(this.tableSample));
          const name: ast.QualifiedName = {
            catalog: parts.length > 2 ? parts[0] : undefined, schema: parts.length > 1 ? parts[parts.length - 2] : undefined, name: parts[parts.length - 1]!, offset,
          };
          return { kind: 'tableRef', name, only: false, alias, sample, offset };
        },
      },
    ]);
  });

  /** current_date, coalesce(...), ... as a table of one row. */
  readonly keywordFunctionTable = this.RULE('keywordFunctionTable', (isLateral: boolean, offset: number): ast.TableReference => {
    const call = this.SUBRULE(this.keywordFunction);
    return this.SUBRULE(this.functionTable, { ARGS: [call, isLateral, offset] });
  });

  /** What follows a function in FROM. */
  readonly functionTable = this.RULE('functionTable', (call: ast.Expression, isLateral: boolean, offset: number): ast.FunctionRef => {
    const withOrdinality = this.hasBoth(0, t.WithLa, kw.ordinality);
    const { alias, columnDefinitions } = this.SUBRULE(this.functionAlias);
    return { kind: 'functionRef', functions: [{ call, columnDefinitions, offset }], isRowsFrom: false, withOrdinality, isLateral, alias, offset };
  });

  /** ROWS FROM (f(...) [AS (columns)], ...) [WITH ORDINALITY] [AS alias] */
  readonly rowsFrom = this.RULE('rowsFrom', (isLateral: boolean, offset: number): ast.FunctionRef => {
    this.CONSUME(kw.rows);
    this.CONSUME(kw.from);
    this.CONSUME(t.LParen);
    const functions: ast.TableFunction[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const start = this.here();
        const call = this.OR<ast.Expression>([
          { GATE: () => this.isName(), ALT: () => this.SUBRULE(this.plainCall) },
          { ALT: () => this.SUBRULE(this.keywordFunction) },
        ]);
        const columnDefinitions = this.OPTION(() => (this.CONSUME(kw.as), this.SUBRULE(this.functionColumns)));
        functions.push({ call, columnDefinitions, offset: start });
      },
    });
    this.CONSUME(t.RParen);
    const withOrdinality = this.hasBoth(1, t.WithLa, kw.ordinality);
    const alias = this.OPTION2(() => this.SUBRULE(this.tableAlias));
    return { kind: 'functionRef', functions, isRowsFrom: true, withOrdinality, isLateral, alias, offset };
  });

  /** A call without FILTER or OVER. */
  readonly plainCall = this.RULE('plainCall', (): ast.FunctionCall => {
    const first = this.OR([{ ALT: () => this.CONSUME(t.ColId) }, { ALT: () => this.CONSUME(t.TypeOrFunctionKeyword) }]);
    const parts = [valueOf(first)];
    this.MANY({
      GATE: () => !t.belongsTo(first.tokenType, t.TypeOrFunctionKeyword),
      DEF: () => {
        this.CONSUME(t.Dot);
        parts.push(valueOf(this.CONSUME(t.ColLabel)));
      },
    });
    return this.SUBRULE(this.callArguments, { ARGS: [parts, first] });
  });

  /** [AS] alias [(a, b)], [AS] alias (a int, b text), or AS (a int, b text). */
  readonly functionAlias = this.RULE('functionAlias', (): FunctionAlias =>
    this.OR<FunctionAlias>([
      {
        GATE: () => !this.nextIs(kw.as) || this.secondIsParenthesis(),
        ALT: () => {
          this.CONSUME(kw.as);
          return { alias: undefined, columnDefinitions: this.SUBRULE(this.functionColumns) };
        },
      },
      {
        ALT: () => {
          this.has(0, kw.as);
          const name = this.CONSUME(t.ColId);
          const offset = name.startOffset;
          let columns: ast.Identifier[] = [];
          let columnDefinitions: ast.FunctionColumn[] | undefined;
          this.OPTION1(() =>
            this.OR1([
              {
                GATE: () => this.LA(3).tokenType === t.Comma || this.LA(3).tokenType === t.RParen,
                ALT: () => { columns = this.SUBRULE(this.columnList); },
              },
              { ALT: () => { columnDefinitions = this.SUBRULE1(this.functionColumns); } },
            ]),
          );
          return { alias: { name: valueOf(name), columns, offset }, columnDefinitions };
        },
      },
      { ALT: () => ({ alias: undefined, columnDefinitions: undefined }) },
    ]),
  );

  /** (name type [COLLATE c], ...) */
  readonly functionColumns = this.RULE('functionColumns', (): ast.FunctionColumn[] => {
    const columns: ast.FunctionColumn[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.functionColumn)) });
    this.CONSUME(t.RParen);
    return columns;
  });
  readonly functionColumn = this.RULE('functionColumn', (): ast.FunctionColumn => {
    const name = this.CONSUME(t.ColId);
    const type = this.SUBRULE(this.typeName);
    const collation = this.SUBRULE(this.optionalCollation);
    return { name: valueOf(name), type, collation, offset: name.startOffset };
  });
  readonly optionalCollation = this.RULE('optionalCollation', (): ast.QualifiedName | undefined =>
    this.OPTION(() => (this.CONSUME(kw.collate), this.SUBRULE(this.qualifiedName))),
  );

  /** [AS] alias [(a, b)] */
  readonly tableAlias = this.RULE('tableAlias', (): ast.TableAlias => {
    this.has(0, kw.as);
    const name = this.CONSUME(t.ColId);
    const columns = this.OPTION1(() => this.SUBRULE(this.columnList)) ?? [];
    return { name: valueOf(name), columns, offset: name.startOffset };
  });

  /** TABLESAMPLE method (args) [REPEATABLE (seed)] */
  readonly tableSample = this.RULE('tableSample', (): ast.TableSample => {
    const offset = this.CONSUME(kw.tablesample).startOffset;
    const method = this.OR([
      { ALT: () => this.SUBRULE(this.qualifiedName) },
      { ALT: () => { const word = this.CONSUME(t.TypeOrFunctionKeyword); return { catalog: undefined, schema: undefined, name: valueOf(word), offset: word.startOffset }; } },
    ]);
    this.CONSUME(t.LParen);
    const args = this.SUBRULE(this.expressionList);
    this.CONSUME(t.RParen);
    const repeatable = this.OPTION(() => {
      this.CONSUME(kw.repeatable);
      this.CONSUME1(t.LParen);
      const seed = this.SUBRULE(this.expression);
      this.CONSUME1(t.RParen);
      return seed;
    });
    return { method, args, repeatable, offset };
  });

  // ------------------------------------------------------------------------------------------------------------ windows

  override readonly windowSpec = this.RULE('windowSpec', (): ast.WindowSpec => {
    const offset = this.CONSUME(t.LParen).startOffset;
    const base = this.OPTION({
      // These words begin the clauses below, unless they are plainly the name of a window.
      GATE: () => !(this.nextIs(kw.partition) || this.nextIs(kw.range) || this.nextIs(kw.rows) || this.nextIs(kw.groups)),
      DEF: () => valueOf(this.CONSUME(t.ColId)),
    });
    const partitionBy =
      this.OPTION1(() => {
        this.CONSUME(kw.partition);
        this.CONSUME(kw.by);
        return this.SUBRULE(this.expressionList);
      }) ?? [];
    const orderBy = this.SUBRULE(this.sortClause);
    const frame = this.OPTION2(() => this.SUBRULE(this.windowFrame));
    this.CONSUME(t.RParen);
    return { reference: undefined, base, partitionBy, orderBy, frame, offset };
  });

  readonly windowFrame = this.RULE('windowFrame', (): ast.WindowFrame => {
    const offset = this.here();
    const mode = this.OR<ast.WindowFrame['mode']>([
      { ALT: () => (this.CONSUME(kw.rows), 'rows') },
      { ALT: () => (this.CONSUME(kw.range), 'range') },
      { ALT: () => (this.CONSUME(kw.groups), 'groups') },
    ]);
    let start: ast.FrameBound | undefined;
    let end: ast.FrameBound | undefined;
    this.OR1([
      {
        // A bound may begin with a column named between; PostgreSQL's grammar takes the word for the keyword all the same.
        GATE: () => this.nextIs(kw.between),
        ALT: () => {
          this.CONSUME(kw.between);
          start = this.SUBRULE(this.frameBound);
          this.CONSUME(kw.and);
          end = this.SUBRULE1(this.frameBound);
        },
      },
      { ALT: () => { start = this.SUBRULE2(this.frameBound); } },
    ]);
    const exclude =
      this.OPTION(() => {
        this.CONSUME(kw.exclude);
        return this.OR2<ast.WindowFrame['exclude']>([
          { ALT: () => (this.CONSUME(kw.current), this.CONSUME(kw.row), 'current row') },
          { ALT: () => (this.CONSUME(kw.group), 'group') },
          { ALT: () => (this.CONSUME(kw.ties), 'ties') },
          { ALT: () => (this.CONSUME(kw.no), this.CONSUME(kw.others), 'no others') },
        ]);
      }) ?? 'no others';
    return this.ACTION((): ast.WindowFrame => {
      const last = end ?? { type: 'current row', distance: undefined, offset };
      checkFrame(start!, end);
      return { mode, start: start!, end: last, exclude, offset };
    });
  });

  readonly frameBound = this.RULE('frameBound', (): ast.FrameBound => {
    const offset = this.here();
    return this.OR<ast.FrameBound>([
      {
        GATE: () => this.secondIs(kw.preceding) || this.secondIs(kw.following),
        ALT: () => {
          this.CONSUME(kw.unbounded);
          const type = this.OR1<ast.FrameBound['type']>([
            { ALT: () => (this.CONSUME(kw.preceding), 'unbounded preceding') },
            { ALT: () => (this.CONSUME(kw.following), 'unbounded following') },
          ]);
          return { type, distance: undefined, offset };
        },
      },
      {
        GATE: () => this.secondIs(kw.row),
        ALT: () => (this.CONSUME(kw.current), this.CONSUME(kw.row), { type: 'current row', distance: undefined, offset }),
      },
      {
        ALT: () => {
          const distance = this.SUBRULE(this.expression);
          const type = this.OR2<ast.FrameBound['type']>([{ ALT: () => (this.CONSUME1(kw.preceding), 'preceding') }, { ALT: () => (this.CONSUME1(kw.following), 'following') }]);
          return { type, distance, offset };
        },
      },
    ]);
  });
}

interface JoinQual {
  readonly on: ast.Expression | undefined;
  readonly using: ast.Identifier[] | undefined;
  readonly usingAlias: ast.Identifier | undefined;
}

interface FunctionAlias {
  readonly alias: ast.TableAlias | undefined;
  readonly columnDefinitions: ast.FunctionColumn[] | undefined;
}

/** The restrictions of gram.y on frame bounds. */
function checkFrame(start: ast.FrameBound, end: ast.FrameBound | undefined): void {
  const error = (what: string, offset: number): DbError => new DbError('42P20', what, { offset });
  if (start.type === 'unbounded following') throw error('frame start cannot be UNBOUNDED FOLLOWING', start.offset);
  if (end === undefined) {
    if (start.type === 'following') throw error('frame starting from following row cannot end with current row', start.offset);
    return;
  }
  if (end.type === 'unbounded preceding') throw error('frame end cannot be UNBOUNDED PRECEDING', end.offset);
  if (start.type === 'current row' && end.type === 'preceding') throw error('frame starting from current row cannot have preceding rows', end.offset);
  if (start.type === 'following' && (end.type === 'preceding' || end.type === 'current row')) {
    throw error(`frame starting from following row cannot ${end.type === 'preceding' ? 'have preceding rows' : 'end with current row'}`, end.offset);
  }
}
