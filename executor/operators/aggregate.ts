/**
 * GROUP BY and aggregates. Every grouping set has its own table from group key to group; one pass over the input feeds them all. An
 * aggregate with DISTINCT or ORDER BY gathers its arguments per group and steps through them at the end. What an aggregate is given is computed once per row,
 * however many sets the row is fed to, as PostgreSQL does: a sequence read there moves once.
 *
 * No GROUP BY, and the empty grouping set, give exactly one row, also over no input.
 */
import { joinGroupKeys, type Datum } from '../../base/datum.js';
import type { AggregateCall } from '../../planner/expression.js';
import type { AggregateImpl } from '../../functions/registry.js';
import { evaluate } from '../expression-interpreter.js';
import { compareSortKeys, datumsKey, keyFunction, sortKeyValues } from '../ordering.js';
import type { Operator, Runtime } from '../runtime.js';
import type { PlanOf } from './plan-of.js';

/** One aggregate call within one group. */
interface CallState {
  state: unknown;
  /** Arguments kept for DISTINCT or ORDER BY, with their sort keys. */
  readonly kept: { readonly args: Datum[]; readonly keys: Datum[] }[] | undefined;
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
  #groups: { readonly group: Group; readonly set: readonly number[] }[] = [];
  #at = 0;

  constructor(plan: PlanOf<'aggregate'>, input: Operator, runtime: Runtime) {
    this.#plan = plan;
    this.#input = input;
    this.#runtime = runtime;
    this.#sets = plan.groupingSets ?? [plan.groupBy.map((_, i) => i)];
  }

  open(): void {
    const { groupBy } = this.#plan;
    const keyFunctions = groupBy.map(({ expression }) => keyFunction(expression, this.#runtime.ctx.types));
    const tables = this.#sets.map(() => new Map<string, Group>());
    this.#input.open();
    while (this.#input.next()) {
      const values = groupBy.map(({ expression }) => evaluate(expression, this.#runtime));
      const keys = keyFunctions.map((key, i) => key(values[i]!));
      const fed = this.#sets.map((set, s) => {
        const key = joinGroupKeys(set.map((i) => keys[i]!));
        let group = tables[s]!.get(key);
        if (group === undefined) tables[s]!.set(key, (group = this.#newGroup(values)));
        return group;
      });
      this.#feed(fed);
    }
    this.#input.close();
    this.#groups = [];
    this.#sets.forEach((set, s) => {
      if (set.length === 0 && tables[s]!.size === 0) tables[s]!.set('', this.#newGroup(groupBy.map(() => null)));
      for (const group of tables[s]!.values()) this.#groups.push({ group, set });
    });
    this.#at = 0;
  }

  #newGroup(values: readonly Datum[]): Group {
    return { values, calls: this.#plan.calls.map((call) => newCallState(call, this.#runtime)) };
  }

  #feed(groups: readonly Group[]): void {
    this.#plan.calls.forEach((call, c) => feedCall(call, groups, c, this.#runtime));
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
    this.#plan.calls.forEach((call, c) => (registers[call.id] = finishCall(call, group.calls[c]!, call.directArgs.map((arg) => evaluate(arg, this.#runtime)), this.#runtime)));
    return true;
  }

  close(): void {
    this.#groups = [];
  }
}

function aggregateOf(call: AggregateCall): AggregateImpl {
  return call.function.aggregate!;
}

export function newCallState(call: AggregateCall, runtime: Runtime): CallState {
  return { state: aggregateOf(call).init(runtime.ctx), kept: call.isDistinct || call.orderBy.length > 0 ? [] : undefined };
}

/** Feeds the current row to one call of the groups it belongs to, one for each grouping set. */
function feedCall(call: AggregateCall, groups: readonly Group[], c: number, runtime: Runtime): void {
  if (call.filter !== undefined && evaluate(call.filter, runtime) !== true) return;
  const args = call.args.map((arg) => evaluate(arg, runtime));
  if (call.function.strict && args.includes(null)) return;
  if (call.isDistinct || call.orderBy.length > 0) {
    const entry = { args, keys: sortKeyValues(call.orderBy, runtime) };
    for (const group of groups) group.calls[c]!.kept!.push(entry);
    return;
  }
  const { step } = aggregateOf(call);
  for (const group of groups) {
    const into = group.calls[c]!;
    into.state = step(into.state, args, runtime.ctx);
  }
}

/** `direct`: the direct arguments, of the group and its keys. */
export function finishCall(call: AggregateCall, from: CallState, direct: readonly Datum[], runtime: Runtime): Datum {
  const { ctx } = runtime;
  const aggregate = aggregateOf(call);
  if (from.kept !== undefined) {
    from.kept.sort((a, b) => compareSortKeys(call.orderBy, a.keys, b.keys, ctx));
    const seen = new Set<string>();
    for (const { args } of from.kept) {
      if (call.isDistinct) {
        const key = datumsKey(call.args, args, ctx);
        if (seen.has(key)) continue;
        seen.add(key);
      }
      from.state = aggregate.step(from.state, direct.length === 0 ? args : [...direct, ...args], ctx);
    }
  }
  return aggregate.final(from.state, ctx, direct);
}
