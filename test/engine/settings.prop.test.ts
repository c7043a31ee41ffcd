/** The settings that are asked for at every statement are kept read (`Settings.hot`): after any change, undone or not, they are what the settings are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Settings, type SettingsMark } from '../../engine/settings/settings.js';

const values: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['default_transaction_isolation', ['serializable', 'repeatable read', 'read committed']],
  ['default_transaction_read_only', ['on', 'off']],
  ['synchronous_commit', ['on', 'off']],
  ['statement_timeout', ['0', '5s']],
  ['idle_in_transaction_session_timeout', ['0', '7s']],
  ['search_path', ['public', 'a, b']],
];

const name = fc.nat(values.length - 1);
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), name, value: fc.nat(2), isLocal: fc.boolean() }),
  fc.record({ kind: fc.constant('reset' as const), name, isLocal: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('resetAll' as const, 'mark' as const, 'rollbackTo' as const, 'commit' as const) }),
);

function expectFresh(settings: Settings): void {
  const { hot } = settings;
  expect(settings.hot).toBe(hot);
  expect([hot.isolation, hot.readOnly, hot.asyncCommit, hot.statementTimeoutMs, hot.idleTimeoutMs, hot.searchPath]).toEqual([
    settings.get('default_transaction_isolation'), settings.getBoolean('default_transaction_read_only'), settings.get('synchronous_commit') === 'off', settings.getNumber('statement_timeout'),
    settings.getNumber('idle_in_transaction_session_timeout'), settings.get('search_path'),
  ]);
}

test('what is kept of the settings follows every change', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const settings = new Settings(new Map([['statement_timeout', '3000']]));
      const marks: SettingsMark[] = [];
      for (const one of steps) {
        expectFresh(settings);
        if (one.kind === 'set') settings.set(values[one.name]![0], values[one.name]![1].at(one.value % values[one.name]![1].length)!, one.isLocal);
        else if (one.kind === 'reset') settings.reset(values[one.name]![0], one.isLocal);
        else if (one.kind === 'mark') marks.push(settings.mark());
        else if (one.kind === 'rollbackTo') settings.rollbackTo(marks.pop() ?? settings.mark());
        else if (one.kind === 'resetAll') settings.resetAll();
        else settings.commit();
      }
      expectFresh(settings);
    }),
    { numRuns: 500 },
  );
});
