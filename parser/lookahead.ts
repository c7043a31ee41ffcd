/**
 * How the parser decides: on one token. Chevrotain lets the strategy be replaced; this one builds, per choice, a table from
 * token type to alternative, from FIRST sets computed once per rule. Against the built-in LL(k) strategy it starts many times faster
 * (no path is ever enumerated) and a decision is one array element, also where alternatives have gates.
 *
 * A gate makes an alternative conditional; the candidates for a token are then tried in order. Two alternatives that begin with the same
 * token, of which the earlier has no gate, are a mistake in the grammar: `check` lists them, and a test asks for none. A table is made when
 * its decision is first taken, so that starting up pays for nothing that a program never says.
 *
 * FIRST sets come from the rules as Chevrotain records them, or, in what the build has made, from a file (`LookaheadTables`): then no rule is ever recorded.
 */
import {
  Alternation, type ILookaheadStrategy, type ILookaheadValidationError, type IOrAlt, type IProduction, NonTerminal, Option, Repetition,
  RepetitionMandatory, RepetitionMandatoryWithSeparator, RepetitionWithSeparator, type Rule, Terminal, type TokenType,
} from './chevrotain.js';

interface First {
  /** Indices of the token types that may come first. */
  readonly types: ReadonlySet<number>;
  /** Whether the production may also match nothing. */
  readonly isNullable: boolean;
}

/**
 * What every decision of a grammar goes by. A set holds indices of token types, as the first and last of each run of them, for the keywords that make names follow one another; a decision, by Chevrotain's number for it, its kind and for each alternative twice the
 * number of the set of what may come first, plus one when it may match nothing.
 */
export interface LookaheadTables {
  readonly sets: readonly (readonly number[])[];
  readonly decisions: Readonly<Record<number, readonly number[]>>;
}
const DecisionKind = { Optional: 0, Plain: 1, Gated: 2 } as const;

interface Described {
  readonly kind: number;
  readonly firsts: () => readonly First[];
}

type AlternationDecision = (alternatives?: IOrAlt<unknown>[]) => number | undefined;
type OptionalDecision = () => boolean;
/** Chevrotain calls a decision with the parser as `this`, which the interface's types do not say. */
const decision = <T>(decide: (this: Decider, alternatives: IOrAlt<unknown>[]) => T): (() => T) => decide as unknown as () => T;

interface Choice {
  readonly prodOccurrence: number;
  readonly rule: Rule;
  readonly hasPredicates: boolean;
}
interface Optional {
  readonly prodOccurrence: number;
  readonly prodType: string;
  readonly rule: Rule;
}
/** The parser as a decision sees it. */
interface Decider {
  LA(howMuch: number): { readonly tokenTypeIdx: number };
  readonly lookahead: OneTokenLookahead;
}

/** A production with parts in sequence. */
const sequenceOf = (production: IProduction): readonly IProduction[] => (production as unknown as { readonly definition: IProduction[] }).definition;

export class OneTokenLookahead implements ILookaheadStrategy {
  readonly #firstOfRule = new Map<string, First>();
  readonly #productions = new Map<string, readonly IProduction[]>();
  readonly #builders: (() => unknown)[] = [];
  readonly #conflicts: string[] = [];
  readonly #described = new WeakMap<object, Described>();
  readonly #ruleNamed: (name: string) => Rule;

  constructor(ruleNamed: (name: string) => Rule) {
    this.#ruleNamed = ruleNamed;
  }

  validate(): ILookaheadValidationError[] {
    return [];
  }

