/**
 * Regular expressions as automata. A node of the syntax tree becomes a nondeterministic automaton (Thompson's construction), which
 * runs as a deterministic one whose states are made when they are first reached. So matching takes time in proportion to the text,
 * whatever the pattern: there is no backtracking.
 *
 * R1  Characters count only by their class: two that no set of the pattern tells apart share one. A step is one table load.
 * R2  Assertions (^ $ \y ...) look at the characters before and after a position. The state remembers of what kind the last one
 *     was, and empty moves are followed when the next class is known; the end of the text counts as a class of its own.
 * R3  Look-around depends on more than neighbours. Automata that contain it are run step by step with sets of states instead.
 * R4  A back reference is taken for "any text" here; regex-match.ts checks what it really holds.
 *
 * Source: Thompson 1968; the lazy construction as in grep and RE2.
 */
import { DbError } from '../../base/errors.js';
import type { CharSet } from './char-set.js';
import { contains, namedClass } from './char-set.js';
import type { Assertion, RegexNode } from './regex-parse.js';
import { regexError } from './regex-parse.js';

/** A pattern may not need more states than this. */
const StateCountMax = 50_000;
/** Deterministic states kept before all are forgotten and made anew. */
const CachedStatesMax = 3_000;

type NfaState =
  | { readonly kind: 'set'; readonly set: number; readonly next: number }
  | { readonly kind: 'split'; readonly next: readonly number[] }
  | { readonly kind: 'assertion'; readonly what: Assertion; readonly next: number }
  | { readonly kind: 'look'; readonly look: number; readonly next: number }
  | { readonly kind: 'accept' };

/** What the character before a position is, as far as assertions care. */
const Before = { TextStart: 0, Newline: 1, Word: 2, Other: 3 } as const;
type Before = (typeof Before)[keyof typeof Before];

interface DfaState {
  readonly kernel: readonly number[];
  readonly before: Before;
  /** By class of the next character: the state after it, undefined when not known yet. */
  readonly next: (DfaState | undefined)[];
  /** By class of the next character: whether the text up to here is a match; 0 unknown, 1 no, 2 yes. */
  readonly accepts: Uint8Array;
  readonly isDead: boolean;
}

/** The classes of characters that a whole pattern distinguishes. */
export class Alphabet {
  /** Class of each code point below 256. */
  readonly small = new Uint16Array(256);
  /** Starts of the runs of one class, ascending, and their classes. */
  readonly #starts: number[];
  readonly #classes: number[];
  /** One character of each class, for asking sets. */
  readonly samples: readonly number[];
  readonly count: number;

  constructor(sets: readonly CharSet[]) {
    const cuts = new Set<number>([0, 10, 11]);
    for (const set of sets) {
      for (let i = 0; i < set.length; i += 2) {
        cuts.add(set[i]!);
        cuts.add(set[i + 1]! + 1);
      }
    }
    this.#starts = [...cuts].filter((cut) => cut <= 0x10ffff).sort((a, b) => a - b);
    const bySignature = new Map<string, number>();
    const samples: number[] = [];
    this.#classes = this.#starts.map((start) => {
      const signature = `${start === 10 ? 'n' : ''}${sets.map((set) => (contains(set, start) ? 1 : 0)).join('')}`;
      let index = bySignature.get(signature);
      if (index === undefined) {
        index = samples.length;
        bySignature.set(signature, index);
        samples.push(start);
      }
      return index;
    });
    this.samples = samples;
    this.count = samples.length;
    for (let code = 0; code < 256; code++) this.small[code] = this.#search(code);
  }
  #search(code: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= code) low = middle;
      else high = middle - 1;
    }
    return this.#classes[low]!;
  }
  classOf(code: number): number {
    return code < 256 ? this.small[code]! : this.#search(code);
  }
}

