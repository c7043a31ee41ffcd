/**
 * A query that is one generated function of its transaction, its parameters and its tables (`Program.isPlain`), to be run again and again in the same
 * runtime: a run allocates its result and nothing else. It runs to its end at once, so it serves callers that do not give way, and any caller
 * when it is brief.
 *
 * What it computes is what the same plan computes through `CompiledStatement.start`; tests compare the two.
 */
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import type { EvalContext } from '../functions/registry.js';
import type { Transaction } from '../mvcc/transaction.js';
import type { Program } from './codegen/generated-plans.js';
import { ProgramState } from './codegen/generated-plans.js';
import type { ExecutionRequest } from './execution.js';
import { Runtime } from './runtime.js';

export class QuickQuery {
  /** Whether it reads a handful of rows, whatever the data. */
  readonly isBrief: boolean;
  /** Whether it reads about as many rows as it gives. */
  readonly isUnfiltered: boolean;
  /** Whether it locks a row. */
  readonly locks: boolean;
  readonly #program: Program;
  readonly #runtime: Runtime;
  readonly #state: ProgramState;
  #isRunning = false;

  constructor(program: Program, isBrief: boolean, isUnfiltered: boolean, locks: boolean, request: ExecutionRequest) {
    this.isBrief = isBrief;
    this.isUnfiltered = isUnfiltered;
    this.locks = locks;
    this.#program = program;
    this.#runtime = new Runtime(request, 0, undefined);
    this.#state = new ProgramState(this.#runtime, []);
  }

  /** A conversion of the user's may call the database while rows are being made: then the query is taken. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The first `rowsMax` rows, of a brief query all; undefined, and nothing has changed, where a row is not to be locked at once. `params` are borrowed for the call; `ctx` is asked for nothing but types and interruptions. */
  run(tx: Transaction, params: readonly Datum[], ctx: EvalContext, rowsMax: number): unknown[] | undefined {
    assert(!this.#isRunning, 'a quick query inside itself');
    const runtime = this.#runtime;
    const state = this.#state;
    const rows: unknown[] = [];
    runtime.tx = tx;
    runtime.params = params;
    runtime.ctx = ctx;
    state.rows = rows;
    state.max = rowsMax;
    state.isRefused = false;
    this.#isRunning = true;
    try {
      this.#program.run(runtime, state);
    } finally {
      this.#isRunning = false;
      state.close();
    }
    return state.isRefused ? undefined : rows;
  }
}
