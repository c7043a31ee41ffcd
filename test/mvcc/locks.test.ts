/** Locks of every kind: conflict tables, queues, deadlocks and their victims, ways out of a wait, views. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERIFY } from '../../base/assert.js';
import { DbError } from '../../base/errors.js';
import { oid } from '../../base/ids.js';
import type { DeadlockConflict } from '../../mvcc/conflict.js';
import type { RowLockMode, TableLockMode } from '../../mvcc/types.js';
import { checkInvariants } from '../../mvcc/verify.js';
import { Script, outcome, settle } from './client.js';

const tableModes: readonly TableLockMode[] = [
  'access share',
  'row share',
  'row exclusive',
  'share update exclusive',
  'share',
  'share row exclusive',
  'exclusive',
  'access exclusive',
];
/** PostgreSQL's documented table: x where the modes conflict. */
const tableConflicts = [
  '.......x', //
  '......xx',
  '....xxxx',
  '...xxxxx',
  '..xx.xxx',
  '..xxxxxx',
  '.xxxxxxx',
  'xxxxxxxx',
];
const rowModes: readonly RowLockMode[] = ['key share', 'share', 'no key update', 'update'];
const rowConflicts = ['...x', '..xx', '.xxx', 'xxxx'];

describe('locks', () => {
  beforeAll(() => {
    VERIFY.on = true;
  });
  afterAll(() => {
    VERIFY.on = false;
  });

  it('table modes conflict as in PostgreSQL', async () => {
    const script = await Script.open();
    for (let held = 0; held < 8; held++) {
      for (let asked = 0; asked < 8; asked++) {
        const [a, b] = [script.begin('read committed'), script.begin('read committed')];
        expect(a.transaction.lockTable(oid(7), tableModes[held]!, 'wait')).toBe(true);
        const isFree = b.transaction.lockTable(oid(7), tableModes[asked]!, 'skip locked');
        expect(isFree, `${tableModes[held]} then ${tableModes[asked]}`).toBe(tableConflicts[held]![asked] === '.');
        a.rollback();
        b.rollback();
      }
    }
    expect(script.world.manager.locks()).toEqual([]);
  });

  it('row modes conflict as in PostgreSQL, and a holder never conflicts with itself', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    for (let held = 0; held < 4; held++) {
      for (let asked = 0; asked < 4; asked++) {
        const [a, b] = [script.begin('read committed'), script.begin('read committed')];
        await a.lock(t, 'k', rowModes[held]!);
        await a.lock(t, 'k', rowModes[asked]!);
        a.rollback();
        const [c] = [script.begin('read committed')];
        await c.lock(t, 'k', rowModes[held]!);
        const isFree = rowConflicts[held]![asked] === '.';
        expect((await b.lock(t, 'k', rowModes[asked]!, 'skip locked')).kind).toBe(isFree ? 'ok' : 'skipped');
        expect(await outcome(b.lock(t, 'k', rowModes[asked]!, 'nowait'))).toBe(isFree ? 'ok' : '55P03');
        b.rollback();
        c.rollback();
      }
    }
  });

  it('an upgrade goes before those who hold nothing', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const [a, b, c] = [script.begin('read committed'), script.begin('read committed'), script.begin('read committed')];
    await a.lock(t, 'k', 'share');
    await b.lock(t, 'k', 'share');
    const third = outcome(c.lock(t, 'k', 'update'));
    const upgrade = outcome(a.lock(t, 'k', 'update'));
    await settle();
    expect(a.transaction.waitsFor).toEqual([b.transaction.id]);
    expect([...c.transaction.waitsFor].sort()).toEqual([a.transaction.id, b.transaction.id]);
    await b.commit();
    expect(await upgrade).toBe('ok');
    expect(c.transaction.isWaiting).toBe(true);
    await a.commit();
    expect(await third).toBe('ok');
  });

  it('sharers are released together', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const writer = script.begin('read committed');
    await writer.lock(t, 'k', 'update');
    const sharers = [1, 2, 3].map(() => script.begin('read committed'));
    const waits = sharers.map((sharer) => outcome(sharer.lock(t, 'k', 'share')));
    await settle();
    checkInvariants(script.world.manager);
    expect(sharers.map((sharer) => sharer.transaction.isWaiting)).toEqual([true, true, true]);
    await writer.commit();
    expect(await Promise.all(waits)).toEqual(['ok', 'ok', 'ok']);
  });

  it('chooses the same victim every time: the one that changed least, then the youngest', async () => {
    for (const extra of [true, false]) {
      const script = await Script.open();
      const t = await script.table({ a: '0', b: '0', c: '0' });
      const [x, y] = [script.begin('read committed'), script.begin('read committed')];
      await x.update(t, 'a', () => 'x');
      await y.update(t, 'b', () => 'y');
      if (extra) await y.update(t, 'c', () => 'y');
      const first = outcome(x.update(t, 'b', () => 'x'));
      await settle();
      const second = outcome(y.update(t, 'a', () => 'y'));
      await settle();
      const [victim, other] = extra ? [x, first] : [y, second];
      expect(await other).toBe('40P01');
      victim.rollback();
      expect(await (extra ? second : first)).toBe('ok');
    }
  });

  it('a deadlock tells who waited for whom, and in which statement', async () => {
    const script = await Script.open();
    const t = await script.table({ a: '0', b: '0' });
    const [x, y] = [script.begin('read committed'), script.begin('read committed')];
    await x.update(t, 'a', () => 'x');
    await y.update(t, 'b', () => 'y');
    const waiting = outcome(x.update(t, 'b', () => 'x'));
    await settle();
    const error: DbError = await y.update(t, 'a', () => 'y').then(
      () => expect.fail('must fail'),
      (e: unknown) => e as DbError,
    );
    const conflict = error.fields.conflict as DeadlockConflict;
    expect(conflict).toMatchObject({ kind: 'deadlock', victim: y.transaction.id });
    expect(conflict.cycle.map((step) => [step.transaction, step.waitsFor, step.statement?.text])).toEqual(
      expect.arrayContaining([
        [x.transaction.id, y.transaction.id, 'update b'],
        [y.transaction.id, x.transaction.id, 'update a'],
      ]),
    );
    expect(error.fields.detail).toContain('row in relation "t"');
    y.rollback();
    expect(await waiting).toBe('ok');
  });

  it('deadlocks across kinds of locks are found', async () => {
    const script = await Script.open();
    const t = await script.table({ a: '0' });
    const [x, y] = [script.begin('read committed'), script.begin('read committed')];
    await x.update(t, 'a', () => 'x');
    expect(y.transaction.lockTable(oid(9), 'access exclusive', 'wait')).toBe(true);
    const row = outcome(y.update(t, 'a', () => 'y'));
    await settle();
    const table = outcome(Promise.resolve(x.transaction.lockTable(oid(9), 'access share', 'wait')));
    expect(await row).toBe('40P01');
    y.rollback();
    expect(await table).toBe('ok');
  });

  it('waiting for a key somebody is inserting ends with their end', async () => {
    const script = await Script.open();
    const t = await script.table();
    for (const commits of [true, false]) {
      const key = String(commits);
      const [a, b] = [script.begin('read committed'), script.begin('read committed')];
      await a.insert(t, key, 'a');
      const inserting = outcome(b.insert(t, key, 'b'));
      await settle();
      expect(b.transaction.waitsFor).toEqual([a.transaction.id]);
      if (commits) await a.commit();
      else a.rollback();
      expect(await inserting).toBe(commits ? '23505' : 'ok');
      b.rollback();
    }
    expect(script.world.manager.locks()).toEqual([]);
  });

  it('a wait can be cancelled, and its edges go with it', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const [a, b] = [script.begin('read committed'), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    const waiting = outcome(b.update(t, 'k', () => 'b'));
    await settle();
    expect(b.transaction.state).toBe('waiting');
    expect(b.transaction.cancelWait(new DbError('57014', 'canceling statement due to user request'))).toBe(true);
    expect(b.transaction.isWaiting).toBe(false);
    expect(b.transaction.cancelWait(new DbError('57014', 'again'))).toBe(false);
    expect(await waiting).toBe('57014');
    expect(script.world.manager.locks().filter((lock) => !lock.granted)).toEqual([]);
  });

  it('rolling back ends a wait', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const [a, b] = [script.begin('read committed'), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    const waiting = outcome(b.update(t, 'k', () => 'b'));
    await settle();
    b.rollback();
    expect(await waiting).toBe('57014');
    a.rollback();
    expect(script.world.manager.locks()).toEqual([]);
  });

  it('advisory locks: of sessions they are counted and survive the transaction, of transactions they do not', async () => {
    const script = await Script.open();
    const { manager } = script.world;
    const owner = { id: 50 };
    const a = manager.begin({ isolation: 'read committed', owner });
    const b = script.begin('read committed').transaction;
    expect(a.lockAdvisory(1n, { shared: false, session: true, try: false })).toBe(true);
    expect(a.lockAdvisory(1n, { shared: false, session: true, try: false })).toBe(true);
    expect(a.lockAdvisory(2n, { shared: true, session: false, try: false })).toBe(true);
    expect(b.lockAdvisory(2n, { shared: true, session: false, try: true })).toBe(true);
    expect(b.lockAdvisory(2n, { shared: false, session: false, try: true })).toBe(false);
    expect(b.lockAdvisory(1n, { shared: true, session: true, try: true })).toBe(false);
    await a.commit();
    expect(b.lockAdvisory(2n, { shared: false, session: false, try: true })).toBe(true);
    expect(b.lockAdvisory(1n, { shared: true, session: true, try: true })).toBe(false);
    const waiting = outcome(Promise.resolve(b.lockAdvisory(1n, { shared: false, session: true, try: false })));
    const again = manager.begin({ isolation: 'read committed', owner });
    expect(again.unlockAdvisory(1n, false)).toBe(true);
    await settle();
    expect(b.isWaiting).toBe(true);
    manager.endSession(owner);
    expect(await waiting).toBe('ok');
    expect(again.unlockAdvisory(1n, false)).toBe(false);
    again.rollback();
    b.rollback();
    manager.endSession(b.owner);
    expect(manager.locks()).toEqual([]);
  });

  it('shows who holds what and who waits for whom', async () => {
    const script = await Script.open();
    const t = await script.table({ k: '0' });
    const [a, b] = [script.begin('read committed'), script.begin('read committed')];
    await a.update(t, 'k', () => 'a');
    await a.insert(t, 'n', 'a');
    expect(a.transaction.lockTable(oid(3), 'row exclusive', 'wait')).toBe(true);
    void outcome(b.update(t, 'k', () => 'b'));
    await settle();
    const views = script.world.manager.locks();
    expect(views).toContainEqual(expect.objectContaining({ kind: 'row', key: 'n', mode: 'UpdateLock', granted: true, transaction: a.transaction.id }));
    expect(views).toContainEqual(expect.objectContaining({ kind: 'table', object: 'relation 3', mode: 'RowExclusiveLock', granted: true }));
    expect(views).toContainEqual(
      expect.objectContaining({ kind: 'row', key: 'k', mode: 'NoKeyUpdateLock', granted: false, blockers: [a.transaction.id], transaction: b.transaction.id }),
    );
    expect(script.world.manager.activity().map((row) => row.state)).toEqual(['active', 'waiting']);
    a.rollback();
    b.rollback();
  });

  it('the commit turn lets the one that keeps losing through, and never deadlocks', async () => {
    const script = await Script.open();
    const t = await script.table({ x: '0', y: '0' });
    const loser = script.begin('serializable', { commitTurn: true });
    await loser.get(t, 'x');
    const other = script.begin('serializable');
    await other.get(t, 'y');
    await other.update(t, 'x', () => '1');
    const committing = outcome(other.commit());
    await settle();
    expect(other.transaction.waitsFor).toEqual([loser.transaction.id]);
    expect(script.world.manager.locks()).toContainEqual(expect.objectContaining({ kind: 'other', mode: 'CommitTurn', blockers: [loser.transaction.id] }));
    await loser.update(t, 'y', () => '1');
    expect(await outcome(loser.commit())).toBe('ok');
    expect(await committing).toBe('40001');

    const second = script.begin('serializable', { commitTurn: true });
    await second.get(t, 'x');
    const third = script.begin('serializable');
    await third.update(t, 'x', () => '2');
    const waiting = outcome(third.commit());
    await settle();
    expect(third.transaction.isWaiting).toBe(true);
    expect(await outcome(second.update(t, 'x', () => '3'))).toBe('40001'); // waits for third, which therefore goes on
    expect(await waiting).toBe('ok');
    second.rollback();
    expect(script.world.manager.statistics().deadlocks).toBe(0);
  });
});
