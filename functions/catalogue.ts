/**
 * Everything the other files define, by name. User-defined functions come from the catalog of the database, not from here. What is not looked up is not made (definition-lists.ts).
 */
import { once } from '../base/once.js';
import type { TypeRegistry } from '../base/types.js';
import { aggregateFunctions } from './aggregate.js';
import { arithmeticFunctions, arithmeticOperators } from './arithmetic.js';
import { arrayFunctions, arrayOperators } from './array.js';
import { binaryFunctions, binaryOperators } from './binary.js';
import { casts as scalarCasts } from './cast.js';
import { comparisonLists } from './comparison.js';
import { datetimeFunctions, datetimeOperators } from './datetime/datetime.js';
import { DefinitionLists, type ListKeys } from './definition-lists.js';
import { formatFunctions } from './format.js';
import { generateFunctions } from './generate.js';
import { jsonFunctions, jsonOperators } from './json/json.js';
import { jsonPathFunctions, jsonPathOperators } from './json/jsonpath.js';
import { listKeys } from './list-keys.js';
import { mathFunctions, mathOperators } from './math.js';
import { miscFunctions, miscOperators } from './misc.js';
import { moneyOperators } from './money.js';
import { orderedSetFunctions } from './ordered-set.js';
import { patternFunctions, patternOperators } from './pattern/pattern.js';
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

const operatorLists: readonly (() => readonly OperatorDef[])[] = [...comparisonLists, arithmeticOperators, arrayOperators, textOperators, patternOperators, datetimeOperators, mathOperators, jsonOperators, jsonPathOperators, rangeOperators, binaryOperators, moneyOperators, recordImageOperators, miscOperators];
const functionLists: readonly (() => readonly FunctionDef[])[] = [arithmeticFunctions, aggregateFunctions, windowFunctions, generateFunctions, systemFunctions, arrayFunctions, textFunctions, patternFunctions, datetimeFunctions, mathFunctions, statisticsFunctions, jsonFunctions, jsonPathFunctions, formatFunctions, rangeFunctions, binaryFunctions, orderedSetFunctions, transitionFunctions, miscFunctions];

export interface CatalogueKeys {
  readonly operators: ListKeys;
  readonly functions: ListKeys;
  readonly operatorFunctions: ListKeys;
}

const nameOf = (definition: { readonly name: string }): string => definition.name;

const operators = new DefinitionLists(operatorLists, nameOf, listKeys?.operators);
const functions = new DefinitionLists(functionLists, nameOf, listKeys?.functions);
/** Looked into when a name is asked for that no other function has. */
const behindOperators = new DefinitionLists([() => operatorFunctions(operators.all(), (name) => functions.get(name).length > 0)], nameOf, listKeys?.operatorFunctions);
const casts = once((): readonly CastDef[] => [...scalarCasts(), ...rangeCasts()]);
const castsByPair = once((): ReadonlyMap<number, CastDef> => new Map(casts().map((definition) => [castKey(definition.source, definition.target), definition])));

/** Built-in functions, aggregates, window and set-returning functions of that name; empty when there is none. */
export function functionsNamed(name: string): readonly FunctionDef[] {
  const found = functions.get(name);
  return found.length > 0 ? found : behindOperators.get(name);
}
export function operatorsNamed(name: string): readonly OperatorDef[] {
  return operators.get(name);
}
export function castBetween(source: number, target: number): CastDef | undefined {
  return castsByPair().get(castKey(source, target));
}
export function allFunctions(): Iterable<readonly [string, readonly FunctionDef[]]> {
  return [...functions.byKey(), ...behindOperators.byKey()];
}
export function allOperators(): Iterable<readonly [string, readonly OperatorDef[]]> {
  return operators.byKey();
}
export function allCasts(): readonly CastDef[] {
  return casts();
}
/** What the build notes in list-keys.ts. */
export function catalogueKeys(): CatalogueKeys {
  return { operators: operators.keys(), functions: functions.keys(), operatorFunctions: behindOperators.keys() };
}

const resolvers = new WeakMap<TypeRegistry, Resolver>();

/** The resolver over the built-in casts for one registry of types. */
export function resolverFor(types: TypeRegistry): Resolver {
  let resolver = resolvers.get(types);
  if (resolver === undefined) resolvers.set(types, (resolver = new Resolver(castBetween, types)));
  return resolver;
}
