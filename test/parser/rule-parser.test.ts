/** The parser under the grammar, on a grammar small enough to see through: what each word reads, what is learnt by recording, and which mistakes `check` finds. */
import { describe, expect, test } from 'vitest';
import { RuleParser, type Rule } from '../../parser/rule-parser.js';
import { TokenType } from '../../parser/token-type.js';
import { SqlToken } from '../../parser/tokens.js';

const word = new TokenType('word');
const a = new TokenType('a', [word]);
const b = new TokenType('b', [word]);
const c = new TokenType('c', [new TokenType('letter', [word])]);
const comma = new TokenType('comma');
const end = new TokenType('end');
const types: Readonly<Record<string, TokenType>> = { a, b, c, ',': comma };

class Failure extends Error {
  readonly at: number;
  constructor(at: number) {
    super(`failed at ${at}`);
    this.at = at;
  }
}

class Small extends RuleParser {
  bodiesRun: string[] = [];
  isOpen = true;

  protected mismatch(actual: SqlToken, required: TokenType | undefined): never {
    if (required !== undefined) this.lookahead.noteRequired(actual, required);
    throw new Failure(actual.startOffset);
  }

  readonly list = this.RULE('list', (): string => {
    this.bodiesRun.push('list');
    let text = '';
    this.MANY_SEP({ SEP: comma, DEF: () => (text += this.SUBRULE(this.item, { ARGS: ['-'] })) });
    return text;
  });
  readonly strictList = this.RULE('strictList', (): string => {
    let text = '';
    this.AT_LEAST_ONE_SEP({ SEP: comma, DEF: () => (text += this.SUBRULE(this.item, { ARGS: ['-'] })) });
    return text;
  });
  readonly item = this.RULE('item', (mark: string): string => {
    this.bodiesRun.push('item');
    return this.OR([
      { ALT: () => `A${mark}${this.CONSUME(a).value}` },
      { GATE: () => this.isOpen, ALT: () => `B${mark}${this.CONSUME(b).value}` },
      { ALT: () => `W${mark}${this.CONSUME(word).value}` },
    ]);
  });
  readonly repeated = this.RULE('repeated', (): string => {
    let text = this.OPTION({ GATE: () => this.isOpen, DEF: () => this.CONSUME(c).value }) ?? 'no c';
    this.MANY(() => (text += this.CONSUME(a).value));
    this.AT_LEAST_ONE(() => (text += this.CONSUME(b).value));
    this.CONSUME(end);
    return text;
  });
  readonly stuck = this.RULE('stuck', (): number => {
    let count = 0;
    this.MANY(() => {
      count++;
      this.OPTION(() => this.CONSUME(b));
      this.OPTION1({ GATE: () => false, DEF: () => this.CONSUME(a) });
    });
    return count;
  });
  /** Two alternatives that one token begins, and a number given twice. */
  readonly wrong = this.RULE('wrong', (): void => {
    this.OR([{ ALT: () => void this.CONSUME(word) }, { ALT: () => void this.CONSUME(b) }]);
    this.OPTION(() => this.CONSUME(a));
    this.OPTION(() => this.CONSUME(b));
  });

  read<R>(rule: Rule<[], R>, text: string): R {
    const tokens = text.split(' ').filter((part) => part !== '').map((part, i) => new SqlToken(text, types[part]!, i, i + 1, part));
    this.begin([...tokens, new SqlToken(text, end, tokens.length, tokens.length, '')]);
    return this.run(rule);
  }
}

describe('a rule', () => {
  test('reads what its words say, with the arguments it is given', () => {
    const parser = new Small();
    expect(parser.read(parser.list, 'a , b , c')).toBe('A-aB-bW-c');
    expect(parser.read(parser.list, '')).toBe('');
    expect(parser.read(parser.strictList, 'c , a')).toBe('W-cA-a');
    expect(() => parser.read(parser.strictList, '')).toThrow(new Failure(0));
    expect(parser.read(parser.repeated, 'c a a b b')).toBe('caabb');
    expect(parser.read(parser.repeated, 'b')).toBe('no cb');
  });

  test('takes the next candidate where a gate is shut, and no optional part', () => {
    const parser = new Small();
    parser.isOpen = false;
    expect(parser.read(parser.list, 'b')).toBe('W-b');
    expect(() => parser.read(parser.repeated, 'c b')).toThrow(new Failure(0));
  });

  test('fails at the token that does not fit, and reads the next text afresh', () => {
    const parser = new Small();
    expect(() => parser.read(parser.list, 'a , ,')).toThrow(new Failure(2));
    expect(() => parser.read(parser.repeated, 'c a')).toThrow(new Failure(2));
    expect(() => parser.read(parser.repeated, 'b a')).toThrow(new Failure(1));
    expect(parser.read(parser.repeated, 'b')).toBe('no cb');
  });

  test('does not go round where a turn reads nothing', () => {
    const parser = new Small();
    expect(parser.read(parser.stuck, 'b b a')).toBe(3);
  });

  test('is recorded by another parser, and only when it is needed', () => {
    const parser = new Small();
    parser.read(parser.list, 'a , a');
    expect(parser.bodiesRun).toEqual(['list', 'item', 'item']);
    expect(parser.RECORDING_PHASE).toBe(false);
  });
});

test('what a decision would have liked to see is noted at the traced token', () => {
  const parser = new Small();
  const { lookahead } = parser;
  const tokens = [new SqlToken('', comma, 0, 1, ',')];
  lookahead.tracedToken = tokens[0];
  (parser as unknown as { begin(input: readonly SqlToken[]): void }).begin(tokens);
  expect(() => parser.run(parser.repeated)).toThrow(Failure);
  expect([...lookahead.expectedTypes].sort((x, y) => x - y)).toEqual([a.index, b.index, c.index]);
});

test('check lists what one token does not decide and numbers given twice', () => {
  expect(new Small().lookahead.check()).toEqual([
    expect.stringContaining(`wrong, OR 0: token type ${b.index} starts alternatives 0 and 1`),
    'wrong: two decisions are numbered option 0',
  ]);
});

test('a token belongs to its categories and to theirs', () => {
  expect(word.members).toEqual([word.index, a.index, b.index, expect.any(Number), c.index]);
  expect([word.includes(c.index), a.includes(word.index), a.includes(a.index), b.includes(a.index)]).toEqual([true, false, true, false]);
});
