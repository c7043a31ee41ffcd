/**
 * Sums and averages of integers and numerics, exact. `s` is the near part, an exact integer in a double; `b` a bigint that takes it over before it could round; `n` counts. For
 * numerics these hold coefficients of the argument's scale where that is known, and `z` is a Numeric that takes whatever did not fit that way. A CASE is summed branch by branch;
 * `h` is the largest scale of a row, which is that of the sum.
 */
import type { Numeric } from '../../base/numeric.js';
import type { Storage } from '../../base/types.js';
import type { AggregateCall, BoundExpression } from '../../planner/expression.js';
import type { Accumulator, Field } from './accumulator.js';
import { argument, type CallInputs } from './call-inputs.js';
import type { Source } from './expressions.js';
import type { Pipeline } from './pipeline.js';
import { unlessNull } from './row-values.js';
import { exactness, SafeMax, Scaled, type ScaledCode } from './scaled.js';

export class SumAccumulator implements Accumulator {
  readonly fields: Accumulator['fields'];
  readonly #p: Pipeline;
  readonly #call: AggregateCall;
  readonly #arg: BoundExpression;
  readonly #storage: Storage;
  /** Ends the names of the parts of its state. */
  readonly #n: string;
  /** Whether the largest scale of a row is kept, for branches differ in theirs. */
  readonly #isCase: boolean;
  /** Of the coefficients that the step adds up. */
  #scale = 0;

  constructor(p: Pipeline, call: AggregateCall, arg: BoundExpression, storage: Storage, n: string) {
    this.#p = p;
    this.#call = call;
    this.#arg = arg;
    this.#storage = storage;
    this.#n = n;
    this.#isCase = storage === 'numeric' && arg.kind === 'case';
    this.fields = [
      { name: `s${n}`, init: '0' }, { name: `b${n}`, init: '0n' }, { name: `n${n}`, init: '0' },
      ...(storage === 'numeric' ? [{ name: `z${n}`, init: 'null' }] : []), ...(this.#isCase ? [{ name: `h${n}`, init: '-1' }] : []),
    ];
  }

  step(field: Field, given: CallInputs | undefined): void {
    if (this.#storage === 'numeric') this.#stepNumeric(field, given);
    else this.#stepInteger(field, given);
  }

  #stepInteger(field: Field, given: CallInputs | undefined): void {
    const { w } = this.#p;
    const value = argument(this.#p, this.#arg, given);
    unlessNull(this.#p, value, () => {
      this.#count(field);
      if (this.#storage !== 'int8') this.#add(field, value.code);
      else {
        w.block(`if (typeof ${value.code} === "number")`, () => this.#add(field, value.code));
        w.line(`else ${field(`b${this.#n}`)} += ${value.code};`);
      }
    });
  }

  #stepNumeric(field: Field, given: CallInputs | undefined): void {
    const p = this.#p;
    const arg = this.#arg;
    const branches = given === undefined && arg.kind === 'case' ? branchesOf(p, arg) : undefined;
    if (branches !== undefined) {
      this.#scale = branches.scale;
      this.#stepBranches(field, arg as CaseExpression, branches);
      return;
    }
    const scaled = given === undefined ? new Scaled(p.w, p.e).coefficient(arg) : undefined;
    if (scaled !== undefined) {
      this.#scale = scaled.scale;
      this.#addScaled(field, arg, scaled);
      return;
    }
    const value = argument(p, arg, given);
    unlessNull(p, value, () => {
      this.#count(field);
      this.#noteScale(field, `${value.code}.scale`);
      this.#addNumeric(field, value.code);
    });
  }

  /** The branch that is taken, from the one with number `i` on. */
  #stepBranches(field: Field, of: CaseExpression, sums: CaseSums, i = 0): void {
    const { w, e } = this.#p;
    const branch = of.branches[i];
    if (branch === undefined) {
      this.#stepBranch(field, of.otherwise, sums);
      return;
    }
    w.block(`if (${e.condition(branch.when)})`, () => this.#stepBranch(field, branch.then, sums));
    w.block('else', () => this.#stepBranches(field, of, sums, i + 1));
  }

  #stepBranch(field: Field, taken: BoundExpression, sums: CaseSums): void {
    if (taken.kind !== 'constant') {
      this.#addScaled(field, taken, new Scaled(this.#p.w, this.#p.e).coefficient(taken)!);
      return;
    }
    if (taken.value === null) return;
    const { coefficient } = taken.value as Numeric;
    this.#count(field);
    this.#noteScale(field, `${sums.constantScale}`);
    if (coefficient !== 0) this.#add(field, `${Number(coefficient) * 10 ** (sums.scale - sums.constantScale)}`);
  }

  /** Unless one of what `scaled` reads is NULL. */
  #addScaled(field: Field, of: BoundExpression, scaled: ScaledCode): void {
    const body = (): void => this.#addCoefficient(field, of, scaled);
    if (scaled.nulls.length === 0) body();
    else this.#p.w.block(`if (!(${scaled.nulls.join(' || ')}))`, body);
  }

  #addCoefficient(field: Field, of: BoundExpression, scaled: ScaledCode): void {
    const { w, module, e } = this.#p;
    const value = module.name('v');
    w.line(`const ${value} = ${scaled.code};`);
    this.#count(field);
    this.#noteScale(field, `${scaled.scale}`);
    const slow = (): void => this.#addNumeric(field, e.interpreted(of, true).code);
    if (scaled.exact && scaled.checks.length === 0) {
      // The value is a safe integer or NaN, and with NaN no total is within bounds.
      this.#addUnlessNaN(field, value, slow);
      return;
    }
    w.block(`if (${exactness(scaled, value)})`, () => this.#add(field, value));
    w.block('else', slow);
  }

  #count(field: Field): void {
    this.#p.w.line(`${field(`n${this.#n}`)}++;`);
  }

  #noteScale(field: Field, ofRow: string): void {
    const largest = field(`h${this.#n}`);
    if (this.#isCase) this.#p.w.line(`if (${largest} < ${ofRow}) ${largest} = ${ofRow};`);
  }

  #add(field: Field, value: string): void {
    this.#addNear(field, value);
    this.#p.w.line(`else { ${this.#carry(field, value)} }`);
  }

  #addUnlessNaN(field: Field, value: string, otherwise: () => void): void {
    const { w } = this.#p;
    this.#addNear(field, value);
    w.block(`else if (${value} === ${value})`, () => w.line(this.#carry(field, value)));
    w.block('else', otherwise);
  }

  /** As long as the near part stays a safe integer; what follows is the other case. */
  #addNear(field: Field, value: string): void {
    const { w, module } = this.#p;
    const near = field(`s${this.#n}`);
    const total = module.name('v');
    w.line(`const ${total} = ${near} + ${value};`);
    w.line(`if (${total} <= ${SafeMax} && ${total} >= -${SafeMax}) ${near} = ${total};`);
  }

  /** The near part goes over to the bigint and begins again with `value`. */
  #carry(field: Field, value: string): string {
    const near = field(`s${this.#n}`);
    return `${field(`b${this.#n}`)} += BigInt(${near}); ${near} = ${value};`;
  }

  #addNumeric(field: Field, value: string): void {
    const sum = field(`z${this.#n}`);
    this.#p.w.line(`${sum} = ${sum} === null ? ${value} : ${sum}.add(${value});`);
  }

