/**
 * Conditions of one filter that are tested together. Whether a row passes a range is hard for a processor to guess, and a wrong guess costs as much as ten comparisons and the reading of
 * a few numbers. So what is compared as numbers is computed together and decided by one branch. An equality, which few rows pass, is guessed well: with it goes only what reads nothing else.
 *
 * Source: Ross 2002, Conjunctive selection conditions in main memory.
 */
import { baseTypeOf, typeInfo, type Storage, type TypeRegistry } from '../../base/types.js';
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import type { Binding } from './scope.js';

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=']);
const plainStorages: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4', 'date']);

/**
 * The columns that a comparison of plain numbers reads, none of which may be NULL; undefined for other conditions. Its code is one comparison, which cannot fail and
 * leaves nothing behind.
 */
export function plainColumns(e: BoundExpression, types: TypeRegistry, find: (id: ColumnId) => Binding | undefined): readonly ColumnId[] | undefined {
  if (e.kind !== 'call' || e.operator === undefined || !comparisons.has(e.operator) || e.function.schema !== 'pg_catalog' || e.args.length !== 2) return undefined;
  const columns: ColumnId[] = [];
  for (const arg of e.args) {
    if (arg.kind === 'column') {
      const binding = find(arg.id);
      if (binding === undefined || binding.nullable) return undefined;
      const isScaled = binding.kind === 'pending' && binding.stored?.source.scaled !== undefined;
      // Two decimals may both be NaN, which takes a test.
      if (isScaled ? e.args.every(({ kind }) => kind === 'column') : !isPlain(arg, types)) return undefined;
      columns.push(arg.id);
    } else if (arg.kind !== 'constant' || arg.value === null) return undefined;
  }
  return e.args.every(({ type }) => type.oid === e.args[0]!.type.oid) ? columns : undefined;
}

export function isEquality(e: BoundExpression): boolean {
  return e.kind === 'call' && e.operator === '=';
}

function isPlain(e: BoundExpression, types: TypeRegistry): boolean {
  return plainStorages.has(typeInfo(baseTypeOf(e.type, types).oid, types).storage);
}
