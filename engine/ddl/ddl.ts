/**
 * DDL: statements that change the schema. Each is transactional: it works on the session's catalog draft, makes and drops trees through the
 * transaction, and writes the changed records at its end (catalog-store.ts).
 *
 * D1  Whoever changes a relation holds a table lock on it that PostgreSQL would hold, taken before its definition is read; who finds after the wait
 *     that the definition has changed looks it up again.
 * D2  Trees are only ever made new or dropped whole: nothing here changes a row of a user's table in place, except for `update` triggers of types.
 * D3  A REPEATABLE READ or SERIALIZABLE transaction does not touch a definition newer than its snapshot: 40001.
 */
import { DbError, notSupported } from '../../base/errors.js';
import { oid as toOid } from '../../base/ids.js';
import type { Transaction } from '../../mvcc/transaction.js';
import type { TableLockMode } from '../../mvcc/types.js';
import type { QualifiedName, Statement } from '../../parser/ast.js';
import type { Backend, Call, StatementResult } from '../backend.js';
import type { CatalogDraft } from '../catalog/catalog-store.js';
import type { RelationRecord } from '../catalog/catalog-objects.js';
import type { CachedStatement } from '../plan-cache.js';
import { alterTable } from './alter-table.js';
import { comment } from './comment.js';
import { alterComposite, createComposite } from './composite-types.js';
import { createTable } from './create-table.js';
import { createTableAs, refreshMaterializedView } from './create-table-as.js';
import { drop } from './drop.js';
import { createExtension, updateExtension } from './extensions.js';
import { createFunction, alterFunction } from './functions.js';
import { createIndex, reindex } from './indexes.js';
import { findRelation, nameText } from './names.js';
import { rename, setSchema } from './rename.js';
import { createSchema } from './schemas.js';
import { alterSequence, createSequence } from './sequences.js';
import { truncate } from './truncate.js';
import { alterDomain, alterEnum, createDomain, createEnum, createRange } from './user-types.js';
import { createView } from './views.js';

/** What one DDL statement works with. */
export class Ddl {
  readonly backend: Backend;
  readonly tx: Transaction;
  readonly call: Call;
  readonly statement: CachedStatement;

  constructor(backend: Backend, tx: Transaction, call: Call, statement: CachedStatement) {
    this.backend = backend;
    this.tx = tx;
    this.call = call;
    this.statement = statement;
  }

  get draft(): CatalogDraft {
    return this.backend.draft;
  }

  /** Objects that this statement is about to drop: their parts need no care of their own. */
  readonly #dropping = new Set<number>();
  markDropping(oid: number): void {
    this.#dropping.add(oid);
  }
  isDropping(oid: number): boolean {
    return this.#dropping.has(oid);
  }

  newOid(): number {
    return this.backend.instance.catalog.newOid();
  }

  /** Locks a relation (D1) and checks D3. */
  async lock(relation: number, mode: TableLockMode): Promise<void> {
    const waiting = this.tx.lockTable(toOid(relation), mode, 'wait');
    if (waiting instanceof Promise) {
      await this.backend.waitFor(waiting, this.tx, this.call.deadlineMs);
      if (this.tx.isolation === 'read committed') this.tx.refreshSnapshot();
    }
    if (this.tx.isolation !== 'read committed' && Math.max(this.backend.instance.catalog.changedAt(relation), this.backend.instance.catalog.indexedAt(relation)) > this.tx.snapshotCsn) {
      throw new DbError('40001', 'could not serialize access due to concurrent update', { detail: 'The definition of the relation has changed since the transaction\'s snapshot.' });
    }
  }

  /** Finds a relation by name and locks it; looks again when the wait has changed what the name means. Undefined when there is none. */
  async lockNamed(name: QualifiedName, mode: TableLockMode): Promise<RelationRecord | undefined> {
    for (;;) {
      const found = findRelation(this.backend, name);
      if (found === undefined) return undefined;
      await this.lock(found.kind === 'index' ? found.table : found.oid, mode);
      const again = findRelation(this.backend, name);
      if (again?.oid === found.oid) return again;
    }
  }
  /** @throws DbError 55006 when a cursor of this session reads one of the tables, or a deferred check of this transaction waits for one */
  refuseInUse(tables: readonly { readonly oid: number; readonly name: string }[], command: string): void {
    this.backend.portals.refuseOpenOn(tables, command);
    const pending = tables.find((table) => this.backend.constraints.hasPendingOn(table.oid));
    if (pending !== undefined) throw new DbError('55006', `cannot ${command} "${pending.name}" because it has pending trigger events`);
  }
  /** @throws DbError 42P01 */
  async lockRelation(name: QualifiedName, mode: TableLockMode): Promise<RelationRecord> {
    const found = await this.lockNamed(name, mode);
    if (found === undefined) throw new DbError('42P01', `relation "${nameText(name)}" does not exist`);
    return found;
  }

  notice(message: string, code = '00000', detail?: string): void {
    this.backend.say('NOTICE', code, message, detail);
  }
}

