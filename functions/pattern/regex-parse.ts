/**
 * Regular expressions, from text to tree. The syntax is PostgreSQL's: advanced (the default), extended and basic POSIX expressions,
 * literals, the embedded options and director prefixes.
 *
 * Every node knows whether it prefers a long or a short match: a quantifier decides for itself, a concatenation takes the
 * preference of its first part that has one, and an alternation is always greedy.
 *
 * Source: PostgreSQL's documentation of POSIX regular expressions; Henry Spencer's regcomp.c and regc_lex.c for errors and corners.
 */
import { DbError } from '../../base/errors.js';
import type { CharSet } from './char-set.js';
import { anyCharacter, complement, ignoringCase, namedClass, newline, union, without } from './char-set.js';

export type Preference = 'long' | 'short' | undefined;
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordStart' | 'wordEnd' | 'wordBoundary' | 'notWordBoundary';

interface NodeBase {
  readonly preference: Preference;
  /** Whether a group or back reference is inside, so that the parts of a match matter. */
  readonly hasGroups: boolean;
}
export type RegexNode = NodeBase &
  (
    | { readonly kind: 'empty' }
    | { readonly kind: 'never' }
    | { readonly kind: 'set'; readonly set: CharSet }
    | { readonly kind: 'concat'; readonly items: readonly RegexNode[] }
    | { readonly kind: 'alternation'; readonly items: readonly RegexNode[] }
    | { readonly kind: 'repeat'; readonly item: RegexNode; readonly min: number; readonly max: number }
    | { readonly kind: 'group'; readonly item: RegexNode; readonly index: number }
    | { readonly kind: 'backReference'; readonly index: number }
    | { readonly kind: 'assertion'; readonly what: Assertion }
    | { readonly kind: 'look'; readonly item: RegexNode; readonly isBehind: boolean; readonly isNegative: boolean }
  );

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly groupCount: number;
  readonly hasBackReferences: boolean;
  readonly ignoresCase: boolean;
}

export interface RegexFlags {
  readonly syntax: 'advanced' | 'extended' | 'basic' | 'literal';
  readonly ignoresCase: boolean;
  /** `.` and negated brackets do not match a newline. */
  readonly newlineStops: boolean;
  /** `^` and `$` match at the ends of lines. */
  readonly newlineAnchors: boolean;
  readonly isExpanded: boolean;
}
export const defaultFlags: RegexFlags = { syntax: 'advanced', ignoresCase: false, newlineStops: false, newlineAnchors: false, isExpanded: false };

export function regexError(message: string): DbError {
  return new DbError('2201B', `invalid regular expression: ${message}`);
}

/** Repetition counts go to 255. */
const RepeatMax = 255;
/** How deep groups nest. */
const DepthMax = 500;

/** Applies option letters; undefined for an unknown one. */
export function withOption(flags: RegexFlags, letter: string): RegexFlags | undefined {
  switch (letter) {
    case 'b':
      return { ...flags, syntax: 'basic' };
    case 'c':
      return { ...flags, ignoresCase: false };
    case 'e':
      return { ...flags, syntax: 'extended' };
    case 'i':
      return { ...flags, ignoresCase: true };
    case 'm':
    case 'n':
      return { ...flags, newlineStops: true, newlineAnchors: true };
    case 'p':
      return { ...flags, newlineStops: true, newlineAnchors: false };
    case 'q':
      return { ...flags, syntax: 'literal' };
    case 's':
      return { ...flags, newlineStops: false, newlineAnchors: false };
    case 't':
      return { ...flags, isExpanded: false };
    case 'w':
      return { ...flags, newlineStops: false, newlineAnchors: true };
    case 'x':
      return { ...flags, isExpanded: true };
    default:
      return undefined;
  }
}

const empty: RegexNode = { kind: 'empty', preference: undefined, hasGroups: false };

class RegexParser {
  readonly #text: string;
  #flags: RegexFlags;
  #at = 0;
  #groupCount = 0;
  #depth = 0;
  /** Inside of a look-around groups do not capture. */
  #lookDepth = 0;
  #hasBackReferences = false;
  readonly #closedGroups = new Set<number>();

  constructor(text: string, flags: RegexFlags) {
    this.#text = text;
    this.#flags = flags;
  }

