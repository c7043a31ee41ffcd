/**
 * Regular expressions that cannot hang the process: PostgreSQL's advanced syntax compiled to a small program and run by simulating all its threads at once,
 * so time is at most text length times program size. The leftmost match is found; of those starting there the longest, or the shortest when the
 * expression prefers that (its first quantifier is a lazy one), as PostgreSQL's engine does for whole expressions.
 *
 * G1  Every step consumes one character for all threads; a program position is entered at most once per step.
 * G2  Look-ahead runs its own program from the position, without captures. Back-references are not regular and are refused (0A000).
 *
 * Source. Thompson 1968; Pike's capture-tracking simulation, as described by Russ Cox. Syntax: PostgreSQL's documentation, section 9.7.3.
 */
import { DbError, notSupported } from '../base/errors.js';

export interface RegexFlags {
  readonly ignoreCase: boolean;
  /** `n`: newline-sensitive; `.` and negated brackets do not match newlines, `^` and `$` match at them. */
  readonly newlineStops: boolean;
  readonly newlineAnchors: boolean;
  /** `x`: white space and comments in the pattern are ignored. */
  readonly expanded: boolean;
  /** `q`: the pattern is literal. */
  readonly literal: boolean;
}

/** Flag letters of the regexp functions; `g` is the caller's. @throws DbError 22023 */
export function parseRegexFlags(letters: string): { readonly flags: RegexFlags; readonly isGlobal: boolean } {
  let flags: RegexFlags = { ignoreCase: false, newlineStops: false, newlineAnchors: false, expanded: false, literal: false };
  let isGlobal = false;
  for (const letter of letters) {
    switch (letter) {
      case 'g':
        isGlobal = true;
        break;
      case 'i':
        flags = { ...flags, ignoreCase: true };
        break;
      case 'c':
        flags = { ...flags, ignoreCase: false };
        break;
      case 'n':
      case 'm':
        flags = { ...flags, newlineStops: true, newlineAnchors: true };
        break;
      case 'p':
        flags = { ...flags, newlineStops: true };
        break;
      case 'w':
        flags = { ...flags, newlineAnchors: true };
        break;
      case 's':
        flags = { ...flags, newlineStops: false, newlineAnchors: false };
        break;
      case 'x':
        flags = { ...flags, expanded: true };
        break;
      case 't':
        flags = { ...flags, expanded: false };
        break;
      case 'q':
        flags = { ...flags, literal: true };
        break;
      case 'b':
      case 'e':
        break;
      default:
        throw new DbError('22023', `invalid regular expression option: "${letter}"`);
    }
  }
  return { flags, isGlobal };
}

// ---------------------------------------------------------------------------------------------------------------- syntax tree

type CharacterTest = (code: number) => boolean;

type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'test'; readonly test: CharacterTest }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly branches: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number; readonly isLazy: boolean }
  | { readonly kind: 'group'; readonly node: Node; readonly index: number }
  | { readonly kind: 'assert'; readonly holds: Assertion }
  | { readonly kind: 'look'; readonly node: Node; readonly negated: boolean };

type Assertion = (text: readonly number[], at: number) => boolean;

const repeatMax = 255;
const programSizeMax = 20_000;
const depthMax = 200;

const isWord: CharacterTest = (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 95 || (c >= 97 && c <= 122) || (c > 127 && /[\p{L}\p{N}]/u.test(String.fromCodePoint(c)));
const isDigit: CharacterTest = (c) => c >= 48 && c <= 57;
const isSpace: CharacterTest = (c) => (c >= 9 && c <= 13) || c === 32 || (c > 127 && /\s/u.test(String.fromCodePoint(c)));

const classes: Readonly<Record<string, CharacterTest>> = {
  alpha: (c) => /\p{L}/u.test(String.fromCodePoint(c)), digit: isDigit, alnum: (c) => /[\p{L}\p{N}]/u.test(String.fromCodePoint(c)), upper: (c) => /\p{Lu}/u.test(String.fromCodePoint(c)),
  lower: (c) => /\p{Ll}/u.test(String.fromCodePoint(c)), space: isSpace, blank: (c) => c === 32 || c === 9, punct: (c) => c < 128 && c > 32 && !isWord(c) ? true : c === 95, cntrl: (c) => c < 32 || c === 127,
  print: (c) => c >= 32 && c !== 127, graph: (c) => c > 32 && c !== 127, xdigit: (c) => isDigit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102), word: isWord,
};

