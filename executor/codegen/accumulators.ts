/**
 * Aggregates as code. The commonest are written out: counts, exact sums (sum-accumulator.ts), sums of floats, extremes. The others go through the catalogue's functions.
 */
import type { Storage } from '../../base/types.js';
import { baseTypeOf, typeInfo } from '../../base/types.js';
import { hasSubquery, isVolatile, sameExpression } from '../../planner/expression-tools.js';
import type { AggregateCall, BoundExpression } from '../../planner/expression.js';
import type { Accumulator, Field } from './accumulator.js';
import { argument, inputsOf, type CallInputs } from './call-inputs.js';
import { mayFail } from './expressions.js';
import type { Pipeline } from './pipeline.js';
import { inVariable, unlessNull } from './row-values.js';
import { SumAccumulator } from './sum-accumulator.js';

/** The step of a call under its filter. */
export function writeStep(p: Pipeline, call: AggregateCall, accumulator: Accumulator, field: Field, given?: CallInputs): void {
  const step = (): void => accumulator.step(field, given);
  if (call.filter === undefined) step();
  else p.w.block(`if (${given?.filter ?? p.e.condition(call.filter)})`, step);
}

/** Values that JavaScript's `<` orders and `===` compares. */
const ordered: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'int8', 'oid', 'money', 'date', 'time', 'timestamp']);

/** Values that are always numbers, and equal where those are one. */
const plainNumbers: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'oid', 'date']);

/** Of all calls. A sum and an average of the same have one state, which the first of them keeps. */
export function accumulatorsOf(p: Pipeline, calls: readonly AggregateCall[]): Accumulator[] {
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
  if (a.isDistinct || b.isDistinct || a.orderBy.length > 0 || b.orderBy.length > 0 || !sameExpression(a.args[0]!, b.args[0]!)) return false;
  if ((a.filter === undefined) !== (b.filter === undefined) || (a.filter !== undefined && !sameExpression(a.filter, b.filter!))) return false;
  return [...a.args, ...(a.filter === undefined ? [] : [a.filter])].every((e) => !isVolatile(e) && !hasSubquery(e));
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
  if ((builtin === 'sum' || builtin === 'avg') && (isInteger || storage === 'numeric')) return new SumAccumulator(p, call, arg, storage, n);
  if ((builtin === 'sum' || builtin === 'avg') && storage === 'float8') return floatAccumulator(p, call, arg, n);
  if ((builtin === 'min' || builtin === 'max') && (ordered.has(storage) || storage === 'float8' || storage === 'float4')) return extremeAccumulator(p, call, arg, storage, n);
  return generalAccumulator(p, call, n);
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
