/**
 * Queries: SELECT, VALUES, TABLE, set operations, WITH, FROM with its joins, windows, ordering, limits and locks.
 *
 * A parenthesised query without clauses of its own vanishes into the query around it; one whose surroundings add clauses is merged
 * with them, with PostgreSQL's errors about doubled ones (`(SELECT 1 LIMIT 1) LIMIT 2`).
 */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { ExpressionGrammar } from './grammar-expressions.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

/** What a query says after its body. */
interface Tail {
  orderBy: ast.SortItem[];
  limitCount: ast.Expression | undefined;
  hasLimit: boolean;
  limitOffset: ast.Expression | undefined;
  withTies: boolean;
  locking: ast.LockingClause[];
  /** Where an error about a doubled clause points. */
  limitAt: number;
  offsetAt: number;
}

const noSort: ast.SortItem[] = [];

export class SelectGrammar extends ExpressionGrammar {
  override readonly parenthesizedQuery = this.RULE('parenthesizedQuery', (): ast.Query => {
    this.CONSUME(t.LParenQuery);
    const query = this.SUBRULE(this.query);
    this.CONSUME(t.RParen);
    return query;
  });

  /** The same where nothing but a query may stand, so that what is wrong in the parentheses is found there. */
  override readonly requiredParenthesizedQuery = this.RULE('requiredParenthesizedQuery', (): ast.Query => {
    this.CONSUME(t.LParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(t.RParen);
    return query;
  });

  /** A whole query, without parentheses around it (a parenthesised one is one whose body is parenthesised). */
  override readonly query = this.RULE('query', (): ast.Query => {
    const offset = this.here();
    this.enter();
    const withClause = this.OPTION(() => this.SUBRULE(this.withClause));
    const query = this.SUBRULE(this.queryAfterWith, { ARGS: [withClause, offset] });
    this.leave();
    return query;
  });

  /** The rest of a query after its WITH, which statements that may begin with WITH have read already. */
  readonly queryAfterWith = this.RULE('queryAfterWith', (withClause: ast.WithClause | undefined, offset: number): ast.Query => {
    const body = this.SUBRULE(this.setOperations);
    const tail = this.SUBRULE(this.queryTail);
    // For the query's own nodes.
    this.height += 3;
    return this.ACTION(() => makeQuery(withClause, body, tail, offset));
  });

  /** Operands joined by UNION, EXCEPT and, binding tighter, INTERSECT. */
  readonly setOperations = this.RULE('setOperations', (): ast.QueryBody => {
    const first = this.SUBRULE(this.queryOperand);
    // `left op inner`, where `inner` collects INTERSECTs; both chains grow to the left.
    let left: ast.QueryBody | undefined;
    let link: { operator: 'union' | 'except'; all: boolean; offset: number } | undefined;
    let inner = first;
    this.MANY(() => {
      const offset = this.here();
      const operator = this.OR<'union' | 'except' | 'intersect'>([
        { ALT: () => (this.CONSUME(kw.union), 'union') },
        { ALT: () => (this.CONSUME(kw.except), 'except') },
        { ALT: () => (this.CONSUME(kw.intersect), 'intersect') },
      ]);
      const all = this.OPTION(() => this.OR1([{ ALT: () => (this.CONSUME(kw.all), true) }, { ALT: () => (this.CONSUME(kw.distinct), false) }])) ?? false;
      const right = this.SUBRULE1(this.queryOperand);
      this.ACTION(() => {
        if (operator === 'intersect') {
          inner = { kind: 'setOperation', operator, all, left: operandOf(inner), right: operandOf(right), offset };
          return;
        }
        left = join(left, link, inner);
        link = { operator, all, offset };
        inner = right;
      });
    });
    return join(left, link, inner);
  });

  readonly queryOperand = this.RULE('queryOperand', (): ast.QueryBody =>
    this.OR<ast.QueryBody>([
      { ALT: () => this.SUBRULE(this.selectCore) },
      { ALT: () => this.SUBRULE(this.valuesList) },
      { ALT: () => this.SUBRULE(this.requiredParenthesizedQuery) },
      { ALT: () => this.SUBRULE(this.tableCommand) },
    ]),
  );

  /** TABLE t */
  readonly tableCommand = this.RULE('tableCommand', (): ast.Select => {
    const offset = this.CONSUME(kw.table).startOffset;
    const { name, only } = this.SUBRULE(this.relation);
    const star: ast.SelectTarget = { expression: { kind: 'star', qualifier: [], offset }, alias: undefined, offset };
    const from: ast.TableRef = { kind: 'tableRef', name, only, alias: undefined, sample: undefined, offset: name?.offset };
    return {
      kind: 'select', isDistinct: false, distinctOn: undefined, targets: [star], into: undefined, from: [from], where: undefined,
      groupBy: [], groupDistinct: false, having: undefined, windows: [], offset,
    };
  });

  readonly valuesList = this.RULE('valuesList', (): ast.Values => {
    const offset = this.CONSUME(kw.values).startOffset;
    const rows: ast.Expression[][] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        this.CONSUME(t.LParen);
        rows.push(this.SUBRULE(this.expressionList));
        this.CONSUME(t.RParen);
      },
    });
    return { kind: 'values', rows, offset };
  });

  readonly selectCore = this.RULE('selectCore', (): ast.Select => {
    const offset = this.CONSUME(kw.select).startOffset;
    let isDistinct = false;
    let distinctOn: ast.Expression[] | undefined;
    this.OPTION(() =>
      this.OR([
        { ALT: () => { this.CONSUME(kw.all); } },
        {
          ALT: () => {
            this.CONSUME(kw.distinct);
            isDistinct = true;
            distinctOn = this.OPTION1(() => {
              this.CONSUME(kw.on);
              this.CONSUME(t.LParen);
              const list = this.SUBRULE(this.expressionList);
              this.CONSUME(t.RParen);
              return list;
            });
          },
        },
      ]),
    );
    const firstTarget = this.LA(1);
    const targets = this.OPTION2(() => this.SUBRULE(this.targetList)) ?? [];
    this.ACTION(() => {
      // DISTINCT needs something to compare.
      if (isDistinct && targets.length === 0) this.fail(firstTarget);
    });
    const into = this.OPTION3(() => this.SUBRULE(this.intoClause));
    const from = this.OPTION4(() => this.SUBRULE(this.fromClause)) ?? [];
    const where = this.OPTION5(() => {
      this.CONSUME(kw.where);
      return this.SUBRULE(this.expression);
    });
    let groupDistinct = false;
    const groupBy =
      this.OPTION6(() => {
        this.CONSUME(kw.group);
        this.CONSUME(kw.by);
        groupDistinct = this.option(10, () => this.OR1([{ ALT: () => (this.CONSUME1(kw.all), false) }, { ALT: () => (this.CONSUME1(kw.distinct), true) }])) ?? false;
        return this.SUBRULE(this.groupingElements);
      }) ?? [];
    const having = this.OPTION7(() => {
      this.CONSUME(kw.having);
      return this.SUBRULE1(this.expression);
    });
    const windows: ast.NamedWindow[] = [];
    this.OPTION8(() => {
      this.CONSUME(kw.window);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          const name = this.CONSUME(t.ColId);
          this.CONSUME(kw.as);
          windows.push({ name: valueOf(name), spec: this.SUBRULE(this.windowSpec), offset: name.startOffset });
        },
      });
    });
    return { kind: 'select', isDistinct, distinctOn, targets, into, from, where, groupBy, groupDistinct, having, windows, offset };
  });

  readonly targetList = this.RULE('targetList', (): ast.SelectTarget[] => {
    const targets: ast.SelectTarget[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => targets.push(this.SUBRULE(this.target)) });
    return targets;
  });

  readonly target = this.RULE('target', (): ast.SelectTarget => {
    const offset = this.here();
    return this.OR<ast.SelectTarget>([
      { ALT: () => ({ expression: { kind: 'star', qualifier: [], offset: this.CONSUME(t.Star).startOffset }, alias: undefined, offset }) },
      {
        ALT: () => {
          this.labelFollows = true;
          const expression = this.SUBRULE(this.expression);
          const alias = this.OPTION(() =>
            this.OR1([
              { ALT: () => (this.CONSUME(kw.as), valueOf(this.CONSUME(t.ColLabel))) },
              { ALT: () => valueOf(this.CONSUME(t.BareLabel)) },
            ]),
          );
          return { expression, alias, offset };
        },
      },
    ]);
  });

  /** INTO [TEMP | UNLOGGED] [TABLE] name */
  readonly intoClause = this.RULE('intoClause', (): ast.IntoClause => {
    const offset = this.CONSUME(kw.into).startOffset;
    const persistence = this.OPTION(() => this.SUBRULE(this.persistence)) ?? 'permanent';
    this.has(1, kw.table);
    return { name: this.SUBRULE(this.qualifiedName), persistence, offset };
  });

  /** [LOCAL | GLOBAL] TEMPORARY | TEMP, or UNLOGGED. */
  readonly persistence = this.RULE('persistence', (): ast.Persistence => {
    return this.OR<ast.Persistence>([
      { ALT: () => (this.CONSUME(kw.unlogged), 'unlogged') },
      {
        ALT: () => {
          this.OPTION(() => this.OR1([{ ALT: () => this.CONSUME(kw.local) }, { ALT: () => this.CONSUME(kw.global) }]));
          this.OR2([{ ALT: () => this.CONSUME(kw.temporary) }, { ALT: () => this.CONSUME(kw.temp) }]);
          return 'temporary';
        },
      },
    ]);
  });

  // ----------------------------------------------------------------------------------------------------------- grouping

  readonly groupingElements = this.RULE('groupingElements', (): ast.GroupingElement[] => {
    const elements: ast.GroupingElement[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.groupingElement)) });
    return elements;
  });

  readonly groupingElement = this.RULE('groupingElement', (): ast.GroupingElement => {
    const offset = this.here();
    const list = (kind: 'rollup' | 'cube'): ast.GroupingElement => {
      this.CONSUME(t.LParen);
      const items = this.SUBRULE(this.expressionList);
      this.CONSUME(t.RParen);
      return { kind, items, offset };
    };
    return this.OR<ast.GroupingElement>([
      { GATE: () => this.secondIsParenthesis(), ALT: () => (this.CONSUME(kw.rollup), list('rollup')) },
      { GATE: () => this.secondIsParenthesis(), ALT: () => (this.CONSUME(kw.cube), list('cube')) },
      {
        GATE: () => this.secondIs(kw.sets),
        ALT: () => {
          this.CONSUME(kw.grouping);
          this.CONSUME(kw.sets);
          this.CONSUME1(t.LParen);
          this.enter();
          const sets = this.SUBRULE(this.groupingElements);
          this.leave();
          this.CONSUME1(t.RParen);
          return { kind: 'groupingSets', sets, offset };
        },
      },
      {
        GATE: () => this.secondIs(t.RParen),
        ALT: () => {
          this.CONSUME(t.LParenOther);
          this.CONSUME2(t.RParen);
          return { kind: 'emptyGroupingSet', offset };
        },
      },
      { ALT: () => ({ kind: 'groupingExpression', expression: this.SUBRULE(this.expression), offset }) },
    ]);
  });

  // --------------------------------------------------------------------------------------------------------------- FROM

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
    this.MANY(() => {
      this.CONSUME(t.Dot);
      parts.push(valueOf(this.CONSUME(t.ColLabel)));
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
        GATE: () => !this.secondIs(kw.preceding) && !this.secondIs(kw.following),
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

  // --------------------------------------------------------------------------------------------- order, limit, locking

  /** [ORDER BY ...] */
  override readonly sortClause = this.RULE('sortClause', (): ast.SortItem[] =>
    this.OPTION(() => {
      this.CONSUME(kw.order);
      this.CONSUME(kw.by);
      const items: ast.SortItem[] = [];
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.sortItem)) });
      return items;
    }) ?? noSort,
  );

  readonly sortItem = this.RULE('sortItem', (): ast.SortItem => {
    const offset = this.here();
    const expression = this.SUBRULE(this.expression);
    let using: ast.OperatorName | undefined;
    const direction = this.OPTION(() =>
      this.OR<'asc' | 'desc' | undefined>([
        { ALT: () => (this.CONSUME(kw.asc), 'asc') },
        { ALT: () => (this.CONSUME(kw.desc), 'desc') },
        {
          ALT: () => {
            this.CONSUME(kw.using);
            using = this.SUBRULE(this.operatorName);
            return undefined;
          },
        },
      ]),
    );
    const nulls = this.SUBRULE(this.nullsOrder);
    return { expression, direction, nulls, using, offset };
  });

  /** A symbol, or OPERATOR(...). */
  readonly operatorName = this.RULE('operatorName', (): ast.OperatorName =>
    this.OR<ast.OperatorName>([
      { ALT: () => { const token = this.CONSUME(t.AnyOperator); return { schema: undefined, operator: valueOf(token), offset: token.startOffset }; } },
      { ALT: () => this.SUBRULE(this.qualifiedOperator) },
    ]),
  );

  /** [NULLS FIRST | LAST] */
  readonly nullsOrder = this.RULE('nullsOrder', (): 'first' | 'last' | undefined =>
    this.OPTION(() => {
      this.CONSUME(t.NullsLa);
      return this.OR<'first' | 'last'>([{ ALT: () => (this.CONSUME(kw.first), 'first') }, { ALT: () => (this.CONSUME(kw.last), 'last') }]);
    }),
  );

  /** ORDER BY, then LIMIT, OFFSET, FETCH and FOR in any order that PostgreSQL takes. */
  readonly queryTail = this.RULE('queryTail', (): Tail => {
    const tail: Tail = {
      orderBy: this.SUBRULE(this.sortClause), limitCount: undefined, hasLimit: false, limitOffset: undefined, withTies: false, locking: [],
      limitAt: 0, offsetAt: 0,
    };
    this.MANY(() =>
      this.OR([
        { GATE: () => !tail.hasLimit, ALT: () => this.SUBRULE(this.limitClause, { ARGS: [tail] }) },
        { GATE: () => !tail.hasLimit, ALT: () => this.SUBRULE(this.fetchClause, { ARGS: [tail] }) },
        { GATE: () => tail.limitOffset === undefined, ALT: () => this.SUBRULE(this.offsetClause, { ARGS: [tail] }) },
        { ALT: () => this.SUBRULE(this.lockingClause, { ARGS: [tail] }) },
      ]),
    );
    return tail;
  });

  readonly limitClause = this.RULE('limitClause', (tail: Tail): void => {
    const token = this.CONSUME(kw.limit);
    const count = this.OR<ast.Expression | undefined>([
      { ALT: () => { this.CONSUME(kw.all); return undefined; } },
      { ALT: () => this.SUBRULE(this.expression) },
    ]);
    this.ACTION(() => {
      if (this.nextIs(t.Comma)) {
        throw new DbError('42601', 'LIMIT #,# syntax is not supported', { hint: 'Use separate LIMIT and OFFSET clauses.', offset: token.startOffset });
      }
      tail.hasLimit = true;
      tail.limitAt = token.startOffset;
      tail.limitCount = count;
    });
  });

  /** FETCH FIRST | NEXT [n] ROW | ROWS ONLY | WITH TIES */
  readonly fetchClause = this.RULE('fetchClause', (tail: Tail): void => {
    const token = this.CONSUME(kw.fetch);
    this.OR([{ ALT: () => this.CONSUME(kw.first) }, { ALT: () => this.CONSUME(kw.next) }]);
    const count = this.OPTION({
      GATE: () => !this.nextIs(kw.row) && !this.nextIs(kw.rows),
      DEF: () => this.SUBRULE(this.fetchCount),
    });
    this.SUBRULE(this.rowOrRows);
    const withTies = this.OR1([
      { ALT: () => (this.CONSUME(kw.only), false) },
      { ALT: () => (this.CONSUME(kw.with), this.CONSUME(kw.ties), true) },
    ]);
    this.ACTION(() => {
      tail.hasLimit = true;
      tail.limitAt = token.startOffset;
      tail.limitCount = count ?? { kind: 'number', text: '1', offset: token.startOffset };
      tail.withTies = withTies;
    });
  });

  /** A number with its sign, or an operand without operators. */
  readonly fetchCount = this.RULE('fetchCount', (): ast.Expression => {
    const offset = this.here();
    return this.OR<ast.Expression>([
      {
        GATE: () => this.nextIs(t.Plus) || this.nextIs(t.Minus) || this.nextIs(t.Integer) || this.nextIs(t.Decimal),
        ALT: () => ({ kind: 'number', text: this.SUBRULE(this.signedNumber), offset }),
      },
      {
        ALT: () => {
          const outer = this.height;
          this.height = 0;
          const operand = this.SUBRULE(this.primary);
          this.height = Math.max(this.height + 1, outer);
          return operand;
        },
      },
    ]);
  });

  readonly rowOrRows = this.RULE('rowOrRows', (): void => {
    this.OR([{ ALT: () => this.CONSUME(kw.row) }, { ALT: () => this.CONSUME(kw.rows) }]);
  });

  readonly offsetClause = this.RULE('offsetClause', (tail: Tail): void => {
    const token = this.CONSUME(kw.offset);
    const skip = this.SUBRULE(this.expression);
    this.OPTION(() => this.SUBRULE(this.rowOrRows));
    this.ACTION(() => {
      tail.limitOffset = skip;
      tail.offsetAt = token.startOffset;
    });
  });

  /** FOR UPDATE | NO KEY UPDATE | SHARE | KEY SHARE [OF t, ...] [NOWAIT | SKIP LOCKED], or FOR READ ONLY. */
  readonly lockingClause = this.RULE('lockingClause', (tail: Tail): void => {
    const offset = this.CONSUME(kw.for).startOffset;
    const strength = this.OR<ast.LockingClause['strength'] | undefined>([
      { ALT: () => (this.CONSUME(kw.update), 'update') },
      { ALT: () => (this.CONSUME(kw.no), this.CONSUME(kw.key), this.CONSUME1(kw.update), 'no key update') },
      { ALT: () => (this.CONSUME(kw.share), 'share') },
      { ALT: () => (this.CONSUME1(kw.key), this.CONSUME1(kw.share), 'key share') },
      { ALT: () => { this.CONSUME(kw.read); this.CONSUME(kw.only); return undefined; } },
    ]);
    const tables = this.OPTION(() => (this.CONSUME(kw.of), this.SUBRULE(this.qualifiedNames))) ?? [];
    const waitPolicy =
      this.OPTION1(() =>
        this.OR1<ast.LockingClause['waitPolicy']>([
          { ALT: () => (this.CONSUME(kw.nowait), 'nowait') },
          { ALT: () => (this.CONSUME(kw.skip), this.CONSUME(kw.locked), 'skip locked') },
        ]),
      ) ?? 'block';
    this.ACTION(() => {
      if (strength !== undefined) tail.locking.push({ strength, tables, waitPolicy, offset });
    });
  });

  // --------------------------------------------------------------------------------------------------------------- WITH

  readonly withClause = this.RULE('withClause', (): ast.WithClause => {
    const offset = this.here();
    this.OR([{ ALT: () => this.CONSUME(kw.with) }, { ALT: () => this.CONSUME(t.WithLa) }]);
    const isRecursive = this.has(0, kw.recursive);
    const tables: ast.CommonTable[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => tables.push(this.SUBRULE(this.commonTable)) });
    return { isRecursive, tables, offset };
  });

  readonly commonTable = this.RULE('commonTable', (): ast.CommonTable => {
    const name = this.CONSUME(t.ColId);
    const columns = this.SUBRULE(this.optionalColumnList);
    this.CONSUME(kw.as);
    const materialized = this.OPTION(() =>
      this.OR([
        { ALT: () => (this.CONSUME(kw.materialized), true) },
        { ALT: () => (this.CONSUME(kw.not), this.CONSUME1(kw.materialized), false) },
      ]),
    );
    this.CONSUME(t.LParen);
    const statement = this.SUBRULE(this.preparable);
    this.CONSUME(t.RParen);
    const search = this.OPTION1(() => this.SUBRULE(this.searchClause));
    const cycle = this.OPTION2(() => this.SUBRULE(this.cycleClause));
    return { name: valueOf(name), columns, materialized, statement, search, cycle, offset: name.startOffset };
  });

  readonly searchClause = this.RULE('searchClause', (): ast.SearchClause => {
    const offset = this.CONSUME(kw.search).startOffset;
    const order = this.OR<'breadth' | 'depth'>([{ ALT: () => (this.CONSUME(kw.depth), 'depth') }, { ALT: () => (this.CONSUME(kw.breadth), 'breadth') }]);
    this.CONSUME(kw.first);
    this.CONSUME(kw.by);
    const columns = this.SUBRULE(this.identifiers);
    this.CONSUME(kw.set);
    return { order, columns, sequenceColumn: valueOf(this.CONSUME(t.ColId)), offset };
  });

  readonly cycleClause = this.RULE('cycleClause', (): ast.CycleClause => {
    const offset = this.CONSUME(kw.cycle).startOffset;
    const columns = this.SUBRULE(this.identifiers);
    this.CONSUME(kw.set);
    const markColumn = valueOf(this.CONSUME(t.ColId));
    let markValue: ast.Expression | undefined;
    let markDefault: ast.Expression | undefined;
    this.OPTION(() => {
      this.CONSUME(kw.to);
      markValue = this.SUBRULE(this.primary);
      this.CONSUME(kw.default);
      markDefault = this.SUBRULE1(this.primary);
    });
    this.CONSUME(kw.using);
    return { columns, markColumn, markValue, markDefault, pathColumn: valueOf(this.CONSUME1(t.ColId)), offset };
  });

  /** a, b, c */
  readonly identifiers = this.RULE('identifiers', (): ast.Identifier[] => {
    const list: ast.Identifier[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.identifier)) });
    return list;
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

