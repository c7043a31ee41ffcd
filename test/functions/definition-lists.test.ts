/** Lists whose keys are known are made only where a key is looked up, and answer as those do of which nothing is known (definition-lists.ts). */
import { expect, test } from 'vitest';
import { allFunctions, allOperators, catalogueKeys, functionsNamed, operatorsNamed } from '../../functions/catalogue.js';
import { DefinitionLists } from '../../functions/definition-lists.js';

interface Definition {
  readonly name: string;
  readonly text: string;
}
const contents = ['a1 b1 a2', 'c1 d1', 'b2 a3 c2'].map((list) => list.split(' ').map((text): Definition => ({ name: text[0]!, text })));
const nameOf = (definition: Definition): string => definition.name;

function listsOf(keys: readonly string[] | undefined): { readonly lists: DefinitionLists<Definition>; readonly made: number[] } {
  const made: number[] = [];
  const makers = contents.map((list, i) => () => {
    made.push(i);
    return list;
  });
  return { lists: new DefinitionLists(makers, nameOf, keys), made };
}

test('only lists that have the key are made, and once', () => {
  const { lists, made } = listsOf(listsOf(undefined).lists.keys());
  expect(lists.get('d').map(({ text }) => text)).toEqual(['d1']);
  expect(made).toEqual([1]);
  expect(lists.get('e')).toEqual([]);
  expect(made).toEqual([1]);
  expect(lists.get('a').map(({ text }) => text)).toEqual(['a1', 'a2', 'a3']);
  expect(lists.get('d')[0]).toBe(contents[1]![1]);
  expect(lists.get('b').map(({ text }) => text)).toEqual(['b1', 'b2']);
  expect(made).toEqual([1, 0, 2]);
});

test('with and without known keys the answers are the same', () => {
  const plain = listsOf(undefined).lists;
  const indexed = listsOf(plain.keys()).lists;
  for (const key of ['a', 'b', 'c', 'd', 'e', '', 'a b', 'c d', '__proto__']) expect(indexed.get(key), key).toEqual(plain.get(key));
  expect([...indexed.byKey()]).toEqual([...plain.byKey()]);
  expect([...indexed.byKey()].map(([key]) => key)).toEqual(['a', 'b', 'c', 'd']);
});

test('names of the catalogue stand between blanks, and what is looked up is what is listed', () => {
  const { operators, functions, operatorFunctions } = catalogueKeys();
  const namesOf = (keys: readonly string[]): Set<string> => new Set(keys.flatMap((text) => text.trim().split(' ')));
  expect(namesOf(operators)).toEqual(new Set([...allOperators()].map(([name]) => name)));
  expect(namesOf([...functions, ...operatorFunctions])).toEqual(new Set([...allFunctions()].map(([name]) => name)));
  for (const [name, definitions] of allOperators()) expect(operatorsNamed(name)).toEqual(definitions);
  for (const [name, definitions] of allFunctions()) expect(functionsNamed(name)).toEqual(definitions);
});
