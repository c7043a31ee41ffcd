/**
 * Conditions on stored text that is not decoded yet: comparisons, IN lists and LIKE against constants and parameters (byte-text.ts). Of a text that has a code (base/text-codes.ts)
 * a condition is decided once; after that its code says the answer.
 */
import type { BoundExpression } from '../../planner/expression.js';
import { typeInfo, TypeOid, type TypeRegistry } from '../../base/types.js';
import { bytePattern, utf8Bytes, utf8BytesUnpadded } from './byte-text.js';
import type { Source } from './expressions.js';
import type { Pending, Stored, Writer } from './scope.js';

type Of<Kind extends BoundExpression['kind']> = Extract<BoundExpression, { kind: Kind }>;

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=']);
const flipped = (operator: string): string => ({ '<': '>', '<=': '>=', '>': '<', '>=': '<=' })[operator] ?? operator;
const negatedOf = (operator: string): string => ({ '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' })[operator]!;

/** IN lists up to this length are compared one by one. */
const InListMax = 16;

export class ByteConditions {
  readonly #w: Writer;
  readonly #types: TypeRegistry;
  readonly #parameter: (index: number) => string;

  /** `parameter` gives the name of a parameter's value. */
  constructor(writer: Writer, types: TypeRegistry, parameter: (index: number) => string) {
    this.#w = writer;
    this.#types = types;
    this.#parameter = parameter;
  }

  /** Whether `e` is true (`negated`: false), as source; undefined when it must be computed on values. */
  condition(e: BoundExpression, negated: boolean): string | undefined {
    switch (e.kind) {
      case 'call':
        if (e.operator === undefined || e.args.length !== 2) return undefined;
        if (comparisons.has(e.operator)) return this.#comparison(e, e.operator, negated);
        return e.operator === '~~' || e.operator === '!~~' ? this.#like(e, (e.operator === '!~~') !== negated) : undefined;
      case 'inList':
        return this.#inList(e, e.negated !== negated);
      default:
        return undefined;
    }
  }

  /** The beginning of a text, of a length that is known, read from as many bytes; undefined for other calls. */
  beginning(e: Of<'call'>): Source | undefined {
    const count = lengthOfBeginning(e);
    const [text] = e.args;
    if (count === undefined || text!.type.oid !== TypeOid.text) return undefined;
    // A char(n) becomes a text by losing the blanks at its end.
    const isPadded = text!.kind === 'cast' && this.#storage(text!.arg) === 'bpchar';
    const column = this.#column(isPadded ? text!.arg : text!);
    if (column === undefined || column.padded !== isPadded || column.binding.stored.source.code !== undefined) return undefined;
    const { nullable, stored } = column.binding;
    const code = `X.beginningOf(${rangeOf(stored)}, ${count}, ${isPadded})`;
    return { code: nullable ? `(${stored.rename(stored.source.isNull(stored.row))} ? null : ${code})` : code, nullable };
  }

  /** A stored text column that is still bytes, casts that change nothing aside; `padded`: a char(n). */
  #column(e: BoundExpression): { readonly binding: Pending & { readonly stored: Stored }; readonly padded: boolean } | undefined {
    let plain = e;
    while (plain.kind === 'cast' && plain.method === 'binary') plain = plain.arg;
    if (plain.kind !== 'column') return undefined;
    const storage = this.#storage(plain);
    if ((storage !== 'text' && storage !== 'bpchar') || storage !== this.#storage(e)) return undefined;
    const binding = this.#w.scope.find(plain.id);
    if (binding?.kind !== 'pending' || binding.stored?.source.bytes === undefined) return undefined;
    return { binding: binding as Pending & { readonly stored: Stored }, padded: storage === 'bpchar' };
  }
  #storage(e: BoundExpression): string {
    return typeInfo(e.type.oid, this.#types).storage;
  }

