/**
 * Scans over columns: the loop that scans.ts writes over the rows of a leaf, written over its columns instead (base/row-columns.ts). What reads a column reads
 * a run of typed memory; columns that have no such form are read from the row, whose offset is then a column too.
 */
import { AtColumns, AtRowCount, ColumnForm, columnReader, type ColumnReader, type ColumnRequest } from '../../base/row-columns.js';
import { KeyLayout } from '../../base/keycode.js';
import { columnSource, type ColumnSource, type RowLayout } from '../../base/rowcode.js';
import { baseTypeOf, typeInfo } from '../../base/types.js';
import { ColumnRun } from '../../mvcc/reads/column-run.js';
import type { TableDef } from '../../planner/catalog.js';
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import type { PlanOf } from '../operators/plan-of.js';
import type { Consume, Pipeline } from './pipeline.js';
import { zoneTest } from './zones.js';
import type { Stored } from './scope.js';

/** Columns wanted of a table's leaves, as they become known while the loop is written. */
class Wanted implements ColumnRequest {
  readonly reader: ColumnReader;
  readonly columns: number[] = [];
  constructor(layout: RowLayout) {
    this.reader = columnReader(layout);
  }
  add(column: number): void {
    if (!this.columns.includes(column)) this.columns.push(column);
  }
}

/** Names in the loop. */
export interface ColumnPlace {
  /** Bytes of the page or of the rows put together, and their view. */
  readonly u8: string;
  readonly dv: string;
  /** The memory of the columns as bytes, 32-bit integers, doubles. */
  readonly bytes: string;
  readonly ints: string;
  readonly doubles: string;
  /** The row's number in the batch. */
  readonly index: string;
  readonly request: Wanted;
  /** Where a column's run begins, and its nulls, in variables of the batch. */
  start(column: number): string;
  nulls(column: number): string;
  /** The place of the least value of a column behind its run (R2 of base/row-columns.ts); the greatest is the next. */
  zone(column: number): string;
}

/**
 * The loop over batches and rows; `body` is written for each row. `open` gets the name of the scan's options, and what is asked of each batch, which grows while the loop is
 * written. `isShort`: batches are of few rows. `filter`: what `body` tests first, for batches in which no row can pass it.
 */
export function columnLoop(p: Pipeline, plan: PlanOf<'seqScan'> | PlanOf<'indexScan'>, open: (options: string, request: Wanted) => string, body: Consume, isShort = false, filter?: BoundExpression): void {
  const { w, module } = p;
  const { table, columns, rowKey } = plan;
  const request = new Wanted(table.layout);
  const [scan, index, count, record] = [module.name('s'), module.name('i'), module.name('n'), module.name('a')];
  const names = { u8: module.name('u8_'), dv: module.name('dv_'), bytes: module.name('cb_'), ints: module.name('ci_'), doubles: module.name('cd_') };
  w.line(`const ${scan} = ${open(module.constant({ reverse: false, columns: request }), request)};`);
  const round = (): void => {
    w.batch(() => {
      w.line(`const ${names.u8} = ${scan}.u8, ${names.dv} = ${scan}.dv, ${names.bytes} = ${scan}.memory.u8, ${names.ints} = ${scan}.memory.i32, ${names.doubles} = ${scan}.memory.f64, ${record} = ${scan}.record;`);
      const head = w.reserve();
      const made = new Map<number, string>();
      const variable = (word: number): string => {
        let name = made.get(word);
        if (name === undefined) {
          made.set(word, (name = module.name('c')));
          head.line(`const ${name} = ${names.ints}[${record} + ${word}] + ${scan}.first;`);
        }
        return name;
      };
      const place: ColumnPlace = {
        ...names, index, request,
        start: (column) => {
          request.add(column);
          return variable(AtColumns + 2 * column);
        },
        nulls: (column) => variable(AtColumns + 2 * column + 1),
        zone: (column) => `${place.start(column)} - ${scan}.first + ${names.ints}[${record} + ${AtRowCount}]`,
      };
      w.line(`let ${count} = ${scan}.count;`);
      const noneCanPass = filter === undefined ? undefined : zoneTest(p, plan, filter, place);
      if (noneCanPass !== undefined) w.line(`if (${noneCanPass}) { ${p.allRemoved(plan, count)}${count} = 0; }`);
      p.scans.push({ scan, index, count, ascending: ascendingColumn(plan) });
      w.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
        for (const { id, column } of columns) {
          const nullable = !table.columns[column]!.notNull;
          const isCoded = hasFewTexts(table, column) && request.reader.codesOf(column) !== undefined;
          const source = isCoded ? codedSource(p, table.layout, column, place, `${scan}.offsetAt(${index})`) : sourceOf(p, table.layout, column, place);
          const code = nullable ? `(${source.isNull('')} ? null : ${source.value('')})` : source.value('');
          const bytes = isCoded ? place.u8 : place.bytes;
          w.scope.bind(id, { kind: 'pending', code, nullable, stored: { source, row: index, rename: (text) => text.replace(/\bu8\b/g, bytes) } });
        }
        if (rowKey !== undefined) w.scope.bind(rowKey, { kind: 'pending', code: `${scan}.keyAt(${index})`, nullable: false, stored: undefined });
        body();
      });
      p.scans.pop();
    });
    p.tickAfter(scan, isShort);
  };
  // A generator for each row of another scan would be dear.
  if (isShort || p.scans.length > 0) w.block(`while (${scan}.next())`, round);
  else w.loop(`while (${scan}.next())`, round);
  w.line(`o.closed(${scan});`);
}

