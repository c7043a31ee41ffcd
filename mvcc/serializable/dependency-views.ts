/**
 * What the certifier knows, as rows: tracked transactions, what each has read, versions that differ from the newest, and the dependencies between them.
 * For people and for the laboratory; everything is computed when asked for.
 */
import { dependency, type SerialNode } from './serial-node.js';
import type { TransactionManager } from '../transaction-manager.js';
import { ChangeKind } from '../versions/undo-overlay.js';
import { WriteFlag, WriteKind } from '../write-set/write-set.js';
import type { VersionedTree } from '../versions/versioned-tree.js';

export interface TrackedView {
  readonly transaction: number;
  readonly session: number | undefined;
  readonly state: 'active' | 'committed';
  /** -1: not taken yet. */
  readonly snapshot: number;
  readonly csn: number | undefined;
  readonly readOnly: boolean;
}

export interface ReadView {
  readonly transaction: number;
  readonly tree: VersionedTree;
  readonly low: string;
  readonly high: string | undefined;
  readonly statement: number;
  readonly existenceOnly: boolean;
}

export interface VersionView {
  readonly tree: VersionedTree;
  readonly key: string;
  readonly kind: 'insert' | 'update' | 'delete' | 'replace';
  /** undefined: not committed. */
  readonly csn: number | undefined;
  readonly transaction: number | undefined;
}

export interface DependencyView {
  readonly from: number;
  readonly to: number;
  readonly kind: 'rw' | 'wr' | 'ww' | 'order';
  readonly tree: VersionedTree | undefined;
  readonly key: string | undefined;
  readonly low: string;
  readonly high: string | undefined;
  /** False: it will hold if the writer commits what it has written so far. */
  readonly certain: boolean;
}

function nodesOf(manager: TransactionManager): SerialNode[] {
  const nodes: SerialNode[] = [];
  for (let node = manager.certifier.kept.first; node !== undefined; node = node.next) nodes.push(node);
  return [...nodes, ...manager.certifier.active];
}

export function trackedViews(manager: TransactionManager): TrackedView[] {
  return nodesOf(manager).map((node) => ({
    transaction: node.id, session: manager.activeById(node.id)?.owner.id, state: node.state === 'active' ? 'active' : 'committed', snapshot: node.snapHigh,
    csn: node.state === 'active' ? undefined : node.csnHigh, readOnly: node.readOnly,
  }));
}

export function readViews(manager: TransactionManager): ReadView[] {
  return nodesOf(manager).flatMap((node) => [...node.reads].flatMap(([index, reads]) => reads.entries().map((entry) => ({ transaction: node.id, tree: index.tree, ...entry }))));
}

const kindNames = { [ChangeKind.Insert]: 'insert', [ChangeKind.Update]: 'update', [ChangeKind.Delete]: 'delete', [ChangeKind.Replace]: 'replace' } as const;

export function versionViews(manager: TransactionManager): VersionView[] {
  const views: VersionView[] = [];
  for (const tree of manager.trees.values()) {
    for (const head of tree.overlay.heads) {
      for (let record: typeof head | undefined = head; record !== undefined; record = record.older) {
        views.push({ tree, key: record.key, kind: kindNames[record.kind], csn: record.csn, transaction: record.transactionId });
      }
    }
  }
  for (const transaction of manager.active) {
    for (const writes of transaction.writes?.trees ?? []) {
      const { set, tree } = writes;
      for (const newest of writes.newest()) {
        const entry = set.newestChange(newest);
        if (entry < 0) continue;
        const kind = set.kindOf(entry) === WriteKind.Delete ? 'delete' : set.has(entry, WriteFlag.Fresh) ? 'insert' : 'update';
        views.push({ tree, key: set.keyOf(entry), kind, csn: undefined, transaction: transaction.id });
      }
    }
  }
  return views;
}

export function dependencyViews(manager: TransactionManager): DependencyView[] {
  const nodes = nodesOf(manager);
  const views: DependencyView[] = [];
  for (const from of nodes) {
    for (const [to, reason] of from.out) views.push({ from: from.id, to: to.id, kind: reason.kind, tree: reason.index?.tree, key: reason.key, low: reason.low, high: reason.high, certain: true });
    for (const to of nodes) {
      if (from === to || from.state !== 'committed' || from.csnHigh > to.snapLow) continue;
      const reason = dependency(from, to, false);
      if (reason !== undefined) views.push({ from: from.id, to: to.id, kind: reason.kind, tree: reason.index?.tree, key: reason.key, low: reason.low, high: reason.high, certain: true });
    }
  }
  for (const transaction of manager.active) {
    const writer = transaction.node;
    if (writer === undefined || writer.snapLow < 0) continue;
    const seen = new Set<SerialNode>();
    for (const writes of transaction.writes?.trees ?? []) {
      const { set, tree } = writes;
      for (const entry of writes.newest()) {
        const key = set.keyOf(entry);
        const change = set.newestChange(entry);
        if (change < 0 && set.kindOf(entry) === WriteKind.Hold) continue;
        tree.siread.forEachReader(key, change < 0 || set.has(change, WriteFlag.ChangesKey), ({ node, low, high }) => {
          if (node === writer || seen.has(node) || (node.state !== 'active' && node.csnHigh <= writer.snapLow)) return;
          seen.add(node);
          views.push({ from: node.id, to: writer.id, kind: 'rw', tree, key, low, high, certain: false });
        });
      }
    }
  }
  return views;
}
