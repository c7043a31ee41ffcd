/**
 * A catalog in memory, made from CREATE TABLE, CREATE INDEX and CREATE VIEW texts, with whatever statistics a test gives. It knows as much
 * of DDL as planner tests need.
 */
import { oid, treeId, type Oid } from '../../base/ids.js';
import { RowLayout } from '../../base/rowcode.js';
import { builtinTypes, sqlType, type SqlType } from '../../base/types.js';
import { evaluateConstant } from '../../executor/expression-interpreter.js';
import type { CreateIndex, CreateTable, Expression, IndexElement, PreparableStatement } from '../../parser/ast.js';
import { parse } from '../../parser/parse.js';
import { newBinder } from '../../planner/binder.js';
import { rowLevel } from '../../planner/binder-table.js';
import { bindTypeName } from '../../planner/binder-types.js';
import type { Catalog, CheckDef, ColumnDef, ColumnStatistics, IndexColumn, IndexDef, RelationDef, TableDef, TableStatistics, ViewDef } from '../../planner/catalog.js';

import { explainText } from '../../planner/explain.js';
import type { PlannedStatement } from '../../planner/physical-plan.js';
import { describe as describeStatement, planStatement, type PlanOptions } from '../../planner/plan-statement.js';
import { DbError } from '../../base/errors.js';

const pseudoSerial: Readonly<Record<string, number>> = { serial: 23, serial4: 23, bigserial: 20, serial8: 20, smallserial: 21 };

export class FixtureCatalog implements Catalog {
  readonly version = 1;
  readonly searchPath = ['public'];
  readonly types = builtinTypes;
  readonly relations = new Map<string, RelationDef>();
  #nextOid = 20000;

  relation(schema: string | undefined, name: string): RelationDef | undefined {
    if (schema !== undefined && schema !== 'public') return undefined;
    return this.relations.get(name);
  }
  tableByOid(wanted: Oid): TableDef | undefined {
    for (const relation of this.relations.values()) if (relation.kind === 'table' && relation.oid === wanted) return relation;
    return undefined;
  }
  schemaExists(name: string): boolean {
    return name === 'public' || name === 'pg_catalog';
  }
  functions(): readonly never[] {
    return [];
  }
  typeByName(): SqlType | undefined {
    return undefined;
  }
  relationNames(): readonly string[] {
    return [...this.relations.keys()];
  }

  /** Runs a script of definitions. */
  define(sql: string): this {
    for (const { statement } of parse(sql)) {
      if (statement.kind === 'createTable') this.#createTable(statement);
      else if (statement.kind === 'createIndex') this.#createIndex(statement);
      else if (statement.kind === 'createView') {
        const { result } = describeStatement(statement.query, { catalog: this });
        const view: ViewDef = {
          kind: 'view', oid: this.#newOid(), schema: 'public', name: statement.name.name, query: statement.query, checkOption: statement.checkOption ?? 'none',
          columns: result.map((column, i) => ({ name: statement.columns[i]?.name ?? column.name, type: column.type })),
        };
        this.relations.set(view.name, view);
      } else throw new Error(`fixture cannot run ${statement.kind}`);
    }
    return this;
  }

  /** Gives a table a size, and its columns what is known of them. */
  analyze(name: string, rowCount: number, columns: Readonly<Record<string, Partial<ColumnStatistics>>> = {}, rowBytes = 60): this {
    const table = this.table(name);
    const blank: ColumnStatistics = { nullFraction: 0, distinct: -1, averageWidthBytes: 0, mostCommon: [], histogram: [], correlation: 0 };
    const statistics: TableStatistics = {
      rowCount, pageCount: Math.max(1, Math.ceil((rowCount * rowBytes) / 8192)), columns: table.columns.map((column) => (column.name in columns ? { ...blank, ...columns[column.name] } : undefined)),
    };
    this.relations.set(name, { ...table, statistics });
    return this;
  }

  table(name: string): TableDef {
    const relation = this.relations.get(name);
    if (relation?.kind !== 'table') throw new Error(`no table ${name}`);
    return relation;
  }

  #newOid(): Oid {
    return oid(this.#nextOid++);
  }

