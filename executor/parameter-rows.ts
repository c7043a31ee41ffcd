/**
 * An INSERT of one row of parameters that is run for many rows of them (`ExecutionRequest.paramRows`). Where the plan does nothing with a parameter but
 * store it, as engine/short-ways/literal-insert.ts makes sure for its rows, a row to insert is its parameters in another order, and no code runs to make it.
 */
import type { Datum } from '../base/datum.js';
import type { BoundExpression } from '../planner/expression.js';

/** The number of the parameter that `value` is, save a cast to its own type with a modifier; undefined: it is something else. */
export function storedParameter(value: BoundExpression): number | undefined {
  if (value.kind === 'parameter') return value.index;
  if (value.kind === 'cast' && !value.isExplicit && value.arg.kind === 'parameter' && value.arg.type.oid === value.type.oid) return value.arg.index;
  return undefined;
}

/** By column, which parameter it gets; undefined where some column gets anything else. */
export function storedParameters(values: readonly BoundExpression[] | undefined): readonly number[] | undefined {
  const places: number[] = [];
  for (const value of values ?? []) {
    const parameter = storedParameter(value);
    if (parameter === undefined) return undefined;
    places.push(parameter);
  }
  return places.length === 0 ? undefined : places;
}

/** The row that parameters make. */
export function rowOfParameters(places: readonly number[], params: readonly Datum[]): Datum[] {
  const row = new Array<Datum>(places.length);
  for (let i = 0; i < places.length; i++) row[i] = params[places[i]!]!;
  return row;
}