const invalid = (reason: string): DbError => new DbError('2201B', `invalid regular expression: ${reason}`);

/** Both cases of a character, for case-insensitive matching. */
function foldedTest(test: CharacterTest): CharacterTest {
  return (c) => {
    if (test(c)) return true;
    const text = String.fromCodePoint(c);
    const lower = text.toLowerCase().codePointAt(0)!;
    const upper = text.toUpperCase().codePointAt(0)!;
    return (lower !== c && test(lower)) || (upper !== c && test(upper));
  };
}

class Parser {
  readonly #source: readonly string[];
  readonly #flags: RegexFlags;
  #at = 0;
  #depth = 0;
  groupCount = 0;
  /** Whether the first quantifier is lazy: the whole then prefers the shortest match. */
  prefersShortest: boolean | undefined;

  constructor(pattern: string, flags: RegexFlags) {
    this.#source = [...pattern];
    this.#flags = flags;
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw invalid('parentheses () not balanced');
    return node;
  }

  #peek(): string | undefined {
    if (this.#flags.expanded) this.#skipBlanks();
    return this.#source[this.#at];
  }
  #skipBlanks(): void {
    for (;;) {
      const c = this.#source[this.#at];
      if (c !== undefined && /\s/.test(c)) this.#at++;
      else if (c === '#') while (this.#at < this.#source.length && this.#source[this.#at] !== '\n') this.#at++;
      else return;
    }
  }

