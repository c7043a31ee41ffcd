/**
 * GROUP BY by hashing. A row looks up its group by the codes of its keys (key-codes.ts) in a table (group-table.ts), makes one where there is room, and is put aside with
 * what the aggregates take from it where there is none; when the groups of the table have been given out, the rows put aside are taken in, partition by partition.
 */
import type { SqlType } from '../../base/types.js';
import { sqlType, TypeOid } from '../../base/types.js';
import type { AggregateCall, BoundExpression } from '../../planner/expression.js';
import type { PlanOf } from '../operators/plan-of.js';
import type { Accumulator, Field } from './accumulator.js';
import { accumulatorsOf, writeStep } from './accumulators.js';
import { inputsOf, type CallInputs } from './call-inputs.js';
import type { Source } from './expressions.js';
import { KeyCodes, tableCall } from './key-codes.js';
import { distinctKeySource } from './keys.js';
import type { Code } from './module.js';
import type { Consume, Pipeline } from './pipeline.js';
import { repeats } from './repeated-code.js';
import { inVariable, isStoredText } from './row-values.js';

type AggregatePlan = PlanOf<'aggregate'>;

/** A row that was put aside, read back. */
interface SpooledRow {
  readonly groupValues: readonly Source[];
  readonly inputs: readonly CallInputs[];
}

export class HashGroups {
  readonly #p: Pipeline;
  readonly #plan: AggregatePlan;
  readonly #accumulators: readonly Accumulator[];
  readonly #expressions: readonly BoundExpression[];
  /** What determines the group; the rest is read where one is made. */
  readonly #isKey: readonly boolean[];
  /** Where the input's code is there several times, every copy writes the same codes: values that may be NULL, by the same dictionaries. */
  readonly #isRepeated: boolean;
  /** Names in the code: the present group, its number, the table, its keys, and the codes of a key. */
  readonly #group: string;
  readonly #number: string;
  readonly #table: string;
  readonly #keys: string;
  readonly #codes: string;
  readonly #field: Field;
  /** The table is written before the loop that shows which dictionaries it needs. */
  readonly #head: Code;
  readonly #dictionaries: string[] = [];
  /** How many codes a key has. */
  #arity = 1;
  /** Of the values in the first pass: in the others the key must take as many codes. */
  #isNullable: readonly boolean[];

