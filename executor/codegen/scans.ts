/** Scans: loops over the rows of a leaf, columns decoded from the bytes where they are used. Point lookups need no loop. */
import { ByteBuffer } from '../../base/byte-buffer.js';
import type { Datum } from '../../base/datum.js';
import { KeyLayout } from '../../base/keycode.js';
import { columnSource, type RowLayout } from '../../base/rowcode.js';
import { EntryRun } from '../../mvcc/reads/entry-run.js';
import { RangeRun } from '../../mvcc/reads/range-run.js';
import { RowRef } from '../../mvcc/types.js';
import type { TableDef } from '../../planner/catalog.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { IndexRange, ScanColumn } from '../../planner/physical-plan.js';
import { forEachRangeExpression } from '../../planner/physical-tools.js';
import type { PlanOf } from '../operators/plan-of.js';
import { outerColumns } from '../plan-tools.js';
import { columnLoop, isColumnLookup, lookupLoop } from './column-scan.js';
import type { Consume, Pipeline } from './pipeline.js';
import type { Writer } from './scope.js';
import type { AccessCache } from './support.js';

/** Names of the bytes that hold the present row. */
interface RowPlace {
  readonly u8: string;
  readonly dv: string;
  readonly offset: string;
}

function renamer(place: RowPlace): (code: string) => string {
  return (code) => code.replace(/\bu8\b/g, place.u8).replace(/\bdv\b/g, place.dv);
}

/** Binds stored columns to the row at `place`, to be decoded when used. */
export function bindStored(w: Writer, table: TableDef, layout: RowLayout, columns: readonly ScanColumn[], place: RowPlace, position: (column: number) => number = (column) => column): void {
  const rename = renamer(place);
  for (const { id, column } of columns) {
    const at = position(column);
    const source = columnSource(layout, at, w.module.constant);
    const nullable = !table.columns[column]!.notNull;
    const value = rename(source.value(place.offset));
    const code = nullable ? `(${rename(source.isNull(place.offset))} ? null : ${value})` : value;
    w.scope.bind(id, { kind: 'pending', code, nullable, stored: { source, row: place.offset, rename } });
  }
}

/**
 * The loop over the batches and rows of what `open` opens; `body` is written for each row and gets its place and key expression. `isShort`: batches are of few rows;
 * `isFew`: the scan is one for few rows (`ScanOptions`).
 */
function scanLoop(p: Pipeline, open: string, body: (place: RowPlace, key: string) => void, isShort = false, isFew = false): void {
  const { w, module } = p;
  const scan = module.name('s');
  const index = module.name('i');
  const count = module.name('n');
  const offsets = module.name('f');
  const place: RowPlace = { u8: module.name('u8_'), dv: module.name('dv_'), offset: module.name('b') };
  w.line(`const ${scan} = ${open};`);
  w.block(`while (${scan}.next())`, () => {
    w.batch(() => {
      w.line(`const ${place.u8} = ${scan}.u8, ${place.dv} = ${scan}.dv${isFew ? '' : `, ${offsets} = ${scan}.offsets`};`);
      w.line(`let ${count} = ${scan}.count;`);
      p.scans.push({ scan, index, count });
      w.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
        w.line(`const ${place.offset} = ${isFew ? `${scan}.offsetAt(${index})` : `${offsets}[${index}]`};`);
        body(place, `${scan}.keyAt(${index})`);
      });
      p.scans.pop();
    });
    p.tickAfter(scan, isShort);
  });
  w.line(`o.closed(${scan});`);
}

/** The table's access is found once per transaction manager and kept with the program. */
const accessName = (p: Pipeline, table: TableDef): string => p.w.once(`T${table.oid}`, `X.access(x, ${p.module.constant(table)}, ${accessCache(p, table)})`);
function accessCache(p: Pipeline, table: TableDef): string {
  let caches = cachesOf.get(p);
  if (caches === undefined) cachesOf.set(p, (caches = new Map()));
  let cache = caches.get(table);
  if (cache === undefined) caches.set(table, (cache = p.module.constant({ manager: undefined, access: undefined } satisfies AccessCache)));
  return cache;
}
const cachesOf = new WeakMap<Pipeline, Map<TableDef, string>>();
export const tableTree = (p: Pipeline, table: TableDef): string => p.w.once(`tt${table.oid}`, `${accessName(p, table)}.tree`);

