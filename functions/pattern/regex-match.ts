/**
 * Finding matches and their parts. POSIX asks for the leftmost match, and of those for the longest, or the shortest if the
 * expression prefers that. Then the match is divided among the parts of the expression from left to right, each part taking
 * as much or as little as it prefers while the rest still matches.
 *
 * M1  Without back references every division found here is final: the automaton of the rest has been asked whether it can
 *     match exactly what is left. So no choice is ever undone.
 * M2  With back references choices may be undone, at most `BackReferenceStepsMax` times: past that it is an error, not a hang.
 *
 * Source: Henry Spencer's regexec.c (find, cdissect and its kin) as PostgreSQL has it.
 */
import type { Checkpoint } from './regex-program.js';
import { Alphabet, Program, Subject, setsOf, tooComplex } from './regex-program.js';
import type { ParsedRegex, RegexFlags, RegexNode } from './regex-parse.js';
import { defaultFlags, parseRegex } from './regex-parse.js';

const BackReferenceStepsMax = 2_000_000;

/** Starts and ends by group, -1 for one that took no part; group 0 is the whole. Positions count characters. */
export interface RegexMatch {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

type Remaining = () => boolean;
type Repeat = Extract<RegexNode, { kind: 'repeat' }>;

function hasBackReference(node: RegexNode): boolean {
  switch (node.kind) {
    case 'backReference':
      return true;
    case 'concat':
    case 'alternation':
      return node.items.some(hasBackReference);
    case 'repeat':
    case 'group':
      return hasBackReference(node.item);
    default:
      return false;
  }
}

/**
 * Whether PostgreSQL, having failed everywhere before the end of the text, tries to match there: it looks for the nearest end of a possible match, tries
 * the beginnings up to it, and goes on behind it, but stops when that is the end of the text. `firstEnds`: the nearest end of what begins at `from`, `from` + 1, ..., the text's end.
 * Source. cfindloop of regexec.c.
 */
function looksAtTheEnd(firstEnds: readonly number[], from: number): boolean {
  const nearest = [...firstEnds];
  for (let i = nearest.length - 2; i >= 0; i--) nearest[i] = Math.min(nearest[i]!, nearest[i + 1]!);
  const end = from + nearest.length - 1;
  let at = from;
  while (at < end && nearest[at - from]! < end) at = nearest[at - from]! + 1;
  return at < end;
}

export class Regex {
  readonly groupCount: number;
  readonly #parsed: ParsedRegex;
  readonly #alphabet: Alphabet;
  readonly #whole: Program;
  readonly #programs = new Map<RegexNode, Program>();
  /** Expressions for the rest of a concatenation or repetition, made once. */
  readonly #tails = new Map<RegexNode, Map<string, RegexNode>>();

  constructor(pattern: string, flags: RegexFlags) {
    this.#parsed = parseRegex(pattern, flags);
    this.groupCount = this.#parsed.groupCount;
    this.#alphabet = new Alphabet(setsOf(this.#parsed.root));
    this.#whole = this.#program(this.#parsed.root);
  }

  #program(node: RegexNode): Program {
    let program = this.#programs.get(node);
    if (program === undefined) this.#programs.set(node, (program = new Program(node, this.#alphabet)));
    return program;
  }

