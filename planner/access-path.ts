/**
 * Access paths: the ways to read one table under some conditions. A condition is *indexable* when one of its sides is an index column (or
 * indexed expression) and the other does not read the table. Equalities on leading columns make a prefix, then one list (`IN`, `= ANY`) or one
 * range; what the range says exactly needs no filter, the rest (LIKE, row comparisons, clamped bounds) is kept as one.
 *
 * A1  Bounds have the index column's own representation, since they are encoded as its keys: wider integers are narrowed by value or not used.
 * A2  A partial index serves only conditions that imply its predicate, and then the predicate's conjuncts need no testing.
 * A3  A scan of one range, or of several (which the executor sorts), comes in index order after its equality prefix; backwards too.
 * A4  A path over columns of other relations (`requires`) is for the right side of a nested loop.
 *
 * Source. indxpath.c, like_support.c (prefix ranges, here always in code point order).
 */
import type { Datum } from '../base/datum.js';
import { sqlType, typeInfo, baseTypeOf, type SqlType, type Storage } from '../base/types.js';
import { isEqualName } from '../functions/comparison.js';
import type { EvalContext } from '../functions/registry.js';
import { bindIndex } from './binder-table.js';
import type { IndexDef } from './catalog.js';
import { conjunctsCost, disabledCost } from './cost.js';
import { disjunctionPath } from './disjunction-path.js';
import { columnsOf, conjunction, conjunctsOf, constant, isVolatile, mapList, sameExpression } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { LogicalScan } from './logical-plan.js';
import { cheapestTotal, estimateOf, noExpressions, nothingApplied, once, sameOrdered, type OrderKey, type Path, type PlannerContext } from './path.js';
import type { IndexRange, PhysicalPlan, PlanColumn, ScanColumn } from './physical-plan.js';
import { allImply } from './predicate-implication.js';
import { tablePages, tableRows } from './statistics.js';

/** A join clause that might become an index condition, with the relations its other side reads. */
export interface JoinClause {
  readonly expression: BoundExpression;
  readonly rels: bigint;
}

interface Indexable {
  readonly source: BoundExpression;
  /** The table's side. */
  readonly arg: BoundExpression;
  readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'any' | 'is null' | 'is not null';
  /** The other side; for 'any' an array. */
  readonly value: BoundExpression | undefined;
  /** Type of a single compared value. */
  readonly valueType: SqlType;
  /** The index range says all that `source` says. */
  readonly isExact: boolean;
  readonly rels: bigint;
}

// ------------------------------------------------------------------------------------------------------------------- conditions

const flip: Readonly<Record<string, Indexable['operator']>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** What `e` offers to indexes of the relation whose columns satisfy `isOwn`. */
function indexables(e: BoundExpression, isOwn: (id: ColumnId) => boolean, rels: bigint): Indexable[] {
  const reads = (side: BoundExpression): boolean => [...columnsOf(side)].some(isOwn);
  const isUsable = (side: BoundExpression): boolean => !reads(side) && !isVolatile(side);
  const base = { source: e, isExact: true, rels } as const;
  switch (e.kind) {
    case 'call': {
      if (e.operator === undefined || e.args.length !== 2) return [];
      const [left, right] = e.args as [BoundExpression, BoundExpression];
      if (e.operator in flip) {
        const found: Indexable[] = [];
        if (isUsable(right) && reads(left)) found.push({ ...base, arg: left, operator: e.operator as Indexable['operator'], value: right, valueType: right.type });
        else if (isUsable(left) && reads(right)) found.push({ ...base, arg: right, operator: flip[e.operator]!, value: left, valueType: left.type });
        return found;
      }
      if (e.operator === '~~' && right.kind === 'constant' && typeof right.value === 'string' && reads(left)) return likeRange(e, left, right.value, base);
      return [];
    }
    case 'inList':
      if (e.negated || !reads(e.arg) || !e.list.every(isUsable)) return [];
      return [{ ...base, arg: e.arg, operator: 'any', value: { kind: 'array', type: e.arg.type, offset: -1, elements: e.list, isNested: false }, valueType: e.list[0]!.type }];
    case 'quantifiedArray': {
      if (e.quantifier !== 'any' || !isEqualName(e.operator.name) || !reads(e.arg) || !isUsable(e.array)) return [];
      return [{ ...base, arg: e.arg, operator: 'any', value: e.array, valueType: sqlType(e.operator.args[1]!) }];
    }
    case 'isNull':
      return reads(e.arg) ? [{ ...base, arg: e.arg, operator: e.negated ? 'is not null' : 'is null', value: undefined, valueType: e.arg.type }] : [];
    case 'column':
      return isOwn(e.id) ? [{ ...base, arg: e, operator: '=', value: constant(true, e.type), valueType: e.type }] : [];
    case 'not':
      return e.arg.kind === 'column' && isOwn(e.arg.id) ? [{ ...base, arg: e.arg, operator: '=', value: constant(false, e.arg.type), valueType: e.arg.type }] : [];
    case 'isBoolean':
      if (e.negated || e.test === 'unknown' || e.arg.kind !== 'column' || !isOwn(e.arg.id)) return [];
      return [{ ...base, arg: e.arg, operator: '=', value: constant(e.test === 'true', e.arg.type), valueType: e.arg.type }];
    case 'rowCompare': {
      // (a, b) > (x, y) implies a >= x.
      const isRight = e.right.every(isUsable);
      const [own, other] = isRight ? [e.left[0]!, e.right[0]!] : [e.right[0]!, e.left[0]!];
      if (!(isRight || e.left.every(isUsable)) || !reads(own)) return [];
      const isLow = e.operator.startsWith('>') === isRight;
      return [{ ...base, isExact: false, arg: own, operator: isLow ? '>=' : '<=', value: other, valueType: other.type }];
    }
    default:
      return [];
  }
}

