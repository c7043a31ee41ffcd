/** Schedules about rows that are inserted, or met, in one slice. */
import { strict as assert } from 'node:assert';
import { Script, outcome } from './client.js';
import { blocked, RC, RR, S, set, threeWriters, type Schedule } from './schedule.js';

/** One meets the row `a` and changes `j`; another reads `j` and changes `a` as `change` does: how the later commit ends. */
async function metRow(change: 'update' | 'delete'): Promise<string> {
  const script = await Script.open();
  const t = await script.table({ a: '0', j: '0' });
  const [one, other] = [script.begin(S), script.begin(S)];
  assert.equal(await one.insertOr('nothing', t, 'a', '5'), 'left');
  await one.update(t, 'j', set('1'));
  await other.get(t, 'j');
  await (change === 'update' ? other.update(t, 'a', set('1')) : other.delete(t, 'a'));
  assert.equal(await outcome(other.commit()), 'ok');
  return outcome(one.commit());
}

export const upsertSchedules: readonly Schedule[] = [
  {
    name: 'that a row met by an insert is there has been read',
    async run() {
      assert.equal(await metRow('delete'), '40001');
    },
  },
  {
    name: 'what is in a row met by an insert has not been read',
    async run() {
      assert.equal(await metRow('update'), 'ok');
    },
  },
  {
    name: 'a row is inserted, or met, in one slice when nobody holds or has changed it',
    async run() {
      const { script, t, old, a, b, c } = await threeWriters();
      assert.equal(await a.insertOr('update', t, 'd', '1'), 'inserted');
      assert.equal(await a.insertOr('update', t, 'd', '2'), 'updated');
      assert.equal(await a.insertOr('nothing', t, 'd', '3'), 'left');
      assert.equal(await a.insertOr('update', t, 'a', '1'), 'updated');
      // Only the lock maps tell of the third writer's.
      assert.equal(await c.insertOr('update', t, 'e', '1'), 'inserted');
      await c.lock(t, 'c', 'no key update');
      for (const held of ['b', 'c', 'e']) assert.equal(await a.insertOr('nothing', t, held, '2'), undefined, held);
      for (const held of ['a', 'd']) assert.equal(await b.insertOr('update', t, held, '2'), undefined, held);
      const waiting = await blocked(b, b.insert(t, 'd', '2'));
      const savepoint = a.savepoint();
      assert.equal(await a.insertOr('update', t, 'f', '1'), 'inserted');
      assert.equal(await a.insertOr('update', t, 'd', '4'), 'updated');
      a.rollbackTo(savepoint);
      assert.equal(await a.insertOr('nothing', t, 'f', '5'), 'inserted');
      await a.delete(t, 'k');
      await a.commit();
      assert.equal(await waiting.outcome, '23505');
      b.rollback();
      // What has changed, come or gone since its snapshot.
      for (const key of ['a', 'd', 'f', 'k']) for (const action of ['update', 'nothing'] as const) assert.equal(await old.insertOr(action, t, key, '6'), undefined, `${action} ${key}`);
      await c.commit();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['1', '0', '0', '2', '1', '5', '0']);
    },
  },
  {
    name: 'a row that its transaction has removed, claimed or locked is not for one slice to insert',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0', j: '0' });
      const a = script.begin(RR);
      await a.delete(t, 'j');
      assert.equal(await a.insertOr('update', t, 'j', '1'), undefined);
      await a.insert(t, 'j', '1');
      assert.equal(await a.insertOr('update', t, 'j', '2'), 'updated');
      await a.lock(t, 'a', 'no key update');
      assert.equal(await a.insertOr('nothing', t, 'a', '2'), 'left');
      assert.equal(await a.insertOr('update', t, 'a', '2'), 'updated');
      await a.commit();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['2', '2']);
    },
  },
];
