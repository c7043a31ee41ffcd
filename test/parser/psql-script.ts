/**
 * The statements of a psql script, as psql would send them: without backslash commands, without the data that follows COPY FROM STDIN.
 * Those with psql variables in them are left out, for their text is not what the server sees.
 */
import { Lexeme, Scanner } from '../../parser/scanner.js';

export interface ScriptStatement {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

export function psqlStatements(script: string): ScriptStatement[] {
  const statements: ScriptStatement[] = [];
  let position = 0;
  while (position < script.length) {
    const { end, text, start, hasVariable } = readStatement(script, position);
    if (text !== '' && !hasVariable) statements.push({ text, line: script.slice(0, start).split('\n').length });
    position = end;
    if (/^copy\s[^;]*\bfrom\s+stdin\b/i.test(text)) {
      const dataEnd = /^\\\.\s*$/m.exec(script.slice(position));
      if (dataEnd !== null) position += dataEnd.index + dataEnd[0].length;
    }
  }
  return statements;
}

function readStatement(script: string, from: number): { text: string; start: number; end: number; hasVariable: boolean } {
  const scanner = new Scanner(script, from);
  let depth = 0;
  let atomic = 0;
  let previous = '';
  let start = -1;
  let textEnd = from;
  let hasVariable = false;
  let text = '';
  for (;;) {
    const lexeme = scanner.next();
    if (lexeme === Lexeme.End || lexeme === Lexeme.Unterminated) return finish(scanner.end);
    const word = script.slice(scanner.start, scanner.end);
    if (lexeme === Lexeme.Unknown && word === '\\') {
      // `\;` is a semicolon within one message; any other command ends what came before and takes the rest of its line.
      if (script[scanner.end] === ';') {
        scanner.end++;
        continue;
      }
      const lineEnd = script.indexOf('\n', scanner.start);
      const end = lineEnd < 0 ? script.length : lineEnd + 1;
      const command = /^\\(\w+)/.exec(script.slice(scanner.start, end))?.[1] ?? '';
      if (start < 0 || command.startsWith('g') || command.startsWith('watch') || command.startsWith('crosstab') || command.startsWith('bind')) return finish(end);
      // Within a statement, psql runs it at once and the statement goes on.
      text += script.slice(start, scanner.start);
      start = end;
      textEnd = end;
      scanner.end = end;
      continue;
    }
    if (start < 0) start = scanner.start;
    if (lexeme === Lexeme.NamedParameter || (word === ':' && /['"{]/.test(script[scanner.end] ?? ''))) hasVariable = true;
    if (word === '(' || word === '[') depth++;
    else if (word === ')' || word === ']') depth--;
    scanner.inBrackets = false;
    const lower = word.toLowerCase();
    if (lower === 'atomic' && previous === 'begin') atomic++;
    else if (atomic > 0 && lower === 'case') atomic++;
    else if (atomic > 0 && lower === 'end') atomic--;
    if (word === ';' && depth <= 0 && atomic === 0) return finish(scanner.end);
    textEnd = scanner.end;
    previous = lower;
  }
  function finish(end: number): { text: string; start: number; end: number; hasVariable: boolean } {
    return { text: start < 0 ? '' : text + script.slice(start, textEnd), start: Math.max(start, 0), end, hasVariable };
  }
}
