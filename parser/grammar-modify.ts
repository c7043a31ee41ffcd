/** INSERT, UPDATE, DELETE, MERGE, and the statements that may stand in a WITH, PREPARE, COPY or EXPLAIN. */
import type * as ast from './ast.js';
import { SelectGrammar } from './grammar-select.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

type With = ast.WithClause | undefined;

export class ModifyGrammar extends SelectGrammar {
  /** A query or data-modifying statement, its WITH first. */
  override readonly preparable = this.RULE('preparable', (): ast.PreparableStatement => {
    const offset = this.here();
    this.enter();
    const withClause = this.OPTION(() => this.SUBRULE(this.withClause));
    const statement = this.OR<ast.PreparableStatement>([
      { ALT: () => this.SUBRULE(this.queryAfterWith, { ARGS: [withClause, offset] }) },
      { ALT: () => this.SUBRULE(this.insert, { ARGS: [withClause, offset] }) },
      { ALT: () => this.SUBRULE(this.update, { ARGS: [withClause, offset] }) },
      { ALT: () => this.SUBRULE(this.delete, { ARGS: [withClause, offset] }) },
      { ALT: () => this.SUBRULE(this.merge, { ARGS: [withClause, offset] }) },
    ]);
    this.leave();
    return statement;
  });

  readonly insert = this.RULE('insert', (withClause: With, offset: number): ast.Insert => {
    this.CONSUME(kw.insert);
    this.CONSUME(kw.into);
    const table = this.SUBRULE(this.qualifiedName);
    const alias = this.OPTION(() => (this.CONSUME(kw.as), this.SUBRULE(this.identifier)));
    let columns: ast.TargetColumn[] = [];
    let overriding: ast.Insert['overriding'];
    let source: ast.Query | undefined;
    this.OR([
      { ALT: () => { this.CONSUME(kw.default); this.CONSUME(kw.values); } },
      {
        ALT: () => {
          this.OPTION1({ GATE: () => this.nextIs(t.LParenOther), DEF: () => { columns = this.SUBRULE(this.targetColumns); } });
          this.OPTION2(() => { overriding = this.SUBRULE(this.overriding); });
          source = this.SUBRULE(this.query);
        },
      },
    ]);
    const onConflict = this.OPTION3(() => this.SUBRULE(this.onConflict));
    const returning = this.SUBRULE(this.returning);
    return { kind: 'insert', with: withClause, table, alias, columns, overriding, source, onConflict, returning, offset };
  });

  /** OVERRIDING SYSTEM | USER VALUE */
  readonly overriding = this.RULE('overriding', (): 'system' | 'user' => {
    this.CONSUME(kw.overriding);
    const kind = this.OR<'system' | 'user'>([{ ALT: () => (this.CONSUME(kw.system), 'system') }, { ALT: () => (this.CONSUME(kw.user), 'user') }]);
    this.CONSUME(kw.value);
    return kind;
  });

