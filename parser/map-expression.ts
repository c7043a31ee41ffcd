/** Changes within a syntax tree. */
import type { Expression } from './ast.js';

/** Rebuilds an expression bottom-up. Works on any AST node, since they are plain data. */
export function mapExpression<T>(node: T, change: (e: Expression) => Expression): T {
  if (Array.isArray(node)) return node.map((item) => mapExpression(item as unknown, change)) as T;
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) copy[key] = mapExpression(value as unknown, change);
  return ('kind' in copy ? change(copy as unknown as Expression) : copy) as T;
}
