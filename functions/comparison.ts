/**
 * `<`, `<=`, `=`, `<>`, `>=`, `>` of every ordered type, and the mixed ones of numbers; BETWEEN, IS DISTINCT FROM, IN and the planner's key ranges are
 * made of them. Equal means what the type's comparator says (base/datum.ts); generated code compares numbers and equal texts directly.
 */
import { comparatorOf, type Comparator, type Datum } from '../base/datum.js';
import { InternalError } from '../base/errors.js';
import type { Numeric } from '../base/numeric.js';
import { baseTypeOf, sqlType, type SqlType, TypeOid, type TypeRegistry } from '../base/types.js';
import { operator, typeOid } from './define.js';
import { H } from './emit-helpers.js';
import type { FunctionDef, OperatorDef } from './registry.js';

interface ComparisonName {
  readonly name: '<' | '<=' | '=' | '<>' | '>=' | '>';
  readonly commutator: string;
  readonly negator: string;
  readonly btree: OperatorDef['btree'];
  /** What the name of the function ends in. */
  readonly functionName: string;
  readonly js: string;
  readonly holds: (order: number) => boolean;
}

const names: readonly ComparisonName[] = [
  { name: '<', functionName: 'lt', commutator: '>', negator: '>=', btree: '<', js: '<', holds: (o) => o < 0 },
  { name: '<=', functionName: 'le', commutator: '>=', negator: '>', btree: '<=', js: '<=', holds: (o) => o <= 0 },
  { name: '=', functionName: 'eq', commutator: '=', negator: '<>', btree: '=', js: '===', holds: (o) => o === 0 },
  { name: '<>', functionName: 'ne', commutator: '<>', negator: '=', btree: undefined, js: '!==', holds: (o) => o !== 0 },
  { name: '>=', functionName: 'ge', commutator: '<=', negator: '<', btree: '>=', js: '>=', holds: (o) => o >= 0 },
  { name: '>', functionName: 'gt', commutator: '<', negator: '<=', btree: '>', js: '>', holds: (o) => o > 0 },
];

/** Whether a function of this name is that of an operator `=`, as `comparison` calls it, or of `<>`. */
export const isEqualName = (name: string): boolean => name === '=' || name.endsWith('_eq');
export const isUnequalName = (name: string): boolean => name === '<>' || name.endsWith('_ne');

const integerOids: ReadonlySet<number> = new Set([TypeOid.int2, TypeOid.int4, TypeOid.int8]);

/** Whether a comparison has operands of one type, or integers: such are equal where their group keys are (base/datum.ts, D3). */
export function isOfOneType({ args: [left, right] }: FunctionDef): boolean {
  return left !== undefined && right !== undefined && (left === right || (integerOids.has(left) && integerOids.has(right)));
}

/** How generated code compares: as numbers, as texts (=== and code point order), or through a named helper that gives -1, 0, 1. */
type EmitStyle = 'direct' | 'text' | 'bpchar' | 'float' | 'compareNumeric' | undefined;

function comparisonSource(style: NonNullable<EmitStyle>, name: string, js: string, a: string, b: string): string {
  if (style === 'direct' || (style === 'text' && (name === '=' || name === '<>'))) return `(${a} ${js} ${b})`;
  if (style === 'float') return floatComparison(name, a, b);
  return `(H.${style === 'text' ? 'compareText' : style === 'bpchar' ? 'compareBpchar' : style}(${a}, ${b}) ${js} 0)`;
}

/** NaN equals itself and is largest: what JavaScript's comparison leaves out of that is added behind it. The arguments are variables or literals. */
function floatComparison(name: string, a: string, b: string): string {
  switch (name) {
    case '<':
      return `(${a} < ${b} || (${b} !== ${b} && ${a} === ${a}))`;
    case '<=':
      return `(${a} <= ${b} || ${b} !== ${b})`;
    case '>':
      return `(${a} > ${b} || (${a} !== ${a} && ${b} === ${b}))`;
    case '>=':
      return `(${a} >= ${b} || ${a} !== ${a})`;
    case '=':
      return `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}))`;
    default:
      return `(${a} !== ${b} && (${a} === ${a} || ${b} === ${b}))`;
  }
}

function comparison(c: ComparisonName, left: string, right: string, compare: Comparator, style: EmitStyle): OperatorDef {
  const emit = style === undefined ? undefined : (args: readonly string[]) => comparisonSource(style, c.name, c.js, args[0]!, args[1]!);
  return operator(c.name, left, right, 'bool', (a: Datum, b: Datum) => c.holds(compare(a, b)), {
    commutator: c.commutator, negator: c.negator, ...(c.btree === undefined ? {} : { btree: c.btree }), ...(emit === undefined ? {} : { emit }),
    functionName: `${left}${right === left ? '' : right}_${c.functionName}`,
  });
}

const compareOrdered: Comparator = (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0);
const integers = ['int2', 'int4', 'int8'];

const sameType = (c: ComparisonName): OperatorDef[] => [
  ...['bool', 'oid', 'money', 'date', 'time', 'timestamp', 'timestamptz'].map((type) => comparison(c, type, type, compareOrdered, 'direct')),
  ...integers.flatMap((left) => integers.map((right) => comparison(c, left, right, compareOrdered, 'direct'))),
  ...['float4', 'float8'].flatMap((left) => ['float4', 'float8'].map((right) => comparison(c, left, right, (a, b) => H.compareFloat(a as number, b as number), 'float'))),
  comparison(c, 'numeric', 'numeric', (a, b) => (a as Numeric).compare(b as Numeric), 'compareNumeric'),
  ...[['text', 'text'], ['name', 'name'], ['name', 'text'], ['text', 'name'], ['char', 'char']].map(([left, right]) => comparison(c, left!, right!, (a, b) => H.compareText(a as string, b as string), 'text')),
  comparison(c, 'bpchar', 'bpchar', (a, b) => H.compareBpchar(a as string, b as string), 'bpchar'),
  ...['bytea', 'uuid', 'bit', 'varbit', 'timetz', 'interval', 'jsonb'].map((type) => comparison(c, type, type, comparatorOf(sqlType(typeOid(type))), undefined)),
];

/**
 * Arrays, records, enums and ranges have the comparator of the operands' own type, which the binder tells through `specialize`.
 */
const polymorphic = (c: ComparisonName): OperatorDef[] => ['anyarray', 'record', 'anyrange', 'anymultirange', 'anyenum'].map((type) => {
  const op = comparison(c, type, type, unspecialized, undefined);
  return {
    ...op,
    function: {
      ...op.function,
      specialize: (args: readonly SqlType[], _result: SqlType, types: TypeRegistry): FunctionDef => {
        const compare = comparatorOf(baseTypeOf(args[0]!, types), types);
        return { ...op.function, impl: (a: Datum, b: Datum) => c.holds(compare(a, b)) };
      },
    },
  };
});

function unspecialized(): never {
  throw new InternalError('comparison was not specialized');
}

/** One list for each name: there are some fifty operators of each. */
export const comparisonLists: readonly (() => readonly OperatorDef[])[] = names.map((c) => () => [...sameType(c), ...polymorphic(c)]);
