/** Schedules about who waits for a row and who need not. Outcomes of published changes are those measured on PostgreSQL 15. */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { RowRef } from '../../mvcc/types.js';
import { Script, outcome, settle } from './client.js';
import { blocked, RC, RR, S, set, type Schedule } from './schedule.js';

export const waitSchedules: readonly Schedule[] = [
  {
    name: 'who has lost to the first updater does not wait',
    async run() {
      for (const level of [RR, S] as const) {
        for (const holds of ['change', 'lock', 'removal'] as const) {
          const script = await Script.open();
          const t = await script.table({ k: '0', l: '0' });
          const losers = [script.begin(level), script.begin(level), script.begin(level), script.begin(level), script.begin(level)];
          for (const loser of losers) assert.equal(await loser.get(t, 'l'), '0');
          const first = script.begin(RC);
          await first.update(t, 'k', set('1'));
          await first.commit();
          const holder = script.begin(RC);
          if (holds === 'change') await holder.update(t, 'k', set('2'));
          else if (holds === 'lock') await holder.lock(t, 'k', 'update');
          else await holder.delete(t, 'k');
          const [a, b, c, d, e] = losers as [typeof holder, typeof holder, typeof holder, typeof holder, typeof holder];
          await assert.rejects(a.update(t, 'k', set('3')), { code: '40001' });
          await assert.rejects(b.delete(t, 'k'), { code: '40001' });
          await assert.rejects(c.lock(t, 'k', 'no key update', 'nowait'), { code: '40001' });
          await assert.rejects(c.lock(t, 'k', 'share', 'skip locked'), { code: '40001' });
          // Whose mode suits the change may still get the row, and who sees the newest one waits.
          const sharing = holds === 'change' ? undefined : await blocked(d, d.lock(t, 'k', 'key share'));
          if (holds === 'change') assert.deepEqual(await d.lock(t, 'k', 'key share'), { kind: 'ok' });
          const newer = script.begin(level);
          const updating = await blocked(newer, newer.update(t, 'k', set('4')));
          for (const loser of [a, b, c, e]) loser.rollback();
          holder.rollback();
          if (sharing !== undefined) assert.equal(await sharing.outcome, 'ok');
          assert.equal(await updating.outcome, 'ok');
        }
      }
    },
  },
  {
    name: 'who has lost to a change that is not published does not wait, and who would not wait finds it locked',
    async run() {
      const script = await Script.open();
      const t = await script.table({ k: '0', l: '0' });
      script.world.store.isImmediate = false;
      const [a, b, first] = [script.begin(RR), script.begin(S), script.begin(S)];
      for (const one of [a, b]) assert.equal(await one.get(t, 'k'), '0');
      await first.update(t, 'k', set('1'));
      const waiting = await blocked(b, b.update(t, 'k', set('2')));
      const committing = first.commit();
      await settle();
      assert.equal(first.transaction.state, 'precommitted');
      await assert.rejects(a.lock(t, 'k', 'update', 'nowait'), { code: '55P03' });
      assert.deepEqual(await a.lock(t, 'k', 'update', 'skip locked'), { kind: 'skipped' });
      await assert.rejects(a.update(t, 'k', set('3')), { code: '40001' });
      script.world.store.flush(1);
      await committing;
      assert.equal(await waiting.outcome, '40001');
    },
  },
  {
    name: 'a change by its key fails at once where the row that the snapshot shows has changed, and nowhere else',
    async run() {
      for (const level of [RC, RR, S] as const) {
        const script = await Script.open();
        const t = await script.table({ j: '0', k: '0', l: '0' });
        const old = script.begin(level);
        assert.equal(await old.get(t, 'l'), '0');
        const first = script.begin(RC);
        await first.update(t, 'k', set('1'));
        await first.insert(t, 'm', '1');
        await first.commit();
        const refused = (key: string): Promise<string> => outcome(old.statement(`change ${key}`, () => old.transaction.refuseDecided(t, keyBytes(key), key.length, new RowRef(), 'wait')));
        for (const key of ['j', 'l', 'm', 'n']) assert.equal(await refused(key), 'ok');
        assert.equal(await refused('k'), level === RC ? 'ok' : '40001');
      }
    },
  },
];