  finish(field: Field): Source {
    return this.finishAs(this.#call.function.aggregate!.builtin === 'avg' ? 'avg' : 'sum', field);
  }

  finishAs(builtin: 'sum' | 'avg', field: Field): Source {
    const near = field(`s${this.#n}`);
    const far = field(`b${this.#n}`);
    const count = field(`n${this.#n}`);
    const isNumeric = this.#storage === 'numeric';
    if (!isNumeric && builtin === 'sum' && this.#storage !== 'int8') return { code: `(${count} === 0 ? null : X.sumInt8(${near}, ${far}))`, nullable: true };
    const numeric = isNumeric ? this.#total(field) : `X.numericOf(X.exactSum(${near}, ${far}), 0)`;
    return { code: `(${count} === 0 ? null : ${builtin === 'avg' ? `X.average(${numeric}, ${count})` : numeric})`, nullable: true };
  }

  /** Of numerics. */
  #total(field: Field): string {
    const parts = `${field(`s${this.#n}`)}, ${field(`b${this.#n}`)}, ${this.#scale}, ${field(`z${this.#n}`)}`;
    return this.#isCase ? `X.sumOfScales(${parts}, ${field(`h${this.#n}`)})` : `X.sumNumeric(${parts})`;
  }
}

type CaseExpression = Extract<BoundExpression, { kind: 'case' }>;

/** The one scale of a CASE's branches that are computed, and of those that are constants, which is not larger. */
interface CaseSums {
  readonly scale: number;
  readonly constantScale: number;
}

/** Whether each branch is a coefficient of one scale, or a constant of one that is not larger. */
function branchesOf(p: Pipeline, { branches, otherwise }: CaseExpression): CaseSums | undefined {
  let scale: number | undefined;
  let constantScale: number | undefined;
  for (const e of [...branches.map(({ then }) => then), otherwise]) {
    if (e.kind === 'constant') {
      if (e.value === null) continue;
      const constant = new Scaled(p.w, p.e).coefficient(e);
      if (constant === undefined || constant.bound > ConstantMax || constant.scale !== (constantScale ??= constant.scale)) return undefined;
      continue;
    }
    // What it writes is written again in its branch, where it belongs.
    const found = p.w.tried(() => new Scaled(p.w, p.e).coefficient(e));
    if (found === undefined || found.scale !== (scale ??= found.scale)) return undefined;
  }
  if (scale === undefined || (constantScale !== undefined && (constantScale > scale || scale - constantScale > 6))) return undefined;
  return { scale, constantScale: constantScale ?? scale };
}
/** With six more digits still a safe integer. */
const ConstantMax = 2 ** 31;
