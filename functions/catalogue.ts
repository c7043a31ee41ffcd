/**
 * Everything the other files define, indexed by name. User-defined functions come from the catalog of the database, not from here. Each of the tables (operators, functions, casts) is made when a name in it is
 * first looked up: a program that calls no function has none of the fifteen hundred definitions in memory.
 */
import { once } from '../base/once.js';
import type { TypeRegistry } from '../base/types.js';
import { aggregateFunctions } from './aggregate.js';
import { arithmeticFunctions, arithmeticOperators } from './arithmetic.js';
import { arrayFunctions, arrayOperators } from './array.js';
import { binaryFunctions, binaryOperators } from './binary.js';
import { casts as scalarCasts } from './cast.js';
import { comparisonOperators } from './comparison.js';
import { datetimeFunctions, datetimeOperators } from './datetime.js';
import { formatFunctions } from './format.js';
import { generateFunctions } from './generate.js';
import { jsonFunctions, jsonOperators } from './json.js';
import { jsonPathFunctions, jsonPathOperators } from './jsonpath.js';
import { mathFunctions, mathOperators } from './math.js';
import { miscFunctions, miscOperators } from './misc.js';
import { moneyOperators } from './money.js';
import { orderedSetFunctions } from './ordered-set.js';
import { patternFunctions, patternOperators } from './pattern.js';
import { rangeCasts, rangeFunctions, rangeOperators } from './range.js';
import { operatorFunctions } from './operator-functions.js';
import type { CastDef, FunctionDef, OperatorDef } from './registry.js';
import { castKey, Resolver } from './resolve.js';
import { recordImageOperators } from './record-image.js';
import { statisticsFunctions } from './statistics.js';
import { systemFunctions } from './system.js';
import { textFunctions, textOperators } from './text.js';
import { transitionFunctions } from './transition.js';
import { windowFunctions } from './window.js';

function byName<T extends { readonly name: string }>(lists: readonly (readonly T[])[]): ReadonlyMap<string, readonly T[]> {
  const map = new Map<string, T[]>();
  for (const list of lists) {
    for (const definition of list) {
      const known = map.get(definition.name);
      if (known === undefined) map.set(definition.name, [definition]);
      else known.push(definition);
    }
  }
  return map;
}

const operatorLists: readonly (() => readonly OperatorDef[])[] = [comparisonOperators, arithmeticOperators, arrayOperators, textOperators, patternOperators, datetimeOperators, mathOperators, jsonOperators, jsonPathOperators, rangeOperators, binaryOperators, moneyOperators, recordImageOperators, miscOperators];
const functionLists: readonly (() => readonly FunctionDef[])[] = [arithmeticFunctions, aggregateFunctions, windowFunctions, generateFunctions, systemFunctions, arrayFunctions, textFunctions, patternFunctions, datetimeFunctions, mathFunctions, statisticsFunctions, jsonFunctions, jsonPathFunctions, formatFunctions, rangeFunctions, binaryFunctions, orderedSetFunctions, transitionFunctions, miscFunctions];

const operatorTables = once(() => operatorLists.map((list) => list()));
const operators = once(() => byName(operatorTables()));
const functions = once(() => byName(functionLists.map((list) => list())));
/** Looked into when a name is asked for that no other function has. */
const behindOperators = once(() => byName([operatorFunctions(operatorTables(), (name) => functions().has(name))]));

const casts = once((): readonly CastDef[] => [...scalarCasts(), ...rangeCasts()]);
const castsByPair = once((): ReadonlyMap<number, CastDef> => new Map(casts().map((definition) => [castKey(definition.source, definition.target), definition])));

/** Built-in functions, aggregates, window and set-returning functions of that name; empty when there is none. */
export function functionsNamed(name: string): readonly FunctionDef[] {
  return functions().get(name) ?? behindOperators().get(name) ?? [];
}
export function operatorsNamed(name: string): readonly OperatorDef[] {
  return operators().get(name) ?? [];
}
export function allFunctions(): Iterable<readonly [string, readonly FunctionDef[]]> {
  return [...functions(), ...behindOperators()];
}
export function allOperators(): Iterable<readonly [string, readonly OperatorDef[]]> {
  return operators();
}
export function allCasts(): readonly CastDef[] {
  return casts();
}

const resolvers = new WeakMap<TypeRegistry, Resolver>();

/** The resolver over the built-in casts for one registry of types. */
export function resolverFor(types: TypeRegistry): Resolver {
  let resolver = resolvers.get(types);
  if (resolver === undefined) resolvers.set(types, (resolver = new Resolver(castsByPair(), types)));
  return resolver;
}