  /** Whether the pattern matches anywhere in the text. */
  test(text: string, check?: Checkpoint): boolean {
    const subject = new Subject(text);
    if (!this.#parsed.hasBackReferences) return this.#whole.test(subject, 0, check);
    return this.#whole.test(subject, 0, check) && this.find(subject, 0, check) !== undefined;
  }

  /** The first match that begins at or after `from`. */
  find(subject: Subject, from: number, check?: Checkpoint): RegexMatch | undefined {
    const { root, hasBackReferences } = this.#parsed;
    if (!this.#whole.test(subject, from, check)) return undefined;
    const prefer = root.preference === 'short' ? 'short' : 'long';
    if (!hasBackReferences) {
      const start = this.#leftmost(subject, from, check);
      const end = this.#whole.end(subject, start, subject.length, prefer, check);
      return this.#divide(subject, start, end, check);
    }
    const firstEnds: number[] = [];
    for (let start = from; start <= subject.length; start++) {
      const ends: number[] = [];
      this.#whole.walk(subject, start, subject.length, (end) => ends.push(end) > 0, check);
      firstEnds.push(ends[0] ?? Infinity);
      if (start === subject.length && start > from && !looksAtTheEnd(firstEnds, from)) return undefined;
      for (const end of prefer === 'long' ? ends.reverse() : ends) {
        const match = this.#divide(subject, start, end, check);
        if (match !== undefined) return match;
      }
    }
    return undefined;
  }

  /** Tries positions in turn while that is cheap, as it nearly always is; then in one pass over the text. */
  #leftmost(subject: Subject, from: number, check?: Checkpoint): number {
    let start = from;
    if (!this.#whole.hasLooks) {
      for (let budget = 4 * (subject.length - from) + 1000; budget > 0 && start <= subject.length; start++) {
        const read = this.#whole.attempt(subject, start, budget);
        if (read < 0) return start;
        if (read === Infinity) break;
        budget -= read + 1;
      }
    }
    return this.#whole.leftmostStart(subject, start, check);
  }

  // ------------------------------------------------------------------------------------------------------------ division

  #divide(subject: Subject, start: number, end: number, check?: Checkpoint): RegexMatch | undefined {
    const starts = new Array<number>(this.groupCount + 1).fill(-1);
    const ends = new Array<number>(this.groupCount + 1).fill(-1);
    starts[0] = start;
    ends[0] = end;
    if (this.#parsed.root.hasGroups) {
      const division = new Division(this, subject, starts, ends, this.#parsed, check);
      if (!division.part(this.#parsed.root, start, end, () => true)) return undefined;
    }
    return { starts, ends };
  }

  /** Ends of matches of `node` from `start`, up to `limit`. */
  endsOf(node: RegexNode, subject: Subject, start: number, limit: number, check: Checkpoint | undefined): number[] {
    const ends: number[] = [];
    this.#program(node).walk(subject, start, limit, (end) => ends.push(end) > 0, check);
    return ends;
  }
  matchesExactly(node: RegexNode, subject: Subject, start: number, end: number, check: Checkpoint | undefined): boolean {
    let isExact = false;
    this.#program(node).walk(subject, start, end, (found) => {
      isExact = found === end;
      return !isExact;
    }, check);
    return isExact;
  }
  /** The expression for what follows: a concatenation from its `from`th part on, or a repetition with other bounds. */
  tail(node: RegexNode, key: string, make: () => RegexNode): RegexNode {
    let tails = this.#tails.get(node);
    if (tails === undefined) this.#tails.set(node, (tails = new Map()));
    let tail = tails.get(key);
    if (tail === undefined) tails.set(key, (tail = make()));
    return tail;
  }
}

/** One attempt to divide one match. */
class Division {
  readonly #regex: Regex;
  readonly #subject: Subject;
  readonly #starts: number[];
  readonly #ends: number[];
  readonly #parsed: ParsedRegex;
  readonly #check: Checkpoint | undefined;
  #steps = 0;

  constructor(regex: Regex, subject: Subject, starts: number[], ends: number[], parsed: ParsedRegex, check: Checkpoint | undefined) {
    this.#regex = regex;
    this.#subject = subject;
    this.#starts = starts;
    this.#ends = ends;
    this.#parsed = parsed;
    this.#check = check;
  }

