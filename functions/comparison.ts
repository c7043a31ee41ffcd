/**
 * `<`, `<=`, `=`, `<>`, `>=`, `>` of every ordered type, and the mixed ones of numbers; BETWEEN, IS DISTINCT FROM, IN and the planner's key ranges are
 * made of them. Equal means what the type's comparator says (base/datum.ts); generated code compares numbers and equal texts directly.
 */
import { assert } from '../base/assert.js';
import { comparatorOf, type Comparator, type Datum } from '../base/datum.js';
import type { Numeric } from '../base/numeric.js';
import { sqlType, TypeOid } from '../base/types.js';
import { operator, typeOid } from './define.js';
import { H } from './emit-helpers.js';
import type { EvalContext, OperatorDef } from './registry.js';

interface ComparisonName {
  readonly name: '<' | '<=' | '=' | '<>' | '>=' | '>';
  readonly commutator: string;
  readonly negator: string;
  readonly btree: OperatorDef['btree'];
  readonly js: string;
  readonly holds: (order: number) => boolean;
}

const names: readonly ComparisonName[] = [
  { name: '<', commutator: '>', negator: '>=', btree: '<', js: '<', holds: (o) => o < 0 },
  { name: '<=', commutator: '>=', negator: '>', btree: '<=', js: '<=', holds: (o) => o <= 0 },
  { name: '=', commutator: '=', negator: '<>', btree: '=', js: '===', holds: (o) => o === 0 },
  { name: '<>', commutator: '<>', negator: '=', btree: undefined, js: '!==', holds: (o) => o !== 0 },
  { name: '>=', commutator: '<=', negator: '<', btree: '>=', js: '>=', holds: (o) => o >= 0 },
  { name: '>', commutator: '<', negator: '<=', btree: '>', js: '>', holds: (o) => o > 0 },
];

/** How generated code compares: as numbers, as texts (=== and code point order), or through a named helper that gives -1, 0, 1. */
type EmitStyle = 'direct' | 'text' | 'compareFloat' | 'compareNumeric' | undefined;

function six(left: string, right: string, compare: Comparator, style: EmitStyle): OperatorDef[] {
  return names.map((c) => {
    const emit =
      style === undefined
        ? undefined
        : style === 'direct' || (style === 'text' && (c.name === '=' || c.name === '<>'))
          ? (args: readonly string[]) => `(${args[0]} ${c.js} ${args[1]})`
          : (args: readonly string[]) => `(H.${style === 'text' ? 'compareText' : style}(${args[0]}, ${args[1]}) ${c.js} 0)`;
    return operator(c.name, left, right, 'bool', (a: Datum, b: Datum) => c.holds(compare(a, b)), {
      commutator: c.commutator, negator: c.negator, ...(c.btree === undefined ? {} : { btree: c.btree }), ...(emit === undefined ? {} : { emit }),
      functionName: `${left}${right === left ? '' : right}_${{ '<': 'lt', '<=': 'le', '=': 'eq', '<>': 'ne', '>=': 'ge', '>': 'gt' }[c.name]}`,
    });
  });
}

const compareOrdered: Comparator = (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0);
const integers = ['int2', 'int4', 'int8'];

const sameType: OperatorDef[] = [
  ...['bool', 'oid', 'money', 'date', 'time', 'timestamp', 'timestamptz'].flatMap((type) => six(type, type, compareOrdered, type === 'money' || type === 'timestamp' || type === 'timestamptz' ? 'direct' : 'direct')),
  ...integers.flatMap((left) => integers.flatMap((right) => six(left, right, compareOrdered, 'direct'))),
  ...['float4', 'float8'].flatMap((left) => ['float4', 'float8'].flatMap((right) => six(left, right, (a, b) => H.compareFloat(a as number, b as number), 'compareFloat'))),
  ...six('numeric', 'numeric', (a, b) => (a as Numeric).compare(b as Numeric), 'compareNumeric'),
  ...[['text', 'text'], ['name', 'name'], ['name', 'text'], ['text', 'name'], ['char', 'char']].flatMap(([left, right]) => six(left!, right!, (a, b) => H.compareText(a as string, b as string), 'text')),
  ...['bpchar', 'bytea', 'uuid', 'bit', 'varbit', 'timetz', 'interval', 'jsonb'].flatMap((type) => six(type, type, comparatorOf(sqlType(typeOid(type))), undefined)),
];

/**
 * Arrays, records, enums and ranges: the operand's own type is known only when it runs; `ctx.types` has what is needed. Arrays and records carry their
 * types in the value; an enum's order comes with its comparator, which the binder puts in place through `specialize`.
 */
const polymorphic: OperatorDef[] = [
  ...six('anyarray', 'anyarray', () => 0, undefined).map((op, i) => withContext(op, i, TypeOid.anyarray)),
  ...six('record', 'record', () => 0, undefined).map((op, i) => withContext(op, i, TypeOid.record)),
  ...six('anyrange', 'anyrange', () => 0, undefined).map((op, i) => withContext(op, i, TypeOid.anyrange)),
  ...six('anymultirange', 'anymultirange', () => 0, undefined).map((op, i) => withContext(op, i, TypeOid.anymultirange)),
  ...six('anyenum', 'anyenum', () => 0, undefined).map((op, i) => withContext(op, i, TypeOid.anyenum)),
];

function withContext(op: OperatorDef, i: number, pseudo: number): OperatorDef {
  const { holds, name } = names[i]!;
  const impl = (a: Datum, b: Datum, ctx: EvalContext): boolean => {
    if (pseudo === TypeOid.anyenum) {
      assert(name === '=' || name === '<>', 'enum ordering needs its type: specializeComparison');
      return (a === b) === (name === '=');
    }
    const oid = pseudo === TypeOid.record ? TypeOid.record : pseudo === TypeOid.anyarray ? arrayOidOf(a, ctx) : (a as unknown as { type: number }).type;
    return holds(comparatorOf(sqlType(oid), ctx.types)(a, b));
  };
  return { ...op, function: { ...op.function, impl } };
}

function arrayOidOf(value: Datum, ctx: EvalContext): number {
  const elementType = (value as unknown as { elementType: number }).elementType;
  const info = ctx.types.lookup(elementType);
  assert(info !== undefined && info.arrayOid !== 0, 'element type without array type', elementType);
  return info.arrayOid;
}

/** A comparison operator over a type whose order is known only from the catalog (enums): the same function with that order. */
export function specializeComparison(op: OperatorDef, compare: Comparator): OperatorDef {
  const found = names.find((c) => c.name === op.name);
  assert(found !== undefined, 'not a comparison', op.name);
  return { ...op, function: { ...op.function, emit: undefined, impl: (a: Datum, b: Datum) => found.holds(compare(a, b)) } };
}

export const comparisonOperators: readonly OperatorDef[] = [...sameType, ...polymorphic];
