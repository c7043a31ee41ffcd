/**
 * GROUP BY by hashing, and aggregates without it. The commonest aggregates are written out: counts, exact sums in doubles that move into a bigint before they
 * round, extremes. The others go through the catalogue's functions.
 */
import type { Numeric } from '../../base/numeric.js';
import type { SqlType, Storage } from '../../base/types.js';
import { baseTypeOf, sqlType, typeInfo, TypeOid } from '../../base/types.js';
import type { AggregateCall, BoundExpression } from '../../planner/expression.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import { hasSubquery, isVolatile, sameExpression } from '../../planner/expression-tools.js';
import { physicalInputs } from '../../planner/physical-tools.js';
import type { PlanOf } from '../operators/plan-of.js';
import { mayFail, type Source } from './expressions.js';
import { KeyCodes, tableCall } from './key-codes.js';
import { distinctKeySource, sameKey } from './keys.js';
import type { Consume, Pipeline } from './pipeline.js';
import { exactness, SafeMax, Scaled, type ScaledCode } from './scaled.js';

type AggregatePlan = PlanOf<'aggregate'>;

/** How one call is kept and written. `field(name)` is where a part of its state is. */
export interface Accumulator {
  /** What another call makes of the same state. */
  readonly finishAs?: (builtin: 'sum' | 'avg', field: (name: string) => string) => Source;
  /** Parts of the state with their first values, as source. */
  readonly fields: readonly { readonly name: string; readonly init: string }[];
  /** Writes the step over the present row, or over one that was put aside. */
  step(field: (name: string) => string, given: CallInputs | undefined): void;
  finish(field: (name: string) => string): Source;
}

/** What a call takes from a row. */
interface CallInputs {
  readonly args: readonly Source[];
  readonly keys: readonly Source[];
  readonly filter: string;
}

export function produceAggregate(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  if (plan.strategy === 'plain') producePlain(p, plan, consume);
  else if (plan.strategy === 'sorted') produceSorted(p, plan, consume);
  else produceGroups(p, plan, consume);
}

function producePlain(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  const { w, module } = p;
  p.settle(plan, plan);
  const prefix = module.name('a');
  const accumulators = accumulatorsOf(p, plan.calls);
  const field = (name: string): string => `${prefix}_${name}`;
  for (const accumulator of accumulators) for (const { name, init } of accumulator.fields) w.line(`let ${field(name)} = ${init};`);
  w.pipeline(() => {
    p.produce(plan.input, () => plan.calls.forEach((call, c) => writeStep(p, call, accumulators[c]!, field)));
  });
  w.block('', () => {
    for (const { id } of plan.groupingCalls) w.define(id, '0', false);
    plan.calls.forEach((call, c) => {
      const result = accumulators[c]!.finish(field);
      w.define(call.id, result.code, result.nullable);
    });
    consume();
  });
}

/** The step of a call under its filter. */
export function writeStep(p: Pipeline, call: AggregateCall, accumulator: Accumulator, field: (name: string) => string, given?: CallInputs): void {
  const step = (): void => accumulator.step(field, given);
  if (call.filter === undefined) step();
  else p.w.block(`if (${given?.filter ?? p.e.condition(call.filter)})`, step);
}

function inputsOf(p: Pipeline, call: AggregateCall): CallInputs {
  return {
    args: call.args.map((arg) => p.e.value(arg)),
    keys: call.orderBy.map((key) => p.e.value(key.expression)),
    filter: call.filter === undefined ? 'true' : p.e.condition(call.filter),
  };
}

