/**
 * Windows that go on from row to row: row_number, rank, dense_rank, and the plain aggregates over frames that begin where the partition begins and end at the row,
 * at its last peer, or with the partition. The input is sorted; rows wait in a queue (which spills) until what they show is known: not at all for ROWS, until the
 * next peer group for RANGE, until the next partition for whole partitions. Everything else is the interpreter's (operators/window.ts).
 *
 * Rows are given out after the first row of the next group was taken in, so that nothing of that row is needed where the scan may move (G1).
 */
import type { AggregateCall, WindowCall } from '../../planner/expression.js';
import type { PlanOf } from '../operators/plan-of.js';
import type { Accumulator } from './accumulator.js';
import { accumulatorOf, writeStep } from './accumulators.js';
import { distinctKeySource, sameKey } from './keys.js';
import type { Code } from './module.js';
import type { Consume, Pipeline } from './pipeline.js';
import type { Source } from './expressions.js';

type WindowPlan = PlanOf<'window'>;

const numberings = new Set(['row_number', 'rank', 'dense_rank']);

/** When the value of a call is known: with its row, with the last of its peers, with the last row of the partition; undefined: it has no code. */
function knownAt(call: WindowCall, plan: WindowPlan): 'row' | 'peers' | 'partition' | undefined {
  const { function: definition, frame } = call;
  if (definition.window !== undefined) return definition.schema === 'pg_catalog' && numberings.has(definition.name) ? 'row' : undefined;
  if (definition.aggregate?.builtin === undefined || frame.exclude !== 'no others' || frame.start.kind !== 'unbounded preceding') return undefined;
  if (frame.end.kind === 'unbounded following') return 'partition';
  if (frame.end.kind !== 'current row') return undefined;
  if (frame.mode === 'rows') return 'row';
  return plan.orderBy.length === 0 ? 'partition' : 'peers';
}

/** Whether all calls have code, and those that wait wait for the same. */
export function isRunningWindow(plan: WindowPlan): boolean {
  if (plan.orderBy.some((key) => key.collation !== undefined && key.collation !== 'default' && key.collation !== 'C')) return false;
  const known = plan.calls.map((call) => knownAt(call, plan));
  return !known.includes(undefined) && !(known.includes('peers') && known.includes('partition'));
}

