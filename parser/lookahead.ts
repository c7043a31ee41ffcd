/**
 * How the parser decides: on one token. Per decision a table from token type to alternative is made, from FIRST sets computed once per rule, so that
 * a decision is one array element, also where alternatives have gates.
 *
 * A gate makes an alternative conditional; the candidates for a token are then tried in order. Two alternatives that begin with the same
 * token, of which the earlier has no gate, are a mistake in the grammar: `check` lists them, and a test asks for none. A table is made when
 * its decision is first taken, so that starting up pays for nothing that a program never says.
 */
import { assert } from '../base/assert.js';
import type { Choice, OptionalKind, Production } from './rule-parser.js';
import type { TokenType } from './token-type.js';

interface First {
  /** Indices of the token types that may come first. */
  readonly types: ReadonlySet<number>;
  /** Whether the production may also match nothing. */
  readonly isNullable: boolean;
}

type Decision = Exclude<Production, { readonly kind: 'token' | 'rule' }>;

export class OneTokenLookahead {
  readonly #record: (rule: string) => readonly Production[];
  readonly #ruleNames: () => readonly string[];
  readonly #productions = new Map<string, readonly Production[]>();
  readonly #firstOfRule = new Map<string, First>();
  readonly #conflicts: string[] = [];

  /** `record` gives what a rule is made of, `ruleNames` the names of all. */
  constructor(record: (rule: string) => readonly Production[], ruleNames: () => readonly string[]) {
    this.#record = record;
    this.#ruleNames = ruleNames;
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
    if (token === this.tracedToken) for (const index of type.members) this.expectedTypes.add(index);
  }

  /** Makes every decision's table, to find all conflicts: decisions that the next token does not settle, and numbers used twice. */
  check(): readonly string[] {
    for (const name of this.#ruleNames()) {
      const seen = new Set<string>();
      for (const decision of decisionsIn(this.#productionsOf(name))) {
        const which = `${decision.kind} ${decision.index}`;
        if (seen.has(which)) this.#conflicts.push(`${name}: two decisions are numbered ${which}`);
        seen.add(which);
        if (decision.kind === 'or') this.#candidates(name, decision);
      }
    }
    return this.#conflicts;
  }

  /** The decision numbered `index` among the alternations of rule `name`. */
  choice(name: string, index: number): Choice {
    const decision = this.#find(name, 'or', index);
    assert(decision.kind === 'or', 'a choice is an alternation');
    const candidates = this.#candidates(name, decision);
    if (decision.isGated) return { table: undefined, candidates };
    const otherwise = candidates[0]![0] ?? -1;
    const table = new Int16Array(candidates.length).fill(otherwise);
    candidates.forEach((list, type) => {
      table[type] = list[0] ?? otherwise;
    });
    return { table, candidates };
  }

  /** 1 at each token type that begins the optional part. */
  optional(name: string, kind: OptionalKind, index: number): Uint8Array {
    const decision = this.#find(name, kind, index);
    assert(decision.kind !== 'or', 'an alternation is no optional part');
    const { types } = this.#firstOfSequence(decision.body);
    const table = new Uint8Array(Math.max(...types) + 1);
    for (const type of types) table[type] = 1;
    return table;
  }

  #find(name: string, kind: Decision['kind'], index: number): Decision {
    for (const decision of decisionsIn(this.#productionsOf(name))) if (decision.kind === kind && decision.index === index) return decision;
    assert(false, 'a decision that was not recorded', index);
  }

  #productionsOf(name: string): readonly Production[] {
    let productions = this.#productions.get(name);
    if (productions === undefined) {
      productions = this.#record(name);
      this.#productions.set(name, productions);
    }
    return productions;
  }

  /** By token type, the alternatives it may begin, in order; at 0 those that may match nothing. */
  #candidates(name: string, decision: Extract<Production, { readonly kind: 'or' }>): number[][] {
    const firsts = decision.alternatives.map((alternative) => this.#firstOfSequence(alternative));
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
      // A nullable alternative behind the others is the usual "or nothing"; gates are trusted to be exclusive where they overlap.
      if (list.length <= 1 || decision.isGated || list.every((alternative, i) => i === 0 || always.includes(alternative))) return;
      this.#conflicts.push(`${name}, OR ${decision.index}: token type ${type} starts alternatives ${list.join(' and ')}`);
    });
    return candidates;
  }

  #firstOfSequence(sequence: readonly Production[]): First {
    const types = new Set<number>();
    for (const production of sequence) {
      const first = this.#firstOf(production);
      for (const type of first.types) types.add(type);
      if (!first.isNullable) return { types, isNullable: false };
    }
    return { types, isNullable: true };
  }

  #firstOf(production: Production): First {
    switch (production.kind) {
      case 'token':
        return { types: new Set(production.type.members), isNullable: false };
      case 'rule':
        return this.#firstOfReference(production.rule.name);
      case 'or': {
        const types = new Set<number>();
        let isNullable = false;
        for (const alternative of production.alternatives) {
          const first = this.#firstOfSequence(alternative);
          for (const type of first.types) types.add(type);
          isNullable ||= first.isNullable;
        }
        return { types, isNullable };
      }
      default: {
        const inner = this.#firstOfSequence(production.body);
        return { types: inner.types, isNullable: inner.isNullable || (production.kind !== 'atLeastOne' && production.kind !== 'atLeastOneSep') };
      }
    }
  }

  #firstOfReference(name: string): First {
    const known = this.#firstOfRule.get(name);
    if (known !== undefined) return known;
    // The grammar has no left recursion, so this does not come back here for the same rule.
    const first = this.#firstOfSequence(this.#productionsOf(name));
    this.#firstOfRule.set(name, first);
    return first;
  }
}

function* decisionsIn(sequence: readonly Production[]): Generator<Decision> {
  for (const production of sequence) {
    if (production.kind === 'token' || production.kind === 'rule') continue;
    yield production;
    for (const part of production.kind === 'or' ? production.alternatives : [production.body]) yield* decisionsIn(part);
  }
}
