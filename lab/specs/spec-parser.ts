/**
 * Reads PostgreSQL's isolation spec format: setup and teardown blocks, sessions with steps, and permutations whose steps may carry
 * markers. The grammar is that of the isolation tester's documentation; errors carry line and column.
 */
import { DatabaseError } from '../../engine/index.js';

export interface Spec {
  readonly name: string;
  /** As read, for places in error messages; empty for one that was not read. */
  readonly text: string;
  readonly setups: readonly string[];
  /** Where in `text` the SQL of each setup begins. */
  readonly setupsAt: readonly number[];
  readonly teardown: string | undefined;
  readonly sessions: readonly SpecSession[];
  /** Empty means every interleaving that keeps each session's order. */
  readonly permutations: readonly (readonly PermutationStep[])[];
}

export interface SpecSession {
  readonly name: string;
  readonly setup: string | undefined;
  readonly setupAt: number;
  readonly teardown: string | undefined;
  readonly steps: readonly SpecStep[];
}

export interface SpecStep {
  readonly name: string;
  readonly session: number;
  readonly sql: string;
}

export interface PermutationStep {
  readonly step: SpecStep;
  readonly blockers: readonly Blocker[];
}

/** `(*)`: not complete before the next step starts; `(other)`: not before that step completed; `(other notices N)`. */
export type Blocker =
  | { readonly kind: 'once' }
  | { readonly kind: 'step'; readonly step: string }
  | { readonly kind: 'notices'; readonly step: string; readonly count: number };

type Token = { readonly kind: 'word' | 'name' | 'block' | 'punct' | 'number' | 'end'; readonly text: string; readonly at: number };

/** @throws DatabaseError 42601 with line and column in the message. */
export function parseSpec(name: string, text: string): Spec {
  const tokens = tokenize(name, text);
  let at = 0;
  const peek = (): Token => tokens[at]!;
  const next = (): Token => tokens[at++]!;
  const fail = (token: Token, expected: string): DatabaseError => specError(name, text, token.at, `expected ${expected}, found ${token.kind === 'end' ? 'end of file' : `"${token.text.slice(0, 30)}"`}`);
  const isWord = (word: string): boolean => peek().kind === 'word' && peek().text === word;
  const block = (): string => {
    const token = next();
    if (token.kind !== 'block') throw fail(token, 'a { SQL } block');
    return token.text;
  };
  const blockAt = (): number => peek().at + 1 + /^[ \t\r\f]*/.exec(text.slice(peek().at + 1))![0].length;
  const identifier = (): string => {
    const token = next();
    if (token.kind !== 'word' && token.kind !== 'name') throw fail(token, 'a name');
    return token.text;
  };

  const setups: string[] = [];
  const setupsAt: number[] = [];
  while (isWord('setup')) {
    next();
    setupsAt.push(blockAt());
    setups.push(block());
  }
  let teardown: string | undefined;
  if (isWord('teardown')) {
    next();
    teardown = block();
  }
  const sessions: SpecSession[] = [];
  const stepsByName = new Map<string, SpecStep>();
  while (isWord('session')) {
    next();
    const sessionName = identifier();
    let setup: string | undefined;
    let setupAt = -1;
    let sessionTeardown: string | undefined;
    if (isWord('setup')) {
      next();
      setupAt = blockAt();
      setup = block();
    }
    const steps: SpecStep[] = [];
    while (isWord('step')) {
      next();
      const nameToken = peek();
      const stepName = identifier();
      if (stepsByName.has(stepName)) throw specError(name, text, nameToken.at, `step "${stepName}" is defined twice`);
      const step: SpecStep = { name: stepName, session: sessions.length, sql: block() };
      stepsByName.set(stepName, step);
      steps.push(step);
    }
    if (isWord('teardown')) {
      next();
      sessionTeardown = block();
    }
    if (steps.length === 0) throw fail(peek(), 'a step');
    sessions.push({ name: sessionName, setup, setupAt, teardown: sessionTeardown, steps });
  }
  if (sessions.length === 0) throw fail(peek(), 'a session');

  const permutations: PermutationStep[][] = [];
  const stepAt = (token: Token): SpecStep => {
    const step = stepsByName.get(token.text);
    if (step === undefined) throw specError(name, text, token.at, `undefined step "${token.text}" specified in permutation`);
    return step;
  };
  while (isWord('permutation')) {
    next();
    const steps: PermutationStep[] = [];
    while (peek().kind === 'name' || (peek().kind === 'word' && peek().text !== 'permutation')) {
      const step = stepAt(next());
      const blockers: Blocker[] = [];
      if (peek().text === '(' && peek().kind === 'punct') {
        do {
          next();
          const token = next();
          if (token.kind === 'punct' && token.text === '*') blockers.push({ kind: 'once' });
          else if (token.kind === 'word' || token.kind === 'name') {
            const other = stepAt(token);
            if (isWord('notices')) {
              next();
              const count = next();
              if (count.kind !== 'number') throw fail(count, 'a number of notices');
              blockers.push({ kind: 'notices', step: other.name, count: Number(count.text) });
            } else blockers.push({ kind: 'step', step: other.name });
          } else throw fail(token, 'a step name or *');
        } while (peek().kind === 'punct' && peek().text === ',');
        const close = next();
        if (close.kind !== 'punct' || close.text !== ')') throw fail(close, '")"');
      }
      steps.push({ step, blockers });
    }
    if (steps.length === 0) throw fail(peek(), 'a step name');
    permutations.push(steps);
  }
  if (peek().kind !== 'end') throw fail(peek(), 'session, permutation or end of file');
  return { name, text, setups, setupsAt, teardown, sessions, permutations };
}

