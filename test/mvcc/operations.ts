/**
 * The statements of the simulation: what an executor would do for SELECT, UPDATE, INSERT ... ON CONFLICT, DELETE, foreign-key checks,
 * with everything seen and written recorded. Errors pass through; the session decides what they mean.
 */
import { DbError } from '../../base/errors.js';
import { keyBytes } from '../../base/bytes.js';
import type { Prng } from '../../base/prng.js';
import type { LeafScan } from '../../mvcc/reads/leaf-scan.js';
import type { Transaction } from '../../mvcc/transaction.js';
import { type ClaimResult, type KeyRange, type RowLockMode, type RowLockResult, RowRef, afterKey, afterPrefix } from '../../mvcc/types.js';
import type { VersionedTree } from '../../mvcc/versions/versioned-tree.js';
import { type Recorder, type Row, type Table, decodeRow, encodeRow, item } from './recorder.js';
import { patchTo } from './row-block.js';

const latin1 = (u8: Uint8Array, offset: number, length: number): string => Buffer.from(u8.buffer, u8.byteOffset + offset, length).toString('latin1');

export class Operations {
  readonly transaction: Transaction;
  readonly table: Table;
  readonly recorder: Recorder;
  readonly prng: Prng;
  /** Index fetches are not registered; writers touch the index instead. */
  readonly usesTouch: boolean;
  /** Lets others run in the middle of a cursor. */
  readonly pause: () => Promise<void>;

  constructor(transaction: Transaction, table: Table, recorder: Recorder, prng: Prng, usesTouch: boolean, pause: () => Promise<void>) {
    this.transaction = transaction;
    this.table = table;
    this.recorder = recorder;
    this.prng = prng;
    this.usesTouch = usesTouch;
    this.pause = pause;
  }

  // ------------------------------------------------------------------------------------------------------------ reading

  readPoint(pk: string): Row | undefined {
    const text = this.#get(this.table.P, item.P(pk), pk, true);
    return text === undefined ? undefined : decodeRow(text);
  }