/** A parenthesised query as an operand: its body alone when it has no clause of its own. */
function operandOf(body: ast.QueryBody): ast.QueryBody {
  if (body.kind !== 'query') return body;
  const isBare = body.with === undefined && body.orderBy.length === 0 && body.limitCount === undefined && body.limitOffset === undefined && body.locking.length === 0;
  return isBare ? body.body : body;
}

function join(left: ast.QueryBody | undefined, link: { operator: 'union' | 'except'; all: boolean; offset: number } | undefined, inner: ast.QueryBody): ast.QueryBody {
  if (left === undefined || link === undefined) return inner;
  return { kind: 'setOperation', operator: link.operator, all: link.all, left: operandOf(left), right: operandOf(inner), offset: link.offset };
}

function doubled(what: string, offset: number): DbError {
  return new DbError('42601', `multiple ${what} not allowed`, { offset });
}

function makeQuery(withClause: ast.WithClause | undefined, body: ast.QueryBody, tail: Tail, offset: number): ast.Query {
  if (body.kind !== 'query') {
    checkTies(tail.withTies, tail.orderBy, tail.locking, tail.limitAt);
    const { orderBy, limitCount, limitOffset, withTies, locking } = tail;
    return { kind: 'query', with: withClause, body, orderBy, limitCount, limitOffset, withTies, locking, offset };
  }
  // A parenthesised query and what its surroundings add are one.
  const inner = body;
  if (withClause !== undefined && inner.with !== undefined) throw doubled('WITH clauses', withClause.offset);
  if (tail.orderBy.length > 0 && inner.orderBy.length > 0) throw doubled('ORDER BY clauses', tail.orderBy[0]!.offset);
  if (tail.limitOffset !== undefined && inner.limitOffset !== undefined) throw doubled('OFFSET clauses', tail.offsetAt);
  if (tail.hasLimit && inner.limitCount !== undefined) throw doubled('LIMIT clauses', tail.limitAt);
  const orderBy = tail.orderBy.length > 0 ? tail.orderBy : inner.orderBy;
  const withTies = inner.withTies || tail.withTies;
  const locking = [...inner.locking, ...tail.locking];
  checkTies(withTies, orderBy, locking, tail.limitAt);
  return {
    kind: 'query', with: withClause ?? inner.with, body: inner.body, orderBy, limitCount: tail.hasLimit ? tail.limitCount : inner.limitCount,
    limitOffset: tail.limitOffset ?? inner.limitOffset, withTies, locking, offset,
  };
}

function checkTies(withTies: boolean, orderBy: readonly ast.SortItem[], locking: readonly ast.LockingClause[], offset: number): void {
  if (!withTies) return;
  if (orderBy.length === 0) throw new DbError('42601', 'WITH TIES cannot be specified without ORDER BY clause', { offset });
  if (locking.some((clause) => clause.waitPolicy === 'skip locked')) {
    throw new DbError('42601', 'SKIP LOCKED and WITH TIES options cannot be used together', { offset });
  }
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
