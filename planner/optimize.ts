/** Runs the rewrite rules over a bound statement, in the order of `ruleList`. */
import type { EvalContext } from '../functions/registry.js';
import type { Binder } from './binder-context.js';
import type { ConstantEvaluator } from './fold.js';
import type { LogicalPlan, LogicalStatement } from './logical-plan.js';
import { ruleList } from './rules/rule-list.js';

export interface RuleContext {
  readonly binder: Binder;
  readonly context: EvalContext | undefined;
  readonly evaluate: ConstantEvaluator | undefined;
  readonly isDisabled: (rule: string) => boolean;
  readonly onRule: ((rule: string, plan: LogicalPlan) => void) | undefined;
}

/** A rewrite of a whole statement; it returns the statement itself when it found nothing to do. */
export interface Rule {
  readonly name: string;
  /** Without it plans would not run; it cannot be switched off. */
  readonly isRequired: boolean;
  readonly apply: (statement: LogicalStatement, cx: RuleContext) => LogicalStatement;
}

export function optimize(statement: LogicalStatement, cx: RuleContext): LogicalStatement {
  let current = statement;
  cx.onRule?.('bind', current.plan);
  for (const rule of ruleList) {
    if (!rule.isRequired && cx.isDisabled(rule.name)) continue;
    const next = rule.apply(current, cx);
    if (next !== current) cx.onRule?.(rule.name, next.plan);
    current = next;
  }
  return current;
}
