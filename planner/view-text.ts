/**
 * A query as PostgreSQL prints one that it keeps, what pg_get_viewdef shows: every star written out, every column with the name of its relation, every
 * cast that binding added, one clause a line. The text's tree says what there is to print, the binding record what it means.
 *
 * What its relations and columns are called is view-names.ts' affair.
 *
 * V3  Every indent is counted as ruleutils.c counts it: a clause goes back to where its query began, and what wraps inside it goes on four further.
 *
 * Source. ruleutils.c (get_query_def and below).
 */
import { unreachable } from '../base/assert.js';
import { TypeOid } from '../base/types.js';
import type { CommonTable, Expression, FunctionRef, GroupingElement, Join, Query, QueryBody, Select, SortItem, TableReference, Values, WindowSpec } from '../parser/ast.js';
import { printTypeName } from '../parser/print.js';
import { quoteIdentifier } from '../parser/print-names.js';
import type { BindingRecord, SelectRecord } from './binding-record.js';
import type { SelectItem } from './binder-sort.js';
import { operatorOf } from './expression-text.js';
import { rowOfRelation } from './expression-tools.js';
import type { AggregateCall, BoundExpression, ColumnId, FrameBound, SortKey, WindowFrame } from './expression.js';
import { ruleText, type RulePrinter } from './rule-text.js';
import { outside, ViewNames, type Frame, type ViewPrinter } from './view-names.js';

/** @param columns the view's own names of its columns */
export function viewText(query: Query, record: BindingRecord, columns: readonly string[], printer: ViewPrinter): string {
  return `${new QueryWriter(new ViewNames(record, printer), [outside], 0).query(query, columns, true)};`;
}

const Step = 8;
const JoinStep = 4;
const ItemStep = 4;
const IndentMax = 40;

class QueryWriter {
  readonly #names: ViewNames;
  readonly #isPretty: boolean;
  #frames: readonly Frame[];
  #indent: number;
  /** Whether what is being printed stands in a join with an alias, or in one that lists its columns. */
  #inJoin: 'none' | 'aliased' | 'listed' = 'none';
  #text = '';

  constructor(names: ViewNames, frames: readonly Frame[], indent: number) {
    this.#names = names;
    this.#isPretty = names.printer.isPretty;
    this.#frames = frames;
    this.#indent = indent;
  }

  // ----------------------------------------------------------------------------------------------------------------- layout (V3)

