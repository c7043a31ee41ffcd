/**
 * Deadlocks: a depth-first search over the wait-for graph at every block, at once. Edges come from the waits themselves (wait.ts):
 * hard ones to conflicting holders, soft ones to earlier waiters of the same queue. One graph for rows, unique keys, tables,
 * advisory locks, safe snapshots and the commit turn.
 *
 * A cycle with a soft edge is first dissolved by letting the waiter overtake, each pair at most once per search, the pair farthest from the
 * one that has just blocked first (as PostgreSQL does: its spec deadlock-soft). Otherwise the member with the
 * fewest row changes gives up with 40P01, ties to the youngest: the same history always has the same victim. Every member of a
 * cycle is waiting, so there is always a promise to reject.
 *
 * D1  The wait-for graph is acyclic after every block. A new cycle must pass through the transaction that has just blocked or through one
 *     that was just overtaken, so the search starts there.
 */
import { mutants } from '../../base/mutants.js';
import { deadlockError } from '../conflict.js';
import type { Transaction } from '../transaction.js';
import type { Wait, WaitEdge } from './wait.js';

/** One step of a cycle: `from` waits for `to`. */
export interface DeadlockStep {
  readonly from: Transaction;
  readonly to: Transaction;
  readonly wait: Wait;
  readonly soft: boolean;
}

export class DeadlockDetector {
  deadlocks = 0;
  overtakes = 0;

  /** `blocked` has just begun to wait: dissolves every cycle through it. */
  resolve(blocked: Transaction): void {
    if (mutants.on && mutants.has('mvcc.no-deadlock-search')) return;
    const starts = [blocked];
    const overtaken = new Set<string>();
    for (let start = starts.pop(); start !== undefined; start = starts.pop()) {
      for (let cycle = findCycle(start); cycle !== undefined; cycle = findCycle(start)) {
        const soft = cycle.findLast((step) => step.soft && !overtaken.has(`${step.from.id} ${step.to.id}`));
        if (soft !== undefined) {
          overtaken.add(`${soft.from.id} ${soft.to.id}`);
          if (soft.wait.overtake(soft.to)) {
            this.overtakes++;
            starts.push(soft.to);
            continue;
          }
        }
        this.deadlocks++;
        const victim = chooseVictim(cycle);
        victim.wait!.cancel(deadlockError(cycle, victim));
      }
    }
  }
}

/** A cycle of waits through `start`, or undefined. */
export function findCycle(start: Transaction): DeadlockStep[] | undefined {
  const path: DeadlockStep[] = [];
  const visited = new Set<Transaction>([start]);
  const search = (from: Transaction): boolean => {
    const wait = from.wait;
    if (wait === undefined) return false;
    const edges: WaitEdge[] = [];
    wait.edges(edges);
    for (const { to, soft } of edges) {
      if (to.wait === undefined) continue;
      path.push({ from, to, wait, soft });
      if (to === start) return true;
      if (!visited.has(to)) {
        visited.add(to);
        if (search(to)) return true;
      }
      path.pop();
    }
    return false;
  };
  return search(start) ? path : undefined;
}

function chooseVictim(cycle: readonly DeadlockStep[]): Transaction {
  let victim = cycle[0]!.from;
  for (const { from } of cycle) {
    if (from.writeCount < victim.writeCount || (from.writeCount === victim.writeCount && from.id > victim.id)) victim = from;
  }
  return victim;
}