  #choice(): Node {
    if (++this.#depth > depthMax) throw new DbError('54000', 'regular expression is nested too deeply');
    const branches = [this.#sequence()];
    while (this.#peek() === '|') {
      this.#at++;
      branches.push(this.#sequence());
    }
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let c = this.#peek(); c !== undefined && c !== '|' && c !== ')'; c = this.#peek()) parts.push(this.#quantified());
    return parts.length === 0 ? { kind: 'empty' } : parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #quantified(): Node {
    let node = this.#atom();
    for (let c = this.#peek(); c === '*' || c === '+' || c === '?' || (c === '{' && /[0-9]/.test(this.#source[this.#at + 1] ?? '')); c = this.#peek()) {
      if (node.kind === 'assert' || node.kind === 'look') throw invalid('quantifier operand invalid');
      this.#at++;
      let min = c === '+' ? 1 : 0;
      let max = c === '?' ? 1 : Infinity;
      if (c === '{') [min, max] = this.#bounds();
      const isLazy = this.#source[this.#at] === '?';
      if (isLazy) this.#at++;
      this.prefersShortest ??= min === max ? undefined : isLazy;
      node = { kind: 'repeat', node, min, max, isLazy };
    }
    return node;
  }

  #bounds(): [number, number] {
    const end = this.#source.indexOf('}', this.#at);
    const match = end < 0 ? null : /^(\d+)(,(\d*))?$/.exec(this.#source.slice(this.#at, end).join(''));
    if (match === null) throw invalid('invalid repetition count(s)');
    this.#at = end + 1;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
    if (min > repeatMax || (max !== Infinity && max > repeatMax) || max < min) throw invalid('invalid repetition count(s)');
    return [min, max];
  }

  #test(test: CharacterTest): Node {
    return { kind: 'test', test: this.#flags.ignoreCase ? foldedTest(test) : test };
  }
  #literal(c: string): Node {
    const code = c.codePointAt(0)!;
    return this.#test((other) => other === code);
  }

  #atom(): Node {
    const c = this.#source[this.#at++]!;
    switch (c) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        return { kind: 'test', test: this.#flags.newlineStops ? (code) => code !== 10 : () => true };
      case '^':
        return { kind: 'assert', holds: this.#flags.newlineAnchors ? (text, at) => at === 0 || text[at - 1] === 10 : (_text, at) => at === 0 };
      case '$':
        return { kind: 'assert', holds: this.#flags.newlineAnchors ? (text, at) => at === text.length || text[at] === 10 : (text, at) => at === text.length };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw invalid('quantifier operand invalid');
      default:
        return this.#literal(c);
    }
  }

  #group(): Node {
    let node: Node;
    if (this.#source[this.#at] === '?') {
      const kind = this.#source[this.#at + 1];
      this.#at += 2;
      if (kind === ':') node = this.#choice();
      else if (kind === '=' || kind === '!') node = { kind: 'look', node: this.#choice(), negated: kind === '!' };
      else if (kind === '<') throw notSupported('regular expression look-behind');
      else if (kind === '#') {
        while (this.#at < this.#source.length && this.#source[this.#at] !== ')') this.#at++;
        node = { kind: 'empty' };
      } else throw invalid('quantifier operand invalid');
    } else {
      const index = ++this.groupCount;
      node = { kind: 'group', node: this.#choice(), index };
    }
    if (this.#peek() !== ')') throw invalid('parentheses () not balanced');
    this.#at++;
    return node;
  }

  #escape(): Node {
    const c = this.#source[this.#at++];
    if (c === undefined) throw invalid('invalid escape \\ sequence');
    const shorthand = shorthands[c];
    if (shorthand !== undefined) return { kind: 'test', test: shorthand };
    switch (c) {
      case 'A':
        return { kind: 'assert', holds: (_text, at) => at === 0 };
      case 'Z':
        return { kind: 'assert', holds: (text, at) => at === text.length };
      case 'm':
        return { kind: 'assert', holds: (text, at) => at < text.length && isWord(text[at]!) && (at === 0 || !isWord(text[at - 1]!)) };
      case 'M':
        return { kind: 'assert', holds: (text, at) => at > 0 && isWord(text[at - 1]!) && (at === text.length || !isWord(text[at]!)) };
      case 'y':
        return { kind: 'assert', holds: (text, at) => (at > 0 && isWord(text[at - 1]!)) !== (at < text.length && isWord(text[at]!)) };
      case 'Y':
        return { kind: 'assert', holds: (text, at) => (at > 0 && isWord(text[at - 1]!)) === (at < text.length && isWord(text[at]!)) };
      default:
    }
    if (/[1-9]/.test(c)) throw notSupported('regular expression back-reference');
    return this.#literal(String.fromCodePoint(this.#characterEscape(c)));
  }

  /** The character a backslash escape stands for; `c` has been consumed. */
  #characterEscape(c: string): number {
    const plain = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11, B: 92, '0': 0 }[c];
    if (plain !== undefined) return plain;
    const hex = { u: 4, U: 8, x: 2 }[c];
    if (hex !== undefined) {
      const digits = /^[0-9A-Fa-f]+/.exec(this.#source.slice(this.#at, this.#at + hex).join(''))?.[0];
      if (digits === undefined || (c !== 'x' && digits.length < hex)) throw invalid('invalid escape \\ sequence');
      this.#at += digits.length;
      return parseInt(digits, 16);
    }
    if (/[A-Za-z0-9]/.test(c)) throw invalid('invalid escape \\ sequence');
    return c.codePointAt(0)!;
  }

  #bracket(): Node {
    let isNegated = false;
    if (this.#source[this.#at] === '^') {
      isNegated = true;
      this.#at++;
    }
    const tests: CharacterTest[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const c = this.#source[this.#at];
      if (c === undefined) throw invalid('brackets [] not balanced');
      if (c === ']' && !isFirst) break;
      if (c === '[' && this.#source[this.#at + 1] === ':') {
        const end = this.#source.indexOf(':', this.#at + 2);
        const name = end < 0 ? '' : this.#source.slice(this.#at + 2, end).join('');
        const test = classes[name];
        if (test === undefined || this.#source[end + 1] !== ']') throw invalid('invalid character class');
        tests.push(test);
        this.#at = end + 2;
        continue;
      }
      if (c === '\\' && shorthands[this.#source[this.#at + 1] ?? ''] !== undefined) {
        tests.push(shorthands[this.#source[this.#at + 1]!]!);
        this.#at += 2;
        continue;
      }
      const low = this.#bracketCharacter();
      if (this.#source[this.#at] === '-' && this.#source[this.#at + 1] !== ']' && this.#source[this.#at + 1] !== undefined) {
        this.#at++;
        const high = this.#bracketCharacter();
        if (high < low) throw invalid('invalid character range');
        tests.push((code) => code >= low && code <= high);
      } else tests.push((code) => code === low);
    }
    this.#at++;
    const any: CharacterTest = (code) => tests.some((test) => test(code));
    const folded = this.#flags.ignoreCase ? foldedTest(any) : any;
    if (!isNegated) return { kind: 'test', test: folded };
    return { kind: 'test', test: this.#flags.newlineStops ? (code) => code !== 10 && !folded(code) : (code) => !folded(code) };
  }

  #bracketCharacter(): number {
    const c = this.#source[this.#at++]!;
    if (c === '\\') {
      const escaped = this.#source[this.#at++];
      if (escaped === undefined) throw invalid('invalid escape \\ sequence');
      return this.#characterEscape(escaped);
    }
    if (c === '[' && (this.#source[this.#at] === '.' || this.#source[this.#at] === '=')) {
      const mark = this.#source[this.#at]!;
      const inner = this.#source[this.#at + 1]!;
      if (this.#source[this.#at + 2] !== mark || this.#source[this.#at + 3] !== ']') throw invalid('invalid collating element');
      this.#at += 4;
      return inner.codePointAt(0)!;
    }
    return c.codePointAt(0)!;
  }
}

const shorthands: Readonly<Record<string, CharacterTest>> = {
  d: isDigit, D: (c) => !isDigit(c), w: isWord, W: (c) => !isWord(c), s: isSpace, S: (c) => !isSpace(c),
};

// ---------------------------------------------------------------------------------------------------------------- program

type Instruction =
  | { readonly op: 'test'; readonly test: CharacterTest }
  /** Goes on at both; the first is preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly holds: Assertion }
  | { readonly op: 'look'; readonly program: readonly Instruction[]; readonly negated: boolean }
  | { readonly op: 'match' };

function compileNode(node: Node, out: Instruction[]): void {
  if (out.length > programSizeMax) throw invalid('regular expression is too complex');
  switch (node.kind) {
    case 'empty':
      return;
    case 'test':
      out.push({ op: 'test', test: node.test });
      return;
    case 'sequence':
      for (const part of node.parts) compileNode(part, out);
      return;
    case 'choice': {
      const jumps: { op: 'jump'; to: number }[] = [];
      node.branches.forEach((branch, i) => {
        if (i === node.branches.length - 1) {
          compileNode(branch, out);
          return;
        }
        const split = { op: 'split' as const, first: out.length + 1, second: 0 };
        out.push(split);
        compileNode(branch, out);
        const jump = { op: 'jump' as const, to: 0 };
        out.push(jump);
        jumps.push(jump);
        split.second = out.length;
      });
      for (const jump of jumps) jump.to = out.length;
      return;
    }
    case 'group':
      out.push({ op: 'save', slot: node.index * 2 });
      compileNode(node.node, out);
      out.push({ op: 'save', slot: node.index * 2 + 1 });
      return;
    case 'assert':
      out.push({ op: 'assert', holds: node.holds });
      return;
    case 'look': {
      const program: Instruction[] = [];
      compileNode(node.node, program);
      program.push({ op: 'match' });
      out.push({ op: 'look', program, negated: node.negated });
      return;
    }
    case 'repeat': {
      for (let i = 0; i < node.min; i++) compileNode(node.node, out);
      const split = (first: number, second: number) => (node.isLazy ? { op: 'split' as const, first: second, second: first } : { op: 'split' as const, first, second });
      if (node.max === Infinity) {
        const at = out.length;
        const loop = split(at + 1, 0);
        out.push(loop);
        compileNode(node.node, out);
        out.push({ op: 'jump', to: at });
        if (node.isLazy) loop.first = out.length;
        else loop.second = out.length;
        return;
      }
      const loops: { op: 'split'; first: number; second: number }[] = [];
      for (let i = node.min; i < node.max; i++) {
        const optional = split(out.length + 1, 0);
        loops.push(optional);
        out.push(optional);
        compileNode(node.node, out);
      }
      for (const loop of loops) {
        if (node.isLazy) loop.first = out.length;
        else loop.second = out.length;
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------- matching

export interface RegexMatch {
  /** Character positions. */
  readonly start: number;
  readonly end: number;
  /** Start and end of each group from 1 on, -1 when it took no part. */
  readonly groups: readonly number[];
}

/** Text as code points, so that positions are characters. */
export function codePoints(text: string): number[] {
  const codes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    codes.push(code);
  }
  return codes;
}

export class Regex {
  readonly groupCount: number;
  readonly #program: readonly Instruction[];
  readonly #prefersShortest: boolean;

  /** @throws DbError 2201B, 0A000, 54000 */
  constructor(pattern: string, flags: RegexFlags) {
    // Embedded options and directors stand at the very start.
    let source = pattern;
    let effective = flags;
    if (source.startsWith('***=')) {
      source = source.slice(4);
      effective = { ...flags, literal: true };
    } else if (source.startsWith('***:')) source = source.slice(4);
    const embedded = effective.literal ? null : /^\(\?([a-z]+)\)/.exec(source);
    if (embedded !== null) {
      source = source.slice(embedded[0].length);
      const own = parseRegexFlags(embedded[1]!).flags;
      effective = { ignoreCase: own.ignoreCase || (effective.ignoreCase && !embedded[1]!.includes('c')), newlineStops: own.newlineStops || effective.newlineStops, newlineAnchors: own.newlineAnchors || effective.newlineAnchors, expanded: own.expanded || effective.expanded, literal: own.literal };
    }
    if (effective.literal) source = source.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    const parser = new Parser(source, { ...effective, expanded: effective.expanded && !effective.literal });
    const program: Instruction[] = [];
    compileNode(parser.parse(), program);
    program.push({ op: 'match' });
    this.#program = program;
    this.groupCount = parser.groupCount;
    this.#prefersShortest = parser.prefersShortest === true;
  }

  test(text: readonly number[], checkDeadline: () => void): boolean {
    return this.find(text, 0, checkDeadline, true) !== undefined;
  }

  /** The leftmost match that starts at or after `from`. `anyEnd`: whether there is one is enough. */
  find(text: readonly number[], from: number, checkDeadline: () => void, anyEnd = false): RegexMatch | undefined {
    const state = new Simulation(this.#program, text, this.groupCount);
    return state.run(from, this.#prefersShortest, checkDeadline, anyEnd);
  }
}

class Simulation {
  readonly #program: readonly Instruction[];
  readonly #text: readonly number[];
  readonly #slots: number;
  /** Step at which each program position was last entered (G1). */
  readonly #entered: Int32Array;
  #step = 0;
  #threads: { pc: number; saved: Int32Array }[] = [];

  constructor(program: readonly Instruction[], text: readonly number[], groupCount: number) {
    this.#program = program;
    this.#text = text;
    this.#slots = (groupCount + 1) * 2;
    this.#entered = new Int32Array(program.length).fill(-1);
  }

  run(from: number, prefersShortest: boolean, checkDeadline: () => void, anyEnd: boolean): RegexMatch | undefined {
    let best: Int32Array | undefined;
    this.#threads = [];
    for (let at = from; at <= this.#text.length; at++) {
      if ((at & 1023) === 1023) checkDeadline();
      const current = this.#threads;
      this.#threads = [];
      this.#step++;
      const entering = this.#threads;
      if (at === from) {
        const saved = new Int32Array(this.#slots).fill(-1);
        saved[0] = at;
        this.#enter(0, at, saved);
      } else {
        const code = this.#text[at - 1]!;
        for (const thread of current) {
          const instruction = this.#program[thread.pc]!;
          if (instruction.op === 'test' && instruction.test(code)) this.#enter(thread.pc + 1, at, thread.saved);
        }
        // Later starts only while no match has been found: the leftmost one wins.
        if (best === undefined) {
          const saved = new Int32Array(this.#slots).fill(-1);
          saved[0] = at;
          this.#enter(0, at, saved);
        }
      }
      for (const thread of entering) {
        if (this.#program[thread.pc]!.op !== 'match') continue;
        if (best !== undefined && thread.saved[0]! > best[0]!) continue;
        const isBetter = best === undefined || thread.saved[0]! < best[0]! || (prefersShortest ? at < best[1]! : at > best[1]!);
        if (isBetter) {
          best = thread.saved.slice();
          best[1] = at;
        }
      }
      if (best !== undefined) {
        if (anyEnd || (prefersShortest && entering.every((thread) => thread.saved[0]! >= best![0]!))) break;
        const start = best[0]!;
        this.#threads = entering.filter((thread) => thread.saved[0]! <= start);
        if (this.#threads.every((thread) => this.#program[thread.pc]!.op === 'match')) break;
      }
    }
    return best === undefined ? undefined : { start: best[0]!, end: best[1]!, groups: [...best.subarray(2)] };
  }

  /** Follows everything that consumes no character; iterative, in order of preference. */
  #enter(first: number, at: number, firstSaved: Int32Array): void {
    const stack: { pc: number; saved: Int32Array }[] = [{ pc: first, saved: firstSaved }];
    while (stack.length > 0) {
      const { pc, saved } = stack.pop()!;
      if (this.#entered[pc] === this.#step) continue;
      this.#entered[pc] = this.#step;
      const instruction = this.#program[pc]!;
      switch (instruction.op) {
        case 'jump':
          stack.push({ pc: instruction.to, saved });
          break;
        case 'split':
          stack.push({ pc: instruction.second, saved }, { pc: instruction.first, saved });
          break;
        case 'save': {
          const copy = saved.slice();
          copy[instruction.slot] = at;
          stack.push({ pc: pc + 1, saved: copy });
          break;
        }
        case 'assert':
          if (instruction.holds(this.#text, at)) stack.push({ pc: pc + 1, saved });
          break;
        case 'look': {
          const inner = new Simulation(instruction.program, this.#text, 0);
          if (inner.matchesAt(at) !== instruction.negated) stack.push({ pc: pc + 1, saved });
          break;
        }
        default:
          this.#threads.push({ pc, saved });
      }
    }
  }

  /** Whether the program matches something that begins at `at`. */
  matchesAt(at: number): boolean {
    this.#step = 1;
    this.#enter(0, at, new Int32Array(this.#slots));
    for (let i = at; ; i++) {
      if (this.#threads.some((thread) => this.#program[thread.pc]!.op === 'match')) return true;
      if (i >= this.#text.length || this.#threads.length === 0) return false;
      const current = this.#threads;
      this.#threads = [];
      this.#step++;
      for (const thread of current) {
        const instruction = this.#program[thread.pc]!;
        if (instruction.op === 'test' && instruction.test(this.#text[i]!)) this.#enter(thread.pc + 1, i + 1, thread.saved);
      }
    }
  }
}

const cache = new Map<string, Regex>();
const cacheSizeMax = 500;

/** A compiled expression, from a small cache. */
export function regexOf(pattern: string, flags: RegexFlags): Regex {
  const key = `${Number(flags.ignoreCase)}${Number(flags.newlineStops)}${Number(flags.newlineAnchors)}${Number(flags.expanded)}${Number(flags.literal)}${pattern}`;
  let regex = cache.get(key);
  if (regex === undefined) {
    regex = new Regex(pattern, flags);
    if (cache.size >= cacheSizeMax) cache.delete(cache.keys().next().value!);
    cache.set(key, regex);
  }
  return regex;
}
