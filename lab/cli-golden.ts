/** `serialite lab golden`: golden scripts on a target, against what they say or against a second target. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { DatabaseError } from '../engine/index.js';
import { parseScript, runScript, sameOutput, type ScriptBlock } from './specs/golden-script.js';
import type { TargetFactory } from './target.js';

interface GoldenOptions {
  readonly url?: string;
  readonly against?: string;
  readonly verbose?: boolean;
}
type Guard = <A extends unknown[]>(action: (...args: A) => Promise<void> | void) => (...args: A) => Promise<void>;

export function addGoldenCommand(lab: Command, targets: (url: string | undefined) => TargetFactory, guard: Guard): void {
  lab
    .command('golden')
    .description('run golden scripts: one line a statement, several sessions, the expected output below')
    .argument('<files...>', 'scripts, or folders with *.golden')
    .option('--url <url>', 'a server instead of Serialite')
    .option('--against <url>', "compare with this server's output instead of what the scripts say")
    .option('--verbose', 'print the output of every block')
    .action(guard(async (files: string[], options: GoldenOptions) => {
      let differing = 0;
      let total = 0;
      for (const file of files.flatMap(scriptsIn)) {
        const blocks = parseScript(file, read(file));
        const outputs = await runOn(blocks, targets(options.url));
        const expected = options.against === undefined ? blocks.map((block) => block.expected) : await runOn(blocks, targets(options.against));
        for (const [i, block] of blocks.entries()) {
          total++;
          const isSame = sameOutput(outputs[i]!, expected[i]!);
          if (!isSame) differing++;
          if (!isSame || options.verbose === true) process.stdout.write(`${file}:${block.commands[0]!.line}: ${isSame ? 'equal' : 'differs'}${block.title === '' ? '' : `: ${block.title}`}\n`);
          if (!isSame) process.stdout.write(`${expected[i]!.map((line) => `  - ${line}\n`).join('')}${outputs[i]!.map((line) => `  + ${line}\n`).join('')}`);
          else if (options.verbose === true) process.stdout.write(outputs[i]!.map((line) => `    ${line}\n`).join(''));
        }
      }
      process.stdout.write(`${total - differing} of ${total} blocks equal\n`);
      if (differing > 0) process.exitCode = 1;
    }));
}

async function runOn(blocks: readonly ScriptBlock[], makeTarget: TargetFactory): Promise<string[][]> {
  const target = await makeTarget();
  try {
    return await runScript(blocks, target);
  } finally {
    await target.close();
  }
}

function scriptsIn(path: string): string[] {
  try {
    return statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith('.golden')).sort().map((name) => join(path, name)) : [path];
  } catch (cause) {
    throw new DatabaseError('58P01', `no script "${path}"`, { cause });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DatabaseError('58P01', `could not read "${path}": ${(cause as Error).message}`, { cause });
  }
}
