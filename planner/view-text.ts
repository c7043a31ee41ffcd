/**
 * A query as PostgreSQL prints one that it keeps, what pg_get_viewdef shows: every star written out, every column with the name of its relation, every
 * cast that binding added, one clause a line. The text's tree says what there is to print, the binding record what it means.
 *
 * V1  Relations and their columns are called as the catalog calls them when the text is printed, which need not be when the query was bound: that is how a
 *     rename reaches the views that are kept. A column that USING joins by keeps its name, by a list of columns behind the relation, which
 *     also keeps apart what is called like a column that a join has merged, and what has been added and is called like another.
 * V2  A relation is shown under its own name or alias, unless an enclosing query, or one before it in this query, shows that already: then a number is added.
 *     A view's query has relations called old and new around it.
 * V3  Every indent is counted as ruleutils.c counts it: a clause goes back to where its query began, and what wraps inside it goes on four further.
 *
 * Source. ruleutils.c (get_query_def and below).
 */
import { unreachable } from '../base/assert.js';
import type { CommonTable, Expression, FunctionCall, FunctionRef, GroupingElement, Join, Query, QueryBody, Select, SortItem, TableReference, Values, WindowSpec } from '../parser/ast.js';
import { printTypeName } from '../parser/print.js';
import { quoteIdentifier } from '../parser/print-names.js';
import type { BindingRecord, SelectRecord } from './binding-record.js';
import type { SelectItem } from './binder-sort.js';
import { operatorOf } from './expression-text.js';
import type { AggregateCall, BoundExpression, ColumnId, FrameBound, SortKey, WindowFrame } from './expression.js';
import { ruleText, type RulePrinter } from './rule-text.js';
import type { QueryLevel, RangeEntry } from './scope.js';

/** What an item of FROM is called in the catalog. */
export interface RelationNames {
  /** The relation, with its schema where it is needed. */
  readonly text: string;
  readonly name: string;
  /** Names of the entry's columns, undefined for those that are gone, and of those that the relation has got since. */
  readonly columns: readonly (string | undefined)[];
  readonly added: readonly string[];
}

export interface ViewPrinter extends Omit<RulePrinter, 'column' | 'subquery' | 'wholeRow' | 'fieldName'> {
  /** undefined for what is no relation of the catalog. */
  readonly relation: (entry: RangeEntry) => RelationNames | undefined;
}

/** @param columns the view's own names of its columns */
export function viewText(query: Query, record: BindingRecord, columns: readonly string[], printer: ViewPrinter): string {
  const outside: Frame = { select: undefined, names: new Map(), taken: new Set(['old', 'new']) };
  return `${new QueryWriter(new Facts(record, printer), [outside], 0).query(query, columns, true)};`;
}

const Step = 8;
const JoinStep = 4;
const ItemStep = 4;
const IndentMax = 40;

/** One query being printed: what it was bound to, and the names its relations are shown under. */
interface Frame {
  readonly select: SelectRecord | undefined;
  readonly names: ReadonlyMap<RangeEntry, string>;
  readonly taken: ReadonlySet<string>;
}

type SubqueryForm = Extract<Expression, { readonly query: Query }>;

/** What is the same for the whole view. */
class Facts {
  readonly record: BindingRecord;
  readonly printer: ViewPrinter;
  /** As they were written: subqueries by what they were bound to, calls by the column of their result. */
  readonly subqueries = new Map<BoundExpression, SubqueryForm>();
  readonly calls = new Map<ColumnId, FunctionCall>();
  readonly #references = new Map<RangeEntry, TableReference>();
  readonly #columns = new Map<RangeEntry, readonly string[]>();

  constructor(record: BindingRecord, printer: ViewPrinter) {
    this.record = record;
    this.printer = printer;
    for (const [written, bound] of record.expressions) {
      if (bound.kind === 'column' && written.kind === 'functionCall') this.calls.set(bound.id, written);
      if ('query' in written) this.subqueries.set(bound.kind === 'not' ? bound.arg : bound, written);
    }
    for (const [reference, entry] of record.entries) if (reference.kind !== 'join') this.#references.set(entry, reference);
  }

