/**
 * What all parts of the grammar share: Chevrotain's parser set up for one token of lookahead, its failure as one cheap exception,
 * the bound on depth, and small rules used everywhere (names, lists of names, options).
 *
 * The grammar is one parser made of a chain of classes, one per area of SQL: base, types, operators, operands, calls, FROM, queries, data
 * modification, tables, ALTER TABLE, settings, functions, definitions, ALTER and DROP, utilities, and at its end the statements (grammar.ts).
 * A rule that a later class defines is declared here.
 *
 * In Chevrotain's recording phase rules run once with dummy tokens to learn the grammar's shape; so rule bodies build nodes from
 * whatever they get and put code that looks into values into ACTION. Repeated CONSUME and SUBRULE in a rule carry no
 * numbers, for those matter to error recovery and syntax trees only, which this parser has neither of; decisions are numbered.
 *
 * Chevrotain records all rules before the first parse. Here a rule is recorded when a decision in it, or in a rule that may begin with it, is first taken, by a
 * second parser that is always in the recording phase (or never, where the build has kept the tables of all decisions: lookahead-tables.ts): a program pays for the statements it uses, and the parser's object stays one of fast properties. That
 * relies on the parts of Chevrotain named in `Internals`; its version is fixed in package.json.
 */
import { EmbeddedActionsParser, type IToken, type ParserMethod, type Rule as RecordedRule, type TokenType } from './chevrotain.js';
import type * as ast from './ast.js';
import { tooDeep } from './lexer.js';
import { OneTokenLookahead, type LookaheadTables } from './lookahead.js';
import { lookaheadTables } from './lookahead-tables.js';
import { quoteIdentifier } from './print-names.js';
import * as t from './tokens.js';
import { kw, valueOf, type SqlToken } from './tokens.js';

/** Thrown by the grammar where no token fits; parse.ts makes the DbError of it. Not an Error: it needs no stack, and is quick. */
export class SyntaxFailure {
  readonly token: SqlToken;
  constructor(token: SqlToken) {
    this.token = token;
  }
}

type Rule<Args extends unknown[], Result> = ParserMethod<Args, Result>;

function literalNode(token: IToken): ast.Expression | undefined {
  const offset = token.startOffset;
  switch (token.tokenType) {
    case t.Integer:
    case t.Decimal:
      return { kind: 'number', text: valueOf(token), offset };
    case t.StringLiteral:
      return { kind: 'string', value: valueOf(token), offset };
    case kw.null:
      return { kind: 'null', offset };
    case kw.true:
    case kw.false:
      return { kind: 'boolean', value: token.tokenType === kw.true, offset };
    default:
      return undefined;
  }
}

/** What this file uses of Chevrotain's parser that its types do not show. */
interface Internals {
  selfAnalysisDone: boolean;
  readonly definedRulesNames: string[];
  readonly subruleIdx: number;
  /** Number of the rule being run, and the names of all. */
  readonly currRuleShortName: number;
  readonly shortRuleNameToFull: Record<number, string>;
  readonly fullRuleNameToShort: Record<string, number>;
  ruleShortNameIdx: number;
  readonly lookAheadFuncsCache: Map<number, unknown>;
  enableRecording(): void;
  topLevelRuleRecord(name: string, body: unknown): RecordedRule;
  preComputeLookaheadFunctions(rules: readonly RecordedRule[]): void;
  ruleInvocationStateUpdate(shortName: number, name: string, index: number): void;
  ruleFinallyStateUpdate(): void;
  onBeforeParse(name: string): void;
}
/** A rule as Chevrotain knows it: called from outside it begins a parse, from other rules `coreRule` is called. */
interface DefinedRule {
  (this: GrammarBase, ...args: unknown[]): unknown;
  ruleName: string;
  originalGrammarAction: unknown;
  coreRule(this: GrammarBase, ...args: unknown[]): unknown;
}
/** Chevrotain numbers decisions by rule, kind and place; the number of a rule begins here. */
const BitsBelowRule = 12;

const internalsOf = (parser: GrammarBase): Internals => parser as unknown as Internals;

/** What a parser is given as its vocabulary, for tokens.ts has completed the types: by one that has members it knows that there are categories. */
const typeWithMembers = (): TokenType => ({ name: 'vocabulary', CATEGORIES: [], tokenTypeIdx: t.TypeIndexMin - 1, categoryMatches: [t.TypeIndexMin], categoryMatchesMap: {} });

