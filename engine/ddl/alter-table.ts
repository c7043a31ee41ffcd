/**
 * ALTER TABLE and its kin. The actions of one statement run in PostgreSQL's order of passes (drops, types, the rest), because `ADD COLUMN b,
 * DROP COLUMN a` must work whichever stands first; the table is rewritten at most once an action.
 *
 * Adding a column touches no row when its default is the same for all (a constant, or NULL): the value is kept in the catalog and shows in older
 * rows. Dropping one never does. Changing a type rewrites, unless every stored value stays as it is.
 */
import type { Datum } from '../../base/datum.js';
import { DbError, notSupported } from '../../base/errors.js';
import { LayoutIdMax } from '../../base/rowcode.js';
import { formatType, sqlType, typeInfo, typeName, varcharLength, TypeOid, type SqlType } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import type { AlterTable, AlterTableAction, ColumnDefinition, Expression } from '../../parser/ast.js';
import { parseExpression, parseQuery } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';
import type { ColumnRecord, IndexRecord, RelationRecord, SequenceRecord, TableRecord } from '../catalog/catalog-objects.js';
import { kindWord } from '../catalog/catalog-objects.js';
import { printText } from '../text-values.js';
import { addCheck, addForeignKey, addKeyToRows, checkForeignKeysAgain, constraintNames, deferralOf, validateCheck, validateForeignKey, validateNotNull, type KeySpec } from './constraints.js';
import { addColumn as readColumnDefinition, addTableConstraint, checkColumnName, checkCollation, checkIdentityType, defaultText, finishExpressions, type TableDraft } from './create-table.js';
import { bindViews, isReading } from '../catalog/view-definition.js';
import type { Ddl } from './ddl.js';
import { mentions } from './dependencies.js';
import { dropTargets } from './drop.js';
import { bindOverRow, ddlRuntime, leastVolatility } from './expressions.js';
import { rewriteInto } from './indexes.js';
import { chooseRelationName, columnIndex, findRelation, nameText, notA, requireColumn } from './names.js';
import { alterOwnedSequence, makeSequence, sequenceDefaults } from './sequences.js';
import { tableDef } from './table-storage.js';
import { withOptions, withoutOptions, type OptionOwner, type StorageOptions } from './storage-parameters.js';
import { refuseWhereKey, refuseWhereRowStored, refuseWithin } from './type-uses.js';
import { bindColumnType, serialBase } from './types.js';
import { analyzeQuery, checkOptionOf, checkUpdatable } from './views.js';

/** Passes, earliest first: what is taken away goes before what changes types, and that before what is added. Source. tablecmds.c (ATPrepCmd). */
const Pass = { Drop: 0, AlterType: 1, AddColumn: 2, ColumnAttributes: 3, AddKey: 4, AddOther: 5, AddForeignKey: 6, Miscellaneous: 7 } as const;

function passOf(action: AlterTableAction): number {
  switch (action.kind) {
    case 'dropColumn':
    case 'dropConstraint':
    case 'dropColumnExpression':
    case 'dropColumnIdentity':
      return Pass.Drop;
    case 'setColumnDefault':
      return action.expression === undefined ? Pass.Drop : Pass.AddOther;
    case 'setColumnNotNull':
      return action.notNull ? Pass.ColumnAttributes : Pass.Drop;
    case 'alterColumnType':
      return Pass.AlterType;
    case 'addColumn':
      return Pass.AddColumn;
    case 'setColumnIdentity':
      return Pass.ColumnAttributes;
    case 'addColumnIdentity':
      return Pass.AddOther;
    case 'addConstraint':
      return action.constraint.kind === 'foreignKeyConstraint' ? Pass.AddForeignKey : action.constraint.kind === 'keyConstraint' ? Pass.AddKey : Pass.AddOther;
    default:
      return Pass.Miscellaneous;
  }
}

