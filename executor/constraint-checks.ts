/**
 * Runs queued constraint checks: foreign keys from both sides with their actions, and deferrable unique constraints.
 *
 * Child side: the parent's key is found in its unique index and the parent row is locked KEY SHARE, so that it stays until we commit; no row, no
 * child. Parent side: the removed key was locked UPDATE by whoever removed it, which waited out every KEY SHARE, so no new child can be in flight;
 * the newest children are found through an index on the foreign key, or by walking the child table, and follow the action. One that another transaction may be about to remove is waited for.
 *
 * Q1  A check reads the newest state, not the snapshot; mvcc records what it saw as a hidden read for SERIALIZABLE. At REPEATABLE READ and above a parent that is newer than the
 *     snapshot is not there, as in PostgreSQL: then the check has read the snapshot, and nothing newer. To record both would be a circle of its own making.
 * Q2  Actions write through TableWriter, so their own constraints are queued behind.
 * Q3  NO ACTION first looks whether some row has the key again; RESTRICT does not.
 */
import type { Datum } from '../base/datum.js';
import { DbError, InternalError } from '../base/errors.js';
import { mutants } from '../base/mutants.js';
import { decodeColumn } from '../base/rowcode.js';
import type { Csn, Oid } from '../base/ids.js';
import type { LeafScan } from '../mvcc/reads/leaf-scan.js';
import { afterKey, afterPrefix, RowRef, wholeRange, type KeyRange } from '../mvcc/types.js';
import { awaitRemover } from '../mvcc/write-conflict.js';
import type { ForeignKeyAction, ForeignKeyDef, TableDef } from '../planner/catalog.js';
import type { BoundExpression } from '../planner/expression.js';
import { byIndexColumn, childIndex } from './child-looks.js';
import type { ChildCheck, ConstraintCheck, ParentCheck, UniqueCheck } from './constraint-queue.js';
import { constraintName, type ConstraintQueue } from './constraint-queue.js';
import type { ExecutionRequest } from './execution.js';
import { evaluate } from './expression-interpreter.js';
import { convertKeyValue } from './key-conversion.js';
import { datumsKey } from './ordering.js';
import { indexKeyText, missingParent, mixedMatchFull, stillReferenced, uniqueViolation } from './row-errors.js';
import { Runtime } from './runtime.js';
import type { TableWriteInfo } from './schema-lookup.js';
import type { IndexAccess, TableAccess } from './table-access.js';
import { entryRowKey } from './table-access.js';
import type { Row } from './table-writer.js';
import { lockAndFollow, LockJob, TableWriter } from './table-writer.js';
import type { Wait } from './wait.js';
import { isWait } from './wait.js';

/** What checks need of the statement or commit they run in. */
export type CheckContext = Omit<ExecutionRequest, 'params' | 'instrument'>;

export class ConstraintChecks {
  #context: CheckContext;
  // Most statements queue nothing, so what checks need is made with the first one.
  #madeRuntime: Runtime | undefined;
  #madeWriters: Map<Oid, { readonly writer: TableWriter; readonly info: TableWriteInfo; readonly runtime: Runtime }> | undefined;
  #madeRow: RowRef | undefined;
  /** Checks to be made at the end of this statement. */
  #immediate: ConstraintCheck[] | undefined;
  #at = 0;

  constructor(context: CheckContext) {
    this.#context = context;
  }
  /** For the next run of the same statement. */
  restart(context: CheckContext): void {
    this.#context = context;
    this.#madeRuntime = undefined;
    this.#madeWriters = undefined;
    this.#immediate = undefined;
    this.#at = 0;
  }
  get #runtime(): Runtime {
    return (this.#madeRuntime ??= new Runtime({ ...this.#context, params: [], instrument: false }, 0, undefined));
  }
  get #writers(): Map<Oid, { readonly writer: TableWriter; readonly info: TableWriteInfo; readonly runtime: Runtime }> {
    return (this.#madeWriters ??= new Map());
  }
  get #row(): RowRef {
    return (this.#madeRow ??= new RowRef());
  }

