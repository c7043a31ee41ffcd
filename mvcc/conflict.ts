/**
 * Failures of concurrency as data: which transactions, which statements, which keys, in which order. Every 40001 and 40P01 carries
 * one of these in `fields.conflict`, beside PostgreSQL's message and a DETAIL a person can read.
 *
 * Keys are the tree's own bytes as strings; whoever shows them decodes them with the key's types and only to roles that may read
 * the table. Statements are their source texts; parameters of other sessions are never in here.
 */
import { type DbError, expectedError } from '../base/errors.js';
import type { Oid, TreeId } from '../base/ids.js';
import type { Cycle, CycleStep } from './serializable/certifier.js';
import type { DeadlockStep } from './locks/deadlock.js';
import type { SerialNode } from './serializable/serial-node.js';
import type { Transaction } from './transaction.js';
import type { UndoRecord } from './versions/undo-overlay.js';
import type { VersionedTree } from './versions/versioned-tree.js';

export interface ConflictStatement {
  /** Number within its transaction, from 1. */
  readonly number: number;
  readonly text: string | undefined;
  readonly site: string | undefined;
}

/** Where a conflict lies. `key` is the key written, `low` to `high` (excluded) the range read. */
export interface ConflictPlace {
  readonly tree: TreeId;
  readonly tableOid: Oid | undefined;
  readonly table: string | undefined;
  readonly index: string | undefined;
  readonly key: string | undefined;
  readonly low: string | undefined;
  readonly high: string | undefined;
}

/**
 * `from` comes before `to` in every serial order that explains what they saw: `rw` from read what to overwrote, `wr` to read what
 * from wrote, `ww` to overwrote what from wrote, `order` from committed before to began (or stands for forgotten transactions that did).
 */
export interface ConflictEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: 'rw' | 'wr' | 'ww' | 'order';
  readonly place: ConflictPlace | undefined;
  readonly fromStatement: ConflictStatement | undefined;
  readonly toStatement: ConflictStatement | undefined;
  /** CSN of `from` and `to`; undefined for the one that failed. */
  readonly fromCsn: number | undefined;
  readonly toCsn: number | undefined;
}

export interface SerializationConflict {
  readonly kind: 'serialization';
  /** The transaction that failed; the others have committed. */
  readonly victim: number;
  readonly cycle: readonly ConflictEdge[];
}

/** First updater wins: another transaction changed the row after the victim's snapshot and committed. */
export interface WriteConflict {
  readonly kind: 'write';
  readonly victim: number;
  readonly place: ConflictPlace;
  readonly statement: ConflictStatement | undefined;
  /** The transaction that changed the row, and its statement. */
  readonly writer: number | undefined;
  readonly writerStatement: ConflictStatement | undefined;
  readonly snapshot: number;
  readonly csn: number;
}

export interface DeadlockConflict {
  readonly kind: 'deadlock';
  readonly victim: number;
  readonly cycle: readonly {
    readonly transaction: number;
    readonly waitsFor: number;
    readonly lock: string;
    readonly statement: ConflictStatement | undefined;
  }[];
}

export type Conflict = SerializationConflict | WriteConflict | DeadlockConflict;

/** The newest commit a failure is about; 0 for none. A retry whose snapshot is older meets the same failure again. */
export function newestCommitOf(conflict: Conflict): number {
  if (conflict.kind === 'write') return conflict.csn;
  if (conflict.kind === 'deadlock') return 0;
  return conflict.cycle.reduce((newest, edge) => Math.max(newest, edge.fromCsn ?? 0, edge.toCsn ?? 0), 0);
}

const retryHint = 'The transaction might succeed if retried.';

/** 40001 for a cycle that the certifier found. */
export function serializationError(cycle: Cycle, victim: number): DbError {
  const conflict: SerializationConflict = { kind: 'serialization', victim, cycle: cycle.map(edgeOf) };
  return expectedError('40001', 'could not serialize access due to read/write dependencies among transactions', {
    detail: conflict.cycle.map(sentenceOf).join(' '),
    hint: retryHint,
    conflict,
  });
}

