/**
 * A line on the terminal while a statement takes long: a spinner, the time so far and the statement. It is drawn on standard error over itself
 * and gone before anything else is written; when output is no terminal nothing is drawn at all.
 */
import type { ShellOutput } from './shell.js';

/** How long a statement runs before it is worth a word. */
const delayMs = 1000;
const intervalMs = 120;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export interface Activity {
  /** Takes the line away; idempotent. */
  stop(): void;
}

/** `label`: one short line; `state`: a word on what is going on right now (`waits for a lock`), or ''. */
export function showActivity(output: ShellOutput, label: string, state: () => string): Activity {
  if (!output.isTerminal) return { stop: () => undefined };
  const started = performance.now();
  let isShown = false;
  let frame = 0;
  const draw = (): void => {
    const seconds = (performance.now() - started) / 1000;
    const text = `${frames[frame++ % frames.length]!} ${seconds.toFixed(1)} s ${state()} ${label}`.replace(/\s+/g, ' ');
    const width = Math.max(20, output.columns - 1);
    output.writeError(`\r\u001b[K${[...text].slice(0, width).join('')}`);
    isShown = true;
  };
  let interval: ReturnType<typeof setInterval> | undefined;
  const delay = setTimeout(() => {
    draw();
    interval = setInterval(draw, intervalMs);
  }, delayMs);
  return {
    stop: () => {
      clearTimeout(delay);
      if (interval !== undefined) clearInterval(interval);
      if (isShown) output.writeError('\r\u001b[K');
      isShown = false;
    },
  };
}
