/**
 * How many rows: selectivities of conditions, distinct values, sizes of joins and groups, from what ANALYZE found or from defaults. Knowing too
 * little is the normal case; an estimate decides speed, never results.
 *
 * E1  A selectivity is in [0, 1]; a row estimate is at least 1, except for what is certainly empty.
 * E2  Conjuncts are taken as independent, but for pairs of bounds on one expression, which make one range.
 *
 * Source. selfuncs.c, clausesel.c: the default constants are PostgreSQL's.
 */
import { comparatorOf, type Datum } from '../base/datum.js';
import { typeInfo, TypeOid, type SqlType, type TypeRegistry } from '../base/types.js';
import type { ColumnStatistics, TableDef } from './catalog.js';
import { conjunctsOf, sameExpression } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { LogicalScan } from './logical-plan.js';
import type { PlanColumn } from './physical-plan.js';

const defaultEqual = 0.005;
const defaultInequality = 1 / 3;
const defaultRange = 0.005;
const defaultMatch = 0.005;
const defaultDistinct = 200;
/** Rows assumed of a table that was never analysed. */
export const defaultRowCount = 1000;

interface Origin {
  readonly table: TableDef;
  readonly column: number;
  readonly statistics: ColumnStatistics | undefined;
  readonly isUnique: boolean;
}

export function tableRows(table: TableDef): number {
  if (table.virtual !== undefined) return 100;
  return Math.max(1, table.statistics?.rowCount ?? defaultRowCount);
}

export function tablePages(table: TableDef): number {
  return Math.max(1, table.statistics?.pageCount ?? Math.ceil((tableRows(table) * 60) / 8192));
}

/** Conditions on single relations that were made from an OR between several, and stand beside it. */
const restrictions = new WeakMap<BoundExpression, BoundExpression[]>();
export function noteRestriction(of: BoundExpression, made: BoundExpression): void {
  const known = restrictions.get(of);
  if (known === undefined) restrictions.set(of, [made]);
  else known.push(made);
}

export class Estimator {
  readonly types: TypeRegistry;
  readonly #origins: (Origin | undefined)[] = [];
  /** Distinct values of computed columns, where known. */
  readonly #distinct: (number | undefined)[] = [];

  constructor(types: TypeRegistry) {
    this.types = types;
  }

  /** Makes the columns of a scan known. */
  addScan(scan: LogicalScan): void {
    const { table } = scan;
    for (const column of scan.columns) {
      const statistics = table.statistics?.columns[column.column];
      const isUnique = table.indexes.some((index) => index.isUnique && index.predicate === undefined && index.columns.length === 1 && index.columns[0]!.column === column.column);
      this.#origins[column.id] = { table, column: column.column, statistics, isUnique };
    }
  }
  /** A column that has the values of another, as a CTE's or a UNION's has. */
  alias(id: ColumnId, of: ColumnId): void {
    const origin = this.#origins[of];
    if (origin !== undefined) this.#origins[id] = origin;
  }
  setDistinct(id: ColumnId, distinct: number): void {
    this.#distinct[id] = distinct;
  }

  statisticsOf(e: BoundExpression): ColumnStatistics | undefined {
    const column = plainColumn(e);
    return column === undefined ? undefined : this.#origins[column]?.statistics;
  }

  /** Average bytes of a column's values. */
  width(column: PlanColumn): number {
    const known = this.#origins[column.id]?.statistics?.averageWidthBytes;
    return known !== undefined && known > 0 ? known : typeWidth(column.type, this.types);
  }
  widthOf(columns: readonly PlanColumn[]): number {
    let width = 0;
    for (const column of columns) width += this.width(column);
    return width;
  }

