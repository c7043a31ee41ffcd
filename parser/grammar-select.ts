/**
 * Queries: SELECT, VALUES, TABLE, set operations, WITH, ordering, limits and locks.
 *
 * A parenthesised query without clauses of its own vanishes into the query around it; one whose surroundings add clauses is merged
 * with them, with PostgreSQL's errors about doubled ones (`(SELECT 1 LIMIT 1) LIMIT 2`).
 */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { FromGrammar } from './grammar-from.js';
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

export class SelectGrammar extends FromGrammar {
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
        const literals = this.ACTION(() => this.literalList());
        if (literals !== undefined && !this.RECORDING_PHASE) {
          rows.push(literals);
          return;
        }
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
    // RECURSIVE may be the name of a table too.
    const isRecursive = this.OPTION({ GATE: () => !this.secondIs(kw.as) && !this.secondIsParenthesis(), DEF: () => this.CONSUME(kw.recursive) }) !== undefined;
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
