/** What the parser's tests share: short ways to parse, and trees without their positions. */
import type { Expression, Query, Select, Statement } from '../../parser/ast.js';
import { DbError } from '../../base/errors.js';
import { parse, parseExpression } from '../../parser/parse.js';
import { printExpression } from '../../parser/print.js';

/** The only statement of `sql`. */
export function one(sql: string): Statement {
  const statements = parse(sql);
  if (statements.length !== 1) throw new Error(`${statements.length} statements`);
  return statements[0]!.statement;
}

/** The only statement, which is of this kind. */
export function oneOf<K extends Statement['kind']>(kind: K, sql: string): Extract<Statement, { kind: K }> {
  const statement = one(sql);
  if (statement.kind !== kind) throw new Error(`a ${statement.kind}`);
  return statement as Extract<Statement, { kind: K }>;
}

export function select(sql: string): Select {
  const query: Query = oneOf('query', sql);
  if (query.body.kind !== 'select') throw new Error(`a ${query.body.kind}`);
  return query.body;
}

/** A tree without positions, so that trees of different texts compare. */
export function withoutOffsets<T>(tree: T): T {
  if (Array.isArray(tree)) return tree.map(withoutOffsets) as T;
  if (tree === null || typeof tree !== 'object') return tree;
  return Object.fromEntries(Object.entries(tree).filter(([key]) => key !== 'offset').map(([key, value]) => [key, withoutOffsets(value)])) as T;
}

/** How an expression was understood: every operator with its operands in parentheses. */
export function grouping(text: string): string {
  return group(parseExpression(text));
}

function group(node: Expression): string {
  switch (node.kind) {
    case 'binary':
      return `(${group(node.left)} ${node.operator} ${group(node.right)})`;
    case 'unary':
      return `(${node.operator} ${group(node.operand)})`;
    case 'and':
    case 'or':
      return `(${node.operands.map(group).join(` ${node.kind} `)})`;
    case 'not':
      return `(not ${group(node.operand)})`;
    case 'isNull':
      return `(${group(node.operand)} is ${node.negated ? 'not ' : ''}null)`;
    case 'isBoolean':
      return `(${group(node.operand)} is ${node.negated ? 'not ' : ''}${node.test})`;
    case 'isDistinctFrom':
      return `(${group(node.left)} is ${node.negated ? 'not ' : ''}distinct from ${group(node.right)})`;
    case 'between':
      return `(${group(node.operand)} ${node.negated ? 'not ' : ''}between ${group(node.lower)} and ${group(node.upper)})`;
    case 'inList':
      return `(${group(node.operand)} ${node.negated ? 'not ' : ''}in [${node.items.map(group).join(' ')}])`;
    case 'like':
      return `(${group(node.operand)} ${node.negated ? 'not ' : ''}${node.operator} ${group(node.pattern)}${node.escape === undefined ? '' : ` escape ${group(node.escape)}`})`;
    case 'quantified':
      return `(${group(node.operand)} ${node.operator} ${node.quantifier} ${group(node.array)})`;
    case 'cast':
      return `(${group(node.operand)} :: ${node.type.names.join('.')})`;
    case 'collate':
      return `(${group(node.operand)} collate ${node.collation.name})`;
    case 'functionCall':
      return `${node.name.name}[${node.args.map((argument) => group(argument.value)).join(' ')}]`;
    case 'row':
      return `row[${node.elements.map(group).join(' ')}]`;
    default:
      return printExpression(node);
  }
}

/** The error of parsing `sql`, as `code message @offset`; fails the test when there is none. */
export function failure(sql: string): string {
  const error = errorOf(sql);
  return `${error.code} ${error.message}${error.fields.offset === undefined ? '' : ` @${error.fields.offset}`}`;
}

export function errorOf(sql: string): DbError {
  try {
    parse(sql);
  } catch (error) {
    if (error instanceof DbError) return error;
    throw error;
  }
  throw new Error(`parsed: ${sql}`);
}
