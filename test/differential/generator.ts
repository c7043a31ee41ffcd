/**
 * What the parts of the generator share: choices, the schema as it stands, fresh names. A query is made for an environment, the columns it may name.
 *
 * D1  A statement's answer is one: a LIMIT, a DISTINCT ON, a row number or an ordered aggregate stands over a total order.
 * D2  Expressions inside queries are safe: which rows a server evaluates first is its own affair. Risky ones stand where every row is evaluated by both.
 */
import { Choice } from './choice.js';
import type { Column, Kind } from './kinds.js';

export interface TableModel {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Columns that identify a row; empty when rows may be equal. */
  readonly key: readonly string[];
}
export interface TableColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly isRequired: boolean;
  readonly hasDefault: boolean;
  /** Only INSERT's DEFAULT may write it. */
  readonly isGenerated: boolean;
}

/** v0, v1, ..., mv0, ...: nothing is written through them. */
export function isView(table: TableModel): boolean {
  return /^m?v\d/.test(table.name);
}

/** What a FROM clause offers: columns, and expressions that together identify a row, when there are any. */
export interface Relation {
  readonly alias: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[] | undefined;
}

export interface Environment {
  readonly columns: readonly Column[];
  /** Columns inside aggregates' arguments; undefined where no aggregate may stand. */
  readonly grouped: readonly Column[] | undefined;
  /** Whether window functions may stand here, and the key that makes their order total. */
  readonly windows: { readonly key: readonly string[] | undefined } | undefined;
  /** How deep subqueries may still go. */
  readonly depth: number;
  readonly isRisky: boolean;
}

export interface Query {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
}

export class Generator {
  readonly c: Choice;
  readonly tables: TableModel[];
  /** CTEs in reach. */
  ctes: { readonly name: string; readonly columns: readonly { readonly name: string; readonly kind: Kind }[] }[] = [];
  #names = 0;

  constructor(seed: number, tables: TableModel[]) {
    this.c = new Choice(seed);
    this.tables = tables;
  }

  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }
}

export const noEnvironment: Environment = { columns: [], grouped: undefined, windows: undefined, depth: 1, isRisky: false };
