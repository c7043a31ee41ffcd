/**
 * TPC-H side by side: `npm run tpch -- --scale 0.05 --engines serialite,better-sqlite3,duckdb --warm-up 20 --rounds 5 --queries 1,6`. Each engine has a process of
 * its own and they take turns, query by query. Three stages of a query are told apart, for the code of ours is compiled while it runs: its first run, the early
 * runs (the third to the fifth), and the steady rounds after the warm-up, which is as long for every engine. Prints processor milliseconds (medians), each peer's
 * time as a multiple of Serialite's, and the geometric means of those; answers are compared and a difference fails the run.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Reply, Request } from './child.js';
import { tpchEngines } from './engines.js';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '0.05' }, engines: { type: 'string', default: 'serialite,better-sqlite3,duckdb' }, rounds: { type: 'string', default: '5' }, 'warm-up': { type: 'string', default: '20' }, queries: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const engines = values.engines.split(',');
const rounds = Number(values.rounds);
/** The runs before the rounds; the early stage needs five. */
const warmUp = Math.max(5, Number(values['warm-up']));
const queries = values.queries === undefined ? Array.from({ length: 22 }, (_, i) => i + 1) : values.queries.split(',').map(Number);

class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  #waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(name: string) {
    this.name = name;
    this.#process = fork(new URL('./child.ts', import.meta.url), [name, values.scale], { execArgv: ['--import', 'tsx'] });
    this.#process.on('message', (reply: Reply) => this.#waiting?.resolve(reply));
    this.#process.on('exit', (code) => this.#waiting?.reject(new Error(`${name} ended with ${String(code)}`)));
  }
  next(): Promise<Reply> {
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }
  ask(request: Request): Promise<Reply> {
    const reply = this.next();
    this.#process.send(request);
    return reply;
  }
  end(): void {
    this.#waiting = undefined;
    this.#process.send({ kind: 'end' } satisfies Request);
  }
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
const geometricMean = (list: readonly number[]): number => Math.exp(list.reduce((sum, value) => sum + Math.log(value), 0) / list.length);

for (const name of engines) if (tpchEngines[name] === undefined) throw new Error(`no engine ${name}; there are ${Object.keys(tpchEngines).join(', ')}`);
const children: Child[] = [];
for (const name of engines) {
  const child = new Child(name);
  const ready = await child.next();
  if (ready.kind === 'ready') console.error(`${name}: ${ready.version}, loaded in ${(ready.loadMs / 1000).toFixed(1)} s`);
  children.push(child);
}

const stages = ['first', 'early', 'steady'] as const;
type Stage = (typeof stages)[number];
/** Which stages a run counts to, the first being 1. The warm-up counts the two runs that every query has before any round. */
function stagesOf(run: number): readonly Stage[] {
  const found: Stage[] = run === 1 ? ['first'] : run >= 3 && run <= 5 ? ['early'] : [];
  if (run > warmUp) found.push('steady');
  return found;
}

/** Processor time of a run above which an engine runs the query but six times: the last stands for the steady rounds. */
const SlowMs = 1000;

let differences = 0;
const timings = new Map<string, number[]>();
const key = (engine: string, query: number, stage: Stage): string => `${engine} ${query} ${stage}`;
function note(engine: string, query: number, run: number, cpuMs: number): void {
  for (const stage of stagesOf(run)) {
    const list = timings.get(key(engine, query, stage)) ?? [];
    list.push(cpuMs);
    timings.set(key(engine, query, stage), list);
  }
}
for (const query of queries) {
  const answers: string[] = [];
  for (const child of children) {
    const reply = await child.ask({ kind: 'answer', query });
    if (reply.kind !== 'answer') continue;
    answers.push(reply.text);
    note(child.name, query, 1, reply.cpuMs);
  }
  if (answers.some((answer) => answer !== answers[0])) {
    differences++;
    console.error(`query ${query}: ANSWERS DIFFER`);
    answers.forEach((answer, i) => console.error(`--- ${engines[i]}\n${answer.split('\n').slice(0, 5).join('\n')}`));
  }
  const slow = new Set<string>();
  for (let run = 2; run <= warmUp + rounds; run++) {
    for (const child of children) {
      if (slow.has(child.name) && run > 5 && run < warmUp + rounds) continue;
      const reply = await child.ask({ kind: 'time', query });
      if (reply.kind !== 'time') continue;
      note(child.name, query, run, reply.cpuMs);
      if (reply.cpuMs > SlowMs) slow.add(child.name);
    }
  }
}
for (const child of children) child.end();

const cpuOf = (engine: string, query: number, stage: Stage): number => median(timings.get(key(engine, query, stage))!);
const [ours, ...peers] = engines as [string, ...string[]];
const ratioOf = (peer: string, query: number, stage: Stage): number => cpuOf(peer, query, stage) / cpuOf(ours, query, stage);
const printRow = (...cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
for (const stage of stages) {
  const what = { first: 'the first run', early: 'runs 3 to 5', steady: `${rounds} runs after ${warmUp}` }[stage];
  console.log(`\nTPC-H at scale ${values.scale}, ${what}: processor ms, medians; x: times ${ours}`);
  printRow('query', ...engines.map((engine) => `${engine} ms`), ...peers.map((peer) => `${peer} x`));
  console.log(`|---|${[...engines, ...peers].map(() => '---|').join('')}`);
  for (const query of queries) printRow(String(query), ...engines.map((engine) => cpuOf(engine, query, stage).toFixed(1)), ...peers.map((peer) => ratioOf(peer, query, stage).toFixed(2)));
  const meanMs = (engine: string): number => geometricMean(queries.map((query) => cpuOf(engine, query, stage)));
  printRow('geometric mean', ...engines.map((engine) => meanMs(engine).toFixed(1)), ...peers.map((peer) => (meanMs(peer) / meanMs(ours)).toFixed(2)));
}
if (values.json) {
  const means = peers.map((peer) => [peer, Object.fromEntries(stages.map((stage) => [stage, geometricMean(queries.map((query) => ratioOf(peer, query, stage)))]))] as const);
  console.log(JSON.stringify({ scale: Number(values.scale), ratios: Object.fromEntries(means), differences }));
}
process.exitCode = differences > 0 ? 1 : 0;
