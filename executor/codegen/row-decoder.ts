/** Whole rows decoded by generated code, for those who change them. What it gives is what `decodeRow` gives; tests compare the two. */
import type { Datum } from '../../base/datum.js';
import { columnSource, decodeRow, rowHelpers, type RowLayout } from '../../base/rowcode.js';
import { canGenerate } from '../codegen.js';
import { Module } from './module.js';

export type RowDecoder = (u8: Uint8Array, dv: DataView, row: number) => Datum[];

/** Rows of a layout after which a decoder is worth compiling. */
const CompileAfter = 64;

interface Use {
  count: number;
  decode: RowDecoder | undefined;
}
const uses = new WeakMap<RowLayout, Use>();

/** All columns by position; dropped ones are NULL. */
export function decodeWholeRow(layout: RowLayout, u8: Uint8Array, dv: DataView, row: number): Datum[] {
  let use = uses.get(layout);
  if (use === undefined) uses.set(layout, (use = { count: 0, decode: undefined }));
  if (use.decode !== undefined) return use.decode(u8, dv, row);
  if (++use.count >= CompileAfter && canGenerate()) use.decode = compileRowDecoder(layout);
  return decodeRow(layout, u8, dv, row);
}

export function compileRowDecoder(layout: RowLayout): RowDecoder {
  const module = new Module();
  const columns = layout.columns.map((column, i) => {
    if (column.isDropped) return 'null';
    const source = columnSource(layout, i, module.constant);
    return `${source.isNull('b')} ? null : ${source.value('b')}`;
  });
  return module.finish({ R: rowHelpers }, `return function (u8, dv, b) {\n  return [${columns.join(', ')}];\n};`).value as RowDecoder;
}
