/**
 * What generated source reaches as `X`: the parts of a plan's work that are calls rather than templates. Each does for one node what the interpreter
 * does, on values the generated code has computed.
 */
import { ByteDictionary, NoCode } from '../../base/byte-dictionary.js';
import { keyString } from '../../base/bytes.js';
import type { Datum, GroupKey } from '../../base/datum.js';
import { joinGroupKeys, SqlArray, SqlRecord } from '../../base/datum.js';
import type { Oid } from '../../base/ids.js';
import type { KeyLayout } from '../../base/keycode.js';
import { appendInt4Key, appendTextKey, decodeKeyColumn, encodeKeyColumn, putInt4Key, putInt8Key } from '../../base/keycode.js';
import { Numeric } from '../../base/numeric.js';
import { inputText, outputText } from '../../base/text-io.js';
import type { EvalContext, FunctionDef } from '../../functions/registry.js';
import type { KeyRange } from '../../mvcc/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { IndexRange } from '../../planner/physical-plan.js';
import { InternalError } from '../../base/errors.js';
import { makeArray } from '../array-values.js';
import { keptArray } from '../element-set.js';
import { callFunction, evaluate, inArray, isRowNull, quantifiedArray, rowCompare, rowShape } from '../expression-interpreter.js';
import { keyRangesOf, putBounds } from '../key-ranges.js';
import { includedColumn } from '../operators/index-scan.js';
import { limitCount, limitOf, offsetCount, offsetOf } from '../operators/limit.js';
import { samplerOf } from '../operators/seq-scan.js';
import type { TransactionManager } from '../../mvcc/transaction-manager.js';
import type { TableDef } from '../../planner/catalog.js';
import { copyRowKey, entryRowKey, type TableAccess } from '../table-access.js';
import type { Runtime } from '../runtime.js';
import { beginningOf, compareToBytes, compareUnpadded, equalsBytes, equalsUnpadded, utf8Bytes, utf8BytesUnpadded } from './byte-text.js';
import { DistinctIntegers } from './distinct-integers.js';
import { DistinctSet } from './distinct-set.js';
import type { JoinRow } from './join-table.js';
import { JoinTable } from './join-table.js';
import { H } from '../../functions/emit-helpers.js';
import { feedCall, finishCall, newCallState } from '../operators/aggregate.js';
import type { PlanOf } from '../operators/plan-of.js';
import { ColumnSorter } from '../spill/column-sorter.js';
import { KeptChain } from '../spill/kept-rows.js';
import { TupleQueue } from '../spill/tuple-queue.js';
import { TupleSorter } from '../spill/tuple-sorter.js';
import { GroupTable } from './group-table.js';
import { ValueDictionary } from './int-table.js';

interface RowChain {
  readonly first: JoinRow;
  last: JoinRow;
}

function* valuesRows(plan: PlanOf<'values'>, runtime: Runtime): Generator<Datum[]> {
  for (const row of plan.rows) yield row.map((expression) => evaluate(expression, runtime));
}

type Of<Kind extends BoundExpression['kind']> = Extract<BoundExpression, { kind: Kind }>;

/** A table's access as a program keeps it from one run to the next. */
export interface AccessCache {
  manager: TransactionManager | undefined;
  access: TableAccess | undefined;
}

