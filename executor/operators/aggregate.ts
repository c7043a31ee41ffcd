/**
 * GROUP BY and aggregates. Every grouping set has its own table from group key to group; one pass over the input feeds them all. An
 * aggregate with ORDER BY gathers its arguments per group and steps through them at the end; of equal arguments under DISTINCT the first is taken. What an aggregate is given is computed once per row,
 * however many sets the row is fed to, as PostgreSQL does: a sequence read there moves once.
 *
 * No GROUP BY, and the empty grouping set, give exactly one row, also over no input.
 */
import { joinGroupKeys, type Datum } from '../../base/datum.js';
import type { AggregateCall } from '../../planner/expression.js';
import type { AggregateImpl, EvalContext } from '../../functions/registry.js';
import { evaluate } from '../expression-interpreter.js';
import { Keeper } from '../kept-memory.js';
import { compareSortKeys, datumsKey, keyFunction, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import { datumBytes, keyBytes, tupleBytes } from '../spill/memory.js';
import type { PlanOf } from './plan-of.js';

/** One aggregate call within one group. */
export interface CallState {
  state: unknown;
  /** Under DISTINCT: keys of the arguments met. */
  seen: Set<string> | undefined;
  /** Under ORDER BY: arguments with their sort keys. */
  ordered: { readonly args: Datum[]; readonly keys: Datum[] }[] | undefined;
  /** What of the keeper is this state's. */
  bytes: number;
}

interface Group {
  readonly values: readonly Datum[];
  readonly calls: readonly CallState[];
}

export class AggregateOperator implements Operator {
  readonly #plan: PlanOf<'aggregate'>;
  readonly #input: Operator;
  readonly #runtime: Runtime;
  readonly #sets: readonly (readonly number[])[];
  readonly #kept: Keeper;
  #groups: { readonly group: Group; readonly set: readonly number[] }[] = [];
  #at = 0;

  constructor(plan: PlanOf<'aggregate'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
    this.#sets = plan.groupingSets ?? [plan.groupBy.map((_, i) => i)];
    this.#kept = new Keeper(runtime.memory);
  }

  open(): void {
    const { groupBy } = this.#plan;
    const keyFunctions = groupBy.map(({ expression }) => keyFunction(expression, this.#runtime.ctx.types));
    const tables = this.#sets.map(() => new Map<string, Group>());
    this.close();
    this.#input.open();
    while (this.#input.next()) {
      const values = groupBy.map(({ expression }) => evaluate(expression, this.#runtime));
      const keys = keyFunctions.map((key, i) => key(values[i]!));
      const fed = this.#sets.map((set, s) => {
        const key = joinGroupKeys(set.map((i) => keys[i]!));
        let group = tables[s]!.get(key);
        if (group === undefined) {
          this.#kept.add(keyBytes(key) + tupleBytes(values) + this.#plan.calls.length * CallStateBytes);
          tables[s]!.set(key, (group = this.#newGroup(values)));
        }
        return group;
      });
      this.#feed(fed);
    }
    this.#input.close();
    this.#sets.forEach((set, s) => {
      if (set.length === 0 && tables[s]!.size === 0) tables[s]!.set('', this.#newGroup(groupBy.map(() => null)));
      for (const group of tables[s]!.values()) this.#groups.push({ group, set });
    });
    this.#at = 0;
  }

  #newGroup(values: readonly Datum[]): Group {
    return { values, calls: this.#plan.calls.map((call) => newCallState(call, this.#runtime.ctx)) };
  }

  #feed(groups: readonly Group[]): void {
    this.#plan.calls.forEach((call, c) => this.#feedCall(call, groups, c));
  }

  /** Feeds the current row to one call of the groups it belongs to, one for each grouping set. */
  #feedCall(call: AggregateCall, groups: readonly Group[], c: number): void {
    const runtime = this.#runtime;
    if (call.filter !== undefined && evaluate(call.filter, runtime) !== true) return;
    const args = call.args.map((arg) => evaluate(arg, runtime));
    if (call.function.strict && args.includes(null)) return;
    const keys = sortKeyValues(call.orderBy, runtime);
    for (const group of groups) feedCall(call, group.calls[c]!, args, keys, this.#kept, runtime.ctx);
  }

  next(): boolean {
    const entry = this.#groups[this.#at++];
    if (entry === undefined) return false;
    const { registers } = this.#runtime;
    const { group, set } = entry;
    this.#plan.groupBy.forEach(({ id }, i) => (registers[id] = set.includes(i) ? group.values[i]! : null));
    for (const { id, positions } of this.#plan.groupingCalls) {
      registers[id] = positions.reduce((bits, position) => bits * 2 + (set.includes(position) ? 0 : 1), 0);
    }
    this.#plan.calls.forEach((call, c) => (registers[call.id] = finishCall(call, group.calls[c]!, call.directArgs.map((arg) => evaluate(arg, this.#runtime)), this.#kept, this.#runtime.ctx)));
    return true;
  }

  close(): void {
    this.#groups = [];
    this.#kept.clear();
  }
}

function aggregateOf(call: AggregateCall): AggregateImpl {
  return call.function.aggregate!;
}

/** A state with its parts. */
const CallStateBytes = 64;

export function newCallState(call: AggregateCall, ctx: EvalContext): CallState {
  return { state: aggregateOf(call).init(ctx), seen: call.isDistinct ? new Set() : undefined, ordered: call.orderBy.length > 0 ? [] : undefined, bytes: 0 };
}

export function feedCall(call: AggregateCall, into: CallState, args: Datum[], keys: Datum[], kept: Keeper, ctx: EvalContext): void {
  if (into.seen !== undefined) {
    const key = datumsKey(call.args, args, ctx);
    if (into.seen.has(key)) return;
    into.seen.add(key);
    keep(into, keyBytes(key), kept);
  }
  if (into.ordered !== undefined) {
    into.ordered.push({ args, keys });
    keep(into, tupleBytes(args) + tupleBytes(keys), kept);
    return;
  }
  const aggregate = aggregateOf(call);
  into.state = aggregate.step(into.state, args, ctx);
  if (!aggregate.keepsArguments) return;
  let bytes = 0;
  for (const arg of args) bytes += datumBytes(arg);
  keep(into, bytes, kept);
}
function keep(state: CallState, bytes: number, kept: Keeper): void {
  state.bytes += bytes;
  kept.add(bytes);
}

/** `direct`: the direct arguments, of the group and its keys. What was kept is let go: nothing more is fed to a state that keeps. */
export function finishCall(call: AggregateCall, from: CallState, direct: readonly Datum[], kept: Keeper, ctx: EvalContext): Datum {
  const aggregate = aggregateOf(call);
  if (from.ordered !== undefined) {
    from.ordered.sort((a, b) => compareSortKeys(call.orderBy, a.keys, b.keys, ctx));
    for (const { args } of from.ordered) from.state = aggregate.step(from.state, direct.length === 0 ? args : [...direct, ...args], ctx);
  }
  const value = aggregate.final(from.state, ctx, direct);
  if (from.bytes === 0) return value;
  from.state = undefined;
  from.seen = undefined;
  from.ordered = undefined;
  kept.remove(from.bytes);
  from.bytes = 0;
  return value;
}
