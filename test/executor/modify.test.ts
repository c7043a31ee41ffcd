/** Shows that rows, index entries and constraints change together: INSERT, UPDATE, DELETE, ON CONFLICT, unique and foreign keys, checks. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { types } from '../../base/types.js';
import type { DbError } from '../../base/errors.js';
import type { Datum } from '../../base/datum.js';
import { codeOf, int, op, TestDatabase, text } from './fixture.js';

describe.each(['interpreted', 'generated'] as const)('%s', (mode) => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await TestDatabase.open();
    db.options = { ...db.options, mode };
  });
  afterEach(async () => {
    await db.close();
  });

  function account(): void {
    db.createTable('account', {
      columns: { id: 'int4', owner: 'text!', balance: 'int4' }, key: ['id'],
      indexes: [{ name: 'account_owner', columns: ['owner'], unique: true }, { name: 'account_balance', columns: ['balance'], include: ['owner'] }],
      checks: [{ name: 'account_balance_check', expression: (c) => op(c('balance'), '>=', int(0)) }],
    });
    db.insertRows('account', [[1, 'ada', 10], [2, 'bob', 20], [3, 'cy', null]]);
  }

  /** Rows by balance through the index, to see that entries follow their rows. */
  const byBalance = (low: number): unknown[] =>
    db.exec(db.indexScan('account', 'account_balance', [{ low: { value: int(low), inclusive: true } }], { columns: ['id', 'balance'] }).plan);
  const fieldsOf = (run: () => unknown): DbError => {
    try {
      run();
    } catch (error) {
      return error as DbError;
    }
    throw new Error('did not fail');
  };

  describe('one table', () => {
    test('insert, update, delete keep the indexes', () => {
      account();
      expect(db.rowsOf('account')).toEqual([[1, 'ada', 10], [2, 'bob', 20], [3, 'cy', null]]);
      expect(byBalance(0)).toEqual([[1, 10], [2, 20]]);
      db.exec(db.update('account', (c) => ({ balance: op(c['balance']!, '+', int(5)) }), (c) => op(c['id']!, '=', int(1))));
      expect(byBalance(0)).toEqual([[1, 15], [2, 20]]);
      db.exec(db.update('account', () => ({ id: int(9) }), (c) => op(c['owner']!, '=', text('bob'))));
      expect(byBalance(0)).toEqual([[1, 15], [9, 20]]);
      db.exec(db.delete('account', (c) => op(c['balance']!, '=', int(15))));
      expect(byBalance(0)).toEqual([[9, 20]]);
      expect(db.rowsOf('account')).toEqual([[3, 'cy', null], [9, 'bob', 20]]);
    });

    test('a statement does not meet its own changes', () => {
      account();
      db.exec(db.update('account', (c) => ({ id: op(c['id']!, '+', int(10)) })));
      expect(db.rowsOf('account')).toEqual([[11, 'ada', 10], [12, 'bob', 20], [13, 'cy', null]]);
    });

    test('RETURNING gives the new row, of DELETE the old one', () => {
      account();
      expect(db.exec(db.insert('account', [[4, 'di', 1]], { returning: ['id', 'balance'] }))).toEqual([[4, 1]]);
      expect(db.exec(db.update('account', (c) => ({ balance: op(c['id']!, '*', int(2)) }), (c) => op(c['id']!, '<', int(3)), { returning: ['balance', 'owner'] }))).toEqual([[2, 'ada'], [4, 'bob']]);
      expect(db.exec(db.delete('account', (c) => op(c['id']!, '=', int(4)), { returning: ['owner'] }))).toEqual([['di']]);
    });

    test('NOT NULL, CHECK and UNIQUE in the words of PostgreSQL', () => {
      account();
      const notNull = fieldsOf(() => db.exec(db.insert('account', [[5, null, 1]])));
      expect([notNull.code, notNull.message, notNull.fields.detail]).toEqual(['23502', 'null value in column "owner" of relation "account" violates not-null constraint', 'Failing row contains (5, null, 1).']);
      const check = fieldsOf(() => db.exec(db.insert('account', [[5, 'ed', -1]])));
      expect([check.code, check.message, check.fields.detail]).toEqual(['23514', 'new row for relation "account" violates check constraint "account_balance_check"', 'Failing row contains (5, ed, -1).']);
      const unique = fieldsOf(() => db.exec(db.insert('account', [[5, 'ada', 1]])));
      expect([unique.code, unique.message, unique.fields.detail, unique.fields.constraint]).toEqual(['23505', 'duplicate key value violates unique constraint "account_owner"', 'Key (owner)=(ada) already exists.', 'account_owner']);
      const primary = fieldsOf(() => db.exec(db.insert('account', [[1, 'ed', 1]])));
      expect([primary.code, primary.fields.detail]).toEqual(['23505', 'Key (id)=(1) already exists.']);
      expect(db.rowsOf('account')).toHaveLength(3);
    });

    test('a unique key is checked row by row', () => {
      account();
      expect(codeOf(() => db.exec(db.update('account', (c) => ({ id: op(int(3), '-', c['id']!) }), (c) => op(c['id']!, '<', int(3)))))).toBe('23505');
      db.exec(db.update('account', (c) => ({ id: op(c['id']!, '-', int(1)) })));
      expect(db.rowsOf('account')).toEqual([[0, 'ada', 10], [1, 'bob', 20], [2, 'cy', null]]);
    });

    test('NULLs are distinct unless declared otherwise', () => {
      db.createTable('t', { columns: { a: 'int4', b: 'int4' }, indexes: [{ name: 't_a', columns: ['a'], unique: true }, { name: 't_b', columns: ['b'], unique: true, nullsNotDistinct: true }] });
      db.insertRows('t', [[null, 1], [null, 2], [3, null]]);
      expect(codeOf(() => db.insertRows('t', [[4, null]]))).toBe('23505');
      expect(db.rowsOf('t')).toEqual([[null, 1], [null, 2], [3, null]]);
    });

    test('a partial unique index binds only the rows it holds; an expression index sees the computed value', () => {
      db.createTable('t', {
        columns: { a: 'int4', live: 'bool' },
        indexes: [
          { name: 't_live', columns: ['a'], unique: true, expressions: (c) => ({ keys: [c('a')], predicate: c('live') }) },
          { name: 't_twice', columns: [], unique: true, expressions: (c) => ({ keys: [op(c('a'), '*', c('a'))], predicate: undefined }) },
        ],
      });
      db.insertRows('t', [[1, true], [2, false], [3, false]]);
      expect(codeOf(() => db.insertRows('t', [[-3, false]]))).toBe('23505');
      expect(codeOf(() => db.exec(db.update('t', () => ({ a: int(1), live: { kind: 'constant', value: true, type: types.bool, offset: -1 } }), (c) => op(c['a']!, '=', int(2)))))).toBe('23505');
      db.exec(db.update('t', () => ({ live: { kind: 'constant', value: false, type: types.bool, offset: -1 } })));
      expect(db.rowsOf('t')).toEqual([[1, false], [2, false], [3, false]]);
    });
  });

  describe('ON CONFLICT', () => {
    test('DO NOTHING leaves the row out, on any unique index when none is named', () => {
      account();
      const none = { arbiters: [], action: 'nothing' as const, updated: undefined, existing: [], excluded: [], assignments: [], where: undefined };
      db.exec(db.insert('account', [[1, 'x', 1], [7, 'bob', 1], [8, 'new', 1], [8, 'again', 1]], { onConflict: none }));
      expect(db.rowsOf('account')).toEqual([[1, 'ada', 10], [2, 'bob', 20], [3, 'cy', null], [8, 'new', 1]]);
    });
    test('DO UPDATE changes the row that is there', () => {
      account();
      db.exec(db.upsert('account', ['account_pkey'], [[1, 'ada', 5], [4, 'di', 4]], (e, x) => ({ balance: op(e['balance']!, '+', x['balance']!) })));
      expect(db.rowsOf('account')).toEqual([[1, 'ada', 15], [2, 'bob', 20], [3, 'cy', null], [4, 'di', 4]]);
      db.exec(db.upsert('account', ['account_owner'], [[99, 'bob', 1]], (_, x) => ({ balance: x['balance']! }), (e) => op(e['balance']!, '>', int(100))));
      expect(db.rowsOf('account')).toContainEqual([2, 'bob', 20]);
    });
    test('DO UPDATE of a row of the same statement is 21000; a conflict elsewhere is 23505', () => {
      account();
      const set = (_: unknown, x: Readonly<Record<string, ReturnType<typeof int>>>): Record<string, ReturnType<typeof int>> => ({ balance: x['balance']! });
      expect(codeOf(() => db.exec(db.upsert('account', ['account_pkey'], [[5, 'e', 1], [5, 'f', 2]], set)))).toBe('21000');
      expect(codeOf(() => db.exec(db.upsert('account', ['account_pkey'], [[1, 'e', 1], [1, 'f', 2]], set)))).toBe('21000');
      expect(codeOf(() => db.exec(db.upsert('account', ['account_pkey'], [[5, 'ada', 1]], set)))).toBe('23505');
      expect(db.rowsOf('account')).toHaveLength(3);
    });
  });

  describe('foreign keys', () => {
    type Action = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';
    function family(onDelete: Action, onUpdate: Action, o: { readonly indexed?: boolean; readonly deferrable?: 'initially deferred' } = {}): void {
      db.createTable('parent', { columns: { id: 'int4', name: 'text' }, key: ['id'] });
      db.createTable('child', {
        columns: { id: 'int4', p: 'int4' }, key: ['id'], indexes: o.indexed === false ? [] : [{ name: 'child_p', columns: ['p'] }],
        foreignKeys: [{ name: 'child_p_fkey', columns: ['p'], references: 'parent', to: ['id'], onDelete, onUpdate, ...(o.deferrable === undefined ? {} : { deferrable: o.deferrable }) }],
      });
      db.insertRows('parent', [[1, 'a'], [2, 'b']]);
      db.insertRows('child', [[10, 1], [11, 1], [12, 2], [13, null]]);
    }
    const deleteParent = (id: number): unknown => db.exec(db.delete('parent', (c) => op(c['id']!, '=', int(id))));
    const moveParent = (id: number, to: number): unknown => db.exec(db.update('parent', () => ({ id: int(to) }), (c) => op(c['id']!, '=', int(id))));

    test('a child needs its parent, a parent with children stays', () => {
      family('no action', 'no action');
      const orphan = fieldsOf(() => db.insertRows('child', [[14, 5]]));
      expect([orphan.code, orphan.message, orphan.fields.detail]).toEqual(['23503', 'insert or update on table "child" violates foreign key constraint "child_p_fkey"', 'Key (p)=(5) is not present in table "parent".']);
      const kept = fieldsOf(() => deleteParent(1));
      expect([kept.code, kept.message, kept.fields.detail]).toEqual(['23503', 'update or delete on table "parent" violates foreign key constraint "child_p_fkey" on table "child"', 'Key (id)=(1) is still referenced from table "child".']);
      expect(codeOf(() => moveParent(2, 3))).toBe('23503');
      expect(codeOf(() => db.exec(db.update('child', () => ({ p: int(7) }), (c) => op(c['id']!, '=', int(10)))))).toBe('23503');
      db.exec(db.update('parent', () => ({ name: text('z') })));
      db.exec(db.delete('child', (c) => op(c['p']!, '=', int(2))));
      deleteParent(2);
      expect(db.rowsOf('parent')).toEqual([[1, 'z']]);
    });

    for (const indexed of [true, false]) {
      test(`CASCADE follows delete and update, index on the key: ${indexed}`, () => {
        family('cascade', 'cascade', { indexed });
        moveParent(1, 5);
        expect(db.rowsOf('child')).toEqual([[10, 5], [11, 5], [12, 2], [13, null]]);
        deleteParent(5);
        expect(db.rowsOf('child')).toEqual([[12, 2], [13, null]]);
      });
    }
    test('SET NULL', () => {
      family('set null', 'set null');
      moveParent(1, 5);
      deleteParent(2);
      expect(db.rowsOf('child')).toEqual([[10, null], [11, null], [12, null], [13, null]]);
    });
    test('a table may refer to itself, also within one statement', () => {
      db.createTable('node', { columns: { id: 'int4', up: 'int4' }, key: ['id'] });
      const node = db.tables.get('node')!;
      const key = {
        name: 'node_up_fkey', child: node.definition.oid, childColumns: [1], parent: node.definition.oid, parentColumns: [0], parentIndex: node.definition.indexes[0]!.oid, match: 'simple' as const,
        onDelete: 'cascade' as const, onUpdate: 'no action' as const, onDeleteColumns: undefined, deferrable: 'not deferrable' as const, validated: true,
      };
      (node.definition.foreignKeys as unknown[]).push(key);
      (node.definition.referencedBy as unknown[]).push(key);
      db.insertRows('node', [[1, 3], [2, 1], [3, 2], [4, 1], [5, 4]]);
      expect(codeOf(() => db.insertRows('node', [[6, 7]]))).toBe('23503');
      db.exec(db.delete('node', (c) => op(c['id']!, '=', int(4))));
      expect(db.rowsOf('node')).toEqual([[1, 3], [2, 1], [3, 2]]);
      db.exec(db.delete('node', (c) => op(c['id']!, '=', int(1))));
      expect(db.rowsOf('node')).toEqual([]);
    });
    test('a deferred key is judged at the commit', async () => {
      family('no action', 'no action', { deferrable: 'initially deferred' });
      const { ConstraintChecks, runDeferred } = await import('../../executor/constraint-checks.js');
      const tx = db.begin();
      const run = (rows: readonly (readonly Datum[])[], name: string): unknown => db.run(tx, db.insert(name, rows));
      const settle = (): unknown => {
        tx.beginStatement({ text: 'commit' });
        try {
          return runDeferred(new ConstraintChecks(db.request(tx)), db.constraintsOf(tx));
        } finally {
          tx.endStatement();
        }
      };
      run([[20, 8]], 'child');
      expect(codeOf(settle)).toBe('23503');
      run([[8, 'late']], 'parent');
      expect(settle()).toBeUndefined();
      tx.commitSync();
      expect(db.rowsOf('child')).toContainEqual([20, 8]);
    });
  });

  describe('deferrable unique', () => {
    test('keys may swap within a statement', () => {
      db.createTable('t', { columns: { a: 'int4', b: 'text' }, indexes: [{ name: 't_a', columns: ['a'], unique: true, deferrable: 'initially immediate' }] });
      db.insertRows('t', [[1, 'x'], [2, 'y']]);
      db.exec(db.update('t', (c) => ({ a: op(int(3), '-', c['a']!) })));
      expect(db.rowsOf('t')).toEqual([[2, 'x'], [1, 'y']]);
      expect(codeOf(() => db.insertRows('t', [[2, 'z']]))).toBe('23505');
    });
  });
});