function produceGroups(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  const { w, module } = p;
  const { groupBy, calls } = plan;
  p.settle(plan, plan);
  const accumulators = accumulatorsOf(p, calls);
  const expressions = groupBy.map(({ expression }) => expression);
  // What determines the group; the rest is read where one is made.
  const isKey = groupBy.map(({ id }) => !plan.determined.has(id));
  const keyExpressions = expressions.filter((_, i) => isKey[i]);
  const group = module.name('g');
  const number = module.name('i');
  const field = (name: string): string => `${group}.a${name}`;
  const table = module.name('h');
  const keys = module.name('h');
  const scratch = module.name('v');
  // What a row put aside holds: group values, then what each call takes.
  const typesOfCall = (call: AggregateCall): SqlType[] => [
    ...call.args.map((arg) => arg.type), ...call.orderBy.map((key) => key.expression.type), sqlType(TypeOid.bool),
  ];
  const spooledTypes = [...expressions.map((e) => e.type), ...calls.flatMap(typesOfCall)];
  const groupBytes = 120 + groupBy.length * 24 + calls.length * 48;
  // The table is written before the loop that shows which dictionaries it needs.
  const head = w.reserve();
  const dictionaries: string[] = [];

  // Where the input's code is there several times, every copy writes the same codes: values that may be NULL, by the same dictionaries.
  const isRepeated = repeats(plan.input);
  const valuesOf = (): (Source | undefined)[] => {
    if (isRepeated) return expressions.map((e) => ({ code: inVariable(p, p.e.value(e)).code, nullable: true }));
    // Stored text is looked up by its bytes; what must be computed is computed once, for the key and the group.
    return expressions.map((e, i) => (!isKey[i] || isStoredText(p, e) ? undefined : inVariable(p, p.e.value(e))));
  };

  /** `given`: the values of a row read back. */
  const writeRow = (given: readonly Source[] | undefined, spooled: readonly CallInputs[] | undefined): number => {
    const memo = given === undefined ? groupPlace(p, plan, keyExpressions) : undefined;
    w.line(`let ${group}${memo === undefined ? '' : ` = ${memo}`};`);
    let count = 0;
    if (memo === undefined) count = findGroup(plan, given, spooled);
    else {
      w.block(`if (${group} === undefined)`, () => {
        count = findGroup(undefined, given, spooled);
        w.line(`${memo} = ${group};`);
      });
    }
    w.block(`if (${group} !== undefined)`, () => {
      calls.forEach((each, c) => writeStep(p, each, accumulators[c]!, field, spooled?.[c]));
    });
    return count;
  };
  /** The row's group; undefined when the row was put aside. `memos`: whose codes of its keys may be kept with rows. @returns the number of codes */
  const findGroup = (memos: AggregatePlan | undefined, given: readonly Source[] | undefined, spooled: readonly CallInputs[] | undefined): number => {
    const values = given ?? valuesOf();
    const made = new KeyCodes(isRepeated ? dictionaries : undefined);
    expressions.forEach((e, i) => {
      if (isKey[i]) made.write(p, memos, [e], values[i] === undefined ? undefined : [values[i]]);
    });
    if (expressions.length === 0) made.codes.push('0');
    for (const { name, source } of made.dictionaries) {
      if (dictionaries.includes(name)) continue;
      head.line(`const ${name} = ${source};`);
      dictionaries.push(name);
    }
    const call = tableCall(made.codes, scratch);
    w.line(`const ${number} = ${keys}.find${call.suffix}(${call.args});`);
    w.block(`if (${number} !== 0)`, () => w.line(`${group} = ${table}.groups[${number}];`));
    w.block(`else if (${table}.hasRoom())`, () => {
      const datums = expressions.map((e, i) => values[i]?.code ?? p.e.value(e).code);
      const fields = [...datums.map((value, i) => `v${i}: ${value}`), ...accumulators.flatMap((accumulator) => accumulator.fields.map(({ name, init }) => `a${name}: ${init}`))];
      w.line(`${keys}.add${call.suffix}(${call.args});`);
      w.line(`${table}.groups.push(${group} = { ${fields.join(', ')} });`);
    });
    w.block('else', () => {
      const datums = expressions.map((e, i) => values[i] ?? inVariable(p, p.e.value(e)));
      const parts = calls.flatMap((each, c) => {
        const { args, keys: orderKeys, filter } = spooled?.[c] ?? inputsOf(p, each);
        return [...[...args, ...orderKeys].map((source) => source.code), filter];
      });
      w.line(`${table}.spool(${distinctKeySource(p, expressions, datums)}, [${[...datums.map((value) => value.code), ...parts].join(', ')}]);`);
    });
    return made.codes.length;
  };

  let arity = 1;
  let isNullable: readonly boolean[] = expressions.map(() => true);
  w.pipeline(() => {
    p.produce(plan.input, () => {
      const filter = p.groupFilters.get(plan);
      const row = (): void => {
        if (!isRepeated) isNullable = expressions.map((e, i) => !isKey[i] || (!isStoredText(p, e) && p.e.value(e).nullable));
        arity = writeRow(undefined, undefined);
      };
      if (filter === undefined) row();
      else w.block(`if (${filter()})`, row);
    });
  });
  const at = module.name('i');
  w.block('for (;;)', () => {
    p.scans.push({ cleanup: `x.release(${table});` });
    w.block(`for (let ${at} = 1; ${at} <= ${keys}.count; ${at}++)`, () => {
      w.line(`const ${group} = ${table}.groups[${at}];`);
      groupBy.forEach(({ id }, i) => w.scope.bind(id, { kind: 'pending', code: `${group}.v${i}`, nullable: true, stored: undefined }));
      for (const { id } of plan.groupingCalls) w.define(id, '0', false);
      calls.forEach((call, c) => {
        const result = accumulators[c]!.finish(field);
        w.define(call.id, result.code, result.nullable);
      });
      consume();
      if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
    });
    p.scans.pop();
    w.line(`if (!${table}.nextPartition()) break;`);
    const tuple = module.name('v');
    w.block(`for (let ${tuple}; (${tuple} = ${table}.read()) !== undefined;)`, () => {
      let position = 0;
      // Nullable or not as in the first pass, for the key takes as many codes.
      const read = (): Source => inVariable(p, { code: `${tuple}[${position++}]`, nullable: true });
      const values = isNullable.map((nullable): Source => ({ code: read().code, nullable }));
      const spooled = calls.map((call): CallInputs => {
        const args = call.args.map(read);
        const orderKeys = call.orderBy.map(read);
        return { args, keys: orderKeys, filter: read().code };
      });
      arity = writeRow(values, spooled);
    });
  });
  head.line(`const ${scratch} = new Int32Array(${arity});`);
  head.line(`const ${table} = x.own(new X.GroupTable(x, ${module.constant(plan)}, ${module.constant(spooledTypes)}, ${groupBytes}, ${arity}, [${dictionaries.join(', ')}])), ${keys} = ${table}.keys;`);
  w.line(`x.release(${table});`);
}