  /** Divides [start, end) among the parts of `node`, then goes on with `rest`; false when that cannot be. */
  part(node: RegexNode, start: number, end: number, rest: Remaining): boolean {
    if (this.#parsed.hasBackReferences && ++this.#steps > BackReferenceStepsMax) throw tooComplex();
    if (!node.hasGroups) return rest();
    switch (node.kind) {
      case 'group': {
        const oldStart = this.#starts[node.index]!;
        const oldEnd = this.#ends[node.index]!;
        const isDone = this.part(node.item, start, end, () => {
          this.#starts[node.index] = start;
          this.#ends[node.index] = end;
          return rest();
        });
        if (!isDone) {
          this.#starts[node.index] = oldStart;
          this.#ends[node.index] = oldEnd;
        }
        return isDone;
      }
      case 'backReference': {
        const from = this.#starts[node.index]!;
        if (from < 0) return false;
        const wanted = this.#subject.slice(from, this.#ends[node.index]!);
        const given = this.#subject.slice(start, end);
        const isSame = wanted === given || (this.#parsed.ignoresCase && wanted.toLowerCase() === given.toLowerCase());
        return isSame && rest();
      }
      case 'concat':
        return this.#sequence(node, 0, start, end, rest);
      case 'alternation':
        for (const item of node.items) {
          if (this.#regex.matchesExactly(item, this.#subject, start, end, this.#check) && this.part(item, start, end, rest)) return true;
        }
        return false;
      case 'repeat':
        return this.#iterations(node, node.min, node.max, start, end, rest);
      default:
        return rest();
    }
  }

  #inOrder(ends: number[], node: RegexNode): number[] {
    return node.preference === 'short' ? ends : ends.reverse();
  }

  #sequence(node: Extract<RegexNode, { kind: 'concat' }>, at: number, start: number, end: number, rest: Remaining): boolean {
    const item = node.items[at]!;
    if (at === node.items.length - 1) return this.#regex.matchesExactly(item, this.#subject, start, end, this.#check) && this.part(item, start, end, rest);
    const tail = this.#regex.tail(node, String(at + 1), () => {
      const items = node.items.slice(at + 1);
      return items.length === 1 ? items[0]! : { ...node, items };
    });
    if (!tail.hasGroups && !item.hasGroups) return rest();
    const ends = this.#regex.endsOf(item, this.#subject, start, end, this.#check);
    for (const middle of this.#inOrder(ends, item)) {
      if (!this.#regex.matchesExactly(tail, this.#subject, middle, end, this.#check)) continue;
      if (this.part(item, start, middle, () => this.#sequence(node, at + 1, middle, end, rest))) return true;
      if (!this.#parsed.hasBackReferences) return false;
    }
    return false;
  }

  /**
   * `x{0,n}` is one or more of x found one by one, or nothing. `x{m,n}` is `x{m-1,n-1}` and then `x`, for only the last iteration's
   * groups are seen, unless a back reference inside of x asks for them one by one too. The ways differ where x may be empty.
   */
  #iterations(node: Repeat, min: number, max: number, start: number, end: number, rest: Remaining): boolean {
    if (min === 0) {
      const some = this.#regex.tail(node, `1,${max}`, () => ({ ...node, min: 1 }));
      if (max > 0 && this.#regex.matchesExactly(some, this.#subject, start, end, this.#check)) {
        if (this.#oneByOne(node, 1, max, start, end, rest)) return true;
        if (!this.#parsed.hasBackReferences) return false;
      }
      return start === end && rest();
    }
    if (hasBackReference(node.item)) return this.#oneByOne(node, min, max, start, end, rest);
    this.#forget(node.item);
    const prefix = this.#regex.tail(node, `prefix ${min - 1},${max - 1}`, () => ({ ...node, min: min - 1, max: max - 1, hasGroups: false }));
    const ends = max === 1 ? [start] : this.#regex.endsOf(prefix, this.#subject, start, end, this.#check);
    for (const middle of this.#inOrder(ends, node)) {
      if (!this.#regex.matchesExactly(node.item, this.#subject, middle, end, this.#check)) continue;
      if (this.part(node.item, middle, end, rest)) return true;
      if (!this.#parsed.hasBackReferences) return false;
    }
    return false;
  }

  /** Iterations of at least one character each, unless the minimum asks for empty ones. */
  #oneByOne(node: Repeat, min: number, max: number, start: number, end: number, rest: Remaining): boolean {
    if (start === end && min === 0) return rest();
    if (max === 0) return false;
    const nextMin = Math.max(min - 1, 0);
    const tail = this.#regex.tail(node, `${nextMin},${max - 1}`, () => ({ ...node, min: nextMin, max: max - 1, hasGroups: true }));
    const ends = this.#regex.endsOf(node.item, this.#subject, start, end, this.#check);
    for (const middle of this.#inOrder(ends, node.item)) {
      if (middle === start && !(min > end - start)) continue;
      const isLast = middle === end && nextMin === 0;
      if (!isLast && (max === 1 || !this.#regex.matchesExactly(tail, this.#subject, middle, end, this.#check))) continue;
      this.#forget(node.item);
      if (this.part(node.item, start, middle, () => (isLast ? rest() : this.#oneByOne(node, nextMin, max - 1, middle, end, rest)))) return true;
      if (!this.#parsed.hasBackReferences) return false;
    }
    return false;
  }

  /** A new iteration begins without the groups of the last one. */
  #forget(node: RegexNode): void {
    if (!node.hasGroups) return;
    if (node.kind === 'group') {
      this.#starts[node.index] = -1;
      this.#ends[node.index] = -1;
    }
    if (node.kind === 'group' || node.kind === 'repeat') this.#forget(node.item);
    else if (node.kind === 'concat' || node.kind === 'alternation') for (const item of node.items) this.#forget(item);
  }
}

const CompiledMax = 256;
const compiled = new Map<string, Regex>();

/** The compiled form of a pattern; the last few hundred are kept. @throws DbError 2201B */
export function compileRegex(pattern: string, flags: RegexFlags = defaultFlags): Regex {
  const key = `${flags.syntax[0]!}${Number(flags.ignoresCase)}${Number(flags.newlineStops)}${Number(flags.newlineAnchors)}${Number(flags.isExpanded)}${pattern}`;
  let regex = compiled.get(key);
  if (regex === undefined) {
    regex = new Regex(pattern, flags);
    if (compiled.size >= CompiledMax) compiled.delete(compiled.keys().next().value!);
    compiled.set(key, regex);
  }
  return regex;
}
