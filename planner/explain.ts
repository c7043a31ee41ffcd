/**
 * EXPLAIN in PostgreSQL's words, as text or as JSON. A plan is first turned into a tree of entries with properties, as PostgreSQL shows it:
 * projections are part of the node below, filters a line of it, a hash join's build side stands under a Hash node; then printed.
 */
import { unreachable } from '../base/assert.js';
import { builtinTypes, type TypeRegistry } from '../base/types.js';
import { Decimals, type Structured, type StructuredGroup } from './explain-format.js';
import { expressionText, quoteIdentifier, sortKeyText, type ExpressionPrinter } from './expression-text.js';
import { conjunction, forEachChild } from './expression-tools.js';
import type { AggregateCall, BoundExpression, ColumnId, WindowCall } from './expression.js';
import type { Estimate, IndexRange, JoinType, PhysicalPlan, PlannedStatement } from './physical-plan.js';
import { forEachPhysicalExpression, physicalInputs } from './physical-tools.js';

/** What an operator did, for ANALYZE. */
export interface ActualCounts {
  readonly rows: number;
  readonly loops: number;
  /** Until the first row and in all, with the operators below; undefined where operators are fused into one loop. */
  readonly startupMs: number | undefined;
  readonly timeMs: number | undefined;
  /** Rows its filter removed. */
  readonly removed: number;
  /** Leaves of which no row could pass it, by the zones of their columns. */
  readonly leavesSkipped: number;
  readonly spilledBytes: number;
}

export interface ExplainOptions {
  /** Default true. */
  readonly costs?: boolean;
  readonly verbose?: boolean;
  /** Present for ANALYZE. */
  readonly actual?: (plan: PhysicalPlan) => ActualCounts | undefined;
  /** Whether actual times are shown; default true. */
  readonly timing?: boolean;
  /** Pages that the whole statement asked the buffer pool for; shown at the topmost operator. */
  readonly buffers?: { readonly hit: number; readonly read: number } | undefined;
  readonly planningMs?: number | undefined;
  readonly executionMs?: number | undefined;
  readonly types?: TypeRegistry;
  /** Whether an operator runs in the interpreter although statements are compiled; shown with VERBOSE. */
  readonly isInterpreted?: (plan: PhysicalPlan) => boolean;
}

/** One node as shown. */
interface Entry {
  readonly title: string;
  /** JSON's fields for the node's kind. */
  readonly fields: readonly (readonly [string, Structured])[];
  readonly estimate: Estimate;
  readonly plan: PhysicalPlan;
  readonly properties: readonly (readonly [string, string | readonly string[]])[];
  readonly children: readonly Child[];
  readonly counts: ActualCounts | undefined;
}
interface Child {
  /** `InitPlan 1 (returns $0)`, `SubPlan 1`, `CTE c`; undefined for an input. */
  readonly label: string | undefined;
  readonly relationship: string;
  readonly entry: Entry;
}

export function explainText(statement: PlannedStatement, options: ExplainOptions = {}): string[] {
  const lines: string[] = [];
  printEntry(new EntryBuilder(statement, options).root(), options, 0, true, lines);
  if (options.planningMs !== undefined) lines.push(`Planning Time: ${options.planningMs.toFixed(3)} ms`);
  if (options.executionMs !== undefined) lines.push(`Execution Time: ${options.executionMs.toFixed(3)} ms`);
  return lines;
}

/** What the structured formats of EXPLAIN print of the statement. */
export function explainStructured(statement: PlannedStatement, options: ExplainOptions = {}): StructuredGroup {
  const entry = planGroup(new EntryBuilder(statement, options).root(), options, undefined, undefined);
  const { buffers, planningMs, executionMs } = options;
  const { Plans: plans, ...own } = entry;
  return {
    Plan: { ...own, ...(buffers === undefined ? {} : { 'Shared Hit Blocks': buffers.hit, 'Shared Read Blocks': buffers.read }), ...(plans === undefined ? {} : { Plans: plans }) },
    ...(planningMs === undefined ? {} : { 'Planning Time': new Decimals(planningMs, 3) }),
    ...(executionMs === undefined ? {} : { 'Execution Time': new Decimals(executionMs, 3) }),
  };
}