/** Collects the sets of a tree, so that one alphabet serves all its parts. */
export function setsOf(node: RegexNode, sets: CharSet[] = []): CharSet[] {
  switch (node.kind) {
    case 'set':
      sets.push(node.set);
      break;
    case 'concat':
    case 'alternation':
      for (const item of node.items) setsOf(item, sets);
      break;
    case 'repeat':
    case 'group':
    case 'look':
      setsOf(node.item, sets);
      break;
    case 'assertion':
      if (node.what.startsWith('word') || node.what === 'notWordBoundary') sets.push(namedClass('word')!);
      break;
  }
  return sets;
}

/** The text under a match: its characters, counted as code points. */
export class Subject {
  readonly text: string;
  readonly codes: Int32Array | undefined;
  readonly length: number;

  constructor(text: string) {
    this.text = text;
    if (/[\ud800-\udfff]/.test(text)) {
      this.codes = Int32Array.from(Array.from(text), (character) => character.codePointAt(0)!);
      this.length = this.codes.length;
    } else {
      this.codes = undefined;
      this.length = text.length;
    }
  }
  at(index: number): number {
    return this.codes === undefined ? this.text.charCodeAt(index) : this.codes[index]!;
  }
  slice(start: number, end: number): string {
    if (this.codes === undefined) return this.text.slice(start, end);
    let text = '';
    for (let i = start; i < end; i++) text += String.fromCodePoint(this.codes[i]!);
    return text;
  }
}

/** Called now and then on long runs; throws to stop. */
export type Checkpoint = () => void;
const CheckEvery = 1 << 16;

export class Program {
  readonly #alphabet: Alphabet;
  readonly #states: NfaState[] = [];
  readonly #sets: boolean[][] = [];
  readonly #looks: { readonly program: Program; readonly isBehind: boolean; readonly isNegative: boolean }[] = [];
  readonly #start: number;
  #cache = new Map<string, DfaState>();
  #hasWordAssertions = false;
  readonly #wordClasses: boolean[];
  readonly #newlineClass: number;

  constructor(node: RegexNode, alphabet: Alphabet) {
    this.#alphabet = alphabet;
    const accept = this.#add({ kind: 'accept' });
    this.#start = this.#compile(node, accept);
    const word = this.#hasWordAssertions ? namedClass('word')! : [];
    this.#wordClasses = alphabet.samples.map((sample) => contains(word, sample));
    this.#newlineClass = alphabet.classOf(10);
  }

  // ------------------------------------------------------------------------------------------------------------ construction

  #add(state: NfaState): number {
    if (this.#states.length >= StateCountMax) throw regexError('regular expression is too complex');
    return this.#states.push(state) - 1;
  }