/** 40001 for a row that changed after the snapshot. */
export function writeConflictError(transaction: Transaction, tree: VersionedTree, key: string, record: UndoRecord, what: 'update' | 'delete'): DbError {
  const { info } = record;
  const conflict: WriteConflict = {
    kind: 'write',
    victim: transaction.id,
    place: placeOf(tree, key, undefined, undefined),
    statement: currentStatement(transaction),
    writer: record.transactionId,
    writerStatement: info === undefined ? undefined : { number: record.statement, text: info.text, site: info.site },
    snapshot: transaction.snapshotCsn,
    csn: record.csn,
  };
  transaction.manager.counters.writeConflicts++;
  return expectedError('40001', `could not serialize access due to concurrent ${what}`, {
    detail: `A row of ${tree.describe()} was changed by the commit with number ${record.csn}; the snapshot is as of number ${transaction.snapshotCsn}.`,
    hint: retryHint,
    conflict,
  });
}

/** 40001 for a table whose definition or storage is newer than the snapshot. */
export function definitionConflictError(tree: VersionedTree): DbError {
  return expectedError('40001', 'could not serialize access due to concurrent change of the table definition', {
    detail: `${tree.describe()} was created, rewritten or dropped after this transaction's snapshot was taken.`,
    hint: retryHint,
  });
}

/** 40P01 for the chosen victim. */
export function deadlockError(cycle: readonly DeadlockStep[], victim: Transaction): DbError {
  const conflict: DeadlockConflict = {
    kind: 'deadlock',
    victim: victim.id,
    cycle: cycle.map((step) => ({
      transaction: step.from.id,
      waitsFor: step.to.id,
      lock: step.wait.describe(),
      statement: currentStatement(step.from),
    })),
  };
  return expectedError('40P01', 'deadlock detected', {
    detail: conflict.cycle.map((step) => `Transaction ${step.transaction} waits for ${step.lock}; blocked by transaction ${step.waitsFor}.`).join('\n'),
    hint: retryHint,
    conflict,
  });
}

function edgeOf(step: CycleStep): ConflictEdge {
  const { from, to, reason } = step;
  return {
    from: from.id,
    to: to.id,
    kind: reason.kind,
    place:
      reason.index === undefined
        ? undefined
        : placeOf(reason.index.tree, reason.key, reason.kind === 'ww' ? undefined : reason.low, reason.kind === 'ww' ? undefined : reason.high),
    fromStatement: statementOf(from, reason.fromStatement),
    toStatement: statementOf(to, reason.toStatement),
    fromCsn: csnOf(from),
    toCsn: csnOf(to),
  };
}

function placeOf(tree: VersionedTree, key: string | undefined, low: string | undefined, high: string | undefined): ConflictPlace {
  return { tree: tree.id, tableOid: tree.options.tableOid, table: tree.options.tableName, index: tree.options.indexName, key, low, high };
}

function csnOf(node: SerialNode): number | undefined {
  return node.state === 'committed' ? node.csnHigh : undefined;
}

/** Merged transactions have lost the connection of number and text. */
function statementOf(node: SerialNode, number: number): ConflictStatement | undefined {
  if (number === 0 || node.isMerged) return undefined;
  const info = node.statements.at(number);
  return { number, text: info?.text, site: info?.site };
}

function currentStatement(transaction: Transaction): ConflictStatement | undefined {
  const statement = transaction.statement;
  return statement === undefined ? undefined : { number: statement.number, text: statement.info.text, site: statement.info.site };
}

function sentenceOf(edge: ConflictEdge): string {
  const where = edge.place === undefined ? '' : ` in ${edge.place.index ?? edge.place.table ?? `tree ${edge.place.tree}`}`;
  switch (edge.kind) {
    case 'rw':
      return `Transaction ${edge.from} read what transaction ${edge.to} overwrote${where}.`;
    case 'wr':
      return `Transaction ${edge.to} read what transaction ${edge.from} wrote${where}.`;
    case 'ww':
      return `Transaction ${edge.to} overwrote what transaction ${edge.from} wrote${where}.`;
    case 'order':
      return `Transaction ${edge.from} precedes what had committed before transaction ${edge.to} began.`;
  }
}
