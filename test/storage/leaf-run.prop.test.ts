/** L2 of storage/tree/leaf-run.ts: many entries at a time leave the leaf as page-edit.ts would one by one, and stop where they must. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyBytes } from '../../base/bytes.js';
import type { RunSource } from '../../storage/tree/bulk-build.js';
import { appendEntries, removeEntries, replaceEntries } from '../../storage/tree/leaf-run.js';
import { AtFragmented, AtHeapStart, PageFlag, PageKind } from '../../storage/pages/page.js';
import { PageShape, beginPage, insertEntry, removeEntry, replaceInPlace } from '../../storage/pages/page-edit.js';
import { OverflowBit, cellAt, copyKey, countOf, headAt, isOutside, rawValueLengthAt, search, suffixLengthAt, valueAt } from '../../storage/pages/slotted-page.js';
import { familyKey, type KeyFamily } from './tree-driver.js';

const size = 2048;
const base = 512;
const entrySizeMax = 200;

class Page {
  readonly u8 = new Uint8Array(base + size);
  readonly dv = new DataView(this.u8.buffer);
  constructor() {
    const shape = new PageShape();
    shape.kind = PageKind.Leaf;
    shape.flags = PageFlag.LeftEdge | PageFlag.RightEdge;
    shape.maxCsn = 0;
    beginPage(this.u8, this.dv, base, size, shape);
  }
  find(key: string): number {
    const found = search(this.u8, this.dv, base, keyBytes(key), 0, key.length);
    return isOutside(found) ? -1 : found;
  }
  insert(key: string, value: string, overflowBit: number): boolean {
    return insertEntry(this.u8, this.dv, base, size, ~this.find(key), keyBytes(key), 0, key.length, keyBytes(value), 0, value.length, overflowBit);
  }
  copy(): Page {
    const other = new Page();
    other.u8.set(this.u8);
    return other;
  }
  /** Everything that something refers to. */
  text(): string {
    const { u8, dv } = this;
    const key = new Uint8Array(256);
    let all = `${countOf(dv, base)} ${dv.getUint16(base + AtHeapStart, true)} ${dv.getUint16(base + AtFragmented, true)}`;
    for (let i = 0; i < countOf(dv, base); i++) {
      const length = copyKey(u8, dv, base, i, key, 0);
      const raw = rawValueLengthAt(u8, dv, base, i);
      const value = valueAt(u8, dv, base, i);
      all += `\n${headAt(dv, base, i)} ${cellAt(dv, base, i)} ${suffixLengthAt(dv, base, i)} ${Buffer.from(key.subarray(0, length)).toString('hex')} ${raw} ${Buffer.from(u8.subarray(value, value + (raw & ~OverflowBit))).toString('hex')}`;
    }
    return all;
  }
}

function runOf(keys: readonly string[], values: readonly string[]): RunSource {
  const source: RunSource = {
    key: new Uint8Array(0), keyOffset: 1, keyLength: 0, value: new Uint8Array(0), valueView: new DataView(new ArrayBuffer(0)), valueOffset: 2, valueLength: 0, left: keys.length + 1, putOffset: -1, sideBySide: 0, passPuts: () => undefined,
    next(): boolean {
      if (--this.left <= 0) return false;
      const at = keys.length - this.left;
      this.key = keyBytes(`#${keys[at]!}#`);
      this.keyLength = keys[at]!.length;
      this.value = keyBytes(`**${values[at]!}*`);
      this.valueView = new DataView(this.value.buffer, this.value.byteOffset, this.value.byteLength);
      this.valueLength = values[at]!.length;
      return true;
    },
  };
  source.next();
  return source;
}

const world = fc.record({
  family: fc.constantFrom<KeyFamily>('int4', 'int8', 'word', 'long', 'zeros'),
  step: fc.constantFrom(1, 2, 5),
  /** Lengths of the values there are; a negative one lies in overflow pages. */
  lengths: fc.array(fc.oneof({ weight: 15, arbitrary: fc.integer({ min: 0, max: 30 }) }, { weight: 1, arbitrary: fc.constant(-1) }), { minLength: 1, maxLength: 90 }),
  /** Which of them are meant, by number; those beyond are not there. */
  chosen: fc.uniqueArray(fc.nat(95), { minLength: 1, maxLength: 96 }),
  /** What is added to the lengths. */
  more: fc.array(fc.constantFrom(0, 0, 0, 0, -1, -5, 3, 300), { minLength: 1, maxLength: 20 }),
});

