/**
 * What the parser takes of Chevrotain. The only file that imports it, so that the build can put the library's own single-file form in this file's place: from its
 * sources, some 300 modules with Lodash's, it takes thirty times as long to load.
 */
export {
  Alternation, EmbeddedActionsParser, Lexer, NonTerminal, Option, Repetition, RepetitionMandatory, RepetitionMandatoryWithSeparator, RepetitionWithSeparator, Rule, Terminal,
} from 'chevrotain';
export type { ILookaheadStrategy, ILookaheadValidationError, IOrAlt, IProduction, IToken, ParserMethod, TokenType } from 'chevrotain';