  buildLookaheadForAlternation(options: Choice): AlternationDecision {
    const firsts = (): First[] => (this.#find(options.rule, 'Alternation', options.prodOccurrence) as Alternation).definition.map((alternative) => this.#firstOfSequence(sequenceOf(alternative)));
    this.#builders.push(() => this.#noteConflicts(options, firsts()));
    return options.hasPredicates ? this.#gatedDecision(firsts) : this.#plainDecision(firsts);
  }

  buildLookaheadForOptional(options: Optional): OptionalDecision {
    const firsts = (): First[] => [this.#firstOfSequence(sequenceOf(this.#find(options.rule, options.prodType, options.prodOccurrence)))];
    this.#builders.push(firsts);
    return this.#optionalDecision(firsts);
  }

  #plainDecision(firsts: () => readonly First[]): AlternationDecision {
    let table: Int16Array | undefined;
    const decide = decision(function (this: Decider) {
      table ??= plainTable(candidatesOf(firsts()));
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), candidatesOf(firsts()));
      const type = this.LA(1).tokenTypeIdx;
      const alternative = type < table.length ? table[type]! : table[0]!;
      return alternative >= 0 ? alternative : undefined;
    });
    this.#described.set(decide, { kind: DecisionKind.Plain, firsts });
    return decide;
  }

  #gatedDecision(firsts: () => readonly First[]): AlternationDecision {
    let candidates: readonly (readonly number[] | undefined)[] | undefined;
    const decide = decision(function (this: Decider, alternatives) {
      candidates ??= candidatesOf(firsts());
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), candidates);
      const list = candidates[this.LA(1).tokenTypeIdx] ?? candidates[0]!;
      for (let i = 0; i < list.length; i++) {
        const gate = alternatives[list[i]!]!.GATE;
        if (gate === undefined || gate.call(undefined)) return list[i];
      }
      return undefined;
    });
    this.#described.set(decide, { kind: DecisionKind.Gated, firsts });
    return decide;
  }

  #optionalDecision(firsts: () => readonly First[]): OptionalDecision {
    let table: Uint8Array | undefined;
    const decide = decision(function (this: Decider) {
      table ??= optionalTable(firsts()[0]!.types);
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), table);
      return table[this.LA(1).tokenTypeIdx] === 1;
    });
    this.#described.set(decide, { kind: DecisionKind.Optional, firsts });
    return decide;
  }

  /** The tables of decisions made here, by the numbers they are known under. */
  tablesOf(decisions: Iterable<readonly [key: number, decide: unknown]>): LookaheadTables {
    const sets: (readonly number[])[] = [];
    const numbers = new Map<string, number>();
    const numberOf = (types: ReadonlySet<number>): number => {
      const set = runsOf(types);
      const key = set.join();
      let number = numbers.get(key);
      if (number === undefined) numbers.set(key, (number = sets.push(set) - 1));
      return number;
    };
    const tables: Record<number, readonly number[]> = {};
    for (const [key, decide] of decisions) {
      const { kind, firsts } = this.#described.get(decide as object)!;
      tables[key] = [kind, ...firsts().map((first) => numberOf(first.types) * 2 + (first.isNullable ? 1 : 0))];
    }
    return { sets, decisions: tables };
  }

  /** The decision of that number, undefined when the tables have none. */
  decisionFrom({ sets, decisions }: LookaheadTables, key: number): AlternationDecision | OptionalDecision | undefined {
    const table = decisions[key];
    if (table === undefined) return undefined;
    const firsts = (): First[] => table.slice(1).map((first) => ({ types: inRuns(sets[first >>> 1]!), isNullable: (first & 1) === 1 }));
    if (table[0] === DecisionKind.Optional) return this.#optionalDecision(firsts);
    return table[0] === DecisionKind.Gated ? this.#gatedDecision(firsts) : this.#plainDecision(firsts);
  }

  /** While set, decisions taken before this token leave in `expectedTypes` what they would have liked to see. */
  tracedToken: object | undefined = undefined;
  readonly expectedTypes = new Set<number>();

  /** A decision before `token`: `table` has something at each type it knows. */
  note(token: object, table: ArrayLike<unknown>): void {
    if (token !== this.tracedToken) return;
    for (let type = 1; type < table.length; type++) if (table[type] !== undefined && table[type] !== 0) this.expectedTypes.add(type);
  }

  /** A token of this type was required before `token`. */
  noteRequired(token: object, type: TokenType): void {
    if (token === this.tracedToken) for (const index of matching(type)) this.expectedTypes.add(index);
  }

  /** Makes every decision's table, to find all conflicts. */
  check(): readonly string[] {
    for (const build of this.#builders) build();
    return this.#conflicts;
  }

  #noteConflicts(options: Choice, firsts: readonly First[]): void {
    const candidates = candidatesOf(firsts);
    const always = candidates[0]!;
    // Gates are trusted to be exclusive where they overlap.
    if (options.hasPredicates) return;
    candidates.forEach((list, type) => {
      // A nullable alternative behind the others is the usual "or nothing".
      if (type === 0 || list.every((alternative, i) => i === 0 || always.includes(alternative))) return;
      this.#conflicts.push(`${options.rule.name}, OR ${options.prodOccurrence}: token type ${type} starts alternatives ${list.join(' and ')}`);
    });
  }

  #find(rule: Rule, type: string, occurrence: number): IProduction {
    let productions = this.#productions.get(rule.name);
    if (productions === undefined) {
      const all: IProduction[] = [];
      const collect = (production: IProduction): void => {
        all.push(production);
        if (!(production instanceof NonTerminal) && !(production instanceof Terminal)) sequenceOf(production).forEach(collect);
      };
      rule.definition.forEach(collect);
      productions = all;
      this.#productions.set(rule.name, productions);
    }
    const found = productions.filter((production) => kindOf(production) === type && (production as { idx?: number }).idx === occurrence);
    if (found.length > 1) this.#conflicts.push(`${rule.name}: two ${type} productions are numbered ${occurrence}`);
    return found[0]!;
  }

  #firstOfSequence(sequence: readonly IProduction[]): First {
    const types = new Set<number>();
    for (const production of sequence) {
      const first = this.#firstOf(production);
      for (const type of first.types) types.add(type);
      if (!first.isNullable) return { types, isNullable: false };
    }
    return { types, isNullable: true };
  }

  #firstOf(production: IProduction): First {
    if (production instanceof Terminal) return { types: new Set(matching(production.terminalType)), isNullable: false };
    if (production instanceof NonTerminal) return this.#firstOfRuleNamed(production.nonTerminalName);
    if (production instanceof Alternation) {
      const types = new Set<number>();
      let isNullable = false;
      for (const alternative of production.definition) {
        const first = this.#firstOfSequence(sequenceOf(alternative));
        for (const type of first.types) types.add(type);
        isNullable ||= first.isNullable;
      }
      return { types, isNullable };
    }
    const inner = this.#firstOfSequence(sequenceOf(production));
    const isOptional = production instanceof Option || production instanceof Repetition || production instanceof RepetitionWithSeparator;
    return { types: inner.types, isNullable: isOptional || inner.isNullable };
  }

  #firstOfRuleNamed(name: string): First {
    const known = this.#firstOfRule.get(name);
    if (known !== undefined) return known;
    // The grammar has no left recursion, so this does not come back here for the same rule.
    const first = this.#firstOfSequence(this.#ruleNamed(name).definition);
    this.#firstOfRule.set(name, first);
    return first;
  }
}

