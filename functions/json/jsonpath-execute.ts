/**
 * jsonpath evaluated over a jsonb tree. A path is walked item by item: each node does its part and hands what it finds to the next, the last one to the caller,
 * who may say that it has enough.
 *
 * X1  Lax mode: a structural error finds nothing, arrays unwrap themselves before accessors and operands, and a scalar counts as an array of one.
 * X2  An error inside a predicate makes it unknown, which as an item is null; only errors of `PathError` are so caught: a missing variable, or a conversion that
 *     needs the session's zone, fails the statement in any case.
 *
 * Source: PostgreSQL's jsonpath_exec.c.
 */
import { DbError } from '../../base/errors.js';
import { JsonbObject, isJsonbArray, type JsonbValue } from '../../base/jsonb.js';
import { Numeric, parseNumeric } from '../../base/numeric.js';
import { formatFloat8, parseFloat8 } from '../../base/scalar-text.js';
import { compareText } from '../../base/text-order.js';
import { PathDatetime, comparePathDatetimes, readPathDatetime } from './jsonpath-datetime.js';
import { jsonbIds, type IdOf } from './jsonpath-ids.js';
import type { Arithmetic, Comparison, JsonPath, Method, PathNode } from './jsonpath-parse.js';
import { jsonbKind } from './jsonb-edit.js';
import type { EvalContext } from '../registry.js';

export type PathItem = JsonbValue | PathDatetime;
type Truth = boolean | undefined;
/** Takes an item; true when no more are wanted. */
type Emit = (item: PathItem) => boolean;
/** Of who asks whether there is one. */
const enough: Emit = () => true;

/** What silent mode and predicates keep quiet about. */
export class PathError extends DbError {}

/** What an item is evaluated in. */
interface Frame {
  /** `@`. */
  readonly current: PathItem;
  /** Of the array whose subscripts are evaluated. */
  readonly arraySize: number;
  readonly ignoresStructure: boolean;
}

export class PathRun {
  readonly #path: JsonPath;
  readonly #root: JsonbValue;
  readonly #variables: JsonbObject;
  readonly #isLax: boolean;
  /** Present when zones may be used. */
  readonly #zoneContext: EvalContext | undefined;
  readonly #idOf: IdOf;

  constructor(path: JsonPath, root: JsonbValue, variables: JsonbObject, zoneContext: EvalContext | undefined) {
    this.#path = path;
    this.#root = root;
    this.#variables = variables;
    this.#isLax = !path.isStrict;
    this.#zoneContext = zoneContext;
    this.#idOf = jsonbIds(root);
  }

  /** All items of the path; those before an error when `isSilent`. @throws PathError and other DbErrors */
  items(isSilent: boolean): { readonly found: PathItem[]; readonly hasFailed: boolean } {
    const found: PathItem[] = [];
    const run = (): boolean => this.#item(this.#path.expression, this.#root, this.#frame, (item) => found.push(item) < 0);
    const hasFailed = isSilent ? quietly(run) === undefined : run();
    return { found, hasFailed };
  }

