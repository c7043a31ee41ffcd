/**
 * `\copy`: the client-side face of COPY. The server's syntax is kept (`\copy t (a, b) from 'f.csv' csv header`); files are read and written here. json and
 * jsonl are ours: an array of objects, or one object a line, matched to columns by name.
 */
import { createReadStream, createWriteStream, statSync, type ReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { spawn } from 'node:child_process';
import { DatabaseError } from '../engine/index.js';
import { fileError } from './files.js';
import { quoteIdentifier } from './format/data.js';
import { makeProgress } from './progress.js';
import type { Shell } from './shell.js';

interface CopyCommand {
  readonly target: string;
  readonly direction: 'from' | 'to';
  readonly file: string;
  readonly isProgram: boolean;
  readonly options: string;
  readonly json: 'json' | 'jsonl' | undefined;
}

/** @throws DatabaseError 42601 */
export function parseCopy(text: string): CopyCommand {
  const match = /^\s*(\([\s\S]*\)|(?:"(?:[^"]|"")+"|[\w.$]+)+(?:\s*\([^)]*\))?)\s+(from|to)\s+(program\s+)?('(?:[^']|'')*'|\S+)\s*([\s\S]*?);?\s*$/i.exec(text);
  if (match === null) throw new DatabaseError('42601', '\\copy: parse error', { hint: "For example: \\copy people from 'people.csv' csv header" });
  const file = match[4]!.startsWith("'") ? match[4]!.slice(1, -1).replaceAll("''", "'") : match[4]!;
  const options = match[5]!;
  const json = /\b(?:format\s+)?(jsonl|json)\b/i.exec(options)?.[1]?.toLowerCase() ?? (/\.jsonl$|\.ndjson$/i.test(file) && options.trim() === '' ? 'jsonl' : /\.json$/i.test(file) && options.trim() === '' ? 'json' : undefined);
  return { target: match[1]!, direction: match[2]!.toLowerCase() as 'from' | 'to', file, isProgram: match[3] !== undefined, options, json: json as CopyCommand['json'] };
}

export async function runCopy(shell: Shell, text: string): Promise<void> {
  const command = parseCopy(text);
  const options = command.options.trim() === '' && /\.csv$/i.test(command.file) ? 'csv header' : command.options;
  const started = performance.now();
  const count = command.direction === 'from' ? (command.json === undefined ? await copyIn(shell, command, options) : await jsonIn(shell, command)) : command.json === undefined ? await copyOut(shell, command, options) : await jsonOut(shell, command);
  if (!shell.settings.quiet && !(command.direction === 'to' && isOurOutput(command))) shell.output.write(`COPY ${count}\n`);
  if (shell.settings.timing) shell.output.write(`Time: ${(performance.now() - started).toFixed(3)} ms\n`);
}

function openInput(command: CopyCommand): NodeJS.ReadableStream {
  if (command.isProgram) {
    const child = spawn(command.file, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
    return child.stdout;
  }
  if (command.file.toLowerCase() === 'pstdin') return process.stdin;
  return createReadStream(command.file, { highWaterMark: 1 << 20 });
}

/** The stream's chunks with progress on a terminal; a missing file is 58P01. */
async function* withProgress(shell: Shell, command: CopyCommand): AsyncGenerator<Uint8Array | string> {
  if (isInline(command)) {
    yield* shell.inlineData();
    return;
  }
  const input = openInput(command);
  let total = 0;
  try {
    total = command.isProgram ? 0 : statSync(command.file).size;
  } catch {
    total = 0;
  }
  const progress = makeProgress(shell.output, total);
  try {
    for await (const chunk of input as unknown as ReadStream) {
      progress.add((chunk as Buffer).length);
      yield chunk as Buffer;
    }
  } catch (cause) {
    throw fileError(command.file, cause);
  } finally {
    progress.done();
  }
}

/** Whether the rows follow in the script itself, to a line `\\.`. */
const isInline = (command: CopyCommand): boolean => !command.isProgram && command.file.toLowerCase() === 'stdin';

async function copyIn(shell: Shell, command: CopyCommand, options: string): Promise<number> {
  const results = await shell.current.copyIn(`copy ${command.target} from stdin ${options}`, withProgress(shell, command));
  return results[0]?.rowCount ?? 0;
}

async function copyOut(shell: Shell, command: CopyCommand, options: string): Promise<number> {
  const sink = openOutput(shell, command);
  const results = await shell.current.copyOut(`copy ${command.target} to stdout ${options}`, (chunk) => sink.write(chunk));
  await sink.end();
  return results[0]?.rowCount ?? 0;
}

/** Whether rows go where the shell writes: then nothing else is said of them. */
const isOurOutput = (command: CopyCommand): boolean => !command.isProgram && /^p?stdout$/i.test(command.file);

interface Sink {
  write(text: string): Promise<void> | void;
  end(): Promise<void>;
}

function openOutput(shell: Shell, command: CopyCommand): Sink {
  if (isOurOutput(command)) return { write: (text) => shell.output.write(text), end: () => Promise.resolve() };
  const child = command.isProgram ? spawn(command.file, { shell: true, stdio: ['pipe', 'inherit', 'inherit'] }) : undefined;
  const stream = child?.stdin ?? createWriteStream(command.file);
  let failure: Error | undefined;
  stream.on('error', (error: Error) => (failure = error));
  const check = (): void => {
    if (failure !== undefined) throw new DatabaseError('58030', `${command.file}: ${failure.message}`, { cause: failure });
  };
  return {
    write: async (text) => {
      check();
      if (stream.write(text) || stream.destroyed) return;
      // A stream that fails while it is full never drains.
      await new Promise<void>((resolve) => {
        const go = (): void => {
          stream.off('drain', go);
          stream.off('close', go);
          resolve();
        };
        stream.on('drain', go);
        stream.on('close', go);
      });
    },
    end: async () => {
      stream.end();
      await once(child ?? stream, 'close');
      check();
    },
  };
}

/** Objects become rows by the names of their members; missing members are NULL. One transaction, batches of many-row inserts. */
async function jsonIn(shell: Shell, command: CopyCommand): Promise<number> {
  const [, table, columnList] = /^((?:"(?:[^"]|"")+"|[\w.$])+)\s*(?:\(([^)]*)\))?$/.exec(command.target) ?? [];
  if (table === undefined) throw new DatabaseError('42601', '\\copy: JSON needs a table');
  const columns = columnList?.split(',').map((column) => column.trim().replace(/^"|"$/g, '')) ?? (await shell.current.run(`select * from ${table} limit 0`)).at(-1)!.columns.map((column) => column.name);
  const session = shell.current.session;
  const ownsTransaction = session.transactionStatus === 'idle';
  if (ownsTransaction) await session.query('begin');
  let count = 0;
  try {
    let batch: unknown[][] = [];
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      const params = batch.flat();
      const rows = batch.map((row, r) => `(${row.map((_, c) => `$${r * columns.length + c + 1}`).join(', ')})`);
      await session.query(`insert into ${table} (${columns.map(quoteIdentifier).join(', ')}) values ${rows.join(', ')}`, params);
      count += batch.length;
      batch = [];
    };
    const batchRows = Math.max(1, Math.min(500, Math.floor(60_000 / Math.max(1, columns.length))));
    for await (const object of jsonObjects(shell, command)) {
      batch.push(columns.map((column) => jsonParam(object[column])));
      if (batch.length >= batchRows) await flush();
    }
    await flush();
    if (ownsTransaction) await session.query('commit');
  } catch (error) {
    if (ownsTransaction) await session.query('rollback');
    throw error;
  }
  return count;
}

/** Scalars go as text, so that the column's type reads them; objects and arrays as JSON. */
function jsonParam(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function* jsonObjects(shell: Shell, command: CopyCommand): AsyncGenerator<Record<string, unknown>> {
  const parse = (text: string, where: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new DatabaseError('22P02', `${command.file}: ${where}invalid JSON: ${(cause as Error).message}`, { cause });
    }
  };
  if (command.json === 'jsonl') {
    const lines = createInterface({ input: Readable.from(withProgress(shell, command)), crlfDelay: Infinity });
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() !== '') yield parse(line, `line ${number}: `) as Record<string, unknown>;
    }
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of withProgress(shell, command)) chunks.push(Buffer.from(chunk));
  const document = parse(Buffer.concat(chunks).toString('utf8'), '');
  if (!Array.isArray(document)) throw new DatabaseError('22P02', `${command.file}: a JSON array of objects is expected`);
  yield* document as Record<string, unknown>[];
}

async function jsonOut(shell: Shell, command: CopyCommand): Promise<number> {
  const sink = openOutput(shell, command);
  const query = command.target.startsWith('(') ? command.target.slice(1, -1) : `select * from ${command.target.replace(/\s*\(([^)]*)\)$/, '')}`;
  const isLines = command.json === 'jsonl';
  let count = 0;
  for await (const row of shell.current.session.stream(query)) {
    await sink.write(`${isLines ? '' : count === 0 ? '[' : ',\n '}${JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}${isLines ? '\n' : ''}`);
    count++;
  }
  await sink.write(isLines ? '' : count === 0 ? '[]\n' : ']\n');
  await sink.end();
  return count;
}
