/**
 * Source under construction: one module per compiled plan or list of expressions. Values that are not small integers never enter the text; they are
 * numbered (`k0`, `k1`, ...) and handed over when the module is instantiated.
 */
import { instantiate } from '../codegen.js';

/** Lines with indentation, so that a generated plan can be read in a debugger. */
export class Code {
  readonly #lines: (string | Code)[] = [];
  #depth: number;

  constructor(depth = 0) {
    this.#depth = depth;
  }
  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text);
  }
  /** `head { body }` */
  block(head: string, body: () => void, tail = ''): void {
    this.line(`${head} {`);
    this.#depth++;
    body();
    this.#depth--;
    this.line(`}${tail}`);
  }
  /** A place whose lines are written later. */
  reserve(): Code {
    const place = new Code(this.#depth);
    this.place(place);
    return place;
  }
  /** Lines that are written elsewhere. */
  place(lines: Code): void {
    this.#lines.push(lines);
  }
  clear(): void {
    this.#lines.length = 0;
  }
  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }
  toString(): string {
    const lines: string[] = [];
    this.#collect(lines);
    return lines.join('\n');
  }
  /** All lines in turn: what stands within each other dozens of levels deep is joined once. */
  #collect(into: string[]): void {
    for (const line of this.#lines) {
      if (typeof line === 'string') into.push(line);
      else line.#collect(into);
    }
  }
}

let moduleCount = 0;

export class Module {
  readonly #values: unknown[] = [];
  readonly #numbers = new Map<unknown, number>();
  /** Functions and buffers shared by all runs. */
  readonly prelude = new Code();
  #nameCount = 0;

  /** The name under which generated source reaches `value`; one name per object. */
  readonly constant = (value: unknown): string => {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#values.length;
      this.#numbers.set(value, number);
      this.#values.push(value);
    }
    return `k${number}`;
  };

  /** A fresh identifier: those that are written out elsewhere, as `p3` for a parameter, have no such mark. */
  name(prefix: string): string {
    return `${prefix}_${this.#nameCount++}`;
  }

  /** Makes the module: `body` returns what is wanted. `helpers` are reached under their names. */
  finish(helpers: Readonly<Record<string, unknown>>, body: string): { readonly value: unknown; readonly source: string } {
    const names = [...Object.keys(helpers), ...this.#values.map((_, i) => `k${i}`)];
    const source = `${this.prelude.isEmpty ? '' : `${this.prelude.toString()}\n`}${body}`;
    return { value: instantiate(names, [...Object.values(helpers), ...this.#values], source, ++moduleCount), source };
  }
}

/** Whether source can be repeated without computing anything twice. */
export function isSimple(code: string): boolean {
  return /^(?:[A-Za-z_$][\w$]*|\d+(?:\.\d+)?|\(-\d+(?:\.\d+)?\))$/.test(code);
}
