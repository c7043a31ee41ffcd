/**
 * A row changed by generated code, for an UPDATE, or an INSERT with ON CONFLICT DO UPDATE, that finds it by its key: assigned columns are computed from its bytes and the parameters. Where all of those have fixed places they are
 * written into a copy of the row, of which nothing else is looked at: a patch, made where the row will stay. Otherwise all columns are decoded and the row is encoded anew.
 *
 * What it writes is what evaluating the assignments over the decoded row and `encodeRow` give; tests compare the two (N2 of direct-modify.ts).
 */
import type { ByteBuffer } from '../../base/byte-buffer.js';
import { copyByWords } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import { columnSource, Encoding, rowHelpers } from '../../base/rowcode.js';
import type { TypeRegistry } from '../../base/types.js';
import type { TableDef } from '../../planner/catalog.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { PhysicalPlan, ScanColumn } from '../../planner/physical-plan.js';
import { canGenerate } from '../codegen.js';
import type { Runtime } from '../runtime.js';
import { ExpressionWriter } from './expressions.js';
import { helpers, isPlainSource, writePrelude } from './generated-plans.js';
import { Code, Module } from './module.js';
import { rowEncoder } from './row-encoder.js';
import { bindStored } from './scans.js';
import { Writer } from './scope.js';

type ModifyPlan = Extract<PhysicalPlan, { kind: 'modify' }>;

/** Writes to `b`, which `d` sees too, at `at` what becomes of the row of `length` bytes at `row` under the parameters of `x`; false: a column that must not be NULL would be, or a check fails. */
export type PatchCode = (x: Runtime, u8: Uint8Array, dv: DataView, row: number, length: number, b: Uint8Array, d: DataView, at: number) => boolean;
/** The same into `out`, with a length of its own. */
export type RewriteCode = (x: Runtime, u8: Uint8Array, dv: DataView, row: number, length: number, out: ByteBuffer) => boolean;

/** Where a stored row is. */
const stored = { u8: 'u8', dv: 'dv', offset: 'row' };

export type RowChange = { readonly kind: 'patch'; readonly code: PatchCode } | { readonly kind: 'rewrite'; readonly code: RewriteCode };

/** Whether the row satisfies a condition. */
export type RowTest = (x: Runtime, u8: Uint8Array, dv: DataView, row: number) => boolean;

interface Assigned {
  readonly column: number;
  /** The variable that holds it. */
  readonly name: string;
  readonly nullable: boolean;
}

/** Columns of the row that an INSERT proposes, and that row. */
export interface Proposed {
  readonly columns: readonly ScanColumn[];
  readonly row: readonly Datum[];
}
/** What becomes of a row: `columns` are those that it has under their names. */
export interface ChangeOfRow extends Pick<ModifyPlan, 'table' | 'assignments' | 'checks' | 'newRow'> {
  readonly columns: readonly ScanColumn[];
  readonly proposed: Proposed | undefined;
  /** Whether it may take more than the row and the parameters. */
  readonly isContextual: boolean;
}

/** What may be asked for of the row and of what is proposed instead. */
function bindRows(w: Writer, table: TableDef, columns: readonly ScanColumn[], proposed: Proposed | undefined): void {
  bindStored(w, table, table.layout, columns, stored);
  const others = proposed?.columns ?? [];
  if (others.length > 0) {
    const row = w.module.constant(proposed!.row);
    for (const { id, column } of others) w.scope.bind(id, { kind: 'pending', code: `${row}[${column}]`, nullable: true, stored: undefined });
  }
  w.ownColumns = new Set([...columns, ...others].map(({ id }) => id));
}

