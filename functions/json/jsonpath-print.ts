/** jsonpath trees as PostgreSQL prints them: every key and string quoted, operators in the fewest parentheses its priorities ask for. */
import { Numeric } from '../../base/numeric.js';
import { quoteJson } from '../../base/json-text.js';
import { parseJsonPath, type JsonPath, type PathNode } from './jsonpath-parse.js';

/** The canonical text of a path given as text. @throws DbError 42601, 22P02, 2201B */
export function canonicalJsonPath(text: string): string {
  return printJsonPath(parseJsonPath(text));
}

function printJsonPath(path: JsonPath): string {
  return (path.isStrict ? 'strict ' : '') + print(path.expression, false, true);
}

function priority(node: PathNode): number {
  switch (node.kind) {
    case 'or':
      return 0;
    case 'and':
      return 1;
    case 'comparison':
    case 'startsWith':
      return 2;
    case 'arithmetic':
      return node.operator === '+' || node.operator === '-' ? 3 : 4;
    case 'sign':
      return 5;
    default:
      return 6;
  }
}

function print(node: PathNode, isAccessor: boolean, isBracketed: boolean): string {
  const own = printOne(node, isAccessor, isBracketed);
  return node.next === undefined ? own : own + print(node.next, true, true);
}

function printOne(node: PathNode, isAccessor: boolean, isBracketed: boolean): string {
  const dot = isAccessor ? '.' : '';
  const open = isBracketed ? '(' : '';
  const close = isBracketed ? ')' : '';
  const within = (operand: PathNode): string => print(operand, false, priority(operand) <= priority(node));
  const binary = (left: PathNode, operator: string, right: PathNode): string => `${open}${within(left)} ${operator} ${within(right)}${close}`;
  switch (node.kind) {
    case 'literal':
      if (node.value instanceof Numeric) return node.next === undefined ? node.value.toString() : `(${node.value.toString()})`;
      return typeof node.value === 'string' ? quoteJson(node.value) : String(node.value);
    case 'variable':
      return `$${quoteJson(node.name)}`;
    case 'key':
      return dot + quoteJson(node.name);
    case 'root':
      return '$';
    case 'current':
      return '@';
    case 'last':
      return 'last';
    case 'anyKey':
      return `${dot}*`;
    case 'anyArray':
      return '[*]';
    case 'index':
      return `[${node.ranges.map(({ from, to }) => print(from, false, false) + (to === undefined ? '' : ` to ${print(to, false, false)}`)).join(',')}]`;
    case 'any':
      return dot + printAny(node.first, node.last);
    case 'method':
      return `.${node.method}()`;
    case 'datetime':
      return `.datetime(${node.template === undefined ? '' : quoteJson(node.template)})`;
    case 'filter':
      return `?(${print(node.operand, false, false)})`;
    case 'not':
      return `!(${print(node.operand, false, false)})`;
    case 'isUnknown':
      return `(${print(node.operand, false, false)}) is unknown`;
    case 'exists':
      return `exists (${print(node.operand, false, false)})`;
    case 'sign':
      return open + node.operator + within(node.operand) + close;
    case 'arithmetic':
    case 'comparison':
      return binary(node.left, node.operator, node.right);
    case 'and':
      return binary(node.left, '&&', node.right);
    case 'or':
      return binary(node.left, '||', node.right);
    case 'startsWith':
      return binary(node.left, 'starts with', node.right);
    case 'likeRegex':
      return `${open}${within(node.operand)} like_regex ${quoteJson(node.pattern)}${node.flags === '' ? '' : ` flag "${node.flags}"`}${close}`;
  }
}

function printAny(first: number, last: number): string {
  const level = (n: number): string => (n === Infinity ? 'last' : String(n));
  if (first === 0 && last === Infinity) return '**';
  return first === last ? `**{${level(first)}}` : `**{${level(first)} to ${level(last)}}`;
}