/** The numbers as the first and last of each run of successive ones, in order. */
function runsOf(numbers: ReadonlySet<number>): readonly number[] {
  const runs: number[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    if (runs.at(-1) === number - 1) runs[runs.length - 1] = number;
    else runs.push(number, number);
  }
  return runs;
}

function inRuns(runs: readonly number[]): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (let i = 0; i < runs.length; i += 2) for (let number = runs[i]!; number <= runs[i + 1]!; number++) numbers.add(number);
  return numbers;
}

/** By token type, the alternatives it may begin, in order; at 0 those that may match nothing. */
function candidatesOf(firsts: readonly First[]): number[][] {
  const always: number[] = [];
  firsts.forEach((first, alternative) => {
    if (first.isNullable) always.push(alternative);
  });
  const candidates: number[][] = [always];
  firsts.forEach((first, alternative) => {
    for (const type of first.types) (candidates[type] ??= []).push(alternative);
  });
  candidates.forEach((list, type) => {
    if (type === 0) return;
    for (const alternative of always) if (!list.includes(alternative)) list.push(alternative);
    list.sort((a, b) => a - b);
  });
  return candidates;
}

/** Token type to alternative; what has no entry takes the one at 0, which no token type has. -1 is none. */
function plainTable(candidates: readonly (readonly number[])[]): Int16Array {
  const otherwise = candidates[0]![0] ?? -1;
  const table = new Int16Array(candidates.length).fill(otherwise);
  candidates.forEach((list, type) => {
    table[type] = list[0] ?? otherwise;
  });
  return table;
}

function optionalTable(types: ReadonlySet<number>): Uint8Array {
  const table = new Uint8Array(Math.max(...types) + 1);
  for (const type of types) table[type] = 1;
  return table;
}

/** A token type and those that belong to it as to a category. */
function matching(type: TokenType): number[] {
  return [type.tokenTypeIdx!, ...(type.categoryMatches ?? [])];
}

function kindOf(production: IProduction): string {
  if (production instanceof Alternation) return 'Alternation';
  if (production instanceof Option) return 'Option';
  if (production instanceof Repetition) return 'Repetition';
  if (production instanceof RepetitionMandatory) return 'RepetitionMandatory';
  if (production instanceof RepetitionWithSeparator) return 'RepetitionWithSeparator';
  if (production instanceof RepetitionMandatoryWithSeparator) return 'RepetitionMandatoryWithSeparator';
  return '';
}
