/**
 * Checks that are not made row by row: foreign keys and deferrable unique constraints. Those that are immediate run at the end of the statement
 * that queued them, in order, cascades adding to the end; deferred ones stay until SET CONSTRAINTS ... IMMEDIATE or the commit.
 *
 * C1  What a savepoint's rollback undoes it also removes here; and a check that ran after the savepoint is pending again.
 * C2  A check looks at the newest state when it runs, so a row that has changed since is judged by what it is now, or not at all.
 */
import type { Csn } from '../base/ids.js';
import type { ForeignKeyDef, IndexDef, TableDef } from '../planner/catalog.js';
import type { Datum } from '../base/datum.js';
import type { Wait } from './wait.js';

/** A row of the child table that must have its parent. */
export interface ChildCheck {
  readonly kind: 'child';
  readonly key: ForeignKeyDef;
  readonly child: TableDef;
  readonly rowKey: string;
  /** Values of `key.childColumns` when it was queued. */
  readonly values: readonly Datum[];
}

/** A key of the parent table that was removed or changed: children follow, or there must be none. */
export interface ParentCheck {
  readonly kind: 'parent';
  readonly key: ForeignKeyDef;
  readonly parent: TableDef;
  /** Old values of `key.parentColumns`. */
  readonly values: readonly Datum[];
  /** New values after an UPDATE; undefined after a DELETE. */
  readonly newValues: readonly Datum[] | undefined;
  /** Children that were found, when that was, and how many are done, so that a wait in the middle loses nothing. */
  progress: { readonly children: readonly string[]; readonly foundAt: Csn; done: number } | undefined;
}

/** A key of a deferrable unique constraint that must have one row at most. */
export interface UniqueCheck {
  readonly kind: 'unique';
  readonly table: TableDef;
  readonly index: IndexDef;
  readonly values: readonly Datum[];
}

export type ConstraintCheck = ChildCheck | ParentCheck | UniqueCheck;

/** Marks a place to go back to, for savepoints. */
export interface ConstraintMark {
  readonly entryCount: number;
  readonly doneCount: number;
  readonly modeCount: number;
}

interface Entry {
  readonly check: ConstraintCheck;
  /** The key was its row's alone: PostgreSQL would have nothing to check. We have, for another transaction may have come with the key at the same time. */
  readonly isFormal: boolean;
  isDone: boolean;
}

interface ModeChange {
  /** Undefined: all constraints. */
  readonly name: string | undefined;
  readonly deferred: boolean;
}

/** Runs one check; a promise means: wait, then run it again. */
export type CheckRunner = (check: ConstraintCheck) => Wait | undefined;

/** The deferred checks of one transaction. */
export class ConstraintQueue {
  readonly #entries: Entry[] = [];
  readonly #doneLog: number[] = [];
  readonly #modes: ModeChange[] = [];

  /** Whether the constraint is to be checked at the commit rather than at the end of the statement. */
  isDeferred(name: string, deferrable: 'not deferrable' | 'initially immediate' | 'initially deferred'): boolean {
    if (deferrable === 'not deferrable') return false;
    for (let i = this.#modes.length - 1; i >= 0; i--) {
      const change = this.#modes[i]!;
      if (change.name === undefined || change.name === name) return change.deferred;
    }
    return deferrable === 'initially deferred';
  }
  /** SET CONSTRAINTS; to IMMEDIATE the caller then runs what is pending. `names` undefined: ALL. */
  setMode(names: readonly string[] | undefined, deferred: boolean): void {
    if (names === undefined) this.#modes.push({ name: undefined, deferred });
    else for (const name of names) this.#modes.push({ name, deferred });
  }

  defer(check: ConstraintCheck, isFormal: boolean): void {
    this.#entries.push({ check, isFormal, isDone: false });
  }
  get hasPending(): boolean {
    return this.#entries.length > this.#doneLog.length;
  }

  /** Whether a check waits that a change of this table has queued, and is more than a form. */
  hasPendingOn(table: number): boolean {
    return this.#entries.some(({ check, isFormal, isDone }) => !isDone && !isFormal && tableOf(check).oid === table);
  }

  /**
   * Runs pending checks (those of `names`, or all) in order. Returns a promise when one must wait: await it and call again. Checks queued
   * meanwhile by cascades run too. @throws DbError 23503, 23505
   */
  run(runner: CheckRunner, names?: readonly string[]): Wait | undefined {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (entry.isDone || (names !== undefined && !names.includes(constraintName(entry.check)))) continue;
      const wait = runner(entry.check);
      if (wait !== undefined) return wait;
      entry.isDone = true;
      this.#doneLog.push(i);
    }
    return undefined;
  }

  mark(): ConstraintMark {
    return { entryCount: this.#entries.length, doneCount: this.#doneLog.length, modeCount: this.#modes.length };
  }
  rollbackTo(mark: ConstraintMark): void {
    for (let i = mark.doneCount; i < this.#doneLog.length; i++) this.#entries[this.#doneLog[i]!]!.isDone = false;
    this.#doneLog.length = mark.doneCount;
    this.#entries.length = mark.entryCount;
    this.#modes.length = mark.modeCount;
  }
  /** At the end of the transaction. */
  clear(): void {
    this.#entries.length = 0;
    this.#doneLog.length = 0;
    this.#modes.length = 0;
  }
}

export function constraintName(check: ConstraintCheck): string {
  return check.kind === 'unique' ? (check.index.constraintName ?? check.index.name) : check.key.name;
}

function tableOf(check: ConstraintCheck): TableDef {
  return check.kind === 'unique' ? check.table : check.kind === 'child' ? check.child : check.parent;
}
