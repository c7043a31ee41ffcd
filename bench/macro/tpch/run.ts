/**
 * TPC-H side by side: `npm run tpch -- --scale 0.05 --engines serialite,better-sqlite3,duckdb --rounds 5 --queries 1,6`. Each engine has a process of its own and
 * they take turns, query by query. Prints processor milliseconds (medians, the first run of a query apart), each peer's time as a multiple of
 * Serialite's, and the geometric means of those; answers are compared and a difference fails the run.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Reply, Request } from './child.js';
import { tpchEngines } from './engines.js';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: '0.05' }, engines: { type: 'string', default: 'serialite,better-sqlite3,duckdb' }, rounds: { type: 'string', default: '5' }, queries: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const engines = values.engines.split(',');
const rounds = Number(values.rounds);
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

interface Timing {
  readonly cpuMs: number;
  readonly wallMs: number;
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

let differences = 0;
const timings = new Map<string, Timing[]>();
const key = (engine: string, query: number): string => `${engine} ${query}`;
for (const query of queries) {
  const answers: string[] = [];
  for (const child of children) {
    const reply = await child.ask({ kind: 'answer', query });
    if (reply.kind === 'answer') answers.push(reply.text);
  }
  if (answers.some((answer) => answer !== answers[0])) {
    differences++;
    console.error(`query ${query}: ANSWERS DIFFER`);
    answers.forEach((answer, i) => console.error(`--- ${engines[i]}\n${answer.split('\n').slice(0, 5).join('\n')}`));
  }
  for (let round = 0; round <= rounds; round++) {
    for (const child of children) {
      const reply = await child.ask({ kind: 'time', query });
      if (reply.kind !== 'time' || round === 0) continue;
      const list = timings.get(key(child.name, query)) ?? [];
      list.push(reply);
      timings.set(key(child.name, query), list);
    }
  }
}
for (const child of children) child.end();

const cpuOf = (engine: string, query: number): number => median(timings.get(key(engine, query))!.map((timing) => timing.cpuMs));
const [ours, ...peers] = engines as [string, ...string[]];
const ratios = new Map(peers.map((peer) => [peer, queries.map((query) => cpuOf(peer, query) / cpuOf(ours, query))]));
console.log(`TPC-H at scale ${values.scale}: processor ms, medians of ${rounds}; x: times ${ours}`);
console.log(`| query | ${engines.join(' ms | ')} ms | ${peers.map((peer) => `${peer} x`).join(' | ')} |`);
console.log(`|---|${[...engines, ...peers].map(() => '---|').join('')}`);
queries.forEach((query, i) => {
  console.log(`| ${query} | ${engines.map((engine) => cpuOf(engine, query).toFixed(1)).join(' | ')} | ${peers.map((peer) => ratios.get(peer)![i]!.toFixed(2)).join(' | ')} |`);
});
console.log(`| geometric mean | ${engines.map((engine) => geometricMean(queries.map((query) => cpuOf(engine, query))).toFixed(1)).join(' | ')} | ${peers.map((peer) => geometricMean(ratios.get(peer)!).toFixed(2)).join(' | ')} |`);
if (values.json) console.log(JSON.stringify({ scale: Number(values.scale), ratios: Object.fromEntries(peers.map((peer) => [peer, geometricMean(ratios.get(peer)!)])), differences }));
process.exitCode = differences > 0 ? 1 : 0;
