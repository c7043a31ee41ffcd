/** Schedules about which version of a row a statement meets: rows that others change, lock or remove meanwhile, commits that are not published, before-images. */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { RowRef } from '../../mvcc/types.js';
import { type Client, Script, latin1, outcome, settle } from './client.js';
import { blocked, RC, RR, S, set, type Schedule } from './schedule.js';

export const visibilitySchedules: readonly Schedule[] = [
  {
    name: '11 READ COMMITTED follows the row',
    async run() {
      const script = await Script.open();
      // Changed so that WHERE no longer matches.
      const t = await script.table({ '1': '10', '2': '20' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      await a.update(t, '1', (old) => String(Number(old) + 10));
      await a.update(t, '2', (old) => String(Number(old) + 10));
      const deleting = b.delete(t, '2', (value) => value === '20');
      const waiting = await blocked(b, deleting);
      await a.commit();
      assert.equal(await waiting.outcome, 'ok');
      assert.equal(await deleting, 0);
      // Moved: by value it is still found, by key it is not.
      for (const byKey of [true, false]) {
        const u = await script.table({ '1': '10' });
        const [c, d] = [script.begin(RC), script.begin(RC)];
        await c.move(u, '1', '5');
        const updating = d.update(u, '1', set('99'), (value, key) => (byKey ? key === '1' : value === '10'));
        await blocked(d, updating);
        await c.commit();
        assert.equal(await updating, byKey ? 0 : 1);
        assert.equal(await d.get(u, '5'), byKey ? '10' : '99');
      }
      // Deleted and inserted again: another row.
      const v = await script.table({ '1': '10' });
      const [e, f] = [script.begin(RC), script.begin(RC)];
      await e.delete(v, '1');
      await e.insert(v, '1', '10');
      const updating = f.update(v, '1', set('99'));
      await blocked(f, updating);
      await e.commit();
      assert.equal(await updating, 0);
      // Every statement has a new snapshot.
      assert.equal(await f.get(v, '1'), '10');
    },
  },
  {
    name: '11b READ COMMITTED upserts act on the newest row',
    async run() {
      const script = await Script.open();
      const t = await script.table();
      const [a, b] = [script.begin(RC), script.begin(RC)];
      await a.insert(t, 'k', '30');
      const upserting = b.upsert(t, 'k', '31', (old) => String(Number(old) + 31));
      await blocked(b, upserting);
      await a.commit();
      assert.equal(await upserting, 'updated');
      assert.equal(await b.get(t, 'k'), '61');
      // At the higher levels that is a failure, for DO NOTHING too.
      for (const change of [undefined, (old: string): string => old]) {
        const u = await script.table();
        const [c, d] = [script.begin(RR), script.begin(RR)];
        await d.get(u, 'other');
        await c.insert(u, 'k', '1');
        await c.commit();
        assert.equal(await outcome(d.upsert(u, 'k', '2', change)), '40001');
      }
    },
  },
  {
    name: '12 share locks and upgrades',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      await a.lock(t, 'k', 'share');
      await b.lock(t, 'k', 'share');
      const first = await blocked(a, a.update(t, 'k', set('a')));
      const second = outcome(b.update(t, 'k', set('b')));
      assert.equal(await second, '40P01');
      b.rollback();
      assert.equal(await first.outcome, 'ok');
      await a.commit();
      // A holder that only locked is no conflict.
      const [c, d] = [script.begin(RR), script.begin(RR)];
      await d.get(t, 'x');
      await c.lock(t, 'k', 'update');
      const third = await blocked(d, d.update(t, 'k', set('d')));
      await c.commit();
      assert.equal(await third.outcome, 'ok');
      await d.commit();
      // KEY SHARE over a newer change of other columns is granted, SHARE is not.
      const [e, f] = [script.begin(RR), script.begin(RR)];
      await e.get(t, 'x');
      await f.update(t, 'k', set('f'));
      await f.commit();
      assert.equal((await e.lock(t, 'k', 'key share')).kind, 'ok');
      assert.equal(await outcome(e.lock(t, 'k', 'share')), '40001');
    },
  },
  {
    name: 'a read between installation and publication',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0' });
      script.world.store.isImmediate = false;
      const [writer, reader] = [script.begin(S), script.begin(S)];
      await writer.get(t, 'y');
      await writer.update(t, 'x', set('1'));
      const committing = writer.commit();
      assert.equal(await reader.get(t, 'x'), '0');
      await reader.update(t, 'y', set('1'));
      script.world.store.flush(1);
      await committing;
      assert.equal(await outcome(reader.commit()), '40001');
    },
  },
  {
    name: 'a key freed after the snapshot',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: 'old' });
      const [a, b] = [script.begin(RR), script.begin(RR)];
      await a.get(t, 'k');
      await b.delete(t, 'k');
      await b.commit();
      assert.equal(await outcome(a.insert(t, 'k', 'new')), '40001');
    },
  },
  {
    name: 'a cascade meets a child newer than its snapshot',
    async run() {
      for (const level of [RR, S] as const) {
        const script = await Script.open();
        const t = await script.table({ x: '0' });
        const [a, b] = [script.begin(level), script.begin(RC)];
        await a.get(t, 'x');
        await b.insert(t, 'child', 'new');
        await b.commit();
        assert.equal(await outcome(a.statement('cascade', async () => a.transaction.lockRow(t, 'child', 'update', 'wait', { view: 'action' }))), '40001');
      }
    },
  },
  {
    name: 'a row is held by its key in one step when nobody else has to do with it',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0', x: '0' });
      const hold = (client: Client, key: string): Promise<boolean> => client.statement(`hold ${key}`, () => Promise.resolve(client.transaction.holdKey(t, keyBytes(key), key.length)));
      const [a, b, c] = [script.begin(S), script.begin(S), script.begin(RC)];
      await a.get(t, 'x');
      await b.get(t, 'x');
      assert.equal(await hold(c, 'n'), false);
      await c.insert(t, 'n', 'new');
      assert.equal(await hold(c, 'n'), true);
      assert.equal(await hold(a, 'n'), false);
      await c.commit();
      // Newer than its snapshot.
      assert.equal(await hold(a, 'n'), false);
      const savepoint = a.savepoint();
      assert.equal(await hold(a, 'k'), true);
      assert.equal(await hold(b, 'k'), true);
      b.rollback();
      const d = script.begin(S);
      await d.get(t, 'x');
      const deleting = await blocked(d, d.delete(t, 'k'));
      a.rollbackTo(savepoint);
      // It has read that the row is there, though it holds it no more; and it is before who has read what it changes.
      await a.update(t, 'x', set('1'));
      assert.equal(await deleting.outcome, 'ok');
      assert.equal(await outcome(a.commit()), 'ok');
      assert.equal(await outcome(d.commit()), '40001');
    },
  },
  {
    name: 'before-images outlive the pressure for memory as long as a snapshot needs them',
    async run() {
      const script = await Script.open({ versionBytesMax: 20_000 });
      const t = await script.table({ k: 'first'.padEnd(100, '.'), m: '0' });
      const old = script.begin(RR);
      await old.get(t, 'm');
      for (let i = 0; i < 60; i++) {
        const writer = script.begin(RC);
        await writer.update(t, 'k', set(String(i).padEnd(100, '.')));
        await writer.commit();
      }
      assert.ok(script.world.manager.statistics().undoStubs > 10);
      assert.equal(await old.get(t, 'k'), 'first'.padEnd(100, '.'));
      old.rollback();
      script.world.manager.step();
      assert.equal(script.world.manager.statistics().undoRecords, 0);
    },
  },
  {
    name: 'a read within one slice sees what is published and nothing else',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const { manager, store } = script.world;
      const read = (): string | undefined => {
        const reader = manager.beginSlice([], false, { text: 'get k' });
        assert.ok(reader !== undefined);
        const ref = new RowRef();
        const value = reader.get(t, keyBytes('k'), 1, ref) ? latin1(ref.u8, ref.offset, ref.length) : undefined;
        reader.endSlice();
        return value;
      };
      store.isImmediate = false;
      const writer = script.begin(RC);
      await writer.update(t, 'k', set('1'));
      const committing = writer.commit();
      await settle();
      // Installed, and not durable: it may still be lost.
      assert.equal(writer.transaction.lifecycle, 'precommitted');
      assert.equal(read(), '0');
      assert.equal(manager.snapshots.size, 0);
      store.flush(1);
      await committing;
      assert.equal(read(), '1');
    },
  },
  {
    name: 'a commit that was alone keeps before-images for who began during its turn',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const { store, time } = script.world;
      store.isImmediate = false;
      store.syncMsAverage = 0.3;
      const writer = script.begin(RC);
      await writer.update(t, 'k', set('1'));
      const committing = writer.commit();
      const reader = script.begin(RR);
      await reader.get(t, 'm');
      time.turn();
      await settle();
      assert.equal(writer.transaction.lifecycle, 'precommitted');
      assert.equal(await reader.get(t, 'k'), '0');
      store.flush(1);
      await committing;
      assert.equal(await reader.get(t, 'k'), '0');
      reader.rollback();
    },
  },
];
