/**
 * What the relations and columns of a view are called where it is printed (view-text.ts).
 *
 * V1  Relations and their columns are called as the catalog calls them when the text is printed, which need not be when the query was bound: that is how a
 *     rename reaches the views that are kept. A column that USING joins by keeps its name, by a list of columns behind the relation, which
 *     also keeps apart what is called like a column that a join has merged, and what has been added and is called like another.
 * V2  A relation is shown under its own name or alias, unless an enclosing query, or one before it in this query, shows that already: then a number is added.
 *     A view's query has relations called old and new around it.
 *
 * Source. ruleutils.c (set_rtable_names, set_using_names).
 */
import type { Expression, FunctionCall, Join, Query, QueryBody, TableReference } from '../parser/ast.js';
import type { BindingRecord, SelectRecord } from './binding-record.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { RulePrinter } from './rule-text.js';
import type { RangeEntry } from './scope.js';

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

/** One query being printed: what it was bound to, and the names its relations are shown under. */
export interface Frame {
  readonly select: SelectRecord | undefined;
  readonly names: ReadonlyMap<RangeEntry, string>;
  readonly taken: ReadonlySet<string>;
}

/** What stands around a view's query (V2). */
export const outside: Frame = { select: undefined, names: new Map(), taken: new Set(['old', 'new']) };

type SubqueryForm = Extract<Expression, { readonly query: Query }>;

/** What is known of the whole view. */
export class ViewNames {
  readonly record: BindingRecord;
  readonly printer: ViewPrinter;
  /** As they were written: subqueries by what they were bound to, calls by the column of their result. */
  readonly subqueries = new Map<BoundExpression, SubqueryForm>();
  readonly calls = new Map<ColumnId, FunctionCall>();
  readonly #references = new Map<RangeEntry, TableReference>();
  readonly #columns = new Map<RangeEntry, readonly string[]>();
  readonly #using = new Map<Join, ReadonlyMap<string, string>>();

  constructor(record: BindingRecord, printer: ViewPrinter) {
    this.record = record;
    this.printer = printer;
    for (const [written, bound] of [...record.earlier, ...record.expressions]) {
      if (bound.kind === 'column' && written.kind === 'functionCall') this.calls.set(bound.id, written);
      if ('query' in written) this.subqueries.set(bound.kind === 'not' ? bound.arg : bound, written);
    }
    for (const [reference, entry] of record.entries) if (reference.kind !== 'join') this.#references.set(entry, reference);
  }