/** Where all keys of a group are columns of one row that many others meet: the place in it where its group is kept. */
function groupPlace(p: Pipeline, plan: AggregatePlan, keys: readonly BoundExpression[]): string | undefined {
  const memos = keys.map((key) => (key.kind === 'column' ? p.w.scope.find(key.id)?.memo : undefined));
  const [first] = memos;
  return first !== undefined && memos.every((memo) => memo?.tuple === first.tuple) ? first.places.get(plan) : undefined;
}

/** May the code of what takes the rows of `plan` be there more than once (P3 of pipeline.ts)? */
export function repeats(plan: PhysicalPlan): boolean {
  if (plan.kind === 'append' || plan.kind === 'window' || (plan.kind === 'aggregate' && plan.strategy === 'sorted')) return true;
  if ((plan.kind === 'hashJoin' || plan.kind === 'mergeJoin' || plan.kind === 'nestedLoop') && (plan.join === 'left' || plan.join === 'right' || plan.join === 'full')) return true;
  return physicalInputs(plan).some(repeats);
}

/** Text of a scan that is not decoded yet. */
export function isStoredText(p: Pipeline, e: BoundExpression): boolean {
  if (e.kind !== 'column') return false;
  const binding = p.w.scope.find(e.id);
  const storage = typeInfo(baseTypeOf(e.type, p.types).oid, p.types).storage;
  return binding?.kind === 'pending' && binding.stored?.source.bytes !== undefined && (storage === 'text' || storage === 'bpchar');
}

/**
 * Groups that come one after the other: only the present one is kept. A group is given out after the first row of the next has been taken in, so that nothing of
 * that row is needed any more where the scan may move (G1).
 */
