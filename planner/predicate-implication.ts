/**
 * Whether one condition implies another, for partial indexes: cheap, sound and incomplete. Conjuncts of the premise are compared with those of
 * the conclusion as texts, as ranges over one expression with constants, and as null tests that a strict comparison implies.
 *
 * Source. predtest.c, a small part of it.
 */
import { comparatorOf, type Datum } from '../base/datum.js';
import type { TypeRegistry } from '../base/types.js';
import { conjunctsOf, isNullWhen, sameExpression } from './expression-tools.js';
import type { BoundExpression } from './expression.js';

export function impliesPredicate(premise: BoundExpression, conclusion: BoundExpression, types: TypeRegistry): boolean {
  const premises = conjunctsOf(premise);
  return conjunctsOf(conclusion).every((goal) => premises.some((given) => implies(given, goal, types)));
}

/** The same over premises already split. */
export function allImply(premises: readonly BoundExpression[], conclusion: BoundExpression, types: TypeRegistry): boolean {
  return conjunctsOf(conclusion).every((goal) => premises.some((given) => implies(given, goal, types)));
}

function implies(given: BoundExpression, goal: BoundExpression, types: TypeRegistry): boolean {
  if (sameExpression(given, goal)) return true;
  if (goal.kind === 'or') return goal.args.some((arg) => implies(given, arg, types));
  if (goal.kind === 'and') return goal.args.every((arg) => implies(given, arg, types));
  if (given.kind === 'or') return given.args.every((arg) => implies(arg, goal, types));
  if (given.kind === 'and') return given.args.some((arg) => implies(arg, goal, types));
  if (goal.kind === 'isNull' && goal.negated) {
    // Anything true that would be NULL for a NULL operand shows the operand is not NULL.
    const { arg } = goal;
    if (arg.kind === 'column') return given.kind !== 'isNull' && isNullWhen(given, (id) => id === arg.id);
    return false;
  }
  if (goal.kind === 'isBoolean' && goal.test === 'true' && !goal.negated) return sameExpression(given, goal.arg);
  const a = comparison(given);
  const b = comparison(goal);
  if (a === undefined || b === undefined || !sameExpression(a.arg, b.arg)) return false;
  if (a.type.oid !== b.type.oid) return false;
  const compare = comparatorOf(b.type, types);
  return a.values.every((value) => holds(a.operator, value, b, compare));
}

interface Comparison {
  readonly arg: BoundExpression;
  readonly operator: '<' | '<=' | '=' | '>=' | '>' | '<>';
  /** The constant, or those of an IN list. */
  readonly values: readonly Datum[];
  readonly type: BoundExpression['type'];
}

const operators = new Set(['<', '<=', '=', '>=', '>', '<>']);
const flipped: Readonly<Record<string, Comparison['operator']>> = { '<': '>', '<=': '>=', '=': '=', '>=': '<=', '>': '<', '<>': '<>' };

function comparison(e: BoundExpression): Comparison | undefined {
  if (e.kind === 'inList' && !e.negated) {
    const values: Datum[] = [];
    for (const item of e.list) {
      if (item.kind !== 'constant' || item.value === null) return undefined;
      values.push(item.value);
    }
    return { arg: e.arg, operator: '=', values, type: e.arg.type };
  }
  if (e.kind !== 'call' || e.operator === undefined || !operators.has(e.operator) || e.args.length !== 2) return undefined;
  const [left, right] = e.args as [BoundExpression, BoundExpression];
  if (right.kind === 'constant' && right.value !== null && right.type.oid === left.type.oid) return { arg: left, operator: e.operator as Comparison['operator'], values: [right.value], type: left.type };
  if (left.kind === 'constant' && left.value !== null && left.type.oid === right.type.oid) return { arg: right, operator: flipped[e.operator]!, values: [left.value], type: right.type };
  return undefined;
}

/** Whether `x operator value` implies the goal `x goal.operator goal.value`. */
function holds(operator: Comparison['operator'], value: Datum, goal: Comparison, compare: (a: Datum, b: Datum) => number): boolean {
  if (goal.operator === '=' && goal.values.length > 1) return operator === '=' && goal.values.some((candidate) => compare(value, candidate) === 0);
  const order = compare(value, goal.values[0]!);
  switch (goal.operator) {
    case '=':
      return operator === '=' && order === 0;
    case '<':
      return (operator === '<' && order <= 0) || ((operator === '<=' || operator === '=') && order < 0);
    case '<=':
      return (operator === '<' || operator === '<=' || operator === '=') && order <= 0;
    case '>':
      return (operator === '>' && order >= 0) || ((operator === '>=' || operator === '=') && order > 0);
    case '>=':
      return (operator === '>' || operator === '>=' || operator === '=') && order >= 0;
    case '<>':
      return (operator === '=' && order !== 0) || (operator === '<' && order <= 0) || (operator === '<=' && order < 0) || (operator === '>' && order >= 0) || (operator === '>=' && order > 0) || (operator === '<>' && order === 0);
  }
}