  /** Distinct values of `e` among `rows` rows. */
  distinct(e: BoundExpression, rows: number): number {
    const column = plainColumn(e);
    if (column === undefined) {
      if (e.kind === 'constant' || e.kind === 'parameter') return 1;
      if (e.type.oid === TypeOid.bool) return Math.min(2, rows);
      return Math.max(1, Math.min(rows, defaultDistinct));
    }
    const known = this.#distinct[column];
    if (known !== undefined) return Math.max(1, Math.min(known, rows));
    const origin = this.#origins[column];
    if (origin === undefined) return Math.max(1, Math.min(rows, e.type.oid === TypeOid.bool ? 2 : defaultDistinct));
    const total = tableRows(origin.table);
    const d = origin.isUnique ? total : origin.statistics === undefined ? (e.type.oid === TypeOid.bool ? 2 : Math.min(defaultDistinct, total)) : origin.statistics.distinct >= 0 ? origin.statistics.distinct : -origin.statistics.distinct * total;
    return Math.max(1, Math.min(d, rows));
  }

  /** Groups of `rows` rows by several expressions. */
  groups(list: readonly BoundExpression[], rows: number): number {
    let product = 1;
    for (const e of list) {
      product *= this.distinct(e, rows);
      if (product >= rows) return Math.max(1, rows);
    }
    return Math.max(1, Math.min(product, rows));
  }

  nullFraction(e: BoundExpression): number {
    return this.statisticsOf(e)?.nullFraction ?? 0;
  }

  // ------------------------------------------------------------------------------------------------------------- selectivity

  /** The fraction of rows for which all hold. */
  selectivityOf(conjuncts: readonly BoundExpression[]): number {
    let selectivity = 1;
    const ranges: { arg: BoundExpression; low: number; high: number; hasLow: boolean; hasHigh: boolean }[] = [];
    for (const e of conjuncts) {
      const bound = this.#boundOf(e);
      if (bound === undefined) {
        selectivity *= this.selectivity(e);
        continue;
      }
      let range = ranges.find((r) => sameExpression(r.arg, bound.arg));
      if (range === undefined) ranges.push((range = { arg: bound.arg, low: 1, high: 1, hasLow: false, hasHigh: false }));
      if (bound.isLow) {
        range.low = Math.min(range.low, bound.selectivity);
        range.hasLow = true;
      } else {
        range.high = Math.min(range.high, bound.selectivity);
        range.hasHigh = true;
      }
    }
    for (const range of ranges) {
      if (!range.hasLow || !range.hasHigh) selectivity *= range.low * range.high;
      else if (range.low === defaultInequality && range.high === defaultInequality) selectivity *= defaultRange;
      else selectivity *= Math.max(range.low + range.high - 1 - this.nullFraction(range.arg), 1e-4);
    }
    return clamp(selectivity);
  }

  #boundOf(e: BoundExpression): { arg: BoundExpression; isLow: boolean; selectivity: number } | undefined {
    if (e.kind !== 'call' || e.args.length !== 2) return undefined;
    const { operator } = e;
    if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') return undefined;
    const [left, right] = e.args as [BoundExpression, BoundExpression];
    const isFlipped = plainColumn(left) === undefined;
    const arg = isFlipped ? right : left;
    if (plainColumn(arg) === undefined) return undefined;
    const isLow = (operator === '>' || operator === '>=') !== isFlipped;
    return { arg, isLow, selectivity: this.#inequality(arg, isFlipped ? left : right, isLow, operator.length === 2) };
  }

