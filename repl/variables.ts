/** psql's special variables: those that change how the shell works, and those that say how the last statement went. */
import { DatabaseError } from '../engine/index.js';
import type { Connection, ShellResult } from './connection.js';
import type { ErrorForm } from './errors.js';
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

/** What a special variable changes when it is set, and the value that it then has; undefined stands for \\unset. */
type Effect = (settings: ShellSettings, value: string | undefined) => string;
const flag = (name: string, apply: (settings: ShellSettings, isSet: boolean) => void): Effect => (settings, value) => {
  const isSet = value !== undefined && isOn(name, value);
  apply(settings, isSet);
  return value === undefined ? 'off' : value === '' ? 'on' : value;
};
const choice = <T extends string>(name: string, choices: readonly [T, ...T[]], apply: (settings: ShellSettings, chosen: T) => void): Effect => (settings, value) => {
  const chosen = value === undefined ? choices[0] : oneOf(name, value, choices);
  apply(settings, chosen);
  return chosen;
};
/** What we do not do may be said to stay undone. */
const refused = (name: string): Effect => flag(name, (_settings, isSet) => {
  if (isSet) throw new DatabaseError('0A000', `${name} is not supported`);
});

const effects: Readonly<Record<string, Effect>> = {
  ON_ERROR_STOP: flag('ON_ERROR_STOP', (settings, isSet) => void (settings.onErrorStop = isSet)),
  QUIET: flag('QUIET', (settings, isSet) => void (settings.quiet = isSet)),
  AUTOCOMMIT: flag('AUTOCOMMIT', (settings, isSet) => void (settings.autocommit = isSet)),
  SHOW_ALL_RESULTS: flag('SHOW_ALL_RESULTS', (settings, isSet) => void (settings.showsAllResults = isSet)),
  SINGLELINE: flag('SINGLELINE', (settings, isSet) => void (settings.isSingleLine = isSet)),
  SINGLESTEP: refused('SINGLESTEP'),
  ECHO_HIDDEN: refused('ECHO_HIDDEN'),
  ON_ERROR_ROLLBACK: (settings, value) => {
    settings.onErrorRollback = value === undefined ? 'off' : value.toLowerCase() === 'interactive' ? 'interactive' : isOn('ON_ERROR_ROLLBACK', value) ? 'on' : 'off';
    return value === undefined ? 'off' : value === '' ? 'on' : value;
  },
  ECHO: choice<Echo>('ECHO', ['none', 'all', 'queries', 'errors'], (settings, chosen) => void (settings.echo = chosen)),
  VERBOSITY: choice<ErrorForm['verbosity']>('VERBOSITY', ['default', 'verbose', 'terse', 'sqlstate'], (settings, verbosity) => void (settings.errorForm = { ...settings.errorForm, verbosity })),
  SHOW_CONTEXT: choice<ErrorForm['context']>('SHOW_CONTEXT', ['errors', 'never', 'always'], (settings, context) => void (settings.errorForm = { ...settings.errorForm, context })),
  /** Rows are not fetched in parts: the number changes nothing that is seen. */
  FETCH_COUNT: (_settings, value) => {
    if (value !== undefined && !/^[+-]?\d+$/.test(value)) throw new DatabaseError('22023', `invalid value "${value}" for "FETCH_COUNT": integer expected`);
    return value ?? '0';
  },
};

/** @throws DatabaseError 42602, 22023 for a value that a special variable does not take */
export function setVariable(settings: ShellSettings, name: string, value: string): void {
  if (!/^[A-Za-z0-9_\u0080-\uffff]+$/.test(name)) throw new DatabaseError('42602', `invalid variable name: "${name}"`);
  const effect = Object.hasOwn(effects, name) ? effects[name] : undefined;
  settings.variables.set(name, effect?.(settings, value) ?? value);
}
/** A special variable goes back to its default. */
export function unsetVariable(settings: ShellSettings, name: string): void {
  const effect = Object.hasOwn(effects, name) ? effects[name] : undefined;
  if (effect === undefined) settings.variables.delete(name);
  else settings.variables.set(name, effect(settings, undefined));
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