const scanOptions = (reverse: boolean, isFew: boolean): string => (isFew ? 'few' : 'all') + (reverse ? 'Reverse' : 'Forward');

export function produceSeqScan(p: Pipeline, plan: PlanOf<'seqScan'>, consume: Consume): void {
  const { table, columns, filter, rowKey, reverse, sample } = plan;
  let sampler: string | undefined;
  if (sample !== undefined) {
    p.publish(outerColumns(plan));
    sampler = p.module.name('q');
    p.w.line(`const ${sampler} = X.samplerOf(${p.module.constant(sample)}, x);`);
  }
  const body = (): void => {
    const rest = (): void => p.when(filter, consume, plan);
    if (sampler === undefined) rest();
    else p.w.block(`if (${sampler}())`, rest);
  };
  const open = (options: string): string => `o.open(tx.openScan(${tableTree(p, table)}, W, ${options}))`;
  if (p.readsColumns(plan)) {
    columnLoop(p, plan, open, body, false, sampler === undefined ? filter : undefined);
    return;
  }
  const isFew = p.isLimited(plan);
  scanLoop(p, open(scanOptions(reverse, isFew)), (place, key) => {
    bindStored(p.w, table, table.layout, columns, place);
    if (rowKey !== undefined) p.w.scope.bind(rowKey, { kind: 'pending', code: key, nullable: false, stored: undefined });
    body();
  }, false, isFew);
}

export function produceIndexScan(p: Pipeline, plan: PlanOf<'indexScan'>, consume: Consume): void {
  if (p.looksUpColumns(plan) && (isPointLookup(plan) || isEquality(plan)) && isColumnLookup(p, plan)) produceLookup(p, plan, consume);
  else if (isPointLookup(plan)) producePoint(p, plan, consume);
  else if (isEquality(plan) && !p.isLimited(plan)) produceEquality(p, plan, consume);
  else if (isListOfKeys(p, plan)) produceKeys(p, plan, plan.ranges[0]!.anyOf!, consume);
  else if (plan.ranges.length === 1 && plan.ranges[0]!.anyOf === undefined) produceRange(p, plan, plan.ranges[0]!, consume);
  else produceRanges(p, plan, consume);
}

/** One key, known whole: no scan is needed. */
export function isPointLookup(plan: PlanOf<'indexScan'>): boolean {
  const [range] = plan.ranges;
  return (
    plan.isPoint && plan.ranges.length === 1 && range!.anyOf === undefined && range!.equal.length === plan.index.columns.length &&
    range!.equal.every((bound) => !bound.isNullTest) && plan.index.deferrable === 'not deferrable'
  );
}

const indexAccess = (p: Pipeline, plan: PlanOf<'indexScan'>): string => p.w.once(`X${plan.index.oid}`, `${accessName(p, plan.table)}.index(${p.module.constant(plan.index)})`);

const indexTree = (p: Pipeline, plan: PlanOf<'indexScan'>): string => (plan.index.isClustered ? tableTree(p, plan.table) : p.w.once(`ti${plan.index.oid}`, `${indexAccess(p, plan)}.tree`));

/** Values for leading columns and nothing else: the entries begin with the bytes of those values. */
function isEquality(plan: PlanOf<'indexScan'>): boolean {
  const [range] = plan.ranges;
  return (
    !plan.reverse && plan.ranges.length === 1 && range!.equal.length > 0 && range!.anyOf === undefined && range!.low === undefined && range!.high === undefined &&
    range!.equal.every((bound) => !bound.isNullTest) && (range!.nulls === 'any' || range!.equal.length === plan.index.columns.length)
  );
}

/** The key bytes of the values that a range demands, in `buffer`; `body` is written for values that are not NULL, which nothing equals. */
function withKey(p: Pipeline, plan: PlanOf<'indexScan'>, body: (buffer: string, length: string) => void): void {
  const { w, module } = p;
  const layout = new KeyLayout(plan.index.columns, p.types);
  const values = plan.ranges[0]!.equal.map((bound) => p.e.value(bound.value));
  const names = values.map((value) => {
    const name = module.name('v');
    w.line(`const ${name} = ${value.code};`);
    return name;
  });
  const tests = values.map((value, i) => (value.nullable ? `${names[i]} !== null` : undefined)).filter((test) => test !== undefined);
  w.block(tests.length === 0 ? '' : `if (${tests.join(' && ')})`, () => {
    const buffer = module.constant(new ByteBuffer(64));
    if (layout.integerBytes !== 0) {
      w.line(`X.${layout.integerBytes === 4 ? 'putInt4Key' : 'putInt8Key'}(${buffer}.bytes, 0, ${names[0]});`);
      body(buffer, `${layout.integerBytes}`);
      return;
    }
    w.line(`${buffer}.length = 0;`);
    const layoutName = module.constant(layout);
    names.forEach((name, i) => w.line(`${keyColumnSource(layout, layoutName, i, name, buffer)};`));
    body(buffer, `${buffer}.length`);
  });
}

