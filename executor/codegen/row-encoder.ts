/**
 * Whole rows encoded by generated code, for those who write them: what a layout fixes (places, the length of the head, how a column's type is
 * written) is in the source, and every byte is written once. What it writes is what `encodeRow` writes; tests compare the two.
 */
import type { ByteBuffer } from '../../base/byte-buffer.js';
import { putUtf8, setF64 } from '../../base/bytes.js';
import type { Datum } from '../../base/datum.js';
import { Encoding, NarrowRowMax, encodeOther, putWideEnds, wideEndsBytes, type RowLayout } from '../../base/rowcode.js';
import { canGenerate } from '../codegen.js';
import { Code, Module } from './module.js';

/** Appends a row and returns the offset where it begins, as `encodeRow` does for its layout. */
export type RowEncoder = (values: readonly Datum[], out: ByteBuffer) => number;

/** Rows of a writer after which an encoder is worth compiling. */
export const CompileAfter = 64;

const encoders = new WeakMap<RowLayout, RowEncoder>();

/** The encoder of a layout, made once; undefined where functions cannot be made from source. */
export function rowEncoder(layout: RowLayout): RowEncoder | undefined {
  let encoder = encoders.get(layout);
  if (encoder === undefined && canGenerate()) encoders.set(layout, (encoder = compileRowEncoder(layout)));
  return encoder;
}

const helpers = { putUtf8, setF64, encodeOther, putWideEnds };

export function compileRowEncoder(layout: RowLayout): RowEncoder {
  const module = new Module();
  const code = new Code(1);
  const own = module.constant(layout);
  const count = layout.columns.length;
  const head = layout.endsOffset + layout.variableCount;
  code.line('const s = out.length;');
  for (let i = 0; i < count; i++) code.line(`const v${i} = v[${i}];`);
  code.line(`out.reserve(${[head, ...textLengths(layout, 0)].join(' + ')});`);
  code.line('let b = out.bytes;');
  for (let byte = 0; byte < layout.headBytes; byte++) {
    const bits = layout.columns.flatMap((_, i) => (layout.nullByteOf(i) === byte ? [`(v${i} == null ? ${layout.nullMaskOf(i)} : 0)`] : []));
    code.line(`b[s${byte === 0 ? '' : ` + ${byte}`}] = ${[...(byte === 0 ? [layout.firstByte] : []), ...bits].join(' | ')};`);
  }
  code.line(`let at = s + ${head};`);
  for (let i = 0; i < count; i++) writeColumn(code, layout, i, own);
  writeEnds(code, layout);
  code.line('out.length = at;');
  code.line('return s;');
  return module.finish({ R: helpers }, `return function (v, out) {\n${code.toString()}\n};`).value as RowEncoder;
}

function writeColumn(code: Code, layout: RowLayout, i: number, own: string): void {
  const fixed = layout.fixedOffsets[i]!;
  const value = `v${i}`;
  const place = `s + ${fixed}`;
  if (writeFixed(code, layout.encodings[i]!, place, value)) return;
  switch (layout.encodings[i]!) {
    case Encoding.Text:
      code.line(`if (${value} != null) at = R.putUtf8(b, at, ${value});`);
      break;
    default:
      if (fixed >= 0) code.line(`for (let i = ${place}, end = i + ${fixedEnd(layout, i) - fixed}; i < end; i++) b[i] = 0;`);
      code.line(`if (${value} != null) { out.length = at; R.encodeOther(${own}, ${i}, ${value}, s, out); b = out.bytes; at = out.length; }`);
      // It may have used up the room of the texts still to come.
      if (fixed < 0) reserveTexts(code, layout, i + 1);
  }
  if (fixed < 0) code.line(`const e${layout.variableNumbers[i]!} = at - s;`);
}

/** Of the variable columns, from the variables that hold them. */
function writeEnds(code: Code, { endsOffset, variableCount }: RowLayout): void {
  if (variableCount === 0) return;
  const numbers = Array.from({ length: variableCount }, (_, number) => number);
  code.line(`if (at - s <= ${NarrowRowMax}) { ${numbers.map((number) => `b[s + ${endsOffset + number}] = e${number};`).join(' ')} }`);
  code.block('else', () => {
    code.line(`out.length = at; out.reserve(${wideEndsBytes(variableCount)}); b = out.bytes;`);
    code.line(`at = R.putWideEnds(b, s, at, ${endsOffset}, [${numbers.map((number) => `e${number}`).join(', ')}], ${variableCount});`);
  });
}

/** Writes a value that takes a fixed place in the bytes `b`, zeros for NULL; false: the encoding is of another kind. `value` is a name. */
export function writeFixed(code: Code, encoding: number, place: string, value: string): boolean {
  switch (encoding) {
    case Encoding.Int4:
      code.line(`{ const x = ${value} == null ? 0 : ${value}; b[${place}] = x; b[${place} + 1] = x >>> 8; b[${place} + 2] = x >>> 16; b[${place} + 3] = x >>> 24; }`);
      return true;
    case Encoding.Float8:
      code.line(`R.setF64(b, ${place}, ${value} == null ? 0 : ${value});`);
      return true;
    case Encoding.Bool:
      code.line(`b[${place}] = ${value} === true ? 1 : 0;`);
      return true;
    default:
      return false;
  }
}

/** Upper bounds of the bytes of the text columns from `start` on. */
function textLengths(layout: RowLayout, start: number): string[] {
  return layout.columns.flatMap((_, i) => (i >= start && layout.encodings[i] === Encoding.Text ? [`(v${i} == null ? 0 : v${i}.length * 3)`] : []));
}
function reserveTexts(code: Code, layout: RowLayout, start: number): void {
  const lengths = textLengths(layout, start);
  if (lengths.length > 0) code.line(`out.length = at; out.reserve(${lengths.join(' + ')}); b = out.bytes;`);
}

/** Where the place of a fixed column ends: at that of the next one, or at the table of ends. */
function fixedEnd(layout: RowLayout, column: number): number {
  for (let i = column + 1; i < layout.columns.length; i++) if (layout.fixedOffsets[i]! >= 0) return layout.fixedOffsets[i]!;
  return layout.endsOffset;
}