  selectivity(e: BoundExpression): number {
    switch (e.kind) {
      case 'constant':
        return e.value === true ? 1 : 0;
      case 'and':
        return this.selectivityOf(e.args);
      case 'or': {
        let none = 1;
        for (const arg of e.args) none *= 1 - this.selectivity(arg);
        // What it demands of one relation has been counted there.
        const counted = this.selectivityOf(restrictions.get(e) ?? []);
        return clamp(counted > 0 ? (1 - none) / counted : 1 - none);
      }
      case 'not':
        return clamp(1 - this.selectivity(e.arg));
      case 'column':
        return this.#equality(e, { kind: 'constant', type: e.type, offset: -1, value: true });
      case 'isNull': {
        const fraction = this.statisticsOf(e.arg)?.nullFraction ?? defaultEqual;
        return clamp(e.negated ? 1 - fraction : fraction);
      }
      case 'isBoolean': {
        const nulls = this.nullFraction(e.arg);
        const s = e.test === 'unknown' ? nulls : e.test === 'true' ? this.selectivity(e.arg) : 1 - nulls - this.selectivity(e.arg);
        return clamp(e.negated ? 1 - s : s);
      }
      case 'inList': {
        let sum = 0;
        // A long list of unknown values need not be looked at one by one.
        const looked = Math.min(e.list.length, 100);
        for (let i = 0; i < looked; i++) sum += this.#equality(e.arg, e.list[i]!);
        const s = clamp((sum / Math.max(1, looked)) * e.list.length);
        return e.negated ? clamp(1 - s) : s;
      }
      case 'quantifiedArray': {
        const count = e.array.kind === 'array' ? e.array.elements.length : 10;
        const one = this.#equality(e.arg, { kind: 'parameter', type: e.arg.type, offset: -1, index: -1 });
        return e.quantifier === 'any' ? clamp(one * count) : clamp((1 - one) ** count);
      }
      case 'isDistinct': {
        const s = 1 - this.#equality(e.left, e.right);
        return clamp(e.negated ? 1 - s : s);
      }
      case 'rowCompare':
        return defaultInequality;
      case 'subquery':
        return 0.5;
      case 'call':
        return this.#call(e);
      default:
        return defaultInequality;
    }
  }

  #call(e: Extract<BoundExpression, { kind: 'call' }>): number {
    if (e.args.length === 2) {
      const [left, right] = e.args as [BoundExpression, BoundExpression];
      const isFlipped = plainColumn(left) === undefined && plainColumn(right) !== undefined;
      const arg = isFlipped ? right : left;
      const value = isFlipped ? left : right;
      switch (e.operator) {
        case '=':
          return this.#equality(arg, value);
        case '<>':
          return clamp(1 - this.#equality(arg, value) - this.nullFraction(arg));
        case '<':
        case '<=':
        case '>':
        case '>=':
          return this.#inequality(arg, value, e.operator.startsWith('>') !== isFlipped, e.operator.length === 2);
        case '~~':
        case '~~*':
        case '~':
        case '~*':
          return this.#match(e.operator, value);
        case '!~~':
        case '!~~*':
        case '!~':
        case '!~*':
          return clamp(1 - this.#match(e.operator.slice(1), value));
        default:
          break;
      }
    }
    return defaultInequality;
  }

  #match(operator: string, pattern: BoundExpression): number {
    if (pattern.kind !== 'constant' || typeof pattern.value !== 'string') return defaultMatch;
    const fixed = pattern.value.replace(/[%_]/g, '').length;
    const isAnchored = operator.startsWith('~~') ? !/^[%_]/.test(pattern.value) : pattern.value.startsWith('^');
    return Math.max(1e-4, Math.min(0.5, (isAnchored ? 0.2 : 0.5) ** Math.min(4, Math.max(1, fixed / 2))));
  }