  /** States are made from the end backwards: `next` is where a match of `node` leads. Returns where it begins. */
  #compile(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'never':
        return this.#add({ kind: 'split', next: [] });
      case 'set':
        return this.#add({ kind: 'set', set: this.#sets.push(this.#alphabet.samples.map((sample) => contains(node.set, sample))) - 1, next });
      case 'concat':
        return node.items.reduceRight((after, item) => this.#compile(item, after), next);
      case 'alternation':
        return this.#add({ kind: 'split', next: node.items.map((item) => this.#compile(item, next)) });
      case 'group':
        return this.#compile(node.item, next);
      case 'repeat':
        return this.#compileRepeat(node.item, node.min, node.max, next);
      case 'backReference':
        return this.#loop((loop) => this.#add({ kind: 'set', set: this.#sets.push(this.#alphabet.samples.map(() => true)) - 1, next: loop }), next);
      case 'assertion':
        if (node.what.startsWith('word') || node.what === 'notWordBoundary') this.#hasWordAssertions = true;
        return this.#add({ kind: 'assertion', what: node.what, next });
      case 'look':
        this.#looks.push({ program: new Program(node.item, this.#alphabet), isBehind: node.isBehind, isNegative: node.isNegative });
        return this.#add({ kind: 'look', look: this.#looks.length - 1, next });
    }
  }
  #compileRepeat(item: RegexNode, min: number, max: number, next: number): number {
    let start = next;
    if (max === Infinity) start = this.#loop((loop) => this.#compile(item, loop), next);
    else for (let i = min; i < max; i++) start = this.#add({ kind: 'split', next: [this.#compile(item, start), next] });
    for (let i = 0; i < min; i++) start = this.#compile(item, start);
    return start;
  }
  /** Any number of times `body`, which leads back to the state it is given. */
  #loop(body: (loop: number) => number, next: number): number {
    const targets: number[] = [];
    const loop = this.#add({ kind: 'split', next: targets });
    targets.push(body(loop), next);
    return loop;
  }

  get hasLooks(): boolean {
    return this.#looks.length > 0;
  }

  // ------------------------------------------------------------------------------------------------------------ stepping

  #beforeOf(classIndex: number): Before {
    if (classIndex === this.#newlineClass) return Before.Newline;
    return this.#wordClasses[classIndex] ? Before.Word : Before.Other;
  }
  #beforeAt(subject: Subject, position: number): Before {
    return position === 0 ? Before.TextStart : this.#beforeOf(this.#alphabet.classOf(subject.at(position - 1)));
  }

  /** `after` is the class of the next character, or the alphabet's count at the end of the text. */
  #holds(what: Assertion, before: Before, after: number): boolean {
    const isEnd = after === this.#alphabet.count;
    const isWordBefore = before === Before.Word;
    const isWordAfter = !isEnd && this.#wordClasses[after]!;
    switch (what) {
      case 'textStart':
        return before === Before.TextStart;
      case 'textEnd':
        return isEnd;
      case 'lineStart':
        return before === Before.TextStart || before === Before.Newline;
      case 'lineEnd':
        return isEnd || after === this.#newlineClass;
      case 'wordStart':
        return !isWordBefore && isWordAfter;
      case 'wordEnd':
        return isWordBefore && !isWordAfter;
      case 'wordBoundary':
        return isWordBefore !== isWordAfter;
      case 'notWordBoundary':
        return isWordBefore === isWordAfter;
    }
  }

  /** Follows empty moves from `kernel`. Gives the states that take a character, and whether a match ends here. */
  #close(kernel: Iterable<number>, before: Before, after: number, look: ((index: number) => boolean) | undefined): { states: number[]; accepts: boolean } {
    const seen = new Set<number>();
    const states: number[] = [];
    let accepts = false;
    const stack = [...kernel];
    while (stack.length > 0) {
      const index = stack.pop()!;
      if (seen.has(index)) continue;
      seen.add(index);
      const state = this.#states[index]!;
      if (state.kind === 'set') states.push(index);
      else if (state.kind === 'accept') accepts = true;
      else if (state.kind === 'split') stack.push(...state.next);
      else if (state.kind === 'assertion' ? this.#holds(state.what, before, after) : look!(state.look)) stack.push(state.next);
    }
    return { states, accepts };
  }

  #intern(kernel: number[], before: Before): DfaState {
    kernel.sort((a, b) => a - b);
    const key = `${before}:${kernel.join()}`;
    let state = this.#cache.get(key);
    if (state === undefined) {
      if (this.#cache.size >= CachedStatesMax) this.#cache = new Map();
      const count = this.#alphabet.count + 1;
      state = { kernel, before, next: new Array<DfaState | undefined>(count).fill(undefined), accepts: new Uint8Array(count), isDead: kernel.length === 0 };
      this.#cache.set(key, state);
    }
    return state;
  }

  /** Computes what `state` does on a class. `isFloating`: a match may begin at any position, so the start joins every kernel. */
  #expand(state: DfaState, after: number, isFloating: boolean): void {
    const { states, accepts } = this.#close(state.kernel, state.before, after, undefined);
    state.accepts[after] = accepts ? 2 : 1;
    if (after === this.#alphabet.count) return;
    const kernel = new Set<number>();
    for (const index of states) {
      const { set, next } = this.#states[index] as Extract<NfaState, { kind: 'set' }>;
      if (this.#sets[set]![after]!) kernel.add(next);
    }
    if (isFloating) kernel.add(this.#start);
    state.next[after] = this.#intern([...kernel], this.#beforeOf(after));
  }

  /** Whether the text matches anywhere from `from` on. */
  test(subject: Subject, from: number, check?: Checkpoint): boolean {
    if (this.hasLooks) {
      for (let start = from; start <= subject.length; start++) if (this.end(subject, start, subject.length, 'short', check) >= 0) return true;
      return false;
    }
    const alphabet = this.#alphabet;
    const end = subject.length;
    // Floating and anchored states must not be mixed up: a floating kernel always holds the start state.
    let state = this.#internFloating(this.#beforeAt(subject, from));
    const { small } = alphabet;
    const text = subject.codes === undefined ? subject.text : undefined;
    for (let i = from; i < end; i++) {
      const code = text === undefined ? subject.at(i) : text.charCodeAt(i);
      const after = code < 256 ? small[code]! : alphabet.classOf(code);
      const accepts = state.accepts[after]!;
      if (accepts === 0) {
        this.#expandFloating(state, after);
        if (state.accepts[after] === 2) return true;
      } else if (accepts === 2) return true;
      state = state.next[after]!;
      if ((i & (CheckEvery - 1)) === 0) check?.();
    }
    if (state.accepts[alphabet.count] === 0) this.#expandFloating(state, alphabet.count);
    return state.accepts[alphabet.count] === 2;
  }
  #floating = new Map<string, DfaState>();
  #internFloating(before: Before): DfaState {
    const key = `${before}:`;
    let state = this.#floating.get(key);
    if (state === undefined) this.#floating.set(key, (state = this.#newState([this.#start], before)));
    return state;
  }
  #newState(kernel: number[], before: Before): DfaState {
    const count = this.#alphabet.count + 1;
    return { kernel, before, next: new Array<DfaState | undefined>(count).fill(undefined), accepts: new Uint8Array(count), isDead: false };
  }
  #expandFloating(state: DfaState, after: number): void {
    const cache = this.#cache;
    this.#cache = this.#floating;
    if (this.#floating.size >= CachedStatesMax) this.#cache = this.#floating = new Map();
    this.#expand(state, after, true);
    this.#floating = this.#cache;
    this.#cache = cache;
  }

  /** End of the longest or shortest match that begins exactly at `start` and ends by `limit`; -1 when there is none. */
  end(subject: Subject, start: number, limit: number, prefer: 'long' | 'short', check?: Checkpoint): number {
    let found = -1;
    this.walk(subject, start, limit, (position) => {
      found = position;
      return prefer === 'long';
    }, check);
    return found;
  }

  /** Whether a match begins at `start`: -1 if so, else how many characters were read, more than `budget` counting as failure. */
  attempt(subject: Subject, start: number, budget: number): number {
    const alphabet = this.#alphabet;
    const length = subject.length;
    let state = this.#intern([this.#start], this.#beforeAt(subject, start));
    for (let i = start; ; i++) {
      const after = i < length ? alphabet.classOf(subject.at(i)) : alphabet.count;
      if (state.accepts[after] === 0) this.#expand(state, after, false);
      if (state.accepts[after] === 2) return -1;
      if (i >= length) return i - start;
      state = state.next[after]!;
      if (state.isDead) return i - start;
      // Out of budget without an answer: the caller goes on from here in another way.
      if (i - start > budget) return Infinity;
    }
  }

  /** Calls `visit` with every end of a match that begins at `start`, ascending, until it answers false or `limit` is passed. */
  walk(subject: Subject, start: number, limit: number, visit: (end: number) => boolean, check?: Checkpoint): void {
    if (this.hasLooks) return this.#walkSets(subject, start, limit, visit, check);
    const alphabet = this.#alphabet;
    const length = subject.length;
    let state = this.#intern([this.#start], this.#beforeAt(subject, start));
    for (let i = start; i <= limit; i++) {
      const after = i < length ? alphabet.classOf(subject.at(i)) : alphabet.count;
      if (state.accepts[after] === 0) this.#expand(state, after, false);
      if (state.accepts[after] === 2 && !visit(i)) return;
      if (i >= length) return;
      state = state.next[after]!;
      if (state.isDead) return;
      if ((i & (CheckEvery - 1)) === 0) check?.();
    }
  }

  /** The same without a table, for automata with look-around. */
  #walkSets(subject: Subject, start: number, limit: number, visit: (end: number) => boolean, check?: Checkpoint): void {
    const alphabet = this.#alphabet;
    let kernel: Set<number> = new Set([this.#start]);
    for (let i = start; i <= limit && kernel.size > 0; i++) {
      const after = i < subject.length ? alphabet.classOf(subject.at(i)) : alphabet.count;
      const { states, accepts } = this.#close(kernel, this.#beforeAt(subject, i), after, (index) => this.#lookHolds(index, subject, i, check));
      if (accepts && !visit(i)) return;
      if (i >= subject.length) return;
      kernel = new Set();
      for (const index of states) {
        const { set, next } = this.#states[index] as Extract<NfaState, { kind: 'set' }>;
        if (this.#sets[set]![after]!) kernel.add(next);
      }
      check?.();
    }
  }

  #lookHolds(index: number, subject: Subject, position: number, check: Checkpoint | undefined): boolean {
    const { program, isBehind, isNegative } = this.#looks[index]!;
    let holds = false;
    if (isBehind) {
      for (let start = position; start >= 0 && !holds; start--) {
        program.walk(subject, start, position, (end) => {
          holds ||= end === position;
          return !holds;
        }, check);
      }
    } else holds = program.end(subject, position, subject.length, 'short', check) >= 0;
    return holds !== isNegative;
  }

  /**
   * Start of the leftmost match at or after `from`, -1 when there is none: every state carries the earliest start that leads to it,
   * so one pass is enough however often attempts fail late.
   */
  leftmostStart(subject: Subject, from: number, check?: Checkpoint): number {
    const alphabet = this.#alphabet;
    let best = -1;
    let kernel = new Map<number, number>();
    for (let i = from; i <= subject.length; i++) {
      if (best < 0 && !kernel.has(this.#start)) kernel.set(this.#start, i);
      if (kernel.size === 0) break;
      const after = i < subject.length ? alphabet.classOf(subject.at(i)) : alphabet.count;
      const before = this.#beforeAt(subject, i);
      const next = new Map<number, number>();
      const seen = new Set<number>();
      // Earlier starts first: what they reach, later ones need not.
      for (const [state, start] of [...kernel].sort((a, b) => a[1] - b[1])) {
        if (best >= 0 && start >= best) continue;
        const stack = [state];
        while (stack.length > 0) {
          const index = stack.pop()!;
          if (seen.has(index)) continue;
          seen.add(index);
          const current = this.#states[index]!;
          if (current.kind === 'accept') best = best < 0 ? start : Math.min(best, start);
          else if (current.kind === 'split') stack.push(...current.next);
          else if (current.kind === 'set') {
            if (after < alphabet.count && this.#sets[current.set]![after]! && !next.has(current.next)) next.set(current.next, start);
          } else if (current.kind === 'assertion' ? this.#holds(current.what, before, after) : this.#lookHolds(current.look, subject, i, check)) stack.push(current.next);
        }
      }
      kernel = next;
      if ((i & 1023) === 0) check?.();
    }
    return best;
  }
}

/** Raised when the parts of a match with back references cannot be found within bounds. */
export function tooComplex(): DbError {
  return new DbError('2201B', 'regular expression failed: regular expression is too complex');
}
