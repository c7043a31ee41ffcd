/**
 * Parsed and planned statements, kept by text. Parsing depends on the text alone; a plan also on the catalog's version, the search path, the
 * settings the planner looks at and the declared parameter types, and is made anew when one of them differs; compiled code on the shape of
 * the rows besides. The least recently used texts go when their estimated size exceeds the budget.
 */
import type { Oid } from '../base/ids.js';
import type { TableLockMode } from '../mvcc/types.js';
import type { CompiledStatement } from '../executor/execution.js';
import type { ParsedStatement } from '../parser/ast.js';
import { parse } from '../parser/parse.js';
import type { QuickPlan } from './short-ways/quick.js';
import type { PlannedStatement } from '../planner/physical-plan.js';

/** What a plan was made under. */
export interface PlanKey {
  readonly catalogVersion: number;
  /** Search path, planner settings and declared parameter types. */
  readonly context: string;
}

export interface CachedPlan extends PlanKey {
  readonly planned: PlannedStatement;
  /** Code by the `key` of the format of its rows (values.ts); of statements of functions by how they run (routine-run.ts). */
  readonly compiled: Map<string, CompiledStatement>;
  /** Table locks the statement takes, found at its first run. */
  locks: readonly NeededLock[] | undefined;
  /** The short way of running it for rows of one format, see quick.ts; undefined until it is first looked for. */
  quick: QuickPlan | undefined;
}

/** A table lock that a statement takes before it reads anything. */
export interface NeededLock {
  readonly table: Oid;
  readonly name: string;
  readonly mode: TableLockMode;
}

/** Plans of one statement under different contexts: few, newest first. */
const PlansPerStatementMax = 4;

/** One statement of a text, with its plans. */
export class CachedStatement {
  readonly parsed: ParsedStatement;
  /** Of `parsed`, here because trees of statements come in so many shapes that asking one what it is takes a search. */
  readonly kind: ParsedStatement['statement']['kind'];
  readonly text: string;
  /** Shared with mvcc for explanations of conflicts. */
  readonly info: { readonly text: string };
  /** A cursor's query: its rows come with the keys of the rows they are made of. */
  readonly withRowKeys: boolean;
  #plans: CachedPlan[] = [];

  constructor(parsed: ParsedStatement, withRowKeys = false) {
    this.parsed = parsed;
    this.kind = parsed.statement.kind;
    this.text = parsed.text;
    this.withRowKeys = withRowKeys;
    this.info = { text: parsed.text };
  }

  find(catalogVersion: number, context: string): CachedPlan | undefined {
    for (const plan of this.#plans) if (plan.catalogVersion === catalogVersion && plan.context === context) return plan;
    return undefined;
  }
  add(key: PlanKey, planned: PlannedStatement): CachedPlan {
    const plan: CachedPlan = { catalogVersion: key.catalogVersion, context: key.context, planned, compiled: new Map(), locks: undefined, quick: undefined };
    this.#plans = [plan, ...this.#plans.filter((p) => p.context !== key.context)].slice(0, PlansPerStatementMax);
    return plan;
  }
  /** A plan for one run in place of `plan`; it takes the same locks and is not kept. */
  apart(plan: CachedPlan, planned: PlannedStatement): CachedPlan {
    return { ...plan, planned, compiled: new Map(), quick: undefined };
  }
}

/** All statements of one text. */
export interface CachedText {
  readonly text: string;
  readonly statements: readonly CachedStatement[];
}

/** Rough memory of a cached text: its tree and plans grow with its length. Measured on the smoke suite: 40 to 90 bytes a character. */
const BytesPerCharacter = 80;
const BytesPerText = 2048;

export class PlanCache {
  readonly #budgetBytes: number;
  readonly #texts = new Map<string, CachedText>();
  #sizeBytes = 0;
  #lastContext = '';

  constructor(budgetBytes = 32 * 1024 * 1024) {
    this.#budgetBytes = budgetBytes;
  }

  /** @throws DbError 42601, 54001 */
  get(text: string): CachedText {
    const known = this.#texts.get(text);
    if (known !== undefined) {
      // A Map iterates in order of insertion, so inserting again makes it the most recent.
      this.#texts.delete(text);
      this.#texts.set(text, known);
      return known;
    }
    const cached: CachedText = { text, statements: parse(text).map((parsed) => new CachedStatement(parsed)) };
    const size = sizeOf(text);
    if (size > this.#budgetBytes / 8) return cached;
    this.#texts.set(text, cached);
    this.#sizeBytes += size;
    while (this.#sizeBytes > this.#budgetBytes) this.#evictOldest();
    return cached;
  }

  /** The statements of a text that has been seen, without counting as a use. */
  known(text: string): readonly CachedStatement[] | undefined {
    return this.#texts.get(text)?.statements;
  }

  /** The context as the string given before where that is equal: of sessions with the same settings it is one, and compared at once. */
  sharedContext(context: string): string {
    if (context !== this.#lastContext) this.#lastContext = context;
    return this.#lastContext;
  }

  #evictOldest(): void {
    const oldest = this.#texts.keys().next().value!;
    this.#texts.delete(oldest);
    this.#sizeBytes -= sizeOf(oldest);
  }

  clear(): void {
    this.#texts.clear();
    this.#sizeBytes = 0;
  }
  get count(): number {
    return this.#texts.size;
  }
}

const sizeOf = (text: string): number => BytesPerText + text.length * BytesPerCharacter;