  constructor(p: Pipeline, plan: AggregatePlan) {
    const { module } = p;
    p.settle(plan, plan);
    this.#p = p;
    this.#plan = plan;
    this.#accumulators = accumulatorsOf(p, plan.calls);
    this.#expressions = plan.groupBy.map(({ expression }) => expression);
    this.#isKey = plan.groupBy.map(({ id }) => !plan.determined.has(id));
    this.#isNullable = plan.groupBy.map(() => true);
    this.#isRepeated = repeats(plan.input);
    const group = (this.#group = module.name('g'));
    this.#number = module.name('i');
    this.#table = module.name('h');
    this.#keys = module.name('h');
    this.#codes = module.name('v');
    this.#field = (name) => `${group}.a${name}`;
    this.#head = p.w.reserve();
  }

  produce(consume: Consume): void {
    const { w } = this.#p;
    w.pipeline(() => this.#takeRows());
    w.block('for (;;)', () => {
      this.#giveOut(consume);
      w.line(`if (!${this.#table}.nextPartition()) break;`);
      this.#takeSpooledRows();
    });
    this.#declareTable();
    w.line(`x.release(${this.#table});`);
  }

  #declareTable(): void {
    const { module } = this.#p;
    const { groupBy, calls } = this.#plan;
    const arity = this.#arity;
    const groupBytes = 120 + groupBy.length * 24 + calls.length * 48;
    this.#head.line(`const ${this.#codes} = new Int32Array(${arity});`);
    const parts = `${module.constant(this.#plan)}, ${module.constant(this.#spooledTypes())}, ${groupBytes}, ${arity}, [${this.#dictionaries.join(', ')}]`;
    this.#head.line(`const ${this.#table} = x.own(new X.GroupTable(x, ${parts})), ${this.#keys} = ${this.#table}.keys;`);
  }

  /** What a row put aside holds: group values, then what each call takes. */
  #spooledTypes(): SqlType[] {
    const ofCall = (call: AggregateCall): SqlType[] => [...call.args.map((arg) => arg.type), ...call.orderBy.map((key) => key.expression.type), sqlType(TypeOid.bool)];
    return [...this.#expressions.map((e) => e.type), ...this.#plan.calls.flatMap(ofCall)];
  }

  #takeRows(): void {
    const p = this.#p;
    p.produce(this.#plan.input, () => {
      const filter = p.groupFilters.get(this.#plan);
      if (filter === undefined) this.#takeRow();
      else p.w.block(`if (${filter()})`, () => this.#takeRow());
    });
  }

  #takeRow(): void {
    const p = this.#p;
    if (!this.#isRepeated) this.#isNullable = this.#expressions.map((e, i) => !this.#isKey[i] || (!isStoredText(p, e) && p.e.value(e).nullable));
    const keyExpressions = this.#expressions.filter((_, i) => this.#isKey[i]);
    this.#step(undefined, groupPlace(p, this.#plan, keyExpressions));
  }

  #takeSpooledRows(): void {
    const p = this.#p;
    const tuple = p.module.name('v');
    p.w.block(`for (let ${tuple}; (${tuple} = ${this.#table}.read()) !== undefined;)`, () => {
      let position = 0;
      // Nullable or not as in the first pass, for the key takes as many codes.
      const read = (): Source => inVariable(p, { code: `${tuple}[${position++}]`, nullable: true });
      const groupValues = this.#isNullable.map((nullable): Source => ({ code: read().code, nullable }));
      const inputs = this.#plan.calls.map((call): CallInputs => {
        const args = call.args.map(read);
        const keys = call.orderBy.map(read);
        return { args, keys, filter: read().code };
      });
      this.#step({ groupValues, inputs }, undefined);
    });
  }

  /** Finds the row's group and takes the row into it. `memo`: the place where the group of many rows is kept. */
  #step(spooled: SpooledRow | undefined, memo: string | undefined): void {
    const { w } = this.#p;
    const group = this.#group;
    w.line(`let ${group}${memo === undefined ? '' : ` = ${memo}`};`);
    if (memo === undefined) this.#findGroup(spooled, spooled === undefined ? this.#plan : undefined);
    else {
      w.block(`if (${group} === undefined)`, () => {
        this.#findGroup(spooled, undefined);
        w.line(`${memo} = ${group};`);
      });
    }
    w.block(`if (${group} !== undefined)`, () => {
      this.#plan.calls.forEach((call, c) => writeStep(this.#p, call, this.#accumulators[c]!, this.#field, spooled?.inputs[c]));
    });
  }

  /** The row's group; undefined when the row was put aside. `memos`: whose codes of its keys may be kept with rows. */
  #findGroup(spooled: SpooledRow | undefined, memos: AggregatePlan | undefined): void {
    const { w } = this.#p;
    const values = spooled?.groupValues ?? this.#groupValues();
    const codes = this.#writeCodes(values, memos);
    const call = tableCall(codes, this.#codes);
    w.line(`const ${this.#number} = ${this.#keys}.find${call.suffix}(${call.args});`);
    w.block(`if (${this.#number} !== 0)`, () => w.line(`${this.#group} = ${this.#table}.groups[${this.#number}];`));
    w.block(`else if (${this.#table}.hasRoom())`, () => this.#makeGroup(values, call));
    w.block('else', () => this.#putAside(values, spooled?.inputs));
    this.#arity = codes.length;
  }

  /** Undefined: to be read where it is needed. */
  #groupValues(): (Source | undefined)[] {
    const p = this.#p;
    if (this.#isRepeated) return this.#expressions.map((e) => ({ code: inVariable(p, p.e.value(e)).code, nullable: true }));
    // Stored text is looked up by its bytes; what must be computed is computed once, for the key and the group.
    return this.#expressions.map((e, i) => (!this.#isKey[i] || isStoredText(p, e) ? undefined : inVariable(p, p.e.value(e))));
  }

  #writeCodes(values: readonly (Source | undefined)[], memos: AggregatePlan | undefined): string[] {
    const made = new KeyCodes(this.#isRepeated ? this.#dictionaries : undefined);
    this.#expressions.forEach((e, i) => {
      if (this.#isKey[i]) made.write(this.#p, memos, [e], values[i] === undefined ? undefined : [values[i]]);
    });
    if (this.#expressions.length === 0) made.codes.push('0');
    for (const { name, source } of made.dictionaries) {
      if (this.#dictionaries.includes(name)) continue;
      this.#head.line(`const ${name} = ${source};`);
      this.#dictionaries.push(name);
    }
    return made.codes;
  }

  #makeGroup(values: readonly (Source | undefined)[], call: ReturnType<typeof tableCall>): void {
    const { w, e } = this.#p;
    const datums = this.#expressions.map((expression, i) => values[i]?.code ?? e.value(expression).code);
    const state = this.#accumulators.flatMap((accumulator) => accumulator.fields.map(({ name, init }) => `a${name}: ${init}`));
    const fields = [...datums.map((value, i) => `v${i}: ${value}`), ...state];
    w.line(`${this.#keys}.add${call.suffix}(${call.args});`);
    w.line(`${this.#table}.groups.push(${this.#group} = { ${fields.join(', ')} });`);
  }

  #putAside(values: readonly (Source | undefined)[], inputs: readonly CallInputs[] | undefined): void {
    const p = this.#p;
    const datums = this.#expressions.map((e, i) => values[i] ?? inVariable(p, p.e.value(e)));
    const parts = this.#plan.calls.flatMap((call, c) => {
      const { args, keys, filter } = inputs?.[c] ?? inputsOf(p, call);
      return [...[...args, ...keys].map((source) => source.code), filter];
    });
    p.w.line(`${this.#table}.spool(${distinctKeySource(p, this.#expressions, datums)}, [${[...datums.map((value) => value.code), ...parts].join(', ')}]);`);
  }

  #giveOut(consume: Consume): void {
    const p = this.#p;
    const { w } = p;
    const at = p.module.name('i');
    p.scans.push({ cleanup: `x.release(${this.#table});` });
    w.block(`for (let ${at} = 1; ${at} <= ${this.#keys}.count; ${at}++)`, () => {
      w.line(`const ${this.#group} = ${this.#table}.groups[${at}];`);
      this.#plan.groupBy.forEach(({ id }, i) => w.scope.bind(id, { kind: 'pending', code: `${this.#group}.v${i}`, nullable: true, stored: undefined }));
      for (const { id } of this.#plan.groupingCalls) w.define(id, '0', false);
      this.#plan.calls.forEach((call, c) => {
        const result = this.#accumulators[c]!.finish(this.#field);
        w.define(call.id, result.code, result.nullable);
      });
      consume();
      if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
    });
    p.scans.pop();
  }
}

/** Where all keys of a group are columns of one row that many others meet: the place in it where its group is kept. */
function groupPlace(p: Pipeline, plan: AggregatePlan, keys: readonly BoundExpression[]): string | undefined {
  const memos = keys.map((key) => (key.kind === 'column' ? p.w.scope.find(key.id)?.memo : undefined));
  const [first] = memos;
  return first !== undefined && memos.every((memo) => memo?.tuple === first.tuple) ? first.places.get(plan) : undefined;
}