/** `encodeKeyColumn` for a value that is not NULL, of commoner types without looking at the type. */
function keyColumnSource(layout: KeyLayout, layoutName: string, i: number, value: string, buffer: string): string {
  const { nullable, descending } = layout.columns[i]!;
  const storage = layout.storages[i]!;
  if (!nullable && !descending && storage === 'text') return `X.appendTextKey(${value}, ${buffer})`;
  if (!nullable && !descending && (storage === 'int4' || storage === 'date')) return `X.appendInt4Key(${value}, ${buffer})`;
  return `X.encodeKeyColumn(${layoutName}, ${i}, ${value}, ${buffer})`;
}

function producePoint(p: Pipeline, plan: PlanOf<'indexScan'>, consume: Consume): void {
  const { w, module } = p;
  withKey(p, plan, (buffer, length) => {
    const ref = module.constant(new RowRef());
    w.block(`if (tx.get(${indexTree(p, plan)}, ${buffer}.bytes, ${length}, ${ref}))`, () => {
      const place = placeOf(p, ref);
      const key = `X.keyString(${buffer}.bytes, 0, ${length})`;
      if (plan.rowKey !== undefined) p.rowKeys.set(plan.rowKey, { buffer, length });
      entryRow(p, plan, place, key, consume);
    });
  });
}

function produceEquality(p: Pipeline, plan: PlanOf<'indexScan'>, consume: Consume): void {
  withKey(p, plan, (buffer, length) => {
    const run = p.module.constant(new EntryRun());
    scanLoop(p, `o.entries(tx, ${indexTree(p, plan)}, ${buffer}.bytes, ${length}, ${run})`, (place, key) => entryRow(p, plan, place, key, consume), true);
  });
}

function produceLookup(p: Pipeline, plan: PlanOf<'indexScan'>, consume: Consume): void {
  const { w, module } = p;
  const source = p.e.value(plan.ranges[0]!.equal[0]!.value);
  const value = module.name('v');
  w.line(`const ${value} = ${source.code};`);
  w.block(source.nullable ? `if (${value} !== null)` : '', () => lookupLoop(p, plan, indexTree(p, plan), value, () => p.when(plan.filter, consume, plan)));
}

function placeOf(p: Pipeline, ref: string): RowPlace {
  const place: RowPlace = { u8: p.module.name('u8_'), dv: p.module.name('dv_'), offset: p.module.name('b') };
  p.w.line(`const ${place.u8} = ${ref}.u8, ${place.dv} = ${ref}.dv, ${place.offset} = ${ref}.offset;`);
  return place;
}

/** From an entry of the index (of the table itself when clustered) to the row: columns are bound, the filter tested. */
function entryRow(p: Pipeline, plan: PlanOf<'indexScan'>, place: RowPlace, key: string, consume: Consume): void {
  const { w, module } = p;
  const { table, index, columns, indexOnly, rowKey, filter } = plan;
  const rest = (): void => p.when(filter, consume, plan);
  if (index.isClustered) {
    bindStored(p.w, table, table.layout, columns, place);
    if (rowKey !== undefined) w.scope.bind(rowKey, { kind: 'pending', code: key, nullable: false, stored: undefined });
    rest();
    return;
  }
  if (rowKey !== undefined && !p.locks) w.define(rowKey, `X.entryRowKey(${place.u8}, ${place.offset})`, false);
  if (indexOnly) {
    const layout = new KeyLayout(index.columns, p.types);
    for (const { id, column } of columns) {
      const at = index.columns.findIndex((candidate, i) => candidate.column === column && layout.isLossless(i));
      const code = at >= 0 ? `X.decodeKeyColumn(${module.constant(layout)}, ${at}, ${key})` : `X.includedColumn(${module.constant(index)}, ${column}, ${place.u8}, ${place.dv}, ${place.offset})`;
      w.scope.bind(id, { kind: 'pending', code, nullable: !table.columns[column]!.notNull, stored: undefined });
    }
    rest();
    return;
  }
  const buffer = module.constant(new ByteBuffer(64));
  const ref = module.constant(new RowRef());
  const length = module.name('v');
  w.line(`const ${length} = X.copyRowKey(${place.u8}, ${place.offset}, ${buffer});`);
  if (rowKey !== undefined && p.locks) {
    p.rowKeys.set(rowKey, { buffer, length });
    w.scope.bind(rowKey, { kind: 'pending', code: `X.keyString(${buffer}.bytes, 0, ${length})`, nullable: false, stored: undefined });
  }
  w.line(`if (!tx.get(${tableTree(p, table)}, ${buffer}.bytes, ${length}, ${ref})) X.missingRow();`);
  bindStored(p.w, table, table.layout, columns, placeOf(p, ref));
  rest();
}

