/**
 * jsonpath: from text to a tree, and from the tree to the canonical text that values of the type are kept as. An accessor hangs on what it is applied to by
 * `next`, so that a path is a chain of nodes as it is walked.
 *
 * J1  `@` stands only inside a filter, `last` only inside a subscript.    J2  print(parse(print(parse(text)))) is print(parse(text)).
 *
 * Source: PostgreSQL's jsonpath_gram.y (grammar, precedence) and jsonpath.c (printing).
 */
import { DbError } from '../../base/errors.js';
import { Numeric, parseNumeric } from '../../base/numeric.js';
import { pathError, scanPath, type PathToken } from './jsonpath-scan.js';
import { compileRegex, type Regex } from '../pattern/regex-match.js';
import { defaultFlags, withOption } from '../pattern/regex-parse.js';

export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%';
export type Method = 'type' | 'size' | 'abs' | 'floor' | 'ceiling' | 'double' | 'keyvalue';

interface Chain {
  readonly next: PathNode | undefined;
}
export type PathNode = Chain & (
  | { readonly kind: 'literal'; readonly value: null | boolean | string | Numeric }
  | { readonly kind: 'variable' | 'key'; readonly name: string }
  | { readonly kind: 'root' | 'current' | 'last' | 'anyKey' | 'anyArray' }
  | { readonly kind: 'index'; readonly ranges: readonly { readonly from: PathNode; readonly to: PathNode | undefined }[] }
  /** Depths; Infinity is `last`. */
  | { readonly kind: 'any'; readonly first: number; readonly last: number }
  | { readonly kind: 'method'; readonly method: Method }
  | { readonly kind: 'datetime'; readonly template: string | undefined }
  | { readonly kind: 'filter' | 'not' | 'isUnknown' | 'exists'; readonly operand: PathNode }
  | { readonly kind: 'arithmetic'; readonly operator: Arithmetic; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: PathNode }
  | { readonly kind: 'comparison'; readonly operator: Comparison; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: 'and' | 'or' | 'startsWith'; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: 'likeRegex'; readonly operand: PathNode; readonly pattern: string; readonly flags: string; readonly regex: Regex }
);
/** A node as it is before it is known what hangs on it. */
type Loose = PathNode extends infer Node ? (Node extends PathNode ? Omit<Node, 'next'> : never) : never;

export interface JsonPath {
  readonly isStrict: boolean;
  readonly expression: PathNode;
}

const parsed = new Map<string, JsonPath>();

/** @throws DbError 42601, 22P02, 2201B */
export function parseJsonPath(text: string): JsonPath {
  let path = parsed.get(text);
  if (path === undefined) {
    path = new PathParser(text).path();
    check(path.expression, false, false);
    if (parsed.size > 200) parsed.clear();
    parsed.set(text, path);
  }
  return path;
}

const methods: ReadonlySet<string> = new Set<Method>(['type', 'size', 'abs', 'floor', 'ceiling', 'double', 'keyvalue']);
const comparisons: Readonly<Record<string, Comparison>> = { '==': '==', '!=': '!=', '<>': '!=', '<': '<', '>': '>', '<=': '<=', '>=': '>=' };
const MaxDepth = 250;

const chained = (node: Loose, next: PathNode | undefined): PathNode => ({ ...node, next }) as PathNode;
const alone = (node: Loose): PathNode => chained(node, undefined);

/** What a rule has read, and whether it is a predicate that may not be an operand as it stands. */
interface Read {
  readonly node: PathNode;
  readonly isPredicate: boolean;
  /** A predicate in parentheses, EXISTS (...) or one of those negated: what NOT, IS UNKNOWN and accessors take. */
  readonly isDelimited: boolean;
}