export class GrammarBase extends EmbeddedActionsParser {
  readonly lookahead: OneTokenLookahead;
  #recorder: GrammarBase | undefined;
  readonly #recorded = new Map<string, RecordedRule>();
  #tables = lookaheadTables;
  /** Text of the statements being parsed. */
  protected source = '';
  /** Limit of nesting, set per parse. */
  protected maxDepth = 0;
  /** Nested expressions, queries and joins that are open. */
  protected depth = 0;
  /** Greatest height of the expressions completed since this was last reset (P3 of precedence.ts). */
  protected height = 0;

  constructor() {
    const lookahead = new OneTokenLookahead((name) => this.#ruleNamed(name));
    super([typeWithMembers()], { maxLookahead: 1, skipValidations: true, recoveryEnabled: false, lookaheadStrategy: lookahead });
    this.lookahead = lookahead;
  }

  // Rules of later classes that earlier ones call.
  declare readonly expression: Rule<[isRestricted?: boolean], ast.Expression>;
  declare readonly primary: Rule<[], ast.Expression>;
  declare readonly parenthesized: Rule<[], ast.Expression>;
  declare readonly explicitRow: Rule<[], ast.Expression>;
  declare readonly keywordFunction: Rule<[], ast.Expression>;
  declare readonly query: Rule<[], ast.Query>;
  declare readonly parenthesizedQuery: Rule<[], ast.Query>;
  declare readonly requiredParenthesizedQuery: Rule<[], ast.Query>;
  declare readonly sortClause: Rule<[], ast.SortItem[]>;
  declare readonly windowSpec: Rule<[], ast.WindowSpec>;
  declare readonly alterObject: Rule<[objectType: ast.ObjectType, name: ast.QualifiedName, args: ast.FunctionParameter[] | undefined, offset: number], ast.Statement>;
  declare readonly statement: Rule<[], ast.Statement>;
  declare readonly preparable: Rule<[], ast.PreparableStatement>;

  /**
   * Defines a rule as Chevrotain does, of which a parser of some four hundred rules took milliseconds. Left out: looking for the name among all before it, a second property, recovering from errors, and an error
   * for what is left of the input (all rules called from outside end with EndOfInput).
   */
  protected override RULE<F extends (...args: never[]) => unknown>(name: string, implementation: F): ParserMethod<Parameters<F>, ReturnType<F>> {
    const internals = internalsOf(this);
    const shortName = internals.ruleShortNameIdx++ << BitsBelowRule;
    internals.definedRulesNames.push(name);
    internals.shortRuleNameToFull[shortName] = name;
    internals.fullRuleNameToShort[name] = shortName;
    const coreRule = function (this: GrammarBase, ...args: unknown[]): unknown {
      const parser = internalsOf(this);
      parser.ruleInvocationStateUpdate(shortName, name, parser.subruleIdx);
      try {
        return implementation.apply(this, args as Parameters<F>);
      } finally {
        parser.ruleFinallyStateUpdate();
      }
    };
    const rule = function (this: GrammarBase, ...args: unknown[]): unknown {
      internalsOf(this).onBeforeParse(name);
      return coreRule.apply(this, args);
    } as DefinedRule;
    rule.ruleName = name;
    rule.originalGrammarAction = implementation;
    rule.coreRule = coreRule;
    return rule as unknown as ParserMethod<Parameters<F>, ReturnType<F>>;
  }

  /** To be called when all rules are defined, instead of performSelfAnalysis. */
  protected complete(): void {
    internalsOf(this).selfAnalysisDone = true;
    toFastProperties(this);
  }

  #ruleNamed(name: string): RecordedRule {
    let rule = this.#recorded.get(name);
    if (rule === undefined) {
      if (this.#recorder === undefined) {
        this.#recorder = new (this.constructor as new () => GrammarBase)();
        internalsOf(this.#recorder).enableRecording();
      }
      const { originalGrammarAction } = (this.#recorder as unknown as Record<string, { readonly originalGrammarAction: unknown }>)[name]!;
      rule = internalsOf(this.#recorder).topLevelRuleRecord(name, originalGrammarAction);
      this.#recorded.set(name, rule);
    }
    return rule;
  }

  /** Chevrotain asks here how to decide. */
  protected getLaFuncFromCache(key: number): unknown {
    const internals = internalsOf(this);
    const known = internals.lookAheadFuncsCache.get(key);
    if (known !== undefined) return known;
    const kept = this.#tables === undefined ? undefined : this.lookahead.decisionFrom(this.#tables, key);
    if (kept !== undefined) {
      internals.lookAheadFuncsCache.set(key, kept);
      return kept;
    }
    internals.preComputeLookaheadFunctions([this.#ruleNamed(internals.shortRuleNameToFull[internals.currRuleShortName]!)]);
    return internals.lookAheadFuncsCache.get(key);
  }

  /** Mistakes in the whole grammar: rules of one name, and decisions that one token does not settle. */
  check(): readonly string[] {
    this.#recordAll();
    const names = internalsOf(this).definedRulesNames;
    const twice = names.filter((name, i) => names.indexOf(name) !== i).map((name) => `${name}: two rules have this name`);
    return [...twice, ...this.lookahead.check()];
  }
  /** What all decisions go by, from the rules. */
  tables(): LookaheadTables {
    this.#recordAll();
    return this.lookahead.tablesOf(internalsOf(this).lookAheadFuncsCache);
  }
  #recordAll(): void {
    const internals = internalsOf(this);
    internals.preComputeLookaheadFunctions(internals.definedRulesNames.map((name) => this.#ruleNamed(name)));
  }
  /** Decide by these tables, undefined: by the rules alone. Before the first parse. */
  decideBy(tables: LookaheadTables | undefined): this {
    this.#tables = tables;
    return this;
  }

  /** To be called before a statement is parsed. */
  start(tokens: SqlToken[], source: string, maxDepth: number): void {
    this.input = tokens;
    this.source = source;
    this.maxDepth = maxDepth;
    this.depth = 0;
    this.height = 0;
  }

  // Chevrotain raises its errors here. Ours are found again by token, so the messages it would build are not needed.
  protected consumeInternalError(expected: TokenType, actual: IToken): never {
    this.lookahead.noteRequired(actual, expected);
    throw new SyntaxFailure(actual as SqlToken);
  }
  protected raiseNoAltException(): never {
    throw new SyntaxFailure(this.LA(1) as SqlToken);
  }
  protected raiseEarlyExitException(): never {
    throw new SyntaxFailure(this.LA(1) as SqlToken);
  }

  /** A syntax error at `token`, which the grammar's rules alone would have let pass. */
  protected fail(token: IToken): never {
    throw new SyntaxFailure(token as SqlToken);
  }

  /** Offset of the next token. */
  protected here(): number {
    return this.LA(1).startOffset;
  }
  protected nextIs(type: TokenType): boolean {
    return this.LA(1).tokenType === type;
  }
  protected secondIs(type: TokenType): boolean {
    return this.LA(2).tokenType === type;
  }
  /** Whether the token after next is an opening parenthesis, of a query or not. */
  protected secondIsParenthesis(): boolean {
    const type = this.LA(2).tokenType;
    return type === t.LParenOther || type === t.LParenQuery;
  }

  /** Chevrotain's position in `input`: the index of the token read last. */
  declare private currIdx: number;

  /**
   * The literals of one parenthesised list that holds nothing else, read past without the rules for expressions: rows of a bulk INSERT are mostly that.
   * Undefined, with nothing read, where the next list is not of this kind. Gives what the rules would give.
   */
  protected literalList(): ast.Expression[] | undefined {
    const { input } = this;
    let at = this.currIdx + 1;
    if (input[at]!.tokenType !== t.LParenOther) return undefined;
    const list: ast.Expression[] = [];
    for (;;) {
      const node = literalNode(input[++at]!);
      if (node === undefined) return undefined;
      list.push(node);
      const after = input[++at]!.tokenType;
      if (after === t.Comma) continue;
      if (after !== t.RParen) return undefined;
      this.currIdx = at;
      return list;
    }
  }

  /** Goes one level deeper. @throws DbError 54001 past the limit */
  protected enter(): void {
    if (++this.depth > this.maxDepth && !this.RECORDING_PHASE) throw tooDeep(this.maxDepth, this.here());
  }
  protected leave(): void {
    this.depth--;
  }

  // --------------------------------------------------------------------------------------------------- optional words

  /** `[type]`; `index` numbers the decision within its rule. */
  protected has(index: number, type: TokenType): boolean {
    return this.option(index, () => this.CONSUME(type)) !== undefined;
  }
  /** `[first second]`. */
  protected hasBoth(index: number, first: TokenType, second: TokenType): boolean {
    return (
      this.option(index, () => {
        this.CONSUME(first);
        this.CONSUME(second);
        return true;
      }) !== undefined
    );
  }

  /** `[IF EXISTS]` */
  readonly ifExists = this.RULE('ifExists', (): boolean => this.hasBoth(0, kw.if, kw.exists));
  /** `[IF NOT EXISTS]` */
  readonly ifNotExists = this.RULE('ifNotExists', (): boolean => {
    return (
      this.OPTION(() => {
        this.CONSUME(kw.if);
        this.CONSUME(kw.not);
        this.CONSUME(kw.exists);
        return true;
      }) !== undefined
    );
  });
  /** `[CASCADE | RESTRICT]` */
  readonly dropBehavior = this.RULE('dropBehavior', (): ast.DropBehavior => {
    const behavior = this.OPTION(() =>
      this.OR<ast.DropBehavior>([
        { ALT: () => (this.CONSUME(kw.cascade), 'cascade') },
        { ALT: () => (this.CONSUME(kw.restrict), 'restrict') },
      ]),
    );
    return behavior ?? 'restrict';
  });

  // ------------------------------------------------------------------------------------------------------------ names

  readonly identifier = this.RULE('identifier', (): ast.Identifier => {
    const name = this.CONSUME(t.ColId);
    return { name: valueOf(name), offset: name.startOffset };
  });

  /** `(a, b, c)` */
  readonly columnList = this.RULE('columnList', (): ast.Identifier[] => {
    const columns: ast.Identifier[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => columns.push(this.SUBRULE(this.identifier)) });
    this.CONSUME(t.RParen);
    return columns;
  });
  readonly optionalColumnList = this.RULE('optionalColumnList', (): ast.Identifier[] => this.OPTION(() => this.SUBRULE(this.columnList)) ?? []);

  /** `name`, `schema.name`, `catalog.schema.name`. */
  readonly qualifiedName = this.RULE('qualifiedName', (): ast.QualifiedName => {
    const first = this.CONSUME(t.ColId);
    const offset = first.startOffset;
    let catalog: string | undefined;
    let schema: string | undefined;
    let name = valueOf(first);
    this.MANY(() => {
      const dot = this.CONSUME(t.Dot);
      if (catalog !== undefined && !this.RECORDING_PHASE) this.fail(dot);
      catalog = schema;
      schema = name;
      name = valueOf(this.CONSUME(t.ColLabel));
    });
    return { catalog, schema, name, offset };
  });

  readonly qualifiedNames = this.RULE('qualifiedNames', (): ast.QualifiedName[] => {
    const names: ast.QualifiedName[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE(this.qualifiedName)) });
    return names;
  });

  /** A role, or one of the words that stand for one. */
  readonly role = this.RULE('role', (): string =>
    this.OR([
      { ALT: () => valueOf(this.CONSUME(t.NonReservedWord)) },
      { ALT: () => valueOf(this.CONSUME(kw.current_user)) },
      { ALT: () => valueOf(this.CONSUME(kw.session_user)) },
      { ALT: () => valueOf(this.CONSUME(kw.current_role)) },
    ]),
  );

  // ------------------------------------------------------------------------------------------------ numbers and options

  /** `[+ | -] number`, as text. */
  readonly signedNumber = this.RULE('signedNumber', (): string => {
    const sign = this.OPTION(() => this.OR([{ ALT: () => (this.CONSUME(t.Plus), '') }, { ALT: () => (this.CONSUME(t.Minus), '-') }])) ?? '';
    const digits = this.OR1([{ ALT: () => valueOf(this.CONSUME(t.Integer)) }, { ALT: () => valueOf(this.CONSUME(t.Decimal)) }]);
    return sign + digits;
  });
  readonly signedInteger = this.RULE('signedInteger', (): number => {
    const sign = this.OPTION(() => this.OR([{ ALT: () => (this.CONSUME(t.Plus), 1) }, { ALT: () => (this.CONSUME(t.Minus), -1) }])) ?? 1;
    const digits = this.CONSUME(t.Integer);
    return this.ACTION(() => sign * this.int4(digits));
  });

  /** The value of an integer token where PostgreSQL takes int4 only; a larger one is a syntax error, as it is there. */
  protected int4(digits: IToken): number {
    const value = Number(valueOf(digits));
    if (value > 0x7fffffff) this.fail(digits);
    return value;
  }

  /** Value of an option: a word (booleans are words too), a string or a number. */
  readonly optionScalar = this.RULE('optionScalar', (): string | number | boolean =>
    this.OR<string | number | boolean>([
      { ALT: () => valueOf(this.CONSUME(t.StringLiteral)) },
      { ALT: () => valueOf(this.CONSUME(t.NonReservedWord)) },
      { ALT: () => (this.CONSUME(kw.true), true) },
      { ALT: () => (this.CONSUME(kw.false), false) },
      { ALT: () => valueOf(this.CONSUME(kw.on)) },
      { ALT: () => { const text = this.SUBRULE(this.signedNumber); return this.ACTION(() => Number(text)); } },
    ]),
  );

  /** `(name [value], ...)` of COPY, where a value may also be a star or a list. */
  readonly copyOptions = this.RULE('copyOptions', (): ast.DefinitionOption[] => {
    const options: ast.DefinitionOption[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.CONSUME(t.ColLabel);
        const value = this.OPTION(() =>
          this.OR<ast.OptionValue>([
            { ALT: () => this.SUBRULE(this.optionScalar) },
            { ALT: () => valueOf(this.CONSUME(t.Star)) },
            {
              ALT: () => {
                const items: string[] = [];
                this.CONSUME1(t.LParen);
                this.AT_LEAST_ONE_SEP1({
                  SEP: t.Comma,
                  DEF: () => {
                    const item = this.SUBRULE1(this.optionScalar);
                    this.ACTION(() => items.push(String(item)));
                  },
                });
                this.CONSUME1(t.RParen);
                return items;
              },
            },
          ]),
        );
        options.push({ namespace: undefined, name: valueOf(name), value, offset: name.startOffset });
      },
    });
    this.CONSUME(t.RParen);
    return options;
  });

  /** Value of a storage parameter or of a type's property. */
  readonly definitionValue = this.RULE('definitionValue', (): ast.OptionValue =>
    this.OR<ast.OptionValue>([
      { ALT: () => valueOf(this.CONSUME(t.StringLiteral)) },
      { ALT: () => this.SUBRULE(this.signedNumber) },
      {
        ALT: () => {
          // A word, a qualified name, or the words of a type (timestamp with time zone).
          const first = valueOf(this.CONSUME(t.ColLabel));
          let text = first;
          this.MANY(() =>
            this.OR1([
              { ALT: () => { this.CONSUME(t.Dot); text = `${quoteIdentifier(text)}.${quoteIdentifier(valueOf(this.CONSUME1(t.ColLabel)))}`; } },
              { ALT: () => { text += ` ${valueOf(this.CONSUME2(t.ColLabel))}`; } },
            ]),
          );
          return text === 'true' ? true : text === 'false' ? false : text;
        },
      },
    ]),
  );

  /** `(name [= value], ...)`, the form of storage parameters and type definitions. */
  readonly definitionOptions = this.RULE('definitionOptions', (): ast.DefinitionOption[] => {
    const options: ast.DefinitionOption[] = [];
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const first = this.CONSUME(t.ColLabel);
        const second = this.OPTION(() => {
          this.CONSUME(t.Dot);
          return valueOf(this.CONSUME1(t.ColLabel));
        });
        const value = this.OPTION1(() => {
          this.CONSUME(t.Equals);
          return this.SUBRULE(this.definitionValue);
        });
        const namespace = second === undefined ? undefined : valueOf(first);
        options.push({ namespace, name: second ?? valueOf(first), value, offset: first.startOffset });
      },
    });
    this.CONSUME(t.RParen);
    return options;
  });

  /** `[WITH (storage parameters)]` */
  readonly withOptions = this.RULE('withOptions', (): ast.DefinitionOption[] => {
    const options = this.OPTION(() => {
      this.CONSUME(kw.with);
      return this.SUBRULE(this.definitionOptions);
    });
    return options ?? [];
  });
}

/** As a prototype V8 keeps an object's properties in an order that code can rely on; one with hundreds of rules would otherwise be a dictionary. */
function toFastProperties(parser: object): void {
  function Holder(): void { /* never called as a function */ }
  Holder.prototype = parser;
  Object.create(Holder.prototype as object);
}
