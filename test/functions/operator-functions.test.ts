/** Every operator can be called by the name of its function, with its own operands, and no name has two functions for the same arguments. */
import { expect, test } from 'vitest';
import { allFunctions, allOperators, functionsNamed } from '../../functions/catalogue.js';
import { operatorFunctions } from '../../functions/operator-functions.js';

test('each operator has a function', () => {
  const operators = [...allOperators()].flatMap(([, list]) => list);
  const named = operatorFunctions(operators, () => false);
  expect(named.length).toBe(operators.length);
  for (const definition of named) {
    const found = functionsNamed(definition.name).filter((f) => f.args.join() === definition.args.join());
    expect(found.length, `${definition.name}(${definition.args.join()})`).toBe(1);
  }
});

test('one function for a name and its arguments', () => {
  for (const [name, overloads] of allFunctions()) expect(new Set(overloads.map((f) => f.args.join())).size, name).toBe(overloads.length);
});
