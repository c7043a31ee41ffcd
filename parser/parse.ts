/**
 * From SQL text to statements. `parse` reads a script of any number of them; errors are 42601 with a position and what was expected,
 * or 54001 past a limit. The grammar object is made on first use (some milliseconds) and reused: it has no state between parses.
 */
import { assert } from '../base/assert.js';
import { DbError } from '../base/errors.js';
import type { Expression, ParsedStatement, Query, TypeName } from './ast.js';
import { SyntaxFailure } from './grammar-base.js';
import { SqlGrammar } from './grammar.js';
import { Lexer, tooDeep } from './lexer.js';
import { syntaxError, type Retrial } from './syntax-error.js';
import type { SqlToken } from './tokens.js';

export interface ParseOptions {
  /** Deepest nesting (A2 of ast.ts). The default is what parsing can hold on Node's default stack; walking the tree takes less per level. */
  readonly maxDepth?: number | undefined;
  /** Longest statement, in UTF-16 units. */
  readonly maxLength?: number | undefined;
  /** Whether a syntax error says what was expected, which costs some hundred short parses. */
  readonly explainErrors?: boolean | undefined;
}

export const defaultMaxDepth = 250;
export const defaultMaxLength = 16 * 1024 * 1024;

let grammar: SqlGrammar | undefined;

/** The statements of `sql`; none for a text of blanks, comments and semicolons. @throws DbError 42601, 54001 and those of literals */
export function parse(sql: string, options: ParseOptions = {}): readonly ParsedStatement[] {
  const maxDepth = options.maxDepth ?? defaultMaxDepth;
  const lexer = new Lexer(sql, maxDepth, options.maxLength ?? defaultMaxLength);
  const statements: ParsedStatement[] = [];
  while (lexer.nextStatement()) {
    const { tokens, start, end, parameterCount, parameterNames } = lexer;
    const statement = run((parser) => parser.wholeStatement(), tokens, sql, maxDepth, options);
    statements.push({ statement, start, end, text: sql.slice(start, end), parameterCount, parameterNames });
  }
  return statements;
}

/** A text that is one expression, as a stored DEFAULT or CHECK. */
export function parseExpression(text: string, options: ParseOptions = {}): Expression {
  return parseOne((parser) => parser.wholeExpression(), text, options);
}

/** A text that is one query, as that of a stored view, which parses by construction. */
export function parseQuery(text: string): Query {
  const statement = parse(text)[0]?.statement;
  assert(statement?.kind === 'query', 'the text of a view is no query');
  return statement;
}

/** A text that is the name of a type, as `numeric(10, 2)[]`. */
export function parseTypeName(text: string, options: ParseOptions = {}): TypeName {
  return parseOne((parser) => parser.wholeTypeName(), text, options);
}

function parseOne<T>(rule: (parser: SqlGrammar) => T, text: string, options: ParseOptions): T {
  const maxDepth = options.maxDepth ?? defaultMaxDepth;
  const lexer = new Lexer(text, maxDepth, options.maxLength ?? defaultMaxLength);
  lexer.nextStatement();
  const { tokens, end } = lexer;
  const result = run(rule, tokens, text, maxDepth, options);
  if (lexer.nextStatement() || text.slice(end, lexer.start).includes(';')) {
    throw new DbError('42601', 'syntax error at or near ";"', { offset: text.indexOf(';', end) });
  }
  return result;
}

function run<T>(rule: (parser: SqlGrammar) => T, tokens: SqlToken[], source: string, maxDepth: number, options: ParseOptions): T {
  grammar ??= new SqlGrammar();
  const parser = grammar;
  try {
    parser.start(tokens, source, maxDepth);
    return rule(parser);
  } catch (error) {
    if (error instanceof SyntaxFailure) {
      throw syntaxError(error.token, tokens, source, options.explainErrors === false ? undefined : new RuleRetrial(parser, rule, source, maxDepth));
    }
    // The limits are chosen so that this does not happen, but how much stack the caller left is not ours to know.
    if (error instanceof RangeError) throw tooDeep(maxDepth, tokens[0]!.startOffset);
    throw error;
  }
}

/** The rule that failed, run on other tokens. */
class RuleRetrial implements Retrial {
  readonly #parser: SqlGrammar;
  readonly #rule: (parser: SqlGrammar) => unknown;
  readonly #source: string;
  readonly #maxDepth: number;

  constructor(parser: SqlGrammar, rule: (parser: SqlGrammar) => unknown, source: string, maxDepth: number) {
    this.#parser = parser;
    this.#rule = rule;
    this.#source = source;
    this.#maxDepth = maxDepth;
  }

  accepts(tokens: SqlToken[]): number {
    try {
      this.#parser.start(tokens, this.#source, this.#maxDepth);
      this.#rule(this.#parser);
      return tokens.length;
    } catch (error) {
      return error instanceof SyntaxFailure ? tokens.indexOf(error.token) : tokens.length;
    }
  }

  expectedAt(wrong: SqlToken, tokens: SqlToken[]): ReadonlySet<number> {
    const { lookahead } = this.#parser;
    lookahead.expectedTypes.clear();
    lookahead.tracedToken = wrong;
    try {
      this.accepts(tokens);
    } finally {
      lookahead.tracedToken = undefined;
    }
    return new Set(lookahead.expectedTypes);
  }
}