export async function alterTable(ddl: Ddl, statement: AlterTable): Promise<void> {
  const found = findRelation(ddl.backend, statement.name);
  if (found === undefined) {
    if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`);
    ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
    return;
  }
  if (statement.objectType !== 'table' && kindWord(found) !== statement.objectType) throw notA(found, statement.objectType);
  const weak = statement.actions.every((a) => a.kind === 'validateConstraint' || a.kind === 'setColumnStatistics');
  const relation = await ddl.lockRelation(statement.name, weak ? 'share update exclusive' : 'access exclusive');
  if (relation.kind !== 'table') return alterOther(ddl, statement, relation.oid);
  const refused = relation.view === undefined ? undefined : statement.actions.find((action) => !forMaterializedViews.has(action.kind));
  if (refused !== undefined) throw notFor(refused, relation);
  ddl.refuseInUse([relation], 'ALTER TABLE');
  const actions = [...statement.actions].map((action, i) => ({ action, i })).sort((a, b) => passOf(a.action) - passOf(b.action) || a.i - b.i);
  const isTypeChange = (action: AlterTableAction): action is AlterType => action.kind === 'alterColumnType';
  const typeChanges = statement.actions.filter(isTypeChange);
  for (const { action } of actions) {
    if (!isTypeChange(action)) await apply(ddl, relation.oid, action, statement);
    else if (action === typeChanges[0]) await alterTypes(ddl, relation.oid, typeChanges);
  }
}

/** The words of an action, as PostgreSQL has them in messages. */
function actionName(action: AlterTableAction): string {
  switch (action.kind) {
    case 'addColumn':
      return 'ADD COLUMN';
    case 'dropColumn':
      return 'DROP COLUMN';
    case 'alterColumnType':
      return 'ALTER COLUMN ... SET DATA TYPE';
    case 'setColumnDefault':
      return 'ALTER COLUMN ... SET DEFAULT';
    case 'setColumnNotNull':
      return `ALTER COLUMN ... ${action.notNull ? 'SET' : 'DROP'} NOT NULL`;
    case 'dropColumnExpression':
      return 'ALTER COLUMN ... DROP EXPRESSION';
    case 'addColumnIdentity':
      return 'ALTER COLUMN ... ADD IDENTITY';
    case 'setColumnIdentity':
      return 'ALTER COLUMN ... SET';
    case 'dropColumnIdentity':
      return 'ALTER COLUMN ... DROP IDENTITY';
    case 'setColumnStatistics':
      return 'ALTER COLUMN ... SET STATISTICS';
    case 'setColumnStorage':
      return 'ALTER COLUMN ... SET STORAGE';
    case 'setColumnCompression':
      return 'ALTER COLUMN ... SET COMPRESSION';
    case 'setColumnOptions':
      return `ALTER COLUMN ... ${action.reset ? 'RESET' : 'SET'}`;
    case 'addConstraint':
      return 'ADD CONSTRAINT';
    case 'alterConstraint':
      return 'ALTER CONSTRAINT';
    case 'validateConstraint':
      return 'VALIDATE CONSTRAINT';
    case 'dropConstraint':
      return 'DROP CONSTRAINT';
    case 'setOptions':
      return action.reset ? 'RESET' : 'SET';
    case 'setLogged':
      return action.logged ? 'SET LOGGED' : 'SET UNLOGGED';
    case 'clusterOn':
      return action.index === undefined ? 'SET WITHOUT CLUSTER' : 'CLUSTER ON';
    case 'ownerTo':
      return 'OWNER TO';
    case 'setTablespace':
      return 'SET TABLESPACE';
    case 'unsupportedAction':
      return action.feature;
  }
}

const notFor = (action: AlterTableAction, record: RelationRecord): DbError =>
  new DbError('42809', `ALTER action ${actionName(action)} cannot be performed on relation "${record.name}"`, { detail: `This operation is not supported for ${kindWord(record)}${record.kind === 'index' ? 'es' : 's'}.` });

const StatisticsTargetMax = 10000;

/** What changes how rows are kept, and not which there are. */
const forMaterializedViews: ReadonlySet<AlterTableAction['kind']> = new Set(['setColumnStatistics', 'setColumnStorage', 'setColumnCompression', 'setColumnOptions', 'setOptions', 'clusterOn', 'ownerTo', 'setTablespace', 'unsupportedAction'] as const);

const changedOptions = (kept: StorageOptions | undefined, action: Extract<AlterTableAction, { kind: 'setOptions' | 'setColumnOptions' }>, owner: OptionOwner): StorageOptions | undefined =>
  action.reset ? withoutOptions(kept, action.options) : withOptions(kept, action.options, owner);

/** ALTER TABLE on views, indexes and sequences: what makes sense there. */
async function alterOther(ddl: Ddl, statement: AlterTable, oid: number): Promise<void> {
  const record = ddl.draft.get(oid)!;
  for (const action of statement.actions) {
    if (action.kind === 'setOptions' && record.kind === 'view') {
      // WITH CHECK OPTION of CREATE VIEW is this option.
      const options = changedOptions({ ...record.options, ...(record.checkOption === 'none' ? {} : { check_option: record.checkOption }) }, action, 'view');
      const checkOption = checkOptionOf(options);
      if (checkOption !== 'none') checkUpdatable(analyzeQuery(ddl.backend, parseQuery(record.query), []).problem);
      ddl.draft.put({ ...record, options, checkOption });
      continue;
    }
    if (action.kind === 'setOptions' && record.kind === 'index') {
      ddl.draft.put({ ...record, options: changedOptions(record.options, action, 'btree') });
      continue;
    }
    if (action.kind === 'ownerTo' || (record.kind === 'index' && (action.kind === 'setTablespace' || action.kind === 'setColumnStatistics'))) continue;
    if (action.kind === 'setColumnDefault' && record.kind === 'view') {
      const at = record.columns.findIndex((column) => column.name === action.column);
      if (at < 0) throw new DbError('42703', `column "${action.column}" of relation "${record.name}" does not exist`);
      const column = record.columns[at]!;
      const text = action.expression === undefined ? undefined : defaultText(ddl, action.expression, column.name, sqlType(column.type, column.typmod));
      ddl.draft.put({ ...record, columns: record.columns.map((c, i) => (i === at ? { ...c, default: text } : c)) });
      continue;
    }
    throw notFor(action, record as RelationRecord);
  }
}

const recordOf = (ddl: Ddl, oid: number): TableRecord => ddl.draft.get(oid) as TableRecord;

function changeColumn(ddl: Ddl, oid: number, position: number, change: Partial<ColumnRecord>): void {
  const record = recordOf(ddl, oid);
  ddl.draft.put({ ...record, columns: record.columns.map((column, i) => (i === position ? { ...column, ...change } : column)) });
}

async function apply(ddl: Ddl, oid: number, action: Exclude<AlterTableAction, AlterType>, statement: AlterTable): Promise<void> {
  const record = recordOf(ddl, oid);
  switch (action.kind) {
    case 'addColumn':
      return addColumn(ddl, oid, action.column, action.ifNotExists);
    case 'dropColumn': {
      const position = columnIndex(record, action.column);
      if (position < 0) {
        if (!action.ifExists) throw new DbError('42703', `column "${action.column}" of relation "${record.name}" does not exist`);
        ddl.notice(`column "${action.column}" of relation "${record.name}" does not exist, skipping`);
        return;
      }
      refuseWhereKey(ddl, record.rowType, `table "${record.name}"`);
      await dropTargets(ddl, [{ oid, column: position }], action.behavior);
      return;
    }
    case 'setColumnDefault': {
      const position = requireColumn(record, action.column);
      const column = record.columns[position]!;
      if (column.generated === 'stored') throw new DbError('42601', `column "${column.name}" of relation "${record.name}" is a generated column`, { hint: action.expression === undefined ? 'Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.' : undefined });
      if (column.generated !== undefined) throw new DbError('42601', `column "${column.name}" of relation "${record.name}" is an identity column`, { hint: action.expression === undefined ? 'Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.' : undefined });
      const text = action.expression === undefined ? undefined : defaultText(ddl, action.expression, column.name, sqlType(column.type, column.typmod));
      changeColumn(ddl, oid, position, { default: text, sequence: undefined });
      return;
    }
    case 'setColumnNotNull': {
      const position = requireColumn(record, action.column);
      const column = record.columns[position]!;
      if (action.notNull) {
        if (!column.notNull) await validateNotNull(ddl, oid, [position]);
        changeColumn(ddl, oid, position, { notNull: true });
        return;
      }
      if (ddl.draft.indexesOf(oid).some((index) => index.constraint?.isPrimary === true && index.columns.some((c) => c.column === position))) {
        throw new DbError('42P16', `column "${column.name}" is in a primary key`);
      }
      if (column.generated === 'identity always' || column.generated === 'identity by default') throw new DbError('42601', `column "${column.name}" of relation "${record.name}" is an identity column`);
      changeColumn(ddl, oid, position, { notNull: false });
      return;
    }
    case 'dropColumnExpression': {
      const position = requireColumn(record, action.column);
      if (record.columns[position]!.generated !== 'stored') {
        if (!action.ifExists) throw new DbError('55000', `column "${action.column}" of relation "${record.name}" is not a stored generated column`);
        ddl.notice(`column "${action.column}" of relation "${record.name}" is not a stored generated column, skipping`);
        return;
      }
      changeColumn(ddl, oid, position, { generated: undefined, default: undefined });
      return;
    }
    case 'addColumnIdentity': {
      const position = requireColumn(record, action.column);
      const column = record.columns[position]!;
      checkIdentityType(column.type);
      if (!column.notNull) throw new DbError('55000', `column "${column.name}" of relation "${record.name}" must be declared NOT NULL before identity can be added`);
      if (column.generated !== undefined) throw new DbError('55000', `column "${column.name}" of relation "${record.name}" is already an identity column`);
      if (column.default !== undefined) throw new DbError('55000', `column "${column.name}" of relation "${record.name}" already has a default value`);
      const name = chooseRelationName(ddl.backend, record.schema, record.name, column.name, 'seq');
      const made = makeSequence(ddl, sequenceDefaults(ddl, { name, schema: record.schema, type: column.type, persistence: record.persistence }), action.options);
      ddl.draft.put({ ...made, owner: { table: oid, column: position, isIdentity: true } });
      changeColumn(ddl, oid, position, { sequence: made.oid, generated: action.always ? 'identity always' : 'identity by default' });
      return;
    }
    case 'setColumnIdentity': {
      const position = requireColumn(record, action.column);
      const column = record.columns[position]!;
      if (column.generated !== 'identity always' && column.generated !== 'identity by default') throw new DbError('55000', `column "${column.name}" of relation "${record.name}" is not an identity column`);
      if (action.always !== undefined) changeColumn(ddl, oid, position, { generated: action.always ? 'identity always' : 'identity by default' });
      if (action.options.length > 0) alterOwnedSequence(ddl, ddl.draft.get(column.sequence!) as SequenceRecord, action.options);
      return;
    }
    case 'dropColumnIdentity': {
      const position = requireColumn(record, action.column);
      const column = record.columns[position]!;
      if (column.generated !== 'identity always' && column.generated !== 'identity by default') {
        if (!action.ifExists) throw new DbError('55000', `column "${column.name}" of relation "${record.name}" is not an identity column`);
        ddl.notice(`column "${column.name}" of relation "${record.name}" is not an identity column, skipping`);
        return;
      }
      ddl.draft.drop(column.sequence!);
      changeColumn(ddl, oid, position, { generated: undefined, sequence: undefined });
      return;
    }
    case 'setColumnStatistics': {
      if (typeof action.column === 'number') return;
      if (action.target > StatisticsTargetMax) ddl.backend.say('WARNING', '22023', `lowering statistics target to ${StatisticsTargetMax}`);
      changeColumn(ddl, oid, requireColumn(record, action.column), { statisticsTarget: action.target < 0 ? undefined : Math.min(action.target, StatisticsTargetMax) });
      return;
    }
    case 'setColumnStorage':
    case 'setColumnCompression':
      requireColumn(record, action.column);
      return;
    case 'setColumnOptions': {
      const at = requireColumn(record, action.column);
      changeColumn(ddl, oid, at, { options: changedOptions(record.columns[at]!.options, action, 'column') });
      return;
    }
    case 'addConstraint':
      return addConstraint(ddl, oid, action.constraint);
    case 'alterConstraint': {
      const key = record.foreignKeys.find((candidate) => candidate.name === action.name);
      if (key === undefined) {
        const exists = constraintNames(ddl, record).has(action.name);
        throw new DbError(exists ? '42809' : '42704', exists ? `constraint "${action.name}" of relation "${record.name}" is not a foreign key constraint` : `constraint "${action.name}" of relation "${record.name}" does not exist`);
      }
      ddl.draft.put({ ...record, foreignKeys: record.foreignKeys.map((k) => (k === key ? { ...k, deferrable: deferralOf(action.attributes) } : k)) });
      return;
    }
    case 'validateConstraint': {
      const check = record.checks.find((candidate) => candidate.name === action.name);
      const key = record.foreignKeys.find((candidate) => candidate.name === action.name);
      if (check !== undefined) {
        if (!check.validated) await validateCheck(ddl, oid, check);
        ddl.draft.put({ ...recordOf(ddl, oid), checks: record.checks.map((c) => (c === check ? { ...c, validated: true } : c)) });
        return;
      }
      if (key === undefined) {
        if (ddl.draft.indexesOf(oid).some(({ name, constraint }) => name === action.name && constraint !== undefined)) throw new DbError('42809', `constraint "${action.name}" of relation "${record.name}" is not a foreign key or check constraint`);
        throw new DbError('42704', `constraint "${action.name}" of relation "${record.name}" does not exist`);
      }
      if (!key.validated) await validateForeignKey(ddl, oid, key);
      ddl.draft.put({ ...recordOf(ddl, oid), foreignKeys: record.foreignKeys.map((k) => (k === key ? { ...k, validated: true } : k)) });
      return;
    }
    case 'dropConstraint':
      return dropConstraint(ddl, oid, action.name, action.ifExists, action.behavior);
    case 'setOptions':
      ddl.draft.put({ ...record, options: changedOptions(record.options, action, 'table') });
      return;
    case 'clusterOn':
    case 'ownerTo':
    case 'setTablespace':
      return;
    case 'setLogged':
      ddl.draft.put({ ...record, persistence: action.logged ? 'permanent' : 'unlogged' });
      return;
    case 'unsupportedAction':
      throw notSupported(`ALTER ${statement.objectType.toUpperCase()} ... ${action.feature}`, action.offset);
  }
}

// ---------------------------------------------------------------------------------------------------------------- columns

async function addColumn(ddl: Ddl, oid: number, definition: ColumnDefinition, ifNotExists: boolean): Promise<void> {
  const before = recordOf(ddl, oid);
  if (columnIndex(before, definition.name) >= 0) {
    if (!ifNotExists) throw new DbError('42701', `column "${definition.name}" of relation "${before.name}" already exists`);
    ddl.notice(`column "${definition.name}" of relation "${before.name}" already exists, skipping`, '42701');
    return;
  }
  checkColumnName(before, definition.name);
  const table: TableDraft = { record: before, keys: [], sequences: [], checks: [], foreignKeys: [], defaults: [], generated: [], likeIndexes: [] };
  readColumnDefinition(ddl, table, definition);
  finishExpressions(ddl, table);
  const old = { table: before, indexes: ddl.draft.indexesOf(oid), definition: tableDef(ddl, oid) };
  const printViewsAgain = bindViews(ddl.backend, isReading(oid));
  const position = table.record.columns.length - 1;
  const column = table.record.columns[position]!;
  refuseWithin(ddl, before.rowType, column.type, before.name);
  // Rows inside other rows have NULL in a new column, whatever it is in the table's own.
  if (column.default !== undefined || column.generated !== undefined) refuseWhereRowStored(ddl, before);
  refuseWhereKey(ddl, before.rowType, `table "${before.name}"`);
  for (const sequence of table.sequences) ddl.draft.put(sequence);
  const missing = missingValue(ddl, column, definition);
  if (missing !== undefined && before.layouts.length <= LayoutIdMax) {
    const columns = table.record.columns.map((c, i) => (i === position ? { ...c, missing } : c));
    ddl.draft.put({ ...table.record, columns, layouts: [...before.layouts, columns.length] });
    if (column.notNull && missing === null) await validateNotNull(ddl, oid, [position]);
  } else {
    ddl.draft.put({ ...table.record, layouts: [table.record.columns.length] });
    const fill = columnFiller(ddl, oid, position);
    await rewriteInto(ddl, oid, old, (row) => fill([...row, null]));
    if (column.notNull) await validateNotNull(ddl, oid, [position]);
  }
  printViewsAgain();
  for (const { name, constraint } of table.checks) await validateCheck(ddl, oid, addCheck(ddl, oid, name, constraint));
  for (const key of table.keys) await addKeyToRows(ddl, oid, key);
  for (const key of table.foreignKeys) await addForeignKey(ddl, oid, key, true);
}

/**
 * What rows that are there have in a new column, as text or null; undefined when it may differ from row to row, so that they must be rewritten.
 */
function missingValue(ddl: Ddl, column: ColumnRecord, definition: ColumnDefinition): string | null | undefined {
  if (column.generated !== undefined || serialBase(definition.type) !== undefined) return undefined;
  const type = sqlType(column.type, column.typmod);
  const { types } = ddl.backend.catalog();
  const domain = typeInfo(type.oid, types).kind === 'domain';
  if (domain) return undefined;
  const given = definition.constraints.find((c) => c.kind === 'default');
  if (given?.kind !== 'default' || given.expression.kind === 'null') return null;
  const { expression, binder } = bindOverRow(ddl.backend, undefined, given.expression, 'DEFAULT expressions', type, `column "${column.name}"`);
  if (leastVolatility(expression) === 'volatile') return undefined;
  const value = evaluate(expression, ddlRuntime(ddl.backend, binder.columnCount));
  return value === null ? null : printText(value, type, types);
}

/** Computes a column of a row from its default or generation expression. */
function columnFiller(ddl: Ddl, oid: number, position: number): (row: Datum[]) => Datum[] {
  const info = ddl.backend.schema.writeInfo(oid as never);
  const runtime = ddlRuntime(ddl.backend, info.columnCount);
  const generated = info.generated.find((g) => g.column === position);
  const byDefault = info.defaults[position];
  return (row) => {
    if (generated !== undefined) {
      for (const { id, column } of info.newRow) runtime.registers[id] = row[column] ?? null;
      row[position] = evaluate(generated.value, runtime);
    } else if (byDefault !== undefined) row[position] = evaluate(byDefault, runtime);
    return row;
  };
}

/** @throws DbError 0A000 when a view or a generated column reads the column */
function refuseUsedElsewhere(ddl: Ddl, record: TableRecord, position: number): void {
  const column = record.columns[position]!;
  for (const other of ddl.draft.all()) {
    if (other.kind === 'view' && other.references.some((r) => r.oid === record.oid && r.column === position)) {
      throw new DbError('0A000', 'cannot alter type of a column used by a view or rule', { detail: `rule _RETURN on view ${other.name} depends on column "${column.name}"` });
    }
  }
  for (const [i, other] of record.columns.entries()) {
    if (i !== position && !other.isDropped && other.generated === 'stored' && mentions(other.default!, column.name)) {
      throw new DbError('0A000', 'cannot alter type of a column used by a generated column', { detail: `Column "${column.name}" is used by generated column "${other.name}".` });
    }
  }
}

type AlterType = Extract<AlterTableAction, { kind: 'alterColumnType' }>;

interface TypeChange {
  readonly position: number;
  readonly column: ColumnRecord;
  /** What the column is from now on. */
  readonly now: ColumnRecord;
  readonly to: SqlType;
  readonly conversion: (row: readonly Datum[]) => Datum;
  readonly keepsBytes: boolean;
}

/** All changes of types of one ALTER TABLE at once: each new value is computed from the row as it was. */
async function alterTypes(ddl: Ddl, oid: number, actions: readonly AlterType[]): Promise<void> {
  const record = recordOf(ddl, oid);
  const changes: TypeChange[] = [];
  for (const action of actions) {
    const change = typeChange(ddl, record, action);
    if (changes.some((other) => other.position === change.position && !isSameType(other.column, other.now))) throw new DbError('0A000', `cannot alter type of column "${change.column.name}" twice`);
    changes.push(change);
  }
  const at = new Map(changes.map((change) => [change.position, change]));
  const old = { table: record, indexes: ddl.draft.indexesOf(oid), definition: tableDef(ddl, oid) };
  const isKept = changes.every((change) => change.keepsBytes);
  ddl.draft.put({ ...record, columns: record.columns.map((column, i) => (at.has(i) ? { ...at.get(i)!.now, missing: isKept ? column.missing : undefined } : column)) });
  for (const index of old.indexes) ddl.draft.put(changes.reduce((retyped, change) => retypeIndex(retyped, change.position, change.to), index));
  if (isKept) return;
  // What was known of the old values cannot be read as values of the new type.
  const statistics = ddl.draft.statisticsOf(oid);
  if (statistics !== undefined) ddl.draft.put({ ...statistics, columns: statistics.columns.map((known, i) => (at.has(i) ? null : known)) });
  // Indexes and checks must have a meaning over the new types; their errors come before those of any row.
  ddl.backend.schema.writeInfo(oid as never);
  await rewriteInto(ddl, oid, old, (row) => {
    const next = [...row];
    for (const { position, conversion } of changes) next[position] = conversion(row);
    return next;
  }, actions.some(({ using }) => using !== undefined));
  await validateNotNull(ddl, oid, changes.filter((change) => change.column.notNull).map((change) => change.position));
  for (const check of recordOf(ddl, oid).checks) if (check.validated && changes.some((change) => mentions(check.expression, change.column.name))) await validateCheck(ddl, oid, check);
  for (const { position } of changes) await checkForeignKeysAgain(ddl, oid, position);
}

const isSameType = (a: ColumnRecord, b: ColumnRecord): boolean => a.type === b.type && a.typmod === b.typmod;

function typeChange(ddl: Ddl, record: TableRecord, action: AlterType): TypeChange {
  const position = requireColumn(record, action.column);
  const column = record.columns[position]!;
  const to = bindColumnType(ddl.backend, action.type, column.name);
  if (action.using !== undefined && column.generated === 'stored') throw new DbError('42611', 'cannot specify USING when altering type of generated column', { detail: `Column "${column.name}" is a generated column.` });
  const collation = action.collation === undefined ? column.collation : checkCollation(action.collation.name, action.collation.offset);
  const source: Expression = action.using ?? { kind: 'columnRef', parts: [column.name], offset: -1 };
  const conversion = bindConversion(ddl, record, source, to, column.name, action.using !== undefined);
  if (column.generated === 'identity always' || column.generated === 'identity by default') checkIdentityType(to.oid);
  const defaultNow = defaultOver(ddl, record, position, to);
  refuseWhereRowStored(ddl, record);
  refuseWithin(ddl, record.rowType, to.oid, record.name);
  refuseUsedElsewhere(ddl, record, position);
  const now = { ...column, type: to.oid, typmod: to.typmod, collation, default: defaultNow };
  return { position, column, now, to, conversion, keepsBytes: action.using === undefined && keepsBytes(sqlType(column.type, column.typmod), to) };
}

/** The text of a column's default once the column has another type. */
function defaultOver(ddl: Ddl, record: TableRecord, position: number, to: SqlType): string | undefined {
  const column = record.columns[position]!;
  if (column.default === undefined || column.generated === 'stored' || column.sequence !== undefined) return column.default;
  const { types } = ddl.backend.catalog();
  const written = tableDef(ddl, record.oid).columns[position]!.defaultExpression!;
  // A literal is a value of the type it was written for, and is converted as such.
  const e = written.kind === 'string' ? parseExpression(`${printExpression(written)}::${formatType(sqlType(column.type), types)}`) : written;
  try {
    return defaultText(ddl, e, column.name, to);
  } catch (error) {
    if (error instanceof DbError && error.code === '42804') throw new DbError('42804', `default for column "${column.name}" cannot be cast automatically to type ${typeName(to.oid, types)}`);
    throw error;
  }
}

/** A longer varchar or none at all: every stored value is what it was. */
function keepsBytes(from: SqlType, to: SqlType): boolean {
  const text = (oid: number): boolean => oid === TypeOid.varchar || oid === TypeOid.text;
  if (!text(from.oid) || !text(to.oid)) return from.oid === to.oid && from.typmod === to.typmod;
  if (to.oid === TypeOid.text || varcharLength(to.typmod) < 0) return true;
  return from.oid === TypeOid.varchar && varcharLength(from.typmod) >= 0 && varcharLength(to.typmod) >= varcharLength(from.typmod);
}

function retypeIndex(index: IndexRecord, position: number, to: SqlType): IndexRecord {
  if (!index.columns.some((column) => column.column === position)) return index;
  return { ...index, columns: index.columns.map((column) => (column.column === position ? { ...column, type: to.oid, typmod: to.typmod } : column)) };
}

function bindConversion(ddl: Ddl, record: TableRecord, source: Expression, to: SqlType, name: string, isUsing: boolean): (row: readonly Datum[]) => Datum {
  const { types } = ddl.backend.catalog();
  let bound;
  try {
    bound = bindOverRow(ddl.backend, record, source, 'transform expressions', to, `column "${name}"`);
  } catch (error) {
    if (!(error instanceof DbError) || error.code !== '42804') throw error;
    if (isUsing) throw new DbError('42804', `result of USING clause for column "${name}" cannot be cast automatically to type ${typeName(to.oid, types)}`, { hint: 'You might need to add an explicit cast.' });
    throw new DbError('42804', `column "${name}" cannot be cast automatically to type ${typeName(to.oid, types)}`, { hint: `You might need to specify "USING ${name}::${typeName(to.oid, types)}".` });
  }
  const runtime = ddlRuntime(ddl.backend, bound.binder.columnCount);
  const { expression, row: columns } = bound;
  return (row) => {
    for (const { id, column } of columns) runtime.registers[id] = row[column]!;
    return evaluate(expression, runtime);
  };
}

// ---------------------------------------------------------------------------------------------------------------- constraints

async function addConstraint(ddl: Ddl, oid: number, constraint: Extract<AlterTableAction, { kind: 'addConstraint' }>['constraint']): Promise<void> {
  switch (constraint.kind) {
    case 'checkConstraint': {
      const check = addCheck(ddl, oid, undefined, constraint);
      if (check.validated) await validateCheck(ddl, oid, check);
      return;
    }
    case 'foreignKeyConstraint':
      return addForeignKey(ddl, oid, constraint, true);
    case 'keyConstraint': {
      if (constraint.usingIndex !== undefined) return promoteIndex(ddl, oid, constraint, constraint.usingIndex);
      const holder: TableDraft = { record: recordOf(ddl, oid), keys: [], sequences: [], checks: [], foreignKeys: [], defaults: [], generated: [], likeIndexes: [] };
      addTableConstraint(holder, constraint);
      for (const key of holder.keys as readonly KeySpec[]) await addKeyToRows(ddl, oid, key);
      return;
    }
    case 'excludeConstraint':
      throw notSupported('EXCLUDE constraint', constraint.offset);
  }
}

/** ADD CONSTRAINT ... USING INDEX. */
async function promoteIndex(ddl: Ddl, oid: number, constraint: Extract<AlterTableAction, { kind: 'addConstraint' }>['constraint'] & { kind: 'keyConstraint' }, name: string): Promise<void> {
  const record = recordOf(ddl, oid);
  const index = ddl.draft.indexesOf(oid).find((candidate) => candidate.name === name);
  if (index === undefined) throw new DbError('42704', `index "${name}" does not exist`, { offset: constraint.offset });
  if (index.constraint !== undefined) throw new DbError('55000', `index "${name}" is already associated with a constraint`, { offset: constraint.offset });
  const refuse = (message: string): never => {
    throw new DbError('42809', message, { detail: 'Cannot create a primary key or unique constraint using such an index.', offset: constraint.offset });
  };
  if (!index.isUnique) refuse(`"${name}" is not a unique index`);
  if (index.predicate !== undefined) refuse(`"${name}" is a partial index`);
  if (index.columns.some((column) => column.column === undefined)) refuse(`index "${name}" contains expressions`);
  // A definition of the constraint could not say it.
  const sorted = index.columns.findIndex((column) => column.descending || column.nullsFirst);
  if (sorted >= 0) refuse(`index "${name}" column number ${sorted + 1} does not have default sorting behavior`);
  if (constraint.isPrimary) {
    if (ddl.draft.indexesOf(oid).some((other) => other.constraint?.isPrimary === true)) throw new DbError('42P16', `multiple primary keys for table "${record.name}" are not allowed`);
    const columns = index.columns.map((column) => column.column!);
    await validateNotNull(ddl, oid, columns.filter((column) => !record.columns[column]!.notNull));
    ddl.draft.put({ ...record, columns: record.columns.map((column, i) => (columns.includes(i) ? { ...column, notNull: true } : column)) });
  }
  const newName = constraint.name ?? index.name;
  if (newName !== index.name) ddl.notice(`ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "${index.name}" to "${newName}"`);
  ddl.draft.put({ ...index, name: newName, constraint: { oid: ddl.newOid(), isPrimary: constraint.isPrimary, deferrable: deferralOf(constraint.attributes) } });
}

async function dropConstraint(ddl: Ddl, oid: number, name: string, ifExists: boolean, behavior: 'cascade' | 'restrict'): Promise<void> {
  const record = recordOf(ddl, oid);
  if (record.checks.some((check) => check.name === name)) {
    ddl.draft.put({ ...record, checks: record.checks.filter((check) => check.name !== name) });
    return;
  }
  const key = record.foreignKeys.find((candidate) => candidate.name === name);
  if (key !== undefined) {
    if (key.parent !== oid) {
      await ddl.lock(key.parent, 'access exclusive');
      ddl.refuseInUse([recordOf(ddl, key.parent)], 'ALTER TABLE');
    }
    ddl.draft.put({ ...recordOf(ddl, oid), foreignKeys: record.foreignKeys.filter((candidate) => candidate.name !== name) });
    return;
  }
  const index = ddl.draft.indexesOf(oid).find((candidate) => candidate.constraint !== undefined && candidate.name === name);
  if (index !== undefined) {
    await dropTargets(ddl, [{ oid: index.oid }], behavior);
    return;
  }
  if (!ifExists) throw new DbError('42704', `constraint "${name}" of relation "${record.name}" does not exist`);
  ddl.notice(`constraint "${name}" of relation "${record.name}" does not exist, skipping`);
}
