/** A line on the terminal that says how far an import is; nothing when output is no terminal. */
import type { ShellOutput } from './shell.js';

export interface Progress {
  add(bytes: number): void;
  done(): void;
}

const intervalMs = 200;

/** `totalBytes` 0: unknown. */
export function makeProgress(output: ShellOutput, totalBytes: number): Progress {
  if (!output.isTerminal) return { add: () => undefined, done: () => undefined };
  let bytes = 0;
  let shownAt = performance.now();
  let isShown = false;
  return {
    add: (count) => {
      bytes += count;
      const now = performance.now();
      if (now - shownAt < intervalMs) return;
      shownAt = now;
      isShown = true;
      const percent = totalBytes > 0 ? ` (${Math.floor((bytes / totalBytes) * 100)} %)` : '';
      output.writeError(`\r${(bytes / 1048576).toFixed(1)} MiB${percent} `);
    },
    done: () => {
      if (isShown) output.writeError('\r\u001b[K');
    },
  };
}