  #get(tree: VersionedTree, name: string, key: string, register: boolean): string | undefined {
    const ref = new RowRef();
    const asOf = this.recorder.asOf();
    let found: boolean;
    try {
      found = this.transaction.get(tree, keyBytes(key), key.length, ref, register);
    } catch (error) {
      this.recorder.see(name, null, asOf);
      throw error;
    }
    const text = found ? latin1(ref.u8, ref.offset, ref.length) : undefined;
    this.recorder.see(name, text, asOf);
    return text;
  }

  /** Rows of P from `low` to `high` (both included), at most `limit` of them; with `isCursor` others run in between. */
  async readRange(low: string, high: string, reverse: boolean, limit: number, isCursor: boolean): Promise<Row[]> {
    const rows = await this.#scan(this.table.P, { low, high: afterKey(high) }, reverse, limit, isCursor, this.table.keys, item.P);
    return rows.map(({ value }) => decodeRow(value));
  }

  /** SELECT by attribute through S; fetches rows unless index-only. */
  async readByAttr(attr: string, limit: number, isIndexOnly: boolean, isCursor: boolean): Promise<Row[]> {
    const universe = this.table.keys.map((pk) => attr + pk);
    const entries = await this.#scan(this.table.S, { low: attr, high: afterPrefix(attr) }, false, limit, isCursor, universe, item.S);
    // With `touch` an index range stands for the rows it leads to, so reading the index alone would be charged for them.
    if (isIndexOnly && !this.usesTouch) return [];
    const rows: Row[] = [];
    for (const { value: pk } of entries) {
      let text: string | undefined;
      try {
        text = this.#get(this.table.P, item.P(pk), pk, !this.usesTouch);
      } catch (error) {
        // The index range is charged for all its rows, fetched or not.
        if (this.usesTouch) for (const rest of entries) this.recorder.see(item.P(rest.value), null, this.recorder.asOf());
        throw error;
      }
      if (text === undefined) throw new Error(`index entry ${attr}${pk} leads nowhere`);
      rows.push(decodeRow(text));
    }
    return rows;
  }

  /** By code through U. */
  readByCode(code: string): Row | undefined {
    const pk = this.#get(this.table.U, item.U(code), code, true);
    if (pk === undefined) return undefined;
    const text = this.#get(this.table.P, item.P(pk), pk, true);
    if (text === undefined) throw new Error(`index entry ${code} leads nowhere`);
    return decodeRow(text);
  }

  async #scan(
    tree: VersionedTree,
    range: KeyRange,
    reverse: boolean,
    limit: number,
    isCursor: boolean,
    universe: readonly string[],
    nameOf: (key: string) => string,
  ): Promise<{ key: string; value: string }[]> {
    const { recorder, transaction } = this;
    const asOf = recorder.asOf();
    const inRange = universe.filter((key) => key >= range.low && (range.high === undefined || key < range.high));
    const order = reverse ? [...inRange].reverse() : inRange;
    let next = 0; // first key of `order` not yet known to be seen
    const rows: { key: string; value: string }[] = [];
    const seeUpTo = (key: string | undefined, value: string | undefined): void => {
      for (; next < order.length; next++) {
        const here = order[next]!;
        if (here === key) {
          recorder.see(nameOf(here), value, asOf);
          next++;
          return;
        }
        if (key !== undefined && (reverse ? here < key : here > key)) return;
        recorder.see(nameOf(here), undefined, asOf);
      }
    };
    const scan: LeafScan = transaction.openScan(tree, range, { reverse });
    try {
      if (limit === 0) {
        scan.stopAt(-1);
        return rows;
      }
      while (scan.next()) {
        for (let i = 0; i < scan.count; i++) {
          const key = scan.keyAt(i);
          const value = latin1(scan.u8, scan.offsets[i]!, scan.lengthAt(i));
          rows.push({ key, value });
          seeUpTo(key, value);
          if (rows.length >= limit) {
            scan.stopAt(i);
            return rows;
          }
          if (isCursor && this.prng.below(3) === 0) {
            scan.suspendAt(i);
            await this.#pauseStatement();
            break;
          }
        }
        // Between batches a scan may be left standing without further ado.
        if (isCursor && this.prng.below(3) === 0) await this.#pauseStatement();
      }
      seeUpTo(undefined, undefined);
      return rows;
    } catch (error) {
      // A doomed scan may have registered up to the end of its batch.
      for (; next < order.length; next++) recorder.see(nameOf(order[next]!), null, asOf);
      if (this.usesTouch && tree === this.table.S) for (const { value: pk } of rows) recorder.see(item.P(pk), null, asOf);
      throw error;
    } finally {
      scan.close();
    }
  }

  async #pauseStatement(): Promise<void> {
    const paused = this.transaction.pauseStatement();
    await this.pause();
    this.transaction.resumeStatement(paused);
  }

  // ------------------------------------------------------------------------------------------------------------ checks of the newest state

  /** Whether any row has `attr`, in the newest state: a foreign-key or constraint check. */
  probeAttr(attr: string): boolean {
    const { recorder, transaction, table } = this;
    recorder.asOf();
    const asOf = transaction.manager.lastAssigned;
    const found = new RowRef();
    let exists: boolean;
    try {
      exists = transaction.probeLatest(table.S, { low: attr, high: afterPrefix(attr) }, found);
    } catch (error) {
      for (const pk of table.keys) recorder.seeExistence(item.S(attr + pk), null, asOf);
      throw error;
    }
    const first = exists ? latin1(found.u8, found.offset, found.length) : undefined;
    for (const pk of table.keys) {
      recorder.seeExistence(item.S(attr + pk), pk === first, asOf);
      if (pk === first) break;
    }
    return exists;
  }

  /** The child side of a foreign key: the row must exist and stay. */
  async checkParent(pk: string): Promise<boolean> {
    const { recorder, transaction, table } = this;
    const snap = recorder.asOf();
    let result: RowLockResult;
    try {
      result = await transaction.lockRow(table.P, pk, 'key share', 'wait', { view: 'latest' });
    } catch (error) {
      if (transaction.mustAbort !== undefined) recorder.seeExistence(item.P(pk), null, snap, false);
      throw error;
    }
    const asOf = transaction.isolation === 'read committed' ? transaction.manager.lastAssigned : snap;
    if (result.kind !== 'self') recorder.seeExistence(item.P(pk), result.kind !== 'gone', asOf, false);
    return result.kind !== 'gone';
  }

  // ------------------------------------------------------------------------------------------------------------ writing

  /** UPDATE ... WHERE pk = ...; `change` makes the new row from the newest version. False when there is no row. */
  async update(pk: string, change: (row: Row) => { attr: string; code: string }, changesCode: boolean, wait: 'wait' | 'nowait' | 'skip locked'): Promise<boolean> {
    if (!changesCode && this.#isQuick(pk)) {
      const isUpdated = this.#updateByKey(pk, change);
      if (isUpdated !== undefined) return isUpdated;
    }
    if (this.readPoint(pk) === undefined) return false;
    const row = await this.#lock(pk, changesCode ? 'update' : 'no key update', wait);
    if (row === undefined) return false;
    const to = change(row);
    await this.#replaceRow(row, { pk: row.pk, attr: to.attr, code: changesCode ? to.code : row.code, tag: this.recorder.nextTag() });
    return true;
  }

  /** Found, locked and replaced in one slice; undefined where that is not for it to decide. */
  #updateByKey(pk: string, change: (row: Row) => { attr: string }): boolean | undefined {
    const { P } = this.table;
    const key = keyBytes(pk);
    const found = new RowRef();
    // Told to the recorder; that it has been read is for the change to register.
    const text = this.#get(P, item.P(pk), pk, false);
    const isThere = this.transaction.findUntouched(P, key, key.length, found);
    if (isThere === undefined) return undefined;
    const row = isThere ? latin1(found.u8, found.offset, found.length) : undefined;
    if (row !== text) throw new Error(`update by key: ${pk} was ${text ?? 'absent'}, and ${row ?? 'absent'} is found`);
    if (row === undefined) return false;
    const from = decodeRow(row);
    const to = { ...from, attr: change(from).attr, tag: this.recorder.nextTag() };
    const value = keyBytes(encodeRow(to));
    if (value.length !== found.length) this.transaction.updateFound(P, key, key.length, value, 0, value.length);
    else this.transaction.patchFound(P, key, key.length, found, patchTo(value));
    this.recorder.put(item.P(pk), encodeRow(to));
    if (to.attr === from.attr) this.#changeAttrEntry(from, to);
    else {
      this.#removeFoundEntry(item.S(from.attr + pk), this.table.S, from.attr + pk);
      const entry = keyBytes(to.attr + pk);
      this.transaction.insertFoundEntry(this.table.S, entry, entry.length, key, key.length);
      this.recorder.put(item.S(to.attr + pk), pk);
    }
    return true;
  }
  #removeFoundEntry(name: string, tree: VersionedTree, text: string): void {
    const entry = keyBytes(text);
    this.transaction.removeFoundEntry(tree, entry, entry.length);
    this.recorder.remove(name);
  }

  async delete(pk: string): Promise<boolean> {
    if (this.#isQuick(pk) && this.transaction.id % 4 < 2) {
      const isRemoved = this.#deleteByKey(pk);
      if (isRemoved !== undefined) return isRemoved;
    }
    const seen = this.readPoint(pk);
    if (seen === undefined) return false;
    if (this.#isQuick(pk) && this.transaction.removeUntouched(this.table.P, pk)) {
      this.recorder.removedKeys.add(pk);
      this.recorder.remove(item.P(pk));
      this.#removeEntries(seen);
      return true;
    }
    const row = await this.#lock(pk, 'update', 'wait');
    if (row === undefined) return false;
    this.#removeRow(row, undefined);
    return true;
  }

  /** Found, locked and removed in one step; undefined where that is not for it to decide. */
  #deleteByKey(pk: string): boolean | undefined {
    const { P } = this.table;
    const key = keyBytes(pk);
    // What the row was, for its index entries; that it has been read is for the removal to register.
    const text = this.#get(P, item.P(pk), pk, false);
    const isRemoved = this.transaction.removeByKey(P, key, key.length);
    if (isRemoved === undefined) return undefined;
    if (isRemoved !== (text !== undefined)) throw new Error(`removal by key: ${pk} was ${text ?? 'absent'}`);
    if (text === undefined) return false;
    this.recorder.removedKeys.add(pk);
    this.recorder.remove(item.P(pk));
    const { attr, code } = decodeRow(text);
    this.#removeFoundEntry(item.S(attr + pk), this.table.S, attr + pk);
    if (code !== '-') this.#removeFoundEntry(item.U(code), this.table.U, code);
    return true;
  }

  /** UPDATE of the primary key. */
  async move(pk: string, to: string): Promise<boolean> {
    if (this.recorder.removedKeys.has(to) || this.readPoint(pk) === undefined) return false;
    const row = await this.#lock(pk, 'update', 'wait');
    if (row === undefined || row.pk === to || this.recorder.removedKeys.has(to)) return false;
    await this.#claim(this.table.P, item.P(to), to);
    this.#removeRow(row, to);
    await this.#insertRow({ ...row, pk: to, tag: this.recorder.nextTag() });
    return true;
  }

  /** SELECT ... FOR ... */
  async lockOnly(pk: string, mode: RowLockMode, wait: 'wait' | 'nowait' | 'skip locked'): Promise<void> {
    if (this.readPoint(pk) !== undefined) await this.#lock(pk, mode, wait);
  }

  async insert(pk: string, attr: string, code: string, onConflict: 'error' | 'nothing' | 'update'): Promise<boolean> {
    const { transaction, table, recorder } = this;
    recorder.asOf();
    if (recorder.removedKeys.has(pk) && this.prng.below(2) === 0) return false;
    if (onConflict === 'error') {
      const row = { pk, attr, code, tag: recorder.nextTag() };
      if (this.#isQuick(pk) && (await this.#insertFreeRow(row))) return true;
      await this.#claim(table.P, item.P(pk), pk);
      await this.#insertRow(row);
      return true;
    }
    for (;;) {
      const claim = await this.#claimKey(table.P, item.P(pk), pk, true);
      if (claim.kind === 'free') {
        recorder.seeExistence(item.P(pk), false, transaction.manager.lastAssigned);
        await this.#insertRow({ pk, attr, code, tag: recorder.nextTag() });
        return true;
      }
      if (!claim.own) recorder.seeExistence(item.P(pk), true, transaction.manager.lastAssigned);
      if (onConflict === 'nothing' || claim.self) return false;
      const locked = await this.#lockNewest(pk);
      if (locked.kind === 'gone') continue;
      const row = this.#newest(pk);
      await this.#replaceRow(row, { ...row, attr, tag: recorder.nextTag() });
      return true;
    }
  }

  /** Locking reads the row: also when that very read is what dooms the transaction. */
  async #lockNewest(pk: string): Promise<RowLockResult> {
    const { transaction, table, recorder } = this;
    try {
      return await transaction.lockRow(table.P, pk, 'no key update', 'wait', { view: 'latest' });
    } catch (error) {
      if (transaction.mustAbort !== undefined) recorder.see(item.P(pk), null, recorder.asOf());
      throw error;
    }
  }

  async #claimKey(tree: VersionedTree, name: string, key: string, upsert: boolean): Promise<ClaimResult> {
    try {
      return await this.transaction.claimKey(tree, key, { upsert });
    } catch (error) {
      // Doomed by what it saw.
      if (this.transaction.mustAbort !== undefined) this.recorder.seeExistence(name, null, this.transaction.manager.lastAssigned);
      throw error;
    }
  }

  async #claim(tree: VersionedTree, name: string, key: string): Promise<void> {
    const claim = await this.#claimKey(tree, name, key, false);
    const isFree = claim.kind === 'free';
    if (isFree || !claim.own) this.recorder.seeExistence(name, !isFree, this.transaction.manager.lastAssigned);
    if (!isFree) throw new DbError('23505', `duplicate key ${name}`);
  }

  /** Locks a row found by a scan, follows it at READ COMMITTED, and returns its newest version. */
  async #lock(pk: string, mode: RowLockMode, wait: 'wait' | 'nowait' | 'skip locked'): Promise<Row | undefined> {
    let result = await this.transaction.lockRow(this.table.P, pk, mode, wait);
    let key = pk;
    while (result.kind === 'moved') {
      key = result.newKey;
      result = await this.transaction.lockRow(this.table.P, key, mode, wait, { since: result.since });
    }
    if (result.kind === 'gone' || result.kind === 'self' || result.kind === 'skipped') return undefined;
    if (result.kind === 'ok' && mode === 'key share') return undefined;
    return this.#newest(key);
  }

  #newest(pk: string): Row {
    const ref = new RowRef();
    if (!this.transaction.newest(this.table.P, pk, ref)) throw new Error(`locked row ${pk} does not exist`);
    const text = latin1(ref.u8, ref.offset, ref.length);
    this.recorder.see(item.P(pk), text, this.transaction.manager.lastAssigned);
    return decodeRow(text);
  }

  /** Whether to try the way in one step. No draw for it: old seeds mean what they meant. */
  #isQuick(pk: string): boolean {
    return (this.transaction.id + pk.charCodeAt(pk.length - 1)) % 2 === 0;
  }

  /** Claim and insert in one step, if the key is there for the taking. */
  async #insertFreeRow(row: Row): Promise<boolean> {
    const { P, S, U } = this.table;
    if (row.code !== '-') await this.#claim(U, item.U(row.code), row.code);
    const text = encodeRow(row);
    const key = keyBytes(row.pk);
    const value = keyBytes(text);
    if (!this.transaction.insertFree(P, key, key.length, value, 0, value.length)) return false;
    this.recorder.seeExistence(item.P(row.pk), false, this.transaction.manager.lastAssigned);
    this.recorder.put(item.P(row.pk), text);
    const entry = keyBytes(row.attr + row.pk);
    this.transaction.insertNew(S, entry, entry.length, key, 0, key.length);
    this.recorder.put(item.S(row.attr + row.pk), row.pk);
    if (row.code !== '-') this.#insert(U, item.U(row.code), row.code, row.pk);
    return true;
  }

  async #insertRow(row: Row): Promise<void> {
    const { P, S, U } = this.table;
    if (row.code !== '-') await this.#claim(U, item.U(row.code), row.code);
    this.#insert(P, item.P(row.pk), row.pk, encodeRow(row));
    this.#insert(S, item.S(row.attr + row.pk), row.attr + row.pk, row.pk);
    if (row.code !== '-') this.#insert(U, item.U(row.code), row.code, row.pk);
  }

  #removeRow(row: Row, movedTo: string | undefined): void {
    this.recorder.removedKeys.add(row.pk);
    this.#remove(this.table.P, item.P(row.pk), row.pk, movedTo);
    this.#removeEntries(row);
  }
  #removeEntries(row: Row): void {
    const { S, U } = this.table;
    this.#remove(S, item.S(row.attr + row.pk), row.attr + row.pk, undefined);
    if (row.code !== '-') this.#remove(U, item.U(row.code), row.code, undefined);
  }

  async #replaceRow(from: Row, to: Row): Promise<void> {
    const { P, U } = this.table;
    const { transaction, recorder } = this;
    if (to.code !== from.code && to.code !== '-') await this.#claim(U, item.U(to.code), to.code);
    const changesKeyColumns = to.code !== from.code;
    const value = keyBytes(encodeRow(to));
    transaction.update(P, to.pk, value, 0, value.length, { changesKeyColumns });
    recorder.put(item.P(to.pk), encodeRow(to));
    this.#changeAttrEntry(from, to);
    if (changesKeyColumns) {
      if (from.code !== '-') this.#remove(U, item.U(from.code), from.code, undefined);
      if (to.code !== '-') this.#insert(U, item.U(to.code), to.code, to.pk);
    }
  }

  #changeAttrEntry(from: Row, to: Row): void {
    const { S } = this.table;
    const oldEntry = from.attr + from.pk;
    const newEntry = to.attr + to.pk;
    if (oldEntry !== newEntry) {
      this.#remove(S, item.S(oldEntry), oldEntry, undefined);
      this.#insert(S, item.S(newEntry), newEntry, to.pk);
    } else if (this.usesTouch) this.transaction.touch(S, newEntry);
  }

  #insert(tree: VersionedTree, name: string, key: string, text: string): void {
    const value = keyBytes(text);
    this.transaction.insert(tree, key, value, 0, value.length);
    this.recorder.put(name, text);
  }

  #remove(tree: VersionedTree, name: string, key: string, movedTo: string | undefined): void {
    this.transaction.remove(tree, key, movedTo === undefined ? undefined : { movedTo });
    this.recorder.remove(name);
  }
}