/** The words of the command tag for each kind. */
const tags: Readonly<Record<string, string>> = {
  createTable: 'CREATE TABLE', createIndex: 'CREATE INDEX', createTableAs: 'CREATE TABLE AS', createView: 'CREATE VIEW', createMaterializedView: 'CREATE MATERIALIZED VIEW', refreshMaterializedView: 'REFRESH MATERIALIZED VIEW',
  createSequence: 'CREATE SEQUENCE', alterSequence: 'ALTER SEQUENCE', createSchema: 'CREATE SCHEMA', createExtension: 'CREATE EXTENSION', updateExtension: 'ALTER EXTENSION', createDomain: 'CREATE DOMAIN', alterDomain: 'ALTER DOMAIN',
  createEnum: 'CREATE TYPE', createCompositeType: 'CREATE TYPE', createRangeType: 'CREATE TYPE', alterEnumAddValue: 'ALTER TYPE', alterCompositeType: 'ALTER TYPE',
  createFunction: 'CREATE FUNCTION', alterFunction: 'ALTER FUNCTION', comment: 'COMMENT', truncate: 'TRUNCATE TABLE', reindex: 'REINDEX', cluster: 'CLUSTER',
};

function tagOf(statement: Statement): string {
  switch (statement.kind) {
    case 'alterTable':
      return `ALTER ${statement.objectType.toUpperCase()}`;
    case 'drop':
      return `DROP ${statement.objectType.toUpperCase()}`;
    case 'rename':
      return `ALTER ${(statement.containerType ?? statement.objectType).toUpperCase()}`;
    case 'setSchema':
    case 'alterOwner':
      return `ALTER ${statement.objectType.toUpperCase()}`;
    case 'createFunction':
      return statement.isProcedure ? 'CREATE PROCEDURE' : 'CREATE FUNCTION';
    default:
      return tags[statement.kind] ?? statement.kind.toUpperCase();
  }
}

/** Runs one statement. @throws DbError 25006, and whatever its kind raises */
export async function runDdl(backend: Backend, cached: CachedStatement, call: Call): Promise<StatementResult> {
  const { statement } = cached.parsed;
  const tag = tagOf(statement);
  if (backend.block.modes.readOnly) {
    const word = statement.kind === 'query' || statement.kind === 'createTableAs' ? 'CREATE TABLE AS' : tag;
    throw new DbError('25006', `cannot execute ${word} in a read-only transaction`);
  }
  const tx = backend.block.ensureTransaction();
  tx.beginStatement(backend.infoOf(cached));
  backend.block.noteSnapshot();
  try {
    const ddl = new Ddl(backend, tx, call, cached);
    const rowCount = await dispatch(ddl, statement);
    await backend.draft.flush(tx, 'wait');
    return { command: rowCount === undefined ? tag : 'SELECT', rows: [], rowCount: rowCount ?? null, columns: [] };
  } finally {
    tx.endStatement();
  }
}

/** @returns the number of rows, for statements that make a table of a query */
async function dispatch(ddl: Ddl, statement: Statement): Promise<number | undefined> {
  switch (statement.kind) {
    case 'createTable':
      await createTable(ddl, statement);
      return undefined;
    case 'createTableAs':
    case 'createMaterializedView':
      return createTableAs(ddl, statement);
    case 'query':
      return createTableAs(ddl, statement);
    case 'refreshMaterializedView':
      await refreshMaterializedView(ddl, statement);
      return undefined;
    case 'alterTable':
      await alterTable(ddl, statement);
      return undefined;
    case 'rename':
      await rename(ddl, statement);
      return undefined;
    case 'setSchema':
      await setSchema(ddl, statement);
      return undefined;
    case 'alterOwner':
      return undefined;
    case 'createIndex':
      await createIndex(ddl, statement);
      return undefined;
    case 'reindex':
      await reindex(ddl, statement);
      return undefined;
    case 'createView':
      await createView(ddl, statement);
      return undefined;
    case 'createSequence':
      await createSequence(ddl, statement);
      return undefined;
    case 'alterSequence':
      await alterSequence(ddl, statement);
      return undefined;
    case 'createSchema':
      await createSchema(ddl, statement, (inner) => dispatch(ddl, inner));
      return undefined;
    case 'createExtension':
      createExtension(ddl, statement);
      return undefined;
    case 'updateExtension':
      updateExtension(ddl, statement);
      return undefined;
    case 'createDomain':
      createDomain(ddl, statement);
      return undefined;
    case 'alterDomain':
      await alterDomain(ddl, statement);
      return undefined;
    case 'createEnum':
      createEnum(ddl, statement);
      return undefined;
    case 'createCompositeType':
      createComposite(ddl, statement);
      return undefined;
    case 'createRangeType':
      createRange(ddl, statement);
      return undefined;
    case 'alterEnumAddValue':
      alterEnum(ddl, statement);
      return undefined;
    case 'alterCompositeType':
      await alterComposite(ddl, statement);
      return undefined;
    case 'createFunction':
      createFunction(ddl, statement);
      return undefined;
    case 'alterFunction':
      alterFunction(ddl, statement);
      return undefined;
    case 'drop':
      await drop(ddl, statement);
      return undefined;
    case 'comment':
      await comment(ddl, statement);
      return undefined;
    case 'truncate':
      await truncate(ddl, statement);
      return undefined;
    case 'cluster':
      throw notSupported('CLUSTER', statement.offset);
    default:
      throw notSupported(tagOf(statement), 'offset' in statement ? statement.offset : undefined);
  }
}