/** Whether it looks up clustered keys of one integer, those of a list. */
function isListOfKeys(p: Pipeline, { index, ranges }: PlanOf<'indexScan'>): boolean {
  const layout = new KeyLayout(index.columns, p.types);
  return index.isClustered && ranges.length === 1 && ranges[0]!.anyOf !== undefined && ranges[0]!.equal.length === 0 && layout.integerBytes === 4 && layout.storages[0] === 'int4';
}

function produceKeys(p: Pipeline, plan: PlanOf<'indexScan'>, list: BoundExpression, consume: Consume): void {
  const { w, module } = p;
  const [buffer, ref, value] = [module.constant(new ByteBuffer(64)), module.constant(new RowRef()), module.name('v')];
  w.block(`for (const ${value} of X.keysInOrder(${p.e.value(list).code}, ${plan.reverse}))`, () => {
    w.line(`X.putInt4Key(${buffer}.bytes, 0, ${value});`);
    w.block(`if (tx.get(${tableTree(p, plan.table)}, ${buffer}.bytes, 4, ${ref}))`, () => entryRow(p, plan, placeOf(p, ref), `X.keyString(${buffer}.bytes, 0, 4)`, consume));
    if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
    else w.line('o.tock();');
  });
}

function produceRange(p: Pipeline, plan: PlanOf<'indexScan'>, range: IndexRange, consume: Consume): void {
  const { w, module } = p;
  const { index, reverse } = plan;
  const bounds = [...range.equal.filter(({ isNullTest }) => !isNullTest), range.low, range.high].filter((bound) => bound !== undefined);
  const values = module.constant(new Array<Datum>(bounds.length).fill(null));
  bounds.forEach(({ value }, i) => w.line(`${values}[${i}] = ${p.e.value(value).code};`));
  const [run, free] = [module.constant(new RangeRun()), module.name('v')];
  const isFew = p.isLimited(plan);
  w.line(`const ${free} = ${run}.free;`);
  w.block(`if (X.putBounds(${module.constant(new KeyLayout(index.columns, p.types))}, ${module.constant(range)}, ${values}, ${free}))`, () => {
    scanLoop(p, `o.range(tx, ${indexTree(p, plan)}, ${run}, ${free}, ${scanOptions(reverse, isFew)})`, (place, key) => entryRow(p, plan, place, key, consume), false, isFew);
  });
}

function produceRanges(p: Pipeline, plan: PlanOf<'indexScan'>, consume: Consume): void {
  const { w, module } = p;
  const { index, ranges, reverse } = plan;
  const places = new Map<BoundExpression, number>();
  const values: string[] = [];
  for (const range of ranges) {
    forEachRangeExpression(range, (e) => {
      if (places.has(e)) return;
      places.set(e, values.length);
      values.push(p.e.value(e).code);
    });
  }
  const layout = module.constant(new KeyLayout(index.columns, p.types));
  const range = module.name('v');
  const isFew = p.isLimited(plan);
  w.block(`for (const ${range} of X.ranges(${layout}, ${module.constant(ranges)}, ${reverse}, ${module.constant(places)}, [${values.join(', ')}]))`, () => {
    scanLoop(p, `o.open(tx.openScan(${indexTree(p, plan)}, ${range}, ${scanOptions(reverse, isFew)}))`, (place, key) => entryRow(p, plan, place, key, consume), false, isFew);
  });
}
