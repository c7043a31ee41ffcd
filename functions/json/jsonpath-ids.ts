/**
 * What keyvalue() calls an object's id: PostgreSQL gives the offset of the object in its own binary form of the document, and that of what keyvalue() has made a
 * multiple of ten thousand millions. The layout is computed here, not built: a header of four bytes, four for each entry (an object has two a member), then keys and
 * values one after the other, numbers and containers at multiples of four.
 *
 * Source: PostgreSQL's jsonb.h, and numeric.c for the size of a number.
 */
import { JsonbObject, isJsonbArray, type JsonbValue } from '../../base/jsonb.js';
import { Numeric, base10000Weight } from '../../base/numeric.js';

export type IdOf = (object: JsonbObject) => number;

/** Ids of the objects in `root`; 0 for what is not there. Laid out when first asked. */
export function jsonbIds(root: JsonbValue): IdOf {
  let offsets: Map<JsonbObject, number> | undefined;
  return (object) => {
    if (offsets === undefined) {
      offsets = new Map();
      layOut(root, 0, offsets);
    }
    return offsets.get(object) ?? 0;
  };
}

/** Length of a container that starts at `start`; notes where its objects are. */
function layOut(value: JsonbValue, start: number, offsets: Map<JsonbObject, number>): number {
  const values = value instanceof JsonbObject ? value.values : isJsonbArray(value) ? value : [value];
  let at = start + 4 + 4 * (value instanceof JsonbObject ? 2 * values.length : values.length);
  if (value instanceof JsonbObject) {
    offsets.set(value, start);
    for (const key of value.keys) at += Buffer.byteLength(key);
  }
  for (const member of values) {
    if (typeof member === 'string') at += Buffer.byteLength(member);
    else if (member instanceof Numeric) at = aligned(at) + numericLength(member);
    else if (typeof member === 'object' && member !== null) {
      const from = aligned(at);
      at = from + layOut(member, from, offsets);
    }
  }
  return at - start;
}

const aligned = (offset: number): number => (offset + 3) & ~3;

/** Eight bytes of headers at most, and two for four decimal digits. */
function numericLength(value: Numeric): number {
  const text = value.abs().trimScale().toString();
  if (text === '0') return 6;
  const [whole, fraction = ''] = text.split('.') as [string, string?];
  const wholeGroups = whole === '0' ? 0 : Math.ceil(whole.length / 4);
  const fractionGroups = Math.ceil(fraction.length / 4);
  // Groups of zeros at either end are not kept.
  const groups = (whole === '0' ? '' : whole.padStart(wholeGroups * 4, '0')) + fraction.padEnd(fractionGroups * 4, '0');
  const kept = groups.replace(/^(0000)+/, '').replace(/(0000)+$/, '').length / 4;
  const weight = base10000Weight(value);
  const isShort = value.scale <= 63 && weight >= -64 && weight <= 63;
  return 4 + (isShort ? 2 : 4) + 2 * kept;
}