class PathParser {
  readonly #tokens: readonly PathToken[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = scanPath(text);
  }

  get #token(): PathToken {
    return this.#tokens[this.#at]!;
  }
  #isAtEnd(): boolean {
    return this.#token.kind === 'end';
  }
  #is(symbol: string): boolean {
    return this.#token.symbol === symbol && (this.#token.kind === 'symbol' || this.#token.kind === 'keyword');
  }
  #take(symbol: string): boolean {
    const found = this.#is(symbol);
    if (found) this.#at++;
    return found;
  }
  #expect(symbol: string): void {
    if (!this.#take(symbol)) throw this.#error();
  }
  #error(): DbError {
    return pathError('syntax error', this.#token.text);
  }
  #wanted(read: Read, isPredicate: boolean): PathNode {
    if (read.isPredicate !== isPredicate) throw this.#error();
    return read.node;
  }

  path(): JsonPath {
    if (this.#isAtEnd()) throw new DbError('22P02', `invalid input syntax for type jsonpath: "${this.#text}"`);
    const isStrict = this.#take('strict');
    if (!isStrict) this.#take('lax');
    const { node } = this.#or();
    if (!this.#isAtEnd()) throw this.#error();
    return { isStrict, expression: node };
  }

  #or(): Read {
    if (++this.#depth > MaxDepth) throw new DbError('54001', 'stack depth limit exceeded');
    let left = this.#and();
    while (this.#take('||')) left = predicate(alone({ kind: 'or', left: this.#wanted(left, true), right: this.#wanted(this.#and(), true) }));
    this.#depth--;
    return left;
  }
  #and(): Read {
    let left = this.#comparison();
    while (this.#take('&&')) left = predicate(alone({ kind: 'and', left: this.#wanted(left, true), right: this.#wanted(this.#comparison(), true) }));
    return left;
  }

  #comparison(): Read {
    if (this.#take('!')) {
      const operand = this.#comparison();
      if (!operand.isDelimited) throw this.#error();
      return predicate(alone({ kind: 'not', operand: operand.node }));
    }
    const left = this.#sum();
    if (left.isPredicate) {
      if (!left.isDelimited || !this.#take('is')) return left;
      this.#expect('unknown');
      return predicate(alone({ kind: 'isUnknown', operand: left.node }));
    }
    const operator = this.#token.kind === 'symbol' ? comparisons[this.#token.symbol] : undefined;
    if (operator !== undefined) {
      this.#at++;
      return predicate(alone({ kind: 'comparison', operator, left: left.node, right: this.#wanted(this.#sum(), false) }));
    }
    if (this.#take('starts')) {
      this.#expect('with');
      const { kind, text } = this.#token;
      if (kind !== 'string' && kind !== 'variable') throw this.#error();
      this.#at++;
      return predicate(alone({ kind: 'startsWith', left: left.node, right: alone(kind === 'string' ? { kind: 'literal', value: text } : { kind: 'variable', name: text }) }));
    }
    if (this.#take('like_regex')) {
      const pattern = this.#string();
      const flags = this.#take('flag') ? this.#string() : '';
      return predicate(alone({ kind: 'likeRegex', operand: left.node, pattern, flags: [...'ismxq'].filter((flag) => flags.includes(flag)).join(''), regex: pathRegex(pattern, flags) }));
    }
    return left;
  }
  #string(): string {
    if (this.#token.kind !== 'string') throw this.#error();
    return this.#tokens[this.#at++]!.text;
  }

  #sum(): Read {
    let left = this.#product();
    while (this.#is('+') || this.#is('-')) left = this.#operation(left, () => this.#product());
    return left;
  }
  #product(): Read {
    let left = this.#signed();
    while (this.#is('*') || this.#is('/') || this.#is('%')) left = this.#operation(left, () => this.#signed());
    return left;
  }
  #operation(left: Read, operand: () => Read): Read {
    const operator = this.#tokens[this.#at++]!.symbol as Arithmetic;
    return expression(alone({ kind: 'arithmetic', operator, left: this.#wanted(left, false), right: this.#wanted(operand(), false) }));
  }

  #signed(): Read {
    const operator = this.#is('-') ? '-' : this.#is('+') ? '+' : undefined;
    if (operator === undefined) return this.#accessors();
    this.#at++;
    if (++this.#depth > MaxDepth) throw new DbError('54001', 'stack depth limit exceeded');
    const operand = this.#wanted(this.#signed(), false);
    this.#depth--;
    if (operand.kind === 'literal' && operand.value instanceof Numeric && operand.next === undefined) {
      return expression(alone({ kind: 'literal', value: operator === '-' ? operand.value.negate() : operand.value }));
    }
    return expression(alone({ kind: 'sign', operator, operand }));
  }

  #accessors(): Read {
    const head = this.#primary();
    const accessors: Loose[] = [];
    for (let accessor = this.#accessor(); accessor !== undefined; accessor = this.#accessor()) accessors.push(accessor);
    if (accessors.length === 0) return head;
    if (head.isPredicate && !head.isDelimited) throw this.#error();
    let next: PathNode | undefined;
    for (const accessor of accessors.reverse()) next = chained(accessor, next);
    return expression(append(head.node, next!));
  }

  #primary(): Read {
    const token = this.#token;
    this.#at++;
    switch (token.kind) {
      case 'string':
        return expression(alone({ kind: 'literal', value: token.text }));
      case 'integer':
      case 'decimal':
        return expression(alone({ kind: 'literal', value: parseNumeric(token.text)! }));
      case 'variable':
        return expression(alone({ kind: 'variable', name: token.text }));
      case 'keyword':
        if (token.symbol === 'null') return expression(alone({ kind: 'literal', value: null }));
        if (token.symbol === 'true' || token.symbol === 'false') return expression(alone({ kind: 'literal', value: token.symbol === 'true' }));
        if (token.symbol === 'last') return expression(alone({ kind: 'last' }));
        if (token.symbol === 'exists') {
          this.#expect('(');
          const operand = this.#wanted(this.#or(), false);
          this.#expect(')');
          return { node: alone({ kind: 'exists', operand }), isPredicate: true, isDelimited: true };
        }
        break;
      case 'symbol':
        if (token.symbol === '$') return expression(alone({ kind: 'root' }));
        if (token.symbol === '@') return expression(alone({ kind: 'current' }));
        if (token.symbol === '(') {
          const inner = this.#or();
          this.#expect(')');
          return { ...inner, isDelimited: inner.isPredicate };
        }
    }
    this.#at--;
    throw this.#error();
  }

  #accessor(): Loose | undefined {
    if (this.#take('.')) return this.#member();
    if (this.#take('[')) return this.#subscript();
    if (!this.#take('?')) return undefined;
    this.#expect('(');
    const operand = this.#wanted(this.#or(), true);
    this.#expect(')');
    return { kind: 'filter', operand };
  }

  #member(): Loose {
    if (this.#take('*')) return { kind: 'anyKey' };
    if (this.#take('**')) return this.#anyDepth();
    const token = this.#token;
    if (token.kind !== 'word' && token.kind !== 'string' && token.kind !== 'keyword') throw this.#error();
    this.#at++;
    const isMethod = token.kind === 'keyword' && (methods.has(token.symbol) || token.symbol === 'datetime');
    if (!isMethod || !this.#take('(')) return { kind: 'key', name: token.text };
    if (token.symbol === 'datetime') {
      const template = this.#is(')') ? undefined : this.#string();
      this.#expect(')');
      return { kind: 'datetime', template };
    }
    this.#expect(')');
    return { kind: 'method', method: token.symbol as Method };
  }

  #anyDepth(): Loose {
    if (!this.#take('{')) return { kind: 'any', first: 0, last: Infinity };
    const first = this.#level();
    const last = this.#take('to') ? this.#level() : first;
    this.#expect('}');
    return { kind: 'any', first, last };
  }
  #level(): number {
    if (this.#take('last')) return Infinity;
    if (this.#token.kind !== 'integer') throw this.#error();
    return Number(this.#tokens[this.#at++]!.text);
  }

  #subscript(): Loose {
    if (this.#is('*') && this.#tokens[this.#at + 1]!.symbol === ']') {
      this.#at += 2;
      return { kind: 'anyArray' };
    }
    const ranges: { from: PathNode; to: PathNode | undefined }[] = [];
    do {
      const from = this.#wanted(this.#or(), false);
      ranges.push({ from, to: this.#take('to') ? this.#wanted(this.#or(), false) : undefined });
    } while (this.#take(','));
    this.#expect(']');
    return { kind: 'index', ranges };
  }
}

const expression = (node: PathNode): Read => ({ node, isPredicate: false, isDelimited: false });
const predicate = (node: PathNode): Read => ({ node, isPredicate: true, isDelimited: false });

/** `tail` at the end of a chain. */
function append(node: PathNode, tail: PathNode): PathNode {
  return { ...node, next: node.next === undefined ? tail : append(node.next, tail) };
}

/** XQuery's flags over PostgreSQL's expressions: without s the dot does not match a line's end. */
function pathRegex(pattern: string, flags: string): Regex {
  const unknown = [...flags].find((flag) => !'ismxq'.includes(flag));
  if (unknown !== undefined) {
    throw new DbError('42601', 'invalid input syntax for type jsonpath', { detail: `Unrecognized flag character "${unknown}" in LIKE_REGEX predicate.` });
  }
  if (flags.includes('x') && !flags.includes('q')) throw new DbError('0A000', 'XQuery "x" flag (expanded regular expressions) is not implemented');
  const isDotAll = flags.includes('s');
  const isMultiline = flags.includes('m');
  const letters = flags.includes('q') ? 'q' : isDotAll ? (isMultiline ? 'w' : 's') : isMultiline ? 'n' : 'p';
  let options = withOption(defaultFlags, letters)!;
  if (flags.includes('i')) options = withOption(options, 'i')!;
  return compileRegex(pattern, options);
}

/** J1. */
function check(node: PathNode | undefined, isInFilter: boolean, isInSubscript: boolean): void {
  for (let at = node; at !== undefined; at = at.next) {
    switch (at.kind) {
      case 'current':
        if (!isInFilter) throw new DbError('42601', '@ is not allowed in root expressions');
        break;
      case 'last':
        if (!isInSubscript) throw new DbError('42601', 'LAST is allowed only in array subscripts');
        break;
      case 'filter':
        check(at.operand, true, isInSubscript);
        break;
      case 'index':
        for (const { from, to } of at.ranges) {
          check(from, isInFilter, true);
          check(to, isInFilter, true);
        }
        break;
      case 'not':
      case 'isUnknown':
      case 'exists':
      case 'sign':
      case 'likeRegex':
        check(at.operand, isInFilter, isInSubscript);
        break;
      case 'arithmetic':
      case 'comparison':
      case 'and':
      case 'or':
      case 'startsWith':
        check(at.left, isInFilter, isInSubscript);
        check(at.right, isInFilter, isInSubscript);
    }
  }
}
