/** Colours of SQL while it is typed, by the parser's own lexemes: what looks like a keyword is one. */
import { highlight } from '../engine/index.js';
import type { Style } from './style.js';

/** `line` with colours; `before` is what the statement already holds, so that a string or comment begun above goes on. */
export function colourLine(before: string, line: string, style: Style): string {
  if (/^\s*(?:\\|\.[a-z])/.test(line) && before.trim() === '') return colourCommand(line, style);
  const text = before + line;
  let painted = '';
  let at = before.length;
  for (const { kind, start, end } of highlight(text)) {
    if (end <= at) continue;
    const from = Math.max(start, at);
    painted += text.slice(at, from);
    const paint = kind in style ? style[kind as keyof Style] : undefined;
    painted += paint === undefined ? text.slice(from, end) : paint(text.slice(from, end));
    at = end;
  }
  return painted + text.slice(at);
}

function colourCommand(line: string, style: Style): string {
  const [command] = /^\s*[\\.]\S*/.exec(line)!;
  return style.prompt(command) + line.slice(command.length);
}