test('a run leaves a leaf as its entries would one by one', () => {
  let ended = 0;
  fc.assert(
    fc.property(world, ({ family, step, lengths, chosen, more }) => {
      const page = new Page();
      const key = (i: number): string => familyKey(family, i * step);
      const there: string[] = [];
      lengths.forEach((length, i) => {
        if (page.find(key(i)) < 0 && page.insert(key(i), 'v'.repeat(length < 0 ? 8 : length), length < 0 ? OverflowBit : 0)) there.push(key(i));
      });
      const keys = [...new Set(chosen.map(key))].sort((a, b) => (a < b ? -1 : 1));
      const values = keys.map((k, i) => {
        const at = page.find(k);
        const length = at < 0 ? 5 : rawValueLengthAt(page.u8, page.dv, base, at) & ~OverflowBit;
        return String.fromCharCode(65 + (i % 26)).repeat(Math.max(0, length + more[i % more.length]!));
      });
      const isPlain = (k: string): boolean => page.find(k) >= 0 && (rawValueLengthAt(page.u8, page.dv, base, page.find(k)) & OverflowBit) === 0;
      // Each begins at a key that is there, as the caller has found out.
      const from = keys.findIndex((k) => page.find(k) >= 0);
      if (from < 0) return;
      const rest = keys.slice(from);

      const removed = page.copy();
      const simple = page.copy();
      const expected = rest.findIndex((k) => !isPlain(k));
      const source = runOf(rest, rest);
      const count = removeEntries(removed.u8, removed.dv, base, source, page.find(rest[0]!));
      expect(count).toBe(expected < 0 ? rest.length : expected);
      expect(source.left).toBe(rest.length - count);
      for (const k of rest.slice(0, count)) removeEntry(simple.u8, simple.dv, base, simple.find(k));
      expect(removed.text()).toBe(simple.text());
      if (count > 1 && count < rest.length) ended++;

      const replaced = page.copy();
      const other = page.copy();
      const newValues = values.slice(from);
      const replacing = runOf(rest, newValues);
      const replacedCount = replaceEntries(replaced.u8, replaced.dv, base, replacing, page.find(rest[0]!), entrySizeMax);
      expect(replacing.left).toBe(rest.length - replacedCount);
      rest.slice(0, replacedCount).forEach((k, i) => {
        expect(isPlain(k) && replaceInPlace(other.u8, other.dv, base, other.find(k), keyBytes(newValues[i]!), 0, newValues[i]!.length, 0)).toBe(true);
      });
      expect(replaced.text()).toBe(other.text());
      const next = rest[replacedCount];
      if (next !== undefined && isPlain(next)) expect(newValues[replacedCount]!.length).toBeGreaterThan(rawValueLengthAt(page.u8, page.dv, base, page.find(next)));
    }),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 1000) },
  );
  expect(ended).toBeGreaterThan(20);
});

test('a run is appended as far as there is room', () => {
  fc.assert(
    fc.property(world, fc.integer({ min: 1, max: 60 }), ({ lengths }, first) => {
      const key = (i: number): string => familyKey('int4', i);
      const page = new Page();
      for (let i = 0; i < first; i++) page.insert(key(i), 'abc', 0);
      const keys = lengths.map((_, i) => key(first + i));
      const values = lengths.map((length) => 'w'.repeat(Math.abs(length) * 2));
      const simple = page.copy();
      const source = runOf(keys, values);
      const count = appendEntries(page.u8, page.dv, base, source, entrySizeMax);
      for (let i = 0; i < count; i++) expect(simple.insert(keys[i]!, values[i]!, 0)).toBe(true);
      expect(page.text()).toBe(simple.text());
      expect(source.left).toBe(keys.length - count);
    }),
    { numRuns: 300 },
  );
});