  /** UTF-8 of a text constant (made once) or parameter (once an execution). */
  #bytesOf(e: BoundExpression, padded: boolean): string | undefined {
    if (e.kind === 'constant') return typeof e.value === 'string' ? this.#w.module.constant(constantBytes(e.value, padded)) : undefined;
    if (e.kind !== 'parameter') return undefined;
    // A name that `Module.name` does not give, as the place of a row is one of those in 'b'.
    return this.#w.once(`${padded ? 'unpaddedOf' : 'bytesOf'}${e.index}`, `X.${padded ? 'utf8BytesUnpadded' : 'utf8Bytes'}(${this.#parameter(e.index)})`);
  }

  /** The test of a text's bytes, or what it has said of another text with that code: 0 nothing, 1 true, 2 false. `isOfRun`: it may say otherwise in another run. */
  #decided({ source, row }: Stored, test: string, isOfRun: boolean): string {
    if (source.code === undefined) return test;
    const verdicts = isOfRun ? this.#w.once(this.#w.module.name('b'), 'new Uint8Array(256)') : this.#w.module.constant(new Uint8Array(256));
    const verdict = this.#w.temp();
    return `((${verdict} = ${verdicts}[${source.code(row)}]) === 1 || (${verdict} === 0 && X.verdict(${verdicts}, ${source.code(row)}, ${test})))`;
  }

  #notNull({ nullable, stored }: Pending & { readonly stored: Stored }): string[] {
    return nullable ? [`!(${stored.rename(stored.source.isNull(stored.row))})`] : [];
  }

  #comparison(e: Of<'call'>, given: string, negated: boolean): string | undefined {
    const [left, right] = e.args as readonly [BoundExpression, BoundExpression];
    if (this.#storage(left) !== this.#storage(right)) return undefined;
    const isFlipped = this.#column(left) === undefined;
    const column = this.#column(isFlipped ? right : left);
    const other = isFlipped ? left : right;
    if (column === undefined) return undefined;
    const { binding, padded } = column;
    const bytes = this.#bytesOf(other, padded);
    if (bytes === undefined) return undefined;
    const turned = isFlipped ? flipped(given) : given;
    const operator = negated ? negatedOf(turned) : turned;
    const compared =
      operator === '=' || operator === '<>'
        ? `${operator === '<>' ? '!' : ''}${this.#equals(binding.stored, padded, other, bytes, true)}`
        : `X.${padded ? 'compareUnpadded' : 'compareToBytes'}(${rangeOf(binding.stored)}, ${bytes}) ${operator} 0`;
    const isParameter = other.kind === 'parameter';
    return `(${[...this.#notNull(binding), ...(isParameter ? [`${bytes} !== null`] : []), this.#decided(binding.stored, compared, isParameter)].join(' && ')})`;
  }

  #inList(e: Of<'inList'>, negated: boolean): string | undefined {
    const column = this.#column(e.arg);
    if (column === undefined || e.list.length === 0 || e.list.length > InListMax) return undefined;
    const { binding, padded } = column;
    const tests: string[] = [];
    for (const item of e.list) {
      if (item.kind !== 'constant' || this.#storage(item) !== this.#storage(e.arg)) return undefined;
      const bytes = this.#bytesOf(item, padded);
      if (bytes === undefined) return undefined;
      tests.push(this.#equals(binding.stored, padded, item, bytes, tests.length === 0));
    }
    return `(${[...this.#notNull(binding), this.#decided(binding.stored, `${negated ? '!' : ''}(${tests.join(' || ')})`, false)].join(' && ')})`;
  }
  #temporaries: readonly [string, string] | undefined;
  /** Whether the text is `bytes`. A constant's first byte is looked at before a function is called. `isFirst`: start and end, used by several tests, are still to be computed. */
  #equals({ source, row, rename }: Stored, padded: boolean, value: BoundExpression, bytes: string, isFirst: boolean): string {
    this.#temporaries ??= [this.#w.temp(), this.#w.temp()];
    const [start, end] = this.#temporaries;
    const [from, to] = isFirst ? [`${start} = ${rename(source.bytes!.start(row))}`, `${end} = ${rename(source.bytes!.end(row))}`] : [start, end];
    const call = (at: string, until: string): string => `X.${padded ? 'equalsUnpadded' : 'equalsBytes'}(${rename('u8')}, ${at}, ${until}, ${bytes})`;
    const first = value.kind === 'constant' ? constantBytes(value.value as string, padded)[0] : undefined;
    if (first === undefined) return call(from, to);
    // Of no bytes the first is another text's or none, and then they are compared.
    return isFirst ? `(${from}, ${to}, ${rename('u8')}[${start}] === ${first} && ${call(start, end)})` : `(${rename('u8')}[${start}] === ${first} && ${call(start, end)})`;
  }

  #like(e: Of<'call'>, negated: boolean): string | undefined {
    const column = this.#column(e.args[0]!);
    const pattern = e.args[1]!;
    if (column === undefined || column.padded || pattern.kind !== 'constant' || typeof pattern.value !== 'string') return undefined;
    const compiled = bytePattern(pattern.value);
    if (compiled === undefined) return undefined;
    const test = `${this.#w.module.constant(compiled)}.test(${rangeOf(column.binding.stored)})`;
    return `(${[...this.#notNull(column.binding), this.#decided(column.binding.stored, `${negated ? '!' : ''}${test}`, false)].join(' && ')})`;
  }
}

function rangeOf({ source, row, rename }: Stored): string {
  return `${rename('u8')}, ${rename(source.bytes!.start(row))}, ${rename(source.bytes!.end(row))}`;
}

/** Of left(text, n) and substring(text, 1, n) with a constant n. */
function lengthOfBeginning({ function: definition, args }: Of<'call'>): number | undefined {
  if (definition.schema !== 'pg_catalog') return undefined;
  const isLeft = definition.name === 'left' && args.length === 2;
  const isSubstring = (definition.name === 'substring' || definition.name === 'substr') && args.length === 3 && args[1]!.kind === 'constant' && args[1]!.value === 1;
  const count = isLeft || isSubstring ? args.at(-1)! : undefined;
  return count?.kind === 'constant' && typeof count.value === 'number' && count.value >= 0 ? count.value : undefined;
}

const bytesOfConstants = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()] as const;
function constantBytes(text: string, padded: boolean): Uint8Array {
  const known = bytesOfConstants[padded ? 1 : 0];
  let bytes = known.get(text);
  if (bytes === undefined) {
    if (known.size > 1000) known.clear();
    known.set(text, (bytes = (padded ? utf8BytesUnpadded(text) : utf8Bytes(text))!));
  }
  return bytes;
}