  /** Whether some join merges columns, or hides tables behind an alias, so that the names of all columns matter. */
  get mergesColumns(): boolean {
    return this.#someJoin((join) => join.isNatural || join.using !== undefined || join.alias !== undefined);
  }
  /** Whether some join gives its columns names of their own. */
  get listsJoinColumns(): boolean {
    return this.#someJoin((join) => (join.alias?.columns.length ?? 0) > 0);
  }
  #someJoin(test: (join: Join) => boolean): boolean {
    for (const reference of this.record.entries.keys()) for (let join: TableReference = reference; join.kind === 'join'; join = join.left) if (test(join)) return true;
    return false;
  }

  /** Whether the query itself gives the entry its name. */
  isAliased(entry: RangeEntry): boolean {
    const reference = this.#references.get(entry);
    return reference === undefined || reference.kind !== 'tableRef' || reference.alias !== undefined;
  }

  /** Gives the entry's column of that name, if it has one, a name that no column of `others` has. */
  renameColumn(entry: RangeEntry, name: string, others: readonly RangeEntry[]): void {
    const names = [...this.columnsOf(entry)];
    const at = names.indexOf(name);
    if (at === -1) return;
    for (let n = 1; others.some((other) => this.columnsOf(other).includes(names[at]!)); n++) names[at] = `${name}_${n}`;
    this.#columns.set(entry, names);
  }

  /** Names of an entry's columns (V1). */
  columnsOf(entry: RangeEntry): readonly string[] {
    let names = this.#columns.get(entry);
    if (names === undefined) this.#columns.set(entry, (names = this.#namesOf(entry)));
    return names;
  }
  #namesOf(entry: RangeEntry): readonly string[] {
    const bound = entry.columns.map((column) => column.name);
    const now = this.printer.relation(entry)?.columns;
    if (now === undefined) return bound;
    const reference = this.#references.get(entry);
    const aliasCount = reference === undefined || reference.kind === 'join' || reference.kind === 'unsupportedTable' ? 0 : (reference.alias?.columns.length ?? 0);
    const names = bound.map((name, i) => (i < aliasCount ? name : (now[i] ?? name)));
    return names.some((name, i) => name !== bound[i] && this.#joinNames.has(bound[i]!)) ? bound : names;
  }
  /** Columns that some join of the view merges, by name. */
  get #joinNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [reference, entry] of this.record.entries) {
      if (reference.kind !== 'join') continue;
      let join: TableReference = reference;
      for (; join.kind === 'join'; join = join.left) {
        for (const { name } of join.using ?? []) names.add(name);
        if (join.isNatural) for (const { name } of entry.columns) names.add(name);
      }
    }
    return names;
  }
}

const isJoinEntry = (entry: RangeEntry): boolean => entry.isJoin || entry.alias === '';

class QueryWriter {
  readonly #facts: Facts;
  readonly #isPretty: boolean;
  #frames: readonly Frame[];
  #indent: number;
  #text = '';

  constructor(facts: Facts, frames: readonly Frame[], indent: number) {
    this.#facts = facts;
    this.#isPretty = facts.printer.isPretty;
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
    this.#frames = [...this.#frames, this.#frameOf(body)];
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
      const count = query.limitCount.kind === 'null' ? (this.#facts.printer.isKept === true ? 'NULL' : 'ALL') : this.#limit(query.limitCount);
      this.#text += query.withTies ? `(${count}) ROWS WITH TIES` : count;
    }
    this.#locking(query);
    return this.#text;
  }

