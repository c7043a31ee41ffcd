/**
 * Statements that change one row and need no plan run for it: INSERT of parameters as they are, and DELETE by the whole clustered key. The row or key is
 * encoded straight from the parameters and given to mvcc in one step. Only where nothing but the row's own table is concerned, nothing is returned, and
 * nobody else has anything to do with the key; everywhere else the execution of the statement (modify.ts), which is the twin of this, is run.
 *
 * N1  When `undefined` is returned nothing has changed.
 */
import { ByteBuffer } from '../base/byte-buffer.js';
import { assert } from '../base/assert.js';
import type { Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import type { BoundExpression } from '../planner/expression.js';
import type { PhysicalPlan, PlannedStatement } from '../planner/physical-plan.js';
import type { GeneratedPlans } from './codegen/generated-plans.js';
import { isPointLookup } from './codegen/scans.js';
import type { ExecutionRequest } from './execution.js';
import { Runtime } from './runtime.js';
import { TableWriter } from './table-writer.js';

type ModifyPlan = Extract<PhysicalPlan, { kind: 'modify' }>;

/** What to do with the parameters: by column, which one it gets; or by column of the key, which one it must be. */
interface DirectSpec {
  readonly plan: ModifyPlan;
  readonly places: readonly number[];
}

/** How a statement can be run directly; undefined: it cannot. */
export function directSpec({ plan, ctes }: PlannedStatement): DirectSpec | undefined {
  if (plan.kind !== 'modify' || ctes.length > 0 || plan.returning !== undefined || plan.table.virtual !== undefined) return undefined;
  const values = plan.operation === 'insert' ? insertedValues(plan) : plan.operation === 'delete' ? keyValues(plan) : undefined;
  const places = values?.map((value) => (value.kind === 'parameter' ? value.index : -1));
  return places === undefined || places.includes(-1) ? undefined : { plan, places };
}

function insertedValues(plan: ModifyPlan): readonly BoundExpression[] | undefined {
  const isPlain = plan.input.kind === 'result' && plan.input.condition === undefined && plan.onConflict === undefined && plan.checks.length === 0 && plan.generated.length === 0;
  return isPlain && plan.table.indexes.every((index) => index.isClustered) ? plan.insertValues : undefined;
}

function keyValues({ table, input }: ModifyPlan): readonly BoundExpression[] | undefined {
  if (input.kind !== 'indexScan' || !input.index.isClustered || input.filter !== undefined || !isPointLookup(input)) return undefined;
  if (table.referencedBy.length > 0 || table.indexes.some((index) => !index.isClustered)) return undefined;
  return input.ranges[0]!.equal.map((bound) => bound.value);
}

const keyOut = new ByteBuffer(256);

export class DirectModify {
  readonly #spec: DirectSpec;
  readonly #runtime: Runtime;
  readonly #writer: TableWriter;
  /** The row to insert, or one that has the key alone. */
  readonly #row: Datum[];

  constructor(spec: DirectSpec, request: ExecutionRequest, generated: GeneratedPlans) {
    this.#spec = spec;
    this.#runtime = new Runtime(request, 0, generated);
    const unexpected = (): never => {
      throw new InternalError('a direct change has a check or an expression');
    };
    this.#writer = new TableWriter(spec.plan, this.#runtime, unexpected, unexpected);
    this.#row = new Array<Datum>(spec.plan.table.columns.length).fill(null);
  }

  /** Rows changed, or undefined (N1). @throws DbError 23502, 54000 */
  run(request: ExecutionRequest): number | undefined {
    this.#runtime.restart(request);
    const writer = this.#writer;
    const { places, plan } = this.#spec;
    const { params } = request;
    const row = this.#row;
    writer.restart();
    if (plan.operation === 'insert') {
      for (let i = 0; i < places.length; i++) row[i] = params[places[i]!]!;
      writer.checkRow(row);
      return writer.insertFree(row) ? 1 : undefined;
    }
    const { keyColumns } = writer.access;
    assert(keyColumns.length === places.length, 'a key of another length', places.length);
    for (let i = 0; i < places.length; i++) {
      const value = params[places[i]!]!;
      if (value === null) return 0;
      row[keyColumns[i]!] = value;
    }
    writer.access.putRowKey(row, keyOut);
    return writer.removeByKey(keyOut);
  }
}
