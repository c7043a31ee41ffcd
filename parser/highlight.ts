/** The lexemes of a text by what they are, comments and unfinished ones included: for syntax colours and completion while typing. */
import { keywords } from './keywords.js';
import { Lexeme, Scanner } from './scanner.js';

export type SpanKind = 'keyword' | 'name' | 'quotedName' | 'string' | 'number' | 'parameter' | 'operator' | 'punctuation' | 'comment' | 'error';

export interface Span {
  readonly kind: SpanKind;
  readonly start: number;
  readonly end: number;
  /** Whether it is a literal, quoted name or comment that runs to the end of the text without being closed. */
  readonly isOpen: boolean;
}

/** In order; blanks are between them. Never throws. */
export function highlight(text: string): Span[] {
  const scanner = new Scanner(text, 0, true);
  const spans: Span[] = [];
  let brackets = 0;
  for (;;) {
    const lexeme = scanner.next();
    if (lexeme === Lexeme.End) return spans;
    const { start, end } = scanner;
    if (lexeme === Lexeme.Symbol) {
      const code = text.charCodeAt(start);
      if (code === 0x5b) brackets++;
      else if (code === 0x5d) brackets = Math.max(0, brackets - 1);
      scanner.inBrackets = brackets > 0;
    }
    spans.push({ kind: kindOf(lexeme, text, scanner), start, end, isOpen: lexeme === Lexeme.Unterminated });
  }
}

function kindOf(lexeme: Lexeme, text: string, scanner: Scanner): SpanKind {
  switch (lexeme) {
    case Lexeme.Word:
      return keywords.has(text.slice(scanner.start, scanner.end).toLowerCase()) ? 'keyword' : 'name';
    case Lexeme.QuotedWord:
    case Lexeme.UnicodeWord:
      return 'quotedName';
    case Lexeme.String:
    case Lexeme.EscapeString:
    case Lexeme.UnicodeString:
    case Lexeme.BitString:
    case Lexeme.HexString:
    case Lexeme.DollarString:
      return 'string';
    case Lexeme.Integer:
    case Lexeme.Decimal:
      return 'number';
    case Lexeme.Parameter:
    case Lexeme.NamedParameter:
      return 'parameter';
    case Lexeme.Operator:
      return 'operator';
    case Lexeme.Symbol:
      return /[-+*/%^<>=]/.test(text[scanner.start]!) ? 'operator' : 'punctuation';
    case Lexeme.Comment:
      return 'comment';
    case Lexeme.Unterminated:
      return scanner.unterminated === 'comment' ? 'comment' : scanner.unterminated === 'quotedWord' ? 'quotedName' : 'string';
    default:
      return 'error';
  }
}
