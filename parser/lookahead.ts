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

/** The same, the indices as the first and last of each run of successive ones, in order. */
interface FirstRuns {
  readonly runs: readonly number[];
  readonly isNullable: boolean;
}

interface Described {
  readonly kind: number;
  readonly firsts: () => readonly FirstRuns[];
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
    const firsts = (): FirstRuns[] => (this.#find(options.rule, 'Alternation', options.prodOccurrence) as Alternation).definition.map((alternative) => asRuns(this.#firstOfSequence(sequenceOf(alternative))));
    this.#builders.push(() => this.#noteConflicts(options, firsts()));
    return options.hasPredicates ? this.#gatedDecision(firsts) : this.#plainDecision(firsts);
  }

  buildLookaheadForOptional(options: Optional): OptionalDecision {
    const firsts = (): FirstRuns[] => [asRuns(this.#firstOfSequence(sequenceOf(this.#find(options.rule, options.prodType, options.prodOccurrence))))];
    this.#builders.push(firsts);
    return this.#optionalDecision(firsts);
  }

  #plainDecision(firsts: () => readonly FirstRuns[]): AlternationDecision {
    let table: Int16Array | undefined;
    const decide = decision(function (this: Decider) {
      table ??= plainTable(firsts());
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), firsts());
      const type = this.LA(1).tokenTypeIdx;
      const alternative = type < table.length ? table[type]! : table[0]!;
      return alternative >= 0 ? alternative : undefined;
    });
    this.#described.set(decide, { kind: DecisionKind.Plain, firsts });
    return decide;
  }

  #gatedDecision(firsts: () => readonly FirstRuns[]): AlternationDecision {
    const candidates: (readonly number[] | undefined)[] = [];
    const decide = decision(function (this: Decider, alternatives) {
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), firsts());
      const type = this.LA(1).tokenTypeIdx;
      const list = (candidates[type] ??= candidatesFor(type, firsts()));
      for (let i = 0; i < list.length; i++) {
        const gate = alternatives[list[i]!]!.GATE;
        if (gate === undefined || gate.call(undefined)) return list[i];
      }
      return undefined;
    });
    this.#described.set(decide, { kind: DecisionKind.Gated, firsts });
    return decide;
  }

  #optionalDecision(firsts: () => readonly FirstRuns[]): OptionalDecision {
    let table: Uint8Array | undefined;
    const decide = decision(function (this: Decider) {
      table ??= optionalTable(firsts()[0]!.runs);
      if (this.lookahead.tracedToken !== undefined) this.lookahead.note(this.LA(1), firsts());
      return table[this.LA(1).tokenTypeIdx] === 1;
    });
    this.#described.set(decide, { kind: DecisionKind.Optional, firsts });
    return decide;
  }

  /** The tables of decisions made here, by the numbers they are known under. */
  tablesOf(decisions: Iterable<readonly [key: number, decide: unknown]>): LookaheadTables {
    const sets: (readonly number[])[] = [];
    const numbers = new Map<string, number>();
    const numberOf = (set: readonly number[]): number => {
      const key = set.join();
      let number = numbers.get(key);
      if (number === undefined) numbers.set(key, (number = sets.push(set) - 1));
      return number;
    };
    const tables: Record<number, readonly number[]> = {};
    for (const [key, decide] of decisions) {
      const { kind, firsts } = this.#described.get(decide as object)!;
      tables[key] = [kind, ...firsts().map((first) => numberOf(first.runs) * 2 + (first.isNullable ? 1 : 0))];
    }
    return { sets, decisions: tables };
  }

  /** The decision of that number, undefined when the tables have none. */
  decisionFrom({ sets, decisions }: LookaheadTables, key: number): AlternationDecision | OptionalDecision | undefined {
    const table = decisions[key];
    if (table === undefined) return undefined;
    const firsts = (): FirstRuns[] => table.slice(1).map((first) => ({ runs: sets[first >>> 1]!, isNullable: (first & 1) === 1 }));
    if (table[0] === DecisionKind.Optional) return this.#optionalDecision(firsts);
    return table[0] === DecisionKind.Gated ? this.#gatedDecision(firsts) : this.#plainDecision(firsts);
  }

  /** While set, decisions taken before this token leave in `expectedTypes` what they would have liked to see. */
  tracedToken: object | undefined = undefined;
  readonly expectedTypes = new Set<number>();

  /** A decision before `token` among what begins so. */
  note(token: object, firsts: readonly FirstRuns[]): void {
    if (token !== this.tracedToken) return;
    for (const { runs } of firsts) forEachRun(runs, (begin, end) => {
      for (let type = begin; type < end; type++) this.expectedTypes.add(type);
    });
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

  #noteConflicts(options: Choice, firsts: readonly FirstRuns[]): void {
    // Gates are trusted to be exclusive where they overlap.
    if (options.hasPredicates) return;
    for (let type = 1; type < endOf(firsts); type++) {
      const list = candidatesFor(type, firsts);
      // A nullable alternative behind the others is the usual "or nothing".
      if (list.every((alternative, i) => i === 0 || firsts[alternative]!.isNullable)) continue;
      this.#conflicts.push(`${options.rule.name}, OR ${options.prodOccurrence}: token type ${type} starts alternatives ${list.join(' and ')}`);
    }
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

function asRuns({ types, isNullable }: First): FirstRuns {
  const runs: number[] = [];
  for (const type of [...types].sort((a, b) => a - b)) {
    if (runs.at(-1) === type - 1) runs[runs.length - 1] = type;
    else runs.push(type, type);
  }
  return { runs, isNullable };
}

function forEachRun(runs: readonly number[], visit: (begin: number, end: number) => void): void {
  for (let i = 0; i < runs.length; i += 2) visit(runs[i]!, runs[i + 1]! + 1);
}

/** Behind the last token type that begins any of them. */
const endOf = (firsts: readonly FirstRuns[]): number => Math.max(1, ...firsts.map(({ runs }) => (runs.at(-1) ?? 0) + 1));

/** The alternatives that a token type may begin, and those that may match nothing, in order. */
function candidatesFor(type: number, firsts: readonly FirstRuns[]): readonly number[] {
  const candidates: number[] = [];
  firsts.forEach(({ runs, isNullable }, alternative) => {
    let begins = isNullable;
    for (let i = 0; !begins && i < runs.length; i += 2) begins = runs[i]! <= type && type <= runs[i + 1]!;
    if (begins) candidates.push(alternative);
  });
  return candidates;
}

/** Token type to the first alternative it may begin; what has no entry takes the one at 0, which no token type has. -1 is none. */
function plainTable(firsts: readonly FirstRuns[]): Int16Array {
  const table = new Int16Array(endOf(firsts)).fill(-1);
  for (let alternative = firsts.length - 1; alternative >= 0; alternative--) {
    const { runs, isNullable } = firsts[alternative]!;
    if (isNullable) table.fill(alternative);
    else forEachRun(runs, (begin, end) => table.fill(alternative, begin, end));
  }
  return table;
}

function optionalTable(runs: readonly number[]): Uint8Array {
  const table = new Uint8Array(endOf([{ runs, isNullable: false }]));
  forEachRun(runs, (begin, end) => table.fill(1, begin, end));
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
