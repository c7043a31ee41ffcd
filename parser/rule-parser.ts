/**
 * What the grammar is written in: rules as methods, with Chevrotain's words for what they are made of (CONSUME a token, SUBRULE, OR, OPTION, MANY, ...), each
 * returning what it has read. It is what a parser needs that decides on one token, stops at the first error and builds its tree itself, and no more:
 * of Chevrotain, in whose place it stands, loading the library and analysing the grammar took longer than opening a database
 * (docs/decisions/0030-own-rule-parser.md).
 *
 * The grammar's shape is learnt from the rules themselves, as there: a second parser, the recorder, runs a rule with calls that note what was asked for instead of reading, and answer
 * with dummies. A rule is recorded when a decision in it, or one that may begin with it, is first taken; so a program pays for the statements it uses.
 *
 * R1  A rule body does the same in the recorder whatever the dummies are: code that looks into values stands in ACTION or asks RECORDING_PHASE.
 * R2  Decisions of one kind in a rule have different numbers, for it is by rule, kind and number that they are found again (lookahead.ts checks).
 * R3  What a parse leaves behind when it throws is overwritten by the next `begin`.
 */
import { assert } from '../base/assert.js';
import { OneTokenLookahead } from './lookahead.js';
import { TokenType } from './token-type.js';
import { SqlToken } from './tokens.js';

/** What a rule asks for, in order. */
export type Production =
  | { readonly kind: 'token'; readonly type: TokenType }
  | { readonly kind: 'rule'; readonly rule: Rule<never, unknown> }
  | { readonly kind: 'or'; readonly index: number; readonly alternatives: readonly (readonly Production[])[]; readonly isGated: boolean }
  | { readonly kind: OptionalKind; readonly index: number; readonly body: readonly Production[] };

/** Kinds of decisions whether to read on; each counts for itself. */
export type OptionalKind = 'option' | 'many' | 'manySep' | 'atLeastOne' | 'atLeastOneSep';

/** A decision among alternatives: by type of the next token, the one to take, or, where some have gates, those to try in order; at 0 for types beyond. */
export interface Choice {
  readonly table: Int16Array | undefined;
  readonly candidates: readonly (readonly number[] | undefined)[];
}

export class Rule<Args extends readonly unknown[], Result> {
  readonly name: string;
  readonly body: (...args: Args) => Result;
  /** By number; made when first needed. */
  readonly choices: (Choice | undefined)[] = [];
  readonly optionals: Readonly<Record<OptionalKind, (Uint8Array | undefined)[]>> = { option: [], many: [], manySep: [], atLeastOne: [], atLeastOneSep: [] };

  constructor(name: string, body: (...args: Args) => Result) {
    this.name = name;
    this.body = body;
  }
}
export type AnyRule = Rule<never, unknown>;

export interface Alternative<R> {
  readonly ALT: () => R;
  readonly GATE?: () => boolean;
}
interface Gated<R> {
  readonly DEF: () => R;
  readonly GATE?: () => boolean;
}
interface Separated {
  readonly SEP: TokenType;
  readonly DEF: () => unknown;
}

const pastEnd = new SqlToken('', new TokenType('PastEnd'), NaN, NaN, '');
/** What the recorder answers. */
const recordedToken = Object.freeze(new SqlToken('', new TokenType('Recorded'), -1, -1, ''));
const recordedResult: unknown = Object.freeze({ recorded: 'what a rule gives while the grammar is being learnt' });
const noRule: AnyRule = new Rule<never, unknown>('none', () => undefined);

export abstract class RuleParser {
  readonly lookahead: OneTokenLookahead;
  /** Whether this is the recorder. */
  readonly RECORDING_PHASE: boolean;
  protected input: readonly SqlToken[] = [];
  /** Index in `input` of the token read last. */
  protected position = -1;
  /** The rule being run: whose decisions are meant. */
  #rule: AnyRule = noRule;
  readonly #rules = new Map<string, AnyRule>();
  #recorded: Production[] = [];

