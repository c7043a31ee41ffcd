/**
 * Where columns are while code is being written. A column is either in a JavaScript variable or *pending*: it can be decoded from bytes or computed when it
 * is first needed. Scopes nest like the blocks of the source, so a variable is known exactly where it is visible.
 *
 * G1  A pending column of a scan is decoded before anything that may move the scan: an inner loop, a pause (`materialize`).
 */
import { assert } from '../../base/assert.js';
import type { ColumnSource } from '../../base/rowcode.js';
import type { ColumnId } from '../../planner/expression.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { Code, type Module } from './module.js';

/** How to reach a stored column's bytes without decoding it. Names in the source's expressions go through `rename` to those of the scan. */
export interface Stored {
  readonly source: Pick<ColumnSource, 'isNull' | 'scaled' | 'bytes'> & {
    /** Of a text that may have a code of one byte (base/text-codes.ts): that, or `NoCode`; its bytes are then dear. */
    readonly code?: (row: string) => string;
  };
  readonly row: string;
  readonly rename: (code: string) => string;
}

/**
 * A column of a row that many others meet (the build side of a join), which has places for what the operators above make of it: the code of a text in a dictionary,
 * the group that the row belongs to. Each place is one operator's.
 */
export interface Memo {
  /** The row. */
  readonly tuple: string;
  readonly places: ReadonlyMap<PhysicalPlan, string>;
}

export interface Value {
  readonly kind: 'value';
  /** An identifier. */
  readonly code: string;
  readonly nullable: boolean;
  /** For scaled numerics: the coefficient, in variables. */
  readonly stored: Stored | undefined;
  readonly memo?: Memo | undefined;
}

export interface Pending {
  readonly kind: 'pending';
  /** An expression for the datum, NULL included. */
  readonly code: string;
  readonly nullable: boolean;
  readonly stored: Stored | undefined;
  readonly memo?: Memo | undefined;
}

export type Binding = Value | Pending;

export class Scope {
  readonly parent: Scope | undefined;
  readonly #bindings = new Map<ColumnId, Binding>();

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }
  bind(id: ColumnId, binding: Binding): void {
    this.#bindings.set(id, binding);
  }
  find(id: ColumnId): Binding | undefined {
    return this.#bindings.get(id) ?? this.parent?.find(id);
  }
}

/** Code that may become a function of its own, and what it stands within. */
export interface Part {
  readonly kind: 'batch' | 'loop' | 'pipeline';
  readonly code: Code;
  readonly within: Part | undefined;
  /** Of a loop: the place at the end of each of its rounds. */
  readonly roundEnd: Code | undefined;
}

/** One function being written: its current place, scope, and variables at its top. */
export class Writer {
  readonly module: Module;
  /** Runs once when the function starts. */
  readonly prologue: Code;
  code: Code;
  scope: Scope;
  /** Columns that this function's own plan produces; all others are in the registers. */
  ownColumns: ReadonlySet<ColumnId> = new Set();
  readonly #temps: string[] = [];

  constructor(module: Module, prologue: Code, code: Code) {
    this.module = module;
    this.prologue = prologue;
    this.code = code;
    this.scope = new Scope(undefined);
  }

  /** A variable of the whole function. */
  temp(): string {
    const name = this.module.name('t');
    this.#temps.push(name);
    return name;
  }
  get temps(): readonly string[] {
    return this.#temps;
  }
  /** A place for what is computed once in a run, when it is first needed: source of it is `name[0]`, undefined at first. */
  cell(): string {
    const name = this.module.name('t');
    this.#cells.push(name);
    return name;
  }
  readonly #cells: string[] = [];
  get cells(): readonly string[] {
    return this.#cells;
  }

