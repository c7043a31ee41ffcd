/** A run of entries of which the short ones stand side by side as the log has them, so many at a time; between such stretches there is a gap. */
import { keyBytes } from '../../base/bytes.js';
import type { RunSource } from '../../storage/tree/bulk-build.js';
import { ChangeTag } from '../../storage/log/wal-record.js';

const ShortMax = 127;
const gap = '##';

interface Place {
  readonly keyOffset: number;
  readonly valueOffset: number;
  /** -1: a long one. */
  readonly putOffset: number;
  /** How many stand side by side from here on. */
  sideBySide: number;
}

function isShort(key: string, value: string): boolean {
  return key.length > 0 && key.length <= ShortMax && value.length <= ShortMax;
}

/** @param stretch so many at most stand side by side */
export function putSource(keys: readonly string[], values: readonly string[], stretch: number): RunSource {
  let text = gap;
  const places: Place[] = [];
  for (const [i, key] of keys.entries()) {
    const value = values[i]!;
    if (i % stretch === 0) text += gap;
    const putOffset = isShort(key, value) ? text.length : -1;
    text += putOffset < 0 ? `${gap}${key}` : String.fromCharCode(ChangeTag.Put, key.length) + key;
    const keyOffset = text.length - key.length;
    text += (putOffset < 0 ? gap : String.fromCharCode(value.length)) + value;
    places.push({ keyOffset, valueOffset: text.length - value.length, putOffset, sideBySide: putOffset < 0 ? 0 : 1 });
  }
  for (let i = keys.length - 2; i >= 0; i--) if ((i + 1) % stretch !== 0 && places[i]!.sideBySide > 0) places[i]!.sideBySide += places[i + 1]!.sideBySide;
  const bytes = keyBytes(text + gap);
  const source = {
    key: bytes, keyOffset: 0, keyLength: 0, value: bytes, valueView: new DataView(bytes.buffer), valueOffset: 0, valueLength: 0, left: keys.length, putOffset: -1, sideBySide: 0,
    show(): void {
      const at = keys.length - this.left;
      if (this.left <= 0) this.sideBySide = 0;
      else Object.assign(this, places[at]!, { keyLength: keys[at]!.length, valueLength: values[at]!.length });
    },
    next(): boolean {
      this.left--;
      this.show();
      return this.left > 0;
    },
    passPuts(count: number): void {
      this.left -= count;
      this.show();
    },
  };
  source.show();
  return source;
}