/** Undefined where no code is made, or the assignments and checks take more than they may. */
export function compileRowChange({ table, columns, proposed, isContextual, assignments, checks, newRow }: ChangeOfRow, types: TypeRegistry): RowChange | undefined {
  const encoder = rowEncoder(table.layout);
  if (encoder === undefined) return undefined;
  const module = new Module();
  const w = new Writer(module, new Code(1), new Code(1));
  const e = new ExpressionWriter(w, types);
  bindRows(w, table, [...columns, ...newRow], proposed);
  const assigned = assignments.map(({ column, value }): Assigned => {
    const source = e.value(value);
    const name = module.name('a');
    w.line(`const ${name} = ${source.code};`);
    if (source.nullable && table.columns[column]!.notNull) w.line(`if (${name} === null) return false;`);
    return { column, name, nullable: source.nullable };
  });
  for (const { column, name, nullable } of assigned) {
    for (const { id, column: of } of newRow) if (of === column) w.scope.bind(id, { kind: 'value', code: name, nullable, stored: undefined });
  }
  for (const { expression } of checks) w.line(`if (${e.value(expression).code} === false) return false;`);
  if (!isContextual && !isPlainSource(w)) return undefined;
  const isPatch = assigned.every(({ column }) => isFixed(table, column));
  if (isPatch) writePatch(w, table, assigned);
  else w.line(`out.length = 0; ${module.constant(encoder)}([${wholeRow(w, table, assigned)}], out);`);
  w.line('return true;');
  const finish = (parameters: string): unknown =>
    module.finish({ ...helpers, R: { ...rowHelpers, copyByWords } }, `return function (x, u8, dv, row, length, ${parameters}) {\n${writePrelude(w)}\n};`).value;
  return isPatch ? { kind: 'patch', code: finish('b, d, at') as PatchCode } : { kind: 'rewrite', code: finish('out') as RewriteCode };
}

/** The same of a condition. */
export function compileRowTest({ table, columns, proposed, isContextual }: Omit<ChangeOfRow, 'assignments' | 'checks' | 'newRow'>, condition: BoundExpression | undefined, types: TypeRegistry): RowTest | undefined {
  if (condition === undefined || !canGenerate()) return undefined;
  const module = new Module();
  const w = new Writer(module, new Code(1), new Code(1));
  bindRows(w, table, columns, proposed);
  w.line(`return ${new ExpressionWriter(w, types).value(condition).code} === true;`);
  if (!isContextual && !isPlainSource(w)) return undefined;
  return module.finish({ ...helpers, R: rowHelpers }, `return function (x, u8, dv, row) {\n${writePrelude(w)}\n};`).value as RowTest;
}

/** A change that makes the row anew, whichever it is. */
export function asRewrite(change: RowChange): RewriteCode {
  if (change.kind === 'rewrite') return change.code;
  return (x, u8, dv, row, length, out) => {
    out.length = 0;
    out.reserve(length);
    out.length = length;
    return change.code(x, u8, dv, row, length, out.bytes, out.dv, 0);
  };
}

function isFixed({ layout }: TableDef, column: number): boolean {
  const encoding = layout.encodings[column]!;
  return encoding === Encoding.Int4 || encoding === Encoding.Float8 || encoding === Encoding.Bool;
}

function writePatch(w: Writer, { layout }: TableDef, assigned: readonly Assigned[]): void {
  w.line('R.copyByWords(b, d, at, u8, dv, row, length);');
  for (const { column, name } of assigned) {
    const byte = `b[at + ${layout.nullByteOf(column)}]`;
    const bit = layout.nullMaskOf(column);
    w.line(`${byte} = ${name} === null ? ${byte} | ${bit} : ${byte} & ${255 - bit};`);
    w.line(patchFixed(layout.encodings[column]!, `at + ${layout.fixedOffsets[column]!}`, name));
  }
}
/** `writeFixed` where there is a view. No branch stands among the arguments, for V8 would make a call of that. */
function patchFixed(encoding: number, place: string, value: string): string {
  if (encoding === Encoding.Bool) return `b[${place}] = ${value} === true ? 1 : 0;`;
  return `{ const v = ${value} === null ? 0 : ${value}; d.${encoding === Encoding.Int4 ? 'setInt32' : 'setFloat64'}(${place}, v, true); }`;
}

/** Source of the values of all columns. */
function wholeRow({ module }: Writer, { layout }: TableDef, assigned: readonly Assigned[]): string {
  const values = layout.columns.map((column, i) => {
    const name = assigned.find((one) => one.column === i)?.name;
    if (name !== undefined) return name;
    if (column.isDropped) return 'null';
    const source = columnSource(layout, i, module.constant);
    return `${source.isNull('row')} ? null : ${source.value('row')}`;
  });
  return values.join(', ');
}
