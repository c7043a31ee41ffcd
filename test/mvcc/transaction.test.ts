/** Transactions from begin to end: states, cursors, trees that come and go, failures of the log, bounds, and what an error tells. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { keyBytes } from '../../base/bytes.js';
import { DbError } from '../../base/errors.js';
import { csn, treeId } from '../../base/ids.js';
import type { SerializationConflict, WriteConflict } from '../../mvcc/conflict.js';
import { RowRef } from '../../mvcc/types.js';
import { Client, Script, latin1, outcome, settle } from './client.js';

async function failure(promise: Promise<unknown>): Promise<DbError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DbError) return error;
    throw error;
  }
  return expect.fail('must fail');
}

describe('transactions', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });

  it('go from active over precommitted to committed, and are published in order after the disk', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    script.world.store.isImmediate = false;
    const [a, b, c] = [script.begin('read committed'), script.begin('read committed', { asyncCommit: true }), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    await b.insert(t, 'b', 'b');
    const order: string[] = [];
    a.transaction.onPublish = () => order.push('a');
    b.transaction.onPublish = () => order.push('b');
    const first = a.commit();
    const second = b.commit();
    await settle();
    expect([a.transaction.state, b.transaction.state]).toEqual(['precommitted', 'precommitted']);
    expect(await c.get(t, 'k')).toBe('0');
    expect(await c.get(t, 'b')).toBeUndefined();
    expect(script.world.manager.lastPublished).toBeLessThan(script.world.manager.lastAssigned);
    script.world.store.flush(1);
    await Promise.all([first, second]);
    expect(order).toEqual(['a', 'b']);
    expect(a.transaction.state).toBe('committed');
    expect(await c.get(t, 'k')).toBe('a');
    a.rollback(); // no effect
    expect(await c.get(t, 'k')).toBe('a');
  });

  it('leave no before-images when they are published at once and nobody uses a snapshot', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0', m: '0', n: '0' });
    const { manager } = script.world;
    while (manager.step());
    const undo = (): number => manager.statistics().undoRecords;
    const alone = script.begin('repeatable read');
    await alone.update(t, 'k', () => '1');
    await alone.delete(t, 'm');
    await alone.insert(t, 'o', '1');
    await alone.insert(t, 'p', '1');
    await alone.delete(t, 'p');
    alone.transaction.commitSync();
    expect(undo()).toBe(0);

    const old = script.begin('repeatable read');
    expect(await old.get(t, 'k')).toBe('1');
    const watched = script.begin('read committed');
    await watched.update(t, 'k', () => '2');
    watched.transaction.commitSync();
    expect(undo()).toBe(1);
    expect([await old.get(t, 'k'), await old.get(t, 'm'), await old.get(t, 'o'), await old.get(t, 'p')]).toEqual(['1', undefined, '1', undefined]);
    old.rollback();

    // One that has to wait for the disk is installed before it is published, and read around.
    script.world.store.isImmediate = false;
    const slow = script.begin('read committed');
    await slow.update(t, 'k', () => '3');
    const committing = slow.commit();
    await settle();
    expect(undo()).toBeGreaterThan(0);
    const behind = script.begin('read committed', { asyncCommit: true });
    await behind.update(t, 'n', () => '1');
    const waiting = behind.commit();
    const reader = script.begin('read committed');
    expect([await reader.get(t, 'k'), await reader.get(t, 'n')]).toEqual(['2', '0']);
    script.world.store.flush(2);
    await Promise.all([committing, waiting]);
    expect([await reader.get(t, 'k'), await reader.get(t, 'n')]).toEqual(['3', '1']);
  });

  it('flush the log themselves when they are alone and the disk is quick, and then leave no before-images', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const { manager, store } = script.world;
    while (manager.step());
    store.isImmediate = false;
    store.syncMsAverage = 0.3;
    const change = async (value: string): Promise<void> => {
      const client = script.begin('read committed');
      await client.update(t, 'k', () => value);
      const committing = client.commit();
      script.world.time.turn();
      await committing;
    };
    await change('1');
    expect(manager.statistics().undoRecords).toBe(0);

    // Not alone any more after the turn it gives the others: it waits with them.
    const first = script.begin('read committed');
    await first.update(t, 'k', () => '2');
    const committing = first.commit();
    const second = script.begin('read committed');
    script.world.time.turn();
    await settle();
    expect(first.transaction.state).toBe('precommitted');
    expect(await second.get(t, 'k')).toBe('1');
    store.flush(1);
    await committing;
    expect(await second.get(t, 'k')).toBe('2');
    second.rollback();

    // The disk fails: as with any other commit, the outcome is unknown.
    store.flushSync = () => {
      store.poison(new DbError('58030', 'disk on fire'));
      throw new Error('sync');
    };
    await expect(change('3')).rejects.toMatchObject({ code: '58030', message: expect.stringContaining('unknown') as string });
  });

  it('are over when the synchronous face returns, also behind commits that wait for the disk', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0', m: '0' });
    script.world.store.isImmediate = false;
    const first = script.begin('read committed');
    await first.update(t, 'k', () => '1');
    const committing = first.commit();
    await settle();
    const second = script.begin('read committed', { asyncCommit: true });
    await second.update(t, 'm', () => '1');
    second.transaction.commitSync();
    expect([first.transaction.state, second.transaction.state]).toEqual(['committed', 'committed']);
    await committing;
  });

  it('give up their locks only when they are published', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    script.world.store.isImmediate = false;
    const [a, b] = [script.begin('read committed'), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    const committing = a.commit();
    const waiting = outcome(b.update(t, 'k', (old) => old + 'b'));
    await settle();
    expect(b.transaction.isWaiting).toBe(true);
    script.world.store.flush(1);
    await committing;
    expect(await waiting).toBe('ok');
    expect(await b.get(t, 'k')).toBe('ab');
  });

  it('refuse changes when read-only, and anything after their end', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const reader = script.begin('read committed', { readOnly: true });
    expect(await outcome(reader.update(t, 'k', () => '1'))).toBe('25006');
    expect(await outcome(reader.insert(t, 'n', '1'))).toBe('25006');
    await reader.commit();
    expect(await outcome(reader.get(t, 'k'))).toBe('25P01');
    expect(await outcome(reader.commit())).toBe('25P01');
  });

  it('undo to savepoints exactly, nested', async () => {
    const script = await Script.open();
    const t = await script.table({ a: '0', b: '0' });
    const client = script.begin('repeatable read');
    await client.update(t, 'a', () => '1');
    const outer = client.savepoint();
    await client.update(t, 'a', () => '2');
    await client.delete(t, 'b');
    const inner = client.savepoint();
    await client.insert(t, 'b', '3');
    await client.update(t, 'a', () => '3');
    expect(await client.range(t, '', 'z')).toEqual(['3', '3']);
    client.rollbackTo(inner);
    expect(await client.range(t, '', 'z')).toEqual(['2']);
    client.rollbackTo(outer);
    expect(await client.range(t, '', 'z')).toEqual(['1', '0']);
    client.rollbackTo(outer); // it is still there
    client.transaction.release(outer);
    expect(() => client.rollbackTo(outer)).toThrow(/no such savepoint/);
    await client.commit();
  });

  it('keep the snapshot of a paused statement', async () => {
    const script = await Script.open();
    const t = await script.table({ a: '0', b: '0', c: '0' });
    const { transaction } = script.begin('read committed');
    transaction.beginStatement({ text: 'cursor' });
    const scan = transaction.openScan(t, { low: '', high: undefined });
    expect(scan.next()).toBe(true);
    scan.suspendAt(0);
    const paused = transaction.pauseStatement();
    const other = script.begin('read committed');
    await other.update(t, 'b', () => 'new');
    await other.delete(t, 'c');
    await other.commit();
    expect(await new Client(transaction).get(t, 'b')).toBe('new');
    expect(script.world.manager.statistics().undoRecords).toBe(2);
    transaction.resumeStatement(paused);
    expect(scan.next()).toBe(true);
    expect(Array.from({ length: scan.count }, (_, i) => scan.keyAt(i) + latin1(scan.u8, scan.offsets[i]!, scan.lengthAt(i)))).toEqual(['b0', 'c0']);
    const again = transaction.pauseStatement();
    transaction.endPaused(again);
    await transaction.commit();
    script.world.manager.step();
    expect(script.world.manager.statistics().undoRecords).toBe(0);
  });

  it('create, fill, attach and drop trees, all or nothing', async () => {
    const script = await Script.open();
    const { manager, store } = script.world;
    const make = script.begin('read committed');
    const id = treeId(store.store.newTreeId());
    const savepoint = make.savepoint();
    make.transaction.createTree(id, { unique: true });
    make.rollbackTo(savepoint);
    const made = make.transaction.createTree(id, { unique: true, tableName: 'made' });
    await make.insert(made, 'k', '1');
    expect(await make.range(made, '', 'z')).toEqual(['1']);
    const source = {
      key: keyBytes('b'),
      keyOffset: 0,
      keyLength: 1,
      value: keyBytes('built'),
      valueOffset: 0,
      valueLength: 5,
      left: 1,
      next() {
        return this.left-- > 0;
      },
    };
    const built = store.store.buildTree(treeId(store.store.newTreeId()), source, manager.lastAssigned);
    const attached = make.transaction.attachTree(built, { unique: true });
    expect(await make.range(attached, '', 'z')).toEqual(['built']);
    const old = script.begin('repeatable read');
    await old.statement('snapshot', () => void old.transaction.snapshotCsn);
    await make.commit();
    expect(await outcome(old.get(made, 'k'))).toBe('40001');
    const reader = script.begin('read committed');
    expect(await reader.get(made, 'k')).toBe('1');
    expect(await reader.range(attached, '', 'z')).toEqual(['built']);
    const drop = script.begin('read committed');
    drop.transaction.dropTree(id, 'unread');
    expect(await reader.get(made, 'k')).toBe('1');
    await drop.commit();
    expect(await outcome(reader.get(made, 'k'))).toBe('40001');
    expect(store.store.hasTree(id)).toBe(false);
  });

  it('upgrade rows of an older layout on the way', async () => {
    const script = await Script.open();
    const t = await script.table({ a: 'old1', b: 'new2', c: 'old3' });
    t.normalize = {
      isOld: (u8, offset) => u8[offset] === 'o'.charCodeAt(0),
      upgrade: (u8, offset, length) => keyBytes('new' + latin1(u8, offset + 3, length - 3) + '!'),
    };
    const client = script.begin('read committed');
    expect(await client.range(t, '', 'z')).toEqual(['new1!', 'new2', 'new3!']);
    expect(await client.get(t, 'a')).toBe('new1!');
    await client.update(t, 'a', (old) => old.slice(0, 4));
    expect(await client.range(t, '', 'z')).toEqual(['new1', 'new2', 'new3!']);
  });

  it('end with an unknown outcome when the log fails, and nothing works afterwards', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    script.world.store.isImmediate = false;
    const [a, b, c] = [script.begin('read committed'), script.begin('read committed'), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    const committing = outcome(a.commit());
    const waiting = outcome(b.update(t, 'k', () => 'b'));
    await settle();
    script.world.store.poison(new DbError('58030', 'the disk is gone'));
    expect(await committing).toBe('58030');
    expect(await waiting).toBe('58030');
    expect(await outcome(c.get(t, 'k'))).toBe('58030');
    expect(() => script.begin('read committed')).toThrow(/disk is gone/);
  });

  it('that hold the oldest snapshot are cancelled when old versions exceed their memory', async () => {
    const script = await Script.open({ versionBytesMax: 30_000 });
    const t = await script.table({ k: '0' });
    const old = script.begin('serializable');
    await old.get(t, 'k');
    for (let i = 0; i < 300; i++) {
      const writer = script.begin('read committed');
      await writer.insert(t, `n${i}`, 'x');
      await writer.commit();
    }
    expect(script.world.manager.statistics().snapshotsCancelled).toBe(1);
    expect(script.world.manager.statistics().undoBytes).toBeLessThan(30_000);
    expect(await outcome(old.get(t, 'k'))).toBe('53200');
    expect(await outcome(old.commit())).toBe('53200');
    expect(old.transaction.state).toBe('aborted');
  });

  it('stay within the bounds for SIREAD entries, and ordinary work never escalates', async () => {
    const script = await Script.open({ sireadEntriesMax: 8, sireadBytesMax: 4000 });
    const rows = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${String(i).padStart(2, '0')}`, '0']));
    const t = await script.table(rows);
    const u = await script.table(rows);
    const [a, b] = [script.begin('serializable'), script.begin('serializable')];
    for (let i = 0; i < 60; i += 7) await a.get(t, `k${String(i).padStart(2, '0')}`);
    for (let i = 0; i < 60; i += 11) await b.get(u, `k${String(i).padStart(2, '0')}`);
    const { sireadEscalations, sireadEntries, sireadBytes } = script.world.manager.statistics();
    expect(sireadEscalations).toBeGreaterThan(0);
    expect(sireadEntries).toBeLessThanOrEqual(16);
    expect(sireadBytes).toBeLessThanOrEqual(4000);
    a.rollback();
    b.rollback();
    expect(script.world.manager.statistics()).toMatchObject({ sireadEntries: 0, sireadBytes: 0 });

    const ordinary = await Script.open();
    const v = await ordinary.table(rows);
    const reader = ordinary.begin('serializable');
    for (let i = 0; i < 60; i++) await reader.get(v, `k${String(i).padStart(2, '0')}`);
    await reader.range(v, '', 'z');
    expect(ordinary.world.manager.statistics().sireadEscalations).toBe(0);
  });

  it('fail early and for good once a cycle has closed', async () => {
    const script = await Script.open();
    const t = await script.table({ x: '0', y: '0' });
    const [a, b] = [script.begin('serializable'), script.begin('serializable')];
    await b.get(t, 'y');
    await a.update(t, 'x', () => '1');
    await a.commit();
    const c = script.begin('serializable');
    await c.get(t, 'x');
    await c.update(t, 'y', () => '1');
    await c.commit();
    // b read y before c; reading x as of before a closes b -> a -> c? no: a -> c is order by what c read, and b -> a, so b may come first.
    expect(await b.get(t, 'x')).toBe('0');
    expect(await outcome(b.commit())).toBe('ok');

    const u = await script.table({ x: '0', y: '0' });
    const d = script.begin('serializable');
    await d.get(u, 'z');
    const e = script.begin('serializable');
    await e.get(u, 'y');
    const f = script.begin('serializable');
    await f.update(u, 'y', () => '1');
    await f.commit();
    const g = script.begin('serializable');
    expect(await g.get(u, 'y')).toBe('1');
    const savepoint = g.savepoint();
    await e.update(u, 'x', () => '1');
    await e.commit();
    expect((await failure(g.get(u, 'x'))).code).toBe('40001'); // e -> f by y, f -> g by y, g -> e by x
    g.rollbackTo(savepoint);
    expect(await outcome(g.get(u, 'z'))).toBe('40001');
    expect(await outcome(g.commit())).toBe('40001');
    d.rollback();
  });
});

describe('explanations', () => {
  it('name the transactions, statements, kinds and keys of the cycle', async () => {
    const script = await Script.open();
    const t = await script.table({ a: '1', b: '1' });
    const [t1, t2] = [script.begin('serializable'), script.begin('serializable')];
    await t1.range(t, 'a', 'b');
    await t2.range(t, 'a', 'b');
    await t1.update(t, 'a', () => '0');
    await t2.update(t, 'b', () => '0');
    await t1.commit();
    const error = await failure(t2.commit());
    expect(error.fields.hint).toBe('The transaction might succeed if retried.');
    const conflict = error.fields.conflict as SerializationConflict;
    const [one, two] = [t1.transaction.id, t2.transaction.id];
    expect(conflict).toMatchObject({ kind: 'serialization', victim: two });
    expect(conflict.cycle).toHaveLength(2);
    expect(conflict.cycle[0]).toMatchObject({
      from: two,
      to: one,
      kind: 'rw',
      place: { table: 't', key: 'a', low: 'a', high: 'b\0' },
      fromStatement: { number: 1, text: 'range a b' },
      toStatement: { number: 2, text: 'update a' },
    });
    expect(conflict.cycle[1]).toMatchObject({ from: one, to: two, kind: 'rw', place: { key: 'b' }, toStatement: { number: 2, text: 'update b' } });
    expect(error.fields.detail).toContain(`Transaction ${two} read what transaction ${one} overwrote in t.`);
  });

  it('name the row of a write conflict', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const [a, b] = [script.begin('repeatable read'), script.begin('repeatable read')];
    await b.get(t, 'k');
    await a.update(t, 'k', () => 'a');
    await a.commit();
    const error = await failure(b.update(t, 'k', () => 'b'));
    expect(error.message).toBe('could not serialize access due to concurrent update');
    expect(error.fields.conflict as WriteConflict).toMatchObject({ kind: 'write', victim: b.transaction.id, place: { table: 't', key: 'k' } });
    b.rollback();
    const c = script.begin('repeatable read');
    await c.get(t, 'k');
    const d = script.begin('read committed');
    await d.delete(t, 'k');
    await d.commit();
    expect((await failure(c.delete(t, 'k'))).message).toBe('could not serialize access due to concurrent delete');
  });
});

describe('vacuum', () => {
  it('frees nothing a snapshot needs and everything else', async () => {
    const script = await Script.open();
    const { manager } = script.world;
    const t = await script.table({ k: '0' });
    const holders: { client: Client; value: string }[] = [];
    for (let i = 1; i <= 20; i++) {
      const writer = script.begin('read committed');
      await writer.update(t, 'k', () => String(i));
      await writer.commit();
      if (i % 5 === 0) {
        const client = script.begin('repeatable read');
        expect(await client.get(t, 'k')).toBe(String(i));
        holders.push({ client, value: String(i) });
      }
    }
    for (const { client, value } of holders) {
      expect(await client.get(t, 'k')).toBe(value);
      client.rollback();
      while (manager.step());
      expect(manager.statistics().undoRecords).toBe(manager.lastPublished - manager.horizon);
    }
    expect(manager.horizon).toBe(manager.lastPublished);
    expect(csn(manager.statistics().undoRecords)).toBe(0);
    const ref = new RowRef();
    const reader = script.begin('read committed');
    await reader.statement('get', () => expect(reader.transaction.get(t, keyBytes('k'), 1, ref)).toBe(true));
  });
});