  line(text: string): void {
    this.code.line(text);
  }
  /** A place before what is written next, for what only that will show to be needed. */
  reserve(): Code {
    return this.code.reserve();
  }
  /** What `body` gives; nothing that it writes or binds stays. */
  tried<T>(body: () => T): T {
    const { code, scope } = this;
    this.code = new Code();
    this.scope = new Scope(scope);
    try {
      return body();
    } finally {
      this.code = code;
      this.scope = scope;
    }
  }
  /** What is done with one batch of rows: may become a function (part-functions.ts). */
  batch(body: () => void): void {
    this.#part('batch', body);
  }
  /** A loop over the batches of a scan: may become a generator. No `continue` in `body` ends a round of it. */
  loop(head: string, body: () => void): void {
    const roundEnd = new Code();
    this.#part('loop', () => this.block(head, () => {
      body();
      this.code.place(roundEnd);
    }), roundEnd);
  }
  /** A block in which all rows of an input are made and taken in: may become a generator. */
  pipeline(body: () => void): void {
    this.block('', () => this.#part('pipeline', body));
  }
  #part(kind: Part['kind'], body: () => void, roundEnd?: Code): void {
    const outer = this.code;
    const within = this.#within;
    this.code = outer.reserve();
    this.#within = { kind, code: this.code, within, roundEnd };
    this.#parts.push(this.#within);
    body();
    this.code = outer;
    this.#within = within;
  }
  readonly #parts: Part[] = [];
  #within: Part | undefined;
  /** Outer ones first. */
  get parts(): readonly Part[] {
    return this.#parts;
  }
  /** A block of source with a scope of its own. */
  block(head: string, body: () => void, tail = ''): void {
    const outer = this.scope;
    this.scope = new Scope(outer);
    this.code.block(head, body, tail);
    this.scope = outer;
  }

  readonly #prologueNames = new Set<string>();
  /** A constant of the whole run, computed when it starts. */
  once(name: string, code: string): string {
    if (!this.#prologueNames.has(name)) {
      this.#prologueNames.add(name);
      this.prologue.line(`const ${name} = ${code};`);
    }
    return name;
  }

  /** Binds a column to a fresh variable holding `code`. */
  define(id: ColumnId, code: string, nullable: boolean, stored?: Stored, memo?: Memo): void {
    const name = this.module.name(`c${id}_`);
    this.line(`const ${name} = ${code};`);
    this.scope.bind(id, { kind: 'value', code: name, nullable, stored, memo });
  }

  /** The column as a variable, decoding it here if it is pending. A column nobody here produces comes from the registers. */
  use(id: ColumnId): Value {
    const binding = this.scope.find(id);
    if (binding?.kind === 'value') return binding;
    if (binding === undefined) {
      assert(!this.ownColumns.has(id), 'column of the plan is not in scope', id);
      const value: Value = { kind: 'value', code: this.once(`r${id}`, `G[${id}]`), nullable: true, stored: undefined };
      let outermost = this.scope;
      while (outermost.parent !== undefined) outermost = outermost.parent;
      outermost.bind(id, value);
      return value;
    }
    const pending = this.#scaledInVariables(id, binding);
    this.define(id, pending.code, pending.nullable, pending.stored?.source.scaled === undefined ? undefined : pending.stored, pending.memo);
    return this.scope.find(id) as Value;
  }

  /** Decodes what is pending among `ids` (G1). */
  materialize(ids: Iterable<ColumnId>): void {
    for (const id of ids) {
      const binding = this.scope.find(id);
      if (binding?.kind !== 'pending') continue;
      if (binding.stored?.source.scaled !== undefined) this.#scaledInVariables(id, binding);
      else this.use(id);
    }
  }

  /** A scaled numeric with its coefficient (and whether it is NULL) in variables: no object is made until one is needed. */
  #scaledInVariables(id: ColumnId, binding: Pending): Pending {
    const { stored } = binding;
    if (stored?.source.scaled === undefined || stored.row === '') return binding;
    const { scale, coefficient } = stored.source.scaled;
    const number = this.module.name('s');
    this.line(`const ${number} = ${stored.rename(coefficient(stored.row))};`);
    let isNull = 'false';
    if (binding.nullable) {
      isNull = this.module.name('n');
      this.line(`const ${isNull} = ${stored.rename(stored.source.isNull(stored.row))};`);
    }
    const datum = `R.scaledNumeric(${number}, ${scale})`;
    const rebound: Pending = {
      kind: 'pending', nullable: binding.nullable, code: binding.nullable ? `(${isNull} ? null : ${datum})` : datum,
      stored: { source: { isNull: () => isNull, scaled: { scale, coefficient: () => number }, bytes: undefined }, row: '', rename: (code) => code }, memo: binding.memo,
    };
    this.scope.bind(id, rebound);
    return rebound;
  }
}