  /** Takes a check: for the end of the statement, or for later when its constraint is deferred. */
  readonly add = (check: ConstraintCheck): void => {
    const { constraints } = this.#context;
    const deferrable = check.kind === 'unique' ? check.index.deferrable : check.key.deferrable;
    // NO ACTION alone can be put off: what CASCADE and the like would do later, they would do to children that have come meanwhile too.
    const isAction = check.kind === 'parent' && actionOf(check) !== 'no action' && !(mutants.on && mutants.has('executor.actions-deferred'));
    if (!isAction && constraints.isDeferred(constraintName(check), deferrable)) constraints.defer(check, check.kind === 'unique' && !this.#isShared(check));
    else (this.#immediate ??= []).push(check);
  };

  /** Runs what was added, in order, and what that adds. A promise: wait for it and call again. @throws DbError 23503, 23505 */
  runImmediate(): Wait | undefined {
    const checks = this.#immediate;
    if (checks === undefined) return undefined;
    for (; this.#at < checks.length; this.#at++) {
      const wait = this.run(checks[this.#at]!);
      if (wait !== undefined) return wait;
    }
    this.#immediate = undefined;
    this.#at = 0;
    return undefined;
  }

  /**
   * Has what the check is of gone since it was put off: a table of its foreign key, the constraint, or the entries of its index? A table that is written anew is checked as its indexes are built,
   * and one that is emptied has no entries.
   */
  isOfWhatIsGone(check: ConstraintCheck): boolean {
    const { schema } = this.#context;
    if (check.kind === 'unique') return schema.findTable(check.table.oid)?.indexes.find((index) => index.oid === check.index.oid)?.tree !== check.index.tree;
    const { child, childColumns, parent, parentIndex } = check.key;
    if (schema.findTable(parent) === undefined) return true;
    const isThis = (key: ForeignKeyDef): boolean => key.parent === parent && key.parentIndex === parentIndex && key.childColumns.join() === childColumns.join();
    return schema.findTable(child)?.foreignKeys.some(isThis) !== true;
  }

  /** Runs one check. A promise: wait for it and call again. */
  run(check: ConstraintCheck): Wait | undefined {
    this.#context.ctx.checkDeadline();
    switch (check.kind) {
      case 'child':
        return this.#checkChild(check);
      case 'parent':
        return this.#checkParent(check);
      case 'unique':
        return this.#checkUnique(check);
    }
  }

  #writer(table: Oid): { readonly writer: TableWriter; readonly info: TableWriteInfo; readonly runtime: Runtime } {
    let found = this.#writers.get(table);
    if (found === undefined) {
      const info = this.#context.schema.writeInfo(table);
      const runtime = new Runtime({ ...this.#context, params: [], instrument: false }, info.columnCount, undefined);
      found = { info, runtime, writer: new TableWriter(info, runtime, this.add, (e: BoundExpression) => evaluate(e, runtime)) };
      this.#writers.set(table, found);
    }
    return found;
  }

  #access(table: TableDef): TableAccess {
    return this.#runtime.access(table);
  }

  // ------------------------------------------------------------------------------------------------------------ child side

  #checkChild(check: ChildCheck): Wait | undefined {
    if (mutants.on && mutants.has('executor.skip-child-check')) return undefined;
    const { key, child, values } = check;
    const { tx, ctx } = this.#context;
    if (!this.#rowStillHas(this.#access(child), check.rowKey, key.childColumns, values)) return undefined;
    if (values.includes(null)) throw mixedMatchFull(key, child);
    const parent = this.#parentOf(key, child);
    const access = this.#access(parent);
    const parentValues = this.#convert(values, child, key.childColumns, parent, key.parentColumns);
    for (;;) {
      const rowKey = parentValues === undefined ? undefined : this.#findParent(access, key, parentValues, mutants.on && mutants.has('executor.newer-parent-seen'));
      if (rowKey === undefined) {
        if (parentValues !== undefined && !(mutants.on && mutants.has('executor.missing-parent-unread'))) this.#noteParent(access, key, parentValues);
        throw missingParent(key, child, parent, values, ctx);
      }
      if (mutants.on && mutants.has('executor.no-key-share')) return undefined;
      const locked = lockAndFollow(access, this.#runtime, new LockJob(rowKey), 'key share', this.#context.canWait ? 'wait' : 'nowait', { view: 'latest' });
      if (isWait(locked)) return locked;
      if (locked.kind === 'ok' || locked.kind === 'changed' || locked.kind === 'self') {
        const at = 'rowKey' in locked ? locked.rowKey : rowKey;
        if (this.#rowStillHas(access, at, key.parentColumns, parentValues!)) {
          this.#noteParent(access, key, parentValues!);
          return undefined;
        }
        // The row is there under another key now; perhaps another row has this one.
        if (this.#findParent(access, key, parentValues!, false) === rowKey) throw missingParent(key, child, parent, values, ctx);
        continue;
      }
      if (tx.isolation !== 'read committed') {
        const seen = this.#parentInSnapshot(access, key, parentValues!);
        // Since then another row has taken its place: the first updater has won.
        if (seen !== undefined && !(mutants.on && mutants.has('executor.replaced-parent-missing'))) void tx.lockRow(access.tree, seen, 'key share', 'nowait');
        throw missingParent(key, child, parent, values, ctx);
      }
      if (tx.newest(access.tree, rowKey, this.#row)) throw new InternalError('parent row is there and cannot be locked');
      if (this.#findParent(access, key, parentValues!, false) === undefined) throw missingParent(key, child, parent, values, ctx);
    }
  }

  #parentOf(key: ForeignKeyDef, child: TableDef): TableDef {
    return key.parent === child.oid ? child : this.#context.schema.writeInfo(key.parent).table;
  }

  /** The row key of the newest row with these values in the parent's unique index. `register`: whether SERIALIZABLE is told at once, or by `#noteParent`. */
  #findParent(access: TableAccess, key: ForeignKeyDef, values: readonly Datum[], register: boolean): string | undefined {
    const index = parentIndex(access, key);
    const range = parentRange(index, key, values);
    const { tx } = this.#context;
    return this.#firstRow(index, register ? tx.openLatest(index.tree, range, 'keys') : tx.openScan(index.tree, range, { view: 'latest', register: false }));
  }
  #noteParent(access: TableAccess, key: ForeignKeyDef, values: readonly Datum[]): void {
    if (this.#context.tx.node !== undefined) this.#findParent(access, key, values, true);
  }
  /** The same in the snapshot. */
  #parentInSnapshot(access: TableAccess, key: ForeignKeyDef, values: readonly Datum[]): string | undefined {
    const index = parentIndex(access, key);
    return this.#firstRow(index, this.#context.tx.openScan(index.tree, parentRange(index, key, values)));
  }
  #firstRow(index: IndexAccess, scan: LeafScan): string | undefined {
    if (!scan.next()) return undefined;
    const rowKey = index.definition.isClustered ? scan.keyAt(0) : entryRowKey(scan.u8, scan.offsets[0]!);
    scan.stopAt(0);
    return rowKey;
  }

  #rowStillHas(access: TableAccess, rowKey: string, columns: readonly number[], values: readonly Datum[]): boolean {
    const row = this.#row;
    if (!this.#context.tx.newest(access.tree, rowKey, row)) return false;
    const { layout, columns: definitions } = access.table;
    const typed = columns.map((column) => definitions[column]!);
    const present = columns.map((column) => decodeColumn(layout, column, row.u8, row.dv, row.offset));
    return datumsKey(typed, present, this.#context.ctx) === datumsKey(typed, values, this.#context.ctx);
  }

  /** Key values in the other table's types; undefined when a value has no equal there. */
  #convert(values: readonly Datum[], from: TableDef, fromColumns: readonly number[], to: TableDef, toColumns: readonly number[]): Datum[] | undefined {
    const converted: Datum[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = convertKeyValue(values[i]!, from.columns[fromColumns[i]!]!.type, to.columns[toColumns[i]!]!.type, this.#context.ctx);
      if (value === undefined) return undefined;
      converted.push(value);
    }
    return converted;
  }

  // ------------------------------------------------------------------------------------------------------------ parent side

  #checkParent(check: ParentCheck): Wait | undefined {
    if (mutants.on && mutants.has('executor.skip-parent-check')) return undefined;
    const { key, parent, values } = check;
    const action = actionOf(check);
    const child = key.child === parent.oid ? parent : this.#context.schema.writeInfo(key.child).table;
    const childValues = this.#convert(values, parent, key.parentColumns, child, key.childColumns);
    if (childValues === undefined) return undefined;
    if (action === 'no action' || action === 'restrict') {
      return action === 'restrict' || this.#findParent(this.#access(parent), key, values, true) === undefined ? this.#refuseChildren(check, child, childValues) : undefined;
    }
    check.progress ??= { children: this.#children(key, child, childValues), foundAt: this.#context.tx.manager.lastAssigned, done: 0 };
    const { progress } = check;
    for (; progress.done < progress.children.length; progress.done++) {
      const wait = this.#followParent(check, child, childValues, progress.children[progress.done]!, progress.foundAt, action);
      if (wait !== undefined) return wait;
    }
    // The default may be the very key that has gone; a child that did not change has no check of its own.
    return action === 'set default' && this.#findParent(this.#access(parent), key, values, true) === undefined ? this.#refuseChildren(check, child, childValues) : undefined;
  }

  #refuseChildren({ key, parent, values }: ParentCheck, child: TableDef, childValues: readonly Datum[]): Wait | undefined {
    const { tx, ctx, canWait } = this.#context;
    const rowKey = this.#firstChild(key, child, childValues);
    if (rowKey === undefined) return undefined;
    const remover = mutants.on && mutants.has('executor.leaving-child-refuses') ? undefined : awaitRemover(tx, this.#access(child).tree, rowKey, canWait ? 'wait' : 'nowait');
    if (remover !== undefined) return remover;
    // A scan that is stopped half-way has not asked.
    tx.checkDoom();
    throw stillReferenced(key, child, parent, values, ctx);
  }

  /** Row key of one of the newest children with these foreign key values. */
  #firstChild(key: ForeignKeyDef, child: TableDef, values: readonly Datum[]): string | undefined {
    const index = childIndex(this.#access(child), key);
    if (index === undefined) return this.#walkedChildren(key, child, values, true)[0];
    const range = prefixRange(index.keyPrefix(byIndexColumn(index, key, values)));
    const { tx } = this.#context;
    return tx.probeLatest(index.tree, range) ? this.#firstRow(index, tx.openScan(index.tree, range, { view: 'latest', register: false })) : undefined;
  }
  /** Row keys of all of them. */
  #children(key: ForeignKeyDef, child: TableDef, values: readonly Datum[]): string[] {
    const index = childIndex(this.#access(child), key);
    if (index === undefined) return this.#walkedChildren(key, child, values, false);
    const found: string[] = [];
    const scan = this.#context.tx.openLatest(index.tree, prefixRange(index.keyPrefix(byIndexColumn(index, key, values))), 'keys');
    while (scan.next()) {
      for (let i = 0; i < scan.count; i++) found.push(index.definition.isClustered ? scan.keyAt(i) : entryRowKey(scan.u8, scan.offsets[i]!));
    }
    scan.close();
    return found;
  }
  /** The same without an index; `first`: one is enough. */
  #walkedChildren(key: ForeignKeyDef, child: TableDef, values: readonly Datum[], first: boolean): string[] {
    const access = this.#access(child);
    const found: string[] = [];
    const typed = key.childColumns.map((column) => child.columns[column]!);
    const wanted = datumsKey(typed, values, this.#context.ctx);
    const scan = this.#context.tx.openLatest(access.tree, wholeRange, 'values');
    try {
      while (scan.next()) {
        this.#context.ctx.checkDeadline();
        for (let i = 0; i < scan.count; i++) {
          const row = key.childColumns.map((column) => decodeColumn(child.layout, column, scan.u8, scan.dv, scan.offsets[i]!));
          if (datumsKey(typed, row, this.#context.ctx) !== wanted) continue;
          found.push(scan.keyAt(i));
          if (first) return found;
        }
      }
      return found;
    } finally {
      scan.close();
    }
  }

  /** CASCADE, SET NULL or SET DEFAULT on one child row, which may have moved to another primary key since it was found. */
  #followParent(check: ParentCheck, child: TableDef, values: readonly Datum[], rowKey: string, foundAt: Csn, action: ForeignKeyAction): Wait | undefined {
    const { key } = check;
    const { writer, info, runtime } = this.#writer(child.oid);
    const isDelete = action === 'cascade' && check.newValues === undefined;
    const mode = isDelete || writer.mayChangeKey(key.childColumns) ? 'update' : 'no key update';
    const job = new LockJob(rowKey);
    if (this.#context.tx.isolation === 'read committed') job.since = foundAt;
    const locked = writer.lock(job, mode, writer.waitPolicy, { view: mutants.on && mutants.has('executor.moved-child-left') ? 'latest' : 'action' });
    if (isWait(locked)) return locked;
    if (locked.kind === 'gone' || locked.kind === 'skipped') return undefined;
    const at = 'rowKey' in locked ? locked.rowKey : rowKey;
    const row = writer.newest(at);
    if (row === undefined || !this.#rowStillHas(writer.access, at, key.childColumns, values)) return undefined;
    if (isDelete) {
      writer.remove(at, row);
      return undefined;
    }
    const newRow: Row = [...row];
    this.#applyAction(check, child, info, runtime, action, newRow);
    writer.completeRow(newRow);
    writer.checkRow(newRow);
    const updated = writer.update(at, row, newRow);
    return isWait(updated) ? updated : undefined;
  }

  #applyAction(check: ParentCheck, child: TableDef, info: TableWriteInfo, runtime: Runtime, action: ForeignKeyAction, row: Row): void {
    const { key, newValues } = check;
    if (action === 'cascade') {
      const converted = this.#convert(newValues!, check.parent, key.parentColumns, child, key.childColumns);
      if (converted === undefined) throw new DbError('22003', 'referenced key is out of range for the referencing column');
      key.childColumns.forEach((column, i) => (row[column] = converted[i]!));
      return;
    }
    const columns = newValues === undefined ? (key.onDeleteColumns ?? key.childColumns) : key.childColumns;
    for (const column of columns) {
      const expression = action === 'set default' ? info.defaults[column] : undefined;
      row[column] = expression === undefined ? null : evaluate(expression, runtime);
    }
  }

  // ------------------------------------------------------------------------------------------------------------ deferrable unique

  /** Whether several rows have the key now, those left out that other transactions have not committed. Nobody is told, so nothing is registered. */
  #isShared({ table, index, values }: UniqueCheck): boolean {
    const access = this.#access(table).index(index);
    return countUpToTwo(this.#context.tx.openScan(access.tree, prefixRange(access.keyPrefix(values)), { view: 'latest', register: false })) > 1;
  }

  /** Holds the bare key to the commit, so that two transactions cannot both find themselves alone, then counts its entries. */
  #checkUnique(check: UniqueCheck): Wait | undefined {
    const { tx, ctx, canWait } = this.#context;
    const index = this.#access(check.table).index(check.index);
    const prefix = index.keyPrefix(check.values);
    const claimed = tx.claimKey(index.tree, prefix, { wait: canWait ? 'wait' : 'nowait' });
    if (isWait(claimed)) return claimed;
    if (countUpToTwo(tx.openLatest(index.tree, prefixRange(prefix), 'keys')) > 1) {
      // As above.
      tx.checkDoom();
      throw uniqueViolation(check.table, check.index, indexKeyText(check.table, check.index, check.values, ctx));
    }
    return undefined;
  }
}

function actionOf(check: ParentCheck): ForeignKeyAction {
  return check.newValues === undefined ? check.key.onDelete : check.key.onUpdate;
}

/** How many rows there are: 0, 1, or 2 and more. */
function countUpToTwo(scan: LeafScan): number {
  let count = 0;
  while (count < 2 && scan.next()) count += scan.count;
  scan.close();
  return count;
}

/** Everything that starts with a key of leading columns. */
function prefixRange(prefix: string): KeyRange {
  return { low: prefix, high: afterPrefix(prefix) };
}

/** The unique index that a foreign key refers to. */
function parentIndex(access: TableAccess, key: ForeignKeyDef): IndexAccess {
  const index = access.indexes.find((candidate) => candidate.definition.oid === key.parentIndex);
  if (index === undefined) throw new InternalError('foreign key without its index');
  return index;
}
function parentRange(index: IndexAccess, key: ForeignKeyDef, values: readonly Datum[]): KeyRange {
  const prefix = index.keyPrefix(index.definition.columns.map((column) => values[key.parentColumns.indexOf(column.column!)]!));
  return index.isDeferrable ? prefixRange(prefix) : { low: prefix, high: afterKey(prefix) };
}
/**
 * Runs the deferred checks of a transaction, at its commit or for SET CONSTRAINTS ... IMMEDIATE (`names` undefined: all). The caller has begun a
 * statement, so that at READ COMMITTED the newest state is seen. A promise: wait for it and call again with the same `checks`.
 */
export function runDeferred(checks: ConstraintChecks, queue: ConstraintQueue, names?: readonly string[]): Wait | undefined {
  const wait = queue.run((check) => (checks.isOfWhatIsGone(check) ? undefined : checks.run(check)), names);
  if (wait !== undefined) return wait;
  const followUp = checks.runImmediate();
  if (followUp !== undefined) return followUp;
  // Cascades of the checks just run may have deferred more.
  return names === undefined && queue.hasPending ? runDeferred(checks, queue) : undefined;
}
