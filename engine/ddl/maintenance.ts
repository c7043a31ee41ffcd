/**
 * ANALYZE and VACUUM. ANALYZE reads each table once and keeps a random sample of its rows (base/reservoir.ts), the only ones it decodes, from which it estimates, per column,
 * what PostgreSQL's does: NULLs, distinct values, the commonest ones, a histogram of the rest, width and correlation with the order of the rows.
 *
 * Source: PostgreSQL's analyze.c; the number of distinct values is Haas and Stokes' estimator "Duj1".
 */
import type { Datum } from '../../base/datum.js';
import { comparatorOf } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { Reservoir } from '../../base/reservoir.js';
import { sortSliced } from '../../base/sliced-sort.js';
import { sqlType, typeInfo, type SqlType, type TypeRegistry } from '../../base/types.js';
import type { Analyze, MaintainedTable, QualifiedName, Vacuum } from '../../parser/ast.js';
import type { Backend, Call } from '../backend.js';
import type { ColumnStatisticsRecord, CompositeRecord, RelationRecord, StatisticsRecord, TableRecord } from '../catalog/catalog-objects.js';
import { CachedStatement } from '../plan-cache.js';
import { printText } from '../text-values.js';
import { Ddl } from './ddl.js';
import { findRelation, nameText } from './names.js';
import { isOrdered } from './operators.js';
import { forEachBatch, pauses, tableDef } from './table-storage.js';

/** Rows in the sample per unit of the statistics target: a histogram bin errs by half its size with probability 1 %. */
const SampleRowsPerTarget = 300;

export async function analyze(backend: Backend, statement: Analyze | Vacuum, call: Call): Promise<void> {
  if (backend.block.modes.readOnly) throw new DbError('25006', 'cannot execute ANALYZE in a read-only transaction');
  const tx = backend.block.ensureTransaction();
  const text = new CachedStatement({ statement, start: 0, end: 0, text: 'ANALYZE', parameterCount: 0, parameterNames: [] });
  tx.beginStatement(text.info);
  backend.block.noteSnapshot();
  try {
    const ddl = new Ddl(backend, tx, call, text);
    for (const record of targets(backend, statement.tables)) {
      await ddl.lock(record.oid, 'share update exclusive');
      await analyzeTable(ddl, backend.draft.get(record.oid) as TableRecord);
    }
    await backend.draft.flush(tx, 'wait');
  } finally {
    tx.endStatement();
  }
}

function targets(backend: Backend, tables: readonly MaintainedTable[]): TableRecord[] {
  if (tables.length === 0) return [...backend.draft.all()].filter((record): record is TableRecord => record.kind === 'table' && (record.persistence !== 'temporary' || record.schema === backend.tempSchema));
  return tables.flatMap(({ name, columns }) => {
    const record = maintained(backend, name);
    if (record === undefined) throw new DbError('42P01', `relation "${nameText(name)}" does not exist`, { offset: name.offset });
    if (record.kind !== 'table') {
      backend.say('WARNING', '01000', `skipping "${record.name}" --- cannot analyze non-tables or special system tables`);
      return [];
    }
    for (const [i, column] of columns.entries()) {
      if (columns.findIndex((other) => other.name === column.name) !== i) throw new DbError('42701', `column "${column.name}" of relation "${record.name}" appears more than once`, { offset: column.offset });
      if (!record.columns.some((c) => c.name === column.name && !c.isDropped)) throw new DbError('42703', `column "${column.name}" of relation "${record.name}" does not exist`, { offset: column.offset });
    }
    return [record];
  });
}

/** What is named, composite types too: they are said not to be tables. */
function maintained(backend: Backend, name: QualifiedName): RelationRecord | CompositeRecord | undefined {
  return backend.catalog().compositeRecord(name.schema, name.name) ?? findRelation(backend, name);
}

async function analyzeTable(ddl: Ddl, record: TableRecord): Promise<void> {
  const { backend } = ddl;
  const pause = pauses(ddl);
  const target = Math.max(backend.settings.getNumber('default_statistics_target'), ...record.columns.map((column) => column.statisticsTarget ?? 0));
  const wanted = target * SampleRowsPerTarget;
  const changes = backend.instance.executorEnv.tableChanges.of(record.oid);
  const counted = changes.rows;
  const reservoir = new Reservoir<Datum[]>(wanted, backend.prng);
  await forEachBatch(ddl, tableDef(ddl, record.oid), (batch, decode) => reservoir.offer(batch.count, decode));
  const rowCount = reservoir.offered;
  const sample = reservoir.inOrder();
  await pause();
  const { store } = backend.instance;
  const old = ddl.draft.statisticsOf(record.oid);
  const pageCount = store.hasTree(record.tree as never) ? store.tree(record.tree as never).leafCountEstimate() : 1;
  const { types } = backend.catalog();
  const columns: (ColumnStatisticsRecord | null)[] = [];
  for (const [i, column] of record.columns.entries()) {
    const isWanted = !column.isDropped && column.statisticsTarget !== 0;
    columns.push(isWanted ? await columnStatistics(sample.map((row) => row[i]!), sqlType(column.type, column.typmod), rowCount, column.statisticsTarget ?? target, types, pause) : null);
    await pause();
  }
  const statistics: StatisticsRecord = { kind: 'statistics', oid: old?.oid ?? ddl.newOid(), table: record.oid, rowCount, pageCount: Math.max(1, pageCount), columns };
  ddl.draft.put(statistics);
  // Not anew by itself, whether this commits or not (PostgreSQL's pgstat_report_analyze).
  changes.rows -= counted;
}