// ------------------------------------------------------------------------------------------------------------------- printing

function statsText(entry: Entry, options: ExplainOptions): string {
  const parts: string[] = [];
  const { estimate, counts } = entry;
  if (options.costs !== false) parts.push(`(cost=${estimate.startupCost.toFixed(2)}..${estimate.totalCost.toFixed(2)} rows=${Math.max(0, Math.round(estimate.rows))} width=${estimate.widthBytes})`);
  if (options.actual !== undefined) {
    if (counts === undefined || counts.loops === 0) parts.push('(never executed)');
    else {
      const time = options.timing === false || counts.timeMs === undefined ? '' : `time=${((counts.startupMs ?? counts.timeMs) / counts.loops).toFixed(3)}..${(counts.timeMs / counts.loops).toFixed(3)} `;
      parts.push(`(actual ${time}rows=${Math.round(counts.rows / counts.loops)} loops=${counts.loops})`);
    }
  }
  return parts.length === 0 ? '' : `${options.costs === false ? ' ' : '  '}${parts.join(' ')}`;
}

function printEntry(entry: Entry, options: ExplainOptions, indent: number, isRoot: boolean, lines: string[]): void {
  const pad = ' '.repeat(indent);
  lines.push(`${isRoot ? '' : `${pad}->  `}${entry.title}${statsText(entry, options)}`);
  const inner = isRoot ? indent + 2 : indent + 6;
  const innerPad = ' '.repeat(inner);
  for (const [name, value] of entry.properties) lines.push(`${innerPad}${name}: ${typeof value === 'string' ? value : value.join(', ')}`);
  if (isRoot && options.buffers !== undefined) lines.push(`${innerPad}Buffers: shared hit=${options.buffers.hit}${options.buffers.read > 0 ? ` read=${options.buffers.read}` : ''}`);
  for (const child of entry.children) {
    if (child.label === undefined) printEntry(child.entry, options, inner, false, lines);
    else {
      lines.push(`${innerPad}${child.label}`);
      printEntry(child.entry, options, inner + 2, false, lines);
    }
  }
}

function planGroup(entry: Entry, options: ExplainOptions, relationship: string | undefined, subplan: string | undefined): StructuredGroup {
  const group: Record<string, Structured> = {};
  for (const [name, value] of entry.fields) group[name] = value;
  if (relationship !== undefined) group['Parent Relationship'] = relationship;
  if (subplan !== undefined) group['Subplan Name'] = subplan;
  if (options.costs !== false) {
    group['Startup Cost'] = new Decimals(entry.estimate.startupCost, 2);
    group['Total Cost'] = new Decimals(entry.estimate.totalCost, 2);
    group['Plan Rows'] = Math.round(entry.estimate.rows);
    group['Plan Width'] = entry.estimate.widthBytes;
  }
  if (options.actual !== undefined) {
    const counts = entry.counts ?? { rows: 0, loops: 0, startupMs: undefined, timeMs: undefined };
    const loops = Math.max(1, counts.loops);
    if (options.timing !== false && counts.timeMs !== undefined) {
      group['Actual Startup Time'] = new Decimals((counts.startupMs ?? counts.timeMs) / loops, 3);
      group['Actual Total Time'] = new Decimals(counts.timeMs / loops, 3);
    }
    group['Actual Rows'] = Math.round(counts.rows / loops);
    group['Actual Loops'] = counts.loops;
  }
  for (const [name, value] of entry.properties) group[name] = value;
  if (entry.children.length > 0) group['Plans'] = entry.children.map((child) => planGroup(child.entry, options, child.relationship, child.label));
  return group;
}

// ------------------------------------------------------------------------------------------------------------------- entries

const joinNames: Readonly<Record<JoinType, string>> = { inner: '', left: ' Left', right: ' Right', full: ' Full', semi: ' Semi', anti: ' Anti' };

interface NodeDescription {
  readonly title: string;
  readonly fields: readonly (readonly [string, Structured])[];
  readonly inputs: readonly Child[];
}