/** The column by which the rows of a scan ascend. */
function ascendingColumn({ kind, columns, table }: PlanOf<'seqScan'> | PlanOf<'indexScan'>): ColumnId | undefined {
  const first = kind === 'seqScan' ? table.clusterKey?.[0]?.column : undefined;
  return first === undefined ? undefined : columns.find(({ column }) => column === first)?.id;
}

/** Whether the equality of an index scan can be looked up in columns (mvcc/reads/column-run.ts): the keys of the table begin with one integer that is asked for, and nothing else is. */
export function isColumnLookup(p: Pipeline, plan: PlanOf<'indexScan'>): boolean {
  const { index, ranges, table } = plan;
  const { column } = index.columns[0]!;
  const layout = new KeyLayout(index.columns, p.types);
  return (
    index.isClustered && ranges[0]!.equal.length === 1 && layout.storages[0] === 'int4' && !index.columns[0]!.nullable && !index.columns[0]!.descending &&
    column !== undefined && columnReader(table.layout).forms[column] === ColumnForm.Int32
  );
}

/** The loop over the entries of that integer, `value`. */
export function lookupLoop(p: Pipeline, plan: PlanOf<'indexScan'>, tree: string, value: string, body: Consume): void {
  const column = plan.index.columns[0]!.column!;
  columnLoop(p, plan, (options, request) => {
    request.add(column);
    const run = p.module.constant(new ColumnRun(request, column, plan.index.columns.length === 1));
    return `o.columnEntries(tx, ${tree}, ${value}, ${run}, ${options})`;
  }, body, true);
}

/** A column of the present row; the sources' parameter, a row's offset, is not used. */
function sourceOf(p: Pipeline, layout: RowLayout, column: number, place: ColumnPlace): ColumnSource {
  const { ints, doubles, bytes, index } = place;
  const form = place.request.reader.forms[column];
  const fromRow = columnSource(layout, column, p.module.constant);
  const { storage } = fromRow;
  const inPage = (code: string): string => code.replace(/\bu8\b/g, place.u8).replace(/\bdv\b/g, place.dv);
  const offset = (): string => `${ints}[${place.start(place.request.reader.rowsColumn)} + ${index}]`;
  if (form === undefined || form === ColumnForm.Code) return inRow(fromRow, inPage, offset());
  const start = place.start(column);
  const isNull = (): string => `${bytes}[${place.nulls(column)} + ${index}] !== 0`;
  const plain = { storage, isNull, scaled: undefined, bytes: undefined };
  switch (form) {
    case ColumnForm.Int32:
      return { ...plain, value: () => `${ints}[${start} + ${index}]` };
    case ColumnForm.Byte:
      return { ...plain, value: () => `${bytes}[${start} + ${index}] === 1` };
    case ColumnForm.Float64: {
      const number = `${doubles}[${start} + ${index}]`;
      if (fromRow.scaled !== undefined) {
        const { scale } = fromRow.scaled;
        return { ...plain, scaled: { scale, coefficient: () => number }, value: () => `R.scaledNumeric(${number}, ${scale})` };
      }
      if (storage === 'enum') {
        const labels = p.module.constant(typeInfo(baseTypeOf(layout.columns[column]!.type, layout.types).oid, layout.types).labels ?? []);
        return { ...plain, value: () => `R.getEnum(${labels}, ${number})` };
      }
      if (storage !== 'int8' && storage !== 'money' && storage !== 'time' && storage !== 'timestamp') return { ...plain, value: () => number };
      // What is no safe integer stands in the row.
      const value = p.w.temp();
      return { ...plain, value: () => `((${value} = ${number}) === ${value} ? ${value} : ${inPage(fromRow.value(offset()))})` };
    }
    case ColumnForm.Bytes: {
      const range = { start: () => `${ints}[${start} + ${index}]`, end: () => `${ints}[${start} + ${index} + 1]` };
      const value = fromRow.value('0').replaceAll(fromRow.bytes!.start('0'), range.start()).replaceAll(fromRow.bytes!.end('0'), range.end());
      return { ...plain, bytes: range, value: () => value.replace(/\bu8\b/g, bytes) };
    }
  }
}

/** So many different texts, by the statistics, that most of them will have codes. */
const CodedTextsMax = 200;
function hasFewTexts(table: TableDef, column: number): boolean {
  const distinct = table.statistics?.columns[column]?.distinct ?? 0;
  return distinct > 0 && distinct <= CodedTextsMax;
}

/** A text by its code (base/text-codes.ts); where it has none it is read from the row at `offset`. */
function codedSource(p: Pipeline, layout: RowLayout, column: number, place: ColumnPlace, offset: string): Stored['source'] & { value: (row: string) => string } {
  const { column: codes, texts } = place.request.reader.codesOf(column)!;
  const fromRow = columnSource(layout, column, p.module.constant);
  const inPage = (code: string): string => code.replace(/\bu8\b/g, place.u8).replace(/\bdv\b/g, place.dv);
  const code = (): string => `${place.bytes}[${place.start(codes)} + ${place.index}]`;
  return {
    isNull: () => `${place.bytes}[${place.nulls(codes)} + ${place.index}] !== 0`, scaled: undefined, code,
    bytes: { start: () => inPage(fromRow.bytes!.start(offset)), end: () => inPage(fromRow.bytes!.end(offset)) },
    value: () => `(${p.module.constant(texts)}[${code()}] ?? ${inPage(fromRow.value(offset))})`,
  };
}

/** A column that is read from the row. */
function inRow(source: ColumnSource, inPage: (code: string) => string, offset: string): ColumnSource {
  return { storage: source.storage, scaled: undefined, bytes: undefined, isNull: () => inPage(source.isNull(offset)), value: () => inPage(source.value(offset)) };
}
