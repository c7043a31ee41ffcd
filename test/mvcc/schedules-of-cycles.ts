/** Schedules about what SERIALIZABLE refuses and what it lets commit: cycles, pivots, phantoms, absent keys, doomed transactions, safe snapshots. */
import { strict as assert } from 'node:assert';
import { keyBytes } from '../../base/bytes.js';
import { Script, outcome, settle } from './client.js';
import { blocked, S, set, type Schedule } from './schedule.js';

export const cycleSchedules: readonly Schedule[] = [
  {
    name: '1 write skew',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '1', b: '1' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      await t1.range(t, 'a', 'b');
      await t2.range(t, 'a', 'b');
      await t1.update(t, 'a', set('0'));
      await t2.update(t, 'b', set('0'));
      assert.equal(await outcome(t1.commit()), 'ok');
      assert.equal(await outcome(t2.commit()), '40001');
    },
  },
  {
    name: '1b write skew over one of many reads',
    async run() {
      // So many that they stay among the recent reads, and so many that they do not.
      for (const [count, overwritten] of [[40, 'k100'], [40, 'k120'], [40, 'k139'], [140, 'k100'], [140, 'k170'], [140, 'k239']] as const) {
        const script = await Script.open();
        const keys = Array.from({ length: count }, (_, i) => `k${100 + i}`);
        const t = await script.table({ ...Object.fromEntries(keys.map((key) => [key, '0'])), x: '0' });
        const [t1, t2, t3] = [script.begin(S), script.begin(S), script.begin(S)];
        for (const key of keys) await t1.get(t, key);
        await t2.get(t, 'x');
        await t3.get(t, overwritten);
        await t1.update(t, 'x', set('1'));
        await t2.update(t, overwritten, set('1'));
        assert.equal(await outcome(t3.commit()), 'ok');
        assert.equal(await outcome(t2.commit()), 'ok');
        assert.equal(await outcome(t1.commit()), '40001');
      }
    },
  },
  {
    // A cycle of five, of which the third has ended before the last begins and precedes it by no path of its own edges: p read what e changed, n what e wrote,
    // x changed what n had read, t what x had read, p what t had read.
    name: 'a transaction that is complete is kept while one that it may depend on is',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0', b: '0', c: '0', d: '0', z: '0' });
      const [p, x, e] = [script.begin(S), script.begin(S), script.begin(S)];
      await p.get(t, 'a');
      await x.get(t, 'c');
      await e.update(t, 'a', set('1'));
      assert.equal(await outcome(e.commit()), 'ok');
      const n = script.begin(S);
      assert.equal(await n.get(t, 'a'), '1');
      await n.get(t, 'b');
      await n.update(t, 'z', set('1'));
      assert.equal(await outcome(n.commit()), 'ok');
      const last = script.begin(S);
      await last.get(t, 'd');
      await x.update(t, 'b', set('1'));
      assert.equal(await outcome(x.commit()), 'ok');
      await p.update(t, 'd', set('1'));
      assert.equal(await outcome(p.commit()), 'ok');
      await last.update(t, 'c', set('1'));
      assert.equal(await outcome(last.commit()), '40001');
    },
  },
  {
    name: 'a scan that a commit interrupts looks for edges behind its last row',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '1', b: '1', x: '0' });
      const [reader, writer] = [script.begin(S), script.begin(S)];
      await writer.get(t, 'x');
      await reader.statement('scan', async () => {
        const scan = reader.transaction.openScan(t, { low: 'a', high: 'm' });
        assert.equal(scan.next(), true);
        await writer.insert(t, 'c', '1');
        assert.equal(await outcome(writer.commit()), 'ok');
        assert.equal(scan.next(), false);
      });
      assert.equal(await outcome(reader.update(t, 'x', set('1')).then(() => reader.commit())), '40001');
    },
  },
  {
    name: 'a scan that is closed after its transaction was doomed registers nothing',
    async run() {
      for (const isReverse of [false, true]) {
        const script = await Script.open();
        const { manager } = script.world;
        const t = await script.table({ a: '1', b: '1' });
        const reader = script.begin(S);
        reader.transaction.beginStatement({ text: 'scan' });
        const scan = reader.transaction.openScan(t, { low: 'a', high: 'm' }, { reverse: isReverse });
        assert.equal(scan.next(), true);
        reader.transaction.cancelSnapshot();
        scan.close();
        reader.transaction.endStatement();
        reader.transaction.rollback();
        assert.equal(manager.statistics().sireadEntries, 0);
      }
    },
  },
  {
    name: 'a savepoint that is rolled back after its transaction was doomed registers nothing',
    async run() {
      const script = await Script.open();
      const { manager } = script.world;
      const t = await script.table({ a: '1' });
      const writer = script.begin(S);
      const savepoint = writer.transaction.savepoint();
      await writer.insert(t, 'b', '1');
      writer.transaction.cancelSnapshot();
      writer.transaction.rollbackTo(savepoint);
      writer.transaction.rollback();
      assert.equal(manager.statistics().sireadEntries, 0);
    },
  },
  {
    name: '2 read-only anomaly',
    async run() {
      for (const variant of ['reader commits first', 'without reader', 'writer commits first'] as const) {
        const script = await Script.open();
        const t = await script.table({ x: '0', y: '0' });
        const [t1, t2] = [script.begin(S), script.begin(S)];
        await t2.get(t, 'x');
        await t2.get(t, 'y');
        await t1.get(t, 'y');
        await t1.update(t, 'y', set('20'));
        assert.equal(await outcome(t1.commit()), 'ok');
        if (variant === 'reader commits first') {
          const t3 = script.begin(S);
          await t3.get(t, 'x');
          await t3.get(t, 'y');
          assert.equal(await outcome(t3.commit()), 'ok');
          assert.equal(await outcome(t2.update(t, 'x', set('-11')).then(() => t2.commit())), '40001');
        } else if (variant === 'without reader') {
          await t2.update(t, 'x', set('-11'));
          assert.equal(await outcome(t2.commit()), 'ok');
        } else {
          const t3 = script.begin(S);
          await t3.get(t, 'y');
          await t2.update(t, 'x', set('-11'));
          assert.equal(await outcome(t2.commit()), 'ok');
          assert.equal(await outcome(t3.get(t, 'x').then(() => t3.commit())), '40001');
        }
      }
    },
  },
  {
    name: '2b a reader that ends first in a cycle of four',
    async run() {
      for (const isPreceded of [true, false]) {
        const script = await Script.open();
        const t = await script.table({ a: '0', b: '0', c: '0', y: '0' });
        const [early, first] = [script.begin(S), script.begin(S)];
        await early.get(t, isPreceded ? 'y' : 'c');
        await first.update(t, 'y', set('1'));
        assert.equal(await outcome(first.commit()), 'ok');
        const [reader, late] = [script.begin(S), script.begin(S)];
        await reader.get(t, 'y');
        await reader.get(t, 'b');
        await late.get(t, 'a');
        await early.update(t, 'a', set('1'));
        assert.equal(await outcome(early.commit()), 'ok');
        assert.equal(await outcome(reader.commit()), 'ok');
        assert.equal(script.world.manager.statistics().nodesKept, isPreceded ? 3 : 1);
        // late -> early -> first -> reader -> late.
        assert.equal(await outcome(late.update(t, 'b', set('1')).then(() => late.commit())), isPreceded ? '40001' : 'ok');
      }
    },
  },
  {
    name: '2b a reader that ends while a commit waits that it precedes',
    async run() {
      for (const isPreceded of [true, false]) {
        const script = await Script.open();
        const t = await script.table({ a: '0', c: '0', y: '0' });
        const { store, time, manager } = script.world;
        const [late, first] = [script.begin(S), script.begin(S)];
        await late.get(t, isPreceded ? 'y' : 'c');
        await late.update(t, 'a', set('1'));
        await first.update(t, 'y', set('1'));
        assert.equal(await outcome(first.commit()), 'ok');
        store.syncMsAverage = 0.3;
        const committing = outcome(late.commit());
        await settle();
        assert.equal(late.transaction.lifecycle, 'active');
        const reader = script.begin(S);
        await reader.get(t, 'y');
        assert.equal(await reader.get(t, 'a'), '0');
        assert.equal(await outcome(reader.commit()), 'ok');
        assert.equal(manager.statistics().nodesKept, isPreceded ? 2 : 1);
        time.turn();
        // late -> first -> reader -> late.
        assert.equal(await committing, isPreceded ? '40001' : 'ok');
      }
    },
  },
  {
    name: '2c a serializable read within one slice is one only where it can be in no cycle',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0', z: '0' });
      const { manager, store } = script.world;
      const isSafe = (): boolean => {
        const reader = manager.beginSlice([], true, { text: 'get' });
        reader?.endSlice();
        return reader !== undefined;
      };
      store.isImmediate = false;
      const [early, other, first] = [script.begin(S), script.begin(S), script.begin(S)];
      await early.get(t, 'y');
      await other.get(t, 'z');
      await first.update(t, 'y', set('1'));
      assert.equal(isSafe(), true, 'beside who is under way, when nothing has been published since');
      const committing = first.commit();
      await settle();
      assert.equal(isSafe(), true, 'before what precedes it is published');
      store.flush(1);
      await committing;
      assert.equal(isSafe(), false, 'early precedes first, and may change what is read');
      await other.commit();
      await early.update(t, 'x', set('1'));
      const earlyCommitting = early.commit();
      await settle();
      assert.equal(early.transaction.lifecycle, 'precommitted');
      assert.equal(isSafe(), false, 'it has changed that, and is not seen');
      store.flush(1);
      await earlyCommitting;
      assert.equal(isSafe(), true, 'both are seen');
      const late = script.begin(S);
      await late.get(t, 'x');
      await late.update(t, 'z', set('1'));
      assert.equal(isSafe(), true, 'beside a writer that has seen what it sees');
      assert.equal(manager.snapshots.size, 1);
    },
  },
  {
    name: '3 a pivot without a cycle',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0', z: '0' });
      const [t1, t2, t3] = [script.begin(S), script.begin(S), script.begin(S)];
      await t1.get(t, 'x');
      await t2.get(t, 'y');
      await t3.update(t, 'y', set('3'));
      assert.equal(await outcome(t3.commit()), 'ok');
      await t2.update(t, 'x', set('2'));
      assert.equal(await outcome(t2.commit()), 'ok');
      await t1.update(t, 'z', set('1'));
      assert.equal(await outcome(t1.commit()), 'ok');
    },
  },
  {
    name: '4 inserts next to each other after reads of absent keys',
    async run() {
      for (const crossed of [false, true]) {
        for (const how of ['insert', 'upsert'] as const) {
          const script = await Script.open();
          const t = await script.table();
          const [t1, t2] = [script.begin(S), script.begin(S)];
          await t1.get(t, '2');
          await t2.get(t, crossed ? '1' : '3');
          await t1[how](t, crossed ? '1' : '2', 'x');
          await t2[how](t, crossed ? '2' : '3', 'y');
          assert.equal(await outcome(t1.commit()), 'ok');
          assert.equal(await outcome(t2.commit()), crossed ? '40001' : 'ok');
        }
      }
    },
  },
  {
    name: '4b phantoms in an empty range',
    async run() {
      const script = await Script.open();
      const t = await script.table();
      const [t1, t2] = [script.begin(S), script.begin(S)];
      await t1.range(t, 'a', 'm');
      await t2.range(t, 'n', 'z');
      await t1.insert(t, 'p', '1');
      await t2.insert(t, 'c', '2');
      assert.equal(await outcome(t1.commit()), 'ok');
      assert.equal(await outcome(t2.commit()), '40001');
    },
  },
  {
    name: '5 a cycle of four closed by a read of what was written',
    async run() {
      for (const withD of [true, false]) {
        const script = await Script.open();
        const t = await script.table({ a: '0', b: '0', c: '0' });
        const [A, B, C] = [script.begin(S), script.begin(S), script.begin(S)];
        await A.get(t, 'b');
        await B.get(t, 'c');
        await C.update(t, 'c', set('C'));
        assert.equal(await outcome(C.commit()), 'ok');
        await B.update(t, 'b', set('B'));
        assert.equal(await outcome(B.commit()), 'ok');
        if (withD) {
          const D = script.begin(S);
          assert.equal(await D.get(t, 'c'), 'C');
          await D.get(t, 'a');
          assert.equal(await outcome(D.commit()), 'ok');
        }
        assert.equal(await outcome(A.update(t, 'a', set('A')).then(() => A.commit())), withD ? '40001' : 'ok');
      }
    },
  },
  {
    name: '6 insert and update by two others, neither visible',
    async run() {
      const script = await Script.open();
      const t = await script.table({ j: '0' });
      const t1 = script.begin(S);
      await t1.get(t, 'q');
      const t2 = script.begin(S);
      await t2.insert(t, 'k', '2');
      await t2.get(t, 'm');
      assert.equal(await outcome(t2.commit()), 'ok');
      const t3 = script.begin(S);
      await t3.update(t, 'k', set('3'));
      assert.equal(await outcome(t3.commit()), 'ok');
      const result = await outcome(
        (async () => {
          assert.equal(await t1.get(t, 'k'), undefined);
          await t1.insert(t, 'm', '1');
          await t1.commit();
        })(),
      );
      assert.equal(result, '40001');
    },
  },
  {
    name: '7 a duplicate of a key that was read as absent',
    async run() {
      for (const both of [true, false]) {
        const script = await Script.open();
        const t = await script.table();
        const [t1, t2] = [script.begin(S), script.begin(S)];
        await t2.get(t, 'k');
        await t1.get(t, both ? 'k' : 'z');
        await t1.insert(t, 'k', '1');
        const waiting = await blocked(t2, t2.insert(t, 'k', '2'));
        assert.equal(await outcome(t1.commit()), 'ok');
        assert.equal(await waiting.outcome, '40001');
      }
    },
  },
  {
    name: '7 a duplicate of a key that has been taken all along',
    async run() {
      for (const isReplaced of [true, false]) {
        const script = await Script.open();
        const t = await script.table({ k: '0', n: '0' });
        const [t1, t2] = [script.begin(S), script.begin(S)];
        assert.equal(await t1.get(t, 'n'), '0');
        if (isReplaced) await t2.delete(t, 'k');
        if (isReplaced) await t2.insert(t, 'k', '1');
        else await t2.statement('update', async () => {
          await t2.transaction.lockRow(t, 'k', 'update', 'wait');
          t2.transaction.update(t, 'k', keyBytes('1'), 0, 1, { changesKeyColumns: true });
        });
        await t2.update(t, 'n', set('1'));
        assert.equal(await outcome(t2.commit()), 'ok');
        const savepoint = t1.savepoint();
        assert.equal(await outcome(t1.insert(t, 'k', '2')), '23505');
        t1.rollbackTo(savepoint);
        assert.equal(await outcome(t1.commit()), 'ok');
      }
    },
  },
  {
    name: '8 a duplicate swallowed by a savepoint',
    async run() {
      const script = await Script.open();
      const t = await script.table({ n: '0' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      await t2.get(t, 'n');
      await t1.insert(t, 'k', '1');
      await t1.update(t, 'n', set('1'));
      assert.equal(await outcome(t1.commit()), 'ok');
      const savepoint = t2.savepoint();
      // Only where that it was a duplicate fits to what has been read may it be caught.
      assert.equal(await outcome(t2.insert(t, 'k', '2')), '40001');
      t2.rollbackTo(savepoint);
      assert.equal(await outcome(t2.commit()), '40001');
    },
  },
  {
    name: '8 a duplicate swallowed before what forbids it is read',
    async run() {
      const script = await Script.open();
      const t = await script.table({ n: '0', z: '0' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      await t2.get(t, 'z');
      await t1.insert(t, 'k', '1');
      await t1.update(t, 'n', set('1'));
      assert.equal(await outcome(t1.commit()), 'ok');
      const savepoint = t2.savepoint();
      assert.equal(await outcome(t2.insert(t, 'k', '2')), '23505');
      t2.rollbackTo(savepoint);
      assert.equal(await outcome(t2.get(t, 'n')), '40001');
    },
  },
  {
    name: '9 a tree is removed after whoever has read or changed what it held',
    async run() {
      for (const isRead of [true, false]) {
        const script = await Script.open();
        const [t, n] = [await script.table({ k: '0' }), await script.table({ n: '0' })];
        const [t1, t2] = [script.begin(S), script.begin(S)];
        assert.equal(await t1.get(n, 'n'), '0');
        if (isRead) assert.equal(await t2.get(t, 'k'), '0');
        else await t2.update(t, 'k', set('1'));
        await t2.update(n, 'n', set('1'));
        assert.equal(await outcome(t2.commit()), 'ok');
        assert.equal(await outcome(t1.statement('truncate', () => Promise.resolve(t1.transaction.dropTree(t.id, 'removed')))), '40001');
      }
    },
  },
  {
    name: '9 a tree is removed after whoever had filled it',
    async run() {
      const script = await Script.open();
      const [t, n, m] = [await script.table({ k: '0' }), await script.table({ n: '0' }), await script.table({ m: '0' })];
      const first = script.begin(S);
      assert.equal(await first.get(n, 'n'), '0');
      const filler = script.begin(S);
      await filler.update(n, 'n', set('1'));
      await filler.insert(t, 'l', '1');
      assert.equal(await outcome(filler.commit()), 'ok');
      const remover = script.begin(S);
      assert.equal(await remover.get(m, 'm'), '0');
      await remover.statement('drop', () => Promise.resolve(remover.transaction.dropTree(t.id, 'removed')));
      assert.equal(await outcome(remover.commit()), 'ok');
      // first, filler, remover, first.
      assert.equal(await outcome(first.update(m, 'm', set('1')).then(() => first.commit())), '40001');
    },
  },
  {
    name: '9 what was read of an index that is dropped was read of the table',
    async run() {
      const cases = [['values', 'update', '40001'], ['values', 'delete', '40001'], ['presence', 'update', '40001'], ['presence', 'delete', '40001']] as const;
      for (const [read, change, expected] of cases) {
        for (const isEarlier of [true, false]) {
          const script = await Script.open();
          const [t, index, n] = [await script.table({ k: '0' }), await script.table({ i: 'k' }), await script.table({ n: '0' })];
          const [t1, t2] = [script.begin(S), script.begin(S)];
          assert.equal(await t1.get(n, 'n'), '0');
          if (read === 'values') assert.deepEqual(await t2.range(index, 'a', 'z'), ['k']);
          else assert.equal(await t2.upsert(index, 'i', 'l'), 'nothing');
          await t2.update(n, 'n', set('1'));
          if (isEarlier) assert.equal(await outcome(t2.commit()), 'ok');
          await t1.statement('drop', () => Promise.resolve(t1.transaction.dropTree(index.id, t)));
          if (change === 'update') await t1.update(t, 'k', set('1'));
          else await t1.delete(t, 'k');
          if (!isEarlier) assert.equal(await outcome(t2.commit()), 'ok');
          assert.equal(await outcome(t1.commit()), expected, `${read} ${change}`);
        }
      }
    },
  },
  {
    name: '9 a walk through the newest rows that sees a later change of one',
    async run() {
      const script = await Script.open();
      const child = await script.table({ c: 'p', d: 'q' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      assert.equal(await t1.get(child, 'c'), 'p');
      await t2.update(child, 'c', set('q'));
      assert.equal(await outcome(t2.commit()), 'ok');
      // As a foreign key does that has no index on the side of the children.
      const walk = t1.statement('walk', async () => {
        const scan = t1.transaction.openLatest(child, { low: '', high: undefined }, 'values');
        while (scan.next()) assert.equal(scan.count, 2);
        return Promise.resolve();
      });
      assert.equal(await outcome(walk), '40001');
    },
  },
  {
    name: '9 a foreign-key probe that sees a later delete of the child',
    async run() {
      const script = await Script.open();
      const parent = await script.table({ p: '1' });
      const child = await script.table({ p1: 'c' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      assert.deepEqual(await t1.range(child, 'p', 'p9'), ['c']);
      assert.equal(await t2.delete(child, 'p1'), 1);
      assert.equal(await outcome(t2.commit()), 'ok');
      const result = await outcome(
        (async () => {
          await t1.delete(parent, 'p');
          await t1.statement('probe', () => assert.equal(t1.transaction.probeLatest(child, { low: 'p', high: 'q' }), false));
          await t1.commit();
        })(),
      );
      assert.equal(result, '40001');
    },
  },
  {
    name: '10 reads of a rolled-back savepoint count, its writes do not',
    async run() {
      const script = await Script.open();
      const t = await script.table({ a: '0', b: '0' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      const savepoint = t1.savepoint();
      await t1.get(t, 'b');
      t1.rollbackTo(savepoint);
      await t1.update(t, 'a', set('1'));
      await t2.get(t, 'a');
      await t2.update(t, 'b', set('2'));
      assert.equal(await outcome(t1.commit()), 'ok');
      assert.equal(await outcome(t2.commit()), '40001');

      const u = await script.table({ a: '0', b: '0' });
      const [t3, t4] = [script.begin(S), script.begin(S)];
      await t3.get(u, 'b');
      const again = t3.savepoint();
      await t3.update(u, 'a', set('1'));
      t3.rollbackTo(again);
      await t3.insert(u, 'x', '1');
      await t4.get(u, 'a');
      await t4.update(u, 'b', set('2'));
      assert.equal(await outcome(t3.commit()), 'ok');
      assert.equal(await outcome(t4.commit()), 'ok');
    },
  },
  {
    name: 'LIMIT: a phantom inside the walked range fails, beyond it commits',
    async run() {
      for (const inside of [true, false]) {
        const script = await Script.open();
        const t = await script.table({ b: '1', d: '1', f: '1', x: '0' });
        const [a, b] = [script.begin(S), script.begin(S)];
        assert.equal((await a.range(t, 'a', 'g', 2)).length, 2);
        await b.get(t, 'x');
        await b.update(t, inside ? 'd' : 'f', set('2'));
        await a.update(t, 'x', set('1'));
        assert.equal(await outcome(a.commit()), 'ok');
        assert.equal(await outcome(b.commit()), inside ? '40001' : 'ok');
      }
    },
  },
  {
    name: 'a pivot that rolls back frees the others',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0' });
      const [a, b] = [script.begin(S), script.begin(S)];
      await a.get(t, 'x');
      await b.get(t, 'y');
      await a.update(t, 'y', set('a'));
      await b.update(t, 'x', set('b'));
      b.rollback();
      assert.equal(await outcome(a.commit()), 'ok');
    },
  },
  {
    name: 'DEFERRABLE waits until its snapshot is safe',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0' });
      const writer = script.begin(S);
      await writer.get(t, 'x');
      await writer.update(t, 'y', set('1'));
      const reader = script.begin(S, { readOnly: true, deferrable: true });
      const safe = reader.transaction.awaitSafeSnapshot();
      await settle();
      assert.equal(reader.transaction.isWaiting, true);
      assert.deepEqual(reader.transaction.waitsFor, [writer.transaction.id]);
      await writer.commit();
      await safe;
      assert.equal(await reader.get(t, 'y'), '0');
      assert.equal(script.world.manager.statistics().sireadEntries, 0);
      reader.rollback();
    },
  },
  {
    name: 'DEFERRABLE takes another snapshot when the first is not safe',
    async run() {
      const script = await Script.open();
      const t = await script.table({ x: '0', y: '0' });
      const [t1, t2] = [script.begin(S), script.begin(S)];
      await t2.get(t, 'x');
      await t2.get(t, 'y');
      await t1.get(t, 'y');
      await t1.update(t, 'y', set('20'));
      await t1.commit();
      await t2.update(t, 'x', set('-11'));
      const reader = script.begin(S, { readOnly: true, deferrable: true });
      const safe = outcome(reader.transaction.awaitSafeSnapshot());
      await settle();
      assert.equal(reader.transaction.isWaiting, true);
      assert.equal(await outcome(t2.commit()), 'ok');
      for (let i = 0; i < 3; i++) {
        await settle();
        script.world.time.turn();
      }
      assert.equal(await safe, 'ok');
      assert.equal(await reader.get(t, 'x'), '-11');
      assert.equal(await reader.get(t, 'y'), '20');
      reader.rollback();
    },
  },
];
