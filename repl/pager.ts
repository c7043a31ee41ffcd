/** Long results, page by page: in the program that SERIALITE_PAGER, PSQL_PAGER or PAGER names, or `less`. */
import { spawn } from 'node:child_process';

/** Shell's exit code for a command that does not exist. */
const notFound = 127;

/** The pager, or undefined when the user wants none (an empty variable). */
export function pagerCommand(environment: NodeJS.ProcessEnv): string | undefined {
  const command = environment['SERIALITE_PAGER'] ?? environment['PSQL_PAGER'] ?? environment['PAGER'] ?? 'less';
  return command.trim() === '' ? undefined : command;
}

/** Whether `text` is higher than a screen of `rows` lines, of which the prompt takes one. */
export function isLong(text: string, rows: number): boolean {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) if (++lines >= rows) return true;
  return false;
}

/**
 * Hands the terminal to the pager until the user has left it. A pager left early (its input closed) has done its work. False when there is no
 * such program, so that the text is still to be shown.
 */
export async function runPager(command: string, text: string): Promise<boolean> {
  // Of less: lines wider than the screen scroll sideways, colours stay colours.
  const environment = { LESS: '-SRX', ...process.env };
  // While it runs, Ctrl-C is the pager's.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    const code = await new Promise<number | null>((resolve) => {
      const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env: environment });
      child.on('error', () => resolve(notFound));
      child.on('close', resolve);
      child.stdin.on('error', ignore);
      child.stdin.end(text);
    });
    return code !== notFound;
  } finally {
    process.off('SIGINT', ignore);
  }
}