function produceSorted(p: Pipeline, plan: AggregatePlan, consume: Consume): void {
  const { w, module } = p;
  const { groupBy, calls } = plan;
  p.settle(plan, plan);
  const accumulators = accumulatorsOf(p, calls);
  const group = module.name('g');
  const done = module.name('g');
  const last = module.name('v');
  const field = (name: string): string => `${group}.a${name}`;
  const giveOut = (finished: string): void => {
    groupBy.forEach(({ id }, i) => w.scope.bind(id, { kind: 'pending', code: `${finished}.v${i}`, nullable: true, stored: undefined }));
    for (const { id } of plan.groupingCalls) w.define(id, '0', false);
    calls.forEach((call, c) => {
      const result = accumulators[c]!.finish((name) => `${finished}.a${name}`);
      w.define(call.id, result.code, result.nullable);
    });
    consume();
  };
  const outerCopies = p.copies;
  p.copies *= 2;
  w.line(`let ${group} = null, ${last};`);
  w.pipeline(() => {
    p.produce(plan.input, () => {
      const values = groupBy.map(({ expression }) => inVariable(p, p.e.value(expression)));
      const key = module.name('v');
      w.line(`const ${key} = ${distinctKeySource(p, groupBy.map(({ expression }) => expression), values)};`);
      w.line(`let ${done} = null;`);
      w.block(`if (${group} === null || !${sameKey(key, last)})`, () => {
        const fields = [...values.map((value, i) => `v${i}: ${value.code}`), ...accumulators.flatMap((accumulator) => accumulator.fields.map(({ name, init }) => `a${name}: ${init}`))];
        w.line(`${done} = ${group};`);
        w.line(`${group} = { ${fields.join(', ')} };`);
        w.line(`${last} = ${key};`);
      });
      calls.forEach((call, c) => writeStep(p, call, accumulators[c]!, field));
      w.block(`if (${done} !== null)`, () => giveOut(done));
    });
  });
  w.block(`if (${group} !== null)`, () => giveOut(group));
  p.copies = outerCopies;
}

export function inVariable(p: Pipeline, source: Source): Source {
  const name = p.module.name('v');
  p.w.line(`const ${name} = ${source.code};`);
  return { code: name, nullable: source.nullable };
}

// ------------------------------------------------------------------------------------------------------------- accumulators

/** Values that JavaScript's `<` orders and `===` compares. */
const ordered: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'int8', 'oid', 'money', 'date', 'time', 'timestamp']);

/** Values that are always numbers, and equal where those are one. */
const plainNumbers: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'oid', 'date']);

/** Of all calls. A sum and an average of the same have one state, which the first of them keeps. */
function accumulatorsOf(p: Pipeline, calls: readonly AggregateCall[]): Accumulator[] {
  const accumulators: Accumulator[] = [];
  calls.forEach((call, c) => {
    const { builtin } = call.function.aggregate!;
    const first = builtin === 'sum' || builtin === 'avg' ? calls.findIndex((other, i) => i < c && accumulators[i]!.finishAs !== undefined && haveSameInput(call, other)) : -1;
    if (first < 0) accumulators.push(accumulatorOf(p, call, `${c}`));
    else accumulators.push({ fields: [], step: () => undefined, finish: (field) => accumulators[first]!.finishAs!(builtin as 'sum' | 'avg', field) });
  });
  return accumulators;
}
function haveSameInput(a: AggregateCall, b: AggregateCall): boolean {
  if (a.isDistinct || b.isDistinct || a.orderBy.length > 0 || b.orderBy.length > 0) return false;
  if ((a.filter === undefined) !== (b.filter === undefined) || (a.filter !== undefined && !sameExpression(a.filter, b.filter!))) return false;
  return [...a.args, ...(a.filter === undefined ? [] : [a.filter])].every((e) => !isVolatile(e) && !hasSubquery(e)) && sameExpression(a.args[0]!, b.args[0]!);
}