  #frameOf(body: QueryBody): Frame {
    const select = body.kind === 'select' ? this.#facts.record.selects.get(body) : undefined;
    const names = new Map<RangeEntry, string>();
    const taken = new Set<string>();
    const isTaken = (name: string): boolean => taken.has(name) || this.#frames.some((frame) => frame.taken.has(name));
    for (const entry of select?.level.entries ?? []) {
      if (entry.alias === '') continue;
      const own = this.#facts.isAliased(entry) ? entry.alias : (this.#facts.printer.relation(entry)?.name ?? entry.alias);
      let name = own;
      for (let n = 1; isTaken(name); n++) name = `${own}_${n}`;
      taken.add(name);
      names.set(entry, name);
    }
    if (select !== undefined) this.#separateMerged(select.level);
    return { select, names, taken };
  }

  /** A column that only a join has, as that of FULL JOIN USING, is shown by its name alone: what else is called so gets another name. */
  #separateMerged(level: QueryLevel): void {
    const visible = level.namespace.filter((item) => item.columnsVisible).map((item) => item.entry);
    for (const join of visible) {
      if (!join.isJoin || join.alias !== '') continue;
      const inputs = level.entries.filter((entry) => !isJoinEntry(entry));
      const merged = join.columns.filter(({ id }) => !inputs.some((entry) => entry.columns.some((column) => column.id === id)));
      for (const entry of visible) if (entry !== join) for (const { name } of merged) this.#facts.renameColumn(entry, name, inputs);
    }
  }

  #inner(indent = this.#indent): QueryWriter {
    return new QueryWriter(this.#facts, this.#frames, indent);
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
        if (cycle.markValue !== undefined && cycle.markDefault !== undefined) this.#text += ` TO ${this.#bound(cycle.markValue)} DEFAULT ${this.#bound(cycle.markDefault)}`;
        this.#text += ` USING ${quoteIdentifier(cycle.pathColumn)}`;
      }
    });
    this.#line('', -Step, 0, 0);
  }

  #values(values: Values, columns: readonly string[] | undefined): void {
    const rows = this.#facts.record.values.get(values) ?? [];
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
    const entry = this.#facts.record.entries.get(reference);
    return entry === undefined ? [] : [this.#nameOf(entry)];
  }

  // ----------------------------------------------------------------------------------------------------------------- SELECT

  #select(select: Select, columns: readonly string[] | undefined, areNamesVisible: boolean): void {
    const items = this.#select_.items;
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
          const bound = this.#select_.level.windows.get(name)!;
          return `${quoteIdentifier(name)} AS ${this.#window(spec, bound.partitionBy, bound.orderBy, bound.frame)}`;
        })
        .join(', ');
    }
  }

  get #select_(): SelectRecord {
    return this.#frames[this.#frames.length - 1]!.select!;
  }
  #itemOf(e: Expression): SelectItem {
    return this.#select_.items[this.#facts.record.items.get(e)!]!;
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
    let wasMultiline = true;
    items.forEach((item, i) => {
      const expression = this.#facts.record.typed.get(item.expression) ?? item.expression;
      const column = this.#columnName(expression);
      let text = column === undefined && expression.kind === 'row' ? this.#row(expression) : this.#expression(expression, true);
      const own = column ?? (areNamesVisible || this.#facts.printer.isKept === true ? undefined : '?column?');
      const name = columns?.[i] ?? item.name;
      if (name !== own) text += ` AS ${quoteIdentifier(name)}`;
      this.#text += i === 0 ? ' ' : ', ';
      // Every entry but the first is in a line of its own, for no line is as short as the width of 0 that lines are wrapped at.
      this.#entry(text, i === 0 && wasMultiline);
      wasMultiline = text.includes('\n');
    });
  }

  /** A whole row as an entry of the select list, where `t.*` would stand for its columns. */
  #row(e: Extract<BoundExpression, { kind: 'row' }>): string {
    const text = this.#expression(e, true);
    return text.endsWith('.*') ? `${text}::${this.#facts.printer.typeText(e.type)}` : text;
  }

  #grouping(element: GroupingElement, omitsParentheses: boolean): string {
    const members = (e: Expression): Expression[] => (e.kind === 'row' && !e.isExplicit ? [...e.elements] : [e]);
    const simple = (e: Expression, omits: boolean): string => {
      const list = members(e);
      const text = list.map((member) => this.#groupItem(this.#itemOf(member))).join(', ');
      return omits && list.length === 1 ? text : `(${text})`;
    };
    switch (element.kind) {
      case 'groupingExpression':
        // Outside grouping sets a list in parentheses is that many expressions.
        return omitsParentheses && !this.#hasSets() ? members(element.expression).map((e) => simple(e, true)).join(', ') : simple(element.expression, omitsParentheses);
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
  #hasSets(): boolean {
    for (const [select, record] of this.#facts.record.selects) if (record === this.#select_) return select.groupBy.some((element) => element.kind !== 'groupingExpression');
    return false;
  }

  /** An entry of GROUP BY, ORDER BY or DISTINCT ON. */
  #groupItem({ expression }: SelectItem): string {
    const text = this.#expression(expression, true);
    if (expression.kind === 'constant' || this.#columnName(expression) !== undefined) return text;
    const isCollated = !this.#isPretty && this.#facts.printer.written.collations.has(expression.offset);
    const isCall = (expression.kind === 'column' && !isCollated) || (expression.kind === 'call' && expression.operator === undefined) || (expression.kind === 'cast' && typeof expression.method === 'function');
    return this.#isPretty || isCall ? `(${text})` : text;
  }

  #sortItem(item: SortItem, body: QueryBody): string {
    const position = this.#facts.record.items.get(item.expression);
    const bound = this.#facts.record.expressions.get(item.expression);
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
    const items = this.#facts.record.selects.get(first)?.items.filter((item) => !item.isJunk) ?? [];
    return String(items.findIndex((item) => item.name === name) + 1);
  }

  // ----------------------------------------------------------------------------------------------------------------- FROM

  #nameOf(entry: RangeEntry): string {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const name = this.#frames[i]!.names.get(entry);
      if (name !== undefined) return name;
    }
    return entry.alias;
  }

  #from(reference: TableReference): void {
    if (reference.kind === 'join') return this.#join(reference);
    const entry = this.#facts.record.entries.get(reference);
    if (entry === undefined || reference.kind === 'unsupportedTable') return;
    const name = this.#nameOf(entry);
    const hasColumnAliases = (reference.alias?.columns.length ?? 0) > 0;
    const names = this.#facts.columnsOf(entry);
    const columns = `(${names.map(quoteIdentifier).join(', ')})`;
    switch (reference.kind) {
      case 'tableRef': {
        const relation = this.#facts.printer.relation(entry);
        const own = relation?.name ?? entry.relationName ?? entry.alias;
        if (relation !== undefined && relation.added.length > 0 && this.#facts.listsJoinColumns) {
          // A list of columns counts them: what was added must not come between.
          this.#text += `( SELECT ${relation.columns.flatMap((column) => (column === undefined ? [] : [quoteIdentifier(column)])).join(', ')} FROM ${relation.text}) ${quoteIdentifier(name)}${columns}`;
          return;
        }
        const added = this.#facts.mergesColumns && relation !== undefined && relation.added.some((column) => this.#unusedColumn(column) !== column) ? relation.added.map((column) => this.#unusedColumn(column)) : [];
        const keepsNames = hasColumnAliases || added.length > 0 || (relation !== undefined && names.some((column, i) => relation.columns[i] !== undefined && column !== relation.columns[i]));
        this.#text += `${reference.only ? 'ONLY ' : ''}${relation?.text ?? quoteIdentifier(own)}`;
        if (reference.alias !== undefined || name !== own || keepsNames) this.#text += ` ${quoteIdentifier(name)}`;
        if (keepsNames) this.#text += `(${[...names.filter((_, i) => relation === undefined || relation.columns[i] !== undefined), ...added].map(quoteIdentifier).join(', ')})`;
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

  /** `name`, or with a number, so that no other column of the query is called so. */
  #unusedColumn(name: string): string {
    const isUsed = (candidate: string): boolean => this.#select_.level.entries.some((entry) => this.#facts.columnsOf(entry).includes(candidate));
    let unused = name;
    for (let n = 1; isUsed(unused); n++) unused = `${name}_${n}`;
    return unused;
  }

  #functions(reference: FunctionRef): string {
    const bound = this.#facts.record.tableFunctions.get(reference) ?? [];
    const texts = bound.map((call, i) =>
      call === undefined ? this.#bound(reference.functions[i]!.call) : `${this.#facts.printer.functionName(call.function)}(${call.args.map((arg) => this.#expression(arg, true)).join(', ')})`,
    );
    if (texts.length === 1) return texts[0]!;
    if (bound.every((call) => call?.function.name === 'unnest')) return `UNNEST(${bound.flatMap((call) => call!.args.map((arg) => this.#expression(arg, true))).join(', ')})`;
    const defined = texts.map((text, i) => {
      const definitions = reference.functions[i]?.columnDefinitions;
      return definitions === undefined ? text : `${text} AS (${definitions.map((column) => `${quoteIdentifier(column.name)} ${printTypeName(column.type)}`).join(', ')})`;
    });
    return `ROWS FROM(${defined.join(', ')})`;
  }

  #join(join: Join): void {
    const hasParentheses = !this.#isPretty || join.alias !== undefined;
    if (hasParentheses) this.#text += '(';
    this.#from(join.left);
    const columns = join.using?.map(({ name }) => name) ?? (join.isNatural ? this.#commonColumns(join) : undefined);
    const isCross = join.type === 'cross' || (join.type === 'inner' && join.on === undefined && (columns === undefined || columns.length === 0));
    this.#line(isCross ? ' CROSS JOIN ' : join.type === 'inner' ? ' JOIN ' : ` ${join.type.toUpperCase()} JOIN `, -Step, Step, JoinStep);
    const isRightApart = this.#isPretty && join.right.kind === 'join' && join.right.alias === undefined;
    if (isRightApart) this.#text += '(';
    this.#from(join.right);
    if (isRightApart) this.#text += ')';
    if (columns !== undefined && columns.length > 0) {
      this.#text += ` USING (${columns.map(quoteIdentifier).join(', ')})`;
      if (join.usingAlias !== undefined) this.#text += ` AS ${quoteIdentifier(join.usingAlias.name)}`;
    } else if (join.on !== undefined) this.#text += this.#isPretty ? ` ON ${this.#bound(join.on)}` : ` ON (${this.#bound(join.on)})`;
    else if (!isCross) this.#text += ' ON TRUE';
    if (hasParentheses) this.#text += ')';
    if (join.alias === undefined) return;
    const entry = this.#facts.record.entries.get(join);
    this.#text += ` ${quoteIdentifier(entry === undefined ? join.alias.name : this.#nameOf(entry))}`;
    if (join.alias.columns.length > 0 && entry !== undefined) this.#text += `(${entry.columns.map((column) => quoteIdentifier(column.name)).join(', ')})`;
  }

  #commonColumns(join: Join): string[] {
    const columnsOf = (reference: TableReference): string[] => {
      if (reference.kind === 'join' && reference.alias === undefined) return [...new Set([...columnsOf(reference.left), ...columnsOf(reference.right)])];
      return this.#facts.record.entries.get(reference)?.columns.map((column) => column.name) ?? [];
    };
    const right = new Set(columnsOf(join.right));
    return columnsOf(join.left).filter((name) => right.has(name));
  }

  // ----------------------------------------------------------------------------------------------------------------- expressions

  /** An expression of the text. */
  #bound(e: Expression): string {
    return this.#expression(this.#facts.record.expressions.get(e)!);
  }
  /** LIMIT and OFFSET are bigint. */
  #limit(e: Expression): string {
    const bound = this.#facts.record.expressions.get(e)!;
    return bound.kind === 'constant' && typeof bound.value === 'number' ? String(bound.value) : this.#expression(bound);
  }

  #expression(e: BoundExpression, withImplicit = false, indent = this.#indent): string {
    const printer: RulePrinter = {
      ...this.#facts.printer,
      column: (id, name, at) => this.#column(id, name, at),
      subquery: (query, at) => this.#subquery(query, at),
      wholeRow: (row) => this.#wholeRow(row),
      fieldName: (field) => this.#facts.record.fields.get(field),
    };
    return ruleText(e, printer, withImplicit, indent);
  }

  /** The entry of FROM in which a column is seen, and its name there. */
  #find(id: ColumnId): { readonly entry: RangeEntry; readonly name: string } | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const level = this.#frames[i]!.select?.level;
      if (level === undefined) continue;
      const has = (entry: RangeEntry): boolean => entry.columns.some((column) => column.id === id);
      const visible = level.namespace.find((item) => item.relationVisible && item.entry.alias !== '' && has(item.entry))?.entry;
      const entry = visible ?? level.entries.find((candidate) => !isJoinEntry(candidate) && has(candidate)) ?? level.entries.find(has);
      if (entry !== undefined) return { entry, name: this.#facts.columnsOf(entry)[entry.columns.findIndex((column) => column.id === id)]! };
    }
    return undefined;
  }
  /** The name of a column of FROM that stands there as it is. */
  #columnName(e: BoundExpression): string | undefined {
    return e.kind !== 'column' || this.#facts.printer.written.collations.has(e.offset) || this.#callOf(e.id) !== undefined ? undefined : this.#find(e.id)?.name;
  }

  #column(id: ColumnId, name: string, indent: number): string {
    const call = this.#callOf(id);
    if (call !== undefined) return call(indent);
    const found = this.#find(id);
    if (found === undefined) return quoteIdentifier(name);
    return `${found.entry.alias === '' ? '' : `${quoteIdentifier(this.#nameOf(found.entry))}.`}${quoteIdentifier(found.name)}`;
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
      if (set !== undefined) return (indent) => `${this.#facts.printer.functionName(set.function)}(${list(set.args, indent)})`;
      const window = select.windowCalls.find(({ call }) => call.id === id);
      if (window === undefined) continue;
      return (indent) => {
        const { call, partitionBy, orderBy } = window;
        const written = this.#facts.calls.get(id)!;
        const over = written.over!;
        const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.#expression(call.filter, false, indent)})`;
        const args = written.isStar ? '*' : list(call.args, indent);
        return `${this.#facts.printer.functionName(call.function)}(${args})${filter} OVER ${over.reference === undefined ? this.#window(over, partitionBy, orderBy, call.frame) : quoteIdentifier(over.reference)}`;
      };
    }
    return undefined;
  }

  #aggregate(call: AggregateCall, indent: number): string {
    const written = this.#facts.calls.get(call.id);
    const list = (args: readonly BoundExpression[]): string => args.map((arg) => this.#expression(arg, true, indent)).join(', ');
    const orderBy = (keys: readonly SortKey[]): string => keys.map((key) => this.#sortKey(key)).join(', ');
    let text = `${this.#facts.printer.functionName(call.function)}(${call.isDistinct ? 'DISTINCT ' : ''}`;
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
    return e.kind === 'constant' && typeof e.value === 'number' && e.type.oid !== 701 ? String(e.value) : this.#expression(e);
  }

  #wholeRow(row: Extract<BoundExpression, { kind: 'row' }>): string | undefined {
    const [first] = row.fields;
    if (row.names === undefined || first?.kind !== 'column') return undefined;
    const entry = this.#find(first.id)?.entry;
    if (entry === undefined || entry.columns.length !== row.fields.length || !row.fields.every((field, i) => field.kind === 'column' && field.id === entry.columns[i]!.id)) return undefined;
    return `${quoteIdentifier(this.#nameOf(entry))}.*`;
  }

  #subquery(e: Extract<BoundExpression, { kind: 'subquery' }>, indent: number): string {
    const written = this.#facts.subqueries.get(e);
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
