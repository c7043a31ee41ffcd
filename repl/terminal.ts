/** The shell on a terminal: line editing, history, completion, Ctrl-C. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { colourLine } from './colours.js';
import { complete } from './complete.js';
import { isLong, pagerCommand, runPager } from './pager.js';
import type { Shell } from './shell.js';
import { plainStyle } from './style.js';

const historyFile = process.env['SERIALITE_HISTORY'] ?? join(homedir(), '.serialite_history');
const historyLinesMax = 2000;

/** Reads lines until the user leaves. Ctrl-C cancels the running statement or drops the input; Ctrl-D leaves. */
export async function runTerminal(shell: Shell): Promise<void> {
  const output = new ColouringOutput();
  const readline = createInterface({
    input: process.stdin, output, terminal: true, historySize: historyLinesMax, history: loadHistory(), removeHistoryDuplicates: true,
    completer: (line: string, callback: (error: Error | null, result: [string[], string]) => void) => {
      complete(shell, line).then((result) => callback(null, result), () => callback(null, [[], line]));
    },
  });
  colourWhileTyping(shell, readline, output);
  shell.page = (text, isAlways) => page(readline, text, isAlways);
  shell.readLine = (prompt) => new Promise((resolve) => readline.question(prompt, resolve));
  // What a statement reports late goes above the line being typed, which is then drawn again.
  shell.aside = {
    begin: () => process.stdout.write('\r\u001b[K'),
    end: () => {
      readline.setPrompt(shell.prompt());
      readline.prompt(true);
    },
  };
  readline.on('SIGINT', () => {
    process.stdout.write('^C\n');
    if (shell.interrupt()) return;
    shell.buffer = '';
    // Typed text is dropped: ctrl-e goes to its end, ctrl-u deletes it.
    readline.write(null, { ctrl: true, name: 'e' });
    readline.write(null, { ctrl: true, name: 'u' });
    readline.setPrompt(shell.prompt());
    readline.prompt();
  });
  try {
    await readLines(shell, readline);
  } finally {
    readline.close();
  }
}

/** Standard output as readline writes to it: the line being typed, when it is drawn as a whole, goes out in colours. */
class ColouringOutput extends Writable {
  /** What readline draws, and that in colours; undefined when there is nothing to colour. */
  coloured: () => readonly [plain: string, painted: string] | undefined = () => undefined;

  constructor() {
    super({ decodeStrings: false });
    process.stdout.on('resize', () => this.emit('resize'));
  }
  get columns(): number {
    return process.stdout.columns;
  }
  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    const line = this.coloured();
    process.stdout.write(line !== undefined && chunk === line[0] ? line[1] : chunk);
    done();
  }
}

/** After each key the line is drawn again as a whole, which gives it its colours. */
function colourWhileTyping(shell: Shell, readline: Interface, output: ColouringOutput): void {
  if (shell.style === plainStyle) return;
  const isStatement = (): boolean => readline.line !== '' && readline.getPrompt() === shell.prompt();
  output.coloured = () => {
    if (!isStatement()) return undefined;
    const prompt = readline.getPrompt();
    return [prompt + readline.line, prompt + colourLine(shell.buffer, readline.line, shell.style)];
  };
  process.stdin.on('keypress', () => {
    if (isStatement()) readline.prompt(true);
  });
}

/** Gives the terminal to the pager when `text` does not fit the screen (or always), and takes it back. */
async function page(readline: Interface, text: string, isAlways: boolean): Promise<boolean> {
  const command = pagerCommand(process.env);
  if (command === undefined || (!isAlways && !isLong(text, process.stdout.rows ?? 24))) return false;
  readline.pause();
  process.stdin.setRawMode(false);
  try {
    return await runPager(command, text);
  } finally {
    process.stdin.setRawMode(true);
    readline.resume();
  }
}

async function readLines(shell: Shell, readline: Interface): Promise<void> {
  const lines: string[] = [];
  let wake: (() => void) | undefined;
  let isClosed = false;
  readline.on('line', (line) => {
    lines.push(line);
    wake?.();
  });
  readline.on('close', () => {
    isClosed = true;
    wake?.();
  });
  const nextLine = async (): Promise<string | undefined> => {
    while (lines.length === 0 && !isClosed) await new Promise<void>((resolve) => (wake = resolve));
    return lines.shift();
  };
  shell.nextLine = nextLine;
  while (!shell.isQuitting) {
    readline.setPrompt(shell.prompt());
    readline.prompt();
    const line = await nextLine();
    if (line === undefined) {
      process.stdout.write('\n');
      return;
    }
    if (line.trim() !== '') saveHistory(line);
    shell.isInterrupted = false;
    await shell.feed(line);
  }
}

function loadHistory(): string[] {
  if (!existsSync(historyFile)) return [];
  return readFileSync(historyFile, 'utf8').split('\n').filter((line) => line !== '').slice(-historyLinesMax).reverse();
}

function saveHistory(line: string): void {
  try {
    appendFileSync(historyFile, `${line}\n`, { mode: 0o600 });
  } catch {
    // A read-only home keeps no history; that is no reason to stop.
  }
}