  #createTable(statement: CreateTable): void {
    const binder = newBinder(this, {});
    const columns: ColumnDef[] = [];
    const checks: CheckDef[] = [];
    const keys: { columns: readonly string[]; isPrimary: boolean; name: string | undefined }[] = [];
    for (const element of statement.elements) {
      if (element.kind === 'columnDefinition') {
        const serial = element.type.names.length === 1 ? pseudoSerial[element.type.names[0]!] : undefined;
        const type = serial === undefined ? bindTypeName(binder, element.type) : sqlType(serial);
        let notNull = serial !== undefined;
        let defaultExpression: Expression | undefined;
        let generated: ColumnDef['generated'];
        for (const constraint of element.constraints) {
          if (constraint.kind === 'notNull') notNull = true;
          else if (constraint.kind === 'default') defaultExpression = constraint.expression;
          else if (constraint.kind === 'generated') {
            defaultExpression = constraint.expression;
            generated = 'stored';
          } else if (constraint.kind === 'identity') {
            notNull = true;
            generated = constraint.always ? 'identity always' : 'identity by default';
          } else if (constraint.kind === 'check') checks.push({ name: `${statement.name.name}_${element.name}_check`, expression: constraint.expression, validated: true });
          else if (constraint.kind === 'primaryKey' || constraint.kind === 'unique') keys.push({ columns: [element.name], isPrimary: constraint.kind === 'primaryKey', name: constraint.name });
        }
        const sequence = serial !== undefined || generated?.startsWith('identity') === true ? this.#newOid() : undefined;
        columns.push({ name: element.name, index: columns.length, type, collation: undefined, notNull, defaultExpression, generated, sequence, isDropped: false });
      } else if (element.kind === 'keyConstraint') keys.push({ columns: element.columns.map((column) => column.name), isPrimary: element.isPrimary, name: element.name });
      else if (element.kind === 'checkConstraint') checks.push({ name: element.name ?? `${statement.name.name}_check`, expression: element.expression, validated: true });
    }
    const tableOid = this.#newOid();
    const tree = treeId(this.#nextOid++);
    const primary = keys.find((key) => key.isPrimary);
    const finished = columns.map((column) => (primary?.columns.includes(column.name) === true ? { ...column, notNull: true } : column));
    const indexes = keys.map((key): IndexDef => {
      const name = key.name ?? (key.isPrimary ? `${statement.name.name}_pkey` : `${statement.name.name}_${key.columns.join('_')}_key`);
      return {
        oid: this.#newOid(), name, table: tableOid, tree: key.isPrimary ? tree : treeId(this.#nextOid++),
        columns: key.columns.map((column) => indexColumn(finished.find((candidate) => candidate.name === column)!, false, false, key.isPrimary)),
        include: undefined, isUnique: true, nullsNotDistinct: false, isPrimary: key.isPrimary, isClustered: key.isPrimary, predicate: undefined, constraintName: name, deferrable: 'not deferrable',
      };
    });
    const table: TableDef = {
      kind: 'table', oid: tableOid, schema: 'public', name: statement.name.name, columns: finished, tree, layout: new RowLayout(1, finished.map((column) => ({ type: column.type, missing: null, isDropped: false }))),
      clusterKey: indexes.find((index) => index.isClustered)?.columns, indexes, checks, foreignKeys: [], referencedBy: [], isTemporary: false, isMaterializedView: false, virtual: undefined, statistics: undefined,
    };
    this.relations.set(table.name, table);
  }

  #createIndex(statement: CreateIndex): void {
    const table = this.table(statement.table.name);
    const column = (element: IndexElement): IndexColumn => {
      const descending = element.direction === 'desc';
      const nullsFirst = element.nulls === undefined ? descending : element.nulls === 'first';
      const { expression } = element;
      if (expression.kind === 'columnRef') return indexColumn(table.columns.find((candidate) => candidate.name === expression.parts[0])!, descending, nullsFirst, false);
      const binder = newBinder(this, {});
      const row = table.columns.map((c) => ({ id: binder.newId(), name: c.name, type: c.type, column: c.index }));
      const bound = binder.hooks.bindExpression(rowLevel(binder, table, table.name, row, 'index expressions'), expression);
      return { column: undefined, expression, type: bound.type, collation: undefined, operatorClass: undefined, descending, nullsFirst, nullable: true };
    };
    const include = statement.include.map((element) => table.columns.findIndex((candidate) => element.expression.kind === 'columnRef' && candidate.name === element.expression.parts[0]));
    const index: IndexDef = {
      oid: this.#newOid(), name: statement.name ?? `${table.name}_idx`, table: table.oid, tree: treeId(this.#nextOid++), columns: statement.elements.map(column),
      include: include.length === 0 ? undefined : { columns: include, layout: new RowLayout(1, include.map((i) => ({ type: table.columns[i]!.type, missing: null, isDropped: false }))) },
      isUnique: statement.isUnique, nullsNotDistinct: statement.nullsNotDistinct, isPrimary: false, isClustered: false, predicate: statement.where, constraintName: undefined, deferrable: 'not deferrable',
    };
    this.relations.set(table.name, { ...table, indexes: [...table.indexes, index] });
  }
}

function indexColumn(column: ColumnDef, descending: boolean, nullsFirst: boolean, isClustered: boolean): IndexColumn {
  return { column: column.index, expression: undefined, type: column.type, collation: undefined, operatorClass: undefined, descending, nullsFirst, nullable: !isClustered };
}

/** Plans one statement. */
export function plan(catalog: FixtureCatalog, sql: string, options: Partial<PlanOptions> = {}): PlannedStatement {
  const [parsed] = parse(sql);
  return planStatement(parsed!.statement as PreparableStatement, { catalog, parameterNames: parsed!.parameterNames, evaluate: evaluateConstant, ...options });
}

/** Its plan as text without costs. */
export function explain(catalog: FixtureCatalog, sql: string, options: Partial<PlanOptions> = {}): string {
  return explainText(plan(catalog, sql, options), { costs: false }).join('\n');
}

/** `code: message [hint] @offset text` of the error a statement raises. */
export function errorOf(catalog: FixtureCatalog, sql: string, options: Partial<PlanOptions> = {}): string {
  try {
    plan(catalog, sql, options);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    const { offset, hint, detail } = error.fields;
    return `${error.code}: ${error.message}${detail === undefined ? '' : ` | ${detail}`}${hint === undefined ? '' : ` | ${hint}`}${offset === undefined ? '' : ` @${offset}`}`;
  }
  return 'no error';
}
