/**
 * The order of text under the C collation: that of its UTF-8 bytes, which is that of code points. JavaScript's `<` compares UTF-16
 * units, which differs where a surrogate (a character from U+10000) meets a unit from U+E000 to U+FFFF.
 */

/** Three-way comparison in code point order. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : rankOfHighUnit(x) - rankOfHighUnit(y);
  }
  return a.length - b.length;
}

/** Surrogates after all other units. */
function rankOfHighUnit(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
