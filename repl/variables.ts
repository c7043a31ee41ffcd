/** psql's special variables: those that change how the shell works, and those that say how the last statement went. */
import { DatabaseError } from '../engine/index.js';
import type { Connection, ShellResult } from './connection.js';
import type { Echo, ShellSettings } from './settings.js';

/** `name`: what takes the value, where the message is to say it. @throws DatabaseError 22023 */
export function isOn(name: string | undefined, value: string): boolean {
  if (value === '' || /^(?:1|t|true|on|y|yes)$/i.test(value)) return true;
  if (/^(?:0|f|false|off|n|no)$/i.test(value)) return false;
  throw new DatabaseError('22023', `unrecognized value "${value}"${name === undefined ? '' : ` for "${name}"`}: Boolean expected`);
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === value.toLowerCase());
  if (chosen === undefined) throw new DatabaseError('22023', `unrecognized value "${value}" for "${name}"`, { hint: `Available values are: ${choices.join(', ')}.` });
  return chosen;
}

/** What a variable changes when it is set; undefined stands for \unset. */
const effects: Readonly<Record<string, (settings: ShellSettings, value: string | undefined) => void>> = {
  ON_ERROR_STOP: (settings, value) => void (settings.onErrorStop = value !== undefined && isOn('ON_ERROR_STOP', value)),
  QUIET: (settings, value) => void (settings.quiet = value !== undefined && isOn('QUIET', value)),
  AUTOCOMMIT: (settings, value) => void (settings.autocommit = value === undefined || isOn('AUTOCOMMIT', value)),
  ON_ERROR_ROLLBACK: (settings, value) => void (settings.onErrorRollback = value === undefined ? 'off' : value.toLowerCase() === 'interactive' ? 'interactive' : isOn('ON_ERROR_ROLLBACK', value) ? 'on' : 'off'),
  ECHO: (settings, value) => void (settings.echo = oneOf<Echo>('ECHO', value ?? 'none', ['none', 'all', 'queries', 'errors'])),
};

/** @throws DatabaseError 22023 for a value that a special variable does not take */
export function setVariable(settings: ShellSettings, name: string, value: string): void {
  effects[name]?.(settings, value);
  settings.variables.set(name, value);
}
export function unsetVariable(settings: ShellSettings, name: string): void {
  effects[name]?.(settings, undefined);
  settings.variables.delete(name);
}

/** ERROR, SQLSTATE, ROW_COUNT and, after a failure, LAST_ERROR_MESSAGE and LAST_ERROR_SQLSTATE. */
export function recordOutcome(settings: ShellSettings, results: readonly ShellResult[] | undefined, error: DatabaseError | undefined): void {
  const { variables } = settings;
  variables.set('ERROR', error === undefined ? 'false' : 'true');
  variables.set('SQLSTATE', error?.code ?? '00000');
  variables.set('ROW_COUNT', String(results?.at(-1)?.rowCount ?? 0));
  if (error === undefined) return;
  variables.set('LAST_ERROR_MESSAGE', error.message);
  variables.set('LAST_ERROR_SQLSTATE', error.code);
}

const guard = 'serialite_shell_statement';
const controlsTransaction = /^\s*(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction|vacuum|create\s+database)\b/i;

/**
 * Runs a statement as AUTOCOMMIT and ON_ERROR_ROLLBACK want it: in a transaction begun for it if there is none, and so that a failure takes back
 * that statement alone. The user's own transaction control is left alone.
 */
export async function runGuarded<T>(connection: Connection, settings: ShellSettings, isTerminal: boolean, text: string, run: () => Promise<T>): Promise<T> {
  if (controlsTransaction.test(text)) return run();
  if (!settings.autocommit && connection.status === 'idle') await connection.run('begin');
  const isGuarded = connection.status === 'active' && (settings.onErrorRollback === 'on' || (settings.onErrorRollback === 'interactive' && isTerminal));
  if (!isGuarded) return run();
  await connection.run(`savepoint ${guard}`);
  let result: T;
  try {
    result = await run();
  } catch (error) {
    // A serialization failure has ended more than the statement: there is nothing to go back to.
    await connection.run(`rollback to savepoint ${guard}; release savepoint ${guard}`).catch(() => undefined);
    throw error;
  }
  await connection.run(`release savepoint ${guard}`);
  return result;
}