/** LIKE 'abc%': everything from 'abc' to before 'abd'. */
function likeRange(e: BoundExpression, arg: BoundExpression, pattern: string, base: { readonly source: BoundExpression; readonly rels: bigint }): Indexable[] {
  let prefix = '';
  let at = 0;
  while (at < pattern.length && pattern[at] !== '%' && pattern[at] !== '_') {
    if (pattern[at] === '\\') at++;
    if (at < pattern.length) prefix += pattern[at];
    at++;
  }
  if (prefix === '') return [];
  const text = (value: string): BoundExpression => constant(value, arg.type, e.offset);
  if (at >= pattern.length) return [{ ...base, arg, operator: '=', value: text(prefix), valueType: arg.type, isExact: true }];
  const isExact = pattern.slice(at) === '%';
  const found: Indexable[] = [{ ...base, arg, operator: '>=', value: text(prefix), valueType: arg.type, isExact }];
  const next = nextPrefix(prefix);
  if (next !== undefined) found.push({ ...base, arg, operator: '<', value: text(next), valueType: arg.type, isExact });
  return found;
}

/** The least text above everything that starts with `prefix`, in code point order. */
export function nextPrefix(prefix: string): string | undefined {
  const points = [...prefix].map((c) => c.codePointAt(0)!);
  while (points.length > 0) {
    let last = points.pop()! + 1;
    if (last === 0xd800) last = 0xe000;
    if (last <= 0x10ffff) return String.fromCodePoint(...points, last);
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------------------- values

const integerRange: Partial<Record<Storage, readonly [bigint, bigint]>> = {
  int2: [-0x8000n, 0x7fffn],
  int4: [-0x80000000n, 0x7fffffffn],
  int8: [-(2n ** 63n), 2n ** 63n - 1n],
};
const integerWidth: Partial<Record<Storage, number>> = { int2: 2, int4: 4, int8: 8 };

/** Integers beyond the narrower type equal none of its values: NULL, as an index bound, selects nothing. */
const narrowers: Partial<Record<Storage, (value: Datum, typmod: number, isExplicit: boolean, ctx: EvalContext) => Datum>> = {
  int2: (value) => (typeof value === 'number' && value >= -0x8000 && value <= 0x7fff ? value : null),
  int4: (value) => (typeof value === 'number' && value >= -0x80000000 && value <= 0x7fffffff ? value : null),
};

/** `value` in the representation of `column`'s keys (A1); undefined when that cannot be had. */
function fitValue(cx: PlannerContext, value: BoundExpression, valueType: SqlType, column: SqlType, isEquality: boolean): BoundExpression | undefined {
  const storageOf = (type: SqlType): Storage => typeInfo(baseTypeOf(type, cx.binder.types).oid, cx.binder.types).storage;
  const from = storageOf(valueType);
  const to = storageOf(column);
  const retype = (): BoundExpression => (value.type.oid === column.oid ? value : value.kind === 'constant' ? { ...value, type: sqlType(column.oid) } : { kind: 'cast', type: sqlType(column.oid), offset: value.offset, arg: value, method: 'binary', isExplicit: false });
  if (from === to) {
    // Arrays, ranges and records of other element types have other keys.
    if ((from === 'array' || from === 'record' || from === 'range' || from === 'enum' || from === 'multirange') && baseTypeOf(valueType, cx.binder.types).oid !== baseTypeOf(column, cx.binder.types).oid) return undefined;
    return retype();
  }
  const fromWidth = integerWidth[from];
  const toWidth = integerWidth[to];
  if (fromWidth !== undefined && toWidth !== undefined) {
    if (fromWidth <= toWidth) return retype();
    if (value.kind === 'constant' && value.value !== null) {
      const [low, high] = integerRange[to]!;
      const n = BigInt(value.value as number | bigint);
      return n >= low && n <= high ? retype() : undefined;
    }
    return isEquality ? { kind: 'cast', type: sqlType(column.oid), offset: value.offset, arg: value, method: narrowers[to]!, isExplicit: false } : undefined;
  }
  if (to === 'float8' && from === 'float4') return retype();
  return undefined;
}

/** The elements of a list in the representation of the column's keys. */
function fitArray(cx: PlannerContext, candidate: Indexable, column: SqlType): BoundExpression | undefined {
  const array = candidate.value!;
  const arrayOid = typeInfo(column.oid, cx.binder.types).arrayOid;
  if (array.kind === 'array') {
    const elements: BoundExpression[] = [];
    for (const element of array.elements) {
      const fitted = fitValue(cx, element, element.type, column, true);
      // A constant beyond the column's type equals nothing.
      if (fitted !== undefined) elements.push(fitted);
      else if (element.kind !== 'constant' || integerWidth[typeInfo(element.type.oid, cx.binder.types).storage] === undefined) return undefined;
    }
    return { kind: 'array', type: sqlType(arrayOid === 0 ? array.type.oid : arrayOid), offset: -1, elements, isNested: false };
  }
  const element: BoundExpression = { kind: 'parameter', type: candidate.valueType, offset: -1, index: -1 };
  const fitted = fitValue(cx, element, candidate.valueType, column, false);
  return fitted === undefined ? undefined : array;
}

// ------------------------------------------------------------------------------------------------------------------- index conditions

interface IndexMatch {
  readonly ranges: readonly IndexRange[];
  /** Conditions the ranges make superfluous. */
  readonly exact: ReadonlySet<BoundExpression>;
  /** All conditions the ranges use. */
  readonly used: readonly BoundExpression[];
  readonly equalCount: number;
  readonly hasList: boolean;
  readonly listLength: number;
  readonly isPoint: boolean;
  readonly requires: bigint;
}

interface BoundIndex {
  readonly index: IndexDef;
  readonly keys: readonly BoundExpression[];
  readonly predicate: BoundExpression | undefined;
}

function bindScanIndex(cx: PlannerContext, scan: LogicalScan, index: IndexDef): BoundIndex {
  const name = `${index.oid}:${scan.columns[0]?.id ?? -1}`;
  let bound = cx.boundIndexes.get(name);
  if (bound === undefined) {
    const { keys, predicate } = bindIndex(cx.binder, scan.table, scan.columns, index);
    cx.boundIndexes.set(name, (bound = { keys: mapList(keys, cx.foldStored), predicate: predicate === undefined ? undefined : cx.foldStored(predicate) }));
  }
  return { index, ...bound };
}

function matchIndex(cx: PlannerContext, bound: BoundIndex, candidates: readonly Indexable[]): IndexMatch | undefined {
  const { index, keys } = bound;
  const equal: { value: BoundExpression; isNullTest: boolean }[] = [];
  const exact = new Set<BoundExpression>();
  const used: BoundExpression[] = [];
  let requires = 0n;
  const take = (candidate: Indexable): void => {
    used.push(candidate.source);
    if (candidate.isExact) exact.add(candidate.source);
    requires |= candidate.rels;
  };
  const onKey = (i: number, operators: readonly Indexable['operator'][]): Indexable[] => candidates.filter((c) => operators.includes(c.operator) && sameOrdered(c.arg, keys[i]!));
  let i = 0;
  for (; i < keys.length; i++) {
    const column = index.columns[i]!;
    const equality = onKey(i, ['=']).map((c) => ({ c, value: fitValue(cx, c.value!, c.valueType, column.type, true) })).find((fit) => fit.value !== undefined);
    if (equality !== undefined) {
      equal.push({ value: equality.value!, isNullTest: false });
      take(equality.c);
      continue;
    }
    const nullTest = column.nullable ? onKey(i, ['is null'])[0] : undefined;
    if (nullTest === undefined) break;
    equal.push({ value: constant(null, column.type), isNullTest: true });
    take(nullTest);
  }
  const isWhole = i === keys.length;
  let anyOf: BoundExpression | undefined;
  let listLength = 1;
  let next = i;
  if (i < keys.length) {
    const list = onKey(i, ['any']).map((c) => ({ c, array: fitArray(cx, c, index.columns[i]!.type) })).find((fit) => fit.array !== undefined);
    if (list !== undefined) {
      anyOf = list.array;
      listLength = anyOf!.kind === 'array' ? anyOf!.elements.length : 10;
      take(list.c);
      next = i + 1;
    }
  }
  let low: IndexRange['low'];
  let high: IndexRange['high'];
  let nulls: IndexRange['nulls'] = 'any';
  if (next < keys.length) {
    const column = index.columns[next]!;
    for (const candidate of onKey(next, ['<', '<=', '>', '>=', 'is not null'])) {
      if (candidate.operator === 'is not null') {
        nulls = 'not null';
        take(candidate);
        continue;
      }
      const isLow = candidate.operator.startsWith('>');
      if ((isLow ? low : high) !== undefined) continue;
      const value = fitValue(cx, candidate.value!, candidate.valueType, column.type, false);
      if (value === undefined) continue;
      const side = { value, inclusive: candidate.operator.length === 2 };
      if (isLow) low = side;
      else high = side;
      nulls = 'not null';
      take(candidate);
    }
  }
  if (equal.length === 0 && anyOf === undefined && low === undefined && high === undefined && nulls === 'any') return undefined;
  const isPoint = index.isUnique && isWhole && (!equal.some((e) => e.isNullTest) || index.nullsNotDistinct);
  return { ranges: [{ equal, low, high, nulls, anyOf }], exact, used, equalCount: equal.length, hasList: anyOf !== undefined, listLength, isPoint, requires };
}

/** An OR whose every arm restricts the index: one range per arm, the whole condition kept as a filter. */
function matchDisjunction(cx: PlannerContext, bound: BoundIndex, or: BoundExpression, others: readonly Indexable[], isOwn: (id: ColumnId) => boolean): IndexMatch | undefined {
  if (or.kind !== 'or' || or.args.length > 64) return undefined;
  const ranges: IndexRange[] = [];
  for (const arm of or.args) {
    const own = conjunctsOf(arm).flatMap((e) => indexables(e, isOwn, 0n));
    const match = matchIndex(cx, bound, [...own, ...others]);
    if (match === undefined || !match.used.some((e) => own.some((candidate) => candidate.source === e))) return undefined;
    ranges.push(...match.ranges);
  }
  return { ranges, exact: new Set(), used: [or], equalCount: 0, hasList: true, listLength: ranges.length, isPoint: false, requires: 0n };
}

// ------------------------------------------------------------------------------------------------------------------- paths

/** Ways to read `scan` under `local` conditions; with `clauses` also parameterized ones. Columns needed are those of `scan.output`. `isArm`: it reads one arm of an OR already. */
export function scanPaths(cx: PlannerContext, scan: LogicalScan, local: readonly BoundExpression[], clauses: readonly JoinClause[], isArm = false): Path[] {
  const { table } = scan;
  const ids = new Set(scan.columns.map((column) => column.id));
  const isOwn = (id: ColumnId): boolean => ids.has(id);
  const tableCount = tableRows(table);
  const rows = Math.max(1, tableCount * cx.estimator.selectivityOf(local) * (scan.sample === undefined ? 1 : 0.1));
  const widthBytes = cx.estimator.widthOf(scan.output);
  const shape = { rows, widthBytes };
  if (table.virtual !== undefined) return [virtualPath(cx, scan, local, shape)];
  const candidates = scan.sample === undefined ? local.flatMap((e) => indexables(e, isOwn, 0n)) : [];
  // One row by a unique key: nothing else can be better.
  if (candidates.length > 0 && cx.enabled.indexScan) {
    for (const index of table.indexes) {
      if (!index.isUnique || index.predicate !== undefined || index.columns.length > candidates.length) continue;
      const bound = bindScanIndex(cx, scan, index);
      const match = matchIndex(cx, bound, candidates);
      if (match?.isPoint === true) return [indexPath(cx, scan, bound, match, local, noExpressions, false, shape, [])];
    }
  }
  const paths: Path[] = [sequentialPath(cx, scan, local, shape)];
  if (scan.sample !== undefined) return paths;
  const joinCandidates = clauses.flatMap((clause) => indexables(clause.expression, isOwn, clause.rels));
  const hasConditions = candidates.length > 0 || joinCandidates.length > 0 || local.some((e) => e.kind === 'or');
  for (const index of table.indexes) {
    const bound = bindScanIndex(cx, scan, index);
    if (bound.predicate !== undefined && !allImply(local, bound.predicate, cx.binder.types)) continue;
    const implied = bound.predicate === undefined ? noExpressions : local.filter((e) => conjunctsOf(bound.predicate).some((p) => sameExpression(e, p)));
    const add = (match: IndexMatch | undefined, reverse = false): void => {
      paths.push(indexPath(cx, scan, bound, match, local, implied, reverse, shape, clauses));
    };
    const match = hasConditions ? matchIndex(cx, bound, candidates) : undefined;
    if (match !== undefined) {
      add(match);
      if (!match.isPoint) add(match, true);
    } else {
      // The whole index, for its order or because it alone holds all columns.
      if (!index.isClustered || cx.isDisabled('index-order')) add(undefined);
      if (!cx.isDisabled('index-order')) {
        if (index.isClustered) paths.push(reverseOf(cx, scan, local, shape));
        else add(undefined, true);
      }
    }
    if (!cx.isDisabled('or-ranges')) {
      for (const or of local) {
        const disjunction = matchDisjunction(cx, bound, or, candidates, isOwn);
        if (disjunction !== undefined) add(disjunction);
      }
    }
    for (const required of new Set(joinCandidates.filter((c) => bound.keys.some((key) => sameOrdered(key, c.arg))).map((c) => c.rels))) {
      const parameterized = matchIndex(cx, bound, [...joinCandidates.filter((c) => (c.rels & ~required) === 0n), ...candidates]);
      if (parameterized !== undefined && parameterized.requires !== 0n) add(parameterized);
    }
    // Conditions on several other relations together may make a longer prefix.
    const all = joinCandidates.length > 1 ? matchIndex(cx, bound, [...joinCandidates, ...candidates]) : undefined;
    if (all !== undefined && all.requires !== 0n) add(all);
  }
  if (!isArm && table.indexes.length > 1 && !cx.isDisabled('or-ranges')) {
    const best = cheapestTotal(paths.filter((path) => path.requires === 0n)).total;
    for (const or of local) {
      // At the least each row is fetched by an entry of its own, and each arm descends once.
      if (or.kind !== 'or' || (tableCount * cx.estimator.selectivityOf([or]) + or.args.length) * cx.costs.fetch >= best) continue;
      const path = disjunctionPath(cx, scan, or, local, shape, (conditions) => scanPaths(cx, scan, conditions, [], true));
      if (path !== undefined) paths.push(path);
    }
  }
  return paths;
}

interface Shape {
  readonly rows: number;
  readonly widthBytes: number;
}

function neededColumns(scan: LogicalScan, filter: BoundExpression | undefined): readonly ScanColumn[] {
  const needed = new Set<ColumnId>(scan.output.map((column) => column.id));
  if (filter !== undefined) for (const id of columnsOf(filter)) needed.add(id);
  return scan.columns.filter((column) => needed.has(column.id));
}

function virtualPath(cx: PlannerContext, scan: LogicalScan, local: readonly BoundExpression[], shape: Shape): Path {
  const filter = conjunction(local);
  const total = tableRows(scan.table) * (cx.costs.tuple + conjunctsCost(local, cx.costs));
  const costs = { ...shape, startup: 0, total };
  return {
    ...costs, order: [], fixed: [], requires: 0n, applied: nothingApplied,
    build: once(() => ({ kind: 'virtualScan', output: scan.output, estimate: estimateOf(costs), table: scan.table, alias: scan.alias, columns: neededColumns(scan, filter), filter })),
  };
}

function sequentialPath(cx: PlannerContext, scan: LogicalScan, local: readonly BoundExpression[], shape: Shape): Path {
  return sequential(cx, scan, local, shape, false);
}
function reverseOf(cx: PlannerContext, scan: LogicalScan, local: readonly BoundExpression[], shape: Shape): Path {
  return sequential(cx, scan, local, shape, true);
}

/** Reading the whole table, which is in the order of its clustering key. */
function sequential(cx: PlannerContext, scan: LogicalScan, local: readonly BoundExpression[], shape: Shape, reverse: boolean): Path {
  const { costs } = cx;
  const { table } = scan;
  const filter = conjunction(local);
  const total = tablePages(table) * costs.seqPage + tableRows(table) * (costs.tuple + conjunctsCost(local, costs)) + (cx.enabled.seqScan ? 0 : disabledCost);
  const clustered = table.indexes.find((index) => index.isClustered);
  const order = clustered === undefined || cx.isDisabled('index-order') ? [] : indexOrder(cx, scan, bindScanIndex(cx, scan, clustered), 0, reverse);
  const cost = { ...shape, startup: cx.enabled.seqScan ? 0 : disabledCost, total };
  return {
    ...cost, order, fixed: fixedBy(local), requires: 0n, applied: nothingApplied,
    build: once(() => ({
      kind: 'seqScan', output: scan.output, estimate: estimateOf(cost), table, alias: scan.alias, columns: neededColumns(scan, filter), filter, reverse, rowKey: scan.rowKey, sample: scan.sample,
    })),
  };
}

/** Expressions that equality with a constant holds to one value. */
function fixedBy(local: readonly BoundExpression[]): BoundExpression[] {
  const fixed: BoundExpression[] = [];
  for (const e of local) {
    if (e.kind === 'column') fixed.push(e);
    if (e.kind === 'isNull' && !e.negated) fixed.push(e.arg);
    if (e.kind !== 'call' || e.operator !== '=' || e.args.length !== 2) continue;
    const [left, right] = e.args as [BoundExpression, BoundExpression];
    if (columnsOf(right).size === 0 && !isVolatile(right)) fixed.push(left);
    else if (columnsOf(left).size === 0 && !isVolatile(left)) fixed.push(right);
  }
  return fixed;
}

/** The order of an index's entries behind `from` columns that are fixed. Entries that carry the row key are ordered by it in the end. */
function indexOrder(cx: PlannerContext, scan: LogicalScan, bound: BoundIndex, from: number, reverse: boolean): OrderKey[] {
  const { index } = bound;
  const order = columnOrder(scan, bound, from, reverse);
  if (index.isClustered || (index.isUnique && index.deferrable === 'not deferrable')) return order;
  const clustered = scan.table.indexes.find((other) => other.isClustered);
  return clustered === undefined ? order : [...order, ...columnOrder(scan, bindScanIndex(cx, scan, clustered), 0, reverse)];
}

function columnOrder(scan: LogicalScan, bound: BoundIndex, from: number, reverse: boolean): OrderKey[] {
  return bound.index.columns.slice(from).map((column, i) => {
    const expression = bound.keys[from + i]!;
    const notNull = column.column !== undefined && scan.table.columns[column.column]!.notNull;
    return { expressions: [expression], descending: column.descending !== reverse, nullsFirst: column.nullsFirst !== reverse, notNull };
  });
}

function indexPath(
  cx: PlannerContext,
  scan: LogicalScan,
  bound: BoundIndex,
  match: IndexMatch | undefined,
  local: readonly BoundExpression[],
  implied: readonly BoundExpression[],
  reverse: boolean,
  shape: Shape,
  clauses: readonly JoinClause[],
): Path {
  const { costs, estimator } = cx;
  const { index } = bound;
  const { table } = scan;
  const used = match?.used ?? noExpressions;
  const joinUsed = clauses.filter((clause) => used.includes(clause.expression)).map((clause) => clause.expression);
  const rest = local.filter((e) => !(match?.exact.has(e) ?? false) && !implied.includes(e));
  const inexactJoin = joinUsed.filter((e) => !match!.exact.has(e));
  const filter = conjunction([...rest, ...inexactJoin]);
  const tableCount = tableRows(table);
  const indexed = match?.isPoint === true ? 1 : Math.max(1, tableCount * estimator.selectivityOf([...used, ...(bound.predicate === undefined ? [] : conjunctsOf(bound.predicate).filter((p) => !used.some((u) => sameExpression(u, p))))]));
  const rows = match?.isPoint === true ? Math.min(1, shape.rows) || 1 : joinUsed.length === 0 ? Math.min(shape.rows, indexed) : Math.max(1, shape.rows * estimator.selectivityOf(joinUsed));
  const entries = match?.isPoint === true ? 1 : indexed;
  const columns = neededColumns(scan, filter);
  const isCovered = !index.isClustered && cx.enabled.indexOnlyScan && scan.rowKey === undefined && isCovering(cx, bound, columns);
  const descents = Math.max(1, match?.listLength ?? 1) * costs.fetch;
  const perEntry = costs.indexTuple + (isCovered ? costs.indexTuple : index.isClustered ? costs.tuple : costs.fetch + costs.tuple) + conjunctsCost(rest, costs);
  const allPages = index.isClustered ? tablePages(table) : Math.max(1, tablePages(table) * 0.3);
  // Of a table that had one row or none a range is half: it costs no less than the whole then, but SERIALIZABLE is told of the range alone, and the table may have grown.
  const pages = (allPages * entries) / (match === undefined ? tableCount : Math.max(2, tableCount));
  const penalty = cx.enabled.indexScan ? 0 : disabledCost;
  const startup = costs.fetch + penalty;
  const total = startup + descents + entries * perEntry + pages * costs.seqPage;
  const order = indexOrder(cx, scan, bound, match?.equalCount ?? 0, reverse);
  // Several ranges come sorted, but an OR's arms may fix different columns.
  const isOrdered = match === undefined || match.ranges.length === 1;
  const cost = { rows, widthBytes: shape.widthBytes, startup, total };
  return {
    ...cost,
    order: cx.isDisabled('index-order') ? [] : isOrdered ? order : indexOrder(cx, scan, bound, 0, reverse),
    fixed: fixedBy(local),
    requires: match?.requires ?? 0n,
    applied: joinUsed.length === 0 ? nothingApplied : new Set(joinUsed),
    build: once((): PhysicalPlan => ({
      kind: 'indexScan', output: scan.output, estimate: estimateOf(cost), table, alias: scan.alias, index,
      ranges: match?.ranges ?? [{ equal: [], low: undefined, high: undefined, nulls: 'any', anyOf: undefined }],
      reverse, columns, indexOnly: isCovered, filter, rowKey: scan.rowKey, isPoint: match?.isPoint ?? false,
      keys: index.columns.some((column) => column.expression !== undefined) ? bound.keys : undefined,
    })),
  };
}

const losslessStorages: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'text', 'bytea', 'uuid', 'date', 'time', 'timestamp', 'money', 'enum']);

/** Whether an entry of the index has the values of all these columns. */
function isCovering(cx: PlannerContext, bound: BoundIndex, columns: readonly (PlanColumn & { readonly column: number })[]): boolean {
  if (columns.length > bound.index.columns.length + (bound.index.include?.columns.length ?? 0)) return false;
  return columns.every((column) => {
    if (bound.index.include?.columns.includes(column.column) === true) return true;
    return bound.index.columns.some((key) => key.column === column.column && losslessStorages.has(typeInfo(baseTypeOf(key.type, cx.binder.types).oid, cx.binder.types).storage));
  });
}