export function accumulatorOf(p: Pipeline, call: AggregateCall, n: string): Accumulator {
  const builtin = call.function.aggregate!.builtin;
  const [arg] = call.args;
  if (builtin === 'count' && call.isDistinct && call.orderBy.length === 0 && arg !== undefined && plainNumbers.has(typeInfo(baseTypeOf(arg.type, p.types).oid, p.types).storage)) return distinctCountAccumulator(p, arg, n);
  if (call.isDistinct || call.orderBy.length > 0 || call.directArgs.length > 0) return generalAccumulator(p, call, n);
  if (builtin === 'count') return countAccumulator(p, call, n);
  if (arg === undefined || builtin === undefined) return generalAccumulator(p, call, n);
  const storage = typeInfo(baseTypeOf(arg.type, p.types).oid, p.types).storage;
  const isInteger = storage === 'int2' || storage === 'int4' || storage === 'int8';
  if ((builtin === 'sum' || builtin === 'avg') && (isInteger || storage === 'numeric')) return sumAccumulator(p, call, arg, storage, n);
  if ((builtin === 'sum' || builtin === 'avg') && storage === 'float8') return floatAccumulator(p, call, arg, n);
  if ((builtin === 'min' || builtin === 'max') && (ordered.has(storage) || storage === 'float8' || storage === 'float4')) return extremeAccumulator(p, call, arg, storage, n);
  return generalAccumulator(p, call, n);
}

/** The argument of the present row, or the one put aside, in a variable. */
function argument(p: Pipeline, arg: BoundExpression, given: CallInputs | undefined): Source {
  const source = given?.args[0] ?? p.e.value(arg);
  return inVariable(p, source);
}
/** Runs `body` when the value is not NULL. */
function unlessNull(p: Pipeline, value: Source, body: () => void): void {
  if (value.nullable) p.w.block(`if (${value.code} !== null)`, body);
  else body();
}

function countAccumulator(p: Pipeline, call: AggregateCall, n: string): Accumulator {
  const [arg] = call.args;
  return {
    fields: [{ name: `n${n}`, init: '0' }],
    step: (field, given) => {
      if (arg === undefined) p.w.line(`${field(`n${n}`)}++;`);
      else {
        const value = given?.args[0] ?? p.e.value(arg);
        const isComputed = given?.args[0] === undefined && mayFail(arg);
        p.w.line(value.nullable ? `if (${value.code} !== null) ${field(`n${n}`)}++;` : `${isComputed ? `${value.code}; ` : ''}${field(`n${n}`)}++;`);
      }
    },
    finish: (field) => ({ code: field(`n${n}`), nullable: false }),
  };
}

function distinctCountAccumulator(p: Pipeline, arg: BoundExpression, n: string): Accumulator {
  return {
    fields: [{ name: `d${n}`, init: 'new X.DistinctIntegers()' }],
    step: (field, given) => {
      const value = argument(p, arg, given);
      unlessNull(p, value, () => p.w.line(`${field(`d${n}`)}.add(${value.code});`));
    },
    finish: (field) => ({ code: `${field(`d${n}`)}.count`, nullable: false }),
  };
}

/**
 * Sums of integers and numerics. `s` is the near part, an exact integer in a double; `b` a bigint that takes it over before it could round; `n` counts. For
 * numerics these hold coefficients of the argument's scale where that is known, and `z` is a Numeric that takes whatever did not fit that way. A CASE is summed branch by branch;
 * `h` is the largest scale of a row, which is that of the sum.
 */
