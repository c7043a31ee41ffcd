/** Schedules about rows that are updated by their keys in one slice: by a value that is given, and by a patch. */
import { strict as assert } from 'node:assert';
import { type Client, Script, outcome } from './client.js';
import { blocked, RC, S, set, threeWriters, type Schedule } from './schedule.js';

/** Write skew between one who has read `a` as `read` does, and changed `j`, and one who reads `j` and changes `a`. */
async function skewOver(read: (client: Client, t: Awaited<ReturnType<Script['table']>>) => Promise<void>): Promise<void> {
  const script = await Script.open();
  const t = await script.table({ a: '0', j: '0' });
  const [one, other] = [script.begin(S), script.begin(S)];
  await read(one, t);
  await one.update(t, 'j', set('1'));
  await other.get(t, 'j');
  assert.equal(await other.updateFound(t, 'a', '1'), true);
  assert.equal(await outcome(other.commit()), 'ok');
  assert.equal(await outcome(one.commit()), '40001');
}

const schedulesOf = (way: 'updateFound' | 'patchFound', suffix: string): readonly Schedule[] => [
  {
    name: `a row is updated by its key in one slice again when its transaction has changed or inserted it${suffix}`,
    async run() {
      const { script, t, a, b } = await threeWriters();
      assert.equal(await a[way](t, 'a', '1'), true);
      assert.equal(await a[way](t, 'a', '2'), true);
      assert.equal(await a.get(t, 'a'), '2');
      const waiting = await blocked(b, b.update(t, 'a', set('5')));
      const savepoint = a.savepoint();
      assert.equal(await a[way](t, 'a', '3'), true);
      await a.delete(t, 'j');
      assert.equal(await a[way](t, 'j', '3'), false);
      a.rollbackTo(savepoint);
      assert.equal(await a.get(t, 'a'), '2');
      assert.equal(await a[way](t, 'j', '3'), true);
      await a.insert(t, 'n', '1');
      assert.equal(await a[way](t, 'n', '4'), true);
      await a.commit();
      await waiting.outcome;
      b.rollback();
      const after = script.begin(RC);
      assert.deepEqual([await after.get(t, 'a'), await after.get(t, 'j'), await after.get(t, 'n')], ['2', '3', '4']);
    },
  },
  {
    name: `READ COMMITTED finds no row where one was removed, put there again and updated by its key${suffix}`,
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0' });
      const a = script.begin(RC);
      const b = script.begin(RC);
      await a.delete(t, 'a');
      await a.insert(t, 'a', '1');
      assert.equal(await a[way](t, 'a', '2'), true);
      const waiting = await blocked(b, b.update(t, 'a', set('5')));
      await a.commit();
      await waiting.outcome;
      await b.commit();
      assert.equal(await script.begin(RC).get(t, 'a'), '2');
    },
  },
  {
    name: `a row is updated by its key in one slice when nobody holds or has changed it${suffix}`,
    async run() {
      const { script, t, old, a, b, c } = await threeWriters();
      assert.equal(await a[way](t, 'a', '1'), true);
      // Only the lock map tells of the third writer's.
      await c.lock(t, 'c', 'no key update');
      for (const held of ['b', 'c', 'x']) assert.equal(await a[way](t, held, '2'), false, held);
      // As the child of a foreign key does, which an update that leaves the key alone lets pass.
      await c.lock(t, 'a', 'key share');
      const waiting = await blocked(b, b.update(t, 'a', set('2')));
      const savepoint = a.savepoint();
      assert.equal(await a[way](t, 'j', '1'), true);
      assert.equal(await a.get(t, 'j'), '1');
      a.rollbackTo(savepoint);
      assert.equal(await a.get(t, 'j'), '0');
      assert.equal(await a[way](t, 'k', '1'), true);
      await a.commit();
      await waiting.outcome;
      // Its snapshot shows what has changed since.
      assert.equal(await old[way](t, 'k', '2'), false);
      assert.equal(await old.get(t, 'a'), '0');
      await b.commit();
      c.rollback();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['2', '1', '0', '0', '1']);
    },
  },
  {
    name: `a row that its transaction has locked is updated by its key in one slice, under that lock${suffix}`,
    async run() {
      const { script, t, a, c } = await threeWriters();
      const waiters = [];
      // Of the lock of the first its write set tells, of that of the other, as long as the first has not ended, the lock map.
      for (const [holder, key] of [[a, 'a'], [c, 'c']] as const) {
        await holder.lock(t, key, 'no key update');
        const savepoint = holder.savepoint();
        assert.equal(await holder[way](t, key, '1'), true);
        assert.equal(await holder[way](t, key, '2'), true);
        assert.equal(await holder.get(t, key), '2');
        holder.rollbackTo(savepoint);
        assert.equal(await holder.get(t, key), '0');
        const other = script.begin(RC);
        await other.lock(t, key, 'key share');
        const waiting = await blocked(other, other.update(t, key, (value) => `${value}3`));
        // Now the lock is an object.
        assert.equal(await holder[way](t, key, '1'), true);
        waiters.push({ other, waiting });
      }
      await a.commit();
      await c.commit();
      for (const { other, waiting } of waiters) {
        assert.equal(await waiting.outcome, 'ok');
        await other.commit();
      }
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'c'), ['13', '0', '13']);
    },
  },
  {
    name: `who shares a row with others does not update it in one slice${suffix}`,
    async run() {
      const { script, t, a, c } = await threeWriters();
      for (const [holder, key] of [[a, 'a'], [c, 'c']] as const) {
        await holder.lock(t, key, 'share');
        const other = script.begin(RC);
        await other.lock(t, key, 'share');
        assert.equal(await holder[way](t, key, '1'), false);
        assert.equal(await other[way](t, key, '1'), false);
        other.rollback();
      }
    },
  },
];