export const X = {
  access(runtime: Runtime, table: TableDef, cache: AccessCache): TableAccess {
    const { manager } = runtime.env;
    if (cache.manager !== manager) {
      cache.manager = manager;
      cache.access = runtime.access(table);
    }
    return cache.access!.useLayout();
  },
  evaluate,
  isRowNull,
  quantifiedArray,
  makeArray,
  arrayOf: (elementOid: Oid, elements: readonly Datum[]): SqlArray => SqlArray.of(elementOid, elements),
  keyString,
  entryRowKey,
  copyRowKey,
  encodeKeyColumn,
  appendInt4Key,
  appendTextKey,
  putInt4Key,
  putInt8Key,
  joinGroupKeys,
  limitCount,
  limitOf,
  offsetCount,
  offsetOf,
  samplerOf,
  JoinTable,
  KeptChain,
  DistinctIntegers,
  DistinctSet,
  TupleSorter,
  ColumnSorter,
  TupleQueue,
  GroupTable,
  ByteDictionary,
  ValueDictionary,
  utf8Bytes,
  utf8BytesUnpadded,
  equalsBytes,
  compareToBytes,
  equalsUnpadded,
  compareUnpadded,
  beginningOf,

  /** Notes what a condition says of the text with this code. */
  verdict(verdicts: Uint8Array, code: number, isTrue: boolean): boolean {
    if (code !== NoCode) verdicts[code] = isTrue ? 1 : 2;
    return isTrue;
  },
  extreme(e: Of<'greatest' | 'least'>, values: readonly Datum[], ctx: EvalContext): Datum {
    let best: Datum = null;
    for (const value of values) {
      if (value === null) continue;
      if (best === null || callFunction(e.lessThan, e.kind === 'least' ? [value, best] : [best, value], ctx) === true) best = value;
    }
    return best;
  },
  makeRecord(e: Of<'row'>, values: readonly Datum[]): Datum {
    return new SqlRecord(rowShape(e), values);
  },
  field(record: Datum, index: number): Datum {
    return record === null ? null : ((record as SqlRecord).values[index] ?? null);
  },
  rowCompare(e: Of<'rowCompare'>, left: readonly Datum[], right: readonly Datum[], ctx: EvalContext): Datum {
    return rowCompare(left, right, e.operator, e.lessThan, e.equals, ctx);
  },
  castThroughText(e: Of<'cast'>, value: Datum, ctx: EvalContext): Datum {
    return inputText(e.type, outputText(e.arg.type, value, ctx), ctx);
  },
  inArray,
  /** The array of a list that is kept for the run. */
  keptArray(e: Of<'inList' | 'array'>, runtime: Runtime): SqlArray {
    return keptArray(e, (item) => evaluate(item, runtime), runtime.ctx);
  },
  inList(left: Datum, list: readonly Datum[], equals: FunctionDef, negated: boolean, ctx: EvalContext): Datum {
    let result: Datum = negated;
    for (const right of list) {
      const equal = left === null || right === null ? null : callFunction(equals, [left, right], ctx);
      if (equal === true) return !negated;
      if (equal === null) result = null;
    }
    return result;
  },
  isDistinct(equals: FunctionDef, left: Datum, right: Datum, ctx: EvalContext): boolean {
    return left === null || right === null ? left !== right : callFunction(equals, [left, right], ctx) !== true;
  },
  /** A numeric of a safe coefficient. */
  newNumeric(coefficient: number, scale: number): Numeric {
    return new Numeric(coefficient + 0, scale);
  },
  /** The coefficient of a numeric at `scale`, NaN (which compares with nothing) when it is not exactly a double there. */
  coefficientAt(value: Numeric | null | undefined, scale: number): number {
    if (value === null || value === undefined) return NaN;
    const { coefficient } = value;
    if (typeof coefficient !== 'number' || value.scale > scale) return NaN;
    const scaled = coefficient * 10 ** (scale - value.scale);
    return scaled <= Number.MAX_SAFE_INTEGER && scaled >= -Number.MAX_SAFE_INTEGER ? scaled : NaN;
  },
  /** Key ranges of an index scan over bound values that were computed in the order of `forEachRangeExpression`. */
  ranges(layout: KeyLayout, ranges: readonly IndexRange[], reverse: boolean, places: ReadonlyMap<BoundExpression, number>, values: readonly Datum[]): KeyRange[] {
    return keyRangesOf(layout, ranges, reverse, (e) => values[places.get(e)!]!);
  },
  putBounds,
  /** The integers of a list, each once, in the order of an index. */
  keysInOrder(list: Datum, reverse: boolean): readonly number[] {
    if (list === null) return [];
    const keys: number[] = [];
    for (const element of (list as SqlArray).elements) if (element !== null) keys.push(element as number);
    keys.sort(reverse ? (a, b) => b - a : (a, b) => a - b);
    let count = 0;
    for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) keys[count++] = keys[i]!;
    keys.length = count;
    return keys;
  },
  decodeKeyColumn,
  includedColumn,
  // Chains of rows for joins: the first element of a row is the next one.
  chain(list: RowChain | null, row: JoinRow): RowChain {
    if (list === null) return { first: row, last: row };
    list.last[0] = row;
    list.last = row;
    return list;
  },
  chainStart(list: RowChain | null): JoinRow | undefined {
    return list === null ? undefined : list.first;
  },
  link(rows: readonly JoinRow[]): void {
    for (let i = 1; i < rows.length; i++) rows[i - 1]![0] = rows[i]!;
  },
  valuesRows(plan: PlanOf<'values'>, runtime: Runtime): Iterable<Datum[]> {
    return valuesRows(plan, runtime);
  },

  // Aggregates without code of their own.
  newCall: newCallState,
  feedCall,
  finishCall,
  sumInt8(near: number, big: bigint): number | bigint {
    return H.int8(big + BigInt(near));
  },
  sumNumeric(near: number, big: bigint, scale: number, rest: Numeric | null): Numeric {
    const total = big === 0n ? new Numeric(near, scale) : Numeric.of(big + BigInt(near), scale);
    return rest === null ? total : rest.add(total);
  },
  /** The same where rows had different scales, `rowScale` the largest. */
  sumOfScales(near: number, big: bigint, scale: number, rest: Numeric | null, rowScale: number): Numeric {
    const total = X.sumNumeric(near, big, scale, rest);
    return rowScale < total.scale ? total.round(rowScale) : total;
  },
  average(total: Numeric, count: number): Numeric {
    return total.divide(Numeric.fromInt(count));
  },

  /** A finished plain sum of integers or scaled numerics: what did not fit into the double is in `big`. */
  exactSum(near: number, big: bigint): number | bigint {
    const total = big + BigInt(near);
    return total <= 9007199254740991n && total >= -9007199254740991n ? Number(total) : total;
  },
  numericOf(coefficient: number | bigint, scale: number): Numeric {
    return Numeric.of(coefficient, scale);
  },
  missingRow(): never {
    throw new InternalError('index entry without row');
  },
} as const;
export type { GroupKey, Runtime };
