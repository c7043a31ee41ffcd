/** Statements without a plan of their own: each kind leads to the file that knows it. */
import { DbError, notSupported } from '../base/errors.js';
import type { Statement } from '../parser/ast.js';
import type { Backend, Call, StatementResult } from './backend.js';
import { runCopy } from './copy/copy.js';
import { runDdl } from './ddl/ddl.js';
import { analyze, vacuum } from './ddl/maintenance.js';
import { resolveTable } from './ddl/names.js';
import { runDeferredConstraints } from './execute.js';
import { runExplain } from './explain.js';
import type { CachedStatement } from './plan-cache.js';
import { execute } from './execute-prepared.js';
import { deallocate, prepare } from './prepared.js';
import { settingText } from './settings/setting-text.js';
import { runCall } from './call.js';
import { textResult } from './text-result.js';

const done = (command: string): StatementResult => ({ command, rows: [], rowCount: null, columns: [] });

export async function runUtility(backend: Backend, cached: CachedStatement, call: Call): Promise<StatementResult> {
  const { statement } = cached.parsed;
  const { block } = backend;
  switch (statement.kind) {
    case 'setVariable':
      if (statement.scope === 'local' && block.warnOutsideBlock('SET LOCAL')) return done('SET');
      if (statement.values === undefined) backend.settings.reset(statement.name, statement.scope === 'local');
      else backend.setSetting(statement.name, settingText(backend, statement.name, statement.values), statement.scope === 'local');
      return done('SET');
    case 'resetVariable':
      if (statement.name === undefined) backend.settings.resetAll();
      else backend.settings.reset(statement.name);
      return done('RESET');
    case 'showVariable':
      return show(backend, statement.name, call);
    case 'setTransaction':
      return setTransaction(backend, statement);
    case 'setConstraints':
      return setConstraints(backend, statement);
    case 'discard':
      return discard(backend, statement.target);
    case 'lockTable':
      return lockTables(backend, statement, call);
    case 'prepare':
      prepare(backend, cached, statement);
      return done('PREPARE');
    case 'execute':
      return execute(backend, statement, call);
    case 'deallocate':
      deallocate(backend, statement.name);
      return done(statement.name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE');
    case 'declareCursor':
      await backend.portals.declare(statement, cached, call);
      return done('DECLARE CURSOR');
    case 'fetch':
      return backend.portals.fetch(statement, call);
    case 'closeCursor':
      backend.portals.close(statement.name);
      return done(statement.name === undefined ? 'CLOSE CURSOR ALL' : 'CLOSE CURSOR');
    case 'explain':
      return runExplain(backend, cached, statement, call);
    case 'copy':
      return runCopy(backend, cached, statement, call);
    case 'analyze':
      await analyze(backend, statement, call);
      return done('ANALYZE');
    case 'vacuum':
      block.preventInBlock('VACUUM');
      await vacuum(backend, statement, call);
      return done('VACUUM');
    case 'checkpoint':
      await backend.instance.store.checkpoint();
      return done('CHECKPOINT');
    case 'call':
      return runCall(backend, cached, statement, call);
    case 'unsupported':
      throw notSupported(statement.feature, statement.offset);
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'releaseSavepoint':
    case 'rollbackToSavepoint':
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
      throw new DbError('XX000', `internal error: ${statement.kind} is no utility statement`);
    default:
      return runDdl(backend, cached, call);
  }
}

// ---------------------------------------------------------------------------------------------------------------- settings

function show(backend: Backend, name: string | undefined, call: Call): StatementResult {
  if (name !== undefined) {
    const value = backend.showSetting(name);
    if (value === undefined) throw new DbError('42704', `unrecognized configuration parameter "${name}"`);
    const label = [...backend.settings.all()].find((s) => s.definition.name.toLowerCase() === name.toLowerCase())?.definition.name ?? name;
    return textResult(backend, 'SHOW', [label], [[value]], call);
  }
  const rows = [...backend.settings.all()].map(({ definition }) => [definition.name, backend.showSetting(definition.name)!, definition.description]);
  return textResult(backend, 'SHOW', ['name', 'setting', 'description'], rows, call);
}

function setTransaction(backend: Backend, statement: Extract<Statement, { kind: 'setTransaction' }>): StatementResult {
  if (statement.snapshot !== undefined) throw notSupported('SET TRANSACTION SNAPSHOT', statement.offset);
  const { modes } = statement;
  if (statement.scope === 'transaction') {
    if (!backend.block.warnOutsideBlock('SET TRANSACTION')) backend.block.setModes(modes);
    return done('SET');
  }
  if (modes.isolation !== undefined) backend.settings.set('default_transaction_isolation', modes.isolation, false);
  if (modes.readOnly !== undefined) backend.settings.set('default_transaction_read_only', modes.readOnly ? 'on' : 'off', false);
  if (modes.deferrable !== undefined) backend.settings.set('default_transaction_deferrable', modes.deferrable ? 'on' : 'off', false);
  return done('SET');
}

async function setConstraints(backend: Backend, statement: Extract<Statement, { kind: 'setConstraints' }>): Promise<StatementResult> {
  if (backend.block.warnOutsideBlock('SET CONSTRAINTS')) return done('SET CONSTRAINTS');
  const names = statement.names.length === 0 ? undefined : statement.names.map((name) => name.name);
  for (const name of statement.names) {
    const found = constraintDeferral(backend, name.name);
    if (found === undefined) throw new DbError('42704', `constraint "${name.name}" does not exist`, { offset: name.offset });
    if (found === 'not deferrable') throw new DbError('42809', `constraint "${name.name}" is not deferrable`, { offset: name.offset });
  }
  backend.constraints.setMode(names, statement.deferred);
  if (!statement.deferred) await runDeferredConstraints(backend, backend.block.ensureTransaction(), true, names);
  return done('SET CONSTRAINTS');
}

function constraintDeferral(backend: Backend, name: string): string | undefined {
  for (const record of backend.draft.all()) {
    if (record.kind === 'index' && record.constraint !== undefined && record.name === name) return record.constraint.deferrable;
    if (record.kind === 'table') {
      const key = record.foreignKeys.find((candidate) => candidate.name === name);
      if (key !== undefined) return key.deferrable;
      if (record.checks.some((check) => check.name === name)) return 'not deferrable';
    }
  }
  return undefined;
}

function discard(backend: Backend, target: 'all' | 'plans' | 'sequences' | 'temporary'): StatementResult {
  if (target === 'all') {
    backend.block.preventInBlock('DISCARD ALL');
    backend.portals.closeAll();
    backend.settings.resetAll();
    backend.prepared.clear();
    backend.system.discardLocks();
  }
  if (target === 'all' || target === 'sequences') backend.system.discardSequences();
  if (target === 'all' || target === 'temporary') backend.dropTemporaryAfterwards = true;
  return done(`DISCARD ${target.toUpperCase()}`.replace('TEMPORARY', 'TEMP'));
}

// ---------------------------------------------------------------------------------------------------------------- LOCK TABLE

async function lockTables(backend: Backend, statement: Extract<Statement, { kind: 'lockTable' }>, call: Call): Promise<StatementResult> {
  backend.block.requireTransactionBlock('LOCK TABLE');
  const tx = backend.block.ensureTransaction();
  for (const { name } of statement.tables) {
    const table = resolveTable(backend, name);
    try {
      const waiting = tx.lockTable(table.oid as never, statement.mode, statement.nowait ? 'nowait' : 'wait');
      if (waiting instanceof Promise) await backend.waitFor(waiting, tx, call.deadlineMs);
    } catch (error) {
      if (error instanceof DbError && error.code === '55P03' && statement.nowait) throw new DbError('55P03', `could not obtain lock on relation "${name.name}"`, { cause: error });
      throw error;
    }
  }
  return done('LOCK TABLE');
}