  /** Whether there is an item. Lax mode looks no further than the first; strict mode must find the errors of all. */
  exists(): boolean {
    if (!this.#isLax) return this.items(false).found.length > 0;
    return this.#item(this.#path.expression, this.#root, this.#frame, enough);
  }

  get #frame(): Frame {
    return { current: this.#root, arraySize: -1, ignoresStructure: this.#isLax };
  }

  // ------------------------------------------------------------------------------------------------------------ walking

  #item(node: PathNode, value: PathItem, frame: Frame, emit: Emit): boolean {
    return this.#node(node, value, frame, emit, this.#isLax);
  }
  #next(node: PathNode, value: PathItem, frame: Frame, emit: Emit): boolean {
    return node.next === undefined ? emit(value) : this.#item(node.next, value, frame, emit);
  }

  /** `unwraps`: whether an array stands for its elements where the node wants none. */
  #node(node: PathNode, value: PathItem, frame: Frame, emit: Emit, unwraps: boolean): boolean {
    switch (node.kind) {
      case 'literal':
        return this.#next(node, node.value, frame, emit);
      case 'variable':
        return this.#next(node, this.#variable(node.name), frame, emit);
      case 'root':
        return this.#next(node, this.#root, frame, emit);
      case 'current':
        return this.#next(node, frame.current, frame, emit);
      case 'last':
        return this.#next(node, new Numeric(frame.arraySize - 1, 0), frame, emit);
      case 'key':
        return this.#key(node, node.name, value, frame, emit, unwraps);
      case 'anyKey':
        if (value instanceof JsonbObject) return this.#members(node.next, value, frame, emit, 1, 1, 1, false, this.#isLax);
        if (unwraps && isArray(value)) return this.#unwrapped(node, value, frame, emit);
        return this.#structural(frame, '2203C', 'jsonpath wildcard member accessor can only be applied to an object');
      case 'anyArray':
        if (isArray(value)) return this.#members(node.next, value, frame, emit, 1, 1, 1, false, this.#isLax);
        if (this.#isLax) return this.#next(node, value, frame, emit);
        return this.#structural(frame, '22039', 'jsonpath wildcard array accessor can only be applied to an array');
      case 'index':
        return this.#index(node, value, frame, emit);
      case 'any': {
        const within = { ...frame, ignoresStructure: true };
        if (node.first === 0 && this.#next(node, value, within, emit)) return true;
        return isContainer(value) && this.#members(node.next, value, frame, emit, 1, node.first, node.last, true, this.#isLax);
      }
      case 'filter':
        if (unwraps && isArray(value)) return this.#unwrapped(node, value, frame, emit);
        return this.#truth(node.operand, value, { ...frame, current: value }) === true && this.#next(node, value, frame, emit);
      case 'method':
        return this.#method(node, node.method, value, frame, emit, unwraps);
      case 'datetime':
        if (unwraps && isArray(value)) return this.#unwrapped(node, value, frame, emit);
        if (typeof value !== 'string') throw new PathError('22031', 'jsonpath item method .datetime() can only be applied to a string');
        return this.#next(node, softly(() => readPathDatetime(value, node.template)), frame, emit);
      case 'arithmetic':
        return this.#next(node, this.#arithmetic(node.operator, node.left, node.right, value, frame), frame, emit);
      case 'sign':
        return this.#operands(node.operand, value, frame, true).some((operand) => {
          // Who only asks whether there is an item does not look at this one.
          if (!(operand instanceof Numeric) && emit === enough && node.next === undefined) return false;
          if (!(operand instanceof Numeric)) throw new PathError('2203B', `operand of unary jsonpath operator ${node.operator} is not a numeric value`);
          return this.#next(node, node.operator === '-' ? operand.negate() : operand, frame, emit);
        });
      default:
        return this.#next(node, this.#truth(node, value, frame) ?? null, frame, emit);
    }
  }

  #structural(frame: Frame, code: string, message: string): false {
    if (!frame.ignoresStructure) throw new PathError(code, message);
    return false;
  }

  /** The node on each element of an array that stands for them. */
  #unwrapped(node: PathNode, array: readonly JsonbValue[], frame: Frame, emit: Emit): boolean {
    return array.some((element) => this.#node(node, element, frame, emit, false));
  }

  /** `node` (or the caller, when undefined) on members from depth `first` to `last`; `level` is the depth of `value`'s own. */
  #members(node: PathNode | undefined, value: JsonbObject | readonly JsonbValue[], frame: Frame, emit: Emit, level: number, first: number, last: number, ignoresStructure: boolean, unwraps: boolean): boolean {
    if (level > last) return false;
    this.#zoneContext?.checkDeadline();
    const within = ignoresStructure ? { ...frame, ignoresStructure: true } : frame;
    for (const member of value instanceof JsonbObject ? value.values : value) {
      // The deepest are those that hold nothing.
      if (level >= first || (first === Infinity && last === Infinity && !isContainer(member))) {
        if (node === undefined ? emit(member) : this.#node(node, member, within, emit, unwraps)) return true;
      }
      if (level < last && isContainer(member) && this.#members(node, member, frame, emit, level + 1, first, last, ignoresStructure, unwraps)) return true;
    }
    return false;
  }

  #variable(name: string): JsonbValue {
    const value = this.#variables.get(name);
    if (value === undefined) throw new DbError('42704', `could not find jsonpath variable "${name}"`);
    return value;
  }

  #key(node: PathNode, name: string, value: PathItem, frame: Frame, emit: Emit, unwraps: boolean): boolean {
    if (value instanceof JsonbObject) {
      const member = value.get(name);
      if (member !== undefined) return this.#next(node, member, frame, emit);
      return this.#structural(frame, '2203A', `JSON object does not contain key "${name}"`);
    }
    if (unwraps && isArray(value)) return this.#unwrapped(node, value, frame, emit);
    return this.#structural(frame, '2203A', 'jsonpath member accessor can only be applied to an object');
  }

  #index(node: PathNode & { readonly kind: 'index' }, value: PathItem, frame: Frame, emit: Emit): boolean {
    if (!isArray(value) && !this.#isLax) return this.#structural(frame, '22039', 'jsonpath array accessor can only be applied to an array');
    const array: readonly PathItem[] = isArray(value) ? value : [value];
    const within = { ...frame, arraySize: array.length };
    for (const range of node.ranges) {
      let from = this.#subscript(range.from, value, within);
      let to = range.to === undefined ? from : this.#subscript(range.to, value, within);
      if (!frame.ignoresStructure && (from < 0 || from > to || to >= array.length)) throw new PathError('22033', 'jsonpath array subscript is out of bounds');
      from = Math.max(from, 0);
      to = Math.min(to, array.length - 1);
      for (let i = from; i <= to; i++) if (this.#next(node, array[i]!, frame, emit)) return true;
    }
    return false;
  }
  #subscript(node: PathNode, value: PathItem, frame: Frame): number {
    const found: PathItem[] = [];
    this.#item(node, value, frame, (item) => found.push(item) < 0);
    const [index] = found;
    if (found.length !== 1 || !(index instanceof Numeric)) throw new PathError('22033', 'jsonpath array subscript is not a single numeric value');
    const whole = index.truncate(0).toDouble();
    if (!(whole >= -2147483648 && whole <= 2147483647)) throw new PathError('22033', 'jsonpath array subscript is out of integer range');
    return whole;
  }

  // ------------------------------------------------------------------------------------------------------------ methods and arithmetic

  #method(node: PathNode, method: Method, value: PathItem, frame: Frame, emit: Emit, unwraps: boolean): boolean {
    switch (method) {
      case 'type':
        return this.#next(node, value instanceof PathDatetime ? value.typeName : jsonbKind(value), frame, emit);
      case 'size':
        if (!isArray(value) && !this.#isLax) return this.#structural(frame, '22039', 'jsonpath item method .size() can only be applied to an array');
        return this.#next(node, new Numeric(isArray(value) ? value.length : 1, 0), frame, emit);
    }
    if (unwraps && isArray(value)) return this.#unwrapped(node, value, frame, emit);
    switch (method) {
      case 'double':
        return this.#next(node, toDouble(value), frame, emit);
      case 'keyvalue': {
        if (!(value instanceof JsonbObject)) throw new PathError('2203C', 'jsonpath item method .keyvalue() can only be applied to an object');
        const id = new Numeric(this.#idOf(value), 0);
        return value.keys.some((key, i) => this.#next(node, new JsonbObject(['id', 'key', 'value'], [id, key, value.values[i]!]), frame, emit));
      }
      default:
        if (!(value instanceof Numeric)) throw new PathError('22036', `jsonpath item method .${method}() can only be applied to a numeric value`);
        return this.#next(node, method === 'abs' ? value.abs() : method === 'floor' ? value.floor() : value.ceil(), frame, emit);
    }
  }

  /** Items of an operand; in lax mode the elements of arrays. */
  #operands(node: PathNode, value: PathItem, frame: Frame, unwraps: boolean): PathItem[] {
    const found: PathItem[] = [];
    this.#item(node, value, frame, (item) => {
      if (unwraps && this.#isLax && isArray(item)) found.push(...item);
      else found.push(item);
      return false;
    });
    return found;
  }

  #arithmetic(operator: Arithmetic, left: PathNode, right: PathNode, value: PathItem, frame: Frame): Numeric {
    const number = (node: PathNode, side: string): Numeric => {
      const items = this.#operands(node, value, frame, true);
      if (items.length !== 1 || !(items[0] instanceof Numeric)) throw new PathError('22038', `${side} operand of jsonpath operator ${operator} is not a single numeric value`);
      return items[0];
    };
    // Both sides are evaluated before either is judged.
    const a = number(left, 'left');
    const b = number(right, 'right');
    return softly(() => {
      switch (operator) {
        case '+':
          return a.add(b);
        case '-':
          return a.subtract(b);
        case '*':
          return a.multiply(b);
        case '/':
          return a.divide(b);
        case '%':
          return a.remainder(b);
      }
    });
  }

  // ------------------------------------------------------------------------------------------------------------ predicates

  #truth(node: PathNode, value: PathItem, frame: Frame): Truth {
    switch (node.kind) {
      case 'and': {
        const left = this.#truth(node.left, value, frame);
        if (left === false) return false;
        const right = this.#truth(node.right, value, frame);
        return right === true ? left : right;
      }
      case 'or': {
        const left = this.#truth(node.left, value, frame);
        if (left === true) return true;
        const right = this.#truth(node.right, value, frame);
        return right === false ? left : right;
      }
      case 'not': {
        const truth = this.#truth(node.operand, value, frame);
        return truth === undefined ? undefined : !truth;
      }
      case 'isUnknown':
        return this.#truth(node.operand, value, frame) === undefined;
      case 'exists':
        return quietly(() => (this.#isLax ? this.#item(node.operand, value, frame, enough) : this.#operands(node.operand, value, frame, false).length > 0));
      case 'comparison':
        return this.#predicate(node.left, node.right, true, value, frame, (a, b) => compareItems(node.operator, a, b!, this.#zoneContext));
      case 'startsWith':
        return this.#predicate(node.left, node.right, false, value, frame, (a, b) => (typeof a === 'string' && typeof b === 'string' ? a.startsWith(b) : undefined));
      case 'likeRegex':
        return this.#predicate(node.operand, undefined, false, value, frame, (a) => (typeof a === 'string' ? node.regex.test(a) : undefined));
      default:
        // The grammar lets nothing else stand here.
        return undefined;
    }
  }

  /** Whether some pair of operands satisfies `test`; strict mode is unknown as soon as one pair is. */
  #predicate(left: PathNode, right: PathNode | undefined, unwrapsRight: boolean, value: PathItem, frame: Frame, test: (a: PathItem, b: PathItem | undefined) => Truth): Truth {
    const as = quietly(() => this.#operands(left, value, frame, true));
    if (as === undefined) return undefined;
    const bs: readonly (PathItem | undefined)[] | undefined = right === undefined ? [undefined] : quietly(() => this.#operands(right, value, frame, unwrapsRight));
    if (bs === undefined) return undefined;
    let isFound = false;
    let isUnknown = false;
    for (const a of as) {
      for (const b of bs) {
        const truth = test(a, b);
        if (truth === true) {
          if (this.#isLax) return true;
          isFound = true;
        } else if (truth === undefined) {
          if (!this.#isLax) return undefined;
          isUnknown = true;
        }
      }
    }
    return isFound ? true : isUnknown ? undefined : false;
  }
}

const isArray = (value: PathItem): value is readonly JsonbValue[] => !(value instanceof PathDatetime) && isJsonbArray(value);
const isContainer = (value: PathItem): value is readonly JsonbValue[] | JsonbObject => value instanceof JsonbObject || isArray(value);

/** undefined where a path's error was. */
function quietly<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}
/** Errors of what a path calls are the path's. */
function softly<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DbError) throw new PathError(error.code, error.message, error.fields);
    throw error;
  }
}

