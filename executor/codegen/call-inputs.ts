/** What an aggregate takes from a row: the present one, or one that was put aside. */
import type { AggregateCall, BoundExpression } from '../../planner/expression.js';
import type { Source } from './expressions.js';
import type { Pipeline } from './pipeline.js';
import { inVariable } from './row-values.js';

/** What a call takes from a row. */
export interface CallInputs {
  readonly args: readonly Source[];
  readonly keys: readonly Source[];
  readonly filter: string;
}

export function inputsOf(p: Pipeline, call: AggregateCall): CallInputs {
  return {
    args: call.args.map((arg) => p.e.value(arg)),
    keys: call.orderBy.map((key) => p.e.value(key.expression)),
    filter: call.filter === undefined ? 'true' : p.e.condition(call.filter),
  };
}

/** The argument of the present row, or the one put aside, in a variable. */
export function argument(p: Pipeline, arg: BoundExpression, given: CallInputs | undefined): Source {
  const source = given?.args[0] ?? p.e.value(arg);
  return inVariable(p, source);
}