function sumAccumulator(p: Pipeline, call: AggregateCall, arg: BoundExpression, storage: Storage, n: string): Accumulator {
  const { w, module } = p;
  const isAverage = call.function.aggregate!.builtin === 'avg';
  const isNumeric = storage === 'numeric';
  const isCase = isNumeric && arg.kind === 'case';
  let scale = 0;
  const fields = [
    { name: `s${n}`, init: '0' }, { name: `b${n}`, init: '0n' }, { name: `n${n}`, init: '0' }, ...(isNumeric ? [{ name: `z${n}`, init: 'null' }] : []), ...(isCase ? [{ name: `h${n}`, init: '-1' }] : []),
  ];
  const add = (field: (name: string) => string, value: string): void => {
    const total = module.name('v');
    w.line(`const ${total} = ${field(`s${n}`)} + ${value};`);
    w.line(`if (${total} <= ${SafeMax} && ${total} >= -${SafeMax}) ${field(`s${n}`)} = ${total};`);
    w.line(`else { ${field(`b${n}`)} += BigInt(${field(`s${n}`)}); ${field(`s${n}`)} = ${value}; }`);
  };
  const addExact = (field: (name: string) => string, value: string, slow: () => void): void => {
    const total = module.name('v');
    w.line(`const ${total} = ${field(`s${n}`)} + ${value};`);
    w.line(`if (${total} <= ${SafeMax} && ${total} >= -${SafeMax}) ${field(`s${n}`)} = ${total};`);
    w.block(`else if (${value} === ${value})`, () => w.line(`${field(`b${n}`)} += BigInt(${field(`s${n}`)}); ${field(`s${n}`)} = ${value};`));
    w.block('else', slow);
  };
  const addNumeric = (field: (name: string) => string, value: string): void => {
    w.line(`${field(`z${n}`)} = ${field(`z${n}`)} === null ? ${value} : ${field(`z${n}`)}.add(${value});`);
  };
  const noteScale = (field: (name: string) => string, ofRow: string): void => {
    if (isCase) w.line(`if (${field(`h${n}`)} < ${ofRow}) ${field(`h${n}`)} = ${ofRow};`);
  };
  const addScaled = (field: (name: string) => string, of: BoundExpression, scaled: ScaledCode): void => {
    const body = (): void => {
      const value = module.name('v');
      w.line(`const ${value} = ${scaled.code};`);
      w.line(`${field(`n${n}`)}++;`);
      noteScale(field, `${scaled.scale}`);
      const slow = (): void => addNumeric(field, p.e.interpreted(of, true).code);
      if (scaled.exact && scaled.checks.length === 0) {
        // The value is a safe integer or NaN, and with NaN no total is within bounds.
        addExact(field, value, slow);
        return;
      }
      w.block(`if (${exactness(scaled, value)})`, () => add(field, value));
      w.block('else', slow);
    };
    if (scaled.nulls.length === 0) body();
    else w.block(`if (!(${scaled.nulls.join(' || ')}))`, body);
  };
  /** The branch that is taken, from the one with number `i` on. */
  const stepBranches = (field: (name: string) => string, of: CaseExpression, sums: CaseSums, i = 0): void => {
    const taken = (e: BoundExpression): void => {
      if (e.kind === 'constant') {
        if (e.value === null) return;
        const { coefficient } = e.value as Numeric;
        w.line(`${field(`n${n}`)}++;`);
        noteScale(field, `${sums.constantScale}`);
        if (coefficient !== 0) add(field, `${Number(coefficient) * 10 ** (sums.scale - sums.constantScale)}`);
        return;
      }
      addScaled(field, e, new Scaled(w, p.e).coefficient(e)!);
    };
    const branch = of.branches[i];
    if (branch === undefined) {
      taken(of.otherwise);
      return;
    }
    w.block(`if (${p.e.condition(branch.when)})`, () => taken(branch.then));
    w.block('else', () => stepBranches(field, of, sums, i + 1));
  };
  return {
    fields,
    step: (field, given) => {
      if (isNumeric) {
        const branches = given === undefined && arg.kind === 'case' ? branchesOf(p, arg) : undefined;
        if (branches !== undefined) {
          ({ scale } = branches);
          stepBranches(field, arg as CaseExpression, branches);
          return;
        }
        const scaled = given === undefined ? new Scaled(w, p.e).coefficient(arg) : undefined;
        if (scaled === undefined) {
          const value = argument(p, arg, given);
          unlessNull(p, value, () => {
            w.line(`${field(`n${n}`)}++;`);
            noteScale(field, `${value.code}.scale`);
            addNumeric(field, value.code);
          });
          return;
        }
        scale = scaled.scale;
        addScaled(field, arg, scaled);
        return;
      }
      const value = argument(p, arg, given);
      unlessNull(p, value, () => {
        w.line(`${field(`n${n}`)}++;`);
        if (storage !== 'int8') add(field, value.code);
        else {
          w.block(`if (typeof ${value.code} === "number")`, () => add(field, value.code));
          w.line(`else ${field(`b${n}`)} += ${value.code};`);
        }
      });
    },
    finish: (field) => finish(isAverage, field),
    finishAs: (builtin, field) => finish(builtin === 'avg', field),
  };
  function finish(average: boolean, field: (name: string) => string): Source {
    const total = `X.exactSum(${field(`s${n}`)}, ${field(`b${n}`)})`;
    const count = field(`n${n}`);
    if (!isNumeric && !average && storage !== 'int8') return { code: `(${count} === 0 ? null : X.sumInt8(${field(`s${n}`)}, ${field(`b${n}`)}))`, nullable: true };
    const parts = `${field(`s${n}`)}, ${field(`b${n}`)}, ${scale}, ${field(`z${n}`)}`;
    const ofNumerics = isCase ? `X.sumOfScales(${parts}, ${field(`h${n}`)})` : `X.sumNumeric(${parts})`;
    const numeric = isNumeric ? ofNumerics : `X.numericOf(${total}, 0)`;
    return { code: `(${count} === 0 ? null : ${average ? `X.average(${numeric}, ${count})` : numeric})`, nullable: true };
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

function floatAccumulator(p: Pipeline, call: AggregateCall, arg: BoundExpression, n: string): Accumulator {
  const isAverage = call.function.aggregate!.builtin === 'avg';
  return {
    fields: [{ name: `s${n}`, init: '0' }, { name: `n${n}`, init: '0' }],
    step: (field, given) => {
      const value = argument(p, arg, given);
      unlessNull(p, value, () => {
        // The first value itself, so that a single -0 stays -0.
        const sum = `H.floatAdd(${field(`s${n}`)}, ${value.code})`;
        p.w.line(isAverage ? `${field(`s${n}`)} = ${sum};` : `${field(`s${n}`)} = ${field(`n${n}`)} === 0 ? ${value.code} : ${sum};`);
        p.w.line(`${field(`n${n}`)}++;`);
      });
    },
    finish: (field) => ({ code: `(${field(`n${n}`)} === 0 ? null : ${field(`s${n}`)}${isAverage ? ` / ${field(`n${n}`)}` : ''})`, nullable: true }),
  };
}

function extremeAccumulator(p: Pipeline, call: AggregateCall, arg: BoundExpression, storage: Storage, n: string): Accumulator {
  const isMin = call.function.aggregate!.builtin === 'min';
  const operator = isMin ? '<' : '>';
  const isFloat = storage === 'float8' || storage === 'float4';
  // NaN is above all numbers, and compares with none.
  const beatsByNaN = (value: string, best: string): string => (!isFloat ? '' : isMin ? ` || (${best} !== ${best} && ${value} === ${value})` : ` || (${value} !== ${value} && ${best} === ${best})`);
  return {
    fields: [{ name: `m${n}`, init: 'null' }],
    step: (field, given) => {
      const value = argument(p, arg, given);
      const best = field(`m${n}`);
      unlessNull(p, value, () => p.w.line(`if (${best} === null || ${value.code} ${operator} ${best}${beatsByNaN(value.code, best)}) ${best} = ${value.code};`));
    },
    finish: (field) => ({ code: field(`m${n}`), nullable: true }),
  };
}

/** Any aggregate, through the catalogue; DISTINCT and ORDER BY keep the arguments until the end. */
function generalAccumulator(p: Pipeline, call: AggregateCall, n: string): Accumulator {
  const { w, module } = p;
  const callName = module.constant(call);
  const kept = module.name('h');
  w.line(`const ${kept} = x.memory.keeperOf(${callName});`);
  return {
    fields: [{ name: `t${n}`, init: `X.newCall(${callName}, C)` }],
    step: (field, given) => {
      const inputs = given ?? inputsOf(p, call);
      const values = inputs.args.map((value) => inVariable(p, value));
      const tests = call.function.strict ? values.filter((value) => value.nullable).map((value) => `${value.code} !== null`) : [];
      w.block(tests.length === 0 ? '' : `if (${tests.join(' && ')})`, () => {
        w.line(`X.feedCall(${callName}, ${field(`t${n}`)}, [${values.map((value) => value.code).join(', ')}], [${inputs.keys.map((key) => key.code).join(', ')}], ${kept}, C);`);
      });
    },
    finish: (field) => ({ code: `X.finishCall(${callName}, ${field(`t${n}`)}, [${call.directArgs.map((arg) => p.e.value(arg).code).join(', ')}], ${kept}, C)`, nullable: true }),
  };
}