function toDouble(value: PathItem): Numeric {
  if (value instanceof Numeric) {
    if (!Number.isFinite(value.toDouble())) throw new PathError('22036', 'numeric argument of jsonpath item method .double() is out of range for type double precision');
    return value;
  }
  if (typeof value !== 'string') throw new PathError('22036', 'jsonpath item method .double() can only be applied to a string or numeric value');
  let double = NaN;
  try {
    double = parseFloat8(value);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
  }
  if (!Number.isFinite(double)) throw new PathError('22036', 'string argument of jsonpath item method .double() is not a valid representation of a double precision number');
  return parseNumeric(formatFloat8(double, 0))!;
}

function compareItems(operator: Comparison, a: PathItem, b: PathItem, ctx: EvalContext | undefined): Truth {
  let order: number | undefined;
  if (a === null || b === null) {
    if (a !== b) return operator === '!=';
    order = 0;
  } else if (typeof a === 'boolean' && typeof b === 'boolean') order = Number(a) - Number(b);
  else if (a instanceof Numeric && b instanceof Numeric) order = a.compare(b);
  else if (typeof a === 'string' && typeof b === 'string') order = compareText(a, b);
  else if (a instanceof PathDatetime && b instanceof PathDatetime) order = comparePathDatetimes(a, b, ctx);
  if (order === undefined) return undefined;
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
  }
}
