/** A scripted session on one table with text values, for schedules that are read line by line. */
import { strict as assert } from 'node:assert';
import { DbError } from '../../base/errors.js';
import { keyBytes } from '../../base/bytes.js';
import { oid } from '../../base/ids.js';
import type { SingleCommit } from '../../mvcc/commit/single-commit.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { type BeginOptions, type RowLockMode, type RowLockResult, RowRef, type SavepointId, afterKey } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { entriesSource, patchTo, putSource, rowBlock } from './row-block.js';
import { type World, openWorld } from './world.js';

export const latin1 = (u8: Uint8Array, offset: number, length: number): string => Buffer.from(u8.buffer, u8.byteOffset + offset, length).toString('latin1');

export class Script {
  readonly world: World;
  #owners = 0;

  constructor(world: World) {
    this.world = world;
  }
  static async open(options: Parameters<typeof openWorld>[0] = {}): Promise<Script> {
    return new Script(await openWorld(options));
  }

  /** A table with the given rows, committed; as the index of one, its keys need no claims. */
  async table(rows: Record<string, string> = {}, isIndex = false): Promise<VersionedTree> {
    const tree = this.world.manager.tree(this.world.newTree(), { unique: !isIndex, unclaimed: isIndex, tableName: 't' });
    const fill = this.begin('read committed');
    for (const [key, value] of Object.entries(rows)) await fill.insert(tree, key, value);
    await fill.commit();
    return tree;
  }