  /** (a, b[1], c.field) */
  readonly targetColumns = this.RULE('targetColumns', (): ast.TargetColumn[] => {
    const columns: ast.TargetColumn[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.targetColumn)) });
    this.CONSUME(t.RParen);
    return columns;
  });

  readonly targetColumn = this.RULE('targetColumn', (): ast.TargetColumn => {
    const name = this.CONSUME(t.ColId);
    const path: ast.TargetStep[] = [];
    this.MANY(() => {
      const offset = this.here();
      path.push(
        this.OR<ast.TargetStep>([
          { ALT: () => (this.CONSUME(t.Dot), { kind: 'field', name: valueOf(this.CONSUME(t.ColLabel)), offset }) },
          { ALT: () => ({ kind: 'subscript', subscript: this.SUBRULE(this.subscript), offset }) },
        ]),
      );
    });
    return { name: valueOf(name), path, offset: name.startOffset };
  });

  readonly onConflict = this.RULE('onConflict', (): ast.OnConflict => {
    const offset = this.CONSUME(kw.on).startOffset;
    this.CONSUME(kw.conflict);
    const target = this.OPTION(() => this.SUBRULE(this.conflictTarget));
    this.CONSUME(kw.do);
    const update = this.OR<ast.ConflictUpdate | undefined>([
      { ALT: () => { this.CONSUME(kw.nothing); return undefined; } },
      {
        ALT: () => {
          this.CONSUME(kw.update);
          this.CONSUME(kw.set);
          const assignments = this.SUBRULE(this.assignments);
          return { assignments, where: this.SUBRULE(this.whereClause) };
        },
      },
    ]);
    return { target, update, offset };
  });

  /** (expressions) [WHERE predicate], or ON CONSTRAINT name. */
  readonly conflictTarget = this.RULE('conflictTarget', (): ast.ConflictTarget => {
    const offset = this.here();
    return this.OR<ast.ConflictTarget>([
      {
        ALT: () => {
          this.CONSUME(kw.on);
          this.CONSUME(kw.constraint);
          return { kind: 'conflictConstraint', name: valueOf(this.CONSUME(t.ColId)), offset };
        },
      },
      {
        ALT: () => {
          const elements = this.SUBRULE(this.indexElements);
          return { kind: 'conflictColumns', elements, where: this.SUBRULE(this.whereClause), offset };
        },
      },
    ]);
  });

  /** (element, ...) of an index or of ON CONFLICT. */
  readonly indexElements = this.RULE('indexElements', (): ast.IndexElement[] => {
    const elements: ast.IndexElement[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.indexElement)) });
    this.CONSUME(t.RParen);
    return elements;
  });

  /** column | function(...) | (expression), then [COLLATE c] [operator class [(options)]] [ASC | DESC] [NULLS FIRST | LAST]. */
  readonly indexElement = this.RULE('indexElement', (): ast.IndexElement => {
    const offset = this.here();
    const expression = this.OR<ast.Expression>([
      {
        GATE: () => this.isName() && !this.secondIsParenthesis() && !this.secondIs(t.Dot),
        ALT: () => {
          const name = this.CONSUME(t.ColId);
          return { kind: 'columnRef', parts: [valueOf(name)], offset };
        },
      },
      { GATE: () => this.isName(), ALT: () => this.SUBRULE(this.plainCall) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          const inner = this.SUBRULE(this.indexExpression);
          this.CONSUME(t.RParen);
          return inner;
        },
      },
      { ALT: () => this.SUBRULE(this.keywordFunction) },
    ]);
    const collation = this.SUBRULE(this.optionalCollation);
    const operatorClass = this.OPTION({ GATE: () => !this.nextIs(t.NullsLa), DEF: () => this.SUBRULE(this.qualifiedName) });
    const operatorClassOptions = this.OPTION1({ GATE: () => operatorClass !== undefined, DEF: () => this.SUBRULE(this.definitionOptions) }) ?? [];
    const direction = this.OPTION2(() => this.OR1<'asc' | 'desc'>([{ ALT: () => (this.CONSUME(kw.asc), 'asc') }, { ALT: () => (this.CONSUME(kw.desc), 'desc') }]));
    const nulls = this.SUBRULE(this.nullsOrder);
    return { expression, collation, operatorClass, operatorClassOptions, direction, nulls, offset };
  });

  /** An index's expression, or a bare query in its parentheses, which is a scalar subquery to be refused later. */
  readonly indexExpression = this.RULE('indexExpression', (): ast.Expression => {
    const offset = this.here();
    return this.OR<ast.Expression>([
      { GATE: () => this.nextIs(kw.select) || this.nextIs(kw.with) || this.nextIs(kw.values), ALT: () => ({ kind: 'scalarSubquery', query: this.SUBRULE(this.query), offset }) },
      { ALT: () => this.SUBRULE(this.expression) },
    ]);
  });

  /** [WHERE condition] */
  readonly whereClause = this.RULE('whereClause', (): ast.Expression | undefined =>
    this.OPTION(() => {
      this.CONSUME(kw.where);
      return this.SUBRULE(this.expression);
    }),
  );

  /** [WHERE condition | WHERE CURRENT OF cursor] */
  readonly whereOrCurrentOf = this.RULE('whereOrCurrentOf', (): ast.Expression | ast.CurrentOf | undefined =>
    this.OPTION(() => {
      this.CONSUME(kw.where);
      return this.OR<ast.Expression | ast.CurrentOf>([
        {
          GATE: () => this.secondIs(kw.of),
          ALT: () => {
            const offset = this.CONSUME(kw.current).startOffset;
            this.CONSUME(kw.of);
            return { kind: 'currentOf', cursor: valueOf(this.CONSUME(t.ColId)), offset };
          },
        },
        { ALT: () => this.SUBRULE(this.expression) },
      ]);
    }),
  );

  /** [RETURNING list] */
  readonly returning = this.RULE('returning', (): ast.SelectTarget[] | undefined =>
    this.OPTION(() => {
      this.CONSUME(kw.returning);
      return this.SUBRULE(this.targetList);
    }),
  );

  readonly assignments = this.RULE('assignments', (): ast.Assignment[] => {
    const list: ast.Assignment[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.assignment)) });
    return list;
  });

  /** column = value, or (a, b) = source */
  readonly assignment = this.RULE('assignment', (): ast.Assignment => {
    const offset = this.here();
    return this.OR<ast.Assignment>([
      {
        ALT: () => {
          const target = this.SUBRULE(this.targetColumn);
          this.CONSUME(t.Equals);
          return { kind: 'assignment', target, value: this.SUBRULE(this.expression), offset };
        },
      },
      {
        ALT: () => {
          const targets = this.SUBRULE(this.targetColumns);
          this.CONSUME1(t.Equals);
          return { kind: 'multiAssignment', targets, source: this.SUBRULE1(this.expression), offset };
        },
      },
    ]);
  });

  /** The target of UPDATE, DELETE, MERGE: [ONLY] t [*] [[AS] alias]; SET begins the next clause rather than being an alias. */
  readonly modifiedTable = this.RULE('modifiedTable', (): { name: ast.QualifiedName; only: boolean; alias: ast.Identifier | undefined } => {
    const { name, only } = this.SUBRULE(this.relation);
    const alias = this.OPTION({
      GATE: () => !this.nextIs(kw.set),
      DEF: () => {
        this.has(1, kw.as);
        return this.SUBRULE(this.identifier);
      },
    });
    return { name, only, alias };
  });

  readonly update = this.RULE('update', (withClause: With, offset: number): ast.Update => {
    this.CONSUME(kw.update);
    const { name: table, only, alias } = this.SUBRULE(this.modifiedTable);
    this.CONSUME(kw.set);
    const assignments = this.SUBRULE(this.assignments);
    const from = this.OPTION(() => this.SUBRULE(this.fromClause)) ?? [];
    const where = this.SUBRULE(this.whereOrCurrentOf);
    const returning = this.SUBRULE(this.returning);
    return { kind: 'update', with: withClause, table, only, alias, assignments, from, where, returning, offset };
  });

  readonly delete = this.RULE('delete', (withClause: With, offset: number): ast.Delete => {
    this.CONSUME(kw.delete);
    this.CONSUME(kw.from);
    const { name: table, only, alias } = this.SUBRULE(this.modifiedTable);
    const using = this.OPTION(() => (this.CONSUME(kw.using), this.SUBRULE(this.tableReferences))) ?? [];
    const where = this.SUBRULE(this.whereOrCurrentOf);
    const returning = this.SUBRULE(this.returning);
    return { kind: 'delete', with: withClause, table, only, alias, using, where, returning, offset };
  });

  readonly merge = this.RULE('merge', (withClause: With, offset: number): ast.Merge => {
    this.CONSUME(kw.merge);
    this.CONSUME(kw.into);
    const { name: table, only, alias } = this.SUBRULE(this.modifiedTable);
    this.CONSUME(kw.using);
    const source = this.SUBRULE(this.tableReference);
    this.CONSUME(kw.on);
    const on = this.SUBRULE(this.expression);
    const whens: ast.MergeWhen[] = [];
    this.AT_LEAST_ONE(() => whens.push(this.SUBRULE(this.mergeWhen)));
    return { kind: 'merge', with: withClause, table, only, alias, source, on, whens, offset };
  });

  readonly mergeWhen = this.RULE('mergeWhen', (): ast.MergeWhen => {
    const offset = this.CONSUME(kw.when).startOffset;
    const matched = !this.has(0, kw.not);
    this.CONSUME(kw.matched);
    const condition = this.OPTION1(() => (this.CONSUME(kw.and), this.SUBRULE(this.expression)));
    this.CONSUME(kw.then);
    const start = this.here();
    const action = this.OR<ast.MergeAction>([
      {
        GATE: () => matched,
        ALT: () => {
          this.CONSUME(kw.update);
          this.CONSUME(kw.set);
          return { kind: 'mergeUpdate', assignments: this.SUBRULE(this.assignments), offset: start };
        },
      },
      { GATE: () => matched, ALT: () => (this.CONSUME(kw.delete), { kind: 'mergeDelete', offset: start }) },
      { GATE: () => !matched, ALT: () => this.SUBRULE(this.mergeInsert) },
      { ALT: () => (this.CONSUME(kw.do), this.CONSUME(kw.nothing), { kind: 'mergeNothing', offset: start }) },
    ]);
    return { matched, condition, action, offset };
  });

  readonly mergeInsert = this.RULE('mergeInsert', (): ast.MergeAction => {
    const offset = this.CONSUME(kw.insert).startOffset;
    return this.OR<ast.MergeAction>([
      {
        ALT: () => {
          this.CONSUME(kw.default);
          this.CONSUME(kw.values);
          return { kind: 'mergeInsert', columns: [], overriding: undefined, values: undefined, offset };
        },
      },
      {
        ALT: () => {
          const columns = this.OPTION(() => this.SUBRULE(this.targetColumns)) ?? [];
          const overriding = this.OPTION1(() => this.SUBRULE(this.overriding));
          this.CONSUME1(kw.values);
          this.CONSUME(t.LParen);
          const values = this.SUBRULE(this.expressionList);
          this.CONSUME(t.RParen);
          return { kind: 'mergeInsert', columns, overriding, values, offset };
        },
      },
    ]);
  });
}