/** All interleavings that keep each session's own order, in the order the isolation tester makes them. */
export function* allInterleavings(spec: Spec): Generator<readonly PermutationStep[]> {
  const taken = spec.sessions.map(() => 0);
  const chosen: PermutationStep[] = [];
  const total = spec.sessions.reduce((sum, session) => sum + session.steps.length, 0);
  function* choose(): Generator<readonly PermutationStep[]> {
    if (chosen.length === total) {
      yield [...chosen];
      return;
    }
    for (let s = 0; s < spec.sessions.length; s++) {
      const step = spec.sessions[s]!.steps[taken[s]!];
      if (step === undefined) continue;
      taken[s]!++;
      chosen.push({ step, blockers: [] });
      yield* choose();
      chosen.pop();
      taken[s]!--;
    }
  }
  yield* choose();
}

function tokenize(name: string, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const c = text[at]!;
    if (/\s/.test(c)) {
      at++;
    } else if (c === '#') {
      while (at < text.length && text[at] !== '\n') at++;
    } else if (c === '{') {
      const end = text.indexOf('}', at);
      if (end < 0) throw specError(name, text, at, 'unterminated { block');
      tokens.push({ kind: 'block', text: trimBlock(text.slice(at + 1, end)), at });
      at = end + 1;
    } else if (c === '"') {
      let end = at + 1;
      let value = '';
      while (end < text.length && !(text[end] === '"' && text[end + 1] !== '"')) {
        if (text[end] === '"') end++;
        value += text[end++];
      }
      if (end >= text.length) throw specError(name, text, at, 'unterminated quoted name');
      tokens.push({ kind: 'name', text: value, at });
      at = end + 1;
    } else if (/[A-Za-z_\u0080-\uffff]/.test(c)) {
      const word = /^[A-Za-z0-9_$\u0080-\uffff]+/.exec(text.slice(at))![0];
      tokens.push({ kind: 'word', text: word, at });
      at += word.length;
    } else if (/[0-9]/.test(c)) {
      const digits = /^[0-9]+/.exec(text.slice(at))![0];
      tokens.push({ kind: 'number', text: digits, at });
      at += digits.length;
    } else if (c === '(' || c === ')' || c === ',' || c === '*') {
      tokens.push({ kind: 'punct', text: c, at });
      at++;
    } else {
      throw specError(name, text, at, `unexpected character "${c}"`);
    }
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

/** The isolation tester drops blanks at both ends of a block, but keeps line breaks. */
function trimBlock(text: string): string {
  return text.replace(/^[ \t\r\f]+/, '').replace(/[ \t\r\f]+$/, '');
}

function specError(name: string, text: string, at: number, message: string): DatabaseError {
  return new DatabaseError('42601', `${placeIn(name, text, at)}: ${message}`, { position: at + 1 });
}
/** `name:line:column`, both from 1. */
export function placeIn(name: string, text: string, at: number): string {
  const before = text.slice(0, at);
  return `${name}:${before.split('\n').length}:${at - before.lastIndexOf('\n')}`;
}
