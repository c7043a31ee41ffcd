/**
 * Reads and runs sqllogictest files as engine `postgresql`. A record is a statement or a query; a query's values are rendered by its type letters (I
 * integer, R three decimals, T text), sorted as it says, and compared line by line or, over the threshold, by MD5.
 */
import { createHash } from 'node:crypto';

export interface SltRecord {
  /** 1-based line of its first word. */
  readonly line: number;
  readonly kind: 'statement' | 'query';
  readonly sql: string;
  readonly expectsError: boolean;
  readonly types: string;
  readonly sort: 'nosort' | 'rowsort' | 'valuesort';
  readonly label: string | undefined;
  readonly expected: readonly string[];
}

/** What is asked of the database under test: rows as text, null for NULL. */
export interface SltDatabase {
  run(sql: string): Promise<readonly (readonly (string | null)[])[]>;
}

export interface SltFailure {
  readonly line: number;
  readonly sql: string;
  readonly reason: string;
}
export interface SltReport {
  readonly passed: number;
  readonly failures: readonly SltFailure[];
}

const engine = 'postgresql';

/** Records that this engine is asked to run, up to a `halt`. */
export function parseSlt(text: string): SltRecord[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const records: SltRecord[] = [];
  let at = 0;
  const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === '';
  while (at < lines.length) {
    if (isBlank(lines[at]) || lines[at]!.startsWith('#')) {
      at++;
      continue;
    }
    let isWanted = true;
    while (/^(skipif|onlyif)\b/.test(lines[at] ?? '')) {
      const [word, name] = lines[at]!.split(/\s+/);
      if ((word === 'skipif') === (name === engine)) isWanted = false;
      at++;
    }
    const line = at + 1;
    const words = (lines[at] ?? '').split(/\s+/);
    if (words[0] === 'halt') {
      at++;
      if (isWanted) break;
      continue;
    }
    if (words[0] === 'hash-threshold') {
      at++;
      continue;
    }
    at++;
    const sql: string[] = [];
    while (!isBlank(lines[at]) && lines[at] !== '----') sql.push(lines[at++]!);
    const expected: string[] = [];
    if (lines[at] === '----') {
      at++;
      while (!isBlank(lines[at])) expected.push(lines[at++]!);
    }
    if (!isWanted) continue;
    if (words[0] === 'statement') records.push({ line, kind: 'statement', sql: sql.join('\n'), expectsError: words[1] === 'error', types: '', sort: 'nosort', label: undefined, expected: [] });
    else if (words[0] === 'query') records.push({ line, kind: 'query', sql: sql.join('\n'), expectsError: false, types: words[1] ?? '', sort: (words[2] as SltRecord['sort'] | undefined) ?? 'nosort', label: words[3], expected });
  }
  return records;
}

/** Runs every record but those on the lines `except`; statements on excepted lines run without being judged. */
export async function runSlt(records: readonly SltRecord[], database: SltDatabase, except: ReadonlySet<number>): Promise<SltReport> {
  let passed = 0;
  const failures: SltFailure[] = [];
  const byLabel = new Map<string, string>();
  for (const record of records) {
    const reason = await judge(record, database, byLabel);
    if (except.has(record.line)) continue;
    if (reason === undefined) passed++;
    else failures.push({ line: record.line, sql: record.sql, reason });
  }
  return { passed, failures };
}

async function judge(record: SltRecord, database: SltDatabase, byLabel: Map<string, string>): Promise<string | undefined> {
  let rows: readonly (readonly (string | null)[])[];
  try {
    rows = await database.run(record.sql);
  } catch (error) {
    if (record.expectsError) return undefined;
    const { code, message } = error as { code?: string; message: string };
    return `error ${code ?? ''}: ${message}`;
  }
  if (record.kind === 'statement') return record.expectsError ? 'an error was expected' : undefined;
  const columns = rows[0]?.length ?? record.types.length;
  if (columns !== record.types.length) return `${columns} columns instead of ${record.types.length}`;
  const rendered = rows.map((row) => row.map((value, i) => render(value, record.types[i]!)));
  const values = sorted(rendered, record.sort);
  const hash = createHash('md5').update(values.map((value) => `${value}\n`).join('')).digest('hex');
  if (record.label !== undefined) {
    const known = byLabel.get(record.label);
    if (known !== undefined && known !== hash) return `the result differs from that of an earlier query labelled ${record.label}`;
    byLabel.set(record.label, hash);
  }
  const hashed = /^(\d+) values hashing to ([0-9a-f]{32})$/.exec(record.expected[0] ?? '');
  if (hashed !== null && record.expected.length === 1) {
    if (Number(hashed[1]) !== values.length) return `${values.length} values instead of ${hashed[1]}`;
    return hashed[2] === hash ? undefined : `values hash to ${hash} instead of ${hashed[2]}`;
  }
  const at = values.findIndex((value, i) => value !== record.expected[i]);
  if (at >= 0) return `value ${at + 1} is ${JSON.stringify(values[at])} instead of ${JSON.stringify(record.expected[at])}`;
  return values.length === record.expected.length ? undefined : `${values.length} values instead of ${record.expected.length}`;
}

function render(value: string | null, type: string): string {
  if (value === null) return 'NULL';
  if (type === 'I') {
    if (value === 't' || value === 'true') return '1';
    if (value === 'f' || value === 'false') return '0';
    const number = Number(value);
    return Number.isNaN(number) ? '0' : Number.isSafeInteger(Math.trunc(number)) ? String(Math.trunc(number)) : value;
  }
  if (type === 'R') return Number(value).toFixed(3);
  return value === '' ? '(empty)' : value.replace(/[^\x20-\x7e]/g, '@');
}

function sorted(rows: readonly (readonly string[])[], sort: SltRecord['sort']): string[] {
  const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  if (sort === 'valuesort') return rows.flat().sort(byText);
  if (sort === 'rowsort') return rows.map((row) => [...row]).sort((a, b) => { for (let i = 0; i < a.length; i++) { const order = byText(a[i]!, b[i]!); if (order !== 0) return order; } return 0; }).flat();
  return rows.flat();
}
