/** Texts put together from many are what appending them one by one gives, whatever their lengths, and can be read in between. */
import { expect, test } from 'vitest';
import { characterCount } from '../../base/scalar-text.js';
import { TextPieces } from '../../functions/text-pieces.js';

test('pieces of any length', () => {
  for (const lengths of [[0], [1, 1023, 1024, 1025, 2], Array.from({ length: 1000 }, (_, i) => (i % 300 === 299 ? 2000 : i % 7))]) {
    const pieces = new TextPieces();
    let plain = '';
    lengths.forEach((length, i) => {
      const piece = String.fromCharCode(0x61 + (i % 26)).repeat(length);
      pieces.add(piece);
      plain += piece;
      if (i % 100 === 50) expect(pieces.text()).toBe(plain);
    });
    expect(pieces.text()).toBe(plain);
    expect(pieces.text()).toBe(plain);
  }
});

test('characters of long texts are counted by code point', () => {
  for (const [text, count] of [['a'.repeat(100), 100], ['é'.repeat(100), 100], [`${'a'.repeat(99)}😀`, 100], ['😀'.repeat(64), 64], [`${'a'.repeat(70)}\ud83d`, 71]] as const) {
    expect(characterCount(text)).toBe(count);
  }
});