class EntryBuilder {
  readonly #statement: PlannedStatement;
  readonly #options: ExplainOptions;
  readonly #printer: ExpressionPrinter;
  readonly #columns = new Map<ColumnId, { readonly text: string; readonly relation: string | undefined }>();
  readonly #computed = new Map<ColumnId, BoundExpression>();
  readonly #calls = new Map<ColumnId, string>();
  readonly #subplans = new Map<BoundExpression, { readonly name: string; readonly label: string; readonly isInit: boolean }>();
  #usePrefix = false;
  #subplanCount = 0;
  #initPlanCount = 0;

  constructor(statement: PlannedStatement, options: ExplainOptions) {
    this.#statement = statement;
    this.#options = options;
    this.#printer = {
      types: options.types ?? builtinTypes,
      column: (id, name) => this.#columnText(id, name),
      subquery: (e) => this.#subqueryText(e),
    };
    const relations = new Set<PhysicalPlan>();
    for (const cte of statement.ctes) this.#learn(cte.plan, relations);
    this.#learn(statement.plan, relations);
    this.#usePrefix = relations.size > 1 || options.verbose === true;
  }

  root(): Entry {
    const entry = this.#entry(this.#statement.plan, []);
    if (this.#statement.ctes.length === 0) return entry;
    const ctes = this.#statement.ctes.map((cte): Child => ({ label: `CTE ${quoteIdentifier(cte.name)}`, relationship: 'InitPlan', entry: this.#entry(cte.plan, []) }));
    return { ...entry, children: [...ctes, ...entry.children] };
  }

  /** Names of columns, over the whole statement, before anything is printed. */
  #learn(plan: PhysicalPlan, relations: Set<PhysicalPlan>): void {
    switch (plan.kind) {
      case 'seqScan':
      case 'indexScan':
      case 'virtualScan':
        relations.add(plan);
        for (const column of plan.columns) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: plan.alias });
        break;
      case 'cteScan':
      case 'workTableScan':
      case 'functionScan':
      case 'values':
        if (plan.output.length > 0) relations.add(plan);
        for (const column of plan.output) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: plan.kind === 'functionScan' ? plan.alias : plan.kind === 'values' ? '"*VALUES*"' : plan.name });
        break;
      case 'project':
        for (const { id, expression } of plan.computed) this.#computed.set(id, expression);
        break;
      case 'aggregate':
        for (const { id, expression } of plan.groupBy) this.#computed.set(id, expression);
        break;
      case 'append':
      case 'setOperation':
      case 'recursiveUnion':
        for (const column of plan.output) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: undefined });
        break;
      case 'modify':
        for (const column of plan.newRow) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: plan.alias });
        for (const column of plan.onConflict?.existing ?? []) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: plan.alias });
        for (const column of plan.onConflict?.excluded ?? []) this.#columns.set(column.id, { text: quoteIdentifier(column.name), relation: 'excluded' });
        break;
      default:
        break;
    }
    forEachPhysicalExpression(plan, (e) => this.#learnExpression(e, relations));
    for (const input of physicalInputs(plan)) this.#learn(input, relations);
    if (plan.kind === 'aggregate') for (const call of plan.calls) this.#calls.set(call.id, this.#aggregateText(call));
    if (plan.kind === 'window') for (const call of plan.calls) this.#calls.set(call.id, this.#windowText(call));
    if (plan.kind === 'projectSet') for (const call of plan.calls) this.#calls.set(call.id, `${call.function.name}(${call.args.map((arg) => this.#text(arg)).join(', ')})`);
  }

  #learnExpression(e: BoundExpression, relations: Set<PhysicalPlan>): void {
    if (e.kind === 'subquery') this.#learn(e.plan as PhysicalPlan, relations);
    forEachChild(e, (child) => this.#learnExpression(child, relations));
  }

  #text(e: BoundExpression): string {
    return expressionText(e, this.#printer);
  }

  #columnText(id: ColumnId, name: string): string {
    const call = this.#calls.get(id);
    if (call !== undefined) return call;
    const computed = this.#computed.get(id);
    if (computed !== undefined) return computed.kind === 'column' ? this.#text(computed) : `(${this.#text(computed).replace(/^\((.*)\)$/s, '$1')})`;
    const column = this.#columns.get(id);
    if (column === undefined) return quoteIdentifier(name);
    return this.#usePrefix && column.relation !== undefined ? `${column.relation.startsWith('"') ? column.relation : quoteIdentifier(column.relation)}.${column.text}` : column.text;
  }

  #aggregateText(call: AggregateCall): string {
    const args = call.args.length === 0 && call.function.name === 'count' ? '*' : call.args.map((arg) => this.#text(arg)).join(', ');
    const order = call.orderBy.length === 0 || call.directArgs.length > 0 ? '' : ` ORDER BY ${call.orderBy.map((key) => sortKeyText(key, this.#printer)).join(', ')}`;
    const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${this.#text(call.filter)})`;
    if (call.function.aggregate?.orderedSet !== undefined) {
      return `${call.function.name}(${call.directArgs.map((arg) => this.#text(arg)).join(', ')}) WITHIN GROUP (ORDER BY ${call.orderBy.map((key) => sortKeyText(key, this.#printer)).join(', ')})${filter}`;
    }
    return `${call.function.name}(${call.isDistinct ? 'DISTINCT ' : ''}${args}${order})${filter}`;
  }
  #windowText(call: WindowCall): string {
    const args = call.args.length === 0 && call.function.name === 'count' ? '*' : call.args.map((arg) => this.#text(arg)).join(', ');
    return `${call.function.name}(${args}) OVER (?)`;
  }

  #subqueryText(e: Extract<BoundExpression, { kind: 'subquery' }>): string {
    const known = this.#subplans.get(e);
    if (known !== undefined) return known.name;
    const isInit = e.outer.length === 0 && (e.subkind === 'scalar' || e.subkind === 'exists' || e.subkind === 'array' || e.subkind === 'row');
    let name: string;
    let label: string;
    if (isInit) {
      label = `InitPlan ${++this.#subplanCount} (returns $${this.#initPlanCount})`;
      name = `$${this.#initPlanCount++}`;
    } else {
      label = `SubPlan ${++this.#subplanCount}`;
      name = e.hashable !== undefined && e.outer.length === 0 ? `(hashed ${label})` : e.subkind === 'exists' ? `EXISTS(${label})` : `(${label})`;
    }
    this.#subplans.set(e, { name, label, isInit });
    return name;
  }

  /** Subqueries in the node's expressions, as children. */
  #subplansOf(expressions: readonly BoundExpression[]): Child[] {
    const children: Child[] = [];
    const seen = new Set<BoundExpression>();
    const visit = (e: BoundExpression): void => {
      if (e.kind === 'subquery' && !seen.has(e)) {
        seen.add(e);
        const shown = this.#subplans.get(e) === undefined;
        this.#subqueryText(e);
        const { label, isInit } = this.#subplans.get(e)!;
        if (shown || !this.#printed.has(e)) {
          this.#printed.add(e);
          children.push({ label, relationship: isInit ? 'InitPlan' : 'SubPlan', entry: this.#entry(e.plan as PhysicalPlan, []) });
        }
      }
      forEachChild(e, visit);
    };
    expressions.forEach(visit);
    return children;
  }
  readonly #printed = new Set<BoundExpression>();

  /** `filters`: conditions of filter nodes above that are shown here. */
  #entry(plan: PhysicalPlan, filters: readonly BoundExpression[], carried: readonly BoundExpression[] = []): Entry {
    switch (plan.kind) {
      case 'filter':
        if (plan.isGate === true && plan.input.kind !== 'result') return this.#node(plan, filters, carried, plan);
        return this.#entry(plan.input, [...filters, plan.condition], carried);
      case 'project': {
        if (filters.length > 0 && plan.input.kind === 'result') return this.#node(plan.input, filters, plan.computed.map((column) => column.expression), plan);
        const subplans = plan.computed.map((column) => column.expression);
        return this.#entry(plan.input, filters, [...carried, ...subplans]);
      }
      default:
        return this.#node(plan, filters, carried, plan);
    }
  }

  #node(plan: PhysicalPlan, filters: readonly BoundExpression[], carried: readonly BoundExpression[], shown: PhysicalPlan): Entry {
    const properties: [string, string | readonly string[]][] = [];
    const expressions: BoundExpression[] = [...carried];
    const counts = this.#options.actual?.(shown) ?? this.#options.actual?.(plan);
    if (this.#options.verbose === true) properties.push(['Output', plan.output.map((column) => this.#columnText(column.id, column.name))]);
    const add = (name: string, e: BoundExpression | undefined): void => {
      if (e === undefined) return;
      expressions.push(e);
      properties.push([name, this.#text(e)]);
    };
    const { title, fields, inputs } = this.#describe(plan, properties, add);
    const filter = conjunction([...('filter' in plan && plan.filter !== undefined ? [plan.filter] : []), ...filters]);
    add(plan.kind === 'result' ? 'One-Time Filter' : 'Filter', filter);
    if (filter !== undefined && counts !== undefined && counts.removed > 0) properties.push(['Rows Removed by Filter', String(Math.round(counts.removed / Math.max(1, counts.loops)))]);
    if (counts !== undefined && counts.leavesSkipped > 0) properties.push(['Leaves Skipped by Filter', String(Math.round(counts.leavesSkipped / Math.max(1, counts.loops)))]);
    if (counts !== undefined && counts.spilledBytes > 0) properties.push(['Disk', `${Math.ceil(counts.spilledBytes / 1024)}kB`]);
    if (this.#options.verbose === true && this.#options.isInterpreted?.(plan) === true) properties.push(['Execution', 'interpreted']);
    if (plan.kind === 'modify' || plan.kind === 'values' || plan.kind === 'functionScan' || plan.kind === 'aggregate' || plan.kind === 'window' || plan.kind === 'indexScan') forEachPhysicalExpression(plan.kind === 'modify' ? { ...plan, recheck: undefined } : plan, (e) => expressions.push(e));
    const subplans = this.#subplansOf(expressions);
    const children: Child[] = [...subplans.filter((child) => child.relationship === 'InitPlan'), ...inputs, ...subplans.filter((child) => child.relationship !== 'InitPlan')];
    return { title, fields, estimate: shown.estimate, plan, properties, children, counts };
  }

  #input(plan: PhysicalPlan, relationship: string): Child {
    return { label: undefined, relationship, entry: this.#entry(plan, []) };
  }

  #relation(table: { readonly name: string; readonly schema: string }, alias: string): string {
    const name = this.#options.verbose === true ? `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}` : quoteIdentifier(table.name);
    return alias === table.name ? name : `${name} ${quoteIdentifier(alias)}`;
  }

  #describe(
    plan: PhysicalPlan,
    properties: [string, string | readonly string[]][],
    add: (name: string, e: BoundExpression | undefined) => void,
  ): NodeDescription {
    const one = (title: string, fields: readonly (readonly [string, Structured])[] = [['Node Type', title]], inputs: readonly Child[] = physicalInputs(plan).map((input) => this.#input(input, 'Outer'))): NodeDescription => ({ title, fields, inputs });
    const keys = (list: readonly BoundExpression[]): string[] => list.map((e) => this.#text(e));
    switch (plan.kind) {
      case 'result':
        return one('Result');
      case 'seqScan': {
        const name = plan.reverse ? 'Seq Scan Backward' : plan.sample === undefined ? 'Seq Scan' : 'Sample Scan';
        if (plan.sample !== undefined) properties.push(['Sampling', `${plan.sample.method} (${this.#text(plan.sample.percent)})`]);
        return one(`${name} on ${this.#relation(plan.table, plan.alias)}`, [['Node Type', name], ['Relation Name', plan.table.name], ['Alias', plan.alias]]);
      }
      case 'indexScan': {
        const name = plan.indexOnly ? 'Index Only Scan' : 'Index Scan';
        const condition = this.#rangesText(plan);
        if (condition !== '') properties.push(['Index Cond', condition]);
        return one(`${name}${plan.reverse ? ' Backward' : ''} using ${quoteIdentifier(plan.index.name)} on ${this.#relation(plan.table, plan.alias)}`, [
          ['Node Type', name], ['Scan Direction', plan.reverse ? 'Backward' : 'Forward'], ['Index Name', plan.index.name], ['Relation Name', plan.table.name], ['Alias', plan.alias],
        ]);
      }
      case 'virtualScan':
        return one(`Seq Scan on ${this.#relation(plan.table, plan.alias)}`, [['Node Type', 'Seq Scan'], ['Relation Name', plan.table.name], ['Alias', plan.alias]]);
      case 'values':
        if (plan.rows.length === 0) {
          properties.push(['One-Time Filter', 'false']);
          return one('Result');
        }
        return one('Values Scan on "*VALUES*"', [['Node Type', 'Values Scan'], ['Alias', '*VALUES*']]);
      case 'functionScan': {
        const name = plan.calls.map((call) => call.function.name).join(', ');
        return one(`Function Scan on ${name}${plan.alias === name ? '' : ` ${quoteIdentifier(plan.alias)}`}`, [['Node Type', 'Function Scan'], ['Function Name', name], ['Alias', plan.alias]]);
      }
      case 'cteScan':
        return one(`CTE Scan on ${quoteIdentifier(plan.name)}`, [['Node Type', 'CTE Scan'], ['CTE Name', plan.name]]);
      case 'workTableScan':
        return one(`WorkTable Scan on ${quoteIdentifier(plan.name)}`, [['Node Type', 'WorkTable Scan'], ['CTE Name', plan.name]]);
      case 'projectSet':
        return one('ProjectSet');
      case 'nestedLoop':
        add('Join Filter', plan.condition);
        return one(`Nested Loop${joinNames[plan.join]}${plan.join === 'inner' ? '' : ' Join'}`, [['Node Type', 'Nested Loop'], ['Join Type', joinField(plan.join)]], [this.#input(plan.left, 'Outer'), this.#input(plan.right, 'Inner')]);
      case 'hashJoin': {
        const conditions = plan.leftKeys.map((key, i) => `(${this.#text(key)} = ${this.#text(plan.rightKeys[i]!)})`);
        properties.push(['Hash Cond', conditions.length === 1 ? conditions[0]! : `(${conditions.join(' AND ')})`]);
        add('Join Filter', plan.residual);
        const build = this.#entry(plan.right, []);
        const hash: Child = { label: undefined, relationship: 'Inner', entry: { title: 'Hash', fields: [['Node Type', 'Hash']], estimate: build.estimate, plan: plan.right, properties: [], children: [{ label: undefined, relationship: 'Outer', entry: build }], counts: build.counts } };
        return one(`Hash${joinNames[plan.join]} Join`, [['Node Type', 'Hash Join'], ['Join Type', joinField(plan.join)]], [this.#input(plan.left, 'Outer'), hash]);
      }
      case 'mergeJoin': {
        const conditions = plan.leftKeys.map((key, i) => `(${this.#text(key.expression)} = ${this.#text(plan.rightKeys[i]!.expression)})`);
        properties.push(['Merge Cond', conditions.length === 1 ? conditions[0]! : `(${conditions.join(' AND ')})`]);
        add('Join Filter', plan.residual);
        return one(`Merge${joinNames[plan.join]} Join`, [['Node Type', 'Merge Join'], ['Join Type', joinField(plan.join)]], [this.#input(plan.left, 'Outer'), this.#input(plan.right, 'Inner')]);
      }
      case 'sort': {
        const texts = plan.keys.map((key) => sortKeyText(key, this.#printer));
        properties.push(['Sort Key', texts]);
        if (plan.presorted > 0) properties.push(['Presorted Key', texts.slice(0, plan.presorted)]);
        return one(plan.presorted > 0 ? 'Incremental Sort' : 'Sort');
      }
      case 'limit':
        return one('Limit');
      case 'distinct':
        if (plan.strategy === 'sorted') return one('Unique');
        properties.push(['Group Key', keys(plan.on)]);
        return one('HashAggregate', [['Node Type', 'Aggregate'], ['Strategy', 'Hashed']]);
      case 'aggregate': {
        if (plan.groupingSets !== undefined) {
          for (const set of plan.groupingSets) properties.push([set.length === 0 ? 'Group Key' : 'Hash Key', set.length === 0 ? '()' : set.map((i) => this.#text(plan.groupBy[i]!.expression))]);
        } else if (plan.groupBy.length > 0) properties.push(['Group Key', plan.groupBy.map((group) => this.#text(group.expression))]);
        const strategies = { plain: ['Aggregate', 'Plain'], hash: ['HashAggregate', 'Hashed'], sorted: ['GroupAggregate', 'Sorted'] } as const;
        const [title, strategy] = strategies[plan.strategy];
        return one(title, [['Node Type', 'Aggregate'], ['Strategy', strategy]]);
      }
      case 'window':
        return one('WindowAgg');
      case 'append':
        return one('Append', undefined, plan.inputs.map((input) => this.#input(input, 'Member')));
      case 'setOperation': {
        const command = `${plan.operation === 'intersect' ? 'Intersect' : 'Except'}${plan.all ? ' All' : ''}`;
        return one(`HashSetOp ${command}`, [['Node Type', 'SetOp'], ['Strategy', 'Hashed'], ['Command', command]]);
      }
      case 'recursiveUnion':
        return one('Recursive Union', undefined, [this.#input(plan.seed, 'Outer'), this.#input(plan.term, 'Inner')]);
      case 'materialize':
        return one('Materialize');
      case 'lockRows':
        return one('LockRows');
      case 'modify': {
        const name = `${plan.operation[0]!.toUpperCase()}${plan.operation.slice(1)}`;
        if (plan.onConflict !== undefined) {
          properties.push(['Conflict Resolution', plan.onConflict.action.toUpperCase()]);
          const names = plan.table.indexes.filter((index) => plan.onConflict!.arbiters.includes(index.oid)).map((index) => index.name);
          if (names.length > 0) properties.push(['Conflict Arbiter Indexes', names]);
          add('Conflict Filter', plan.onConflict.where);
        }
        return one(`${name} on ${this.#relation(plan.table, plan.alias)}`, [['Node Type', 'ModifyTable'], ['Operation', name], ['Relation Name', plan.table.name], ['Alias', plan.alias]]);
      }
      case 'filter':
        add('One-Time Filter', plan.condition);
        return one('Result');
      case 'project':
        return one('Result');
      default:
        return unreachable(plan);
    }
  }

  #rangesText(plan: Extract<PhysicalPlan, { kind: 'indexScan' }>): string {
    const columnText = (i: number): string => {
      const column = plan.index.columns[i]!;
      if (column.column === undefined) return plan.keys === undefined ? 'expression' : this.#text(plan.keys[i]!);
      const scanned = plan.columns.find((candidate) => candidate.column === column.column);
      const name = scanned?.name ?? plan.table.columns[column.column]!.name;
      return scanned === undefined ? (this.#usePrefix ? `${quoteIdentifier(plan.alias)}.${quoteIdentifier(name)}` : quoteIdentifier(name)) : this.#columnText(scanned.id, name);
    };
    const rangeText = (range: IndexRange): string => {
      const parts = range.equal.map(({ value, isNullTest }, i) => (isNullTest ? `(${columnText(i)} IS NULL)` : `(${columnText(i)} = ${this.#text(value)})`));
      let next = range.equal.length;
      if (range.anyOf !== undefined) parts.push(`(${columnText(next++)} = ANY (${this.#text(range.anyOf)}))`);
      if (range.low !== undefined) parts.push(`(${columnText(next)} ${range.low.inclusive ? '>=' : '>'} ${this.#text(range.low.value)})`);
      if (range.high !== undefined) parts.push(`(${columnText(next)} ${range.high.inclusive ? '<=' : '<'} ${this.#text(range.high.value)})`);
      if (range.low === undefined && range.high === undefined && range.nulls === 'not null' && next < plan.index.columns.length) parts.push(`(${columnText(next)} IS NOT NULL)`);
      return parts.length > 1 ? `(${parts.join(' AND ')})` : (parts[0] ?? '');
    };
    const texts = plan.ranges.map(rangeText).filter((text) => text !== '');
    return texts.length > 1 ? `(${texts.join(' OR ')})` : (texts[0] ?? '');
  }
}

const joinField = (join: JoinType): string => (join === 'inner' ? 'Inner' : joinNames[join].trim());
