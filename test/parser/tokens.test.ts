/** Token types are completed by tokens.ts as Chevrotain's parsers complete their vocabulary. */
import { EOF } from 'chevrotain';
import { expect, test } from 'vitest';
import { EmbeddedActionsParser, type TokenType } from '../../parser/chevrotain.js';
import { allTokens, belongsTo, TypeIndexMin } from '../../parser/tokens.js';

/** The same types as copies, completed by a parser of Chevrotain's. */
function completedByChevrotain(): ReadonlyMap<TokenType, TokenType> {
  const copies = new Map(allTokens.map((type) => [type, { name: type.name, CATEGORIES: [] } as TokenType]));
  for (const [type, copy] of copies) copy.CATEGORIES = type.CATEGORIES!.map((group) => copies.get(group)!);
  new (class extends EmbeddedActionsParser {
    constructor() {
      super([...copies.values()]);
    }
  })();
  return copies;
}

test('categories have the members that Chevrotain gives them', () => {
  const copies = completedByChevrotain();
  const members = (group: TokenType, types: Iterable<TokenType>): string[] => [...types].filter((type) => belongsTo(type, group)).map((type) => type.name);
  for (const [type, copy] of copies) {
    expect(members(type, copies.keys()), type.name).toEqual(members(copy, copies.values()));
    expect(type.isParent, type.name).toBe(copy.isParent);
    expect(type.categoryMatches!.length, type.name).toBe(copy.categoryMatches!.length);
  }
});

test('every type has a number of its own, above those of Chevrotain', () => {
  const numbers = new Set(allTokens.map((type) => type.tokenTypeIdx!));
  expect(numbers.size).toBe(allTokens.length);
  expect(Math.min(...numbers)).toBe(TypeIndexMin);
  expect(EOF.tokenTypeIdx).toBeLessThan(TypeIndexMin - 1);
});
