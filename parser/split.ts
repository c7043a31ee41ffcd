/**
 * Where statements end in a text that may still be growing: for a shell that reads line by line, for script runners and restore. Knows
 * strings, dollar quotes, quoted names, comments, parentheses and BEGIN ATOMIC, and nothing else: a statement with an error in it ends
 * at its semicolon all the same.
 *
 * A reader keeps the text from `restStart` on, appends the next line and splits again, so that nothing complete is looked at twice.
 */
import { Lexeme, Scanner, type Unterminated } from './scanner.js';

export interface StatementRange {
  /** From the first token to before the semicolon. */
  readonly start: number;
  readonly end: number;
}

/** What is open at the end of the text; `none` when only blanks and comments follow the last semicolon. */
export type OpenConstruct = 'none' | 'statement' | 'string' | 'quotedName' | 'dollarString' | 'comment' | 'parenthesis' | 'atomicBody';

export interface Split {
  /** Complete statements, those without any token left out. */
  readonly statements: readonly StatementRange[];
  /** Just past the last complete statement's semicolon. */
  readonly restStart: number;
  /** First token of the unfinished statement; the text's length when there is none. */
  readonly openStart: number;
  readonly open: OpenConstruct;
}

const openOf: Readonly<Record<Unterminated, OpenConstruct>> = {
  string: 'string', bitString: 'string', hexString: 'string', dollarString: 'dollarString', quotedWord: 'quotedName', comment: 'comment',
};

export function splitStatements(text: string, from = 0): Split {
  const scanner = new Scanner(text, from);
  const statements: StatementRange[] = [];
  let restStart = from;
  let start = -1;
  let end = from;
  let depth = 0;
  let brackets = 0;
  let atomicDepth = 0;
  let previous = '';
  for (;;) {
    const lexeme = scanner.next();
    if (lexeme === Lexeme.End) {
      const open = start < 0 ? 'none' : atomicDepth > 0 ? 'atomicBody' : depth > 0 ? 'parenthesis' : 'statement';
      return { statements, restStart, openStart: start < 0 ? text.length : start, open };
    }
    if (lexeme === Lexeme.Unterminated) return { statements, restStart, openStart: start < 0 ? scanner.start : start, open: openOf[scanner.unterminated] };
    const word = lexeme === Lexeme.Word ? text.slice(scanner.start, scanner.end).toLowerCase() : '';
    if (lexeme === Lexeme.Symbol && scanner.end - scanner.start === 1) {
      switch (text.charCodeAt(scanner.start)) {
        case 0x28:
          depth++;
          break;
        case 0x29:
          depth = Math.max(0, depth - 1);
          break;
        case 0x5b:
          brackets++;
          break;
        case 0x5d:
          brackets = Math.max(0, brackets - 1);
          break;
        case 0x3b:
          if (depth > 0 || atomicDepth > 0) break;
          if (start >= 0) statements.push({ start, end });
          restStart = scanner.end;
          start = -1;
          brackets = 0;
          scanner.inBrackets = false;
          previous = '';
          continue;
      }
      scanner.inBrackets = brackets > 0;
    }
    if (word === 'atomic' && previous === 'begin') atomicDepth++;
    else if (word === 'case' && atomicDepth > 0) atomicDepth++;
    else if (word === 'end' && atomicDepth > 0) atomicDepth--;
    if (start < 0) start = scanner.start;
    end = scanner.end;
    previous = word;
  }
}
