/** One engine in a process of its own: loads the data, then answers messages of run.ts, a query at a time, so that engines take turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tpchEngines } from './engines.js';
import { TpchData } from './generate.js';
import { canonicalAnswer, tpchQueries } from './queries.js';

export type Request = { readonly kind: 'answer' | 'time'; readonly query: number } | { readonly kind: 'end' };
export type Reply =
  | { readonly kind: 'ready'; readonly version: string; readonly loadMs: number }
  | { readonly kind: 'answer'; readonly text: string; readonly rowCount: number; readonly cpuMs: number }
  /** Processor time of all threads, and time passed. */
  | { readonly kind: 'time'; readonly cpuMs: number; readonly wallMs: number };

const [engineName = '', scaleText = ''] = process.argv.slice(2);
const scale = Number(scaleText);
const open = tpchEngines[engineName];
if (open === undefined || process.send === undefined) throw new Error(`run by bench/macro/tpch/run.ts; engine ${engineName}`);
const reply = (message: Reply): void => void process.send!(message);
const directory = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'serialite-tpch-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const begin = performance.now();
const engine = await open(new TpchData(scale), directory);
const queries = tpchQueries(scale);
const prepared = new Map<number, () => unknown[] | Promise<unknown[]>>();

async function handle(request: Request): Promise<void> {
  switch (request.kind) {
    case 'answer': {
      const cpu = process.cpuUsage();
      const rows = await engine.answer(queries[request.query - 1]!);
      const { user, system } = process.cpuUsage(cpu);
      reply({ kind: 'answer', text: canonicalAnswer(rows), rowCount: rows.length, cpuMs: (user + system) / 1000 });
      return;
    }
    case 'time': {
      let run = prepared.get(request.query);
      if (run === undefined) prepared.set(request.query, (run = await engine.prepare(queries[request.query - 1]!)));
      const cpu = process.cpuUsage();
      const wall = performance.now();
      await run();
      const wallMs = performance.now() - wall;
      const { user, system } = process.cpuUsage(cpu);
      reply({ kind: 'time', cpuMs: (user + system) / 1000, wallMs });
      return;
    }
    case 'end':
      await engine.close();
      process.exit(0);
  }
}
process.on('message', (request: Request) => {
  handle(request).catch((error: unknown) => {
    console.error(engineName, request, error);
    process.exit(1);
  });
});
reply({ kind: 'ready', version: engine.version, loadMs: performance.now() - begin });