export const updateSchedules: readonly Schedule[] = [
  {
    name: 'a row found by its key is locked in one step when nobody else has to do with it',
    async run() {
      const { script, t, old, a, b, c } = await threeWriters();
      const savepoint = a.savepoint();
      assert.equal(await a.lockUntouched(t, 'a', 'no key update'), true);
      await c.lock(t, 'a', 'key share');
      const waiting = await blocked(b, b.update(t, 'a', set('1')));
      // Now the lock is an object.
      assert.equal(await a.lockUntouched(t, 'a', 'share'), true);
      assert.equal(await a.lockUntouched(t, 'a', 'update'), false);
      a.rollbackTo(savepoint);
      assert.equal(await waiting.outcome, 'ok');
      // Of the locks of the first two their write sets tell, of that of the third the lock map.
      await c.lock(t, 'c', 'no key update');
      for (const held of ['a', 'b', 'c']) assert.equal(await a.lockUntouched(t, held, 'key share'), false, held);
      // Weak ones stand in the lock map.
      for (const [locker, key] of [[a, 'j'], [c, 'k']] as const) {
        for (const mode of ['key share', 'share'] as const) {
          const mark = locker.savepoint();
          assert.equal(await locker.lockUntouched(t, key, mode), true);
          assert.equal(await locker.lockUntouched(t, key, mode), true);
          const blockedWriter = script.begin(RC);
          const held = await blocked(blockedWriter, blockedWriter.delete(t, key));
          assert.equal(await locker.lockUntouched(t, key, 'update'), false);
          locker.rollbackTo(mark);
          assert.equal(await held.outcome, 'ok');
          blockedWriter.rollback();
        }
      }
      // Under its own change.
      await a.update(t, 'j', set('1'));
      assert.equal(await a.lockUntouched(t, 'j', 'no key update'), true);
      assert.equal(await a.lockUntouched(t, 'j', 'update'), false);
      await a.update(t, 'k', set('1'));
      await a.commit();
      // Its snapshot shows what has changed since.
      assert.equal(await old.lockUntouched(t, 'k', 'key share'), false);
      await b.commit();
      c.rollback();
    },
  },
  ...schedulesOf('updateFound', ''),
  ...schedulesOf('patchFound', ', patched'),
  {
    name: 'a row that its transaction has locked is removed by its key in one step, under that lock',
    async run() {
      const { script, t, a, c } = await threeWriters();
      const waiters = [];
      for (const [holder, key, weak] of [[a, 'a', 'j'], [c, 'c', 'k']] as const) {
        // Others may count on the key.
        await holder.lock(t, weak, 'no key update');
        assert.equal(await holder.removeByKey(t, weak), undefined);
        await holder.lock(t, key, 'update');
        const savepoint = holder.savepoint();
        assert.equal(await holder.removeByKey(t, key), true);
        assert.equal(await holder.removeByKey(t, key), false);
        holder.rollbackTo(savepoint);
        assert.equal(await holder.get(t, key), '0');
        const other = script.begin(RC);
        const waiting = await blocked(other, other.lock(t, key, 'key share'));
        assert.equal(await holder.removeByKey(t, key), true);
        waiters.push({ other, waiting });
      }
      await a.commit();
      await c.commit();
      for (const { other, waiting } of waiters) {
        assert.equal(await waiting.outcome, 'ok');
        other.rollback();
      }
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['0', '0', '0']);
    },
  },
  {
    name: 'a row that is found by its key and left has been read',
    run: () =>
      skewOver(async (client, t) => {
        assert.equal(await client.patchFound(t, 'a', '5', true), false);
      }),
  },
  {
    name: 'a row whose change by its key is taken back has been read',
    async run() {
      for (const way of ['updateFound', 'patchFound'] as const) {
        await skewOver(async (client, t) => {
          const savepoint = client.savepoint();
          assert.equal(await client[way](t, 'a', '5'), true);
          assert.equal(await client[way](t, 'a', '6'), true);
          client.rollbackTo(savepoint);
        });
      }
      await skewOver(async (client, t) => {
        const savepoint = client.savepoint();
        assert.equal(await client.removeByKey(t, 'a'), true);
        client.rollbackTo(savepoint);
      });
    },
  },
  {
    name: 'index entries of a row that is updated by its key in one slice follow it, also when it is updated again',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0', j: '0' });
      const index = await script.table({ '0a': 'a', '0j': 'j' }, true);
      const [a, b] = [script.begin(RC), script.begin(RC)];
      assert.equal(await a.updateIndexed(t, index, 'a', '0', '1'), true);
      assert.equal(await a.updateIndexed(t, index, 'j', '0', '1'), true);
      const savepoint = a.savepoint();
      assert.equal(await a.updateIndexed(t, index, 'a', '1', '2'), true);
      assert.equal(await a.updateIndexed(t, index, 'a', '2', '0'), true);
      assert.deepEqual(await a.range(index, '0', '9'), ['a', 'j']);
      a.rollbackTo(savepoint);
      assert.deepEqual(await a.range(index, '1', '9'), ['a', 'j']);
      assert.equal(await a.updateIndexed(t, index, 'j', '1', '3'), true);
      assert.equal(await a.updateIndexed(t, index, 'j', '3', '1'), true);
      assert.deepEqual(await b.range(index, '0', '9'), ['a', 'j']);
      await a.commit();
      assert.deepEqual(await b.range(index, '0', '1'), []);
      assert.deepEqual(await b.range(index, '1', '9'), ['a', 'j']);
    },
  },
  {
    name: 'who wants a unique key that a row gives up in one slice waits for what becomes of that',
    async run() {
      for (const ends of ['commit', 'rollback'] as const) {
        const { script, t, a, b, c } = await threeWriters();
        const index = await script.table({ 0: 'a', 1: 'j', 2: 'k' });
        // Of the first two their write sets tell, of the third the lock map.
        for (const [writer, key, value] of [[a, 'a', '0'], [c, 'j', '1']] as const) {
          const savepoint = writer.savepoint();
          assert.equal(await writer.removeIndexed(t, index, key, value), true);
          writer.rollbackTo(savepoint);
          assert.equal(await writer.removeIndexed(t, index, key, value), true);
          const other = script.begin(RC);
          const waiting = await blocked(other, other.insert(index, value, 'z'));
          if (ends === 'commit') await writer.commit();
          else writer.rollback();
          assert.equal(await waiting.outcome, ends === 'commit' ? 'ok' : '23505');
          other.rollback();
        }
        b.rollback();
      }
    },
  },
  {
    name: 'a patch that is refused leaves nothing behind',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0', j: '0' });
      const [a, b] = [script.begin(RC), script.begin(RC)];
      assert.equal(await a.patchFound(t, 'a', '1', true), false);
      assert.equal(await a.get(t, 'a'), '0');
      assert.equal(a.transaction.writeCount, 0);
      await b.update(t, 'a', set('5'));
      await b.commit();
      assert.equal(await a.patchFound(t, 'j', '1'), true);
      // Its own row as well.
      assert.equal(await a.patchFound(t, 'j', '2', true), false);
      await a.commit();
      assert.deepEqual(await script.begin(RC).range(t, 'a', 'z'), ['5', '1']);
    },
  },
];