  #line(words: string, before: number, after: number, extra: number): void {
    this.#indent += before;
    const level = Math.max(0, this.#indent);
    const blanks = level < IndentMax ? level : (IndentMax + Math.floor((level - IndentMax) / (Step / 4))) % IndentMax;
    this.#text = `${this.#text.replace(/ +$/, '')}\n${' '.repeat(blanks + extra)}${words}`;
    this.#indent = Math.max(0, this.#indent + after);
  }
  #clause(words: string, extra = 1): void {
    this.#line(words, -Step, Step, extra);
  }
  /** An entry of a list that stands in a line of its own, but for the first. */
  #entry(text: string, isFirst: boolean): void {
    if (text.startsWith('\n')) this.#text = this.#text.replace(/ +$/, '');
    else if (!isFirst) this.#clause('', ItemStep);
    this.#text += text;
  }

  // ----------------------------------------------------------------------------------------------------------------- queries

  /** `columns`: what the result's columns are called, where that is not as the query says. `areNamesVisible`: a column without a name shows one. */
  query(query: Query, columns: readonly string[] | undefined, areNamesVisible: boolean): string {
    const { body } = query;
    this.#frames = [...this.#frames, this.#names.frameOf(body, this.#frames)];
    if (query.with !== undefined) this.#with(query.with.tables, query.with.isRecursive);
    if (body.kind === 'select') this.#select(body, columns, areNamesVisible);
    else if (body.kind === 'values') this.#values(body, columns);
    else this.#setOperation(body, columns, areNamesVisible);
    if (query.orderBy.length > 0) {
      this.#clause(' ORDER BY ');
      this.#text += query.orderBy.map((item) => this.#sortItem(item, body)).join(', ');
    }
    if (query.limitOffset !== undefined) {
      this.#clause(' OFFSET ', 0);
      this.#text += this.#limit(query.limitOffset);
    }
    if (query.limitCount !== undefined) {
      this.#clause(query.withTies ? ' FETCH FIRST ' : ' LIMIT ', 0);
      const count = query.limitCount.kind === 'null' ? (this.#names.printer.isKept === true ? 'NULL' : 'ALL') : this.#limit(query.limitCount);
      this.#text += query.withTies ? `(${count}) ROWS WITH TIES` : count;
    }
    this.#locking(query);
    return this.#text;
  }

  #inner(indent = this.#indent): QueryWriter {
    return new QueryWriter(this.#names, this.#frames, indent);
  }

  #with(tables: readonly CommonTable[], isRecursive: boolean): void {
    this.#indent += Step;
    this.#text += ' ';
    tables.forEach((table, i) => {
      const { search, cycle, statement } = table;
      const list = (columns: CommonTable['columns']): string => columns.map(({ name }) => quoteIdentifier(name)).join(', ');
      const hint = table.materialized === undefined ? '' : table.materialized ? 'MATERIALIZED ' : 'NOT MATERIALIZED ';
      this.#text += `${i > 0 ? ', ' : isRecursive ? 'WITH RECURSIVE ' : 'WITH '}${quoteIdentifier(table.name)}${table.columns.length === 0 ? '' : `(${list(table.columns)})`} AS ${hint}(`;
      this.#line('', 0, 0, 0);
      if (statement.kind === 'query') this.#text += this.#inner().query(statement, undefined, true);
      this.#line('', 0, 0, 0);
      this.#text += ')';
      if (search !== undefined) this.#text += ` SEARCH ${search.order.toUpperCase()} FIRST BY ${list(search.columns)} SET ${quoteIdentifier(search.sequenceColumn)}`;
      if (cycle !== undefined) {
        this.#text += ` CYCLE ${list(cycle.columns)} SET ${quoteIdentifier(cycle.markColumn)}`;
        if (cycle.markValue !== undefined && cycle.markDefault !== undefined) this.#text += ` TO ${this.#mark(cycle.markValue)} DEFAULT ${this.#mark(cycle.markDefault)}`;
        this.#text += ` USING ${quoteIdentifier(cycle.pathColumn)}`;
      }
    });
    this.#line('', -Step, 0, 0);
  }

  #values(values: Values, columns: readonly string[] | undefined): void {
    const rows = this.#names.record.values.get(values) ?? [];
    const text = `VALUES ${rows.map((row) => `(${row.map((e) => (e.kind === 'row' ? this.#row(e) : this.#expression(e))).join(',')})`).join(', ')}`;
    this.#indent += Step;
    const own = rows[0]?.map((_, i) => `column${i + 1}`) ?? [];
    if (columns === undefined || columns.every((name, i) => name === own[i])) this.#text += ` ${text}`;
    else {
      this.#text += ' SELECT ';
      own.forEach((name, i) => this.#entry(`"*VALUES*".${name}${columns[i] === name ? '' : ` AS ${quoteIdentifier(columns[i]!)}`}${i < own.length - 1 ? ',' : ''}`, i === 0));
      this.#clause(' FROM ', 2);
      this.#text += `(${text}) "*VALUES*"`;
    }
  }

  #setOperation(body: QueryBody, columns: readonly string[] | undefined, areNamesVisible: boolean): void {
    if (body.kind !== 'setOperation') {
      // Only a query with clauses of its own is still one here.
      const query: Query = body.kind === 'query' ? body : { kind: 'query', with: undefined, body, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset: body.offset };
      const text = this.#inner().query(query, columns, areNamesVisible);
      this.#text += body.kind === 'query' ? `(${text})` : text;
      return;
    }
    const { left, right, operator, all } = body;
    const isLeftApart = left.kind === 'setOperation' && !(left.operator === operator && left.all === all);
    if (isLeftApart) {
      this.#text += '(';
      this.#line('', Step, 0, 0);
    }
    this.#setOperation(left, columns, areNamesVisible);
    this.#line(isLeftApart ? ') ' : '', isLeftApart ? -Step : 0, 0, 0);
    const isRightApart = right.kind === 'setOperation';
    this.#text += `${operator.toUpperCase()} ${all ? 'ALL ' : ''}${isRightApart ? '(' : ''}`;
    this.#line('', isRightApart ? Step : 0, 0, 0);
    this.#setOperation(right, columns, false);
    if (isRightApart) {
      this.#indent -= Step;
      this.#line(')', 0, 0, 0);
    }
  }

  #locking(query: Query): void {
    const { body } = query;
    if (body.kind !== 'select') return;
    for (const lock of query.locking) {
      const names = lock.tables.length > 0 ? lock.tables.map(({ name }) => name) : body.from.flatMap((item) => this.#lockedNames(item));
      for (const name of names) {
        this.#clause(` FOR ${lock.strength.toUpperCase()}`, 0);
        this.#text += ` OF ${quoteIdentifier(name)}${lock.waitPolicy === 'block' ? '' : ` ${lock.waitPolicy.toUpperCase()}`}`;
      }
    }
  }
  #lockedNames(reference: TableReference): string[] {
    if (reference.kind === 'join') return [...this.#lockedNames(reference.left), ...this.#lockedNames(reference.right)];
    if (reference.kind === 'functionRef') return [];
    const entry = this.#names.record.entries.get(reference);
    return entry === undefined ? [] : [this.#names.nameOf(entry, this.#frames)];
  }

  // ----------------------------------------------------------------------------------------------------------------- SELECT

  #select(select: Select, columns: readonly string[] | undefined, areNamesVisible: boolean): void {
    const items = this.#current.items;
    this.#indent += Step;
    this.#text += ' SELECT';
    if (select.distinctOn !== undefined) this.#text += ` DISTINCT ON (${select.distinctOn.map((e) => this.#groupItem(this.#itemOf(e))).join(', ')})`;
    else if (select.isDistinct) this.#text += ' DISTINCT';
    this.#targets(items.filter((item) => !item.isJunk), columns, areNamesVisible);
    select.from.forEach((reference, i) => {
      if (i === 0) this.#clause(' FROM ', 2);
      else this.#text += ', ';
      if (i === 0) this.#from(reference);
      else this.#entry(this.#apart(() => this.#from(reference)), false);
    });
    if (select.where !== undefined) {
      this.#clause(' WHERE ');
      this.#text += this.#bound(select.where);
    }
    if (select.groupBy.length > 0) {
      this.#clause(' GROUP BY ');
      this.#text += `${select.groupDistinct ? 'DISTINCT ' : ''}${select.groupBy.map((element) => this.#grouping(element, true)).join(', ')}`;
    }
    if (select.having !== undefined) {
      this.#clause(' HAVING ', 0);
      this.#text += this.#bound(select.having);
    }
    if (select.windows.length > 0) {
      this.#clause(' WINDOW ');
      this.#text += select.windows
        .map(({ name, spec }) => {
          const bound = this.#current.level.windows.get(name)!;
          return `${quoteIdentifier(name)} AS ${this.#window(spec, bound.partitionBy, bound.orderBy, bound.frame)}`;
        })
        .join(', ');
    }
  }

  get #current(): SelectRecord {
    return this.#frames[this.#frames.length - 1]!.select!;
  }
  #itemOf(e: Expression): SelectItem {
    return this.#current.items[this.#names.record.items.get(e)!]!;
  }

  /** What `write` writes, without writing it. */
  #apart(write: () => void): string {
    const before = this.#text;
    this.#text = '';
    write();
    const text = this.#text;
    this.#text = before;
    return text;
  }

  #targets(items: readonly SelectItem[], columns: readonly string[] | undefined, areNamesVisible: boolean): void {
    items.forEach((item, i) => {
      const expression = this.#names.record.typed.get(item.expression) ?? item.expression;
      const column = this.#columnName(expression);
      const row = column === undefined ? rowOfRelation(expression) : undefined;
      let text = row !== undefined ? this.#row(row) : this.#expression(expression, true);
      const own = column ?? (areNamesVisible || this.#names.printer.isKept === true ? undefined : '?column?');
      const name = columns?.[i] ?? item.name;
      if (name !== own) text += ` AS ${quoteIdentifier(name)}`;
      this.#text += i === 0 ? ' ' : ', ';
      // Every entry but the first is in a line of its own, for no line is as short as the width of 0 that lines are wrapped at.
      this.#entry(text, i === 0);
    });
  }

  /** A whole row as an entry of the select list, where `t.*` would stand for its columns. */
  #row(e: Extract<BoundExpression, { kind: 'row' }>): string {
    const text = this.#expression(e, true);
    return text.endsWith('.*') ? `${text}::${this.#names.printer.typeText(e.type)}` : text;
  }

  #grouping(element: GroupingElement, omitsParentheses: boolean): string {
    const members = (e: Expression): Expression[] => (e.kind === 'row' && !e.isExplicit ? [...e.elements] : [e]);
    const hasSets = this.#current.select.groupBy.some(({ kind }) => kind !== 'groupingExpression');
    const simple = (e: Expression, omits: boolean): string => {
      const list = members(e);
      const text = list.map((member) => this.#groupItem(this.#itemOf(member))).join(', ');
      return omits && list.length === 1 ? text : `(${text})`;
    };
    switch (element.kind) {
      case 'groupingExpression':
        // Outside grouping sets a list in parentheses is that many expressions.
        return omitsParentheses && !hasSets ? members(element.expression).map((e) => simple(e, true)).join(', ') : simple(element.expression, omitsParentheses);
      case 'emptyGroupingSet':
        return '()';
      case 'rollup':
      case 'cube':
        return `${element.kind.toUpperCase()}(${element.items.map((e) => simple(e, true)).join(', ')})`;
      case 'groupingSets':
        return `GROUPING SETS (${element.sets.map((set) => this.#grouping(set, false)).join(', ')})`;
      default:
        return unreachable(element);
    }
  }

  /** An entry of GROUP BY, ORDER BY or DISTINCT ON. */
  #groupItem({ expression }: SelectItem): string {
    // Without its type a number would be a position, and another constant nothing at all.
    if (expression.kind === 'constant') {
      const text = this.#expression(expression, true);
      return /::[\w" ()[\]]+$/.test(text) ? text : `${expression.value === null || typeof expression.value === 'boolean' ? text : /^'/.test(text) || /^\d/.test(text) ? text : `'${text}'`}::${this.#names.printer.typeText(expression.type)}`;
    }
    const text = this.#expression(expression, true);
    const row = rowOfRelation(expression);
    if (this.#columnName(expression) !== undefined || (row !== undefined && this.#wholeRow(row) !== undefined)) return text;
    const isCollated = !this.#isPretty && this.#names.printer.written.collations.has(expression.offset);
    const isCall = (expression.kind === 'column' && !isCollated) || (expression.kind === 'call' && expression.operator === undefined) || (expression.kind === 'cast' && typeof expression.method === 'function');
    return this.#isPretty || isCall ? `(${text})` : text;
  }

  #sortItem(item: SortItem, body: QueryBody): string {
    const position = this.#names.record.items.get(item.expression);
    const bound = this.#names.record.expressions.get(item.expression);
    // Over a set operation a column of the result is meant.
    const text = body.kind === 'select' && position !== undefined ? this.#groupItem(this.#itemOf(item.expression)) : item.expression.kind === 'number' || bound === undefined ? this.#resultPosition(item.expression, body) : this.#expression(bound);
    const isDescending = item.direction === 'desc' || item.using?.operator === '>';
    const nulls = item.nulls === undefined || (item.nulls === 'first') === isDescending ? '' : ` NULLS ${item.nulls.toUpperCase()}`;
    return `${text}${isDescending ? ' DESC' : ''}${nulls}`;
  }
  #resultPosition(e: Expression, body: QueryBody): string {
    if (e.kind === 'number') return e.text;
    let first = body;
    while (first.kind === 'setOperation' || first.kind === 'query') first = first.kind === 'query' ? first.body : first.left;
    const name = e.kind === 'columnRef' ? e.parts[0]! : '';
    if (first.kind === 'values') return name.replace('column', '');
    const items = this.#names.record.selects.get(first)?.items.filter((item) => !item.isJunk) ?? [];
    return String(items.findIndex((item) => item.name === name) + 1);
  }

  // ----------------------------------------------------------------------------------------------------------------- FROM

  #from(reference: TableReference): void {
    if (reference.kind === 'join') return this.#join(reference);
    const entry = this.#names.record.entries.get(reference);
    if (entry === undefined || reference.kind === 'unsupportedTable') return;
    const name = this.#names.nameOf(entry, this.#frames);
    const hasColumnAliases = (reference.alias?.columns.length ?? 0) > 0;
    const names = this.#names.columnsOf(entry);
    const columns = `(${names.map(quoteIdentifier).join(', ')})`;
    switch (reference.kind) {
      case 'tableRef': {
        const relation = this.#names.printer.relation(entry);
        const own = relation?.name ?? entry.relationName ?? entry.alias;
        if (relation !== undefined && relation.added.length > 0 && this.#inJoin === 'listed') {
          // A list of columns counts them: what was added must not come between.
          this.#text += `( SELECT ${relation.columns.flatMap((column) => (column === undefined ? [] : [quoteIdentifier(column)])).join(', ')} FROM ${relation.text}) ${quoteIdentifier(name)}${columns}`;
          return;
        }
        const unused = this.#names.namesOfAdded(entry, relation?.added ?? [], this.#inJoin === 'none' ? [] : this.#current.level.entries);
        const separatesAdded = this.#names.mergesColumns && unused.some((column, i) => column !== relation!.added[i]);
        const keepsNames = hasColumnAliases || separatesAdded || (relation !== undefined && names.some((column, i) => relation.columns[i] !== undefined && column !== relation.columns[i]));
        this.#text += `${reference.only ? 'ONLY ' : ''}${relation?.text ?? quoteIdentifier(own)}`;
        if (reference.alias !== undefined || name !== own || keepsNames) this.#text += ` ${quoteIdentifier(name)}`;
        if (keepsNames) this.#text += `(${[...names.filter((_, i) => relation === undefined || relation.columns[i] !== undefined), ...unused].map(quoteIdentifier).join(', ')})`;
        const { sample } = reference;
        if (sample !== undefined) {
          this.#text += ` TABLESAMPLE ${quoteIdentifier(sample.method.name)} (${sample.args.map((e) => this.#bound(e)).join(', ')})`;
          if (sample.repeatable !== undefined) this.#text += ` REPEATABLE (${this.#bound(sample.repeatable)})`;
        }
        return;
      }
      case 'subqueryRef':
        this.#text += `${reference.isLateral ? 'LATERAL ' : ''}(${this.#inner().query(reference.query, undefined, true)}) ${quoteIdentifier(name === '' ? 'unnamed_subquery' : name)}${hasColumnAliases ? columns : ''}`;
        return;
      case 'functionRef': {
        this.#text += `${reference.isLateral ? 'LATERAL ' : ''}${this.#functions(reference)}${reference.withOrdinality ? ' WITH ORDINALITY' : ''} ${quoteIdentifier(name)}`;
        const [only] = reference.functions;
        const definitions = reference.functions.length === 1 ? only!.columnDefinitions : undefined;
        this.#text += definitions === undefined ? columns : `(${definitions.map((column) => `${quoteIdentifier(column.name)} ${printTypeName(column.type)}`).join(', ')})`;
        return;
      }
      default:
        return unreachable(reference);
    }
  }

  #functions(reference: FunctionRef): string {
    const bound = this.#names.record.tableFunctions.get(reference) ?? [];
    const texts = bound.map((call, i) =>
      call === undefined ? this.#functionLike(reference.functions[i]!.call) : `${this.#names.printer.functionName(call.function)}(${call.args.map((arg) => this.#expression(arg, true)).join(', ')})`,
    );
    if (texts.length === 1) return texts[0]!;
    if (bound.every((call) => call?.function.name === 'unnest')) return `UNNEST(${bound.flatMap((call) => call!.args.map((arg) => this.#expression(arg, true))).join(', ')})`;
    const defined = texts.map((text, i) => {
      const definitions = reference.functions[i]?.columnDefinitions;
      return definitions === undefined ? text : `${text} AS (${definitions.map((column) => `${quoteIdentifier(column.name)} ${printTypeName(column.type)}`).join(', ')})`;
    });
    return `ROWS FROM(${defined.join(', ')})`;
  }

  /** What stands in FROM as a call does; a cast has to be written as one. */
  #functionLike(e: Expression): string {
    const text = this.#bound(e);
    return e.kind === 'cast' ? `CAST(${text} AS ${this.#names.printer.typeText(this.#names.record.expressions.get(e)!.type)})` : text;
  }

  #join(join: Join): void {
    const hasParentheses = !this.#isPretty || join.alias !== undefined;
    const outer = this.#inJoin;
    if (join.alias !== undefined && outer !== 'listed') this.#inJoin = join.alias.columns.length > 0 ? 'listed' : 'aliased';
    if (hasParentheses) this.#text += '(';
    this.#from(join.left);
    const columns = join.using?.map(({ name }) => name) ?? (join.isNatural ? this.#commonColumns(join) : undefined);
    const isCross = join.type === 'cross' || (join.type === 'inner' && join.on === undefined && (columns === undefined || columns.length === 0));
    this.#line(isCross ? ' CROSS JOIN ' : join.type === 'inner' ? ' JOIN ' : ` ${join.type.toUpperCase()} JOIN `, -Step, Step, JoinStep);
    const isRightApart = this.#isPretty && join.right.kind === 'join' && join.right.alias === undefined;
    if (isRightApart) this.#text += '(';
    this.#from(join.right);
    this.#inJoin = outer;
    if (isRightApart) this.#text += ')';
    if (columns !== undefined && columns.length > 0) {
      this.#text += ` USING (${columns.map((column) => quoteIdentifier(this.#names.usingName(join, column))).join(', ')})`;
      if (join.usingAlias !== undefined) this.#text += ` AS ${quoteIdentifier(join.usingAlias.name)}`;
    } else if (join.on !== undefined) this.#text += this.#isPretty ? ` ON ${this.#bound(join.on)}` : ` ON (${this.#bound(join.on)})`;
    else if (!isCross) this.#text += ' ON TRUE';
    if (hasParentheses) this.#text += ')';
    if (join.alias === undefined) return;
    const entry = this.#names.record.entries.get(join);
    this.#text += ` ${quoteIdentifier(entry === undefined ? join.alias.name : this.#names.nameOf(entry, this.#frames))}`;
    if (join.alias.columns.length > 0 && entry !== undefined) this.#text += `(${entry.columns.map((column) => quoteIdentifier(column.name)).join(', ')})`;
  }

  #commonColumns(join: Join): string[] {
    const columnsOf = (reference: TableReference): string[] => {
      if (reference.kind === 'join' && reference.alias === undefined) return [...new Set([...columnsOf(reference.left), ...columnsOf(reference.right)])];
      return this.#names.record.entries.get(reference)?.columns.map((column) => column.name) ?? [];
    };
    const right = new Set(columnsOf(join.right));
    return columnsOf(join.left).filter((name) => right.has(name));
  }

  // ----------------------------------------------------------------------------------------------------------------- expressions

  /** An expression of the text. */
  #bound(e: Expression): string {
    return this.#expression(this.#names.record.expressions.get(e)!);
  }
  /** What marks a cycle: a literal without a type is shown as text, which PostgreSQL does not read there, nor do we. */
  #mark(e: Expression): string {
    const bound = this.#names.record.expressions.get(e)!;
    return `${this.#expression(bound)}${bound.kind === 'constant' && bound.type.oid === TypeOid.unknown && this.#names.printer.isKept !== true ? '::text' : ''}`;
  }
  /** LIMIT and OFFSET are bigint. */
  #limit(e: Expression): string {
    const bound = this.#names.record.expressions.get(e)!;
    return bound.kind === 'constant' && typeof bound.value === 'number' ? String(bound.value) : this.#expression(bound);
  }

  #expression(e: BoundExpression, withImplicit = false, indent = this.#indent): string {
    const printer: RulePrinter = {
      ...this.#names.printer,
      column: (id, name, at) => this.#column(id, name, at),
      isCall: (id) => this.#callOf(id) !== undefined,
      subquery: (query, at) => this.#subquery(query, at),
      wholeRow: (row) => this.#wholeRow(row),
      fieldName: (field) => this.#names.record.fields.get(field),
    };
    return ruleText(e, printer, withImplicit, indent);
  }

  /** The name of a column of FROM that stands there as it is. */
  #columnName(e: BoundExpression): string | undefined {
    return e.kind !== 'column' || this.#names.printer.written.collations.has(e.offset) || this.#callOf(e.id) !== undefined ? undefined : this.#names.find(e.id, this.#frames)?.name;
  }

  #column(id: ColumnId, name: string, indent: number): string {
    const call = this.#callOf(id);
    if (call !== undefined) return call(indent);
    const found = this.#names.find(id, this.#frames);
    if (found === undefined) return quoteIdentifier(name);
    return `${found.entry.alias === '' ? '' : `${quoteIdentifier(this.#names.nameOf(found.entry, this.#frames))}.`}${quoteIdentifier(found.name)}`;
  }

  /** Calls that binding has made a column of: aggregates, GROUPING, window functions, functions that return sets. */
  #callOf(id: ColumnId): ((indent: number) => string) | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const { select } = this.#frames[i]!;
      if (select === undefined) continue;
      const list = (args: readonly BoundExpression[], indent: number): string => args.map((arg) => this.#expression(arg, true, indent)).join(', ');
      const aggregate = select.level.aggregates.find((call) => call.id === id);
      if (aggregate !== undefined) return (indent) => this.#aggregate(aggregate, indent);
      const grouping = select.level.groupingCalls.find((call) => call.id === id);
      if (grouping !== undefined) return (indent) => `GROUPING(${list(grouping.args, indent)})`;
      const set = select.setCalls.find((call) => call.id === id);
      if (set !== undefined) return (indent) => `${this.#names.printer.functionName(set.function)}(${list(set.args, indent)})`;
      const window = select.windowCalls.find(({ call }) => call.id === id);
      if (window === undefined) continue;
      return (indent) => {
        const { call, partitionBy, orderBy } = window;
        const written = this.#names.calls.get(id)!;
        const over = written.over!;
        const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.#expression(call.filter, false, indent)})`;
        const args = written.isStar ? '*' : list(call.args, indent);
        return `${this.#names.printer.functionName(call.function)}(${args})${filter} OVER ${over.reference === undefined ? this.#window(over, partitionBy, orderBy, call.frame) : quoteIdentifier(over.reference)}`;
      };
    }
    return undefined;
  }

  #aggregate(call: AggregateCall, indent: number): string {
    const written = this.#names.calls.get(call.id);
    const list = (args: readonly BoundExpression[]): string => args.map((arg) => this.#expression(arg, true, indent)).join(', ');
    const orderBy = (keys: readonly SortKey[]): string => keys.map((key) => this.#sortKey(key)).join(', ');
    let text = `${this.#names.printer.functionName(call.function)}(${call.isDistinct ? 'DISTINCT ' : ''}`;
    if (written?.withinGroup === true) text += `${list(call.directArgs)}) WITHIN GROUP (ORDER BY ${orderBy(call.orderBy)}`;
    else text += `${written?.isStar === true ? '*' : list(call.args)}${call.orderBy.length === 0 ? '' : ` ORDER BY ${orderBy(call.orderBy)}`}`;
    if (call.filter !== undefined) text += `) FILTER (WHERE ${this.#expression(call.filter, false, indent)}`;
    return `${text})`;
  }

  #sortKey({ expression, descending, nullsFirst }: SortKey): string {
    const text = this.#groupItem({ expression, name: '', isJunk: true });
    return `${text}${descending ? ' DESC' : ''}${nullsFirst === descending ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`;
  }

  #window(spec: WindowSpec, partitionBy: readonly BoundExpression[], orderBy: readonly SortKey[], frame: WindowFrame | undefined): string {
    const parts: string[] = [];
    if (spec.base !== undefined) parts.push(quoteIdentifier(spec.base));
    else if (partitionBy.length > 0) parts.push(`PARTITION BY ${partitionBy.map((expression) => this.#groupItem({ expression, name: '', isJunk: true })).join(', ')}`);
    if (spec.orderBy.length > 0) parts.push(`ORDER BY ${orderBy.map((key) => this.#sortKey(key)).join(', ')}`);
    if (spec.frame !== undefined && frame !== undefined) {
      const bound = ({ kind, value }: FrameBound): string => (value === undefined ? kind.toUpperCase() : `${this.#frameOffset(value)} ${kind.toUpperCase()}`);
      // What ends at the current row without saying so has no place of its own in the text.
      const isBetween = spec.frame.end.offset !== spec.frame.offset;
      parts.push(`${frame.mode.toUpperCase()} ${isBetween ? `BETWEEN ${bound(frame.start)} AND ${bound(frame.end)}` : bound(frame.start)}`);
      if (frame.exclude !== 'no others') parts.push(`EXCLUDE ${frame.exclude.toUpperCase()}`);
    }
    return `(${parts.join(' ')})`;
  }
  /** ROWS and GROUPS count in bigint. */
  #frameOffset(e: BoundExpression): string {
    return e.kind === 'constant' && typeof e.value === 'number' && e.type.oid !== TypeOid.float8 ? String(e.value) : this.#expression(e);
  }

  #wholeRow(row: Extract<BoundExpression, { kind: 'row' }>): string | undefined {
    const [first] = row.fields;
    if (row.names === undefined || first?.kind !== 'column') return undefined;
    const entry = this.#names.find(first.id, this.#frames)?.entry;
    if (entry === undefined || entry.columns.length !== row.fields.length || !row.fields.every((field, i) => field.kind === 'column' && field.id === entry.columns[i]!.id)) return undefined;
    return `${quoteIdentifier(this.#names.nameOf(entry, this.#frames))}.*`;
  }

  #subquery(e: Extract<BoundExpression, { kind: 'subquery' }>, indent: number): string {
    const written = this.#names.subqueries.get(e);
    if (written === undefined) return '(SELECT ...)';
    const query = this.#inner(indent).query(written.query, undefined, false);
    if (e.subkind === 'exists') return `(EXISTS (${query}))`;
    if (e.subkind === 'array') return `ARRAY(${query})`;
    if (e.comparison === undefined) return `(${query})`;
    const operator = e.comparison.kind === 'call' ? operatorOf(e.comparison.operator ?? e.comparison.function.name) : e.comparison.kind === 'rowCompare' ? e.comparison.operator : e.comparison.kind === 'or' ? '<>' : '=';
    const words = e.subkind === 'any' && operator === '=' ? 'IN' : `${operator} ${e.subkind.toUpperCase()}`;
    return `(${this.#compared(e.comparison, indent)} ${words} (${query}))`;
  }

  /** The left side of a comparison with a subquery. */
  #compared(e: BoundExpression, indent: number): string {
    if (e.kind === 'call') return this.#expression(e.args[0]!, true, indent);
    const lefts = e.kind === 'rowCompare' ? e.left : e.kind === 'and' || e.kind === 'or' ? e.args.map((arg) => (arg.kind === 'call' ? arg.args[0]! : arg)) : [e];
    return `(${lefts.map((left) => this.#expression(left, true, indent)).join(', ')})`;
  }
}