  /** A change by key as a single commit, its number and its end; undefined where it takes a transaction, or there is no such row. */
  single(tree: VersionedTree, verb: 'insert' | 'update' | 'delete', key: string, value = ''): { readonly csn: number; readonly ended: Promise<number>; readonly made: SingleCommit } | undefined {
    const { singles } = this.world.manager;
    const bytes = keyBytes(key);
    const row = keyBytes(value);
    if (!singles.begin({ id: ++this.#owners }, { text: `single ${verb} ${key}` }, oid(7), false)) return undefined;
    if (verb === 'insert') singles.insertFree(tree, bytes, bytes.length, row, 0, row.length);
    else if (verb === 'delete') singles.removeByKey(tree, bytes, bytes.length);
    else if (singles.findUntouched(tree, bytes, bytes.length, new RowRef()) === true) singles.updateFound(tree, bytes, bytes.length, row, 0, row.length);
    singles.end();
    const made = singles.take();
    if (made === undefined) return undefined;
    const ended = new Promise<number>((resolve, reject) => singles.follow(made, { committed: resolve, failed: reject }));
    ended.catch(() => undefined);
    return { csn: made.csn, ended, made };
  }

  begin(isolation: BeginOptions['isolation'], options: Partial<BeginOptions> = {}): Client {
    return new Client(this.world.manager.begin({ isolation, owner: { id: ++this.#owners }, ...options }));
  }
}

export class Client {
  readonly transaction: Transaction;
  constructor(transaction: Transaction) {
    this.transaction = transaction;
  }

  /** Runs one statement; on an error it is undone and the error passed on. */
  async statement<T>(text: string, body: () => T | Promise<T>): Promise<T> {
    const { transaction } = this;
    const savepoint = transaction.savepoint();
    transaction.beginStatement({ text });
    try {
      const result = await body();
      transaction.endStatement();
      transaction.release(savepoint);
      return result;
    } catch (error) {
      if (transaction.lifecycle === 'active') {
        if (transaction.statement !== undefined) transaction.endStatement();
        transaction.rollbackTo(savepoint);
      }
      throw error;
    }
  }

  get(tree: VersionedTree, key: string): Promise<string | undefined> {
    return this.statement(`get ${key}`, () => {
      const ref = new RowRef();
      return this.transaction.get(tree, keyBytes(key), key.length, ref) ? latin1(ref.u8, ref.offset, ref.length) : undefined;
    });
  }

  /** Values of [low, high], at most `limit`. */
  range(tree: VersionedTree, low: string, high: string, limit = Infinity): Promise<string[]> {
    return this.statement(`range ${low} ${high}`, () => {
      const values: string[] = [];
      const scan = this.transaction.openScan(tree, { low, high: afterKey(high) });
      while (scan.next()) {
        for (let i = 0; i < scan.count; i++) {
          values.push(latin1(scan.u8, scan.offsets[i]!, scan.lengthAt(i)));
          if (values.length === limit) {
            scan.stopAt(i);
            return values;
          }
        }
      }
      return values;
    });
  }

  insert(tree: VersionedTree, key: string, value: string): Promise<void> {
    return this.statement(`insert ${key}`, async () => {
      const claim = await this.transaction.claimKey(tree, key);
      if (claim.kind === 'exists') throw new DbError('23505', `duplicate key ${key}`);
      this.transaction.insert(tree, key, keyBytes(value), 0, value.length);
    });
  }

  /** INSERT in one step, or false where that is not for it to decide. */
  insertFree(tree: VersionedTree, key: string, value: string): Promise<boolean> {
    return this.statement(`insert ${key}`, () => Promise.resolve(this.transaction.insertFree(tree, keyBytes(key), key.length, keyBytes(value), 0, value.length)));
  }

  /** INSERT, or where there is such a row what ON CONFLICT DO UPDATE or DO NOTHING does with it, in one slice; undefined where that is not for it to decide. */
  insertOr(action: 'update' | 'nothing', tree: VersionedTree, key: string, value: string): Promise<'inserted' | 'updated' | 'left' | undefined> {
    return this.statement(`insert ${key}`, () => {
      const bytes = keyBytes(key);
      const isThere = this.transaction.findToInsert(tree, bytes, bytes.length, new RowRef());
      if (isThere === undefined) return Promise.resolve(undefined);
      if (!isThere) this.transaction.insertSought(tree, bytes, bytes.length, keyBytes(value), 0, value.length);
      else if (action === 'update') this.transaction.updateFound(tree, bytes, bytes.length, keyBytes(value), 0, value.length);
      else this.transaction.leaveFound(tree, bytes, bytes.length, true);
      return Promise.resolve(isThere ? (action === 'update' ? 'updated' : 'left') : 'inserted');
    });
  }

  /** INSERT of a row, written where the write set keeps it, with entries of the same keys in other trees; false where that is not for it to decide. */
  insertGiven(tree: VersionedTree, key: string, value: string, trees: readonly VersionedTree[] = []): Promise<boolean> {
    return this.statement(`insert ${key}`, () => Promise.resolve(this.transaction.insertGiven(tree, putSource, trees.length === 0 ? undefined : entriesSource(trees), [key, value])));
  }

  /** INSERT of rows in key order, each by its key and value, in one step; false where that is not for it to decide. */
  insertAbove(tree: VersionedTree, rows: Readonly<Record<string, string>>): Promise<boolean> {
    return this.statement(`insert ${Object.keys(rows).join(', ')}`, () => Promise.resolve(this.transaction.insertAbove(tree, rowBlock(Object.entries(rows)))));
  }

  /** DELETE in one step, or false where that is not for it to decide. */
  removeUntouched(tree: VersionedTree, key: string): Promise<boolean> {
    return this.statement(`delete ${key}`, () => Promise.resolve(this.transaction.removeUntouched(tree, key)));
  }

  /** DELETE by key in one step; undefined where it is not for that to decide, false where there is no row. */
  removeByKey(tree: VersionedTree, key: string): Promise<boolean | undefined> {
    return this.statement(`delete ${key}`, () => Promise.resolve(this.transaction.removeByKey(tree, keyBytes(key), key.length)));
  }

  /** Lock of a row found by its key, in one step; false where it is not for that to decide. */
  lockUntouched(tree: VersionedTree, key: string, mode: RowLockMode): Promise<boolean> {
    return this.statement(`lock ${key}`, () => {
      const bytes = keyBytes(key);
      assert(this.transaction.get(tree, bytes, bytes.length, new RowRef()), 'no such row');
      return Promise.resolve(this.transaction.lockUntouched(tree, bytes, bytes.length, mode));
    });
  }

  /** UPDATE by key in one slice; false where it is not for that to decide, or there is no row. */
  updateFound(tree: VersionedTree, key: string, value: string): Promise<boolean> {
    return this.statement(`update ${key}`, () => {
      const bytes = keyBytes(key);
      if (this.transaction.findUntouched(tree, bytes, bytes.length, new RowRef()) !== true) return Promise.resolve(false);
      this.transaction.updateFound(tree, bytes, bytes.length, keyBytes(value), 0, value.length);
      return Promise.resolve(true);
    });
  }
  /** The same with an index entry, of the same key and a value before it, which is `from` and becomes `to`. */
  updateIndexed(tree: VersionedTree, index: VersionedTree, key: string, from: string, to: string): Promise<boolean> {
    return this.statement(`update ${key}`, () => {
      const bytes = keyBytes(key);
      if (this.transaction.findUntouched(tree, bytes, bytes.length, new RowRef()) !== true) return Promise.resolve(false);
      this.transaction.updateFound(tree, bytes, bytes.length, keyBytes(to), 0, to.length);
      const [before, after] = [keyBytes(from + key), keyBytes(to + key)];
      this.transaction.removeFoundEntry(index, before, before.length);
      this.transaction.insertFoundEntry(index, after, after.length, bytes, bytes.length);
      return Promise.resolve(true);
    });
  }
  /** DELETE of a row in one slice, with the entry of its value in the unique `index`. */
  removeIndexed(tree: VersionedTree, index: VersionedTree, key: string, value: string): Promise<boolean> {
    return this.statement(`delete ${key}`, () => {
      const bytes = keyBytes(key);
      if (this.transaction.findToRemove(tree, bytes, bytes.length, new RowRef()) !== true) return Promise.resolve(false);
      this.transaction.removeFound(tree, bytes, bytes.length);
      this.transaction.removeFoundEntry(index, keyBytes(value), value.length);
      return Promise.resolve(true);
    });
  }
  /** The same by a patch that writes `value`, which is as long as the row, or refuses. */
  patchFound(tree: VersionedTree, key: string, value: string, refuses = false): Promise<boolean> {
    return this.statement(`update ${key}`, () => {
      const bytes = keyBytes(key);
      const row = new RowRef();
      return Promise.resolve(this.transaction.findUntouched(tree, bytes, bytes.length, row) === true && this.transaction.patchFound(tree, bytes, bytes.length, row, patchTo(keyBytes(value), refuses)));
    });
  }

  /** INSERT ... ON CONFLICT DO UPDATE (or NOTHING when `change` is undefined). */
  upsert(tree: VersionedTree, key: string, value: string, change?: (old: string) => string): Promise<'inserted' | 'updated' | 'nothing'> {
    return this.statement(`upsert ${key}`, async () => {
      for (;;) {
        const claim = await this.transaction.claimKey(tree, key, { upsert: true });
        if (claim.kind === 'free') {
          this.transaction.insert(tree, key, keyBytes(value), 0, value.length);
          return 'inserted';
        }
        if (change === undefined) return 'nothing';
        const locked = await this.transaction.lockRow(tree, key, 'no key update', 'wait', { view: 'latest' });
        if (locked.kind === 'gone') continue;
        const next = change(this.#newest(tree, key));
        this.transaction.update(tree, key, keyBytes(next), 0, next.length);
        return 'updated';
      }
    });
  }

  /** UPDATE of one row by key; `where` is evaluated again when the row has changed meanwhile. The number of rows changed. */
  update(tree: VersionedTree, key: string, change: (old: string) => string, where: (value: string, key: string) => boolean = () => true): Promise<number> {
    return this.statement(`update ${key}`, async () => {
      const ref = new RowRef();
      if (!this.transaction.get(tree, keyBytes(key), key.length, ref) || !where(latin1(ref.u8, ref.offset, ref.length), key)) return 0;
      const at = await this.#lockAndFollow(tree, key, 'no key update', where);
      if (at === undefined) return 0;
      const value = change(this.#newest(tree, at));
      this.transaction.update(tree, at, keyBytes(value), 0, value.length);
      return 1;
    });
  }

  delete(tree: VersionedTree, key: string, where: (value: string, key: string) => boolean = () => true): Promise<number> {
    return this.statement(`delete ${key}`, async () => {
      const ref = new RowRef();
      if (!this.transaction.get(tree, keyBytes(key), key.length, ref) || !where(latin1(ref.u8, ref.offset, ref.length), key)) return 0;
      const at = await this.#lockAndFollow(tree, key, 'update', where);
      if (at === undefined) return 0;
      this.transaction.remove(tree, at);
      return 1;
    });
  }

  /** UPDATE of the primary key. */
  move(tree: VersionedTree, key: string, to: string): Promise<void> {
    return this.statement(`move ${key}`, async () => {
      await this.transaction.lockRow(tree, key, 'update', 'wait');
      const value = this.#newest(tree, key);
      await this.transaction.claimKey(tree, to);
      this.transaction.remove(tree, key, { movedTo: to });
      this.transaction.insert(tree, to, keyBytes(value), 0, value.length);
    });
  }

  lock(tree: VersionedTree, key: string, mode: RowLockMode, wait: 'wait' | 'nowait' | 'skip locked' = 'wait'): Promise<RowLockResult> {
    return this.statement(`lock ${key}`, async () => {
      const ref = new RowRef();
      this.transaction.get(tree, keyBytes(key), key.length, ref);
      return await this.transaction.lockRow(tree, key, mode, wait);
    });
  }

  savepoint(): SavepointId {
    return this.transaction.savepoint();
  }
  rollbackTo(id: SavepointId): void {
    this.transaction.rollbackTo(id);
  }
  commit(): Promise<unknown> {
    return this.transaction.commit();
  }
  rollback(): void {
    this.transaction.rollback();
  }

  async #lockAndFollow(tree: VersionedTree, key: string, mode: RowLockMode, where: (value: string, key: string) => boolean): Promise<string | undefined> {
    let at = key;
    let result = await this.transaction.lockRow(tree, at, mode, 'wait');
    let isChanged = result.kind === 'changed';
    while (result.kind === 'moved') {
      at = result.newKey;
      isChanged = true;
      result = await this.transaction.lockRow(tree, at, mode, 'wait', { since: result.since });
    }
    if (result.kind !== 'ok' && result.kind !== 'changed') return undefined;
    return isChanged && !where(this.#newest(tree, at), at) ? undefined : at;
  }

  #newest(tree: VersionedTree, key: string): string {
    const ref = new RowRef();
    if (!this.transaction.newest(tree, key, ref)) throw new Error(`no newest version of ${key}`);
    return latin1(ref.u8, ref.offset, ref.length);
  }
}

/** Lets everything that can run do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await null;
}

/** SQLSTATE of the error the promise rejects with, 'ok' when it resolves. */
export function outcome(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: unknown) => {
      if (error instanceof DbError) return error.code;
      throw error;
    },
  );
}
