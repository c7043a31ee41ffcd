/**
 * jsonb: JSON as a tree in canonical form. Numbers are exact numerics; an object's keys are unique (the last duplicate wins) and
 * sorted by length in UTF-8 and then by bytes; white space is gone. So equal documents have equal trees, save for numbers' scales.
 *
 * B1  Trees are never mutated after they are built; operators share subtrees.
 * B2  Order is PostgreSQL's: object > array > boolean > number > string > null, more members > fewer, and, a quirk kept, the empty
 *     top-level array below everything.
 *
 * The binary form (`putJsonb`) is one tag byte per value and varint lengths, depth first; it is what rows hold.
 * Source: PostgreSQL's jsonb_util.c (compareJsonbContainers, lengthCompareJsonbStringValue).
 */
import { getUtf8, getVarint, putUtf8, putVarint, varintLength } from './bytes.js';
import type { JsonSink } from './json-text.js';
import { quoteJson, readJson } from './json-text.js';
import { Numeric, parseNumeric } from './numeric.js';
import { compareText } from './text-order.js';

export type JsonbValue = null | boolean | string | Numeric | readonly JsonbValue[] | JsonbObject;

export class JsonbObject {
  readonly keys: readonly string[];
  readonly values: readonly JsonbValue[];

  /** Keys must be unique and in canonical order; `jsonbObject` sorts. */
  constructor(keys: readonly string[], values: readonly JsonbValue[]) {
    this.keys = keys;
    this.values = values;
  }

  /** @returns undefined when there is no such key */
  get(key: string): JsonbValue | undefined {
    const at = this.indexOf(key);
    return at < 0 ? undefined : this.values[at];
  }
  /** The position of a key, or -1. */
  indexOf(key: string): number {
    let low = 0;
    let high = this.keys.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = compareKeys(this.keys[middle]!, key);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

export class Jsonb {
  readonly value: JsonbValue;

  constructor(value: JsonbValue) {
    this.value = value;
  }
  toString(): string {
    return formatJsonb(this.value);
  }
}

export function isJsonbArray(value: JsonbValue): value is readonly JsonbValue[] {
  return Array.isArray(value);
}

/** Canonical order of keys: shorter in UTF-8 first, then by bytes. */
function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.byteLength(a) - Buffer.byteLength(b) || compareText(a, b);
}

/** Sorts members and lets the last of equal keys win. */
export function jsonbObject(keys: readonly string[], values: readonly JsonbValue[]): JsonbObject {
  const order = keys.map((_, i) => i).sort((a, b) => compareKeys(keys[a]!, keys[b]!) || b - a);
  const sortedKeys: string[] = [];
  const sortedValues: JsonbValue[] = [];
  for (const i of order) {
    if (sortedKeys.length > 0 && sortedKeys[sortedKeys.length - 1] === keys[i]) continue;
    sortedKeys.push(keys[i]!);
    sortedValues.push(values[i]!);
  }
  return new JsonbObject(sortedKeys, sortedValues);
}

// ------------------------------------------------------------------------------------------------------------------- text

const treeSink: JsonSink<JsonbValue> = {
  wantsStrings: true,
  null: () => null,
  boolean: (value) => value,
  number: (text) => parseNumeric(text)!,
  string: (text) => text,
  array: (elements) => elements,
  object: (keys, values) => jsonbObject(keys, values),
};

/** @throws DbError 22P02, 22P05, 54001 as `readJson` */
export function parseJsonb(text: string): Jsonb {
  return new Jsonb(readJson(text, treeSink));
}

/** The canonical text: `{"a": [1, true, null]}`. */
export function formatJsonb(value: JsonbValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteJson(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof Numeric) return value.toString();
  if (value instanceof JsonbObject) {
    let text = '{';
    for (let i = 0; i < value.keys.length; i++) text += `${i === 0 ? '' : ', '}${quoteJson(value.keys[i]!)}: ${formatJsonb(value.values[i]!)}`;
    return `${text}}`;
  }
  let text = '[';
  for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ', ') + formatJsonb(value[i]!);
  return `${text}]`;
}

// ------------------------------------------------------------------------------------------------------------------- comparison

function rank(value: JsonbValue): number {
  if (value === null) return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 3;
  if (value instanceof Numeric) return 2;
  return value instanceof JsonbObject ? 5 : 4;
}

/** Order of two values inside a document. */
export function compareJsonbValues(a: JsonbValue, b: JsonbValue): number {
  const order = rank(a) - rank(b);
  if (order !== 0 || a === null || b === null) return order;
  if (typeof a === 'string') return compareText(a, b as string);
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a instanceof Numeric) return a.compare(b as Numeric);
  if (a instanceof JsonbObject) {
    const other = b as JsonbObject;
    if (a.keys.length !== other.keys.length) return a.keys.length - other.keys.length;
    for (let i = 0; i < a.keys.length; i++) {
      const part = compareText(a.keys[i]!, other.keys[i]!) || compareJsonbValues(a.values[i]!, other.values[i]!);
      if (part !== 0) return part;
    }
    return 0;
  }
  const other = b as readonly JsonbValue[];
  if (a.length !== other.length) return a.length - other.length;
  for (let i = 0; i < a.length; i++) {
    const part = compareJsonbValues(a[i]!, other[i]!);
    if (part !== 0) return part;
  }
  return 0;
}

