/** Rounds until a number of statements has run; each difference is printed with its replay and, when asked, made smaller. */
import type { PostgresServer } from '../oracle/postgres-server.js';
import { PostgresEngine, SerialiteEngine, type Answer } from './engines.js';
import { reduce } from './reduce.js';
import { runRound, type Difference, type Sort } from './round.js';

export interface DifferentialOptions {
  readonly seed: number;
  readonly statements: number;
  /** Whether to begin another round. */
  readonly goesOn: () => boolean;
  /** Told after each round what there is so far. */
  readonly onRound: (soFar: DifferentialReport) => void;
  /** Only this round, up to statement `until`. */
  readonly round: number | undefined;
  readonly until: number | undefined;
  readonly reduces: boolean;
  /** Stop after this many differences. */
  readonly most: number;
  readonly sorts: ReadonlySet<Sort> | undefined;
  readonly database: string;
  readonly print: (line: string) => void;
}

export interface DifferentialReport {
  readonly statements: number;
  readonly rounds: number;
  readonly failed: number;
  readonly explained: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

const statementsPerRound = 400;

export async function runDifferential(server: PostgresServer, options: DifferentialOptions): Promise<DifferentialReport> {
  const theirs = await PostgresEngine.connect(await server.createDatabase(options.database));
  const explained = new Map<string, number>();
  const differences: Difference[] = [];
  let statements = 0;
  let failed = 0;
  let rounds = 0;
  for (let round = options.round ?? 0; statements < options.statements && differences.length < options.most && options.goesOn(); round++) {
    await theirs.reset();
    const ours = await SerialiteEngine.open();
    const report = await runRound(ours, theirs, {
      seed: options.seed, round, sorts: options.sorts, statements: Math.min(options.until === undefined ? statementsPerRound : options.until + 1, options.statements - statements),
      onDifference: async (found) => {
        print(found, options.print);
        // Each try of a statement that runs into its timeout would do so again.
        if (options.reduces && found.ours.code !== '57014') options.print(`smaller: ${await reduce(found, ours, theirs)}`);
      },
    });
    await ours.close();
    statements += report.statements;
    failed += report.failed;
    rounds++;
    differences.push(...report.differences);
    for (const [reason, count] of report.explained) explained.set(reason, (explained.get(reason) ?? 0) + count);
    options.onRound({ statements, rounds, failed, explained, differences });
    if (options.round !== undefined) break;
  }
  await theirs.close();
  return { statements, rounds, failed, explained, differences };
}

function print(found: Difference, line: (text: string) => void): void {
  line(`\n#### ${found.what}\nreplay: npm run differential -- --seed ${found.seed} --round ${found.round} --until ${found.statement}\n${found.sql}`);
  const show = (answer: Answer): string => (answer.code !== undefined ? `${answer.code} ${answer.message}` : `${answer.rows.length} rows`);
  line(`ours:   ${show(found.ours)}\ntheirs: ${show(found.theirs)}`);
}
