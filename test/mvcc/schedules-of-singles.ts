/** Schedules about single commits (mvcc/commit/single-commit.ts) and whoever meets their rows and tables before they are published. */
import { strict as assert } from 'node:assert';
import { DbError } from '../../base/errors.js';
import { oid } from '../../base/ids.js';
import { Script, settle } from './client.js';
import { blocked, RC, RR, set, type Schedule } from './schedule.js';

const Table = oid(7);

/** Commits become durable when the schedule says so. */
async function unflushed(rows: Record<string, string>, options: Parameters<typeof Script.open>[0] = {}) {
  const script = await Script.open(options);
  const t = await script.table(rows);
  script.world.store.isImmediate = false;
  return { script, t, store: script.world.store, manager: script.world.manager };
}

export const singleSchedules: readonly Schedule[] = [
  {
    name: 'a single commit keeps its row until it is published',
    async run() {
      const { script, t, store, manager } = await unflushed({ j: '0', k: '0', l: '0' });
      const old = script.begin(RR);
      assert.equal(await old.get(t, 'k'), '0');
      const ends = [script.single(t, 'update', 'k', '1'), script.single(t, 'delete', 'l'), script.single(t, 'insert', 'm', '1')];
      assert.ok(ends.every((end) => end !== undefined));
      // Not published: neither seen nor changed over.
      const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      assert.deepEqual(await a.range(t, 'j', 'z'), ['0', '0', '0']);
      for (const [verb, key] of [['update', 'k'], ['delete', 'k'], ['insert', 'l'], ['delete', 'm']] as const) assert.equal(script.single(t, verb, key, '2'), undefined, `${verb} ${key}`);
      await assert.rejects(a.lock(t, 'k', 'no key update', 'nowait'), { code: '55P03' });
      await a.lock(t, 'k', 'key share', 'nowait');
      await assert.rejects(a.lock(t, 'l', 'key share', 'nowait'), { code: '55P03' });
      assert.equal(await a.insertFree(t, 'l', '2'), false);
      const updating = await blocked(b, b.update(t, 'k', (value) => `${value}b`));
      const inserting = await blocked(c, c.insert(t, 'm', '2'));
      assert.deepEqual(manager.locks().filter((lock) => !lock.granted).map((lock) => lock.blockers.length), [1, 1]);
      store.flush(3);
      assert.equal(await updating.outcome, 'ok');
      assert.equal(await inserting.outcome, '23505');
      assert.deepEqual(await Promise.all(ends.map((end) => end!.ended)), ends.map((end) => end!.csn));
      // Nothing of the session is kept for the sake of the snapshot.
      for (const end of ends) assert.deepEqual([end!.made.listener, end!.made.transaction], [undefined, undefined]);
      for (const one of [a, b, c]) void one.commit();
      store.flush(9);
      await settle();
      assert.deepEqual(await script.begin(RC).range(t, 'j', 'z'), ['0', '1b', '1']);
      assert.deepEqual(await old.range(t, 'j', 'z'), ['0', '0', '0']);
      assert.equal(await script.begin(RC).insertFree(t, 'l', '3'), true);
    },
  },
  {
    name: 'a key that a single commit has freed is nobody\'s until that is published',
    async run() {
      const { script, t, store } = await unflushed({ k: '0' });
      assert.ok(script.single(t, 'delete', 'k'));
      const [a, b] = [script.begin(RC), script.begin(RC)];
      assert.equal(await a.insertFree(t, 'k', '1'), false);
      const inserting = await blocked(b, b.insert(t, 'k', '2'));
      store.flush(1);
      assert.equal(await inserting.outcome, 'ok');
    },
  },
  {
    name: 'a single commit keeps its table until it is published',
    async run() {
      const { script, t, store } = await unflushed({ j: '0', k: '0' });
      const single = script.single(t, 'update', 'k', '1');
      const [a, b] = [script.begin(RC), script.begin(RC)];
      assert.equal(a.transaction.lockTable(Table, 'row exclusive', 'skip locked'), true);
      assert.equal(b.transaction.lockTable(Table, 'share', 'skip locked'), false);
      a.rollback();
      const locking = await blocked(b, Promise.resolve(b.transaction.lockTable(Table, 'access exclusive', 'wait')));
      // Whoever comes now stands behind the waiter.
      assert.equal(script.single(t, 'update', 'j', '1'), undefined);
      store.flush(1);
      assert.equal(await locking.outcome, 'ok');
      assert.equal(await single!.ended, single!.csn);
      assert.equal(script.single(t, 'update', 'j', '1'), undefined);
      b.rollback();
      assert.ok(script.single(t, 'update', 'j', '1'));
    },
  },
  {
    name: 'a single commit takes no row that somebody holds or changes',
    async run() {
      const { script, t } = await unflushed({ a: '0', b: '0', c: '0', k: '0' }, { bulkWritersMax: 1, mappedClaimsMax: 9 });
      const [bulk, mapped, sharer] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      await bulk.update(t, 'a', set('1'));
      // Only the lock map tells of it.
      await mapped.update(t, 'b', set('1'));
      await sharer.lock(t, 'c', 'share');
      for (const verb of ['update', 'delete'] as const) for (const key of ['a', 'b', 'c']) assert.equal(script.single(t, verb, key, '2'), undefined, `${verb} ${key}`);
      await bulk.insert(t, 'x', '1');
      await mapped.insert(t, 'y', '1');
      for (const key of ['x', 'y', 'k']) assert.equal(script.single(t, 'insert', key, '2'), undefined, key);
      for (const key of ['none', 'x']) assert.equal(script.single(t, 'update', key, '2'), undefined);
      for (const one of [bulk, mapped, sharer]) one.rollback();
      assert.ok(script.single(t, 'update', 'a', '2'));
    },
  },
  {
    name: 'a single commit that is published at once leaves what a snapshot sees',
    async run() {
      const script = await Script.open({ loneCommitsMin: 0 });
      const t = await script.table({ k: '0' });
      const { store, manager } = script.world;
      store.syncMsAverage = 0;
      store.isImmediate = false;
      const single = script.single(t, 'update', 'k', '1');
      assert.equal(await single!.ended, single!.csn);
      assert.equal(manager.statistics().undoRecords, 0);
      const old = script.begin(RR);
      assert.equal(await old.get(t, 'k'), '1');
      script.single(t, 'update', 'k', '2');
      store.flush(9);
      assert.equal(await old.get(t, 'k'), '1');
      await assert.rejects(old.update(t, 'k', set('3')), (error: DbError) => (error.fields.conflict as { readonly writerStatement: { readonly text: string } }).writerStatement.text === 'single update k');
      old.rollback();
      manager.step();
      assert.equal(manager.statistics().undoRecords, 0);
    },
  },
  {
    name: 'a single commit that the disk has failed is told so, named or not',
    async run() {
      const { script, t, store, manager } = await unflushed({ j: '0', k: '0' });
      const [j, k] = [script.single(t, 'update', 'j', '1'), script.single(t, 'update', 'k', '1')];
      const a = script.begin(RC);
      const waiting = await blocked(a, a.update(t, 'k', set('2')));
      store.poison(new DbError('58030', 'the disk has failed'));
      await assert.rejects(j!.ended, { code: '58030' });
      await assert.rejects(k!.ended, { code: '58030' });
      assert.equal(await waiting.outcome, '58030');
      assert.throws(() => script.single(t, 'update', 'j', '2'), { code: '58030' });
      a.rollback();
      assert.deepEqual([manager.locks().length, manager.active.size], [0, 0]);
    },
  },
];
