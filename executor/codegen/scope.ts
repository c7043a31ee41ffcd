/**
 * Where columns are while code is being written. A column is either in a JavaScript variable or *pending*: it can be decoded from bytes or computed when it
 * is first needed. Scopes nest like the blocks of the source, so a variable is known exactly where it is visible.
 *
 * G1  A pending column of a scan is decoded before anything that may move the scan: an inner loop, a pause (`materialize`).
 */
import type { ColumnSource } from '../../base/rowcode.js';
import type { ColumnId } from '../../planner/expression.js';
import type { Code, Module } from './module.js';

export interface Value {
  readonly kind: 'value';
  /** An identifier. */
  readonly code: string;
  readonly nullable: boolean;
}

export interface Pending {
  readonly kind: 'pending';
  /** An expression for the datum, NULL included. */
  readonly code: string;
  readonly nullable: boolean;
  /** Stored columns: how to reach the bytes without decoding. Names are those of the scan. */
  readonly stored: { readonly source: ColumnSource; readonly row: string; readonly rename: (code: string) => string } | undefined;
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

/** One function being written: its current place, scope, and variables at its top. */
export class Writer {
  readonly module: Module;
  /** Runs once when the function starts. */
  readonly prologue: Code;
  code: Code;
  scope: Scope;
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

  line(text: string): void {
    this.code.line(text);
  }
  /** A block of source with a scope of its own. */
  block(head: string, body: () => void, tail = ''): void {
    const outer = this.scope;
    this.scope = new Scope(outer);
    this.code.block(head, body, tail);
    this.scope = outer;
  }

  /** Binds a column to a fresh variable holding `code`. */
  define(id: ColumnId, code: string, nullable: boolean): void {
    const name = this.module.name(`c${id}_`);
    this.line(`const ${name} = ${code};`);
    this.scope.bind(id, { kind: 'value', code: name, nullable });
  }

  /** The column as a variable, decoding it here if it is pending. A column nobody here produces comes from the registers. */
  use(id: ColumnId): Value {
    const binding = this.scope.find(id);
    if (binding?.kind === 'value') return binding;
    if (binding === undefined) {
      const name = this.module.name(`r${id}_`);
      this.prologue.line(`const ${name} = G[${id}];`);
      const value: Value = { kind: 'value', code: name, nullable: true };
      let outermost = this.scope;
      while (outermost.parent !== undefined) outermost = outermost.parent;
      outermost.bind(id, value);
      return value;
    }
    this.define(id, binding.code, binding.nullable);
    return this.scope.find(id) as Value;
  }

  /** Decodes what is pending among `ids` (G1). */
  materialize(ids: Iterable<ColumnId>): void {
    for (const id of ids) if (this.scope.find(id)?.kind === 'pending') this.use(id);
  }
}
