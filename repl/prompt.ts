/**
 * PROMPT1 and PROMPT2: psql's prompts with their escapes, once they are set. There is no server, so %M and %m say [local] and %> nothing, and whoever opened
 * the file is its superuser.
 */
import { spawnSync } from 'node:child_process';
import type { OpenConstruct } from '../engine/index.js';
import type { TransactionStatus } from './connection.js';

/** What the escapes ask for. */
export interface PromptState {
  readonly user: string;
  readonly database: string;
  readonly pid: string;
  readonly status: TransactionStatus;
  /** Whether input is passed over by \if. */
  readonly isSkipping: boolean;
  /** What the text so far leaves open, `none` before the first word of a statement. */
  readonly open: OpenConstruct;
  /** Lines of the statement so far. */
  readonly lineCount: number;
  readonly variables: ReadonlyMap<string, string>;
}

/** What a line goes on with (%R of PROMPT2). */
const continuation: Readonly<Record<OpenConstruct, string>> = { none: '-', statement: '-', string: "'", quotedName: '"', dollarString: '$', comment: '*', parenthesis: '(', atomicBody: '-' };

/** The prompt that the variables say; undefined where the one that applies is not set. */
export function promptOf(state: PromptState): string | undefined {
  const isFirst = state.open === 'none';
  const template = state.variables.get(isFirst ? 'PROMPT1' : 'PROMPT2');
  return template === undefined ? undefined : expand(template, state, isFirst);
}

function expand(template: string, state: PromptState, isFirst: boolean): string {
  let text = '';
  for (let at = 0; at < template.length; at++) {
    if (template[at] !== '%') {
      text += template[at];
      continue;
    }
    const rest = template.slice(++at);
    const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
    const quoted = /^(?::([^:]*):|`([^`]*)`)/.exec(rest);
    if (octal !== undefined) text += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    else if (quoted !== null) text += quoted[1] !== undefined ? (state.variables.get(quoted[1]) ?? '') : outputOf(quoted[2]!);
    else text += escape(rest[0] ?? '', state, isFirst);
    at += (octal ?? quoted?.[0] ?? 'x').length - 1;
  }
  return text;
}

function escape(letter: string, state: PromptState, isFirst: boolean): string {
  switch (letter) {
    case '/':
      return state.database;
    case '~':
      return state.database === state.user || state.database === process.env['PGDATABASE'] ? '~' : state.database;
    case 'n':
      return state.user;
    case 'M':
    case 'm':
      return '[local]';
    case '>':
    // What stands between these does not show; a terminal is told so by what it is.
    case '[':
    case ']':
      return '';
    case 'p':
      return state.pid;
    case '#':
      return '#';
    case 'x':
      return state.status === 'active' ? '*' : state.status === 'failed' ? '!' : '';
    case 'R':
      return isFirst ? (state.isSkipping ? '@' : '=') : continuation[state.open];
    case 'l':
      return String(state.lineCount + 1);
    case 'w': {
      const first = state.variables.get('PROMPT1') ?? '';
      // Of PROMPT1 itself there is nothing to stand below.
      return isFirst ? '' : ' '.repeat(expand(first.replaceAll('%w', ''), { ...state, open: 'none', lineCount: 0 }, true).split('\n').at(-1)!.replaceAll(/\u001b\[[\d;]*m/g, '').length);
    }
    default:
      return letter;
  }
}

function outputOf(command: string): string {
  const { stdout } = spawnSync(command, { shell: true, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return (stdout ?? '').replace(/\r?\n$/, '');
}