  /** Whether some join merges columns, or hides tables behind an alias, so that the names of all columns matter. */
  get mergesColumns(): boolean {
    for (const reference of this.record.entries.keys()) {
      for (let join: TableReference = reference; join.kind === 'join'; join = join.left) if (join.isNatural || join.using !== undefined || join.alias !== undefined) return true;
    }
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

  /** The names of a query inside `frames`, outermost first. */
  frameOf(body: QueryBody, frames: readonly Frame[]): Frame {
    const select = body.kind === 'select' ? this.record.selects.get(body) : undefined;
    const names = new Map<RangeEntry, string>();
    const taken = new Set<string>();
    const isTaken = (name: string): boolean => taken.has(name) || frames.some((frame) => frame.taken.has(name));
    for (const entry of select?.level.entries ?? []) {
      if (entry.alias === '') continue;
      const own = this.isAliased(entry) ? entry.alias : (this.printer.relation(entry)?.name ?? entry.alias);
      let name = own;
      for (let n = 1; isTaken(name); n++) name = `${own}_${n}`;
      taken.add(name);
      names.set(entry, name);
    }
    if (select !== undefined) this.#separateMerged(select);
    return { select, names, taken };
  }

  /**
   * A column that only a join has, as that of FULL JOIN USING, is shown by its name alone: what else is called so gets another name, and a second such
   * column the relations it is joined from too.
   */
  #separateMerged({ select, level }: SelectRecord): void {
    const joins = level.namespace.flatMap(({ columnsVisible, entry }) => (columnsVisible && entry.isJoin && entry.alias === '' ? [entry] : []));
    if (joins.length === 0) return;
    const written = select.from.flatMap(outermostMerging);
    const bases = select.from.flatMap((item) => this.#basesOf(item));
    const shown = new Map<string, readonly RangeEntry[]>();
    const isShown = (name: string): boolean => shown.has(name) || bases.some((entry) => this.columnsOf(entry).includes(name));
    const rename = (i: number, name: string): string => {
      let n = 1;
      while (isShown(`${name}_${n}`)) n++;
      const unique = `${name}_${n}`;
      const reference = written[i]!;
      for (const entry of [...this.#joinedBy(reference, name), joins[i]!]) this.#setColumn(entry, this.columnsOf(entry).indexOf(name), unique);
      for (const inner of joinsInside(reference)) this.#using.set(inner, new Map([...(this.#using.get(inner) ?? []), [name, unique]]));
      return unique;
    };
    joins.forEach((join, i) => {
      for (const { name, id } of join.columns) {
        if (written[i] === undefined || bases.some((entry) => entry.columns.some((column) => column.id === id))) continue;
        const joined = this.#joinedBy(written[i]!, name);
        shown.set(shown.has(name) ? rename(i, name) : name, joined);
      }
    });
    // What another join merges without a column of its own keeps one name too.
    for (const [name, own] of [...shown]) {
      written.forEach((reference, i) => {
        const joined = joins[i] !== undefined && joinsInside(reference).some((join) => merges(join, name)) ? this.#joinedBy(reference, name) : [];
        if (joined.length > 0 && !joined.some((entry) => own.includes(entry))) rename(i, name);
      });
      for (const entry of bases) if (!own.includes(entry)) this.renameColumn(entry, name, bases);
    }
  }
  #setColumn(entry: RangeEntry, at: number, name: string): void {
    if (at >= 0) this.#columns.set(entry, this.columnsOf(entry).map((known, i) => (i === at ? name : known)));
  }
  /** The relations that an item of FROM shows, joins taken apart. */
  #basesOf(item: TableReference): RangeEntry[] {
    if (item.kind === 'join' && item.alias === undefined) return [...this.#basesOf(item.left), ...this.#basesOf(item.right)];
    const entry = this.record.entries.get(item);
    return entry === undefined ? [] : [entry];
  }
  /** Those of them whose columns of that name are merged into one. */
  #joinedBy(item: TableReference, name: string): RangeEntry[] {
    if (item.kind !== 'join' || item.alias !== undefined) return this.#basesOf(item).filter((entry) => this.columnsOf(entry).includes(name));
    if (merges(item, name)) return [...this.#joinedBy(item.left, name), ...this.#joinedBy(item.right, name)];
    return this.#joinedBy(joinsInside(item.left).some((join) => merges(join, name)) ? item.left : item.right, name);
  }
  /** What USING calls a column of that name. */
  usingName(join: Join, name: string): string {
    return this.#using.get(join)?.get(name) ?? name;
  }
  nameOf(entry: RangeEntry, frames: readonly Frame[]): string {
    for (let i = frames.length - 1; i >= 0; i--) {
      const name = frames[i]!.names.get(entry);
      if (name !== undefined) return name;
    }
    return entry.alias;
  }

  /** Names for columns that the entry's relation has got since: with a number where a column of it, of `others` or what some join has merged is called so. */
  namesOfAdded(entry: RangeEntry, added: readonly string[], others: readonly RangeEntry[]): readonly string[] {
    const taken = new Set([entry, ...others].flatMap((each) => this.columnsOf(each)));
    const merged = this.#joinNames;
    return added.map((name) => {
      let unused = name;
      for (let n = 1; taken.has(unused) || merged.has(unused); n++) unused = `${name}_${n}`;
      taken.add(unused);
      return unused;
    });
  }

  /** The entry of FROM in which a column is seen, and its name there. */
  find(id: ColumnId, frames: readonly Frame[]): { readonly entry: RangeEntry; readonly name: string } | undefined {
    for (let i = frames.length - 1; i >= 0; i--) {
      const level = frames[i]!.select?.level;
      if (level === undefined) continue;
      const has = (entry: RangeEntry): boolean => entry.columns.some((column) => column.id === id);
      const visible = level.namespace.find((item) => item.relationVisible && item.entry.alias !== '' && has(item.entry))?.entry;
      const entry = visible ?? level.entries.find((candidate) => !isJoinEntry(candidate) && has(candidate)) ?? level.entries.find(has);
      const scanned = level.entries.find((candidate) => candidate.rowKey === id);
      if (scanned !== undefined) return { entry: scanned, name: 'ctid' };
      if (entry !== undefined) return { entry, name: this.columnsOf(entry)[entry.columns.findIndex((column) => column.id === id)]! };
    }
    return undefined;
  }
}

const isJoinEntry = (entry: RangeEntry): boolean => entry.isJoin || entry.alias === '';

const merges = (join: Join, name: string): boolean => join.isNatural || join.using?.some((column) => column.name === name) === true;

/** The joins of an item of FROM that merge columns and stand in no other that does. */
function outermostMerging(item: TableReference): Join[] {
  if (item.kind !== 'join' || item.alias !== undefined) return [];
  return item.isNatural || item.using !== undefined ? [item] : [...outermostMerging(item.left), ...outermostMerging(item.right)];
}
function joinsInside(item: TableReference): Join[] {
  return item.kind !== 'join' || item.alias !== undefined ? [] : [item, ...joinsInside(item.left), ...joinsInside(item.right)];
}
