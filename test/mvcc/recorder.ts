/**
 * What one simulated transaction saw and wrote, recorded beside the engine, and the tiny table it works on: a primary tree P, a
 * non-unique index S on `attr`, a unique index U on `code`. Rows are one-letter keys, attributes and codes, so that a dozen
 * transactions meet each other all the time.
 */
import type { DbError } from '../../base/errors.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import type { HistoryTransaction, Observation } from './full-graph.js';

export interface Row {
  readonly pk: string;
  readonly attr: string;
  /** '-' for NULL: no entry in U. */
  readonly code: string;
  /** Who wrote this version: makes every value unique. */
  readonly tag: string;
}

/** Rows are padded so that few fit a page, or none: leaves split and merge, values overflow. Set per window; part of the value. */
export const padding = { text: '' };

export interface Table {
  readonly P: VersionedTree;
  readonly S: VersionedTree;
  readonly U: VersionedTree;
  readonly keys: readonly string[];
  readonly attrs: readonly string[];
  readonly codes: readonly string[];
}

export function encodeRow(row: Row): string {
  return `${row.pk}${row.attr}${row.code}:${row.tag}${padding.text}`;
}
export function decodeRow(text: string): Row {
  return { pk: text[0]!, attr: text[1]!, code: text[2]!, tag: text.slice(4) };
}

/** Item names of the checker; `#` marks mere existence. */
export const item = {
  P: (pk: string): string => `P:${pk}`,
  S: (key: string): string => `S:${key}`,
  U: (code: string): string => `U:${code}`,
  existence: (of: string): string => `${of}#`,
};

export class Recorder {
  readonly transaction: Transaction;
  readonly observations: Observation[] = [];
  /** Own changes; undefined: deleted. */
  own = new Map<string, string | undefined>();
  /** Rows removed by this transaction: not moved back to, which would make identities ambiguous. */
  readonly removedKeys = new Set<string>();
  tagCount = 0;
  snapshot: number | undefined = undefined;
  csn: number | undefined = undefined;
  error: DbError | undefined = undefined;
  readonly complaints: string[] = [];

  constructor(transaction: Transaction) {
    this.transaction = transaction;
  }

  nextTag(): string {
    return `${this.transaction.id}.${++this.tagCount}`;
  }

  /** The statement's snapshot; remembered when it is the transaction's. */
  asOf(): number {
    const snap = this.transaction.snapshotCsn;
    if (this.transaction.isolation !== 'read committed') this.snapshot = snap;
    return snap;
  }

  /** An entry or its absence was seen. Own changes of earlier statements must show themselves. */
  see(name: string, value: string | undefined | null, asOf: number): void {
    const own = this.own.get(name);
    if (!this.own.has(name)) this.observations.push({ item: name, asOf, value });
    else if (value !== null && own !== value) this.complaints.push(`own ${name} is ${own ?? 'deleted'}, seen ${value ?? 'absent'}`);
  }

  /** Only whether it exists was seen. */
  seeExistence(name: string, exists: boolean | null, asOf: number, isHidden = true): void {
    if (this.own.has(name)) return;
    this.observations.push({ item: item.existence(name), asOf, value: exists === null ? null : exists ? 'present' : undefined, isHidden });
  }

  put(name: string, value: string): void {
    this.own.set(name, value);
  }
  remove(name: string): void {
    this.own.set(name, undefined);
  }

  /** The transaction as the checker wants it. `installed` is the committed state just before it. */
  finish(csn: number, installed: ReadonlyMap<string, string>): HistoryTransaction {
    const writes = new Map<string, string | undefined>();
    for (const [name, value] of this.own) {
      const was = installed.has(name);
      if (!was && value === undefined) continue;
      writes.set(name, value);
      // What it holds, and whose it is, is for others to ask.
      if (!was || value === undefined) writes.set(item.existence(name), value === undefined ? undefined : 'present');
    }
    return { id: this.transaction.id, csn, snapshot: this.snapshot, observations: this.observations, writes };
  }
}
