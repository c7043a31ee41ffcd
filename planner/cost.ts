/**
 * What plans cost, in PostgreSQL's unit (reading one page in sequence is 1) with constants for pages that are nearly always in memory: fetching a
 * row by its key is some 400 ns, handling a row of a scan some 15 ns, which makes about 30 to 1; PostgreSQL's random_page_cost of 4 against
 * cpu_tuple_cost of 0.01 would be 400 to 1. So a random fetch costs a tenth of random_page_cost.
 *
 * Source. costsize.c for the shapes of the formulas.
 */
import type { BoundExpression } from './expression.js';
import { forEachChild } from './expression-tools.js';

export interface CostConstants {
  readonly seqPage: number;
  /** Finding one row by key in a tree, all levels together. */
  readonly fetch: number;
  readonly tuple: number;
  readonly indexTuple: number;
  readonly operator: number;
  /** Handing a row from one loop to another, where an operator is not fused with its inputs: a merge join. */
  readonly apart: number;
  /** Bytes a sort or hash table may take before it goes to temporary files. */
  readonly workMemoryBytes: number;
}

export interface Enabled {
  readonly seqScan: boolean;
  readonly indexScan: boolean;
  readonly indexOnlyScan: boolean;
  readonly hashJoin: boolean;
  readonly mergeJoin: boolean;
  readonly nestedLoop: boolean;
  readonly sort: boolean;
  readonly hashAggregate: boolean;
  readonly incrementalSort: boolean;
  readonly material: boolean;
}

/** Added to what an enable_ setting discourages. */
export const disabledCost = 1e10;

function numberSetting(settings: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = settings.get(name);
  if (text === undefined) return fallback;
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : fallback;
}

/** work_mem and its like: kilobytes, or a number with kB, MB or GB. */
function memorySetting(settings: ReadonlyMap<string, string>, name: string, fallbackBytes: number): number {
  const text = settings.get(name);
  if (text === undefined) return fallbackBytes;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)?\s*$/.exec(text);
  if (match === null) return fallbackBytes;
  const unit = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 }[match[2] ?? 'kB'] ?? 1024;
  return Number(match[1]) * unit;
}

export function costConstants(settings: ReadonlyMap<string, string>): CostConstants {
  return {
    seqPage: numberSetting(settings, 'seq_page_cost', 1),
    fetch: numberSetting(settings, 'random_page_cost', 4) * 0.09,
    tuple: numberSetting(settings, 'cpu_tuple_cost', 0.01),
    indexTuple: numberSetting(settings, 'cpu_index_tuple_cost', 0.005),
    operator: numberSetting(settings, 'cpu_operator_cost', 0.0025),
    apart: numberSetting(settings, 'cpu_tuple_cost', 0.01) * 5,
    workMemoryBytes: memorySetting(settings, 'work_mem', 4 * 1024 * 1024),
  };
}

/** A setting that is on unless something else was said. */
export const isOn = (settings: ReadonlyMap<string, string>, name: string): boolean => !/^(off|false|no|0)$/i.test(settings.get(name) ?? 'on');

export function enabledMethods(settings: ReadonlyMap<string, string>): Enabled {
  return {
    seqScan: isOn(settings, 'enable_seqscan'), indexScan: isOn(settings, 'enable_indexscan'), indexOnlyScan: isOn(settings, 'enable_indexonlyscan'), hashJoin: isOn(settings, 'enable_hashjoin'),
    mergeJoin: isOn(settings, 'enable_mergejoin'), nestedLoop: isOn(settings, 'enable_nestloop'), sort: isOn(settings, 'enable_sort'), hashAggregate: isOn(settings, 'enable_hashagg'),
    incrementalSort: isOn(settings, 'enable_incremental_sort'), material: isOn(settings, 'enable_material'),
  };
}

/** Cost of evaluating an expression once; a subquery that runs for each row counts with its plan. */
export function expressionCost(e: BoundExpression, c: CostConstants): number {
  let cost = 0;
  const visit = (node: BoundExpression): void => {
    switch (node.kind) {
      case 'call':
        cost += c.operator;
        break;
      case 'cast':
        if (node.method !== 'binary') cost += c.operator;
        break;
      case 'inList':
        cost += c.operator * (node.list.length > 8 ? 2 : node.list.length / 2);
        visit(node.arg);
        return;
      case 'quantifiedArray':
        cost += c.operator * 5;
        break;
      case 'isDistinct':
      case 'rowCompare':
        cost += c.operator;
        break;
      case 'subquery':
        if ('estimate' in node.plan) cost += node.outer.length > 0 ? node.plan.estimate.totalCost : c.operator * 2;
        break;
      default:
        break;
    }
    forEachChild(node, visit);
  };
  visit(e);
  return cost;
}

export function conjunctsCost(list: readonly BoundExpression[], c: CostConstants): number {
  let cost = 0;
  for (const e of list) cost += expressionCost(e, c);
  return cost;
}

const log2 = (n: number): number => Math.log2(Math.max(n, 2));

/** Sorting `rows`; with `limit` only that many are kept in a heap. `presorted` groups are sorted one by one. */
export function sortCost(rows: number, widthBytes: number, limit: number | undefined, groups: number, c: CostConstants): number {
  const compare = 2 * c.operator;
  if (groups > 1) {
    const inGroup = Math.max(1, rows / groups);
    return rows * compare * log2(inGroup) + groups * c.tuple + rows * c.operator;
  }
  if (limit !== undefined && limit * 2 < rows) return rows * compare * log2(2 * limit) + rows * c.operator;
  // Each row is kept as a tuple, which in a fused loop is most of the work.
  let cost = rows * compare * log2(rows) + rows * (c.operator + c.tuple);
  const bytes = rows * (widthBytes + 24);
  if (bytes > c.workMemoryBytes) cost += (bytes / 8192) * c.seqPage * 2;
  return cost;
}

/** Building a hash table of `buildRows` and probing it `probeRows` times on `keys` columns, matches not counted. */
export function hashCost(buildRows: number, buildWidth: number, probeRows: number, keys: number, c: CostConstants): { readonly build: number; readonly probe: number } {
  const build = buildRows * (c.operator * keys + c.tuple);
  let probe = probeRows * c.operator * keys;
  const bytes = buildRows * (buildWidth + 48);
  if (bytes > c.workMemoryBytes) probe += ((bytes + probeRows * buildWidth) / 8192) * c.seqPage * 2;
  return { build, probe };
}
