/** Schedules about a transaction's own changes, claims and row locks, and what savepoints take back of them. */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { oid } from '../../base/ids.js';
import { Script, outcome, settle } from './client.js';
import { blocked, passFour, RC, set, threeWriters, type Schedule } from './schedule.js';

export const writeSchedules: readonly Schedule[] = [
  {
    name: 'a statement does not see its own changes',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '1', b: '1', c: '1' });
      const client = script.begin(RC);
      const seen = await client.statement('insert ... select', async () => {
        let count = 0;
        const scan = client.transaction.openScan(t, { low: '', high: undefined });
        while (scan.next()) {
          const keys = Array.from({ length: scan.count }, (_, i) => scan.keyAt(i));
          scan.suspendAt(scan.count - 1);
          for (const key of keys) {
            assert.ok(++count < 10, 'endless');
            await client.transaction.claimKey(t, key + 'x');
            client.transaction.insert(t, key + 'x', new Uint8Array([49]), 0, 1);
          }
        }
        return count;
      });
      assert.equal(seen, 3);
      assert.equal((await client.range(t, '', 'z')).length, 6);
    },
  },
  {
    name: 'a savepoint between the lock of a row and its change',
    async run() {
      const script = await Script.open();
      const t = await script.table({ j: '0', k: '0' });
      const a = script.begin(RC);
      const { transaction } = a;
      // In one statement, as functions do that change data while a row is being changed.
      await a.statement('lock, savepoint, change, roll back', async () => {
        await transaction.lockRow(t, 'j', 'no key update', 'wait');
        await transaction.lockRow(t, 'k', 'update', 'wait');
        await transaction.claimKey(t, 'l');
        const savepoint = transaction.savepoint();
        transaction.update(t, 'j', keyBytes('1'), 0, 1);
        transaction.remove(t, 'k');
        transaction.insert(t, 'l', keyBytes('1'), 0, 1);
        transaction.rollbackTo(savepoint);
      });
      assert.deepEqual(await a.range(t, 'j', 'l'), ['0', '0']);
      const b = script.begin(RC);
      const waiting = await blocked(b, b.update(t, 'j', set('b')));
      await a.commit();
      assert.equal(await waiting.outcome, 'ok');
      await b.commit();
      assert.deepEqual(await script.begin(RC).range(t, 'j', 'l'), ['b', '0']);
    },
  },
  {
    name: 'a key that an earlier statement has claimed and left is inserted by a later one',
    async run() {
      const script = await Script.open();
      const t = await script.table({ j: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      const { transaction } = a;
      // As ON CONFLICT DO NOTHING does where the row has another key that is taken. Without savepoints, as statements are that need none.
      transaction.beginStatement({ text: 'claim' });
      await transaction.claimKey(t, 'k');
      transaction.endStatement();
      transaction.beginStatement({ text: 'insert' });
      await transaction.claimKey(t, 'k');
      transaction.insert(t, 'k', keyBytes('1'), 0, 1);
      const scan = transaction.openScan(t, { low: '', high: undefined });
      assert.ok(scan.next());
      assert.equal(scan.count, 1);
      transaction.endStatement();
      assert.deepEqual(await a.range(t, '', 'z'), ['0', '1']);
      const waiting = await blocked(b, b.insert(t, 'k', '2'));
      await a.commit();
      assert.equal(await waiting.outcome, '23505');
    },
  },
  {
    name: 'a key that no page takes is refused when it is given',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      const savepoint = a.savepoint();
      for (const length of [129, 70_000]) await assert.rejects(a.insert(t, 'x'.repeat(length), '1'), { code: '54000' });
      a.rollbackTo(savepoint);
      await a.insert(t, 'x'.repeat(128), '1');
      await a.commit();
      assert.equal(await b.get(t, 'x'.repeat(128)), '1');
      assert.equal(await b.get(t, 'x'.repeat(70_000)), undefined);
    },
  },
  {
    name: 'ROLLBACK TO gives back the locks taken since',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      const savepoint = a.savepoint();
      await a.update(t, 'k', set('a'));
      const waiting = await blocked(b, b.update(t, 'k', set('b')));
      a.rollbackTo(savepoint);
      await settle();
      assert.equal(b.transaction.isWaiting, false);
      assert.equal(await waiting.outcome, 'ok');
      await b.commit();
      assert.equal(await a.get(t, 'k'), 'b');
    },
  },
  {
    name: 'locks that only a write set tells of have their modes and their ends',
    async run() {
      const script = await Script.open({ mappedClaimsMax: 0 });
      const t = await script.table({ j: '0', k: '0', l: '0' });
      const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      await a.update(t, 'j', set('a'));
      const savepoint = a.savepoint();
      await a.lock(t, 'k', 'no key update');
      assert.equal(t.locks.has('k'), false);
      // As the child of a foreign key does.
      await c.lock(t, 'k', 'key share');
      const waiting = await blocked(b, b.update(t, 'k', set('b')));
      a.rollbackTo(savepoint);
      await settle();
      assert.equal(await waiting.outcome, 'ok');
      await a.delete(t, 'l');
      const sharing = await blocked(c, c.lock(t, 'l', 'key share'));
      await a.commit();
      assert.equal(await sharing.outcome, 'ok');
    },
  },
  {
    name: 'a key is inserted in one step when nobody has or holds it',
    async run() {
      const script = await Script.open({ bulkWritersMax: 2, mappedClaimsMax: 9 });
      const t = await script.table({ j: '0' });
      const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      assert.equal(await a.insertFree(t, 'a', '1'), true);
      assert.equal(await b.insertFree(t, 'b', '1'), true);
      // Only the lock map tells of the third writer's.
      assert.equal(await c.insertFree(t, 'c', '1'), true);
      for (const taken of ['a', 'b', 'c', 'j']) assert.equal(await a.insertFree(t, taken, '2'), false, taken);
      const waiting = await blocked(b, b.insert(t, 'a', '2'));
      await a.commit();
      assert.equal(await waiting.outcome, '23505');
      b.rollback();
      assert.equal(await c.insertFree(t, 'b', '3'), true);
      await c.commit();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['1', '3', '1', '0']);
    },
  },
  {
    name: 'a row is written where the write set keeps it when nobody has or holds its key',
    async run() {
      const script = await Script.open({ bulkWritersMax: 2, mappedClaimsMax: 9 });
      const t = await script.table({ 'j---': '0', 'q---': '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      assert.equal(await a.insertGiven(t, 'j---', '1'), false);
      for (const key of ['k---', 'm---', 'r---', 'i---']) assert.equal(await a.insertGiven(t, key, '1'), true, key);
      for (const key of ['i---', 'm---', 'q---']) assert.equal(await a.insertGiven(t, key, '2'), false, key);
      assert.equal(await a.insertGiven(t, 'n---', 'x'.repeat(200)), false);
      // What another write set has may lie anywhere.
      assert.equal(await b.insertGiven(t, 'n---', '2'), false);
      const waiting = await blocked(b, b.insert(t, 'm---', '2'));
      await a.commit();
      assert.equal(await waiting.outcome, '23505');
      b.rollback();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['1', '0', '1', '1', '0', '1']);
    },
  },
  {
    name: 'index entries written with their row are found by whoever looks for them',
    async run() {
      const script = await Script.open({ bulkWritersMax: 2 });
      const t = await script.table({});
      const [i, j] = [await script.table({}, true), await script.table({ 'z---': '0' }, true)];
      const a = script.begin(RC);
      for (const key of ['b---', 'a---', 'd---']) assert.equal(await a.insertGiven(t, key, '1', [i, j]), true, key);
      const savepoint = a.transaction.savepoint();
      assert.equal(await a.insertGiven(t, 'c---', '1', [i, j]), true);
      a.transaction.rollbackTo(savepoint);
      assert.deepEqual(await a.range(j, 'a', 'z~'), ['1', '1', '1', '0']);
      // Somebody has looked for a key in one of them.
      assert.equal(await a.get(i, 'b---'), '1');
      assert.equal(await a.insertGiven(t, 'e---', '1', [i, j]), false);
      assert.equal(await a.get(i, 'e---'), undefined);
      assert.equal(await a.insertGiven(t, 'e---', '1'), true);
      await a.commit();
      for (const tree of [i, j]) assert.deepEqual(await script.begin(RC).range(tree, 'a', 'y'), ['1', '1', '1']);
    },
  },
  {
    name: 'a block of rows is inserted in one step when all their keys are above what anybody has or holds',
    async run() {
      const script = await Script.open({ bulkWritersMax: 2, mappedClaimsMax: 9 });
      const t = await script.table({ j: '0' });
      const [a, b, c, d, e, f] = [script.begin(RC), script.begin(RC), script.begin(RC), script.begin(RC), script.begin(RC), script.begin(RC)];
      assert.equal(await a.insertAbove(t, { i: '1', k: '1' }), false);
      assert.equal(await a.insertAbove(t, { k: '1', m: '1' }), true);
      assert.equal(await a.insertAbove(t, { m: '2', n: '2' }), false);
      // What another write set has may lie anywhere.
      assert.equal(await b.insertAbove(t, { m: '2', o: '2' }), false);
      const waiting = await blocked(b, b.insert(t, 'm', '2'));
      a.rollback();
      assert.equal(await waiting.outcome, 'ok');
      b.rollback();
      // Only the lock map tells of the third writer's.
      for (const [writer, key] of [[c, 'n'], [d, 'o'], [e, 'p']] as const) assert.equal(await writer.insertFree(t, key, '3'), true, key);
      c.rollback();
      d.rollback();
      assert.equal(await f.insertAbove(t, { o: '4', p: '4' }), false);
      e.rollback();
      const old = script.begin('repeatable read');
      assert.equal(await old.get(t, 'j'), '0');
      assert.equal(await f.insertAbove(t, { o: '4', p: '4' }), true);
      await f.commit();
      const g = script.begin(RC);
      for (const key of ['o', 'p']) await g.delete(t, key);
      await g.commit();
      // Its snapshot shows nothing of what has come and gone since.
      assert.equal(await old.insertAbove(t, { o: '5', p: '5' }), false);
      old.rollback();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['0']);
    },
  },
  {
    name: 'a transaction object that is used again is a new transaction',
    async run() {
      const script = await Script.open();
      const { manager } = script.world;
      const t = await script.table({ j: '0' });
      const first = script.begin(RC);
      assert.equal(first.transaction.lockTable(oid(7), 'row exclusive', 'wait'), true);
      assert.equal(await first.updateFound(t, 'j', '1'), true);
      manager.giveTransaction(first.transaction);
      assert.equal(first.transaction.isReusable, false);
      await first.commit();
      const { id } = first.transaction;
      manager.giveTransaction(first.transaction);
      const other = script.begin('repeatable read');
      assert.equal(other.transaction, first.transaction);
      assert.notEqual(other.transaction.id, id);
      const third = script.begin(RC);
      assert.notEqual(third.transaction, first.transaction);
      assert.equal(third.transaction.lockTable(oid(7), 'access exclusive', 'wait'), true);
      assert.equal(other.transaction.lockTable(oid(7), 'row exclusive', 'skip locked'), false);
      assert.equal(await other.get(t, 'j'), '1');
      await third.update(t, 'j', set('2'));
      await third.commit();
      assert.equal(await other.get(t, 'j'), '1');
      assert.deepEqual([other.transaction.state, other.transaction.writeCount, other.transaction.isolation], ['active', 0, 'repeatable read']);
      other.rollback();
      manager.giveTransaction(other.transaction);
      assert.notEqual(script.begin(RC).transaction, first.transaction);
    },
  },
  {
    name: 'a row is removed in one step when nobody holds or has changed it',
    async run() {
      const { script, t, old, a, b, c } = await threeWriters();
      assert.equal(await a.removeUntouched(t, 'a'), true);
      // Only the lock map tells of the third writer's.
      await c.lock(t, 'c', 'no key update');
      for (const held of ['a', 'b', 'c']) assert.equal(await a.removeUntouched(t, held), false, held);
      const waiting = await blocked(b, b.delete(t, 'a'));
      const savepoint = a.savepoint();
      assert.equal(await a.removeUntouched(t, 'j'), true);
      a.rollbackTo(savepoint);
      await a.update(t, 'k', set('1'));
      await a.commit();
      assert.equal(await waiting.outcome, 'ok');
      // Its snapshot shows what has changed since.
      assert.equal(await old.removeUntouched(t, 'k'), false);
      assert.equal(await old.get(t, 'a'), '0');
      await b.commit();
      c.rollback();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['1', '0', '0', '1']);
    },
  },
  {
    name: 'ROLLBACK TO brings back what a key held before',
    async run() {
      // The second key is above the first one, found in a run, or below it, found by its hash.
      for (const [first, second] of [['j', 'k'], ['k', 'j']] as const) {
        const script = await Script.open();
        const t = await script.table({ j: '0', k: '0' });
        const a = script.begin(RC);
        await a.update(t, first, set('1'));
        await a.update(t, second, set('1'));
        const savepoint = a.savepoint();
        await a.update(t, second, set('2'));
        await a.delete(t, second);
        a.rollbackTo(savepoint);
        assert.equal(await a.get(t, second), '1');
        await a.commit();
        assert.equal(await script.begin(RC).get(t, second), '1');
      }
    },
  },
  {
    name: 'new sharers do not overtake a waiting writer',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      await a.lock(t, 'k', 'share');
      const writing = await blocked(b, b.update(t, 'k', set('b')));
      // Four may pass, no more.
      await passFour(script, t);
      const sharing = await blocked(c, c.lock(t, 'k', 'share'));
      await a.commit();
      assert.equal(await writing.outcome, 'ok');
      assert.equal(c.transaction.isWaiting, true);
      await b.commit();
      assert.equal(await sharing.outcome, 'ok');
    },
  },
  {
    name: 'a cycle through a queue position is dissolved without a victim',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0', m: '0' });
      const [a, b, c] = [script.begin(RC), script.begin(RC), script.begin(RC)];
      await a.lock(t, 'k', 'share');
      await c.update(t, 'm', set('c'));
      const writing = await blocked(b, b.update(t, 'k', set('b')));
      const waitingForC = await blocked(a, a.update(t, 'm', set('a')));
      await passFour(script, t);
      // c queues for a share lock behind b, which waits for a, which waits for c: c may overtake b.
      assert.equal(await outcome(Promise.race([c.lock(t, 'k', 'share'), settle().then(() => settle())])), 'ok');
      assert.equal(c.transaction.isWaiting, false);
      await c.commit();
      assert.equal(await waitingForC.outcome, 'ok');
      await a.commit();
      assert.equal(await writing.outcome, 'ok');
      assert.equal(script.world.manager.statistics().deadlocks, 0);
    },
  },
  {
    name: 'lock_timeout ends a wait',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC, { lockTimeoutMs: 50 })];
      await a.update(t, 'k', set('a'));
      const waiting = await blocked(b, b.update(t, 'k', set('b')));
      script.world.time.advance(60);
      await settle();
      assert.equal(b.transaction.isWaiting, false);
      assert.equal(await waiting.outcome, '55P03');
      assert.equal(script.world.time.timerCount, 0);
      assert.equal(await b.get(t, 'k'), '0');
    },
  },
];
