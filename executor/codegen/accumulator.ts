/** The interface between those who run over rows and those who write an aggregate's state and steps. */
import type { CallInputs } from './call-inputs.js';
import type { Source } from './expressions.js';

/** Where a part of an aggregate's state is, by the part's name. */
export type Field = (name: string) => string;

/** How one call is kept and written. */
export interface Accumulator {
  /** What another call makes of the same state. */
  readonly finishAs?: (builtin: 'sum' | 'avg', field: Field) => Source;
  /** Parts of the state with their first values, as source. */
  readonly fields: readonly { readonly name: string; readonly init: string }[];
  /** Writes the step over the present row, or over one that was put aside. */
  step(field: Field, given: CallInputs | undefined): void;
  finish(field: Field): Source;
}
