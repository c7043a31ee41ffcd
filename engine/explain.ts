/** EXPLAIN and EXPLAIN ANALYZE: plans as the planner's printer shows them, with counts when the statement was run. */
import { DbError, notSupported } from '../base/errors.js';
import { types } from '../base/types.js';
import type { DefinitionOption, Explain, PreparableStatement, QualifiedName } from '../parser/ast.js';
import { intoOf, withoutInto } from '../parser/select-into.js';
import { explainStructured, explainText } from '../planner/explain.js';
import { formatStructured, type StructuredFormat } from '../planner/explain-format.js';
import { isGenerated } from '../executor/codegen/generated-plans.js';
import type { OperatorCounts } from '../executor/execution.js';
import type { PhysicalPlan } from '../planner/physical-plan.js';
import type { Backend, Call, StatementResult } from './backend.js';
import { runDdl } from './ddl/ddl.js';
import { drive, findPlan, startPlanned } from './execute.js';
import { CachedStatement } from './plan-cache.js';
import { executeArguments, findPrepared, tableOf } from './prepared.js';
import { textResult } from './text-result.js';
import { convertRows, datumFormat, type ResultColumn } from './values.js';

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly timing: boolean;
  readonly summary: boolean;
  readonly buffers: boolean;
  readonly format: 'text' | StructuredFormat;
}

function readOptions(options: readonly DefinitionOption[]): ExplainOptions {
  const given = new Map<string, boolean>();
  let format: ExplainOptions['format'] = 'text';
  for (const { name, value, offset } of options) {
    if (name === 'format') {
      if (value !== 'text' && value !== 'json' && value !== 'yaml' && value !== 'xml') {
        throw new DbError('22023', `unrecognized value for EXPLAIN option "format": "${String(value)}"`, { offset });
      }
      format = value;
    } else if (['analyze', 'verbose', 'costs', 'timing', 'summary', 'buffers', 'settings', 'wal', 'generic_plan', 'memory'].includes(name)) {
      given.set(name, value === undefined || value === true || ['true', 'on', '1'].includes(String(value).toLowerCase()));
    } else throw new DbError('42601', `unrecognized EXPLAIN option "${name}"`, { offset });
  }
  const analyze = given.get('analyze') ?? false;
  if (given.get('timing') === true && !analyze) throw new DbError('22023', 'EXPLAIN option TIMING requires ANALYZE');
  return { analyze, verbose: given.get('verbose') ?? false, costs: given.get('costs') ?? true, timing: given.get('timing') ?? analyze, summary: given.get('summary') ?? analyze, buffers: given.get('buffers') ?? false, format };
}

/** @throws DbError 42P07 where a table that the statement would make is there already */
function checkNewTable(backend: Backend, name: QualifiedName): void {
  const existing = backend.catalog().relationRecord(name.schema, name.name);
  if (existing !== undefined) throw new DbError('42P07', `relation "${name.name}" already exists`);
}

export async function runExplain(backend: Backend, cached: CachedStatement, statement: Explain, call: Call): Promise<StatementResult> {
  const options = readOptions(statement.options);
  const { clock } = backend.instance;
  let inner: CachedStatement;
  let parameterTypes: readonly number[] = [];
  let datums;
  const target = statement.statement;
  if (target.kind === 'execute') {
    const prepared = findPrepared(backend, target.name);
    inner = prepared.cached;
    if (prepared.into !== undefined) checkNewTable(backend, prepared.into.name);
    if (prepared.into !== undefined && options.analyze) await runDdl(backend, new CachedStatement({ ...inner.parsed, statement: tableOf(prepared.into, target) }), call);
    parameterTypes = prepared.parameterTypes;
    datums = executeArguments(backend, prepared, target, call);
  } else {
    const inside = target.kind === 'createTableAs' || target.kind === 'createMaterializedView' || target.kind === 'declareCursor' ? target.query : target;
    const query = inside.kind === 'query' && target.kind === 'query' ? withoutInto(inside) : inside;
    if (query.kind === 'execute' || query.kind === 'refreshMaterializedView') throw notSupported('EXPLAIN of this statement', statement.offset);
    const into = target.kind === 'query' ? intoOf(target) : undefined;
    if (into !== undefined) checkNewTable(backend, into.name);
    if (options.analyze && (target.kind === 'createTableAs' || into !== undefined)) {
      await runDdl(backend, new CachedStatement({ ...cached.parsed, statement: target }), call);
    }
    inner = new CachedStatement({ ...cached.parsed, statement: query as PreparableStatement });
  }
  const planningStart = clock.monotonic();
  const { planned } = findPlan(backend, inner, parameterTypes);
  const planningMs = clock.monotonic() - planningStart;
  let counts: ReadonlyMap<PhysicalPlan, OperatorCounts> | undefined;
  let executionMs: number | undefined;
  let buffers: { readonly hit: number; readonly read: number } | undefined;
  if (options.analyze) {
    const started = await startPlanned(backend, inner, { ...call, format: datumFormat }, { parameterTypes, datums, instrument: true });
    const start = clock.monotonic();
    const before = backend.instance.store.poolStats();
    try {
      await drive(backend, started, Infinity, call.deadlineMs);
      counts = started.execution.instrumentation;
    } finally {
      started.execution.close();
      started.tx.endStatement();
    }
    executionMs = clock.monotonic() - start;
    const root = counts?.get(planned.plan);
    if (root !== undefined) root.timeMs ??= executionMs;
    if (options.buffers) {
      const { accessCount, missCount } = backend.instance.store.poolStats();
      const read = missCount - before.missCount;
      buffers = { hit: accessCount - before.accessCount - read, read };
    }
  }
  const printed = {
    isInterpreted: (plan: PhysicalPlan) => backend.settings.get('execution_mode') === 'generated' && !isGenerated(plan),
    costs: options.costs, verbose: options.verbose, timing: options.timing, buffers, types: backend.definitions().types, planningMs: options.summary ? planningMs : undefined,
    executionMs: options.summary ? executionMs : undefined, ...(counts === undefined ? {} : { actual: (plan: PhysicalPlan) => counts.get(plan) }),
  };
  if (options.format === 'text') return textResult(backend, 'EXPLAIN', ['QUERY PLAN'], explainText(planned, printed).map((line) => [line]), call);
  const text = formatStructured(explainStructured(planned, printed), options.format);
  const columns: ResultColumn[] = [{ name: 'QUERY PLAN', type: options.format === 'json' ? types.json : types.text }];
  return { command: 'EXPLAIN', rows: convertRows([[text]], columns, call.format, backend.context(Infinity)), rowCount: null, columns };
}
