/**
 * Skipping leaves by their zones (R2 of base/row-columns.ts): a comparison that fails for the least, or for the greatest, value of a column fails for every row
 * of the batch. It helps where rows lie about in the order of what they are filtered by, as events in the order of their times; elsewhere it costs a few loads a leaf.
 *
 * Z1  No row that could pass is skipped: tests are written so that NaN, on either side, skips nothing.
 * Z2  No error is met that the rows would not have met, and none is missed: only what comes before every condition that can fail is tested, the first condition excepted,
 *     which is evaluated for the first row of each batch anyway. Leaves that are skipped count as read, like rows that a filter drops.
 */
import { ColumnForm } from '../../base/row-columns.js';
import { baseTypeOf, typeInfo, type Storage } from '../../base/types.js';
import { Numeric } from '../../base/numeric.js';
import type { BoundExpression } from '../../planner/expression.js';
import { columnsOf, conjunctsOf, someExpression } from '../../planner/expression-tools.js';
import type { PlanOf } from '../operators/plan-of.js';
import type { ColumnPlace } from './column-scan.js';
import { cannotFail, isInteger, orderedConditions } from './condition-order.js';
import type { Pipeline } from './pipeline.js';
import { isVolatileExpression } from './repeatable.js';

type ScanPlan = PlanOf<'seqScan'> | PlanOf<'indexScan'>;

/** Storages whose datums are what the columns hold, and compare as JavaScript compares them. */
const plainStorages: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'int8', 'oid', 'money', 'float4', 'float8', 'date', 'time', 'timestamp']);

/** The operator that says the same with its sides changed. */
const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

/** Source of the test whether no row of the batch can pass; undefined where nothing is to be tested. It writes what it needs to compute once a batch. */
export function zoneTest(p: Pipeline, plan: ScanPlan, filter: BoundExpression, place: ColumnPlace): string | undefined {
  const tests: string[] = [];
  for (const [i, condition] of orderedConditions(conjunctsOf(filter), p.types).entries()) {
    const isSafe = cannotFail(condition, p.types);
    if (isSafe || i === 0) tests.push(...testsOf(p, plan, condition, place));
    if (!isSafe) break;
  }
  return tests.length === 0 ? undefined : tests.join(' || ');
}

function testsOf(p: Pipeline, plan: ScanPlan, e: BoundExpression, place: ColumnPlace): readonly string[] {
  if (e.kind !== 'call' || e.operator === undefined || e.args.length !== 2 || e.function.schema !== 'pg_catalog') return [];
  const [left, right] = e.args as readonly [BoundExpression, BoundExpression];
  const operator = mirrored[e.operator];
  if (operator === undefined || !areAlike(p, left, right)) return [];
  const column = scannedColumn(plan, left);
  if (column !== undefined) return comparison(p, plan, column, e.operator, right, place);
  const mirroredColumn = scannedColumn(plan, right);
  return mirroredColumn === undefined ? [] : comparison(p, plan, mirroredColumn, operator, left, place);
}

function areAlike(p: Pipeline, left: BoundExpression, right: BoundExpression): boolean {
  return left.type.oid === right.type.oid || (isInteger(left, p.types) && isInteger(right, p.types));
}
function scannedColumn(plan: ScanPlan, e: BoundExpression): number | undefined {
  return e.kind === 'column' ? plan.columns.find(({ id }) => id === e.id)?.column : undefined;
}

/** Tests each of which says that no value of the column is in that relation to `other`. */
function comparison(p: Pipeline, plan: ScanPlan, column: number, operator: string, other: BoundExpression, place: ColumnPlace): readonly string[] {
  const form = place.request.reader.forms[column];
  if (form !== ColumnForm.Int32 && form !== ColumnForm.Float64) return [];
  const bound = boundOf(p, plan, column, other);
  if (bound === undefined) return [];
  const { w, module } = p;
  const [value, zone] = [module.name('v'), module.name('z')];
  w.line(`const ${value} = ${bound}, ${zone} = ${place.zone(column)};`);
  const run = form === ColumnForm.Int32 ? place.ints : place.doubles;
  const [least, greatest] = [`${run}[${zone}]`, `${run}[${zone} + 1]`];
  switch (operator) {
    case '<':
      return [`${least} >= ${value}`];
    case '<=':
      return [`${least} > ${value}`];
    case '>':
      return [`${greatest} <= ${value}`];
    case '>=':
      return [`${greatest} < ${value}`];
    default:
      return [`${least} > ${value}`, `${greatest} < ${value}`];
  }
}

/** Source of what the column is compared with, in the form of the column's run: the same for all rows of a batch. NULL, with which no row passes, may come out as anything. */
function boundOf(p: Pipeline, plan: ScanPlan, column: number, other: BoundExpression): string | undefined {
  const { layout } = plan.table;
  const scale = layout.scales[column]!;
  if (scale >= 0) return other.kind === 'constant' && other.value instanceof Numeric ? coefficientOf(other.value, scale) : undefined;
  if (!plainStorages.has(typeInfo(baseTypeOf(layout.columns[column]!.type, layout.types).oid, layout.types).storage)) return undefined;
  if (isVolatileExpression(other) || someExpression(other, (e) => e.kind === 'subquery')) return undefined;
  for (const id of columnsOf(other)) if (plan.columns.some((scanned) => scanned.id === id)) return undefined;
  return p.e.value(other).code;
}

/** A decimal counted in units of 10^-scale, if it is a whole number of them and exact. */
function coefficientOf({ coefficient, scale: ownScale, isFinite }: Numeric, scale: number): string | undefined {
  if (!isFinite || typeof coefficient !== 'number' || ownScale > scale) return undefined;
  const scaled = coefficient * 10 ** (scale - ownScale);
  return Number.isSafeInteger(scaled) ? String(scaled) : undefined;
}