export function produceWindow(p: Pipeline, plan: WindowPlan, consume: Consume): void {
  const { w, module } = p;
  const { input, partitionBy, orderBy, calls } = plan;
  p.settle(plan, plan);
  const needed = p.needed(plan);
  const ids = input.output.map((column) => column.id).filter((id) => needed.has(id));
  const known = calls.map((call) => knownAt(call, plan)!);
  const whole = known.includes('partition');
  // Values known with the row follow its columns in the queue; the others are variables of the group.
  const places = known.map((when, c) => (when === 'row' ? ids.length + known.slice(0, c).filter((each) => each === 'row').length : -1));
  const types = [...ids.map((id) => input.output.find((column) => column.id === id)!.type), ...calls.filter((_, c) => known[c] === 'row').map((call) => call.type)];
  const prefix = module.name('a');
  const field = (name: string): string => `${prefix}_${name}`;
  const accumulators = calls.map((call, c) => (call.function.window === undefined ? accumulatorOf(p, aggregateOf(call), `${c}`) : undefined));
  const results = calls.map(() => module.name('m'));
  const names = { row: module.name('m'), peers: module.name('m'), groups: module.name('m'), started: module.name('m'), partition: module.name('v'), order: module.name('v') };
  const [queue, ready, full] = [module.name('h'), module.name('h'), module.name('m')];
  // Of rows of which nothing is kept, their number is: then queues are counters.
  const isCounted = types.length === 0;
  const make = isCounted ? '0' : `x.own(new X.TupleQueue(x, ${module.constant(plan)}, ${module.constant(types)}))`;
  const release = isCounted ? '' : `x.release(${queue}); x.release(${ready});`;
  w.line(`let ${queue} = ${make}, ${ready} = ${make}, ${names.started} = false, ${names.partition}, ${names.order}, ${names.row} = 0, ${names.peers} = 0, ${names.groups} = 0;`);
  w.line(`let ${results.join(', ')};`);
  for (const { name, init } of accumulators.flatMap((accumulator) => accumulator?.fields ?? [])) w.line(`let ${field(name)} = ${init};`);

  const waiting = calls.map((_, c) => c).filter((c) => known[c] !== 'row');
  const freeze = (code: Pick<Code, 'line'>): void => {
    for (const c of waiting) code.line(`${results[c]} = ${accumulators[c]!.finish(field).code};`);
    code.line(`const queued = ${ready}; ${ready} = ${queue}; ${queue} = queued;`);
  };
  const giveOut = (): void => {
    const tuple = module.name('v');
    w.block(isCounted ? `for (; ${ready} > 0; ${ready}--)` : `for (let ${tuple}; (${tuple} = ${ready}.next()) !== undefined;)`, () => {
      ids.forEach((id, i) => w.scope.bind(id, { kind: 'pending', code: `${tuple}[${i}]`, nullable: true, stored: undefined }));
      calls.forEach((call, c) => w.scope.bind(call.id, { kind: 'pending', code: places[c]! < 0 ? results[c]! : `${tuple}[${places[c]}]`, nullable: true, stored: undefined }));
      consume();
      if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
    });
  };

  const outerCopies = p.copies;
  p.copies *= 2;
  p.scans.push({ cleanup: release });
  w.block('', () => {
    p.produce(input, () => {
      const partition = keyVariable(p, partitionBy);
      const order = keyVariable(p, orderBy.map((key) => key.expression));
      const isNewPartition = module.name('m');
      const isNewGroup = module.name('m');
      w.line(`const ${isNewPartition} = !${names.started} || !${sameKey(partition, names.partition)}, ${isNewGroup} = ${isNewPartition} || !${sameKey(order, names.order)};`);
      w.line(`const ${full} = ${names.started} && ${waiting.length === 0 ? 'true' : whole ? isNewPartition : isNewGroup};`);
      // What a result is finished from is known when its step has been written.
      let frozen!: Code;
      w.block(`if (${full})`, () => (frozen = w.reserve()));
      w.block(`if (${isNewPartition})`, () => {
        w.line(`${names.started} = true; ${names.partition} = ${partition}; ${names.row} = 0; ${names.groups} = 0;`);
        for (const { name, init } of accumulators.flatMap((accumulator) => accumulator?.fields ?? [])) w.line(`${field(name)} = ${init};`);
      });
      w.block(`if (${isNewGroup})`, () => w.line(`${names.order} = ${order}; ${names.peers} = ${names.row}; ${names.groups}++;`));
      w.line(`${names.row}++;`);
      calls.forEach((call, c) => {
        if (accumulators[c] !== undefined) writeStep(p, aggregateOf(call), accumulators[c], field);
      });
      const values = [...ids.map((id) => w.use(id).code), ...calls.flatMap((call, c) => (known[c] === 'row' ? [rowValue(call, accumulators[c], field, names)] : []))];
      w.line(isCounted ? `${queue}++;` : `${queue}.push([${values.join(', ')}]);`);
      freeze(frozen);
      w.block(`if (${full})`, giveOut);
    });
  });
  w.block(`if (${names.started})`, () => {
    freeze(w);
    giveOut();
  });
  p.scans.pop();
  p.copies = outerCopies;
  w.line(release);
}

function keyVariable(p: Pipeline, keys: WindowPlan['partitionBy']): string {
  const values = keys.map((key): Source => p.e.value(key));
  const name = p.module.name('v');
  p.w.line(`const ${name} = ${distinctKeySource(p, keys, values)};`);
  return name;
}

function rowValue(call: WindowCall, accumulator: Accumulator | undefined, field: (name: string) => string, names: { readonly row: string; readonly peers: string; readonly groups: string }): string {
  if (accumulator !== undefined) return accumulator.finish(field).code;
  if (call.function.name === 'row_number') return names.row;
  return call.function.name === 'rank' ? `${names.peers} + 1` : names.groups;
}

const aggregates = new WeakMap<WindowCall, AggregateCall>();
/** The call as an aggregate; one object per call, because generated code reaches it as a constant. */
function aggregateOf(call: WindowCall): AggregateCall {
  let made = aggregates.get(call);
  if (made === undefined) {
    const { id, type, function: definition, args, filter } = call;
    aggregates.set(call, (made = { id, type, function: definition, args, filter, isDistinct: false, orderBy: [], directArgs: [] }));
  }
  return made;
}