/** Order of two documents. A scalar counts as an array of one that sorts below a real one, so the empty array comes first (B2). */
export function compareJsonb(a: Jsonb, b: Jsonb): number {
  const x = a.value;
  const y = b.value;
  if (x instanceof JsonbObject || y instanceof JsonbObject) return compareJsonbValues(x, y);
  const isXArray = isJsonbArray(x);
  const isYArray = isJsonbArray(y);
  if (isXArray === isYArray) return compareJsonbValues(x, y);
  if (isXArray) return x.length === 0 ? -1 : 1;
  return (y as readonly JsonbValue[]).length === 0 ? 1 : -1;
}

/** One key per value, equal for equal numbers whatever their scale. */
export function jsonbGroupKey(value: JsonbValue): string {
  if (value instanceof Numeric) return String(value.groupKey());
  if (typeof value === 'object' && value !== null) {
    if (isJsonbArray(value)) return `[${value.map(jsonbGroupKey).join()}]`;
    return `{${(value as JsonbObject).keys.map((key, i) => `${quoteJson(key)}:${jsonbGroupKey((value as JsonbObject).values[i]!)}`).join()}}`;
  }
  return formatJsonb(value);
}

// ------------------------------------------------------------------------------------------------------------------- bytes

const Tag = { Null: 0, False: 1, True: 2, String: 3, Integer: 4, NegativeInteger: 5, Number: 6, Array: 7, Object: 8 } as const;

/** Bytes that `putJsonb` writes. */
export function jsonbLength(value: JsonbValue): number {
  if (value === null || typeof value === 'boolean') return 1;
  if (typeof value === 'string') return 1 + stringLength(value);
  if (value instanceof Numeric) {
    const c = value.coefficient;
    if (typeof c === 'number' && value.scale === 0) return 1 + varintLength(Math.abs(c));
    return 1 + stringLength(value.toString());
  }
  const members = value instanceof JsonbObject ? value.values : value;
  let length = 1 + varintLength(members.length);
  for (const member of members) length += jsonbLength(member);
  if (value instanceof JsonbObject) for (const key of value.keys) length += stringLength(key);
  return length;
}
function stringLength(text: string): number {
  const length = Buffer.byteLength(text);
  return varintLength(length) + length;
}
function putString(bytes: Uint8Array, offset: number, text: string): number {
  return putUtf8(bytes, putVarint(bytes, offset, Buffer.byteLength(text)), text);
}

/** Writes a tree and returns the end offset; the caller has reserved `jsonbLength(value)` bytes. */
export function putJsonb(bytes: Uint8Array, offset: number, value: JsonbValue): number {
  if (value === null || typeof value === 'boolean') {
    bytes[offset] = value === null ? Tag.Null : value ? Tag.True : Tag.False;
    return offset + 1;
  }
  if (typeof value === 'string') {
    bytes[offset] = Tag.String;
    return putString(bytes, offset + 1, value);
  }
  if (value instanceof Numeric) {
    const c = value.coefficient;
    if (typeof c === 'number' && value.scale === 0) {
      bytes[offset] = c < 0 ? Tag.NegativeInteger : Tag.Integer;
      return putVarint(bytes, offset + 1, Math.abs(c));
    }
    bytes[offset] = Tag.Number;
    return putString(bytes, offset + 1, value.toString());
  }
  if (value instanceof JsonbObject) {
    bytes[offset] = Tag.Object;
    offset = putVarint(bytes, offset + 1, value.keys.length);
    for (let i = 0; i < value.keys.length; i++) offset = putJsonb(bytes, putString(bytes, offset, value.keys[i]!), value.values[i]!);
    return offset;
  }
  bytes[offset] = Tag.Array;
  offset = putVarint(bytes, offset + 1, value.length);
  for (const element of value) offset = putJsonb(bytes, offset, element);
  return offset;
}

/** Reads the tree that starts at `offset`. The bytes are trusted: a page's checksum has been verified before. */
export function getJsonb(bytes: Uint8Array, offset: number): JsonbValue {
  return new JsonbDecoder(bytes, offset).value();
}

class JsonbDecoder {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  #varint(): number {
    const value = getVarint(this.#bytes, this.#at);
    this.#at += varintLength(value);
    return value;
  }
  #text(): string {
    const length = this.#varint();
    this.#at += length;
    return getUtf8(this.#bytes, this.#at - length, this.#at);
  }

  value(): JsonbValue {
    switch (this.#bytes[this.#at++]) {
      case Tag.Null:
        return null;
      case Tag.False:
        return false;
      case Tag.True:
        return true;
      case Tag.String:
        return this.#text();
      case Tag.Integer:
        return new Numeric(this.#varint(), 0);
      case Tag.NegativeInteger:
        return new Numeric(-this.#varint(), 0);
      case Tag.Number:
        return parseNumeric(this.#text())!;
      case Tag.Array: {
        const elements = new Array<JsonbValue>(this.#varint());
        for (let i = 0; i < elements.length; i++) elements[i] = this.value();
        return elements;
      }
      default: {
        const count = this.#varint();
        const keys = new Array<string>(count);
        const values = new Array<JsonbValue>(count);
        for (let i = 0; i < count; i++) {
          keys[i] = this.#text();
          values[i] = this.value();
        }
        return new JsonbObject(keys, values);
      }
    }
  }
}