function widthOf(value: Datum, type: SqlType, types: TypeRegistry): number {
  const { length } = typeInfo(type.oid, types);
  if (length > 0) return length;
  if (typeof value === 'string') return Buffer.byteLength(value) + 1;
  if (value instanceof Uint8Array) return value.length + 4;
  return printText(value, type, types).length;
}

async function columnStatistics(values: readonly Datum[], type: SqlType, rowCount: number, target: number, types: TypeRegistry, pause: () => Promise<void> | undefined): Promise<ColumnStatisticsRecord | null> {
  if (values.length === 0) return null;
  const present = values.filter((value) => value !== null);
  const nullFraction = 1 - present.length / values.length;
  const averageWidthBytes = present.length === 0 ? 0 : Math.round(present.reduce<number>((sum, value) => sum + widthOf(value, type, types), 0) / present.length);
  if (present.length === 0 || !isOrdered(type.oid, types)) {
    return { nullFraction, distinct: present.length === 0 ? 0 : -1, averageWidthBytes, mostCommon: [], histogram: [], correlation: 0 };
  }
  await pause();
  const compare = comparatorOf(type, types);
  const order = Uint32Array.from(present, (_, i) => i);
  await sortSliced(order, (a, b) => compare(present[a]!, present[b]!), pause);
  const sorted = Array.from(order, (i) => present[i]!);
  const groups = groupsOf(sorted, compare);
  await pause();
  const distinct = distinctEstimate(groups, present.length, values.length, rowCount, nullFraction);
  const common = commonest(groups, present.length, target);
  await pause();
  const rest = withoutCommon(sorted, common.map((group) => group.value), compare);
  await pause();
  const text = (value: Datum): string => printText(value, type, types);
  return {
    nullFraction, distinct, averageWidthBytes, correlation: correlation(order),
    mostCommon: common.map((group) => ({ value: text(group.value), fraction: group.count / values.length })),
    histogram: histogram(rest, target, compare).map(text),
  };
}

interface ValueGroup {
  readonly value: Datum;
  count: number;
}
/** Equal values that stand side by side. */
function groupsOf(sorted: readonly Datum[], compare: (a: Datum, b: Datum) => number): readonly ValueGroup[] {
  const groups: ValueGroup[] = [];
  for (const value of sorted) {
    const last = groups.at(-1);
    if (last !== undefined && compare(last.value, value) === 0) last.count++;
    else groups.push({ value, count: 1 });
  }
  return groups;
}

/** Positive: a count; negative: minus a fraction of the rows, for what grows with the table. */
function distinctEstimate(groups: readonly { readonly count: number }[], present: number, sampled: number, rowCount: number, nullFraction: number): number {
  const d = groups.length;
  const once = groups.filter((group) => group.count === 1).length;
  if (once === d) return -(1 - nullFraction);
  if (once === 0 && sampled < rowCount) return d;
  if (sampled >= rowCount) return d > 0.1 * rowCount ? -d / rowCount : d;
  const n = present;
  const total = rowCount * (1 - nullFraction);
  const estimate = Math.min(total, Math.max(d, (n * d) / (n - once + (once * n) / total)));
  return estimate > 0.1 * rowCount ? -estimate / rowCount : Math.floor(estimate + 0.5);
}

/** Values noticeably commoner than the average, or all when they are few. */
function commonest(groups: readonly { readonly value: Datum; count: number }[], present: number, target: number): readonly { readonly value: Datum; readonly count: number }[] {
  const repeated = groups.filter((group) => group.count > 1).sort((a, b) => b.count - a.count);
  if (groups.length <= target && repeated.length === groups.length) return repeated;
  const average = present / groups.length;
  const least = Math.max(2, average * 1.25);
  return repeated.filter((group) => group.count >= least).slice(0, target);
}

/** Both lists are of one order once the common ones are sorted: one walk. */
function withoutCommon(sorted: readonly Datum[], common: readonly Datum[], compare: (a: Datum, b: Datum) => number): Datum[] {
  const skipped = [...common].sort(compare);
  let at = 0;
  return sorted.filter((value) => {
    while (at < skipped.length && compare(skipped[at]!, value) < 0) at++;
    return at >= skipped.length || compare(skipped[at]!, value) !== 0;
  });
}

function histogram(values: readonly Datum[], target: number, compare: (a: Datum, b: Datum) => number): Datum[] {
  let distinct = values.length === 0 ? 0 : 1;
  for (let i = 1; i < values.length; i++) if (compare(values[i]!, values[i - 1]!) !== 0) distinct++;
  const count = Math.min(distinct, target + 1);
  if (count < 2) return [];
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * (values.length - 1)) / (count - 1))]!);
}

/** Of the order of the values with that of the rows, in [-1, 1]. `order`: the numbers of the rows, by value. */
function correlation(order: Uint32Array): number {
  const n = order.length;
  if (n < 2) return 1;
  const mean = (n - 1) / 2;
  let covariance = 0;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    covariance += (i - mean) * (order[i]! - mean);
    variance += (i - mean) ** 2;
  }
  return covariance / variance;
}

/** Old versions are collected all the time; VACUUM does what is left at once. With ANALYZE it refreshes statistics too. */
export async function vacuum(backend: Backend, statement: Vacuum, call: Call): Promise<void> {
  for (const { name } of statement.tables) {
    const found = maintained(backend, name);
    if (found === undefined) throw new DbError('42P01', `relation "${nameText(name)}" does not exist`, { offset: name.offset });
    if (found.kind === 'type') backend.say('WARNING', '01000', `skipping "${found.name}" --- cannot vacuum non-tables or special system tables`);
  }
  while (backend.instance.manager.step()) await backend.instance.scheduler.yield();
  if (statement.options.some((option) => option.name === 'analyze' && option.value !== false && option.value !== 'false')) await analyze(backend, statement, call);
}
