/**
 * A psql script as the messages psql would send, one after the other: variables put in (`:name`, `:'name'`, `:"name"`, from \set and \getenv), `\;` joining
 * statements into one message, the lines after COPY FROM STDIN taken as its data, `\gexec` marked. Other backslash commands come out as such, for what psql prints
 * of them is psql's. A variable's value is read as script again, as psql does, so that it may hold several statements.
 */
import { Lexeme, Scanner } from '../../parser/scanner.js';

export interface PsqlStatement {
  readonly kind: 'statement';
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** What follows COPY FROM STDIN. */
  readonly copyData: string | undefined;
  /** Each value of the result is a statement to run. */
  readonly isGexec: boolean;
}

export interface PsqlCommand {
  readonly kind: 'command';
  /** With its backslash and arguments. */
  readonly text: string;
  readonly line: number;
}

export type PsqlStep = PsqlStatement | PsqlCommand;

export function* psqlSteps(source: string, environment: Readonly<Record<string, string>>): Generator<PsqlStep> {
  const reader = new PsqlReader(source, environment);
  for (;;) {
    const step = reader.next();
    if (step === undefined) return;
    yield step;
  }
}

class PsqlReader {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #variables = new Map<string, string>();
  #script: string;
  #position = 0;

  constructor(script: string, environment: Readonly<Record<string, string>>) {
    this.#script = script;
    this.#environment = environment;
  }

  next(): PsqlStep | undefined {
    let scanner = new Scanner(this.#script, this.#position);
    let depth = 0;
    let atomic = 0;
    let previous = '';
    let start = -1;
    for (;;) {
      const lexeme = scanner.next();
      const word = this.#script.slice(scanner.start, scanner.end);
      if (lexeme === Lexeme.End || lexeme === Lexeme.Unterminated) {
        this.#position = this.#script.length;
        return start < 0 ? undefined : this.#statement(start, this.#script.length, '');
      }
      if (lexeme === Lexeme.Unknown && word === '\\') {
        if (this.#script[scanner.end] === ';') {
          // A semicolon that does not end the message.
          this.#splice(scanner.start, scanner.end + 1, ' ;');
          scanner = new Scanner(this.#script, scanner.start + 2);
          continue;
        }
        const lineEnd = this.#script.indexOf('\n', scanner.start);
        const end = lineEnd < 0 ? this.#script.length : lineEnd + 1;
        const command = this.#script.slice(scanner.start, end).trim();
        if (start < 0) {
          this.#position = end;
          if (!this.#assign(command)) return { kind: 'command', text: command, line: this.#lineOf(scanner.start) };
          scanner = new Scanner(this.#script, end);
          continue;
        }
        if (/^\\(g|gx|gexec|gset|watch|crosstabview)\b/.test(command)) {
          this.#position = end;
          return this.#statement(start, scanner.start, command);
        }
        this.#assign(command);
        this.#splice(scanner.start, end, ' '.repeat(end - scanner.start - 1) + '\n');
        scanner = new Scanner(this.#script, end);
        continue;
      }
      if (this.#interpolate(lexeme, word, scanner)) {
        scanner = new Scanner(this.#script, scanner.start);
        continue;
      }
      if (start < 0) start = scanner.start;
      if (word === '(' || word === '[') depth++;
      else if (word === ')' || word === ']') depth--;
      const lower = word.toLowerCase();
      if (lower === 'atomic' && previous === 'begin') atomic++;
      else if (atomic > 0 && lower === 'case') atomic++;
      else if (atomic > 0 && lower === 'end') atomic--;
      if (word === ';' && depth <= 0 && atomic === 0) {
        if (this.#joins.has(scanner.start)) continue;
        this.#position = scanner.end;
        return this.#statement(start, scanner.start, '');
      }
      previous = lower;
    }
  }

  /** Where the semicolons of `\;` stand. */
  readonly #joins = new Set<number>();

  #statement(start: number, end: number, command: string): PsqlStatement | undefined {
    const text = this.#script.slice(start, end).trimEnd();
    const line = this.#lineOf(start);
    if (text === '') return this.next() as PsqlStatement | undefined;
    let copyData: string | undefined;
    if (/^copy\s[^;]*\bfrom\s+stdin\b/i.test(text)) {
      const rest = this.#script.slice(this.#position);
      const first = rest.indexOf('\n') + 1;
      const dataEnd = /^\\\.[ \r]*$/m.exec(rest.slice(first));
      if (dataEnd !== null) {
        copyData = rest.slice(first, first + dataEnd.index);
        this.#position += first + dataEnd.index + dataEnd[0].length;
      }
    }
    return { kind: 'statement', text, line, copyData, isGexec: command.startsWith('\\gexec') };
  }

  /** Puts a variable's value in where it is named. @returns whether the script has changed at `scanner.start` */
  #interpolate(lexeme: Lexeme, word: string, scanner: Scanner): boolean {
    if (lexeme === Lexeme.NamedParameter) {
      const value = this.#variables.get(word.slice(1));
      if (value === undefined) return false;
      this.#splice(scanner.start, scanner.end, value);
      return true;
    }
    if (word !== ':') return false;
    const match = /^:(?:'(\w+)'|"(\w+)")/.exec(this.#script.slice(scanner.start, scanner.start + 100));
    const value = match === null ? undefined : this.#variables.get(match[1] ?? match[2]!);
    if (match === null || value === undefined) return false;
    this.#splice(scanner.start, scanner.start + match[0].length, match[1] === undefined ? `"${value.replaceAll('"', '""')}"` : `'${value.replaceAll("'", "''")}'`);
    return true;
  }

  #splice(start: number, end: number, value: string): void {
    this.#script = this.#script.slice(0, start) + value + this.#script.slice(end);
    const moved = value.length - (end - start);
    const later = [...this.#joins].filter((at) => at >= end);
    for (const at of later) this.#joins.delete(at);
    for (const at of later) this.#joins.add(at + moved);
    if (value === ' ;') this.#joins.add(start + 1);
  }

  /** Does what \set and \getenv do. */
  #assign(command: string): boolean {
    const set = /^\\set\s+(\w+)\s*(.*)$/s.exec(command);
    if (set !== null) {
      this.#variables.set(set[1]!, this.#argument(set[2]!));
      return true;
    }
    const getenv = /^\\getenv\s+(\w+)\s+(\w+)/.exec(command);
    if (getenv === null) return false;
    this.#variables.set(getenv[1]!, this.#environment[getenv[2]!] ?? '');
    return true;
  }

  /** The words after \set, joined: quoted ones, variables and bare ones. */
  #argument(text: string): string {
    let value = '';
    for (const [, quoted, variable, bare] of text.matchAll(/'((?:[^']|'')*)'|:(\w+)|([^\s':]+)/g)) {
      value += quoted?.replaceAll("''", "'") ?? (variable === undefined ? bare! : this.#variables.get(variable) ?? `:${variable}`);
    }
    return value;
  }

  #lineOf(position: number): number {
    let line = 1;
    for (let i = this.#script.indexOf('\n'); i >= 0 && i < position; i = this.#script.indexOf('\n', i + 1)) line++;
    return line;
  }
}