  parse(): ParsedRegex {
    this.#prefixes();
    const root = this.#flags.syntax === 'literal' ? this.#literal() : this.#alternation(false);
    if (this.#at < this.#text.length) throw regexError('parentheses () not balanced');
    return { root, groupCount: this.#groupCount, hasBackReferences: this.#hasBackReferences, ignoresCase: this.#flags.ignoresCase };
  }

  /** `***:`, `***=` and `(?options)`. */
  #prefixes(): void {
    if (this.#flags.syntax === 'literal') return;
    const text = this.#text;
    if (text.startsWith('***')) {
      if (text[3] === '=') {
        this.#flags = { ...this.#flags, syntax: 'literal' };
        this.#at = 4;
        return;
      }
      if (text[3] === ':') {
        this.#flags = { ...this.#flags, syntax: 'advanced' };
        this.#at = 4;
      } else throw regexError(text[3] === '?' ? 'invalid regexp (reg version 0.8)' : 'quantifier operand invalid');
    }
    if (this.#flags.syntax !== 'advanced') return;
    const options = /^\(\?([a-zA-Z]+)\)/.exec(text.slice(this.#at));
    if (options === null) {
      if (/^\(\?[a-zA-Z]/.test(text.slice(this.#at))) throw regexError('invalid embedded option');
      return;
    }
    for (const letter of options[1]!) {
      const changed = withOption(this.#flags, letter);
      if (changed === undefined) throw regexError('invalid embedded option');
      this.#flags = changed;
    }
    this.#at += options[0].length;
  }

  #literal(): RegexNode {
    const items = Array.from(this.#text.slice(this.#at)).map((character) => this.#character(character.codePointAt(0)!));
    this.#at = this.#text.length;
    return concatenation(items);
  }

  #isBasic(): boolean {
    return this.#flags.syntax === 'basic';
  }
  #isAdvanced(): boolean {
    return this.#flags.syntax === 'advanced';
  }
  #set(set: CharSet): RegexNode {
    return { kind: 'set', set, preference: undefined, hasGroups: false };
  }
  #character(code: number): RegexNode {
    const set: CharSet = code < 0 ? [] : [code, code];
    return this.#set(this.#flags.ignoresCase ? ignoringCase(set) : set);
  }
  #assertion(what: Assertion): RegexNode {
    return { kind: 'assertion', what, preference: undefined, hasGroups: false };
  }

  #skipIgnored(): void {
    const text = this.#text;
    for (;;) {
      if (this.#isAdvanced() && text.startsWith('(?#', this.#at)) {
        const end = text.indexOf(')', this.#at);
        this.#at = end < 0 ? text.length : end + 1;
      } else if (this.#flags.isExpanded && /\s/.test(text[this.#at] ?? '')) this.#at++;
      else if (this.#flags.isExpanded && text[this.#at] === '#') {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end;
      } else return;
    }
  }

  #atGroupEnd(): boolean {
    return this.#isBasic() ? this.#text.startsWith('\\)', this.#at) : this.#text[this.#at] === ')';
  }

  #alternation(isInGroup: boolean): RegexNode {
    if (++this.#depth > DepthMax) throw regexError('regular expression is too complex');
    const branches: RegexNode[] = [];
    for (;;) {
      branches.push(this.#branch(isInGroup));
      if (this.#isBasic() || this.#text[this.#at] !== '|') break;
      this.#at++;
    }
    this.#depth--;
    if (branches.length === 1) return branches[0]!;
    return { kind: 'alternation', items: branches, preference: 'long', hasGroups: branches.some((branch) => branch.hasGroups) };
  }

  #branch(isInGroup: boolean): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      this.#skipIgnored();
      if (this.#at >= this.#text.length) break;
      if (!this.#isBasic() && this.#text[this.#at] === '|') break;
      if (this.#atGroupEnd()) {
        if (isInGroup) break;
        // Extended expressions take a lone closing parenthesis for itself.
        if (this.#flags.syntax !== 'extended') throw regexError('parentheses () not balanced');
      }
      items.push(this.#quantified(items.length === 0));
    }
    return concatenation(items);
  }

  // ------------------------------------------------------------------------------------------------------------ quantifiers

  #quantified(isFirst: boolean): RegexNode {
    const start = this.#at;
    const atom = this.#atom(isFirst);
    this.#skipIgnored();
    const range = this.#quantifier();
    if (range === undefined) return atom;
    // A bare constraint cannot be repeated; one in parentheses can.
    const isGrouped = this.#text.startsWith('(?:', start);
    if ((atom.kind === 'assertion' || atom.kind === 'look') && !isGrouped) throw regexError('quantifier operand invalid');
    if (start === this.#at) throw regexError('quantifier operand invalid');
    this.#skipIgnored();
    const again = this.#at;
    if (this.#quantifier() !== undefined) {
      this.#at = again;
      throw regexError('quantifier operand invalid');
    }
    return repeated(atom, range.min, range.max, range.isShort, range.isCount);
  }

  #quantifier(): { min: number; max: number; isShort: boolean; isCount: boolean } | undefined {
    const text = this.#text;
    const c = text[this.#at];
    let range: { min: number; max: number };
    let isCount = false;
    if (c === '*') {
      this.#at++;
      range = { min: 0, max: Infinity };
    } else if (!this.#isBasic() && (c === '+' || c === '?')) {
      this.#at++;
      range = c === '+' ? { min: 1, max: Infinity } : { min: 0, max: 1 };
    } else if (this.#isBasic() ? text.startsWith('\\{', this.#at) : c === '{' && /\d/.test(text[this.#at + 1] ?? '')) {
      const close = this.#isBasic() ? '\\\\}' : '}';
      const match = new RegExp(`^${this.#isBasic() ? '\\\\\\{' : '\\{'}(\\d+)(,(\\d*))?(${close})?`).exec(text.slice(this.#at));
      if (match === null) throw regexError('invalid repetition count(s)');
      if (match[4] === undefined) throw regexError(this.#at + match[0].length >= text.length ? 'braces {} not balanced' : 'invalid repetition count(s)');
      const min = Number(match[1]);
      const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3]);
      if (min > RepeatMax || (max !== Infinity && max > RepeatMax) || min > max) throw regexError('invalid repetition count(s)');
      this.#at += match[0].length;
      range = { min, max };
      isCount = match[2] === undefined;
    } else return undefined;
    let isShort = false;
    if (this.#isAdvanced() && text[this.#at] === '?') {
      this.#at++;
      isShort = true;
    }
    return { ...range, isShort, isCount };
  }

  // ------------------------------------------------------------------------------------------------------------ atoms

  #atom(isFirst: boolean): RegexNode {
    const text = this.#text;
    const c = text[this.#at]!;
    const isBasic = this.#isBasic();
    switch (c) {
      case '^':
        // In basic expressions an anchor only at the start.
        if (isBasic && !isFirst) break;
        this.#at++;
        return this.#assertion(this.#flags.newlineAnchors ? 'lineStart' : 'textStart');
      case '$':
        if (isBasic && this.#at + 1 < text.length && !text.startsWith('\\)', this.#at + 1)) break;
        this.#at++;
        return this.#assertion(this.#flags.newlineAnchors ? 'lineEnd' : 'textEnd');
      case '.':
        this.#at++;
        return this.#set(this.#flags.newlineStops ? without(anyCharacter, newline) : anyCharacter);
      case '[':
        return this.#bracket();
      case '(':
        if (isBasic) break;
        return this.#group(1);
      case '*':
        if (isBasic && isFirst) break;
        throw regexError('quantifier operand invalid');
      case '+':
      case '?':
        if (isBasic) break;
        throw regexError('quantifier operand invalid');
      case '{':
        if (isBasic || !/\d/.test(text[this.#at + 1] ?? '')) break;
        throw regexError('quantifier operand invalid');
      case '\\':
        if (isBasic && text[this.#at + 1] === '(') return this.#group(2);
        if (isBasic && text[this.#at + 1] === '{') throw regexError('quantifier operand invalid');
        return this.#escape();
    }
    const code = text.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    return this.#character(code);
  }

  #group(openLength: number): RegexNode {
    const text = this.#text;
    this.#at += openLength;
    let look: { isBehind: boolean; isNegative: boolean } | undefined;
    let captures = this.#lookDepth === 0;
    if (this.#isAdvanced() && text[this.#at] === '?') {
      captures = false;
      if (text.startsWith('?:', this.#at)) this.#at += 2;
      else {
        const match = /^\?(<?)([=!])/.exec(text.slice(this.#at, this.#at + 3));
        if (match === null) throw regexError('quantifier operand invalid');
        look = { isBehind: match[1] === '<', isNegative: match[2] === '!' };
        this.#at += match[0].length;
      }
    }
    const index = captures ? ++this.#groupCount : 0;
    if (look !== undefined) this.#lookDepth++;
    const item = this.#alternation(true);
    if (look !== undefined) this.#lookDepth--;
    if (!this.#atGroupEnd()) throw regexError('parentheses () not balanced');
    this.#at += openLength;
    if (look !== undefined) return { kind: 'look', item, ...look, preference: undefined, hasGroups: false };
    if (!captures) return item;
    this.#closedGroups.add(index);
    return { kind: 'group', item, index, preference: item.preference, hasGroups: true };
  }

  #escape(): RegexNode {
    const text = this.#text;
    const escaped = text[this.#at + 1];
    if (escaped === undefined) throw regexError('invalid escape \\ sequence');
    if (!this.#isAdvanced()) {
      if (this.#isBasic() && (escaped === '<' || escaped === '>')) {
        this.#at += 2;
        return this.#assertion(escaped === '<' ? 'wordStart' : 'wordEnd');
      }
      if (this.#isBasic() && /[1-9]/.test(escaped)) return this.#backReference(escaped);
      const code = text.codePointAt(this.#at + 1)!;
      this.#at += code > 0xffff ? 3 : 2;
      return this.#character(code);
    }
    const simple: Readonly<Record<string, Assertion>> = {
      A: 'textStart', Z: 'textEnd', m: 'wordStart', M: 'wordEnd', y: 'wordBoundary', Y: 'notWordBoundary',
    };
    const assertion = simple[escaped];
    if (assertion !== undefined) {
      this.#at += 2;
      return this.#assertion(assertion);
    }
    const shorthand = this.#classShorthand(escaped);
    if (shorthand !== undefined) {
      this.#at += 2;
      return this.#set(shorthand);
    }
    if (/[1-9]/.test(escaped)) {
      const digits = /^\d+/.exec(text.slice(this.#at + 1))![0];
      // One digit is always a reference; more are when there are so many groups, and octal otherwise.
      if (digits.length === 1 || Number(digits) <= this.#groupCount) return this.#backReference(digits);
    }
    return this.#character(this.#characterEscape());
  }

  #backReference(digits: string): RegexNode {
    const index = Number(digits);
    if (!this.#closedGroups.has(index) || this.#lookDepth > 0) throw regexError('invalid backreference number');
    this.#at += 1 + digits.length;
    this.#hasBackReferences = true;
    return { kind: 'backReference', index, preference: undefined, hasGroups: true };
  }

  #classShorthand(letter: string): CharSet | undefined {
    const name = ({ d: 'digit', s: 'space', w: 'word' } as Readonly<Record<string, string>>)[letter.toLowerCase()];
    if (name === undefined) return undefined;
    const set = namedClass(name)!;
    if (letter === letter.toLowerCase()) return set;
    return this.#flags.newlineStops ? without(complement(set), newline) : complement(set);
  }

  /** The character an escape stands for; moves past it. */
  #characterEscape(): number {
    const rest = this.#text.slice(this.#at + 1);
    const letter = rest[0]!;
    const plain = ({ a: 7, b: 8, B: 92, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 } as Readonly<Record<string, number>>)[letter];
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const match = /^(?:c([^]))|^u([0-9a-fA-F]{4})|^U([0-9a-fA-F]{8})|^x([0-9a-fA-F]+)|^([0-7]{1,3})/.exec(rest);
    if (match !== null) {
      this.#at += 1 + match[0].length;
      const code =
        match[1] !== undefined ? match[1].charCodeAt(0) & 31
        : match[5] !== undefined ? parseInt(match[5], 8)
        : Number(BigInt(`0x${match[2] ?? match[3] ?? match[4]!}`) & 0xffffffffn);
      if (code > 0x7ffffffe) throw regexError('invalid escape \\ sequence');
      // Past Unicode there is no such character, but it may be asked for.
      return code > 0x10ffff ? -1 : code;
    }
    if (/[A-Za-z0-9]/.test(letter)) throw regexError('invalid escape \\ sequence');
    const code = rest.codePointAt(0)!;
    this.#at += code > 0xffff ? 3 : 2;
    return code;
  }

  // ------------------------------------------------------------------------------------------------------------ brackets

  #bracket(): RegexNode {
    const text = this.#text;
    if (text.startsWith('[[:<:]]', this.#at) || text.startsWith('[[:>:]]', this.#at)) {
      this.#at += 7;
      return this.#assertion(text[this.#at - 4] === '<' ? 'wordStart' : 'wordEnd');
    }
    this.#at++;
    const isNegated = text[this.#at] === '^';
    if (isNegated) this.#at++;
    const sets: CharSet[] = [];
    for (let isFirst = true; ; isFirst = false) {
      if (this.#at >= text.length) throw regexError('brackets [] not balanced');
      if (text[this.#at] === ']' && !isFirst) break;
      const low = this.#bracketItem(isFirst);
      if (text[this.#at] === '-' && text[this.#at + 1] !== ']') {
        if (typeof low !== 'number') throw regexError('invalid character range');
        this.#at++;
        const high = this.#bracketItem(false);
        if (typeof high !== 'number' || high < low) throw regexError('invalid character range');
        sets.push([low, high]);
      } else sets.push(typeof low !== 'number' ? low : low < 0 ? [] : [low, low]);
    }
    this.#at++;
    let set = union(...sets);
    if (this.#flags.ignoresCase) set = ignoringCase(set);
    if (isNegated) set = this.#flags.newlineStops ? without(complement(set), newline) : complement(set);
    return this.#set(set);
  }

  /** One character, or a class. */
  #bracketItem(isFirst: boolean): number | CharSet {
    const text = this.#text;
    const special = /^\[([:.=])/.exec(text.slice(this.#at, this.#at + 2));
    if (special !== null) {
      const end = text.indexOf(`${special[1]!}]`, this.#at + 2);
      if (end < 0) throw regexError('brackets [] not balanced');
      const name = text.slice(this.#at + 2, end);
      this.#at = end + 2;
      if (special[1] === ':') {
        const set = namedClass(name);
        if (set === undefined) throw regexError('invalid character class');
        return this.#flags.ignoresCase && (name === 'upper' || name === 'lower') ? namedClass('alpha')! : set;
      }
      const characters = Array.from(name);
      if (characters.length !== 1) throw regexError('invalid collating element');
      return characters[0]!.codePointAt(0)!;
    }
    if (this.#at >= text.length || (text[this.#at] === '-' && this.#at + 1 >= text.length)) throw regexError('brackets [] not balanced');
    if (text[this.#at] === '-' && !isFirst && text[this.#at + 1] !== ']') throw regexError('invalid character range');
    if (text[this.#at] === '\\' && this.#isAdvanced()) {
      const escaped = text[this.#at + 1];
      if (escaped === undefined) throw regexError('invalid escape \\ sequence');
      const shorthand = this.#classShorthand(escaped);
      if (shorthand !== undefined) {
        this.#at += 2;
        return shorthand;
      }
      if (/[AmMyYZ1-9]/.test(escaped) && !/[1-7]/.test(escaped)) throw regexError('invalid escape \\ sequence');
      return this.#characterEscape();
    }
    const code = text.codePointAt(this.#at)!;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }
}

function concatenation(items: readonly RegexNode[]): RegexNode {
  if (items.length === 0) return empty;
  if (items.length === 1) return items[0]!;
  return {
    kind: 'concat', items, preference: items.find((item) => item.preference !== undefined)?.preference, hasGroups: items.some((item) => item.hasGroups),
  };
}

/** `{m}` leaves the atom its preference; other quantifiers set it. */
function repeated(item: RegexNode, min: number, max: number, isShort: boolean, isCount: boolean): RegexNode {
  if (max === 0) return item.hasGroups ? { kind: 'repeat', item, min, max, preference: undefined, hasGroups: true } : empty;
  const preference = isCount ? item.preference : isShort ? 'short' : 'long';
  return { kind: 'repeat', item, min, max, preference, hasGroups: item.hasGroups };
}

/** @throws DbError 2201B */
export function parseRegex(text: string, flags: RegexFlags): ParsedRegex {
  return new RegexParser(text, flags).parse();
}