  #equality(arg: BoundExpression, value: BoundExpression): number {
    if (value.kind === 'constant' && value.value === null) return 0;
    const column = plainColumn(arg);
    const other = plainColumn(value);
    if (column !== undefined && other !== undefined) return this.joinEquality(arg, value, Infinity, Infinity);
    const origin = column === undefined ? undefined : this.#origins[column];
    if (origin === undefined) return column !== undefined && this.#distinct[column] !== undefined ? 1 / Math.max(1, this.#distinct[column]) : arg.type.oid === TypeOid.bool ? 0.5 : defaultEqual;
    const rows = tableRows(origin.table);
    if (origin.isUnique) return 1 / rows;
    const { statistics } = origin;
    if (statistics === undefined) return arg.type.oid === TypeOid.bool ? 0.5 : Math.max(defaultEqual, 1 / rows);
    const notNull = 1 - statistics.nullFraction;
    const distinct = Math.max(1, this.distinct(arg, rows));
    if (value.kind !== 'constant') return clamp(notNull / distinct);
    const compare = comparatorOf(arg.type, this.types);
    let common = 0;
    for (const entry of statistics.mostCommon) {
      if (compare(entry.value as Datum, value.value) === 0) return clamp(entry.fraction);
      common += entry.fraction;
    }
    const others = distinct - statistics.mostCommon.length;
    return clamp(Math.max(0, notNull - common) / Math.max(1, others));
  }

  /** The fraction with `arg > value` (isLow) or `arg < value`, or equal too. */
  #inequality(arg: BoundExpression, value: BoundExpression, isLow: boolean, _inclusive: boolean): number {
    const statistics = this.statisticsOf(arg);
    if (statistics === undefined || value.kind !== 'constant') return defaultInequality;
    if (value.value === null) return 0;
    const compare = comparatorOf(arg.type, this.types);
    let below = 0;
    let common = 0;
    for (const entry of statistics.mostCommon) {
      common += entry.fraction;
      if (compare(entry.value as Datum, value.value) < 0) below += entry.fraction;
    }
    const spread = Math.max(0, 1 - statistics.nullFraction - common);
    below += spread * histogramFraction(statistics.histogram as readonly Datum[], value.value, compare);
    const s = isLow ? 1 - statistics.nullFraction - below : below;
    return Math.min(1, Math.max(1e-4, s));
  }

  // ------------------------------------------------------------------------------------------------------------- joins

  /** Selectivity of `a = b` over the cross product of two relations. */
  joinEquality(a: BoundExpression, b: BoundExpression, aRows: number, bRows: number): number {
    const distinct = Math.max(this.distinct(a, aRows), this.distinct(b, bRows));
    return clamp(((1 - this.nullFraction(a)) * (1 - this.nullFraction(b))) / distinct);
  }

  /** Of rows with `aDistinct` values, the fraction that finds a partner among `b`. */
  semiFraction(a: BoundExpression, b: BoundExpression, aRows: number, bRows: number): number {
    const left = this.distinct(a, aRows);
    const right = this.distinct(b, bRows);
    return clamp((1 - this.nullFraction(a)) * Math.min(1, right / left));
  }
}

function clamp(s: number): number {
  return s < 0 ? 0 : s > 1 ? 1 : s;
}

/** The column an expression is, casts that change nothing left aside. */
export function plainColumn(e: BoundExpression): ColumnId | undefined {
  while (e.kind === 'cast' && e.method === 'binary') e = e.arg;
  return e.kind === 'column' ? e.id : undefined;
}

/** Where `value` falls among bucket bounds, as a fraction; within a bucket numbers are interpolated. */
function histogramFraction(bounds: readonly Datum[], value: Datum, compare: (a: Datum, b: Datum) => number): number {
  if (bounds.length < 2) return 0.5;
  if (compare(value, bounds[0]!) <= 0) return 0;
  if (compare(value, bounds[bounds.length - 1]!) >= 0) return 1;
  let low = 0;
  let high = bounds.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (compare(bounds[middle]!, value) <= 0) low = middle;
    else high = middle;
  }
  const from = bounds[low];
  const to = bounds[high];
  const within = typeof from === 'number' && typeof to === 'number' && typeof value === 'number' && to > from ? (value - from) / (to - from) : 0.5;
  return (low + within) / (bounds.length - 1);
}

export function typeWidth(type: SqlType, types: TypeRegistry): number {
  const { length } = typeInfo(type.oid, types);
  return length > 0 ? length : 32;
}

/** Estimated value of a LIMIT or OFFSET, when it is a constant. */
export function limitValue(e: BoundExpression | undefined): number | undefined {
  if (e === undefined || e.kind !== 'constant' || e.value === null) return undefined;
  return Math.max(0, Number(e.value));
}

/** Conjuncts of a condition, for callers that hold it whole. */
export function conditionSelectivity(estimator: Estimator, condition: BoundExpression | undefined): number {
  return estimator.selectivityOf(conjunctsOf(condition));
}