  constructor(isRecorder = false) {
    this.RECORDING_PHASE = isRecorder;
    let recorder: RuleParser | undefined;
    this.lookahead = new OneTokenLookahead((name) => (recorder ??= new (this.constructor as new (isRecorder: boolean) => this)(true)).#record(name), () => [...this.#rules.keys()]);
  }

  protected begin(input: readonly SqlToken[]): void {
    this.input = input;
    this.position = -1;
    this.#rule = noRule;
  }
  /** Reads by `rule`, from the tokens given to `begin`. */
  run<R>(rule: Rule<[], R>): R {
    return this.SUBRULE(rule);
  }

  /** No token of those that may follow: `required` is the only one, where there is only one. */
  protected abstract mismatch(actual: SqlToken, required: TokenType | undefined): never;

  protected RULE<Args extends unknown[], Result>(name: string, body: (...args: Args) => Result): Rule<Args, Result> {
    assert(!this.#rules.has(name), 'two rules of one name');
    const rule = new Rule(name, body);
    this.#rules.set(name, rule);
    return rule;
  }

  // -------------------------------------------------------------------------------------------------------- recording

  #record(name: string): readonly Production[] {
    const rule = this.#rules.get(name);
    assert(rule !== undefined, 'the recorder lacks a rule');
    return this.#recordPart(rule.body as () => unknown);
  }
  #recordPart(part: () => unknown): Production[] {
    const outer = this.#recorded;
    const productions: Production[] = [];
    this.#recorded = productions;
    part();
    this.#recorded = outer;
    return productions;
  }
  #note<T>(production: Production): T {
    this.#recorded.push(production);
    return recordedResult as T;
  }
  #noteOptional<T>(kind: OptionalKind, index: number, part: () => unknown): T {
    return this.#note({ kind, index, body: this.#recordPart(part) });
  }

  // -------------------------------------------------------------------------------------------------------- reading

  /** The token `ahead` places on: 1 is the next one, 0 the one read last. */
  protected LA(ahead: number): SqlToken {
    return this.RECORDING_PHASE ? pastEnd : (this.input[this.position + ahead] ?? pastEnd);
  }

  /** Left out by the recorder, where it would look into dummies. */
  protected ACTION<R>(action: () => R): R {
    return this.RECORDING_PHASE ? (undefined as R) : action();
  }

  protected CONSUME(type: TokenType): SqlToken {
    if (this.RECORDING_PHASE) {
      this.#recorded.push({ kind: 'token', type });
      return recordedToken;
    }
    const token = this.input[this.position + 1] ?? pastEnd;
    if (token.tokenType !== type && !type.includes(token.typeIndex)) this.mismatch(token, type);
    this.position++;
    return token;
  }

  protected SUBRULE<Args extends unknown[], R>(rule: Rule<Args, R>, call?: { readonly ARGS: Args }): R {
    if (this.RECORDING_PHASE) return this.#note<R>({ kind: 'rule', rule: rule as unknown as AnyRule });
    const outer = this.#rule;
    this.#rule = rule as unknown as AnyRule;
    const result = call === undefined ? (rule.body as unknown as () => R)() : rule.body(...call.ARGS);
    this.#rule = outer;
    return result;
  }

  /** The alternative that the next token begins. */
  protected or<R>(index: number, alternatives: readonly Alternative<R>[]): R {
    if (this.RECORDING_PHASE) {
      const isGated = alternatives.some(({ GATE }) => GATE !== undefined);
      return this.#note<R>({ kind: 'or', index, isGated, alternatives: alternatives.map(({ ALT }) => this.#recordPart(ALT)) });
    }
    const rule = this.#rule;
    const choice = rule.choices[index] ?? (rule.choices[index] = this.lookahead.choice(rule.name, index));
    const token = this.input[this.position + 1] ?? pastEnd;
    if (this.lookahead.tracedToken !== undefined) this.lookahead.note(token, choice.candidates);
    const type = token.typeIndex;
    const { table } = choice;
    if (table === undefined) return this.#gated(choice, type, alternatives, token);
    const alternative = type < table.length ? table[type]! : table[0]!;
    if (alternative < 0) this.mismatch(token, undefined);
    return alternatives[alternative]!.ALT();
  }
  #gated<R>({ candidates }: Choice, type: number, alternatives: readonly Alternative<R>[], token: SqlToken): R {
    const list = candidates[type] ?? candidates[0]!;
    for (let i = 0; i < list.length; i++) {
      const alternative = alternatives[list[i]!]!;
      if (alternative.GATE === undefined || alternative.GATE()) return alternative.ALT();
    }
    this.mismatch(token, undefined);
  }

  /** Whether the next token begins the optional part. */
  #mayRead(kind: OptionalKind, index: number): boolean {
    const rule = this.#rule;
    const tables = rule.optionals[kind];
    const table = tables[index] ?? (tables[index] = this.lookahead.optional(rule.name, kind, index));
    const token = this.input[this.position + 1] ?? pastEnd;
    if (this.lookahead.tracedToken !== undefined) this.lookahead.note(token, table);
    return table[token.typeIndex] === 1;
  }

  protected option<R>(index: number, part: (() => R) | Gated<R>): R | undefined {
    const isPlain = typeof part === 'function';
    const read = isPlain ? part : part.DEF;
    if (this.RECORDING_PHASE) return this.#noteOptional('option', index, read);
    if (!isPlain && part.GATE !== undefined && !part.GATE()) return undefined;
    return this.#mayRead('option', index) ? read() : undefined;
  }

  /** Reads again and again while the next token begins the part, and until it reads nothing. */
  protected many(index: number, part: (() => unknown) | Gated<unknown>): void {
    this.#repeat('many', index, part);
  }
  protected atLeastOne(index: number, part: (() => unknown) | Gated<unknown>): void {
    if (!this.#repeat('atLeastOne', index, part)) this.mismatch(this.LA(1), undefined);
  }
  #repeat(kind: 'many' | 'atLeastOne', index: number, part: (() => unknown) | Gated<unknown>): boolean {
    const isPlain = typeof part === 'function';
    const read = isPlain ? part : part.DEF;
    const gate = isPlain ? undefined : part.GATE;
    if (this.RECORDING_PHASE) {
      this.#noteOptional(kind, index, read);
      return true;
    }
    let hasRead = false;
    for (let before = -2; before < this.position && (gate === undefined || gate()) && this.#mayRead(kind, index); hasRead = true) {
      before = this.position;
      read();
    }
    return hasRead;
  }

  protected manySep(index: number, part: Separated): void {
    this.#repeatSeparated('manySep', index, part);
  }
  protected atLeastOneSep(index: number, part: Separated): void {
    if (!this.#repeatSeparated('atLeastOneSep', index, part)) this.mismatch(this.LA(1), undefined);
  }
  #repeatSeparated(kind: 'manySep' | 'atLeastOneSep', index: number, { SEP, DEF }: Separated): boolean {
    if (this.RECORDING_PHASE) {
      this.#noteOptional(kind, index, DEF);
      return true;
    }
    if (!this.#mayRead(kind, index)) return false;
    for (;;) {
      DEF();
      const next = this.input[this.position + 1] ?? pastEnd;
      if (next.tokenType !== SEP && !SEP.includes(next.typeIndex)) return true;
      this.position++;
    }
  }

  // ------------------------------------------------------------------------------------------- the same by number of the decision

  protected OR<R>(a: readonly Alternative<R>[]): R { return this.or(0, a); }
  protected OR1<R>(a: readonly Alternative<R>[]): R { return this.or(1, a); }
  protected OR2<R>(a: readonly Alternative<R>[]): R { return this.or(2, a); }
  protected OR3<R>(a: readonly Alternative<R>[]): R { return this.or(3, a); }
  protected OR4<R>(a: readonly Alternative<R>[]): R { return this.or(4, a); }
  protected OR5<R>(a: readonly Alternative<R>[]): R { return this.or(5, a); }
  protected OR6<R>(a: readonly Alternative<R>[]): R { return this.or(6, a); }
  protected OPTION<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(0, part); }
  protected OPTION1<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(1, part); }
  protected OPTION2<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(2, part); }
  protected OPTION3<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(3, part); }
  protected OPTION4<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(4, part); }
  protected OPTION5<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(5, part); }
  protected OPTION6<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(6, part); }
  protected OPTION7<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(7, part); }
  protected OPTION8<R>(part: (() => R) | Gated<R>): R | undefined { return this.option(8, part); }
  protected MANY(part: (() => unknown) | Gated<unknown>): void { this.many(0, part); }
  protected MANY1(part: (() => unknown) | Gated<unknown>): void { this.many(1, part); }
  protected AT_LEAST_ONE(part: (() => unknown) | Gated<unknown>): void { this.atLeastOne(0, part); }
  protected MANY_SEP(part: Separated): void { this.manySep(0, part); }
  protected MANY_SEP1(part: Separated): void { this.manySep(1, part); }
  protected AT_LEAST_ONE_SEP(part: Separated): void { this.atLeastOneSep(0, part); }
  protected AT_LEAST_ONE_SEP1(part: Separated): void { this.atLeastOneSep(1, part); }
}
